/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_reader.h - what readers of Kafka share: kafka_reader.c (librdkafka fetches), kafka_wire.c
 * (we do), kafka_membership.c (the group of either).
 */
#ifndef WR_RUNTIME_LOG_KAFKA_READER_H
#define WR_RUNTIME_LOG_KAFKA_READER_H

#include "runtime/log/kafka.h"

/** The first member of both. */
struct wr_log_reader {
    wr__log_reader_base base; /* first */
    wr__kafka_opaque opaque;
    rd_kafka_t *rk; /* NULL: there is no consumer */
    rd_kafka_queue_t *queue;
    char *group; /* NULL: in none */
    bool member; /* subscribed */
    bool closing;
    char **topics; /* of the subscription: what assigned and revoked point to */
    uint32_t topics_n;
    wr_log_rebalance request; /* of the group */
    bool asked;               /* it waits for an answer */
    uint64_t generation;      /* of the assignment */
    int64_t otherwise;        /* for WR_OFFSET_NONE */
};

/* ---- kafka_membership.c ---- */

/** A reader's configuration, whose member of @p group (may be NULL) it is to be. *otherwise: where
 *  to begin without an offset, by the user's auto.offset.reset. */
weir_status wr__kafka_reader_conf(wr__kafka *log, const char *group, const wr_settings *settings,
                                  rd_kafka_conf_t **out, int64_t *otherwise,
                                  weir_error *err) WR_MUST_CHECK;
/** @pre zeroed */
void wr__kafka_reader_init(wr_log_reader *r, wr__kafka *log, const char *group, int64_t otherwise);
/** Give it its consumer; takes @p conf, also on failure. */
weir_status wr__kafka_reader_consume(wr_log_reader *r, rd_kafka_conf_t *conf,
                                     weir_error *err) WR_MUST_CHECK;
/** All that is shared, but for the memory of @p r. */
void wr__kafka_reader_finish(wr_log_reader *r);
/** Has the consumer failed for good? */
weir_status wr__kafka_reader_alive(wr_log_reader *r, weir_error *err) WR_MUST_CHECK;
/** The request is answered, or nobody will. Its parts go. */
void wr__kafka_reader_answered(wr_log_reader *r);
/** The error for a topic that was made anew under the reader. @return WEIR_ERR_LOG */
weir_status wr__kafka_made_anew(wr_log_reader *r, const char *topic, int32_t partition,
                                int64_t position, weir_error *err) WR_MUST_CHECK;
/** The broker has no record at the position. *anew: it is known to be another topic; set where that
 *  is found out, with an error. Else *go_on is where to go on, perhaps the same. */
weir_status wr__kafka_gap(wr_log_reader *r, const char *topic, int32_t partition, int64_t position,
                          bool *anew, int64_t *go_on, weir_error *err) WR_MUST_CHECK;

#endif
