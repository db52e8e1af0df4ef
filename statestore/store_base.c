/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all parts of a store build on: keys as the database has them, ranges that are deleted but
 * not committed, what an entry says of itself, and letting go of what lies across a commit. Calls
 * nothing of the other parts.
 */
#include "statestore/store_internal.h"

weir_status wr__store_check_key(wr_str key, weir_error *err)
{
    if (WR_LIKELY(key.len <= WR_STORE_KEY_MAX))
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LIMIT, "a state key of %u bytes is longer than %d", key.len,
                    WR_STORE_KEY_MAX);
}

wr_str wr__store_full_key(wr_store *s, wr_str key)
{
    wr_buf_clear(&s->full_key);
    wr_buf_put(&s->full_key, s->prefix, WR__PREFIX);
    wr_buf_str(&s->full_key, key);
    return wr_buf_view(&s->full_key);
}

bool wr__store_in_range(const wr_store *s, wr_str key)
{
    for (size_t i = 0; i < s->ranges_n; i++) {
        const struct wr__range *r = &s->ranges[i];
        if (wr_str_cmp(key, wr_buf_view(&r->from)) >= 0 &&
            (!r->to.ptr || wr_str_cmp(key, wr_buf_view(&r->to)) < 0))
            return true;
    }
    return false;
}

void wr__store_clear_ranges(wr_store *s)
{
    for (size_t i = 0; i < s->ranges_n; i++) {
        wr_buf_free(&s->ranges[i].from);
        wr_buf_free(&s->ranges[i].to);
    }
    s->ranges_n = 0;
}

void wr__store_drop_back(wr_store *s)
{
    WR_ASSERT(!s->back_lent);
    wr_db_iter_free(s->back);
    s->back = NULL;
}

void wr__store_leave_batch(wr_store *s)
{
    wr_db_batch *b = s->committing;
    for (size_t i = 0; b && i < b->waiters_n; i++)
        if (b->waiters[i].arg == s)
            b->waiters[i] = b->waiters[--b->waiters_n];
    s->committing = NULL;
}

/* ------------------------------------------------------------------ entries */

bool wr_entry_exists(const wr_store_entry *e)
{
    return e->value_len != WR__ABSENT;
}

wr_str wr_entry_value(const wr_store_entry *e)
{
    WR_ASSERT(wr_entry_exists(e));
    return wr__entry_value(e);
}

wr_str wr_entry_key(const wr_store_entry *e)
{
    return wr__entry_key(e);
}

void wr_entry_set_note(wr_store *s, const wr_store_entry *e, wr_str note)
{
    wr__notes_put(&s->overlay.notes, e, note);
}

wr_str wr_entry_note(const wr_store *s, const wr_store_entry *e)
{
    return wr__notes_get(&s->overlay.notes, e);
}

bool wr_store_has_notes(const wr_store *s)
{
    return wr__notes_any(&s->overlay.notes);
}

int64_t wr_entry_timestamp(const wr_store_entry *e)
{
    return e->timestamp_ms;
}
