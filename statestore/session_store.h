/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_store.h - session stores: rows by (key, session start, session end), both inclusive.
 *
 * Expiry as in window.h, by the session's end: stream time is the largest end put so far, and a
 * session with end <= stream time - retention is gone.
 *
 * Layout: one entry for (segment, key), a packed list of the key's sessions whose end lies in that
 * segment of time, in order of (end, start). Segments are long against the gap between sessions, so
 * a row finds all that it may touch with one hashed probe, sometimes two; lists stay short because
 * sessions lie apart. The hot path is
 *
 *     wr_session_find_many(s, n, keys, times, gap, homes, err)             once per batch
 *     wr_session_near(s, key, homes[row], t - gap, t + gap, a, &hits, err)
 *     wr_session_change(s, key, homes[row], &hits, start, end, value, ...) hits become one session
 *
 * Entries that wr_store_dirty_at hands out are whole lists: wr_session_next takes them apart.
 * Everything in store.h (commit, iterators, limits) applies; wr_entry_edit, _set do not.
 */
#ifndef WR_STATESTORE_SESSION_STORE_H
#define WR_STATESTORE_SESSION_STORE_H

#include "common/arena.h"
#include "statestore/store.h"

typedef struct wr_session_options {
    wr_store_options store;
    int64_t retention_ms; /* > 0 */
    int64_t segment_ms;   /* 0: max(retention / 4, 1 minute). Fixed for a store's life */
} wr_session_options;

weir_status wr_session_open(wr_db *db, const wr_session_options *options, wr_store **out,
                            weir_error *err) WR_MUST_CHECK;

/** The store's stream time, WR_STORE_NO_TIME before the first put. */
int64_t wr_session_stream_time(const wr_store *s);
/** The smallest end that is still there. */
int64_t wr_session_oldest(const wr_store *s);

/* ------------------------------------------------------------------ one session */

weir_status wr_session_get(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms, wr_str *value,
                           bool *found, weir_error *err) WR_MUST_CHECK;
/** Put a session (@pre start <= end); value NULL removes it. An expired one is dropped, counted. */
weir_status wr_session_put(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms,
                           const wr_str *value, int64_t timestamp_ms,
                           weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ batches */

typedef struct wr_session_hit {
    int64_t start_ms, end_ms;
    wr_str value;       /* borrowed until the next change of the store */
    wr_store_entry *in; /* the list it stands in */
} wr_session_hit;
typedef wr_arr(wr_session_hit) wr_session_hits;

/**
 * Find or load, for @p n rows, the entry of the row's key and the segment its time lies in (it may
 * not exist), and load what else lies up to @p gap_ms before and after: so that the calls below
 * read nothing, as a rule.
 */
weir_status wr_session_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                 int64_t gap_ms, wr_store_entry **homes,
                                 weir_error *err) WR_MUST_CHECK;
/** Sessions of @p key that share an instant with [from, to], in order of (end, start), as they are
 *  now. @p home: any entry of that key. Replaces what is in @p hits; it grows in @p a. */
weir_status wr_session_near(wr_store *s, wr_str key, wr_store_entry *home, int64_t from_ms,
                            int64_t to_ms, wr_arena *a, wr_session_hits *hits,
                            weir_error *err) WR_MUST_CHECK;
/**
 * Remove @p hits (as wr_session_near gave them) and put the session [start, end]; @p value must not
 * lie in the store. Each list that changes is one change for the changelog. If the new session is
 * expired it is dropped and counted; the hits go all the same.
 */
weir_status wr_session_change(wr_store *s, wr_str key, wr_store_entry *home,
                              const wr_session_hits *hits, int64_t start_ms, int64_t end_ms,
                              wr_str value, int64_t timestamp_ms, weir_error *err) WR_MUST_CHECK;

/** The plain key of an entry. */
wr_str wr_session_key(const wr_store *s, const wr_store_entry *e);
/**
 * Take the first session off @p list, an entry's value: sets start, end and value of @p out.
 * @return false: there is none left, or (list->len > 0) the bytes are damaged.
 */
bool wr_session_next(wr_str *list, wr_session_hit *out);

/* ------------------------------------------------------------------ iterators */

/** Sessions of one key that share an instant with [from, to], in order of (end, start); changes
 *  made while iterating do not show. */
weir_status wr_session_find(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err) WR_MUST_CHECK;
/** Every session whose end lies in [from, to], in order of (end, key, start); reads a segment at
 *  once, so changes made while iterating show from the next segment on. */
weir_status wr_session_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                            weir_error *err) WR_MUST_CHECK;

#endif
