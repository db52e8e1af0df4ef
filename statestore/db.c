/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both back ends share: dispatch, the waiters of a batch, META's keys, and store ids.
 *
 * META is one family with many owners, so every key begins with a tag byte (db_internal.h); the
 * metadata entries of other modules have a tag of their own and cannot touch ours.
 */
#include "statestore/db_internal.h"

/* Raised when the layout of anything in the directory changes incompatibly. */
static const char format_version[] = "1";

void wr__db_init(wr_db *db, const wr__db_ops *ops, const char *path)
{
    db->ops = ops;
    db->path = wr_strdup(path);
    pthread_mutex_init(&db->id_lock, NULL);
}

void wr__db_fini(wr_db *db)
{
    pthread_mutex_destroy(&db->id_lock);
    wr_free(db->path);
}

wr_db_options wr_db_options_default(void)
{
    return (wr_db_options){.wal = true, .sync = true};
}

void wr_db_close(wr_db *db)
{
    if (db)
        db->ops->close(db);
}

const char *wr_db_path(const wr_db *db)
{
    return db->path;
}

weir_status wr_db_flush(wr_db *db, weir_error *err)
{
    return db->ops->flush(db, err);
}

weir_status wr_db_sync(wr_db *db, weir_error *err)
{
    return db->ops->sync(db, err);
}

weir_status wr_db_checkpoint(wr_db *db, const char *path, weir_error *err)
{
    return db->ops->checkpoint(db, path, err);
}

/* ------------------------------------------------------------------ batches */

wr_db_batch *wr_db_batch_new(wr_db *db)
{
    wr_db_batch *b = db->ops->batch_new(db);
    b->db = db;
    return b;
}

static void batch_done(wr_db_batch *b, bool written)
{
    /* A waiter must not add another one: it only finishes its own store. */
    for (size_t i = 0; i < b->waiters_n; i++)
        b->waiters[i].fn(b->waiters[i].arg, written);
    b->waiters_n = 0;
    b->operations = 0;
    b->content = false;
}

void wr_db_batch_free(wr_db_batch *b)
{
    if (!b)
        return;
    batch_done(b, false);
    wr_free(b->waiters);
    b->db->ops->batch_free(b);
}

void wr_db_batch_clear(wr_db_batch *b)
{
    b->db->ops->batch_clear(b);
    batch_done(b, false);
}

size_t wr_db_batch_bytes(const wr_db_batch *b)
{
    return b->db->ops->batch_bytes(b);
}

bool wr_db_batch_empty(const wr_db_batch *b)
{
    return b->operations == 0;
}

void wr__db_batch_on_done(wr_db_batch *b, wr__db_done_fn fn, void *arg)
{
    if (b->waiters_n == b->waiters_cap) {
        b->waiters_cap = b->waiters_cap ? b->waiters_cap * 2 : 8;
        b->waiters = wr_realloc(b->waiters, b->waiters_cap * sizeof *b->waiters);
    }
    b->waiters[b->waiters_n++] = (struct wr__db_waiter){fn, arg};
}

static bool is_state(wr_db_family f)
{
    return f == WR_DB_KV || f == WR_DB_WINDOW || f == WR_DB_SESSION;
}

void wr_db_batch_put(wr_db_batch *b, wr_db_family family, wr_str key, wr_str value)
{
    WR_ASSERT(family == WR_DB_LOG); /* state: through a store; META: through its own functions */
    b->operations++;
    b->content = true;
    b->db->ops->batch_put(b, family, (wr_str){0}, key, value);
}

void wr_db_batch_delete(wr_db_batch *b, wr_db_family family, wr_str key)
{
    WR_ASSERT(family == WR_DB_LOG);
    b->operations++;
    b->db->ops->batch_delete(b, family, (wr_str){0}, key);
}

void wr_db_batch_delete_range(wr_db_batch *b, wr_db_family family, wr_str from, wr_str to)
{
    WR_ASSERT(family == WR_DB_LOG);
    b->operations++;
    b->db->ops->batch_delete_range(b, family, from, to);
}

void wr__db_batch_put_state(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key, wr_str value)
{
    WR_ASSERT(is_state(f) && prefix.len == WR__PREFIX);
    b->operations++;
    b->content = true;
    b->db->ops->batch_put(b, f, prefix, key, value);
}

