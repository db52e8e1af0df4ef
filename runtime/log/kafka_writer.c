/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing Kafka: one producer.
 *
 * Every record goes to an explicit partition (by Kafka's own murmur2 where the caller says none),
 * so that ordering and co-partitioning are ours to know. Records are handed over one by one,
 * because the batch call of librdkafka takes neither timestamps nor headers. A full queue is
 * back-pressure: serve delivery reports until there is room.
 *
 * Reports (served on the caller's thread inside produce and flush) keep, per partition, the offset
 * behind the last acknowledged record: the position of changelogs. The first failed report fails
 * everything up to the next abort.
 *
 * Several threads may produce at once: librdkafka's handle allows it, so `lock` only guards the
 * list of topics, once per call, and reports are served by one thread at a time (`serving`).
 *
 * At-least-once: flush (all acknowledged), offsets committed, then state. What fails in between is
 * repeated from the committed offsets, so an abort only has to forget what is still under way.
 */
#include "runtime/log/kafka.h"

enum { SERVE_EVERY = 1024, FULL_WAIT_MS = 100, FLUSH_SLICE_MS = 1000, ABORT_MS = 5000 };

typedef struct out_part {
    int64_t position; /* -1: nothing acknowledged yet */
} out_part;

typedef struct out_topic {
    char *name;
    rd_kafka_topic_t *rkt;
    int32_t partitions;
    out_part *parts; /* stays where it is: reports point to it */
    atomic_uint turn;
} out_topic;

struct wr_log_writer {
    wr__kafka_opaque opaque; /* first */
    rd_kafka_t *rk;
    pthread_mutex_t lock; /* topics: their list, not what is in them */
    out_topic **topics;
    size_t topics_n, topics_cap;
    atomic_size_t pending;
    pthread_mutex_t serving; /* whoever serves reports: positions, the first failure */
    atomic_int failed;       /* of the first failed report since the last abort */
    char failed_text[160];   /* set before `failed` is */
};

/* ---- life ---- */

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    wr_log_writer *w = opaque;
    out_part *p = m->_private;
    if (!m->err) {
        p->position = WR_MAX(p->position, m->offset + 1);
    } else if (!atomic_load(&w->failed)) {
        snprintf(w->failed_text, sizeof w->failed_text, "A record for topic %.100s, partition %d",
                 rd_kafka_topic_name(m->rkt), m->partition);
        atomic_store(&w->failed, (int)m->err);
    }
}

weir_status wr__kafka_writer_new(wr_log *base, const wr_settings *settings, wr_log_writer **out,
                                 weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    rd_kafka_conf_t *conf;
    WR_TRY(wr__kafka_conf_new(log, WR__KAFKA_WRITER, settings, &conf, err));
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    wr_log_writer *w = wr_calloc(1, sizeof *w);
    w->opaque.log = log;
    weir_status st = wr__kafka_handle_new(RD_KAFKA_PRODUCER, conf, &w->opaque, &w->rk, err);
    if (st != WEIR_OK) {
        wr_free(w);
        return st;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_mutex_init(&w->serving, NULL);
    *out = w;
    return WEIR_OK;
}

/* Forget what is under way; its reports come (as purged) before this returns, or never. */
static void purge(wr_log_writer *w)
{
    if (rd_kafka_outq_len(w->rk) > 0) {
        rd_kafka_purge(w->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(w->rk, ABORT_MS);
    }
    atomic_store(&w->failed, RD_KAFKA_RESP_ERR_NO_ERROR);
    atomic_store(&w->pending, 0);
}

void wr__kafka_writer_close(wr_log_writer *w)
{
    if (!w)
        return;
    purge(w);
    for (size_t i = 0; i < w->topics_n; i++)
        rd_kafka_topic_destroy(w->topics[i]->rkt);
    rd_kafka_destroy(w->rk);
    for (size_t i = 0; i < w->topics_n; i++) {
        wr_free(w->topics[i]->name);
        wr_free(w->topics[i]->parts);
        wr_free(w->topics[i]);
    }
    wr_free((void *)w->topics);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->serving);
    wr_free(w);
}

weir_status wr__kafka_abort(wr_log_writer *w, weir_error *err)
{
    (void)err;
    purge(w);
    return WEIR_OK;
}

size_t wr__kafka_pending(const wr_log_writer *w)
{
    return atomic_load(&w->pending);
}

/* ---- producing ---- */

/* @pre `lock` is held */
static weir_status find_or_add(wr_log_writer *w, const char *name, out_topic **out, weir_error *err)
{
    for (size_t i = 0; i < w->topics_n; i++) {
        if (strcmp(w->topics[i]->name, name) == 0) {
            *out = w->topics[i];
            return WEIR_OK;
        }
    }
    int32_t partitions;
    WR_TRY(wr__kafka_partitions(w->opaque.log, name, &partitions, err));
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(w->rk, name, NULL);
    if (!rkt)
        return wr__kafka_error(err, rd_kafka_last_error(), "Topic %s", name);
    if (w->topics_n == w->topics_cap) {
        w->topics_cap = w->topics_cap ? w->topics_cap * 2 : 4;
        w->topics = wr_realloc((void *)w->topics, w->topics_cap * sizeof *w->topics);
    }
    out_topic *o = w->topics[w->topics_n++] = wr_calloc(1, sizeof *o);
    o->name = wr_strdup(name);
    o->rkt = rkt;
    o->partitions = partitions;
    o->parts = wr_calloc((size_t)partitions, sizeof(out_part));
    for (int32_t p = 0; p < partitions; p++)
        o->parts[p].position = -1;
    *out = o;
    return WEIR_OK;
}

static weir_status find_topic(wr_log_writer *w, const char *name, out_topic **out, weir_error *err)
{
    pthread_mutex_lock(&w->lock);
    weir_status st = find_or_add(w, name, out, err);
    pthread_mutex_unlock(&w->lock);
    return st;
}

/* Serve what reports there are, unless another thread does. */
static void serve(wr_log_writer *w)
{
    if (pthread_mutex_trylock(&w->serving) != 0)
        return;
    rd_kafka_poll(w->rk, 0);
    pthread_mutex_unlock(&w->serving);
}

/* The queue is full: wait for a report, which makes room. */
static void serve_or_wait(wr_log_writer *w)
{
    pthread_mutex_lock(&w->serving);
    rd_kafka_poll(w->rk, FULL_WAIT_MS);
    pthread_mutex_unlock(&w->serving);
}

static rd_kafka_headers_t *make_headers(const wr_headers *headers)
{
    if (!headers || !headers->n)
        return NULL;
    rd_kafka_headers_t *out = rd_kafka_headers_new(headers->n);
    for (uint32_t i = 0; i < headers->n; i++) {
        const wr_header *h = &headers->h[i];
        (void)rd_kafka_header_add(out, h->key.ptr ? h->key.ptr : "", (ssize_t)h->key.len,
                                  h->value.ptr, (ssize_t)h->value.len);
    }
    return out;
}

static rd_kafka_error_t *hand_over(wr_log_writer *w, out_topic *o, int32_t partition,
                                   const wr_out_records *in, uint32_t i)
{
    rd_kafka_headers_t *headers = make_headers(in->headers ? in->headers[i] : NULL);
    rd_kafka_vu_t v[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = o->rkt},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)in->keys[i].ptr, in->keys[i].len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)in->values[i].ptr, in->values[i].len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = in->timestamps[i]},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &o->parts[partition]},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t n = WR_ARRAY_LEN(v) - (headers ? 0 : 1);
    rd_kafka_error_t *e = rd_kafka_produceva(w->rk, v, n);
    if (e && headers)
        rd_kafka_headers_destroy(headers); /* taken on success only */
    return e;
}

