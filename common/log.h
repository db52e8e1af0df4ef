/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the program's own diagnostics (not topics: those are runtime/log).
 * One line per message, to a sink; the default writes to stderr. Thread-safe.
 */
#ifndef WR_COMMON_LOG_H
#define WR_COMMON_LOG_H

#include "common/base.h"

typedef enum wr_log_level {
    WR_LOG_ERROR,
    WR_LOG_WARN,
    WR_LOG_INFO,
    WR_LOG_DEBUG,
} wr_log_level;

typedef void (*wr_log_sink)(void *arg, wr_log_level level, const char *logger, const char *message);

/** Where messages go; NULL: stderr as `time LEVEL logger message`. Call before threads start. */
void wr_log_set_sink(wr_log_sink sink, void *arg);
/** Messages above @p level are dropped (default WR_LOG_WARN). */
void wr_log_set_level(wr_log_level level);
bool wr_log_enabled(wr_log_level level);
void wr_log_put(wr_log_level level, const char *logger, const char *fmt, ...) WR_PRINTF(3, 4);

#endif
