/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.c - weir_serve: an HTTP server around an engine.
 *
 * A request passes, in this order: CORS (preflight requests end there), "is the engine there yet",
 * authentication, and then what answers it. The exchange's `front` says that it has come so far:
 * what did not is not known to what comes after, which then must not hear of its end either.
 */
#include "common/diag.h"
#include "runtime/api/api_internal.h"
#include "server/cluster/cluster.h"
#include "server/cors.h"
#include "server/gate.h"
#include "server/request_log.h"
#include "server/routes.h"
#include "server/serve_settings.h"

#include <pthread.h>
#include <stdio.h>

#define OPTIONS_SIZE_MAX 4096
#define GRACE_MS         3000

struct weir_server {
    wr_http_server *http;
    wr_settings settings; /* of the listener, a copy */
    wr_gate *gate;
    wr_request_log *log; /* or NULL */
    wr_serve_place place;
    bool read_only, in_data_dir;
    weir *w;           /* of the loop: NULL until it is ready */
    wr_routes *routes; /* what answers, from then on: */
    wr_http_handler inner;
    char url[300];
};

/** What is known of an exchange that was let in. */
typedef struct admitted {
    char *user; /* or NULL */
} admitted;

/* ---- from the transport to what answers ---- */

static void answer_starting(wr_http_exchange *x)
{
    static const char body[] = "{\"@type\":\"generic_error\",\"error_code\":50302,"
                               "\"message\":\"Weir is starting up\"}";
    const wr_http_field fields[] = {
        {"content-type", "application/json"}, {"retry-after", "1"}, {NULL, NULL}};
    wr_http_respond(x, 503, fields, body, sizeof body - 1);
}

static bool front_begin(void *arg, wr_http_exchange *x)
{
    weir_server *s = arg;
    const char *user;
    if (wr_http_front(x)) /* what answers has held it */
        return s->inner.begin && s->inner.begin(s->inner.arg, x);
    if (wr_cors_answers(&s->settings, x))
        return false;
    if (!s->w) {
        answer_starting(x);
        return false;
    }
    if (!wr_gate_admits(s->gate, x, &user))
        return false;
    admitted *a = wr_calloc(1, sizeof *a);
    a->user = user ? wr_strdup(user) : NULL;
    wr_http_set_front(x, a);
    return s->inner.begin && s->inner.begin(s->inner.arg, x);
}

static void front_body(void *arg, wr_http_exchange *x, const void *data, size_t n, bool last)
{
    weir_server *s = arg;
    s->inner.body(s->inner.arg, x, data, n, last);
}

static void front_request(void *arg, wr_http_exchange *x)
{
    weir_server *s = arg;
    s->inner.request(s->inner.arg, x);
}

static void front_drained(void *arg, wr_http_exchange *x)
{
    weir_server *s = arg;
    if (s->inner.drained)
        s->inner.drained(s->inner.arg, x);
}

static void front_half_closed(void *arg, wr_http_exchange *x)
{
    weir_server *s = arg;
    if (wr_http_front(x) && s->inner.half_closed)
        s->inner.half_closed(s->inner.arg, x);
}

static void front_message(void *arg, wr_http_exchange *x, const char *text, size_t n)
{
    weir_server *s = arg;
    if (s->inner.message)
        s->inner.message(s->inner.arg, x, text, n);
}

static void front_end(void *arg, wr_http_exchange *x)
{
    weir_server *s = arg;
    admitted *a = wr_http_front(x);
    if (a && s->inner.end)
        s->inner.end(s->inner.arg, x);
    if (s->log)
        wr_request_log_add(s->log, x, a ? a->user : NULL);
    if (a)
        wr_free(a->user);
    wr_free(a);
}

/* ---- the start ---- */

