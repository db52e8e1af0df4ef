/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to who answers it:
 *
 *   one that comes too soon here, until an earlier command has been executed
 *   a look-up by key        here, at once (pull_answer)
 *   another query           a feed
 *   PRINT                   a print stream
 *   rows                    an insert stream
 *
 * The exchange's data says which of them it is, for what comes later.
 */
#include "server/query/query_service.h"
#include "server/http/accept.h"
#include "server/query/insert_stream.h"
#include "server/query/print_stream.h"
#include "server/query/pull_limits.h"
#include "server/query/query_request.h"
#include "server/query/row_client.h"
#include "types/text.h"

#include <stdio.h>

struct wr_query_service {
    wr_engine *engine;
    wr_feeds *feeds;
    wr__pull_limits limits;
    bool read_only;
    wr_buf out; /* for one response */
    char host[256], server[64];
};

enum { TIMED_OUT = 50301, LOOK_MS = 50, LOOK_MAX_MS = 5000 };

typedef enum handle_kind { NOTHING, WAITING, ROWS, PRINTING, INSERTING } handle_kind;

/** A request that waits for an earlier command. */
typedef struct waiting {
    wr_query_service *service;
    wr_http_exchange *x;
    wr__query_endpoint endpoint;
    wr__query_request *request;
    wr_http_timer *timer;
    int waited_ms;
} waiting;

/** An exchange's data. */
typedef struct handle {
    handle_kind kind;
    waiting *waiting;
    wr__row_client *client;
    wr__print_stream *print;
    wr__insert_stream *insert;
    bool pull; /* counted in `limits` */
} handle;

wr_query_service *wr_query_service_new(wr_engine *e, const char *host, const char *server,
                                       bool read_only)
{
    wr_query_service *s = wr_calloc(1, sizeof *s);
    s->engine = e;
    s->read_only = read_only;
    s->feeds = wr_feeds_new(e);
    wr__pull_limits_init(&s->limits, wr_engine_settings(e), wr_engine_clock(e));
    snprintf(s->host, sizeof s->host, "%s", host);
    snprintf(s->server, sizeof s->server, "%s", server);
    return s;
}

void wr_query_service_free(wr_query_service *s)
{
    if (!s)
        return;
    wr_feeds_free(s->feeds);
    wr_buf_free(&s->out);
    wr_free(s);
}

void wr_query_service_each(wr_query_service *s,
                           void (*fn)(void *arg, const char *id, const char *sql), void *arg)
{
    wr_feeds_each(s->feeds, fn, arg);
    wr_feeds_each_ended(s->feeds, fn, arg);
}

bool wr_query_service_terminate(wr_query_service *s, const char *id)
{
    return wr_feeds_terminate(s->feeds, id);
}

/* ---- what a client takes ---- */

enum { NOT_ACCEPTABLE = -1, MISDIRECTED = 42100 };

/* "* / *" gives DELIM on both endpoints; no Accept does not. */
static int row_form(const wr_http_exchange *x, wr__query_endpoint endpoint)
{
    static const wr__row_form forms[] = {WR__FORM_DELIM, WR__FORM_V1, WR__FORM_JSON, WR__FORM_PROTO,
                                         WR__FORM_ROWS};
    const char *accept = wr_http_header(x, "accept"), *offers[WR__FORMS_N];
    bool query = endpoint == WR__ENDPOINT_QUERY;
    if (!accept || !*accept)
        return query ? WR__FORM_V1 : WR__FORM_DELIM;
    for (size_t i = 0; i < WR_ARRAY_LEN(forms); i++)
        offers[i] = wr__row_form_media_type(forms[i]);
    int best = wr_http_accept(accept, offers, WR_ARRAY_LEN(offers));
    if (best < 0)
        return NOT_ACCEPTABLE;
    /* JSON asked of /query is answered as V1. */
    return query && forms[best] == WR__FORM_JSON ? WR__FORM_V1 : (int)forms[best];
}

