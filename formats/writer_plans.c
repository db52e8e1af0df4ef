/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer_plans.c - plans by the id of the writer's schema (writer_plans.h).
 *
 * Records in a row mostly have the same id, so the last plan is looked at first; then a map from
 * the id's four bytes. Each entry knows the batch that last used it, and what is older than the
 * batch at hand may be dropped, the oldest first. Batches see few ids, so finding the oldest is a
 * walk over all entries, once for each that is dropped.
 */
#include "formats/writer_plans.h"

#include "common/map.h"

typedef struct plan_entry {
    uint32_t id;
    uint64_t batch;      /* that last used it */
    wr_arena *arena;     /* holds this entry and the plan */
    void *plan;          /* NULL: the id is no good */
    const char *message; /* why; NULL: it is good */
    bool may_come;       /* no good now, and to be asked for again with the next batch */
} plan_entry;

struct wr_writer_plans {
    wr_map by_id;
    plan_entry *last; /* the one used last; NULL: none */
    uint64_t batch;
    size_t may_come_n; /* entries that go with the batch */
    size_t max;
    wr_writer_plan_fn make;
    void *user;
};

/* An id as a key of the map. */
static wr_str key_of(const uint32_t *id)
{
    return wr_str_make((const char *)id, sizeof *id);
}

static void drop(wr_writer_plans *p, plan_entry *e)
{
    plan_entry *removed = wr_map_remove(&p->by_id, key_of(&e->id));
    WR_ASSERT(removed == e);
    if (p->last == e)
        p->last = NULL;
    p->may_come_n -= e->may_come;
    wr_arena_free(e->arena);
}

static void free_all(void *arg)
{
    wr_writer_plans *p = arg;
    size_t at = 0;
    for (const wr_map_entry *e; (e = wr_map_next(&p->by_id, &at));)
        wr_arena_free(((plan_entry *)e->value)->arena);
    wr_map_free(&p->by_id);
}

wr_writer_plans *wr__writer_plans_new(wr_arena *arena, size_t max, wr_writer_plan_fn make,
                                      void *user)
{
    WR_ASSERT(max > 0 && make);
    wr_writer_plans *p = WR_NEW(arena, wr_writer_plans);
    wr_map_init(&p->by_id);
    p->max = max;
    p->make = make;
    p->user = user;
    wr_arena_defer(arena, free_all, p);
    return p;
}

static plan_entry *oldest(const wr_writer_plans *p)
{
    plan_entry *found = NULL;
    size_t at = 0;
    for (const wr_map_entry *e; (e = wr_map_next(&p->by_id, &at));) {
        plan_entry *entry = e->value;
        if (!found || entry->batch < found->batch)
            found = entry;
    }
    return found;
}

/* Any of those that may have come since; NULL: there are none. */
static plan_entry *find_may_come(const wr_writer_plans *p)
{
    size_t at = 0;
    for (const wr_map_entry *e; (e = wr_map_next(&p->by_id, &at));)
        if (((plan_entry *)e->value)->may_come)
            return e->value;
    return NULL;
}

void wr__writer_plans_begin(wr_writer_plans *p)
{
    while (p->may_come_n)
        drop(p, find_may_come(p));
    while (p->by_id.live > p->max)
        drop(p, oldest(p));
    p->batch++;
    WR_ASSERT(p->by_id.live <= p->max);
}

/* Ask for the plan, and keep the answer where it will be the same again. */
static weir_status add(wr_writer_plans *p, uint32_t id, plan_entry **out, weir_error *err)
{
    wr_arena *arena = wr_arena_new(1024);
    plan_entry *e = WR_NEW(arena, plan_entry);
    *e = (plan_entry){.id = id, .arena = arena};
    weir_error why = {0};
    weir_status st = p->make(p->user, id, arena, &e->plan, &why);
    WR_ASSERT((st == WEIR_OK) == (e->plan != NULL));
    if (st != WEIR_OK && st != WEIR_ERR_RECORD) {
        wr_arena_free(arena);
        if (err)
            *err = why;
        return st;
    }
    if (st == WEIR_ERR_RECORD)
        e->message = wr_arena_strdup(arena, why.message);
    e->may_come = st == WEIR_ERR_RECORD && (why.flags & WEIR_ERROR_RETRIABLE);
    p->may_come_n += e->may_come;
    void *before = wr_map_put(&p->by_id, key_of(&e->id), e);
    WR_ASSERT(!before);
    *out = e;
    return WEIR_OK;
}

weir_status wr__writer_plans_get(wr_writer_plans *p, uint32_t id, void **plan, weir_error *err)
{
    *plan = NULL;
    plan_entry *e = p->last && p->last->id == id ? p->last : wr_map_get(&p->by_id, key_of(&id));
    if (!e)
        WR_TRY(add(p, id, &e, err));
    e->batch = p->batch;
    p->last = e;
    if (e->message)
        return wr_error(err, WEIR_ERR_RECORD, "%s", e->message);
    *plan = e->plan;
    return WEIR_OK;
}

size_t wr__writer_plans_held(const wr_writer_plans *p)
{
    return p->by_id.live;
}
