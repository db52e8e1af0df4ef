/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - the life of an exchange, and what handlers see and do.
 *
 * The functions of http.h check what is the same for all protocols (once begun is not begun again,
 * after the end nothing counts) and go on to the protocol. No call of a handler comes from one of
 * them: the protocol wakes its connection, and goes on in `advance`.
 */
#include "server/http/exchange.h"

#include "server/http/target.h"
#include "server/http/websocket.h"

#include <strings.h>

#define SLOT_BITS 22
#define SLOT_MASK ((1u << SLOT_BITS) - 1)
/* Memory that a free exchange keeps for the next request. */
#define KEEP_BYTES 4096
/* Collected bodies of all requests together; what does not fit is refused with 503. */
#define BODIES_MAX (256u << 20)

/* ---- life ---- */

static wr_http_exchange *new_slot(wr__http_core *core)
{
    if (core->table_n > SLOT_MASK)
        return NULL;
    if (core->table_n == core->table_cap) {
        core->table_cap = core->table_cap ? 2 * core->table_cap : 64;
        core->table = wr_realloc(core->table, core->table_cap * sizeof *core->table);
    }
    wr_http_exchange *x = wr_calloc(1, sizeof *x);
    x->id = core->table_n;
    core->table[core->table_n++] = x;
    return x;
}

wr_http_exchange *wr__exchange_new(wr__conn *c, wr_http_version version)
{
    wr__http_core *core = c->core;
    wr_http_exchange *x = core->free;
    if (x)
        core->free = x->next;
    else if (!(x = new_slot(core)))
        return NULL;
    /* What is kept from one use to the next: place, and memory for texts. */
    wr_http_exchange again = {.conn = c,
                              .id = x->id + (1u << SLOT_BITS),
                              .version = version,
                              .head = x->head,
                              .body = x->body,
                              .headers = x->headers,
                              .headers_cap = x->headers_cap,
                              .texts = x->texts,
                              .path = "",
                              .query = "",
                              .next = c->exchanges};
    *x = again;
    if (x->next)
        x->next->prev = x;
    c->exchanges = x;
    if (core->now_ms)
        x->began_ms = core->now_ms(core->clock_arg);
    return x;
}

static void shrink(wr_buf *b)
{
    wr_buf_clear(b);
    if (b->cap > KEEP_BYTES)
        wr_buf_free(b);
}

void wr__exchange_end(wr_http_exchange *x)
{
    wr__conn *c = x->conn;
    wr__http_core *core = c->core;
    WR_ASSERT(c && !x->in_handler);
    x->finished = true; /* what the handler still writes goes nowhere */
    if (x->begun && core->handler.end)
        core->handler.end(core->handler.arg, x);
    WR_ASSERT(core->bodies >= x->counted);
    core->bodies -= x->counted;
    if (x->prev)
        x->prev->next = x->next;
    else
        c->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
    shrink(&x->head);
    shrink(&x->body);
    wr_buf_free(&x->out);
    wr__websocket_free(x->websocket);
    if (x->texts)
        wr_arena_reset(x->texts);
    x->conn = NULL;
    x->next = core->free;
    core->free = x;
}

void wr__http_core_fini(wr__http_core *core)
{
    for (uint32_t i = 0; i < core->table_n; i++) {
        wr_http_exchange *x = core->table[i];
        WR_ASSERT(!x->conn);
        wr_buf_free(&x->head);
        wr_buf_free(&x->body);
        wr_free(x->headers);
        if (x->texts)
            wr_arena_free(x->texts);
        wr_free(x);
    }
    wr_free(core->table);
    core->table = NULL;
    core->table_n = core->table_cap = 0;
    core->free = NULL;
}

/* ---- the head ---- */

uint32_t wr__exchange_text(wr_http_exchange *x, const char *text, size_t n)
{
    uint32_t at = (uint32_t)x->head.len;
    WR_ASSERT(!x->begun && x->head.len <= UINT32_MAX);
    wr_buf_put(&x->head, text, n);
    wr_buf_putc(&x->head, '\0');
    return at;
}

bool wr__exchange_header(wr_http_exchange *x, uint32_t name, uint32_t value)
{
    if (x->headers_n == WR__HEADERS_MAX)
        return false;
    if (x->headers_n == x->headers_cap) {
        x->headers_cap = x->headers_cap ? 2 * x->headers_cap : 16;
        x->headers = wr_realloc(x->headers, x->headers_cap * sizeof *x->headers);
    }
    x->headers[x->headers_n++] = (wr__header){name, value};
    return true;
}

static wr_arena *texts_of(wr_http_exchange *x)
{
    if (!x->texts)
        x->texts = wr_arena_new(512);
    return x->texts;
}

