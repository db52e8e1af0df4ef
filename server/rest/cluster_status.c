/* SPDX-License-Identifier: Apache-2.0 */
#include "server/rest/cluster_status.h"
#include "server/cluster/own_state.h"
#include "server/query/query_request.h"

enum { BAD_REQUEST = 40000 };

static const wr_http_field json_type[] = {{"Content-Type", "application/json"}, {NULL, NULL}};

static bool is_on(const wr__entity_context *c, const char *setting)
{
    return wr_settings_bool(wr_engine_settings(c->engine), setting, false);
}

/* As the real server: not found, with a type and no body. */
static bool refused(const wr__entity_context *c, const char *setting, wr_http_exchange *x)
{
    if (is_on(c, "ksql.heartbeat.enable") && is_on(c, setting))
        return false;
    wr_http_respond(x, 404, json_type, NULL, 0);
    return true;
}

/* ---- /clusterStatus ---- */

void wr__cluster_status(const wr__entity_context *c, wr_http_exchange *x)
{
    if (refused(c, "ksql.heartbeat.enable", x))
        return;
    wr_clock *clock = wr_engine_clock(c->engine);
    const char *known = wr_cluster_host(c->cluster);
    int64_t now = clock->wall_ms(clock);
    wr_buf b = {0};
    wr_buf_puts(&b, "{\"clusterStatus\":{");
    wr__name(&b, known ? known : c->host);
    wr_buf_puts(&b, "{\"hostAlive\":true");
    wr__member_int(&b, "lastStatusUpdateMs", now);
    wr__name(&b, "activeStandbyPerQuery");
    wr__own_status(c->engine, &b);
    wr__name(&b, "hostStoreLags");
    wr__own_lags(c->engine, is_on(c, "ksql.lag.reporting.enable") ? now : 0, &b);
    wr_buf_putc(&b, '}');
    wr_cluster_put_others(c->cluster, &b);
    wr_buf_puts(&b, "}}");
    wr_http_respond(x, 200, json_type, b.ptr, b.len);
    wr_buf_free(&b);
}

/* ---- what other nodes say ---- */

/* Is there a member @p name, and of that kind? */
static bool has(const wr_json *body, const char *name, wr_json_kind kind, wr__query_fault *fault)
{
    const wr_json *j = body->kind == WR_JSON_OBJECT ? wr_json_get(body, name) : NULL;
    if (j && j->kind == kind)
        return true;
    wr__query_fault_set(fault, BAD_REQUEST, false, false,
                        "Invalid JSON in request: %s is missing, or of another type", name);
    return false;
}

/* A report is of a node, and of a clock or an object. */
typedef struct report_kind {
    const char *host, *what;
    wr_json_kind kind;
    void (*take)(wr_cluster *cluster, const char *host, const wr_json *what);
} report_kind;

static void take_report(const wr__entity_context *c, wr_http_exchange *x, const report_kind *r)
{
    wr__query_fault fault;
    size_t n;
    const char *text = wr_http_body(x, &n);
    wr_arena *a = wr_arena_new(0);
    const wr_json *body = wr__body_object(wr_str_make(text, n), a, &fault);
    static const char good[] = "{\"isOk\":true}";
    if (body && has(body, r->host, WR_JSON_STRING, &fault) && has(body, r->what, r->kind, &fault)) {
        wr_str host = wr_json_get(body, r->host)->text;
        r->take(c->cluster, wr_arena_strndup(a, host.ptr, host.len), wr_json_get(body, r->what));
        wr_http_respond(x, 200, json_type, good, sizeof good - 1);
    } else {
        wr__query_refuse(x, &fault, "");
    }
    wr_arena_free(a);
}

/* When it was sent is by another clock: when it came counts. */
static void take_beat(wr_cluster *cluster, const char *host, const wr_json *when)
{
    (void)when;
    wr_cluster_beat(cluster, host);
}

static void take_lags(wr_cluster *cluster, const char *host, const wr_json *lags)
{
    wr_cluster_lags(cluster, host, lags->raw);
}

void wr__cluster_heartbeat(const wr__entity_context *c, wr_http_exchange *x)
{
    static const report_kind heartbeat = {"hostInfo", "timestamp", WR_JSON_NUMBER, take_beat};
    if (!refused(c, "ksql.heartbeat.enable", x))
        take_report(c, x, &heartbeat);
}

void wr__cluster_lag(const wr__entity_context *c, wr_http_exchange *x)
{
    static const report_kind lag = {"ksqlHost", "hostStoreLags", WR_JSON_OBJECT, take_lags};
    if (!refused(c, "ksql.lag.reporting.enable", x))
        take_report(c, x, &lag);
}
