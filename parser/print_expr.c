/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_expr.c - names, types and expressions back to SQL.
 *
 * The printer adds no parentheses but those that the tree needs, so what it prints nests no deeper
 * than the text that the tree came from, and can be parsed again within the same limits. (The one
 * exception is simple CASE, where `x = v` may need some for v.) For messages there is a second
 * form with every operator in parentheses, which is how ksqlDB writes expressions.
 */
#include "parser/print_internal.h"
#include "parser/token.h"

/* How tightly an expression holds together; the levels of the grammar. */
typedef enum level {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_PREDICATE,
    LEVEL_CONCAT,
    LEVEL_ADD,
    LEVEL_MUL,
    LEVEL_UNARY,
    LEVEL_PRIMARY,
} level;

typedef struct printer {
    wr_buf *out;
    bool parens; /* every operator in parentheses */
} printer;

static void print(printer *pr, const wr_ast_expr *e, level min);

/* ---- names and strings ---- */

static void put_quoted(wr_buf *out, wr_str text, char quote)
{
    wr_buf_putc(out, quote);
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == quote)
            wr_buf_putc(out, quote);
        wr_buf_putc(out, text.ptr[i]);
    }
    wr_buf_putc(out, quote);
}

void wr_ast_print_name(wr_buf *out, const char *name)
{
    if (wr_parse_needs_quotes(name))
        put_quoted(out, wr_str_c(name), '`');
    else
        wr_buf_puts(out, name);
}

/*
 * Names at the head of an operand: ARRAY, MAP and STRUCT would begin a constructor where a bracket
 * follows, and a unit would be one where it is a whole argument.
 */
static void put_operand_name(wr_buf *out, const char *name)
{
    static const wr_tok special[] = {WR_KW_ARRAY, WR_KW_MAP,    WR_KW_STRUCT, WR_KW_DAY,
                                     WR_KW_HOUR,  WR_KW_MINUTE, WR_KW_SECOND};
    wr_tok kind = wr__keyword_find(name, strlen(name));
    for (size_t i = 0; i < WR_ARRAY_LEN(special); i++) {
        if (kind == special[i]) {
            put_quoted(out, wr_str_c(name), '`');
            return;
        }
    }
    wr_ast_print_name(out, name);
}

void wr__print_string(wr_buf *out, wr_str text)
{
    put_quoted(out, text, '\'');
}

void wr__print_c_string(wr_buf *out, const char *text)
{
    put_quoted(out, wr_str_c(text), '\'');
}

const char *wr__print_unit(wr_ast_unit unit)
{
    static const char *const names[] = {
        [WR_AST_UNIT_YEAR] = "YEARS",
        [WR_AST_UNIT_MONTH] = "MONTHS",
        [WR_AST_UNIT_DAY] = "DAYS",
        [WR_AST_UNIT_HOUR] = "HOURS",
        [WR_AST_UNIT_MINUTE] = "MINUTES",
        [WR_AST_UNIT_SECOND] = "SECONDS",
        [WR_AST_UNIT_MILLISECOND] = "MILLISECONDS",
    };
    WR_ASSERT((size_t)unit < WR_ARRAY_LEN(names));
    return names[unit];
}

/* ---- types ---- */

static void print_struct_type(wr_buf *out, const wr_ast_type *t)
{
    wr_buf_puts(out, "STRUCT<");
    for (size_t i = 0; i < t->fields_n; i++) {
        wr_buf_puts(out, i ? ", " : "");
        wr_ast_print_name(out, t->fields[i].name.name);
        wr_buf_putc(out, ' ');
        wr_ast_print_type(out, t->fields[i].type);
    }
    wr_buf_putc(out, '>');
}

/* ARRAY, MAP and STRUCT as names of types are bare words too: no '<' follows them. */
static void print_named_type(wr_buf *out, const wr_ast_type *t)
{
    wr_ast_print_name(out, t->name.name);
    for (size_t i = 0; i < t->params_n; i++) {
        wr_buf_puts(out, i ? ", " : "(");
        wr_buf_puts(out, t->params[i]);
    }
    if (t->params_n)
        wr_buf_putc(out, ')');
}

