/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged state: a changelog or a disk may hold anything, so whatever bytes stand for a row, the
 * operator that meets them fails with WEIR_ERR_STORE. It does not abort, and does not go on with
 * rows that it made up.
 */
#include "op_harness.h"

#include "engine/operators/rowkey.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void build_count(ops *o)
{
    wr_step *in = ops_source(o, "T", "ID INT KEY, V INT", false);
    wr_step *s = ops_aggregate(o, in, (wr_window){0}, "ID INT KEY, N BIGINT", EXPRS("COUNT(V)"));
    ops_sink(o, s, "OUT");
}

static void build_list(ops *o)
{
    wr_step *in = ops_source(o, "T", "ID INT KEY, V INT", false);
    wr_step *s =
        ops_aggregate(o, in, (wr_window){0}, "ID INT KEY, N ARRAY<INT>", EXPRS("COLLECT_LIST(V)"));
    ops_sink(o, s, "OUT");
}

static void build_table(ops *o)
{
    wr_step *in = ops_source(o, "T", "ID INT KEY, V INT", true);
    ops_want_old(in);
    ops_sink(o, ops_filter(o, in, "V > 0"), "OUT");
}

static void build_stream_table(ops *o)
{
    wr_step *l = ops_source(o, "T", "ID INT KEY, V INT", false);
    wr_step *r = ops_source(o, "R", "ID INT KEY, W INT", true);
    wr_step *s = ops_join(o, WR_STEP_STREAM_TABLE_JOIN, l, r, "ID INT KEY, V INT, W INT",
                          (wr_step_join){.kind = WR_AST_JOIN_INNER});
    ops_sink(o, s, "OUT");
}

static void build_tables(ops *o)
{
    wr_step *l = ops_source(o, "T", "ID INT KEY, V INT", true);
    wr_step *r = ops_source(o, "R", "ID INT KEY, W INT", true);
    wr_step *s = ops_join(o, WR_STEP_TABLE_TABLE_JOIN, l, r, "ID INT KEY, V INT, W INT",
                          (wr_step_join){.kind = WR_AST_JOIN_INNER});
    s->table = true;
    ops_sink(o, s, "OUT");
}

static void build_fk(ops *o)
{
    wr_step *l = ops_source(o, "T", "ID INT KEY, V INT", true);
    wr_step *r = ops_source(o, "R", "ID INT KEY, W INT", true);
    wr_step *s = ops_fk_join(o, l, r, "ID INT KEY, V INT, W INT", WR_AST_JOIN_INNER, "V");
    s->table = true;
    ops_sink(o, s, "OUT");
}

static wr_store *store_named(ops *o, const char *name)
{
    for (size_t i = 0; i < o->stores_n; i++)
        if (strcmp(o->stores[i].name, name) == 0)
            return o->stores[i].store;
    fail_msg("no store %s", name);
    return NULL;
}

#define ROW_LEN 9 /* so many zeroes are a row: its time, and NULL */
static const char zeroes[16];

/* A row of @p len zero bytes for key @p key in a store. */
static void put_zeroes(ops *o, const char *store, int32_t key, uint32_t len)
{
    wr_buf bytes = {0};
    wr__rowkey_put(&bytes, &wr_type_integer, &(wr_value){.u.i32 = key});
    OPS_OK(wr_kv_put(store_named(o, store), wr_buf_view(&bytes), wr_str_make(zeroes, len), 0, err));
    wr_buf_free(&bytes);
}

static weir_status feed_one(ops *o, const char *topic, const char *key, const char *value)
{
    wr_record r = ops_record(&(ops_in){topic, key, value, 5}, 0);
    return ops_feed(o, ops_topic(o, topic, WR_TOPIC_INPUT), &r, 1);
}

typedef struct damage_case {
    ops_build build;
    const char *store;         /* its row of key 7 is damaged */
    const char *topic, *value; /* of the record that meets it */
} damage_case;

static const damage_case cases[] = {
    {build_count, "Aggregate", "T", "{\"V\":7}"},
    {build_list, "Aggregate", "T", "{\"V\":7}"},
    {build_table, "Source_T_t", "T", "{\"V\":7}"},
    {build_stream_table, "Join-right", "T", "{\"V\":7}"},
    {build_tables, "Join-right", "T", "{\"V\":7}"},
    {build_tables, "Join-left", "R", "{\"W\":7}"},
};

static void test_short_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        for (uint32_t len = 0; len < 12; len++) {
            const damage_case *c = &cases[i];
            if (len == ROW_LEN)
                continue;
            ops *o = wr_malloc(sizeof *o);
            ops_open(o, c->build, false);
            put_zeroes(o, c->store, 7, len);
            weir_status st = feed_one(o, c->topic, "7", c->value);
            if (st != WEIR_ERR_STORE)
                fail_msg("case %zu, %u bytes: status %d, output %s", i, len, (int)st,
                         wr_buf_cstr(&o->out));
            assert_non_null(strstr(o->err.message, "damaged"));
            ops_close(o);
            wr_free(o);
        }
    }
}

/* A subscription meets the right row, an answer the left one. */
static void test_foreign_key(void **state)
{
    (void)state;
    for (uint32_t len = 0; len < 8; len++) {
        ops *o = wr_malloc(sizeof *o);
        ops_open(o, build_fk, false);
        o->hold = true;
        put_zeroes(o, "Join-right", 9, len);
        assert_int_equal(feed_one(o, "T", "7", "{\"V\":9}"), WEIR_OK);
        ops_queued *q = &o->queue[o->queue_from];
        assert_int_equal(o->queue_to, 1);
        assert_int_equal(ops_feed(o, q->topic, &q->record, 1), WEIR_ERR_STORE);
        ops_close(o);

        ops_open(o, build_fk, false);
        o->hold = true;
        assert_int_equal(feed_one(o, "R", "9", "{\"W\":1}"), WEIR_OK);
        assert_int_equal(feed_one(o, "T", "7", "{\"V\":9}"), WEIR_OK);
        assert_int_equal(ops_feed(o, o->queue[0].topic, &o->queue[0].record, 1), WEIR_OK);
        assert_int_equal(o->queue_to, 2);
        put_zeroes(o, "Join-left", 7, len);
        assert_int_equal(ops_feed(o, o->queue[1].topic, &o->queue[1].record, 1), WEIR_ERR_STORE);
        ops_close(o);
        wr_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_rows),
        cmocka_unit_test(test_foreign_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
