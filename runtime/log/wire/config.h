/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what a client is to do, as values. Made by ../kafka_wire_config.c out of the settings
 * that librdkafka knows, of the same names; this folder knows no settings.
 */
#ifndef WR_RUNTIME_LOG_WIRE_CONFIG_H
#define WR_RUNTIME_LOG_WIRE_CONFIG_H

#include "common/clock.h"
#include "runtime/log/wire/compress.h"

typedef struct ssl_ctx_st SSL_CTX;

/** The monotonic clock. */
static inline int64_t wr__wire_now_ms(void)
{
    wr_clock *clock = wr_clock_system();
    return clock->mono_ns(clock) / 1000000;
}

/** What a client has to tell of its connections; called on the client's thread. */
typedef enum wr_wire_news {
    WR_WIRE_FAULT,       /* a connection failed; why */
    WR_WIRE_CERTIFICATE, /* a broker's certificate is refused; OpenSSL's number in the text */
    WR_WIRE_ALL_DOWN,    /* no broker answers */
    WR_WIRE_ANSWERS,     /* a broker has answered a Fetch */
} wr_wire_news;
typedef void (*wr_wire_tell)(void *arg, wr_wire_news news, const char *text);

/** What concerns writing alone. */
typedef struct wr_wire_write_config {
    int16_t acks;    /* -1: all replicas that are in sync; 1: the leader */
    bool idempotent; /* each record once, in order; acks is -1 */
    wr_codec codec;
    int linger_ms;            /* how long a batch waits for more */
    size_t batch_bytes;       /* of a batch, before it is compressed, about */
    uint32_t batch_records;   /* of a batch */
    size_t buffered_bytes;    /* of all batches that are not acknowledged, about */
    uint32_t buffered_max;    /* records in them */
    uint32_t in_flight;       /* requests to one broker, 1 to WR_WIRE_IN_FLIGHT_MAX */
    int message_timeout_ms;   /* after which a batch is given up */
    int ack_timeout_ms;       /* for the broker's replicas */
    uint32_t retries;         /* of a batch */
    int topic_propagation_ms; /* how long a topic that was never seen may be on its way */
} wr_wire_write_config;
/** The broker knows the last five batches of a producer again. */
#define WR_WIRE_IN_FLIGHT_MAX 5

/** Constant while a client lives. Texts are owned; NULL where not set. */
typedef struct wr_wire_config {
    char *bootstrap; /* "host:port,[::1]:9092" */
    char *client_id;
    char *rack;      /* "" none */
    SSL_CTX *tls;    /* NULL: plain text */
    bool check_host; /* of certificates */
    char *mechanism; /* of SASL, NULL: none */
    char *user, *password;
    int family;                      /* AF_* */
    int connect_ms;                  /* for connecting, TLS and SASL together */
    int request_ms;                  /* for an answer */
    int backoff_ms, backoff_max_ms;  /* between attempts at one broker */
    int retry_ms;                    /* between requests that met an error that passes */
    int metadata_age_ms;             /* after which leaders are asked for anew */
    int send_buffer, receive_buffer; /* bytes; 0: the system's */
    bool no_delay, keep_alive;
    int32_t fetch_wait_ms, fetch_min_bytes, fetch_bytes, partition_bytes;
    size_t answer_max;   /* bytes of an answer; what is longer is an error */
    size_t buffered_max; /* bytes of fetched records kept, about */
    bool committed;      /* read_committed */
    wr_wire_write_config write;
    wr_wire_tell tell;
    void *tell_arg;
} wr_wire_config;

#endif
