/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h on the embedded log: what is found again after a close. Sources, types, queries with their
 * ids, offsets and state; nothing doubled, nothing lost; history kept in order where one statement
 * needs what a later one has replaced or dropped.
 */
#include "api_helper.h"

static char dir[300];

static int setup(void **state)
{
    (void)state;
    make_dir(dir, sizeof dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static weir *open_local(void)
{
    return open_with(WEIR_LOG_LOCAL, dir, false);
}

static weir *reopen(weir *w)
{
    close_it(w);
    return open_local();
}

static void numbers(weir *w)
{
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=2, "
           "VALUE_FORMAT='JSON');");
}

static void put(weir *w, int id, int v)
{
    char sql[100];
    snprintf(sql, sizeof sql, "INSERT INTO nums VALUES (%d, %d);", id, v);
    RUN(w, sql);
}

static void test_goes_on(void **state)
{
    (void)state;
    weir *w = open_local();
    numbers(w);
    RUN(w, "CREATE STREAM big AS SELECT id, v FROM nums WHERE v > 10;");
    RUN(w, "CREATE TABLE sums AS SELECT id, SUM(v) AS total, COUNT(*) AS n FROM nums GROUP BY id;");
    RUN(w, "CREATE TABLE by_v AS SELECT v, COUNT(*) AS n FROM big GROUP BY v;");
    int total = 0, n = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 10; i++) {
            put(w, 1, i + 5);
            total += i + 5;
            n++;
        }
        char expected[100];
        snprintf(expected, sizeof expected, "1|%d|%d ", total, n);
        if (round % 2) /* with what was written last still unread */
            drain(w);
        w = reopen(w);
        EVENTUALLY_ROWS(w, "SELECT * FROM sums;", expected);
        snprintf(expected, sizeof expected, "11|%d 12|%d 13|%d 14|%d ", round + 1, round + 1,
                 round + 1, round + 1);
        EVENTUALLY_ROWS(w, "SELECT * FROM by_v;", expected);
    }
    /* The sink topic holds each row once. */
    drain(w);
    weir_consumer *c;
    weir_error err;
    weir_record r;
    int rows = 0;
    assert_int_equal(weir_consume(w, "BIG", true, &c, &err), WEIR_OK);
    while (weir_consumer_next(c, true, API_LIMIT_MS, &r, &err) == WEIR_ROW)
        rows++;
    weir_consumer_close(c);
    assert_int_equal(rows, 4 * 4);
    RUN(w, "EXPLAIN CTAS_SUMS_2;"); /* ids are the same */
    close_it(w);
}

/* OR REPLACE after something was made of the old source; the id, and so the state, stays. */
static void test_replaced(void **state)
{
    (void)state;
    weir *w = open_local();
    numbers(w);
    RUN(w, "CREATE STREAM copy AS SELECT id, v FROM nums;");
    RUN(w, "CREATE TABLE sums AS SELECT id, SUM(v) AS total FROM copy GROUP BY id;");
    put(w, 1, 5);
    drain(w);
    RUN(w, "CREATE OR REPLACE STREAM copy AS SELECT id, v, v * 2 AS w FROM nums WHERE v <> 7;");
    RUN(w, "CREATE OR REPLACE STREAM nums (id INT KEY, v INT, x INT) WITH (KAFKA_TOPIC='nums', "
           "VALUE_FORMAT='JSON');");
    RUN(w, "ALTER STREAM nums ADD COLUMN y STRING;");
    RUN(w, "CREATE STREAM wide AS SELECT id, y FROM nums;");
    for (int i = 0; i < 3; i++) {
        w = reopen(w);
        RUN(w, "INSERT INTO nums (id, v, y) VALUES (1, 7, 'q');");
        RUN(w, "INSERT INTO nums (id, v, y) VALUES (1, 1, 'q');");
        RUN(w, "EXPLAIN CSAS_COPY_1;");
        char expected[100];
        snprintf(expected, sizeof expected, "1|%d ", 5 + i + 1);
        EVENTUALLY_ROWS(w, "SELECT * FROM sums;", expected);
    }
    drain(w);
    ROWS(w, "SELECT v, w FROM copy;", "1|2 1|2 1|2 5|null ");
    ROWS(w, "SELECT y FROM wide;", "null q q q q q q ");
    close_it(w);
}

