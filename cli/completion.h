/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.h - what Tab offers at the prompt.
 *
 * What may follow depends on what stands before: sources after FROM, columns of the sources of this
 * query after WHERE, settings after SET. Where anything may follow and nothing of it has been typed
 * yet, nothing is offered: a list of every word helps nobody.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "screen_text.h"
#include "weir.h"

/**
 * What may stand at the cursor.
 *
 * @param before  the text up to the cursor: the statement that is being typed, perhaps after whole
 *                ones.
 * @param after   the text after it; the sources of a query may be named there.
 * @param out     the candidates, sorted, each once; owned by the caller (cli_candidates_free).
 *                One that ends in "(" or "." goes on without a blank.
 * @return how many bytes at the end of @p before a candidate takes the place of.
 */
size_t cli_complete(weir *w, const char *before, const char *after, cli_list *out);

/** Free a list of owned strings, and the strings. */
void cli_candidates_free(cli_list *list);

/* ---- completion_names.c: names that the engine knows ---- */

/** What names are of. */
typedef enum cli_names {
    CLI_NAMES_STREAMS,
    CLI_NAMES_TABLES,
    CLI_NAMES_TOPICS,
    CLI_NAMES_QUERIES,
    CLI_NAMES_SETTINGS,
    CLI_NAMES_FUNCTIONS,
    CLI_NAMES_TYPES,
    CLI_NAMES_VARIABLES,
} cli_names;

/** All names of a kind, as they are typed (quoted where they must be); owned by the caller. A
 *  failure gives none: there is nobody to report it to while a line is edited. */
void cli_names_list(weir *w, cli_names what, cli_list *out);
/** Columns of a source, which is named as in a statement; the same. */
void cli_names_columns(weir *w, const char *source, cli_list *out);

#endif
