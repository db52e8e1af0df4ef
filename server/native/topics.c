/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request is a thread's, from wr_http_work to `done`. What it is to do is read from the request
 * on the loop thread, since the exchange may go while the thread is at work; a body is parsed by
 * the thread.
 */
#include "server/native/topics.h"
#include "runtime/api/record_json.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "server/native/result_lines.h"

#include <stdlib.h>
#include <string.h>

enum { FETCH_RECORDS = 2000, WAIT_MAX_MS = 10000, POLL_MS = 100 };
#define FETCH_BYTES ((size_t)1 << 20)

typedef struct topic_call {
    weir *w;
    wr_http_server *server;
    uint64_t exchange;
    wr_arena *arena;
    weir_status (*answer)(struct topic_call *c, weir_error *err);
    bool writes;
    const char *topic, *from; /* parameters; "": not given */
    int wait_ms;
    wr_str body;
    bool bad; /* the request is to blame */
    int status;
    wr_buf text;
} topic_call;

/* ---- the thread ---- */

static weir_status bad(topic_call *c, const char *why, weir_error *err)
{
    c->bad = true;
    return wr_error(err, WEIR_ERR_MISUSE, "%s", why);
}

static void put_offsets(wr_buf *out, const char *name, const int64_t *offsets, uint32_t n)
{
    wr_buf_printf(out, "\"%s\":[", name);
    for (uint32_t i = 0; i < n; i++)
        wr_buf_printf(out, "%s%lld", i ? "," : "", (long long)offsets[i]);
    wr_buf_putc(out, ']');
}

static weir_status partitions_of(topic_call *c, wr_topic_part **out, uint32_t *n, weir_error *err)
{
    wr_topic_info info;
    WR_TRY(wr_topic_describe(wr_engine_log(c->w->engine), c->topic, &info, err));
    *n = (uint32_t)info.partitions;
    *out = WR_NEW_N(c->arena, wr_topic_part, *n);
    for (uint32_t i = 0; i < *n; i++)
        (*out)[i] = (wr_topic_part){c->topic, (int32_t)i, 0};
    return WEIR_OK;
}

static weir_status describe(topic_call *c, weir_error *err)
{
    wr_topic_part *parts;
    uint32_t n;
    WR_TRY(partitions_of(c, &parts, &n, err));
    int64_t *low = WR_NEW_N(c->arena, int64_t, n), *high = WR_NEW_N(c->arena, int64_t, n);
    WR_TRY(wr_topic_ends(wr_engine_log(c->w->engine), parts, n, low, high, err));
    wr_buf_printf(&c->text, "{\"partitions\":%u,", n);
    put_offsets(&c->text, "start", low, n);
    wr_buf_putc(&c->text, ',');
    put_offsets(&c->text, "end", high, n);
    wr_buf_puts(&c->text, "}\n");
    return WEIR_OK;
}

/* The body as an object with a topic. */
static weir_status read_body(topic_call *c, wr_json **out, weir_error *err)
{
    weir_error ignored;
    const wr_json *topic = NULL;
    if (wr_json_parse(c->body, false, c->arena, out, &ignored) == WEIR_OK)
        topic = wr_json_get(*out, "topic");
    if (!topic || topic->kind != WR_JSON_STRING || topic->text.len == 0 ||
        wr_str_has_nul(topic->text))
        return bad(c, "The body must be {\"topic\":\"...\",...}", err);
    c->topic = wr_arena_strndup(c->arena, topic->text.ptr, topic->text.len);
    return WEIR_OK;
}

static weir_status create(topic_call *c, weir_error *err)
{
    wr_json *body;
    int64_t partitions;
    WR_TRY(read_body(c, &body, err));
    if (!wr__json_int(wr_json_get(body, "partitions"), &partitions) || partitions < 1 ||
        partitions > INT32_MAX)
        return bad(c, "\"partitions\" must be a number from 1 on", err);
    WR_TRY(weir_topic_create(c->w, c->topic, (int)partitions, err));
    wr_buf_puts(&c->text, "{}\n");
    return WEIR_OK;
}

