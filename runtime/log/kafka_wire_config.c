/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads and writes records, librdkafka or we (weir.kafka.client), and our client's
 * configuration.
 *
 * Settings are librdkafka's, parsed and checked by it; our client's values are read out of its
 * configuration. What a setting that has not its default means for our client is one of three
 * things: it is read below; it has no meaning for records (the group's protocol, librdkafka's own
 * queues) and stands in `no_matter`; or our client cannot do it. The last keeps
 * librdkafka (auto, with a line in the log that names the setting) or is refused (wire).
 */
#include "common/diag.h"
#include "runtime/log/kafka_wire.h"
#include "runtime/log/wire/sasl.h"
#include "runtime/log/wire/wire_tls.h"

#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- which settings can be done ---- */

static const char *const read_below[] = {
    "metadata.broker.list", /* bootstrap.servers */
    "client.id",
    "client.rack",
    "security.protocol",
    "sasl.mechanisms",
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
    "ssl.key.password",
    "ssl.cipher.suites",
    "ssl.curves.list",
    "ssl.sigalgs.list",
    "ssl.crl.location",
    "enable.ssl.certificate.verification",
    "ssl.endpoint.identification.algorithm",
    "broker.address.family",
    "socket.timeout.ms",
    "socket.connection.setup.timeout.ms",
    "socket.send.buffer.bytes",
    "socket.receive.buffer.bytes",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "retry.backoff.ms",
    "metadata.max.age.ms",
    "topic.metadata.refresh.interval.ms",
    "fetch.wait.max.ms",
    "fetch.min.bytes",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "receive.message.max.bytes",
    "queued.max.messages.kbytes",
    "isolation.level",
    "enable.idempotence",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.max.bytes",
    "message.send.max.retries",
    "queue.buffering.max.ms", /* linger.ms */
    "queue.buffering.max.messages",
    "queue.buffering.max.kbytes",
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "topic.metadata.propagation.max.ms",
};

/* Of groups, of librdkafka's own threads and queues; checksums are always checked, and
 * versions always asked for. Callbacks are set by us. */
static const char *const no_matter[] = {
    "allow.auto.create.topics",
    "api.version.fallback.ms",
    "api.version.request",
    "api.version.request.timeout.ms",
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.offset.reset",
    "builtin.features",
    "broker.address.ttl",
    "broker.version.fallback",
    "check.crcs",
    "closesocket_cb",
    "connect_cb",
    "connections.max.idle.ms",
    "consume.callback.max.messages",
    "coordinator.query.interval.ms",
    "debug",
    "default_topic_conf",
    "delivery.report.only.error",
    "dr_cb",
    "dr_msg_cb",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "enable.random.seed",
    "enabled_events",
    "error_cb",
    "fetch.error.backoff.ms",
    "fetch.queue.backoff.ms",
    "group.id",
    "group.instance.id",
    "group.protocol.type",
    "heartbeat.interval.ms",
    "internal.termination.signal",
    "log.connection.close",
    "log.queue",
    "log.thread.name",
    "log_cb",
    "log_level",
    "max.poll.interval.ms",
    "message.copy.max.bytes",
    "offset.store.method",
    "offset.store.path",
    "offset.store.sync.interval.ms",
    "opaque",
    "open_cb",
    "partition.assignment.strategy",
    "queue.buffering.backpressure.threshold",
    "queued.min.messages",
    "rebalance_cb",
    "session.timeout.ms",
    "socket_cb",
    "ssl.certificate.verify_cb",
    "ssl_certificate.verify_cb",
    "statistics.interval.ms",
    "sticky.partitioning.linger.ms",
    "stats_cb",
    "throttle_cb",
    "topic.metadata.refresh.fast.cnt",
    "topic.metadata.refresh.fast.interval.ms",
    "topic.metadata.refresh.sparse",
};

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Its value; NULL: it has none. */
static const char *value_of(const char **pairs, size_t n, const char *name)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        if (strcmp(pairs[i], name) == 0)
            return pairs[i + 1];
    return NULL;
}

/* A setting that has not its default, and that our client does not know. */
static void find_unknown(const char **set, size_t set_n, wr_buf *out)
{
    size_t plain_n;
    rd_kafka_conf_t *plain_conf = rd_kafka_conf_new();
    const char **plain = rd_kafka_conf_dump(plain_conf, &plain_n);
    for (size_t i = 0; i + 1 < set_n && out->len == 0; i += 2) {
        const char *usual = value_of(plain, plain_n, set[i]);
        bool known = is_one_of(set[i], read_below, WR_ARRAY_LEN(read_below)) ||
                     is_one_of(set[i], no_matter, WR_ARRAY_LEN(no_matter));
        if (!known && set[i + 1] && (!usual || strcmp(usual, set[i + 1]) != 0))
            wr_buf_printf(out, "%s", set[i]);
    }
    rd_kafka_conf_dump_free(plain, plain_n);
    rd_kafka_conf_destroy(plain_conf);
}

