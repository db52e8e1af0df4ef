/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h with formats that use a schema registry, on the embedded log: what is found again after a
 * close, what a statement meant stays what it means, and PRINT and DESCRIBE of such topics.
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

/* Ids are those of before: the records name them. */
static void test_schemas_stay(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "FORMAT='AVRO');");
    RUN(w, "INSERT INTO s VALUES (1, 10);");
    for (int round = 0; round < 3; round++) {
        w = reopen(w);
        RUN(w, "ASSERT SCHEMA SUBJECT 's-key' ID 1;");
        RUN(w, "ASSERT SCHEMA SUBJECT 's-value' ID 2;");
        RUN(w, "ASSERT NOT EXISTS SCHEMA ID 3 TIMEOUT 0 SECONDS;");
    }
    RUN(w, "INSERT INTO s VALUES (2, 20);");
    RUN(w, "CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(v) AS v FROM s GROUP BY id;");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|10 2|20 ");
    w = reopen(w);
    RUN(w, "INSERT INTO s VALUES (3, 30);");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|10 2|20 3|30 ");
    RUN(w, "ASSERT SCHEMA SUBJECT 'T-value' ID 2 TIMEOUT 0 SECONDS;");
    close_it(w);
}

/* A subject that is deleted stays deleted; its id goes to nobody else. */
static void test_deleted_subjects(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='AVRO');");
    RUN(w, "DROP STREAM s DELETE TOPIC;");
    w = reopen(w);
    RUN(w, "ASSERT NOT EXISTS SCHEMA SUBJECT 's-value' TIMEOUT 0 SECONDS;");
    RUN(w, "CREATE STREAM s (v BIGINT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='AVRO');");
    RUN(w, "ASSERT SCHEMA SUBJECT 's-value' ID 2;");
    w = reopen(w);
    RUN(w, "ASSERT SCHEMA SUBJECT 's-value' ID 2;");
    close_it(w);
}

/* Columns that were inferred stay, whatever is registered later: a query was made of them. */
static void test_inferred_columns_stay(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM i WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM j (v INT, x STRING) WITH (KAFKA_TOPIC='j', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM o WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO') AS SELECT * FROM j;");
    w = reopen(w);
    RUN(w, "CREATE STREAM later WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');");
    check_rows(w, "DESCRIBE i;", "V|INTEGER|VALUE|null|null ", false);
    check_rows(w, "DESCRIBE later;", "V|INTEGER|VALUE|null|null X|STRING|VALUE|null|null ", false);
    close_it(w);
}

/* A schema of the topic @p topic, by way of a query that is ended at once. */
static void register_columns(weir *w, const char *name, const char *columns, const char *select)
{
    char sql[600];
    snprintf(sql, sizeof sql,
             "CREATE STREAM %s_in (%s) WITH (KAFKA_TOPIC='%s_in', PARTITIONS=1, "
             "VALUE_FORMAT='JSON'); CREATE STREAM %s WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO') "
             "AS SELECT %s FROM %s_in; DROP STREAM %s; DROP STREAM %s_in;",
             name, columns, name, name, select, name, name, name);
    RUN(w, sql);
}

static void refresh(weir *w, const char *source, const char *message)
{
    char sql[200];
    weir_error err = {0};
    snprintf(sql, sizeof sql, "ALTER STREAM %s REFRESH SCHEMA;", source);
    weir_stmt *s = prepare(w, sql);
    if (weir_step(s, 0, &err) != WEIR_DONE)
        fail_msg("%s: %s", sql, err.message);
    assert_string_equal(weir_message(s), message);
    weir_finalize(s);
}

/* New columns are there for what comes after; what runs goes on with what it has, over a restart
 * too, and nothing that is registered later changes either. */
static void test_refresh(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM i WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE TABLE t WITH (VALUE_FORMAT='JSON') AS SELECT v, COUNT(*) AS n FROM i GROUP BY "
           "v;");
    refresh(w, "i", "Stream altered: nothing has changed");
    RUN(w, "INSERT INTO s VALUES (1);");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|1 ");
    register_columns(w, "two", "v INT, x STRING", "*");
    check_rows(w, "DESCRIBE i;", "V|INTEGER|VALUE|null|null ", false);
    refresh(w, "i", "Stream altered: added `X` STRING");
    static const char two[] = "V|INTEGER|VALUE|null|null X|STRING|VALUE|null|null ";
    check_rows(w, "DESCRIBE i;", two, false);
    RUN(w, "CREATE STREAM o WITH (VALUE_FORMAT='JSON') AS SELECT v, x FROM i;");
    RUN(w, "INSERT INTO i VALUES (1, 'a');");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|2 ");
    EVENTUALLY_ROWS(w, "SELECT v, x FROM o;", "1|a 1|null ");
    register_columns(w, "three", "v INT, x STRING, y DOUBLE", "*");
    w = reopen(w);
    check_rows(w, "DESCRIBE i;", two, false);
    RUN(w, "INSERT INTO s VALUES (1);");
    EVENTUALLY_ROWS(w, "SELECT * FROM t;", "1|3 ");
    EVENTUALLY_ROWS(w, "SELECT v, x FROM o;", "1|a 1|null 1|null ");
    close_it(w);
}

