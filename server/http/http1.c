/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.c - HTTP/1.0 and 1.1 on a connection, parsed by http-parser.
 *
 * One exchange at a time: while its response is not finished (or its head is held, or its body
 * paused) the parser is paused and further bytes wait in c->in, so pipelined requests are answered
 * in order by themselves. A request that is answered below its own callback is over before the
 * parser goes on, so a batch of small requests costs one pass and one write.
 *
 * A response that comes before the whole request: where little of the body is left it is read and
 * thrown away, and the connection goes on; otherwise the connection is closed after it.
 *
 * A request that asks for HTTP/2 is collected before its handler hears of it; at the end of the
 * turn the connection is HTTP/2's, with this request as its first stream.
 */
#include "server/http/exchange.h"
#include "server/http/http1_head.h"
#include "server/http/http1_upgrade.h"
#include "server/http/websocket.h"

#include <http_parser.h>
#include <strings.h>

enum phase { IN_TARGET, IN_NAME, IN_VALUE, AFTER_HEAD };

typedef struct wr__http1_state {
    http_parser parser;
    wr_http_exchange *x; /* NULL: between two requests */
    enum phase phase;
    uint32_t name_at, value_at; /* of the header that is coming */
    int refusal;                /* a status that says why parsing ended; 0 */
    bool keep_alive;            /* the client wants it, and nothing has spoken against it */
    bool expects;               /* waits for "100 Continue" */
    bool upgrades;              /* to HTTP/2, once the request is complete */
    size_t settings_n;          /* bytes of the client's settings for that */
    uint8_t settings[WR__UPGRADE_SETTINGS_MAX];
    bool eof;
} http1;

static http1 *state_of(const wr__conn *c)
{
    return c->state;
}

/* ---- the parser's callbacks; what they return but 0 ends the parsing ---- */

static int refuse(http1 *h, int status)
{
    h->refusal = status;
    return -1;
}

static int message_begins(http_parser *p)
{
    wr__conn *c = p->data;
    http1 *h = state_of(c);
    WR_ASSERT(!h->x);
    h->x = wr__exchange_new(c, WR_HTTP_1);
    if (!h->x)
        return refuse(h, 503);
    h->phase = IN_TARGET;
    h->expects = h->upgrades = false;
    h->keep_alive = false;
    c->requests++;
    return 0;
}

/* A piece of a text of the head. */
static int head_text(http1 *h, const char *at, size_t n, int too_long)
{
    wr_buf *head = &h->x->head;
    if (head->len + n > h->x->conn->core->max_head)
        return refuse(h, too_long);
    wr_buf_put(head, at, n);
    return 0;
}

static int target_came(http_parser *p, const char *at, size_t n)
{
    http1 *h = state_of(p->data);
    return head_text(h, at, n, 414);
}

/* The text that came last is complete. */
static bool end_text(http1 *h)
{
    wr_buf_putc(&h->x->head, '\0');
    return h->phase != IN_VALUE || wr__exchange_header(h->x, h->name_at, h->value_at);
}

static int name_came(http_parser *p, const char *at, size_t n)
{
    http1 *h = state_of(p->data);
    if (h->phase == AFTER_HEAD) /* trailers of a chunked body are of no use */
        return 0;
    if (h->phase != IN_NAME) {
        if (!end_text(h))
            return refuse(h, 431);
        h->phase = IN_NAME;
        h->name_at = (uint32_t)h->x->head.len;
    }
    return head_text(h, at, n, 431);
}

static int value_came(http_parser *p, const char *at, size_t n)
{
    http1 *h = state_of(p->data);
    if (h->phase == AFTER_HEAD)
        return 0;
    if (h->phase != IN_VALUE) {
        (void)end_text(h);
        h->phase = IN_VALUE;
        h->value_at = (uint32_t)h->x->head.len;
    }
    return head_text(h, at, n, 431);
}

/* What a request must be before anybody looks at it. @return 0 or the status that refuses it. */
static int head_fault(http1 *h)
{
    const wr_http_exchange *x = h->x;
    const http_parser *p = &h->parser;
    const char *expect = wr_http_header(x, "expect");
    h->expects = expect && strcasecmp(expect, "100-continue") == 0;
    if (p->http_major != 1)
        return 505;
    if (p->http_minor >= 1 && !wr_http_header(x, "host"))
        return 400;
    return expect && !h->expects ? 417 : 0;
}