/* PRINT has two shapes; what is neither is refused. Of /query, a wildcard is V1. */
static int print_shape(const wr_http_exchange *x, wr__query_endpoint endpoint)
{
    const char *accept = wr_http_header(x, "accept"),
               *offers[] = {wr__row_form_media_type(WR__FORM_V1),
                            wr__row_form_media_type(WR__FORM_JSON),
                            wr__row_form_media_type(WR__FORM_DELIM)};
    if (endpoint == WR__ENDPOINT_QUERY_STREAM)
        return wr_http_accept(accept, &offers[2], 1) == 0 ? WR__PRINT_LINES : NOT_ACCEPTABLE;
    int best = wr_http_accept(accept, offers, WR_ARRAY_LEN(offers));
    return best < 0 ? NOT_ACCEPTABLE : best == 2 ? WR__PRINT_LINES : WR__PRINT_TEXT;
}

static void not_found(wr_http_exchange *x)
{
    wr_http_respond(x, 404, NULL, "Not Found", 9);
}

/* ---- errors of statements ---- */

static void refuse_query(wr_http_exchange *x, const char *sql, weir_status st,
                         const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_QUERY, sql, st, err);
    wr__query_refuse(x, &fault, sql);
}

static void refuse_query_stream(wr_http_exchange *x, const char *sql, weir_status st,
                                const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_QUERY_STREAM, sql, st, err);
    wr__query_refuse(x, &fault, sql);
}

/* A missing topic is all that can be wrong with it, as a rule. */
static void refuse_print(wr_http_exchange *x, const char *sql, weir_status st,
                         const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_QUERY, NULL, st, err);
    if (st == WEIR_ERR_NOT_FOUND)
        fault = (wr__query_fault){.code = 40000, .typed = true};
    snprintf(fault.message, sizeof fault.message, "%s", err->message);
    const char *similar = strstr(err->hint, "Did you mean: ");
    if (st == WEIR_ERR_NOT_FOUND && similar) {
        int n = (int)strlen(similar + 14) - 1; /* without its '?' */
        snprintf(fault.message, sizeof fault.message, "%s\nDid you mean:\n\tprint %.*s;",
                 err->message, n, similar + 14);
    }
    wr__query_refuse(x, &fault, sql);
}

static void refuse_print_stream(wr_http_exchange *x, const char *sql, weir_status st,
                                const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_QUERY_STREAM, NULL, st, err);
    if (st == WEIR_ERR_NOT_FOUND) {
        const char *from = strchr(err->message, '\''), *to = from ? strchr(from + 1, '\'') : NULL;
        fault = (wr__query_fault){.code = 40001};
        snprintf(fault.message, sizeof fault.message, "Topic does not exist: %.*s",
                 to ? (int)(to - from - 1) : 0, from ? from + 1 : "");
    }
    wr__query_refuse(x, &fault, sql);
}

/* ---- WebSocket ---- */

enum { WS_FAILED = 1011, WS_BAD_STATEMENT = 1003, WS_TRY_AGAIN = 1013 };

static void ws_refuse(wr_http_exchange *x, int code, const char *message)
{
    wr_buf b = {0};
    wr_buf_puts(&b, "{\"error\":");
    wr_text_put_json_string(&b, wr_str_c(message));
    wr_buf_putc(&b, '}');
    wr_http_send_text(x, b.ptr, b.len);
    wr_http_close_websocket(x, code, message);
    wr_buf_free(&b);
}

/* What is wrong with the request itself, and not with what it asks for. */
static void ws_refuse_request(wr_http_exchange *x, const wr__query_fault *fault)
{
    char text[sizeof fault->message + 40];
    bool parsing = strncmp(fault->message, "One or more properties", 22) != 0 &&
                   strncmp(fault->message, "Not recognizable", 16) != 0;
    snprintf(text, sizeof text, "%s%s", parsing ? "Error parsing request: " : "", fault->message);
    ws_refuse(x, fault->code < 50000 ? WS_BAD_STATEMENT : WS_FAILED, text);
}

/* No statement, or one about what is not there. */
static void ws_refuse_statement(wr_http_exchange *x, const wr__query_fault *fault, const char *sql)
{
    wr_buf b = {0};
    if (fault->of_statement)
        wr_buf_printf(&b, "Error parsing query: %s\nStatement: %s", fault->message, sql);
    else
        wr_buf_puts(&b, fault->message);
    ws_refuse(x, WS_BAD_STATEMENT, wr_buf_cstr(&b));
    wr_buf_free(&b);
}

