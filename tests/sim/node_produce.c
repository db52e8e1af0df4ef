/* SPDX-License-Identifier: Apache-2.0 */
/* InitProducerId, and Produce without transactions: batches are read, and their records appended.
 */
#include "node_internal.h"

#include "runtime/log/wire/record_batch.h"

static wr_wire_codec *codec;
static wr_arena *arena;

void node_produce_begin(void)
{
    codec = wr__wire_codec_new();
    arena = wr_arena_new(0);
}

void node_produce_end(void)
{
    wr__wire_codec_free(codec);
    wr_arena_free(arena);
}

void node_answer_init_producer_id(node_request *r, wr_buf *b)
{
    wr_str transactional = wr__wire_str_or_null(&r->body, true);
    WR_ASSERT(!transactional.ptr); /* transactions are librdkafka's so far */
    wr__wire_put_i32(b, 0);        /* throttling */
    wr__wire_put_i16(b, WR_WIRE_NONE);
    wr__wire_put_i64(b, broker_new_pid());
    wr__wire_put_i16(b, 0);
    wr__wire_put_no_tags(b, true);
}

static int16_t append_batch(sim_part part, wr_str bytes, int64_t *base)
{
    wr_wire_batch batch;
    wr_wire_records open;
    wr_record records[64];
    sim_record own[1024];
    wr_buf inflated = {0};
    weir_error err;
    size_t all = 0;
    uint32_t n = 0;
    weir_status st = wr__wire_batch_read(bytes.ptr, bytes.len, &batch, &err);
    WR_ASSERT(st == WEIR_OK && batch.bytes == bytes.len && !batch.transactional);
    st = wr__wire_records_open(&batch, codec, &inflated, &open, &err);
    do {
        WR_ASSERT(st == WEIR_OK);
        st = wr__wire_records_next(&open, 0, part.partition, arena, records, WR_ARRAY_LEN(records),
                                   &n, &err);
        for (uint32_t i = 0; i < n; i++) {
            const wr_record *r = &records[i];
            WR_ASSERT(all < WR_ARRAY_LEN(own));
            own[all++] = (sim_record){.key = (char *)(uintptr_t)r->key.ptr,
                                      .value = (char *)(uintptr_t)r->value.ptr,
                                      .key_len = r->key.len,
                                      .value_len = r->value.len,
                                      .time_ms = r->timestamp};
        }
    } while (n == WR_ARRAY_LEN(records));
    const sim_producer who = {-1, batch.producer_id, batch.producer_epoch};
    rd_kafka_resp_err_t rc =
        broker_produce(&who, part, (uint32_t)batch.base_sequence, own, all, base);
    wr_buf_free(&inflated);
    wr_arena_reset(arena);
    return (int16_t)rc;
}

static void put_produced(wr_buf *b, const node_request *r, sim_part part, wr_str records)
{
    int64_t base = -1;
    int16_t error = node_check_leader(r->node, part, -1);
    if (!error)
        error = append_batch(part, records, &base);
    node_put_topic(b, part.topic, r->version >= WR_WIRE_PRODUCE_BY_ID);
    wr__wire_put_i32(b, part.partition);
    wr__wire_put_i16(b, error);
    wr__wire_put_i64(b, error ? -1 : base);
    wr__wire_put_i64(b, -1);                /* the node's time */
    wr__wire_put_i64(b, error ? -1 : 0);    /* where it begins */
    wr__wire_put_array(b, 0, true);         /* what is wrong with single records */
    wr__wire_put_str(b, (wr_str){0}, true); /* or with all of them */
    if (r->version >= 10)
        node_put_leader(b, r, part, error, 0);
    else
        wr__wire_put_no_tags(b, true);
    wr__wire_put_no_tags(b, true);
}

void node_answer_produce(node_request *r, wr_buf *b)
{
    wr_wire_in *in = &r->body;
    wr_str transactional = wr__wire_str_or_null(in, true);
    WR_ASSERT(!transactional.ptr); /* transactions are librdkafka's so far */
    (void)wr__wire_i16(in);        /* acks */
    (void)wr__wire_i32(in);        /* time for the replicas */
    wr_buf parts = {0};
    uint32_t all = 0, topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        int topic = node_read_topic(in, r->version >= WR_WIRE_PRODUCE_BY_ID);
        uint32_t n = wr__wire_array(in, true, 6);
        for (uint32_t k = 0; k < n; k++, all++) {
            const sim_part part = {topic, wr__wire_i32(in)};
            wr_str records = wr__wire_bytes(in, true);
            wr__wire_tags_skip(in, true);
            put_produced(&parts, r, part, records);
        }
        wr__wire_tags_skip(in, true);
    }
    wr__wire_put_array(b, all, true);
    wr_buf_str(b, wr_buf_view(&parts));
    wr__wire_put_i32(b, 0); /* throttling */
    wr__wire_put_no_tags(b, true);
    wr_buf_free(&parts);
}
