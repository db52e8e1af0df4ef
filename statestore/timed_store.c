/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores whose rows carry a time: opening them, and looking up many of their entries at once. Their
 * keys and their expiry are in timed.c.
 */
#include "statestore/store_internal.h"

weir_status wr__timed_open(wr_db *db, const wr_store_options *options, wr_store_kind kind,
                           wr_changelog_kind record_kind, int64_t retention_ms, int64_t segment_ms,
                           wr_store **out, weir_error *err)
{
    WR_ASSERT(retention_ms > 0 && segment_ms > 0);
    WR_TRY(wr__store_open(db, options, kind, record_kind, out, err));
    wr__timed *t = &(*out)->timed;
    t->chunks = record_kind == WR_CHANGELOG_BUFFER;
    t->retention_ms = retention_ms;
    t->segment_ms = segment_ms;
    weir_status st = wr__timed_load(*out, err);
    if (st != WEIR_OK) {
        wr_store_close(*out);
        *out = NULL;
    }
    return st;
}

weir_status wr__timed_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                bool make, wr_store_entry **out, weir_error *err)
{
    /* All encoded keys of a block in one buffer; it may move while it grows, so offsets first. */
    enum { BLOCK = 512 };
    wr_str encoded[BLOCK];
    size_t ends[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t count = WR_MIN(n - first, (size_t)BLOCK);
        wr_buf_clear(&s->key_buf);
        for (size_t i = 0; i < count; i++) {
            WR_TRY(wr__store_check_key(keys[first + i], err));
            wr__timed_encode(s, &s->key_buf, keys[first + i], times[first + i], 0);
            ends[i] = s->key_buf.len;
        }
        for (size_t i = 0, at = 0; i < count; at = ends[i++])
            encoded[i] = wr_str_make(s->key_buf.ptr + at, ends[i] - at);
        if (make)
            WR_TRY(wr__store_find_many(s, count, encoded, out + first, err));
        else
            WR_TRY(wr__store_peek_many(s, count, encoded, out + first, err));
    }
    return WEIR_OK;
}
