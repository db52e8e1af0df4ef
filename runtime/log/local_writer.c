/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the embedded log.
 *
 * A writer packs what is produced into blocks, per owner, topic and partition, in its own memory:
 * nobody sees them before the commit, and an abort just forgets them, of one owner or of all. A
 * commit takes the log's `committing` lock, numbers the blocks from the partition's end (those of
 * several owners one after another), and writes blocks, consumer offsets and the caller's state in
 * ONE wr_db_write; only when that has succeeded do the ends move and readers wake. So a failed
 * write (disk full) leaves offsets, records and state as they were, and the same commit may be
 * tried again. Many queries commit in parallel: the lock is what makes offsets dense.
 *
 * Expiry (retention_ms) rides on commits to the partition: whole blocks whose newest timestamp is
 * too old are deleted in the same write, looked for at most every EXPIRY_EVERY_MS.
 */
#include "runtime/log/local.h"
#include "common/diag.h"

enum { EXPIRY_EVERY_MS = 30000, RECLAIM_BYTES = 64 * 1024 * 1024 };

typedef struct out_part {
    wr__block *blocks; /* sealed, but for the last */
    size_t n, cap;
    int64_t first, end; /* set by the commit: offsets its blocks get */
    int64_t low;        /* set by the commit: low after expiry; -1: nothing expires */
    int64_t oldest_timestamp;
    uint64_t expired_bytes;
} out_part;

/* What one owner has for one topic. */
typedef struct out_topic {
    wr_log_owner
        *owner; /* compared always, looked into only while `touched`: it may be gone else */
    wr__local_topic *topic;
    out_part *parts;
    uint32_t turn; /* NULL keys: the partition whose turn it is */
    bool touched;  /* since the last commit */
    size_t bytes;  /* of `pending` */
} out_topic;

struct wr_log_writer {
    wr__log_writer_base base; /* first */
    wr__local *log;
    out_topic *topics;
    size_t topics_n, topics_cap;
    size_t pending;
    wr_db_batch *batch;        /* for commits without a state batch */
    pthread_mutex_t producing; /* one produce at a time */
};

/* ---- life ---- */

weir_status wr__local_writer_new(wr_log *log, const wr_settings *settings, wr_log_writer **out,
                                 weir_error *err)
{
    (void)settings;
    (void)err;
    wr_log_writer *w = wr_calloc(1, sizeof *w);
    w->log = (wr__local *)log;
    w->base.record_max = WR__RECORD_BYTES;
    w->batch = wr_db_batch_new(w->log->db);
    pthread_mutex_init(&w->producing, NULL);
    *out = w;
    return WEIR_OK;
}

static void forget(wr_log_writer *w, out_topic *o)
{
    if (!o->touched)
        return;
    for (int32_t p = 0; p < o->topic->partitions; p++) {
        /* The first block's memory is kept: most commits need one again. */
        for (size_t k = 1; k < o->parts[p].n; k++)
            wr_buf_free(&o->parts[p].blocks[k].bytes);
        if (o->parts[p].n)
            o->parts[p].blocks[0].n = 0;
        o->parts[p].n = 0;
    }
    WR_ASSERT(w->pending >= o->bytes);
    w->pending -= o->bytes;
    o->bytes = 0;
    o->touched = false;
}

static void free_topic(wr_log_writer *w, out_topic *o)
{
    for (int32_t p = 0; p < o->topic->partitions; p++) {
        for (size_t k = 0; k < o->parts[p].cap; k++)
            wr_buf_free(&o->parts[p].blocks[k].bytes);
        wr_free(o->parts[p].blocks);
    }
    wr_free(o->parts);
    wr__local_topic_unref(w->log, o->topic);
}

void wr__local_writer_close(wr_log_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->topics_n; i++)
        free_topic(w, &w->topics[i]);
    wr_free(w->topics);
    wr_db_batch_free(w->batch);
    pthread_mutex_destroy(&w->producing);
    wr_free(w);
}

