/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 on a connection without a socket, with nghttp2's client at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>

#include "unit/server/http_driver.h"

#define STREAMS_MAX 600

typedef struct client {
    driver server;
    nghttp2_session *session;
    wr_buf bodies[STREAMS_MAX];   /* by stream */
    unsigned pieces[STREAMS_MAX]; /* DATA frames that were not empty */
    int statuses[STREAMS_MAX];
    uint32_t closed[STREAMS_MAX]; /* error code + 1 */
    const char *upload;           /* what the next requests send */
    size_t upload_len, upload_at;
} client;

static int header_came(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t n,
                       const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    client *c = arg;
    (void)s, (void)flags, (void)value_len;
    if (n == 7 && memcmp(name, ":status", 7) == 0)
        sscanf((const char *)value, "%d", &c->statuses[f->hd.stream_id]);
    return 0;
}

static int data_came(nghttp2_session *s, uint8_t flags, int32_t stream, const uint8_t *data,
                     size_t n, void *arg)
{
    client *c = arg;
    (void)s, (void)flags;
    wr_buf_put(&c->bodies[stream], data, n);
    c->pieces[stream] += n > 0;
    return 0;
}

static int closed(nghttp2_session *s, int32_t stream, uint32_t code, void *arg)
{
    (void)s;
    ((client *)arg)->closed[stream] = code + 1;
    return 0;
}

static ssize_t give_upload(nghttp2_session *s, int32_t stream, uint8_t *to, size_t n,
                           uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    client *c = arg;
    (void)s, (void)stream, (void)source;
    n = WR_MIN(n, c->upload_len - c->upload_at);
    memcpy(to, c->upload + c->upload_at, n);
    c->upload_at += n;
    if (c->upload_at == c->upload_len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static ssize_t keep_upload_waiting(nghttp2_session *s, int32_t stream, uint8_t *to, size_t n,
                                   uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    if (!((client *)arg)->upload)
        return NGHTTP2_ERR_DEFERRED;
    return give_upload(s, stream, to, n, flags, source, arg);
}

/* @param window  of the client's streams */
static void client_init(client *c, uint32_t window, bool updates)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *option;
    *c = (client){0};
    driver_init(&c->server);
    nghttp2_session_callbacks_new(&cb);
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, !updates);
    nghttp2_session_callbacks_set_on_header_callback(cb, header_came);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, data_came);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, closed);
    assert_int_equal(nghttp2_session_client_new2(&c->session, cb, c, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}};
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 1);
}

static void client_fini(client *c)
{
    nghttp2_session_del(c->session);
    driver_fini(&c->server);
    for (size_t i = 0; i < STREAMS_MAX; i++)
        wr_buf_free(&c->bodies[i]);
}

/* Bytes to and fro until nothing moves. */
static void exchange_bytes(client *c)
{
    for (int i = 0, quiet = 0; i < 10000 && quiet < 3; i++) {
        const uint8_t *data;
        ssize_t n = nghttp2_session_mem_send(c->session, &data);
        assert_true(n >= 0);
        driver_feed(&c->server, (const char *)data, (size_t)n);
        driver_turn(&c->server);
        wr_buf *sent = &c->server.sent;
        quiet = n == 0 && sent->len == 0 ? quiet + 1 : 0;
        if (sent->len)
            assert_true(nghttp2_session_mem_recv(c->session, (const uint8_t *)sent->ptr,
                                                 sent->len) == (ssize_t)sent->len);
        wr_buf_clear(sent);
    }
}

