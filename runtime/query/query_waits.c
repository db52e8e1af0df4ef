/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query that waits: for a schema that its registry does not give, for a broker. It is RUNNING,
 * and goes on by itself; why it does nothing, and since when, is kept here for who looks.
 *
 *     a decoder waits           for PATIENCE_MS in place, with its records: a schema that is
 * fetched takes milliseconds, and others of the worker should not be held up for longer. A push
 * query has no others, and nothing that it could begin again from: it waits as long as it takes.
 *     then, and for all else    the worker drops what is not committed, and tries again
 *
 * What was waited for is forgotten with the next commit, or when everything has been read.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

#include <time.h>

#define NAP_MS      5
#define PATIENCE_MS 1000
#define SHOWN_MS    200 /* what passes before is no waiting that anybody needs to know of */

/* The first one gives the time, the last one the reason. */
void wr__query_set_waiting(wr_query *q, const weir_error *why)
{
    WR_ASSERT(why);
    WR_ASSERT(why->code != WEIR_OK);
    int64_t now = q->clock->wall_ms(q->clock);
    pthread_mutex_lock(&q->lock);
    if (!atomic_load(&q->waits.now))
        q->waits.since_ms = now;
    q->waits.why = *why;
    atomic_store(&q->waits.now, true);
    pthread_mutex_unlock(&q->lock);
}

void wr__query_clear_waiting(wr_query *q)
{
    atomic_store(&q->waits.now, false);
}

bool wr_query_waits(wr_query *q, int64_t *since_ms, weir_error *why)
{
    pthread_mutex_lock(&q->lock);
    bool yes = atomic_load(&q->waits.now) && atomic_load(&q->state) == WR_QUERY_RUNNING;
    if (yes && since_ms)
        *since_ms = q->waits.since_ms;
    if (yes && why)
        *why = q->waits.why;
    pthread_mutex_unlock(&q->lock);
    return yes;
}

static bool wants_to_leave(const wr_query *q)
{
    return atomic_load(&q->client.desired) != WR_DESIRED_RUN;
}

bool wr__query_wait(wr_query *q, const weir_error *why, uint32_t attempt)
{
    WR_ASSERT(!why || (why->flags & WEIR_ERROR_RETRIABLE));
    if (!why) {
        wr__query_clear_waiting(q);
        return true;
    }
    if (attempt >= SHOWN_MS / NAP_MS)
        wr__query_set_waiting(q, why);
    if (q->kind.piped || wants_to_leave(q) ||
        (attempt >= PATIENCE_MS / NAP_MS && !(q->kind.transient && q->kind.threaded)))
        return false;
    /* Who ends the process now does not die of the record. */
    wr_work_wait(q->in_progress, true);
    nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000}, NULL);
    wr_work_wait(q->in_progress, false);
    return true;
}
