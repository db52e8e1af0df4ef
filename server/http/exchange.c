/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange: what is known of a request, and the way of its response to the protocol. */
#include "server/http/internal.h"

#include <string.h>
#include <strings.h>

enum { ARENA_BYTES = 2048, KEEP_BODY = 16384 };

static wr_str id_key(const uint64_t *id)
{
    return wr_str_make((const char *)id, sizeof *id);
}

/* ---- life ---- */

/* A connection keeps the last one: most have one after the other. */
wr_http_exchange *wr__exchange_new(wr__conn *c, wr_http_version version)
{
    wr_http_exchange *x = c->spare;
    c->spare = NULL;
    if (!x) {
        x = wr_calloc(1, sizeof *x);
        x->arena = wr_arena_new(ARENA_BYTES);
    }
    x->conn = c;
    x->version = version;
    x->method = x->path = "";
    x->id = c->server ? ++c->server->next_id : 1;
    x->next = c->exchanges;
    if (x->next)
        x->next->prev = x;
    c->exchanges = x;
    return x;
}

static void unlink_from(wr__conn *c, wr_http_exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        c->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
}

static void recycle(wr__conn *c, wr_http_exchange *x)
{
    wr_arena *arena = x->arena;
    wr_buf body = x->body;
    wr_buf_free(&x->out);
    if (c->spare || c->closing || body.cap > KEEP_BODY || wr_arena_held(arena) > KEEP_BODY) {
        wr_buf_free(&body);
        wr_arena_free(arena);
        wr_free(x);
        return;
    }
    wr_arena_reset(arena);
    wr_buf_clear(&body);
    *x = (wr_http_exchange){.arena = arena, .body = body};
    c->spare = x;
}

void wr__exchange_end(wr_http_exchange *x)
{
    wr__conn *c = x->conn;
    WR_ASSERT(!x->ended);
    x->ended = true;
    if (x->begun) {
        if (c->server)
            (void)wr_map_remove(&c->server->by_id, id_key(&x->id));
        if (c->handler->end)
            c->handler->end(c->handler->arg, x);
    }
    unlink_from(c, x);
    recycle(c, x);
}

wr_http_exchange *wr_http_find(wr_http_server *s, uint64_t id)
{
    return wr_map_get(&s->by_id, id_key(&id));
}

/* ---- what a protocol finds in a request ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = wr_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded, in place; NULL: a byte 0 would be in it. What is no %XX stays as it is. */
static char *decode(char *s, bool plus_is_blank)
{
    char *to = s;
    for (const char *p = s; *p; p++) {
        int high = *p == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
        if (low >= 0) {
            if (high == 0 && low == 0)
                return NULL;
            *to++ = (char)(high * 16 + low);
            p += 2;
        } else {
            *to++ = *p == '+' && plus_is_blank ? ' ' : *p;
        }
    }
    *to = '\0';
    return s;
}

bool wr__exchange_target(wr_http_exchange *x, const char *target, size_t n)
{
    if (memchr(target, '\0', n))
        return false;
    /* The form that proxies are asked with: scheme and host are not looked at. */
    if (n > 7 && strncasecmp(target, "http", 4) == 0) {
        const char *host = memchr(target, '/', n);
        const char *rest = host && (size_t)(host - target) + 2 < n
                               ? memchr(host + 2, '/', n - (size_t)(host - target) - 2)
                               : NULL;
        n = rest ? n - (size_t)(rest - target) : 1;
        target = rest ? rest : "/";
    }
    char *path = wr_arena_strndup(x->arena, target, n);
    char *mark = strpbrk(path, "?#");
    if (mark && *mark == '?') {
        x->query = mark + 1;
        mark[1 + strcspn(mark + 1, "#")] = '\0';
    }
    if (mark)
        *mark = '\0';
    x->path = decode(path, false);
    if (!x->path)
        x->path = "";
    return x->path[0] == '/' || strcmp(x->path, "*") == 0;
}

bool wr__exchange_field(wr_http_exchange *x, const char *name, size_t name_n, const char *value,
                        size_t value_n)
{
    x->head_bytes += name_n + value_n + 32; /* as HPACK counts */
    if (x->head_bytes > x->conn->limit_head)
        return false;
    char *small = wr_arena_strndup(x->arena, name, name_n);
    for (char *p = small; *p; p++)
        *p = wr_lower(*p);
    wr__field f = {small, wr_arena_strndup(x->arena, value, value_n)};
    wr_arr_push(x->arena, &x->fields, f);
    return true;
}

void wr__exchange_head(wr_http_exchange *x)
{
    wr__conn *c = x->conn;
    WR_ASSERT(!x->begun && !x->responding);
    x->begun = true;
    if (c->server)
        (void)wr_map_put(&c->server->by_id, id_key(&x->id), x);
    x->streaming = c->handler->begin && c->handler->begin(c->handler->arg, x);
}

void wr__exchange_body(wr_http_exchange *x, const void *data, size_t n)
{
    wr__conn *c = x->conn;
    if (x->finished || x->too_large || n == 0)
        return;
    if (x->streaming) {
        c->handler->body(c->handler->arg, x, data, n, false);
        return;
    }
    if (x->body.len + n > c->limit_body) {
        x->too_large = true;
        wr_buf_free(&x->body);
        wr__exchange_refuse(x, 413);
        return;
    }
    wr_buf_put(&x->body, data, n);
}

