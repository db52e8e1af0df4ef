/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_expr.c - expressions above their operands.
 *
 * Precedence, loosest first: OR, AND, NOT, the predicates (comparison, BETWEEN, IN, LIKE, IS; one
 * to a level), `||`, `+ -`, `* / %`, unary `+ -`. Two climbing loops, each with its table of
 * operators, mirror the grammar's two rules: booleanExpression and valueExpression.
 *
 * Every path down a tree is bounded (wr__parse_expr_done), so all who walk trees may recurse.
 */
#include "parser/parse_internal.h"

typedef struct binary_op {
    wr_tok tok;
    int precedence;
    wr_ast_expr_kind kind;
    wr_ast_op op;
} binary_op;

enum { PREC_OR = 1, PREC_AND, PREC_NOT };
enum { PREC_CONCAT = 1, PREC_ADD, PREC_MUL };

static const binary_op boolean_ops[] = {
    {WR_KW_OR, PREC_OR, WR_AST_OR, WR_AST_POS},
    {WR_KW_AND, PREC_AND, WR_AST_AND, WR_AST_POS},
    {WR_TOK_EOF, 0, WR_AST_NULL, WR_AST_POS},
};

static const binary_op value_ops[] = {
    {WR_TOK_CONCAT, PREC_CONCAT, WR_AST_CONCAT, WR_AST_POS},
    {WR_TOK_PLUS, PREC_ADD, WR_AST_ARITHMETIC, WR_AST_ADD},
    {WR_TOK_MINUS, PREC_ADD, WR_AST_ARITHMETIC, WR_AST_SUB},
    {WR_TOK_STAR, PREC_MUL, WR_AST_ARITHMETIC, WR_AST_MUL},
    {WR_TOK_SLASH, PREC_MUL, WR_AST_ARITHMETIC, WR_AST_DIV},
    {WR_TOK_PERCENT, PREC_MUL, WR_AST_ARITHMETIC, WR_AST_MOD},
    {WR_TOK_EOF, 0, WR_AST_NULL, WR_AST_POS},
};

static const struct compare_op {
    wr_tok tok;
    wr_ast_op op;
} compare_ops[] = {
    {WR_TOK_EQ, WR_AST_EQ}, {WR_TOK_NE, WR_AST_NE}, {WR_TOK_LT, WR_AST_LT},
    {WR_TOK_LE, WR_AST_LE}, {WR_TOK_GT, WR_AST_GT}, {WR_TOK_GE, WR_AST_GE},
};

/* ---- nodes ---- */

wr_ast_expr *wr__parse_expr_new(wr_parser *p, wr_ast_expr_kind kind, int64_t pos)
{
    wr_ast_expr *e = WR_NEW(p->arena, wr_ast_expr);
    e->kind = kind;
    e->pos = e->op_pos = pos;
    return e;
}

static void add_child(wr_ast_expr *e, const wr_ast_expr *child)
{
    WR_ASSERT(child->height >= 1 && child->size >= 1); /* it is done itself */
    e->height = WR_MAX(e->height, child->height + 1);
    e->size +=
        child->size; /* each at most WR_PARSE_SIZE_MAX; their number is bounded by the text */
    e->size = WR_MIN(e->size, (uint32_t)WR_PARSE_SIZE_MAX + 1);
}

weir_status wr__parse_expr_done(wr_parser *p, wr_ast_expr *e)
{
    e->end = wr__parse_end(p);
    WR_ASSERT(e->pos <= e->op_pos && e->op_pos <= e->end);
    e->height = e->size = 1;
    for (size_t i = 0; i < e->args_n; i++)
        add_child(e, e->args[i]);
    if (e->else_)
        add_child(e, e->else_);
    if (e->height > WR_PARSE_HEIGHT_MAX)
        return wr__parse_error(p, WEIR_ERR_LIMIT, e->op_pos,
                               "the expression is too long: at most %d operators are allowed in a "
                               "row",
                               WR_PARSE_HEIGHT_MAX - 1);
    if (e->size > WR_PARSE_SIZE_MAX)
        return wr__parse_error(p, WEIR_ERR_LIMIT, e->op_pos,
                               "the expression is too large: at most %d parts are allowed",
                               WR_PARSE_SIZE_MAX);
    return WEIR_OK;
}

static void set_args(wr_parser *p, wr_ast_expr *e, size_t n, wr_ast_expr *a, wr_ast_expr *b,
                     wr_ast_expr *c)
{
    WR_ASSERT(n >= 1 && n <= 3 && a);
    wr_ast_expr *all[] = {a, b, c};
    e->args = wr_arena_memdup(p->arena, all, n * sizeof(wr_ast_expr *));
    e->args_n = n;
}

static weir_status binary(wr_parser *p, const binary_op *op, int64_t op_pos, int64_t pos,
                          wr_ast_expr *right, wr_ast_expr **left)
{
    WR_ASSERT(op->precedence > 0 && *left && right);
    wr_ast_expr *e = wr__parse_expr_new(p, op->kind, pos);
    e->op = op->op;
    e->op_pos = op_pos;
    set_args(p, e, 2, *left, right, NULL);
    *left = e;
    return wr__parse_expr_done(p, e);
}

