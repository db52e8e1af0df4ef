/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing Kafka: one producer, which is a sender (kafka_sender.h) of librdkafka's or of our own.
 *
 * Every record goes to an explicit partition (by the partitioner that the caller names where it
 * says none), so that ordering and co-partitioning are ours to know. A full queue is back-pressure:
 * serve delivery reports until there is room.
 *
 * Reports (served on the caller's thread inside produce and flush) find the entry of their owner,
 * topic and partition by what was given with the record. They keep, per partition, the offset after
 * the last acknowledged record: the position of changelogs. A failed one is of two kinds: where the
 * broker has refused the record (or has no such topic) it fails the owner; where nothing can be
 * said of the record itself (no broker answers, the producer is out of use) it fails the writer.
 *
 * An owner may go, or begin anew, while records of it are under way. Then its entries become
 * *orphans*: their reports count down what is under way and are forgotten. An orphan with nothing
 * under way goes when the next entry is made.
 *
 * Several threads may produce at once: `lock` guards the list of entries, once per call, and
 * reports are served by one thread at a time (`serving`). Where the sender takes records from one
 * at a time too, `serving` is held for them; whoever waits with it is woken then.
 *
 * At-least-once: flush (all acknowledged), offsets committed, then state. What fails in between is
 * repeated from the committed offsets, so an abort only has to forget what is still under way.
 *
 * Exactly-once: a transaction begins with the first record, or with a commit that only moves
 * offsets, and is of all owners. So where one of them has to go with something in it, everything
 * goes: the writer fails, and its worker takes everybody back to the last commit. That a record was
 * refused still says whose it was: a producer whose transaction has failed takes no more records,
 * and the report that says why is waited for (spoiled).
 */
#include "common/diag.h"
#include "runtime/log/kafka_sender.h"

#include <sched.h>

enum { SERVE_EVERY = 1024, SERVE_AGAIN_MS = 1, REPORT_MS = 500 };

typedef struct out_topic out_topic;
typedef struct out_part {
    out_topic *of;
    int64_t position; /* -1: nothing acknowledged yet */
} out_part;

/* What one owner writes to one topic. Stays where it is: reports point to its parts. */
struct out_topic {
    wr_log_owner *owner; /* NULL: an orphan; `serving` to look into it from a report */
    char *name;
    void *topic; /* the sender's */
    int32_t partitions;
    out_part *parts;
    bool hidden;
    atomic_bool stamped;      /* records are known to get the time of the broker */
    atomic_uint turn;         /* NULL keys: the partition whose turn it is */
    atomic_size_t pending;    /* bytes since the last commit */
    atomic_size_t handed_out; /* records given to the sender */
    size_t reported;          /* of them, those with a report; `serving` */
    size_t committed;         /* of them, those before the last commit */
};

struct wr_log_writer {
    wr__log_writer_base base; /* first */
    wr__kafka *log;
    wr__kafka_sender *sender; /* NULL: it could not be made anew, and the writer has failed */
    pthread_mutex_t lock;     /* topics: their list, not what is in them */
    out_topic **topics;
    size_t topics_n, topics_cap;
    atomic_size_t pending;
    pthread_mutex_t serving; /* whoever serves reports: positions, counts, failures */
    atomic_uint waiting;     /* threads that want `serving` to give records */
    wr_log_owner connection; /* fails where the writer as a whole does */
    wr__sent_offsets sent;
    /* exactly-once */
    bool transactional;
    wr__txn txn;
    wr_settings settings; /* to make the producer anew */
};

/* ---- who has failed ---- */

/* Does the error say nothing of the record, but that the producer gets none through? */
static bool is_of_connection(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE: /* nobody purges but an abort of all */
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        return true;
    default:
        return false;
    }
}

