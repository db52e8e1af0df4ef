/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_aggregate.c - calls of aggregate and table functions, which the planner takes out of their
 * expressions and puts into steps of their own; and the walks over syntax trees to find them.
 */
#include "engine/expr/bind.h"

/* ---- walks ---- */

void wr_ast_walk(const wr_ast_expr *e, bool (*visit)(void *arg, const wr_ast_expr *e), void *arg)
{
    if (!e || !visit(arg, e))
        return;
    for (size_t i = 0; i < e->args_n; i++)
        wr_ast_walk(e->args[i], visit, arg);
    wr_ast_walk(e->else_, visit, arg);
}

typedef struct finder {
    const wr_function_registry *functions;
    const wr_ast_expr *found;
} finder;

static bool find_aggregate(void *arg, const wr_ast_expr *e)
{
    finder *f = arg;
    if (f->found)
        return false;
    if (e->kind == WR_AST_CALL) {
        const wr_function *fn = wr_function_find(f->functions, wr_str_c(e->name.name));
        if (fn && fn->kind == WR_FUNCTION_AGGREGATE)
            f->found = e;
    }
    return !f->found;
}

const wr_ast_expr *wr_ast_find_aggregate(const wr_function_registry *functions,
                                         const wr_ast_expr *e)
{
    finder f = {.functions = functions};
    wr_ast_walk(e, find_aggregate, &f);
    return f.found;
}

/* ---- aggregates ---- */

static weir_status find_function(const wr_scope *scope, const wr_ast_expr *ast,
                                 wr_function_kind kind, const wr_function **fn, weir_error *err)
{
    WR_ASSERT(ast->kind == WR_AST_CALL);
    *fn = wr_function_find(scope->functions, wr_str_c(ast->name.name));
    if (!*fn || (*fn)->kind != kind)
        return wr__no_function(ast, err);
    return WEIR_OK;
}

/** How many of the arguments behind the columns are initial ones, by the signature chosen. */
static uint32_t initial_args(const char *signature)
{
    const char *bar = strchr(signature, '|');
    uint32_t n = bar != NULL;
    for (; bar && *bar; bar++)
        n += *bar == ',';
    return n;
}

static weir_status check_literals(wr__binder *b, const wr_ast_expr *ast, wr_expr *const *args,
                                  uint32_t from, weir_error *err)
{
    for (uint32_t i = from; i < ast->args_n; i++) {
        if (args[i]->kind != WR__CONST || !args[i]->literal)
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[i]->pos,
                               "Parameter %u passed to function %s must be a literal constant, but "
                               "was expression: '%s'",
                               i + 1, ast->name.name, wr__ast_text(b->a, ast->args[i]));
    }
    return WEIR_OK;
}

static void fill_call(wr_agg_call *call, wr_expr *const *args, const wr_type *const *types,
                      uint32_t n, uint32_t init_n, wr_arena *a)
{
    WR_ASSERT(init_n <= n);
    call->args_n = n - init_n;
    call->arg_types = types;
    call->init_n = init_n;
    call->init_types = types + call->args_n;
    wr_value *init = WR_NEW_N(a, wr_value, init_n ? init_n : 1);
    for (uint32_t i = 0; i < init_n; i++)
        init[i] = args[call->args_n + i]->value;
    call->init_args = init;
}

/** Choose the overload; an untyped NULL takes the type of its parameter. */
static weir_status resolve_aggregate(wr__binder *b, const wr_ast_expr *ast, const wr_function *fn,
                                     wr_expr **args, const wr_type **types, uint32_t *sig,
                                     const wr_type **ret, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n;
    const wr_type **cast_to = WR_NEW_N(b->a, const wr_type *, n ? n : 1);
    for (uint32_t i = 0; i < n; i++)
        types[i] = args[i]->type;
    weir_status st =
        wr_function_resolve(fn, types, NULL, n, NULL, NULL, b->a, sig, cast_to, ret, err);
    if (st != WEIR_OK) {
        if (err && err->offset < 0)
            err->offset = ast->pos;
        return st;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!cast_to[i])
            continue;
        args[i] = wr__expr_cast(b->a, args[i], cast_to[i]); /* an untyped NULL */
        types[i] = cast_to[i];
    }
    return WEIR_OK;
}

weir_status wr_expr_compile_aggregate(const wr_ast_expr *ast, const wr_scope *scope, int64_t limit,
                                      wr_arena *plan_arena, wr_agg_call **out, wr_expr ***args,
                                      weir_error *err)
{
    wr__binder b = {.scope = scope, .a = plan_arena};
    const wr_function *fn;
    uint32_t sig = 0, n = (uint32_t)ast->args_n;
    WR_TRY(find_function(scope, ast, WR_FUNCTION_AGGREGATE, &fn, err));
    const wr_ast_expr *inner = NULL;
    for (size_t i = 0; i < n && !inner; i++)
        inner = wr_ast_find_aggregate(scope->functions, ast->args[i]);
    if (inner)
        return wr_error_at(err, WEIR_ERR_STATEMENT, inner->pos,
                           "Aggregate functions can not be nested: %s(%s())", ast->name.name,
                           inner->name.name);
    const wr_type **types = WR_NEW_N(plan_arena, const wr_type *, n ? n : 1);
    wr_agg_call *call = WR_NEW(plan_arena, wr_agg_call);
    WR_TRY(wr__bind_args(&b, ast, args, err));
    WR_TRY(resolve_aggregate(&b, ast, fn, *args, types, &sig, &call->ret, err));
    WR_ASSERT(sig < fn->sigs_n && fn->aggregate && call->ret);
    uint32_t init_n = initial_args(fn->sigs[sig].args);
    WR_TRY(check_literals(&b, ast, *args, n - init_n, err));
    call->fn = fn;
    call->impl = &fn->aggregate[sig];
    call->limit = limit;
    fill_call(call, *args, types, n, init_n, plan_arena);
    WR_TRY(wr_aggregate_state_type(call, sig, plan_arena, &call->state_type, err));
    if (call->impl->check && call->impl->check(call, err) != WEIR_OK) {
        if (err && err->offset < 0)
            err->offset = ast->pos;
        return WEIR_ERR_STATEMENT;
    }
    *out = call;
    return WEIR_OK;
}

weir_status wr_expr_compile_table_function(const wr_ast_expr *ast, const wr_scope *scope,
                                           wr_arena *plan_arena, wr_expr **array, weir_error *err)
{
    wr__binder b = {.scope = scope, .a = plan_arena};
    const wr_function *fn;
    WR_TRY(find_function(scope, ast, WR_FUNCTION_TABLE, &fn, err));
    WR_TRY(wr__bind_kernel_call(&b, ast, fn, array, err));
    WR_ASSERT((*array)->type->id == WR_T_ARRAY);
    return WEIR_OK;
}
