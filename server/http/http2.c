/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http2.c - HTTP/2 on a connection: nghttp2 keeps frames, windows and header compression.
 *
 * Flow control, towards us: the connection's window is opened again as bytes come, a stream's only
 * as its handler takes them, so a held or paused request keeps at most its window and holds back no
 * other stream. Towards the client: what is written waits in the exchange's `out`; nghttp2 fetches
 * it as windows allow, and only while the socket takes what it is given (WR__BACKLOG_MAX).
 *
 * The first stream may be a request that came as HTTP/1 (wr__http2_take_over).
 *
 * An exchange ends when nghttp2 closes its stream, which happens below mem_recv and mem_send alone,
 * and so never below a call of its handler. Floods (resets, settings, pings, continuations) are
 * limited by nghttp2's options.
 */
#include "server/http/exchange.h"
#include "server/http/http1_head.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAM_WINDOW     (128u << 10)
#define CONNECTION_WINDOW (1u << 20)
#define FIELDS_MAX        32

typedef struct wr__http2_state {
    nghttp2_session *session;
    wr_buf names; /* scratch: names and values of a response's headers */
    bool shutting;
} http2;

static http2 *state_of(const wr__conn *c)
{
    return c->state;
}

static wr_http_exchange *exchange_of(nghttp2_session *session, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(session, stream);
}

static void give_window(wr_http_exchange *x)
{
    if (x->unconsumed)
        nghttp2_session_consume_stream(state_of(x->conn)->session, x->stream, x->unconsumed);
    x->unconsumed = 0;
}

/* ---- what comes: nghttp2's callbacks ---- */

/* An answer of the server's own; the handler does not know the exchange, or hears of its end. */
static void refuse(wr_http_exchange *x, int status)
{
    const char *text = wr__status_text(status);
    static const wr_http_field fields[] = {{"content-type", "text/plain"}, {NULL, NULL}};
    if (x->responding) {
        wr_http_abort(x);
        return;
    }
    wr_http_respond(x, status, fields, text, strlen(text));
}

static int headers_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    wr__conn *c = arg;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    wr_http_exchange *x = wr__exchange_new(c, WR_HTTP_2);
    if (!x)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    x->stream = frame->hd.stream_id;
    c->requests++;
    (void)wr__exchange_text(x, "", 0); /* place 0: of what does not come */
    nghttp2_session_set_stream_user_data(session, x->stream, x);
    return 0;
}

static bool is(const uint8_t *name, size_t n, const char *other)
{
    return n == strlen(other) && memcmp(name, other, n) == 0;
}

static int header_came(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                       size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                       void *arg)
{
    wr__conn *c = arg;
    (void)flags;
    wr_http_exchange *x = exchange_of(session, frame->hd.stream_id);
    if (!x || frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0; /* trailers */
    if (x->refusal)
        return 0;
    if (x->head.len + name_len + value_len > c->core->max_head) {
        x->refusal = is(name, name_len, ":path") ? 414 : 431;
        return 0;
    }
    const char *text = (const char *)value;
    if (is(name, name_len, ":method")) {
        x->method_at = wr__exchange_text(x, text, value_len);
    } else if (is(name, name_len, ":path")) {
        x->target_at = wr__exchange_text(x, text, value_len);
    } else if (is(name, name_len, ":authority")) {
        uint32_t at = wr__exchange_text(x, "host", 4);
        (void)wr__exchange_header(x, at, wr__exchange_text(x, text, value_len));
    } else if (*name != ':') {
        uint32_t at = wr__exchange_text(x, (const char *)name, name_len);
        if (!wr__exchange_header(x, at, wr__exchange_text(x, text, value_len)))
            x->refusal = 431;
    }
    return 0;
}

static void head_complete(wr_http_exchange *x)
{
    if (!x->refusal)
        x->refusal = wr__exchange_target(x);
    if (x->refusal)
        refuse(x, x->refusal);
    else
        wr__exchange_begin(x);
}

static int frame_came(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    wr_http_exchange *x = exchange_of(session, frame->hd.stream_id);
    if (!x)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        head_complete(x);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        x->complete = true;
        wr__exchange_deliver(x);
    }
    return 0;
}

static int data_came(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                     size_t n, void *arg)
{
    (void)flags;
    (void)arg;
    nghttp2_session_consume_connection(session, n);
    wr_http_exchange *x = exchange_of(session, stream);
    if (!x) {
        nghttp2_session_consume_stream(session, stream, n);
        return 0;
    }
    x->unconsumed += n;
    if (!wr__exchange_body(x, (const char *)data, n))
        refuse(x, 413);
    if (!wr__exchange_blocked(x) || x->finished)
        give_window(x);
    return 0;
}

static int stream_closed(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
    (void)code;
    (void)arg;
    wr_http_exchange *x = exchange_of(session, stream);
    if (!x)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream, NULL);
    wr__exchange_end(x);
    return 0;
}

/* Little that will soon be here is thrown away. */
static bool little_to_come(const wr_http_exchange *x)
{
    const char *length = x->refusal ? NULL : wr_http_header(x, "content-length");
    return length && !x->conn->core->stopping && strtoull(length, NULL, 10) <= WR__THROWN_AWAY_MAX;
}

