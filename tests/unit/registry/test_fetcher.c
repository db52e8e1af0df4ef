/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that fetches: nobody waits for it, nothing is asked twice at once, it stops. */
#include "registry/fetcher.h"
#include "registry/transport.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_server.h"

/* A registry of numbers: what becomes of an id is what the test says. */
typedef struct numbers {
    pthread_mutex_t lock;
    weir_status answers[16]; /* by id */
    unsigned asked[16];
    unsigned asked_guid, asked_all;
    bool shut; /* the fetches wait */
} numbers;

static numbers n;
static wr_fetcher *fetcher;
static weir_error err;

static weir_status fetch(void *user, uint32_t id, const uint8_t *guid, weir_error *why)
{
    numbers *x = user;
    pthread_mutex_lock(&x->lock);
    while (x->shut) {
        pthread_mutex_unlock(&x->lock);
        wr__rest(1);
        pthread_mutex_lock(&x->lock);
    }
    weir_status st = id < 16 ? x->answers[id] : WEIR_ERR_NOT_FOUND;
    x->asked_all++;
    if (guid)
        x->asked_guid++;
    else if (id < 16)
        x->asked[id]++;
    pthread_mutex_unlock(&x->lock);
    if (st == WEIR_OK)
        return WEIR_OK;
    st = wr_error(why, st, st == WEIR_ERR_LOG ? "it is down" : "there is none");
    if (st == WEIR_ERR_LOG)
        why->flags |= WEIR_ERROR_RETRIABLE;
    return st;
}

static int setup(void **state)
{
    (void)state;
    memset(&n, 0, sizeof n);
    pthread_mutex_init(&n.lock, NULL);
    fetcher = wr__fetcher_new("http://sr.example", WR_WANT_FORGET_MS, fetch, &n);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr__fetcher_free(fetcher);
    pthread_mutex_destroy(&n.lock);
    return 0;
}

static void set(uint32_t id, weir_status st, bool shut)
{
    pthread_mutex_lock(&n.lock);
    n.answers[id] = st;
    n.shut = shut;
    pthread_mutex_unlock(&n.lock);
}

static unsigned asked(uint32_t id)
{
    pthread_mutex_lock(&n.lock);
    unsigned times = n.asked[id];
    pthread_mutex_unlock(&n.lock);
    return times;
}

static weir_status want(uint32_t id)
{
    memset(&err, 0, sizeof err);
    return wr__fetcher_want(fetcher, id, NULL, &err);
}

static bool is_retriable(void)
{
    return err.flags & WEIR_ERROR_RETRIABLE;
}

/* Until so many wants are held, at most 10 s. */
static void wait_held(size_t held)
{
    for (int i = 0; i < 10000 && wr__fetcher_held(fetcher) != held; i++)
        wr__rest(1);
    assert_int_equal(wr__fetcher_held(fetcher), held);
}

static void wait_asked(uint32_t id, unsigned times)
{
    for (int i = 0; i < 10000 && asked(id) < times; i++)
        wr__rest(1);
    assert_true(asked(id) >= times);
}

static void test_asked_once_for_many(void **state)
{
    (void)state;
    set(1, WEIR_OK, true);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(want(1), WEIR_ERR_LOG);
        assert_true(is_retriable());
        assert_string_equal(err.message, "Schema 1 is being fetched from http://sr.example");
    }
    assert_int_equal(want(2), WEIR_ERR_LOG);
    assert_int_equal(wr__fetcher_want(fetcher, 2, NULL, NULL), WEIR_ERR_LOG);
    assert_int_equal(wr__fetcher_held(fetcher), 2);
    set(1, WEIR_OK, false);
    wait_held(0);
    assert_int_equal(asked(1), 1);
    assert_int_equal(asked(2), 1);
}

static void test_by_guid(void **state)
{
    (void)state;
    const uint8_t guid[WR_GUID_BYTES] = {1};
    set(0, WEIR_OK, true);
    assert_int_equal(wr__fetcher_want(fetcher, 0, guid, &err), WEIR_ERR_LOG);
    assert_non_null(strstr(err.message, "the GUID 01000000-0000-0000-0000-000000000000"));
    set(0, WEIR_OK, false);
    wait_held(0);
    assert_int_equal(n.asked_guid, 1);
}

static void test_none_is_remembered(void **state)
{
    (void)state;
    set(3, WEIR_ERR_NOT_FOUND, false);
    (void)want(3);
    wait_asked(3, 1);
    for (int i = 0; i < 10000 && want(3) == WEIR_ERR_LOG; i++)
        wr__rest(1);
    assert_int_equal(want(3), WEIR_ERR_NOT_FOUND);
    assert_false(is_retriable());
    assert_string_equal(err.message, "there is none");
    assert_int_equal(wr__fetcher_want(fetcher, 3, NULL, NULL), WEIR_ERR_NOT_FOUND);
    assert_int_equal(asked(3), 1 + WR_WANT_MISSES);
    assert_int_equal(wr__fetcher_held(fetcher), 1);
}

