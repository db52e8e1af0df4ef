/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that expressions cannot decide about, by policy: left out or stopping, in filters and
 * groupings; the same whatever the cut.
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static wr_on_error on_error; /* of the test that runs; builders read it */

static void build_filter(ops *o)
{
    o->plan.computing.on_error = on_error;
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    ops_sink(o, ops_filter(o, s, "10 / V > 1"), "OUT");
}

static void build_group(ops *o)
{
    o->plan.computing.on_error = on_error;
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s = ops_select_key(o, s, "Q INT KEY, ID INT, V INT", EXPRS("10 / V"), true);
    ops_sink(o, s, "OUT");
}

static const ops_in in[] = {{"T", "1", "{\"V\":2}", 1},
                            {"T", "2", "{\"V\":20}", 2},
                            {"T", "3", "{\"V\":0}", 3},
                            {"T", "4", "{\"V\":null}", 4},
                            {"T", "5", "{\"V\":5}", 5}};
enum { ROWS = WR_ARRAY_LEN(in), BAD = 2 };

static weir_status feed(ops *o, uint32_t cut)
{
    wr_record records[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        records[i] = ops_record(&in[i], i);
    weir_status st = WEIR_OK;
    for (uint32_t at = 0; at < ROWS && st == WEIR_OK; at += cut)
        st = ops_feed(o, 0, records + at, WR_MIN(cut, ROWS - at));
    return st;
}

static void check(ops_build build, wr_on_error policy, weir_status status, unsigned left_out,
                  const char *out)
{
    on_error = policy;
    for (uint32_t cut = 1; cut <= ROWS; cut++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build, false);
        assert_int_equal(feed(o, cut), status);
        assert_string_equal(wr_buf_cstr(&o->out), out);
        assert_int_equal(o->outcomes[WR_ROW_FAULT_LEFT_OUT], left_out);
        assert_int_equal(o->outcomes[WR_ROW_FAULT_STOPS], status != WEIR_OK);
        assert_int_equal(o->outcomes[WR_ROW_FAULT_STAYS], 0);
        assert_int_equal(o->last_fault.reason, WR_ROW_FAULT_EXPRESSION);
        assert_int_equal(o->last_row, BAD % cut);
        ops_close(o);
        wr_free(o);
    }
}

static void test_filter(void **state)
{
    (void)state;
    static const char all[] = "OUT 1 {\"V\":2} @1\nOUT 5 {\"V\":5} @5\n";
    check(build_filter, WR_ON_ERROR_SKIP, WEIR_OK, 1, all);
    check(build_filter, WR_ON_ERROR_DEAD_LETTER, WEIR_OK, 1, all);
    check(build_filter, WR_ON_ERROR_STOP, WEIR_ERR_RECORD, 0, "OUT 1 {\"V\":2} @1\n");
}

/* A row without a value to group by is no error, and does not stop. */
static void test_group(void **state)
{
    (void)state;
    static const char all[] =
        "OUT 5 {\"ID\":1,\"V\":2} @1\nOUT 0 {\"ID\":2,\"V\":20} @2\nOUT 2 {\"ID\":5,\"V\":5} @5\n";
    check(build_group, WR_ON_ERROR_SKIP, WEIR_OK, 1, all);
    check(build_group, WR_ON_ERROR_STOP, WEIR_ERR_RECORD, 0,
          "OUT 5 {\"ID\":1,\"V\":2} @1\nOUT 0 {\"ID\":2,\"V\":20} @2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filter), cmocka_unit_test(test_group)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
