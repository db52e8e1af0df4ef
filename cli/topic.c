/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of records. Their bytes are copied one behind the other into one buffer, which may move
 * while it grows; so records hold offsets until the batch is handed over.
 */
#include "topic.h"

#include "open.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_RECORDS 4096
#define BATCH_BYTES   ((size_t)1 << 20)

/** Pointers of a weir_record as offsets into the buffer. */
typedef struct gathered {
    size_t key_at, value_at; /* SIZE_MAX: NULL */
    size_t header_first;     /* index into the header arrays */
} gathered;

struct cli_topic_writer {
    weir *w;
    char *topic;
    uint64_t count;   /* handed over and gathered */
    uint64_t durable; /* of these, as of the last flush that succeeded */
    size_t n;
    weir_record records[BATCH_RECORDS];
    gathered at[BATCH_RECORDS];
    cli_text bytes;
    /* Headers of all records: offsets of name and value, and lengths; arrays grow together. */
    size_t headers_n, headers_cap;
    size_t *header_key_at, *header_value_at, *header_lens;
    const char **header_keys;
    const void **header_values;
};

int cli_topic_ensure(weir *w, const char *topic, int64_t partitions)
{
    weir_error err = {0};
    if (weir_topic_exists(w, topic, NULL))
        return CLI_OK;
    weir_status st = weir_topic_create(w, topic, (int)partitions, &err);
    return st == WEIR_OK || st == WEIR_ERR_EXISTS ? CLI_OK : cli_show_error(&err);
}

cli_topic_writer *cli_topic_writer_new(weir *w, const char *topic)
{
    cli_topic_writer *t = cli_realloc(NULL, sizeof *t);
    memset(t, 0, sizeof *t);
    t->w = w;
    t->topic = cli_copy(topic, strlen(topic));
    return t;
}

void cli_topic_writer_free(cli_topic_writer *t)
{
    if (!t)
        return;
    cli_text_free(&t->bytes);
    free(t->header_key_at);
    free(t->header_value_at);
    free(t->header_lens);
    free(t->header_keys);
    free(t->header_values);
    free(t->topic);
    free(t);
}

uint64_t cli_topic_writer_count(const cli_topic_writer *t)
{
    return t->count;
}

uint64_t cli_topic_writer_durable(const cli_topic_writer *t)
{
    return t->durable;
}

/** Offsets become pointers, now that the buffer stays where it is. */
static void point(cli_topic_writer *t)
{
    const char *base = cli_text_string(&t->bytes);
    for (size_t h = 0; h < t->headers_n; h++) {
        t->header_keys[h] = base + t->header_key_at[h];
        t->header_values[h] = t->header_lens[h] == SIZE_MAX ? NULL : base + t->header_value_at[h];
    }
    for (size_t i = 0; i < t->n; i++) {
        weir_record *r = &t->records[i];
        const gathered *g = &t->at[i];
        r->topic = t->topic;
        r->key = g->key_at == SIZE_MAX ? NULL : base + g->key_at;
        r->value = g->value_at == SIZE_MAX ? NULL : base + g->value_at;
        r->header_keys = r->headers_n ? t->header_keys + g->header_first : NULL;
        r->header_values = r->headers_n ? t->header_values + g->header_first : NULL;
        r->header_lens = r->headers_n ? t->header_lens + g->header_first : NULL;
    }
}

static bool hand_over(cli_topic_writer *t)
{
    WR_ASSERT(t->n <= BATCH_RECORDS);
    if (!t->n)
        return true;
    weir_error err = {0};
    point(t);
    bool ok = weir_produce(t->w, t->records, t->n, &err) == WEIR_OK;
    if (!ok)
        cli_show_error(&err);
    t->n = t->headers_n = 0;
    cli_text_clear(&t->bytes);
    return ok;
}

bool cli_topic_writer_flush(cli_topic_writer *t)
{
    weir_error err = {0};
    if (!hand_over(t))
        return false;
    if (weir_flush(t->w, &err) == WEIR_OK) {
        WR_ASSERT(t->durable <= t->count && t->n == 0);
        t->durable = t->count;
        return true;
    }
    cli_show_error(&err);
    return false;
}

static size_t add_bytes(cli_topic_writer *t, const void *bytes, size_t len)
{
    size_t at = t->bytes.len;
    if (!bytes)
        return SIZE_MAX;
    cli_text_add(&t->bytes, bytes, len);
    return at;
}

static void add_header(cli_topic_writer *t, const char *key, const void *value, size_t len)
{
    if (t->headers_n == t->headers_cap) {
        t->headers_cap = t->headers_cap ? 2 * t->headers_cap : 64;
        size_t n = t->headers_cap;
        t->header_key_at = cli_realloc(t->header_key_at, n * sizeof *t->header_key_at);
        t->header_value_at = cli_realloc(t->header_value_at, n * sizeof *t->header_value_at);
        t->header_lens = cli_realloc(t->header_lens, n * sizeof *t->header_lens);
        t->header_keys = cli_realloc(t->header_keys, n * sizeof *t->header_keys);
        t->header_values = cli_realloc(t->header_values, n * sizeof *t->header_values);
    }
    size_t h = t->headers_n++;
    t->header_key_at[h] = add_bytes(t, key, strlen(key) + 1);
    t->header_lens[h] = len;
    t->header_value_at[h] = len == SIZE_MAX ? 0 : add_bytes(t, value, len);
}

bool cli_topic_writer_add(cli_topic_writer *t, const weir_record *record)
{
    if ((t->n == BATCH_RECORDS || t->bytes.len >= BATCH_BYTES) && !hand_over(t))
        return false;
    t->at[t->n] = (gathered){.key_at = add_bytes(t, record->key, record->key_len),
                             .value_at = add_bytes(t, record->value, record->value_len),
                             .header_first = t->headers_n};
    for (size_t h = 0; h < record->headers_n; h++)
        add_header(t, record->header_keys[h], record->header_values[h], record->header_lens[h]);
    t->records[t->n++] = *record;
    t->count++;
    return true;
}
