/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_log.h - the log lines of rows that cannot be used, or were left out: of one kind at most one
 * line a second, which says how many more there were.
 *
 * A topic of bad records, or of records without a key, would otherwise write a line for each of
 * them, and a query that falls behind because of its log is worse than a line too few. Nothing is
 * lost from the counts: what a line stood for is said by the next line of its kind, by the first
 * commit a second later, or at the latest when the tasks are closed.
 *
 * A kind is a step and a message up to what is different from row to row in it: its first digit,
 * quote or colon.
 *
 * Threads: any; it has a lock of its own, which is taken once for each such row.
 */
#ifndef WR_RUNTIME_TASK_ROW_LOG_H
#define WR_RUNTIME_TASK_ROW_LOG_H

#include "common/buf.h"
#include "common/clock.h"

#define WR_ROW_LOG_EVERY_NS 1000000000ll

typedef struct wr__row_log wr__row_log;

/** @p query: its id; both are borrowed and outlive it. */
wr__row_log *wr__row_log_new(const char *query, wr_clock *clock);
/** Says what has been left out; NULL: nothing happens. */
void wr__row_log_free(wr__row_log *log);
/**
 * @param context  of the step: the logger is "processing.<query>.<context>"
 * @param where    the record: "t partition 0 offset 5", or "" where it is not known
 */
void wr__row_log_put(wr__row_log *log, const char *context, const char *where, const char *message);
/** Say what has been left out of the kinds whose last line is a second old. */
void wr__row_log_flush(wr__row_log *log);

#endif
