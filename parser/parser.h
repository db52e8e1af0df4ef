/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser.h - SQL text to syntax trees, and back.
 */
#ifndef WR_PARSER_PARSER_H
#define WR_PARSER_PARSER_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/map.h"
#include "parser/ast.h"

#define WR_PARSE_TEXT_MAX   ((size_t)1 << 20) /* bytes of one statement */
#define WR_PARSE_DEPTH_MAX  200               /* nesting of expressions, types, EXPLAIN */
#define WR_PARSE_HEIGHT_MAX 1000      /* height of an expression: `a + a + ...` is high, too */
#define WR_PARSE_SIZE_MAX   (1 << 20) /* nodes of an expression (simple CASE shares nodes) */

/** One statement of a script, found without parsing it. */
typedef struct wr_parse_span {
    size_t start, end; /* bytes [start, end) of the statement, without ';', trimmed of blanks and
                        * leading comments */
    size_t next;       /* where to go on: after the ';' */
    bool terminated;   /* a ';' ended it; false: the text ended first */
    bool empty;        /* nothing but blanks and comments */
} wr_parse_span;

/**
 * Find the next statement in text[from..len). Respects quotes, comments. @return false when only
 * blanks and comments are left. Used by the REPL (is the statement complete?) and by scripts,
 * because variables are substituted statement by statement.
 */
bool wr_parse_next_span(const char *text, size_t len, size_t from, wr_parse_span *out);

/**
 * Parse exactly one statement (a final ';' is optional).
 *
 * @param text   statement text, UTF-8; positions in the tree and in errors are offsets into it.
 * @param arena  everything in the tree is allocated here; the text is not referenced afterwards.
 * @return WEIR_OK; WEIR_ERR_SYNTAX (position set, message as in dialect.md section 1: what was
 *         found, what was expected); WEIR_ERR_LIMIT (too long, too deep).
 */
weir_status wr_parse_statement(const char *text, size_t len, wr_arena *arena, wr_ast_stmt **out,
                               weir_error *err) WR_MUST_CHECK;
/** Parse a bare expression, for tests, properties and tools. */
weir_status wr_parse_expression(const char *text, size_t len, wr_arena *arena, wr_ast_expr **out,
                                weir_error *err) WR_MUST_CHECK;
/** Parse a bare type such as `ARRAY<STRUCT<A INT>>`. */
weir_status wr_parse_type(const char *text, size_t len, wr_arena *arena, wr_ast_type **out,
                          weir_error *err) WR_MUST_CHECK;
/** Parse the column list of a CREATE, "(ID INT KEY, V STRING)" or without the parentheses. */
weir_status wr_parse_elements(const char *text, size_t len, wr_arena *arena, wr_ast_element **out,
                              size_t *out_n, weir_error *err) WR_MUST_CHECK;

/**
 * Replace ${name} by values of @p vars (upper-cased name -> char *), dialect.md section 18.
 * @return the new text in @p arena. Error: WEIR_ERR_STATEMENT "Illegal argument at line...".
 */
weir_status wr_parse_substitute(const char *text, size_t len, const wr_map *vars, wr_arena *arena,
                                wr_str *out, weir_error *err) WR_MUST_CHECK;

/** Append SQL that parses to an equal tree. */
void wr_ast_print_stmt(wr_buf *out, const wr_ast_stmt *stmt);
void wr_ast_print_query(wr_buf *out, const wr_ast_query *query);
void wr_ast_print_expr(wr_buf *out, const wr_ast_expr *expr);
/** The same with every operator in parentheses, as ksqlDB's messages have it: `(A = (B + 1))`. */
void wr_ast_print_expr_parens(wr_buf *out, const wr_ast_expr *expr);
void wr_ast_print_type(wr_buf *out, const wr_ast_type *type);
/** Append @p name, back-quoted where it needs quotes (dialect.md section 1). */
void wr_ast_print_name(wr_buf *out, const char *name);
/** True where @p name is no valid upper-case unquoted identifier, or is reserved. */
bool wr_parse_needs_quotes(const char *name);

/** Keywords, for completion. @return NULL past the end. */
const char *wr_parse_keyword(size_t index, bool *reserved);

/**
 * Append the line of @p text at @p offset and a caret below it:
 *     SELECT x FRM s;
 *              ^
 */
void wr_parse_show_caret(wr_buf *out, const char *text, size_t len, int64_t offset);

#endif
