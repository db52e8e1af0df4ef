/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore_internal.h - a job, and which file has which part of it.
 *
 *   restore_pool.c -> restore_job.c -> restore_position.c
 */
#ifndef WR_RUNTIME_TASK_RESTORE_INTERNAL_H
#define WR_RUNTIME_TASK_RESTORE_INTERNAL_H

#include "runtime/log/log_reader.h"
#include "runtime/task/restore.h"

#include <pthread.h>

typedef enum wr__restore_state {
    WR__RESTORE_WAITING, /* for its thread */
    WR__RESTORE_RUNNING, /* its partition is being read */
    WR__RESTORE_DONE,
    WR__RESTORE_FAILED,
} wr__restore_state;

typedef struct wr__restorer wr__restorer;

struct wr_restore_job {
    /* Constant. */
    wr_restore_store of;
    wr_restore_pool *pool;
    wr__restorer *by;
    int64_t from, to;
    /* The restorer's, while `busy`. */
    wr_store *store;
    bool meaning_kept;
    int64_t quiet_since_ns;  /* the monotonic clock: nothing has come since; and when */
    int64_t wrote_ns;        /* what was read was written last, or reading began */
    int64_t read;            /* how far it has read */
    _Atomic int64_t written; /* and how far that is in the database; any thread may look */
    size_t pending;          /* bytes between the two that are in memory, about */
    bool aside;              /* there are others, in a file */
    int64_t known_end;       /* standby: where its changelog ended when last heard of */
    int64_t behind;          /* what it has in the counters' `left` or `standby_left` */
    /* Under the pool's lock. */
    wr__restore_state state;
    weir_error error;
    bool busy; /* a batch of it is being applied or written */
};

/* restore_job.c: by one thread at a time, without the pool's lock */
weir_status wr__restore_job_new(wr_restore_pool *p, wr_db *db, const wr_restore_store *of,
                                int64_t from, int64_t to, wr_restore_job **out,
                                weir_error *err) WR_MUST_CHECK;
void wr__restore_job_free(wr_restore_job *job);
bool wr__restore_is_standby(const wr_restore_job *job);
/** A batch of its changelog becomes rows, which wait to be written. */
weir_status wr__restore_apply(wr_restore_job *job, wr_clock *clock, const wr_log_batch *in,
                              weir_error *err) WR_MUST_CHECK;
/** Rows that wait leave memory for a file, until they are written. Not for all: of a standby, or
 * where the file has enough of them. */
bool wr__restore_can_set_aside(const wr_restore_job *job);
weir_status wr__restore_set_aside(wr_restore_job *job, wr_clock *clock,
                                  weir_error *err) WR_MUST_CHECK;
/** Rows that wait, and the position. */
weir_status wr__restore_write(wr_restore_job *job, wr_db *db, wr_clock *clock,
                              weir_error *err) WR_MUST_CHECK;
/** The partition of a standby ends at @p end. */
void wr__restore_heard_of(wr_restore_job *job, int64_t end);

/* restore_position.c: what is kept beside the rows of a store */
void wr__position_put(wr_db_batch *b, const char *changelog, int32_t partition, int64_t offset);
/** *offset: -1 where nothing is kept. */
weir_status wr__position_get(wr_db *db, const char *changelog, int32_t partition, int64_t *offset,
                             weir_error *err) WR_MUST_CHECK;

#endif
