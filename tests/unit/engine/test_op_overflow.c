/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that an aggregate or a sink cannot take: left out, reported, counted; the rest goes on. */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static wr_window window; /* of the test that runs; builders read it */
static bool fail_at_once;

static wr_step *sum(ops *o, wr_step *in)
{
    o->plan.producing.on_error = fail_at_once ? WR_ON_ERROR_STOP : WR_ON_ERROR_SKIP;
    return ops_aggregate(o, in, window, "ID STRING KEY, C BIGINT, S DECIMAL(3,1)",
                         EXPRS("COUNT(*)", "SUM(V)"));
}

static void build_stream(ops *o)
{
    ops_sink(o, sum(o, ops_source(o, "T", "ID STRING KEY, V DECIMAL(3,1)", false)), "OUT");
}

static void build_table(ops *o)
{
    wr_step *s = ops_source(o, "T", "K INT PRIMARY KEY, ID STRING, V DECIMAL(3,1)", true);
    s = ops_select_key(o, s, "ID STRING KEY, K INT, ID2 STRING, V DECIMAL(3,1)", EXPRS("ID"), true);
    s = ops_repartition(o, s, "G");
    ops_sink(o, sum(o, s), "OUT");
}

/** What a run of @p in leaves behind, in one go. */
static ops *run(ops_build build, const ops_in *in, size_t n)
{
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build, false);
    ops_run(o, in, n, 200, false);
    return o;
}

static void end(ops *o)
{
    ops_close(o);
    wr_free(o);
}

/* ------------------------------------------------------------------ streams */

static const ops_in stream_in[] = {
    {"T", "\"a\"", "{\"V\":60}", 1},   {"T", "\"b\"", "{\"V\":-99.9}", 2},
    {"T", "\"a\"", "{\"V\":40}", 9}, /* 100.0: no DECIMAL(3,1) */
    {"T", "\"b\"", "{\"V\":-0.1}", 3}, {"T", "\"a\"", "{\"V\":39.9}", 4},
    {"T", "\"b\"", "{\"V\":0.1}", 5},
};

/* All aggregates of the group stay as they were, and its time; other rows and groups go on. */
static void test_stream(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    ops_check(build_stream, stream_in,
              "OUT \"a\" {\"C\":1,\"S\":60.0} @1\n"
              "OUT \"b\" {\"C\":1,\"S\":-99.9} @2\n"
              "OUT \"a\" {\"C\":2,\"S\":99.9} @4\n"
              "OUT \"b\" {\"C\":2,\"S\":-99.8} @5\n");
    ops *o = run(build_stream, stream_in, WR_ARRAY_LEN(stream_in));
    assert_int_equal(o->row_errors, 2);
    assert_string_equal(o->last_error, "SUM: Numeric field overflow");
    assert_int_equal(wr_topology_op(o->subs[0], 1)->dropped_rows, 2);
    end(o);
}

static void test_caching(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_stream, true);
    ops_run(o, stream_in, WR_ARRAY_LEN(stream_in), 200, false);
    ops_restart(o);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\" {\"C\":2,\"S\":99.9} @4\n"
                                              "OUT \"b\" {\"C\":2,\"S\":-99.8} @5\n");
    assert_int_equal(o->row_errors, 2);
    end(o);
}

/* Each window has a sum of its own: the row counts where it fits. */
static void test_hopping(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_HOPPING, 10, 5, 100, 120, false};
    const ops_in in[] = {
        {"T", "\"a\"", "{\"V\":60}", 1}, /* [0, 10) */
        {"T", "\"a\"", "{\"V\":50}", 7}, /* [0, 10): too much; [5, 15) */
        {"T", "\"a\"", "{\"V\":1}", 8},
    };
    ops_check(build_stream, in,
              "OUT \"a\"[0,10] {\"C\":1,\"S\":60.0} @1\n"
              "OUT \"a\"[5,15] {\"C\":1,\"S\":50.0} @7\n"
              "OUT \"a\"[0,10] {\"C\":2,\"S\":61.0} @8\n"
              "OUT \"a\"[5,15] {\"C\":2,\"S\":51.0} @8\n");
    ops *o = run(build_stream, in, WR_ARRAY_LEN(in));
    assert_int_equal(o->row_errors, 1);
    end(o);
}

