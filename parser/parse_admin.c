/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_admin.c - statements about what there is and how it runs: SHOW, DESCRIBE, EXPLAIN, PRINT,
 * TERMINATE, PAUSE, RESUME, SET, UNSET, DEFINE, UNDEFINE, RUN SCRIPT.
 */
#include "parser/parse_internal.h"

static bool at_end(const wr_parser *p, size_t ahead)
{
    wr_tok kind = wr__parse_peek_n(p, ahead);
    return kind == WR_TOK_SEMICOLON || kind == WR_TOK_EOF;
}

/* ---- SHOW ---- */

static const struct show_rule {
    wr_tok word;
    wr_ast_show show;
    bool extended; /* [EXTENDED] may follow */
} show_rules[] = {
    {WR_KW_TOPICS, WR_AST_SHOW_TOPICS, true},
    {WR_KW_STREAMS, WR_AST_SHOW_STREAMS, true},
    {WR_KW_TABLES, WR_AST_SHOW_TABLES, true},
    {WR_KW_QUERIES, WR_AST_SHOW_QUERIES, true},
    {WR_KW_FUNCTIONS, WR_AST_SHOW_FUNCTIONS, false},
    {WR_KW_PROPERTIES, WR_AST_SHOW_PROPERTIES, false},
    {WR_KW_TYPES, WR_AST_SHOW_TYPES, false},
    {WR_KW_VARIABLES, WR_AST_SHOW_VARIABLES, false},
    {WR_KW_CONNECTORS, WR_AST_SHOW_CONNECTORS, false},
};

/*
 * (LIST | SHOW) ( [ALL] TOPICS [EXTENDED] | (STREAMS | TABLES | QUERIES) [EXTENDED] | FUNCTIONS
 *               | PROPERTIES | TYPES | VARIABLES | [SOURCE | SINK] CONNECTORS | CONNECTOR PLUGINS )
 */
weir_status wr__parse_show(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_SHOW;
    p->at++;
    if (wr__parse_accept(p, WR_KW_SOURCE)) {
        s->show = WR_AST_SHOW_SOURCE_CONNECTORS;
        return wr__parse_expect(p, WR_KW_CONNECTORS);
    }
    if (wr__parse_accept(p, WR_KW_SINK)) {
        s->show = WR_AST_SHOW_SINK_CONNECTORS;
        return wr__parse_expect(p, WR_KW_CONNECTORS);
    }
    if (wr__parse_accept(p, WR_KW_CONNECTOR)) {
        s->show = WR_AST_SHOW_CONNECTOR_PLUGINS;
        return wr__parse_expect(p, WR_KW_PLUGINS);
    }
    if (wr__parse_accept(p, WR_KW_ALL)) {
        s->show_all = true;
        if (!wr__parse_at(p, WR_KW_TOPICS))
            return wr__parse_unexpected(p);
    }
    for (size_t i = 0; i < WR_ARRAY_LEN(show_rules); i++) {
        if (!wr__parse_accept(p, show_rules[i].word))
            continue;
        s->show = show_rules[i].show;
        s->extended = show_rules[i].extended && wr__parse_accept(p, WR_KW_EXTENDED);
        return WEIR_OK;
    }
    return wr__parse_unexpected(p);
}

/* ---- DESCRIBE, EXPLAIN ---- */

/*
 * DESCRIBE sourceName [EXTENDED] | DESCRIBE (STREAMS | TABLES) [EXTENDED]
 * | DESCRIBE FUNCTION identifier | DESCRIBE CONNECTOR identifier
 * FUNCTION is a free word: alone it is the name of a source.
 */
weir_status wr__parse_describe(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_DESCRIBE;
    p->at++;
    if (wr__parse_accept(p, WR_KW_CONNECTOR)) {
        s->describe = WR_AST_DESCRIBE_CONNECTOR;
        return wr__parse_identifier(p, &s->name);
    }
    if (wr__parse_at(p, WR_KW_FUNCTION) && !at_end(p, 1) &&
        wr__parse_peek_n(p, 1) != WR_KW_EXTENDED) {
        p->at++;
        s->describe = WR_AST_DESCRIBE_FUNCTION;
        return wr__parse_identifier(p, &s->name);
    }
    if (wr__parse_accept(p, WR_KW_STREAMS)) {
        s->describe = WR_AST_DESCRIBE_STREAMS;
    } else if (wr__parse_accept(p, WR_KW_TABLES)) {
        s->describe = WR_AST_DESCRIBE_TABLES;
    } else {
        s->describe = WR_AST_DESCRIBE_SOURCE;
        WR_TRY(wr__parse_source_name(p, &s->name));
    }
    s->extended = wr__parse_accept(p, WR_KW_EXTENDED);
    return WEIR_OK;
}

