/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job is a statement on a thread of the pool and the exchange that it is for. The exchange may go
 * while the thread is at work; the job goes when both have let go of it.
 */
#include "server/native/native.h"
#include "engine/functions/function.h"
#include "formats/format.h"
#include "parser/parser.h"
#include "server/native/records.h"
#include "server/native/result_lines.h"
#include "server/native/topics.h"
#include "types/text.h"

#include <string.h>

enum { STEP_MS = 200, QUIET_STEPS = 25 }; /* an empty line every five seconds */
#define CHUNK_BYTES   (16u << 10)
#define PENDING_BYTES (256u << 10)

typedef struct wr__native_job {
    weir *w;
    wr_http_server *server;
    uint64_t exchange;
    bool read_only;
    char *sql;
    wr_arena *arena; /* of the request */
    const wr_json *settings;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    size_t pending; /* bytes given to the exchange and not yet taken from it */
    bool gone;
    wr_exec *exec;
    int holders; /* the exchange, the thread */
} wr__native_job;

static void let_go(wr__native_job *job)
{
    pthread_mutex_lock(&job->lock);
    WR_ASSERT(job->holders > 0);
    bool last = --job->holders == 0;
    pthread_mutex_unlock(&job->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&job->lock);
    pthread_cond_destroy(&job->changed);
    wr_arena_free(job->arena);
    wr_free(job);
}

/* ---- from the thread to the exchange ---- */

typedef struct wr__chunk {
    wr__native_job *job;
    wr_buf bytes;
} wr__chunk;

static void put_chunk(void *arg)
{
    wr__chunk *c = arg;
    wr_http_exchange *x = wr_http_find(c->job->server, c->job->exchange);
    if (x && c->bytes.len)
        wr_http_write(x, c->bytes.ptr, c->bytes.len);
    wr_buf_free(&c->bytes);
    wr_free(c);
}

/* Takes what is in @p b; waits while the client is far behind. @return false: it has gone. */
static bool send_lines(wr__native_job *job, wr_buf *b)
{
    wr__chunk *c = wr_calloc(1, sizeof *c);
    *c = (wr__chunk){job, *b};
    *b = (wr_buf){0};
    pthread_mutex_lock(&job->lock);
    job->pending += c->bytes.len;
    pthread_mutex_unlock(&job->lock);
    wr_http_post(job->server, put_chunk, c);
    pthread_mutex_lock(&job->lock);
    while (job->pending > PENDING_BYTES && !job->gone)
        pthread_cond_wait(&job->changed, &job->lock);
    bool gone = job->gone;
    pthread_mutex_unlock(&job->lock);
    return !gone;
}

/* ---- the thread ---- */

static weir_status set_all(wr__native_job *job, wr_session *session, weir_error *err)
{
    const wr_json *o = job->settings;
    weir_status st = WEIR_OK;
    WR_ASSERT(!o || o->kind == WR_JSON_OBJECT);
    wr_engine_lock(job->w->engine);
    for (uint32_t i = 0; o && i < o->n && st == WEIR_OK; i++) {
        const char *name = wr_arena_strndup(job->arena, o->keys[i].ptr, o->keys[i].len);
        const wr_str *v = &o->items[i].text;
        if (wr_str_has_nul(o->keys[i]) || wr_str_has_nul(*v))
            st = wr_error(err, WEIR_ERR_CONFIG, "%s: neither a setting nor its value has a NUL",
                          name);
        else
            st = wr_session_set(session, job->w->engine, name,
                                wr_arena_strndup(job->arena, v->ptr ? v->ptr : "", v->len), err);
    }
    wr_engine_unlock(job->w->engine);
    return st;
}

static bool changes_something(const wr_exec *x)
{
    return x->kind == WR_EXEC_COMMAND;
}

/* Who interrupts finds the statement, or it finds that it is not wanted any more. */
static bool begin(wr__native_job *job, wr_exec *x)
{
    pthread_mutex_lock(&job->lock);
    job->exec = x;
    bool gone = job->gone;
    pthread_mutex_unlock(&job->lock);
    return !gone;
}

