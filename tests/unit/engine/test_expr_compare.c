/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons: which types may stand on the two sides, and that the operators agree with one order
 * of the values, whatever types the two sides have. NULL operands: two-valued logic.
 */
#include "operands.h"

/* ---- which pairs are allowed ---- */

/* Row: left side, column: right side. '<': every operator; '=': equality alone; '.': none. */
static const char *const allowed[OPERAND_TYPES_N] = {
    "=............", /* BOOLEAN */
    ".<<<<........", /* INT */
    ".<<<<........", /* BIGINT */
    ".<<<<........", /* DOUBLE */
    ".<<<<........", /* DECIMAL */
    ".....<.<<<...", /* STRING */
    "......<......", /* BYTES */
    ".....<.<.<...", /* DATE */
    ".....<..<....", /* TIME */
    ".....<.<.<...", /* TIMESTAMP */
    "..........=..", /* ARRAY */
    "...........=.", /* MAP */
    "............=", /* STRUCT */
};

static bool compiles(const char *op, const char *left, const char *right, char *message)
{
    wr_arena *a = wr_arena_new(0);
    static const wr_schema empty = {0};
    wr_schema_scope scope;
    wr_expr *e;
    weir_error err = {0};
    wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
    const char *sql = wr_arena_printf(a, "CAST(NULL AS %s) %s CAST(NULL AS %s)", left, op, right);
    bool ok = case_compile(sql, &scope.base, a, &e, &err) == WEIR_OK;
    if (ok)
        assert_int_equal(wr_expr_type(e)->id, WR_T_BOOLEAN);
    snprintf(message, sizeof err.message, "%s", err.message);
    wr_arena_free(a);
    return ok;
}

static void test_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *name;
        bool order;
    } ops[] = {
        {"=", "EQUAL", false},
        {"<>", "NOT_EQUAL", false},
        {"!=", "NOT_EQUAL", false},
        {"IS DISTINCT FROM", "IS_DISTINCT_FROM", false},
        {"IS NOT DISTINCT FROM", "IS_NOT_DISTINCT_FROM", false},
        {"<", "LESS_THAN", true},
        {"<=", "LESS_THAN_OR_EQUAL", true},
        {">", "GREATER_THAN", true},
        {">=", "GREATER_THAN_OR_EQUAL", true},
    };
    char message[sizeof(((weir_error *)0)->message)];
    for (size_t o = 0; o < WR_ARRAY_LEN(ops); o++) {
        for (size_t l = 0; l < OPERAND_TYPES_N; l++) {
            for (size_t r = 0; r < OPERAND_TYPES_N; r++) {
                char how = allowed[l][r];
                bool want = how == '<' || (how == '=' && !ops[o].order);
                if (compiles(ops[o].sql, operand_types[l], operand_types[r], message) != want)
                    fail_msg("%s %s %s: %s", operand_types[l], ops[o].sql, operand_types[r],
                             want ? message : "is accepted");
                if (!want && strncmp(message, "Cannot compare ", 15) != 0)
                    fail_msg("%s %s %s: %s", operand_types[l], ops[o].sql, operand_types[r],
                             message);
                if (!want && ops[o].order && !strstr(message, ops[o].name))
                    fail_msg("%s does not name the operator: %s", ops[o].sql, message);
            }
        }
    }
}

/* ---- order ---- */

/** A value and its place among the others of its table; equal ranks are equal values. */
typedef struct ranked {
    int rank;
    operand value;
} ranked;

/** Every operator on every pair says what the ranks say. */
static void check_order(const ranked *v, size_t n, bool ordered)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            int x = v[i].rank, y = v[j].rank;
            const struct {
                const char *sql;
                bool out, order;
            } ops[] = {
                {"X = Y", x == y, false},
                {"X <> Y", x != y, false},
                {"X IS DISTINCT FROM Y", x != y, false},
                {"X IS NOT DISTINCT FROM Y", x == y, false},
                {"X < Y", x < y, true},
                {"X <= Y", x <= y, true},
                {"X > Y", x > y, true},
                {"X >= Y", x >= y, true},
                {"X BETWEEN Y AND Y", x == y, true},
            };
            for (size_t o = 0; o < WR_ARRAY_LEN(ops); o++) {
                if (ops[o].order && !ordered)
                    continue;
                const operand_case c = {
                    ops[o].sql, {v[i].value, v[j].value}, "BOOLEAN", ops[o].out ? "true" : "false"};
                failed += !operand_holds(&c);
            }
        }
    }
    assert_int_equal(failed, 0);
}
#define CHECK_ORDER(values, ordered) check_order((values), WR_ARRAY_LEN(values), (ordered))

