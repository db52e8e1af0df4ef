/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers in every version that is known: answers, written here field by field after
 * Kafka's definitions, are read; cut anywhere they are an error. Requests have the fields of their
 * version, no more and no fewer.
 */
#include "message_helper.h"

static const wr_wire_uuid an_id = {.bytes = "0123456789abcde"};

/* ---- ApiVersions, versions ---- */

static void test_choice(void **state)
{
    (void)state;
    wr_wire_versions v = {0};
    v.of[WR_WIRE_FETCH].min = 4;
    v.of[WR_WIRE_FETCH].max = 18;
    assert_int_equal(wr__wire_choose(&v, WR_WIRE_FETCH), 16);
    v.of[WR_WIRE_FETCH].max = 11;
    assert_int_equal(wr__wire_choose(&v, WR_WIRE_FETCH), 11);
    v.of[WR_WIRE_FETCH].max = 3;
    assert_int_equal(wr__wire_choose(&v, WR_WIRE_FETCH), -1);
    v.of[WR_WIRE_FETCH].min = 17;
    v.of[WR_WIRE_FETCH].max = 18;
    assert_int_equal(wr__wire_choose(&v, WR_WIRE_FETCH), -1);
    assert_true(wr__wire_flexible(WR_WIRE_FETCH, 12) && !wr__wire_flexible(WR_WIRE_FETCH, 11));
    assert_false(wr__wire_flexible(WR_WIRE_SASL_HANDSHAKE, 1));
}

static weir_status read_versions(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                 weir_error *err)
{
    (void)a;
    int16_t error;
    wr_wire_versions v;
    WR_TRY(wr__wire_read_api_versions(in, version, &error, &v, err));
    if (whole) {
        assert_int_equal(error, 0);
        assert_int_equal(v.of[WR_WIRE_FETCH].min, 4);
        assert_int_equal(v.of[WR_WIRE_FETCH].max, 17);
        assert_int_equal(wr__wire_choose(&v, WR_WIRE_METADATA), -1); /* not named */
    }
    return WEIR_OK;
}

static void test_api_versions(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= 3; version = (int16_t)(version + 3)) {
        bool compact = version == 3;
        wr_buf b = {0};
        wr__wire_put_i16(&b, 0);
        wr__wire_put_array(&b, 2, compact);
        for (int16_t api = 1; api < 3000; api = (int16_t)(api + 2500)) {
            wr__wire_put_i16(&b, api); /* one of them nobody knows */
            wr__wire_put_i16(&b, 4);
            wr__wire_put_i16(&b, 17);
            wr__wire_put_no_tags(&b, compact);
        }
        check_cuts(&b, version, read_versions);
        wr_buf_free(&b);
    }
}

/* ---- Metadata ---- */

static void put_metadata(wr_buf *b, int16_t version)
{
    bool c = version >= 9;
    wr__wire_put_i32(b, 0);
    wr__wire_put_array(b, 1, c);
    wr__wire_put_i32(b, 7);
    wr__wire_put_str(b, WR_STR("host"), c);
    wr__wire_put_i32(b, 9092);
    wr__wire_put_str(b, WR_STR("rack"), c);
    wr__wire_put_no_tags(b, c);
    wr__wire_put_str(b, (wr_str){0}, c);
    wr__wire_put_i32(b, 7);
    wr__wire_put_array(b, 1, c);
    wr__wire_put_i16(b, 0);
    wr__wire_put_str(b, WR_STR("topic"), c);
    if (version >= 10)
        wr__wire_put_uuid(b, an_id.bytes);
    wr__wire_put_bool(b, false);
    wr__wire_put_array(b, 1, c);
    wr__wire_put_i16(b, 0);
    wr__wire_put_i32(b, 3);
    wr__wire_put_i32(b, 7);
    if (version >= 7)
        wr__wire_put_i32(b, 12);
    for (int ids = 0; ids < (version >= 5 ? 3 : 2); ids++) {
        wr__wire_put_array(b, 2, c);
        wr__wire_put_i32(b, 7);
        wr__wire_put_i32(b, 8);
    }
    wr__wire_put_no_tags(b, c);
    if (version >= 8)
        wr__wire_put_i32(b, 0);
    wr__wire_put_no_tags(b, c);
    if (version >= 8 && version <= 10)
        wr__wire_put_i32(b, 0);
    wr__wire_put_no_tags(b, c);
}

