/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking partitions. Every client says where it would begin. Most of them begin at one place as a
 * rule, and the worker follows these; who begins elsewhere is no client for now, and waits to be
 * admitted, which puts it into a catch-up worker (catch_up.c).
 */
#include "common/fault.h"
#include "runtime/worker/worker_internal.h"

static bool equal_offsets(const wr_topic_part *a, const wr_topic_part *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[i].offset != b[i].offset)
            return false;
    return true;
}

/* Where each client begins, into @p starts (clients x n). @return which of them most agree with. */
static weir_status ask_clients(wr_worker *w, wr_topic_part *starts, const wr_topic_part *given,
                               uint32_t n, const int64_t *low, const int64_t *high, size_t *leader,
                               weir_error *err)
{
    size_t best = 0;
    *leader = 0;
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        wr_topic_part *own = starts + i * n;
        memcpy(own, given, n * sizeof *own);
        WR_TRY(c->cls->start_offsets(c, own, n, low, high, &w->commit.dirty, err));
        for (uint32_t k = 0; k < n; k++)
            WR_ASSERT(own[k].offset >= 0);
    }
    for (size_t i = 0; i < w->members.n; i++) {
        size_t equals = 0;
        for (size_t k = 0; k < w->members.n; k++)
            equals += equal_offsets(starts + i * n, starts + k * n, n);
        if (equals > best) {
            best = equals;
            *leader = i;
        }
    }
    return WEIR_OK;
}

/* The others begin elsewhere: they wait, and are admitted one by one. */
static void part_ways(wr_worker *w, const wr_topic_part *starts, uint32_t n, size_t leader)
{
    for (size_t i = w->members.n; i-- > 0;)
        if (!equal_offsets(starts + i * n, starts + leader * n, n))
            wr__members_remove(w, w->members.clients[i], w, WR_CLIENT_STOPPED, NULL);
}

static bool exchanges(const wr_worker *w)
{
    switch (w->o.exchange) {
    case WR_EXCHANGE_ALWAYS:
        return true;
    case WR_EXCHANGE_ALONE:
        return wr__consumer_has_all(&w->consumer);
    default:
        return false;
    }
}

weir_status wr__worker_open_client(wr_worker *w, wr_worker_client *c, weir_error *err)
{
    wr_worker_assignment a = {
        .parts = w->consumer.parts,
        .parts_n = w->consumer.queues_n,
        .exchange = exchanges(w),
        .writer = w->commit.writer,
        .slots = w->slots,
        .slots_n = w->o.slots,
        .batch_rows = w->o.batch_rows,
    };
    return c->cls->open ? c->cls->open(c, &a, err) : WEIR_OK;
}

/* A client that cannot be opened is not the others' business, but for a wait that was given up:
 * then somebody wants to leave, and everybody is asked. */
static weir_status open_clients(wr_worker *w, weir_error *err)
{
    for (size_t i = 0; i < w->members.n; i++) {
        wr_worker_client *c = w->members.clients[i];
        weir_status st = wr__worker_open_client(w, c, err);
        if (st == WEIR_ERR_INTERRUPTED)
            return st;
        if (st != WEIR_OK)
            wr__client_fail(c, err);
    }
    return wr__worker_sort_out(w, err);
}

static weir_status begin(wr_worker *w, weir_error *err)
{
    WR_ASSERT(w->commit.writer); /* exactly-once: older producers are fenced, offsets decided */
    wr__consumer_group(&w->consumer, exchanges(w), w->o.meets_across);
    WR_TRY(open_clients(w, err));
    WR_TRY(wr__restoring_begin(w, err));
    WR_FAULT(WR_FAULT_ASSIGN_RESTORED, err);
    WR_TRY(wr__consumer_assign(&w->consumer, err));
    return wr_fault(WR_FAULT_ASSIGN_DONE, err);
}

weir_status wr__worker_assign(wr_worker *w, const wr_topic_part *given, uint32_t n, weir_error *err)
{
    WR_ASSERT(!w->consumer.assigned && w->members.n > 0);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    wr_topic_part *starts = wr_calloc(w->members.n * n, sizeof *starts);
    size_t leader = 0;
    weir_status st = wr_topic_ends(w->o.log, given, n, low, high, err);
    if (st == WEIR_OK)
        st = ask_clients(w, starts, given, n, low, high, &leader, err);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_ASSIGN_OFFSETS, err);
    if (st == WEIR_OK) {
        wr__consumer_prepare(&w->consumer, starts + leader * n, n, high, w->o.until_end);
        part_ways(w, starts, n, leader);
        st = begin(w, err);
    }
    /* Whoever was handed over for a meeting that a rebalance has ended waits to be admitted, and
     * the call for that may have been heard while the meeting was still on. */
    if (w->o.threaded)
        atomic_store(&w->members.attention, true);
    wr_free(low);
    wr_free(high);
    wr_free(starts);
    return st;
}

weir_status wr__worker_assign_as_main(wr_worker *w, weir_error *err)
{
    WR_ASSERT(w->catch_up.main);
    uint32_t n;
    wr_topic_part *parts = wr__consumer_copy_parts(&w->catch_up.main->consumer, &w->consumer, &n);
    weir_status st =
        n ? wr__worker_assign(w, parts, n, err) : WEIR_OK; /* its main worker has none just now */
    wr_free(parts);
    return st;
}