void wr_ast_print_type(wr_buf *out, const wr_ast_type *type)
{
    switch (type->kind) {
    case WR_AST_TYPE_NAME:
        print_named_type(out, type);
        return;
    case WR_AST_TYPE_DECIMAL:
        wr_buf_printf(out, "DECIMAL(%lld, %lld)", (long long)type->precision,
                      (long long)type->scale);
        return;
    case WR_AST_TYPE_ARRAY:
        wr_buf_puts(out, "ARRAY<");
        break;
    case WR_AST_TYPE_MAP:
        wr_buf_puts(out, "MAP<");
        wr_ast_print_type(out, type->key);
        wr_buf_puts(out, ", ");
        break;
    case WR_AST_TYPE_STRUCT:
        print_struct_type(out, type);
        return;
    default:
        WR_UNREACHABLE();
    }
    wr_ast_print_type(out, type->elem);
    wr_buf_putc(out, '>');
}

/* ---- expressions ---- */

static level level_of(const wr_ast_expr *e)
{
    switch (e->kind) {
    case WR_AST_OR:
        return LEVEL_OR;
    case WR_AST_AND:
        return LEVEL_AND;
    case WR_AST_NOT:
        return LEVEL_NOT;
    case WR_AST_COMPARE:
    case WR_AST_BETWEEN:
    case WR_AST_IN:
    case WR_AST_LIKE:
    case WR_AST_IS_NULL:
        return LEVEL_PREDICATE;
    case WR_AST_CONCAT:
        return LEVEL_CONCAT;
    case WR_AST_ARITHMETIC:
        return e->op == WR_AST_ADD || e->op == WR_AST_SUB ? LEVEL_ADD : LEVEL_MUL;
    case WR_AST_UNARY:
        return LEVEL_UNARY;
    default:
        return LEVEL_PRIMARY;
    }
}

static const char *op_text(const wr_ast_expr *e)
{
    static const char *const texts[] = {
        [WR_AST_POS] = "+",
        [WR_AST_NEG] = "-",
        [WR_AST_ADD] = " + ",
        [WR_AST_SUB] = " - ",
        [WR_AST_MUL] = " * ",
        [WR_AST_DIV] = " / ",
        [WR_AST_MOD] = " % ",
        [WR_AST_EQ] = " = ",
        [WR_AST_NE] = " <> ",
        [WR_AST_LT] = " < ",
        [WR_AST_LE] = " <= ",
        [WR_AST_GT] = " > ",
        [WR_AST_GE] = " >= ",
        [WR_AST_DISTINCT] = " IS DISTINCT FROM ",
        [WR_AST_NOT_DISTINCT] = " IS NOT DISTINCT FROM ",
    };
    WR_ASSERT((size_t)e->op < WR_ARRAY_LEN(texts));
    return texts[e->op];
}

/* Left-associative: the right operand must hold together more tightly. */
static void print_binary(printer *pr, const wr_ast_expr *e, const char *op)
{
    level own = level_of(e);
    WR_ASSERT(e->args_n == 2 && own < LEVEL_PRIMARY);
    print(pr, e->args[0], own);
    wr_buf_puts(pr->out, op);
    print(pr, e->args[1], (level)(own + 1));
}

static void print_list(printer *pr, const wr_ast_expr *e, size_t from)
{
    for (size_t i = from; i < e->args_n; i++) {
        wr_buf_puts(pr->out, i > from ? ", " : "");
        print(pr, e->args[i], LEVEL_OR);
    }
}

static bool is_number(const wr_ast_expr *e)
{
    return e->kind == WR_AST_INTEGER || e->kind == WR_AST_DECIMAL || e->kind == WR_AST_DOUBLE;
}

/* Is a number the first thing that is printed for @p e? A sign before it would become its own. */
static bool begins_with_number(const wr_ast_expr *e)
{
    while (e->kind == WR_AST_SUBSCRIPT || e->kind == WR_AST_FIELD)
        e = e->args[0];
    return is_number(e);
}

static void print_unary(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n == 1 && (e->op == WR_AST_NEG || e->op == WR_AST_POS));
    const wr_ast_expr *operand = e->args[0];
    wr_buf_puts(pr->out, op_text(e));
    if (begins_with_number(operand)) {
        wr_buf_putc(pr->out, '(');
        print(pr, operand, LEVEL_OR);
        wr_buf_putc(pr->out, ')');
        return;
    }
    if (operand->kind == WR_AST_UNARY)
        wr_buf_putc(pr->out, ' '); /* `--` would begin a comment */
    print(pr, operand, LEVEL_UNARY);
}

