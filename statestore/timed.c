/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that carry a time: the key layout and the expiry of window and session stores, in one place.
 *
 *   TIME_FIRST, plain      │ time:8 │ key...                       │
 *   TIME_FIRST, extra      │ time:8 │ key, escaped │ extra:8       │
 *   segmented              │ segment:8 │ key, escaped │ time:8 │ extra:8 where there is one │
 *
 * time is a window's start or a session's end; extra a duplicate's sequence or a session's start;
 * segment the first instant of the time's segment. Times are big endian with the sign bit turned,
 * so that bytes compare as numbers. Escaping ends a key by 00 00 and writes a 00 inside it as 00
 * FF: no key is a prefix of another, and their order stays. So one sort order serves one key over
 * time (a seek per segment), all keys in time (segments come in order), and expiry (segments are
 * dropped whole).
 *
 * Expiry. Everything before `oldest` is gone for every reader at once, by comparison. The rows
 * themselves go later, in bulk: from the database by one range delete of whole segments, at a
 * commit, once at least an eighth of the retention has passed; from the overlay in a pass over it,
 * after a commit, once it has grown by half since the last pass. Each row thus pays for a constant
 * share of passes.
 */
#include "statestore/store_internal.h"

/* ------------------------------------------------------------------ keys */

static int64_t segment_of(const wr_store *s, int64_t time)
{
    int64_t length = s->timed.segment_ms, quotient = time / length, start;
    if (time % length < 0)
        quotient--;
    return __builtin_mul_overflow(quotient, length, &start) ? INT64_MIN : start;
}

int64_t wr__timed_segment(const wr_store *s, int64_t time)
{
    return segment_of(s, time);
}

static bool is_raw(const wr_store *s)
{
    return s->timed.time_first && !s->timed.has_extra;
}

void wr__timed_encode_key(const wr_store *s, wr_buf *out, int64_t segment, wr_str key)
{
    wr_buf_be64(out, wr__time_bits(segment));
    if (is_raw(s)) {
        wr_buf_str(out, key);
        return;
    }
    const char *p = key.ptr, *end = key.len ? p + key.len : p;
    while (p < end) {
        const char *zero = memchr(p, 0, (size_t)(end - p));
        wr_buf_put(out, p, (size_t)((zero ? zero : end) - p));
        if (!zero)
            break;
        wr_buf_put(out, "\x00\xFF", 2);
        p = zero + 1;
    }
    wr_buf_put(out, "\x00\x00", 2);
}

void wr__timed_encode(const wr_store *s, wr_buf *out, wr_str key, int64_t time, uint64_t extra)
{
    wr__timed_encode_key(s, out, segment_of(s, time), key);
    if (!s->timed.time_first)
        wr_buf_be64(out, wr__time_bits(time));
    if (s->timed.has_extra)
        wr_buf_be64(out, extra);
}

/* @return bytes read, or 0 when the escaped key does not end, or is none. */
static size_t unescape(const char *p, const char *end, wr_buf *plain)
{
    const char *begin = p;
    while (p < end) {
        const char *zero = memchr(p, 0, (size_t)(end - p));
        if (!zero || zero + 1 == end)
            return 0;
        wr_buf_put(plain, p, (size_t)(zero - p));
        p = zero + 2;
        if (zero[1] == '\0')
            return (size_t)(p - begin);
        if ((uint8_t)zero[1] != 0xFF)
            return 0;
        wr_buf_putc(plain, '\0');
    }
    return 0;
}

bool wr__timed_decode(const wr_store *s, wr_str encoded, wr_buf *plain, int64_t *time,
                      uint64_t *extra)
{
    if (encoded.len < 8)
        return false;
    const char *p = encoded.ptr + 8, *end = encoded.ptr + encoded.len;
    int64_t segment = wr__time_of_bits(wr_get_be64(encoded.ptr));
    *extra = 0;
    *time = segment;
    if (is_raw(s)) {
        wr_buf_put(plain, p, (size_t)(end - p));
        return true;
    }
    size_t key_bytes = unescape(p, end, plain);
    size_t tail = (s->timed.time_first ? 0u : 8u) + (s->timed.has_extra ? 8u : 0u);
    if (key_bytes == 0 || (size_t)(end - p) - key_bytes != tail)
        return false;
    p += key_bytes;
    if (!s->timed.time_first) {
        *time = wr__time_of_bits(wr_get_be64(p));
        p += 8;
    }
    if (s->timed.has_extra)
        *extra = wr_get_be64(p);
    return segment_of(s, *time) == segment;
}

int64_t wr__timed_time(const wr_store *s, wr_str encoded)
{
    WR_ASSERT(encoded.len >= 8);
    if (s->timed.time_first)
        return wr__time_of_bits(wr_get_be64(encoded.ptr));
    size_t tail = s->timed.has_extra ? 16 : 8;
    WR_ASSERT(encoded.len >= 8 + tail);
    return wr__time_of_bits(wr_get_be64(encoded.ptr + encoded.len - tail));
}

