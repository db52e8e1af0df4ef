/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 (RFC 9113) over nghttp2. A stream is an exchange. What is written waits with its exchange
 * until the client's windows, and `out`, have room; what comes opens the client's windows again
 * when the handler has taken it.
 */
#include "server/http/internal.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

enum { WINDOW = 1 << 20 };

static nghttp2_session *session_of(const wr__conn *c)
{
    return c->state;
}

static wr_http_exchange *find(nghttp2_session *session, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(session, stream);
}

/* ---- requests ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    wr__conn *c = arg;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    wr_http_exchange *x = wr__exchange_new(c, WR_HTTP_2);
    x->stream = frame->hd.stream_id;
    x->keep_alive = true;
    return nghttp2_session_set_stream_user_data(session, x->stream, x);
}

static bool is_name(const uint8_t *name, size_t n, const char *what)
{
    return n == strlen(what) && memcmp(name, what, n) == 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
    (void)flags, (void)arg;
    wr_http_exchange *x = find(session, frame->hd.stream_id);
    if (!x || x->begun) /* trailers */
        return 0;
    const char *v = (const char *)value;
    if (is_name(name, name_n, ":method"))
        x->method = wr_arena_strndup(x->arena, v, value_n);
    else if (is_name(name, name_n, ":path"))
        x->head_too_large |= !wr__exchange_target(x, v, value_n);
    else if (is_name(name, name_n, ":authority"))
        x->head_too_large |= !wr__exchange_field(x, "host", 4, v, value_n);
    else if (name_n && name[0] != ':')
        x->head_too_large |= !wr__exchange_field(x, (const char *)name, name_n, v, value_n);
    return 0;
}

static void body_end(wr_http_exchange *x)
{
    if (x->streaming && x->body_paused)
        x->end_held = true;
    else
        wr__exchange_body_end(x);
}