static void refuse_ws(wr_http_exchange *x, const char *sql, weir_status st, const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_WEBSOCKET, sql, st, err);
    if (wr__is_missing_source(err))
        ws_refuse_statement(x, &fault, sql);
    else
        ws_refuse(x, fault.code < 50000 ? WS_BAD_STATEMENT : WS_FAILED, fault.message);
}

static void refuse_ws_print(wr_http_exchange *x, const char *sql, weir_status st,
                            const weir_error *err)
{
    const char *from = strchr(err->message, '\''), *to = from ? strchr(from + 1, '\'') : NULL;
    if (st != WEIR_ERR_NOT_FOUND || !to) {
        refuse_ws(x, sql, st, err);
        return;
    }
    char text[400];
    snprintf(text, sizeof text,
             "Topic does not exist, or KSQL does not have permission to list the topic: %.*s",
             (int)(to - from - 1), from + 1);
    ws_refuse(x, WS_BAD_STATEMENT, text);
}

/* ---- look-ups ---- */

/* The rows are there: they go with the header in one write. */
static void answer_rows(wr_query_service *s, const wr__feed_request *f)
{
    weir_error err;
    wr__row_frame *frame;
    weir_status st = wr__row_frame_new(f->form, f->exec->schema, false, &frame, &err);
    if (st != WEIR_OK) {
        f->refuse(f->x, f->exec->text, st, &err);
        return;
    }
    wr_buf_clear(&s->out);
    wr__row_frame_header(frame, &s->out, wr__lookup_id(s->feeds), f->exec->is_key);
    while ((st = wr_exec_step(f->exec, 0, &err)) == WEIR_ROW)
        if ((st = wr__row_frame_row(frame, &s->out, f->exec->row, false, f->host, &err)) != WEIR_OK)
            break;
    if (st != WEIR_DONE)
        wr__row_frame_error(frame, &s->out, 50000, err.message);
    wr__row_frame_end(frame, &s->out, NULL);
    const wr_http_field fields[] = {{"Content-Type", wr__row_form_media_type(f->form)},
                                    {NULL, NULL}};
    if (f->form != WR__FORM_JSON)
        wr_http_split_lines(f->x);
    wr_http_respond(f->x, 200, fields, s->out.ptr, s->out.len);
    wr__row_frame_free(frame);
    wr__pull_limits_count(&s->limits, s->out.len);
    if (s->out.cap > (1u << 20))
        wr_buf_free(&s->out);
}

/* @return false: it is no look-up by key, or has to wait: nothing has happened. */
static bool look_up(wr_query_service *s, const wr__feed_request *f)
{
    weir_error err;
    weir_status st = wr_exec_look_up(f->exec, &err);
    if (st == WEIR_ERR_INTERRUPTED && err.code == WEIR_OK)
        return false;
    if (st == WEIR_OK)
        answer_rows(s, f);
    else
        f->refuse(f->x, f->exec->text, st, &err);
    return true;
}

/* ---- queries ---- */

static handle *handle_new(wr_http_exchange *x, handle_kind kind)
{
    handle *h = wr_calloc(1, sizeof *h);
    h->kind = kind;
    wr_http_set_data(x, h);
    return h;
}

/* Clients with one text and settings may have one query where they begin at the present end, and
 * rows do not stop. */
static bool may_share(const wr_exec *exec, const wr_session *session)
{
    const char *reset = wr_settings_get(&session->settings, "auto.offset.reset");
    return exec->kind == WR_EXEC_PUSH && !exec->stmt->query->has_limit && reset &&
           wr_ieq(reset, "latest");
}

