/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAST: which types it takes, the bounds of each conversion, texts that are no value of the type.
 * A value that does not fit fails for its row and is NULL.
 */
#include "operands.h"

/* ---- which pairs are allowed ---- */

/* Row: from, column: to. 'x': allowed. A type is always cast to itself. */
static const char *const allowed[OPERAND_TYPES_N] = {
    "x....x.......", /* BOOLEAN */
    ".xxxxx.......", /* INT */
    ".xxxxx.......", /* BIGINT */
    ".xxxxx.......", /* DOUBLE */
    ".xxxxx.......", /* DECIMAL */
    "xxxxxxxxxx...", /* STRING */
    "......x......", /* BYTES */
    ".....x.x.x...", /* DATE */
    ".....x..x....", /* TIME */
    ".....x.xxx...", /* TIMESTAMP */
    ".....x....x..", /* ARRAY */
    ".....x.....x.", /* MAP */
    ".....x......x", /* STRUCT */
};

static void test_pairs(void **state)
{
    (void)state;
    static const wr_schema empty = {0};
    for (size_t from = 0; from < OPERAND_TYPES_N; from++) {
        for (size_t to = 0; to < OPERAND_TYPES_N; to++) {
            wr_arena *a = wr_arena_new(0);
            wr_schema_scope scope;
            wr_expr *e = NULL;
            weir_error err = {0};
            wr_schema_scope_init(&scope, &empty, NULL, false, NULL);
            const char *sql = wr_arena_printf(a, "CAST(CAST(NULL AS %s) AS %s)",
                                              operand_types[from], operand_types[to]);
            bool ok = case_compile(sql, &scope.base, a, &e, &err) == WEIR_OK;
            bool want = allowed[from][to] == 'x';
            if (ok != want)
                fail_msg("%s: %s", sql, ok ? "is accepted" : err.message);
            if (!ok && (strncmp(err.message, "Cast of ", 8) != 0 ||
                        !strstr(err.message, " is not supported")))
                fail_msg("%s: %s", sql, err.message);
            if (ok) { /* NULL stays NULL, of the type that was asked for */
                const operand_case c = {wr_arena_printf(a, "CAST(X AS %s)", operand_types[to]),
                                        {{operand_types[from], "NULL"}},
                                        NULL,
                                        "null"};
                assert_true(operand_holds(&c));
            }
            wr_arena_free(a);
        }
    }
}

/* ---- values ---- */

typedef struct cast_case {
    const char *from, *value, *to, *out;
} cast_case;

static void cast_table(const cast_case *cases, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        wr_arena *a = wr_arena_new(0);
        const operand_case c = {wr_arena_printf(a, "CAST(X AS %s)", cases[i].to),
                                {{cases[i].from, cases[i].value}},
                                NULL,
                                cases[i].out};
        if (!operand_holds(&c)) {
            print_error("  the cast to %s\n", cases[i].to);
            failed++;
        }
        wr_arena_free(a);
    }
    assert_int_equal(failed, 0);
}
#define CAST_TABLE(cases) cast_table((cases), WR_ARRAY_LEN(cases))

static void test_integers(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"INT", "2147483647", "BIGINT", "2147483647"},
        {"INT", "-2147483648", "BIGINT", "-2147483648"},
        {"BIGINT", "2147483647", "INT", "2147483647"},
        {"BIGINT", "2147483648", "INT", "-2147483648"},
        {"BIGINT", "4294967296", "INT", "0"},
        {"BIGINT", "-2147483649", "INT", "2147483647"},
        {"BIGINT", "9223372036854775807", "INT", "-1"},
        {"BIGINT", "9223372036854775807", "DOUBLE", "9.223372036854776E18"},
        {"BIGINT", "9007199254740993", "DOUBLE", "9.007199254740992E15"},
        {"INT", "-7", "DOUBLE", "-7.0"},
        {"INT", "99", "DECIMAL(2, 0)", "99"},
        {"INT", "100", "DECIMAL(2, 0)", "!null"},
        {"INT", "-100", "DECIMAL(2, 0)", "!null"},
        {"INT", "99", "DECIMAL(3, 1)", "99.0"},
        {"INT", "100", "DECIMAL(3, 1)", "!null"},
        {"INT", "0", "DECIMAL(2, 2)", "0.00"},
        {"INT", "1", "DECIMAL(2, 2)", "!null"},
        {"BIGINT", "-9223372036854775808", "DECIMAL(19, 0)", "-9223372036854775808"},
        {"BIGINT", "-9223372036854775808", "DECIMAL(18, 0)", "!null"},
        {"BIGINT", "9223372036854775807", "DECIMAL(60, 20)",
         "9223372036854775807.00000000000000000000"},
        {"BIGINT", "-9223372036854775808", "STRING", "-9223372036854775808"},
        {"INT", "0", "STRING", "0"},
    };
    CAST_TABLE(cases);
}

