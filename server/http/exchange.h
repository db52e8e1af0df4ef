/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one request and its response, as the protocols fill it in.
 *
 * Exchanges are kept in a table of the server by slot, and used again with the memory that their
 * texts need, so that a small request allocates nothing. An id is the slot and how often it was
 * used.
 */
#ifndef WR_SERVER_HTTP_EXCHANGE_H
#define WR_SERVER_HTTP_EXCHANGE_H

#include "common/arena.h"
#include "server/http/connection.h"

#include <string.h>

/** So much of a body that nobody wants is read for the sake of the connection. */
#define WR__THROWN_AWAY_MAX (256u << 10)

/** Bytes of the first line of @p n bytes, its end included; @p n: they have no end of one. */
static inline size_t wr__line_len(const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);
    return end ? (size_t)(end - text) + 1 : n;
}

/** A header's name and value: 0-terminated, at these places of `head`. */
typedef struct wr__header {
    uint32_t name, value;
} wr__header;
#define WR__HEADERS_MAX 200

typedef struct wr__websocket_state wr__websocket_state;

struct wr_http_exchange {
    wr__conn *conn;                /* NULL: free */
    uint64_t id;                   /* use << 22 | slot */
    void *data, *front;            /* the handler's */
    wr_http_exchange *next, *prev; /* in the connection's list, or (next) in that of free ones */
    wr_http_version version;

    /* The request. */
    wr_buf head; /* method, target, headers: texts with a 0 after each */
    uint32_t method_at, target_at;
    wr__header *headers;
    uint32_t headers_n, headers_cap;
    wr_arena *texts; /* decoded and joined ones, made when they are asked for; NULL: none yet */
    const char *path;
    const char *query; /* not decoded; after the '?', or "" */
    wr_buf body;       /* collected, or (paused) not handed out yet */
    size_t counted;    /* of it, in the server's sum of bodies */
    int64_t began_ms;
    bool begun;       /* `begin` has been called and has not held it */
    bool held;        /* `begin` wants to be called again */
    bool again;       /* and may be now */
    bool streams;     /* `body` gets the pieces */
    bool paused;      /* but not now */
    bool complete;    /* all of the request is here */
    bool delivered;   /* and the handler has been told */
    bool half_closed; /* `half_closed` has been called */
    bool in_handler;  /* below a call of the handler */

    /* The response. */
    int status;
    uint64_t sent;        /* bytes of body */
    wr_http_field *added; /* headers whoever responds, ended by a NULL name; in texts; or NULL */
    uint32_t added_n;
    bool responding, finished, aborted;
    bool no_body; /* HEAD, 204, 304: lengths are told, bytes are not sent */
    bool chunked;
    bool lines;     /* wr_http_split_lines */
    bool undrained; /* something was written since `drained` */

    wr__websocket_state *websocket; /* once accepted; else NULL */

    /* HTTP/2 */
    int32_t stream;
    wr_buf out; /* body that flow control has not let through; from out_at */
    size_t out_at;
    bool deferred;     /* nghttp2 waits for wr_http_write */
    size_t unconsumed; /* of the body: bytes for which the client gets no new window yet */
    int refusal;       /* the head broke a limit: a status; 0 */
};

/** @return NULL: too many at a time. */
wr_http_exchange *wr__exchange_new(wr__conn *c, wr_http_version version);
/** Tell the handler that it is over, where it knows it; and free it. */
void wr__exchange_end(wr_http_exchange *x);
/**
 * The connection goes on as HTTP/2, and a request that came whole as HTTP/1 as its stream 1. The
 * answer 101 must be sent already.
 *
 * @param settings  the client's, as the payload of a SETTINGS frame; @p n bytes
 * @return false: these are no settings; nothing has changed but the protocol's state, which is NULL
 */
bool wr__http2_take_over(wr_http_exchange *x, const uint8_t *settings, size_t n);

/* ---- the head, as it comes ---- */

/** A text of the head; @return its place. */
uint32_t wr__exchange_text(wr_http_exchange *x, const char *text, size_t n);
/** @return false: there are too many. */
bool wr__exchange_header(wr_http_exchange *x, uint32_t name, uint32_t value);
/** Take the target apart. @return 0, or the status that refuses it. */
int wr__exchange_target(wr_http_exchange *x);

/* ---- towards the handler ---- */

/** The head is complete, or was held: `begin`. */
void wr__exchange_begin(wr_http_exchange *x);
/** A piece of the body. @return false: it is too big; nothing was done. */
bool wr__exchange_body(wr_http_exchange *x, const char *data, size_t n);
/** All of the request is here, or what was held is let go: tell the handler what it may know. */
void wr__exchange_deliver(wr_http_exchange *x);
/** The client has closed its side: `half_closed`, once, where it is still to be answered. */
void wr__exchange_half_closed(wr_http_exchange *x);
/** Everything was taken: `drained`, once. */
void wr__exchange_drained(wr_http_exchange *x);
/** May more of the body be taken? Not while the head is held or the body paused. */
static inline bool wr__exchange_blocked(const wr_http_exchange *x)
{
    return x->held || x->again || x->paused;
}

/** An exchange by its id; NULL: it is over. */
wr_http_exchange *wr__exchange_find(wr__http_core *core, uint64_t id);

#endif
