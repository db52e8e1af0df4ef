/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit of a worker, all its clients at once (reliability.md sections 3 and 5):
 *   1 clients flush: operators hand on what they hold, changelog records go out
 *   2 the writer flushes: everything written is acknowledged (Kafka)
 *   3 one batch: state; 4 the log commits it with the offsets
 * A failure of a client in 1, or of a delivery of it that shows in 2, is that client's: it leaves,
 * and the others commit. Any other failure before 4 leaves everything uncommitted.
 *
 * Exactly-once on Kafka: what was written since the last commit and the offsets are one
 * transaction, which belongs to all clients. One that fails takes the others back to the last
 * commit.
 *
 * With changelogs 3 is put off: the changelogs have the changes, and the database gets them with
 * the changelogs' positions every WRITE_EVERY_NS, when they are many, when clients close, or when a
 * pull query asks. After a crash the changelogs' tails since then are read again.
 */
#include "common/fault.h"
#include "runtime/worker/worker_internal.h"

#define AWAIT_WRITE_MS 5000
#define LARGE_WRITE    ((size_t)2 << 20)
#define WRITE_EVERY_NS 30000000000ll
#define PENDING_MAX    ((size_t)2 << 20) /* bytes written since the last commit */
#define IDLE_COMMIT_NS 20000000ll
#define RARE_COMMIT_NS 2000000000ll /* far below transaction.timeout.ms */

/* Changelogs make changes durable, the database only shortens the next start. */
static bool writes_behind(const wr_worker *w)
{
    return wr_log_can(w->o.log)->has_changelogs && !w->o.transient;
}

/* ---- state that is written behind its changelogs ---- */

static size_t unwritten_bytes(wr_worker *w, bool *over)
{
    size_t bytes = 0;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (!c->cls->memory)
            continue;
        wr_client_memory m = c->cls->memory(c);
        bytes += m.unwritten;
        *over = *over || m.over;
    }
    return bytes;
}

static bool write_due(wr_worker *w)
{
    if (atomic_load(&w->commit.write_asked) ||
        w->o.clock->mono_ns(w->o.clock) - atomic_load(&w->commit.last_write_ns) > WRITE_EVERY_NS)
        return true;
    bool over = false;
    size_t unwritten = unwritten_bytes(w, &over);
    return over || unwritten > w->o.unwritten_max;
}

static weir_status write_state(wr_worker *w, weir_error *err)
{
    bool over = false;
    size_t bytes = unwritten_bytes(w, &over);
    WR_ASSERT(!w->commit.dirty); /* only what is committed is ever written */
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->write)
            WR_TRY(c->cls->write(c, err));
    }
    /* Many rows went to disk as files, but the positions are in memory, without a WAL: a kill would
     * read the changelogs from very old ones. */
    if (bytes > LARGE_WRITE)
        WR_TRY(wr_db_flush(w->o.db, err));
    wr_monitor_lock(w->o.monitor);
    atomic_store(&w->commit.last_write_ns, w->o.clock->mono_ns(w->o.clock));
    atomic_store(&w->commit.write_asked, false);
    wr_monitor_signal(w->o.monitor);
    wr_monitor_unlock(w->o.monitor);
    return WEIR_OK;
}

void wr_worker_await_write(wr_monitor *m, wr_worker_client *c)
{
    if (!c->worker)
        return;
    struct timespec deadline = wr_monitor_deadline(AWAIT_WRITE_MS);
    const wr_worker_options *o = &c->worker->o;
    int64_t since = o->clock->mono_ns(o->clock) - c->worker->commit.interval_ns;
    bool in_time = true;
    while (in_time && c->worker && c->worker->members.runs && writes_behind(c->worker) &&
           atomic_load(&c->worker->commit.last_write_ns) < since) {
        atomic_store(&c->worker->commit.write_asked, true);
        wr__members_call(c->worker);
        in_time = wr_monitor_wait(m, &deadline);
    }
}

