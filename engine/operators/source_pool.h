/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_pool.h - what the sources of one thread share: records that several tasks read are decoded
 * once.
 *
 * A thread that feeds the same records to several topologies (queries on one topic) gives all of
 * them one pool, in wr_task_ctx.sources. Sources that read the same topic in the same way (formats,
 * declared columns, event time, strictness; not: which columns they want) then share one decoder
 * and its vectors; each column is converted at most once for a run of records. Errors of rows are
 * still reported by every source, to its own task.
 *
 * How a thread uses it:
 *
 *     pool = wr_source_pool_new();
 *     ctx->sources = pool;                 for every task, before wr_topology_new
 *     per run of records:
 *         wr_source_pool_next(pool);
 *         wr_topology_feed(t1, topic, records, n); wr_topology_feed(t2, topic, records, n); ...
 *     wr_topology_close(each); wr_source_pool_free(pool);
 *
 * A feed finds what another one decoded if `records` and n are the same since the last
 * wr_source_pool_next; anything else is decoded anew, so a wrong guess costs time, never a wrong
 * row. Topologies may come (wr_topology_new) and go (wr_topology_close) between feeds.
 *
 * Memory: decoded columns lie in the pool, not in a task's scratch arena, and stay until the next
 * wr_source_pool_next. So a task may reset its scratch whenever it likes, and what was exchanged
 * in memory (wr_task_ctx.exchange) must have been taken before wr_source_pool_next.
 *
 * Thread: one. Tasks without a pool (sources == NULL) decode for themselves into their scratch.
 */
#ifndef WR_ENGINE_OPERATORS_SOURCE_POOL_H
#define WR_ENGINE_OPERATORS_SOURCE_POOL_H

#include "common/base.h"

typedef struct wr_source_pool wr_source_pool;

wr_source_pool *wr_source_pool_new(void);
/** A new run of records begins: forget what was decoded. Batches made before are gone. */
void wr_source_pool_next(wr_source_pool *pool);
/** The same, and give back memory that only long runs need: there may be no more for a while. */
void wr_source_pool_trim(wr_source_pool *pool);
/** @pre all topologies that used it are closed. */
void wr_source_pool_free(wr_source_pool *pool);

#endif