/* A response that is complete before its request: the rest is not wanted (RFC 9113, 8.1). Clients
 * that write before they read take the reset for an error and lose the response (curl 7.88). */
static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (!last || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    wr_http_exchange *x = exchange_of(session, frame->hd.stream_id);
    if (x && !x->complete && !little_to_come(x))
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, x->stream, NGHTTP2_NO_ERROR);
    return 0;
}

static nghttp2_session *new_session(wr__conn *c)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *option;
    nghttp2_session *session;
    /* These fail for want of memory alone, which ends the process elsewhere too. */
    WR_ASSERT(nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&option) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, headers_begin);
    nghttp2_session_callbacks_set_on_header_callback(cb, header_came);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, frame_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(cb, frame_sent);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_outbound_ack(option, 200);
    nghttp2_option_set_max_settings(option, 32);
    nghttp2_option_set_max_continuations(option, 8);
    nghttp2_option_set_stream_reset_rate_limit(option, 1000, 50);
    /* Of closed streams, kept for priorities: of no use, and memory. */
    nghttp2_option_set_no_closed_streams(option, 1);
    WR_ASSERT(nghttp2_session_server_new2(&session, cb, c, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    return session;
}

static void start(wr__conn *c)
{
    http2 *h = wr_calloc(1, sizeof *h);
    c->state = h;
    h->session = new_session(c);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, c->core->max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)c->core->max_head},
    };
    nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, WR_ARRAY_LEN(settings));
    nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
}

bool wr__http2_take_over(wr_http_exchange *x, const uint8_t *settings, size_t n)
{
    wr__conn *c = x->conn;
    bool head = strcmp(wr_http_method(x), "HEAD") == 0;
    start(c);
    nghttp2_session *session = state_of(c)->session;
    if (nghttp2_session_upgrade2(session, settings, n, head, NULL) != 0) {
        nghttp2_session_del(session);
        wr_free(c->state);
        c->state = NULL;
        return false;
    }
    c->protocol = &wr__http2;
    x->version = WR_HTTP_2;
    x->stream = 1;
    nghttp2_session_set_stream_user_data(session, x->stream, x);
    wr__exchange_begin(x);
    wr__exchange_deliver(x);
    return true;
}

static void http2_input(wr__conn *c, const char *data, size_t n)
{
    if (!c->state)
        start(c);
    nghttp2_session *session = state_of(c)->session;
    /* No callback pauses, so all of it is taken, or the connection is of no more use. */
    if (nghttp2_session_mem_recv(session, (const uint8_t *)data, n) < 0)
        c->closing = true;
}

/* ---- what goes ---- */

static ssize_t fetch_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session;
    (void)stream;
    (void)arg;
    wr_http_exchange *x = source->ptr;
    size_t got = WR_MIN(n, x->out.len - x->out_at);
    if (got == 0 && !x->finished) {
        x->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (got && x->lines)
        got = wr__line_len(x->out.ptr + x->out_at, got);
    if (got)
        memcpy(to, x->out.ptr + x->out_at, got);
    x->out_at += got;
    if (x->out_at == x->out.len) {
        wr_buf_free(&x->out);
        x->out_at = 0;
        if (x->finished)
            *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)got;
}

static void send_frames(wr__conn *c)
{
    nghttp2_session *session = state_of(c)->session;
    const uint8_t *data;
    while (wr__conn_backlog(c) < WR__BACKLOG_MAX) {
        ssize_t n = nghttp2_session_mem_send(session, &data);
        if (n < 0)
            c->dead = true;
        if (n <= 0)
            return;
        wr_buf_put(&c->out, data, (size_t)n);
    }
}

static void update_wait(wr__conn *c)
{
    bool taking = false, sending = false;
    for (const wr_http_exchange *x = c->exchanges; x; x = x->next) {
        taking |= x->out_at < x->out.len;
        sending |= !x->complete && !x->streams && !wr__exchange_blocked(x);
    }
    c->wait = !c->exchanges ? WR_WAIT_IDLE
              : taking      ? WR_WAIT_TAKING
              : sending     ? WR_WAIT_BODY
                            : WR_WAIT_NOTHING;
    c->paused = wr__conn_backlog(c) > WR__BACKLOG_MAX;
}

static void http2_advance(wr__conn *c)
{
    http2 *h = state_of(c);
    for (wr_http_exchange *x = c->exchanges; x; x = x->next) {
        if (x->again)
            wr__exchange_begin(x);
        if (!wr__exchange_blocked(x) && x->begun) {
            if (!x->streams && x->body.len > c->core->max_body)
                refuse(x, 413);
            wr__exchange_deliver(x);
            give_window(x);
        }
    }
    send_frames(c);
    if (wr__conn_backlog(c) == 0)
        for (wr_http_exchange *x = c->exchanges; x; x = x->next)
            if (x->out.len == 0)
                wr__exchange_drained(x);
    bool idle = h->shutting && !c->exchanges;
    if ((!nghttp2_session_want_read(h->session) || idle) && !nghttp2_session_want_write(h->session))
        c->closing = true;
    update_wait(c);
}