/* The entry goes, and with it what is known of its owner. */
static void remove_at(wr_log_writer *w, size_t i)
{
    WR_ASSERT(i < w->topics_n && !w->topics[i].touched && w->topics[i].bytes == 0);
    free_topic(w, &w->topics[i]);
    w->topics[i] = w->topics[--w->topics_n];
}

weir_status wr__local_abort(wr_log_writer *w, wr_log_owner *owner, weir_error *err)
{
    (void)err;
    pthread_mutex_lock(&w->producing);
    for (size_t i = w->topics_n; i-- > 0;) {
        if (owner && w->topics[i].owner != owner)
            continue;
        forget(w, &w->topics[i]);
        if (owner)
            remove_at(w, i);
    }
    WR_ASSERT(owner || w->pending == 0);
    pthread_mutex_unlock(&w->producing);
    return WEIR_OK;
}

/* There is no connection to lose; a write that failed may be tried again. */
bool wr__local_writer_failed(const wr_log_writer *w, weir_error *err)
{
    (void)w;
    (void)err;
    return false;
}

size_t wr__local_pending(const wr_log_writer *w)
{
    return w->pending;
}

int64_t wr__local_position(const wr_log_writer *w, const char *topic, int32_t partition)
{
    (void)w;
    (void)topic;
    (void)partition;
    return -1; /* no changelogs here */
}

/* ---- producing ---- */

static bool is_removed(wr__local *log, const wr__local_topic *t)
{
    pthread_mutex_lock(&log->lock);
    bool removed = t->removed;
    pthread_mutex_unlock(&log->lock);
    return removed;
}

static weir_status was_deleted(const wr__local_topic *t, weir_error *err)
{
    return wr_error(err, WEIR_ERR_NOT_FOUND, "Topic '%s' was deleted", t->name);
}

/* Nothing is under way to anybody. What is left to be refused: records for a topic that has been
 * deleted since. */
weir_status wr__local_flush(wr_log_writer *w, const wr__log_until *until, weir_error *err)
{
    (void)until;
    (void)err;
    for (size_t i = 0; i < w->topics_n; i++) {
        const out_topic *o = &w->topics[i];
        weir_error why;
        if (o->touched && is_removed(w->log, o->topic) && was_deleted(o->topic, &why) != WEIR_OK)
            wr_log_owner_fail(o->owner, &why);
    }
    return WEIR_OK;
}

static weir_status find_topic(wr_log_writer *w, wr_log_owner *owner, const char *name,
                              out_topic **out, weir_error *err)
{
    for (size_t i = 0; i < w->topics_n; i++) {
        out_topic *o = &w->topics[i];
        if (o->owner != owner || strcmp(o->topic->name, name) != 0)
            continue;
        if (!is_removed(w->log, o->topic)) {
            *out = o;
            return WEIR_OK;
        }
        if (o->touched)
            return was_deleted(o->topic, err);
        remove_at(w, i); /* perhaps there is a new one of the same name */
        break;
    }
    wr__local_topic *t;
    WR_TRY(wr__local_topic_ref(w->log, name, &t, err));
    if (w->topics_n == w->topics_cap) {
        w->topics_cap = w->topics_cap ? w->topics_cap * 2 : 4;
        w->topics = wr_realloc(w->topics, w->topics_cap * sizeof *w->topics);
    }
    *out = &w->topics[w->topics_n++];
    **out = (out_topic){
        .owner = owner, .topic = t, .parts = wr_calloc((size_t)t->partitions, sizeof(out_part))};
    WR_ASSERT(!(*out)->touched && (*out)->bytes == 0);
    return WEIR_OK;
}

static wr__block *next_block(out_part *p)
{
    if (p->n)
        wr__block_seal(&p->blocks[p->n - 1]);
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 1;
        p->blocks = wr_realloc(p->blocks, cap * sizeof *p->blocks);
        memset(p->blocks + p->cap, 0, (cap - p->cap) * sizeof *p->blocks);
        p->cap = cap;
    }
    wr__block *b = &p->blocks[p->n++];
    b->n = 0;
    return b;
}

