/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading Kafka by librdkafka: one consumer. What it has in common with kafka_wire.c, its group
 * first of all, is in kafka_membership.c.
 *
 * Life of the records. A poll takes what librdkafka has in its queue, up to the number asked for,
 * as one *chunk* of messages; each run of messages of one partition in it becomes a batch (records
 * are slices into the messages), and what the first poll does not hand out, the next ones do. The
 * messages of a chunk are destroyed together, when its last batch is released.
 *
 * Traps of librdkafka 2.0.2, and what is done here:
 *  - consume_batch_queue waits until the batch is full or the time is over, and does not count as a
 *    poll for max.poll.interval.ms. So the first message comes from consumer_poll, with the
 * time-out, and the batch call only fetches what is there already.
 *  - A rebalance served inside the batch call leaves messages of the old assignment in its result.
 *    The callback raises `generation`; then the result is thrown away and the assignment made anew
 *    from the positions handed out so far.
 *  - It stops fetching for up to 1 s when its queue was full (queued.min.messages), whatever is
 *    taken from the queue meanwhile; any request to the same broker wakes its thread. So one
 *    watermark request (a *nudge*) goes out when a queue that was full has been half emptied, and
 *    when the queue is empty though the broker is known to have more.
 *
 * Records that are missing (auto.offset.reset is always "error" here) come as an error in place of
 * a message, and fetching of the partition stops: out_of_range finds out why, and either assigns
 * anew or fails. That a topic is missing comes through the error callback (on_error).
 *
 * rd_kafka_destroy of a consumer that had partitions of a topic which does not exist any more may
 * never return, because the broker's thread waits for them: kafka_destroy.c.
 *
 * Messages come from another thread's cache. Their lines are asked for some messages ahead, which
 * saves a fifth of what a record costs here; small chunks keep them in this core's second-level
 * cache until they are destroyed.
 *
 * Thread: a reader belongs to one thread; only wake comes from others.
 */
#include "runtime/log/kafka_wire.h"
#include "common/diag.h"

enum {
    NUDGE_EVERY_MS = 2, /* doubled while nothing comes: all that is left may be control records */
    NUDGE_EVERY_MAX_MS = 256,
    NUDGE_TIMEOUT_MS = 100,
    SPARE_MAX = 2,
    CHUNK_RECORDS = 1024,
    AHEAD_MESSAGE = 16, /* how far ahead lines are asked for */
    AHEAD_BYTES = 8,
};

typedef struct chunk {
    struct chunk *next; /* spare */
    rd_kafka_message_t **messages;
    uint32_t n, cap;
    uint32_t at;  /* next to hand out */
    uint32_t out; /* batches not yet released */
    wr_arena *arena;
} chunk;

typedef struct kafka_batch {
    wr_log_batch base; /* first */
    chunk *chunk;
} kafka_batch;

typedef struct kafka_part {
    const char *topic; /* as given to assign */
    int32_t partition;
    int64_t start; /* as given: perhaps WR_OFFSET_* */
    int64_t next;  /* -1: nothing handed out yet */
    bool paused;
    bool missing; /* Kafka said that there is no such topic; whatever comes is of another one */
} kafka_part;

typedef struct consumer {
    wr_log_reader shared; /* first */
    kafka_part *parts;
    uint32_t parts_n, last_part;
    const kafka_part *anew; /* its topic was made anew: every poll says so; NULL: none known */
    chunk *current;         /* not all handed out, or NULL */
    chunk *spare;
    uint32_t spare_n;
    size_t queue_full; /* queued.min.messages */
    bool was_full;     /* since the last nudge */
    int64_t nudged_ms;
    int nudge_every_ms;
    uint32_t nudge_turn;
} consumer;

/* ---- life ---- */

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque);

