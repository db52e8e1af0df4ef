/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what an engine does, as Prometheus reads it: queries, database, process, HTTP.
 *
 * docs/monitoring.md lists the metrics. How many samples there are is bounded: of queries, at most
 * the first WR_METRICS_QUERIES in order of creation (weir_metrics_omitted_queries says how many are
 * missing), each with a fixed number of samples and some for each topic that it reads; of
 * partitions WR_METRICS_PARTITIONS, of Kafka's clients WR_METRICS_CLIENTS. Nothing by key.
 */
#ifndef WR_SERVER_METRICS_METRICS_H
#define WR_SERVER_METRICS_METRICS_H

#include "runtime/instance/engine.h"
#include "server/http/http.h"
#include "server/metrics/http_metrics.h"

#define WR_METRICS_QUERIES    500
#define WR_METRICS_PARTITIONS 10000
#define WR_METRICS_CLIENTS    200

/**
 * Append all metrics to @p out. Any thread. The engine's lock is held to pin the queries, no
 * longer, and no broker is asked. @p http: NULL where there is no server. A query that is being
 * taken out just now is left out.
 */
void wr_metrics_text(wr_engine *e, wr_http_metrics *http, wr_buf *out);

/**
 * Answer GET (and HEAD) /metrics: 200 with the text; another method: 405. The text is made on a
 * thread of the pool (the database's figures take its mutex). @p e and @p http outlive the server.
 * Loop thread; in `request`.
 */
void wr_metrics_respond(wr_http_exchange *x, wr_engine *e, wr_http_metrics *http);

#endif
