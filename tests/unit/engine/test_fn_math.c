/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: math.c, rounding.c, geo.c, conditional.c, conversion.c. */
#include "fn_test.h"

#include <math.h>

static void test_math(void **state)
{
    (void)state;
    check("ACOS", "0.0", I(1));
    check("ACOS", "NaN", D(1.5));
    check("ASIN", "1.5707963267948966", D(1));
    check("ATAN", "0.7853981633974483", L(1));
    check("ATAN2", "1.1071487177940904", D(1.0), D(0.5));
    check("ATAN2", "0.0", I(0), I(1));
    check("CBRT", "-2.0", L(-8));
    check("COT", "Infinity", D(0));
    check("DEGREES", "180.0", D(M_PI));
    check("RADIANS", "3.141592653589793", I(180));
    check("EXP", "1.0", L(0));
    check("LN", "-Infinity", I(0));
    check("LN", "NaN", I(-1));
    check("LOG", "2.302585092994046", I(10));
    check("LOG", "3.0", I(2), I(8));
    check("LOG", "NaN", I(1), I(8));
    check("LOG", "NaN", D(-1), D(8));
    check("SQRT", "NaN", D(-1));
    check("SQRT", "NULL", NUL(&wr_type_double));
    check("POWER", "1024.0", L(2), L(10));
    check("POWER", "NaN", D(1), D(NAN));
    check("POWER", "NaN", D(-1), D(INFINITY));
    check("POWER", "1.0", D(0), D(0));
    check0("PI", "3.141592653589793");
    char *random = fn_eval("RANDOM", NULL, 0, NULL);
    assert_true(random[0] == '0' && random[1] == '.');
}

static void test_abs_ceil_floor_sign(void **state)
{
    (void)state;
    check("ABS", "5", I(-5));
    check("ABS", "-2147483648", I(INT32_MIN));
    check("ABS", "-9223372036854775808", L(INT64_MIN));
    check("ABS", "0.0", D(-0.0));
    check("ABS", "1.20", DEC("-1.20", 3, 2));
    check("ABS", "1.2000000000000000000000000000000000000001",
          DEC("-1.2000000000000000000000000000000000000001", 41, 40));
    check("CEIL", "-1.0", D(-1.5));
    check("CEIL", "7", I(7));
    check("CEIL", "-1.00", DEC("-1.20", 3, 2));
    check("CEIL", "10.0", DEC("9.9", 2, 1)); /* a digit more than the type has */
    check("FLOOR", "-2.0", D(-1.5));
    check("FLOOR", "-2.00", DEC("-1.20", 3, 2));
    check("SIGN", "-1", D(-0.5));
    check("SIGN", "0", D(-0.0));
    check("SIGN", "0", D(NAN));
    check("SIGN", "1", L(INT64_MAX));
}

static void test_round_trunc(void **state)
{
    (void)state;
    check("ROUND", "-1", D(-1.5));
    check("ROUND", "2", D(1.5));
    check("ROUND", "0", D(0.49999999999999994));
    check("ROUND", "0", D(-0.5));
    check("ROUND", "9223372036854775807", D(1e30));
    check("ROUND", "0", D(NAN));
    check("ROUND", "-5", I(-5));
    check("ROUND", "error", NUL(&wr_type_bigint));
    check("ROUND", "NULL", NUL(&wr_type_double));
    check("ROUND", "1.01", D(1.005), I(2));
    check("ROUND", "-1.0", D(-1.005), I(2));
    check("ROUND", "-1.01", D(-1.0051), I(2));
    check("ROUND", "10.0", D(9.96), I(1));
    check("ROUND", "100.0", D(95), I(-1));
    check("ROUND", "0.0", D(4), I(-1));
    check("ROUND", "10.0", D(6), I(-1));
    check("ROUND", "0.0", D(123), I(-5));
    check("ROUND", "1.5E20", D(1.5e20), I(5));
    check("ROUND", "0.0", D(-0.2), I(0));
    check("ROUND", "error", D(INFINITY), I(1));
    check("ROUND", "2", DEC("1.50", 3, 2));
    check("ROUND", "-1", DEC("-1.50", 3, 2));
    check("ROUND", "10", DEC("9.9", 2, 1)); /* 10 in a DECIMAL(1, 0) */
    check("ROUND", "1.30", DEC("1.25", 3, 2), I(1));
    check("ROUND", "-1.20", DEC("-1.25", 3, 2), I(1));
    check("ROUND", "0.00", DEC("1.25", 3, 2), I(-1));
    check("TRUNC", "-1", D(-1.9));
    check("TRUNC", "9223372036854775807", D(INFINITY));
    check("TRUNC", "0", D(NAN));
    check("TRUNC", "-1.57", D(-1.579), I(2));
    check("TRUNC", "120.0", D(129.9), I(-1));
    check("TRUNC", "1", DEC("1.99", 3, 2));
    check("TRUNC", "1.90", DEC("1.99", 3, 2), I(1));
    check("TRUNC", "NULL", NUL(&wr_type_integer));
}

