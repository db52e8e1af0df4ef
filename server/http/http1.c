/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 (RFC 9112) over http-parser. One exchange at a time: of a pipeline, the next request is
 * looked at when the response before it is complete.
 */
#include "server/http/internal.h"

#include <http_parser.h>
#include <string.h>
#include <strings.h>

/** What may come behind a request whose response is not complete before reading stops. */
#define AHEAD_MAX (64u << 10)

typedef struct wr__http1_state {
    http_parser parser;
    wr_http_exchange *x; /* NULL: between two */
    wr_buf target, name, value;
    bool in_value, refused;
    bool waiting; /* the message is complete, its response is not */
    bool parsing; /* a call of the parser is under way */
} wr__http1_state;

static wr__http1_state *state_of(http_parser *p)
{
    return ((wr__conn *)p->data)->state;
}

/* ---- the parser's callbacks; other than 0: stop ---- */

static int on_begin(http_parser *p)
{
    wr__http1_state *s = state_of(p);
    wr__conn *c = p->data;
    WR_ASSERT(!s->x);
    s->x = wr__exchange_new(c, WR_HTTP_1);
    wr_buf_clear(&s->target);
    wr_buf_clear(&s->name);
    wr_buf_clear(&s->value);
    s->in_value = false;
    return 0;
}

static int refuse(wr__http1_state *s, int status)
{
    s->refused = true;
    if (!s->x->finished)
        wr__exchange_refuse(s->x, status);
    return 1;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
    wr__http1_state *s = state_of(p);
    wr_buf_put(&s->target, at, n);
    return s->target.len > ((wr__conn *)p->data)->limit_head ? refuse(s, 414) : 0;
}

static int put_field(wr__http1_state *s)
{
    if (!s->in_value)
        return 0;
    s->in_value = false;
    bool fits = wr__exchange_field(s->x, s->name.ptr, s->name.len, s->value.ptr ? s->value.ptr : "",
                                   s->value.len);
    wr_buf_clear(&s->name);
    wr_buf_clear(&s->value);
    return fits ? 0 : refuse(s, 431);
}

static int on_name(http_parser *p, const char *at, size_t n)
{
    wr__http1_state *s = state_of(p);
    if (put_field(s))
        return 1;
    wr_buf_put(&s->name, at, n);
    return s->name.len > ((wr__conn *)p->data)->limit_head ? refuse(s, 431) : 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    wr__http1_state *s = state_of(p);
    s->in_value = true;
    wr_buf_put(&s->value, at, n);
    return s->value.len > ((wr__conn *)p->data)->limit_head ? refuse(s, 431) : 0;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',') {
        p += strspn(p, " \t");
        if (strncasecmp(p, word, n) == 0 && strchr(", \t", p[n]))
            return true;
    }
    return false;
}