static void test_numbers(void **state)
{
    (void)state;
    static const ranked values[] = {
        {0, {"BIGINT", "-9223372036854775807"}},
        {1, {"INT", "-2147483647"}},
        {2, {"DOUBLE", "-1.5e0"}},
        {2, {"DECIMAL(6, 2)", "-1.50"}},
        {2, {"DECIMAL(4, 1)", "-1.5"}},
        {3, {"INT", "-1"}},
        {4, {"INT", "0"}},
        {4, {"BIGINT", "0"}},
        {4, {"DECIMAL(6, 2)", "0.00"}},
        {4, {"DOUBLE", "0.0e0"}},
        {5, {"DECIMAL(20, 19)", "0.0000000000000000001"}},
        {6, {"DECIMAL(6, 2)", "0.25"}},
        {6, {"DOUBLE", "0.25e0"}},
        {7, {"INT", "2147483647"}},
        {7, {"BIGINT", "2147483647"}},
        {7, {"DECIMAL(12, 2)", "2147483647.00"}},
        {8, {"DECIMAL(12, 2)", "2147483647.01"}},
        {9, {"BIGINT", "2147483648"}},
        {9, {"DOUBLE", "2147483648e0"}},
    };
    CHECK_ORDER(values, true);
}

/** Neighbours that no DOUBLE says apart; so none stands beside them, where they would become one.
 */
static void test_long_integers(void **state)
{
    (void)state;
    static const ranked values[] = {
        {0, {"BIGINT", "-9223372036854775808"}},
        {1, {"BIGINT", "-9223372036854775807"}},
        {2, {"INT", "0"}},
        {3, {"BIGINT", "9223372036854775806"}},
        {4, {"DECIMAL(20, 1)", "9223372036854775806.5"}},
        {5, {"BIGINT", "9223372036854775807"}},
        {5, {"DECIMAL(19, 0)", "9223372036854775807"}},
    };
    CHECK_ORDER(values, true);
}

static void test_big_decimals(void **state)
{
    (void)state;
#define D40 "DECIMAL(40, 0)"
#define D60 "DECIMAL(60, 20)"
    static const ranked values[] = {
        {0, {D40, "'-1234567890123456789012345678901234567890'"}},
        {1, {D40, "'-1234567890123456789012345678901234567889'"}},
        {1, {D60, "'-1234567890123456789012345678901234567889'"}},
        {2, {"DECIMAL(3, 2)", "'-1.01'"}},
        {3, {"DECIMAL(3, 2)", "'0'"}},
        {3, {D60, "'0'"}},
        {4, {D60, "'0.00000000000000000001'"}},
        {5, {"DECIMAL(38, 0)", "'99999999999999999999999999999999999999'"}},
        {5, {D40, "'99999999999999999999999999999999999999'"}},
        {6, {D60, "'99999999999999999999999999999999999999.5'"}},
        {7, {D40, "'100000000000000000000000000000000000000'"}},
    };
    CHECK_ORDER(values, true);
}

/** Doubles: no NaN here; zeros of both signs are equal, infinities are the ends. */
static void test_doubles(void **state)
{
    (void)state;
    static const ranked values[] = {
        {0, {"DOUBLE", "-1e0 / 0e0"}},
        {1, {"DOUBLE", "-1.7976931348623157e308"}},
        {2, {"DOUBLE", "-4.9e-324"}},
        {3, {"DOUBLE", "0e0"}},
        {4, {"DOUBLE", "4.9e-324"}},
        {5, {"DOUBLE", "1e0"}},
        {5, {"INT", "1"}},
        {6, {"DOUBLE", "1.0000000000000002e0"}},
        {7, {"DOUBLE", "1e0 / 0e0"}},
    };
    CHECK_ORDER(values, true);
}

/** Texts by UTF-16 units: a character above U+FFFF begins with U+D800..., so before U+E000. */
static void test_texts(void **state)
{
    (void)state;
    static const ranked values[] = {
        {0, {"STRING", "''"}},
        {1, {"STRING", "' '"}},
        {2, {"STRING", "'A'"}},
        {3, {"STRING", "'Z'"}},
        {4, {"STRING", "'a'"}},
        {5, {"STRING", "'aa'"}},
        {6, {"STRING", "'ab'"}},
        {7, {"STRING", "'abcdefghijklmnopqrstuvwxyz'"}},
        {8, {"STRING", "'abcdefghijklmnopqrstuvwxzz'"}},
        {9, {"STRING", "'z'"}},
        {10, {"STRING", "'\xC3\xA9'"}},         /* U+00E9 */
        {11, {"STRING", "'\xE2\x82\xAC'"}},     /* U+20AC */
        {12, {"STRING", "'\xF0\x9F\x98\x80'"}}, /* U+1F600 */
        {13, {"STRING", "'\xEF\xBD\x9E'"}},     /* U+FF5E */
    };
    CHECK_ORDER(values, true);
}

