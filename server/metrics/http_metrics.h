/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_metrics.h - requests by endpoint: how many, with which status, how long.
 *
 * Endpoints are those of a fixed table, not paths that clients make up, so that their number is
 * bounded; what is no endpoint is counted under one name of the table ("other", say).
 */
#ifndef WR_SERVER_METRICS_HTTP_METRICS_H
#define WR_SERVER_METRICS_HTTP_METRICS_H

#include "server/metrics/exposition.h"

typedef struct wr_http_metrics wr_http_metrics;

/** @p endpoints: their names, borrowed as long as the result is there. */
wr_http_metrics *wr_http_metrics_new(const char *const *endpoints, uint32_t n);
/** NULL is allowed. */
void wr_http_metrics_free(wr_http_metrics *m);

/** A request for endpoint @p endpoint has begun. One thread, as all that count: the HTTP loop's. */
void wr_http_metrics_begin(wr_http_metrics *m, uint32_t endpoint);
/** It is over, each that began once. @p status: of the response; 0: there was none. @p ns: how long
 *  it took, streams to their end. */
void wr_http_metrics_end(wr_http_metrics *m, uint32_t endpoint, int status, int64_t ns);
/** Any thread. */
void wr_http_metrics_put(wr_http_metrics *m, wr_exposition *e);

#endif
