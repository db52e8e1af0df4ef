/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - a state store: one operator's state for one partition, as bytes; and its commits.
 *
 *                    one thread (the task)                        any thread
 *      get/put/scan ──▶ overlay ──commit_into──▶ wr_db_batch ──▶ wr_db ──▶ snapshots (pull queries)
 *                       (uncommitted changes,        │
 *                        and the cache)         the caller adds offsets, outputs, positions
 *
 * All kinds (kv here, window.h, session_store.h) are one type, so the runtime can hold a list of
 * them: what is in this part of the header works on every kind, wr_kv_* on WR_STORE_KV only
 * (asserted).
 *
 * The overlay. Changes live in memory until a commit; reads see them, RocksDB does not. Entries
 * once read or written stay cached; they leave only in wr_store_trim, after a commit, on a
 * discard, and by expiry, never in between, so a wr_store_entry pointer is valid until the next
 * commit, discard or trim of its store. While the overlay holds every key there is (a fresh store),
 * misses and scans do not touch the database at all.
 *
 * One commit, in this order (all stores of a task):
 *   1 wr_store_flush       changelog records of what changed go out through on_change, in runs
 *                          (caching on; with caching off each went out with its change)
 *   2 the log's transaction commits (Kafka; nothing to do on the local log)
 *   3 wr_store_commit_into + the caller's entries, all into one batch; wr_db_write
 * The store must not change between 1 and 3. Failure of 2: wr_store_discard. Failure of 3:
 * RETRIABLE may be tried again from 3; otherwise close the stores, and restore from the changelog.
 *
 * Write-behind, for a log that holds the changelog (Kafka): the commit is durable without the
 * database, so 3 becomes
 *   3 wr_store_committed   the changes are committed; they stay in the overlay, "unwritten"
 * and only now and then (many bytes of them, every so often, before a stop or a rebalance, for a
 * pull query), right after a 3:
 *   4 wr_store_write_rows  the rows, when they are many: in pieces, nothing atomic about it
 *   5 wr_store_write_into  the rest and the stream time, with the changelog's position as of the
 *                          last commit, into one batch; wr_db_write
 *   6 wr_db_flush          every so often, and when 4 had many rows: until then the position is in
 *                          memory (there is no WAL), and a crash costs the replay from an older one
 * A crash at any point leaves rows at or ahead of the position in the database, never behind: a
 * replay of the changelog from there makes it right. Likewise a failure of 1 or 2: close the
 * stores, open them again, restore. A failure of 4 or 5: nothing is lost, try again later;
 * RocksDB's FATAL ones as above.
 *
 * Order of keys is bytewise, always. Keys 0..WR_STORE_KEY_MAX bytes, values 0..WR_STORE_VALUE_MAX:
 * longer ones are WEIR_ERR_LIMIT.
 * Threads: a store belongs to one thread. To read it from another, open a second wr_store on a
 * snapshot (options.snap): read-only, committed state.
 */
#ifndef WR_STATESTORE_STORE_H
#define WR_STATESTORE_STORE_H

#include "statestore/db.h"

typedef struct wr_store wr_store;
typedef struct wr_store_entry wr_store_entry;
typedef struct wr_store_iter wr_store_iter;

enum { WR_STORE_KEY_MAX = 4 << 20, WR_STORE_VALUE_MAX = 1 << 30 };
#define WR_STORE_NO_TIME INT64_MIN /* stream time of a window store that has seen nothing */

typedef enum wr_store_kind { WR_STORE_KV, WR_STORE_WINDOW, WR_STORE_SESSION } wr_store_kind;

enum { WR_STORE_CHANGES_MAX = 512 };
/**
 * Changes for the changelog, column by column, in order of change: keys[i] and values[i] are a
 * whole changelog record (changelog.h); value ptr NULL = tombstone; the timestamp as given with the
 * change. One with caching off; else 1..WR_STORE_CHANGES_MAX in some 64 KiB, or one large one.
 */
typedef struct wr_store_changes {
    uint32_t n;
    const wr_str *keys, *values;
    const int64_t *timestamps_ms;
} wr_store_changes;
/** Sees changes; borrowed until return. It must not touch the store. A failure is passed on to the
 *  caller of put, flush or commit_into; all of @p changes count as not logged then. */
typedef weir_status (*wr_store_change_fn)(void *arg, const wr_store_changes *changes,
                                          weir_error *err);

typedef struct wr_store_options {
    uint32_t store_id;      /* from wr_db_store_id */
    uint32_t partition;     /* of the task */
    const wr_db_snap *snap; /* NULL: the task's own store; else a read-only view of that snapshot */
    size_t overlay_max;     /* bytes the overlay should stay under; 0: 16 MiB. See wr_store_over */
    bool caching;           /* on_change once per changed key and commit, not once per change */
    bool keep_old;          /* remember values as of the last commit: wr_store_dirty_at */
    wr_store_change_fn on_change; /* NULL: no changelog */
    void *on_change_arg;
} wr_store_options;

/* ------------------------------------------------------------------ life */

weir_status wr_kv_open(wr_db *db, const wr_store_options *options, wr_store **out,
                       weir_error *err) WR_MUST_CHECK;
