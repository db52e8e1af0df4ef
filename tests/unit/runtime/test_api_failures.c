/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that fail in the middle: the n-th call of each function of the log fails, for every n
 * until the statement gets through. Whatever failed has had no effect, and the engine goes on.
 */
#include "faulty_log.h"

static weir *open_world(weir_log log, const char *dir, bool stepped)
{
    weir *w = open_with(log, dir, stepped);
    faulty_install(w);
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    return w;
}

static bool exists(weir *w, const char *sql)
{
    return weir_exec(w, sql, NULL) == WEIR_OK;
}

static const faulty_op all_ops[] = {OP_DESCRIBE,   OP_CREATE,     OP_REMOVE,    OP_ENDS,
                                    OP_READER_NEW, OP_WRITER_NEW, OP_SUBSCRIBE, OP_ASSIGN};

/* ---- CREATE ---- */

static void test_create(void **state)
{
    (void)state;
    static const char create[] = "CREATE TABLE sums AS SELECT v, COUNT(*) AS n FROM nums GROUP BY "
                                 "v;";
    int failures = 0;
    for (size_t op = 0; op < sizeof all_ops / sizeof *all_ops; op++) {
        weir *w = open_world(WEIR_LOG_MEMORY, NULL, true);
        for (int n = 1;; n++) {
            weir_error err = {0};
            faulty_fail(all_ops[op], n);
            weir_status st = weir_exec(w, create, &err);
            faulty_fail(all_ops[op], 0);
            if (st == WEIR_OK)
                break;
            assert_string_equal(err.message, "injected failure");
            failures++;
            ROWS(w, "SHOW TABLES;", "");
            ROWS(w, "SHOW QUERIES;", "");
            assert_false(weir_topic_exists(w, "SUMS", NULL));
            assert_true(n < 100);
        }
        RUN(w, "INSERT INTO nums VALUES (1, 4);");
        drain(w);
        ROWS(w, "SELECT * FROM sums;", "4|1 ");
        close_it(w);
    }
    assert_true(failures >= 5); /* the gates are on the way */
}

/* Where others share the log, one with the same statement may write to the sink that this one has
 * made: it stays, and the next try takes it up. */
static void test_create_shared(void **state)
{
    (void)state;
    weir_error err = {0};
    weir *w = open_world(WEIR_LOG_MEMORY, NULL, true);
    faulty.cls.can.shares_partitions = true;
    faulty_fail(OP_READER_NEW, 1);
    assert_int_not_equal(weir_exec(w, "CREATE STREAM sums AS SELECT id, v FROM nums;", &err),
                         WEIR_OK);
    faulty_fail(OP_READER_NEW, 0);
    assert_string_equal(err.message, "injected failure");
    ROWS(w, "SHOW QUERIES;", "");
    assert_true(weir_topic_exists(w, "SUMS", NULL));
    RUN(w, "CREATE STREAM sums AS SELECT id, v FROM nums;");
    close_it(w);
}

/* ---- CREATE OR REPLACE ---- */

/* Of the only query. */
static void id_of_query(weir *w, char *id, size_t size)
{
    weir_error err;
    wr_buf b = {0};
    assert_int_equal(rows_text(w, "SHOW QUERIES;", &b, &err), WEIR_DONE);
    snprintf(id, size, "%.*s", (int)strcspn(wr_buf_cstr(&b), "|"), wr_buf_cstr(&b));
    wr_buf_free(&b);
}

