/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task_set.h - the tasks of one plan in this process, and everything that is done to them together.
 *
 * A task is a sub-topology for one partition: operators, their stores, and the channels through
 * which it receives rows of other sub-topologies. The set opens tasks for an assignment, feeds
 * them, and takes them through a commit:
 *
 *     open -> deliver ... drain ... punctuate -> flush -> commit_into | committed (write) -> close
 *
 * With changelogs, tasks whose stores are behind them are RESTORING after open: jobs of the restore
 * pool bring the stores forward, and advance makes RUNNING what is done. Meanwhile all else is done
 * to the tasks that run; what restoring ones read must not be delivered (ready).
 *
 * A failure of any of these leaves the set to be closed: what is uncommitted is gone, and tasks
 * that are opened again begin from what is committed.
 *
 * Threads: one, the worker's; between two rounds deliver and drain may run at the same time for
 * different slots. Counters and states are atomics that any thread may read.
 */
#ifndef WR_RUNTIME_TASK_TASK_SET_H
#define WR_RUNTIME_TASK_TASK_SET_H

#include "runtime/task/in_progress.h"
#include "engine/operators/topology.h"
#include "runtime/log/log_writer.h"
#include "runtime/task/held.h"
#include "runtime/task/restore.h"
#include "runtime/task/slot.h"

#include <stdatomic.h>

typedef struct wr_task wr_task;
typedef struct wr_task_set wr_task_set;

/**
 *   CREATED -> RESTORING (its stores are brought to the end of their changelogs) -> RUNNING
 *   any -> CLOSING
 */
typedef enum wr_task_state {
    WR_TASK_CREATED,
    WR_TASK_RESTORING,
    WR_TASK_RUNNING,
    WR_TASK_CLOSING,
} wr_task_state;
#define WR_TASK_STATES 4
const char *wr_task_state_name(wr_task_state s);

/** What is counted while tasks run; the owner of the set reads it. */
typedef struct wr_task_counters {
    atomic_uint_fast64_t records_out, bytes_out;
    atomic_uint_fast64_t errors; /* row errors */
    wr_restore_counters restore;
    /* Since it was last opened with something to restore, not all of it has been: what the database
     * has may be a part of what there was. */
    atomic_bool incomplete;
    atomic_uint_fast64_t left_out[WR_ROW_FAULT_REASONS]; /* rows and records, by reason */
    atomic_uint_fast64_t dead_letters;                   /* that were written */
    atomic_uint states[WR_TASK_STATES];                  /* tasks that are in each state now */
} wr_task_counters;

/** What the tasks of a set have in common. Everything is borrowed and outlives the set. */
typedef struct wr_task_config {
    const char *id;     /* of the query: names of stores, loggers, topics */
    const char *prefix; /* of internal topics */
    const wr_plan *plan;
    wr_log *log;
    wr_db *db;
    const wr_settings *settings;
    wr_clock *clock;
    char *const *topic_names;      /* by plan topic: the log's name */
    const int32_t *sub_partitions; /* by sub-topology: how many partitions it has */
    size_t overlay_max;            /* bytes that a store's overlay may hold */
    bool changelogs;               /* changes of state go to changelog topics */
    bool caching;                  /* emit at commits only */
    bool piped;                    /* records come by hand, all in partition 0 (tests) */
    wr_restore_pool *restore;      /* changelogs */
    wr_log_owner *owner;           /* of everything that is produced */
    wr_task_counters *counters;
    wr_held *held;               /* what others may ask for; NULL: nobody does */
    wr_in_progress *in_progress; /* hears when a write waits; NULL: nobody does */
    /** Rows of a COLLECT step; NULL: there is none. An error ends the query. */
    weir_status (*collect)(void *arg, const wr_batch *batch, weir_error *err);
    void *collect_arg;
    /** A decoder waits: wr_task_ctx.wait. Any slot. */
    bool (*wait)(void *arg, const weir_error *why, uint32_t attempt);
    /** A task is about to close; its operators and stores can be looked at for the last time. */
    void (*closing)(void *arg, const wr_task *task);
    void *arg;
} wr_task_config;

/** What a worker gives to the tasks that it wants opened. Borrowed while they are open. */
typedef struct wr_task_assignment {
    const wr_topic_part *parts; /* what the worker reads; topics by the log's name */
    uint32_t parts_n;
    bool exchange; /* this process has every partition: rows that change their
                    * partition are handed over in memory, not through a topic */
    wr_log_writer *writer;
    const wr_executor_slot *slots;
    uint32_t slots_n;
    uint32_t batch_rows; /* rows that one batch may have */
} wr_task_assignment;

/** Nothing is opened yet. */
wr_task_set *wr_task_set_new(const wr_task_config *config);
/** Closes what is open; NULL is allowed. */
void wr_task_set_free(wr_task_set *set);