static void fail_writer(wr_log_writer *w, rd_kafka_resp_err_t code, const char *what)
{
    weir_error err;
    char text[256] = "";
    if (wr_log_owner_failed(&w->connection, NULL))
        return; /* the first failure counts */
    rd_kafka_resp_err_t fatal = w->sender->cls->fatal(w->sender, text, sizeof text);
    if (w->transactional) {
        wr__txn_give_up(w->log, w->sender->rk, &w->txn, code, rd_kafka_err2str(code), what, &err);
    } else if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wr__kafka_error(&err, fatal, "%s: the producer is out of use: %s", what, text);
        err.flags |= WEIR_ERROR_FATAL;
    } else {
        wr__kafka_error(&err, code, "%s", what);
    }
    wr_log_owner_fail(&w->connection, &err);
}

bool wr__kafka_writer_failed(const wr_log_writer *w, weir_error *err)
{
    return wr_log_owner_failed(&w->connection, err);
}

static weir_status report_failure(const wr_log_writer *w, weir_error *err)
{
    return wr_log_owner_failed(&w->connection, err) ? w->connection.error.code : WEIR_OK;
}

/* ---- life ---- */

/* @pre `serving` is held by the thread that serves. */
static void on_failed_report(wr_log_writer *w, const out_topic *o, const wr__kafka_sent *sent)
{
    char what[200];
    weir_error err;
    WR_ASSERT(sent->code && o->owner);
    snprintf(what, sizeof what, "A record for topic %.100s, partition %d", o->name,
             sent->partition);
    if (is_of_connection(sent->code)) {
        fail_writer(w, sent->code, what);
        return;
    }
    if (sent->code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        wr__kafka_batch_too_large(o->name, sent->bytes, &err);
    else
        wr__kafka_error(&err, sent->code, "%s", what);
    if (sent->code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        (void)wr_error_hint(&err, "See the topic's message.timestamp.after.max.ms and "
                                  "message.timestamp.before.max.ms, and the clocks.");
    wr_log_owner_fail(o->owner, &err);
}

static void on_sent(void *arg, const wr__kafka_sent *sent)
{
    out_part *p = sent->who;
    out_topic *o = p->of;
    o->reported += sent->records;
    if (WR_UNLIKELY(!o->owner))
        return; /* an orphan */
    if (!sent->code)
        p->position = WR_MAX(p->position, sent->next_offset);
    else
        on_failed_report(arg, o, sent);
}

/* Its producer; what an earlier one of its transactional id has left is over with it. */
static weir_status make_producer(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    WR_ASSERT(!w->sender);
    WR_TRY(wr__kafka_sender_new(w->log, &w->settings, w->transactional ? &w->txn : NULL, on_sent, w,
                                &w->sender, err));
    w->base.record_max = w->sender->record_max;
    return w->transactional
               ? wr__txn_take_up(w->log, &w->settings, w->sender->rk, &w->txn, until, err)
               : WEIR_OK;
}

static void free_writer(wr_log_writer *w)
{
    wr__txn_close(w->log, &w->txn);
    wr__sent_free(&w->sent);
    wr_settings_free(&w->settings);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->serving);
    wr_free(w);
}

static weir_status new_writer(wr_log *base, const wr_settings *settings, bool transactional,
                              const wr__log_until *until, wr_log_writer **out, weir_error *err)
{
    wr__kafka *log = (wr__kafka *)base;
    wr_log_writer *w = wr_calloc(1, sizeof *w);
    w->log = log;
    w->transactional = transactional;
    wr_settings_init(&w->settings, NULL);
    wr_settings_copy(&w->settings, settings ? settings : &log->settings);
    wr__sent_init(&w->sent, &w->settings);
    pthread_mutex_init(&w->lock, NULL);
    pthread_mutex_init(&w->serving, NULL);
    wr_log_owner_init(&w->connection, "producer");
    weir_status st = transactional ? wr__undecided_sweep(log, err) : WEIR_OK;
    if (st == WEIR_OK && transactional)
        st = wr__positions_create(log, err);
    if (st == WEIR_OK)
        st = make_producer(w, until, err);
    if (st != WEIR_OK) {
        if (w->sender)
            w->sender->cls->close(w->sender);
        free_writer(w);
        return st;
    }
    *out = w;
    return WEIR_OK;
}

weir_status wr__kafka_writer_new(wr_log *base, const wr_settings *settings, wr_log_writer **out,
                                 weir_error *err)
{
    return new_writer(base, settings, false, NULL, out, err);
}

weir_status wr__kafka_transactional_new(wr_log *base, const wr_settings *settings,
                                        const atomic_bool *cancel, wr_log_writer **out,
                                        weir_error *err)
{
    const wr__log_until until = {cancel, -1};
    return new_writer(base, settings, true, &until, out, err);
}

/* Has it something that is not committed? Bytes do not say so: a record may have none. */
static bool is_uncommitted(const out_topic *o)
{
    return o->owner && atomic_load(&o->handed_out) != o->committed;
}

static bool nothing_under_way(const out_topic *o)
{
    return atomic_load(&o->handed_out) == o->reported;
}

/* Reports of what is under way reach nobody from now on. @pre `serving` is held */
static void make_orphan(wr_log_writer *w, out_topic *o)
{
    o->owner = NULL;
    size_t bytes = atomic_exchange(&o->pending, 0);
    WR_ASSERT(atomic_load(&w->pending) >= bytes);
    atomic_fetch_sub(&w->pending, bytes);
    for (int32_t p = 0; p < o->partitions; p++)
        o->parts[p].position = -1; /* as of a commit that never came */
}

static void free_topic(out_topic *o)
{
    wr_free(o->name);
    wr_free(o->parts);
    wr_free(o);
}

void wr__kafka_writer_close(wr_log_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->topics_n; i++)
        make_orphan(w, w->topics[i]);
    if (w->sender) {
        if (w->transactional)
            wr__txn_abort(w->sender->rk, &w->txn);
        w->sender->cls->purge(w->sender);
        for (size_t i = 0; i < w->topics_n; i++)
            w->sender->cls->topic_free(w->sender, w->topics[i]->topic);
        w->sender->cls->close(w->sender);
    }
    for (size_t i = 0; i < w->topics_n; i++)
        free_topic(w->topics[i]);
    wr_free((void *)w->topics);
    free_writer(w);
}

