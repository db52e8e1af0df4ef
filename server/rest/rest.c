/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The router, the small endpoints, and requests to /ksql on their way through the pool.
 *
 *     request ──▶ waits for a command ──▶ waits for its turn ──▶ pool ──▶ response
 *                 commandSequenceNumber   where it may change the catalog
 *
 * Nothing that waits holds a thread of the pool: a command is looked for from time to time, and
 * turns are a queue.
 */
#include "server/rest/rest.h"
#include "server/http/accept.h"
#include "server/rest/cluster_status.h"
#include "server/rest/health.h"
#include "server/rest/ksql_request.h"
#include "server/rest/terminate.h"
#include "types/text.h"

#include <stdio.h>
#include <string.h>

enum {
    FORBIDDEN = 40300,
    NOT_FOUND = 40400,
    TIMED_OUT = 50301,
    SHUTTING_DOWN = 50303,
    BAD_REQUEST = 40000
};
enum { LOOK_MS = 20, LOOK_MAX_MS = 5000 };

/** ksqlDB's version that the API is of: clients refuse servers that are too old. */
#define KSQL_VERSION "8.0.0"

typedef struct job job;
struct job {
    wr_rest *rest;
    wr_http_server *http;
    uint64_t exchange;
    wr__query_request *request;
    wr__ksql_caller *caller;
    wr__termination *termination; /* or this */
    bool changes;
    int waited_ms;
    int status;
    wr_buf body;
    job *next, *prev; /* of all jobs */
    job *turn;        /* the next that waits for its turn */
    wr_http_timer *timer;
};

struct wr_rest {
    wr__ksql_context ksql;
    wr__health *health;
    char *host;
    bool changing; /* a job that may change the catalog is with the pool */
    bool ended;    /* /ksql/terminate */
    job *jobs;
    job *turns, **turns_end;
};

static const wr_http_field json_type[] = {{"Content-Type", "application/json"}, {NULL, NULL}};

wr_rest *wr_rest_new(wr_engine *e, wr_query_service *queries, wr_cluster *cluster, const char *host,
                     bool read_only)
{
    wr_rest *r = wr_calloc(1, sizeof *r);
    r->host = wr_strdup(host);
    r->ksql = (wr__ksql_context){.entities = {e, queries, r->host, cluster},
                                 .commands = wr__commands_new(),
                                 .read_only = read_only};
    r->health = wr__health_new(e);
    r->turns_end = &r->turns;
    return r;
}

static job *job_new(wr_rest *r, wr_http_exchange *x)
{
    job *j = wr_calloc(1, sizeof *j);
    *j = (job){.rest = r,
               .http = wr_http_server_of(x),
               .exchange = wr_http_id(x),
               .caller = wr__ksql_caller_new(),
               .next = r->jobs};
    if (r->jobs)
        r->jobs->prev = j;
    r->jobs = j;
    return j;
}

static void job_free(job *j)
{
    if (j->prev)
        j->prev->next = j->next;
    else
        j->rest->jobs = j->next;
    if (j->next)
        j->next->prev = j->prev;
    if (j->request)
        wr__query_request_free(j->request);
    wr__ksql_caller_free(j->caller);
    wr__termination_free(j->termination);
    wr_buf_free(&j->body);
    wr_free(j);
}

void wr_rest_free(wr_rest *r)
{
    if (!r)
        return;
    while (r->jobs)
        job_free(r->jobs);
    wr__commands_free(r->ksql.commands);
    wr__health_free(r->health);
    wr_free(r->host);
    wr_free(r);
}

/* ---- responses ---- */

static void respond_json(wr_http_exchange *x, int status, wr_buf *body)
{
    wr_http_respond(x, status, json_type, body->ptr, body->len);
    wr_buf_free(body);
}

static void respond_error(wr_http_exchange *x, int code, bool typed, const char *message)
{
    wr__query_fault fault;
    wr__query_fault_set(&fault, code, false, typed, "%s", message);
    wr__query_refuse(x, &fault, "");
}

static void not_found(wr_http_exchange *x)
{
    bool head = strcmp(wr_http_method(x), "HEAD") == 0;
    wr_http_respond(x, 404, NULL, "Not Found", head ? 0 : 9);
}

static void shut(wr_http_exchange *x)
{
    respond_error(x, SHUTTING_DOWN, false, "The server is shutting down");
}

