/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DECIMAL against decimal_cases.txt (make_decimal_cases.py wrote it), and what such a table does
 * not reach: result types, plans, bounds, doubles.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static const char *const status_names[] = {
    [WR_DEC_OVERFLOW] = "OVERFLOW", [WR_DEC_DIV_ZERO] = "DIV_ZERO",
    [WR_DEC_INEXACT] = "INEXACT",   [WR_DEC_IMPOSSIBLE] = "IMPOSSIBLE",
    [WR_DEC_BAD_TEXT] = "BAD_TEXT",
};

/* The number's text, or the status' name. */
static const char *show(wr_dec_status st, const wr_type *t, const wr_value *v)
{
    if (st != WR_DEC_OK)
        return status_names[st];
    assert_false(v->null);
    wr_buf b = {0};
    wr_dec_print(&b, t, v);
    const char *s = wr_arena_strndup(arena, b.ptr, b.len);
    wr_buf_free(&b);
    return s;
}

static wr_value read_exact(const wr_type *t, const char *text)
{
    wr_value v;
    assert_int_equal(wr_dec_from_text(wr_str_c(text), t, true, arena, &v), WR_DEC_OK);
    assert_string_equal(show(WR_DEC_OK, t, &v), text);
    return v;
}

/* ------------------------------------------------------------------------------------ the table */

#define WORDS_MAX 12

static int number(const char *word)
{
    char *end;
    long v = strtol(word, &end, 10);
    assert_true(end != word && *end == '\0');
    return (int)v;
}

static void check_arith(char **w)
{
    char op = w[1][0];
    const wr_type *lt = wr_type_decimal(arena, number(w[2]), number(w[3]));
    const wr_type *rt = wr_type_decimal(arena, number(w[5]), number(w[6]));
    const wr_type *result = wr_dec_result_type(arena, op, lt, rt);
    assert_int_equal(result->precision, number(w[8]));
    assert_int_equal(result->scale, number(w[9]));
    wr_value l = read_exact(lt, w[4]), r = read_exact(rt, w[7]), out;
    wr_dec_status st = wr_dec_arith(op, lt, &l, rt, &r, result, arena, &out);
    assert_string_equal(show(st, result, &out), w[10]);
}