/* What is in a transaction cannot be taken out of it. */
static void fail_transaction(wr_log_writer *w, const wr_log_owner *owner)
{
    weir_error err;
    wr_error(&err, WEIR_ERR_LOG, "A transaction is given up, with what %s has written in it",
             owner->name);
    err.flags |= WEIR_ERROR_RETRIABLE | WEIR_ERROR_FATAL;
    wr_log_owner_fail(&w->connection, &err);
}

/* @p owner NULL: the writer's user has no use for it any more. @pre `serving` is held */
static void abort_transaction(wr_log_writer *w, const wr_log_owner *owner)
{
    bool any = !owner;
    for (size_t i = 0; i < w->topics_n && !any; i++)
        any = w->topics[i]->owner == owner && is_uncommitted(w->topics[i]);
    if (!any || !atomic_load(&w->txn.begun))
        return;
    fail_transaction(w, owner ? owner : &w->base.own);
    if (!owner)
        wr__txn_abort(w->sender->rk, &w->txn);
}

weir_status wr__kafka_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err)
{
    (void)err;
    pthread_mutex_lock(&w->serving);
    if (w->transactional)
        abort_transaction(w, owner);
    for (size_t i = 0; i < w->topics_n; i++)
        if (!owner || w->topics[i]->owner == owner)
            make_orphan(w, w->topics[i]);
    if (!owner) {
        if (w->sender)
            w->sender->cls->purge(w->sender);
        weir_error why;
        bool failed = wr_log_owner_failed(&w->connection, &why);
        WR_ASSERT(atomic_load(&w->pending) == 0);
        if (failed && !(why.flags & WEIR_ERROR_FATAL))
            wr_log_owner_reset(&w->connection);
    }
    pthread_mutex_unlock(&w->serving);
    return WEIR_OK;
}

