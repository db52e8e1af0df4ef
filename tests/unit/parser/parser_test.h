/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser_test.h - what the parser's tests share: an arena per test, parsing that must succeed or
 * must fail with a given message at a given place, and printed forms to compare.
 */
#ifndef WR_TESTS_PARSER_TEST_H
#define WR_TESTS_PARSER_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "parser/parser.h"

static wr_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = wr_arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_arena_free(arena);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

WR_UNUSED static wr_ast_stmt *parse(const char *text)
{
    wr_ast_stmt *s = NULL;
    weir_error err = {0};
    if (wr_parse_statement(text, strlen(text), arena, &s, &err))
        fail_msg("%s\n%s", text, err.message);
    return s;
}

WR_UNUSED static wr_ast_expr *parse_expr(const char *text)
{
    wr_ast_expr *e = NULL;
    weir_error err = {0};
    if (wr_parse_expression(text, strlen(text), arena, &e, &err))
        fail_msg("%s\n%s", text, err.message);
    return e;
}

WR_UNUSED static wr_ast_type *parse_type(const char *text)
{
    wr_ast_type *t = NULL;
    weir_error err = {0};
    if (wr_parse_type(text, strlen(text), arena, &t, &err))
        fail_msg("%s\n%s", text, err.message);
    return t;
}

static const char *keep(wr_buf *b)
{
    const char *text = wr_arena_strndup(arena, b->ptr ? b->ptr : "", b->len);
    wr_buf_free(b);
    return text;
}

WR_UNUSED static const char *printed(const wr_ast_stmt *s)
{
    wr_buf b = {0};
    wr_ast_print_stmt(&b, s);
    return keep(&b);
}

/** The expression with every operator in parentheses: shows the tree's shape. */
WR_UNUSED static const char *shape(const char *text)
{
    wr_buf b = {0};
    wr_ast_print_expr_parens(&b, parse_expr(text));
    return keep(&b);
}

WR_UNUSED static const char *printed_expr(const char *text)
{
    wr_buf b = {0};
    wr_ast_print_expr(&b, parse_expr(text));
    return keep(&b);
}

WR_UNUSED static const char *printed_type(const char *text)
{
    wr_buf b = {0};
    wr_ast_print_type(&b, parse_type(text));
    return keep(&b);
}

/** @p text is refused as a statement, at line:column, with exactly the message given. */
WR_UNUSED static weir_error refused(const char *text, int line, int column, const char *message)
{
    wr_ast_stmt *s = NULL;
    weir_error err = {0};
    weir_status st = wr_parse_statement(text, strlen(text), arena, &s, &err);
    if (st == WEIR_OK)
        fail_msg("accepted: %s", text);
    assert_int_equal(st, err.code);
    assert_string_equal(err.message, message);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    return err;
}

/** @p text parses, and prints as @p sql, which parses to an equal tree. */
WR_UNUSED static wr_ast_stmt *prints(const char *text, const char *sql)
{
    wr_ast_stmt *s = parse(text);
    assert_string_equal(printed(s), sql);
    wr_ast_stmt *again = parse(sql);
    assert_true(wr_ast_stmt_equal(s, again));
    assert_string_equal(printed(again), sql);
    return s;
}

#endif
