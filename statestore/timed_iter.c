/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching one key goes from segment to segment by seeks. A seek to (segment, key, from) that does
 * not hit lands on a later row, whose segment tells how far may be skipped: so the cost follows the
 * segments that exist, not those that could.
 *
 * Scanning in order of time is the order of the bytes where a segment is one instant. Otherwise the
 * rows of a segment are read into memory, sorted, and handed out; memory is bounded by the largest
 * segment.
 *
 * Both leave out what is gone, looking at stream time anew for each row.
 */
#include "statestore/timed_iter.h"

#include <stdlib.h>

static weir_status bad_row(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state holds a row whose key is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

static void fill_row(const wr_store *s, wr_store_row *row, wr_str key, int64_t time, uint64_t extra,
                     wr_str value)
{
    *row = (wr_store_row){.key = key, .value = value, .start_ms = time};
    if (s->kind == WR_STORE_SESSION) {
        row->end_ms = time;
        row->start_ms = wr__time_of_bits(extra);
    } else {
        row->sequence = extra;
    }
}

wr_store_row wr__timed_row(wr_store *s, const wr_store_entry *e)
{
    int64_t time;
    uint64_t extra;
    wr_store_row row;
    wr_buf_clear(&s->plain_key);
    bool ok = wr__timed_decode(s, wr__entry_key(e), &s->plain_key, &time, &extra);
    WR_ASSERT(ok);
    fill_row(s, &row, wr_buf_view(&s->plain_key), time, extra,
             wr_entry_exists(e) ? wr__entry_value(e) : (wr_str){0});
    return row;
}

/* Narrow [from, to] to what can exist. @return false: nothing can. */
static bool clamp(wr_store_iter *it, const wr_store *s, int64_t from, int64_t to)
{
    it->from = WR_MAX(from, wr__timed_oldest(s));
    it->to = WR_MIN(to, s->timed.now.stream_time);
    it->segment = wr__timed_segment(s, it->from);
    it->must_seek = true;
    return s->timed.now.stream_time != WR_STORE_NO_TIME && it->from <= it->to;
}

static int64_t segment_at(wr_str encoded)
{
    return wr__time_of_bits(wr_get_be64(encoded.ptr));
}

/* ------------------------------------------------------------------ one key */

/* Set the next seek behind @p segment. @return false when that is past the end. */
static bool skip_segment(wr_store_iter *it, const wr_store *s, int64_t segment)
{
    it->must_seek = true;
    return !__builtin_add_overflow(segment, s->timed.segment_ms, &it->segment) &&
           it->segment <= it->to;
}

/* Stand before (segment, key, from). */
static void seek_segment(wr_store_iter *it)
{
    const wr_store *s = it->cursor.s;
    wr_buf_clear(&it->target);
    wr__timed_encode_key(s, &it->target, it->segment, wr_buf_view(&it->key));
    it->lower.len = 0;
    wr_buf_str(&it->lower, wr_buf_view(&it->target)); /* all rows of the key here begin with this */
    if (!s->timed.time_first)
        wr_buf_be64(&it->target, wr__time_bits(WR_MAX(it->from, it->segment)));
    wr__cursor_seek(&it->cursor, wr_buf_view(&it->target));
    it->must_seek = false;
}

/* A row of another key: where does the search go on? @return false: nowhere. */
static bool go_on(wr_store_iter *it, wr_str found)
{
    const wr_store *s = it->cursor.s;
    int64_t segment = segment_at(found);
    if (segment > it->to)
        return false;
    if (segment > it->segment) {
        wr_buf_clear(&it->target);
        wr__timed_encode_key(s, &it->target, segment, wr_buf_view(&it->key));
        wr_str mine = wr_buf_view(&it->target);
        if (wr_str_cmp(found, mine) <= 0 || wr_str_starts_with(found, mine)) {
            it->segment = segment; /* ours is here, or may come, in the segment it landed in */
            it->must_seek = true;
            return true;
        }
    }
    return skip_segment(it, s, segment);
}

static bool is_ours(const wr_store_iter *it, wr_str found)
{
    wr_str mine = wr_buf_view(&it->lower);
    const wr__timed *t = &it->cursor.s->timed;
    if (t->time_first && !t->has_extra)
        return wr_str_eq(found, mine); /* the plain key ends with the bytes */
    return wr_str_starts_with(found, mine);
}

static weir_status fetch_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    wr_store *s = it->cursor.s;
    wr__cursor *c = &it->cursor;
    for (;;) {
        if (it->must_seek)
            seek_segment(it);
        WR_TRY(wr__cursor_next(c, more, err));
        if (!*more)
            return WEIR_OK;
        if (c->key.len < 8)
            return bad_row(err);
        /* A row of the key may stand in a later segment, directly behind the last one. */
        if (!is_ours(it, c->key)) {
            if (!go_on(it, c->key)) {
                *more = false;
                return WEIR_OK;
            }
            continue;
        }
        int64_t time;
        uint64_t extra;
        wr_buf_clear(&it->plain);
        if (!wr__timed_decode(s, c->key, &it->plain, &time, &extra))
            return bad_row(err);
        if (time > it->to) {
            *more = false;
            return WEIR_OK;
        }
        if (time < wr__timed_oldest(s) ||
            (s->kind == WR_STORE_SESSION && wr__time_of_bits(extra) > it->start_max))
            continue;
        fill_row(s, row, wr_buf_view(&it->plain), time, extra, c->value);
        return WEIR_OK;
    }
}

