/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: the text is made on a thread of the pool, and sent if anybody still waits for it.
 */
#include "server/metrics/metrics.h"

/** One scrape; the pool's thread has it between wr_http_work and `done`. */
typedef struct scrape {
    wr_http_server *server;
    uint64_t exchange;
    wr_engine *engine;
    wr_http_metrics *http;
    wr_buf text;
} scrape;

static void make(void *arg)
{
    scrape *s = arg;
    wr_metrics_text(s->engine, s->http, &s->text);
}

static void done(void *arg)
{
    scrape *s = arg;
    wr_http_exchange *x = wr_http_find(s->server, s->exchange);
    static const wr_http_field fields[] = {{"Content-Type", WR_EXPOSITION_TYPE}, {NULL, NULL}};
    if (x)
        wr_http_respond(x, 200, fields, s->text.ptr, s->text.len);
    wr_buf_free(&s->text);
    wr_free(s);
}

void wr_metrics_respond(wr_http_exchange *x, wr_engine *e, wr_http_metrics *http)
{
    static const wr_http_field allowed[] = {{"Allow", "GET, HEAD"}, {NULL, NULL}};
    const char *method = wr_http_method(x);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        wr_http_respond(x, 405, allowed, NULL, 0);
        return;
    }
    scrape *s = wr_calloc(1, sizeof *s);
    s->server = wr_http_server_of(x);
    s->exchange = wr_http_id(x);
    s->engine = e;
    s->http = http;
    wr_http_work(s->server, make, done, s);
}
