/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement at a time: prepare, step, show, finalize.
 *
 * A push query and PRINT wait for records. They are stepped in slices of WAIT_MS, between which
 * signals and time-outs are looked at: so a handler needs to do no more than set a flag, and Ctrl-C
 * is answered within a slice. RUN SCRIPT is the one statement that is the program's own, because
 * what it reads is shown as it runs.
 */
#include "statement_run.h"

#include "open.h"
#include "report.h"
#include "result_view.h"
#include "signals.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WAIT_MS 50

/* ---------------------------------------------------------------- text */

const char *cli_skip_comments(const char *sql)
{
    for (;;) {
        while (isspace((unsigned char)*sql))
            sql++;
        if (sql[0] == '-' && sql[1] == '-') {
            sql += strcspn(sql, "\n");
        } else if (sql[0] == '/' && sql[1] == '*') {
            const char *end = strstr(sql + 2, "*/");
            if (!end)
                return sql; /* without an end it hides what follows: an error, as for the parser */
            sql = end + 2;
        } else {
            return sql;
        }
    }
}

/** Step over @p word in any case, and over what separates it from the next; NULL: another word. */
static const char *take_word(const char *at, const char *word)
{
    size_t len = strlen(word);
    if (strncasecmp(at, word, len) != 0 || isalnum((unsigned char)at[len]) || at[len] == '_')
        return NULL;
    return cli_skip_comments(at + len);
}

/**
 * RUN SCRIPT 'file';
 * @return what follows it, with the path; NULL where it is another statement.
 */
static const char *take_run_script(const char *at, cli_text *path)
{
    at = take_word(at, "RUN");
    at = at ? take_word(at, "SCRIPT") : NULL;
    if (!at || *at != '\'')
        return NULL;
    for (at++; *at && !(at[0] == '\'' && at[1] != '\''); at++) {
        cli_text_addc(path, *at, 1);
        at += *at == '\''; /* '' is one quote */
    }
    if (!*at)
        return NULL;
    at = cli_skip_comments(at + 1);
    return *at == ';' ? at + 1 : NULL;
}

/* ---------------------------------------------------------------- one statement */

static void show_error(cli_session *s, const weir_error *err, const char *text, size_t base,
                       cli_origin origin)
{
    cli_text t = {0};
    cli_report_text(err, text, base, origin, &t);
    cli_view_error(&s->view, t.at, t.len);
    cli_text_free(&t);
}

/** Should the query end here although it has more to give? */
static bool limit_reached(const cli_session *s, int64_t started_ms, int64_t rows,
                          const char **message)
{
    if (s->query_row_limit > 0 && rows >= s->query_row_limit) {
        *message = "Limit Reached";
        return true;
    }
    if (s->query_timeout_ms > 0 && cli_now_ms() - started_ms >= s->query_timeout_ms) {
        *message = "Query terminated";
        return true;
    }
    return s->view.failed; /* nobody reads it any more */
}

static const char *interrupted_message(const weir_stmt *stmt)
{
    return weir_stmt_kind_of(stmt) == WEIR_STMT_PRINT ? "Topic printing ceased"
                                                      : "Query terminated";
}

static bool waits_for_rows(const cli_result *r)
{
    return r->kind == WEIR_STMT_PUSH || r->kind == WEIR_STMT_PRINT;
}

/** Nothing has come for a moment: show the rows that were held back, and once, that there is
 *  something to interrupt. */
static void show_so_far(cli_session *s, cli_result *r, bool *announced)
{
    if (waits_for_rows(r) && s->view.format != CLI_JSON)
        cli_result_header(r);
    if (waits_for_rows(r) && s->view.interactive && !*announced)
        cli_result_message(&s->view, "Press CTRL-C to interrupt");
    *announced = true;
}

/**
 * Step to the end. @return WEIR_DONE; WEIR_ERR_INTERRUPTED (of rows: a signal, a limit; *message
 * says); or the failure.
 */
