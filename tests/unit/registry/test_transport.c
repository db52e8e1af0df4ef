/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: retries, several URLs, time limits, secrets, redirects, answers that are too long. */
#include "registry/transport.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_server.h"

static http_server one, two;
static wr_transport *transport;
static weir_error err;

static void open_with(wr_registry_options o)
{
    wr__transport_free(transport);
    if (!o.urls)
        o.urls = one.url;
    assert_int_equal(wr__transport_new(&o, &transport, &err), WEIR_OK);
}

static int setup(void **state)
{
    (void)state;
    assert_true(http_start(&one, 0));
    assert_true(http_start(&two, 0));
    transport = NULL;
    open_with((wr_registry_options){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr__transport_free(transport);
    http_stop(&one);
    http_stop(&two);
    return 0;
}

static weir_status send_for(const char *method, int64_t ms, bool once, wr_answer *out)
{
    const wr_call call = {.deadline_ns = wr__monotonic_ns() + ms * 1000000, .once = once};
    const wr_request request = {.method = method,
                                .path = "/x",
                                .body = strcmp(method, "POST") == 0 ? WR_STR("{\"a\":1}")
                                                                    : (wr_str){0}};
    memset(&err, 0, sizeof err);
    return wr__transport_send(transport, &call, &request, out, &err);
}

static void expect_answer(const char *method, int64_t ms, int64_t value)
{
    wr_answer a;
    weir_status st = send_for(method, ms, false, &a);
    if (st != WEIR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(json_integer_value(a.body), value);
    json_decref(a.body);
}

static void expect_trouble(int64_t ms, bool once, const char *words)
{
    wr_answer a;
    assert_int_equal(send_for("GET", ms, once, &a), WEIR_ERR_LOG);
    assert_true(err.flags & WEIR_ERROR_RETRIABLE);
    assert_null(a.body);
    if (!strstr(err.message, words))
        fail_msg("%s: %s", words, err.message);
}

static void test_tries_again(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 503, .times = 1});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 0, .times = 1});
    http_add(&one,
             (http_rule){.asks = "GET /x", .status = 200, .body = "[1,2]", .cut = 3, .times = 1});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "<html>", .times = 1});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "5"});
    expect_answer("GET", 10000, 5);
    assert_int_equal(http_asked(&one), 5);
}

static void test_a_post_is_sent_again_whole(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "POST /x", .status = 502, .times = 2});
    http_add(&one, (http_rule){.asks = "POST /x", .status = 200, .body = "6"});
    expect_answer("POST", 10000, 6);
    assert_non_null(strstr(one.requests[2], "\r\n\r\n{\"a\":1}"));
}

static void test_once_is_once(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 503});
    expect_trouble(5000, true, "in trouble: status 503");
    assert_int_equal(http_asked(&one), 1);
}

static void test_the_time_limit(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1", .delay_ms = 5000});
    const int64_t start = wr__monotonic_ns();
    expect_trouble(300, false, "cannot be reached");
    const int64_t ms = (wr__monotonic_ns() - start) / 1000000;
    assert_true(ms >= 250 && ms < 3000);
    /* A time limit that is over already still asks, for a moment. */
    expect_trouble(-1, false, "cannot be reached");
}

/* What the registry said is told, not that there was too little time to ask again. */
static void test_no_round_that_is_cut_short(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 503, .times = 1});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1", .delay_ms = 5000});
    expect_trouble(500, false, "in trouble: status 503");
    assert_int_equal(http_asked(&one), 1);
}

static void test_several_urls_in_turn(void **state)
{
    (void)state;
    char urls[160];
    snprintf(urls, sizeof urls, "%s/,%s", one.url, two.url);
    open_with((wr_registry_options){.urls = urls});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 500});
    http_add(&two, (http_rule){.asks = "GET /x", .status = 200, .body = "2"});
    expect_answer("GET", 5000, 2);
    assert_int_equal(http_asked(&one), 1);
    expect_answer("GET", 5000, 2); /* the one that answered last comes first */
    assert_int_equal(http_asked(&one), 1);
    http_clear(&one);
    http_clear(&two);
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1"});
    http_add(&two, (http_rule){.asks = "GET /x", .status = 0});
    expect_answer("GET", 5000, 1);
    assert_int_equal(http_asked(&two), 1);
}

/* One that accepts and says nothing does not use up the time of the other. */
static void test_a_url_that_hangs(void **state)
{
    (void)state;
    char urls[160];
    snprintf(urls, sizeof urls, "%s,%s", one.url, two.url);
    open_with((wr_registry_options){.urls = urls});
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1", .delay_ms = 20000});
    http_add(&two, (http_rule){.asks = "GET /x", .status = 200, .body = "2"});
    expect_answer("GET", 2000, 2);
}

