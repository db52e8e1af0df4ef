/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_client.h - one exchange that gets rows: its header, rows, and end, in its form.
 *
 * A client is written to by its feed alone. Once it is over (finished, failed, refused) nothing
 * more is written, but it stays until its exchange has ended. Loop thread.
 */
#ifndef WR_SERVER_QUERY_ROW_CLIENT_H
#define WR_SERVER_QUERY_ROW_CLIENT_H

#include "server/query/feed.h"

typedef struct wr__feed wr__feed;

struct wr__row_client {
    wr__feed *feed;              /* NULL: none any more */
    wr__row_client *next, *prev; /* clients of the feed */
    wr_http_exchange *x;
    wr__row_form form;
    bool websocket;
    const char *host;
    wr__refuse refuse;
    char *sql, *id;       /* id: NULL until it has a header */
    wr__row_frame *frame; /* NULL until then, and for a WebSocket */
    /* While the feed it has joined is opening: its own statement, should it not be shared. */
    wr_exec *exec;
    wr_session *session;
    /* In the list of wr_feeds; under its lock. */
    wr__row_client *listed_next, *listed_prev;
    bool listed, ending;
};

/** An id for rows that are no query's of the engine; valid until the next call. feed.c */
const char *wr__lookup_id(wr_feeds *f);
/** Status, fields and the first element. @return false: it could not, and has been refused. */
bool wr__row_client_head(wr__row_client *c, const wr_exec *x, wr_buf *scratch);
/** The row of the last step. @p out: where rows are collected; for a WebSocket
 *  only used. */
weir_status wr__row_client_row(wr__row_client *c, const wr_exec *x, wr_buf *out, weir_error *err);
void wr__row_client_finish(wr__row_client *c, const char *final_message, wr_buf *scratch);
/** An error after the first byte. */
void wr__row_client_fail(wr__row_client *c, const char *message, wr_buf *scratch);
void wr__row_client_refuse(wr__row_client *c, weir_status st, const weir_error *err);
/** Has its response ended? */
bool wr__row_client_over(const wr__row_client *c);
void wr__row_client_free(wr__row_client *c);

#endif
