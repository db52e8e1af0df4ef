/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session stores: packed lists in the entries that timed.c names.
 *
 *   list      session, session, ...             by (end, start), strictly
 *   session   │ end:8 │ start:8 │ length:4 │ value... │      big endian, times two's complement
 *
 * A change builds the new list in list_buf and copies it over the old one: lists are tens of bytes,
 * rarely more than a few hundred, and an entry's memory has slack, so this costs less than shifting
 * parts in place would. An empty list is a deleted entry.
 *
 * Which lists may hold a session that meets [from, to]? It ends at `from` or later, and no later
 * than stream time: the segments between these two. For rows near stream time that is one.
 */
#include "statestore/session_store.h"
#include "statestore/store_internal.h"

enum { MINUTE = 60000, HEAD = 20 };

weir_status wr_session_open(wr_db *db, const wr_session_options *o, wr_store **out, weir_error *err)
{
    WR_ASSERT(o->retention_ms > 0 && o->segment_ms >= 0);
    int64_t segment_ms = o->segment_ms ? o->segment_ms : WR_MAX(o->retention_ms / 4, MINUTE);
    return wr__timed_open(db, &o->store, WR_STORE_SESSION, WR_CHANGELOG_SESSIONS, o->retention_ms,
                          segment_ms, out, err);
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

/* ------------------------------------------------------------------ lists */

bool wr_session_next(wr_str *list, wr_session_hit *out)
{
    if (list->len < HEAD)
        return false;
    const char *p = list->ptr;
    uint32_t len = wr_get_be32(p + 16);
    int64_t end = (int64_t)wr_get_be64(p), start = (int64_t)wr_get_be64(p + 8);
    if (len > list->len - HEAD || start > end)
        return false;
    *out = (wr_session_hit){.start_ms = start, .end_ms = end, .value = {p + HEAD, len}};
    *list = wr_str_make(p + HEAD + len, list->len - HEAD - len);
    return true;
}

static void put_session(wr_buf *out, int64_t start, int64_t end, wr_str value)
{
    wr_buf_be64(out, (uint64_t)end);
    wr_buf_be64(out, (uint64_t)start);
    wr_buf_be32(out, value.len);
    wr_buf_str(out, value);
}

static weir_status damaged(weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state holds a damaged list of sessions");
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

static bool is_before(const wr_session_hit *x, int64_t end, int64_t start)
{
    return x->end_ms != end ? x->end_ms < end : x->start_ms < start;
}

bool wr__session_last(const wr_store *s, int64_t segment, wr_str value, int64_t *last)
{
    wr_session_hit x, before;
    bool first = true;
    while (wr_session_next(&value, &x)) {
        if (wr__timed_segment(s, x.end_ms) != segment)
            return false;
        if (!first && !is_before(&before, x.end_ms, x.start_ms))
            return false;
        before = x;
        *last = x.end_ms;
        first = false;
    }
    return value.len == 0 && !first;
}

static wr_str list_of(const wr_store_entry *e)
{
    return e && wr_entry_exists(e) ? wr__entry_value(e) : (wr_str){0};
}

static wr_str encode(wr_store *s, wr_str key, int64_t end_ms)
{
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key, end_ms, 0);
    return wr_buf_view(&s->key_buf);
}

wr_str wr_session_key(const wr_store *s, const wr_store_entry *e)
{
    wr_str key;
    int64_t segment;
    uint32_t chunk;
    bool ok = wr__timed_decode(s, wr__entry_key(e), &key, &segment, &chunk);
    WR_ASSERT(ok && s->kind == WR_STORE_SESSION);
    return key;
}

/* ------------------------------------------------------------------ changing a list */

static bool is_hit(const wr_session_hits *hits, const wr_store_entry *e, const wr_session_hit *x)
{
    for (size_t i = 0; i < hits->n; i++)
        if (hits->v[i].in == e && hits->v[i].start_ms == x->start_ms &&
            hits->v[i].end_ms == x->end_ms)
            return true;
    return false;
}

/* The list of @p e without those of @p hits that stand there, and with @p add (NULL: nothing). */
static weir_status rewrite(wr_store *s, wr_store_entry *e, const wr_session_hits *hits,
                           const wr_session_hit *add, int64_t timestamp_ms, weir_error *err)
{
    wr_buf *list = &s->list_buf;
    wr_buf_clear(list);
    wr_str rest = list_of(e);
    wr_session_hit x;
    while (wr_session_next(&rest, &x)) {
        if (is_hit(hits, e, &x))
            continue;
        if (add && is_before(add, x.end_ms, x.start_ms)) {
            put_session(list, add->start_ms, add->end_ms, add->value);
            add = NULL;
        }
        put_session(list, x.start_ms, x.end_ms, x.value);
    }
    if (rest.len > 0)
        return damaged(err);
    if (add)
        put_session(list, add->start_ms, add->end_ms, add->value);
    if (list->len > WR_STORE_VALUE_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "the sessions of one key are longer than %d bytes",
                        WR_STORE_VALUE_MAX);
    void *bytes = wr_entry_edit(s, e, list->len);
    if (list->len)
        memcpy(bytes, list->ptr, list->len);
    else
        wr__overlay_clear(&s->overlay, e);
    return wr_entry_changed(s, e, timestamp_ms, err);
}

weir_status wr_session_change(wr_store *s, wr_str key, wr_store_entry *home,
                              const wr_session_hits *hits, int64_t start_ms, int64_t end_ms,
                              wr_str value, int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION && start_ms <= end_ms);
    WR_ASSERT(!s->options.snap && !s->committing);
    wr_store_entry *target = NULL;
    if (wr__timed_observe(s, end_ms)) {
        int64_t segment = wr__timed_segment(s, end_ms);
        target = home;
        if (wr__timed_segment_at(wr__entry_key(home)) != segment)
            WR_TRY(wr__store_find(s, encode(s, key, end_ms), &target, err));
    }
    const wr_store_entry *done = NULL; /* hits of one list stand together */
    for (size_t i = 0; i < hits->n; i++) {
        wr_store_entry *e = hits->v[i].in;
        /* The observed time may have moved its whole segment out of sight. */
        if (e == target || e == done || wr__timed_gone(s, wr__entry_key(e)))
            continue;
        WR_TRY(rewrite(s, e, hits, NULL, timestamp_ms, err));
        done = e;
    }
    if (!target)
        return WEIR_OK;
    wr_session_hit add = {.start_ms = start_ms, .end_ms = end_ms, .value = value};
    return rewrite(s, target, hits, &add, timestamp_ms, err);
}

