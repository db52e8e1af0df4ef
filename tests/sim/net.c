/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors, connections, and the calls of the system that the program makes of them (net.h).
 *
 * A connection outlives its descriptor as long as requests are on their way in it. Its coroutine
 * (run) hands requests to the nodes and takes their answers; what has arrived by now the client
 * finds by itself, when it looks.
 */
#include "net.h"
#include "client.h"
#include "node.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FD_FIRST = 1 << 24, /* no descriptor of the system's is as high */
    LOOK_US = 1000000,
    CUT_OFF_LOOK_US = 100000,
    LATE_MAX_US = 6000000, /* twice the time-out of requests */
    FULL_ONE_IN = 40,
};
#define NEVER INT64_MAX

uint64_t sim_net_cuts;

/** What becomes of a request, besides client.h's. */
typedef enum net_fate { ANSWERED, UNANSWERED, CUT_ANSWER } net_fate;

/* Bytes on their way to the client. */
typedef struct piece {
    struct piece *next;
    int64_t at_us;
    size_t n, taken;
    char bytes[];
} piece;

typedef struct request {
    struct request *next;
    int64_t at_us;
    net_fate fate;
    node_request *work; /* it is at its node */
    size_t n;
    char bytes[];
} request;

typedef struct connection {
    struct connection *next;
    int process, node;
    int fd;            /* -1: the client has closed it */
    int64_t up_us;     /* when connecting is over; NEVER */
    int error;         /* of connecting */
    int64_t broken_us; /* closed for the client from then on; NEVER: not */
    bool reset;        /* ... by an error */
    bool silent;       /* nothing arrives any more, at either end */
    int64_t full_us;   /* it takes no bytes until then */
    wr_buf partial;    /* a request that is not whole yet */
    request *requests, **requests_end;
    int64_t request_us; /* when the last one arrives */
    piece *pieces, **pieces_end;
    int64_t piece_us;
} connection;

typedef enum fd_kind { UNUSED, POLL, EVENT, SOCKET } fd_kind;

typedef struct descriptor {
    fd_kind kind;
    int process;
    int poll;        /* descriptor that watches it; 0: none */
    uint32_t events; /* that are watched for */
    void *data;
    uint64_t count; /* EVENT */
    connection *c;  /* SOCKET; NULL: not connected */
} descriptor;

static struct {
    descriptor *v;
    size_t n;
    connection *connections;
    bool ends, ended;
} net;

/* ---- descriptors ---- */

static descriptor *find(int fd)
{
    return fd >= FD_FIRST && (size_t)(fd - FD_FIRST) < net.n ? &net.v[fd - FD_FIRST] : NULL;
}

static int new_descriptor(fd_kind kind)
{
    size_t i = 0;
    while (i < net.n && net.v[i].kind != UNUSED)
        i++;
    if (i == net.n)
        net.v = wr_realloc(net.v, ++net.n * sizeof *net.v);
    net.v[i] = (descriptor){.kind = kind, .process = sim_process()};
    return FD_FIRST + (int)i;
}

/* Whoever waits at a poll looks again. */
static void wake_poll(int poll)
{
    if (poll)
        sim_wake(&net.v, (uint64_t)poll);
}

static void wake_client(const connection *c)
{
    if (c->fd >= 0)
        wake_poll(find(c->fd)->poll);
}

/* ---- connections ---- */

static bool is_broken(const connection *c)
{
    return sim_now_us() >= c->broken_us || broker_process_dead(c->process);
}

static void drop_request(connection *c)
{
    request *r = c->requests;
    c->requests = r->next;
    if (!c->requests)
        c->requests_end = &c->requests;
    node_request_free(r->work);
    wr_free(r);
}

static void break_at(connection *c, int64_t us, bool reset)
{
    c->broken_us = WR_MIN(c->broken_us, us);
    c->reset = reset;
    c->silent = true;
    wake_client(c);
}

static void free_connection(connection *c)
{
    while (c->requests)
        drop_request(c);
    for (piece *p; (p = c->pieces);) {
        c->pieces = p->next;
        wr_free(p);
    }
    wr_buf_free(&c->partial);
    wr_free(c);
}

