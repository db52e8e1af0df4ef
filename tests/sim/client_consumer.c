/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consumers. What can be read is taken from the broker when it is polled for, from partitions in a
 * random order, so nothing is fetched ahead; rebalances are served inside polls, as librdkafka
 * does.
 */
#include "client.h"

#include <stdio.h>

/* A queue is its consumer; queues of events are client_admin.c's. */
rd_kafka_t *client_of_queue(rd_kafka_queue_t *q);

/* ---- the group ---- */

static void call_back(rd_kafka_t *rk, rd_kafka_resp_err_t what)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < rk->member.parts_n; i++)
        rd_kafka_topic_partition_list_add(list, broker_topic_name(rk->member.parts[i].topic),
                                          rk->member.parts[i].partition);
    rk->asked = what;
    rk->rebalance_cb(rk, what, list, rk->opaque);
    rd_kafka_topic_partition_list_destroy(list);
}

static void join(rd_kafka_t *rk)
{
    if (client_dead(rk) || broker_is_cut_off(rk->process))
        return; /* the next poll tries again */
    if (rk->member.gone)
        rk->member.id[0] = '\0';
    rk->lost = false;
    broker_join(&rk->member, rk->subscription, rk->subscription_n, rk->session_timeout_ms);
}

/* @return whether a callback was called. */
static bool serve_group(rd_kafka_t *rk)
{
    sim_member *m = &rk->member;
    if (!rk->subscribed || rk->asked || client_dead(rk) || broker_is_cut_off(rk->process))
        return false;
    if (m->gone || m->wants) {
        if (!rk->has_assignment) {
            join(rk);
            return false;
        }
        rk->lost = m->gone;
        call_back(rk, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS);
        return true;
    }
    if (m->assigned) {
        m->assigned = false;
        rk->has_assignment = true;
        call_back(rk, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
        return true;
    }
    return false;
}

rd_kafka_resp_err_t rd_kafka_subscribe(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    rk->subscription_n = (size_t)list->cnt;
    rk->subscription = wr_calloc((size_t)list->cnt + 1, sizeof *rk->subscription);
    for (int i = 0; i < list->cnt; i++)
        rk->subscription[i] = broker_topic(list->elems[i].topic);
    snprintf(rk->member.group, sizeof rk->member.group, "%s", rk->group);
    rk->member.process = rk->process;
    rk->subscribed = true;
    rk->member.gone = true; /* joins by the first poll */
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int rd_kafka_assignment_lost(rd_kafka_t *rk)
{
    return rk->lost || rk->member.gone;
}

char *rd_kafka_memberid(const rd_kafka_t *rk)
{
    return wr_strdup(rk->member.id);
}

rd_kafka_resp_err_t rd_kafka_consumer_close(rd_kafka_t *rk)
{
    if (!rk->subscribed)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (rk->has_assignment)
        call_back(rk, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS);
    rk->subscribed = false;
    broker_leave(&rk->member);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- assignments ---- */

rd_kafka_resp_err_t rd_kafka_assign(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    wr_free(rk->parts);
    rk->parts = NULL;
    rk->parts_n = list ? (size_t)list->cnt : 0;
    if (list)
        rk->parts = wr_calloc(rk->parts_n + 1, sizeof *rk->parts);
    for (size_t i = 0; i < rk->parts_n; i++) {
        const rd_kafka_topic_partition_t *p = &list->elems[i];
        rk->parts[i] = (sim_fetch){.part = {broker_topic(p->topic), p->partition},
                                   .rkt = client_topic(rk, p->topic),
                                   .position = p->offset,
                                   .eof_at = -1};
    }
    if (rk->asked == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        rk->has_assignment = false;
        rk->asked = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (rk->subscribed)
            join(rk);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rk->asked = RD_KAFKA_RESP_ERR_NO_ERROR;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t set_paused(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list,
                                      bool paused)
{
    for (int k = 0; k < list->cnt; k++)
        for (size_t i = 0; i < rk->parts_n; i++)
            if (rk->parts[i].part.partition == list->elems[k].partition &&
                strcmp(rk->parts[i].rkt->name, list->elems[k].topic) == 0)
                rk->parts[i].paused = paused;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_pause_partitions(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    return set_paused(rk, list, true);
}

rd_kafka_resp_err_t rd_kafka_resume_partitions(rd_kafka_t *rk,
                                               rd_kafka_topic_partition_list_t *list)
{
    return set_paused(rk, list, false);
}

/* ---- reading ---- */

static sim_message *in_place_of_one(const sim_fetch *f, rd_kafka_resp_err_t code)
{
    sim_message *m = wr_calloc(1, sizeof *m);
    m->m.err = code;
    m->m.rkt = f->rkt;
    m->m.partition = f->part.partition;
    m->m.offset = f->position;
    return m;
}

static bool is_seen(const rd_kafka_t *rk, const sim_record *r)
{
    return r->state != SIM_MARKER && !(rk->read_committed && r->state == SIM_ABORTED);
}

static sim_message *next_of(rd_kafka_t *rk, sim_fetch *f)
{
    if (f->paused || f->failed)
        return NULL;
    int64_t end = broker_end_of(f->part, rk->read_committed);
    if (f->position < 0)
        f->position = f->position == RD_KAFKA_OFFSET_END ? end : 0;
    if (f->position > broker_end_of(f->part, false)) {
        f->failed = true;
        return in_place_of_one(f, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
    }
    for (; f->position < end; f->position++) {
        const sim_record *r = broker_record(f->part, f->position);
        if (!is_seen(rk, r))
            continue;
        sim_message *m = in_place_of_one(f, RD_KAFKA_RESP_ERR_NO_ERROR);
        m->m.key = r->key_len ? r->key : NULL;
        m->m.key_len = r->key_len;
        m->m.payload = r->value;
        m->m.len = r->value_len;
        m->time_ms = r->time_ms;
        f->position++;
        return m;
    }
    if (f->eof_at == f->position)
        return NULL;
    f->eof_at = f->position;
    return in_place_of_one(f, RD_KAFKA_RESP_ERR__PARTITION_EOF);
}

static sim_message *next_message(rd_kafka_t *rk)
{
    if (!rk->parts_n || client_dead(rk) || broker_is_cut_off(rk->process))
        return NULL;
    size_t from = sim_below(rk->parts_n);
    for (size_t i = 0; i < rk->parts_n; i++) {
        sim_message *m = next_of(rk, &rk->parts[(from + i) % rk->parts_n]);
        if (m)
            return m;
    }
    return NULL;
}

rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = sim_now_us() + timeout_ms * 1000ll;
    for (;;) {
        if (serve_group(rk))
            return NULL;
        sim_message *m = rk->asked ? NULL : next_message(rk);
        if (m)
            return &m->m;
        if (client_dead(rk)) /* others must get on */
            sim_sleep_us(5000);
        else if (sim_one_in(8))
            sim_yield();
        if (sim_now_us() >= until || client_dead(rk))
            return NULL;
        sim_wait_until_us(WR_MIN(until, sim_now_us() + 100000));
    }
}

ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *q, int timeout_ms, rd_kafka_message_t **out,
                                     size_t size)
{
    (void)timeout_ms;
    rd_kafka_t *rk = client_of_queue(q);
    size_t most = WR_MIN(size, (size_t)sim_below(40)), n = 0;
    while (n < most) {
        if (sim_one_in(500) && serve_group(rk)) /* in the middle: the batch is thrown away */
            break;
        sim_message *m = next_message(rk);
        if (!m)
            break;
        out[n++] = &m->m;
    }
    return (ssize_t)n;
}

rd_kafka_resp_err_t rd_kafka_poll_set_consumer(rd_kafka_t *rk)
{
    (void)rk;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- offsets ---- */

rd_kafka_resp_err_t rd_kafka_get_watermark_offsets(rd_kafka_t *rk, const char *topic,
                                                   int32_t partition, int64_t *low, int64_t *high)
{
    *low = 0;
    *high = broker_end_of((sim_part){broker_topic(topic), partition}, rk->read_committed);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A request whose answer is all that counts. */
static rd_kafka_resp_err_t ask(rd_kafka_t *rk)
{
    if (client_send(rk) == NET_OK)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!client_dead(rk))
        sim_sleep_us(1000000);
    return client_dead(rk) ? RD_KAFKA_RESP_ERR__DESTROY : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

rd_kafka_resp_err_t rd_kafka_query_watermark_offsets(rd_kafka_t *rk, const char *topic,
                                                     int32_t partition, int64_t *low, int64_t *high,
                                                     int timeout_ms)
{
    (void)timeout_ms;
    rd_kafka_resp_err_t rc = ask(rk);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rc;
    if (partition >= broker_partitions(broker_topic(topic)))
        return RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    return rd_kafka_get_watermark_offsets(rk, topic, partition, low, high);
}

rd_kafka_resp_err_t
rd_kafka_offsets_for_times(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    (void)timeout_ms;
    rd_kafka_resp_err_t rc = ask(rk);
    for (int i = 0; i < list->cnt && rc == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        int64_t low, high;
        (void)rd_kafka_get_watermark_offsets(rk, p->topic, p->partition, &low, &high);
        p->offset = p->offset == RD_KAFKA_OFFSET_BEGINNING ? low : high;
        p->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return rc;
}

rd_kafka_resp_err_t rd_kafka_committed(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                                       int timeout_ms)
{
    (void)timeout_ms;
    rd_kafka_resp_err_t rc = ask(rk);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rc;
    sim_offset *offsets = client_offsets(list);
    rc = broker_committed(rk->group, offsets, (size_t)list->cnt);
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset =
            offsets[i].offset >= 0 ? offsets[i].offset : RD_KAFKA_OFFSET_INVALID;
        list->elems[i].err = rc;
    }
    wr_free(offsets);
    client_answered(rk);
    return rc;
}

rd_kafka_resp_err_t rd_kafka_commit(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list,
                                    int async)
{
    (void)async;
    const sim_member_of m = {rk->group, rk->member.id, rk->member.generation};
    sim_net net = client_send(rk);
    rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (client_dead(rk))
        return RD_KAFKA_RESP_ERR__DESTROY;
    if (net == NET_OK || net == NET_UNANSWERED) {
        sim_offset *offsets = client_offsets(list);
        rc = broker_commit(&m, offsets, (size_t)list->cnt);
        wr_free(offsets);
    }
    if (net == NET_OK) {
        client_answered(rk);
        return rc;
    }
    client_no_answer(rk, API_OTHER);
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
}
