/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest.h - ksqlDB's REST API but for rows of queries: /ksql, /status, /info and what else there is
 * (rest-api.md 2, 4, 7). A router calls it for every exchange that nobody else takes; what is no
 * endpoint is not found.
 *
 * Statements are executed by the pool (wr_http_work). Requests that change the catalog come one
 * after the other, in the order in which they came, so that what a request's statements were
 * checked against together still holds when they are executed; all others go on beside them.
 *
 * Threads: the loop thread.
 */
#ifndef WR_SERVER_REST_REST_H
#define WR_SERVER_REST_REST_H

#include "server/cluster/cluster.h"
#include "server/query/query_service.h"

typedef struct wr_rest wr_rest;

/** @param cluster the other nodes, or NULL. @param host "host:port" by which this node is known.
 * @param read_only statements that change something are refused. All are borrowed until
 * wr_rest_free, @p host is copied. */
wr_rest *wr_rest_new(wr_engine *e, wr_query_service *queries, wr_cluster *cluster, const char *host,
                     bool read_only);
/** @pre the HTTP server has stopped. NULL is allowed. */
void wr_rest_free(wr_rest *r);

/** Before anybody else sees the exchange: has /ksql/terminate ended the service? Then it has been
 *  answered. */
bool wr_rest_refuses(const wr_rest *r, wr_http_exchange *x);
/** The whole request is here. Sooner or later there is a response. */
void wr_rest_request(wr_rest *r, wr_http_exchange *x);
/** Its client has gone, or may have (`half_closed`): a request under way waits for nothing more. */
void wr_rest_left(wr_rest *r, wr_http_exchange *x);

#endif