static weir_status read_metadata(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                 weir_error *err)
{
    wr_wire_metadata m;
    WR_TRY(wr__wire_read_metadata(in, version, a, &m, err));
    if (!whole)
        return WEIR_OK;
    assert_int_equal(m.brokers_n, 1);
    assert_int_equal(m.brokers[0].id, 7);
    assert_int_equal(m.brokers[0].port, 9092);
    assert_true(wr_str_eq_c(m.brokers[0].host, "host"));
    assert_int_equal(m.topics_n, 1);
    assert_true(wr_str_eq_c(m.topics[0].name, "topic"));
    assert_int_equal(wr__wire_uuid_eq(&m.topics[0].id, &an_id), version >= 10);
    assert_int_equal(wr__wire_uuid_is_set(&m.topics[0].id), version >= 10);
    assert_int_equal(m.topics[0].n, 1);
    assert_int_equal(m.topics[0].partitions[0].partition, 3);
    assert_int_equal(m.topics[0].partitions[0].leader, 7);
    assert_int_equal(m.topics[0].partitions[0].epoch, version >= 7 ? 12 : -1);
    return WEIR_OK;
}

static void test_metadata(void **state)
{
    (void)state;
    for (int16_t version = 4; version <= 12; version++) {
        wr_buf b = {0};
        put_metadata(&b, version);
        check_cuts(&b, version, read_metadata);
        wr_buf_free(&b);
    }
}

/* ---- Fetch ---- */

static void put_fetched(wr_buf *b, int16_t version)
{
    bool c = version >= 12;
    wr__wire_put_i32(b, 21);
    if (version >= 7) {
        wr__wire_put_i16(b, 0);
        wr__wire_put_i32(b, 99);
    }
    wr__wire_put_array(b, 1, c);
    if (version >= 13)
        wr__wire_put_uuid(b, an_id.bytes);
    else
        wr__wire_put_str(b, WR_STR("topic"), c);
    wr__wire_put_array(b, 1, c);
    wr__wire_put_i32(b, 3);
    wr__wire_put_i16(b, 6);
    wr__wire_put_i64(b, 1000);
    wr__wire_put_i64(b, 990);
    if (version >= 5)
        wr__wire_put_i64(b, 10);
    wr__wire_put_array(b, 1, c);
    wr__wire_put_i64(b, 50);
    wr__wire_put_i64(b, 900);
    wr__wire_put_no_tags(b, c);
    if (version >= 11)
        wr__wire_put_i32(b, 8);
    wr__wire_put_bytes(b, WR_STR("records"), c);
    if (c) { /* who leads, behind a field that nobody knows */
        static const char tags[] = "\2\1\x9\0\0\0\7\0\0\0\5\0\x63\1x";
        wr_buf_put(b, tags, sizeof tags - 1);
    }
    wr__wire_put_no_tags(b, c);
    if (version >= 16) {
        static const char brokers[] = "\1\0\x10\2\0\0\0\7\5host\0\0\x23\x84\0\0";
        wr_buf_put(b, brokers, sizeof brokers - 1);
    } else {
        wr__wire_put_no_tags(b, c);
    }
}

