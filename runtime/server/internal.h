/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of runtime/server share. */
#ifndef WR_RUNTIME_SERVER_INTERNAL_H
#define WR_RUNTIME_SERVER_INTERNAL_H

#include "runtime/server/engine.h"

#include <pthread.h>
#include <stdatomic.h>

struct wr_engine {
    wr_engine_mode mode;
    wr_log *log;
    wr_db *db;
    wr_clock *clock;
    wr_state_budget budget;
    wr_executor *executor;
    wr_scheduler *scheduler; /* of persistent queries, where they have threads */
    wr_catalog catalog;
    wr_function_registry *functions; /* constant once the engine is open */
    wr_settings settings;
    wr_arr(wr_query *) queries; /* persistent, in order of creation */
    wr_arena *arena;
    pthread_mutex_t lock; /* catalog, queries, next_id */
    uint64_t next_id;     /* number in ids of queries; of the next kept statement */
    uint64_t transient_id;
    bool keep_statements, service, no_caching, replaying;
    char *prefix; /* of groups and internal topics of persistent queries */
    char *transient_prefix;
    char *data_dir;
    wr_rng rng;
    wr_log_writer *writer; /* INSERT VALUES, weir_produce; made at first use, under the lock */
    atomic_uint_fast64_t writes;      /* what was inserted or started so far, counted */
    atomic_uint_fast64_t writes_seen; /* as many of them had been processed when last looked */
};

/* plan environment of one statement: env.c */
typedef struct wr__env {
    wr_plan_env base;
    wr_engine *engine;
    wr_eval_ctx eval;
    wr_row_errors errs;
    wr_rng rng;
} wr__env;
void wr__env_init(wr__env *env, wr_engine *e, const wr_settings *settings, wr_arena *scratch);

/* engine.c */
/** Wait (not for ever) until queries have seen what was inserted; see Traps 9. */
void wr__wait_for_writes(wr_engine *e);

/* execute.c */
weir_status wr__execute(wr_exec *x, weir_error *err);
/** Plan only, against @p catalog, and add what it would define there. */
weir_status wr__validate(wr_exec *x, wr_catalog *catalog, weir_error *err);
weir_status wr__engine_writer(wr_engine *e, wr_log_writer **out, weir_error *err);

/* insert.c */
weir_status wr__execute_insert_values(wr_exec *x, weir_error *err);

/* statement_log.c */
/** Remember a statement that defines @p subject ("S:NAME", "T:TYPE", "Q:ID") with the session's
 *  settings; its number is @p id. */
weir_status wr__keep_statement(const wr_exec *x, const char *subject, uint64_t id, weir_error *err);
weir_status wr__forget_subject(wr_engine *e, const char *subject, weir_error *err);
weir_status wr__replay_statements(wr_engine *e, weir_error *err);

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
