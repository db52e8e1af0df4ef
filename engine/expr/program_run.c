/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_run.c - executing a flat program over one batch (or over the elements given to a lambda).
 *
 * A run lives in the scratch arena: registers, selections, results. Nothing is allocated elsewhere.
 * A step on an empty selection is skipped: its register becomes a vector that no one reads.
 * A step whose arguments are all constant is computed for one row and stays a constant, unless that
 * row fails: then it is computed for all rows, so that each row's error is told.
 *
 * Errors: operators call wr__run_fail; function kernels report to `trap`, which remembers the rows
 * so that their null bytes become WR__FAILED after the kernel has returned. A row's error is told
 * once for each expression, as ksqlDB, which stops at the first exception, would. Inside a lambda
 * an element's failure is the failure of the call that runs the lambda, on the row of the element.
 *
 * Thread: the owning task's.
 */
#include "engine/expr/expr_internal.h"

#include <stdarg.h>
#include <stdio.h>

static uint8_t zero_null[1] = {0};
static uint8_t no_data[16] = {0};

/* ---- errors ---- */

static uint32_t batch_row(const wr__run *run, uint32_t row)
{
    WR_ASSERT(row < run->n);
    for (; run->parent; run = run->parent)
        row = run->rows[row];
    return row;
}

/** True the first time that expression `root` fails on the batch's row. */
static bool first_failure(wr__run *run, uint32_t row)
{
    wr_evaluator *ev = run->ev;
    const wr__run *top = run;
    while (top->parent)
        top = top->parent;
    if (!ev->told) {
        ev->told = wr_arena_calloc(top->scratch, top->n ? top->n : 1, 1);
    } else if (ev->told_root != ev->root) {
        memset(ev->told, 0, top->n);
    }
    ev->told_root = ev->root;
    WR_ASSERT(row < top->n);
    bool first = !ev->told[row];
    ev->told[row] = 1;
    return first;
}

static void tell(wr__run *run, uint32_t row, const char *message)
{
    uint32_t at = batch_row(run, row);
    if (run->ev->errs && first_failure(run, at))
        wr_row_error(run->ev->errs, at, "%s", message);
}

void wr__run_fail(wr__run *run, uint32_t row, const char *fmt, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    tell(run, row, message);
}

static void remember_failure(wr__run *run, uint32_t row)
{
    WR_ASSERT(row < run->n && run->failed_n <= run->failed_cap);
    if (run->failed_n == run->failed_cap) {
        uint32_t cap = run->failed_cap ? run->failed_cap * 2 : 64;
        uint32_t *bigger = wr_arena_alloc(run->scratch, cap * sizeof(*bigger));
        if (run->failed_n)
            memcpy(bigger, run->failed, run->failed_n * sizeof(*bigger));
        run->failed = bigger;
        run->failed_cap = cap;
    }
    run->failed[run->failed_n++] = row;
}

void wr__trap_report(wr_row_errors *self, uint32_t row, const char *message)
{
    wr_evaluator *ev = (wr_evaluator *)((char *)self - offsetof(wr_evaluator, trap));
    remember_failure(ev->run, row);
    tell(ev->run, row, message);
}

/* ---- loading ---- */

static wr_vec *new_vec(const wr__run *run, const wr_type *t)
{
    wr_vec *v = wr_arena_alloc(run->scratch, sizeof(*v));
    wr_vec_init(v, t, run->n, run->scratch);
    v->no_nulls = false;
    v->ascii = false;
    return v;
}

static const wr_vec *flat_i64(const wr__run *run, int64_t *values, const wr_type *t)
{
    wr_vec *v = wr_arena_calloc(run->scratch, 1, sizeof(*v));
    v->type = t;
    v->mask = UINT32_MAX;
    v->no_nulls = true;
    v->u.i64 = values;
    v->null = wr_arena_calloc(run->scratch, run->n ? run->n : 1, 1);
    return v;
}

