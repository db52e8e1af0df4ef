/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about transactions, version by version, in the order of their definitions.
 */
#include "runtime/log/wire/txn_messages.h"

enum { OF_TRANSACTION = 1 }; /* FindCoordinator's key */

/* ---- partitions by topic ---- */

/* Topics with the numbers of their partitions; those of one topic stand next to each other. */
static void put_partitions(wr_buf *b, bool compact, const wr_wire_ask *asks, uint32_t n)
{
    uint32_t topics = 0;
    WR_ASSERT(asks && n > 0);
    for (uint32_t i = 0; i < n; i++)
        topics += i == 0 || strcmp(asks[i].topic, asks[i - 1].topic) != 0;
    wr__wire_put_array(b, topics, compact);
    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && strcmp(asks[end].topic, asks[i].topic) == 0;)
            end++;
        wr__wire_put_str(b, wr_str_c(asks[i].topic), compact);
        wr__wire_put_array(b, end - i, compact);
        for (uint32_t k = i; k < end; k++)
            wr__wire_put_i32(b, asks[k].partition);
        wr__wire_put_no_tags(b, compact);
    }
}

/* ---- FindCoordinator ---- */

void wr__wire_put_find_coordinator(wr_buf *b, int16_t version, const char *id)
{
    bool compact = wr__wire_flexible(WR_WIRE_FIND_COORDINATOR, version);
    WR_ASSERT(id[0]);
    wr__wire_put_str(b, wr_str_c(id), compact);
    wr__wire_put_i8(b, OF_TRANSACTION);
    wr__wire_put_no_tags(b, compact);
}

weir_status wr__wire_read_find_coordinator(wr_wire_in *in, int16_t version,
                                           wr_wire_coordinator *out, weir_error *err)
{
    bool compact = wr__wire_flexible(WR_WIRE_FIND_COORDINATOR, version);
    (void)wr__wire_i32(in); /* throttling */
    out->error = wr__wire_i16(in);
    (void)wr__wire_str_or_null(in, compact); /* the error in words */
    out->broker.id = wr__wire_i32(in);
    out->broker.host = wr__wire_str(in, compact);
    out->broker.port = wr__wire_i32(in);
    wr__wire_tags_skip(in, compact);
    if (out->error == WR_WIRE_NONE && out->broker.id < 0)
        wr__wire_in_fail(in, "a coordinator that is none");
    return wr__wire_in_end(in, "Kafka's answer to FindCoordinator", err);
}

/* ---- DescribeTransactions ---- */

void wr__wire_put_describe_transaction(wr_buf *b, const char *id)
{
    WR_ASSERT(id[0]);
    wr__wire_put_array(b, 1, true);
    wr__wire_put_str(b, wr_str_c(id), true);
    wr__wire_put_no_tags(b, true);
}

static void skip_transaction_topics(wr_wire_in *in)
{
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        (void)wr__wire_str(in, true);
        uint32_t n = wr__wire_array(in, true, 4);
        for (uint32_t k = 0; k < n; k++)
            (void)wr__wire_i32(in);
        wr__wire_tags_skip(in, true);
    }
}

weir_status wr__wire_read_describe_transaction(wr_wire_in *in, wr_wire_transaction *out,
                                               weir_error *err)
{
    (void)wr__wire_i32(in); /* throttling */
    if (wr__wire_array(in, true, 29) != 1)
        wr__wire_in_fail(in, "not the one transaction that was asked for");
    out->error = wr__wire_i16(in);
    (void)wr__wire_str(in, true); /* the id */
    out->state = wr__wire_str(in, true);
    (void)wr__wire_i32(in); /* its time-out */
    (void)wr__wire_i64(in); /* when it began */
    out->producer_id = wr__wire_i64(in);
    out->epoch = wr__wire_i16(in);
    skip_transaction_topics(in);
    wr__wire_tags_skip(in, true);
    wr__wire_tags_skip(in, true);
    return wr__wire_in_end(in, "Kafka's answer to DescribeTransactions", err);
}

/* ---- DescribeProducers ---- */

void wr__wire_put_describe_producers(wr_buf *b, const wr_wire_ask *asks, uint32_t n)
{
    put_partitions(b, true, asks, n);
    wr__wire_put_no_tags(b, true);
}

static wr_wire_open read_producer(wr_wire_in *in)
{
    wr_wire_open o = {.producer_id = wr__wire_i64(in)};
    (void)wr__wire_i32(in); /* epoch */
    (void)wr__wire_i32(in); /* last sequence */
    (void)wr__wire_i64(in); /* last time */
    (void)wr__wire_i32(in); /* the coordinator's epoch */
    o.first_offset = wr__wire_i64(in);
    wr__wire_tags_skip(in, true);
    return o;
}

typedef wr_arr(wr_wire_open) opens;

