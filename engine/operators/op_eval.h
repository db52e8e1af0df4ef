/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_eval.h - expressions in operators: evaluators for the life of a task, and where errors of
 * rows go.
 */
#ifndef WR_ENGINE_OPERATORS_OP_EVAL_H
#define WR_ENGINE_OPERATORS_OP_EVAL_H

#include "engine/operators/op.h"

/** An error of a row that is kept until it is known what becomes of the row. In scratch. */
typedef struct wr__kept_error {
    uint32_t row;
    wr_row_fault_reason reason;
    const char *message;
} wr__kept_error;

/**
 * Turns errors of kernels and formats into ctx->row_error of one operator and batch: at once, as
 * rows that stay; or, where `keeps` is set, when wr__op_errors_report says what became of the rows.
 */
typedef struct wr__op_errors {
    wr_row_errors base;
    wr_op *op;
    const wr_step *step; /* whose errors they are: the operator's own, unless it is changed */
    const wr_batch *batch;
    wr_row_fault_reason reason; /* of what is reported next; EXPRESSION unless it is changed */
    bool keeps;
    wr_arr(wr__kept_error) kept;
} wr__op_errors;
void wr__op_errors_init(wr__op_errors *e, wr_op *op, const wr_batch *batch);
/**
 * Report what was kept. Rows of @p sel go on; those of errors that are not in it (all of them where
 * @p sel is NULL) are left out, each once, whatever else was reported of them.
 * @return NULL; or, where @p policy is to stop, the error of the first row that does not go on. It
 *         is not reported yet, nor what comes after its row, and @p sel ends before it: once the
 *         rows of @p sel are emitted, wr__op_stop.
 */
const wr__kept_error *wr__op_errors_report(wr__op_errors *e, const wr_error_policy *policy,
                                           wr_sel *sel) WR_MUST_CHECK;
/** By row of the batch: is an error of it kept? NULL: there are none. In scratch. */
const uint8_t *wr__op_errors_rows(const wr__op_errors *e);
/** Report that the query ends at this row. @return WEIR_ERR_RECORD */
weir_status wr__op_stop(const wr__op_errors *e, const wr_error_policy *policy,
                        const wr__kept_error *why, weir_error *err);
/** Of one row. */
void wr__op_row_fault(wr_op *op, const wr_batch *batch, uint32_t row, const wr_row_fault *fault);
/**
 * @p dropped rows could not be written, for what was kept in @p errs: they are counted. Where
 * failures of producing stop the query, it ends with the first such row.
 */
weir_status wr__op_unwritten(wr_op *op, wr__op_errors *errs, uint32_t dropped,
                             weir_error *err) WR_MUST_CHECK;
/** Reported to @p errs where row @p row would make a record that is too large to be written. */
bool wr__op_too_large(const wr_op *op, wr_str key, wr_str value, const wr_headers *headers,
                      uint32_t row, wr__op_errors *errs);
/** A line of the log about row @p row; no error. */
void wr__op_note(wr_op *op, const wr_batch *batch, uint32_t row, const char *message);
/** Row @p row has no key to be grouped by: dropped, counted, told to the log; no error. */
void wr__op_no_key(wr_op *op, const wr_batch *batch, uint32_t row, const char *message);
wr_eval_ctx wr__op_eval_ctx(const wr_op *op, wr__op_errors *errs);
wr_evaluator *wr__op_evaluator(const wr_op *op, wr_expr *const *exprs, uint32_t n);

#endif
