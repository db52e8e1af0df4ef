/* SPDX-License-Identifier: Apache-2.0 */
/* The last check of the log, and the exchanges that wait for the next one. */
#include "server/rest/health.h"
#include "common/diag.h"
#include "runtime/instance/query_list.h"
#include "runtime/statement/sharing.h"

enum { FRESH_MS = 1000, CHECK_MS = 3000 };

typedef struct waiting waiting;
struct waiting {
    uint64_t exchange;
    void (*answer)(void *arg, wr_http_exchange *x);
    void *arg;
    waiting *next;
};

struct wr__health {
    wr_engine *engine;
    wr_http_server *http;
    /* The last check; the pool's thread writes these while `checking`, nobody reads them then. */
    wr_buf found;
    weir_status status;
    weir_error why;
    /* The loop's. */
    bool checking, healthy;
    int64_t checked_ns; /* 0: never */
    wr_buf cluster;
    waiting *waiting;
};

wr__health *wr__health_new(wr_engine *e)
{
    wr__health *h = wr_calloc(1, sizeof *h);
    h->engine = e;
    h->healthy = true;
    return h;
}

void wr__health_free(wr__health *h)
{
    if (!h)
        return;
    for (waiting *w = h->waiting, *next; w; w = next) {
        next = w->next;
        wr_free(w);
    }
    wr_buf_free(&h->found);
    wr_buf_free(&h->cluster);
    wr_free(h);
}

static int64_t now_ns(void)
{
    wr_clock *c = wr_clock_system();
    return c->mono_ns(c);
}

static void check(void *arg)
{
    wr__health *h = arg;
    h->status = wr_log_check(wr_engine_log(h->engine), CHECK_MS, &h->found, &h->why);
}

static void checked(void *arg)
{
    wr__health *h = arg;
    bool healthy = h->status == WEIR_OK;
    if (h->healthy && !healthy)
        wr_diag_put(WR_DIAG_WARN, "server", "unhealthy: %s", h->why.message);
    if (!h->healthy && healthy)
        wr_diag_put(WR_DIAG_WARN, "server", "healthy again");
    h->healthy = healthy;
    h->checking = false;
    h->checked_ns = now_ns();
    if (h->found.len) { /* a cluster that is away keeps its id */
        wr_buf_clear(&h->cluster);
        wr_buf_str(&h->cluster, wr_buf_view(&h->found));
    }
    waiting *w = h->waiting;
    h->waiting = NULL;
    for (waiting *next; w; w = next) {
        next = w->next;
        wr_http_exchange *x = wr_http_find(h->http, w->exchange);
        if (x)
            w->answer(w->arg, x);
        wr_free(w);
    }
}

void wr__health_ask(wr__health *h, wr_http_exchange *x, bool fresh,
                    void (*answer)(void *arg, wr_http_exchange *x), void *arg)
{
    bool young = h->checked_ns && now_ns() - h->checked_ns < (int64_t)FRESH_MS * 1000000;
    if (young || (!fresh && h->cluster.len)) {
        answer(arg, x);
        return;
    }
    waiting *w = wr_calloc(1, sizeof *w);
    *w = (waiting){wr_http_id(x), answer, arg, h->waiting};
    h->waiting = w;
    if (h->checking)
        return;
    h->checking = true;
    h->http = wr_http_server_of(x);
    wr_http_work(h->http, check, checked, h);
}

const char *wr__health_cluster(const wr__health *h)
{
    return h->cluster.len ? wr_buf_cstr((wr_buf *)&h->cluster) : "";
}

static bool any_query_failed(wr_engine *e)
{
    bool failed = false;
    wr_query *q;
    wr_engine_lock(e);
    for (size_t i = 0; !failed && (q = wr_engine_query_at(e, i)); i++)
        failed = wr_query_state_of(q) == WR_QUERY_FAILED;
    wr_engine_unlock(e);
    return failed;
}

const char *wr__health_status(const wr__health *h)
{
    const wr_sharing *s = wr_engine_sharing(h->engine);
    if (s && s->unreadable)
        return "ERROR";
    return (s && s->left_out) || any_query_failed(h->engine) ? "DEGRADED" : "RUNNING";
}

static void put_detail(wr_buf *out, const char *name, bool healthy)
{
    wr__name(out, name);
    wr_buf_putc(out, '{');
    wr__member_bool(out, "isHealthy", healthy);
    wr_buf_putc(out, '}');
}

int wr__health_put(const wr__health *h, wr_buf *out)
{
    const wr_sharing *s = wr_engine_sharing(h->engine);
    bool open = !wr_engine_closing(h->engine);
    bool commands = !s || (!s->unreadable && !s->left_out);
    bool all = open && h->healthy && commands;
    wr_buf_putc(out, '{');
    wr__member_bool(out, "isHealthy", all);
    wr__name(out, "details");
    wr_buf_putc(out, '{');
    put_detail(out, "metastore", open);
    put_detail(out, "kafka", h->healthy);
    put_detail(out, "commandRunner", commands);
    wr_buf_putc(out, '}');
    wr__member(out, "serverState", "READY");
    wr_buf_putc(out, '}');
    return all ? 200 : 503;
}
