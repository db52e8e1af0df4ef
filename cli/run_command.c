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
#include "report.h"
#include "signals.h"

#include <string.h>

#define STOP_SECONDS 10
#define TICK_MS      1000

typedef struct run_settings {
    cli_place place;
    cli_list define;
    const char *on_change, *listen, *request_log;
    bool insecure_listen;
    bool until_end, analyze;
    bool server; /* `weir server` */
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

static bool parse_on_change(const char *word, weir_on_change *out)
{
    static const char *const words[] = {
        [WEIR_ON_CHANGE_REFUSE] = "refuse",
        [WEIR_ON_CHANGE_RESTART] = "restart",
        [WEIR_ON_CHANGE_KEEP_OLD] = "keep-old",
    };
    *out = WEIR_ON_CHANGE_REFUSE;
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++) {
        *out = (weir_on_change)i;
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return !word;
}

static int load_files(weir *w, const cli_list *files, weir_on_change on_change)
{
    weir_error err = {0};
    cli_signals_interrupt_load(w);
    weir_status st = weir_load_files(w, (const char *const *)files->at, files->n, on_change, &err);
    cli_signals_interrupt_load(NULL);
    if (st == WEIR_OK)
        return CLI_OK;
    int failed = cli_report_files(&err, files);
    return st == WEIR_ERR_INTERRUPTED && cli_signals_status() ? cli_signals_status() : failed;
}

static void report_failure(weir *w, cli_progress *p)
{
    char id[256];
    weir_error err = {0};
    if (!weir_failed_query(w, id, sizeof id, &err))
        return;
    cli_progress_say(p, "query %s failed: %s", id, err.message);
    if (err.hint[0])
        cli_progress_say(p, "Hint: %s", err.hint);
}

static void say_stopping(cli_progress *p)
{
    static const char too_long[] =
        "weir: stopping took too long; what was not committed is done again at the next start\n";
    cli_progress_say(p, "stopping: commit, then end (again to end at once)");
    cli_signals_watchdog(STOP_SECONDS, too_long);
}

static void analyze(weir *w)
{
    cli_view view = CLI_VIEW_INIT;
    cli_analyze_all(w, &view);
}

static void reload(weir_server *server, cli_progress *p)
{
    weir_error err = {0};
    if (weir_server_reload(server, &err) == WEIR_OK)
        cli_progress_say(p, "certificates and passwords were read again");
    else
        cli_progress_say(p, "those before stay in use: %s", err.message);
}

/** Until a signal comes or, where there is no @p server that is there for more, no query is left.
 */
static int serve(weir *w, weir_server *server, cli_progress *p)
{
    int status = CLI_OK;
    while (!cli_signals_stop()) {
        weir_metrics m = {.size = sizeof m};
        weir_metrics_read(w, &m);
        if (m.queries_failed && status == CLI_OK) {
            status = CLI_FAILED;
            report_failure(w, p);
        }
        if (m.queries_failed && !m.queries_running && !server) {
            cli_progress_say(p, "no query is left running");
            return status;
        }
        if (cli_signals_report())
            analyze(w);
        if (server && cli_signals_reload())
            reload(server, p);
        cli_progress_tick(p);
        cli_signals_wait(TICK_MS);
    }
    say_stopping(p);
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
                report_failure(w, p);
            else
                cli_progress_say(p, "%s", err.message);
            return CLI_FAILED;
        }
        if (cli_signals_report())
            analyze(w);
        cli_progress_tick(p);
    }
    say_stopping(p);
    return 128 + cli_signals_stop(); /* the end was not reached */
}

/** `weir server` is there for others or not at all, and listens before its state is there. */
static int listen_first(const run_settings *o, const cli_list *pairs, bool read_only,
                        weir_server **out)
{
    weir_serve_options how = WEIR_SERVE_OPTIONS_INIT;
    weir_error err = {0};
    how.url = o->listen ? o->listen : how.url;
    how.in_data_dir = true;
    how.read_only = read_only;
    how.settings = pairs->at;
    how.request_log = o->request_log;
    how.insecure_listen = o->insecure_listen;
    if (weir_serve(NULL, &how, out, &err) != WEIR_OK)
        return cli_show_error(&err);
    fprintf(stderr, "weir %s: starting on %s\n", weir_version(), weir_server_url(*out));
    return CLI_OK;
}

