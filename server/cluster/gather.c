/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pull query, on a thread of its own. A *round* asks everybody once; partitions whose server
 * could not give them stay missing, and the next round asks somebody else.
 */
#include "server/cluster/gather.h"
#include "server/cluster/row_answer.h"
#include "server/query/row_frame.h"
#include "types/text.h"

#include <stdio.h>

enum { NAP_MS = 20, RUN_MS = 50, BEGIN_MS = 5000, AGAIN_MS = 200, FAILED_MAX = 16 };

/** A server that has not given what it was asked for, for a while. */
typedef struct failed_server {
    char id[WR__SERVER_ID_MAX + 1];
    int64_t at_ns;
} failed_server;

typedef struct gathering {
    wr_engine *engine;
    wr__servers *servers;
    wr__peer_http *http;
    const wr_peer_pull *pull;
    wr_clock *clock;
    wr_arena *round; /* what is of one round */
    int64_t behind_max;
    int32_t *missing;
    uint32_t missing_n;
    failed_server failed[FAILED_MAX];
    uint32_t failed_n;
    wr_buf scanned; /* hosts that were asked in vain, and why */
} gathering;

/** What one server is asked for in a round. */
typedef struct asking {
    gathering *g;
    wr__server_choice server;
    int32_t *partitions;
    uint32_t n;
    wr_buf body;
    wr__row_answer answer;
    wr__peer_request request;
    bool concluded;
} asking;

/* ---- who failed lately ---- */

static bool has_failed(const gathering *g, const char *id)
{
    int64_t now = g->clock->mono_ns(g->clock);
    for (uint32_t i = 0; i < g->failed_n; i++)
        if (strcmp(g->failed[i].id, id) == 0)
            return now - g->failed[i].at_ns < AGAIN_MS * INT64_C(1000000);
    return false;
}

static void note_failed(gathering *g, const char *id)
{
    uint32_t i = 0;
    WR_ASSERT(*id && strlen(id) <= WR__SERVER_ID_MAX && g->failed_n <= FAILED_MAX);
    while (i < g->failed_n && strcmp(g->failed[i].id, id) != 0)
        i++;
    i = WR_MIN(i, FAILED_MAX - 1u);
    g->failed_n = WR_MAX(g->failed_n, i + 1);
    snprintf(g->failed[i].id, sizeof g->failed[i].id, "%s", id);
    g->failed[i].at_ns = g->clock->mono_ns(g->clock);
}

/* The last round's are what is of use to whoever reads the error. */
static void note_scanned(gathering *g, const char *host, const char *why)
{
    if (g->scanned.len > 400)
        wr_buf_clear(&g->scanned);
    wr_buf_printf(&g->scanned, "%s%s (%s)", g->scanned.len ? ", " : "", host, why);
}

/* ---- asking ---- */

static weir_status take_rows(void *arg, wr_str bytes, uint32_t n, weir_error *err)
{
    const asking *a = arg;
    return a->g->pull->rows(a->g->pull->arg, a->server.host, bytes, n, err);
}

static bool take_bytes(void *arg, const char *bytes, size_t n)
{
    asking *a = arg;
    return wr__row_answer_take(&a->answer, bytes, n);
}

static void put_body(asking *a)
{
    const wr_map_entry *e;
    const char *comma = "";
    wr_buf *b = &a->body;
    wr_buf_puts(b, "{\"sql\":");
    wr_text_put_json_string(b, wr_str_c(a->g->pull->sql));
    wr_buf_puts(b, ",\"properties\":{");
    for (size_t i = 0; (e = wr_map_next(&a->g->pull->settings->values, &i));) {
        wr_buf_puts(b, comma);
        wr_text_put_json_string(b, wr_str_c(e->key.ptr));
        wr_buf_putc(b, ':');
        wr_text_put_json_string(b, wr_str_c(e->value));
        comma = ",";
    }
    wr_buf_puts(b,
                "},\"requestProperties\":{\"request.ksql.query.pull.skip.forwarding\":true,"
                "\"request.ksql.internal.request\":true,\"request.ksql.query.pull.partition\":\"");
    for (uint32_t i = 0; i < a->n; i++)
        wr_buf_printf(b, "%s%d", i ? "," : "", a->partitions[i]);
    wr_buf_puts(b, "\",\"request.weir.server\":");
    wr_text_put_json_string(b, wr_str_c(a->server.id));
    wr_buf_puts(b, "}}");
}

static void start(gathering *g, wr__peer_line *line, asking *a)
{
    WR_ASSERT(a->n > 0 && *a->server.id && !a->body.len);
    put_body(a);
    wr__row_answer_init(&a->answer, g->pull->result, take_rows, a);
    a->request = (wr__peer_request){.url = a->server.url,
                                    .path = "/query-stream",
                                    .accept = wr__row_form_media_type(WR__FORM_ROWS),
                                    .body = wr_buf_view(&a->body),
                                    .begin_ms = BEGIN_MS,
                                    .data = take_bytes,
                                    .arg = a};
    wr__peer_start(g->http, line, &a->request);
}

