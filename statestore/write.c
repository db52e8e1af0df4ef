/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write-behind. Where a changelog in Kafka makes changes durable, a commit need not write the
 * database: it is there to shorten a restart and for what memory cannot hold. Entries then are
 * "unwritten": clean for the next commit, but not to be evicted. A key that changes in ten commits
 * is written once.
 *
 * Rows are absolute values, and the changelog's position goes in after them. So they may go in many
 * pieces: a crash between leaves rows that are ahead of the position, and the replay from there
 * puts the same values again, or later ones.
 */
#include "statestore/aside.h"

/* From how many entries on rows go in pieces, and how large one is: RocksDB copies a batch, and its
 * memory stays with the batch. From LOAD_ENTRIES on a table file pays, with its fsync. */
enum { PIECE_ENTRIES = 4096, PIECE_BYTES = 1 << 20, LOAD_ENTRIES = 32768 };

void wr_store_committed(wr_store *s)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0 && !s->editing);
    wr__overlay *o = &s->overlay;
    for (size_t i = 0; i < o->dirty_n; i++) {
        wr_store_entry *e = o->dirty[i];
        if (i + WR__AHEAD < o->dirty_n)
            __builtin_prefetch(o->dirty[i + WR__AHEAD], 1);
        e->flags &= WR__ENTRY_OUTSIDE | WR__ENTRY_USED | WR__ENTRY_STORED | WR__ENTRY_UNWRITTEN;
        if (!wr_entry_exists(e) && !(e->flags & (WR__ENTRY_STORED | WR__ENTRY_UNWRITTEN)))
            wr__overlay_remove(o, e); /* the database never knew it */
        else
            wr__overlay_mark_unwritten(o, e);
    }
    wr__overlay_clear_dirty(o);
    s->agreed = (struct wr__agreed){true, s->timed.now, s->ranges_n};
    s->stats.commits++;
    wr__store_tidy(s);
}

bool wr_store_is_unwritten(const wr_store *s)
{
    return s->overlay.unwritten_live > 0 || s->ranges_n > 0 || s->aside ||
           (s->kind != WR_STORE_KV && wr__timed_state_changed(s));
}

/* Write what follows *at of @p list, one batch of it. A row that may be in the database from now on
 * needs a delete when it goes, even if the pieces after it fail. */
static weir_status write_piece(wr_store *s, wr_db_batch *b, const wr__sorted *list, size_t n,
                               size_t *at, weir_error *err)
{
    size_t end = *at;
    while (end < n && end - *at < PIECE_ENTRIES && wr_db_batch_bytes(b) < PIECE_BYTES) {
        wr_store_entry *e = list[end++].e;
        if (wr__store_put(s, e, b))
            e->flags |= WR__ENTRY_STORED;
    }
    *at = end;
    return wr_db_write(s->db, b, err);
}

/* All of @p list, and of what was set aside, as table files of RocksDB: all or nothing. */
static weir_status load_rows(wr_store *s, const wr__sorted *list, size_t n, weir_error *err)
{
    const wr__db_ops *ops = s->db->ops;
    wr__db_load *l = ops->load_new(s->db, s->family);
    wr__merge *m = wr__merge_new(s->aside, list, n);
    wr__merged row;
    bool more = true;
    weir_status st = wr__merge_next(m, &row, &more, err);
    while (st == WEIR_OK && more) {
        if (!wr__timed_gone(s, row.key))
            st =
                ops->load_put(l, wr__store_prefix(s), row.key, row.exists ? &row.value : NULL, err);
        if (st == WEIR_OK)
            st = wr__merge_next(m, &row, &more, err);
    }
    if (st == WEIR_OK)
        st = ops->load_finish(l, err);
    wr__merge_free(m);
    ops->load_free(l);
    return st;
}

static weir_status write_pieces(wr_store *s, const wr__sorted *list, size_t n, weir_error *err)
{
    wr_db_batch *b = wr_db_batch_new(s->db);
    weir_status st = WEIR_OK;
    for (size_t at = 0; at < n && st == WEIR_OK;)
        st = write_piece(s, b, list, n, &at, err);
    wr_db_batch_free(b);
    return st;
}

/* The rows of a store that carry a time mean nothing without the entry for its layout and of what
 * was swept. The first rows of all must not get to disk before it; later ones find an older entry
 * there, which will do. Table files are on disk at once, memtables are not: hence the flush. */
static weir_status note_layout(wr_store *s, bool load, weir_error *err)
{
    if (s->kind == WR_STORE_KV || s->timed.committed.stream_time != WR_STORE_NO_TIME)
        return WEIR_OK;
    wr_db_batch *b = wr_db_batch_new(s->db);
    wr__timed_commit_into(s, b);
    weir_status st = wr_db_write(s->db, b, err);
    wr_db_batch_free(b);
    WR_TRY(st);
    s->timed.committed = s->timed.now;
    return load ? wr_db_flush(s->db, err) : WEIR_OK;
}

weir_status wr_store_write_rows(wr_store *s, weir_error *err)
{
    WR_ASSERT(!s->options.snap && !s->committing && s->iterators == 0);
    WR_ASSERT(!wr_store_is_dirty(s)); /* uncommitted changes must not get into the database */
    /* Few rows: one batch will do. Range deletes come before what was put since, in that batch. */
    if (!s->aside && (s->overlay.unwritten_live < PIECE_ENTRIES || s->ranges_n))
        return WEIR_OK;
    WR_ASSERT(!s->aside || s->ranges_n == 0); /* a restore makes none */
    bool load = s->aside || (s->overlay.unwritten_live >= LOAD_ENTRIES && s->db->ops->load_new);
    WR_TRY(note_layout(s, load, err));
    size_t n;
    wr__sorted *list = wr__store_changes(s, &n);
    wr__store_drop_back(s);
    weir_status st = load ? load_rows(s, list, n, err) : write_pieces(s, list, n, err);
    wr_free(list);
    if (st != WEIR_OK)
        return st;
    wr__store_mark_clean(s);
    wr__aside_free(s->aside);
    s->aside = NULL;
    return WEIR_OK;
}

weir_status wr_store_write_into(wr_store *s, wr_db_batch *b, weir_error *err)
{
    WR_ASSERT(!wr_store_is_dirty(s) && !s->aside);
    return wr_store_commit_into(s, b, err);
}
