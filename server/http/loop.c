/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c - the server: its thread, its listeners, calls from other threads, and how it stops.
 *
 * A turn of the loop: sockets are read, posted calls are made, timers fire; all of that only wakes
 * connections. Then (`check`, and `prepare` for what timers did) each connection that was woken is
 * flushed. So a client gets what a turn made for it in one write, and nothing is freed below a
 * call of a handler.
 *
 * Stopping, on the loop: listeners close, connections finish; when the last one has gone and no job
 * is at work, the loop's own handles close, and with them the loop ends.
 */
#include "server/http/loop.h"

#include "server/http/exchange.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG      4096
#define POOL_THREADS 64
#define LINGER_MS    2000
/* So long posted calls, or what timers and drained connections begin, keep others from being read.
 */
#define TURN_NS (2u * 1000 * 1000)
/* Above it http-parser has a limit of its own. */
#define HEAD_MAX (72u << 10)

/* Is this the loop thread, or has it ended, so that who stops the server does its last work? Before
 * it has begun nobody is there. */
static bool on_loop(const wr_http_server *s)
{
    return s->ended || pthread_equal(pthread_self(), s->loop_thread);
}

/* ---- who is awake ---- */

static void keep_going(uv_idle_t *handle)
{
    (void)handle;
}

static void wake(wr__conn *c)
{
    wr__socket *k = (wr__socket *)c;
    wr_http_server *s = k->server;
    if (c->awake || k->closing)
        return;
    c->awake = true;
    k->next_awake = s->awake;
    s->awake = k;
    if (!uv_is_active((uv_handle_t *)&s->again))
        uv_idle_start(&s->again, keep_going);
}

void wr__socket_sleep(wr__socket *k)
{
    for (wr__socket **at = &k->server->awake; k->conn.awake && *at; at = &(*at)->next_awake)
        if (*at == k) {
            *at = k->next_awake;
            k->conn.awake = false;
            return;
        }
}

/* Who is woken meanwhile has its turn in the next round. */
static void flush_awake(wr_http_server *s)
{
    wr__socket *k = s->awake;
    WR_ASSERT(on_loop(s));
    s->awake = NULL;
    while (k) {
        WR_ASSERT(k->conn.awake && !k->closing); /* who closes sleeps */
        wr__socket *next = k->next_awake;
        k->conn.awake = false;
        wr__socket_flush(k);
        k = next;
    }
    if (!s->awake)
        uv_idle_stop(&s->again);
}

static void before_wait(uv_prepare_t *handle)
{
    flush_awake(handle->data);
}

