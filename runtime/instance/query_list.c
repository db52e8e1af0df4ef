/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The persistent queries of an engine: the list, pins, and taking one out.
 */
#include "runtime/instance/query_list.h"
#include "runtime/instance/engine_state.h"

#include <stdio.h>

/* How long a query may take to commit and leave before what blocks it is given up. */
#define PATIENCE_MS   10000
#define CLOSE_WAIT_MS 20000

/* ---- the list; under the lock ---- */

wr_query_entry *wr_engine_entry_at(wr_engine *e, size_t index)
{
    return index < e->queries.n ? e->queries.entries[index] : NULL;
}

wr_query *wr_engine_query_at(wr_engine *e, size_t index)
{
    wr_query_entry *entry = wr_engine_entry_at(e, index);
    return entry ? entry->query : NULL;
}

wr_query_entry *wr_engine_find_entry(wr_engine *e, const char *id)
{
    for (size_t i = 0; i < e->queries.n; i++)
        if (strcmp(wr_query_id(e->queries.entries[i]->query), id) == 0)
            return e->queries.entries[i];
    return NULL;
}

wr_query_entry *wr_engine_find_entry_any_case(wr_engine *e, const char *id)
{
    wr_query_entry *found = NULL;
    for (size_t i = 0; i < e->queries.n; i++)
        if (wr_ieq(wr_query_id(e->queries.entries[i]->query), id))
            found = e->queries.entries[i];
    return found;
}

/* Entries are allocated one by one: their addresses stay while the list grows and shrinks. */
wr_query_entry *wr_engine_add_query(wr_engine *e, wr_query *q)
{
    wr__query_list *l = &e->queries;
    wr_query_entry *entry = wr_calloc(1, sizeof *entry);
    WR_ASSERT(q);
    WR_ASSERT(!wr_engine_find_entry(e, wr_query_id(q)));
    entry->query = q;
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 8;
        l->entries = wr_realloc((void *)l->entries, l->cap * sizeof *l->entries);
    }
    l->entries[l->n++] = entry;
    return entry;
}

/* Under the lock, and `ending` is set without it: a pin that is just too late is waited for. */
bool wr_query_entry_pin(wr_query_entry *entry)
{
    if (atomic_load(&entry->ending))
        return false;
    entry->pins++;
    return true;
}

/* ---- pins ---- */

/* Whoever holds the query waits for the last one. */
void wr_query_entry_unpin(wr_engine *e, wr_query_entry *entry)
{
    wr_engine_lock(e);
    WR_ASSERT(entry->pins > 0);
    if (--entry->pins == 0)
        pthread_cond_broadcast(&e->changed);
    wr_engine_unlock(e);
}

/* Held queries are left out: they are stopping, and may be gone soon. */
wr_query_pins wr_engine_pin_all(wr_engine *e)
{
    wr_query_pins p = {0};
    wr_engine_lock(e);
    p.entries = wr_calloc(e->queries.n + 1, sizeof *p.entries);
    for (size_t i = 0; i < e->queries.n; i++)
        if (wr_query_entry_pin(e->queries.entries[i]))
            p.entries[p.n++] = e->queries.entries[i];
    wr_engine_unlock(e);
    return p;
}

void wr_engine_unpin_all(wr_engine *e, wr_query_pins *pins)
{
    for (size_t i = 0; i < pins->n; i++)
        wr_query_entry_unpin(e, pins->entries[i]);
    wr_free((void *)pins->entries);
    *pins = (wr_query_pins){0};
}

/* ---- taking one out ---- */

/* Readers look at `ending` and give up; what they wait for is bounded by the log's own time-outs.
 */
static weir_status wait_for_readers(wr_query_entry *entry, const wr_wait *wait, const char *what,
                                    weir_error *err)
{
    wr_engine *e = wait->engine;
    weir_status st = WEIR_OK;
    wr_engine_lock(e);
    while (entry->pins && (st = wr_wait_check(wait, what, err)) == WEIR_OK)
        wr_engine_wait_changed(e, WR_WAIT_SLICE_MS);
    wr_engine_unlock(e);
    return st;
}

/* A query that has failed leaves its worker by itself; the others are asked to. Pausing asks, and
 * waits a while; it is asked again until the query has left. */
