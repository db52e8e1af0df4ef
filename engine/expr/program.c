/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.c - typed trees -> a flat array of steps over vector registers and selection registers.
 *
 * Each node becomes one step (CASE, AND, OR a few) that writes a fresh register. A step works on a
 * selection register; selection 0 is the caller's. BRANCH splits a selection by a condition: what
 * is evaluated lazily (right sides of AND and OR, branches of CASE) works on the part that needs
 * it, so that a branch not taken neither costs nor fails.
 *
 * Common subexpressions are shared: before a node is emitted the registers already filled are
 * looked through for an equal one. Its value is good for the rows of its selection, so it may be
 * used wherever the current selection was split off from that one (or is the same). What is not
 * deterministic is never shared: RANDOM() twice is two numbers.
 */
#include "engine/expr/expr_internal.h"

typedef struct value_slot {
    const wr_expr *e;
    uint32_t sel, reg;
    bool scoped; /* failures already turned to NULL */
} value_slot;

typedef struct builder {
    wr_arena *a;
    wr_arr(wr__step) steps;
    wr_arr(uint32_t) sel_parent; /* selection -> what it was split off from */
    wr_arr(value_slot) slots;
    uint32_t regs_n;
    uint32_t root;
} builder;

static uint32_t emit(builder *b, const wr_expr *e, uint32_t sel);

static uint32_t new_sel(builder *b, uint32_t parent)
{
    WR_ASSERT(b->sel_parent.n == 0 || parent < b->sel_parent.n); /* so walks up end at 0 */
    wr_arr_push(b->a, &b->sel_parent, parent);
    return (uint32_t)(b->sel_parent.n - 1);
}

static bool sel_within(const builder *b, uint32_t sel, uint32_t outer)
{
    while (sel != outer) {
        if (sel == 0)
            return false;
        sel = b->sel_parent.v[sel];
    }
    return true;
}

static bool find_value(const builder *b, const wr_expr *e, uint32_t sel, bool scoped, uint32_t *reg)
{
    for (size_t i = 0; i < b->slots.n; i++) {
        const value_slot *s = &b->slots.v[i];
        if (s->scoped == scoped && wr__expr_same(s->e, e) && sel_within(b, sel, s->sel)) {
            *reg = s->reg;
            return true;
        }
    }
    return false;
}

static wr__step *add_step(builder *b, wr__step_op op, const wr_expr *e, uint32_t sel, uint32_t dst,
                          const uint32_t *args, uint32_t args_n)
{
    WR_ASSERT(sel < b->sel_parent.n && (dst == WR__NO_REG || dst < b->regs_n));
    for (uint32_t i = 0; i < args_n; i++)
        WR_ASSERT(args[i] < b->regs_n); /* filled by a step before this one */
    wr__step s = {.op = op, .e = e, .sel = sel, .dst = dst, .root = b->root, .args_n = args_n};
    if (args_n)
        s.args = wr_arena_memdup(b->a, args, args_n * sizeof(*args));
    wr_arr_push(b->a, &b->steps, s);
    return &b->steps.v[b->steps.n - 1];
}

/** @p e as a scope, of its own or at the root: what fails inside is NULL outside. */
static uint32_t emit_scope(builder *b, const wr_expr *e, uint32_t sel)
{
    if (!e->may_fail)
        return emit(b, e, sel);
    uint32_t reg;
    if (find_value(b, e, sel, true, &reg))
        return reg;
    uint32_t inner = emit(b, e, sel);
    reg = b->regs_n++;
    add_step(b, WR__STEP_SCOPE, e, sel, reg, &inner, 1);
    wr_arr_push(b->a, &b->slots, ((value_slot){e, sel, reg, true}));
    return reg;
}

/** Split @p sel by the condition in @p cond; rows where it is neither fail in @p dst (if any). */
static void emit_branch(builder *b, const wr_expr *e, uint32_t sel, uint32_t cond, uint32_t dst,
                        uint32_t *sel_true, uint32_t *sel_false)
{
    *sel_true = new_sel(b, sel);
    *sel_false = new_sel(b, sel);
    wr__step *s = add_step(b, WR__STEP_BRANCH, e, sel, dst, &cond, 1);
    s->sel_true = *sel_true;
    s->sel_false = *sel_false;
}