static void replace(bool stepped, const char *dir)
{
    static const char replacement[] =
        "CREATE OR REPLACE STREAM copies AS SELECT id, v, v * 2 AS w FROM nums;";
    int failures = 0;
    for (size_t op = 0; op < sizeof all_ops / sizeof *all_ops; op++) {
        /* With threads the rest is called by workers as well, at any time. */
        if (!stepped && all_ops[op] != OP_DESCRIBE && all_ops[op] != OP_CREATE)
            continue;
        weir *w = open_world(dir ? WEIR_LOG_LOCAL : WEIR_LOG_MEMORY, dir, stepped);
        RUN(w, "CREATE STREAM copies AS SELECT id, v FROM nums; INSERT INTO nums VALUES (0, 0);");
        drain(w);
        char id[100], id_after[100];
        id_of_query(w, id, sizeof id);
        int rows = 1;
        for (int n = 1;; n++) {
            weir_error err = {0};
            char sql[100];
            faulty_fail(all_ops[op], n);
            weir_status st = weir_exec(w, replacement, &err);
            faulty_fail(all_ops[op], 0);
            if (st == WEIR_OK)
                break;
            assert_string_equal(err.message, "injected failure");
            failures++;
            /* The old one is there, and running. */
            assert_false(exists(w, "SELECT w FROM copies;"));
            snprintf(sql, sizeof sql, "INSERT INTO nums VALUES (%d, %d);", n, n);
            RUN(w, sql);
            rows++;
            drain(w);
            weir_metrics m = {.size = sizeof m};
            weir_metrics_read(w, &m);
            assert_int_equal(m.queries_running, 1);
            assert_int_equal(m.queries_failed, 0);
            wr_buf b = {0};
            assert_int_equal(rows_text(w, "SELECT v FROM copies;", &b, &err), WEIR_DONE);
            int found = 0;
            for (const char *c = wr_buf_cstr(&b); *c; c++)
                found += *c == ' ';
            wr_buf_free(&b);
            assert_int_equal(found, rows); /* each once */
            assert_true(n < 100);
        }
        RUN(w, "INSERT INTO nums VALUES (0, 21);");
        drain(w);
        ROWS(w, "SELECT w FROM copies WHERE v = 21;", "42 ");
        id_of_query(w, id_after, sizeof id_after);
        assert_string_equal(id_after, id);
        RUN(w, "DROP STREAM copies DELETE TOPIC; DROP STREAM nums DELETE TOPIC;");
        close_it(w);
    }
    assert_true(failures > 0);
}

static void test_replace_stepped(void **state)
{
    (void)state;
    replace(true, NULL);
}

static void test_replace_threaded(void **state)
{
    (void)state;
    replace(false, NULL);
}

static void test_replace_local(void **state)
{
    (void)state;
    char dir[300];
    make_dir(dir, sizeof dir);
    replace(false, dir);
    remove_dir(dir);
}

/* ---- INSERT ---- */

static void test_insert(void **state)
{
    (void)state;
    static const faulty_op ops[] = {OP_WRITER_NEW, OP_PRODUCE, OP_FLUSH, OP_COMMIT};
    weir *w = open_world(WEIR_LOG_MEMORY, NULL, true);
    for (int round = 0; round < 2; round++) { /* with a new writer, and with a kept one */
        for (size_t i = 0; i < 4; i++) {
            weir_error err = {0};
            if (round == 0 || ops[i] != OP_WRITER_NEW) {
                faulty_fail(ops[i], 1);
                assert_int_equal(weir_exec(w, "INSERT INTO nums VALUES (1, 13);", &err),
                                 WEIR_ERR_LOG);
                assert_string_equal(err.message, "injected failure");
            }
            RUN(w, "INSERT INTO nums VALUES (1, 2);"); /* and nothing of the other with it */
        }
    }
    ROWS(w, "SELECT v FROM nums;", "2 2 2 2 2 2 2 2 ");
    /* A value that cannot be encoded, a source that is not there: nothing is written either. */
    REFUSE(w, "INSERT INTO nums VALUES (1, 'x');", WEIR_ERR_STATEMENT, "");
    REFUSE(w, "INSERT INTO nope VALUES (1, 1);", WEIR_ERR_STATEMENT, "NOPE");
    RUN(w, "INSERT INTO nums VALUES (1, 3);");
    ROWS(w, "SELECT v FROM nums WHERE v <> 2;", "3 ");
    close_it(w);
}