static void test_doubles(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"DOUBLE", "1.9e0", "INT", "1"},
        {"DOUBLE", "-1.9e0", "INT", "-1"},
        {"DOUBLE", "-0.0e0", "INT", "0"},
        {"DOUBLE", "2147483647.5e0", "INT", "2147483647"},
        {"DOUBLE", "2147483648e0", "INT", "2147483647"},
        {"DOUBLE", "-1e100", "INT", "-2147483648"},
        {"DOUBLE", "1e100", "BIGINT", "9223372036854775807"},
        {"DOUBLE", "-1e100", "BIGINT", "-9223372036854775808"},
        {"DOUBLE", "9.223372036854775e18", "BIGINT", "9223372036854774784"},
        {"DOUBLE", "0e0 / 0e0", "INT", "0"},
        {"DOUBLE", "0e0 / 0e0", "BIGINT", "0"},
        {"DOUBLE", "1e0 / 0e0", "INT", "2147483647"},
        {"DOUBLE", "-1e0 / 0e0", "BIGINT", "-9223372036854775808"},
        {"DOUBLE", "0.125e0", "DECIMAL(3, 2)", "0.13"},
        {"DOUBLE", "-0.125e0", "DECIMAL(3, 2)", "-0.13"},
        {"DOUBLE", "1.005e0", "DECIMAL(3, 2)", "1.01"}, /* of its shortest text */
        {"DOUBLE", "0.1e0", "DECIMAL(20, 19)", "0.1000000000000000000"},
        {"DOUBLE", "1234e0", "DECIMAL(3, 0)", "!null"},
        {"DOUBLE", "1e40", "DECIMAL(41, 0)", "10000000000000000000000000000000000000000"},
        {"DOUBLE", "0e0 / 0e0", "DECIMAL(5, 2)", "!null"},
        {"DOUBLE", "1e0 / 0e0", "DECIMAL(5, 2)", "!null"},
        {"DOUBLE", "1e0", "STRING", "1.0"},
        {"DOUBLE", "-0.0e0", "STRING", "-0.0"},
        {"DOUBLE", "0.001e0", "STRING", "0.001"},
        {"DOUBLE", "0.0001e0", "STRING", "1.0E-4"},
        {"DOUBLE", "9999999e0", "STRING", "9999999.0"},
        {"DOUBLE", "10000000e0", "STRING", "1.0E7"},
        {"DOUBLE", "1.7976931348623157e308", "STRING", "1.7976931348623157E308"},
        {"DOUBLE", "4.9e-324", "STRING", "4.9E-324"},
        {"DOUBLE", "1e0 / 3e0", "STRING", "0.3333333333333333"},
        {"DOUBLE", "0e0 / 0e0", "STRING", "NaN"},
        {"DOUBLE", "-1e0 / 0e0", "STRING", "-Infinity"},
    };
    CAST_TABLE(cases);
}