static weir_status refused(const out_topic *o, const wr_out_records *in, uint32_t i,
                           rd_kafka_resp_err_t code, weir_error *err)
{
    if (code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return wr__kafka_error(err, code, "Writing to topic %s", o->name);
    wr_error(err, WEIR_ERR_LIMIT, "A record of %zu bytes is too large for topic %s",
             (size_t)in->keys[i].len + in->values[i].len, o->name);
    return wr_error_hint(err, "See producer.message.max.bytes, and the topic's max.message.bytes.");
}

static weir_status send_or_wait(wr_log_writer *w, out_topic *o, int32_t partition,
                                const wr_out_records *in, uint32_t i, weir_error *err)
{
    for (;;) {
        rd_kafka_error_t *e = hand_over(w, o, partition, in, i);
        if (!e)
            return WEIR_OK;
        rd_kafka_resp_err_t code = rd_kafka_error_code(e);
        rd_kafka_error_destroy(e);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return refused(o, in, i, code, err);
        serve_or_wait(w);
    }
}

static weir_status tell_failure(wr_log_writer *w, weir_error *err)
{
    int failed = atomic_load(&w->failed);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        return WEIR_OK;
    return wr__kafka_error(err, (rd_kafka_resp_err_t)failed, "%s", w->failed_text);
}

weir_status wr__kafka_produce(wr_log_writer *w, const char *topic, const wr_out_records *in,
                              weir_error *err)
{
    out_topic *o = NULL;
    WR_TRY(find_topic(w, topic, &o, err));
    size_t bytes = 0;
    for (uint32_t i = 0; i < in->n; i++) {
        int32_t partition;
        if (in->partitions)
            partition = in->partitions[i];
        else if (in->keys[i].ptr)
            partition = wr_partition_of(in->keys[i], o->partitions);
        else
            partition = (int32_t)(atomic_fetch_add(&o->turn, 1) % (uint32_t)o->partitions);
        if (partition < 0 || partition >= o->partitions)
            return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' has no partition %d; it has %d",
                            topic, partition, o->partitions);
        WR_TRY(send_or_wait(w, o, partition, in, i, err));
        bytes += (size_t)in->keys[i].len + in->values[i].len;
        if (i % SERVE_EVERY == SERVE_EVERY - 1)
            serve(w);
    }
    atomic_fetch_add(&w->pending, bytes);
    serve(w);
    return tell_failure(w, err);
}

