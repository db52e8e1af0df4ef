/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations: a list of claims, searched in order. There are as many of them as there are
 * objects in statements under way, so few that nothing better is needed.
 *
 * Invariant: no two claims in the list exclude each other.
 */
#include "runtime/instance/reservation.h"
#include "runtime/instance/engine_state.h"

#include <stdio.h>

/* For a reservation's own claims, and for those of all. */
static void push(wr_claim **claims, size_t *n, size_t *cap, wr_claim c)
{
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        *claims = wr_realloc(*claims, *cap * sizeof **claims);
    }
    (*claims)[(*n)++] = c;
}

void wr_reservation_add(wr_reservation *r, wr_object kind, const char *name, bool exclusive)
{
    WR_ASSERT(!r->engine);
    WR_ASSERT((kind == WR_OBJECT_EVERYTHING) == (name == NULL));
    wr_claim c = {kind, exclusive, name ? wr_strdup(name) : NULL, r->owner ? r->owner : r};
    push(&r->claims, &r->n, &r->cap, c);
}

void wr_reservation_clear(wr_reservation *r)
{
    WR_ASSERT(!r->engine);
    for (size_t i = 0; i < r->n; i++)
        wr_free(r->claims[i].name);
    wr_free(r->claims);
    *r = (wr_reservation){.owner = r->owner};
}

/* Reading together is fine; everything else excludes. A file's claim on everything excludes all
 * others, whatever they are. */
static bool excludes(const wr_claim *a, const wr_claim *b)
{
    if (a->owner == b->owner || !(a->exclusive || b->exclusive))
        return false;
    if (a->kind == WR_OBJECT_EVERYTHING || b->kind == WR_OBJECT_EVERYTHING)
        return true;
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Says what is held, which is what the one who waits wants to know. */
static const char *describe(const wr_claim *held, const wr_claim *wanted, char *out, size_t size)
{
    static const char *const kinds[] = {"", "type ", "query "};
    const wr_claim *c = held->kind == WR_OBJECT_EVERYTHING ? wanted : held;
    if (held->kind == WR_OBJECT_EVERYTHING || wanted->kind == WR_OBJECT_EVERYTHING)
        snprintf(out, size, "%s",
                 held->kind == WR_OBJECT_EVERYTHING ? "a query file is being loaded"
                                                    : "another statement is under way");
    else
        snprintf(out, size, "another statement is at work on %s%s", kinds[c->kind], c->name);
    return out;
}

const char *wr_reservation_take(wr_reservation *r, wr_engine *e, char *busy, size_t busy_size)
{
    WR_ASSERT(!r->engine);
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < e->reserved.n; k++)
            if (excludes(&e->reserved.claims[k], &r->claims[i]))
                return describe(&e->reserved.claims[k], &r->claims[i], busy, busy_size);
    for (size_t i = 0; i < r->n; i++)
        push(&e->reserved.claims, &e->reserved.n, &e->reserved.cap, r->claims[i]);
    r->engine = e;
    return NULL;
}

/* Waiting statements are woken: all of them, since which one may go on depends on what each wants.
 */
void wr_reservation_release(wr_reservation *r)
{
    wr_engine *e = r->engine;
    if (e) {
        size_t kept = 0, before;
        wr_engine_lock(e);
        before = e->reserved.n;
        for (size_t i = 0; i < before; i++) {
            bool own = false; /* names are allocated for each claim: their address says whose */
            for (size_t k = 0; k < r->n && !own; k++)
                own = e->reserved.claims[i].kind == r->claims[k].kind &&
                      e->reserved.claims[i].owner == r->claims[k].owner &&
                      e->reserved.claims[i].name == r->claims[k].name;
            if (!own)
                e->reserved.claims[kept++] = e->reserved.claims[i];
        }
        e->reserved.n = kept;
        WR_ASSERT(before - kept == r->n);
        pthread_cond_broadcast(&e->changed);
        wr_engine_unlock(e);
        r->engine = NULL;
    }
    wr_reservation_clear(r);
}

void wr__reserved_free(wr__reserved *all)
{
    WR_ASSERT(all->n == 0);
    wr_free(all->claims);
    *all = (wr__reserved){0};
}
