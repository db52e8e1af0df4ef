/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What settings of librdkafka's mean to our own client: what it does by default, each setting that
 * it knows, under each of its names, and those that it has to leave to librdkafka or to refuse.
 */
#include "log_helper.h"

#include "runtime/log/kafka_wire.h"

#include <sys/socket.h>

typedef struct configured {
    bool wire;
    wr_wire_write_config c;
} configured;

/* A writer's configuration with up to two settings. */
static configured configure(const char *name, const char *value, const char *name2,
                            const char *value2)
{
    configured out;
    static char brokers[] = "127.0.0.1:1";
    wr__kafka *log = wr_calloc(1, sizeof *log);
    rd_kafka_conf_t *conf;
    log->brokers = brokers;
    wr_settings_init(&log->settings, NULL);
    wr_settings_put(&log->settings, "weir.kafka.client", "auto");
    if (name)
        wr_settings_put(&log->settings, name, value);
    if (name2)
        wr_settings_put(&log->settings, name2, value2);
    OK(wr__kafka_conf_new(log, WR__KAFKA_WRITER, &log->settings, &conf, err));
    OK(wr__kafka_wire_choose(log, &log->settings, conf, &out.wire, err));
    OK(wr__kafka_wire_config_write(conf, &out.c, err));
    rd_kafka_conf_destroy(conf);
    wr_settings_free(&log->settings);
    wr_free(log);
    return out;
}

static configured with(const char *name, const char *value)
{
    return configure(name, value, NULL, NULL);
}

static void test_defaults(void **state)
{
    (void)state;
    configured d = configure(NULL, NULL, NULL, NULL);
    assert_true(d.wire && d.c.idempotent);
    assert_int_equal(d.c.acks, -1);
    assert_int_equal(d.c.codec, WR_CODEC_NONE);
    assert_int_equal(d.c.linger_ms, 20);
    assert_int_equal(d.c.batch_bytes, 1000000);
    assert_int_equal(d.c.batch_records, 10000);
    assert_int_equal(d.c.buffered_bytes, 16384 * 1024);
    assert_int_equal(d.c.buffered_max, 50000);
    assert_int_equal(d.c.in_flight, WR_WIRE_IN_FLIGHT_MAX);
    assert_int_equal(d.c.message_timeout_ms, 300000);
    assert_int_equal(d.c.ack_timeout_ms, 30000);
    assert_int_equal(d.c.retries, INT32_MAX);
    assert_int_equal(d.c.topic_propagation_ms, 30000);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const codecs[WR_CODECS] = {"none", "gzip", "snappy", "lz4", "zstd"};
    for (int i = 0; i < WR_CODECS; i++) {
        assert_int_equal(with("compression.type", codecs[i]).c.codec, i);
        assert_int_equal(with("producer.compression.codec", codecs[i]).c.codec, i);
    }
    assert_int_equal(with("linger.ms", "0").c.linger_ms, 0);
    assert_int_equal(with("linger.ms", "0.5").c.linger_ms, 1);
    assert_int_equal(with("queue.buffering.max.ms", "7").c.linger_ms, 7);
    assert_int_equal(with("batch.size", "4096").c.batch_bytes, 4096);
    assert_int_equal(with("batch.num.messages", "3").c.batch_records, 3);
    assert_int_equal(with("message.timeout.ms", "5").c.message_timeout_ms, 5);
    assert_int_equal(with("delivery.timeout.ms", "6").c.message_timeout_ms, 6);
    assert_int_equal(with("message.timeout.ms", "0").c.message_timeout_ms,
                     INT32_MAX); /* for ever */
    assert_int_equal(with("producer.request.timeout.ms", "9").c.ack_timeout_ms, 9);
    assert_int_equal(with("retries", "4").c.retries, 4);
    assert_int_equal(with("queue.buffering.max.kbytes", "1").c.buffered_bytes, 1024);
    assert_int_equal(with("queue.buffering.max.messages", "2").c.buffered_max, 2);
}

