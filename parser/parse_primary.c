/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_primary.c - primaryExpression: the operands of expressions.
 *
 *     primaryExpression
 *         = literal | identifier STRING                                typed literal
 *         | CASE [valueExpression] whenClause {whenClause} [ELSE expression] END
 *         | CAST '(' expression AS type ')'
 *         | ARRAY '[' [expression {',' expression}] ']'
 *         | MAP '(' [expression ':=' expression {',' expression ':=' expression}] ')'
 *         | STRUCT '(' [identifier ':=' expression {',' identifier ':=' expression}] ')'
 *         | identifier '(' ('*' | [functionArgument {',' functionArgument} {',' lambda}]) ')'
 *         | identifier ['.' identifier]
 *         | '(' expression ')'
 *         | primaryExpression '[' valueExpression ']'
 *         | primaryExpression '->' identifier
 */
#include "parser/parse_internal.h"

typedef wr_arr(wr_ast_expr *) expr_list;
typedef wr_arr(wr_ast_name) name_list;

static void set_args(wr_ast_expr *e, const expr_list *args)
{
    e->args = args->v;
    e->args_n = args->n;
}

/* ---- CASE, CAST, constructors ---- */

/* CASE x WHEN v means CASE WHEN x = v: the node for x = v. */
static weir_status case_equals(wr_parser *p, wr_ast_expr *operand, wr_ast_expr **when)
{
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_COMPARE, (*when)->pos);
    expr_list args = {0};
    wr_arr_push(p->arena, &args, operand);
    wr_arr_push(p->arena, &args, *when);
    e->op = WR_AST_EQ;
    set_args(e, &args);
    *when = e;
    return wr__parse_expr_done(p, e);
}

/*
 * CASE [valueExpression] whenClause {whenClause} [ELSE expression] END
 * whenClause = WHEN expression THEN expression
 */
static weir_status case_expression(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_CASE;
    p->at++;
    wr_ast_expr *operand = NULL;
    if (!wr__parse_at(p, WR_KW_WHEN)) {
        WR_TRY(wr__parse_enter(p));
        WR_TRY(wr__parse_value_expression(p, &operand));
        p->depth--;
    }
    expr_list args = {0};
    WR_TRY(wr__parse_expect(p, WR_KW_WHEN));
    do {
        wr_ast_expr *when, *then;
        WR_TRY(wr__parse_expression(p, &when));
        if (operand)
            WR_TRY(case_equals(p, operand, &when));
        WR_TRY(wr__parse_expect(p, WR_KW_THEN));
        WR_TRY(wr__parse_expression(p, &then));
        wr_arr_push(p->arena, &args, when);
        wr_arr_push(p->arena, &args, then);
    } while (wr__parse_accept(p, WR_KW_WHEN));
    WR_ASSERT(args.n >= 2 && args.n % 2 == 0);
    set_args(e, &args);
    if (wr__parse_accept(p, WR_KW_ELSE))
        WR_TRY(wr__parse_expression(p, &e->else_));
    return wr__parse_expect(p, WR_KW_END);
}

