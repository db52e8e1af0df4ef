/* SPDX-License-Identifier: Apache-2.0 */
/* Window stores in terms of timed.c: a segment is one instant, the window's start. */
#include "statestore/window.h"
#include "statestore/timed_iter.h"

weir_status wr_window_open(wr_db *db, const wr_window_options *o, wr_store **out, weir_error *err)
{
    WR_ASSERT(o->retention_ms > 0);
    return wr__timed_open(db, &o->store, WR_STORE_WINDOW, WR_CHANGELOG_WINDOW, o->retention_ms, 1,
                          out, err);
}

static bool is_window(const wr_store *s)
{
    return s->kind == WR_STORE_WINDOW && !s->timed.chunks;
}

int64_t wr_window_stream_time(const wr_store *s)
{
    WR_ASSERT(is_window(s));
    return s->timed.now.stream_time;
}

int64_t wr_window_oldest(const wr_store *s)
{
    WR_ASSERT(is_window(s));
    return wr__timed_oldest(s);
}

bool wr_window_observe(wr_store *s, int64_t start_ms)
{
    WR_ASSERT(is_window(s) && !s->options.snap && !s->committing);
    return wr__timed_observe(s, start_ms);
}

static wr_str encode(wr_store *s, wr_str key, int64_t start_ms)
{
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key, start_ms, 0);
    return wr_buf_view(&s->key_buf);
}

weir_status wr_window_get(wr_store *s, wr_str key, int64_t start_ms, wr_str *value, bool *found,
                          weir_error *err)
{
    WR_ASSERT(is_window(s));
    WR_TRY(wr__store_check_key(key, err));
    *found = false;
    if (start_ms < wr__timed_oldest(s))
        return WEIR_OK;
    wr_store_entry *e;
    WR_TRY(wr__store_peek(s, encode(s, key, start_ms), &e, err));
    *found = e && wr_entry_exists(e);
    if (*found)
        *value = wr__entry_value(e);
    return WEIR_OK;
}

weir_status wr_window_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *starts,
                                wr_store_entry **out, weir_error *err)
{
    WR_ASSERT(is_window(s));
    return wr__timed_find_many(s, n, keys, starts, true, out, err);
}

weir_status wr_window_put(wr_store *s, wr_str key, int64_t start_ms, const wr_str *value,
                          int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(is_window(s));
    WR_TRY(wr__store_check_key(key, err));
    wr_store_entry *e;
    WR_TRY(wr__store_find(s, encode(s, key, start_ms), &e, err));
    return wr_entry_set(s, e, value, timestamp_ms, err);
}

wr_store_row wr_window_row(const wr_store *s, const wr_store_entry *e)
{
    WR_ASSERT(is_window(s));
    return wr__timed_row(s, e);
}

weir_status wr_window_fetch(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err)
{
    WR_ASSERT(is_window(s));
    *out = NULL;
    WR_TRY(wr__store_check_key(key, err));
    *out = wr__timed_fetch(s, key, from_ms, to_ms);
    return WEIR_OK;
}

weir_status wr_window_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                           weir_error *err)
{
    WR_ASSERT(is_window(s));
    (void)err;
    *out = wr__timed_scan(s, from_ms, to_ms);
    return WEIR_OK;
}