size_t wr__kafka_pending(const wr_log_writer *w)
{
    return atomic_load(&w->pending);
}

/* ---- producing ---- */

static weir_status add_topic(wr_log_writer *w, const char *name, const wr__log_until *until,
                             out_topic **out, weir_error *err)
{
    int32_t partitions;
    if (w->transactional)
        WR_TRY(wr__undecided_keep(w->log, name, err));
    WR_TRY(wr__kafka_partitions(w->log, name, until, &partitions, err));
    WR_ASSERT(partitions > 0);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__FAIL;
    void *topic = w->sender->cls->topic_new(w->sender, name, partitions, &code);
    if (!topic)
        return wr__kafka_error(err, code, "Topic %s", name);
    if (w->topics_n == w->topics_cap) {
        w->topics_cap = w->topics_cap ? w->topics_cap * 2 : 4;
        w->topics = wr_realloc((void *)w->topics, w->topics_cap * sizeof *w->topics);
    }
    out_topic *o = w->topics[w->topics_n++] = wr_calloc(1, sizeof *o);
    o->name = wr_strdup(name);
    o->topic = topic;
    o->partitions = partitions;
    o->hidden = wr__kafka_is_hidden(name);
    o->parts = wr_calloc((size_t)partitions, sizeof(out_part));
    for (int32_t p = 0; p < partitions; p++)
        o->parts[p] = (out_part){o, -1};
    *out = o;
    return WEIR_OK;
}

/* Queries come and go, and a writer stays: what nobody uses goes. @pre `lock` is held */
static void drop_orphans(wr_log_writer *w)
{
    pthread_mutex_lock(&w->serving);
    for (size_t i = w->topics_n; i-- > 0;) {
        out_topic *o = w->topics[i];
        if (o->owner || !nothing_under_way(o))
            continue;
        w->topics[i] = w->topics[--w->topics_n];
        w->sender->cls->topic_free(w->sender, o->topic);
        free_topic(o);
    }
    pthread_mutex_unlock(&w->serving);
}

/* @pre `lock` is held */
static weir_status find_or_add(wr_log_writer *w, wr_log_owner *owner, const char *name,
                               const wr__log_until *until, out_topic **out, weir_error *err)
{
    for (size_t i = 0; i < w->topics_n; i++) {
        if (w->topics[i]->owner == owner && strcmp(w->topics[i]->name, name) == 0) {
            *out = w->topics[i];
            return WEIR_OK;
        }
    }
    drop_orphans(w);
    WR_TRY(add_topic(w, name, until, out, err));
    (*out)->owner = owner;
    return WEIR_OK;
}

static weir_status find_topic(wr_log_writer *w, wr_log_owner *owner, const char *name,
                              const wr__log_until *until, out_topic **out, weir_error *err)
{
    pthread_mutex_lock(&w->lock);
    weir_status st = find_or_add(w, owner, name, until, out, err);
    pthread_mutex_unlock(&w->lock);
    return st;
}

/* Serve what reports there are, unless another thread does. */
static void serve(wr_log_writer *w)
{
    if (pthread_mutex_trylock(&w->serving) != 0)
        return;
    (void)w->sender->cls->serve(w->sender, 0);
    pthread_mutex_unlock(&w->serving);
}

int wr__kafka_serve(wr_log_writer *w)
{
    if (!w->sender)
        return -1;
    if (pthread_mutex_trylock(&w->serving) != 0) /* whoever has it serves, for now */
        return w->sender->cls->give_alone ? SERVE_AGAIN_MS : -1;
    int again_ms = w->sender->cls->serve(w->sender, 0);
    pthread_mutex_unlock(&w->serving);
    return again_ms;
}

