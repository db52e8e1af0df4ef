/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir` without a command's name: SQL from -e, from a file, from a pipe, or at the prompt.
 */
#include "program.h"

#include "open.h"
#include "prompt.h"
#include "secrets.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct sql_settings {
    cli_place place;
    const char *execute, *file, *output;
    cli_list define;
    int64_t query_timeout, query_row_limit;
} sql_settings;

#define FIELD(member) offsetof(sql_settings, member)

static const cli_option options[] = {
    {"execute", 'e', CLI_TEXT, FIELD(execute), "SQL",
     "run these statements and exit; a missing last ; is added", 0},
    {"file", 'f', CLI_TEXT, FIELD(file), "FILE", "run a file and exit", 1},
    {"output", 0, CLI_TEXT, FIELD(output), "FORM",
     "form of results: TABULAR, JSON (a line per row) or CSV", 0},
    {"user", 'u', CLI_TEXT, FIELD(place.user), "NAME", "with a server: who asks", 1},
    {"password", 'p', CLI_TEXT, FIELD(place.password), "TEXT",
     "and the password ($WEIR_PASSWORD is seen by nobody else)", 0},
    {"define", 'd', CLI_LIST, FIELD(define), "NAME=VALUE",
     "a variable, used as ${NAME}; may be repeated", 0},
    {"query-timeout", 0, CLI_INT, FIELD(query_timeout), "MS",
     "end a push query after MS milliseconds", 1},
    {"query-row-limit", 0, CLI_INT, FIELD(query_row_limit), "N", "end a query after N rows", 1},
    {0},
};

/** -e: with its last `;`, unless nothing but blanks and comments would stand before it. */
static int run_execute(cli_session *s, const char *sql)
{
    cli_text text = {0};
    cli_text_adds(&text, sql);
    if (*cli_skip_comments(sql) && !weir_sql_complete(sql))
        cli_text_adds(&text, "\n;"); /* the line break ends a comment */
    int status = cli_session_run(s, cli_text_string(&text), (cli_origin){"-e", 1});
    cli_text_free(&text);
    return status;
}

static int run_prompt(cli_session *s, const cli_place *place)
{
    cli_text text = {0};
    cli_place_text(place, &text);
    int status = cli_prompt_run(s, cli_text_string(&text));
    cli_text_free(&text);
    return status;
}

static int run_sql(void *settings, const cli_list *operands)
{
    sql_settings *o = settings;
    o->place.join = true;
    o->place.server = operands->n ? operands->at[0] : NULL;
    if (o->place.user && !o->place.password)
        o->place.password = getenv("WEIR_PASSWORD");
    if (o->place.password)
        cli_no_core_dump();
    if (!o->place.user != !o->place.password)
        return cli_usage_error("--user and a password go together");
    if (o->place.server && (o->place.data || o->place.bootstrap))
        return cli_usage_error("a server has its own --data and --bootstrap-servers");
    cli_session s = {.view = CLI_VIEW_INIT,
                     .query_timeout_ms = o->query_timeout,
                     .query_row_limit = o->query_row_limit};
    if (o->execute && o->file)
        return cli_usage_error("use either -e or -f, not both");
    if (o->output && !cli_format_parse(o->output, &s.view.format))
        return cli_usage_error("--output is TABULAR, JSON or CSV, not '%s'", o->output);
    cli_signals_install(CLI_SIGNALS_PROMPT);
    int status = cli_open(&o->place, false, &s.w);
    if (status != CLI_OK)
        return status;
    status = cli_define(s.w, &o->define);
    if (status == CLI_OK) {
        if (o->execute)
            status = run_execute(&s, o->execute);
        else if (o->file)
            status = cli_session_script(&s, o->file);
        else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            status = run_prompt(&s, &o->place);
        else
            status = cli_pipe_run(&s);
    }
    if (s.view.spool)
        fclose(s.view.spool);
    return cli_close(s.w, status);
}

const cli_command cli_sql_command = {
    .name = "",
    .operands = "[http://HOST:PORT]",
    .operands_max = 1,
    .summary = "SQL at a prompt, from -e, -f or a pipe; here or on a server",
    .about = "Without -e and -f statements come from the prompt, or from standard\n"
             "input where that is not a terminal. With the address of a `weir server`\n"
             "they are executed there; also where a service has --data open.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(sql_settings),
    .run = run_sql,
};
