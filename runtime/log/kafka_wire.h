/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_wire.h - readers and writers of Kafka by our own client (wire/), and the choice of it.
 */
#ifndef WR_RUNTIME_LOG_KAFKA_WIRE_H
#define WR_RUNTIME_LOG_KAFKA_WIRE_H

#include "runtime/log/kafka_reader.h"
#include "runtime/log/wire/config.h"
#include "runtime/log/wire/figures.h"

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
/** Can our client do what this configuration asks for? */
bool wr__kafka_wire_can(const rd_kafka_conf_t *conf);
/** What concerns writing. @return WEIR_ERR_CONFIG */
weir_status wr__kafka_wire_config_write(const rd_kafka_conf_t *conf, wr_wire_write_config *out,
                                        weir_error *err) WR_MUST_CHECK;
/** A writer with transactions is made: it is librdkafka's, and a line in the log says so where the
 *  settings ask for our client. */
void wr__kafka_wire_without_transactions(wr__kafka *log, const wr_settings *settings);

/* ---- kafka_wire_report.c ---- */

/** What a client of ours reports of itself; zeroed, it does not. On the thread that polls it. */
typedef struct wr__kafka_wire_report {
    wr__kafka_opaque reporter;
    char name[128];
    const char *type;
    int64_t every_ms, at_ms; /* 0: never; the last one */
} wr__kafka_wire_report;

/** As "client_id#what-1"; @p type as in wr_log_client; @p every_ms 0: never. */
void wr__kafka_wire_report_begin(wr__kafka_wire_report *r, wr__kafka *log, const char *client_id,
                                 const char *what, const char *type, size_t every_ms);
bool wr__kafka_wire_report_due(const wr__kafka_wire_report *r, int64_t now_ms);
void wr__kafka_wire_report_put(wr__kafka_wire_report *r, const wr_wire_figures *f, int64_t now_ms);
/** The client goes, and its figures with it. */
void wr__kafka_wire_report_end(wr__kafka_wire_report *r);

/* ---- kafka_wire.c ---- */

/** wr_wire_config.tell of all clients; @p arg is the log. */
void wr__kafka_wire_tell(void *arg, wr_wire_news news, const char *text);

/** A reader of our client's; takes @p conf, also on failure. */
weir_status wr__kafka_wire_reader_new(wr__kafka *log, const char *group, rd_kafka_conf_t *conf,
                                      int64_t otherwise, wr_log_reader **out,
                                      weir_error *err) WR_MUST_CHECK;

#endif
