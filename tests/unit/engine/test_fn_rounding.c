/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ROUND, TRUNC, CEIL, FLOOR, ABS, SIGN, GREATEST, LEAST by type: result types, the ends of each
 * type, and decimals against a model in 128-bit integers.
 */
#include "operands.h"

/* clang-format off */
#define INT(v)    {"INT", v}
#define BIG(v)    {"BIGINT", v}
#define DBL(v)    {"DOUBLE", v}
#define DEC(p, v) {"DECIMAL(" p ")", "'" v "'"}
/* clang-format on */

static void test_types(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"ABS(X)", {INT("-7")}, "INTEGER", "7"},
        {"ABS(X)", {BIG("-7")}, "BIGINT", "7"},
        {"ABS(X)", {DBL("-7e0")}, "DOUBLE", "7.0"},
        {"ABS(X)", {DEC("5, 2", "-7.25")}, "DECIMAL(5, 2)", "7.25"},
        {"CEIL(X)", {INT("7")}, "INTEGER", "7"},
        {"CEIL(X)", {BIG("-7")}, "BIGINT", "-7"},
        {"CEIL(X)", {DBL("7.1e0")}, "DOUBLE", "8.0"},
        {"CEIL(X)", {DEC("5, 2", "7.01")}, "DECIMAL(5, 2)", "8.00"},
        {"FLOOR(X)", {INT("7")}, "INTEGER", "7"},
        {"FLOOR(X)", {BIG("-7")}, "BIGINT", "-7"},
        {"FLOOR(X)", {DBL("-7.1e0")}, "DOUBLE", "-8.0"},
        {"FLOOR(X)", {DEC("5, 2", "-7.01")}, "DECIMAL(5, 2)", "-8.00"},
        {"ROUND(X)", {INT("7")}, "BIGINT", "7"},
        {"ROUND(X)", {BIG("7")}, "BIGINT", "7"},
        {"ROUND(X)", {DBL("7.5e0")}, "BIGINT", "8"},
        {"ROUND(X, Y)", {DBL("7.55e0"), INT("1")}, "DOUBLE", "7.6"},
        {"ROUND(X)", {DEC("5, 2", "7.25")}, "DECIMAL(3, 0)", "7"},
        {"ROUND(X, Y)", {DEC("5, 2", "7.25"), INT("1")}, "DECIMAL(5, 2)", "7.30"},
        {"TRUNC(X)", {INT("7")}, "BIGINT", "7"},
        {"TRUNC(X)", {DBL("7.5e0")}, "BIGINT", "7"},
        {"TRUNC(X)", {DEC("5, 2", "7.25")}, "DECIMAL(3, 0)", "7"},
        {"TRUNC(X, Y)", {DEC("5, 2", "7.29"), INT("1")}, "DECIMAL(5, 2)", "7.20"},
        {"SIGN(X)", {INT("-7")}, "INTEGER", "-1"},
        {"SIGN(X)", {BIG("7")}, "INTEGER", "1"},
        {"SIGN(X)", {DBL("0e0")}, "INTEGER", "0"},
        {"SQRT(X)", {INT("9")}, "DOUBLE", "3.0"},
        {"EXP(X)", {BIG("0")}, "DOUBLE", "1.0"},
        {"POWER(X, Y)", {INT("2"), INT("10")}, "DOUBLE", "1024.0"},
        {"GREATEST(X, Y)", {INT("1"), INT("2")}, "INTEGER", "2"},
        {"GREATEST(X, Y)", {BIG("1"), BIG("2")}, "BIGINT", "2"},
        {"GREATEST(X, Y)", {DBL("1e0"), DBL("2e0")}, "DOUBLE", "2.0"},
        {"LEAST(X, Y)", {DEC("5, 2", "1.25"), DEC("5, 2", "1.24")}, "DECIMAL(5, 2)", "1.24"},
        {"LEAST(X, Y)", {{"STRING", "'b'"}, {"STRING", "'a'"}}, "STRING", "a"},
        {"LEAST(X, Y)", {{"DATE", "'2020-01-01'"}, {"DATE", "'2019-01-01'"}}, "DATE", "2019-01-01"},
        {"GREATEST(X, Y)", {{"TIME", "'10:00'"}, {"TIME", "'09:00'"}}, "TIME", "10:00"},
        {"GREATEST(X, Y)",
         {{"TIMESTAMP", "'1969'"}, {"TIMESTAMP", "'1970'"}},
         "TIMESTAMP",
         "1970-01-01T00:00:00.000"},
        {"GREATEST(X, Y)", {{"BYTES", "'fw=='"}, {"BYTES", "'gA=='"}}, "BYTES", "fw=="},
        {"GREATEST(X)", {INT("5")}, "INTEGER", "5"},
    };
    OPERAND_TABLE(cases);
}

