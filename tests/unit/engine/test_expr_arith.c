/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic: types of results, wrapping integers, IEEE doubles, exact decimals. Random operands
 * are held against a model in C: unsigned arithmetic for integers, 128-bit integers for decimals.
 */
#include "operands.h"

#include <inttypes.h>

/* clang-format off */
#define INT(v)    {"INT", v}
#define BIG(v)    {"BIGINT", v}
#define DBL(v)    {"DOUBLE", v}
#define DEC(p, v) {"DECIMAL(" p ")", "'" v "'"}
/* clang-format on */

static void test_integers(void **state)
{
    (void)state;
#define INT_MIN_  "-2147483648"
#define LONG_MIN_ "-9223372036854775808"
    static const operand_case cases[] = {
        {"X + Y", {INT("2147483647"), INT("1")}, "INTEGER", INT_MIN_},
        {"X - Y", {INT(INT_MIN_), INT("1")}, "INTEGER", "2147483647"},
        {"X * Y", {INT("65536"), INT("65536")}, "INTEGER", "0"},
        {"X * Y", {INT("46341"), INT("46341")}, "INTEGER", "-2147479015"},
        {"-X", {INT(INT_MIN_)}, "INTEGER", INT_MIN_},
        {"+X", {INT("5")}, "INTEGER", "5"},
        {"X / Y", {INT("7"), INT("2")}, "INTEGER", "3"},
        {"X / Y", {INT("-7"), INT("2")}, "INTEGER", "-3"},
        {"X / Y", {INT("7"), INT("-2")}, "INTEGER", "-3"},
        {"X % Y", {INT("7"), INT("-2")}, "INTEGER", "1"},
        {"X % Y", {INT("-7"), INT("2")}, "INTEGER", "-1"},
        {"X / Y", {INT(INT_MIN_), INT("-1")}, "INTEGER", INT_MIN_},
        {"X % Y", {INT(INT_MIN_), INT("-1")}, "INTEGER", "0"},
        {"X / Y", {INT("1"), INT("0")}, "INTEGER", "!null"},
        {"X % Y", {INT("1"), INT("0")}, "INTEGER", "!null"},
        {"X + Y", {INT("2147483647"), BIG("1")}, "BIGINT", "2147483648"},
        {"X + Y", {BIG("9223372036854775807"), INT("1")}, "BIGINT", LONG_MIN_},
        {"X - Y", {BIG(LONG_MIN_), BIG("1")}, "BIGINT", "9223372036854775807"},
        {"X * Y", {BIG("4294967296"), BIG("4294967296")}, "BIGINT", "0"},
        {"X / Y", {BIG(LONG_MIN_), BIG("-1")}, "BIGINT", LONG_MIN_},
        {"X % Y", {BIG(LONG_MIN_), INT("-1")}, "BIGINT", "0"},
        {"X / Y", {BIG("-9"), INT("4")}, "BIGINT", "-2"},
        {"X % Y", {BIG("-9"), INT("4")}, "BIGINT", "-1"},
        {"X / Y", {BIG("1"), INT("0")}, "BIGINT", "!null"},
        {"-X", {BIG(LONG_MIN_)}, "BIGINT", LONG_MIN_},
        {"X + Y * Z", {INT("1"), INT("2"), INT("3")}, "INTEGER", "7"},
        {"(X + Y) * Z", {INT("1"), INT("2"), INT("3")}, "INTEGER", "9"},
        {"X - Y - Z", {INT("10"), INT("3"), INT("2")}, "INTEGER", "5"},
        {"X / Y / Z", {INT("100"), INT("5"), INT("2")}, "INTEGER", "10"},
        {"X % Y * Z", {INT("17"), INT("5"), INT("3")}, "INTEGER", "6"},
        {"-X * Y", {INT("2"), INT("3")}, "INTEGER", "-6"},
        {"X - -Y", {INT("2"), INT("3")}, "INTEGER", "5"},
    };
    OPERAND_TABLE(cases);
}