static weir_status step_all(wr__native_job *job, wr_exec *x, wr_buf *out, weir_error *err)
{
    bool headed = false;
    int quiet = 0;
    for (;;) {
        weir_status st = wr_exec_step(x, STEP_MS, err);
        bool waits = st == WEIR_ERR_INTERRUPTED && x->executed;
        if (!headed && (st == WEIR_ROW || st == WEIR_DONE || waits)) {
            wr_native_head(out, x);
            headed = true;
        }
        if (st == WEIR_ROW)
            wr_native_row(out, x);
        else if (!waits)
            return st;
        quiet = waits ? quiet + 1 : 0;
        if (quiet >= QUIET_STEPS) {
            wr_buf_putc(out, '\n');
            quiet = 0;
        }
        if ((waits ? out->len > 0 : out->len >= CHUNK_BYTES) && !send_lines(job, out))
            return wr_error(err, WEIR_ERR_INTERRUPTED, "The client has gone");
        pthread_mutex_lock(&job->lock);
        bool gone = job->gone;
        pthread_mutex_unlock(&job->lock);
        if (gone)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "The client has gone");
    }
}

static weir_status run_statement(wr__native_job *job, wr_session *session, wr_buf *out,
                                 weir_error *err)
{
    wr_exec *x;
    WR_TRY(set_all(job, session, err));
    WR_TRY(wr_exec_new(job->w->engine, session, job->sql, strlen(job->sql), &x, err));
    weir_status st = WEIR_OK;
    if (job->read_only && changes_something(x))
        st = wr_error(err, WEIR_ERR_UNSUPPORTED,
                      "This service runs query files: its statements cannot be changed from here");
    else if (begin(job, x))
        st = step_all(job, x, out, err);
    if (st == WEIR_DONE)
        wr_native_end_line(out, x);
    pthread_mutex_lock(&job->lock);
    job->exec = NULL;
    pthread_mutex_unlock(&job->lock);
    wr_exec_free(x);
    return st;
}

static void work(void *arg)
{
    wr__native_job *job = arg;
    wr_session session;
    weir_error err = {0};
    wr_buf out = {0};
    wr_session_init(&session, job->w->engine);
    weir_status st = run_statement(job, &session, &out, &err);
    if (st != WEIR_DONE && st != WEIR_OK)
        wr_native_error_line(&out, &err);
    wr_session_free(&session);
    (void)send_lines(job, &out);
    wr_buf_free(&out);
}

static void done(void *arg)
{
    wr__native_job *job = arg;
    wr_http_exchange *x = wr_http_find(job->server, job->exchange);
    WR_ASSERT(!job->exec); /* the thread has freed it */
    if (x)
        wr_http_finish(x);
    atomic_fetch_sub(&job->w->statements, 1);
    let_go(job);
}

/* ---- the loop thread ---- */

bool wr_native_is_for(const wr_http_exchange *x)
{
    return strncmp(wr_http_path(x), "/weir/v1/", 9) == 0;
}

static void refuse(wr_http_exchange *x, int status, const char *message)
{
    const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
    weir_error err;
    wr_buf out = {0};
    (void)wr_error(&err, WEIR_ERR_MISUSE, "%s", message);
    wr_native_error_line(&out, &err);
    wr_http_respond(x, status, json, out.ptr, out.len);
    wr_buf_free(&out);
}

