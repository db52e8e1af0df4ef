/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query.h - running queries, as the engine sees them.
 *
 * A query owns all tasks (sub-topology x partition) of its plan that this process has been given,
 * and is a client of a worker, which reads, feeds and commits for it (runtime/worker). Queries that
 * read the same topics share one; the scheduler brings them together. Rows that change their key
 * are exchanged in memory where this process has every partition, and drained before every commit;
 * else, on Kafka, they go through repartition topics.
 *
 *   RUNNING <-> PAUSED;  RUNNING -> FAILED (wr_query_error says why; state and offsets stay)
 *   any -> STOPPED (wr_query_stop: commit and close)
 *
 * Threads: wr_query_step / pipe / commit by one thread at a time, for queries that are not started;
 * everything else from any thread.
 */
#ifndef WR_RUNTIME_QUERY_QUERY_H
#define WR_RUNTIME_QUERY_QUERY_H

#include "common/histogram.h"
#include "engine/plan/planner.h"
#include "runtime/log/log_topics.h"
#include "runtime/query/scheduler.h"
#include "runtime/query/schema_watch.h"
#include "runtime/query/state_budget.h"
#include "runtime/task/task_set.h"

typedef enum wr_query_state {
    WR_QUERY_RUNNING,
    WR_QUERY_PAUSED,
    WR_QUERY_FAILED,
    WR_QUERY_STOPPED,
} wr_query_state;
const char *wr_query_state_name(wr_query_state s);

typedef struct wr_query_options {
    const char *id; /* copied */
    /* The statement, and the files of the service that it is of, for the record that the directory
     * keeps (query_record.h); copied; NULL: none. */
    const char *sql, *program;
    wr_plan *plan; /* taken, also on failure */
    wr_log *log;
    wr_db *db;                   /* NULL for a transient query: it gets one in memory */
    const wr_settings *settings; /* effective settings, copied */
    wr_clock *clock;
    wr_budget *budget;        /* of state; outlives the query */
    wr_budget *records;       /* of records that workers have read; outlives the query */
    wr_schema_watch *watch;   /* likewise; NULL: the log says nothing of schemas */
    wr_restore_pool *restore; /* outlives the query; NULL: a query with changelogs makes its own,
                               * which has no threads */
    wr_scheduler *scheduler;  /* of queries that are started; NULL: it reads alone */
    bool begun_elsewhere;     /* another process makes it as well, and says where it begins */
    bool stepped;             /* never started: wr_query_step and wr_query_pipe */
    const char *prefix;       /* of groups and internal topics: "_confluent-ksql-default_query_" */
    bool transient;           /* no group, no changelogs, nothing is kept */
    bool piped;               /* no reader: records come by wr_query_pipe (tests); all of them
                               * are in partition 0, and so is everything that is written */
    bool caching;             /* emit at commits only; false: every update */
    /** COLLECT rows; on the worker's thread. An error other than WEIR_OK ends the query. */
    weir_status (*collect)(void *arg, const wr_batch *batch, weir_error *err);
    void *collect_arg;
    /** It has ended by itself, or has failed: nothing more is collected. On the worker's thread,
     * with locks held: it must neither wait nor call the query. NULL: nobody cares. */
    void (*ended)(void *arg);
    void *ended_arg;
    /** STREAM pull queries: stop at the end offsets as of the start. */
    bool until_end;
} wr_query_options;

typedef struct wr_query_metrics {
    uint64_t records_in, records_out, bytes_in, bytes_out, errors, late, commits, restored;
    int64_t lag; /* -1: unknown */
    /* Records that were there when it began, which auto.offset.reset = latest has left out; since
     * it was started in this process. */
    uint64_t before_start;
    uint64_t state_bytes;
    uint64_t misplaced_keys; /* of those looked at by the tasks that are open (place_report.h) */
    uint32_t tasks[WR_TASK_STATES]; /* how many are in each state now */
    uint64_t
        left_out[WR_ROW_FAULT_REASONS]; /* records and rows that could not be used, by reason */
    uint64_t dead_letters;              /* that were written */
} wr_query_metrics;

