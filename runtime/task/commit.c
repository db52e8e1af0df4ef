/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit of a scan, all its queries at once (reliability.md sections 3 and 5):
 *   1 flush operators, in order of the sub-topologies, draining what they exchange
 *   2 flush stores: changelog records go out
 *   3 settle: everything written is acknowledged (Kafka)
 *   4 one batch: state; 5 the log commits it with the input offsets
 * A failure before 5 leaves everything uncommitted: the tasks are discarded and built anew from
 * committed state.
 *
 * On Kafka 4 is put off: the changelogs have the changes, and the database gets them with the
 * changelogs' positions every WRITE_EVERY_NS, when they are many, when tasks close, or when a pull
 * query asks. After a crash the changelogs' tails since then are read again.
 */
#include "runtime/task/internal.h"

#define AWAIT_WRITE_MS 5000
#define LARGE_WRITE    ((size_t)2 << 20)

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

/* ---- state ---- */

#define WRITE_EVERY_NS 30000000000ll

/* Kafka: the changelogs make changes durable, the database only shortens the next start. */
static bool writes_behind(const wr__scan *s)
{
    return wr_log_can(s->log)->has_changelogs && !s->transient;
}

static weir_status collect_state(wr_query *q, wr_db_batch *state, weir_error *err)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
            WR_TRY(wr_store_commit_into(q->tasks[i]->stores[k].store, state, err));
    return WEIR_OK;
}

/* The rows in pieces, whatever happens between; then what makes them count, at once. */
static weir_status write_member(wr_query *q, weir_error *err)
{
    for (size_t i = 0; i < q->tasks_n; i++)
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
            WR_TRY(wr_store_write_rows(q->tasks[i]->stores[k].store, err));
    wr_db_batch *b = wr_db_batch_new(q->db);
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < q->tasks_n && st == WEIR_OK; i++) {
        for (size_t k = 0; k < q->tasks[i]->stores_n && st == WEIR_OK; k++) {
            st = wr_store_write_into(q->tasks[i]->stores[k].store, b, err);
            wr__store_note_position(&q->tasks[i]->stores[k], b);
        }
    }
    if (st == WEIR_OK)
        st = wr_db_write(q->db, b, err);
    wr_db_batch_free(b);
    return st;
}

static bool write_due(wr__scan *s)
{
    if (atomic_load(&s->write_asked) ||
        s->clock->mono_ns(s->clock) - atomic_load(&s->last_write_ns) > WRITE_EVERY_NS)
        return true;
    size_t unwritten = 0;
    for (size_t m = 0; m < s->members_n; m++) {
        if (wr__query_over_budget(s->members[m]))
            return true;
        unwritten += wr__query_unwritten_bytes(s->members[m]);
    }
    return s->members_n && unwritten > s->members[0]->budget->bytes / 2;
}

static weir_status write_behind(wr__scan *s, weir_error *err)
{
    size_t bytes = 0;
    for (size_t m = 0; m < s->members_n; m++) {
        bytes += wr__query_unwritten_bytes(s->members[m]);
        WR_TRY(write_member(s->members[m], err));
    }
    /* Many rows went to disk as files, but the positions are in memory, without a WAL: a kill would
     * read the changelogs from very old ones. */
    if (bytes > LARGE_WRITE)
        WR_TRY(wr_db_flush(s->db, err));
    pthread_mutex_lock(&s->hub->lock);
    atomic_store(&s->last_write_ns, s->clock->mono_ns(s->clock));
    atomic_store(&s->write_asked, false);
    pthread_cond_broadcast(&s->hub->changed);
    pthread_mutex_unlock(&s->hub->lock);
    return WEIR_OK;
}

static void mark_committed(wr__scan *s)
{
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        for (size_t i = 0; i < q->tasks_n; i++)
            for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
                wr_store_committed(q->tasks[i]->stores[k].store);
    }
}

