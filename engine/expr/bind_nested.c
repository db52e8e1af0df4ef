/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind_nested.c - typing of subscripts, -> and the constructors ARRAY[], MAP(), STRUCT().
 */
#include "engine/expr/bind.h"
#include "common/reason.h"

#define EMPTY_ISSUE "(see https://github.com/confluentinc/ksql/issues/4239)"

weir_status wr__bind_subscript(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                               weir_error *err)
{
    wr_expr *base, *at;
    WR_TRY(wr__bind(b, ast->args[0], &base, err));
    WR_TRY(wr__bind(b, ast->args[1], &at, err));
    const wr_type *want;
    if (base->type->id == WR_T_ARRAY)
        want = &wr_type_integer;
    else if (base->type->id == WR_T_MAP)
        want = base->type->key;
    else
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "A subscript needs an ARRAY or a MAP, but %s is %s.",
                           wr__ast_text(b->a, ast->args[0]), wr_type_text(b->a, base->type));
    wr_expr *index;
    bool array = base->type->id == WR_T_ARRAY;
    wr__kernel k = array ? wr__kernel_array_item : wr__kernel_map_item;
    if (!array && at->type->id < WR_T_ARRAY &&
        !wr_expr_can_coerce(at->type, want, WR_COERCE_STRICT, at->kind == WR__CONST)) {
        k = wr__kernel_map_miss;
        index = at;
    } else if (wr_expr_coerce(at, want, WR_COERCE_STRICT, b->a, &index, err) != WEIR_OK) {
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[1]->pos,
                           "The subscript of %s must be %s, but %s is %s.",
                           wr__ast_text(b->a, ast->args[0]), wr_type_text(b->a, want),
                           wr__ast_text(b->a, ast->args[1]), wr_type_text(b->a, at->type));
    }
    WR_ASSERT(base->type->elem && (k == wr__kernel_map_miss || wr_type_equal(index->type, want)));
    *out = wr__expr_op2(b->a, base->type->elem, k, base, index, array, 0);
    return WEIR_OK;
}

weir_status wr__bind_field(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_expr *base;
    WR_TRY(wr__bind(b, ast->args[0], &base, err));
    const char *text = wr__ast_text(b->a, ast->args[0]);
    if (base->type->id != WR_T_STRUCT)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Expected STRUCT type, got: %s for '%s'.",
                           wr_type_text(b->a, base->type), text);
    int k = wr_type_field(base->type, ast->name.name);
    if (k < 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->name.pos,
                           "Could not find field '%s' in '%s'.", ast->name.name, text);
    *out = wr__expr_op1(b->a, base->type->fields[k].type, wr__kernel_field, base, false, k);
    return WEIR_OK;
}

/** Each element, key, value and field is a scope of its own, conversions included. */
static void scope_parts(const wr__binder *b, wr_expr **parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        parts[i] = wr__bound_scope(b, parts[i]);
}

/** A constructor over nothing but literals is a literal itself: IN coerces what is inside. */
static void mark_literal(wr_expr *e, wr_expr *const *parts, uint32_t n)
{
    bool all = e->kind == WR__CONST;
    for (uint32_t i = 0; i < n; i++)
        all &= parts[i]->literal;
    e->literal = all;
}

weir_status wr__bind_array(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n;
    if (n == 0)
        return wr_error_at(
            err, WEIR_ERR_STATEMENT, ast->pos,
            "Array constructor cannot be empty. Please supply at least one element " EMPTY_ISSUE
            ".");
    wr_expr **items;
    const wr_type *t;
    WR_TRY(wr__bind_args(b, ast, &items, err));
    WR_TRY(wr__coerce_list(items, (const wr_ast_expr *const *)ast->args, n, b->a, &t, err));
    if (t->id == WR_T_NULL)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Cannot construct an array with all NULL elements " EMPTY_ISSUE
                           ". As a workaround, you may cast a NULL value to the desired type.");
    scope_parts(b, items, n);
    *out =
        wr__expr_op(b->a, wr_type_array(b->a, t), wr__kernel_make_array, items, n, false, 0, NULL);
    mark_literal(*out, items, n);
    return WEIR_OK;
}

/* Which of the two values was meant nobody could say; ksqlDB refuses it as well. Keys that are
 * equal by their values alone are found when there are values: the last one counts. */
static weir_status check_map_keys(const wr_ast_expr *ast, weir_error *err)
{
    for (size_t i = 2; i < ast->args_n; i += 2)
        for (size_t k = 0; k < i; k += 2)
            if (wr_ast_expr_equal(ast->args[i], ast->args[k]))
                return wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[i]->pos,
                                   "Map constructor has the same key twice");
    return WEIR_OK;
}

weir_status wr__bind_map(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n / 2;
    WR_ASSERT(ast->args_n % 2 == 0); /* keys and values by turns */
    if (n == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Map constructor cannot be empty. Please supply at least one key value "
                           "pair " EMPTY_ISSUE ".");
    wr_expr **all, **sides[2];
    const wr_ast_expr **asts[2];
    const wr_type *types[2];
    static const char *const names[] = {"keys", "values"};
    WR_TRY(check_map_keys(ast, err));
    WR_TRY(wr__bind_args(b, ast, &all, err));
    for (uint32_t s = 0; s < 2; s++) {
        sides[s] = WR_NEW_N(b->a, wr_expr *, n);
        asts[s] = WR_NEW_N(b->a, const wr_ast_expr *, n);
        for (uint32_t i = 0; i < n; i++) {
            sides[s][i] = all[2 * i + s];
            asts[s][i] = ast->args[2 * i + s];
        }
        WR_TRY(wr__coerce_list(sides[s], asts[s], n, b->a, &types[s], err));
        if (types[s]->id == WR_T_NULL)
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                               "Cannot construct a map with all NULL %s " EMPTY_ISSUE
                               ". As a workaround, you may cast a NULL value to the desired type.",
                               names[s]);
        for (uint32_t i = 0; i < n; i++)
            all[2 * i + s] = sides[s][i];
    }
    scope_parts(b, all, 2 * n);
    *out = wr__expr_op(b->a, wr_type_map(b->a, types[0], types[1]), wr__kernel_make_map, all, 2 * n,
                       false, 0, NULL);
    mark_literal(*out, all, 2 * n);
    return WEIR_OK;
}

weir_status wr__bind_struct(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    uint32_t n = (uint32_t)ast->args_n;
    wr_expr **items;
    WR_TRY(wr__bind_args(b, ast, &items, err));
    wr_field *fields = WR_NEW_N(b->a, wr_field, n ? n : 1);
    WR_ASSERT(ast->names_n == n);
    for (uint32_t i = 0; i < n; i++) {
        if (items[i]->type->id == WR_T_NULL)
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->args[i]->pos,
                               "Cannot construct a struct with NULL for field '%s': its type is "
                               "not known. As a workaround, you may cast a NULL value to the "
                               "desired type.",
                               ast->names[i].name);
        fields[i].name = ast->names[i].name;
        fields[i].type = items[i]->type;
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(fields[k].name, fields[i].name) == 0)
                return wr_refuse_at(err, WR_REASON_FORM, ast->names[i].pos,
                                    "Duplicate field names found in STRUCT: '%s'", fields[i].name);
        }
    }
    scope_parts(b, items, n);
    *out = wr__expr_op(b->a, wr_type_struct(b->a, fields, n), wr__kernel_make_struct, items, n,
                       false, 0, NULL);
    mark_literal(*out, items, n);
    return WEIR_OK;
}
