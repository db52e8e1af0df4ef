/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about transactions: as test_messages.c has the others.
 */
#include "message_helper.h"
#include "runtime/log/wire/txn_messages.h"

static const wr_wire_txn_producer producer = {"weir-s-1-0", 4000000001, 7};
static const wr_wire_ask parts[] = {{.topic = "a", .partition = 2}, {.topic = "a"}, {.topic = "b"}};

/* Those of `parts`, as all requests have them. */
static void check_parts(wr_wire_in *in, bool c)
{
    uint32_t at = 0;
    assert_int_equal(wr__wire_array(in, c, 1), 2);
    for (int topic = 0; topic < 2; topic++) {
        assert_true(wr_str_eq_c(wr__wire_str(in, c), topic ? "b" : "a"));
        uint32_t n = wr__wire_array(in, c, 4);
        assert_int_equal(n, topic ? 1 : 2);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(wr__wire_i32(in), parts[at++].partition);
        wr__wire_tags_skip(in, c);
    }
}

static void check_producer(wr_wire_in *in, bool c)
{
    assert_true(wr_str_eq_c(wr__wire_str(in, c), producer.id));
    assert_int_equal(wr__wire_i64(in), producer.producer_id);
    assert_int_equal(wr__wire_i16(in), producer.epoch);
}

/* ---- FindCoordinator ---- */

static weir_status read_coordinator(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                    weir_error *err)
{
    (void)a;
    wr_wire_coordinator found;
    WR_TRY(wr__wire_read_find_coordinator(in, version, &found, err));
    if (whole) {
        assert_int_equal(found.error, 0);
        assert_int_equal(found.broker.id, 3);
        assert_true(wr_str_eq_c(found.broker.host, "h"));
        assert_int_equal(found.broker.port, 9092);
    }
    return WEIR_OK;
}

static void put_coordinator(wr_buf *b, int16_t version, int16_t error, int32_t id)
{
    bool c = version >= 3;
    wr__wire_put_i32(b, 0);
    wr__wire_put_i16(b, error);
    wr__wire_put_str(b, error ? WR_STR("no") : (wr_str){0}, c);
    wr__wire_put_i32(b, id);
    wr__wire_put_str(b, WR_STR("h"), c);
    wr__wire_put_i32(b, 9092);
    wr__wire_put_no_tags(b, c);
}

static void test_find_coordinator(void **state)
{
    (void)state;
    wr_wire_coordinator found;
    for (int16_t version = 1; version <= 3; version++) {
        wr_buf b = {0};
        put_coordinator(&b, version, 0, 3);
        check_cuts(&b, version, read_coordinator);
        wr_buf_clear(&b);
        wr__wire_put_find_coordinator(&b, version, producer.id);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        assert_true(wr_str_eq_c(wr__wire_str(&in, version >= 3), producer.id));
        assert_int_equal(wr__wire_i8(&in), 1);
        wr__wire_tags_skip(&in, version >= 3);
        OK(wr__wire_in_end(&in, "FindCoordinator", err));
        wr_buf_free(&b);
    }
    wr_buf b = {0};
    put_coordinator(&b, 3, 0, -1);
    wr_wire_in in = wr__wire_in(b.ptr, b.len);
    FAILS(WEIR_ERR_LOG, "is none", wr__wire_read_find_coordinator(&in, 3, &found, err));
    wr_buf_clear(&b);
    put_coordinator(&b, 3, WR_WIRE_COORDINATOR_NOT_AVAILABLE, -1);
    in = wr__wire_in(b.ptr, b.len);
    OK(wr__wire_read_find_coordinator(&in, 3, &found, err));
    assert_int_equal(found.error, WR_WIRE_COORDINATOR_NOT_AVAILABLE);
    wr_buf_free(&b);
}

/* ---- DescribeTransactions, DescribeProducers ---- */

static weir_status read_transaction(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                    weir_error *err)
{
    (void)a, (void)version;
    wr_wire_transaction t;
    WR_TRY(wr__wire_read_describe_transaction(in, &t, err));
    if (whole) {
        assert_int_equal(t.error, 0);
        assert_true(wr_str_eq_c(t.state, "Ongoing"));
        assert_int_equal(t.producer_id, producer.producer_id);
        assert_int_equal(t.epoch, producer.epoch);
    }
    return WEIR_OK;
}

