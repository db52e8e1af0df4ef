/* SPDX-License-Identifier: Apache-2.0 */
#include "server/query/ended_queries.h"
#include "types/text.h"

static void clear_entry(wr__ended_query *q)
{
    wr_free(q->id);
    wr_free(q->sql);
    *q = (wr__ended_query){0};
}

void wr__ended_queries_add(wr__ended_queries *e, char *id, char *sql, int64_t now_ns)
{
    wr__ended_query *q = &e->ring[e->next];
    WR_ASSERT(id && sql);
    clear_entry(q);
    *q = (wr__ended_query){.id = id, .sql = sql, .until_ns = now_ns + WR__ENDED_LISTED_NS};
    e->next = (e->next + 1) % WR__ENDED_QUERIES;
}

void wr__ended_queries_each(const wr__ended_queries *e, int64_t now_ns,
                            void (*fn)(void *arg, const char *id, const char *sql), void *arg)
{
    for (uint32_t i = 1; i <= WR__ENDED_QUERIES; i++) {
        const wr__ended_query *q = &e->ring[(e->next + WR__ENDED_QUERIES - i) % WR__ENDED_QUERIES];
        if (q->id && now_ns < q->until_ns)
            fn(arg, q->id, q->sql);
    }
}

bool wr__ended_queries_remove(wr__ended_queries *e, const char *id, int64_t now_ns)
{
    for (uint32_t i = 0; i < WR__ENDED_QUERIES; i++) {
        wr__ended_query *q = &e->ring[i];
        if (q->id && now_ns < q->until_ns && wr_ieq(q->id, id)) {
            clear_entry(q);
            return true;
        }
    }
    return false;
}

void wr__ended_queries_clear(wr__ended_queries *e)
{
    for (uint32_t i = 0; i < WR__ENDED_QUERIES; i++)
        clear_entry(&e->ring[i]);
}
