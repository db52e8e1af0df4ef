/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h - URIs as java.net.URI takes them apart: RFC 2396 with that class's deviations (an empty
 * authority before a path, "other" characters beyond ASCII, registry-based authorities without a
 * host).
 */
#ifndef WR_ENGINE_FUNCTIONS_URI_H
#define WR_ENGINE_FUNCTIONS_URI_H

#include "common/buf.h"

/** Components as slices of the text, still escaped; ptr NULL: absent. */
typedef struct wr__uri {
    wr_str scheme, host, path, query, fragment; /* no user info: no SQL function asks for it */
    int64_t port;                               /* -1: absent */
} wr__uri;

/** @return false where @p text is malformed; *fault says what is wrong. */
bool wr__uri_parse(wr_str text, wr__uri *out, const char **fault);
/** Append @p s with %XX decoded as UTF-8; malformed bytes become U+FFFD. @pre escapes are whole */
void wr__uri_decode(wr_buf *out, wr_str s);

#endif