/*
 * EXPLAIN [ANALYZE] (statement | identifier)
 * Words that begin statements may be free (SHOW, SET): a single word is a query's id.
 */
weir_status wr__parse_explain(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_EXPLAIN;
    p->at++;
    if (wr__parse_at(p, WR_KW_ANALYZE) && !at_end(p, 1)) {
        s->analyze = true;
        p->at++;
    }
    if (wr__parse_at_identifier(p) && at_end(p, 1))
        return wr__parse_identifier(p, &s->name);
    WR_TRY(wr__parse_enter(p));
    WR_TRY(wr__parse_statement(p, &s->child));
    p->depth--;
    return WEIR_OK;
}

/* ---- PRINT ---- */

/* PRINT resource [FROM BEGINNING] [(INTERVAL | SAMPLE) number] [LIMIT number] */
weir_status wr__parse_print(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_PRINT;
    p->at++;
    WR_TRY(wr__parse_resource(p, &s->text1));
    if (wr__parse_accept(p, WR_KW_FROM)) {
        s->from_beginning = true;
        WR_TRY(wr__parse_expect(p, WR_KW_BEGINNING));
    }
    if (wr__parse_accept(p, WR_KW_INTERVAL) || wr__parse_accept(p, WR_KW_SAMPLE)) {
        s->has_interval = true;
        WR_TRY(wr__parse_integer(p, &s->interval));
    }
    if (wr__parse_accept(p, WR_KW_LIMIT)) {
        s->has_limit = true;
        WR_TRY(wr__parse_integer(p, &s->limit));
    }
    return WEIR_OK;
}

/* ---- queries, session ---- */

/* (TERMINATE | PAUSE | RESUME) (identifier | ALL) */
weir_status wr__parse_query_control(wr_parser *p, wr_ast_stmt *s)
{
    wr_tok word = wr__parse_peek(p);
    s->kind = word == WR_KW_TERMINATE ? WR_AST_TERMINATE
              : word == WR_KW_PAUSE   ? WR_AST_PAUSE
                                      : WR_AST_RESUME;
    p->at++;
    s->all = wr__parse_accept(p, WR_KW_ALL);
    return s->all ? WEIR_OK : wr__parse_identifier(p, &s->name);
}

/* SET STRING '=' STRING */
weir_status wr__parse_set(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_SET;
    p->at++;
    WR_TRY(wr__parse_c_string(p, &s->text1));
    WR_TRY(wr__parse_expect(p, WR_TOK_EQ));
    return wr__parse_c_string(p, &s->text2);
}

/* UNSET STRING */
weir_status wr__parse_unset(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_UNSET;
    p->at++;
    return wr__parse_c_string(p, &s->text1);
}

/* variableName = unquoted identifier */
static weir_status variable_name(wr_parser *p, wr_ast_name *out)
{
    wr_tok kind = wr__parse_peek(p);
    if (kind == WR_TOK_QUOTED || kind == WR_TOK_BACKQUOTED || kind == WR_TOK_DIGIT_IDENT)
        return wr__parse_error(p, WEIR_ERR_SYNTAX, wr__parse_pos(p),
                               "Syntax Error\nthe name of a variable is written without quotes and "
                               "begins with a letter or '_'");
    return wr__parse_identifier(p, out);
}

/* DEFINE variableName '=' STRING */
weir_status wr__parse_define(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_DEFINE;
    p->at++;
    WR_TRY(variable_name(p, &s->name));
    WR_TRY(wr__parse_expect(p, WR_TOK_EQ));
    return wr__parse_c_string(p, &s->text2);
}

/* UNDEFINE variableName */
weir_status wr__parse_undefine(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_UNDEFINE;
    p->at++;
    return variable_name(p, &s->name);
}

/* RUN SCRIPT STRING */
weir_status wr__parse_run_script(wr_parser *p, wr_ast_stmt *s)
{
    s->kind = WR_AST_RUN_SCRIPT;
    p->at++;
    WR_TRY(wr__parse_expect(p, WR_KW_SCRIPT));
    return wr__parse_c_string(p, &s->text1);
}
