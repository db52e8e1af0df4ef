/* SPDX-License-Identifier: Apache-2.0 */
/* Stateless operators of streams, repartition and unwindowed aggregation, end to end. */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ------------------------------------------------------------------ filter, select */

static void build_filter(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_filter(o, s, "V > 3");
    s = ops_select(o, s, "ID INT KEY, W INT, R BIGINT", EXPRS("ID", "V * 2", "ROWTIME"));
    ops_sink(o, s, "OUT");
}

static void test_filter_select(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", "{\"V\":5}", 10},  {"T", "2", "{\"V\":3}", 11}, {"T", "3", NULL, 12},
        {"T", NULL, "{\"V\":7}", 13}, {"T", "4", "{}", 14},
    };
    ops_check(build_filter, in,
              "OUT 1 {\"W\":10,\"R\":10} @10\n"
              "OUT null {\"W\":14,\"R\":13} @13\n");
}

static void build_project(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_select(o, s, "ID INT KEY, N BOOLEAN", EXPRS("ID", "V IS NULL"));
    ops_sink(o, s, "OUT");
}

/* A record without value passes a projection as one; NULL columns are something else. */
static void test_null_values(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", NULL, 0}, {"T", "2", "{\"V\":null}", 0}, {"T", NULL, NULL, 5}};
    ops_check(build_project, in,
              "OUT 1 null @0\n"
              "OUT 2 {\"N\":true} @0\n"
              "OUT null null @5\n");
}

static void test_bad_records_are_skipped(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", "{\"V\":", 0},
        {"T", "\"x\"", "{\"V\":1}", 0},
        {"T", "2", "{\"V\":1}", 0},
        {"T", "3", "{\"V\":1}", -1},
    };
    ops_check(build_project, in, "OUT 2 {\"N\":false} @0\n");
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_project, false);
    ops_run(o, in, WR_ARRAY_LEN(in), 10, false);
    assert_int_equal(o->row_errors, 3);
    assert_int_equal(wr_topology_op(o->subs[0], 0)->dropped_rows, 3);
    ops_close(o);
    wr_free(o);
}

static void build_strict(ops *o)
{
    build_project(o);
    o->steps[0]->u.source.decoding.on_error = WR_ON_ERROR_STOP;
}

/* The rows before the bad one are written, none behind it, whatever the cut. */
static void test_fail_on_bad_record(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"V\":1}", 0}, {"T", "2", "{", 0}, {"T", "3", "{}", 0}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_strict, false);
    wr_record records[3];
    for (size_t i = 0; i < 3; i++)
        records[i] = ops_record(&in[i], i);
    assert_int_equal(ops_feed(o, 0, records, 3), WEIR_ERR_RECORD);
    assert_true(o->err.message[0] != 0);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 1 {\"N\":false} @0\n");
    ops_close(o);
    wr_free(o);
}

/* ------------------------------------------------------------------ timestamp columns */

static void build_timestamp(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, TS BIGINT", false);
    s->u.source.timestamp_column = 1;
    ops_sink(o, s, "OUT");
    o->plan.root->u.sink.timestamp_column = -1;
}

static void test_timestamp_column(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"TS\":77}", 1},
                         {"T", "2", "{\"TS\":null}", 2},
                         {"T", "3", "{\"TS\":-5}", 3},
                         {"T", "4", NULL, 4}};
    ops_check(build_timestamp, in,
              "OUT 1 {\"TS\":77} @77\n"
              "OUT 4 null @4\n");
}

static void build_sink_timestamp(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, TS BIGINT", false);
    ops_sink(o, s, "OUT");
    o->plan.root->u.sink.timestamp_column = 1;
}

static void test_sink_timestamp(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", "{\"TS\":9}", 1}, {"T", "2", "{\"TS\":-2}", 2}, {"T", "3", NULL, 3}};
    ops_check(build_sink_timestamp, in,
              "OUT 1 {\"TS\":9} @9\n"
              "OUT 3 null @3\n");
}

/* ------------------------------------------------------------------ windowed sources */

static void build_windowed_source(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s->windowed = true;
    s->u.source.window = (wr_window){.kind = WR_WINDOW_TUMBLING, .size_ms = 100};
    s = ops_select(o, s, "ID INT KEY, A BIGINT, B BIGINT", EXPRS("ID", "WINDOWSTART", "WINDOWEND"));
    ops_sink(o, s, "OUT");
}

static void test_windowed_source(void **state)
{
    (void)state;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_windowed_source, false);
    const char key[] = "7\0\0\0\0\0\0\3\350"; /* 7, 1000 */
    wr_record r[2] = {{.key = {key, 9}, .value = WR_STR("{\"V\":1}"), .timestamp = 1001},
                      {.key = {key, 5}, .value = WR_STR("{\"V\":1}"), .timestamp = 1002}};
    assert_int_equal(ops_feed(o, 0, r, 2), WEIR_OK);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 7[1000,1100] {\"A\":1000,\"B\":1100} @1001\n");
    assert_int_equal(o->row_errors, 1);
    ops_close(o);
    wr_free(o);
}

/* ------------------------------------------------------------------ PARTITION BY */

static void build_partition_by(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, N STRING", false);
    s = ops_select_key(o, s, "N STRING KEY, ID INT, N2 STRING", EXPRS("N"), false);
    s = ops_repartition(o, s, "P");
    ops_sink(o, s, "OUT");
}

static void test_partition_by(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", NULL, 0}, {"T", "2", "{\"N\":null}", 1}, {"T", "3", "{\"N\":\"n\"}", 2}};
    ops_check(build_partition_by, in,
              "OUT null null @0\n"
              "OUT null {\"ID\":2,\"N2\":null} @1\n"
              "OUT \"n\" {\"ID\":3,\"N2\":\"n\"} @2\n");
}

