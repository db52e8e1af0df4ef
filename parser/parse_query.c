/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_query.c - SELECT: items, relations and joins, windows, the clauses in their fixed order.
 */
#include "parser/parse_internal.h"

typedef wr_arr(wr_ast_expr *) expr_list;

/* ---- select items ---- */

/*
 * selectItem = expression [[AS] identifier] | identifier '.' ASTERISK | ASTERISK
 *            | primaryExpression '->' ASTERISK
 */
static weir_status select_item(wr_parser *p, wr_ast_item *item)
{
    item->pos = wr__parse_pos(p);
    if (wr__parse_accept(p, WR_TOK_STAR)) {
        item->kind = WR_AST_ITEM_STAR;
        return WEIR_OK;
    }
    if (wr__parse_is_identifier(wr__parse_peek(p)) && wr__parse_peek_n(p, 1) == WR_TOK_DOT &&
        wr__parse_peek_n(p, 2) == WR_TOK_STAR) {
        item->kind = WR_AST_ITEM_SOURCE_STAR;
        WR_TRY(wr__parse_identifier(p, &item->source));
        p->at += 2;
        return WEIR_OK;
    }
    size_t start = p->at;
    WR_TRY(wr__parse_expression(p, &item->expr));
    if (wr__parse_peek(p) == WR_TOK_ARROW && p->primary_start == start) {
        item->kind = WR_AST_ITEM_STRUCT_STAR;
        p->at++;
        return wr__parse_expect(p, WR_TOK_STAR);
    }
    item->kind = WR_AST_ITEM_EXPR;
    if (wr__parse_accept(p, WR_KW_AS))
        return wr__parse_identifier(p, &item->alias);
    if (wr__parse_is_identifier(wr__parse_peek(p)))
        return wr__parse_identifier(p, &item->alias);
    return WEIR_OK;
}