static weir_status read_fetched(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                weir_error *err)
{
    wr_wire_fetch_answer f;
    WR_TRY(wr__wire_read_fetch(in, version, a, &f, err));
    if (!whole)
        return WEIR_OK;
    assert_int_equal(f.throttle_ms, 21);
    assert_int_equal(f.session, version >= 7 ? 99 : 0);
    assert_int_equal(f.n, 1);
    const wr_wire_fetched *p = f.parts;
    assert_int_equal(p->partition, 3);
    assert_int_equal(p->error, WR_WIRE_NOT_LEADER);
    assert_int_equal(p->high_watermark, 1000);
    assert_int_equal(p->stable_offset, 990);
    assert_int_equal(p->log_start, version >= 5 ? 10 : -1);
    assert_int_equal(p->aborted_n, 1);
    assert_int_equal(p->aborted[0].producer_id, 50);
    assert_int_equal(p->aborted[0].first_offset, 900);
    assert_int_equal(p->read_replica, version >= 11 ? 8 : -1);
    assert_int_equal(p->leader, version >= 12 ? 7 : -1);
    assert_int_equal(p->leader_epoch, version >= 12 ? 5 : -1);
    assert_true(wr_str_eq_c(p->records, "records"));
    assert_true(version >= 13 ? wr__wire_uuid_eq(&p->topic_id, &an_id)
                              : wr_str_eq_c(p->topic, "topic"));
    assert_int_equal(f.brokers_n, version >= 16);
    if (version >= 16) {
        assert_int_equal(f.brokers[0].id, 7);
        assert_int_equal(f.brokers[0].port, 9092);
    }
    return WEIR_OK;
}

static void test_fetched(void **state)
{
    (void)state;
    for (int16_t version = 4; version <= 16; version++) {
        wr_buf b = {0};
        put_fetched(&b, version);
        check_cuts(&b, version, read_fetched);
        wr_buf_free(&b);
    }
}

/* What the broker would read of a Fetch request. */
static void check_fetch_request(wr_wire_in *in, int16_t version)
{
    bool c = version >= 12;
    if (version <= 14)
        assert_int_equal(wr__wire_i32(in), -1);
    assert_int_equal(wr__wire_i32(in), 500);
    assert_int_equal(wr__wire_i32(in), 1);
    assert_int_equal(wr__wire_i32(in), 1000);
    assert_int_equal(wr__wire_i8(in), 1);
    if (version >= 7) {
        assert_int_equal(wr__wire_i32(in), 99);
        assert_int_equal(wr__wire_i32(in), 4);
    }
    assert_int_equal(wr__wire_array(in, c, 1), 2); /* topics */
    for (int32_t topic = 0; topic < 2; topic++) {
        if (version >= 13)
            assert_memory_equal(wr__wire_uuid(in), an_id.bytes, 16);
        else
            assert_true(wr_str_eq_c(wr__wire_str(in, c), topic ? "b" : "a"));
        uint32_t n = wr__wire_array(in, c, 1);
        assert_int_equal(n, topic ? 1 : 2);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(wr__wire_i32(in), i);
            if (version >= 9)
                assert_int_equal(wr__wire_i32(in), 12);
            assert_int_equal(wr__wire_i64(in), 77);
            if (version >= 12)
                assert_int_equal(wr__wire_i32(in), -1);
            if (version >= 5)
                assert_int_equal(wr__wire_i64(in), -1);
            assert_int_equal(wr__wire_i32(in), 200);
            wr__wire_tags_skip(in, c);
        }
        wr__wire_tags_skip(in, c);
    }
    if (version >= 7) {
        assert_int_equal(wr__wire_array(in, c, 1), 1);
        if (version >= 13)
            assert_memory_equal(wr__wire_uuid(in), an_id.bytes, 16);
        else
            assert_true(wr_str_eq_c(wr__wire_str(in, c), "b"));
        assert_int_equal(wr__wire_array(in, c, 1), 1);
        assert_int_equal(wr__wire_i32(in), 5);
        wr__wire_tags_skip(in, c);
    }
    if (version >= 11)
        assert_true(wr_str_eq_c(wr__wire_str(in, c), "rack"));
    wr__wire_tags_skip(in, c);
    OK(wr__wire_in_end(in, "Fetch", err));
}

