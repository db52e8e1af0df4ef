/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command topic: reading it in order, deciding what takes effect, and appending
 * (command_log.h says by which rule). Any log will do, though only Kafka has several processes.
 */
#include "runtime/instance/command_log.h"
#include "common/diag.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_topics.h"

#include <stdio.h>

enum { POLL_RECORDS = 500 };

struct wr_command_log {
    wr_log *log;
    const wr_settings *settings; /* borrowed */
    char *topic;
    /* The reading thread's. */
    wr_log_reader *reader; /* NULL: to be made, at `position` */
    wr_log_batch *batch;   /* being handed out; NULL: none */
    uint32_t at;           /* in it */
    int64_t position;
    uint64_t tip, next_number;
    pthread_mutex_t lock; /* `reader`, for those who wake it */
    /* The appending thread's. */
    wr_log_writer *writer; /* NULL: made at the next use */
};

/* ksqlDB's name, so that permissions on the prefix fit; the records are our own, and a topic of
 * ksqlDB's is refused (sharing.c). */
void wr_command_topic(const wr_settings *settings, wr_buf *out)
{
    wr_buf_printf(out, "_confluent-ksql-%s_command_topic",
                  wr_settings_get(settings, "ksql.service.id"));
}

/* ---- opening ---- */

/* Somebody else may make it at the same time. */
static weir_status create(wr_command_log *c, weir_error *err)
{
    const wr_topic_spec spec = {.name = c->topic,
                                .partitions = 1,
                                .replicas = wr_settings_internal_replicas(c->settings),
                                .retention_ms = -1, /* internal: for ever */
                                .internal = true};
    weir_status st = wr_topic_create(c->log, &spec, err);
    return st == WEIR_ERR_EXISTS ? WEIR_OK : st;
}

/* A topic that has lost its beginning would give another catalog, and one of two partitions two
 * orders. */
static weir_status check(wr_command_log *c, const wr_topic_info *info, weir_error *err)
{
    const wr_topic_part part = {c->topic, 0, 0};
    int64_t low, high;
    if (info->partitions != 1)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "The command topic %s has %d partitions: statements have one order only in "
                        "one partition",
                        c->topic, info->partitions);
    WR_TRY(wr_topic_ends(c->log, &part, 1, &low, &high, err));
    WR_ASSERT(low <= high);
    if (low == 0)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_CONFIG,
             "The command topic %s has lost its first %lld records: the catalog of the service is "
             "not in it any more",
             c->topic, (long long)low);
    return wr_error_hint(err,
                         "Its retention.ms and retention.bytes must be -1 and its "
                         "cleanup.policy `delete`. `weir export` in a process that still runs, "
                         "or from a copy, saves what is known");
}

/* A topic that is there may be older than this process's settings, so it is looked at, and not only
 * made. */
weir_status wr_command_log_open(wr_log *log, const wr_settings *settings, bool make,
                                wr_command_log **out, weir_error *err)
{
    wr_command_log *c = wr_calloc(1, sizeof *c);
    wr_buf name = {0};
    wr_command_topic(settings, &name);
    c->log = log;
    c->settings = settings;
    c->topic = wr_strdup(wr_buf_cstr(&name));
    wr_buf_free(&name);
    pthread_mutex_init(&c->lock, NULL);
    wr_topic_info info;
    weir_status st = wr_topic_describe(log, c->topic, &info, err);
    if (st == WEIR_ERR_NOT_FOUND && make) {
        st = create(c, err);
        if (st == WEIR_OK)
            st = wr_topic_describe(log, c->topic, &info, err);
    }
    if (st == WEIR_OK)
        st = check(c, &info, err);
    if (st != WEIR_OK) {
        wr_command_log_close(c);
        return st;
    }
    *out = c;
    return WEIR_OK;
}

/* Its batch goes with it: what was not handed out of it is read again. */
static void close_reader(wr_command_log *c)
{
    if (c->batch)
        wr_log_reader_release(c->reader, c->batch);
    c->batch = NULL;
    pthread_mutex_lock(&c->lock);
    wr_log_reader *reader = c->reader;
    c->reader = NULL;
    pthread_mutex_unlock(&c->lock);
    if (reader)
        wr_log_reader_close(reader);
}

void wr_command_log_close(wr_command_log *c)
{
    if (!c)
        return;
    close_reader(c);
    if (c->writer)
        wr_log_writer_close(c->writer);
    pthread_mutex_destroy(&c->lock);
    wr_free(c->topic);
    wr_free(c);
}

const char *wr_command_log_topic(const wr_command_log *c)
{
    return c->topic;
}

/* ---- reading ---- */

/* Without a group: every process reads all of it, from where it is. */
static weir_status open_reader(wr_command_log *c, weir_error *err)
{
    const wr_topic_part part = {c->topic, 0, c->position};
    wr_log_reader *reader;
    WR_ASSERT(!c->reader && !c->batch && c->position >= 0);
    WR_TRY(wr_log_reader_new(c->log, NULL, c->settings, &reader, err));
    pthread_mutex_lock(&c->lock);
    c->reader = reader;
    pthread_mutex_unlock(&c->lock);
    return wr_log_reader_assign(reader, &part, 1, err);
}

/* A batch that is used up is given back; the next one may be a position alone. */
static weir_status next_batch(wr_command_log *c, int timeout_ms, weir_error *err)
{
    if (c->batch && c->at < c->batch->n)
        return WEIR_OK;
    if (c->batch) {
        c->position = c->batch->next_offset;
        wr_log_reader_release(c->reader, c->batch);
        c->batch = NULL;
    }
    if (!c->reader)
        WR_TRY(open_reader(c, err));
    c->at = 0;
    return wr_log_reader_poll(c->reader, POLL_RECORDS, timeout_ms, &c->batch, err);
}