static void append(out_part *p, wr_str key, wr_str value, int64_t timestamp,
                   const wr_headers *headers)
{
    wr__block *b = p->n ? &p->blocks[p->n - 1] : NULL;
    if (!b || wr__block_full(b))
        b = next_block(p);
    if (!wr__block_add(b, key, value, timestamp, headers)) {
        bool added = wr__block_add(next_block(p), key, value, timestamp, headers);
        WR_ASSERT(added);
    }
}

static weir_status choose_partition(out_topic *o, const wr_out_records *in, uint32_t i,
                                    int32_t *partition, weir_error *err)
{
    if (in->partitions)
        *partition = in->partitions[i];
    else if (in->keys[i].ptr)
        *partition = wr_partition_of(in->partitioner, in->keys[i], o->topic->partitions);
    else
        *partition = (int32_t)(o->turn++ % (uint32_t)o->topic->partitions);
    if (*partition < 0 || *partition >= o->topic->partitions)
        return wr__local_no_partition(o->topic, *partition, err);
    return WEIR_OK;
}

static size_t record_bytes(const wr_out_records *in, uint32_t i)
{
    size_t bytes = (size_t)in->keys[i].len + in->values[i].len;
    const wr_headers *headers = in->headers ? in->headers[i] : NULL;
    for (uint32_t k = 0; headers && k < headers->n; k++)
        bytes += (size_t)headers->h[k].key.len + headers->h[k].value.len;
    return bytes;
}

/* @pre `producing` is held */
static weir_status add_records(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                               const wr_out_records *in, weir_error *err)
{
    out_topic *o;
    WR_TRY(find_topic(w, owner, topic, &o, err));
    for (uint32_t i = 0; i < in->n; i++) {
        int32_t partition;
        WR_TRY(choose_partition(o, in, i, &partition, err));
        size_t bytes = record_bytes(in, i);
        if (bytes > WR__RECORD_BYTES)
            return wr_error(err, WEIR_ERR_LIMIT,
                            "A record for topic '%s' has %zu bytes; the most is %d", topic, bytes,
                            WR__RECORD_BYTES);
        append(&o->parts[partition], in->keys[i], in->values[i], in->timestamps[i],
               in->headers ? in->headers[i] : NULL);
        o->touched = true;
        o->bytes += bytes;
        w->pending += bytes;
    }
    return WEIR_OK;
}

weir_status wr__local_produce(wr_log_writer *w, wr_log_owner *owner, const char *topic,
                              const wr_out_records *in, const wr__log_until *until, weir_error *err)
{
    (void)until; /* memory only: nothing to wait for */
    pthread_mutex_lock(&w->producing);
    weir_status st = add_records(w, owner, topic, in, err);
    pthread_mutex_unlock(&w->producing);
    return st;
}

/* ---- expiry; all of it @pre `committing` is held ---- */

/* Walk over blocks that are too old; out->low becomes the first offset to keep. */
static weir_status find_expired(wr__local *log, const wr__local_topic *t, int32_t partition,
                                int64_t cutoff_ms, out_part *out, weir_error *err)
{
    const wr__local_part *p = &t->parts[partition];
    char lower[WR__KEY_BYTES], upper[WR__KEY_BYTES];
    wr__local_key(lower, t->id, partition, p->low);
    wr__local_key(upper, t->id, partition + 1, 0);
    wr_db_iter *it = wr_db_iter_new(log->db, NULL, WR_DB_LOG, (wr_str){lower, WR__KEY_BYTES},
                                    (wr_str){upper, WR__KEY_BYTES});
    weir_status st = WEIR_OK;
    int64_t keep = p->low;
    wr_db_iter_seek_first(it);
    for (; st == WEIR_OK && wr_db_iter_valid(it); wr_db_iter_next(it)) {
        wr__block_head head;
        wr_str value = wr_db_iter_value(it);
        st = wr__block_peek(value, &head, err);
        if (st != WEIR_OK)
            break;
        keep = (int64_t)wr_get_be64(wr_db_iter_key(it).ptr + 8);
        out->oldest_timestamp = head.max_timestamp;
        if (head.max_timestamp >= cutoff_ms || keep + head.n >= p->high)
            break; /* young enough, or the last, which says where the partition ends */
        out->expired_bytes += value.len;
    }
    if (st == WEIR_OK)
        st = wr_db_iter_status(it, err);
    wr_db_iter_free(it);
    if (keep > p->low)
        out->low = keep;
    return st;
}

