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
        cmocka_unit_test(test_rapid_reset), cmocka_unit_test(test_shuts_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
