/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - who may come in: basic authentication by a file of passwords (rest-api.md 8), and bearer
 * tokens that an issuer has signed (tokens/).
 *
 * A hash of a password takes tens of milliseconds, and a token may wait for its keys, so they are
 * checked on a thread of the pool while the exchange is held, and what came of it is remembered by
 * a keyed hash of the Authorization header: the next request of the same client costs a look into a
 * table. What comes through the Unix socket, which only the process's own user can open, needs no
 * password.
 *
 * Thread: the loop's, but for wr_gate_new and wr_gate_free.
 */
#ifndef WR_SERVER_GATE_H
#define WR_SERVER_GATE_H

#include "engine/plan/settings.h"
#include "server/http/http.h"

typedef struct wr_gate wr_gate;

/** By authentication.* and weir.authentication.*. @return WEIR_ERR_CONFIG, WEIR_ERR_IO */
weir_status wr_gate_new(const wr_settings *settings, wr_gate **out, weir_error *err) WR_MUST_CHECK;
/** @pre the server has stopped. NULL is allowed. */
void wr_gate_free(wr_gate *g);
/** Does it ask anybody? */
bool wr_gate_guards(const wr_gate *g);
/** Any thread: read passwords and keys again. They count once the loop has taken them. */
weir_status wr_gate_reload(wr_gate *g, wr_http_server *http, weir_error *err) WR_MUST_CHECK;

/**
 * In `begin` of an exchange.
 * @param user  the name, borrowed until the callback returns; NULL: none was needed.
 * @return false: the exchange is held (begin comes again), or was answered with 401.
 */
bool wr_gate_admits(wr_gate *g, wr_http_exchange *x, const char **user);

#endif