static weir_status expire(wr__local *log, const wr__local_topic *t, int32_t partition,
                          out_part *out, wr_db_batch *b, weir_error *err)
{
    out->low = -1;
    out->expired_bytes = 0;
    wr__local_part *p = &t->parts[partition];
    if (t->retention_ms < 0 || !log->clock || p->low == p->high)
        return WEIR_OK;
    int64_t now = log->clock->wall_ms(log->clock);
    if (p->oldest_timestamp >= now - t->retention_ms || now < p->next_expiry_ms)
        return WEIR_OK;
    p->next_expiry_ms = now + EXPIRY_EVERY_MS;
    WR_TRY(find_expired(log, t, partition, now - t->retention_ms, out, err));
    if (out->low < 0)
        return WEIR_OK;
    char from[WR__KEY_BYTES], to[WR__KEY_BYTES];
    wr__local_key(from, t->id, partition, p->low);
    wr__local_key(to, t->id, partition, out->low);
    wr_db_batch_delete_range(b, WR_DB_LOG, (wr_str){from, WR__KEY_BYTES},
                             (wr_str){to, WR__KEY_BYTES});
    return WEIR_OK;
}

/* Give the disk space back where much has come together. */
static void reclaim(wr__local *log, const wr__local_topic *t, int32_t partition, int64_t low)
{
    char from[WR__KEY_BYTES], to[WR__KEY_BYTES];
    wr__local_key(from, t->id, partition, 0);
    wr__local_key(to, t->id, partition, low);
    weir_error err;
    if (wr_db_reclaim(log->db, (wr_str){from, WR__KEY_BYTES}, (wr_str){to, WR__KEY_BYTES}, &err) !=
        WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "log", "disk space of topic %s will be freed later: %s", t->name,
                    err.message);
    log->unreclaimed = 0;
}

/* ---- committing ---- */

static void put_blocks(const wr__local_topic *t, int32_t partition, out_part *p, wr_db_batch *b)
{
    wr__local_part *part = &t->parts[partition];
    WR_ASSERT(p->n > 0 && part->low <= part->high);
    p->first = p->end = WR_MAX(part->high, part->numbered);
    wr__block_seal(&p->blocks[p->n - 1]);
    for (size_t k = 0; k < p->n; k++) {
        char key[WR__KEY_BYTES];
        wr__local_key(key, t->id, partition, p->end);
        wr_db_batch_put(b, WR_DB_LOG, (wr_str){key, WR__KEY_BYTES},
                        wr_buf_view(&p->blocks[k].bytes));
        p->end += p->blocks[k].n;
    }
    WR_ASSERT(p->end > p->first);
    part->numbered = p->end;
}

/* What a failed commit has numbered is free again. */
static void forget_numbers(wr_log_writer *w)
{
    for (size_t i = 0; i < w->topics_n; i++)
        for (int32_t p = 0; p < w->topics[i].topic->partitions && w->topics[i].touched; p++)
            w->topics[i].topic->parts[p].numbered = 0;
}

