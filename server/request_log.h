/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_log.h - a line for each request that is over:
 *
 *     2026-12-01T02:00:00.123Z 127.0.0.1:50112 ada POST /ksql 200 123 4
 *
 * time of its end, client, user or "-", method, path, status (0: none was sent), bytes of the
 * response's body, milliseconds. No queries, headers or bodies: these may hold secrets. Bytes in
 * paths that are not plain ASCII are percent-encoded, so a client cannot make lines of its own.
 */
#ifndef WR_SERVER_REQUEST_LOG_H
#define WR_SERVER_REQUEST_LOG_H

#include "server/http/http.h"

typedef struct wr_request_log wr_request_log;

/** @param path  appended to (mode 0600); "-": standard error. @return WEIR_ERR_IO */
weir_status wr_request_log_open(const char *path, wr_request_log **out,
                                weir_error *err) WR_MUST_CHECK;
/** In `end` of an exchange. Written within a tenth of a second. */
void wr_request_log_add(wr_request_log *log, const wr_http_exchange *x, const char *user);
/** @pre the server has stopped. NULL is allowed. */
void wr_request_log_close(wr_request_log *log);

#endif
