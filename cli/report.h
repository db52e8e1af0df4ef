/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - errors that point into a text: where, what, the line with a caret, and a hint.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "options.h"
#include "statement_run.h"

/**
 * @param err   position relative to @p text + @p base.
 * @param text  all of the text that @p origin names.
 * Form: "file.sql:3:8: message", or "line 3:8: message" at the prompt.
 */
void cli_report_text(const weir_error *err, const char *text, size_t base, cli_origin origin,
                     cli_text *out);
/** Show an error that names one of @p files ("FILE:LINE:COLUMN: ..."), or none. @return CLI_FAILED.
 */
int cli_report_files(weir_error *err, const cli_list *files);
/** Append a line and the caret below it, as weir_caret makes them, cut to @p width columns with
 *  "..." where the line is longer, so that a terminal does not move the caret away from its place.
 */
void cli_fit_caret(const char *line_and_caret, int width, cli_text *out);

#endif
