/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_run.h - the ways into an operator (op.c): everybody who calls one goes through here, so that
 * rows and time are counted where they belong.
 */
#ifndef WR_ENGINE_OPERATORS_OP_RUN_H
#define WR_ENGINE_OPERATORS_OP_RUN_H

#include "engine/operators/op.h"

/**
 * The time from now on is @p to's (NULL: nobody's here); @return whose it was. Every way into an
 * operator is wr__op_switch(ctx, op), the call, and the switch back.
 */
wr_op *wr__op_switch(wr_task_ctx *ctx, wr_op *to);

/** cls->feed, timed and its bytes counted. */
weir_status wr__op_feed(wr_op *op, const wr_record *records, uint32_t n, weir_error *err);
/** cls->take, timed. */
weir_status wr__op_take(wr_op *op, const wr_batch *batch, weir_error *err);

/**
 * wr_op_emit to a filter that this source has applied itself: @p batch is what passed of @p tested
 * rows, which is what both operators count.
 */
weir_status wr__op_emit_filtered(wr_op *op, const wr_batch *batch, uint32_t tested,
                                 weir_error *err) WR_MUST_CHECK;

#endif
