/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_rows.h - small surgery on batches, which shares all that it does not change.
 */
#ifndef WR_ENGINE_OPERATORS_BATCH_ROWS_H
#define WR_ENGINE_OPERATORS_BATCH_ROWS_H

#include "types/batch.h"

/** Rows of b->sel that have all flags of @p mask. */
wr_sel wr__sel_with(const wr_batch *b, uint8_t mask, wr_arena *a);
/** Do all selected rows have @p mask? */
bool wr__all_have(const wr_batch *b, uint8_t mask);
/** Shallow copy of @p b under another schema, columns to be filled in by the caller. */
wr_batch *wr__batch_like(const wr_batch *b, const wr_schema *schema, wr_arena *a);
/** @p v with NULL in the selected rows that lack a flag of @p mask. Others are shared. */
wr_vec wr__vec_null_where(const wr_vec *v, const wr_batch *b, uint8_t mask, wr_arena *a);

/** cols[to_first + k] row @p to := from[from_first + k] row @p i, for k < n. */
void wr__copy_cells(wr_vec *to, uint32_t to_first, uint32_t to_row, const wr_vec *from,
                    uint32_t from_first, uint32_t from_row, uint32_t n);

#endif