/* ---- what came of it ---- */

static void found(gathering *g, const int32_t *partitions, uint32_t n)
{
    WR_ASSERT(n <= g->missing_n);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < g->missing_n; k++)
            if (g->missing[k] == partitions[i]) {
                g->missing[k] = g->missing[--g->missing_n];
                break;
            }
}

static weir_status try_again(asking *a, const char *why)
{
    note_failed(a->g, a->server.id);
    note_scanned(a->g, a->server.host, why);
    return WEIR_OK;
}

/* A wrong password is nothing that another round would mend, and neither is what is wrong with the
 * statement. */
static weir_status refused(asking *a, weir_error *err)
{
    long status = a->request.status;
    WR_ASSERT(status && status != 200);
    const char *message = wr__error_message(wr_buf_view(&a->request.error), a->g->round);
    if (status == 401 || status == 403) {
        wr_error(err, WEIR_ERR_CONFIG, "Server %s of this service does not let this one in%s%s",
                 a->server.host, message ? ": " : "", message ? message : "");
        return wr_error_hint(err, "weir.server.peer.user and weir.server.peer.password are who "
                                  "servers are to each other");
    }
    if (status == 400 && message)
        return wr_error(err, WEIR_ERR_STATEMENT, "%s: %s", a->server.host, message);
    char text[40];
    snprintf(text, sizeof text, "status %ld", status);
    return try_again(a, message ? message : text);
}

static weir_status conclude(asking *a, weir_error *err)
{
    weir_error why;
    wr__row_answer *r = &a->answer;
    WR_ASSERT(a->request.done && !a->concluded);
    a->concluded = true;
    if (a->request.status == 0 && !r->failed)
        (void)wr_error(&why, WEIR_ERR_STORE, "%s", a->request.why);
    else if (a->request.status && a->request.status != 200)
        return refused(a, err);
    else if (wr__row_answer_finish(r, &why) == WEIR_OK) {
        found(a->g, a->partitions, a->n);
        return WEIR_OK;
    }
    if (r->given_up) {
        *err = why;
        return why.code;
    }
    if (!r->handed)
        return try_again(a, why.message);
    (void)wr_error(err, WEIR_ERR_STORE,
                   "Unable to execute pull query. Server %s has failed after its first rows: %s",
                   a->server.host, why.message);
    err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_STORE;
}

/* ---- a round ---- */

/* Active here; or there; or, where copies will do, as here or there. */
static bool choose(const gathering *g, int32_t partition, wr__server_choice *out)
{
    int64_t behind;
    wr__server_choice *choices;
    wr_held_as own = wr_query_holds(g->pull->query, partition, &behind, NULL);
    bool copy = own == WR_HELD_STANDBY && behind != WR_HELD_UNKNOWN && behind <= g->behind_max;
    *out = (wr__server_choice){.id = ""};
    if (own == WR_HELD_ACTIVE)
        return true;
    uint32_t n = wr__servers_choices(g->servers, g->round, wr_query_id(g->pull->query), partition,
                                     g->behind_max, &choices);
    for (uint32_t i = 0; i < n; i++) {
        if (copy && !choices[i].active && behind <= choices[i].behind)
            return true;
        if (has_failed(g, choices[i].id))
            continue;
        *out = choices[i];
        return true;
    }
    return copy;
}

static void add_to(gathering *g, asking *list, uint32_t *n, const wr__server_choice *server,
                   int32_t partition)
{
    uint32_t i = 0;
    while (i < *n && strcmp(list[i].server.id, server->id) != 0)
        i++;
    asking *a = &list[i];
    if (i == *n) {
        *a = (asking){.g = g, .server = *server};
        a->partitions = WR_NEW_N(g->round, int32_t, g->missing_n);
        ++*n;
    }
    WR_ASSERT(a->n < g->missing_n);
    a->partitions[a->n++] = partition;
}

/* list[0] is this process. */
static uint32_t share_out(gathering *g, asking *list)
{
    WR_ASSERT(g->missing_n > 0);
    const wr__server_choice self = {.id = "", .host = "this server"};
    uint32_t n = 1;
    list[0] = (asking){.g = g, .server = self};
    list[0].partitions = WR_NEW_N(g->round, int32_t, (size_t)g->missing_n + 1);
    for (uint32_t i = 0; i < g->missing_n; i++) {
        wr__server_choice server;
        if (choose(g, g->missing[i], &server))
            add_to(g, list, &n, &server, g->missing[i]);
    }
    return n;
}

static weir_status read_own(gathering *g, asking *own, weir_error *err)
{
    bool any = false;
    weir_error why;
    WR_ASSERT(!*own->server.id && own->n <= g->missing_n);
    const wr_pull_parts parts = {own->partitions, own->n, false, g->behind_max};
    if (own->n == 0)
        return WEIR_OK;
    weir_status st = g->pull->own(g->pull->arg, &parts, &any, &why);
    if (st == WEIR_OK) {
        found(g, own->partitions, own->n);
        return WEIR_OK;
    }
    if (!any && (why.flags & WEIR_ERROR_RETRIABLE)) {
        note_scanned(g, own->server.host, why.message);
        return WEIR_OK;
    }
    *err = why;
    return st;
}

