/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - how the service is, for /healthcheck, /info and whoever names the cluster.
 *
 * The log is checked by the pool, once at a time and never more often than once a second, however
 * many ask: who comes meanwhile gets the same answer. So a probe can neither load a broker nor hold
 * the threads of the pool while one is away.
 *
 * Threads: the loop thread.
 */
#ifndef WR_SERVER_REST_HEALTH_H
#define WR_SERVER_REST_HEALTH_H

#include "server/http/http.h"
#include "server/rest/entity.h"

typedef struct wr__health wr__health;

wr__health *wr__health_new(wr_engine *e);
/** @pre the HTTP server has stopped. NULL is allowed. */
void wr__health_free(wr__health *h);

/**
 * Call @p answer now or, once the log was checked, later; not at all where the exchange has ended
 * by then. @param fresh  a check older than a second does not do; false: the id of the cluster is
 * enough.
 */
void wr__health_ask(wr__health *h, wr_http_exchange *x, bool fresh,
                    void (*answer)(void *arg, wr_http_exchange *x), void *arg);

/* ---- in `answer` ---- */

/** Kafka's id of the cluster, or that of the data directory; "": not known yet. */
const char *wr__health_cluster(const wr__health *h);
/**
 * RUNNING; DEGRADED: a persistent query has failed, or this process goes on without a statement of
 * the service that it cannot execute; ERROR: the command topic cannot be read. The first differs
 * from ksqlDB, which does not look at queries here.
 */
const char *wr__health_status(const wr__health *h);
/** The body of /healthcheck. @return the HTTP status: 200, or 503. */
int wr__health_put(const wr__health *h, wr_buf *out);

#endif
