/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_change.h - query files that have changed since the data directory last saw them.
 *
 * A query's state and offsets were made by a statement. While the files are checked, each statement
 * is compared with what the directory keeps of its query (query_record.h); where it means something
 * else, nothing of the files runs, or what the user has asked for is done.
 *
 *     new, the same, or changed as OR REPLACE may   it starts, or goes on
 *     otherwise                                     WR_ON_CHANGE_*
 *
 * An INSERT INTO ... SELECT has no name: one that the directory does not know is compared with
 * those of the same files and the same sink that are not in them any more, and goes on as such a
 * one where it may. Likewise a stream that has become a table, or the other way round.
 */
#ifndef WR_RUNTIME_STATEMENT_PROGRAM_CHANGE_H
#define WR_RUNTIME_STATEMENT_PROGRAM_CHANGE_H

#include "runtime/query/query_record.h"
#include "runtime/statement/statement.h"

/** What planning a statement of a file has found out; in the statement's arena. */
typedef struct wr__defined {
    const char *query_id; /* NULL: it makes no query */
    bool insert;
    const char *sink;    /* topic; "": none */
    const char *meaning; /* wr_plan.meaning */
    /* How the state in the directory differs, where no record says what it means; "": not. */
    const char *state_difference;
    const char *warning; /* wr_plan.warning */
} wr__defined;

/**
 * A statement of the program that makes a query, and what was decided about it. Most have neither
 * of the two last members: they go on, or begin, as they are written.
 */
typedef struct wr__program_query {
    size_t statement; /* ordinal in the program */
    wr__defined defined;
    const char *as_id;    /* an INSERT that goes on under the id of one before; NULL: its own */
    const char *old_text; /* executed instead of the statement; NULL: the statement */
} wr__program_query;

/**
 * All of a program. Filled in while the files are checked, decided on at the end of that, and then
 * only looked at: what is executed follows from it, statement by statement.
 */
typedef struct wr__changes {
    wr_engine *engine;
    wr_arena *arena;
    wr_on_change policy;
    const char *program; /* the files' names */
    wr_query_records kept;
    wr_arr(wr__program_query) queries;         /* in order of statements */
    wr_arr(const wr_query_record *) restarted; /* to be forgotten before anything runs */
} wr__changes;

/** Read what the directory keeps. @p c lives as long as @p a. */
weir_status wr__changes_init(wr__changes *c, wr_engine *e, const char *program, wr_on_change policy,
                             wr_arena *a, weir_error *err) WR_MUST_CHECK;
/** A statement that was planned. @p old_text: set where the policy is to go on with the statement
 *  before, which is to be planned instead. */
weir_status wr__changes_add(wr__changes *c, size_t statement, const wr__defined *d,
                            const char **old_text, weir_error *err) WR_MUST_CHECK;
/** After the last statement. @param at statement that is at fault. Nothing has an effect yet. */
weir_status wr__changes_decide(wr__changes *c, size_t *at, weir_error *err) WR_MUST_CHECK;
/** Queries that are to begin anew lose state and offsets. */
weir_status wr__changes_apply(const wr__changes *c, weir_error *err) WR_MUST_CHECK;
/** NULL: the statement makes no query. */
const wr__program_query *wr__changes_find(const wr__changes *c, size_t statement);

#endif
