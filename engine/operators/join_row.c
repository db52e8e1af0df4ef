/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the joins share: a joined row is the key, the left input's values, the right input's values;
 * a side that is missing reads as NULL. A side is a place in a batch, or a stored row decoded into
 * a batch of its own.
 */
#include "engine/operators/internal.h"

static uint32_t values_n(const wr_schema *schema)
{
    return schema->n - schema->keys_n;
}

void wr__join_values(const wr_op *op, int input, wr_vec *cols, uint32_t to, const wr_vec *from,
                     uint32_t i)
{
    const wr_schema *left = op->step->in[0]->schema;
    const wr_schema *side = op->step->in[input]->schema;
    uint32_t first = op->step->schema->keys_n + (input ? values_n(left) : 0);
    wr__copy_cells(cols, first, to, from, side->keys_n, i, values_n(side));
}

weir_status wr__join_stored(const wr_op *op, int input, wr_vec *cols, uint32_t to, wr_str row,
                            weir_error *err)
{
    const wr_schema *left = op->step->in[0]->schema;
    const wr_schema *side = op->step->in[input]->schema;
    uint32_t first = op->step->schema->keys_n + (input ? values_n(left) : 0);
    return wr__row_get(row, op->ctx->scratch, cols, first, values_n(side), to, err);
}

uint32_t wr__join_row(const wr_op *op, wr_batch_builder *out, const wr_batch *in, uint32_t i)
{
    uint32_t to = wr_batch_builder_row(out), keys = op->step->schema->keys_n;
    wr_batch_builder_meta(out, to, in, i);
    wr_batch *b = wr_batch_builder_batch(out);
    b->flags[to] = WR_ROW_HAS_NEW | (in->flags[i] & WR_ROW_NULL_KEY);
    wr__copy_cells(b->cols, 0, to, in->cols, 0, i, keys);
    if (b->old_cols)
        wr__copy_cells(b->old_cols, 0, to, in->cols, 0, i, keys);
    if (b->window_start && in->window_start) {
        b->window_start[to] = in->window_start[i];
        b->window_end[to] = in->window_end[i];
    }
    return to;
}

wr_str wr__join_key(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i)
{
    wr_buf_clear(buf);
    wr__rowkey_of(buf, op->step->in[input]->schema, in->cols, in, i);
    return buf->ptr ? wr_buf_view(buf) : (wr_str){"", 0};
}

wr_str wr__join_stored_row(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i)
{
    const wr_schema *side = op->step->in[input]->schema;
    wr_buf_clear(buf);
    wr__row_put(buf, in->rowtime[i], in->cols, side->keys_n, values_n(side), i);
    return wr_buf_view(buf);
}