weir_status wr__kafka_reader_new(wr_log *base, const char *group, const wr_settings *settings,
                                 wr_log_reader **out, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    rd_kafka_conf_t *conf;
    int64_t otherwise;
    WR_TRY(wr__kafka_reader_conf(log, group, settings, &conf, &otherwise, err));
    bool wire;
    weir_status st = wr__kafka_wire_choose(log, settings, conf, &wire, err);
    if (st == WEIR_OK && wire)
        return wr__kafka_wire_reader_new(log, group, conf, otherwise, out, err);
    if (st != WEIR_OK) {
        rd_kafka_conf_destroy(conf);
        return st;
    }
    /* librdkafka assigns nothing without a group; this one never has members or offsets. */
    if (!group)
        wr__kafka_conf_set(conf, "group.id", "weir-without-group");
    rd_kafka_conf_set_error_cb(conf, on_error);
    consumer *r = wr_calloc(1, sizeof *r);
    r->nudge_every_ms = NUDGE_EVERY_MS;
    r->queue_full = wr__kafka_conf_number(conf, "queued.min.messages");
    wr__kafka_reader_init(&r->shared, log, group, otherwise);
    st = wr__kafka_reader_consume(&r->shared, conf, err);
    if (st != WEIR_OK) {
        wr__kafka_reader_finish(&r->shared);
        wr_free(r);
        return st;
    }
    *out = &r->shared;
    return WEIR_OK;
}

static void free_chunk(chunk *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        rd_kafka_message_destroy(c->messages[i]);
    wr_free((void *)c->messages);
    wr_arena_free(c->arena);
    wr_free(c);
}

/* Nothing of it is left to hand out; is anything still in use? */
static void retire_chunk(consumer *r, chunk *c)
{
    WR_ASSERT(c->at == c->n && c != r->current);
    if (c->out)
        return;
    if (r->spare_n == SPARE_MAX) {
        free_chunk(c);
        return;
    }
    for (uint32_t i = 0; i < c->n; i++)
        rd_kafka_message_destroy(c->messages[i]);
    c->n = c->at = 0;
    wr_arena_reset(c->arena);
    c->next = r->spare;
    r->spare = c;
    r->spare_n++;
}

static void drop_current(consumer *r)
{
    chunk *c = r->current;
    if (!c)
        return;
    r->current = NULL;
    c->at = c->n;
    retire_chunk(r, c);
}

void wr__kafka_release(wr_log_reader *reader, wr_log_batch *batch)
{
    consumer *r = (consumer *)reader;
    chunk *c = ((kafka_batch *)batch->owner)->chunk;
    WR_ASSERT(c->out > 0);
    c->out--;
    if (c != r->current)
        retire_chunk(r, c);
}

static void drop_parts(consumer *r)
{
    wr_free(r->parts);
    r->parts = NULL;
    r->parts_n = r->last_part = 0;
    r->anew = NULL;
}

void wr__kafka_reader_close(wr_log_reader *reader)
{
    consumer *r = (consumer *)reader;
    if (!r)
        return;
    drop_current(r);
    while (r->spare) {
        chunk *c = r->spare;
        r->spare = c->next;
        free_chunk(c);
    }
    wr__kafka_reader_finish(reader);
    drop_parts(r);
    wr_free(r);
}

/* ---- assignment ---- */

static weir_status set_paused(consumer *r, const kafka_part *p, bool paused, weir_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, p->topic, p->partition);
    rd_kafka_resp_err_t rc = paused ? rd_kafka_pause_partitions(r->shared.rk, list)
                                    : rd_kafka_resume_partitions(r->shared.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc == RD_KAFKA_RESP_ERR_NO_ERROR ? WEIR_OK
                                            : wr__kafka_error(err, rc, "Pausing %s", p->topic);
}

/* Hand the parts to librdkafka: from where we are, else from where they were to start. */
static weir_status assign_parts(consumer *r, weir_error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)r->parts_n);
    for (uint32_t i = 0; i < r->parts_n; i++) {
        const kafka_part *p = &r->parts[i];
        rd_kafka_topic_partition_list_add(list, p->topic, p->partition)->offset =
            p->next >= 0 ? p->next : p->start;
    }
    rd_kafka_resp_err_t rc = rd_kafka_assign(r->shared.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    r->shared.generation++;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return wr__kafka_error(err, rc, "Assigning %u partitions", r->parts_n);
    /* A pause belongs to the partition, not to the assignment: one that was paused, given up and is
     * assigned again would stay so for ever (seen with librdkafka 2.0.2). */
    for (uint32_t i = 0; i < r->parts_n; i++)
        WR_TRY(set_paused(r, &r->parts[i], r->parts[i].paused, err));
    return WEIR_OK;
}