static uint32_t emit_and_or(builder *b, const wr_expr *e, uint32_t sel)
{
    WR_ASSERT(e->args_n == 2);
    bool is_and = e->kind == WR__AND;
    uint32_t regs[2], yes, no;
    regs[0] = emit(b, e->args[0], sel);
    emit_branch(b, e, sel, regs[0], WR__NO_REG, &yes, &no); /* AND looks at the operands itself */
    regs[1] = emit(b, e->args[1], is_and ? yes : no);
    uint32_t dst = b->regs_n++;
    add_step(b, is_and ? WR__STEP_AND : WR__STEP_OR, e, sel, dst, regs, 2);
    return dst;
}

static uint32_t emit_case(builder *b, const wr_expr *e, uint32_t sel)
{
    uint32_t dst = b->regs_n++;
    add_step(b, WR__STEP_CASE, e, sel, dst, NULL, 0);
    uint32_t i = 0, rest = sel, yes, no;
    for (; i + 1 < e->args_n; i += 2) {
        uint32_t cond = emit(b, e->args[i], rest);
        emit_branch(b, e, rest, cond, dst, &yes, &no);
        uint32_t value = emit(b, e->args[i + 1], yes);
        add_step(b, WR__STEP_PUT, e, yes, dst, &value, 1);
        rest = no;
    }
    if (i < e->args_n) {
        uint32_t value = emit(b, e->args[i], rest);
        add_step(b, WR__STEP_PUT, e, rest, dst, &value, 1);
    }
    return dst;
}

static uint32_t emit_strict(builder *b, const wr_expr *e, uint32_t sel)
{
    WR_ASSERT(e->args_run <= e->args_n);
    uint32_t *regs = WR_NEW_N(b->a, uint32_t, e->args_run ? e->args_run : 1);
    for (uint32_t i = 0; i < e->args_run; i++)
        regs[i] = emit(b, e->args[i], sel);
    uint32_t dst = b->regs_n++;
    wr__step_op op = e->kind == WR__CALL ? WR__STEP_CALL
                     : e->kind == WR__OP ? WR__STEP_KERNEL
                                         : WR__STEP_LOAD;
    add_step(b, op, e, sel, dst, regs, e->args_run);
    return dst;
}

/** Emit the steps for @p e on @p sel. @return the register that holds its value. */
static uint32_t emit(builder *b, const wr_expr *e, uint32_t sel)
{
    uint32_t reg;
    if (find_value(b, e, sel, false, &reg))
        return reg;
    switch (e->kind) {
    case WR__AND:
    case WR__OR:
        reg = emit_and_or(b, e, sel);
        break;
    case WR__CASE:
        reg = emit_case(b, e, sel);
        break;
    case WR__SCOPE:
        return emit_scope(b, e->args[0], sel);
    case WR__CONST:
    case WR__REF:
    case WR__PARAM:
    case WR__OP:
    case WR__CALL:
        reg = emit_strict(b, e, sel);
        break;
    default:
        WR_UNREACHABLE();
    }
    wr_arr_push(b->a, &b->slots, ((value_slot){e, sel, reg, false}));
    return reg;
}

static const wr__program *build(const wr_expr *const *exprs, uint32_t n, bool scoped, wr_arena *a)
{
    WR_ASSERT(n == 0 || exprs);
    builder b = {.a = a};
    new_sel(&b, 0);
    wr__program *p = WR_NEW(a, wr__program);
    uint32_t *roots = WR_NEW_N(a, uint32_t, n ? n : 1);
    for (uint32_t i = 0; i < n; i++) {
        b.root = i;
        roots[i] = scoped ? emit_scope(&b, exprs[i], 0) : emit(&b, exprs[i], 0);
    }
    p->steps = b.steps.v;
    p->steps_n = (uint32_t)b.steps.n;
    p->regs_n = b.regs_n;
    p->sels_n = (uint32_t)b.sel_parent.n;
    p->roots = roots;
    p->roots_n = n;
    WR_ASSERT(p->sels_n > 0 && (n == 0 || p->steps_n > 0));
    return p;
}

const wr__program *wr__program_build(const wr_expr *const *exprs, uint32_t n, wr_arena *a)
{
    return build(exprs, n, true, a);
}

const wr__program *wr__program_build_body(const wr_expr *body, wr_arena *a)
{
    return build(&body, 1, false, a);
}
