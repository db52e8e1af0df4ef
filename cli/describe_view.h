/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe_view.h - DESCRIBE as text: a heading of names and values, and a table with two columns.
 */
#ifndef CLI_DESCRIBE_VIEW_H
#define CLI_DESCRIBE_VIEW_H

#include "table_view.h"
#include "weir.h"

/** Is it a result of DESCRIBE? Once there is a row, or the end. */
bool cli_is_description(weir_stmt *stmt);
void cli_describe_header(weir_stmt *stmt, cli_table *table);
/** The row that weir_step has just made ready. */
void cli_describe_row(weir_stmt *stmt, cli_table *table);
/** Append what stands above the table. */
void cli_describe_heading(weir_stmt *stmt, cli_text *out);

#endif
