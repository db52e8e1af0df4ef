/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_case.h - expression tests as tables: SQL text -> value (as SQL-ish text) or error.
 *
 * Rows come from one fixed batch (see test_columns in expr_case.c of each test): one column of each
 * type with values, extremes and NULLs. A case gives the expected text of each row.
 */
#ifndef WR_TESTS_EXPR_CASE_H
#define WR_TESTS_EXPR_CASE_H

#include "engine/expr/expr.h"
#include "parser/parser.h"

#include <stdio.h>

/** Collects row errors. */
typedef struct case_errors {
    wr_row_errors base;
    char rows[64]; /* '!' at each row that reported */
} case_errors;

static inline void case_report(wr_row_errors *self, uint32_t row, const char *message)
{
    case_errors *e = (case_errors *)self;
    (void)message;
    if (row < sizeof e->rows)
        e->rows[row]++;
}

/** Compile @p sql in @p scope. */
static inline weir_status case_compile(const char *sql, const wr_scope *scope, wr_arena *a,
                                       wr_expr **out, weir_error *err)
{
    wr_ast_expr *ast;
    weir_status st = wr_parse_expression(sql, strlen(sql), a, &ast, err);
    return st != WEIR_OK ? st : wr_expr_compile(ast, scope, a, out, err);
}

/** Text of a value; NULL is "null". */
static inline const char *case_text(wr_arena *a, const wr_type *t, const wr_value *v)
{
    wr_buf b = {0};
    if (v->null)
        wr_buf_puts(&b, "null");
    else
        wr_value_print(&b, t, v);
    const char *s = wr_arena_strndup(a, b.ptr ? b.ptr : "", b.len);
    wr_buf_free(&b);
    return s;
}

#endif