bool wr_rest_refuses(const wr_rest *r, wr_http_exchange *x)
{
    if (!r->ended || strncmp(wr_http_path(x), "/chc/", 5) == 0)
        return false;
    shut(x);
    return true;
}

/* ---- /ksql ---- */

static void begin(job *j);

static void work(void *arg)
{
    job *j = arg;
    if (j->termination)
        j->status = wr__terminate(&j->rest->ksql.entities, j->termination, &j->body);
    else
        j->status = wr__ksql_execute(&j->rest->ksql, j->request, j->caller, &j->body);
}

static job *pop_turn(wr_rest *r)
{
    job *j = r->turns;
    if (!j)
        return NULL;
    r->turns = j->turn;
    if (!r->turns)
        r->turns_end = &r->turns;
    j->turn = NULL;
    return j;
}

/* The service has ended meanwhile. */
static void turn_away(job *j)
{
    WR_ASSERT(j->rest->ended && !j->timer && !j->turn);
    wr_http_exchange *x = wr_http_find(j->http, j->exchange);
    if (x)
        shut(x);
    job_free(j);
}

static void next_turn(wr_rest *r)
{
    job *j;
    WR_ASSERT(r->changing);
    r->changing = false;
    while (r->ended && (j = pop_turn(r)))
        turn_away(j);
    j = pop_turn(r);
    if (j)
        begin(j);
}

static void done(void *arg)
{
    job *j = arg;
    wr_rest *r = j->rest;
    wr_http_exchange *x = wr_http_find(j->http, j->exchange);
    bool changes = j->changes;
    WR_ASSERT(j->status >= 200 && j->status < 600 && j->body.len > 0);
    if (j->termination && j->status == 200) {
        r->ended = true;
        wr__terminate_clients(&r->ksql.entities);
    }
    if (x)
        wr_http_respond(x, j->status, json_type, j->body.ptr, j->body.len);
    job_free(j);
    if (changes)
        next_turn(r);
}

static void begin(job *j)
{
    WR_ASSERT(!j->timer && !j->turn && !j->request != !j->termination);
    WR_ASSERT(!j->changes || !j->rest->changing); /* those that change come one after the other */
    j->rest->changing = j->rest->changing || j->changes;
    wr_http_work(j->http, work, done, j);
}

static void take_turn(job *j)
{
    wr_rest *r = j->rest;
    WR_ASSERT(!j->turn && !j->timer);
    if (r->ended) {
        turn_away(j);
        return;
    }
    if (!j->changes || !r->changing) {
        begin(j);
        return;
    }
    *r->turns_end = j;
    r->turns_end = &j->turn;
}

/* Has the command been executed? Looked at again and again: commands come from other processes,
 * too. */
static void wait_for_command(void *arg)
{
    job *j = arg;
    wr_engine *e = j->rest->ksql.entities.engine;
    WR_ASSERT(j->request && j->waited_ms <= LOOK_MAX_MS);
    j->timer = NULL;
    wr_engine_lock(e);
    bool executed = j->request->sequence < (int64_t)wr_engine_next_id(e);
    wr_engine_unlock(e);
    if (executed) {
        take_turn(j);
        return;
    }
    wr_http_exchange *x = wr_http_find(j->http, j->exchange);
    if (x && j->waited_ms < LOOK_MAX_MS) {
        j->waited_ms += LOOK_MS;
        j->timer = wr_http_after(j->http, LOOK_MS, wait_for_command, j);
        return;
    }
    if (x) {
        char text[160];
        snprintf(text, sizeof text,
                 "Timed out while waiting for a previous command to execute. command sequence "
                 "number: %lld",
                 (long long)j->request->sequence);
        respond_error(x, TIMED_OUT, true, text);
    }
    job_free(j);
}

static wr_str body_of(const wr_http_exchange *x)
{
    size_t n;
    const char *body = wr_http_body(x, &n);
    return wr_str_make(body, n);
}

static void on_ksql(wr_rest *r, wr_http_exchange *x)
{
    wr__query_fault fault;
    wr__query_request *request =
        wr__query_request_read(r->ksql.entities.engine, WR__ENDPOINT_KSQL, body_of(x), &fault);
    if (!request) {
        wr__query_refuse(x, &fault, "");
        return;
    }
    job *j = job_new(r, x);
    j->request = request;
    j->changes = wr__ksql_may_change(request->sql);
    wait_for_command(j);
}

