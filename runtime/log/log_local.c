/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log: opening and closing. What exists is read from the metadata entries, how far it
 * goes from each partition's first and last block; nothing else is read at start, so opening costs
 * two seeks per partition however much is stored. Layouts and locks: local.h.
 */
#include "runtime/log/local.h"
#include "runtime/log/local_topics.h"

static const wr_log_class local_class = {
    .name = "local",
    .can = {.atomic_with_state = true, .end_of_partition = true},
    WR__LOCAL_FUNCTIONS,
};

weir_status wr_log_local_new(wr_db *db, wr_clock *clock, wr_log **out, weir_error *err)
{
    return wr__local_open(db, clock, &local_class, out, err);
}

/* ---- opening ---- */

static weir_status load_block(wr_db_iter *it, wr__block_head *head, int64_t *first, weir_error *err)
{
    wr_str key = wr_db_iter_key(it);
    WR_ASSERT(key.len == WR__KEY_BYTES);
    *first = (int64_t)wr_get_be64(key.ptr + 8);
    WR_TRY(wr__block_peek(wr_db_iter_value(it), head, err));
    if (*first >= 0 && *first <= INT64_MAX - head->n)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LOG, "A block of the embedded log is damaged: its offset is %lld",
             (long long)*first);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_LOG;
}

static weir_status load_part(wr__local *log, wr__local_topic *t, int32_t partition, weir_error *err)
{
    wr__local_part *p = &t->parts[partition];
    char lower[WR__KEY_BYTES], upper[WR__KEY_BYTES];
    wr__local_key(lower, t->id, partition, 0);
    wr__local_key(upper, t->id, partition + 1, 0);
    wr_db_iter *it = wr_db_iter_new(log->db, NULL, WR_DB_LOG, (wr_str){lower, WR__KEY_BYTES},
                                    (wr_str){upper, WR__KEY_BYTES});
    wr__block_head head;
    weir_status st = WEIR_OK;
    int64_t last;
    wr_db_iter_seek_first(it);
    if (wr_db_iter_valid(it)) {
        st = load_block(it, &head, &p->low, err);
        p->oldest_timestamp = head.max_timestamp;
        wr_db_iter_seek_last(it);
        if (st == WEIR_OK && wr_db_iter_valid(it)) {
            st = load_block(it, &head, &last, err);
            p->high = last + head.n;
        }
    }
    if (st == WEIR_OK)
        st = wr_db_iter_status(it, err);
    wr_db_iter_free(it);
    if (st != WEIR_OK)
        wr_error_prefix(err, "Topic %s, partition %d: ", t->name, partition);
    return st;
}

typedef struct load {
    wr__local *log;
    weir_status st;
    weir_error *err;
} load;

static bool load_topic(void *arg, wr_str key, wr_str value)
{
    load *l = arg;
    wr__local_topic *t;
    l->st = wr__local_topic_decode(key, value, &t, l->err);
    if (l->st == WEIR_OK)
        wr_map_put(&l->log->topics, wr_str_c(t->name), t);
    return l->st == WEIR_OK;
}

weir_status wr__local_open(wr_db *db, wr_clock *clock, const wr_log_class *cls, wr_log **out,
                           weir_error *err)
{
    wr__local *log = wr_calloc(1, sizeof *log);
    log->base.cls = cls;
    log->db = db;
    log->clock = clock;
    pthread_mutex_init(&log->committing, NULL);
    pthread_mutex_init(&log->lock, NULL);
    wr_map_init(&log->topics);
    load l = {log, WEIR_OK, err};
    weir_status st = wr_db_meta_scan(db, NULL, WR_STR("log/topic/"), load_topic, &l, err);
    if (st == WEIR_OK)
        st = l.st;
    const wr_map_entry *e;
    for (size_t i = 0; st == WEIR_OK && (e = wr_map_next(&log->topics, &i));) {
        wr__local_topic *t = e->value;
        for (int32_t p = 0; p < t->partitions && st == WEIR_OK; p++)
            st = load_part(log, t, p, err);
    }
    if (st != WEIR_OK) {
        wr__local_close(&log->base);
        return st;
    }
    *out = &log->base;
    return WEIR_OK;
}

void wr__local_close(wr_log *base)
{
    wr__local *log = (wr__local *)base;
    WR_ASSERT(!log->waiting);
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&log->topics, &i));)
        wr__local_topic_unref(log, e->value);
    wr_map_free(&log->topics);
    pthread_mutex_destroy(&log->committing);
    pthread_mutex_destroy(&log->lock);
    wr_free(log);
}

/* ---- keys ---- */
