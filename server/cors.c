/* SPDX-License-Identifier: Apache-2.0 */
#include "server/cors.h"

#include <strings.h>

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

/* A browser says in Origin which page makes it send a request. Pages of others must not reach a
 * server that their visitor can reach: what they send needs no answer to do harm. */
static void refuse(wr_http_exchange *x)
{
    static const char text[] = "Requests of other sites' pages are not answered\n";
    wr_http_respond(x, 403, NULL, text, sizeof text - 1);
}

static bool is_own(const wr_http_exchange *x, const char *origin)
{
    const char *host = wr_http_header(x, "host"), *from = strstr(origin, "://");
    return host && from && strcasecmp(from + 3, host) == 0;
}

bool wr_cors_answers(const wr_settings *settings, wr_http_exchange *x)
{
    const char *origins = wr_settings_get(settings, "access.control.allow.origin");
    const char *origin = wr_http_header(x, "origin");
    if (!origin || is_own(x, origin))
        return false;
    if (!origins || !allows(origins, origin)) {
        refuse(x);
        return true;
    }
    wr_http_add_field(x, "access-control-allow-origin", origin);
    wr_http_add_field(x, "vary", "Origin");
    if (strcmp(wr_http_method(x), "OPTIONS") != 0 ||
        !wr_http_header(x, "access-control-request-method"))
        return false;
    const char *methods = wr_settings_get(settings, "access.control.allow.methods");
    const char *headers = wr_settings_get(settings, "access.control.allow.headers");
    wr_http_add_field(x, "access-control-allow-methods",
                      methods && *methods ? methods : "GET,POST,HEAD");
    if (headers && *headers)
        wr_http_add_field(x, "access-control-allow-headers", headers);
    wr_http_add_field(x, "access-control-max-age", "600");
    wr_http_respond(x, 204, NULL, NULL, 0);
    return true;
}
