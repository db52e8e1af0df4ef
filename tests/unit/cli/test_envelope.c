/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as lines of JSON: what writing makes reading takes again, byte for byte; other forms that
 * reading takes; and the reasons for which a line is refused.
 */
#include "cli_test.h"

#include "envelope.h"

#define NONE SIZE_MAX /* length of a NULL */

static void check_bytes(const void *got, size_t got_len, const char *expected, size_t len)
{
    if (len == NONE) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_int_equal(got_len, len);
    assert_memory_equal(got, expected, len);
}

/* ------------------------------------------------------------------------------------- reading */

typedef struct read_case {
    const char *line;
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
    int64_t timestamp;
    int32_t partition;
} read_case;

static const read_case read_cases[] = {
    {"{}", NULL, NONE, NULL, NONE, -1, -1},
    {" { } ", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"key\":null,\"value\":null}", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"key\":\"\",\"value\":\"\"}", "", 0, "", 0, -1, -1},
    {"{\"key\":\"k\",\"value\":\"v\",\"timestamp\":7,\"partition\":3}", "k", 1, "v", 1, 7, 3},
    {"{\"partition\":0,\"timestamp\":0}", NULL, NONE, NULL, NONE, 0, 0},
    {"{\"partition\":null,\"timestamp\":null}", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"offset\":9,\"topic\":\"t\",\"value\":\"v\"}", NULL, NONE, "v", 1, -1, -1},
    {"{\"topic\":{\"any\":[1]}}", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"value\":{ \"a\" : 1 }}", NULL, NONE, "{ \"a\" : 1 }", 11, -1, -1},
    {"{\"value\":[1, null]}", NULL, NONE, "[1, null]", 9, -1, -1},
    {"{\"key\":7,\"value\":1.50}", "7", 1, "1.50", 4, -1, -1},
    {"{\"value\":true}", NULL, NONE, "true", 4, -1, -1},
    {"{\"value\":\"a\\u0000b\"}", NULL, NONE, "a\0b", 3, -1, -1},
    {"{\"value\":\"{\\\"a\\\":1}\"}", NULL, NONE, "{\"a\":1}", 7, -1, -1},
    {"{\"valueBase64\":\"\"}", NULL, NONE, "", 0, -1, -1},
    {"{\"valueBase64\":null}", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"valueBase64\":\"AA==\"}", NULL, NONE, "\0", 1, -1, -1},
    {"{\"valueBase64\":\"//8=\"}", NULL, NONE, "\xff\xff", 2, -1, -1},
    {"{\"keyBase64\":\"AQID\"}", "\1\2\3", 3, NULL, NONE, -1, -1},
    {"{\"valueBase64\":\"Zm9vYmFy\"}", NULL, NONE, "foobar", 6, -1, -1},
    {"{\"value\":\"first\",\"value\":\"last\"}", NULL, NONE, "last", 4, -1, -1},
    {"{\"value\":\"text\",\"value\":null}", NULL, NONE, NULL, NONE, -1, -1},
    {"{\"timestamp\":9223372036854775807,\"partition\":2147483647}", NULL, NONE, NULL, NONE,
     INT64_MAX, INT32_MAX},
};