static bool is_over(const gathering *g, weir_error *err)
{
    if (!g->pull->over(g->pull->arg))
        return false;
    (void)wr_error(err, WEIR_ERR_INTERRUPTED, "The query was closed");
    return true;
}

/* Those that are done; and those whose server has gone meanwhile, as its machine may have. */
static weir_status conclude_all(gathering *g, wr__peer_line *line, asking *list, uint32_t n,
                                weir_error *err)
{
    for (uint32_t i = 1; i < n; i++) {
        asking *a = &list[i];
        if (!a->concluded && !a->request.done && !wr__servers_is_alive(g->servers, a->server.id)) {
            wr__peer_request_free(line, &a->request);
            snprintf(a->request.why, sizeof a->request.why, "it is not heard of any more");
        }
        if (!a->concluded && a->request.done)
            WR_TRY(conclude(a, err));
    }
    return WEIR_OK;
}

static weir_status run_round(gathering *g, wr__peer_line *line, asking *list, uint32_t n,
                             weir_error *err)
{
    for (uint32_t i = 1; i < n; i++)
        start(g, line, &list[i]);
    for (;;) {
        if (is_over(g, err))
            return err->code;
        uint32_t left = wr__peer_line_run(line, RUN_MS);
        WR_TRY(conclude_all(g, line, list, n, err));
        if (left == 0)
            break;
    }
    /* Not while others send: rows that are not taken off a connection look like one that hangs. */
    return read_own(g, &list[0], err);
}

static weir_status ask_all(gathering *g, bool *asked, weir_error *err)
{
    wr_arena_reset(g->round);
    asking *list = WR_NEW_N(g->round, asking, (size_t)g->missing_n + 1);
    uint32_t n = share_out(g, list);
    wr__peer_line *line = wr__peer_line_take(g->http);
    *asked = n > 1 || list[0].n;
    weir_status st = run_round(g, line, list, n, err);
    for (uint32_t i = 1; i < n; i++) {
        wr__peer_request_free(line, &list[i].request);
        wr__row_answer_destroy(&list[i].answer);
        wr_buf_free(&list[i].body);
    }
    wr__peer_line_give(g->http, line);
    return st;
}

/* ---- all of it ---- */

/* ksqlDB's words, as far as they fit. */
static weir_status nobody_has(const gathering *g, weir_error *err)
{
    WR_ASSERT(g->missing_n > 0);
    (void)wr_error(err, WEIR_ERR_STORE,
                   "Unable to execute pull query. Partition %d of query %s failed to find valid "
                   "host. Hosts scanned: [%.*s]",
                   g->missing[0], wr_query_id(g->pull->query), (int)WR_MIN(g->scanned.len, 500u),
                   g->scanned.len ? g->scanned.ptr : "");
    err->flags |= WEIR_ERROR_RETRIABLE;
    (void)wr_error_hint(err, "Ask again later: a server may have gone, and its partitions are "
                             "taken over by others");
    return WEIR_ERR_STORE;
}

static weir_status gather(gathering *g, weir_error *err)
{
    int64_t wait_ms =
        wr_settings_int(wr_engine_settings(g->engine), "weir.pull.restore.timeout.ms", 0);
    int64_t since = g->clock->mono_ns(g->clock);
    for (;;) {
        bool asked;
        WR_TRY(ask_all(g, &asked, err));
        if (g->missing_n == 0)
            return WEIR_OK;
        if (is_over(g, err))
            return err->code;
        if ((g->clock->mono_ns(g->clock) - since) / 1000000 >= wait_ms)
            return nobody_has(g, err);
        wr_wait_nap(NAP_MS);
    }
}

weir_status wr__gather(wr_engine *e, wr__servers *servers, wr__peer_http *http,
                       const wr_peer_pull *p, weir_error *err)
{
    WR_ASSERT(p->n > 0 && p->own && p->rows && p->over && p->sql);
    gathering g = {.engine = e,
                   .servers = servers,
                   .http = http,
                   .pull = p,
                   .clock = wr_engine_clock(e),
                   .round = wr_arena_new(0),
                   .behind_max = -1,
                   .missing_n = p->n};
    if (wr_settings_bool(p->settings, "ksql.query.pull.enable.standby.reads", false))
        g.behind_max = wr_settings_int(p->settings, "ksql.query.pull.max.allowed.offset.lag", 0);
    g.missing = wr_calloc((size_t)p->n + 1, sizeof *g.missing);
    for (uint32_t i = 0; i < p->n; i++)
        g.missing[i] = p->partitions[i];
    weir_status st = gather(&g, err);
    wr_buf_free(&g.scanned);
    wr_free(g.missing);
    wr_arena_free(g.round);
    return st;
}