static void on_terminate(wr_rest *r, wr_http_exchange *x)
{
    wr__query_fault fault;
    if (r->ksql.read_only) {
        respond_error(x, FORBIDDEN, true, "The server is read-only");
        return;
    }
    wr__termination *t = wr__termination_read(body_of(x), &fault);
    if (!t) {
        wr__query_refuse(x, &fault, "");
        return;
    }
    job *j = job_new(r, x);
    j->termination = t;
    j->changes = true;
    take_turn(j);
}

/* Requests under way are few. */
void wr_rest_left(wr_rest *r, wr_http_exchange *x)
{
    for (job *j = r->jobs; j; j = j->next)
        if (j->exchange == wr_http_id(x))
            wr__ksql_caller_gone(j->caller);
}

/* ---- the service ---- */

static const char *service_id(const wr_rest *r)
{
    const char *id =
        wr_settings_get(wr_engine_settings(r->ksql.entities.engine), "ksql.service.id");
    return id ? id : "default_";
}

static void on_root(wr_rest *r, wr_http_exchange *x)
{
    static const wr_http_field fields[] = {{"Location", "/info"}, {NULL, NULL}};
    (void)r;
    wr_http_respond(x, 307, fields, NULL, 0);
}

/* Clients compare the body with what they know: Weir's own version is in a header. */
static void answer_info(void *arg, wr_http_exchange *x)
{
    const wr_rest *r = arg;
    char server[80];
    snprintf(server, sizeof server, "weir/%s", weir_version());
    const wr_http_field fields[] = {
        {"Content-Type", "application/json"}, {"Server", server}, {NULL, NULL}};
    wr_buf b = {0};
    wr_buf_puts(&b, "{\"KsqlServerInfo\":{");
    wr__member(&b, "version", KSQL_VERSION);
    wr__member(&b, "kafkaClusterId", wr__health_cluster(r->health));
    wr__member(&b, "ksqlServiceId", service_id(r));
    wr__member(&b, "serverStatus", wr__health_status(r->health));
    wr_buf_puts(&b, "}}");
    wr_http_respond(x, 200, fields, b.ptr, b.len);
    wr_buf_free(&b);
}

static void on_info(wr_rest *r, wr_http_exchange *x)
{
    wr__health_ask(r->health, x, false, answer_info, r);
}

static void answer_healthcheck(void *arg, wr_http_exchange *x)
{
    const wr_rest *r = arg;
    wr_buf b = {0};
    int status = wr__health_put(r->health, &b);
    respond_json(x, status, &b);
}

static void on_healthcheck(wr_rest *r, wr_http_exchange *x)
{
    wr__health_ask(r->health, x, true, answer_healthcheck, r);
}

static void put_cluster(const wr_rest *r, wr_buf *b)
{
    wr_buf_puts(b, "{\"scope\":{\"path\":[],\"clusters\":{");
    wr__member(b, "kafka-cluster", wr__health_cluster(r->health));
    wr__member(b, "ksql-cluster", service_id(r));
    wr_buf_puts(b, "}},\"id\":\"\"}");
}

static void answer_metadata(void *arg, wr_http_exchange *x)
{
    wr_buf b = {0};
    wr_buf_puts(&b, "{\"version\":\"" KSQL_VERSION "\",\"clusterId\":");
    put_cluster(arg, &b);
    wr_buf_putc(&b, '}');
    respond_json(x, 200, &b);
}

static void on_metadata(wr_rest *r, wr_http_exchange *x)
{
    wr__health_ask(r->health, x, false, answer_metadata, r);
}

static void answer_metadata_id(void *arg, wr_http_exchange *x)
{
    wr_buf b = {0};
    put_cluster(arg, &b);
    respond_json(x, 200, &b);
}

static void on_metadata_id(wr_rest *r, wr_http_exchange *x)
{
    wr__health_ask(r->health, x, false, answer_metadata_id, r);
}

static void on_probe(wr_rest *r, wr_http_exchange *x)
{
    (void)r;
    wr_http_respond(x, 200, json_type, "{}", 2);
}

static void on_cluster_status(wr_rest *r, wr_http_exchange *x)
{
    wr__cluster_status(&r->ksql.entities, x);
}

static void on_heartbeat(wr_rest *r, wr_http_exchange *x)
{
    wr__cluster_heartbeat(&r->ksql.entities, x);
}