static bool has_body(const http_parser *p)
{
    return p->flags & F_CHUNKED || (p->content_length > 0 && p->content_length != UINT64_MAX);
}

/* `begin`, at the end of the head or again after it was held. @return 0 or a refusal. */
static int begin(http1 *h)
{
    wr_http_exchange *x = h->x;
    wr__conn *c = x->conn;
    const http_parser *p = &h->parser;
    wr__exchange_begin(x);
    if (wr__exchange_blocked(x) || x->finished || !has_body(p))
        return 0;
    bool told = !(p->flags & F_CHUNKED);
    if (!x->streams && told && p->content_length > c->core->max_body)
        return 413;
    if (h->expects && !x->responding) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        wr_buf_put(&c->out, go_on, sizeof go_on - 1);
        h->expects = false;
    }
    return 0;
}

/* Not under TLS, where ALPN decides, nor with a body of unknown length or one that waits for a
 * word: such a request is an ordinary one. */
static bool wants_http2(http1 *h)
{
    const wr__conn *c = h->x->conn;
    const http_parser *p = &h->parser;
    WR_ASSERT(!h->x->delivered && !h->upgrades);
    if (c->secure || c->core->stopping || p->http_minor == 0 || h->expects || p->flags & F_CHUNKED)
        return false;
    if (has_body(p) && p->content_length > c->core->max_body)
        return false;
    return wr__upgrade_wants_http2(h->x, h->settings, &h->settings_n);
}

static void pause_parser(http1 *h)
{
    http_parser_pause(&h->parser, 1);
}

static int head_complete(http_parser *p)
{
    http1 *h = state_of(p->data);
    wr_http_exchange *x = h->x;
    if (!end_text(h))
        return refuse(h, 431);
    h->phase = AFTER_HEAD;
    const char *method = http_method_str((enum http_method)p->method);
    x->method_at = wr__exchange_text(x, method, strlen(method));
    int fault = head_fault(h);
    if (!fault)
        fault = wr__exchange_target(x);
    if (fault)
        return refuse(h, fault);
    h->keep_alive = http_should_keep_alive(p);
    /* The parser has seen whether another protocol is asked for. It then takes what follows the
     * head for that protocol's; of a request for HTTP/2 the body comes first, and others are
     * ordinary. */
    bool asks = p->upgrade;
    p->upgrade = asks && wr_http_wants_websocket(x);
    h->upgrades = asks && !p->upgrade && wants_http2(h);
    if (h->upgrades)
        return 0;
    fault = begin(h);
    if (fault)
        return refuse(h, fault);
    if (wr__exchange_blocked(x) || x->conn->dead)
        pause_parser(h);
    return 0;
}

static int body_came(http_parser *p, const char *at, size_t n)
{
    http1 *h = state_of(p->data);
    if (!wr__exchange_body(h->x, at, n))
        return refuse(h, 413);
    if (wr__exchange_blocked(h->x) || h->x->conn->dead)
        pause_parser(h);
    return 0;
}

/* The response is complete, and so is the request or what is read of it. */
static void end_exchange(http1 *h)
{
    wr_http_exchange *x = h->x;
    wr__conn *c = x->conn;
    h->x = NULL;
    if (!h->keep_alive) {
        c->closing = true;
        c->linger = !x->complete;
    }
    wr__exchange_end(x);
}

static int message_complete(http_parser *p)
{
    wr__conn *c = p->data;
    http1 *h = state_of(c);
    wr_http_exchange *x = h->x;
    x->complete = true;
    if (!h->upgrades)
        wr__exchange_deliver(x);
    if (x->finished && !x->aborted)
        end_exchange(h);
    if (h->x || c->closing)
        pause_parser(h);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_message_begin = message_begins,
    .on_url = target_came,
    .on_header_field = name_came,
    .on_header_value = value_came,
    .on_headers_complete = head_complete,
    .on_body = body_came,
    .on_message_complete = message_complete,
};

/* ---- bytes in ---- */

/* Answered without the handler (which hears of the end alone, where it knew the exchange). */
static void answer_refusal(wr__conn *c, int status)
{
    http1 *h = state_of(c);
    wr_http_exchange *x = h->x;
    bool said = x && x->responding;
    h->x = NULL;
    h->keep_alive = false;
    if (x)
        wr__exchange_end(x);
    if (said) { /* in the middle of a response: nothing else can be said */
        c->dead = true;
        return;
    }
    wr__http1_plain(&c->out, status);
    c->closing = c->linger = true;
}