/** Nothing is open after a failure. */
weir_status wr_task_set_open(wr_task_set *set, const wr_task_assignment *a,
                             weir_error *err) WR_MUST_CHECK;
void wr_task_set_close(wr_task_set *set);
bool wr_task_set_is_open(const wr_task_set *set);

/* ---- restoring ---- */

/** Tasks whose stores have been restored run from here on. @return why a restore has failed: the
 *  set is to be closed. */
weir_status wr_task_set_advance(wr_task_set *set, weir_error *err) WR_MUST_CHECK;
/** How many tasks are RESTORING. */
size_t wr_task_set_restoring(const wr_task_set *set);
/** May records of this partition of plan->topics[topic] be delivered? Where rows are exchanged in
 *  memory they may come to any task, so not before all run. */
bool wr_task_set_ready(const wr_task_set *set, uint32_t topic, int32_t partition);

/**
 * Follow the changelogs of the stores that tasks of these partitions would have, and no others;
 * tasks of the set itself are left out. What the database has of other partitions is dropped when
 * it was seen unneeded for state.cleanup.delay.ms. @p parts NULL: follow nothing any more. What
 * cannot be followed for now is logged, and begun again by the next call. By one thread at a time,
 * whether or not the set is open.
 */
weir_status wr_task_set_standby(wr_task_set *set, const wr_topic_part *parts, uint32_t n,
                                weir_error *err) WR_MUST_CHECK;

/* ---- processing ---- */

/** Records of one partition of plan->topics[topic] to all tasks that read it. */
weir_status wr_task_set_deliver(wr_task_set *set, uint32_t topic, int32_t partition,
                                const wr_record *records, uint32_t n,
                                weir_error *err) WR_MUST_CHECK;
/**
 * A record of plan->topics[topic] that is not to be delivered, since processes have died of it: by
 * the policy of the source that reads it, it is left out, with a letter perhaps, or ends the query.
 */
weir_status wr_task_set_condemn(wr_task_set *set, uint32_t topic, int32_t partition,
                                const wr_record *record, weir_error *err) WR_MUST_CHECK;
/**
 * What was exchanged so far can be received from now on, and what is sent from now on waits for the
 * next swap. While no slot runs. @return false: there is nothing to receive.
 */
bool wr_task_set_swap(wr_task_set *set);
/** Tasks of @p slot receive what the last swap has made ready. */
weir_status wr_task_set_drain(wr_task_set *set, uint32_t slot, weir_error *err) WR_MUST_CHECK;
/** Swap and drain until nothing is left. While no slot runs. */
weir_status wr_task_set_drain_all(wr_task_set *set, weir_error *err) WR_MUST_CHECK;
/** Time-driven operators act; what they send is received. */
weir_status wr_task_set_punctuate(wr_task_set *set, int64_t wall_ms, weir_error *err) WR_MUST_CHECK;

/* ---- committing ---- */

/** Operators hand on what they hold, sub-topology by sub-topology; changelog records go out. */
weir_status wr_task_set_flush(wr_task_set *set, weir_error *err) WR_MUST_CHECK;
/** All changes of state into @p b (logs whose commit includes it). */
weir_status wr_task_set_commit_into(wr_task_set *set, wr_db_batch *b,
                                    weir_error *err) WR_MUST_CHECK;
/** The changes are durable in the changelogs; the database gets them with wr_task_set_write. */
void wr_task_set_committed(wr_task_set *set);
/** Rows and changelog positions that are committed, but not in the database yet. */
weir_status wr_task_set_write(wr_task_set *set, weir_error *err) WR_MUST_CHECK;

/* ---- memory ---- */

typedef struct wr_task_memory {
    size_t stores, bytes; /* of the overlays */
    size_t dirty;         /* not committed */
    size_t unwritten;     /* committed, not in the database */
} wr_task_memory;
/** @p details false: dirty and unwritten stay 0, which is cheaper. */
wr_task_memory wr_task_set_memory(const wr_task_set *set, bool details);
/** After a commit: every store drops cached entries down to @p each bytes. */
void wr_task_set_trim(wr_task_set *set, size_t each);

/* ---- looking at tasks: the worker's thread, while no slot runs ---- */

/** NULL past the end. */
const wr_task *wr_task_set_at(const wr_task_set *set, size_t index);
uint32_t wr_task_subtopology(const wr_task *t);
/** Operators in order of the data flow; NULL past the end. */
const wr_op *wr_task_op(const wr_task *t, uint32_t index);
/** NULL: the task does not have plan->stores[store]. */
const wr_store *wr_task_store(const wr_task *t, uint32_t store);

/* ---- what is kept of a store ---- */

/** "<query>/<store>": under this name the database knows a store. */
void wr_task_store_name(const char *id, const wr_plan_store *store, wr_buf *out);
/** The changelog topic of a store. */
void wr_task_changelog_name(const char *prefix, const char *id, const wr_plan_store *store,
                            wr_buf *out);

#endif