/* ------------------------------------------------------------------ expiry */

int64_t wr__timed_oldest(const wr_store *s)
{
    int64_t oldest, now = s->timed.now.stream_time;
    if (now == WR_STORE_NO_TIME)
        return INT64_MIN;
    /* now - retention + 1; retention >= 1, so only the lower end can be passed */
    if (__builtin_sub_overflow(now, s->timed.retention_ms - 1, &oldest))
        return INT64_MIN;
    return oldest;
}

bool wr__timed_observe(wr_store *s, int64_t time)
{
    if (time > s->timed.now.stream_time)
        s->timed.now.stream_time = time;
    if (WR_LIKELY(time >= wr__timed_oldest(s)))
        return true;
    s->stats.expired++;
    return false;
}

/* Delete whole segments that are gone from the database, if it is worth a range delete. */
static void sweep_database(wr_store *s, wr_db_batch *b)
{
    wr__timed *t = &s->timed;
    int64_t bound = segment_of(s, wr__timed_oldest(s)), passed;
    if (t->committed.stream_time == WR_STORE_NO_TIME) {
        t->now.swept = bound; /* the database holds nothing yet */
        return;
    }
    int64_t worth = WR_MAX(t->segment_ms, t->retention_ms / 8);
    if (bound <= t->now.swept ||
        (!__builtin_sub_overflow(bound, t->now.swept, &passed) && passed < worth))
        return;
    char from[WR__PREFIX + 8], to[WR__PREFIX + 8];
    memcpy(from, s->prefix, WR__PREFIX);
    memcpy(to, s->prefix, WR__PREFIX);
    wr_put_be64(from + WR__PREFIX, wr__time_bits(t->now.swept));
    wr_put_be64(to + WR__PREFIX, wr__time_bits(bound));
    wr__db_batch_delete_state_range(b, s->family, wr_str_make(from, sizeof from),
                                    wr_str_make(to, sizeof to));
    t->now.swept = bound;
}

void wr__timed_sweep_overlay(wr_store *s)
{
    wr__overlay *o = &s->overlay;
    if (o->live < s->timed.sweep_at)
        return;
    for (uint32_t i = 0; i < o->used; i++) {
        wr_store_entry *e = wr__overlay_at(o, i);
        if (e && !(e->flags & WR__ENTRY_DIRTY) && wr__timed_gone(s, wr__entry_key(e)))
            wr__overlay_remove(o, e);
    }
    s->timed.sweep_at = WR_MAX(o->live + o->live / 2, 1024u);
}

/* ------------------------------------------------------------------ committed with the rows */

enum { STATE_VERSION = 1, STATE_BYTES = 25 };

bool wr__timed_state_changed(const wr_store *s)
{
    return wr__timed_differs(&s->timed.now, &s->timed.committed);
}

bool wr__timed_differs(const wr__timed_state *a, const wr__timed_state *b)
{
    return a->stream_time != b->stream_time || a->swept != b->swept || a->sequence != b->sequence;
}

void wr__timed_commit_into(wr_store *s, wr_db_batch *b)
{
    sweep_database(s, b);
    if (!wr__timed_state_changed(s))
        return;
    char bytes[STATE_BYTES];
    bytes[0] = STATE_VERSION;
    wr_put_be64(bytes + 1, (uint64_t)s->timed.now.stream_time);
    wr_put_be64(bytes + 9, (uint64_t)s->timed.now.swept);
    wr_put_be64(bytes + 17, s->timed.now.sequence);
    wr__db_batch_put_meta(b, WR__META_STATE, wr__store_prefix(s), wr_str_make(bytes, STATE_BYTES));
}

weir_status wr__timed_load(wr_store *s, weir_error *err)
{
    s->timed.now = (wr__timed_state){.stream_time = WR_STORE_NO_TIME, .swept = INT64_MIN};
    s->timed.sweep_at = 1024;
    wr_buf *bytes = &s->value_buf;
    bool found;
    WR_TRY(wr__db_get_meta(s->db, s->options.snap, WR__META_STATE, wr__store_prefix(s), bytes,
                           &found, err));
    if (found && (bytes->len != STATE_BYTES || bytes->ptr[0] != STATE_VERSION)) {
        wr_error(err, WEIR_ERR_STORE, "the stream time of store %u is damaged",
                 s->options.store_id);
        if (err)
            err->flags |= WEIR_ERROR_FATAL;
        return WEIR_ERR_STORE;
    }
    if (found) {
        s->timed.now.stream_time = (int64_t)wr_get_be64(bytes->ptr + 1);
        s->timed.now.swept = (int64_t)wr_get_be64(bytes->ptr + 9);
        s->timed.now.sequence = wr_get_be64(bytes->ptr + 17);
    }
    s->timed.committed = s->timed.now;
    return WEIR_OK;
}
