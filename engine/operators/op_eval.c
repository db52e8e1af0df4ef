/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions in operators. A failing expression gives NULL and a report: to the task, under the
 * step whose expression it is, with the row of the batch at hand. Evaluators live as long as the
 * task and keep nothing of a batch.
 */
#include "engine/operators/op_eval.h"

#include <stdarg.h>
#include <stdio.h>

static void report_row(wr_row_errors *self, uint32_t row, const char *message)
{
    wr__op_errors *e = (wr__op_errors *)self;
    wr_task_ctx *ctx = e->op->ctx;
    if (ctx->row_error)
        ctx->row_error(ctx, e->step, e->batch, row, message);
}

void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch)
{
    memset(e, 0, sizeof *e);
    e->base.report = report_row;
    e->op = op;
    e->step = op->step;
    e->batch = batch;
}

void wr__op_row_error(wr_op *op, const wr_batch *batch, uint32_t row, const char *fmt, ...)
{
    if (!op->ctx->row_error)
        return;
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    op->ctx->row_error(op->ctx, op->step, batch, row, message);
}

bool wr__op_too_large(const wr_op *op, wr_str key, wr_str value, const wr_headers *headers,
                      uint32_t row, wr_row_errors *errs)
{
    size_t bytes = (size_t)key.len + value.len, most = op->ctx->record_max;
    for (uint32_t k = 0; headers && k < headers->n; k++)
        bytes += (size_t)headers->h[k].key.len + headers->h[k].value.len;
    if (WR_LIKELY(most == 0 || bytes <= most))
        return false;
    wr_row_error(errs, row, "The record would have %zu bytes; the most is %zu", bytes, most);
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

weir_status wr__op_unwritten(wr_op *op, const wr_row_errors *errs, uint32_t dropped,
                             weir_error *err)
{
    WR_ASSERT((dropped == 0) == (errs->count == 0));
    if (WR_LIKELY(dropped == 0))
        return WEIR_OK;
    op->dropped_rows += dropped;
    return op->ctx->plan->fail_on_production_error
               ? wr_error(err, WEIR_ERR_RECORD, "%s", errs->first)
               : WEIR_OK;
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