static void head_is_here(wr_http_exchange *x)
{
    x->no_body = strcmp(x->method, "HEAD") == 0;
    if (x->head_too_large)
        wr__exchange_refuse(x, x->head_bytes > x->conn->limit_head ? 431 : 400);
    else
        wr__exchange_head(x);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    bool is_head = frame->hd.type == NGHTTP2_HEADERS;
    if (!is_head && frame->hd.type != NGHTTP2_DATA)
        return 0;
    wr_http_exchange *x = find(session, frame->hd.stream_id);
    if (!x)
        return 0;
    if (is_head && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        head_is_here(x);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        body_end(x);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t n, void *arg)
{
    (void)flags, (void)arg;
    wr_http_exchange *x = find(session, stream);
    if (x && x->streaming && x->body_paused) {
        wr_buf_put(&x->body, data, n); /* at most a window */
        return 0;
    }
    if (x)
        wr__exchange_body(x, data, n);
    return nghttp2_session_consume(session, stream, n);
}

/* What came while the body was paused. */
static void pause_body(wr_http_exchange *x, bool paused)
{
    nghttp2_session *session = session_of(x->conn);
    if (paused || !x->streaming)
        return;
    wr_buf held = x->body;
    x->body = (wr_buf){0};
    if (held.len) {
        wr__exchange_body(x, held.ptr, held.len);
        (void)nghttp2_session_consume(session, x->stream, held.len);
    }
    wr_buf_free(&held);
    if (x->end_held && !x->body_paused) {
        x->end_held = false;
        wr__exchange_body_end(x);
    }
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
    wr__conn *c = arg;
    (void)code;
    wr_http_exchange *x = find(session, stream);
    if (!x)
        return 0;
    (void)nghttp2_session_set_stream_user_data(session, stream, NULL);
    wr__exchange_end(x);
    c->since_ms = wr__conn_now(c);
    return 0;
}

/* ---- responses ---- */

/* A response that is complete before its request: the client need not send the rest. */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)arg;
    if ((frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    wr_http_exchange *x = find(session, frame->hd.stream_id);
    if (x && !x->body_done)
        (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, x->stream, NGHTTP2_NO_ERROR);
    return 0;
}

static ssize_t on_read(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                       uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session, (void)stream, (void)arg;
    wr_http_exchange *x = source->ptr;
    size_t n = WR_MIN(room, x->out.len - x->out_at);
    if (n == 0 && !x->finished) {
        x->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n)
        memcpy(to, x->out.ptr + x->out_at, n);
    x->out_at += n;
    if (x->out_at == x->out.len) {
        x->out_at = 0;
        wr_buf_clear(&x->out);
        if (x->finished)
            *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)n;
}

static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

static void head(wr_http_exchange *x, int status, const wr_http_field *fields, int64_t n)
{
    nghttp2_session *session = session_of(x->conn);
    wr_arr(nghttp2_nv) nv = {0};
    nghttp2_nv p = pair(":status", wr_arena_printf(x->arena, "%d", status));
    wr_arr_push(x->arena, &nv, p);
    for (const wr_http_field *f = fields; f && f->name; f++) {
        char *small = wr_arena_strdup(x->arena, f->name);
        for (char *c = small; *c; c++)
            *c = wr_lower(*c);
        p = pair(small, f->value);
        wr_arr_push(x->arena, &nv, p);
    }
    if (n >= 0 && status != 204 && status != 304) {
        p = pair("content-length", wr_arena_printf(x->arena, "%lld", (long long)n));
        wr_arr_push(x->arena, &nv, p);
    }
    nghttp2_data_provider body = {.source.ptr = x, .read_callback = on_read};
    bool empty = n == 0 || x->no_body;
    x->no_body = empty;
    (void)nghttp2_submit_response(session, x->stream, nv.v, nv.n, empty ? NULL : &body);
}

static void resume(wr_http_exchange *x)
{
    if (!x->deferred)
        return;
    x->deferred = false;
    (void)nghttp2_session_resume_data(session_of(x->conn), x->stream);
}

static void write_body(wr_http_exchange *x, const void *data, size_t n)
{
    if (x->no_body)
        return;
    wr_buf_put(&x->out, data, n);
    resume(x);
}

static void finish(wr_http_exchange *x)
{
    resume(x);
}

static void abort_exchange(wr_http_exchange *x)
{
    (void)nghttp2_submit_rst_stream(session_of(x->conn), NGHTTP2_FLAG_NONE, x->stream,
                                    NGHTTP2_INTERNAL_ERROR);
}

static size_t buffered(const wr_http_exchange *x)
{
    return x->out.len - x->out_at;
}

/* ---- the connection ---- */

static void open_session(wr__conn *c)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_session *session = NULL;
    (void)nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    (void)nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, c->limit_head);
    (void)nghttp2_session_server_new2(&session, callbacks, c, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    WR_ASSERT(session);
    c->state = session;
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, c->limit_streams},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)c->limit_head},
    };
    (void)nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, WR_ARRAY_LEN(settings));
    (void)nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW);
}

static bool receive(wr__conn *c, const uint8_t *data, size_t n, size_t *used)
{
    if (!c->state)
        open_session(c);
    ssize_t taken = nghttp2_session_mem_recv(session_of(c), data, n);
    *used = n;
    return taken >= 0; /* what the other side is told of it is in the session's output */
}

static bool flush(wr__conn *c)
{
    nghttp2_session *session = session_of(c);
    if (!session)
        return true;
    while (wr__conn_pending(c) < WR__OUT_MAX) {
        const uint8_t *data;
        ssize_t n = nghttp2_session_mem_send(session, &data);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        wr_buf_put(&c->out, data, (size_t)n);
    }
    if (c->server && c->server->stopping && !c->exchanges)
        return false;
    return nghttp2_session_want_read(session) || nghttp2_session_want_write(session);
}

static void close_all(wr__conn *c)
{
    nghttp2_session_del(session_of(c));
    c->state = NULL;
}

static void stop(wr__conn *c)
{
    nghttp2_session *session = session_of(c);
    if (session)
        (void)nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                    nghttp2_session_get_last_proc_stream_id(session),
                                    NGHTTP2_NO_ERROR, NULL, 0);
    for (wr_http_exchange *x = c->exchanges; x; x = x->next)
        if (x->responding && !x->finished)
            wr_http_abort(x);
    wr__conn_touch(c);
}

const wr__protocol wr__http2 = {
    .receive = receive,
    .flush = flush,
    .close = close_all,
    .stop = stop,
    .head = head,
    .write = write_body,
    .finish = finish,
    .abort = abort_exchange,
    .buffered = buffered,
    .pause = pause_body,
};
