/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event times out of records, by the same reader that sources use (source_run.c), as its only
 * member, which wants one column, or none where the format has a time of its own. It has no pool: a
 * run is decoded into a scratch arena of its own and forgotten. The sources decode the column again
 * when they are fed; what that costs is paid only where a choice goes by it.
 */
#include "engine/operators/source_times.h"
#include "engine/operators/source_run.h"

struct wr_source_times {
    wr_task_ctx ctx; /* what a reader asks of its task */
    const wr_step *step;
    wr__run_member run;
    bool *wanted; /* by column of the source: the timestamp's alone */
};

const wr_step *wr_source_times_step(const wr_plan *plan, uint32_t topic)
{
    for (uint32_t i = 0; i < plan->steps_n; i++) {
        const wr_step *s = plan->steps[i];
        if (s->kind == WR_STEP_SOURCE && s->u.source.topic == topic &&
            (s->u.source.timestamp_column >= 0 || s->u.source.value.format->change_events))
            return s;
    }
    return NULL;
}

weir_status wr_source_times_new(const wr_plan *plan, const wr_step *step, const char *zone,
                                wr_source_times **out, weir_error *err)
{
    const wr_step_source *cfg = &step->u.source;
    int32_t column = cfg->timestamp_column;
    WR_ASSERT(step->kind == WR_STEP_SOURCE && (column >= 0 || cfg->value.format->change_events));
    WR_ASSERT(column < 0 || (uint32_t)column < cfg->columns_n);
    wr_source_times *t = wr_calloc(1, sizeof *t);
    t->ctx = (wr_task_ctx){
        .plan = plan, .zone = zone, .task_arena = wr_arena_new(0), .scratch = wr_arena_new(0)};
    t->step = step;
    t->wanted = WR_NEW_N(t->ctx.task_arena, bool, cfg->columns_n);
    if (column >= 0)
        t->wanted[column] = true;
    weir_status st = wr__run_join(&t->run, &t->ctx, step, t->wanted, err);
    if (st != WEIR_OK) {
        wr_source_times_free(t);
        return st;
    }
    *out = t;
    return WEIR_OK;
}

/* -1: no time can be had. An event about all rows has a time, and no columns to look at; 0 would be
 * taken for a row that has not been looked at yet. */
static void mark(const wr__faults *faults, const wr__run_rows *rows, int64_t *out)
{
    for (size_t k = 0; k < faults->n; k++) {
        uint32_t row = faults->v[k].row;
        out[row] = faults->v[k].kind == WR__FAULT_TRUNCATES ? WR_MAX(rows->rowtime[row], 1) : -1;
    }
}

weir_status wr_source_times_get(wr_source_times *t, const wr_record *records, uint32_t n,
                                int64_t *out, weir_error *err)
{
    const wr__run_rows *rows;
    wr_arena *a = t->ctx.scratch;
    wr_arena_reset(a);
    WR_TRY(wr__run_begin(&t->run, &t->ctx, records, n, &rows, err));
    WR_ASSERT(rows->n == n);
    /* The rows that are left at each step: what is wrong already has no columns to look at. */
    memset(out, 0, n * sizeof *out);
    mark(&rows->key, rows, out);
    mark(&rows->value, rows, out);
    uint32_t *left = WR_NEW_N(a, uint32_t, n), left_n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (out[i] == 0)
            left[left_n++] = i;
    wr_sel sel = {left_n, left};
    int32_t column = t->step->u.source.timestamp_column;
    if (column >= 0)
        mark(&wr__run_column(&t->run, (uint32_t)column, sel, NULL)->faults, rows, out);
    mark(wr__run_times(&t->run, sel), rows, out);
    WR_FOREACH_SEL (i, sel)
        if (out[i] == 0)
            out[i] = rows->rowtime[i];
    return WEIR_OK;
}

void wr_source_times_free(wr_source_times *t)
{
    if (!t)
        return;
    wr__run_leave(&t->run);
    wr_arena_free(t->ctx.scratch);
    wr_arena_free(t->ctx.task_arena);
    wr_free(t);
}
