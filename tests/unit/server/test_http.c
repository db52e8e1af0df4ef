/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server against libcurl and bare sockets: both versions, bodies both ways, pipelines,
 * WebSocket, limits, and stopping.
 *
 *   /echo     the body, collected          /stream   the body, piece by piece, as it comes
 *   /big      a megabyte in pieces         /later    answered by the pool
 *   /open     a piece, and no end          /ws       a WebSocket that says everything twice
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG = 1 << 20, PIECE = 10000 };

static wr_http_server *server;
static atomic_int begun, ended;

static bool path_is(const wr_http_exchange *x, const char *path)
{
    return strcmp(wr_http_path(x), path) == 0;
}

/* ---- the handler ---- */

static void answer_later(void *arg)
{
    (void)arg;
}

static void answered_later(void *arg)
{
    uint64_t *id = arg;
    wr_http_exchange *x = wr_http_find(server, *id);
    if (x)
        wr_http_respond(x, 200, NULL, "later", 5);
    free(id);
}

static bool on_begin(void *arg, wr_http_exchange *x)
{
    (void)arg;
    begun++;
    if (!path_is(x, "/stream"))
        return false;
    wr_http_begin_response(x, 200, NULL);
    return true;
}

static void on_body(void *arg, wr_http_exchange *x, const void *data, size_t n, bool last)
{
    (void)arg;
    wr_http_write(x, data, n);
    if (last)
        wr_http_finish(x);
}

/* Pieces while there is room; the rest when there is again. */
static void send_big(wr_http_exchange *x)
{
    static char piece[PIECE];
    size_t sent = (size_t)wr_http_data(x);
    memset(piece, 'x', sizeof piece);
    while (sent < BIG && wr_http_buffered(x) < 65536) {
        size_t n = BIG - sent < PIECE ? BIG - sent : PIECE;
        wr_http_write(x, piece, n);
        sent += n;
    }
    wr_http_set_data(x, (void *)sent);
    if (sent == BIG)
        wr_http_finish(x);
}

static void on_request(void *arg, wr_http_exchange *x)
{
    (void)arg;
    size_t n;
    const char *body = wr_http_body(x, &n);
    if (path_is(x, "/echo")) {
        const wr_http_field fields[] = {{"X-Method", wr_http_method(x)}, {NULL, NULL}};
        wr_http_respond(x, 200, fields, body, n);
    } else if (path_is(x, "/a b")) {
        const char *q = wr_http_parameter(x, "q");
        wr_http_respond(x, 200, NULL, q ? q : "none", q ? strlen(q) : 4);
    } else if (path_is(x, "/big")) {
        wr_http_begin_response(x, 200, NULL);
        send_big(x);
    } else if (path_is(x, "/open")) {
        wr_http_begin_response(x, 200, NULL);
        wr_http_write(x, "piece", 5);
    } else if (path_is(x, "/later")) {
        uint64_t *id = malloc(sizeof *id);
        *id = wr_http_id(x);
        wr_http_work(server, answer_later, answered_later, id);
    } else if (path_is(x, "/ws") && wr_http_wants_websocket(x)) {
        wr_http_accept_websocket(x);
    } else {
        wr_http_respond(x, 404, NULL, "Not Found", 9);
    }
}

static void on_drained(void *arg, wr_http_exchange *x)
{
    (void)arg;
    if (path_is(x, "/big"))
        send_big(x);
}

static void on_message(void *arg, wr_http_exchange *x, const char *text, size_t n)
{
    (void)arg;
    wr_http_send_text(x, text, n);
    wr_http_send_text(x, text, n);
    if (n == 3 && memcmp(text, "bye", 3) == 0)
        wr_http_close_websocket(x, 1000, "done");
}

static void on_end(void *arg, wr_http_exchange *x)
{
    (void)arg, (void)x;
    ended++;
}

static int start(wr_http_options o)
{
    weir_error err;
    o.port = 0;
    o.max_body = 4u << 20;
    o.max_head = 8192;
    const wr_http_handler h = {.begin = on_begin,
                               .body = on_body,
                               .request = on_request,
                               .drained = on_drained,
                               .message = on_message,
                               .end = on_end};
    begun = ended = 0;
    return wr_http_server_start(&o, &h, &server, &err) == WEIR_OK ? 0 : -1;
}

