/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.h - what the files that turn syntax trees into typed trees share. One wr__binder lives
 * during one compile; bind.c has the dispatch, bind_*.c a group of node kinds each.
 */
#ifndef WR_ENGINE_EXPR_BIND_H
#define WR_ENGINE_EXPR_BIND_H

#include "engine/expr/expr_internal.h"

/** Parameters of a lambda whose body is being bound; a chain from the innermost outwards. */
typedef struct wr__lambda_frame {
    const struct wr__lambda_frame *outer;
    const wr_ast_expr *ast; /* names */
    const wr_type *const *types;
    uint32_t depth; /* 1: outermost */
} wr__lambda_frame;

typedef struct wr__binder {
    const wr_scope *scope;
    wr_arena *a; /* the plan arena */
    const wr__lambda_frame *lambda;
} wr__binder;

/** Bind any node. */
weir_status wr__bind(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
/** @p e in a place that is a scope of failures, if the setting has these; see expressions.md. */
wr_expr *wr__bound_scope(const wr__binder *b, wr_expr *e);
/** Bind all arguments of @p ast. */
weir_status wr__bind_args(wr__binder *b, const wr_ast_expr *ast, wr_expr ***out, weir_error *err);

weir_status wr__bind_compare(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_between(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_in(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_like(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_arithmetic(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                                weir_error *err);
weir_status wr__bind_unary(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_case(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_subscript(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                               weir_error *err);
weir_status wr__bind_field(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_array(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_map(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_struct(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_call(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
weir_status wr__bind_concat(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err);
/** Bind a call of @p fn, whatever its kind, with a kernel (scalar and table functions). */
weir_status wr__bind_kernel_call(wr__binder *b, const wr_ast_expr *ast, const wr_function *fn,
                                 wr_expr **out, weir_error *err);

#endif
