/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn_messages.h - requests about transactions, and their answers; as messages.h.
 *
 * Threads: no state of its own.
 */
#ifndef WR_RUNTIME_LOG_WIRE_TXN_MESSAGES_H
#define WR_RUNTIME_LOG_WIRE_TXN_MESSAGES_H

#include "runtime/log/wire/messages.h"

/* ---- FindCoordinator: 1 to 3 ---- */

/** Of a transactional id. */
void wr__wire_put_find_coordinator(wr_buf *b, int16_t version, const char *id);
typedef struct wr_wire_coordinator {
    int16_t error;
    wr_wire_broker broker; /* where there is no error */
} wr_wire_coordinator;
weir_status wr__wire_read_find_coordinator(wr_wire_in *in, int16_t version,
                                           wr_wire_coordinator *out, weir_error *err) WR_MUST_CHECK;

/* ---- DescribeTransactions: 0; DescribeProducers: 0 ---- */

void wr__wire_put_describe_transaction(wr_buf *b, const char *id);
typedef struct wr_wire_transaction {
    int16_t error;
    wr_str state; /* "Empty", "Ongoing", "CompleteCommit", ... */
    int64_t producer_id;
    int16_t epoch;
} wr_wire_transaction;
/** Of the one that was asked for. */
weir_status wr__wire_read_describe_transaction(wr_wire_in *in, wr_wire_transaction *out,
                                               weir_error *err) WR_MUST_CHECK;

void wr__wire_put_describe_producers(wr_buf *b, const wr_wire_ask *asks, uint32_t n);
/** A producer that has an undecided record in the partition; or, of producer -1, the partition's
 *  error. */
typedef struct wr_wire_open {
    wr_str topic;
    int32_t partition;
    int16_t error;
    int64_t producer_id, first_offset;
} wr_wire_open;
typedef struct wr_wire_opens {
    wr_wire_open *v;
    uint32_t n;
} wr_wire_opens;
weir_status wr__wire_read_describe_producers(wr_wire_in *in, wr_arena *a, wr_wire_opens *out,
                                             weir_error *err) WR_MUST_CHECK;

/* ---- AddPartitionsToTxn, AddOffsetsToTxn, EndTxn: 0 to 3 ---- */

/** Whose transaction. */
typedef struct wr_wire_txn_producer {
    const char *id;
    int64_t producer_id;
    int16_t epoch;
} wr_wire_txn_producer;
void wr__wire_put_add_partitions(wr_buf *b, int16_t version, const wr_wire_txn_producer *p,
                                 const wr_wire_ask *asks, uint32_t n);
/** *error: of the first partition that has one, but OPERATION_NOT_ATTEMPTED only where there is no
 *  other; else 0. */
weir_status wr__wire_read_add_partitions(wr_wire_in *in, int16_t version, int16_t *error,
                                         weir_error *err) WR_MUST_CHECK;
/** The partition of Kafka's own topic that has the offsets of the group. */
void wr__wire_put_add_offsets(wr_buf *b, int16_t version, const wr_wire_txn_producer *p,
                              const char *group);
void wr__wire_put_end_txn(wr_buf *b, int16_t version, const wr_wire_txn_producer *p, bool commit);
/** The answer to AddOffsetsToTxn or EndTxn. */
weir_status wr__wire_read_txn_error(wr_wire_in *in, wr_wire_api api, int16_t version,
                                    int16_t *error, weir_error *err) WR_MUST_CHECK;

#endif
