/* SPDX-License-Identifier: Apache-2.0 */
/* Tumbling, hopping and session windows: grace, late rows, merging, caching, pulls. EMIT FINAL is
 * in test_op_final.c. */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static wr_window window; /* of the test that runs; builders read it */

static void build_window(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID STRING KEY, V INT", false);
    s = ops_aggregate(o, s, window, "ID STRING KEY, C BIGINT, S INT", EXPRS("COUNT(*)", "SUM(V)"));
    ops_sink(o, s, "OUT");
}

static const char v1[] = "{\"V\":1}";

/* ------------------------------------------------------------------ EMIT CHANGES */

static void test_tumbling(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_TUMBLING, 10, 10, 5, 15, false};
    const ops_in in[] = {
        {"T", "\"a\"", v1, 0},     {"T", "\"a\"", v1, 9}, {"T", "\"a\"", v1, 10},
        {"T", "\"b\"", v1, 14},    {"T", "\"a\"", v1, 3}, /* out of order, in grace */
        {"T", "\"a\"", v1, 15},                           /* closes [0,10): 10 + 5 <= 15 */
        {"T", "\"a\"", v1, 4},                            /* late */
        {"T", NULL, v1, 100},                             /* no key: moves no time */
        {"T", "\"a\"", NULL, 100},                        /* no value: neither */
        {"T", "\"a\"", v1, 12},
    };
    ops_check(build_window, in,
              "OUT \"a\"[0,10] {\"C\":1,\"S\":1} @0\n"
              "OUT \"a\"[0,10] {\"C\":2,\"S\":2} @9\n"
              "OUT \"a\"[10,20] {\"C\":1,\"S\":1} @10\n"
              "OUT \"b\"[10,20] {\"C\":1,\"S\":1} @14\n"
              "OUT \"a\"[0,10] {\"C\":3,\"S\":3} @9\n"
              "OUT \"a\"[10,20] {\"C\":2,\"S\":2} @15\n"
              "OUT \"a\"[10,20] {\"C\":3,\"S\":3} @15\n");
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_window, false);
    ops_run(o, in, WR_ARRAY_LEN(in), 10, false);
    assert_int_equal(wr_topology_op(o->subs[0], 1)->late_rows, 1);
    ops_close(o);
    wr_free(o);
}

static void test_hopping(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_HOPPING, 10, 4, 0, 10, false};
    const ops_in in[] = {{"T", "\"a\"", v1, 1},
                         {"T", "\"a\"", v1, 9},
                         {"T", "\"a\"", v1, 10},
                         {"T", "\"a\"", v1, 9}};
    ops_check(build_window, in,
              "OUT \"a\"[0,10] {\"C\":1,\"S\":1} @1\n"
              "OUT \"a\"[0,10] {\"C\":2,\"S\":2} @9\n"
              "OUT \"a\"[4,14] {\"C\":1,\"S\":1} @9\n"
              "OUT \"a\"[8,18] {\"C\":1,\"S\":1} @9\n"
              "OUT \"a\"[4,14] {\"C\":2,\"S\":2} @10\n"
              "OUT \"a\"[8,18] {\"C\":2,\"S\":2} @10\n"
              "OUT \"a\"[4,14] {\"C\":3,\"S\":3} @10\n"
              "OUT \"a\"[8,18] {\"C\":3,\"S\":3} @10\n");
}

static void test_window_caching(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_TUMBLING, 10, 10, 100, 110, false};
    const ops_in in[] = {{"T", "\"b\"", v1, 0}, {"T", "\"a\"", v1, 12}, {"T", "\"b\"", v1, 2}};
    for (uint32_t batch = 1; batch <= 3; batch++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_window, true);
        ops_run(o, in, 3, batch, false);
        ops_restart(o);
        assert_string_equal(wr_buf_cstr(&o->out), "OUT \"b\"[0,10] {\"C\":2,\"S\":2} @2\n"
                                                  "OUT \"a\"[10,20] {\"C\":1,\"S\":1} @12\n");
        ops_close(o);
        wr_free(o);
    }
}

/* ------------------------------------------------------------------ sessions */

static void test_session_merge(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_SESSION, 5, 0, 1000, 2000, false};
    const ops_in in[] = {
        {"T", "\"a\"", "{\"V\":1}", 0},  {"T", "\"a\"", "{\"V\":2}", 10},
        {"T", "\"b\"", "{\"V\":3}", 10}, {"T", "\"a\"", "{\"V\":4}", 5}, /* joins both */
        {"T", "\"b\"", "{\"V\":5}", 10},                                 /* the same session */
    };
    ops_check(build_window, in,
              "OUT \"a\"[0,0] {\"C\":1,\"S\":1} @0\n"
              "OUT \"a\"[10,10] {\"C\":1,\"S\":2} @10\n"
              "OUT \"b\"[10,10] {\"C\":1,\"S\":3} @10\n"
              "OUT \"a\"[0,0] null @0\n"
              "OUT \"a\"[10,10] null @10\n"
              "OUT \"a\"[0,10] {\"C\":3,\"S\":7} @10\n"
              "OUT \"b\"[10,10] {\"C\":2,\"S\":8} @10\n");
}

