/* SPDX-License-Identifier: Apache-2.0 */
/*
 * equal.c - do two trees mean the same text? Positions, and whether a name was quoted, are ignored.
 */
#include "parser/ast.h"

#include <math.h>

/* Both NULL, or equal text. */
static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool name_equal(const wr_ast_name *a, const wr_ast_name *b)
{
    return text_equal(a->name, b->name);
}

static bool names_equal(const wr_ast_name *a, size_t a_n, const wr_ast_name *b, size_t b_n)
{
    if (a_n != b_n)
        return false;
    for (size_t i = 0; i < a_n; i++)
        if (!name_equal(&a[i], &b[i]))
            return false;
    return true;
}

static bool duration_equal(const wr_ast_duration *a, const wr_ast_duration *b)
{
    return a->n == b->n && a->unit == b->unit;
}

/* ---- types ---- */

bool wr_ast_type_equal(const wr_ast_type *a, const wr_ast_type *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || !name_equal(&a->name, &b->name) || a->params_n != b->params_n ||
        a->precision != b->precision || a->scale != b->scale || a->fields_n != b->fields_n)
        return false;
    for (size_t i = 0; i < a->params_n; i++)
        if (strcmp(a->params[i], b->params[i]) != 0)
            return false;
    for (size_t i = 0; i < a->fields_n; i++)
        if (!name_equal(&a->fields[i].name, &b->fields[i].name) ||
            !wr_ast_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    return wr_ast_type_equal(a->key, b->key) && wr_ast_type_equal(a->elem, b->elem);
}

/* ---- expressions ---- */

static bool exprs_equal(wr_ast_expr *const *a, size_t a_n, wr_ast_expr *const *b, size_t b_n)
{
    if (a_n != b_n)
        return false;
    for (size_t i = 0; i < a_n; i++)
        if (!wr_ast_expr_equal(a[i], b[i]))
            return false;
    return true;
}

static bool value_equal(const wr_ast_expr *a, const wr_ast_expr *b)
{
    WR_ASSERT(a->kind == b->kind);
    switch (a->kind) {
    case WR_AST_BOOLEAN:
        return a->u.boolean == b->u.boolean;
    case WR_AST_INTEGER:
        return a->u.integer == b->u.integer;
    case WR_AST_DOUBLE: /* literals are never NaN; -0e0 is not 0e0 */
        return a->u.real == b->u.real && signbit(a->u.real) == signbit(b->u.real);
    case WR_AST_INTERVAL_UNIT:
        return a->u.unit == b->u.unit;
    default:
        return true;
    }
}

bool wr_ast_expr_equal(const wr_ast_expr *a, const wr_ast_expr *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && a->op == b->op && a->negated == b->negated && a->wide == b->wide &&
           a->star == b->star && value_equal(a, b) && wr_str_eq(a->text, b->text) &&
           name_equal(&a->qualifier, &b->qualifier) && name_equal(&a->name, &b->name) &&
           names_equal(a->names, a->names_n, b->names, b->names_n) &&
           exprs_equal(a->args, a->args_n, b->args, b->args_n) &&
           wr_ast_expr_equal(a->else_, b->else_) && text_equal(a->escape, b->escape) &&
           wr_ast_type_equal(a->type, b->type);
}

/* ---- queries ---- */

static bool window_equal(const wr_ast_window *a, const wr_ast_window *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && name_equal(&a->name, &b->name) &&
           duration_equal(&a->size, &b->size) && duration_equal(&a->advance, &b->advance) &&
           a->has_retention == b->has_retention && a->has_grace == b->has_grace &&
           duration_equal(&a->retention, &b->retention) && duration_equal(&a->grace, &b->grace);
}

static bool source_equal(const wr_ast_source *a, const wr_ast_source *b)
{
    return name_equal(&a->name, &b->name) && name_equal(&a->alias, &b->alias);
}

static bool join_equal(const wr_ast_join *a, const wr_ast_join *b)
{
    return a->kind == b->kind && source_equal(&a->right, &b->right) &&
           a->has_within == b->has_within && a->within_pair == b->within_pair &&
           a->has_grace == b->has_grace && duration_equal(&a->before, &b->before) &&
           duration_equal(&a->after, &b->after) && duration_equal(&a->grace, &b->grace) &&
           wr_ast_expr_equal(a->on, b->on);
}

