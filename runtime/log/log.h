/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - topics: the one interface to Kafka, the embedded log and the memory log.
 *
 * It is divided by what its users need:
 *   log.h         opening a log, what it can do, positions in partitions
 *   log_topics.h  topics: list, create, delete, ends of partitions
 *   log_groups.h  consumer groups: committed offsets
 *   log_reader.h  reading: assignment, batches of records
 *   log_writer.h  writing: records, and the commit
 *   log_class.h   what an implementation provides (log_kafka.c, log_local.c, log_memory.c)
 *
 * Policy outside this folder asks wr_log_can, never which log it is.
 */
#ifndef WR_RUNTIME_LOG_LOG_H
#define WR_RUNTIME_LOG_LOG_H

#include "common/clock.h"
#include "common/error.h"
#include "engine/plan/settings.h"
#include "statestore/db.h"
#include "types/record.h"

typedef struct wr_log wr_log;
typedef struct wr_log_reader wr_log_reader;
typedef struct wr_log_writer wr_log_writer;

/** A position in one partition of a topic. */
typedef struct wr_topic_part {
    const char *topic;
    int32_t partition;
    int64_t offset; /* meaning by the call; WR_OFFSET_* */
} wr_topic_part;
#define WR_OFFSET_BEGINNING (-2)
#define WR_OFFSET_END       (-1)
#define WR_OFFSET_NONE      (-1001) /* no committed offset */

/** Which log an engine is opened on. */
typedef enum wr_log_kind { WR_LOG_MEMORY, WR_LOG_LOCAL, WR_LOG_KAFKA } wr_log_kind;

/** What a log can do. Constant for the life of the log. */
typedef struct wr_log_capabilities {
    /** State is made durable by changelog topics; the database is written after them, now and then.
     */
    bool has_changelogs;
    /** Other processes may be given some of a group's partitions, and may produce to any topic. */
    bool shares_partitions;
    /** One commit makes records, offsets and state visible together, or nothing of them; until then
     *  the writer keeps what was produced in memory. */
    bool atomic_with_state;
    /** The ends of partitions are known without a request to somebody else. */
    bool end_of_partition;
} wr_log_capabilities;

/** All in memory, one thread or many; for `weir test`. @p db: where commit writes state. */
weir_status wr_log_memory_new(wr_db *db, wr_log **out, weir_error *err) WR_MUST_CHECK;
/** In the RocksDB that @p db is (shared with the state). */
weir_status wr_log_local_new(wr_db *db, wr_clock *clock, wr_log **out,
                             weir_error *err) WR_MUST_CHECK;
/** @p settings: bootstrap.servers and what passes through to librdkafka (consumer., producer.). */
weir_status wr_log_kafka_new(const wr_settings *settings, wr_db *db, wr_log **out,
                             weir_error *err) WR_MUST_CHECK;
/** After all its readers and writers; NULL is allowed. */
void wr_log_close(wr_log *log);

const wr_log_capabilities *wr_log_can(const wr_log *log);

/**
 * Does the log do its work now? On Kafka a broker is asked; the embedded log writes to its database
 * and syncs, which needs room on the disk as records do. Waits: not for a loop's thread. Any
 * thread.
 * @param timeout_ms  for Kafka's answer.
 * @param cluster     replaced by the id of the cluster: Kafka's; of the embedded log a random one
 *                    that its directory keeps. "" where it could not be learned.
 * @return WEIR_ERR_LOG; WEIR_ERR_STORE, of the embedded log.
 */
weir_status wr_log_check(wr_log *log, int timeout_ms, wr_buf *cluster,
                         weir_error *err) WR_MUST_CHECK;

#endif
