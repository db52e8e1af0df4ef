/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.h - statements: from text to typed rows.
 *
 * A wr_exec is made from text, stepped, freed. weir.h (runtime/api) and the test runner
 * (runtime/testing) are thin layers over it. Results are rows of typed values; whoever shows them
 * makes text of them.
 *
 * Threads: a wr_exec belongs to one thread, wr_exec_interrupt excepted. No statement holds the
 * engine's lock while it waits (engine.h); how long it waits for others is in wait.h.
 */
#ifndef WR_RUNTIME_STATEMENT_STATEMENT_H
#define WR_RUNTIME_STATEMENT_STATEMENT_H

#include "parser/parser.h"
#include "runtime/instance/plan_env.h"
#include "runtime/instance/session.h"
#include "runtime/instance/statement_log.h"

typedef struct wr_exec wr_exec;

/**
 * Open an engine and take up the statements that it has kept: each is executed again, in order,
 * then the queries start. One that cannot be executed any more fails the opening, so that no query
 * goes missing in silence; `weir.statements.skip` names those to be left out.
 */
weir_status wr_statement_open_engine(const wr_engine_options *options, wr_engine **out,
                                     weir_error *err) WR_MUST_CHECK;

typedef enum wr_exec_kind {
    WR_EXEC_COMMAND,
    WR_EXEC_TABLE,
    WR_EXEC_PULL,
    WR_EXEC_PUSH,
    WR_EXEC_PRINT,
    WR_EXEC_PLAN,
    WR_EXEC_ANALYZE,
} wr_exec_kind;

/** Rows that are known as a whole: what SHOW, DESCRIBE and EXPLAIN give. */
typedef struct wr_result {
    const char *name; /* of a section beside the rows: "source", "positions" ...; the rows: "" */
    const wr_schema *schema;
    wr_arr(const wr_value *) rows; /* schema->n values each */
} wr_result;

/** Executing again what was allowed before: no limit and no rule of today forbids it. */
typedef enum wr_repetition {
    WR_FIRST_TIME,
    WR_REPEATED_OWN,   /* this process has shared the statement with the others */
    WR_REPEATED_OTHER, /* another one has, or did: what concerns topics alone is not done again */
} wr_repetition;

/** One statement from text to result. */
struct wr_exec {
    wr_engine *engine;
    wr_session *session;
    wr_arena *arena; /* owns this struct, the tree and the result */
    wr_ast_stmt *stmt;
    char *text; /* after substitution of variables */
    const struct wr__statement_class *class;
    wr_exec_kind kind;
    bool executed, done;
    atomic_bool interrupted; /* asked for by wr_exec_interrupt; taken back by the step it ends */
    atomic_bool *interrupt;  /* that one, or that of the files it is of: whoever waits looks here */
    wr_settings settings;    /* the session's, as they were when it was executed */
    wr_known_topics topics;  /* what planning has asked for */
    bool schemas_kept;       /* `topics` began with what an earlier execution had found */
    /* Of query files: the id that the query gets, and the files' names; NULL: as usual. */
    const char *given_id, *program;
    /* Of a service whose processes share their statements (sharing.h). */
    bool checking;            /* all that it needs is made sure of; it has no other effect, and says
                               * what is to be executed: `proposed`. Empty: nothing is */
    wr_kept_list proposed;    /* no numbers yet */
    const char *topic_made;   /* while checking; or NULL */
    wr_repetition repetition; /* it was allowed by another process, or in another life */
    /* Result. */
    const wr_schema *schema;      /* of rows; NULL: there are none, or not yet */
    const bool *is_key;           /* by column; NULL: none is */
    const char *message;          /* what there is to say at the end, or "" */
    const char *heading;          /* EXPLAIN ANALYZE: the query's SQL; else "" */
    const char *query_id;         /* of the query that runs for it, or "" */
    bool nothing;                 /* IF [NOT] EXISTS: there was nothing to do */
    const wr_schema *planned;     /* EXPLAIN of a statement: what its query gives, of a SELECT the
                                   * key columns twice: as keys, as values; else NULL */
    const char **planned_sources; /* likewise: the names of what it reads */
    uint32_t planned_sources_n;
    wr_arr(wr_result *) sections; /* [0]: the rows themselves, unless they are a query's */
    size_t next;                  /* row of sections[0] */
    struct wr__rows *rows;        /* PUSH, PULL */
    void (*wake)(void *arg);      /* wr_exec_on_rows; NULL: steps wait */
    void *wake_arg;
    /* PULL, asked by another server of the service: nobody else is asked again. The partitions that
     * it wants, or, with here_n 0, all that this process has. Set before it is executed. */
    bool here_only;
    const int32_t *here;
    uint32_t here_n;
    bool at_once;    /* what would have to wait gives up instead */
    wr_query *query; /* PUSH, PULL of a stream: its own query */
    struct wr__print *print;
    int64_t left; /* rows until LIMIT; -1: none */
    /* The row of the last step; NULL: there is none. */
    const wr_value *row;
    bool tombstone;
    const char *row_host; /* "host:port" of the server that it came from; NULL: this process */
};

/** Parse (after variable substitution). The text is copied. Nothing is executed. */
weir_status wr_exec_new(wr_engine *e, wr_session *s, const char *sql, size_t len, wr_exec **out,
                        weir_error *err) WR_MUST_CHECK;
