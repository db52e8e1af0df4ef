/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates in place (flat.c) give what the boxed functions give: the same query with and without
 * a COLLECT_LIST, which has no flat form and makes all of them go the boxed way, on random rows
 * with NULLs; by batch size, caching, windows, kinds of key; over damaged bytes.
 */
#include "unit/engine/op_harness.h"

#include "engine/operators/rowkey.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { RECORDS = 240 };

static ops_in input[RECORDS];
static wr_arena *texts;

/* What the builder makes. */
static wr_window window;
static bool boxed, two_keys;
static const char *key_type;

static const char *number(wr_rng *r, const char *const *values, size_t n)
{
    return wr_rng_below(r, 4) == 0 ? "null" : values[wr_rng_below(r, n)];
}

static void make_input(uint64_t seed)
{
    static const char *const ints[] = {"0", "1", "-1", "7", "2147483647", "-2147483648"};
    static const char *const longs[] = {"0", "-5", "9223372036854775807", "-9223372036854775808",
                                        "42"};
    static const char *const doubles[] = {"0.0", "-0.0", "1.5", "-2.25", "1e300", "-1e-300"};
    wr_rng r;
    wr_rng_seed(&r, seed);
    int64_t now = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        now += (int64_t)wr_rng_below(&r, 4) + (wr_rng_below(&r, 30) == 0 ? 40 : 0);
        input[i] = (ops_in){
            .topic = "L",
            .time = WR_MAX(0, now - (int64_t)wr_rng_below(&r, 12)),
            .key = wr_arena_printf(texts, "%d", (int)i),
            .value = wr_rng_below(&r, 25) == 0
                         ? NULL
                         : wr_arena_printf(texts, "{\"V\":%s,\"B\":%s,\"D\":%s,\"G\":%s,\"H\":%d}",
                                           number(&r, ints, WR_ARRAY_LEN(ints)),
                                           number(&r, longs, WR_ARRAY_LEN(longs)),
                                           number(&r, doubles, WR_ARRAY_LEN(doubles)),
                                           EXPRS("1", "-7", "30", "null")[wr_rng_below(&r, 4)],
                                           (int)wr_rng_below(&r, 2))};
    }
}

static const char results[] =
    "C BIGINT, CV BIGINT, SV INT, SB BIGINT, SD DOUBLE, AV DOUBLE, AB DOUBLE, AD DOUBLE, MIV INT, "
    "MAV INT, MIB BIGINT, MAB BIGINT, MID DOUBLE, MAD DOUBLE, LV INT, EB BIGINT, LD DOUBLE";

static void build(ops *o)
{
    const char *keys = two_keys ? "K STRING KEY, H2 INT KEY"
                                : wr_arena_printf(o->plan_arena, "K %s KEY", key_type);
    wr_step *s =
        ops_source(o, "L", "ID INT KEY, V INT, B BIGINT, D DOUBLE, G BIGINT, H INT", false);
    s = ops_select_key(o, s,
                       wr_arena_printf(o->plan_arena,
                                       "%s, ID INT, V INT, B BIGINT, D DOUBLE, G BIGINT, H INT",
                                       keys),
                       two_keys ? EXPRS("CAST(G AS STRING)", "H")
                                : EXPRS(wr_arena_printf(o->plan_arena, "CAST(G AS %s)", key_type)),
                       true);
    s = ops_aggregate(
        o, s, window,
        wr_arena_printf(o->plan_arena, "%s, %s%s", keys, results, boxed ? ", LL ARRAY<INT>" : ""),
        EXPRS("COUNT(*)", "COUNT(V)", "SUM(V)", "SUM(B)", "SUM(D)", "AVG(V)", "AVG(B)", "AVG(D)",
              "MIN(V)", "MAX(V)", "MIN(B)", "MAX(B)", "MIN(D)", "MAX(D)", "LATEST_BY_OFFSET(V)",
              "EARLIEST_BY_OFFSET(B)", "LATEST_BY_OFFSET(D)", boxed ? "COLLECT_LIST(V)" : NULL));
    if (window.emit_final)
        s = ops_suppress(o, s, 0);
    else
        ops_want_old(s), s = ops_filter(o, s, "C > 1"); /* asks for old rows */
    s = ops_select(o, s, wr_arena_printf(o->plan_arena, "%s, %s", keys, results),
                   two_keys ? EXPRS("K", "H2", "C", "CV", "SV", "SB", "SD", "AV", "AB", "AD", "MIV",
                                    "MAV", "MIB", "MAB", "MID", "MAD", "LV", "EB", "LD")
                            : EXPRS("K", "C", "CV", "SV", "SB", "SD", "AV", "AB", "AD", "MIV",
                                    "MAV", "MIB", "MAB", "MID", "MAD", "LV", "EB", "LD"));
    ops_sink(o, s, "OUT");
}

