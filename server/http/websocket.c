/* SPDX-License-Identifier: Apache-2.0 */
/*
 * websocket.c - WebSocket (RFC 6455) on a connection that began as HTTP/1; wslay keeps the frames.
 *
 * wslay answers pings and does the closing handshake; messages come whole, text is checked to be
 * UTF-8. The one exchange lives until both sides have closed, or the connection goes.
 */
#include "server/http/websocket.h"

#include "server/http/exchange.h"
#include "server/http/http1_head.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>
#include <wslay/wslay.h>

#define MESSAGE_MAX (1u << 20) /* bytes of a client's message */
#define REASON_MAX  123        /* bytes that a closing frame can carry beside its code */

typedef struct wr__websocket_state websocket;
struct wr__websocket_state {
    wslay_event_context_ptr ctx;
    wr_http_exchange *x;
    const char *at, *end; /* what came, below wslay_event_recv */
    bool failed;
    /* The closing frame, until what was sent before it has gone: wslay sends those first that
     * control the connection. 0: none. */
    uint16_t close_code;
    size_t reason_len;
    char reason[REASON_MAX];
};

static websocket *state_of(const wr__conn *c)
{
    return c->state;
}

static void send_frames(websocket *w);

/* ---- wslay's callbacks ---- */

static ssize_t give_bytes(wslay_event_context_ptr ctx, uint8_t *to, size_t n, int flags, void *arg)
{
    (void)flags;
    websocket *w = arg;
    size_t got = WR_MIN(n, (size_t)(w->end - w->at));
    if (got == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(to, w->at, got);
    w->at += got;
    return (ssize_t)got;
}

static ssize_t take_bytes(wslay_event_context_ptr ctx, const uint8_t *data, size_t n, int flags,
                          void *arg)
{
    wr__conn *c = ((websocket *)arg)->x->conn;
    (void)flags;
    if (wr__conn_backlog(c) >= WR__BACKLOG_MAX) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    wr_buf_put(&c->out, data, n);
    return (ssize_t)n;
}

static void message_came(wslay_event_context_ptr ctx,
                         const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
    (void)ctx;
    websocket *w = arg;
    wr_http_exchange *x = w->x;
    const wr_http_handler *h = &x->conn->core->handler;
    if (message->opcode == WSLAY_PING) /* its pong: wslay drops those before a closing frame */
        send_frames(w);
    if (message->opcode != WSLAY_TEXT_FRAME || x->finished || !h->message)
        return;
    x->in_handler = true;
    h->message(h->arg, x, (const char *)message->msg, message->msg_length);
    x->in_handler = false;
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = give_bytes,
    .send_callback = take_bytes,
    .on_msg_recv_callback = message_came,
};

/* ---- the protocol ---- */

static void websocket_input(wr__conn *c, const char *data, size_t n)
{
    websocket *w = state_of(c);
    WR_ASSERT(w->x->conn == c);
    w->at = data;
    w->end = data + n;
    if (wslay_event_recv(w->ctx) != 0)
        w->failed = true;
}

/* Below a message's callback too: an answer must have gone before wslay sees a closing frame that
 * came with the message, since it sends the one to it before texts. */
static void send_frames(websocket *w)
{
    w->failed |= wslay_event_send(w->ctx) != 0;
    if (!w->close_code || wslay_event_get_queued_msg_count(w->ctx) > 0)
        return;
    (void)wslay_event_queue_close(w->ctx, w->close_code, (const uint8_t *)w->reason, w->reason_len);
    w->close_code = 0;
    w->failed |= wslay_event_send(w->ctx) != 0;
}

static void websocket_advance(wr__conn *c)
{
    websocket *w = state_of(c);
    if (c->in_at < c->in.len) {
        wr_buf first = c->in;
        size_t at = c->in_at;
        c->in = (wr_buf){0};
        c->in_at = 0;
        websocket_input(c, first.ptr + at, first.len - at);
        wr_buf_free(&first);
    }
    send_frames(w);
    bool closed = wslay_event_get_close_received(w->ctx) && wslay_event_get_close_sent(w->ctx);
    if (w->failed || closed ||
        (!wslay_event_want_read(w->ctx) && !wslay_event_want_write(w->ctx))) {
        c->closing = true;
        return;
    }
    if (wr__conn_backlog(c) == 0)
        wr__exchange_drained(w->x);
    /* Having closed, we wait for the client to do so. */
    c->wait = wslay_event_get_close_sent(w->ctx) ? WR_WAIT_HEAD : WR_WAIT_NOTHING;
    c->paused = wr__conn_backlog(c) > WR__BACKLOG_MAX;
}

static void websocket_eof(wr__conn *c)
{
    c->dead = true;
}

static void websocket_shutdown(wr__conn *c)
{
    wr_http_close_websocket(state_of(c)->x, WSLAY_CODE_GOING_AWAY, "the server stops");
}

static void websocket_close(wr__conn *c)
{
    wr__exchange_end(state_of(c)->x); /* and with it the state */
    c->state = NULL;
}

static void websocket_abort(wr_http_exchange *x)
{
    x->conn->dead = true;
}

static size_t websocket_buffered(const wr_http_exchange *x)
{
    return wr__conn_backlog(x->conn) + wslay_event_get_queued_msg_length(state_of(x->conn)->ctx);
}

const wr__protocol wr__websocket = {
    .input = websocket_input,
    .advance = websocket_advance,
    .eof = websocket_eof,
    .shutdown = websocket_shutdown,
    .close = websocket_close,
    .abort = websocket_abort,
    .buffered = websocket_buffered,
};

void wr__websocket_switch(wr__conn *c, wr_http_exchange *x)
{
    WR_ASSERT(x->websocket && x->conn == c && c->exchanges == x && !x->next);
    c->state = x->websocket;
    c->protocol = &wr__websocket;
    wr__conn_wake(c);
}

void wr__websocket_free(websocket *w)
{
    if (!w)
        return;
    wslay_event_context_free(w->ctx);
    wr_free(w);
}

/* ---- for handlers ---- */

/* The answer to a key: SHA-1 of it and a fixed text, in base 64 (RFC 6455, 4.2.2). */
static void accept_key(const char *key, char out[29])
{
    unsigned char hash[SHA_DIGEST_LENGTH];
    wr_buf text = {0};
    wr_buf_puts(&text, key);
    wr_buf_puts(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    WR_ASSERT(EVP_Digest(text.ptr, text.len, hash, NULL, EVP_sha1(), NULL) == 1);
    EVP_EncodeBlock((unsigned char *)out, hash, sizeof hash);
    wr_buf_free(&text);
}

void wr_http_accept_websocket(wr_http_exchange *x)
{
    if (x->responding || x->finished)
        return;
    WR_ASSERT(x->complete && wr_http_wants_websocket(x));
    char key[32];
    accept_key(wr_http_header(x, "sec-websocket-key"), key);
    const wr_http_field fields[] = {{"upgrade", "websocket"},
                                    {"connection", "Upgrade"},
                                    {"sec-websocket-accept", key},
                                    {NULL, NULL}};
    wr__http1_head head = {.status = 101, .date = "", .fields = fields, .length = -1};
    wr__http1_head_put(&x->conn->out, &head);
    websocket *w = wr_calloc(1, sizeof *w);
    WR_ASSERT(wslay_event_context_server_init(&w->ctx, &callbacks, w) == 0);
    wslay_event_config_set_max_recv_msg_length(w->ctx, MESSAGE_MAX);
    w->x = x;
    x->websocket = w;
    x->responding = true;
    x->status = 101;
    x->version = WR_HTTP_WEBSOCKET;
    wr__conn_wake(x->conn);
}

void wr_http_send_text(wr_http_exchange *x, const char *text, size_t n)
{
    if (!x->websocket || x->finished || x->websocket->close_code)
        return;
    const struct wslay_event_msg message = {WSLAY_TEXT_FRAME, (const uint8_t *)text, n};
    /* Refused after the closing frame; then nobody reads any more. */
    (void)wslay_event_queue_msg(x->websocket->ctx, &message);
    send_frames(x->websocket);
    x->sent += n;
    x->undrained = true;
    wr__conn_wake(x->conn);
}

void wr_http_close_websocket(wr_http_exchange *x, int code, const char *reason)
{
    if (!x->websocket || x->finished || x->websocket->close_code)
        return;
    size_t n = strlen(reason);
    if (n > REASON_MAX)
        for (n = REASON_MAX; n > 0 && ((unsigned char)reason[n] & 0xc0) == 0x80;)
            n--;
    websocket *w = x->websocket;
    WR_ASSERT(code >= 1000 && code < 5000);
    memcpy(w->reason, reason, n);
    w->reason_len = n;
    w->close_code = (uint16_t)code;
    send_frames(w);
    wr__conn_wake(x->conn);
}
