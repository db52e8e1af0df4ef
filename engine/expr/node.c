/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.c - nodes of the typed tree: creation, hashing, equality and constant folding.
 *
 * A node is complete when it is returned: type, kernel, flags and hash are set, and a constant tree
 * has been replaced by its value. A constant that fails (1 / 0) stays an expression, so that it is
 * a run-time error of each row that reaches it, not of the statement. All memory is the plan
 * arena's.
 */
#include "engine/expr/expr_internal.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v + 0x9E3779B97F4A7C15u + (h << 6) + (h >> 2);
    return h * 0xFF51AFD7ED558CCDu;
}

static uint64_t hash_of(const wr_expr *e)
{
    uint64_t h = mix((uint64_t)e->kind + 1, (uint64_t)e->type->id);
    switch (e->kind) {
    case WR__CONST:
        h = mix(h, e->value.null ? 7u : wr_value_hash(e->type, &e->value));
        break;
    case WR__REF:
        h = mix(mix(h, (uint64_t)e->ref.kind), e->ref.index);
        break;
    case WR__PARAM:
        h = mix(mix(h, e->depth), e->index);
        break;
    case WR__OP:
        h = mix(mix(h, (uint64_t)(uintptr_t)e->kernel), (uint64_t)e->imm);
        break;
    case WR__CALL:
        h = mix(h, (uint64_t)(uintptr_t)e->call->sig);
        break;
    case WR__AND:
    case WR__OR:
    case WR__CASE:
    case WR__SCOPE:
        break;
    }
    for (uint32_t i = 0; i < e->args_n; i++)
        h = mix(h, e->args[i]->hash);
    return h;
}

static bool same_ref(const wr_ref *x, const wr_ref *y)
{
    if (x->kind != y->kind || x->index != y->index)
        return false;
    return x->kind != WR_REF_HEADER || strcmp(x->header, y->header) == 0;
}

bool wr__expr_same(const wr_expr *x, const wr_expr *y)
{
    if (x == y)
        return true;
    if (x->hash != y->hash || x->kind != y->kind || x->nondet || x->has_lambda || y->has_lambda ||
        x->args_n != y->args_n || !wr_type_equal(x->type, y->type))
        return false;
    switch (x->kind) {
    case WR__CONST:
        if (!wr_value_equal(x->type, &x->value, &y->value))
            return false;
        break;
    case WR__REF:
        if (!same_ref(&x->ref, &y->ref))
            return false;
        break;
    case WR__PARAM:
        if (x->depth != y->depth || x->index != y->index)
            return false;
        break;
    case WR__OP:
        if (x->kernel != y->kernel || x->imm != y->imm)
            return false;
        break;
    case WR__CALL:
        if (x->call->sig != y->call->sig)
            return false;
        break;
    case WR__AND:
    case WR__OR:
    case WR__CASE:
    case WR__SCOPE:
        break;
    }
    for (uint32_t i = 0; i < x->args_n; i++) {
        if (!wr__expr_same(x->args[i], y->args[i]))
            return false;
    }
    return true;
}

/** Copy @p args in and take over their flags; then hash. */
static wr_expr *finish(wr_arena *a, wr_expr *e, wr_expr *const *args, uint32_t n)
{
    WR_ASSERT(e->type && (n == 0 || args));
    e->args_n = n;
    e->args_run = n;
    if (n)
        e->args = wr_arena_memdup(a, args, n * sizeof(*args));
    for (uint32_t i = 0; i < n; i++) {
        WR_ASSERT(args[i]->type); /* complete before it is an argument */
        e->args_may_fail |= args[i]->may_fail;
        e->nondet |= args[i]->nondet;
        e->has_lambda |= args[i]->has_lambda;
    }
    e->may_fail |= e->args_may_fail && e->kind != WR__SCOPE;
    e->hash = hash_of(e);
    return e;
}

wr_expr *wr__expr_const(wr_arena *a, const wr_type *t, const wr_value *v)
{
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = WR__CONST;
    e->type = t;
    e->value = *v;
    return finish(a, e, NULL, 0);
}

wr_expr *wr__expr_null(wr_arena *a, const wr_type *t)
{
    return wr__expr_const(a, t, &WR_VALUE_NULL);
}

wr_expr *wr_expr_literal(wr_arena *a, const wr_type *t, const wr_value *v)
{
    wr_value copy = wr_value_copy(a, t, v);
    wr_expr *e = wr__expr_const(a, wr_type_copy(a, t), &copy);
    e->literal = true;
    return e;
}

