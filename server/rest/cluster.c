/* SPDX-License-Identifier: Apache-2.0 */
#include "server/rest/cluster.h"
#include "runtime/instance/query_list.h"
#include "server/query/query_request.h"
#include "types/text.h"

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

static void put_stores(wr_query *q, wr_arena *a, wr_buf *out)
{
    wr_profile profile;
    wr_query_profile(q, a, &profile);
    wr__name(out, "activeStores");
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < profile.nodes_n; i++) {
        if (!profile.nodes[i].store || !profile.nodes[i].tasks)
            continue;
        wr__comma(out);
        wr_text_put_json_string(out, wr_str_c(profile.nodes[i].store));
    }
    wr_buf_putc(out, ']');
}

static void put_partitions(wr_query *q, wr_arena *a, wr_buf *out)
{
    wr_topic_part *parts;
    uint32_t n = wr_query_reads(q, a, &parts);
    wr__name(out, "activePartitions");
    wr_buf_putc(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        wr__comma(out);
        wr_buf_putc(out, '{');
        wr__member(out, "topic", parts[i].topic);
        wr__member_int(out, "partition", parts[i].partition);
        wr_buf_putc(out, '}');
    }
    wr_buf_putc(out, ']');
}

static void put_queries(wr_engine *e, wr_buf *out)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    wr_arena *a = wr_arena_new(0);
    for (size_t i = 0; i < pins.n; i++) {
        wr_query *q = pins.entries[i]->query;
        wr__name(out, wr_query_id(q));
        wr_buf_putc(out, '{');
        put_stores(q, a, out);
        put_partitions(q, a, out);
        wr_buf_puts(out, ",\"standByStores\":[],\"standByPartitions\":[]}");
    }
    wr_arena_free(a);
    wr_engine_unpin_all(e, &pins);
}

void wr__cluster_status(const wr__entity_context *c, wr_http_exchange *x)
{
    if (refused(c, "ksql.heartbeat.enable", x))
        return;
    wr_clock *clock = wr_engine_clock(c->engine);
    int64_t now = clock->wall_ms(clock);
    wr_buf b = {0};
    wr_buf_puts(&b, "{\"clusterStatus\":{");
    wr__name(&b, c->host);
    wr_buf_puts(&b, "{\"hostAlive\":true");
    wr__member_int(&b, "lastStatusUpdateMs", now);
    wr__name(&b, "activeStandbyPerQuery");
    wr_buf_putc(&b, '{');
    put_queries(c->engine, &b);
    wr_buf_putc(&b, '}');
    /* A store is written where it is read: none lags. */
    wr_buf_puts(&b, ",\"hostStoreLags\":{\"stateStoreLags\":{}");
    wr__member_int(&b, "updateTimeMs", is_on(c, "ksql.lag.reporting.enable") ? now : 0);
    wr_buf_puts(&b, "}}}}");
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

static void take_report(wr_http_exchange *x, const char *host, const char *what, wr_json_kind kind)
{
    wr__query_fault fault;
    size_t n;
    const char *text = wr_http_body(x, &n);
    wr_arena *a = wr_arena_new(0);
    const wr_json *body = wr__body_object(wr_str_make(text, n), a, &fault);
    static const char good[] = "{\"isOk\":true}";
    if (body && has(body, host, WR_JSON_STRING, &fault) && has(body, what, kind, &fault))
        wr_http_respond(x, 200, json_type, good, sizeof good - 1);
    else
        wr__query_refuse(x, &fault, "");
    wr_arena_free(a);
}

void wr__cluster_heartbeat(const wr__entity_context *c, wr_http_exchange *x)
{
    if (!refused(c, "ksql.heartbeat.enable", x))
        take_report(x, "hostInfo", "timestamp", WR_JSON_NUMBER);
}

void wr__cluster_lag(const wr__entity_context *c, wr_http_exchange *x)
{
    if (!refused(c, "ksql.lag.reporting.enable", x))
        take_report(x, "ksqlHost", "hostStoreLags", WR_JSON_OBJECT);
}
