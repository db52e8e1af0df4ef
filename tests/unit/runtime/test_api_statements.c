/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h: preparing and stepping statements, columns of every type, errors and their places,
 * variables and settings of the session, interrupts and time-outs, LIMIT.
 */
#include "api_helper.h"

static const char types_sql[] =
    "CREATE STREAM all_types (k INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, n DECIMAL(8, 2), "
    "s STRING, y BYTES, dt DATE, tm TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, INT>, st "
    "STRUCT<f INT, g STRING>) WITH (KAFKA_TOPIC='all_types', PARTITIONS=1, VALUE_FORMAT='JSON');";

static void insert_types(weir *w)
{
    RUN(w, types_sql);
    RUN(w, "INSERT INTO all_types VALUES (7, TRUE, -3, 9007199254740993, 2.5, 12.30, 'h\xC3\xA9', "
           "TO_BYTES('AQI=', 'base64'), '2020-02-03', '01:02:03', '2020-02-03T04:05:06.789', "
           "ARRAY[1, 2], MAP('a' := 1), STRUCT(f := 5, g := 'x'));");
    RUN(w, "INSERT INTO all_types (k) VALUES (8);");
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type_text, *text, *json;
        weir_type type;
    } cols[] = {
        {"K", "INTEGER", "7", "7", WEIR_INTEGER},
        {"B", "BOOLEAN", "true", "true", WEIR_BOOLEAN},
        {"I", "INTEGER", "-3", "-3", WEIR_INTEGER},
        {"L", "BIGINT", "9007199254740993", "9007199254740993", WEIR_BIGINT},
        {"D", "DOUBLE", "2.5", "2.5", WEIR_DOUBLE},
        {"N", "DECIMAL(8, 2)", "12.30", "12.30", WEIR_DECIMAL},
        {"S", "STRING", "h\xC3\xA9", "\"h\xC3\xA9\"", WEIR_STRING},
        {"Y", "BYTES", "AQI=", "\"AQI=\"", WEIR_BYTES},
        {"DT", "DATE", "2020-02-03", "\"2020-02-03\"", WEIR_DATE},
        {"TM", "TIME", "01:02:03", "\"01:02:03\"", WEIR_TIME},
        {"TS", "TIMESTAMP", "2020-02-03T04:05:06.789", "\"2020-02-03T04:05:06.789\"",
         WEIR_TIMESTAMP},
        {"A", "ARRAY<INTEGER>", "[1, 2]", "[1,2]", WEIR_ARRAY},
        {"M", "MAP<STRING, INTEGER>", "{a=1}", "{\"a\":1}", WEIR_MAP},
        {"ST", "STRUCT<`F` INTEGER, `G` STRING>", "Struct{F=5,G=x}", "{\"F\":5,\"G\":\"x\"}",
         WEIR_STRUCT},
    };
    const int n = (int)(sizeof cols / sizeof cols[0]);
    weir *w = open_memory();
    insert_types(w);
    weir_stmt *s = prepare(w, "SELECT * FROM all_types EMIT CHANGES LIMIT 2;");
    /* Columns are known before the first row. */
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_PUSH);
    assert_int_equal(weir_column_count(s), n);
    weir_error err;
    assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_ROW);
    for (int i = 0; i < n; i++) {
        assert_string_equal(weir_column_name(s, i), cols[i].name);
        assert_int_equal(weir_column_type(s, i), cols[i].type);
        assert_string_equal(weir_column_type_text(s, i), cols[i].type_text);
        assert_string_equal(weir_column_text(s, i), cols[i].text);
        assert_string_equal(weir_column_json(s, i), cols[i].json);
        assert_false(weir_column_is_null(s, i));
        assert_int_equal(weir_column_is_key(s, i), i == 0);
    }
    assert_true(weir_column_bool(s, 1));
    assert_int_equal(weir_column_int64(s, 2), -3);
    assert_true(weir_column_int64(s, 3) == 9007199254740993);
    assert_true(weir_column_double(s, 4) == 2.5);
    assert_true(weir_column_double(s, 5) == 12.3);
    assert_int_equal(weir_column_int64(s, 5), 12);
    assert_int_equal(weir_column_int64(s, 8), 18295);
    assert_int_equal(weir_column_int64(s, 9), 3723000);
    assert_true(weir_column_int64(s, 10) == 1580702706789);
    size_t len;
    assert_memory_equal(weir_column_bytes(s, 7, &len), "\1\2", 2);
    assert_int_equal(len, 2);
    assert_memory_equal(weir_column_bytes(s, 6, &len), "h\xC3\xA9", 3);
    assert_int_equal(len, 3);
    /* Past the end, and of another kind: nothing, but no crash. */
    assert_string_equal(weir_column_text(s, n), "");
    assert_string_equal(weir_column_text(s, -1), "");
    assert_string_equal(weir_column_name(s, n), "");
    assert_true(weir_column_is_null(s, n));
    assert_int_equal(weir_column_int64(s, 6), 0);
    weir_column_bytes(s, 2, &len);
    assert_int_equal(len, 0);
    /* The second row: all NULL but the key. */
    assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_ROW);
    for (int i = 1; i < n; i++) {
        assert_true(weir_column_is_null(s, i));
        assert_string_equal(weir_column_text(s, i), "");
        assert_string_equal(weir_column_json(s, i), "null");
        assert_int_equal(weir_column_int64(s, i), 0);
    }
    assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_DONE);
    assert_string_equal(weir_message(s), "Limit Reached");
    assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_DONE); /* and stays so */
    weir_finalize(s);
    close_it(w);
}

