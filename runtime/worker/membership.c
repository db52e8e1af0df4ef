/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients of a worker: who is one, who waits to become one, who wants to leave.
 *
 * Other threads change what a client wants and submit clients; the worker's thread looks at that
 * between two steps (`attention`). A client is in exactly one of: a worker's clients, a worker's
 * pending ones, nowhere; which one it is changes under the monitor, and whoever waits for it is
 * woken. After its last removal the worker never touches it again: it may be freed.
 */
#include "runtime/worker/worker_internal.h"

void wr_worker_client_init(wr_worker_client *c, const wr_client_class *cls, const char *name,
                           const char *group, const uint32_t *topics)
{
    WR_ASSERT(cls->start_offsets && cls->deliver && cls->left && !cls->swap == !cls->drain);
    *c = (wr_worker_client){.cls = cls, .name = name, .group = group, .topics = topics};
    wr_log_owner_init(&c->owner, name);
}

void wr_worker_client_destroy(wr_worker_client *c)
{
    WR_ASSERT(!c->worker && !c->pending);
}

/* ---- lists ---- */

static void push(wr_worker_client ***list, size_t *n, wr_worker_client *c)
{
    *list = wr_realloc((void *)*list, (*n + 1) * sizeof(wr_worker_client *));
    (*list)[(*n)++] = c;
}

static bool drop(wr_worker_client **list, size_t *n, const wr_worker_client *c)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i] != c)
            continue;
        memmove((void *)(list + i), (void *)(list + i + 1),
                (*n - i - 1) * sizeof(wr_worker_client *));
        --*n;
        return true;
    }
    return false;
}

/* ---- coming ---- */

void wr_worker_add(wr_worker *w, wr_worker_client *c)
{
    wr_monitor_lock(w->o.monitor);
    WR_ASSERT(!c->worker);
    if (w->members.n == w->members.cap) {
        w->members.cap = w->members.cap ? w->members.cap * 2 : 4;
        w->members.clients =
            wr_realloc((void *)w->members.clients, w->members.cap * sizeof(wr_worker_client *));
    }
    w->members.clients[w->members.n++] = c;
    c->worker = w;
    c->pending = NULL;
    wr_monitor_unlock(w->o.monitor);
}

/* With the monitor held. */
static void submit(wr_worker *w, wr_worker_client *c)
{
    c->worker = NULL;
    c->pending = w;
    push(&w->members.pending, &w->members.pending_n, c);
    wr__members_call(w);
}

bool wr_worker_accepts(const wr_worker *w)
{
    return !w->members.ended;
}

void wr_worker_submit(wr_worker *w, wr_worker_client *c)
{
    WR_ASSERT(!c->worker && !c->pending && !w->members.ended && !w->catch_up.main);
    submit(w, c);
}

void wr__members_put_back(wr_worker *w, wr_worker_client *c)
{
    wr_monitor_lock(w->o.monitor);
    submit(w, c);
    wr_monitor_unlock(w->o.monitor);
}

/* ---- leaving ---- */

/* With the monitor held: it is in no list, and hears that it has left. */
static void let_go(wr_worker_client *c, wr_client_end why, const weir_error *err)
{
    c->cls->left(c, why, err);
    c->worker = c->pending = NULL;
}

static bool wants_to_run(const wr_worker_client *c)
{
    return atomic_load(&c->desired) == WR_DESIRED_RUN;
}

wr_worker *wr__members_main(wr_worker *w)
{
    return w->catch_up.main ? w->catch_up.main : w;
}

void wr__members_remove(wr_worker *w, wr_worker_client *c, wr_worker *to, wr_client_end why,
                        const weir_error *err)
{
    wr_monitor_lock(w->o.monitor);
    bool found = drop(w->members.clients, &w->members.n, c);
    WR_ASSERT(found && c->worker == w);
    /* Resumed while it was on its way out: it comes back. */
    if (!to && (why == WR_CLIENT_PAUSED || why == WR_CLIENT_STOPPED) && wants_to_run(c))
        to = wr__members_main(w);
    if (to)
        submit(to, c);
    else
        let_go(c, why, err);
    wr_monitor_signal(w->o.monitor);
    wr_monitor_unlock(w->o.monitor);
}

wr_worker_client *wr__members_next_pending(wr_worker *w)
{
    wr_worker_client *found = NULL;
    wr_monitor_lock(w->o.monitor);
    while (w->members.pending_n && !found) {
        wr_worker_client *c = w->members.pending[0];
        drop(w->members.pending, &w->members.pending_n, c);
        WR_ASSERT(c->pending == w && !c->worker);
        if (wants_to_run(c)) {
            found = c;
            continue;
        }
        bool pause = atomic_load(&c->desired) == WR_DESIRED_PAUSE;
        let_go(c, pause ? WR_CLIENT_PAUSED : WR_CLIENT_STOPPED, NULL);
        wr_monitor_signal(w->o.monitor);
    }
    wr_monitor_unlock(w->o.monitor);
    return found;
}

bool wr__members_any_leaves(const wr_worker *w)
{
    for (size_t i = 0; i < w->members.n; i++)
        if (!wants_to_run(w->members.clients[i]))
            return true;
    return false;
}

bool wr__members_end(wr_worker *w)
{
    wr_monitor_lock(w->o.monitor);
    w->members.ended = w->members.n == 0 && w->members.pending_n == 0;
    wr_monitor_unlock(w->o.monitor);
    return w->members.ended;
}

/* ---- asking, with the monitor held ---- */

void wr__members_call(wr_worker *w)
{
    atomic_store(&w->members.attention, true);
    if (w->o.threaded)
        wr__consumer_wake(&w->consumer);
    wr_monitor_signal(w->o.monitor);
}

void wr_worker_notify(wr_worker *w)
{
    wr__members_call(w);
}

void wr_worker_cancel(wr_worker *w)
{
    atomic_store(&w->members.cancel, true);
    wr__members_call(w);
}

bool wr_worker_runs(const wr_worker *w)
{
    return w->members.runs;
}

size_t wr_worker_clients(const wr_worker *w)
{
    return w->members.n;
}

/* ---- looking, from any thread ---- */

bool wr_worker_is_idle(const wr_worker *w)
{
    return atomic_load(&w->commit.idle);
}

uint32_t wr_worker_topics(const wr_worker *w)
{
    return w->o.topics_n;
}

bool wr_worker_has_nothing(const wr_worker *w)
{
    return atomic_load(&w->consumer.given_none);
}

uint32_t wr_worker_positions(wr_worker *w, wr_worker_position *out, uint32_t max)
{
    return wr__consumer_positions(&w->consumer, out, max);
}
