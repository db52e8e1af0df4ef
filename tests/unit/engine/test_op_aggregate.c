/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregation without windows: streams, tables with undo, HAVING, caching, pull reads. */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const wr_window unwindowed = {.kind = WR_WINDOW_NONE};

/* ------------------------------------------------------------------ streams */

static void build_count(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, N STRING, V INT", false);
    s = ops_select_key(o, s, "N STRING KEY, ID INT, N2 STRING, V INT", EXPRS("N"), true);
    s = ops_repartition(o, s, "G");
    s = ops_aggregate(o, s, unwindowed, "N STRING KEY, ID INT, C BIGINT, S INT, L ARRAY<INT>",
                      EXPRS("COUNT(*)", "SUM(V)", "COLLECT_LIST(V)"));
    ops_sink(o, s, "OUT");
}

static const ops_in count_in[] = {
    {"T", "1", "{\"N\":\"a\",\"V\":1}", 10},
    {"T", "2", "{\"N\":\"b\",\"V\":2}", 5},
    {"T", "3", "{\"N\":\"a\",\"V\":10}", 8},
    {"T", "4", "{\"N\":null,\"V\":1}", 9},
    {"T", "5", NULL, 11},
    {"T", "6", "{\"N\":\"a\",\"V\":null}", 12},
};

static void test_stream(void **state)
{
    (void)state;
    ops_check(build_count, count_in,
              "OUT \"a\" {\"ID\":1,\"C\":1,\"S\":1,\"L\":[1]} @10\n"
              "OUT \"b\" {\"ID\":2,\"C\":1,\"S\":2,\"L\":[2]} @5\n"
              "OUT \"a\" {\"ID\":3,\"C\":2,\"S\":11,\"L\":[1,10]} @10\n"
              "OUT \"a\" {\"ID\":6,\"C\":3,\"S\":11,\"L\":[1,10,null]} @12\n");
}

/* A row without group is no error: it is counted for itself, and named. */
static void test_null_group_is_dropped(void **state)
{
    (void)state;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_count, false);
    ops_run(o, count_in, WR_ARRAY_LEN(count_in), 10, false);
    assert_int_equal(o->row_errors, 0);
    assert_int_equal(o->rows_dropped, 1);
    assert_string_equal(o->last_dropped, "Group-by column with index 0 resolved to null. The "
                                         "source row will be excluded from the table.");
    const wr_op *group_by = wr_topology_op(o->subs[0], 1);
    assert_int_equal(group_by->dropped_rows, 1);
    assert_int_equal(group_by->null_keys, 1);
    ops_close(o);
    wr_free(o);
}

/* Caching: one row per changed group and commit, in order of first change. */
static void test_caching(void **state)
{
    (void)state;
    for (uint32_t batch = 1; batch <= 6; batch++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_count, true);
        ops_run(o, count_in, 3, batch, false);
        assert_string_equal(wr_buf_cstr(&o->out), "");
        ops_restart(o);
        assert_string_equal(wr_buf_cstr(&o->out),
                            "OUT \"a\" {\"ID\":3,\"C\":2,\"S\":11,\"L\":[1,10]} @10\n"
                            "OUT \"b\" {\"ID\":2,\"C\":1,\"S\":2,\"L\":[2]} @5\n");
        wr_buf_clear(&o->out);
        ops_run(o, count_in + 3, 3, batch, false);
        ops_restart(o);
        assert_string_equal(wr_buf_cstr(&o->out),
                            "OUT \"a\" {\"ID\":6,\"C\":3,\"S\":11,\"L\":[1,10,null]} @12\n");
        wr_buf_clear(&o->out);
        ops_restart(o);
        assert_string_equal(wr_buf_cstr(&o->out), "");
        ops_close(o);
        wr_free(o);
    }
}

/* ------------------------------------------------------------------ HAVING */

static const char *condition = "S > 100";

static void build_having(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_aggregate(o, s, unwindowed, "ID INT KEY, S INT", EXPRS("SUM(V)"));
    ops_want_old(s);
    s = ops_filter(o, s, condition);
    ops_sink(o, s, "OUT");
}

static void test_having(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "0", "{\"V\":0}", 0},
                         {"T", "1", "{\"V\":101}", 0},
                         {"T", "1", "{\"V\":-5}", 1},
                         {"T", "1", "{\"V\":-5}", 2},
                         {"T", "1", "{\"V\":50}", 3}};
    ops_check(build_having, in,
              "OUT 1 {\"S\":101} @0\n"
              "OUT 1 null @1\n"
              "OUT 1 {\"S\":141} @3\n");
}

/* What held before the first row of a group is said of its initial aggregate, where each change is
 * emitted; where commits emit them, there was nothing before. */
static void test_having_first_row(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "1", "{\"V\":101}", 0}, /* not any more */
                         {"T", "2", "{\"V\":7}", 1},   /* still */
                         {"T", "2", "{\"V\":200}", 2},
                         {"T", "1", "{\"V\":-2}", 3}};
    condition = "S < 100";
    ops_check(build_having, in,
              "OUT 1 null @0\n"
              "OUT 2 {\"S\":7} @1\n"
              "OUT 2 null @2\n"
              "OUT 1 {\"S\":99} @3\n");
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_having, true);
    ops_run(o, in, 2, 1, true);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT 2 {\"S\":7} @1\n");
    ops_close(o);
    wr_free(o);
    condition = "S > 100";
}

/* ------------------------------------------------------------------ tables */