static wr_dec_rounding rounding_of(const char *name)
{
    static const char *const names[] = {
        [WR_DEC_HALF_UP] = "HALF_UP", [WR_DEC_HALF_CEIL] = "HALF_CEIL", [WR_DEC_DOWN] = "DOWN",
        [WR_DEC_CEIL] = "CEIL",       [WR_DEC_FLOOR] = "FLOOR",
    };
    for (unsigned i = 0; i < WR_ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return (wr_dec_rounding)i;
    fail_msg("no rounding %s", name);
    return WR_DEC_DOWN;
}

static void check_round(char **w)
{
    const wr_type *t = wr_type_decimal(arena, number(w[3]), number(w[4]));
    const wr_type *to = wr_type_decimal(arena, number(w[6]), number(w[7]));
    wr_value v = read_exact(t, w[5]), out;
    wr_dec_status st = wr_dec_round(t, &v, number(w[2]), rounding_of(w[1]), to, arena, &out);
    assert_string_equal(show(st, to, &out), w[8]);
}

static void check_text(char **w)
{
    bool exact = strcmp(w[1], "exact") == 0;
    const wr_type *t = wr_type_decimal(arena, number(w[2]), number(w[3]));
    wr_value out;
    wr_dec_status st = wr_dec_from_text(wr_str_c(w[4]), t, exact, arena, &out);
    assert_string_equal(show(st, t, &out), w[5]);
}

static void check_compare(char **w)
{
    const wr_type *lt = wr_type_decimal(arena, number(w[1]), number(w[2]));
    const wr_type *rt = wr_type_decimal(arena, number(w[4]), number(w[5]));
    wr_value l = read_exact(lt, w[3]), r = read_exact(rt, w[6]);
    assert_int_equal(wr_dec_compare(lt, &l, rt, &r), number(w[7]));
    assert_int_equal(wr_dec_compare(rt, &r, lt, &l), -number(w[7]));
}

static void test_table(void **state)
{
    (void)state;
    FILE *f = fopen(WEIR_SOURCE_DIR "/tests/unit/types/decimal_cases.txt", "r");
    assert_non_null(f);
    char line[4096];
    int cases = 0;
    while (fgets(line, sizeof line, f)) {
        char shown[4096], *w[WORDS_MAX] = {0}, *rest = line, *word;
        line[strcspn(line, "\n")] = '\0';
        snprintf(shown, sizeof shown, "%s", line);
        for (int n = 0; n < WORDS_MAX && (word = strsep(&rest, " ")); n++)
            w[n] = word;
        if (strcmp(w[0], "arith") == 0)
            check_arith(w);
        else if (strcmp(w[0], "round") == 0)
            check_round(w);
        else if (strcmp(w[0], "text") == 0)
            check_text(w);
        else if (strcmp(w[0], "compare") == 0)
            check_compare(w);
        else
            fail_msg("unknown case: %s", shown);
        cases++;
        wr_arena_reset(arena);
    }
    fclose(f);
    assert_int_equal(cases, 3500);
}

/* ---------------------------------------------------------------------------------------- types */

static void assert_type(const wr_type *t, int precision, int scale)
{
    assert_int_equal(t->id, WR_T_DECIMAL);
    assert_int_equal(t->precision, precision);
    assert_int_equal(t->scale, scale);
}

static void test_result_types(void **state)
{
    (void)state;
    const wr_type *d = wr_type_decimal(arena, 4, 2);
    assert_type(wr_dec_result_type(arena, '+', d, &wr_type_integer), 13, 2);
    assert_type(wr_dec_result_type(arena, '*', &wr_type_bigint, d), 24, 2);
    assert_type(wr_dec_result_type(arena, '/', d, d), 11, 7);
    assert_type(wr_dec_result_type(arena, '%', d, &wr_type_integer), 4, 2);
    assert_type(wr_dec_type_of(arena, &wr_type_integer), 10, 0);
    assert_type(wr_dec_type_of(arena, &wr_type_bigint), 19, 0);
    assert_ptr_equal(wr_dec_type_of(arena, d), d);
    const wr_type *most = wr_type_decimal(arena, WR_DEC_PRECISION_MAX, WR_DEC_PRECISION_MAX);
    assert_type(wr_dec_result_type(arena, '/', most, most), WR_DEC_PRECISION_MAX,
                WR_DEC_PRECISION_MAX);
}

/* At the ceiling, too, results are exact or an error. */
static void test_ceiling(void **state)
{
    (void)state;
    const wr_type *most = wr_type_decimal(arena, WR_DEC_PRECISION_MAX, WR_DEC_PRECISION_MAX);
    const wr_type *result = wr_dec_result_type(arena, '*', most, most);
    wr_value tiny, half, out;
    assert_int_equal(wr_dec_from_text(WR_STR("1e-1000000"), most, true, arena, &tiny), WR_DEC_OK);
    assert_int_equal(wr_dec_from_text(WR_STR("0.5"), most, true, arena, &half), WR_DEC_OK);
    assert_int_equal(wr_dec_arith('*', most, &half, most, &half, result, arena, &out), WR_DEC_OK);
    assert_true(wr_dec_to_double(result, &out) == 0.25);
    assert_int_equal(wr_dec_arith('*', most, &half, most, &tiny, result, arena, &out),
                     WR_DEC_INEXACT);
    assert_int_equal(wr_dec_arith('/', most, &half, most, &tiny, result, arena, &out),
                     WR_DEC_OVERFLOW);
}

static void test_plans(void **state)
{
    (void)state;
    wr_dec_plan plan;
    const wr_type *t19 = wr_type_decimal(arena, 19, 3), *t38 = wr_type_decimal(arena, 38, 0);
    const wr_type *t39 = wr_type_decimal(arena, 39, 0);
    assert_null(wr_dec_small_plan('+', t38, t38, t39, &plan));
    assert_null(wr_dec_small_plan('%', t38, t19, t38, &plan)); /* 41 digits at one scale */
    const wr_type *sum = wr_dec_result_type(arena, '+', t19, t19);
    assert_non_null(wr_dec_small_plan('+', t19, t19, sum, &plan));
    assert_true(plan.limit == 0); /* the full result type cannot overflow */
    assert_non_null(wr_dec_small_plan('+', t19, t19, t19, &plan));
    assert_true(plan.limit == wr_dec_pow10(19));
    wr_value a = read_exact(t19, "9999999999999999.999"), out;
    assert_int_equal(wr_dec_arith('+', t19, &a, t19, &a, t19, arena, &out), WR_DEC_OVERFLOW);
    assert_int_equal(wr_dec_arith('-', t19, &a, t19, &a, t19, arena, &out), WR_DEC_OK);
    assert_int_equal(wr_dec_sign(t19, &out), 0);
}

/* ----------------------------------------------------------------------------------------- text */

static void test_bad_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     ".",    "-",    "+-1", "1e",  "e5", "1e+", " 1",           "1 ",
        "1..2", "1.2.", "0x10", "NaN", "1,5", "1d", "--1", "1e2147483648", "1e99999999999999999999",
    };
    static const int precisions[] = {10, 60};
    for (size_t p = 0; p < WR_ARRAY_LEN(precisions); p++) {
        const wr_type *t = wr_type_decimal(arena, precisions[p], 2);
        wr_value v;
        int32_t precision, scale;
        for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++) {
            assert_int_equal(wr_dec_from_text(wr_str_c(bad[i]), t, false, arena, &v),
                             WR_DEC_BAD_TEXT);
            assert_false(wr_dec_text_type(wr_str_c(bad[i]), &precision, &scale));
        }
        /* Huge exponents cost nothing. */
        assert_int_equal(wr_dec_from_text(WR_STR("1e1000000000"), t, false, arena, &v),
                         WR_DEC_OVERFLOW);
        assert_int_equal(wr_dec_from_text(WR_STR("9e-1000000000"), t, true, arena, &v),
                         WR_DEC_INEXACT);
        assert_int_equal(wr_dec_from_text(WR_STR("-9e-1000000000"), t, false, arena, &v),
                         WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &v), "0.00");
        assert_int_equal(wr_dec_from_text(WR_STR("-0.000e1000000000"), t, true, arena, &v),
                         WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &v), "0.00");
        assert_int_equal(wr_dec_from_text(WR_STR("5."), t, true, arena, &v), WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &v), "5.00");
        assert_int_equal(wr_dec_from_text(WR_STR("-.995"), t, false, arena, &v), WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &v), "-1.00");
    }
}