/* ---- the commit ---- */

/* 1 and 2. A delivery that has failed belongs to one client, whenever that shows. */
static weir_status flush(wr_worker *w, weir_error *err)
{
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        weir_error own = {0};
        weir_status st = c->cls->flush ? c->cls->flush(c, &own) : WEIR_OK;
        if (st == WEIR_OK)
            continue;
        *err = own;
        if (wr__failure_is_workers(w))
            return st;
        wr__client_fail(c, &own);
    }
    WR_FAULT(WR_FAULT_COMMIT_FLUSHED, err);
    WR_TRY(wr_log_writer_flush(w->commit.writer, err));
    WR_FAULT(WR_FAULT_COMMIT_ACKNOWLEDGED, err);
    for (size_t i = 0; i < w->members.n; i++) {
        weir_error own = {0};
        if (wr_log_owner_failed(&w->members.clients[i]->owner, &own))
            wr__client_fail(w->members.clients[i], &own);
    }
    return wr__worker_sort_out(w, err);
}

/* 3. */
static weir_status collect_state(wr_worker *w, weir_error *err)
{
    /* A new one: a cleared batch keeps the memory of the largest commit so far. */
    wr_db_batch_free(w->commit.state);
    w->commit.state = wr_db_batch_new(w->o.db);
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->commit_into)
            WR_TRY(c->cls->commit_into(c, w->commit.state, err));
    }
    return WEIR_OK;
}

/* 4. */
static weir_status commit_offsets(wr_worker *w, weir_error *err)
{
    const wr__consumer *in = &w->consumer;
    wr_topic_part *parts = wr_calloc(in->queues_n, sizeof *parts);
    wr_log_group_offsets *groups = wr_calloc(w->members.n, sizeof *groups);
    uint32_t groups_n = 0;
    for (uint32_t i = 0; i < in->queues_n; i++)
        parts[i] =
            (wr_topic_part){in->queues[i].name, in->queues[i].partition, in->queues[i].next_offset};
    for (size_t i = 0; i < w->members.n; i++)
        if (w->members.clients[i]->group)
            groups[groups_n++] =
                (wr_log_group_offsets){w->members.clients[i]->group, parts, in->queues_n};
    /* A catch-up worker is a member of nothing: it has its partitions by the main worker's
     * membership, and a transaction must not succeed without it. The main worker's reader stays
     * while there are catch-up workers (wr__catch_up_stop_all). */
    wr_log_reader *member =
        w->commit.exactly_once && w->catch_up.main ? w->catch_up.main->consumer.reader : in->reader;
    weir_status st =
        wr_log_writer_commit(w->commit.writer, member, groups, groups_n, w->commit.state, err);
    wr_free(groups);
    wr_free(parts);
    return st;
}

/*
 * Kafka's coordinator takes its time for each group (some 5 ms), so the offsets of a hundred
 * clients take longer than anything else of a commit. While there is work they are committed so
 * rarely that they take a twentieth of the time; a crash then repeats some more records.
 */
static bool offsets_can_wait(const wr_worker *w)
{
    return writes_behind(w) && !w->commit.exactly_once && w->members.n > 1 && w->commit.busy &&
           !atomic_load(&w->commit.write_asked) &&
           w->o.clock->mono_ns(w->o.clock) - w->commit.offsets_ns < 20 * w->commit.offsets_took_ns;
}

/* In a transaction offsets go with the rest, so there the whole commit is as rare. */
static int64_t commit_interval_ns(const wr_worker *w)
{
    int64_t interval = w->commit.interval_ns;
    if (w->commit.exactly_once && w->members.n > 1)
        interval = WR_MAX(interval, WR_MIN(20 * w->commit.offsets_took_ns, RARE_COMMIT_NS));
    return interval;
}