int wr__exchange_target(wr_http_exchange *x)
{
    const char *target = x->head.ptr + x->target_at;
    size_t path_len;
    const char *path = wr__target_split(target, &path_len, &x->query);
    if (!path)
        return 400;
    if (!memchr(path, '%', path_len) && path[path_len] == '\0') {
        x->path = path;
        return 0;
    }
    char *decoded = wr_arena_alloc(texts_of(x), path_len + 1);
    x->path = decoded;
    return wr__percent_decode(path, path_len, false, decoded) ? 0 : 400;
}

/* ---- towards the handler ---- */

void wr__exchange_begin(wr_http_exchange *x)
{
    const wr_http_handler *h = &x->conn->core->handler;
    WR_ASSERT(x->path && !x->in_handler && !x->delivered);
    x->held = x->again = false;
    x->begun = true; /* from here on `end` is owed, also where begin holds it */
    x->in_handler = true;
    x->streams = h->begin && h->begin(h->arg, x) && h->body;
    x->in_handler = false;
}

bool wr__exchange_body(wr_http_exchange *x, const char *data, size_t n)
{
    wr__http_core *core = x->conn->core;
    WR_ASSERT(!x->in_handler && !x->complete);
    if (x->finished)
        return true;
    if (x->streams && !wr__exchange_blocked(x) && x->body.len == 0) {
        x->in_handler = true;
        core->handler.body(core->handler.arg, x, data, n, false);
        x->in_handler = false;
        return true;
    }
    if (!x->streams && !x->held) {
        if (x->body.len + n > core->max_body || core->bodies + n > BODIES_MAX)
            return false;
        core->bodies += n;
        x->counted += n;
    }
    wr_buf_put(&x->body, data, n);
    return true;
}

static void deliver_pieces(wr_http_exchange *x)
{
    const wr_http_handler *h = &x->conn->core->handler;
    if (x->body.len == 0 && !x->complete)
        return;
    WR_ASSERT(h->body && !x->delivered);
    x->delivered = x->complete;
    wr_buf piece = x->body; /* the handler may pause, and pieces may be kept again meanwhile */
    x->body = (wr_buf){0};
    h->body(h->arg, x, piece.ptr ? piece.ptr : "", piece.len, x->complete);
    wr_buf_free(&piece);
}

void wr__exchange_deliver(wr_http_exchange *x)
{
    const wr_http_handler *h = &x->conn->core->handler;
    if (x->finished || x->delivered || wr__exchange_blocked(x))
        return;
    WR_ASSERT(x->begun && !x->in_handler);
    x->in_handler = true;
    if (x->streams) {
        deliver_pieces(x);
    } else if (x->complete) {
        x->delivered = true;
        if (h->request)
            h->request(h->arg, x);
    }
    x->in_handler = false;
}

void wr__exchange_half_closed(wr_http_exchange *x)
{
    const wr_http_handler *h = &x->conn->core->handler;
    if (x->half_closed || !x->delivered || x->responding || x->finished)
        return;
    WR_ASSERT(!x->in_handler && x->begun);
    x->half_closed = true;
    x->in_handler = true;
    if (h->half_closed)
        h->half_closed(h->arg, x);
    x->in_handler = false;
}

void wr__exchange_drained(wr_http_exchange *x)
{
    const wr_http_handler *h = &x->conn->core->handler;
    if (!x->undrained || x->finished)
        return;
    WR_ASSERT(x->begun && x->responding && !x->in_handler);
    x->undrained = false;
    x->in_handler = true;
    if (h->drained)
        h->drained(h->arg, x);
    x->in_handler = false;
}

/* ---- the request, for handlers ---- */

wr_http_version wr_http_version_of(const wr_http_exchange *x)
{
    return x->version;
}

const char *wr_http_method(const wr_http_exchange *x)
{
    return x->head.ptr + x->method_at;
}

const char *wr_http_path(const wr_http_exchange *x)
{
    return x->path;
}

const char *wr_http_query(const wr_http_exchange *x)
{
    return x->query;
}

const char *wr_http_parameter(const wr_http_exchange *x, const char *name)
{
    if (!*x->query)
        return NULL;
    /* The arena is no part of what the caller sees as the exchange. */
    return wr__query_parameter(x->query, name, texts_of((wr_http_exchange *)x));
}

const char *wr_http_header(const wr_http_exchange *x, const char *name)
{
    const char *found = NULL;
    for (uint32_t i = 0; i < x->headers_n; i++) {
        const char *value = x->head.ptr + x->headers[i].value;
        if (strcasecmp(x->head.ptr + x->headers[i].name, name) != 0)
            continue;
        found = found ? wr_arena_printf(texts_of((wr_http_exchange *)x), "%s, %s", found, value)
                      : value;
    }
    return found;
}

const char *wr_http_peer(const wr_http_exchange *x)
{
    return x->conn->peer;
}

const char *wr_http_client_subject(const wr_http_exchange *x)
{
    return x->conn->subject;
}

