/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket (RFC 6455) over wslay: one exchange, and text both ways. */
#include "server/http/internal.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <wslay/wslay.h>

enum { REASON_MAX = 123 };

typedef struct wr__websocket_state {
    wslay_event_context_ptr wslay;
    const uint8_t *at; /* what came, while it is given to wslay */
    size_t left;
} wr__websocket_state;

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- wslay's callbacks ---- */

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *to, size_t room, int flags,
                       void *arg)
{
    wr_http_exchange *x = arg;
    wr__websocket_state *s = x->websocket;
    (void)flags;
    if (s->left == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t n = WR_MIN(room, s->left);
    memcpy(to, s->at, n);
    s->at += n;
    s->left -= n;
    return (ssize_t)n;
}

static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *data, size_t n, int flags,
                       void *arg)
{
    wr_http_exchange *x = arg;
    (void)wslay, (void)flags;
    wr_buf_put(&x->conn->out, data, n);
    return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *m,
                       void *arg)
{
    wr_http_exchange *x = arg;
    const wr_http_handler *h = x->conn->handler;
    (void)wslay;
    if (m->opcode == WSLAY_TEXT_FRAME && !x->finished && h->message)
        h->message(h->arg, x, (const char *)m->msg, m->msg_length);
}

/* ---- the connection ---- */

static bool receive(wr__conn *c, const uint8_t *data, size_t n, size_t *used)
{
    wr_http_exchange *x = c->exchanges;
    *used = n;
    if (!x)
        return false;
    wr__websocket_state *s = x->websocket;
    s->at = data;
    s->left = n;
    while (s->left > 0 && wslay_event_want_read(s->wslay))
        if (wslay_event_recv(s->wslay) != 0)
            return false;
    s->left = 0;
    return true;
}

static bool flush(wr__conn *c)
{
    wr_http_exchange *x = c->exchanges;
    if (!x)
        return false;
    wslay_event_context_ptr wslay = x->websocket->wslay;
    while (wslay_event_want_write(wslay))
        if (wslay_event_send(wslay) != 0)
            return false;
    return wslay_event_want_read(wslay);
}

static void close_all(wr__conn *c)
{
    wr_http_exchange *x = c->exchanges;
    if (!x)
        return;
    wslay_event_context_free(x->websocket->wslay);
    wr_free(x->websocket);
    x->websocket = NULL;
}

static void stop(wr__conn *c)
{
    if (c->exchanges)
        wr_http_close_websocket(c->exchanges, WSLAY_CODE_GOING_AWAY, "the server stops");
}

static void abort_exchange(wr_http_exchange *x)
{
    x->conn->ending = true;
}

static size_t buffered(const wr_http_exchange *x)
{
    return wr__conn_pending(x->conn);
}

static void pause_body(wr_http_exchange *x, bool paused)
{
    wr__conn_read(x->conn, !paused);
}

/* There is no head and no body any more. */
static void no_head(wr_http_exchange *x, int status, const wr_http_field *fields, int64_t n)
{
    (void)x, (void)status, (void)fields, (void)n;
}

static void no_write(wr_http_exchange *x, const void *data, size_t n)
{
    (void)x, (void)data, (void)n;
}

static void no_finish(wr_http_exchange *x)
{
    (void)x;
}

const wr__protocol wr__websocket = {
    .receive = receive,
    .flush = flush,
    .close = close_all,
    .stop = stop,
    .head = no_head,
    .write = no_write,
    .finish = no_finish,
    .abort = abort_exchange,
    .buffered = buffered,
    .pause = pause_body,
};

/* ---- the handler's side ---- */

static const char *accept_key(wr_http_exchange *x)
{
    uint8_t hash[SHA_DIGEST_LENGTH];
    char text[4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1];
    char *both = wr_arena_printf(x->arena, "%s%s", wr_http_header(x, "sec-websocket-key"), guid);
    SHA1((const uint8_t *)both, strlen(both), hash);
    EVP_EncodeBlock((uint8_t *)text, hash, sizeof hash);
    return wr_arena_strdup(x->arena, text);
}

void wr_http_accept_websocket(wr_http_exchange *x)
{
    wr__conn *c = x->conn;
    WR_ASSERT(x->wants_websocket && !x->responding);
    const wr_http_field fields[] = {{"Upgrade", "websocket"},
                                    {"Connection", "Upgrade"},
                                    {"Sec-WebSocket-Accept", accept_key(x)},
                                    {NULL, NULL}};
    c->protocol->head(x, 101, fields, -1);
    x->responding = true;
    x->version = WR_HTTP_WEBSOCKET;
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv, .send_callback = on_send, .on_msg_recv_callback = on_message};
    wr__websocket_state *s = wr_calloc(1, sizeof *s);
    (void)wslay_event_context_server_init(&s->wslay, &callbacks, x);
    wslay_event_config_set_max_recv_msg_length(s->wslay, c->limit_body);
    x->websocket = s;
    c->protocol = &wr__websocket;
    wr__http1_release(c);
    wr__conn_touch(c);
}

void wr_http_send_text(wr_http_exchange *x, const char *text, size_t n)
{
    WR_ASSERT(x->websocket);
    if (x->finished)
        return;
    struct wslay_event_msg m = {WSLAY_TEXT_FRAME, (const uint8_t *)text, n};
    (void)wslay_event_queue_msg(x->websocket->wslay, &m);
    (void)wslay_event_send(x->websocket->wslay);
    x->was_buffered = true;
    wr__conn_touch(x->conn);
}

void wr_http_close_websocket(wr_http_exchange *x, int code, const char *reason)
{
    WR_ASSERT(x->websocket);
    if (x->finished)
        return;
    size_t n = strlen(reason);
    if (n > REASON_MAX)
        for (n = REASON_MAX; n > 0 && ((uint8_t)reason[n] & 0xC0) == 0x80;)
            n--;
    (void)wslay_event_queue_close(x->websocket->wslay, (uint16_t)code, (const uint8_t *)reason, n);
    x->finished = true;
    x->conn->since_ms = wr__conn_now(x->conn);
    wr__conn_touch(x->conn);
}