static void put_transactions(wr_buf *b, uint32_t n)
{
    wr__wire_put_i32(b, 0);
    wr__wire_put_array(b, n, true);
    for (uint32_t i = 0; i < n; i++) {
        wr__wire_put_i16(b, 0);
        wr__wire_put_str(b, wr_str_c(producer.id), true);
        wr__wire_put_str(b, WR_STR("Ongoing"), true);
        wr__wire_put_i32(b, 10000);
        wr__wire_put_i64(b, 1);
        wr__wire_put_i64(b, producer.producer_id);
        wr__wire_put_i16(b, producer.epoch);
        wr__wire_put_array(b, 1, true);
        wr__wire_put_str(b, WR_STR("a"), true);
        wr__wire_put_array(b, 2, true);
        wr__wire_put_i32(b, 0);
        wr__wire_put_i32(b, 1);
        wr__wire_put_no_tags(b, true);
        wr__wire_put_no_tags(b, true);
    }
    wr__wire_put_no_tags(b, true);
}

static void test_describe_transaction(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_wire_transaction t;
    put_transactions(&b, 1);
    check_cuts(&b, 0, read_transaction);
    for (uint32_t n = 0; n <= 2; n += 2) {
        wr_buf_clear(&b);
        put_transactions(&b, n);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        FAILS(WEIR_ERR_LOG, "not the one", wr__wire_read_describe_transaction(&in, &t, err));
    }
    wr_buf_clear(&b);
    wr__wire_put_describe_transaction(&b, producer.id);
    wr_wire_in in = wr__wire_in(b.ptr, b.len);
    assert_int_equal(wr__wire_array(&in, true, 1), 1);
    assert_true(wr_str_eq_c(wr__wire_str(&in, true), producer.id));
    wr__wire_tags_skip(&in, true);
    OK(wr__wire_in_end(&in, "DescribeTransactions", err));
    wr_buf_free(&b);
}

static void put_active(wr_buf *b, int64_t id, int64_t first_offset)
{
    wr__wire_put_i64(b, id);
    wr__wire_put_i32(b, 7);
    wr__wire_put_i32(b, 41);
    wr__wire_put_i64(b, 1000);
    wr__wire_put_i32(b, 0);
    wr__wire_put_i64(b, first_offset);
    wr__wire_put_no_tags(b, true);
}

static void put_part(wr_buf *b, int32_t partition, int16_t error, uint32_t producers)
{
    wr__wire_put_i32(b, partition);
    wr__wire_put_i16(b, error);
    wr__wire_put_str(b, error ? WR_STR("no") : (wr_str){0}, true);
    wr__wire_put_array(b, producers, true);
}

/* Only those with open records, and errors. */
static weir_status read_opens(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                              weir_error *err)
{
    (void)version;
    wr_wire_opens all;
    WR_TRY(wr__wire_read_describe_producers(in, a, &all, err));
    if (!whole)
        return WEIR_OK;
    assert_int_equal(all.n, 3);
    assert_int_equal(all.v[0].producer_id, 5);
    assert_int_equal(all.v[0].first_offset, 0);
    assert_int_equal(all.v[1].producer_id, producer.producer_id);
    assert_int_equal(all.v[1].first_offset, 143);
    assert_int_equal(all.v[1].partition, 1);
    assert_true(wr_str_eq_c(all.v[1].topic, "a"));
    assert_int_equal(all.v[2].producer_id, -1);
    assert_int_equal(all.v[2].error, WR_WIRE_NOT_LEADER);
    assert_int_equal(all.v[2].partition, 2);
    return WEIR_OK;
}

static void test_describe_producers(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr__wire_put_i32(&b, 0);
    wr__wire_put_array(&b, 1, true);
    wr__wire_put_str(&b, WR_STR("a"), true);
    wr__wire_put_array(&b, 2, true);
    put_part(&b, 1, 0, 3);
    put_active(&b, 5, 0);
    put_active(&b, 6, -1);
    put_active(&b, producer.producer_id, 143);
    wr__wire_put_no_tags(&b, true);
    put_part(&b, 2, WR_WIRE_NOT_LEADER, 0);
    wr__wire_put_no_tags(&b, true);
    wr__wire_put_no_tags(&b, true);
    wr__wire_put_no_tags(&b, true);
    check_cuts(&b, 0, read_opens);
    wr_buf_clear(&b);
    wr__wire_put_describe_producers(&b, parts, 3);
    wr_wire_in in = wr__wire_in(b.ptr, b.len);
    check_parts(&in, true);
    wr__wire_tags_skip(&in, true);
    OK(wr__wire_in_end(&in, "DescribeProducers", err));
    wr_buf_free(&b);
}