static void print_predicate(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n >= (e->kind == WR_AST_BETWEEN ? 3u : e->kind == WR_AST_IS_NULL ? 1u : 2u));
    const char *negation = e->negated ? " NOT" : "";
    print(pr, e->args[0], LEVEL_CONCAT);
    switch (e->kind) {
    case WR_AST_COMPARE:
        wr_buf_puts(pr->out, op_text(e));
        print(pr, e->args[1], LEVEL_CONCAT);
        break;
    case WR_AST_BETWEEN:
        wr_buf_printf(pr->out, "%s BETWEEN ", negation);
        print(pr, e->args[1], LEVEL_CONCAT);
        wr_buf_puts(pr->out, " AND ");
        print(pr, e->args[2], LEVEL_CONCAT);
        break;
    case WR_AST_IN:
        wr_buf_printf(pr->out, "%s IN (", negation);
        print_list(pr, e, 1);
        wr_buf_putc(pr->out, ')');
        break;
    case WR_AST_LIKE:
        wr_buf_printf(pr->out, "%s LIKE ", negation);
        print(pr, e->args[1], LEVEL_CONCAT);
        if (e->escape) {
            wr_buf_puts(pr->out, " ESCAPE ");
            wr__print_c_string(pr->out, e->escape);
        }
        break;
    default:
        wr_buf_printf(pr->out, " IS%s NULL", negation);
        break;
    }
}

static void print_case(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n >= 2 && e->args_n % 2 == 0);
    wr_buf_puts(pr->out, "CASE");
    for (size_t i = 0; i + 1 < e->args_n; i += 2) {
        wr_buf_puts(pr->out, " WHEN ");
        print(pr, e->args[i], LEVEL_OR);
        wr_buf_puts(pr->out, " THEN ");
        print(pr, e->args[i + 1], LEVEL_OR);
    }
    if (e->else_) {
        wr_buf_puts(pr->out, " ELSE ");
        print(pr, e->else_, LEVEL_OR);
    }
    wr_buf_puts(pr->out, " END");
}

static void print_call(printer *pr, const wr_ast_expr *e)
{
    put_operand_name(pr->out, e->name.name);
    wr_buf_putc(pr->out, '(');
    if (e->star)
        wr_buf_putc(pr->out, '*');
    print_list(pr, e, 0);
    wr_buf_putc(pr->out, ')');
}

static void print_lambda(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n == 1 && e->names_n > 0);
    wr_buf_putc(pr->out, '(');
    for (size_t i = 0; i < e->names_n; i++) {
        wr_buf_puts(pr->out, i ? ", " : "");
        wr_ast_print_name(pr->out, e->names[i].name);
    }
    wr_buf_puts(pr->out, ") => ");
    print(pr, e->args[0], LEVEL_OR);
}

static void print_map(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->args_n % 2 == 0);
    wr_buf_puts(pr->out, "MAP(");
    for (size_t i = 0; i + 1 < e->args_n; i += 2) {
        wr_buf_puts(pr->out, i ? ", " : "");
        print(pr, e->args[i], LEVEL_OR);
        wr_buf_puts(pr->out, " := ");
        print(pr, e->args[i + 1], LEVEL_OR);
    }
    wr_buf_putc(pr->out, ')');
}

static void print_struct(printer *pr, const wr_ast_expr *e)
{
    WR_ASSERT(e->names_n == e->args_n);
    wr_buf_puts(pr->out, "STRUCT(");
    for (size_t i = 0; i < e->args_n; i++) {
        wr_buf_puts(pr->out, i ? ", " : "");
        wr_ast_print_name(pr->out, e->names[i].name);
        wr_buf_puts(pr->out, " := ");
        print(pr, e->args[i], LEVEL_OR);
    }
    wr_buf_putc(pr->out, ')');
}

static void print_literal(printer *pr, const wr_ast_expr *e)
{
    switch (e->kind) {
    case WR_AST_NULL:
        wr_buf_puts(pr->out, "NULL");
        break;
    case WR_AST_BOOLEAN:
        wr_buf_puts(pr->out, e->u.boolean ? "TRUE" : "FALSE");
        break;
    case WR_AST_INTEGER:
        wr_buf_printf(pr->out, "%lld", (long long)e->u.integer);
        break;
    case WR_AST_DECIMAL:
    case WR_AST_DOUBLE:
        wr_buf_str(pr->out, e->text);
        break;
    case WR_AST_STRING:
        wr__print_string(pr->out, e->text);
        break;
    case WR_AST_TYPED_LITERAL:
        if (strcmp(e->name.name, "DECIMAL") == 0) /* a reserved word, allowed just here */
            wr_buf_puts(pr->out, e->name.name);
        else
            wr_ast_print_name(pr->out, e->name.name);
        wr_buf_putc(pr->out, ' ');
        wr__print_string(pr->out, e->text);
        break;
    default:
        WR_UNREACHABLE();
    }
}

