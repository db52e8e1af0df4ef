/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where keys lie: what a source looks at, the query that is to stop at a misplaced one, and the
 * partitioner that records are written by.
 */
#include "unit/engine/op_harness.h"

#define EXPRS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PARTITIONS 6
#define FEED(call) assert_int_equal(call, WEIR_OK)

static const wr_window unwindowed = {.kind = WR_WINDOW_NONE};
static bool fails;

static void build(ops *o)
{
    wr_step *source = ops_source(o, "T", "ID INT KEY, N STRING", false), *s = source;
    source->u.source.partitioner = WR_PARTITIONER_CRC32;
    source->u.source.placed = true;
    source->u.source.fail_on_misplaced_key = fails;
    o->topics[source->u.source.topic].partitions = PARTITIONS;
    s = ops_select_key(o, s, "N STRING KEY, ID INT, N2 STRING", EXPRS("N"), true);
    s = ops_repartition(o, s, "G");
    s->u.repartition.partitioner = WR_PARTITIONER_FNV1A;
    s = ops_aggregate(o, s, unwindowed, "N STRING KEY, ID INT, C BIGINT", EXPRS("COUNT(*)"));
    ops_sink(o, s, "OUT");
    o->steps[o->plan.steps_n - 1]->u.sink.partitioner = WR_PARTITIONER_CRC32;
}

/* Keys "0", "1" ... where @p by puts them, in the partition of the first. */
static uint32_t records_of(wr_partitioner by, wr_record *records, uint32_t max)
{
    static char texts[1000][8];
    int32_t partition = -1;
    uint32_t n = 0;
    for (int i = 0; i < 1000 && n < max; i++) {
        wr_str key = wr_str_make(texts[i], (uint32_t)snprintf(texts[i], sizeof texts[i], "%d", i));
        int32_t p = wr_partition_of(by, key, PARTITIONS);
        if (partition >= 0 && p != partition)
            continue;
        partition = p;
        records[n] =
            (wr_record){.key = key, .value = WR_STR("{\"N\":\"a\"}"), .offset = n, .partition = p};
        n++;
    }
    assert_int_equal(n, max);
    return n;
}

static ops *opened(bool fail)
{
    ops *o = wr_malloc(sizeof *o);
    fails = fail;
    ops_open(o, build, false);
    return o;
}

static void closed(ops *o)
{
    ops_close(o);
    wr_free(o);
}

static void test_a_look_at_keys(void **state)
{
    (void)state;
    ops *o = opened(false);
    const wr_op *source = wr_topology_op(o->subs[0], 0);
    uint32_t topic = ops_topic(o, "T", WR_TOPIC_INPUT);
    wr_record records[100];
    (void)records_of(WR_PARTITIONER_CRC32, records, 100);
    FEED(ops_feed(o, topic, records, 40));
    assert_int_equal(source->keys->places.keys, 40);
    FEED(ops_feed(o, topic, records + 40, 60)); /* the first 64, then one of each feed */
    assert_int_equal(source->keys->places.keys, 64);
    assert_int_equal(wr_key_places_misses(&source->keys->places, WR_PARTITIONER_CRC32), 0);
    for (uint32_t i = 64; i < 94; i += 10)
        FEED(ops_feed(o, topic, records + i, 10));
    assert_int_equal(source->keys->looked, 67);
    assert_int_equal(source->rows_in, 130);
    records[0] = (wr_record){.value = WR_STR("{\"N\":\"a\"}"), .partition = 5}; /* NULL key */
    (void)records_of(WR_PARTITIONER_MURMUR2, records + 1, 20);
    for (uint32_t i = 0; i <= 20; i++)
        FEED(ops_feed(o, topic, records + i, 1));
    uint64_t misses = wr_key_places_misses(&source->keys->places, WR_PARTITIONER_CRC32);
    assert_true(misses > 0 && misses <= 20);
    closed(o);
}

static void test_a_query_that_is_to_stop(void **state)
{
    (void)state;
    ops *o = opened(true);
    uint32_t topic = ops_topic(o, "T", WR_TOPIC_INPUT);
    wr_record records[40];
    (void)records_of(WR_PARTITIONER_CRC32, records, 40);
    records[3].key = WR_STR(""); /* lie anywhere */
    records[4].key = (wr_str){0};
    FEED(ops_feed(o, topic, records, 30));
    uint64_t rows = wr_topology_op(o->subs[0], 0)->rows_in;
    records[33].partition = (records[33].partition + 1) % PARTITIONS;
    records[33].offset = 1234;
    assert_int_equal(ops_feed(o, topic, records + 30, 10), WEIR_ERR_RECORD);
    char expected[200];
    snprintf(expected, sizeof expected,
             "The key of the record at offset 1234 of topic T, partition %d, belongs to partition "
             "%d of 6 by crc32",
             records[33].partition, records[32].partition);
    assert_string_equal(o->err.message, expected);
    assert_int_equal(wr_topology_op(o->subs[0], 0)->rows_in, rows); /* nothing of that feed */
    closed(o);
}

static wr_partitioner written_by[WR_TOPIC_OUTPUT + 1]; /* by role of the topic */

static weir_status note_produce(wr_task_ctx *ctx, uint32_t topic, const wr_out_records *r,
                                weir_error *err)
{
    ops *o = ctx->runtime;
    assert_null(r->partitions);
    written_by[o->topics[topic].role] = r->partitioner;
    return ops_produce(ctx, topic, r, err);
}

static void test_records_are_written_by_it(void **state)
{
    (void)state;
    ops *o = opened(false);
    wr_record records[5];
    o->ctx.produce = note_produce;
    FEED(ops_feed(o, ops_topic(o, "T", WR_TOPIC_INPUT), records,
                  records_of(WR_PARTITIONER_CRC32, records, 5)));
    assert_int_equal(written_by[WR_TOPIC_REPARTITION], WR_PARTITIONER_FNV1A);
    assert_int_equal(written_by[WR_TOPIC_OUTPUT], WR_PARTITIONER_CRC32);
    closed(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_look_at_keys),
        cmocka_unit_test(test_a_query_that_is_to_stop),
        cmocka_unit_test(test_records_are_written_by_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
