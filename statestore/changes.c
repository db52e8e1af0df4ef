/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes on their way to the changelog.
 *
 * With caching the flush walks over the dirty entries in order of their first change, which costs
 * nothing, and hands their records over in runs. The bytes of a run lie in one buffer that is
 * reserved before a record is put, so that what points into it stays right; a run ends when it has
 * WR_STORE_CHANGES_MAX records or its buffer is full. So a flush of millions of changes needs no
 * more memory than a run of them, or than its largest record.
 *
 * An entry counts as logged when the run that holds it was taken: a failure leaves those of the run
 * unlogged, and the next flush, if there is one, hands them over again.
 */
#include "statestore/store_internal.h"

enum { RUN_BYTES = 64 * 1024, KEEP_BYTES = 4 * 1024 };

typedef struct run {
    uint32_t n;
    wr_store_entry *entries[WR_STORE_CHANGES_MAX];
    wr_str keys[WR_STORE_CHANGES_MAX], values[WR_STORE_CHANGES_MAX];
    int64_t timestamps_ms[WR_STORE_CHANGES_MAX];
} run;

/* Encode the entry's record; its bytes are appended to s->record. */
static void encode(wr_store *s, const wr_store_entry *e, wr_str *record_key, wr_str *record_value)
{
    wr_changelog_key key = {.kind = s->record_kind, .key = wr__entry_key(e)};
    if (s->kind != WR_STORE_KV)
        wr__timed_record_key(s, wr__entry_key(e), &key);
    size_t at = s->record.len;
    wr_changelog_put_key(&s->record, &key);
    *record_key = wr_str_make(s->record.ptr + at, s->record.len - at);
    *record_value = (wr_str){NULL, 0};
    if (!wr_entry_exists(e))
        return;
    at = s->record.len;
    wr_changelog_put_value(&s->record, *record_key, wr__entry_value(e));
    *record_value = wr_str_make(s->record.ptr + at, s->record.len - at);
}

static size_t record_bytes(const wr_store_entry *e)
{
    return WR_CHANGELOG_HEADS_MAX + wr__entry_key(e).len +
           (wr_entry_exists(e) ? wr__entry_value(e).len : 0);
}

static void mark_logged(wr_store_entry *e)
{
    WR_ASSERT(e->flags & WR__ENTRY_UNLOGGED);
    e->flags &= 0xFFu & ~(unsigned)WR__ENTRY_UNLOGGED;
    e->flags |= WR__ENTRY_LOGGED;
}

static weir_status hand_over(wr_store *s, run *r, weir_error *err)
{
    if (r->n == 0)
        return WEIR_OK;
    wr_store_changes changes = {r->n, r->keys, r->values, r->timestamps_ms};
    WR_TRY(s->options.on_change(s->options.on_change_arg, &changes, err));
    for (uint32_t i = 0; i < r->n; i++)
        mark_logged(r->entries[i]);
    r->n = 0;
    wr_buf_clear(&s->record);
    return WEIR_OK;
}

static weir_status add(wr_store *s, run *r, wr_store_entry *e, weir_error *err)
{
    size_t bytes = record_bytes(e);
    if (r->n == WR_STORE_CHANGES_MAX || s->record.len + bytes > RUN_BYTES)
        WR_TRY(hand_over(s, r, err));
    if (r->n == 0) /* nothing points into it: it may move */
        (void)wr_buf_reserve(&s->record, WR_MAX(bytes, (size_t)RUN_BYTES));
    const char *before = s->record.ptr;
    encode(s, e, &r->keys[r->n], &r->values[r->n]);
    WR_ASSERT(s->record.ptr == before);
    r->timestamps_ms[r->n] = e->timestamp_ms;
    r->entries[r->n++] = e;
    return WEIR_OK;
}

weir_status wr__store_log(wr_store *s, wr_store_entry *e, weir_error *err)
{
    wr_str key, value;
    wr_buf_clear(&s->record);
    (void)wr_buf_reserve(&s->record, record_bytes(e));
    encode(s, e, &key, &value);
    wr_store_changes change = {1, &key, &value, &e->timestamp_ms};
    WR_TRY(s->options.on_change(s->options.on_change_arg, &change, err));
    mark_logged(e);
    return WEIR_OK;
}

/* Came and went since the last commit: neither the changelog nor the database ever knew it. */
static bool is_unborn(const wr_store_entry *e)
{
    return !wr_entry_exists(e) &&
           !(e->flags & (WR__ENTRY_STORED | WR__ENTRY_LOGGED | WR__ENTRY_UNWRITTEN));
}

/* Does this row of a window store say how far stream time has come? Then the changelog needs it,
 * though the row came and went between two commits: a restore would open windows again. */
static bool carries_time(const wr_store *s, const wr_store_entry *e)
{
    return s->kind == WR_STORE_WINDOW && !s->timed.chunks &&
           wr__timed_segment_at(wr__entry_key(e)) == s->timed.now.stream_time;
}

weir_status wr_store_flush(wr_store *s, weir_error *err)
{
    WR_ASSERT(!s->committing && !s->options.snap);
    WR_ASSERT(s->editing == 0); /* every edit was followed by wr_entry_changed */
    const wr__overlay *o = &s->overlay;
    if (!s->options.on_change || !s->options.caching || o->dirty_n == 0)
        return WEIR_OK;
    run r;
    r.n = 0;
    weir_status st = WEIR_OK;
    wr_buf_clear(&s->record);
    for (size_t i = 0; i < o->dirty_n && st == WEIR_OK; i++) {
        wr_store_entry *e = o->dirty[i];
        if (i + WR__AHEAD < o->dirty_n)
            __builtin_prefetch(o->dirty[i + WR__AHEAD]);
        if (!(e->flags & WR__ENTRY_UNLOGGED) || wr__timed_gone(s, wr__entry_key(e)))
            continue;
        if (is_unborn(e) && !carries_time(s, e))
            continue;
        st = add(s, &r, e, err);
    }
    if (st == WEIR_OK)
        st = hand_over(s, &r, err);
    if (s->record.cap > KEEP_BYTES)
        wr_buf_free(&s->record); /* there are many stores, and one flushes at a time */
    return st;
}
