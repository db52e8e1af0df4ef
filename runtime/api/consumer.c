/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir_consumer: reading a topic without a group. It asks the log alone, never the engine, so it
 * takes no lock and holds up nobody.
 *
 * On a handle that is a server's the records are asked of the server instead, an answer at a time
 * (remote_topics.h); everything that a caller sees is the same: the ends are those of the call, and
 * a record is borrowed until the next one.
 *
 * A consumer belongs to one thread. What it hands out is borrowed from the batch it holds, until
 * the next call; keys and values are not copied, header names are, because C callers want a 0 after
 * them.
 */
#include "runtime/api/api_internal.h"
#include "runtime/api/remote_topics.h"

enum { WAIT_MS = 200 };

/**
 * One reader of all partitions. `next` is what weir_consumer_next hands out next, by partition,
 * also over records that the log has left out (expired, control records); `end` is where the
 * partition ended when the consumer was made, so that "until the end" has a fixed meaning while
 * others write.
 */
struct weir_consumer {
    wr_log *log;
    wr_clock *clock;
    wr__remote *remote; /* records come from a server, into `answer`; or NULL */
    wr_arena *answer;
    const weir_record *fetched; /* in `answer` */
    size_t fetched_n, fetched_at;
    wr_log_reader *reader;
    wr_log_batch *batch; /* the reader's; NULL: all that was read is handed out */
    uint32_t at;         /* record of it that comes next */
    char *topic;
    wr_topic_part *parts; /* what the reader is assigned; names are `topic` */
    int64_t *next, *end;  /* by partition */
    uint32_t parts_n;
    const char **header_keys; /* of the current record, with room for headers_cap */
    const void **header_values;
    size_t *header_lens;
    size_t headers_cap;
    wr_buf names; /* of the headers of the current record, each 0-terminated */
};

/* The server keeps nothing of a consumer: it is asked for records from `next` on. */
static weir_status consume_remotely(weir *w, const char *topic, bool from_beginning,
                                    weir_consumer **out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr__remote_ends ends;
    weir_status st = wr__remote_topic(w->remote, topic, a, &ends, err);
    if (st == WEIR_OK) {
        weir_consumer *c = *out = wr_calloc(1, sizeof *c);
        c->clock = wr_engine_clock(w->engine);
        c->remote = w->remote;
        c->answer = wr_arena_new(0);
        c->topic = wr_strdup(topic);
        c->parts_n = ends.partitions;
        c->next = wr_calloc(c->parts_n, sizeof *c->next);
        c->end = wr_calloc(c->parts_n, sizeof *c->end);
        for (uint32_t i = 0; i < c->parts_n; i++) {
            c->next[i] = from_beginning ? ends.start[i] : ends.end[i];
            c->end[i] = ends.end[i];
        }
    }
    wr_arena_free(a);
    return st;
}

/* Positions are numbers from the beginning on, not "begin" and "end": what is skipped or added
 * between this call and the first read then cannot shift them. */
weir_status weir_consume(weir *w, const char *topic, bool from_beginning, weir_consumer **out,
                         weir_error *err)
{
    *out = NULL;
    if (w->remote)
        return consume_remotely(w, topic, from_beginning, out, err);
    wr_log *log = wr_engine_log(w->engine);
    wr_topic_info info;
    WR_TRY(wr_topic_describe(log, topic, &info, err));
    weir_consumer *c = wr_calloc(1, sizeof *c);
    c->log = log;
    c->clock = wr_engine_clock(w->engine);
    c->topic = wr_strdup(topic);
    c->parts_n = (uint32_t)info.partitions;
    c->parts = wr_calloc(c->parts_n, sizeof *c->parts);
    c->next = wr_calloc(c->parts_n, sizeof *c->next);
    c->end = wr_calloc(c->parts_n, sizeof *c->end);
    for (uint32_t i = 0; i < c->parts_n; i++)
        c->parts[i] = (wr_topic_part){c->topic, (int32_t)i, 0};
    weir_status st = wr_topic_ends(log, c->parts, c->parts_n, c->next, c->end, err);
    for (uint32_t i = 0; i < c->parts_n; i++) {
        if (!from_beginning)
            c->next[i] = c->end[i];
        c->parts[i].offset = c->next[i];
    }
    if (st == WEIR_OK)
        st = wr_log_reader_new(log, NULL, wr_engine_settings(w->engine), &c->reader, err);
    if (st == WEIR_OK)
        st = wr_log_reader_assign(c->reader, c->parts, c->parts_n, err);
    if (st != WEIR_OK) {
        weir_consumer_close(c);
        return st;
    }
    WR_ASSERT(c->reader && !c->batch);
    *out = c;
    return WEIR_OK;
}

/* Also one that weir_consume could not finish. The batch goes before its reader. */
void weir_consumer_close(weir_consumer *c)
{
    if (!c)
        return;
    if (c->batch)
        wr_log_reader_release(c->reader, c->batch);
    if (c->reader)
        wr_log_reader_close(c->reader);
    if (c->answer)
        wr_arena_free(c->answer);
    wr_free(c->topic);
    wr_free(c->parts);
    wr_free(c->next);
    wr_free(c->end);
    wr_free((void *)c->header_keys);
    wr_free((void *)c->header_values);
    wr_free(c->header_lens);
    wr_buf_free(&c->names);
    wr_free(c);
}

/* By positions, not by an empty poll: a poll may be empty although there is more. */
static bool at_end(const weir_consumer *c)
{
    for (uint32_t i = 0; i < c->parts_n; i++)
        if (c->next[i] < c->end[i])
            return false;
    return true;
}

/* Header names are 0-terminated for the caller, which they are not in the record: they are copied
 * into one buffer, first all of them, since the buffer moves while it grows. */
