/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of the prompt that are no statements, as a table.
 *
 * A command is one or two words and perhaps an argument, in any case, with or without `;`. Its
 * words may be shortened as long as they stay unique. Whatever fits no row is SQL; `SET 'x'='y';`
 * is, since its second word does not begin `cli`.
 */
#include "prompt.h"

#include "options.h"
#include "result_view.h"
#include "statement_help.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum command_argument {
    ARGUMENT_NONE,
    ARGUMENT_OPTIONAL,
    ARGUMENT_REQUIRED,
} command_argument;

typedef struct command {
    const char *words[3]; /* one to three; the rest NULL */
    command_argument argument;
    const char *shown; /* with its argument, for help */
    const char *help;
    int (*run)(cli_prompt *p, const char *argument); /* "" where there is none */
} command;

static int say(cli_prompt *p, const char *text)
{
    cli_result_message(&p->session->view, text);
    return CLI_OK;
}

static int complain(cli_prompt *p, const char *text)
{
    cli_view_error(&p->session->view, text, strlen(text));
    return CLI_FAILED;
}

/* ---------------------------------------------------------------- the commands */

static int run_help(cli_prompt *p, const char *name);

static int run_clear(cli_prompt *p, const char *unused)
{
    (void)unused;
    static const char home_and_erase[] = "\033[H\033[2J";
    if (p->editor)
        cli_view_write(&p->session->view, home_and_erase, sizeof home_and_erase - 1);
    return CLI_OK;
}

static int run_output(cli_prompt *p, const char *name)
{
    cli_text t = {0};
    int status = CLI_OK;
    if (*name && !cli_format_parse(name, &p->session->view.format)) {
        status = complain(p, "Output forms are TABULAR, JSON and CSV.\n");
    } else {
        cli_text_addf(&t, *name ? "Output format set to %s" : "Output format: %s",
                      cli_format_name(p->session->view.format));
        say(p, cli_text_string(&t));
    }
    cli_text_free(&t);
    return status;
}

static int run_history(cli_prompt *p, const char *unused)
{
    (void)unused;
    if (!p->editor)
        return complain(p, "There is no history: statements come from a pipe.\n");
    cli_text t = {0};
    const char *entry;
    for (int i = 0; (entry = cli_editor_history(p->editor, i)) != NULL; i++)
        cli_text_addf(&t, "%4d: %s\n", i + 1, entry);
    cli_view_take(&p->session->view, &t);
    cli_text_free(&t);
    return CLI_OK;
}

/** The argument without the quotes around it. */
static char *unquoted(const char *text)
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '\'' && text[len - 1] == '\'')
        return cli_copy(text + 1, len - 2);
    return cli_copy(text, len);
}

static int run_script(cli_prompt *p, const char *argument)
{
    char *path = unquoted(argument);
    int status = cli_session_script(p->session, path);
    free(path);
    return status;
}

static int run_spool(cli_prompt *p, const char *argument)
{
    cli_view *v = &p->session->view;
    if (strcasecmp(argument, "off") == 0 && !v->spool)
        return complain(p, "Nothing is being spooled.\n");
    if (v->spool) {
        fclose(v->spool);
        v->spool = NULL;
    }
    if (strcasecmp(argument, "off") == 0)
        return say(p, "Spooling is off");
    char *path = unquoted(argument);
    cli_text t = {0};
    int status = CLI_OK;
    v->spool = fopen(path, "wbe");
    if (v->spool) {
        cli_text_addf(&t, "The session is copied to %s", path);
        say(p, cli_text_string(&t));
    } else {
        cli_text_addf(&t, "Cannot write %s: %s\n", path, strerror(errno));
        status = complain(p, cli_text_string(&t));
    }
    cli_text_free(&t);
    free(path);
    return status;
}

static int run_wrap(cli_prompt *p, const char *argument)
{
    char *value = unquoted(argument);
    bool on = strcasecmp(value, "on") == 0;
    bool known = on || strcasecmp(value, "off") == 0;
    free(value);
    if (!known)
        return complain(p, "SET CLI WRAP takes ON or OFF.\n");
    p->session->view.wrap = on;
    return say(p, on ? "Long values continue on further lines" : "Long values are cut");
}

static int run_width(cli_prompt *p, const char *argument)
{
    char *value = unquoted(argument);
    int64_t width;
    bool known = cli_parse_int(value, &width) && width >= 0 && width <= 10000;
    free(value);
    if (!known)
        return complain(p, "SET CLI COLUMN-WIDTH takes a number of columns; 0: by content.\n");
    p->session->view.column_width = (int)width;
    return say(p, width ? "Column width is set" : "Columns are as wide as their content");
}

static int run_version(cli_prompt *p, const char *unused)
{
    (void)unused;
    cli_text t = {0};
    cli_text_addf(&t, "Weir %s", weir_version());
    say(p, cli_text_string(&t));
    cli_text_free(&t);
    return CLI_OK;
}

