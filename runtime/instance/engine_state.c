/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an engine and its lock: what the other files of this folder, and everybody above it,
 * reach the engine by.
 */
#include "runtime/instance/engine_state.h"
#include "runtime/instance/wait.h"

#include <time.h>

/* ---- the lock ---- */

void wr_engine_lock(wr_engine *e)
{
    int rc = pthread_mutex_lock(&e->lock);
    WR_ASSERT(rc == 0);
}

void wr_engine_unlock(wr_engine *e)
{
    int rc = pthread_mutex_unlock(&e->lock);
    WR_ASSERT(rc == 0);
}

void wr_engine_wait_changed(wr_engine *e, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&e->changed, &e->lock, &until); /* a time-out is fine */
}

/* ---- parts ---- */

wr_log *wr_engine_log(wr_engine *e)
{
    return e->log;
}

wr_db *wr_engine_db(wr_engine *e)
{
    return e->db;
}

const wr_settings *wr_engine_settings(const wr_engine *e)
{
    return &e->settings;
}

wr_clock *wr_engine_clock(wr_engine *e)
{
    return e->clock;
}

const wr_function_registry *wr_engine_functions(const wr_engine *e)
{
    return e->functions;
}

wr_engine_mode wr_engine_mode_of(const wr_engine *e)
{
    return e->mode;
}

/* What settings may promise depends on it, and nothing else does: everybody else asks the log,
 * which has a class of its own for each kind. */
bool wr_engine_on_kafka(const wr_engine *e)
{
    return e->on_kafka;
}

/* Counted without the lock: opening a push query is no change of the catalog. Two that come at once
 * for the last place see each other here, and one of them is turned away. */
bool wr_engine_enter_push(wr_engine *e, int64_t most)
{
    int_fast64_t n = atomic_load(&e->push_queries);
    WR_ASSERT(n >= 0);
    while (n < most)
        if (atomic_compare_exchange_weak(&e->push_queries, &n, n + 1))
            return true;
    return false;
}

/* Called once for each that has entered, when its rows are closed, also where it never started. */
void wr_engine_leave_push(wr_engine *e)
{
    int_fast64_t before = atomic_fetch_sub(&e->push_queries, 1);
    WR_ASSERT(before > 0);
}

uint64_t wr_engine_push_queries(const wr_engine *e)
{
    int_fast64_t n = atomic_load(&e->push_queries);
    WR_ASSERT(n >= 0);
    return (uint64_t)n;
}

bool wr_engine_closing(const wr_engine *e)
{
    return atomic_load(&e->closing);
}

bool wr_engine_is_service(const wr_engine *e)
{
    return e->service || e->offered.loading;
}

bool wr_engine_keeps_statements(const wr_engine *e)
{
    return e->keep_statements && !atomic_load(&e->replaying);
}

bool wr_engine_shares_statements(const wr_engine *e)
{
    return e->shares_statements;
}

/* Set before any statement of a user, so it needs no lock. */
wr_sharing *wr_engine_sharing(const wr_engine *e)
{
    return e->sharing;
}

/* This folder knows when it ends, and not what it does. */
void wr_engine_set_sharing(wr_engine *e, wr_sharing *sharing, void (*close)(wr_sharing *))
{
    WR_ASSERT(e->shares_statements && !e->sharing && sharing && close);
    e->sharing = sharing;
    e->sharing_close = close;
}

const char *wr_engine_prefix(const wr_engine *e)
{
    return e->prefix;
}

wr_scheduler *wr_engine_scheduler(wr_engine *e)
{
    return e->scheduler;
}

/* A transient query has a database in memory, no group, and reads alone: nothing of it outlives it,
 * and it cannot hold up the persistent queries of its topics. */
void wr_engine_query_options(wr_engine *e, bool transient, wr_query_options *out)
{
    *out = (wr_query_options){
        .log = e->log,
        .db = transient ? NULL : e->db,
        .clock = e->clock,
        .budget = &e->budget,
        .records = &e->records,
        .watch = e->watch,
        .restore = e->restore,
        .scheduler = transient ? NULL : e->scheduler,
        .stepped = e->mode != WR_ENGINE_THREADED,
        .prefix = transient ? e->transient_prefix : e->prefix,
        .transient = transient,
        .piped = e->mode == WR_ENGINE_PIPED,
        .caching = !transient && !e->no_caching,
    };
}

wr_catalog *wr_engine_catalog(wr_engine *e)
{
    return &e->catalog;
}

/* Numbers only grow, and are kept with statements: an id that was given is never given again, also
 * after the statement failed or its query was terminated. */
uint64_t wr_engine_next_id(const wr_engine *e)
{
    return e->next_id;
}

uint64_t wr_engine_take_id(wr_engine *e)
{
    return e->next_id++;
}

void wr_engine_set_next_id(wr_engine *e, uint64_t id)
{
    e->next_id = WR_MAX(e->next_id, id);
}

uint64_t wr_engine_random(wr_engine *e)
{
    return wr_rng_next(&e->rng);
}
