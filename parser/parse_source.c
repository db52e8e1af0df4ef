/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_source.c - statements that make, fill, change and drop sources, types and connectors.
 */
#include "parser/parse_internal.h"

/* ---- shared parts ---- */

/* HEADERS | HEADER '(' STRING ')' | [PRIMARY] KEY */
static weir_status column_constraint(wr_parser *p, wr_ast_element *e)
{
    if (wr__parse_accept(p, WR_KW_PRIMARY)) {
        e->constraint = WR_AST_COL_PRIMARY_KEY;
        return wr__parse_expect(p, WR_KW_KEY);
    }
    if (wr__parse_accept(p, WR_KW_KEY)) {
        e->constraint = WR_AST_COL_KEY;
    } else if (wr__parse_accept(p, WR_KW_HEADERS)) {
        e->constraint = WR_AST_COL_HEADERS;
    } else if (wr__parse_accept(p, WR_KW_HEADER)) {
        e->constraint = WR_AST_COL_HEADER;
        WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
        WR_TRY(wr__parse_c_string(p, &e->header));
        return wr__parse_expect(p, WR_TOK_RPAREN);
    }
    return WEIR_OK;
}

/* tableElement = identifier type [columnConstraints]; here a list of them */
weir_status wr__parse_element_list(wr_parser *p, wr_ast_element **out, size_t *out_n)
{
    wr_arr(wr_ast_element) elements = {0};
    do {
        wr_ast_element e = {0};
        WR_TRY(wr__parse_identifier(p, &e.name));
        WR_TRY(wr__parse_type(p, &e.type));
        WR_TRY(column_constraint(p, &e));
        wr_arr_push(p->arena, &elements, e);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    *out = elements.v;
    *out_n = elements.n;
    return WEIR_OK;
}

/* [tableElements]; tableElements = '(' tableElement {',' tableElement} ')' */
weir_status wr__parse_table_elements(wr_parser *p, wr_ast_stmt *s)
{
    if (!wr__parse_accept(p, WR_TOK_LPAREN))
        return WEIR_OK;
    s->has_elements = true;
    WR_TRY(wr__parse_element_list(p, &s->elements, &s->elements_n));
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* tableProperty = (identifier | STRING) '=' literal */
static weir_status table_property(wr_parser *p, wr_ast_property *prop)
{
    if (wr__parse_at(p, WR_TOK_STRING)) {
        prop->name.pos = wr__parse_pos(p);
        prop->name.quoted = true;
        WR_TRY(wr__parse_c_string(p, &prop->name.name));
        if (!*prop->name.name)
            return wr__parse_error(p, WEIR_ERR_SYNTAX, prop->name.pos,
                                   "a property name must not be empty");
    } else {
        WR_TRY(wr__parse_identifier(p, &prop->name));
    }
    WR_TRY(wr__parse_expect(p, WR_TOK_EQ));
    return wr__parse_literal(p, &prop->value);
}

/* [WITH '(' tableProperty {',' tableProperty} ')'] */
weir_status wr__parse_with_opt(wr_parser *p, wr_ast_stmt *s)
{
    if (!wr__parse_accept(p, WR_KW_WITH))
        return WEIR_OK;
    s->has_props = true;
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    wr_arr(wr_ast_property) props = {0};
    do {
        wr_ast_property prop = {0};
        WR_TRY(table_property(p, &prop));
        wr_arr_push(p->arena, &props, prop);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    s->props = props.v;
    s->props_n = props.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* [IF NOT EXISTS]; IF is a free word and may be the name itself */
static weir_status if_not_exists(wr_parser *p, wr_ast_stmt *s)
{
    static const wr_tok words[] = {WR_KW_IF, WR_KW_NOT, WR_KW_EXISTS, WR_TOK_EOF};
    s->if_not_exists = wr__parse_at(p, WR_KW_IF) && wr__parse_peek_n(p, 1) == WR_KW_NOT;
    return s->if_not_exists ? wr__parse_expect_all(p, words) : WEIR_OK;
}

/* [IF EXISTS] */
static void if_exists(wr_parser *p, wr_ast_stmt *s)
{
    s->if_exists = wr__parse_at(p, WR_KW_IF) && wr__parse_peek_n(p, 1) == WR_KW_EXISTS;
    if (s->if_exists)
        p->at += 2;
}

/* STREAM | TABLE */
static bool stream_or_table(wr_parser *p, wr_ast_stmt *s)
{
    if (wr__parse_accept(p, WR_KW_STREAM))
        return true;
    s->is_table = wr__parse_accept(p, WR_KW_TABLE);
    return s->is_table;
}

/* ---- CREATE ---- */

/*
 * Behind CREATE [OR REPLACE] [SOURCE] (STREAM | TABLE):
 *     [IF NOT EXISTS] sourceName [tableElements] [WITH tableProperties]
 *     [IF NOT EXISTS] sourceName [WITH tableProperties] AS query          not with SOURCE
 */
static weir_status create_source(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_CREATE_SOURCE;
    WR_TRY(if_not_exists(p, s));
    WR_TRY(wr__parse_source_name(p, &s->name));
    WR_TRY(wr__parse_table_elements(p, s));
    WR_TRY(wr__parse_with_opt(p, s));
    if (s->has_elements || s->is_source || !wr__parse_accept(p, WR_KW_AS))
        return WEIR_OK;
    s->kind = WR_AST_CREATE_AS;
    return wr__parse_query(p, &s->query);
}

/* CREATE TYPE [IF NOT EXISTS] identifier AS type; after TYPE */
static weir_status create_type(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_CREATE_TYPE;
    WR_TRY(if_not_exists(p, s));
    WR_TRY(wr__parse_identifier(p, &s->name));
    WR_TRY(wr__parse_expect(p, WR_KW_AS));
    return wr__parse_type(p, &s->type);
}

/* CREATE (SOURCE | SINK) CONNECTOR [IF NOT EXISTS] identifier WITH tableProperties */
static weir_status create_connector(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_CREATE_CONNECTOR;
    WR_TRY(wr__parse_expect(p, WR_KW_CONNECTOR));
    WR_TRY(if_not_exists(p, s));
    WR_TRY(wr__parse_identifier(p, &s->name));
    if (!wr__parse_at(p, WR_KW_WITH))
        return wr__parse_unexpected(p);
    return wr__parse_with_opt(p, s);
}

/*
 * CREATE [OR REPLACE] [SOURCE] (STREAM | TABLE) ... | CREATE TYPE ...
 * | CREATE (SOURCE | SINK) CONNECTOR ...
 */
weir_status wr__parse_create(wr_parser *p, wr_ast_stmt *s)
{
    p->at++;
    if (wr__parse_accept(p, WR_KW_OR)) {
        s->or_replace = true;
        WR_TRY(wr__parse_expect(p, WR_KW_REPLACE));
    } else if (wr__parse_accept(p, WR_KW_TYPE)) {
        return create_type(p, s);
    } else if (wr__parse_accept(p, WR_KW_SINK)) {
        s->sink = true;
        return create_connector(p, s);
    }
    bool source = wr__parse_accept(p, WR_KW_SOURCE);
    if (stream_or_table(p, s)) {
        s->is_source = source;
        return create_source(p, s);
    }
    if (source && !s->or_replace)
        return create_connector(p, s);
    return wr__parse_unexpected(p);
}

/* ---- INSERT ---- */

/* columns = '(' identifier {',' identifier} ')' */
weir_status wr__parse_columns(wr_parser *p, wr_ast_stmt *s)
{
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    wr_arr(wr_ast_name) columns = {0};
    do {
        wr_ast_name name;
        WR_TRY(wr__parse_identifier(p, &name));
        wr_arr_push(p->arena, &columns, name);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    s->columns = columns.v;
    s->columns_n = columns.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/* values = '(' valueExpression {',' valueExpression} ')' */
weir_status wr__parse_values(wr_parser *p, wr_ast_stmt *s)
{
    WR_TRY(wr__parse_expect(p, WR_TOK_LPAREN));
    wr_arr(wr_ast_expr *) values = {0};
    do {
        wr_ast_expr *e;
        WR_TRY(wr__parse_value_expression(p, &e));
        wr_arr_push(p->arena, &values, e);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    s->values = values.v;
    s->values_n = values.n;
    return wr__parse_expect(p, WR_TOK_RPAREN);
}

/*
 * INSERT INTO sourceName [WITH tableProperties] query
 * | INSERT INTO sourceName [columns] VALUES values
 */
weir_status wr__parse_insert(wr_parser *p, wr_ast_stmt *s)
{
    p->at++;
    WR_TRY(wr__parse_expect(p, WR_KW_INTO));
    WR_TRY(wr__parse_source_name(p, &s->name));
    WR_TRY(wr__parse_with_opt(p, s));
    if (wr__parse_at(p, WR_KW_SELECT)) {
        s->kind = WR_AST_INSERT_SELECT;
        return wr__parse_query(p, &s->query);
    }
    if (s->has_props)
        return wr__parse_unexpected(p);
    s->kind = WR_AST_INSERT_VALUES;
    if (wr__parse_at(p, WR_TOK_LPAREN))
        WR_TRY(wr__parse_columns(p, s));
    WR_TRY(wr__parse_expect(p, WR_KW_VALUES));
    return wr__parse_values(p, s);
}

/* ---- DROP, ALTER ---- */

/*
 * DROP (STREAM | TABLE) [IF EXISTS] sourceName [DELETE TOPIC] | DROP TYPE [IF EXISTS] identifier
 * | DROP CONNECTOR [IF EXISTS] identifier
 */
weir_status wr__parse_drop(wr_parser *p, wr_ast_stmt *s)
{
    p->at++;
    if (stream_or_table(p, s)) {
        s->kind = WR_AST_DROP_SOURCE;
        if_exists(p, s);
        WR_TRY(wr__parse_source_name(p, &s->name));
        s->delete_topic = wr__parse_accept(p, WR_KW_DELETE);
        return s->delete_topic ? wr__parse_expect(p, WR_KW_TOPIC) : WEIR_OK;
    }
    if (wr__parse_accept(p, WR_KW_TYPE)) {
        s->kind = WR_AST_DROP_TYPE;
    } else {
        WR_TRY(wr__parse_expect(p, WR_KW_CONNECTOR));
        s->kind = WR_AST_DROP_CONNECTOR;
    }
    if_exists(p, s);
    return wr__parse_identifier(p, &s->name);
}

/*
 * Is COLUMN at the cursor the optional word, rather than the new column's own name? It is where a
 * name and the beginning of a type follow: ADD COLUMN C INT, but ADD COLUMN INT.
 */
static bool at_column_word(const wr_parser *p)
{
    wr_tok type = wr__parse_peek_n(p, 2);
    return wr__parse_peek(p) == WR_KW_COLUMN && wr__parse_is_identifier(wr__parse_peek_n(p, 1)) &&
           (wr__parse_is_identifier(type) || type == WR_KW_DECIMAL);
}

/* alterOption = ADD [COLUMN] identifier type */
static weir_status alter_option(wr_parser *p, wr_ast_element *e)
{
    WR_TRY(wr__parse_expect(p, WR_KW_ADD));
    if (at_column_word(p))
        p->at++;
    WR_TRY(wr__parse_identifier(p, &e->name));
    return wr__parse_type(p, &e->type);
}

/* ALTER SYSTEM STRING '=' STRING; after SYSTEM */
static weir_status alter_system(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_ALTER_SYSTEM;
    WR_TRY(wr__parse_c_string(p, &s->text1));
    WR_TRY(wr__parse_expect(p, WR_TOK_EQ));
    return wr__parse_c_string(p, &s->text2);
}

/* ALTER SYSTEM ... | ALTER (STREAM | TABLE) sourceName (alterOption {',' alterOption} | REFRESH
 * SCHEMA); the last is Weir's own */
weir_status wr__parse_alter(wr_parser *p, wr_ast_stmt *s)
{
    p->at++;
    if (wr__parse_accept(p, WR_KW_SYSTEM))
        return alter_system(p, s);
    if (!stream_or_table(p, s))
        return wr__parse_unexpected(p);
    s->kind = WR_AST_ALTER_SOURCE;
    WR_TRY(wr__parse_source_name(p, &s->name));
    s->refresh = wr__parse_accept(p, WR_KW_REFRESH);
    if (s->refresh)
        return wr__parse_expect(p, WR_KW_SCHEMA);
    wr_arr(wr_ast_element) elements = {0};
    do {
        wr_ast_element e = {0};
        WR_TRY(alter_option(p, &e));
        wr_arr_push(p->arena, &elements, e);
    } while (wr__parse_accept(p, WR_TOK_COMMA));
    s->elements = elements.v;
    s->elements_n = elements.n;
    return WEIR_OK;
}
