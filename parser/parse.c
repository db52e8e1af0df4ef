/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.c - the entry points of the parser, its cursor, and the rule `statement`.
 *
 * Hand-written recursive descent. One function per rule of ksqlDB's grammar, under the rule's
 * name and with the rule in EBNF above it: [x] optional, {x} any number, | choice, UPPER a
 * keyword. Rules of a family share a file:
 *     parse_name.c    identifiers, literals, durations     parse_type.c   types
 *     parse_expr.c    expressions down to operands         parse_primary.c  operands
 *     parse_query.c   SELECT                               parse_source.c CREATE, INSERT, DROP ...
 *     parse_admin.c   SHOW, DESCRIBE, SET ...              parse_assert.c ASSERT
 * Rules only build nodes: no look-up of any name, no typing.
 */
#include "parser/parse_internal.h"

#include "common/utf8.h"

/* ---- cursor ---- */

void wr__parse_note(wr_parser *p, wr_tok expected)
{
    if (p->expected_at != p->at) {
        p->expected_at = p->at;
        p->expected_n = 0;
    }
    WR_ASSERT(p->expected_n <= WR_PARSE_EXPECTED_MAX);
    for (size_t i = 0; i < p->expected_n; i++)
        if (p->expected[i] == expected)
            return;
    if (p->expected_n < WR_PARSE_EXPECTED_MAX)
        p->expected[p->expected_n++] = (uint16_t)expected;
}

bool wr__parse_at(wr_parser *p, wr_tok kind)
{
    wr__parse_note(p, kind);
    return wr__parse_peek(p) == kind;
}

bool wr__parse_accept(wr_parser *p, wr_tok kind)
{
    if (!wr__parse_at(p, kind))
        return false;
    p->at++;
    WR_ASSERT(p->at < p->toks_n || kind == WR_TOK_EOF);
    return true;
}

weir_status wr__parse_expect(wr_parser *p, wr_tok kind)
{
    return wr__parse_accept(p, kind) ? WEIR_OK : wr__parse_unexpected(p);
}

weir_status wr__parse_expect_all(wr_parser *p, const wr_tok *kinds)
{
    for (; *kinds; kinds++)
        WR_TRY(wr__parse_expect(p, *kinds));
    return WEIR_OK;
}

weir_status wr__parse_enter(wr_parser *p)
{
    if (p->depth >= WR_PARSE_DEPTH_MAX)
        return wr__parse_error(p, WEIR_ERR_LIMIT, wr__parse_pos(p),
                               "nested too deeply: at most %d levels are allowed",
                               WR_PARSE_DEPTH_MAX);
    p->depth++;
    WR_ASSERT(p->depth > 0 && p->depth <= WR_PARSE_DEPTH_MAX);
    return WEIR_OK;
}

/* ---- statement ---- */

static weir_status query_statement(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_QUERY;
    return wr__parse_query(p, &s->query);
}

static const struct statement_rule {
    wr_tok first;
    weir_status (*rule)(wr_parser *p, wr_ast_stmt *s);
} statement_rules[] = {
    {WR_KW_SELECT, query_statement},
    {WR_KW_CREATE, wr__parse_create},
    {WR_KW_INSERT, wr__parse_insert},
    {WR_KW_DROP, wr__parse_drop},
    {WR_KW_ALTER, wr__parse_alter},
    {WR_KW_LIST, wr__parse_show},
    {WR_KW_SHOW, wr__parse_show},
    {WR_KW_DESCRIBE, wr__parse_describe},
    {WR_KW_EXPLAIN, wr__parse_explain},
    {WR_KW_PRINT, wr__parse_print},
    {WR_KW_TERMINATE, wr__parse_query_control},
    {WR_KW_PAUSE, wr__parse_query_control},
    {WR_KW_RESUME, wr__parse_query_control},
    {WR_KW_SET, wr__parse_set},
    {WR_KW_UNSET, wr__parse_unset},
    {WR_KW_DEFINE, wr__parse_define},
    {WR_KW_UNDEFINE, wr__parse_undefine},
    {WR_KW_ASSERT, wr__parse_assert},
    {WR_KW_RUN, wr__parse_run_script},
};

/*
 * statement = query | createStatement | insertStatement | ... , told apart by the first word.
 * Leaves the cursor after the statement, at ';' if there is one.
 */
