/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h with a schema registry that others run: one that goes away and comes back, that knows a
 * schema later than others, whose schemas change; and what may end a wait for it.
 */
#include "api_helper.h"

#include "unit/registry/http_server.h"

static char dir[300];
static http_server server;
static int port;

#define FIELD(name, type) "{\\\"name\\\":\\\"" name "\\\",\\\"type\\\":\\\"" type "\\\"}"
#define RECORD(fields)                                                                             \
    "{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"T\\\",\\\"fields\\\":[" fields "]}"
#define BY_ID(fields) "{\"schema\":\"" RECORD(fields) "\"}"
#define LATEST(id, version, fields)                                                                \
    "{\"subject\":\"t-value\",\"id\":" id ",\"version\":" version                                  \
    ",\"schema\":\"" RECORD(fields) "\"}"
#define NO_SUBJECT "{\"error_code\":40401,\"message\":\"Subject not found.\"}"
#define NO_ID      "{\"error_code\":40403,\"message\":\"Schema 2 not found\"}"

#define ONE FIELD("a", "int")
#define TWO FIELD("a", "int") "," FIELD("b", "string")

static void answer(const char *asks, int status, const char *body)
{
    http_add(&server, (http_rule){.asks = asks, .status = status, .body = body});
}

/* Version 1, id 1: a INT. */
static void serve_one(void)
{
    answer("GET /subjects/t-value/versions/latest", 200, LATEST("1", "1", ONE));
    answer("GET /schemas/ids/1", 200, BY_ID(ONE));
    answer("POST /subjects/t-value", 200, LATEST("1", "1", ONE));
}

/* Version 2, id 2: b STRING as well. */
static void serve_two(void)
{
    answer("GET /subjects/t-value/versions/latest", 200, LATEST("2", "2", TWO));
    answer("GET /schemas/ids/1", 200, BY_ID(ONE));
    answer("GET /schemas/ids/2", 200, BY_ID(TWO));
    answer("POST /subjects/t-value", 200, LATEST("2", "2", TWO));
}

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    assert_true(http_start(&server, 0));
    port = atoi(strrchr(server.url, ':') + 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_stop(&server);
    remove_dir(dir);
    return 0;
}

static void go_away(void)
{
    http_stop(&server);
}

