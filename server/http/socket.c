/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.c - a connection's socket: libuv, and TLS where there is any.
 *
 * Reading: into the server's one buffer, on to the connection. Writing, at the end of a turn of the
 * loop: everything that the turn has made for this client is tried at once, without an allocation;
 * what the kernel does not take is kept and written as it does. An idle connection keeps no buffer.
 *
 * Closing: what is to be sent is sent; where the client may still be sending, our side is closed
 * first and what comes is thrown away for a while, since a reset could overtake the response.
 */
#include "server/http/loop.h"

#include <arpa/inet.h>
#include <stdio.h>

/* So often in one turn bytes are made and sent for one connection; others want their turn too. */
#define SENDS_MAX 8

/* ---- closing ---- */

static void socket_gone(uv_handle_t *handle)
{
    wr__socket *k = handle->data;
    wr_http_server *s = k->server;
    WR_ASSERT(k->closing && !k->conn.awake && s->connections > 0);
    s->connections--;
    wr_buf_free(&k->writing);
    wr__tls_free(k->tls);
    wr_free(k->subject);
    wr_free(k);
    wr__loop_may_end(s);
}

void wr__socket_close(wr__socket *k)
{
    wr_http_server *s = k->server;
    if (k->closing)
        return;
    k->closing = true;
    wr__deadline_remove(k);
    wr__socket_sleep(k); /* it may have been woken in the turn that ends it */
    wr__conn_fini(&k->conn);
    *(k->prev ? &k->prev->next : &s->sockets) = k->next;
    if (k->next)
        k->next->prev = k->prev;
    uv_close(&k->u.handle, socket_gone);
}

/* ---- writing ---- */

static void written(uv_write_t *request, int status)
{
    wr__socket *k = request->data;
    WR_ASSERT(k->write_pending);
    k->write_pending = false;
    k->progress = true;
    k->conn.unsent = 0;
    wr_buf_free(&k->writing);
    if (k->closing)
        return;
    if (status < 0)
        k->conn.dead = true;
    wr__conn_wake(&k->conn);
}

/* Send @p b, which is left empty. @return false: the connection is of no more use. */
static bool send_bytes(wr__socket *k, wr_buf *b)
{
    WR_ASSERT(b->len > 0 && !k->closing);
    uv_buf_t all = uv_buf_init(b->ptr, (unsigned)b->len);
    int sent = uv_try_write(&k->u.stream, &all, 1);
    if (sent < 0 && sent != UV_EAGAIN)
        return false;
    size_t done = (size_t)WR_MAX(sent, 0);
    k->progress |= done > 0;
    if (done == b->len) {
        wr_buf_free(b);
        return true;
    }
    WR_ASSERT(!k->write_pending);
    k->writing = *b;
    *b = (wr_buf){0};
    k->conn.unsent = k->writing.len - done;
    uv_buf_t rest = uv_buf_init(k->writing.ptr + done, (unsigned)k->conn.unsent);
    k->write.data = k;
    k->write_pending = true;
    return uv_write(&k->write, &k->u.stream, &rest, 1, written) == 0;
}

/* @return whether anything was there to be sent. */
static bool send_out(wr__socket *k)
{
    wr__conn *c = &k->conn;
    wr_buf cipher = {0};
    wr_buf *out = &c->out;
    if (k->write_pending)
        return false;
    if (k->tls) {
        if (c->out.len && !wr__tls_write(k->tls, c->out.ptr, c->out.len))
            c->dead = true;
        wr_buf_free(&c->out);
        wr__tls_take(k->tls, &cipher);
        out = &cipher;
    }
    if (out->len == 0)
        return false;
    if (!send_bytes(k, out)) {
        wr_buf_free(&cipher);
        c->dead = true;
    }
    return true;
}

static void shut(uv_shutdown_t *request, int status)
{
    (void)status;
    wr_free(request);
}

/* All is sent: close, or wait for the client to stop sending. */
static void finish(wr__socket *k)
{
    if (k->tls && !k->shut) {
        wr__tls_shutdown(k->tls);
        (void)send_out(k);
    }
    if (!k->conn.linger) {
        wr__socket_close(k);
        return;
    }
    if (k->shut)
        return;
    k->shut = true;
    uv_shutdown_t *request = wr_malloc(sizeof *request);
    if (uv_shutdown(request, &k->u.stream, shut) != 0) {
        wr_free(request);
        wr__socket_close(k);
    }
}

/* ---- reading ---- */

static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    wr_http_server *s = ((wr__socket *)handle->data)->server;
    *out = uv_buf_init(s->bytes, sizeof s->bytes);
}