static void test_ends(void **state)
{
    (void)state;
#define INT_MIN_ "-2147483648"
#define BIG_MIN_ "-9223372036854775808"
#define BIG_MAX_ "9223372036854775807"
    static const operand_case cases[] = {
        {"ABS(X)", {INT(INT_MIN_)}, NULL, INT_MIN_}, /* two's complement has no positive one */
        {"ABS(X)", {BIG(BIG_MIN_)}, NULL, BIG_MIN_},
        {"ABS(X)", {INT("-2147483647")}, NULL, "2147483647"},
        {"ABS(X)", {DBL("-1e0 / 0e0")}, NULL, "Infinity"},
        {"SIGN(X)", {BIG(BIG_MIN_)}, NULL, "-1"},
        {"SIGN(X)", {DBL("-4.9e-324")}, NULL, "-1"},
        {"CEIL(X)", {DBL("-0.5e0")}, NULL, "-0.0"},
        {"CEIL(X)", {DBL("4.9e-324")}, NULL, "1.0"},
        {"FLOOR(X)", {DBL("-4.9e-324")}, NULL, "-1.0"},
        {"FLOOR(X)", {DBL("1e300")}, NULL, "1.0E300"},
        {"CEIL(X)", {DEC("2, 2", "0.01")}, NULL, "1.00"}, /* more digits than the type has */
        {"FLOOR(X)", {DEC("2, 2", "-0.01")}, NULL, "-1.00"},
        {"CEIL(X)", {DEC("4, 2", "-0.99")}, NULL, "0.00"},
        {"ROUND(X)", {DBL("0.5e0")}, NULL, "1"},
        {"ROUND(X)", {DBL("-0.5e0")}, NULL, "0"},
        {"ROUND(X)", {DBL("-1.5e0")}, NULL, "-1"},
        {"ROUND(X)", {DBL("2.5e0")}, NULL, "3"},
        {"ROUND(X)", {DBL("-2.5e0")}, NULL, "-2"},
        {"ROUND(X)", {DBL("-2.51e0")}, NULL, "-3"},
        {"ROUND(X)", {DBL("1e300")}, NULL, BIG_MAX_},
        {"ROUND(X)", {DBL("-1e300")}, NULL, BIG_MIN_},
        {"ROUND(X)", {BIG(BIG_MIN_)}, NULL, BIG_MIN_},
        {"ROUND(X)", {INT(INT_MIN_)}, NULL, INT_MIN_},
        {"ROUND(X, Y)", {DBL("1234.5678e0"), INT("0")}, NULL, "1235.0"},
        {"ROUND(X, Y)", {DBL("1234.5678e0"), INT("3")}, NULL, "1234.568"},
        {"ROUND(X, Y)", {DBL("1234.5678e0"), INT("-2")}, NULL, "1200.0"},
        {"ROUND(X, Y)", {DBL("1250e0"), INT("-2")}, NULL, "1300.0"},
        {"ROUND(X, Y)", {DBL("-1250e0"), INT("-2")}, NULL, "-1200.0"},
        {"ROUND(X, Y)", {DBL("0.1e0"), INT("20")}, NULL, "0.1"},
        {"TRUNC(X)", {DBL("0e0 / 0e0")}, NULL, "0"},
        {"TRUNC(X)", {DBL("-1e0 / 0e0")}, NULL, BIG_MIN_},
        {"TRUNC(X)", {DBL("-0.9e0")}, NULL, "0"},
        {"TRUNC(X, Y)", {DBL("-1234.5678e0"), INT("2")}, NULL, "-1234.56"},
        {"TRUNC(X, Y)", {DBL("-1299e0"), INT("-2")}, NULL, "-1200.0"},
        {"SQRT(X)", {DBL("-0e0")}, NULL, "-0.0"},
        {"SQRT(X)", {BIG("-4")}, NULL, "NaN"},
        {"LN(X)", {DBL("0e0")}, NULL, "-Infinity"},
        {"LOG(X, Y)", {INT("10"), INT("1000")}, NULL, "2.9999999999999996"},
        {"LOG(X, Y)", {INT("0"), INT("8")}, NULL, "NaN"},
        {"EXP(X)", {INT("1000")}, NULL, "Infinity"},
        {"EXP(X)", {INT("-1000")}, NULL, "0.0"},
        {"POWER(X, Y)", {INT("0"), INT("-1")}, NULL, "Infinity"},
        {"POWER(X, Y)", {INT("-8"), INT("3")}, NULL, "-512.0"},
        {"POWER(X, Y)", {DBL("-8e0"), DBL("0.5e0")}, NULL, "NaN"},
    };
    OPERAND_TABLE(cases);
}