static weir_status step_to_end(cli_session *s, weir_stmt *stmt, cli_result *r, const char **message,
                               weir_error *err)
{
    bool is_query = waits_for_rows(r) || r->kind == WEIR_STMT_PULL;
    int64_t started_ms = cli_now_ms(), rows = 0;
    for (bool announced = false;;) {
        if (is_query && cli_signals_stop()) {
            *message = interrupted_message(stmt);
            return WEIR_ERR_INTERRUPTED;
        }
        if (is_query && limit_reached(s, started_ms, rows, message))
            return WEIR_ERR_INTERRUPTED;
        weir_status st = weir_step(stmt, is_query ? WAIT_MS : -1, err);
        if (st == WEIR_ROW) {
            cli_result_row(r);
            rows++;
        } else if (is_query && st == WEIR_ERR_INTERRUPTED) {
            show_so_far(s, r, &announced);
        } else {
            *message = st == WEIR_DONE ? weir_message(stmt) : "";
            return st;
        }
    }
}

static int run_statement(cli_session *s, weir_stmt *stmt, const char *text, size_t base,
                         cli_origin origin)
{
    cli_result r;
    weir_error err = {0};
    const char *message = "";
    cli_result_begin(&r, &s->view, stmt);
    bool of_rows = waits_for_rows(&r) || r.kind == WEIR_STMT_PULL;
    cli_signals_interrupt(stmt);
    weir_status st = step_to_end(s, stmt, &r, &message, &err);
    cli_signals_interrupt(NULL);
    int status = CLI_OK;
    if (st == WEIR_DONE || (of_rows && st == WEIR_ERR_INTERRUPTED)) {
        cli_result_end(&r, message);
    } else {
        cli_result_abort(&r);
        show_error(s, &err, text, base, origin);
        status = CLI_FAILED;
    }
    weir_finalize(stmt);
    if (s->view.failed)
        status = CLI_FAILED;
    if (cli_signals_stop() && !s->view.interactive)
        status = cli_signals_status();
    return status;
}

/* ---------------------------------------------------------------- texts */

/* After an error in a file: where to go on from. Of the first statement it goes without saying, and
 * of a line at the prompt or of -e it is in sight. */
static void show_done(const cli_session *s, int done, cli_origin origin)
{
    WR_ASSERT(done >= 0 && s->script_depth >= 0);
    if (done > 0 && s->script_depth > 0 && !s->view.failed)
        fprintf(stderr, "%s: the %d statement%s before this one %s done; it and the rest are not\n",
                origin.name, done, done == 1 ? "" : "s", done == 1 ? "is" : "are");
}

int cli_session_run(cli_session *s, const char *text, cli_origin origin)
{
    const char *at = text;
    int status = CLI_OK, done = 0;
    while (status == CLI_OK && !cli_signals_stop()) {
        at = cli_skip_comments(at);
        if (!*at)
            break;
        cli_text path = {0};
        const char *tail = take_run_script(at, &path);
        if (tail) {
            status = cli_session_script(s, cli_text_string(&path));
        } else {
            weir_stmt *stmt = NULL;
            weir_error err = {0};
            tail = at;
            if (weir_prepare(s->w, at, -1, &stmt, &tail, &err) != WEIR_OK) {
                show_error(s, &err, text, (size_t)(at - text), origin);
                status = CLI_FAILED;
            } else if (stmt) {
                status = run_statement(s, stmt, text, (size_t)(at - text), origin);
            }
        }
        cli_text_free(&path);
        if (status == CLI_OK && tail <= at)
            break; /* nothing was left but what the library takes for blank */
        at = tail;
        done += status == CLI_OK;
    }
    if (status == CLI_FAILED)
        show_done(s, done, origin);
    if (status == CLI_OK && !s->view.interactive)
        status = cli_signals_status();
    return status;
}

int cli_session_script(cli_session *s, const char *path)
{
    cli_text text = {0};
    int status = CLI_FAILED;
    if (s->script_depth >= CLI_SCRIPT_DEPTH_MAX) {
        fprintf(stderr, "weir: %s: scripts run scripts %d deep; does one run itself?\n", path,
                CLI_SCRIPT_DEPTH_MAX);
    } else if (cli_read_file(path, &text)) {
        WR_ASSERT(s->script_depth >= 0);
        s->script_depth++;
        status = cli_session_run(s, cli_text_string(&text), (cli_origin){path, 1});
        s->script_depth--;
    }
    cli_text_free(&text);
    return status;
}