static void build_partition_by_key(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, N STRING", false);
    s = ops_select_key(o, s, "K INT KEY, ID INT, N STRING", EXPRS("ID + 2"), false);
    ops_sink(o, s, "OUT");
}

/* A key made of the old key is known even where there is no value. */
static void test_partition_by_key_expression(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", NULL, 0}, {"T", "2", "{\"N\":\"a\"}", 1}};
    ops_check(build_partition_by_key, in,
              "OUT 3 null @0\n"
              "OUT 4 {\"ID\":2,\"N\":\"a\"} @1\n");
}

static void build_keyless(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, N STRING", false);
    s = ops_select_key(o, s, "ID INT, N STRING", EXPRS(NULL), false);
    s = ops_repartition(o, s, "P");
    ops_sink(o, s, "OUT");
}

static void test_partition_by_null(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "10", "{\"N\":\"bob\"}", 0}};
    ops_check(build_keyless, in, "OUT null {\"ID\":10,\"N\":\"bob\"} @0\n");
}

/* ------------------------------------------------------------------ table functions */

static void build_flat_map(ops *o)
{
    wr_step *in = ops_source(o, "T", "ID INT KEY, A ARRAY<INT>, B ARRAY<STRING>", false);
    wr_step *s = ops_step(o, WR_STEP_FLAT_MAP, "StreamFlatMap", "FlatMap", in);
    s->schema = ops_schema(o, "ID INT KEY, A ARRAY<INT>, B ARRAY<STRING>, X INT, Y STRING");
    s->u.flat_map.n = 2;
    s->u.flat_map.arrays = WR_NEW_N(o->plan_arena, wr_expr *, 2);
    s->u.flat_map.arrays[0] = ops_expr(o, in, "A");
    s->u.flat_map.arrays[1] = ops_expr(o, in, "B");
    s = ops_select(o, s, "ID INT KEY, X INT, Y STRING", EXPRS("ID", "X", "Y"));
    ops_sink(o, s, "OUT");
}

static void test_flat_map(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"A\":[1,null],\"B\":[\"x\",\"y\",\"z\"]}", 5},
                         {"T", "2", "{\"A\":[],\"B\":null}", 6},
                         {"T", "3", NULL, 7},
                         {"T", "4", "{\"A\":[9]}", 8}};
    ops_check(build_flat_map, in,
              "OUT 1 {\"X\":1,\"Y\":\"x\"} @5\n"
              "OUT 1 {\"X\":null,\"Y\":\"y\"} @5\n"
              "OUT 1 {\"X\":null,\"Y\":\"z\"} @5\n"
              "OUT 4 {\"X\":9,\"Y\":null} @8\n");
}

/* More rows than go out at once: none is lost or doubled where the pieces meet, whether in the
 * middle of an array or between two. */
static void test_flat_map_of_long_arrays(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {65535, 1, 2, 65536, 140000};
    wr_buf values[WR_ARRAY_LEN(lengths)] = {0}, expected = {0};
    ops_in in[WR_ARRAY_LEN(lengths)];
    for (size_t k = 0; k < WR_ARRAY_LEN(lengths); k++) {
        wr_buf_puts(&values[k], "{\"A\":[");
        for (uint32_t i = 0; i < lengths[k]; i++) {
            wr_buf_printf(&values[k], "%s%u", i ? "," : "", i);
            wr_buf_printf(&expected, "OUT 1 {\"X\":%u,\"Y\":null} @%zu\n", i, k);
        }
        wr_buf_puts(&values[k], "]}");
        in[k] = (ops_in){"T", "1", wr_buf_cstr(&values[k]), (int64_t)k};
    }
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_flat_map, false);
    ops_run(o, in, WR_ARRAY_LEN(in), 200, false);
    assert_true(wr_str_eq(wr_buf_view(&o->out), wr_buf_view(&expected)));
    ops_close(o);
    wr_free(o);
    wr_buf_free(&expected);
    for (size_t k = 0; k < WR_ARRAY_LEN(lengths); k++)
        wr_buf_free(&values[k]);
}

/* ------------------------------------------------------------------ headers */

static void build_headers(ops *o)
{
    wr_step *s = ops_source(
        o, "T", "ID INT KEY, V INT, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS", false);
    s = ops_select(o, s, "ID INT KEY, N STRING, V INT", EXPRS("ID", "H[1]->KEY", "V"));
    ops_sink(o, s, "OUT");
}

static void test_headers(void **state)
{
    (void)state;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_headers, false);
    wr_header h[] = {{WR_STR("a"), WR_STR("1")}, {WR_STR("b"), {0}}};
    wr_headers headers = {2, h};
    wr_record r[2] = {{.key = WR_STR("1"), .value = WR_STR("{\"V\":1}"), .headers = &headers},
                      {.key = WR_STR("2"), .value = WR_STR("{\"V\":2}")}};
    assert_int_equal(ops_feed(o, 0, r, 2), WEIR_OK);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 1 {\"N\":\"a\",\"V\":1} @0 a=1 b=null\n"
                                              "OUT 2 {\"N\":null,\"V\":2} @0\n");
    ops_close(o);
    wr_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_select),
        cmocka_unit_test(test_null_values),
        cmocka_unit_test(test_bad_records_are_skipped),
        cmocka_unit_test(test_fail_on_bad_record),
        cmocka_unit_test(test_timestamp_column),
        cmocka_unit_test(test_sink_timestamp),
        cmocka_unit_test(test_windowed_source),
        cmocka_unit_test(test_partition_by),
        cmocka_unit_test(test_partition_by_key_expression),
        cmocka_unit_test(test_partition_by_null),
        cmocka_unit_test(test_flat_map),
        cmocka_unit_test(test_flat_map_of_long_arrays),
        cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
