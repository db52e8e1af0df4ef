/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of the state overlays. One budget for the whole process: a query with little state
 * leaves its part to one with much. The bytes of each query are counted by its own thread; what the
 * others use is read from one atomic sum.
 */
#include "runtime/task/internal.h"

static size_t count_bytes(wr_query *q, size_t *stores)
{
    size_t bytes = 0;
    *stores = 0;
    for (size_t i = 0; i < q->tasks_n; i++) {
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++)
            bytes += wr_store_bytes(q->tasks[i]->stores[k].store);
        *stores += q->tasks[i]->stores_n;
    }
    return bytes;
}

/* Tell the others; @return what this query may use. */
static size_t publish(wr_query *q, size_t bytes)
{
    atomic_fetch_add(&q->budget->used, bytes - q->budget_used); /* wraps where it shrank */
    q->budget_used = bytes;
    atomic_store(&q->state_bytes, bytes);
    size_t others = atomic_load(&q->budget->used) - bytes, all = q->budget->bytes;
    size_t left = all > others ? all - others : 0;
    return WR_MAX(left, all / 8);
}

/* On our own logs a commit holds its changes once more, in the batch that it writes: few enough at
 * a time. */
#define DIRTY_MAX ((size_t)8 << 20)

/* Memory of what is not yet committed, and of what is but not yet in the database. */
typedef struct waiting {
    size_t dirty, unwritten;
} waiting;

static waiting count_waiting(const wr_query *q)
{
    waiting sum = {0};
    for (size_t i = 0; i < q->tasks_n; i++) {
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++) {
            wr_store_stats stats;
            wr_store_stats_read(q->tasks[i]->stores[k].store, &stats);
            sum.dirty += (size_t)stats.dirty_bytes;
            sum.unwritten += (size_t)stats.unwritten_bytes;
        }
    }
    return sum;
}

bool wr__query_over_budget(wr_query *q)
{
    size_t stores, bytes = count_bytes(q, &stores);
    if (bytes > publish(q, bytes))
        return true;
    bool in_batch = wr_log_can(q->log)->atomic_with_state;
    return in_batch && bytes > DIRTY_MAX && count_waiting(q).dirty > DIRTY_MAX;
}

size_t wr__query_unwritten_bytes(const wr_query *q)
{
    return count_waiting(q).unwritten;
}

void wr__query_trim(wr_query *q)
{
    size_t stores, bytes = count_bytes(q, &stores), limit = publish(q, bytes);
    if (bytes <= limit)
        return;
    /* Half, or the next few rows would be over it again. */
    size_t each = limit / 2 / WR_MAX(stores, (size_t)1);
    for (size_t i = 0; i < q->tasks_n; i++) {
        for (size_t k = 0; k < q->tasks[i]->stores_n; k++) {
            wr_store *s = q->tasks[i]->stores[k].store;
            wr_store_limit(s, WR_MAX(each, (size_t)65536));
            if (wr_store_over(s))
                wr_store_trim(s);
            wr_store_limit(s, q->budget->bytes);
        }
    }
    bytes = count_bytes(q, &stores);
    publish(q, bytes);
}

void wr__query_release_budget(wr_query *q)
{
    publish(q, 0);
}