static void test_literal_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int precision, scale;
    } cases[] = {
        {"1.20", 3, 2},  {"0.5", 2, 1}, {"0.005", 4, 3},  {".005", 4, 3}, {"0", 1, 0},
        {"0.0", 2, 1},   {"12", 2, 0},  {"0012.5", 3, 1}, {"1e3", 4, 0},  {"1.5e3", 4, 0},
        {"15e-3", 4, 3}, {"1.0", 2, 1}, {"-3.25", 3, 2},  {"0e5", 1, 0},  {"1e99999", 100000, 0},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        int32_t precision = -1, scale = -1;
        assert_true(wr_dec_text_type(wr_str_c(cases[i].text), &precision, &scale));
        assert_int_equal(precision, cases[i].precision);
        assert_int_equal(scale, cases[i].scale);
    }
    int32_t precision, scale;
    assert_false(wr_dec_text_type(WR_STR("1e1000000"), &precision, &scale));
    assert_false(wr_dec_text_type(WR_STR("1e-2000000000"), &precision, &scale));
}

/* -------------------------------------------------------------------------- integers and doubles
 */

static void test_integers(void **state)
{
    (void)state;
    const wr_type *t = wr_type_decimal(arena, 21, 2), *big = wr_type_decimal(arena, 50, 2);
    const wr_type *narrow = wr_type_decimal(arena, 3, 2);
    static const int64_t values[] = {0, 1, -1, 9, -9, INT64_MAX, INT64_MIN, 1234567890123};
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++) {
        wr_value a, b;
        assert_int_equal(wr_dec_from_i64(values[i], t, arena, &a), WR_DEC_OK);
        assert_int_equal(wr_dec_from_i64(values[i], big, arena, &b), WR_DEC_OK);
        assert_true(wr_dec_to_i64(t, &a) == values[i]);
        assert_true(wr_dec_to_i64(big, &b) == values[i]);
        assert_int_equal(wr_dec_compare(t, &a, big, &b), 0);
        assert_int_equal(wr_dec_sign(big, &b), (values[i] > 0) - (values[i] < 0));
        assert_int_equal(wr_dec_from_i64(values[i], narrow, arena, &a),
                         values[i] > 9 || values[i] < -9 ? WR_DEC_OVERFLOW : WR_DEC_OK);
    }
    wr_value v = read_exact(t, "-1.99"), n;
    assert_true(wr_dec_to_i64(t, &v) == -1);
    assert_int_equal(wr_dec_negate(t, &v, arena, &n), WR_DEC_OK);
    assert_string_equal(show(WR_DEC_OK, t, &n), "1.99");
    v = read_exact(big, "-18446744073709551617.99"); /* -(2^64 + 1): wraps */
    assert_true(wr_dec_to_i64(big, &v) == -1);
    assert_int_equal(wr_dec_negate(big, &v, arena, &n), WR_DEC_OK);
    assert_string_equal(show(WR_DEC_OK, big, &n), "18446744073709551617.99");
    const wr_type *wide = wr_type_decimal(arena, 20, 0);
    v = read_exact(wide, "18446744073709551617");
    assert_true(wr_dec_to_i64(wide, &v) == 1);
}

