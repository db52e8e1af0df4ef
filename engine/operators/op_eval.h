/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_eval.h - expressions in operators: evaluators for the life of a task, and where errors of
 * rows go.
 */
#ifndef WR_ENGINE_OPERATORS_OP_EVAL_H
#define WR_ENGINE_OPERATORS_OP_EVAL_H

#include "engine/operators/op.h"

/** Turns errors of kernels and formats into ctx->row_error of one operator and batch. */
typedef struct wr__op_errors {
    wr_row_errors base;
    wr_op *op;
    const wr_step *step; /* whose errors they are: the operator's own, unless it is changed */
    const wr_batch *batch;
} wr__op_errors;
void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch);
void wr__op_row_error(wr_op *op, const wr_batch *batch, uint32_t row, const char *fmt, ...)
    WR_PRINTF(4, 5);
/**
 * @p dropped rows could not be written, for what was reported to @p errs: they are counted. With
 * ksql.fail.on.production.error the query ends, with the first that was reported.
 */
weir_status wr__op_unwritten(wr_op *op, const wr_row_errors *errs, uint32_t dropped,
                             weir_error *err) WR_MUST_CHECK;
/** Reported to @p errs where row @p row would make a record that is too large to be written. */
bool wr__op_too_large(const wr_op *op, wr_str key, wr_str value, const wr_headers *headers,
                      uint32_t row, wr_row_errors *errs);
/** A line of the log about row @p row; no error. */
void wr__op_note(wr_op *op, const wr_batch *batch, uint32_t row, const char *message);
/** Row @p row has no key to be grouped by: dropped, counted, told to the log; no error. */
void wr__op_no_key(wr_op *op, const wr_batch *batch, uint32_t row, const char *message);
wr_eval_ctx wr__op_eval_ctx(const wr_op *op, wr__op_errors *errs);
wr_evaluator *wr__op_evaluator(const wr_op *op, wr_expr *const *exprs, uint32_t n);

#endif
