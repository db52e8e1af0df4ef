/* SPDX-License-Identifier: Apache-2.0 */
/* Handles, errors, messages, requests on their way: what producers and consumers share. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t sim_trouble_one_in;

/* ---- requests ---- */

bool client_dead(const rd_kafka_t *rk)
{
    return broker_process_dead(rk->process);
}

sim_net client_send(rd_kafka_t *rk)
{
    sim_sleep_us(50 + (int64_t)sim_below(800));
    if (client_dead(rk) || broker_is_cut_off(rk->process))
        return NET_LOST;
    if (!sim_trouble_one_in || !sim_one_in(sim_trouble_one_in))
        return NET_OK;
    static const sim_net kinds[] = {NET_LOST, NET_UNANSWERED, NET_LATE};
    return kinds[sim_below(WR_ARRAY_LEN(kinds))];
}

void client_answered(rd_kafka_t *rk)
{
    (void)rk;
    sim_sleep_us(50 + (int64_t)sim_below(500));
}

void client_no_answer(rd_kafka_t *rk, int16_t api)
{
    int64_t until = sim_now_us() + rk->socket_timeout_ms * 1000ll;
    while (!client_dead(rk) && sim_now_us() < until)
        sim_wait_until_us(WR_MIN(until, sim_now_us() + 500000));
    if (!client_dead(rk))
        sim_trace("a request of kind %d has no answer", api);
    if (rk->on_response)
        rk->on_response(rk, -1, "sim", 1, api, 0, 0, 0, 0, RD_KAFKA_RESP_ERR__TIMED_OUT,
                        rk->on_response_opaque);
}

/* ---- errors ---- */

rd_kafka_error_t *client_error(rd_kafka_resp_err_t code, bool fatal, bool retriable, bool abort)
{
    rd_kafka_error_t *e = wr_calloc(1, sizeof *e);
    *e = (rd_kafka_error_t){code, fatal, retriable, abort};
    return e;
}

rd_kafka_resp_err_t rd_kafka_error_code(const rd_kafka_error_t *e)
{
    return e->code;
}

const char *rd_kafka_error_string(const rd_kafka_error_t *e)
{
    return rd_kafka_err2str(e->code);
}

int rd_kafka_error_is_fatal(const rd_kafka_error_t *e)
{
    return e->fatal;
}

int rd_kafka_error_is_retriable(const rd_kafka_error_t *e)
{
    return e->retriable;
}

int rd_kafka_error_txn_requires_abort(const rd_kafka_error_t *e)
{
    return e->abort;
}

void rd_kafka_error_destroy(rd_kafka_error_t *e)
{
    wr_free(e);
}

void client_fail(rd_kafka_t *rk, rd_kafka_resp_err_t code)
{
    if (!rk->fatal)
        rk->fatal = code;
}

rd_kafka_resp_err_t rd_kafka_fatal_error(rd_kafka_t *rk, char *text, size_t size)
{
    if (rk->fatal && text)
        snprintf(text, size, "%s", rd_kafka_err2str(rk->fatal));
    return rk->fatal;
}

/* ---- handles ---- */

/* The interceptor of the configuration that was made last: nobody makes two at once. */
static struct {
    rd_kafka_conf_t *conf;
    rd_kafka_interceptor_f_on_new_t *on_new;
    void *opaque;
} intercepted[SIM_PROCESSES + 1];

rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *conf, const char *name,
                                                         rd_kafka_interceptor_f_on_new_t *on_new,
                                                         void *opaque)
{
    (void)name;
    size_t i = (size_t)(sim_process() + 1);
    intercepted[i].conf = conf;
    intercepted[i].on_new = on_new;
    intercepted[i].opaque = opaque;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t
rd_kafka_interceptor_add_on_response_received(rd_kafka_t *rk, const char *name,
                                              rd_kafka_interceptor_f_on_response_received_t *f,
                                              void *opaque)
{
    (void)name;
    rk->on_response = f;
    rk->on_response_opaque = opaque;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void read_text(const rd_kafka_conf_t *conf, const char *name, char *out, size_t size)
{
    if (rd_kafka_conf_get(conf, name, out, &size) != RD_KAFKA_CONF_OK)
        out[0] = '\0';
}

static int read_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[64];
    int64_t n = 0;
    read_text(conf, name, text, sizeof text);
    bool number = wr_str_to_i64(wr_str_c(text), &n);
    WR_ASSERT(number);
    return (int)n;
}

/* librdkafka gives pointers as %p. */
static void *read_pointer(const rd_kafka_conf_t *conf, const char *name)
{
    char text[64];
    read_text(conf, name, text, sizeof text);
    return (void *)(uintptr_t)strtoull(text, NULL, 16);
}

static void read_conf(rd_kafka_t *rk, const rd_kafka_conf_t *conf)
{
    char text[64];
    read_text(conf, "isolation.level", text, sizeof text);
    rk->read_committed = strcmp(text, "read_committed") == 0;
    read_text(conf, "group.id", rk->group, sizeof rk->group);
    read_text(conf, "transactional.id", rk->transactional_id, sizeof rk->transactional_id);
    rk->transaction_timeout_ms = read_number(conf, "transaction.timeout.ms");
    rk->socket_timeout_ms = read_number(conf, "socket.timeout.ms");
    rk->session_timeout_ms = read_number(conf, "session.timeout.ms");
    rk->opaque = read_pointer(conf, "opaque");
    void *rebalance = read_pointer(conf, "rebalance_cb"), *report = read_pointer(conf, "dr_msg_cb");
    memcpy(&rk->rebalance_cb, &rebalance, sizeof rebalance);
    memcpy(&rk->dr_cb, &report, sizeof report);
}

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *text, size_t size)
{
    rd_kafka_t *rk = wr_calloc(1, sizeof *rk);
    rk->type = type;
    rk->process = sim_process();
    read_conf(rk, conf);
    for (size_t i = 0; i < WR_ARRAY_LEN(intercepted); i++)
        if (intercepted[i].conf == conf) {
            intercepted[i].conf = NULL;
            (void)intercepted[i].on_new(rk, conf, intercepted[i].opaque, text, size);
        }
    rd_kafka_conf_destroy(conf);
    if (type == RD_KAFKA_PRODUCER)
        client_start_producer(rk);
    return rk;
}

