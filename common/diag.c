/* SPDX-License-Identifier: Apache-2.0 */
/* One formatted line per message, cut at 2 kB, handed to the sink in the calling thread. */
#include "common/diag.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static wr_diag_sink log_sink;
static void *log_arg;
static atomic_int log_level = WR_DIAG_WARN;

void wr_diag_set_sink(wr_diag_sink sink, void *arg)
{
    log_sink = sink;
    log_arg = arg;
}

void wr_diag_set_level(wr_diag_level level)
{
    atomic_store(&log_level, (int)level);
}

bool wr_diag_enabled(wr_diag_level level)
{
    return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

void wr_diag_put(wr_diag_level level, const char *logger, const char *fmt, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    if (!wr_diag_enabled(level))
        return;
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (log_sink) {
        log_sink(log_arg, level, logger, text);
        return;
    }
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    char when[40];
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    /* One call, so that lines of several threads do not mix. */
    fprintf(stderr, "%s.%03dZ %-5s %s: %s\n", when, (int)(t.tv_nsec / 1000000), names[level],
            logger, text);
}
