/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of numbers and strings. Doubles are also held against a slow independent search for the
 * shortest digits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "types/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ASSERT_BUF(buf, expected)                                                                  \
    do {                                                                                           \
        assert_string_equal(wr_buf_cstr(buf), expected);                                           \
        wr_buf_free(buf);                                                                          \
        wr_buf_init(buf);                                                                          \
    } while (0)

static void test_double_layout(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {100.0, "100.0"},
        {123456.0, "123456.0"},
        {9999999.0, "9999999.0"},
        {9999999.999, "9999999.999"},
        {1e7, "1.0E7"},
        {1e10, "1.0E10"},
        {12345678.9, "1.23456789E7"},
        {0.001, "0.001"},
        {0.0012345, "0.0012345"},
        {0.00099, "9.9E-4"},
        {1e-5, "1.0E-5"},
        {0.1 + 0.2, "0.30000000000000004"},
        {2e23, "2.0E23"}, /* as Java 19 and later */
        {5e-324, "4.9E-324"},
        {DBL_MIN, "2.2250738585072014E-308"},
        {DBL_MAX, "1.7976931348623157E308"},
        {-DBL_MAX, "-1.7976931348623157E308"},
        {9007199254740993.0, "9.007199254740992E15"},
        {1.0 / 3, "0.3333333333333333"},
    };
    wr_buf b = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_text_put_double(&b, cases[i].v);
        ASSERT_BUF(&b, cases[i].text);
    }
    wr_text_put_double(&b, (double)NAN);
    ASSERT_BUF(&b, "NaN");
    wr_text_put_double(&b, (double)INFINITY);
    ASSERT_BUF(&b, "Infinity");
    wr_text_put_double(&b, -(double)INFINITY);
    ASSERT_BUF(&b, "-Infinity");
    wr_buf_free(&b);
}

/* Digits and exponent of a printed number, without the zeroes around. */
static void parse_digits(const char *text, char *digits, int *exponent)
{
    const char *e = strpbrk(text, "eE");
    const char *end = e ? e : text + strlen(text);
    int point = 0, n = 0;
    bool seen_point = false;
    for (const char *p = text; p < end; p++) {
        if (*p == '.') {
            seen_point = true;
            continue;
        }
        if (n > 0 || *p != '0')
            digits[n++] = *p;
        if (!seen_point && n > 0)
            point++;
        else if (seen_point && n == 0)
            point--;
    }
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    *exponent = point - 1 + (e ? (int)strtol(e + 1, NULL, 10) : 0);
}

/*
 * The n-digit decimal nearest to v among those that read back as v, as d.ddde+xx; the correctly
 * rounded one or a neighbour of it (below a power of two the distances differ on the two sides).
 */
static bool digits_that_read_back(double v, int n, char *text, size_t size)
{
    snprintf(text, size, "%.*e", n - 1, v);
    if (strtod(text, NULL) == v)
        return true;
    char digits[32], *e = strchr(text, 'e');
    int exponent = (int)strtol(e + 1, NULL, 10) - (n - 1), at = 0;
    for (const char *p = text; p < e; p++)
        if (*p != '.')
            digits[at++] = *p;
    digits[at] = '\0';
    long long near = strtoll(digits, NULL, 10);
    for (long long d = near - 1; d <= near + 1; d += 2) {
        snprintf(text, size, "%llde%d", d, exponent);
        if (strtod(text, NULL) == v)
            return true;
    }
    return false;
}

/* The fewest digits, but two where two are nearer; by trying. */
static void slow_digits(double v, char *digits, int *exponent)
{
    char text[64], two[64];
    int n = 1;
    while (!digits_that_read_back(v, n, text, sizeof text))
        n++;
    assert_true(n <= 17);
    snprintf(two, sizeof two, "%.1e", v);
    if (n == 1 && strtod(two, NULL) == v)
        memcpy(text, two, sizeof two);
    parse_digits(text, digits, exponent);
}

static void test_double_random(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 7);
    wr_buf b = {0};
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = wr_rng_next(&rng) >> 1;
        double v, back;
        if (i % 4 == 0) { /* few digits */
            v = (double)(wr_rng_below(&rng, 1000) + 1) *
                pow(10, (double)wr_rng_below(&rng, 40) - 20);
        } else if (i % 4 == 1) { /* powers of two: neighbours at two distances */
            v = ldexp(1.0, (int)wr_rng_below(&rng, 2098) - 1074);
        } else {
            memcpy(&v, &bits, sizeof v);
            if (!isfinite(v) || v == 0)
                continue;
        }
        wr_buf_clear(&b);
        wr_text_put_double(&b, v);
        assert_true(wr_text_to_double(wr_buf_view(&b), &back));
        assert_true(back == v);
        char expected[64], got[64];
        int expected_exponent, got_exponent;
        slow_digits(v, expected, &expected_exponent);
        parse_digits(wr_buf_cstr(&b), got, &got_exponent);
        assert_string_equal(got, expected);
        assert_int_equal(got_exponent, expected_exponent);
    }
    wr_buf_free(&b);
}

