/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event times before rows are fed (source_times.h) are those that the rows have afterwards; and
 * what an operator notes of late rows, window by window (late_rows.h).
 */
#include "unit/engine/op_harness.h"

#include "engine/operators/late_rows.h"
#include "engine/operators/source_times.h"

/* ---- event times ---- */

static void build_plain(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, V INT, TS BIGINT", false), "OUT");
}

static void build_bigint(ops *o)
{
    build_plain(o);
    o->steps[0]->u.source.timestamp_column = 2;
}

static void build_timestamp(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, V INT, TS TIMESTAMP", false), "OUT");
    o->steps[0]->u.source.timestamp_column = 2;
}

static void build_text(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, V INT, TS STRING", false), "OUT");
    o->steps[0]->u.source.timestamp_column = 2;
    o->steps[0]->u.source.timestamp_format = "yyyy-MM-dd HH:mm:ss";
}

static void build_key(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID BIGINT KEY, V INT", false), "OUT");
    o->steps[0]->u.source.timestamp_column = 0;
}

static void build_table(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, TS BIGINT", true), "OUT");
    o->steps[0]->u.source.timestamp_column = 1;
}

/* The format has the time, and there is no column of it. */
static void build_event(ops *o)
{
    ops_sink(o, ops_source(o, "T", "ID INT KEY, V INT", true), "OUT");
    o->steps[0]->u.source.value.format = wr_format_get(WR_FORMAT_DEBEZIUM_JSON);
}

typedef struct times_case {
    ops_build build;
    const char *key, *value; /* the record's, whose own timestamp is 7 */
    int64_t time;            /* -1: none can be had */
} times_case;

#define EVENT(source) "{\"op\":\"c\",\"before\":null,\"after\":{\"V\":1}," source "}"
static const times_case times_cases[] = {
    {build_bigint, "1", "{\"V\":1,\"TS\":123}", 123},
    {build_bigint, "1", "{\"TS\":0}", 0},
    {build_bigint, "1", "{\"TS\":-5}", -1},
    {build_bigint, "1", "{\"TS\":null}", -1},
    {build_bigint, "1", "{\"V\":1}", -1},
    {build_bigint, "1", "{\"TS\":\"soon\"}", -1},
    {build_bigint, "1", "{\"TS\":12", -1},
    {build_bigint, "x", "{\"TS\":12}", -1},
    {build_bigint, "1", NULL, 7}, /* no column to look at */
    {build_bigint, NULL, "{\"TS\":9}", 9},
    {build_bigint, "1", "{\"V\":\"no number\",\"TS\":9}", 9}, /* nobody has asked for V yet */
    {build_timestamp, "1", "{\"TS\":1700000000000}", 1700000000000},
    {build_text, "1", "{\"TS\":\"1970-01-02 00:00:01\"}", 86401000},
    {build_text, "1", "{\"TS\":\"yesterday\"}", -1},
    {build_key, "55", "{\"V\":1}", 55},
    {build_key, "55", NULL, 55},
    {build_key, NULL, "{\"V\":1}", -1},
    {build_event, "1", EVENT("\"source\":{\"ts_ms\":5}"), 5},
    {build_event, "1", EVENT("\"source\":{\"ts_ms\":900}"), 900},
    {build_event, "1", EVENT("\"source\":{}"), 7}, /* it does not say */
    {build_event, "1", NULL, 7},
    {build_event, "1", "{\"status\":\"BEGIN\",\"id\":\"571:1\",\"ts_ms\":3}",
     -1}, /* about no row */
    {build_event, "1", "{\"op\":\"u\"", -1},
    {build_event, NULL, EVENT("\"source\":{\"ts_ms\":5}"), -1},
    {build_table, "1", "{\"TS\":44}", 44},
    {build_table, "1", NULL, 7},
    {build_table, NULL, "{\"TS\":44}", -1}, /* a change of no row: it is dropped */
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(times_cases); i++) {
        const times_case *c = &times_cases[i];
        ops o;
        ops_open(&o, c->build, false);
        const wr_step *step = wr_source_times_step(&o.plan, o.steps[0]->u.source.topic);
        assert_ptr_equal(step, o.steps[0]);
        wr_source_times *t;
        weir_error err = {0};
        assert_int_equal(wr_source_times_new(&o.plan, step, "UTC", &t, &err), WEIR_OK);
        /* The same record twice, beside one that is bad in any case. */
        ops_in in = {"T", c->key, c->value, 7}, bad = {"T", "{", "{", 7};
        wr_record records[] = {ops_record(&in, 0), ops_record(&bad, 1), ops_record(&in, 2)};
        int64_t out[3] = {99, 99, 99};
        assert_int_equal(wr_source_times_get(t, records, 3, out, &err), WEIR_OK);
        if (out[0] != c->time || out[1] != -1 || out[2] != c->time)
            fail_msg("case %zu: %lld %lld %lld, expected %lld", i, (long long)out[0],
                     (long long)out[1], (long long)out[2], (long long)c->time);
        assert_int_equal(wr_source_times_get(t, records + 2, 1, out, &err), WEIR_OK);
        assert_int_equal(out[0], c->time);
        wr_source_times_free(t);
        ops_close(&o);
    }
    wr_source_times_free(NULL);
}

