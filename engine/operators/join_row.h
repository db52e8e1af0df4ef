/* SPDX-License-Identifier: Apache-2.0 */
/*
 * join_row.h - joined rows: their keys, their values from either side, and pairs of a batch's rows
 * with stored ones, made a column at a time.
 */
#ifndef WR_ENGINE_OPERATORS_JOIN_ROW_H
#define WR_ENGINE_OPERATORS_JOIN_ROW_H

#include "engine/operators/group.h"

/** New joined row for row @p i of @p in: key, times, window; all values NULL. */
uint32_t wr__join_row(const wr_op *op, wr_batch_builder *out, const wr_batch *in, uint32_t i);
/** Values of side @p input into row @p to: from row @p i of @p from (the side's columns). */
void wr__join_values(const wr_op *op, int input, wr_vec *cols, uint32_t to, const wr_vec *from,
                     uint32_t i);
/** The same from stored bytes, which must outlive the batch. */
weir_status wr__join_stored(const wr_op *op, int input, wr_vec *cols, uint32_t to, wr_str row,
                            weir_error *err) WR_MUST_CHECK;
/** Store keys of the selected rows (with the window, where keys are windowed); bytes in @p buf. */
void wr__join_keys(wr__groups *g, wr_buf *buf, const wr_op *op, int input, const wr_batch *in,
                   wr_sel sel);
/** The same of one row, and its stored row, in @p buf. */
wr_str wr__join_key(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i);
wr_str wr__join_stored_row(wr_buf *buf, const wr_op *op, int input, const wr_batch *in, uint32_t i);

/**
 * Joined rows to be: row[k] of the batch with stored[k], bytes in a store that is not changed until
 * wr__join_emit (ptr NULL: no partner). Zeroed to begin with; memory is scratch.
 */
typedef struct wr__join_pairs {
    uint32_t *row;
    wr_str *stored;
    int64_t *time; /* of the joined row */
    uint32_t n, cap;
} wr__join_pairs;
#define WR__JOIN_PAIRS WR_BATCH_ROWS_DEFAULT /* enough for a batch */
void wr__join_pair(wr__join_pairs *p, wr_arena *a, uint32_t i, wr_str stored, int64_t time);
/** Emit them as one batch, if there are any; @p in came in on @p input. Empties @p p. */
weir_status wr__join_emit(wr_op *op, int input, const wr_batch *in, wr__join_pairs *p,
                          weir_error *err) WR_MUST_CHECK;

#endif