static const wr_vec *load_headers(const wr__run *run, const wr_type *t)
{
    wr_vec *v = new_vec(run, t);
    for (uint32_t i = 0; i < run->n; i++) {
        wr_headers none = {0};
        const wr_headers *hs = run->batch->headers ? &run->batch->headers[i] : &none;
        wr_nest *list = wr_nest_new(run->scratch, hs->n, false);
        for (uint32_t k = 0; k < hs->n; k++) {
            wr_nest *pair = wr_nest_new(run->scratch, 2, false);
            pair->items[0] = wr_value_str(hs->h[k].key);
            if (hs->h[k].value.ptr)
                pair->items[1] = wr_value_str(hs->h[k].value);
            list->items[k] = wr_value_nest(pair);
        }
        v->u.nest[i] = list;
    }
    return v;
}

static const wr_vec *load_header(const wr__run *run, const wr_ref *ref)
{
    wr_vec *v = new_vec(run, ref->type);
    wr_str key = wr_str_c(ref->header);
    for (uint32_t i = 0; i < run->n; i++) {
        const wr_header *found = NULL;
        uint32_t n = run->batch->headers ? run->batch->headers[i].n : 0;
        for (uint32_t k = 0; k < n; k++) {
            const wr_header *h = &run->batch->headers[i].h[k];
            found = wr_str_eq(h->key, key) ? h : found;
        }
        v->u.str[i] = found && found->value.ptr ? found->value : WR_STR("");
        v->null[i] = !found || !found->value.ptr;
    }
    return v;
}

static const wr_vec *load_ref(const wr__run *run, const wr_ref *ref)
{
    const wr_batch *b = run->batch;
    WR_ASSERT(b || run->cols);
    switch (ref->kind) {
    case WR_REF_COLUMN:
        return run->cols ? &run->cols[ref->index] : &b->cols[ref->index];
    case WR_REF_ROWTIME:
        return flat_i64(run, b->rowtime, ref->type);
    case WR_REF_ROWOFFSET:
        return flat_i64(run, b->offset, ref->type);
    case WR_REF_WINDOWSTART:
        WR_ASSERT(b->window_start);
        return flat_i64(run, b->window_start, ref->type);
    case WR_REF_WINDOWEND:
        WR_ASSERT(b->window_end);
        return flat_i64(run, b->window_end, ref->type);
    case WR_REF_ROWPARTITION: {
        wr_vec *v = new_vec(run, ref->type);
        memcpy(v->u.i32, b->partition, run->n * sizeof(int32_t));
        v->no_nulls = true;
        return v;
    }
    case WR_REF_HEADERS:
        return load_headers(run, ref->type);
    case WR_REF_HEADER:
        return load_header(run, ref);
    }
    WR_UNREACHABLE();
}

/** Columns and outer parameters inside a lambda: the parent's vector, a value for each element. */
static const wr_vec *load(const wr__run *run, const wr_expr *e)
{
    if (e->kind == WR__CONST) {
        wr_vec *v = wr_arena_alloc(run->scratch, sizeof(*v));
        wr_vec_const(v, e->type, &e->value, run->scratch);
        return v;
    }
    if (e->kind == WR__PARAM && e->depth == run->depth)
        return &run->params[e->index];
    WR_ASSERT(run->parent || e->kind == WR__REF); /* a parameter has its lambda's run around it */
    if (!run->parent)
        return load_ref(run, &e->ref);
    const wr_vec *outer = load(run->parent, e);
    if (outer->mask == 0)
        return outer;
    wr_vec *v = wr_arena_alloc(run->scratch, sizeof(*v));
    wr_vec_gather(v, outer, (wr_sel){run->n, run->rows}, run->scratch);
    return v;
}

/* ---- calls ---- */

static bool any_null(const wr_vec *v, wr_sel sel)
{
    if (v->no_nulls)
        return false;
    if (v->mask == 0)
        return v->null[0];
    if (!sel.rows)
        return sel.n && memchr(v->null, 1, sel.n);
    uint8_t any = 0;
    for (uint32_t k = 0; k < sel.n; k++)
        any |= v->null[sel.rows[k]];
    return any;
}

/**
 * Take the rows where an argument failed out of @p sel: the call fails with it. Asked for only
 * where the plan says that one may fail; kernels then meet values and NULLs alone.
 */