static int setup(void **state)
{
    (void)state;
    wr_http_options o = WR_HTTP_OPTIONS_INIT;
    return start(o);
}

/* Clients get less time than tests would like to wait. */
static int setup_hasty(void **state)
{
    (void)state;
    wr_http_options o = WR_HTTP_OPTIONS_INIT;
    o.head_ms = 200;
    o.idle_ms = 400;
    o.slow_client_ms = 300;
    return start(o);
}

static int teardown(void **state)
{
    (void)state;
    wr_http_server_stop(server, 1000);
    assert_int_equal(begun, ended);
    return 0;
}

/* ---- libcurl ---- */

typedef struct answer {
    char *body;
    size_t n;
    long status;
    CURLcode code;
} answer;

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    answer *a = arg;
    a->body = realloc(a->body, a->n + size * n + 1);
    memcpy(a->body + a->n, data, size * n);
    a->n += size * n;
    a->body[a->n] = '\0';
    return size * n;
}

static answer ask(CURL *c, const char *path, const char *body, size_t n)
{
    char url[200];
    answer a = {0};
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", wr_http_server_port(server), path);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &a);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 20000L);
    if (body) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)n);
    } else {
        curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
    }
    a.code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a.status);
    return a;
}

static void expect(CURL *c, const char *path, const char *body, long status, const char *text)
{
    answer a = ask(c, path, body, body ? strlen(body) : 0);
    assert_int_equal(a.code, CURLE_OK);
    assert_int_equal(a.status, status);
    assert_string_equal(a.body ? a.body : "", text);
    free(a.body);
}

/* Many exchanges; with HTTP/1.1 on one connection. */
static void exchanges(long version)
{
    CURL *c = curl_easy_init();
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, version);
    /* libcurl 7.88 cannot use such a connection twice. */
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, (long)(version != CURL_HTTP_VERSION_1_1));
    for (int i = 0; i < 3; i++) {
        expect(c, "/echo", "hello", 200, "hello");
        expect(c, "/echo", NULL, 200, "");
        expect(c, "/stream", "as it comes", 200, "as it comes");
        expect(c, "/later", "", 200, "later");
        expect(c, "/nowhere", NULL, 404, "Not Found");
        expect(c, "/a%20b?p=1&q=x%2By+z#part", NULL, 200, "x+y z");
        expect(c, "/a%20b?r=1", NULL, 200, "none");
    }
    answer a = ask(c, "/big", NULL, 0);
    assert_int_equal(a.n, BIG);
    free(a.body);
    char *large = malloc(3u << 20);
    memset(large, 'y', 3u << 20);
    for (int i = 0; i < 2; i++) {
        a = ask(c, i ? "/stream" : "/echo", large, 3u << 20);
        assert_int_equal(a.n, 3u << 20);
        assert_memory_equal(a.body, large, a.n);
        free(a.body);
    }
    free(large);
    large = calloc(1, 5u << 20);
    a = ask(c, "/echo", large, 5u << 20);
    assert_true(a.status == 413 || a.code != CURLE_OK);
    free(a.body);
    free(large);
    curl_easy_cleanup(c);
}

static void test_http1(void **state)
{
    (void)state;
    exchanges(CURL_HTTP_VERSION_1_1);
}

static void test_http2(void **state)
{
    (void)state;
    exchanges(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
}

/* ---- bare sockets ---- */

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(wr_http_server_port(server))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Everything until the server closes. */
static char *hear(int fd)
{
    static char all[65536];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(fd, all + n, sizeof all - 1 - n, 0)) > 0)
        n += (size_t)got;
    all[n] = '\0';
    close(fd);
    return all;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void test_pipeline(void **state)
{
    (void)state;
    int fd = dial();
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
            "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
            "POST /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
            "chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast"
            "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    char *all = hear(fd);
    assert_int_equal(count(all, "HTTP/1.1 200 OK"), 4);
    const char *one = strstr(all, "one"), *later = strstr(all, "later"), *two = strstr(all, "two");
    assert_true(one && later && two && one < later && later < two);
    assert_true(strcmp(all + strlen(all) - 4, "last") == 0);
}

