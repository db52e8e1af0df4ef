/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection: bytes from the socket to its protocol and back, one write a turn, and its end.
 *
 * A connection that has said its last word is shut down for writing first and read on for a moment:
 * closing a socket with unread input would take back what the client has not read yet.
 */
#include "server/http/internal.h"
#include "common/diag.h"

#include <arpa/inet.h>
#include <string.h>

/** What may come and not be taken before reading stops. */
#define IN_MAX (64u << 10)
/** Buffers above it are given back when they are empty. */
#define BUFFER_KEEP 4096u
#define LINGER_MS   2000

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

int64_t wr__conn_now(const wr__conn *c)
{
    return c->server ? (int64_t)uv_now(&c->server->loop) : 0;
}

size_t wr__conn_pending(const wr__conn *c)
{
    return c->out.len + c->wire.len;
}

static void give_back(wr_buf *b)
{
    if (b->cap > BUFFER_KEEP)
        wr_buf_free(b);
    else
        wr_buf_clear(b);
}

/* ---- in ---- */

/* Which protocol the first bytes are of. @return false: too few of them are here. */
static bool choose(wr__conn *c, const uint8_t *data, size_t n)
{
    size_t same = WR_MIN(n, sizeof preface - 1);
    if (c->tls && wr__tls_is_http2(c->tls))
        c->protocol = &wr__http2;
    else if (memcmp(data, preface, same) != 0)
        c->protocol = &wr__http1;
    else if (same == sizeof preface - 1)
        c->protocol = &wr__http2;
    return c->protocol != NULL;
}

/* @return bytes that were taken */
static size_t give(wr__conn *c, const uint8_t *data, size_t n)
{
    size_t used = 0, all = 0;
    if (!c->protocol && !choose(c, data, n))
        return 0;
    do {
        const wr__protocol *before = c->protocol;
        used = 0;
        if (!c->ending && !c->protocol->receive(c, data + all, n - all, &used))
            c->ending = true;
        all += used;
        if (c->protocol == before)
            break; /* else the rest is the next one's: a WebSocket's */
    } while (all < n);
    return c->ending ? n : all;
}

static void consume(wr__conn *c)
{
    if (c->in.len == 0)
        return;
    size_t used = give(c, (const uint8_t *)c->in.ptr, c->in.len);
    memmove(c->in.ptr, c->in.ptr + used, c->in.len - used);
    c->in.len -= used;
    if (c->in.len == 0)
        give_back(&c->in);
}

