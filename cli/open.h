/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open.h - where topics and state are: options that most commands have in common, opening an
 * engine by them, and how its errors are shown.
 */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include "options.h"
#include "weir.h"

/** First member of the settings of every command that opens an engine. */
typedef struct cli_place {
    const char *data;      /* NULL: the default directory */
    const char *bootstrap; /* NULL: the embedded log */
    const char *config;    /* properties file, or NULL */
    int64_t threads;       /* 0: as the settings say */
    cli_list set;          /* "name=value"; win over the file */
    /* Set by commands, not by an option. */
    bool metrics;        /* Kafka's clients report their figures unless the user says otherwise */
    bool from_beginning; /* auto.offset.reset is earliest unless the user says otherwise */
    bool topics_only;    /* nothing but topics: on Kafka no state directory is opened */
    bool join;           /* a process that has the directory open and serves it will do */
    const char *server, *user, *password; /* a server instead; or NULL */
    bool nowhere; /* no directory is opened: without a cluster topics are in memory */
} cli_place;

/** The rows for cli_command.shared. */
extern const cli_option cli_place_options[];

/**
 * Open the engine. Errors are shown; a wrong --set or --config is CLI_USAGE.
 * @param ephemeral  weir_options.ephemeral_catalog.
 * @return the exit status; *out is NULL unless it is CLI_OK.
 */
int cli_open(const cli_place *place, bool ephemeral, weir **out);
/**
 * The same in two steps, for who needs the settings before: first these, by --config, --set and the
 * like, as name, value ... and NULL at the end; free with cli_free_pairs, whatever is returned.
 */
int cli_collect_settings(const cli_place *place, cli_list *pairs);
int cli_open_with(const cli_place *place, bool ephemeral, const cli_list *pairs, weir **out);
void cli_free_pairs(cli_list *pairs);
/** Close it; a failure is shown. @return @p status, or CLI_FAILED where closing failed. */
int cli_close(weir *w, int status);
/** Where topics are, in words: "~/.local/share/weir", "Kafka at localhost:9092". */
void cli_place_text(const cli_place *place, cli_text *out);

/**
 * Run DEFINE for each "name=value".
 * @return CLI_OK; CLI_USAGE where an item has another form; CLI_FAILED.
 */
int cli_define(weir *w, const cli_list *items);

/** "weir: MESSAGE" and the hint, on standard error. @return CLI_FAILED. */
int cli_show_error(const weir_error *err);

/**
 * Read a properties file (Java's format) as name, value, name, value ... owned by the list's user.
 * @return false, with a message shown, where it cannot be read.
 */
bool cli_properties_read(const char *path, cli_list *out);

/** A whole file ("-": standard input). @return false, with a message shown. */
bool cli_read_file(const char *path, cli_text *out);

#endif