/* ---- texts of several statements ---- */

static void test_several(void **state)
{
    (void)state;
    weir *w = open_memory();
    const char *sql = " -- a comment; with a semicolon\n"
                      "SET 'auto.offset.reset' = 'earliest'; ;; /* ; */ SHOW TYPES;\n"
                      "SHOW NOTHING; SHOW TYPES";
    const char *at;
    weir_stmt *s;
    weir_error err = {0};
    assert_int_equal(weir_prepare(w, sql, -1, &s, &at, &err), WEIR_OK);
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_COMMAND);
    assert_int_equal(weir_step(s, 0, &err), WEIR_DONE);
    assert_non_null(strstr(weir_message(s), "auto.offset.reset"));
    weir_finalize(s);
    assert_int_equal(weir_prepare(w, at, -1, &s, &at, &err), WEIR_OK);
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_TABLE);
    weir_finalize(s);
    /* The error's place is relative to the text given. */
    const char *rest = at;
    assert_int_equal(weir_prepare(w, rest, -1, &s, &at, &err), WEIR_ERR_SYNTAX);
    assert_null(s);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 6);
    assert_int_equal(strncmp(rest + err.offset, "NOTHING", 7), 0);
    char caret[400];
    weir_caret(rest, &err, caret, sizeof caret);
    assert_non_null(strstr(caret, "SHOW NOTHING; SHOW TYPES"));
    /* A failed prepare still says where the next statement begins; the last needs no ';'. */
    assert_int_equal(weir_prepare(w, at, -1, &s, &at, &err), WEIR_OK);
    assert_non_null(s);
    weir_finalize(s);
    assert_int_equal(weir_prepare(w, at, -1, &s, &at, &err), WEIR_OK);
    assert_null(s);
    assert_int_equal(weir_prepare(w, "  -- nothing", -1, &s, NULL, &err), WEIR_OK);
    assert_null(s);
    /* A length cuts the text. */
    assert_int_equal(weir_prepare(w, "SHOW TYPES; garbage", 11, &s, &at, &err), WEIR_OK);
    weir_finalize(s);
    /* weir_exec stops at the first error. */
    REFUSE(w, "CREATE TYPE t1 AS INT; DROP STREAM nope; CREATE TYPE t2 AS INT;", WEIR_ERR_NOT_FOUND,
           "Stream NOPE does not exist.");
    RUN(w, "DROP TYPE t1;");
    REFUSE(w, "DROP TYPE t2;", WEIR_ERR_NOT_FOUND, "Type T2 does not exist.");
    close_it(w);
}

