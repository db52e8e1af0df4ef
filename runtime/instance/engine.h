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
#ifndef WR_RUNTIME_INSTANCE_ENGINE_H
#define WR_RUNTIME_INSTANCE_ENGINE_H

#include "runtime/task/query.h"

#include <stdatomic.h>

typedef struct wr_engine wr_engine;

typedef enum wr_engine_mode {
    WR_ENGINE_THREADED,
    WR_ENGINE_STEPPED, /* queries run in wr_engine_step */
    WR_ENGINE_FED,     /* queries get their records from wr_query_feed (tests) */
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

/** Log, state and an empty catalog. wr_statement_open_engine also takes up what was kept. */
weir_status wr_engine_open(const wr_engine_options *options, wr_engine **out,
                           weir_error *err) WR_MUST_CHECK;
/** Let the queries run that were made while statements were replayed, all together. */
weir_status wr_engine_start_queries(wr_engine *e, weir_error *err) WR_MUST_CHECK;
weir_status wr_engine_close(wr_engine *e, weir_error *err);

/* ---- sessions ---- */

/** What SET, DEFINE and so on change; one per connection, REPL or test case. */
typedef struct wr_session {
    wr_settings settings; /* over the engine's */
    wr_map variables;     /* upper-case name -> char * */
} wr_session;
void wr_session_init(wr_session *s, const wr_engine *e);
void wr_session_free(wr_session *s);

/* ---- running ---- */

weir_status wr_engine_step(wr_engine *e, int max_ms, bool *progressed,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr_engine_drain(wr_engine *e, int timeout_ms, weir_error *err) WR_MUST_CHECK;

/** Wait (not for ever) until queries have seen what was inserted; see Traps 9. */
void wr_engine_wait_for_writes(wr_engine *e);

/* ---- parts, for api/ and testing/ ---- */

wr_log *wr_engine_log(wr_engine *e);
wr_db *wr_engine_db(wr_engine *e);
wr_catalog *wr_engine_catalog(wr_engine *e);
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
