/* SPDX-License-Identifier: Apache-2.0 */
/* http1_head.h - what HTTP/1 puts around a response: head and chunks. Pure. */
#ifndef WR_SERVER_HTTP_HTTP1_HEAD_H
#define WR_SERVER_HTTP_HTTP1_HEAD_H

#include "server/http/http.h"

typedef struct wr__http1_head {
    int status;
    const char *date;            /* or "": none */
    const wr_http_field *fields; /* ended by a NULL name; or NULL */
    const wr_http_field *added;  /* more of them */
    bool chunked;
    int64_t length; /* of the body; -1: not told */
    bool close;
    bool keep_alive; /* to be said (HTTP/1.0) */
} wr__http1_head;

/** Status line, headers, empty line. Control bytes in values become blanks. */
void wr__http1_head_put(wr_buf *out, const wr__http1_head *head);
/** A whole response of the server's own, after which the connection is closed. */
void wr__http1_plain(wr_buf *out, int status);
/** @pre n > 0 (an empty chunk ends a body) */
void wr__http1_chunk_put(wr_buf *out, const void *data, size_t n);
/** "Not Found"; "" for one that has no name. */
const char *wr__status_text(int status);

#endif
