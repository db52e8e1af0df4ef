/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers, version by version. Each function follows the fields of the message's
 * definition in order; "from N" comments name the version that brought a field.
 */
#include "runtime/log/wire/messages.h"

#include <stdlib.h>

/* ---- versions ---- */

static const struct {
    int16_t min, max, flexible;
} ours[WR_WIRE_APIS] = {
    [WR_WIRE_PRODUCE] = {3, 13, 9},
    [WR_WIRE_INIT_PRODUCER_ID] = {0, 5, 2},
    [WR_WIRE_FETCH] = {4, 16, 12},
    [WR_WIRE_LIST_OFFSETS] = {1, 7, 6},
    [WR_WIRE_METADATA] = {4, 12, 9},
    [WR_WIRE_SASL_HANDSHAKE] = {1, 1, INT16_MAX},
    [WR_WIRE_API_VERSIONS] = {0, 3, 3},
    [WR_WIRE_OFFSET_FOR_LEADER_EPOCH] = {2, 4, 4},
    [WR_WIRE_SASL_AUTHENTICATE] = {0, 2, 2},
    [WR_WIRE_FIND_COORDINATOR] = {1, 3, 3},
    [WR_WIRE_ADD_PARTITIONS_TO_TXN] = {0, 3, 3},
    [WR_WIRE_END_TXN] = {0, 3, 3},
    [WR_WIRE_ADD_OFFSETS_TO_TXN] = {0, 3, 3},
    [WR_WIRE_DESCRIBE_PRODUCERS] = {0, 0, -1},
    [WR_WIRE_DESCRIBE_TRANSACTIONS] = {0, 0, -1},
};

int16_t wr__wire_choose(const wr_wire_versions *theirs, wr_wire_api api)
{
    WR_ASSERT(api < WR_WIRE_APIS && ours[api].flexible);
    int16_t max = WR_MIN(theirs->of[api].max, ours[api].max);
    int16_t min = WR_MAX(theirs->of[api].min, ours[api].min);
    return max >= min ? max : -1;
}

bool wr__wire_flexible(wr_wire_api api, int16_t version)
{
    WR_ASSERT(api < WR_WIRE_APIS && ours[api].flexible);
    return version >= ours[api].flexible;
}

size_t wr__wire_request_begin(wr_buf *b, wr_wire_api api, int16_t version, int32_t correlation,
                              const char *client_id)
{
    WR_ASSERT(client_id && version >= 0 && version <= ours[api].max);
    size_t at = wr__wire_put_size_begin(b);
    wr__wire_put_i16(b, (int16_t)api);
    wr__wire_put_i16(b, version);
    wr__wire_put_i32(b, correlation);
    wr__wire_put_str(b, wr_str_c(client_id), false); /* never compact */
    wr__wire_put_no_tags(b, wr__wire_flexible(api, version));
    return at;
}

void wr__wire_request_end(wr_buf *b, size_t at)
{
    wr__wire_put_size_end(b, at);
}

int32_t wr__wire_answer_head(wr_wire_in *in, wr_wire_api api, int16_t version)
{
    int32_t correlation = wr__wire_i32(in);
    /* Who does not know the version asked for must be able to read the answer. */
    if (api != WR_WIRE_API_VERSIONS)
        wr__wire_tags_skip(in, wr__wire_flexible(api, version));
    return correlation;
}

bool wr__wire_uuid_is_set(const wr_wire_uuid *u)
{
    static const wr_wire_uuid none;
    return !wr__wire_uuid_eq(u, &none);
}

