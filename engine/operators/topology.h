/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topology.h - the operators of one sub-topology, built for one task.
 *
 * Life: wr_topology_new -> feed / tick / flush ... -> wr_topology_close. One thread.
 * After a failed feed the task must discard its uncommitted state and be built anew.
 */
#ifndef WR_ENGINE_OPERATORS_TOPOLOGY_H
#define WR_ENGINE_OPERATORS_TOPOLOGY_H

#include "engine/operators/op.h"

typedef struct wr_topology wr_topology;

/** Build the operators of ctx->plan's sub-topology @p subtopology and open their stores. */
weir_status wr_topology_new(wr_task_ctx *ctx, uint32_t subtopology, wr_topology **out,
                            weir_error *err) WR_MUST_CHECK;
/** Which plan topics this sub-topology reads: fills @p topics, returns how many; never more than a
 *  query may have sources (32), and one for answers. @pre they fit @p max. */
uint32_t wr_plan_inputs(const wr_plan *plan, uint32_t subtopology, uint32_t *topics, uint32_t max);
/**
 * Process @p n records of plan->topics[topic] in order. What was made on the way is in
 * ctx->scratch, which the caller resets when nobody needs it any more (what was exchanged lies
 * there too). Output is the same however the records are cut into calls.
 */
weir_status wr_topology_feed(wr_topology *t, uint32_t topic, const wr_record *records, uint32_t n,
                             weir_error *err) WR_MUST_CHECK;
/** Process rows that another task has exchanged: @p topic is a REPARTITION topic. As
 * wr_topology_feed.
 */
weir_status wr_topology_take(wr_topology *t, uint32_t topic, const wr_batch *batch,
                             weir_error *err) WR_MUST_CHECK;
/** Let time-driven operators act. As wr_topology_feed. */
weir_status wr_topology_tick(wr_topology *t, int64_t wall_ms, weir_error *err) WR_MUST_CHECK;
/** Before a commit: push out what is buffered in operators (caches, combiners). Resets scratch. */
weir_status wr_topology_flush(wr_topology *t, weir_error *err) WR_MUST_CHECK;
void wr_topology_close(wr_topology *t);
/** Operators in order of the data flow, for metrics and EXPLAIN ANALYZE; NULL past the end. */
const wr_op *wr_topology_op(const wr_topology *t, uint32_t index);

/**
 * Pull queries: read the materialised rows of plan->materialized as that step's output rows.
 *
 * @param bounds   what to read; its bytes must not lie in @p scratch.
 * @param scratch  reset before each batch is made and at the end.
 * @param emit  called with batches of at most @p batch_rows rows whose schema is the step's.
 * @param store  plan->stores[plan->materialized_store]; usually a read-only one on a snapshot,
 *               opened by the thread that reads.
 */
typedef struct wr_pull_bounds {
    const wr_str *key;                          /* exact key, or NULL */
    const wr_str *key_from, *key_to;            /* range of encoded keys [from, to), NULL: open */
    int64_t window_start_min, window_start_max; /* inclusive; INT64_MIN / MAX: open */
    int64_t window_end_min, window_end_max;
} wr_pull_bounds;
weir_status wr_materialized_read(const wr_plan *plan, wr_store *store, const wr_pull_bounds *bounds,
                                 uint32_t batch_rows, wr_arena *scratch,
                                 weir_status (*emit)(void *arg, const wr_batch *batch,
                                                     weir_error *err),
                                 void *arg, weir_error *err) WR_MUST_CHECK;
/** Encode key values (schema->keys_n of them) as that store's key. */
void wr_materialized_key(const wr_plan *plan, const wr_value *keys, wr_buf *out);

#endif
