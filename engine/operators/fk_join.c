/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ForeignKeyTableTableJoin: not built yet. It needs two hops (Traps, 8): subscriptions to the right
 * table's partition and answers back; a short cut on one machine would be wrong on two.
 */
#include "engine/operators/internal.h"

static weir_status fk_open(wr_op *op, wr_task_ctx *ctx, weir_error *err)
{
    (void)op;
    (void)ctx;
    return wr_error(err, WEIR_ERR_UNSUPPORTED,
                    "foreign-key table-table joins are not supported yet");
}

static weir_status fk_process(wr_op *op, int input, const wr_batch *in, weir_error *err)
{
    (void)op;
    (void)input;
    (void)in;
    (void)err;
    WR_UNREACHABLE(); /* never opened */
}

const wr_op_class wr__fk_join_class = {
    .name = "ForeignKeyTableTableJoin",
    .state_size = 1,
    .open = fk_open,
    .process = fk_process,
};