static void test_dropped(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE TYPE point AS STRUCT<x INT, y INT>;");
    RUN(w, "CREATE STREAM points (p point) WITH (KAFKA_TOPIC='points', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "DROP TYPE point;"); /* the stream needs it still when it is found again */
    RUN(w, "CREATE TYPE point AS INT;");
    numbers(w);
    RUN(w, "CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM nums GROUP BY id;");
    RUN(w, "CREATE STREAM gone AS SELECT * FROM nums;");
    RUN(w, "INSERT INTO gone WITH (QUERY_ID='more') SELECT * FROM nums;");
    RUN(w, "TERMINATE more;");
    RUN(w, "DROP STREAM gone;");
    RUN(w, "TERMINATE CTAS_T_5;");
    w = reopen(w);
    ROWS(w, "SELECT p FROM points;", "");
    RUN(w, "CREATE TABLE again (a point PRIMARY KEY, b INT) WITH (KAFKA_TOPIC='again', "
           "PARTITIONS=1, VALUE_FORMAT='JSON');");
    REFUSE(w, "DROP STREAM gone;", WEIR_ERR_NOT_FOUND, "GONE does not exist");
    REFUSE(w, "TERMINATE more;", WEIR_ERR_NOT_FOUND, "Unknown queryId");
    REFUSE(w, "TERMINATE CTAS_T_5;", WEIR_ERR_NOT_FOUND, "Unknown queryId");
    REFUSE(w, "SELECT * FROM t;", WEIR_ERR_STATEMENT, "does not run any more");
    RUN(w, "DROP TABLE t;");
    RUN(w, "INSERT INTO points VALUES (STRUCT(x := 1, y := 2));");
    w = reopen(w);
    ROWS(w, "SELECT p->x FROM points;", "1 ");
    REFUSE(w, "DROP TABLE t;", WEIR_ERR_NOT_FOUND, "T does not exist");
    close_it(w);
}

/* Settings and variables as they were when the statement was executed. */
static void test_settings_kept(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "SET 'ksql.persistence.default.format.value' = 'JSON'; SET "
           "'ksql.output.topic.name.prefix' = 'pre-';");
    RUN(w, "DEFINE n = 'nums';");
    RUN(w, "CREATE STREAM ${n} (id INT KEY, v INT) WITH (KAFKA_TOPIC='${n}', PARTITIONS=1);");
    RUN(w, "CREATE STREAM copy AS SELECT id, v, '$${n}' AS text FROM nums;");
    assert_true(weir_topic_exists(w, "pre-COPY", NULL));
    w = reopen(w);
    put(w, 1, 2);
    drain(w);
    ROWS(w, "SELECT * FROM copy;", "1|2|${n} ");
    /* The session's own settings do not outlive it. */
    REFUSE(w, "CREATE STREAM other (a INT) WITH (KAFKA_TOPIC='o', PARTITIONS=1);",
           WEIR_ERR_STATEMENT, "VALUE_FORMAT");
    close_it(w);
}

/* New queries get numbers that no running one has. */
static void test_numbers_go_on(void **state)
{
    (void)state;
    weir *w = open_local();
    numbers(w);
    for (int i = 0; i < 3; i++) {
        char sql[200], name[20];
        snprintf(name, sizeof name, "copy%d", i);
        snprintf(sql, sizeof sql, "CREATE STREAM %s AS SELECT * FROM nums;", name);
        RUN(w, sql);
        w = reopen(w);
    }
    weir_stmt *s = prepare(w, "SHOW QUERIES;");
    weir_error err;
    int rows = 0;
    while (weir_step(s, 0, &err) == WEIR_ROW)
        rows++;
    assert_int_equal(rows, 3);
    weir_finalize(s);
    RUN(w, "EXPLAIN CSAS_COPY0_1; EXPLAIN CSAS_COPY1_2; EXPLAIN CSAS_COPY2_3;");
    close_it(w);
}

/* Nor one that has gone: where its end was cut short, state and offsets lie under its id. */
static void test_numbers_not_given_again(void **state)
{
    (void)state;
    weir *w = open_local();
    numbers(w);
    RUN(w, "CREATE STREAM copy AS SELECT * FROM nums; DROP STREAM copy;");
    w = reopen(w);
    RUN(w, "CREATE STREAM copy AS SELECT * FROM nums; EXPLAIN CSAS_COPY_2;");
    RUN(w, "INSERT INTO copy SELECT * FROM nums; TERMINATE INSERTQUERY_3;");
    w = reopen(w);
    w = reopen(w);
    RUN(w, "INSERT INTO copy SELECT * FROM nums; EXPLAIN INSERTQUERY_4;");
    close_it(w);
}

static void test_two_handles(void **state)
{
    (void)state;
    weir *w = open_local(), *second = (weir *)&dir;
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err = {0};
    o.data_dir = dir;
    numbers(w);
    assert_int_equal(weir_open(&o, &second, &err), WEIR_ERR_STORE);
    assert_null(second);
    assert_true(err.message[0] != '\0');
    /* The first has not noticed. */
    put(w, 1, 2);
    ROWS(w, "SELECT v FROM nums;", "2 ");
    close_it(w);
    assert_int_equal(weir_open(&o, &second, &err), WEIR_OK);
    close_it(second);
}

static void test_bad_directories(void **state)
{
    (void)state;
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err = {0};
    char path[400];
    snprintf(path, sizeof path, "%s/file", dir);
    write_file(path, "not a directory");
    o.data_dir = path;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, path));
    assert_null(w);
    static const char *const odd[] = {"auto.offset.reset", NULL, NULL};
    o.settings = odd;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_MISUSE);
    static const char *const bad[] = {"commit.interval.ms", "often", NULL};
    o.settings = bad;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_CONFIG);
    o.settings = NULL;
    o.log = WEIR_LOG_KAFKA;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_ERR_MISUSE);
    /* A directory below one that is not there yet is made. */
    snprintf(path, sizeof path, "%s/a/b/c", dir);
    o = (weir_options)WEIR_OPTIONS_INIT;
    o.data_dir = path;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
    close_it(w);
}

/* An engine that keeps no catalog leaves none behind; the topics stay. */
static void test_ephemeral(void **state)
{
    (void)state;
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.data_dir = dir;
    o.ephemeral_catalog = true;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
        assert_int_equal(weir_topic_exists(w, "nums", NULL), i == 1);
        numbers(w);
        close_it(w);
    }
    w = open_local();
    REFUSE(w, "DROP STREAM nums;", WEIR_ERR_NOT_FOUND, "does not exist");
    close_it(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_goes_on),       TEST(test_replaced),        TEST(test_dropped),
        TEST(test_settings_kept), TEST(test_numbers_go_on),   TEST(test_numbers_not_given_again),
        TEST(test_two_handles),   TEST(test_bad_directories), TEST(test_ephemeral),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
