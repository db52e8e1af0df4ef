/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look is a thread's, from wr_http_work to `done`; only then the loop thread has it again.
 *
 * The records are copied into an arena, since batches go while others are still read, and become
 * text when it is known which are the last.
 */
#include "server/native/records.h"
#include "common/utf8.h"
#include "formats/format.h"
#include "runtime/instance/wait.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"
#include "runtime/statement/print_schema.h"
#include "server/native/result_lines.h"
#include "types/text.h"

#include <stdlib.h>
#include <string.h>

enum { LAST = 50, LAST_MAX = 1000, LOOKED_AT_MAX = 20000, LOOK_MS = 5000, POLL_MS = 100 };
#define RECORD_TEXT_MAX ((size_t)64 << 10)

typedef struct wr__look {
    weir *w;
    wr_http_server *server;
    uint64_t exchange;
    wr_arena *arena;
    const char *topic;
    uint32_t last;
    wr_topic_part *parts; /* offset: where the next record is read */
    int64_t *ends;
    uint32_t parts_n;
    wr_record *records; /* in the arena */
    size_t n, capacity;
    weir_status st;
    weir_error err;
    wr_buf text;
} wr__look;

/* ---- the thread: what is read ---- */

/* Where to begin: `last` before the end, or fewer where there are very many partitions. */
static weir_status find_ends(wr__look *l, weir_error *err)
{
    wr_log *log = wr_engine_log(l->w->engine);
    wr_topic_info info;
    WR_TRY(wr_topic_describe(log, l->topic, &info, err));
    l->parts_n = (uint32_t)info.partitions;
    l->parts = WR_NEW_N(l->arena, wr_topic_part, l->parts_n);
    l->ends = WR_NEW_N(l->arena, int64_t, l->parts_n);
    int64_t *low = WR_NEW_N(l->arena, int64_t, l->parts_n);
    for (uint32_t i = 0; i < l->parts_n; i++)
        l->parts[i] = (wr_topic_part){l->topic, (int32_t)i, 0};
    WR_TRY(wr_topic_ends(log, l->parts, l->parts_n, low, l->ends, err));
    int64_t each = WR_MIN((int64_t)l->last, WR_MAX(1, LOOKED_AT_MAX / (int64_t)l->parts_n));
    for (uint32_t i = 0; i < l->parts_n; i++)
        l->parts[i].offset = WR_MAX(low[i], l->ends[i] - each);
    return WEIR_OK;
}

static bool all_read(const wr__look *l)
{
    for (uint32_t i = 0; i < l->parts_n; i++)
        if (l->parts[i].offset < l->ends[i])
            return false;
    return true;
}

static void keep(wr__look *l, const wr_record *r)
{
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 64;
        wr_record *more = WR_NEW_N(l->arena, wr_record, capacity);
        if (l->n)
            memcpy(more, l->records, l->n * sizeof *more);
        l->records = more;
        l->capacity = capacity;
    }
    wr_record *to = &l->records[l->n++];
    *to = *r;
    to->key = wr_bytes_copy(l->arena, r->key);
    to->value = wr_bytes_copy(l->arena, r->value);
    to->headers = wr_headers_copy(l->arena, r->headers);
}

/* Control records lie between others on Kafka: a partition is read when its next offset says so. */
static weir_status read_all(wr__look *l, wr_log_reader *reader, weir_error *err)
{
    wr_clock *clock = wr_engine_clock(l->w->engine);
    int64_t until = clock->mono_ns(clock) + (int64_t)LOOK_MS * 1000000;
    WR_TRY(wr_log_reader_assign(reader, l->parts, l->parts_n, err));
    while (!all_read(l) && clock->mono_ns(clock) < until) {
        wr_log_batch *batch;
        WR_TRY(wr_log_reader_poll(reader, 500, POLL_MS, &batch, err));
        if (!batch)
            continue;
        wr_topic_part *part = &l->parts[batch->assignment];
        for (uint32_t i = 0; i < batch->n; i++)
            if (batch->records[i].offset < l->ends[batch->assignment])
                keep(l, &batch->records[i]);
        part->offset = batch->next_offset;
        wr_log_reader_release(reader, batch);
    }
    return WEIR_OK;
}

/* ---- the thread: as text ---- */

static int newest_first(const void *a, const void *b)
{
    const wr_record *x = a, *y = b;
    if (x->timestamp != y->timestamp)
        return x->timestamp > y->timestamp ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset > y->offset ? -1 : x->offset < y->offset;
}

/* A member whose value is as PRINT has it. */
static void payload(wr_buf *out, wr__schema_printer *schemas, const wr_format_guess *guess,
                    const wr_record *r, wr_str bytes)
{
    wr_buf text = {0};
    if (!bytes.ptr) {
        wr_buf_puts(out, "null");
        return;
    }
    if (!wr__schema_print(schemas, r, bytes, &text))
        wr_format_guess_value(guess, bytes, &text);
    size_t n = text.len;
    if (n > RECORD_TEXT_MAX) {
        for (n = RECORD_TEXT_MAX; n > 0 && (text.ptr[n] & 0xC0) == 0x80;)
            n--;
        text.len = n;
        wr_buf_puts(&text, "\xE2\x80\xA6");
    }
    wr_text_put_json_string(out, wr_buf_view(&text));
    wr_buf_free(&text);
}

