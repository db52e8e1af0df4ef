/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the overlay to the changelog and the database, and back.
 *
 *   clean ──edit──▶ dirty, unlogged ──flush──▶ dirty, logged ──commit_into──▶ in a batch
 *     ▲                 ▲    (caching off: logged at once)        │               │
 *     │                 └──────────── batch failed or cleared ────┼───────────────┤
 *     ├───────────────────────────────── batch written ───────────┼───────────────┘
 *     └──────── written later (write.c) ◀── unwritten ◀───── committed elsewhere
 *
 * The database is written in commit_into, restore and write.c only. Keys go into it sorted
 * (sorted.c); the changelog gets them in order of their first change, which costs nothing.
 *
 * What is not written: a key that came and went between two commits, and rows that expired
 * meanwhile.
 */
#include "statestore/store_internal.h"

/* ------------------------------------------------------------------ changelog */

weir_status wr__store_log(wr_store *s, wr_store_entry *e, weir_error *err)
{
    wr_changelog_key key = {.kind = s->record_kind, .key = wr__entry_key(e)};
    if (s->kind != WR_STORE_KV)
        wr__timed_record_key(s, wr__entry_key(e), &key);
    wr_buf_clear(&s->record_key);
    wr_buf_clear(&s->record_value);
    wr_changelog_put_key(&s->record_key, &key);
    wr_str record_key = wr_buf_view(&s->record_key), record_value;
    bool exists = wr_entry_exists(e);
    if (exists) {
        wr_changelog_put_value(&s->record_value, record_key, wr__entry_value(e));
        record_value = wr_buf_view(&s->record_value);
    }
    WR_TRY(s->options.on_change(s->options.on_change_arg, record_key, exists ? &record_value : NULL,
                                e->timestamp_ms, err));
    e->flags &= 0xFFu & ~(unsigned)WR__ENTRY_UNLOGGED;
    e->flags |= WR__ENTRY_LOGGED;
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
    if (!s->options.on_change || !s->options.caching)
        return WEIR_OK;
    const wr__overlay *o = &s->overlay;
    for (size_t i = 0; i < o->dirty_n; i++) {
        wr_store_entry *e = o->dirty[i];
        if (i + WR__AHEAD < o->dirty_n)
            __builtin_prefetch(o->dirty[i + WR__AHEAD]);
        if (!(e->flags & WR__ENTRY_UNLOGGED) || wr__timed_gone(s, wr__entry_key(e)))
            continue;
        if (is_unborn(e) && !carries_time(s, e))
            continue;
        WR_TRY(wr__store_log(s, e, err));
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ commit */

void wr__store_drop_back(wr_store *s)
{
    WR_ASSERT(!s->back_lent);
    wr_db_iter_free(s->back);
    s->back = NULL;
}

void wr__store_settle(wr_store *s)
{
    wr__overlay *o = &s->overlay;
    struct {
        wr_store_entry **list;
        size_t n;
        unsigned flag;
    } parts[] = {{o->dirty, o->dirty_n, WR__ENTRY_DIRTY},
                 {o->unwritten, o->unwritten_n, WR__ENTRY_UNWRITTEN}};
    for (size_t p = 0; p < WR_ARRAY_LEN(parts); p++) {
        for (size_t i = 0; i < parts[p].n; i++) {
            wr_store_entry *e = parts[p].list[i];
            if (!(e->flags & parts[p].flag))
                continue; /* settled with the other list, or gone from this one */
            if (!wr_entry_exists(e)) {
                wr__overlay_remove(o, e);
                continue;
            }
            e->flags &= WR__ENTRY_OUTSIDE | WR__ENTRY_USED;
            e->flags |= WR__ENTRY_STORED;
        }
    }
    wr__overlay_clear_dirty(o);
    wr__overlay_clear_unwritten(o);
}

static void batch_ended(void *arg, bool written)
{
    wr_store *s = arg;
    s->committing = NULL;
    if (!written) { /* the range delete was not done */
        s->timed.now.swept = s->timed.committed.swept;
        return;
    }
    WR_ASSERT(s->iterators == 0);
    if (wr_store_is_dirty(s))
        s->stats.commits++;
    wr__store_settle(s);
    wr__store_clear_ranges(s);
    s->timed.committed = s->timed.now;
    s->agreed.is_set = false;
    wr__store_tidy(s);
}

void wr__store_tidy(wr_store *s)
{
    if (s->kind != WR_STORE_KV)
        wr__timed_sweep_overlay(s);
    const wr__overlay *o = &s->overlay;
    /* While nearly all is waiting to be written, looking for the rest is not worth a pass. */
    if (wr_store_over(s) && o->live - o->unwritten_live >= o->live / 8)
        wr_store_trim(s);
}

void wr__store_leave_batch(wr_store *s)
{
    wr_db_batch *b = s->committing;
    for (size_t i = 0; b && i < b->waiters_n; i++)
        if (b->waiters[i].arg == s)
            b->waiters[i] = b->waiters[--b->waiters_n];
    s->committing = NULL;
}

static void put_ranges(wr_store *s, wr_db_batch *b)
{
    wr_buf from = {0}, to = {0};
    for (size_t i = 0; i < s->ranges_n; i++) {
        const struct wr__range *r = &s->ranges[i];
        wr_buf_clear(&from);
        wr_buf_clear(&to);
        wr_buf_put(&from, s->prefix, WR__PREFIX);
        wr_buf_str(&from, wr_buf_view(&r->from));
        wr_buf_put(&to, s->prefix, WR__PREFIX);
        if (r->to.ptr)
            wr_buf_str(&to, wr_buf_view(&r->to));
        else
            to.len = wr__key_successor(to.ptr, to.len);
        wr__db_batch_delete_state_range(b, s->family, wr_buf_view(&from), wr_buf_view(&to));
    }
    wr_buf_free(&from);
    wr_buf_free(&to);
}

wr__sorted *wr__store_changes(const wr_store *s, size_t *n)
{
    const wr__overlay *o = &s->overlay;
    wr__sorted *list = wr_malloc((o->dirty_n + o->unwritten_n) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < o->dirty_n; i++)
        list[count++].e = o->dirty[i];
    for (size_t i = 0; i < o->unwritten_n; i++)
        if ((o->unwritten[i]->flags & (WR__ENTRY_UNWRITTEN | WR__ENTRY_DIRTY)) ==
            WR__ENTRY_UNWRITTEN)
            list[count++].e = o->unwritten[i];
    wr__sort_entries(list, count);
    size_t kept = 0; /* the list of unwritten ones may name an entry twice */
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || list[kept - 1].e != list[i].e)
            list[kept++] = list[i];
    *n = kept;
    return list;
}

bool wr__store_put(const wr_store *s, const wr_store_entry *e, wr_db_batch *b)
{
    wr_str key = wr__entry_key(e);
    if (wr__timed_gone(s, key))
        return false;
    if (wr_entry_exists(e))
        wr__db_batch_put_state(b, s->family, wr__store_prefix(s), key, wr__entry_value(e));
    else if (e->flags & WR__ENTRY_STORED)
        wr__db_batch_delete_state(b, s->family, wr__store_prefix(s), key);
    return true;
}

weir_status wr_store_commit_into(wr_store *s, wr_db_batch *b, weir_error *err)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0 && !s->editing);
    WR_TRY(wr_store_flush(s, err));
    size_t n;
    wr__sorted *list = wr__store_changes(s, &n);
    wr__store_drop_back(s); /* it would show the rows of before */
    put_ranges(s, b);       /* first: what was put since overrides them */
    if (s->kind != WR_STORE_KV)
        wr__timed_commit_into(s, b);
    for (size_t i = 0; i < n; i++)
        (void)wr__store_put(s, list[i].e, b);
    wr_free(list);
    s->committing = b;
    wr__db_batch_on_done(b, batch_ended, s);
    return WEIR_OK;
}