wr_expr *wr_expr_ref(wr_arena *a, const wr_ref *ref)
{
    WR_ASSERT(ref->type && (ref->kind != WR_REF_HEADER || ref->header));
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = WR__REF;
    e->type = ref->type;
    e->ref = *ref;
    return finish(a, e, NULL, 0);
}

wr_expr *wr__expr_op(wr_arena *a, const wr_type *t, wr__kernel kernel, wr_expr *const *args,
                     uint32_t n, bool may_fail, int64_t imm, const void *aux)
{
    WR_ASSERT(t && kernel);
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = WR__OP;
    e->type = t;
    e->kernel = kernel;
    e->imm = imm;
    e->aux = aux;
    e->may_fail = may_fail;
    return wr__expr_fold(a, finish(a, e, args, n));
}

wr_expr *wr__expr_op_prepared(wr_arena *a, const wr_type *t, wr__kernel kernel,
                              wr_expr *const *args, uint32_t n, bool may_fail, int64_t imm,
                              const void *aux)
{
    WR_ASSERT(kernel && aux && n > 0); /* args[0] is what is computed */
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = WR__OP;
    e->type = t;
    e->kernel = kernel;
    e->imm = imm;
    e->aux = aux;
    e->may_fail = may_fail;
    finish(a, e, args, n);
    e->args_run = 1;
    return wr__expr_fold(a, e);
}

wr_expr *wr__expr_op1(wr_arena *a, const wr_type *t, wr__kernel k, wr_expr *x, bool may_fail,
                      int64_t imm)
{
    return wr__expr_op(a, t, k, &x, 1, may_fail, imm, NULL);
}

wr_expr *wr__expr_op2(wr_arena *a, const wr_type *t, wr__kernel k, wr_expr *l, wr_expr *r,
                      bool may_fail, int64_t imm)
{
    return wr__expr_op(a, t, k, (wr_expr *[]){l, r}, 2, may_fail, imm, NULL);
}

wr_expr *wr__expr_lazy(wr_arena *a, wr__kind kind, const wr_type *t, wr_expr *const *args,
                       uint32_t n)
{
    WR_ASSERT(kind == WR__AND || kind == WR__OR || kind == WR__CASE);
    WR_ASSERT(kind == WR__CASE ? n >= 2 : n == 2);
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = kind;
    e->type = t;
    e->may_fail = true; /* a NULL condition fails */
    return wr__expr_fold(a, finish(a, e, args, n));
}

wr_expr *wr__expr_call(wr_arena *a, wr_call *call, wr_expr *const *args, uint32_t n)
{
    WR_ASSERT(call->sig && call->ret && call->args_n == n);
    wr_expr *e = WR_NEW(a, wr_expr);
    e->kind = WR__CALL;
    e->type = call->ret;
    e->call = call;
    e->may_fail = true;
    e->nondet = call->sig->flags & WR_FN_NOT_DETERMINISTIC;
    e->has_lambda = call->lambdas_n > 0;
    for (uint32_t i = 0; i < call->lambdas_n; i++)
        e->nondet |= call->lambdas[i]->body->nondet;
    return wr__expr_fold(a, finish(a, e, args, n));
}

wr_expr *wr__expr_scope(wr_arena *a, wr_expr *e)
{
    if (!e->may_fail)
        return e;
    wr_expr *scope = WR_NEW(a, wr_expr);
    scope->kind = WR__SCOPE;
    scope->type = e->type;
    finish(a, scope, &e, 1);
    WR_ASSERT(scope->args_may_fail && !scope->may_fail); /* failures end here */
    return scope;
}

/**
 * Date and time functions may depend on the server's zone, which only the evaluation's context
 * knows: they are left for the run, where constant arguments are computed once a batch.
 */
static bool foldable(const wr_expr *e)
{
    if (e->nondet || e->has_lambda)
        return false;
    if (e->kind == WR__CALL && strcmp(e->call->fn->category, "DATE / TIME") == 0)
        return false;
    for (uint32_t i = 0; i < e->args_n; i++) {
        if (e->args[i]->kind != WR__CONST)
            return false;
    }
    return true;
}

wr_expr *wr__expr_fold(wr_arena *a, wr_expr *e)
{
    if (e->kind == WR__CONST || !foldable(e))
        return e;
    wr_arena *scratch = wr_arena_new(0);
    wr_value v;
    wr_expr *out = e;
    if (wr__eval_constant(e, scratch, &v)) {
        wr_value copy = wr_value_copy(a, e->type, &v);
        out = wr__expr_const(a, e->type, &copy);
    }
    wr_arena_free(scratch);
    return out;
}
