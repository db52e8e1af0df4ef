/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Iterators over sessions, for readers off the hot path: pull queries and EMIT FINAL.
 *
 * The sessions of one key are collected at once. A scan in order of time reads a segment into
 * memory, sorts it and hands it out; memory is bounded by the largest segment. Both leave out what
 * is gone, looking at stream time anew for each row.
 */
#include "statestore/session_store.h"
#include "statestore/timed_iter.h"

#include <stdlib.h>

static void copy_row(wr_store_iter *it, wr_str key, const wr_session_hit *x)
{
    if (it->rows_n == it->rows_cap) {
        it->rows_cap = it->rows_cap ? it->rows_cap * 2 : 256;
        it->rows = wr_realloc(it->rows, it->rows_cap * sizeof *it->rows);
    }
    wr__row_copy *r = &it->rows[it->rows_n++];
    *r = (wr__row_copy){.time = x->end_ms, .start = x->start_ms, .key_at = it->bytes.len};
    r->key_len = key.len;
    r->value_len = x->value.len;
    wr_buf_str(&it->bytes, key);
    r->value_at = it->bytes.len;
    wr_buf_str(&it->bytes, x->value);
}

static wr_str copied(const wr_store_iter *it, size_t at, uint32_t len)
{
    return len ? wr_str_make(it->bytes.ptr + at, len) : wr_str_make("", 0);
}

/* Hand out what has been read. @return false: nothing is left of it. */
static bool hand_out(wr_store_iter *it, wr_store_row *row)
{
    while (it->rows_at < it->rows_n) {
        const wr__row_copy *r = &it->rows[it->rows_at++];
        if (r->time < wr__timed_oldest(it->cursor.s))
            continue; /* expired since it was read */
        *row = (wr_store_row){.key = copied(it, r->key_at, r->key_len),
                              .value = copied(it, r->value_at, r->value_len),
                              .start_ms = r->start,
                              .end_ms = r->time};
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ one key */

static weir_status find_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    (void)err;
    *more = hand_out(it, row);
    return WEIR_OK;
}

weir_status wr_session_find(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err)
{
    *out = NULL;
    WR_TRY(wr__store_check_key(key, err));
    wr_arena *a = wr_arena_new(0);
    wr_session_hits hits = {0};
    weir_status st = wr_session_near(s, key, NULL, from_ms, to_ms, a, &hits, err);
    if (st == WEIR_OK) {
        *out = wr__iter_new(s, false, find_next);
        for (size_t i = 0; i < hits.n; i++)
            copy_row(*out, key, &hits.v[i]);
    }
    wr_arena_free(a);
    return st;
}

/* ------------------------------------------------------------------ all keys */

static int by_time_and_key(const void *a, const void *b, void *iter)
{
    const wr__row_copy *x = a, *y = b;
    const wr_store_iter *it = iter;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    int order = wr_str_cmp(copied(it, x->key_at, x->key_len), copied(it, y->key_at, y->key_len));
    if (order)
        return order;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* What of an entry ends within the bounds. */
static weir_status read_list(wr_store_iter *it, wr_str key, weir_error *err)
{
    int64_t from = WR_MAX(it->from, wr__timed_oldest(it->cursor.s));
    wr_str rest = it->cursor.value;
    wr_session_hit x;
    while (wr_session_next(&rest, &x))
        if (x.end_ms >= from && x.end_ms <= it->to)
            copy_row(it, key, &x);
    return rest.len ? wr__timed_bad_row(err) : WEIR_OK;
}

/* Read the next segment that has rows, sorted. Leaves rows_n 0 at the end. */
static weir_status read_segment(wr_store_iter *it, weir_error *err)
{
    const wr_store *s = it->cursor.s;
    wr__cursor *c = &it->cursor;
    it->rows_n = it->rows_at = 0;
    wr_buf_clear(&it->bytes);
    if (it->must_seek) {
        wr_buf_clear(&it->target);
        wr_buf_be64(&it->target, wr__time_bits(it->segment));
        wr__cursor_seek(c, wr_buf_view(&it->target));
        it->must_seek = false;
    }
    int64_t segment = 0;
    for (;;) {
        bool more;
        WR_TRY(wr__cursor_next(c, &more, err));
        if (!more)
            break;
        int64_t at;
        uint32_t chunk;
        wr_str key;
        if (!wr__timed_decode(s, c->key, &key, &at, &chunk))
            return wr__timed_bad_row(err);
        if (at > it->to)
            break;
        if (it->rows_n && at != segment) {
            it->segment = at; /* read this one again, next time */
            it->must_seek = true;
            break;
        }
        segment = at;
        WR_TRY(read_list(it, key, err));
    }
    if (it->rows_n)
        qsort_r(it->rows, it->rows_n, sizeof *it->rows, by_time_and_key, it);
    return WEIR_OK;
}

static weir_status scan_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    for (;;) {
        *more = hand_out(it, row);
        if (*more)
            return WEIR_OK;
        WR_TRY(read_segment(it, err));
        if (it->rows_n == 0)
            return WEIR_OK;
    }
}

weir_status wr_session_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                            weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    (void)err;
    wr_store_iter *it = *out = wr__iter_new(s, false, scan_next);
    it->done = !wr__timed_clamp(it, s, from_ms, to_ms);
    return WEIR_OK;
}
