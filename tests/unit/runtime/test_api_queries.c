/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h: persistent queries through their life: what they give, pull and push on them, PAUSE,
 * RESUME, TERMINATE, DROP with dependants, OR REPLACE, failing, draining, metrics; and engines that
 * run only when they are stepped.
 */
#include "api_helper.h"

static void clicks(weir *w, int partitions)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "CREATE STREAM clicks (id INT KEY, page STRING, ms INT) WITH (KAFKA_TOPIC='clicks', "
             "PARTITIONS=%d, VALUE_FORMAT='JSON');",
             partitions);
    RUN(w, sql);
}

static void click(weir *w, int id, const char *page, int ms)
{
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO clicks VALUES (%d, '%s', %d);", id, page, ms);
    RUN(w, sql);
}

/* ---- results ---- */

static void test_pipeline(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 3);
    RUN(w, "CREATE STREAM slow AS SELECT id, page, ms FROM clicks WHERE ms > 100;");
    RUN(w, "CREATE TABLE per_page AS SELECT page, COUNT(*) AS n, SUM(ms) AS total FROM slow GROUP "
           "BY page;");
    for (int i = 0; i < 60; i++)
        click(w, i, i % 2 ? "a" : "b", i * 10);
    /* One's own writes are seen at once, through both queries. */
    ROWS(w, "SELECT * FROM per_page;", "a|25|8750 b|24|8400 ");
    ROWS(w, "SELECT total FROM per_page WHERE page = 'a';", "8750 ");
    ROWS(w, "SELECT page FROM per_page WHERE page >= 'b';", "b ");
    ROWS(w, "SELECT page FROM per_page WHERE n > 24;", "a ");
    ROWS(w, "SELECT page FROM per_page WHERE page = 'zzz';", "");
    ROWS(w, "SELECT id FROM slow WHERE ms > 570;", "58 59 ");
    weir_metrics m = {.size = sizeof m};
    drain(w);
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_running, 2);
    assert_int_equal(m.queries_failed, 0);
    assert_int_equal(m.lag, 0);
    assert_int_equal(m.records_in, 60 + 49);
    assert_true(m.records_out >= 49 + 2);
    assert_true(m.commits >= 2);
    assert_false(weir_failed_query(w, NULL, 0, NULL));
    close_it(w);
}

/* PROTOBUF without a form for NULL has defaults instead: a pull query shows what the topic has. */
static void test_defaults_of_the_format(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    RUN(w, "CREATE TABLE plain WITH (VALUE_FORMAT='PROTOBUF_NOSR') AS SELECT id, "
           "LATEST_BY_OFFSET(page, false) AS page, LATEST_BY_OFFSET(ms, false) AS ms, "
           "LATEST_BY_OFFSET(STRUCT(p := page), false) AS s FROM clicks GROUP BY id;");
    RUN(w, "CREATE TABLE nullable WITH (VALUE_FORMAT='PROTOBUF_NOSR', "
           "VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL') AS SELECT id, "
           "LATEST_BY_OFFSET(page, false) AS page, LATEST_BY_OFFSET(ms, false) AS ms "
           "FROM clicks GROUP BY id;");
    RUN(w, "INSERT INTO clicks (id) VALUES (1);");
    ROWS(w, "SELECT page, ms, s->p FROM plain;", "|0| ");
    ROWS(w, "SELECT id, ms + 1 FROM plain WHERE page = '';", "1|1 ");
    ROWS(w, "SELECT page, ms FROM nullable WHERE page IS NULL;", "null|null ");
    close_it(w);
}

static void test_windows(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    RUN(w, "CREATE TABLE per_minute AS SELECT page, COUNT(*) AS n FROM clicks WINDOW TUMBLING "
           "(SIZE 1 MINUTE) GROUP BY page;");
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (1000, 1, 'a');");
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (59999, 1, 'a');");
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (60000, 1, 'a');");
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (61000, 1, 'b');");
    ROWS(w, "SELECT * FROM per_minute;", "a|0|60000|2 a|60000|120000|1 b|60000|120000|1 ");
    ROWS(w, "SELECT n FROM per_minute WHERE page = 'a' AND WINDOWSTART = 60000;", "1 ");
    ROWS(w, "SELECT n FROM per_minute WHERE page = 'a' AND WINDOWSTART < '1970-01-01T00:01:00';",
         "2 ");
    ROWS(w, "SELECT n FROM per_minute WHERE page = 'a' AND WINDOWEND > 120000;", "");
    close_it(w);
}

