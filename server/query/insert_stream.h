/* SPDX-License-Identifier: Apache-2.0 */
/*
 * insert_stream.h - /inserts-stream: rows in, an acknowledgement for each out (rest-api.md section
 * 6).
 *
 *     {"target":"S","properties":{}}⏎         the source, and settings
 *     {"ID":"a","V":1}⏎                       a row        ──▶  {"seq":0,"status":"ok"}⏎
 *     {"ID":"b","V":"x"}⏎                     a bad one    ──▶  {"@type":"InsertError",...}⏎, the
 * end
 *
 * What has come when the writing before is over is written together: one commit for many rows, and
 * one for a single row where rows come one by one. A row is acknowledged when it is durable, in
 * order. While WR__INSERT_PENDING bytes wait to be written the client is held back.
 *
 * Threads: the functions here on the loop thread; rows are converted and written by the pool.
 */
#ifndef WR_SERVER_QUERY_INSERT_STREAM_H
#define WR_SERVER_QUERY_INSERT_STREAM_H

#include "runtime/statement/inserter.h"
#include "server/http/http.h"

#define WR__INSERT_PENDING (1u << 20)
/** Bytes of one row, or of the first line; more is refused. */
#define WR__INSERT_LINE_MAX (4u << 20)

typedef struct wr__insert_stream wr__insert_stream;

/** The first line, read by the endpoint. On the pool. @return an error: the response's. */
typedef weir_status (*wr__insert_open)(wr_engine *e, wr_str line, wr_session *session,
                                       wr_buf *target, weir_error *err);
/** Gives the whole response where there is no target to insert into. */
typedef void (*wr__insert_refuse)(wr_http_exchange *x, weir_status st, const weir_error *err);

/** @p array: acknowledgements are one JSON array, not lines. */
wr__insert_stream *wr__insert_begin(wr_http_exchange *x, wr_engine *e, bool array,
                                    wr__insert_open open, wr__insert_refuse refuse);
void wr__insert_body(wr__insert_stream *i, const void *data, size_t n, bool last);
/** The exchange is over; @p i is not to be used any more. */
void wr__insert_gone(wr__insert_stream *i);

#endif
