/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending by librdkafka, and the choice of the client.
 *
 * Records are handed over one by one, because the batch call of librdkafka takes neither timestamps
 * nor headers. Its handle is made for several threads; reports are served by one at a time.
 */
#include "runtime/log/kafka_sender.h"
#include "common/diag.h"
#include "runtime/log/kafka_wire.h"

enum { PURGE_MS = 5000, ASK_MS = 1000 };

typedef struct sender {
    wr__kafka_sender base;   /* first */
    wr__kafka_opaque opaque; /* of the handle */
} sender;

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    const wr__kafka_sender *s = &WR__KAFKA_HOLDER(sender, opaque)->base;
    WR_ASSERT(s->on_sent && m->_private);
    const wr__kafka_sent sent = {.who = m->_private,
                                 .partition = m->partition,
                                 .records = 1,
                                 .code = m->err,
                                 .next_offset = m->err ? -1 : m->offset + 1,
                                 .bytes = m->key_len + m->len};
    s->on_sent(s->arg, &sent);
}

/* ---- records ---- */

static void *topic_new(wr__kafka_sender *s, const char *name, int32_t partitions,
                       rd_kafka_resp_err_t *code)
{
    (void)partitions;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(s->rk, name, NULL);
    if (!topic)
        *code = rd_kafka_last_error();
    return topic;
}

static void topic_free(wr__kafka_sender *s, void *topic)
{
    (void)s;
    rd_kafka_topic_destroy(topic);
}

static rd_kafka_headers_t *make_headers(const wr_headers *headers)
{
    if (!headers || headers->n == 0)
        return NULL;
    rd_kafka_headers_t *out = rd_kafka_headers_new(headers->n);
    for (uint32_t i = 0; i < headers->n; i++) {
        const wr_header *h = &headers->h[i];
        (void)rd_kafka_header_add(out, h->key.ptr ? h->key.ptr : "", (ssize_t)h->key.len,
                                  h->value.ptr, (ssize_t)h->value.len);
    }
    return out;
}

static rd_kafka_resp_err_t give(wr__kafka_sender *s, void *topic, const wr_record *r, void *who)
{
    rd_kafka_headers_t *headers = make_headers(r->headers);
    WR_ASSERT(topic && who && r->partition >= 0);
    rd_kafka_vu_t v[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)r->key.ptr, r->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)r->value.ptr, r->value.len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = who},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t n = WR_ARRAY_LEN(v) - (headers ? 0 : 1);
    rd_kafka_error_t *e = rd_kafka_produceva(s->rk, v, n);
    if (WR_LIKELY(!e))
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (headers)
        rd_kafka_headers_destroy(headers); /* taken on success only */
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    return code;
}

/* librdkafka goes on refusing the records of a topic that was deleted and made anew while it had
 * it, until somebody asks. */
static rd_kafka_resp_err_t ask(wr__kafka_sender *s, void *topic)
{
    const struct rd_kafka_metadata *m = NULL;
    rd_kafka_resp_err_t rc = rd_kafka_metadata(s->rk, 0, topic, &m, ASK_MS);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rc;
    bool known = m->topic_cnt == 1 && m->topics[0].partition_cnt > 0;
    rd_kafka_metadata_destroy(m);
    return known ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* ---- serving ---- */

static int serve(wr__kafka_sender *s, int wait_ms)
{
    rd_kafka_poll(s->rk, wait_ms);
    return -1; /* it sends by itself */
}

static void push(wr__kafka_sender *s, int wait_ms)
{
    (void)rd_kafka_flush(s->rk, wait_ms);
}

static size_t outstanding(const wr__kafka_sender *s)
{
    int n = rd_kafka_outq_len(s->rk);
    WR_ASSERT(n >= 0);
    return (size_t)n;
}

static void purge(wr__kafka_sender *s)
{
    if (outstanding(s) == 0)
        return;
    rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(s->rk, PURGE_MS);
}

static rd_kafka_resp_err_t fatal(const wr__kafka_sender *s, char *text, size_t size)
{
    return rd_kafka_fatal_error(s->rk, text, size);
}

static void wake(wr__kafka_sender *s)
{
    (void)s; /* whoever serves keeps nobody from giving */
}

static void sender_close(wr__kafka_sender *s)
{
    wr__kafka_statistics_forget(&((sender *)s)->opaque);
    if (s->rk)
        rd_kafka_destroy(s->rk);
    wr_free(s);
}

static const wr__kafka_sender_class librdkafka = {
    .topic_new = topic_new,
    .topic_free = topic_free,
    .give = give,
    .ask = ask,
    .serve = serve,
    .push = push,
    .outstanding = outstanding,
    .purge = purge,
    .fatal = fatal,
    .wake = wake,
    .close = sender_close,
};

/* ---- making one ---- */

/* Takes @p conf. */
static weir_status new_sender(wr__kafka *log, rd_kafka_conf_t *conf, wr__kafka_sender **out,
                              weir_error *err)
{
    sender *s = wr_calloc(1, sizeof *s);
    s->base.cls = &librdkafka;
    s->opaque.log = log;
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    weir_status st = wr__kafka_handle_new(RD_KAFKA_PRODUCER, conf, &s->opaque, &s->base.rk, err);
    if (st != WEIR_OK) {
        sender_close(&s->base);
        return st;
    }
    *out = &s->base;
    return WEIR_OK;
}

/* By which client, and what is to be said of it. */
static weir_status configure(wr__kafka *log, const wr_settings *settings, wr__txn *txn,
                             rd_kafka_conf_t *conf, bool *wire, weir_error *err)
{
    *wire = false;
    if (!txn)
        return wr__kafka_wire_choose(log, settings, conf, wire, err);
    wr__kafka_wire_without_transactions(log, settings);
    return wr__txn_configure(log, settings, txn, conf, err);
}

weir_status wr__kafka_sender_new(wr__kafka *log, const wr_settings *settings, wr__txn *txn,
                                 wr__kafka_on_sent on_sent, void *arg, wr__kafka_sender **out,
                                 weir_error *err)
{
    rd_kafka_conf_t *conf;
    bool wire;
    WR_ASSERT(on_sent && arg);
    WR_TRY(wr__kafka_conf_new(log, txn ? WR__KAFKA_TRANSACTIONAL : WR__KAFKA_WRITER, settings,
                              &conf, err));
    size_t record_max = wr__kafka_conf_number(conf, "message.max.bytes");
    weir_status st = configure(log, settings, txn, conf, &wire, err);
    if (st != WEIR_OK) {
        rd_kafka_conf_destroy(conf);
        return st;
    }
    WR_TRY(wire ? wr__kafka_wire_sender_new(log, conf, out, err) : new_sender(log, conf, out, err));
    (*out)->log = log;
    (*out)->on_sent = on_sent;
    (*out)->arg = arg;
    (*out)->record_max = record_max;
    return WEIR_OK;
}