static void test_fetch_request(void **state)
{
    (void)state;
    wr_wire_ask asks[3] = {{.topic = "a"}, {.topic = "a", .partition = 1}, {.topic = "b"}};
    wr_wire_ask forget[1] = {{.topic = "b", .topic_id = &an_id, .partition = 5}};
    for (size_t i = 0; i < WR_ARRAY_LEN(asks); i++) {
        asks[i].topic_id = &an_id;
        asks[i].leader_epoch = 12;
        asks[i].at = 77;
    }
    wr_wire_fetch f = {.wait_ms = 500,
                       .min_bytes = 1,
                       .max_bytes = 1000,
                       .partition_bytes = 200,
                       .committed = true,
                       .session = 99,
                       .session_epoch = 4,
                       .asks = asks,
                       .n = 3,
                       .forget = forget,
                       .forget_n = 1,
                       .rack = "rack"};
    for (int16_t version = 4; version <= 16; version++) {
        wr_buf b = {0};
        size_t at = wr__wire_request_begin(&b, WR_WIRE_FETCH, version, 41, "client");
        wr__wire_put_fetch(&b, version, &f);
        wr__wire_request_end(&b, at);
        assert_int_equal(wr_get_be32(b.ptr), b.len - 4);
        wr_wire_in in = wr__wire_in(b.ptr + 4, b.len - 4);
        assert_int_equal(wr__wire_i16(&in), 1);
        assert_int_equal(wr__wire_i16(&in), version);
        assert_int_equal(wr__wire_i32(&in), 41);
        assert_true(wr_str_eq_c(wr__wire_str(&in, false), "client")); /* never compact */
        wr__wire_tags_skip(&in, version >= 12);
        check_fetch_request(&in, version);
        wr_buf_free(&b);
    }
}

/* ---- offsets ---- */

static weir_status check_offsets(const wr_wire_offsets *o, int32_t epoch)
{
    assert_int_equal(o->n, 1);
    assert_true(wr_str_eq_c(o->v[0].topic, "topic"));
    assert_int_equal(o->v[0].partition, 3);
    assert_int_equal(o->v[0].error, 0);
    assert_int_equal(o->v[0].offset, 1234);
    assert_int_equal(o->v[0].epoch, epoch);
    return WEIR_OK;
}

static weir_status read_listed(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                               weir_error *err)
{
    wr_wire_offsets o;
    WR_TRY(wr__wire_read_list_offsets(in, version, a, &o, err));
    return whole ? check_offsets(&o, version >= 4 ? 12 : -1) : WEIR_OK;
}

static weir_status read_epoch_ends(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                   weir_error *err)
{
    wr_wire_offsets o;
    WR_TRY(wr__wire_read_epoch_ends(in, version, a, &o, err));
    return whole ? check_offsets(&o, 12) : WEIR_OK;
}

static void put_topic(wr_buf *b, bool c)
{
    wr__wire_put_array(b, 1, c);
    wr__wire_put_str(b, WR_STR("topic"), c);
    wr__wire_put_array(b, 1, c);
}

static void test_offsets(void **state)
{
    (void)state;
    for (int16_t version = 1; version <= 7; version++) {
        wr_buf b = {0};
        bool c = version >= 6;
        if (version >= 2)
            wr__wire_put_i32(&b, 0);
        put_topic(&b, c);
        wr__wire_put_i32(&b, 3);
        wr__wire_put_i16(&b, 0);
        wr__wire_put_i64(&b, -1);
        wr__wire_put_i64(&b, 1234);
        if (version >= 4)
            wr__wire_put_i32(&b, 12);
        for (int i = 0; i < 3; i++)
            wr__wire_put_no_tags(&b, c);
        check_cuts(&b, version, read_listed);
        wr_buf_free(&b);
    }
    for (int16_t version = 2; version <= 4; version++) {
        wr_buf b = {0};
        wr__wire_put_i32(&b, 0);
        put_topic(&b, version >= 4);
        wr__wire_put_i16(&b, 0);
        wr__wire_put_i32(&b, 3);
        wr__wire_put_i32(&b, 12);
        wr__wire_put_i64(&b, 1234);
        for (int i = 0; i < 3; i++)
            wr__wire_put_no_tags(&b, version >= 4);
        check_cuts(&b, version, read_epoch_ends);
        wr_buf_free(&b);
    }
}