static weir_status collect(wr_log_writer *w, wr_db_batch *b, weir_error *err)
{
    for (size_t i = 0; i < w->topics_n; i++) {
        out_topic *o = &w->topics[i];
        if (!o->touched)
            continue;
        weir_error why;
        if (is_removed(w->log, o->topic) && was_deleted(o->topic, &why) != WEIR_OK)
            wr_log_owner_fail(o->owner, &why);
        if (wr_log_owner_failed(o->owner, err)) /* whoever commits has to abort it first */
            return o->owner->error.code;
        for (int32_t p = 0; p < o->topic->partitions; p++) {
            if (!o->parts[p].n)
                continue;
            put_blocks(o->topic, p, &o->parts[p], b);
            WR_TRY(expire(w->log, o->topic, p, &o->parts[p], b, err));
        }
    }
    return WEIR_OK;
}

static void put_offsets(const wr_log_group_offsets *group, wr_db_batch *b)
{
    wr_buf key = {0};
    for (uint32_t i = 0; i < group->n; i++) {
        const wr_topic_part *part = &group->offsets[i];
        char value[8];
        wr_put_be64(value, (uint64_t)part->offset);
        wr__local_offset_key(&key, group->group, part->topic, part->partition);
        wr_db_batch_meta_put(b, wr_buf_view(&key), (wr_str){value, 8});
    }
    wr_buf_free(&key);
}

/* The write has succeeded: what it wrote can be seen. @pre `committing` is held. */
static void publish(wr_log_writer *w)
{
    wr__local *log = w->log;
    bool moved = false;
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < w->topics_n; i++) {
        out_topic *o = &w->topics[i];
        for (int32_t p = 0; p < o->topic->partitions && o->touched; p++) {
            const out_part *out = &o->parts[p];
            wr__local_part *part = &o->topic->parts[p];
            if (!out->n)
                continue;
            WR_ASSERT(part->high == out->first);
            if (part->low == part->high)
                part->oldest_timestamp = out->blocks[0].max_timestamp;
            part->high = out->end;
            if (out->low >= 0) {
                part->low = out->low;
                part->oldest_timestamp = out->oldest_timestamp;
                log->unreclaimed += out->expired_bytes;
            }
            moved = true;
        }
    }
    if (moved)
        wr__local_wake_readers(log);
    pthread_mutex_unlock(&log->lock);
    for (size_t i = 0; i < w->topics_n && log->unreclaimed > RECLAIM_BYTES; i++)
        for (int32_t p = 0; p < w->topics[i].topic->partitions && w->topics[i].touched; p++)
            if (w->topics[i].parts[p].n && w->topics[i].parts[p].low >= 0)
                reclaim(log, w->topics[i].topic, p, w->topics[i].parts[p].low);
}

/* Guarded in any case: only this log's own process can move a group. */
weir_status wr__local_begin_group(wr_log *base, const wr_log_group_offsets *group,
                                  bool exactly_once, weir_error *err)
{
    (void)exactly_once;
    wr__local *log = (wr__local *)base;
    wr_db_batch *b = wr_db_batch_new(log->db);
    put_offsets(group, b);
    weir_status st = wr_db_write(log->db, b, err);
    wr_db_batch_free(b);
    return st;
}

weir_status wr__local_commit(wr_log_writer *w, wr_log_reader *reader,
                             const wr_log_group_offsets *groups, uint32_t groups_n,
                             wr_db_batch *state, weir_error *err)
{
    (void)reader;
    wr__local *log = w->log;
    wr_db_batch *b = state ? state : w->batch;
    pthread_mutex_lock(&log->committing);
    weir_status st = collect(w, b, err);
    if (st == WEIR_OK) {
        for (uint32_t i = 0; i < groups_n; i++)
            put_offsets(&groups[i], b);
        /* Stores wait for the end of a state batch, also where nothing of them has changed. */
        st = !state && wr_db_batch_empty(b) ? WEIR_OK : wr_db_write(log->db, b, err);
    }
    if (st == WEIR_OK)
        publish(w);
    else
        wr_db_batch_clear(b);
    forget_numbers(w);
    pthread_mutex_unlock(&log->committing);
    for (size_t i = 0; i < w->topics_n && st == WEIR_OK; i++)
        forget(w, &w->topics[i]);
    return st;
}
