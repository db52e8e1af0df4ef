/* SPDX-License-Identifier: Apache-2.0 */
/* Window stores in terms of timed.c: time = the window's start, extra = a duplicate's sequence. */
#include "statestore/window.h"
#include "statestore/timed_iter.h"

enum { MINUTE = 60000 };

weir_status wr_window_open(wr_db *db, const wr_window_options *o, wr_store **out, weir_error *err)
{
    WR_ASSERT(o->retention_ms > 0 && o->segment_ms >= 0);
    wr_changelog_kind kind = o->duplicates ? WR_CHANGELOG_DUPLICATES : WR_CHANGELOG_WINDOW;
    WR_TRY(wr__store_open(db, &o->store, WR_STORE_WINDOW, kind, out, err));
    wr__timed *t = &(*out)->timed;
    t->time_first = o->layout == WR_WINDOW_TIME_FIRST;
    t->has_extra = o->duplicates;
    t->retention_ms = o->retention_ms;
    t->segment_ms = t->time_first   ? 1
                    : o->segment_ms ? o->segment_ms
                                    : WR_MAX(o->retention_ms / 4, MINUTE);
    weir_status st = wr__timed_load(*out, err);
    if (st != WEIR_OK) {
        wr_store_close(*out);
        *out = NULL;
    }
    return st;
}

int64_t wr_window_stream_time(const wr_store *s)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    return s->timed.now.stream_time;
}

int64_t wr_window_oldest(const wr_store *s)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    return wr__timed_oldest(s);
}

bool wr_window_observe(wr_store *s, int64_t start_ms)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW && !s->options.snap && !s->committing);
    return wr__timed_observe(s, start_ms);
}

static wr_str encode(wr_store *s, wr_str key, int64_t start_ms, uint64_t sequence)
{
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key, start_ms, sequence);
    return wr_buf_view(&s->key_buf);
}

weir_status wr_window_get(wr_store *s, wr_str key, int64_t start_ms, wr_str *value, bool *found,
                          weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW && !s->timed.has_extra);
    WR_TRY(wr__store_check_key(key, err));
    *found = false;
    if (start_ms < wr__timed_oldest(s))
        return WEIR_OK;
    wr_store_entry *e;
    WR_TRY(wr__store_peek(s, encode(s, key, start_ms, 0), &e, err));
    *found = e && wr_entry_exists(e);
    if (*found)
        *value = wr__entry_value(e);
    return WEIR_OK;
}

weir_status wr_window_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *starts,
                                wr_store_entry **out, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW && !s->timed.has_extra);
    /* All encoded keys of a block in one buffer; it may move while it grows, so offsets first. */
    enum { BLOCK = 512 };
    wr_str encoded[BLOCK];
    uint32_t ends[BLOCK];
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t count = WR_MIN(n - first, (size_t)BLOCK);
        wr_buf_clear(&s->key_buf);
        for (size_t i = 0; i < count; i++) {
            WR_TRY(wr__store_check_key(keys[first + i], err));
            wr__timed_encode(s, &s->key_buf, keys[first + i], starts[first + i], 0);
            WR_ASSERT(s->key_buf.len <= UINT32_MAX);
            ends[i] = (uint32_t)s->key_buf.len;
        }
        for (size_t i = 0, at = 0; i < count; at = ends[i++])
            encoded[i] = wr_str_make(s->key_buf.ptr + at, ends[i] - at);
        WR_TRY(wr__store_find_many(s, count, encoded, out + first, err));
    }
    return WEIR_OK;
}

weir_status wr_window_put(wr_store *s, wr_str key, int64_t start_ms, const wr_str *value,
                          int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    WR_TRY(wr__store_check_key(key, err));
    if (s->timed.has_extra && !value) {
        (void)wr_window_observe(s, start_ms);
        return WEIR_OK;
    }
    if (!wr_window_observe(s, start_ms))
        return WEIR_OK;
    uint64_t sequence = s->timed.has_extra ? s->timed.now.sequence++ : 0;
    wr_store_entry *e;
    wr_str encoded = encode(s, key, start_ms, sequence);
    if (s->timed.has_extra) /* a new sequence is a new key: no need to ask the database */
        e = wr__overlay_add(&s->overlay, encoded, wr__overlay_tag(encoded));
    else
        WR_TRY(wr__store_find(s, encoded, &e, err));
    return wr_entry_set(s, e, value, timestamp_ms, err);
}

weir_status wr_window_delete_duplicate(wr_store *s, wr_str key, int64_t start_ms, uint64_t sequence,
                                       int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW && s->timed.has_extra);
    WR_TRY(wr__store_check_key(key, err));
    if (s->timed.now.stream_time == WR_STORE_NO_TIME || start_ms > s->timed.now.stream_time ||
        start_ms < wr__timed_oldest(s))
        return WEIR_OK; /* there is no such row */
    wr_store_entry *e;
    WR_TRY(wr__store_find(s, encode(s, key, start_ms, sequence), &e, err));
    return wr_entry_set(s, e, NULL, timestamp_ms, err);
}

wr_store_row wr_window_row(wr_store *s, const wr_store_entry *e)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    return wr__timed_row(s, e);
}

weir_status wr_window_fetch(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    *out = NULL;
    WR_TRY(wr__store_check_key(key, err));
    *out = wr__timed_fetch(s, key, from_ms, to_ms, 0);
    return WEIR_OK;
}

weir_status wr_window_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                           weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_WINDOW);
    (void)err;
    *out = wr__timed_scan(s, from_ms, to_ms);
    return WEIR_OK;
}
