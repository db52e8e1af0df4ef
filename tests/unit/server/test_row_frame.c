/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of queries in each of the forms of a response: the bytes, to the last comma. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/query/row_frame.h"

#include <math.h>

static wr_arena *arena;
static const wr_schema *schema; /* ID STRING, V BIGINT */
static const bool is_key[] = {true, false};
static wr_buf out;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    const wr_column cols[] = {{"ID", &wr_type_string, WR_COL_VALUE, NULL},
                              {"V", &wr_type_bigint, WR_COL_VALUE, NULL}};
    schema = wr_schema_new(arena, cols, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_buf_free(&out);
    wr_arena_free(arena);
    return 0;
}

static wr__row_frame *frame(wr__row_form form, bool open_ended)
{
    wr__row_frame *f;
    weir_error err;
    assert_int_equal(wr__row_frame_new(form, schema, open_ended, &f, &err), WEIR_OK);
    wr_buf_clear(&out);
    return f;
}

static void put(wr__row_frame *f, const char *id, const int64_t *v, bool tombstone)
{
    weir_error err;
    wr_value row[] = {wr_value_str(wr_str_c(id)), v ? wr_value_i64(*v) : WR_VALUE_NULL};
    assert_int_equal(wr__row_frame_row(f, &out, row, tombstone, NULL, &err), WEIR_OK);
}

/* A header, a row, a NULL, a tombstone, the end. */
static const char *written(wr__row_form form, bool open_ended, const char *final_message)
{
    wr__row_frame *f = frame(form, open_ended);
    const int64_t one = 1;
    wr__row_frame_header(f, &out, "q_1", open_ended ? NULL : is_key);
    put(f, "a", &one, false);
    put(f, "b\"\n", NULL, false);
    put(f, "c", NULL, true);
    wr__row_frame_end(f, &out, final_message);
    wr__row_frame_free(f);
    return wr_buf_cstr(&out);
}

static void test_delim(void **state)
{
    (void)state;
    const char *want = "{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"V\"],"
                       "\"columnTypes\":[\"STRING\",\"BIGINT\"]}\n[\"a\",1]\n[\"b\\\"\\n\",null]\n";
    assert_string_equal(written(WR__FORM_DELIM, false, NULL), want);
    assert_string_equal(written(WR__FORM_DELIM, true, "Limit Reached"), want);
}

static void test_json(void **state)
{
    (void)state;
    assert_string_equal(written(WR__FORM_JSON, true, "Limit Reached"),
                        "[{\"queryId\":\"q_1\",\"columnNames\":[\"ID\",\"V\"],"
                        "\"columnTypes\":[\"STRING\",\"BIGINT\"]},[\"a\",1],"
                        "[\"b\\\"\\n\",null]]");
}

#define V1_ROWS                                                                                    \
    "{\"row\":{\"columns\":[\"a\",1]}},\n{\"row\":{\"columns\":[\"b\\\"\\n\",null]}},\n"           \
    "{\"row\":{\"columns\":[\"c\",null],\"tombstone\":true}}"

static void test_v1(void **state)
{
    (void)state;
    assert_string_equal(written(WR__FORM_V1, false, NULL),
                        "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` STRING KEY, `V` "
                        "BIGINT\"}},\n" V1_ROWS "]");
    assert_string_equal(written(WR__FORM_V1, true, "Limit Reached"),
                        "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` STRING, `V` "
                        "BIGINT\"}},\n" V1_ROWS ",\n{\"finalMessage\":\"Limit Reached\"}]");
}

static void test_proto(void **state)
{
    (void)state;
    assert_string_equal(
        written(WR__FORM_PROTO, true, "Query Completed"),
        "[{\"header\":{\"queryId\":\"q_1\",\"schema\":\"`ID` STRING, `V` BIGINT\","
        "\"protoSchema\":\"syntax = \\\"proto3\\\";\\n\\nmessage ConnectDefault1 {\\n  "
        "string ID = 1;\\n  int64 V = 2;\\n}\\n\"}},\n"
        "{\"row\":{\"protobufBytes\":\"CgFhEAE=\"}},\n{\"row\":{\"protobufBytes\":\"CgNiIgo=\"}},\n"
        "{\"row\":{\"columns\":[\"c\",null],\"tombstone\":true}},\n"
        "{\"finalMessage\":\"Query Completed\"}]");
}