static void test_doubles(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"X + Y", {DBL("0.1e0"), DBL("0.2e0")}, "DOUBLE", "0.30000000000000004"},
        {"X * Y", {DBL("1e308"), DBL("10e0")}, "DOUBLE", "Infinity"},
        {"X / Y", {DBL("1e0"), DBL("0e0")}, "DOUBLE", "Infinity"},
        {"X / Y", {DBL("-1e0"), DBL("0e0")}, "DOUBLE", "-Infinity"},
        {"X / Y", {DBL("0e0"), DBL("0e0")}, "DOUBLE", "NaN"},
        {"X % Y", {DBL("5.5e0"), DBL("2e0")}, "DOUBLE", "1.5"},
        {"X % Y", {DBL("-5.5e0"), DBL("2e0")}, "DOUBLE", "-1.5"},
        {"X % Y", {DBL("5.5e0"), DBL("0e0")}, "DOUBLE", "NaN"},
        {"X / Y", {INT("1"), DBL("4e0")}, "DOUBLE", "0.25"},
        {"X / Y", {INT("1"), DBL("0e0")}, "DOUBLE", "Infinity"},
        {"X - Y", {BIG("9007199254740993"), DBL("0e0")}, "DOUBLE", "9.007199254740992E15"},
        {"X * Y", {DBL("4.9e-324"), DBL("0.5e0")}, "DOUBLE", "0.0"},
        {"-X", {DBL("0e0")}, "DOUBLE", "-0.0"},
        {"X + Y", {{"DECIMAL(4, 2)", "1.25"}, DBL("1e0")}, "DOUBLE", "2.25"},
        {"X * Y", {DBL("2e0"), {"DECIMAL(4, 2)", "1.25"}}, "DOUBLE", "2.5"},
        {"X / Y", {{"DECIMAL(4, 2)", "1.25"}, DBL("0e0")}, "DOUBLE", "Infinity"},
    };
    OPERAND_TABLE(cases);
}

static void test_null_operands(void **state)
{
    (void)state;
    static const char *const ops[] = {"X + Y", "X - Y", "X * Y", "X / Y", "X % Y"};
    static const char *const types[] = {"INT", "BIGINT", "DOUBLE", "DECIMAL(5, 2)",
                                        "DECIMAL(45, 2)"};
    for (size_t o = 0; o < WR_ARRAY_LEN(ops); o++) {
        for (size_t l = 0; l < WR_ARRAY_LEN(types); l++) {
            for (size_t r = 0; r < WR_ARRAY_LEN(types); r++) {
                const operand_case cases[] = {
                    {ops[o], {{types[l], "NULL"}, {types[r], "1"}}, NULL, "null"},
                    {ops[o], {{types[l], "1"}, {types[r], "NULL"}}, NULL, "null"},
                    {ops[o], {{types[l], "NULL"}, {types[r], "NULL"}}, NULL, "null"},
                };
                OPERAND_TABLE(cases);
            }
        }
    }
    const operand_case minus[] = {{"-X", {{"INT", "NULL"}}, "INTEGER", "null"},
                                  {"-X", {{"DECIMAL(5, 2)", "NULL"}}, "DECIMAL(5, 2)", "null"}};
    OPERAND_TABLE(minus);
}

/* ---- types ---- */

/** Precision and scale of a number's type; precision 0: DOUBLE. */
typedef struct shape {
    const char *sql;
    int precision, scale, width; /* width: 1 INT, 2 BIGINT, 3 DECIMAL, 4 DOUBLE */
} shape;

static int max_of(int a, int b)
{
    return a > b ? a : b;
}

/** The rules of the dialect, written once more. */
static const char *result_type(wr_arena *a, char op, const shape *l, const shape *r)
{
    if (l->width == 4 || r->width == 4)
        return "DOUBLE";
    if (l->width < 3 && r->width < 3)
        return l->width == 2 || r->width == 2 ? "BIGINT" : "INTEGER";
    int p1 = l->precision, s1 = l->scale, p2 = r->precision, s2 = r->scale, p, s;
    switch (op) {
    case '*':
        p = p1 + p2 + 1;
        s = s1 + s2;
        break;
    case '/':
        s = max_of(6, s1 + p2 + 1);
        p = p1 - s1 + s2 + s;
        break;
    case '%':
        s = max_of(s1, s2);
        p = (p1 - s1 < p2 - s2 ? p1 - s1 : p2 - s2) + s;
        break;
    default:
        s = max_of(s1, s2);
        p = s + max_of(p1 - s1, p2 - s2) + 1;
    }
    return wr_arena_printf(a, "DECIMAL(%d, %d)", p, s);
}