/* One envelope is used again and again, as produce does: nothing of a line stays. */
static void test_reading(void **state)
{
    (void)state;
    cli_envelope e = {0};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(read_cases); i++) {
            const read_case *c = &read_cases[i];
            weir_record r;
            const char *problem = cli_envelope_read(&e, c->line, strlen(c->line), &r);
            if (problem)
                fail_msg("%s: %s", c->line, problem);
            check_bytes(r.key, r.key_len, c->key, c->key_len);
            check_bytes(r.value, r.value_len, c->value, c->value_len);
            assert_int_equal(r.timestamp, c->timestamp);
            assert_int_equal(r.partition, c->partition);
            assert_int_equal(r.headers_n, 0);
        }
    }
    cli_envelope_free(&e);
}

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t n;
        struct {
            const char *name, *value;
            size_t len;
        } headers[3];
    } cases[] = {
        {"{\"headers\":null}", 0, {{0}}},
        {"{\"headers\":[]}", 0, {{0}}},
        {"{\"headers\":{}}", 0, {{0}}},
        {"{\"headers\":{\"a\":\"1\",\"b\":null,\"a\":\"\"}}",
         3,
         {{"a", "1", 1}, {"b", NULL, NONE}, {"a", "", 0}}},
        {"{\"headers\":{\"n\":{\"x\":[1]}}}", 1, {{"n", "{\"x\":[1]}", 9}}},
        {"{\"headers\":[{\"key\":\"a\",\"value\":\"1\"}]}", 1, {{"a", "1", 1}}},
        {"{\"headers\":[{\"value\":\"1\",\"key\":\"a\"}]}", 1, {{"a", "1", 1}}},
        {"{\"headers\":[{\"key\":\"a\"}]}", 1, {{"a", NULL, NONE}}},
        {"{\"headers\":[{\"key\":\"\",\"value\":null}]}", 1, {{"", NULL, NONE}}},
        {"{\"headers\":[{\"key\":\"a\",\"valueBase64\":\"/w==\"},{\"key\":\"b\"}]}",
         2,
         {{"a", "\xff", 1}, {"b", NULL, NONE}}},
        {"{\"headers\":[{\"key\":\"z\",\"value\":\"a\\u0000b\"}]}", 1, {{"z", "a\0b", 3}}},
    };
    cli_envelope e = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        weir_record r;
        const char *problem = cli_envelope_read(&e, cases[i].line, strlen(cases[i].line), &r);
        if (problem)
            fail_msg("%s: %s", cases[i].line, problem);
        assert_int_equal(r.headers_n, cases[i].n);
        for (size_t h = 0; h < r.headers_n; h++) {
            assert_string_equal(r.header_keys[h], cases[i].headers[h].name);
            assert_int_equal(r.header_lens[h], cases[i].headers[h].len);
            check_bytes(r.header_values[h], r.header_lens[h], cases[i].headers[h].value,
                        cases[i].headers[h].len);
        }
    }
    cli_envelope_free(&e);
}

static void test_number_of_headers(void **state)
{
    (void)state;
    cli_envelope e = {0};
    for (size_t n = CLI_HEADERS_MAX - 1; n <= CLI_HEADERS_MAX + 1; n++) {
        cli_text line = {0};
        weir_record r;
        cli_text_adds(&line, "{\"headers\":{");
        for (size_t h = 0; h < n; h++)
            cli_text_addf(&line, "%s\"h%zu\":\"%zu\"", h ? "," : "", h, h * h);
        cli_text_adds(&line, "}}");
        const char *problem = cli_envelope_read(&e, line.at, line.len, &r);
        if (n > CLI_HEADERS_MAX) {
            assert_string_equal(problem, "too many headers");
        } else {
            assert_null(problem);
            assert_int_equal(r.headers_n, n);
            for (size_t h = 0; h < n; h++) {
                char name[24], value[24];
                snprintf(name, sizeof name, "h%zu", h);
                int len = snprintf(value, sizeof value, "%zu", h * h);
                assert_string_equal(r.header_keys[h], name);
                check_bytes(r.header_values[h], r.header_lens[h], value, (size_t)len);
            }
        }
        cli_text_free(&line);
    }
    cli_envelope_free(&e);
}

