/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - Ctrl-C, SIGTERM and a resized window, as something that a loop can ask for.
 *
 * Handlers do next to nothing: they note what came and write a byte to a pipe, so that a wait in
 * poll() ends whichever thread the signal was delivered to.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "weir.h"

#include <stdbool.h>

typedef enum cli_signals_use {
    CLI_SIGNALS_PROMPT,  /* the first and any further Ctrl-C is only noted; SIGTERM likewise */
    CLI_SIGNALS_SERVICE, /* a second signal ends the program at once */
    CLI_SIGNALS_SERVER,  /* the same, and SIGHUP is a request to read files again */
} cli_signals_use;

/** From here on SIGINT, SIGTERM, SIGWINCH and SIGCONT are noted, SIGUSR1 and SIGHUP too by
 * a server; SIGPIPE
 * is ignored (writes fail instead).
 */
void cli_signals_install(cli_signals_use use);
/** Did SIGINT or SIGTERM come since the last cli_signals_clear? @return its number, or 0. */
int cli_signals_stop(void);
/** The exit status of what such a signal ended early, 128 and its number; 0 where none came. */
int cli_signals_status(void);
/**
 * SIGINT and SIGTERM also interrupt @p stmt, which may wait in a step for longer than anybody would
 * wait for an answer. NULL, before it is finalized: no statement.
 */
void cli_signals_interrupt(weir_stmt *stmt);
/** The same for a weir_load_files of @p w. NULL: no more. */
void cli_signals_interrupt_load(weir *w);
/** Forget a SIGINT. SIGTERM stays: the program is to end. */
void cli_signals_clear(void);
/** Was a report asked for (SIGUSR1, of a service) since the last call? */
bool cli_signals_report(void);
/** Is what was read at the start to be read again (SIGHUP, of a server) since the last call? */
bool cli_signals_reload(void);
/** Was the window resized since the last call? */
bool cli_signals_resized(void);
/** Was the program stopped and continued (Ctrl-Z, fg) since the last call? */
bool cli_signals_resumed(void);
/** Readable once a signal has come; -1 before cli_signals_install. */
int cli_signals_fd(void);
/** Take what is in the pipe. */
void cli_signals_drain(void);
/** Wait until a signal comes or so many milliseconds have passed. */
void cli_signals_wait(int timeout_ms);
/** End the program with @p message unless it has ended by itself within so many seconds. */
void cli_signals_watchdog(unsigned seconds, const char *message);

#endif