static void test_decimals(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"DECIMAL(5, 2)", "123.99", "INT", "123"},
        {"DECIMAL(5, 2)", "-123.99", "INT", "-123"},
        {"DECIMAL(12, 0)", "'4294967297'", "INT", "1"},
        {"DECIMAL(20, 0)", "'18446744073709551617'", "BIGINT", "1"},
        {"DECIMAL(21, 1)", "'9223372036854775807.9'", "BIGINT", "9223372036854775807"},
        {"DECIMAL(60, 20)", "'5.99999999999999999999'", "INT", "5"},
        {"DECIMAL(5, 2)", "0.50", "DOUBLE", "0.5"},
        {"DECIMAL(40, 0)", "'1000000000000000000000000000000000000000'", "DOUBLE", "1.0E39"},
        {"DECIMAL(5, 3)", "1.245", "DECIMAL(5, 2)", "1.25"},
        {"DECIMAL(5, 3)", "-1.245", "DECIMAL(5, 2)", "-1.25"},
        {"DECIMAL(5, 3)", "1.244", "DECIMAL(5, 2)", "1.24"},
        {"DECIMAL(5, 3)", "0.500", "DECIMAL(1, 0)", "1"},
        {"DECIMAL(5, 3)", "0.499", "DECIMAL(1, 0)", "0"},
        {"DECIMAL(5, 2)", "100.00", "DECIMAL(4, 2)", "!null"},
        {"DECIMAL(4, 1)", "999.5", "DECIMAL(3, 0)", "1000"}, /* 999.5 fits, and is rounded then */
        {"DECIMAL(5, 2)", "-99.99", "DECIMAL(3, 1)", "-100.0"},
        {"DECIMAL(4, 1)", "999.5", "DECIMAL(2, 0)", "!null"},
        {"DECIMAL(5, 2)", "1.20", "DECIMAL(50, 40)", "1.2000000000000000000000000000000000000000"},
        {"DECIMAL(50, 40)", "1.2000000000000000000000000000000000000001", "DECIMAL(3, 1)", "1.2"},
        {"DECIMAL(5, 2)", "0.00", "STRING", "0.00"},
        {"DECIMAL(5, 2)", "-1.20", "STRING", "-1.20"},
        {"DECIMAL(3, 3)", "0.001", "STRING", "0.001"},
        {"DECIMAL(40, 0)", "'-1234567890123456789012345678901234567890'", "STRING",
         "-1234567890123456789012345678901234567890"},
    };
    CAST_TABLE(cases);
}

static void test_texts_to_numbers(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"STRING", "'0'", "INT", "0"},
        {"STRING", "'-0'", "INT", "0"},
        {"STRING", "'+5'", "INT", "5"},
        {"STRING", "'  42  '", "INT", "42"},
        {"STRING", "'007'", "INT", "7"},
        {"STRING", "'2147483647'", "INT", "2147483647"},
        {"STRING", "'2147483648'", "INT", "!null"},
        {"STRING", "'-2147483648'", "INT", "-2147483648"},
        {"STRING", "''", "INT", "!null"},
        {"STRING", "' '", "INT", "!null"},
        {"STRING", "'+'", "INT", "!null"},
        {"STRING", "'1.0'", "INT", "!null"},
        {"STRING", "'1e3'", "INT", "!null"},
        {"STRING", "'1 2'", "INT", "!null"},
        {"STRING", "'0x10'", "INT", "!null"},
        {"STRING", "'1,000'", "INT", "!null"},
        {"STRING", "'9223372036854775807'", "BIGINT", "9223372036854775807"},
        {"STRING", "'9223372036854775808'", "BIGINT", "!null"},
        {"STRING", "'-9223372036854775809'", "BIGINT", "!null"},
        {"STRING", "'1.5'", "DOUBLE", "1.5"},
        {"STRING", "' 1.5e3 '", "DOUBLE", "1500.0"},
        {"STRING", "'.5'", "DOUBLE", "0.5"},
        {"STRING", "'5.'", "DOUBLE", "5.0"},
        {"STRING", "'-1E-3'", "DOUBLE", "-0.001"},
        {"STRING", "'NaN'", "DOUBLE", "!null"},
        {"STRING", "'Infinity'", "DOUBLE", "!null"},
        {"STRING", "'1.5.5'", "DOUBLE", "!null"},
        {"STRING", "'e5'", "DOUBLE", "!null"},
        {"STRING", "''", "DOUBLE", "!null"},
        {"STRING", "'1.255'", "DECIMAL(3, 2)", "1.26"},
        {"STRING", "'999.999'", "DECIMAL(5, 2)", "1000.00"},
        {"STRING", "'1000'", "DECIMAL(5, 2)", "!null"},
        {"STRING", "'\xD9\xA3.\xD9\xA1'", "DECIMAL(5, 2)", "3.10"}, /* Arabic digits */
        {"STRING", "'-\xD9\xA3'", "INT", "-3"},
        {"STRING", "'\xEF\xBC\x94'", "BIGINT", "4"}, /* a wide 4 */
        {"STRING", "'\xD9\xA3'", "DOUBLE", "!null"},
        {"STRING", "'\xC2\xB2'", "INT", "!null"}, /* a superscript is no digit */
        {"STRING", "'0x1p3'", "DOUBLE", "8.0"},
        {"STRING", "'0x10'", "INT", "!null"},
        {"STRING", "'1e400'", "DOUBLE", "!null"},
        {"STRING", "'-1e400'", "DOUBLE", "!null"},
        {"STRING", "'-1.255'", "DECIMAL(3, 2)", "-1.26"},
        {"STRING", "'1.5e2'", "DECIMAL(5, 1)", "150.0"},
        {"STRING", "' 7 '", "DECIMAL(3, 2)", "7.00"},
        {"STRING", "'12'", "DECIMAL(3, 2)", "!null"},
        {"STRING", "'a'", "DECIMAL(3, 2)", "!null"},
        {"STRING", "''", "DECIMAL(3, 2)", "!null"},
        {"STRING", "'12345678901234567890123456789012345678901'", "DECIMAL(41, 0)",
         "12345678901234567890123456789012345678901"},
    };
    CAST_TABLE(cases);
}

