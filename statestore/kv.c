/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key-value stores: thin over store.c and cursor.c, since their encoded key is the key itself. The
 * life of iterators of every kind is here too.
 */
#include "statestore/iter.h"

weir_status wr_kv_open(wr_db *db, const wr_store_options *options, wr_store **out, weir_error *err)
{
    return wr__store_open(db, options, WR_STORE_KV, WR_CHANGELOG_KV, out, err);
}

weir_status wr_kv_get(wr_store *s, wr_str key, wr_str *value, bool *found, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    WR_TRY(wr__store_check_key(key, err));
    wr_store_entry *e;
    WR_TRY(wr__store_peek(s, key, &e, err));
    *found = e && wr_entry_exists(e);
    if (*found)
        *value = wr__entry_value(e);
    return WEIR_OK;
}

weir_status wr_kv_find(wr_store *s, wr_str key, wr_store_entry **out, weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    WR_TRY(wr__store_check_key(key, err));
    return wr__store_find(s, key, out, err);
}

weir_status wr_kv_find_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                            weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    for (size_t i = 0; i < n; i++)
        WR_TRY(wr__store_check_key(keys[i], err));
    return wr__store_find_many(s, n, keys, out, err);
}

weir_status wr_kv_peek_many(wr_store *s, size_t n, const wr_str *keys, wr_store_entry **out,
                            weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    for (size_t i = 0; i < n; i++)
        WR_TRY(wr__store_check_key(keys[i], err));
    return wr__store_peek_many(s, n, keys, out, err);
}

weir_status wr_kv_put(wr_store *s, wr_str key, wr_str value, int64_t timestamp_ms, weir_error *err)
{
    wr_store_entry *e;
    WR_TRY(wr_kv_find(s, key, &e, err));
    return wr_entry_set(s, e, &value, timestamp_ms, err);
}

weir_status wr_kv_delete(wr_store *s, wr_str key, int64_t timestamp_ms, weir_error *err)
{
    wr_store_entry *e;
    WR_TRY(wr_kv_find(s, key, &e, err));
    return wr_entry_set(s, e, NULL, timestamp_ms, err);
}

/* ------------------------------------------------------------------ scans */

static weir_status kv_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    wr__cursor *c = &it->cursor;
    WR_TRY(wr__cursor_next(c, more, err));
    if (!*more)
        return WEIR_OK;
    bool outside = c->reverse ? wr_str_cmp(c->key, wr_buf_view(&it->lower)) < 0
                              : it->has_upper && wr_str_cmp(c->key, wr_buf_view(&it->upper)) >= 0;
    *more = !outside;
    *row = (wr_store_row){.key = c->key, .value = c->value};
    return WEIR_OK;
}

weir_status wr_kv_scan(wr_store *s, wr_str from, wr_str to, bool reverse, wr_store_iter **out,
                       weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    (void)err;
    wr_store_iter *it = *out = wr__iter_new(s, reverse, kv_next);
    wr_buf_str(&it->lower, from);
    wr_buf_str(&it->upper, to);
    it->has_upper = to.ptr != NULL;
    wr__cursor_seek(&it->cursor, reverse ? to : from);
    return WEIR_OK;
}

weir_status wr_kv_scan_prefix(wr_store *s, wr_str prefix, bool reverse, wr_store_iter **out,
                              weir_error *err)
{
    wr_buf_clear(&s->key_buf);
    wr_buf_str(&s->key_buf, prefix);
    size_t len = wr__key_successor(s->key_buf.ptr, s->key_buf.len);
    return wr_kv_scan(s, prefix, wr_str_make(len ? s->key_buf.ptr : NULL, len), reverse, out, err);
}

/* ------------------------------------------------------------------ range delete */

/* Delete what exists one by one, so that each key is logged and its old value kept. */
static weir_status delete_each(wr_store *s, wr_str from, wr_str to, int64_t timestamp_ms,
                               weir_error *err)
{
    wr_store_iter *it;
    WR_TRY(wr_kv_scan(s, from, to, false, &it, err));
    weir_status st = WEIR_OK;
    wr_buf key = {0};
    for (;;) {
        wr_store_row row;
        bool more;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st != WEIR_OK || !more)
            break;
        wr_buf_clear(&key);
        wr_buf_str(&key, row.key);
        st = wr_kv_delete(s, wr_buf_view(&key), timestamp_ms, err);
        if (st != WEIR_OK)
            break;
    }
    wr_buf_free(&key);
    wr_store_iter_free(it);
    return st;
}

/* Keep the range for what only the database holds, and delete the overlay's own entries. */
static weir_status delete_noted(wr_store *s, wr_str from, wr_str to, int64_t timestamp_ms,
                                weir_error *err)
{
    wr__ordered *index = wr__overlay_index(&s->overlay);
    for (wr__ordered_node *n = wr__ordered_seek(index, from); n; n = n->next[0]) {
        if (to.ptr && wr_str_cmp(wr__ordered_key(n), to) >= 0)
            break;
        WR_TRY(wr_entry_set(s, n->item, NULL, timestamp_ms, err));
    }
    if (s->complete)
        return WEIR_OK;
    if (s->ranges_n == s->ranges_cap) {
        s->ranges_cap = s->ranges_cap ? s->ranges_cap * 2 : 4;
        s->ranges = wr_realloc(s->ranges, s->ranges_cap * sizeof *s->ranges);
    }
    struct wr__range *r = &s->ranges[s->ranges_n++];
    *r = (struct wr__range){0};
    wr_buf_str(&r->from, from);
    if (to.ptr) {
        wr_buf_reserve(&r->to, 1); /* not NULL even when empty */
        wr_buf_str(&r->to, to);
    }
    return WEIR_OK;
}

weir_status wr_kv_delete_range(wr_store *s, wr_str from, wr_str to, int64_t timestamp_ms,
                               weir_error *err)
{
    WR_ASSERT(s->kind == WR_STORE_KV);
    if (to.ptr && wr_str_cmp(from, to) >= 0)
        return WEIR_OK;
    if (s->options.on_change || s->options.keep_old)
        return delete_each(s, from, to, timestamp_ms, err);
    return delete_noted(s, from, to, timestamp_ms, err);
}
