/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit of a scan, all its queries at once (reliability.md sections 3 and 5):
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
        for (uint32_t l = 0; l < q->scan->lanes_n; l++)
            wr_arena_reset(q->scan->lanes[l].scratch);
    }
    for (size_t i = 0; i < q->tasks_n; i++)
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
            WR_TRY(wr_store_flush(q->tasks[i]->stores[k].store, err));
    return WEIR_OK;
}

static weir_status collect_state(wr_query *q, wr_db_batch *state, weir_error *err)
{
    if (!q->noted)
        wr__query_note(q, state);
    for (size_t i = 0; i < q->tasks_n; i++) {
        wr__task *t = q->tasks[i];
        for (size_t k = 0; k < t->stores_n; k++) {
            WR_TRY(wr_store_commit_into(t->stores[k].store, state, err));
            wr__store_note_position(&t->stores[k], state);
        }
    }
    return WEIR_OK;
}

static weir_status each_member(wr__scan *s, int64_t *flushed, weir_error *err)
{
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        weir_status st = flush_operators(q, err);
        if (st == WEIR_ERR_LOG) /* of the writer, which is everybody's */
            return st;
        if (st != WEIR_OK) {
            wr__query_break(q, err);
            return st;
        }
    }
    *flushed = s->clock->mono_ns(s->clock);
    WR_TRY(s->log->cls->settle(s->writer, err));
    /* A new one: a cleared batch keeps the memory of the largest commit so far. */
    wr_db_batch_free(s->state);
    s->state = wr_db_batch_new(s->db);
    for (size_t m = 0; m < s->members_n; m++)
        WR_TRY(collect_state(s->members[m], s->state, err));
    return WEIR_OK;
}

static void after_commit(wr__scan *s, int64_t since, int64_t flushed)
{
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
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
        q->noted = true;
        q->failures = 0;
        wr__metrics_committed(q, since, flushed);
    }
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < s->inputs_n; i++)
        s->inputs[i].committed_offset = s->inputs[i].next_offset;
    pthread_mutex_unlock(&s->lock);
    s->dirty = false;
}

static weir_status commit_offsets(wr__scan *s, weir_error *err)
{
    wr_topic_part *parts = wr_calloc(s->inputs_n, sizeof *parts);
    wr_log_group_offsets *groups = wr_calloc(s->members_n, sizeof *groups);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->inputs_n; i++)
        if (s->inputs[i].next_offset >= 0)
            parts[n++] = (wr_topic_part){s->inputs[i].name, s->inputs[i].partition,
                                         s->inputs[i].next_offset};
    for (size_t m = 0; m < s->members_n; m++)
        groups[m] = (wr_log_group_offsets){s->members[m]->group, parts, n};
    weir_status st =
        s->log->cls->commit(s->writer, s->reader, groups, (uint32_t)s->members_n, s->state, err);
    wr_free(groups);
    wr_free(parts);
    return st;
}

weir_status wr__scan_commit(wr__scan *s, weir_error *err)
{
    s->last_commit_ns = s->clock->mono_ns(s->clock);
    if (!s->dirty)
        return WEIR_OK;
    int64_t since = s->last_commit_ns, flushed;
    WR_TRY(each_member(s, &flushed, err));
    weir_status st;
    if (s->transient) {
        /* Its state is its own, its offsets are nobody's. */
        st = s->log->cls->commit(s->writer, NULL, NULL, 0, NULL, err);
        if (st == WEIR_OK)
            st = wr_db_write(s->db, s->state, err);
    } else {
        st = commit_offsets(s, err);
    }
    if (st == WEIR_OK)
        after_commit(s, since, flushed);
    return st;
}
