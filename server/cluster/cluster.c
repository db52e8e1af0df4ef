/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a cluster, and its life; who asks whom is in gather.c. */
#include "server/cluster/cluster.h"
#include "common/diag.h"
#include "runtime/instance/peers.h"
#include "server/cluster/announcer.h"
#include "server/cluster/gather.h"
#include "server/cluster/heartbeat.h"
#include "types/text.h"

#include <stdio.h>
#include <unistd.h>

#define EXPIRE_LEAST_MS INT64_C(10000)
#define EXPIRE_MISSED   5 /* records */

struct wr_cluster {
    wr_engine *engine;
    char *url, *host;
    char id[33];
    wr__servers *servers;
    wr__peer_http *http;
    wr__announcer *announcer;
    wr__heartbeat *heartbeat; /* NULL: none are sent */
    bool asked;               /* by pull queries of the engine */
};

/* ---- the address ---- */

weir_status wr_cluster_check_url(const char *url, weir_error *err)
{
    const char *at = strstr(url, "://"), *host = at ? at + 3 : url;
    bool scheme = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    const char *colon = strrchr(host, ':');
    bool any = strncmp(host, "0.0.0.0", 7) == 0 || strncmp(host, "[::]", 4) == 0;
    int64_t port;
    size_t digits = colon ? strcspn(colon + 1, "/") : 0;
    bool name = colon > host && strcspn(host, "/?#@ \t\r\n") >= (size_t)(colon - host);
    if (scheme && !any && name && wr_str_to_i64(wr_str_make(colon + 1, digits), &port) &&
        port > 0 && port <= UINT16_MAX && (!colon[1 + digits] || !colon[2 + digits]))
        return WEIR_OK;
    (void)wr_error(err, WEIR_ERR_CONFIG, "ksql.advertised.listener: '%s' is no address of a server",
                   url);
    return wr_error_hint(err, "Such as http://node1.example.org:8088, with the port");
}

/* Who listens everywhere is found by the name of the machine, as ksqlDB's servers are. */
static char *advertised(const char *url, const wr_settings *settings)
{
    const char *given = wr_settings_get(settings, "ksql.advertised.listener");
    WR_ASSERT(strstr(url, "://"));
    const char *host = strstr(url, "://") + 3, *port = strrchr(host, ':');
    char name[256] = "localhost";
    if (given)
        return wr_strdup(given);
    if (strncmp(host, "0.0.0.0:", 8) != 0 && strncmp(host, "[::]:", 5) != 0)
        return wr_strdup(url);
    (void)gethostname(name, sizeof name - 1);
    wr_buf b = {0};
    wr_buf_printf(&b, "%.*s%s%s", (int)(host - url), url, name, port ? port : "");
    char *made = wr_strdup(wr_buf_cstr(&b));
    wr_buf_free(&b);
    return made;
}

/* ---- what pull queries ask ---- */

static bool alone(void *arg)
{
    const wr_cluster *c = arg;
    return wr__servers_none(c->servers);
}

static weir_status pull(void *arg, const wr_peer_pull *p, weir_error *err)
{
    const wr_cluster *c = arg;
    return wr__gather(c->engine, c->servers, c->http, p, err);
}

/* ---- life ---- */

static void new_id(char out[33])
{
    wr_rng rng;
    wr_rng_seed_os(&rng);
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)wr_rng_next(&rng),
             (unsigned long long)wr_rng_next(&rng));
}

wr_cluster *wr_cluster_new(wr_engine *e, const char *url, const wr_settings *settings)
{
    if (!wr_engine_on_kafka(e) || wr_engine_mode_of(e) != WR_ENGINE_THREADED || !*url)
        return NULL;
    wr_cluster *c = wr_calloc(1, sizeof *c);
    wr_arena *a = wr_arena_new(0);
    int64_t every = wr_settings_int(settings, "ksql.heartbeat.discover.interval.ms", 0);
    c->engine = e;
    c->url = advertised(url, settings);
    c->host = wr_strdup(wr__server_host(a, c->url));
    wr_arena_free(a);
    new_id(c->id);
    c->servers = wr__servers_new(wr_engine_clock(e), settings,
                                 WR_MAX(EXPIRE_MISSED * every, EXPIRE_LEAST_MS));
    c->http = wr__peer_http_new(settings);
    c->announcer = wr__announcer_start(e, c->servers, c->url, c->id);
    if (wr_settings_bool(settings, "ksql.heartbeat.enable", false))
        c->heartbeat = wr__heartbeat_start(e, c->servers, c->http, c->host);
    if (!c->announcer)
        wr_diag_put(WR_DIAG_WARN, "cluster",
                    "No thread can be made: other servers of the service are not known");
    const wr_peers peers = {.alone = alone, .pull = pull, .arg = c};
    c->asked = wr_engine_set_peers(e, &peers);
    if (c->asked)
        return c;
    wr_cluster_free(c); /* the handle has another server, which does that */
    return NULL;
}

void wr_cluster_free(wr_cluster *c)
{
    if (!c)
        return;
    if (c->asked)
        wr_engine_set_peers(c->engine, NULL);
    wr__heartbeat_stop(c->heartbeat);
    wr__announcer_stop(c->announcer);
    wr__peer_http_free(c->http);
    wr__servers_free(c->servers);
    wr_free(c->url);
    wr_free(c->host);
    wr_free(c);
}

/* ---- for the endpoints ---- */

const char *wr_cluster_id(const wr_cluster *c)
{
    return c ? c->id : "";
}

const char *wr_cluster_host(const wr_cluster *c)
{
    return c ? c->host : NULL;
}

void wr_cluster_put_others(wr_cluster *c, wr_buf *out)
{
    wr__server_info *list;
    if (!c)
        return;
    wr_arena *a = wr_arena_new(0);
    uint32_t n = wr__servers_all(c->servers, a, &list);
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_putc(out, ',');
        wr_text_put_json_string(out, wr_str_c(list[i].host));
        wr_buf_printf(out,
                      ":{\"hostAlive\":%s,\"lastStatusUpdateMs\":%lld,\"activeStandbyPerQuery\":%s,"
                      "\"hostStoreLags\":%s}",
                      list[i].alive ? "true" : "false", (long long)list[i].heard_ms,
                      list[i].status ? list[i].status : "{}",
                      list[i].lags ? list[i].lags : "{\"stateStoreLags\":{},\"updateTimeMs\":0}");
    }
    wr_arena_free(a);
}

void wr_cluster_beat(wr_cluster *c, const char *host)
{
    if (c)
        wr__servers_beat(c->servers, host);
}

void wr_cluster_lags(wr_cluster *c, const char *host, wr_str json)
{
    if (c)
        wr__servers_lags(c->servers, host, json);
}
