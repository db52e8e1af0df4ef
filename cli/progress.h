/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - reports on standard error how a service is doing: a line that is redrawn once a
 * second on a terminal; elsewhere log lines, at most one in ten seconds and only when something
 * changed.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "screen_text.h"
#include "weir.h"

typedef struct cli_progress {
    weir *w;
    bool terminal;
    bool waiting; /* it was said that a query waits */
    bool drawn;   /* a line stands on the terminal, to be overwritten */
    int64_t begun_ms;
    int64_t looked_ms; /* when `last` was read */
    int64_t logged_ms; /* when the last log line was written */
    weir_metrics last; /* what the last redraw or log line told; all 0 at first */
} cli_progress;

void cli_progress_begin(cli_progress *p, weir *w);
/** Call about once a second. */
void cli_progress_tick(cli_progress *p);
/** A line of its own, above the progress line. */
void cli_progress_say(cli_progress *p, const char *format, ...) CLI_PRINTF(2, 3);
/** Totals, and no progress line any more. */
void cli_progress_end(cli_progress *p);

/** "1,234,567" and "12.3 MB"; for tests of the layout they are seen in the progress line. */
void cli_text_add_count(cli_text *t, uint64_t n);
void cli_text_add_bytes(cli_text *t, uint64_t n);

#endif