static void test_records_own_times(void **state)
{
    (void)state;
    ops o;
    ops_open(&o, build_plain, false);
    assert_null(wr_source_times_step(&o.plan, o.steps[0]->u.source.topic));
    assert_null(wr_source_times_step(&o.plan, 17));
    ops_close(&o);
}

/* ---- late rows ---- */

static void build_minutes(ops *o)
{
    wr_window minutes = {.kind = WR_WINDOW_TUMBLING,
                         .size_ms = 60,
                         .advance_ms = 60,
                         .grace_ms = 10,
                         .retention_ms = 70};
    static const char *const count[] = {"COUNT(V)", NULL};
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_aggregate(o, s, minutes, "ID INT KEY, N BIGINT", count);
    ops_sink(o, s, "OUT");
}

static const wr_op *windows_of(const ops *o)
{
    const wr_op *op;
    for (uint32_t i = 0; (op = wr_topology_op(o->subs[0], i)); i++)
        if (op->step->kind == WR_STEP_AGGREGATE)
            return op;
    fail_msg("no aggregate");
    return NULL;
}

static void test_late_rows_by_window(void **state)
{
    (void)state;
    ops o;
    wr_late_rows list = {0};
    ops_open(&o, build_minutes, false);
    const wr_op *op = windows_of(&o);
    assert_false(wr_late_take(op, &list));
    const ops_in in[] = {
        {"T", "1", "{\"V\":1}", 10},  {"T", "1", "{\"V\":1}", 69}, /* 0..60 is still open */
        {"T", "1", "{\"V\":1}", 59},  {"T", "1", "{\"V\":1}", 70},  {"T", "1", "{\"V\":1}", 59},
        {"T", "1", "{\"V\":1}", 200}, {"T", "1", "{\"V\":1}", 1},   {"T", "1", "{\"V\":1}", 60},
        {"T", "2", "{\"V\":1}", 119}, {"T", "1", "{\"V\":1}", 190},
    };
    ops_run(&o, in, WR_ARRAY_LEN(in), 3, false);
    op = windows_of(&o);
    assert_int_equal(op->late_rows, 4);
    assert_true(wr_late_take(op, &list));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.others.rows, 0);
    assert_int_equal(list.v[0].start_ms, 0);
    assert_int_equal(list.v[0].end_ms, 60);
    assert_int_equal(list.v[0].rows, 2);
    assert_int_equal(list.v[0].grace_ms, 141); /* at 200, the window's end is 140 ago */
    assert_int_equal(list.v[1].rows, 2);
    assert_int_equal(list.v[1].grace_ms, 81);
    assert_false(wr_late_take(op, &list)); /* they are taken once */
    assert_int_equal(list.n, 2);
    ops_close(&o);
}

/* With the grace period that it names nothing would have been late, and with less something. */
static int64_t tried_grace;

static void build_tried(ops *o)
{
    build_minutes(o);
    for (uint32_t i = 0; i < o->plan.steps_n; i++)
        if (o->steps[i]->kind == WR_STEP_AGGREGATE) {
            o->steps[i]->u.aggregate.window.grace_ms = tried_grace;
            o->steps[i]->u.aggregate.window.retention_ms = 60 + tried_grace;
        }
}

static uint64_t late_with(int64_t grace_ms)
{
    const ops_in in[] = {
        {"T", "1", "{\"V\":1}", 10}, {"T", "1", "{\"V\":1}", 237}, {"T", "1", "{\"V\":1}", 59}};
    ops o;
    tried_grace = grace_ms;
    ops_open(&o, build_tried, false);
    ops_run(&o, in, WR_ARRAY_LEN(in), 1, false);
    uint64_t late = windows_of(&o)->late_rows;
    if (late) {
        wr_late_rows list = {0};
        assert_true(wr_late_take(windows_of(&o), &list));
        assert_int_equal(list.v[0].grace_ms, 178);
    }
    ops_close(&o);
    return late;
}

static void test_grace_that_is_enough(void **state)
{
    (void)state;
    assert_int_equal(late_with(0), 1);
    assert_int_equal(late_with(177), 1);
    assert_int_equal(late_with(178), 0);
}

static void test_more_windows_than_are_told_apart(void **state)
{
    (void)state;
    wr_late_rows list = {0};
    for (int64_t k = 0; k < WR_LATE_WINDOWS + 3; k++)
        wr_late_add(&list, &(wr_late_window){k * 10, k * 10 + 10, 2, 5 + k, false});
    wr_late_add(&list, &(wr_late_window){0, 10, 1, 99, false});
    assert_int_equal(list.n, WR_LATE_WINDOWS);
    assert_int_equal(list.v[0].rows, 3);
    assert_int_equal(list.v[0].grace_ms, 99);
    assert_int_equal(list.others.rows, 6);
    assert_int_equal(list.others.start_ms, WR_LATE_WINDOWS * 10);
    assert_int_equal(list.others.end_ms, (WR_LATE_WINDOWS + 3) * 10);
    assert_int_equal(list.others.grace_ms, 5 + WR_LATE_WINDOWS + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_records_own_times),
        cmocka_unit_test(test_late_rows_by_window),
        cmocka_unit_test(test_grace_that_is_enough),
        cmocka_unit_test(test_more_windows_than_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