static void test_types(void **state)
{
    (void)state;
    static const shape shapes[] = {
        {"INT", 10, 0, 1},
        {"BIGINT", 19, 0, 2},
        {"DOUBLE", 0, 0, 4},
        {"DECIMAL(1, 0)", 1, 0, 3},
        {"DECIMAL(1, 1)", 1, 1, 3},
        {"DECIMAL(5, 2)", 5, 2, 3},
        {"DECIMAL(9, 9)", 9, 9, 3},
        {"DECIMAL(18, 0)", 18, 0, 3},
        {"DECIMAL(38, 10)", 38, 10, 3},
        {"DECIMAL(39, 0)", 39, 0, 3},
        {"DECIMAL(100, 50)", 100, 50, 3},
    };
    wr_arena *a = wr_arena_new(0);
    for (size_t l = 0; l < WR_ARRAY_LEN(shapes); l++) {
        for (size_t r = 0; r < WR_ARRAY_LEN(shapes); r++) {
            for (const char *op = "+-*/%"; *op; op++) {
                const operand in[OPERANDS_MAX] = {{shapes[l].sql, "NULL"}, {shapes[r].sql, "NULL"}};
                const operand_case c = {wr_arena_printf(a, "X %c Y", *op),
                                        {in[0], in[1]},
                                        result_type(a, *op, &shapes[l], &shapes[r]),
                                        "null"};
                /* 0 digits before and after the point: there is no such type (1,1 % 1,0). */
                if (strncmp(c.type, "DECIMAL(0,", 10) == 0)
                    continue;
                assert_true(operand_holds(&c));
            }
        }
    }
    wr_arena_free(a);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const others[] = {"BOOLEAN",   "BYTES",      "DATE",   "TIME",
                                         "TIMESTAMP", "ARRAY<INT>", "STRING", "STRUCT<a INT>"};
    for (const char *op = "+-*/%"; *op; op++) {
        for (size_t i = 0; i < WR_ARRAY_LEN(others); i++) {
            wr_arena *a = wr_arena_new(0);
            operand_world w;
            const operand in[OPERANDS_MAX] = {{"INT", "1"}, {others[i], "NULL"}};
            const char *type = "";
            operand_world_init(&w, in);
            const char *got = operand_eval(&w, wr_arena_printf(a, "X %c Y", *op), in, &type);
            if (strncmp(got, "refused: Error processing expression: (X ", 41) != 0 ||
                !strstr(got, "Unsupported arithmetic types. INTEGER "))
                fail_msg("INT %c %s: %s", *op, others[i], got);
            operand_world_free(&w);
            wr_arena_free(a);
        }
    }
}

/* ---- random operands ---- */

/** Few digits and many, near zero and at the ends. */
static uint64_t random_bits(wr_rng *r)
{
    uint64_t v = wr_rng_next(r) >> wr_rng_below(r, 64);
    switch (wr_rng_below(r, 4)) {
    case 0:
        return 0 - v;
    case 1:
        return (UINT64_MAX >> 1) - (v & 7);
    default:
        return v;
    }
}

static void check_ints(wr_arena *a, int32_t x, int32_t y)
{
    const char *sx = wr_arena_printf(a, "%" PRId32, x), *sy = wr_arena_printf(a, "%" PRId32, y);
    uint32_t ux = (uint32_t)x, uy = (uint32_t)y;
    const operand in[2] = {{"INT", sx}, {"INT", sy}};
    int32_t quotient = y == 0 ? 0 : y == -1 ? (int32_t)(0 - ux) : x / y;
    int32_t rest = y == 0 || y == -1 ? 0 : x % y;
    const operand_case cases[] = {
        {"X + Y", {in[0], in[1]}, "INTEGER", wr_arena_printf(a, "%" PRId32, (int32_t)(ux + uy))},
        {"X - Y", {in[0], in[1]}, "INTEGER", wr_arena_printf(a, "%" PRId32, (int32_t)(ux - uy))},
        {"X * Y", {in[0], in[1]}, "INTEGER", wr_arena_printf(a, "%" PRId32, (int32_t)(ux * uy))},
        {"X / Y",
         {in[0], in[1]},
         "INTEGER",
         y ? wr_arena_printf(a, "%" PRId32, quotient) : "!null"},
        {"X % Y", {in[0], in[1]}, "INTEGER", y ? wr_arena_printf(a, "%" PRId32, rest) : "!null"},
    };
    OPERAND_TABLE(cases);
}

