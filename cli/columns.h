/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns.h - columns of a result by name, so that the library may add some.
 */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "weir.h"

/** Index of the column, or -1. */
int cli_column_find(const weir_stmt *stmt, const char *column);
/** Its value in the current row. @return false where it has none; then *out is 0. */
bool cli_column_int(const weir_stmt *stmt, const char *column, int64_t *out);
/** Its text in the current row; "" where it has no value. Valid until the next step. */
const char *cli_column_text(const weir_stmt *stmt, const char *column);
bool cli_column_is_null(const weir_stmt *stmt, const char *column);
/** The section of that name; NULL: the result has none. */
weir_stmt *cli_section(weir_stmt *stmt, const char *name);
/** The same, stepped to its next row (of one, its first); NULL where there is none. */
weir_stmt *cli_section_row(weir_stmt *stmt, const char *name);

#endif
