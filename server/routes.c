/* SPDX-License-Identifier: Apache-2.0 */
#include "server/routes.h"

#include "runtime/api/api_internal.h"
#include "server/cluster/cluster.h"
#include "server/metrics/metrics.h"
#include "server/native/native.h"
#include "server/page/page.h"
#include "server/query/query_service.h"
#include "server/rest/rest.h"

struct wr_routes {
    weir *w;
    wr_cluster *cluster; /* NULL: there are no other servers */
    wr_query_service *queries;
    wr_rest *rest;
    wr_http_metrics *counts;
    bool read_only;
};

/* Those that are counted by name. The last stands for all others. */
static const char *const endpoints[] = {
    "/ksql",     "/query", "/query-stream", "/inserts-stream",    "/close-query",
    "/ws/query", "/info",  "/healthcheck",  "/weir/v1/statement", "/weir/v1/complete",
    "/status",   "/lag",   "/metrics",      "/is_valid_property", "other",
};
#define ENDPOINTS WR_ARRAY_LEN(endpoints)

static uint32_t endpoint_of(const wr_http_exchange *x)
{
    const char *path = wr_http_path(x);
    for (uint32_t i = 0; i < ENDPOINTS - 1; i++) {
        size_t n = strlen(endpoints[i]);
        if (strncmp(path, endpoints[i], n) == 0 && (path[n] == '\0' || path[n] == '/'))
            return i;
    }
    return ENDPOINTS - 1;
}

static bool is_metrics(const wr_http_exchange *x)
{
    return strcmp(wr_http_path(x), "/metrics") == 0;
}

/* ---- the handler ---- */

static bool route_begin(void *arg, wr_http_exchange *x)
{
    wr_routes *r = arg;
    wr_http_metrics_begin(r->counts, endpoint_of(x));
    if (wr_rest_refuses(r->rest, x))
        return false;
    return wr_query_service_takes(x) && wr_query_service_begin(r->queries, x);
}

static void route_body(void *arg, wr_http_exchange *x, const void *data, size_t n, bool last)
{
    wr_routes *r = arg;
    wr_query_service_body(r->queries, x, data, n, last); /* nobody else asks for one */
}

static void route_request(void *arg, wr_http_exchange *x)
{
    wr_routes *r = arg;
    if (wr_rest_refuses(r->rest, x))
        return;
    if (wr_native_is_for(x))
        wr_native_request(r->w, r->read_only, x);
    else if (wr_query_service_takes(x))
        wr_query_service_request(r->queries, x);
    else if (wr_page_is_for(x))
        wr_page_serve(x);
    else if (is_metrics(x))
        wr_metrics_respond(x, r->w->engine, r->counts);
    else
        wr_rest_request(r->rest, x);
}

static void route_drained(void *arg, wr_http_exchange *x)
{
    wr_routes *r = arg;
    if (wr_native_is_for(x))
        wr_native_drained(x);
    else if (wr_query_service_takes(x))
        wr_query_service_drained(r->queries, x);
}

static void route_half_closed(void *arg, wr_http_exchange *x)
{
    wr_routes *r = arg;
    wr_rest_left(r->rest, x);
}

static void route_end(void *arg, wr_http_exchange *x)
{
    wr_routes *r = arg;
    if (wr_native_is_for(x))
        wr_native_end(x);
    else if (wr_query_service_takes(x))
        wr_query_service_end(r->queries, x);
    else
        wr_rest_left(r->rest, x);
    wr_http_metrics_end(r->counts, endpoint_of(x), wr_http_status(x), wr_http_age_ms(x) * 1000000);
}

wr_http_handler wr_routes_handler(wr_routes *r)
{
    return (wr_http_handler){.begin = route_begin,
                             .body = route_body,
                             .request = route_request,
                             .drained = route_drained,
                             .half_closed = route_half_closed,
                             .end = route_end,
                             .arg = r};
}

wr_routes *wr_routes_new(weir *w, const char *url, const wr_settings *settings, bool read_only)
{
    const char *at = strstr(url, "://"), *host = at ? at + 3 : "localhost";
    WR_ASSERT(w && settings);
    wr_routes *r = wr_calloc(1, sizeof *r);
    r->w = w;
    r->read_only = read_only;
    r->cluster = wr_cluster_new(w->engine, url, settings);
    r->queries = wr_query_service_new(w->engine, host, wr_cluster_id(r->cluster), read_only);
    r->rest = wr_rest_new(w->engine, r->queries, r->cluster, host, read_only);
    r->counts = wr_http_metrics_new(endpoints, ENDPOINTS);
    return r;
}

void wr_routes_free(wr_routes *r)
{
    if (!r)
        return;
    wr_cluster_free(r->cluster);
    wr_rest_free(r->rest);
    wr_query_service_free(r->queries);
    wr_http_metrics_free(r->counts);
    wr_free(r);
}
