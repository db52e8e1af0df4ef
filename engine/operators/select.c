/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamSelect and TableSelect: the projection.
 *
 * Key expressions are evaluated for every row (they are references: a projection renames keys but
 * never changes them), value expressions only for rows that have a value: a record without value
 * passes as one. A table's old row is projected likewise.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"

typedef struct select_state {
    wr_evaluator *keys, *values; /* NULL: no such columns */
} select_state;

static weir_status select_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    WR_ASSERT(op->step->schema->n > 0 && op->step->u.select);
    (void)ctx;
    (void)err;
    select_state *s = op->state;
    const wr_schema *schema = op->step->schema;
    wr_expr *const *exprs = op->step->u.select;
    if (schema->keys_n)
        s->keys = wr__op_evaluator(op, exprs, schema->keys_n);
    if (schema->n > schema->keys_n)
        s->values = wr__op_evaluator(op, exprs + schema->keys_n, schema->n - schema->keys_n);
    return WEIR_OK;
}

static void select_close(wr_op *op)
{
    select_state *s = op->state;
    if (s->keys)
        wr_evaluator_close(s->keys);
    if (s->values)
        wr_evaluator_close(s->values);
}

/* Evaluate one image (new or old) of the rows into @p to. */
static void project(wr_op *op, const wr_batch *in, wr_vec *from, uint8_t mask, wr_vec *to)
{
    select_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    const wr_schema *schema = op->step->schema;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    const wr_vec **out = WR_NEW_N(a, const wr_vec *, schema->n);
    if (s->keys) {
        wr_sel sel = mask == WR_ROW_HAS_OLD ? wr__sel_with(in, mask, a) : in->sel;
        wr_evaluator_run(s->keys, in, from, sel, &ec, out);
        for (uint32_t c = 0; c < schema->keys_n; c++)
            to[c] = *out[c];
    }
    if (!s->values)
        return;
    wr_evaluator_run(s->values, in, from, wr__sel_with(in, mask, a), &ec, out);
    bool all = wr__all_have(in, mask);
    for (uint32_t c = schema->keys_n; c < schema->n; c++) {
        const wr_vec *v = out[c - schema->keys_n];
        to[c] = all ? *v : wr__vec_null_where(v, in, mask, a);
    }
}

static weir_status select_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(in->schema->n == op->step->in[0]->schema->n);
    (void)input;
    wr_batch *out = wr__batch_like(in, op->step->schema, op->ctx->scratch);
    project(op, in, NULL, WR_ROW_HAS_NEW, out->cols);
    if (in->old_cols)
        project(op, in, in->old_cols, WR_ROW_HAS_OLD, out->old_cols);
    return wr_op_emit(op, out, err);
}

const wr_op_class wr__select_class = {
    .name = "Select",
    .state_size = sizeof(select_state),
    .open = select_open,
    .process = select_process,
    .close = select_close,
};