static void come_back(void)
{
    for (int i = 0; i < 1000 && !http_start(&server, port); i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    assert_int_equal(atoi(strrchr(server.url, ':') + 1), port);
}

static weir *open_it(const char *timeout_ms, bool stepped, bool service)
{
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    const char *const settings[] = {"auto.offset.reset",
                                    "earliest",
                                    "commit.interval.ms",
                                    "50",
                                    "ksql.schema.registry.url",
                                    url,
                                    "weir.schema.registry.timeout.ms",
                                    timeout_ms,
                                    NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.data_dir = dir;
    o.settings = settings;
    o.stepped = stepped;
    o.ephemeral_catalog = service;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

/* A record of schema @p id; @p bytes after the mark. */
static void produce(weir *w, unsigned char id, const char *bytes, size_t n)
{
    char value[100] = {0, 0, 0, 0, (char)id};
    weir_error err;
    memcpy(value + 5, bytes, n);
    const weir_record r = {
        .topic = "t", .value = value, .value_len = n + 5, .timestamp = 1, .partition = 0};
    assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static void make_topic(weir *w)
{
    weir_error err;
    if (!weir_topic_exists(w, "t", NULL))
        assert_int_equal(weir_topic_create(w, "t", 1, &err), WEIR_OK);
}

static void nap(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* The first row of a section; false: there is none. @p column "" : the first. */
static bool section_has(weir *w, const char *sql, const char *name, const char *text)
{
    weir_stmt *s = prepare(w, sql);
    wr_buf rows = {0};
    weir_error err;
    while (weir_step(s, API_LIMIT_MS, &err) == WEIR_ROW)
        ;
    for (int i = 0; i < weir_section_count(s); i++) {
        weir_stmt *section = weir_section(s, i);
        if (strcmp(weir_section_name(section), name) == 0)
            while (weir_step(section, 0, NULL) == WEIR_ROW)
                put_row(&rows, section);
    }
    bool found = strstr(wr_buf_cstr(&rows), text) != NULL;
    wr_buf_free(&rows);
    weir_finalize(s);
    return found;
}

static void eventually(weir *w, const char *sql, const char *name, const char *text)
{
    for (int i = 0; i < 3000; i++, nap(10))
        if (section_has(w, sql, name, text))
            return;
    fail_msg("%s: section %s without '%s'", sql, name, text);
}

/* ---- it goes away and comes back ---- */

#define QUERY                                                                                      \
    "CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');"                                 \
    "CREATE STREAM o WITH (VALUE_FORMAT='JSON') AS SELECT a, a + 1 AS b FROM s;"

static void test_a_query_waits_and_goes_on(void **state)
{
    (void)state;
    weir *w = open_it("2000", false, false);
    char id[100] = "";
    int64_t since = 0;
    weir_error why = {0};
    serve_one();
    make_topic(w);
    RUN(w, QUERY);
    produce(w, 1, "\x02", 1);
    EVENTUALLY_ROWS(w, "SELECT a, b FROM o;", "1|2 ");
    assert_false(weir_waiting_query(w, id, sizeof id, &since, &why));
    go_away();
    produce(w, 2, "\x04\x02x", 3); /* nobody has seen its schema */
    produce(w, 1, "\x06", 1);
    for (int i = 0; i < 3000 && !weir_waiting_query(w, id, sizeof id, &since, &why); i++)
        nap(10);
    assert_string_equal(id, "CSAS_O_1");
    assert_non_null(strstr(why.message, "The schema registry at http://127.0.0.1"));
    assert_non_null(strstr(why.message, "cannot be reached"));
    assert_true(since > 0);
    eventually(w, "SHOW QUERIES;", "waiting", "CSAS_O_1|");
    eventually(w, "EXPLAIN CSAS_O_1;", "waiting", "cannot be reached");
    eventually(w, "DESCRIBE s EXTENDED;", "waiting", "cannot be reached");
    eventually(w, "DESCRIBE s EXTENDED;", "registry", "cannot be reached");
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_waiting, 1);
    assert_int_equal(m.queries_running, 1);
    assert_int_equal(m.queries_failed, 0);
    ROWS(w, "SELECT a, b FROM o;", "1|2 "); /* nothing goes past the record that waits */
    nap(1500);                              /* longer than a query waits in place */
    come_back();
    serve_two();
    EVENTUALLY_ROWS(w, "SELECT a, b FROM o;", "1|2 2|3 3|4 ");
    for (int i = 0; i < 3000 && weir_waiting_query(w, NULL, 0, NULL, NULL); i++)
        nap(10);
    assert_false(weir_waiting_query(w, NULL, 0, NULL, NULL));
    assert_false(weir_failed_query(w, id, sizeof id, &why));
    weir_metrics_read(w, &m);
    assert_int_equal(m.errors, 0);
    close_it(w);
}

/* At a start: the statements need no registry, the records wait. */
static void test_a_start_without_it(void **state)
{
    (void)state;
    weir *w = open_it("2000", false, false);
    serve_one();
    make_topic(w);
    RUN(w, QUERY);
    RUN(w,
        "CREATE TABLE n WITH (VALUE_FORMAT='JSON') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;");
    produce(w, 1, "\x02", 1);
    EVENTUALLY_ROWS(w, "SELECT * FROM n;", "1|1 ");
    close_it(w);
    go_away();
    w = open_it("2000", false, false);
    check_rows(w, "DESCRIBE s;", "A|INTEGER|VALUE|null|null ", false);
    produce(w, 2, "\x02\x02x", 3);
    for (int i = 0; i < 3000 && !weir_waiting_query(w, NULL, 0, NULL, NULL); i++)
        nap(10);
    assert_true(weir_waiting_query(w, NULL, 0, NULL, NULL));
    come_back();
    serve_two();
    EVENTUALLY_ROWS(w, "SELECT * FROM n;", "1|2 ");
    close_it(w); /* also with a query that has just waited */
}

/* Whoever steps is told that nothing was done, and nothing is lost. */
static void test_a_stepped_engine_waits(void **state)
{
    (void)state;
    weir *w = open_it("2000", true, false);
    weir_error err;
    bool progressed;
    serve_one();
    make_topic(w);
    RUN(w, QUERY);
    produce(w, 1, "\x02", 1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    ROWS(w, "SELECT a, b FROM o;", "1|2 ");
    go_away();
    produce(w, 2, "\x04\x02x", 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
        assert_false(progressed);
        assert_true(weir_waiting_query(w, NULL, 0, NULL, NULL));
    }
    come_back();
    serve_two();
    for (int i = 0; i < 3000 && weir_waiting_query(w, NULL, 0, NULL, NULL); i++, nap(10))
        assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    ROWS(w, "SELECT a, b FROM o;", "1|2 2|3 ");
    close_it(w);
}

/* A push query has nothing that it could begin again from: it waits where it is. */
static void test_a_push_query_waits(void **state)
{
    (void)state;
    weir *w = open_it("2000", false, false);
    weir_error err = {0};
    serve_one();
    make_topic(w);
    RUN(w, "CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');");
    produce(w, 1, "\x02", 1);
    weir_stmt *q = prepare(w, "SELECT a FROM s EMIT CHANGES;");
    step_row(q, "1");
    go_away();
    produce(w, 2, "\x04\x02x", 3);
    assert_int_equal(weir_step(q, 2500, &err), WEIR_ERR_INTERRUPTED);
    come_back();
    serve_two();
    step_row(q, "2"); /* neither the first again, nor beyond the second */
    go_away();
    produce(w, 3, "\x06", 1);
    assert_int_equal(weir_step(q, 1000, &err), WEIR_ERR_INTERRUPTED);
    weir_finalize(q); /* and while it waits */
    come_back();
    close_it(w);
}

/* ---- services: files ---- */

static void load(weir *w, const char *path, weir_status expected, const char *text)
{
    const char *files[] = {path};
    weir_error err = {0};
    if (weir_load_files(w, files, 1, WEIR_ON_CHANGE_REFUSE, &err) != expected ||
        !strstr(err.message, text))
        fail_msg("%d: %s", (int)err.code, err.message);
}

static weir *open_service(bool looks_anew)
{
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    const char *const settings[] = {"auto.offset.reset",
                                    "earliest",
                                    "commit.interval.ms",
                                    "50",
                                    "weir.schema.registry.url",
                                    url,
                                    "weir.schema.registry.timeout.ms",
                                    "500",
                                    "weir.schemas.refresh",
                                    looks_anew ? "true" : "false",
                                    NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.data_dir = dir;
    o.settings = settings;
    o.ephemeral_catalog = true;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

/* Its columns are those of its first start: with another latest schema, and without a registry. */
static void test_a_service_starts_again(void **state)
{
    (void)state;
    static const char sql[] =
        "CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');"
        "CREATE STREAM o WITH (VALUE_FORMAT='AVRO') AS SELECT a FROM s;"
        "CREATE TABLE n WITH (VALUE_FORMAT='JSON') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;"
        "INSERT INTO o SELECT a + 1 AS a FROM s;";
    char path[400];
    weir *w = open_service(false);
    serve_one();
    answer("POST /subjects/O-value/versions", 200, "{\"id\":7}");
    answer("GET /schemas/ids/7", 200,
           "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":"
           "\\\"KsqlDataSourceSchema\\\",\\\"namespace\\\":"
           "\\\"io.confluent.ksql.avro_schemas\\\",\\\"fields\\\":[{\\\"name\\\":"
           "\\\"A\\\",\\\"type\\\":[\\\"null\\\",\\\"int\\\"],"
           "\\\"default\\\":null}]}\"}");
    make_topic(w);
    snprintf(path, sizeof path, "%s/q.sql", dir);
    write_file(path, sql);
    load(w, path, WEIR_OK, "");
    produce(w, 1, "\x02", 1);
    EVENTUALLY_ROWS(w, "SELECT * FROM n;", "1|1 ");
    close_it(w);

    http_clear(&server); /* another one is the latest, and asking for it would be seen */
    answer("GET /schemas/ids/1", 200, BY_ID(ONE));
    answer("GET /schemas/ids/2", 200, BY_ID(TWO));
    w = open_service(false);
    load(w, path, WEIR_OK, "");
    check_rows(w, "DESCRIBE s;", "A|INTEGER|VALUE|null|null ", false);
    close_it(w);

    go_away();
    w = open_service(false);
    load(w, path, WEIR_OK, "");
    check_rows(w, "DESCRIBE s;", "A|INTEGER|VALUE|null|null ", false);
    close_it(w);

    w = open_service(true);
    load(w, path, WEIR_ERR_LOG, "cannot be reached");
    close_it(w);
    come_back();
    serve_two();
    http_add(&server, (http_rule){.asks = "POST /subjects/O-value/versions",
                                  .status = 200,
                                  .body = "{\"id\":1}"});
    w = open_service(true);
    load(w, path, WEIR_OK, "");
    check_rows(w, "DESCRIBE s;", "A|INTEGER|VALUE|null|null B|STRING|VALUE|null|null ", false);
    close_it(w);
}

/* A latest schema that would give state another meaning is noticed where it is looked at. */
static void test_a_service_that_looks_anew_is_refused(void **state)
{
    (void)state;
    static const char sql[] =
        "CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');"
        "CREATE TABLE n WITH (VALUE_FORMAT='JSON') AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;";
    char path[400];
    weir *w = open_service(false);
    serve_one();
    make_topic(w);
    snprintf(path, sizeof path, "%s/q.sql", dir);
    write_file(path, sql);
    load(w, path, WEIR_OK, "");
    produce(w, 1, "\x02", 1);
    EVENTUALLY_ROWS(w, "SELECT * FROM n;", "1|1 ");
    close_it(w);
    http_clear(&server);
    answer("GET /subjects/t-value/versions/latest", 200, LATEST("3", "2", FIELD("a", "long")));
    answer("GET /schemas/ids/3", 200, BY_ID(FIELD("a", "long")));
    w = open_service(true);
    load(w, path, WEIR_ERR_CONFIG, "query CTAS_N_0 has state and offsets of a statement");
    close_it(w);
    w = open_service(false);
    load(w, path, WEIR_OK, "");
    close_it(w);
}

/* ---- a schema that is not there ---- */

/* Not yet: it was registered on another node a moment ago. */
static void test_an_id_that_comes_late(void **state)
{
    (void)state;
    weir *w = open_it("2000", false, false);
    serve_one();
    http_add(&server,
             (http_rule){.asks = "GET /schemas/ids/2", .status = 404, .body = NO_ID, .times = 2});
    answer("GET /schemas/ids/2", 200, BY_ID(TWO));
    make_topic(w);
    RUN(w, QUERY);
    produce(w, 2, "\x04\x02x", 3);
    EVENTUALLY_ROWS(w, "SELECT a, b FROM o;", "2|3 ");
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.errors, 0);
    close_it(w);
}

/* Never: the record is bad, the next one is not. Later it is there after all. */
static void test_an_id_that_is_not_there(void **state)
{
    (void)state;
    weir *w = open_it("2000", false, false);
    serve_one();
    answer("GET /schemas/ids/2", 404, NO_ID);
    make_topic(w);
    RUN(w, QUERY);
    produce(w, 2, "\x04\x02x", 3);
    produce(w, 1, "\x02", 1);
    EVENTUALLY_ROWS(w, "SELECT a, b FROM o;", "1|2 ");
    eventually(w, "DESCRIBE s EXTENDED;", "schemas",
               "VALUE|t-value|2|null|false|1|1|"); /* id, version, latest, records, failed */
    eventually(w, "DESCRIBE s EXTENDED;", "schemas", "the registry has no such schema");
    eventually(w, "DESCRIBE s EXTENDED;", "schemas", "VALUE|t-value|1|1|true|1|0|");
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.errors, 1);
    close_it(w);
}

/* ---- who may end a wait ---- */

static void *interrupt_soon(void *arg)
{
    nap(300);
    weir_interrupt(arg);
    return NULL;
}

static void *interrupt_load_soon(void *arg)
{
    nap(300);
    weir_interrupt_load(arg);
    return NULL;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void test_a_statement_is_interrupted(void **state)
{
    (void)state;
    weir *w = open_it("60000", false, false);
    pthread_t thread;
    weir_error err;
    make_topic(w);
    http_add(&server, (http_rule){.asks = "GET /subjects/t-value/versions/latest", .status = 503});
    weir_stmt *s = prepare(w, "CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');");
    const int64_t start = now_ms();
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, s), 0);
    assert_int_equal(weir_step(s, -1, &err), WEIR_ERR_INTERRUPTED);
    pthread_join(thread, NULL);
    assert_true(now_ms() - start < 5000);
    http_clear(&server);
    serve_one();
    assert_int_equal(weir_step(s, -1, &err), WEIR_DONE); /* the same again, and not interrupted */
    weir_finalize(s);
    close_it(w);
}

static void test_loading_files_is_interrupted(void **state)
{
    (void)state;
    weir *w = open_it("60000", false, true);
    char path[400];
    const char *files[] = {path};
    pthread_t thread;
    weir_error err;
    make_topic(w);
    snprintf(path, sizeof path, "%s/q.sql", dir);
    write_file(path, QUERY);
    http_add(&server, (http_rule){.asks = "GET /subjects/t-value/versions/latest", .status = 503});
    const int64_t start = now_ms();
    assert_int_equal(pthread_create(&thread, NULL, interrupt_load_soon, w), 0);
    assert_int_equal(weir_load_files(w, files, 1, WEIR_ON_CHANGE_REFUSE, &err),
                     WEIR_ERR_INTERRUPTED);
    pthread_join(thread, NULL);
    assert_true(now_ms() - start < 5000);
    http_clear(&server);
    serve_one();
    assert_int_equal(weir_load_files(w, files, 1, WEIR_ON_CHANGE_REFUSE, &err), WEIR_OK);
    close_it(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_query_waits_and_goes_on),  TEST(test_a_start_without_it),
        TEST(test_a_stepped_engine_waits),     TEST(test_a_push_query_waits),
        TEST(test_a_service_starts_again),     TEST(test_a_service_that_looks_anew_is_refused),
        TEST(test_an_id_that_comes_late),      TEST(test_an_id_that_is_not_there),
        TEST(test_a_statement_is_interrupted), TEST(test_loading_files_is_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