bool wr_http_is_local(const wr_http_exchange *x)
{
    return x->conn->local;
}

const char *wr_http_body(const wr_http_exchange *x, size_t *n)
{
    *n = x->body.len;
    return wr_buf_cstr(&((wr_http_exchange *)x)->body);
}

void *wr_http_data(const wr_http_exchange *x)
{
    return x->data;
}

void wr_http_set_data(wr_http_exchange *x, void *data)
{
    x->data = data;
}

void *wr_http_front(const wr_http_exchange *x)
{
    return x->front;
}

void wr_http_set_front(wr_http_exchange *x, void *front)
{
    x->front = front;
}

uint64_t wr_http_id(const wr_http_exchange *x)
{
    return x->id;
}

wr_http_exchange *wr__exchange_find(wr__http_core *core, uint64_t id)
{
    uint32_t slot = (uint32_t)(id & SLOT_MASK);
    if (slot >= core->table_n)
        return NULL;
    wr_http_exchange *x = core->table[slot];
    return x->conn && x->id == id ? x : NULL;
}

wr_http_server *wr_http_server_of(const wr_http_exchange *x)
{
    return x->conn->core->server;
}

int wr_http_status(const wr_http_exchange *x)
{
    return x->status;
}

uint64_t wr_http_sent(const wr_http_exchange *x)
{
    return x->sent;
}

int64_t wr_http_age_ms(const wr_http_exchange *x)
{
    const wr__http_core *core = x->conn->core;
    return core->now_ms ? core->now_ms(core->clock_arg) - x->began_ms : 0;
}

/* ---- the response ---- */

#define ADDED_MAX 8

void wr_http_add_field(wr_http_exchange *x, const char *name, const char *value)
{
    if (x->responding || x->finished)
        return;
    WR_ASSERT(x->added_n < ADDED_MAX);
    if (!x->added)
        x->added = WR_NEW_N(texts_of(x), wr_http_field, ADDED_MAX + 1);
    x->added[x->added_n++] =
        (wr_http_field){wr_arena_strdup(texts_of(x), name), wr_arena_strdup(texts_of(x), value)};
}

static bool may_begin(wr_http_exchange *x, int status)
{
    if (x->responding || x->finished)
        return false;
    WR_ASSERT(status >= 200 && status <= 599);
    x->responding = true;
    x->status = status;
    x->held = x->again = false;
    x->no_body = status == 204 || status == 304 || strcmp(wr_http_method(x), "HEAD") == 0;
    return true;
}

void wr_http_respond(wr_http_exchange *x, int status, const wr_http_field *fields, const void *body,
                     size_t n)
{
    if (!may_begin(x, status))
        return;
    x->conn->protocol->respond(x, status, fields, body, n, true);
    x->sent += x->no_body ? 0 : n;
    x->finished = true;
    wr__conn_wake(x->conn);
}

void wr_http_begin_response(wr_http_exchange *x, int status, const wr_http_field *fields)
{
    if (!may_begin(x, status))
        return;
    x->conn->protocol->respond(x, status, fields, NULL, 0, false);
    wr__conn_wake(x->conn);
}

void wr_http_write(wr_http_exchange *x, const void *data, size_t n)
{
    if (!x->responding || x->finished || n == 0 || x->no_body || x->websocket)
        return;
    WR_ASSERT(data && x->conn);
    x->conn->protocol->write(x, data, n);
    x->sent += n;
    x->undrained = true;
    wr__conn_wake(x->conn);
}

void wr_http_split_lines(wr_http_exchange *x)
{
    x->lines = true;
}

void wr_http_finish(wr_http_exchange *x)
{
    if (!x->responding || x->finished || x->websocket)
        return;
    x->finished = true;
    x->conn->protocol->finish(x);
    wr__conn_wake(x->conn);
}

void wr_http_abort(wr_http_exchange *x)
{
    if (x->aborted || (x->finished && x->version != WR_HTTP_2))
        return;
    x->finished = x->aborted = true;
    x->conn->protocol->abort(x);
    wr__conn_wake(x->conn);
}

size_t wr_http_buffered(const wr_http_exchange *x)
{
    return x->conn->protocol->buffered(x);
}

bool wr_http_responding(const wr_http_exchange *x)
{
    return x->responding;
}

void wr_http_pause_body(wr_http_exchange *x, bool paused)
{
    if (x->paused == paused)
        return;
    x->paused = paused;
    wr__conn_wake(x->conn);
}

void wr_http_hold(wr_http_exchange *x)
{
    WR_ASSERT(x->in_handler && !x->responding);
    x->held = true;
}

void wr_http_release(wr_http_exchange *x)
{
    if (!x->held || x->finished)
        return;
    x->held = false;
    x->again = true;
    wr__conn_wake(x->conn);
}