void rd_kafka_destroy(rd_kafka_t *rk)
{
    if (rk->type == RD_KAFKA_PRODUCER)
        client_stop_producer(rk);
    if (rk->subscribed) /* not closed: it leaves by the end of its session */
        broker_leave(&rk->member);
    while (rk->topics) {
        rd_kafka_topic_t *t = rk->topics;
        rk->topics = t->next;
        wr_free(t);
    }
    wr_free(rk->seqs);
    wr_free(rk->subscription);
    wr_free(rk->parts);
    wr_free(rk);
}

int rd_kafka_poll(rd_kafka_t *rk, int timeout_ms)
{
    int64_t until = sim_now_us() + timeout_ms * 1000ll;
    for (;;) {
        int n = client_serve_reports(rk);
        if (n || sim_now_us() >= until)
            return n;
        sim_wait_until_us(until);
    }
}

void rd_kafka_mem_free(rd_kafka_t *rk, void *p)
{
    (void)rk;
    wr_free(p);
}

/* ---- topics ---- */

rd_kafka_topic_t *client_topic(rd_kafka_t *rk, const char *name)
{
    for (rd_kafka_topic_t *t = rk->topics; t; t = t->next)
        if (strcmp(t->name, name) == 0)
            return t;
    rd_kafka_topic_t *t = wr_calloc(1, sizeof *t);
    snprintf(t->name, sizeof t->name, "%s", name);
    t->topic = broker_topic(name);
    t->next = rk->topics;
    rk->topics = t;
    return t;
}

/* Kept with the handle. */
rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *rk, const char *name, rd_kafka_topic_conf_t *conf)
{
    WR_ASSERT(!conf);
    return client_topic(rk, name);
}

void rd_kafka_topic_destroy(rd_kafka_topic_t *t)
{
    (void)t;
}

const char *rd_kafka_topic_name(const rd_kafka_topic_t *t)
{
    return t->name;
}

/* ---- messages ---- */

void client_queue_add(sim_queue *q, sim_message *m)
{
    if (!q->first)
        q->end = &q->first;
    m->next = NULL;
    *q->end = m;
    q->end = &m->next;
    q->n++;
}

sim_message *client_queue_take(sim_queue *q)
{
    sim_message *m = q->first;
    if (!m)
        return NULL;
    q->first = m->next;
    q->n--;
    if (!q->first)
        q->end = &q->first;
    return m;
}

void rd_kafka_message_destroy(rd_kafka_message_t *m)
{
    sim_message *own = (sim_message *)(void *)m;
    wr_free(own->bytes);
    wr_free(own);
}

const char *rd_kafka_message_errstr(const rd_kafka_message_t *m)
{
    return rd_kafka_err2str(m->err);
}

int64_t rd_kafka_message_timestamp(const rd_kafka_message_t *m, rd_kafka_timestamp_type_t *type)
{
    *type = RD_KAFKA_TIMESTAMP_CREATE_TIME;
    return ((const sim_message *)(const void *)m)->time_ms;
}

rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *m, rd_kafka_headers_t **out)
{
    (void)m;
    *out = NULL;
    return RD_KAFKA_RESP_ERR__NOENT;
}

sim_offset *client_offsets(const rd_kafka_topic_partition_list_t *list)
{
    sim_offset *o = wr_calloc((size_t)list->cnt + 1, sizeof *o);
    for (int i = 0; i < list->cnt; i++)
        o[i] = (sim_offset){{broker_topic(list->elems[i].topic), list->elems[i].partition},
                            list->elems[i].offset};
    return o;
}
