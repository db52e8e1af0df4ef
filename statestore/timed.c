/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that carry a time: the keys of entries and the expiry of window and session stores, in one
 * place.
 *
 *   windows         │ start:8 │ key...            │  one row
 *   sessions        │ segment:8 │ key...          │  the sessions of key that end in the segment
 *   join buffers    │ segment:8 │ key... │ chunk:4│  the rows of key in the segment, by arrival
 *
 * A segment is a stretch of time of fixed length, named by its first instant; for windows it is one
 * instant long. Times are big endian with the sign bit turned, so that bytes compare as numbers and
 * entries come in order of segment: expiry drops segments whole. What stands around the key has a
 * fixed length, so the key needs no escaping; inside a segment the order of entries means something
 * for windows only, where it is that of keys.
 *
 * Expiry. Everything before `oldest` is gone for every reader at once, by comparison of each row's
 * time. The entries themselves go later, in bulk, when all that they can hold is gone: from the
 * database by one range delete of whole segments, at a commit, once at least an eighth of the
 * retention has passed; from the overlay in a pass over it, after a commit, once it has grown by
 * half since the last pass. Each row thus pays for a constant share of passes.
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

void wr__timed_encode(const wr_store *s, wr_buf *out, wr_str key, int64_t time, uint32_t chunk)
{
    wr_buf_be64(out, wr__time_bits(segment_of(s, time)));
    wr_buf_str(out, key);
    if (s->timed.chunks)
        wr_buf_be32(out, chunk);
}

bool wr__timed_decode(const wr_store *s, wr_str encoded, wr_str *key, int64_t *segment,
                      uint32_t *chunk)
{
    uint32_t tail = s->timed.chunks ? 4 : 0;
    if (encoded.len < 8 + tail)
        return false;
    *segment = wr__time_of_bits(wr_get_be64(encoded.ptr));
    *key = wr_str_make(encoded.ptr + 8, encoded.len - 8 - tail);
    *chunk = tail ? wr_get_be32(encoded.ptr + encoded.len - 4) : 0;
    return segment_of(s, *segment) == *segment;
}

bool wr__timed_gone(const wr_store *s, wr_str encoded)
{
    if (s->kind == WR_STORE_KV)
        return false;
    int64_t last;
    if (__builtin_add_overflow(wr__timed_segment_at(encoded), s->timed.segment_ms - 1, &last))
        return false;
    return last < wr__timed_oldest(s);
}

/* ------------------------------------------------------------------ what need not be read
 *
 * `complete` of the whole store goes with the first entry that is evicted, and a restart never has
 * it. But time runs on: what is in the database lies in segments up to the stream time that was
 * committed with it, so later ones are in the overlay, all of them, until something of them is
 * evicted or discarded. Joins and windows mostly look there.
 */

static int64_t segment_after(const wr_store *s, int64_t segment)
{
    int64_t next;
    return __builtin_add_overflow(segment, s->timed.segment_ms, &next) ? INT64_MAX : next;
}

void wr__timed_incomplete(wr_store *s, wr_str encoded)
{
    if (s->kind == WR_STORE_KV)
        return;
    int64_t from = segment_after(s, wr__timed_segment_at(encoded));
    s->timed.complete_from = WR_MAX(s->timed.complete_from, from);
}

int64_t wr__timed_recent(const wr_store *s)
{
    int64_t now = s->timed.now.stream_time, before;
    if (now == WR_STORE_NO_TIME)
        return INT64_MIN;
    bool first = __builtin_sub_overflow(segment_of(s, now), s->timed.segment_ms, &before);
    return first ? INT64_MIN : before;
}

/* ------------------------------------------------------------------ expiry */

int64_t wr__timed_oldest(const wr_store *s)
{
    int64_t oldest, now = s->timed.now.stream_time;
    if (now == WR_STORE_NO_TIME || s->timed.retention_ms == INT64_MAX) /* that is for ever */
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

/*
 *   01 │ stream time:8 │ swept up to:8 │ sequence of the next duplicate:8 │   until sessions and
 * join rows were packed; windows are as they were 02 │ stream time:8 │ swept up to:8 │ length of a
 * segment:8 │
 */
enum { STATE_VERSION = 2, STATE_BYTES = 25 };

bool wr__timed_state_changed(const wr_store *s)
{
    return wr__timed_differs(&s->timed.now, &s->timed.committed);
}

bool wr__timed_differs(const wr__timed_state *a, const wr__timed_state *b)
{
    return a->stream_time != b->stream_time || a->swept != b->swept;
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
    wr_put_be64(bytes + 17, (uint64_t)s->timed.segment_ms);
    wr__db_batch_put_meta(b, WR__META_STATE, wr__store_prefix(s), wr_str_make(bytes, STATE_BYTES));
}

weir_status wr__timed_refuse(const wr_store *s, const char *why, weir_error *err)
{
    wr_error(err, WEIR_ERR_STORE, "the state of store %u cannot be used: %s", s->options.store_id,
             why);
    if (err)
        err->flags |= WEIR_ERROR_FATAL;
    return WEIR_ERR_STORE;
}

/* What version the state is of, and whether its rows can be read. */
static weir_status check_state(const wr_store *s, wr_str bytes, weir_error *err)
{
    if (bytes.len != STATE_BYTES || bytes.ptr[0] < 1 || bytes.ptr[0] > STATE_VERSION)
        return wr__timed_refuse(s, "its stream time is damaged, or of a later version", err);
    bool packed = s->kind == WR_STORE_SESSION || s->timed.chunks;
    if (!packed)
        return WEIR_OK;
    if (bytes.ptr[0] == 1)
        return wr__timed_refuse(
            s, "it has the layout of version 1, which this version does not read", err);
    if ((int64_t)wr_get_be64(bytes.ptr + 17) != s->timed.segment_ms)
        return wr__timed_refuse(s, "it was written with segments of another length", err);
    return WEIR_OK;
}

weir_status wr__timed_load(wr_store *s, weir_error *err)
{
    s->timed.now = (wr__timed_state){.stream_time = WR_STORE_NO_TIME, .swept = INT64_MIN};
    s->timed.sweep_at = 1024;
    wr_buf *bytes = &s->value_buf;
    bool found;
    WR_TRY(wr__db_get_meta(s->db, s->options.snap, WR__META_STATE, wr__store_prefix(s), bytes,
                           &found, err));
    if (found) {
        WR_TRY(check_state(s, wr_buf_view(bytes), err));
        s->timed.now.stream_time = (int64_t)wr_get_be64(bytes->ptr + 1);
        s->timed.now.swept = (int64_t)wr_get_be64(bytes->ptr + 9);
    }
    s->timed.committed = s->timed.now;
    s->timed.complete_from =
        found ? segment_after(s, segment_of(s, s->timed.now.stream_time)) : INT64_MIN;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ changelog */

void wr__timed_record_key(const wr_store *s, wr_str encoded, wr_changelog_key *out)
{
    int64_t segment;
    uint32_t chunk;
    bool ok = wr__timed_decode(s, encoded, &out->key, &segment, &chunk);
    WR_ASSERT(ok);
    out->start_ms = segment;
    out->chunk = chunk;
}
