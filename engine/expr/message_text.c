/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_text.c - a syntax tree as ksqlDB writes expressions in its messages: every operator in
 * parentheses, `true`, `false` and `null` in small letters, no blanks around `:=`.
 * The parser's printer (wr_ast_print_expr) writes what people write; this one what clients look
 * for.
 */
#include "engine/expr/expr.h"

#include "parser/parser.h"

static void list(wr_buf *out, wr_ast_expr *const *items, size_t from, size_t n)
{
    for (size_t i = from; i < n; i++) {
        wr_buf_puts(out, i > from ? ", " : "");
        wr_ast_format(out, items[i]);
    }
}

static void string(wr_buf *out, wr_str s)
{
    wr_buf_putc(out, '\'');
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'')
            wr_buf_putc(out, '\'');
        wr_buf_putc(out, s.ptr[i]);
    }
    wr_buf_putc(out, '\'');
}

static const char *operator_text(wr_ast_op op)
{
    static const char *const texts[] = {
        [WR_AST_POS] = "+",
        [WR_AST_NEG] = "-",
        [WR_AST_ADD] = "+",
        [WR_AST_SUB] = "-",
        [WR_AST_MUL] = "*",
        [WR_AST_DIV] = "/",
        [WR_AST_MOD] = "%",
        [WR_AST_EQ] = "=",
        [WR_AST_NE] = "<>",
        [WR_AST_LT] = "<",
        [WR_AST_LE] = "<=",
        [WR_AST_GT] = ">",
        [WR_AST_GE] = ">=",
        [WR_AST_DISTINCT] = "IS DISTINCT FROM",
        [WR_AST_NOT_DISTINCT] = "IS NOT DISTINCT FROM",
    };
    WR_ASSERT((size_t)op < WR_ARRAY_LEN(texts));
    return texts[op];
}

static void binary(wr_buf *out, const wr_ast_expr *e, const char *op)
{
    wr_buf_putc(out, '(');
    wr_ast_format(out, e->args[0]);
    wr_buf_printf(out, " %s ", op);
    wr_ast_format(out, e->args[1]);
    wr_buf_putc(out, ')');
}

/** The predicates that have a negated form: `(NOT (x IN (1, 2)))`. */
static void predicate(wr_buf *out, const wr_ast_expr *e)
{
    wr_buf_puts(out, e->negated ? "(NOT (" : "(");
    wr_ast_format(out, e->args[0]);
    if (e->kind == WR_AST_BETWEEN) {
        wr_buf_puts(out, " BETWEEN ");
        wr_ast_format(out, e->args[1]);
        wr_buf_puts(out, " AND ");
        wr_ast_format(out, e->args[2]);
    } else if (e->kind == WR_AST_IN) {
        wr_buf_puts(out, " IN (");
        list(out, e->args, 1, e->args_n);
        wr_buf_putc(out, ')');
    } else {
        wr_buf_puts(out, " LIKE ");
        wr_ast_format(out, e->args[1]);
        if (e->escape) {
            wr_buf_puts(out, " ESCAPE ");
            string(out, wr_str_c(e->escape));
        }
    }
    wr_buf_puts(out, e->negated ? "))" : ")");
}

static void case_when(wr_buf *out, const wr_ast_expr *e)
{
    wr_buf_puts(out, "(CASE");
    for (size_t i = 0; i + 1 < e->args_n; i += 2) {
        wr_buf_puts(out, " WHEN ");
        wr_ast_format(out, e->args[i]);
        wr_buf_puts(out, " THEN ");
        wr_ast_format(out, e->args[i + 1]);
    }
    if (e->else_) {
        wr_buf_puts(out, " ELSE ");
        wr_ast_format(out, e->else_);
    }
    wr_buf_puts(out, " END)");
}

static void lambda(wr_buf *out, const wr_ast_expr *e)
{
    wr_buf_puts(out, e->names_n == 1 ? "" : "(");
    for (size_t i = 0; i < e->names_n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        wr_ast_print_name(out, e->names[i].name);
    }
    wr_buf_puts(out, e->names_n == 1 ? " => " : ") => ");
    wr_ast_format(out, e->args[0]);
}

