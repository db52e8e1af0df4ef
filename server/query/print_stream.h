/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print_stream.h - PRINT over HTTP: lines of text as records come (rest-api.md 5.4, 5.6).
 *
 * A topic is read by polling, so each PRINT has a thread: people use it to look at a topic, it is
 * not what a server does all day. The thread waits while WR__PRINT_PENDING bytes wait for the
 * client.
 *
 * Threads: the functions here on the loop thread.
 */
#ifndef WR_SERVER_QUERY_PRINT_STREAM_H
#define WR_SERVER_QUERY_PRINT_STREAM_H

#include "server/query/feed.h"

/** Bytes of lines above which the reading of the topic waits. */
#define WR__PRINT_PENDING (128u << 10)
/** A client that waits longer for a record gets an empty line, where the shape has them. */
#define WR__PRINT_IDLE_MS 1000

typedef enum wr__print_shape {
    WR__PRINT_TEXT,  /* formats first; empty lines while there is nothing */
    WR__PRINT_LINES, /* records alone */
    WR__PRINT_WEBSOCKET,
} wr__print_shape;

typedef struct wr__print_stream wr__print_stream;

/** Begin. @p exec (PRINT) and @p session are taken. @p refuse: as for queries. */
wr__print_stream *wr__print_begin(wr_http_exchange *x, wr_exec *exec, wr_session *session,
                                  wr__print_shape shape, wr__refuse refuse);
void wr__print_drained(wr__print_stream *p);
/** The exchange is over; @p p is not to be used any more. */
void wr__print_gone(wr__print_stream *p);

#endif