static connection *new_connection(int fd, int node)
{
    connection *c = wr_calloc(1, sizeof *c);
    *c = (connection){.process = sim_process(), .node = node, .fd = fd, .broken_us = NEVER};
    c->requests_end = &c->requests;
    c->pieces_end = &c->pieces;
    c->up_us = sim_now_us() + 50 + (int64_t)sim_below(800);
    if (broker_is_cut_off(c->process) || node_stands_still(node))
        c->up_us = NEVER;
    else if (!node_is_up(node) || broker_process_dead(c->process))
        c->error = ECONNREFUSED;
    c->next = net.connections;
    net.connections = c;
    return c;
}

void net_node_dies(int node)
{
    for (connection *c = net.connections; c; c = c->next) {
        if (c->node != node)
            continue;
        while (c->requests)
            drop_request(c);
        break_at(c, sim_now_us() + (int64_t)sim_below(1000), sim_one_in(2));
    }
}

/* ---- requests ---- */

/* A request is on its way: what becomes of it? */
static void add_request(connection *c, const char *bytes, size_t n)
{
    if (c->silent)
        return;
    request *r = wr_malloc(sizeof *r + n);
    *r = (request){.n = n};
    memcpy(r->bytes, bytes, n);
    r->at_us = WR_MAX(c->request_us, sim_now_us() + 50 + (int64_t)sim_below(800));
    if (sim_trouble_one_in && sim_one_in(sim_trouble_one_in)) {
        switch (sim_below(5)) {
        case 0:
            sim_trace("a request gets lost");
            c->silent = true;
            wr_free(r);
            return;
        case 1:
            sim_trace("a connection is cut in a request");
            sim_net_cuts++;
            break_at(c, r->at_us, sim_one_in(2));
            wr_free(r);
            return;
        case 2:
            r->at_us += (int64_t)sim_below(LATE_MAX_US);
            break;
        default:
            r->fate = sim_one_in(2) ? UNANSWERED : CUT_ANSWER;
        }
    }
    c->request_us = r->at_us;
    *c->requests_end = r;
    c->requests_end = &r->next;
    sim_wake(&net, 0);
}

/* Whole requests out of what was sent: each has its size in front. */
static void take_sent(connection *c, const char *bytes, size_t n)
{
    wr_buf_put(&c->partial, bytes, n);
    size_t at = 0;
    while (c->partial.len - at >= 4) {
        size_t size = wr_get_be32((const uint8_t *)c->partial.ptr + at);
        if (c->partial.len - at < 4 + size)
            break;
        add_request(c, c->partial.ptr + at + 4, size);
        at += 4 + size;
    }
    memmove(c->partial.ptr, c->partial.ptr + at, c->partial.len - at);
    c->partial.len -= at;
}

/* ---- answers ---- */

static void add_piece(connection *c, const char *bytes, size_t n)
{
    piece *p = wr_malloc(sizeof *p + n);
    *p = (piece){.n = n};
    memcpy(p->bytes, bytes, n);
    int64_t gap = sim_one_in(30) ? (int64_t)sim_below(200000) : (int64_t)sim_below(100);
    c->piece_us = p->at_us = WR_MAX(c->piece_us, sim_now_us() + 50 + (int64_t)sim_below(500)) + gap;
    *c->pieces_end = p;
    c->pieces_end = &p->next;
}

static void put_answer(connection *c, const wr_buf *answer, net_fate fate)
{
    if (fate == UNANSWERED) {
        sim_trace("an answer gets lost");
        c->silent = true;
    }
    if (c->silent)
        return;
    size_t n = fate == CUT_ANSWER ? sim_below(answer->len) : answer->len;
    for (size_t at = 0, part; at < n; at += part) {
        part = sim_one_in(3) ? 1 + sim_below(n - at) : n - at;
        add_piece(c, answer->ptr + at, part);
    }
    if (fate == CUT_ANSWER) {
        sim_trace("a connection is cut in an answer");
        sim_net_cuts++;
        break_at(c, WR_MAX(c->piece_us, sim_now_us()), sim_one_in(2));
    }
    wake_client(c);
}

/* Nobody waits for it, and it changes nothing: a Fetch that waits for records. */
static bool is_forgotten(const connection *c, const request *r)
{
    return c->fd < 0 && r->work;
}

