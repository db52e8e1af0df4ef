/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_call.c - calls of scalar functions, `||`, and lambdas.
 *
 * Arguments are bound first, lambdas excepted: the resolver asks for each lambda's body to be typed
 * once it knows the types of the parameters. A body is an ordinary tree whose parameters are
 * WR__PARAM nodes, numbered by depth of nesting; its program is built here, once.
 */
#include "engine/expr/bind.h"
#include "common/reason.h"

/** A call being bound. */
typedef struct call_site {
    wr__binder *b;
    const wr_ast_expr *ast;
    wr_expr **args; /* NULL for lambdas */
    wr_lambda **lambdas;
} call_site;

/* ---- lambdas ---- */

static weir_status check_params(const wr__binder *b, const wr_ast_expr *lambda, weir_error *err)
{
    for (size_t i = 0; i < lambda->names_n; i++) {
        const wr_ast_name *name = &lambda->names[i];
        for (size_t k = 0; k < i; k++) {
            if (strcmp(lambda->names[k].name, name->name) == 0)
                return wr_error_at(err, WEIR_ERR_STATEMENT, name->pos,
                                   "Lambda function has duplicate argument: %s", name->name);
        }
        for (const wr__lambda_frame *f = b->lambda; f; f = f->outer) {
            for (size_t k = 0; k < f->ast->names_n; k++) {
                if (strcmp(f->ast->names[k].name, name->name) == 0)
                    return wr_error_at(err, WEIR_ERR_STATEMENT, name->pos,
                                       "Reusing lambda arguments in nested lambda is not allowed: "
                                       "%s",
                                       name->name);
            }
        }
        if (b->scope->is_column && b->scope->is_column(b->scope, name->name))
            return wr_error_at(err, WEIR_ERR_STATEMENT, name->pos,
                               "Lambda function argument can't be a column name: %s", name->name);
    }
    return WEIR_OK;
}

/** wr_lambda_typer: bind the body with its parameters' types. */
static weir_status bind_lambda(void *arg, uint32_t index, const wr_type *const *params,
                               uint32_t params_n, const wr_type **body, weir_error *err)
{
    call_site *c = arg;
    const wr_ast_expr *ast = c->ast->args[index];
    wr__binder *b = c->b;
    WR_ASSERT(ast->kind == WR_AST_LAMBDA && ast->names_n == params_n);
    wr__lambda_frame frame = {.outer = b->lambda,
                              .ast = ast,
                              .types = params,
                              .depth = b->lambda ? b->lambda->depth + 1 : 1};
    wr_expr *e;
    b->lambda = &frame;
    weir_status st = wr__bind(b, ast->args[0], &e, err);
    b->lambda = frame.outer;
    WR_TRY(st);
    wr_lambda *l = WR_NEW(b->a, wr_lambda);
    l->body = e;
    l->params_n = params_n;
    l->depth = frame.depth;
    l->program = wr__program_build_body(e, b->a);
    c->lambdas[index] = l;
    *body = e->type;
    return WEIR_OK;
}

/* ---- calls ---- */

static weir_status place(weir_error *err, int64_t pos)
{
    if (err && err->offset < 0)
        err->offset = pos;
    return err ? err->code : WEIR_ERR_STATEMENT;
}

/** An argument that is a call or a field of its own is a scope; one that computes is not. */
static bool is_scope(const wr_ast_expr *arg)
{
    return arg->kind == WR_AST_CALL || arg->kind == WR_AST_CONCAT || arg->kind == WR_AST_FIELD;
}

static weir_status bind_call_args(call_site *c, const wr_type **types, int *lambda_params,
                                  weir_error *err)
{
    for (size_t i = 0; i < c->ast->args_n; i++) {
        const wr_ast_expr *arg = c->ast->args[i];
        if (arg->kind == WR_AST_LAMBDA) {
            WR_TRY(check_params(c->b, arg, err));
            lambda_params[i] = (int)arg->names_n;
            continue;
        }
        WR_TRY(wr__bind(c->b, arg, &c->args[i], err));
        if (is_scope(arg))
            c->args[i] = wr__bound_scope(c->b, c->args[i]);
        types[i] = c->args[i]->type;
    }
    return WEIR_OK;
}

