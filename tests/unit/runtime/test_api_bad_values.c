/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad values and settings through weir.h: a query outlives what it cannot use, says where it was,
 * and stops where it was asked to; settings do what they say or say that they do nothing.
 */
#include "api_helper.h"

#include "common/diag.h"

/* ---- the log ---- */

static wr_buf lines;
static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER;

static void take(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    (void)arg;
    (void)level;
    pthread_mutex_lock(&lines_lock);
    wr_buf_printf(&lines, "%s %s\n", logger, message);
    pthread_mutex_unlock(&lines_lock);
}

static int setup(void **state)
{
    (void)state;
    wr_buf_clear(&lines);
    wr_diag_set_sink(take, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wr_diag_set_sink(NULL, NULL);
    wr_buf_free(&lines);
    return 0;
}

/* The lock is given back before a test can fail: others log meanwhile. */
static void expect_line(const char *text)
{
    pthread_mutex_lock(&lines_lock);
    char *all = wr_strdup(wr_buf_cstr(&lines));
    pthread_mutex_unlock(&lines_lock);
    if (!strstr(all, text))
        fail_msg("no line with '%s' in:\n%s", text, all);
    wr_free(all);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    pthread_mutex_lock(&lines_lock);
    for (const char *p = wr_buf_cstr(&lines); (p = strstr(p, text)); p++)
        n++;
    pthread_mutex_unlock(&lines_lock);
    return n;
}

/* ---- DESCRIBE EXTENDED ---- */

/** A number of the `statistics` of @p source. */
static long long statistic(weir *w, const char *source, const char *column)
{
    char sql[100];
    long long value = -1;
    weir_error err = {0};
    snprintf(sql, sizeof sql, "DESCRIBE %s EXTENDED;", source);
    drain(w);
    weir_stmt *s = prepare(w, sql);
    while (weir_step(s, -1, &err) == WEIR_ROW)
        ;
    for (int i = 0; i < weir_section_count(s); i++) {
        weir_stmt *section = weir_section(s, i);
        if (strcmp(weir_section_name(section), "statistics") != 0)
            continue;
        assert_int_equal(weir_step(section, 0, &err), WEIR_ROW);
        for (int c = 0; c < weir_column_count(section); c++)
            if (strcmp(weir_column_name(section, c), column) == 0)
                value = weir_column_int64(section, c);
    }
    weir_finalize(s);
    return value;
}

/* ---- bad values ---- */

static const char sums[] =
    "CREATE STREAM s (k STRING KEY, e DECIMAL(4,2)) WITH (kafka_topic='s', partitions=1, "
    "value_format='JSON');"
    "CREATE TABLE o AS SELECT k, SUM(e) AS t, COUNT(*) n FROM s GROUP BY k;";

static const char values[] = "INSERT INTO s VALUES ('b', 1.00); INSERT INTO s VALUES ('a', 30.33);"
                             "INSERT INTO s VALUES ('a', 60.99); INSERT INTO s VALUES ('a', 20.00);"
                             "INSERT INTO s VALUES ('b', 2.00);";

/* A row that was re-keyed in the process is named by the record that was read, a row that came out
 * of state by its key alone: an offset would send the reader to a record that has no part in it. */
static void test_places(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir, sizeof dir);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, false);
    RUN(w, "CREATE TABLE u (id STRING PRIMARY KEY, g STRING, e DECIMAL(4,2)) WITH (kafka_topic='u',"
           " partitions=1, value_format='JSON');"
           "CREATE TABLE o AS SELECT g, SUM(e) AS t, CAST(SUM(e) AS DECIMAL(2,1)) AS w FROM u "
           "GROUP BY g;"
           "INSERT INTO u VALUES ('1', 'g', 1.00);");
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "g|1.00|1.0 ");
    RUN(w, "INSERT INTO u VALUES ('2', 'g', 50.00);");
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "g|51.00|null ");
    expect_line("Project u key \"g\": Numeric field overflow");
    RUN(w, "INSERT INTO u VALUES ('3', 'g', 60.00);");
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "g|null|null ");
    expect_line("Aggregate u partition 0 offset 2 key \"g\": SUM: Numeric field overflow");
    close_it(w);
    remove_dir(dir);
}