static void test_session_late(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_SESSION, 5, 0, 2, 100, false};
    const ops_in in[] = {{"T", "\"a\"", v1, 20},
                         {"T", "\"a\"", v1, 13},  /* 13 >= 20 - 5 - 2: taken */
                         {"T", "\"b\"", v1, 12},  /* late */
                         {"T", "\"a\"", v1, 12}}; /* late alone, but extends [13,13] */
    ops_check(build_window, in,
              "OUT \"a\"[20,20] {\"C\":1,\"S\":1} @20\n"
              "OUT \"a\"[13,13] {\"C\":1,\"S\":1} @13\n"
              "OUT \"a\"[13,13] null @13\n"
              "OUT \"a\"[12,13] {\"C\":2,\"S\":2} @13\n");
}

static void test_session_caching(void **state)
{
    (void)state;
    window = (wr_window){WR_WINDOW_SESSION, 5, 0, 1000, 2000, false};
    const ops_in in[] = {{"T", "\"a\"", v1, 0}, {"T", "\"a\"", v1, 3}, {"T", "\"a\"", v1, 7}};
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_window, true);
    ops_run(o, in, 2, 2, false);
    ops_restart(o);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\"[0,3] {\"C\":2,\"S\":2} @3\n");
    wr_buf_clear(&o->out);
    ops_run(o, in + 2, 1, 2, false);
    ops_restart(o);
    assert_string_equal(wr_buf_cstr(&o->out), "OUT \"a\"[0,3] null @3\n"
                                              "OUT \"a\"[0,7] {\"C\":3,\"S\":3} @7\n");
    ops_close(o);
    wr_free(o);
}

/* ------------------------------------------------------------------ pull reads */

static weir_status collect_pull(void *arg, const wr_batch *b, weir_error *err)
{
    ops *o = arg;
    return ops_collect(&o->ctx, b, err);
}

static const char *pull(ops *o, const wr_pull_bounds *bounds)
{
    wr_store *store;
    wr_arena *scratch = wr_arena_new(0);
    ops_materialize(o, o->steps[1]);
    wr_db_snap *snap = wr_db_snap_new(o->db);
    ops_open_snapshot(o, o->plan.materialized_store, snap, &store);
    wr_buf_clear(&o->out);
    OPS_OK(wr_materialized_read(&o->plan, store, bounds, 2, scratch, collect_pull, o, err));
    wr_store_close(store);
    wr_db_snap_free(o->db, snap);
    wr_arena_free(scratch);
    return wr_buf_cstr(&o->out);
}

static void check_pulls(const ops_in *in, size_t n, const char *all, const char *of_a,
                        const char *from_10)
{
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build_window, false);
    ops_run(o, in, n, 10, false);
    ops_commit(o);
    wr_pull_bounds b = {.window_start_min = INT64_MIN,
                        .window_start_max = INT64_MAX,
                        .window_end_min = INT64_MIN,
                        .window_end_max = INT64_MAX};
    assert_string_equal(pull(o, &b), all);
    wr_buf key = {0};
    wr_materialized_key(&o->plan, &(wr_value){.u.str = WR_STR("a")}, &key);
    wr_str k = wr_buf_view(&key);
    b.key = &k;
    assert_string_equal(pull(o, &b), of_a);
    b.key = NULL;
    b.window_start_min = 10;
    assert_string_equal(pull(o, &b), from_10);
    wr_buf_free(&key);
    ops_close(o);
    wr_free(o);
}

static void test_pull(void **state)
{
    (void)state;
    const ops_in in[] = {{"T", "\"b\"", v1, 0}, {"T", "\"a\"", v1, 1}, {"T", "\"a\"", v1, 12}};
    window = (wr_window){WR_WINDOW_TUMBLING, 10, 10, 100, 200, false};
    check_pulls(in, 3,
                "\"a\", 1, 1 [0,10] @1\n"
                "\"b\", 1, 1 [0,10] @0\n"
                "\"a\", 1, 1 [10,20] @12\n",
                "\"a\", 1, 1 [0,10] @1\n"
                "\"a\", 1, 1 [10,20] @12\n",
                "\"a\", 1, 1 [10,20] @12\n");
    window = (wr_window){WR_WINDOW_SESSION, 5, 0, 100, 200, false};
    check_pulls(in, 3,
                "\"b\", 1, 1 [0,0] @0\n"
                "\"a\", 1, 1 [1,1] @1\n"
                "\"a\", 1, 1 [12,12] @12\n",
                "\"a\", 1, 1 [1,1] @1\n"
                "\"a\", 1, 1 [12,12] @12\n",
                "\"a\", 1, 1 [12,12] @12\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tumbling),       cmocka_unit_test(test_hopping),
        cmocka_unit_test(test_window_caching), cmocka_unit_test(test_session_merge),
        cmocka_unit_test(test_session_late),   cmocka_unit_test(test_session_caching),
        cmocka_unit_test(test_pull),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