static bool is_blocked(const wr__conn *c)
{
    const http1 *h = state_of(c);
    const wr_http_exchange *x = h->x;
    return (x && (wr__exchange_blocked(x) || x->complete)) || wr__conn_backlog(c) > WR__BACKLOG_MAX;
}

/* @return bytes used; all of them where nothing stands in the way. */
static size_t parse(wr__conn *c, const char *data, size_t n)
{
    http1 *h = state_of(c);
    size_t used = 0;
    while (used < n && !c->closing && !c->dead && c->protocol == &wr__http1 && !is_blocked(c)) {
        http_parser_pause(&h->parser, 0);
        used += http_parser_execute(&h->parser, &callbacks, data + used, n - used);
        enum http_errno e = HTTP_PARSER_ERRNO(&h->parser);
        if (c->dead || c->closing)
            break;
        if (h->refusal)
            answer_refusal(c, h->refusal);
        else if (e != HPE_OK && e != HPE_PAUSED)
            answer_refusal(c, e == HPE_HEADER_OVERFLOW ? 431 : 400);
    }
    return c->closing || c->dead ? n : used;
}

static bool has_input(const wr__conn *c)
{
    return c->in_at < c->in.len;
}

static void parse_waiting(wr__conn *c)
{
    c->in_at += parse(c, c->in.ptr + c->in_at, c->in.len - c->in_at);
    if (!has_input(c)) {
        wr_buf_free(&c->in);
        c->in_at = 0;
    }
}

static void update_wait(wr__conn *c)
{
    const http1 *h = state_of(c);
    const wr_http_exchange *x = h->x;
    if (!x)
        c->wait = WR_WAIT_IDLE;
    else if (h->phase != AFTER_HEAD)
        c->wait = WR_WAIT_HEAD;
    else
        c->wait =
            x->complete || x->streams || wr__exchange_blocked(x) ? WR_WAIT_NOTHING : WR_WAIT_BODY;
    c->paused = c->in.len - c->in_at > WR__INPUT_MAX;
}

static void http1_input(wr__conn *c, const char *data, size_t n)
{
    if (!c->state) {
        http1 *h = wr_calloc(1, sizeof *h);
        http_parser_init(&h->parser, HTTP_REQUEST);
        h->parser.data = c;
        c->state = h;
    }
    if (has_input(c)) {
        wr_buf_put(&c->in, data, n);
        parse_waiting(c);
    } else {
        size_t used = parse(c, data, n);
        wr_buf_put(&c->in, data + used, n - used);
    }
    update_wait(c);
}

/* ---- the end of a turn ---- */

/* The request, and what came after it, are HTTP/2's from here on. */
static void switch_to_http2(wr__conn *c, http1 *h)
{
    static const wr_http_field fields[] = {
        {"connection", "upgrade"}, {"upgrade", "h2c"}, {NULL, NULL}};
    wr__http1_head head = {.status = 101, .date = "", .fields = fields, .length = -1};
    wr_http_exchange *x = h->x;
    size_t said = c->out.len;
    WR_ASSERT(x && x->complete && c->state == h);
    WR_ASSERT(c->in_at <= c->in.len && !c->dead);
    wr__http1_head_put(&c->out, &head);
    c->state = NULL;
    if (!wr__http2_take_over(x, h->settings, h->settings_n)) {
        c->out.len = said;
        c->state = h;
        answer_refusal(c, 400);
        return;
    }
    wr_buf rest = c->in;
    size_t at = c->in_at;
    c->in = (wr_buf){0};
    c->in_at = 0;
    if (at < rest.len)
        c->protocol->input(c, rest.ptr + at, rest.len - at);
    wr_buf_free(&rest);
    c->dead |= h->eof;
    if (c->core->stopping && !c->dead)
        c->protocol->shutdown(c);
    wr_free(h);
    wr__conn_wake(c);
}

/* @return whether something has changed that may let the parser go on. */
static bool advance_exchange(wr__conn *c)
{
    http1 *h = state_of(c);
    wr_http_exchange *x = h->x;
    if (h->upgrades && x->complete) {
        switch_to_http2(c, h);
        return false;
    }
    if (x->again) {
        int fault = begin(h);
        if (fault) {
            answer_refusal(c, fault);
            return true;
        }
    }
    if (h->phase == AFTER_HEAD && x->begun)
        wr__exchange_deliver(x);
    if (x->version == WR_HTTP_WEBSOCKET) {
        wr__websocket_switch(c, x);
        wr_free(h);
        return false;
    }
    if (x->finished && !x->aborted && (x->complete || !h->keep_alive)) {
        end_exchange(h);
        return true;
    }
    return false;
}

