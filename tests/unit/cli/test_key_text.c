/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as people read them: text, numbers, windows. */
#include "cli_test.h"

#include "key_text.h"

#define KEY(bytes) bytes, sizeof(bytes) - 1
#define AT_60000   "\0\0\0\0\0\0\xea\x60"
#define AT_2026    "\0\0\x01\xa2\x2d\x07\xdd\xe0"

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t len;
        const char *text;
    } cases[] = {
        {KEY(""), ""},
        {KEY("a"), "a"},
        {KEY("four"), "four"},
        {KEY("eight ch"), "eight ch"},
        {KEY("a\tb\n"), "a\tb\n"},
        {KEY("K\xc3\xb6ln"), "K\xc3\xb6ln"},
        {KEY("{\"A\":1}"), "{\"A\":1}"},
        {KEY("\0\0\0\7"), "7"},
        {KEY("\xff\xff\xff\xfe"), "-2"},
        {KEY("\0\0\0\0\0\0\0\7"), "7"}, /* a time alone is no window: it would have no key */
        {KEY("\x80\0\0\0\0\0\0\0"), "-9223372036854775808"},
        {KEY("a" AT_60000), "[a@60000/-]"},
        {KEY("a long key, K\xc3\xb6ln" AT_2026), "[a long key, K\xc3\xb6ln@1796051820000/-]"},
        {KEY("\0\0\0\7" AT_60000), "[7@60000/-]"},
        {KEY(AT_60000 AT_60000), "[60000@60000/-]"}, /* a BIGINT and a window, no empty session */
        {KEY("a" AT_2026 AT_60000), "[a@60000/1796051820000]"},
        {KEY("\0\0\0\7" AT_2026 AT_60000), "[7@60000/1796051820000]"},
        {KEY(AT_60000 AT_2026 AT_60000), "[60000@60000/1796051820000]"},
        {KEY("a\0\0\0\0\0\0\0\0"), "[a@0/-]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cli_text t = {0};
        char *exact = cli_copy(cases[i].key, cases[i].len); /* so that a byte too far is seen */
        cli_key_text(exact, cases[i].len, &t);
        check_text(&t, cases[i].text);
        cli_text_free(&t);
        free(exact);
    }
}

/* What is neither is passed on as it is. */
static void test_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "\xff\1\2";
    cli_text t = {0};
    cli_key_text(bytes, 3, &t);
    assert_int_equal(t.len, 3);
    assert_memory_equal(t.at, bytes, 3);
    cli_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, capture_teardown);
}