/**
 * What EXPLAIN ANALYZE shows: operators and their stores as a tree in preorder, what is last in the
 * flow first. Sums over the tasks (partitions) of this process since the query was started in it;
 * as of the last commit, or at most a tenth of a second old.
 */
typedef struct wr_profile_node {
    const char *store;   /* name of a store of the operator `name`; NULL: the operator itself */
    const char *name;    /* "StreamFilter" */
    const wr_step *step; /* the plan's: as long as the query is there */
    uint32_t depth;
    uint32_t subtopology;
    uint32_t tasks; /* that are open now */
    /* operators */
    uint64_t rows_in, rows_out, batches, late, dropped;
    uint64_t bytes_in, bytes_out; /* of records it was fed with and wrote */
    uint64_t ns;                  /* wall clock, its own: not what it waited for others */
    /* stores */
    uint64_t gets, misses, puts, expired;
    uint64_t entries, dirty_entries, memory_bytes, disk_bytes; /* now; on disk: about */
} wr_profile_node;
typedef struct wr_profile {
    wr_query_metrics totals;
    uint64_t age_ns;         /* since the query was started here */
    uint64_t operators_ns;   /* sum of the nodes' ns */
    uint64_t steps_ns;       /* all that the worker did, what follows here included */
    uint64_t polls, poll_ns; /* asking the log for records; waiting counts */
    uint64_t commits, commit_ns, commit_max_ns;
    uint64_t commit_own_ns; /* of commit_ns, what was not the operators': changelogs, waiting for
                             * acknowledgements, writing */
    uint64_t restore_ns;
    double in_per_s, out_per_s;  /* records, lately */
    uint64_t null_keys;          /* rows dropped for want of a key */
    uint64_t null_values;        /* records dropped whose value is the text `null` */
    uint64_t skipped_events;     /* change events about no row */
    uint64_t unavailable_values; /* NULL for want of a value that a change event lacks */
    uint64_t ignored_text;       /* records with text after their value, which was not read */
    int64_t last_out_ms;         /* about when the last one was written; -1: none yet */
    wr_profile_node *nodes;
    uint32_t nodes_n;
} wr_profile;

/** How long things took, since the query was started here; seconds. A worker's rounds and commits
 *  are those of all queries that share it, and count for each. */
typedef struct wr_query_histograms {
    wr_histogram_sums batch;      /* a batch's round: until it is processed */
    wr_histogram_sums commit;     /* from its begin until offsets and state are durable */
    wr_histogram_sums restore;    /* until state had come from changelogs, once an assignment */
    wr_histogram_sums end_to_end; /* from a record's timestamp until what it caused was
                                   * acknowledged; of the last record of batches */
} wr_query_histograms;

/** Records of one topic that it has read; since it was started here. */
typedef struct wr_query_topic {
    const char *topic; /* the query's */
    uint64_t records, bytes;
} wr_query_topic;

/** How far its state has come from changelogs, and the warm copies that it keeps for others. */
typedef struct wr_query_restore {
    uint32_t tasks; /* that wait for state */
    int64_t done,
        total;  /* offsets of changelogs, since all were opened; of records at most so many */
    int64_t ns; /* since then; 0: nothing is restored */
    double per_s;
    uint32_t standbys; /* stores of partitions that others have */
    int64_t standby_left;
} wr_query_restore;

/** How far a query has got in one partition that it reads. */
typedef struct wr_query_position {
    const char *topic; /* the query's */
    int32_t partition;
    int64_t start, end; /* of the partition */
    int64_t committed;  /* WR_OFFSET_NONE: nothing yet */
    int64_t lag;
} wr_query_position;

/** Records of one partition that it has not processed yet. */
typedef struct wr_query_lag {
    const char *topic; /* the query's */
    int32_t partition;
    int64_t records;
} wr_query_lag;