static void test_round_impossible_type(void **state)
{
    (void)state;
    const wr_function *fn = wr_function_find(NULL, WR_STR("ROUND"));
    const wr_type *t = wr_type_decimal(fn_arena, 2, 2), *cast = NULL, *ret = NULL;
    uint32_t sig;
    weir_error err = {0};
    assert_int_equal(
        wr_function_resolve(fn, &t, NULL, 1, NULL, NULL, fn_arena, &sig, &cast, &ret, &err),
        WEIR_ERR_STATEMENT);
}

static void test_conditional(void **state)
{
    (void)state;
    check("COALESCE", "2", NUL(&wr_type_integer), I(2), I(3));
    check("COALESCE", "NULL", NUL(&wr_type_string), NUL(&wr_type_string));
    check("COALESCE", "b", NUL(&wr_type_string), S("b"));
    check("IFNULL", "a", S("a"), S("b"));
    check("IFNULL", "[1]", NUL(wr_type_array(fn_arena, &wr_type_integer)),
          ARR(&wr_type_integer, I(1)));
    check("NULLIF", "NULL", I(1), I(1));
    check("NULLIF", "1", I(1), NUL(&wr_type_integer));
    check("NULLIF", "NULL", NUL(&wr_type_integer), I(1));
    check("NULLIF", "NULL", D(NAN), D(NAN));
    check("GREATEST", "3", I(2), NUL(&wr_type_integer), I(3));
    check("LEAST", "-2", L(2), L(-2));
    check("GREATEST", "NULL", NUL(&wr_type_integer), NUL(&wr_type_integer));
    check("GREATEST", "NaN", D(1), D(NAN));
    check("LEAST", "-0.0", D(0.0), D(-0.0));
    /* By UTF-16 units a supplementary character comes before U+FF5E. */
    check("GREATEST", "\xEF\xBD\x9E", S("\xF0\x9F\x98\x80"), S("\xEF\xBD\x9E"));
    check("LEAST", "gA==", Y("80"), Y("00")); /* signed bytes */
    check("GREATEST", "2020-01-01", DT(18262), DT(0));
    check("GREATEST", "123.450", DEC("123.45", 5, 2), DEC("9.125", 4, 3));
}

static void test_geo_distance(void **state)
{
    (void)state;
    tv a = D(37.4133), b = D(-122.1162), c = D(37.8041), d = D(-122.2711);
    check("GEO_DISTANCE", "45.54685096703196", a, b, c, d);
    check("GEO_DISTANCE", "28.303246425754125", a, b, c, d, S("Miles"));
    check("GEO_DISTANCE", "45.54685096703196", a, b, c, d, S(" "));
    check("GEO_DISTANCE", "45.54685096703196", a, b, c, d, NUL(&wr_type_string));
    check("GEO_DISTANCE", "error", a, b, c, d, S("parsec"));
    check("GEO_DISTANCE", "0.03447366811448324", D(39.18660374), D(-76.73262144), D(39.18660374),
          D(-76.73222145));
    check("GEO_DISTANCE", "error", D(91), b, c, d);
    check("GEO_DISTANCE", "error", a, D(-181), c, d);
    check("GEO_DISTANCE", "error", a, b, c, NUL(&wr_type_double));
}

static void test_from_bytes(void **state)
{
    (void)state;
    check("INT_FROM_BYTES", "42", Y("0000002a"));
    check("INT_FROM_BYTES", "42", Y("2a000000"), S("little_endian"));
    check("INT_FROM_BYTES", "-1", Y("ffffffff"), S("BIG_ENDIAN"));
    check("INT_FROM_BYTES", "error", Y("2a"));
    check("INT_FROM_BYTES", "error", Y("2a000000"), S("middle"));
    check("INT_FROM_BYTES", "NULL", NUL(&wr_type_bytes));
    check("BIGINT_FROM_BYTES", "-2", Y("fffffffffffffffe"));
    check("DOUBLE_FROM_BYTES", "1.5", Y("000000000000f83f"), S("LITTLE_ENDIAN"));
    check("DOUBLE_FROM_BYTES", "error", Y("0000002a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fn_test(test_math),        fn_test(test_abs_ceil_floor_sign),
        fn_test(test_round_trunc), fn_test(test_round_impossible_type),
        fn_test(test_conditional), fn_test(test_geo_distance),
        fn_test(test_from_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