/** Uncommitted changes are lost; NULL is allowed. */
void wr_store_close(wr_store *s);
wr_store_kind wr_store_kind_of(const wr_store *s);
uint32_t wr_store_partition(const wr_store *s);

/* ------------------------------------------------------------------ commit, discard, restore */

/** Step 1: hand every change not yet seen by on_change to it, in order of first change. */
weir_status wr_store_flush(wr_store *s, weir_error *err) WR_MUST_CHECK;
/**
 * Step 3: put all uncommitted (and unwritten) changes, sorted by key, and the store's stream time
 * into @p b. They count as committed when wr_db_write(b) succeeds; until then the store must not
 * change (asserted). Flushes first if that was not done.
 */
weir_status wr_store_commit_into(wr_store *s, wr_db_batch *b, weir_error *err) WR_MUST_CHECK;
/**
 * Step 3 of write-behind: all changes are committed elsewhere. They count as clean (dirty list, old
 * values, is_dirty), but stay in memory until they are written; entries that are may be evicted.
 */
void wr_store_committed(wr_store *s);
/** Is there something that write_rows and write_into have to write? */
bool wr_store_is_unwritten(const wr_store *s);
/**
 * Write the unwritten rows when they are many, in pieces; does nothing when one batch will do. No
 * uncommitted changes (asserted). On failure all of them count as unwritten still.
 */
weir_status wr_store_write_rows(wr_store *s, weir_error *err) WR_MUST_CHECK;
/**
 * Put what is unwritten and the stream time into @p b; clean when it is written. The caller adds
 * the changelog's position as of the last commit. No uncommitted changes (asserted).
 */
weir_status wr_store_write_into(wr_store *s, wr_db_batch *b, weir_error *err) WR_MUST_CHECK;
/**
 * Abort: forget all uncommitted changes, stream time included. What is unwritten goes too: the
 * store is as the database has it, so if wr_store_is_unwritten said so, restore it afterwards.
 */
weir_status wr_store_discard(wr_store *s, weir_error *err) WR_MUST_CHECK;
/**
 * Apply one changelog record (value NULL: tombstone). Its row is unwritten then, as after
 * wr_store_committed: now and then, and after the last record, write_rows, write_into with the
 * changelog's offset, wr_db_write. The store must have no uncommitted changes of its own.
 * @return WEIR_ERR_STORE, FATAL: the record is not one of this kind of store; nothing was applied.
 */
weir_status wr_store_restore(wr_store *s, wr_str key, const wr_str *value,
                             weir_error *err) WR_MUST_CHECK;
/** A record of this key is restored soon: has memory fetched that it will look at. */
void wr_store_restore_soon(const wr_store *s, wr_str key);
/**
 * What is unwritten leaves memory and waits, sorted, in a file without a name, for the next
 * wr_store_write_rows: so that rows of a long restore go into the database once, all in order,
 * however little memory there is. Nothing but restore, set_aside, write_rows, discard and close may
 * follow until then. A crash loses it, as it does all that is unwritten.
 * @pre wr_store_can_set_aside; no uncommitted changes.
 * @return WEIR_ERR_STORE, RETRIABLE, perhaps NO_ROOM: all is as before.
 */
weir_status wr_store_set_aside(wr_store *s, weir_error *err) WR_MUST_CHECK;
/** Does the database take so much at once, and has not been set aside too often? */
bool wr_store_can_set_aside(const wr_store *s);

/* ------------------------------------------------------------------ bounds and metering */

/** Bytes of memory the overlay holds now (keys, values, tables). */
size_t wr_store_bytes(const wr_store *s);
/** Change options.overlay_max (0: 16 MiB); takes effect at the next trim or commit. */
void wr_store_limit(wr_store *s, size_t overlay_max);
/** True when over options.overlay_max: trim if it is clean entries, else commit soon. */
bool wr_store_over(const wr_store *s);
/** Drop clean, written entries, the least recently used first (CLOCK), down to overlay_max. */
void wr_store_trim(wr_store *s);
bool wr_store_is_dirty(const wr_store *s);

typedef struct wr_store_stats {
    uint64_t gets;    /* look-ups, single and in batches */
    uint64_t misses;  /* of them, not in the overlay and asked of the database */
    uint64_t puts;    /* changes, deletes included */
    uint64_t expired; /* changes dropped because their window was gone already */
    uint64_t commits;
    uint64_t entries;                      /* in the overlay now */
    uint64_t dirty_entries;                /* of them uncommitted */
    uint64_t unwritten_entries;            /* of them committed, but not in the database yet */
    uint64_t dirty_bytes, unwritten_bytes; /* of memory, about */
} wr_store_stats;
void wr_store_stats_read(const wr_store *s, wr_store_stats *out);

/* ------------------------------------------------------------------ entries: update in place */

/*
 * The hot path does one probe per row and changes the value where it lies:
 *     wr_kv_find_many(s, n, keys, entries, err)            once per batch
 *     e = entries[row]; old = wr_entry_exists(e) ? wr_entry_value(e) : ...
 *     p = wr_entry_edit(s, e, len);  change the bytes at p;  wr_entry_changed(s, e, ts, err)
 * The same key twice in a batch gives the same entry twice.
 */