static void test_join(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 2);
    RUN(w, "CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', "
           "PARTITIONS=2, VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM named AS SELECT clicks.id, page, name FROM clicks LEFT JOIN users ON "
           "clicks.id = users.id;");
    weir_stmt *s = prepare(w, "SELECT page, name FROM named EMIT CHANGES;");
    RUN(w, "INSERT INTO users (ROWTIME, id, name) VALUES (10, 1, 'ann');");
    drain(w);
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (20, 1, 'x');");
    step_row(s, "x|ann");
    RUN(w, "INSERT INTO clicks (ROWTIME, id, page) VALUES (30, 2, 'y');");
    step_row(s, "y|null");
    weir_finalize(s);
    close_it(w);
}

/* ---- control ---- */

static void test_pause(void **state)
{
    (void)state;
    weir *w = open_memory();
    weir_error err;
    clicks(w, 1);
    RUN(w, "CREATE TABLE t AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    weir_stmt *s =
        prepare(w, "CREATE TABLE t2 AS SELECT id, COUNT(*) AS n FROM clicks GROUP BY id;");
    assert_int_equal(weir_step(s, 0, &err), WEIR_DONE);
    assert_string_equal(weir_query_id(s), "CTAS_T2_2");
    assert_string_equal(weir_message(s), "Created query with ID CTAS_T2_2");
    weir_finalize(s);
    click(w, 1, "a", 1);
    ROWS(w, "SELECT n FROM t;", "1 ");
    RUN(w, "PAUSE ctas_t_1;");
    click(w, 1, "a", 1);
    ROWS(w, "SELECT n FROM t2;", "2 ");
    ROWS(w, "SELECT n FROM t;", "1 ");
    RUN(w, "RESUME CTAS_T_1;");
    EVENTUALLY_ROWS(w, "SELECT n FROM t;", "2 ");
    RUN(w, "PAUSE ALL;");
    RUN(w, "PAUSE ALL;");
    click(w, 1, "a", 1);
    ROWS(w, "SELECT n FROM t;", "2 ");
    RUN(w, "RESUME ALL;");
    EVENTUALLY_ROWS(w, "SELECT n FROM t;", "3 ");
    REFUSE(w, "PAUSE nope;", WEIR_ERR_NOT_FOUND, "Unknown queryId: NOPE");
    close_it(w);
}

static void test_terminate_and_drop(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    RUN(w, "CREATE STREAM copy AS SELECT * FROM clicks;");
    RUN(w, "CREATE TABLE t AS SELECT page, COUNT(*) AS n FROM copy GROUP BY page;");
    REFUSE(w, "DROP STREAM copy;", WEIR_ERR_STATEMENT, "read from this source: [T]");
    RUN(w, "INSERT INTO copy WITH (QUERY_ID='more') SELECT * FROM clicks WHERE ms > 5;");
    REFUSE(w, "DROP STREAM clicks;", WEIR_ERR_STATEMENT, "Cannot drop CLICKS.");
    REFUSE(w, "DROP STREAM copy;", WEIR_ERR_STATEMENT, "write into this source: [MORE]");
    /* A table without its query stays, but cannot be read. */
    RUN(w, "TERMINATE CTAS_T_2;");
    REFUSE(w, "TERMINATE CTAS_T_2;", WEIR_ERR_NOT_FOUND, "Unknown queryId");
    REFUSE(w, "SELECT * FROM t;", WEIR_ERR_STATEMENT, "does not run any more");
    RUN(w, "DROP TABLE t DELETE TOPIC;");
    assert_false(weir_topic_exists(w, "T", NULL));
    REFUSE(w, "DROP STREAM copy;", WEIR_ERR_STATEMENT, "write into this source: [MORE]");
    RUN(w, "TERMINATE more;");
    RUN(w, "DROP STREAM copy;");
    assert_true(weir_topic_exists(w, "COPY", NULL));
    RUN(w, "DROP STREAM clicks;");
    REFUSE(w, "DROP STREAM clicks;", WEIR_ERR_NOT_FOUND, "Stream CLICKS does not exist.");
    RUN(w, "DROP STREAM IF EXISTS clicks;");
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_running, 0);
    close_it(w);
}

