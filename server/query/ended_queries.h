/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ended_queries.h - push queries that ended by themselves, or with their client, a moment ago.
 *
 * ksqlDB closes such a query in the background, for a second or so, and has it in LIST QUERIES
 * until then; tools that ask right after a LIMIT look for it there. Weir's is closed within
 * milliseconds; what is kept here is its line. TERMINATE of one succeeds, as it does in ksqlDB, so
 * a script that terminates all that it has seen listed does not fail at those that were quicker.
 *
 * Bounded: the latest WR__ENDED_QUERIES. Threads: the caller's lock.
 */
#ifndef WR_SERVER_QUERY_ENDED_QUERIES_H
#define WR_SERVER_QUERY_ENDED_QUERIES_H

#include "common/base.h"

/** How long a query is listed after its end, and how many. */
#define WR__ENDED_LISTED_NS 1000000000
#define WR__ENDED_QUERIES   256u

typedef struct wr__ended_query {
    char *id, *sql; /* NULL: no entry */
    int64_t until_ns;
} wr__ended_query;

/** All zero: empty. */
typedef struct wr__ended_queries {
    wr__ended_query ring[WR__ENDED_QUERIES];
    uint32_t next; /* the entry that is written next: the oldest */
} wr__ended_queries;

/** Takes @p id and @p sql. @param now_ns  of a monotonic clock, as in the calls below. */
void wr__ended_queries_add(wr__ended_queries *e, char *id, char *sql, int64_t now_ns);
/** Newest first. */
void wr__ended_queries_each(const wr__ended_queries *e, int64_t now_ns,
                            void (*fn)(void *arg, const char *id, const char *sql), void *arg);
/** List it no longer: @p id in any case. @return false: it was not listed. */
bool wr__ended_queries_remove(wr__ended_queries *e, const char *id, int64_t now_ns);
void wr__ended_queries_clear(wr__ended_queries *e);

#endif
