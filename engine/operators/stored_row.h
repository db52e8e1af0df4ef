/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stored_row.h - rows of tables in stores: 8 bytes big-endian rowtime, then each value column in
 * the row codec.
 *
 * Stored bytes may be damaged: whoever reads them gets WEIR_ERR_STORE, never an assertion.
 */
#ifndef WR_ENGINE_OPERATORS_STORED_ROW_H
#define WR_ENGINE_OPERATORS_STORED_ROW_H

#include "types/batch.h"

void wr__row_put(wr_buf *out, int64_t rowtime, const wr_vec *cols, uint32_t first, uint32_t n,
                 uint32_t i);
/** @return WEIR_ERR_STORE where the bytes are too short for a row. */
weir_status wr__row_time(wr_str row, int64_t *ms, weir_error *err) WR_MUST_CHECK;
/** Values into row @p i of cols[first .. first+n). Strings borrow from @p row. */
weir_status wr__row_get(wr_str row, wr_arena *a, wr_vec *cols, uint32_t first, uint32_t n,
                        uint32_t i, weir_error *err) WR_MUST_CHECK;
/** Copy of bytes that a store owns: they may change before the batch is done. */
wr_str wr__row_copy(wr_arena *a, wr_str row);

#endif