void wr__query_await_write(wr_query *q)
{
    struct timespec until = wr__in_ms(AWAIT_WRITE_MS);
    int rc = 0;
    pthread_mutex_lock(&q->hub->lock);
    int64_t since = q->scan ? q->clock->mono_ns(q->clock) - q->scan->commit_interval_ns : 0;
    while (q->scan && q->scan->runs && writes_behind(q->scan) && rc == 0 &&
           atomic_load(&q->scan->last_write_ns) < since) {
        atomic_store(&q->scan->write_asked, true);
        wr__scan_call(q->scan);
        rc = pthread_cond_timedwait(&q->hub->changed, &q->hub->lock, &until);
    }
    pthread_mutex_unlock(&q->hub->lock);
}

/* ---- the commit ---- */

/* Members whose records were refused have failed, nobody else: what fails here is taken apart by
 * recover(). */
static weir_status check_owners(wr__scan *s, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (size_t m = 0; m < s->members_n; m++) {
        if (!wr_log_owner_failed(&s->members[m]->owner, err))
            continue;
        wr__query_break(s->members[m], err);
        st = err->code;
    }
    return st;
}

static weir_status each_member(wr__scan *s, int64_t *flushed, weir_error *err)
{
    for (size_t m = 0; m < s->members_n; m++) {
        wr_query *q = s->members[m];
        weir_status st = flush_operators(q, err);
        if (st != WEIR_OK && wr_log_writer_failed(s->writer, NULL)) /* it is everybody's */
            return st;
        if (st != WEIR_OK) {
            wr__query_break(q, err);
            return st;
        }
    }
    *flushed = s->clock->mono_ns(s->clock);
    WR_TRY(wr_log_writer_flush(s->writer, err));
    WR_TRY(check_owners(s, err));
    /* A new one: a cleared batch keeps the memory of the largest commit so far. */
    wr_db_batch_free(s->state);
    s->state = wr_db_batch_new(s->db);
    for (size_t m = 0; m < s->members_n; m++) {
        if (!s->members[m]->noted)
            wr__query_note(s->members[m], s->state);
        if (!writes_behind(s))
            WR_TRY(collect_state(s->members[m], s->state, err));
    }
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
        wr_log_writer_commit(s->writer, s->reader, groups, (uint32_t)s->members_n, s->state, err);
    wr_free(groups);
    wr_free(parts);
    return st;
}

/*
 * Kafka's coordinator takes its time for each group (some 5 ms), so the offsets of a hundred
 * queries take longer than anything else of a commit. While there is work they are committed so
 * rarely that they take a twentieth of the time; a crash then repeats some more records.
 */
static bool offsets_can_wait(const wr__scan *s)
{
    return writes_behind(s) && s->members_n > 1 && s->busy && !atomic_load(&s->write_asked) &&
           s->clock->mono_ns(s->clock) - s->offsets_ns < 20 * s->offsets_took_ns;
}

static weir_status commit(wr__scan *s, weir_error *err)
{
    int64_t since = s->last_commit_ns, flushed;
    WR_TRY(each_member(s, &flushed, err));
    bool wait = offsets_can_wait(s);
    if (s->transient) {
        /* Its state is its own, its offsets are nobody's. */
        WR_TRY(wr_log_writer_commit(s->writer, NULL, NULL, 0, NULL, err));
        WR_TRY(wr_db_write(s->db, s->state, err));
    } else if (!wait) {
        int64_t before = s->clock->mono_ns(s->clock);
        WR_TRY(commit_offsets(s, err));
        s->offsets_ns = s->clock->mono_ns(s->clock);
        s->offsets_took_ns = s->offsets_ns - before;
    }
    if (writes_behind(s))
        mark_committed(s);
    if (!wait)
        after_commit(s, since, flushed);
    return WEIR_OK;
}

weir_status wr__scan_commit(wr__scan *s, weir_error *err)
{
    s->last_commit_ns = s->clock->mono_ns(s->clock);
    if (s->dirty)
        WR_TRY(commit(s, err));
    if (writes_behind(s) && write_due(s))
        WR_TRY(write_behind(s, err));
    for (size_t m = 0; m < s->members_n; m++)
        wr__query_trim(s->members[m]);
    return WEIR_OK;
}

weir_status wr__scan_commit_all(wr__scan *s, weir_error *err)
{
    if (writes_behind(s))
        atomic_store(&s->write_asked, true);
    return wr__scan_commit(s, err);
}