/* One after the other, beyond all that were given: positions alone would give two statements of one
 * record the same number. An INSERT has no name: its subject is the id of its query, which comes of
 * its number. */
static void give_numbers(wr_command_log *c, wr_arena *a, wr_command_read *r)
{
    uint64_t next = WR_MAX(c->next_number, (uint64_t)r->offset);
    for (size_t i = 0; i < r->command.statements.list.n; i++) {
        wr_kept *k = &r->command.statements.list.v[i];
        if (k->id == WR_COMMAND_BY_POSITION || (k->id < next && !r->command.replaces))
            k->id = next; /* what replaces the history has the numbers that were in it */
        if (strcmp(k->subject, "Q:") == 0)
            k->subject = wr_arena_printf(a, "Q:INSERTQUERY_%llu", (unsigned long long)k->id);
        next = WR_MAX(next, k->id + 1); /* also of old numbers, which may lie far ahead */
    }
    WR_ASSERT(r->command.replaces || next > c->next_number);
    c->next_number = WR_MAX(next, r->command.next);
}

/* The rule of command_log.h. Every reader has the same tip before the record, by induction from the
 * first one, and so the same after it: what it goes by is in the topic alone. */
static void decide(wr_command_log *c, wr_arena *a, wr_command_read *r)
{
    WR_ASSERT(c->tip <= (uint64_t)r->offset);
    r->fate = WR_COMMAND_UNREADABLE;
    if (r->kind == WR_COMMAND_UNKNOWN)
        return;
    if (r->command.base != c->tip) {
        r->fate = WR_COMMAND_LATE;
        return;
    }
    c->tip = (uint64_t)r->offset + 1;
    if (r->kind == WR_COMMAND_NEWER) /* its numbers are not known, so they are passed over */
        c->next_number = WR_MAX(c->next_number, (uint64_t)r->offset + 1);
    else
        r->fate = WR_COMMAND_EFFECTIVE;
    if (r->fate == WR_COMMAND_EFFECTIVE)
        give_numbers(c, a, r);
}

/* What is handed out is copied into the arena, since the batch may be given back before the
 * statement is executed. */
weir_status wr_command_log_read(wr_command_log *c, int timeout_ms, wr_arena *a,
                                wr_command_read *out, bool *any, weir_error *err)
{
    *any = false;
    weir_status st = next_batch(c, timeout_ms, err);
    if (st != WEIR_OK) {
        close_reader(c);
        return st;
    }
    if (!c->batch)
        return WEIR_OK;
    if (c->batch->n == 0) {
        c->position = c->batch->next_offset;
        return WEIR_OK;
    }
    const wr_record *r = &c->batch->records[c->at++];
    WR_ASSERT(r->offset >= c->position); /* each once, in order */
    *out = (wr_command_read){.offset = r->offset,
                             .timestamp = r->timestamp,
                             .bytes = r->value.ptr ? wr_arena_str(a, r->value) : WR_STR("")};
    out->kind = wr_command_parse(a, out->bytes, &out->command);
    decide(c, a, out);
    c->position = r->offset + 1;
    *any = true;
    return WEIR_OK;
}

int64_t wr_command_log_position(const wr_command_log *c)
{
    WR_ASSERT(c->position >= 0);
    return c->position;
}

uint64_t wr_command_log_tip(const wr_command_log *c)
{
    return c->tip;
}

uint64_t wr_command_log_next_number(const wr_command_log *c)
{
    return c->next_number;
}

/* Under the lock: the reading thread may be closing its reader after an error. */
void wr_command_log_wake(wr_command_log *c)
{
    pthread_mutex_lock(&c->lock);
    if (c->reader)
        wr_log_reader_wake(c->reader);
    pthread_mutex_unlock(&c->lock);
}

/* ---- appending ---- */

/* Of the log, and not what the reader knows: a statement must see what was written before it. */
weir_status wr_command_log_end(wr_command_log *c, int64_t *out, weir_error *err)
{
    const wr_topic_part part = {c->topic, 0, 0};
    int64_t low;
    return wr_topic_ends(c->log, &part, 1, &low, out, err);
}

/* A writer that has failed is made anew for the next statement. The record is one partition's, so
 * its key is for people and tools alone. */
weir_status wr_command_log_append(wr_command_log *c, const wr_command *command,
                                  const wr_log_wait *wait, weir_error *err)
{
    wr_buf value = {0};
    WR_TRY(wr_command_put(command, &value, err));
    size_t n = command->statements.list.n;
    const wr_str key = wr_str_c(n ? command->statements.list.v[0].subject : "");
    const wr_str bytes = wr_buf_view(&value);
    const int64_t now = wr_clock_system()->wall_ms(wr_clock_system());
    const int32_t first = 0;
    const wr_out_records records = {
        .n = 1, .keys = &key, .values = &bytes, .timestamps = &now, .partitions = &first};
    weir_status st = WEIR_OK;
    if (!c->writer)
        st = wr_log_writer_new(c->log, c->settings, &c->writer, err);
    if (st == WEIR_OK)
        st = wr_log_write_sync(c->writer, NULL, c->topic, &records, wait, err);
    if (st != WEIR_OK && c->writer) {
        wr_log_writer_close(c->writer);
        c->writer = NULL;
    }
    wr_buf_free(&value);
    return st;
}

/* Random, since nothing else is different for sure in two processes that were started alike. */
void wr_command_new_attempt(char out[WR_COMMAND_ATTEMPT_LEN + 1])
{
    wr_rng rng;
    wr_rng_seed_os(&rng);
    snprintf(out, WR_COMMAND_ATTEMPT_LEN + 1, "%016llx%016llx",
             (unsigned long long)wr_rng_next(&rng), (unsigned long long)wr_rng_next(&rng));
}