void wr__db_batch_delete_state(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key)
{
    WR_ASSERT(is_state(f) && prefix.len == WR__PREFIX);
    b->operations++;
    b->db->ops->batch_delete(b, f, prefix, key);
}

void wr__db_batch_delete_state_range(wr_db_batch *b, wr_db_family f, wr_str from, wr_str to)
{
    WR_ASSERT(is_state(f) && wr_str_cmp(from, to) <= 0);
    b->operations++;
    b->db->ops->batch_delete_range(b, f, from, to);
}

void wr__db_batch_put_meta(wr_db_batch *b, char tag, wr_str key, wr_str value)
{
    b->operations++;
    b->db->ops->batch_put(b, WR_DB_META, wr_str_make(&tag, 1), key, value);
}

weir_status wr_db_write(wr_db *db, wr_db_batch *b, weir_error *err)
{
    WR_ASSERT(b->db == db);
    weir_status st = b->operations ? db->ops->write(db, b, err) : WEIR_OK;
    db->ops->batch_clear(b);
    batch_done(b, st == WEIR_OK);
    return st;
}

weir_status wr_db_write_durable(wr_db *db, wr_db_batch *b, weir_error *err)
{
    WR_TRY(wr_db_write(db, b, err));
    if (db->synced)
        return WEIR_OK;
    return db->wal ? wr_db_sync(db, err) : wr_db_flush(db, err);
}

weir_status wr_db_reclaim(wr_db *db, wr_str from, wr_str to, weir_error *err)
{
    return db->ops->reclaim(db, from, to, err);
}

/* ------------------------------------------------------------------ reading */

wr_db_snap *wr_db_snap_new(wr_db *db)
{
    return db->ops->snap_new(db);
}

void wr_db_snap_free(wr_db *db, wr_db_snap *snap)
{
    if (snap)
        db->ops->snap_free(db, snap);
}

weir_status wr_db_get(wr_db *db, const wr_db_snap *snap, wr_db_family family, wr_str key,
                      wr_buf *out, bool *found, weir_error *err)
{
    wr_buf_clear(out);
    return db->ops->get(db, snap, family, key, out, found, err);
}

weir_status wr_db_get_many(wr_db *db, const wr_db_snap *snap, wr_db_family family, size_t n,
                           const wr_str *keys, wr_db_value_fn fn, void *arg, weir_error *err)
{
    return n ? db->ops->get_many(db, snap, family, n, keys, fn, arg, err) : WEIR_OK;
}

wr_db_iter *wr_db_iter_new(wr_db *db, const wr_db_snap *snap, wr_db_family family, wr_str lower,
                           wr_str upper)
{
    wr_db_iter *it = db->ops->iter_new(db, snap, family, lower, upper);
    it->ops = db->ops;
    return it;
}

void wr_db_iter_free(wr_db_iter *it)
{
    if (it)
        it->ops->iter_free(it);
}

void wr_db_iter_seek_first(wr_db_iter *it)
{
    it->ops->iter_seek_first(it);
}

void wr_db_iter_seek_last(wr_db_iter *it)
{
    it->ops->iter_seek_last(it);
}

void wr_db_iter_seek(wr_db_iter *it, wr_str key)
{
    it->ops->iter_seek(it, key);
}

void wr_db_iter_seek_before(wr_db_iter *it, wr_str key)
{
    it->ops->iter_seek_before(it, key);
}

bool wr_db_iter_valid(const wr_db_iter *it)
{
    return it->ops->iter_valid(it);
}

void wr_db_iter_next(wr_db_iter *it)
{
    WR_ASSERT(wr_db_iter_valid(it));
    it->ops->iter_next(it);
}

void wr_db_iter_prev(wr_db_iter *it)
{
    WR_ASSERT(wr_db_iter_valid(it));
    it->ops->iter_prev(it);
}

wr_str wr_db_iter_key(const wr_db_iter *it)
{
    WR_ASSERT(wr_db_iter_valid(it));
    return it->ops->iter_key(it);
}

wr_str wr_db_iter_value(const wr_db_iter *it)
{
    WR_ASSERT(wr_db_iter_valid(it));
    return it->ops->iter_value(it);
}

weir_status wr_db_iter_status(const wr_db_iter *it, weir_error *err)
{
    return it->ops->iter_status(it, err);
}

/* ------------------------------------------------------------------ META */