/* The state of a dropped table is gone: made again, it counts from its start. */
static void test_drop_forgets(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    click(w, 1, "a", 1);
    for (int i = 0; i < 3; i++) {
        RUN(w, "CREATE TABLE t AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
        ROWS(w, "SELECT * FROM t;", "a|1 ");
        RUN(w, "DROP TABLE t DELETE TOPIC;");
    }
    close_it(w);
}

static void test_source_table(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "CREATE SOURCE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', "
           "PARTITIONS=1, VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM writer (id INT KEY, name STRING) WITH (KAFKA_TOPIC='users', "
           "VALUE_FORMAT='JSON');");
    RUN(w, "INSERT INTO writer VALUES (1, 'ann');");
    RUN(w, "INSERT INTO writer VALUES (2, 'bob');");
    RUN(w, "INSERT INTO writer VALUES (1, 'eve');");
    ROWS(w, "SELECT * FROM users;", "1|eve 2|bob ");
    REFUSE(w, "TERMINATE CST_USERS_0;", WEIR_ERR_STATEMENT, "linked to a source table");
    RUN(w, "TERMINATE ALL;");
    ROWS(w, "SELECT name FROM users WHERE id = 2;", "bob ");
    REFUSE(w, "DROP TABLE users DELETE TOPIC;", WEIR_ERR_STATEMENT, "read-only source");
    RUN(w, "DROP TABLE users;");
    close_it(w);
}

/* ---- OR REPLACE ---- */

static void test_replace(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    RUN(w, "CREATE STREAM copy AS SELECT id, page FROM clicks;");
    click(w, 1, "a", 1);
    drain(w);
    /* The same id, and it goes on behind what the old query has read. */
    weir_stmt *s = prepare(w, "CREATE OR REPLACE STREAM copy AS SELECT id, page, ms FROM clicks "
                              "WHERE ms > 5;");
    weir_error err;
    if (weir_step(s, 0, &err) != WEIR_DONE)
        fail_msg("%s", err.message);
    assert_string_equal(weir_query_id(s), "CSAS_COPY_1");
    weir_finalize(s);
    click(w, 2, "b", 2);
    click(w, 3, "c", 9);
    drain(w);
    ROWS(w, "SELECT * FROM copy;", "1|a|null 3|c|9 ");
    /* Aggregates keep their state. */
    RUN(w, "CREATE TABLE t AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    ROWS(w, "SELECT * FROM t;", "a|1 b|1 c|1 ");
    RUN(w, "CREATE OR REPLACE TABLE t AS SELECT page, COUNT(*) AS n FROM clicks WHERE page <> 'b' "
           "GROUP BY page;");
    click(w, 1, "a", 1);
    click(w, 1, "b", 1);
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "a|2 b|1 c|1 ");
    REFUSE(w, "CREATE OR REPLACE TABLE t AS SELECT page, SUM(ms) AS n FROM clicks GROUP BY page;",
           WEIR_ERR_STATEMENT, "");
    RUN(w, "INSERT INTO copy SELECT id, page, ms FROM clicks;");
    REFUSE(w, "CREATE OR REPLACE STREAM copy AS SELECT id, page, ms FROM clicks;",
           WEIR_ERR_STATEMENT, "multiple queries writing into it");
    REFUSE(w, "CREATE OR REPLACE STREAM clicks AS SELECT id, page, ms FROM copy;",
           WEIR_ERR_STATEMENT, "CLICKS");
    /* What was refused has changed nothing. */
    click(w, 4, "c", 1);
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "a|2 b|1 c|2 ");
    close_it(w);
}

/* ---- failing ---- */