static void begin_print(wr_http_exchange *x, wr__query_endpoint endpoint, wr__query_request *r,
                        wr_exec *exec)
{
    bool ws = endpoint == WR__ENDPOINT_WEBSOCKET;
    int shape = ws ? (int)WR__PRINT_WEBSOCKET : print_shape(x, endpoint);
    if (shape == NOT_ACCEPTABLE) {
        wr_http_respond(x, 406, NULL, "", 0);
        wr_exec_free(exec);
        return;
    }
    handle *h = handle_new(x, PRINTING);
    h->print = wr__print_begin(x, exec, r->session, (wr__print_shape)shape,
                               ws                               ? refuse_ws_print
                               : endpoint == WR__ENDPOINT_QUERY ? refuse_print
                                                                : refuse_print_stream);
    r->session = NULL;
}

static void begin_rows(wr_query_service *s, wr_http_exchange *x, wr__query_endpoint endpoint,
                       wr__query_request *r, wr_exec *exec)
{
    bool ws = endpoint == WR__ENDPOINT_WEBSOCKET;
    int form = ws ? (int)WR__FORM_V1 : row_form(x, endpoint);
    const char *host = r->says_host && exec->kind == WR_EXEC_PULL ? s->host : NULL;
    wr__query_fault fault;
    if (form == NOT_ACCEPTABLE) {
        not_found(x);
        wr_exec_free(exec);
        return;
    }
    /* A part of what another server answers, where it was counted. */
    if (exec->kind == WR_EXEC_PULL && !r->server && !wr__pull_limits_allow(&s->limits, &fault)) {
        if (ws)
            ws_refuse(x, WS_FAILED, fault.message);
        else
            wr__query_refuse(x, &fault, r->sql);
        wr_exec_free(exec);
        return;
    }
    wr__feed_request f = {
        .x = x,
        .exec = exec,
        .session = r->session,
        .settings = may_share(exec, r->session) ? r->settings : NULL,
        .form = (wr__row_form)form,
        .websocket = ws,
        .host = host,
        .refuse = ws                               ? refuse_ws
                  : endpoint == WR__ENDPOINT_QUERY ? refuse_query
                                                   : refuse_query_stream,
    };
    if (!ws && look_up(s, &f)) {
        wr_exec_free(exec);
        return;
    }
    handle *h = handle_new(x, ROWS);
    r->session = NULL;
    h->pull = exec->kind == WR_EXEC_PULL;
    s->limits.running += h->pull;
    h->client = wr__feed_begin(s->feeds, &f);
}

/* Of another server: not where two have one address, as servers on 127.0.0.1 of two machines do. */
static bool is_meant(const wr_query_service *s, const wr__query_request *r, wr__query_fault *fault)
{
    if (!r->server || strcmp(r->server, s->server) == 0)
        return true;
    wr__query_fault_set(
        fault, MISDIRECTED, false, true,
        "%s is another server than the one that is meant: "
        "ksql.advertised.listener must be an address that leads to one server alone",
        s->host);
    return false;
}

static void take_wanted(const wr__query_request *r, wr_exec *x)
{
    WR_ASSERT(!r->here_n || r->here);
    x->here_only = r->here_only;
    x->here_n = r->here_only ? r->here_n : 0;
    int32_t *list = WR_NEW_N(x->arena, int32_t, (size_t)x->here_n + 1);
    for (uint32_t i = 0; i < x->here_n; i++)
        list[i] = r->here[i];
    x->here = list;
}

/* @p r is freed. */
static void begin_statement(wr_query_service *s, wr_http_exchange *x, wr__query_endpoint endpoint,
                            wr__query_request *r)
{
    wr__query_fault fault;
    wr_exec *exec =
        is_meant(s, r, &fault) ? wr__query_statement(s->engine, endpoint, r, &fault) : NULL;
    if (exec)
        take_wanted(r, exec);
    if (!exec && endpoint == WR__ENDPOINT_WEBSOCKET)
        ws_refuse_statement(x, &fault, r->sql);
    else if (!exec)
        wr__query_refuse(x, &fault, r->sql);
    else if (exec->kind == WR_EXEC_PRINT)
        begin_print(x, endpoint, r, exec);
    else
        begin_rows(s, x, endpoint, r, exec);
    wr__query_request_free(r);
}

/* The request is no longer anybody's; the exchange has no handle. */
static wr__query_request *end_waiting(handle *h)
{
    WR_ASSERT(h->kind == WAITING && h->waiting);
    wr__query_request *r = h->waiting->request;
    if (h->waiting->timer)
        wr_http_cancel(h->waiting->timer);
    wr_http_set_data(h->waiting->x, NULL);
    wr_free(h->waiting);
    wr_free(h);
    return r;
}

