/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ksql_request.h - the statements of a request to /ksql, from texts to entities (rest-api.md 4).
 *
 * Threads: wr__ksql_execute on a thread of the pool; it waits as statements do.
 */
#ifndef WR_SERVER_REST_KSQL_REQUEST_H
#define WR_SERVER_REST_KSQL_REQUEST_H

#include "server/query/query_request.h"
#include "server/rest/command_status.h"
#include "server/rest/entity.h"

typedef struct wr__ksql_context {
    wr__entity_context entities;
    wr__commands *commands;
    bool read_only;
} wr__ksql_context;

/** Who waits for a request, as another thread says. */
typedef struct wr__ksql_caller wr__ksql_caller;
wr__ksql_caller *wr__ksql_caller_new(void);
void wr__ksql_caller_free(wr__ksql_caller *c);
/** Nobody waits any more, as it seems: ASSERT, which may take as long as it likes, is interrupted,
 *  now and later in the request, which ends there; others go on to their end. Any thread. */
void wr__ksql_caller_gone(wr__ksql_caller *c);

/** May it change the catalog? By its words alone: true for some that do not. */
bool wr__ksql_may_change(const char *sql);
/**
 * All statements of @p r are checked together, then executed in order. @p out: the response's body,
 * the array of entities or an error.
 * @return the HTTP status.
 */
int wr__ksql_execute(const wr__ksql_context *c, wr__query_request *r, wr__ksql_caller *caller,
                     wr_buf *out);

#endif
