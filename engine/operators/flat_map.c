/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamFlatMap: table functions (EXPLODE ...). Each ARRAY expression gives a column; a row becomes
 * as many rows as its longest array has items, shorter ones padded with NULL; no items, no row.
 * Records without value give nothing. Columns, times and headers of the input are repeated.
 */
#include "engine/operators/internal.h"

typedef struct flat_map_state {
    wr_evaluator *ev;
} flat_map_state;

static weir_status flat_map_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    (void)err;
    flat_map_state *s = op->state;
    s->ev = wr__op_evaluator(op, op->step->u.flat_map.arrays, op->step->u.flat_map.n);
    return WEIR_OK;
}

static void flat_map_close(wr_op *op)
{
    flat_map_state *s = op->state;
    if (s->ev)
        wr_evaluator_close(s->ev);
}

static uint32_t items(const wr_vec *v, uint32_t i)
{
    return wr_vec_is_null(v, i) ? 0 : v->u.nest[i & v->mask]->n;
}

/* For each output row the input row it comes from and its place in the arrays. */
typedef struct expansion {
    uint32_t *row, *item, n;
} expansion;

static expansion expand(wr_op *op, const wr_vec *const *arrays, uint32_t arrays_n, wr_sel sel)
{
    wr_arena *a = op->ctx->scratch;
    uint64_t total = 0;
    WR_FOREACH_SEL (i, sel) {
        uint32_t longest = 0;
        for (uint32_t k = 0; k < arrays_n; k++)
            longest = WR_MAX(longest, items(arrays[k], i));
        total += longest;
    }
    WR_ASSERT(total <= UINT32_MAX / 2);
    expansion x = {WR_NEW_N(a, uint32_t, total), WR_NEW_N(a, uint32_t, total), 0};
    WR_FOREACH_SEL (i, sel) {
        uint32_t longest = 0;
        for (uint32_t k = 0; k < arrays_n; k++)
            longest = WR_MAX(longest, items(arrays[k], i));
        for (uint32_t j = 0; j < longest; j++) {
            x.row[x.n] = i;
            x.item[x.n++] = j;
        }
    }
    return x;
}

static void repeat_meta(wr_batch *out, const wr_batch *in, const expansion *x, wr_arena *a)
{
    wr_headers *headers = in->headers ? WR_NEW_N(a, wr_headers, x->n) : NULL;
    for (uint32_t r = 0; r < x->n; r++) {
        uint32_t i = x->row[r];
        out->flags[r] = in->flags[i];
        out->rowtime[r] = in->rowtime[i];
        out->partition[r] = in->partition[i];
        out->offset[r] = in->offset[i];
        if (in->window_start) {
            out->window_start[r] = in->window_start[i];
            out->window_end[r] = in->window_end[i];
        }
        if (headers)
            headers[r] = in->headers[i];
    }
    out->headers = headers;
}

static weir_status flat_map_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    flat_map_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t arrays_n = op->step->u.flat_map.n;
    uint32_t in_cols = op->step->in[0]->schema->n;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    const wr_vec **arrays = WR_NEW_N(a, const wr_vec *, arrays_n);
    wr_sel sel = wr__sel_with(in, WR_ROW_HAS_NEW, a);
    wr_evaluator_run(s->ev, in, NULL, sel, &ec, arrays);

    expansion x = expand(op, arrays, arrays_n, sel);
    wr_batch *out = wr_batch_new(a, op->step->schema, x.n, in->window_start != NULL, false);
    repeat_meta(out, in, &x, a);
    for (uint32_t c = 0; c < in_cols; c++)
        wr_vec_gather(&out->cols[c], &in->cols[c], (wr_sel){x.n, x.row}, a);
    for (uint32_t k = 0; k < arrays_n; k++) {
        wr_vec *to = &out->cols[in_cols + k];
        for (uint32_t r = 0; r < x.n; r++) {
            bool there = x.item[r] < items(arrays[k], x.row[r]);
            const wr_vec *v = arrays[k];
            wr_value value =
                there ? v->u.nest[x.row[r] & v->mask]->items[x.item[r]] : WR_VALUE_NULL;
            wr_vec_set(to, r, &value);
        }
    }
    return wr_op_emit(op, out, err);
}

const wr_op_class wr__flat_map_class = {
    .name = "FlatMap",
    .state_size = sizeof(flat_map_state),
    .open = flat_map_open,
    .process = flat_map_process,
    .close = flat_map_close,
};
