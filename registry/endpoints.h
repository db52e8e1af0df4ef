/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.h - the URLs of a registry, taken apart: where to go, and with which secrets. */
#ifndef WR_REGISTRY_ENDPOINTS_H
#define WR_REGISTRY_ENDPOINTS_H

#include "registry/registry.h"

enum { WR_ENDPOINTS_MAX = 16 };

typedef struct wr_endpoint {
    const char *url;             /* no user, no password, no '/' at its end */
    const char *user, *password; /* NULL: none */
    bool https;
    bool here; /* on this machine: no proxy */
} wr_endpoint;

typedef struct wr_endpoints {
    wr_endpoint v[WR_ENDPOINTS_MAX];
    uint32_t n;
    const char *name; /* all of them, separated by commas: for messages */
} wr_endpoints;

/** Takes @p urls apart (separated by commas). Texts are @p arena's. WEIR_ERR_CONFIG: a URL is
 *  wrong; the message does not repeat its secrets. */
weir_status wr__endpoints_read(const wr_registry_options *options, wr_arena *arena,
                               wr_endpoints *out, weir_error *err) WR_MUST_CHECK;

#endif
