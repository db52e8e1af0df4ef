/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - the one database of a process: an ordered map of bytes in a few families, written in
 * atomic batches, read through snapshots.
 *
 * Two back ends behind one interface: RocksDB in a directory, and an ordered map in memory (for
 * `weir test` and unit tests: deterministic, nothing on disk). Nobody outside this folder sees
 * which; no RocksDB type appears in any header.
 *
 * Families hold one kind of content each, because each kind wants its own file layout:
 *   META     store names and ids, stream times, and everything other modules keep with their data
 *            (offsets, changelog positions, the catalog): small, read at start
 *   LOG      blocks of the embedded topic log: appended once, read once, cut off at the old end
 *   KV, WINDOW, SESSION   state stores. Written by stores only (store.h), never directly: asserted.
 *
 * Atomicity: a wr_db_batch may span families; after a crash all of it is there or nothing, with the
 * WAL on or off. With the WAL off (state whose changelog is in Kafka) a crash may go back to an
 * older state, but all families go back together.
 *
 * Errors are WEIR_ERR_STORE. RETRIABLE: disk full (NO_ROOM as well), I/O error, busy: the same call
 * may work later and nothing was half done. While the disk is full one can read, delete, and write
 * META, which is small: what is written there frees room, or says why there is none. FATAL:
 * corruption; the directory must be moved aside and the state rebuilt. Opening a directory in use,
 * or of another format, is FATAL too, with a hint.
 *
 * Threads: every function on a wr_db may be called from any thread. A batch, an iterator and a
 * snapshot are each used by one thread at a time.
 */
#ifndef WR_STATESTORE_DB_H
#define WR_STATESTORE_DB_H

#include "common/buf.h"
#include "common/error.h"
#include "common/str.h"

typedef struct wr_db wr_db;
typedef struct wr_db_batch wr_db_batch;
typedef struct wr_db_snap wr_db_snap;
typedef struct wr_db_iter wr_db_iter;

typedef enum wr_db_family {
    WR_DB_META,
    WR_DB_LOG,
    WR_DB_KV,
    WR_DB_WINDOW,
    WR_DB_SESSION,
} wr_db_family;
enum { WR_DB_FAMILIES = WR_DB_SESSION + 1 };

typedef struct wr_db_options {
    size_t block_cache_bytes; /* shared by all state families; 0: 64 MiB */
    size_t memtable_bytes;    /* all write buffers together; 0: 64 MiB */
    int background_jobs;      /* flush and compaction threads; 0: 2 */
    int open_files_max;       /* table files kept open; 0: 512 */
    uint64_t reserve_bytes;   /* so much of the disk stays free, room.h; 0: not looked at */
    bool expendable; /* directory.h: what is damaged is moved aside, and a new one begun; for a
                      * database whose content can be had again */
    bool wal;        /* write-ahead log: on for the local log, off where Kafka has it all */
    bool sync;       /* each wr_db_write is on disk before it returns; needs wal */
} wr_db_options;

/* ------------------------------------------------------------------ open, close */

/** Options for the embedded log: WAL on, every write synced. */
wr_db_options wr_db_options_default(void);

/**
 * Open (create where missing) the database in directory @p path; its parent must exist.
 * Damage is never repaired in silence: a directory that is damaged, lacks a file, or has lost its
 * end is refused, or moved aside where options->expendable.
 * @return WEIR_ERR_STORE: in use by another process, unreadable, damaged, of a newer format, no
 * room.
 */
weir_status wr_db_open(const char *path, const wr_db_options *options, wr_db **out,
                       weir_error *err) WR_MUST_CHECK;
/** A database in memory; gone when closed. Never fails. */
wr_db *wr_db_open_memory(void);
/**
 * Close: write what is in memory, in one piece. All snapshots, iterators, batches and stores must
 * be gone. kill -9 instead of it is safe as well. NULL is allowed.
 */
void wr_db_close(wr_db *db);
/** The directory, or "" for a database in memory. */
const char *wr_db_path(const wr_db *db);

/**
 * Bring every family's memtable to disk, all in one atomic step (reliability: state without WAL
 * must never be flushed family by family). Shortens the next restore; correctness never needs it.
 */
