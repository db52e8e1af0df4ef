/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What settings of librdkafka's mean to our own client's producer: what it does by default, each
 * setting that it knows, under each of its names, and those that it has to leave to librdkafka.
 */
#include "log_helper.h"

#include "runtime/log/kafka_wire.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_acks),
        cmocka_unit_test(test_left_to_librdkafka),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