static void test_what_was_not_there_may_come(void **state)
{
    (void)state;
    wr__fetcher_free(fetcher);
    fetcher = wr__fetcher_new("http://sr.example", 50, fetch, &n);
    set(3, WEIR_ERR_NOT_FOUND, false);
    (void)want(3);
    for (int i = 0; i < 10000 && want(3) == WEIR_ERR_LOG; i++)
        wr__rest(1);
    set(3, WEIR_OK, false);
    for (int i = 0; i < 10000 && want(3) == WEIR_ERR_NOT_FOUND; i++)
        wr__rest(1);
    assert_true(is_retriable()); /* asked again */
    wait_asked(3, 2 + WR_WANT_MISSES);
}

/* A node of the registry that hears of a new schema a moment later than the one that was told. */
static void test_one_that_comes_a_little_later(void **state)
{
    (void)state;
    set(3, WEIR_ERR_NOT_FOUND, false);
    assert_int_equal(want(3), WEIR_ERR_LOG);
    wait_asked(3, 1);
    for (int i = 0; i < 10000 && (want(3), strcmp(err.message, "there is none") != 0); i++)
        wr__rest(1);
    assert_int_equal(err.code, WEIR_ERR_LOG);
    assert_true(is_retriable()); /* why it takes so long, and that it is not over */
    set(3, WEIR_OK, false);
    wait_held(0);
    assert_in_range(asked(3), 2, 1 + WR_WANT_MISSES);
}

/* Others go on meanwhile; what was believed once is believed again at once. */
static void test_misses_hold_up_nobody(void **state)
{
    (void)state;
    wr__fetcher_free(fetcher);
    fetcher = wr__fetcher_new("http://sr.example", 50, fetch, &n);
    set(3, WEIR_ERR_NOT_FOUND, false);
    (void)want(3);
    wait_asked(3, 1);
    (void)want(4);
    wait_asked(4, 1);
    wait_held(1);
    for (int i = 0; i < 10000 && want(3) == WEIR_ERR_LOG; i++)
        wr__rest(1);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 10000 && want(3) != WEIR_ERR_LOG; i++)
            wr__rest(1);
        wait_asked(3, 1 + WR_WANT_MISSES + (unsigned)round);
        for (int i = 0; i < 10000 && want(3) == WEIR_ERR_LOG; i++)
            wr__rest(1);
        assert_int_equal(asked(3), 1 + WR_WANT_MISSES + round);
    }
}

static void test_trouble_holds_up_all_and_passes(void **state)
{
    (void)state;
    set(4, WEIR_ERR_LOG, false);
    (void)want(4);
    wait_asked(4, 1);
    for (int i = 0; i < 10000 && (want(4), !strstr(err.message, "down")); i++)
        wr__rest(1);
    assert_string_equal(err.message, "it is down"); /* why, and not only that it takes time */
    assert_true(is_retriable());
    assert_int_equal(want(5), WEIR_ERR_LOG);
    assert_string_equal(err.message, "it is down");
    wait_asked(4, 2); /* again by itself */
    set(4, WEIR_OK, false);
    wait_held(0);
    assert_int_equal(asked(5), 1);
}

static void test_one_that_always_fails_does_not_stand_before_the_rest(void **state)
{
    (void)state;
    set(6, WEIR_ERR_LOG, false);
    (void)want(6);
    wait_asked(6, 1);
    (void)want(7);
    (void)want(8);
    wait_asked(7, 1);
    wait_asked(8, 1);
    wait_held(1); /* the one that fails stays */
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    set(0, WEIR_OK, true);
    for (uint32_t id = 100; id < 100 + WR_WANTS_MAX; id++)
        assert_int_equal(want(id), WEIR_ERR_LOG);
    assert_int_equal(want(1), WEIR_ERR_LOG);
    assert_non_null(strstr(err.message, "More than 4096 schemas"));
    assert_true(is_retriable());
    assert_int_equal(wr__fetcher_held(fetcher), WR_WANTS_MAX);
    set(0, WEIR_OK, false);
    for (int i = 0; i < 10000 && (pthread_mutex_lock(&n.lock),
                                  n.asked_all < (1 + WR_WANT_MISSES) * WR_WANTS_MAX);
         i++) {
        pthread_mutex_unlock(&n.lock);
        wr__rest(1);
    }
    pthread_mutex_unlock(&n.lock);
    /* All of them failed, and make room for one that is there. */
    (void)want(1);
    wait_asked(1, 1);
    wait_held(WR_WANTS_MAX - 1);
}

