/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feeds.h - queries of one process that feed each other: one writes a topic that another reads.
 *
 * Two things follow from it:
 *
 *   - Order. A query takes its input in order of time across partitions if one needs that whom it
 *     feeds; where it mixes partitions (rows of several partitions of its input come to one of its
 *     output) also if one goes by time within a partition, or its output would be out of order for
 *     good.
 *   - Waiting, in a batch job (weir.until.end). A query does not pass beyond the queries that write
 *     what it reads: records that these have still to process are older, and what comes of them
 *     is, too. In a service max.task.idle.ms decides alone.
 *
 * Who waits for whom has no circles: of queries that feed each other both ways none waits for the
 * other. Only queries that run are waited for, not those that are paused, have failed or ended.
 *
 * The list is guarded by the scheduler's monitor; a query is in it from wr_query_new to its end.
 */
#ifndef WR_RUNTIME_QUERY_FEEDS_H
#define WR_RUNTIME_QUERY_FEEDS_H

#include "runtime/query/query_internal.h"

typedef struct wr__feeds {
    wr_query **queries; /* borrowed; those that write topics for others */
    size_t n;
} wr__feeds;

/* With the monitor held. */
void wr__feeds_add(wr__feeds *f, wr_query *q);
void wr__feeds_remove(wr__feeds *f, const wr_query *q);
void wr__feeds_free(wr__feeds *f);

/** With the monitor held: by how many ms the order among the partitions of @p q's input may be off:
 *  what it needs itself, and what those need that it feeds. */
int64_t wr__feeds_slack(const wr__feeds *f, const wr_query *q);
/** As wr_worker_options.holds, for worker @p w of the scheduler. Takes the monitor @p m, and asks
 *  the log without it. */
weir_status wr__feeds_holds(const wr__feeds *f, wr_monitor *m, const wr_worker *w, int64_t *out,
                            weir_error *err) WR_MUST_CHECK;

#endif
