/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of one producer (reliability.md sections 3 and 4): beginning, offsets, the end, and
 * what an error of any of these calls means. kafka_writer.c has the records.
 *
 * Identity. A transactional id is "weir-<service>-<directory>-<slot>": the directory's part is made
 * once and kept in it, the slot is the smallest that no other writer of the process has. So a
 * process that was killed comes back under the same ids, and its first call fences what it has left
 * open, where others would wait for the broker's time-out (up to 20 s).
 *
 * Errors. One function judges them (wr__txn_judge), and there are three answers:
 *   again          the same call with the same arguments, while the transaction has time
 *   abort          the transaction is given up; the producer with it, see below
 *   new producer   nothing can be said of the transaction, it may even be committed
 * After either of the last two the writer has failed: its worker drops what is uncommitted, makes a
 * new writer, whose init_transactions ends whatever was open, and begins from the offsets and the
 * changelogs that are committed. State holds committed changes only, so that is right for both
 * outcomes of a commit that was not answered, and none is ever guessed.
 *
 * Late requests. Brokers do not order requests of different connections: one that was given up, as
 * an EndTxn that timed out, may still arrive and end a later transaction of the same epoch. An
 * interceptor sees requests without an answer and sets `dirty`; then the producer is made anew,
 * which raises the epoch, before another transaction begins.
 *
 * Fencing. Whoever opens a producer with the same id takes the other one's place. Under one
 * directory that is always this process itself, after a stall, or by a request of the process that
 * was killed before it; two producers of one id that are cleanly fenced within a minute mean that a
 * copy of the directory is at work elsewhere, and end the worker.
 *
 * Thread: the writer's owner, but for the interceptor (librdkafka's threads: one atomic store).
 */
#include "common/fault.h"
#include "runtime/log/kafka.h"
#include "common/diag.h"

enum {
    INIT_SLICE_MS = 500, /* between two looks at `until` */
    INIT_MAX_MS = 30000, /* an abandoned transaction of the id is ended meanwhile */
    AGAIN_FIRST_MS = 20, /* doubled up to AGAIN_MAX_MS, and half of it is random */
    AGAIN_MAX_MS = 500,
    ABORT_MS = 5000, /* then it is left to the next producer of the id */
    FENCED_AGAIN_MS = 60000,
};

#define SLOTS_KEY "kafka/transactional-ids" /* how many were ever used; 4 bytes */

/* Requests that a transaction is made of, by Kafka's numbers. */
enum {
    PRODUCE = 0,
    INIT = 22,
    ADD_PARTITIONS = 24,
    ADD_OFFSETS = 25,
    END = 26,
    OFFSET_COMMIT = 28
};

/* ---- what an error means ---- */

wr__txn_verdict wr__txn_judge(const wr__txn_error *e)
{
    if (e->fatal)
        return WR__TXN_NEW_PRODUCER;
    if (e->requires_abort)
        return WR__TXN_ABORT;
    if (e->retriable)
        return e->in_time ? WR__TXN_AGAIN : WR__TXN_ABORT;
    return WR__TXN_NEW_PRODUCER; /* the documented advice */
}

/* Would it be the same with another producer, until somebody changes something? */
static bool is_for_good(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return true;
    default:
        return false;
    }
}

bool wr__txn_is_fencing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* ---- identity ---- */

/* How many the directory has used so far, by any process. */
weir_status wr__txn_ids_used(wr__kafka *log, uint32_t *n, weir_error *err)
{
    wr_buf value = {0};
    bool found;
    weir_status st = wr_db_meta_get(log->db, NULL, WR_STR(SLOTS_KEY), &value, &found, err);
    *n = st == WEIR_OK && found && value.len == 4 ? wr_get_be32(value.ptr) : 0;
    wr_buf_free(&value);
    return st;
}

/* Before its first use: who comes after this process looks for what it has left under the id. */
static weir_status note_used(wr__kafka *log, uint32_t n, weir_error *err)
{
    char value[4];
    uint32_t used;
    WR_TRY(wr__txn_ids_used(log, &used, err));
    if (used >= n)
        return WEIR_OK;
    wr_put_be32(value, n);
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_meta_put(b, WR_STR(SLOTS_KEY), (wr_str){value, sizeof value});
    weir_status st = wr_db_write_durable(log->db, b, err);
    wr_db_batch_free(b);
    return st;
}

