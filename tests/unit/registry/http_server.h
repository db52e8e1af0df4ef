/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.h - an HTTP server inside a test: it answers by a table of rules and remembers what
 * it was asked. One request at a time, one connection each, on a free port of 127.0.0.1.
 */
#ifndef WR_TEST_HTTP_SERVER_H
#define WR_TEST_HTTP_SERVER_H

#include "common/base.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES_MAX = 24, REQUESTS_MAX = 64, REQUEST_BYTES = 8192 };

/* The first rule that fits and has answers left is taken. */
typedef struct http_rule {
    const char *asks; /* "GET /path": the whole of it; ending in '*': its beginning */
    int status;       /* 0: the connection is closed without a word */
    const char *body;
    unsigned times;     /* how often; 0: always */
    int delay_ms;       /* before the answer, unless the client goes away */
    size_t cut;         /* only so many bytes of the body, though more are promised; 0: all */
    const char *header; /* one more: "Location: ..." */
    size_t filler;      /* instead of the body: so many spaces */
} http_rule;

typedef struct http_server {
    int listener;
    char url[64]; /* "http://127.0.0.1:N" */
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    http_rule rules[RULES_MAX];
    unsigned used[RULES_MAX];
    size_t rules_n;
    char requests[REQUESTS_MAX][REQUEST_BYTES]; /* head and body, the oldest first */
    size_t requests_n;                          /* may be more than are remembered */
    bool stopping;
} http_server;

static inline void http_send(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the client has gone */
        bytes += sent;
        n -= (size_t)sent;
    }
}

/* Reads one request into @p out (0-terminated). @return false: the client has gone. */
static inline bool http_read(int fd, char *out)
{
    size_t n = 0, need = 0;
    while (n + 1 < REQUEST_BYTES) {
        ssize_t got = recv(fd, out + n, REQUEST_BYTES - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        out[n] = '\0';
        const char *body = strstr(out, "\r\n\r\n");
        if (body && !need) {
            const char *length = strcasestr(out, "\r\nContent-Length:");
            need = (size_t)(body + 4 - out) + (length ? strtoul(length + 17, NULL, 10) : 0);
        }
        if (body && n >= need)
            return true;
    }
    return false;
}

static inline bool http_fits(const http_rule *rule, const char *request)
{
    size_t n = strlen(rule->asks);
    if (n && rule->asks[n - 1] == '*')
        return strncmp(request, rule->asks, n - 1) == 0;
    return strncmp(request, rule->asks, n) == 0 && request[n] == ' ';
}

static inline http_rule http_choose(http_server *s, const char *request)
{
    static const http_rule none = {
        .status = 404, .body = "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"};
    http_rule chosen = none;
    pthread_mutex_lock(&s->lock);
    if (s->requests_n < REQUESTS_MAX)
        memcpy(s->requests[s->requests_n], request, strlen(request) + 1);
    s->requests_n++;
    for (size_t i = 0; i < s->rules_n; i++)
        if (http_fits(&s->rules[i], request) &&
            (!s->rules[i].times || s->used[i] < s->rules[i].times)) {
            chosen = s->rules[i];
            s->used[i]++;
            break;
        }
    pthread_mutex_unlock(&s->lock);
    return chosen;
}

static inline void http_answer(int fd, const http_rule *rule)
{
    char head[512];
    const char *body = rule->body ? rule->body : "";
    size_t length = rule->filler ? rule->filler : strlen(body);
    struct pollfd gone = {.fd = fd, .events = POLLIN};
    if (rule->delay_ms)
        (void)poll(&gone, 1, rule->delay_ms);
    if (!rule->status)
        return;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\n"
                     "%s%sContent-Length: %zu\r\n\r\n",
                     rule->status, rule->header ? rule->header : "", rule->header ? "\r\n" : "",
                     length);
    http_send(fd, head, (size_t)n);
    static const char spaces[65536] = {' '};
    for (size_t i = 0; i < rule->filler; i += sizeof spaces)
        http_send(fd, spaces, WR_MIN(sizeof spaces, rule->filler - i));
    if (!rule->filler)
        http_send(fd, body, rule->cut ? rule->cut : length);
}

static inline void *http_serve(void *user)
{
    http_server *s = user;
    char *request = malloc(REQUEST_BYTES);
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        pthread_mutex_lock(&s->lock);
        const bool stop = s->stopping;
        pthread_mutex_unlock(&s->lock);
        if (fd >= 0 && !stop && http_read(fd, request)) {
            http_rule rule = http_choose(s, request);
            http_answer(fd, &rule);
        }
        if (fd >= 0)
            close(fd);
        if (stop || fd < 0)
            break;
    }
    free(request);
    return NULL;
}

/* On @p port, 0: a free one. @return false: the port is taken. */
static inline bool http_start(http_server *s, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof at;
    int yes = 1;
    memset(s, 0, sizeof *s);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->listener, 16) != 0)
        return false;
    getsockname(s->listener, (struct sockaddr *)&at, &n);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    pthread_mutex_init(&s->lock, NULL);
    return pthread_create(&s->thread, NULL, http_serve, s) == 0;
}

static inline void http_stop(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
}

static inline void http_add(http_server *s, http_rule rule)
{
    pthread_mutex_lock(&s->lock);
    WR_ASSERT(s->rules_n < RULES_MAX);
    s->rules[s->rules_n++] = rule;
    pthread_mutex_unlock(&s->lock);
}

/* Forget the rules and what was asked. */
static inline void http_clear(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->rules_n = s->requests_n = 0;
    memset(s->used, 0, sizeof s->used);
    pthread_mutex_unlock(&s->lock);
}

static inline size_t http_asked(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    const size_t n = s->requests_n;
    pthread_mutex_unlock(&s->lock);
    return n;
}

#endif
