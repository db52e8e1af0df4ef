/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StreamFilter and TableFilter: WHERE and HAVING.
 *
 * Stream: rows without value are dropped whatever the condition; the others make a selection.
 * Table: the condition is asked of the new and of the old row. Passes now: a change, with the old
 * row only if that passed too. Passed before, not now: a tombstone. Neither: nothing.
 * A stream's filter after a source has nothing left to do where the plan lets the source apply the
 * condition (push_down.c): then rows pass as they come.
 *
 * A table whose changes come without old rows cannot know the last two apart; then a row that does
 * not pass is a tombstone.
 *
 * A row that does not pass since the condition failed is reported as left out; one that passes all
 * the same (`a / 0 > 1 OR TRUE`) as one that stays. Where such a row ends the query, the rows
 * before it are handed on first.
 */
#include "engine/operators/batch_rows.h"
#include "engine/operators/op_eval.h"

typedef struct filter_state {
    wr_evaluator *ev; /* NULL: the source has applied the condition */
} filter_state;

static weir_status filter_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)ctx;
    (void)err;
    filter_state *s = op->state;
    const wr_step *in = op->step->in[0];
    if (in->kind != WR_STEP_SOURCE || in->u.source.filter != op->step)
        s->ev = wr__op_evaluator(op, &(wr_expr *){op->step->u.filter}, 1);
    WR_ASSERT(s->ev || !op->step->table);
    return WEIR_OK;
}

static void filter_close(wr_op *op)
{
    filter_state *s = op->state;
    if (s->ev)
        wr_evaluator_close(s->ev);
}

static void mark(uint8_t *flags, wr_sel sel, uint8_t flag)
{
    WR_FOREACH_SEL (i, sel)
        flags[i] |= flag;
}

static weir_status process_table(wr_op *op, const wr_batch *in, weir_error *err)
{
    filter_state *s = op->state;
    wr_arena *a = op->ctx->scratch;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    bool knows_old = op->step->in[0]->needs_old;

    uint8_t *flags = WR_NEW_N(a, uint8_t, in->rows);
    wr_sel now = wr__sel_with(in, WR_ROW_HAS_NEW, a);
    errs.keeps = true;
    wr_sel passed = wr_evaluator_filter(s->ev, in, NULL, now, &ec);
    const wr_error_policy *policy = &op->ctx->plan->computing;
    const wr__kept_error *stop = wr__op_errors_report(&errs, policy, &passed);
    mark(flags, passed, WR_ROW_HAS_NEW);
    if (in->old_cols) {
        errs.keeps = false; /* what is wrong with the row before was reported when it came */
        wr_sel before = wr__sel_with(in, WR_ROW_HAS_OLD, a);
        mark(flags, wr_evaluator_filter(s->ev, in, in->old_cols, before, &ec), WR_ROW_HAS_OLD);
    }
    WR_ASSERT(!in->old_cols || knows_old);
    uint32_t *rows = WR_NEW_N(a, uint32_t, in->sel.n), n = 0;
    WR_FOREACH_SEL (i, in->sel) {
        if (stop && i >= stop->row)
            break;
        if (knows_old && !(flags[i] & (WR_ROW_HAS_NEW | WR_ROW_HAS_OLD)))
            continue;
        flags[i] |= in->flags[i] & WR_ROW_NULL_KEY;
        rows[n++] = i;
    }
    wr_batch *out = wr_arena_memdup(a, in, sizeof *in);
    out->schema = op->step->schema;
    out->flags = flags;
    out->sel = (wr_sel){n, rows};
    if (!wr__all_have(out, WR_ROW_HAS_NEW)) {
        const wr_schema *schema = op->step->schema;
        out->cols = wr_arena_memdup(a, in->cols, schema->n * sizeof(wr_vec));
        for (uint32_t c = schema->keys_n; c < schema->n; c++)
            out->cols[c] = wr__vec_null_where(&in->cols[c], out, WR_ROW_HAS_NEW, a);
    }
    WR_TRY(wr_op_emit(op, out, err));
    return stop ? wr__op_stop(&errs, policy, stop, err) : WEIR_OK;
}

static weir_status filter_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)input;
    filter_state *s = op->state;
    if (!s->ev)
        return wr_op_emit(op, in, err);
    if (op->step->table)
        return process_table(op, in, err);
    wr_arena *a = op->ctx->scratch;
    wr__op_errors errs;
    wr__op_errors_init(&errs, op, in);
    wr_eval_ctx ec = wr__op_eval_ctx(op, &errs);
    wr_batch *out = wr_arena_memdup(a, in, sizeof *in);
    out->schema = op->step->schema;
    errs.keeps = true;
    out->sel = wr_evaluator_filter(s->ev, in, NULL, wr__sel_with(in, WR_ROW_HAS_NEW, a), &ec);
    const wr_error_policy *policy = &op->ctx->plan->computing;
    const wr__kept_error *stop = wr__op_errors_report(&errs, policy, &out->sel);
    WR_TRY(wr_op_emit(op, out, err));
    return stop ? wr__op_stop(&errs, policy, stop, err) : WEIR_OK;
}

const wr_op_class wr__filter_class = {
    .name = "Filter",
    .state_size = sizeof(filter_state),
    .open = filter_open,
    .process = filter_process,
    .close = filter_close,
};
