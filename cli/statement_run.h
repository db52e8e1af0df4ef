/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement_run.h - runs SQL text, statement by statement, and shows results and errors. The
 * prompt, -e, -f, pipes and RUN SCRIPT all end up here.
 */
#ifndef CLI_STATEMENT_RUN_H
#define CLI_STATEMENT_RUN_H

#include "view.h"
#include "weir.h"

#define CLI_SCRIPT_DEPTH_MAX 16 /* of RUN SCRIPT in scripts */

typedef struct cli_session {
    weir *w;
    cli_view view;
    int64_t query_timeout_ms; /* stop a push query or PRINT after that time; 0: never */
    int64_t query_row_limit;  /* and after so many rows; 0: no limit */
    int script_depth;
} cli_session;

/** Where a text comes from, for messages. */
typedef struct cli_origin {
    const char *name; /* file, "-e", "stdin"; NULL: typed at the prompt */
    int line;         /* number of the text's first line, from 1 */
} cli_origin;

/**
 * Run all statements of @p text; stop at the first that fails, or when a signal asks to.
 * At the prompt an interrupted query is no failure.
 * @return CLI_OK, CLI_FAILED, or 128 + the signal's number.
 */
int cli_session_run(cli_session *s, const char *text, cli_origin origin);
/** Run a file. */
int cli_session_script(cli_session *s, const char *path);
/** The first byte of @p sql that is neither blank nor comment. */
const char *cli_skip_comments(const char *sql);

#endif