static void read_partition(wr_wire_in *in, wr_arena *a, wr_str topic, opens *all)
{
    int32_t partition = wr__wire_i32(in);
    int16_t error = wr__wire_i16(in);
    (void)wr__wire_str_or_null(in, true); /* the error in words */
    uint32_t n = wr__wire_array(in, true, 37);
    if (error != WR_WIRE_NONE) {
        const wr_wire_open why = {topic, partition, error, -1, -1};
        wr_arr_push(a, all, why);
    }
    for (uint32_t i = 0; i < n; i++) {
        wr_wire_open o = read_producer(in);
        o.topic = topic;
        o.partition = partition;
        if (o.producer_id >= 0 && o.first_offset >= 0)
            wr_arr_push(a, all, o);
    }
    wr__wire_tags_skip(in, true);
}

weir_status wr__wire_read_describe_producers(wr_wire_in *in, wr_arena *a, wr_wire_opens *out,
                                             weir_error *err)
{
    opens all = {0};
    (void)wr__wire_i32(in); /* throttling */
    uint32_t topics = wr__wire_array(in, true, 3);
    for (uint32_t i = 0; i < topics; i++) {
        wr_str topic = wr__wire_str(in, true);
        uint32_t n = wr__wire_array(in, true, 9);
        for (uint32_t k = 0; k < n; k++)
            read_partition(in, a, topic, &all);
        wr__wire_tags_skip(in, true);
    }
    wr__wire_tags_skip(in, true);
    *out = (wr_wire_opens){all.v, (uint32_t)all.n};
    return wr__wire_in_end(in, "Kafka's answer to DescribeProducers", err);
}

/* ---- AddPartitionsToTxn, AddOffsetsToTxn, EndTxn ---- */

static void put_producer(wr_buf *b, bool compact, const wr_wire_txn_producer *p)
{
    WR_ASSERT(p->id[0] && p->producer_id >= 0 && p->epoch >= 0);
    wr__wire_put_str(b, wr_str_c(p->id), compact);
    wr__wire_put_i64(b, p->producer_id);
    wr__wire_put_i16(b, p->epoch);
}

void wr__wire_put_add_partitions(wr_buf *b, int16_t version, const wr_wire_txn_producer *p,
                                 const wr_wire_ask *asks, uint32_t n)
{
    bool compact = wr__wire_flexible(WR_WIRE_ADD_PARTITIONS_TO_TXN, version);
    put_producer(b, compact, p);
    put_partitions(b, compact, asks, n);
    wr__wire_put_no_tags(b, compact);
}

weir_status wr__wire_read_add_partitions(wr_wire_in *in, int16_t version, int16_t *error,
                                         weir_error *err)
{
    bool compact = wr__wire_flexible(WR_WIRE_ADD_PARTITIONS_TO_TXN, version);
    *error = WR_WIRE_NONE;
    (void)wr__wire_i32(in); /* throttling */
    uint32_t topics = wr__wire_array(in, compact, 3);
    for (uint32_t i = 0; i < topics; i++) {
        (void)wr__wire_str(in, compact);
        uint32_t n = wr__wire_array(in, compact, 6);
        for (uint32_t k = 0; k < n; k++) {
            (void)wr__wire_i32(in); /* partition */
            int16_t code = wr__wire_i16(in);
            if (*error == WR_WIRE_NONE || *error == WR_WIRE_OPERATION_NOT_ATTEMPTED)
                *error = code != WR_WIRE_NONE ? code : *error;
            wr__wire_tags_skip(in, compact);
        }
        wr__wire_tags_skip(in, compact);
    }
    wr__wire_tags_skip(in, compact);
    return wr__wire_in_end(in, "Kafka's answer to AddPartitionsToTxn", err);
}

void wr__wire_put_add_offsets(wr_buf *b, int16_t version, const wr_wire_txn_producer *p,
                              const char *group)
{
    bool compact = wr__wire_flexible(WR_WIRE_ADD_OFFSETS_TO_TXN, version);
    put_producer(b, compact, p);
    wr__wire_put_str(b, wr_str_c(group), compact);
    wr__wire_put_no_tags(b, compact);
}

void wr__wire_put_end_txn(wr_buf *b, int16_t version, const wr_wire_txn_producer *p, bool commit)
{
    bool compact = wr__wire_flexible(WR_WIRE_END_TXN, version);
    put_producer(b, compact, p);
    wr__wire_put_bool(b, commit);
    wr__wire_put_no_tags(b, compact);
}

weir_status wr__wire_read_txn_error(wr_wire_in *in, wr_wire_api api, int16_t version,
                                    int16_t *error, weir_error *err)
{
    WR_ASSERT(api == WR_WIRE_END_TXN || api == WR_WIRE_ADD_OFFSETS_TO_TXN);
    (void)wr__wire_i32(in); /* throttling */
    *error = wr__wire_i16(in);
    wr__wire_tags_skip(in, wr__wire_flexible(api, version));
    return wr__wire_in_end(in,
                           api == WR_WIRE_END_TXN ? "Kafka's answer to EndTxn"
                                                  : "Kafka's answer to AddOffsetsToTxn",
                           err);
}