static void test_booleans(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"BOOLEAN", "TRUE", "STRING", "true"},        {"BOOLEAN", "FALSE", "STRING", "false"},
        {"STRING", "'true'", "BOOLEAN", "true"},      {"STRING", "'TRUE'", "BOOLEAN", "true"},
        {"STRING", "'t'", "BOOLEAN", "true"},         {"STRING", "'tr'", "BOOLEAN", "true"},
        {"STRING", "'yes'", "BOOLEAN", "true"},       {"STRING", "'Y'", "BOOLEAN", "true"},
        {"STRING", "' yes '", "BOOLEAN", "true"},     {"STRING", "'no'", "BOOLEAN", "false"},
        {"STRING", "'true!'", "BOOLEAN", "false"},    {"STRING", "'yesno'", "BOOLEAN", "false"},
        {"STRING", "'1'", "BOOLEAN", "false"},        {"STRING", "''", "BOOLEAN", "false"},
        {"STRING", "'anything'", "BOOLEAN", "false"},
    };
    CAST_TABLE(cases);
}

static void test_times(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"STRING", "'2020-02-29'", "DATE", "2020-02-29"},
        {"STRING", "'1969-12-31'", "DATE", "1969-12-31"},
        {"STRING", "'0001-01-01'", "DATE", "0001-01-01"},
        {"STRING", "'2020'", "DATE", "2020-01-01"},
        {"STRING", "'2020-05'", "DATE", "2020-05-01"},
        {"STRING", "'2020-13-01'", "DATE", "!null"},
        {"STRING", "'2020-00-01'", "DATE", "!null"},
        {"STRING", "'tomorrow'", "DATE", "!null"},
        {"STRING", "''", "DATE", "!null"},
        {"STRING", "'00:00'", "TIME", "00:00"},
        {"STRING", "'23:59:59.999'", "TIME", "23:59:59"},
        {"STRING", "'24:00'", "TIME", "!null"},
        {"STRING", "'10:60'", "TIME", "!null"},
        {"STRING", "'noon'", "TIME", "!null"},
        {"STRING", "'2020-01-01T10:30:00.001'", "TIMESTAMP", "2020-01-01T10:30:00.001"},
        {"STRING", "'2020-01-01T10:30:00Z'", "TIMESTAMP", "2020-01-01T10:30:00.000"},
        {"STRING", "'2020-01-01T10:30:00+0130'", "TIMESTAMP", "2020-01-01T09:00:00.000"},
        {"STRING", "'2020-01-01T10:30:00-0130'", "TIMESTAMP", "2020-01-01T12:00:00.000"},
        {"STRING", "'2020-01-01T10'", "TIMESTAMP", "2020-01-01T10:00:00.000"},
        {"STRING", "'2020'", "TIMESTAMP", "2020-01-01T00:00:00.000"},
        {"STRING", "'1960-06-01T00:00:00.500'", "TIMESTAMP", "1960-06-01T00:00:00.500"},
        {"STRING", "'2020-01-01T24:30:00'", "TIMESTAMP", "!null"},
        {"STRING", "'now'", "TIMESTAMP", "!null"},
        {"TIMESTAMP", "'2020-02-29T23:59:59.999'", "DATE", "2020-02-29"},
        {"TIMESTAMP", "'1969-12-31T23:59:59.999'", "DATE", "1969-12-31"},
        {"TIMESTAMP", "'1969-12-31T23:59:59.000'", "TIME", "23:59:59"},
        {"TIMESTAMP", "'2020-01-01T00:00:00'", "TIME", "00:00"},
        {"TIMESTAMP", "'2020-01-01T00:00:00.5'", "STRING", "2020-01-01T00:00:00.500"},
        {"DATE", "'1969-12-31'", "TIMESTAMP", "1969-12-31T00:00:00.000"},
        {"DATE", "'2020-02-29'", "STRING", "2020-02-29"},
        {"TIME", "'10:30'", "STRING", "10:30"},
        {"TIME", "'10:30:15.999'", "STRING", "10:30:15"},
    };
    CAST_TABLE(cases);
}

