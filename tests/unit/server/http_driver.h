/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection without a socket, and a handler that does by the path what handlers may do; for the
 * tests of the protocols and their fuzz targets. It checks the promises of http.h: `end` comes
 * exactly once for each exchange that began, and nothing after it.
 *
 *     /echo     the collected body comes back         /pieces   the body piece by piece, chunked
 *     /early    answered in `begin`                   /pause    the same, paused after each piece
 *     /later    answered at the end of the turn       /hold     `begin` is held, then as /echo
 *     /abort    broken off                            /ws       WebSocket: messages come back
 *     /lines    as /echo, each line in a piece of its own; /lines-later: a response that is begun
 */
#ifndef WR_TESTS_HTTP_DRIVER_H
#define WR_TESTS_HTTP_DRIVER_H

#include "server/http/exchange.h"

typedef struct driver {
    wr__http_core core;
    wr__conn conn;
    wr_buf sent; /* everything that came out */
    bool awake;
    unsigned begun, ended, drained;
    char last_path[256];
    size_t take; /* bytes that the "kernel" takes in a turn; 0: all */
} driver;

typedef struct driven {
    bool held_once, later, paused;
    unsigned magic;
} driven;
#define DRIVEN_MAGIC 0x5eedu

static driver *driver_of_conn(wr__conn *c)
{
    return (driver *)((char *)c - offsetof(driver, conn));
}

static driven *driven_of(wr_http_exchange *x)
{
    driven *d = wr_http_data(x);
    WR_ASSERT(d && d->magic == DRIVEN_MAGIC);
    return d;
}

static bool path_is(const wr_http_exchange *x, const char *path)
{
    return strcmp(wr_http_path(x), path) == 0;
}

static bool driver_begin(void *arg, wr_http_exchange *x)
{
    driver *t = arg;
    driven *d = wr_http_data(x);
    if (!d) {
        d = wr_calloc(1, sizeof *d);
        d->magic = DRIVEN_MAGIC;
        wr_http_set_data(x, d);
        t->begun++;
    }
    snprintf(t->last_path, sizeof t->last_path, "%s", wr_http_path(x));
    if (path_is(x, "/hold") && !d->held_once) {
        d->held_once = d->later = true;
        wr_http_hold(x);
        return false;
    }
    if (path_is(x, "/early"))
        wr_http_respond(x, 200, NULL, "early", 5);
    return path_is(x, "/pieces") || path_is(x, "/pause");
}

static void driver_body(void *arg, wr_http_exchange *x, const void *data, size_t n, bool last)
{
    driven *d = driven_of(x);
    (void)arg;
    if (!wr_http_responding(x))
        wr_http_begin_response(x, 200, NULL);
    wr_http_write(x, data, n);
    if (last)
        wr_http_finish(x);
    else if (path_is(x, "/pause")) {
        d->paused = true;
        wr_http_pause_body(x, true);
    }
}

static void driver_request(void *arg, wr_http_exchange *x)
{
    size_t n;
    const char *body = wr_http_body(x, &n);
    (void)arg;
    if (path_is(x, "/ws") && wr_http_wants_websocket(x))
        wr_http_accept_websocket(x);
    else if (path_is(x, "/later"))
        driven_of(x)->later = true;
    else if (path_is(x, "/abort"))
        wr_http_abort(x);
    else if (path_is(x, "/lines")) {
        wr_http_split_lines(x);
        wr_http_respond(x, 200, NULL, body, n);
    } else if (path_is(x, "/lines-later")) {
        wr_http_split_lines(x);
        wr_http_begin_response(x, 200, NULL);
        wr_http_write(x, body, n);
        wr_http_finish(x);
    } else if (path_is(x, "/echo") || path_is(x, "/hold"))
        wr_http_respond(x, 200, NULL, body, n);
    else
        wr_http_respond(x, 404, NULL, "Not Found", 9);
}

static void driver_message(void *arg, wr_http_exchange *x, const char *text, size_t n)
{
    (void)arg;
    (void)driven_of(x);
    if (n == 3 && memcmp(text, "bye", 3) == 0)
        wr_http_close_websocket(x, 1000, "bye");
    else
        wr_http_send_text(x, text, n);
}

static void driver_drained(void *arg, wr_http_exchange *x)
{
    (void)driven_of(x);
    ((driver *)arg)->drained++;
}

static void driver_end(void *arg, wr_http_exchange *x)
{
    driver *t = arg;
    driven *d = driven_of(x);
    t->ended++;
    WR_ASSERT(wr__exchange_find(&t->core, wr_http_id(x)) == x);
    d->magic = 0;
    wr_free(d);
    wr_http_set_data(x, NULL);
}

static void driver_wake(wr__conn *c)
{
    driver_of_conn(c)->awake = true;
}

static void driver_init(driver *t)
{
    *t = (driver){0};
    t->core = (wr__http_core){.handler = {.begin = driver_begin,
                                          .body = driver_body,
                                          .request = driver_request,
                                          .message = driver_message,
                                          .drained = driver_drained,
                                          .end = driver_end,
                                          .arg = t},
                              .wake = driver_wake,
                              .max_body = 100000,
                              .max_head = 8192,
                              .max_streams = 100};
    wr__conn_init(&t->conn, &t->core);
}

static void driver_take(driver *t)
{
    wr_buf *out = &t->conn.out;
    size_t n = t->take ? WR_MIN(t->take, out->len) : out->len;
    wr_buf_put(&t->sent, out->ptr, n);
    if (n)
        memmove(out->ptr, out->ptr + n, out->len - n);
    out->len -= n;
}

/* The end of a turn: what handlers do elsewhere is done, and the connection flushed. */
static void driver_turn(driver *t)
{
    for (wr_http_exchange *x = t->conn.exchanges; x; x = x->next) {
        driven *d = wr_http_data(x);
        if (!d)
            continue;
        if (d->later && x->held)
            wr_http_release(x);
        else if (d->later)
            wr_http_respond(x, 200, NULL, "later", 5);
        if (d->paused)
            wr_http_pause_body(x, false);
        d->later = d->paused = false;
    }
    for (int i = 0; i < 100 && t->awake; i++) {
        t->awake = false;
        wr__conn_advance(&t->conn);
        driver_take(t);
    }
}

static void driver_feed(driver *t, const char *data, size_t n)
{
    wr__conn_input(&t->conn, data, n);
    driver_turn(t);
}

/* In pieces of @p step bytes, each in memory of its own, so that reads beyond it are seen. */
static void driver_feed_cut(driver *t, const char *data, size_t n, size_t step)
{
    for (size_t at = 0; at < n && !t->conn.dead; at += step) {
        size_t len = WR_MIN(step, n - at);
        char *piece = wr_malloc(len);
        memcpy(piece, data + at, len);
        driver_feed(t, piece, len);
        wr_free(piece);
    }
    /* Of a pipeline each turn lets go one that is held; a request has ten bytes at least. */
    for (size_t i = 0; i < 20 + n / 10; i++)
        driver_turn(t);
}

static void driver_fini(driver *t)
{
    wr__conn_fini(&t->conn);
    WR_ASSERT(t->begun == t->ended);
    WR_ASSERT(t->core.bodies == 0);
    wr__http_core_fini(&t->core);
    wr_buf_free(&t->sent);
}

#endif
