/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Late rows in the log. A row that comes after its window has closed is lost, which nobody should
 * have to find out from a wrong sum: so the log names the window when it happens, and says what to
 * change. A stream that is late all the time would fill the log, so a window is named once, a few
 * of them in ten seconds, and the rest is in the sum.
 */
#include "runtime/query/late_report.h"
#include "common/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAMED_AT_ONCE 8
#define NAMED_EACH_NS (INT64_C(10) * 1000000000)

/* ---- texts ---- */

/* 2023-11-14T22:14:00.000Z, which INSERT and CAST read, too. */
static void put_time(char *out, size_t size, int64_t ms)
{
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    char text[40];
    if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        snprintf(out, size, "%s.%03dZ", text, (int)(ms % 1000));
    else
        snprintf(out, size, "%" PRId64 " ms", ms); /* beyond the calendar */
}

/* As GRACE PERIOD takes it; whole seconds, rounded up, where it is a second or more. */
static void put_span(char *out, size_t size, int64_t ms, bool round_up)
{
    WR_ASSERT(size > 0);
    if (ms % 1000 == 0 || (round_up && ms > 1000 && ms < INT64_MAX - 1000))
        snprintf(out, size, "%" PRId64 " SECONDS", (ms + 999) / 1000);
    else
        snprintf(out, size, "%" PRId64 " MILLISECONDS", ms);
}

static const char *rows_were(uint64_t rows)
{
    return rows == 1 ? "row was" : "rows were";
}

static void name_window(const wr__late_report *r, const char *id, const wr_late_window *w)
{
    char from[64], to[64], needed[48], has[48];
    put_time(from, sizeof from, w->start_ms);
    put_time(to, sizeof to, w->end_ms);
    put_span(needed, sizeof needed, w->grace_ms, true);
    put_span(has, sizeof has, r->has_ms, false);
    if (w->of_join) {
        wr_diag_put(WR_DIAG_WARN, "query",
                    "%s: %" PRIu64 " %s too late to join (times from %s to %s): what they would "
                    "have joined was written without a partner; GRACE PERIOD %s would have been "
                    "enough (it is %s)",
                    id, w->rows, rows_were(w->rows), from, to, needed, has);
        return;
    }
    wr_diag_put(WR_DIAG_WARN, "query",
                "%s: %" PRIu64 " %s too late for the window from %s to %s, which had closed; "
                "GRACE PERIOD %s would have been enough (it is %s)",
                id, w->rows, rows_were(w->rows), from, to, needed, has);
}

/* ---- counting ---- */

static bool was_named(const wr__late_report *r, const wr_late_window *w)
{
    for (uint32_t k = 0; k < WR_MIN(r->named_n, WR__LATE_NAMED); k++)
        if (wr_late_same(&r->named[k], w))
            return true;
    return false;
}

static void count(wr__late_report *r, const wr_late_window *w)
{
    r->rows += w->rows;
    r->grace_ms = WR_MAX(r->grace_ms, w->grace_ms);
}

static int by_start(const void *a, const void *b)
{
    const wr_late_window *x = a, *y = b;
    return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

static void name_new(wr__late_report *r, const char *id, wr_late_rows *list, int64_t now_ns)
{
    if (!r->named_n || now_ns - r->since_ns >= NAMED_EACH_NS) {
        r->since_ns = now_ns;
        r->named_lately = 0;
    }
    qsort(list->v, list->n, sizeof *list->v, by_start);
    for (uint32_t k = 0; k < list->n; k++) {
        count(r, &list->v[k]);
        if (r->named_lately == NAMED_AT_ONCE || was_named(r, &list->v[k]))
            continue;
        name_window(r, id, &list->v[k]);
        r->named[r->named_n++ % WR__LATE_NAMED] = list->v[k];
        r->named_lately++;
    }
    if (list->others.rows)
        count(r, &list->others);
    WR_ASSERT(r->rows > 0 && r->grace_ms >= 0);
}

/* Of those steps that know lateness. */
static int64_t grace_of(const wr_step *s)
{
    WR_ASSERT(s->kind == WR_STEP_AGGREGATE || s->kind == WR_STEP_STREAM_STREAM_JOIN);
    return s->kind == WR_STEP_AGGREGATE ? s->u.aggregate.window.grace_ms : s->u.join.grace_ms;
}

void wr__late_look(wr__late_report *r, const char *id, const wr_task_set *set, int64_t now_ns)
{
    wr_late_rows list = {0};
    const wr_task *t;
    const wr_op *op;
    bool any = false;
    for (size_t i = 0; (t = wr_task_set_at(set, i)); i++) {
        for (uint32_t o = 0; (op = wr_task_op(t, o)); o++) {
            if (!wr_late_take(op, &list))
                continue;
            r->has_ms = grace_of(op->step);
            any = true;
        }
    }
    if (any)
        name_new(r, id, &list, now_ns);
}

void wr__late_close(wr__late_report *r, const char *id)
{
    if (r->rows) {
        char needed[48];
        put_span(needed, sizeof needed, r->grace_ms, true);
        wr_diag_put(WR_DIAG_WARN, "query",
                    "%s: %" PRIu64 " %s too late for what had closed, since the query was started "
                    "here; GRACE PERIOD %s would have been enough for all",
                    id, r->rows, rows_were(r->rows), needed);
    }
    *r = (wr__late_report){0};
}