/* ---- writing ---- */

static weir_status read_given(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                              weir_error *err)
{
    (void)a;
    wr_wire_producer_given given;
    WR_TRY(wr__wire_read_init_producer_id(in, version, &given, err));
    if (whole) {
        assert_int_equal(given.error, 0);
        assert_int_equal(given.id, 4000000001);
        assert_int_equal(given.epoch, 3);
    }
    return WEIR_OK;
}

static void put_given(wr_buf *b, int16_t version, int16_t error, int64_t id)
{
    wr__wire_put_i32(b, 0);
    wr__wire_put_i16(b, error);
    wr__wire_put_i64(b, id);
    wr__wire_put_i16(b, 3);
    wr__wire_put_no_tags(b, version >= 2);
}

static void test_init_producer_id(void **state)
{
    (void)state;
    wr_wire_producer_given given;
    for (int16_t version = 0; version <= 5; version++) {
        wr_buf b = {0};
        bool c = version >= 2;
        put_given(&b, version, 0, 4000000001);
        check_cuts(&b, version, read_given);
        wr_buf_clear(&b);
        wr__wire_put_init_producer_id(&b, version, (wr_str){0}, INT32_MAX);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        assert_null(wr__wire_str_or_null(&in, c).ptr);
        assert_int_equal(wr__wire_i32(&in), INT32_MAX);
        if (version >= 3) {
            assert_int_equal(wr__wire_i64(&in), -1);
            assert_int_equal(wr__wire_i16(&in), -1);
        }
        wr__wire_tags_skip(&in, c);
        OK(wr__wire_in_end(&in, "InitProducerId", err));
        wr_buf_free(&b);
    }
    wr_buf b = {0};
    put_given(&b, 5, 0, -1);
    wr_wire_in in = wr__wire_in(b.ptr, b.len);
    FAILS(WEIR_ERR_LOG, "is none", wr__wire_read_init_producer_id(&in, 5, &given, err));
    wr_buf_clear(&b);
    put_given(&b, 5, 31, -1); /* but with an error there is none */
    in = wr__wire_in(b.ptr, b.len);
    OK(wr__wire_read_init_producer_id(&in, 5, &given, err));
    assert_int_equal(given.error, 31);
    wr_buf_free(&b);
}

/* Two partitions: one refused, for a reason that is said from version 8 on, one written. */
static void put_produced(wr_buf *b, int16_t version)
{
    bool c = version >= 9;
    wr__wire_put_array(b, 1, c);
    if (version >= 13)
        wr__wire_put_uuid(b, an_id.bytes);
    else
        wr__wire_put_str(b, WR_STR("topic"), c);
    wr__wire_put_array(b, 2, c);
    for (int32_t i = 0; i < 2; i++) {
        wr__wire_put_i32(b, i);
        wr__wire_put_i16(b, i ? 0 : WR_WIRE_NOT_LEADER);
        wr__wire_put_i64(b, i ? 1234 : -1);
        wr__wire_put_i64(b, -1);
        if (version >= 5)
            wr__wire_put_i64(b, 0);
        if (version >= 8) {
            wr__wire_put_array(b, i ? 0 : 2, c);
            for (int k = 0; k < 2 && !i; k++) {
                wr__wire_put_i32(b, k);
                wr__wire_put_str(b, k ? WR_STR("too late") : (wr_str){0}, c);
                wr__wire_put_no_tags(b, c);
            }
            wr__wire_put_str(b, i ? (wr_str){0} : WR_STR("all of it"), c);
        }
        if (c && version >= 10 && !i) {
            wr__wire_put_uvarint(b, 1); /* one tagged field: the leader */
            wr__wire_put_uvarint(b, 0);
            wr__wire_put_uvarint(b, 9);
            wr__wire_put_i32(b, 8);
            wr__wire_put_i32(b, 77);
            wr__wire_put_no_tags(b, true);
        } else {
            wr__wire_put_no_tags(b, c);
        }
    }
    wr__wire_put_no_tags(b, c);
    wr__wire_put_i32(b, 250);
    if (version < 10) {
        wr__wire_put_no_tags(b, c);
        return;
    }
    wr_buf brokers = {0};
    wr__wire_put_array(&brokers, 1, true);
    wr__wire_put_i32(&brokers, 8);
    wr__wire_put_str(&brokers, WR_STR("there"), true);
    wr__wire_put_i32(&brokers, 9093);
    wr__wire_put_str(&brokers, (wr_str){0}, true);
    wr__wire_put_no_tags(&brokers, true);
    wr__wire_put_uvarint(b, 1);
    wr__wire_put_uvarint(b, 0);
    wr__wire_put_uvarint(b, (uint32_t)brokers.len);
    wr_buf_put(b, brokers.ptr, brokers.len);
    wr_buf_free(&brokers);
}