/* The row of @p table for the token at the cursor, or NULL. */
static const binary_op *find_op(wr_parser *p, const binary_op *table, int precedence_min)
{
    wr__parse_note(p, WR_EXPECT_OPERATOR);
    for (const binary_op *op = table; op->precedence; op++)
        if (op->tok == wr__parse_peek(p) && op->precedence >= precedence_min)
            return op;
    return NULL;
}

/* ---- valueExpression ---- */

/*
 * (MINUS | PLUS) valueExpression. A minus before a number belongs to the literal, as in the
 * grammar, where `number` is the first alternative: -1 is a literal, - (1) and -a are negations.
 */
static weir_status unary(wr_parser *p, wr_ast_expr **out)
{
    wr_tok kind = wr__parse_peek(p);
    if ((kind != WR_TOK_MINUS && kind != WR_TOK_PLUS) || wr__parse_at_number(p)) {
        WR_TRY(wr__parse_primary_expression(p, out));
        if (wr__parse_peek(p) == WR_KW_AT)
            return wr__parse_error(p, WEIR_ERR_SYNTAX, wr__parse_pos(p),
                                   "Syntax Error\nAT TIME ZONE is not supported");
        return WEIR_OK;
    }
    WR_TRY(wr__parse_enter(p));
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_UNARY, wr__parse_pos(p));
    e->op = kind == WR_TOK_MINUS ? WR_AST_NEG : WR_AST_POS;
    p->at++;
    wr_ast_expr *operand;
    WR_TRY(unary(p, &operand));
    set_args(p, e, 1, operand, NULL, NULL);
    p->depth--;
    *out = e;
    return wr__parse_expr_done(p, e);
}

/*
 * valueExpression = primaryExpression
 *                 | valueExpression AT timeZoneSpecifier          (refused)
 *                 | (MINUS | PLUS) valueExpression
 *                 | valueExpression ('*' | '/' | '%') valueExpression
 *                 | valueExpression ('+' | '-') valueExpression
 *                 | valueExpression '||' valueExpression
 */
static weir_status value_expression(wr_parser *p, int precedence_min, wr_ast_expr **out)
{
    int64_t pos = wr__parse_pos(p);
    WR_TRY(unary(p, out));
    for (const binary_op *op; (op = find_op(p, value_ops, precedence_min));) {
        int64_t op_pos = wr__parse_pos(p);
        p->at++;
        wr_ast_expr *right;
        WR_TRY(value_expression(p, op->precedence + 1, &right));
        WR_TRY(binary(p, op, op_pos, pos, right, out));
    }
    return WEIR_OK;
}

weir_status wr__parse_value_expression(wr_parser *p, wr_ast_expr **out)
{
    return value_expression(p, PREC_CONCAT, out);
}

/* ---- predicate ---- */

/* [NOT] BETWEEN valueExpression AND valueExpression */
static weir_status between(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value)
{
    e->kind = WR_AST_BETWEEN;
    wr_ast_expr *low, *high;
    WR_TRY(wr__parse_value_expression(p, &low));
    WR_TRY(wr__parse_expect(p, WR_KW_AND));
    WR_TRY(wr__parse_value_expression(p, &high));
    set_args(p, e, 3, value, low, high);
    return WEIR_OK;
}

