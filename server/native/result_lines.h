/* SPDX-License-Identifier: Apache-2.0 */
/* result_lines.h - the lines of a result: native.h says how they look. */
#ifndef WR_SERVER_NATIVE_RESULT_LINES_H
#define WR_SERVER_NATIVE_RESULT_LINES_H

#include "runtime/statement/statement.h"

/** @pre executed */
void wr_native_head(wr_buf *out, const wr_exec *x);
/** The row of the last step. */
void wr_native_row(wr_buf *out, const wr_exec *x);
void wr_native_end_line(wr_buf *out, const wr_exec *x);
void wr_native_error_line(wr_buf *out, const weir_error *err);

#endif
