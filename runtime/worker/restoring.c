/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients whose state is not there yet. Opening them does not wait for it: state comes on other
 * threads, and the worker goes on with what can be processed. A partition that some client may not
 * be given yet is held: its reader is paused, and what is here already stays in its queue. So all
 * clients still stand at the same offsets. The worker polls meanwhile, hence its group keeps it,
 * and it sees at once what others ask for.
 *
 * One that has much to wait for does so in a catch-up worker, where others that need not wait would
 * be held with it.
 */
#include "runtime/worker/worker_internal.h"

#define LONG_RESTORE 200000 /* records: what takes less than a second may be waited for */

static bool may_deliver(const wr_worker *w, const wr__record_queue *q)
{
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        WR_ASSERT(q->topic < w->o.topics_n);
        if (c->cls->ready && !c->cls->ready(c, c->topics[q->topic], q->partition))
            return false;
    }
    return true;
}

static weir_status hold(wr_worker *w, weir_error *err)
{
    WR_ASSERT(w->commit.writer);
    for (uint32_t i = 0; i < w->consumer.queues_n; i++)
        WR_TRY(wr__consumer_hold(&w->consumer, i, !may_deliver(w, &w->consumer.queues[i]), err));
    return WEIR_OK;
}

/* What has failed is the client's alone; wr__worker_sort_out sees to it. */
static void advance_clients(wr_worker *w)
{
    bool any = false;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        weir_error err = {0};
        c->left = 0;
        if (!c->cls->advance || atomic_load(&c->failed))
            continue;
        if (c->cls->advance(c, &c->left, &err) != WEIR_OK)
            wr__client_fail(c, &err);
        any = any || c->left > 0;
    }
    w->restoring = any;
}

weir_status wr__restoring_advance(wr_worker *w, weir_error *err)
{
    if (!w->restoring || !w->consumer.assigned)
        return WEIR_OK;
    WR_ASSERT(w->members.n > 0 && w->consumer.queues_n > 0);
    advance_clients(w);
    WR_TRY(wr__worker_sort_out(w, err));
    return hold(w, err);
}

static size_t count_long(const wr_worker *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->members.n; i++)
        n += w->members.clients[i]->left > LONG_RESTORE;
    return n;
}

/* What it has restored so far stays, and it goes on there. */
static void move_long_ones_out(wr_worker *w)
{
    size_t n = count_long(w);
    if (n == 0 || n == w->members.n || w->catch_up.main || !w->o.threaded)
        return;
    for (size_t i = w->members.n; i-- > 0;) {
        wr_worker_client *c = w->members.clients[i];
        if (c->left <= LONG_RESTORE)
            continue;
        if (c->cls->close)
            c->cls->close(c);
        c->wait_ms = 1; /* in a catch-up worker */
        wr__members_remove(w, c, w, WR_CLIENT_STOPPED, NULL);
    }
}

weir_status wr__restoring_begin(wr_worker *w, weir_error *err)
{
    advance_clients(w);
    WR_TRY(wr__worker_sort_out(w, err));
    move_long_ones_out(w);
    return hold(w, err);
}