/* @pre the log's lock is held */
static weir_status take_slot(wr__kafka *log, uint32_t *slot, weir_error *err)
{
    wr__txn_slots *all = &log->slots;
    uint32_t i = 0;
    while (i < all->n && all->v[i].taken)
        i++;
    WR_TRY(note_used(log, i + 1, err));
    if (i == all->n) {
        all->v = wr_realloc(all->v, (all->n + 1) * sizeof *all->v);
        all->v[all->n++] = (wr__txn_slot){.fenced_ms = -1};
    }
    all->v[i].taken = true;
    *slot = i;
    return WEIR_OK;
}

weir_status wr__txn_id(wr__kafka *log, uint32_t slot, char id[WR__TXN_ID_SIZE], weir_error *err)
{
    wr_buf directory = {0};
    WR_ASSERT(id);
    const char *service = wr_settings_get(&log->settings, "ksql.service.id");
    weir_status st = wr__kafka_directory(log, &directory, err);
    if (st == WEIR_OK)
        snprintf(id, WR__TXN_ID_SIZE, "weir-%s-%s-%u", service, wr_buf_cstr(&directory), slot);
    wr_buf_free(&directory);
    return st;
}

static void give_id_back(wr__kafka *log, wr__txn *t)
{
    pthread_mutex_lock(&log->lock);
    WR_ASSERT(t->slot < log->slots.n && log->slots.v[t->slot].taken);
    log->slots.v[t->slot].taken = false;
    pthread_mutex_unlock(&log->lock);
    t->id[0] = '\0';
}

static weir_status take_id(wr__kafka *log, wr__txn *t, weir_error *err)
{
    pthread_mutex_lock(&log->lock);
    weir_status st = take_slot(log, &t->slot, err);
    pthread_mutex_unlock(&log->lock);
    WR_TRY(st);
    st = wr__txn_id(log, t->slot, t->id, err);
    if (st != WEIR_OK)
        give_id_back(log, t);
    return st;
}

/* Was another producer of the id fenced a short while ago, too? One is fenced once, however many of
 * its calls and reports say so. */
static bool fenced_again(wr__kafka *log, wr__txn *t)
{
    int64_t now = wr__log_now_ms();
    pthread_mutex_lock(&log->lock);
    wr__txn_slot *s = &log->slots.v[t->slot];
    if (!t->fenced) {
        t->fenced = true;
        t->fenced_again = s->fenced_ms >= 0 && now - s->fenced_ms < FENCED_AGAIN_MS;
        s->fenced_ms = now;
    }
    bool again = t->fenced_again;
    pthread_mutex_unlock(&log->lock);
    return again;
}

/* ---- requests without an answer ---- */

/* A late InitProducerId of ours fences the producer that has come after it. */
static bool init_was_lost(wr__kafka *log)
{
    int64_t at = atomic_load(&log->slots.init_lost_ms);
    return at && wr__log_now_ms() - at < FENCED_AGAIN_MS;
}

/* Not DESTROY: the handle is closed. Called twice for one request: a flag, no counter. */
static rd_kafka_resp_err_t on_response(rd_kafka_t *rk, int sockfd, const char *broker,
                                       int32_t broker_id, int16_t request, int16_t version,
                                       int32_t correlation, size_t size, int64_t rtt,
                                       rd_kafka_resp_err_t code, void *opaque)
{
    (void)rk, (void)sockfd, (void)broker, (void)broker_id, (void)version, (void)correlation;
    (void)size, (void)rtt;
    wr__txn *t = opaque;
    bool of_transaction = request == PRODUCE || request == ADD_PARTITIONS ||
                          request == ADD_OFFSETS || request == END || request == OFFSET_COMMIT;
    if (of_transaction && code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__DESTROY)
        atomic_store(&t->dirty, true);
    if (request == INIT &&
        (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT))
        atomic_store(t->init_lost_ms, wr__log_now_ms());
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque,
                                  char *why, size_t why_size)
{
    (void)conf, (void)why, (void)why_size;
    return rd_kafka_interceptor_add_on_response_received(rk, "weir", on_response, opaque);
}