/* Hand its requests to its node, one after the other. @return when to look again. */
static int64_t serve(connection *c)
{
    for (request *r; (r = c->requests);) {
        int64_t now = sim_now_us();
        if (broker_process_dead(c->process) || is_forgotten(c, r)) {
            drop_request(c);
            continue;
        }
        if (broker_is_cut_off(c->process) || node_stands_still(c->node))
            return now + CUT_OFF_LOOK_US;
        if (r->at_us > now)
            return r->at_us;
        int64_t look_us = NEVER;
        wr_buf answer = {0};
        if (!r->work)
            r->work = node_take(c->node, r->bytes, r->n);
        if (!node_answer(r->work, &answer, &look_us))
            return look_us;
        put_answer(c, &answer, r->fate);
        wr_buf_free(&answer);
        drop_request(c);
    }
    return NEVER;
}

static void *run(void *arg)
{
    (void)arg;
    while (!net.ends) {
        int64_t next = sim_now_us() + LOOK_US;
        for (connection **at = &net.connections, *c; (c = *at);) {
            next = WR_MIN(next, serve(c));
            if (broker_process_dead(c->process))
                wake_client(c);
            if (c->fd >= 0 || c->requests) {
                at = &c->next;
                continue;
            }
            *at = c->next;
            free_connection(c);
        }
        sim_wait_on(&net, 0, next);
    }
    net.ended = true;
    return NULL;
}

void net_begin(void)
{
    net.ends = net.ended = false;
    WR_ASSERT(!net.connections);
    sim_set_process(SIM_NOBODY);
    sim_spawn(run, NULL);
}

void net_end(void)
{
    net.ends = true;
    sim_wake(&net, 0);
    while (!net.ended)
        sim_sleep_us(1000);
    for (size_t i = 0; i < net.n; i++)
        WR_ASSERT(net.v[i].kind == UNUSED);
    for (connection *c; (c = net.connections);) {
        net.connections = c->next;
        free_connection(c);
    }
    wr_free(net.v);
    net.v = NULL;
    net.n = 0;
}

/* ---- what is ready ---- */

static bool has_arrived(const connection *c)
{
    return c->pieces && c->pieces->at_us <= sim_now_us();
}

static uint32_t ready(const descriptor *d)
{
    int64_t now = sim_now_us();
    if (d->kind == EVENT)
        return d->count ? EPOLLIN : 0;
    const connection *c = d->c;
    if (!c)
        return 0;
    if (is_broken(c))
        return EPOLLIN | EPOLLOUT;
    if (now < c->up_us || broker_is_cut_off(c->process))
        return 0;
    return (has_arrived(c) ? EPOLLIN : 0u) | (now >= c->full_us ? EPOLLOUT : 0u);
}

/* When it may be ready by the clock alone. */
static int64_t ready_us(const descriptor *d)
{
    int64_t now = sim_now_us();
    const connection *c = d->c;
    if (d->kind != SOCKET || !c)
        return NEVER;
    int64_t next = c->broken_us;
    if (c->up_us > now)
        next = WR_MIN(next, c->up_us);
    if (c->pieces)
        next = WR_MIN(next, c->pieces->at_us);
    if (d->events & EPOLLOUT)
        next = WR_MIN(next, WR_MAX(c->full_us, c->up_us));
    return broker_is_cut_off(c->process) ? WR_MAX(next, now + CUT_OFF_LOOK_US) : next;
}

void net_signal(int fd)
{
    descriptor *d = find(fd);
    if (!d)
        return;
    d->count++;
    wake_poll(d->poll);
}

/* ---- what the program calls ---- */

int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t n, int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int poll, int what, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int poll, struct epoll_event *events, int max, int timeout_ms);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __real_close(int fd);
ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __real_write(int fd, const void *bytes, size_t n);

int __wrap_socket(int family, int type, int protocol)
{
    (void)family, (void)protocol;
    WR_ASSERT(type & SOCK_NONBLOCK);
    return new_descriptor(SOCKET);
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_in to;
    descriptor *d = find(fd);
    WR_ASSERT(d && d->kind == SOCKET && !d->c);
    WR_ASSERT(address->sa_family == AF_INET && size == sizeof to);
    memcpy(&to, address, sizeof to);
    d->c = new_connection(fd, ntohs(to.sin_port) - NODE_PORT);
    errno = EINPROGRESS;
    return -1;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    const descriptor *d = find(fd);
    WR_ASSERT(d && d->c && level == SOL_SOCKET && name == SO_ERROR && *size == sizeof(int));
    int error = d->c->error ? d->c->error : is_broken(d->c) ? ECONNRESET : 0;
    memcpy(value, &error, sizeof error);
    return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    (void)fd, (void)level, (void)name, (void)value, (void)size;
    return 0;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t n, int flags)
{
    (void)flags;
    connection *c = find(fd)->c;
    if (is_broken(c)) {
        errno = ECONNRESET;
        return -1;
    }
    if (sim_now_us() < c->full_us) {
        errno = EAGAIN;
        return -1;
    }
    if (sim_one_in(FULL_ONE_IN)) {
        n = 1 + sim_below(n);
        c->full_us = sim_now_us() + (int64_t)sim_below(2000);
    }
    take_sent(c, bytes, n);
    return (ssize_t)n;
}

