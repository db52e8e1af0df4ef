/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result_view.h - shows what a statement gives, in the view's format.
 *
 *     cli_result r; cli_result_begin(&r, view, stmt);
 *     for each WEIR_ROW: cli_result_row(&r);
 *     cli_result_end(&r, message);
 */
#ifndef CLI_RESULT_VIEW_H
#define CLI_RESULT_VIEW_H

#include "table_view.h"
#include "view.h"
#include "weir.h"

typedef struct cli_result {
    cli_view *view;
    weir_stmt *stmt; /* borrowed */
    weir_stmt_kind kind;
    bool begun;      /* a header has been written */
    int *widths;     /* of framed rows; NULL until they are decided */
    cli_list held;   /* cells of framed rows that wait for that; owned copies */
    int64_t held_ms; /* since when the first of them waits */
    cli_table table; /* TABLE and ANALYZE: the rows so far; their widths are known at the end */
    cli_text text;   /* scratch for one row */
} cli_result;

void cli_result_begin(cli_result *r, cli_view *view, weir_stmt *stmt);
/** Header of a query's rows, and the rows that have been held back: the next one will be a while.
 *  How wide framed columns are is decided by what has come until now. */
void cli_result_header(cli_result *r);
/** The row that weir_step has just made ready. */
void cli_result_row(cli_result *r);
/** @param message  what to say at the end; "" for nothing. */
void cli_result_end(cli_result *r, const char *message);
/** Instead of the end: the statement has failed, and the error says all there is to say. */
void cli_result_abort(cli_result *r);
/** A text of the program itself, in the view's format. */
void cli_result_message(cli_view *view, const char *message);

#endif
