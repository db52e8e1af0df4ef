/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.h - Weir's own way to run statements over HTTP: what weir.h's statements have, whole.
 *
 * ksqlDB's entities leave out what Weir says of plans, sections and types, so a prompt on another
 * machine, or on a directory that a service has open, asks here.
 *
 *     POST /weir/v1/statement   {"sql":"...","settings":{"name":"value"}}
 *
 *     {"kind":"table","queryId":"","sections":[{"name":"...","columns":[...],"rows":[...]}],
 *      "columns":[{"name":"...","type":"BIGINT","key":false}]}                       first
 *     {"row":[1,"a"]}   {"row":[...],"tombstone":true}   {"row":[...],"text":[null,"..."]}
 *     {"message":"...","heading":"...","queryId":"..."}                              at the end, or
 *     {"error":{"code":4,"flags":0,"line":1,"column":8,"offset":7,"message":"...","hint":"..."}}
 *
 * A line each. Values are JSON (weir_column_json); `text` has what weir_column_text says where that
 * is not the JSON value's own text. Variables are put in by the client. Empty lines keep the
 * connection alive. A client that goes away ends its statement.
 *
 *     GET /weir/v1/complete?prefix=...   ["NAME", ...]
 *     GET /weir/v1/words                 {"keywords":["ADD", ...],"functions":["ABS", ...]}
 *     GET /weir/v1/records?topic=...     the last records of a topic: records.h
 *     /weir/v1/topic, /produce, /fetch   records in and out, byte for byte: topics.h
 *
 * Statements run on threads of the pool: one each, for as long as it has rows.
 */
#ifndef WR_SERVER_NATIVE_NATIVE_H
#define WR_SERVER_NATIVE_NATIVE_H

#include "runtime/api/api_internal.h"
#include "server/http/http.h"

/** Is it one of these paths? */
bool wr_native_is_for(const wr_http_exchange *x);
/**
 * The whole request is here. @p read_only: statements that change anything are refused. The
 * handler's `drained` and `end` of such an exchange go to the functions below.
 */
void wr_native_request(weir *w, bool read_only, wr_http_exchange *x);
void wr_native_drained(wr_http_exchange *x);
void wr_native_end(wr_http_exchange *x);

#endif
