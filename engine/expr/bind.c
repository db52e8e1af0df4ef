/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.c - syntax tree -> typed tree: dispatch, literals, columns, types, CAST, AND/OR/NOT, IS
 * NULL.
 *
 * Binding is one walk from the leaves up. Each node asks the scope whether an earlier step has
 * already computed it (aggregates, GROUP BY expressions), then binds its operands, checks their
 * types and makes a node whose kernel is settled. Errors carry the position of the offending node
 * and ksqlDB's texts, without the name of the clause: the planner knows that and puts it before.
 */
#include "engine/expr/bind.h"
#include "common/reason.h"

#include "parser/parser.h"
#include "types/decimal.h"

/* ---- types ---- */

static const struct {
    const char *name;
    const wr_type *type;
} type_names[] = {
    {"BOOLEAN", &wr_type_boolean}, {"INTEGER", &wr_type_integer},     {"INT", &wr_type_integer},
    {"BIGINT", &wr_type_bigint},   {"DOUBLE", &wr_type_double},       {"VARCHAR", &wr_type_string},
    {"STRING", &wr_type_string},   {"BYTES", &wr_type_bytes},         {"DATE", &wr_type_date},
    {"TIME", &wr_type_time},       {"TIMESTAMP", &wr_type_timestamp},
};

/* Types under the names that other databases give them. */
static const struct {
    const char *name, *ours;
} foreign_types[] = {
    {"LONG", "BIGINT"},
    {"INT64", "BIGINT"},
    {"INT8", "BIGINT"},
    {"SERIAL", "BIGINT"},
    {"SHORT", "INTEGER"},
    {"SMALLINT", "INTEGER"},
    {"TINYINT", "INTEGER"},
    {"INT2", "INTEGER"},
    {"INT4", "INTEGER"},
    {"INT16", "INTEGER"},
    {"INT32", "INTEGER"},
    {"BYTE", "INTEGER"},
    {"BOOL", "BOOLEAN"},
    {"BIT", "BOOLEAN"},
    {"FLOAT", "DOUBLE"},
    {"FLOAT4", "DOUBLE"},
    {"FLOAT8", "DOUBLE"},
    {"FLOAT32", "DOUBLE"},
    {"FLOAT64", "DOUBLE"},
    {"REAL", "DOUBLE"},
    {"NUMERIC", "DECIMAL(precision, scale)"},
    {"NUMBER", "DECIMAL(precision, scale)"},
    {"MONEY", "DECIMAL(precision, scale)"},
    {"DECIMAL", "DECIMAL(precision, scale)"},
    {"TEXT", "STRING"},
    {"CHAR", "STRING"},
    {"CHARACTER", "STRING"},
    {"NCHAR", "STRING"},
    {"NVARCHAR", "STRING"},
    {"VARCHAR2", "STRING"},
    {"CLOB", "STRING"},
    {"UUID", "STRING"},
    {"ENUM", "STRING"},
    {"JSON", "STRING, or STRUCT<name type, ...> for its fields"},
    {"JSONB", "STRING, or STRUCT<name type, ...> for its fields"},
    {"BINARY", "BYTES"},
    {"VARBINARY", "BYTES"},
    {"BLOB", "BYTES"},
    {"BYTEA", "BYTES"},
    {"RAW", "BYTES"},
    {"DATETIME", "TIMESTAMP"},
    {"TIMESTAMPTZ", "TIMESTAMP"},
    {"TIMESTAMP_LTZ", "TIMESTAMP"},
    {"INSTANT", "TIMESTAMP"},
    {"LIST", "ARRAY<type>"},
    {"ARRAY", "ARRAY<type>"},
    {"MAP", "MAP<STRING, type>"},
    {"STRUCT", "STRUCT<name type, ...>"},
    {"ROW", "STRUCT<name type, ...>"},
    {"RECORD", "STRUCT<name type, ...>"},
    {"OBJECT", "STRUCT<name type, ...>"},
};

