/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - session stores: rows by (key, session start, session end), both inclusive.
 *
 * Expiry as in window.h, by the session's end: stream time is the largest end put so far, and a
 * session with end <= stream time - retention is gone. Layout: (segment of end, key, end, start).
 * Everything in store.h (commit, entries, iterators, limits) applies.
 */
#ifndef WR_STATESTORE_SESSION_H
#define WR_STATESTORE_SESSION_H

#include "statestore/store.h"

typedef struct wr_session_options {
    wr_store_options store;
    int64_t retention_ms; /* > 0 */
    int64_t segment_ms;   /* 0: max(retention / 4, 1 minute) */
} wr_session_options;

weir_status wr_session_open(wr_db *db, const wr_session_options *options, wr_store **out,
                            weir_error *err) WR_MUST_CHECK;

/** The store's stream time, WR_STORE_NO_TIME before the first put. */
int64_t wr_session_stream_time(const wr_store *s);
/** The smallest end that is still there. */
int64_t wr_session_oldest(const wr_store *s);

weir_status wr_session_get(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms, wr_str *value,
                           bool *found, weir_error *err) WR_MUST_CHECK;
/** Put a session (@pre start <= end); value NULL removes it. An expired one is dropped, counted. */
weir_status wr_session_put(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms,
                           const wr_str *value, int64_t timestamp_ms,
                           weir_error *err) WR_MUST_CHECK;
/** Sessions of one key that share an instant with [from, to], in order of (end, start). */
weir_status wr_session_find(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err) WR_MUST_CHECK;
/** Every session whose end lies in [from, to], in order of (end, key, start); reads a segment at
 *  once (see wr_window_scan). */
weir_status wr_session_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                            weir_error *err) WR_MUST_CHECK;
/** Key, start and end of an entry (its value too, if it exists); key borrowed from s until the
 *  next call. */
wr_store_row wr_session_row(wr_store *s, const wr_store_entry *e);

#endif
