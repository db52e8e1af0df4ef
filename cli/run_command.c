/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir run`: a service on query files.
 *
 * Life: open (nothing of earlier statements is loaded: the files are the truth, the state goes on),
 * load each file, then wait. SIGTERM or SIGINT: commit and stop; if that takes more than ten
 * seconds, or a second signal comes, the process ends at once, which is safe, since only committed
 * state is ever on disk. A query that fails is told of at once; the others go on, and the service
 * ends by itself when none is left. SIGUSR1: report what the queries have done so far, and go on.
 */
#include "program.h"

#include "analyze_view.h"
#include "open.h"
#include "progress.h"
#include "service.h"
#include "signals.h"

#include <string.h>

#define TICK_MS 1000

typedef struct run_settings {
    cli_place place;
    cli_list define;
    const char *on_change;
    bool until_end, analyze;
} run_settings;

#define FIELD(member) offsetof(run_settings, member)

static const cli_option options[] = {
    {"define", 'd', CLI_LIST, FIELD(define), "NAME=VALUE",
     "a variable, used as ${NAME}; may be repeated", 0},
    {"on-change", 0, CLI_TEXT, FIELD(on_change), "WHAT",
     "a statement means something else than the one before: refuse (default), restart, keep-old",
     0},
    {"until-end", 0, CLI_FLAG, FIELD(until_end), NULL,
     "process what is in the topics now, from their beginning, commit and exit", 0},
    {"analyze", 0, CLI_FLAG, FIELD(analyze), NULL,
     "at the end, tell what each query has done (EXPLAIN ANALYZE)", 0},
    {0},
};

static void analyze(weir *w)
{
    cli_view view = CLI_VIEW_INIT;
    cli_analyze_all(w, &view);
}

/** Until a signal comes or no query is left. */
static int serve(weir *w, cli_progress *p)
{
    int status = CLI_OK;
    while (!cli_signals_stop()) {
        weir_metrics m = {.size = sizeof m};
        weir_metrics_read(w, &m);
        if (m.queries_failed && status == CLI_OK) {
            status = CLI_FAILED;
            cli_report_failure(w, p);
        }
        if (m.queries_failed && !m.queries_running) {
            cli_progress_say(p, "no query is left running");
            return status;
        }
        if (cli_signals_report())
            analyze(w);
        cli_progress_tick(p);
        cli_signals_wait(TICK_MS);
    }
    cli_say_stopping(p);
    return status;
}

/** Until the ends of the topics are reached; in slices, so that progress is seen and signals are.
 */
static int drain(weir *w, cli_progress *p)
{
    while (!cli_signals_stop()) {
        weir_error err = {0};
        weir_status st = weir_drain(w, TICK_MS, &err);
        if (st == WEIR_OK)
            return CLI_OK;
        if (st != WEIR_ERR_INTERRUPTED) {
            weir_metrics m = {.size = sizeof m};
            weir_metrics_read(w, &m);
            if (m.queries_failed)
                cli_report_failure(w, p);
            else
                cli_progress_say(p, "%s", err.message);
            return CLI_FAILED;
        }
        if (cli_signals_report())
            analyze(w);
        cli_progress_tick(p);
    }
    cli_say_stopping(p);
    return 128 + cli_signals_stop(); /* the end was not reached */
}

/** The Unix socket in the data directory, for tools on this machine. A service runs without it too.
 */
static weir_server *serve_locally(weir *w)
{
    weir_serve_options o = WEIR_SERVE_OPTIONS_INIT;
    weir_server *server;
    weir_error err = {0};
    o.listen = "";
    o.unix_socket = true;
    o.read_only = true;
    if (weir_serve(w, &o, &server, &err) != WEIR_OK)
        cli_show_error(&err);
    return server;
}

static int run_files(void *settings, const cli_list *files)
{
    run_settings *o = settings;
    weir *w;
    cli_progress p;
    weir_on_change on_change;
    if (!cli_parse_on_change(o->on_change, &on_change))
        return cli_usage_error("--on-change is refuse, restart or keep-old, not '%s'",
                               o->on_change);
    cli_signals_install(CLI_SIGNALS_SERVICE);
    o->place.from_beginning = o->until_end;
    if (o->until_end)
        cli_list_add(&o->place.set, "weir.until.end=true");
    int status = cli_open(&o->place, true, &w);
    if (status != CLI_OK)
        return status;
    status = cli_define(w, &o->define);
    if (status == CLI_OK)
        status = cli_load_files(w, files, on_change);
    if (status == CLI_OK) {
        weir_metrics m = {.size = sizeof m};
        cli_text place = {0};
        cli_place_text(&o->place, &place);
        weir_metrics_read(w, &m);
        weir_server *server = serve_locally(w);
        cli_progress_begin(&p, w);
        cli_progress_say(&p, "weir %s, %s: %u %s", weir_version(), cli_text_string(&place),
                         m.queries_running, m.queries_running == 1 ? "query" : "queries");
        cli_text_free(&place);
        status = o->until_end ? drain(w, &p) : serve(w, &p);
        weir_server_stop(server, 0);
        if (o->analyze)
            analyze(w);
        cli_progress_end(&p);
    }
    return cli_close(w, status);
}

const cli_command cli_run_command = {
    .name = "run",
    .operands = "FILE.sql...",
    .operands_min = 1,
    .operands_max = -1,
    .summary = "Run query files as a service",
    .about = "All statements are checked before any runs. SIGTERM and Ctrl-C commit and stop;\n"
             "the next start goes on where this one stopped, also when statements were added.\n"
             "SIGUSR1 tells what each query has done so far (EXPLAIN ANALYZE).",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(run_settings),
    .run = run_files,
};
