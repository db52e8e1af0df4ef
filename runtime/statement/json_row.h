/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_row.h - a JSON object as a row of a source (rest-api.md section 6).
 *
 * Members are columns by name: in any case, or exactly where the name is between back-quotes; the
 * last of several counts, and what is no column is left out. A member has to be of the column's
 * kind: an integer fits each wider number, a DECIMAL may also be a text, BYTES are base64, times
 * are texts; nothing else is converted.
 */
#ifndef WR_RUNTIME_STATEMENT_JSON_ROW_H
#define WR_RUNTIME_STATEMENT_JSON_ROW_H

#include "formats/format.h"

/**
 * @param out  a value for each column of @p schema, in @p a: NULL where there is no member, and for
 *             headers. Key columns must be given, and not be NULL.
 * @return WEIR_ERR_RECORD: what does not fit.
 */
weir_status wr__json_row(const wr_schema *schema, const wr_json *object, wr_arena *a, wr_value *out,
                         weir_error *err) WR_MUST_CHECK;

#endif
