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
 * (sorted.c); the changelog gets them in order of their first change (changes.c).
 *
 * What is not written: a key that came and went between two commits, and rows that expired
 * meanwhile.
 */
#include "statestore/aside.h"

/* ------------------------------------------------------------------ commit */

void wr__store_mark_clean(wr_store *s)
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
                continue; /* done with the other list, or gone from this one */
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
    wr__store_mark_clean(s);
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
    wr__aside_free(s->aside);
    s->aside = NULL;
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