/* The row is left out, the rest counts, also after a restart; the log says which record it was. */
static void test_overflow(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir, sizeof dir);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, false);
    RUN(w, sums);
    RUN(w, values);
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "a|91.32|2 b|3.00|2 ");
    expect_line("Aggregate s partition 0 offset 3 key \"a\": SUM: Numeric field overflow");
    assert_int_equal(statistic(w, "o", "FAILED_MESSAGES"), 1);
    close_it(w);
    w = open_with(WEIR_LOG_LOCAL, dir, false);
    RUN(w, "INSERT INTO s VALUES ('c', 1.00);");
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "a|91.32|2 b|3.00|2 c|1.00|1 ");
    close_it(w);
    remove_dir(dir);
}

/* Whoever wants the query to stop there gets that. */
static void test_overflow_that_stops(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "SET 'ksql.fail.on.production.error'='true';");
    RUN(w, sums);
    RUN(w, values);
    char id[300];
    weir_error err = {0};
    bool failed = false;
    for (int i = 0; i < API_LIMIT_MS && !failed; i++) {
        failed = weir_failed_query(w, id, sizeof id, &err);
        usleep(1000);
    }
    assert_true(failed);
    assert_string_equal(err.message, "SUM: Numeric field overflow");
    close_it(w);
}

/* In topics of an engine with threads and in one that is stepped: the same counts, and few lines.
 * A row without a group is no error. */
static void test_counts(void **state)
{
    (void)state;
    for (int stepped = 0; stepped < 2; stepped++) {
        wr_buf_clear(&lines);
        weir *w = open_with(WEIR_LOG_MEMORY, NULL, stepped);
        RUN(w, "CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', partitions=1, "
               "value_format='KAFKA');"
               "CREATE STREAM s (k INT KEY, g STRING) WITH (kafka_topic='t', value_format='JSON');"
               "CREATE TABLE o AS SELECT g, COUNT(*) n FROM s GROUP BY g;");
        for (int i = 0; i < 20; i++)
            RUN(w, "INSERT INTO raw VALUES (1, '{\"G\":null}');");
        for (int i = 0; i < 10; i++)
            RUN(w, "INSERT INTO raw VALUES (1, '{\"G\":');");
        RUN(w, "INSERT INTO raw VALUES (1, 'null');"
               "INSERT INTO raw VALUES (1, '{\"G\":\"x\"} {\"G\":\"y\"}');"
               "INSERT INTO raw VALUES (1, '{\"G\":\"x\"}');");
        drain(w);
        EVENTUALLY_ROWS(w, "SELECT * FROM o;", "x|2 ");
        assert_int_equal(statistic(w, "o", "FAILED_MESSAGES"), 10);
        assert_int_equal(statistic(w, "o", "NULL_KEYS"), 20);
        assert_int_equal(statistic(w, "o", "NULL_VALUES"), 1);
        assert_int_equal(statistic(w, "o", "IGNORED_TEXT"), 1);
        close_it(w);
        expect_line("t partition 0 offset 20: Invalid JSON");
        expect_line("Group-by column with index 0 resolved to null");
        assert_true(count_lines("Group-by column") <= 10);
        assert_true(count_lines("Invalid JSON") <= 8);
    }
}

