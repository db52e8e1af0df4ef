/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a query's state is restored, for whoever asks; and pull queries, which must not see a
 * part of it.
 *
 * Counted is what the changelogs have, in offsets: compaction leaves holes in them, so there may be
 * fewer records. A rate is over all of the restore, not lately: what it says of the rest is
 * steadier so.
 */
#include "runtime/query/query_internal.h"

#include <stdio.h>
#include <time.h>

#define LOOK_MS 10

bool wr_query_restoring(const wr_query *q, wr_query_restore *out)
{
    const wr_restore_counters *n = &q->counters.restore;
    int64_t now = q->clock->mono_ns(q->clock);
    *out = (wr_query_restore){
        .total = atomic_load(&n->total),
        .tasks = atomic_load(&q->counters.states[WR_TASK_RESTORING]),
        .standbys = atomic_load(&n->standbys),
        .standby_left = atomic_load(&n->standby_left),
    };
    out->done = WR_MAX(out->total - atomic_load(&n->left), 0);
    WR_ASSERT(out->done <= out->total);
    out->ns = out->total ? WR_MAX(now - atomic_load(&n->began_ns), 1) : 0;
    out->per_s = out->total ? (double)out->done * 1e9 / (double)out->ns : 0;
    return out->tasks > 0;
}

void wr_query_restore_print(const wr_query_restore *r, wr_buf *out)
{
    WR_ASSERT(r->tasks > 0);
    wr_buf_printf(out, "%lld of %lld changelog records (%d %%), %.0f/s, %u task%s",
                  (long long)r->done, (long long)r->total,
                  r->total ? (int)(100.0 * (double)r->done / (double)r->total) : 100, r->per_s,
                  r->tasks, r->tasks == 1 ? "" : "s");
}

/* ---- pull queries ---- */

bool wr__query_has_nothing(wr_query *q)
{
    wr_monitor *m = wr__scheduler_monitor(q->scheduler);
    wr_monitor_lock(m);
    bool yes = q->client.worker && wr_worker_has_nothing(q->client.worker);
    wr_monitor_unlock(m);
    return yes;
}

/* Whether the database has all of its state that this process is to have. One that is paused or has
 * failed shows what it had, unless that was a part of it. */
static bool is_whole(wr_query *q)
{
    if (atomic_load(&q->counters.incomplete))
        return false;
    return atomic_load(&q->opened) || atomic_load(&q->state) != WR_QUERY_RUNNING ||
           wr__query_has_nothing(q);
}

static weir_status not_whole(const wr_query *q, weir_error *err)
{
    wr_query_restore r;
    wr_buf how_far = {0};
    if (wr_query_restoring(q, &r))
        wr_query_restore_print(&r, &how_far);
    else
        wr_buf_puts(&how_far, atomic_load(&q->opened) ? "given up before its end"
                                                      : "its partitions are not assigned yet");
    (void)wr_error(err, WEIR_ERR_STORE, "The state of query %s is being restored: %s", q->id,
                   wr_buf_cstr(&how_far));
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    wr_buf_free(&how_far);
    (void)wr_error_hint(err, "Ask again later; weir.pull.restore.timeout.ms says how long a pull "
                             "query waits for it");
    return WEIR_ERR_STORE;
}

weir_status wr__query_await_restored(wr_query *q, weir_error *err)
{
    WR_ASSERT(q->plan->materialized);
    if (!q->kind.changelogs || !q->kind.threaded)
        return WEIR_OK;
    int64_t wait_ms = wr_settings_int(&q->settings, "weir.pull.restore.timeout.ms", 0);
    int64_t since = q->clock->mono_ns(q->clock);
    while (!is_whole(q)) {
        if ((q->clock->mono_ns(q->clock) - since) / 1000000 >= wait_ms ||
            atomic_load(&q->client.desired) != WR_DESIRED_RUN)
            return not_whole(q, err);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
    }
    return WEIR_OK;
}