static void test_refused(void **state)
{
    (void)state;
    static const char number[] = "timestamp, partition and offset are whole numbers from 0 on";
    static const char header[] = "a header is {\"key\": \"name\", \"value\": \"text\"}";
    static const struct {
        const char *line, *problem;
    } cases[] = {
        {"", "expected an object"},
        {"[]", "expected an object"},
        {"null", "expected an object"},
        {"{", "expected a string"},
        {"{\"key\"}", "expected ':'"},
        {"{\"key\":\"a\"", "expected ',' or '}'"},
        {"{\"key\":\"a\"}{}", "there is text after the object"},
        {"{\"key\":\"a\"} x", "there is text after the object"},
        {"{\"key\":tru}", "expected a value"},
        {"{\"Key\":\"a\"}", "unknown member; known are key, value, timestamp, headers, partition"},
        {"{\"timestamp\":\"now\"}", number},
        {"{\"timestamp\":\"7\"}", number},
        {"{\"timestamp\":-1}", number},
        {"{\"timestamp\":1.5}", number},
        {"{\"timestamp\":1e3}", number},
        {"{\"timestamp\":9223372036854775808}", number},
        {"{\"offset\":true}", number},
        {"{\"partition\":-1}", number},
        {"{\"partition\":[0]}", number},
        {"{\"partition\":2147483648}", "partition is too large"},
        {"{\"valueBase64\":\"A\"}", "malformed base 64"},
        {"{\"valueBase64\":\"AA=\"}", "malformed base 64"},
        {"{\"valueBase64\":\"A===\"}", "malformed base 64"},
        {"{\"valueBase64\":\"====\"}", "malformed base 64"},
        {"{\"valueBase64\":\"AA==AAAA\"}", "malformed base 64"},
        {"{\"valueBase64\":\"AA*A\"}", "malformed base 64"},
        {"{\"valueBase64\":\"AA A\"}", "malformed base 64"},
        {"{\"valueBase64\":\"AA\\u0000A\"}", "malformed base 64"},
        {"{\"valueBase64\":\"A\\u0000==\"}", "malformed base 64"},
        {"{\"keyBase64\":7}", "base 64 must be in a string"},
        {"{\"headers\":\"h\"}", "headers are an object or an array"},
        {"{\"headers\":7}", "headers are an object or an array"},
        {"{\"headers\":{\"a\"}}", "expected ':'"},
        {"{\"headers\":{\"a\":\"1\"", "expected ',' or '}'"},
        {"{\"headers\":{\"a\\u0000b\":\"1\"}}", "a header's name has a 0 character"},
        {"{\"headers\":[{\"key\":\"a\\u0000\"}]}", "a header's name has a 0 character"},
        {"{\"headers\":[{}]}", "expected a string"},
        {"{\"headers\":[{\"value\":\"1\"}]}", header},
        {"{\"headers\":[{\"key\":null}]}", header},
        {"{\"headers\":[{\"key\":\"a\",\"other\":1}]}", header},
        {"{\"headers\":[\"a\"]}", header},
        {"{\"headers\":[{\"key\":\"a\"}", "expected ',' or ']'"},
    };
    cli_envelope e = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        weir_record r;
        const char *problem = cli_envelope_read(&e, cases[i].line, strlen(cases[i].line), &r);
        if (!problem)
            fail_msg("%s was taken", cases[i].line);
        if (strcmp(problem, cases[i].problem) != 0)
            fail_msg("%s: %s\nexpected: %s", cases[i].line, problem, cases[i].problem);
    }
    /* And the next line is read as if nothing had been. */
    weir_record r;
    assert_null(cli_envelope_read(&e, "{\"value\":\"v\"}", 13, &r));
    assert_int_equal(r.headers_n, 0);
    cli_envelope_free(&e);
}

/* ------------------------------------------------------------------------------------- writing */

static void test_writing(void **state)
{
    (void)state;
    static const char *const names[] = {"h", "n", "\"q\""};
    static const void *const values[] = {"x", NULL, "\xff"};
    static const size_t lens[] = {1, SIZE_MAX, 1};
    const struct {
        weir_record record;
        const char *line;
    } cases[] = {
        {{.timestamp = 1},
         "{\"partition\":0,\"offset\":0,\"timestamp\":1,\"key\":null,\"value\":null}\n"},
        {{.key = "k", .key_len = 1, .value = "", .partition = 2, .offset = 7, .timestamp = 5},
         "{\"partition\":2,\"offset\":7,\"timestamp\":5,\"key\":\"k\",\"value\":\"\"}\n"},
        {{.key = "\x01\xff", .key_len = 2, .value = "{\"a\":1}", .value_len = 7},
         "{\"partition\":0,\"offset\":0,\"timestamp\":0,\"keyBase64\":\"Af8=\","
         "\"value\":\"{\\\"a\\\":1}\"}\n"},
        {{.header_keys = names, .header_values = values, .header_lens = lens, .headers_n = 3},
         "{\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":null,\"value\":null,"
         "\"headers\":[{\"key\":\"h\",\"value\":\"x\"},{\"key\":\"n\",\"value\":null},"
         "{\"key\":\"\\\"q\\\"\",\"valueBase64\":\"/w==\"}]}\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text out = {0};
        cli_envelope_write(&cases[i].record, NULL, NULL, &out);
        check_text(&out, cases[i].line);
        cli_text_free(&out);
    }
}

/* ---------------------------------------------------------------------------------- round trips */

static uint64_t random_state;

static uint64_t below(uint64_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random_state >> 33) % n;
}