static weir_status make_durable(wr_worker *w, bool offsets, weir_error *err)
{
    if (w->o.transient) {
        /* Its state is its own, its offsets are nobody's. */
        WR_TRY(wr_log_writer_commit(w->commit.writer, NULL, NULL, 0, NULL, err));
        return wr_db_write(w->o.db, w->commit.state, err);
    }
    if (!offsets)
        return WEIR_OK;
    int64_t before = w->o.clock->mono_ns(w->o.clock);
    WR_TRY(commit_offsets(w, err));
    WR_FAULT(WR_FAULT_COMMIT_DONE, err);
    w->commit.offsets_ns = w->o.clock->mono_ns(w->o.clock);
    w->commit.offsets_took_ns = w->commit.offsets_ns - before;
    return WEIR_OK;
}

/* The broker forgets the offsets of a group without members, also while its query lives and has
 * nothing to do. */
static bool refresh_is_due(const wr_worker *w)
{
    return w->commit.refresh_ns && w->consumer.assigned &&
           w->o.clock->mono_ns(w->o.clock) - w->commit.offsets_ns >= w->commit.refresh_ns;
}

static weir_status commit(wr_worker *w, weir_error *err)
{
    WR_ASSERT(w->commit.writer);
    wr_commit_times times = {.began_ns = w->o.clock->mono_ns(w->o.clock)};
    WR_TRY(flush(w, err));
    times.flushed_ns = w->o.clock->mono_ns(w->o.clock);
    bool offsets = !offsets_can_wait(w) || write_due(w);
    WR_TRY(collect_state(w, err));
    WR_FAULT(WR_FAULT_COMMIT_COLLECTED, err);
    WR_TRY(make_durable(w, offsets, err));
    if (!offsets) {
        for (size_t i = 0; i < w->members.n; i++)
            if (w->members.clients[i]->cls->committed)
                w->members.clients[i]->cls->committed(w->members.clients[i], NULL);
        return WEIR_OK;
    }
    times.done_ns = w->o.clock->mono_ns(w->o.clock);
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        c->failures = 0;
        if (c->cls->committed)
            c->cls->committed(c, &times);
    }
    w->failures = 0; /* only a commit is progress: without one, records are read again and again */
    wr__guard_committed(w);
    wr__consumer_committed(&w->consumer);
    w->commit.dirty = false;
    return WEIR_OK;
}

weir_status wr__worker_commit(wr_worker *w, weir_error *err)
{
    w->commit.last_ns = w->o.clock->mono_ns(w->o.clock);
    if (w->commit.dirty || refresh_is_due(w))
        WR_TRY(commit(w, err));
    /* Only what is committed with its offsets is written: state never gets ahead of them for long.
     */
    if (writes_behind(w) && !w->commit.dirty && write_due(w))
        WR_TRY(write_state(w, err));
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->trim)
            c->cls->trim(c);
    }
    return WEIR_OK;
}

weir_status wr__worker_commit_all(wr_worker *w, weir_error *err)
{
    if (writes_behind(w))
        atomic_store(&w->commit.write_asked, true); /* offsets do not wait either */
    return wr__worker_commit(w, err);
}

weir_status wr_worker_commit(wr_worker *w, weir_error *err)
{
    return w->commit.writer ? wr__worker_commit_all(w, err) : WEIR_OK;
}

static bool over_memory(wr_worker *w)
{
    bool over = false;
    (void)unwritten_bytes(w, &over);
    return over;
}

bool wr__commit_is_due(wr_worker *w, bool progressed)
{
    if (!w->commit.dirty)
        return atomic_load(&w->commit.write_asked) || refresh_is_due(w);
    int64_t since = w->o.clock->mono_ns(w->o.clock) - w->commit.last_ns;
    if (since >= commit_interval_ns(w) || over_memory(w))
        return true;
    /* Kafka's producer bounds itself; our own logs keep what is written until the commit. */
    if (wr_log_can(w->o.log)->atomic_with_state &&
        wr_log_writer_pending(w->commit.writer) > PENDING_MAX)
        return true;
    return !progressed && since >= IDLE_COMMIT_NS;
}
