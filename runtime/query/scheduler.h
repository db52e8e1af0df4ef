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

/**
 * @param interactive statements come one by one, so the set of queries is this process's own and
 * its consumer groups are not shared with other processes.
 * @param executor borrowed; NULL: one slot.
 * @param in_progress where workers mark what they work on; borrowed; NULL: nowhere.
 */
wr_scheduler *wr_scheduler_new(bool interactive, wr_executor *executor,
                               wr_in_progress *in_progress);
/** Hold queries that are started, until the release starts all of them together. Nests. */
void wr_scheduler_hold(wr_scheduler *s);
/** @return why some query cannot be opened; then those that were held may not run. */
weir_status wr_scheduler_release(wr_scheduler *s, weir_error *err) WR_MUST_CHECK;
/** After all its queries are stopped; NULL is allowed. */
void wr_scheduler_free(wr_scheduler *s);

#endif