/* In V1 an error leaves a comma before the bracket, whichever way it would have ended. */
static void test_errors_after_the_first_byte(void **state)
{
    (void)state;
    for (int open_ended = 0; open_ended < 2; open_ended++) {
        wr__row_frame *f = frame(WR__FORM_V1, open_ended);
        wr__row_frame_header(f, &out, "q", NULL);
        wr__row_frame_error(f, &out, 50000, "no\n");
        wr__row_frame_end(f, &out, NULL);
        assert_string_equal(
            wr_buf_cstr(&out),
            "[{\"header\":{\"queryId\":\"q\",\"schema\":\"`ID` STRING, `V` BIGINT\"}},\n"
            "{\"errorMessage\":{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":"
            "\"no\\n\"}},\n]");
        wr__row_frame_free(f);
    }
    wr__row_frame *f = frame(WR__FORM_DELIM, true);
    wr__row_frame_error(f, &out, 50000, "no");
    wr__row_frame_end(f, &out, NULL);
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"no\"}\n");
    wr__row_frame_free(f);
}

static void test_tokens_and_hosts(void **state)
{
    (void)state;
    weir_error err;
    wr_value row[] = {wr_value_str(wr_str_c("a")), wr_value_i64(1)};
    wr__row_frame *f = frame(WR__FORM_DELIM, true);
    wr__row_frame_token(f, &out, "AAA");
    assert_string_equal(wr_buf_cstr(&out), "{\"continuationToken\":\"AAA\"}\n");
    wr__row_frame_free(f);
    f = frame(WR__FORM_V1, true);
    wr__row_frame_token(f, &out, "AAA");
    assert_int_equal(wr__row_frame_row(f, &out, row, false, "h:1", &err), WEIR_OK);
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"continuationToken\":{\"continuationToken\":\"AAA\"}},\n"
                        "{\"row\":{\"columns\":[\"a\",1]},\"sourceHost\":\"h:1\"},\n");
    wr__row_frame_free(f);
}

/* Values of every kind (rest-api.md 5.3). */
static void test_values(void **state)
{
    (void)state;
    const wr_field fields[] = {{"A", &wr_type_integer}};
    const wr_type *array = wr_type_array(arena, &wr_type_integer),
                  *row_type = wr_type_struct(arena, fields, 1);
    const wr_column cols[] = {
        {"B", &wr_type_boolean, WR_COL_VALUE, NULL},
        {"D", &wr_type_double, WR_COL_VALUE, NULL},
        {"E", &wr_type_double, WR_COL_VALUE, NULL},
        {"M", wr_type_decimal(arena, 6, 2), WR_COL_VALUE, NULL},
        {"Y", &wr_type_bytes, WR_COL_VALUE, NULL},
        {"T", &wr_type_date, WR_COL_VALUE, NULL},
        {"U", &wr_type_time, WR_COL_VALUE, NULL},
        {"W", &wr_type_timestamp, WR_COL_VALUE, NULL},
        {"L", array, WR_COL_VALUE, NULL},
        {"S", row_type, WR_COL_VALUE, NULL},
    };
    const wr_schema *s = wr_schema_new(arena, cols, WR_ARRAY_LEN(cols));
    wr_nest *list = wr_nest_new(arena, 2, false), *one = wr_nest_new(arena, 1, false);
    list->items[0] = wr_value_i32(1);
    list->items[1] = WR_VALUE_NULL;
    one->items[0] = wr_value_i32(7);
    const wr_value row[] = {
        wr_value_bool(true),
        wr_value_f64(1.5e10),
        wr_value_f64(NAN),
        {.u.dec = 150},
        wr_value_str(wr_str_make("\x01\xff", 2)),
        wr_value_i32(0),
        wr_value_i32(3661250),
        wr_value_i64(1),
        wr_value_nest(list),
        wr_value_nest(one),
    };
    wr_buf_clear(&out);
    wr__row_object(&out, s, row, false, NULL);
    assert_string_equal(wr_buf_cstr(&out),
                        "{\"row\":{\"columns\":[true,1.5E10,\"NaN\",1.50,\"Af8=\",\"1970-01-01\","
                        "\"01:01:01\",\"1970-01-01T00:00:00.001\",[1,null],{\"A\":7}]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delim),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_v1),
        cmocka_unit_test(test_proto),
        cmocka_unit_test(test_errors_after_the_first_byte),
        cmocka_unit_test(test_tokens_and_hosts),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