static void note_date(wr_http_server *s)
{
    time_t now = time(NULL);
    struct tm tm;
    if (now == s->date_s || !gmtime_r(&now, &tm))
        return;
    s->date_s = now;
    strftime(s->core.date, sizeof s->core.date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void begin_turn(wr_http_server *s)
{
    s->turn_began_ns = uv_hrtime();
}

bool wr_http_turn_is_over(const wr_http_server *s)
{
    return uv_hrtime() - s->turn_began_ns >= TURN_NS;
}

static void after_wait(uv_check_t *handle)
{
    wr_http_server *s = handle->data;
    begin_turn(s); /* nobody knows how long the loop has waited */
    flush_awake(s);
    note_date(s);
    begin_turn(s); /* for timers, which are next */
}

static int64_t loop_now(void *arg)
{
    return (int64_t)uv_now(&((wr_http_server *)arg)->loop);
}

/* ---- calls from other threads ---- */

struct wr__post {
    void (*fn)(void *arg);
    void *arg;
    wr__post *next;
};

void wr_http_post(wr_http_server *s, void (*fn)(void *arg), void *arg)
{
    wr__post *post = wr_malloc(sizeof *post);
    WR_ASSERT(fn);
    *post = (wr__post){fn, arg, NULL};
    pthread_mutex_lock(&s->lock);
    bool first = !s->first_post;
    *s->last_post = post;
    s->last_post = &post->next;
    if (first && !s->ended)
        uv_async_send(&s->posted);
    pthread_mutex_unlock(&s->lock);
}

/* In front of those that have come meanwhile: calls are made in order. */
static void put_back(wr_http_server *s, wr__post *first, wr__post **last)
{
    pthread_mutex_lock(&s->lock);
    WR_ASSERT(first && last != &s->first_post);
    *last = s->first_post;
    if (!s->first_post)
        s->last_post = last;
    s->first_post = first;
    pthread_mutex_unlock(&s->lock);
}

/* Those that have come until now. @p all: at once; else what is left when the turn is over waits
 * for the next, and sockets are read between. */
static void make_posted(wr_http_server *s, bool all)
{
    pthread_mutex_lock(&s->lock);
    wr__post *post = s->first_post, **last = s->last_post;
    s->first_post = NULL;
    s->last_post = &s->first_post;
    pthread_mutex_unlock(&s->lock);
    while (post) {
        wr__post *next = post->next;
        post->fn(post->arg);
        wr_free(post);
        post = next;
        if (post && !all && wr_http_turn_is_over(s)) {
            put_back(s, post, last);
            uv_async_send(&s->posted);
            return;
        }
    }
}

static void posts_came(uv_async_t *handle)
{
    wr_http_server *s = handle->data;
    begin_turn(s);
    make_posted(s, false);
}

/* ---- jobs ---- */

typedef struct pool_job {
    wr_http_server *server;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
} pool_job;

static void job_done(void *arg)
{
    pool_job *job = arg;
    wr_http_server *s = job->server;
    WR_ASSERT(s->at_work > 0);
    job->done(job->arg);
    wr_free(job);
    s->at_work--;
    wr__loop_may_end(s);
}

static void do_job(void *arg)
{
    pool_job *job = arg;
    job->work(job->arg);
    wr_http_post(job->server, job_done, job);
}

void wr_http_work(wr_http_server *s, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    pool_job *job = wr_malloc(sizeof *job);
    WR_ASSERT(on_loop(s) && work && done);
    *job = (pool_job){s, work, done, arg};
    s->at_work++;
    wr__workers_add(s->pool, do_job, job);
}

/* ---- timers ---- */

struct wr_http_timer {
    uv_timer_t timer;
    void (*fn)(void *arg);
    void *arg;
    bool called;
};

static void timer_gone(uv_handle_t *handle)
{
    wr_free(handle->data);
}

static void timer_fires(uv_timer_t *handle)
{
    wr_http_timer *t = handle->data;
    WR_ASSERT(!t->called);
    t->called = true;
    uv_close((uv_handle_t *)handle, timer_gone);
    t->fn(t->arg);
}

wr_http_timer *wr_http_after(wr_http_server *s, int ms, void (*fn)(void *arg), void *arg)
{
    wr_http_timer *t = wr_calloc(1, sizeof *t);
    WR_ASSERT(on_loop(s) && fn);
    t->fn = fn;
    t->arg = arg;
    uv_timer_init(&s->loop, &t->timer);
    t->timer.data = t;
    uv_update_time(&s->loop);
    uv_timer_start(&t->timer, timer_fires, (uint64_t)WR_MAX(ms, 0), 0);
    return t;
}

void wr_http_cancel(wr_http_timer *timer)
{
    if (timer && !timer->called && !uv_is_closing((uv_handle_t *)&timer->timer))
        uv_close((uv_handle_t *)&timer->timer, timer_gone);
}

/* ---- the end ---- */

/* What is left are timers of handlers, whose time does not come any more. */
static void close_handle(uv_handle_t *handle, void *arg)
{
    wr_http_server *s = arg;
    if (uv_is_closing(handle))
        return;
    bool own = handle == (uv_handle_t *)&s->deadline || handle == (uv_handle_t *)&s->grace;
    uv_close(handle, handle->type == UV_TIMER && !own ? timer_gone : NULL);
}

void wr__loop_may_end(wr_http_server *s)
{
    if (!s->core.stopping || s->ending || s->connections || s->at_work)
        return;
    s->ending = true;
    uv_walk(&s->loop, close_handle, s);
}

static void grace_is_over(uv_timer_t *timer)
{
    wr_http_server *s = timer->data;
    for (wr__socket *k = s->sockets; k; k = k->next) {
        k->conn.dead = true;
        wr__conn_wake(&k->conn);
    }
}

static void begin_stop(void *arg)
{
    wr_http_server *s = arg;
    WR_ASSERT(on_loop(s) && !s->core.stopping);
    s->core.stopping = true;
    if (s->has_tcp)
        uv_close((uv_handle_t *)&s->tcp, NULL);
    if (s->has_pipe)
        uv_close((uv_handle_t *)&s->pipe, NULL);
    for (wr__socket *k = s->sockets; k; k = k->next)
        wr__conn_shutdown(&k->conn);
    uv_timer_start(&s->grace, grace_is_over, (uint64_t)WR_MAX(s->grace_ms, 0), 0);
    wr__loop_may_end(s);
}

static void server_free(wr_http_server *s)
{
    WR_ASSERT(!s->sockets && !s->awake && !s->at_work);
    wr__workers_free(s->pool);
    wr__http_core_fini(&s->core);
    SSL_CTX_free(s->tls);
    pthread_mutex_destroy(&s->lock);
    wr_free(s);
}

void wr_http_server_stop(wr_http_server *s, int grace_ms)
{
    if (!s)
        return;
    s->grace_ms = grace_ms;
    wr_http_post(s, begin_stop, s);
    pthread_join(s->thread, NULL);
    make_posted(s, true); /* what came while the loop ended */
    server_free(s);
}

static void *run_loop(void *arg)
{
    wr_http_server *s = arg;
    s->loop_thread = pthread_self();
    uv_run(&s->loop, UV_RUN_DEFAULT);
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    pthread_mutex_unlock(&s->lock);
    WR_ASSERT(uv_loop_close(&s->loop) == 0);
    return NULL;
}

/* ---- the start ---- */

static void client_came(uv_stream_t *listener, int status)
{
    if (status == 0)
        wr__socket_accept(listener->data, listener);
}

static weir_status listen_error(weir_error *err, const char *where, int code)
{
    wr_error(err, WEIR_ERR_IO, "Cannot listen on %s: %s", where, uv_strerror(code));
    if (code == UV_EADDRINUSE)
        wr_error_hint(err, "Another program (or another Weir) listens there.");
    return WEIR_ERR_IO;
}

static weir_status listen_tcp(wr_http_server *s, const wr_http_options *o, weir_error *err)
{
    char where[300], port[8];
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    snprintf(where, sizeof where, strchr(o->host, ':') ? "[%s]:%u" : "%s:%u", o->host, o->port);
    snprintf(port, sizeof port, "%u", o->port);
    int failed = getaddrinfo(o->host, port, &wanted, &found);
    if (failed)
        return wr_error(err, WEIR_ERR_CONFIG, "Cannot listen on %s: %s", where,
                        gai_strerror(failed));
    uv_tcp_init(&s->loop, &s->tcp);
    s->tcp.data = s;
    s->has_tcp = true;
    int code = uv_tcp_bind(&s->tcp, found->ai_addr, 0);
    freeaddrinfo(found);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&s->tcp, BACKLOG, client_came);
    if (code != 0)
        return listen_error(err, where, code);
    struct sockaddr_storage bound;
    int size = sizeof bound;
    WR_ASSERT(uv_tcp_getsockname(&s->tcp, (struct sockaddr *)&bound, &size) == 0);
    s->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                : ((struct sockaddr_in *)&bound)->sin_port);
    return WEIR_OK;
}