static void test_bytes(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"STRING", "'AAECAw=='", "BYTES", "AAECAw=="},
        {"STRING", "''", "BYTES", ""},
        {"STRING", "'not base64!'", "BYTES", "!null"},
        {"BYTES", "'AAECAw=='", "BYTES", "AAECAw=="},
    };
    CAST_TABLE(cases);
}

static void test_collections(void **state)
{
    (void)state;
    static const cast_case cases[] = {
        {"ARRAY<INT>", "ARRAY[1, NULL, 3]", "ARRAY<BIGINT>", "[1, null, 3]"},
        {"ARRAY<INT>", "ARRAY[1, NULL, 3]", "ARRAY<STRING>", "[1, null, 3]"},
        {"ARRAY<INT>", "ARRAY[1]", "ARRAY<DOUBLE>", "[1.0]"},
        {"ARRAY<DOUBLE>", "ARRAY[1.9e0, -1.9e0]", "ARRAY<INT>", "[1, -1]"},
        {"ARRAY<STRING>", "ARRAY['1', '2']", "ARRAY<INT>", "[1, 2]"},
        {"ARRAY<STRING>", "ARRAY['1', 'x']", "ARRAY<INT>", "!null"}, /* the whole of it */
        {"ARRAY<TIMESTAMP>", "ARRAY[FROM_UNIXTIME(500), NULL]", "STRING",
         "[1970-01-01 00:00:00.5, null]"},
        {"ARRAY<TIME>", "ARRAY[PARSE_TIME('10:00', 'HH:mm')]", "STRING", "[10:00:00]"},
        {"MAP<STRING, TIMESTAMP>", "MAP('a' := FROM_UNIXTIME(0))", "STRING",
         "{a=1970-01-01 00:00:00.0}"},
        {"STRUCT<a TIME, b DATE>", "STRUCT(a := PARSE_TIME('10:00', 'HH:mm'), b := FROM_DAYS(0))",
         "STRING", "Struct{A=10:00:00,B=1970-01-01}"},
        {"ARRAY<INT>", "ARRAY[1, NULL]", "STRING", "[1, null]"},
        {"ARRAY<STRING>", "ARRAY['a', '']", "STRING", "[a, ]"},
        {"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1], ARRAY[2, 3]]", "ARRAY<ARRAY<STRING>>",
         "[[1], [2, 3]]"},
        {"ARRAY<ARRAY<INT>>", "ARRAY[ARRAY[1], ARRAY[2, 3]]", "STRING", "[[1], [2, 3]]"},
        {"ARRAY<DECIMAL(3, 2)>", "ARRAY[1.25, 1.24]", "ARRAY<DECIMAL(2, 1)>", "[1.3, 1.2]"},
        {"MAP<STRING, INT>", "MAP('b' := 1, 'a' := NULL)", "MAP<STRING, BIGINT>", "{b=1, a=null}"},
        {"MAP<STRING, INT>", "MAP('1' := 2)", "MAP<INT, STRING>", "{1=2}"},
        {"MAP<STRING, INT>", "MAP('k' := 1)", "STRING", "{k=1}"},
        {"STRUCT<a INT, b STRING>", "STRUCT(a := 1, b := 'x')", "STRUCT<a BIGINT, b STRING>",
         "Struct{A=1,B=x}"},
        {"STRUCT<a INT, b STRING>", "STRUCT(a := 1, b := 'x')", "STRUCT<b STRING>", "Struct{B=x}"},
        {"STRUCT<a INT>", "STRUCT(a := 1)", "STRUCT<c INT, a INT>", "Struct{A=1}"},
        {"STRUCT<a INT, b STRING>", "STRUCT(a := CAST(NULL AS INT), b := 'x')", "STRING",
         "Struct{B=x}"},
        {"STRUCT<a STRUCT<b INT>>", "STRUCT(a := STRUCT(b := 1))", "STRUCT<a STRUCT<b STRING>>",
         "Struct{A=Struct{B=1}}"},
        {"ARRAY<STRUCT<a INT>>", "ARRAY[STRUCT(a := 1)]", "STRING", "[Struct{A=1}]"},
    };
    CAST_TABLE(cases);
}