/** Bytes compare as signed bytes, shorter first where one begins the other. */
static void test_bytes(void **state)
{
    (void)state;
    static const ranked values[] = {
        {0, {"BYTES", "''"}},     /* nothing */
        {1, {"BYTES", "'gA=='"}}, /* 80 */
        {2, {"BYTES", "'/w=='"}}, /* ff */
        {3, {"BYTES", "'AA=='"}}, /* 00 */
        {4, {"BYTES", "'AAA='"}}, /* 00 00 */
        {5, {"BYTES", "'AQ=='"}}, /* 01 */
        {6, {"BYTES", "'fw=='"}}, /* 7f */
    };
    CHECK_ORDER(values, true);
}

static void test_times(void **state)
{
    (void)state;
    static const ranked days[] = {
        {0, {"DATE", "'1969-12-31'"}},
        {0, {"TIMESTAMP", "'1969-12-31T00:00:00.000'"}},
        {0, {"STRING", "'1969-12-31'"}},
        {1, {"TIMESTAMP", "'1969-12-31T23:59:59.999'"}},
        {2, {"DATE", "'1970-01-01'"}},
        {2, {"TIMESTAMP", "'1970-01-01T00:00:00.000'"}},
        {3, {"TIMESTAMP", "'2020-02-29T12:00:00.001'"}},
        {4, {"DATE", "'2020-03-01'"}},
    };
    CHECK_ORDER(days, true);
    static const ranked times[] = {
        {0, {"TIME", "'00:00:00.000'"}}, {1, {"TIME", "'00:00:00.001'"}}, {2, {"TIME", "'12:00'"}},
        {2, {"STRING", "'12:00'"}},      {3, {"TIME", "'23:59:59.999'"}},
    };
    CHECK_ORDER(times, true);
}

static void test_equality_alone(void **state)
{
    (void)state;
    static const ranked booleans[] = {{0, {"BOOLEAN", "FALSE"}}, {1, {"BOOLEAN", "TRUE"}}};
    CHECK_ORDER(booleans, false);
#define INTS "ARRAY<INT>"
    static const ranked arrays[] = {
        {0, {INTS, "ARRAY[1, 2]"}}, {0, {INTS, "ARRAY[1, 2]"}},    {1, {INTS, "ARRAY[2, 1]"}},
        {2, {INTS, "ARRAY[1]"}},    {3, {INTS, "ARRAY[NULL, 1]"}}, {4, {INTS, "ARRAY[1, 2, NULL]"}},
    };
    CHECK_ORDER(arrays, false);
#define IMAP "MAP<STRING, INT>"
    static const ranked maps[] = {
        {0, {IMAP, "MAP('a' := 1, 'b' := 2)"}},
        {0, {IMAP, "MAP('b' := 2, 'a' := 1)"}},
        {1, {IMAP, "MAP('a' := 1)"}},
        {2, {IMAP, "MAP('a' := 2, 'b' := 1)"}},
        {3, {IMAP, "MAP('a' := 1, 'b' := NULL)"}},
    };
    CHECK_ORDER(maps, false);
#define PAIR "STRUCT<a INT, b STRING>"
    static const ranked structs[] = {
        {0, {PAIR, "STRUCT(a := 1, b := 'x')"}},
        {0, {PAIR, "STRUCT(b := 'x', a := 1)"}},
        {1, {PAIR, "STRUCT(a := 1, b := 'y')"}},
        {2, {PAIR, "STRUCT(a := 1)"}},
    };
    CHECK_ORDER(structs, false);
    static const ranked nested[] = {
        {0, {"ARRAY<" PAIR ">", "ARRAY[STRUCT(a := 1, b := 'x')]"}},
        {1, {"ARRAY<" PAIR ">", "ARRAY[STRUCT(a := 2, b := 'x')]"}},
        {2, {"ARRAY<" PAIR ">", "ARRAY[STRUCT(a := 1, b := 'x'), STRUCT(a := 1, b := 'x')]"}},
    };
    CHECK_ORDER(nested, false);
}

/* ---- NULL ---- */

