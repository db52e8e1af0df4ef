/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the server's own view of itself: the loop (loop.c), its sockets (socket.c) and their
 * deadlines (deadline.c). Thread: the loop's, but for what says otherwise.
 */
#ifndef WR_SERVER_HTTP_LOOP_H
#define WR_SERVER_HTTP_LOOP_H

#include "server/http/connection.h"
#include "server/http/tls.h"
#include "server/http/work_pool.h"

#include <pthread.h>
#include <uv.h>

typedef struct wr__socket wr__socket;
typedef struct wr__post wr__post;

/** Deadlines of one length, the next one first: what is set last is due last. */
typedef struct wr__deadlines {
    wr__socket *first, *last;
    int64_t length_ms;
} wr__deadlines;

/** The kinds of wr__wait, and: a closed connection's client may still be sending. */
#define WR__WAIT_LINGER (WR_WAIT_TAKING + 1)
#define WR__WAITS       (WR__WAIT_LINGER + 1)

struct wr__socket {
    wr__conn conn; /* first, so that one can be had from the other */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } u;
    wr_http_server *server;
    wr__tls *tls;     /* or NULL */
    wr_buf writing;   /* what the kernel could not take at once */
    uv_write_t write; /* its request */
    bool write_pending;
    bool reading, closing;
    bool shut;         /* our side is closed; the client may still send */
    bool tls_is_ready; /* what was agreed on has been noted */
    char *subject;     /* or NULL */
    char peer[64];
    wr__socket *next, *prev; /* all of the server */
    wr__socket *next_awake;
    /* The deadline it has. */
    int wait;
    uint32_t requests; /* of the connection, when it was set */
    bool progress;     /* since then */
    int64_t due_ms;
    wr__socket *later, *earlier;
};

struct wr_http_server {
    wr__http_core core; /* the handler's view */
    uv_loop_t loop;
    pthread_t thread;
    pthread_t loop_thread; /* the same, as it knows itself: set before anything is called on it */
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    bool has_tcp, has_pipe;
    uint16_t port;
    SSL_CTX *tls; /* or NULL */
    uint32_t connections, connections_max;
    wr__socket *sockets;
    wr__socket *awake;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t again; /* active while somebody is awake: the loop must not wait */
    uv_async_t posted;
    uint64_t turn_began_ns; /* of uv_hrtime; kept up by loop.c */
    wr__deadlines deadlines[WR__WAITS];
    uv_timer_t deadline;
    int64_t deadline_at; /* INT64_MAX: none is set */
    uv_timer_t grace;
    int grace_ms;
    bool ending;
    uint32_t timers; /* of wr_http_after */
    wr__workers *pool;
    uint32_t at_work; /* jobs of it that are not done */
    int64_t date_s;
    char bytes[64 << 10]; /* what was read last */
    char plain[16 << 10]; /* of it, decrypted */
    pthread_mutex_t lock; /* of the posts */
    wr__post *first_post, **last_post;
    bool ended; /* the loop is gone; under the lock */
};

/** A client has come to @p listener. */
void wr__socket_accept(wr_http_server *s, uv_stream_t *listener);
/** Everything that waits for the end of a turn. */
void wr__socket_flush(wr__socket *k);
void wr__socket_close(wr__socket *k);
/** Out of the list of those that are awake. */
void wr__socket_sleep(wr__socket *k);
/** The last socket has gone, the last job is done, or one of it: may the loop end? */
void wr__loop_may_end(wr_http_server *s);

/** What the socket is waited for, by its connection's state. */
void wr__deadline_update(wr__socket *k);
void wr__deadline_remove(wr__socket *k);
void wr__deadline_timer(uv_timer_t *timer);

#endif
