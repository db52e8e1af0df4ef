/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collect: rows to a client (push and pull queries). The runtime counts LIMIT and encodes.
 */
#include "engine/operators/op.h"

static weir_status collect_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)op;
    (void)ctx;
    (void)err;
    return WEIR_OK;
}

static weir_status collect_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    WR_ASSERT(op->ctx->collect && in->sel.n <= in->rows);
    (void)input;
    op->rows_out += in->sel.n;
    return op->ctx->collect(op->ctx, in, err);
}

const wr_op_class wr__collect_class = {
    .name = "Collect",
    .state_size = 1,
    .open = collect_open,
    .process = collect_process,
    .leaves = true,
};
