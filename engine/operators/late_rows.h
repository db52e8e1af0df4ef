/* SPDX-License-Identifier: Apache-2.0 */
/*
 * late_rows.h - rows that came after their window had closed, or the one of all rows that they
 * could have joined, by window.
 *
 * An operator counts them, here and in wr_op.late_rows; the runtime takes the list between two runs
 * of records and names each window once, with the grace period that would have been long enough.
 *
 * Thread: the task's.
 */
#ifndef WR_ENGINE_OPERATORS_LATE_ROWS_H
#define WR_ENGINE_OPERATORS_LATE_ROWS_H

#include "engine/operators/op.h"

/** Windows that are told apart between two looks; what is in more of them is counted together. */
#define WR_LATE_WINDOWS 32

typedef struct wr_late_window {
    int64_t start_ms, end_ms;
    uint64_t rows;
    int64_t grace_ms; /* the shortest grace period with which all of them had been in time */
    bool of_join;     /* they found no partner but closed ones; start and end round their times */
} wr_late_window;

typedef struct wr_late_rows {
    wr_late_window v[WR_LATE_WINDOWS];
    uint32_t n;
    wr_late_window others; /* of more windows; start and end: from the first to the last of them */
} wr_late_rows;

/** A row of window [@p start_ms, @p end_ms) was dropped: with a grace period of @p grace_ms or more
 *  the window would have been open. */
void wr__late_row(wr_op *op, int64_t start_ms, int64_t end_ms, int64_t grace_ms);
/** A row of an outer join at @p time_ms found partners that are final, and no others: with a grace
 *  period of @p grace_ms or more it would have joined one. Rows of a minute are reported together,
 *  since each would have a window of its own. */
void wr__late_join_row(wr_op *op, int64_t time_ms, int64_t grace_ms);
/** The same window of the same kind of step? */
static inline bool wr_late_same(const wr_late_window *a, const wr_late_window *b)
{
    return a->start_ms == b->start_ms && a->end_ms == b->end_ms && a->of_join == b->of_join;
}
/** More rows of a window, into @p list. */
void wr_late_add(wr_late_rows *list, const wr_late_window *more);
/** What @p op has noted since the last call goes into @p list. @return whether there was any. */
bool wr_late_take(const wr_op *op, wr_late_rows *list);

#endif
