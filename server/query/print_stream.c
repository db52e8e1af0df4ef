/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread puts lines into `lines` and wakes the loop thread, which takes all of them when the
 * connection has room. `woken` and the last call: as in feed.c.
 */
#include "server/query/print_stream.h"
#include "types/text.h"

#include <pthread.h>
#include <string.h>

struct wr__print_stream {
    wr_http_server *server;
    wr_http_exchange *x; /* NULL: it is over; the loop thread's, as all up to `thread` */
    wr__print_shape shape;
    wr__refuse refuse;
    bool responding, finished, gone;
    wr_buf taken, frame;
    wr_exec *exec; /* the thread's, but for wr_exec_interrupt */
    wr_session *session;
    pthread_t thread;
    atomic_bool woken;
    pthread_mutex_t lock;
    pthread_cond_t room;
    /* Under the lock. */
    wr_buf lines; /* each with its '\n' */
    bool opened, ended, closed;
    weir_status st; /* with `ended` */
    weir_error why;
};

static void on_wake(void *arg);

static void wake(wr__print_stream *p)
{
    if (!atomic_exchange(&p->woken, true))
        wr_http_post(p->server, on_wake, p);
}

/* ---- the thread ---- */

/* @return false: nobody wants any more. */
static bool put_line(wr__print_stream *p, wr_str line)
{
    pthread_mutex_lock(&p->lock);
    while (p->lines.len >= WR__PRINT_PENDING && !p->closed)
        pthread_cond_wait(&p->room, &p->lock);
    bool wanted = !p->closed;
    if (wanted) {
        wr_buf_str(&p->lines, line);
        wr_buf_putc(&p->lines, '\n');
    }
    p->opened = true;
    pthread_mutex_unlock(&p->lock);
    if (wanted)
        wake(p);
    return wanted;
}

/* Two lines say what was guessed; a time-out is no failure. */
static weir_status print(wr__print_stream *p, weir_error *err)
{
    uint32_t headings = 2;
    int timeout_ms = 0; /* so that the response begins at once */
    for (;;) {
        weir_status st = wr_exec_step(p->exec, timeout_ms, err);
        bool idle = st == WEIR_ERR_INTERRUPTED && p->exec->executed;
        timeout_ms = WR__PRINT_IDLE_MS;
        if (st != WEIR_ROW && !idle)
            return st;
        bool heading = st == WEIR_ROW && headings > 0;
        if (heading)
            headings--;
        if ((idle || heading) && p->shape != WR__PRINT_TEXT) {
            pthread_mutex_lock(&p->lock);
            bool closed = p->closed, first = !p->opened;
            p->opened = true;
            pthread_mutex_unlock(&p->lock);
            if (first)
                wake(p);
            if (closed)
                return WEIR_DONE;
            continue;
        }
        if (!put_line(p, idle ? wr_str_c("") : p->exec->row[0].u.str))
            return WEIR_DONE;
    }
}

static void *reader(void *arg)
{
    wr__print_stream *p = arg;
    weir_error err = {0};
    weir_status st = print(p, &err);
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    p->st = st;
    p->why = err;
    pthread_mutex_unlock(&p->lock);
    wake(p);
    return NULL;
}

/* ---- the loop thread ---- */

static void begin_response(wr__print_stream *p)
{
    static const wr_http_field text[] = {{"Content-Type", "application/json"}, {0}};
    p->responding = true;
    if (p->shape != WR__PRINT_WEBSOCKET)
        wr_http_begin_response(p->x, 200, p->shape == WR__PRINT_TEXT ? text : NULL);
}

/* Each line is a JSON text in a frame of its own. */
static void send_frames(wr__print_stream *p)
{
    const char *at = p->taken.ptr, *end = at + p->taken.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        wr_buf_clear(&p->frame);
        wr_text_put_json_string(&p->frame, wr_str_make(at, (size_t)(stop - at)));
        wr_http_send_text(p->x, p->frame.ptr, p->frame.len);
        at = stop + 1;
    }
}

