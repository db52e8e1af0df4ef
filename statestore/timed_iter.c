/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Window stores in order. Entries lie by (start, key), so a scan in time is the order of the bytes.
 * Fetching one key goes from start to start by seeks: a seek to (start, key) that does not hit
 * lands on a later row, whose start says how far may be skipped: so the cost follows the starts
 * that exist, not those that could.
 *
 * Both leave out what is gone, looking at stream time anew for each row.
 */
#include "statestore/timed_iter.h"

weir_status wr__timed_bad_row(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state holds a row that is damaged");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

wr_store_row wr__timed_row(const wr_store *s, const wr_store_entry *e)
{
    wr_store_row row = {0};
    uint32_t chunk;
    bool ok = wr__timed_decode(s, wr__entry_key(e), &row.key, &row.start_ms, &chunk);
    WR_ASSERT(ok);
    if (wr_entry_exists(e))
        row.value = wr__entry_value(e);
    return row;
}

bool wr__timed_clamp(wr_store_iter *it, const wr_store *s, int64_t from, int64_t to)
{
    it->from = WR_MAX(from, wr__timed_oldest(s));
    it->to = WR_MIN(to, s->timed.now.stream_time);
    it->segment = wr__timed_segment(s, it->from);
    it->must_seek = true;
    return s->timed.now.stream_time != WR_STORE_NO_TIME && it->from <= it->to;
}

/* ------------------------------------------------------------------ one key */

/* Stand before (segment, key). */
static void seek_segment(wr_store_iter *it)
{
    wr_buf_clear(&it->target);
    wr__timed_encode(it->cursor.s, &it->target, wr_buf_view(&it->key), it->segment, 0);
    wr__cursor_seek(&it->cursor, wr_buf_view(&it->target));
    it->must_seek = false;
}

/* A row of another key at @p start: where does the search go on? @return false: nowhere. */
static bool go_on(wr_store_iter *it, wr_str key, int64_t start)
{
    it->must_seek = true;
    if (start > it->segment && wr_str_cmp(key, wr_buf_view(&it->key)) < 0) {
        it->segment = start; /* ours may come after it */
        return start <= it->to;
    }
    return !__builtin_add_overflow(start, 1, &it->segment) && it->segment <= it->to;
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
        *row = (wr_store_row){.value = c->value};
        uint32_t chunk;
        if (!wr__timed_decode(s, c->key, &row->key, &row->start_ms, &chunk))
            return wr__timed_bad_row(err);
        *more = row->start_ms <= it->to;
        if (!*more)
            return WEIR_OK;
        if (!wr_str_eq(row->key, wr_buf_view(&it->key))) {
            *more = go_on(it, row->key, row->start_ms);
            if (!*more)
                return WEIR_OK;
        } else if (row->start_ms >= wr__timed_oldest(s)) {
            return WEIR_OK;
        }
    }
}

wr_store_iter *wr__timed_fetch(wr_store *s, wr_str key, int64_t from, int64_t to)
{
    wr_store_iter *it = wr__iter_new(s, false, fetch_next);
    wr_buf_str(&it->key, key);
    it->done = !wr__timed_clamp(it, s, from, to);
    return it;
}

/* ------------------------------------------------------------------ all keys */

static weir_status scan_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
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
        *row = (wr_store_row){.value = c->value};
        uint32_t chunk;
        if (!wr__timed_decode(s, c->key, &row->key, &row->start_ms, &chunk))
            return wr__timed_bad_row(err);
        *more = row->start_ms <= it->to;
        if (!*more || row->start_ms >= wr__timed_oldest(s))
            return WEIR_OK;
    }
}

wr_store_iter *wr__timed_scan(wr_store *s, int64_t from, int64_t to)
{
    wr_store_iter *it = wr__iter_new(s, false, scan_next);
    it->done = !wr__timed_clamp(it, s, from, to);
    return it;
}
