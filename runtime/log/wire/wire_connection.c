/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states of a connection, in order; each goes on when the socket or an answer lets it:
 *
 *     DOWN            no socket; not before retry_ms
 *     CONNECTING      connect() is under way, address by address
 *     TLS             OpenSSL shakes hands
 *     VERSIONS        ApiVersions was sent, version 3; 0 where the broker does not know that
 *     SASL_HANDSHAKE  the mechanism was sent
 *     SASL            bytes of the mechanism go to and fro
 *     READY           requests are the user's
 *
 * The states before READY have one deadline together. A session of SASL may end (KIP-368): before
 * it does, the connection is made anew as soon as no answer is outstanding.
 *
 * The size in front of an answer is read alone, then the answer straight to where it stays.
 */
#include "runtime/log/wire/wire_connection.h"
#include "runtime/log/wire/sasl.h"
#include "runtime/log/wire/wire_tls.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FLIGHT_MAX = 8,
    SETUP_ANSWER_MAX = 1 << 20, /* before anybody has shown who they are */
    ROUND_TRIPS = 256,          /* the last ones, for the figures */
};

typedef enum state { DOWN, CONNECTING, TLS, VERSIONS, SASL_HANDSHAKE, SASL, READY } state;

typedef struct flight {
    int32_t correlation;
    wr_wire_api api;
    int16_t version;
    int64_t sent_ns, deadline_ms;
} flight;

struct wr_wire_connection {
    const wr_wire_config *config;
    wr_wire_answers *pool;
    int epoll_fd;
    char *host;
    int port;
    state state;
    int fd;                               /* -1: none */
    uint32_t watched;                     /* events */
    struct addrinfo *addresses, *address; /* while CONNECTING: all, and the present one */
    SSL *ssl;
    wr_wire_sasl *sasl;
    int64_t deadline_ms; /* of the states before READY */
    int64_t retry_ms;
    int64_t renew_ms; /* when the session of SASL is to be made anew; INT64_MAX: never */
    int backoff_ms;
    uint32_t failures, faults;
    wr_wire_versions versions;
    wr_buf out;
    size_t out_at; /* sent up to here */
    size_t request_at;
    int32_t correlation;
    flight flights[FLIGHT_MAX];
    uint32_t flights_n;
    flight next_flight; /* of the request that was begun */
    uint8_t size[4];
    size_t size_n;
    wr_wire_answer *in; /* being read */
    size_t in_n;
    wr_wire_answer *first, *last; /* complete */
    wr_wire_figures figures;      /* but for those of now */
    uint32_t round_trips_us[ROUND_TRIPS];
    uint32_t round_trips_n; /* since the figures were taken; the older ones are overwritten */
};

/* ---- life ---- */

wr_wire_connection *wr__wire_connection_new(const wr_wire_config *config, int epoll_fd,
                                            wr_wire_answers *answers, const char *host, int port)
{
    WR_ASSERT(config->tell && host[0] && port > 0 && port <= 65535);
    wr_wire_connection *c = wr_calloc(1, sizeof *c);
    c->config = config;
    c->pool = answers;
    c->epoll_fd = epoll_fd;
    c->host = wr_strdup(host);
    c->port = port;
    c->fd = -1;
    return c;
}

static void close_socket(wr_wire_connection *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    if (c->fd >= 0)
        close(c->fd); /* epoll forgets it */
    c->fd = -1;
    c->watched = 0;
}

/* Everything that belongs to the socket of now. */
static void go_down(wr_wire_connection *c)
{
    close_socket(c);
    if (c->addresses)
        freeaddrinfo(c->addresses);
    c->addresses = c->address = NULL;
    wr__wire_sasl_free(c->sasl);
    c->sasl = NULL;
    wr_buf_clear(&c->out);
    c->out_at = 0;
    c->flights_n = 0;
    c->size_n = c->in_n = 0;
    if (c->in)
        wr__wire_answer_give_back(c->pool, c->in);
    c->in = NULL;
    while (c->first) {
        wr_wire_answer *a = c->first;
        c->first = a->next;
        wr__wire_answer_give_back(c->pool, a);
    }
    c->last = NULL;
    c->state = DOWN;
    c->failures++;
}

void wr__wire_connection_free(wr_wire_connection *c)
{
    if (!c)
        return;
    go_down(c);
    wr_buf_free(&c->out);
    wr_free(c->host);
    wr_free(c);
}

