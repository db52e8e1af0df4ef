/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - a whole Weir: log, state, catalog, running queries; and the statements that change
 * them. weir.h (runtime/api) and the test runner (runtime/testing) are thin layers over this.
 *
 * Threads: everything here takes the engine's lock where it needs it; a wr_exec belongs to one
 * thread (wr_exec_interrupt excepted). Queries run on threads of their own, except in STEPPED and
 * FED engines.
 *
 * What is kept: executed statements that define something (CREATE, DROP, INSERT SELECT, types) are
 * notes in the database, numbered; opening an engine replays them, without re-checking topics, and
 * starts the queries.
 */
#ifndef WR_RUNTIME_SERVER_ENGINE_H
#define WR_RUNTIME_SERVER_ENGINE_H

#include "parser/parser.h"
#include "runtime/query/query.h"

#include <stdatomic.h>

typedef struct wr_engine wr_engine;
typedef struct wr_exec wr_exec;

typedef enum wr_engine_mode {
    WR_ENGINE_THREADED,
    WR_ENGINE_STEPPED, /* queries run in wr_engine_step */
    WR_ENGINE_PIPED,   /* queries get their records from wr_query_pipe (tests) */
} wr_engine_mode;

typedef struct wr_engine_options {
    wr_log_kind log;
    const char *data_dir;          /* LOCAL, KAFKA */
    const char *bootstrap_servers; /* KAFKA */
    const wr_settings *settings;   /* server settings, copied; may be NULL */
    wr_engine_mode mode;
    bool keep_statements; /* write and replay the statement log */
    bool service;         /* a query file: ids do not depend on places (dialect.md 15) */
    bool no_caching;      /* every update is emitted (tests) */
    wr_clock *clock;      /* NULL: the system's */
} wr_engine_options;

weir_status wr_engine_open(const wr_engine_options *options, wr_engine **out,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr_engine_close(wr_engine *e, weir_error *err);

/* ---- statements ---- */

/** What SET, DEFINE and so on change; one per connection, REPL or test case. */
typedef struct wr_session {
    wr_settings settings; /* over the engine's */
    wr_map variables;     /* upper-case name -> char * */
} wr_session;
void wr_session_init(wr_session *s, const wr_engine *e);
void wr_session_free(wr_session *s);

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

/* ---- running ---- */

weir_status wr_engine_step(wr_engine *e, int max_ms, bool *progressed,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr_engine_drain(wr_engine *e, int timeout_ms, weir_error *err) WR_MUST_CHECK;
/** Statements of a query file, all checked before any runs. SET and DEFINE in the file hold for the
 *  file; it begins with those of @p base (may be NULL). */
weir_status wr_engine_load_file(wr_engine *e, const wr_session *base, const char *path,
                                weir_error *err) WR_MUST_CHECK;

/* ---- parts, for api/ and testing/ ---- */

wr_log *wr_engine_log(wr_engine *e);
wr_db *wr_engine_db(wr_engine *e);
wr_catalog *wr_engine_catalog(wr_engine *e);
const wr_function_registry *wr_engine_functions(const wr_engine *e);
const wr_settings *wr_engine_settings(const wr_engine *e);
wr_clock *wr_engine_clock(wr_engine *e);
/** Something was written to topics: pull queries wait until running queries have seen it. */
void wr_engine_note_write(wr_engine *e);
void wr_engine_lock(wr_engine *e);
void wr_engine_unlock(wr_engine *e);
/** Running persistent queries in order of creation; NULL past the end. Under the lock. */
wr_query *wr_engine_query_at(wr_engine *e, size_t index);
wr_query *wr_engine_find_query(wr_engine *e, const char *id);

#endif