static weir_status read_produced(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                 weir_error *err)
{
    wr_wire_produce_answer all;
    WR_TRY(wr__wire_read_produce(in, version, a, &all, err));
    if (!whole)
        return WEIR_OK;
    assert_int_equal(all.n, 2);
    assert_int_equal(all.throttle_ms, 250);
    for (uint32_t i = 0; i < 2; i++) {
        const wr_wire_produced *p = &all.parts[i];
        assert_int_equal(p->partition, i);
        assert_int_equal(p->error, i ? 0 : WR_WIRE_NOT_LEADER);
        assert_int_equal(p->base_offset, i ? 1234 : -1);
        if (version >= 13)
            assert_memory_equal(p->topic_id.bytes, an_id.bytes, 16);
        else
            assert_true(wr_str_eq_c(p->topic, "topic"));
        assert_int_equal(p->leader, version >= 10 && !i ? 8 : -1);
        assert_int_equal(p->leader_epoch, version >= 10 && !i ? 77 : -1);
        assert_int_equal(!p->message.ptr, version < 8 || i);
    }
    if (version >= 8)
        assert_true(wr_str_eq_c(all.parts[0].message, "too late"));
    assert_int_equal(all.brokers_n, version >= 10);
    if (version >= 10) {
        assert_int_equal(all.brokers[0].id, 8);
        assert_int_equal(all.brokers[0].port, 9093);
        assert_true(wr_str_eq_c(all.brokers[0].host, "there"));
    }
    return WEIR_OK;
}

static void test_produced(void **state)
{
    (void)state;
    for (int16_t version = 3; version <= 13; version++) {
        wr_buf b = {0};
        put_produced(&b, version);
        check_cuts(&b, version, read_produced);
        wr_buf_free(&b);
    }
}

/* As Kafka's own classes (kafka-clients 4.4.0) write it. */
static void test_produced_by_java(void **state)
{
    (void)state;
    static const uint8_t recorded[] = {
        0x02, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64,
        0x65, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x01, 0x09, 0x74, 0x6f, 0x6f, 0x20, 0x6c, 0x61,
        0x74, 0x65, 0x00, 0x0a, 0x61, 0x6c, 0x6c, 0x20, 0x6f, 0x66, 0x20, 0x69, 0x74, 0x01, 0x00,
        0x09, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x4d, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0xd2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0xfa, 0x01, 0x00, 0x11, 0x02, 0x00, 0x00, 0x00, 0x08, 0x06, 0x74, 0x68, 0x65,
        0x72, 0x65, 0x00, 0x00, 0x23, 0x85, 0x00, 0x00,
    };
    wr_buf b = {0};
    wr_buf_put(&b, recorded, sizeof recorded);
    check_cuts(&b, 13, read_produced);
    wr_buf_free(&b);
}

