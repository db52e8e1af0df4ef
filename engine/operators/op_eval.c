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
