/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_type.c - types by their names and shapes; what the names mean is the engine's business.
 *
 * Depth: a type of height h printed at nesting depth d is parsed through d + h levels, so both
 * together have the limit, and what was parsed can always be printed and parsed again (suffix
 * forms such as INT ARRAY ARRAY nest without recursion).
 */
#include "parser/parse_internal.h"

static weir_status too_deep(wr_parser *p, const wr_ast_type *t)
{
    return wr__parse_error(p, WEIR_ERR_LIMIT, t->pos,
                           "nested too deeply: at most %d levels are allowed", WR_PARSE_DEPTH_MAX);
}

static wr_ast_type *type_new(wr_parser *p, wr_ast_type_kind kind, int64_t pos)
{
    wr_ast_type *t = WR_NEW(p->arena, wr_ast_type);
    t->kind = kind;
    t->pos = pos;
    t->height = 1;
    return t;
}

static void raise_above(wr_ast_type *t, const wr_ast_type *child)
{
    WR_ASSERT(child->height >= 1);
    t->height = WR_MAX(t->height, child->height + 1);
}

/* STRUCT '<' [identifier type {',' identifier type}] '>' */
static weir_status struct_type(wr_parser *p, wr_ast_type *t)
{
    t->kind = WR_AST_TYPE_STRUCT;
    p->at++;
    if (wr__parse_accept(p, WR_TOK_NE)) /* `<>` without a blank is one token */
        return WEIR_OK;
    WR_TRY(wr__parse_expect(p, WR_TOK_LT));
    if (wr__parse_accept(p, WR_TOK_GT))
        return WEIR_OK;
    wr_arr(wr_ast_field) fields = {0};
    do {
        wr_ast_field f = {0};
        WR_TRY(wr__parse_identifier(p, &f.name));
        WR_TRY(wr__parse_type(p, &f.type));
        raise_above(t, f.type);
        wr_arr_push(p->arena, &fields, f);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    WR_ASSERT(fields.n > 0);
    t->fields = fields.v;
    t->fields_n = fields.n;
    return wr__parse_expect(p, WR_TOK_GT);
}

/* ARRAY '<' type '>' */
static weir_status array_type(wr_parser *p, wr_ast_type *t)
{
    t->kind = WR_AST_TYPE_ARRAY;
    p->at += 2;
    WR_TRY(wr__parse_type(p, &t->elem));
    raise_above(t, t->elem);
    return wr__parse_expect(p, WR_TOK_GT);
}

/* MAP '<' type ',' type '>' */
static weir_status map_type(wr_parser *p, wr_ast_type *t)
{
    t->kind = WR_AST_TYPE_MAP;
    p->at += 2;
    WR_TRY(wr__parse_type(p, &t->key));
    WR_TRY(wr__parse_expect(p, WR_TOK_COMMA));
    WR_TRY(wr__parse_type(p, &t->elem));
    raise_above(t, t->key);
    raise_above(t, t->elem);
    return wr__parse_expect(p, WR_TOK_GT);
}

/* DECIMAL '(' number ',' number ')' */
static weir_status decimal_type(wr_parser *p, wr_ast_type *t)
{
    t->kind = WR_AST_TYPE_DECIMAL;
    p->at++;
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    WR_TRY(wr__parse_integer(p, &t->precision));
    WR_TRY(wr__parse_expect(p, WR_TOK_COMMA));
    WR_TRY(wr__parse_integer(p, &t->scale));
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/*
 * baseType ['(' typeParameter {',' typeParameter} ')']
 * typeParameter = INTEGER_VALUE | 'STRING'
 */
static weir_status named_type(wr_parser *p, wr_ast_type *t)
{
    WR_TRY(wr__parse_identifier(p, &t->name));
    if (!wr__parse_accept(p, WR_TOK_LPAREN))
        return WEIR_OK;
    wr_arr(const char *) params = {0};
    do {
        if (!wr__parse_at(p, WR_KW_STRING) && !wr__parse_at(p, WR_TOK_INTEGER))
            return wr__parse_unexpected(p);
        wr_token tok = wr__parse_token(p);
        const char *param = tok.kind == WR_KW_STRING
                                ? "STRING"
                                : wr_arena_strndup(p->arena, p->text + tok.pos, tok.end - tok.pos);
        p->at++;
        wr_arr_push(p->arena, &params, param);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    t->params = params.v;
    t->params_n = params.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/*
 * type = type ARRAY
 *      | ARRAY '<' type '>' | MAP '<' type ',' type '>' | STRUCT '<' [...] '>'
 *      | DECIMAL '(' number ',' number ')'
 *      | baseType ['(' typeParameter {',' typeParameter} ')']
 */
weir_status wr__parse_type(wr_parser *p, wr_ast_type **out)
{
    int depth = p->depth;
    WR_TRY(wr__parse_enter(p));
    wr_ast_type *t = type_new(p, WR_AST_TYPE_NAME, wr__parse_pos(p));
    wr_tok kind = wr__parse_peek(p), next = wr__parse_peek_n(p, 1);
    if (kind == WR_KW_ARRAY && next == WR_TOK_LT) {
        WR_TRY(array_type(p, t));
    } else if (kind == WR_KW_MAP && next == WR_TOK_LT) {
        WR_TRY(map_type(p, t));
    } else if (kind == WR_KW_STRUCT && (next == WR_TOK_LT || next == WR_TOK_NE)) {
        WR_TRY(struct_type(p, t));
    } else if (kind == WR_KW_DECIMAL) {
        WR_TRY(decimal_type(p, t));
    } else if (wr__parse_is_identifier(kind)) {
        WR_TRY(named_type(p, t));
    } else {
        wr__parse_note(p, WR_EXPECT_TYPE);
        return wr__parse_unexpected(p);
    }
    while (wr__parse_accept(p, WR_KW_ARRAY)) {
        wr_ast_type *array = type_new(p, WR_AST_TYPE_ARRAY, t->pos);
        array->elem = t;
        raise_above(array, t);
        t = array;
        if ((uint32_t)p->depth + t->height > WR_PARSE_DEPTH_MAX + 1)
            return too_deep(p, t);
    }
    p->depth--;
    WR_ASSERT(p->depth == depth);
    *out = t;
    return WEIR_OK;
}
