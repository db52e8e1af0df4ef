/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State and error of a query, as others see them. The worker's thread and whoever controls the
 * query write them.
 *
 * The state is an atomic without a lock: readers want what holds now. The error is a struct, so it
 * has a lock, and is written before the state: who sees FAILED finds the reason.
 */
#include "runtime/query/query_internal.h"
#include "common/diag.h"

const char *wr_query_state_name(wr_query_state s)
{
    static const char *const names[] = {"RUNNING", "PAUSED", "ERROR", "STOPPED"};
    WR_ASSERT((unsigned)s < WR_ARRAY_LEN(names));
    return names[s];
}

wr_query_state wr_query_state_of(const wr_query *q)
{
    wr_query_state s = (wr_query_state)atomic_load(&q->state);
    WR_ASSERT(s <= WR_QUERY_STOPPED);
    if (s == WR_QUERY_RUNNING && atomic_load(&q->client.desired) == WR_DESIRED_PAUSE)
        return WR_QUERY_PAUSED; /* it has been asked to, and processes nothing new for long */
    return s;
}

/* The first one says what happened; those after it are mostly its consequences. */
void wr__query_set_error(wr_query *q, const weir_error *err)
{
    WR_ASSERT(err->code != WEIR_OK);
    pthread_mutex_lock(&q->lock);
    if (!q->has_error)
        q->error = *err;
    q->has_error = true;
    pthread_mutex_unlock(&q->lock);
}

const wr_settings *wr_query_overrides(const wr_query *q)
{
    WR_ASSERT(q->own_settings.parent == NULL); /* all of them, and of no other layer */
    return &q->own_settings;
}

bool wr_query_error(wr_query *q, weir_error *err)
{
    pthread_mutex_lock(&q->lock);
    bool has = q->has_error;
    if (has && err)
        *err = q->error;
    pthread_mutex_unlock(&q->lock);
    return has;
}

/* Counts are published first: a failed query's worker does it no more. */
void wr_query_fail(wr_query *q, const weir_error *err)
{
    WR_ASSERT(err->code != WEIR_OK);
    wr__metrics_publish(q);
    wr__query_set_error(q, err);
    atomic_store(&q->state, WR_QUERY_FAILED);
    wr_diag_put(WR_DIAG_ERROR, "query", "%s stopped: %s", q->id, err->message);
}

const char *wr_query_id(const wr_query *q)
{
    return q->id;
}

const wr_plan *wr_query_plan(const wr_query *q)
{
    return q->plan;
}

const char *wr_query_group(const wr_query *q)
{
    return q->group;
}
