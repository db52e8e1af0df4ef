/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages.h - the requests that readers and writers make of Kafka, and their answers.
 *
 * Encoders append a request's body to a buffer; decoders read an answer's body out of untrusted
 * bytes into an arena, strings and records being slices into the bytes. Layouts are those of
 * Kafka's message definitions (common/message/<Name>Request.json of kafka-clients 4.4.0), for the
 * versions below; what both sides know is chosen by wr__wire_choose.
 *
 * Threads: no state of its own.
 */
#ifndef WR_RUNTIME_LOG_WIRE_MESSAGES_H
#define WR_RUNTIME_LOG_WIRE_MESSAGES_H

#include "common/arena.h"
#include "runtime/log/wire/primitives.h"

/** Kafka's numbers of the requests that are made here. */
typedef enum wr_wire_api {
    WR_WIRE_PRODUCE = 0,
    WR_WIRE_FETCH = 1,
    WR_WIRE_LIST_OFFSETS = 2,
    WR_WIRE_METADATA = 3,
    WR_WIRE_FIND_COORDINATOR = 10,
    WR_WIRE_SASL_HANDSHAKE = 17,
    WR_WIRE_API_VERSIONS = 18,
    WR_WIRE_INIT_PRODUCER_ID = 22,
    WR_WIRE_OFFSET_FOR_LEADER_EPOCH = 23,
    WR_WIRE_ADD_PARTITIONS_TO_TXN = 24,
    WR_WIRE_ADD_OFFSETS_TO_TXN = 25,
    WR_WIRE_END_TXN = 26,
    WR_WIRE_SASL_AUTHENTICATE = 36,
    WR_WIRE_DESCRIBE_PRODUCERS = 61,
    WR_WIRE_DESCRIBE_TRANSACTIONS = 65,
    WR_WIRE_APIS, /* not one: room for all of them */
} wr_wire_api;

/** Kafka's error codes that mean something here; others are handed on as they are. */
enum {
    WR_WIRE_UNKNOWN_SERVER_ERROR = -1,
    WR_WIRE_NONE = 0,
    WR_WIRE_OFFSET_OUT_OF_RANGE = 1,
    WR_WIRE_CORRUPT_MESSAGE = 2,
    WR_WIRE_UNKNOWN_TOPIC_OR_PARTITION = 3,
    WR_WIRE_LEADER_NOT_AVAILABLE = 5,
    WR_WIRE_NOT_LEADER = 6,
    WR_WIRE_REQUEST_TIMED_OUT = 7,
    WR_WIRE_BROKER_NOT_AVAILABLE = 8,
    WR_WIRE_REPLICA_NOT_AVAILABLE = 9,
    WR_WIRE_MESSAGE_TOO_LARGE = 10,
    WR_WIRE_NETWORK_EXCEPTION = 13,
    WR_WIRE_COORDINATOR_LOAD_IN_PROGRESS = 14,
    WR_WIRE_COORDINATOR_NOT_AVAILABLE = 15,
    WR_WIRE_NOT_COORDINATOR = 16,
    WR_WIRE_NOT_ENOUGH_REPLICAS = 19,
    WR_WIRE_NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20,
    WR_WIRE_TOPIC_AUTHORIZATION_FAILED = 29,
    WR_WIRE_UNSUPPORTED_SASL_MECHANISM = 33,
    WR_WIRE_UNSUPPORTED_VERSION = 35,
    WR_WIRE_OUT_OF_ORDER_SEQUENCE = 45,
    WR_WIRE_DUPLICATE_SEQUENCE = 46,
    WR_WIRE_INVALID_PRODUCER_EPOCH = 47,
    WR_WIRE_CONCURRENT_TRANSACTIONS = 51,
    WR_WIRE_TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53,
    WR_WIRE_OPERATION_NOT_ATTEMPTED = 55,
    WR_WIRE_KAFKA_STORAGE_ERROR = 56,
    WR_WIRE_UNKNOWN_PRODUCER_ID = 59,
    WR_WIRE_FETCH_SESSION_ID_NOT_FOUND = 70,
    WR_WIRE_INVALID_FETCH_SESSION_EPOCH = 71,
    WR_WIRE_FENCED_LEADER_EPOCH = 74,
    WR_WIRE_UNKNOWN_LEADER_EPOCH = 75,
    WR_WIRE_OFFSET_NOT_AVAILABLE = 78,
    WR_WIRE_UNKNOWN_TOPIC_ID = 100,
    WR_WIRE_INCONSISTENT_TOPIC_ID = 103,
    WR_WIRE_TRANSACTIONAL_ID_NOT_FOUND = 105,
    WR_WIRE_FETCH_SESSION_TOPIC_ID_ERROR = 106,
};