/* ---- a transactional producer ---- */

weir_status wr__txn_configure(wr__kafka *log, const wr_settings *settings, wr__txn *t,
                              rd_kafka_conf_t *conf, weir_error *err)
{
    char text[256];
    WR_ASSERT(settings && !atomic_load(&t->begun));
    t->timeout_ms = (int64_t)wr__kafka_conf_number(conf, "transaction.timeout.ms");
    int64_t interval_ms = wr_settings_commit_interval_ms(settings, true);
    if (interval_ms > t->timeout_ms / 2)
        return wr_error(err, WEIR_ERR_CONFIG,
                        "commit.interval.ms = %lld is too long for transaction.timeout.ms = %lld: "
                        "at most half of it with processing.guarantee = exactly_once_v2",
                        (long long)interval_ms, (long long)t->timeout_ms);
    if (!t->id[0]) {
        wr_rng_seed_os(&t->rng);
        WR_TRY(take_id(log, t, err));
    }
    if (rd_kafka_conf_set(conf, "transactional.id", t->id, text, sizeof text) != RD_KAFKA_CONF_OK)
        return wr_error(err, WEIR_ERR_CONFIG, "Kafka client: %s", text);
    t->init_lost_ms = &log->slots.init_lost_ms;
    rd_kafka_conf_interceptor_add_on_new(conf, "weir", on_new, t);
    atomic_store(&t->dirty, false);
    t->fenced = false;
    return WEIR_OK;
}

void wr__txn_close(wr__kafka *log, wr__txn *t)
{
    if (t->id[0])
        give_id_back(log, t);
}

void wr__txn_give_up(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, rd_kafka_resp_err_t code,
                     const char *why, const char *what, weir_error *err)
{
    char text[256] = "";
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(rk, text, sizeof text);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = fatal;
        why = text;
    }
    wr_error(err, WEIR_ERR_LOG, "%s: %s (%s)", what, why, t->id);
    err->flags |= WEIR_ERROR_FATAL | (is_for_good(code) ? 0 : WEIR_ERROR_RETRIABLE);
    bool in_time = !t->begun_ms || wr__log_now_ms() - t->begun_ms < t->timeout_ms;
    if (!wr__txn_is_fencing(code) || !in_time || atomic_load(&t->dirty) || init_was_lost(log) ||
        !fenced_again(log, t))
        return;
    wr_error(err, WEIR_ERR_LOG,
             "Another process writes under the transactional id of this one, %s: twice within a "
             "minute it has taken its place",
             t->id);
    (void)wr_error_hint(err, "Is a copy of the data directory in use? A copy must not run while "
                             "the original does.");
    err->flags |= WEIR_ERROR_FATAL;
}

static weir_status give_up(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, const rd_kafka_error_t *e,
                           const char *what, weir_error *err)
{
    weir_error own;
    wr__txn_give_up(log, rk, t, rd_kafka_error_code(e), rd_kafka_error_string(e), what, &own);
    if (err)
        *err = own;
    return own.code;
}

/* Take the error apart, and wait where the call is to be made again.
 * @return WEIR_OK: again. */
