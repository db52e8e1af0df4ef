/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database over RocksDB: one instance, five column families (db_rocks_options.c tunes them).
 *
 * Never flushed family by family: rocksdb_flush and rocksdb_flush_cf write one family alone even
 * with atomic flush on, and after a kill without WAL its data would be ahead of its offsets
 * (reliability section 5). The C API has no flush of all families, so wr_db_flush makes a
 * checkpoint, which begins with one, and throws the hard links away.
 *
 * Threads: RocksDB's own promises hold: the database from any, a batch or an iterator from one.
 */
#include "statestore/db_rocks.h"
#include "statestore/directory.h"
#include "statestore/room.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct rocks_batch {
    wr_db_batch base;
    rocksdb_writebatch_t *ops;
} rocks_batch;

struct wr_db_snap {
    const rocksdb_snapshot_t *rocks;
    rocksdb_readoptions_t *read_options;
};

typedef struct rocks_iter {
    wr_db_iter base;
    const rocks_db *db;
    rocksdb_iterator_t *rocks;
    rocksdb_readoptions_t *read_options; /* refers to the bounds below */
    wr_buf lower, upper;
} rocks_iter;

/* ------------------------------------------------------------------ errors */

/* What RocksDB says of a directory whose files are wrong, as opposed to a disk or a process that
 * does not let it in. */
static bool is_damage(const char *text)
{
    return strncmp(text, "IO error", 8) != 0 || strstr(text, "No such file") != NULL;
}