weir_status wr_db_flush(wr_db *db, weir_error *err) WR_MUST_CHECK;
/** fsync the WAL: makes earlier unsynced writes durable (group commit). No-op without WAL. */
weir_status wr_db_sync(wr_db *db, weir_error *err) WR_MUST_CHECK;
/** A consistent, openable copy of the database in the new directory @p path (hard links). */
weir_status wr_db_checkpoint(wr_db *db, const char *path, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ writing */

/** New empty batch. It may be reused after wr_db_write or wr_db_batch_clear. */
wr_db_batch *wr_db_batch_new(wr_db *db);
void wr_db_batch_free(wr_db_batch *b);
/** Drop the content. Stores that committed into it stay uncommitted (dirty). */
void wr_db_batch_clear(wr_db_batch *b);
/** Bytes it will write, about. */
size_t wr_db_batch_bytes(const wr_db_batch *b);
bool wr_db_batch_empty(const wr_db_batch *b);

/* Into LOG only (state: through a store; META: the wr_db_batch_meta functions). Operations apply
 * in the order given. */
void wr_db_batch_put(wr_db_batch *b, wr_db_family family, wr_str key, wr_str value);
void wr_db_batch_delete(wr_db_batch *b, wr_db_family family, wr_str key);
/** Delete all keys with @p from <= key < @p to (bytewise). */
void wr_db_batch_delete_range(wr_db_batch *b, wr_db_family family, wr_str from, wr_str to);

/**
 * Write the batch atomically, with the database's `sync` setting. Afterwards it is empty. Stores
 * that committed into it (wr_store_commit_into) are clean on success, still dirty on failure.
 * @return WEIR_ERR_STORE, RETRIABLE or FATAL; then nothing of it is visible, and it is empty too.
 */
weir_status wr_db_write(wr_db *db, wr_db_batch *b, weir_error *err) WR_MUST_CHECK;

/**
 * The same, and on disk on return whatever the settings: for what nothing else can bring back, such
 * as kept statements. Without a write-ahead log all memtables are flushed for it, so not for every
 * commit. @return as wr_db_write; where the flush fails the batch is written, but may be lost.
 */
weir_status wr_db_write_durable(wr_db *db, wr_db_batch *b, weir_error *err) WR_MUST_CHECK;

/**
 * Give the disk space of LOG's keys @p from <= key < @p to back now, by dropping whole files, where
 * compaction would get to it later. To be called after the range delete of the same keys was
 * written; flushes first, so that no crash can bring the metadata of the keys back without the
 * keys.
 */
weir_status wr_db_reclaim(wr_db *db, wr_str from, wr_str to, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ reading */

/** Freeze the committed state of all families: for pull queries, from any thread. */
wr_db_snap *wr_db_snap_new(wr_db *db);
void wr_db_snap_free(wr_db *db, wr_db_snap *snap);

/** Read one key; @p snap NULL: now. *found says whether it is there; the value replaces what @p out
 * held. */
weir_status wr_db_get(wr_db *db, const wr_db_snap *snap, wr_db_family family, wr_str key,
                      wr_buf *out, bool *found, weir_error *err) WR_MUST_CHECK;

/** Receives key number @p i of wr_db_get_many: value NULL when it is not there. Borrowed. */
typedef void (*wr_db_value_fn)(void *arg, size_t i, const wr_str *value);
/**
 * Read @p n keys, which should be sorted: far cheaper than one by one (performance.md section 5).
 * @p fn is called once for each key, in order, unless a read fails.
 */
weir_status wr_db_get_many(wr_db *db, const wr_db_snap *snap, wr_db_family family, size_t n,
                           const wr_str *keys, wr_db_value_fn fn, void *arg,
                           weir_error *err) WR_MUST_CHECK;

/**
 * Iterate over lower <= key < upper (ptr NULL: no bound; bounds are copied) as of @p snap or, NULL,
 * as of now: later writes are not seen. Stands before the first entry, so:
 *     for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it)) ...
 *     WR_TRY(wr_db_iter_status(it, err));
 */
wr_db_iter *wr_db_iter_new(wr_db *db, const wr_db_snap *snap, wr_db_family family, wr_str lower,
                           wr_str upper);
void wr_db_iter_free(wr_db_iter *it);
void wr_db_iter_seek_first(wr_db_iter *it);
void wr_db_iter_seek_last(wr_db_iter *it);
/** First entry with key >= @p key (and within the bounds). */
void wr_db_iter_seek(wr_db_iter *it, wr_str key);
/** Last entry with key < @p key. */
void wr_db_iter_seek_before(wr_db_iter *it, wr_str key);
bool wr_db_iter_valid(const wr_db_iter *it);
void wr_db_iter_next(wr_db_iter *it);
void wr_db_iter_prev(wr_db_iter *it);
/** Borrowed until the next move. */
wr_str wr_db_iter_key(const wr_db_iter *it);
wr_str wr_db_iter_value(const wr_db_iter *it);
/** To be asked when the iterator became invalid: end of range, or a failed read? */
weir_status wr_db_iter_status(const wr_db_iter *it, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ metadata entries of others */

/* Keys are the caller's own ("offset/query/topic/3"); they cannot collide with this folder's. */
weir_status wr_db_meta_get(wr_db *db, const wr_db_snap *snap, wr_str key, wr_buf *out, bool *found,
                           weir_error *err) WR_MUST_CHECK;
void wr_db_batch_meta_put(wr_db_batch *b, wr_str key, wr_str value);
void wr_db_batch_meta_delete(wr_db_batch *b, wr_str key);
/** Called for each entry whose key begins with @p prefix, in order of key; borrowed. false ends. */
typedef bool (*wr_db_meta_fn)(void *arg, wr_str key, wr_str value);
weir_status wr_db_meta_scan(wr_db *db, const wr_db_snap *snap, wr_str prefix, wr_db_meta_fn fn,
                            void *arg, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ identity of stores */

/**
 * The number of the store called @p name ("query-id/step"), from 1; given out at the first call and
 * kept in META. Numbers are never reused. Also good for topics of the local log: any name will do.
 */
weir_status wr_db_store_id(wr_db *db, wr_str name, uint32_t *id, weir_error *err) WR_MUST_CHECK;
/** The same without giving out a new number: *id is 0 when the name is unknown. */
weir_status wr_db_store_id_find(wr_db *db, const wr_db_snap *snap, wr_str name, uint32_t *id,
                                weir_error *err) WR_MUST_CHECK;
/**
 * What the rows of the store mean, as wr_db_batch_store_meaning_put said: any text of whoever owns
 * the store (a fingerprint of its plan), for comparing. *found false: unknown name, or nothing was
 * said (a directory of an older version). Into @p out, cleared first.
 * @return WEIR_ERR_STORE, FATAL: the bytes fail their checksum or have another layout.
 */
weir_status wr_db_store_meaning_get(wr_db *db, wr_str name, wr_buf *out, bool *found,
                                    weir_error *err) WR_MUST_CHECK;
/** Keep @p text with the store; replaces what was there. @return WEIR_ERR_NOT_FOUND: no such store
 *  (wr_db_store_id gives out numbers). */
weir_status wr_db_batch_store_meaning_put(wr_db_batch *b, wr_str name, wr_str text,
                                          weir_error *err) WR_MUST_CHECK;
/**
 * Drop the store, all its partitions, their stream times, its meaning and its name, in @p b with
 * whatever else the caller forgets (offsets). No wr_store of it may be open when b is written.
 */
weir_status wr_db_batch_drop_store(wr_db_batch *b, wr_str name, weir_error *err) WR_MUST_CHECK;
/** Drop the rows and the stream time of one partition of a store, in @p b. No wr_store of it may be
 * open when b is written. */
void wr_db_batch_drop_partition(wr_db_batch *b, uint32_t store_id, uint32_t partition);

/* ------------------------------------------------------------------ metering */

typedef struct wr_db_metrics {
    uint64_t disk_bytes;            /* live table files, all families */
    uint64_t memtable_bytes;        /* all write buffers */
    uint64_t block_cache_bytes;     /* used */
    uint64_t table_reader_bytes;    /* indexes and filters outside the cache */
    uint64_t compaction_debt_bytes; /* estimated rewriting still to do */
    uint64_t keys_estimate;         /* all families, tombstones count */
    uint64_t background_errors;     /* flushes and compactions that failed */
    bool writes_stopped;            /* RocksDB blocks writers until it has caught up */
    bool writes_delayed;
} wr_db_metrics;
void wr_db_metrics_read(wr_db *db, wr_db_metrics *out);
/** Approximate bytes on disk of one store (partition UINT32_MAX: all its partitions). */
uint64_t wr_db_store_bytes(wr_db *db, wr_db_family family, uint32_t store_id, uint32_t partition);

#endif
