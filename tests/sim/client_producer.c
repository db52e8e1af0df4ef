/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Producers. Messages wait in a queue; a coroutine, in place of librdkafka's threads, sends them in
 * batches of one partition, with sequence numbers, one request at a time, and sends again what has
 * no answer. Reports wait until they are served.
 *
 * Of transactions, what their calls promise: init can be called again, send_offsets is sent again
 * as it is, commit flushes first and is sent again until the transaction's time is over, which then
 * is fatal, for nobody knows how it ended.
 */
#include "client.h"

#include <stdio.h>

enum { BATCH_MAX = 50, AGAIN_US = 20000, FULL_ONE_IN = 2000 };
#define MESSAGE_MAX_US 30000000ll

static bool is_transactional(const rd_kafka_t *rk)
{
    return rk->transactional_id[0] != '\0';
}

/* ---- sending ---- */

static uint32_t *seq_of(rd_kafka_t *rk, sim_part part)
{
    size_t i = (size_t)part.topic * 64 + (size_t)part.partition;
    if (i >= rk->seqs_n) {
        size_t n = i + 64;
        rk->seqs = wr_realloc(rk->seqs, n * sizeof *rk->seqs);
        memset(rk->seqs + rk->seqs_n, 0, (n - rk->seqs_n) * sizeof *rk->seqs);
        rk->seqs_n = n;
    }
    return &rk->seqs[i];
}

/* The first of the queue and what goes to the same partition. */
static void take_batch(rd_kafka_t *rk)
{
    size_t most = 1 + sim_below(BATCH_MAX);
    sim_part part = rk->queue.first->part;
    sim_queue rest = {0};
    for (sim_message *m; (m = client_queue_take(&rk->queue));) {
        bool takes = m->part.topic == part.topic && m->part.partition == part.partition &&
                     rk->under_way.n < most;
        client_queue_add(takes ? &rk->under_way : &rest, m);
        if (!takes && m->part.topic == part.topic && m->part.partition == part.partition)
            most = 0; /* what comes after it must not overtake */
    }
    rk->queue = rest;
    if (!rest.first)
        rk->queue.end = &rk->queue.first;
}

static rd_kafka_resp_err_t produce(rd_kafka_t *rk, uint32_t seq, int64_t *offset)
{
    sim_record records[BATCH_MAX];
    size_t n = 0;
    for (const sim_message *m = rk->under_way.first; m; m = m->next)
        records[n++] = (sim_record){.key = m->m.key,
                                    .value = m->m.payload,
                                    .key_len = (uint32_t)m->m.key_len,
                                    .value_len = (uint32_t)m->m.len,
                                    .time_ms = m->time_ms};
    return broker_produce(&rk->producer, rk->under_way.first->part, seq, records, n, offset);
}

static rd_kafka_resp_err_t send_batch(rd_kafka_t *rk, int64_t *offset)
{
    uint32_t seq = *seq_of(rk, rk->under_way.first->part);
    int64_t until = sim_now_us() +
                    (is_transactional(rk) ? rk->transaction_timeout_ms * 1000ll : MESSAGE_MAX_US);
    while (!client_dead(rk) && !rk->fatal) {
        rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
        sim_net net = client_send(rk);
        if (client_dead(rk))
            break;
        if (net == NET_OK || net == NET_UNANSWERED)
            rc = produce(rk, seq, offset);
        if (net != NET_OK) /* a late one would be dropped by its sequence, or its epoch */
            client_no_answer(rk, API_PRODUCE);
        bool again = net != NET_OK || rc == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
        if (!again)
            return rc;
        if (sim_now_us() > until)
            return RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
        sim_sleep_us(AGAIN_US);
    }
    return client_dead(rk) ? RD_KAFKA_RESP_ERR__TRANSPORT : RD_KAFKA_RESP_ERR__FATAL;
}