static void test_a_decision_is_not_asked_for_twice(void **state)
{
    (void)state;
    static const int statuses[] = {400, 401, 403, 404, 405, 409, 422};
    char urls[160];
    snprintf(urls, sizeof urls, "%s,%s", one.url, two.url);
    open_with((wr_registry_options){.urls = urls});
    for (size_t i = 0; i < WR_ARRAY_LEN(statuses); i++) {
        wr_answer a;
        http_clear(&one);
        http_add(&one, (http_rule){.asks = "GET /x", .status = statuses[i], .body = "nothing"});
        assert_int_equal(send_for("GET", 5000, false, &a), WEIR_OK);
        assert_int_equal(a.status, statuses[i]);
        assert_null(a.body);
        assert_string_equal(a.url, one.url);
        assert_int_equal(http_asked(&one), 1);
    }
    assert_int_equal(http_asked(&two), 0);
}

static void test_an_answer_without_end(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .filler = WR_ANSWER_BYTES_MAX + 1});
    expect_trouble(5000, true, "is longer than 16 MB");
}

static void test_nobody_there(void **state)
{
    (void)state;
    char url[64];
    memcpy(url, two.url, sizeof url);
    http_stop(&two);
    open_with((wr_registry_options){.urls = url});
    expect_trouble(400, false, url);
    assert_true(http_start(&two, 0));
}

/* ---- secrets ---- */

static void test_basic_auth(void **state)
{
    (void)state;
    char url[128];
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1"});
    open_with((wr_registry_options){.user = "me", .password = "a:b"});
    expect_answer("GET", 5000, 1);
    assert_non_null(strstr(one.requests[0], "\r\nAuthorization: Basic bWU6YTpi\r\n"));
    snprintf(url, sizeof url, "http://me:a%%3Ab@%.60s", one.url + strlen("http://"));
    open_with((wr_registry_options){.urls = url, .bearer_token = "tok"});
    expect_answer("GET", 5000, 1);
    assert_non_null(strstr(one.requests[1], "\r\nAuthorization: Basic bWU6YTpi\r\n"));
}

static void test_bearer_token(void **state)
{
    (void)state;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1"});
    open_with((wr_registry_options){.bearer_token = "tok", .user_agent = "weir/9"});
    expect_answer("GET", 5000, 1);
    assert_non_null(strstr(one.requests[0], "\r\nAuthorization: Bearer tok\r\n"));
    assert_non_null(strstr(one.requests[0], "\r\nUser-Agent: weir/9\r\n"));
    expect_answer("GET", 5000, 1); /* a handle that was used before */
    assert_non_null(strstr(one.requests[1], "\r\nAuthorization: Bearer tok\r\n"));
}

static void test_no_secret_in_messages(void **state)
{
    (void)state;
    char url[128];
    snprintf(url, sizeof url, "http://me:secret@%.60s", one.url + strlen("http://"));
    open_with((wr_registry_options){.urls = url, .bearer_token = "secret"});
    assert_null(strstr(wr__transport_name(transport), "secret"));
    http_add(&one, (http_rule){.asks = "GET /x", .status = 0});
    expect_trouble(300, true, "cannot be reached");
    assert_null(strstr(err.message, "secret"));
    http_clear(&one);
    http_add(&one, (http_rule){.asks = "GET /x", .status = 500, .body = "{\"error_code\":50001}"});
    expect_trouble(300, true, "error code 50001");
    assert_null(strstr(err.message, "secret"));
}

/* ---- redirects ---- */

static void test_redirects_keep_the_method_and_lose_the_secret(void **state)
{
    (void)state;
    char location[128], other[128];
    snprintf(location, sizeof location, "Location: %s/y", one.url);
    snprintf(other, sizeof other, "Location: http://localhost:%s/z", strrchr(two.url, ':') + 1);
    open_with((wr_registry_options){.user = "me", .password = "pw"});
    http_add(&one, (http_rule){.asks = "POST /x", .status = 302, .header = location});
    http_add(&one, (http_rule){.asks = "POST /y", .status = 307, .header = other});
    http_add(&two, (http_rule){.asks = "POST /z", .status = 200, .body = "3"});
    expect_answer("POST", 5000, 3);
    assert_non_null(strstr(one.requests[1], "Authorization: Basic"));
    assert_null(strstr(two.requests[0], "Authorization"));
    assert_non_null(strstr(two.requests[0], "{\"a\":1}"));
}

