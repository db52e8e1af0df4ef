/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir check`: are these files a program that `weir run` would take? Nothing is made or changed.
 *
 * Where neither a data directory nor a cluster is named nothing outside the files is looked at:
 * what a check on a build machine can know. With either, what is there is asked: its topics, and in
 * a directory also whether the state of a query still fits its statement.
 */
#include "program.h"

#include "open.h"
#include "report.h"

#include <sys/stat.h>

typedef struct check_settings {
    cli_place place;
    cli_list define;
} check_settings;

#define FIELD(member) offsetof(check_settings, member)

static const cli_option options[] = {
    {"define", 'd', CLI_LIST, FIELD(define), "NAME=VALUE",
     "a variable, used as ${NAME}; may be repeated", 0},
    {0},
};

static void show_warning(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

static int check_files(weir *w, const cli_list *files)
{
    weir_error err = {0};
    weir_check check = {.size = sizeof check, .warning = show_warning};
    if (weir_check_files(w, (const char *const *)files->at, files->n, &check, &err) != WEIR_OK)
        return cli_report_files(&err, files);
    printf("%u %s with %u %s: no errors\n", check.statements,
           check.statements == 1 ? "statement" : "statements", check.queries,
           check.queries == 1 ? "query" : "queries");
    return CLI_OK;
}

static int run_check(void *settings, const cli_list *files)
{
    check_settings *o = settings;
    struct stat s;
    weir *w;
    if (o->place.data && (stat(o->place.data, &s) != 0 || !S_ISDIR(s.st_mode)))
        return cli_usage_error("--data %s: there is no such directory, and a check makes none",
                               o->place.data);
    o->place.nowhere = !o->place.data;
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    status = cli_define(w, &o->define);
    if (status == CLI_OK)
        status = check_files(w, files);
    return cli_close(w, status);
}

const cli_command cli_check_command = {
    .name = "check",
    .operands = "FILE.sql...",
    .operands_min = 1,
    .operands_max = -1,
    .summary = "Check query files as weir run would, without an effect",
    .about =
        "The files are one program. Exit status 0: weir run would take it; 1: it would not.\n"
        "Without --data and --bootstrap-servers nothing else is looked at: topics that CREATE\n"
        "names without PARTITIONS are taken for there. With --bootstrap-servers the cluster's\n"
        "topics are asked for; with --data also whether the state of each query still fits its\n"
        "statement. Schemas come from the registry of ksql.schema.registry.url, if it is set.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(check_settings),
    .run = run_check,
};
