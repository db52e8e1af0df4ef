/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From changelog records to rows. They collect in the overlay as rows that are committed and not in
 * the database yet (write.c), so a key that the changelog has ten times is written once, and many
 * rows go to the database in order, as table files. What is too much for memory is set aside
 * meanwhile (aside.c), since RocksDB would merge table files of the same keys again and again: that
 * cost as much as all the rest of a restore. The records are checked as untrusted bytes, packed
 * values too: what they say of time moves the stream time.
 */
#include "statestore/aside.h"

/* The largest time in an entry's value. */
static bool last_time(const wr_store *s, int64_t segment, uint32_t chunk, wr_str value,
                      int64_t *last)
{
    if (s->kind == WR_STORE_SESSION)
        return wr__session_last(s, segment, value, last);
    if (s->timed.chunks)
        return wr__buffer_last(s, segment, chunk, value, last);
    *last = segment;
    return true;
}

/* A record of a timed store: moves stream time, leaves the entry's key in key_buf. *live false: its
 * rows are gone. */
static weir_status restore_timed(wr_store *s, const wr_changelog_key *key, const wr_str *value,
                                 bool *live, weir_error *err)
{
    wr__timed_state *now = &s->timed.now;
    *live = false;
    if (wr__timed_segment(s, key->start_ms) != key->start_ms)
        return wr__timed_refuse(s, "its changelog was written with segments of another length",
                                err);
    int64_t last = key->start_ms;
    if (value && !last_time(s, key->start_ms, key->chunk, *value, &last))
        return wr__timed_refuse(s, "a record of its changelog is damaged", err);
    /* What an emptied segment held is not known any more, and need not be: a session goes when
     * another one takes its place, and join rows never go but by expiry. */
    if (value || s->timed.segment_ms == 1)
        now->stream_time = WR_MAX(now->stream_time, last);
    s->agreed =
        (struct wr__agreed){true, *now, s->ranges_n}; /* a changelog's records are committed */
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key->key, key->start_ms, key->chunk);
    wr__timed_incomplete(s, wr_buf_view(&s->key_buf));
    *live = !wr__timed_gone(s, wr_buf_view(&s->key_buf));
    return WEIR_OK;
}

/* The row as the changelog has it, which the database may have in another form, or not at all. */
static void put_row(wr_store *s, wr_str encoded, const wr_str *value)
{
    wr__overlay *o = &s->overlay;
    uint32_t tag = wr__overlay_tag(encoded);
    wr_store_entry *e = wr__overlay_find(o, encoded, tag);
    if (!e)
        e = wr__overlay_add(o, encoded, tag);
    WR_ASSERT(!(e->flags & WR__ENTRY_DIRTY));
    if (value)
        wr__overlay_set(o, e, *value);
    else
        wr__overlay_clear(o, e);
    e->flags |= WR__ENTRY_STORED;
    wr__overlay_mark_unwritten(o, e);
}

weir_status wr_store_restore(wr_store *s, wr_str key, const wr_str *value, weir_error *err)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0);
    WR_ASSERT(s->overlay.dirty_n == 0 && s->ranges_n == 0);
    wr_changelog_key record;
    wr_str bytes = {0};
    WR_TRY(wr_changelog_get_key(key, s->record_kind, &record, err));
    WR_TRY(wr__store_check_key(record.key, err));
    if (value)
        WR_TRY(wr_changelog_get_value(key, *value, &bytes, err));
    wr_str encoded = record.key;
    if (s->kind != WR_STORE_KV) {
        bool live;
        WR_TRY(restore_timed(s, &record, value ? &bytes : NULL, &live, err));
        if (!live)
            return WEIR_OK;
        encoded = wr_buf_view(&s->key_buf);
    }
    put_row(s, encoded, value ? &bytes : NULL);
    return WEIR_OK;
}

void wr_store_restore_soon(const wr_store *s, wr_str key)
{
    wr_changelog_key record;
    if (s->kind == WR_STORE_KV &&
        wr_changelog_get_key(key, s->record_kind, &record, NULL) == WEIR_OK)
        wr__overlay_prefetch(&s->overlay, wr__overlay_tag(record.key));
}

bool wr_store_can_set_aside(const wr_store *s)
{
    return s->db->ops->scratch && (!s->aside || wr__aside_runs(s->aside) < WR__ASIDE_RUNS);
}

weir_status wr_store_set_aside(wr_store *s, weir_error *err)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0 && s->ranges_n == 0);
    WR_ASSERT(!wr_store_is_dirty(s) && wr_store_can_set_aside(s));
    size_t n;
    wr__sorted *list = wr__store_changes(s, &n);
    if (!s->aside)
        s->aside = wr__aside_new(s->db);
    weir_status st = n ? wr__aside_run(s->aside, list, n, err) : WEIR_OK;
    wr_free(list);
    if (wr__aside_runs(s->aside) == 0) {
        wr__aside_free(s->aside);
        s->aside = NULL;
    }
    if (st != WEIR_OK || n == 0)
        return st;
    /* Memory does not tell any more what there is. (Of rows with a time, restoring has said so.) */
    s->complete = false;
    s->probed = true;
    wr__overlay_empty(&s->overlay);
    return WEIR_OK;
}