static void check_double(const char *text, int precision, int scale, double d)
{
    const wr_type *t = wr_type_decimal(arena, precision, scale);
    wr_value v = read_exact(t, text);
    assert_true(wr_dec_to_double(t, &v) == d);
}

static void test_doubles(void **state)
{
    (void)state;
    check_double("0.1", 2, 1, 0.1);
    check_double("-123.456", 10, 3, -123.456);
    check_double("99999999999999999999.99", 22, 2, 1e20);
    check_double("9007199254740993", 16, 0, 9007199254740992.0); /* half way: to even */
    check_double("123456789012345678901234567890123456789012.5", 43, 1, 1.2345678901234568e41);
    check_double("0.0000000000000000000000000000000000000000000000000001", 52, 52, 1e-52);
    const wr_type *t = wr_type_decimal(arena, 5, 2);
    wr_value v;
    assert_int_equal(wr_dec_from_double(1.005, t, arena, &v), WR_DEC_OK);
    assert_string_equal(show(WR_DEC_OK, t, &v), "1.01"); /* of the text, not of the bits */
    assert_int_equal(wr_dec_from_double(-1e-300, t, arena, &v), WR_DEC_OK);
    assert_string_equal(show(WR_DEC_OK, t, &v), "0.00");
    assert_int_equal(wr_dec_from_double(1e300, t, arena, &v), WR_DEC_OVERFLOW);
    assert_int_equal(wr_dec_from_double(999.995, t, arena, &v), WR_DEC_OVERFLOW);
    t = wr_type_decimal(arena, 40, 39);
    assert_int_equal(wr_dec_from_double(10, t, arena, &v), WR_DEC_OVERFLOW);
    assert_int_equal(wr_dec_from_double((double)NAN, t, arena, &v), WR_DEC_BAD_TEXT);
    assert_int_equal(wr_dec_from_double((double)INFINITY, t, arena, &v), WR_DEC_BAD_TEXT);
}