static void constructor(wr_buf *out, const wr_ast_expr *e)
{
    bool map = e->kind == WR_AST_MAP;
    wr_buf_puts(out, map ? "MAP(" : "STRUCT(");
    for (size_t i = 0; i < e->args_n; i += map ? 2 : 1) {
        wr_buf_puts(out, i ? ", " : "");
        if (map)
            wr_ast_format(out, e->args[i]);
        else
            wr_ast_print_name(out, e->names[i].name);
        wr_buf_puts(out, ":=");
        wr_ast_format(out, e->args[map ? i + 1 : i]);
    }
    wr_buf_putc(out, ')');
}

static void call(wr_buf *out, const wr_ast_expr *e, const char *name)
{
    wr_buf_puts(out, name);
    wr_buf_puts(out, e->star ? "(*" : "(");
    list(out, e->args, 0, e->args_n);
    wr_buf_putc(out, ')');
}

static void cast(wr_buf *out, const wr_ast_expr *e)
{
    wr_buf_puts(out, "CAST(");
    wr_ast_format(out, e->args[0]);
    wr_buf_puts(out, " AS ");
    wr_ast_print_type(out, e->type);
    wr_buf_putc(out, ')');
}

/** NOT x, x IS NULL, signs. */
static void unary(wr_buf *out, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_UNARY)
        wr_buf_puts(out, operator_text(e->op));
    else
        wr_buf_puts(out, e->kind == WR_AST_NOT ? "(NOT " : "(");
    wr_ast_format(out, e->args[0]);
    if (e->kind == WR_AST_IS_NULL)
        wr_buf_puts(out, e->negated ? " IS NOT NULL)" : " IS NULL)");
    else if (e->kind == WR_AST_NOT)
        wr_buf_putc(out, ')');
}

/** a[i], s->f, ARRAY[...] */
static void nested(wr_buf *out, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_ARRAY) {
        wr_buf_puts(out, "ARRAY[");
        list(out, e->args, 0, e->args_n);
        wr_buf_putc(out, ']');
        return;
    }
    wr_ast_format(out, e->args[0]);
    if (e->kind == WR_AST_FIELD) {
        wr_buf_puts(out, "->");
        wr_ast_print_name(out, e->name.name);
        return;
    }
    wr_buf_putc(out, '[');
    wr_ast_format(out, e->args[1]);
    wr_buf_putc(out, ']');
}

void wr_ast_format(wr_buf *out, const wr_ast_expr *e)
{
    switch (e->kind) {
    case WR_AST_NULL:
        wr_buf_puts(out, "null");
        break;
    case WR_AST_BOOLEAN:
        wr_buf_puts(out, e->u.boolean ? "true" : "false");
        break;
    case WR_AST_STRING:
        string(out, e->text);
        break;
    case WR_AST_UNARY:
    case WR_AST_NOT:
    case WR_AST_IS_NULL:
        unary(out, e);
        break;
    case WR_AST_ARITHMETIC:
    case WR_AST_COMPARE:
        binary(out, e, operator_text(e->op));
        break;
    case WR_AST_AND:
    case WR_AST_OR:
        binary(out, e, e->kind == WR_AST_AND ? "AND" : "OR");
        break;
    case WR_AST_CONCAT:
    case WR_AST_CALL:
        call(out, e, e->kind == WR_AST_CONCAT ? "CONCAT" : e->name.name);
        break;
    case WR_AST_BETWEEN:
    case WR_AST_IN:
    case WR_AST_LIKE:
        predicate(out, e);
        break;
    case WR_AST_CASE:
        case_when(out, e);
        break;
    case WR_AST_CAST:
        cast(out, e);
        break;
    case WR_AST_LAMBDA:
        lambda(out, e);
        break;
    case WR_AST_SUBSCRIPT:
    case WR_AST_FIELD:
    case WR_AST_ARRAY:
        nested(out, e);
        break;
    case WR_AST_MAP:
    case WR_AST_STRUCT:
        constructor(out, e);
        break;
    default: /* nothing is inside: both printers agree */
        wr_ast_print_expr(out, e);
    }
}
