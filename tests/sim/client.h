/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - librdkafka as the program calls it, on the simulated cluster. The functions of
 * librdkafka that need a broker are defined here anew (client.c, client_producer.c,
 * client_consumer.c, client_admin.c); those that do not (configurations, lists of partitions,
 * headers, names of errors) are the library's own.
 *
 * Requests may get lost, arrive without an answer, or arrive late, when the client has long given
 * them up, beside what it sends on a new connection. Then, as in librdkafka, they are sent again,
 * and an interceptor hears of them.
 */
#ifndef WR_TESTS_SIM_CLIENT_H
#define WR_TESTS_SIM_CLIENT_H

#include "broker.h"

#include <stdatomic.h>

/* Kafka's numbers of requests. */
enum { API_PRODUCE = 0, API_TXN_OFFSETS = 28, API_END_TXN = 26, API_INIT = 22, API_OTHER = 3 };

/** What becomes of a request. */
typedef enum sim_net {
    NET_OK,
    NET_LOST,       /* it does not arrive */
    NET_UNANSWERED, /* it arrives, its answer does not */
    NET_LATE,       /* it arrives when it has been given up */
} sim_net;

/** One request in so many has trouble; 0: none has. */
extern uint64_t sim_trouble_one_in;

typedef struct sim_message {
    rd_kafka_message_t m; /* first; payload and key are borrowed from the broker, or own */
    struct sim_message *next;
    sim_part part;
    int64_t time_ms;
    char *bytes; /* of what is produced */
} sim_message;

typedef struct sim_queue {
    sim_message *first, **end;
    size_t n;
} sim_queue;

struct rd_kafka_topic_s {
    struct rd_kafka_topic_s *next;
    int topic; /* of the broker; -1: not there when it was made */
    char name[256];
};

typedef struct sim_fetch {
    sim_part part;
    rd_kafka_topic_t *rkt;
    int64_t position;
    int64_t eof_at; /* where its end was reported */
    bool paused, failed;
} sim_fetch;

struct rd_kafka_s {
    rd_kafka_type_t type;
    int process;
    void *opaque;
    void (*dr_cb)(rd_kafka_t *, const rd_kafka_message_t *, void *);
    void (*rebalance_cb)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *,
                         void *);
    rd_kafka_interceptor_f_on_response_received_t *on_response;
    void *on_response_opaque;
    bool read_committed;
    char group[160], transactional_id[200];
    int transaction_timeout_ms, socket_timeout_ms, session_timeout_ms;
    rd_kafka_topic_t *topics;
    rd_kafka_resp_err_t fatal;

    /* a producer */
    sim_producer producer;
    sim_queue queue, under_way, reports;
    uint32_t *seqs; /* by topic and partition */
    size_t seqs_n;
    bool flushing, stops, ended;
    bool in_txn, registered;
    rd_kafka_resp_err_t spoiled; /* why the transaction can only be aborted */

    /* a consumer */
    sim_member member;
    bool subscribed, has_assignment, lost;
    rd_kafka_resp_err_t asked; /* of the callback that has no answer yet */
    int *subscription;
    size_t subscription_n;
    sim_fetch *parts;
    size_t parts_n;
};

struct rd_kafka_error_s {
    rd_kafka_resp_err_t code;
    bool fatal, retriable, abort;
};

/** Time passes; what becomes of it. */
sim_net client_send(rd_kafka_t *rk);
/** Time passes until the answer is here. */
void client_answered(rd_kafka_t *rk);
/** Nothing comes until the time-out. */
void client_no_answer(rd_kafka_t *rk, int16_t api);
bool client_dead(const rd_kafka_t *rk);
rd_kafka_topic_t *client_topic(rd_kafka_t *rk, const char *name);
void client_fail(rd_kafka_t *rk, rd_kafka_resp_err_t code);
rd_kafka_error_t *client_error(rd_kafka_resp_err_t code, bool fatal, bool retriable, bool abort);
void client_queue_add(sim_queue *q, sim_message *m);
sim_message *client_queue_take(sim_queue *q);

void client_start_producer(rd_kafka_t *rk);
void client_stop_producer(rd_kafka_t *rk);
int client_serve_reports(rd_kafka_t *rk);
/** A list of ours as offsets; freed by the caller. */
sim_offset *client_offsets(const rd_kafka_topic_partition_list_t *list);

#endif
