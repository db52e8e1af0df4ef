/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - topics: the one interface to Kafka, the embedded log and the memory log.
 *
 * What it hands over is a whole batch of records with one owner and one release, records being
 * slices into it; what it takes is columns (docs/design/logs.md says why). Three implementations:
 * log_kafka.c, log_local.c, log_memory.c.
 *
 * Transactions. A wr_log_writer collects records; wr_log_commit makes them visible together with
 * consumer offsets and the caller's state:
 *   memory  appended at commit.
 *   local   appended, with offsets and state, in ONE wr_db_write: exactly-once, no changelogs.
 *   kafka   at-least-once here: flush, all delivery reports good, offsets committed, then the state
 *           batch (which holds the changelog positions) is written to RocksDB.
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

typedef struct wr_topic_spec {
    const char *name;
    int32_t partitions;   /* -1: the log's default */
    int32_t replicas;     /* -1: the log's default */
    int64_t retention_ms; /* -1: the log's default */
    bool compact;         /* keep the last record of each key */
    bool compact_delete;  /* both: windowed tables */
    bool internal;        /* repartition, changelog: hidden, fixed settings (reliability.md) */
} wr_topic_spec;

typedef struct wr_topic_info {
    const char *name; /* borrowed from the list */
    int32_t partitions, replicas;
    int64_t retention_ms; /* -1: unknown */
    bool internal;
} wr_topic_info;

typedef struct wr_topic_part {
    const char *topic;
    int32_t partition;
    int64_t offset; /* meaning by the call; WR_OFFSET_* */
} wr_topic_part;
#define WR_OFFSET_BEGINNING (-2)
#define WR_OFFSET_END       (-1)
#define WR_OFFSET_NONE      (-1001) /* no committed offset */

/** How far one consumer group has come. */
typedef struct wr_log_group_offsets {
    const char *group;
    const wr_topic_part *offsets; /* next to process */
    uint32_t n;
} wr_log_group_offsets;

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

typedef enum wr_log_kind { WR_LOG_MEMORY, WR_LOG_LOCAL, WR_LOG_KAFKA } wr_log_kind;

/** Called on the polling thread when a group's assignment changes (kafka); see subscribe. */
typedef struct wr_log_rebalance {
    weir_status (*assigned)(void *arg, const wr_topic_part *parts, uint32_t n, weir_error *err);
    /** Commit inside, unless @p lost. */
    weir_status (*revoked)(void *arg, const wr_topic_part *parts, uint32_t n, bool lost,
                           weir_error *err);
    void *arg;
} wr_log_rebalance;