weir_status wr__kafka_assign(wr_log_reader *reader, const wr_topic_part *parts, uint32_t n,
                             weir_error *err)
{
    consumer *r = (consumer *)reader;
    bool give_up = r->shared.asked && n == 0;
    drop_current(r);
    drop_parts(r);
    if (give_up) {
        wr__kafka_reader_answered(&r->shared);
        r->shared.generation++;
        rd_kafka_resp_err_t rc = rd_kafka_assign(r->shared.rk, NULL);
        return rc == RD_KAFKA_RESP_ERR_NO_ERROR
                   ? WEIR_OK
                   : wr__kafka_error(err, rc, "Giving up partitions of group %s", r->shared.group);
    }
    r->parts = wr_calloc(n ? n : 1, sizeof *r->parts);
    r->parts_n = n;
    for (uint32_t i = 0; i < n; i++)
        r->parts[i] = (kafka_part){.topic = parts[i].topic,
                                   .partition = parts[i].partition,
                                   .start = parts[i].offset == WR_OFFSET_NONE ? r->shared.otherwise
                                                                              : parts[i].offset,
                                   .next = -1};
    wr__kafka_reader_answered(&r->shared);
    return assign_parts(r, err);
}

weir_status wr__kafka_pause(wr_log_reader *reader, uint32_t assignment, bool paused,
                            weir_error *err)
{
    consumer *r = (consumer *)reader;
    WR_ASSERT(assignment < r->parts_n);
    kafka_part *p = &r->parts[assignment];
    if (p->paused == paused)
        return WEIR_OK;
    WR_TRY(set_paused(r, p, paused, err));
    p->paused = paused;
    return WEIR_OK;
}

void wr__kafka_wake(wr_log_reader *reader)
{
    consumer *r = (consumer *)reader;
    rd_kafka_queue_yield(r->shared.queue);
}

/* What the last fetch said; none has come where it is no offset. */
int64_t wr__kafka_known_end(const wr_log_reader *reader, uint32_t assignment)
{
    const consumer *r = (const consumer *)reader;
    WR_ASSERT(assignment < r->parts_n);
    const kafka_part *p = &r->parts[assignment];
    int64_t low, high = WR_OFFSET_NONE;
    (void)rd_kafka_get_watermark_offsets(r->shared.rk, p->topic, p->partition, &low, &high);
    return high >= 0 ? high : WR_OFFSET_NONE;
}

/* ---- fetching ---- */

/* Does the broker have more of this part than has been handed out, by what it said last? */
static bool has_more(const consumer *r, const kafka_part *p)
{
    int64_t low, high;
    return !p->paused &&
           rd_kafka_get_watermark_offsets(r->shared.rk, p->topic, p->partition, &low, &high) ==
               RD_KAFKA_RESP_ERR_NO_ERROR &&
           high > WR_MAX(p->next, p->start);
}

/* Wake the thread that fetches from a broker which has more.
 * @return ms after which to try again; -1: nothing more is known of. */
static int nudge(consumer *r)
{
    if (atomic_load(&r->shared.opaque.log->down))
        return -1;
    for (uint32_t k = 0; k < r->parts_n; k++) {
        uint32_t i = (r->nudge_turn + k) % r->parts_n;
        const kafka_part *p = &r->parts[i];
        if (!has_more(r, p))
            continue;
        int64_t since = wr__log_now_ms() - r->nudged_ms;
        if (since < r->nudge_every_ms)
            return r->nudge_every_ms - (int)since;
        int64_t low, high;
        (void)rd_kafka_query_watermark_offsets(r->shared.rk, p->topic, p->partition, &low, &high,
                                               NUDGE_TIMEOUT_MS);
        r->nudged_ms = wr__log_now_ms();
        r->nudge_every_ms = WR_MIN(r->nudge_every_ms * 2, (int)NUDGE_EVERY_MAX_MS);
        r->nudge_turn = i + 1; /* leaders take turns */
        r->was_full = false;
        return r->nudge_every_ms;
    }
    return -1;
}

