/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a query has got: in what this process reads, by what is committed here; in partitions
 * that other processes have just now (or, after a kill, a process that is gone), by what the
 * query's group has committed. Any thread; asks the log.
 */
#include "runtime/log/log_groups.h"
#include "runtime/query/query_internal.h"

#include <stdlib.h>

/* The monitor keeps the worker there; its own lock guards what it says of partitions. @return how
 * many; 0: no worker has it. */
static uint32_t ask_worker(wr_query *q, wr_worker_position *own, uint32_t max)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    uint32_t n = q->client.worker ? wr_worker_positions(q->client.worker, own, max) : 0;
    wr_monitor_unlock(m);
    WR_ASSERT(n <= max);
    return n;
}

/* The query's name of a topic, which outlives the worker. */
static const char *topic_of(const wr_query *q, const wr_worker_position *p)
{
    return q->topics.names[q->topics.read[p->topic]];
}

/* What this process has of them. */
static uint32_t own_positions(wr_query *q, wr_topic_part *parts, uint32_t max)
{
    wr_worker_position *own = wr_calloc(max, sizeof *own);
    uint32_t n = ask_worker(q, own, max);
    for (uint32_t i = 0; i < n; i++)
        parts[i] = (wr_topic_part){topic_of(q, &own[i]), own[i].partition, own[i].committed};
    wr_free(own);
    return n;
}

/* No more than these are read. */
static size_t partitions_max(const wr_query *q)
{
    size_t n = 0;
    for (uint32_t t = 0; t < q->plan->topics_n; t++)
        n += (size_t)q->plan->topics[t].partitions;
    return n;
}

uint32_t wr_query_reads(wr_query *q, wr_arena *a, wr_topic_part **out)
{
    size_t max = partitions_max(q);
    WR_ASSERT(max <= UINT32_MAX);
    *out = wr_arena_alloc(a, (max + 1) * sizeof **out);
    return own_positions(q, *out, (uint32_t)max);
}

uint32_t wr_query_lags(wr_query *q, wr_arena *a, wr_query_lag **out)
{
    size_t max = partitions_max(q);
    WR_ASSERT(max <= UINT32_MAX);
    wr_worker_position *own = wr_calloc(max, sizeof *own);
    uint32_t read = ask_worker(q, own, (uint32_t)max), n = 0;
    *out = WR_NEW_N(a, wr_query_lag, read);
    for (uint32_t i = 0; i < read; i++)
        if (own[i].lag >= 0)
            (*out)[n++] = (wr_query_lag){topic_of(q, &own[i]), own[i].partition, own[i].lag};
    wr_free(own);
    return n;
}

/* Nothing read and not processed, nothing processed and not committed, no state that is missing. */
static bool idle(wr_query *q)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    /* It is idle as well before its state is looked at: positions are known before it is opened. */
    bool whole =
        !q->kind.changelogs || (atomic_load(&q->opened) && !atomic_load(&q->counters.incomplete));
    bool yes = whole && q->client.worker && wr_worker_is_idle(q->client.worker);
    wr_monitor_unlock(m);
    return yes;
}

/* Every partition that the query reads, also those that other processes have just now (or, after a
 * kill, a process that is gone): those by what the group has committed. @return how many. */
static weir_status all_positions(wr_query *q, wr_topic_part **out, uint32_t *out_n, weir_error *err)
{
    size_t max = partitions_max(q);
    wr_topic_part *parts = wr_calloc(max, sizeof *parts);
    uint32_t own = own_positions(q, parts, (uint32_t)max), n = own;
    bool shared = own > 0 && q->group && wr_log_can(q->log)->shares_partitions;
    for (uint32_t t = 0; shared && t < q->plan->topics_n; t++) {
        for (int32_t p = 0; p < q->plan->topics[t].partitions; p++) {
            wr_topic_role role = q->plan->topics[t].role;
            bool mine = role == WR_TOPIC_OUTPUT || role == WR_TOPIC_DEAD_LETTER; /* not read */
            for (uint32_t i = 0; i < own && !mine; i++)
                mine = parts[i].partition == p && strcmp(parts[i].topic, q->topics.names[t]) == 0;
            if (!mine && n < max)
                parts[n++] = (wr_topic_part){q->topics.names[t], p, WR_OFFSET_NONE};
        }
    }
    WR_ASSERT(own <= n && n <= max);
    weir_status st = WEIR_OK;
    if (n > own)
        st = wr_group_committed(q->log, q->group, parts + own, n - own, err);
    *out = parts;
    *out_n = n;
    return st;
}

/* Ends are asked for first and the worker's idleness after them: idle then means that nothing which
 * was there at the call is still under way. A partition whose old records have expired is counted
 * from its start: what is gone is not waited for. */
weir_status wr_query_caught_up(wr_query *q, bool *yes, weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    *yes = false;
    weir_status st = all_positions(q, &parts, &n, err);
    if (st != WEIR_OK || n == 0) { /* n == 0: nothing assigned yet */
        wr_free(parts);
        return st;
    }
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high), lag = 0;
    st = wr_topic_ends(q->log, parts, n, low, high, err);
    for (uint32_t i = 0; i < n; i++)
        lag += WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0);
    if (st == WEIR_OK) {
        atomic_store(&q->counts.lag, lag);
        *yes = lag == 0 && idle(q);
    }
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}

static int by_topic_and_number(const void *a, const void *b)
{
    const wr_query_position *x = a, *y = b;
    int c = strcmp(x->topic, y->topic);
    return c ? c : (x->partition > y->partition) - (x->partition < y->partition);
}

weir_status wr_query_positions(wr_query *q, wr_arena *a, wr_query_position **out, uint32_t *out_n,
                               weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    weir_status st = all_positions(q, &parts, &n, err);
    int64_t *low = wr_calloc(n, sizeof *low), *high = wr_calloc(n, sizeof *high);
    if (st == WEIR_OK && n)
        st = wr_topic_ends(q->log, parts, n, low, high, err);
    *out = WR_NEW_N(a, wr_query_position, n);
    *out_n = st == WEIR_OK ? n : 0;
    for (uint32_t i = 0; i < *out_n; i++)
        (*out)[i] = (wr_query_position){
            .topic = parts[i].topic,
            .partition = parts[i].partition,
            .start = low[i],
            .end = high[i],
            .committed = parts[i].offset,
            .lag = WR_MAX(high[i] - WR_MAX(parts[i].offset, low[i]), 0),
        };
    if (*out_n)
        qsort(*out, *out_n, sizeof **out, by_topic_and_number);
    wr_free(parts);
    wr_free(low);
    wr_free(high);
    return st;
}
