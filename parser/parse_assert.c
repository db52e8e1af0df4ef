/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_assert.c - ASSERT: of topics and schemas (any session), of rows and sources (tests only;
 * who runs statements elsewhere refuses them).
 */
#include "parser/parse_internal.h"

/* [TIMEOUT number windowUnit] */
static weir_status timeout_opt(wr_parser *p, wr_ast_stmt *s)
{
    s->has_timeout = wr__parse_accept(p, WR_KW_TIMEOUT);
    return s->has_timeout ? wr__parse_duration(p, &s->timeout) : WEIR_OK;
}

/* TOPIC resource [WITH tableProperties] [timeout]; after TOPIC */
static weir_status assert_topic(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ASSERT_TOPIC;
    WR_TRY(wr__parse_resource(p, &s->text1));
    WR_TRY(wr__parse_with_opt(p, s));
    return timeout_opt(p, s);
}

/* SCHEMA [SUBJECT resource] [ID number] [timeout]; after SCHEMA. That neither is there is no matter
 * of the grammar. */
static weir_status assert_schema(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ASSERT_SCHEMA;
    if (wr__parse_accept(p, WR_KW_SUBJECT))
        WR_TRY(wr__parse_resource(p, &s->text1));
    s->has_id = wr__parse_accept(p, WR_KW_ID);
    if (s->has_id)
        WR_TRY(wr__parse_integer(p, &s->id));
    return timeout_opt(p, s);
}

/* NULL VALUES sourceName [columns] KEY values; after NULL */
static weir_status assert_null_values(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ASSERT_NULL_VALUES;
    WR_TRY(wr__parse_expect(p, WR_KW_VALUES));
    WR_TRY(wr__parse_source_name(p, &s->name));
    if (wr__parse_at(p, WR_TOK_LPAREN))
        WR_TRY(wr__parse_columns(p, s));
    WR_TRY(wr__parse_expect(p, WR_KW_KEY));
    return wr__parse_values(p, s);
}

/* VALUES sourceName [columns] VALUES values; after VALUES */
static weir_status assert_values(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ASSERT_VALUES;
    WR_TRY(wr__parse_source_name(p, &s->name));
    if (wr__parse_at(p, WR_TOK_LPAREN))
        WR_TRY(wr__parse_columns(p, s));
    WR_TRY(wr__parse_expect(p, WR_KW_VALUES));
    return wr__parse_values(p, s);
}

/* (STREAM | TABLE) sourceName [tableElements] [WITH tableProperties]; after the first word */
static weir_status assert_source(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ASSERT_SOURCE;
    WR_TRY(wr__parse_source_name(p, &s->name));
    WR_TRY(wr__parse_table_elements(p, s));
    return wr__parse_with_opt(p, s);
}

/*
 * ASSERT [NOT EXISTS] TOPIC ... | ASSERT [NOT EXISTS] SCHEMA ... | ASSERT [LAST] VALUES ...
 * | ASSERT [LAST] NULL VALUES ... | ASSERT (STREAM | TABLE) ...
 *
 * LAST is Weir's own: the last value of a key instead of the next update.
 */
weir_status wr__parse_assert(wr_parser *p, wr_ast_stmt *s)
{
    p->at++;
    if (wr__parse_accept(p, WR_KW_NOT)) {
        WR_TRY(wr__parse_expect(p, WR_KW_EXISTS));
        s->not_exists = true;
    }
    if (wr__parse_accept(p, WR_KW_TOPIC))
        return assert_topic(p, s);
    if (wr__parse_accept(p, WR_KW_SCHEMA))
        return assert_schema(p, s);
    if (s->not_exists)
        return wr__parse_unexpected(p);
    s->last = wr__parse_accept(p, WR_KW_LAST);
    if (wr__parse_accept(p, WR_KW_VALUES))
        return assert_values(p, s);
    if (wr__parse_accept(p, WR_KW_NULL))
        return assert_null_values(p, s);
    if (s->last)
        return wr__parse_unexpected(p);
    if (wr__parse_accept(p, WR_KW_STREAM))
        return assert_source(p, s);
    WR_TRY(wr__parse_expect(p, WR_KW_TABLE));
    s->is_table = true;
    return assert_source(p, s);
}
