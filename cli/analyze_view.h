/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analyze_view.h - EXPLAIN ANALYZE for people: the tree of operators, aligned, in units one can
 * read. The rows and their columns are documented in docs/sql-reference.md.
 */
#ifndef CLI_ANALYZE_VIEW_H
#define CLI_ANALYZE_VIEW_H

#include "table_view.h"
#include "view.h"
#include "weir.h"

/** Set up @p t: its columns, its titles. */
void cli_analyze_header(cli_table *t);
/** Add the row that weir_step has just made ready. */
void cli_analyze_row(weir_stmt *stmt, cli_table *t);
/** EXPLAIN ANALYZE of all persistent queries, one below the other; also while the program ends. */
void cli_analyze_all(weir *w, cli_view *view);

#endif