static void fail(wr_wire_connection *c, const char *why)
{
    static const char *const steps[] = {
        [DOWN] = "Looking up the host",
        [CONNECTING] = "Connecting",
        [TLS] = "SSL handshake failed",
        [VERSIONS] = "Disconnected while requesting ApiVersion",
        [SASL_HANDSHAKE] = "SASL handshake failed",
        [SASL] = "SASL authentication",
        [READY] = "Disconnected",
    };
    char text[400];
    snprintf(text, sizeof text, "%s:%d: %s: %s", c->host, c->port, steps[c->state], why);
    c->figures.errors += c->flights_n > 0;
    c->figures.disconnects += c->state > CONNECTING;
    go_down(c);
    c->faults++;
    c->backoff_ms = c->backoff_ms ? WR_MIN(c->backoff_ms * 2, c->config->backoff_max_ms)
                                  : c->config->backoff_ms;
    c->retry_ms = wr__wire_now_ms() + c->backoff_ms;
    c->config->tell(c->config->tell_arg, WR_WIRE_FAULT, text);
}

void wr__wire_connection_refuse(wr_wire_connection *c, const weir_error *why)
{
    c->figures.errors += c->flights_n == 0; /* else it counts as lost */
    fail(c, why->message);
}

void wr__wire_connection_reset(wr_wire_connection *c)
{
    if (c->state == DOWN)
        return;
    go_down(c);
    c->retry_ms = 0;
}

void wr__wire_connection_move(wr_wire_connection *c, const char *host, int port)
{
    WR_ASSERT(host[0] && port > 0 && port <= 65535);
    if (c->port == port && strcmp(c->host, host) == 0)
        return;
    char *copy = wr_strdup(host);
    wr__wire_connection_reset(c);
    wr_free(c->host);
    c->host = copy;
    c->port = port;
    c->retry_ms = 0;
}

bool wr__wire_connection_ready(const wr_wire_connection *c)
{
    return c->state == READY;
}

bool wr__wire_connection_alive(const wr_wire_connection *c)
{
    return c->state != DOWN;
}

uint32_t wr__wire_connection_failures(const wr_wire_connection *c)
{
    return c->failures;
}

uint32_t wr__wire_connection_faults(const wr_wire_connection *c)
{
    return c->faults;
}

/* ---- the socket ---- */

static void watch(wr_wire_connection *c, uint32_t events)
{
    WR_ASSERT(c->fd >= 0 && events);
    if (c->watched == events)
        return;
    struct epoll_event e = {.events = events, .data.ptr = c};
    int rc = epoll_ctl(c->epoll_fd, c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e);
    WR_ASSERT(rc == 0);
    c->watched = events;
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); /* a wish */
}