static void test_failed_query(void **state)
{
    (void)state;
    weir *w = open_memory();
    clicks(w, 1);
    RUN(w, "CREATE TABLE healthy AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    RUN(w, "SET 'ksql.fail.on.deserialization.error' = 'true';");
    RUN(w, "CREATE TABLE strict AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    click(w, 1, "a", 1);
    ROWS(w, "SELECT * FROM strict;", "a|1 ");
    weir_error err;
    weir_record bad = {
        .topic = "clicks", .value = "{nonsense", .value_len = 9, .timestamp = -1, .partition = 0};
    assert_int_equal(weir_produce(w, &bad, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    /* One fails and says why; the other goes on. */
    assert_true(weir_drain(w, API_LIMIT_MS, &err) != WEIR_OK);
    char id[100];
    assert_true(weir_failed_query(w, id, sizeof id, &err));
    assert_string_equal(id, "CTAS_STRICT_2");
    REFUSE(w, "SELECT * FROM strict;", WEIR_ERR_STATEMENT, "CTAS_STRICT_2 has failed");
    click(w, 1, "a", 1);
    ROWS(w, "SELECT * FROM healthy;", "a|2 ");
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_failed, 1);
    assert_int_equal(m.queries_running, 1);
    RUN(w, "DROP TABLE strict;");
    drain(w);
    close_it(w);
}

/* ---- without threads ---- */

static void test_stepped(void **state)
{
    (void)state;
    weir *w = open_with(WEIR_LOG_MEMORY, NULL, true);
    weir_error err;
    bool progressed;
    clicks(w, 2);
    RUN(w, "CREATE TABLE t AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    weir_stmt *push = prepare(w, "SELECT * FROM t EMIT CHANGES;");
    assert_int_equal(weir_column_count(push), 2);
    assert_int_equal(weir_step(push, 0, &err), WEIR_ERR_INTERRUPTED);
    click(w, 1, "a", 1);
    click(w, 2, "a", 1);
    /* A pull query lets the queries run. */
    ROWS(w, "SELECT * FROM t;", "a|2 ");
    step_row(push, "a|2");
    RUN(w, "PAUSE CTAS_T_1;");
    click(w, 3, "a", 1);
    assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    assert_false(progressed);
    RUN(w, "RESUME CTAS_T_1;");
    assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    assert_true(progressed);
    assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    assert_false(progressed);
    step_row(push, "a|3");
    assert_int_equal(weir_drain(w, 1000, &err), WEIR_OK);
    ROWS(w, "SELECT page FROM clicks WHERE ms = 1 LIMIT 2;", "a a ");
    weir_interrupt(push);
    assert_int_equal(weir_step(push, -1, &err), WEIR_ERR_INTERRUPTED);
    weir_finalize(push);
    close_it(w);
    w = open_memory();
    assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_ERR_MISUSE);
    close_it(w);
}

/* A query that fails when stepped stops; it does not take the others with it. */
static void test_stepped_failure(void **state)
{
    (void)state;
    weir *w = open_with(WEIR_LOG_MEMORY, NULL, true);
    weir_error err;
    bool progressed;
    clicks(w, 1);
    RUN(w, "SET 'ksql.fail.on.deserialization.error' = 'true';");
    RUN(w, "CREATE TABLE strict AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    RUN(w, "UNSET 'ksql.fail.on.deserialization.error';");
    RUN(w, "CREATE TABLE healthy AS SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;");
    weir_record bad = {.topic = "clicks", .value = "{", .value_len = 1, .timestamp = -1};
    assert_int_equal(weir_produce(w, &bad, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    assert_true(weir_run_once(w, 100, &progressed, &err) != WEIR_OK);
    assert_true(weir_failed_query(w, NULL, 0, &err));
    click(w, 1, "a", 1);
    ROWS(w, "SELECT * FROM healthy;", "a|1 ");
    assert_int_equal(weir_run_once(w, 100, &progressed, &err), WEIR_OK);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipeline),     cmocka_unit_test(test_defaults_of_the_format),
        cmocka_unit_test(test_windows),      cmocka_unit_test(test_join),
        cmocka_unit_test(test_pause),        cmocka_unit_test(test_terminate_and_drop),
        cmocka_unit_test(test_drop_forgets), cmocka_unit_test(test_source_table),
        cmocka_unit_test(test_replace),      cmocka_unit_test(test_failed_query),
        cmocka_unit_test(test_stepped),      cmocka_unit_test(test_stepped_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
