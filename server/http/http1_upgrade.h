/* SPDX-License-Identifier: Apache-2.0 */
/* http1_upgrade.h - HTTP/1.1 requests that ask for another protocol (RFC 9110, 7.8). Pure. */
#ifndef WR_SERVER_HTTP_HTTP1_UPGRADE_H
#define WR_SERVER_HTTP_HTTP1_UPGRADE_H

#include "server/http/http.h"

/** Bytes of HTTP/2 settings, decoded, that a request may carry: 32 settings. */
#define WR__UPGRADE_SETTINGS_MAX 192

/**
 * Does the request ask to go on as HTTP/2 ("h2c", RFC 7540, 3.2)? RFC 9113 has given this up for
 * prior knowledge, but clients of ksqlDB need it: hyper, under PyPI's ksql, sends rows in this way.
 *
 * @param settings  to it: the client's, as the payload of a SETTINGS frame
 * @param n         to it: bytes of them
 * @return false also where a header is missing, comes twice or cannot be decoded: such a request
 *         is an ordinary one.
 */
bool wr__upgrade_wants_http2(const wr_http_exchange *x, uint8_t settings[WR__UPGRADE_SETTINGS_MAX],
                             size_t *n);

#endif
