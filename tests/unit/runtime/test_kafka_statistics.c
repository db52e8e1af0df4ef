/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of Kafka's clients as figures: sums over brokers, units, texts that are none. */
#include "log_helper.h"

#include "runtime/log/kafka.h"

#include <math.h>

static const char report[] =
    "{\"name\":\"weir#consumer-4\",\"type\":\"consumer\",\"tx\":12,\"rx\":11,\"tx_bytes\":1000,"
    "\"rx_bytes\":5000000000,\"txmsgs\":0,\"rxmsgs\":77,\"msg_cnt\":5,\"msg_size\":50,"
    "\"brokers\":{"
    "\"a:9092/"
    "1\":{\"outbuf_cnt\":1,\"waitresp_cnt\":2,\"txerrs\":3,\"rxerrs\":4,\"req_timeouts\":5,"
    "\"connects\":6,\"disconnects\":7,\"rtt\":{\"avg\":1500,\"p99\":250000},"
    "\"throttle\":{\"max\":0}},"
    "\"b:9092/2\":{\"outbuf_cnt\":10,\"waitresp_cnt\":20,\"txerrs\":30,\"rxerrs\":40,"
    "\"req_timeouts\":50,\"connects\":60,\"disconnects\":-1,\"rtt\":{\"avg\":2500,\"p99\":9000},"
    "\"throttle\":{\"max\":1250}}},"
    "\"topics\":{\"t\":{\"partitions\":{\"0\":{\"fetchq_cnt\":8},\"-1\":{\"fetchq_cnt\":1}}},"
    "\"u\":{\"partitions\":{\"3\":{\"fetchq_cnt\":100}}}}}";

static void test_figures(void **state)
{
    (void)state;
    wr_arena *a = wr_arena_new(4096);
    wr_log_client c;
    assert_true(wr__kafka_statistics_read(report, a, &c));
    assert_string_equal(c.name, "weir#consumer-4");
    assert_string_equal(c.type, "consumer");
    assert_int_equal(c.requests, 12);
    assert_int_equal(c.responses, 11);
    assert_int_equal(c.sent_bytes, 1000);
    assert_int_equal(c.received_bytes, 5000000000);
    assert_int_equal(c.sent_records, 0);
    assert_int_equal(c.received_records, 77);
    assert_int_equal(c.queue_records, 5);
    assert_int_equal(c.queue_bytes, 50);
    assert_int_equal(c.fetched_records, 109);
    assert_int_equal(c.requests_queued, 11);
    assert_int_equal(c.requests_in_flight, 22);
    assert_int_equal(c.errors, 77);
    assert_int_equal(c.timeouts, 55);
    assert_int_equal(c.connects, 66);
    assert_int_equal(c.disconnects, 7);
    /* Of the slowest broker, whichever that is. */
    assert_true(fabs(c.round_trip_mean - 0.0025) < 1e-9);
    assert_true(fabs(c.round_trip_p99 - 0.25) < 1e-9);
    assert_true(fabs(c.throttle_max - 1.25) < 1e-9);
    wr_arena_free(a);
}

static void test_no_reports(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "{", "[]", "7", "{}", "{\"name\":\"x\"}", "{\"name\":1,\"type\":\"producer\"}"};
    wr_arena *a = wr_arena_new(4096);
    wr_log_client c;
    for (size_t i = 0; i < WR_ARRAY_LEN(bad); i++)
        if (wr__kafka_statistics_read(bad[i], a, &c))
            fail_msg("%s is taken for a report", bad[i]);
    /* Members of other types count as missing. */
    assert_true(wr__kafka_statistics_read("{\"name\":\"x\",\"type\":\"producer\",\"tx\":\"1\","
                                          "\"brokers\":[1],\"topics\":{\"t\":3}}",
                                          a, &c));
    assert_int_equal(c.requests, 0);
    wr_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_no_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
