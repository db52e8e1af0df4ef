/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From changelog records to rows in the database. The overlay is passed by, but for an entry of the
 * same key, which would hide the row. The records are checked as untrusted bytes, packed values
 * too: what they say of time moves the stream time.
 */
#include "statestore/store_internal.h"

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
    wr_buf_clear(&s->key_buf);
    wr__timed_encode(s, &s->key_buf, key->key, key->start_ms, key->chunk);
    wr__timed_incomplete(s, wr_buf_view(&s->key_buf));
    *live = !wr__timed_gone(s, wr_buf_view(&s->key_buf));
    return WEIR_OK;
}

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
        WR_TRY(restore_timed(s, &record, value ? &bytes : NULL, &live, err));
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