static void finish(wr__print_stream *p, const char *error)
{
    p->finished = true;
    if (p->shape != WR__PRINT_WEBSOCKET) {
        wr_http_finish(p->x);
        return;
    }
    wr_buf_clear(&p->frame);
    wr_buf_puts(&p->frame, "{\"error\":");
    wr_text_put_json_string(&p->frame, wr_str_c(error ? error : "done"));
    wr_buf_putc(&p->frame, '}');
    wr_http_send_text(p->x, p->frame.ptr, p->frame.len);
    wr_http_close_websocket(p->x, error ? 1011 : 1000, error ? error : "done");
}

static void deliver(wr__print_stream *p)
{
    if (!p->x || p->finished || wr_http_buffered(p->x) >= WR__CLIENT_ROOM)
        return;
    pthread_mutex_lock(&p->lock);
    wr_buf lines = p->taken;
    p->taken = p->lines;
    p->lines = lines;
    wr_buf_clear(&p->lines);
    bool opened = p->opened, ended = p->ended;
    pthread_cond_signal(&p->room);
    pthread_mutex_unlock(&p->lock);
    /* From `ended` on the thread writes nothing. */
    if (ended && !opened && p->st != WEIR_DONE) {
        p->finished = true;
        p->refuse(p->x, p->exec->text, p->st, &p->why);
        return;
    }
    if (!p->responding && (opened || ended))
        begin_response(p);
    if (p->taken.len && p->shape == WR__PRINT_WEBSOCKET)
        send_frames(p);
    else if (p->taken.len)
        wr_http_write(p->x, p->taken.ptr, p->taken.len);
    if (ended)
        finish(p, p->st == WEIR_DONE ? NULL : p->why.message);
}

static void free_stream(wr__print_stream *p)
{
    wr_buf_free(&p->lines);
    wr_buf_free(&p->taken);
    wr_buf_free(&p->frame);
    pthread_cond_destroy(&p->room);
    pthread_mutex_destroy(&p->lock);
    wr_free(p);
}

static void on_wake(void *arg)
{
    wr__print_stream *p = arg;
    atomic_store(&p->woken, false);
    if (p->gone)
        free_stream(p);
    else
        deliver(p);
}

void wr__print_drained(wr__print_stream *p)
{
    deliver(p);
}

wr__print_stream *wr__print_begin(wr_http_exchange *x, wr_exec *exec, wr_session *session,
                                  wr__print_shape shape, wr__refuse refuse)
{
    wr__print_stream *p = wr_calloc(1, sizeof *p);
    p->server = wr_http_server_of(x);
    p->x = x;
    p->shape = shape;
    p->refuse = refuse;
    p->exec = exec;
    p->session = session;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->room, NULL);
    int rc = pthread_create(&p->thread, NULL, reader, p);
    if (rc != 0) { /* as if the thread had said so */
        p->st =
            wr_error(&p->why, WEIR_ERR_LIMIT, "Cannot start a thread to print: %s", strerror(rc));
        p->ended = true;
        p->thread = 0;
        wake(p);
    }
    return p;
}

/* ---- closing ---- */

/* On a thread of the pool: the reader is in a poll of 100 ms. */
static void stop(void *arg)
{
    wr__print_stream *p = arg;
    if (p->thread)
        pthread_join(p->thread, NULL);
    wr_exec_free(p->exec);
    wr_session_free(p->session);
    wr_free(p->session);
}

static void stopped(void *arg)
{
    wr__print_stream *p = arg;
    p->gone = true;
    if (!atomic_load(&p->woken))
        free_stream(p);
}

void wr__print_gone(wr__print_stream *p)
{
    p->x = NULL;
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    pthread_cond_signal(&p->room);
    pthread_mutex_unlock(&p->lock);
    wr_exec_interrupt(p->exec);
    wr_http_work(p->server, stop, stopped, p);
}