static int run_exit(cli_prompt *p, const char *unused)
{
    (void)unused;
    p->leave = true;
    return CLI_OK;
}

static const command commands[] = {
    {{"help"},
     ARGUMENT_OPTIONAL,
     "help [COMMAND or STATEMENT]",
     "what can be typed here, or how",
     run_help},
    {{"clear"}, ARGUMENT_NONE, "clear", "clear the screen", run_clear},
    {{"output"},
     ARGUMENT_OPTIONAL,
     "output [FORM]",
     "show or set the form of results: TABULAR, JSON or CSV",
     run_output},
    {{"history"}, ARGUMENT_NONE, "history", "statements typed before", run_history},
    {{"run", "script"},
     ARGUMENT_REQUIRED,
     "run script FILE",
     "run the file's statements",
     run_script},
    {{"spool"},
     ARGUMENT_REQUIRED,
     "spool FILE | off",
     "copy the session to a file, or stop copying",
     run_spool},
    {{"set", "cli", "wrap"},
     ARGUMENT_REQUIRED,
     "set cli WRAP ON|OFF",
     "long values: continue on further lines, or cut them",
     run_wrap},
    {{"set", "cli", "column-width"},
     ARGUMENT_REQUIRED,
     "set cli COLUMN-WIDTH N",
     "columns of each value of a query; 0: by content",
     run_width},
    {{"version"}, ARGUMENT_NONE, "version", "the program's version", run_version},
    {{"exit"}, ARGUMENT_NONE, "exit", "leave (also Ctrl-D)", run_exit},
    {{"quit"}, ARGUMENT_NONE, "quit", "leave", run_exit},
};
#define COMMANDS_N (sizeof commands / sizeof *commands)

static void add_overview(cli_text *t)
{
    cli_text_adds(t, "Commands (no ; needed):\n");
    for (size_t i = 0; i < COMMANDS_N; i++)
        cli_text_addf(t, "  %-28s%s\n", commands[i].shown, commands[i].help);
    cli_text_adds(t, "\nStatements (they end with ;), of which `help SELECT` says more:\n");
    cli_statement_list(t);
    cli_text_adds(t, "\nTab completes words or lists what may follow; Ctrl-C ends a query.\n");
}

static int run_help(cli_prompt *p, const char *name)
{
    cli_text t = {0};
    int status = CLI_OK;
    if (!*name)
        add_overview(&t);
    for (size_t i = 0; i < COMMANDS_N && *name; i++)
        if (strncasecmp(commands[i].shown, name, strlen(name)) == 0)
            cli_text_addf(&t, "  %-28s%s\n", commands[i].shown, commands[i].help);
    if (*name)
        cli_statement_help(name, &t);
    if (t.len) {
        cli_view_take(&p->session->view, &t);
    } else {
        cli_text_addf(&t,
                      "There is no command or statement '%s'; help lists them. Of a function "
                      "DESCRIBE FUNCTION says more.\n",
                      name);
        status = complain(p, cli_text_string(&t));
    }
    cli_text_free(&t);
    return status;
}

/* ---------------------------------------------------------------- which one it is */

/** Does the line begin with the command's words, each at least begun? @return what follows them. */
static const char *match(const command *c, const char *line, bool *exact)
{
    *exact = true;
    for (size_t i = 0; i < 3 && c->words[i]; i++) {
        line += strspn(line, " \t");
        size_t len = strcspn(line, " \t");
        if (!len || strncasecmp(line, c->words[i], len) != 0)
            return NULL;
        *exact &= c->words[i][len] == 0;
        line += len;
    }
    line += strspn(line, " \t");
    if ((c->argument == ARGUMENT_NONE && *line) || (c->argument == ARGUMENT_REQUIRED && !*line))
        return NULL;
    return line;
}

bool cli_prompt_command(cli_prompt *p, const char *text, int *status)
{
    size_t start = strspn(text, " \t"), len = strlen(text);
    while (len > start && (isspace((unsigned char)text[len - 1]) || text[len - 1] == ';'))
        len--;
    if (len <= start)
        return false;
    char *line = cli_copy(text + start, len - start);
    const command *found = NULL;
    const char *rest = NULL;
    size_t found_n = 0;
    for (size_t i = 0; i < COMMANDS_N; i++) {
        bool exact;
        const char *behind = match(&commands[i], line, &exact);
        if (!behind)
            continue;
        found_n = exact ? 1 : found_n + 1;
        found = &commands[i];
        rest = behind;
        if (exact)
            break;
    }
    if (found_n == 1) {
        *status = found->run(p, rest);
    } else if (found_n > 1) {
        cli_text t = {0};
        cli_text_addf(&t, "'%s' could be more than one command; help lists them.\n", line);
        *status = complain(p, cli_text_string(&t));
        cli_text_free(&t);
    }
    free(line);
    return found_n > 0;
}
