/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A round: one run of records for each executor slot is delivered to every client; then what
 * clients have exchanged between their tasks, until nothing is left; then the scratch arenas are
 * reset and the records released. Within a round slots run at once; between two rounds only the
 * worker's thread does.
 *
 * A record that an earlier process may have died of has a round of its own: each client in turn
 * gets it, and what it exchanges, and nothing else in the process is at work (crash_guard.c).
 */
#include "runtime/worker/worker_internal.h"
#include "common/diag.h"

typedef struct round {
    wr_worker *w;
    wr__run *runs;
    uint32_t runs_n;
    const wr_worker_client *only; /* NULL: all clients */
} round_t;

static uint32_t slot_of(const wr_worker *w, const wr__run *r)
{
    return wr__worker_slot(w, r->queue->partition);
}

static bool takes_part(const round_t *r, wr_worker_client *c)
{
    return !atomic_load(&c->failed) && (!r->only || r->only == c);
}

static void deliver_to_clients(const round_t *round, const wr__run *r)
{
    const wr_worker *w = round->w;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        weir_error err = {0};
        if (!takes_part(round, c))
            continue;
        if (c->cls->deliver(c, c->topics[r->queue->topic], r->queue->partition, r->records, r->n,
                            &err) != WEIR_OK)
            wr__client_fail(c, &err);
    }
}

static void deliver_slot(void *arg, uint32_t slot)
{
    round_t *r = arg;
    wr_source_pool_next(r->w->slots[slot].sources);
    for (uint32_t i = 0; i < r->runs_n; i++)
        if (slot_of(r->w, &r->runs[i]) == slot)
            deliver_to_clients(r, &r->runs[i]);
}

static void drain_slot(void *arg, uint32_t slot)
{
    round_t *r = arg;
    for (size_t i = 0; i < r->w->members.n; i++) {
        wr_worker_client *c = r->w->members.clients[i];
        weir_error err = {0};
        if (c->cls->drain && takes_part(r, c) && c->cls->drain(c, slot, &err) != WEIR_OK)
            wr__client_fail(c, &err);
    }
}

/* @return whether anything was exchanged that can be drained now. */
static bool swap(const round_t *r)
{
    bool any = false;
    const wr_worker *w = r->w;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->swap && takes_part(r, c))
            any = c->cls->swap(c) || any;
    }
    return any;
}

static void count_run(wr_worker *w, const wr__run *r, int64_t ns)
{
    WR_ASSERT(r->n > 0);
    wr_processed p = {.records = r->n, .last_ms = r->records[r->n - 1].timestamp, .ns = ns};
    for (uint32_t i = 0; i < r->n; i++)
        p.bytes += r->records[i].key.len + r->records[i].value.len;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        p.topic = c->topics[r->queue->topic];
        if (c->cls->processed)
            c->cls->processed(c, &p);
    }
}

static void work(round_t *r)
{
    wr_worker *w = r->w;
    wr_executor_run(w->o.executor, w->o.slots, deliver_slot, r);
    while (swap(r))
        wr_executor_run(w->o.executor, w->o.slots, drain_slot, r);
}

static void condemn(wr_worker_client *c, const wr__run *r)
{
    weir_error err = {0};
    if (!c->cls->condemned)
        wr_diag_put(WR_DIAG_WARN, "worker",
                    "%s: %s partition %d offset %lld is left out: the process died of it", c->name,
                    r->queue->name, r->queue->partition, (long long)r->records[0].offset);
    else if (c->cls->condemned(c, c->topics[r->queue->topic], r->queue->partition, r->records,
                               &err) != WEIR_OK)
        wr__client_fail(c, &err);
}

/* One record, which some client may die of. */
static void work_alone(round_t *r)
{
    wr_worker *w = r->w;
    WR_ASSERT(r->runs_n == 1 && r->runs[0].n == 1);
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        r->only = c;
        if (!takes_part(r, c))
            continue;
        if (!wr__guard_alone(w, c, &r->runs[0])) {
            condemn(c, &r->runs[0]);
            continue;
        }
        work(r);
        wr__guard_survived(w, c, &r->runs[0]);
    }
}

static weir_status run_round(wr_worker *w, wr__run *runs, uint32_t n, weir_error *err)
{
    bool alone = wr__guard_cut(w, runs, &n);
    round_t r = {.w = w, .runs = runs, .runs_n = n};
    w->commit.dirty = true;
    atomic_store(&w->commit.idle, false);
    int64_t since = w->o.clock->mono_ns(w->o.clock);
    bool entered = wr_in_progress_enter(w->o.in_progress, alone);
    if (WR_UNLIKELY(alone)) {
        work_alone(&r);
    } else {
        wr__guard_begin(w, runs, n);
        work(&r);
    }
    wr__guard_end(w);
    wr_in_progress_leave(w->o.in_progress, entered);
    wr__worker_reset_slots(w);
    int64_t ns = w->o.clock->mono_ns(w->o.clock) - since;
    WR_TRY(wr__worker_sort_out(w, err));
    for (uint32_t i = 0; i < n; i++) {
        count_run(w, &runs[i], ns);
        WR_TRY(wr__consumer_finish(&w->consumer, &runs[i], err));
    }
    return WEIR_OK;
}