typedef struct wr_log_class {
    const char *name;
    wr_log_kind kind;
    void (*close)(wr_log *log);
    /* Topics. list: infos and names live in @p a. */
    weir_status (*list)(wr_log *log, wr_arena *a, wr_topic_info **out, uint32_t *n,
                        weir_error *err);
    /** WEIR_ERR_NOT_FOUND where it does not exist. */
    weir_status (*describe)(wr_log *log, const char *topic, wr_topic_info *out, weir_error *err);
    /** WEIR_ERR_EXISTS where it exists. Visible to all callers on return. */
    weir_status (*create)(wr_log *log, const wr_topic_spec *spec, weir_error *err);
    weir_status (*remove)(wr_log *log, const char *topic, weir_error *err);
    /** First (low) and next (high) offset of each part, into low[] and high[]. */
    weir_status (*ends)(wr_log *log, const wr_topic_part *parts, uint32_t n, int64_t *low,
                        int64_t *high, weir_error *err);
    /** Committed offsets of @p group into parts[].offset (WR_OFFSET_NONE). */
    weir_status (*committed)(wr_log *log, const char *group, wr_topic_part *parts, uint32_t n,
                             weir_error *err);
    weir_status (*drop_group)(wr_log *log, const char *group, weir_error *err);

    /* Reading. A reader belongs to one thread. @p group may be NULL (no group). */
    weir_status (*reader_new)(wr_log *log, const char *group, const wr_settings *settings,
                              wr_log_reader **out, weir_error *err);
    void (*reader_close)(wr_log_reader *r);
    /** Read these partitions from these offsets (replaces the assignment). */
    weir_status (*assign)(wr_log_reader *r, const wr_topic_part *parts, uint32_t n,
                          weir_error *err);
    /** Kafka: join the group; assignment comes through @p cb, which calls assign. Others: at once
     *  all partitions are assigned through @p cb. */
    weir_status (*subscribe)(wr_log_reader *r, const char *const *topics, uint32_t n,
                             const wr_log_rebalance *cb, weir_error *err);
    /** Stop and go on fetching a partition of the assignment. */
    weir_status (*pause)(wr_log_reader *r, uint32_t assignment, bool paused, weir_error *err);
    /**
     * Next batch: at most @p max_records; waits up to @p timeout_ms. *out == NULL: nothing there.
     * Also serves rebalances. Kafka read errors that pass by themselves are not errors.
     */
    weir_status (*poll)(wr_log_reader *r, uint32_t max_records, int timeout_ms, wr_log_batch **out,
                        weir_error *err);
    void (*release)(wr_log_reader *r, wr_log_batch *batch);
    /** Wake a poll from another thread. */
    void (*wake)(wr_log_reader *r);

    /*
     * Writing. A writer belongs to one thread, but for produce: while its owner waits, or produces
     * too, others may produce through it. No other call of the writer may run meanwhile.
     */
    weir_status (*writer_new)(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                              weir_error *err);
    void (*writer_close)(wr_log_writer *w);
    /**
     * Copies what it needs. Blocks (serving callbacks) when too much is under way. Any thread:
     * records of one call keep their order within a partition, calls of several threads mix.
     */
    weir_status (*produce)(wr_log_writer *w, const char *topic, const wr_out_records *records,
                           weir_error *err);
    /** Bytes produced since the last commit. */
    size_t (*pending)(const wr_log_writer *w);
    /**
     * Kafka: wait until everything produced is acknowledged; then tell by @p position, per topic
     * partition of changelogs, the offset behind the last acknowledged record. Others: nothing to
     * do. First half of a commit: the state batch needs the positions.
     */
    weir_status (*settle)(wr_log_writer *w, weir_error *err);
    int64_t (*position)(const wr_log_writer *w, const char *topic, int32_t partition);
    /**
     * Second half: offsets of each of @p groups (may be none), and @p state (may be NULL) with
     * them: see the head. Kafka: a group that @p reader (may be NULL) is a member of is committed
     * as its member; the others must have no members. All requests are under way together, but the
     * broker takes those of one connection in turn (about 6 ms each on Kafka 4.1, idle); some
     * groups may be committed where others fail.
     */
    weir_status (*commit)(wr_log_writer *w, wr_log_reader *reader,
                          const wr_log_group_offsets *groups, uint32_t groups_n, wr_db_batch *state,
                          weir_error *err);
    /** Forget what was produced since the last commit (kafka: at-least-once cannot; it waits). */
    weir_status (*abort)(wr_log_writer *w, weir_error *err);
} wr_log_class;

struct wr_log {
    const wr_log_class *cls;
};

/** All in memory, one thread or many; for `weir test`. @p db: where commit writes state. */
weir_status wr_log_memory_new(wr_db *db, wr_log **out, weir_error *err) WR_MUST_CHECK;
/** In the RocksDB that @p db is (shared with the state). */
weir_status wr_log_local_new(wr_db *db, wr_clock *clock, wr_log **out,
                             weir_error *err) WR_MUST_CHECK;
/** @p settings: bootstrap.servers and what passes through to librdkafka (consumer., producer.). */
weir_status wr_log_kafka_new(const wr_settings *settings, wr_db *db, wr_log **out,
                             weir_error *err) WR_MUST_CHECK;

#endif
