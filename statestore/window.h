/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - window stores: rows by (key, window start), which expire. For windowed aggregates.
 *
 * Expiry is built in, in one place, for put, get, scan and emission alike:
 *   stream time = the largest start put so far in this store, deletes included; it is committed
 *                 with the rows, so a restart does not open a window again;
 *   a row with start <= stream time - retention is gone: reads skip it, a put of it is dropped
 *   and counted (stats.expired). A put moves stream time first and is judged then.
 * Rows that are gone leave memory and disk in bulk, later; nobody can say when.
 * Semantics: Kafka Streams' window stores (dialect.md section 10).
 *
 * Entries lie in order of (start, key) (docs/design/state.md): so scans come for free, and fetching
 * one key over a long time costs a seek for each start there is. Join buffers, whose starts are
 * arbitrary and many, are buffer.h.
 *
 * Everything in store.h (commit, entries, iterators, limits) applies.
 */
#ifndef WR_STATESTORE_WINDOW_H
#define WR_STATESTORE_WINDOW_H

#include "statestore/store.h"

/** What a store of kind WINDOW holds: aggregates (this header), or the rows of a join (buffer.h).
 */
typedef enum wr_window_layout { WR_WINDOW_TIME_FIRST, WR_WINDOW_BUFFER } wr_window_layout;

typedef struct wr_window_options {
    wr_store_options store;
    int64_t retention_ms; /* > 0 */
} wr_window_options;

weir_status wr_window_open(wr_db *db, const wr_window_options *options, wr_store **out,
                           weir_error *err) WR_MUST_CHECK;

/** The store's stream time, WR_STORE_NO_TIME before the first put. */
int64_t wr_window_stream_time(const wr_store *s);
/** The smallest start that is still there: stream time - retention + 1 (INT64_MIN at first). */
int64_t wr_window_oldest(const wr_store *s);
/**
 * Say that a row with this @p start_ms is being put: moves stream time. @return false, and counts
 * it, when the window is gone: then the change must be dropped. To be called before wr_entry_edit
 * on an entry of a window store (wr_window_put and wr_entry_set do it themselves).
 */
bool wr_window_observe(wr_store *s, int64_t start_ms);

/* ------------------------------------------------------------------ one row per (key, start) */

/** *found and the value; borrowed as in wr_kv_get. */
weir_status wr_window_get(wr_store *s, wr_str key, int64_t start_ms, wr_str *value, bool *found,
                          weir_error *err) WR_MUST_CHECK;
/**
 * Find or load entries for @p n rows, in one pass, whatever stream time is: the caller judges each
 * row in its turn with wr_window_oldest (an entry older than that counts as absent).
 */
weir_status wr_window_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *starts,
                                wr_store_entry **out, weir_error *err) WR_MUST_CHECK;
/** Put a row; value NULL deletes it. An expired one is dropped: WEIR_OK, stats.expired. */
weir_status wr_window_put(wr_store *s, wr_str key, int64_t start_ms, const wr_str *value,
                          int64_t timestamp_ms, weir_error *err) WR_MUST_CHECK;
/** Key and start of an entry (its value too, if it exists); borrowed from the entry. */
wr_store_row wr_window_row(const wr_store *s, const wr_store_entry *e);

/* ------------------------------------------------------------------ many rows */

/** Rows of one key with from <= start <= to, in order of start. */
weir_status wr_window_fetch(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err) WR_MUST_CHECK;
/** Rows of all keys with from <= start <= to, in order of (start, key). */
weir_status wr_window_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                           weir_error *err) WR_MUST_CHECK;

#endif