#define NV(name, value)                                                                            \
    {                                                                                              \
        (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE   \
    }

static int32_t ask(client *c, const char *path, const char *body, size_t n)
{
    const nghttp2_nv nv[] = {NV(":method", body ? "POST" : "GET"), NV(":scheme", "http"),
                             NV(":authority", "x"), NV(":path", path)};
    nghttp2_data_provider provider = {.read_callback = give_upload};
    c->upload = body;
    c->upload_len = n;
    c->upload_at = 0;
    return nghttp2_submit_request(c->session, NULL, nv, 4, body ? &provider : NULL, NULL);
}

static void assert_answer(client *c, int32_t stream, int status, const char *body)
{
    assert_int_equal(c->statuses[stream], status);
    assert_string_equal(wr_buf_cstr(&c->bodies[stream]), body);
    assert_int_equal(c->closed[stream], 1);
}

static void test_answers(void **state)
{
    client c;
    (void)state;
    client_init(&c, 65535, true);
    int32_t a = ask(&c, "/echo", "hello", 5);
    exchange_bytes(&c);
    int32_t b = ask(&c, "/later", NULL, 0), d = ask(&c, "/nowhere", NULL, 0);
    exchange_bytes(&c);
    int32_t e = ask(&c, "/hold", "hi", 2);
    exchange_bytes(&c);
    int32_t f = ask(&c, "/pause", "abc", 3);
    exchange_bytes(&c);
    assert_answer(&c, a, 200, "hello");
    assert_answer(&c, b, 200, "later");
    assert_answer(&c, d, 404, "Not Found");
    assert_answer(&c, e, 200, "hi");
    assert_answer(&c, f, 200, "abc");
    client_fini(&c);
}

/* More than all windows together, both ways, through a handler that pauses after each piece. */
static void test_flow_control(void **state)
{
    client c;
    wr_buf big = {0};
    (void)state;
    for (int i = 0; i < 300000; i++)
        wr_buf_printf(&big, "%d,", i);
    client_init(&c, 1000, true);
    int32_t stream = ask(&c, "/pause", big.ptr, big.len);
    for (int i = 0; i < 200 && !c.closed[stream]; i++)
        exchange_bytes(&c);
    assert_int_equal(c.bodies[stream].len, big.len);
    assert_memory_equal(c.bodies[stream].ptr, big.ptr, big.len);
    client_fini(&c);
    wr_buf_free(&big);
}

/* Each line comes in a frame of its own, or in several where the window is smaller. */
static void test_lines(void **state)
{
    static const char text[] = "[1]\n[22]\n\n[333]";
    static const uint32_t windows[] = {65535, 4};
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(windows); i++) {
        client c;
        client_init(&c, windows[i], true);
        int32_t stream = ask(&c, "/lines", text, sizeof text - 1);
        exchange_bytes(&c);
        assert_answer(&c, stream, 200, text);
        assert_true(i == 0 ? c.pieces[stream] == 4 : c.pieces[stream] > 4);
        client_fini(&c);
    }
}

/* A client that gives no window: what is written waits, and is counted. */
static void test_client_takes_nothing(void **state)
{
    client c;
    char body[2000];
    (void)state;
    memset(body, 'x', sizeof body);
    client_init(&c, 100, false);
    int32_t stream = ask(&c, "/echo", body, sizeof body);
    exchange_bytes(&c);
    assert_int_equal(c.bodies[stream].len, 100);
    assert_int_equal(wr_http_buffered(c.server.conn.exchanges), sizeof body - 100);
    assert_int_equal(c.server.conn.wait, WR_WAIT_TAKING);
    client_fini(&c);
}

static void test_refuses(void **state)
{
    client c;
    wr_buf big = {0};
    (void)state;
    for (int i = 0; i < 100001; i++)
        wr_buf_putc(&big, 'x');
    client_init(&c, 65535, true);
    int32_t a = ask(&c, "/echo", big.ptr, big.len);
    exchange_bytes(&c);
    assert_int_equal(c.statuses[a], 413);
    big.len = 9000;
    big.ptr[0] = '/';
    int32_t b = ask(&c, wr_buf_cstr(&big), NULL, 0);
    int32_t d = ask(&c, "/a%00", NULL, 0);
    exchange_bytes(&c);
    assert_int_equal(c.statuses[b], 414);
    assert_int_equal(c.statuses[d], 400);
    int32_t e = ask(&c, "/abort", NULL, 0);
    exchange_bytes(&c);
    assert_int_equal(c.closed[e], NGHTTP2_INTERNAL_ERROR + 1);
    client_fini(&c);
    wr_buf_free(&big);
}

