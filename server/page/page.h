/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the web page: files of web/, which the library carries, under /ui/.
 *
 *     GET /            307: to ui/ for who takes text/html, to /info for everybody else (ksqlDB's)
 *     GET /ui          307 to ui/
 *     GET /ui/         index.html
 *     GET /ui/NAME     the file; 304 where If-None-Match has its ETag; 404
 *
 * HEAD as GET; another method: 405. Each answer forbids, by its Content-Security-Policy, scripts
 * and styles that are not files of the page, and every request to elsewhere.
 *
 * Nothing here knows of SQL: what the page shows it asks for, at /weir/v1/ and /metrics.
 */
#ifndef WR_SERVER_PAGE_PAGE_H
#define WR_SERVER_PAGE_PAGE_H

#include "server/http/http.h"

/** Is it one of these paths? */
bool wr_page_is_for(const wr_http_exchange *x);
/** Respond; in `begin` or `request`. Loop thread. Waits for nothing. */
void wr_page_serve(wr_http_exchange *x);

#endif
