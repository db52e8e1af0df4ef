/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - what SET, DEFINE and so on change; one for each connection, REPL or test case.
 *
 * Statements of one session may run in several threads, so what it holds is read and changed under
 * the engine's lock; a statement takes a copy of the settings when it begins.
 */
#ifndef WR_RUNTIME_INSTANCE_SESSION_H
#define WR_RUNTIME_INSTANCE_SESSION_H

#include "runtime/instance/engine.h"

typedef struct wr_session {
    wr_settings settings; /* over the engine's */
    wr_map variables;     /* upper-case name -> char * */
    wr_map written;       /* upper-case name of a variable -> char *, the name as it was written */
    const void *owner; /* for which its statements reserve (reservation.h); NULL: each for itself */
} wr_session;

void wr_session_init(wr_session *s, const wr_engine *e);
/** A session of its own that begins with what @p base (may be NULL) has. Under the lock. */
void wr_session_init_from(wr_session *s, const wr_engine *e, const wr_session *base);
void wr_session_free(wr_session *s);
/**
 * What SET does: a setting that sessions may change, with a value that it takes, and that whoever
 * runs the server has not kept from them. Under the lock.
 * @return WEIR_ERR_CONFIG
 */
weir_status wr_session_set(wr_session *s, wr_engine *e, const char *name, const char *value,
                           weir_error *err) WR_MUST_CHECK;

#endif
