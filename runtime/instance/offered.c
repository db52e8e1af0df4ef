/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a prompt may read of a service: which sources, queries and sinks are a service's.
 */
#include "runtime/instance/offered.h"
#include "runtime/instance/engine_state.h"

void wr__offered_init(wr__offered *o)
{
    wr_map_init(&o->sources);
    wr_map_init(&o->sinks);
}

static void free_texts(wr_map *m)
{
    const wr_map_entry *entry;
    for (size_t i = 0; (entry = wr_map_next(m, &i));)
        wr_free(entry->value);
    wr_map_free(m);
}

void wr__offered_free(wr__offered *o)
{
    free_texts(&o->sources);
    free_texts(&o->sinks);
}

/* The texts are the map's own. The first one stays: both mean the same to who asks. */
static void put(wr_map *m, const char *key, const char *program)
{
    if (!wr_map_get(m, wr_str_c(key)))
        wr_map_put(m, wr_str_c(key), wr_strdup(program));
}

uint64_t wr_engine_offering(wr_engine *e)
{
    WR_ASSERT(!e->offered.loading && !e->service);
    e->offered.loading = true;
    return e->next_id;
}

/* Numbers of kept statements are in ids of queries, and with that in names of state: those of a
 * service, which has none, must not move them. */
void wr_engine_offering_done(wr_engine *e, uint64_t next_id)
{
    WR_ASSERT(e->offered.loading && next_id <= e->next_id);
    e->offered.loading = false;
    e->next_id = next_id;
}

void wr_engine_offer(wr_engine *e, const char *name, const char *query_id, const char *program)
{
    WR_ASSERT(e->offered.loading);
    put(&e->offered.sources, name, program);
    WR_ASSERT(name && program && *program);
    wr_query_entry *entry = query_id ? wr_engine_find_entry(e, query_id) : NULL;
    if (entry)
        entry->offered = true;
}

void wr_engine_offer_sink(wr_engine *e, const char *topic, const char *program)
{
    WR_ASSERT(*topic && *program && !e->service);
    put(&e->offered.sinks, topic, program);
}

const char *wr_engine_offered_by(const wr_engine *e, const char *name)
{
    return wr_map_get(&e->offered.sources, wr_str_c(name));
}

const char *wr_engine_sink_of_service(const wr_engine *e, const char *topic)
{
    return wr_map_get(&e->offered.sinks, wr_str_c(topic));
}