/* [NOT] IN '(' expression {',' expression} ')' */
static weir_status in_list(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value)
{
    e->kind = WR_AST_IN;
    wr_arr(wr_ast_expr *) args = {0};
    wr_arr_push(p->arena, &args, value);
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    do {
        wr_ast_expr *item;
        WR_TRY(wr__parse_expression(p, &item));
        wr_arr_push(p->arena, &args, item);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    e->args = args.v;
    e->args_n = args.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* [NOT] LIKE valueExpression [ESCAPE STRING]; ESCAPE is a free word, so it may be an alias, too */
static weir_status like(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value)
{
    e->kind = WR_AST_LIKE;
    wr_ast_expr *pattern;
    WR_TRY(wr__parse_value_expression(p, &pattern));
    set_args(p, e, 2, value, pattern, NULL);
    if (wr__parse_at(p, WR_KW_ESCAPE) && wr__parse_peek_n(p, 1) == WR_TOK_STRING) {
        p->at++;
        WR_TRY(wr__parse_c_string(p, &e->escape));
    }
    return WEIR_OK;
}

/* IS [NOT] NULL | IS [NOT] DISTINCT FROM valueExpression; after IS */
static weir_status is_predicate(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value)
{
    e->negated = wr__parse_accept(p, WR_KW_NOT);
    if (wr__parse_accept(p, WR_KW_NULL)) {
        e->kind = WR_AST_IS_NULL;
        set_args(p, e, 1, value, NULL, NULL);
        return WEIR_OK;
    }
    WR_TRY(wr__parse_expect(p, WR_KW_DISTINCT));
    WR_TRY(wr__parse_expect(p, WR_KW_FROM));
    e->kind = WR_AST_COMPARE;
    e->op = e->negated ? WR_AST_NOT_DISTINCT : WR_AST_DISTINCT;
    e->negated = false;
    wr_ast_expr *right;
    WR_TRY(wr__parse_value_expression(p, &right));
    set_args(p, e, 2, value, right, NULL);
    return WEIR_OK;
}

/* comparisonOperator valueExpression. @return in *taken whether there was one */
static weir_status comparison(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value, bool *taken)
{
    *taken = false;
    for (size_t i = 0; i < WR_ARRAY_LEN(compare_ops); i++) {
        if (compare_ops[i].tok != wr__parse_peek(p))
            continue;
        *taken = true;
        p->at++;
        e->kind = WR_AST_COMPARE;
        e->op = compare_ops[i].op;
        wr_ast_expr *right;
        WR_TRY(wr__parse_value_expression(p, &right));
        set_args(p, e, 2, value, right, NULL);
        return WEIR_OK;
    }
    return WEIR_OK;
}

/* The predicates that NOT may precede, each after its word. */
static const struct negatable {
    wr_tok word;
    weir_status (*rule)(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value);
} negatables[] = {
    {WR_KW_BETWEEN, between},
    {WR_KW_IN, in_list},
    {WR_KW_LIKE, like},
};

/*
 * predicate = comparisonOperator valueExpression | [NOT] BETWEEN ... | [NOT] IN ... | [NOT] LIKE
 * ... | IS [NOT] NULL | IS [NOT] DISTINCT FROM valueExpression
 * @return in *taken whether there was one
 */
static weir_status predicate(wr_parser *p, wr_ast_expr *e, wr_ast_expr *value, bool *taken)
{
    WR_TRY(comparison(p, e, value, taken));
    if (*taken)
        return WEIR_OK;
    wr__parse_note(p, WR_EXPECT_OPERATOR);
    *taken = true;
    if (wr__parse_peek(p) == WR_KW_IS) {
        p->at++;
        return is_predicate(p, e, value);
    }
    if (wr__parse_peek(p) == WR_KW_NOT) {
        e->negated = true;
        p->at++;
    }
    for (size_t i = 0; i < WR_ARRAY_LEN(negatables); i++) {
        if (e->negated)
            wr__parse_note(p, negatables[i].word);
        if (wr__parse_peek(p) == negatables[i].word) {
            p->at++;
            return negatables[i].rule(p, e, value);
        }
    }
    *taken = false;
    return e->negated ? wr__parse_unexpected(p) : WEIR_OK;
}

/* predicated = valueExpression [predicate] */
static weir_status predicated(wr_parser *p, wr_ast_expr **out)
{
    int64_t pos = wr__parse_pos(p);
    wr_ast_expr *value;
    WR_TRY(wr__parse_value_expression(p, &value));
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_COMPARE, pos);
    e->op_pos = wr__parse_pos(p);
    bool taken;
    WR_TRY(predicate(p, e, value, &taken));
    WR_ASSERT(!taken || (e->args_n >= 1 && e->args[0] == value));
    *out = taken ? e : value;
    return taken ? wr__parse_expr_done(p, e) : WEIR_OK;
}

/* ---- booleanExpression ---- */

/*
 * booleanExpression = predicated
 *                   | NOT booleanExpression
 *                   | booleanExpression AND booleanExpression
 *                   | booleanExpression OR booleanExpression
 */
static weir_status boolean_expression(wr_parser *p, int precedence_min, wr_ast_expr **out)
{
    int64_t pos = wr__parse_pos(p);
    if (wr__parse_peek(p) == WR_KW_NOT) {
        WR_TRY(wr__parse_enter(p));
        p->at++;
        wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_NOT, pos), *operand;
        WR_TRY(boolean_expression(p, PREC_NOT, &operand));
        set_args(p, e, 1, operand, NULL, NULL);
        p->depth--;
        *out = e;
        WR_TRY(wr__parse_expr_done(p, e));
    } else {
        WR_TRY(predicated(p, out));
    }
    for (const binary_op *op; (op = find_op(p, boolean_ops, precedence_min));) {
        int64_t op_pos = wr__parse_pos(p);
        p->at++;
        wr_ast_expr *right;
        WR_TRY(boolean_expression(p, op->precedence + 1, &right));
        WR_TRY(binary(p, op, op_pos, pos, right, out));
    }
    return WEIR_OK;
}

/* expression = booleanExpression */
weir_status wr__parse_expression(wr_parser *p, wr_ast_expr **out)
{
    int depth = p->depth;
    WR_TRY(wr__parse_enter(p));
    WR_TRY(boolean_expression(p, PREC_OR, out));
    p->depth--;
    WR_ASSERT(p->depth == depth);
    return WEIR_OK;
}