wr_store_iter *wr__timed_fetch(wr_store *s, wr_str key, int64_t from, int64_t to, int64_t start_max)
{
    wr_store_iter *it = wr__iter_new(s, false, fetch_next);
    wr_buf_str(&it->key, key);
    it->start_max = start_max;
    it->done = !clamp(it, s, from, to);
    return it;
}

/* ------------------------------------------------------------------ all keys */

static void copy_row(wr_store_iter *it, int64_t time, uint64_t extra)
{
    if (it->rows_n == it->rows_cap) {
        it->rows_cap = it->rows_cap ? it->rows_cap * 2 : 256;
        it->rows = wr_realloc(it->rows, it->rows_cap * sizeof *it->rows);
    }
    wr_str value = it->cursor.value;
    wr__row_copy *r = &it->rows[it->rows_n++];
    *r = (wr__row_copy){.time = time, .extra = extra, .key_at = it->bytes.len};
    r->key_len = (uint32_t)it->plain.len;
    r->value_len = value.len;
    wr_buf_str(&it->bytes, wr_buf_view(&it->plain));
    r->value_at = it->bytes.len;
    wr_buf_str(&it->bytes, value);
}

static int by_time_and_key(const void *a, const void *b, void *bytes)
{
    const wr__row_copy *x = a, *y = b;
    const char *base = ((const wr_buf *)bytes)->ptr;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    int order = wr_str_cmp(base ? wr_str_make(base + x->key_at, x->key_len) : (wr_str){0},
                           base ? wr_str_make(base + y->key_at, y->key_len) : (wr_str){0});
    if (order)
        return order;
    return x->extra < y->extra ? -1 : x->extra > y->extra;
}

/* Read the next segment that has rows into it->rows, sorted. Leaves rows_n 0 at the end. */
static weir_status read_segment(wr_store_iter *it, weir_error *err)
{
    wr_store *s = it->cursor.s;
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
        int64_t time;
        uint64_t extra;
        wr_buf_clear(&it->plain);
        if (!wr__timed_decode(s, c->key, &it->plain, &time, &extra))
            return bad_row(err);
        int64_t at = segment_at(c->key);
        if (at > it->to)
            break;
        if (it->rows_n && at != segment) {
            it->segment = at; /* read this one again, next time */
            it->must_seek = true;
            break;
        }
        segment = at;
        if (time >= WR_MAX(it->from, wr__timed_oldest(s)) && time <= it->to)
            copy_row(it, time, extra);
    }
    if (it->rows_n)
        qsort_r(it->rows, it->rows_n, sizeof *it->rows, by_time_and_key, &it->bytes);
    return WEIR_OK;
}

static wr_str copied(const wr_store_iter *it, size_t at, uint32_t len)
{
    return len ? wr_str_make(it->bytes.ptr + at, len) : wr_str_make("", 0);
}

static weir_status sorted_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    const wr_store *s = it->cursor.s;
    for (;;) {
        if (it->rows_at == it->rows_n)
            WR_TRY(read_segment(it, err));
        *more = it->rows_n > 0;
        if (!*more)
            return WEIR_OK;
        const wr__row_copy *r = &it->rows[it->rows_at++];
        if (r->time < wr__timed_oldest(s))
            continue; /* expired since it was read */
        fill_row(s, row, copied(it, r->key_at, r->key_len), r->time, r->extra,
                 copied(it, r->value_at, r->value_len));
        return WEIR_OK;
    }
}

static weir_status ordered_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    const wr_store *s = it->cursor.s;
    wr__cursor *c = &it->cursor;
    if (it->must_seek) {
        wr_buf_be64(&it->target, wr__time_bits(it->segment));
        wr__cursor_seek(c, wr_buf_view(&it->target));
        it->must_seek = false;
    }
    for (;;) {
        WR_TRY(wr__cursor_next(c, more, err));
        if (!*more)
            return WEIR_OK;
        int64_t time;
        uint64_t extra;
        wr_buf_clear(&it->plain);
        if (!wr__timed_decode(s, c->key, &it->plain, &time, &extra))
            return bad_row(err);
        *more = time <= it->to;
        if (*more && time < wr__timed_oldest(s))
            continue;
        fill_row(s, row, wr_buf_view(&it->plain), time, extra, c->value);
        return WEIR_OK;
    }
}

wr_store_iter *wr__timed_scan(wr_store *s, int64_t from, int64_t to)
{
    wr_store_iter *it = wr__iter_new(s, false, s->timed.time_first ? ordered_next : sorted_next);
    it->done = !clamp(it, s, from, to);
    return it;
}
