/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_service.h - the endpoints of queries and of rows: /query, /query-stream, /close-query,
 * /inserts-stream, /ws/query (rest-api.md 5, 6), as functions that a router calls.
 *
 * Threads: the loop thread, but where it is said.
 */
#ifndef WR_SERVER_QUERY_QUERY_SERVICE_H
#define WR_SERVER_QUERY_QUERY_SERVICE_H

#include "runtime/instance/engine.h"
#include "server/http/http.h"

typedef struct wr_query_service wr_query_service;

/** @param host "host:port" by which this node is known, said with rows where it is asked for.
 *  @param server  the id of this process, by which others make sure that they have reached it; ""
 *                 where it has no others. @param read_only  /inserts-stream is refused. */
wr_query_service *wr_query_service_new(wr_engine *e, const char *host, const char *server,
                                       bool read_only);
/** @pre the HTTP server has stopped. NULL is allowed. */
void wr_query_service_free(wr_query_service *s);

/** Is the request one of these endpoints'? */
bool wr_query_service_takes(const wr_http_exchange *x);

/* Of exchanges that are: as the functions of wr_http_handler. The exchange's data is the service's.
 */
bool wr_query_service_begin(wr_query_service *s, wr_http_exchange *x);
void wr_query_service_body(wr_query_service *s, wr_http_exchange *x, const void *data, size_t n,
                           bool last);
void wr_query_service_request(wr_query_service *s, wr_http_exchange *x);
void wr_query_service_drained(wr_query_service *s, wr_http_exchange *x);
void wr_query_service_end(wr_query_service *s, wr_http_exchange *x);

/* ---- any thread ---- */

/** Push queries of clients, for LIST QUERIES, and those that ended a moment ago (ended_queries.h):
 * id and statement, borrowed. @p fn must not call the service. */
void wr_query_service_each(wr_query_service *s,
                           void (*fn)(void *arg, const char *id, const char *sql), void *arg);
/** TERMINATE of one of them: @p id in any case. @return false: there is none. */
bool wr_query_service_terminate(wr_query_service *s, const char *id);

#endif