bool wr__wire_uuid_eq(const wr_wire_uuid *a, const wr_wire_uuid *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static wr_wire_uuid read_uuid(wr_wire_in *in)
{
    wr_wire_uuid u;
    memcpy(u.bytes, wr__wire_uuid(in), sizeof u.bytes);
    return u;
}

/* ---- ApiVersions ---- */

void wr__wire_put_api_versions(wr_buf *b, int16_t version, const char *software)
{
    if (version < 3)
        return;
    wr__wire_put_str(b, wr_str_c(software), true);
    wr__wire_put_str(b, wr_str_c("1"), true);
    wr__wire_put_no_tags(b, true);
}

weir_status wr__wire_read_api_versions(wr_wire_in *in, int16_t version, int16_t *error,
                                       wr_wire_versions *out, weir_error *err)
{
    for (size_t i = 0; i < WR_WIRE_APIS; i++)
        out->of[i].min = 0, out->of[i].max = -1;
    *error = wr__wire_i16(in);
    bool compact = version >= 3 && *error != WR_WIRE_UNSUPPORTED_VERSION;
    uint32_t n = wr__wire_array(in, compact, 6);
    for (uint32_t i = 0; i < n; i++) {
        int16_t api = wr__wire_i16(in), min = wr__wire_i16(in), max = wr__wire_i16(in);
        wr__wire_tags_skip(in, compact);
        if (api >= 0 && api < WR_WIRE_APIS)
            out->of[api].min = min, out->of[api].max = max;
    }
    /* What follows (throttling, features) is not used. */
    return wr__wire_in_check(in, "Kafka's answer to ApiVersions", err);
}

/* ---- SASL ---- */

void wr__wire_put_sasl_handshake(wr_buf *b, const char *mechanism)
{
    wr__wire_put_str(b, wr_str_c(mechanism), false);
}

weir_status wr__wire_read_sasl_handshake(wr_wire_in *in, int16_t *error, wr_buf *mechanisms,
                                         weir_error *err)
{
    *error = wr__wire_i16(in);
    wr_buf_clear(mechanisms);
    uint32_t n = wr__wire_array(in, false, 2);
    for (uint32_t i = 0; i < n; i++) {
        wr_buf_puts(mechanisms, i ? ", " : "");
        wr_buf_str(mechanisms, wr__wire_str(in, false));
    }
    return wr__wire_in_end(in, "Kafka's answer to SaslHandshake", err);
}

void wr__wire_put_sasl_authenticate(wr_buf *b, int16_t version, wr_str bytes)
{
    bool compact = wr__wire_flexible(WR_WIRE_SASL_AUTHENTICATE, version);
    wr__wire_put_bytes(b, bytes, compact);
    wr__wire_put_no_tags(b, compact);
}

weir_status wr__wire_read_sasl_authenticate(wr_wire_in *in, int16_t version,
                                            wr_wire_authenticated *out, weir_error *err)
{
    bool compact = wr__wire_flexible(WR_WIRE_SASL_AUTHENTICATE, version);
    out->error = wr__wire_i16(in);
    out->message = wr__wire_str_or_null(in, compact);
    out->bytes = wr__wire_bytes(in, compact);
    out->lifetime_ms = version >= 1 ? wr__wire_i64(in) : 0;
    wr__wire_tags_skip(in, compact);
    return wr__wire_in_end(in, "Kafka's answer to SaslAuthenticate", err);
}

/* ---- Metadata ---- */

void wr__wire_put_metadata(wr_buf *b, int16_t version, const char *const *topics, uint32_t n)
{
    static const wr_wire_uuid by_name;
    bool compact = wr__wire_flexible(WR_WIRE_METADATA, version);
    wr__wire_put_array(b, n, compact);
    for (uint32_t i = 0; i < n; i++) {
        if (version >= 10)
            wr__wire_put_uuid(b, by_name.bytes);
        wr__wire_put_str(b, wr_str_c(topics[i]), compact);
        wr__wire_put_no_tags(b, compact);
    }
    wr__wire_put_bool(b, false); /* do not create them; from 4 */
    if (version >= 8 && version <= 10)
        wr__wire_put_bool(b, false); /* what may be done with the cluster */
    if (version >= 8)
        wr__wire_put_bool(b, false); /* and with the topics */
    wr__wire_put_no_tags(b, compact);
}

static void skip_ids(wr_wire_in *in, bool compact)
{
    uint32_t n = wr__wire_array(in, compact, 4);
    for (uint32_t i = 0; i < n; i++)
        (void)wr__wire_i32(in);
}

static void read_topic(wr_wire_in *in, int16_t version, wr_arena *a, wr_wire_topic *t)
{
    bool compact = wr__wire_flexible(WR_WIRE_METADATA, version);
    t->error = wr__wire_i16(in);
    t->name = version >= 12 ? wr__wire_str_or_null(in, compact) : wr__wire_str(in, compact);
    if (version >= 10)
        t->id = read_uuid(in);
    t->internal = wr__wire_bool(in);
    t->n = wr__wire_array(in, compact, 10);
    t->partitions = WR_NEW_N(a, wr_wire_leader, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        wr_wire_leader *p = &t->partitions[i];
        p->error = wr__wire_i16(in);
        p->partition = wr__wire_i32(in);
        p->leader = wr__wire_i32(in);
        p->epoch = version >= 7 ? wr__wire_i32(in) : -1;
        skip_ids(in, compact); /* replicas */
        skip_ids(in, compact); /* those in sync */
        if (version >= 5)
            skip_ids(in, compact); /* those away */
        wr__wire_tags_skip(in, compact);
    }
    if (version >= 8)
        (void)wr__wire_i32(in); /* what may be done with it */
    wr__wire_tags_skip(in, compact);
}

static void read_broker(wr_wire_in *in, bool compact, wr_wire_broker *b)
{
    b->id = wr__wire_i32(in);
    b->host = wr__wire_str(in, compact);
    b->port = wr__wire_i32(in);
    (void)wr__wire_str_or_null(in, compact); /* rack */
    wr__wire_tags_skip(in, compact);
}

weir_status wr__wire_read_metadata(wr_wire_in *in, int16_t version, wr_arena *a,
                                   wr_wire_metadata *out, weir_error *err)
{
    bool compact = wr__wire_flexible(WR_WIRE_METADATA, version);
    WR_ASSERT(version >= ours[WR_WIRE_METADATA].min && version <= ours[WR_WIRE_METADATA].max);
    (void)wr__wire_i32(in); /* throttling */
    out->brokers_n = wr__wire_array(in, compact, 10);
    out->brokers = WR_NEW_N(a, wr_wire_broker, out->brokers_n);
    for (uint32_t i = 0; i < out->brokers_n; i++)
        read_broker(in, compact, &out->brokers[i]);
    (void)wr__wire_str_or_null(in, compact); /* the cluster's id */
    (void)wr__wire_i32(in);                  /* controller */
    out->topics_n = wr__wire_array(in, compact, 5);
    out->topics = WR_NEW_N(a, wr_wire_topic, out->topics_n);
    for (uint32_t i = 0; i < out->topics_n; i++)
        read_topic(in, version, a, &out->topics[i]);
    if (version >= 8 && version <= 10)
        (void)wr__wire_i32(in); /* what may be done with the cluster */
    wr__wire_tags_skip(in, compact);
    return wr__wire_in_end(in, "Kafka's answer to Metadata", err);
}

/* ---- partitions by topic ---- */

/* How many of the asks from @p at on are of the same topic. */
static uint32_t of_topic(const wr_wire_ask *asks, uint32_t n, uint32_t at)
{
    WR_ASSERT(at < n);
    uint32_t end = at + 1;
    while (end < n && strcmp(asks[end].topic, asks[at].topic) == 0)
        end++;
    return end - at;
}

static uint32_t count_topics(const wr_wire_ask *asks, uint32_t n)
{
    uint32_t topics = 0;
    for (uint32_t i = 0; i < n; i += of_topic(asks, n, i))
        topics++;
    return topics;
}

/* Topics with their partitions; @p put writes one partition up to its tagged fields. */
typedef void (*put_partition)(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg);
static void put_topics(wr_buf *b, wr_wire_api api, int16_t version, const wr_wire_ask *asks,
                       uint32_t n, put_partition put, const void *arg)
{
    bool compact = wr__wire_flexible(api, version);
    bool by_id = (api == WR_WIRE_FETCH && version >= WR_WIRE_FETCH_BY_ID) ||
                 (api == WR_WIRE_PRODUCE && version >= WR_WIRE_PRODUCE_BY_ID);
    WR_ASSERT(asks || n == 0);
    wr__wire_put_array(b, count_topics(asks, n), compact);
    for (uint32_t i = 0, parts; i < n; i += parts) {
        parts = of_topic(asks, n, i);
        WR_ASSERT(!by_id || (asks[i].topic_id && wr__wire_uuid_is_set(asks[i].topic_id)));
        if (by_id)
            wr__wire_put_uuid(b, asks[i].topic_id->bytes);
        else
            wr__wire_put_str(b, wr_str_c(asks[i].topic), compact);
        wr__wire_put_array(b, parts, compact);
        for (uint32_t k = i; k < i + parts; k++)
            put(b, version, &asks[k], arg);
        wr__wire_put_no_tags(b, compact);
    }
}

/* ---- ListOffsets ---- */

static void put_list_offset(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg)
{
    (void)arg;
    wr__wire_put_i32(b, ask->partition);
    if (version >= 4)
        wr__wire_put_i32(b, ask->leader_epoch);
    wr__wire_put_i64(b, ask->at);
    wr__wire_put_no_tags(b, wr__wire_flexible(WR_WIRE_LIST_OFFSETS, version));
}

void wr__wire_put_list_offsets(wr_buf *b, int16_t version, bool committed, const wr_wire_ask *asks,
                               uint32_t n)
{
    wr__wire_put_i32(b, -1); /* a consumer */
    if (version >= 2)
        wr__wire_put_i8(b, committed);
    put_topics(b, WR_WIRE_LIST_OFFSETS, version, asks, n, put_list_offset, NULL);
    wr__wire_put_no_tags(b, wr__wire_flexible(WR_WIRE_LIST_OFFSETS, version));
}

/* Partitions of all topics in one array; @p read takes one up to its tagged fields. */
typedef void (*read_offset)(wr_wire_in *in, int16_t version, wr_wire_offset *out);
static void read_offsets(wr_wire_in *in, wr_wire_api api, int16_t version, size_t item_min,
                         wr_arena *a, read_offset read, wr_wire_offsets *out)
{
    wr_arr(wr_wire_offset) all = {0};
    bool compact = wr__wire_flexible(api, version);
    uint32_t topics = wr__wire_array(in, compact, 3);
    for (uint32_t i = 0; i < topics; i++) {
        wr_str topic = wr__wire_str(in, compact);
        uint32_t n = wr__wire_array(in, compact, item_min);
        for (uint32_t k = 0; k < n; k++) {
            wr_wire_offset o = {.topic = topic, .epoch = -1};
            read(in, version, &o);
            wr__wire_tags_skip(in, compact);
            wr_arr_push(a, &all, o);
        }
        wr__wire_tags_skip(in, compact);
    }
    wr__wire_tags_skip(in, compact);
    *out = (wr_wire_offsets){all.v, (uint32_t)all.n};
}

static void read_list_offset(wr_wire_in *in, int16_t version, wr_wire_offset *out)
{
    out->partition = wr__wire_i32(in);
    out->error = wr__wire_i16(in);
    (void)wr__wire_i64(in); /* the record's time */
    out->offset = wr__wire_i64(in);
    out->epoch = version >= 4 ? wr__wire_i32(in) : -1;
}

weir_status wr__wire_read_list_offsets(wr_wire_in *in, int16_t version, wr_arena *a,
                                       wr_wire_offsets *out, weir_error *err)
{
    if (version >= 2)
        (void)wr__wire_i32(in); /* throttling */
    read_offsets(in, WR_WIRE_LIST_OFFSETS, version, 22, a, read_list_offset, out);
    return wr__wire_in_end(in, "Kafka's answer to ListOffsets", err);
}

/* ---- OffsetForLeaderEpoch ---- */

static void put_epoch_end(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg)
{
    (void)arg;
    wr__wire_put_i32(b, ask->partition);
    wr__wire_put_i32(b, ask->leader_epoch);
    wr__wire_put_i32(b, ask->epoch);
    wr__wire_put_no_tags(b, wr__wire_flexible(WR_WIRE_OFFSET_FOR_LEADER_EPOCH, version));
}

void wr__wire_put_epoch_ends(wr_buf *b, int16_t version, const wr_wire_ask *asks, uint32_t n)
{
    if (version >= 3)
        wr__wire_put_i32(b, -1); /* a consumer */
    put_topics(b, WR_WIRE_OFFSET_FOR_LEADER_EPOCH, version, asks, n, put_epoch_end, NULL);
    wr__wire_put_no_tags(b, wr__wire_flexible(WR_WIRE_OFFSET_FOR_LEADER_EPOCH, version));
}

static void read_epoch_end(wr_wire_in *in, int16_t version, wr_wire_offset *out)
{
    (void)version;
    out->error = wr__wire_i16(in);
    out->partition = wr__wire_i32(in);
    out->epoch = wr__wire_i32(in);
    out->offset = wr__wire_i64(in);
}

weir_status wr__wire_read_epoch_ends(wr_wire_in *in, int16_t version, wr_arena *a,
                                     wr_wire_offsets *out, weir_error *err)
{
    (void)wr__wire_i32(in); /* throttling */
    read_offsets(in, WR_WIRE_OFFSET_FOR_LEADER_EPOCH, version, 18, a, read_epoch_end, out);
    return wr__wire_in_end(in, "Kafka's answer to OffsetForLeaderEpoch", err);
}

/* ---- Fetch ---- */

static void put_fetch_partition(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg)
{
    const wr_wire_fetch *f = arg;
    wr__wire_put_i32(b, ask->partition);
    if (version >= 9)
        wr__wire_put_i32(b, ask->leader_epoch);
    wr__wire_put_i64(b, ask->at);
    if (version >= 12)
        wr__wire_put_i32(b, -1); /* the epoch last fetched: for replicas */
    if (version >= 5)
        wr__wire_put_i64(b, -1); /* where the log begins: for replicas */
    wr__wire_put_i32(b, f->partition_bytes);
    wr__wire_put_no_tags(b, wr__wire_flexible(WR_WIRE_FETCH, version));
}

static void put_forgotten(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg)
{
    (void)version, (void)arg;
    wr__wire_put_i32(b, ask->partition);
}

void wr__wire_put_fetch(wr_buf *b, int16_t version, const wr_wire_fetch *f)
{
    bool compact = wr__wire_flexible(WR_WIRE_FETCH, version);
    WR_ASSERT(f->rack && f->max_bytes > 0 && (f->session_epoch > 0 || f->forget_n == 0));
    if (version <= 14)
        wr__wire_put_i32(b, -1); /* a consumer */
    wr__wire_put_i32(b, f->wait_ms);
    wr__wire_put_i32(b, f->min_bytes);
    wr__wire_put_i32(b, f->max_bytes);
    wr__wire_put_i8(b, f->committed);
    if (version >= 7) {
        wr__wire_put_i32(b, f->session);
        wr__wire_put_i32(b, f->session_epoch);
    }
    put_topics(b, WR_WIRE_FETCH, version, f->asks, f->n, put_fetch_partition, f);
    if (version >= 7)
        put_topics(b, WR_WIRE_FETCH, version, f->forget, f->forget_n, put_forgotten, NULL);
    if (version >= 11)
        wr__wire_put_str(b, wr_str_c(f->rack), compact);
    wr__wire_put_no_tags(b, compact);
}

static int by_first_offset(const void *a, const void *b)
{
    const wr_wire_aborted *x = a, *y = b;
    return x->first_offset < y->first_offset ? -1 : x->first_offset > y->first_offset;
}

/* A broker lists them by where they ended. */
static void read_aborted(wr_wire_in *in, bool compact, wr_arena *a, wr_wire_fetched *p)
{
    p->aborted_n = wr__wire_array(in, compact, 16);
    p->aborted = WR_NEW_N(a, wr_wire_aborted, p->aborted_n);
    for (uint32_t i = 0; i < p->aborted_n; i++) {
        p->aborted[i].producer_id = wr__wire_i64(in);
        p->aborted[i].first_offset = wr__wire_i64(in);
        wr__wire_tags_skip(in, compact);
    }
    if (p->aborted_n > 1)
        qsort(p->aborted, p->aborted_n, sizeof *p->aborted, by_first_offset);
}

/* The tagged fields of a partition: one of them says who its leader is now. */
static void read_leader(wr_wire_in *in, uint32_t tag, int32_t *leader, int32_t *epoch)
{
    for (wr_wire_tags t = wr__wire_tags(in); wr__wire_tag_next(in, &t);) {
        if (t.tag != tag)
            continue;
        *leader = wr__wire_i32(&t.field);
        *epoch = wr__wire_i32(&t.field);
        wr__wire_tags_skip(&t.field, true);
    }
}

/* Where the leaders are that an answer names. */
static wr_wire_broker *read_endpoints(wr_wire_in *in, wr_arena *a, uint32_t *n)
{
    *n = wr__wire_array(in, true, 11);
    wr_wire_broker *brokers = WR_NEW_N(a, wr_wire_broker, *n);
    for (uint32_t i = 0; i < *n; i++)
        read_broker(in, true, &brokers[i]);
    return brokers;
}

static void read_fetched(wr_wire_in *in, int16_t version, wr_arena *a, wr_wire_fetched *p)
{
    enum { CURRENT_LEADER = 1 };
    bool compact = wr__wire_flexible(WR_WIRE_FETCH, version);
    p->partition = wr__wire_i32(in);
    p->error = wr__wire_i16(in);
    p->high_watermark = wr__wire_i64(in);
    p->stable_offset = wr__wire_i64(in);
    p->log_start = version >= 5 ? wr__wire_i64(in) : -1;
    read_aborted(in, compact, a, p);
    p->read_replica = version >= 11 ? wr__wire_i32(in) : -1;
    p->records = wr__wire_bytes(in, compact);
    p->leader = p->leader_epoch = -1;
    if (compact)
        read_leader(in, CURRENT_LEADER, &p->leader, &p->leader_epoch);
}

weir_status wr__wire_read_fetch(wr_wire_in *in, int16_t version, wr_arena *a,
                                wr_wire_fetch_answer *out, weir_error *err)
{
    enum { NODE_ENDPOINTS = 0 };
    WR_ASSERT(version >= ours[WR_WIRE_FETCH].min && version <= ours[WR_WIRE_FETCH].max);
    wr_arr(wr_wire_fetched) all = {0};
    bool compact = wr__wire_flexible(WR_WIRE_FETCH, version);
    *out = (wr_wire_fetch_answer){.throttle_ms = wr__wire_i32(in)};
    if (version >= 7) {
        out->error = wr__wire_i16(in);
        out->session = wr__wire_i32(in);
    }
    bool by_id = version >= WR_WIRE_FETCH_BY_ID;
    uint32_t topics = wr__wire_array(in, compact, 3);
    for (uint32_t i = 0; i < topics; i++) {
        wr_wire_fetched p = {0};
        if (by_id)
            p.topic_id = read_uuid(in);
        else
            p.topic = wr__wire_str(in, compact);
        uint32_t n = wr__wire_array(in, compact, 24);
        for (uint32_t k = 0; k < n; k++) {
            read_fetched(in, version, a, &p);
            wr_arr_push(a, &all, p);
        }
        wr__wire_tags_skip(in, compact);
    }
    out->parts = all.v;
    out->n = (uint32_t)all.n;
    if (compact) {
        for (wr_wire_tags t = wr__wire_tags(in); wr__wire_tag_next(in, &t);)
            if (t.tag == NODE_ENDPOINTS && version >= 16)
                out->brokers = read_endpoints(&t.field, a, &out->brokers_n);
    }
    return wr__wire_in_end(in, "Kafka's answer to Fetch", err);
}

/* ---- InitProducerId ---- */

void wr__wire_put_init_producer_id(wr_buf *b, int16_t version, wr_str id, int32_t timeout_ms)
{
    bool compact = wr__wire_flexible(WR_WIRE_INIT_PRODUCER_ID, version);
    wr__wire_put_str(b, id, compact);
    wr__wire_put_i32(b, timeout_ms);
    if (version >= 3) {
        wr__wire_put_i64(b, -1); /* the id so far */
        wr__wire_put_i16(b, -1);
    }
    wr__wire_put_no_tags(b, compact);
}

weir_status wr__wire_read_init_producer_id(wr_wire_in *in, int16_t version,
                                           wr_wire_producer_given *out, weir_error *err)
{
    (void)wr__wire_i32(in); /* throttling */
    out->error = wr__wire_i16(in);
    out->id = wr__wire_i64(in);
    out->epoch = wr__wire_i16(in);
    wr__wire_tags_skip(in, wr__wire_flexible(WR_WIRE_INIT_PRODUCER_ID, version));
    if (out->error == WR_WIRE_NONE && (out->id < 0 || out->epoch < 0))
        wr__wire_in_fail(in, "a producer id that is none");
    return wr__wire_in_end(in, "Kafka's answer to InitProducerId", err);
}

/* ---- Produce ---- */

static void put_records(wr_buf *b, int16_t version, const wr_wire_ask *ask, const void *arg)
{
    bool compact = wr__wire_flexible(WR_WIRE_PRODUCE, version);
    (void)arg;
    WR_ASSERT(ask->records.ptr);
    wr__wire_put_i32(b, ask->partition);
    wr__wire_put_bytes(b, ask->records, compact);
    wr__wire_put_no_tags(b, compact);
}

void wr__wire_put_produce(wr_buf *b, int16_t version, int16_t acks, int32_t timeout_ms,
                          const wr_wire_ask *asks, uint32_t n)
{
    bool compact = wr__wire_flexible(WR_WIRE_PRODUCE, version);
    WR_ASSERT(acks != 0 && n > 0); /* without acknowledgements there would be no answer */
    wr__wire_put_str(b, (wr_str){0}, compact); /* no transaction */
    wr__wire_put_i16(b, acks);
    wr__wire_put_i32(b, timeout_ms);
    put_topics(b, WR_WIRE_PRODUCE, version, asks, n, put_records, NULL);
    wr__wire_put_no_tags(b, compact);
}

/* Kafka says what is wrong with single records, or with all of them: the first word counts. */
static wr_str read_refusals(wr_wire_in *in, bool compact)
{
    wr_str first = {0};
    uint32_t n = wr__wire_array(in, compact, 5);
    for (uint32_t i = 0; i < n; i++) {
        (void)wr__wire_i32(in); /* its place in the batch */
        wr_str one = wr__wire_str_or_null(in, compact);
        wr__wire_tags_skip(in, compact);
        if (!first.ptr)
            first = one;
    }
    wr_str all = wr__wire_str_or_null(in, compact);
    return first.ptr ? first : all;
}

static void read_produced(wr_wire_in *in, int16_t version, wr_wire_produced *p)
{
    enum { CURRENT_LEADER = 0 };
    bool compact = wr__wire_flexible(WR_WIRE_PRODUCE, version);
    p->partition = wr__wire_i32(in);
    p->error = wr__wire_i16(in);
    p->base_offset = wr__wire_i64(in);
    (void)wr__wire_i64(in); /* the broker's time, where records get that */
    if (version >= 5)
        (void)wr__wire_i64(in); /* where the log begins */
    p->message = version >= 8 ? read_refusals(in, compact) : (wr_str){0};
    p->leader = p->leader_epoch = -1;
    if (compact)
        read_leader(in, CURRENT_LEADER, &p->leader, &p->leader_epoch);
}

weir_status wr__wire_read_produce(wr_wire_in *in, int16_t version, wr_arena *a,
                                  wr_wire_produce_answer *out, weir_error *err)
{
    enum { NODE_ENDPOINTS = 0 };
    WR_ASSERT(version >= ours[WR_WIRE_PRODUCE].min && version <= ours[WR_WIRE_PRODUCE].max);
    wr_arr(wr_wire_produced) all = {0};
    bool compact = wr__wire_flexible(WR_WIRE_PRODUCE, version);
    *out = (wr_wire_produce_answer){0};
    uint32_t topics = wr__wire_array(in, compact, 3);
    for (uint32_t i = 0; i < topics; i++) {
        wr_wire_produced p = {0};
        if (version >= WR_WIRE_PRODUCE_BY_ID)
            p.topic_id = read_uuid(in);
        else
            p.topic = wr__wire_str(in, compact);
        uint32_t n = wr__wire_array(in, compact, 22);
        for (uint32_t k = 0; k < n; k++) {
            read_produced(in, version, &p);
            wr_arr_push(a, &all, p);
        }
        wr__wire_tags_skip(in, compact);
    }
    out->parts = all.v;
    out->n = (uint32_t)all.n;
    out->throttle_ms = wr__wire_i32(in);
    if (compact) {
        for (wr_wire_tags t = wr__wire_tags(in); wr__wire_tag_next(in, &t);)
            if (t.tag == NODE_ENDPOINTS)
                out->brokers = read_endpoints(&t.field, a, &out->brokers_n);
    }
    return wr__wire_in_end(in, "Kafka's answer to Produce", err);
}
