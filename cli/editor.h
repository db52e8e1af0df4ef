/* SPDX-License-Identifier: Apache-2.0 */
/*
 * editor.h - a line from a person at a terminal: editing, history, completion (libedit).
 */
#ifndef CLI_EDITOR_H
#define CLI_EDITOR_H

#include "screen_text.h"

typedef struct cli_editor cli_editor;

/**
 * Candidates for completion, given the line up to the cursor and after it; the strings in @p out
 * are freed by the editor. @return how many bytes before the cursor a candidate takes the place of.
 */
typedef size_t (*cli_complete_fn)(void *context, const char *before, const char *after,
                                  cli_list *out);

/** @return NULL where the terminal cannot be edited on. History is read from its file. */
cli_editor *cli_editor_new(cli_complete_fn complete, void *context);
void cli_editor_free(cli_editor *e);

typedef enum cli_editor_result {
    CLI_EDITOR_LINE,
    CLI_EDITOR_INTERRUPT, /* Ctrl-C: the line is thrown away */
    CLI_EDITOR_END,       /* Ctrl-D on an empty line, or the terminal has gone */
} cli_editor_result;
/** @p line is without its line break; after Ctrl-C it is what was thrown away. SIGTERM ends the
 * wait as Ctrl-C does. */
cli_editor_result cli_editor_read(cli_editor *e, const char *prompt, cli_text *line);

/** Add what was typed, possibly of several lines, to the history and its file. */
void cli_editor_remember(cli_editor *e, const char *entry);
/** Entry number @p index from the oldest on; NULL past the end. */
const char *cli_editor_history(cli_editor *e, int index);

#endif
