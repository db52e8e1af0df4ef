/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which overload a call takes: implicit casts, generic parameters, variadic ones; the result types;
 * and the messages of calls that fit none. Arguments are columns, so nothing is a literal.
 */
#include "engine/functions/parameter_names.h"
#include "operands.h"

/* clang-format off */
#define INT     {"INT", "1"}
#define BIG     {"BIGINT", "1"}
#define DBL     {"DOUBLE", "1e0"}
#define DEC     {"DECIMAL(4, 2)", "1.25"}
#define STR     {"STRING", "'a'"}
#define BYTES   {"BYTES", "'AAE='"}
#define BOOL    {"BOOLEAN", "TRUE"}
#define DATE    {"DATE", "'2020-01-02'"}
#define TIME    {"TIME", "'10:00'"}
#define TS      {"TIMESTAMP", "'2020-01-02'"}
#define INTS    {"ARRAY<INT>", "ARRAY[1]"}
#define BIGS    {"ARRAY<BIGINT>", "ARRAY[1]"}
#define STRS    {"ARRAY<STRING>", "ARRAY['a']"}
#define IMAP    {"MAP<STRING, INT>", "MAP('k' := 1)"}
#define ISTRUCT {"STRUCT<f INT>", "STRUCT(f := 1)"}
/* clang-format on */

/** An INT goes where a BIGINT or DOUBLE is wanted, a text where a time is; results say which. */
static void test_casts(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"ABS(X)", {INT}, "INTEGER", "1"},
        {"ABS(X)", {BIG}, "BIGINT", "1"},
        {"ABS(X)", {DEC}, "DECIMAL(4, 2)", "1.25"},
        {"SQRT(X)", {INT}, "DOUBLE", "1.0"},
        {"SQRT(X)", {DEC}, "DOUBLE", "1.118033988749895"}, /* a DECIMAL becomes a DOUBLE */
        {"ATAN2(X, Y)", {INT, INT}, "DOUBLE", "0.7853981633974483"},
        {"ATAN2(X, Y)", {INT, DBL}, "DOUBLE", "0.7853981633974483"},
        {"POWER(X, Y)", {BIG, DEC}, "DOUBLE", "1.0"},
        {"LOG(X, Y)", {DBL, INT}, "DOUBLE", "NaN"},
        {"FROM_UNIXTIME(X)", {INT}, "TIMESTAMP", "1970-01-01T00:00:00.001"},
        {"TIMESTAMPTOSTRING(X, 'SSS', 'UTC')", {INT}, "STRING", "001"},
        {"GENERATE_SERIES(X, Y)", {INT, INT}, "ARRAY<INTEGER>", "[1]"},
        {"GENERATE_SERIES(X, Y)", {INT, BIG}, "ARRAY<BIGINT>", "[1]"},
        {"GENERATE_SERIES(X, Y)", {BIG, BIG}, "ARRAY<BIGINT>", "[1]"},
        {"FORMAT_DATE(X, 'dd')", {DATE}, "STRING", "02"},
        {"FORMAT_DATE(X, 'dd')", {{"STRING", "'2020-01-02'"}}, "STRING", "02"},
        {"FORMAT_TIME(X, 'HH')", {{"STRING", "'10:00'"}}, "STRING", "10"},
        {"FORMAT_TIMESTAMP(X, 'dd')", {{"STRING", "'2020-01-02T03:00:00'"}}, "STRING", "02"},
        {"UNIX_DATE(X)", {DATE}, "INTEGER", "18263"},
        {"UNIX_TIMESTAMP(X)", {TS}, "BIGINT", "1577923200000"},
        {"LEN(X)", {STR}, "INTEGER", "1"},
        {"LEN(X)", {BYTES}, "INTEGER", "2"},
        {"SUBSTRING(X, Y)", {BYTES, INT}, "BYTES", "AAE="},
    };
    OPERAND_TABLE(cases);
}