static weir_status read_options(const weir_serve_options *options, weir_serve_options *o,
                                weir_error *err)
{
    if (options && (options->size < sizeof options->size || options->size > OPTIONS_SIZE_MAX))
        return wr_error(err, WEIR_ERR_MISUSE,
                        "weir_serve_options.size is %zu: begin with WEIR_SERVE_OPTIONS_INIT",
                        options->size);
    for (size_t i = sizeof *o; options && i < options->size; i++)
        if (((const char *)options)[i])
            return wr_error(err, WEIR_ERR_MISUSE,
                            "weir_serve_options has members that this version does not know");
    if (options)
        memcpy(o, options, WR_MIN(options->size, sizeof *o));
    if (!o->url && !o->unix_path && !o->in_data_dir)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_serve needs an url or a unix_path");
    return WEIR_OK;
}

static weir_status read_settings(weir_server *s, const weir *w, const weir_serve_options *o,
                                 weir_error *err)
{
    if (!o->settings && w)
        wr_settings_copy(&s->settings, &w->server);
    for (const char *const *at = o->settings; at && at[0]; at += 2) {
        if (!at[1])
            return wr_error(err, WEIR_ERR_MISUSE, "Setting '%s' has no value", at[0]);
        WR_TRY(wr_settings_check(at[0], at[1], false, err));
        wr_settings_put(&s->settings, at[0], at[1]);
    }
    return WEIR_OK;
}

/* Whoever listens where others can come in says who may, or that anybody may. */
static weir_status check_open(const weir_server *s, const weir_serve_options *o,
                              const wr_http_tls *tls, weir_error *err)
{
    if (o->insecure_listen || wr_gate_guards(s->gate) || tls->client_required ||
        wr_serve_place_is_loopback(&s->place))
        return WEIR_OK;
    wr_error(err, WEIR_ERR_CONFIG,
             "%s can be reached by others, and nobody is asked for a "
             "password",
             s->place.host);
    return wr_error_hint(err, "authentication.method=BASIC and weir.authentication.file, or "
                              "--insecure-listen where the network is trusted");
}

static weir_status start(weir_server *s, const weir_serve_options *o, weir_error *err)
{
    wr_http_tls tls = {0};
    const char *url = o->url && !*o->url ? wr_settings_get(&s->settings, "listeners") : o->url;
    if (url)
        WR_TRY(wr_serve_place_parse(url, &s->place, err));
    if (s->place.https)
        WR_TRY(wr_serve_tls(&s->settings, &tls, err));
    const char *advertised = wr_settings_get(&s->settings, "ksql.advertised.listener");
    if (advertised)
        WR_TRY(wr_cluster_check_url(advertised, err));
    WR_TRY(wr_gate_new(&s->settings, &s->gate, err));
    WR_TRY(check_open(s, o, &tls, err));
    if (o->request_log)
        WR_TRY(wr_request_log_open(o->request_log, &s->log, err));
    wr_http_options options = WR_HTTP_OPTIONS_INIT;
    options.host = s->place.host;
    options.unix_path = o->unix_path;
    options.port = s->place.port;
    options.tls = s->place.https ? &tls : NULL;
    options.max_body = (size_t)wr_settings_int(&s->settings, "weir.server.max.body.bytes", 0);
    options.max_connections =
        (uint32_t)wr_settings_int(&s->settings, "weir.server.max.connections", 0);
    const wr_http_handler front = {.begin = front_begin,
                                   .body = front_body,
                                   .request = front_request,
                                   .drained = front_drained,
                                   .half_closed = front_half_closed,
                                   .message = front_message,
                                   .end = front_end,
                                   .arg = s};
    WR_TRY(wr_http_server_start(&options, &front, &s->http, err));
    bool six = s->place.host && strchr(s->place.host, ':');
    if (s->place.host)
        snprintf(s->url, sizeof s->url, "%s://%s%s%s:%u", s->place.https ? "https" : "http",
                 six ? "[" : "", s->place.host, six ? "]" : "", wr_http_server_port(s->http));
    return WEIR_OK;
}

