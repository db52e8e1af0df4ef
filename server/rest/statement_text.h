/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement_text.h - a statement as ksqlDB's server says it back: CREATE with all of WITH resolved
 * and in order of names, canonical types, columns qualified by their source.
 */
#ifndef WR_SERVER_REST_STATEMENT_TEXT_H
#define WR_SERVER_REST_STATEMENT_TEXT_H

#include "runtime/statement/statement.h"

/**
 * The text with its ';'. @p sql: statements, the last one without it (of a source its
 * CREATE and its ALTERs); each begins a line. What is not rendered anew comes back
 * as it is. Under the engine's lock: sources are looked up.
 */
void wr__statement_text(wr_engine *e, const char *sql, wr_buf *out);
/** What LIST QUERIES and DESCRIBE say of a persistent query's statement. Under the lock. */
void wr__statement_text_of_query(wr_engine *e, const char *sql, wr_buf *out);
/** How a CREATE could be written that makes its topic as well. Under the lock. */
void wr__statement_text_example(wr_engine *e, const wr_ast_stmt *stmt, wr_buf *out);

#endif
