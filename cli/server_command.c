/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir server`: ksqlDB's REST API, and `weir passwd`, which makes users for it.
 *
 * Life: listen, so that a load balancer or a client finds somebody who says "starting up"; open;
 * load files, if there are any, and then clients may only read; serve. SIGTERM or SIGINT: no new
 * requests, those at work get a few seconds, commit, stop. SIGHUP: certificates and passwords are
 * read again.
 */
#include "program.h"

#include "open.h"
#include "progress.h"
#include "secrets.h"
#include "service.h"
#include "signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TICK_MS  1000
#define GRACE_MS 5000

typedef struct server_settings {
    cli_place place;
    cli_list define;
    const char *listen, *request_log, *on_change;
    bool insecure_listen;
} server_settings;

#define FIELD(member) offsetof(server_settings, member)

static const cli_option options[] = {
    {"listen", 0, CLI_TEXT, FIELD(listen), "URL",
     "where to listen (default: the setting listeners, or http://127.0.0.1:8088)", 1},
    {"insecure-listen", 0, CLI_FLAG, FIELD(insecure_listen), NULL,
     "let others reach it without a password", 0},
    {"request-log", 0, CLI_TEXT, FIELD(request_log), "FILE",
     "a line for each request there (-: standard error)", 1},
    {"define", 'd', CLI_LIST, FIELD(define), "NAME=VALUE",
     "a variable, used as ${NAME}; may be repeated", 0},
    {"on-change", 0, CLI_TEXT, FIELD(on_change), "WHAT",
     "with files: refuse (default), restart, keep-old, as of weir run", 0},
    {0},
};

static int begin_serving(const server_settings *o, const cli_list *pairs, bool read_only,
                         weir_server **out)
{
    weir_serve_options serve = WEIR_SERVE_OPTIONS_INIT;
    weir_error err = {0};
    serve.listen = o->listen;
    serve.unix_socket = true;
    serve.settings = pairs->at;
    serve.request_log = o->request_log;
    serve.insecure_listen = o->insecure_listen;
    serve.read_only = read_only;
    if (weir_serve(NULL, &serve, out, &err) != WEIR_OK)
        return cli_show_error(&err);
    fprintf(stderr, "weir %s listens on %s\n", weir_version(), weir_server_url(*out));
    return CLI_OK;
}

static void reload(weir_server *server, cli_progress *p)
{
    weir_error err = {0};
    if (weir_server_reload(server, &err) == WEIR_OK)
        cli_progress_say(p, "certificates and passwords were read again");
    else
        cli_progress_say(p, "those before stay in use: %s", err.message);
}

/** Until a signal comes. A query that fails is reported once; the others go on, and so do we. */
static void serve(weir *w, weir_server *server, cli_progress *p)
{
    bool reported = false;
    while (!cli_signals_stop()) {
        weir_metrics m = {.size = sizeof m};
        weir_metrics_read(w, &m);
        if (m.queries_failed && !reported)
            cli_report_failure(w, p);
        reported = m.queries_failed > 0;
        if (cli_signals_reload())
            reload(server, p);
        cli_progress_tick(p);
        cli_signals_wait(TICK_MS);
    }
}

static int open_and_load(const server_settings *o, const cli_list *pairs, const cli_list *files,
                         weir **out)
{
    weir_on_change on_change;
    if (!cli_parse_on_change(o->on_change, &on_change))
        return cli_usage_error("--on-change is refuse, restart or keep-old, not '%s'",
                               o->on_change);
    int status = cli_open_with(&o->place, files->n > 0, pairs, out);
    if (status == CLI_OK)
        status = cli_define(*out, &o->define);
    if (status == CLI_OK && files->n > 0)
        status = cli_load_files(*out, files, on_change);
    return status;
}

static int run_server(void *settings, const cli_list *files)
{
    server_settings *o = settings;
    weir *w = NULL;
    weir_server *server = NULL;
    cli_list pairs = {0};
    cli_progress p;
    cli_signals_install(CLI_SIGNALS_SERVER);
    int status = cli_collect_settings(&o->place, &pairs);
    if (status == CLI_OK)
        status = begin_serving(o, &pairs, files->n > 0, &server);
    if (status == CLI_OK)
        status = open_and_load(o, &pairs, files, &w);
    if (status == CLI_OK) {
        weir_server_ready(server, w);
        cli_progress_begin(&p, w);
        serve(w, server, &p);
        cli_say_stopping(&p);
        cli_progress_end(&p);
    }
    weir_server_stop(server, GRACE_MS);
    cli_free_pairs(&pairs);
    return w ? cli_close(w, status) : status;
}

const cli_command cli_server_command = {
    .name = "server",
    .operands = "[FILE.sql...]",
    .operands_max = -1,
    .summary = "Serve ksqlDB's REST API",
    .about = "With query files clients may only read: what runs is what the files say.\n"
             "SIGTERM and Ctrl-C finish requests, commit and stop; SIGHUP reads certificates and\n"
             "passwords again.",
    .options = options,
    .shared = cli_place_options,
    .settings_size = sizeof(server_settings),
    .run = run_server,
};

/* ---- weir passwd ---- */

/** A line of standard input, not shown on a terminal. @return false, with a message. */
static bool read_password(const char *user, cli_text *out)
{
    struct termios before, silent;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fprintf(stderr, "Password of %s: ", user);
    }
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        cli_text_addc(out, (char)c, 1);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (out->len > 0)
        return true;
    fprintf(stderr, "weir: no password was given\n");
    return false;
}

/** The file's lines but the user's, who keeps his roles, and the new one. */
static void replace_line(const char *before, const char *user, const char *line, cli_text *out)
{
    size_t n = strlen(user);
    const char *roles = "";
    size_t roles_n = 0;
    for (const char *at = before; *at;) {
        size_t len = strcspn(at, "\n");
        if (strncmp(at, user, n) != 0 || at[n] != ':') {
            cli_text_add(out, at, len);
            cli_text_addc(out, '\n', 1);
        } else if (memchr(at, ',', len)) {
            roles = memchr(at, ',', len);
            roles_n = len - (size_t)(roles - at);
        }
        at += len + (at[len] == '\n');
    }
    cli_text_adds(out, line);
    cli_text_add(out, roles, roles_n);
    cli_text_addc(out, '\n', 1);
}

/** In one step, so that a server that reads it meanwhile sees all of it. */
static bool write_file(const char *path, const cli_text *text)
{
    cli_text temporary = {0};
    cli_text_addf(&temporary, "%s.XXXXXX", path);
    char *name = temporary.at;
    cli_text_string(&temporary);
    int fd = mkstemp(name);
    bool ok = fd >= 0 && write(fd, text->at, text->len) == (ssize_t)text->len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(name, path) == 0;
    if (!ok)
        fprintf(stderr, "weir: cannot write %s: %s\n", path, strerror(errno));
    if (!ok && fd >= 0)
        unlink(name);
    cli_text_free(&temporary);
    return ok;
}

static int run_passwd(void *settings, const cli_list *operands)
{
    (void)settings;
    const char *path = operands->at[0], *user = operands->at[1];
    cli_text password = {0}, before = {0}, after = {0};
    char line[512];
    weir_error err = {0};
    int status = CLI_FAILED;
    cli_no_core_dump();
    if ((access(path, F_OK) != 0 || cli_read_file(path, &before)) &&
        read_password(user, &password)) {
        if (weir_password_line(user, cli_text_string(&password), line, sizeof line, &err) !=
            WEIR_OK) {
            cli_show_error(&err);
        } else {
            replace_line(cli_text_string(&before), user, line, &after);
            status = write_file(path, &after) ? CLI_OK : CLI_FAILED;
        }
    }
    cli_text_free(&password);
    cli_text_free(&before);
    cli_text_free(&after);
    return status;
}

const cli_command cli_passwd_command = {
    .name = "passwd",
    .operands = "FILE USER",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "Set a user's password for the server",
    .about = "The password is a line of standard input. FILE holds salted hashes (scrypt); it is\n"
             "made where it does not exist. weir.authentication.file names it to the server.",
    .settings_size = 1,
    .run = run_passwd,
};
