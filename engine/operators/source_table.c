/* SPDX-License-Identifier: Apache-2.0 */
/* source_table.c - the rows that a TABLE's source keeps (source_table.h). */
#include "engine/operators/source_table.h"

#include "engine/operators/batch_rows.h"
#include "engine/operators/exchange_send.h"
#include "engine/operators/op_eval.h"
#include "engine/operators/rowkey.h"
#include "engine/operators/stored_row.h"

#include <stdio.h>

/* Rows in a batch of deletions: bounds the memory that emptying a table takes. */
#define DELETIONS_MAX 2048

void wr__table_lacks(wr_op *op, const wr_batch *batch, uint32_t row, const char *column)
{
    char text[300];
    op->unavailable_values++;
    (void)snprintf(
        text, sizeof text,
        "Column %.200s is NULL: the event does not have its value, as it has not changed", column);
    wr__op_note(op, batch, row, text);
}

/* ---- the row before ---- */

static void make_old_columns(const wr_op *op, wr_batch *b)
{
    const wr_schema *schema = op->step->schema;
    wr_arena *a = op->ctx->scratch;
    b->old_cols = WR_NEW_N(a, wr_vec, schema->n);
    for (uint32_t c = 0; c < schema->n; c++) {
        if (c < schema->keys_n)
            b->old_cols[c] = b->cols[c];
        else
            wr_vec_init(&b->old_cols[c], schema->cols[c].type, b->rows, a);
    }
}

/* What the event lacks is as it was. */
static void complete(wr_op *op, const wr_batch *b, uint32_t row, const uint8_t *const *lacks)
{
    const wr_schema *schema = op->step->schema;
    for (uint32_t c = schema->keys_n; c < schema->n; c++) {
        if (!lacks[c] || !lacks[c][row])
            continue;
        if (b->flags[row] & WR_ROW_HAS_OLD)
            wr__copy_cells(b->cols, c, row, b->old_cols, c, row, 1);
        else
            wr__table_lacks(op, b, row, schema->cols[c].name);
    }
}

weir_status wr__table_take(wr_op *op, wr__table_rows *t, wr_batch *b, const uint8_t *const *lacks,
                           weir_error *err)
{
    const wr_schema *schema = op->step->schema;
    wr_arena *a = op->ctx->scratch;
    uint32_t keys = schema->keys_n, values = schema->n - keys;
    WR_ASSERT(op->step->table && t->store);
    if (!b->old_cols)
        make_old_columns(op, b);
    WR_FOREACH_SEL (i, b->sel) {
        wr_buf_clear(&t->key_bytes);
        wr__rowkey_of(&t->key_bytes, schema, b->cols, b, i);
        wr_store_entry *e;
        WR_TRY(wr_kv_find(t->store, wr_buf_view(&t->key_bytes), &e, err));
        if (wr_entry_exists(e)) {
            b->flags[i] |= WR_ROW_HAS_OLD;
            WR_TRY(wr__row_get(wr__row_copy(a, wr_entry_value(e)), a, b->old_cols, keys, values, i,
                               err));
        }
        if (!(b->flags[i] & WR_ROW_HAS_NEW)) {
            WR_TRY(wr_entry_set(t->store, e, NULL, b->rowtime[i], err));
            continue;
        }
        if (lacks)
            complete(op, b, i, lacks);
        wr_buf_clear(&t->row_bytes);
        wr__row_put(&t->row_bytes, b->rowtime[i], b->cols, keys, values, i);
        wr_str row = wr_buf_view(&t->row_bytes);
        WR_TRY(wr_entry_set(t->store, e, &row, b->rowtime[i], err));
    }
    return WEIR_OK;
}

/* ---- all rows are gone ---- */

static weir_status put_deletion(wr_op *op, wr_batch_builder *out, const wr_store_row *from,
                                const wr_batch *of, uint32_t row, weir_error *err)
{
    const wr_schema *schema = op->step->schema;
    wr_arena *a = op->ctx->scratch;
    uint32_t keys = schema->keys_n, to = wr_batch_builder_row(out);
    wr_batch *b = wr_batch_builder_batch(out);
    wr_batch_builder_meta(out, to, of, row);
    b->flags[to] = WR_ROW_HAS_OLD;
    WR_TRY(wr__rowkey_read(schema, wr__row_copy(a, from->key), a, b->cols, to, false, NULL, NULL,
                           err));
    wr__copy_cells(b->old_cols, 0, to, b->cols, 0, to, keys);
    return wr__row_get(wr__row_copy(a, from->value), a, b->old_cols, keys, schema->n - keys, to,
                       err);
}

/* Some rows, deleted. *more: there may be others. */
static weir_status delete_some(wr_op *op, wr__table_rows *t, wr_store_iter *it, const wr_batch *of,
                               uint32_t row, bool *more, weir_error *err)
{
    wr_batch_builder *out = wr_batch_builder_new(op->ctx->scratch, op->step->schema, false, true);
    while (wr_batch_builder_rows(out) < DELETIONS_MAX) {
        wr_store_row found;
        WR_TRY(wr_store_iter_next(it, &found, more, err));
        if (!*more)
            break;
        WR_TRY(put_deletion(op, out, &found, of, row, err));
        wr_store_entry *e;
        wr_buf_clear(&t->key_bytes);
        wr_buf_str(&t->key_bytes, found.key);
        WR_TRY(wr_kv_find(t->store, wr_buf_view(&t->key_bytes), &e, err));
        WR_TRY(wr_entry_set(t->store, e, NULL, of->rowtime[row], err));
    }
    return wr_op_emit(op, wr_batch_builder_finish(out), err);
}

static weir_status delete_all(wr_op *op, wr__table_rows *t, const wr_batch *of, uint32_t row,
                              weir_error *err)
{
    const wr_str open = {0};
    wr_store_iter *it;
    WR_TRY(wr_kv_scan(t->store, open, open, false, &it, err));
    weir_status st = WEIR_OK;
    for (bool more = true; more && st == WEIR_OK;) {
        st = delete_some(op, t, it, of, row, &more, err);
        if (st == WEIR_OK)
            st = wr__reset_scratch(op->ctx, err);
    }
    wr_store_iter_free(it);
    return st;
}

/* The task's scratch has the feed at hand: the deletions have an arena of their own meanwhile. */
weir_status wr__table_truncate(wr_op *op, wr__table_rows *t, const wr_batch *of, uint32_t row,
                               weir_error *err)
{
    wr_arena *scratch = op->ctx->scratch, *own = wr_arena_new(0);
    WR_ASSERT(op->step->table && t->store && !of->window_start);
    op->ctx->scratch = own;
    weir_status st = delete_all(op, t, of, row, err);
    op->ctx->scratch = scratch;
    wr_arena_free(own);
    return st;
}