/* A row that would join sessions whose sums do not fit together leaves them apart. */
static void test_sessions_that_would_meet(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_SESSION, 10, 0, 1000, 1020, false};
    const ops_in in[] = {
        {"T", "\"a\"", "{\"V\":60}", 0},
        {"T", "\"a\"", "{\"V\":50}", 20},
        {"T", "\"a\"", "{\"V\":1}", 10}, /* 0..20 would have 111.0 */
        {"T", "\"a\"", "{\"V\":2}", 25},
    };
    ops_check(build_stream, in,
              "OUT \"a\"[0,0] {\"C\":1,\"S\":60.0} @0\n"
              "OUT \"a\"[20,20] {\"C\":1,\"S\":50.0} @20\n"
              "OUT \"a\"[20,20] null @20\n"
              "OUT \"a\"[20,25] {\"C\":2,\"S\":52.0} @25\n");
    ops *o = run(build_stream, in, WR_ARRAY_LEN(in));
    assert_int_equal(o->row_errors, 1);
    assert_int_equal(wr_topology_op(o->subs[0], 1)->dropped_rows, 1);
    end(o);
}

/* ------------------------------------------------------------------ tables */

/* No row may be missing from a table's sum, since it will be undone: the sum goes beyond its type,
 * is NULL there, and comes back exactly. */
static void test_table(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    const ops_in in[] = {
        {"T", "1", "{\"ID\":\"x\",\"V\":60}", 1},
        {"T", "2", "{\"ID\":\"x\",\"V\":70}", 2},   /* 130.0 */
        {"T", "3", "{\"ID\":\"x\",\"V\":-10}", 3},  /* 120.0 */
        {"T", "2", "{\"ID\":\"x\",\"V\":80}", 4},   /* 130.0, by undo and add */
        {"T", "1", "{\"ID\":\"y\",\"V\":99.9}", 5}, /* moves: 70.0 */
        {"T", "3", NULL, 6},                        /* 80.0 */
    };
    ops_check(build_table, in,
              "OUT \"x\" {\"C\":1,\"S\":60.0} @1\n"
              "OUT \"x\" {\"C\":2,\"S\":null} @2\n"
              "OUT \"x\" {\"C\":3,\"S\":null} @3\n"
              "OUT \"x\" {\"C\":3,\"S\":null} @4\n"
              "OUT \"x\" {\"C\":2,\"S\":70.0} @5\n"
              "OUT \"y\" {\"C\":1,\"S\":99.9} @5\n"
              "OUT \"x\" {\"C\":1,\"S\":80.0} @6\n");
    ops *o = run(build_table, in, 4);
    assert_int_equal(o->row_errors, 3);
    assert_non_null(strstr(o->last_error, "the sum is NULL until it fits its type again"));
    end(o);
}

static void build_wide_table(ops *o)
{
    wr_step *s = ops_source(o, "T", "K INT PRIMARY KEY, ID STRING, V DECIMAL(38,0)", true);
    s = ops_select_key(o, s, "ID STRING KEY, K INT, ID2 STRING, V DECIMAL(38,0)", EXPRS("ID"),
                       true);
    s = ops_repartition(o, s, "G");
    s = ops_aggregate(o, s, window, "ID STRING KEY, C BIGINT, S DECIMAL(38,0)",
                      EXPRS("COUNT(*)", "SUM(V)"));
    ops_sink(o, s, "OUT");
}

/* A state has room for some digits more, but 38 are what there is: what would need more is left
 * out of the group. */
static void test_table_beyond_the_state(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    static const char most[] = "{\"ID\":\"x\",\"V\":99999999999999999999999999999999999999}";
    const ops_in in[] = {
        {"T", "1", most, 1}, {"T", "2", most, 2}, {"T", "3", "{\"ID\":\"x\",\"V\":-1}", 3}};
    ops *o = run(build_wide_table, in, WR_ARRAY_LEN(in));
    assert_string_equal(wr_buf_cstr(&o->out),
                        "OUT \"x\" {\"C\":1,\"S\":99999999999999999999999999999999999999} @1\n"
                        "OUT \"x\" {\"C\":2,\"S\":99999999999999999999999999999999999998} @3\n");
    assert_int_equal(o->row_errors, 1);
    assert_string_equal(o->last_error, "SUM: Numeric field overflow: the sum is too far from what "
                                       "its type holds");
    end(o);
}

