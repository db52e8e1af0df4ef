/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics and group offsets of the embedded log. The registry in memory mirrors the metadata
 * entries; a change is written first and becomes visible after it. A topic that is removed while
 * readers or writers hold it stays in memory, marked, until the last of them lets go; its id is
 * never used again.
 *
 * The metadata entry of a topic: u8 version (1), be32 id, be32 partitions, be32 replicas, be64
 * retention_ms, u8 flags (1 compact, 2 compact and delete, 4 internal).
 */
#include "runtime/log/local_topics.h"
#include "common/reason.h"
#include "common/diag.h"

#include <stdlib.h>

enum { ENTRY_VERSION = 1, ENTRY_BYTES = 22, PARTITIONS_MAX = 10000, NAME_MAX_LEN = 249 };
enum { COMPACT = 1, COMPACT_DELETE = 2, INTERNAL = 4 };

/* ---- the metadata entry ---- */

static wr__local_topic *new_topic(wr_str name, int32_t partitions)
{
    wr__local_topic *t = wr_calloc(1, sizeof *t);
    t->name = wr_calloc(1, (size_t)name.len + 1);
    memcpy(t->name, name.ptr, name.len);
    t->partitions = partitions;
    t->parts = wr_calloc((size_t)partitions, sizeof *t->parts);
    t->refs = 1;
    return t;
}

weir_status wr__local_topic_decode(wr_str key, wr_str entry, wr__local_topic **out, weir_error *err)
{
    wr_str prefix = WR_STR("log/topic/");
    wr_str name = {key.ptr + prefix.len, key.len - prefix.len};
    if (entry.len != ENTRY_BYTES || entry.ptr[0] != ENTRY_VERSION)
        return wr_error(err, WEIR_ERR_LOG, "The metadata entry of topic '%.*s' has an unknown form",
                        WR_STR_ARG(name));
    uint32_t partitions = wr_get_be32(entry.ptr + 5);
    if (partitions == 0 || partitions > PARTITIONS_MAX)
        return wr_error(err, WEIR_ERR_LOG, "The metadata entry of topic '%.*s' is damaged",
                        WR_STR_ARG(name));
    wr__local_topic *t = new_topic(name, (int32_t)partitions);
    t->id = wr_get_be32(entry.ptr + 1);
    t->replicas = (int32_t)wr_get_be32(entry.ptr + 9);
    t->retention_ms = (int64_t)wr_get_be64(entry.ptr + 13);
    t->compact = entry.ptr[21] & COMPACT;
    t->compact_delete = entry.ptr[21] & COMPACT_DELETE;
    t->internal = entry.ptr[21] & INTERNAL;
    *out = t;
    return WEIR_OK;
}

static void encode(const wr__local_topic *t, char entry[ENTRY_BYTES])
{
    WR_ASSERT(t->partitions > 0 && t->partitions <= PARTITIONS_MAX); /* checked at creation */
    entry[0] = ENTRY_VERSION;
    wr_put_be32(entry + 1, t->id);
    wr_put_be32(entry + 5, (uint32_t)t->partitions);
    wr_put_be32(entry + 9, (uint32_t)t->replicas);
    wr_put_be64(entry + 13, (uint64_t)t->retention_ms);
    entry[21] = (char)((t->compact ? COMPACT : 0) | (t->compact_delete ? COMPACT_DELETE : 0) |
                       (t->internal ? INTERNAL : 0));
}

/* ---- listing ---- */

static void fill_info(const wr__local_topic *t, wr_topic_info *out)
{
    out->partitions = t->partitions;
    out->replicas = t->replicas;
    out->retention_ms = t->retention_ms;
    out->internal = t->internal;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const wr_topic_info *)a)->name, ((const wr_topic_info *)b)->name);
}

weir_status wr__local_list(wr_log *base, wr_arena *a, wr_topic_info **out, uint32_t *n,
                           weir_error *err)
{
    (void)err;
    wr__local *log = (wr__local *)base;
    pthread_mutex_lock(&log->lock);
    *out = WR_NEW_N(a, wr_topic_info, log->topics.live + 1);
    *n = 0;
    const wr_map_entry *e;
    for (size_t i = 0; (e = wr_map_next(&log->topics, &i));) {
        wr_topic_info *info = &(*out)[(*n)++];
        fill_info(e->value, info);
        info->name = wr_arena_strdup(a, e->key.ptr);
    }
    pthread_mutex_unlock(&log->lock);
    qsort(*out, *n, sizeof **out, by_name);
    return WEIR_OK;
}