static wr_sel drop_failed_args(const wr__run *run, const wr__step *s, const wr_vec *const *args,
                               wr_sel sel, wr_vec *out)
{
    uint8_t any = 0;
    for (uint32_t k = 0; k < s->args_n; k++) {
        if (!s->e->args[k]->may_fail || args[k]->no_nulls)
            continue;
        WR_FOREACH_SEL (i, sel)
            any |= args[k]->null[i & args[k]->mask];
    }
    if (!(any & 2))
        return sel;
    uint32_t *rows = wr_arena_alloc(run->scratch, sel.n * sizeof(*rows)), n = 0;
    WR_FOREACH_SEL (i, sel) {
        uint8_t failed = 0;
        for (uint32_t k = 0; k < s->args_n; k++)
            failed |= args[k]->null[i & args[k]->mask] & 2;
        rows[n] = i;
        n += !failed;
        if (failed)
            out->null[i] = WR__FAILED;
    }
    WR_ASSERT(n < sel.n); /* there was one */
    return (wr_sel){n, rows};
}

/** Take the rows with a NULL argument out of @p sel; they are NULL (and fail, where @p fail). */
static wr_sel drop_null_args(wr__run *run, const wr__step *s, const wr_vec *const *args, wr_sel sel,
                             bool fail, wr_vec *out)
{
    bool any = false;
    for (uint32_t k = 0; k < s->args_n && !any; k++)
        any = any_null(args[k], sel);
    if (!any)
        return sel;
    uint32_t *rows = wr_arena_alloc(run->scratch, (sel.n ? sel.n : 1) * sizeof(*rows)), n = 0;
    WR_FOREACH_SEL (i, sel) {
        uint8_t null = 0;
        for (uint32_t k = 0; k < s->args_n; k++)
            null |= args[k]->null[i & args[k]->mask];
        rows[n] = i;
        n += !null;
        if (null)
            out->null[i] = fail ? WR__FAILED : 1;
        if (null && fail)
            wr__run_fail(run, i, "Function '%s' does not take NULL.", s->e->call->fn->name);
    }
    return (wr_sel){n, rows};
}

static void call_kernel(wr__run *run, const wr__step *s, const wr_vec *const *args, wr_sel sel,
                        wr_vec *out)
{
    const wr_call *call = s->e->call;
    WR_ASSERT(call->sig->kernel && s->args_n == call->args_n);
    unsigned flags = call->sig->flags;
    if (s->e->args_may_fail)
        sel = drop_failed_args(run, s, args, sel, out);
    if (flags & (WR_FN_NULL_IN_NULL_OUT | WR_FN_NULL_IS_ERROR)) {
        bool fail = flags & WR_FN_NULL_IS_ERROR;
        sel = drop_null_args(run, s, args, sel, fail, out);
    }
    if (!sel.n)
        return;
    run->failed_n = 0;
    call->sig->kernel(&run->ev->kctx, call, args, sel, out);
    for (uint32_t k = 0; k < run->failed_n; k++)
        out->null[run->failed[k]] = WR__FAILED;
    if (run->failed_n)
        out->no_nulls = false;
}

static void step_compute(wr__run *run, const wr__step *s, const wr_vec *const *args, wr_sel sel,
                         wr_vec *out)
{
    if (s->op == WR__STEP_CALL)
        call_kernel(run, s, args, sel, out);
    else
        s->e->kernel(run, s->e, args, sel, out);
}

/** All arguments constant: one row will do. @return false where it fails. */
static bool compute_constant(wr__run *run, const wr__step *s, const wr_vec *const *args,
                             wr_vec **out)
{
    wr_row_errors *errs = run->ev->errs;
    uint32_t n = run->n;
    run->ev->errs = NULL;
    run->n = 1;
    wr_vec *v = new_vec(run, s->e->type);
    step_compute(run, s, args, wr_sel_all(1), v);
    run->ev->errs = errs;
    run->n = n;
    if (v->null[0] == WR__FAILED)
        return false;
    v->mask = 0;
    *out = v;
    return true;
}

static bool all_constant(const wr__step *s, const wr_vec *const *args)
{
    if (s->e->nondet || s->e->has_lambda || s->args_n == 0)
        return false;
    for (uint32_t k = 0; k < s->args_n; k++) {
        if (args[k]->mask)
            return false;
    }
    return true;
}