/* Let those have it who want to give records. */
static void end_serving(wr_log_writer *w)
{
    pthread_mutex_unlock(&w->serving);
    if (atomic_load(&w->waiting) > 0)
        sched_yield();
}

/* The queue is full: wait for a report, which makes room. */
static void serve_or_wait(wr_log_writer *w)
{
    pthread_mutex_lock(&w->serving);
    (void)w->sender->cls->serve(w->sender, WR__LOG_SLICE_MS);
    end_serving(w);
}

/* Before records are given, and after. */
static void begin_giving(wr_log_writer *w)
{
    if (!w->sender->cls->give_alone || pthread_mutex_trylock(&w->serving) == 0)
        return;
    atomic_fetch_add(&w->waiting, 1);
    w->sender->cls->wake(w->sender);
    pthread_mutex_lock(&w->serving);
    atomic_fetch_sub(&w->waiting, 1);
}

static void end_giving(wr_log_writer *w)
{
    if (w->sender->cls->give_alone)
        pthread_mutex_unlock(&w->serving);
}

/* Can a record of time 0 be written? Rare: sinks leave such rows out where it cannot. */
static weir_status check_zero(const wr_log_writer *w, out_topic *o, weir_error *err)
{
    if (o->hidden || atomic_load(&o->stamped))
        return WEIR_OK;
    wr_record_times times;
    WR_TRY(wr__kafka_record_times(&w->log->base, o->name, &times, err));
    if (times.no_zero)
        return wr__zero_time_refused(o->name, err);
    atomic_store(&o->stamped, true);
    return WEIR_OK;
}

/*
 * The transaction has failed before this record: for another one that was refused, or as a whole.
 * In the first case the other's owner is to blame, by a report that may still be on its way.
 */
static weir_status spoiled(wr_log_writer *w, const out_topic *o, weir_error *err)
{
    int64_t deadline = wr__log_now_ms() + REPORT_MS;
    bool known = false;
    while (!known && wr__log_now_ms() < deadline) {
        serve_or_wait(w);
        pthread_mutex_lock(&w->lock);
        for (size_t i = 0; i < w->topics_n && !known; i++)
            known = w->topics[i]->owner && wr_log_owner_failed(w->topics[i]->owner, NULL);
        pthread_mutex_unlock(&w->lock);
        known = known || wr_log_owner_failed(&w->connection, NULL);
    }
    if (wr_log_owner_failed(o->owner, err))
        return o->owner->error.code;
    fail_writer(w, RD_KAFKA_RESP_ERR__STATE, "A transaction has failed");
    return report_failure(w, err);
}

static weir_status refused(wr_log_writer *w, const out_topic *o, const wr_out_records *in,
                           uint32_t i, rd_kafka_resp_err_t code, weir_error *err)
{
    if (w->transactional && code == RD_KAFKA_RESP_ERR__STATE)
        return spoiled(w, o, err);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return wr__kafka_too_large(o->name, (size_t)in->keys[i].len + in->values[i].len, err);
    if (is_of_connection(code)) {
        fail_writer(w, code, "Writing to Kafka");
        return report_failure(w, err);
    }
    return wr__kafka_error(err, code, "Writing to topic %s", o->name);
}

/* Does the topic that is said to be missing exist? Where nobody answers it is no fault of the
 * record, but of the connection. @return what @p code comes to; none: the topic is known now. */
static rd_kafka_resp_err_t ask_again(wr_log_writer *w, const out_topic *o, rd_kafka_resp_err_t code)
{
    bool missing =
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (!missing || !w->sender->cls->ask)
        return code;
    rd_kafka_resp_err_t rc = w->sender->cls->ask(w->sender, o->topic);
    return rc == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ? code : rc;
}