static void build_big_table(ops *o)
{
    wr_step *s = ops_source(o, "T", "K INT PRIMARY KEY, ID STRING, V DECIMAL(40,0)", true);
    s = ops_select_key(o, s, "ID STRING KEY, K INT, ID2 STRING, V DECIMAL(40,0)", EXPRS("ID"),
                       true);
    s = ops_repartition(o, s, "G");
    s = ops_aggregate(o, s, window, "ID STRING KEY, S DECIMAL(40,0)", EXPRS("SUM(V)"));
    ops_sink(o, s, "OUT");
}

/* More digits than 128 bits hold: the same, and with room. */
static void test_big_table(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    static const char most[] = "{\"ID\":\"x\",\"V\":9999999999999999999999999999999999999999}";
    const ops_in in[] = {{"T", "1", most, 1}, {"T", "2", most, 2}, {"T", "1", NULL, 3}};
    ops_check(build_big_table, in,
              "OUT \"x\" {\"S\":9999999999999999999999999999999999999999} @1\n"
              "OUT \"x\" {\"S\":null} @2\n"
              "OUT \"x\" {\"S\":9999999999999999999999999999999999999999} @3\n");
}

/* ------------------------------------------------------------------ the query is to end */

/* What came before the row is emitted; nothing of it is. */
static void test_fail_on_production_error(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    fail_at_once = true;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_stream, false);
    const ops_in in[] = {{"T", "\"a\"", "{\"V\":60}", 1}, {"T", "\"a\"", "{\"V\":50}", 2}};
    wr_record records[2] = {ops_record(&in[0], 0), ops_record(&in[1], 1)};
    assert_int_equal(ops_feed(o, 0, records, 2), WEIR_ERR_RECORD);
    assert_string_equal(o->err.message, "SUM: Numeric field overflow");
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\" {\"C\":1,\"S\":60.0} @1\n");
    end(o);
    fail_at_once = false;
}

static void build_sink(ops *o)
{
    o->plan.producing.on_error = fail_at_once ? WR_ON_ERROR_STOP : WR_ON_ERROR_SKIP;
    wr_step *s = ops_source(o, "T", "ID INT KEY, TS TIMESTAMP", false);
    ops_sink(o, s, "OUT");
    o->plan.root->u.sink.timestamp_column = 1;
}

static void test_sink(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"TS\":9}", 1},
                         {"T", "2", "{\"TS\":null}", 2},
                         {"T", "3", "{\"TS\":-1}", 3},
                         {"T", "4", "{\"TS\":7}", 4}};
    ops_check(build_sink, in,
              "OUT 1 {\"TS\":9} @9\n"
              "OUT 4 {\"TS\":7} @7\n");
    ops *o = run(build_sink, in, WR_ARRAY_LEN(in));
    assert_int_equal(o->row_errors, 2);
    assert_int_equal(wr_topology_op(o->subs[0], 1)->dropped_rows, 2);
    end(o);
    fail_at_once = true;
    o = wr_malloc(sizeof *o);
    ops_open(o, build_sink, false);
    wr_record records[4];
    for (size_t i = 0; i < 4; i++)
        records[i] = ops_record(&in[i], i);
    assert_int_equal(ops_feed(o, 0, records, 4), WEIR_ERR_RECORD);
    assert_non_null(strstr(o->err.message, "the timestamp column is NULL"));
    assert_string_equal(wr_buf_cstr(&o->out), "");
    end(o);
    fail_at_once = false;
}

static void build_echo(ops *o)
{
    o->plan.producing.on_error = fail_at_once ? WR_ON_ERROR_STOP : WR_ON_ERROR_SKIP;
    ops_sink(o, ops_source(o, "T", "ID INT KEY, N STRING", false), "OUT");
}

/* A record that the log would refuse is left out before: `{"N":"..."}` and a key of one byte. */
static void test_sink_of_large_records(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"N\":\"1234567\"}", 1},
                         {"T", "2", "{\"N\":\"12345678\"}", 2},
                         {"T", "3", NULL, 3}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_echo, false);
    o->ctx.record_max = 16;
    ops_run(o, in, WR_ARRAY_LEN(in), 200, false);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 1 {\"N\":\"1234567\"} @1\n"
                                              "OUT 3 null @3\n");
    assert_int_equal(o->row_errors, 1);
    assert_string_equal(o->last_error, "The record would have 17 bytes; the most is 16");
    assert_int_equal(wr_topology_op(o->subs[0], 1)->dropped_rows, 1);
    end(o);
}

