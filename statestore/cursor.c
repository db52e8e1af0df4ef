/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store may change under a cursor. Nodes of the overlay's index are never removed meanwhile
 * (entries leave in commit, discard and trim only, which assert that no cursor is open), so a node
 * stays valid; when keys came in, the index's version differs and the place is looked for again.
 * The database's side shows the rows of the last commit, which do not change before the next one.
 *
 * Creating an iterator of RocksDB costs microseconds, so the store keeps one between scans; a
 * second cursor at the same time gets one of its own.
 */
#include "statestore/cursor.h"

static wr_db_iter *new_back(const wr_store *s)
{
    char upper[WR__PREFIX];
    memcpy(upper, s->prefix, WR__PREFIX);
    size_t upper_len = wr__key_successor(upper, WR__PREFIX);
    return wr_db_iter_new(s->db, s->options.snap, s->family, wr__store_prefix(s),
                          wr_str_make(upper_len ? upper : NULL, upper_len));
}

void wr__cursor_open(wr__cursor *c, wr_store *s, bool reverse)
{
    *c = (wr__cursor){.s = s, .reverse = reverse};
    c->index = wr__overlay_index(&s->overlay);
    s->iterators++;
    if (s->complete)
        return;
    if (s->back_lent) {
        c->back = new_back(s);
        return;
    }
    if (!s->back)
        s->back = new_back(s);
    c->back = s->back;
    c->back_shared = s->back_lent = true;
}

void wr__cursor_close(wr__cursor *c)
{
    if (c->back_shared)
        c->s->back_lent = false;
    else
        wr_db_iter_free(c->back);
    c->s->iterators--;
    wr_buf_free(&c->last);
}

static void seek_back(wr__cursor *c, wr_str key)
{
    if (c->reverse && !key.ptr) {
        wr_db_iter_seek_last(c->back);
        return;
    }
    wr_str full = wr__store_full_key(c->s, key);
    if (c->reverse)
        wr_db_iter_seek_before(c->back, full);
    else
        wr_db_iter_seek(c->back, full);
}

/* Find the overlay's next node again, from c->last. */
static void seek_node(wr__cursor *c)
{
    wr_str last = wr_buf_view(&c->last);
    c->version = c->index->version;
    if (c->from_end && !c->last_seen) {
        c->node = c->index->last;
    } else if (c->reverse) {
        c->node = wr__ordered_seek_before(c->index, last);
    } else {
        c->node = wr__ordered_seek(c->index, last);
        if (c->node && c->last_seen && wr_str_eq(wr__ordered_key(c->node), last))
            c->node = c->node->next[0];
    }
}

void wr__cursor_seek(wr__cursor *c, wr_str key)
{
    c->from_end = c->reverse && !key.ptr;
    wr_buf_clear(&c->last);
    wr_buf_str(&c->last, key);
    c->last_seen = false;
    c->back_taken = false;
    seek_node(c);
    if (c->back)
        seek_back(c, key);
}

static void move_back(wr__cursor *c)
{
    if (c->reverse)
        wr_db_iter_prev(c->back);
    else
        wr_db_iter_next(c->back);
}

static void remember(wr__cursor *c, wr_str key)
{
    wr_buf_clear(&c->last);
    wr_buf_str(&c->last, key);
    c->last_seen = true;
}

/* Which side comes next: < 0 the overlay's, 0 both stand on the same key, > 0 the database's. */
static int nearer(const wr__cursor *c, bool has_back, wr_str back_key)
{
    if (!has_back)
        return -1;
    if (!c->node)
        return 1;
    int order = wr_str_cmp(wr__ordered_key(c->node), back_key);
    return c->reverse ? -order : order;
}

weir_status wr__cursor_next(wr__cursor *c, bool *more, weir_error *err)
{
    for (;;) {
        if (c->back_taken) {
            move_back(c);
            c->back_taken = false;
        }
        if (c->version != c->index->version)
            seek_node(c);
        bool has_back = c->back && wr_db_iter_valid(c->back);
        if (c->back && !has_back)
            WR_TRY(wr_db_iter_status(c->back, err));
        if (!c->node && !has_back) {
            *more = false;
            return WEIR_OK;
        }
        wr_str back_key = {0};
        if (has_back) {
            back_key = wr_db_iter_key(c->back);
            back_key = wr_str_make(back_key.ptr + WR__PREFIX, back_key.len - WR__PREFIX);
        }
        int side = nearer(c, has_back, back_key);
        c->back_taken = side >= 0;
        if (side <= 0) {
            const wr_store_entry *e = c->node->item;
            remember(c, wr__ordered_key(c->node));
            c->node = c->reverse ? c->node->prev : c->node->next[0];
            if (!wr_entry_exists(e))
                continue;
            c->key = wr__entry_key(e);
            c->value = wr__entry_value(e);
        } else {
            remember(c, back_key);
            if (c->s->ranges_n && wr__store_in_range(c->s, back_key))
                continue;
            c->key = wr_buf_view(&c->last);
            c->value = wr_db_iter_value(c->back);
        }
        *more = true;
        return WEIR_OK;
    }
}