/* @pre begin_giving */
static weir_status send_or_wait(wr_log_writer *w, out_topic *o, const wr_out_records *in,
                                uint32_t i, const wr_record *record, const wr__log_until *until,
                                weir_error *err)
{
    void *who = &o->parts[record->partition];
    for (bool asked = false;;) {
        rd_kafka_resp_err_t code = w->sender->cls->give(w->sender, o->topic, record, who);
        if (WR_LIKELY(code == RD_KAFKA_RESP_ERR_NO_ERROR))
            return WEIR_OK;
        if (!asked)
            code = ask_again(w, o, code);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            asked = true;
            continue;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return refused(w, o, in, i, code, err);
        WR_TRY(wr__log_give_up(until, "Writing to Kafka", err));
        end_giving(w);
        serve_or_wait(w);
        begin_giving(w);
        WR_TRY(report_failure(w, err));
    }
}

/* Its time is 0. */
static weir_status send_zero(wr_log_writer *w, out_topic *o, const wr_out_records *in, uint32_t i,
                             wr_record *record, const wr__log_until *until, weir_error *err)
{
    end_giving(w); /* it may have to ask */
    weir_status st = check_zero(w, o, err);
    begin_giving(w);
    WR_TRY(st);
    wr_arena *a = wr_arena_new(0);
    if (o->hidden)
        wr__zero_time_mark(record, a);
    st = send_or_wait(w, o, in, i, record, until, err);
    wr_arena_free(a);
    return st;
}

/* @pre begin_giving */
static void serve_between(wr_log_writer *w)
{
    if (w->sender->cls->give_alone)
        (void)w->sender->cls->serve(w->sender, 0);
    else
        serve(w);
}

/* @pre begin_giving */
static weir_status send_all(wr_log_writer *w, out_topic *o, const wr_out_records *in,
                            const wr__log_until *until, uint32_t *sent, size_t *bytes,
                            weir_error *err)
{
    for (uint32_t i = 0; i < in->n; i++) {
        int32_t partition;
        if (in->partitions)
            partition = in->partitions[i];
        else if (in->keys[i].ptr)
            partition = wr_partition_of(in->partitioner, in->keys[i], o->partitions);
        else
            partition = (int32_t)(atomic_fetch_add(&o->turn, 1) % (uint32_t)o->partitions);
        if (partition < 0 || partition >= o->partitions)
            return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' has no partition %d; it has %d",
                            o->name, partition, o->partitions);
        wr_record record = {.key = in->keys[i],
                            .value = in->values[i],
                            .timestamp = in->timestamps[i],
                            .partition = partition,
                            .headers = in->headers ? in->headers[i] : NULL};
        WR_TRY(WR_UNLIKELY(record.timestamp == 0) ? send_zero(w, o, in, i, &record, until, err)
                                                  : send_or_wait(w, o, in, i, &record, until, err));
        *bytes += (size_t)in->keys[i].len + in->values[i].len;
        ++*sent;
        if (i % SERVE_EVERY == SERVE_EVERY - 1)
            serve_between(w);
    }
    return WEIR_OK;
}

/* Between transactions: a request that has no answer may still end the next one, unless that is of
 * a new producer. Everything is acknowledged, so nothing is lost with the old one; its queue may
 * hold the news of a lost connection, which rd_kafka_outq_len counts with the records. */
static weir_status replace_producer(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    WR_ASSERT(!atomic_load(&w->txn.begun));
    wr_diag_put(WR_DIAG_INFO, "kafka", "a request of %s had no answer: its producer is made anew",
                w->txn.id);
    for (size_t i = 0; i < w->topics_n; i++)
        w->sender->cls->topic_free(w->sender, w->topics[i]->topic);
    w->sender->cls->close(w->sender);
    w->sender = NULL;
    weir_status st = make_producer(w, until, err);
    for (size_t i = 0; i < w->topics_n; i++) {
        out_topic *o = w->topics[i];
        rd_kafka_resp_err_t code;
        o->reported = atomic_load(&o->handed_out);
        o->topic = NULL;
        if (w->sender)
            o->topic = w->sender->cls->topic_new(w->sender, o->name, o->partitions, &code);
    }
    return st;
}

