/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_text.c - a syntax tree as ksqlDB writes expressions in its messages: every operator in
 * parentheses, `true`, `false` and `null` in small letters, no blanks around `:=`.
 * The parser's printer (wr_ast_print_expr) writes what people write; this one what clients look
 * for.
 */
#include "engine/expr/expr.h"

#include "parser/parser.h"

typedef struct printer {
    wr_buf *out;
    bool bare; /* qualifiers that nobody has to know are left out: wr_ast_name.implied */
} printer;

static void format(printer *p, const wr_ast_expr *e);

static void list(printer *p, wr_ast_expr *const *items, size_t from, size_t n)
{
    for (size_t i = from; i < n; i++) {
        wr_buf_puts(p->out, i > from ? ", " : "");
        format(p, items[i]);
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

static void binary(printer *p, const wr_ast_expr *e, const char *op)
{
    WR_ASSERT(e->args_n == 2);
    wr_buf_putc(p->out, '(');
    format(p, e->args[0]);
    wr_buf_printf(p->out, " %s ", op);
    format(p, e->args[1]);
    wr_buf_putc(p->out, ')');
}

/** The predicates that have a negated form: `(NOT (x IN (1, 2)))`. */
static void predicate(printer *p, const wr_ast_expr *e)
{
    wr_buf_puts(p->out, e->negated ? "(NOT (" : "(");
    format(p, e->args[0]);
    if (e->kind == WR_AST_BETWEEN) {
        wr_buf_puts(p->out, " BETWEEN ");
        format(p, e->args[1]);
        wr_buf_puts(p->out, " AND ");
        format(p, e->args[2]);
    } else if (e->kind == WR_AST_IN) {
        wr_buf_puts(p->out, " IN (");
        list(p, e->args, 1, e->args_n);
        wr_buf_putc(p->out, ')');
    } else {
        wr_buf_puts(p->out, " LIKE ");
        format(p, e->args[1]);
        if (e->escape) {
            wr_buf_puts(p->out, " ESCAPE ");
            string(p->out, wr_str_c(e->escape));
        }
    }
    wr_buf_puts(p->out, e->negated ? "))" : ")");
}

static void case_when(printer *p, const wr_ast_expr *e)
{
    wr_buf_puts(p->out, "(CASE");
    for (size_t i = 0; i + 1 < e->args_n; i += 2) {
        wr_buf_puts(p->out, " WHEN ");
        format(p, e->args[i]);
        wr_buf_puts(p->out, " THEN ");
        format(p, e->args[i + 1]);
    }
    if (e->else_) {
        wr_buf_puts(p->out, " ELSE ");
        format(p, e->else_);
    }
    wr_buf_puts(p->out, " END)");
}

static void lambda(printer *p, const wr_ast_expr *e)
{
    WR_ASSERT(e->names_n > 0 && e->args_n == 1);
    wr_buf_puts(p->out, e->names_n == 1 ? "" : "(");
    for (size_t i = 0; i < e->names_n; i++) {
        wr_buf_puts(p->out, i ? ", " : "");
        wr_ast_print_name(p->out, e->names[i].name);
    }
    wr_buf_puts(p->out, e->names_n == 1 ? " => " : ") => ");
    format(p, e->args[0]);
}

static void constructor(printer *p, const wr_ast_expr *e)
{
    bool map = e->kind == WR_AST_MAP;
    wr_buf_puts(p->out, map ? "MAP(" : "STRUCT(");
    for (size_t i = 0; i < e->args_n; i += map ? 2 : 1) {
        wr_buf_puts(p->out, i ? ", " : "");
        if (map)
            format(p, e->args[i]);
        else
            wr_ast_print_name(p->out, e->names[i].name);
        wr_buf_puts(p->out, ":=");
        format(p, e->args[map ? i + 1 : i]);
    }
    wr_buf_putc(p->out, ')');
}

static void call(printer *p, const wr_ast_expr *e, const char *name)
{
    wr_buf_puts(p->out, name);
    wr_buf_puts(p->out, e->star ? "(*" : "(");
    list(p, e->args, 0, e->args_n);
    wr_buf_putc(p->out, ')');
}

static void cast(printer *p, const wr_ast_expr *e)
{
    WR_ASSERT(e->type && e->args_n == 1);
    wr_buf_puts(p->out, "CAST(");
    format(p, e->args[0]);
    wr_buf_puts(p->out, " AS ");
    wr_ast_print_type(p->out, e->type);
    wr_buf_putc(p->out, ')');
}

/** NOT x, x IS NULL, signs. */
static void unary(printer *p, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_UNARY)
        wr_buf_puts(p->out, operator_text(e->op));
    else
        wr_buf_puts(p->out, e->kind == WR_AST_NOT ? "(NOT " : "(");
    format(p, e->args[0]);
    if (e->kind == WR_AST_IS_NULL)
        wr_buf_puts(p->out, e->negated ? " IS NOT NULL)" : " IS NULL)");
    else if (e->kind == WR_AST_NOT)
        wr_buf_putc(p->out, ')');
}

/** a[i], s->f, ARRAY[...] */
static void nested(printer *p, const wr_ast_expr *e)
{
    if (e->kind == WR_AST_ARRAY) {
        wr_buf_puts(p->out, "ARRAY[");
        list(p, e->args, 0, e->args_n);
        wr_buf_putc(p->out, ']');
        return;
    }
    format(p, e->args[0]);
    if (e->kind == WR_AST_FIELD) {
        wr_buf_puts(p->out, "->");
        wr_ast_print_name(p->out, e->name.name);
        return;
    }
    wr_buf_putc(p->out, '[');
    format(p, e->args[1]);
    wr_buf_putc(p->out, ']');
}

/** What has nothing inside and is written in another way than by the parser's printer. */
static void leaf(printer *p, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n == 0);
    if (e->kind == WR_AST_NULL)
        wr_buf_puts(p->out, "null");
    else if (e->kind == WR_AST_BOOLEAN)
        wr_buf_puts(p->out, e->u.boolean ? "true" : "false");
    else if (e->kind == WR_AST_STRING)
        string(p->out, e->text);
    else if (p->bare && e->qualifier.implied)
        wr_ast_print_name(p->out, e->name.name);
    else
        wr_ast_print_expr(p->out, e);
}