/** Bytes that are often text and often not; NULL (NONE) now and then. */
static const char *random_bytes(char *out, size_t *len)
{
    static const char *const parts[] = {
        "a", "\"", "\\", "\n", "\xc3\xa9", "\xff", "\x01", "\xf0\x9f\x98\x80", "{\"b\":1}", "="};
    *len = 0;
    if (below(8) == 0)
        return NULL;
    bool text = below(2);
    for (uint64_t n = below(7); n > 0; n--) {
        const char *part = text ? parts[below(COUNT(parts))] : "x";
        size_t part_len = strlen(part);
        memcpy(out + *len, part, part_len);
        if (!text)
            out[*len] = (char)below(256);
        *len += part_len;
    }
    return out;
}

static void test_round_trips(void **state)
{
    (void)state;
    cli_envelope e = {0};
    random_state = 5;
    for (int round = 0; round < 3000; round++) {
        char bytes[6][64], names[4][32];
        const char *header_keys[4];
        const void *header_values[4];
        size_t header_lens[4];
        weir_record r = {.header_keys = header_keys,
                         .header_values = header_values,
                         .header_lens = header_lens,
                         .headers_n = below(5)};
        r.key = random_bytes(bytes[0], &r.key_len);
        r.value = random_bytes(bytes[1], &r.value_len);
        r.timestamp = (int64_t)below(1000000);
        r.partition = (int32_t)below(100);
        r.offset = (int64_t)below(1000);
        for (size_t h = 0; h < r.headers_n; h++) {
            snprintf(names[h], sizeof names[h], "%s%u", h % 2 ? "h\"\xc3\xa9" : "",
                     (unsigned)below(10));
            header_keys[h] = names[h];
            header_values[h] = random_bytes(bytes[2 + h], &header_lens[h]);
            if (!header_values[h])
                header_lens[h] = SIZE_MAX;
        }
        cli_text line = {0};
        weir_record back;
        cli_envelope_write(&r, NULL, NULL, &line);
        assert_int_equal(line.at[line.len - 1], '\n');
        assert_null(memchr(line.at, '\n', line.len - 1));
        const char *problem = cli_envelope_read(&e, line.at, line.len, &back);
        if (problem)
            fail_msg("round %d: %s\n%s", round, problem, cli_text_string(&line));
        check_bytes(back.key, back.key_len, r.key, r.key ? r.key_len : NONE);
        check_bytes(back.value, back.value_len, r.value, r.value ? r.value_len : NONE);
        assert_int_equal(back.timestamp, r.timestamp);
        assert_int_equal(back.partition, r.partition);
        assert_int_equal(back.headers_n, r.headers_n);
        for (size_t h = 0; h < r.headers_n; h++) {
            assert_string_equal(back.header_keys[h], header_keys[h]);
            assert_int_equal(back.header_lens[h], header_lens[h]);
            check_bytes(back.header_values[h], back.header_lens[h], header_values[h],
                        header_lens[h]);
        }
        cli_text_free(&line);
    }
    cli_envelope_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),           cmocka_unit_test(test_headers),
        cmocka_unit_test(test_number_of_headers), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_writing),           cmocka_unit_test(test_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
