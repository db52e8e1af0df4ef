/* SPDX-License-Identifier: Apache-2.0 */
/* serve_settings.h - from settings, under ksqlDB's names or Weir's, to what the HTTP server needs.
 */
#ifndef WR_SERVER_SERVE_SETTINGS_H
#define WR_SERVER_SERVE_SETTINGS_H

#include "engine/plan/settings.h"
#include "server/http/http.h"
#include "weir.h"

/** Where to listen, taken apart; owns its texts. */
typedef struct wr_serve_place {
    char *host;    /* NULL: no TCP */
    uint16_t port; /* 0: any */
    bool https;
} wr_serve_place;

/** "http://HOST[:PORT]", "https://[::1]:8088". @return WEIR_ERR_CONFIG */
weir_status wr_serve_place_parse(const char *url, wr_serve_place *out, weir_error *err);
void wr_serve_place_free(wr_serve_place *p);
/** May only this machine reach it? By what the host's name resolves to. */
bool wr_serve_place_is_loopback(const wr_serve_place *p);

/** Certificates by ssl.* and weir.server.*; borrowed from @p settings. @return WEIR_ERR_CONFIG */
weir_status wr_serve_tls(const wr_settings *settings, wr_http_tls *out,
                         weir_error *err) WR_MUST_CHECK;

#endif