static void refuse_waiting(wr_http_exchange *x, wr__query_endpoint endpoint, int64_t sequence)
{
    wr__query_fault fault;
    wr__query_fault_set(&fault, TIMED_OUT, false, true,
                        "Timed out while waiting for a previous command to execute. command "
                        "sequence number: %lld",
                        (long long)sequence);
    if (endpoint == WR__ENDPOINT_WEBSOCKET)
        ws_refuse(x, WS_TRY_AGAIN, fault.message);
    else
        wr__query_refuse(x, &fault, "");
}

/* Has the command been executed? As /ksql does, it is looked at again and again. */
static void wait_for_command(void *arg)
{
    handle *h = arg;
    WR_ASSERT(h->kind == WAITING && h->waiting->request->sequence >= 0);
    waiting w = *h->waiting;
    h->waiting->timer = w.timer = NULL;
    wr_engine_lock(w.service->engine);
    bool executed = w.request->sequence < (int64_t)wr_engine_next_id(w.service->engine);
    wr_engine_unlock(w.service->engine);
    if (!executed && w.waited_ms < LOOK_MAX_MS) {
        h->waiting->waited_ms += LOOK_MS;
        h->waiting->timer = wr_http_after(wr_http_server_of(w.x), LOOK_MS, wait_for_command, h);
        return;
    }
    wr__query_request *r = end_waiting(h);
    if (executed) {
        begin_statement(w.service, w.x, w.endpoint, r);
    } else {
        refuse_waiting(w.x, w.endpoint, r->sequence);
        wr__query_request_free(r);
    }
}

static void begin_query(wr_query_service *s, wr_http_exchange *x, wr__query_endpoint endpoint,
                        wr_str body)
{
    wr__query_fault fault;
    wr__query_request *r = wr__query_request_read(s->engine, endpoint, body, &fault);
    if (!r && endpoint == WR__ENDPOINT_WEBSOCKET) {
        ws_refuse_request(x, &fault);
    } else if (!r) {
        wr__query_refuse(x, &fault, "");
    } else if (r->sequence < 0 || endpoint == WR__ENDPOINT_QUERY_STREAM) {
        begin_statement(s, x, endpoint, r);
    } else {
        handle *h = handle_new(x, WAITING);
        h->waiting = wr_calloc(1, sizeof *h->waiting);
        *h->waiting = (waiting){.service = s, .x = x, .endpoint = endpoint, .request = r};
        wait_for_command(h);
    }
}

/* ---- /close-query ---- */

static void close_query(wr_query_service *s, wr_http_exchange *x)
{
    size_t n;
    wr__query_fault fault;
    const char *body = wr_http_body(x, &n);
    char *id = wr__body_text(wr_str_make(body, n), "queryId", &fault);
    if (!id) {
        wr__query_refuse(x, &fault, "");
        return;
    }
    if (wr_feeds_terminate(s->feeds, id)) {
        wr_http_respond(x, 200, NULL, "", 0);
    } else {
        fault = (wr__query_fault){.code = 40000};
        snprintf(fault.message, sizeof fault.message, "No query with id %s", id);
        wr__query_refuse(x, &fault, "");
    }
    wr_free(id);
}

/* ---- /inserts-stream ---- */

/* On the pool. The fault goes by way of the error: its code as the line, which an error of rows
 * does not have. */
static weir_status open_inserts(wr_engine *e, wr_str line, wr_session *session, wr_buf *target,
                                weir_error *err)
{
    wr__query_fault fault;
    if (wr__insert_request_read(line, e, session, target, &fault))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_RECORD, "%s", fault.message);
}

static void refuse_inserts(wr_http_exchange *x, weir_status st, const weir_error *err)
{
    wr__query_fault fault;
    wr__query_fault_of(&fault, WR__ENDPOINT_QUERY_STREAM, NULL, st, err);
    fault.of_statement = false;
    if (st == WEIR_ERR_RECORD || strncmp(err->message, "Cannot insert", 13) == 0)
        fault.code = 40000;
    wr__query_refuse(x, &fault, "");
}