static weir_status open_error(const rocks_db *db, weir_error *err, char *text, bool *damaged)
{
    const char *path = db->base.path;
    if (strstr(text, "lock hold by current process") || strstr(text, "While lock file")) {
        rocksdb_free(text);
        return wr__directory_used(path, err);
    }
    bool full = wr__room_is_lacking(text);
    bool unknown = strstr(text, "Column families not opened") != NULL;
    *damaged = !unknown && is_damage(text);
    char what[1024];
    snprintf(what, sizeof what, "cannot open the state directory %s", path);
    wr__rocks_error(db, err, what, text);
    if (*damaged)
        wr_error_hint(err, "%s", wr__rocks_damage_hint);
    if (full)
        wr_error_hint(err, "%s", WR__ROOM_HINT_START);
    if (unknown)
        wr_error_hint(err, "a newer version of Weir, or another program, has written to it");
    /* A retry helps with none of them: whoever opens the service has to decide. */
    if (err)
        err->flags = WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* ------------------------------------------------------------------ open, close */

static const wr__db_ops rocks_ops;

static void rocks_release(rocks_db *db)
{
    rocksdb_writeoptions_destroy(db->write_options);
    rocksdb_readoptions_destroy(db->read_options);
    wr__rocks_options_fini(&db->options);
    pthread_mutex_destroy(&db->checkpoint_lock);
    pthread_mutex_destroy(&db->acknowledging);
    if (db->lock >= 0)
        close(db->lock);
    wr__db_fini(&db->base);
    wr_free(db);
}

static rocks_db *rocks_new(const char *path, const wr_db_options *options)
{
    rocks_db *db = wr_calloc(1, sizeof *db);
    wr__db_init(&db->base, &rocks_ops, path);
    db->base.wal = options->wal;
    db->base.synced = options->sync;
    db->reserve_bytes = options->reserve_bytes;
    db->expendable = options->expendable;
    db->lock = -1;
    pthread_mutex_init(&db->checkpoint_lock, NULL);
    pthread_mutex_init(&db->acknowledging, NULL);
    wr__rocks_options_init(&db->options, options);
    db->read_options = rocksdb_readoptions_create();
    db->write_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(db->write_options, !options->wal);
    rocksdb_writeoptions_set_sync(db->write_options, options->sync);
    return db;
}

/* The number is of writes that are on disk. Of those of other threads too, perhaps: they are as
 * well, or it would not have moved. */
static void acknowledge(rocks_db *db, bool now)
{
    enum { WRITTEN_EVERY = 256 };
    if (!db->base.synced && !now)
        return;
    pthread_mutex_lock(&db->acknowledging);
    if (db->base.synced)
        db->acknowledged.sequence = rocksdb_get_latest_sequence_number(db->rocks);
    if (now || ++db->unwritten % WRITTEN_EVERY == 0)
        wr__acknowledged_write(db->base.path, &db->acknowledged);
    pthread_mutex_unlock(&db->acknowledging);
}

static void close_families(rocks_db *db)
{
    WR_ASSERT(db->rocks);
    for (size_t i = 0; i < WR_DB_FAMILIES; i++)
        rocksdb_column_family_handle_destroy(db->family[i]);
    rocksdb_close(db->rocks); /* flushes all families together where there is no WAL */
}

static weir_status open_families(rocks_db *db, bool *damaged, weir_error *err)
{
    const rocksdb_options_t *family_options[WR_DB_FAMILIES];
    for (size_t i = 0; i < WR_DB_FAMILIES; i++)
        family_options[i] = db->options.family[i];
    char *text = NULL;
    db->rocks =
        rocksdb_open_column_families(db->options.db, db->base.path, WR_DB_FAMILIES,
                                     wr__rocks_family_names, family_options, db->family, &text);
    WR_ASSERT(text || db->rocks);
    if (!text)
        return WEIR_OK;
    db->rocks = NULL;
    return open_error(db, err, text, damaged);
}

/* Damage that RocksDB does not notice, on both sides of opening. */
static weir_status open_checked(rocks_db *db, bool *damaged, weir_error *err)
{
    const char *path = db->base.path;
    *damaged = true;
    if (wr__damaged_headless(path))
        return wr__damaged_error(path, "its file CURRENT is missing", wr__rocks_damage_hint, err);
    wr__acknowledged before;
    wr__acknowledged_read(path, &before);
    WR_TRY(wr__acknowledged_check_manifest(path, &before, err));
    WR_TRY(open_families(db, damaged, err));
    *damaged = true;
    if (db->expendable && wr__damaged_marked(path))
        return wr__damaged_error(path, "a process has found a wrong block in it",
                                 wr__rocks_damage_hint, err);
    uint64_t sequence = db->base.synced ? rocksdb_get_latest_sequence_number(db->rocks) : 0;
    if (db->base.synced)
        WR_TRY(wr__acknowledged_check_sequence(path, &before, sequence, err));
    weir_status st = wr__db_check_format(&db->base, err);
    *damaged = wr__damaged_marked(path);
    return st;
}

/* @p lock is the database's where it opens. */
static weir_status open_once(const char *path, const wr_db_options *options, int lock, wr_db **out,
                             bool *damaged, weir_error *err)
{
    rocks_db *db = rocks_new(path, options);
    weir_status st = open_checked(db, damaged, err);
    if (st != WEIR_OK) {
        if (db->rocks)
            close_families(db);
        rocks_release(db);
        return st;
    }
    wr_buf loads = {0};
    wr_buf_printf(&loads, "%s/load", path);
    wr__directory_remove_flat(wr_buf_cstr(&loads));
    wr_buf_free(&loads);
    wr__acknowledged_look(path, &db->acknowledged);
    acknowledge(db, true);
    WR_ASSERT(lock >= 0 && db->rocks);
    db->lock = lock;
    *out = &db->base;
    return WEIR_OK;
}

/* The lock is held until the directory is moved: another process would move its successor. */
static weir_status replace_damaged(const char *path, const char *why, int *lock, weir_error *err)
{
    WR_ASSERT(*lock >= 0 && *why);
    WR_TRY(wr__damaged_move_aside(path, why, err));
    close(*lock);
    *lock = -1;
    WR_TRY(wr__directory_check(path, err));
    return wr__directory_lock(path, lock, err);
}

weir_status wr_db_open(const char *path, const wr_db_options *options, wr_db **out, weir_error *err)
{
    WR_ASSERT(options->wal || !options->sync);
    *out = NULL;
    int lock;
    WR_TRY(wr__directory_check(path, err));
    WR_TRY(wr__directory_lock(path, &lock, err));
    bool damaged = false;
    weir_error why = {0};
    weir_status st = wr__room_to_open(path, &why);
    if (st == WEIR_OK)
        st = open_once(path, options, lock, out, &damaged, &why);
    if (st != WEIR_OK && damaged && options->expendable) {
        const weir_error first = why;
        st = replace_damaged(path, first.message, &lock, &why);
        if (st == WEIR_OK)
            st = open_once(path, options, lock, out, &damaged, &why);
    }
    if (st != WEIR_OK && lock >= 0)
        close(lock);
    if (st != WEIR_OK && err)
        *err = why;
    return st;
}

static void rocks_close(wr_db *base)
{
    rocks_db *db = (rocks_db *)base;
    close_families(db);
    /* The last edit of the MANIFEST is on disk now. */
    wr__acknowledged_look(base->path, &db->acknowledged);
    wr__acknowledged_write(base->path, &db->acknowledged);
    rocks_release(db);
}

/* ------------------------------------------------------------------ flush, sync, checkpoint */

static weir_status rocks_sync(wr_db *base, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    char *text = NULL;
    rocksdb_flush_wal(db->rocks, 1, &text);
    return text ? wr__rocks_error(db, err, "cannot write the state", text) : WEIR_OK;
}

static weir_status rocks_checkpoint(wr_db *base, const char *path, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    char *text = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(db->rocks, &text);
    if (!text) {
        rocksdb_checkpoint_create(checkpoint, path, 0 /* always flush first */, &text);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    return text ? wr__rocks_error(db, err, "cannot write a checkpoint of the state", text)
                : WEIR_OK;
}

static weir_status rocks_flush(wr_db *base, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    wr_buf path = {0};
    wr_buf_printf(&path, "%s/flush", base->path);
    pthread_mutex_lock(&db->checkpoint_lock);
    wr__directory_remove_flat(wr_buf_cstr(&path)); /* left behind by a crash */
    weir_status st = rocks_checkpoint(base, wr_buf_cstr(&path), err);
    wr__directory_remove_flat(wr_buf_cstr(&path));
    pthread_mutex_unlock(&db->checkpoint_lock);
    wr_buf_free(&path);
    return st;
}

/* Dropping files acts at once and is in no batch, hence the flush: the range delete that goes with
 * it must not be lost in a crash (reliability section 5). */
static weir_status rocks_reclaim(wr_db *base, wr_str from, wr_str to, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    WR_TRY(rocks_flush(base, err));
    char *text = NULL;
    rocksdb_delete_file_in_range_cf(db->rocks, db->family[WR_DB_LOG], from.ptr, from.len, to.ptr,
                                    to.len, &text);
    return text ? wr__rocks_error(db, err, "cannot delete old records", text) : WEIR_OK;
}

/* ------------------------------------------------------------------ batches */

static wr_db_batch *rocks_batch_new(wr_db *base)
{
    (void)base;
    rocks_batch *b = wr_calloc(1, sizeof *b);
    b->ops = rocksdb_writebatch_create();
    return &b->base;
}

static void rocks_batch_free(wr_db_batch *base)
{
    rocks_batch *b = (rocks_batch *)base;
    rocksdb_writebatch_destroy(b->ops);
    wr_free(b);
}

static void rocks_batch_clear(wr_db_batch *base)
{
    rocksdb_writebatch_clear(((rocks_batch *)base)->ops);
}

static size_t rocks_batch_bytes(const wr_db_batch *base)
{
    size_t size;
    rocksdb_writebatch_data(((const rocks_batch *)base)->ops, &size);
    return size;
}

static rocksdb_column_family_handle_t *batch_family(const wr_db_batch *b, wr_db_family f)
{
    return ((rocks_db *)b->db)->family[f];
}

static void rocks_batch_put(wr_db_batch *base, wr_db_family f, wr_str prefix, wr_str key,
                            wr_str value)
{
    const char *keys[] = {prefix.ptr, key.ptr}, *values[] = {value.ptr};
    const size_t key_lens[] = {prefix.len, key.len}, value_lens[] = {value.len};
    rocksdb_writebatch_putv_cf(((rocks_batch *)base)->ops, batch_family(base, f), 2, keys, key_lens,
                               1, values, value_lens);
}

static void rocks_batch_delete(wr_db_batch *base, wr_db_family f, wr_str prefix, wr_str key)
{
    const char *keys[] = {prefix.ptr, key.ptr};
    const size_t key_lens[] = {prefix.len, key.len};
    rocksdb_writebatch_deletev_cf(((rocks_batch *)base)->ops, batch_family(base, f), 2, keys,
                                  key_lens);
}

static void rocks_batch_delete_range(wr_db_batch *base, wr_db_family f, wr_str from, wr_str to)
{
    rocksdb_writebatch_delete_range_cf(((rocks_batch *)base)->ops, batch_family(base, f), from.ptr,
                                       from.len, to.ptr, to.len);
}

static weir_status rocks_write(wr_db *base, wr_db_batch *b, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    if (b->content)
        WR_TRY(wr__room_check(base->path, db->reserve_bytes, rocks_batch_bytes(b), err));
    char *text = NULL;
    rocksdb_write(db->rocks, db->write_options, ((rocks_batch *)b)->ops, &text);
    if (text)
        return wr__rocks_error(db, err, "cannot write the state", text);
    acknowledge(db, false);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ reading */

static wr_db_snap *rocks_snap_new(wr_db *base)
{
    wr_db_snap *snap = wr_malloc(sizeof *snap);
    snap->rocks = rocksdb_create_snapshot(((rocks_db *)base)->rocks);
    snap->read_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(snap->read_options, snap->rocks);
    return snap;
}

static void rocks_snap_free(wr_db *base, wr_db_snap *snap)
{
    rocksdb_readoptions_destroy(snap->read_options);
    rocksdb_release_snapshot(((rocks_db *)base)->rocks, snap->rocks);
    wr_free(snap);
}

static const rocksdb_readoptions_t *read_options(const rocks_db *db, const wr_db_snap *snap)
{
    return snap ? snap->read_options : db->read_options;
}

static weir_status rocks_get(wr_db *base, const wr_db_snap *snap, wr_db_family f, wr_str key,
                             wr_buf *out, bool *found, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    char *text = NULL;
    rocksdb_pinnableslice_t *slice = rocksdb_get_pinned_cf(
        db->rocks, read_options(db, snap), db->family[f], key.ptr ? key.ptr : "", key.len, &text);
    if (text)
        return wr__rocks_error(db, err, "cannot read the state", text);
    *found = slice != NULL;
    if (slice) {
        size_t len;
        const char *value = rocksdb_pinnableslice_value(slice, &len);
        wr_buf_put(out, value, len);
        rocksdb_pinnableslice_destroy(slice);
    }
    return WEIR_OK;
}

enum { MANY = 1024 }; /* keys per call of RocksDB: enough to share blocks, little on the heap */

struct many {
    const char *keys[MANY];
    size_t lens[MANY];
    rocksdb_pinnableslice_t *values[MANY];
    char *errors[MANY];
};

/* Hand out the results of one call; the first error ends the handing out but not the cleaning up.
 */
static weir_status give_many(const rocks_db *db, struct many *m, size_t first, size_t n,
                             wr_db_value_fn fn, void *arg, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < n; i++) {
        if (m->errors[i] && st == WEIR_OK)
            st = wr__rocks_error(db, err, "cannot read the state", m->errors[i]);
        else if (m->errors[i])
            rocksdb_free(m->errors[i]);
        if (st == WEIR_OK && m->values[i]) {
            size_t len;
            const char *bytes = rocksdb_pinnableslice_value(m->values[i], &len);
            wr_str value = wr_str_make(bytes, len);
            fn(arg, first + i, &value);
        } else if (st == WEIR_OK) {
            fn(arg, first + i, NULL);
        }
        rocksdb_pinnableslice_destroy(m->values[i]);
    }
    return st;
}

static weir_status rocks_get_many(wr_db *base, const wr_db_snap *snap, wr_db_family f, size_t n,
                                  const wr_str *keys, wr_db_value_fn fn, void *arg, weir_error *err)
{
    rocks_db *db = (rocks_db *)base;
    struct many *m = wr_malloc(sizeof *m);
    weir_status st = WEIR_OK;
    for (size_t first = 0; first < n && st == WEIR_OK; first += MANY) {
        size_t count = WR_MIN(n - first, (size_t)MANY);
        bool sorted = true; /* a hint the caller may miss; RocksDB would compare far more */
        for (size_t i = 0; i < count; i++) {
            m->keys[i] = keys[first + i].ptr ? keys[first + i].ptr : "";
            m->lens[i] = keys[first + i].len;
            sorted = sorted && (i == 0 || wr_str_cmp(keys[first + i - 1], keys[first + i]) <= 0);
        }
        rocksdb_batched_multi_get_cf(db->rocks, read_options(db, snap), db->family[f], count,
                                     m->keys, m->lens, m->values, m->errors, sorted);
        st = give_many(db, m, first, count, fn, arg, err);
    }
    wr_free(m);
    return st;
}

/* ------------------------------------------------------------------ iterators */

static wr_db_iter *rocks_iter_new(wr_db *base, const wr_db_snap *snap, wr_db_family f, wr_str lower,
                                  wr_str upper)
{
    rocks_db *db = (rocks_db *)base;
    rocks_iter *it = wr_calloc(1, sizeof *it);
    it->db = db;
    it->read_options = rocksdb_readoptions_create();
    if (snap)
        rocksdb_readoptions_set_snapshot(it->read_options, snap->rocks);
    if (lower.ptr && lower.len) {
        wr_buf_put(&it->lower, lower.ptr, lower.len);
        rocksdb_readoptions_set_iterate_lower_bound(it->read_options, it->lower.ptr, it->lower.len);
    }
    if (upper.ptr) {
        wr_buf_put(&it->upper, upper.ptr, upper.len);
        rocksdb_readoptions_set_iterate_upper_bound(
            it->read_options, it->upper.ptr ? it->upper.ptr : "", it->upper.len);
    }
    it->rocks = rocksdb_create_iterator_cf(db->rocks, it->read_options, db->family[f]);
    return &it->base;
}

static void rocks_iter_free(wr_db_iter *base)
{
    rocks_iter *it = (rocks_iter *)base;
    rocksdb_iter_destroy(it->rocks);
    rocksdb_readoptions_destroy(it->read_options);
    wr_buf_free(&it->lower);
    wr_buf_free(&it->upper);
    wr_free(it);
}

static void rocks_iter_seek_first(wr_db_iter *it)
{
    rocksdb_iter_seek_to_first(((rocks_iter *)it)->rocks);
}

static void rocks_iter_seek_last(wr_db_iter *it)
{
    rocksdb_iter_seek_to_last(((rocks_iter *)it)->rocks);
}

static void rocks_iter_seek(wr_db_iter *it, wr_str key)
{
    rocksdb_iter_seek(((rocks_iter *)it)->rocks, key.ptr ? key.ptr : "", key.len);
}

static void rocks_iter_seek_before(wr_db_iter *base, wr_str key)
{
    rocks_iter *it = (rocks_iter *)base;
    rocksdb_iter_seek_for_prev(it->rocks, key.ptr ? key.ptr : "", key.len); /* last <= key */
    size_t len;
    const char *at;
    if (rocksdb_iter_valid(it->rocks) && (at = rocksdb_iter_key(it->rocks, &len)) &&
        wr_str_eq(wr_str_make(at, len), key))
        rocksdb_iter_prev(it->rocks);
}

static bool rocks_iter_valid(const wr_db_iter *it)
{
    return rocksdb_iter_valid(((const rocks_iter *)it)->rocks);
}

static void rocks_iter_next(wr_db_iter *it)
{
    rocksdb_iter_next(((rocks_iter *)it)->rocks);
}

static void rocks_iter_prev(wr_db_iter *it)
{
    rocksdb_iter_prev(((rocks_iter *)it)->rocks);
}

static wr_str rocks_iter_key(const wr_db_iter *it)
{
    size_t len;
    const char *key = rocksdb_iter_key(((const rocks_iter *)it)->rocks, &len);
    return wr_str_make(key, len);
}

static wr_str rocks_iter_value(const wr_db_iter *it)
{
    size_t len;
    const char *value = rocksdb_iter_value(((const rocks_iter *)it)->rocks, &len);
    return wr_str_make(value, len);
}

static weir_status rocks_iter_status(const wr_db_iter *it, weir_error *err)
{
    char *text = NULL;
    rocksdb_iter_get_error(((const rocks_iter *)it)->rocks, &text);
    return text ? wr__rocks_error(((const rocks_iter *)it)->db, err, "cannot read the state", text)
                : WEIR_OK;
}

/* ------------------------------------------------------------------ metering */

static uint64_t sum_families(rocks_db *db, const char *property)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WR_DB_FAMILIES; i++) {
        uint64_t value = 0;
        if (rocksdb_property_int_cf(db->rocks, db->family[i], property, &value) == 0)
            sum += value;
    }
    return sum;
}