/** Split arguments into values, cast as the signature wants them, and lambdas; prepare. */
static wr_expr *make_call(call_site *c, const wr_function *fn, uint32_t sig,
                          const wr_type **cast_to, const wr_type *ret)
{
    wr_arena *a = c->b->a;
    uint32_t n = (uint32_t)c->ast->args_n, values = 0;
    wr_expr **args = WR_NEW_N(a, wr_expr *, n ? n : 1);
    const wr_type **types = WR_NEW_N(a, const wr_type *, n ? n : 1);
    const wr_value **constants = WR_NEW_N(a, const wr_value *, n ? n : 1);
    const wr_lambda **lambdas = WR_NEW_N(a, const wr_lambda *, n ? n : 1);
    wr_call *call = WR_NEW(a, wr_call);
    for (uint32_t i = 0; i < n; i++) {
        if (!c->args[i]) {
            lambdas[call->lambdas_n++] = c->lambdas[i];
            continue;
        }
        wr_expr *e = c->args[i];
        if (cast_to[i]) /* ksqlDB converts by CAST, which is a scope */
            e = wr__bound_scope(c->b, wr__expr_cast(a, e, cast_to[i]));
        args[values] = e;
        types[values] = e->type;
        constants[values] = e->kind == WR__CONST ? &e->value : NULL;
        values++;
    }
    WR_ASSERT(values + call->lambdas_n == n && sig < fn->sigs_n);
    call->fn = fn;
    call->sig = &fn->sigs[sig];
    call->args_n = values;
    call->arg_types = types;
    call->const_args = constants;
    call->lambdas = call->lambdas_n ? lambdas : NULL;
    call->ret = wr_type_copy(a, ret);
    if (call->sig->prepare)
        call->prepared = call->sig->prepare(call, a);
    if (call->prepared && call->sig->unprepare)
        wr_arena_defer(a, call->sig->unprepare, call->prepared);
    return wr__expr_call(a, call, args, values);
}

weir_status wr__bind_kernel_call(wr__binder *b, const wr_ast_expr *ast, const wr_function *fn,
                                 wr_expr **out, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n, room = n ? n : 1, sig = 0;
    call_site c = {.b = b,
                   .ast = ast,
                   .args = WR_NEW_N(b->a, wr_expr *, room),
                   .lambdas = WR_NEW_N(b->a, wr_lambda *, room)};
    const wr_type **types = WR_NEW_N(b->a, const wr_type *, room);
    const wr_type **cast_to = WR_NEW_N(b->a, const wr_type *, room), *ret = NULL;
    int *lambda_params = WR_NEW_N(b->a, int, room);
    WR_TRY(bind_call_args(&c, types, lambda_params, err));
    if (wr_function_resolve(fn, types, lambda_params, n, bind_lambda, &c, b->a, &sig, cast_to, &ret,
                            err) != WEIR_OK)
        return place(err, ast->pos);
    *out = make_call(&c, fn, sig, cast_to, ret);
    return WEIR_OK;
}

weir_status wr__no_function(const wr_ast_expr *call, weir_error *err)
{
    return wr_refuse_at(err, WR_REASON_FUNCTION, call->pos,
                        "Can't find any functions with the name '%s'", call->name.name);
}

weir_status wr__bind_call(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    const wr_function *fn = wr_function_find(b->scope->functions, wr_str_c(ast->name.name));
    if (!fn)
        return wr__no_function(ast, err);
    if (fn->kind == WR_FUNCTION_AGGREGATE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Aggregate functions are not allowed here: %s", wr__ast_text(b->a, ast));
    if (fn->kind == WR_FUNCTION_TABLE)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Table functions are not allowed here: %s", wr__ast_text(b->a, ast));
    return wr__bind_kernel_call(b, ast, fn, out, err);
}

/** a || b is CONCAT(a, b). */
weir_status wr__bind_concat(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    const wr_function *fn = wr_function_find(NULL, WR_STR("CONCAT"));
    WR_ASSERT(fn); /* it is built in */
    return wr__bind_kernel_call(b, ast, fn, out, err);
}