static void test_complete(void **state)
{
    (void)state;
    assert_true(weir_sql_complete("SELECT 1;"));
    assert_true(weir_sql_complete("a; b;  -- done"));
    assert_false(weir_sql_complete("SELECT 1"));
    assert_false(weir_sql_complete("SELECT ';"));
    assert_false(weir_sql_complete("SELECT 1 /* ;"));
    assert_false(weir_sql_complete("a; b"));
    assert_false(weir_sql_complete(""));
    weir *w = open_memory();
    RUN(w, types_sql);
    bool found = false;
    const char *name;
    for (int i = 0; (name = weir_complete(w, "all_t", i)); i++)
        found = found || strcmp(name, "ALL_TYPES") == 0;
    assert_true(found);
    assert_null(weir_complete(w, "no_such_thing", 0));
    close_it(w);
}

/* ---- errors ---- */

static void test_errors(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, types_sql);
    weir_stmt *s;
    weir_error err = {0};
    /* Planning errors come with the first step, and have a place too. */
    assert_int_equal(
        weir_prepare(w, "\n SELECT nope\nFROM all_types EMIT CHANGES;", -1, &s, NULL, &err),
        WEIR_OK);
    assert_int_equal(weir_column_count(s), 0);
    assert_int_equal(weir_step(s, 0, &err), WEIR_ERR_STATEMENT);
    assert_string_equal(err.message, "SELECT column 'NOPE' cannot be resolved.");
    assert_int_equal(err.code, WEIR_ERR_STATEMENT);
    /* Once more: the same, and nothing leaks. */
    assert_int_equal(weir_step(s, 0, &err), WEIR_ERR_STATEMENT);
    weir_finalize(s);
    /* Errors may be ignored. */
    assert_int_equal(weir_exec(w, "DROP STREAM nope;", NULL), WEIR_ERR_NOT_FOUND);
    assert_int_equal(weir_exec(w, "DROP STREAM;", NULL), WEIR_ERR_SYNTAX);
    assert_int_equal(weir_exec(w, "SELECT nope FROM all_types;", NULL), WEIR_ERR_STATEMENT);
    REFUSE(w, "ALTER SYSTEM 'a' = 'b';", WEIR_ERR_STATEMENT, "Cannot alter system configs");
    REFUSE(w, "CREATE SOURCE CONNECTOR c WITH ('a'='b');", WEIR_ERR_UNSUPPORTED, "not supported");
    REFUSE(w, "ASSERT VALUES all_types (k) VALUES (1);", WEIR_ERR_STATEMENT, "weir test");
    REFUSE(w, "PRINT 'nope';", WEIR_ERR_NOT_FOUND, "Could not find topic 'nope'");
    REFUSE(w, "EXPLAIN nope;", WEIR_ERR_NOT_FOUND, "does not exist");
    REFUSE(w, "TERMINATE nope;", WEIR_ERR_NOT_FOUND, "Unknown queryId: NOPE");
    REFUSE(w, "DESCRIBE nope;", WEIR_ERR_NOT_FOUND, "NOPE");
    close_it(w);
}

/* ---- the session ---- */