static void test_generic(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"COALESCE(X, Y)", {INT, INT}, "INTEGER", "1"},
        {"COALESCE(X, Y)", {BOOL, BOOL}, "BOOLEAN", "true"},
        {"COALESCE(X, Y)", {INTS, INTS}, "ARRAY<INTEGER>", "[1]"},
        {"COALESCE(X, Y)", {ISTRUCT, ISTRUCT}, "STRUCT<`F` INTEGER>", "Struct{F=1}"},
        {"COALESCE(X)", {STR}, "STRING", "a"},
        {"IFNULL(X, Y)", {DATE, DATE}, "DATE", "2020-01-02"},
        {"NULLIF(X, Y)", {BYTES, BYTES}, "BYTES", "null"},
        {"AS_VALUE(X)", {IMAP}, "MAP<STRING, INTEGER>", "{k=1}"},
        {"AS_VALUE(X)", {DEC}, "DECIMAL(4, 2)", "1.25"},
        {"ARRAY_LENGTH(X)", {STRS}, "INTEGER", "1"},
        {"ARRAY_CONCAT(X, Y)", {STRS, STRS}, "ARRAY<STRING>", "[a, a]"},
        {"ARRAY_CONTAINS(X, Y)", {BIGS, BIG}, "BOOLEAN", "true"},
        {"ARRAY_MAX(X)", {BIGS}, "BIGINT", "1"},
        {"MAP_VALUES(X)", {IMAP}, "ARRAY<INTEGER>", "[1]"},
        {"AS_MAP(X, Y)", {STRS, BIGS}, "MAP<STRING, BIGINT>", "{a=1}"},
        {"ENTRIES(X, Y)",
         {IMAP, BOOL},
         "ARRAY<STRUCT<`K` STRING, `V` INTEGER>>",
         "[Struct{K=k,V=1}]"},
        {"TO_JSON_STRING(X)", {ISTRUCT}, "STRING", "{\"F\":1}"},
        {"TRANSFORM(X, e => CAST(e AS STRING))", {INTS}, "ARRAY<STRING>", "[1]"},
        {"TRANSFORM(X, (k, v) => v, (k, v) => k)", {IMAP}, "MAP<INTEGER, STRING>", "{1=k}"},
        {"FILTER(X, (k, v) => TRUE)", {IMAP}, "MAP<STRING, INTEGER>", "{k=1}"},
        {"REDUCE(X, CAST(0 AS BIGINT), (s, e) => s + e)", {INTS}, "BIGINT", "1"},
        {"JSON_ARRAY_CONTAINS('[1]', X)", {INT}, "BOOLEAN", "true"},
        {"JSON_ARRAY_CONTAINS('[1]', X)", {BOOL}, "BOOLEAN", "false"},
    };
    OPERAND_TABLE(cases);
}

static void test_variadic(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"CONCAT(X)", {STR}, "STRING", "a"},
        {"CONCAT(X, Y, Z)", {STR, STR, STR}, "STRING", "aaa"},
        {"CONCAT(X, Y)", {{"BYTES", "'AAE='"}, {"BYTES", "'AgM='"}}, "BYTES", "AAECAw=="},
        {"CONCAT_WS(X, Y, Z)", {STR, STR, STR}, "STRING", "aaa"},
        {"ELT(X, Y)", {INT, STR}, "STRING", "a"},
        {"FIELD(X, Y, Z)", {STR, STR, STR}, "INTEGER", "1"},
        {"JSON_CONCAT(X)", {{"STRING", "'[1]'"}}, "STRING", "[1]"},
        {"GREATEST(X, Y, Z)", {INT, INT, INT}, "INTEGER", "1"},
        {"LEAST(X)", {DATE}, "DATE", "2020-01-02"},
        {"GREATEST(X, Y)", {TIME, TIME}, "TIME", "10:00"},
    };
    OPERAND_TABLE(cases);
}

/** The untyped NULL fits any parameter; the others decide. */
static void test_null_arguments(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"SUBSTRING(X, NULL)", {STR}, "STRING", "null"},
        {"LPAD(X, 3, NULL)", {STR}, "STRING", "null"},
        {"LPAD(X, 3, NULL)", {BYTES}, "BYTES", "null"},
        {"SPLIT(X, NULL)", {STR}, "ARRAY<STRING>", "null"},
        {"CONCAT(X, NULL)", {STR}, "STRING", "a"},
        {"FIELD(X, NULL, 'a')", {STR}, "INTEGER", "2"},
        {"MASK(X, NULL, NULL, NULL, NULL)", {STR}, "STRING", "a"},
        {"ARRAY_CONTAINS(X, NULL)", {INTS}, "BOOLEAN", "false"},
        {"COALESCE(X, X, NULL)", {STR}, "STRING", "a"},
        {"DATEADD(DAYS, NULL, X)", {DATE}, "DATE", "null"},
    };
    OPERAND_TABLE(cases);
}