static void test_redirects_in_a_circle(void **state)
{
    (void)state;
    wr_answer a;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 302, .header = "Location: /x"});
    assert_int_equal(send_for("GET", 5000, false, &a), WEIR_ERR_CONFIG);
    assert_false(err.flags & WEIR_ERROR_RETRIABLE);
    assert_int_equal(http_asked(&one), 6);
    http_clear(&one);
    http_add(&one, (http_rule){
                       .asks = "GET /x", .status = 302, .header = "Location: file:///etc/passwd"});
    assert_int_equal(send_for("GET", 5000, false, &a), WEIR_ERR_CONFIG);
}

/* ---- stopping ---- */

static void *stop_soon(void *user)
{
    (void)user;
    wr__rest(100);
    wr__transport_stop(transport);
    return NULL;
}

static void test_stop_ends_a_request(void **state)
{
    (void)state;
    pthread_t thread;
    wr_answer a;
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "1", .delay_ms = 20000});
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    const int64_t start = wr__monotonic_ns();
    assert_int_equal(send_for("GET", 20000, false, &a), WEIR_ERR_INTERRUPTED);
    assert_true(wr__monotonic_ns() - start < 5000000000);
    pthread_join(thread, NULL);
}

/* ---- interrupting ---- */

typedef struct patience {
    int64_t until_ns;
    int refusals; /* how often it has said that it will not wait */
} patience;

static bool out_of_patience(void *arg)
{
    patience *p = arg;
    bool yes = wr__monotonic_ns() > p->until_ns;
    p->refusals += yes;
    return yes;
}

/* A caller that does not want to wait any more ends its own call, and no other. */
static void expect_interrupted(int64_t after_ms)
{
    wr_answer a;
    patience p = {.until_ns = wr__monotonic_ns() + after_ms * 1000000};
    const wr_registry_interrupt interrupt = {.asked = out_of_patience, .arg = &p};
    const wr_call call = {.deadline_ns = wr__monotonic_ns() + INT64_C(20000000000),
                          .interrupt = &interrupt};
    const wr_request request = {.method = "GET", .path = "/x"};
    const int64_t start = wr__monotonic_ns();
    assert_int_equal(wr__transport_send(transport, &call, &request, &a, &err),
                     WEIR_ERR_INTERRUPTED);
    assert_true(wr__monotonic_ns() - start < INT64_C(5000000000));
    assert_int_equal(p.refusals, 1);
    assert_non_null(strstr(err.message, "Interrupted while waiting for the schema registry at"));
}

static void test_a_caller_interrupts_its_call(void **state)
{
    (void)state;
    http_add(
        &one,
        (http_rule){.asks = "GET /x", .status = 200, .body = "1", .delay_ms = 20000, .times = 1});
    expect_interrupted(100);
    http_clear(&one);
    http_add(&one, (http_rule){.asks = "GET /x", .status = 503});
    expect_interrupted(300); /* between two rounds */
    http_clear(&one);
    http_add(&one, (http_rule){.asks = "GET /x", .status = 200, .body = "7"});
    expect_answer("GET", 5000, 7);
}

static void test_backoff(void **state)
{
    (void)state;
    static const struct {
        unsigned n;
        int64_t least, most;
    } cases[] = {{1, 50, 100}, {2, 100, 200}, {3, 200, 400}, {6, 500, 1000}, {4000000, 500, 1000}};
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        bool differs = false;
        for (uint64_t random = 0; random < 1000; random++) {
            int64_t ms = wr__backoff_ms(cases[i].n, 100, 1000, random);
            assert_in_range(ms, cases[i].least, cases[i].most);
            differs = differs || ms != wr__backoff_ms(cases[i].n, 100, 1000, 0);
        }
        assert_true(differs);
    }
    assert_in_range(wr__backoff_ms(3, 1, 1, UINT64_MAX), 0, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tries_again),
        TEST(test_a_post_is_sent_again_whole),
        TEST(test_once_is_once),
        TEST(test_the_time_limit),
        TEST(test_no_round_that_is_cut_short),
        TEST(test_several_urls_in_turn),
        TEST(test_a_url_that_hangs),
        TEST(test_a_decision_is_not_asked_for_twice),
        TEST(test_an_answer_without_end),
        TEST(test_nobody_there),
        TEST(test_basic_auth),
        TEST(test_bearer_token),
        TEST(test_no_secret_in_messages),
        TEST(test_redirects_keep_the_method_and_lose_the_secret),
        TEST(test_redirects_in_a_circle),
        TEST(test_stop_ends_a_request),
        TEST(test_a_caller_interrupts_its_call),
        cmocka_unit_test(test_backoff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
