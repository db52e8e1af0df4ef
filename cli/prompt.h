/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompt.h - statements line by line: from a person, or from a pipe.
 *
 * commands.c has the commands that are no statements (help, output, history ...), prompt.c reads
 * lines and decides which is which.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "editor.h"
#include "statement_run.h"

typedef struct cli_prompt {
    cli_session *session;
    cli_editor *editor; /* NULL: lines come from a pipe */
    bool leave;         /* exit was typed */
} cli_prompt;

/** A person at a terminal. @p place says where topics are. @return the exit status. */
int cli_prompt_run(cli_session *s, const char *place);
/** Lines of standard input; stops at the first failure. @return the exit status. */
int cli_pipe_run(cli_session *s);

/**
 * Run @p line if it is a command.
 * @return false: it is no command, but (part of) a statement. *status is set where it is one.
 */
bool cli_prompt_command(cli_prompt *p, const char *line, int *status);

#endif
