/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose time it is: the clock stands still but while records are written, so the operator that
 * writes has all of the time, however deep the calls are nested; and who is fed and writes has the
 * bytes.
 */
#include "unit/engine/op_harness.h"

enum { WRITE_NS = 1000 };

typedef struct test_clock {
    wr_clock base;
    int64_t now_ns;
} test_clock;

static test_clock the_clock;
static uint64_t writes;

static int64_t read_ns(wr_clock *c)
{
    return ((test_clock *)c)->now_ns;
}

static weir_status slow_produce(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *r,
                                weir_error *err)
{
    the_clock.now_ns += WRITE_NS;
    writes++;
    wr_op_wrote(ctx, 7);
    return ops_produce(ctx, topic, r, err);
}

/* Only "who" has time and has written bytes; the source has read @p bytes_in. */
static void check(ops_build build, bool caching, const char *who, uint64_t bytes_in)
{
    const ops_in in[] = {{"T", "1", "{\"V\":5}", 10}, {"T", "2", "{\"V\":6}", 11}};
    ops *o = wr_malloc(sizeof *o);
    const wr_op *op;
    uint64_t ns = 0, read = 0, wrote = 0;
    ops_open(o, build, caching);
    the_clock = (test_clock){.base.mono_ns = read_ns, .now_ns = 5};
    writes = 0;
    o->ctx.clock = &the_clock.base;
    o->ctx.produce = slow_produce;
    ops_run(o, in, WR_ARRAY_LEN(in), 1, false);
    ops_commit(o);
    assert_true(writes > 0);
    assert_null(o->ctx.running);
    for (uint32_t i = 0; (op = wr_topology_op(o->subs[0], i)); i++) {
        if (strcmp(op->cls->name, who) == 0) {
            ns += op->ns;
            wrote += op->bytes_out;
        } else {
            assert_int_equal(op->ns, 0);
            assert_int_equal(op->bytes_out, 0);
        }
        read += op->bytes_in;
    }
    assert_int_equal(ns, writes * WRITE_NS);
    assert_int_equal(wrote, writes * 7);
    assert_int_equal(read, bytes_in);
    ops_close(o);
    wr_free(o);
}

static void build_project(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_filter(o, s, "V > 3");
    s = ops_select(o, s, "ID INT KEY, W INT", (const char *const[]){"ID", "V * 2", NULL});
    ops_sink(o, s, "OUT");
}

static void test_processing(void **state)
{
    (void)state;
    check(build_project, false, "Sink", 16);
}

static void build_aggregate(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_aggregate(o, s, (wr_window){.kind = WR_WINDOW_NONE}, "ID INT KEY, N BIGINT",
                      (const char *const[]){"COUNT(*)", NULL});
    ops_sink(o, s, "OUT");
}

/* With caching the rows come when the aggregate flushes. */
static void test_flushing(void **state)
{
    (void)state;
    check(build_aggregate, true, "Sink", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processing),
        cmocka_unit_test(test_flushing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
