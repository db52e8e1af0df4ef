/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates in place: the entries of a batch that are being edited, the pairs of input row and
 * stored row that wait to be added, and columns out of stored bytes.
 *
 * All pairs of a batch wait for one loop for each aggregate, so functions that depend on the order
 * of rows see them in order, whatever the batch. Only partial aggregates are merged one by one:
 * what waits is added before.
 */
#include "engine/operators/agg_work.h"
#include "engine/operators/agg_row.h"
#include "engine/operators/batch_rows.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/flat.h"
#include "engine/operators/last_headers.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"
#include "engine/operators/times.h"

enum { PENDING = 2048 }; /* pairs that wait at most: hopping windows have many for each row */

void wr__agg_work_begin(wr__agg_work *w, wr__agg *g, const wr__flat *flat, wr_store *store,
                        const wr_batch *in, wr_store_entry **entries, uint32_t slots, bool emits)
{
    WR_ASSERT(entries || slots == 0);
    wr_arena *a = g->op->ctx->scratch;
    *w = (wr__agg_work){.g = g, .flat = flat, .store = store, .in = in, .entries = entries};
    WR_ASSERT(!flat->on || !g->in_place);
    if (g->in_place && !emits && !g->cfg->input_table) {
        w->kept = WR_NEW_N(a, wr__agg_row *, (size_t)slots + 1);
        w->keeping = wr_arena_alloc(a, ((size_t)slots + 1) * sizeof *w->keeping);
        w->before = WR_NEW_N(a, wr_value, g->cfg->aggregates_n);
    }
    if (!flat->on)
        return;
    w->base = WR_NEW_N(a, char *, (size_t)slots + 1);
    w->open = wr_arena_alloc(a, ((size_t)slots + 1) * sizeof *w->open);
    w->rows = wr_arena_alloc(a, PENDING * sizeof *w->rows);
    w->at = wr_arena_alloc(a, PENDING * sizeof *w->at);
    w->cap = PENDING;
}

wr_sel wr__agg_whole_rows(const wr_batch *in, wr_sel sel, wr_arena *a)
{
    if (!in->partials)
        return sel;
    uint32_t *rows = wr_arena_alloc(a, ((size_t)sel.n + 1) * sizeof *rows), n = 0;
    WR_FOREACH_SEL (i, sel)
        if (!in->partials[i].ptr)
            rows[n++] = i;
    return (wr_sel){n, rows};
}

static void see_time(char *base, int64_t t)
{
    if (t > (int64_t)wr_get_be64(base))
        wr_put_be64(base, (uint64_t)t);
}

static void open_slot(wr__agg_work *w, uint32_t slot, bool exists)
{
    w->base[slot] = wr_entry_edit(w->store, w->entries[slot], w->flat->len);
    w->open[w->open_n++] = slot;
    if (!exists)
        memcpy(w->base[slot], w->flat->blank, w->flat->len);
}

bool wr__agg_work_open_first(wr__agg_work *w, uint32_t slot, uint32_t i)
{
    wr_store_entry *e = w->entries[slot];
    bool exists = wr_entry_exists(e);
    if (exists ? !wr__flat_is(w->flat, wr_entry_value(e))
               : !wr__flat_can_start(w->flat, w->g->new_args, i))
        return false;
    open_slot(w, slot, exists);
    return true;
}

void wr__agg_work_add_noted(wr__agg_work *w)
{
    if (w->n == 0)
        return;
    wr__flat_pairs pairs = {w->n, w->rows, w->at};
    wr__flat_add(w->flat, &pairs, w->g->new_args, w->g->actx.sequence);
    w->n = 0;
}

/* ------------------------------------------------------------------ kept until the batch ends */

static weir_status begin_to_keep(wr__agg_work *w, uint32_t slot, uint32_t i, bool exists,
                                 weir_error *err)
{
    wr__agg *g = w->g;
    wr_arena *a = g->op->ctx->scratch;
    wr__agg_row *row = WR_NEW(a, wr__agg_row);
    *row = wr__agg_row_new(g);
    if (exists) {
        WR_TRY(wr__agg_decode(g, wr__row_copy(a, wr_entry_value(w->entries[slot])), row, err));
    } else {
        wr__agg_init(g, row);
        row->rowtime = w->in->rowtime[i];
    }
    w->kept[slot] = row;
    w->keeping[w->keeping_n++] = slot;
    return WEIR_OK;
}

/* The row cannot be taken. The states that are not changed in place are as before, at @p states,
 * and the others were not reached; a group that began with it does not begin. */
static weir_status not_kept(wr__agg_work *w, uint32_t slot, uint32_t i, bool began,
                            const wr_value *states, weir_status st, weir_error *err)
{
    wr__agg_row *row = w->kept[slot];
    for (uint32_t k = 0; k < w->g->cfg->aggregates_n; k++)
        if (!w->g->cfg->calls[k]->impl->open)
            row->states[k] = states[k];
    if (began) {
        WR_ASSERT(w->keeping_n > 0 && w->keeping[w->keeping_n - 1] == slot);
        w->keeping_n--;
        w->kept[slot] = NULL;
    }
    return wr__agg_left_out(w->g, w->in, i, st, err);
}