static void set_options(const wr_wire_connection *c)
{
    const wr_wire_config *config = c->config;
    if (config->no_delay)
        set_option(c->fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (config->keep_alive)
        set_option(c->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (config->send_buffer)
        set_option(c->fd, SOL_SOCKET, SO_SNDBUF, config->send_buffer);
    if (config->receive_buffer)
        set_option(c->fd, SOL_SOCKET, SO_RCVBUF, config->receive_buffer);
}

/* Begin to connect to the present address or one after it. */
static void connect_next(wr_wire_connection *c)
{
    int error = EADDRNOTAVAIL;
    for (; c->address; c->address = c->address->ai_next) {
        close_socket(c);
        c->fd = socket(c->address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                       c->address->ai_protocol);
        if (c->fd < 0) {
            error = errno;
            continue;
        }
        set_options(c);
        if (connect(c->fd, c->address->ai_addr, c->address->ai_addrlen) == 0 ||
            errno == EINPROGRESS) {
            watch(c, EPOLLOUT);
            return;
        }
        error = errno;
    }
    fail(c, strerror(error));
}

static void begin_connecting(wr_wire_connection *c, int64_t now_ms)
{
    c->figures.connects++;
    struct addrinfo hints = {.ai_family = c->config->family, .ai_socktype = SOCK_STREAM};
    char port[16];
    snprintf(port, sizeof port, "%d", c->port);
    int rc = getaddrinfo(c->host, port, &hints, &c->addresses);
    if (rc != 0) {
        c->addresses = NULL;
        fail(c, gai_strerror(rc));
        return;
    }
    c->state = CONNECTING;
    c->deadline_ms = now_ms + c->config->connect_ms;
    c->renew_ms = INT64_MAX;
    c->address = c->addresses;
    connect_next(c);
}

/* ---- requests ---- */

int16_t wr__wire_connection_version(const wr_wire_connection *c, wr_wire_api api)
{
    return wr__wire_choose(&c->versions, api);
}

wr_buf *wr__wire_connection_begin(wr_wire_connection *c, wr_wire_api api, int16_t version)
{
    WR_ASSERT(c->flights_n < FLIGHT_MAX && version >= 0);
    c->next_flight = (flight){.correlation = ++c->correlation, .api = api, .version = version};
    c->request_at =
        wr__wire_request_begin(&c->out, api, version, c->correlation, c->config->client_id);
    return &c->out;
}

static void flush(wr_wire_connection *c);

static int64_t now_ns(void)
{
    wr_clock *clock = wr_clock_system();
    return clock->mono_ns(clock);
}

void wr__wire_connection_send(wr_wire_connection *c, int patience_ms)
{
    WR_ASSERT(c->fd >= 0 && c->request_at >= c->out_at && c->out.len > c->request_at);
    wr__wire_request_end(&c->out, c->request_at);
    c->next_flight.sent_ns = now_ns();
    c->next_flight.deadline_ms =
        c->next_flight.sent_ns / 1000000 + c->config->request_ms + patience_ms;
    c->figures.requests++;
    c->flights[c->flights_n++] = c->next_flight;
    flush(c);
}

static const char *tls_fault(wr_wire_connection *c, char *text, size_t size)
{
    long verdict = SSL_get_verify_result(c->ssl);
    if (verdict != X509_V_OK && c->state == TLS) {
        snprintf(text, size, "%ld", verdict);
        c->config->tell(c->config->tell_arg, WR_WIRE_CERTIFICATE, text);
        snprintf(text, size, "certificate verify failed: %s",
                 X509_verify_cert_error_string(verdict));
        return text;
    }
    unsigned long code = ERR_peek_last_error();
    if (code)
        ERR_error_string_n(code, text, size);
    else
        snprintf(text, size, "%s", errno ? strerror(errno) : "unexpected eof while reading");
    return text;
}

/* @return bytes moved; 0: not now; -1: the connection has failed. */
static ssize_t send_some(wr_wire_connection *c, const char *bytes, size_t n)
{
    if (!c->ssl) {
        ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
        if (sent >= 0)
            return sent;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
            return 0;
        fail(c, strerror(errno));
        return -1;
    }
    size_t sent = 0;
    char text[200];
    errno = 0;
    ERR_clear_error();
    int rc = SSL_write_ex(c->ssl, bytes, n, &sent);
    if (rc == 1)
        return (ssize_t)sent;
    int why = SSL_get_error(c->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return 0;
    fail(c, tls_fault(c, text, sizeof text));
    return -1;
}

/* A broker closes connections that nobody has used for long: no news. */
static void closed(wr_wire_connection *c)
{
    if (c->state == READY && c->flights_n == 0) {
        c->figures.disconnects++;
        wr__wire_connection_reset(c);
        return;
    }
    fail(c, "the broker has closed the connection");
}

static ssize_t receive_some(wr_wire_connection *c, uint8_t *bytes, size_t n)
{
    if (!c->ssl) {
        ssize_t got = recv(c->fd, bytes, n, 0);
        if (got > 0)
            return got;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return 0;
        if (got == 0)
            closed(c);
        else
            fail(c, strerror(errno));
        return -1;
    }
    size_t got = 0;
    char text[200];
    errno = 0;
    ERR_clear_error();
    int rc = SSL_read_ex(c->ssl, bytes, n, &got);
    if (rc == 1)
        return (ssize_t)got;
    int why = SSL_get_error(c->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return 0;
    if (why == SSL_ERROR_ZERO_RETURN)
        closed(c);
    else
        fail(c, tls_fault(c, text, sizeof text));
    return -1;
}

static void flush(wr_wire_connection *c)
{
    while (c->out_at < c->out.len) {
        ssize_t sent = send_some(c, c->out.ptr + c->out_at, c->out.len - c->out_at);
        if (sent < 0)
            return;
        if (sent == 0)
            break;
        c->out_at += (size_t)sent;
        c->figures.sent_bytes += (uint64_t)sent;
    }
    bool all = c->out_at == c->out.len;
    if (all) {
        wr_buf_clear(&c->out);
        c->out_at = 0;
    }
    watch(c, EPOLLIN | (all ? 0 : EPOLLOUT));
}

/* ---- setting up ---- */

static void ask_versions(wr_wire_connection *c, int16_t version)
{
    WR_ASSERT(c->flights_n == 0);
    c->state = VERSIONS;
    wr__wire_put_api_versions(wr__wire_connection_begin(c, WR_WIRE_API_VERSIONS, version), version,
                              c->config->client_id);
    wr__wire_connection_send(c, 0);
}

static void be_ready(wr_wire_connection *c)
{
    WR_ASSERT(c->state < READY && c->flights_n == 0);
    wr__wire_sasl_free(c->sasl);
    c->sasl = NULL;
    c->state = READY;
    c->backoff_ms = 0;
}

static void begin_sasl(wr_wire_connection *c)
{
    int16_t version = wr__wire_connection_version(c, WR_WIRE_SASL_HANDSHAKE);
    if (version < 0 || wr__wire_connection_version(c, WR_WIRE_SASL_AUTHENTICATE) < 0) {
        fail(c, "the listener wants no user: Request not valid in current SASL state");
        return;
    }
    c->state = SASL_HANDSHAKE;
    wr__wire_put_sasl_handshake(wr__wire_connection_begin(c, WR_WIRE_SASL_HANDSHAKE, version),
                                c->config->mechanism);
    wr__wire_connection_send(c, 0);
}

static void take_versions(wr_wire_connection *c, const wr_wire_answer *a, wr_wire_in *in)
{
    weir_error err = {0};
    int16_t error;
    if (wr__wire_read_api_versions(in, a->version, &error, &c->versions, &err) != WEIR_OK)
        wr__wire_connection_refuse(c, &err);
    else if (error == WR_WIRE_UNSUPPORTED_VERSION && a->version > 0)
        ask_versions(c, 0);
    else if (error != WR_WIRE_NONE)
        fail(c, "the broker does not say which requests it knows");
    else if (wr__wire_connection_version(c, WR_WIRE_FETCH) < 0 ||
             wr__wire_connection_version(c, WR_WIRE_METADATA) < 0)
        fail(c, "the broker is older than Kafka 0.11");
    else if (c->config->mechanism)
        begin_sasl(c);
    else
        be_ready(c);
}

static void step_sasl(wr_wire_connection *c, wr_str said)
{
    WR_ASSERT(c->sasl && c->state == SASL);
    weir_error err = {0};
    wr_buf bytes = {0};
    bool done;
    int16_t version = wr__wire_connection_version(c, WR_WIRE_SASL_AUTHENTICATE);
    weir_status st = wr__wire_sasl_step(c->sasl, said, &bytes, &done, &err);
    if (st != WEIR_OK) {
        wr__wire_connection_refuse(c, &err);
    } else if (done) {
        be_ready(c);
    } else {
        wr__wire_put_sasl_authenticate(
            wr__wire_connection_begin(c, WR_WIRE_SASL_AUTHENTICATE, version), version,
            wr_str_make(bytes.ptr ? bytes.ptr : "", bytes.len));
        wr__wire_connection_send(c, 0);
    }
    wr_buf_free(&bytes);
}

static void take_handshake(wr_wire_connection *c, wr_wire_in *in)
{
    weir_error err = {0};
    wr_buf known = {0};
    char text[300];
    int16_t error;
    weir_status st = wr__wire_read_sasl_handshake(in, &error, &known, &err);
    if (st != WEIR_OK) {
        wr__wire_connection_refuse(c, &err);
    } else if (error != WR_WIRE_NONE) {
        snprintf(text, sizeof text, "Unsupported SASL mechanism %s: the broker knows %s",
                 c->config->mechanism, wr_buf_cstr(&known));
        fail(c, text);
    } else {
        c->state = SASL;
        c->sasl = wr__wire_sasl_new(c->config->mechanism, c->config->user, c->config->password);
        step_sasl(c, wr_str_make("", 0));
    }
    wr_buf_free(&known);
}

static void take_authenticated(wr_wire_connection *c, const wr_wire_answer *a, wr_wire_in *in)
{
    weir_error err = {0};
    wr_wire_authenticated said;
    char text[300];
    if (wr__wire_read_sasl_authenticate(in, a->version, &said, &err) != WEIR_OK) {
        wr__wire_connection_refuse(c, &err);
        return;
    }
    if (said.error != WR_WIRE_NONE) {
        snprintf(text, sizeof text, "SASL authentication error: %.*s (%d)", (int)said.message.len,
                 said.message.ptr ? said.message.ptr : "", said.error);
        fail(c, text);
        return;
    }
    if (said.lifetime_ms > 0) /* some time before its end */
        c->renew_ms = wr__wire_now_ms() + said.lifetime_ms - said.lifetime_ms / 8;
    step_sasl(c, said.bytes);
}

/* An answer that is ours and not the user's. */
static void take_setup(wr_wire_connection *c, const wr_wire_answer *a)
{
    wr_wire_in in = wr__wire_in(a->bytes + a->body, a->len - a->body);
    if (c->state == VERSIONS)
        take_versions(c, a, &in);
    else if (c->state == SASL_HANDSHAKE)
        take_handshake(c, &in);
    else
        take_authenticated(c, a, &in);
}

static void begin_tls(wr_wire_connection *c)
{
    if (!c->config->tls) {
        ask_versions(c, 3);
        return;
    }
    c->state = TLS;
    c->ssl = wr__wire_tls_new(c->config->tls, c->fd, c->host, c->config->check_host);
    if (!c->ssl)
        fail(c, "OpenSSL refuses the host's name");
}

static void connected(wr_wire_connection *c)
{
    int error = 0;
    socklen_t size = sizeof error;
    (void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) {
        begin_tls(c);
        return;
    }
    c->address = c->address->ai_next;
    if (c->address)
        connect_next(c);
    else
        fail(c, strerror(error));
}

static void shake_hands(wr_wire_connection *c)
{
    char text[200];
    errno = 0;
    ERR_clear_error();
    int rc = SSL_connect(c->ssl);
    if (rc == 1) {
        ask_versions(c, 3);
        return;
    }
    int why = SSL_get_error(c->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        watch(c, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
    else
        fail(c, tls_fault(c, text, sizeof text));
}

/* ---- receiving ---- */

static void note_answer(wr_wire_connection *c, const flight *f)
{
    int64_t us = (now_ns() - f->sent_ns) / 1000;
    WR_ASSERT(us >= 0);
    c->figures.answers++;
    c->round_trips_us[c->round_trips_n++ % ROUND_TRIPS] = (uint32_t)WR_MIN(us, (int64_t)UINT32_MAX);
}

/* The answer is there: whose is it? */
static void complete(wr_wire_connection *c)
{
    wr_wire_answer *a = c->in;
    WR_ASSERT(a && c->in_n == a->len && c->flights_n <= FLIGHT_MAX);
    c->in = NULL;
    c->in_n = c->size_n = 0;
    wr_wire_in in = wr__wire_in(a->bytes, a->len);
    flight f = c->flights[0];
    a->api = f.api;
    a->version = f.version;
    int32_t correlation =
        c->flights_n ? wr__wire_answer_head(&in, f.api, f.version) : f.correlation - 1;
    a->body = a->len - wr__wire_in_left(&in);
    if (in.failure || c->flights_n == 0 || correlation != f.correlation) {
        wr__wire_answer_give_back(c->pool, a);
        fail(c, "an answer that nobody asked for");
        return;
    }
    note_answer(c, &f);
    memmove(c->flights, c->flights + 1, --c->flights_n * sizeof *c->flights);
    if (c->state < READY) {
        take_setup(c, a);
        wr__wire_answer_give_back(c->pool, a);
        return;
    }
    *(c->first ? &c->last->next : &c->first) = a;
    c->last = a;
}

/* @return false: nothing more is there now, or it has failed. */
static bool receive_size(wr_wire_connection *c)
{
    ssize_t got = receive_some(c, c->size + c->size_n, sizeof c->size - c->size_n);
    if (got <= 0)
        return false;
    c->size_n += (size_t)got;
    c->figures.received_bytes += (uint64_t)got;
    if (c->size_n < sizeof c->size)
        return true;
    uint32_t size = wr_get_be32(c->size);
    size_t max = c->state == READY ? c->config->answer_max : SETUP_ANSWER_MAX;
    if (size < 4 || size > max) {
        char text[120];
        snprintf(text, sizeof text,
                 "an answer of %u bytes: is that Kafka? (receive.message.max.bytes is %zu)", size,
                 c->config->answer_max);
        fail(c, text);
        return false;
    }
    c->in = wr__wire_answer_take(c->pool, size);
    return true;
}

static void receive(wr_wire_connection *c)
{
    uint32_t failures = c->failures;
    for (;;) {
        if (!c->in) {
            if (!receive_size(c))
                return;
            continue;
        }
        ssize_t got = receive_some(c, c->in->bytes + c->in_n, c->in->len - c->in_n);
        if (got <= 0)
            return;
        c->in_n += (size_t)got;
        c->figures.received_bytes += (uint64_t)got;
        if (c->in_n < c->in->len && !c->ssl)
            return; /* all that was there: more wakes us */
        if (c->in_n < c->in->len)
            continue;
        complete(c);
        if (failures != c->failures || (!c->ssl && c->state == READY))
            return; /* what is more wakes us by itself, but for what OpenSSL has taken */
    }
}

void wr__wire_connection_progress(wr_wire_connection *c)
{
    uint32_t failures = c->failures;
    if (c->state == CONNECTING)
        connected(c);
    if (c->state == TLS)
        shake_hands(c);
    if (c->state < VERSIONS || failures != c->failures)
        return;
    if (c->out_at < c->out.len)
        flush(c);
    if (failures == c->failures)
        receive(c);
}

wr_wire_answer *wr__wire_connection_answer(wr_wire_connection *c)
{
    wr_wire_answer *a = c->first;
    if (!a)
        return NULL;
    c->first = a->next;
    a->next = NULL;
    return a;
}

/* ---- time ---- */

void wr__wire_connection_tend(wr_wire_connection *c, int64_t now_ms)
{
    if (c->state == DOWN) {
        if (now_ms >= c->retry_ms)
            begin_connecting(c, now_ms);
    } else if (c->state < READY) {
        if (now_ms >= c->deadline_ms)
            fail(c, "no answer in socket.connection.setup.timeout.ms");
    } else if (c->flights_n && now_ms >= c->flights[0].deadline_ms) {
        c->figures.timeouts++;
        fail(c, "no answer in socket.timeout.ms");
    } else if (now_ms >= c->renew_ms && c->flights_n == 0) {
        wr__wire_connection_reset(c);
    }
}

int64_t wr__wire_connection_due(const wr_wire_connection *c)
{
    if (c->state == DOWN)
        return c->retry_ms;
    if (c->state < READY)
        return c->deadline_ms;
    if (c->flights_n)
        return c->flights[0].deadline_ms;
    return c->renew_ms;
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void take_round_trips(wr_wire_connection *c, wr_wire_figures *sum)
{
    uint32_t n = WR_MIN(c->round_trips_n, (uint32_t)ROUND_TRIPS);
    c->round_trips_n = 0;
    if (n == 0)
        return;
    qsort(c->round_trips_us, n, sizeof *c->round_trips_us, by_size);
    double all = 0;
    for (uint32_t i = 0; i < n; i++)
        all += c->round_trips_us[i];
    sum->round_trip_mean = WR_MAX(sum->round_trip_mean, all / n * 1e-6);
    uint32_t p99 = c->round_trips_us[(n * 99 - 1) / 100];
    sum->round_trip_p99 = WR_MAX(sum->round_trip_p99, p99 * 1e-6);
}

void wr__wire_connection_figures(wr_wire_connection *c, wr_wire_figures *sum)
{
    sum->requests += c->figures.requests;
    sum->answers += c->figures.answers;
    sum->sent_bytes += c->figures.sent_bytes;
    sum->received_bytes += c->figures.received_bytes;
    sum->errors += c->figures.errors;
    sum->timeouts += c->figures.timeouts;
    sum->connects += c->figures.connects;
    sum->disconnects += c->figures.disconnects;
    WR_ASSERT(c->figures.answers <= c->figures.requests);
    /* Requests go out one after the other, so it is the last ones that are not sent. */
    bool unsent = c->out_at < c->out.len;
    sum->queued += unsent;
    sum->in_flight += c->flights_n - (unsent && c->flights_n > 0);
    take_round_trips(c, sum);
}
