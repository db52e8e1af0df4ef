/* SPDX-License-Identifier: Apache-2.0 */
/* JSON objects as rows: names, kinds, NULLs, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "runtime/statement/json_row.h"

static wr_arena *arena;
static const wr_schema *schema;
static wr_value row[16];

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    const wr_field fields[] = {{"X", &wr_type_integer}, {"y", &wr_type_string}};
    const wr_column cols[] = {
        {"ID", &wr_type_string, WR_COL_KEY, NULL},
        {"B", &wr_type_boolean, WR_COL_VALUE, NULL},
        {"I", &wr_type_integer, WR_COL_VALUE, NULL},
        {"L", &wr_type_bigint, WR_COL_VALUE, NULL},
        {"D", &wr_type_double, WR_COL_VALUE, NULL},
        {"M", wr_type_decimal(arena, 5, 2), WR_COL_VALUE, NULL},
        {"Y", &wr_type_bytes, WR_COL_VALUE, NULL},
        {"DT", &wr_type_date, WR_COL_VALUE, NULL},
        {"TM", &wr_type_time, WR_COL_VALUE, NULL},
        {"TS", &wr_type_timestamp, WR_COL_VALUE, NULL},
        {"A", wr_type_array(arena, &wr_type_integer), WR_COL_VALUE, NULL},
        {"MP", wr_type_map(arena, &wr_type_string, &wr_type_double), WR_COL_VALUE, NULL},
        {"ST", wr_type_struct(arena, fields, 2), WR_COL_VALUE, NULL},
        {"lower", &wr_type_string, WR_COL_VALUE, NULL},
        {"H", wr_type_array(arena, &wr_type_string), WR_COL_HEADERS, NULL},
    };
    schema = wr_schema_new(arena, cols, WR_ARRAY_LEN(cols));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

static weir_status read_row(const char *text, weir_error *err)
{
    wr_json *j;
    assert_int_equal(wr_json_parse(wr_str_c(text), false, arena, &j, err), WEIR_OK);
    return wr__json_row(schema, j, arena, row, err);
}

/* The row as JSON. */
static void expect(const char *text, const char *want)
{
    weir_error err;
    wr_buf out = {0};
    if (read_row(text, &err) != WEIR_OK)
        fail_msg("%s: %s", text, err.message);
    for (uint32_t i = 0; i < schema->n; i++) {
        if (i)
            wr_buf_putc(&out, ' ');
        wr_value_print_json(&out, schema->cols[i].type, &row[i]);
    }
    assert_string_equal(wr_buf_cstr(&out), want);
    wr_buf_free(&out);
}

static void refuse(const char *text, const char *want)
{
    weir_error err;
    assert_int_equal(read_row(text, &err), WEIR_ERR_RECORD);
    assert_string_equal(err.message, want);
}

#define NULLS "null null null null null null null null null null null null null null"

static void test_values(void **state)
{
    (void)state;
    expect("{\"ID\": \"a\", \"B\": true, \"I\": -1, \"L\": 9007199254740993, \"D\": 1.5, \"M\": "
           "12.3, \"Y\": \"AQL/\", \"DT\": \"2024-02-29\", \"TM\": \"13:45:30\", \"TS\": "
           "\"2024-02-29T13:45:30.123\", \"A\": [1, null], \"MP\": {\"k\": 1, \"k\": 2.5}, \"ST\": "
           "{\"X\": 1, \"`y`\": \"z\"}, \"`lower`\": \"l\", \"H\": [\"h\"]}",
           "\"a\" true -1 9007199254740993 1.5 12.30 \"AQL/\" \"2024-02-29\" \"13:45:30\" "
           "\"2024-02-29T13:45:30.123\" [1,null] {\"k\":2.5} {\"X\":1,\"y\":\"z\"} \"l\" null");
}

static void test_names(void **state)
{
    (void)state;
    expect("{\"id\": \"a\", \"none\": 1}", "\"a\" " NULLS);
    expect("{\"`ID`\": \"a\", \"`i`\": 1, \"lower\": \"x\"}", "\"a\" " NULLS);
    expect("{\"ID\": \"a\", \"id\": \"b\"}", "\"b\" " NULLS); /* the last counts */
}

/* An integer fits each wider number, a text a DECIMAL. */
static void test_numbers(void **state)
{
    (void)state;
    expect("{\"ID\": \"a\", \"D\": 3, \"M\": \"7.5\"}",
           "\"a\" null null null 3.0 7.50 null null null null null null null null null");
    expect("{\"ID\": \"a\", \"I\": -2147483648, \"L\": -9223372036854775808}",
           "\"a\" null -2147483648 -9223372036854775808 null null null null null null null null "
           "null null null");
}

static void test_refused(void **state)
{
    (void)state;
    refuse("{}", "Key field must be specified: ID");
    refuse("{\"ID\": null}", "Key field must be specified: ID");
    refuse("[1]", "Invalid JSON in inserts stream");
    refuse("{\"ID\": 1}", "Can't coerce a field of type number (1) into type STRING");
    refuse("{\"ID\": \"a\", \"L\": \"bad\"}",
           "Can't coerce a field of type string (\"bad\") into type BIGINT");
    refuse("{\"ID\": \"a\", \"I\": 2147483648}",
           "Can't coerce a field of type number (2147483648) into type INTEGER");
    refuse("{\"ID\": \"a\", \"L\": 9223372036854775808}",
           "Can't coerce a field of type number (9223372036854775808) into type BIGINT");
    refuse("{\"ID\": \"a\", \"I\": 1.0}",
           "Can't coerce a field of type number (1.0) into type INTEGER");
    refuse("{\"ID\": \"a\", \"M\": 1234.5}",
           "Can't coerce a field of type number (1234.5) into type DECIMAL(5, 2)");
    refuse("{\"ID\": \"a\", \"B\": \"true\"}",
           "Can't coerce a field of type string (\"true\") into type BOOLEAN");
    refuse("{\"ID\": \"a\", \"Y\": \"*\"}",
           "Can't coerce a field of type string (\"*\") into type BYTES");
    refuse("{\"ID\": \"a\", \"DT\": \"2024-02-30\"}",
           "Can't coerce a field of type string (\"2024-02-30\") into type DATE");
    refuse("{\"ID\": \"a\", \"A\": [1, \"x\"]}",
           "Can't coerce a field of type string (\"x\") into type INTEGER");
    refuse("{\"ID\": \"a\", \"A\": {}}",
           "Can't coerce a field of type object ({}) into type ARRAY<INTEGER>");
}

/* A long value is cut, and not within a letter. */
static void test_long_values(void **state)
{
    (void)state;
    refuse("{\"ID\": \"a\", \"B\": "
           "\"0123456789012345678901234567890123456789012345678901234567\xC3\xA9\xC3\xA9\"}",
           "Can't coerce a field of type string "
           "(\"0123456789012345678901234567890123456789012345678901234567...) into type BOOLEAN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_values),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
