/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - connections and exchanges, for the files of this folder.
 *
 *   socket ──▶ connection.c ──▶ [tls.c] ──▶ http1.c | http2.c | websocket.c ──▶ exchange.c ──▶
 * handler
 *
 * A protocol is a machine over bytes: it is given what came and appends what is to go to `out`. It
 * knows no socket, so tests and fuzz targets run it on a connection without one.
 *
 * A turn: a callback of the loop hands bytes in, or a caller writes a response; whoever has output
 * is on the server's list of dirty connections, and before the loop waits each of them is flushed
 * with one write. Exchanges end there too, never under the feet of a handler that is at work.
 */
#ifndef WR_SERVER_HTTP_INTERNAL_H
#define WR_SERVER_HTTP_INTERNAL_H

#include "common/arena.h"
#include "common/map.h"
#include "server/http/http.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <uv.h>

typedef struct wr__conn wr__conn;

/** What may wait in `out` of a connection before its protocol is asked for no more. */
#define WR__OUT_MAX (256u << 10)

typedef struct wr__protocol {
    /** Bytes came; *used of them were taken (all, unless it waits for something). @return false:
     *  the connection is to be closed once `out` has gone. */
    bool (*receive)(wr__conn *c, const uint8_t *data, size_t n, size_t *used);
    /** Put into `out` what there is, up to WR__OUT_MAX; end exchanges that are done. @return as
     *  receive. */
    bool (*flush)(wr__conn *c);
    /** The connection is going: end all exchanges, free `state`. */
    void (*close)(wr__conn *c);
    /** No new exchanges; those that stream are ended. */
    void (*stop)(wr__conn *c);
    /* Of an exchange; `n` bytes of body follow, -1: not known. */
    void (*head)(wr_http_exchange *x, int status, const wr_http_field *fields, int64_t n);
    void (*write)(wr_http_exchange *x, const void *data, size_t n);
    void (*finish)(wr_http_exchange *x);
    void (*abort)(wr_http_exchange *x);
    size_t (*buffered)(const wr_http_exchange *x);
    void (*pause)(wr_http_exchange *x, bool paused);
} wr__protocol;
extern const wr__protocol wr__http1, wr__http2, wr__websocket;

typedef struct wr__field {
    const char *name, *value; /* name in small letters */
} wr__field;

struct wr_http_exchange {
    wr__conn *conn;
    uint64_t id;
    wr_http_version version;
    wr_arena *arena; /* all texts of the request */
    const char *method, *path, *query;
    wr_arr(wr__field) fields;
    size_t head_bytes;
    wr_buf body;
    void *data;
    bool begun;           /* the handler knows it */
    bool wants_websocket; /* an Upgrade to one */
    bool streaming;       /* the body goes to the handler as it comes */
    bool body_done, too_large, body_paused;
    bool responding, finished, ended;
    bool was_buffered; /* something waits: `drained` is due */
    /* http1.c */
    bool keep_alive, chunked, no_body;
    /* http2.c */
    int32_t stream;
    wr_buf out;
    size_t out_at;
    bool deferred;
    bool head_too_large, end_held; /* the body's end came while it was paused */
    /* websocket.c */
    struct wr__websocket_state *websocket;
    wr_http_exchange *next, *prev; /* of the connection */
};

/** What a TLS connection has beside its socket: tls.c. */
typedef struct wr__tls wr__tls;

struct wr__conn {
    wr_http_server *server; /* NULL: a test's */
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    bool is_pipe, reading, dirty, closing, no_socket;
    bool ending;                  /* to be closed once everything has gone */
    bool shut;                    /* everything has; what still comes is thrown away */
    bool writing;                 /* a write is under way */
    wr__tls *tls;                 /* or NULL */
    const wr__protocol *protocol; /* NULL: the first bytes are not here yet */
    void *state;
    wr_buf in;   /* came and not taken */
    wr_buf out;  /* plain; of the protocol */
    wr_buf wire; /* given to the socket */
    uv_write_t write;
    size_t limit_head, limit_body;
    uint32_t limit_streams;
    const wr_http_handler *handler;
    wr_http_exchange *exchanges, *spare;
    char peer[64];
    int64_t since_ms; /* idle, or shut, since; or a head has been coming since */
    int64_t received_ms;
    int64_t stuck_ms; /* a write has been waiting since; 0: none */
    bool in_head;
    wr__conn *next, *prev, *next_dirty;
};

