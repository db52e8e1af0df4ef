/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h - a running query and the clients that get its rows.
 *
 * A query has one feed; a feed has one client, or many where it is shared:
 *
 *   its own   rows are taken while the client's connection has room, and left in the query's queue
 *             otherwise: the queue fills up and the query waits, at the client's pace
 *   shared    clients with the same text and settings, which begin at the present end and whose
 * query keeps no state, have one running query; a row is encoded once for all clients of one form.
 * It goes at the pace of the fastest client: one that lets WR__CLIENT_PILE pile up meanwhile is cut
 * off
 *
 *     opening ──▶ running ──▶ closing ──▶ freed
 *        └─ fails: its clients are told ──┘
 *
 * Opening and closing may wait, so they are done by the pool (wr_http_work); all else happens on
 * the loop thread, which takes rows when the query says that there are some (wr_exec_on_rows).
 *
 * Threads: the loop thread; wr_feeds_each and wr_feeds_terminate any.
 */
#ifndef WR_SERVER_QUERY_FEED_H
#define WR_SERVER_QUERY_FEED_H

#include "runtime/statement/statement.h"
#include "server/http/http.h"
#include "server/query/row_frame.h"

/** Bytes that wait for a connection above which no rows are taken for it. */
#define WR__CLIENT_ROOM (64u << 10)
/** Bytes that may wait for a client of a shared feed before it is cut off. */
#define WR__CLIENT_PILE (512u << 10)

/** All feeds of a server. */
typedef struct wr_feeds wr_feeds;

wr_feeds *wr_feeds_new(wr_engine *e);
/** @pre the HTTP server has stopped: no exchange is there, no work is under way. */
void wr_feeds_free(wr_feeds *f);
wr_engine *wr_feeds_engine(const wr_feeds *f);

/* ---- any thread ---- */

/** Queries that run for clients: each client's id, and its statement; borrowed. A lock is held, so
 *  @p fn must not call functions of this header. */
void wr_feeds_each(wr_feeds *f, void (*fn)(void *arg, const char *id, const char *sql), void *arg);
/** The same of queries that ended a moment ago without TERMINATE (ended_queries.h). */
void wr_feeds_each_ended(wr_feeds *f, void (*fn)(void *arg, const char *id, const char *sql),
                         void *arg);
/** End the rows of the client with that id, in any case of letters (TERMINATE has it in upper
 * case).
 *  @return false: there is none, or it is ending already. True for one of wr_feeds_each_ended,
 * once.
 */
bool wr_feeds_terminate(wr_feeds *f, const char *id);

/* ---- the loop thread ---- */

typedef struct wr__row_client wr__row_client;

/** What an endpoint does with a query that could not be begun: gives the whole response. */
typedef void (*wr__refuse)(wr_http_exchange *x, const char *sql, weir_status st,
                           const weir_error *err);

typedef struct wr__feed_request {
    wr_http_exchange *x;
    wr_exec *exec;        /* PUSH or PULL; taken */
    wr_session *session;  /* of the statement, on the heap; taken */
    const char *settings; /* what of the session distinguishes queries with one text; NULL: the
                           * query is not to be shared */
    wr__row_form form;
    bool websocket;   /* frames of text; `form` is not looked at */
    const char *host; /* said with each row of a table's pull query (V1); or NULL; static */
    wr__refuse refuse;
} wr__feed_request;

/** Begin; sooner or later the exchange has its response. It must pass `drained` and `end` on to the
 *  functions below from now on. */
wr__row_client *wr__feed_begin(wr_feeds *f, const wr__feed_request *r);
void wr__row_client_drained(wr__row_client *c);
/** The exchange is over; @p c is gone on return. */
void wr__row_client_gone(wr__row_client *c);

#endif