weir_status wr__local_describe(wr_log *base, const char *topic, wr_topic_info *out, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    wr__local_topic *t;
    WR_TRY(wr__local_topic_ref(log, topic, &t, err));
    fill_info(t, out);
    out->name = topic;
    wr__local_topic_unref(log, t);
    return WEIR_OK;
}

/* ---- creating ---- */

static weir_status check_spec(const wr_topic_spec *spec, weir_error *err)
{
    const char *name = spec->name;
    size_t len = strlen(name);
    bool good = len > 0 && len <= NAME_MAX_LEN && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
    for (size_t i = 0; i < len && good; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
               (name[i] >= '0' && name[i] <= '9') || strchr("._-", name[i]);
    if (!good) {
        wr_error_reason(err, WR_REASON_TOPIC,
                        wr_error(err, WEIR_ERR_MISUSE, "Invalid topic name '%.300s'", name));
        return wr_error_hint(err, "1 to 249 letters, digits, '.', '_' and '-'.");
    }
    if (spec->partitions == 0 || spec->partitions < -1 || spec->partitions > PARTITIONS_MAX)
        return wr_error(err, WEIR_ERR_MISUSE, "Topic '%s' cannot have %d partitions (1 to %d)",
                        name, spec->partitions, PARTITIONS_MAX);
    return WEIR_OK;
}

/* @pre `committing` is held. */
static weir_status write_topic(wr__local *log, wr__local_topic *t, weir_error *err)
{
    wr_buf key = {0};
    wr_buf_printf(&key, "log/topic/%s", t->name);
    weir_status st = wr_db_store_id(log->db, wr_buf_view(&key), &t->id, err);
    if (st == WEIR_OK) {
        char entry[ENTRY_BYTES];
        encode(t, entry);
        wr_db_batch *b = wr_db_batch_new(log->db);
        wr_db_batch_meta_put(b, wr_buf_view(&key), (wr_str){entry, ENTRY_BYTES});
        st = wr_db_write(log->db, b, err);
        wr_db_batch_free(b);
    }
    wr_buf_free(&key);
    return st;
}

weir_status wr__local_create(wr_log *base, const wr_topic_spec *spec, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    WR_TRY(check_spec(spec, err));
    pthread_mutex_lock(&log->committing);
    pthread_mutex_lock(&log->lock);
    bool exists = wr_map_get(&log->topics, wr_str_c(spec->name)) != NULL;
    pthread_mutex_unlock(&log->lock);
    weir_status st;
    if (exists) {
        st = wr_error(err, WEIR_ERR_EXISTS, "Topic '%s' already exists", spec->name);
    } else {
        wr__local_topic *t =
            new_topic(wr_str_c(spec->name), spec->partitions < 0 ? 1 : spec->partitions);
        t->replicas = spec->replicas < 1 ? 1 : spec->replicas;
        t->retention_ms = spec->retention_ms < 0 ? -1 : spec->retention_ms;
        t->compact = spec->compact;
        t->compact_delete = spec->compact_delete;
        t->internal = spec->internal;
        st = write_topic(log, t, err);
        if (st == WEIR_OK) {
            pthread_mutex_lock(&log->lock);
            WR_ASSERT(t->refs == 1 && t->id != 0);
            wr_map_put(&log->topics, wr_str_c(t->name), t);
            wr__local_wake_readers(log); /* of an older one of the name: their positions are void */
            pthread_mutex_unlock(&log->lock);
        } else {
            wr__local_topic_unref(log, t);
        }
    }
    pthread_mutex_unlock(&log->committing);
    return st;
}

/* ---- removing ---- */

typedef struct forget {
    wr_db_batch *b;
    wr_str topic;
} forget;

/* Committed offsets of the topic, of whichever group. */
static bool forget_offset(void *arg, wr_str key, wr_str value)
{
    (void)value;
    const forget *f = arg;
    uint32_t tail = f->topic.len + 1 + 4;
    if (key.len > tail + 1 && key.ptr[key.len - tail - 1] == '\0' && key.ptr[key.len - 5] == '\0' &&
        memcmp(key.ptr + key.len - tail, f->topic.ptr, f->topic.len) == 0)
        wr_db_batch_meta_delete(f->b, key);
    return true;
}

/* @pre `committing` is held. */
static weir_status erase_topic(wr__local *log, const wr__local_topic *t, weir_error *err)
{
    char from[WR__KEY_BYTES], to[WR__KEY_BYTES];
    wr__local_key(from, t->id, 0, 0);
    wr__local_key(to, t->id + 1, 0, 0);
    wr_str lower = {from, WR__KEY_BYTES}, upper = {to, WR__KEY_BYTES};
    wr_buf key = {0};
    wr_buf_printf(&key, "log/topic/%s", t->name);
    wr_db_batch *b = wr_db_batch_new(log->db);
    forget f = {b, wr_str_c(t->name)};
    weir_status st = wr_db_meta_scan(log->db, NULL, WR_STR("log/group/"), forget_offset, &f, err);
    if (st == WEIR_OK)
        st = wr_db_batch_drop_store(b, wr_buf_view(&key), err);
    if (st == WEIR_OK) {
        wr_db_batch_meta_delete(b, wr_buf_view(&key));
        wr_db_batch_delete_range(b, WR_DB_LOG, lower, upper);
        st = wr_db_write(log->db, b, err);
    }
    weir_error late;
    if (st == WEIR_OK && wr_db_reclaim(log->db, lower, upper, &late) != WEIR_OK)
        wr_diag_put(WR_DIAG_WARN, "log", "disk space of topic %s will be freed later: %s", t->name,
                    late.message);
    wr_db_batch_free(b);
    wr_buf_free(&key);
    return st;
}

weir_status wr__local_remove(wr_log *base, const char *topic, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    pthread_mutex_lock(&log->committing);
    wr__local_topic *t;
    weir_status st = wr__local_topic_ref(log, topic, &t, err);
    if (st == WEIR_OK) {
        /* Hidden first: a reader that finds no block then knows why. */
        pthread_mutex_lock(&log->lock);
        t->removed = true;
        pthread_mutex_unlock(&log->lock);
        st = erase_topic(log, t, err);
        pthread_mutex_lock(&log->lock);
        if (st == WEIR_OK) {
            wr_map_remove(&log->topics, wr_str_c(topic));
            WR_ASSERT(t->refs >= 2); /* the registry's, and the one above */
            t->refs--;
        } else {
            t->removed = false;
        }
        pthread_mutex_unlock(&log->lock);
        wr__local_topic_unref(log, t);
    }
    pthread_mutex_unlock(&log->committing);
    return st;
}

/* ---- offsets ---- */

weir_status wr__local_ends(wr_log *base, const wr_topic_part *parts, uint32_t n, int64_t *low,
                           int64_t *high, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    weir_status st = WEIR_OK;
    pthread_mutex_lock(&log->lock);
    const wr__local_topic *t = NULL;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        if (!t || strcmp(t->name, parts[i].topic) != 0)
            t = wr_map_get(&log->topics, wr_str_c(parts[i].topic));
        if (!t) {
            st = wr__local_no_topic(parts[i].topic, err);
        } else if (parts[i].partition < 0 || parts[i].partition >= t->partitions) {
            st = wr__local_no_partition(t, parts[i].partition, err);
        } else {
            low[i] = t->parts[parts[i].partition].low;
            high[i] = t->parts[parts[i].partition].high;
        }
    }
    pthread_mutex_unlock(&log->lock);
    return st;
}

