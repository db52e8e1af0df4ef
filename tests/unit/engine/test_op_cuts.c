/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch size is never meaning: random records through every stateful operator give the same output
 * whether they are fed one by one, in pairs, all at once or in random pieces, and whether the task
 * is committed and built anew between feeds or not.
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { RECORDS = 160 };

static ops_in input[RECORDS];
static wr_arena *texts;

/* Few keys, times that jitter and now and then leap, NULL keys and values, a bad record or two. */
static void make_input(uint64_t seed, const char *left, const char *right)
{
    wr_rng r;
    wr_rng_seed(&r, seed);
    int64_t now = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        now += (int64_t)wr_rng_below(&r, 4) + (wr_rng_below(&r, 25) == 0 ? 40 : 0);
        int64_t time = WR_MAX(0, now - (int64_t)wr_rng_below(&r, 12));
        uint64_t kind = wr_rng_below(&r, 20);
        input[i].topic = wr_rng_below(&r, 2) ? left : right;
        input[i].time = time;
        input[i].key = kind == 0 ? NULL : wr_arena_printf(texts, "%d", (int)wr_rng_below(&r, 5));
        input[i].value = kind == 1   ? NULL
                         : kind == 2 ? "{\"V\":"
                         : kind == 3
                             ? "{\"V\":null,\"G\":\"g\"}"
                             : wr_arena_printf(texts, "{\"V\":%d,\"G\":\"g%d\"}",
                                               (int)wr_rng_below(&r, 9), (int)wr_rng_below(&r, 3));
    }
}

static void check(ops_build build, const char *left, const char *right, bool restarts)
{
    texts = wr_arena_new(0);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        make_input(seed, left, right);
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build, false);
        ops_run(o, input, RECORDS, 1, false);
        assert_true(o->out.len > 100); /* it does say something */
        ops_check_as(build, input, RECORDS, restarts, wr_buf_cstr(&o->out));
        ops_close(o);
        wr_free(o);
    }
    wr_arena_free(texts);
}

static wr_window window;
static wr_step_join join;

static void build_group(ops *o)
{
    wr_step *s = ops_source(o, "L", "ID INT KEY, V INT, G STRING", false);
    s = ops_filter(o, s, "V IS NULL OR V > 1");
    s = ops_select_key(o, s, "G STRING KEY, ID INT, V INT, G2 STRING", EXPRS("G"), true);
    s = ops_repartition(o, s, "P");
    s = ops_aggregate(o, s, window, "G STRING KEY, ID INT, C BIGINT, L ARRAY<INT>, T ARRAY<INT>",
                      EXPRS("COUNT(V)", "COLLECT_LIST(V)", "TOPK(V, 2)"));
    if (window.emit_final)
        s = ops_suppress(o, s, 0);
    else
        ops_want_old(s), s = ops_filter(o, s, "C > 2");
    ops_sink(o, s, "OUT");
}

static void test_aggregates(void **state)
{
    (void)state;
    const wr_window windows[] = {
        {.kind = WR_WINDOW_NONE},
        {WR_WINDOW_TUMBLING, 20, 20, 5, 40, false},
        {WR_WINDOW_HOPPING, 20, 7, 5, 40, false},
        {WR_WINDOW_SESSION, 6, 0, 10, 60, false},
        {WR_WINDOW_HOPPING, 20, 7, 5, 40, true},
        {WR_WINDOW_SESSION, 6, 0, 10, 100, true},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(windows); i++) {
        window = windows[i];
        check(build_group, "L", "L", true);
    }
}

static void build_table_group(ops *o)
{
    wr_step *s = ops_source(o, "L", "ID INT PRIMARY KEY, V INT, G STRING", true);
    s = ops_filter(o, s, "V > 2");
    s = ops_select_key(o, s, "G STRING KEY, ID INT, V INT, G2 STRING", EXPRS("G"), true);
    s = ops_repartition(o, s, "P");
    s = ops_aggregate(o, s, (wr_window){.kind = WR_WINDOW_NONE}, "G STRING KEY, C BIGINT, S INT",
                      EXPRS("COUNT(*)", "SUM(V)"));
    ops_sink(o, s, "OUT");
}

static void test_table_aggregate(void **state)
{
    (void)state;
    check(build_table_group, "L", "L", true);
}

static void build_join(ops *o)
{
    bool tables = join.materialize;
    wr_step *l = ops_source(o, "L", "ID INT KEY, V INT, G STRING", tables);
    wr_step *r = ops_source(o, "R", "ID INT KEY, V INT, G STRING", tables || !join.retention_ms);
    wr_step_kind kind = tables              ? WR_STEP_TABLE_TABLE_JOIN
                        : join.retention_ms ? WR_STEP_STREAM_STREAM_JOIN
                                            : WR_STEP_STREAM_TABLE_JOIN;
    wr_step *s = ops_join(o, kind, l, r, "ID INT KEY, V INT, G STRING, RV INT, RG STRING", join);
    ops_sink(o, s, "OUT");
}

static void test_joins(void **state)
{
    (void)state;
    const wr_ast_join_kind kinds[] = {WR_AST_JOIN_INNER, WR_AST_JOIN_LEFT, WR_AST_JOIN_RIGHT,
                                      WR_AST_JOIN_FULL};
    for (size_t i = 0; i < WR_ARRAY_LEN(kinds); i++) {
        join = (wr_step_join){.kind = kinds[i], .materialize = true};
        check(build_join, "L", "R", true);
        for (int grace = 0; grace <= 1; grace++) {
            join = (wr_step_join){.kind = kinds[i],
                                  .before_ms = 5,
                                  .after_ms = 9,
                                  .grace_ms = 4,
                                  .has_grace = grace,
                                  .retention_ms = 18};
            /* A restart forgets the throttle of unmatched rows, which is wall time, not state. */
            check(build_join, "L", "R", !grace);
        }
        if (i > 1)
            continue;
        join = (wr_step_join){.kind = kinds[i]};
        check(build_join, "L", "R", true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aggregates),
        cmocka_unit_test(test_table_aggregate),
        cmocka_unit_test(test_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
