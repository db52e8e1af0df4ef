/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - one engine: a log, a database, the catalog, the running queries.
 *
 * Statements (runtime/statement) are built on it; nothing here knows SQL text or results.
 *
 *   engine.h         opening, closing, running; the parts that others may use
 *   query_list.h     the persistent queries: who may hold one, how one is taken out
 *   reservation.h    who works on which object just now
 *   wait.h           how long a statement may wait, and what ends it
 *   writers.h        writers for INSERT
 *   session.h        what SET and DEFINE change
 *   plan_env.h       what planning may know of the outside
 *   statement_log.h  statements kept for the next opening
 *
 * The lock. One mutex, not recursive, guards the catalog, the list of queries, ids, reservations
 * and sessions. Nobody waits for anything while holding it: not for a log, a disk that stores
 * records, another thread's query, or a client. So whoever wants to look at something is answered
 * at once, whatever hangs. What a statement has to wait for, it waits for without the lock, and
 * keeps others from its objects by a reservation.
 *
 * Threads: everything here from any thread, unless it says otherwise.
 */
#ifndef WR_RUNTIME_INSTANCE_ENGINE_H
#define WR_RUNTIME_INSTANCE_ENGINE_H

#include "runtime/query/query.h"

typedef struct wr_engine wr_engine;

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
    bool state_in_memory; /* no directory is opened; not for LOCAL, whose log is in it */
    bool keep_statements; /* write and replay the statement log; on Kafka, where
                           * `weir.command.topic` says so, the command topic of the service */
    bool service;         /* a query file: ids do not depend on places (dialect.md 15) */
    bool no_caching;      /* every update is emitted (tests) */
    wr_clock *clock;      /* NULL: the system's */
} wr_engine_options;

/* ---- life ---- */

/** Log, state and an empty catalog. wr_statement_open_engine also takes up what was kept. */
weir_status wr_engine_open(const wr_engine_options *options, wr_engine **out,
                           weir_error *err) WR_MUST_CHECK;
/**
 * Statements are executed again: queries that are made meanwhile do not run, since a later
 * statement may replace or end them, and nothing is noted a second time.
 */
void wr_engine_set_replaying(wr_engine *e, bool replaying);
bool wr_engine_replaying(const wr_engine *e);
/** Let the queries run that were made while statements were replayed, all together. */
weir_status wr_engine_start_queries(wr_engine *e, weir_error *err) WR_MUST_CHECK;
/**
 * Statements that wait end with WEIR_ERR_INTERRUPTED, and no new ones begin. May be taken back.
 */
void wr_engine_set_closing(wr_engine *e, bool closing);
bool wr_engine_closing(const wr_engine *e);
/**
 * Stop all queries with a last commit, close everything. No statement may be there any more.
 * @return the first failure of a last commit; the engine is closed all the same. NULL is allowed.
 */
weir_status wr_engine_close(wr_engine *e, weir_error *err);

/* ---- running ---- */

/** STEPPED: let each query process what is there, then commit. One caller at a time; others wait.
 */
weir_status wr_engine_step(wr_engine *e, int max_ms, bool *progressed,
                           weir_error *err) WR_MUST_CHECK;
/** Until all queries have processed and committed what is in their topics. A failed query: its
 *  error. @p timeout_ms -1: for ever. */
weir_status wr_engine_drain(wr_engine *e, int timeout_ms, weir_error *err) WR_MUST_CHECK;
/**
 * Wait (5 s at most) until queries have seen what was inserted before: reading one's own writes
 * (architecture.md, Traps 9). @p interrupted (may be NULL) ends it early and stays set.
 */
void wr_engine_wait_for_writes(wr_engine *e, const atomic_bool *interrupted);
/** Would that have to wait? */
bool wr_engine_has_unseen_writes(wr_engine *e);
/** Something was written to topics: pull queries wait until running queries have seen it. */
void wr_engine_note_write(wr_engine *e);

/* ---- parts ---- */

wr_log *wr_engine_log(wr_engine *e);
/** Schemas of topics: the registry of the settings, or one of this process on the embedded log.
 *  NULL: on Kafka, where the settings name none. */
wr_registry *wr_engine_registry(wr_engine *e);
/**
 * Register a schema for a statement; without the lock; @p interrupt as in registry.h. In the
 * registry of this process it is kept with the data directory, durable on return.
 */
weir_status wr_engine_register_schema(wr_engine *e, const wr_registry_interrupt *interrupt,
                                      const char *subject, const wr_schema_draft *draft,
                                      const wr_registry_schema **out,
                                      weir_error *err) WR_MUST_CHECK;
/** Forget a subject, with what is kept of it. */
weir_status wr_engine_delete_subject(wr_engine *e, const wr_registry_interrupt *interrupt,
                                     const char *subject, weir_error *err) WR_MUST_CHECK;
wr_db *wr_engine_db(wr_engine *e);
/** Server settings; constant. */
const wr_settings *wr_engine_settings(const wr_engine *e);
wr_clock *wr_engine_clock(wr_engine *e);
/** Functions that statements may call; constant while the engine is open. */
const wr_function_registry *wr_engine_functions(const wr_engine *e);
wr_engine_mode wr_engine_mode_of(const wr_engine *e);
bool wr_engine_on_kafka(const wr_engine *e);
/** One push query more, unless there are @p most already. Any thread, without the lock. */
bool wr_engine_enter_push(wr_engine *e, int64_t most) WR_MUST_CHECK;
void wr_engine_leave_push(wr_engine *e);
/** How many there are. Any thread, without the lock. */
uint64_t wr_engine_push_queries(const wr_engine *e);
/** Ids of queries depend on names alone. */
bool wr_engine_is_service(const wr_engine *e);
/** Are statements kept for the next opening? Not while they are replayed. */
bool wr_engine_keeps_statements(const wr_engine *e);
/** Do the processes of the service share their statements through a command topic? */
bool wr_engine_shares_statements(const wr_engine *e);
/** How they do; made by runtime/statement when the engine is opened. NULL: they do not. */
typedef struct wr_sharing wr_sharing;
wr_sharing *wr_engine_sharing(const wr_engine *e);
/** @p close ends it, before queries are stopped. Once, before anybody else uses the engine. */
void wr_engine_set_sharing(wr_engine *e, wr_sharing *sharing, void (*close)(wr_sharing *));
/** Of groups and internal topics of persistent queries. */
const char *wr_engine_prefix(const wr_engine *e);
/** Where queries that are started find each other; NULL where they have no threads. */
wr_scheduler *wr_engine_scheduler(wr_engine *e);
/** Fill in what all queries of this engine have in common, @p transient or persistent. */
void wr_engine_query_options(wr_engine *e, bool transient, wr_query_options *out);

void wr_engine_lock(wr_engine *e);
void wr_engine_unlock(wr_engine *e);

/* Under the lock. */
wr_catalog *wr_engine_catalog(wr_engine *e);
/** The number that the next statement that defines something gets, and taking it. */
uint64_t wr_engine_next_id(const wr_engine *e);
uint64_t wr_engine_take_id(wr_engine *e);
/** The next number is at least @p id. */
void wr_engine_set_next_id(wr_engine *e, uint64_t id);
uint64_t wr_engine_random(wr_engine *e);

#endif
