/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - where results go and in which form.
 *
 * Everything for the person or program that reads results goes through a view: it writes to
 * standard output, copies to a spool file, knows the width of the terminal, and notices when the
 * reader has gone. Errors go to standard error (and to the spool).
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "screen_text.h"

#include <stdio.h>

typedef enum cli_format {
    CLI_TABULAR, /* tables for people */
    CLI_JSON,    /* an object on each line; messages go to standard error */
    CLI_CSV,     /* RFC 4180 with a header; messages go to standard error */
} cli_format;

typedef struct cli_view {
    cli_format format;
    bool wrap;        /* long cells go on in further lines; false: cut with "..." */
    int column_width; /* of query rows; 0: by the terminal's width */
    bool interactive; /* a person is at a prompt */
    FILE *spool;      /* copy of the session, or NULL */
    bool failed;      /* standard output takes no more; nothing is written any longer */
} cli_view;
#define CLI_VIEW_INIT                                                                              \
    {                                                                                              \
        CLI_TABULAR, true, 0, false, NULL, false                                                   \
    }

/** "tabular", "JSON" ... in any case. */
bool cli_format_parse(const char *name, cli_format *out);
const char *cli_format_name(cli_format f);

void cli_view_write(cli_view *v, const char *bytes, size_t len);
/** Write and empty @p t. */
void cli_view_take(cli_view *v, cli_text *t);
/** For standard error; copied to the spool. */
void cli_view_error(cli_view *v, const char *bytes, size_t len);
/** Columns of the terminal at a descriptor; $COLUMNS or 80 where there is none. */
int cli_terminal_width(int fd);
/** The same of standard output, where results go. */
int cli_view_width(void);

/** All bytes to a file descriptor. @return false where it takes no more (errno). */
bool cli_write_all(int fd, const char *bytes, size_t len);

#endif