bool wr_entry_exists(const wr_store_entry *e);
/** Value, 8-byte aligned, borrowed until this entry changes; only if it exists. */
wr_str wr_entry_value(const wr_store_entry *e);
/** The key as the overlay keeps it: the plain key for kv; wr_window_row, wr_session_key decode. */
wr_str wr_entry_key(const wr_store_entry *e);
/**
 * Before a change: the value becomes @p len bytes long, keeping its first bytes (new ones are
 * not set); an absent entry comes into being. @return the bytes, 8-byte aligned, valid
 * until the entry's next edit. wr_entry_changed must follow before anything else is done with s,
 * but other entries may be edited meanwhile.
 */
void *wr_entry_edit(wr_store *s, wr_store_entry *e, size_t len);
/** After a change: with caching off this calls on_change. @p timestamp_ms is the record's. */
weir_status wr_entry_changed(wr_store *s, wr_store_entry *e, int64_t timestamp_ms,
                             weir_error *err) WR_MUST_CHECK;
/** Edit, copy and changed in one; value NULL deletes. */
weir_status wr_entry_set(wr_store *s, wr_store_entry *e, const wr_str *value, int64_t timestamp_ms,
                         weir_error *err) WR_MUST_CHECK;

/* The uncommitted entries, 0 .. count-1, in order of their first change since the last commit: what
 * a caching operator emits when it flushes. *old (may be NULL) is the value as of the last
 * commit, ptr NULL where there was none; needs options.keep_old. Borrowed. */
size_t wr_store_dirty_count(const wr_store *s);
wr_store_entry *wr_store_dirty_at(const wr_store *s, size_t i, wr_str *old);
int64_t wr_entry_timestamp(const wr_store_entry *e); /* of its last change; dirty entries only */

/*
 * Notes: what an operator wants to know of an uncommitted entry when it flushes, and that is stored
 * nowhere (the headers of the record that changed it, say). They are memory of the store, and are
 * dropped where changes are: by a commit, by a discard.
 */
/** Copies @p note, which takes the place of an earlier one; of length 0: there is none any more. */
void wr_entry_set_note(wr_store *s, const wr_store_entry *e, wr_str note);
/** ptr NULL: none. Borrowed until the next change of a note. */
wr_str wr_entry_note(const wr_store *s, const wr_store_entry *e);
bool wr_store_has_notes(const wr_store *s);

/* ------------------------------------------------------------------ kv stores */

/** *found and the value, borrowed until the entry changes, or the next commit, discard, trim. */
weir_status wr_kv_get(wr_store *s, wr_str key, wr_str *value, bool *found,
                      weir_error *err) WR_MUST_CHECK;
weir_status wr_kv_put(wr_store *s, wr_str key, wr_str value, int64_t timestamp_ms,
                      weir_error *err) WR_MUST_CHECK;
weir_status wr_kv_delete(wr_store *s, wr_str key, int64_t timestamp_ms,
                         weir_error *err) WR_MUST_CHECK;
/** Delete from <= key < to (ptr NULL: open end). With on_change set: key by key, as it must log. */
weir_status wr_kv_delete_range(wr_store *s, wr_str from, wr_str to, int64_t timestamp_ms,
                               weir_error *err) WR_MUST_CHECK;
/** Find or load one entry; it may not exist (wr_entry_exists). */
weir_status wr_kv_find(wr_store *s, wr_str key, wr_store_entry **out,
                       weir_error *err) WR_MUST_CHECK;
/** The same for @p n keys: probes with prefetch, reads all misses in one sorted pass. */
weir_status wr_kv_find_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                            weir_error *err) WR_MUST_CHECK;
/** Likewise, without making entries: out[i] is NULL where it is known that there is no such key. */
weir_status wr_kv_peek_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                            weir_error *err) WR_MUST_CHECK;

/** Iterate over from <= key < to (ptr NULL: open), descending with @p reverse. */
weir_status wr_kv_scan(wr_store *s, wr_str from, wr_str to, bool reverse, wr_store_iter **out,
                       weir_error *err) WR_MUST_CHECK;
/** Iterate over the keys that begin with @p prefix. */
weir_status wr_kv_scan_prefix(wr_store *s, wr_str prefix, bool reverse, wr_store_iter **out,
                              weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ iterators of every kind */

/** What an iterator hands out; borrowed until its next call or a change of that key. */
typedef struct wr_store_row {
    wr_str key; /* the plain key */
    wr_str value;
    int64_t start_ms; /* window, session: its start; 0 for kv */
    int64_t end_ms;   /* session: its end (inclusive); else 0 */
} wr_store_row;

/**
 * Next row; *more false at the end. The store may be changed meanwhile: rows that it has passed
 * do not come again, changes ahead of it are seen. Not across a commit, discard or trim (asserted).
 */
weir_status wr_store_iter_next(wr_store_iter *it, wr_store_row *row, bool *more,
                               weir_error *err) WR_MUST_CHECK;
void wr_store_iter_free(wr_store_iter *it);

#endif