static void check_bigints(wr_arena *a, int64_t x, int64_t y)
{
    const char *sx = wr_arena_printf(a, "%" PRId64, x), *sy = wr_arena_printf(a, "%" PRId64, y);
    uint64_t ux = (uint64_t)x, uy = (uint64_t)y;
    const operand in[2] = {{"BIGINT", sx}, {"BIGINT", sy}};
    int64_t quotient = y == 0 ? 0 : y == -1 ? (int64_t)(0 - ux) : x / y;
    int64_t rest = y == 0 || y == -1 ? 0 : x % y;
    const operand_case cases[] = {
        {"X + Y", {in[0], in[1]}, "BIGINT", wr_arena_printf(a, "%" PRId64, (int64_t)(ux + uy))},
        {"X - Y", {in[0], in[1]}, "BIGINT", wr_arena_printf(a, "%" PRId64, (int64_t)(ux - uy))},
        {"X * Y", {in[0], in[1]}, "BIGINT", wr_arena_printf(a, "%" PRId64, (int64_t)(ux * uy))},
        {"X / Y", {in[0], in[1]}, "BIGINT", y ? wr_arena_printf(a, "%" PRId64, quotient) : "!null"},
        {"X % Y", {in[0], in[1]}, "BIGINT", y ? wr_arena_printf(a, "%" PRId64, rest) : "!null"},
    };
    OPERAND_TABLE(cases);
}

static void test_random_integers(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 20);
    for (int i = 0; i < 60; i++) {
        wr_arena *a = wr_arena_new(0);
        check_ints(a, (int32_t)random_bits(&r), (int32_t)random_bits(&r));
        check_bigints(a, (int64_t)random_bits(&r), (int64_t)random_bits(&r));
        wr_arena_free(a);
    }
}

/** @p unscaled with @p scale digits after the point. */
static const char *decimal_text(wr_arena *a, __int128 unscaled, int scale)
{
    char digits[64];
    int n = 0;
    bool negative = unscaled < 0;
    unsigned __int128 u = negative ? -(unsigned __int128)unscaled : (unsigned __int128)unscaled;
    do {
        digits[n++] = (char)('0' + (int)(u % 10));
        u /= 10;
    } while (u || n <= scale);
    char *out = wr_arena_alloc(a, 70), *p = out;
    if (negative)
        *p++ = '-';
    while (n > 0) {
        if (n == scale)
            *p++ = '.';
        *p++ = digits[--n];
    }
    *p = 0;
    return out;
}

static __int128 power10(int n)
{
    __int128 v = 1;
    while (n-- > 0)
        v *= 10;
    return v;
}

/** A decimal of at most @p precision digits, as an operand. */
static __int128 random_decimal(wr_arena *a, wr_rng *r, int precision, int scale, operand *out)
{
    __int128 v =
        (__int128)(wr_rng_next(r) >> 1) % power10(1 + (int)wr_rng_below(r, (uint64_t)precision));
    v = wr_rng_below(r, 2) ? -v : v;
    out->type = wr_arena_printf(a, "DECIMAL(%d, %d)", precision, scale);
    out->value = wr_arena_printf(a, "'%s'", decimal_text(a, v, scale));
    return v;
}