static void fill_headers(weir_consumer *c, const wr_record *r, weir_record *out)
{
    uint32_t n = r->headers ? r->headers->n : 0;
    if (n > c->headers_cap) {
        c->headers_cap = n;
        c->header_keys = wr_realloc((void *)c->header_keys, n * sizeof *c->header_keys);
        c->header_values = wr_realloc((void *)c->header_values, n * sizeof *c->header_values);
        c->header_lens = wr_realloc(c->header_lens, n * sizeof *c->header_lens);
    }
    wr_buf_clear(&c->names);
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_str(&c->names, r->headers->h[i].key);
        wr_buf_putc(&c->names, 0);
    }
    WR_ASSERT(n <= c->headers_cap);
    const char *name = c->names.ptr; /* stays where it is from here on */
    for (uint32_t i = 0; i < n; i++) {
        c->header_keys[i] = name;
        name += r->headers->h[i].key.len + 1;
        c->header_values[i] = r->headers->h[i].value.ptr;
        c->header_lens[i] = r->headers->h[i].value.ptr ? r->headers->h[i].value.len : SIZE_MAX;
    }
    out->headers_n = n;
    out->header_keys = c->header_keys;
    out->header_values = c->header_values;
    out->header_lens = c->header_lens;
}

/* The next record of the batch that is held. `next` moves with each record, also with those that
 * are passed over, so that at_end sees how far the reading is. @return false: there is none left.
 */
static bool hand_out(weir_consumer *c, bool until_end, weir_record *out)
{
    while (c->batch && c->at < c->batch->n) {
        const wr_record *r = &c->batch->records[c->at++];
        WR_ASSERT(r->partition >= 0 && (uint32_t)r->partition < c->parts_n);
        c->next[r->partition] = r->offset + 1;
        if (until_end && r->offset >= c->end[r->partition])
            continue; /* written after the end that was asked for */
        *out = (weir_record){.topic = c->topic,
                             .key = r->key.ptr,
                             .key_len = r->key.len,
                             .value = r->value.ptr,
                             .value_len = r->value.len,
                             .timestamp = r->timestamp,
                             .partition = r->partition,
                             .offset = r->offset};
        fill_headers(c, r, out);
        return true;
    }
    return false;
}

/* Of what was fetched, in the order of the answer: of a partition in the order of its offsets.
 * @return false: there is none left. */
static bool hand_out_fetched(weir_consumer *c, bool until_end, weir_record *out)
{
    while (c->fetched_at < c->fetched_n) {
        *out = c->fetched[c->fetched_at++];
        WR_ASSERT(out->partition >= 0 && (uint32_t)out->partition < c->parts_n);
        if (!until_end || out->offset < c->end[out->partition])
            return true;
    }
    return false;
}

/* The server is asked at least once, also with a time-out of 0, which says "what is there". Each
 * question waits there for WAIT_MS at most, so that an interrupted program notices soon; the
 * records of an answer are borrowed until the next question. */
static weir_status next_remotely(weir_consumer *c, bool until_end, int timeout_ms, weir_record *out,
                                 weir_error *err)
{
    int64_t until = c->clock->mono_ns(c->clock) + (int64_t)timeout_ms * 1000000;
    for (bool first = true;; first = false) {
        if (hand_out_fetched(c, until_end, out))
            return WEIR_ROW;
        if (until_end && at_end(c))
            return WEIR_DONE;
        int64_t left = timeout_ms < 0 ? WAIT_MS : (until - c->clock->mono_ns(c->clock)) / 1000000;
        if (left <= 0 && !first)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No record within %d ms", timeout_ms);
        int wait = (int)WR_MAX(WR_MIN(left, (int64_t)WAIT_MS), 0);
        weir_record *records;
        size_t n;
        WR_ASSERT(c->remote && c->answer && c->fetched_at == c->fetched_n);
        wr_arena_reset(c->answer);
        c->fetched_n = c->fetched_at = 0;
        WR_TRY(wr__remote_fetch(c->remote, c->topic, c->next, c->parts_n, wait, c->answer, &records,
                                &n, err));
        c->fetched = records;
        c->fetched_n = n;
    }
}

/*
 * A batch is released only after its last record was handed out and asked beyond: records are
 * borrowed from it. Polls are short, and positions are looked at between them: the end may be
 * reached by records that the log has left out, which wake nobody.
 */
weir_status weir_consumer_next(weir_consumer *c, bool until_end, int timeout_ms, weir_record *out,
                               weir_error *err)
{
    if (c->remote)
        return next_remotely(c, until_end, timeout_ms, out, err);
    /* A time-out is of the whole call. Without one a poll is 200 ms, and another follows it. */
    int64_t until = c->clock->mono_ns(c->clock) + (int64_t)timeout_ms * 1000000;
    for (;;) {
        if (hand_out(c, until_end, out))
            return WEIR_ROW;
        WR_ASSERT(!c->batch || c->at == c->batch->n);
        if (c->batch) {
            WR_ASSERT(c->batch->partition >= 0 && (uint32_t)c->batch->partition < c->parts_n);
            c->next[c->batch->partition] = c->batch->next_offset;
            wr_log_reader_release(c->reader, c->batch);
            c->batch = NULL;
        }
        if (until_end && at_end(c))
            return WEIR_DONE;
        int64_t left = timeout_ms < 0 ? WAIT_MS : (until - c->clock->mono_ns(c->clock)) / 1000000;
        if (left < 0)
            return wr_error(err, WEIR_ERR_INTERRUPTED, "No record within %d ms", timeout_ms);
        WR_TRY(wr_log_reader_poll(c->reader, 2000, (int)WR_MIN(left, (int64_t)WAIT_MS), &c->batch,
                                  err));
        c->at = 0;
    }
}
