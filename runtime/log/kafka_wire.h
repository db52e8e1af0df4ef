/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_wire.h - readers and writers of Kafka by our own client (wire/), and the choice of it.
 */
#ifndef WR_RUNTIME_LOG_KAFKA_WIRE_H
#define WR_RUNTIME_LOG_KAFKA_WIRE_H

#include "runtime/log/kafka_reader.h"
#include "runtime/log/wire/config.h"

/* ---- kafka_wire_config.c ---- */

/** *wire: a reader or writer of this configuration is to use our client, by weir.kafka.client and
 * what it can do. @return WEIR_ERR_CONFIG: it must, and cannot; the text names the setting. */
weir_status wr__kafka_wire_choose(wr__kafka *log, const wr_settings *settings,
                                  const rd_kafka_conf_t *conf, bool *wire,
                                  weir_error *err) WR_MUST_CHECK;
/** All but whom to tell. @return WEIR_ERR_CONFIG. Free with wr__kafka_wire_config_free. */
weir_status wr__kafka_wire_config(const rd_kafka_conf_t *conf, wr_wire_config *out,
                                  weir_error *err) WR_MUST_CHECK;
void wr__kafka_wire_config_free(wr_wire_config *c);
/** What concerns writing. @return WEIR_ERR_CONFIG */
weir_status wr__kafka_wire_config_write(const rd_kafka_conf_t *conf, wr_wire_write_config *out,
                                        weir_error *err) WR_MUST_CHECK;
/** A writer with transactions is made: it is librdkafka's, and a line in the log says so where the
 *  settings ask for our client. */
void wr__kafka_wire_without_transactions(wr__kafka *log, const wr_settings *settings);

/* ---- kafka_wire.c ---- */

/** wr_wire_config.tell of all clients; @p arg is the log. */
void wr__kafka_wire_tell(void *arg, wr_wire_news news, const char *text);

/** A reader of our client's; takes @p conf, also on failure. */
weir_status wr__kafka_wire_reader_new(wr__kafka *log, const char *group, rd_kafka_conf_t *conf,
                                      int64_t otherwise, wr_log_reader **out,
                                      weir_error *err) WR_MUST_CHECK;

#endif