static bool item_equal(const wr_ast_item *a, const wr_ast_item *b)
{
    return a->kind == b->kind && name_equal(&a->source, &b->source) &&
           name_equal(&a->alias, &b->alias) && wr_ast_expr_equal(a->expr, b->expr);
}

static bool query_equal(const wr_ast_query *a, const wr_ast_query *b)
{
    if (!a || !b)
        return a == b;
    if (a->items_n != b->items_n || a->joins_n != b->joins_n)
        return false;
    for (size_t i = 0; i < a->items_n; i++)
        if (!item_equal(&a->items[i], &b->items[i]))
            return false;
    for (size_t i = 0; i < a->joins_n; i++)
        if (!join_equal(&a->joins[i], &b->joins[i]))
            return false;
    return source_equal(&a->from, &b->from) && window_equal(a->window, b->window) &&
           wr_ast_expr_equal(a->where, b->where) && a->has_group_by == b->has_group_by &&
           a->group_by_paren == b->group_by_paren &&
           a->partition_by_paren == b->partition_by_paren &&
           exprs_equal(a->group_by, a->group_by_n, b->group_by, b->group_by_n) &&
           exprs_equal(a->partition_by, a->partition_by_n, b->partition_by, b->partition_by_n) &&
           wr_ast_expr_equal(a->having, b->having) && a->emit == b->emit &&
           a->has_limit == b->has_limit && a->limit == b->limit;
}

/* ---- statements ---- */

static bool elements_equal(const wr_ast_stmt *a, const wr_ast_stmt *b)
{
    if (a->has_elements != b->has_elements || a->elements_n != b->elements_n)
        return false;
    for (size_t i = 0; i < a->elements_n; i++) {
        const wr_ast_element *x = &a->elements[i], *y = &b->elements[i];
        if (!name_equal(&x->name, &y->name) || !wr_ast_type_equal(x->type, y->type) ||
            x->constraint != y->constraint || !text_equal(x->header, y->header))
            return false;
    }
    return true;
}

static bool props_equal(const wr_ast_stmt *a, const wr_ast_stmt *b)
{
    if (a->has_props != b->has_props || a->props_n != b->props_n)
        return false;
    for (size_t i = 0; i < a->props_n; i++)
        if (!name_equal(&a->props[i].name, &b->props[i].name) ||
            !wr_ast_expr_equal(a->props[i].value, b->props[i].value))
            return false;
    return true;
}

static bool flags_equal(const wr_ast_stmt *a, const wr_ast_stmt *b)
{
    return a->is_table == b->is_table && a->or_replace == b->or_replace &&
           a->is_source == b->is_source && a->if_not_exists == b->if_not_exists &&
           a->if_exists == b->if_exists && a->delete_topic == b->delete_topic &&
           a->refresh == b->refresh && a->all == b->all && a->extended == b->extended &&
           a->show_all == b->show_all && a->analyze == b->analyze &&
           a->not_exists == b->not_exists && a->last == b->last && a->sink == b->sink &&
           a->from_beginning == b->from_beginning && a->has_interval == b->has_interval &&
           a->has_limit == b->has_limit && a->show == b->show && a->describe == b->describe &&
           a->has_id == b->has_id && a->has_timeout == b->has_timeout;
}

bool wr_ast_stmt_equal(const wr_ast_stmt *a, const wr_ast_stmt *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && name_equal(&a->name, &b->name) && flags_equal(a, b) &&
           elements_equal(a, b) && props_equal(a, b) && query_equal(a->query, b->query) &&
           names_equal(a->columns, a->columns_n, b->columns, b->columns_n) &&
           exprs_equal(a->values, a->values_n, b->values, b->values_n) &&
           wr_ast_type_equal(a->type, b->type) && wr_ast_stmt_equal(a->child, b->child) &&
           text_equal(a->text1, b->text1) && text_equal(a->text2, b->text2) &&
           a->interval == b->interval && a->limit == b->limit && a->id == b->id &&
           duration_equal(&a->timeout, &b->timeout);
}