/* The user decides about order and acknowledgement: then nothing is idempotent by itself. */
static void test_acks(void **state)
{
    (void)state;
    configured one = with("acks", "1");
    assert_true(one.wire && !one.c.idempotent);
    assert_int_equal(one.c.acks, 1);
    configured all = configure("producer.acks", "all", "enable.idempotence", "true");
    assert_true(all.wire && all.c.idempotent);
    assert_int_equal(all.c.acks, -1);
    configured in_flight = with("max.in.flight.requests.per.connection", "2");
    assert_true(in_flight.wire && !in_flight.c.idempotent);
    assert_int_equal(in_flight.c.in_flight, 2);
}

static void test_left_to_librdkafka(void **state)
{
    (void)state;
    assert_false(with("acks", "0").wire); /* there would be no answers */
    assert_false(with("acks", "2").wire);
    assert_false(with("producer.compression.level", "3").wire);
    assert_false(with("enable.gapless.guarantee", "true").wire);
    assert_true(with("partitioner", "murmur2").wire); /* which Weir does itself */
    assert_true(with("statistics.interval.ms", "1000").wire);
}

/* ---- refused, or left to librdkafka ---- */

static weir_status choose(const char *client, const char *const pairs[4], bool *wire,
                          weir_error *err)
{
    static char brokers[] = "127.0.0.1:1";
    wr__kafka *log = wr_calloc(1, sizeof *log);
    rd_kafka_conf_t *conf;
    log->brokers = brokers;
    wr_settings_init(&log->settings, NULL);
    wr_settings_put(&log->settings, "weir.kafka.client", client);
    for (int i = 0; i < 4 && pairs[i]; i += 2)
        wr_settings_put(&log->settings, pairs[i], pairs[i + 1]);
    weir_status st = wr__kafka_conf_new(log, WR__KAFKA_WRITER, &log->settings, &conf, err);
    if (st != WEIR_OK)
        fail_msg("%s: %s", pairs[0], err->message);
    st = wr__kafka_wire_choose(log, &log->settings, conf, wire, err);
    rd_kafka_conf_destroy(conf);
    wr_settings_free(&log->settings);
    wr_free(log);
    return st;
}