static void test_session(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "DEFINE format = 'JSON'; DEFINE where_ = 'vars'; DEFINE col = 'amount';");
    RUN(w, "CREATE STREAM vars (${col} INT) WITH (KAFKA_TOPIC='${where_}', PARTITIONS=1, "
           "VALUE_FORMAT='${format}');");
    int partitions = 0;
    assert_true(weir_topic_exists(w, "vars", &partitions));
    assert_int_equal(partitions, 1);
    RUN(w, "INSERT INTO vars (amount) VALUES (3);");
    ROWS(w, "SELECT ${col} FROM vars;", "3 ");
    RUN(w, "UNDEFINE col;");
    REFUSE(w, "SELECT ${col} FROM vars;", WEIR_ERR_SYNTAX, "Syntax Error");
    REFUSE(w, "UNDEFINE col;", WEIR_ERR_NOT_FOUND,
           "Cannot undefine variable 'col' which was never defined.");
    REFUSE(w, "DEFINE evil = 'a; DROP STREAM vars'; SELECT ${evil} FROM vars;", WEIR_ERR_STATEMENT,
           "Illegal argument");
    RUN(w, "SET 'ksql.variable.substitution.enable' = 'false';");
    REFUSE(w, "SELECT '${where_}' FROM ${where_};", WEIR_ERR_SYNTAX, "Got: '${WHERE_}'");
    RUN(w, "UNSET 'ksql.variable.substitution.enable';");
    REFUSE(w, "UNSET 'ksql.variable.substitution.enable';", WEIR_ERR_CONFIG,
           "which was never set in the first place");
    REFUSE(w, "SET 'bootstrap.servers' = 'x';", WEIR_ERR_CONFIG, "Cannot override property");
    REFUSE(w, "SET 'no.such' = 'x';", WEIR_ERR_CONFIG, "Not recognizable as");
    /* A setting of the session is used by what comes after it. */
    RUN(w, "SET 'auto.offset.reset' = 'latest';");
    weir_stmt *s = prepare(w, "SELECT amount FROM vars EMIT CHANGES LIMIT 1;");
    weir_error err;
    assert_int_equal(weir_step(s, 50, &err), WEIR_ERR_INTERRUPTED);
    RUN(w, "INSERT INTO vars (amount) VALUES (4);");
    step_row(s, "4");
    weir_finalize(s);
    close_it(w);
}

/* ---- rows that do not come ---- */

static void *interrupt_later(void *arg)
{
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    weir_interrupt(arg);
    return NULL;
}

static void test_interrupt(void **state)
{
    (void)state;
    static const char *const waiting[] = {"SELECT * FROM all_types EMIT CHANGES;",
                                          "PRINT 'all_types';"};
    weir *w = open_memory();
    RUN(w, types_sql);
    for (size_t i = 0; i < 2; i++) {
        weir_stmt *s = prepare(w, waiting[i]);
        weir_error err = {0};
        /* A time-out is no end. */
        assert_int_equal(weir_step(s, 20, &err), WEIR_ERR_INTERRUPTED);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, interrupt_later, s), 0);
        assert_int_equal(weir_step(s, -1, &err), WEIR_ERR_INTERRUPTED);
        pthread_join(thread, NULL);
        /* Nor is an interrupt: the next step waits again. */
        assert_int_equal(weir_step(s, 20, &err), WEIR_ERR_INTERRUPTED);
        /* One that comes before the step is not lost. */
        weir_interrupt(s);
        assert_int_equal(weir_step(s, -1, &err), WEIR_ERR_INTERRUPTED);
        weir_finalize(s);
    }
    close_it(w);
}

static void test_limits(void **state)
{
    (void)state;
    weir *w = open_memory();
    insert_types(w);
    ROWS(w, "SELECT k FROM all_types LIMIT 1;", "7 ");
    ROWS(w, "SELECT k FROM all_types LIMIT 0;", "");
    ROWS(w, "SELECT k FROM all_types LIMIT 5;", "7 8 ");
    ROWS(w, "SELECT k FROM all_types EMIT CHANGES LIMIT 1;", "7 ");
    ROWS(w, "SELECT k FROM all_types EMIT CHANGES LIMIT 0;", "");
    RUN(w, "CREATE TABLE counts AS SELECT k, COUNT(*) AS c FROM all_types GROUP BY k;");
    EVENTUALLY_ROWS(w, "SELECT * FROM counts;", "7|1 8|1 ");
    ROWS(w, "SELECT k FROM counts LIMIT 0;", "");
    weir_stmt *s = prepare(w, "SELECT k FROM counts LIMIT 1;");
    weir_error err;
    assert_int_equal(weir_step(s, 0, &err), WEIR_ROW);
    assert_int_equal(weir_step(s, 0, &err), WEIR_DONE);
    weir_finalize(s);
    close_it(w);
}

