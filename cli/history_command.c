/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir export` and `weir repair`: what statements at prompts and in programs have defined, as a
 * query file, and what of it cannot be used any more.
 *
 * On Kafka that is in the command topic of the service, so no directory is opened, and both may run
 * beside the service. A data directory must be in use by nobody.
 */
#include "program.h"

#include "open.h"

#include <stdio.h>
#include <string.h>

typedef struct history_settings {
    cli_place place;
    bool directory, write;
} history_settings;

#define FIELD(member) offsetof(history_settings, member)

#define DIRECTORY                                                                                  \
    {                                                                                              \
        "directory", 0, CLI_FLAG, FIELD(directory), NULL,                                          \
            "with --bootstrap-servers: what the data directory has kept (weir.command.topic = "    \
            "false)",                                                                              \
            0                                                                                      \
    }

static const cli_option export_options[] = {DIRECTORY, {0}};
static const cli_option repair_options[] = {
    DIRECTORY,
    {"write", 0, CLI_FLAG, FIELD(write), NULL, "put aside what is wrong, so that it counts no more",
     0},
    {0},
};

/** Without statements of its own, and on Kafka without a directory. */
static int open_history(history_settings *o, weir **out)
{
    o->place.topics_only = !o->directory;
    if (o->directory)
        cli_list_add(&o->place.set, "weir.command.topic=false");
    return cli_open(&o->place, true, out);
}

static void put_line(void *arg, const char *text)
{
    fprintf(arg, "%s\n", text);
}

static int run_export(void *settings, const cli_list *operands)
{
    history_settings *o = settings;
    weir *w;
    weir_error err = {0};
    (void)operands;
    int status = open_history(o, &w);
    if (status != CLI_OK)
        return status;
    if (weir_export(w, put_line, stdout, &err) != WEIR_OK)
        status = cli_show_error(&err);
    return cli_close(w, status);
}

static int run_repair(void *settings, const cli_list *operands)
{
    history_settings *o = settings;
    weir *w;
    weir_error err = {0};
    weir_repair_options r = {
        .size = sizeof r, .write = o->write, .report = put_line, .arg = stdout};
    (void)operands;
    int status = open_history(o, &w);
    if (status != CLI_OK)
        return status;
    if (weir_repair(w, &r, &err) != WEIR_OK)
        status = cli_show_error(&err);
    else if (!r.problems)
        printf("%u statements, nothing is wrong\n", r.statements);
    else if (o->write)
        printf("%u problems were put aside\n", r.problems);
    else
        printf("%u problems; weir repair --write puts them aside\n", r.problems);
    if (status == CLI_OK && r.problems && !o->write)
        status = CLI_FAILED;
    return cli_close(w, status);
}

const cli_command cli_export_command = {
    .name = "export",
    .operands = "",
    .summary = "Write what prompts and programs have defined as a query file",
    .about =
        "What `weir run` and RUN SCRIPT make the same streams, tables and queries of. On Kafka\n"
        "it is read from the command topic of ksql.service.id, also while the service runs;\n"
        "else from the data directory, which nothing else may have open. State and offsets\n"
        "are not part of it. What cannot be executed any more is there as a comment.",
    .options = export_options,
    .shared = cli_place_options,
    .settings_size = sizeof(history_settings),
    .run = run_export,
};

const cli_command cli_repair_command = {
    .name = "repair",
    .operands = "",
    .summary = "Find kept statements that cannot be read or executed any more",
    .about =
        "Says which they are and why; status 1 where there are any. With --write they do not\n"
        "count any more. Nothing is lost: a data directory keeps all of its statements aside,\n"
        "and a command topic gets one more record, which says what counts from now on.\n"
        "Processes that run keep what they have until they are started again.",
    .options = repair_options,
    .shared = cli_place_options,
    .settings_size = sizeof(history_settings),
    .run = run_repair,
};