static void build_repartition(ops *o)
{
    o->plan.producing.on_error = fail_at_once ? WR_ON_ERROR_STOP : WR_ON_ERROR_SKIP;
    wr_step *s = ops_source(o, "T", "ID INT KEY, N STRING", false);
    s = ops_select_key(o, s, "N STRING KEY, ID INT, N2 STRING", EXPRS("N"), false);
    s = ops_repartition(o, s, "P");
    ops_sink(o, s, "OUT");
}

static void test_repartition_of_large_records(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"N\":\"a\"}", 1},
                         {"T", "2", "{\"N\":\"1234567890123456789012345678901234567890\"}", 2},
                         {"T", "3", "{\"N\":\"b\"}", 3}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_repartition, false);
    o->ctx.record_max = 60;
    ops_run(o, in, WR_ARRAY_LEN(in), 200, false);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\" {\"ID\":1,\"N2\":\"a\"} @1\n"
                                              "OUT \"b\" {\"ID\":3,\"N2\":\"b\"} @3\n");
    assert_int_equal(o->row_errors, 1);
    end(o);
}

/* ------------------------------------------------------------------ times */

/* As a topic on Kafka: an hour ahead at most, a day behind. */
static weir_status an_hour_ahead(wr_task_ctx *ctx, uint32_t topic, wr_record_times *out,
                                 weir_error *err)
{
    const ops *o = ctx->runtime;
    (void)err;
    assert_int_equal(o->topics[topic].role, WR_TOPIC_OUTPUT);
    *out = (wr_record_times){.past_max_ms = 86400000, .future_max_ms = 3600000, .no_zero = true};
    return WEIR_OK;
}

static weir_status all_but_zero(wr_task_ctx *ctx, uint32_t topic, wr_record_times *out,
                                weir_error *err)
{
    (void)ctx;
    (void)topic;
    (void)err;
    *out = (wr_record_times){INT64_MAX, INT64_MAX, true};
    return WEIR_OK;
}

static void build_with_limits(ops *o)
{
    o->record_times = an_hour_ahead;
    build_echo(o);
}

static void build_without_zero(ops *o)
{
    o->record_times = all_but_zero;
    build_echo(o);
}

/* What the topic would refuse, or give another time, is left out before; the bounds are its. */
static void test_sink_of_times(void **state)
{
    (void)state;
    enum { NOW = 100000000 };
    const ops_in in[] = {{"T", "1", "{\"N\":\"a\"}", NOW + 3600000},
                         {"T", "2", "{\"N\":\"b\"}", NOW + 3600001},
                         {"T", "3", "{\"N\":\"c\"}", NOW - 86400000},
                         {"T", "4", "{\"N\":\"d\"}", NOW - 86400001},
                         {"T", "5", NULL, NOW}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_with_limits, false);
    o->ctx.wall_ms = NOW;
    ops_run(o, in, WR_ARRAY_LEN(in), 200, false);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 1 {\"N\":\"a\"} @103600000\n"
                                              "OUT 3 {\"N\":\"c\"} @13600000\n"
                                              "OUT 5 null @100000000\n");
    assert_int_equal(o->row_errors, 2);
    assert_string_equal(o->last_error,
                        "The record is further behind the clock than the topic takes: time "
                        "13599999, 86400001 ms behind, at most 86400000 "
                        "(message.timestamp.before.max.ms)");
    assert_int_equal(wr_topology_op(o->subs[0], 1)->dropped_rows, 2);
    end(o);
}