static void http2_eof(wr__conn *c)
{
    c->dead = true;
}

static void http2_shutdown(wr__conn *c)
{
    http2 *h = state_of(c);
    if (!h->shutting)
        nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR,
                              NULL, 0);
    h->shutting = true;
    for (wr_http_exchange *x = c->exchanges; x; x = x->next)
        if (x->responding && !x->finished)
            wr_http_abort(x);
}

static void http2_close(wr__conn *c)
{
    http2 *h = state_of(c);
    if (!h)
        return;
    while (c->exchanges)
        wr__exchange_end(c->exchanges);
    nghttp2_session_del(h->session);
    wr_buf_free(&h->names);
    wr_free(h);
    c->state = NULL;
}

/* ---- the response ---- */

/* Name in small letters and value, in the scratch, where there is room; nghttp2 copies them. */
static void add_field(http2 *h, nghttp2_nv *nv, size_t *n, const char *name, const char *value)
{
    size_t name_len = strlen(name), value_len = strlen(value);
    if (*n == FIELDS_MAX || name_len + value_len > h->names.cap - h->names.len)
        return;
    char *to = h->names.ptr + h->names.len;
    for (size_t i = 0; i < name_len; i++)
        to[i] = wr_lower(name[i]);
    for (size_t i = 0; i < value_len; i++)
        to[name_len + i] = (unsigned char)value[i] < 0x20 || value[i] == 0x7f ? ' ' : value[i];
    nv[(*n)++] = (nghttp2_nv){.name = (uint8_t *)to,
                              .namelen = name_len,
                              .value = (uint8_t *)to + name_len,
                              .valuelen = value_len};
    h->names.len += name_len + value_len;
}

static size_t length_of(const wr_http_field *fields)
{
    size_t n = 0;
    for (const wr_http_field *f = fields; f && f->name; f++)
        n += strlen(f->name) + strlen(f->value);
    return n;
}

static size_t collect_fields(wr_http_exchange *x, int status, const wr_http_field *fields,
                             int64_t length, nghttp2_nv *nv)
{
    http2 *h = state_of(x->conn);
    size_t n = 0, room = 128; /* that many for the headers of our own */
    char number[24];
    room += length_of(fields) + length_of(x->added);
    wr_buf_clear(&h->names);
    (void)wr_buf_reserve(&h->names, room);
    snprintf(number, sizeof number, "%d", status);
    add_field(h, nv, &n, ":status", number);
    if (*x->conn->core->date)
        add_field(h, nv, &n, "date", x->conn->core->date);
    if (length >= 0) {
        snprintf(number, sizeof number, "%lld", (long long)length);
        add_field(h, nv, &n, "content-length", number);
    }
    for (const wr_http_field *f = fields; f && f->name; f++)
        add_field(h, nv, &n, f->name, f->value);
    for (const wr_http_field *f = x->added; f && f->name; f++)
        add_field(h, nv, &n, f->name, f->value);
    return n;
}

static void http2_respond(wr_http_exchange *x, int status, const wr_http_field *fields,
                          const void *body, size_t n, bool last)
{
    http2 *h = state_of(x->conn);
    nghttp2_nv nv[FIELDS_MAX];
    int64_t length = last && status != 204 ? (int64_t)n : -1;
    size_t nv_n = collect_fields(x, status, fields, length, nv);
    bool has_body = !x->no_body && (n > 0 || !last);
    nghttp2_data_provider provider = {.source = {.ptr = x}, .read_callback = fetch_body};
    if (has_body)
        wr_buf_put(&x->out, body, n);
    /* It fails only where the stream is being closed; then its end comes by itself. */
    (void)nghttp2_submit_response(h->session, x->stream, nv, nv_n, has_body ? &provider : NULL);
}

static void resume(wr_http_exchange *x)
{
    if (x->deferred)
        nghttp2_session_resume_data(state_of(x->conn)->session, x->stream);
    x->deferred = false;
}

static void http2_write(wr_http_exchange *x, const void *data, size_t n)
{
    if (x->out_at > x->out.len / 2) {
        x->out.len -= x->out_at;
        memmove(x->out.ptr, x->out.ptr + x->out_at, x->out.len);
        x->out_at = 0;
    }
    wr_buf_put(&x->out, data, n);
    resume(x);
}

static void http2_finish(wr_http_exchange *x)
{
    resume(x);
}

static void http2_abort(wr_http_exchange *x)
{
    nghttp2_submit_rst_stream(state_of(x->conn)->session, NGHTTP2_FLAG_NONE, x->stream,
                              NGHTTP2_INTERNAL_ERROR);
}

static size_t http2_buffered(const wr_http_exchange *x)
{
    return x->out.len - x->out_at;
}

const wr__protocol wr__http2 = {
    .input = http2_input,
    .advance = http2_advance,
    .eof = http2_eof,
    .shutdown = http2_shutdown,
    .close = http2_close,
    .respond = http2_respond,
    .write = http2_write,
    .finish = http2_finish,
    .abort = http2_abort,
    .buffered = http2_buffered,
};