static const wr_vec *run_compute(wr__run *run, const wr__step *s, wr_sel sel)
{
    const wr_vec *few[8], **args = few;
    if (s->args_n > WR_ARRAY_LEN(few))
        args = wr_arena_alloc(run->scratch, s->args_n * sizeof(wr_vec *));
    for (uint32_t k = 0; k < s->args_n; k++)
        args[k] = run->regs[s->args[k]];
    wr_vec *out;
    if (all_constant(s, args) && compute_constant(run, s, args, &out))
        return out;
    out = new_vec(run, s->e->type);
    step_compute(run, s, args, sel, out);
    return out;
}

/* ---- the other steps ---- */

/** A copy of @p in, failures being NULL; @p in itself where nothing failed. */
static const wr_vec *end_failures(const wr__run *run, const wr_vec *in, wr_sel sel)
{
    if (in->no_nulls || in->mask == 0)
        return in; /* a constant that failed is computed for each row: run_compute */
    uint8_t any = 0;
    WR_FOREACH_SEL (i, sel)
        any |= in->null[i];
    WR_ASSERT(any <= WR__FAILED);
    if (!(any & 2))
        return in;
    wr_vec *out = wr_arena_memdup(run->scratch, in, sizeof(*in));
    out->null = wr_arena_calloc(run->scratch, run->n, 1);
    WR_FOREACH_SEL (i, sel)
        out->null[i] = in->null[i] & 1;
    return out;
}

static void run_branch(wr__run *run, const wr__step *s, wr_sel sel)
{
    const wr_vec *cond = run->regs[s->args[0]];
    WR_ASSERT(cond->type->id == WR_T_BOOLEAN && s->sel_true != s->sel_false);
    uint32_t *yes = wr_arena_alloc(run->scratch, (sel.n ? sel.n : 1) * sizeof(*yes)), yes_n = 0;
    uint32_t *no = wr_arena_alloc(run->scratch, (sel.n ? sel.n : 1) * sizeof(*no)), no_n = 0;
    uint8_t *fail = s->dst == WR__NO_REG ? NULL : run->regs[s->dst]->null;
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & cond->mask;
        uint8_t null = cond->null[j];
        bool is = !null && cond->u.b[j];
        yes[yes_n] = i;
        yes_n += is;
        no[no_n] = i;
        no_n += !null && !is;
        if (null && fail)
            fail[i] = WR__FAILED;
        if (null == 1 && fail)
            wr__run_fail(run, i, "The condition of a WHEN is NULL.");
    }
    WR_ASSERT(yes_n + no_n <= sel.n); /* rows where the condition is NULL are in neither */
    run->sels[s->sel_true] = (wr_sel){yes_n, yes};
    run->sels[s->sel_false] = (wr_sel){no_n, no};
}

/** AND and OR: the right side holds a value only where the left one (`go_on`) did not decide. */
static const wr_vec *run_and_or(wr__run *run, const wr__step *s, wr_sel sel, bool go_on)
{
    const wr_vec *l = run->regs[s->args[0]], *r = run->regs[s->args[1]];
    WR_ASSERT(l->type->id == WR_T_BOOLEAN && r->type->id == WR_T_BOOLEAN);
    wr_vec *out = new_vec(run, s->e->type);
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & l->mask;
        uint8_t null = l->null[j];
        bool v = !null && l->u.b[j];
        if (!null && v == go_on) {
            j = i & r->mask;
            null = r->null[j];
            v = !null && r->u.b[j];
        }
        if (null == 1)
            wr__run_fail(run, i, "An operand of %s is NULL.", go_on ? "AND" : "OR");
        out->null[i] = null ? WR__FAILED : 0;
        out->u.b[i] = v;
    }
    return out;
}

static void run_put(wr__run *run, const wr__step *s, wr_sel sel)
{
    const wr_vec *in = run->regs[s->args[0]];
    wr_vec *out = (wr_vec *)(uintptr_t)run->regs[s->dst]; /* made by this run's CASE step */
    size_t width = wr_type_width(out->type);
    WR_ASSERT(wr_type_width(in->type) == width); /* all branches of a CASE have one type */
    const char *from = in->u.data;
    char *to = out->u.data;
    WR_FOREACH_SEL (i, sel) {
        uint32_t j = i & in->mask;
        out->null[i] = in->null[j];
        if (!in->null[j] && width)
            memcpy(to + (size_t)i * width, from + (size_t)j * width, width);
    }
}