static void header_value(wr_buf *out, wr_str value)
{
    if (!value.ptr) {
        wr_buf_puts(out, "null");
        return;
    }
    if (wr_utf8_valid(value)) {
        wr_text_put_json_string(out, value);
        return;
    }
    wr_buf_puts(out, "\"0x");
    for (size_t i = 0; i < value.len; i++)
        wr_buf_printf(out, "%02x", (unsigned)(unsigned char)value.ptr[i]);
    wr_buf_putc(out, '"');
}

static void put_headers(wr_buf *out, const wr_headers *headers)
{
    wr_buf_puts(out, ",\"headers\":[");
    for (uint32_t i = 0; headers && i < headers->n; i++) {
        wr_buf_puts(out, i ? ",[" : "[");
        wr_text_put_json_string(out, headers->h[i].key);
        wr_buf_putc(out, ',');
        header_value(out, headers->h[i].value);
        wr_buf_putc(out, ']');
    }
    wr_buf_putc(out, ']');
}

static void put_all(wr__look *l)
{
    wr_format_guess key, value;
    wr__schema_printer keys, values;
    wr_wait wait = wr_wait_new(l->w->engine, NULL, LOOK_MS);
    wr_format_guess_init(&key);
    wr_format_guess_init(&value);
    wr__schema_printer_init(&keys, wr_engine_registry(l->w->engine), wr_wait_in_registry(&wait),
                            true);
    wr__schema_printer_init(&values, wr_engine_registry(l->w->engine), wr_wait_in_registry(&wait),
                            false);
    size_t n = WR_MIN(l->n, (size_t)l->last);
    for (size_t i = 0; i < n; i++) {
        const wr_record *r = &l->records[i];
        if (r->key.ptr && !wr__schema_note(&keys, r, r->key))
            wr_format_guess_add(&key, r->key);
        if (r->value.ptr && !wr__schema_note(&values, r, r->value))
            wr_format_guess_add(&value, r->value);
    }
    wr_buf_puts(&l->text, "{\"records\":[");
    for (size_t i = 0; i < n; i++) {
        const wr_record *r = &l->records[i];
        wr_buf_printf(&l->text, "%s{\"partition\":%d,\"offset\":%lld,\"timestamp\":%lld,\"key\":",
                      i ? "," : "", r->partition, (long long)r->offset, (long long)r->timestamp);
        payload(&l->text, &keys, &key, r, r->key);
        wr_buf_puts(&l->text, ",\"value\":");
        payload(&l->text, &values, &value, r, r->value);
        put_headers(&l->text, r->headers);
        wr_buf_putc(&l->text, '}');
    }
    wr_buf_puts(&l->text, "]}\n");
    wr__schema_printer_free(&keys);
    wr__schema_printer_free(&values);
}

static void work(void *arg)
{
    wr__look *l = arg;
    wr_engine *e = l->w->engine;
    wr_log_reader *reader = NULL;
    l->st = find_ends(l, &l->err);
    if (l->st == WEIR_OK)
        l->st = wr_log_reader_new(wr_engine_log(e), NULL, wr_engine_settings(e), &reader, &l->err);
    if (l->st == WEIR_OK)
        l->st = read_all(l, reader, &l->err);
    if (reader)
        wr_log_reader_close(reader);
    if (l->st != WEIR_OK) {
        wr_native_error_line(&l->text, &l->err);
        return;
    }
    if (l->n)
        qsort(l->records, l->n, sizeof *l->records, newest_first);
    put_all(l);
}

/* ---- the loop thread ---- */

static const wr_http_field json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};

static void done(void *arg)
{
    wr__look *l = arg;
    wr_http_exchange *x = wr_http_find(l->server, l->exchange);
    int status = l->st == WEIR_OK ? 200 : l->st == WEIR_ERR_NOT_FOUND ? 404 : 500;
    if (x)
        wr_http_respond(x, status, json, l->text.ptr, l->text.len);
    wr_buf_free(&l->text);
    wr_arena_free(l->arena);
    atomic_fetch_sub(&l->w->statements, 1);
    wr_free(l);
}

static void refuse(wr_http_exchange *x)
{
    weir_error err;
    wr_buf out = {0};
    (void)wr_error(&err, WEIR_ERR_MISUSE, "The parameters are topic=NAME and last=N, from 1 to %d",
                   LAST_MAX);
    wr_native_error_line(&out, &err);
    wr_http_respond(x, 400, json, out.ptr, out.len);
    wr_buf_free(&out);
}

void wr_native_records(weir *w, wr_http_exchange *x)
{
    const char *topic = wr_http_parameter(x, "topic"), *last = wr_http_parameter(x, "last");
    char *end = NULL;
    long n = last ? strtol(last, &end, 10) : LAST;
    if (!topic || !*topic || n < 1 || n > LAST_MAX || (end && (end == last || *end))) {
        refuse(x);
        return;
    }
    wr__look *l = wr_calloc(1, sizeof *l);
    l->w = w;
    l->server = wr_http_server_of(x);
    l->exchange = wr_http_id(x);
    l->arena = wr_arena_new(0);
    l->topic = wr_arena_strndup(l->arena, topic, strlen(topic));
    l->last = (uint32_t)n;
    atomic_fetch_add(&w->statements, 1); /* weir_close waits for it */
    wr_http_work(l->server, work, done, l);
}