static void format(printer *p, const wr_ast_expr *e)
{
    switch (e->kind) {
    case WR_AST_NULL:
    case WR_AST_BOOLEAN:
    case WR_AST_STRING:
    case WR_AST_COLUMN:
        leaf(p, e);
        break;
    case WR_AST_UNARY:
    case WR_AST_NOT:
    case WR_AST_IS_NULL:
        unary(p, e);
        break;
    case WR_AST_ARITHMETIC:
    case WR_AST_COMPARE:
        binary(p, e, operator_text(e->op));
        break;
    case WR_AST_AND:
    case WR_AST_OR:
        binary(p, e, e->kind == WR_AST_AND ? "AND" : "OR");
        break;
    case WR_AST_CONCAT:
    case WR_AST_CALL:
        call(p, e, e->kind == WR_AST_CONCAT ? "CONCAT" : e->name.name);
        break;
    case WR_AST_BETWEEN:
    case WR_AST_IN:
    case WR_AST_LIKE:
        predicate(p, e);
        break;
    case WR_AST_CASE:
        case_when(p, e);
        break;
    case WR_AST_CAST:
        cast(p, e);
        break;
    case WR_AST_LAMBDA:
        lambda(p, e);
        break;
    case WR_AST_SUBSCRIPT:
    case WR_AST_FIELD:
    case WR_AST_ARRAY:
        nested(p, e);
        break;
    case WR_AST_MAP:
    case WR_AST_STRUCT:
        constructor(p, e);
        break;
    default: /* nothing is inside: both printers agree */
        wr_ast_print_expr(p->out, e);
    }
}

void wr_ast_format(wr_buf *out, const wr_ast_expr *e)
{
    format(&(printer){.out = out}, e);
}

void wr_ast_format_message(wr_buf *out, const wr_ast_expr *e)
{
    format(&(printer){.out = out, .bare = true}, e);
}