static wr_vec *run_case(const wr__run *run, const wr__step *s, wr_sel sel)
{
    wr_vec *out = new_vec(run, s->e->type);
    WR_FOREACH_SEL (i, sel)
        out->null[i] = 1;
    return out;
}

static const wr_vec *nothing(const wr__run *run, const wr_type *t)
{
    wr_vec *v = wr_arena_calloc(run->scratch, 1, sizeof(*v));
    v->type = t;
    v->null = zero_null;
    v->u.data = no_data;
    return v;
}

static void run_step(wr__run *run, const wr__step *s)
{
    WR_ASSERT(s->sel < run->program->sels_n);
    WR_ASSERT(s->dst == WR__NO_REG || s->dst < run->program->regs_n);
    wr_sel sel = run->sels[s->sel];
    if (!sel.n && s->op != WR__STEP_BRANCH && s->op != WR__STEP_PUT) {
        run->regs[s->dst] = nothing(run, s->e->type);
        return;
    }
    switch (s->op) {
    case WR__STEP_LOAD:
        run->regs[s->dst] = load(run, s->e);
        return;
    case WR__STEP_KERNEL:
    case WR__STEP_CALL:
        run->regs[s->dst] = run_compute(run, s, sel);
        return;
    case WR__STEP_SCOPE:
        run->regs[s->dst] = end_failures(run, run->regs[s->args[0]], sel);
        return;
    case WR__STEP_BRANCH:
        run_branch(run, s, sel);
        return;
    case WR__STEP_AND:
    case WR__STEP_OR:
        run->regs[s->dst] = run_and_or(run, s, sel, s->op == WR__STEP_AND);
        return;
    case WR__STEP_CASE:
        run->regs[s->dst] = run_case(run, s, sel);
        return;
    case WR__STEP_PUT:
        run_put(run, s, sel);
        return;
    }
    WR_UNREACHABLE();
}

void wr__program_execute(wr__run *run, wr_sel sel)
{
    const wr__program *p = run->program;
    WR_ASSERT(sel.n <= run->n && p->sels_n > 0);
    run->regs = wr_arena_alloc(run->scratch, (p->regs_n ? p->regs_n : 1) * sizeof(wr_vec *));
    run->sels = wr_arena_alloc(run->scratch, p->sels_n * sizeof(wr_sel));
    run->sels[0] = sel;
    wr__run *outer = run->ev->run;
    run->ev->run = run;
    for (uint32_t i = 0; i < p->steps_n; i++) {
        if (!run->parent)
            run->ev->root = p->steps[i].root;
        run_step(run, &p->steps[i]);
    }
    run->ev->run = outer;
}

/* ---- lambdas ---- */

const wr_vec *wr__run_lambda(wr_kctx *ctx, const wr_lambda *lambda, const wr_vec *params,
                             uint32_t params_n, const uint32_t *rows, uint32_t n)
{
    wr_evaluator *ev = ctx->eval;
    WR_ASSERT(params_n == lambda->params_n);
    WR_ASSERT(ev->run && lambda->program->roots_n == 1); /* a lambda runs inside a kernel */
    wr__run run = {.ev = ev,
                   .program = lambda->program,
                   .scratch = ctx->scratch,
                   .n = n,
                   .parent = ev->run,
                   .rows = rows,
                   .params = params,
                   .depth = lambda->depth};
    wr__program_execute(&run, wr_sel_all(n));
    WR_ASSERT(ev->run == run.parent); /* handed back to the run around it */
    const wr_vec *out = run.regs[lambda->program->roots[0]];
    if (!lambda->body->may_fail)
        return out;
    for (uint32_t j = 0; j < n; j++) {
        if (out->null[j & out->mask] == WR__FAILED)
            remember_failure(ev->run, rows[j]);
    }
    return end_failures(&run, out, wr_sel_all(n));
}
