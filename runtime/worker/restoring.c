/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients whose state is not there yet. Opening them does not wait for it: state comes on other
 * threads, and the worker goes on with what can be processed. A partition that some client may not
 * be given yet is held: its reader is paused, and what is here already stays in its queue. So all
 * clients still stand at the same offsets. The worker polls meanwhile, hence its group keeps it,
 * and it sees at once what others ask for.
 */
#include "runtime/worker/worker_internal.h"

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
        bool restoring = false;
        if (!c->cls->advance || atomic_load(&c->failed))
            continue;
        if (c->cls->advance(c, &restoring, &err) != WEIR_OK)
            wr__client_fail(c, &err);
        any = any || restoring;
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

weir_status wr__restoring_begin(wr_worker *w, weir_error *err)
{
    advance_clients(w);
    WR_TRY(wr__worker_sort_out(w, err));
    return hold(w, err);
}
