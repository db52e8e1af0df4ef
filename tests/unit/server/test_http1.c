/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1 and WebSocket on a connection without a socket: what comes out for what goes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/server/http_driver.h"

#define HOST "host: x\r\n"

/* All of @p request, cut into pieces of each length in turn; the answer is the same each time. */
static void expect(const char *request, const char *answer)
{
    size_t n = strlen(request);
    for (size_t step = 1; step <= n; step = step < 8 ? step + 1 : n == step ? n + 1 : n) {
        driver t;
        driver_init(&t);
        driver_feed_cut(&t, request, n, step);
        assert_string_equal(wr_buf_cstr(&t.sent), answer);
        driver_fini(&t);
    }
}

#define OK(length, body) "HTTP/1.1 200 OK\r\ncontent-length: " #length "\r\n\r\n" body

static void test_answers(void **state)
{
    (void)state;
    expect("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", OK(5, "hello"));
    expect("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
           OK(5, "hello"));
    expect("HEAD /echo HTTP/1.1\r\n" HOST "\r\n", OK(0, ""));
    expect("GET /nowhere HTTP/1.1\r\n" HOST "\r\n",
           "HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nNot Found");
    expect("POST /hold HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi", OK(2, "hi"));
}

static void test_keeps_alive(void **state)
{
    (void)state;
    expect("GET /echo HTTP/1.0\r\n\r\nGET /echo HTTP/1.0\r\n\r\n",
           "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    expect("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
           "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
    expect("GET /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /echo HTTP/1.1\r\n\r\n",
           "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

static void test_pipelines_in_order(void **state)
{
    (void)state;
    expect("GET /later HTTP/1.1\r\n" HOST "\r\n"
           "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
           "GET /early HTTP/1.1\r\n" HOST "\r\n",
           OK(5, "later") OK(2, "hi") OK(5, "early"));
}

static void test_streams(void **state)
{
    driver t;
    static const char head[] = "POST /pause HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    (void)state;
    driver_init(&t);
    driver_feed(&t, head, sizeof head - 1);
    driver_feed(&t, "2\r\nab\r\n", 7);
    assert_non_null(strstr(wr_buf_cstr(&t.sent), "2\r\nab\r\n"));
    /* The handler has paused it, until the end of the next turn. */
    driver_feed(&t, "2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n", 18);
    for (int i = 0; i < 5; i++)
        driver_turn(&t);
    assert_string_equal(wr_buf_cstr(&t.sent),
                        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                        "2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n");
    assert_int_equal(t.ended, 1);
    driver_fini(&t);
}

static void test_expects_continue(void **state)
{
    driver t;
    static const char head[] =
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    (void)state;
    driver_init(&t);
    driver_feed(&t, head, sizeof head - 1);
    assert_string_equal(wr_buf_cstr(&t.sent), "HTTP/1.1 100 Continue\r\n\r\n");
    driver_feed(&t, "hi", 2);
    assert_string_equal(wr_buf_cstr(&t.sent), "HTTP/1.1 100 Continue\r\n\r\n" OK(2, "hi"));
    driver_fini(&t);
}

/* @return the status of the only answer, after which the connection is closed. */
static int refusal_of(const char *request, size_t n)
{
    driver t;
    int status = 0;
    driver_init(&t);
    driver_feed_cut(&t, request, n, n);
    assert_true(t.conn.closing);
    assert_int_equal(sscanf(wr_buf_cstr(&t.sent), "HTTP/1.1 %d", &status), 1);
    assert_non_null(strstr(wr_buf_cstr(&t.sent), "connection: close"));
    driver_fini(&t);
    return status;
}

#define REFUSED(text, status) assert_int_equal(refusal_of(text, sizeof text - 1), status)

static void test_refuses(void **state)
{
    (void)state;
    REFUSED("GET /echo HTTP/1.1\r\n\r\n", 400); /* no host */
    REFUSED("BLA /echo HTTP/1.1\r\n\r\n", 400);
    REFUSED("GET /a%00b HTTP/1.1\r\n" HOST "\r\n", 400);
    REFUSED("GET /a%4 HTTP/1.1\r\n" HOST "\r\n", 400);
    REFUSED("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", 400);
    REFUSED("GET /echo HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417);
    REFUSED("GET /echo HTTP/2.0\r\n" HOST "\r\n", 505);
    REFUSED("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n", 413);
    /* Two lengths: another program may believe the other one (request smuggling). */
    REFUSED("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            400);
    REFUSED("POST /echo HTTP/1.1\r\n" HOST
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400);
}

static void test_limits_heads(void **state)
{
    wr_buf b = {0};
    (void)state;
    wr_buf_puts(&b, "GET /");
    for (int i = 0; i < 9000; i++)
        wr_buf_putc(&b, 'a');
    assert_int_equal(refusal_of(b.ptr, b.len), 414);
    wr_buf_clear(&b);
    wr_buf_puts(&b, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < WR__HEADERS_MAX + 1; i++)
        wr_buf_puts(&b, "a: b\r\n");
    wr_buf_puts(&b, "\r\n");
    assert_int_equal(refusal_of(b.ptr, b.len), 431);
    wr_buf_clear(&b);
    wr_buf_puts(&b, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n186a1\r\n");
    for (int i = 0; i < 100001; i++)
        wr_buf_putc(&b, 'a');
    assert_int_equal(refusal_of(b.ptr, b.len), 413);
    wr_buf_free(&b);
}

static void test_a_client_that_leaves(void **state)
{
    driver t;
    static const char request[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
    (void)state;
    driver_init(&t); /* has asked, closes its side, and still reads */
    wr__conn_input(&t.conn, request, sizeof request - 1);
    wr__conn_eof(&t.conn);
    for (int i = 0; i < 3; i++)
        driver_turn(&t);
    assert_non_null(strstr(wr_buf_cstr(&t.sent), "later"));
    assert_true(t.conn.closing);
    driver_fini(&t);
    driver_init(&t); /* in the middle of a request */
    wr__conn_input(&t.conn, request, 10);
    wr__conn_eof(&t.conn);
    driver_turn(&t);
    assert_true(t.conn.dead);
    assert_int_equal(t.begun, 0);
    driver_fini(&t);
}

static void test_targets(void **state)
{
    driver t;
    static const char request[] =
        "GET http:/"
        "/x:1/a%20b/%C3%A4?p=1+2&q=%26 HTTP/1.1\r\n" HOST "A: 1\r\nb: 2\r\na: 3\r\n\r\n";
    (void)state;
    driver_init(&t);
    driver_feed(&t, request, sizeof request - 1);
    assert_string_equal(t.last_path, "/a b/\xc3\xa4");
    driver_fini(&t);
}

/* ---- WebSocket ---- */

static const char upgrade[] =
    "GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static void put_frame(wr_buf *b, unsigned opcode, const char *text, size_t n)
{
    static const char mask[4] = {1, 2, 3, 4};
    wr_buf_putc(b, (char)(0x80 | opcode));
    wr_buf_putc(b, (char)(0x80 | n));
    wr_buf_put(b, mask, 4);
    for (size_t i = 0; i < n; i++)
        wr_buf_putc(b, (char)(text[i] ^ mask[i % 4]));
}

static void test_websocket(void **state)
{
    wr_buf b = {0};
    (void)state;
    wr_buf_put(&b, upgrade, sizeof upgrade - 1);
    put_frame(&b, 1, "hello", 5); /* before the answer: it waits */
    put_frame(&b, 9, "p", 1);
    put_frame(&b, 1, "bye", 3);
    size_t asked = b.len;
    put_frame(&b, 8, "\x03\xe8", 2);
    for (size_t step = 1; step <= asked; step = step < 4 ? step + 1 : step * 7) {
        driver t;
        driver_init(&t);
        driver_feed_cut(&t, b.ptr, asked, step);
        assert_false(t.conn.closing); /* until the client has closed it too */
        driver_feed(&t, b.ptr + asked, b.len - asked);
        const char *sent = wr_buf_cstr(&t.sent);
        assert_non_null(strstr(sent, "HTTP/1.1 101 "));
        /* The key's answer is the example of RFC 6455. */
        assert_non_null(strstr(sent, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert_non_null(memmem(sent, t.sent.len, "\x81\x05hello", 7));
        assert_non_null(memmem(sent, t.sent.len, "\x8a\x01p", 3));
        assert_non_null(memmem(sent, t.sent.len,
                               "\x88\x05\x03\xe8"
                               "bye",
                               7));
        assert_true(t.conn.closing);
        driver_fini(&t);
    }
    wr_buf_free(&b);
}

static void test_websocket_faults(void **state)
{
    wr_buf b = {0};
    driver t;
    (void)state;
    wr_buf_put(&b, upgrade, sizeof upgrade - 1);
    put_frame(&b, 1, "\xff\xfe", 2); /* not UTF-8: 1007 */
    driver_init(&t);
    driver_feed(&t, b.ptr, b.len);
    driver_turn(&t);
    assert_non_null(memmem(t.sent.ptr, t.sent.len, "\x03\xef", 2));
    driver_fini(&t);
    wr_buf_free(&b);
}

static void test_lines(void **state)
{
    static const char lines[] = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                "3\r\nab\n\r\n2\r\nc\n\r\n1\r\n\n\r\n2\r\nde\r\n0\r\n\r\n";
    (void)state;
    expect("POST /lines HTTP/1.1\r\n" HOST "Content-Length: 8\r\n\r\nab\nc\n\nde", lines);
    expect("POST /lines-later HTTP/1.1\r\n" HOST "Content-Length: 8\r\n\r\nab\nc\n\nde", lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_keeps_alive),
        cmocka_unit_test(test_pipelines_in_order),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_expects_continue),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_limits_heads),
        cmocka_unit_test(test_a_client_that_leaves),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_websocket),
        cmocka_unit_test(test_websocket_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