static uint64_t of_database(rocks_db *db, const char *property)
{
    uint64_t value = 0;
    (void)rocksdb_property_int(db->rocks, property, &value);
    return value;
}

static void rocks_metrics(wr_db *base, wr_db_metrics *out)
{
    rocks_db *db = (rocks_db *)base;
    out->disk_bytes = sum_families(db, "rocksdb.total-sst-files-size");
    out->memtable_bytes = sum_families(db, "rocksdb.size-all-mem-tables");
    out->block_cache_bytes = rocksdb_cache_get_usage(db->options.cache);
    out->table_reader_bytes = sum_families(db, "rocksdb.estimate-table-readers-mem");
    out->compaction_debt_bytes = sum_families(db, "rocksdb.estimate-pending-compaction-bytes");
    out->keys_estimate = sum_families(db, "rocksdb.estimate-num-keys");
    out->background_errors = of_database(db, "rocksdb.background-errors");
    out->writes_stopped = of_database(db, "rocksdb.is-write-stopped") != 0;
    out->writes_delayed = of_database(db, "rocksdb.actual-delayed-write-rate") != 0;
}

static uint64_t rocks_range_bytes(wr_db *base, wr_db_family f, wr_str from, wr_str to)
{
    rocks_db *db = (rocks_db *)base;
    const char *from_key[] = {from.ptr}, *to_key[] = {to.ptr};
    const size_t from_len[] = {from.len}, to_len[] = {to.len};
    uint64_t size = 0;
    char *text = NULL;
    rocksdb_approximate_sizes_cf(db->rocks, db->family[f], 1, from_key, from_len, to_key, to_len,
                                 &size, &text);
    if (text)
        rocksdb_free(text); /* an estimate for metrics: unknown is 0 */
    return size;
}

