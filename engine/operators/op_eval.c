/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions in operators. A failing expression gives NULL and a report: to the task, under the
 * step whose expression it is, with the row of the batch at hand. Where the NULL may cost the row
 * (WHERE, GROUP BY) reports are kept until that is known. Evaluators live as long as the
 * task and keep nothing of a batch.
 */
#include "engine/operators/op_eval.h"

/* ------------------------------------------------------------------ errors of rows */

static void report_row(wr_row_errors *self, uint32_t row, const char *message)
{
    wr__op_errors *e = (wr__op_errors *)self;
    wr_task_ctx *ctx = e->op->ctx;
    if (e->keeps) {
        wr_arena *a = ctx->scratch;
        wr__kept_error kept = {row, e->reason, wr_arena_strdup(a, message)};
        wr_arr_push(a, &e->kept, kept);
        return;
    }
    const wr_row_fault fault = {e->reason, WR_ROW_FAULT_STAYS, &ctx->plan->computing, message};
    if (ctx->row_error)
        ctx->row_error(ctx, e->step, e->batch, row, &fault);
}

void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch)
{
    memset(e, 0, sizeof *e);
    e->base.report = report_row;
    e->op = op;
    e->step = op->step;
    e->batch = batch;
    e->reason = WR_ROW_FAULT_EXPRESSION;
}

void wr__op_row_fault(wr_op *op, const wr_batch *batch, uint32_t row, const wr_row_fault *fault)
{
    if (op->ctx->row_error)
        op->ctx->row_error(op->ctx, op->step, batch, row, fault);
}

static void report_kept(const wr__op_errors *e, const wr_error_policy *policy,
                        const wr__kept_error *k, wr_row_fault_outcome outcome)
{
    wr_task_ctx *ctx = e->op->ctx;
    const wr_row_fault fault = {k->reason, outcome, policy, k->message};
    if (ctx->row_error)
        ctx->row_error(ctx, e->step, e->batch, k->row, &fault);
}

/* The first row that does not go on; of several errors of it the first that was reported. */
static const wr__kept_error *first_lost(const wr__op_errors *e, const uint8_t *goes_on)
{
    const wr__kept_error *first = NULL;
    for (size_t k = 0; k < e->kept.n; k++)
        if (!goes_on[e->kept.v[k].row] && (!first || e->kept.v[k].row < first->row))
            first = &e->kept.v[k];
    return first;
}

static void cut_before(wr_sel *sel, uint32_t row)
{
    uint32_t n = 0;
    while (n < sel->n && wr_sel_row(*sel, n) < row)
        n++;
    sel->n = n;
}

const wr__kept_error *wr__op_errors_report(wr__op_errors *e, const wr_error_policy *policy,
                                           wr_sel *sel)
{
    enum { GOES_ON = 1, REPORTED = 2 };
    WR_ASSERT(e->keeps && (e->kept.n == 0 || e->batch));
    if (WR_LIKELY(e->kept.n == 0))
        return NULL;
    uint8_t *rows = wr_arena_calloc(e->op->ctx->scratch, e->batch->rows, 1);
    if (sel)
        WR_FOREACH_SEL (i, *sel)
            rows[i] = GOES_ON;
    const wr__kept_error *stop = policy->on_error == WR_ON_ERROR_STOP ? first_lost(e, rows) : NULL;
    for (size_t k = 0; k < e->kept.n; k++) {
        const wr__kept_error *kept = &e->kept.v[k];
        if (stop && kept->row >= stop->row)
            continue;
        report_kept(e, policy, kept, rows[kept->row] ? WR_ROW_FAULT_STAYS : WR_ROW_FAULT_LEFT_OUT);
        rows[kept->row] |= REPORTED;
    }
    if (stop && sel)
        cut_before(sel, stop->row);
    return stop;
}

const uint8_t *wr__op_errors_rows(const wr__op_errors *e)
{
    if (WR_LIKELY(e->kept.n == 0))
        return NULL;
    uint8_t *rows = wr_arena_calloc(e->op->ctx->scratch, e->batch->rows, 1);
    for (size_t k = 0; k < e->kept.n; k++)
        rows[e->kept.v[k].row] = 1;
    return rows;
}

weir_status wr__op_stop(const wr__op_errors *e, const wr_error_policy *policy,
                        const wr__kept_error *why, weir_error *err)
{
    WR_ASSERT(policy->on_error == WR_ON_ERROR_STOP);
    report_kept(e, policy, why, WR_ROW_FAULT_STOPS);
    return wr_error(err, WEIR_ERR_RECORD, "%s", why->message);
}

bool wr__op_too_large(const wr_op *op, wr_str key, wr_str value, const wr_headers *headers,
                      uint32_t row, wr__op_errors *errs)
{
    size_t bytes = (size_t)key.len + value.len, most = op->ctx->record_max;
    for (uint32_t k = 0; headers && k < headers->n; k++)
        bytes += (size_t)headers->h[k].key.len + headers->h[k].value.len;
    if (WR_LIKELY(most == 0 || bytes <= most))
        return false;
    errs->reason = WR_ROW_FAULT_SIZE;
    wr_row_error(&errs->base, row, "The record would have %zu bytes; the most is %zu", bytes, most);
    return true;
}

void wr__op_note(wr_op *op, const wr_batch *batch, uint32_t row, const char *message)
{
    if (op->ctx->row_noted)
        op->ctx->row_noted(op->ctx, op->step, batch, row, message);
}

void wr__op_no_key(wr_op *op, const wr_batch *batch, uint32_t row, const char *message)
{
    wr_op_drop(op, WR_ROW_NULL_KEY);
    wr__op_note(op, batch, row, message);
}

weir_status wr__op_unwritten(wr_op *op, wr__op_errors *errs, uint32_t dropped, weir_error *err)
{
    WR_ASSERT((dropped == 0) == (errs->base.count == 0));
    if (WR_LIKELY(dropped == 0))
        return WEIR_OK;
    op->dropped_rows += dropped;
    const wr_error_policy *policy = &op->ctx->plan->producing;
    const wr__kept_error *stop = wr__op_errors_report(errs, policy, NULL);
    return stop ? wr__op_stop(errs, policy, stop, err) : WEIR_OK;
}

wr_eval_ctx wr__op_eval_ctx(const wr_op *op, wr__op_errors *errs)
{
    const wr_task_ctx *ctx = op->ctx;
    return (wr_eval_ctx){.scratch = ctx->scratch,
                         .errs = &errs->base,
                         .wall_ms = ctx->wall_ms,
                         .rng = ctx->rng,
                         .zone = ctx->zone};
}

wr_evaluator *wr__op_evaluator(const wr_op *op, wr_expr *const *exprs, uint32_t n)
{
    wr_arena *a = op->ctx->task_arena;
    const wr_expr *const *own = wr_arena_memdup(a, exprs, n * sizeof *exprs);
    return wr_evaluator_new(own, n, a);
}