/** `weir run` goes on without its socket. */
static void offer_locally(weir *w, weir_server **out, cli_progress *p)
{
    weir_serve_options how = WEIR_SERVE_OPTIONS_INIT;
    weir_error err = {0};
    how.url = NULL;
    how.in_data_dir = true;
    how.read_only = true;
    if (weir_serve(w, &how, out, &err) != WEIR_OK)
        cli_progress_say(p, "a prompt cannot look in here: %s", err.message);
}

static int run_opened(weir *w, run_settings *o, const cli_list *files, weir_on_change on_change,
                      weir_server **server)
{
    cli_progress p;
    weir_error err = {0};
    int status = cli_define(w, &o->define);
    if (status == CLI_OK && files->n > 0)
        status = load_files(w, files, on_change);
    if (status == CLI_OK && *server && weir_server_ready(*server, w, &err) != WEIR_OK)
        status = cli_show_error(&err);
    if (status != CLI_OK)
        return status;
    weir_metrics m = {.size = sizeof m};
    cli_text place = {0};
    cli_place_text(&o->place, &place);
    weir_metrics_read(w, &m);
    cli_progress_begin(&p, w);
    cli_progress_say(&p, "weir %s, %s: %u %s", weir_version(), cli_text_string(&place),
                     m.queries_running, m.queries_running == 1 ? "query" : "queries");
    cli_text_free(&place);
    if (o->server) /* who waits for this line is not told to come later */
        cli_progress_say(&p, "listening on %s", weir_server_url(*server));
    if (!o->until_end && !o->server)
        offer_locally(w, server, &p);
    status = o->until_end ? drain(w, &p) : serve(w, o->server ? *server : NULL, &p);
    weir_server_stop(*server);
    *server = NULL;
    if (o->analyze)
        analyze(w);
    cli_progress_end(&p);
    return status;
}

static int run_files(void *settings, const cli_list *files)
{
    run_settings *o = settings;
    weir *w = NULL;
    weir_server *server = NULL;
    weir_on_change on_change;
    cli_list pairs = {0};
    if (!parse_on_change(o->on_change, &on_change))
        return cli_usage_error("--on-change is refuse, restart or keep-old, not '%s'",
                               o->on_change);
    cli_signals_install(o->server ? CLI_SIGNALS_SERVER : CLI_SIGNALS_SERVICE);
    o->place.from_beginning = o->until_end;
    if (o->until_end)
        cli_list_add(&o->place.set, "weir.until.end=true");
    bool headless = files->n > 0;
    int status = cli_collect_settings(&o->place, &pairs);
    if (status == CLI_OK && o->server)
        status = listen_first(o, &pairs, headless, &server);
    if (status == CLI_OK)
        status = cli_open_with(&o->place, headless, &pairs, &w);
    cli_free_pairs(&pairs);
    if (status == CLI_OK)
        status = run_opened(w, o, files, on_change, &server);
    weir_server_stop(server);
    return w ? cli_close(w, status) : status;
}

static int run_server(void *settings, const cli_list *files)
{
    run_settings *o = settings;
    o->server = o->place.metrics = true;
    return run_files(o, files);
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

static const cli_option server_options[] = {
    {"listen", 0, CLI_TEXT, FIELD(listen), "URL",
     "where (default: the setting listeners, or http://127.0.0.1:8088)", 1},
    {"insecure-listen", 0, CLI_FLAG, FIELD(insecure_listen), NULL,
     "let others reach it without a password", 0},
    {"request-log", 0, CLI_TEXT, FIELD(request_log), "FILE",
     "a line for each request there (-: standard error)", 1},
    {"define", 'd', CLI_LIST, FIELD(define), "NAME=VALUE",
     "a variable, used as ${NAME}; may be repeated", 0},
    {"on-change", 0, CLI_TEXT, FIELD(on_change), "WHAT",
     "a statement of the files means something else than the one before: refuse (default), "
     "restart, keep-old",
     0},
    {0},
};

const cli_command cli_server_command = {
    .name = "server",
    .operands = "[FILE.sql...]",
    .operands_max = -1,
    .summary = "Offer SQL over HTTP",
    .about = "Statements of clients are kept, and their queries go on at the next start.\n"
             "With query files these are the service, and clients may only look.\n"
             "SIGHUP reads certificates and passwords again.",
    .options = server_options,
    .shared = cli_place_options,
    .settings_size = sizeof(run_settings),
    .run = run_server,
};