static void check_decimals(wr_arena *a, wr_rng *r)
{
    int p1 = 1 + (int)wr_rng_below(r, 17), s1 = (int)wr_rng_below(r, (uint64_t)p1 + 1);
    int p2 = 1 + (int)wr_rng_below(r, 17), s2 = (int)wr_rng_below(r, (uint64_t)p2 + 1);
    operand x, y;
    __int128 l = random_decimal(a, r, p1, s1, &x), m = random_decimal(a, r, p2, s2, &y);
    int s = max_of(s1, s2);
    __int128 ls = l * power10(s - s1), ms = m * power10(s - s2);
    const operand_case cases[] = {
        {"X + Y", {x, y}, NULL, decimal_text(a, ls + ms, s)},
        {"X - Y", {x, y}, NULL, decimal_text(a, ls - ms, s)},
        {"X * Y", {x, y}, NULL, decimal_text(a, l * m, s1 + s2)},
        {"-X", {x}, x.type, decimal_text(a, -l, s1)},
        {"X = Y", {x, y}, "BOOLEAN", ls == ms ? "true" : "false"},
        {"X < Y", {x, y}, "BOOLEAN", ls < ms ? "true" : "false"},
    };
    OPERAND_TABLE(cases);
    /* What a product gives back, a quotient must find: (X * Y) / Y = X, whatever the types. */
    const operand_case back = {"X * Y / Y = X", {x, y}, "BOOLEAN", m ? "true" : "!null"};
    assert_true(operand_holds(&back));
}

static void test_random_decimals(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 21);
    for (int i = 0; i < 150; i++) {
        wr_arena *a = wr_arena_new(0);
        check_decimals(a, &r);
        wr_arena_free(a);
    }
}

/** The same sums once as small decimals and once at precisions beyond 128 bits. */
static void test_big_decimals_agree(void **state)
{
    (void)state;
    wr_rng r;
    wr_rng_seed(&r, 22);
    for (int i = 0; i < 60; i++) {
        wr_arena *a = wr_arena_new(0);
        operand x, y;
        random_decimal(a, &r, 15, 5, &x);
        random_decimal(a, &r, 15, 2, &y);
        static const char *const sums[] = {"X + Y", "X - Y", "X * Y"};
        for (size_t k = 0; k < WR_ARRAY_LEN(sums); k++) {
            const operand_case c = {
                wr_arena_printf(a, "%s = CAST(X AS DECIMAL(60, 5)) %c CAST(Y AS DECIMAL(50, 2))",
                                sums[k], sums[k][2]),
                {x, y},
                "BOOLEAN",
                "true"};
            assert_true(operand_holds(&c));
        }
        wr_arena_free(a);
    }
}