/* A socket file on which nobody listens was left by a process that was killed. */
static void remove_stale(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 && errno == ECONNREFUSED)
        unlink(path);
    close(fd);
}

weir_status wr_http_listen_unix(wr_http_server *s, const char *path, weir_error *err)
{
    WR_ASSERT(!s->has_pipe);
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "Cannot listen on %s: the path of a socket has at "
                        "most %zu bytes",
                        path, sizeof((struct sockaddr_un *)0)->sun_path - 1);
    remove_stale(path);
    uv_pipe_init(&s->loop, &s->pipe, 0);
    s->pipe.data = s;
    s->has_pipe = true;
    int code = uv_pipe_bind(&s->pipe, path);
    /* Before anybody can connect: that takes a listener. */
    if (code == 0 && chmod(path, 0600) != 0)
        code = uv_translate_sys_error(errno);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&s->pipe, BACKLOG, client_came);
    return code == 0 ? WEIR_OK : listen_error(err, path, code);
}

static void init_deadlines(wr_http_server *s, const wr_http_options *o)
{
    s->deadlines[WR_WAIT_HEAD].length_ms = o->head_ms;
    s->deadlines[WR_WAIT_IDLE].length_ms = o->idle_ms;
    s->deadlines[WR_WAIT_BODY].length_ms = o->slow_client_ms;
    s->deadlines[WR_WAIT_TAKING].length_ms = o->slow_client_ms;
    s->deadlines[WR__WAIT_LINGER].length_ms = LINGER_MS;
    s->deadline_at = INT64_MAX;
}