static void test_to_double(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double v;
    } good[] = {
        {"1", 1},
        {"+1.5", 1.5},
        {"-.5", -0.5},
        {"5.", 5},
        {" 1e3\t", 1000},
        {"1E+3", 1000},
        {"1.5d", 1.5},
        {"1.5F", 1.5},
        {"1e-3D", 0.001},
        {"1e400", (double)INFINITY},
        {"0x1p3", 8},
        {"0X1.8P1", 3},
        {"-0x.8p1d", -1},
        {"0xAp-1", 5},
        {"0x1.fffffffffffff8p0", 2}, /* half way: to even */
        {"0x1p99999999999999999999", (double)INFINITY},
        {"0x0p99999999999999999999", 0},
        {"0x1p-99999999999999999999", 0},
        {"0x0.0000001p1040", 0x1p1012},
        {"-1e400", -(double)INFINITY},
        {"1e-400", 0},
        {"0.000001e400", (double)INFINITY},
        {"1000000e-400", 0},
        {"0.0e999999999999999999999999", 0},
        {"1e99999999999999999999999999", (double)INFINITY},
        {"1e-99999999999999999999999999", 0},
        {"9007199254740993", 9007199254740992.0},
        {"2.4703282292062327208e-324", 0},
        {"2.4703282292062328e-324", 5e-324},
    };
    double v;
    for (size_t i = 0; i < WR_ARRAY_LEN(good); i++) {
        assert_true(wr_text_to_double(wr_str_c(good[i].text), &v));
        assert_true(v == good[i].v);
    }
    assert_true(wr_text_to_double(WR_STR("-0"), &v) && v == 0 && signbit(v));
    static const char *const bad[] = {
        "",     " ",        ".",         "-",   "e5",  "1e",    "1e+",  "NaN",   "nan",
        "inf",  "Infinity", "-Infinity", "0x1", "0x",  "0x.p1", "0x1p", "0x1pf", "0x1p+",
        "x1p3", "1.5dd",    "1.5 d",     "1,5", "--1", "+-1",   "1 2"};
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        assert_false(wr_text_to_double(wr_str_c(bad[i]), &v));
    assert_false(wr_text_to_double(wr_str_make("1\0", 2), &v) && v != 1); /* 0 is a blank here */
}

static void test_i64(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 7, -7, 10, INT64_MAX, INT64_MIN};
    wr_buf b = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        wr_text_put_i64(&b, values[i]);
        ASSERT_BUF(&b, expected);
    }
    wr_buf_free(&b);
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };
    wr_buf b = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(pairs); i++) {
        wr_text_put_base64(&b, wr_str_c(pairs[i][0]));
        ASSERT_BUF(&b, pairs[i][1]);
        assert_true(wr_text_from_base64(&b, wr_str_c(pairs[i][1])));
        ASSERT_BUF(&b, pairs[i][0]);
        wr_str bare = wr_str_c(pairs[i][1]); /* padding may be missing */
        while (bare.len && bare.ptr[bare.len - 1] == '=')
            bare.len--;
        assert_true(wr_text_from_base64(&b, bare));
        ASSERT_BUF(&b, pairs[i][0]);
    }
    static const char *const bad[] = {
        "Z", "Zg=", "Zg===", "=", "====", "Zm9vY", "Z-8=", "Zm 9", "Zg==Zg==", "Zm8=\n"};
    wr_buf_puts(&b, "kept");
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        assert_false(wr_text_from_base64(&b, wr_str_c(bad[i])));
    ASSERT_BUF(&b, "kept");
    wr_buf_free(&b);
}

static void test_hex(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_text_put_hex(&b, wr_str_make("\x00\x1f\xaf", 3), false);
    ASSERT_BUF(&b, "001faf");
    wr_text_put_hex(&b, wr_str_make("\x00\x1f\xaf", 3), true);
    ASSERT_BUF(&b, "001FAF");
    assert_true(wr_text_from_hex(&b, WR_STR("41aF5a")));
    ASSERT_BUF(&b, "A\xafZ");
    assert_true(wr_text_from_hex(&b, WR_STR("")));
    assert_false(wr_text_from_hex(&b, WR_STR("4")));
    assert_false(wr_text_from_hex(&b, WR_STR("4g")));
    assert_int_equal(b.len, 0);
    wr_buf_free(&b);
}

static void test_json_string(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_text_put_json_string(&b, WR_STR("a\"b\\c/\b\t\n\f\r\x01\x1f\x7f"));
    ASSERT_BUF(&b, "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001F\x7f\"");
    wr_text_put_json_string(&b, WR_STR(""));
    ASSERT_BUF(&b, "\"\"");
    wr_text_put_json_string(&b, WR_STR("h\xc3\xa9\xf0\x9f\x98\x80")); /* e acute, an emoji */
    ASSERT_BUF(&b, "\"h\xc3\xa9\xf0\x9f\x98\x80\"");
    wr_text_put_json_string(&b, WR_STR("x\xed\xa0\xbdy\n")); /* half a pair */
    ASSERT_BUF(&b, "\"x?y\\n\"");
    wr_text_put_quoted(&b, WR_STR("it's"), '\'');
    ASSERT_BUF(&b, "'it''s'");
    wr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_double_layout), cmocka_unit_test(test_double_random),
        cmocka_unit_test(test_to_double),     cmocka_unit_test(test_i64),
        cmocka_unit_test(test_base64),        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