static void test_expect_continue(void **state)
{
    (void)state;
    int fd = dial();
    say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
            "Connection: close\r\n\r\n");
    char start[26] = "";
    assert_int_equal(recv(fd, start, 25, MSG_WAITALL), 25);
    assert_string_equal(start, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "ok");
    assert_non_null(strstr(hear(fd), "\r\n\r\nok"));
}

static void test_not_http(void **state)
{
    (void)state;
    static const char *const bad[] = {"what is this?\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                                      "PRI * HTTP/1.0\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = dial();
        say(fd, bad[i]);
        assert_int_equal(count(hear(fd), "HTTP/1.1 400 "), 1);
    }
}

static void test_head_too_large(void **state)
{
    (void)state;
    int fd = dial();
    say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ");
    char line[9000];
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    say(fd, line);
    say(fd, "\r\n\r\n");
    assert_int_equal(count(hear(fd), "HTTP/1.1 431 "), 1);
}

/* A masked frame of the client's, as RFC 6455 wants it. */
static void frame(int fd, int opcode, const char *text)
{
    uint8_t f[140] = {(uint8_t)(0x80 | opcode), (uint8_t)(0x80 | strlen(text)), 1, 2, 3, 4};
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        f[6 + i] = (uint8_t)((uint8_t)text[i] ^ (uint8_t)(i % 4 + 1));
    assert_int_equal(send(fd, f, 6 + n, MSG_NOSIGNAL), 6 + n);
}

static void test_websocket(void **state)
{
    (void)state;
    int fd = dial();
    say(fd,
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    frame(fd, 1, "abc");
    frame(fd, 1, "bye");
    frame(fd, 8, "");
    char *all = hear(fd);
    assert_non_null(strstr(all, "HTTP/1.1 101 "));
    assert_non_null(strstr(all, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")); /* RFC 6455's own example */
    assert_int_equal(count(all, "abc"), 2);
    assert_int_equal(count(all, "bye"), 2);
    assert_non_null(strstr(all, "\x88\x06\x03\xe8"
                                "done"));
}

/* Who goes away ends its exchange; stopping ends those that are open. */
static void test_open_ends(void **state)
{
    (void)state;
    int gone = dial(), stays = dial();
    say(gone, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    say(stays, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    char byte;
    assert_int_equal(recv(gone, &byte, 1, 0), 1);
    assert_int_equal(recv(stays, &byte, 1, 0), 1);
    close(gone);
    for (int i = 0; i < 1000 && ended < 1; i++)
        usleep(1000);
    assert_int_equal(ended, 1);
    /* `stays` is left to the end of the test: teardown stops the server. */
}

/* ---- deadlines ---- */

static void test_slow_heads(void **state)
{
    (void)state;
    int silent = dial(), slow = dial(), idle = dial();
    say(slow, "GET /echo HTTP/1.1\r\nHo");
    say(idle, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 30; i++) { /* a byte now and then is no progress */
        usleep(10000);
        if (send(slow, "s", 1, MSG_NOSIGNAL) != 1)
            break;
    }
    assert_int_equal(count(hear(slow), "HTTP/1.1 408 "), 1);
    assert_string_equal(hear(silent), "");
    assert_int_equal(count(hear(idle), "HTTP/1.1 200 "), 1); /* until idle_ms have passed */
    int body = dial();
    say(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    assert_string_equal(hear(body), "");
    /* A stream that has nothing to say is left alone. */
    int open = dial();
    char byte;
    say(open, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(recv(open, &byte, 1, 0), 1);
    usleep(700000);
    int before = ended;
    assert_int_equal(begun - before, 1);
    close(open);
}

/* Megabytes for a client that reads nothing: its connection ends. */
static void test_client_takes_nothing(void **state)
{
    (void)state;
    int fd = dial();
    for (int i = 0; i < 40; i++)
        say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 5000 && (begun == 0 || ended < begun); i++)
        usleep(2000);
    assert_true(begun > 0 && begun < 40);
    assert_int_equal(begun, ended);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_http1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_http2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pipeline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expect_continue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_http, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_websocket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_heads, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(test_client_takes_nothing, setup_hasty, teardown),
    };
    curl_global_init(CURL_GLOBAL_ALL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
