/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffer.h - join buffers: the rows of one side of a stream-stream join, by (key, time). Several
 * rows may share both; rows are added and expire, nothing else happens to them.
 *
 * Expiry as in window.h: stream time is the largest time added so far, late rows included; a row
 * with time <= stream time - retention is gone, and adding one is dropped and counted.
 *
 * Layout: the rows of one key in one segment of time stand packed, in order of arrival, in an
 * entry, so that a batch is joined with a hashed probe or two for each of its rows and no scan:
 *
 *     wr_buffer_probe_many(other, n, keys, from, to, a, probes, err)       once per batch
 *     wr_buffer_rows(other, key, &probes[row], a, &rows, err)              partners, oldest first
 *     wr_buffer_find_many(own, n, keys, times, heads, err)                 once per batch
 *     wr_buffer_add(own, key, heads[row], time, value, ts, err)
 *
 * Segments should be some times as long as the stretch that a row looks at: then most rows look at
 * one, and little of it is looked at in vain. An entry takes no more rows when it has 4 KiB; the
 * next ones go into another chunk, and so on, so that a hot key costs neither long copies nor long
 * changelog records. Adding a row changes the last chunk only.
 *
 * Everything in store.h (commit, limits) applies; wr_entry_edit, _set and iterators do not.
 */
#ifndef WR_STATESTORE_BUFFER_H
#define WR_STATESTORE_BUFFER_H

#include "common/arena.h"
#include "statestore/store.h"

typedef struct wr_buffer_options {
    wr_store_options store;
    int64_t retention_ms; /* > 0 */
    int64_t segment_ms;   /* > 0; fixed for a store's life */
} wr_buffer_options;

weir_status wr_buffer_open(wr_db *db, const wr_buffer_options *options, wr_store **out,
                           weir_error *err) WR_MUST_CHECK;

/** The store's stream time, WR_STORE_NO_TIME before the first row. */
int64_t wr_buffer_stream_time(const wr_store *s);

/* ------------------------------------------------------------------ adding */

/** Find or load, for @p n rows, the entry that wr_buffer_add wants (it may not exist yet). */
weir_status wr_buffer_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                wr_store_entry **heads, weir_error *err) WR_MUST_CHECK;
/** Add a row. @p head as found for the same key and time. An expired one is dropped: WEIR_OK. */
weir_status wr_buffer_add(wr_store *s, wr_str key, wr_store_entry *head, int64_t time_ms,
                          wr_str value, int64_t timestamp_ms, weir_error *err) WR_MUST_CHECK;

/* ------------------------------------------------------------------ looking */

typedef struct wr_buffer_row {
    int64_t time_ms;
    wr_str value; /* borrowed until rows are added to the store */
} wr_buffer_row;
typedef wr_arr(wr_buffer_row) wr_buffer_rows_of;

/** Where the rows of one key and stretch of time are. */
typedef struct wr_buffer_probe {
    int64_t from_ms, to_ms;       /* inclusive, narrowed to what can exist */
    wr_store_entry *const *heads; /* first chunks of n segments; NULL: there is none */
    uint32_t n;
} wr_buffer_probe;

/**
 * Find or load, for each of @p n rows, what a look at [from[i], to[i]] of keys[i] needs; makes no
 * entries. Probes live in @p a and are good until rows are added.
 */
weir_status wr_buffer_probe_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *from_ms,
                                 const int64_t *to_ms, wr_arena *a, wr_buffer_probe *probes,
                                 weir_error *err) WR_MUST_CHECK;
/** The rows of a probe in order of (time, arrival). Replaces what is in @p rows; grows in @p a. */
weir_status wr_buffer_rows(wr_store *s, wr_str key, const wr_buffer_probe *probe, wr_arena *a,
                           wr_buffer_rows_of *rows, weir_error *err) WR_MUST_CHECK;

#endif
