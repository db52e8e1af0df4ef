/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kafka log: opening, closing, and what its files share about errors.
 *
 * Opening asks for metadata once, so that a wrong address is reported at start and not by silence.
 * From then on a broker that goes away is no error: librdkafka reconnects, one warning says so, and
 * one line when it answers again; calls that need an answer wait for some time and then fail
 * RETRIABLE.
 */
#include "runtime/log/kafka_wire.h"
#include "common/diag.h"

#include <time.h>

enum { OPEN_TIMEOUT_MS = 5000 };

static void kafka_close(wr_log *base)
{
    wr__kafka *log = (wr__kafka *)base;
    atomic_store(&log->closing, true);
    wr__kafka_statistics_forget(&log->opaque);
    if (log->admin)
        rd_kafka_destroy(log->admin);
    wr_settings_free(&log->settings);
    WR_ASSERT(!log->reports);
    pthread_mutex_destroy(&log->statistics_lock);
    pthread_mutex_destroy(&log->sweep_lock);
    pthread_mutex_destroy(&log->lock);
    wr_free(log->brokers);
    wr__kafka_turned_away_free(log);
    wr_free(log->slots.v);
    wr_map_free(&log->written);
    wr__positions_destroy(log);
    wr_free(log);
}

static const wr_log_class kafka_class = {
    .name = "kafka",
    .can = {.has_changelogs = true, .shares_partitions = true},
    .close = kafka_close,
    .check = wr__kafka_check,
    .clients = wr__kafka_clients,
    .list = wr__kafka_list,
    .describe = wr__kafka_describe,
    .create = wr__kafka_create,
    .remove = wr__kafka_remove,
    .ends = wr__kafka_ends,
    .record_times = wr__kafka_record_times,
    .committed = wr__kafka_committed,
    .resume = wr__kafka_resume,
    .members = wr__kafka_members,
    .begin_group = wr__kafka_begin_group,
    .drop_group = wr__kafka_drop_group,
    .reader_new = wr__kafka_reader_new,
    .reader_close = wr__kafka_reader_close,
    .assign = wr__kafka_assign,
    .subscribe = wr__kafka_subscribe,
    .rebalance = wr__kafka_rebalance,
    .pause = wr__kafka_pause,
    .known_end = wr__kafka_known_end,
    .poll = wr__kafka_poll,
    .release = wr__kafka_release,
    .wake = wr__kafka_wake,
    .writer_new = wr__kafka_writer_new,
    .transactional_new = wr__kafka_transactional_new,
    .writer_close = wr__kafka_writer_close,
    .produce = wr__kafka_produce,
    .serve = wr__kafka_serve,
    .pending = wr__kafka_pending,
    .flush = wr__kafka_flush,
    .position = wr__kafka_position,
    .commit = wr__kafka_commit,
    .abort = wr__kafka_abort,
    .writer_failed = wr__kafka_writer_failed,
};

/* ---- opening ---- */

/* The layers in one, the nearest last, so that it wins. */
static void flatten(wr_settings *out, const wr_settings *from)
{
    if (!from)
        return;
    flatten(out, from->parent);
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&from->values, &i));)
        wr_settings_put(out, e->key.ptr, e->value);
}

static weir_status nobody_answers(wr__kafka *log, weir_error *err)
{
    char said[sizeof log->last_error];
    pthread_mutex_lock(&log->lock);
    snprintf(said, sizeof said, "%s", log->last_error);
    const char *fault = log->certificate_fault;
    pthread_mutex_unlock(&log->lock);
    if (fault)
        wr_error(err, WEIR_ERR_LOG,
                 "No Kafka broker answers at %s: the certificate of the broker is refused: %s",
                 log->brokers, fault);
    else
        wr_error(err, WEIR_ERR_LOG, "No Kafka broker answers at %s%s%s", log->brokers,
                 said[0] ? ": " : "", said);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return wr__kafka_security_hint(log, fault ? "certificate verify failed" : said, err);
}

/* Both kinds of configuration, so that a wrong setting is reported at start. */
static weir_status check_settings(wr__kafka *log, weir_error *err)
{
    static const wr__kafka_role roles[] = {WR__KAFKA_READER, WR__KAFKA_WRITER,
                                           WR__KAFKA_TRANSACTIONAL};
    for (size_t i = 0; i < WR_ARRAY_LEN(roles); i++) {
        rd_kafka_conf_t *conf;
        WR_TRY(wr__kafka_conf_new(log, roles[i], &log->settings, &conf, err));
        bool wire;
        weir_status st = roles[i] != WR__KAFKA_TRANSACTIONAL
                             ? wr__kafka_wire_choose(log, &log->settings, conf, &wire, err)
                             : WEIR_OK;
        rd_kafka_conf_destroy(conf);
        WR_TRY(st);
    }
    return WEIR_OK;
}

static weir_status reach_broker(wr__kafka *log, weir_error *err)
{
    WR_TRY(check_settings(log, err));
    rd_kafka_conf_t *conf;
    WR_TRY(wr__kafka_conf_new(log, WR__KAFKA_ADMIN, &log->settings, &conf, err));
    WR_TRY(wr__kafka_handle_new(RD_KAFKA_CONSUMER, conf, &log->opaque, &log->admin, err));
    const struct rd_kafka_metadata *metadata = NULL;
    atomic_store(&log->down, true); /* the caller gets the error; no warning as well */
    rd_kafka_resp_err_t rc = rd_kafka_metadata(log->admin, 0, NULL, &metadata, OPEN_TIMEOUT_MS);
    rd_kafka_poll(log->admin, 0); /* errors come to last_error */
    atomic_store(&log->down, rc != RD_KAFKA_RESP_ERR_NO_ERROR);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
        return nobody_answers(log, err);
    rd_kafka_metadata_destroy(metadata);
    return WEIR_OK;
}

weir_status wr_log_kafka_new(const wr_settings *settings, wr_db *db, wr_log **out, weir_error *err)
{
    const char *brokers = wr_settings_get(settings, "bootstrap.servers");
    if (!brokers || !brokers[0])
        return wr_error(err, WEIR_ERR_CONFIG, "bootstrap.servers is not set");
    wr__kafka *log = wr_calloc(1, sizeof *log);
    log->base.cls = &kafka_class;
    log->opaque.log = log;
    log->db = db;
    log->brokers = wr_strdup(brokers);
    wr_settings_init(&log->settings, NULL);
    flatten(&log->settings, settings);
    wr__positions_init(log);
    wr_map_init(&log->written);
    pthread_mutex_init(&log->lock, NULL);
    pthread_mutex_init(&log->statistics_lock, NULL);
    pthread_mutex_init(&log->sweep_lock, NULL);
    weir_status st = reach_broker(log, err);
    if (st != WEIR_OK) {
        kafka_close(&log->base);
        return st;
    }
    *out = &log->base;
    return WEIR_OK;
}