static void test_stops_with_wants_left(void **state)
{
    (void)state;
    set(9, WEIR_ERR_LOG, false);
    (void)want(9);
    wait_asked(9, 3); /* it waits for long by now */
    const int64_t start = wr__monotonic_ns();
    wr__fetcher_free(fetcher);
    assert_true(wr__monotonic_ns() - start < 2000000000);
    fetcher =
        wr__fetcher_new("http://sr.example", WR_WANT_FORGET_MS, fetch, &n); /* never started */
}

/* ---- the whole, over HTTP ---- */

static void test_known_over_http(void **state)
{
    (void)state;
    http_server server;
    wr_registry *r;
    const wr_registry_schema *s;
    assert_true(http_start(&server, 0));
    http_add(&server, (http_rule){.asks = "GET /schemas/ids/1", .status = 503, .times = 2});
    http_add(
        &server,
        (http_rule){.asks = "GET /schemas/ids/1", .status = 200, .body = "{\"schema\":\"1\"}"});
    http_add(&server,
             (http_rule){.asks = "GET /schemas/ids/2",
                         .status = 404,
                         .body = "{\"error_code\":40403,\"message\":\"Schema not found\"}"});
    http_add(&server, (http_rule){.asks = "GET /schemas/ids/3", .status = 200, .delay_ms = 60000});
    const wr_registry_options o = {.urls = server.url};
    assert_int_equal(wr_registry_open_http(&o, &r, &err), WEIR_OK);
    weir_status st = wr_registry_known_id(r, 1, &s, &err);
    assert_int_equal(st, WEIR_ERR_LOG);
    assert_null(s);
    for (int i = 0; i < 10000 && st != WEIR_OK; i++, wr__rest(1))
        st = wr_registry_known_id(r, 1, &s, &err);
    assert_int_equal(st, WEIR_OK);
    assert_int_equal(s->id, 1);
    st = wr_registry_known_id(r, 2, &s, &err);
    for (int i = 0; i < 10000 && st == WEIR_ERR_LOG; i++, wr__rest(1))
        st = wr_registry_known_id(r, 2, &s, &err);
    assert_int_equal(st, WEIR_ERR_NOT_FOUND);
    assert_string_equal(err.message, "Schema not found");
    const size_t before = http_asked(&server);
    st = wr_registry_known_id(r, 3, &s, &err);
    for (int i = 0; i < 10000 && http_asked(&server) == before; i++)
        wr__rest(1);
    const int64_t start = wr__monotonic_ns(); /* a request is under way for long */
    wr_registry_free(r);
    assert_true(wr__monotonic_ns() - start < 5000000000);
    http_stop(&server);
}

/* ---- many threads ---- */

enum { ASKERS = 4, IDS = 12 };

static void *ask_for_all(void *user)
{
    wr_registry *r = user;
    for (int done = 0, i = 0; done < IDS && i < 20000; i++, wr__rest(1)) {
        done = 0;
        for (uint32_t id = 1; id <= IDS; id++) {
            const wr_registry_schema *s;
            weir_error e;
            if (i == 0 && id % 3 == 0 && wr_registry_get_id(r, NULL, id, &s, &e) != WEIR_OK)
                return NULL;
            if (wr_registry_known_id(r, id, &s, &e) == WEIR_OK && s->id == id)
                done++;
        }
        if (done == IDS)
            return r;
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    http_server server;
    wr_registry *r;
    pthread_t askers[ASKERS];
    assert_true(http_start(&server, 0));
    http_add(&server, (http_rule){.asks = "GET /schemas/ids/*", .status = 500, .times = 1});
    http_add(
        &server,
        (http_rule){.asks = "GET /schemas/ids/*", .status = 200, .body = "{\"schema\":\"1\"}"});
    const wr_registry_options o = {.urls = server.url};
    assert_int_equal(wr_registry_open_http(&o, &r, &err), WEIR_OK);
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&askers[i], NULL, ask_for_all, r), 0);
    for (int i = 0; i < ASKERS; i++) {
        void *good;
        pthread_join(askers[i], &good);
        assert_ptr_equal(good, r);
    }
    wr_registry_free(r);
    http_stop(&server);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_asked_once_for_many),
        TEST(test_by_guid),
        TEST(test_none_is_remembered),
        TEST(test_what_was_not_there_may_come),
        TEST(test_one_that_comes_a_little_later),
        TEST(test_misses_hold_up_nobody),
        TEST(test_trouble_holds_up_all_and_passes),
        TEST(test_one_that_always_fails_does_not_stand_before_the_rest),
        TEST(test_memory_is_bounded),
        TEST(test_stops_with_wants_left),
        cmocka_unit_test(test_known_over_http),
        cmocka_unit_test(test_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
