/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_sender.h - how the records of a writer get to their brokers: by librdkafka (kafka_sender.c)
 * or by our own client (kafka_wire_sender.c). kafka_writer.c is their only user; who owns what, and
 * what a commit is, it knows and they do not.
 *
 * Threads: whoever serves, pushes or purges is alone with it, and so is whoever gives where
 * `give_alone`; else several may give at once. outstanding and wake: any.
 */
#ifndef WR_RUNTIME_LOG_KAFKA_SENDER_H
#define WR_RUNTIME_LOG_KAFKA_SENDER_H

#include "runtime/log/kafka.h"

typedef struct wr__kafka_sender wr__kafka_sender;

/** What became of records that were given with the same @p who, one after the other. */
typedef struct wr__kafka_sent {
    void *who;
    int32_t partition;
    uint32_t records;
    rd_kafka_resp_err_t code; /* none: they are written */
    int64_t next_offset;      /* after the last of them; -1: not known */
    size_t bytes;             /* of a record that was refused; 0: not known */
} wr__kafka_sent;
/** Called inside serve, push, purge and close. */
typedef void (*wr__kafka_on_sent)(void *arg, const wr__kafka_sent *sent);

typedef struct wr__kafka_sender_class {
    bool give_alone;
    /** A topic to give records for; NULL: *code. To be freed before the sender is closed. */
    void *(*topic_new)(wr__kafka_sender *s, const char *name, int32_t partitions,
                       rd_kafka_resp_err_t *code);
    void (*topic_free)(wr__kafka_sender *s, void *topic);
    /** Take a copy of a record for @p record->partition. @return _QUEUE_FULL: serve first. */
    rd_kafka_resp_err_t (*give)(wr__kafka_sender *s, void *topic, const wr_record *record,
                                void *who);
    /** Look whether the topic is there after all. NULL: `give` never says that it is not. */
    rd_kafka_resp_err_t (*ask)(wr__kafka_sender *s, void *topic);
    /** Make the reports that there are; wait for one for so long. 0: cheap. @return as
     *  wr_log_writer_serve */
    int (*serve)(wr__kafka_sender *s, int wait_ms);
    /** The same, and what is there goes at once. */
    void (*push)(wr__kafka_sender *s, int wait_ms);
    size_t (*outstanding)(const wr__kafka_sender *s);
    /** Call back what is outstanding; its reports come before this returns, or never. */
    void (*purge)(wr__kafka_sender *s);
    /** An error after which the sender is of no use, and its text; none: there was none. */
    rd_kafka_resp_err_t (*fatal)(const wr__kafka_sender *s, char *text, size_t size);
    /** Whoever serves comes back. */
    void (*wake)(wr__kafka_sender *s);
    void (*close)(wr__kafka_sender *s);
} wr__kafka_sender_class;

struct wr__kafka_sender {
    const wr__kafka_sender_class *cls;
    wr__kafka *log;
    wr__kafka_on_sent on_sent;
    void *arg;
    size_t record_max; /* bytes of a record's key, value and headers */
    rd_kafka_t *rk;    /* librdkafka's producer, for transactions; NULL: it is our client */
};

/**
 * By the client that the settings name; with transactions (@p txn, else NULL) by librdkafka.
 * @return WEIR_ERR_CONFIG; as wr__txn_configure
 */
weir_status wr__kafka_sender_new(wr__kafka *log, const wr_settings *settings, wr__txn *txn,
                                 wr__kafka_on_sent on_sent, void *arg, wr__kafka_sender **out,
                                 weir_error *err) WR_MUST_CHECK;
/** Our client's; takes @p conf, also on failure. */
weir_status wr__kafka_wire_sender_new(wr__kafka *log, rd_kafka_conf_t *conf, wr__kafka_sender **out,
                                      weir_error *err) WR_MUST_CHECK;

#endif
