/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json.h - a record between a handle on a server and that server, as JSON:
 *
 *     [partition, offset, timestamp, key, value, [["name", value], ...]]
 *
 * Keys and values are base64, or null. Numbers that nobody has said are -1, as in weir_record.
 */
#ifndef WR_RUNTIME_API_RECORD_JSON_H
#define WR_RUNTIME_API_RECORD_JSON_H

#include "formats/format.h"
#include "weir.h"

void wr__record_json_put(wr_buf *out, const weir_record *r);
/** In @p a; @p topic is borrowed. Untrusted. @return false: it is none. */
bool wr__record_json_get(const wr_json *j, const char *topic, wr_arena *a,
                         weir_record *out) WR_MUST_CHECK;
/** A JSON number that is a whole one. @return false: it is none. */
bool wr__json_int(const wr_json *j, int64_t *out) WR_MUST_CHECK;

#endif