/* CAST '(' expression AS type ')' */
static weir_status cast(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_CAST;
    p->at++;
    expr_list args = {0};
    wr_ast_expr *value;
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    WR_TRY(wr__parse_expression(p, &value));
    wr_arr_push(p->arena, &args, value);
    set_args(e, &args);
    WR_TRY(wr__parse_expect(p, WR_KW_AS));
    WR_TRY(wr__parse_type(p, &e->type));
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* ARRAY '[' [expression {',' expression}] ']' */
static weir_status array_constructor(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_ARRAY;
    p->at += 2;
    if (wr__parse_accept(p, WR_TOK_RBRACKET))
        return WEIR_OK;
    expr_list args = {0};
    do {
        wr_ast_expr *item;
        WR_TRY(wr__parse_expression(p, &item));
        wr_arr_push(p->arena, &args, item);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    set_args(e, &args);
    return wr__parse_expect(p, WR_TOK_RBRACKET);
}

/* MAP '(' [expression ':=' expression {',' expression ':=' expression}] ')' */
static weir_status map_constructor(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_MAP;
    p->at += 2;
    if (wr__parse_accept(p, WR_TOK_RPAREN))
        return WEIR_OK;
    expr_list args = {0};
    do {
        wr_ast_expr *key, *value;
        WR_TRY(wr__parse_expression(p, &key));
        WR_TRY(wr__parse_expect(p, WR_TOK_ASSIGN));
        WR_TRY(wr__parse_expression(p, &value));
        wr_arr_push(p->arena, &args, key);
        wr_arr_push(p->arena, &args, value);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    WR_ASSERT(args.n % 2 == 0);
    set_args(e, &args);
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* STRUCT '(' [identifier ':=' expression {',' identifier ':=' expression}] ')' */
static weir_status struct_constructor(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_STRUCT;
    p->at += 2;
    if (wr__parse_accept(p, WR_TOK_RPAREN))
        return WEIR_OK;
    expr_list args = {0};
    name_list names = {0};
    do {
        wr_ast_name name;
        wr_ast_expr *value;
        WR_TRY(wr__parse_identifier(p, &name));
        WR_TRY(wr__parse_expect(p, WR_TOK_ASSIGN));
        WR_TRY(wr__parse_expression(p, &value));
        wr_arr_push(p->arena, &names, name);
        wr_arr_push(p->arena, &args, value);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    WR_ASSERT(names.n == args.n);
    set_args(e, &args);
    e->names = names.v;
    e->names_n = names.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* ---- functions ---- */

/* Does a lambda begin at the cursor: `x =>`, `(x) =>` or `(x, y) =>`? Nothing else begins with
 * `(x,` in the arguments of a function, so what comes then is judged as a lambda, and a mistake in
 * it is found where it is. */
static bool at_lambda(const wr_parser *p)
{
    if (wr__parse_is_identifier(wr__parse_peek(p)))
        return wr__parse_peek_n(p, 1) == WR_TOK_LAMBDA;
    if (wr__parse_peek(p) != WR_TOK_LPAREN || !wr__parse_is_identifier(wr__parse_peek_n(p, 1)))
        return false;
    wr_tok next = wr__parse_peek_n(p, 2);
    return next == WR_TOK_COMMA ||
           (next == WR_TOK_RPAREN && wr__parse_peek_n(p, 3) == WR_TOK_LAMBDA);
}

/* lambda = identifier '=>' expression | '(' identifier {',' identifier} ')' '=>' expression */
static weir_status lambda(wr_parser *p, wr_ast_expr **out)
{
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_LAMBDA, wr__parse_pos(p));
    p->lambda_pos = e->pos;
    name_list names = {0};
    bool parentheses = wr__parse_accept(p, WR_TOK_LPAREN);
    do {
        wr_ast_name name;
        WR_TRY(wr__parse_identifier(p, &name));
        wr_arr_push(p->arena, &names, name);
    } while (parentheses && wr__parse_accept(p, WR_TOK_COMMA));
    if (parentheses)
        WR_TRY(wr__parse_expect(p, WR_TOK_RPAREN));
    e->op_pos = wr__parse_pos(p);
    WR_TRY(wr__parse_expect(p, WR_TOK_LAMBDA));
    expr_list args = {0};
    wr_ast_expr *body;
    WR_TRY(wr__parse_expression(p, &body));
    wr_arr_push(p->arena, &args, body);
    WR_ASSERT(names.n > 0);
    set_args(e, &args);
    e->names = names.v;
    e->names_n = names.n;
    *out = e;
    return wr__parse_expr_done(p, e);
}

/*
 * functionArgument = expression | windowUnit
 * DAY is a free word, and so a column unless it is the whole argument. DAYS is reserved and begins
 * no expression: what comes after it may be wrong, it is not.
 */
static weir_status function_argument(wr_parser *p, wr_ast_expr **out)
{
    wr_tok kind = wr__parse_peek(p), next = wr__parse_peek_n(p, 1);
    wr_ast_unit unit;
    if (!wr__parse_unit_of(kind, &unit))
        return wr__parse_expression(p, out);
    bool reserved = wr__keyword_is_reserved(kind);
    if (!reserved && next != WR_TOK_COMMA && next != WR_TOK_RPAREN)
        return wr__parse_expression(p, out);
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_INTERVAL_UNIT, wr__parse_pos(p));
    e->u.unit = unit;
    if (reserved)
        p->at++;
    else
        WR_TRY(wr__parse_identifier(p, &e->name));
    *out = e;
    return wr__parse_expr_done(p, e);
}

/* identifier '(' ('*' | [functionArgument {',' functionArgument} {',' lambda}]) ')' */
static weir_status function_call(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_CALL;
    WR_TRY(wr__parse_identifier(p, &e->name));
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    if (wr__parse_accept(p, WR_TOK_STAR)) {
        e->star = true;
        return wr__parse_expect(p, WR_TOK_RPAREN);
    }
    if (wr__parse_accept(p, WR_TOK_RPAREN))
        return WEIR_OK;
    expr_list args = {0};
    bool lambdas = false; /* only lambdas follow a lambda, and none is the first argument */
    do {
        wr_ast_expr *arg;
        lambdas = lambdas || (args.n > 0 && at_lambda(p));
        if (lambdas)
            WR_TRY(lambda(p, &arg));
        else
            WR_TRY(function_argument(p, &arg));
        wr_arr_push(p->arena, &args, arg);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    set_args(e, &args);
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* ---- the rule ---- */

/* identifier ['.' identifier] */
static weir_status column_reference(wr_parser *p, wr_ast_expr *e)
{
    e->kind = WR_AST_COLUMN;
    WR_TRY(wr__parse_identifier(p, &e->name));
    wr__parse_note(p, WR_EXPECT_OPERATOR);
    if (wr__parse_peek(p) != WR_TOK_DOT)
        return WEIR_OK;
    p->at++;
    e->qualifier = e->name;
    return wr__parse_identifier(p, &e->name);
}

/* The alternatives that begin with an identifier or DECIMAL, told apart by the second token. */
static weir_status named(wr_parser *p, wr_ast_expr *e)
{
    wr_tok kind = wr__parse_peek(p), next = wr__parse_peek_n(p, 1);
    if (kind == WR_KW_ARRAY && next == WR_TOK_LBRACKET)
        return array_constructor(p, e);
    if (kind == WR_KW_MAP && next == WR_TOK_LPAREN)
        return map_constructor(p, e);
    if (kind == WR_KW_STRUCT && next == WR_TOK_LPAREN)
        return struct_constructor(p, e);
    if (next == WR_TOK_STRING) {
        e->kind = WR_AST_TYPED_LITERAL;
        if (kind == WR_KW_DECIMAL) { /* reserved, and yet the only type with such literals */
            e->name = (wr_ast_name){.name = wr__keyword_name(kind), .pos = wr__parse_pos(p)};
            p->at++;
        } else {
            WR_TRY(wr__parse_identifier(p, &e->name));
        }
        return wr__parse_string(p, &e->text);
    }
    return next == WR_TOK_LPAREN ? function_call(p, e) : column_reference(p, e);
}

/* '(' expression ')': no node of its own */
static weir_status parenthesized(wr_parser *p, wr_ast_expr **out)
{
    p->at++;
    WR_TRY(wr__parse_expression(p, out));
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

static weir_status operand(wr_parser *p, wr_ast_expr **out)
{
    wr_tok kind = wr__parse_peek(p);
    if (kind == WR_TOK_LPAREN)
        return parenthesized(p, out);
    bool decimal = kind == WR_KW_DECIMAL && wr__parse_peek_n(p, 1) == WR_TOK_STRING;
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_NULL, wr__parse_pos(p));
    if (wr__parse_at_number(p) || kind == WR_TOK_STRING || kind == WR_KW_NULL ||
        kind == WR_KW_TRUE || kind == WR_KW_FALSE) {
        return wr__parse_literal(p, out);
    } else if (wr__parse_is_identifier(kind) || decimal) {
        WR_TRY(named(p, e));
    } else if (kind == WR_KW_CASE) {
        WR_TRY(case_expression(p, e));
    } else if (kind == WR_KW_CAST) {
        WR_TRY(cast(p, e));
    } else {
        wr__parse_note(p, WR_EXPECT_EXPRESSION);
        return wr__parse_unexpected(p);
    }
    *out = e;
    return wr__parse_expr_done(p, e);
}

/* '[' valueExpression ']' after *base */
static weir_status subscript(wr_parser *p, int64_t pos, wr_ast_expr **base)
{
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_SUBSCRIPT, pos), *index;
    e->op_pos = wr__parse_pos(p);
    WR_ASSERT(wr__parse_peek(p) == WR_TOK_LBRACKET && *base);
    p->at++;
    WR_TRY(wr__parse_enter(p));
    WR_TRY(wr__parse_value_expression(p, &index));
    p->depth--;
    WR_TRY(wr__parse_expect(p, WR_TOK_RBRACKET));
    expr_list args = {0};
    wr_arr_push(p->arena, &args, *base);
    wr_arr_push(p->arena, &args, index);
    set_args(e, &args);
    *base = e;
    return wr__parse_expr_done(p, e);
}

/* '->' identifier after *base */
static weir_status dereference(wr_parser *p, int64_t pos, wr_ast_expr **base)
{
    wr_ast_expr *e = wr__parse_expr_new(p, WR_AST_FIELD, pos);
    e->op_pos = wr__parse_pos(p);
    WR_ASSERT(wr__parse_peek(p) == WR_TOK_ARROW && *base);
    p->at++;
    WR_TRY(wr__parse_identifier(p, &e->name));
    expr_list args = {0};
    wr_arr_push(p->arena, &args, *base);
    set_args(e, &args);
    *base = e;
    return wr__parse_expr_done(p, e);
}

weir_status wr__parse_primary_expression(wr_parser *p, wr_ast_expr **out)
{
    size_t start = p->at;
    int64_t pos = wr__parse_pos(p);
    WR_TRY(operand(p, out));
    for (;;) {
        wr__parse_note(p, WR_EXPECT_OPERATOR);
        if (wr__parse_peek(p) == WR_TOK_LBRACKET)
            WR_TRY(subscript(p, pos, out));
        else if (wr__parse_peek(p) == WR_TOK_ARROW && wr__parse_peek_n(p, 1) != WR_TOK_STAR)
            WR_TRY(dereference(p, pos, out));
        else
            break; /* `->*` is a selectItem's */
    }
    WR_ASSERT(p->at > start); /* an operand has taken a token, or has failed */
    p->primary_start = start;
    return WEIR_OK;
}
