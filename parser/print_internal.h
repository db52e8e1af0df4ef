/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_internal.h - what the printer's two files share; inside parser/ only.
 */
#ifndef WR_PARSER_PRINT_INTERNAL_H
#define WR_PARSER_PRINT_INTERNAL_H

#include "parser/parser.h"

void wr__print_string(wr_buf *out, wr_str text);
void wr__print_c_string(wr_buf *out, const char *text);
const char *wr__print_unit(wr_ast_unit unit);
/** As the operand of `->`, `[`: in parentheses unless it is a primaryExpression. */
void wr__print_primary(wr_buf *out, const wr_ast_expr *e);
/** As the grammar's valueExpression: in parentheses if it is a predicate or looser. */
void wr__print_value(wr_buf *out, const wr_ast_expr *e);

#endif
