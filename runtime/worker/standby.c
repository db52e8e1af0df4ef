/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standbys of a worker's clients: who keeps which, and when that is looked at.
 *
 * The members of the group are asked for a while after each rebalance, when all have joined, and
 * now and then, which also mends what has failed. Nothing depends on the answer: it decides who has
 * a warm copy, never who owns a partition. Where members answer differently for a moment there is a
 * copy too many or too few, until they ask again.
 */
#include "runtime/worker/standby.h"
#include "runtime/worker/worker_internal.h"
#include "common/diag.h"

#define JOINED_NS INT64_C(1000000000)
#define AGAIN_NS  INT64_C(30000000000)

/* ---- who ---- */

/* Consecutive partitions for each member in turn; the first ones get one more where they do not go
 * into each other. */
static uint32_t range_owner(uint32_t partition, uint32_t partitions, uint32_t members)
{
    uint32_t each = partitions / members, more = partitions % members;
    uint32_t of_more = (each + 1) * more;
    return partition < of_more ? partition / (each + 1) : more + (partition - of_more) / each;
}

/* The member that has place @p at among those that are not gone. */
static uint32_t member_at(const bool *gone, uint32_t at)
{
    uint32_t i = 0;
    for (;; i++)
        if (!gone[i] && at-- == 0)
            return i;
}

bool wr__standby_is(uint32_t self, uint32_t members, int32_t partition, int32_t partitions,
                    uint32_t replicas)
{
    WR_ASSERT(self < members && partition >= 0 && partition < partitions);
    bool *gone = wr_calloc(members, sizeof *gone), yes = false;
    for (uint32_t left = members; left && members - left <= replicas && !yes; left--) {
        uint32_t at = range_owner((uint32_t)partition, (uint32_t)partitions, left);
        uint32_t member = member_at(gone, at);
        yes = member == self && left < members; /* the first one is the owner */
        if (member == self && left == members)
            break;
        gone[member] = true;
    }
    wr_free(gone);
    return yes;
}

/* ---- what ---- */

static bool is_own(const wr__consumer *c, uint32_t topic, int32_t partition)
{
    for (uint32_t i = 0; i < c->queues_n; i++)
        if (c->queues[i].topic == topic && c->queues[i].partition == partition)
            return true;
    return false;
}

static wr_topic_part *list_parts(const wr_worker *w, uint32_t self, uint32_t members, uint32_t *n)
{
    size_t max = 1;
    for (uint32_t t = 0; t < w->o.topics_n; t++)
        max += (size_t)w->topics[t].partitions;
    wr_topic_part *parts = wr_calloc(max, sizeof *parts);
    *n = 0;
    for (uint32_t t = 0; t < w->o.topics_n; t++)
        for (int32_t p = 0; p < w->topics[t].partitions; p++)
            if (!is_own(&w->consumer, t, p) &&
                wr__standby_is(self, members, p, w->topics[t].partitions, w->standby.replicas))
                parts[(*n)++] = (wr_topic_part){w->topics[t].name, p, WR_OFFSET_NONE};
    return parts;
}

/* ---- when ---- */

void wr__standby_later(wr_worker *w)
{
    w->standby.due_ns = w->o.clock->mono_ns(w->o.clock) + JOINED_NS;
}

static weir_status refresh(wr_worker *w, weir_error *err)
{
    uint32_t self, members, n;
    WR_TRY(wr_log_reader_members(w->consumer.reader, &self, &members, err));
    if (members == 0) { /* between two assignments */
        wr__standby_later(w);
        return WEIR_OK;
    }
    wr_topic_part *parts = list_parts(w, self, members, &n);
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < w->members.n && st == WEIR_OK; i++) {
        wr_worker_client *c = w->members.clients[i];
        if (c->cls->standby)
            st = c->cls->standby(c, parts, n, err);
    }
    wr_free(parts);
    return st;
}

void wr__standby_look(wr_worker *w)
{
    weir_error err;
    if (!w->standby.replicas || !w->consumer.reader ||
        w->o.clock->mono_ns(w->o.clock) < w->standby.due_ns)
        return;
    w->standby.due_ns = w->o.clock->mono_ns(w->o.clock) + AGAIN_NS;
    if (refresh(w, &err) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "worker", "Standbys of %s: %s", w->members.clients[0]->name,
                    err.message);
}
