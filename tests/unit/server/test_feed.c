/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of running queries to clients, with a fake HTTP server: own feeds and shared ones, LIMIT,
 * slow clients, ends from each side; rows in.
 */
#include "unit/runtime/api_helper.h"

#include "runtime/api/api_internal.h"
#include "server/query/insert_stream.h"
#include "server/query/print_stream.h"
#include "server/query/ended_queries.h"
#include "server/query/feed.h"

#include "fake_http.h"

static weir *w;
static wr_feeds *feeds;
static wr__ended_queries ended;

static int setup(void **state)
{
    (void)state;
    w = open_memory();
    RUN(w, "CREATE STREAM s (id STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    feeds = wr_feeds_new(w->engine);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_wait_idle();
    wr_feeds_free(feeds);
    close_it(w);
    return 0;
}

static void refuse(wr_http_exchange *x, const char *sql, weir_status st, const weir_error *err)
{
    (void)sql;
    assert_int_not_equal(st, WEIR_OK);
    wr_http_respond(x, 400, NULL, err->message, strlen(err->message));
}

static wr_session *new_session(const char *reset)
{
    wr_session *s = wr_calloc(1, sizeof *s);
    wr_session_init(s, w->engine);
    wr_settings_put(&s->settings, "auto.offset.reset", reset);
    return s;
}

static wr_exec *new_exec(wr_session *s, const char *sql)
{
    wr_exec *x;
    weir_error err;
    if (wr_exec_new(w->engine, s, sql, strlen(sql), &x, &err) != WEIR_OK)
        fail_msg("%s", err.message);
    return x;
}

typedef struct client {
    wr_http_exchange *x;
    wr__row_client *c;
} client;

static client begin(const char *sql, const char *reset, bool shared, bool websocket)
{
    client c = {.x = fake_exchange()};
    wr_session *s = new_session(reset);
    c.x->websocket = websocket;
    wr__feed_request r = {.x = c.x,
                          .exec = new_exec(s, sql),
                          .session = s,
                          .settings = shared ? "" : NULL,
                          .form = WR__FORM_DELIM,
                          .websocket = websocket,
                          .refuse = refuse};
    c.c = wr__feed_begin(feeds, &r);
    return c;
}

static void end(client *c)
{
    wr__row_client_gone(c->c);
    fake_free(c->x);
}

/* Until @p yes holds; clients read what comes. */
#define UNTIL(yes, ...)                                                                            \
    do {                                                                                           \
        client *all_[] = {__VA_ARGS__};                                                            \
        for (int i_ = 0; !(yes); i_++) {                                                           \
            if (i_ > 30000)                                                                        \
                fail_msg("never: %s", #yes);                                                       \
            fake_run_one(1);                                                                       \
            for (size_t k_ = 0; k_ < sizeof all_ / sizeof all_[0]; k_++)                           \
                if (fake_take(all_[k_]->x))                                                        \
                    wr__row_client_drained(all_[k_]->c);                                           \
        }                                                                                          \
    } while (0)

/* What came after the header. */
static const char *rows(client *c)
{
    const char *text = wr_buf_cstr(&c->x->out), *line = strchr(text, '\n');
    return line ? line + 1 : "";
}

static size_t lines(const client *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->x->out.len; i++)
        n += c->x->out.ptr[i] == '\n';
    return n;
}

static void insert(const char *id, int v)
{
    char sql[100];
    snprintf(sql, sizeof sql, "INSERT INTO s VALUES ('%s', %d);", id, v);
    RUN(w, sql);
}

static void produce(int n)
{
    weir_error err;
    for (int i = 0; i < n; i++) {
        char value[200];
        int len = snprintf(value, sizeof value, "{\"V\":%d}", i);
        weir_record r = {.topic = "s",
                         .key = "k",
                         .key_len = 1,
                         .value = value,
                         .value_len = (size_t)len,
                         .timestamp = -1,
                         .partition = -1};
        assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    }
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static void count(void *arg, const char *id, const char *sql)
{
    assert_true(*id && *sql);
    ++*(int *)arg;
}

static int listed(void)
{
    int n = 0;
    wr_feeds_each(feeds, count, &n);
    return n;
}

/* ---- */

static void test_limit(void **state)
{
    (void)state;
    insert("a", 1);
    insert("b", 2);
    insert("c", 3);
    client c = begin("SELECT * FROM s EMIT CHANGES LIMIT 2;", "earliest", false, false);
    UNTIL(c.x->finished, &c);
    assert_int_equal(c.x->status, 200);
    assert_string_equal(c.x->type, "application/vnd.ksqlapi.delimited.v1");
    assert_string_equal(rows(&c), "[\"a\",1]\n[\"b\",2]\n");
    assert_int_equal(listed(), 0);
    end(&c);
}

static int listed_ended(void)
{
    int n = 0;
    wr_feeds_each_ended(feeds, count, &n);
    return n;
}

/* One that ended by itself is listed for a second, and can be terminated meanwhile, once. */
static void test_ended_is_listed(void **state)
{
    (void)state;
    int before = listed_ended(); /* of the test before */
    client c = begin("SELECT * FROM s EMIT CHANGES LIMIT 1;", "earliest", false, false);
    UNTIL(c.x->finished, &c);
    char id[64], *at = strstr(wr_buf_cstr(&c.x->out), "transient_S_");
    assert_non_null(at);
    snprintf(id, sizeof id, "%.*s", (int)strcspn(at, "\""), at);
    end(&c);
    assert_in_range(listed_ended(), 1, before + 1);
    assert_true(wr_feeds_terminate(feeds, id));
    assert_false(wr_feeds_terminate(feeds, id));
    usleep(1100000);
    assert_int_equal(listed_ended(), 0);
    for (uint32_t i = 0; i <= WR__ENDED_QUERIES; i++) { /* the latest so many */
        wr__ended_queries_add(&ended, wr_strdup(i ? "q" : "first"), wr_strdup("SELECT"), 5);
    }
    assert_false(wr__ended_queries_remove(&ended, "FIRST", 6));
    assert_true(wr__ended_queries_remove(&ended, "Q", 6));
    assert_false(wr__ended_queries_remove(&ended, "Q", 5 + WR__ENDED_LISTED_NS));
    wr__ended_queries_clear(&ended);
}

static void test_refused(void **state)
{
    (void)state;
    client c = begin("SELECT nope FROM s EMIT CHANGES;", "latest", true, false);
    client d = begin("SELECT nope FROM s EMIT CHANGES;", "latest", true, false);
    UNTIL(c.x->finished && d.x->finished, &c, &d);
    assert_int_equal(c.x->status, 400);
    assert_int_equal(d.x->status, 400);
    assert_non_null(strstr(wr_buf_cstr(&c.x->out), "cannot be resolved"));
    end(&c);
    end(&d);
}

static void test_gone_while_opening(void **state)
{
    (void)state;
    client c = begin("SELECT * FROM s EMIT CHANGES;", "earliest", false, false);
    client d = begin("SELECT * FROM s EMIT CHANGES;", "latest", true, false);
    end(&c);
    end(&d);
    fake_wait_idle();
    assert_int_equal(listed(), 0);
}

static void test_terminate(void **state)
{
    (void)state;
    client c = begin("SELECT * FROM s EMIT CHANGES;", "latest", false, false);
    UNTIL(c.x->status, &c);
    assert_int_equal(listed(), 1);
    char id[64] = "", *at = strstr(wr_buf_cstr(&c.x->out), "transient_S_");
    assert_non_null(at);
    for (size_t i = 0; at[i] != '"'; i++)
        id[i] = at[i] >= 'a' && at[i] <= 'z' ? (char)(at[i] - 32) : at[i];
    assert_false(wr_feeds_terminate(feeds, "transient_S_none"));
    assert_true(wr_feeds_terminate(feeds, id));
    assert_false(wr_feeds_terminate(feeds, id));
    assert_int_equal(listed(), 0);
    UNTIL(c.x->finished, &c);
    end(&c);
}

/* A client that reads nothing makes its query wait: what it costs is bounded. It gets all when it
 * goes on. */
static void test_slow_client_of_its_own(void **state)
{
    (void)state;
    enum { N = 30000 };
    produce(N);
    client c = begin("SELECT * FROM s EMIT CHANGES LIMIT 30000;", "earliest", false, false);
    c.x->stuck = true;
    for (int i = 0; i < 300; i++)
        fake_run_one(1);
    assert_true(c.x->buffered >= WR__CLIENT_ROOM);
    assert_true(c.x->buffered < WR__CLIENT_ROOM + (70u << 10));
    c.x->stuck = false;
    wr__row_client_drained(c.c);
    UNTIL(c.x->finished, &c);
    assert_int_equal(lines(&c), N + 1);
    end(&c);
}

static void test_shared(void **state)
{
    (void)state;
    enum { N = 150 };
    static client all[N];
    for (int i = 0; i < N; i++)
        all[i] = begin("SELECT id FROM s EMIT CHANGES;", "latest", true, i % 50 == 49);
    UNTIL(listed() == N, &all[0]);
    client last = begin("SELECT id FROM s EMIT CHANGES;", "latest", true, false);
    UNTIL(last.x->status, &last); /* at once: the query runs */
    insert("x", 1);
    UNTIL(lines(&all[0]) >= 2 && lines(&last) >= 2, &all[0]);
    for (int i = 0; i < N; i++)
        assert_string_equal(rows(&all[i]), all[i].x->websocket ? "{\"row\":{\"columns\":[\"x\"]}}\n"
                                                               : "[\"x\"]\n");
    /* Each has an id of its own. */
    assert_string_not_equal(wr_buf_cstr(&all[0].x->out), wr_buf_cstr(&all[1].x->out));
    for (int i = 0; i < N; i++)
        end(&all[i]);
    insert("y", 1);
    UNTIL(lines(&last) >= 3, &last);
    assert_string_equal(rows(&last), "[\"x\"]\n[\"y\"]\n");
    end(&last);
}

/* A turn that is over after one client: the next ones go on where it stopped, whoever comes and
 * goes between. Everybody who stays gets each row once, in order. */
static void test_short_turns(void **state)
{
    (void)state;
    enum { N = 6 };
    client all[N];
    for (int i = 0; i < N; i++)
        all[i] = begin("SELECT v FROM s EMIT CHANGES;", "latest", true, i == 3);
    UNTIL(listed() == N, &all[0]);
    fake_short_turns = true;
    insert("x", 1);
    UNTIL(lines(&all[N - 1]) == 2, &all[0]); /* who came last is first */
    assert_int_equal(lines(&all[0]), 1);
    end(&all[N - 2]); /* it would have been next */
    client late = begin("SELECT v FROM s EMIT CHANGES;", "latest", true, false);
    UNTIL(lines(&late) == 1, &all[0]);
    insert("x", 2);
    insert("x", 3);
    UNTIL(lines(&all[0]) == 4 && lines(&late) == 3, &all[0], &late);
    for (int i = 0; i < N; i++)
        if (i != N - 2)
            assert_string_equal(rows(&all[i]), i == 3 ? "{\"row\":{\"columns\":[1]}}\n"
                                                        "{\"row\":{\"columns\":[2]}}\n"
                                                        "{\"row\":{\"columns\":[3]}}\n"
                                                      : "[1]\n[2]\n[3]\n");
    assert_string_equal(rows(&late), "[2]\n[3]\n");
    insert("x", 4);
    UNTIL(lines(&late) == 4, &late); /* the others have not got it */
    for (int i = 0; i < N; i++)
        if (i != N - 2)
            end(&all[i]);
    insert("x", 5);
    UNTIL(lines(&late) == 5, &late);
    end(&late);
    fake_short_turns = false;
}

/* One that keeps state begins anew for each client. */
static void test_not_to_be_shared(void **state)
{
    (void)state;
    static const char sql[] = "SELECT id, COUNT(*) AS n FROM s GROUP BY id EMIT CHANGES;";
    client a = begin(sql, "latest", true, false), b = begin(sql, "latest", true, false);
    UNTIL(a.x->status && b.x->status, &a, &b);
    insert("z", 1);
    UNTIL(lines(&a) >= 2 && lines(&b) >= 2, &a, &b);
    client c = begin(sql, "latest", true, false);
    UNTIL(c.x->status, &c);
    insert("z", 1);
    UNTIL(lines(&a) >= 3 && lines(&c) >= 2, &a, &b, &c);
    assert_string_equal(rows(&a), "[\"z\",1]\n[\"z\",2]\n");
    assert_string_equal(rows(&c), "[\"z\",1]\n");
    end(&a);
    end(&b);
    end(&c);
}

/* In a shared feed a client that reads nothing is cut off; the others get every row. */
static void test_slow_client_of_many(void **state)
{
    (void)state;
    enum { N = 80000 };
    client fast = begin("SELECT v FROM s EMIT CHANGES;", "latest", true, false);
    client slow = begin("SELECT v FROM s EMIT CHANGES;", "latest", true, false);
    UNTIL(fast.x->status && slow.x->status, &fast);
    slow.x->stuck = true;
    produce(N);
    UNTIL(lines(&fast) == N + 1, &fast, &slow);
    assert_true(slow.x->finished);
    assert_non_null(strstr(wr_buf_cstr(&slow.x->out), "does not take its rows fast enough"));
    assert_true(slow.x->buffered < WR__CLIENT_PILE + (70u << 10));
    assert_int_equal(listed(), 1);
    end(&fast);
    end(&slow);
}

static void test_websocket(void **state)
{
    (void)state;
    client c = begin("SELECT id FROM s EMIT CHANGES LIMIT 1;", "earliest", false, true);
    UNTIL(c.x->finished, &c);
    assert_string_equal(wr_buf_cstr(&c.x->out),
                        "[{\"name\":\"ID\",\"schema\":{\"type\":\"STRING\",\"fields\":null,"
                        "\"memberSchema\":null}}]\n{\"row\":{\"columns\":[\"a\"]}}\n"
                        "{\"error\":\"done\"}\n");
    assert_int_equal(c.x->close_code, 1000);
    end(&c);
}

/* ---- look-ups and scans ---- */

static void test_pull(void **state)
{
    (void)state;
    RUN(w, "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s WHERE v < 10 GROUP BY v;");
    insert("p", 7);
    EVENTUALLY_ROWS(w, "SELECT v FROM t WHERE v = 7;", "7 ");
    client c = begin("SELECT v FROM t WHERE v = 7;", "earliest", false, false);
    UNTIL(c.x->finished, &c);
    assert_non_null(strstr(wr_buf_cstr(&c.x->out), "\"queryId\":\"query_"));
    assert_string_equal(rows(&c), "[7]\n");
    end(&c);
    client d = begin("SELECT v FROM t WHERE v > 6 AND v < 8;", "earliest", false, false);
    UNTIL(d.x->finished, &d);
    assert_string_equal(rows(&d), "[7]\n");
    end(&d);
    /* By key, at once, on this thread. */
    weir_error err;
    wr_session *s = new_session("latest");
    wr_exec *x = new_exec(s, "SELECT v FROM t WHERE v = 7;");
    assert_int_equal(wr_exec_look_up(x, &err), WEIR_OK);
    assert_int_equal(wr_exec_step(x, 0, &err), WEIR_ROW);
    assert_int_equal(x->row[0].u.i64, 7);
    assert_int_equal(wr_exec_step(x, 0, &err), WEIR_DONE);
    wr_exec_free(x);
    x = new_exec(s, "SELECT v FROM t WHERE v > 7;");
    assert_int_equal(wr_exec_look_up(x, &err), WEIR_ERR_INTERRUPTED);
    assert_int_equal(err.code, WEIR_OK);
    wr_exec_free(x);
    x = new_exec(s, "SELECT nope FROM t WHERE v = 7;");
    assert_int_equal(wr_exec_look_up(x, &err), WEIR_ERR_STATEMENT);
    wr_exec_free(x);
    wr_session_free(s);
    wr_free(s);
}

/* More keys than a queue has room for: who reads is who takes. */
static void test_many_keys(void **state)
{
    (void)state;
    wr_buf sql = {0};
    weir_error err;
    wr_buf_puts(&sql, "SELECT v FROM t WHERE v IN (");
    for (int i = 0; i < 500; i++)
        wr_buf_printf(&sql, "%s%d", i ? "," : "", i % 10);
    wr_buf_puts(&sql, ");");
    wr_session *s = new_session("latest");
    wr_exec *x = new_exec(s, wr_buf_cstr(&sql));
    weir_status st = wr_exec_look_up(x, &err);
    if (st != WEIR_OK)
        fail_msg("%d %s", (int)st, err.message);
    wr_exec_free(x);
    wr_session_free(s);
    wr_free(s);
    wr_buf_free(&sql);
}

/* ---- PRINT ---- */

#define PRINTED(x) (fake_run_one(1), fake_take(x), (x)->finished)

static void test_print(void **state)
{
    (void)state;
    static const struct {
        wr__print_shape shape;
        const char *type, *begin;
    } shapes[] = {
        {WR__PRINT_TEXT, "application/json", "Key format: KAFKA_STRING\nValue format: JSON or "},
        {WR__PRINT_LINES, "", "rowtime: "},
        {WR__PRINT_WEBSOCKET, "", "\"rowtime: "},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(shapes); i++) {
        wr_http_exchange *x = fake_exchange();
        wr_session *s = new_session("latest");
        x->websocket = shapes[i].shape == WR__PRINT_WEBSOCKET;
        wr__print_stream *p = wr__print_begin(x, new_exec(s, "PRINT 's' FROM BEGINNING LIMIT 2;"),
                                              s, shapes[i].shape, refuse);
        for (int k = 0; !PRINTED(x); k++)
            assert_true(k < 10000);
        assert_string_equal(x->type, shapes[i].type);
        assert_memory_equal(x->out.ptr, shapes[i].begin, strlen(shapes[i].begin));
        wr__print_gone(p);
        fake_free(x);
    }
    wr_http_exchange *x = fake_exchange();
    wr_session *s = new_session("latest");
    wr__print_stream *p =
        wr__print_begin(x, new_exec(s, "PRINT 'none';"), s, WR__PRINT_TEXT, refuse);
    for (int k = 0; !PRINTED(x); k++)
        assert_true(k < 10000);
    assert_int_equal(x->status, 400);
    wr__print_gone(p);
    fake_free(x);
}

/* Nobody reads, then the client leaves. */
static void test_print_left(void **state)
{
    (void)state;
    wr_http_exchange *x = fake_exchange();
    wr_session *s = new_session("latest");
    x->stuck = true;
    wr__print_stream *p =
        wr__print_begin(x, new_exec(s, "PRINT 's' FROM BEGINNING;"), s, WR__PRINT_LINES, refuse);
    for (int k = 0; k < 200; k++)
        fake_run_one(1);
    assert_true(x->buffered > 0 && x->buffered < 2 * (WR__PRINT_PENDING + WR__CLIENT_ROOM));
    wr__print_gone(p);
    fake_free(x);
    fake_wait_idle();
}

/* ---- rows in ---- */

static weir_status open_target(wr_engine *e, wr_str line, wr_session *session, wr_buf *target,
                               weir_error *err)
{
    (void)e;
    (void)session;
    if (line.len == 0)
        return wr_error(err, WEIR_ERR_STATEMENT, "no target");
    wr_buf_str(target, line);
    return WEIR_OK;
}

static void refuse_insert(wr_http_exchange *x, weir_status st, const weir_error *err)
{
    assert_int_not_equal(st, WEIR_OK);
    wr_http_respond(x, 400, NULL, err->message, strlen(err->message));
}

static wr__insert_stream *begin_insert(wr_http_exchange *x, bool array)
{
    return wr__insert_begin(x, w->engine, array, open_target, refuse_insert);
}

static void send(wr__insert_stream *i, const char *text, bool last)
{
    wr__insert_body(i, text, strlen(text), last);
}

static void answered(wr_http_exchange *x, const char *want)
{
    for (int k = 0; strcmp(wr_buf_cstr(&x->out), want) != 0; k++) {
        if (k > 5000)
            fail_msg("%s\nexpected %s", wr_buf_cstr(&x->out), want);
        fake_run_one(1);
    }
}

static void test_inserts(void **state)
{
    (void)state;
    wr_http_exchange *x = fake_exchange();
    wr__insert_stream *i = begin_insert(x, false);
    send(i, "`S", false);
    send(i, "`\n{\"ID\":\"i1\",\"V\":1}\n{\"ID\":\"i2\"", false);
    answered(x, "{\"seq\":0,\"status\":\"ok\"}\n");
    assert_int_equal(x->status, 200);
    send(i, "}\n\r\n{\"ID\":\"i3\"}", true);
    answered(x, "{\"seq\":0,\"status\":\"ok\"}\n{\"seq\":1,\"status\":\"ok\"}\n"
                "{\"seq\":2,\"status\":\"ok\"}\n");
    assert_true(x->finished);
    wr__insert_gone(i);
    fake_free(x);
    ROWS(w, "SELECT id, v FROM s WHERE id LIKE 'i%' EMIT CHANGES LIMIT 3;",
         "i1|1 i2|null i3|null ");
}

/* Rows before a bad one are written; it ends the stream. */
static void test_bad_rows(void **state)
{
    (void)state;
    wr_http_exchange *x = fake_exchange();
    wr__insert_stream *i = begin_insert(x, true);
    send(i, "s\n{\"ID\":\"j1\"}\n{\"V\":1}\n{\"ID\":\"j2\"}\n", false);
    answered(x, "[{\"seq\":0,\"status\":\"ok\"},{\"@type\":\"InsertError\",\"status\":\"error\","
                "\"seq\":1,\"message\":\"Key field must be specified: ID\",\"error_code\":40000}]");
    assert_true(x->finished);
    send(i, "{\"ID\":\"j3\"}\n", true);
    wr__insert_gone(i);
    fake_free(x);
    ROWS(w, "SELECT id FROM s WHERE id LIKE 'j%' EMIT CHANGES LIMIT 1;", "j1 ");
}

static void test_inserts_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {"nobody\n", "s VALUES (1)\n", "", "`s`x\n", "`a\n"};
    for (size_t k = 0; k < WR_ARRAY_LEN(targets); k++) {
        wr_http_exchange *x = fake_exchange();
        wr__insert_stream *i = begin_insert(x, false);
        send(i, targets[k], true);
        for (int n = 0; !x->finished; n++) {
            assert_true(n < 5000);
            fake_run_one(1);
        }
        assert_int_equal(x->status, 400);
        wr__insert_gone(i);
        fake_free(x);
    }
    wr_http_exchange *x = fake_exchange();
    wr__insert_stream *i = begin_insert(x, true); /* no row: an empty array */
    send(i, "s", true);
    answered(x, "[]");
    wr__insert_gone(i);
    fake_free(x);
    fake_wait_idle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_ended_is_listed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_gone_while_opening),
        cmocka_unit_test(test_terminate),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_short_turns),
        cmocka_unit_test(test_not_to_be_shared),
        cmocka_unit_test(test_websocket),
        cmocka_unit_test(test_pull),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_slow_client_of_its_own),
        cmocka_unit_test(test_slow_client_of_many),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_left),
        cmocka_unit_test(test_inserts),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_inserts_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
