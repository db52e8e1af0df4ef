/* SPDX-License-Identifier: Apache-2.0 */
/* weir_serve: an HTTP server around a handle, and which part of it an exchange is for. */
#include "runtime/api/api_internal.h"
#include "server/http/http.h"
#include "server/metrics/metrics.h"
#include "server/native/native.h"
#include "server/page/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STOP_GRACE_MS = 3000, OPTIONS_MAX = 4096 };

struct weir_server {
    weir *w;
    wr_http_server *http;
    bool read_only;
    char url[300];
};

/* ---- exchanges ---- */

static bool on_begin(void *arg, wr_http_exchange *x)
{
    (void)arg, (void)x;
    return false;
}

/* A browser says in Origin which page makes it send a request. Pages of others must not reach a
 * server that their visitor can reach: what they send needs no answer to do harm. */
static bool is_of_other_page(const wr_http_exchange *x)
{
    const char *origin = wr_http_header(x, "Origin"), *host = wr_http_header(x, "Host");
    const char *own = origin ? strstr(origin, "://") : NULL;
    return origin && !(own && host && strcasecmp(own + 3, host) == 0);
}

static void on_request(void *arg, wr_http_exchange *x)
{
    static const char other[] = "Requests of other sites' pages are not answered\n";
    weir_server *s = arg;
    if (is_of_other_page(x))
        wr_http_respond(x, 403, NULL, other, sizeof other - 1);
    else if (wr_native_is_for(x))
        wr_native_request(s->w, s->read_only, x);
    else if (wr_page_is_for(x))
        wr_page_serve(x);
    else if (strcmp(wr_http_path(x), "/metrics") == 0)
        wr_metrics_respond(x, s->w->engine, NULL);
    else
        wr_http_respond(x, 404, NULL, "Not Found", 9);
}

static void on_drained(void *arg, wr_http_exchange *x)
{
    (void)arg;
    if (wr_native_is_for(x))
        wr_native_drained(x);
}

static void on_end(void *arg, wr_http_exchange *x)
{
    (void)arg;
    if (wr_native_is_for(x))
        wr_native_end(x);
}

/* ---- options ---- */

/* "http://HOST:PORT"; HOST may be an address of either version, or localhost. */
static weir_status read_url(const char *url, wr_arena *a, wr_http_options *o, weir_error *err)
{
    static const char scheme[] = "http://";
    const char *host = url + sizeof scheme - 1;
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return wr_error(err, WEIR_ERR_CONFIG, "'%s' is not of the form http://HOST:PORT", url);
    const char *end = *host == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(end ? end : host, ':');
    char *rest = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &rest, 10) : 8088;
    if (port > UINT16_MAX || (rest && (rest == colon + 1 || (*rest && strcmp(rest, "/") != 0))))
        return wr_error(err, WEIR_ERR_CONFIG, "'%s' has no port", url);
    size_t n = colon ? (size_t)(colon - host) : strcspn(host, "/");
    char *name = end ? wr_arena_strndup(a, host + 1, (size_t)(end - host) - 1)
                     : wr_arena_strndup(a, host, n);
    o->host = strcmp(name, "localhost") == 0 ? "127.0.0.1" : name;
    o->port = (uint16_t)port;
    return WEIR_OK;
}

static weir_status read_options(const weir_serve_options *given, weir_serve_options *o,
                                weir_error *err)
{
    const size_t least = offsetof(weir_serve_options, url);
    if (given && (given->size < least || given->size > OPTIONS_MAX))
        return wr_error(err, WEIR_ERR_MISUSE,
                        "weir_serve_options.size is %zu: begin with WEIR_SERVE_OPTIONS_INIT",
                        given->size);
    if (given)
        memcpy(o, given, WR_MIN(given->size, sizeof *o));
    if (!o->url && !o->unix_path && !o->in_data_dir)
        return wr_error(err, WEIR_ERR_MISUSE, "weir_serve needs an url or a unix_path");
    return WEIR_OK;
}

/* ---- life ---- */

weir_status weir_serve(weir *w, const weir_serve_options *options, weir_server **out,
                       weir_error *err)
{
    weir_serve_options o = WEIR_SERVE_OPTIONS_INIT;
    wr_http_options http = WR_HTTP_OPTIONS_INIT;
    weir_error unwanted;
    err = err ? err : &unwanted;
    *out = NULL;
    WR_TRY(read_options(options, &o, err));
    if (w->remote)
        return wr_error(err, WEIR_ERR_MISUSE, "The handle is a connection to a server");
    weir_server *s = wr_calloc(1, sizeof *s);
    wr_arena *a = wr_arena_new(0);
    s->w = w;
    s->read_only = o.read_only;
    http.host = NULL;
    http.unix_path = o.in_data_dir && w->data_dir
                         ? wr_arena_printf(a, "%s/" WR__DATA_SOCKET, w->data_dir)
                         : o.unix_path;
    const wr_http_handler handler = {
        .begin = on_begin, .request = on_request, .drained = on_drained, .end = on_end, .arg = s};
    weir_status st = o.url ? read_url(o.url, a, &http, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = wr_http_server_start(&http, &handler, &s->http, err);
    if (st == WEIR_OK && o.url)
        snprintf(s->url, sizeof s->url, strchr(http.host, ':') ? "http://[%s]:%u" : "http://%s:%u",
                 http.host, (unsigned)wr_http_server_port(s->http));
    wr_arena_free(a);
    if (st != WEIR_OK) {
        wr_free(s);
        return st;
    }
    *out = s;
    return WEIR_OK;
}

const char *weir_server_url(const weir_server *s)
{
    return s->url;
}

void weir_server_stop(weir_server *s)
{
    if (!s)
        return;
    wr_http_server_stop(s->http, STOP_GRACE_MS);
    wr_free(s);
}