/* ---- tables: deletions ---- */

static void test_tombstones(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='users', "
           "PARTITIONS=1, FORMAT='JSON');");
    RUN(w, "CREATE TABLE named AS SELECT id, name FROM users WHERE name <> 'x';");
    weir_stmt *s = prepare(w, "SELECT name, id FROM named EMIT CHANGES;");
    weir_error err;
    RUN(w, "INSERT INTO users VALUES (1, 'a');");
    step_row(s, "a|1");
    drain(w);
    RUN(w, "INSERT INTO users VALUES (1, 'x');"); /* no longer in the table */
    step_row(s, "-null|1");
    assert_true(weir_column_is_key(s, 1));
    assert_false(weir_column_is_key(s, 0));
    RUN(w, "INSERT INTO users VALUES (1, 'b');");
    step_row(s, "b|1");
    drain(w);
    weir_record gone = {
        .topic = "users", .key = "1", .key_len = 1, .timestamp = -1, .partition = -1};
    assert_int_equal(weir_produce(w, &gone, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    step_row(s, "-null|1");
    weir_finalize(s);
    ROWS(w, "SELECT * FROM named;", "");
    close_it(w);
}

/* ---- texts ---- */

static void test_text_results(void **state)
{
    (void)state;
    weir *w = open_memory();
    insert_types(w);
    weir_stmt *s = prepare(w, "PRINT 'all_types' FROM BEGINNING LIMIT 1;");
    weir_error err;
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_PRINT);
    static const char *const lines[] = {"Key format: ", "Value format: ", "rowtime: "};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_ROW);
        assert_int_equal(weir_column_count(s), 1);
        assert_int_equal(strncmp(weir_column_text(s, 0), lines[i], strlen(lines[i])), 0);
    }
    assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_DONE);
    weir_finalize(s);
    s = prepare(w, "EXPLAIN SELECT k FROM all_types EMIT CHANGES;");
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_PLAN);
    assert_int_equal(weir_step(s, 0, &err), WEIR_ROW);
    weir_finalize(s);
    s = prepare(w, "DESCRIBE all_types;");
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_TABLE);
    assert_int_equal(weir_step(s, 0, &err), WEIR_ROW);
    assert_int_equal(weir_column_type(s, 0), WEIR_STRING);
    assert_string_equal(weir_column_text(s, 0), "K");
    assert_string_equal(weir_column_json(s, 0), "\"K\"");
    weir_finalize(s);
    static const char *const shows[] = {"SHOW STREAMS;",
                                        "SHOW TABLES;",
                                        "SHOW TOPICS;",
                                        "SHOW ALL TOPICS EXTENDED;",
                                        "SHOW QUERIES;",
                                        "SHOW FUNCTIONS;",
                                        "SHOW PROPERTIES;",
                                        "SHOW TYPES;",
                                        "SHOW VARIABLES;",
                                        "LIST STREAMS;",
                                        "SHOW STREAMS EXTENDED;",
                                        "DESCRIBE STREAMS EXTENDED;",
                                        "DESCRIBE FUNCTION UCASE;",
                                        "DESCRIBE all_types EXTENDED;",
                                        "SHOW QUERIES EXTENDED;"};
    for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++)
        RUN(w, shows[i]);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),        cmocka_unit_test(test_several),
        cmocka_unit_test(test_complete),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_session),      cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_limits),       cmocka_unit_test(test_tombstones),
        cmocka_unit_test(test_text_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