static void test_decimals(void **state)
{
    (void)state;
#define N38 "99999999999999999999999999999999999999"
    static const operand_case cases[] = {
        {"X + Y", {DEC("5, 2", "999.99"), DEC("5, 2", "0.01")}, "DECIMAL(6, 2)", "1000.00"},
        {"X + Y", {DEC("3, 1", "1.5"), DEC("4, 3", "0.005")}, "DECIMAL(6, 3)", "1.505"},
        {"X - Y", {DEC("2, 2", "0.01"), DEC("2, 2", "0.99")}, "DECIMAL(3, 2)", "-0.98"},
        {"X * Y", {DEC("2, 2", "0.10"), DEC("2, 2", "0.10")}, "DECIMAL(5, 4)", "0.0100"},
        {"X * Y", {DEC("3, 0", "-999"), DEC("3, 0", "999")}, "DECIMAL(7, 0)", "-998001"},
        {"X + Y", {DEC("4, 2", "1.25"), INT("-2147483648")}, "DECIMAL(13, 2)", "-2147483646.75"},
        {"X + Y",
         {BIG("9223372036854775807"), DEC("1, 1", "0.5")},
         "DECIMAL(21, 1)",
         "9223372036854775807.5"},
        {"X * Y", {BIG("9223372036854775807"), BIG("9223372036854775807")}, "BIGINT", "1"},
        {"X * CAST(Y AS DECIMAL(19, 0))",
         {BIG("9223372036854775807"), BIG("9223372036854775807")},
         "DECIMAL(39, 0)",
         "85070591730234615847396907784232501249"},
        {"X + Y",
         {DEC("38, 0", N38), DEC("38, 0", N38)},
         "DECIMAL(39, 0)",
         "199999999999999999999999999999999999998"},
        {"X - Y",
         {DEC("38, 0", "-" N38), DEC("38, 38", "0." N38)},
         "DECIMAL(77, 38)",
         "-" N38 "." N38},
        {"X * Y",
         {DEC("38, 0", N38), DEC("38, 0", N38)},
         "DECIMAL(77, 0)",
         "9999999999999999999999999999999999999800000000000000000000000000000000000001"},
        {"X / Y", {DEC("4, 2", "10.00"), DEC("2, 1", "2.5")}, "DECIMAL(9, 6)", "4.000000"},
        {"X / Y", {DEC("4, 2", "1.00"), DEC("3, 0", "8")}, "DECIMAL(8, 6)", "0.125000"},
        {"X / Y", {DEC("3, 0", "-1"), DEC("4, 3", "0.001")}, "DECIMAL(12, 6)", "-1000.000000"},
        {"X / Y", {DEC("3, 0", "7"), INT("-2")}, "DECIMAL(14, 11)", "-3.50000000000"},
        {"X / Y", {DEC("4, 2", "1.00"), DEC("4, 2", "0.00")}, "DECIMAL(11, 7)", "!null"},
        {"X / Y", {INT("6"), DEC("2, 1", "1.5")}, "DECIMAL(17, 6)", "4.000000"},
        {"X % Y", {DEC("4, 2", "7.25"), DEC("4, 2", "2.00")}, "DECIMAL(4, 2)", "1.25"},
        {"X % Y", {DEC("4, 2", "-7.25"), DEC("4, 2", "2.00")}, "DECIMAL(4, 2)", "-1.25"},
        {"X % Y", {DEC("4, 2", "7.25"), DEC("4, 2", "-2.00")}, "DECIMAL(4, 2)", "1.25"},
        {"X % Y", {DEC("4, 2", "7.25"), DEC("4, 2", "0.00")}, "DECIMAL(4, 2)", "!null"},
        {"-X",
         {DEC("45, 2", "1234567890123456789012345678901234567890.12")},
         "DECIMAL(45, 2)",
         "-1234567890123456789012345678901234567890.12"},
        {"-X", {DEC("4, 2", "0.00")}, "DECIMAL(4, 2)", "0.00"},
        {"X + Y + Z",
         {DEC("2, 1", "9.9"), DEC("2, 1", "9.9"), DEC("2, 1", "9.9")},
         "DECIMAL(4, 1)",
         "29.7"},
        {"X + Y * Z", {DEC("2, 1", "1.0"), DEC("2, 1", "2.0"), INT("3")}, "DECIMAL(14, 1)", "7.0"},
    };
    OPERAND_TABLE(cases);
}

/** 12.5 is a DECIMAL(3, 1), 0.05 a DECIMAL(3, 2): digits as written. */
static void test_literals(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"12.5", {{0}}, "DECIMAL(3, 1)", "12.5"},
        {"-12.5", {{0}}, "DECIMAL(3, 1)", "-12.5"},
        {"0.05", {{0}}, "DECIMAL(3, 2)", "0.05"},
        {"1.", {{0}}, "DECIMAL(1, 0)", "1"},
        {"100.000", {{0}}, "DECIMAL(6, 3)", "100.000"},
        {"2147483647", {{0}}, "INTEGER", "2147483647"},
        {"-2147483648", {{0}}, "INTEGER", "-2147483648"},
        {"2147483648", {{0}}, "BIGINT", "2147483648"},
        {"-9223372036854775808", {{0}}, "BIGINT", LONG_MIN_},
        {"1E3", {{0}}, "DOUBLE", "1000.0"},
        {"1.5e-3", {{0}}, "DOUBLE", "0.0015"},
        {"1e7", {{0}}, "DOUBLE", "1.0E7"},
        {"1 + 1.5", {{0}}, "DECIMAL(12, 1)", "2.5"},
        {"1 + 1.5e0", {{0}}, "DOUBLE", "2.5"},
        {"3000000000 * 2", {{0}}, "BIGINT", "6000000000"},
    };
    OPERAND_TABLE(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_null_operands),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_random_integers),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_random_decimals),
        cmocka_unit_test(test_big_decimals_agree),
        cmocka_unit_test(test_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