/* Events about no row, and values that an event lacks, are no failures, but are counted. */
static void test_counts_of_change_events(void **state)
{
    (void)state;
    wr_buf_clear(&lines);
    weir *w = open_with(WEIR_LOG_MEMORY, NULL, false);
    RUN(w, "CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', partitions=1, "
           "format='KAFKA');"
           "CREATE TABLE s (id INT PRIMARY KEY, a STRING, b STRING) WITH (kafka_topic='t', "
           "format='DEBEZIUM_JSON');"
           "CREATE TABLE o WITH (format='JSON') AS SELECT * FROM s;");
    RUN(w, "INSERT INTO raw VALUES ('{\"id\":\"571:1\"}', '{\"status\":\"BEGIN\",\"ts_ms\":1}');"
           "INSERT INTO raw VALUES ('{\"serverName\":\"x\"}', '{\"ts_ms\":1}');"
           "INSERT INTO raw VALUES (NULL, '{\"op\":\"m\"}');"
           "INSERT INTO raw VALUES ('{\"id\":9}', '{\"op\":\"c\",\"after\":{\"id\":9}}');"
           "INSERT INTO raw VALUES (NULL, '{\"op\":\"t\"}');"
           "INSERT INTO raw VALUES ('{\"id\":1}', '{\"op\":\"u\",\"after\":{\"id\":1,\"a\":\"x\","
           "\"b\":\"__debezium_unavailable_value\"}}');"
           "INSERT INTO raw VALUES ('{\"id\":1}', '{\"op\":\"u\",\"after\":{\"id\":1,\"a\":\"y\","
           "\"b\":\"long\"}}');"
           "INSERT INTO raw VALUES ('{\"id\":1}', '{\"op\":\"u\",\"after\":{\"id\":1,\"a\":\"z\","
           "\"b\":\"__debezium_unavailable_value\"}}');");
    drain(w);
    EVENTUALLY_ROWS(w, "SELECT * FROM o;", "1|z|long ");
    assert_int_equal(statistic(w, "o", "SKIPPED_EVENTS"), 3);
    assert_int_equal(statistic(w, "o", "UNAVAILABLE_VALUES"), 1);
    assert_int_equal(statistic(w, "o", "FAILED_MESSAGES"), 0);
    assert_int_equal(statistic(w, "o", "NULL_KEYS"), 0);
    close_it(w);
    expect_line("Column B is NULL");
}

/* ---- settings ---- */