/** NULLs are skipped wherever they stand; one value left is the result. */
static void test_extremes(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"GREATEST(X, Y, Z)", {INT("3"), INT("1"), INT("2")}, NULL, "3"},
        {"LEAST(X, Y, Z)", {INT("3"), INT("1"), INT("2")}, NULL, "1"},
        {"GREATEST(X, Y, Z)", {INT("NULL"), INT("1"), INT("NULL")}, NULL, "1"},
        {"LEAST(X, Y, Z)", {INT("NULL"), INT("NULL"), INT("5")}, NULL, "5"},
        {"GREATEST(X, Y, Z)", {INT("NULL"), INT("NULL"), INT("NULL")}, NULL, "null"},
        {"LEAST(X, Y, X)", {INT(INT_MIN_), INT("0")}, NULL, INT_MIN_},
        {"GREATEST(X, Y)",
         {DBL("-1e0 / 0e0"), DBL("-1.7976931348623157e308")},
         NULL,
         "-1.7976931348623157E308"},
        {"GREATEST(X, Y)", {{"STRING", "'a'"}, {"STRING", "''"}}, NULL, "a"},
        {"LEAST(X, Y)", {{"STRING", "'a'"}, {"STRING", "'Z'"}}, NULL, "Z"},
    };
    OPERAND_TABLE(cases);
}

/* ---- decimals against a model ---- */

enum { SCALE = 4 };

static int64_t power10(int n)
{
    int64_t v = 1;
    while (n-- > 0)
        v *= 10;
    return v;
}

/** Towards -infinity. */
static int64_t floor_div(int64_t v, int64_t by)
{
    return v / by - (v % by < 0);
}

static int64_t ceil_div(int64_t v, int64_t by)
{
    return -floor_div(-v, by);
}

/** To the nearest; the middle goes towards +infinity. */
static int64_t round_div(int64_t v, int64_t by)
{
    return floor_div(2 * v + by, 2 * by);
}

static const char *decimal(wr_arena *a, int64_t unscaled)
{
    int64_t one = power10(SCALE), v = unscaled < 0 ? -unscaled : unscaled;
    return wr_arena_printf(a, "%s%lld.%04lld", unscaled < 0 ? "-" : "", (long long)(v / one),
                           (long long)(v % one));
}

static void check_decimal(wr_arena *a, int64_t v, int places)
{
    const operand x = {"DECIMAL(14, 4)", wr_arena_printf(a, "'%s'", decimal(a, v))};
    const operand p = {"INT", wr_arena_printf(a, "%d", places)};
    int64_t one = power10(SCALE), unit = places > SCALE ? 1 : power10(SCALE - places);
    const operand_case cases[] = {
        {"ABS(X)", {x}, "DECIMAL(14, 4)", decimal(a, v < 0 ? -v : v)},
        {"CEIL(X)", {x}, "DECIMAL(14, 4)", decimal(a, ceil_div(v, one) * one)},
        {"FLOOR(X)", {x}, "DECIMAL(14, 4)", decimal(a, floor_div(v, one) * one)},
        {"ROUND(X)",
         {x},
         "DECIMAL(10, 0)",
         wr_arena_printf(a, "%lld", (long long)round_div(v, one))},
        {"TRUNC(X)", {x}, "DECIMAL(10, 0)", wr_arena_printf(a, "%lld", (long long)(v / one))},
        {"ROUND(X, Y)", {x, p}, "DECIMAL(14, 4)", decimal(a, round_div(v, unit) * unit)},
        {"TRUNC(X, Y)", {x, p}, "DECIMAL(14, 4)", decimal(a, v / unit * unit)},
    };
    OPERAND_TABLE(cases);
    /* The same number in a type of more than 38 digits takes other code. */
    const operand big = {"DECIMAL(44, 4)", x.value};
    const operand_case wide[] = {
        {"CEIL(X)", {big}, "DECIMAL(44, 4)", decimal(a, ceil_div(v, one) * one)},
        {"FLOOR(X)", {big}, "DECIMAL(44, 4)", decimal(a, floor_div(v, one) * one)},
        {"ROUND(X, Y)", {big, p}, "DECIMAL(44, 4)", decimal(a, round_div(v, unit) * unit)},
        {"TRUNC(X, Y)", {big, p}, "DECIMAL(44, 4)", decimal(a, v / unit * unit)},
    };
    OPERAND_TABLE(wide);
}

static void test_decimal_model(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 60);
    /* The middles and their neighbours, for each number of places; then whatever comes. */
    static const int64_t special[] = {0, 1, 4999, 5000, 5001, 10000, 15000, 25000, 99995000};
    for (size_t i = 0; i < WR_ARRAY_LEN(special); i++) {
        for (int places = -2; places <= SCALE + 1; places++) {
            wr_arena *a = wr_arena_new(0);
            check_decimal(a, special[i], places);
            check_decimal(a, -special[i], places);
            wr_arena_free(a);
        }
    }
    for (int i = 0; i < 100; i++) {
        wr_arena *a = wr_arena_new(0);
        int64_t v = (int64_t)wr_rng_below(&r, (uint64_t)power10(1 + (int)wr_rng_below(&r, 12)));
        check_decimal(a, wr_rng_below(&r, 2) ? v : -v, (int)wr_rng_below(&r, 9) - 3);
        wr_arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_decimal_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