static void begin_statement(weir *w, bool read_only, wr_http_exchange *x)
{
    size_t n;
    const char *body = wr_http_body(x, &n);
    wr_arena *a = wr_arena_new(0);
    wr_json *request;
    weir_error err;
    const wr_json *sql = NULL, *settings = NULL;
    if (wr_json_parse(wr_arena_str(a, wr_str_make(body, n)), false, a, &request, &err) == WEIR_OK) {
        sql = wr_json_get(request, "sql");
        settings = wr_json_get(request, "settings");
    }
    if (!sql || sql->kind != WR_JSON_STRING || wr_str_has_nul(sql->text) ||
        (settings && settings->kind != WR_JSON_OBJECT)) {
        wr_arena_free(a);
        refuse(x, 400, "The body must be {\"sql\":\"...\",\"settings\":{...}}, without a NUL");
        return;
    }
    wr__native_job *job = wr_calloc(1, sizeof *job);
    job->w = w;
    job->server = wr_http_server_of(x);
    job->exchange = wr_http_id(x);
    job->read_only = read_only;
    job->arena = a;
    job->sql = wr_arena_strndup(a, sql->text.ptr, sql->text.len);
    job->settings = settings;
    job->holders = 2;
    pthread_mutex_init(&job->lock, NULL);
    pthread_cond_init(&job->changed, NULL);
    atomic_fetch_add(&w->statements, 1); /* weir_close waits for it */
    wr_http_set_data(x, job);
    const wr_http_field lines[] = {{"Content-Type", "application/x-ndjson"}, {NULL, NULL}};
    wr_http_begin_response(x, 200, lines);
    wr_http_work(job->server, work, done, job);
}

static void complete(weir *w, wr_http_exchange *x)
{
    const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
    const char *prefix = wr_http_parameter(x, "prefix");
    wr_buf out = {0};
    const char *name;
    wr_buf_putc(&out, '[');
    for (int i = 0; (name = weir_complete(w, prefix ? prefix : "", i)); i++) {
        if (i)
            wr_buf_putc(&out, ',');
        wr_text_put_json_string(&out, wr_str_c(name));
    }
    wr_buf_putc(&out, ']');
    wr_http_respond(x, 200, json, out.ptr, out.len);
    wr_buf_free(&out);
}

/* Keywords and functions are constant: a page asks once. */
static void words(weir *w, wr_http_exchange *x)
{
    const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
    wr_buf out = {0};
    const char *name;
    const wr_function *f;
    bool reserved;
    wr_buf_puts(&out, "{\"keywords\":[");
    for (size_t i = 0; (name = wr_parse_keyword(i, &reserved)); i++) {
        wr_buf_puts(&out, i ? "," : "");
        wr_text_put_json_string(&out, wr_str_c(name));
    }
    wr_buf_puts(&out, "],\"functions\":[");
    for (uint32_t i = 0; (f = wr_function_at(wr_engine_functions(w->engine), i)); i++) {
        wr_buf_puts(&out, i ? "," : "");
        wr_text_put_json_string(&out, wr_str_c(f->name));
    }
    wr_buf_puts(&out, "]}\n");
    wr_http_respond(x, 200, json, out.ptr, out.len);
    wr_buf_free(&out);
}

void wr_native_request(weir *w, bool read_only, wr_http_exchange *x)
{
    bool post = strcmp(wr_http_method(x), "POST") == 0, get = strcmp(wr_http_method(x), "GET") == 0;
    const char *path = wr_http_path(x);
    if (post && strcmp(path, "/weir/v1/statement") == 0)
        begin_statement(w, read_only, x);
    else if (get && strcmp(path, "/weir/v1/complete") == 0)
        complete(w, x);
    else if (get && strcmp(path, "/weir/v1/words") == 0)
        words(w, x);
    else if (get && strcmp(path, "/weir/v1/records") == 0)
        wr_native_records(w, x);
    else if (wr_native_topics_is_for(x))
        wr_native_topics(w, read_only, x);
    else
        refuse(x, 404, "Not found");
}

void wr_native_drained(wr_http_exchange *x)
{
    wr__native_job *job = wr_http_data(x);
    if (!job)
        return;
    pthread_mutex_lock(&job->lock);
    job->pending = 0;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
}

void wr_native_end(wr_http_exchange *x)
{
    wr__native_job *job = wr_http_data(x);
    if (!job)
        return;
    pthread_mutex_lock(&job->lock);
    job->gone = true;
    if (job->exec)
        wr_exec_interrupt(job->exec);
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
    let_go(job);
}
