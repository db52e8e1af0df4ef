/* SPDX-License-Identifier: Apache-2.0 */
/* plan_view.h - EXPLAIN as text: what is explained, then the steps of its plan as a tree. */
#ifndef CLI_PLAN_VIEW_H
#define CLI_PLAN_VIEW_H

#include "screen_text.h"
#include "weir.h"

/** Append what the plan is of. Once there is a row, or the end. */
void cli_plan_heading(weir_stmt *stmt, cli_text *out);
/** The same, with the title of the plan where there is one. */
void cli_plan_begin(weir_stmt *stmt, cli_text *out);
/** Append the step that weir_step has just made ready. */
void cli_plan_row(weir_stmt *stmt, cli_text *out);
/** Append what stands below the plan; nothing where there is none. */
void cli_plan_end(weir_stmt *stmt, cli_text *out);

#endif