static weir_status unknown_type(const wr_ast_type *ast, weir_error *err)
{
    const char *name = ast->name.name;
    wr_refuse_at(err, WR_REASON_FORM, ast->pos, "Cannot resolve unknown type: %s", name);
    for (size_t i = 0; i < WR_ARRAY_LEN(foreign_types); i++)
        if (wr_ieq(foreign_types[i].name, name))
            return wr_error_hint(err, "The type is %s", foreign_types[i].ours);
    return WEIR_ERR_STATEMENT;
}

static weir_status resolve_name(const wr_ast_type *ast, const wr_map *types, const wr_type **out,
                                weir_error *err)
{
    const char *name = ast->name.name;
    for (size_t i = 0; i < WR_ARRAY_LEN(type_names); i++) {
        if (wr_ieq(type_names[i].name, name)) {
            *out = type_names[i].type;
            return WEIR_OK;
        }
    }
    const wr_type *registered = types ? wr_map_get(types, wr_str_c(name)) : NULL;
    if (!registered)
        return unknown_type(ast, err);
    *out = registered;
    return WEIR_OK;
}

static weir_status resolve_decimal(const wr_ast_type *ast, wr_arena *a, const wr_type **out,
                                   weir_error *err)
{
    const char *wrong = NULL;
    if (ast->precision < 1)
        wrong = "DECIMAL precision must be >= 1";
    else if (ast->scale < 0)
        wrong = "DECIMAL scale must be >= 0";
    else if (ast->precision < ast->scale)
        wrong = "DECIMAL precision must be >= scale";
    else if (ast->precision > 1000000)
        wrong = "DECIMAL precision must be <= 1000000";
    if (wrong)
        return wr_refuse_at(err, WR_REASON_FORM, ast->pos, "%s: DECIMAL(%lld,%lld)", wrong,
                            (long long)ast->precision, (long long)ast->scale);
    *out = wr_type_decimal(a, (int32_t)ast->precision, (int32_t)ast->scale);
    return WEIR_OK;
}

/* Types are walked by recursion, and registered ones may be built on each other without end: twice
 * the last one, forty times over, is more than any memory. Stored values and JSON go to a hundred
 * levels, in which states of aggregates and the record itself have to find room. */
#define TYPE_DEPTH_MAX 90u
#define TYPE_PARTS_MAX 65536u

static weir_status resolve(const wr_ast_type *ast, const wr_map *types, wr_arena *a,
                           const wr_type **out, weir_error *err);

static weir_status resolve_struct(const wr_ast_type *ast, const wr_map *types, wr_arena *a,
                                  const wr_type **out, weir_error *err)
{
    if (ast->fields_n == 0)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos, "A STRUCT has at least one field");
    wr_field *fields = WR_NEW_N(a, wr_field, ast->fields_n);
    for (size_t i = 0; i < ast->fields_n; i++) {
        fields[i].name = ast->fields[i].name.name;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(fields[k].name, fields[i].name) == 0)
                return wr_refuse_at(err, WR_REASON_FORM, ast->fields[i].name.pos,
                                    "Duplicate field names found in STRUCT: '%s'", fields[i].name);
        }
        WR_TRY(resolve(ast->fields[i].type, types, a, &fields[i].type, err));
    }
    *out = wr_type_struct(a, fields, (uint32_t)ast->fields_n);
    return WEIR_OK;
}

static weir_status resolve(const wr_ast_type *ast, const wr_map *types, wr_arena *a,
                           const wr_type **out, weir_error *err)
{
    const wr_type *key, *elem;
    switch (ast->kind) {
    case WR_AST_TYPE_NAME:
        return resolve_name(ast, types, out, err);
    case WR_AST_TYPE_DECIMAL:
        return resolve_decimal(ast, a, out, err);
    case WR_AST_TYPE_ARRAY:
        WR_TRY(resolve(ast->elem, types, a, &elem, err));
        *out = wr_type_array(a, elem);
        return WEIR_OK;
    case WR_AST_TYPE_MAP:
        WR_TRY(resolve(ast->key, types, a, &key, err));
        WR_TRY(resolve(ast->elem, types, a, &elem, err));
        *out = wr_type_map(a, key, elem);
        return WEIR_OK;
    case WR_AST_TYPE_STRUCT:
        return resolve_struct(ast, types, a, out, err);
    }
    WR_UNREACHABLE();
}

