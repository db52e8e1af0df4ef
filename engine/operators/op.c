/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways into an operator, with the counters that metrics and EXPLAIN ANALYZE show.
 *
 * Operators push into each other, so an operator's call lasts as long as all that is behind it.
 * What is wanted is its own time: a task knows which of its operators is running, and the clock is
 * read when that changes: twice for each operator and batch, never for a row. What an operator asks
 * of the runtime (writing, stores) is its own time too; what other tasks do meanwhile is not
 * (wr__reset_scratch).
 */
#include "engine/operators/op.h"
#include "engine/operators/op_run.h"

wr_op *wr__op_switch(wr_task_ctx *ctx, wr_op *to)
{
    wr_op *from = ctx->running;
    int64_t now = ctx->clock ? ctx->clock->mono_ns(ctx->clock) : 0;
    if (from)
        from->ns += (uint64_t)(now - ctx->running_since);
    ctx->running = to;
    ctx->running_since = now;
    return from;
}

void wr_op_wrote(wr_task_ctx *ctx, uint64_t bytes)
{
    if (ctx->running)
        ctx->running->bytes_out += bytes;
}

/* @p rows: what is counted, which may be more than what is selected. */
static weir_status emit(wr_op *op, const wr_batch *batch, uint32_t rows, weir_error *err)
{
    if (rows == 0)
        return WEIR_OK;
    WR_ASSERT(batch->sel.n <= rows);
    op->rows_out += rows;
    wr_op *next = op->next;
    if (!next)
        return WEIR_OK;
    WR_ASSERT(op->next_input >= 0 && (uint32_t)op->next_input < next->step->in_n);
    next->rows_in += rows;
    next->batches++;
    wr_op *caller = wr__op_switch(op->ctx, next);
    weir_status st = next->cls->process(next, op->next_input, batch, err);
    wr__op_switch(op->ctx, caller);
    return st;
}

weir_status wr_op_emit(wr_op *op, const wr_batch *batch, weir_error *err)
{
    return emit(op, batch, batch->sel.n, err);
}

weir_status wr__op_emit_filtered(wr_op *op, const wr_batch *batch, uint32_t tested, weir_error *err)
{
    WR_ASSERT(op->next && op->next->step == op->step->u.source.filter);
    return emit(op, batch, tested, err);
}

weir_status wr__op_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err)
{
    WR_ASSERT(op->cls->feed);
    wr_op *caller = wr__op_switch(op->ctx, op);
    for (uint32_t i = 0; i < n; i++)
        op->bytes_in += records[i].key.len + records[i].value.len;
    weir_status st = op->cls->feed(op, records, n, err);
    wr__op_switch(op->ctx, caller);
    return st;
}

weir_status wr__op_take(wr_op *op, const wr_batch *batch, weir_error *err)
{
    wr_op *caller = wr__op_switch(op->ctx, op);
    WR_ASSERT(batch->schema->n == op->step->schema->n); /* its own step's, at the other end */
    weir_status st = op->cls->take(op, batch, err);
    wr__op_switch(op->ctx, caller);
    return st;
}
