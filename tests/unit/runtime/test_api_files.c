/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir_load_file: checked before anything runs, errors with the place in the file, ids that do not
 * depend on places; and topics: produce, flush, consume.
 */
#include "api_helper.h"
#include "common/fault.h"

static char dir[300], file[400];

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    snprintf(file, sizeof file, "%s/queries.sql", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static weir *open_service(void)
{
    static const char *const settings[] = {"auto.offset.reset", "earliest", "commit.interval.ms",
                                           "50", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    char data[350];
    snprintf(data, sizeof data, "%s/data", dir);
    o.data_dir = data;
    o.ephemeral_catalog = true;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static void load(weir *w, const char *sql)
{
    weir_error err;
    write_file(file, sql);
    if (weir_load_file(w, file, &err) != WEIR_OK)
        fail_msg("%s", err.message);
}

#define NUMS                                                                                       \
    "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "              \
    "VALUE_FORMAT='JSON');\n"

/* @p text: part of the message; line and column are those of the file. */
static void refuse(const char *sql, int line, int column, const char *text)
{
    weir *w = open_service();
    weir_error err = {0};
    char place[500];
    write_file(file, sql);
    if (weir_load_file(w, file, &err) == WEIR_OK)
        fail_msg("accepted: %s", sql);
    if (line)
        snprintf(place, sizeof place, "%s:%d:%d: ", file, line, column);
    if (!strstr(err.message, text) || err.line != line || err.column != column ||
        (line && strncmp(err.message, place, strlen(place)) != 0))
        fail_msg("%s\n%d:%d %s\nexpected %d:%d %s", sql, err.line, err.column, err.message, line,
                 column, text);
    /* Nothing was done. */
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_running, 0);
    assert_false(weir_topic_exists(w, "nums", NULL));
    REFUSE(w, "DROP STREAM nums;", WEIR_ERR_NOT_FOUND, "does not exist");
    close_it(w);
}

static void test_refused(void **state)
{
    (void)state;
    refuse(NUMS "-- comment\nCREATE STREAM a AS SELECT id, v FROM nums;\n\n"
                "CREATE STREAM b AS\n  SELECT id, nope FROM a;\n",
           6, 14, "SELECT column 'NOPE' cannot be resolved.");
    refuse(NUMS "CREATE STREAM a AS SELECT id, v FROM nums;\nSELECT * FROM a;\n", 3, 1,
           "Unsupported statement. Only the following statements");
    refuse(NUMS "CREATE STREAM a AS SELECT id, v FROM nums;\nDROP STREAM a;\n", 3, 1,
           "Unsupported statement");
    refuse(NUMS "CREATE STREAM a AS SELECT id, v FROM nums;\nINSERT INTO nums VALUES (1, 2);\n", 3,
           1, "Unsupported statement");
    refuse(NUMS "CREATE STREAM a AS SELECT id, v FROM nums", 2, 42, "Missing ';'");
    refuse(NUMS "CREATE STREAM a AS SELEC id, v FROM nums;", 2, 20, "Syntax Error");
    refuse(NUMS "CREATE STREAM nums AS SELECT id, v FROM nums;", 2, 15,
           "Cannot add stream 'NUMS': A stream with the same name already exists");
    refuse(NUMS "SET 'no.such' = '1';\nCREATE STREAM a AS SELECT id, v FROM nums;", 2, 1,
           "Not recognizable");
    refuse(NUMS, 0, 0, "the file has no persistent query");
    refuse("-- nothing\n", 0, 0, "the file has no persistent query");
    weir *w = open_service();
    weir_error err;
    assert_int_equal(weir_load_file(w, "no/such/file.sql", &err), WEIR_ERR_IO);
    assert_non_null(strstr(err.message, "no/such/file.sql"));
    close_it(w);
}

static void test_loaded(void **state)
{
    (void)state;
    weir *w = open_service();
    load(w, "DEFINE topic_ = 'nums';\nSET 'ksql.persistence.default.format.value' = 'JSON';\n"
            "CREATE TYPE pair AS STRUCT<a INT, b INT>;\n"
            "CREATE STREAM nums (id INT KEY, v INT, p pair) WITH (KAFKA_TOPIC='${topic_}', "
            "PARTITIONS=1);\n"
            "CREATE STREAM IF NOT EXISTS nums (id INT KEY) WITH (KAFKA_TOPIC='x', PARTITIONS=1);\n"
            "CREATE STREAM a AS SELECT id, v FROM nums;\n"
            "CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;\n"
            "INSERT INTO a SELECT id, v + 1 AS v FROM nums;\n");
    RUN(w, "INSERT INTO nums (id, v) VALUES (1, 5);");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|2 ");
    RUN(w, "EXPLAIN CSAS_A_0; EXPLAIN CTAS_T_0;");
    /* The file's settings were the file's own. */
    REFUSE(w, "CREATE STREAM other (a INT) WITH (KAFKA_TOPIC='o', PARTITIONS=1);",
           WEIR_ERR_STATEMENT, "VALUE_FORMAT");
    close_it(w);
}

/* A part of a service's queries would read beside the other processes, in a group of its own. */
static void test_failed_half_way(void **state)
{
    (void)state;
    weir *w = open_service();
    weir_error err;
    assert_int_equal(wr_fault_configure("statements.noted=error", &err), WEIR_OK);
    write_file(file, NUMS "CREATE STREAM a AS SELECT id, v FROM nums;\n"
                          "CREATE STREAM b AS SELECT id, v FROM nums;\n");
    assert_int_equal(weir_load_file(w, file, &err), WEIR_ERR_LOG);
    assert_int_equal(wr_fault_configure(NULL, &err), WEIR_OK);
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_running, 0);
    assert_int_equal(m.queries_failed, 2);
    close_it(w);
    w = open_service(); /* the same again is taken up */
    load(w, NUMS "CREATE STREAM a AS SELECT id, v FROM nums;\n"
                 "CREATE STREAM b AS SELECT id, v FROM nums;\n");
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_running, 2);
    close_it(w);
}