/** Elements that cannot be cast refuse the statement, as the elements alone would. */
static void test_nested_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"CAST(ARRAY[1] AS ARRAY<DATE>)",
         "Cast of ARRAY<INTEGER> to ARRAY<DATE> is not supported",
         {{0}}},
        {"CAST(MAP('a' := 1) AS MAP<STRING, BYTES>)",
         "Cast of MAP<STRING, INTEGER> to MAP<STRING, BYTES> is not supported",
         {{0}}},
        {"CAST(MAP('a' := 1) AS ARRAY<INT>)",
         "Cast of MAP<STRING, INTEGER> to ARRAY<INTEGER> is not supported",
         {{0}}},
        {"CAST('[1]' AS ARRAY<INT>)", "Cast of STRING to ARRAY<INTEGER> is not supported", {{0}}},
        {"CAST(TRUE AS INT)", "Cast of BOOLEAN to INTEGER is not supported", {{0}}},
        {"CAST(1 AS BOOLEAN)", "Cast of INTEGER to BOOLEAN is not supported", {{0}}},
        {"CAST(1 AS TIMESTAMP)", "Cast of INTEGER to TIMESTAMP is not supported", {{0}}},
    };
    REFUSED_TABLE(cases);
}

/** What CAST writes as a text, CAST reads again as the same value. */
static void test_round_trips(void **state)
{
    (void)state;
    static const operand values[] = {
        {"INT", "-2147483648"},
        {"BIGINT", "9223372036854775807"},
        {"DOUBLE", "0.1e0"},
        {"DOUBLE", "1.7976931348623157e308"},
        {"DOUBLE", "4.9e-324"},
        {"DECIMAL(38, 19)", "'-1234567890123456789.0987654321098765432'"},
        {"DECIMAL(60, 30)", "'123456789012345678901234567890.000000000000000000000000000001'"},
        {"BOOLEAN", "TRUE"},
        {"BOOLEAN", "FALSE"},
        {"DATE", "'2020-02-29'"},
        {"TIME", "'23:59'"},
        {"TIMESTAMP", "'1969-12-31T23:59:59.999'"},
        {"TIMESTAMP", "'9999-12-31T23:59:59.999'"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(values); i++) {
        wr_arena *a = wr_arena_new(0);
        const operand_case c = {
            wr_arena_printf(a, "CAST(CAST(X AS STRING) AS %s) = X", values[i].type),
            {values[i]},
            "BOOLEAN",
            "true"};
        assert_true(operand_holds(&c));
        wr_arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_texts_to_numbers),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_collections),
        cmocka_unit_test(test_nested_refused),
        cmocka_unit_test(test_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