/* ---- values ---- */

/* A text; NULL where it is empty. Owned. */
static char *text_of(const rd_kafka_conf_t *conf, const char *name)
{
    size_t size = 0;
    if (rd_kafka_conf_get(conf, name, NULL, &size) != RD_KAFKA_CONF_OK || size < 2)
        return NULL;
    char *text = wr_malloc(size);
    if (rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK && text[0])
        return text;
    wr_free(text);
    return NULL;
}

/* A property of topics: librdkafka's default where the user has set none of them. Owned. */
static char *topic_text_of(const rd_kafka_conf_t *conf, const char *name)
{
    char *text = text_of(conf, name);
    if (text)
        return text;
    size_t size = 64;
    rd_kafka_topic_conf_t *usual = rd_kafka_topic_conf_new();
    text = wr_calloc(1, size);
    rd_kafka_conf_res_t rc = rd_kafka_topic_conf_get(usual, name, text, &size);
    WR_ASSERT(rc == RD_KAFKA_CONF_OK); /* a name of ours, and short */
    rd_kafka_topic_conf_destroy(usual);
    return text;
}

static int64_t topic_number_of(const rd_kafka_conf_t *conf, const char *name)
{
    char *text = topic_text_of(conf, name);
    int64_t number = 0;
    bool known = wr_str_to_i64(wr_str_c(text), &number);
    WR_ASSERT(known);
    wr_free(text);
    return number;
}

static bool is(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char *text = text_of(conf, name);
    bool same = text && strcmp(text, value) == 0;
    wr_free(text);
    return same;
}

static int number_of(const rd_kafka_conf_t *conf, const char *name)
{
    return (int)WR_MIN(wr__kafka_conf_number(conf, name), (size_t)INT32_MAX);
}

static weir_status make_tls(const rd_kafka_conf_t *conf, SSL_CTX **out, weir_error *err)
{
    enum { CA, CA_PEM, CERT, CERT_PEM, KEY, KEY_PEM, PASSWORD, CIPHERS, CURVES, SIGALGS, CRL, N };
    static const char *const settings[N] = {
        [CA] = "ssl.ca.location",
        [CA_PEM] = "ssl.ca.pem",
        [CERT] = "ssl.certificate.location",
        [CERT_PEM] = "ssl.certificate.pem",
        [KEY] = "ssl.key.location",
        [KEY_PEM] = "ssl.key.pem",
        [PASSWORD] = "ssl.key.password",
        [CIPHERS] = "ssl.cipher.suites",
        [CURVES] = "ssl.curves.list",
        [SIGALGS] = "ssl.sigalgs.list",
        [CRL] = "ssl.crl.location",
    };
    char *v[N];
    for (size_t i = 0; i < N; i++)
        v[i] = text_of(conf, settings[i]);
    bool probe = v[CA] && strcmp(v[CA], "probe") == 0; /* librdkafka's word for the system's */
    wr_wire_tls tls = {.ca_location = probe ? NULL : v[CA],
                       .ca_pem = v[CA_PEM],
                       .certificate_location = v[CERT],
                       .certificate_pem = v[CERT_PEM],
                       .key_location = v[KEY],
                       .key_pem = v[KEY_PEM],
                       .key_password = v[PASSWORD],
                       .cipher_suites = v[CIPHERS],
                       .curves = v[CURVES],
                       .sigalgs = v[SIGALGS],
                       .crl_location = v[CRL],
                       .verify = is(conf, "enable.ssl.certificate.verification", "true")};
    weir_status st = wr__wire_tls_context(&tls, out, err);
    for (size_t i = 0; i < N; i++)
        wr_free(v[i]);
    return st;
}

static int family_of(const rd_kafka_conf_t *conf)
{
    if (is(conf, "broker.address.family", "v4"))
        return AF_INET;
    return is(conf, "broker.address.family", "v6") ? AF_INET6 : AF_UNSPEC;
}

