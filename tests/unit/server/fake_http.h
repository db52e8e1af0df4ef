/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_http.h - an HTTP server without sockets, for tests of what answers requests: the test's
 * thread is the loop thread, responses are kept as they are written, and a client reads at the
 * test's word. It defines the functions of server/http/http.h, so the library's are not linked.
 */
#ifndef TEST_SERVER_FAKE_HTTP_H
#define TEST_SERVER_FAKE_HTTP_H

#include "server/http/http.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

typedef struct fake_call {
    struct fake_call *next;
    void (*fn)(void *arg);
    void *arg;
} fake_call;

struct wr_http_server {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    fake_call *first, **last;
    int working; /* calls of wr_http_work that have not come back; the loop thread's */
};

struct wr_http_timer {
    wr_http_server *s;
    void (*fn)(void *arg);
    void *arg;
    bool cancelled;
    int ms;
};

struct wr_http_exchange {
    wr_http_server *s;
    int status;       /* 0: no response yet */
    char type[64];    /* Content-Type */
    wr_buf out, head; /* `head`: what the client has read before `out` */
    size_t buffered;
    bool stuck; /* the client reads nothing */
    bool finished, websocket, paused;
    int close_code;
    void *data;
};

static wr_http_server fake_server = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL,
                                     &fake_server.first, 0};

void wr_http_post(wr_http_server *s, void (*fn)(void *arg), void *arg)
{
    fake_call *c = wr_calloc(1, sizeof *c);
    c->fn = fn;
    c->arg = arg;
    pthread_mutex_lock(&s->lock);
    *s->last = c;
    s->last = &c->next;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* One call, if there is one within @p ms. */
static bool fake_run_one(int ms)
{
    wr_http_server *s = &fake_server;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&s->lock);
    int rc = 0;
    while (!s->first && rc == 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    fake_call *c = s->first;
    if (c) {
        s->first = c->next;
        if (!s->first)
            s->last = &s->first;
    }
    pthread_mutex_unlock(&s->lock);
    if (!c)
        return false;
    c->fn(c->arg);
    wr_free(c);
    return true;
}

typedef struct fake_work {
    wr_http_server *s;
    void (*work)(void *arg), (*done)(void *arg);
    void *arg;
} fake_work;

static void fake_work_done(void *arg)
{
    fake_work *w = arg;
    w->s->working--;
    w->done(w->arg);
    wr_free(w);
}

static void *fake_worker(void *arg)
{
    fake_work *w = arg;
    w->work(w->arg);
    wr_http_post(w->s, fake_work_done, w);
    return NULL;
}

void wr_http_work(wr_http_server *s, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    pthread_t thread;
    fake_work *w = wr_calloc(1, sizeof *w);
    *w = (fake_work){s, work, done, arg};
    s->working++;
    if (pthread_create(&thread, NULL, fake_worker, w) != 0)
        abort();
    pthread_detach(thread);
}

static void fake_timer(void *arg)
{
    wr_http_timer *t = arg;
    if (!t->cancelled)
        t->fn(t->arg);
    wr_free(t);
}

/* Time passes at once. */
wr_http_timer *wr_http_after(wr_http_server *s, int ms, void (*fn)(void *arg), void *arg)
{
    wr_http_timer *t = wr_calloc(1, sizeof *t);
    *t = (wr_http_timer){s, fn, arg, false, ms};
    wr_http_post(s, fake_timer, t);
    return t;
}

void wr_http_cancel(wr_http_timer *timer)
{
    if (timer)
        timer->cancelled = true;
}

/* Turns that are over at once: as little is done in one as can be. */
static bool fake_short_turns;

bool wr_http_turn_is_over(const wr_http_server *s)
{
    (void)s;
    return fake_short_turns;
}

wr_http_server *wr_http_server_of(const wr_http_exchange *x)
{
    return x->s;
}

void *wr_http_data(const wr_http_exchange *x)
{
    return x->data;
}

void wr_http_set_data(wr_http_exchange *x, void *data)
{
    x->data = data;
}

/* ---- responses ---- */

void wr_http_begin_response(wr_http_exchange *x, int status, const wr_http_field *fields)
{
    assert_int_equal(x->status, 0);
    x->status = status;
    for (; fields && fields->name; fields++)
        if (strcmp(fields->name, "Content-Type") == 0)
            strncpy(x->type, fields->value, sizeof x->type - 1);
}

void wr_http_write(wr_http_exchange *x, const void *data, size_t n)
{
    assert_true(x->status && !x->finished);
    wr_buf_put(&x->out, data, n);
    x->buffered += n;
}

void wr_http_split_lines(wr_http_exchange *x)
{
    (void)x;
}

void wr_http_finish(wr_http_exchange *x)
{
    assert_true(x->status && !x->finished);
    x->finished = true;
}

void wr_http_respond(wr_http_exchange *x, int status, const wr_http_field *fields, const void *body,
                     size_t n)
{
    wr_http_begin_response(x, status, fields);
    wr_http_write(x, body, n);
    wr_http_finish(x);
}

void wr_http_abort(wr_http_exchange *x)
{
    x->finished = true;
}

size_t wr_http_buffered(const wr_http_exchange *x)
{
    return x->buffered;
}

void wr_http_pause_body(wr_http_exchange *x, bool paused)
{
    x->paused = paused;
}

void wr_http_send_text(wr_http_exchange *x, const char *text, size_t n)
{
    assert_true(x->websocket && !x->finished);
    wr_buf_put(&x->out, text, n);
    wr_buf_putc(&x->out, '\n');
    x->buffered += n;
}

void wr_http_close_websocket(wr_http_exchange *x, int code, const char *reason)
{
    assert_true(x->websocket && !x->finished && reason);
    x->finished = true;
    x->close_code = code;
}

/* ---- the client ---- */

static wr_http_exchange *fake_exchange(void)
{
    wr_http_exchange *x = wr_calloc(1, sizeof *x);
    x->s = &fake_server;
    return x;
}

static void fake_free(wr_http_exchange *x)
{
    wr_buf_free(&x->out);
    wr_buf_free(&x->head);
    wr_free(x);
}

/* Everything that was written is taken. @return whether there was anything. */
static bool fake_take(wr_http_exchange *x)
{
    bool any = x->buffered > 0 && !x->stuck;
    if (any)
        x->buffered = 0;
    return any;
}

/* Nothing is under way any more. */
static void fake_wait_idle(void)
{
    while (fake_run_one(0) || fake_server.working)
        fake_run_one(20);
}

#endif
