/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - one client's connection without its socket: bytes go in, bytes come out.
 *
 * The protocol (HTTP/1, HTTP/2, WebSocket) is chosen by the first bytes and may change once, when
 * an HTTP/1 connection becomes a WebSocket or goes on as HTTP/2. A socket (socket.c) or a test
 * feeds wr__conn_input with plain text and takes `out`; wr__conn_advance is called at the end of a
 * turn of the loop for each connection that has asked for it (`wake`), and does everything that
 * must not happen below a handler's call: ends exchanges, makes output, reports drained ones.
 *
 * Thread: the loop's. Nothing here frees a connection below a call of a handler: `dead` and
 * `closing` say what the owner is to do with it.
 */
#ifndef WR_SERVER_HTTP_CONNECTION_H
#define WR_SERVER_HTTP_CONNECTION_H

#include "server/http/http.h"

typedef struct wr__conn wr__conn;

/** What all connections of a server share; knows nothing of sockets. */
typedef struct wr__http_core {
    wr_http_handler handler;
    wr_http_server *server;       /* what wr_http_server_of returns; NULL in tests */
    void (*wake)(wr__conn *c);    /* call wr__conn_advance at the end of this turn */
    int64_t (*now_ms)(void *arg); /* a steady clock; NULL: time stands still */
    void *clock_arg;
    size_t max_body, max_head;
    uint32_t max_streams;
    bool stopping;            /* responses say "connection: close" */
    char date[32];            /* for the Date header, or "" */
    wr_http_exchange **table; /* by slot; those that are free are in a list */
    uint32_t table_n, table_cap;
    wr_http_exchange *free;
    size_t bodies; /* bytes of collected bodies that are held now */
} wr__http_core;

/** A protocol: what HTTP/1, HTTP/2 and WebSocket do in their own ways. */
typedef struct wr__protocol {
    /** Bytes came. Takes all of them (what cannot be handled yet waits in c->in). */
    void (*input)(wr__conn *c, const char *data, size_t n);
    /** The end of a turn: see above. */
    void (*advance)(wr__conn *c);
    /** No more bytes will come; those sent may still arrive. */
    void (*eof)(wr__conn *c);
    /** Finish what is there, then close (`now`: break off what streams). */
    void (*shutdown)(wr__conn *c);
    /** End all exchanges; free the state. */
    void (*close)(wr__conn *c);

    /* Of an exchange; the checks that are the same for all have been made (exchange.c). */
    void (*respond)(wr_http_exchange *x, int status, const wr_http_field *fields, const void *body,
                    size_t n, bool last);
    void (*write)(wr_http_exchange *x, const void *data, size_t n);
    void (*finish)(wr_http_exchange *x);
    void (*abort)(wr_http_exchange *x);
    size_t (*buffered)(const wr_http_exchange *x);
} wr__protocol;

extern const wr__protocol wr__http1, wr__http2, wr__websocket;

/** What a deadline is set for; each kind has one length (socket.c). */
typedef enum wr__wait {
    WR_WAIT_NOTHING, /* the handler is at work, or a stream is quiet */
    WR_WAIT_HEAD,    /* the first bytes, or the rest of a head */
    WR_WAIT_IDLE,    /* the next request */
    WR_WAIT_BODY,    /* more of a body; any byte that comes begins it anew */
    WR_WAIT_TAKING,  /* the client is to take bytes; any byte taken begins it anew */
} wr__wait;

struct wr__conn {
    wr__http_core *core;
    const wr__protocol *protocol; /* NULL until the first bytes are here */
    void *state;                  /* the protocol's */
    wr_http_exchange *exchanges;  /* open ones, in a list */
    wr_buf in;                    /* came, but must wait; from in_at */
    size_t in_at;
    wr_buf out;          /* to be sent, in plain text */
    size_t unsent;       /* bytes the owner has taken from `out`, and the kernel has not */
    const char *peer;    /* borrowed from the owner, as is */
    const char *subject; /* this; or NULL */
    wr__wait wait;       /* what the client is waited for; kept by the protocol */
    uint32_t requests;   /* begun; so that waiting for a second head is another wait */
    bool local;          /* by the Unix socket */
    bool secure;         /* under TLS */
    bool must_be_http2;  /* ALPN said so */
    bool awake;          /* kept by the owner: `wake` was called */
    bool paused;         /* take no more from the socket for now */
    bool closing;        /* close once `out` is sent */
    bool linger;         /* before that, let the client send what it is sending */
    bool dead;           /* reset now */
};

void wr__conn_init(wr__conn *c, wr__http_core *core);
/** Ends its exchanges, which their handler hears. */
void wr__conn_fini(wr__conn *c);
void wr__conn_input(wr__conn *c, const char *data, size_t n);
void wr__conn_eof(wr__conn *c);
void wr__conn_advance(wr__conn *c);
void wr__conn_shutdown(wr__conn *c);
void wr__conn_wake(wr__conn *c);
/** A deadline has passed. */
void wr__conn_timeout(wr__conn *c);
/** Bytes that wait for the kernel. */
static inline size_t wr__conn_backlog(const wr__conn *c)
{
    return c->out.len + c->unsent;
}
/** Above this many of them nothing more is made for the client, and nothing read from it. */
#define WR__BACKLOG_MAX (128u << 10)
/** More than this is not kept of bytes that cannot be handled yet. */
#define WR__INPUT_MAX (64u << 10)

/** Of tests and of the server's end. */
void wr__http_core_fini(wr__http_core *core);

#endif