/* ------------------------------------------------------------------ looking for sessions */

/* Those of one list that meet [from, to]; the list is sorted by end. */
static weir_status collect(wr_store_entry *e, int64_t from_ms, int64_t to_ms, wr_arena *a,
                           wr_session_hits *hits, weir_error *err)
{
    wr_str rest = list_of(e);
    wr_session_hit x;
    while (wr_session_next(&rest, &x)) {
        if (x.end_ms < from_ms || x.start_ms > to_ms)
            continue;
        x.in = e;
        wr_arr_push(a, hits, x);
    }
    return rest.len ? damaged(err) : WEIR_OK;
}

weir_status wr_session_near(wr_store *s, wr_str key, wr_store_entry *home, int64_t from_ms,
                            int64_t to_ms, wr_arena *a, wr_session_hits *hits, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION);
    hits->n = 0;
    int64_t last = s->timed.now.stream_time;
    from_ms = WR_MAX(from_ms, wr__timed_oldest(s));
    if (last == WR_STORE_NO_TIME || from_ms > last)
        return WEIR_OK;
    int64_t home_segment = home ? wr__timed_segment_at(wr__entry_key(home)) : 0;
    int64_t segment = wr__timed_segment(s, from_ms);
    for (;;) {
        wr_store_entry *e = home;
        if (!home || segment != home_segment)
            WR_TRY(wr__store_peek(s, encode(s, key, segment), &e, err));
        WR_TRY(collect(e, from_ms, to_ms, a, hits, err));
        if (__builtin_add_overflow(segment, s->timed.segment_ms, &segment) || segment > last)
            return WEIR_OK;
    }
}

/* Load what else rows may look at, but for rows so late that it would be a lot. */
static weir_status load_around(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                               int64_t gap_ms, weir_error *err)
{
    enum { BLOCK = 512, SEGMENTS_MAX = 8 };
    wr_str around_keys[BLOCK];
    int64_t around[BLOCK], last = s->timed.now.stream_time;
    wr_store_entry *unused[BLOCK];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        last = WR_MAX(last, times[i]); /* what rows before it in the batch may have put */
        int64_t home = wr__timed_segment(s, times[i]), from;
        if (__builtin_sub_overflow(times[i], gap_ms, &from))
            from = INT64_MIN;
        int64_t segment = wr__timed_segment(s, WR_MAX(from, wr__timed_oldest(s)));
        for (int k = 0; k < SEGMENTS_MAX && segment <= last; k++) {
            if (segment != home) {
                around_keys[count] = keys[i];
                around[count++] = segment;
            }
            if (count == BLOCK) {
                WR_TRY(wr__timed_find_many(s, count, around_keys, around, false, unused, err));
                count = 0;
            }
            if (__builtin_add_overflow(segment, s->timed.segment_ms, &segment))
                break;
        }
    }
    return wr__timed_find_many(s, count, around_keys, around, false, unused, err);
}

weir_status wr_session_find_many(wr_store *s, size_t n, const wr_str *keys, const int64_t *times,
                                 int64_t gap_ms, wr_store_entry **homes, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_SESSION && gap_ms >= 0);
    WR_TRY(wr__timed_find_many(s, n, keys, times, true, homes, err));
    return s->complete ? WEIR_OK : load_around(s, n, keys, times, gap_ms, err);
}

/* ------------------------------------------------------------------ one session */

/* Look for exactly [start, end] in the list of @p e. */
static weir_status find_exact(wr_store_entry *e, int64_t start_ms, int64_t end_ms,
                              wr_session_hit *hit, bool *found, weir_error *err)
{
    wr_str rest = list_of(e);
    wr_session_hit x;
    *found = false;
    while (wr_session_next(&rest, &x)) {
        if (x.start_ms != start_ms || x.end_ms != end_ms)
            continue;
        *hit = x;
        hit->in = e;
        *found = true;
    }
    return rest.len ? damaged(err) : WEIR_OK;
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
    WR_TRY(wr__store_peek(s, encode(s, key, end_ms), &e, err));
    wr_session_hit hit;
    WR_TRY(find_exact(e, start_ms, end_ms, &hit, found, err));
    if (*found)
        *value = hit.value;
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
    WR_TRY(wr__store_find(s, encode(s, key, end_ms), &e, err));
    wr_session_hit old, add = {.start_ms = start_ms, .end_ms = end_ms};
    bool found;
    WR_TRY(find_exact(e, start_ms, end_ms, &old, &found, err));
    if (!found && !value)
        return WEIR_OK;
    wr_session_hits hits = {.v = &old, .n = found, .cap = 1};
    if (value)
        add.value = *value;
    return rewrite(s, e, &hits, value ? &add : NULL, timestamp_ms, err);
}