/** The versions of each request that a broker takes; min > max: none. */
typedef struct wr_wire_versions {
    struct {
        int16_t min, max;
    } of[WR_WIRE_APIS];
} wr_wire_versions;

/** The newest version that both know; -1: there is none. */
int16_t wr__wire_choose(const wr_wire_versions *theirs, wr_wire_api api);
/** Does this version have compact lengths and tagged fields? */
bool wr__wire_flexible(wr_wire_api api, int16_t version);

/**
 * Size, head of a request. @return what wr__wire_request_end wants. @p client_id as in requests.
 */
size_t wr__wire_request_begin(wr_buf *b, wr_wire_api api, int16_t version, int32_t correlation,
                              const char *client_id);
void wr__wire_request_end(wr_buf *b, size_t at);
/** The head of an answer, behind its size: the correlation id; the head's tagged fields are passed
 *  over. */
int32_t wr__wire_answer_head(wr_wire_in *in, wr_wire_api api, int16_t version);

/** A UUID of zeros means that there is none. */
typedef struct wr_wire_uuid {
    uint8_t bytes[16];
} wr_wire_uuid;
bool wr__wire_uuid_is_set(const wr_wire_uuid *u);
bool wr__wire_uuid_eq(const wr_wire_uuid *a, const wr_wire_uuid *b);

/* ---- ApiVersions: 0, 3 ---- */

void wr__wire_put_api_versions(wr_buf *b, int16_t version, const char *software);
/** *error UNSUPPORTED_VERSION: ask with version 0. That answer has the layout of version 0. */
weir_status wr__wire_read_api_versions(wr_wire_in *in, int16_t version, int16_t *error,
                                       wr_wire_versions *out, weir_error *err) WR_MUST_CHECK;

/* ---- SaslHandshake 1, SaslAuthenticate 0 to 2 ---- */

void wr__wire_put_sasl_handshake(wr_buf *b, const char *mechanism);
/** @p mechanisms: replaced by what the broker knows, "A, B". */
weir_status wr__wire_read_sasl_handshake(wr_wire_in *in, int16_t *error, wr_buf *mechanisms,
                                         weir_error *err) WR_MUST_CHECK;
void wr__wire_put_sasl_authenticate(wr_buf *b, int16_t version, wr_str bytes);
typedef struct wr_wire_authenticated {
    int16_t error;
    wr_str message; /* ptr NULL: none */
    wr_str bytes;
    int64_t lifetime_ms; /* of the session; 0: without end */
} wr_wire_authenticated;
weir_status wr__wire_read_sasl_authenticate(wr_wire_in *in, int16_t version,
                                            wr_wire_authenticated *out,
                                            weir_error *err) WR_MUST_CHECK;

/* ---- Metadata: 4 to 12 ---- */

typedef struct wr_wire_broker {
    int32_t id, port;
    wr_str host;
} wr_wire_broker;
typedef struct wr_wire_leader {
    int16_t error;
    int32_t partition, leader, epoch; /* leader -1: none now; epoch -1: not known */
} wr_wire_leader;
typedef struct wr_wire_topic {
    int16_t error;
    wr_str name;   /* ptr NULL: of an id that is not known */
    bool internal; /* Kafka's own */
    wr_wire_uuid id;
    wr_wire_leader *partitions;
    uint32_t n;
} wr_wire_topic;
typedef struct wr_wire_metadata {
    wr_wire_broker *brokers;
    wr_wire_topic *topics;
    uint32_t brokers_n, topics_n;
} wr_wire_metadata;
/** No topics: brokers alone. Topics are not created by it. */
void wr__wire_put_metadata(wr_buf *b, int16_t version, const char *const *topics, uint32_t n);
weir_status wr__wire_read_metadata(wr_wire_in *in, int16_t version, wr_arena *a,
                                   wr_wire_metadata *out, weir_error *err) WR_MUST_CHECK;

/* ---- partitions in requests ---- */

/** A partition that something is asked of. Those of one topic stand next to each other. */
typedef struct wr_wire_ask {
    const char *topic;
    const wr_wire_uuid *topic_id; /* Fetch, Produce >= 13 */
    int32_t partition;
    int32_t leader_epoch; /* that is thought to be the leader's; -1: not known */
    int64_t at;           /* Fetch: offset. ListOffsets: time, or -1 end, -2 beginning */
    int32_t epoch;        /* OffsetForLeaderEpoch: the epoch whose end is asked for */
    wr_str records;       /* Produce: one record batch */
} wr_wire_ask;

/* ---- ListOffsets: 1 to 7; OffsetForLeaderEpoch: 2 to 4 ---- */

void wr__wire_put_list_offsets(wr_buf *b, int16_t version, bool committed, const wr_wire_ask *asks,
                               uint32_t n);
