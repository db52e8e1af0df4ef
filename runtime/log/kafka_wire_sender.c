/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending by our own client: wire/producer.c, on the threads that produce and flush, and on no
 * other. What waits for company (linger.ms) goes with a later call: with the next records, when the
 * writer is served, or when somebody waits for the acknowledgements.
 */
#include "runtime/log/kafka_sender.h"
#include "runtime/log/kafka_wire.h"
#include "runtime/log/wire/messages.h"
#include "runtime/log/wire/producer.h"

enum { IDLE_MS = 1000 }; /* between two looks at connections that nothing is sent on */

typedef struct wire_sender {
    wr__kafka_sender base; /* first */
    wr_wire_config config;
    wr_wire_producer *producer;
    atomic_size_t outstanding; /* records */
    wr__kafka_wire_report report;
} wire_sender;

typedef struct wire_topic {
    int32_t partitions;
    char *name;
    wr_wire_output **outputs; /* by partition; NULL: not given for yet */
} wire_topic;

/* Kafka's numbers are librdkafka's; ours, and what librdkafka has a number of its own for: */
static rd_kafka_resp_err_t code_of(int16_t code)
{
    switch (code) {
    case WR_WIRE_EXPIRED:
        return RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
    case WR_WIRE_PURGED:
        return RD_KAFKA_RESP_ERR__PURGE_QUEUE;
    case WR_WIRE_NETWORK_EXCEPTION:
        return RD_KAFKA_RESP_ERR__TRANSPORT;
    default:
        return (rd_kafka_resp_err_t)code;
    }
}

static void on_report(void *arg, const wr_wire_report *r)
{
    wire_sender *s = arg;
    const wr__kafka_sent sent = {.who = r->who,
                                 .partition = r->partition,
                                 .records = r->records,
                                 .code = code_of(r->code),
                                 .next_offset = r->next_offset};
    WR_ASSERT(atomic_load(&s->outstanding) >= r->records);
    atomic_fetch_sub(&s->outstanding, r->records);
    s->base.on_sent(s->base.arg, &sent);
}

/* ---- records ---- */

static void *topic_new(wr__kafka_sender *s, const char *name, int32_t partitions,
                       rd_kafka_resp_err_t *code)
{
    (void)s, (void)code;
    WR_ASSERT(partitions > 0);
    wire_topic *t = wr_calloc(1, sizeof *t);
    t->name = wr_strdup(name);
    t->partitions = partitions;
    t->outputs = wr_calloc((size_t)partitions, sizeof *t->outputs);
    return t;
}

static void topic_free(wr__kafka_sender *s, void *topic)
{
    (void)s;
    wire_topic *t = topic;
    wr_free((void *)t->outputs);
    wr_free(t->name);
    wr_free(t);
}

static size_t size_of(const wr_record *r)
{
    size_t size = (size_t)r->key.len + r->value.len;
    for (uint32_t i = 0; r->headers && i < r->headers->n; i++)
        size += (size_t)r->headers->h[i].key.len + r->headers->h[i].value.len;
    return size;
}

static rd_kafka_resp_err_t give(wr__kafka_sender *base, void *topic, const wr_record *r, void *who)
{
    wire_sender *s = (wire_sender *)base;
    wire_topic *t = topic;
    WR_ASSERT(r->partition >= 0 && r->partition < t->partitions);
    if (size_of(r) > base->record_max)
        return RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    wr_wire_output **out = &t->outputs[r->partition];
    if (!*out)
        *out = wr__wire_producer_output(s->producer, t->name, r->partition);
    if (!wr__wire_producer_add(s->producer, *out, who, r))
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    atomic_fetch_add_explicit(&s->outstanding, 1, memory_order_relaxed);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- serving ---- */

/* Now and then; cheap where it is not the time. */
static void report(wire_sender *s)
{
    wr_wire_figures f;
    if (!s->report.every_ms || !wr__kafka_wire_report_due(&s->report, wr__log_now_ms()))
        return;
    wr__wire_producer_figures(s->producer, &f);
    wr__kafka_wire_report_put(&s->report, &f, wr__log_now_ms());
}

static int serve(wr__kafka_sender *s, int wait_ms)
{
    wr_wire_producer *p = ((wire_sender *)s)->producer;
    WR_ASSERT(wait_ms >= 0);
    wr__wire_producer_poll(p, wait_ms);
    report((wire_sender *)s);
    int due_ms = wr__wire_producer_due_ms(p);
    return due_ms >= 0 ? due_ms : IDLE_MS;
}

static void push(wr__kafka_sender *s, int wait_ms)
{
    wr__wire_producer_push(((wire_sender *)s)->producer);
    (void)serve(s, wait_ms);
}

static size_t outstanding(const wr__kafka_sender *s)
{
    return atomic_load(&((const wire_sender *)s)->outstanding);
}

static void purge(wr__kafka_sender *s)
{
    wr__wire_producer_purge(((wire_sender *)s)->producer);
}

static rd_kafka_resp_err_t fatal(const wr__kafka_sender *s, char *text, size_t size)
{
    (void)s, (void)text, (void)size;
    return RD_KAFKA_RESP_ERR_NO_ERROR; /* it always finds a way to go on */
}

static void wake(wr__kafka_sender *s)
{
    wr__wire_producer_wake(((wire_sender *)s)->producer);
}

static void wire_close(wr__kafka_sender *base)
{
    wire_sender *s = (wire_sender *)base;
    wr__kafka_wire_report_end(&s->report);
    wr__wire_producer_free(s->producer);
    wr__kafka_wire_config_free(&s->config);
    wr_free(s);
}

static const wr__kafka_sender_class wire = {
    .give_alone = true,
    .topic_new = topic_new,
    .topic_free = topic_free,
    .give = give,
    .serve = serve,
    .push = push,
    .outstanding = outstanding,
    .purge = purge,
    .fatal = fatal,
    .wake = wake,
    .close = wire_close,
};

weir_status wr__kafka_wire_sender_new(wr__kafka *log, rd_kafka_conf_t *conf, wr__kafka_sender **out,
                                      weir_error *err)
{
    wire_sender *s = wr_calloc(1, sizeof *s);
    WR_ASSERT(log && conf);
    s->base.cls = &wire;
    weir_status st = wr__kafka_wire_config(conf, &s->config, err);
    if (st == WEIR_OK)
        st = wr__kafka_wire_config_write(conf, &s->config.write, err);
    size_t report_every_ms = wr__kafka_conf_number(conf, "statistics.interval.ms");
    rd_kafka_conf_destroy(conf);
    s->config.tell = wr__kafka_wire_tell;
    s->config.tell_arg = log;
    if (st == WEIR_OK)
        st = wr__wire_producer_new(&s->config, on_report, s, &s->producer, err);
    if (st != WEIR_OK) {
        wire_close(&s->base);
        return st;
    }
    wr__kafka_wire_report_begin(&s->report, log, s->config.client_id, "sender", "producer",
                                report_every_ms);
    *out = &s->base;
    return WEIR_OK;
}