static void report_batch(rd_kafka_t *rk, rd_kafka_resp_err_t rc, int64_t offset)
{
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
        *seq_of(rk, rk->under_way.first->part) += (uint32_t)rk->under_way.n;
        rk->registered = true;
    } else {
        sim_trace("a batch for %s is not written: %s", rk->under_way.first->m.rkt->name,
                  rd_kafka_err2name(rc));
        if (is_transactional(rk))
            rk->spoiled = rc;
        if (rc == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH && is_transactional(rk) && sim_one_in(2))
            client_fail(rk, RD_KAFKA_RESP_ERR__FENCED);
    }
    for (sim_message *m; (m = client_queue_take(&rk->under_way));) {
        m->m.err = rc;
        m->m.offset = rc == RD_KAFKA_RESP_ERR_NO_ERROR ? offset++ : -1;
        client_queue_add(&rk->reports, m);
    }
    sim_wake_all();
}

static void *send_all(void *arg)
{
    rd_kafka_t *rk = arg;
    while (!rk->stops) {
        if (!rk->queue.n) {
            sim_wait_until_us(INT64_MAX);
            continue;
        }
        if (!rk->flushing)
            sim_sleep_us((int64_t)sim_below(20000));
        if (!rk->queue.n)
            continue;
        int64_t offset = -1;
        take_batch(rk);
        rd_kafka_resp_err_t rc = send_batch(rk, &offset);
        client_answered(rk);
        report_batch(rk, rc, offset);
    }
    rk->ended = true;
    sim_wake_all();
    return NULL;
}

void client_start_producer(rd_kafka_t *rk)
{
    rk->producer = (sim_producer){-1, broker_new_pid(), 0};
    sim_spawn(send_all, rk);
}

static void drop(sim_queue *q)
{
    for (sim_message *m; (m = client_queue_take(q));)
        rd_kafka_message_destroy(&m->m);
}

void client_stop_producer(rd_kafka_t *rk)
{
    rk->stops = true;
    sim_wake_all();
    while (!rk->ended)
        sim_wait_until_us(sim_now_us() + 100000);
    drop(&rk->queue);
    drop(&rk->reports);
}

/* ---- what the program calls ---- */

rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *rk, const rd_kafka_vu_t *v, size_t n)
{
    sim_message *m = wr_calloc(1, sizeof *m);
    rd_kafka_headers_t *headers = NULL;
    for (size_t i = 0; i < n; i++) {
        switch (v[i].vtype) {
        case RD_KAFKA_VTYPE_RKT:
            m->m.rkt = v[i].u.rkt;
            break;
        case RD_KAFKA_VTYPE_PARTITION:
            m->m.partition = v[i].u.i32;
            break;
        case RD_KAFKA_VTYPE_KEY:
            m->m.key = v[i].u.mem.ptr;
            m->m.key_len = v[i].u.mem.size;
            break;
        case RD_KAFKA_VTYPE_VALUE:
            m->m.payload = v[i].u.mem.ptr;
            m->m.len = v[i].u.mem.size;
            break;
        case RD_KAFKA_VTYPE_TIMESTAMP:
            m->time_ms = v[i].u.i64;
            break;
        case RD_KAFKA_VTYPE_OPAQUE:
            m->m._private = v[i].u.ptr;
            break;
        case RD_KAFKA_VTYPE_HEADERS:
            headers = v[i].u.headers;
            break;
        default:
            break;
        }
    }
    rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (m->m.rkt->topic < 0)
        m->m.rkt->topic = broker_topic(m->m.rkt->name);
    m->part = (sim_part){m->m.rkt->topic, m->m.partition};
    if (rk->fatal)
        rc = RD_KAFKA_RESP_ERR__FATAL;
    else if (is_transactional(rk) && (!rk->in_txn || rk->spoiled))
        rc = RD_KAFKA_RESP_ERR__STATE;
    else if (m->m.partition >= broker_partitions(m->part.topic))
        rc = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    else if (rk->queue.n && sim_one_in(FULL_ONE_IN))
        rc = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wr_free(m);
        return client_error(rc, false, false, false);
    }
    if (headers)
        rd_kafka_headers_destroy(headers); /* nobody reads them here */
    m->bytes = wr_malloc(m->m.key_len + m->m.len + 1);
    if (m->m.key)
        m->m.key = memcpy(m->bytes, m->m.key, m->m.key_len);
    if (m->m.payload)
        m->m.payload = memcpy(m->bytes + m->m.key_len, m->m.payload, m->m.len);
    client_queue_add(&rk->queue, m);
    if (rk->queue.n == 1)
        sim_wake_all();
    return NULL;
}