static void test_refresh_refuses(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (v INT, x STRING, z BIGINT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM i WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM ts WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', TIMESTAMP='Z');");
    RUN(w, "CREATE STREAM byid WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID=1);");
    RUN(w, "CREATE STREAM o WITH (VALUE_FORMAT='JSON') AS SELECT v FROM i;");
    REFUSE(w, "ALTER STREAM s REFRESH SCHEMA;", WEIR_ERR_STATEMENT,
           "Cannot refresh the schema of stream 'S': its columns were declared");
    REFUSE(w, "ALTER STREAM byid REFRESH SCHEMA;", WEIR_ERR_STATEMENT,
           "VALUE_SCHEMA_ID says that its columns are those of schema 1");
    REFUSE(w, "ALTER STREAM o REFRESH SCHEMA;", WEIR_ERR_STATEMENT, "CREATE ... AS");
    REFUSE(w, "ALTER STREAM none REFRESH SCHEMA;", WEIR_ERR_NOT_FOUND, "does not exist");
    REFUSE(w, "ALTER TABLE i REFRESH SCHEMA;", WEIR_ERR_STATEMENT, "Incompatible data source type");
    register_columns(w, "two", "v STRING, x STRING", "*");
    REFUSE(w, "ALTER STREAM i REFRESH SCHEMA;", WEIR_ERR_STATEMENT,
           "Cannot refresh the schema of stream 'I': `V` INTEGER is STRING in the latest schema of "
           "'s', and query CSAS_O_4 uses it");
    REFUSE(w, "ALTER STREAM ts REFRESH SCHEMA;", WEIR_ERR_STATEMENT,
           "`Z` BIGINT is not in the latest schema of 's', and it is the time of the rows");
    check_rows(w, "DESCRIBE i;",
               "V|INTEGER|VALUE|null|null X|STRING|VALUE|null|null Z|BIGINT|VALUE|null|null ",
               false);
    RUN(w, "DROP STREAM o;"); /* nobody uses them any more */
    refresh(w, "i", "Stream altered: removed `Z` BIGINT; changed `V` STRING");
    check_rows(w, "DESCRIBE i;", "V|STRING|VALUE|null|null X|STRING|VALUE|null|null ", false);
    w = reopen(w);
    check_rows(w, "DESCRIBE i;", "V|STRING|VALUE|null|null X|STRING|VALUE|null|null ", false);
    close_it(w);
}

/* The query goes on over a restart, with the schema that it had registered. */
static void test_queries_go_on(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM o WITH (FORMAT='AVRO', VALUE_SCHEMA_FULL_NAME='a.b.C') AS SELECT * "
           "FROM s;");
    RUN(w, "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM o GROUP BY id;");
    int64_t total = 0;
    for (int round = 1; round <= 3; round++) {
        char sql[100], expected[100];
        snprintf(sql, sizeof sql, "INSERT INTO s VALUES (7, %d);", round);
        RUN(w, sql);
        total += round;
        snprintf(expected, sizeof expected, "7|%d|%lld ", round, (long long)total);
        EVENTUALLY_ROWS(w, "SELECT * FROM t;", expected);
        w = reopen(w);
    }
    close_it(w);
}