static int on_head(http_parser *p)
{
    wr__http1_state *s = state_of(p);
    wr_http_exchange *x = s->x;
    if (put_field(s))
        return 1;
    x->method = http_method_str((enum http_method)p->method);
    if (!wr__exchange_target(x, s->target.ptr ? s->target.ptr : "", s->target.len))
        return refuse(s, 400);
    if (p->http_major != 1)
        return refuse(s, 505);
    x->keep_alive = http_should_keep_alive(p);
    x->no_body = p->method == HTTP_HEAD;
    x->wants_websocket = p->upgrade && p->method == HTTP_GET &&
                         has_word(wr_http_header(x, "upgrade"), "websocket") &&
                         wr_http_header(x, "sec-websocket-key");
    p->upgrade = 0; /* any other is not taken up: the request counts as it is */
    const char *expect = wr_http_header(x, "expect");
    x->conn->in_head = false;
    wr__exchange_head(x);
    if (expect && !x->responding) {
        if (!has_word(expect, "100-continue"))
            return refuse(s, 417);
        wr_buf_puts(&x->conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
        wr__conn_touch(x->conn);
    }
    return 0;
}

static int on_body(http_parser *p, const char *at, size_t n)
{
    wr__http1_state *s = state_of(p);
    wr__exchange_body(s->x, at, n);
    if (s->x->too_large)
        return refuse(s, 413);
    if (s->x->body_paused)
        http_parser_pause(p, 1);
    return 0;
}

static int on_complete(http_parser *p)
{
    wr__http1_state *s = state_of(p);
    s->waiting = true;
    http_parser_pause(p, 1);
    wr__exchange_body_end(s->x);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

/* ---- the connection ---- */

static wr__http1_state *state_for(wr__conn *c)
{
    if (!c->state) {
        wr__http1_state *s = wr_calloc(1, sizeof *s);
        http_parser_init(&s->parser, HTTP_REQUEST);
        s->parser.data = c;
        c->state = s;
    }
    return c->state;
}

/* A response is complete: the next request may come. @return false: none may. */
static bool next_request(wr__conn *c)
{
    wr__http1_state *s = c->state;
    wr_http_exchange *x = s->x;
    bool more = x->keep_alive && s->waiting && !s->refused && !c->ending;
    s->x = NULL;
    s->waiting = false;
    wr__exchange_end(x);
    if (c->closing || !more)
        return false;
    c->since_ms = wr__conn_now(c);
    http_parser_pause(&s->parser, 0);
    return true;
}

/* What cannot be read as HTTP/1 is told so, if anything may still be said. */
static bool give_up(wr__conn *c)
{
    wr__http1_state *s = c->state;
    if (!s->x)
        s->x = wr__exchange_new(c, WR_HTTP_1);
    if (!s->refused && !s->x->responding)
        wr__exchange_refuse(s->x, 400);
    s->refused = true;
    return next_request(c);
}

static bool receive(wr__conn *c, const uint8_t *data, size_t n, size_t *used)
{
    wr__http1_state *s = state_for(c);
    *used = 0;
    while (*used < n && c->protocol == &wr__http1) {
        if (s->waiting && !s->x->finished)
            return true; /* behind a response that is not complete */
        if (s->waiting && !next_request(c))
            return false;
        if (s->x && s->x->body_paused)
            return true;
        if (wr__conn_pending(c) > WR__OUT_MAX)
            return true;
        if (!s->x && !c->in_head) {
            c->in_head = true;
            c->since_ms = wr__conn_now(c);
        }
        http_parser_pause(&s->parser, 0);
        s->parsing = true;
        *used += http_parser_execute(&s->parser, &settings, (const char *)data + *used, n - *used);
        s->parsing = false;
        if (c->protocol != &wr__http1) {
            wr__http1_release(c);
            return true;
        }
        enum http_errno e = HTTP_PARSER_ERRNO(&s->parser);
        if (s->refused && s->x)
            return next_request(c);
        if (e != HPE_OK && e != HPE_PAUSED)
            return give_up(c);
    }
    return true;
}

static bool flush(wr__conn *c)
{
    wr__http1_state *s = c->state;
    if (!s || !s->x || !s->x->finished)
        return true;
    if (!s->waiting && !s->refused && s->x->keep_alive)
        return true; /* the rest of the body is thrown away first */
    return next_request(c);
}

static void free_state(wr__http1_state *s)
{
    wr_buf_free(&s->target);
    wr_buf_free(&s->name);
    wr_buf_free(&s->value);
    wr_free(s);
}

static void close_all(wr__conn *c)
{
    wr__http1_state *s = c->state;
    if (!s)
        return;
    free_state(s); /* its exchange is in the connection's list */
    c->state = NULL;
}

static void stop(wr__conn *c)
{
    wr__http1_state *s = c->state;
    if (!s || !s->x) {
        c->ending = true;
        wr__conn_touch(c);
        return;
    }
    s->x->keep_alive = false;
    if (s->x->responding && !s->x->finished)
        wr_http_abort(s->x);
}

void wr__http1_release(wr__conn *c)
{
    wr__http1_state *s = c->state;
    if (s->parsing)
        return;
    c->state = NULL;
    free_state(s);
}

/* ---- responses ---- */

static void put_head(wr_buf *out, const wr_http_field *fields)
{
    for (const wr_http_field *f = fields; f && f->name; f++) {
        wr_buf_puts(out, f->name);
        wr_buf_puts(out, ": ");
        wr_buf_puts(out, f->value);
        wr_buf_puts(out, "\r\n");
    }
}

static void head(wr_http_exchange *x, int status, const wr_http_field *fields, int64_t n)
{
    wr_buf *out = &x->conn->out;
    bool has_length = n >= 0 && status != 101 && status != 204 && status != 304;
    x->chunked = n < 0 && status != 101;
    wr_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, wr__status_text(status));
    put_head(out, fields);
    if (has_length)
        wr_buf_printf(out, "Content-Length: %lld\r\n", (long long)n);
    if (x->chunked)
        wr_buf_puts(out, "Transfer-Encoding: chunked\r\n");
    if (!x->keep_alive && status != 101)
        wr_buf_puts(out, "Connection: close\r\n");
    wr_buf_puts(out, "\r\n");
}

static void write_body(wr_http_exchange *x, const void *data, size_t n)
{
    wr_buf *out = &x->conn->out;
    if (x->no_body)
        return;
    if (x->chunked)
        wr_buf_printf(out, "%zx\r\n", n);
    wr_buf_put(out, data, n);
    if (x->chunked)
        wr_buf_puts(out, "\r\n");
}

static void finish(wr_http_exchange *x)
{
    if (x->chunked && !x->no_body)
        wr_buf_puts(&x->conn->out, "0\r\n\r\n");
}

/* Who reads a response that is cut off notices by the missing last chunk. */
static void abort_exchange(wr_http_exchange *x)
{
    wr__http1_state *s = x->conn->state;
    x->keep_alive = false;
    s->refused = true;
}

static size_t buffered(const wr_http_exchange *x)
{
    return wr__conn_pending(x->conn);
}

static void pause_body(wr_http_exchange *x, bool paused)
{
    wr__conn_read(x->conn, !paused || x->conn->in.len < AHEAD_MAX);
}

const wr__protocol wr__http1 = {
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