weir_status wr__agg_work_keep(wr__agg_work *w, uint32_t slot, uint32_t i, bool exists,
                              weir_error *err)
{
    bool began = !w->kept[slot];
    if (began)
        WR_TRY(begin_to_keep(w, slot, i, exists, err));
    wr__agg_row *row = w->kept[slot];
    uint32_t n = w->g->cfg->aggregates_n;
    memcpy(w->before, row->states, n * sizeof *w->before);
    weir_status st = wr__agg_add(w->g, row, w->in, i, err);
    if (st != WEIR_OK)
        return not_kept(w, slot, i, began, w->before, st, err);
    row->rowtime = WR_MAX(row->rowtime, w->in->rowtime[i]);
    return WEIR_OK;
}

static weir_status store_kept(wr__agg_work *w, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (uint32_t k = 0; k < w->keeping_n && st == WEIR_OK; k++) {
        uint32_t slot = w->keeping[k];
        wr__agg_row *row = w->kept[slot];
        wr_str bytes = wr__agg_encode(w->g, row);
        st = wr_entry_set(w->store, w->entries[slot], &bytes, row->rowtime, err);
        w->kept[slot] = NULL;
    }
    w->keeping_n = 0;
    return st;
}

weir_status wr__agg_work_settle(wr__agg_work *w, weir_error *err)
{
    wr__agg_work_add_noted(w);
    weir_status st = WEIR_OK;
    for (uint32_t k = 0; k < w->open_n && st == WEIR_OK; k++) {
        uint32_t slot = w->open[k];
        int64_t time = (int64_t)wr_get_be64(w->base[slot]);
        st = wr_entry_changed(w->store, w->entries[slot], time, err);
        w->base[slot] = NULL;
    }
    w->open_n = 0;
    return st == WEIR_OK ? store_kept(w, err) : st;
}

/* ------------------------------------------------------------------ partial aggregates */

static weir_status merge_boxed(wr__agg_work *w, wr_store_entry *e, wr_str partial, int64_t time,
                               weir_error *err)
{
    wr__agg *g = w->g;
    wr_arena *a = g->op->ctx->scratch;
    wr__agg_row row = wr__agg_row_new(g), other = wr__agg_row_new(g);
    WR_TRY(wr__agg_decode(g, partial, &other, err));
    if (wr_entry_exists(e)) {
        WR_TRY(wr__agg_decode(g, wr__row_copy(a, wr_entry_value(e)), &row, err));
    } else {
        wr__agg_init(g, &row);
        row.rowtime = time;
    }
    WR_TRY(wr__agg_merge(g, &row, &other, err));
    row.rowtime = WR_MAX(row.rowtime, time);
    wr_str bytes = wr__agg_encode(g, &row);
    return wr_entry_set(w->store, e, &bytes, row.rowtime, err);
}

weir_status wr__agg_work_merge(wr__agg_work *w, uint32_t slot, uint32_t i, weir_error *err)
{
    wr_store_entry *e = w->entries[slot];
    wr_str partial = w->in->partials[i];
    int64_t time = w->in->rowtime[i];
    bool flat = wr__flat_is(w->flat, partial);
    if (flat && !w->base[slot]) {
        bool exists = wr_entry_exists(e);
        flat = !exists || wr__flat_is(w->flat, wr_entry_value(e));
        if (flat)
            open_slot(w, slot, exists);
    }
    if (!flat) {
        if (w->flat->on)
            WR_TRY(wr__agg_work_settle(w, err));
        return merge_boxed(w, e, partial, time, err);
    }
    wr__agg_work_add_noted(w);
    see_time(w->base[slot], time);
    wr__flat_merge(w->flat, w->base[slot], partial.ptr);
    return WEIR_OK;
}

/* ------------------------------------------------------------------ emitting */

weir_status wr__agg_put_results(wr__agg *g, const wr__flat *flat, wr_str bytes, wr_vec *cols,
                                uint32_t to, weir_error *err)
{
    if (wr__flat_is(flat, bytes)) {
        wr__flat_results(flat, 1, &bytes.ptr, cols + g->op->step->schema->keys_n, &to);
        return WEIR_OK;
    }
    return wr__agg_results_of(g, wr__row_copy(g->op->ctx->scratch, bytes), cols, to, err);
}