void wr__conn_receive(wr__conn *c, const uint8_t *data, size_t n)
{
    c->received_ms = wr__conn_now(c);
    if (c->in.len) {
        wr_buf_put(&c->in, data, n);
        consume(c);
    } else {
        size_t used = give(c, data, n);
        wr_buf_put(&c->in, data + used, n - used);
    }
    wr__conn_touch(c);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    wr__conn *c = h->data;
    (void)hint;
    *buf = uv_buf_init((char *)c->server->buffer, sizeof c->server->buffer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    wr__conn *c = stream->data;
    if (n < 0) {
        wr__conn_close(c);
        return;
    }
    if (n == 0 || c->closing || c->shut)
        return;
    const uint8_t *data = (const uint8_t *)buf->base;
    if (!c->tls)
        wr__conn_receive(c, data, (size_t)n);
    else if (!wr__tls_receive(c, data, (size_t)n))
        c->ending = true;
    wr__conn_touch(c);
}

void wr__conn_read(wr__conn *c, bool on)
{
    if (c->no_socket || c->closing || c->reading == on)
        return;
    c->reading = on;
    if (on)
        (void)uv_read_start(&c->socket.stream, on_alloc, on_read);
    else
        (void)uv_read_stop(&c->socket.stream);
}

/* ---- out ---- */

void wr__conn_touch(wr__conn *c)
{
    if (c->dirty || c->closing || c->no_socket)
        return;
    c->dirty = true;
    c->next_dirty = c->server->dirty;
    c->server->dirty = c;
}

static void on_written(uv_write_t *w, int status)
{
    wr__conn *c = w->data;
    c->writing = false;
    c->stuck_ms = 0;
    give_back(&c->wire);
    if (status < 0)
        wr__conn_close(c);
    else
        wr__conn_touch(c);
}

/* What fits goes at once; the rest when the socket takes it. @return false: the client has gone. */
static bool send_wire(wr__conn *c)
{
    uv_buf_t buf = uv_buf_init(c->wire.ptr, (unsigned)c->wire.len);
    int n = uv_try_write(&c->socket.stream, &buf, 1);
    if (n < 0 && n != UV_EAGAIN)
        return false;
    if (n >= 0 && (size_t)n == c->wire.len) {
        give_back(&c->wire);
        return true;
    }
    n = WR_MAX(n, 0);
    buf = uv_buf_init(c->wire.ptr + n, (unsigned)(c->wire.len - (size_t)n));
    c->write.data = c;
    c->writing = true;
    c->stuck_ms = wr__conn_now(c);
    return uv_write(&c->write, &c->socket.stream, &buf, 1, on_written) == 0;
}

static bool send_out(wr__conn *c)
{
    if (c->writing)
        return true;
    if (c->tls) {
        if (!wr__tls_send(c))
            return false;
    } else {
        wr_buf empty = c->wire;
        c->wire = c->out;
        c->out = empty;
    }
    return c->wire.len == 0 || send_wire(c);
}

static void on_shut(uv_shutdown_t *s, int status)
{
    (void)status;
    wr_free(s);
}

static void shut(wr__conn *c)
{
    uv_shutdown_t *s = wr_calloc(1, sizeof *s);
    c->shut = true;
    c->since_ms = wr__conn_now(c);
    wr__conn_read(c, true);
    if (uv_shutdown(s, &c->socket.stream, on_shut) != 0) {
        wr_free(s);
        wr__conn_close(c);
    }
}

void wr__conn_flush(wr__conn *c)
{
    if (c->closing || c->shut)
        return;
    for (int i = 0; i < 2; i++) {
        if (c->protocol && !c->protocol->flush(c))
            c->ending = true;
        if (i == 0 && c->protocol)
            consume(c);
    }
    if (c->no_socket)
        return;
    bool was_full = wr__conn_pending(c) > WR__OUT_MAX;
    if (!send_out(c)) {
        wr__conn_close(c);
        return;
    }
    wr__exchange_drained(c);
    if (was_full && wr__conn_pending(c) <= WR__OUT_MAX)
        wr__conn_touch(c); /* what was not taken for that */
    if (c->ending && !c->writing && wr__conn_pending(c) == 0)
        shut(c);
    else
        wr__conn_read(c, c->in.len < IN_MAX);
}

/* ---- life ---- */

static void on_closed(uv_handle_t *h)
{
    wr__conn *c = h->data;
    wr_http_server *s = c->server;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->conns_n--;
    wr_buf_free(&c->in);
    wr_buf_free(&c->out);
    wr_buf_free(&c->wire);
    wr__tls_free(c->tls);
    WR_ASSERT(!c->dirty && !c->exchanges);
    wr_free(c);
}

static void free_spare(wr__conn *c)
{
    if (!c->spare)
        return;
    wr_buf_free(&c->spare->body);
    wr_arena_free(c->spare->arena);
    wr_free(c->spare);
    c->spare = NULL;
}

static void end_all(wr__conn *c)
{
    if (c->protocol)
        c->protocol->close(c);
    while (c->exchanges)
        wr__exchange_end(c->exchanges);
    free_spare(c);
}

void wr__conn_close(wr__conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    end_all(c);
    for (wr__conn **at = &c->server->dirty; c->dirty && *at; at = &(*at)->next_dirty)
        if (*at == c) {
            *at = c->next_dirty;
            c->dirty = false;
            break;
        }
    uv_close((uv_handle_t *)&c->socket, on_closed);
}

static void name_peer(wr__conn *c)
{
    struct sockaddr_storage a;
    int n = sizeof a;
    char host[INET6_ADDRSTRLEN] = "";
    if (c->is_pipe || uv_tcp_getpeername(&c->socket.tcp, (struct sockaddr *)&a, &n) != 0) {
        snprintf(c->peer, sizeof c->peer, "unix");
        return;
    }
    bool v6 = a.ss_family == AF_INET6;
    (void)uv_ip_name((struct sockaddr *)&a, host, sizeof host);
    uint16_t port =
        v6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port;
    snprintf(c->peer, sizeof c->peer, v6 ? "[%s]:%u" : "%s:%u", host, ntohs(port));
}

static wr__conn *new_conn(wr_http_server *s, bool is_pipe)
{
    wr__conn *c = wr_calloc(1, sizeof *c);
    c->server = s;
    c->is_pipe = is_pipe;
    c->handler = &s->handler;
    c->limit_head = s->o.max_head;
    c->limit_body = s->o.max_body;
    c->limit_streams = s->o.max_streams;
    c->since_ms = c->received_ms = wr__conn_now(c);
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    s->conns = c;
    s->conns_n++;
    return c;
}

void wr__conn_accept(wr_http_server *s, uv_stream_t *listener, bool is_pipe)
{
    wr__conn *c = new_conn(s, is_pipe);
    if (is_pipe)
        (void)uv_pipe_init(&s->loop, &c->socket.pipe, 0);
    else
        (void)uv_tcp_init(&s->loop, &c->socket.tcp);
    c->socket.stream.data = c;
    if (uv_accept(listener, &c->socket.stream) != 0 || s->stopping ||
        s->conns_n > s->o.max_connections) {
        wr__conn_close(c);
        return;
    }
    if (!is_pipe) {
        (void)uv_tcp_nodelay(&c->socket.tcp, 1);
        (void)uv_tcp_keepalive(&c->socket.tcp, 1, 60);
    }
    name_peer(c);
    if (s->tls && !is_pipe)
        c->tls = wr__tls_new(s->tls);
    wr__conn_read(c, true);
}

/* Looked at once a second. */
static bool overdue(const wr__conn *c, const wr_http_options *o, int64_t now)
{
    if (c->stuck_ms && now - c->stuck_ms > o->slow_client_ms)
        return true;
    bool said_goodbye = c->exchanges && c->exchanges->websocket && c->exchanges->finished;
    if (c->shut || said_goodbye)
        return now - c->since_ms > LINGER_MS;
    if (!c->protocol || c->in_head)
        return now - c->since_ms > o->head_ms;
    for (const wr_http_exchange *x = c->exchanges; x; x = x->next)
        if (!x->body_done && !x->streaming && !x->responding)
            return now - c->received_ms > o->head_ms;
    return !c->exchanges && now - c->since_ms > o->idle_ms;
}

void wr__conn_sweep(wr_http_server *s)
{
    int64_t now = (int64_t)uv_now(&s->loop);
    for (wr__conn *c = s->conns; c; c = c->next) /* closing takes it out later */
        if (!c->closing && overdue(c, &s->o, now))
            wr__conn_close(c);
}

/* ---- for tests ---- */

wr__conn *wr__conn_without_socket(const wr_http_handler *handler, size_t max_head, size_t max_body)
{
    wr__conn *c = wr_calloc(1, sizeof *c);
    c->no_socket = true;
    c->handler = handler;
    c->limit_head = max_head;
    c->limit_body = max_body;
    c->limit_streams = 100;
    snprintf(c->peer, sizeof c->peer, "test");
    return c;
}

void wr__conn_free_without_socket(wr__conn *c)
{
    c->closing = true;
    end_all(c);
    wr_buf_free(&c->in);
    wr_buf_free(&c->out);
    wr_buf_free(&c->wire);
    wr_free(c);
}