/** A comparison with NULL is false, not NULL; so its negation is true. */
static void test_null(void **state)
{
    (void)state;
    static const char *const values[OPERAND_TYPES_N] = {
        "TRUE",           "1",      "1",       "1e0",          "1.00",     "'a'",
        "'AAE='",         "'2020'", "'10:00'", "'2020-01-01'", "ARRAY[1]", "MAP('k' := 1)",
        "STRUCT(f := 1)",
    };
    static const struct {
        const char *sql, *one_null, *both_null;
        bool order;
    } ops[] = {
        {"X = Y", "false", "false", false},
        {"X <> Y", "false", "false", false},
        {"NOT (X = Y)", "true", "true", false},
        {"NOT (X <> Y)", "true", "true", false},
        {"X IS DISTINCT FROM Y", "true", "false", false},
        {"X IS NOT DISTINCT FROM Y", "false", "true", false},
        {"X < Y", "false", "false", true},
        {"X <= Y", "false", "false", true},
        {"X > Y", "false", "false", true},
        {"X >= Y", "false", "false", true},
        {"NOT (X >= Y)", "true", "true", true},
        {"X BETWEEN Y AND Y", "false", "false", true},
        {"X NOT BETWEEN Y AND Y", "true", "true", true},
    };
    for (size_t t = 0; t < OPERAND_TYPES_N; t++) {
        const operand null = {operand_types[t], "NULL"}, value = {operand_types[t], values[t]};
        for (size_t o = 0; o < WR_ARRAY_LEN(ops); o++) {
            if (ops[o].order && allowed[t][t] != '<')
                continue;
            const operand_case c[] = {
                {ops[o].sql, {null, value}, "BOOLEAN", ops[o].one_null},
                {ops[o].sql, {value, null}, "BOOLEAN", ops[o].one_null},
                {ops[o].sql, {null, null}, "BOOLEAN", ops[o].both_null},
            };
            OPERAND_TABLE(c);
        }
        const operand_case is[] = {
            {"X IS NULL", {null}, "BOOLEAN", "true"},
            {"X IS NULL", {value}, "BOOLEAN", "false"},
            {"X IS NOT NULL", {null}, "BOOLEAN", "false"},
            {"X IS NOT NULL", {value}, "BOOLEAN", "true"},
        };
        OPERAND_TABLE(is);
    }
}

/** NaN: every comparison is false; test_expr_mixed.c has those that ask for a difference. */
static void test_nan_order(void **state)
{
    (void)state;
    const operand nan = {"DOUBLE", "0e0 / 0e0"}, one = {"DOUBLE", "1e0"};
    const operand_case cases[] = {
        {"X = Y", {nan, one}, "BOOLEAN", "false"},
        {"X < Y", {nan, one}, "BOOLEAN", "false"},
        {"X >= Y", {one, nan}, "BOOLEAN", "false"},
        {"X IS NULL", {nan}, "BOOLEAN", "false"},
    };
    OPERAND_TABLE(cases);
}

/* ---- a text beside ROWTIME ---- */

static void test_rowtime_texts(void **state)
{
    (void)state;
    /* Rows of the fixture are at 1000, 1001, 1002 and 1003 ms. */
    static const struct {
        const char *sql, *rows;
    } cases[] = {
        {"ROWTIME = '1970-01-01T00:00:01.002'", "false | false | true | false"},
        {"'1970-01-01T00:00:01.002' <= ROWTIME", "false | false | true | true"},
        {"ROWTIME < '1970-01-01T00:00:01.001'", "true | false | false | false"},
        {"ROWTIME >= '1970-01-01T01:00:01.001+0100'", "false | true | true | true"},
        {"ROWTIME < '1970-01-01T00:00:01.001Z'", "true | false | false | false"},
        {"ROWTIME BETWEEN '1970-01-01T00:00:01.001' AND '1970-01-01T00:00:01.002'",
         "false | true | true | false"},
        {"ROWTIME NOT BETWEEN '1970-01-01T00:00:01.001' AND '1970-01-01T00:00:01.002'",
         "true | false | false | true"},
        {"ROWTIME > '1970'", "true | true | true | true"},
        {"ROWTIME > '1970-01-02'", "false | false | false | false"},
        {"ROWTIME = 1003", "false | false | false | true"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        fixture f;
        fixture_init(&f);
        weir_error err = {0};
        wr_expr *e = NULL;
        if (case_compile(cases[i].sql, &f.scope.base, f.a, &e, &err) != WEIR_OK)
            fail_msg("%s: %s", cases[i].sql, err.message);
        const char *got = fixture_eval(&f, e, wr_sel_all(FIXTURE_ROWS));
        if (strcmp(got, cases[i].rows) != 0)
            fail_msg("%s: %s", cases[i].sql, got);
        fixture_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),          cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_integers),  cmocka_unit_test(test_big_decimals),
        cmocka_unit_test(test_doubles),        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bytes),          cmocka_unit_test(test_times),
        cmocka_unit_test(test_equality_alone), cmocka_unit_test(test_null),
        cmocka_unit_test(test_nan_order),      cmocka_unit_test(test_rowtime_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
