/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surgery on batches: selections by flags, columns under another schema, cells from row to row.
 * Nothing is copied that does not change. Memory is the arena that is given, as a rule scratch.
 */
#include "engine/operators/batch_rows.h"

wr_sel wr__sel_with(const wr_batch *b, uint8_t mask, wr_arena *a)
{
    if (wr__all_have(b, mask))
        return b->sel;
    uint32_t *rows = WR_NEW_N(a, uint32_t, b->sel.n), n = 0;
    WR_FOREACH_SEL (i, b->sel)
        if ((b->flags[i] & mask) == mask)
            rows[n++] = i;
    return (wr_sel){n, rows};
}

bool wr__all_have(const wr_batch *b, uint8_t mask)
{
    WR_FOREACH_SEL (i, b->sel)
        if ((b->flags[i] & mask) != mask)
            return false;
    return true;
}

wr_batch *wr__batch_like(const wr_batch *b, const wr_schema *schema, wr_arena *a)
{
    wr_batch *out = wr_arena_memdup(a, b, sizeof *b);
    out->schema = schema;
    out->cols = WR_NEW_N(a, wr_vec, schema->n);
    if (b->old_cols)
        out->old_cols = WR_NEW_N(a, wr_vec, schema->n);
    return out;
}

wr_vec wr__vec_null_where(const wr_vec *v, const wr_batch *b, uint8_t mask, wr_arena *a)
{
    wr_vec out;
    wr_vec_init(&out, v->type, b->rows, a);
    size_t width = wr_type_width(v->type);
    if (width)
        memset(out.u.data, 0, width * b->rows);
    if (v->mask)
        out.u.data = v->u.data;
    WR_FOREACH_SEL (i, b->sel) {
        if ((b->flags[i] & mask) != mask) {
            wr_vec_set_null(&out, i);
        } else if (v->mask) {
            out.null[i] = v->null[i];
        } else {
            wr_value value = wr_vec_get(v, i);
            wr_vec_set(&out, i, &value);
        }
    }
    out.no_nulls = false;
    out.ascii = v->ascii;
    return out;
}

void wr__copy_cells(wr_vec *to, uint32_t to_first, uint32_t to_row, const wr_vec *from,
                    uint32_t from_first, uint32_t from_row, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        wr_value v = wr_vec_get(&from[from_first + k], from_row);
        wr_vec_set(&to[to_first + k], to_row, &v);
    }
}
