/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_reader.h - reading partitions. What is handed over is a whole batch of records with one owner
 * and one release, records being slices into it (docs/design/logs.md says why).
 *
 * Threads: a reader belongs to one thread; wr_log_reader_wake is for the others.
 */
#ifndef WR_RUNTIME_LOG_LOG_READER_H
#define WR_RUNTIME_LOG_LOG_READER_H

#include "runtime/log/log.h"

/** A run of records of one partition, in offset order. */
typedef struct wr_log_batch {
    const char *topic;   /* the pointer given to assign, or the log's own for subscribe */
    uint32_t assignment; /* index of the wr_topic_part in the last assignment */
    int32_t partition;
    const wr_record *records;
    uint32_t n;
    int64_t next_offset; /* where to go on after it (control records may lie between) */
    void *owner;
} wr_log_batch;

/**
 * What a group wants of its member. It is a request, and stays one until it is answered with
 * wr_log_reader_assign; meanwhile polls give nothing.
 */
typedef enum wr_rebalance_kind {
    WR_REBALANCE_ASSIGN, /* these partitions are yours: answer with where to begin */
    WR_REBALANCE_REVOKE, /* give them up: finish and commit, then answer with n == 0 */
    WR_REBALANCE_LOST,   /* they are gone already: no commit can succeed. Answer with n == 0 */
} wr_rebalance_kind;
typedef struct wr_log_rebalance {
    wr_rebalance_kind kind;
    const wr_topic_part *parts; /* offsets without meaning; topics as given to subscribe */
    uint32_t n;
} wr_log_rebalance;

/** @p group may be NULL: the reader joins none. */
weir_status wr_log_reader_new(wr_log *log, const char *group, const wr_settings *settings,
                              wr_log_reader **out, weir_error *err) WR_MUST_CHECK;
/** Batches that it gave must have been released. */
void wr_log_reader_close(wr_log_reader *r);
/** Read these partitions from these offsets (replaces the assignment); answers a request. */
weir_status wr_log_reader_assign(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                                 weir_error *err) WR_MUST_CHECK;
/** Kafka, with a group: join it; partitions are requested in polls. Else all partitions of the
 *  topics are requested at once. */
weir_status wr_log_reader_subscribe(wr_log_reader *r, const char *const *topics, uint32_t n,
                                    weir_error *err) WR_MUST_CHECK;
/** The request that waits for an answer, or NULL. Borrowed until the answer. */
const wr_log_rebalance *wr_log_reader_rebalance(const wr_log_reader *r);
/**
 * Who has joined the reader's group: how many members, and the place of this one in order of their
 * ids, which is what assignors go by. *members 0: not known just now, between two assignments. A
 * log that does not share partitions: one.
 */
weir_status wr_log_reader_members(wr_log_reader *r, uint32_t *self, uint32_t *members,
                                  weir_error *err) WR_MUST_CHECK;
/** Stop and go on fetching a partition of the assignment. */
weir_status wr_log_reader_pause(wr_log_reader *r, uint32_t assignment, bool paused,
                                weir_error *err) WR_MUST_CHECK;
/**
 * Next batch: at most @p max_records; waits up to @p timeout_ms. *out == NULL: nothing there.
 * Rebalances become requests here, and until they are answered there is nothing. Kafka read errors
 * that pass by themselves are not errors.
 *
 * Records that retention has taken before they were read are no error either: a warning says which,
 * wr_log_reader_gone counts them, and the reader goes on with what is left. A topic that was
 * deleted and made anew under the reader is one (WEIR_ERR_LOG, not RETRIABLE), for as long as it is
 * assigned: the position is one of the old topic. The embedded log always notices, and so does the
 * Kafka log where it fetches by itself (weir.kafka.client). librdkafka 2.0.2 is not told a topic's
 * identity, so there it is noticed where the new partition ends before the position, or the topic
 * was seen to be missing; not where it has been deleted, made and filled beyond the position
 * between two requests.
 */
weir_status wr_log_reader_poll(wr_log_reader *r, uint32_t max_records, int timeout_ms,
                               wr_log_batch **out, weir_error *err) WR_MUST_CHECK;
/** Where an assigned partition ended when the reader last heard of it, without asking for it;
 *  WR_OFFSET_NONE: it has not heard of it. The embedded log always knows. */
int64_t wr_log_reader_known_end(const wr_log_reader *r, uint32_t assignment);
void wr_log_reader_release(wr_log_reader *r, wr_log_batch *batch);
/** Records that retention took before they could be read, since the reader was made. Any thread. */
uint64_t wr_log_reader_gone(const wr_log_reader *r);
/** Wake a poll from another thread. */
void wr_log_reader_wake(wr_log_reader *r);

#endif