weir_status wr__agg_put_update(wr__agg *g, const wr__flat *flat, const wr_store_entry *e,
                               wr_str old, const wr_batch *in, uint32_t i, wr_batch_builder *out,
                               uint32_t *to, weir_error *err)
{
    *to = wr_batch_builder_row(out);
    wr_batch_builder_meta(out, *to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    wr__agg_key_cells(g, b, *to, in, i);
    wr_str bytes = wr_entry_value(e);
    WR_TRY(wr__row_time(bytes, &b->rowtime[*to], err));
    WR_TRY(wr__agg_put_results(g, flat, bytes, b->cols, *to, err));
    if (!old.ptr || !b->old_cols)
        return WEIR_OK;
    b->flags[*to] |= WR_ROW_HAS_OLD;
    return wr__agg_put_results(g, flat, old, b->old_cols, *to, err);
}

/* ------------------------------------------------------------------ caching: at a commit */

/* Do decoded keys point into the bytes? Only those in the row codec do. */
static bool keys_borrow(const wr_schema *schema)
{
    for (uint32_t c = 0; c < schema->keys_n; c++) {
        wr_tid id = schema->cols[c].type->id;
        if (id >= WR_T_ARRAY || id == WR_T_DECIMAL)
            return true;
    }
    return false;
}

/* Rows of a flush whose results follow from flat bytes. */
typedef struct flat_rows {
    uint32_t n;
    const char **rows;
    uint32_t *to;
} flat_rows;

static weir_status put_value(wr__agg *g, const wr__flat *flat, wr_str bytes, wr_vec *cols,
                             uint32_t to, flat_rows *rows, weir_error *err)
{
    if (!wr__flat_is(flat, bytes))
        return wr__agg_results_of(g, wr__row_copy(g->op->ctx->scratch, bytes), cols, to, err);
    rows->rows[rows->n] = bytes.ptr;
    rows->to[rows->n++] = to;
    return WEIR_OK;
}

static weir_status put_key(wr_op *op, wr_store *store, const wr_store_entry *e, bool borrows,
                           wr_batch *b, uint32_t to, weir_error *err)
{
    wr_str key;
    if (b->window_start) {
        wr_store_row row = wr_window_row(store, e);
        b->window_start[to] = row.start_ms;
        b->window_end[to] = wr__time_add(row.start_ms, op->step->u.aggregate.window.size_ms);
        key = row.key;
    } else {
        key = wr_entry_key(e);
    }
    wr_arena *a = op->ctx->scratch;
    if (borrows)
        key = wr__row_copy(a, key);
    return wr__rowkey_read(op->step->schema, key, a, b->cols, to, false, NULL, NULL, err);
}

static flat_rows new_flat_rows(wr_arena *a, size_t n)
{
    return (flat_rows){0, wr_arena_alloc(a, n * sizeof(char *)),
                       wr_arena_alloc(a, n * sizeof(uint32_t))};
}

/* Entries first .. first + n of the dirty list as one batch. */
static weir_status flush_some(wr__agg *g, const wr__flat *flat, wr_store *store, size_t first,
                              size_t n, weir_error *err)
{
    wr_op *op = g->op;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    bool old_wanted = op->step->needs_old, borrows = keys_borrow(schema);
    wr_batch *b = wr_batch_new(a, schema, (uint32_t)n, op->step->windowed, old_wanted);
    flat_rows new_rows = new_flat_rows(a, n), old_rows = new_flat_rows(a, n);
    wr_headers *headers = NULL;
    uint32_t to = 0;
    uint8_t all = 0;
    for (size_t i = first; i < first + n; i++) {
        wr_str old = {0};
        wr_store_entry *e = wr_store_dirty_at(store, i, old_wanted ? &old : NULL);
        if (!wr_entry_exists(e)) /* looked at, not changed: groups are never deleted */
            continue;
        wr_str bytes = wr_entry_value(e);
        wr_headers last;
        WR_TRY(put_key(op, store, e, borrows, b, to, err));
        if (wr__last_headers_get(store, e, a, &last)) {
            headers = headers ? headers : WR_NEW_N(a, wr_headers, n);
            headers[to] = last;
        }
        b->partition[to] = op->ctx->partition;
        b->offset[to] = WR_NO_OFFSET;
        WR_TRY(wr__row_time(bytes, &b->rowtime[to], err));
        WR_TRY(put_value(g, flat, bytes, b->cols, to, &new_rows, err));
        if (old.ptr) {
            all |= b->flags[to] |= WR_ROW_HAS_OLD;
            wr__copy_cells(b->old_cols, 0, to, b->cols, 0, to, schema->keys_n);
            WR_TRY(put_value(g, flat, old, b->old_cols, to, &old_rows, err));
        }
        to++;
    }
    if (new_rows.n)
        wr__flat_results(flat, new_rows.n, new_rows.rows, b->cols + schema->keys_n, new_rows.to);
    if (old_rows.n)
        wr__flat_results(flat, old_rows.n, old_rows.rows, b->old_cols + schema->keys_n,
                         old_rows.to);
    b->headers = headers;
    b->rows = to;
    b->sel = wr_sel_all(to);
    if (!(all & WR_ROW_HAS_OLD))
        b->old_cols = NULL;
    return wr_op_emit(op, b, err);
}

weir_status wr__agg_flush(wr__agg *g, const wr__flat *flat, wr_store *store, weir_error *err)
{
    WR_ASSERT(g->op->ctx->caching);
    size_t n = wr_store_dirty_count(store);
    for (size_t i = 0; i < n; i += WR__FLUSH_ROWS) {
        WR_TRY(flush_some(g, flat, store, i, WR_MIN(n - i, (size_t)WR__FLUSH_ROWS), err));
        WR_TRY(wr__reset_scratch(g->op->ctx, err));
    }
    return WEIR_OK;
}