/** Records of a source, by the schema of their key or value; since the query was started here. What
 *  was processed again is counted again. */
typedef struct wr_query_schema {
    const wr_step *source; /* the plan's: as long as the query is there */
    bool is_key;
    uint32_t id; /* 0: they name no schema */
    uint64_t records, failed;
    int64_t last_ms; /* when the last one was read; wall clock */
} wr_query_schema;

/* ---- life ---- */

weir_status wr_query_new(const wr_query_options *options, wr_query **out,
                         weir_error *err) WR_MUST_CHECK;
/** Run on the thread of a worker. An error: it cannot be opened; only wr_query_free then. */
weir_status wr_query_start(wr_query *q, weir_error *err) WR_MUST_CHECK;
/**
 * Poll, process, commit where it is due.
 * @param timeout_ms how long to wait for records. @param progressed some were processed.
 * @param done until_end: the ends are reached and everything is committed.
 */
weir_status wr_query_step(wr_query *q, int timeout_ms, bool *progressed, bool *done,
                          weir_error *err) WR_MUST_CHECK;
/** What wr_query_step could not do is final: the query is FAILED, nothing uncommitted is ever
 *  committed. (A query on a worker's thread tries again first, where that may help.) */
void wr_query_fail(wr_query *q, const weir_error *err);
/** Process records of an input topic now (options.piped); partition 0. */
weir_status wr_query_pipe(wr_query *q, const char *topic, const wr_record *records, uint32_t n,
                          weir_error *err) WR_MUST_CHECK;
weir_status wr_query_commit(wr_query *q, weir_error *err) WR_MUST_CHECK;
/** Pausing waits (not for ever: 5 s) until nothing more is processed and all is committed. */
void wr_query_pause(wr_query *q, bool paused);
/**
 * Commit what can be committed, leave the worker, close tasks. If the commit fails wr_query_error
 * says so; the state is STOPPED all the same.
 * @param timeout_ms  < 0: wait for ever. After it, what still blocks (a full producer queue, a
 * broker that does not answer) is given up, without a commit.
 * @return false: it has not ended even so; it goes on stopping, and may be waited for again.
 */
bool wr_query_stop(wr_query *q, int timeout_ms);
/** What blocks the query's worker now (a full producer queue, a broker that does not answer) is
 * given up, without a commit: a query that was asked to pause or stop does so soon. Any thread. */
void wr_query_give_up(wr_query *q);
/** Ask for it, without waiting: many queries stop together, with one commit. */
void wr_query_stop_soon(wr_query *q);
/** @p forget: also group, internal topics and state go (TERMINATE, DROP). Stops first, and waits
 * for that as long as it takes. */
void wr_query_free(wr_query *q, bool forget);

/* ---- looking at it ---- */

/** No worker has it: it is paused with everything committed, has ended, or was never started. */
bool wr_query_detached(wr_query *q);
wr_query_state wr_query_state_of(const wr_query *q);
/** The failure, or that of the last commit; false where there is none. */
bool wr_query_error(wr_query *q, weir_error *err);
/** Is it waiting for something outside (a schema registry, a broker), and will go on by itself?
 *  @p since_ms: wall clock. Both outputs may be NULL. */
bool wr_query_waits(wr_query *q, int64_t *since_ms, weir_error *why);
/** @return whether some of its tasks wait for state. Without a lock: numbers may be of different
 *  moments. */
