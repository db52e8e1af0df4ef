/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources whose decoder waits or fails as a whole (formats/format.h): the feed fails with that
 * error before a row is counted, reported or emitted, and the same records can be fed again.
 */
#include "unit/engine/op_harness.h"

#include "engine/operators/source_pool.h"
#include "formats/format_internal.h"

/* JSON that waits, or fails, as it is told to. */
static weir_status outcome;
static unsigned outcome_flags;

static weir_status moody_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                              weir_error *err)
{
    if (outcome == WEIR_OK)
        return wr__format_json.scan(d, sel, ok, errs, err);
    (void)wr_error(err, outcome, "not now");
    err->flags |= outcome_flags;
    return outcome;
}

static const wr_format_class *moody(void)
{
    static wr_format_class class_;
    class_ = wr__format_json;
    class_.scan = moody_scan;
    return &class_;
}

static void build(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", false);
    s->u.source.value.format = &moody()->format;
    s = ops_filter(o, s, "V > 1");
    ops_sink(o, s, "OUT");
}

/* The same on the key's side, of a table that keeps its rows. */
static void build_table(ops *o)
{
    wr_step *s = ops_source(o, "T", "ID INT KEY, V INT", true);
    s->u.source.key.format = &moody()->format;
    ops_want_old(s);
    ops_sink(o, s, "OUT");
}

static const wr_record records[] = {
    {.key = {"1", 1}, .value = {"{\"V\":1}", 7}, .timestamp = 10},
    {.key = {"2", 1}, .value = {"{\"V\":2}", 7}, .timestamp = 20},
    {.key = {"3", 1}, .value = {"{\"V\":x}", 7}, .timestamp = 30},
    {.key = {"4", 1}, .value = {"{\"V\":4}", 7}, .timestamp = 40},
};

typedef struct mood {
    weir_status status;
    unsigned flags;
} mood;
static const mood moods[] = {
    {WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE},
    {WEIR_ERR_STORE, WEIR_ERROR_RETRIABLE},
    {WEIR_ERR_CONFIG, 0},
};

static void check(ops_build how, bool pool, const char *want)
{
    for (size_t m = 0; m < WR_ARRAY_LEN(moods); m++) {
        ops o;
        ops_open(&o, how, true);
        wr_source_pool *sources = pool ? wr_source_pool_new() : NULL;
        if (pool) { /* a pool is given before the topologies are made */
            ops_stop(&o);
            ops_start(&o);
            for (uint32_t s = 0; s < o.plan.subtopologies_n; s++)
                wr_topology_close(o.subs[s]);
            for (size_t i = 0; i < o.stores_n; i++)
                wr_store_close(o.stores[i].store);
            o.stores_n = 0;
            o.ctx.sources = sources;
            for (uint32_t s = 0; s < o.plan.subtopologies_n; s++)
                OPS_OK(wr_topology_new(&o.ctx, s, &o.subs[s], err));
        }
        outcome = moods[m].status;
        outcome_flags = moods[m].flags;
        for (int i = 0; i < 3; i++) { /* the run is not taken for one that has begun */
            assert_int_equal(ops_feed(&o, 0, records, WR_ARRAY_LEN(records)), outcome);
            assert_int_equal(o.err.flags, outcome_flags);
            assert_string_equal(o.err.message, "not now");
            assert_int_equal(o.row_errors, 0);
            assert_string_equal(wr_buf_cstr(&o.out), "");
        }
        outcome = WEIR_OK;
        assert_int_equal(ops_feed(&o, 0, records, WR_ARRAY_LEN(records)), WEIR_OK);
        assert_string_equal(wr_buf_cstr(&o.out), want);
        assert_int_equal(o.row_errors, 1); /* once, though the record came several times */
        ops_close(&o);
        wr_source_pool_free(sources);
    }
}

static void test_stream(void **state)
{
    (void)state;
    const char *want = "OUT 2 {\"V\":2} @20\nOUT 4 {\"V\":4} @40\n";
    check(build, false, want);
    check(build, true, want);
}

static void test_table(void **state)
{
    (void)state;
    const char *want = "OUT 1 {\"V\":1} @10\nOUT 2 {\"V\":2} @20\nOUT 4 {\"V\":4} @40\n";
    check(build_table, false, want);
    check(build_table, true, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