/* The response is there before the request: the stream is reset only where much is to come. */
static void test_early_answers(void **state)
{
    static const struct {
        const char *length;
        uint32_t closed;
    } cases[] = {{"5", 0}, {"262144", 0}, {"262145", 1}, {NULL, 1}};
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        client c;
        client_init(&c, 65535, true);
        const char *length = cases[i].length;
        const nghttp2_nv nv[] = {NV(":method", "POST"), NV(":scheme", "http"),
                                 NV(":authority", "x"), NV(":path", "/early"),
                                 NV("content-length", length ? length : "")};
        nghttp2_data_provider provider = {.read_callback = keep_upload_waiting};
        int32_t stream =
            nghttp2_submit_request(c.session, NULL, nv, length ? 5 : 4, &provider, NULL);
        exchange_bytes(&c);
        assert_int_equal(c.statuses[stream], 200);
        assert_string_equal(wr_buf_cstr(&c.bodies[stream]), "early");
        assert_int_equal(c.closed[stream], cases[i].closed);
        if (i == 0) {
            c.upload = "12345";
            c.upload_len = 5;
            nghttp2_session_resume_data(c.session, stream);
            exchange_bytes(&c);
            assert_answer(&c, stream, 200, "early");
        }
        client_fini(&c);
    }
}

/* Streams that are opened and reset at once, without end (CVE-2023-44487). */
static void test_rapid_reset(void **state)
{
    driver t;
    wr_buf b = {0};
    static const char head[] = "\x83\x86\x04\x05/echo\x01\x01x";
    (void)state;
    driver_init(&t);
    wr_buf_puts(&b, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    wr_buf_put(&b, "\0\0\0\4\0\0\0\0\0", 9);
    for (uint32_t i = 1; i < 20000; i += 2) {
        wr_buf_put(&b, "\0\0\x0b\1\4", 5);
        wr_buf_be32(&b, i);
        wr_buf_put(&b, head, 11);
        wr_buf_put(&b, "\0\0\4\3\0", 5);
        wr_buf_be32(&b, i);
        wr_buf_be32(&b, NGHTTP2_CANCEL);
    }
    driver_feed_cut(&t, b.ptr, b.len, 1000);
    assert_true(t.conn.closing || t.conn.dead);
    assert_true(t.begun < 2500);
    driver_fini(&t);
    wr_buf_free(&b);
}

/* A request by HTTP/1.1, and what the server has sent by then. */
static const char *ask_http1(driver *server, const char *method, const char *headers,
                             const char *body)
{
    wr_buf b = {0};
    wr_buf_clear(&server->sent);
    wr_buf_printf(&b, "%s HTTP/1.1\r\nHost: x\r\n%s\r\n%s", method, headers, body);
    driver_feed(server, b.ptr, b.len);
    driver_turn(server);
    wr_buf_free(&b);
    return wr_buf_cstr(&server->sent);
}

#define H2C "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAP__\r\n"
static const char switching[] =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";

/* A request that asks for HTTP/2 is its first stream; those that follow are ordinary ones. */
static void test_upgrade(void **state)
{
    static const struct {
        const char *method, *length, *body, *answer;
    } cases[] = {{"POST /echo", "Content-Length: 5\r\n", "hello", "hello"},
                 {"POST /pieces", "Content-Length: 5\r\n", "hello", "hello"},
                 {"POST /hold", "Content-Length: 2\r\n", "hi", "hi"},
                 {"GET /later", "", "", "later"},
                 {"HEAD /later", "", "", ""}};
    static const uint8_t settings[] = {0, 4, 0, 0, 0xff, 0xff};
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        client c;
        wr_buf headers = {0};
        client_init(&c, 65535, true);
        bool head = strncmp(cases[i].method, "HEAD", 4) == 0;
        assert_int_equal(nghttp2_session_upgrade2(c.session, settings, sizeof settings, head, NULL),
                         0);
        wr_buf_printf(&headers, "%s%s", H2C, cases[i].length);
        const char *sent =
            ask_http1(&c.server, cases[i].method, wr_buf_cstr(&headers), cases[i].body);
        size_t n = sizeof switching - 1;
        assert_true(strncmp(sent, switching, n) == 0);
        assert_ptr_equal(c.server.conn.protocol, &wr__http2);
        assert_true(nghttp2_session_mem_recv(c.session, (const uint8_t *)sent + n,
                                             c.server.sent.len - n) >= 0);
        wr_buf_clear(&c.server.sent);
        exchange_bytes(&c);
        assert_answer(&c, 1, 200, cases[i].answer);
        int32_t next = ask(&c, "/echo", "again", 5);
        exchange_bytes(&c);
        assert_answer(&c, next, 200, "again");
        assert_int_equal(c.server.begun, 2);
        client_fini(&c);
        wr_buf_free(&headers);
    }
}