weir_status wr__kafka_wire_config(const rd_kafka_conf_t *conf, wr_wire_config *out, weir_error *err)
{
    enum { BACKOFF_MIN_MS = 10 };
    *out = (wr_wire_config){
        .bootstrap = text_of(conf, "bootstrap.servers"),
        .client_id = text_of(conf, "client.id"),
        .rack = text_of(conf, "client.rack"),
        .user = text_of(conf, "sasl.username"),
        .password = text_of(conf, "sasl.password"),
        .check_host = is(conf, "ssl.endpoint.identification.algorithm", "https"),
        .family = family_of(conf),
        .connect_ms = number_of(conf, "socket.connection.setup.timeout.ms"),
        .request_ms = number_of(conf, "socket.timeout.ms"),
        .backoff_ms = WR_MAX(number_of(conf, "reconnect.backoff.ms"), (int)BACKOFF_MIN_MS),
        .backoff_max_ms = WR_MAX(number_of(conf, "reconnect.backoff.max.ms"), (int)BACKOFF_MIN_MS),
        .retry_ms = WR_MAX(number_of(conf, "retry.backoff.ms"), (int)BACKOFF_MIN_MS),
        .metadata_age_ms = number_of(conf, "metadata.max.age.ms"),
        .send_buffer = number_of(conf, "socket.send.buffer.bytes"),
        .receive_buffer = number_of(conf, "socket.receive.buffer.bytes"),
        .no_delay = is(conf, "socket.nagle.disable", "true"),
        .keep_alive = is(conf, "socket.keepalive.enable", "true"),
        .fetch_wait_ms = number_of(conf, "fetch.wait.max.ms"),
        .fetch_min_bytes = number_of(conf, "fetch.min.bytes"),
        .partition_bytes = number_of(conf, "fetch.message.max.bytes"),
        .answer_max = wr__kafka_conf_number(conf, "receive.message.max.bytes"),
        .buffered_max = wr__kafka_conf_number(conf, "queued.max.messages.kbytes") * 1024,
        .committed = is(conf, "isolation.level", "read_committed"),
    };
    /* Two answers of a broker may be there, and a third on its way. */
    size_t share = WR_MAX(out->buffered_max / 4, (size_t)out->partition_bytes);
    out->fetch_bytes = (int32_t)WR_MIN((size_t)number_of(conf, "fetch.max.bytes"), share);
    out->fetch_bytes = WR_MAX(out->fetch_bytes, 1); /* Kafka sends a batch all the same */
    if (!out->rack)
        out->rack = wr_strdup("");
    if (!out->client_id)
        out->client_id = wr_strdup("weir");
    if (is(conf, "security.protocol", "sasl_plaintext") ||
        is(conf, "security.protocol", "sasl_ssl"))
        out->mechanism = text_of(conf, "sasl.mechanisms");
    WR_ASSERT(out->fetch_bytes > 0 && out->buffered_max > 0);
    weir_status st = WEIR_OK;
    if (is(conf, "security.protocol", "ssl") || is(conf, "security.protocol", "sasl_ssl"))
        st = make_tls(conf, &out->tls, err);
    if (st == WEIR_OK && out->mechanism && (!out->user || !out->password))
        st = wr_error(err, WEIR_ERR_CONFIG,
                      "sasl.username and sasl.password must be set for sasl.mechanism %s",
                      out->mechanism);
    if (st != WEIR_OK)
        wr__kafka_wire_config_free(out);
    return st;
}

/* Milliseconds, of which librdkafka takes fractions; ours are whole. */
static int linger_of(const rd_kafka_conf_t *conf)
{
    char *text = text_of(conf, "linger.ms");
    double ms = text ? strtod(text, NULL) : 0;
    wr_free(text);
    return ms > (double)INT32_MAX ? INT32_MAX : (int)ceil(ms);
}

static weir_status codec_of(const rd_kafka_conf_t *conf, wr_codec *out, weir_error *err)
{
    char *text = text_of(conf, "compression.codec");
    weir_status st = WEIR_OK;
    wr_codec codec = WR_CODEC_NONE;
    while (codec < WR_CODECS && text && strcmp(wr__codec_name(codec), text) != 0)
        codec++;
    if (codec == WR_CODECS)
        st = wr_error(err, WEIR_ERR_CONFIG, "compression.type %s is not known", text);
    *out = codec;
    wr_free(text);
    return st;
}

weir_status wr__kafka_wire_config_write(const rd_kafka_conf_t *conf, wr_wire_write_config *out,
                                        weir_error *err)
{
    int64_t timeout_ms = topic_number_of(conf, "message.timeout.ms");
    int64_t ack_ms = topic_number_of(conf, "request.timeout.ms");
    int in_flight = number_of(conf, "max.in.flight");
    char *acks = topic_text_of(conf, "acks");
    *out = (wr_wire_write_config){
        .idempotent = is(conf, "enable.idempotence", "true"),
        .linger_ms = linger_of(conf),
        .batch_bytes = WR_MAX(wr__kafka_conf_number(conf, "batch.size"), (size_t)1),
        .batch_records = (uint32_t)WR_MAX(number_of(conf, "batch.num.messages"), 1),
        .buffered_bytes = wr__kafka_conf_number(conf, "queue.buffering.max.kbytes") * 1024,
        .buffered_max = (uint32_t)number_of(conf, "queue.buffering.max.messages"),
        .in_flight = (uint32_t)WR_MIN(WR_MAX(in_flight, 1), WR_WIRE_IN_FLIGHT_MAX),
        .message_timeout_ms = (int)WR_MIN(timeout_ms ? timeout_ms : INT32_MAX, INT32_MAX),
        .ack_timeout_ms = (int)WR_MIN(ack_ms, INT32_MAX),
        .retries = (uint32_t)number_of(conf, "message.send.max.retries"),
        .topic_propagation_ms = number_of(conf, "topic.metadata.propagation.max.ms"),
    };
    out->acks = strcmp(acks, "1") == 0 && !out->idempotent ? 1 : -1;
    if (out->buffered_max == 0) /* librdkafka's word for no limit */
        out->buffered_max = INT32_MAX;
    wr_free(acks);
    WR_ASSERT(out->in_flight > 0 && out->message_timeout_ms >= 0 && out->linger_ms >= 0);
    return codec_of(conf, &out->codec, err);
}