/* Clean absent entries that were made inside a range delete are absent by it alone. */
static void forget_absent(wr_store *s)
{
    for (uint32_t i = 0; i < s->overlay.used; i++) {
        wr_store_entry *e = wr__overlay_at(&s->overlay, i);
        if (e && !wr_entry_exists(e))
            wr__overlay_remove(&s->overlay, e);
    }
}

static void now_in_database_only(wr_store *s, const wr_store_entry *e)
{
    s->complete = false;
    wr__timed_incomplete(s, wr__entry_key(e));
}

static void forget_change(wr_store *s, wr_store_entry *e)
{
    if (e->flags & WR__ENTRY_STORED)
        now_in_database_only(s, e); /* its value of before */
    wr__overlay_remove(&s->overlay, e);
}

weir_status wr_store_discard(wr_store *s, weir_error *err)
{
    (void)err;
    WR_ASSERT(!s->committing && s->iterators == 0);
    s->editing = 0;
    wr__overlay *o = &s->overlay;
    for (size_t i = 0; i < o->dirty_n; i++)
        forget_change(s, o->dirty[i]);
    wr__overlay_clear_dirty(o);
    for (size_t i = 0; i < o->unwritten_n; i++)
        if (o->unwritten[i]->flags & WR__ENTRY_UNWRITTEN)
            forget_change(s, o->unwritten[i]);
    wr__overlay_clear_unwritten(o);
    s->agreed.is_set = false;
    if (s->ranges_n)
        forget_absent(s);
    wr__store_clear_ranges(s);
    s->timed.now = s->timed.committed;
    return WEIR_OK;
}