/* Parts of a type, @p t and all below it. @return false: too deep, or more than TYPE_PARTS_MAX with
 * the *n that there are already. */
static bool count_parts(const wr_type *t, uint32_t depth, uint32_t *n)
{
    if (depth > TYPE_DEPTH_MAX || ++*n > TYPE_PARTS_MAX)
        return false;
    bool fits = true;
    if (t->id == WR_T_ARRAY || t->id == WR_T_MAP)
        fits = count_parts(t->elem, depth + 1, n);
    if (t->id == WR_T_MAP)
        fits = fits && count_parts(t->key, depth + 1, n);
    for (uint32_t i = 0; t->id == WR_T_STRUCT && i < t->fields_n && fits; i++)
        fits = count_parts(t->fields[i].type, depth + 1, n);
    return fits;
}

static weir_status check_size(const wr_type *t, int64_t pos, weir_error *err)
{
    uint32_t n = 0;
    if (count_parts(t, 0, &n))
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_LIMIT, pos,
                       "A type may have at most %u parts and be nested at most %u levels deep",
                       TYPE_PARTS_MAX, TYPE_DEPTH_MAX);
}

weir_status wr_expr_resolve_type(const wr_ast_type *ast, const wr_map *types, wr_arena *a,
                                 const wr_type **out, weir_error *err)
{
    WR_TRY(resolve(ast, types, a, out, err));
    return check_size(*out, ast->pos, err);
}

/* ---- leaves ---- */

static wr_expr *literal(wr_arena *a, const wr_type *t, wr_value v)
{
    wr_expr *e = wr__expr_const(a, t, &v);
    e->literal = true;
    return e;
}

static weir_status bind_decimal_literal(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                                        weir_error *err)
{
    int32_t precision, scale;
    wr_value v = {0};
    if (!wr_dec_text_type(ast->text, &precision, &scale))
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Invalid numeric literal: " WR_STR_FMT, WR_STR_ARG(ast->text));
    const wr_type *t = wr_type_decimal(b->a, precision, scale);
    if (wr_dec_from_text(ast->text, t, true, b->a, &v) != WR_DEC_OK)
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "Invalid numeric literal: " WR_STR_FMT, WR_STR_ARG(ast->text));
    *out = literal(b->a, t, v);
    return WEIR_OK;
}

static weir_status bind_literal(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                                weir_error *err)
{
    switch (ast->kind) {
    case WR_AST_NULL:
        *out = literal(b->a, &wr_type_null, WR_VALUE_NULL);
        return WEIR_OK;
    case WR_AST_BOOLEAN:
        *out = literal(b->a, &wr_type_boolean, wr_value_bool(ast->u.boolean));
        return WEIR_OK;
    case WR_AST_INTEGER:
        *out = ast->wide ? literal(b->a, &wr_type_bigint, wr_value_i64(ast->u.integer))
                         : literal(b->a, &wr_type_integer, wr_value_i32((int32_t)ast->u.integer));
        return WEIR_OK;
    case WR_AST_DOUBLE:
        *out = literal(b->a, &wr_type_double, wr_value_f64(ast->u.real));
        return WEIR_OK;
    case WR_AST_STRING:
        *out = literal(b->a, &wr_type_string, wr_value_str(wr_arena_str(b->a, ast->text)));
        return WEIR_OK;
    case WR_AST_INTERVAL_UNIT:
        *out = literal(b->a, &wr_type_unit, wr_value_i32((int32_t)ast->u.unit));
        return WEIR_OK;
    case WR_AST_TYPED_LITERAL:
        if (!wr_ieq(ast->name.name, "DECIMAL"))
            return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos, "Unknown type: %s",
                               ast->name.name);
        return bind_decimal_literal(b, ast, out, err);
    default:
        return bind_decimal_literal(b, ast, out, err);
    }
}

