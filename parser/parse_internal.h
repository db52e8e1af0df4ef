/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_internal.h - what the grammar's files share; inside parser/ only.
 *
 * One wr_parser lives while one text is parsed. The text is cut into tokens first; the rules then
 * walk over the array with one token of lookahead and, at a few marked places, more. A rule
 * returns WEIR_OK with the cursor after what it took, or a status after it has filled p->err;
 * there is no backtracking, so the first failure is the one reported.
 *
 * Expectations: wr__parse_at and friends note what the grammar would have accepted at the cursor.
 * When no rule fits, wr__parse_unexpected builds the message from these notes, so messages can't
 * disagree with the grammar. wr__parse_peek looks without noting.
 */
#ifndef WR_PARSER_PARSE_INTERNAL_H
#define WR_PARSER_PARSE_INTERNAL_H

#include "parser/parser.h"
#include "parser/token.h"

#define WR_PARSE_EXPECTED_MAX 64

typedef struct wr_parser {
    const char *text;
    size_t len;
    wr_arena *arena;
    weir_error *err; /* may be NULL */
    wr_token *toks;  /* ends with EOF */
    size_t toks_n;
    size_t at;            /* cursor: index into toks */
    size_t primary_start; /* token at which the primaryExpression parsed last began */
    int64_t lambda_pos;   /* of the last lambda; -1: none so far */
    int depth;            /* of nesting, at most WR_PARSE_DEPTH_MAX */
    size_t expected_at;   /* the token that the notes below are about */
    uint16_t expected[WR_PARSE_EXPECTED_MAX]; /* wr_tok */
    size_t expected_n;
} wr_parser;

/* ---- cursor (parse.c) ---- */
static inline wr_token wr__parse_token(const wr_parser *p)
{
    WR_ASSERT(p->at < p->toks_n); /* no rule goes past the end: EOF is taken by the last one */
    return p->toks[p->at];
}
static inline wr_tok wr__parse_peek(const wr_parser *p)
{
    WR_ASSERT(p->at < p->toks_n);
    return (wr_tok)p->toks[p->at].kind;
}
/** Kind of the token @p ahead of the cursor's. */
static inline wr_tok wr__parse_peek_n(const wr_parser *p, size_t ahead)
{
    WR_ASSERT(p->toks_n > 0);
    return (wr_tok)p->toks[WR_MIN(p->at + ahead, p->toks_n - 1)].kind;
}
static inline int64_t wr__parse_pos(const wr_parser *p)
{
    return p->toks[p->at].pos;
}
/** End of the token before the cursor. */
static inline int64_t wr__parse_end(const wr_parser *p)
{
    return p->at ? p->toks[p->at - 1].end : 0;
}
void wr__parse_note(wr_parser *p, wr_tok expected);
/** Is the cursor at @p kind? Notes it. */
bool wr__parse_at(wr_parser *p, wr_tok kind);
/** Take @p kind if the cursor is there. Notes it. */
bool wr__parse_accept(wr_parser *p, wr_tok kind);
weir_status wr__parse_expect(wr_parser *p, wr_tok kind) WR_MUST_CHECK;
/** Several tokens in a row, 0-terminated list. */
weir_status wr__parse_expect_all(wr_parser *p, const wr_tok *kinds) WR_MUST_CHECK;

/* ---- errors (parse_error.c) ---- */
/** The token at the cursor fits no rule: fill p->err from the notes. */
weir_status wr__parse_unexpected(wr_parser *p) WR_MUST_CHECK;
weir_status wr__parse_error(wr_parser *p, weir_status code, int64_t pos, const char *fmt, ...)
    WR_PRINTF(4, 5) WR_MUST_CHECK;

/** Count a level of nesting; each success is followed by p->depth-- when the rule is done. */
weir_status wr__parse_enter(wr_parser *p) WR_MUST_CHECK;

/* ---- names and literals (parse_name.c) ---- */
bool wr__parse_is_identifier(wr_tok kind);
/** Is the cursor at an identifier? Notes it. */
bool wr__parse_at_identifier(wr_parser *p);
weir_status wr__parse_identifier(wr_parser *p, wr_ast_name *out) WR_MUST_CHECK;
/** Name of a stream, table or alias: with ksqlDB's narrower alphabet. */
weir_status wr__parse_source_name(wr_parser *p, wr_ast_name *out) WR_MUST_CHECK;
/** identifier | STRING; an unquoted identifier keeps its case (topics, subjects). */
weir_status wr__parse_resource(wr_parser *p, const char **out) WR_MUST_CHECK;
/** A STRING token without its quotes. */
weir_status wr__parse_string(wr_parser *p, wr_str *out) WR_MUST_CHECK;
/** The same where it must not hold a 0 byte. */
weir_status wr__parse_c_string(wr_parser *p, const char **out) WR_MUST_CHECK;
/** [-] INTEGER_VALUE */
weir_status wr__parse_integer(wr_parser *p, int64_t *out) WR_MUST_CHECK;
bool wr__parse_at_number(wr_parser *p);
/** literal: NULL | number | booleanValue | STRING */
weir_status wr__parse_literal(wr_parser *p, wr_ast_expr **out) WR_MUST_CHECK;
/** windowUnit of @p kind. @return false where it is none. */
bool wr__parse_unit_of(wr_tok kind, wr_ast_unit *out);
/** number windowUnit */
weir_status wr__parse_duration(wr_parser *p, wr_ast_duration *out) WR_MUST_CHECK;

/* ---- rules ---- */
weir_status wr__parse_type(wr_parser *p, wr_ast_type **out) WR_MUST_CHECK;

wr_ast_expr *wr__parse_expr_new(wr_parser *p, wr_ast_expr_kind kind, int64_t pos);
/** Set end, height and size from the children, check the limits. The last step for each node. */
weir_status wr__parse_expr_done(wr_parser *p, wr_ast_expr *e) WR_MUST_CHECK;
weir_status wr__parse_expression(wr_parser *p, wr_ast_expr **out) WR_MUST_CHECK;
weir_status wr__parse_value_expression(wr_parser *p, wr_ast_expr **out) WR_MUST_CHECK;
weir_status wr__parse_primary_expression(wr_parser *p, wr_ast_expr **out) WR_MUST_CHECK;

weir_status wr__parse_query(wr_parser *p, wr_ast_query **out) WR_MUST_CHECK;
weir_status wr__parse_statement(wr_parser *p, wr_ast_stmt **out) WR_MUST_CHECK;
weir_status wr__parse_table_elements(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
/** [WITH tableProperties] */
weir_status wr__parse_with_opt(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
/** tableElement {',' tableElement} */
weir_status wr__parse_element_list(wr_parser *p, wr_ast_element **out, size_t *out_n) WR_MUST_CHECK;
/** '(' identifier {',' identifier} ')' */
weir_status wr__parse_columns(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
/** '(' valueExpression {',' valueExpression} ')' */
weir_status wr__parse_values(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;

/* One rule per first word of a statement; the word is at the cursor. */
weir_status wr__parse_create(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_insert(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_drop(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_alter(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_show(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_describe(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_explain(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_print(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_query_control(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_set(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_unset(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_define(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_undefine(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_run_script(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;
weir_status wr__parse_assert(wr_parser *p, wr_ast_stmt *s) WR_MUST_CHECK;

#endif
