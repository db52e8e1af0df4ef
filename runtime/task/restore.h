/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore.h - bringing stores forward from their changelogs, on threads of their own.
 *
 * A *job* is one store of one partition. It reads the changelog from the position that is kept with
 * the rows, collects rows, now and then puts many of them with the position into the database, and
 * is done when the position has reached its target; or it follows the changelog for as long as it
 * is there (a standby). Since the position lies with the rows, a job may be ended at any time, by a
 * stop, a rebalance or a kill, and the next one goes on from what was written.
 *
 *     begin -> WAITING -> RUNNING -> DONE | FAILED;  end, from any of them
 *
 * While there is a job for a store, nobody else may write that store: whoever opens a task ends the
 * standby of its partition first, and opens its stores when their jobs are DONE.
 *
 * The *pool* has a few threads, each with one reader of its own for all the partitions of its jobs.
 * A pool without threads (an engine that is stepped) works when it is asked to.
 *
 * Threads: everything from any thread, unless it says otherwise; one job by one at a time.
 * Semantics: records read_committed, up to a target that was taken as the end read_uncommitted, by
 * position: the last offset may be a transaction's marker, which no record comes of.
 */
#ifndef WR_RUNTIME_TASK_RESTORE_H
#define WR_RUNTIME_TASK_RESTORE_H

#include "engine/plan/plan.h"
#include "runtime/log/log.h"
#include "runtime/task/held.h"

#include <stdatomic.h>

typedef struct wr_restore_pool wr_restore_pool;
typedef struct wr_restore_job wr_restore_job;

/** What jobs count, for whoever looks; all of one query add to the same. `left` and `total` are
 *  offsets, and compaction leaves holes, so of records they are an upper bound. */
typedef struct wr_restore_counters {
    atomic_uint_fast64_t records;    /* changelog records applied since the query was started */
    atomic_uint_fast64_t ns;         /* of the threads that applied them, reading not included */
    _Atomic int64_t left;            /* to the targets of the jobs that are there */
    _Atomic int64_t total;           /* of the same jobs, when they began, and of those that are
                                      * done; who began them sets it to 0 at the end */
    _Atomic int64_t began_ns;        /* the monotonic clock when the first of them began */
    atomic_uint standbys;            /* jobs that follow a changelog */
    _Atomic int64_t standby_left;    /* how far these are behind the ends that they know of */
    atomic_uint_fast64_t standby_in; /* records that they have applied */
} wr_restore_counters;

typedef struct wr_restore_options {
    wr_log *log;
    wr_db *db;
    wr_clock *clock;
    const wr_settings *settings; /* of the readers (restore.consumer.); copied */
    uint32_t threads;            /* 0: wr_restore_work */
    size_t pending_max; /* bytes that a thread may have read and not yet written; 0: 32 MiB */
} wr_restore_options;

/** Threads start with the first job. */
wr_restore_pool *wr_restore_pool_new(const wr_restore_options *options);
/** After all its jobs have ended; NULL is allowed. */
void wr_restore_pool_free(wr_restore_pool *p);

/** The store of a job. */
typedef struct wr_restore_store {
    const char *query;         /* id; outlives the job, as the plan's store does */
    const wr_plan_store *plan; /* what it is, and what its rows mean */
    const char *name;          /* under which the database knows it; copied */
    const char *changelog;     /* copied */
    uint32_t store_id;
    int32_t partition;
    bool meaning_kept;             /* false: the meaning is written with the first rows */
    wr_restore_counters *counters; /* outlive the job */
    wr_held_part *held;            /* hears how far a standby is; outlives the job; or NULL */
} wr_restore_store;

/** The target of a standby. */
#define WR_RESTORE_FOLLOW INT64_MAX

/**
 * @param from  the position that is kept with the rows, or the start of the changelog.
 * @param to    done when the position is here; after @p from.
 * @return WEIR_ERR_STORE: the store cannot be opened; there is no job then.
 */
weir_status wr_restore_begin(wr_restore_pool *p, const wr_restore_store *store, int64_t from,
                             int64_t to, wr_restore_job **out, weir_error *err) WR_MUST_CHECK;
/** Waits for rows that are being written, no longer: never for the log. What was read and not
 * written is read again by the next job. NULL is allowed. */
void wr_restore_end(wr_restore_job *job);

/** *done: the target is reached, and the store is nobody's. @return why it has FAILED. */
weir_status wr_restore_done(wr_restore_job *job, bool *done, weir_error *err) WR_MUST_CHECK;
/** The position that is written with the rows; it has read further. */
int64_t wr_restore_position(const wr_restore_job *job);

/** A pool without threads reads and applies what is there, once; others do so by themselves. */
void wr_restore_work(wr_restore_pool *p);

/** The key under which the database keeps how far a changelog has been applied. */
void wr_task_position_key(const char *changelog, int32_t partition, wr_buf *out);

#endif
