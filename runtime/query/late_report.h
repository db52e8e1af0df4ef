/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_report.h - what the log says about late rows: each window once, with its rows and the grace
 * period that would have been long enough; and all of them together when the query's tasks close.
 *
 * Thread: the worker's, while no task runs.
 */
#ifndef WR_RUNTIME_QUERY_LATE_REPORT_H
#define WR_RUNTIME_QUERY_LATE_REPORT_H

#include "engine/operators/late_rows.h"
#include "runtime/task/task_set.h"

/** Windows that have been named lately, so that they are not named again. */
#define WR__LATE_NAMED 64

typedef struct wr__late_report {
    wr_late_window named[WR__LATE_NAMED]; /* a ring */
    uint32_t named_n;                     /* since the tasks were opened */
    int64_t since_ns;                     /* monotonic: named_lately counts from here */
    uint32_t named_lately;
    uint64_t rows;    /* likewise, of all windows */
    int64_t grace_ms; /* that would have been enough for all of them */
    int64_t has_ms;   /* the statement's, of the step that noted the last one */
} wr__late_report;

/** After a commit: name windows that have late rows for the first time, unless many were named
 *  lately. @p id: of the query; @p now_ns: the monotonic clock. */
void wr__late_look(wr__late_report *r, const char *id, const wr_task_set *set, int64_t now_ns);
/** Before the tasks close: how many there were. What was not committed is not counted. */
void wr__late_close(wr__late_report *r, const char *id);

#endif