/* Statements added above, or written otherwise, change no id: nothing starts over. */
static void test_stable_ids(void **state)
{
    (void)state;
    weir *w = open_service();
    load(w, NUMS "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM nums GROUP BY id;\n"
                 "CREATE STREAM out_ (id INT KEY, v INT) WITH (KAFKA_TOPIC='out_', PARTITIONS=1, "
                 "VALUE_FORMAT='JSON');\n"
                 "INSERT INTO out_ SELECT * FROM nums WHERE v > 1;\n");
    RUN(w, "INSERT INTO nums VALUES (1, 5);");
    drain(w);
    close_it(w);
    w = open_service();
    load(w, NUMS "CREATE STREAM first_ AS SELECT id, v * 2 AS d FROM nums;\n"
                 "CREATE STREAM out_ (id INT KEY, v INT) WITH (KAFKA_TOPIC='out_', PARTITIONS=1, "
                 "VALUE_FORMAT='JSON');\n"
                 "insert into out_\n  select * from nums -- the large ones\n  where v > 1;\n"
                 "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM nums GROUP BY id;\n");
    RUN(w, "INSERT INTO nums VALUES (1, 6);");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|11 ");
    drain(w);
    ROWS(w, "SELECT v FROM out_;", "5 6 ");
    ROWS(w, "SELECT d FROM first_;", "10 12 ");
    close_it(w);
}

/* ---- topics ---- */

/* A file that was changed so that the state would be read as something else: refused in one line
 * with what differs, and the file as it was goes on where it stopped. */
static void test_changed_meaning(void **state)
{
    (void)state;
    static const char one[] =
        NUMS "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM nums GROUP BY v;";
    static const char other[] =
        NUMS "CREATE TABLE t AS SELECT v, SUM(id) AS n FROM nums GROUP BY v;";
    for (int round = 1; round <= 2; round++) {
        char expected[20];
        weir_error err = {0};
        weir *w = open_service();
        load(w, one);
        RUN(w, "INSERT INTO nums VALUES (1, 7);");
        drain(w);
        snprintf(expected, sizeof expected, "7|%d ", round);
        ROWS(w, "SELECT * FROM t;", expected);
        close_it(w);
        w = open_service();
        write_file(file, other);
        assert_int_equal(weir_load_file(w, file, &err), WEIR_ERR_CONFIG);
        assert_non_null(strstr(err.message, "means something else (function: SUM("));
        assert_null(strchr(err.message, '\n'));
        close_it(w);
    }
}

