/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cors.h"

static bool allows(const char *origins, const char *origin)
{
    size_t n = strlen(origin);
    for (const char *p = origins; *p;) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ", ");
        if ((len == 1 && *p == '*') || (len == n && memcmp(p, origin, n) == 0))
            return true;
        p += len;
    }
    return false;
}

bool wr_cors_answers(const wr_settings *settings, wr_http_exchange *x)
{
    const char *origins = wr_settings_get(settings, "access.control.allow.origin");
    const char *origin = wr_http_header(x, "origin");
    if (!origins || !*origins || !origin)
        return false;
    bool allowed = allows(origins, origin);
    if (allowed) {
        wr_http_add_field(x, "access-control-allow-origin", origin);
        wr_http_add_field(x, "vary", "Origin");
    }
    if (strcmp(wr_http_method(x), "OPTIONS") != 0 ||
        !wr_http_header(x, "access-control-request-method"))
        return false;
    if (allowed) {
        const char *methods = wr_settings_get(settings, "access.control.allow.methods");
        const char *headers = wr_settings_get(settings, "access.control.allow.headers");
        wr_http_add_field(x, "access-control-allow-methods",
                          methods && *methods ? methods : "GET,POST,HEAD");
        if (headers && *headers)
            wr_http_add_field(x, "access-control-allow-headers", headers);
        wr_http_add_field(x, "access-control-max-age", "600");
    }
    wr_http_respond(x, 204, NULL, NULL, 0);
    return true;
}
