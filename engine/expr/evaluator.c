/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluator.c - the state with which one task evaluates expressions; expr.h tells its life.
 *
 * The program is built once, in the task's arena; each run allocates in the caller's scratch arena
 * only. A filter gives a selection instead of a vector, and a single expression without columns is
 * a run over one row without a batch.
 */
#include "engine/expr/expr_internal.h"

wr_evaluator *wr_evaluator_new(const wr_expr *const *exprs, uint32_t n, wr_arena *task_arena)
{
    WR_ASSERT(task_arena);
    wr_evaluator *ev = WR_NEW(task_arena, wr_evaluator);
    ev->arena = task_arena;
    ev->program = wr__program_build(exprs, n, task_arena);
    return ev;
}

void wr_evaluator_close(wr_evaluator *ev)
{
    /* Prepared data (patterns, formatters) belongs to the plan; the rest is in the arenas. */
    ev->program = NULL;
}

static void begin(wr_evaluator *ev, const wr_eval_ctx *ctx)
{
    WR_ASSERT(ctx->scratch);
    ev->kctx = (wr_kctx){.scratch = ctx->scratch,
                         .errs = &ev->trap,
                         .wall_ms = ctx->wall_ms,
                         .rng = ctx->rng,
                         .zone = ctx->zone ? ctx->zone : "UTC",
                         .run_lambda = wr__run_lambda,
                         .eval = ev};
    ev->trap.report = wr__trap_report;
    ev->errs = ctx->errs;
    ev->told = NULL;
    ev->run = NULL;
}

void wr_evaluator_run(wr_evaluator *ev, const wr_batch *batch, wr_vec *cols, wr_sel sel,
                      const wr_eval_ctx *ctx, const wr_vec **out)
{
    WR_ASSERT(ev->program);
    begin(ev, ctx);
    wr__run run = {.ev = ev,
                   .program = ev->program,
                   .scratch = ctx->scratch,
                   .n = batch ? batch->rows : 1,
                   .batch = batch,
                   .cols = cols};
    wr__program_execute(&run, sel);
    WR_ASSERT(!ev->run); /* no run is left inside */
    for (uint32_t i = 0; i < ev->program->roots_n; i++)
        out[i] = run.regs[ev->program->roots[i]];
}

wr_sel wr_evaluator_filter(wr_evaluator *ev, const wr_batch *batch, wr_vec *cols, wr_sel sel,
                           const wr_eval_ctx *ctx)
{
    WR_ASSERT(ev->program->roots_n == 1);
    if (!sel.n)
        return sel;
    const wr_vec *v;
    wr_evaluator_run(ev, batch, cols, sel, ctx, &v);
    if (v->type->id != WR_T_BOOLEAN)
        return (wr_sel){0, NULL};
    if (v->mask == 0)
        return !v->null[0] && v->u.b[0] ? sel : (wr_sel){0, NULL};
    uint32_t *rows = wr_arena_alloc(ctx->scratch, sel.n * sizeof(*rows)), n = 0;
    WR_FOREACH_SEL (i, sel) {
        rows[n] = i;
        n += !v->null[i] && v->u.b[i];
    }
    return (wr_sel){n, rows};
}

/** Keeps nothing: the first message is in wr_row_errors itself. */
static void ignore_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

bool wr__eval_constant(const wr_expr *e, wr_arena *scratch, wr_value *out)
{
    wr_row_errors errs = {.report = ignore_report};
    wr_eval_ctx ctx = {.scratch = scratch, .errs = &errs, .zone = "UTC"};
    wr_evaluator ev = {.program = wr__program_build_body(e, scratch), .arena = scratch};
    const wr_vec *v;
    wr_evaluator_run(&ev, NULL, NULL, wr_sel_all(1), &ctx, &v);
    WR_ASSERT(wr_type_equal(v->type, e->type));
    if (errs.count || v->null[0] == WR__FAILED)
        return false;
    *out = wr_vec_get(v, 0);
    return true;
}

weir_status wr_expr_eval_once(const wr_expr *e, const wr_eval_ctx *ctx, wr_arena *a, wr_value *out,
                              weir_error *err)
{
    if (e->kind == WR__CONST) {
        *out = wr_value_copy(a, e->type, &e->value);
        return WEIR_OK;
    }
    wr_arena *scratch = wr_arena_new(0);
    wr_row_errors errs = {.report = ignore_report};
    wr_eval_ctx own = *ctx;
    own.scratch = scratch;
    own.errs = &errs;
    wr_evaluator *ev = wr_evaluator_new(&e, 1, scratch);
    const wr_vec *v;
    wr_evaluator_run(ev, NULL, NULL, wr_sel_all(1), &own, &v);
    weir_status st = WEIR_OK;
    if (errs.count) {
        st = wr_error(err, WEIR_ERR_STATEMENT, "%s", errs.first);
    } else {
        wr_value value = wr_vec_get(v, 0);
        *out = wr_value_copy(a, e->type, &value);
    }
    wr_evaluator_close(ev);
    wr_arena_free(scratch);
    return st;
}