static void test_produce_consume(void **state)
{
    (void)state;
    weir *w = open_with(WEIR_LOG_MEMORY, NULL, false);
    weir_error err = {0};
    int partitions;
    assert_false(weir_topic_exists(w, "raw", NULL));
    assert_int_equal(weir_topic_create(w, "raw", 3, &err), WEIR_OK);
    assert_int_equal(weir_topic_create(w, "raw", 3, &err), WEIR_ERR_EXISTS);
    assert_true(weir_topic_exists(w, "raw", &partitions));
    assert_int_equal(partitions, 3);
    static const char *const names[] = {"h1", "h2"};
    const void *const values[] = {"v1", NULL};
    static const size_t lens[] = {2, SIZE_MAX};
    weir_record in[] = {
        {.topic = "raw",
         .key = "k\0k",
         .key_len = 3,
         .value = "v",
         .value_len = 1,
         .timestamp = 5,
         .partition = 2,
         .header_keys = names,
         .header_values = values,
         .header_lens = lens,
         .headers_n = 2},
        {.topic = "raw", .value = "", .value_len = 0, .timestamp = 6, .partition = 2},
        {.topic = "raw", .key = "", .key_len = 0, .timestamp = 7, .partition = 2},
    };
    assert_int_equal(weir_produce(w, in, 3, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    weir_consumer *c;
    weir_record r;
    assert_int_equal(weir_consume(w, "raw", true, &c, &err), WEIR_OK);
    assert_int_equal(weir_consumer_next(c, true, API_LIMIT_MS, &r, &err), WEIR_ROW);
    assert_string_equal(r.topic, "raw");
    assert_int_equal(r.partition, 2);
    assert_int_equal(r.offset, 0);
    assert_int_equal(r.timestamp, 5);
    assert_int_equal(r.key_len, 3);
    assert_memory_equal(r.key, "k\0k", 3);
    assert_int_equal(r.headers_n, 2);
    assert_string_equal(r.header_keys[0], "h1");
    assert_memory_equal(r.header_values[0], "v1", 2);
    assert_int_equal(r.header_lens[0], 2);
    assert_null(r.header_values[1]);
    assert_int_equal(weir_consumer_next(c, true, API_LIMIT_MS, &r, &err), WEIR_ROW);
    assert_null(r.key);
    assert_non_null(r.value); /* empty is not NULL */
    assert_int_equal(r.value_len, 0);
    assert_int_equal(weir_consumer_next(c, true, API_LIMIT_MS, &r, &err), WEIR_ROW);
    assert_non_null(r.key);
    assert_null(r.value);
    assert_int_equal(weir_consumer_next(c, true, API_LIMIT_MS, &r, &err), WEIR_DONE);
    /* Not until the end: it waits for more. */
    assert_int_equal(weir_consumer_next(c, false, 20, &r, &err), WEIR_ERR_INTERRUPTED);
    assert_int_equal(weir_produce(w, in, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    assert_int_equal(weir_consumer_next(c, false, API_LIMIT_MS, &r, &err), WEIR_ROW);
    assert_int_equal(r.offset, 3);
    weir_consumer_close(c);
    /* From the end: only what comes after. */
    assert_int_equal(weir_consume(w, "raw", false, &c, &err), WEIR_OK);
    assert_int_equal(weir_consumer_next(c, true, API_LIMIT_MS, &r, &err), WEIR_DONE);
    weir_consumer_close(c);
    in[0].partition = 3;
    assert_int_equal(weir_produce(w, in, 1, &err), WEIR_ERR_MISUSE);
    assert_non_null(strstr(err.message, "no partition 3"));
    in[0].topic = "nope";
    assert_int_equal(weir_produce(w, in, 1, &err), WEIR_ERR_NOT_FOUND);
    assert_int_equal(weir_consume(w, "nope", true, &c, &err), WEIR_ERR_NOT_FOUND);
    assert_null(c);
    close_it(w);
}

/* Without a partition the key decides, as in Kafka: equal keys meet. */
static void test_partitioning(void **state)
{
    (void)state;
    weir *w = open_with(WEIR_LOG_MEMORY, NULL, false);
    weir_error err;
    weir_record r;
    weir_consumer *c;
    int32_t of[10];
    assert_int_equal(weir_topic_create(w, "raw", 4, &err), WEIR_OK);
    for (int i = 0; i < 40; i++) {
        char key[8];
        snprintf(key, sizeof key, "key%d", i % 10);
        weir_record in = {.topic = "raw",
                          .key = key,
                          .key_len = strlen(key),
                          .value = "v",
                          .value_len = 1,
                          .timestamp = -1,
                          .partition = -1};
        assert_int_equal(weir_produce(w, &in, 1, &err), WEIR_OK);
    }
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    memset(of, -1, sizeof of);
    assert_int_equal(weir_consume(w, "raw", true, &c, &err), WEIR_OK);
    int n = 0;
    for (; weir_consumer_next(c, true, API_LIMIT_MS, &r, &err) == WEIR_ROW; n++) {
        int k = ((const char *)r.key)[3] - '0';
        assert_true(of[k] == -1 || of[k] == r.partition);
        of[k] = r.partition;
        assert_true(r.timestamp > 0);
    }
    assert_int_equal(n, 40);
    assert_true(of[0] != of[1] || of[1] != of[2] || of[2] != of[3]);
    weir_consumer_close(c);
    close_it(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_refused),      TEST(test_loaded),          TEST(test_failed_half_way),
        TEST(test_stable_ids),   TEST(test_changed_meaning), TEST(test_produce_consume),
        TEST(test_partitioning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