static weir *open_set(const char *name, const char *value)
{
    const char *const settings[] = {"auto.offset.reset", "earliest", name, value, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static const char stream[] =
    "CREATE STREAM s (k INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', partitions=1, "
    "format='JSON');";

static void test_pull_queries(void **state)
{
    (void)state;
    weir *w = open_set("ksql.pull.queries.enable", "false");
    RUN(w, stream);
    RUN(w, "CREATE TABLE t AS SELECT k, COUNT(*) n FROM s GROUP BY k;");
    REFUSE(w, "SELECT * FROM s;", WEIR_ERR_STATEMENT, "Pull queries are disabled.");
    REFUSE(w, "SELECT * FROM t WHERE k = 1;", WEIR_ERR_STATEMENT, "Pull queries are disabled.");
    REFUSE(w, "SET 'ksql.pull.queries.enable'='true';", WEIR_ERR_CONFIG, "Cannot override");
    close_it(w);
}

static void test_lambdas(void **state)
{
    (void)state;
    static const char with_lambda[] =
        "CREATE STREAM o AS SELECT k, TRANSFORM(a, x => x + 1) AS b FROM s;";
    weir *w = open_set("ksql.lambdas.enabled", "false");
    RUN(w, stream);
    REFUSE(w, with_lambda, WEIR_ERR_STATEMENT, "Lambdas are not enabled at this time");
    REFUSE(w, "SELECT REDUCE(a, 0, (x, y) => x + y) FROM s EMIT CHANGES;", WEIR_ERR_STATEMENT,
           "Lambdas are not enabled at this time");
    RUN(w, "CREATE STREAM p AS SELECT k, '=>' AS b FROM s;"); /* no lambda */
    RUN(w, "SET 'ksql.lambdas.enabled'='true';");
    RUN(w, with_lambda);
    close_it(w);
}

/* As many push queries as the setting says, at any time: closing one makes room. */
static void test_push_queries(void **state)
{
    (void)state;
    static const char push[] = "SELECT k FROM s EMIT CHANGES;";
    weir *w = open_set("ksql.max.push.queries", "2");
    RUN(w, stream);
    RUN(w, "INSERT INTO s (k) VALUES (7);");
    for (int again = 0; again < 2; again++) {
        weir_stmt *one = prepare(w, push), *two = prepare(w, push);
        step_row(one, "7");
        step_row(two, "7");
        REFUSE(w, push, WEIR_ERR_LIMIT, "Maximum number of active push queries exceeded");
        ROWS(w, "SELECT k FROM s;", "7 "); /* pull queries are not counted */
        weir_finalize(one);
        one = prepare(w, push);
        step_row(one, "7");
        weir_finalize(one);
        weir_finalize(two);
    }
    close_it(w);
}

static void test_persistent_queries(void **state)
{
    (void)state;
    weir *w = open_set("ksql.query.persistent.active.limit", "2");
    RUN(w, stream);
    RUN(w, "CREATE STREAM x AS SELECT * FROM s; INSERT INTO x SELECT * FROM s;");
    REFUSE(w, "CREATE STREAM y AS SELECT * FROM s;", WEIR_ERR_LIMIT,
           "Current persistent query count: 2. Configured limit: 2.");
    REFUSE(w, "INSERT INTO x SELECT * FROM s WHERE k > 1;", WEIR_ERR_LIMIT, "configured limit");
    RUN(w,
        "CREATE STREAM z (k INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', format='JSON');"); /* no
                                                                                                query
                                                                                              */
    RUN(w, "TERMINATE INSERTQUERY_2; DROP STREAM x;");
    RUN(w, "CREATE STREAM y AS SELECT * FROM s; CREATE STREAM x AS SELECT * FROM s;");
    RUN(w, "CREATE OR REPLACE STREAM y AS SELECT * FROM s WHERE k > 1;"); /* none more */
    close_it(w);
}

static void test_denylist(void **state)
{
    (void)state;
    weir *w = open_set("ksql.properties.overrides.denylist",
                       "ksql.streams.commit.interval.ms,num.stream.threads");
    REFUSE(w, "SET 'commit.interval.ms'='5';", WEIR_ERR_CONFIG,
           "Cannot override property 'commit.interval.ms'");
    REFUSE(w, "SET 'ksql.streams.num.stream.threads'='5';", WEIR_ERR_CONFIG, "Cannot override");
    RUN(w, "SET 'cache.max.bytes.buffering'='5';");
    close_it(w);
}

/* What changes nothing says so by name, from wherever it is set. */
static void test_warnings(void **state)
{
    (void)state;
    weir *w = open_set("num.standby.replicas", "1");
    expect_line("settings num.standby.replicas is known to ksqlDB, without effect here: the "
                "embedded log belongs to one process");
    RUN(w, "SET 'ksql.streams.num.stream.threads'='8';");
    expect_line("settings ksql.streams.num.stream.threads is known to ksqlDB, without effect here: "
                "weir.threads");
    RUN(w, "SET 'ksql.logging.processing.stream.name'='x';");
    expect_line("ksql.logging.processing.stream.name is known to ksqlDB, without effect here");
    size_t before = count_lines("without effect");
    RUN(w, "SET 'processing.guarantee'='exactly_once_v2'; SET 'commit.interval.ms'='100';");
    assert_int_equal(count_lines("without effect"), before);
    close_it(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_places),
        TEST(test_overflow),
        TEST(test_overflow_that_stops),
        TEST(test_counts),
        TEST(test_counts_of_change_events),
        TEST(test_pull_queries),
        TEST(test_lambdas),
        TEST(test_push_queries),
        TEST(test_persistent_queries),
        TEST(test_denylist),
        TEST(test_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
