/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db_internal.h - the vtable that RocksDB and the database in memory implement, and what stores
 * may do that nobody else may: write state families, and hear how a batch ended.
 */
#ifndef WR_STATESTORE_DB_INTERNAL_H
#define WR_STATESTORE_DB_INTERNAL_H

#include "statestore/db.h"

#include <pthread.h>

enum { WR__PREFIX = 8 }; /* store id and partition, before every key of a state family */

/* First byte of the keys of META. */
enum {
    WR__META_FORMAT = 'F', /* format version of the directory */
    WR__META_NEXT_ID = 'N',
    WR__META_NAME = 'S',    /* + name -> store id, be32 */
    WR__META_MEANING = 'M', /* + be32 store id -> what its rows mean: store_names.c */
    WR__META_STATE = 'T',   /* + prefix -> a timed store's stream time and the like */
    WR__META_USER = 'U',    /* + the caller's key */
};

/** Many rows on their way into the database, in order of key. */
typedef struct wr__db_load wr__db_load;

typedef struct wr__db_ops {
    void (*close)(wr_db *db);
    weir_status (*flush)(wr_db *db, weir_error *err);
    weir_status (*sync)(wr_db *db, weir_error *err);
    weir_status (*checkpoint)(wr_db *db, const char *path, weir_error *err);

    weir_status (*reclaim)(wr_db *db, wr_str from, wr_str to, weir_error *err);

    wr_db_batch *(*batch_new)(wr_db *db);
    void (*batch_free)(wr_db_batch *b);
    void (*batch_clear)(wr_db_batch *b);
    size_t (*batch_bytes)(const wr_db_batch *b);
    /* The key is prefix followed by key. */
    void (*batch_put)(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key, wr_str value);
    void (*batch_delete)(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key);
    void (*batch_delete_range)(wr_db_batch *b, wr_db_family f, wr_str from, wr_str to);
    weir_status (*write)(wr_db *db, wr_db_batch *b, weir_error *err);

    /* Load many rows of one state family, strictly ascending, several times cheaper than through
     * batches and without their memory; visible and durable at once at the end, but in no batch.
     * load_new NULL: this back end has no such way. */
    wr__db_load *(*load_new)(wr_db *db, wr_db_family f);
    /* value NULL: delete. */
    weir_status (*load_put)(wr__db_load *l, wr_str prefix, wr_str key, const wr_str *value,
                            weir_error *err);
    weir_status (*load_finish)(wr__db_load *l, weir_error *err);
    void (*load_free)(wr__db_load *l); /* before load_finish: nothing of it gets in */
    /* Is there room for @p bytes more on the disk? *fd -1: becomes a file without a name, the
     * caller's to close. NULL where load_new is. */
    weir_status (*scratch)(wr_db *db, size_t bytes, int *fd, weir_error *err);

    wr_db_snap *(*snap_new)(wr_db *db);
    void (*snap_free)(wr_db *db, wr_db_snap *snap);
    weir_status (*get)(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str key, wr_buf *out,
                       bool *found, weir_error *err);
    weir_status (*get_many)(wr_db *db, const wr_db_snap *snap, wr_db_family f, size_t n,
                            const wr_str *keys, wr_db_value_fn fn, void *arg, weir_error *err);

    wr_db_iter *(*iter_new)(wr_db *db, const wr_db_snap *snap, wr_db_family f, wr_str lower,
                            wr_str upper);
    void (*iter_free)(wr_db_iter *it);
    void (*iter_seek_first)(wr_db_iter *it);
    void (*iter_seek_last)(wr_db_iter *it);
    void (*iter_seek)(wr_db_iter *it, wr_str key);
    void (*iter_seek_before)(wr_db_iter *it, wr_str key);
    bool (*iter_valid)(const wr_db_iter *it);
    void (*iter_next)(wr_db_iter *it);
    void (*iter_prev)(wr_db_iter *it);
    wr_str (*iter_key)(const wr_db_iter *it);
    wr_str (*iter_value)(const wr_db_iter *it);
    weir_status (*iter_status)(const wr_db_iter *it, weir_error *err);

    void (*metrics)(wr_db *db, wr_db_metrics *out);
    uint64_t (*range_bytes)(wr_db *db, wr_db_family f, wr_str from, wr_str to);
} wr__db_ops;

/* The common first member of every back end's database, batch and iterator. */
struct wr_db {
    const wr__db_ops *ops;
    char *path;              /* "" for memory */
    bool wal, synced;        /* writes go to a write-ahead log; and are on disk on return */
    pthread_mutex_t id_lock; /* giving out store ids: read, then write */
};

/** Hears how the batch ended: written, or not (failed, cleared, freed). */
typedef void (*wr__db_done_fn)(void *arg, bool written);

struct wr_db_batch {
    wr_db *db;
    struct wr__db_waiter {
        wr__db_done_fn fn;
        void *arg;
    } * waiters;
    size_t waiters_n, waiters_cap;
    size_t operations;
    bool content; /* puts rows or records: what fills a disk */
};

struct wr_db_iter {
    const wr__db_ops *ops;
};

void wr__db_init(wr_db *db, const wr__db_ops *ops, const char *path);
void wr__db_fini(wr_db *db);
weir_status wr__db_check_format(wr_db *db, weir_error *err) WR_MUST_CHECK;

/* The only ways into the state families. */
void wr__db_batch_put_state(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key,
                            wr_str value);
void wr__db_batch_delete_state(wr_db_batch *b, wr_db_family f, wr_str prefix, wr_str key);
void wr__db_batch_delete_state_range(wr_db_batch *b, wr_db_family f, wr_str from, wr_str to);
void wr__db_batch_put_meta(wr_db_batch *b, char tag, wr_str key, wr_str value);
void wr__db_batch_on_done(wr_db_batch *b, wr__db_done_fn fn, void *arg);
weir_status wr__db_get_meta(wr_db *db, const wr_db_snap *snap, char tag, wr_str key, wr_buf *out,
                            bool *found, weir_error *err) WR_MUST_CHECK;

static inline void wr__put_prefix(char *out, uint32_t store_id, uint32_t partition)
{
    wr_put_be32(out, store_id);
    wr_put_be32(out + 4, partition);
}

/**
 * Replace the @p len bytes at @p key by the smallest key above all that begin with them.
 * @return the new length (trailing 0xFF go); 0: there is none.
 */
size_t wr__key_successor(char *key, size_t len);

#endif
