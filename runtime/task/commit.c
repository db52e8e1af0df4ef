/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit of one query (reliability.md sections 3 and 5):
 *   1 flush operators, in order of the sub-topologies, draining what they exchange
 *   2 flush stores: changelog records go out
 *   3 settle: everything written is acknowledged (Kafka)
 *   4 one batch: state, changelog positions; 5 the log commits it with the input offsets
 * A failure before 5 leaves everything uncommitted: the tasks are discarded and built anew from
 * committed state.
 */
#include "runtime/task/internal.h"

static weir_status flush_operators(wr_query *q, weir_error *err)
{
    for (uint32_t sub = 0; sub < q->plan->subtopologies_n; sub++) {
        for (size_t i = 0; i < q->tasks_n; i++) {
            if (q->tasks[i]->subtopology != sub)
                continue;
            q->tasks[i]->ctx.wall_ms = q->clock->wall_ms(q->clock);
            WR_TRY(wr_topology_flush(q->tasks[i]->topology, err));
        }
        WR_TRY(wr__query_drain(q, err));
    }
    return WEIR_OK;
}

static weir_status collect_state(wr_query *q, weir_error *err)
{
    /* A new one: a cleared batch keeps the memory of the largest commit so far. */
    wr_db_batch_free(q->state);
    q->state = wr_db_batch_new(q->db);
    wr__query_note(q);
    for (size_t i = 0; i < q->tasks_n; i++) {
        wr__task *t = q->tasks[i];
        for (size_t k = 0; k < t->stores_n; k++) {
            WR_TRY(wr_store_commit_into(t->stores[k].store, q->state, err));
            wr__store_note_position(&t->stores[k], q->state);
        }
    }
    return WEIR_OK;
}

static void after_commit(wr_query *q)
{
    uint64_t late = 0;
    for (size_t i = 0; i < q->tasks_n; i++) {
        wr__task *t = q->tasks[i];
        const wr_op *op;
        for (uint32_t o = 0; (op = wr_topology_op(t->topology, o)); o++)
            late += op->late_rows;
    }
    wr__query_trim(q);
    atomic_store(&q->late, late);
    atomic_fetch_add(&q->commits, 1);
    pthread_mutex_lock(&q->lock);
    for (uint32_t i = 0; i < q->inputs_n; i++)
        q->inputs[i].committed_offset = q->inputs[i].next_offset;
    pthread_mutex_unlock(&q->lock);
    q->dirty = false;
    q->noted = true;
}

weir_status wr__query_commit(wr_query *q, weir_error *err)
{
    q->last_commit_ns = q->clock->mono_ns(q->clock);
    if (!q->dirty)
        return WEIR_OK;
    const wr_log_class *log = q->log->cls;
    int64_t since = wr__metrics_now(q);
    WR_TRY(flush_operators(q, err));
    int64_t flushed = wr__metrics_now(q);
    for (size_t i = 0; i < q->tasks_n; i++)
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
            WR_TRY(wr_store_flush(q->tasks[i]->stores[k].store, err));
    WR_TRY(log->settle(q->writer, err));
    WR_TRY(collect_state(q, err));
    wr_topic_part *parts = wr_calloc(q->inputs_n, sizeof *parts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < q->inputs_n; i++)
        if (q->inputs[i].next_offset >= 0)
            parts[n++] = (wr_topic_part){q->inputs[i].name, q->inputs[i].partition,
                                         q->inputs[i].next_offset};
    weir_status st;
    if (q->owns_db) {
        /* A transient query: its state is its own, its offsets are nobody's. */
        st = log->commit(q->writer, NULL, NULL, 0, NULL, err);
        if (st == WEIR_OK)
            st = wr_db_write(q->db, q->state, err);
    } else {
        wr_log_group_offsets own = {q->group, parts, n};
        st = log->commit(q->writer, q->reader, &own, q->group ? 1 : 0, q->state, err);
    }
    wr_free(parts);
    if (st != WEIR_OK)
        return st;
    after_commit(q);
    wr__metrics_committed(q, since, flushed);
    return WEIR_OK;
}