/* The output of all records, with a commit (and restart) after each @p commit of them. */
static char *run(bool as_boxed, bool caching, uint32_t batch, size_t commit)
{
    boxed = as_boxed;
    ops *o = wr_malloc(sizeof *o);
    ops_open(o, build, caching);
    for (size_t at = 0; at < RECORDS; at += commit) {
        ops_run(o, input + at, WR_MIN(commit, RECORDS - at), batch, false);
        ops_restart(o);
    }
    char *out = wr_arena_strdup(texts, wr_buf_cstr(&o->out));
    ops_close(o);
    wr_free(o);
    return out;
}

static void check_both(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        texts = wr_arena_new(0);
        make_input(seed);
        for (int caching = 0; caching <= 1; caching++) {
            const char *expected = run(true, caching, 1, 50);
            assert_true(strlen(expected) > 1000); /* it does say something */
            static const uint32_t batches[] = {1, 2, 200, 0};
            for (size_t k = 0; k < WR_ARRAY_LEN(batches); k++) {
                const char *got = run(false, caching, batches[k], 50);
                if (strcmp(got, expected) != 0)
                    fail_msg("seed %d, caching %d, batches of %u:\n--- boxed\n%s--- flat\n%s",
                             (int)seed, caching, batches[k], expected, got);
            }
        }
        wr_arena_free(texts);
    }
}

static void test_windows(void **state)
{
    (void)state;
    key_type = "BIGINT";
    two_keys = false;
    const wr_window windows[] = {
        {.kind = WR_WINDOW_NONE},
        {WR_WINDOW_TUMBLING, 20, 20, 5, 40, false},
        {WR_WINDOW_HOPPING, 20, 7, 5, 40, false},
        {WR_WINDOW_TUMBLING, 20, 20, 0, 40, true},
        {WR_WINDOW_HOPPING, 20, 7, 5, 40, true},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(windows); i++) {
        window = windows[i];
        check_both();
    }
}

static void test_keys(void **state)
{
    (void)state;
    window = (wr_window){.kind = WR_WINDOW_NONE};
    static const char *const types[] = {"INT", "STRING", "DOUBLE"};
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++) {
        key_type = types[i];
        check_both();
    }
    two_keys = true;
    check_both();
    window = (wr_window){WR_WINDOW_HOPPING, 20, 7, 5, 40, false};
    check_both();
    two_keys = false;
}

/* Bytes of a group that are not what an aggregate writes: an error, never a wrong result. */
static void test_damaged(void **state)
{
    (void)state;
    key_type = "BIGINT";
    window = (wr_window){.kind = WR_WINDOW_NONE};
    boxed = false;
    texts = wr_arena_new(0);
    const ops_in in[] = {{"L", "1", "{\"V\":1,\"B\":2,\"D\":3.0,\"G\":1,\"H\":0}", 5}};
    for (int kind = 0; kind < 4; kind++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build, kind & 1);
        ops_run(o, in, 1, 1, false);
        ops_commit(o);
        wr_store *store = o->stores[0].store;
        wr_buf key = {0};
        wr__rowkey_put(&key, &wr_type_bigint, &(wr_value){.u.i64 = 1});
        wr_store_entry *e;
        OPS_OK(wr_kv_find(store, wr_buf_view(&key), &e, err));
        assert_true(wr_entry_exists(e));
        size_t len = wr_entry_value(e).len;
        char *bytes = wr_entry_edit(store, e, kind < 2 ? len : len - 3);
        bytes[8] = 2; /* a mark that no BIGINT has */
        OPS_OK(wr_entry_changed(store, e, 5, err));
        wr_record record = ops_record(in, 1);
        assert_int_equal(ops_feed(o, ops_topic(o, "L", WR_TOPIC_INPUT), &record, 1),
                         WEIR_ERR_STORE);
        assert_true(o->err.flags & WEIR_ERROR_FATAL);
        wr_buf_free(&key);
        ops_close(o);
        wr_free(o);
    }
    wr_arena_free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
