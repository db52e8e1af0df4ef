/* SPDX-License-Identifier: Apache-2.0 */
/* statement_internal.h - what the files of runtime/statement share. */
#ifndef WR_RUNTIME_STATEMENT_STATEMENT_INTERNAL_H
#define WR_RUNTIME_STATEMENT_STATEMENT_INTERNAL_H

#include "runtime/instance/engine_state.h"
#include "runtime/instance/plan_env.h"
#include "runtime/statement/statement.h"

/* define.c */
weir_status wr__execute(wr_exec *x, weir_error *err);
/** Plan only, against @p catalog, and add what it would define there. */
weir_status wr__validate(wr_exec *x, wr_catalog *catalog, weir_error *err);
weir_status wr__engine_writer(wr_engine *e, wr_log_writer **out, weir_error *err);

/* insert.c */
weir_status wr__execute_insert_values(wr_exec *x, weir_error *err);

/* replay.c */
/** Remember a statement that defines @p subject ("S:NAME", "T:TYPE", "Q:ID") with the session's
 *  settings; its number is @p id. */
weir_status wr__keep_statement(const wr_exec *x, const char *subject, uint64_t id, weir_error *err);

/* show.c */
weir_status wr__execute_show(wr_exec *x, weir_error *err);
weir_status wr__execute_describe(wr_exec *x, weir_error *err);
/** Add a row of @p n texts (copied) to a TABLE or TEXT result. */
void wr__add_row(wr_exec *x, const char *const *cells, uint32_t n);
void wr__set_titles(wr_exec *x, const char *const *titles, uint32_t n);

/* explain.c */
weir_status wr__execute_explain(wr_exec *x, weir_error *err);

/* analyze.c */
/** EXPLAIN ANALYZE's result. */
void wr__show_profile(wr_exec *x, wr_query *q);

/* rows.c: queries with rows */
typedef struct wr__rows wr__rows;
weir_status wr__open_push(wr_exec *x, weir_error *err);
weir_status wr__open_pull(wr_exec *x, weir_error *err);
weir_status wr__step_rows(wr_exec *x, int timeout_ms, weir_error *err);
void wr__close_rows(wr_exec *x);

/* print.c */
weir_status wr__open_print(wr_exec *x, weir_error *err);
weir_status wr__step_print(wr_exec *x, int timeout_ms, weir_error *err);
void wr__close_print(wr_exec *x);

#endif