/* Whoever asks for our client hears which setting it cannot do; who leaves it to Weir gets
 * librdkafka, which can. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pairs[4];
        const char *named; /* in the message; NULL: as it was set */
    } cases[] = {
        {{"metadata.request.timeout.ms", "20"}, NULL},
        {{"socket.blocking.max.ms", "2"}, NULL},
        {{"socket.max.fails", "3"}, NULL},
        {{"enable.sparse.connections", "false"}, NULL},
        {{"reconnect.backoff.jitter.ms", "7"}, NULL},
        {{"ssl.engine.location", "/nowhere/engine.so"}, NULL},
        {{"sasl.kerberos.service.name", "other"}, NULL},
        {{"sasl.kerberos.principal", "other"}, NULL},
        {{"sasl.kerberos.keytab", "/nowhere/keytab"}, NULL},
        {{"sasl.kerberos.kinit.cmd", "true"}, NULL},
        {{"sasl.oauthbearer.config", "principal=x"}, NULL},
        {{"enable.sasl.oauthbearer.unsecure.jwt", "true"}, NULL},
        {{"test.mock.num.brokers", "1"}, NULL},
        {{"enable.gapless.guarantee", "true"}, NULL},
        {{"producer.transaction.timeout.ms", "5000"}, "transaction.timeout.ms"},
        {{"producer.acks", "0"}, "acks = 0"},
        {{"compression.level", "3"}, "compression.level = 3"},
        {{"security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "GSSAPI"}, "GSSAPI"},
        {{"security.protocol", "SASL_SSL", "sasl.mechanism", "OAUTHBEARER"}, "OAUTHBEARER"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        const char *named = cases[i].named ? cases[i].named : cases[i].pairs[0];
        weir_error why = {0};
        bool wire;
        weir_status st = choose("wire", cases[i].pairs, &wire, &why);
        if (st != WEIR_ERR_CONFIG || !strstr(why.message, "weir.kafka.client = wire cannot do") ||
            !strstr(why.message, named))
            fail_msg("%s: %d %s", named, (int)st, why.message);
        OK(choose("auto", cases[i].pairs, &wire, err));
        if (wire)
            fail_msg("%s: auto", named);
        OK(choose("librdkafka", cases[i].pairs, &wire, err));
        assert_false(wire);
    }
}

/* A value that is the default is none, and what is of groups or of librdkafka alone is in nobody's
 * way. */
static void test_not_refused(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {NULL},
        {"socket.max.fails", "1"},
        {"enable.sparse.connections", "true"},
        {"compression.level", "-1"},
        {"debug", "broker"},
        {"log_level", "7"},
        {"session.timeout.ms", "9000"},
        {"partition.assignment.strategy", "range"},
        {"queued.min.messages", "7"},
        {"connections.max.idle.ms", "1000"},
        {"sasl.mechanism", "GSSAPI"}, /* without SASL nobody looks at it */
        {"security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN"},
        {"security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "SCRAM-SHA-512"},
        {"security.protocol", "SSL"},
    };
    static const char *const clients[] = {"wire", "WIRE", "auto"};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++)
        for (size_t c = 0; c < WR_ARRAY_LEN(clients); c++) {
            weir_error err = {0};
            bool wire = false;
            if (choose(clients[c], cases[i], &wire, &err) != WEIR_OK || !wire)
                fail_msg("%s %s: %s", clients[c], cases[i][0] ? cases[i][0] : "", err.message);
        }
}

/* ---- reading ---- */

static int number_with(const char *name, const char *value, size_t at)
{
    static char brokers[] = "127.0.0.1:1";
    wr__kafka *log = wr_calloc(1, sizeof *log);
    rd_kafka_conf_t *conf;
    wr_wire_config c;
    int number;
    log->brokers = brokers;
    wr_settings_init(&log->settings, NULL);
    wr_settings_put(&log->settings, name, value);
    OK(wr__kafka_conf_new(log, WR__KAFKA_READER, &log->settings, &conf, err));
    OK(wr__kafka_wire_config(conf, &c, err));
    memcpy(&number, (const char *)&c + at, sizeof number);
    wr__kafka_wire_config_free(&c);
    rd_kafka_conf_destroy(conf);
    wr_settings_free(&log->settings);
    wr_free(log);
    return number;
}

static void test_reader_values(void **state)
{
    (void)state;
#define AT(member) offsetof(wr_wire_config, member)
    static const struct {
        const char *name, *value;
        size_t at;
        int expected;
    } cases[] = {
        {"socket.timeout.ms", "12345", AT(request_ms), 12345},
        {"socket.connection.setup.timeout.ms", "4321", AT(connect_ms), 4321},
        {"reconnect.backoff.ms", "33", AT(backoff_ms), 33},
        {"reconnect.backoff.ms", "0", AT(backoff_ms), 10}, /* a loop would be all CPU */
        {"reconnect.backoff.max.ms", "44", AT(backoff_max_ms), 44},
        {"reconnect.backoff.max.ms", "0", AT(backoff_max_ms), 10},
        {"retry.backoff.ms", "55", AT(retry_ms), 55},
        {"retry.backoff.ms", "1", AT(retry_ms), 10},
        {"metadata.max.age.ms", "77", AT(metadata_age_ms), 77},
        {"socket.send.buffer.bytes", "65536", AT(send_buffer), 65536},
        {"socket.receive.buffer.bytes", "65537", AT(receive_buffer), 65537},
        {"broker.address.family", "v4", AT(family), AF_INET},
        {"broker.address.family", "v6", AT(family), AF_INET6},
        {"broker.address.family", "any", AT(family), AF_UNSPEC},
        {"fetch.wait.max.ms", "66", AT(fetch_wait_ms), 66},
        {"fetch.min.bytes", "9", AT(fetch_min_bytes), 9},
        {"max.partition.fetch.bytes", "2048", AT(partition_bytes), 2048},
        {"fetch.message.max.bytes", "2049", AT(partition_bytes), 2049},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        int is = number_with(cases[i].name, cases[i].value, cases[i].at);
        if (is != cases[i].expected)
            fail_msg("%s = %s: %d", cases[i].name, cases[i].value, is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_acks),          cmocka_unit_test(test_left_to_librdkafka),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_not_refused),
        cmocka_unit_test(test_reader_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