/* What the broker would read of a Produce request. */
static void test_produce_request(void **state)
{
    (void)state;
    wr_wire_ask asks[3] = {
        {.topic = "a", .topic_id = &an_id, .records = WR_STR("first")},
        {.topic = "a", .topic_id = &an_id, .partition = 1, .records = WR_STR("")},
        {.topic = "b", .topic_id = &an_id, .records = WR_STR("third")}};
    for (int16_t version = 3; version <= 13; version++) {
        wr_buf b = {0};
        bool c = version >= 9;
        uint32_t at = 0;
        wr__wire_put_produce(&b, version, -1, 30000, asks, 3);
        wr_wire_in in = wr__wire_in(b.ptr, b.len);
        assert_null(wr__wire_str_or_null(&in, c).ptr);
        assert_int_equal(wr__wire_i16(&in), -1);
        assert_int_equal(wr__wire_i32(&in), 30000);
        assert_int_equal(wr__wire_array(&in, c, 1), 2);
        for (int topic = 0; topic < 2; topic++) {
            if (version >= 13)
                assert_memory_equal(wr__wire_uuid(&in), an_id.bytes, 16);
            else
                assert_true(wr_str_eq_c(wr__wire_str(&in, c), topic ? "b" : "a"));
            uint32_t n = wr__wire_array(&in, c, 1);
            assert_int_equal(n, topic ? 1 : 2);
            for (uint32_t i = 0; i < n; i++, at++) {
                assert_int_equal(wr__wire_i32(&in), asks[at].partition);
                assert_true(wr_str_eq(wr__wire_bytes(&in, c), asks[at].records));
                wr__wire_tags_skip(&in, c);
            }
            wr__wire_tags_skip(&in, c);
        }
        wr__wire_tags_skip(&in, c);
        OK(wr__wire_in_end(&in, "Produce", err));
        wr_buf_free(&b);
    }
}

/* ---- SASL ---- */

static weir_status read_authenticated(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                      weir_error *err)
{
    (void)a;
    wr_wire_authenticated said;
    WR_TRY(wr__wire_read_sasl_authenticate(in, version, &said, err));
    if (whole) {
        assert_int_equal(said.error, 58);
        assert_true(wr_str_eq_c(said.message, "no"));
        assert_true(wr_str_eq_c(said.bytes, "bytes"));
        assert_int_equal(said.lifetime_ms, version >= 1 ? 3600000 : 0);
    }
    return WEIR_OK;
}

static weir_status read_handshake(wr_wire_in *in, int16_t version, wr_arena *a, bool whole,
                                  weir_error *err)
{
    (void)version, (void)a;
    int16_t error;
    wr_buf known = {0};
    weir_status st = wr__wire_read_sasl_handshake(in, &error, &known, err);
    if (whole) {
        assert_int_equal(error, WR_WIRE_UNSUPPORTED_SASL_MECHANISM);
        assert_string_equal(wr_buf_cstr(&known), "PLAIN, GSSAPI");
    }
    wr_buf_free(&known);
    return st;
}

static void test_sasl_answers(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= 2; version++) {
        wr_buf b = {0};
        wr__wire_put_i16(&b, 58);
        wr__wire_put_str(&b, WR_STR("no"), version >= 2);
        wr__wire_put_bytes(&b, WR_STR("bytes"), version >= 2);
        if (version >= 1)
            wr__wire_put_i64(&b, 3600000);
        wr__wire_put_no_tags(&b, version >= 2);
        check_cuts(&b, version, read_authenticated);
        wr_buf_free(&b);
    }
    wr_buf b = {0};
    wr__wire_put_i16(&b, WR_WIRE_UNSUPPORTED_SASL_MECHANISM);
    wr__wire_put_array(&b, 2, false);
    wr__wire_put_str(&b, WR_STR("PLAIN"), false);
    wr__wire_put_str(&b, WR_STR("GSSAPI"), false);
    check_cuts(&b, 1, read_handshake);
    wr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),          cmocka_unit_test(test_api_versions),
        cmocka_unit_test(test_metadata),        cmocka_unit_test(test_fetched),
        cmocka_unit_test(test_fetch_request),   cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_sasl_answers),    cmocka_unit_test(test_init_producer_id),
        cmocka_unit_test(test_produced),        cmocka_unit_test(test_produced_by_java),
        cmocka_unit_test(test_produce_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