/* ---- DROP, TERMINATE ---- */

static void test_drop(void **state)
{
    (void)state;
    weir *w = open_world(WEIR_LOG_MEMORY, NULL, false);
    RUN(w, "CREATE STREAM copies AS SELECT id, v FROM nums;");
    faulty_fail(OP_REMOVE, 1);
    REFUSE(w, "DROP STREAM copies DELETE TOPIC;", WEIR_ERR_LOG, "injected failure");
    RUN(w, "INSERT INTO nums VALUES (1, 5);");
    drain(w);
    ROWS(w, "SELECT v FROM copies;", "5 "); /* it runs */
    ROWS(w, "DESCRIBE copies;", "ID|INTEGER|KEY|null|null V|INTEGER|VALUE|null|null ");
    RUN(w, "DROP STREAM copies DELETE TOPIC;");
    assert_false(weir_topic_exists(w, "COPIES", NULL));
    REFUSE(w, "DROP STREAM copies;", WEIR_ERR_NOT_FOUND, "COPIES does not exist");
    RUN(w, "DROP STREAM IF EXISTS copies;");
    close_it(w);
}

/* ---- closing ---- */

static void test_close(void **state)
{
    (void)state;
    weir *w = open_world(WEIR_LOG_MEMORY, NULL, false);
    weir_error err = {0};
    RUN(w, "SET 'commit.interval.ms' = '600000'; CREATE STREAM copies AS SELECT id, v FROM nums;"
           "CREATE STREAM others AS SELECT * FROM nums; INSERT INTO nums VALUES (1, 5);");
    for (int i = 0; i < API_LIMIT_MS; i++) { /* until both have something to commit */
        weir_metrics m = {.size = sizeof m};
        weir_metrics_read(w, &m);
        if (m.records_in >= 2)
            break;
        faulty_nap();
    }
    faulty_fail(OP_COMMIT, -1);
    assert_int_equal(weir_close(w, &err), WEIR_ERR_LOG);
    assert_non_null(strstr(err.message, "last commit: injected failure"));
    assert_non_null(strstr(err.message, "Query CSAS_COPIES_1"));
}

/* A query that had failed before is no news: closing is fine. */
static void test_close_after_failure(void **state)
{
    (void)state;
    weir *w = open_world(WEIR_LOG_MEMORY, NULL, true);
    weir_error err = {0};
    bool progressed;
    char id[100];
    RUN(w, "CREATE STREAM copies AS SELECT id, v FROM nums; INSERT INTO nums VALUES (1, 5);");
    faulty_fail(OP_COMMIT, 1);
    assert_int_equal(weir_run_once(w, 10, &progressed, &err), WEIR_ERR_LOG);
    assert_true(weir_failed_query(w, id, sizeof id, &err));
    assert_string_equal(id, "CSAS_COPIES_1");
    ROWS(w, "SHOW QUERIES;",
         "CSAS_COPIES_1|PERSISTENT|{ERROR=1}|COPIES|COPIES|CREATE STREAM "
         "copies AS SELECT id, v FROM nums ");
    RUN(w, "PAUSE CSAS_COPIES_1; RESUME CSAS_COPIES_1;"); /* of no effect */
    assert_true(weir_failed_query(w, NULL, 0, NULL));
    /* It can be replaced, and then runs. */
    RUN(w, "CREATE OR REPLACE STREAM copies AS SELECT id, v FROM nums WHERE v > 1;");
    assert_false(weir_failed_query(w, NULL, 0, NULL));
    drain(w);
    ROWS(w, "SELECT v FROM copies;", "5 ");
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_shared),
        cmocka_unit_test(test_replace_stepped),
        cmocka_unit_test(test_replace_threaded),
        cmocka_unit_test(test_replace_local),
        cmocka_unit_test(test_insert),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_close_after_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