/* Kinds that need no parentheses anywhere. */
static void print_primary(printer *pr, const wr_ast_expr *e)
{
    switch (e->kind) {
    case WR_AST_COLUMN:
        if (e->qualifier.name) {
            wr_ast_print_name(pr->out, e->qualifier.name);
            wr_buf_putc(pr->out, '.');
            wr_ast_print_name(pr->out, e->name.name);
        } else {
            put_operand_name(pr->out, e->name.name);
        }
        break;
    case WR_AST_INTERVAL_UNIT:
        wr_buf_puts(pr->out, e->name.name ? e->name.name : wr__print_unit(e->u.unit));
        break;
    case WR_AST_CASE:
        print_case(pr, e);
        break;
    case WR_AST_CAST:
        wr_buf_puts(pr->out, "CAST(");
        print(pr, e->args[0], LEVEL_OR);
        wr_buf_puts(pr->out, " AS ");
        wr_ast_print_type(pr->out, e->type);
        wr_buf_putc(pr->out, ')');
        break;
    case WR_AST_CALL:
        print_call(pr, e);
        break;
    case WR_AST_LAMBDA:
        print_lambda(pr, e);
        break;
    case WR_AST_SUBSCRIPT:
        print(pr, e->args[0], LEVEL_PRIMARY);
        wr_buf_putc(pr->out, '[');
        print(pr, e->args[1], LEVEL_CONCAT);
        wr_buf_putc(pr->out, ']');
        break;
    case WR_AST_FIELD:
        print(pr, e->args[0], LEVEL_PRIMARY);
        wr_buf_puts(pr->out, "->");
        wr_ast_print_name(pr->out, e->name.name);
        break;
    case WR_AST_ARRAY:
        wr_buf_puts(pr->out, "ARRAY[");
        print_list(pr, e, 0);
        wr_buf_putc(pr->out, ']');
        break;
    case WR_AST_MAP:
        print_map(pr, e);
        break;
    case WR_AST_STRUCT:
        print_struct(pr, e);
        break;
    default:
        print_literal(pr, e);
        break;
    }
}

static void print_bare(printer *pr, const wr_ast_expr *e)
{
    switch (level_of(e)) {
    case LEVEL_OR:
        print_binary(pr, e, " OR ");
        break;
    case LEVEL_AND:
        print_binary(pr, e, " AND ");
        break;
    case LEVEL_NOT:
        wr_buf_puts(pr->out, "NOT ");
        print(pr, e->args[0], LEVEL_NOT);
        break;
    case LEVEL_PREDICATE:
        print_predicate(pr, e);
        break;
    case LEVEL_CONCAT:
        print_binary(pr, e, " || ");
        break;
    case LEVEL_ADD:
    case LEVEL_MUL:
        print_binary(pr, e, op_text(e));
        break;
    case LEVEL_UNARY:
        print_unary(pr, e);
        break;
    case LEVEL_PRIMARY:
        print_primary(pr, e);
        break;
    }
}

/* @p e at a place where the grammar takes @p min or tighter. */
static void print(printer *pr, const wr_ast_expr *e, level min)
{
    level own = level_of(e);
    bool parens = own < min || (pr->parens && own < LEVEL_UNARY);
    if (parens)
        wr_buf_putc(pr->out, '(');
    print_bare(pr, e);
    if (parens)
        wr_buf_putc(pr->out, ')');
}

void wr_ast_print_expr(wr_buf *out, const wr_ast_expr *expr)
{
    print(&(printer){.out = out}, expr, LEVEL_OR);
}

void wr_ast_print_expr_parens(wr_buf *out, const wr_ast_expr *expr)
{
    print(&(printer){.out = out, .parens = true}, expr, LEVEL_OR);
}

void wr__print_primary(wr_buf *out, const wr_ast_expr *e)
{
    print(&(printer){.out = out}, e, LEVEL_PRIMARY);
}

void wr__print_value(wr_buf *out, const wr_ast_expr *e)
{
    print(&(printer){.out = out}, e, LEVEL_CONCAT);
}
