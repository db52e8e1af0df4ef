/* SPDX-License-Identifier: Apache-2.0 */
/* Format guessing for PRINT. */
#include "fixture.h"

static const char *name(const wr_format_guess *g)
{
    wr_buf out = {0};
    wr_format_guess_print(g, &out);
    const char *s = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return s;
}

static const char *show(const wr_format_guess *g, wr_str payload)
{
    wr_buf out = {0};
    wr_format_guess_value(g, payload, &out);
    const char *s = wr_arena_strdup(arena, wr_buf_cstr(&out));
    wr_buf_free(&out);
    return s;
}

#define BYTES(literal) exact((literal), sizeof(literal) - 1)

static void test_single_payloads(void **state)
{
    (void)state;
    const struct {
        wr_str payload;
        const char *name, *text;
    } c[] = {
        {BYTES("{\"a\": 1.0}"), "JSON or KAFKA_STRING", "{\"a\":1.0}"},
        {BYTES("hello"), "KAFKA_STRING", "hello"},
        {BYTES("\0\0\0\7"), "KAFKA_INT or KAFKA_STRING", "7"},
        {BYTES("\xFF\xFF\xFF\xFF"), "KAFKA_INT", "-1"},
        {BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"), "KAFKA_BIGINT or KAFKA_DOUBLE", "-2"},
        {BYTES("ab\0\0\1\x70\1\2\3\4"), "TUMBLING(KAFKA_STRING) or KAFKA_STRING",
         "[ab@1580564873988/-]"},
        {BYTES("ab\0\0\1\x70\1\2\3\5\0\0\1\x70\1\2\3\4"), "SESSION(KAFKA_STRING) or KAFKA_STRING",
         "[ab@1580564873988/1580564873989]"},
        {BYTES("\0\0\0\7\0\0\1\x8B\xD0\x47\x10\0"), "TUMBLING(KAFKA_INT)", "[7@1700006400000/-]"},
        {BYTES("\xFF\xFF\xFF\xFE\0\0\1\x8B\xD0\x47\x10\1\0\0\1\x8B\xD0\x47\x10\0"),
         "SESSION(KAFKA_INT)", "[-2@1700006400000/1700006400001]"},
        {BYTES("\0\0\0\0\0\0\0\7\0\0\1\x8B\xD0\x47\x10\0"), "TUMBLING(KAFKA_BIGINT)",
         "[7@1700006400000/-]"},
        {BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE\0\0\1\x8B\xD0\x47\x10\1\0\0\1\x8B\xD0\x47\x10\0"),
         "SESSION(KAFKA_BIGINT)", "[-2@1700006400000/1700006400001]"},
        /* the end of a session is not before its start; other lengths are no number */
        {BYTES("\xFF\xFF\xFF\xFE\0\0\1\x8B\xD0\x47\x10\0\0\0\1\x8B\xD0\x47\x10\1"), "MIXED",
         "\\xFF\\xFF\\xFF\\xFE\\x00\\x00\\x01\\x8B\\xD0G\\x10\\x00\\x00\\x00\\x01\\x8B\\xD0G\\x10\\"
         "x01"},
        {BYTES("\xFF\xFF\xFE\0\0\1\x8B\xD0\x47\x10\0"), "MIXED",
         "\\xFF\\xFF\\xFE\\x00\\x00\\x01\\x8B\\xD0G\\x10\\x00"},
        {BYTES("\xFF"
               "a\\"),
         "MIXED", "\\xFFa\\x5C"},
        {BYTES(""), "KAFKA_STRING", ""},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(c); i++) {
        wr_format_guess g;
        wr_format_guess_init(&g);
        wr_format_guess_add(&g, c[i].payload);
        assert_string_equal(name(&g), c[i].name);
        assert_string_equal(show(&g, c[i].payload), c[i].text);
    }
}

static void test_narrowing(void **state)
{
    (void)state;
    wr_format_guess g;
    wr_format_guess_init(&g);
    assert_string_equal(name(&g), "¯\\_(ツ)_/¯ - no data processed");
    wr_format_guess_add(&g, (wr_str){0});
    assert_string_equal(name(&g), "¯\\_(ツ)_/¯ - no data processed");
    assert_string_equal(show(&g, (wr_str){0}), "<null>");
    wr_format_guess_add(&g, BYTES("[1]"));
    assert_string_equal(name(&g), "JSON or KAFKA_STRING");
    wr_format_guess_add(&g, BYTES("text"));
    assert_string_equal(name(&g), "KAFKA_STRING");
    assert_string_equal(show(&g, BYTES("[1]")), "[1]");
    wr_format_guess_add(&g, BYTES("\xFF\xFF\xFF\xFF"));
    assert_string_equal(name(&g), "MIXED");
    assert_string_equal(show(&g, BYTES("\xFF\xFF\xFF\xFF")), "-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_payloads),
        cmocka_unit_test(test_narrowing),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