ssize_t __wrap_recv(int fd, void *bytes, size_t n, int flags)
{
    (void)flags;
    connection *c = find(fd)->c;
    piece *p = c->pieces;
    if (p && has_arrived(c) && !broker_is_cut_off(c->process) && !broker_process_dead(c->process)) {
        size_t got = WR_MIN(n, p->n - p->taken);
        memcpy(bytes, p->bytes + p->taken, got);
        p->taken += got;
        if (p->taken == p->n) {
            c->pieces = p->next;
            if (!c->pieces)
                c->pieces_end = &c->pieces;
            wr_free(p);
        }
        return (ssize_t)got;
    }
    if (is_broken(c) && !c->reset)
        return 0;
    errno = is_broken(c) ? ECONNRESET : EAGAIN;
    return -1;
}

int __wrap_epoll_create1(int flags)
{
    (void)flags;
    return new_descriptor(POLL);
}

int __wrap_epoll_ctl(int poll, int what, int fd, struct epoll_event *event)
{
    descriptor *d = find(fd);
    WR_ASSERT(d && find(poll)->kind == POLL && (what == EPOLL_CTL_MOD) == (d->poll == poll));
    d->poll = poll;
    d->events = event->events;
    d->data = event->data.ptr;
    return 0;
}

static int collect(int poll, struct epoll_event *events, int max, int64_t *next_us)
{
    int n = 0;
    size_t from = net.n ? sim_below(net.n) : 0; /* the kernel has an order of its own */
    for (size_t i = 0; i < net.n; i++) {
        const descriptor *d = &net.v[(from + i) % net.n];
        if (d->kind == UNUSED || d->poll != poll)
            continue;
        uint32_t now = ready(d) & d->events;
        if (now && n < max) {
            events[n].events = now;
            events[n++].data.ptr = d->data;
        }
        *next_us = WR_MIN(*next_us, ready_us(d));
    }
    return n;
}

int __wrap_epoll_wait(int poll, struct epoll_event *events, int max, int timeout_ms)
{
    int process = find(poll)->process;
    int64_t until = timeout_ms < 0 ? NEVER : sim_now_us() + timeout_ms * 1000ll;
    if (broker_process_dead(process)) /* others must get on */
        sim_sleep_us(5000);
    else if (sim_one_in(8))
        sim_yield();
    for (;;) {
        int64_t next = until;
        int n = collect(poll, events, max, &next);
        if (n || sim_now_us() >= until)
            return n;
        sim_wait_on(&net.v, (uint64_t)poll, WR_MAX(next, sim_now_us() + 1));
    }
}

int __wrap_eventfd(unsigned count, int flags)
{
    WR_ASSERT(flags & EFD_NONBLOCK);
    int fd = new_descriptor(EVENT);
    find(fd)->count = count;
    return fd;
}

int __wrap_close(int fd)
{
    descriptor *d = find(fd);
    if (!d)
        return __real_close(fd);
    WR_ASSERT(d->kind != UNUSED);
    if (d->c) {
        d->c->fd = -1;
        if (broker_process_dead(d->c->process)) /* unheard, as all that it says */
            while (d->c->requests)
                drop_request(d->c);
        sim_wake(&net, 0);
    }
    d->kind = UNUSED;
    d->poll = 0;
    return 0;
}

ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    descriptor *d = find(fd);
    if (!d)
        return __real_read(fd, bytes, n);
    WR_ASSERT(d->kind == EVENT && n == sizeof d->count);
    if (!d->count) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(bytes, &d->count, n);
    d->count = 0;
    return (ssize_t)n;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    descriptor *d = find(fd);
    if (!d)
        return __real_write(fd, bytes, n);
    WR_ASSERT(d->kind == EVENT && n == sizeof d->count);
    net_signal(fd);
    return (ssize_t)n;
}