/* What a cast rounds to 10^(p - s) has one digit more than its type says, and all else works on. */
static void test_rounded_up(void **state)
{
    (void)state;
    static const struct {
        int p, s;
        const char *text, *up;
    } cases[] = {
        {5, 2, "999.999", "1000.00"},
        {3, 0, "-999.5", "-1000"},
        {4, 4, "0.99999", "1.0000"},
        {38, 38, "0.999999999999999999999999999999999999999",
         "1.00000000000000000000000000000000000000"},
        {40, 0, "9999999999999999999999999999999999999999.5",
         "10000000000000000000000000000000000000000"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const wr_type *t = wr_type_decimal(arena, cases[i].p, cases[i].s);
        const wr_type *finer = wr_type_decimal(arena, 90, 45);
        wr_value v, w, back, minus, zero;
        assert_int_equal(wr_dec_from_text(wr_str_c(cases[i].text), t, false, arena, &v), WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &v), cases[i].up);
        assert_int_equal(wr_dec_from_text(wr_str_c(cases[i].text), finer, true, arena, &w),
                         WR_DEC_OK);
        assert_int_equal(wr_dec_rescale(finer, &w, t, arena, &back), WR_DEC_OK);
        assert_int_equal(wr_dec_compare(t, &v, t, &back), 0);
        /* Sums, products and texts of it; and it is read back from bytes. */
        wr_dec_negate(t, &v, arena, &minus);
        const wr_type *sum = wr_dec_result_type(arena, '+', t, t);
        assert_int_equal(wr_dec_arith('+', t, &v, t, &minus, sum, arena, &zero), WR_DEC_OK);
        assert_int_equal(wr_dec_sign(sum, &zero), 0);
        const wr_type *square = wr_dec_result_type(arena, '*', t, t);
        assert_int_equal(wr_dec_arith('*', t, &v, t, &v, square, arena, &back), WR_DEC_OK);
        const wr_type *one = wr_dec_result_type(arena, '/', square, t);
        assert_int_equal(wr_dec_arith('/', square, &back, t, &v, one, arena, &w), WR_DEC_OK);
        assert_int_equal(wr_dec_compare(one, &w, t, &v), 0);
        wr_buf bytes = {0};
        wr_value_encode(&bytes, t, &v);
        const char *p = bytes.ptr;
        weir_error err;
        assert_int_equal(wr_value_decode(t, &p, bytes.ptr + bytes.len, arena, &back, &err),
                         WEIR_OK);
        assert_int_equal(wr_dec_compare(t, &v, t, &back), 0);
        wr_buf_free(&bytes);
    }
}

static void test_round_extremes(void **state)
{
    (void)state;
    static const int precisions[] = {5, 45};
    for (size_t p = 0; p < WR_ARRAY_LEN(precisions); p++) {
        const wr_type *t = wr_type_decimal(arena, precisions[p], 2);
        wr_value v = read_exact(t, "0.01"), out;
        assert_int_equal(wr_dec_round(t, &v, INT32_MIN, WR_DEC_HALF_UP, t, arena, &out), WR_DEC_OK);
        assert_int_equal(wr_dec_sign(t, &out), 0);
        assert_int_equal(wr_dec_round(t, &v, INT32_MIN, WR_DEC_CEIL, t, arena, &out),
                         WR_DEC_OVERFLOW);
        assert_int_equal(wr_dec_round(t, &v, INT32_MAX, WR_DEC_CEIL, t, arena, &out), WR_DEC_OK);
        assert_string_equal(show(WR_DEC_OK, t, &out), "0.01");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_result_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plans, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_literal_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rounded_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_extremes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
