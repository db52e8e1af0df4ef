/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheduler.h - which queries share a worker.
 *
 * Queries that read the same topics in the same way with the same settings share one consumer and
 * one decode (docs/design/runtime.md). Threads: any.
 */
#ifndef WR_RUNTIME_QUERY_SCHEDULER_H
#define WR_RUNTIME_QUERY_SCHEDULER_H

#include "runtime/worker/worker.h"

typedef struct wr_query wr_query;
typedef struct wr_scheduler wr_scheduler;

/** Which processes a worker shares its partitions with, and so what its consumer group is named by.
 */
typedef enum wr_schedule {
    WR_SCHEDULE_FILES,  /* those that run the same files: all queries are there from the start */
    WR_SCHEDULE_OWN,    /* none: statements come one by one, and to this process alone */
    WR_SCHEDULE_SHARED, /* all of the service: statements come one by one, to each at its time */
} wr_schedule;

/**
 * @param executor borrowed; NULL: one slot.
 * @param in_progress where workers mark what they work on; borrowed; NULL: nowhere.
 */
wr_scheduler *wr_scheduler_new(wr_schedule schedule, wr_executor *executor,
                               wr_in_progress *in_progress);
/** Hold queries that are started, until the release starts all of them together. Nests. */
void wr_scheduler_hold(wr_scheduler *s);
/** @return why some query cannot be opened; then those that were held may not run. */
weir_status wr_scheduler_release(wr_scheduler *s, weir_error *err) WR_MUST_CHECK;
/** Instead of a release: those that were held never start, and have failed for @p why. Within
 *  another hold: they are that one's. */
void wr_scheduler_abandon(wr_scheduler *s, const weir_error *why);
/** After all its queries are stopped; NULL is allowed. */
void wr_scheduler_free(wr_scheduler *s);

#endif
