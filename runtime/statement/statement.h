/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.h - statements: from text to typed rows.
 *
 * weir.h (runtime/api) and the test runner (runtime/testing) are thin layers over this. A wr_exec
 * belongs to one thread (wr_exec_interrupt excepted).
 */
#ifndef WR_RUNTIME_STATEMENT_STATEMENT_H
#define WR_RUNTIME_STATEMENT_STATEMENT_H

#include "parser/parser.h"
#include "runtime/instance/engine.h"

typedef struct wr_exec wr_exec;

/** Open an engine and take up the statements that it has kept. */
weir_status wr_statement_open_engine(const wr_engine_options *options, wr_engine **out,
                                     weir_error *err) WR_MUST_CHECK;

typedef enum wr_exec_kind {
    WR_EXEC_COMMAND,
    WR_EXEC_TABLE,
    WR_EXEC_PULL,
    WR_EXEC_PUSH,
    WR_EXEC_PRINT,
    WR_EXEC_TEXT,
    WR_EXEC_ANALYZE,
} wr_exec_kind;

/** One statement from text to result. */
struct wr_exec {
    wr_engine *engine;
    wr_session *session;
    wr_arena *arena;
    wr_ast_stmt *stmt;
    char *text; /* after substitution of variables */
    wr_exec_kind kind;
    bool executed, done;
    atomic_bool interrupted; /* asked for by wr_exec_interrupt; taken back by the step it ends */
    /* Result. TABLE and TEXT: rows of text. Queries and ANALYZE: rows of values. */
    const wr_schema *schema;
    const bool *is_key;
    const char *heading, *message, *query_id;
    wr_arr(const char *const *) text_rows;
    wr_arr(const wr_value *) value_rows; /* ANALYZE */
    size_t text_next, value_next;
    struct wr__rows *rows; /* queue of query rows */
    wr_query *query;       /* push, stream pull */
    struct wr__print *print;
    int64_t left; /* rows until LIMIT; -1: none */
    /* The row of the last step. */
    const wr_value *row; /* queries: schema->n values */
    const char *const *row_text;
    bool tombstone;
    weir_status create_status; /* of the statement's own validation, for tests */
};

/** Parse (after variable substitution). The text is copied. Nothing is executed. */
weir_status wr_exec_new(wr_engine *e, wr_session *s, const char *sql, size_t len, wr_exec **out,
                        weir_error *err) WR_MUST_CHECK;
/** WEIR_ROW, WEIR_DONE, WEIR_ERR_INTERRUPTED (time-out), or a failure: as weir_step. */
weir_status wr_exec_step(wr_exec *x, int timeout_ms, weir_error *err);
void wr_exec_free(wr_exec *x);
/** Any thread, or a signal handler: it only sets a flag, which a waiting step looks at often. */
void wr_exec_interrupt(wr_exec *x);
/** Result columns of a query before its first step; plans it. No-op for other statements. */
weir_status wr_exec_describe(wr_exec *x, weir_error *err) WR_MUST_CHECK;

/** ASSERT [NULL] VALUES: the values it lists, evaluated; others are NULL. */
weir_status wr_exec_expected_values(wr_exec *x, wr_insert **out, weir_error *err) WR_MUST_CHECK;
/** ASSERT STREAM | TABLE: the source it declares; the caller's reference. */
weir_status wr_exec_expected_source(wr_exec *x, wr_source **out, weir_error *err) WR_MUST_CHECK;

/** Statements of a query file, all checked before any runs. SET and DEFINE in the file hold for the
 *  file; it begins with those of @p base (may be NULL). */
weir_status wr_statement_load_file(wr_engine *e, const wr_session *base, const char *path,
                                   weir_error *err) WR_MUST_CHECK;

#endif