/* These are answered as what they are, in HTTP/1.1; or end the connection. */
static void test_no_upgrade(void **state)
{
    static const struct {
        const char *headers, *body, *answer;
    } cases[] = {
        {"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAP__\r\n", "", "200 OK"},
        {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", "", "200 OK"},
        {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2\r\nHTTP2-Settings: AAQAAP__\r\n", "",
         "200 OK"},
        {H2C "HTTP2-Settings: AAQAAP__\r\n", "", "200 OK"},
        {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAP+/\r\n", "",
         "200 OK"},
        {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAA\r\n", "",
         "200 OK"},
        {H2C "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n", "200 OK"},
        {H2C "Content-Length: 100001\r\n", "", "413 "},
    };
    (void)state;
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        driver t;
        driver_init(&t);
        const char *sent = ask_http1(&t, "POST /echo", cases[i].headers, cases[i].body);
        assert_true(strncmp(sent, "HTTP/1.1 ", 9) == 0);
        assert_true(strncmp(sent + 9, cases[i].answer, strlen(cases[i].answer)) == 0);
        driver_fini(&t);
    }
    /* An initial window of 2^31, which no setting can be: an error of the connection, as later. */
    driver t;
    driver_init(&t);
    const char *sent = ask_http1(&t, "POST /echo",
                                 "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                 "HTTP2-Settings: AASAAAAA\r\n",
                                 "");
    assert_true(strncmp(sent, switching, sizeof switching - 1) == 0);
    assert_true(t.conn.closing);
    driver_fini(&t);
    assert_int_equal(t.ended, t.begun);
    driver secure;
    driver_init(&secure);
    secure.conn.secure = true;
    assert_non_null(strstr(ask_http1(&secure, "POST /echo", H2C, ""), "200 OK"));
    driver_fini(&secure);
}

/* The client's frames may come with the request, before the server has agreed; a client that goes
 * away before its request is whole leaves nothing. */
static void test_upgrade_cut(void **state)
{
    static const char request[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\n" H2C "Content-Length: 5\r\n\r\nhello";
    (void)state;
    for (size_t step = 1; step < 200; step += 7) {
        client c;
        wr_buf b = {0};
        const uint8_t *data;
        client_init(&c, 65535, true);
        assert_int_equal(nghttp2_session_upgrade2(c.session, NULL, 0, false, NULL), 0);
        wr_buf_puts(&b, request);
        for (ssize_t n; (n = nghttp2_session_mem_send(c.session, &data)) > 0;)
            wr_buf_put(&b, data, (size_t)n);
        driver_feed_cut(&c.server, b.ptr, b.len, step);
        wr_buf *sent = &c.server.sent;
        size_t n = sizeof switching - 1;
        assert_true(sent->len > n && memcmp(sent->ptr, switching, n) == 0);
        assert_true(nghttp2_session_mem_recv(c.session, (const uint8_t *)sent->ptr + n,
                                             sent->len - n) >= 0);
        assert_answer(&c, 1, 200, "hello");
        client_fini(&c);
        wr_buf_free(&b);
    }
    for (size_t cut = sizeof request - 4; cut < sizeof request; cut++) {
        driver t;
        driver_init(&t);
        driver_feed(&t, request, cut);
        wr__conn_eof(&t.conn);
        driver_turn(&t);
        assert_true(t.conn.dead);
        assert_int_equal(t.begun, cut == sizeof request - 1);
        driver_fini(&t);
        assert_int_equal(t.ended, t.begun);
    }
}

static void test_shuts_down(void **state)
{
    client c;
    (void)state;
    client_init(&c, 65535, true);
    int32_t a = ask(&c, "/later", NULL, 0);
    const uint8_t *data;
    for (ssize_t n; (n = nghttp2_session_mem_send(c.session, &data)) > 0;)
        wr__conn_input(&c.server.conn, (const char *)data, (size_t)n);
    wr__conn_shutdown(&c.server.conn);
    exchange_bytes(&c);
    assert_answer(&c, a, 200, "later");
    assert_true(c.server.conn.closing);
    client_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),     cmocka_unit_test(test_flow_control),
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_client_takes_nothing),
        cmocka_unit_test(test_refuses),     cmocka_unit_test(test_early_answers),
        cmocka_unit_test(test_rapid_reset), cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_no_upgrade),  cmocka_unit_test(test_upgrade_cut),
        cmocka_unit_test(test_shuts_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