static void begin_inserts(wr_query_service *s, wr_http_exchange *x)
{
    static const char *const offers[] = {"application/vnd.ksqlapi.delimited.v1",
                                         "application/json"};
    int best = wr_http_accept(wr_http_header(x, "accept"), offers, WR_ARRAY_LEN(offers));
    if (wr_http_version_of(x) != WR_HTTP_2) {
        const wr__query_fault fault = {.code = 40004,
                                       .message = "This endpoint is only available when using "
                                                  "HTTP2"};
        wr__query_refuse(x, &fault, "");
    } else if (s->read_only) {
        const wr__query_fault fault = {.code = 40300, .message = "The server is read-only"};
        wr__query_refuse(x, &fault, "");
    } else if (best < 0) {
        not_found(x);
    } else {
        handle *h = handle_new(x, INSERTING);
        h->insert = wr__insert_begin(x, s->engine, best == 1, open_inserts, refuse_inserts);
    }
}

/* ---- exchanges ---- */

static bool is(const wr_http_exchange *x, const char *path, const char *method)
{
    return strcmp(wr_http_path(x), path) == 0 && strcmp(wr_http_method(x), method) == 0;
}

bool wr_query_service_takes(const wr_http_exchange *x)
{
    return is(x, "/query", "POST") || is(x, "/query-stream", "POST") ||
           is(x, "/close-query", "POST") || is(x, "/inserts-stream", "POST") ||
           is(x, "/ws/query", "GET");
}

bool wr_query_service_begin(wr_query_service *s, wr_http_exchange *x)
{
    if (!is(x, "/inserts-stream", "POST"))
        return false;
    begin_inserts(s, x);
    return true;
}

void wr_query_service_body(wr_query_service *s, wr_http_exchange *x, const void *data, size_t n,
                           bool last)
{
    handle *h = wr_http_data(x);
    (void)s;
    if (h && h->kind == INSERTING)
        wr__insert_body(h->insert, data, n, last);
}

static void begin_websocket(wr_query_service *s, wr_http_exchange *x)
{
    static const char why[] = "\"Connection\" header must be \"Upgrade\".";
    if (!wr_http_wants_websocket(x)) {
        wr_http_respond(x, 400, NULL, why, sizeof why - 1);
        return;
    }
    const char *request = wr_http_parameter(x, "request");
    wr_http_accept_websocket(x);
    if (request && *request)
        begin_query(s, x, WR__ENDPOINT_WEBSOCKET, wr_str_c(request));
    else
        ws_refuse(x, WS_BAD_STATEMENT, "Error parsing request: missing request parameter");
}

void wr_query_service_request(wr_query_service *s, wr_http_exchange *x)
{
    size_t n;
    const char *body = wr_http_body(x, &n);
    if (is(x, "/ws/query", "GET"))
        begin_websocket(s, x);
    else if (is(x, "/close-query", "POST"))
        close_query(s, x);
    else
        begin_query(s, x, is(x, "/query", "POST") ? WR__ENDPOINT_QUERY : WR__ENDPOINT_QUERY_STREAM,
                    wr_str_make(body, n));
}

void wr_query_service_drained(wr_query_service *s, wr_http_exchange *x)
{
    handle *h = wr_http_data(x);
    (void)s;
    if (h && h->kind == ROWS)
        wr__row_client_drained(h->client);
    else if (h && h->kind == PRINTING)
        wr__print_drained(h->print);
}

void wr_query_service_end(wr_query_service *s, wr_http_exchange *x)
{
    handle *h = wr_http_data(x);
    if (!h)
        return;
    if (h->kind == WAITING) {
        wr__query_request_free(end_waiting(h));
        return;
    }
    s->limits.running -= h->pull;
    if (h->kind == ROWS)
        wr__row_client_gone(h->client);
    else if (h->kind == PRINTING)
        wr__print_gone(h->print);
    else if (h->kind == INSERTING)
        wr__insert_gone(h->insert);
    wr_http_set_data(x, NULL);
    wr_free(h);
}