/* ---- committing ---- */

weir_status wr__kafka_flush(wr_log_writer *w, weir_error *err)
{
    /* Ends by itself: what is not acknowledged within message.timeout.ms has a failed report. */
    bool waited = rd_kafka_outq_len(w->rk) > 0;
    while (rd_kafka_outq_len(w->rk) > 0 && !atomic_load(&w->failed))
        (void)rd_kafka_flush(w->rk, FLUSH_SLICE_MS);
    WR_TRY(tell_failure(w, err));
    if (waited)
        wr__kafka_alive(w->opaque.log);
    return WEIR_OK;
}

int64_t wr__kafka_position(const wr_log_writer *w, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < w->topics_n; i++)
        if (strcmp(w->topics[i]->name, topic) == 0 && partition >= 0 &&
            partition < w->topics[i]->partitions)
            return w->topics[i]->parts[partition].position;
    return -1;
}

weir_status wr__kafka_commit(wr_log_writer *w, wr_log_reader *reader,
                             const wr_log_group_offsets *groups, uint32_t groups_n,
                             wr_db_batch *state, weir_error *err)
{
    WR_TRY(wr__kafka_flush(w, err)); /* nothing to wait for where the caller did */
    WR_TRY(wr__kafka_commit_groups(w->opaque.log, reader, groups, groups_n, err));
    if (state) /* an empty one too: its stores wait for the end of the commit */
        WR_TRY(wr_db_write(w->opaque.log->db, state, err));
    atomic_store(&w->pending, 0);
    return WEIR_OK;
}