static weir_status produce(topic_call *c, weir_error *err)
{
    wr_json *body;
    WR_TRY(read_body(c, &body, err));
    const wr_json *list = wr_json_get(body, "records");
    uint32_t n = list && list->kind == WR_JSON_ARRAY ? list->n : 0;
    weir_record *records = WR_NEW_N(c->arena, weir_record, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (!wr__record_json_get(&list->items[i], c->topic, c->arena, &records[i]))
            return bad(c, "\"records\" has one that is none", err);
    if (!list || list->kind != WR_JSON_ARRAY)
        return bad(c, "\"records\" must be an array", err);
    WR_TRY(weir_produce(c->w, records, n, err));
    WR_TRY(weir_flush(c->w, err));
    wr_buf_puts(&c->text, "{}\n");
    return WEIR_OK;
}

/* ---- fetching ---- */

static weir_status read_from(topic_call *c, wr_topic_part *parts, uint32_t n, weir_error *err)
{
    const char *at = c->from;
    WR_ASSERT(n > 0 && at);
    for (uint32_t i = 0; i < n; i++) {
        char *end;
        long long offset = strtoll(at, &end, 10);
        bool last = i + 1 == n;
        if (end == at || offset < 0 || *end != (last ? '\0' : ','))
            return bad(c, "\"from\" must be an offset for each partition", err);
        parts[i].offset = offset;
        at = end + 1;
    }
    return WEIR_OK;
}

static void put_record(topic_call *c, const wr_record *r, bool first)
{
    uint32_t n = r->headers ? r->headers->n : 0;
    const char **keys = WR_NEW_N(c->arena, const char *, (size_t)n + 1);
    const void **values = WR_NEW_N(c->arena, const void *, (size_t)n + 1);
    size_t *lens = WR_NEW_N(c->arena, size_t, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const wr_header *h = &r->headers->h[i];
        keys[i] = wr_arena_strndup(c->arena, h->key.ptr, h->key.len);
        values[i] = h->value.ptr;
        lens[i] = h->value.ptr ? h->value.len : SIZE_MAX;
    }
    const weir_record out = {.key = r->key.ptr,
                             .key_len = r->key.len,
                             .value = r->value.ptr,
                             .value_len = r->value.len,
                             .timestamp = r->timestamp,
                             .partition = r->partition,
                             .offset = r->offset,
                             .header_keys = keys,
                             .header_values = values,
                             .header_lens = lens,
                             .headers_n = n};
    wr_buf_puts(&c->text, first ? "" : ",");
    wr__record_json_put(&c->text, &out);
}

/* Whole batches, so that `next` is the reader's. */
static weir_status read_records(topic_call *c, wr_log_reader *reader, wr_topic_part *parts,
                                weir_error *err)
{
    wr_clock *clock = wr_engine_clock(c->w->engine);
    int64_t until = clock->mono_ns(clock) + (int64_t)c->wait_ms * 1000000;
    uint32_t n = 0;
    while (n < FETCH_RECORDS && c->text.len < FETCH_BYTES) {
        wr_log_batch *b;
        int64_t left = n ? 0 : (until - clock->mono_ns(clock)) / 1000000;
        WR_TRY(wr_log_reader_poll(reader, FETCH_RECORDS - n,
                                  (int)WR_MAX(WR_MIN(left, (int64_t)POLL_MS), 0), &b, err));
        if (!b && (left <= 0 || wr_engine_closing(c->w->engine)))
            break;
        if (!b)
            continue;
        for (uint32_t i = 0; i < b->n; i++)
            put_record(c, &b->records[i], n++ == 0);
        WR_ASSERT(b->next_offset > parts[b->assignment].offset);
        parts[b->assignment].offset = b->next_offset;
        wr_log_reader_release(reader, b);
    }
    return WEIR_OK;
}

static weir_status fetch(topic_call *c, weir_error *err)
{
    wr_engine *e = c->w->engine;
    wr_log_reader *reader;
    wr_topic_part *parts;
    uint32_t n;
    if (!wr_log_can(wr_engine_log(e))->atomic_with_state)
        return wr_error(err, WEIR_ERR_UNSUPPORTED,
                        "Topics of Kafka are read from its brokers, not from here");
    WR_TRY(partitions_of(c, &parts, &n, err));
    WR_TRY(read_from(c, parts, n, err));
    WR_TRY(wr_log_reader_new(wr_engine_log(e), NULL, wr_engine_settings(e), &reader, err));
    wr_buf_puts(&c->text, "{\"records\":[");
    weir_status st = wr_log_reader_assign(reader, parts, n, err);
    if (st == WEIR_OK)
        st = read_records(c, reader, parts, err);
    wr_log_reader_close(reader);
    wr_buf_puts(&c->text, "],\"next\":[");
    for (uint32_t i = 0; i < n; i++)
        wr_buf_printf(&c->text, "%s%lld", i ? "," : "", (long long)parts[i].offset);
    wr_buf_puts(&c->text, "]}\n");
    return st;
}

/* ---- the way of a request ---- */

static int status_of(const topic_call *c, weir_status st)
{
    if (st == WEIR_OK)
        return 200;
    if (c->bad || st == WEIR_ERR_MISUSE || st == WEIR_ERR_LIMIT || st == WEIR_ERR_EXISTS ||
        st == WEIR_ERR_UNSUPPORTED)
        return 400;
    return st == WEIR_ERR_NOT_FOUND ? 404 : 500;
}

static void work(void *arg)
{
    topic_call *c = arg;
    weir_error err = {0};
    weir_status st = c->answer(c, &err);
    if (st != WEIR_OK) {
        wr_buf_clear(&c->text);
        wr_native_error_line(&c->text, &err);
    }
    c->status = status_of(c, st);
}

static const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};

