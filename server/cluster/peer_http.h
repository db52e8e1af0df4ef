/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_http.h - requests to the other servers of the service: several at a time from one thread, on
 * connections that are kept.
 *
 * A *line* is what one thread uses for a while: it has the connections of whoever used it before.
 * Settings: weir.server.peer.* and, for https, the server's own certificate as a client's.
 *
 * Threads: lines are taken and given back by any; a line has one user at a time.
 */
#ifndef WR_SERVER_CLUSTER_PEER_HTTP_H
#define WR_SERVER_CLUSTER_PEER_HTTP_H

#include "common/buf.h"
#include "common/error.h"
#include "engine/plan/settings.h"

typedef struct wr__peer_http wr__peer_http;
typedef struct wr__peer_line wr__peer_line;

/** One request. The caller's, until it is done or its line was given back. */
typedef struct wr__peer_request {
    const char *url, *path;
    const char *accept; /* or NULL */
    wr_str body;        /* JSON; borrowed */
    int timeout_ms;     /* for all of it; 0: none once the answer has begun, see begin_ms */
    int begin_ms;       /* until the answer begins; 0: as the whole */
    /** A piece of the body of an answer 200. @return false: enough, the request fails. NULL: it is
     * not looked at. */
    bool (*data)(void *arg, const char *bytes, size_t n);
    void *arg;
    /* What came of it. */
    bool done;
    bool refused; /* no connection: the server does not run */
    long status;  /* 0: there was no whole answer: `why` */
    char why[300];
    wr_buf error; /* the body of another answer than 200, its first 64 KiB */
    void *call;   /* peer_http.c */
} wr__peer_request;

wr__peer_http *wr__peer_http_new(const wr_settings *settings);
/** All lines were given back. NULL is allowed. */
void wr__peer_http_free(wr__peer_http *h);

wr__peer_line *wr__peer_line_take(wr__peer_http *h);
/** Requests that are not done are cut off. */
void wr__peer_line_give(wr__peer_http *h, wr__peer_line *line);

/** Send it. wr__peer_request_free in the end. */
void wr__peer_start(wr__peer_http *h, wr__peer_line *line, wr__peer_request *r);
/** Let requests go on; waits up to @p ms for something to happen. @return how many are not done. */
uint32_t wr__peer_line_run(wr__peer_line *line, int ms);
/** Cuts it off where it is not done; before its line is given back. Zeroed is allowed. */
void wr__peer_request_free(wr__peer_line *line, wr__peer_request *r);

#endif