void wr__exchange_body_end(wr_http_exchange *x)
{
    wr__conn *c = x->conn;
    x->body_done = true;
    if (x->finished || x->too_large)
        return;
    if (x->streaming) {
        c->handler->body(c->handler->arg, x, "", 0, true);
        return;
    }
    (void)wr_buf_cstr(&x->body);
    if (c->handler->request)
        c->handler->request(c->handler->arg, x);
}

const char *wr__status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}

void wr__exchange_refuse(wr_http_exchange *x, int status)
{
    const char *text = wr__status_text(status);
    if (x->responding) {
        wr_http_abort(x);
        return;
    }
    x->keep_alive = false;
    wr_http_respond(x, status, NULL, text, strlen(text));
}

/* ---- the request, as the handler sees it ---- */

wr_http_version wr_http_version_of(const wr_http_exchange *x)
{
    return x->version;
}

const char *wr_http_method(const wr_http_exchange *x)
{
    return x->method;
}

const char *wr_http_path(const wr_http_exchange *x)
{
    return x->path;
}

const char *wr_http_parameter(const wr_http_exchange *x, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = x->query; p && *p;) {
        size_t n = strcspn(p, "&");
        char *pair = wr_arena_strndup(x->arena, p, n);
        size_t key = strcspn(pair, "=");
        char *value = pair[key] ? pair + key + 1 : pair + key;
        pair[key] = '\0';
        if (decode(pair, true) && strlen(pair) == len && strcmp(pair, name) == 0)
            return decode(value, true);
        p += n + (p[n] == '&');
    }
    return NULL;
}

const char *wr_http_header(const wr_http_exchange *x, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < x->fields.n; i++) {
        if (strcasecmp(x->fields.v[i].name, name) != 0)
            continue;
        const char *v = x->fields.v[i].value;
        found = found ? wr_arena_printf(x->arena, "%s, %s", found, v) : v;
    }
    return found;
}

const char *wr_http_peer(const wr_http_exchange *x)
{
    return x->conn->peer;
}

const char *wr_http_client_subject(const wr_http_exchange *x)
{
    return x->conn->tls ? wr__tls_subject(x->conn->tls) : NULL;
}

bool wr_http_is_local(const wr_http_exchange *x)
{
    return x->conn->is_pipe;
}

const char *wr_http_body(const wr_http_exchange *x, size_t *n)
{
    *n = x->body.len;
    return x->body.ptr ? x->body.ptr : "";
}

void *wr_http_data(const wr_http_exchange *x)
{
    return x->data;
}

void wr_http_set_data(wr_http_exchange *x, void *data)
{
    x->data = data;
}

uint64_t wr_http_id(const wr_http_exchange *x)
{
    return x->id;
}

wr_http_server *wr_http_server_of(const wr_http_exchange *x)
{
    return x->conn->server;
}

/* ---- the response ---- */

void wr_http_respond(wr_http_exchange *x, int status, const wr_http_field *fields, const void *body,
                     size_t n)
{
    WR_ASSERT(!x->responding);
    x->responding = true;
    x->conn->protocol->head(x, status, fields, (int64_t)n);
    if (n)
        x->conn->protocol->write(x, body, n);
    wr_http_finish(x);
}

void wr_http_begin_response(wr_http_exchange *x, int status, const wr_http_field *fields)
{
    WR_ASSERT(!x->responding);
    x->responding = true;
    x->conn->protocol->head(x, status, fields, -1);
    wr__conn_touch(x->conn);
}

void wr_http_write(wr_http_exchange *x, const void *data, size_t n)
{
    WR_ASSERT(x->responding);
    if (x->finished || n == 0)
        return;
    x->conn->protocol->write(x, data, n);
    x->was_buffered = true;
    wr__conn_touch(x->conn);
}

void wr_http_finish(wr_http_exchange *x)
{
    WR_ASSERT(x->responding);
    if (x->finished)
        return;
    x->finished = true;
    x->conn->protocol->finish(x);
    wr__conn_touch(x->conn);
}

void wr_http_abort(wr_http_exchange *x)
{
    if (x->ended)
        return;
    x->responding = x->finished = true;
    x->conn->protocol->abort(x);
    wr__conn_touch(x->conn);
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
    if (x->body_paused == paused)
        return;
    x->body_paused = paused;
    x->conn->protocol->pause(x, paused);
    wr__conn_touch(x->conn);
}

/* A handler may end, or write to, any exchange of the connection: the list is looked at anew. */
void wr__exchange_drained(wr__conn *c)
{
    for (wr_http_exchange *x = c->exchanges, *next; x; x = next) {
        next = x->next;
        if (!x->was_buffered || x->finished || c->protocol->buffered(x) > 0)
            continue;
        x->was_buffered = false;
        if (c->handler->drained)
            c->handler->drained(c->handler->arg, x);
    }
}

/* ---- WebSocket ---- */

bool wr_http_wants_websocket(const wr_http_exchange *x)
{
    return x->wants_websocket;
}
