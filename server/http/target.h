/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - what a request asks for: path, query, percent-encoding (RFC 3986, RFC 9112 3.2). */
#ifndef WR_SERVER_HTTP_TARGET_H
#define WR_SERVER_HTTP_TARGET_H

#include "common/arena.h"

/**
 * The path of a request target: "/a?b", "http://host/a?b" or "*".
 * @param query  what is after the '?', or "".
 * @return its first byte (@p path_len of them, still encoded), or NULL: this is no target.
 */
const char *wr__target_split(const char *target, size_t *path_len, const char **query);
/**
 * @param plus_is_blank  as in queries.
 * @param out  room for @p n + 1 bytes; 0-terminated.
 * @return false: a '%' without two digits, or a byte 0.
 */
bool wr__percent_decode(const char *text, size_t n, bool plus_is_blank, char *out);
/** The first parameter of that (decoded) name, decoded, from @p arena; NULL: there is none, or it
 *  cannot be decoded. */
const char *wr__query_parameter(const char *query, const char *name, wr_arena *arena);

#endif
