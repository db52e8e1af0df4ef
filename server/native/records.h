/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - the last records of a topic, with their headers.
 *
 *     GET /weir/v1/records?topic=NAME&last=50
 *
 *     {"records":[{"partition":0,"offset":7,"timestamp":1764547200000,"key":"ada",
 *                  "value":"{\"ITEM\":\"lamp\"}","headers":[["name","text"],["other",null]]}]}
 *
 * By time, the newest first, of all partitions together. Keys and values are the texts of PRINT
 * (formats guessed, or read by their schemas), or null; one longer than RECORD_TEXT_MAX is cut and
 * ends with an ellipsis. A header that is no UTF-8 is 0x and its bytes. `last` is 1 to 1,000 (50).
 * Of each partition the last `last` records are looked at, but of all of them about LOOKED_AT_MAX.
 * Nobody's offsets move. A look ends after LOOK_MS with what it has. Errors: as the lines of
 * native.h, with status 400 (parameters), 404 (no such topic), 500.
 */
#ifndef WR_SERVER_NATIVE_RECORDS_H
#define WR_SERVER_NATIVE_RECORDS_H

#include "runtime/api/api_internal.h"
#include "server/http/http.h"

/** Answer; the log is asked on a thread of the pool. Loop thread; in `request`. */
void wr_native_records(weir *w, wr_http_exchange *x);

#endif
