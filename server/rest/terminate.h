/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminate.h - /ksql/terminate: the end of a service (rest-api.md 4.3).
 *
 * Done with the statements that anybody could give: all queries are terminated with their state and
 * internal topics, then every stream and table is dropped, with its topic where a query wrote it
 * and the client asked for that, then the types. So what is kept for the next start is empty, and
 * so are the other processes of the service. The command topic stays: others may be reading it.
 */
#ifndef WR_SERVER_REST_TERMINATE_H
#define WR_SERVER_REST_TERMINATE_H

#include "server/query/query_request.h"
#include "server/rest/entity.h"

typedef struct wr__termination wr__termination;

/** Read the request's body: which topics go, by name or pattern (java.util.regex, of the whole
 *  name). Any thread. @return NULL: *fault. */
wr__termination *wr__termination_read(wr_str body, wr__query_fault *fault);
/** NULL is allowed. */
void wr__termination_free(wr__termination *t);

/**
 * Do it; on a thread of the pool, with nobody else changing the catalog. What fails (a broker that
 * is away) leaves the rest undone; it can be asked for again.
 * @param out  the response's body: the entity, or an error.
 * @return the HTTP status; 200: the service has ended.
 */
int wr__terminate(const wr__entity_context *c, const wr__termination *t, wr_buf *out);

/** End the rows of all clients. Any thread. */
void wr__terminate_clients(const wr__entity_context *c);

#endif
