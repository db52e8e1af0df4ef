/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - commands and their options as tables, from which arguments are parsed and help is
 * printed.
 *
 * A command has a struct of settings; each row of its table says where in that struct an option's
 * value goes. --help is every command's.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "screen_text.h"

#include <stdio.h>

/** Exit statuses of the program. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1, /* something that was asked for did not work */
    CLI_USAGE = 2,  /* the command line is wrong; nothing was done */
};

typedef enum cli_kind {
    CLI_FLAG, /* bool */
    CLI_TEXT, /* const char * */
    CLI_INT,  /* int64_t, from option.least up */
    CLI_LIST, /* cli_list: may be given several times */
} cli_kind;

typedef struct cli_option {
    const char *name; /* long name without "--"; NULL ends a table */
    char letter;      /* short form, or 0 */
    cli_kind kind;
    size_t offset;        /* of the value in the settings */
    const char *argument; /* how help calls the value: "DIR"; NULL for a flag */
    const char *help;     /* one sentence without a stop */
    int64_t least;        /* CLI_INT: smallest value; CLI_TEXT: 1: not empty */
} cli_option;

typedef struct cli_command {
    const char *name;     /* "" is the command without a name */
    const char *operands; /* as usage shows them: "FILE.sql..." or "" */
    int operands_min, operands_max;
    const char *summary;       /* for the list of commands */
    const char *about;         /* paragraphs for --help, or NULL */
    const cli_option *options; /* its own */
    const cli_option *shared;  /* those it has in common with others, or NULL */
    size_t settings_size;
    const void *defaults; /* settings to begin with; NULL: all zero */
    int (*run)(void *settings, const cli_list *operands);
    int (*run_words)(int argc, char **argv); /* instead of run: reads its words itself */
} cli_command;

/** All commands; the last has a NULL name. */
extern const cli_command *const cli_commands[];

/** Parse the words after the command's name and run it. @return the exit status. */
int cli_command_run(const cli_command *c, int argc, char **argv);
/** NULL where there is no such command. */
const cli_command *cli_command_find(const char *name);
/** The command whose name is nearest to @p word, or NULL. */
const cli_command *cli_command_nearest(const char *word);
void cli_command_help(const cli_command *c, FILE *out);
/** Overview of all commands. */
void cli_help(FILE *out);

/** "weir: ..." on standard error. @return CLI_USAGE, so that a caller can return it. */
int cli_usage_error(const char *format, ...) CLI_PRINTF(1, 2);

/** Number of changes (insert, delete, replace, swap neighbours) from one word to the other. */
size_t cli_distance(const char *a, const char *b);

#endif
