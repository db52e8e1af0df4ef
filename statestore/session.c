/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session stores in terms of timed.c: time = the session's end, extra = its start (with the sign
 * bit turned, so that equal ends come in order of start).
 */
#include "statestore/session.h"
#include "statestore/timed_iter.h"

enum { MINUTE = 60000 };

weir_status wr_session_open(wr_db *db, const wr_session_options *o, wr_store **out, weir_error *err)
{
    WR_ASSERT(o->retention_ms > 0 && o->segment_ms >= 0);
    WR_TRY(wr__store_open(db, &o->store, WR_STORE_SESSION, WR_CHANGELOG_SESSION, out, err));
    wr__timed *t = &(*out)->timed;
    t->has_extra = true;
    t->retention_ms = o->retention_ms;
    t->segment_ms = o->segment_ms ? o->segment_ms : WR_MAX(o->retention_ms / 4, MINUTE);
    weir_status st = wr__timed_load(*out, err);
    if (st != WEIR_OK) {
        wr_store_close(*out);
        *out = NULL;
    }
    return st;
}

int64_t wr_session_stream_time(const wr_store *s)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    return s->timed.now.stream_time;
}

int64_t wr_session_oldest(const wr_store *s)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    return wr__timed_oldest(s);
}

static wr_str encode(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms)
{
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key, end_ms, wr__time_bits(start_ms));
    return wr_buf_view(&s->key_buf);
}

weir_status wr_session_get(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms, wr_str *value,
                           bool *found, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    WR_TRY(wr__store_check_key(key, err));
    *found = false;
    if (end_ms < wr__timed_oldest(s))
        return WEIR_OK;
    wr_store_entry *e;
    WR_TRY(wr__store_peek(s, encode(s, key, start_ms, end_ms), &e, err));
    *found = e && wr_entry_exists(e);
    if (*found)
        *value = wr__entry_value(e);
    return WEIR_OK;
}

weir_status wr_session_put(wr_store *s, wr_str key, int64_t start_ms, int64_t end_ms,
                           const wr_str *value, int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION && start_ms <= end_ms);
    WR_ASSERT(!s->options.snap && !s->committing);
    WR_TRY(wr__store_check_key(key, err));
    if (!wr__timed_observe(s, end_ms))
        return WEIR_OK;
    wr_store_entry *e;
    WR_TRY(wr__store_find(s, encode(s, key, start_ms, end_ms), &e, err));
    return wr_entry_set(s, e, value, timestamp_ms, err);
}

weir_status wr_session_find(wr_store *s, wr_str key, int64_t from_ms, int64_t to_ms,
                            wr_store_iter **out, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    *out = NULL;
    WR_TRY(wr__store_check_key(key, err));
    *out = wr__timed_fetch(s, key, from_ms, INT64_MAX, to_ms);
    return WEIR_OK;
}

weir_status wr_session_scan(wr_store *s, int64_t from_ms, int64_t to_ms, wr_store_iter **out,
                            weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    (void)err;
    *out = wr__timed_scan(s, from_ms, to_ms);
    return WEIR_OK;
}

wr_store_row wr_session_row(wr_store *s, const wr_store_entry *e)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    return wr__timed_row(s, e);
}