/* ------------------------------------------------------------------ restore */

weir_status wr_store_restore(wr_store *s, wr_db_batch *b, wr_str key, const wr_str *value,
                             weir_error *err)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0);
    WR_ASSERT(s->overlay.dirty_n == 0 && s->overlay.unwritten_live == 0 && s->ranges_n == 0);
    wr_changelog_key record;
    wr_str bytes = {0};
    WR_TRY(wr_changelog_get_key(key, s->record_kind, &record, err));
    WR_TRY(wr__store_check_key(record.key, err));
    if (value)
        WR_TRY(wr_changelog_get_value(key, *value, &bytes, err));
    wr_str encoded = record.key;
    if (s->kind != WR_STORE_KV) {
        bool live;
        WR_TRY(wr__timed_restore(s, &record, value ? &bytes : NULL, &live, err));
        if (!live)
            return WEIR_OK;
        encoded = wr_buf_view(&s->key_buf);
    }
    wr_store_entry *e = wr__overlay_find(&s->overlay, encoded, wr__overlay_tag(encoded));
    if (e)
        wr__overlay_remove(&s->overlay, e);
    s->complete = false;
    s->probed = true; /* the database would say what it held before this batch */
    wr__store_drop_back(s);
    if (value)
        wr__db_batch_put_state(b, s->family, wr__store_prefix(s), encoded, bytes);
    else
        wr__db_batch_delete_state(b, s->family, wr__store_prefix(s), encoded);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ trim */

/* Evict entries of segments before @p before (kv: all), until it is enough. Two rounds of the hand:
 * the first takes the mark from entries in use, the second the entry. */
static void evict(wr_store *s, int64_t before)
{
    wr__overlay *o = &s->overlay;
    for (uint64_t steps = 2 * (uint64_t)o->used; steps && wr_store_over(s); steps--) {
        if (o->hand >= o->used)
            o->hand = 0;
        wr_store_entry *e = wr__overlay_at(o, o->hand++);
        if (!e || (e->flags & (WR__ENTRY_DIRTY | WR__ENTRY_UNWRITTEN)))
            continue;
        if (s->kind != WR_STORE_KV && wr__timed_segment_at(wr__entry_key(e)) >= before)
            continue;
        if (e->flags & WR__ENTRY_USED) {
            e->flags &= 0xFFu & ~(unsigned)WR__ENTRY_USED;
            continue;
        }
        if (wr_entry_exists(e))
            now_in_database_only(s, e);
        wr__overlay_remove(o, e);
    }
}

void wr_store_trim(wr_store *s)
{
    WR_ASSERT(!s->committing && s->iterators == 0);
    /* Packed rows are looked at near stream time, so the older segments go first. Of windows, whose
     * segments are instants, nobody here knows how many are open. */
    if (s->kind != WR_STORE_KV && s->timed.segment_ms > 1)
        evict(s, wr__timed_recent(s));
    evict(s, INT64_MAX);
}
