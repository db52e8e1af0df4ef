/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The self-pipe trick. Both ends are non-blocking: a full pipe loses bytes, not signals, since what
 * came is also noted in flags.
 */
#include "signals.h"

#include "options.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal; /* SIGINT or SIGTERM */
static volatile sig_atomic_t window_resized;
static volatile sig_atomic_t program_resumed;
static volatile sig_atomic_t report_asked;
static volatile sig_atomic_t reload_asked;
static volatile sig_atomic_t service; /* a second signal ends the program */
static int pipe_ends[2] = {-1, -1};
static const char *watchdog_message;
static _Atomic(weir_stmt *) interrupted; /* the statement that a signal interrupts */
static _Atomic(weir *) loading;          /* likewise the files */
static atomic_int interrupting;          /* handlers that are at it, on whichever thread */

static void interrupt_statement(void)
{
    atomic_fetch_add(&interrupting, 1);
    weir_stmt *stmt = atomic_load(&interrupted);
    if (stmt)
        weir_interrupt(stmt);
    weir *w = atomic_load(&loading);
    if (w)
        weir_interrupt_load(w);
    atomic_fetch_sub(&interrupting, 1);
}

static void on_signal(int number)
{
    int saved = errno;
    if (number == SIGWINCH) {
        window_resized = 1;
    } else if (number == SIGCONT) {
        program_resumed = 1;
    } else if (number == SIGUSR1) {
        report_asked = 1;
    } else if (number == SIGHUP) {
        reload_asked = 1;
    } else {
        if (service && stop_signal)
            _exit(128 + number);
        if (stop_signal != SIGTERM)
            stop_signal = number;
        interrupt_statement();
    }
    ssize_t written = write(pipe_ends[1], "", 1); /* full: a wake-up is under way already */
    (void)written;
    errno = saved;
}

static void on_alarm(int number)
{
    (void)number;
    ssize_t written = write(STDERR_FILENO, watchdog_message, strlen(watchdog_message));
    (void)written;
    _exit(CLI_FAILED);
}

void cli_signals_install(cli_signals_use use)
{
    service = use != CLI_SIGNALS_PROMPT;
    if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0)
        pipe_ends[0] = pipe_ends[1] = -1; /* flags alone: a wait ends a little later */
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_flags = SA_RESTART; /* a resized window must not fail a write */
    sigaction(SIGWINCH, &action, NULL);
    sigaction(SIGCONT, &action, NULL);
    if (service)
        sigaction(SIGUSR1, &action, NULL);
    if (use == CLI_SIGNALS_SERVER)
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a limit on files (ulimit -f): a write that fails */
}

void cli_signals_interrupt(weir_stmt *stmt)
{
    atomic_store(&interrupted, stmt);
    while (!stmt && atomic_load(&interrupting)) /* a handler on another thread still has it */
        sched_yield();
}

void cli_signals_interrupt_load(weir *w)
{
    atomic_store(&loading, w);
    while (!w && atomic_load(&interrupting))
        sched_yield();
}

int cli_signals_stop(void)
{
    return stop_signal;
}

int cli_signals_status(void)
{
    return cli_signals_stop() ? 128 + cli_signals_stop() : CLI_OK;
}

void cli_signals_clear(void)
{
    if (stop_signal == SIGINT)
        stop_signal = 0;
    cli_signals_drain();
}

bool cli_signals_report(void)
{
    bool was = report_asked;
    report_asked = 0;
    return was;
}

bool cli_signals_reload(void)
{
    bool was = reload_asked;
    reload_asked = 0;
    return was;
}

bool cli_signals_resized(void)
{
    bool was = window_resized;
    window_resized = 0;
    return was;
}

bool cli_signals_resumed(void)
{
    bool was = program_resumed;
    program_resumed = 0;
    return was;
}

int cli_signals_fd(void)
{
    return pipe_ends[0];
}

void cli_signals_drain(void)
{
    char bytes[64];
    while (pipe_ends[0] >= 0 && read(pipe_ends[0], bytes, sizeof bytes) > 0)
        continue;
}

void cli_signals_wait(int timeout_ms)
{
    struct pollfd wait = {.fd = pipe_ends[0], .events = POLLIN};
    poll(&wait, 1, timeout_ms);
    cli_signals_drain();
}

void cli_signals_watchdog(unsigned seconds, const char *message)
{
    watchdog_message = message;
    struct sigaction action = {.sa_handler = on_alarm};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}