static void http1_advance(wr__conn *c)
{
    http1 *h = state_of(c);
    bool again = true;
    while (again && !c->closing && !c->dead) {
        again = h->x && advance_exchange(c);
        if (c->protocol != &wr__http1)
            return;
        if (has_input(c) && !c->closing && !c->dead && !is_blocked(c)) {
            parse_waiting(c);
            again = true;
        }
    }
    if (h->x && !c->dead && wr__conn_backlog(c) == 0)
        wr__exchange_drained(h->x);
    if (h->eof && h->x && !c->dead)
        wr__exchange_half_closed(h->x);
    if (h->eof && !c->dead && (!h->x || !h->x->complete))
        c->closing = true;
    update_wait(c);
}

/* A client that has closed its side may still read: what it has asked for whole is answered. A
 * stream is not, since it is how a client says that it has had enough. */
static void http1_eof(wr__conn *c)
{
    http1 *h = state_of(c);
    h->eof = true;
    h->keep_alive = false;
    if (h->x && (!h->x->complete || (h->x->responding && !h->x->finished)))
        c->dead = true;
}

static void http1_shutdown(wr__conn *c)
{
    http1 *h = state_of(c);
    h->keep_alive = false;
    if (!h->x)
        c->closing = true;
    else if (h->x->responding && !h->x->finished)
        c->dead = true;
}

static void http1_close(wr__conn *c)
{
    http1 *h = state_of(c);
    if (h && h->x)
        wr__exchange_end(h->x);
    wr_free(h);
    c->state = NULL;
}

/* ---- the response ---- */

/* Is so much of the body to come that closing is the better answer? */
static bool too_much_to_come(const http1 *h)
{
    const http_parser *p = &h->parser;
    if (h->x->complete || !has_body(p))
        return false;
    return h->expects || p->flags & F_CHUNKED || p->content_length > WR__THROWN_AWAY_MAX;
}

static void http1_write(wr_http_exchange *x, const void *data, size_t n)
{
    wr_buf *out = &x->conn->out;
    if (!x->chunked) {
        wr_buf_put(out, data, n);
        return;
    }
    const char *bytes = data; /* NULL where there are none */
    for (size_t at = 0, size; at < n; at += size) {
        size = x->lines ? wr__line_len(bytes + at, n - at) : n - at;
        wr__http1_chunk_put(out, bytes + at, size);
    }
}

static void end_chunks(wr_http_exchange *x)
{
    if (x->chunked)
        wr_buf_put(&x->conn->out, "0\r\n\r\n", 5);
}

static void http1_respond(wr_http_exchange *x, int status, const wr_http_field *fields,
                          const void *body, size_t n, bool last)
{
    wr__conn *c = x->conn;
    http1 *h = state_of(c);
    bool old = h->parser.http_minor == 0;
    x->chunked = (!last || x->lines) && !old && !x->no_body;
    /* A response that goes on while the request comes is judged at its end. */
    if ((last && too_much_to_come(h)) || c->core->stopping || (!last && old && !x->no_body))
        h->keep_alive = false;
    wr__http1_head head = {.status = status,
                           .date = c->core->date,
                           .fields = fields,
                           .added = x->added,
                           .chunked = x->chunked,
                           .length = last && !x->chunked && status != 204 ? (int64_t)n : -1,
                           .close = !h->keep_alive,
                           .keep_alive = h->keep_alive && old};
    wr__http1_head_put(&c->out, &head);
    if (!x->no_body)
        http1_write(x, body, n);
    if (last)
        end_chunks(x);
}

static void http1_finish(wr_http_exchange *x)
{
    http1 *h = state_of(x->conn);
    if (too_much_to_come(h))
        h->keep_alive = false;
    end_chunks(x);
}

static void http1_abort(wr_http_exchange *x)
{
    x->conn->dead = true;
}

static size_t http1_buffered(const wr_http_exchange *x)
{
    return wr__conn_backlog(x->conn);
}

const wr__protocol wr__http1 = {
    .input = http1_input,
    .advance = http1_advance,
    .eof = http1_eof,
    .shutdown = http1_shutdown,
    .close = http1_close,
    .respond = http1_respond,
    .write = http1_write,
    .finish = http1_finish,
    .abort = http1_abort,
    .buffered = http1_buffered,
};