/* A row that the topic's schema cannot hold is refused; no other schema is registered for it. */
static void test_insert_into_foreign_schema(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (a INT, b STRING) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "VALUE_FORMAT='AVRO');");
    RUN(w, "CREATE STREAM d (c DOUBLE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');");
    REFUSE(w, "INSERT INTO d VALUES (1.5);", WEIR_ERR_STATEMENT, "Failed to insert values");
    RUN(w, "ASSERT NOT EXISTS SCHEMA ID 2 TIMEOUT 0 SECONDS;");
    close_it(w);
}

/* What is registered one way is read like the other, also where both are versions of a subject. */
static void test_protobuf_in_base64(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM a (v INT, n STRUCT<x DECIMAL(5, 2), t TIMESTAMP>) WITH "
           "(KAFKA_TOPIC='a', PARTITIONS=1, VALUE_FORMAT='PROTOBUF');");
    RUN(w, "SET 'weir.schema.registry.protobuf.form' = 'base64';");
    RUN(w, "CREATE STREAM b WITH (KAFKA_TOPIC='b') AS SELECT v AS w, n FROM a;");
    RUN(w, "CREATE STREAM c WITH (KAFKA_TOPIC='a') AS SELECT w AS v, n FROM b WHERE w > 100;");
    RUN(w, "CREATE STREAM bi WITH (KAFKA_TOPIC='b', VALUE_FORMAT='PROTOBUF');");
    check_rows(
        w, "DESCRIBE bi;",
        "W|INTEGER|VALUE|null|null N|STRUCT<`X` DECIMAL(5, 2), `T` TIMESTAMP>|VALUE|null|null ",
        false);
    RUN(w, "ASSERT SCHEMA SUBJECT 'b-value' ID 2 TIMEOUT 0 SECONDS;");
    RUN(w, "ASSERT SCHEMA SUBJECT 'a-value' ID 3 TIMEOUT 0 SECONDS;"); /* not the text again */
    RUN(w, "INSERT INTO a VALUES (7, STRUCT(x := 1.25, t := '2020-01-01T00:00:00'));");
    RUN(w, "CREATE STREAM d WITH (VALUE_FORMAT='JSON') AS SELECT w, n->x AS x FROM bi;");
    EVENTUALLY_ROWS(w, "SELECT * FROM d;", "7|1.25 ");
    w = reopen(w);
    EVENTUALLY_ROWS(w, "SELECT * FROM d;", "7|1.25 ");
    close_it(w);
}

static void test_print(void **state)
{
    (void)state;
    weir *w = open_local();
    RUN(w, "CREATE STREAM s (id INT KEY, v INT, x STRING) WITH (KAFKA_TOPIC='s', PARTITIONS=1, "
           "FORMAT='AVRO');");
    RUN(w, "INSERT INTO s (ROWTIME, id, v, x) VALUES (0, 1, 10, 'a');");
    wr_buf b = {0};
    weir_error err;
    assert_int_equal(rows_text(w, "PRINT s FROM BEGINNING LIMIT 1;", &b, &err), WEIR_DONE);
    assert_non_null(strstr(wr_buf_cstr(&b), "Key format: AVRO"));
    assert_non_null(strstr(wr_buf_cstr(&b), "Value format: AVRO"));
    assert_non_null(strstr(wr_buf_cstr(&b), "key: 1, value: {\"V\":10,\"X\":\"a\"}, partition: 0"));
    wr_buf_free(&b);
    close_it(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_schemas_stay),
        TEST(test_deleted_subjects),
        TEST(test_inferred_columns_stay),
        TEST(test_refresh),
        TEST(test_refresh_refuses),
        TEST(test_queries_go_on),
        TEST(test_insert_into_foreign_schema),
        TEST(test_protobuf_in_base64),
        TEST(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
