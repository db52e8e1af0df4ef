/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_connection.h - one connection to one broker: TCP, TLS, SASL, the broker's versions, requests
 * and their answers, in order. Nothing blocks but looking up the host's name.
 *
 * A connection that fails is down, says why, and may be brought up again after a back-off; what was
 * under way on it has no answer: its user compares `failures`.
 *
 * Threads: a connection belongs to one, like everything it is given.
 */
#ifndef WR_RUNTIME_LOG_WIRE_WIRE_CONNECTION_H
#define WR_RUNTIME_LOG_WIRE_WIRE_CONNECTION_H

#include "runtime/log/wire/config.h"
#include "runtime/log/wire/figures.h"
#include "runtime/log/wire/wire_answers.h"

typedef struct wr_wire_connection wr_wire_connection;

/** @p epoll_fd: where its socket is watched, with the connection as data.ptr. All but the host is
 *  borrowed for its life. Nothing is done before wr__wire_connection_tend. */
wr_wire_connection *wr__wire_connection_new(const wr_wire_config *config, int epoll_fd,
                                            wr_wire_answers *answers, const char *host, int port);
void wr__wire_connection_free(wr_wire_connection *c);
/** The broker is at this place from now on. What is under way at another one is lost. */
void wr__wire_connection_move(wr_wire_connection *c, const char *host, int port);

/** Bring it up where it is down and the back-off is over; give up what takes too long. */
void wr__wire_connection_tend(wr_wire_connection *c, int64_t now_ms);
/** When tend has something to do; INT64_MAX: not by itself. */
int64_t wr__wire_connection_due(const wr_wire_connection *c);
/** Its socket is ready for something: go on. */
void wr__wire_connection_progress(wr_wire_connection *c);
/** Requests may be made. */
bool wr__wire_connection_ready(const wr_wire_connection *c);
/** It is up, or on its way. */
bool wr__wire_connection_alive(const wr_wire_connection *c);
/** How often it has failed or was ended since it was made. */
uint32_t wr__wire_connection_failures(const wr_wire_connection *c);
/** Of these, how often it failed by itself: the broker was not there, or made no sense. */
uint32_t wr__wire_connection_faults(const wr_wire_connection *c);
/** End it, without a back-off: what is under way is not wanted any more. Counts as a failure. */
void wr__wire_connection_reset(wr_wire_connection *c);
/** An answer made no sense: as a failure of its own. */
void wr__wire_connection_refuse(wr_wire_connection *c, const weir_error *why);

/** The version of a request that both know; -1: none. @pre ready */
int16_t wr__wire_connection_version(const wr_wire_connection *c, wr_wire_api api);
/** Begin a request, of the version that was chosen. @return where its body goes. @pre ready */
wr_buf *wr__wire_connection_begin(wr_wire_connection *c, wr_wire_api api, int16_t version);
/** Send it. @p patience_ms: what the broker may take on purpose, besides the time-out. */
void wr__wire_connection_send(wr_wire_connection *c, int patience_ms);
/** The next answer, in the order of the requests, to be given back; NULL: none yet. */
wr_wire_answer *wr__wire_connection_answer(wr_wire_connection *c);
/** Add its figures to @p sum, those of requests and connections. Round trips begin anew. */
void wr__wire_connection_figures(wr_wire_connection *c, wr_wire_figures *sum);

#endif