static const wr__db_ops rocks_ops = {
    .close = rocks_close,
    .flush = rocks_flush,
    .sync = rocks_sync,
    .checkpoint = rocks_checkpoint,
    .reclaim = rocks_reclaim,
    .batch_new = rocks_batch_new,
    .batch_free = rocks_batch_free,
    .batch_clear = rocks_batch_clear,
    .batch_bytes = rocks_batch_bytes,
    .batch_put = rocks_batch_put,
    .batch_delete = rocks_batch_delete,
    .batch_delete_range = rocks_batch_delete_range,
    .write = rocks_write,
    .load_new = wr__rocks_load_new,
    .load_put = wr__rocks_load_put,
    .load_finish = wr__rocks_load_finish,
    .load_free = wr__rocks_load_free,
    .scratch = wr__rocks_scratch,
    .snap_new = rocks_snap_new,
    .snap_free = rocks_snap_free,
    .get = rocks_get,
    .get_many = rocks_get_many,
    .iter_new = rocks_iter_new,
    .iter_free = rocks_iter_free,
    .iter_seek_first = rocks_iter_seek_first,
    .iter_seek_last = rocks_iter_seek_last,
    .iter_seek = rocks_iter_seek,
    .iter_seek_before = rocks_iter_seek_before,
    .iter_valid = rocks_iter_valid,
    .iter_next = rocks_iter_next,
    .iter_prev = rocks_iter_prev,
    .iter_key = rocks_iter_key,
    .iter_value = rocks_iter_value,
    .iter_status = rocks_iter_status,
    .metrics = rocks_metrics,
    .range_bytes = rocks_range_bytes,
};