/* The first message; nudging while there is none though there should be. */
static rd_kafka_message_t *wait_for_first(consumer *r, int timeout_ms)
{
    rd_kafka_message_t *m = rd_kafka_consumer_poll(r->shared.rk, 0);
    int64_t deadline = 0;
    while (!m) {
        int again = nudge(r);
        int64_t now = wr__log_now_ms();
        if (!deadline)
            deadline = now + timeout_ms;
        int wait = (int)WR_MAX(deadline - now, (int64_t)0);
        bool last = again < 0 || again >= wait;
        if (!last)
            wait = again;
        uint64_t generation = r->shared.generation;
        m = rd_kafka_consumer_poll(r->shared.rk, wait);
        /* Nothing, and too early: it was woken, or served a rebalance. */
        if (!m && (last || generation != r->shared.generation || wr__log_now_ms() < now + wait))
            return NULL;
    }
    r->nudge_every_ms = NUDGE_EVERY_MS;
    return m;
}

/* A queue that was full and is half empty: have the next fetch decided before it is empty. */
static void nudge_early(consumer *r)
{
    size_t queued = rd_kafka_queue_length(r->shared.queue);
    if (queued >= r->queue_full)
        r->was_full = true;
    else if (r->was_full && queued < r->queue_full / 2)
        (void)nudge(r);
}

static chunk *take_chunk(consumer *r, uint32_t cap)
{
    chunk *c = r->spare;
    if (c) {
        r->spare = c->next;
        r->spare_n--;
    } else {
        c = wr_calloc(1, sizeof *c);
        c->arena = wr_arena_new(64 * 1024);
    }
    if (c->cap < cap) {
        wr_free((void *)c->messages);
        c->messages = wr_calloc(cap, sizeof *c->messages);
        c->cap = cap;
    }
    return c;
}

static weir_status fetch(consumer *r, uint32_t max_records, int timeout_ms, weir_error *err)
{
    rd_kafka_message_t *first = wait_for_first(r, timeout_ms);
    if (!first)
        return wr__kafka_reader_alive(&r->shared, err);
    max_records = WR_MIN(max_records, (uint32_t)CHUNK_RECORDS);
    chunk *c = take_chunk(r, max_records);
    uint64_t generation = r->shared.generation;
    c->messages[0] = first;
    c->n = 1;
    if (max_records > 1) {
        ssize_t more =
            rd_kafka_consume_batch_queue(r->shared.queue, 0, c->messages + 1, max_records - 1);
        c->n += more > 0 ? (uint32_t)more : 0;
        nudge_early(r);
    }
    if (generation == r->shared.generation) {
        WR_ASSERT(!r->current);
        r->current = c;
        return WEIR_OK;
    }
    c->at = c->n;
    retire_chunk(r, c);
    return r->parts_n ? assign_parts(r, err) : WEIR_OK;
}

/* ---- handing out ---- */

static kafka_part *find_part(consumer *r, const rd_kafka_message_t *m)
{
    const char *topic = rd_kafka_topic_name(m->rkt);
    for (uint32_t k = 0; k < r->parts_n; k++) {
        uint32_t i = (r->last_part + k) % r->parts_n;
        if (r->parts[i].partition == m->partition && strcmp(r->parts[i].topic, topic) == 0) {
            r->last_part = i;
            return &r->parts[i];
        }
    }
    return NULL;
}