static void meta_key(wr_buf *out, char tag, wr_str key)
{
    wr_buf_putc(out, tag);
    wr_buf_put(out, key.ptr, key.len);
}

weir_status wr__db_get_meta(wr_db *db, const wr_db_snap *snap, char tag, wr_str key, wr_buf *out,
                            bool *found, weir_error *err)
{
    wr_buf full = {0};
    meta_key(&full, tag, key);
    weir_status st = wr_db_get(db, snap, WR_DB_META, wr_buf_view(&full), out, found, err);
    wr_buf_free(&full);
    return st;
}

weir_status wr_db_meta_get(wr_db *db, const wr_db_snap *snap, wr_str key, wr_buf *out, bool *found,
                           weir_error *err)
{
    return wr__db_get_meta(db, snap, WR__META_USER, key, out, found, err);
}

void wr_db_batch_meta_put(wr_db_batch *b, wr_str key, wr_str value)
{
    wr__db_batch_put_meta(b, WR__META_USER, key, value);
}

void wr_db_batch_meta_delete(wr_db_batch *b, wr_str key)
{
    char tag = WR__META_USER;
    b->operations++;
    b->db->ops->batch_delete(b, WR_DB_META, wr_str_make(&tag, 1), key);
}

size_t wr__key_successor(char *key, size_t len)
{
    while (len && (uint8_t)key[len - 1] == 0xFF)
        len--;
    if (len)
        key[len - 1] = (char)((uint8_t)key[len - 1] + 1);
    return len;
}

weir_status wr_db_meta_scan(wr_db *db, const wr_db_snap *snap, wr_str prefix, wr_db_meta_fn fn,
                            void *arg, weir_error *err)
{
    wr_buf lower = {0}, upper = {0};
    meta_key(&lower, WR__META_USER, prefix);
    meta_key(&upper, WR__META_USER, prefix);
    upper.len = wr__key_successor(upper.ptr, upper.len); /* never empty: the tag is not 0xFF */
    wr_db_iter *it = wr_db_iter_new(db, snap, WR_DB_META, wr_buf_view(&lower), wr_buf_view(&upper));
    for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it)) {
        wr_str key = wr_db_iter_key(it);
        if (!fn(arg, wr_str_make(key.ptr + 1, key.len - 1), wr_db_iter_value(it)))
            break;
    }
    weir_status st = wr_db_iter_status(it, err);
    wr_db_iter_free(it);
    wr_buf_free(&lower);
    wr_buf_free(&upper);
    return st;
}

/* Refuse a directory of another format; mark a new one. */
weir_status wr__db_check_format(wr_db *db, weir_error *err)
{
    wr_buf value = {0};
    bool found;
    weir_status st = wr__db_get_meta(db, NULL, WR__META_FORMAT, (wr_str){0}, &value, &found, err);
    if (st == WEIR_OK && found && !wr_str_eq_c(wr_buf_view(&value), format_version)) {
        st = wr_error(err, WEIR_ERR_STORE,
                      "the state directory %s has format " WR_STR_FMT ", this version reads %s",
                      db->path, WR_STR_ARG(wr_buf_view(&value)), format_version);
        wr_error_hint(err, "use the version of Weir that wrote it, or another directory");
        if (err)
            err->flags |= WEIR_ERROR_FATAL;
    } else if (st == WEIR_OK && !found) {
        wr_db_batch *b = wr_db_batch_new(db);
        wr__db_batch_put_meta(b, WR__META_FORMAT, (wr_str){0}, wr_str_c(format_version));
        st = wr_db_write(db, b, err);
        wr_db_batch_free(b);
    }
    wr_buf_free(&value);
    return st;
}

/* ------------------------------------------------------------------ metering */

void wr_db_metrics_read(wr_db *db, wr_db_metrics *out)
{
    *out = (wr_db_metrics){0};
    db->ops->metrics(db, out);
}

uint64_t wr_db_store_bytes(wr_db *db, wr_db_family family, uint32_t store_id, uint32_t partition)
{
    char from[WR__PREFIX], to[WR__PREFIX];
    bool all = partition == UINT32_MAX;
    wr__put_prefix(from, store_id, all ? 0 : partition);
    wr__put_prefix(to, store_id, partition);
    size_t to_len = wr__key_successor(to, WR__PREFIX);
    return db->ops->range_bytes(db, family, wr_str_make(from, WR__PREFIX), wr_str_make(to, to_len));
}
