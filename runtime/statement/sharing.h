/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sharing.h - one catalog for all processes of a service: what is defined, dropped, terminated,
 * paused and resumed goes through the command topic (runtime/instance/command_log.h).
 *
 * A statement is checked by the process that was asked, with everything that others might refuse
 * (the topic, schemas), then written, and then executed by every process, that one included, in the
 * order of the topic. It returns when its own process has executed it.
 *
 * Threads: one in each engine reads and executes. Statements come from any thread, one at a time.
 */
#ifndef WR_RUNTIME_STATEMENT_SHARING_H
#define WR_RUNTIME_STATEMENT_SHARING_H

#include "runtime/statement/statement.h"

/** The first member of what shares the statements of an engine. */
struct wr_sharing {
    /** As wr__statement_class.execute, for a statement that is for all processes. */
    weir_status (*execute)(wr_exec *x, weir_error *err);
    /* How it is with it; any thread may read them. */
    atomic_bool unreadable; /* the topic could not be read last time */
    atomic_uint left_out;   /* statements and records that this process goes on without */
};

/**
 * Read the topic to its end. Statements that the data directory had kept by itself move there, if
 * nothing is in it yet.
 * @param kept  what counts of the history; in @p a.
 * @param next  the number that the next statement has at least.
 * @return WEIR_ERR_CONFIG: the topic is none of a Weir, or both it and the directory have
 * statements.
 */
weir_status wr__sharing_open(wr_engine *e, wr_arena *a, wr_kept_list *kept, uint64_t *next,
                             weir_error *err) WR_MUST_CHECK;
/** This process cannot execute the statement: said, and remembered. */
void wr__sharing_left_out(wr_engine *e, const wr_kept *k, const weir_error *why);
/** From now on execute what comes. */
weir_status wr__sharing_start(wr_engine *e, weir_error *err) WR_MUST_CHECK;

#endif