static const wr_headers *read_headers(const rd_kafka_message_t *m, wr_arena *a)
{
    rd_kafka_headers_t *from;
    if (rd_kafka_message_headers(m, &from) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL; /* none */
    size_t n = rd_kafka_header_cnt(from);
    if (n == 0)
        return NULL;
    wr_headers *headers = WR_NEW(a, wr_headers);
    wr_header *h = WR_NEW_N(a, wr_header, n);
    for (size_t i = 0; i < n; i++) {
        const char *name;
        const void *value;
        size_t len;
        if (rd_kafka_header_get_all(from, i, &name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        h[i].key = wr_str_c(name);
        h[i].value = wr_str_make(value, len);
        headers->n++;
    }
    headers->h = h;
    return headers;
}

/* The end of a value is what the look for headers reads first, its start what decoding does. */
static void prefetch_bytes(const rd_kafka_message_t *m)
{
    const char *value = m->payload;
    if (!value)
        return;
    __builtin_prefetch(value);
    __builtin_prefetch(value + m->len);
}

static void read_record(const rd_kafka_message_t *m, wr_arena *a, wr_record *out)
{
    rd_kafka_timestamp_type_t type;
    *out = (wr_record){.key = wr_str_make(m->key, m->key ? m->key_len : 0),
                       .value = wr_str_make(m->payload, m->payload ? m->len : 0),
                       .timestamp = rd_kafka_message_timestamp(m, &type),
                       .offset = m->offset,
                       .partition = m->partition,
                       .headers = read_headers(m, a)};
    if (WR_UNLIKELY(out->timestamp == WR__ZERO_STAND_IN))
        wr__zero_time_read(out, a);
}

static int64_t position_of(const kafka_part *p)
{
    return p->next >= 0 ? p->next : p->start;
}

static weir_status report_anew(consumer *r, const kafka_part *p, weir_error *err)
{
    return wr__kafka_made_anew(&r->shared, p->topic, p->partition, position_of(p), err);
}

/* The broker has no record at the position: has retention taken them, or is it another topic? */
static weir_status out_of_range(consumer *r, const rd_kafka_message_t *m, weir_error *err)
{
    kafka_part *p = find_part(r, m);
    if (!p)
        return WEIR_OK; /* of an assignment that is gone */
    int64_t position = position_of(p), go_on;
    if (position < 0) /* an end that could not be found out */
        return wr__kafka_error(err, m->err, "Finding where to begin in %s, partition %d", p->topic,
                               p->partition);
    bool anew = p->missing;
    weir_status st =
        wr__kafka_gap(&r->shared, p->topic, p->partition, position, &anew, &go_on, err);
    if (anew)
        r->anew = p; /* nothing comes from it any more that would remind us */
    WR_TRY(st);
    p->next = go_on;
    return assign_parts(r, err); /* fetching of the part has stopped */
}

/*
 * Served inside a poll. That a partition is missing comes here and in no message, and which one is
 * in the text only: "<topic> [<partition>]: ...". Whoever has read something of it will not see the
 * same one again.
 */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    consumer *r = (consumer *)WR__KAFKA_HOLDER(wr_log_reader, opaque);
    bool missing = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                   code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                   code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    for (uint32_t i = 0; i < r->parts_n && missing; i++) {
        kafka_part *p = &r->parts[i];
        char name[300];
        int n = snprintf(name, sizeof name, "%s [%d]: ", p->topic, p->partition);
        if (n < (int)sizeof name && strncmp(reason, name, (size_t)n) == 0 && position_of(p) > 0)
            p->missing = true;
    }
    wr__kafka_on_error(rk, code, reason, opaque);
}

/* What comes in place of a message. */
static weir_status judge(consumer *r, const rd_kafka_message_t *m, weir_error *err)
{
    if (m->err == RD_KAFKA_RESP_ERR__FATAL)
        return wr__kafka_reader_alive(&r->shared, err);
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return out_of_range(r, m, err);
    bool topic_gone = m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                      m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                      m->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (topic_gone || m->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED ||
        wr__kafka_retriable(m->err)) {
        wr_diag_put(topic_gone ? WR_DIAG_WARN : WR_DIAG_INFO, "kafka", "%s",
                    rd_kafka_message_errstr(m));
        return WEIR_OK;
    }
    return wr__kafka_error(err, m->err, "Reading from Kafka");
}

static kafka_batch *new_batch(consumer *r, chunk *c, const kafka_part *p)
{
    WR_ASSERT(p >= r->parts && p < r->parts + r->parts_n);
    kafka_batch *b = WR_NEW(c->arena, kafka_batch);
    b->chunk = c;
    b->base = (wr_log_batch){.topic = p->topic,
                             .assignment = (uint32_t)(p - r->parts),
                             .partition = p->partition,
                             .owner = b};
    return b;
}

/* The run that begins at message c->at, or NULL where all of it was read before. */
static kafka_batch *take_run(consumer *r, chunk *c, kafka_part *p, uint32_t max_records)
{
    WR_ASSERT(c->at < c->n && max_records > 0);
    const rd_kafka_message_t *head = c->messages[c->at];
    uint32_t end = c->at;
    for (; end < c->n && end - c->at < max_records; end++) {
        const rd_kafka_message_t *m = c->messages[end];
        if (m->err || m->rkt != head->rkt || m->partition != head->partition)
            break;
        if (end + AHEAD_MESSAGE < c->n)
            __builtin_prefetch(c->messages[end + AHEAD_MESSAGE]);
    }
    wr_record *records = wr_arena_alloc(c->arena, (end - c->at) * sizeof *records);
    uint32_t n = 0;
    for (; c->at < end; c->at++) {
        const rd_kafka_message_t *m = c->messages[c->at];
        if (c->at + AHEAD_BYTES < end)
            prefetch_bytes(c->messages[c->at + AHEAD_BYTES]);
        if (m->offset < p->next)
            continue;
        read_record(m, c->arena, &records[n++]);
        p->next = m->offset + 1;
    }
    if (n == 0)
        return NULL;
    kafka_batch *b = new_batch(r, c, p);
    b->base.records = records;
    b->base.n = n;
    b->base.next_offset = p->next;
    return b;
}

/* The next batch of the chunk; NULL: the chunk is used up. */
static weir_status hand_out(consumer *r, uint32_t max_records, kafka_batch **out, weir_error *err)
{
    chunk *c = r->current;
    *out = NULL;
    while (c->at < c->n && !*out) {
        const rd_kafka_message_t *m = c->messages[c->at];
        if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            c->at++;
            WR_TRY(judge(r, m, err));
            continue;
        }
        kafka_part *p = find_part(r, m);
        if (!p) {
            c->at++; /* of an assignment that is gone */
        } else if (p->missing) {
            r->anew = p;
            return report_anew(r, p, err);
        } else if (m->err) {
            /* Control records at the end: the position moves without records. */
            c->at++;
            if (position_of(p) >= 0 && m->offset > position_of(p)) {
                p->next = m->offset;
                *out = new_batch(r, c, p);
                (*out)->base.next_offset = p->next;
            }
        } else {
            *out = take_run(r, c, p, max_records);
        }
    }
    return WEIR_OK;
}

weir_status wr__kafka_poll(wr_log_reader *reader, uint32_t max_records, int timeout_ms,
                           wr_log_batch **out, weir_error *err)
{
    consumer *r = (consumer *)reader;
    WR_ASSERT(max_records > 0);
    *out = NULL;
    if (r->anew)
        return report_anew(r, r->anew, err);
    weir_status st = WEIR_OK;
    if (!r->current && !r->shared.asked)
        st = fetch(r, max_records, timeout_ms, err);
    if (st != WEIR_OK || !r->current || r->shared.asked)
        return st;
    wr__kafka_alive(r->shared.opaque.log);
    kafka_batch *b;
    st = hand_out(r, max_records, &b, err);
    chunk *c = r->current;
    if (b) {
        c->out++;
        *out = &b->base;
    }
    if (c->at == c->n) {
        r->current = NULL;
        retire_chunk(r, c);
    }
    return st;
}