static weir_status leave_worker(wr_query *q, const wr_wait *wait, const char *what, weir_error *err)
{
    wr_wait patience = wr_wait_new(wait->engine, NULL, PATIENCE_MS);
    weir_error ignored;
    for (;;) {
        if (wr_query_state_of(q) <= WR_QUERY_PAUSED)
            wr_query_pause(q, true);
        else
            wr_query_stop_soon(q);
        if (wr_query_detached(q))
            return WEIR_OK;
        if (wr_wait_check(&patience, what, &ignored) != WEIR_OK)
            wr_query_give_up(q); /* a full queue, a broker that does not answer */
        WR_TRY(wr_wait_check(wait, what, err));
        wr_wait_nap(5);
    }
}

/*
 * In a stepped engine the caller's thread is the one that the query would commit on, so the commit
 * is made here; with threads the worker makes it when it lets the query go.
 */
weir_status wr_query_entry_hold(wr_query_entry *entry, const wr_wait *wait, weir_error *err)
{
    char what[400];
    WR_ASSERT(!atomic_load(&entry->ending));
    snprintf(what, sizeof what, "query %s has not stopped yet, and goes on",
             wr_query_id(entry->query));
    entry->resume = wr_query_state_of(entry->query) == WR_QUERY_RUNNING;
    atomic_store(&entry->ending, true);
    weir_status st = wait_for_readers(entry, wait, what, err);
    if (st == WEIR_OK && wr_engine_mode_of(wait->engine) != WR_ENGINE_THREADED &&
        !wr_query_error(entry->query, NULL))
        st = wr_query_commit(entry->query, err);
    if (st == WEIR_OK)
        st = leave_worker(entry->query, wait, what, err);
    if (st != WEIR_OK)
        wr_query_entry_resume(wait->engine, entry);
    return st;
}

void wr_query_entry_resume(wr_engine *e, wr_query_entry *entry)
{
    WR_ASSERT(atomic_load(&entry->ending));
    if (entry->resume && wr_query_state_of(entry->query) == WR_QUERY_PAUSED)
        wr_query_pause(entry->query, false);
    wr_engine_lock(e);
    atomic_store(&entry->ending, false);
    pthread_cond_broadcast(&e->changed);
    wr_engine_unlock(e);
}

/* The query itself is freed by the caller, without the lock: that may ask the log to delete topics.
 */
wr_query *wr_query_entry_remove(wr_engine *e, wr_query_entry *entry)
{
    wr__query_list *l = &e->queries;
    wr_query *q = entry->query;
    size_t at = 0;
    WR_ASSERT(atomic_load(&entry->ending) && entry->pins == 0);
    while (at < l->n && l->entries[at] != entry)
        at++;
    WR_ASSERT(at < l->n);
    memmove((void *)&l->entries[at], (void *)&l->entries[at + 1],
            (l->n - at - 1) * sizeof *l->entries);
    l->n--;
    wr_free(entry);
    return q;
}

/* ---- closing ---- */

/* All are asked first: queries that read together then stop with one commit. */
weir_status wr__query_list_free(wr__query_list *l, weir_error *err)
{
    weir_status st = WEIR_OK;
    bool *failed = wr_calloc(l->n + 1, sizeof *failed); /* before: that is no news */
    for (size_t i = 0; i < l->n; i++) {
        WR_ASSERT(l->entries[i]->pins == 0);
        failed[i] = wr_query_error(l->entries[i]->query, NULL);
        wr_query_stop_soon(l->entries[i]->query);
    }
    for (size_t i = 0; i < l->n; i++) {
        weir_error why;
        wr_query *q = l->entries[i]->query;
        (void)wr_query_stop(q, CLOSE_WAIT_MS); /* what still blocks after it is given up */
        if (!failed[i] && wr_query_error(q, &why) && st == WEIR_OK) {
            st = why.code;
            if (err) {
                *err = why;
                wr_error_prefix(err, "Query %s, last commit: ", wr_query_id(q));
            }
        }
        wr_query_free(q, false);
        wr_free(l->entries[i]);
    }
    wr_free(failed);
    wr_free((void *)l->entries);
    *l = (wr__query_list){0};
    return st;
}