static void init_handles(wr_http_server *s)
{
    uv_prepare_init(&s->loop, &s->prepare);
    uv_check_init(&s->loop, &s->check);
    uv_idle_init(&s->loop, &s->again);
    uv_async_init(&s->loop, &s->posted, posts_came);
    uv_timer_init(&s->loop, &s->deadline);
    uv_timer_init(&s->loop, &s->grace);
    s->prepare.data = s->check.data = s->again.data = s->posted.data = s;
    s->deadline.data = s->grace.data = s;
    uv_prepare_start(&s->prepare, before_wait);
    uv_check_start(&s->check, after_wait);
    note_date(s);
}

static weir_status begin(wr_http_server *s, const wr_http_options *o, weir_error *err)
{
    if (o->max_head > HEAD_MAX)
        return wr_error(err, WEIR_ERR_CONFIG, "A request's head may have at most %u bytes",
                        HEAD_MAX);
    if (o->tls)
        WR_TRY(wr__tls_context(o->tls, &s->tls, err));
    if (o->host)
        WR_TRY(listen_tcp(s, o, err));
    if (o->unix_path)
        WR_TRY(wr_http_listen_unix(s, o->unix_path, err));
    s->pool = wr__workers_new(POOL_THREADS);
    return WEIR_OK;
}

/* Signals are the program's; SIGPIPE must not end it for a client that has gone. */
static int start_thread(wr_http_server *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run_loop, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

weir_status wr_http_server_start(const wr_http_options *options, const wr_http_handler *handler,
                                 wr_http_server **out, weir_error *err)
{
    *out = NULL;
    wr_http_server *s = wr_calloc(1, sizeof *s);
    s->core = (wr__http_core){.handler = *handler,
                              .server = s,
                              .wake = wake,
                              .now_ms = loop_now,
                              .clock_arg = s,
                              .max_body = options->max_body,
                              .max_head = options->max_head,
                              .max_streams = options->max_streams};
    s->connections_max = options->max_connections;
    s->last_post = &s->first_post;
    pthread_mutex_init(&s->lock, NULL);
    WR_ASSERT(uv_loop_init(&s->loop) == 0);
    init_deadlines(s, options);
    init_handles(s);
    weir_status st = begin(s, options, err);
    if (st == WEIR_OK && start_thread(s) != 0)
        st = wr_error(err, WEIR_ERR_IO, "No thread can be started for the server");
    if (st == WEIR_OK) {
        *out = s;
        return WEIR_OK;
    }
    uv_walk(&s->loop, close_handle, s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    WR_ASSERT(uv_loop_close(&s->loop) == 0);
    server_free(s);
    return st;
}

typedef struct new_tls {
    wr_http_server *server;
    SSL_CTX *context;
} new_tls;

static void use_tls(void *arg)
{
    new_tls *n = arg;
    SSL_CTX_free(n->server->tls);
    n->server->tls = n->context;
    wr_free(n);
}

weir_status wr_http_server_reload_tls(wr_http_server *s, const wr_http_tls *tls, weir_error *err)
{
    SSL_CTX *context;
    WR_TRY(wr__tls_context(tls, &context, err));
    new_tls *n = wr_malloc(sizeof *n);
    *n = (new_tls){s, context};
    wr_http_post(s, use_tls, n);
    return WEIR_OK;
}

uint16_t wr_http_server_port(const wr_http_server *s)
{
    return s->port;
}

wr_http_exchange *wr_http_find(wr_http_server *s, uint64_t id)
{
    return wr__exchange_find(&s->core, id);
}
