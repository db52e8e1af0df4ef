/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of the prompt: lines are gathered until they are a whole statement.
 *
 * Only the first line of what is being gathered can be a command, so a column called `history` on a
 * line of its own is none. Ctrl-C throws away what was gathered; at an empty prompt it says how to
 * leave. From a pipe the same rules hold, but the first failure ends the run, and what is left over
 * at the end is run as it is, which reports that its `;` is missing.
 */
#include "prompt.h"

#include "completion.h"
#include "options.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROMPT       "weir> "
#define CONTINUATION "      "

/** What the editor's Tab needs to know beside the line. */
typedef struct completion_context {
    weir *w;
    cli_text *gathered; /* the lines of the statement before this one */
} completion_context;

static size_t complete(void *context, const char *before, const char *after, cli_list *out)
{
    completion_context *c = context;
    cli_text all = {0};
    cli_text_add(&all, c->gathered->at, c->gathered->len);
    cli_text_adds(&all, before);
    size_t typed = cli_complete(c->w, cli_text_string(&all), after, out);
    cli_text_free(&all);
    return typed;
}

static void print_banner(cli_view *v, const char *place)
{
    cli_text t = {0};
    cli_text_addf(&t,
                  "Weir %s: stream processing with SQL\n"
                  "Topics and state: %s\n"
                  "help lists commands, exit leaves; statements end with ;\n\n",
                  weir_version(), place);
    cli_view_take(v, &t);
    cli_text_free(&t);
}

/** What was typed goes to the spool, prompt included; the terminal has shown it. */
static void spool_line(cli_view *v, const char *prompt, cli_text *line)
{
    if (v->spool)
        fprintf(v->spool, "%s%s\n", prompt, cli_text_string(line));
}

/** Handle one more line; @p gathered is emptied when it was a whole statement or command. */
static int take_line(cli_prompt *p, cli_text *gathered, cli_text *line, cli_origin origin)
{
    int status = CLI_OK;
    bool first = !*cli_skip_comments(cli_text_string(gathered));
    if (first && cli_prompt_command(p, cli_text_string(line), &status)) {
        if (p->editor)
            cli_editor_remember(p->editor, cli_text_string(line));
        cli_text_clear(gathered);
        return status;
    }
    cli_text_add(gathered, line->at, line->len);
    cli_text_addc(gathered, '\n', 1);
    if (!weir_sql_complete(cli_text_string(gathered))) {
        if (p->editor && !*cli_skip_comments(gathered->at))
            cli_text_clear(gathered); /* blanks and comments: no reason to indent */
        return CLI_OK;
    }
    if (p->editor)
        cli_editor_remember(p->editor, gathered->at);
    status = cli_session_run(p->session, cli_text_string(gathered), origin);
    cli_text_clear(gathered);
    return status;
}

static void on_interrupt(cli_view *v, const cli_text *gathered, const cli_text *line)
{
    cli_text t = {0};
    cli_text_adds(&t, "^C\n");
    if (!gathered->len && !line->len)
        cli_text_adds(&t, "(exit or Ctrl-D leaves)\n");
    cli_view_take(v, &t);
    cli_text_free(&t);
}

int cli_prompt_run(cli_session *s, const char *place)
{
    cli_prompt p = {.session = s};
    cli_text gathered = {0}, line = {0};
    completion_context context = {s->w, &gathered};
    p.editor = cli_editor_new(complete, &context);
    if (!p.editor)
        return cli_usage_error("this terminal cannot edit lines; use -e, -f or a pipe");
    s->view.interactive = true;
    print_banner(&s->view, place);
    while (!p.leave && !s->view.failed) {
        const char *prompt = gathered.len ? CONTINUATION : PROMPT;
        cli_editor_result got = cli_editor_read(p.editor, prompt, &line);
        if (got == CLI_EDITOR_INTERRUPT)
            on_interrupt(&s->view, &gathered, &line);
        if (got != CLI_EDITOR_LINE)
            cli_text_clear(&gathered);
        cli_signals_clear();
        if (got == CLI_EDITOR_END)
            cli_view_write(&s->view, "\n", 1);
        if (got == CLI_EDITOR_END || cli_signals_stop())
            break;
        if (got == CLI_EDITOR_LINE) {
            spool_line(&s->view, prompt, &line);
            take_line(&p, &gathered, &line, (cli_origin){NULL, 1});
        }
        cli_signals_clear();
    }
    cli_text_free(&gathered);
    cli_text_free(&line);
    cli_editor_free(p.editor);
    return cli_signals_status();
}

int cli_pipe_run(cli_session *s)
{
    cli_prompt p = {.session = s};
    cli_text gathered = {0}, line = {0};
    char *buffer = NULL;
    size_t size = 0;
    int number = 0, first = 1, status = CLI_OK;
    while (status == CLI_OK && !p.leave && !cli_signals_stop()) {
        ssize_t n = getline(&buffer, &size, stdin);
        if (n < 0)
            break;
        number++;
        if (!gathered.len)
            first = number;
        cli_text_clear(&line);
        cli_text_add(&line, buffer, strcspn(buffer, "\r\n"));
        spool_line(&s->view, "", &line);
        status = take_line(&p, &gathered, &line, (cli_origin){"stdin", first});
    }
    if (status == CLI_OK && gathered.len && !cli_signals_stop())
        status = cli_session_run(s, cli_text_string(&gathered), (cli_origin){"stdin", first});
    if (status == CLI_OK)
        status = cli_signals_status();
    free(buffer);
    cli_text_free(&gathered);
    cli_text_free(&line);
    return status;
}