static wr_expr *find_param(wr__binder *b, const char *name)
{
    for (const wr__lambda_frame *f = b->lambda; f; f = f->outer) {
        for (size_t i = 0; i < f->ast->names_n; i++) {
            if (strcmp(f->ast->names[i].name, name) != 0)
                continue;
            wr_expr *e = WR_NEW(b->a, wr_expr);
            e->kind = WR__PARAM;
            e->type = f->types[i];
            e->depth = f->depth;
            e->index = (uint32_t)i;
            e->hash = ((uint64_t)f->depth << 32 | i) * 0x9E3779B97F4A7C15u;
            return e;
        }
    }
    return NULL;
}

static weir_status bind_column(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                               weir_error *err)
{
    *out = ast->qualifier.name ? NULL : find_param(b, ast->name.name);
    if (*out)
        return WEIR_OK;
    wr_ref ref = {0};
    WR_TRY(b->scope->resolve(b->scope, ast, &ref, err));
    WR_ASSERT(ref.type); /* a scope that resolves a name knows its type */
    *out = wr_expr_ref(b->a, &ref);
    return WEIR_OK;
}

/* ---- AND, OR, NOT, IS NULL, CAST ---- */

static weir_status need_boolean(wr__binder *b, const wr_ast_expr *ast, const char *op, wr_expr **e,
                                weir_error *err)
{
    if ((*e)->type->id == WR_T_BOOLEAN)
        return WEIR_OK;
    return wr_refuse_at(err, WR_REASON_EXPRESSION, ast->pos,
                        "Error processing expression: %s. %s needs BOOLEAN operands, but got %s.",
                        wr__ast_text(b->a, ast), op, wr_type_text(b->a, (*e)->type));
}

static weir_status bind_logic(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    const char *op = ast->kind == WR_AST_AND ? "AND" : ast->kind == WR_AST_OR ? "OR" : "NOT";
    wr_expr *args[2];
    WR_ASSERT(ast->args_n == (ast->kind == WR_AST_NOT ? 1 : 2));
    for (size_t i = 0; i < ast->args_n; i++) {
        WR_TRY(wr__bind(b, ast->args[i], &args[i], err));
        WR_TRY(need_boolean(b, ast->args[i], op, &args[i], err));
    }
    if (ast->kind == WR_AST_NOT)
        *out = wr__expr_op1(b->a, &wr_type_boolean, wr__kernel_not, args[0], true, 0);
    else
        *out = wr__expr_lazy(b->a, ast->kind == WR_AST_AND ? WR__AND : WR__OR, &wr_type_boolean,
                             args, 2);
    return WEIR_OK;
}

static weir_status bind_is_null(wr__binder *b, const wr_ast_expr *ast, wr_expr **out,
                                weir_error *err)
{
    wr_expr *x;
    WR_TRY(wr__bind(b, ast->args[0], &x, err));
    *out = wr__expr_op1(b->a, &wr_type_boolean, wr__kernel_is_null, x, false, ast->negated);
    return WEIR_OK;
}

static weir_status bind_cast(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_expr *x;
    const wr_type *to;
    const char *part = b->scope->part;
    WR_TRY(wr__bind(b, ast->args[0], &x, err));
    WR_TRY(wr_expr_resolve_type(ast->type, b->scope->types, b->a, &to, err));
    to = wr_type_copy(b->a, to);
    if (!wr__cast_supported(x->type, to))
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "%s%s%sCast of %s to %s is not supported", part ? "Invalid " : "",
                           part ? part : "", part ? ": " : "", wr_type_text(b->a, x->type),
                           wr_type_text(b->a, to));
    *out = wr__bound_scope(b, wr__expr_cast(b->a, x, to));
    if ((*out)->literal) /* a CAST to its own type: a value like another, not a literal */
        *out = wr__expr_const(b->a, to, &x->value);
    WR_ASSERT(wr_type_equal((*out)->type, to));
    return WEIR_OK;
}

