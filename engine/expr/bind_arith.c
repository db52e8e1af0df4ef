/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_arith.c - typing of + - * / %, unary minus and CASE (dialect.md section 3).
 */
#include "engine/expr/bind.h"
#include "common/reason.h"

#include "types/decimal.h"

/** "DECIMAL" rather than "DECIMAL(2, 1)": as in the texts on unsupported arithmetic. */
static const char *base_name(wr_arena *a, const wr_type *t)
{
    switch (t->id) {
    case WR_T_DECIMAL:
        return "DECIMAL";
    case WR_T_ARRAY:
        return "ARRAY";
    case WR_T_MAP:
        return "MAP";
    case WR_T_STRUCT:
        return "STRUCT";
    default:
        return wr_type_text(a, t);
    }
}

static const char *full_name(wr_arena *a, const wr_type *t)
{
    return t->id == WR_T_NULL ? "null" : wr_type_text(a, t);
}

static weir_status bad_arithmetic(wr__binder *b, const wr_ast_expr *ast, const wr_expr *l,
                                  const wr_expr *r, weir_error *err)
{
    const char *text = wr__ast_text(b->a, ast);
    if (l->type->id == WR_T_NULL || r->type->id == WR_T_NULL)
        return wr_refuse_at(
            err, WR_REASON_EXPRESSION, ast->pos,
            "Error processing expression: %s. Arithmetic on types %s and %s are not supported.",
            text, full_name(b->a, l->type), full_name(b->a, r->type));
    return wr_refuse_at(err, WR_REASON_EXPRESSION, ast->pos,
                        "Error processing expression: %s. Unsupported arithmetic types. %s %s",
                        text, base_name(b->a, l->type), base_name(b->a, r->type));
}

weir_status wr__bind_arithmetic(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                                weir_error *err)
{
    wr_expr *l, *r;
    WR_TRY(wr__bind(b, ast->args[0], &l, err));
    WR_TRY(wr__bind(b, ast->args[1], &r, err));
    const wr_type *t = &wr_type_string;
    if (wr_type_is_number(l->type) && wr_type_is_number(r->type))
        t = wr__wider_number(b->a, l->type, r->type);
    else if (l->type->id != WR_T_STRING || r->type->id != WR_T_STRING || ast->op != WR_AST_ADD)
        return bad_arithmetic(b, ast, l, r, err);
    if (t->id == WR_T_DECIMAL) {
        *out = wr__decimal_arith(b->a, ast->op, b->scope->exact_division, l, r);
        return WEIR_OK;
    }
    bool may_fail;
    wr__kernel k = wr__arith_kernel(ast->op, t, &may_fail);
    WR_ASSERT(k); /* types without one have been refused */
    *out = wr__expr_op2(b->a, t, k, wr__expr_cast(b->a, l, t), wr__expr_cast(b->a, r, t), may_fail,
                        ast->op);
    return WEIR_OK;
}

weir_status wr__bind_unary(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    WR_ASSERT(ast->op == WR_AST_POS || ast->op == WR_AST_NEG);
    wr_expr *x;
    WR_TRY(wr__bind(b, ast->args[0], &x, err));
    if (!wr_type_is_number(x->type))
        return wr_refuse_at(err, WR_REASON_EXPRESSION, ast->pos,
                            "Error processing expression: %s. Unsupported type for a sign: %s",
                            wr__ast_text(b->a, ast), full_name(b->a, x->type));
    *out = ast->op == WR_AST_POS ? x : wr__expr_op1(b->a, x->type, wr__kernel_negate, x, true, 0);
    return WEIR_OK;
}

static weir_status case_mismatch(wr__binder *b, const wr_ast_expr *ast, const wr_type *now,
                                 const wr_type *before, weir_error *err)
{
    return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                       "Invalid Case expression. Type for all 'THEN' clauses should be the same.\n"
                       "THEN expression '%s' has type: %s.\n"
                       "Previous THEN expression(s) type: %s.",
                       wr__ast_text(b->a, ast), wr_type_text(b->a, now),
                       wr_type_text(b->a, before));
}

weir_status wr__bind_case(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n;
    wr_expr **args = WR_NEW_N(b->a, wr_expr *, n + 1);
    const wr_type *t = &wr_type_null;
    for (uint32_t i = 0; i < n; i++) {
        const wr_ast_expr *x = ast->args[i];
        WR_TRY(wr__bind(b, x, &args[i], err));
        const wr_type *xt = args[i]->type;
        if (i % 2 == 0) {
            if (xt->id == WR_T_NULL)
                args[i] = wr__expr_null(b->a, &wr_type_boolean);
            else if (xt->id != WR_T_BOOLEAN)
                return wr_error_at(err, WEIR_ERR_STATEMENT, x->pos,
                                   "When operand type should be BOOLEAN, but '%s' is %s.",
                                   wr__ast_text(b->a, x), wr_type_text(b->a, xt));
        } else if (xt->id != WR_T_NULL) {
            if (t->id != WR_T_NULL && !wr_type_equal(t, xt))
                return case_mismatch(b, x, xt, t, err);
            t = xt;
        }
    }
    if (ast->else_) {
        WR_TRY(wr__bind(b, ast->else_, &args[n], err));
        const wr_type *et = args[n]->type;
        if (t->id == WR_T_NULL)
            t = et;
        else if (et->id != WR_T_NULL && !wr_type_equal(t, et))
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->else_->pos,
                               "Invalid Case expression. Type for the default clause should be the "
                               "same as for 'THEN' clauses.\nTHEN type: %s.\nDEFAULT type: %s.",
                               wr_type_text(b->a, t), wr_type_text(b->a, et));
        n++;
    }
    if (t->id == WR_T_NULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Invalid Case expression. All case branches have NULL type");
    for (uint32_t i = 0; i < n; i++) {
        bool is_value = i % 2 == 1 || (i + 1 == n && ast->else_);
        if (is_value && args[i]->type->id == WR_T_NULL)
            args[i] = wr__expr_null(b->a, t);
    }
    WR_ASSERT(n >= 2 && n % 2 == (ast->else_ != NULL));
    *out = wr__expr_lazy(b->a, WR__CASE, t, args, n);
    return WEIR_OK;
}
