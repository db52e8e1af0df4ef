/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement_help.h - what each statement is for, its syntax and an example: `help SELECT`.
 */
#ifndef CLI_STATEMENT_HELP_H
#define CLI_STATEMENT_HELP_H

#include "screen_text.h"

/**
 * Help on the statements that @p name begins, in any case: all about a single one (or one of just
 * that name), a line for each of several.
 * @return false: there is none, and nothing was added.
 */
bool cli_statement_help(const char *name, cli_text *out);
/** A line for each statement. */
void cli_statement_list(cli_text *out);
/** Example number @p index, a whole statement or several; NULL past the end. For tests. */
const char *cli_statement_example(size_t index);

#endif
