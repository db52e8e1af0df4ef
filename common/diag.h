/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - the program's own diagnostics (not topics: those are runtime/log).
 * One line per message, to a sink; the default writes to stderr. Thread-safe.
 */
#ifndef WR_COMMON_DIAG_H
#define WR_COMMON_DIAG_H

#include "common/base.h"

typedef enum wr_diag_level {
    WR_DIAG_ERROR,
    WR_DIAG_WARN,
    WR_DIAG_INFO,
    WR_DIAG_DEBUG,
} wr_diag_level;

typedef void (*wr_diag_sink)(void *arg, wr_diag_level level, const char *logger,
                             const char *message);

/** Where messages go; NULL: stderr as `time LEVEL logger message`. Call before threads start. */
void wr_diag_set_sink(wr_diag_sink sink, void *arg);
/** Messages above @p level are dropped (default WR_DIAG_WARN). */
void wr_diag_set_level(wr_diag_level level);
bool wr_diag_enabled(wr_diag_level level);
void wr_diag_put(wr_diag_level level, const char *logger, const char *fmt, ...) WR_PRINTF(3, 4);

#endif
