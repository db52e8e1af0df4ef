/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request at a time for each server: who answers slowly gets fewer, not more and more of them.
 * What comes of them is not looked at, but that a server does not let this one in.
 */
#include "server/cluster/heartbeat.h"
#include "common/diag.h"
#include "runtime/instance/wait.h"
#include "server/cluster/own_state.h"
#include "types/text.h"

#include <pthread.h>

enum { TIMEOUT_MS = 1000, SLICE_MS = 50 };

/** A request to one server; gone when it is done. */
typedef struct beat {
    struct beat *next;
    char *url;
    bool lag; /* /lag, not /heartbeat */
    wr_buf body;
    wr__peer_request request;
} beat;

struct wr__heartbeat {
    wr_engine *engine;
    wr__servers *servers;
    wr__peer_http *http;
    const char *host;
    atomic_bool stop;
    pthread_t thread;
    /* The thread's. */
    wr__peer_line *line;
    beat *beats;
    bool reports_lag, warned;
    int64_t lag_due_ns, lag_interval_ns;
};

static bool is_busy(const wr__heartbeat *h, const char *url, bool lag)
{
    for (const beat *b = h->beats; b; b = b->next)
        if (b->lag == lag && strcmp(b->url, url) == 0)
            return true;
    return false;
}

static void send_one(wr__heartbeat *h, const char *url, bool lag, wr_str body)
{
    WR_ASSERT(h->line && body.len > 0);
    if (is_busy(h, url, lag))
        return;
    beat *b = wr_calloc(1, sizeof *b);
    b->url = wr_strdup(url);
    b->lag = lag;
    wr_buf_str(&b->body, body);
    b->request = (wr__peer_request){.url = b->url,
                                    .path = lag ? "/lag" : "/heartbeat",
                                    .body = wr_buf_view(&b->body),
                                    .timeout_ms = TIMEOUT_MS};
    b->next = h->beats;
    h->beats = b;
    wr__peer_start(h->http, h->line, &b->request);
}

static void free_beat(wr__heartbeat *h, beat *b)
{
    wr__peer_request_free(h->line, &b->request);
    wr_buf_free(&b->body);
    wr_free(b->url);
    wr_free(b);
}

static void look_at(wr__heartbeat *h, const beat *b)
{
    long status = b->request.status;
    if ((status != 401 && status != 403) || h->warned)
        return;
    h->warned = true;
    wr_diag_put(WR_DIAG_WARN, "cluster",
                "%s does not let this server in: weir.server.peer.user and "
                "weir.server.peer.password are who servers are to each other",
                b->url);
}

static void collect(wr__heartbeat *h, bool all)
{
    for (beat **at = &h->beats; *at;) {
        beat *b = *at;
        if (!b->request.done && !all) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        look_at(h, b);
        free_beat(h, b);
    }
}

static void send_all(wr__heartbeat *h)
{
    wr_clock *clock = wr_engine_clock(h->engine);
    wr_arena *a = wr_arena_new(0);
    wr__server_info *list;
    uint32_t n = wr__servers_all(h->servers, a, &list);
    int64_t now_ns = clock->mono_ns(clock), now_ms = clock->wall_ms(clock);
    bool lag = n && h->reports_lag && now_ns >= h->lag_due_ns;
    wr_buf beat_body = {0}, lag_body = {0};
    wr_buf_puts(&beat_body, "{\"hostInfo\":");
    wr_text_put_json_string(&beat_body, wr_str_c(h->host));
    wr_buf_printf(&beat_body, ",\"timestamp\":%lld}", (long long)now_ms);
    if (lag) {
        wr_buf_puts(&lag_body, "{\"ksqlHost\":");
        wr_text_put_json_string(&lag_body, wr_str_c(h->host));
        wr_buf_puts(&lag_body, ",\"hostStoreLags\":");
        wr__own_lags(h->engine, now_ms, &lag_body);
        wr_buf_putc(&lag_body, '}');
        h->lag_due_ns = now_ns + h->lag_interval_ns;
    }
    for (uint32_t i = 0; i < n; i++) {
        send_one(h, list[i].url, false, wr_buf_view(&beat_body));
        if (lag)
            send_one(h, list[i].url, true, wr_buf_view(&lag_body));
    }
    wr_buf_free(&beat_body);
    wr_buf_free(&lag_body);
    wr_arena_free(a);
}

static void *run(void *arg)
{
    wr__heartbeat *h = arg;
    wr_clock *clock = wr_engine_clock(h->engine);
    const wr_settings *settings = wr_engine_settings(h->engine);
    int64_t interval_ms = wr_settings_int(settings, "ksql.heartbeat.send.interval.ms", 0);
    WR_ASSERT(interval_ms > 0);
    h->line = wr__peer_line_take(h->http);
    while (!atomic_load(&h->stop)) {
        int64_t until = clock->mono_ns(clock) + interval_ms * 1000000, left;
        send_all(h);
        while (!atomic_load(&h->stop) && (left = (until - clock->mono_ns(clock)) / 1000000) > 0) {
            int slice = (int)WR_MIN(left, (int64_t)SLICE_MS);
            if (!h->beats)
                wr_wait_nap(slice);
            else
                (void)wr__peer_line_run(h->line, slice);
            collect(h, false);
        }
        (void)wr__peer_line_run(h->line, 0);
        collect(h, false);
    }
    collect(h, true);
    WR_ASSERT(!h->beats);
    wr__peer_line_give(h->http, h->line);
    return NULL;
}

wr__heartbeat *wr__heartbeat_start(wr_engine *e, wr__servers *servers, wr__peer_http *http,
                                   const char *host)
{
    const wr_settings *settings = wr_engine_settings(e);
    wr__heartbeat *h = wr_calloc(1, sizeof *h);
    h->engine = e;
    h->servers = servers;
    h->http = http;
    h->host = host;
    h->reports_lag = wr_settings_bool(settings, "ksql.lag.reporting.enable", false);
    h->lag_interval_ns =
        wr_settings_int(settings, "ksql.lag.reporting.send.interval.ms", 0) * INT64_C(1000000);
    if (pthread_create(&h->thread, NULL, run, h) == 0)
        return h;
    wr_free(h);
    return NULL;
}

void wr__heartbeat_stop(wr__heartbeat *h)
{
    if (!h)
        return;
    atomic_store(&h->stop, true);
    pthread_join(h->thread, NULL);
    wr_free(h);
}
