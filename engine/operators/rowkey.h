/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rowkey.h - keys of stores: bytes that sort as the values do.
 */
#ifndef WR_ENGINE_OPERATORS_ROWKEY_H
#define WR_ENGINE_OPERATORS_ROWKEY_H

#include "types/batch.h"

/**
 * Store keys compare bytewise as their values do (numbers, strings by UTF-16 units, bytes as
 * functions.md rule 7 says, false before true, NULL first; arrays, maps, structs and decimals in
 * some fixed order) and no key is a prefix of another: docs/design/operators.md draws the layout.
 */
void wr__rowkey_put(wr_buf *out, const wr_type *t, const wr_value *v);
/** All key columns of row @p i, then the window's bounds where the batch has them. */
void wr__rowkey_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, const wr_batch *b,
                   uint32_t i);
/** Keys of many rows, without windows, one after the other: row k's ends at ends[k] of @p out. */
void wr__rowkeys_of(wr_buf *out, const wr_schema *schema, const wr_vec *cols, wr_sel rows,
                    size_t *ends);
/** Decode one value, advance *p. @return WEIR_ERR_STORE where the bytes are damaged. */
weir_status wr__rowkey_get(const wr_type *t, const char **p, const char *end, wr_arena *a,
                           wr_value *out, weir_error *err) WR_MUST_CHECK;
/** Decode all key columns into row @p row of @p cols; window bounds (16 bytes) where @p windowed.
 */
weir_status wr__rowkey_read(const wr_schema *schema, wr_str key, wr_arena *a, wr_vec *cols,
                            uint32_t row, bool windowed, int64_t *start, int64_t *end,
                            weir_error *err) WR_MUST_CHECK;

#endif