static void note_handshake(wr__socket *k)
{
    if (k->tls_is_ready || !wr__tls_is_ready(k->tls))
        return;
    k->tls_is_ready = true;
    k->conn.must_be_http2 = wr__tls_chose_http2(k->tls);
    k->subject = wr__tls_subject(k->tls);
    k->conn.subject = k->subject;
}

static void decrypt(wr__socket *k, const char *data, size_t n)
{
    wr_http_server *s = k->server;
    WR_ASSERT(k->tls);
    wr__tls_feed(k->tls, data, n);
    int got;
    while ((got = wr__tls_read(k->tls, s->plain, sizeof s->plain)) > 0) {
        note_handshake(k);
        wr__conn_input(&k->conn, s->plain, (size_t)got);
    }
    note_handshake(k);
    if (got < 0) { /* the alert that says why is still to be sent */
        if (k->tls_is_ready)
            wr__conn_eof(&k->conn);
        else
            k->conn.closing = true;
    }
}

static void bytes_came(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    wr__socket *k = stream->data;
    if (n == 0 || k->closing)
        return;
    if (n > 0) {
        k->progress = true;
        if (k->tls)
            decrypt(k, buf->base, (size_t)n);
        else
            wr__conn_input(&k->conn, buf->base, (size_t)n);
    } else {
        if (n == UV_EOF)
            wr__conn_eof(&k->conn);
        else
            k->conn.dead = true;
        uv_read_stop(stream);
        k->reading = false;
        k->conn.paused = true;
    }
    wr__conn_wake(&k->conn);
}

/* ---- the end of a turn ---- */

void wr__socket_flush(wr__socket *k)
{
    wr__conn *c = &k->conn;
    if (k->closing)
        return;
    wr__conn_advance(c);
    for (int i = 0; i < SENDS_MAX && !c->dead && send_out(k); i++)
        if (!k->write_pending)
            wr__conn_advance(c);
    if (c->dead) {
        wr__socket_close(k);
        return;
    }
    if (c->out.len > 0 && !k->write_pending)
        wr__conn_wake(c);
    else if (c->closing && c->out.len == 0 && !k->write_pending)
        finish(k);
    if (k->closing)
        return;
    bool read = !c->paused || c->closing;
    if (read && !k->reading && uv_read_start(&k->u.stream, give_buffer, bytes_came) == 0)
        k->reading = true;
    else if (!read && k->reading) {
        uv_read_stop(&k->u.stream);
        k->reading = false;
    }
    wr__deadline_update(k);
}

/* ---- a client has come ---- */

static void name_peer(wr__socket *k)
{
    struct sockaddr_storage a;
    char host[48] = "?";
    int size = sizeof a;
    if (k->conn.local) {
        snprintf(k->peer, sizeof k->peer, "unix");
    } else if (uv_tcp_getpeername(&k->u.tcp, (struct sockaddr *)&a, &size) == 0) {
        bool six = a.ss_family == AF_INET6;
        const struct sockaddr_in6 *in6 = (const void *)&a;
        const struct sockaddr_in *in = (const void *)&a;
        if (six)
            uv_ip6_name(in6, host, sizeof host);
        else
            uv_ip4_name(in, host, sizeof host);
        snprintf(k->peer, sizeof k->peer, six ? "[%s]:%u" : "%s:%u", host,
                 ntohs(six ? in6->sin6_port : in->sin_port));
    }
    k->conn.peer = k->peer;
}

void wr__socket_accept(wr_http_server *s, uv_stream_t *listener)
{
    bool local = listener->type == UV_NAMED_PIPE;
    WR_ASSERT(local ? s->has_pipe : s->has_tcp);
    wr__socket *k = wr_calloc(1, sizeof *k);
    wr__conn_init(&k->conn, &s->core);
    k->server = s;
    k->conn.local = local;
    if (local)
        uv_pipe_init(&s->loop, &k->u.pipe, 0);
    else
        uv_tcp_init(&s->loop, &k->u.tcp);
    k->u.handle.data = k;
    s->connections++;
    k->next = s->sockets;
    if (k->next)
        k->next->prev = k;
    s->sockets = k;
    if (uv_accept(listener, &k->u.stream) != 0 || s->connections > s->connections_max) {
        wr__socket_close(k);
        return;
    }
    name_peer(k);
    if (!local) {
        uv_tcp_nodelay(&k->u.tcp, 1);
        k->tls = s->tls ? wr__tls_new(s->tls) : NULL;
        k->conn.secure = k->tls != NULL;
    }
    wr__conn_wake(&k->conn); /* which begins to read, and sets the deadline */
}