weir_status wr__local_committed(wr_log *base, const char *group, wr_topic_part *parts, uint32_t n,
                                weir_error *err)
{
    wr__local *log = (wr__local *)base;
    wr_buf key = {0}, value = {0};
    weir_status st = WEIR_OK;
    for (uint32_t i = 0; i < n && st == WEIR_OK; i++) {
        bool found;
        wr__local_offset_key(&key, group, parts[i].topic, parts[i].partition);
        st = wr_db_meta_get(log->db, NULL, wr_buf_view(&key), &value, &found, err);
        if (st == WEIR_OK && found && value.len != 8)
            st =
                wr_error(err, WEIR_ERR_LOG, "The committed offset of group '%s' is damaged", group);
        if (st == WEIR_OK)
            parts[i].offset = found ? (int64_t)wr_get_be64(value.ptr) : WR_OFFSET_NONE;
    }
    wr_buf_free(&key);
    wr_buf_free(&value);
    return st;
}

static bool forget_key(void *arg, wr_str key, wr_str value)
{
    (void)value;
    wr_db_batch_meta_delete(arg, key);
    return true;
}

weir_status wr__local_drop_group(wr_log *base, const char *group, weir_error *err)
{
    wr__local *log = (wr__local *)base;
    wr_buf prefix = {0};
    wr__local_offset_key(&prefix, group, NULL, 0);
    pthread_mutex_lock(&log->committing);
    wr_db_batch *b = wr_db_batch_new(log->db);
    weir_status st = wr_db_meta_scan(log->db, NULL, wr_buf_view(&prefix), forget_key, b, err);
    if (st == WEIR_OK && !wr_db_batch_empty(b))
        st = wr_db_write(log->db, b, err);
    wr_db_batch_free(b);
    pthread_mutex_unlock(&log->committing);
    wr_buf_free(&prefix);
    return st;
}
