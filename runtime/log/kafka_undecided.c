/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What earlier transactions have left undecided is ended before the first one of a new producer
 * (wire/undecided.h says how it comes about, operations.md which brokers do it).
 *
 * Where to look: in all topics that transactions of this directory have written to, which are kept
 * under "kafka/written/<topic>", durably before the first record of each goes out, and in that of
 * the offsets of groups. When: once in a process before anything is read or written, for all ids
 * that the directory has used (wr__undecided_sweep), as reading may wait for ever behind such
 * records; and whenever an id is taken up after that, which is after a failure. librdkafka has
 * no requests for it, so our own client makes them, beside its producer; where that cannot be (a
 * mechanism that only librdkafka knows, a broker before 3.0) nothing is looked at.
 *
 * Threads: that of the writer, and one lock for the topics.
 */
#include "common/diag.h"
#include "runtime/log/kafka_wire.h"
#include "runtime/log/wire/undecided.h"

#define WRITTEN "kafka/written/"
#define OFFSETS "__consumer_offsets"
enum { LOOK_MS = 30000, TURN_MS = 100 };

struct wr__undecided {
    wr__kafka *log;
    wr_wire_config config;
    wr_wire_undecided *wire;
    const wr__log_until *until;
    const char **topics;
    uint32_t n;
    wr_arena *arena; /* of these, and of what `wire` borrows */
};

/* ---- topics that were written to ---- */

static bool take_topic(void *arg, wr_str key, wr_str value)
{
    (void)value;
    wr_map *topics = arg;
    wr_str prefix = WR_STR(WRITTEN);
    WR_ASSERT(key.len > prefix.len);
    (void)wr_map_put(topics, wr_str_make(key.ptr + prefix.len, key.len - prefix.len), topics);
    return true;
}

/* @pre the log's lock is held */
static weir_status load(wr__kafka *log, weir_error *err)
{
    if (log->written_loaded)
        return WEIR_OK;
    WR_TRY(wr_db_meta_scan(log->db, NULL, WR_STR(WRITTEN), take_topic, &log->written, err));
    log->written_loaded = true;
    return WEIR_OK;
}

/* @pre the log's lock is held */
static weir_status keep(wr__kafka *log, const char *topic, weir_error *err)
{
    WR_TRY(load(log, err));
    if (wr_map_get(&log->written, wr_str_c(topic)))
        return WEIR_OK;
    wr_buf key = {0};
    wr_buf_printf(&key, WRITTEN "%s", topic);
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_meta_put(b, wr_buf_view(&key), WR_STR(""));
    weir_status st = wr_db_write_durable(log->db, b, err);
    wr_db_batch_free(b);
    wr_buf_free(&key);
    if (st == WEIR_OK)
        (void)wr_map_put(&log->written, wr_str_c(topic), &log->written);
    return st;
}

weir_status wr__undecided_keep(wr__kafka *log, const char *topic, weir_error *err)
{
    WR_ASSERT(topic[0]);
    pthread_mutex_lock(&log->lock);
    weir_status st = keep(log, topic, err);
    pthread_mutex_unlock(&log->lock);
    return st;
}

static weir_status list_topics(wr__undecided *u, weir_error *err)
{
    wr__kafka *log = u->log;
    pthread_mutex_lock(&log->lock);
    weir_status st = load(log, err);
    u->topics = WR_NEW_N(u->arena, const char *, log->written.live + 1);
    const wr_map_entry *e;
    for (size_t i = 0; st == WEIR_OK && (e = wr_map_next(&log->written, &i));)
        u->topics[u->n++] = wr_arena_strndup(u->arena, e->key.ptr, e->key.len);
    if (u->n > 0)
        u->topics[u->n++] = OFFSETS;
    pthread_mutex_unlock(&log->lock);
    return st;
}

/* ---- looking ---- */

static weir_status go_on(void *arg, weir_error *err)
{
    wr__undecided *u = arg;
    return u->until ? wr__log_give_up(u->until, "Looking for undecided records", err) : WEIR_OK;
}