static void test_sink_of_time_zero(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"N\":\"a\"}", 0},
                         {"T", "2", "{\"N\":\"b\"}", 1},
                         {"T", "3", "{\"N\":\"c\"}", INT64_MAX}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_without_zero, false);
    ops_run(o, in, WR_ARRAY_LEN(in), 200, false);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 2 {\"N\":\"b\"} @1\n"
                                              "OUT 3 {\"N\":\"c\"} @9223372036854775807\n");
    assert_int_equal(o->row_errors, 1);
    assert_string_equal(o->last_error, "A record of time 0 cannot be written to this topic: it "
                                       "would get the present time");
    end(o);
    ops_check(build_echo, in, /* a log that takes it */
              "OUT 1 {\"N\":\"a\"} @0\n"
              "OUT 2 {\"N\":\"b\"} @1\n"
              "OUT 3 {\"N\":\"c\"} @9223372036854775807\n");
}

/* Where the query is to end at such a row, nothing of its batch is written. */
static void test_sink_fails_at_time(void **state)
{
    (void)state;
    const wr_record in[] = {{WR_STR("1"), WR_STR("{\"N\":\"a\"}"), .timestamp = 5},
                            {WR_STR("2"), WR_STR("{\"N\":\"b\"}"), .timestamp = 0}};
    ops *o = wr_malloc(sizeof *o);
    fail_at_once = true;
    ops_open(o, build_without_zero, false);
    assert_int_equal(ops_feed(o, 0, in, 2), WEIR_ERR_RECORD);
    assert_non_null(strstr(o->err.message, "A record of time 0"));
    assert_string_equal(wr_buf_cstr(&o->out), "");
    end(o);
    fail_at_once = false;
}

/* ------------------------------------------------------------------ sources */

static void build_stream_source(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, V INT", false), "OUT");
}

static void build_table_source(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT PRIMARY KEY, V INT", true);
    ops_want_old(s);
    ops_sink(o, s, "OUT");
}

static const ops_in null_in[] = {
    {"T", "1", "{\"V\":1}", 1},  {"T", "1", "null", 2},         {"T", "2", " null x", 3},
    {"T", "3", NULL, 4},         {"T", "4", "{\"V\":4} {}", 5}, {"T", "null", "{\"V\":5}", 6},
    {"T", NULL, "{\"V\":6}", 7},
};

/* The text `null` is no value: a stream has no use for it. A NULL key is a key like any other. */
static void test_null_texts_of_a_stream(void **state)
{
    (void)state;
    ops_check(build_stream_source, null_in,
              "OUT 1 {\"V\":1} @1\n"
              "OUT 3 null @4\n"
              "OUT 4 {\"V\":4} @5\n"
              "OUT null {\"V\":5} @6\n"
              "OUT null {\"V\":6} @7\n");
    ops *o = run(build_stream_source, null_in, WR_ARRAY_LEN(null_in));
    const wr_op *source = wr_topology_op(o->subs[0], 0);
    assert_int_equal(o->row_errors, 0);
    assert_int_equal(source->null_values, 2);
    assert_int_equal(source->dropped_rows, 2);
    assert_int_equal(source->ignored_text, 2);
    assert_int_equal(source->null_keys, 0);
    end(o);
}

/* For a table it deletes, also where nothing was; a record without a key changes no row. */
static void test_null_texts_of_a_table(void **state)
{
    (void)state;
    ops_check(build_table_source, null_in,
              "OUT 1 {\"V\":1} @1\n"
              "OUT 1 null @2\n"
              "OUT 2 null @3\n"
              "OUT 3 null @4\n"
              "OUT 4 {\"V\":4} @5\n");
    ops *o = run(build_table_source, null_in, WR_ARRAY_LEN(null_in));
    const wr_op *source = wr_topology_op(o->subs[0], 0);
    assert_int_equal(o->row_errors, 0);
    assert_int_equal(source->null_values, 0);
    assert_int_equal(source->null_keys, 2);
    assert_int_equal(source->dropped_rows, 2);
    end(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_caching),
        cmocka_unit_test(test_hopping),
        cmocka_unit_test(test_sessions_that_would_meet),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_beyond_the_state),
        cmocka_unit_test(test_big_table),
        cmocka_unit_test(test_fail_on_production_error),
        cmocka_unit_test(test_sink),
        cmocka_unit_test(test_sink_of_large_records),
        cmocka_unit_test(test_sink_of_times),
        cmocka_unit_test(test_sink_of_time_zero),
        cmocka_unit_test(test_sink_fails_at_time),
        cmocka_unit_test(test_repartition_of_large_records),
        cmocka_unit_test(test_null_texts_of_a_stream),
        cmocka_unit_test(test_null_texts_of_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
