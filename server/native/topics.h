/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topics.h - topics of the server's log, for a handle on it (`weir produce` and `weir consume` on a
 * directory that a service has open).
 *
 *     GET  /weir/v1/topic?topic=NAME               {"partitions":2,"start":[0,0],"end":[7,9]}
 *     POST /weir/v1/topic    {"topic":"...","partitions":2}                {}
 *     POST /weir/v1/produce  {"topic":"...","records":[...]}               {}
 *     GET  /weir/v1/fetch?topic=NAME&from=7,0&wait=200     {"records":[...],"next":[8,0]}
 *
 * Records are runtime/api/record_json.h's. What was produced is durable when the answer comes. A
 * fetch has up to FETCH_RECORDS records, or about FETCH_BYTES, from the offsets `from` (by
 * partition) on; where there is none it waits `wait` ms (10,000 at most). Nobody's offsets move,
 * and the server keeps nothing between two fetches, so they are for the embedded log, where a
 * reader costs nothing; Kafka's topics are read from its brokers.
 *
 * Errors: as the lines of native.h, with status 400 (the request), 403, 404 (no such topic), 500.
 */
#ifndef WR_SERVER_NATIVE_TOPICS_H
#define WR_SERVER_NATIVE_TOPICS_H

#include "runtime/api/api_internal.h"
#include "server/http/http.h"

/** Is it one of these requests? */
bool wr_native_topics_is_for(const wr_http_exchange *x);
/** Answer; the log is asked on a thread of the pool. @p read_only: nothing may be written by those
 *  who come over the network. Loop thread; in `request`. */
void wr_native_topics(weir *w, bool read_only, wr_http_exchange *x);

#endif