static void test_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"ABS(X)", "Function 'abs' does not accept parameters (STRING).", {STR}},
        {"ABS(X, Y)", "Function 'abs' does not accept parameters (INTEGER, INTEGER).", {INT, INT}},
        {"ABS()", "Function 'abs' does not accept parameters ().", {{0}}},
        {"LEN(X)", "Function 'len' does not accept parameters (BOOLEAN).", {BOOL}},
        {"UCASE(X)", "Function 'UCASE' does not accept parameters (BYTES).", {BYTES}},
        {"SUBSTRING(X, Y)", "does not accept parameters (STRING, BIGINT).", {STR, BIG}},
        {"INSTR(X, Y)", "does not accept parameters (STRING, INTEGER).", {STR, INT}},
        {"SQRT(X)", "does not accept parameters (BOOLEAN).", {BOOL}},
        {"CONCAT(X, Y)", "does not accept parameters (STRING, INTEGER).", {STR, INT}},
        {"MAP_KEYS(X)", "does not accept parameters (ARRAY<INTEGER>).", {INTS}},
        {"ARRAY_LENGTH(X)", "does not accept parameters (MAP<STRING, INTEGER>).", {IMAP}},
        {"ARRAY_CONCAT(X, Y)",
         "does not accept parameters (ARRAY<INTEGER>, ARRAY<STRING>).",
         {INTS, STRS}},
        {"ARRAY_JOIN(X, Y)", "does not accept parameters (ARRAY<INTEGER>, INTEGER).", {INTS, INT}},
        {"DATEADD(DAYS, X, Y)", "Function 'dateadd' does not accept parameters", {INT, TIME}},
        {"UNIX_DATE(X)", "does not accept parameters (TIME).", {TIME}},
        {"GREATEST(X, Y)", "does not accept parameters (BOOLEAN, BOOLEAN).", {BOOL, BOOL}},
        {"ENTRIES(X)", "does not accept parameters (MAP<STRING, INTEGER>).", {IMAP}},
        {"FILTER(X, e => e)", "must return BOOLEAN, but returns INTEGER.", {INTS}},
        {"FILTER(X, Y)", "Function 'filter' does not accept parameters", {INTS, INTS}},
        {"ABS(X, e => e)", "does not accept parameters (INTEGER, LAMBDA).", {INT}},
        {"REDUCE(X, 0, e => e)", "Was expecting 2 arguments but found 1", {INTS}},
        {"EXPLODE(X)", "EXPLODE", {INTS}},
        {"COUNT(X)", "Aggregate functions are not allowed here", {INT}},
        {"AS_ARRAY(X)", "Can't find any functions with the name 'AS_ARRAY'", {INT}},
        {"FETCH_FIELD_FROM_STRUCT(X, 'F')", "Can't find any functions with the name", {ISTRUCT}},
        {"NO_SUCH_THING(X)", "Can't find any functions with the name 'NO_SUCH_THING'", {INT}},
    };
    REFUSED_TABLE(cases);
}

/** Names of functions have no case; a refusal lists what would fit. */
static void test_names(void **state)
{
    (void)state;
    static const operand_case cases[] = {
        {"abs(X)", {INT}, "INTEGER", "1"},
        {"Abs(X)", {INT}, "INTEGER", "1"},
        {"uCaSe(X)", {STR}, "STRING", "A"},
        {"json_array_length(X)", {{"STRING", "'[]'"}}, "INTEGER", "0"},
    };
    OPERAND_TABLE(cases);
    const operand in[OPERANDS_MAX] = {BOOL};
    operand_world w;
    const char *type = "";
    operand_world_init(&w, in);
    const char *got = operand_eval(&w, "ABS(X)", in, &type);
    assert_non_null(strstr(got, "Valid alternatives are:\nabs(DECIMAL val)\nabs(DOUBLE val)\n"
                                "abs(INT val)\nabs(BIGINT val)"));
    operand_world_free(&w);
}

static void test_parameter_names(void **state)
{
    (void)state;
    static const struct {
        const char *function, *first;
        uint32_t index;
        const char *name;
    } cases[] = {
        {"SUBSTRING", "VARCHAR", 0, "str"},
        {"SUBSTRING", "BYTES", 0, "bytes"},
        {"SUBSTRING", "VARCHAR", 2, "length"},
        {"SUBSTRING", "VARCHAR", 3, "val4"}, /* it has no such */
        {"FORMAT_TIMESTAMP", "TIMESTAMP", 2, "timeZone"},
        {"EXPLODE", "ARRAY<DECIMAL(4, 2)>", 0, "input"},
        {"EXPLODE", "ARRAY<INT>", 0, "list"},
        {"NOBODYS", "INT", 0, "val1"},
        {"NOBODYS", "INT", 9, "val10"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf out = {0};
        wr__parameter_name(&out, cases[i].function, cases[i].first, cases[i].index);
        assert_string_equal(wr_buf_cstr(&out), cases[i].name);
        wr_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts),           cmocka_unit_test(test_generic),
        cmocka_unit_test(test_variadic),        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_names),
        cmocka_unit_test(test_parameter_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
