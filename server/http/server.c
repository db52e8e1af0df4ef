/* SPDX-License-Identifier: Apache-2.0 */
/* The loop thread: listeners, turns, calls from other threads, timers, and the end. */
#include "server/http/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 1024, SWEEP_MS = 1000 };

/* ---- calls from other threads ---- */

typedef struct wr__posted {
    void (*fn)(void *arg);
    void *arg;
    struct wr__posted *next;
} wr__posted;

void wr_http_post(wr_http_server *s, void (*fn)(void *arg), void *arg)
{
    wr__posted *p = wr_calloc(1, sizeof *p);
    p->fn = fn;
    p->arg = arg;
    pthread_mutex_lock(&s->lock);
    *s->posted_end = p;
    s->posted_end = &p->next;
    pthread_mutex_unlock(&s->lock);
    (void)uv_async_send(&s->wake);
}

static void call_posted(wr_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    wr__posted *p = s->posted;
    s->posted = NULL;
    s->posted_end = &s->posted;
    pthread_mutex_unlock(&s->lock);
    while (p) {
        wr__posted *next = p->next;
        p->fn(p->arg);
        wr_free(p);
        p = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    call_posted(wake->data);
}

void wr_http_work(wr_http_server *s, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    wr__http_pool_run(s->pool, work, done, arg);
}

/* ---- turns ---- */

/* What becomes dirty meanwhile is flushed in the next turn, which is not waited for. */
static void flush_all(wr_http_server *s)
{
    wr__conn *c = s->dirty;
    s->dirty = NULL;
    while (c) {
        wr__conn *next = c->next_dirty;
        c->dirty = false;
        wr__conn_flush(c);
        c = next;
    }
    if (s->dirty)
        (void)uv_async_send(&s->wake);
}

static void on_before(uv_prepare_t *h)
{
    flush_all(h->data);
}

static void on_after(uv_check_t *h)
{
    flush_all(h->data);
}

/* ---- timers ---- */

struct wr_http_timer {
    uv_timer_t timer;
    void (*fn)(void *arg);
    void *arg;
};

static void on_timer_closed(uv_handle_t *h)
{
    wr_free(h->data);
}

static void on_timer(uv_timer_t *h)
{
    wr_http_timer *t = h->data;
    void (*fn)(void *) = t->fn;
    void *arg = t->arg;
    uv_close((uv_handle_t *)h, on_timer_closed);
    fn(arg);
}

wr_http_timer *wr_http_after(wr_http_server *s, int ms, void (*fn)(void *arg), void *arg)
{
    wr_http_timer *t = wr_calloc(1, sizeof *t);
    t->fn = fn;
    t->arg = arg;
    (void)uv_timer_init(&s->loop, &t->timer);
    t->timer.data = t;
    (void)uv_timer_start(&t->timer, on_timer, (uint64_t)WR_MAX(ms, 0), 0);
    return t;
}

void wr_http_cancel(wr_http_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->timer, on_timer_closed);
}

/* Where there are no connections nothing runs. */
static void on_sweep(uv_timer_t *h)
{
    wr_http_server *s = h->data;
    wr__conn_sweep(s);
    if (s->conns)
        return;
    s->sweeping = false;
    (void)uv_timer_stop(h);
}

/* ---- listening ---- */

static void on_connection(uv_stream_t *listener, int status)
{
    wr_http_server *s = listener->data;
    if (status < 0)
        return;
    wr__conn_accept(s, listener, listener->type == UV_NAMED_PIPE);
    if (!s->sweeping) {
        s->sweeping = true;
        (void)uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    }
}

static weir_status listen_tcp(wr_http_server *s, weir_error *err)
{
    struct sockaddr_storage a;
    int n = sizeof a;
    int rc = uv_ip4_addr(s->o.host, s->o.port, (struct sockaddr_in *)&a);
    if (rc != 0)
        rc = uv_ip6_addr(s->o.host, s->o.port, (struct sockaddr_in6 *)&a);
    if (rc != 0)
        return wr_error(err, WEIR_ERR_CONFIG, "'%s' is no address to listen on", s->o.host);
    (void)uv_tcp_init(&s->loop, &s->tcp);
    s->tcp.data = s;
    s->has_tcp = true;
    rc = uv_tcp_bind(&s->tcp, (struct sockaddr *)&a, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, on_connection);
    if (rc != 0)
        return wr_error(err, WEIR_ERR_IO, "Cannot listen on %s, port %u: %s", s->o.host,
                        (unsigned)s->o.port, uv_strerror(rc));
    if (uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&a, &n) == 0)
        s->port = ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                                : ((struct sockaddr_in *)&a)->sin_port);
    return WEIR_OK;
}

/* A socket that was left behind by a process that died is in the way; whoever calls this has the
 * directory it is in for itself. */
static weir_status listen_unix(wr_http_server *s, weir_error *err)
{
    (void)unlink(s->o.unix_path);
    (void)uv_pipe_init(&s->loop, &s->pipe, 0);
    s->pipe.data = s;
    s->has_pipe = true;
    mode_t before = umask(0177);
    int rc = uv_pipe_bind(&s->pipe, s->o.unix_path);
    (void)umask(before);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&s->pipe, BACKLOG, on_connection);
    if (rc != 0)
        return wr_error(err, WEIR_ERR_IO, "Cannot listen on %s: %s", s->o.unix_path,
                        uv_strerror(rc));
    return WEIR_OK;
}

