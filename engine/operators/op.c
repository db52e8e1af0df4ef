/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing a batch to the next operator, with the counters that metrics and EXPLAIN ANALYZE show.
 */
#include "engine/operators/internal.h"

weir_status wr_op_emit(wr_op *op, const wr_batch *batch, weir_error *err)
{
    if (batch->sel.n == 0)
        return WEIR_OK;
    op->rows_out += batch->sel.n;
    wr_op *next = op->next;
    if (!next)
        return WEIR_OK;
    next->rows_in += batch->sel.n;
    next->batches++;
    return next->cls->process(next, op->next_input, batch, err);
}