static void server_free(weir_server *s)
{
    wr_routes_free(s->routes);
    wr_request_log_close(s->log);
    wr_gate_free(s->gate);
    wr_serve_place_free(&s->place);
    wr_settings_free(&s->settings);
    wr_free(s);
}

weir_status weir_serve(weir *w, const weir_serve_options *options, weir_server **out,
                       weir_error *err)
{
    weir_serve_options o = WEIR_SERVE_OPTIONS_INIT;
    *out = NULL;
    WR_TRY(read_options(options, &o, err));
    weir_server *s = wr_calloc(1, sizeof *s);
    wr_settings_init(&s->settings, NULL);
    s->read_only = o.read_only;
    s->in_data_dir = o.in_data_dir;
    weir_status st = read_settings(s, w, &o, err);
    if (st == WEIR_OK)
        st = start(s, &o, err);
    if (st != WEIR_OK) {
        server_free(s);
        return st;
    }
    *out = s;
    if (w)
        st = weir_server_ready(s, w, err);
    if (st != WEIR_OK) {
        *out = NULL;
        weir_server_stop(s);
    }
    return st;
}

/* A call on the loop thread, and what came of it. */
typedef struct ready_call {
    weir_server *server;
    weir *w;
    wr_routes *routes;
    weir_status status;
    weir_error *err;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
} ready_call;

/* The directory is ours by its lock, so whoever listened there before has gone. */
static weir_status listen_in_directory(weir_server *s, const weir *w, weir_error *err)
{
    wr_buf path = {0};
    if (!s->in_data_dir || !w->data_dir)
        return WEIR_OK;
    wr_buf_printf(&path, "%s/" WR__DATA_SOCKET, w->data_dir);
    weir_status st = wr_http_listen_unix(s->http, wr_buf_cstr(&path), err);
    wr_buf_free(&path);
    /* Over TCP it can be reached as it was asked to be. */
    if (st != WEIR_OK && s->place.host) {
        wr_diag_put(WR_DIAG_WARN, "server", "%s", err->message);
        st = WEIR_OK;
    }
    return st;
}

static void become_ready(void *arg)
{
    ready_call *r = arg;
    weir_server *s = r->server;
    WR_ASSERT(!s->w);
    r->status = listen_in_directory(s, r->w, r->err);
    s->routes = r->routes;
    s->inner = wr_routes_handler(s->routes);
    s->w = r->w;
    pthread_mutex_lock(&r->lock);
    r->done = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

weir_status weir_server_ready(weir_server *s, weir *w, weir_error *err)
{
    weir_error unwanted;
    if (w->remote)
        return wr_error(err, WEIR_ERR_MISUSE, "The handle is a connection to a server");
    ready_call r = {.server = s,
                    .w = w,
                    .err = err ? err : &unwanted,
                    .lock = PTHREAD_MUTEX_INITIALIZER,
                    .changed = PTHREAD_COND_INITIALIZER};
    r.routes = wr_routes_new(w, s->url, &s->settings, s->read_only);
    wr_http_post(s->http, become_ready, &r);
    pthread_mutex_lock(&r.lock);
    while (!r.done)
        pthread_cond_wait(&r.changed, &r.lock);
    pthread_mutex_unlock(&r.lock);
    return r.status;
}

const char *weir_server_url(const weir_server *s)
{
    return s->url;
}

weir_status weir_server_reload(weir_server *s, weir_error *err)
{
    wr_http_tls tls;
    if (s->place.https) {
        WR_TRY(wr_serve_tls(&s->settings, &tls, err));
        WR_TRY(wr_http_server_reload_tls(s->http, &tls, err));
    }
    return wr_gate_reload(s->gate, s->http, err);
}

void weir_server_stop(weir_server *s)
{
    if (!s)
        return;
    wr_http_server_stop(s->http, GRACE_MS);
    server_free(s);
}