struct wr_http_server {
    wr_http_options o;
    wr_http_handler handler;
    uv_loop_t loop;
    uv_thread_t thread;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_async_t wake;
    uv_prepare_t before;
    uv_check_t after;
    uv_timer_t sweep, grace;
    bool has_tcp, has_pipe, sweeping, stopping;
    uint16_t port;
    SSL_CTX *tls;
    wr__conn *conns, *dirty;
    uint32_t conns_n;
    wr_map by_id; /* 8 bytes of the id -> exchange, of those that the handler knows */
    uint64_t next_id;
    uint8_t buffer[64u << 10]; /* what a read fills: nobody keeps it */
    struct wr__http_pool *pool;
    /* Any thread. */
    pthread_mutex_t lock;
    struct wr__posted *posted, **posted_end;
};

/* ---- connection.c ---- */

void wr__conn_accept(wr_http_server *s, uv_stream_t *listener, bool is_pipe);
/** For tests: no socket; what is sent stays in `out`. */
wr__conn *wr__conn_without_socket(const wr_http_handler *handler, size_t max_head, size_t max_body);
void wr__conn_free_without_socket(wr__conn *c);
/** Plain bytes came. */
void wr__conn_receive(wr__conn *c, const uint8_t *data, size_t n);
/** To be flushed before the loop waits. */
void wr__conn_touch(wr__conn *c);
void wr__conn_flush(wr__conn *c);
/** At once; `out` is lost. */
void wr__conn_close(wr__conn *c);
/** Bytes that the protocol has put out and the kernel has not taken. */
size_t wr__conn_pending(const wr__conn *c);
int64_t wr__conn_now(const wr__conn *c);
void wr__conn_sweep(wr_http_server *s);
void wr__conn_read(wr__conn *c, bool on);

/* ---- exchange.c ---- */

wr_http_exchange *wr__exchange_new(wr__conn *c, wr_http_version version);
/** `end`, if the handler knows it; then it is freed. */
void wr__exchange_end(wr_http_exchange *x);
/** The head is here. @return false: it was answered with an error, and the body does not count. */
void wr__exchange_head(wr_http_exchange *x);
void wr__exchange_body(wr_http_exchange *x, const void *data, size_t n);
void wr__exchange_body_end(wr_http_exchange *x);
/** "path?query", split and decoded. @return false: no such path may be. */
bool wr__exchange_target(wr_http_exchange *x, const char *target, size_t n);
/** @p n bytes of a name and a value. @return false: the head is too large. */
bool wr__exchange_field(wr_http_exchange *x, const char *name, size_t name_n, const char *value,
                        size_t value_n);
/** Tell the handlers of exchanges whose output has gone. */
void wr__exchange_drained(wr__conn *c);
/** An error of the transport itself: a text, and the connection ends after it. */
void wr__exchange_refuse(wr_http_exchange *x, int status);
const char *wr__status_text(int status);

/* ---- http1.c ---- */

/** The connection speaks WebSocket from here on: the parser goes, now or after the call it is in.
 */
void wr__http1_release(wr__conn *c);

/* ---- tls.c ---- */

weir_status wr__tls_context(const wr_http_tls *o, SSL_CTX **out, weir_error *err) WR_MUST_CHECK;
wr__tls *wr__tls_new(SSL_CTX *context);
void wr__tls_free(wr__tls *t);
/** Bytes of the wire; plain ones go to wr__conn_receive. @return false: the connection fails. */
bool wr__tls_receive(wr__conn *c, const uint8_t *data, size_t n);
/** Plain bytes of c->out into `wire`. */
bool wr__tls_send(wr__conn *c);
const char *wr__tls_subject(wr__tls *t);
/** "h2", or NULL. */
bool wr__tls_is_http2(const wr__tls *t);

/* ---- pool.c ---- */

typedef struct wr__http_pool wr__http_pool;
wr__http_pool *wr__http_pool_new(wr_http_server *s);
void wr__http_pool_run(wr__http_pool *p, void (*work)(void *), void (*done)(void *), void *arg);
/** Waits until there is nothing to do. Nobody may hand in work meanwhile. */
void wr__http_pool_wait_idle(wr__http_pool *p);
/** Waits for what is at work. */
void wr__http_pool_free(wr__http_pool *p);

#endif