/** WEIR_ROW, WEIR_DONE, WEIR_ERR_INTERRUPTED (time-out), or a failure: as weir_step. */
weir_status wr_exec_step(wr_exec *x, int timeout_ms, weir_error *err);
void wr_exec_free(wr_exec *x);
/** Any thread, or a signal handler: it only sets a flag, which a waiting step looks at often. */
void wr_exec_interrupt(wr_exec *x);
/**
 * For those who have no thread to wait in: @p wake is called, from other threads, when there may be
 * something for a wr_exec_take that found nothing: rows, or the end. Not after wr_exec_free has
 * returned. It must neither wait nor call the statement. Before the statement is executed; PUSH and
 * PULL on an engine with threads.
 */
void wr_exec_on_rows(wr_exec *x, void (*wake)(void *arg), void *arg);
/** A step that does not wait, of a query that wr_exec_describe has executed: WEIR_ROW, WEIR_DONE,
 *  WEIR_OK (nothing just now), or a failure. @pre wr_exec_on_rows */
weir_status wr_exec_take(wr_exec *x, weir_error *err) WR_MUST_CHECK;
/** Of a query that runs: one more id of the form of its own, for who shares it. Takes the lock. */
void wr_exec_another_id(wr_exec *x, wr_buf *out);
/**
 * Execute a look-up by key (a PULL of a table) where nothing has to be waited for: it plans, reads,
 * and has its rows. They are then taken with wr_exec_take or wr_exec_step.
 * @return WEIR_OK, or why it fails; WEIR_ERR_INTERRUPTED with err->code WEIR_OK: it is no look-up
 * by key, or would have to wait. Nothing has happened then, and wr_exec_describe does it.
 */
weir_status wr_exec_look_up(wr_exec *x, weir_error *err) WR_MUST_CHECK;
/** Result columns of a query before its first step; plans it. No-op for other statements. */
weir_status wr_exec_describe(wr_exec *x, weir_error *err) WR_MUST_CHECK;

/**
 * Would it be executed after others, without an effect? @p c, a clone of the engine's catalog that
 * is the caller's alone, becomes what the catalog would be. For checking several statements
 * together: SET, UNSET, DEFINE and UNDEFINE are left to the caller, who executes them on a session
 * of its own. What only looks is not checked, but that the source of a DESCRIBE and the query of an
 * EXPLAIN are there; nor is INSERT ... VALUES, but that it has a value for each column. Not under
 * the lock; may ask the log and the registry.
 */
weir_status wr_exec_validate(wr_exec *x, wr_catalog *c, weir_error *err) WR_MUST_CHECK;

/** ASSERT [NULL] VALUES: the values it lists, evaluated; others are NULL. */
weir_status wr_exec_expected_values(wr_exec *x, wr_insert **out, weir_error *err) WR_MUST_CHECK;
/** ASSERT STREAM | TABLE: the source it declares; the caller's reference. */
weir_status wr_exec_expected_source(wr_exec *x, wr_source **out, weir_error *err) WR_MUST_CHECK;

/** A query of the files means something else than what made its state and its offsets. */
typedef enum wr_on_change {
    WR_ON_CHANGE_REFUSE,   /* nothing runs */
    WR_ON_CHANGE_RESTART,  /* it begins anew, without state and offsets; its sink keeps its records
                            */
    WR_ON_CHANGE_KEEP_OLD, /* the statement before goes on in its place */
} wr_on_change;
/** Statements of query files, as one program, all checked before any runs. SET and DEFINE in the
 *  files hold to the end of the last one; they begin with those of @p base (may be NULL).
 *  @p interrupted: set by anybody to end it soon; taken back where that is what is reported. */
weir_status wr_statement_load_files(wr_engine *e, const wr_session *base, const char *const *paths,
                                    size_t n, wr_on_change on_change, atomic_bool *interrupted,
                                    weir_error *err) WR_MUST_CHECK;
/** Checking query files, without an effect. */
typedef struct wr_check {
    /* There is nothing to ask: a topic that a CREATE names without PARTITIONS is taken for there.
     */
    bool assume_topics;
    void (*warn)(void *arg, const char *text); /* "FILE:LINE:COLUMN: ..."; NULL: nobody listens */
    void *arg;
    size_t statements, queries; /* out: as many are good */
} wr_check;
/** What wr_statement_load_files would refuse to begin with, policy REFUSE. Files without queries
 * are good: they may be part of a program. */
weir_status wr_statement_check_files(wr_engine *e, const wr_session *base, const char *const *paths,
                                     size_t n, wr_check *check, atomic_bool *interrupted,
                                     weir_error *err) WR_MUST_CHECK;
/** The catalog that the history makes (rehearse.h says which), as a query file: @p put gets its
 *  lines, statements with their ';' and comments. Nothing is created or run. */
weir_status wr_statement_export(wr_engine *e, void (*put)(void *arg, const char *text), void *arg,
                                weir_error *err) WR_MUST_CHECK;
/** What is wrong with the history, and, with `write`, one without it. */
typedef struct wr_repair {
    bool write;
    void (*report)(void *arg, const char *text); /* each problem */
    void *arg;
    size_t statements, problems; /* out: that could be read; that were reported */
} wr_repair;
weir_status wr_statement_repair(wr_engine *e, wr_repair *o, weir_error *err) WR_MUST_CHECK;
/** Drop state and offsets of a query that the directory knows and that does not run here; NULL: of
 *  all, and what is known of services. @p sink_too: the topic that it writes to goes as well. */
weir_status wr_statement_reset_query(wr_engine *e, const char *id, bool sink_too,
                                     weir_error *err) WR_MUST_CHECK;

#endif