bool wr_query_restoring(const wr_query *q, wr_query_restore *out);
/** "1200 of 5000 changelog records (24 %), 400/s, 2 tasks". @pre wr_query_restoring */
void wr_query_restore_print(const wr_query_restore *r, wr_buf *out);
/** How many other queries read together with it just now. */
uint32_t wr_query_shared_with(wr_query *q);
const char *wr_query_id(const wr_query *q);
const wr_plan *wr_query_plan(const wr_query *q);
void wr_query_metrics_read(wr_query *q, wr_query_metrics *out);
void wr_query_histograms_read(wr_query *q, wr_query_histograms *out);
/** In @p a. @return how many: each topic that it reads. */
uint32_t wr_query_topics_read(wr_query *q, wr_arena *a, wr_query_topic **out);
/** The topic that it writes; NULL: none. */
const char *wr_query_sink_topic(const wr_query *q);
/** The nodes are made in @p a. */
void wr_query_profile(wr_query *q, wr_arena *a, wr_profile *out);
/** In @p a; as of the last commit, or at most a tenth of a second old. @return how many. */
uint32_t wr_query_schemas(wr_query *q, wr_arena *a, wr_query_schema **out);
/** Every partition that it reads, by topic and number, also those that other processes have. Asks
 *  the log. */
weir_status wr_query_positions(wr_query *q, wr_arena *a, wr_query_position **out, uint32_t *n,
                               weir_error *err) WR_MUST_CHECK;
/** The partitions that this process reads for it just now, with what it has committed of them. In
 *  @p a; topics are the query's. Does not wait for the log. @return how many. */
uint32_t wr_query_reads(wr_query *q, wr_arena *a, wr_topic_part **out);
/** The partitions that this process reads for it just now, those whose ends are known, each with
 *  what is left of it. In @p a; topics are the query's. Does not wait for the log. @return how
 *  many. */
uint32_t wr_query_lags(wr_query *q, wr_arena *a, wr_query_lag **out);
/** What its session had set; constant. */
const wr_settings *wr_query_overrides(const wr_query *q);
/** NULL: it is in no consumer group. */
const char *wr_query_group(const wr_query *q);
/** Everything up to the topics' ends (as of this call) is processed and committed. */
weir_status wr_query_caught_up(wr_query *q, bool *yes, weir_error *err) WR_MUST_CHECK;
/** Which partitions of the table that a query materialises a pull query reads, and from what. */
typedef struct wr_pull_parts {
    const int32_t *partitions;
    uint32_t n;
    /* What it had in its last assignment will do, where nothing was opened since: nobody else has
     * it, as far as is known. Else a task must be RUNNING, or a copy be good enough. */
    bool lately;
    int64_t behind_max; /* records that a copy may be behind; -1: no copies */
} wr_pull_parts;
/** How many partitions that table has. @pre plan->materialized */
int32_t wr_query_table_partitions(const wr_query *q);
/** A topic whose partitions those of the table follow; the log's name. */
const char *wr_query_table_topic(const wr_query *q);
/** How this process has one of them. Of a STANDBY (both may be NULL): how far it is *behind, or
 *  WR_HELD_UNKNOWN; and what of the changelog is *applied. */
wr_held_as wr_query_holds(const wr_query *q, int32_t partition, int64_t *behind, int64_t *applied);
/** Has this process all of @p parts now? */
bool wr_query_serves(wr_query *q, const wr_pull_parts *parts);
/** The partition that rows of a key are in; -1: any, since what places them is not Weir's alone.
 *  @p key: as wr_pull_key.key. */
int32_t wr_query_partition_of(wr_query *q, const wr_value *key);
/** Might the following have to wait now: for state to be restored, or written? */
bool wr_query_pull_waits(wr_query *q);
/**
 * Read the materialised rows (committed state as of the call) and hand them, after the stateless
 * steps above the store, to @p emit as batches of the sink's schema.
 *
 * @param parts   what is read; NULL: whatever this process has. All of it is of one moment.
 * @param oldest  of a table of windows: the first start (sessions: end) that no partition has
 *                forgotten, event time in ms; INT64_MIN: nothing is forgotten.
 */
weir_status wr_query_pull(wr_query *q, const wr_pull *pull, const wr_pull_parts *parts,
                          weir_status (*emit)(void *arg, const wr_batch *batch, weir_error *err),
                          void *arg, int64_t *oldest, weir_error *err) WR_MUST_CHECK;

#endif