static weir_status reach(wr__undecided *u, const wr_settings *settings, const char *id,
                         weir_error *err)
{
    rd_kafka_conf_t *conf;
    WR_TRY(wr__kafka_conf_new(u->log, WR__KAFKA_WRITER, settings, &conf, err));
    weir_status st = WEIR_ERR_UNSUPPORTED;
    if (wr__kafka_wire_can(conf))
        st = wr__kafka_wire_config(conf, &u->config, err);
    else
        wr_error(err, st, "only librdkafka can reach the brokers");
    rd_kafka_conf_destroy(conf);
    WR_TRY(st);
    WR_ASSERT(u->config.bootstrap && !u->wire);
    u->config.tell = wr__kafka_wire_tell;
    u->config.tell_arg = u->log;
    wr_buf groups = {0};
    wr_buf_printf(&groups, "_confluent-ksql-%sundecided-",
                  wr_settings_get(&u->log->settings, "ksql.service.id"));
    const wr_wire_undecided_options o = {.id = id,
                                         .timeout_ms = LOOK_MS,
                                         .turn_ms = TURN_MS,
                                         .group_prefix =
                                             wr_arena_strdup(u->arena, wr_buf_cstr(&groups)),
                                         .go_on = go_on,
                                         .arg = u};
    wr_buf_free(&groups);
    WR_TRY(wr__wire_undecided_new(&u->config, &o, &u->wire, err));
    return wr__wire_undecided_look(u->wire, err);
}

weir_status wr__undecided_look(wr__kafka *log, const wr_settings *settings, const char *id,
                               const wr__log_until *until, wr__undecided **out, weir_error *err)
{
    *out = NULL;
    if (!wr_settings_bool(settings, "weir.transactions.end.undecided", true))
        return WEIR_OK;
    wr__undecided *u = wr_calloc(1, sizeof *u);
    weir_error why;
    u->log = log;
    u->until = until;
    u->arena = wr_arena_new(0);
    weir_status st = list_topics(u, &why);
    if (st == WEIR_OK && u->n > 0)
        st = reach(u, settings, id, &why);
    if (st == WEIR_OK && u->n > 0) {
        *out = u;
        return WEIR_OK;
    }
    wr__undecided_free(u);
    if (st == WEIR_ERR_UNSUPPORTED) {
        wr_diag_put(WR_DIAG_DEBUG, "kafka", "%s: undecided records are not looked for: %s", id,
                    why.message);
        return WEIR_OK;
    }
    if (st != WEIR_OK && err)
        *err = why;
    return st;
}

weir_status wr__undecided_end(wr__undecided *u, const char *id, weir_error *err)
{
    wr_wire_undecided_found found;
    if (!u)
        return WEIR_OK;
    WR_ASSERT(u->wire && u->n > 0 && id[0]);
    WR_TRY(wr__wire_undecided_end(u->wire, u->topics, u->n, &found, err));
    if (found.unseen[0])
        wr_diag_put(strcmp(found.unseen, OFFSETS) == 0 ? WR_DIAG_DEBUG : WR_DIAG_WARN, "kafka",
                    "%s: whether it has left records undecided in topic %s cannot be seen without "
                    "READ on it",
                    id, found.unseen);
    if (found.partitions)
        wr_diag_put(WR_DIAG_WARN, "kafka",
                    "%s: a transaction that was over had undecided records in %u partition%s (%s "
                    "partition %d, from offset %lld on); they are %s now, as it was",
                    id, found.partitions, found.partitions == 1 ? "" : "s", found.topic,
                    found.partition, (long long)found.offset,
                    found.committed ? "committed" : "aborted");
    return WEIR_OK;
}

void wr__undecided_free(wr__undecided *u)
{
    if (!u)
        return;
    wr__wire_undecided_free(u->wire);
    wr__kafka_wire_config_free(&u->config);
    wr_arena_free(u->arena);
    wr_free(u);
}

/* ---- all ids of the directory ---- */

static weir_status sweep_id(wr__kafka *log, const char *id, weir_error *err)
{
    wr__undecided *u;
    WR_TRY(wr__undecided_look(log, &log->settings, id, NULL, &u, err));
    weir_status st = u ? wr__wire_undecided_take_up(u->wire, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = wr__undecided_end(u, id, err);
    wr__undecided_free(u);
    return st;
}

weir_status wr__undecided_sweep(wr__kafka *log, weir_error *err)
{
    WR_ASSERT(log->db);
    if (atomic_load(&log->swept))
        return WEIR_OK;
    pthread_mutex_lock(&log->sweep_lock);
    weir_status st = WEIR_OK;
    uint32_t n = 0;
    if (!atomic_load(&log->swept))
        st = wr__txn_ids_used(log, &n, err);
    for (uint32_t slot = 0; slot < n && st == WEIR_OK; slot++) {
        char id[WR__TXN_ID_SIZE];
        st = wr__txn_id(log, slot, id, err);
        if (st == WEIR_OK)
            st = sweep_id(log, id, err);
    }
    if (st == WEIR_OK)
        atomic_store(&log->swept, true);
    pthread_mutex_unlock(&log->sweep_lock);
    return st;
}