static void done(void *arg)
{
    topic_call *c = arg;
    wr_http_exchange *x = wr_http_find(c->server, c->exchange);
    WR_ASSERT(c->status && c->text.len > 0);
    if (x)
        wr_http_respond(x, c->status, json, c->text.ptr, c->text.len);
    wr_buf_free(&c->text);
    wr_arena_free(c->arena);
    atomic_fetch_sub(&c->w->statements, 1);
    wr_free(c);
}

static const struct {
    const char *method, *path;
    weir_status (*answer)(topic_call *c, weir_error *err);
    bool writes;
} requests[] = {
    {"GET", "/weir/v1/topic", describe, false},
    {"POST", "/weir/v1/topic", create, true},
    {"POST", "/weir/v1/produce", produce, true},
    {"GET", "/weir/v1/fetch", fetch, false},
};

/* @return WR_ARRAY_LEN(requests): none of them. */
static size_t request_of(const wr_http_exchange *x)
{
    size_t i = 0;
    while (i < WR_ARRAY_LEN(requests) && (strcmp(wr_http_method(x), requests[i].method) != 0 ||
                                          strcmp(wr_http_path(x), requests[i].path) != 0))
        i++;
    return i;
}

bool wr_native_topics_is_for(const wr_http_exchange *x)
{
    return request_of(x) < WR_ARRAY_LEN(requests);
}

static void refuse(wr_http_exchange *x, int status, const char *why)
{
    weir_error err;
    wr_buf out = {0};
    (void)wr_error(&err, status == 403 ? WEIR_ERR_UNSUPPORTED : WEIR_ERR_MISUSE, "%s", why);
    wr_native_error_line(&out, &err);
    wr_http_respond(x, status, json, out.ptr, out.len);
    wr_buf_free(&out);
}

static const char *parameter(wr_arena *a, const wr_http_exchange *x, const char *name)
{
    const char *value = wr_http_parameter(x, name);
    return wr_arena_strdup(a, value ? value : "");
}

void wr_native_topics(weir *w, bool read_only, wr_http_exchange *x)
{
    size_t at = request_of(x), n;
    WR_ASSERT(at < WR_ARRAY_LEN(requests));
    const char *wait = wr_http_parameter(x, "wait"), *topic = wr_http_parameter(x, "topic");
    bool get = strcmp(requests[at].method, "GET") == 0;
    int64_t wait_ms = 0;
    if (read_only && requests[at].writes && !wr_http_is_local(x)) {
        refuse(x, 403, "This service runs query files: its topics cannot be written from here");
        return;
    }
    if ((get && (!topic || !*topic)) || (wait && (!wr_str_to_i64(wr_str_c(wait), &wait_ms) ||
                                                  wait_ms < 0 || wait_ms > WAIT_MAX_MS))) {
        refuse(x, 400, "The parameters are topic=NAME and wait=MS, up to 10000");
        return;
    }
    topic_call *c = wr_calloc(1, sizeof *c);
    c->w = w;
    c->server = wr_http_server_of(x);
    c->exchange = wr_http_id(x);
    c->arena = wr_arena_new(0);
    c->answer = requests[at].answer;
    c->topic = parameter(c->arena, x, "topic");
    c->from = parameter(c->arena, x, "from");
    c->wait_ms = (int)wait_ms;
    const char *body = wr_http_body(x, &n);
    c->body = wr_arena_str(c->arena, wr_str_make(body, n));
    atomic_fetch_add(&w->statements, 1); /* weir_close waits for it */
    wr_http_work(c->server, work, done, c);
}
