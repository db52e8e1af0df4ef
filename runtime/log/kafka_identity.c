/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who this process is to the broker: a random name that its data directory keeps, so that a process
 * that was killed and started again is known as the same one.
 *
 *     transactional.id    "weir-<service>-<directory>-<slot>"  (kafka_transaction.c)
 *     group.instance.id   "weir-<directory>"                   static membership, below
 *
 * Static membership. A member with a group.instance.id that goes away, in order or not, keeps its
 * partitions until its session ends; one that comes back under the same id within that time gets
 * them without a rebalance, and nobody else's tasks are closed and opened. That is what a service
 * wants, whose state is in its directory: a restart moves nothing. A prompt and a batch job end for
 * good, so they are ordinary members, whose partitions go to the others at once.
 *
 * Two live processes under one id: the broker turns the older one away (FENCED_INSTANCE_ID). As a
 * directory belongs to one process, that is a copy of the directory. But a process may be turned
 * away by itself: after a broker has stood still for longer than the session, librdkafka may send a
 * heartbeat with the instance id and no member id before it has joined again, which the broker
 * takes for a second one (findings/librdkafka-static-member-fenced-by-itself.sh).
 * So who is turned away joins again, and only who is turned away over and over, as two processes do
 * to each other, has a twin.
 *
 * Threads: any; one lock for making the name.
 */
#include "runtime/log/kafka.h"

#define DIRECTORY_KEY "kafka/directory"
#define SLOTS_KEY     "kafka/transactional-ids" /* how many were ever used; 4 bytes */

static weir_status make_name(wr__kafka *log, wr_buf *out, weir_error *err)
{
    wr_rng rng;
    wr_rng_seed_os(&rng);
    wr_buf_clear(out);
    wr_buf_printf(out, "%016llx", (unsigned long long)wr_rng_next(&rng));
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_meta_put(b, WR_STR(DIRECTORY_KEY), wr_buf_view(out));
    weir_status st = wr_db_write_durable(log->db, b, err);
    wr_db_batch_free(b);
    return st;
}

/* Kept durably before its first use: another one after a crash would leave the transactions of the
 * first to the broker's time-out, and its partitions to the end of the session. */
weir_status wr__kafka_directory(wr__kafka *log, wr_buf *out, weir_error *err)
{
    bool found;
    pthread_mutex_lock(&log->lock);
    weir_status st = wr_db_meta_get(log->db, NULL, WR_STR(DIRECTORY_KEY), out, &found, err);
    if (st == WEIR_OK && !found)
        st = make_name(log, out, err);
    pthread_mutex_unlock(&log->lock);
    WR_ASSERT(st != WEIR_OK || out->len > 0);
    return st;
}

/* How many the directory has used so far, by any process. */
weir_status wr__txn_ids_used(wr__kafka *log, uint32_t *n, weir_error *err)
{
    wr_buf value = {0};
    bool found;
    weir_status st = wr_db_meta_get(log->db, NULL, WR_STR(SLOTS_KEY), &value, &found, err);
    *n = st == WEIR_OK && found && value.len == 4 ? wr_get_be32(value.ptr) : 0;
    wr_buf_free(&value);
    return st;
}

/* Before its first use: who comes after this process looks for what it has left under the id. */
weir_status wr__txn_note_used(wr__kafka *log, uint32_t n, weir_error *err)
{
    char value[4];
    uint32_t used;
    WR_TRY(wr__txn_ids_used(log, &used, err));
    if (used >= n)
        return WEIR_OK;
    wr_put_be32(value, n);
    wr_db_batch *b = wr_db_batch_new(log->db);
    wr_db_batch_meta_put(b, WR_STR(SLOTS_KEY), (wr_str){value, sizeof value});
    weir_status st = wr_db_write_durable(log->db, b, err);
    wr_db_batch_free(b);
    return st;
}

weir_status wr__txn_id(wr__kafka *log, uint32_t slot, char id[WR__TXN_ID_SIZE], weir_error *err)
{
    wr_buf directory = {0};
    WR_ASSERT(id);
    const char *service = wr_settings_get(&log->settings, "ksql.service.id");
    weir_status st = wr__kafka_directory(log, &directory, err);
    if (st == WEIR_OK)
        snprintf(id, WR__TXN_ID_SIZE, "weir-%s-%s-%u", service, wr_buf_cstr(&directory), slot);
    wr_buf_free(&directory);
    return st;
}

/* A name that the user has chosen (consumer.group.instance.id) stays. */
weir_status wr__kafka_static_member(wr__kafka *log, rd_kafka_conf_t *conf, weir_error *err)
{
    char text[256] = "";
    size_t size = sizeof text;
    (void)rd_kafka_conf_get(conf, "group.instance.id", text, &size);
    if (text[0] || !wr_settings_bool(&log->settings, "weir.group.static", false))
        return WEIR_OK;
    wr_buf directory = {0}, name = {0};
    weir_status st = wr__kafka_directory(log, &directory, err);
    if (st == WEIR_OK) {
        WR_ASSERT(directory.len < sizeof text - sizeof "weir-");
        wr_buf_printf(&name, "weir-%s", wr_buf_cstr(&directory));
        wr__kafka_conf_set(conf, "group.instance.id", wr_buf_cstr(&name));
    }
    wr_buf_free(&directory);
    wr_buf_free(&name);
    return st;
}

/* This often in this time: two processes need about 20 s for it. A broker that stands still for
 * some seconds, again and again, stays below. */
enum { TWIN_WITHIN_MS = 45000 };

/* @pre the log's lock is held */
static wr__turned_away *of_group(wr__kafka *log, const char *group)
{
    for (size_t i = 0; i < log->turned_away_n; i++)
        if (strcmp(log->turned_away[i].group, group) == 0)
            return &log->turned_away[i];
    size_t n = log->turned_away_n++;
    log->turned_away = wr_realloc(log->turned_away, (n + 1) * sizeof *log->turned_away);
    log->turned_away[n] = (wr__turned_away){.group = wr_strdup(group)};
    return &log->turned_away[n];
}

static bool has_twin(wr__kafka *log, const char *group)
{
    int64_t now = wr__log_now_ms();
    pthread_mutex_lock(&log->lock);
    wr__turned_away *t = of_group(log, group);
    memmove(&t->at_ms[0], &t->at_ms[1], (WR__TURNED_AWAY_MAX - 1) * sizeof t->at_ms[0]);
    t->at_ms[WR__TURNED_AWAY_MAX - 1] = now;
    bool twin = t->at_ms[0] && now - t->at_ms[0] < TWIN_WITHIN_MS;
    pthread_mutex_unlock(&log->lock);
    return twin;
}

weir_status wr__kafka_turned_away(wr__kafka *log, const char *group, const char *text,
                                  weir_error *err)
{
    WR_ASSERT(group && text);
    bool twin = has_twin(log, group);
    wr_error(err, WEIR_ERR_LOG,
             "Another process is in the group under the name of this one (group.instance.id): %s",
             text);
    if (!twin) {
        err->flags |= WEIR_ERROR_RETRIABLE;
        return err->code;
    }
    return wr_error_hint(err, "Is a copy of the data directory in use? A copy must not run while "
                              "the original does.");
}

void wr__kafka_turned_away_free(wr__kafka *log)
{
    for (size_t i = 0; i < log->turned_away_n; i++)
        wr_free(log->turned_away[i].group);
    wr_free(log->turned_away);
}