static weir_status judge(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, rd_kafka_error_t *e,
                         const char *what, int *wait_ms, int64_t deadline_ms, weir_error *err)
{
    wr__txn_error facts = {
        .fatal = rd_kafka_error_is_fatal(e) ||
                 rd_kafka_fatal_error(rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR,
        .requires_abort = rd_kafka_error_txn_requires_abort(e),
        .retriable = rd_kafka_error_is_retriable(e),
        .in_time = wr__log_now_ms() < deadline_ms,
    };
    weir_status st = WEIR_OK;
    if (wr__txn_judge(&facts) == WR__TXN_AGAIN) {
        wr_diag_put(WR_DIAG_DEBUG, "kafka", "%s: %s; again", what, rd_kafka_error_string(e));
        wr__log_sleep_ms(*wait_ms / 2 + (int)wr_rng_below(&t->rng, (uint64_t)*wait_ms / 2));
        *wait_ms = WR_MIN(*wait_ms * 2, (int)AGAIN_MAX_MS);
    } else {
        st = give_up(log, rk, t, e, what, err);
    }
    rd_kafka_error_destroy(e);
    return st;
}

static weir_status init(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, const wr__log_until *until,
                        weir_error *err)
{
    static const char what[] = "Taking up a transactional id";
    WR_ASSERT(t->id[0] && !atomic_load(&t->begun));
    int64_t deadline = wr__log_now_ms() + INIT_MAX_MS;
    t->begun_ms = 0;
    for (int wait_ms = AGAIN_FIRST_MS;;) {
        rd_kafka_error_t *e = rd_kafka_init_transactions(rk, INIT_SLICE_MS);
        if (!e)
            return WEIR_OK;
        WR_TRY(judge(log, rk, t, e, what, &wait_ms, deadline, err));
        WR_TRY(wr__log_give_up(until, what, err));
    }
}

weir_status wr__txn_take_up(wr__kafka *log, const wr_settings *settings, rd_kafka_t *rk, wr__txn *t,
                            const wr__log_until *until, weir_error *err)
{
    wr__undecided *u;
    WR_TRY(wr__undecided_look(log, settings, t->id, until, &u, err));
    weir_status st = init(log, rk, t, until, err);
    if (st == WEIR_OK)
        st = wr__undecided_end(u, t->id, err);
    wr__undecided_free(u);
    return st;
}

/* ---- a transaction ---- */

weir_status wr__txn_begin(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, weir_error *err)
{
    WR_ASSERT(!atomic_load(&t->begun));
    rd_kafka_error_t *e = rd_kafka_begin_transaction(rk);
    if (e) {
        weir_status st = give_up(log, rk, t, e, "Beginning a transaction", err);
        rd_kafka_error_destroy(e);
        return st;
    }
    t->begun_ms = wr__log_now_ms();
    atomic_store(&t->begun, true);
    return WEIR_OK;
}

weir_status wr__txn_send_offsets(wr__kafka *log, rd_kafka_t *rk, wr__txn *t,
                                 const wr_topic_part *parts, uint32_t n,
                                 const rd_kafka_consumer_group_metadata_t *group,
                                 const wr__log_until *until, weir_error *err)
{
    static const char what[] = "Sending offsets with a transaction";
    WR_ASSERT(atomic_load(&t->begun) && n > 0);
    rd_kafka_topic_partition_list_t *list = wr__kafka_part_list(parts, n);
    weir_status st = WEIR_OK;
    for (int wait_ms = AGAIN_FIRST_MS; st == WEIR_OK;) {
        /* Not resumable: again means the same offsets and the same group. */
        rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(rk, list, group, -1);
        if (!e)
            break;
        st = judge(log, rk, t, e, what, &wait_ms, t->begun_ms + t->timeout_ms, err);
        if (st == WEIR_OK)
            st = wr__log_give_up(until, what, err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return st;
}

weir_status wr__txn_commit(wr__kafka *log, rd_kafka_t *rk, wr__txn *t, weir_error *err)
{
    WR_ASSERT(atomic_load(&t->begun));
    WR_FAULT(WR_FAULT_COMMIT_OFFSETS, err);
    for (int wait_ms = AGAIN_FIRST_MS;;) {
        rd_kafka_error_t *e = rd_kafka_commit_transaction(rk, -1);
        if (!e)
            break;
        WR_TRY(judge(log, rk, t, e, "Committing a transaction", &wait_ms,
                     t->begun_ms + t->timeout_ms, err));
    }
    atomic_store(&t->begun, false);
    t->begun_ms = 0;
    return wr_fault(WR_FAULT_COMMIT_ENDED, err);
}

/* The producer is not used after it, so a time-out of our own can confuse nobody. */
void wr__txn_abort(rd_kafka_t *rk, wr__txn *t)
{
    if (!atomic_load(&t->begun))
        return;
    rd_kafka_error_t *e = NULL;
    if (rd_kafka_fatal_error(rk, NULL, 0) == RD_KAFKA_RESP_ERR_NO_ERROR)
        e = rd_kafka_abort_transaction(rk, ABORT_MS);
    if (e) {
        wr_diag_put(WR_DIAG_INFO, "kafka", "aborting a transaction of %s: %s", t->id,
                    rd_kafka_error_string(e));
        rd_kafka_error_destroy(e);
    }
    atomic_store(&t->begun, false);
    t->begun_ms = 0;
}