/* ---- which runs ---- */

static bool has_run(const wr_worker *w, const wr__run *runs, uint32_t n, uint32_t slot)
{
    for (uint32_t i = 0; i < n; i++)
        if (slot_of(w, &runs[i]) == slot)
            return true;
    return false;
}

static void add_run(const wr_worker *w, const wr__run *r, wr__run *runs, uint32_t *n)
{
    if (r->n && *n < w->o.slots && !has_run(w, runs, *n, slot_of(w, r)))
        runs[(*n)++] = *r;
}

/* A run for each slot that has records. @p from: where to go on looking. */
static weir_status collect_runs(wr_worker *w, uint32_t only_topic, uint32_t *from, wr__run *runs,
                                uint32_t *n, weir_error *err)
{
    const wr__consumer *c = &w->consumer;
    uint32_t begin = *from;
    *n = 0;
    for (uint32_t k = 0; k < c->groups_n && *n < w->o.slots; k++) {
        uint32_t g = (begin + k) % c->groups_n;
        wr__run r, other;
        WR_TRY(wr__consumer_next(&w->consumer, g, only_topic, w->o.batch_rows, &r, err));
        if (r.n == 0 || has_run(w, runs, *n, slot_of(w, &r)))
            continue;
        add_run(w, &r, runs, n);
        /* One slot: stay with the group while it has records, its operators are warm. */
        *from = g;
        for (uint32_t i = 0; i < c->queues_n && *n < w->o.slots; i++) {
            wr__consumer_beside(c, &r, i, w->o.batch_rows, &other);
            add_run(w, &other, runs, n);
        }
    }
    return WEIR_OK;
}

static bool interval_over(const wr_worker *w)
{
    return w->o.clock->mono_ns(w->o.clock) - w->commit.last_ns > w->commit.interval_ns;
}

/* What earlier runs left in repartition topics is done with. */
static weir_status end_backlog(wr_worker *w, weir_error *err)
{
    w->consumer.backlog = false;
    return wr__consumer_resume(&w->consumer, err);
}

weir_status wr__worker_process(wr_worker *w, bool *progressed, weir_error *err)
{
    wr__run *runs = wr_calloc(w->o.slots, sizeof *runs);
    weir_status st = WEIR_OK;
    w->consumer.ready = w->consumer.held = false;
    for (uint32_t from = 0, n = 1; st == WEIR_OK && n;) {
        uint32_t only = w->consumer.backlog ? wr__consumer_backlog_topic(&w->consumer) : UINT32_MAX;
        if (w->consumer.backlog && only == UINT32_MAX)
            st = end_backlog(w, err);
        if (st == WEIR_OK)
            st = collect_runs(w, only, &from, runs, &n, err);
        if (st != WEIR_OK || n == 0)
            break;
        *progressed = true;
        st = run_round(w, runs, n, err);
        /* For a commit, or to look at requests; nothing may wait for new records meanwhile. */
        w->consumer.ready = interval_over(w) || atomic_load(&w->members.attention);
        if (w->consumer.ready)
            break;
    }
    wr_free(runs);
    return st;
}

/* ---- without a consumer ---- */

weir_status wr__worker_punctuate(wr_worker *w, weir_error *err)
{
    int64_t wall_ms = w->o.clock->wall_ms(w->o.clock);
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        weir_error own = {0};
        weir_status st = c->cls->punctuate ? c->cls->punctuate(c, wall_ms, &own) : WEIR_OK;
        if (st == WEIR_OK)
            continue;
        *err = own;
        if (wr__failure_is_workers(w))
            return st;
        wr__client_fail(c, &own);
    }
    wr__worker_reset_slots(w);
    return wr__worker_sort_out(w, err);
}

weir_status wr_worker_pipe(wr_worker *w, uint32_t topic, const wr_record *records, uint32_t n,
                           weir_error *err)
{
    WR_ASSERT(w->o.piped && w->o.slots == 1 && w->members.n == 1);
    wr_worker_client *c = w->members.clients[0];
    w->commit.dirty = true;
    for (uint32_t at = 0; at < n; at += w->o.batch_rows) {
        uint32_t rows = WR_MIN(w->o.batch_rows, n - at);
        WR_TRY(c->cls->deliver(c, topic, 0, records + at, rows, err));
        while (c->cls->swap && c->cls->swap(c))
            WR_TRY(c->cls->drain(c, 0, err));
        wr__worker_reset_slots(w);
    }
    if (c->cls->processed && n)
        c->cls->processed(
            c, &(wr_processed){.topic = topic, .records = n, .last_ms = records[n - 1].timestamp});
    return wr__worker_punctuate(w, err);
}
