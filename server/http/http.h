/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - HTTP/1.1, HTTP/2 and WebSocket on one port.
 *
 * A server has one loop thread, on which every callback runs and every function here is called,
 * wr_http_post and wr_http_server_stop excepted. So nothing here has locks, and nothing that is
 * called here may wait: what has to (a statement, a scan) is handed to wr_http_work, or to a thread
 * of the caller's own that comes back through wr_http_post.
 *
 * An *exchange* is one request and its response: a message of HTTP/1, a stream of HTTP/2, or a
 * WebSocket. It lives from `begin` to `end`, which comes exactly once, whatever happens: after the
 * response has gone, when the client has gone, when a limit was broken, when the server stops. Who
 * has work elsewhere for an exchange forgets it in `end`.
 *
 * Back-pressure: what is written is kept until the connection (and HTTP/2's windows) takes it.
 * Writers look at wr_http_buffered and stop above a limit of their own; `drained` says when to go
 * on. A connection whose client takes nothing for `slow_client_ms` while something waits for it is
 * closed.
 *
 * Nothing here knows of SQL.
 */
#ifndef WR_SERVER_HTTP_HTTP_H
#define WR_SERVER_HTTP_HTTP_H

#include "common/buf.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wr_http_server wr_http_server;
typedef struct wr_http_exchange wr_http_exchange;

typedef enum wr_http_version { WR_HTTP_1, WR_HTTP_2, WR_HTTP_WEBSOCKET } wr_http_version;

/** What happens to exchanges. Loop thread. Functions may be NULL where nobody cares. */
typedef struct wr_http_handler {
    /**
     * The head of a request is here. May respond at once (the rest of the body is then thrown
     * away). Where it returns true the body is handed to `body` piece by piece as it comes;
     * otherwise it is collected, up to the server's limit, and `request` is called.
     * Who must ask elsewhere first calls wr_http_hold: `begin` is called again after it.
     */
    bool (*begin)(void *arg, wr_http_exchange *x);
    /** A piece of the body, borrowed; @p last: it is the last one (may be empty). */
    void (*body)(void *arg, wr_http_exchange *x, const void *data, size_t n, bool last);
    /** The whole request is here: wr_http_body. */
    void (*request)(void *arg, wr_http_exchange *x);
    /** Everything that was written has been taken by the connection. */
    void (*drained)(void *arg, wr_http_exchange *x);
    /** After `request` and before a response, HTTP/1: the client has closed its side. It may still
     * wait for the answer, or have gone, which looks the same: what it would wait for long is not
     * worth a thread. May be NULL. */
    void (*half_closed)(void *arg, wr_http_exchange *x);
    /** A text message of a WebSocket's client; borrowed. */
    void (*message)(void *arg, wr_http_exchange *x, const char *text, size_t n);
    /** The exchange is over; @p x is gone on return. */
    void (*end)(void *arg, wr_http_exchange *x);
    void *arg;
} wr_http_handler;

/* ---- the request; borrowed until `end` ---- */

wr_http_version wr_http_version_of(const wr_http_exchange *x);
/** "GET", "POST" ... */
const char *wr_http_method(const wr_http_exchange *x);
/** The path, percent-decoded, without query; "" never. Bytes 0 in it are refused before. */
const char *wr_http_path(const wr_http_exchange *x);
/** A parameter of the query, percent-decoded (+ is a blank); NULL: it has none of that name. */
const char *wr_http_parameter(const wr_http_exchange *x, const char *name);
/** The query as it came, without '?'; "" where there is none. Not for logs: it may hold anything.
 */
const char *wr_http_query(const wr_http_exchange *x);
/** A header, name in any case; several of a name are joined by ", ". NULL: there is none. */
const char *wr_http_header(const wr_http_exchange *x, const char *name);
/** "127.0.0.1:50112", or "unix". */
const char *wr_http_peer(const wr_http_exchange *x);
/** Subject of the client's certificate, or NULL. */
const char *wr_http_client_subject(const wr_http_exchange *x);
/** Came it through the Unix socket? */
bool wr_http_is_local(const wr_http_exchange *x);
/** The collected body; followed by a byte 0 that is not counted. */
const char *wr_http_body(const wr_http_exchange *x, size_t *n);
/** What the handler keeps with the exchange; NULL at first. */
void *wr_http_data(const wr_http_exchange *x);
void wr_http_set_data(wr_http_exchange *x, void *data);
/** The same for what stands before the handler: authentication, a log of requests. */
void *wr_http_front(const wr_http_exchange *x);
void wr_http_set_front(wr_http_exchange *x, void *front);
/** A number that no other exchange of this server has or gets. With it a thread can name an
 *  exchange that may be over by the time it is looked for. */
uint64_t wr_http_id(const wr_http_exchange *x);
/** NULL: it is over. */
wr_http_exchange *wr_http_find(wr_http_server *s, uint64_t id);
wr_http_server *wr_http_server_of(const wr_http_exchange *x);

/* ---- the response ---- */

typedef struct wr_http_field {
    const char *name, *value; /* name in any case: it is sent in small letters on HTTP/2 */
} wr_http_field;

/** A header that the response will have, whoever gives it. Copied. Before the response. */
void wr_http_add_field(wr_http_exchange *x, const char *name, const char *value);
/** The whole response in one go. @p body is copied; fields end with a NULL name, or are NULL. */
void wr_http_respond(wr_http_exchange *x, int status, const wr_http_field *fields, const void *body,
                     size_t n);
/** A response that comes piece by piece: chunked on HTTP/1.1, DATA frames on HTTP/2. */
void wr_http_begin_response(wr_http_exchange *x, int status, const wr_http_field *fields);
/** A piece, copied; sent at the end of this turn of the loop. Ignored after the end. */
void wr_http_write(wr_http_exchange *x, const void *data, size_t n);
void wr_http_finish(wr_http_exchange *x);
/** Before the response: its body is lines, and each goes in a chunk or DATA frame of its own, as
 * from a server that writes them one at a time (so on HTTP/1.1 it has no Content-Length). Clients
 * that take each piece of a body for a row need it (npm ksqldb-client, ksql-python-ng). */
void wr_http_split_lines(wr_http_exchange *x);
/** Break off: the connection (HTTP/1, WebSocket) or the stream (HTTP/2) is reset. */
void wr_http_abort(wr_http_exchange *x);
/** Bytes written and not yet taken by the kernel. */
size_t wr_http_buffered(const wr_http_exchange *x);
/** Has a response begun? */
bool wr_http_responding(const wr_http_exchange *x);
/** `body` is not called (and the client is held back) until it is taken back. */
void wr_http_pause_body(wr_http_exchange *x, bool paused);
/** Only in `begin`, whose result then does not count: nothing more of the request is looked at
 *  until wr_http_release, after which `begin` is called again, from the loop and not from below. A
 *  response may be given instead. */
void wr_http_hold(wr_http_exchange *x);
void wr_http_release(wr_http_exchange *x);

/* ---- for a log of requests, in `end` ---- */

/** The status that was sent; 0: none was. */
int wr_http_status(const wr_http_exchange *x);
/** Bytes of the response's body. */
uint64_t wr_http_sent(const wr_http_exchange *x);
/** Since the head began to come. */
int64_t wr_http_age_ms(const wr_http_exchange *x);

/* ---- WebSocket ---- */

/** Does the request ask for one? */
bool wr_http_wants_websocket(const wr_http_exchange *x);
/** In `request`: answer 101. From here on `message`, `drained` and `end`. */
void wr_http_accept_websocket(wr_http_exchange *x);
void wr_http_send_text(wr_http_exchange *x, const char *text, size_t n);
/** The closing handshake; @p reason is cut to 123 bytes at a letter. */
void wr_http_close_websocket(wr_http_exchange *x, int code, const char *reason);

/* ---- the server ---- */

/** TLS; NULL in wr_http_options: none. Files in PEM. */
typedef struct wr_http_tls {
    const char *certificate, *key, *key_password; /* chain; key; or NULL */
    const char *client_ca;                        /* who signs clients' certificates, or NULL */
    bool client_required;
} wr_http_tls;

typedef struct wr_http_options {
    const char *host;      /* "127.0.0.1", "::1", "0.0.0.0"; NULL: no TCP listener */
    uint16_t port;         /* 0: any free one */
    const char *unix_path; /* also listen there (mode 0600), or NULL */
    const wr_http_tls *tls;
    size_t max_body; /* bytes of a collected body */
    size_t max_head; /* bytes of a request's head */
    uint32_t max_connections;
    uint32_t max_streams; /* at a time on one HTTP/2 connection */
    int head_ms;          /* a request's head must be here by then */
    int idle_ms;          /* a connection without exchange is closed after it */
    int slow_client_ms;
} wr_http_options;
#define WR_HTTP_OPTIONS_INIT                                                                       \
    {                                                                                              \
        "127.0.0.1", 8088, NULL, NULL, 8u << 20, 64u << 10, 20000, 256, 10000, 300000, 60000       \
    }

/**
 * Bind, and start the loop thread. @p handler is copied.
 * @return WEIR_ERR_CONFIG (TLS files), WEIR_ERR_IO (address in use: says which).
 */
weir_status wr_http_server_start(const wr_http_options *options, const wr_http_handler *handler,
                                 wr_http_server **out, weir_error *err) WR_MUST_CHECK;
/** Also listen on a Unix socket (mode 0600), where it was not done at the start. On the loop
 *  thread. @return WEIR_ERR_IO, WEIR_ERR_CONFIG (the path is too long for a socket) */
weir_status wr_http_listen_unix(wr_http_server *s, const char *path, weir_error *err) WR_MUST_CHECK;
/** Read certificates again: connections from now on have them. Any thread.
 *  @return WEIR_ERR_CONFIG: those before stay. */
weir_status wr_http_server_reload_tls(wr_http_server *s, const wr_http_tls *tls,
                                      weir_error *err) WR_MUST_CHECK;
/** The port that was bound. */
uint16_t wr_http_server_port(const wr_http_server *s);
/** No new connections; exchanges get up to @p grace_ms to end by themselves (WebSockets and
 *  streaming responses are ended at once); then the thread is joined. Any thread but the loop's. */
void wr_http_server_stop(wr_http_server *s, int grace_ms);

/** Call @p fn on the loop thread soon. Any thread; in order for one caller. After stop has begun
 *  calls are still made, until the thread ends; @p fn gets them all exactly once. */
void wr_http_post(wr_http_server *s, void (*fn)(void *arg), void *arg);
/** Has this turn of the loop lasted so long (2 ms) that others should have theirs? Who has more to
 *  do, a little at a time, then goes on in a call of wr_http_post. Loop thread. */
bool wr_http_turn_is_over(const wr_http_server *s);
/** @p work on a thread of the pool, then @p done on the loop thread. From the loop thread. */
void wr_http_work(wr_http_server *s, void (*work)(void *arg), void (*done)(void *arg), void *arg);
/** Call @p fn on the loop thread once, in @p ms; *timer names it for wr_http_cancel. */
typedef struct wr_http_timer wr_http_timer;
wr_http_timer *wr_http_after(wr_http_server *s, int ms, void (*fn)(void *arg), void *arg);
/** Of one that has not been called. NULL is allowed. */
void wr_http_cancel(wr_http_timer *timer);

#endif