uint16_t wr_http_server_port(const wr_http_server *s)
{
    return s->port;
}

/* ---- life ---- */

static void run_loop(void *arg)
{
    wr_http_server *s = arg;
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
}

static void init_handles(wr_http_server *s)
{
    (void)uv_loop_init(&s->loop);
    (void)uv_async_init(&s->loop, &s->wake, on_wake);
    (void)uv_prepare_init(&s->loop, &s->before);
    (void)uv_check_init(&s->loop, &s->after);
    (void)uv_timer_init(&s->loop, &s->sweep);
    (void)uv_timer_init(&s->loop, &s->grace);
    s->wake.data = s->before.data = s->after.data = s->sweep.data = s->grace.data = s;
    (void)uv_prepare_start(&s->before, on_before);
    (void)uv_check_start(&s->after, on_after);
}

static void close_handle(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void close_listeners(wr_http_server *s)
{
    if (s->has_tcp)
        close_handle((uv_handle_t *)&s->tcp);
    if (s->has_pipe)
        close_handle((uv_handle_t *)&s->pipe);
}

static void close_own(wr_http_server *s)
{
    close_listeners(s);
    close_handle((uv_handle_t *)&s->wake);
    close_handle((uv_handle_t *)&s->before);
    close_handle((uv_handle_t *)&s->after);
    close_handle((uv_handle_t *)&s->sweep);
    close_handle((uv_handle_t *)&s->grace);
}

/* @pre the loop does not run any more */
static void free_server(wr_http_server *s)
{
    close_own(s);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    WR_ASSERT(!s->conns && !s->posted);
    (void)uv_loop_close(&s->loop);
    SSL_CTX_free(s->tls);
    pthread_mutex_destroy(&s->lock);
    wr_map_free(&s->by_id);
    wr_free((void *)s->o.host);
    wr_free((void *)s->o.unix_path);
    wr_free(s);
}

weir_status wr_http_server_start(const wr_http_options *options, const wr_http_handler *handler,
                                 wr_http_server **out, weir_error *err)
{
    wr_http_server *s = wr_calloc(1, sizeof *s);
    *out = NULL;
    s->o = *options;
    s->o.host = options->host ? wr_strdup(options->host) : NULL;
    s->o.unix_path = options->unix_path ? wr_strdup(options->unix_path) : NULL;
    s->handler = *handler;
    s->posted_end = &s->posted;
    pthread_mutex_init(&s->lock, NULL);
    wr_map_init(&s->by_id);
    init_handles(s);
    weir_status st = WEIR_OK;
    if (options->tls)
        st = wr__tls_context(options->tls, &s->tls, err);
    if (st == WEIR_OK && s->o.host)
        st = listen_tcp(s, err);
    if (st == WEIR_OK && s->o.unix_path)
        st = listen_unix(s, err);
    if (st == WEIR_OK) {
        s->pool = wr__http_pool_new(s);
        if (uv_thread_create(&s->thread, run_loop, s) != 0) {
            wr__http_pool_free(s->pool);
            st = wr_error(err, WEIR_ERR_IO, "Cannot start a thread for HTTP");
        }
    }
    if (st != WEIR_OK) {
        free_server(s);
        return st;
    }
    *out = s;
    return WEIR_OK;
}

/* ---- stopping ---- */

static void end_loop(wr_http_server *s)
{
    for (wr__conn *c = s->conns; c; c = c->next)
        wr__conn_close(c);
    close_own(s);
}

static void on_grace(uv_timer_t *h)
{
    wr_http_server *s = h->data;
    end_loop(s);
}

/* Each turn of a second: is everybody gone? */
static void on_stop_turn(uv_timer_t *h)
{
    wr_http_server *s = h->data;
    wr__conn_sweep(s);
    if (!s->conns)
        end_loop(s);
}

static void begin_stop(void *arg)
{
    wr_http_server *s = arg;
    s->stopping = true;
    close_listeners(s);
    for (wr__conn *c = s->conns; c; c = c->next) {
        if (c->closing)
            continue;
        if (c->protocol)
            c->protocol->stop(c);
        else
            wr__conn_close(c);
    }
    (void)uv_timer_start(&s->sweep, on_stop_turn, 0, 10);
}

typedef struct stop_call {
    wr_http_server *s;
    int grace_ms;
} stop_call;

static void begin_stop_within(void *arg)
{
    stop_call *call = arg;
    wr_http_server *s = call->s;
    (void)uv_timer_start(&s->grace, on_grace, (uint64_t)WR_MAX(call->grace_ms, 0), 0);
    begin_stop(s);
}

void wr_http_server_stop(wr_http_server *s, int grace_ms)
{
    stop_call call = {s, grace_ms};
    wr_http_post(s, begin_stop_within, &call);
    (void)uv_thread_join(&s->thread);
    /* `done` of the pool's work is among what was posted, and may have more work done. */
    for (bool more = true; more;) {
        wr__http_pool_wait_idle(s->pool);
        more = s->posted != NULL;
        call_posted(s);
    }
    wr__http_pool_free(s->pool);
    if (s->o.unix_path)
        (void)unlink(s->o.unix_path);
    free_server(s);
}