static void on_lag(wr_rest *r, wr_http_exchange *x)
{
    wr__cluster_lag(&r->ksql.entities, x);
}

static void on_status(wr_rest *r, wr_http_exchange *x)
{
    wr_buf b = {0};
    wr__commands_all(r->ksql.commands, &b);
    respond_json(x, 200, &b);
}

static void on_one_status(wr_rest *r, wr_http_exchange *x, const char *id)
{
    wr_buf b = {0};
    int slashes = 0;
    for (const char *c = id; *c; c++)
        slashes += *c == '/';
    if (slashes < 2)
        not_found(x);
    else if (wr__commands_get(r->ksql.commands, id, &b))
        respond_json(x, 200, &b);
    else
        respond_error(x, NOT_FOUND, true, "Command not found");
}

static void on_valid_property(wr_rest *r, wr_http_exchange *x, const char *name)
{
    weir_error err;
    char text[400];
    const wr_settings *s = wr_engine_settings(r->ksql.entities.engine);
    if (wr_settings_check(name, NULL, false, &err) != WEIR_OK) {
        respond_error(x, BAD_REQUEST, true, err.message);
    } else if (wr_settings_check(name, NULL, true, &err) != WEIR_OK ||
               wr_settings_lists(s, "ksql.properties.overrides.denylist", name)) {
        snprintf(text, sizeof text,
                 "One or more properties overrides set locally are prohibited by the KSQL server "
                 "denylist (use UNSET to reset their default value): [%s]",
                 name);
        respond_error(x, BAD_REQUEST, true, text);
    } else {
        wr_http_respond(x, 200, json_type, "true", 4);
    }
}

/* ---- routes ---- */

typedef struct route {
    const char *method, *path;
    void (*fn)(wr_rest *r, wr_http_exchange *x);
    void (*rest_of_path)(wr_rest *r, wr_http_exchange *x, const char *rest);
} route;

static const route routes[] = {
    {"POST", "/ksql", on_ksql, NULL},
    {"POST", "/ksql/terminate", on_terminate, NULL},
    {"GET", "/", on_root, NULL},
    {"GET", "/info", on_info, NULL},
    {"GET", "/healthcheck", on_healthcheck, NULL},
    {"GET", "/status", on_status, NULL},
    {"GET", "/status/", NULL, on_one_status},
    {"GET", "/is_valid_property/", NULL, on_valid_property},
    {"GET", "/v1/metadata", on_metadata, NULL},
    {"GET", "/v1/metadata/id", on_metadata_id, NULL},
    {"GET", "/clusterStatus", on_cluster_status, NULL},
    {"POST", "/heartbeat", on_heartbeat, NULL},
    {"POST", "/lag", on_lag, NULL},
    {"GET", "/chc/ready", on_probe, NULL},
    {"GET", "/chc/live", on_probe, NULL},
};

/* Doubled slashes are one, and one at the end is none. */
static void tidy(const char *path, wr_buf *out)
{
    for (const char *c = path; *c; c++)
        if (*c != '/' || out->len == 0 || out->ptr[out->len - 1] != '/')
            wr_buf_putc(out, *c);
    if (out->len > 1 && out->ptr[out->len - 1] == '/')
        out->len--;
}

static bool follow(const route *to, wr_rest *r, wr_http_exchange *x, const char *path)
{
    size_t n = strlen(to->path);
    if (strcmp(to->method, wr_http_method(x)) != 0)
        return false;
    if (to->fn && strcmp(path, to->path) == 0) {
        to->fn(r, x);
        return true;
    }
    if (to->fn || strncmp(path, to->path, n) != 0 || !path[n])
        return false;
    to->rest_of_path(r, x, path + n);
    return true;
}

void wr_rest_request(wr_rest *r, wr_http_exchange *x)
{
    static const char *const offers[] = {"application/json", "application/vnd.ksql.v1+json"};
    wr_buf path = {0};
    size_t i = 0;
    tidy(wr_http_path(x), &path);
    if (wr_http_accept(wr_http_header(x, "accept"), offers, WR_ARRAY_LEN(offers)) < 0)
        i = WR_ARRAY_LEN(routes); /* nobody is told that it is there */
    while (i < WR_ARRAY_LEN(routes) && !follow(&routes[i], r, x, wr_buf_cstr(&path)))
        i++;
    if (i == WR_ARRAY_LEN(routes))
        not_found(x);
    wr_buf_free(&path);
}
