/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all kinds of store share: opening and closing, changing entries, metering. Looking up is in
 * lookup.c, what lies below all of it in store_base.c.
 *
 * One thread per store; nothing here locks. All memory belongs to the store and is freed with it.
 */
#include "statestore/aside.h"
#include "statestore/iter.h"

enum { OVERLAY_MAX = 16 << 20 };

/* ------------------------------------------------------------------ life */

weir_status wr__store_open(wr_db *db, const wr_store_options *options, wr_store_kind kind,
                           wr_changelog_kind record_kind, wr_store **out, weir_error *err)
{
    static const wr_db_family families[] = {
        [WR_STORE_KV] = WR_DB_KV,
        [WR_STORE_WINDOW] = WR_DB_WINDOW,
        [WR_STORE_SESSION] = WR_DB_SESSION,
    };
    WR_ASSERT(options->store_id != 0);
    wr_store *s = wr_calloc(1, sizeof *s);
    s->db = db;
    s->options = *options;
    if (s->options.overlay_max == 0)
        s->options.overlay_max = OVERLAY_MAX;
    s->kind = kind;
    s->family = families[kind];
    s->record_kind = record_kind;
    wr__put_prefix(s->prefix, options->store_id, options->partition);
    wr__overlay_init(&s->overlay, options->keep_old);
    (void)err; /* nothing is read before it is needed */
    *out = s;
    return WEIR_OK;
}

void wr_store_close(wr_store *s)
{
    if (!s)
        return;
    WR_ASSERT(s->iterators == 0);
    wr__iter_free_spare(s);
    wr__store_leave_batch(s);
    wr__store_drop_back(s);
    wr__store_clear_ranges(s);
    wr__aside_free(s->aside);
    wr_free(s->ranges);
    wr__overlay_free(&s->overlay);
    wr_buf_free(&s->key_buf);
    wr_buf_free(&s->value_buf);
    wr_buf_free(&s->full_key);
    wr_buf_free(&s->list_buf);
    wr_buf_free(&s->record);
    wr_free(s);
}

wr_store_kind wr_store_kind_of(const wr_store *s)
{
    return s->kind;
}

uint32_t wr_store_partition(const wr_store *s)
{
    return s->options.partition;
}

/* ------------------------------------------------------------------ entries */

static void assert_writable(const wr_store *s)
{
    WR_ASSERT(!s->options.snap); /* a view of a snapshot is read-only */
    WR_ASSERT(!s->committing);   /* no change between commit_into and the write */
}

void *wr_entry_edit(wr_store *s, wr_store_entry *e, size_t len)
{
    assert_writable(s);
    WR_ASSERT(len <= WR_STORE_VALUE_MAX);
    WR_ASSERT(!wr__timed_gone(s, wr__entry_key(e))); /* wr_window_observe was not asked */
    wr__overlay_mark(&s->overlay, e);
    s->editing++;
    return wr__overlay_resize(&s->overlay, e, (uint32_t)len);
}

weir_status wr_entry_changed(wr_store *s, wr_store_entry *e, int64_t timestamp_ms, weir_error *err)
{
    WR_ASSERT(s->editing > 0);
    s->editing--;
    e->timestamp_ms = timestamp_ms;
    s->stats.puts++;
    if (!s->options.on_change)
        return WEIR_OK;
    e->flags |= WR__ENTRY_UNLOGGED;
    return s->options.caching ? WEIR_OK : wr__store_log(s, e, err);
}

weir_status wr_entry_set(wr_store *s, wr_store_entry *e, const wr_str *value, int64_t timestamp_ms,
                         weir_error *err)
{
    assert_writable(s);
    if (value && value->len > WR_STORE_VALUE_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "a state value of %u bytes is longer than %d",
                        value->len, WR_STORE_VALUE_MAX);
    bool time_moved = false;
    if (s->kind != WR_STORE_KV) {
        WR_ASSERT(s->timed.segment_ms == 1); /* a window: packed entries have their own functions */
        int64_t before = s->timed.now.stream_time;
        if (!wr__timed_observe(s, wr__timed_segment_at(wr__entry_key(e))))
            return WEIR_OK; /* gone already: dropped and counted */
        time_moved = s->timed.now.stream_time != before;
    }
    /* Deleting what is not there changes nothing, unless it moves stream time: the changelog must
     * say so, or a restore would open windows again. */
    if (!value && e->value_len == WR__ABSENT && !(e->flags & WR__ENTRY_DIRTY) && !time_moved)
        return WEIR_OK;
    wr__overlay_mark(&s->overlay, e);
    if (value)
        wr__overlay_set(&s->overlay, e, *value);
    else
        wr__overlay_clear(&s->overlay, e);
    s->editing++;
    return wr_entry_changed(s, e, timestamp_ms, err);
}

/* ------------------------------------------------------------------ metering */

size_t wr_store_bytes(const wr_store *s)
{
    return wr__overlay_bytes(&s->overlay);
}

void wr_store_limit(wr_store *s, size_t overlay_max)
{
    s->options.overlay_max = overlay_max ? overlay_max : OVERLAY_MAX;
}

bool wr_store_over(const wr_store *s)
{
    return wr_store_bytes(s) > s->options.overlay_max;
}

bool wr_store_is_dirty(const wr_store *s)
{
    size_t ranges_n = s->agreed.is_set ? s->agreed.ranges_n : 0;
    if (s->overlay.dirty_n > 0 || s->ranges_n > ranges_n)
        return true;
    if (s->kind == WR_STORE_KV)
        return false;
    /* What was swept on the way of a write is no change that waits for a commit. */
    return s->agreed.is_set ? s->timed.now.stream_time != s->agreed.timed.stream_time
                            : wr__timed_state_changed(s);
}

void wr_store_stats_read(const wr_store *s, wr_store_stats *out)
{
    *out = s->stats;
    out->entries = s->overlay.live;
    out->dirty_entries = s->overlay.dirty_n;
    out->unwritten_entries = s->overlay.unwritten_live;
    uint64_t each = s->overlay.live ? wr_store_bytes(s) / s->overlay.live : 0;
    out->dirty_bytes = each * out->dirty_entries;
    out->unwritten_bytes = each * out->unwritten_entries;
}

size_t wr_store_dirty_count(const wr_store *s)
{
    return s->overlay.dirty_n;
}

wr_store_entry *wr_store_dirty_at(const wr_store *s, size_t i, wr_str *old)
{
    WR_ASSERT(i < s->overlay.dirty_n);
    if (i + WR__AHEAD < s->overlay.dirty_n) /* who asks for one asks for all, in order */
        __builtin_prefetch(s->overlay.dirty[i + WR__AHEAD]);
    if (old) {
        WR_ASSERT(s->options.keep_old);
        *old = s->overlay.olds[i];
    }
    return s->overlay.dirty[i];
}