void wr__wire_put_epoch_ends(wr_buf *b, int16_t version, const wr_wire_ask *asks, uint32_t n);
typedef struct wr_wire_offset {
    wr_str topic;
    int32_t partition;
    int16_t error;
    int64_t offset; /* -1: none */
    int32_t epoch;  /* -1: none */
} wr_wire_offset;
typedef struct wr_wire_offsets {
    wr_wire_offset *v;
    uint32_t n;
} wr_wire_offsets;
weir_status wr__wire_read_list_offsets(wr_wire_in *in, int16_t version, wr_arena *a,
                                       wr_wire_offsets *out, weir_error *err) WR_MUST_CHECK;
weir_status wr__wire_read_epoch_ends(wr_wire_in *in, int16_t version, wr_arena *a,
                                     wr_wire_offsets *out, weir_error *err) WR_MUST_CHECK;

/* ---- Fetch: 4 to 16 ---- */

/** From this version on topics are named by their ids. */
#define WR_WIRE_FETCH_BY_ID 13

typedef struct wr_wire_fetch {
    int32_t wait_ms, min_bytes, max_bytes, partition_bytes;
    bool committed;        /* read_committed */
    int32_t session;       /* 0: none yet */
    int32_t session_epoch; /* 0: begin one; -1: without */
    const wr_wire_ask *asks;
    uint32_t n;
    const wr_wire_ask *forget; /* of the session's partitions */
    uint32_t forget_n;
    const char *rack;
} wr_wire_fetch;
void wr__wire_put_fetch(wr_buf *b, int16_t version, const wr_wire_fetch *fetch);

/** A transaction that was aborted: its producer's records from this offset on, up to its marker. */
typedef struct wr_wire_aborted {
    int64_t producer_id, first_offset;
} wr_wire_aborted;
typedef struct wr_wire_fetched {
    wr_str topic;          /* before version 13 */
    wr_wire_uuid topic_id; /* from it on */
    int32_t partition;
    int16_t error;
    int64_t high_watermark, stable_offset, log_start; /* -1: not said */
    int32_t leader, leader_epoch;                     /* who is the leader; -1: not said */
    int32_t read_replica;                             /* to be asked instead; -1: none */
    wr_wire_aborted *aborted;                         /* by first offset */
    uint32_t aborted_n;
    wr_str records;
} wr_wire_fetched;
typedef struct wr_wire_fetch_answer {
    int16_t error;
    int32_t session;
    int32_t throttle_ms;
    wr_wire_fetched *parts;
    uint32_t n;
    wr_wire_broker *brokers; /* where leaders that were named are */
    uint32_t brokers_n;
} wr_wire_fetch_answer;
weir_status wr__wire_read_fetch(wr_wire_in *in, int16_t version, wr_arena *a,
                                wr_wire_fetch_answer *out, weir_error *err) WR_MUST_CHECK;

/* ---- InitProducerId: 0 to 5 ---- */

/** A new producer id; of a transactional id (else ptr NULL) its producer id with the next epoch,
 * and the time that its transactions may take. */
void wr__wire_put_init_producer_id(wr_buf *b, int16_t version, wr_str id, int32_t timeout_ms);
typedef struct wr_wire_producer_given {
    int16_t error;
    int64_t id;
    int16_t epoch;
} wr_wire_producer_given;
weir_status wr__wire_read_init_producer_id(wr_wire_in *in, int16_t version,
                                           wr_wire_producer_given *out,
                                           weir_error *err) WR_MUST_CHECK;

/* ---- Produce: 3 to 13 ---- */

/** From this version on topics are named by their ids. */
#define WR_WIRE_PRODUCE_BY_ID 13

/** Without a transaction. @p acks -1: all replicas that are in sync, 1: the leader. @p asks: one
 *  record batch each, at most one for a partition. @p timeout_ms: for the replicas. */
void wr__wire_put_produce(wr_buf *b, int16_t version, int16_t acks, int32_t timeout_ms,
                          const wr_wire_ask *asks, uint32_t n);
typedef struct wr_wire_produced {
    wr_str topic;          /* before version 13 */
    wr_wire_uuid topic_id; /* from it on */
    int32_t partition;
    int16_t error;
    int64_t base_offset;          /* of the batch; -1: not known */
    wr_str message;               /* why it was refused; ptr NULL: not said */
    int32_t leader, leader_epoch; /* who is the leader; -1: not said */
} wr_wire_produced;
typedef struct wr_wire_produce_answer {
    wr_wire_produced *parts;
    uint32_t n;
    int32_t throttle_ms;
    wr_wire_broker *brokers; /* where leaders that were named are */
    uint32_t brokers_n;
} wr_wire_produce_answer;
weir_status wr__wire_read_produce(wr_wire_in *in, int16_t version, wr_arena *a,
                                  wr_wire_produce_answer *out, weir_error *err) WR_MUST_CHECK;

#endif