void wr__kafka_wire_config_free(wr_wire_config *c)
{
    wr_free(c->bootstrap);
    wr_free(c->client_id);
    wr_free(c->rack);
    wr_free(c->mechanism);
    wr_free(c->user);
    wr_free(c->password);
    wr__wire_tls_free(c->tls);
    *c = (wr_wire_config){0};
}

/* ---- the choice ---- */

/* Properties of topics are not among those that are listed. */
static void find_write_obstacle(const rd_kafka_conf_t *conf, wr_buf *out)
{
    char *acks = topic_text_of(conf, "acks"), *level = topic_text_of(conf, "compression.level");
    bool idempotent = is(conf, "enable.idempotence", "true");
    bool known =
        idempotent || strcmp(acks, "1") == 0 || strcmp(acks, "-1") == 0 || strcmp(acks, "all") == 0;
    if (out->len == 0 && !known) /* 0 has no answers; what is more than 1 Kafka has given up */
        wr_buf_printf(out, "acks = %s", acks);
    if (out->len == 0 && strcmp(level, "-1") != 0)
        wr_buf_printf(out, "compression.level = %s", level);
    wr_free(level);
    wr_free(acks);
}

/* Why our client cannot be it; empty: it can. */
static void find_obstacle(const rd_kafka_conf_t *conf, wr_buf *out)
{
    size_t n;
    /* This function of librdkafka's takes no constant configuration, and changes nothing. */
    const char **set = rd_kafka_conf_dump((rd_kafka_conf_t *)(uintptr_t)conf, &n);
    find_unknown(set, n, out);
    rd_kafka_conf_dump_free(set, n);
    bool sasl = is(conf, "security.protocol", "sasl_plaintext") ||
                is(conf, "security.protocol", "sasl_ssl");
    char *mechanism = text_of(conf, "sasl.mechanisms");
    if (out->len == 0 && sasl && mechanism && !wr__wire_sasl_knows(mechanism))
        wr_buf_printf(out, "sasl.mechanism = %s", mechanism);
    wr_free(mechanism);
    find_write_obstacle(conf, out);
}

bool wr__kafka_wire_can(const rd_kafka_conf_t *conf)
{
    wr_buf obstacle = {0};
    find_obstacle(conf, &obstacle);
    bool can = obstacle.len == 0;
    wr_buf_free(&obstacle);
    return can;
}

static const char *client_of(const wr__kafka *log, const wr_settings *settings)
{
    return wr_settings_get(settings ? settings : &log->settings, "weir.kafka.client");
}

weir_status wr__kafka_wire_choose(wr__kafka *log, const wr_settings *settings,
                                  const rd_kafka_conf_t *conf, bool *wire, weir_error *err)
{
    const char *client = client_of(log, settings);
    WR_ASSERT(conf);
    wr_buf obstacle = {0};
    weir_status st = WEIR_OK;
    *wire = false;
    if (!client || wr_ieq(client, "librdkafka"))
        return WEIR_OK;
    find_obstacle(conf, &obstacle);
    *wire = obstacle.len == 0;
    if (!*wire && wr_ieq(client, "wire"))
        st = wr_error(err, WEIR_ERR_CONFIG, "weir.kafka.client = wire cannot do '%s'",
                      wr_buf_cstr(&obstacle));
    else if (!*wire && !atomic_exchange(&log->wire_refused, true))
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "records are read or written by librdkafka, because of '%s'",
                    wr_buf_cstr(&obstacle));
    wr_buf_free(&obstacle);
    return st;
}

void wr__kafka_wire_without_transactions(wr__kafka *log, const wr_settings *settings)
{
    const char *client = client_of(log, settings);
    if (client && !wr_ieq(client, "librdkafka") && !atomic_exchange(&log->wire_transactions, true))
        wr_diag_put(WR_DIAG_INFO, "kafka",
                    "exactly-once: records are written by librdkafka, whose transactions they are "
                    "part of");
}
