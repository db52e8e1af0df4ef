/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/str.h"

static const wr_str none = {0};

static void test_equality(void **state)
{
    (void)state;
    assert_true(wr_str_eq(WR_STR("abc"), WR_STR("abc")));
    assert_false(wr_str_eq(WR_STR("abc"), WR_STR("abd")));
    assert_false(wr_str_eq(WR_STR("abc"), WR_STR("abcd")));
    assert_true(wr_str_eq(none, WR_STR("")));
    assert_true(wr_str_eq(wr_str_c(NULL), none));
    assert_true(wr_str_eq_c(WR_STR("x"), "x"));
    assert_true(wr_str_ieq(WR_STR("Select"), WR_STR("sELECT")));
    assert_false(wr_str_ieq(WR_STR("ab"), WR_STR("a")));
    /* Only ASCII letters fold: '[' and '{' differ by the same bit. */
    assert_false(wr_str_ieq(WR_STR("["), WR_STR("{")));
    assert_true(wr_ieq("", ""));
    assert_false(wr_ieq("a", ""));
}

static void test_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "A", "AB", "B", "a", "\x7F", "\x80", "\xFF"};
    for (size_t i = 0; i < WR_ARRAY_LEN(sorted); i++) {
        for (size_t j = 0; j < WR_ARRAY_LEN(sorted); j++) {
            int c = wr_str_cmp(wr_str_c(sorted[i]), wr_str_c(sorted[j]));
            assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
        }
    }
    assert_int_equal(wr_str_cmp(none, WR_STR("")), 0);
}

static void test_prefix_and_trim(void **state)
{
    (void)state;
    assert_true(wr_str_starts_with(WR_STR("abc"), WR_STR("ab")));
    assert_true(wr_str_starts_with(WR_STR("abc"), none));
    assert_false(wr_str_starts_with(WR_STR("a"), WR_STR("ab")));
    assert_true(wr_str_eq_c(wr_str_trim(WR_STR(" \t\n a b \r")), "a b"));
    assert_int_equal(wr_str_trim(WR_STR("  ")).len, 0);
    assert_int_equal(wr_str_trim(none).len, 0);
    /* No-break space and letters beyond ASCII stay. */
    assert_true(wr_str_eq_c(wr_str_trim(WR_STR(" \xC2\xA0 ")), "\xC2\xA0"));
}

static void test_hash_spreads(void **state)
{
    (void)state;
    assert_true(wr_str_hash(WR_STR("a")) == wr_str_hash(wr_str_make("ab", 1)));
    unsigned seen[64] = {0};
    char name[3] = "a0";
    for (int i = 0; i < 26; i++)
        for (int j = 0; j < 10; j++) {
            name[0] = (char)('a' + i);
            name[1] = (char)('0' + j);
            seen[wr_str_hash(wr_str_c(name)) % 64]++;
        }
    for (int i = 0; i < 64; i++)
        assert_in_range(seen[i], 0, 20); /* 4 on average */
}

static void test_to_i64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+7", 7},
                {"007", 7},
                {"-12", -12},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"-9223372036854775807", -INT64_MAX}};
    for (size_t i = 0; i < WR_ARRAY_LEN(good); i++) {
        int64_t v = 99;
        assert_true(wr_str_to_i64(wr_str_c(good[i].text), &v));
        assert_true(v == good[i].value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "--1",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551617",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
        int64_t v = 99;
        assert_false(wr_str_to_i64(wr_str_c(bad[i]), &v));
        assert_true(v == 99);
    }
    int64_t v = 99;
    assert_false(wr_str_to_i64(none, &v));
    assert_false(wr_str_to_i64(wr_str_make("1\0", 2), &v));
}

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t edits;
    } cases[] = {
        {"", "", 0},         {"", "abc", 3},   {"abc", "", 3},           {"abc", "abc", 0},
        {"abc", "abd", 1},   {"abc", "ab", 1}, {"abc", "xabc", 1},       {"abcd", "abdc", 1},
        {"abc", "ABC", 3},   {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
        {"badc", "abcd", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wr_str a = wr_str_c(cases[i].a), b = wr_str_c(cases[i].b);
        assert_int_equal(wr_str_distance(a, b), cases[i].edits);
        assert_int_equal(wr_str_distance(b, a), cases[i].edits);
    }
    char text[202];
    memset(text, 'x', sizeof text);
    assert_int_equal(wr_str_distance(wr_str_make(text, 200), wr_str_make(text, 199)), 1);
    assert_true(wr_str_distance(wr_str_make(text, 201), wr_str_make(text, 200)) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality),        cmocka_unit_test(test_order),
        cmocka_unit_test(test_prefix_and_trim), cmocka_unit_test(test_hash_spreads),
        cmocka_unit_test(test_to_i64),          cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
