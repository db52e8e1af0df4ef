/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Late rows by window: a short list, searched from the end, since rows of one window come together.
 * It is made with the first late row, so that operators without any pay nothing.
 */
#include "engine/operators/late_rows.h"
#include "engine/operators/times.h"

#define MINUTE_MS 60000

static void merge(wr_late_window *into, const wr_late_window *more)
{
    into->start_ms = into->rows ? WR_MIN(into->start_ms, more->start_ms) : more->start_ms;
    into->end_ms = into->rows ? WR_MAX(into->end_ms, more->end_ms) : more->end_ms;
    into->grace_ms = WR_MAX(into->grace_ms, more->grace_ms);
    into->of_join |= more->of_join;
    into->rows += more->rows;
}

void wr_late_add(wr_late_rows *list, const wr_late_window *more)
{
    WR_ASSERT(list->n <= WR_LATE_WINDOWS && more->rows > 0);
    for (uint32_t k = list->n; k-- > 0;) {
        wr_late_window *w = &list->v[k];
        if (wr_late_same(w, more)) {
            merge(w, more);
            return;
        }
    }
    if (list->n < WR_LATE_WINDOWS)
        list->v[list->n++] = *more;
    else
        merge(&list->others, more);
}

static void note(wr_op *op, const wr_late_window *w)
{
    WR_ASSERT(w->start_ms <= w->end_ms && w->rows == 1);
    op->late_rows++;
    if (!op->late)
        op->late = WR_NEW(op->ctx->task_arena, wr_late_rows);
    wr_late_add(op->late, w);
}

void wr__late_row(wr_op *op, int64_t start_ms, int64_t end_ms, int64_t grace_ms)
{
    note(op, &(wr_late_window){
                 .start_ms = start_ms, .end_ms = end_ms, .rows = 1, .grace_ms = grace_ms});
}

void wr__late_join_row(wr_op *op, int64_t time_ms, int64_t grace_ms)
{
    int64_t minute = time_ms / MINUTE_MS * MINUTE_MS;
    WR_ASSERT(grace_ms > 0);
    note(op, &(wr_late_window){.start_ms = minute,
                               .end_ms = wr__time_add(minute, MINUTE_MS),
                               .rows = 1,
                               .grace_ms = grace_ms,
                               .of_join = true});
}

bool wr_late_take(const wr_op *op, wr_late_rows *list)
{
    wr_late_rows *own = op->late;
    if (!own || own->n == 0)
        return false;
    for (uint32_t k = 0; k < own->n; k++)
        wr_late_add(list, &own->v[k]);
    if (own->others.rows)
        merge(&list->others, &own->others);
    WR_ASSERT(list->n > 0);
    *own = (wr_late_rows){0};
    return true;
}