/* selectItem {',' selectItem} */
static weir_status select_items(wr_parser *p, wr_ast_query *q)
{
    wr_arr(wr_ast_item) items = {0};
    do {
        wr_ast_item item = {0};
        WR_TRY(select_item(p, &item));
        wr_arr_push(p->arena, &items, item);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    WR_ASSERT(items.n > 0);
    q->items = items.v;
    q->items_n = items.n;
    return WEIR_OK;
}

/* ---- relation ---- */

/* A bare alias, and not the first word of EMIT CHANGES or PARTITION BY? All of these are free. */
static bool at_alias(const wr_parser *p)
{
    wr_tok kind = wr__parse_peek(p), next = wr__parse_peek_n(p, 1);
    if (kind == WR_KW_EMIT && (next == WR_KW_CHANGES || next == WR_KW_FINAL))
        return false;
    if (kind == WR_KW_PARTITION && next == WR_KW_BY)
        return false;
    return wr__parse_is_identifier(kind);
}

/* aliasedRelation = sourceName [[AS] sourceName] */
static weir_status aliased_relation(wr_parser *p, wr_ast_source *source)
{
    WR_TRY(wr__parse_source_name(p, &source->name));
    if (wr__parse_accept(p, WR_KW_AS) || at_alias(p))
        return wr__parse_source_name(p, &source->alias);
    return WEIR_OK;
}

/* GRACE PERIOD number windowUnit, after GRACE */
static weir_status grace_period(wr_parser *p, bool *has, wr_ast_duration *grace)
{
    *has = true;
    WR_TRY(wr__parse_expect(p, WR_KW_PERIOD));
    return wr__parse_duration(p, grace);
}

/*
 * withinExpression = '(' number windowUnit ',' number windowUnit ')' [gracePeriodClause]
 *                  | number windowUnit [gracePeriodClause]
 * gracePeriodClause = GRACE PERIOD number windowUnit
 */
static weir_status within_expression(wr_parser *p, wr_ast_join *join)
{
    join->has_within = true;
    join->within_pair = wr__parse_accept(p, WR_TOK_LPAREN);
    WR_TRY(wr__parse_duration(p, &join->before));
    join->after = join->before;
    if (join->within_pair) {
        WR_TRY(wr__parse_expect(p, WR_TOK_COMMA));
        WR_TRY(wr__parse_duration(p, &join->after));
        WR_TRY(wr__parse_expect(p, WR_TOK_RPAREN));
    }
    if (wr__parse_accept(p, WR_KW_GRACE))
        return grace_period(p, &join->has_grace, &join->grace);
    return WEIR_OK;
}

/* joinType = [INNER] | (LEFT | RIGHT | FULL) [OUTER]. @return whether JOIN must follow in *typed */
static bool join_type(wr_parser *p, wr_ast_join *join)
{
    static const struct {
        wr_tok word;
        wr_ast_join_kind kind;
    } types[] = {
        {WR_KW_INNER, WR_AST_JOIN_INNER},
        {WR_KW_LEFT, WR_AST_JOIN_LEFT},
        {WR_KW_RIGHT, WR_AST_JOIN_RIGHT},
        {WR_KW_FULL, WR_AST_JOIN_FULL},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++) {
        if (!wr__parse_accept(p, types[i].word))
            continue;
        join->kind = types[i].kind;
        if (join->kind != WR_AST_JOIN_INNER)
            (void)wr__parse_accept(p, WR_KW_OUTER);
        return true;
    }
    join->kind = WR_AST_JOIN_INNER;
    return wr__parse_at(p, WR_KW_JOIN);
}

/*
 * relation     = aliasedRelation {joinedSource}
 * joinedSource = joinType JOIN aliasedRelation [WITHIN withinExpression] ON booleanExpression
 */
static weir_status relation(wr_parser *p, wr_ast_query *q)
{
    WR_TRY(aliased_relation(p, &q->from));
    wr_arr(wr_ast_join) joins = {0};
    for (;;) {
        wr_ast_join join = {.pos = wr__parse_pos(p)};
        if (!join_type(p, &join))
            break;
        WR_TRY(wr__parse_expect(p, WR_KW_JOIN));
        WR_TRY(aliased_relation(p, &join.right));
        if (wr__parse_accept(p, WR_KW_WITHIN))
            WR_TRY(within_expression(p, &join));
        WR_TRY(wr__parse_expect(p, WR_KW_ON));
        WR_TRY(wr__parse_expression(p, &join.on));
        WR_ASSERT(join.on && join.right.name.name);
        wr_arr_push(p->arena, &joins, join);
    }
    q->joins = joins.v;
    q->joins_n = joins.n;
    return WEIR_OK;
}

/* ---- window ---- */

/* [',' RETENTION number windowUnit] [',' GRACE PERIOD number windowUnit] ')' */
static weir_status window_end(wr_parser *p, wr_ast_window *w)
{
    bool comma = wr__parse_accept(p, WR_TOK_COMMA);
    if (comma && wr__parse_accept(p, WR_KW_RETENTION)) {
        w->has_retention = true;
        WR_TRY(wr__parse_duration(p, &w->retention));
        comma = wr__parse_accept(p, WR_TOK_COMMA);
    }
    if (comma) {
        WR_TRY(wr__parse_expect(p, WR_KW_GRACE));
        WR_TRY(grace_period(p, &w->has_grace, &w->grace));
    }
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/*
 * windowExpression = [IDENTIFIER] ( tumblingWindowExpression | hoppingWindowExpression
 *                                 | sessionWindowExpression )
 * TUMBLING '(' SIZE number windowUnit [retentionClause] [gracePeriodClause] ')'
 * HOPPING  '(' SIZE number windowUnit ',' ADVANCE BY number windowUnit [...] [...] ')'
 * SESSION  '(' number windowUnit [retentionClause] [gracePeriodClause] ')'
 */
static weir_status window_expression(wr_parser *p, wr_ast_window **out)
{
    wr_ast_window *w = WR_NEW(p->arena, wr_ast_window);
    *out = w;
    w->pos = wr__parse_pos(p);
    bool session = wr__parse_peek(p) == WR_KW_SESSION && wr__parse_peek_n(p, 1) == WR_TOK_LPAREN;
    if (!session && wr__parse_is_identifier(wr__parse_peek(p)))
        WR_TRY(wr__parse_identifier(p, &w->name));
    if (wr__parse_accept(p, WR_KW_SESSION)) {
        w->kind = WR_AST_WINDOW_SESSION;
        WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
        WR_TRY(wr__parse_duration(p, &w->size));
        return window_end(p, w);
    }
    bool hopping = wr__parse_accept(p, WR_KW_HOPPING);
    w->kind = hopping ? WR_AST_WINDOW_HOPPING : WR_AST_WINDOW_TUMBLING;
    if (!hopping)
        WR_TRY(wr__parse_expect(p, WR_KW_TUMBLING));
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    WR_TRY(wr__parse_expect(p, WR_KW_SIZE));
    WR_TRY(wr__parse_duration(p, &w->size));
    if (hopping) {
        static const wr_tok advance[] = {WR_TOK_COMMA, WR_KW_ADVANCE, WR_KW_BY, WR_TOK_EOF};
        WR_TRY(wr__parse_expect_all(p, advance));
        WR_TRY(wr__parse_duration(p, &w->advance));
    }
    return window_end(p, w);
}

/* ---- clauses ---- */

/*
 * Does '(' at the cursor open the list form of a grouping, rather than an expression in
 * parentheses? It does where the parentheses are empty or hold a comma of their own.
 */
static bool at_grouping_list(const wr_parser *p)
{
    if (wr__parse_peek(p) != WR_TOK_LPAREN)
        return false;
    if (wr__parse_peek_n(p, 1) == WR_TOK_RPAREN)
        return true;
    size_t depth = 0;
    for (size_t i = p->at; i < p->toks_n; i++) {
        switch ((wr_tok)p->toks[i].kind) {
        case WR_TOK_LPAREN:
        case WR_TOK_LBRACKET:
            depth++;
            break;
        case WR_TOK_RPAREN:
        case WR_TOK_RBRACKET:
            if (--depth == 0)
                return false;
            break;
        case WR_TOK_COMMA:
            if (depth == 1)
                return true;
            break;
        default:
            break;
        }
    }
    return false;
}

/*
 * groupBy, partitionBy = valueExpression {',' valueExpression}
 *                      | '(' [valueExpression {',' valueExpression}] ')'
 */
static weir_status grouping(wr_parser *p, bool *paren, wr_ast_expr ***out, size_t *out_n)
{
    *paren = at_grouping_list(p);
    if (*paren) {
        p->at++;
        if (wr__parse_accept(p, WR_TOK_RPAREN))
            return WEIR_OK;
    }
    expr_list list = {0};
    do {
        wr_ast_expr *e;
        WR_TRY(wr__parse_value_expression(p, &e));
        wr_arr_push(p->arena, &list, e);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    WR_ASSERT(list.n > 0); /* the empty form has returned before */
    *out = list.v;
    *out_n = list.n;
    return *paren ? wr__parse_expect(p, WR_TOK_RPAREN) : WEIR_OK;
}

/* Take the clause word @p first (and @p second, if not EOF) if there, and note where it stands. */
static weir_status clause(wr_parser *p, wr_tok first, wr_tok second, int64_t *pos, bool *taken)
{
    int64_t here = wr__parse_pos(p);
    *taken = wr__parse_accept(p, first);
    if (!*taken)
        return WEIR_OK;
    *pos = here;
    return second == WR_TOK_EOF ? WEIR_OK : wr__parse_expect(p, second);
}

/* resultMaterialization = CHANGES | FINAL */
static weir_status result_materialization(wr_parser *p, wr_ast_query *q)
{
    q->emit = WR_AST_EMIT_FINAL;
    if (wr__parse_accept(p, WR_KW_CHANGES))
        q->emit = WR_AST_EMIT_CHANGES;
    else
        WR_TRY(wr__parse_expect(p, WR_KW_FINAL));
    return WEIR_OK;
}

/* [WINDOW windowExpression] [WHERE booleanExpression] [GROUP BY groupBy] [PARTITION BY ...] */
static weir_status input_clauses(wr_parser *p, wr_ast_query *q)
{
    bool taken;
    if (wr__parse_accept(p, WR_KW_WINDOW))
        WR_TRY(window_expression(p, &q->window));
    if (wr__parse_accept(p, WR_KW_WHERE))
        WR_TRY(wr__parse_expression(p, &q->where));
    WR_TRY(clause(p, WR_KW_GROUP, WR_KW_BY, &q->group_by_pos, &q->has_group_by));
    if (q->has_group_by)
        WR_TRY(grouping(p, &q->group_by_paren, &q->group_by, &q->group_by_n));
    WR_TRY(clause(p, WR_KW_PARTITION, WR_KW_BY, &q->partition_by_pos, &taken));
    if (taken)
        WR_TRY(grouping(p, &q->partition_by_paren, &q->partition_by, &q->partition_by_n));
    return WEIR_OK;
}

/* [HAVING booleanExpression] [EMIT resultMaterialization] [LIMIT number] */
static weir_status output_clauses(wr_parser *p, wr_ast_query *q)
{
    bool taken;
    WR_TRY(clause(p, WR_KW_HAVING, WR_TOK_EOF, &q->having_pos, &taken));
    if (taken)
        WR_TRY(wr__parse_expression(p, &q->having));
    WR_TRY(clause(p, WR_KW_EMIT, WR_TOK_EOF, &q->emit_pos, &taken));
    if (taken)
        WR_TRY(result_materialization(p, q));
    WR_TRY(clause(p, WR_KW_LIMIT, WR_TOK_EOF, &q->limit_pos, &q->has_limit));
    if (q->has_limit)
        WR_TRY(wr__parse_integer(p, &q->limit));
    return WEIR_OK;
}

/*
 * query = SELECT selectItem {',' selectItem} FROM relation
 *         [WINDOW windowExpression] [WHERE booleanExpression] [GROUP BY groupBy]
 *         [PARTITION BY partitionBy] [HAVING booleanExpression] [EMIT resultMaterialization]
 *         [LIMIT number]
 */
weir_status wr__parse_query(wr_parser *p, wr_ast_query **out)
{
    wr_ast_query *q = WR_NEW(p->arena, wr_ast_query);
    *out = q;
    q->pos = wr__parse_pos(p);
    WR_TRY(wr__parse_expect(p, WR_KW_SELECT));
    WR_TRY(select_items(p, q));
    WR_TRY(wr__parse_expect(p, WR_KW_FROM));
    WR_TRY(relation(p, q));
    WR_ASSERT(q->items_n > 0 && q->from.name.name);
    WR_TRY(input_clauses(p, q));
    return output_clauses(p, q);
}
