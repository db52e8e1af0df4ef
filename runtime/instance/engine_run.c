/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running all queries: stepping, draining, waiting for one's own writes.
 *
 * All of it works on a pinned snapshot of the list, without the engine's lock: asking a log how far
 * a query has got may take as long as a broker takes to answer.
 */
#include "common/diag.h"
#include "runtime/instance/engine_state.h"
#include "runtime/instance/wait.h"

#define WAIT_FOR_WRITES_MS 5000

/* @p err may be NULL. */
static weir_status hand_on(weir_error *err, const weir_error *why)
{
    if (err)
        *err = *why;
    return why->code;
}

/* A step that fails leaves half a batch behind: that query stops, the others go on next time. */
static weir_status step_one(wr_query *q, bool *progressed, weir_error *err)
{
    bool done;
    weir_error why;
    weir_status st = wr_query_step(q, 0, progressed, &done, &why);
    if (st == WEIR_OK)
        return WEIR_OK;
    wr_query_fail(q, &why);
    return hand_on(err, &why);
}

/* A query that has failed keeps what it had at its last commit; committing more would be wrong. */
static weir_status commit_one(wr_query *q, weir_error *err)
{
    weir_error why;
    if (wr_query_error(q, NULL))
        return WEIR_OK;
    weir_status st = wr_query_commit(q, &why);
    if (st == WEIR_OK)
        return WEIR_OK;
    wr_query_fail(q, &why);
    return hand_on(err, &why);
}

/* @pre `stepping` is held */
static weir_status step_all(wr_engine *e, const wr_query_pins *pins, int max_ms, bool *progressed,
                            weir_error *err)
{
    int64_t until = e->clock->mono_ns(e->clock) + (int64_t)max_ms * 1000000;
    bool any;
    do {
        any = false;
        for (size_t i = 0; i < pins->n; i++) {
            wr_query *q = pins->entries[i]->query;
            bool one;
            if (wr_query_state_of(q) != WR_QUERY_RUNNING || atomic_load(&pins->entries[i]->ending))
                continue;
            WR_TRY(step_one(q, &one, err));
            any = any || one;
        }
        *progressed = *progressed || any;
    } while (any && e->clock->mono_ns(e->clock) < until);
    for (size_t i = 0; i < pins->n; i++)
        WR_TRY(commit_one(pins->entries[i]->query, err));
    return WEIR_OK;
}

weir_status wr_engine_step(wr_engine *e, int max_ms, bool *progressed, weir_error *err)
{
    WR_ASSERT(e->mode == WR_ENGINE_STEPPED);
    *progressed = false;
    pthread_mutex_lock(&e->stepping);
    wr_query_pins pins = wr_engine_pin_all(e);
    weir_status st = step_all(e, &pins, max_ms, progressed, err);
    wr_engine_unpin_all(e, &pins);
    pthread_mutex_unlock(&e->stepping);
    return st;
}

/* All queries at the ends of their topics? One that is ahead of another in the flow may write more
 * for it, so the answer counts only when nothing moved between two looks. */
static weir_status all_caught_up(wr_engine *e, bool failed_too, bool *yes, uint64_t *moved,
                                 weir_error *err)
{
    *yes = true;
    *moved = 0;
    weir_status st = WEIR_OK;
    wr_query_pins pins = wr_engine_pin_all(e);
    for (size_t i = 0; i < pins.n && st == WEIR_OK; i++) {
        wr_query *q = pins.entries[i]->query;
        bool one = true;
        weir_error why;
        if (wr_query_error(q, &why))
            st = failed_too ? hand_on(err, &why) : WEIR_OK;
        else if (wr_query_state_of(q) == WR_QUERY_RUNNING)
            st = wr_query_caught_up(q, &one, err);
        wr_query_metrics m;
        wr_query_metrics_read(q, &m);
        *moved += m.records_in + m.records_out + m.commits;
        *yes = *yes && one;
    }
    wr_engine_unpin_all(e, &pins);
    return st;
}

/* @p failed_too: a failed query is an error; else it is left out. */
static weir_status drain(wr_engine *e, bool failed_too, int timeout_ms,
                         const atomic_bool *interrupted, weir_error *err)
{
    int64_t until = e->clock->mono_ns(e->clock) + (int64_t)timeout_ms * 1000000;
    uint64_t before = UINT64_MAX;
    for (;;) {
        bool yes, progressed;
        uint64_t moved;
        if (e->mode == WR_ENGINE_STEPPED)
            WR_TRY(wr_engine_step(e, 1000, &progressed, err));
        WR_TRY(all_caught_up(e, failed_too, &yes, &moved, err));
        if (yes && moved == before)
            return WEIR_OK;
        before = yes ? moved : UINT64_MAX;
        if (timeout_ms >= 0 && e->clock->mono_ns(e->clock) > until)
            return wr_error(err, WEIR_ERR_INTERRUPTED,
                            "The queries have not caught up within %d ms", timeout_ms);
        if ((interrupted && atomic_load(interrupted)) || atomic_load(&e->closing))
            return wr_error(err, WEIR_ERR_INTERRUPTED,
                            "Interrupted before the queries had caught up");
        wr_wait_nap(yes ? 2 : 10);
    }
}

/* For callers of weir.h: a failed query is what they want to hear of, rather than wait for ever. */
weir_status wr_engine_drain(wr_engine *e, int timeout_ms, weir_error *err)
{
    return drain(e, true, timeout_ms, NULL, err);
}

void wr_engine_note_write(wr_engine *e)
{
    atomic_fetch_add(&e->writes, 1);
}

/* Writes are numbered, and a reader waits until those before it have been processed, whoever made
 * them. */
bool wr_engine_has_unseen_writes(wr_engine *e)
{
    /* Not on Kafka: catching up with somebody else's producers could take for ever. */
    return !wr_log_can(e->log)->shares_partitions && e->mode != WR_ENGINE_PIPED &&
           atomic_load(&e->writes_seen) < atomic_load(&e->writes);
}

void wr_engine_wait_for_writes(wr_engine *e, const atomic_bool *interrupted)
{
    uint64_t written = atomic_load(&e->writes);
    if (!wr_engine_has_unseen_writes(e))
        return;
    weir_error err;
    if (drain(e, false, WAIT_FOR_WRITES_MS, interrupted, &err) != WEIR_OK) {
        wr_diag_put(WR_DIAG_INFO, "engine", "reading before all queries caught up: %s",
                    err.message);
        return;
    }
    uint64_t seen = atomic_load(&e->writes_seen);
    while (seen < written && !atomic_compare_exchange_weak(&e->writes_seen, &seen, written))
        ;
    WR_ASSERT(atomic_load(&e->writes_seen) <= atomic_load(&e->writes));
}