static void build_table_group(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT PRIMARY KEY, R STRING, V INT", true);
    s = ops_select_key(o, s, "R STRING KEY, ID INT, R2 STRING, V INT", EXPRS("R"), true);
    s = ops_repartition(o, s, "G");
    s = ops_aggregate(o, s, unwindowed, "R STRING KEY, C BIGINT, S INT",
                      EXPRS("COUNT(*)", "SUM(V)"));
    ops_sink(o, s, "OUT");
}

static void test_table_undo(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", "{\"R\":\"x\",\"V\":5}", 1},
        {"T", "2", "{\"R\":\"x\",\"V\":7}", 2},
        {"T", "1", "{\"R\":\"x\",\"V\":50}", 3},  /* the same group: one record */
        {"T", "1", "{\"R\":\"y\",\"V\":6}", 4},   /* moves: old group first */
        {"T", "2", NULL, 9},                      /* a tombstone only undoes */
        {"T", "3", NULL, 10},                     /* never was there: nothing */
        {"T", NULL, "{\"R\":\"x\",\"V\":1}", 11}, /* no key: dropped */
        {"T", "1", "{\"R\":null,\"V\":6}", 3},    /* no group: undone only */
    };
    ops_check(build_table_group, in,
              "OUT \"x\" {\"C\":1,\"S\":5} @1\n"
              "OUT \"x\" {\"C\":2,\"S\":12} @2\n"
              "OUT \"x\" {\"C\":2,\"S\":57} @3\n"
              "OUT \"x\" {\"C\":1,\"S\":7} @4\n"
              "OUT \"y\" {\"C\":1,\"S\":6} @4\n"
              "OUT \"x\" {\"C\":0,\"S\":0} @9\n"
              "OUT \"y\" {\"C\":0,\"S\":0} @4\n");
}

static void build_table_filter(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT PRIMARY KEY, V INT", true);
    s = ops_filter(o, s, "V > 3");
    s = ops_select(o, s, "ID INT KEY, W INT", EXPRS("ID", "V + 1"));
    ops_sink(o, s, "OUT");
}

static void test_table_filter(void **state)
{
    (void)state;
    const ops_in in[] = {
        {"T", "1", "{\"V\":1}", 0}, {"T", "1", "{\"V\":4}", 1}, {"T", "1", "{\"V\":5}", 2},
        {"T", "1", "{\"V\":2}", 3}, {"T", "1", NULL, 4},        {"T", "2", "{\"V\":9}", 5},
        {"T", "2", NULL, 6},        {"T", "2", NULL, 7},
    };
    ops_check(build_table_filter, in,
              "OUT 1 {\"W\":5} @1\n"
              "OUT 1 {\"W\":6} @2\n"
              "OUT 1 null @3\n"
              "OUT 2 {\"W\":10} @5\n"
              "OUT 2 null @6\n");
}

/* ------------------------------------------------------------------ pull reads */

static weir_status collect_pull(void *arg, const wr_batch *b, weir_error *err)
{
    ops *o = arg;
    return ops_collect(&o->ctx, b, err);
}

static void pull(ops *o, wr_pull_bounds bounds, const char *expected)
{
    wr_arena *scratch = wr_arena_new(0);
    wr_store *store;
    wr_db_snap *snap = wr_db_snap_new(o->db);
    ops_open_snapshot(o, o->plan.materialized_store, snap, &store);
    bounds.window_start_min = bounds.window_end_min = INT64_MIN;
    bounds.window_start_max = bounds.window_end_max = INT64_MAX;
    wr_buf_clear(&o->out);
    for (uint32_t rows = 1; rows <= 1000; rows += 999) {
        wr_buf_clear(&o->out);
        OPS_OK(wr_materialized_read(&o->plan, store, &bounds, rows, scratch, collect_pull, o, err));
        assert_string_equal(wr_buf_cstr(&o->out), expected);
    }
    wr_store_close(store);
    wr_db_snap_free(o->db, snap);
    wr_arena_free(scratch);
}

static void test_pull(void **state)
{
    (void)state;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_count, false);
    for (uint32_t i = 0; i < o->plan.steps_n; i++)
        if (o->steps[i]->kind == WR_STEP_AGGREGATE)
            ops_materialize(o, o->steps[i]);
    ops_run(o, count_in, WR_ARRAY_LEN(count_in), 10, false);
    pull(o, (wr_pull_bounds){0}, ""); /* nothing is committed */
    ops_commit(o);
    const char *a = "\"a\", 6, 3, 11, [1,10,null] @12\n", *b = "\"b\", 2, 1, 2, [2] @5\n";
    char both[128];
    snprintf(both, sizeof both, "%s%s", a, b);
    pull(o, (wr_pull_bounds){0}, both);
    wr_buf ka = {0}, kb = {0};
    wr_materialized_key(&o->plan, &(wr_value){.u.str = WR_STR("a")}, &ka);
    wr_materialized_key(&o->plan, &(wr_value){.u.str = WR_STR("b")}, &kb);
    wr_str key_a = wr_buf_view(&ka), key_b = wr_buf_view(&kb);
    pull(o, (wr_pull_bounds){.key = &key_a}, a);
    pull(o, (wr_pull_bounds){.key_from = &key_b}, b);
    pull(o, (wr_pull_bounds){.key_to = &key_b}, a);
    wr_buf_free(&ka);
    wr_buf_free(&kb);
    ops_close(o);
    wr_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),     cmocka_unit_test(test_null_group_is_dropped),
        cmocka_unit_test(test_caching),    cmocka_unit_test(test_having),
        cmocka_unit_test(test_table_undo), cmocka_unit_test(test_table_filter),
        cmocka_unit_test(test_pull),       cmocka_unit_test(test_having_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