/* Of several threads that come with a first record one begins. */
static weir_status begin(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    weir_error why;
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&w->lock);
    bool begun = atomic_load(&w->txn.begun);
    if (!begun && atomic_load(&w->txn.dirty))
        st = replace_producer(w, until, &why);
    if (!begun && st == WEIR_OK)
        st = wr__txn_begin(w->log, w->sender->rk, &w->txn, &why);
    pthread_mutex_unlock(&w->lock);
    if (st == WEIR_OK)
        return st;
    why.flags |= WEIR_ERROR_FATAL;
    wr_log_owner_fail(&w->connection, &why);
    return report_failure(w, err);
}

weir_status wr__kafka_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *in, const wr__log_until *until, weir_error *err)
{
    out_topic *o = NULL;
    uint32_t sent = 0;
    size_t bytes = 0;
    WR_TRY(report_failure(w, err));
    if (w->transactional && !atomic_load(&w->txn.begun))
        WR_TRY(begin(w, until, err));
    WR_TRY(find_topic(w, owner, topic, until, &o, err));
    begin_giving(w);
    weir_status st = send_all(w, o, in, until, &sent, &bytes, err);
    end_giving(w);
    WR_ASSERT(st != WEIR_OK || sent == in->n);
    atomic_fetch_add(&o->handed_out, sent);
    atomic_fetch_add(&o->pending, bytes);
    atomic_fetch_add(&w->pending, bytes);
    WR_TRY(st);
    serve(w);
    return report_failure(w, err);
}

/* ---- committing ---- */

/* Does a refused record keep the transaction from going on? Then nothing more is sent. */
static bool is_spoiled(const wr_log_writer *w)
{
    bool yes = false;
    for (size_t i = 0; i < w->topics_n && w->transactional && !yes; i++)
        yes = w->topics[i]->owner && wr_log_owner_failed(w->topics[i]->owner, NULL);
    return yes;
}

