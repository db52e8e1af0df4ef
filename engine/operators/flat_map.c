/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamFlatMap: table functions (EXPLODE ...). Each ARRAY expression gives a column; a row becomes
 * as many rows as its longest array has items, shorter ones padded with NULL; no items, no row.
 * Records without value give nothing. Columns, times and headers of the input are repeated.
 *
 * A batch of long arrays can become any number of rows: the output goes out in pieces.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"

#define PIECE_ROWS 65536u

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

/* A piece of the output: for each of its rows the input row it comes from and its place in the
 * arrays. */
typedef struct expansion {
    uint32_t *row, *item, n;
} expansion;

/* Where the next piece begins. */
typedef struct position {
    uint32_t k;    /* place in the selection */
    uint32_t item; /* of that row */
} position;

static uint32_t longest_array(const wr_vec *const *arrays, uint32_t arrays_n, uint32_t i)
{
    uint32_t longest = 0;
    for (uint32_t k = 0; k < arrays_n; k++)
        longest = WR_MAX(longest, items(arrays[k], i));
    return longest;
}

/* Room for a piece: all rows that there will be, or PIECE_ROWS of them. */
static expansion new_expansion(const wr_vec *const *arrays, uint32_t arrays_n, wr_sel sel,
                               wr_arena *a)
{
    uint64_t total = 0;
    WR_FOREACH_SEL (i, sel)
        total += longest_array(arrays, arrays_n, i);
    size_t room = (size_t)WR_MIN(total, (uint64_t)PIECE_ROWS);
    return (expansion){WR_NEW_N(a, uint32_t, room), WR_NEW_N(a, uint32_t, room), 0};
}

/* The next rows, at most PIECE_ROWS. @return false: there are none left. */
static bool expand(const wr_vec *const *arrays, uint32_t arrays_n, wr_sel sel, position *at,
                   expansion *x)
{
    x->n = 0;
    for (; at->k < sel.n; at->k++, at->item = 0) {
        uint32_t i = wr_sel_row(sel, at->k), longest = longest_array(arrays, arrays_n, i);
        for (; at->item < longest; at->item++) {
            if (x->n == PIECE_ROWS)
                return true;
            x->row[x->n] = i;
            x->item[x->n++] = at->item;
        }
    }
    return x->n > 0;
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

static wr_batch *make_piece(const wr_op *op, const wr_batch *in, const wr_vec *const *arrays,
                            const expansion *x)
{
    wr_arena *a = op->ctx->scratch;
    uint32_t in_cols = op->step->in[0]->schema->n, arrays_n = op->step->u.flat_map.n;
    WR_ASSERT(x->n > 0 && x->n <= PIECE_ROWS);
    WR_ASSERT(op->step->schema->n == in_cols + arrays_n);
    wr_batch *out = wr_batch_new(a, op->step->schema, x->n, in->window_start != NULL, false);
    repeat_meta(out, in, x, a);
    for (uint32_t c = 0; c < in_cols; c++)
        wr_vec_gather(&out->cols[c], &in->cols[c], (wr_sel){x->n, x->row}, a);
    for (uint32_t k = 0; k < arrays_n; k++) {
        wr_vec *to = &out->cols[in_cols + k];
        for (uint32_t r = 0; r < x->n; r++) {
            bool there = x->item[r] < items(arrays[k], x->row[r]);
            const wr_vec *v = arrays[k];
            wr_value value =
                there ? v->u.nest[x->row[r] & v->mask]->items[x->item[r]] : WR_VALUE_NULL;
            wr_vec_set(to, r, &value);
        }
    }
    return out;
}

static weir_status flat_map_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    flat_map_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    uint32_t arrays_n = op->step->u.flat_map.n;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    const wr_vec **arrays = WR_NEW_N(a, const wr_vec *, arrays_n);
    wr_sel sel = wr__sel_with(in, WR_ROW_HAS_NEW, a);
    wr_evaluator_run(s->ev, in, NULL, sel, &ec, arrays);
    position at = {0};
    expansion x = new_expansion(arrays, arrays_n, sel, a);
    while (expand(arrays, arrays_n, sel, &at, &x))
        WR_TRY(wr_op_emit(op, make_piece(op, in, arrays, &x), err));
    return WEIR_OK;
}

const wr_op_class wr__flat_map_class = {
    .name = "FlatMap",
    .state_size = sizeof(flat_map_state),
    .open = flat_map_open,
    .process = flat_map_process,
    .close = flat_map_close,
};