int client_serve_reports(rd_kafka_t *rk)
{
    int n = 0;
    for (sim_message *m; (m = client_queue_take(&rk->reports)); n++) {
        if (rk->dr_cb)
            rk->dr_cb(rk, &m->m, rk->opaque);
        rd_kafka_message_destroy(&m->m);
    }
    return n;
}

int rd_kafka_outq_len(rd_kafka_t *rk)
{
    return (int)(rk->queue.n + rk->under_way.n + rk->reports.n);
}

rd_kafka_resp_err_t rd_kafka_flush(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = sim_now_us() + timeout_ms * 1000ll;
    rk->flushing = true;
    sim_wake_all();
    for (;;) {
        (void)client_serve_reports(rk);
        if (!rd_kafka_outq_len(rk) || sim_now_us() >= until)
            break;
        sim_wait_until_us(until);
    }
    rk->flushing = false;
    return rd_kafka_outq_len(rk) ? RD_KAFKA_RESP_ERR__TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What is under way is not called back: its report comes. */
rd_kafka_resp_err_t rd_kafka_purge(rd_kafka_t *rk, int flags)
{
    (void)flags;
    for (sim_message *m; (m = client_queue_take(&rk->queue));) {
        m->m.err = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        client_queue_add(&rk->reports, m);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- transactions ---- */

static rd_kafka_error_t *fatal(rd_kafka_t *rk, rd_kafka_resp_err_t code)
{
    client_fail(rk, code);
    return client_error(rk->fatal, true, false, false);
}

static bool is_old(rd_kafka_resp_err_t rc)
{
    return rc == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

rd_kafka_error_t *rd_kafka_init_transactions(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = sim_now_us() + timeout_ms * 1000ll;
    while (!client_dead(rk)) {
        sim_net net = client_send(rk);
        rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (client_dead(rk))
            break;
        if (net == NET_LATE)
            broker_late_init(rk->transactional_id, rk->transaction_timeout_ms,
                             200000 + (int64_t)sim_below(9000000));
        if (net == NET_OK || net == NET_UNANSWERED)
            rc = broker_init_producer(rk->transactional_id, rk->transaction_timeout_ms,
                                      &rk->producer);
        if (net == NET_OK && rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
            client_answered(rk);
            return NULL;
        }
        if (net == NET_OK)
            sim_sleep_us(AGAIN_US);
        else
            client_no_answer(rk, 22); /* InitProducerId */
        if (sim_now_us() >= until)
            return client_error(RD_KAFKA_RESP_ERR__TIMED_OUT, false, true, false);
    }
    return fatal(rk, RD_KAFKA_RESP_ERR__TRANSPORT);
}

rd_kafka_error_t *rd_kafka_begin_transaction(rd_kafka_t *rk)
{
    if (rk->fatal)
        return fatal(rk, rk->fatal);
    WR_ASSERT(!rk->in_txn);
    rk->in_txn = true;
    rk->registered = false;
    rk->spoiled = RD_KAFKA_RESP_ERR_NO_ERROR;
    return NULL;
}

struct rd_kafka_consumer_group_metadata_s {
    char group[160], member[24];
    int generation;
};

static rd_kafka_resp_err_t txn_offsets(rd_kafka_t *rk, const sim_member_of *m, const sim_offset *o,
                                       size_t n, sim_net net)
{
    if (net == NET_LATE) /* sent again it comes first */
        broker_late_txn_offsets(&rk->producer, m, o, n, 200000 + (int64_t)sim_below(9000000));
    if (net == NET_OK || net == NET_UNANSWERED)
        return broker_txn_offsets(&rk->producer, m, o, n);
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
}

rd_kafka_error_t *rd_kafka_send_offsets_to_transaction(rd_kafka_t *rk,
                                                       const rd_kafka_topic_partition_list_t *list,
                                                       const rd_kafka_consumer_group_metadata_t *g,
                                                       int timeout_ms)
{
    (void)timeout_ms;
    const sim_member_of m = {g->group, g->member, g->generation};
    sim_offset *offsets = client_offsets(list);
    int64_t until = sim_now_us() + rk->transaction_timeout_ms * 1000ll;
    rd_kafka_error_t *e = NULL;
    for (;;) {
        if (rk->fatal || client_dead(rk)) {
            e = fatal(rk, RD_KAFKA_RESP_ERR__TRANSPORT);
            break;
        }
        if (rk->spoiled) {
            e = client_error(rk->spoiled, false, false, true);
            break;
        }
        sim_net net = client_send(rk);
        rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (!client_dead(rk))
            rc = txn_offsets(rk, &m, offsets, (size_t)list->cnt, net);
        if (net != NET_OK)
            client_no_answer(rk, API_TXN_OFFSETS);
        else
            client_answered(rk);
        if (net == NET_OK && rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rk->registered = true;
            break;
        }
        bool again = net != NET_OK || rc == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS;
        if (again && sim_now_us() < until) {
            sim_sleep_us(AGAIN_US);
            continue;
        }
        sim_trace("offsets of %s are not taken: %s", g->group, rd_kafka_err2name(rc));
        e = is_old(rc) ? fatal(rk, RD_KAFKA_RESP_ERR__FENCED)
                       : client_error(rc, false, false, true);
        if (!is_old(rc))
            rk->spoiled = rc;
        break;
    }
    wr_free(offsets);
    return e;
}

/* @p until: when nobody knows how it ended. */
static rd_kafka_error_t *end_txn(rd_kafka_t *rk, bool commit, int64_t until)
{
    for (;;) {
        sim_net net = client_send(rk);
        rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (client_dead(rk))
            return fatal(rk, RD_KAFKA_RESP_ERR__TRANSPORT);
        if (net == NET_LATE)
            broker_late_end_txn(&rk->producer, commit, 200000 + (int64_t)sim_below(9000000));
        if (net == NET_OK || net == NET_UNANSWERED)
            rc = broker_end_txn(&rk->producer, commit);
        if (net != NET_OK)
            client_no_answer(rk, API_END_TXN);
        else
            client_answered(rk);
        if (net == NET_OK && rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rk->in_txn = false;
            return NULL;
        }
        if (net == NET_OK && rc != RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS)
            return fatal(rk, is_old(rc) ? RD_KAFKA_RESP_ERR__FENCED : rc);
        if (sim_now_us() >= until)
            return fatal(rk, RD_KAFKA_RESP_ERR__TIMED_OUT);
        sim_sleep_us(AGAIN_US);
    }
}

rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *rk, int timeout_ms)
{
    (void)timeout_ms;
    while (rd_kafka_outq_len(rk) && !rk->fatal && !client_dead(rk))
        (void)rd_kafka_flush(rk, 1000);
    if (rk->fatal || client_dead(rk))
        return fatal(rk, RD_KAFKA_RESP_ERR__TRANSPORT);
    if (rk->spoiled)
        return client_error(rk->spoiled, false, false, true);
    if (!rk->registered) {
        rk->in_txn = false;
        return NULL;
    }
    return end_txn(rk, true, sim_now_us() + rk->transaction_timeout_ms * 1000ll);
}

rd_kafka_error_t *rd_kafka_abort_transaction(rd_kafka_t *rk, int timeout_ms)
{
    (void)rd_kafka_purge(rk, 0);
    (void)rd_kafka_flush(rk, timeout_ms);
    if (!rk->registered && !rk->under_way.n) {
        rk->in_txn = false;
        return NULL;
    }
    return end_txn(rk, false, sim_now_us() + timeout_ms * 1000ll);
}

/* ---- memberships ---- */

rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata_new(const char *group)
{
    rd_kafka_consumer_group_metadata_t *m = wr_calloc(1, sizeof *m);
    snprintf(m->group, sizeof m->group, "%s", group);
    m->generation = -1;
    return m;
}

rd_kafka_consumer_group_metadata_t *rd_kafka_consumer_group_metadata(rd_kafka_t *rk)
{
    rd_kafka_consumer_group_metadata_t *m = rd_kafka_consumer_group_metadata_new(rk->group);
    snprintf(m->member, sizeof m->member, "%s", rk->member.id);
    m->generation = rk->member.generation;
    return m;
}

void rd_kafka_consumer_group_metadata_destroy(rd_kafka_consumer_group_metadata_t *m)
{
    wr_free(m);
}