/* ---- AddPartitionsToTxn, EndTxn ---- */

static const int16_t *codes; /* of the answer's partitions */

static weir_status read_added(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                              weir_error *err)
{
    (void)a;
    int16_t error;
    WR_TRY(wr__wire_read_add_partitions(in, version, &error, err));
    if (whole)
        assert_int_equal(error, codes[3]);
    return WEIR_OK;
}

static void put_added(wr_buf *b, int16_t version)
{
    bool c = version >= 3;
    wr__wire_put_i32(b, 0);
    wr__wire_put_array(b, 2, c);
    for (uint32_t topic = 0, at = 0; topic < 2; topic++) {
        wr__wire_put_str(b, topic ? WR_STR("b") : WR_STR("a"), c);
        wr__wire_put_array(b, topic ? 1 : 2, c);
        for (uint32_t i = 0; i < (topic ? 1 : 2); i++, at++) {
            wr__wire_put_i32(b, parts[at].partition);
            wr__wire_put_i16(b, codes[at]);
            wr__wire_put_no_tags(b, c);
        }
        wr__wire_put_no_tags(b, c);
    }
    wr__wire_put_no_tags(b, c);
}

static void test_add_partitions(void **state)
{
    (void)state;
    /* Of the three partitions, and what is made of them. */
    static const int16_t cases[][4] = {
        {0, 0, 0, 0}, {0, 0, 55, 55}, {55, 3, 0, 3}, {3, 55, 51, 3}, {0, 51, 55, 51},
    };
    for (int16_t version = 0; version <= 3; version++) {
        wr_buf b = {0};
        for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
            codes = cases[i];
            wr_buf_clear(&b);
            put_added(&b, version);
            check_cuts(&b, version, read_added);
        }
        wr_buf_clear(&b);
        wr__wire_put_add_partitions(&b, version, &producer, parts, 3);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        check_producer(&in, version >= 3);
        check_parts(&in, version >= 3);
        wr__wire_tags_skip(&in, version >= 3);
        OK(wr__wire_in_end(&in, "AddPartitionsToTxn", err));
        wr_buf_free(&b);
    }
}

static wr_wire_api ended; /* whose answer it is */

static weir_status read_ended(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                              weir_error *err)
{
    (void)a;
    int16_t error;
    WR_TRY(wr__wire_read_txn_error(in, ended, version, &error, err));
    if (whole)
        assert_int_equal(error, WR_WIRE_CONCURRENT_TRANSACTIONS);
    return WEIR_OK;
}

static void test_end(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= 3; version++) {
        wr_buf b = {0};
        bool commit = version % 2;
        wr__wire_put_i32(&b, 0);
        wr__wire_put_i16(&b, WR_WIRE_CONCURRENT_TRANSACTIONS);
        wr__wire_put_no_tags(&b, version >= 3);
        ended = WR_WIRE_END_TXN;
        check_cuts(&b, version, read_ended);
        ended = WR_WIRE_ADD_OFFSETS_TO_TXN;
        check_cuts(&b, version, read_ended);
        wr_buf_clear(&b);
        wr__wire_put_add_offsets(&b, version, &producer, "g");
        wr_wire_in offsets = wr__wire_in(b.ptr, b.len);
        check_producer(&offsets, version >= 3);
        assert_true(wr_str_eq_c(wr__wire_str(&offsets, version >= 3), "g"));
        wr__wire_tags_skip(&offsets, version >= 3);
        OK(wr__wire_in_end(&offsets, "AddOffsetsToTxn", err));
        wr_buf_clear(&b);
        wr__wire_put_end_txn(&b, version, &producer, commit);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        check_producer(&in, version >= 3);
        assert_int_equal(wr__wire_bool(&in), commit);
        wr__wire_tags_skip(&in, version >= 3);
        OK(wr__wire_in_end(&in, "EndTxn", err));
        wr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_coordinator),
        cmocka_unit_test(test_describe_transaction),
        cmocka_unit_test(test_describe_producers),
        cmocka_unit_test(test_add_partitions),
        cmocka_unit_test(test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