weir_status wr__kafka_flush(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    WR_TRY(report_failure(w, err)); /* there may be no producer any more */
    /* Ends by itself: what is not acknowledged within message.timeout.ms has a failed report. */
    wr__kafka_sender *sender = w->sender;
    bool waited = sender->cls->outstanding(sender) > 0;
    while (sender->cls->outstanding(sender) > 0 && !wr_log_owner_failed(&w->connection, NULL) &&
           !is_spoiled(w)) {
        WR_TRY(wr__log_give_up(until, "Waiting for Kafka's acknowledgements", err));
        pthread_mutex_lock(&w->serving);
        sender->cls->push(sender, WR__LOG_SLICE_MS);
        end_serving(w);
        if (sender->cls->fatal(sender, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail_writer(w, RD_KAFKA_RESP_ERR__FATAL, "Writing to Kafka");
    }
    WR_TRY(report_failure(w, err));
    if (waited)
        wr__kafka_alive(w->log);
    return WEIR_OK;
}

int64_t wr__kafka_position(const wr_log_writer *w, const char *topic, int32_t partition)
{
    int64_t position = -1; /* the furthest, where several owners write the topic */
    for (size_t i = 0; i < w->topics_n; i++)
        if (strcmp(w->topics[i]->name, topic) == 0 && partition >= 0 &&
            partition < w->topics[i]->partitions)
            position = WR_MAX(position, w->topics[i]->parts[partition].position);
    return position;
}

/* Whose records were refused must not have its offsets committed: it would lose its input. */
static weir_status check_owners(const wr_log_writer *w, weir_error *err)
{
    for (size_t i = 0; i < w->topics_n; i++) {
        const out_topic *o = w->topics[i];
        if (is_uncommitted(o) && wr_log_owner_failed(o->owner, err))
            return o->owner->error.code;
    }
    return WEIR_OK;
}

/* Exactly-once: what has moved. At-least-once: that it will not be kept up. */
static weir_status write_positions(wr_log_writer *w, bool moved, const wr_log_group_offsets *groups,
                                   uint32_t groups_n, const wr__log_until *until, weir_error *err)
{
    wr__kafka *log = w->log;
    wr__position_records r = {.arena = wr_arena_new(0)};
    if (moved)
        wr__positions_moved(&w->sent, groups, groups_n, &r);
    else
        wr__positions_stale(log, &w->sent, groups, groups_n, &r);
    const wr_out_records out = wr__positions_out(&r);
    weir_status st =
        out.n ? wr__kafka_produce(w, &w->base.own, log->positions.topic, &out, until, err)
              : WEIR_OK;
    wr_arena_free(r.arena);
    return st;
}

/* Records, if there are any, and offsets, where they have moved. */
static weir_status commit_transaction(wr_log_writer *w, wr_log_reader *reader,
                                      const wr_log_group_offsets *groups, uint32_t groups_n,
                                      const wr__log_until *until, weir_error *err)
{
    wr__kafka *log = w->log;
    if (!atomic_load(&w->txn.begun)) {
        if (!wr__sent_moves(&w->sent, groups, groups_n))
            return WEIR_OK;
        WR_TRY(begin(w, until, err));
    }
    WR_TRY(write_positions(w, true, groups, groups_n, until, err));
    WR_TRY(wr__kafka_send_groups(log, w->sender->rk, &w->txn, &w->sent, reader, groups, groups_n,
                                 until, err));
    WR_TRY(wr__txn_commit(log, w->sender->rk, &w->txn, err));
    wr__kafka_alive(log);
    return WEIR_OK;
}

/* The transaction is over, for good or not. Nobody can go on with this writer if it failed. */
static weir_status commit_offsets(wr_log_writer *w, wr_log_reader *reader,
                                  const wr_log_group_offsets *groups, uint32_t groups_n,
                                  const wr__log_until *until, weir_error *err)
{
    wr__kafka *log = w->log;
    if (!w->transactional) {
        WR_TRY(wr__kafka_commit_groups(log, reader, groups, groups_n, err));
        WR_TRY(write_positions(w, false, groups, groups_n, until, err));
        return wr__kafka_flush(w, until, err); /* a close would drop what is still under way */
    }
    weir_error why;
    weir_status st = commit_transaction(w, reader, groups, groups_n, until, &why);
    if (st == WEIR_OK)
        return st;
    if (st != WEIR_ERR_INTERRUPTED) {
        why.flags |= WEIR_ERROR_FATAL;
        wr_log_owner_fail(&w->connection, &why);
    }
    if (err)
        *err = why;
    return st;
}

weir_status wr__kafka_commit(wr_log_writer *w, wr_log_reader *reader,
                             const wr_log_group_offsets *groups, uint32_t groups_n,
                             wr_db_batch *state, weir_error *err)
{
    const wr__log_until until = {w->base.cancel, -1};
    WR_TRY(wr__kafka_flush(w, &until, err)); /* nothing to wait for where the caller did */
    WR_TRY(check_owners(w, err));
    WR_TRY(commit_offsets(w, reader, groups, groups_n, &until, err));
    for (size_t i = 0; i < w->topics_n; i++) {
        w->topics[i]->committed = atomic_load(&w->topics[i]->handed_out);
        atomic_store(&w->topics[i]->pending, 0);
    }
    atomic_store(&w->pending, 0);
    wr__sent_note(&w->sent, groups, groups_n, state);
    if (state) /* an empty one too: its stores wait for the end of the commit */
        WR_TRY(wr_db_write(w->log->db, state, err));
    return WEIR_OK;
}
