/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers through aggregates: a group that has changed has those of the record that came to it
 * last, with caching and without, as in Kafka Streams. So a trace goes on.
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static wr_window window; /* of the test that runs; builders read it */
static bool combining;

static void build(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID STRING KEY, V INT, G STRING", false);
    s = ops_select_key(o, s, "G STRING KEY, ID STRING, V INT, G2 STRING", EXPRS("G"), true);
    wr_step *topic = s = ops_repartition(o, s, "P");
    s = ops_aggregate(o, s, window, "G STRING KEY, C BIGINT, S INT", EXPRS("COUNT(*)", "SUM(V)"));
    topic->u.repartition.combine = combining ? s : NULL;
    ops_sink(o, s, "OUT");
}

/* One with a state that is not flat. */
static void build_list(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID STRING KEY, V INT", false);
    s = ops_aggregate(o, s, window, "ID STRING KEY, L ARRAY<INT>", EXPRS("COLLECT_LIST(V)"));
    ops_sink(o, s, "OUT");
}

static wr_record record_of(ops *o, const char *key, const char *group, int64_t time,
                           const char *trace)
{
    wr_header h[] = {{WR_STR("traceparent"), trace ? wr_str_c(trace) : (wr_str){0}},
                     {WR_STR("x"), {0}}};
    const wr_headers headers = {2, h};
    const char *value = wr_arena_printf(o->run_arena, "{\"V\":1,\"G\":\"%s\"}", group);
    return (wr_record){.key = wr_str_c(wr_arena_printf(o->run_arena, "\"%s\"", key)),
                       .value = wr_str_c(value),
                       .timestamp = time,
                       .headers = trace ? wr_headers_copy(o->run_arena, &headers) : NULL};
}

static void feed(ops *o, const wr_record *r, uint32_t n, uint32_t batch)
{
    for (uint32_t at = 0; at < n; at += batch)
        assert_int_equal(ops_feed(o, 0, r + at, WR_MIN(batch, n - at)), WEIR_OK);
}

static void expect(ops *o, const char *expected)
{
    assert_string_equal(wr_buf_cstr(&o->out), expected);
    wr_buf_clear(&o->out);
}

static void close_ops(ops *o)
{
    ops_close(o);
    wr_free(o);
}

static ops *open_ops(ops_build how, bool caching)
{
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, how, caching);
    return o;
}

/* However it is batched, and whether rows are combined before the topic or not. */
static void last_of_each(bool combine, uint32_t batch)
{
    window = (wr_window){.kind = WR_WINDOW_NONE};
    combining = combine;
    ops *o = open_ops(build, true);
    const wr_record first[] = {
        record_of(o, "1", "a", 10, "t1"), record_of(o, "2", "b", 11, "t2"),
        record_of(o, "3", "a", 12, "t3"), record_of(o, "4", "b", 13, NULL),
        record_of(o, "5", "c", 14, NULL),
    };
    feed(o, first, WR_ARRAY_LEN(first), batch);
    expect(o, "");
    ops_commit(o);
    expect(o, "OUT \"a\" {\"C\":2,\"S\":2} @12 traceparent=t3 x=null\n"
              "OUT \"b\" {\"C\":2,\"S\":2} @13\n"
              "OUT \"c\" {\"C\":1,\"S\":1} @14\n");
    /* What was noted goes with the commit. */
    const wr_record then[] = {record_of(o, "6", "a", 20, NULL), record_of(o, "7", "b", 21, "t7")};
    feed(o, then, WR_ARRAY_LEN(then), batch);
    ops_commit(o);
    expect(o, "OUT \"a\" {\"C\":3,\"S\":3} @20\n"
              "OUT \"b\" {\"C\":3,\"S\":3} @21 traceparent=t7 x=null\n");
    close_ops(o);
}

static void test_caching(void **state)
{
    (void)state;
    for (uint32_t batch = 1; batch <= 5; batch++) {
        last_of_each(false, batch);
        last_of_each(true, batch);
    }
}

static void test_each_update(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    combining = false;
    ops *o = open_ops(build, false);
    const wr_record r[] = {record_of(o, "1", "a", 10, "t1"), record_of(o, "2", "a", 11, NULL)};
    feed(o, r, WR_ARRAY_LEN(r), 2);
    expect(o, "OUT \"a\" {\"C\":1,\"S\":1} @10 traceparent=t1 x=null\n"
              "OUT \"a\" {\"C\":2,\"S\":2} @11\n");
    close_ops(o);
}

static void test_lists(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    ops *o = open_ops(build_list, true);
    const wr_record r[] = {record_of(o, "a", "", 10, "t1"), record_of(o, "a", "", 11, "t2")};
    feed(o, r, WR_ARRAY_LEN(r), 2);
    ops_commit(o);
    expect(o, "OUT \"a\" {\"L\":[1,1]} @11 traceparent=t2 x=null\n");
    close_ops(o);
}

/* A late row changes nothing, and so leaves the headers alone. */
static void test_windows(void **state)
{
    (void)state;
    for (int combine = 0; combine < 2; combine++) {
        window = (wr_window){WR_WINDOW_TUMBLING, 10, 10, 5, 15, false};
        combining = combine;
        ops *o = open_ops(build, true);
        const wr_record r[] = {
            record_of(o, "1", "a", 3, "t1"),
            record_of(o, "2", "a", 16, "t2"),
            record_of(o, "3", "a", 4, "late"),
        };
        feed(o, r, WR_ARRAY_LEN(r), 3);
        ops_commit(o);
        expect(o, "OUT \"a\"[0,10] {\"C\":1,\"S\":1} @3 traceparent=t1 x=null\n"
                  "OUT \"a\"[10,20] {\"C\":1,\"S\":1} @16 traceparent=t2 x=null\n");
        close_ops(o);
    }
}

static void test_sessions(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_SESSION, 10, 10, 50, 100, false};
    combining = false;
    ops *o = open_ops(build, true);
    const wr_record first = record_of(o, "1", "a", 10, "t1");
    feed(o, &first, 1, 1);
    ops_commit(o);
    expect(o, "OUT \"a\"[10,10] {\"C\":1,\"S\":1} @10 traceparent=t1 x=null\n");
    /* The session that it joins goes, in the same trace. */
    const wr_record second = record_of(o, "2", "a", 15, "t2");
    feed(o, &second, 1, 1);
    ops_commit(o);
    expect(o, "OUT \"a\"[10,10] null @10 traceparent=t2 x=null\n"
              "OUT \"a\"[10,15] {\"C\":2,\"S\":2} @15 traceparent=t2 x=null\n");
    close_ops(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caching),  cmocka_unit_test(test_each_update),
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_windows),
        cmocka_unit_test(test_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