weir_status wr__parse_statement(wr_parser *p, wr_ast_stmt **out)
{
    wr_ast_stmt *s = WR_NEW(p->arena, wr_ast_stmt);
    s->pos = wr__parse_pos(p);
    p->lambda_pos = -1;
    for (size_t i = 0; i < WR_ARRAY_LEN(statement_rules); i++) {
        if (wr__parse_peek(p) != statement_rules[i].first)
            continue;
        WR_TRY(statement_rules[i].rule(p, s));
        s->end = wr__parse_end(p);
        s->lambda_pos = p->lambda_pos;
        WR_ASSERT(s->lambda_pos == -1 || (s->lambda_pos > s->pos && s->lambda_pos < s->end));
        WR_ASSERT(s->pos < s->end && (size_t)s->end <= p->len);
        s->text = wr_arena_str(p->arena, wr_str_make(p->text + s->pos, (size_t)(s->end - s->pos)));
        *out = s;
        return WEIR_OK;
    }
    for (size_t i = 0; i < WR_ARRAY_LEN(statement_rules); i++)
        wr__parse_note(p, statement_rules[i].first);
    wr__parse_note(p, WR_EXPECT_STATEMENT);
    return wr__parse_unexpected(p);
}

/* ---- entry points ---- */

static weir_status tokenize(wr_parser *p)
{
    wr_arr(wr_token) toks = {0};
    size_t from = 0;
    do {
        wr_token t = wr__lex_next(p->text, p->len, from);
        WR_ASSERT(from <= t.pos && t.pos <= t.end && t.end <= p->len);
        wr_arr_push(p->arena, &toks, t);
        from = t.end;
    } while (toks.v[toks.n - 1].kind != WR_TOK_EOF);
    p->toks = toks.v;
    p->toks_n = toks.n;
    return WEIR_OK;
}

static weir_status check_utf8(wr_parser *p)
{
    wr_str text = wr_str_make(p->text, p->len);
    if (wr_utf8_valid(text))
        return WEIR_OK;
    /* Find the place: the first character that is not valid by itself. */
    const char *at = p->text, *end = p->text + p->len;
    while (at < end) {
        const char *start = at;
        wr_utf8_next(&at, end);
        if (!wr_utf8_valid(wr_str_make(start, (size_t)(at - start))))
            return wr__parse_error(p, WEIR_ERR_SYNTAX, start - p->text,
                                   "the text is not valid UTF-8: byte 0x%02X", (uint8_t)*start);
    }
    WR_UNREACHABLE();
}

static weir_status begin(wr_parser *p, const char *text, size_t len, wr_arena *arena,
                         weir_error *err)
{
    WR_ASSERT(arena && (text || len == 0));
    *p = (wr_parser){
        .text = len ? text : "", .len = len, .arena = arena, .err = err, .expected_at = SIZE_MAX};
    if (len > WR_PARSE_TEXT_MAX)
        return wr_error_at(err, WEIR_ERR_LIMIT, 0,
                           "the statement is %zu bytes long; at most %zu are allowed", len,
                           WR_PARSE_TEXT_MAX);
    WR_TRY(check_utf8(p));
    return tokenize(p);
}

/* Nothing may follow. Each level of nesting that was entered has been left. */
static weir_status end_of_text(wr_parser *p)
{
    WR_ASSERT(p->depth == 0);
    return wr__parse_expect(p, WR_TOK_EOF);
}

/* singleStatement = statement [';'] <EOF> */
weir_status wr_parse_statement(const char *text, size_t len, wr_arena *arena, wr_ast_stmt **out,
                               weir_error *err)
{
    wr_parser p;
    WR_TRY(begin(&p, text, len, arena, err));
    WR_TRY(wr__parse_statement(&p, out));
    if (wr__parse_accept(&p, WR_TOK_SEMICOLON) && wr__parse_peek(&p) != WR_TOK_EOF)
        return wr__parse_error(&p, WEIR_ERR_SYNTAX, wr__parse_pos(&p),
                               "only one statement is allowed here");
    return end_of_text(&p);
}

weir_status wr_parse_expression(const char *text, size_t len, wr_arena *arena, wr_ast_expr **out,
                                weir_error *err)
{
    wr_parser p;
    WR_TRY(begin(&p, text, len, arena, err));
    WR_TRY(wr__parse_expression(&p, out));
    return end_of_text(&p);
}

weir_status wr_parse_type(const char *text, size_t len, wr_arena *arena, wr_ast_type **out,
                          weir_error *err)
{
    wr_parser p;
    WR_TRY(begin(&p, text, len, arena, err));
    WR_TRY(wr__parse_type(&p, out));
    return end_of_text(&p);
}

weir_status wr_parse_elements(const char *text, size_t len, wr_arena *arena, wr_ast_element **out,
                              size_t *out_n, weir_error *err)
{
    wr_parser p;
    WR_TRY(begin(&p, text, len, arena, err));
    bool parentheses = wr__parse_accept(&p, WR_TOK_LPAREN);
    WR_TRY(wr__parse_element_list(&p, out, out_n));
    if (parentheses)
        WR_TRY(wr__parse_expect(&p, WR_TOK_RPAREN));
    return end_of_text(&p);
}