/* ---- dispatch ---- */

static weir_status bind_node(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    switch (ast->kind) {
    case WR_AST_NULL:
    case WR_AST_BOOLEAN:
    case WR_AST_INTEGER:
    case WR_AST_DECIMAL:
    case WR_AST_DOUBLE:
    case WR_AST_STRING:
    case WR_AST_INTERVAL_UNIT:
    case WR_AST_TYPED_LITERAL:
        return bind_literal(b, ast, out, err);
    case WR_AST_COLUMN:
        return bind_column(b, ast, out, err);
    case WR_AST_UNARY:
        return wr__bind_unary(b, ast, out, err);
    case WR_AST_ARITHMETIC:
        return wr__bind_arithmetic(b, ast, out, err);
    case WR_AST_CONCAT:
        return wr__bind_concat(b, ast, out, err);
    case WR_AST_COMPARE:
        return wr__bind_compare(b, ast, out, err);
    case WR_AST_AND:
    case WR_AST_OR:
    case WR_AST_NOT:
        return bind_logic(b, ast, out, err);
    case WR_AST_BETWEEN:
        return wr__bind_between(b, ast, out, err);
    case WR_AST_IN:
        return wr__bind_in(b, ast, out, err);
    case WR_AST_LIKE:
        return wr__bind_like(b, ast, out, err);
    case WR_AST_IS_NULL:
        return bind_is_null(b, ast, out, err);
    case WR_AST_CASE:
        return wr__bind_case(b, ast, out, err);
    case WR_AST_CAST:
        return bind_cast(b, ast, out, err);
    case WR_AST_CALL:
        return wr__bind_call(b, ast, out, err);
    case WR_AST_LAMBDA:
        return wr_error_at(err, WEIR_ERR_STATEMENT, ast->pos,
                           "A lambda can only be an argument of a function.");
    case WR_AST_SUBSCRIPT:
        return wr__bind_subscript(b, ast, out, err);
    case WR_AST_FIELD:
        return wr__bind_field(b, ast, out, err);
    case WR_AST_ARRAY:
        return wr__bind_array(b, ast, out, err);
    case WR_AST_MAP:
        return wr__bind_map(b, ast, out, err);
    case WR_AST_STRUCT:
        return wr__bind_struct(b, ast, out, err);
    }
    WR_UNREACHABLE();
}

weir_status wr__bind(wr__binder *b, const wr_ast_expr *ast, wr_expr **out, weir_error *err)
{
    wr_ref ref = {0};
    if (b->scope->replace && b->scope->replace(b->scope, ast, &ref)) {
        *out = wr_expr_ref(b->a, &ref);
        return WEIR_OK;
    }
    return bind_node(b, ast, out, err);
}

wr_expr *wr__bound_scope(const wr__binder *b, wr_expr *e)
{
    return b->scope->one_scope ? e : wr__expr_scope(b->a, e);
}

weir_status wr__bind_args(wr__binder *b, const wr_ast_expr *ast, wr_expr ***out, weir_error *err)
{
    wr_expr **args = WR_NEW_N(b->a, wr_expr *, ast->args_n ? ast->args_n : 1);
    for (size_t i = 0; i < ast->args_n; i++)
        WR_TRY(wr__bind(b, ast->args[i], &args[i], err));
    *out = args;
    return WEIR_OK;
}

weir_status wr_expr_compile(const wr_ast_expr *ast, const wr_scope *scope, wr_arena *plan_arena,
                            wr_expr **out, weir_error *err)
{
    wr__binder b = {.scope = scope, .a = plan_arena};
    wr_expr *e;
    WR_TRY(wr__bind(&b, ast, &e, err));
    WR_ASSERT(e && e->type);
    WR_TRY(check_size(e->type, ast->pos, err));
    /* The text is this tree's own: a copy, as nodes may be shared (a cast that casts nothing). */
    *out = wr_arena_memdup(plan_arena, e, sizeof(*e));
    (*out)->text = wr__ast_full_text(plan_arena, ast);
    return WEIR_OK;
}
