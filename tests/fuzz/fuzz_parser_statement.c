/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as one statement, expression, type and column list: nothing may crash, each error has a
 * message and a place inside the text, and each statement that parses prints to text that parses
 * to an equal tree.
 */
#include "parser/parser.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const weir_error *err, weir_status st, const char *text, size_t len)
{
    WR_ASSERT(err->code == st && err->message[0]);
    WR_ASSERT(err->offset >= 0 ? (size_t)err->offset <= len && err->line > 0 && err->column > 0
                               : st == WEIR_ERR_LIMIT);
    wr_buf caret = {0};
    wr_parse_show_caret(&caret, text, len, err->offset);
    wr_buf_free(&caret);
}

static void check_statement(const char *text, size_t len, wr_arena *arena)
{
    wr_ast_stmt *s, *again;
    weir_error err;
    weir_status st = wr_parse_statement(text, len, arena, &s, &err);
    if (st) {
        check_error(&err, st, text, len);
        return;
    }
    WR_ASSERT(s->pos >= 0 && s->pos < s->end && (size_t)s->end <= len);
    wr_buf sql = {0};
    wr_ast_print_stmt(&sql, s);
    st = wr_parse_statement(sql.ptr, sql.len, arena, &again, &err);
    /* Simple CASE is printed as searched CASE, which may be longer and nest deeper. */
    if (st != WEIR_ERR_LIMIT) {
        if (st || !wr_ast_stmt_equal(s, again))
            fprintf(stderr, "%.*s\n%s\n", (int)sql.len, sql.ptr, st ? err.message : "not equal");
        WR_ASSERT(st == WEIR_OK && wr_ast_stmt_equal(s, again));
    }
    wr_buf_free(&sql);
}

static void check_parts(const char *text, size_t len, wr_arena *arena)
{
    weir_error err;
    wr_ast_expr *e;
    weir_status st = wr_parse_expression(text, len, arena, &e, &err);
    if (st)
        check_error(&err, st, text, len);
    wr_ast_type *t;
    st = wr_parse_type(text, len, arena, &t, &err);
    if (st)
        check_error(&err, st, text, len);
    wr_ast_element *elements;
    size_t n;
    st = wr_parse_elements(text, len, arena, &elements, &n, &err);
    if (st)
        check_error(&err, st, text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wr_arena *arena = wr_arena_new(0);
    check_statement((const char *)data, size, arena);
    check_parts((const char *)data, size, arena);
    wr_arena_free(arena);
    return 0;
}
