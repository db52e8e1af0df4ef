/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody waits under the engine's lock: while a statement hangs, because the log does not answer, a
 * query does not stop or a client takes no more rows, other threads are answered at once.
 * Statements about one object come one after the other; waiting can be interrupted, and closing
 * ends it.
 */
#include "faulty_log.h"

enum { SOON_MS = 1500 }; /* generous: sanitizers, a busy machine; a hang lasts until it is let go */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a statement on a thread of its own ---- */

typedef struct other {
    weir_stmt *s;
    weir_status st;
    weir_error err;
    atomic_bool done;
    pthread_t thread;
} other;

static void *step_it(void *arg)
{
    other *o = arg;
    do
        o->st = weir_step(o->s, -1, &o->err);
    while (o->st == WEIR_ROW);
    atomic_store(&o->done, true);
    return NULL;
}

static void begin(other *o, weir *w, const char *sql)
{
    *o = (other){.s = prepare(w, sql)};
    assert_int_equal(pthread_create(&o->thread, NULL, step_it, o), 0);
}

static weir_status end(other *o)
{
    pthread_join(o->thread, NULL);
    weir_finalize(o->s);
    return o->st;
}

/* A query with something to commit, and a table that can be read. */
static weir *open_world(void)
{
    weir *w = open_memory();
    faulty_install(w);
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');"
           "CREATE TABLE counts AS SELECT id, COUNT(*) AS n FROM nums GROUP BY id;"
           "INSERT INTO nums VALUES (1, 1);");
    EVENTUALLY_ROWS(w, "SELECT * FROM counts;", "1|1 ");
    RUN(w, "SET 'commit.interval.ms' = '600000';"
           "CREATE STREAM copies AS SELECT id, v FROM nums;");
    return w;
}

/* What looks at the engine, and asks nobody. */
static void answered_soon(weir *w, const char *meanwhile)
{
    static const char *const asked[] = {"SHOW QUERIES;",
                                        "SHOW STREAMS;",
                                        "SHOW PROPERTIES;",
                                        "DESCRIBE nums;",
                                        "EXPLAIN ANALYZE CTAS_COUNTS_1;",
                                        "EXPLAIN CSAS_COPIES_2;",
                                        "EXPLAIN SELECT * FROM nums EMIT CHANGES;",
                                        "DEFINE x = '1'; UNDEFINE x;",
                                        "CREATE TYPE t AS INT; DROP TYPE t;"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        int64_t before = now_ms();
        RUN(w, asked[i]);
        if (now_ms() - before > SOON_MS)
            fail_msg("%s took %lld ms during %s", asked[i], (long long)(now_ms() - before),
                     meanwhile);
    }
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_true(m.queries_running >= 2);
    assert_false(weir_failed_query(w, NULL, 0, NULL));
    assert_non_null(weir_complete(w, "COUN", 0));
}

static void test_hangs(void **state)
{
    (void)state;
    static const struct {
        faulty_op op;
        const char *sql;
    } cases[] = {
        {OP_DESCRIBE, "CREATE STREAM again (id INT) WITH (KAFKA_TOPIC='nums', "
                      "VALUE_FORMAT='JSON');"},
        {OP_CREATE, "CREATE STREAM fresh (id INT) WITH (KAFKA_TOPIC='fresh', PARTITIONS=1, "
                    "VALUE_FORMAT='JSON');"},
        {OP_CREATE, "CREATE STREAM more AS SELECT * FROM nums;"},
        {OP_LIST, "SHOW TOPICS;"},
        {OP_DESCRIBE, "DESCRIBE counts EXTENDED;"},
        {OP_ENDS, "DESCRIBE counts EXTENDED;"},
        {OP_PRODUCE, "INSERT INTO nums VALUES (7, 7);"},
        {OP_FLUSH, "INSERT INTO nums VALUES (7, 7);"},
        {OP_READER_NEW, "SELECT * FROM nums EMIT CHANGES LIMIT 1;"},
        {OP_READER_NEW, "SELECT * FROM nums;"},
        {OP_DESCRIBE, "PRINT 'nums' FROM BEGINNING LIMIT 1;"},
        {OP_COMMIT, "PAUSE CSAS_COPIES_2;"},
        {OP_COMMIT, "TERMINATE CSAS_COPIES_2;"},
        {OP_COMMIT, "DROP STREAM copies;"},
        {OP_REMOVE, "DROP STREAM copies DELETE TOPIC;"},
        {OP_COMMIT, "CREATE OR REPLACE STREAM copies AS SELECT id, v FROM nums WHERE v > 2;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir *w = open_world();
        other o;
        if (cases[i].op == OP_COMMIT) /* what the query has to commit when it stops */
            RUN(w, "INSERT INTO nums VALUES (9, 9);");
        faulty_hang(cases[i].op, true);
        begin(&o, w, cases[i].sql);
        if (!faulty_hangs(cases[i].op))
            fail_msg("%s did not hang", cases[i].sql);
        answered_soon(w, cases[i].sql);
        faulty_hang(cases[i].op, false);
        if (end(&o) != WEIR_DONE)
            fail_msg("%s\n%d %s", cases[i].sql, (int)o.st, o.err.message);
        close_it(w);
    }
}

/* An INSERT that hangs holds up no other INSERT. */
static void test_inserts_apart(void **state)
{
    (void)state;
    weir *w = open_world();
    other o;
    faulty_hang(OP_FLUSH, true);
    begin(&o, w, "INSERT INTO nums VALUES (2, 2);");
    assert_true(faulty_hangs(OP_FLUSH));
    other second;
    begin(&second, w, "INSERT INTO nums VALUES (3, 3);");
    for (int ms = 0; atomic_load(&faulty.hung[OP_FLUSH]) < 2; ms += 2) {
        assert_true(ms < API_LIMIT_MS);
        faulty_nap();
    }
    faulty_hang(OP_FLUSH, false);
    assert_int_equal(end(&o), WEIR_DONE);
    assert_int_equal(end(&second), WEIR_DONE);
    EVENTUALLY_ROWS(w, "SELECT v FROM nums;", "1 2 3 ");
    close_it(w);
}

/* ---- one object ---- */

static void expect_interrupted(other *o, const char *text)
{
    assert_int_equal(end(o), WEIR_ERR_INTERRUPTED);
    if (!strstr(o->err.message, text))
        fail_msg("%s\nexpected %s", o->err.message, text);
}

static void test_same_object(void **state)
{
    (void)state;
    static const char create[] =
        "CREATE STREAM fresh (id INT) WITH (KAFKA_TOPIC='fresh', PARTITIONS=1, "
        "VALUE_FORMAT='JSON');";
    weir *w = open_world();
    other first, second, third;
    faulty_hang(OP_CREATE, true);
    begin(&first, w, create);
    assert_true(faulty_hangs(OP_CREATE));
    begin(&second, w, create);
    begin(&third, w, "DROP STREAM IF EXISTS fresh;");
    nanosleep(&(struct timespec){0, 100000000}, NULL);
    assert_false(atomic_load(&second.done) || atomic_load(&third.done));
    weir_interrupt(second.s);
    expect_interrupted(&second, "another statement is at work on FRESH");
    answered_soon(w, create);
    /* Neither is there before the first is done with it. */
    REFUSE(w, "DESCRIBE fresh;", WEIR_ERR_NOT_FOUND, "FRESH");
    faulty_hang(OP_CREATE, false);
    assert_int_equal(end(&first), WEIR_DONE);
    assert_int_equal(end(&third), WEIR_DONE);
    REFUSE(w, "DROP STREAM fresh;", WEIR_ERR_NOT_FOUND, "does not exist");
    close_it(w);
}

/* RESUME during a slow PAUSE comes after it, and is what counts. */
static void test_resume_during_pause(void **state)
{
    (void)state;
    weir *w = open_world();
    other pause, resume;
    RUN(w, "INSERT INTO nums VALUES (5, 5);");
    faulty_hang(OP_COMMIT, true);
    begin(&pause, w, "PAUSE CSAS_COPIES_2;");
    assert_true(faulty_hangs(OP_COMMIT));
    begin(&resume, w, "RESUME CSAS_COPIES_2;");
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    assert_false(atomic_load(&resume.done));
    faulty_hang(OP_COMMIT, false);
    assert_int_equal(end(&pause), WEIR_DONE);
    assert_int_equal(end(&resume), WEIR_DONE);
    RUN(w, "SET 'commit.interval.ms' = '50';");
    weir_stmt *s = prepare(w, "SELECT v FROM copies EMIT CHANGES;");
    weir_error err;
    RUN(w, "INSERT INTO nums VALUES (6, 66);");
    for (;;) {
        assert_int_equal(weir_step(s, API_LIMIT_MS, &err), WEIR_ROW);
        RUN(w, "PAUSE CSAS_COPIES_2; RESUME CSAS_COPIES_2;"); /* commits what it holds */
        if (weir_column_int64(s, 0) == 66)
            break;
    }
    weir_finalize(s);
    close_it(w);
}

/* TERMINATE of a query that does not stop can be given up; the query goes on. */
static void test_terminate_given_up(void **state)
{
    (void)state;
    weir *w = open_world();
    other o;
    RUN(w, "INSERT INTO nums VALUES (5, 5);");
    faulty_hang(OP_COMMIT, true);
    begin(&o, w, "TERMINATE CSAS_COPIES_2;");
    assert_true(faulty_hangs(OP_COMMIT));
    weir_interrupt(o.s);
    expect_interrupted(&o, "query CSAS_COPIES_2 has not stopped yet, and goes on");
    faulty_hang(OP_COMMIT, false);
    RUN(w, "EXPLAIN CSAS_COPIES_2; RESUME CSAS_COPIES_2;");
    drain(w);
    RUN(w, "TERMINATE CSAS_COPIES_2;");
    REFUSE(w, "TERMINATE CSAS_COPIES_2;", WEIR_ERR_NOT_FOUND, "Unknown queryId");
    close_it(w);
}

/* ---- pull queries ---- */

enum { MANY = 30000 }; /* more than the queue of rows holds */

static void many_rows(weir *w)
{
    RUN(w, "CREATE STREAM many (id INT KEY, v INT) WITH (KAFKA_TOPIC='many', PARTITIONS=1, "
           "VALUE_FORMAT='JSON'); SET 'commit.interval.ms' = '50';"
           "CREATE TABLE last AS SELECT id, COUNT(*) AS n FROM many GROUP BY id;");
    for (int i = 0; i < MANY; i++) {
        unsigned char key[4] = {0, 0, (unsigned char)(i >> 8), (unsigned char)i};
        weir_record r = {.topic = "many",
                         .key = key,
                         .key_len = sizeof key,
                         .value = "{\"V\":1}",
                         .value_len = 7,
                         .timestamp = -1,
                         .partition = -1};
        weir_error err;
        assert_int_equal(weir_produce(w, &r, 1, &err), WEIR_OK);
    }
    weir_error err;
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    drain(w);
}

/* Somebody takes one row and no more: nobody else notices, and the query can be terminated. */
static void test_pull_not_taken(void **state)
{
    (void)state;
    weir *w = open_world();
    many_rows(w);
    weir_stmt *s = prepare(w, "SELECT id, n FROM last;");
    weir_error err = {0};
    assert_int_equal(weir_step(s, -1, &err), WEIR_ROW);
    RUN(w, "SHOW QUERIES; EXPLAIN CTAS_LAST_4; INSERT INTO nums VALUES (1, 1);");
    ROWS(w, "SELECT n FROM last WHERE id = 77;", "1 ");
    other o;
    begin(&o, w, "TERMINATE CTAS_LAST_4;");
    assert_int_equal(end(&o), WEIR_DONE);
    int rows = 1;
    weir_status st;
    while ((st = weir_step(s, -1, &err)) == WEIR_ROW)
        rows++;
    assert_int_equal(st, WEIR_ERR_STATEMENT);
    assert_non_null(strstr(err.message, "Reading `LAST` has ended"));
    assert_true(rows < MANY); /* what was in the queue, or on its way */
    weir_finalize(s);
    REFUSE(w, "SELECT * FROM last;", WEIR_ERR_STATEMENT, "does not run any more");
    close_it(w);
}

/* All rows come through the queue; a statement that is closed in the middle leaves nothing. */
static void test_pull_streams(void **state)
{
    (void)state;
    weir *w = open_world();
    many_rows(w);
    weir_error err;
    weir_stmt *s = prepare(w, "SELECT id, n FROM last;");
    int rows = 0;
    while (weir_step(s, 0, &err) == WEIR_ROW) /* a table is read without a time-out */
        rows++;
    assert_int_equal(rows, MANY);
    weir_finalize(s);
    s = prepare(w, "SELECT id, n FROM last;");
    assert_int_equal(weir_step(s, 0, &err), WEIR_ROW);
    weir_finalize(s);
    s = prepare(w, "SELECT id, n FROM last;");
    for (rows = 0; weir_step(s, 0, &err) == WEIR_ROW; rows++)
        if (rows == 10)
            weir_interrupt(s);
    assert_true(rows >= 10 && rows < MANY);
    weir_finalize(s);
    RUN(w, "DROP TABLE last;");
    close_it(w);
}

/* ---- closing ---- */

static void *close_in_thread(void *arg)
{
    other *o = arg; /* only to have somewhere to put the answer */
    o->st = weir_close((weir *)(void *)o->s, &o->err);
    return NULL;
}

static void test_close_with_statements(void **state)
{
    (void)state;
    weir *w = open_world();
    weir_error err = {0};
    /* One that nobody steps: weir_close says so, and everything goes on. */
    weir_stmt *idle = prepare(w, "SELECT * FROM nums EMIT CHANGES;");
    assert_int_equal(weir_close(w, &err), WEIR_ERR_MISUSE);
    assert_non_null(strstr(err.message, "1 statement is not finalized"));
    RUN(w, "INSERT INTO nums VALUES (2, 2);");
    weir_finalize(idle);
    /* One that waits for rows ends. */
    other push, closing = {.s = (weir_stmt *)(void *)w};
    begin(&push, w, "SELECT * FROM nums WHERE v > 100 EMIT CHANGES;");
    nanosleep(&(struct timespec){0, 100000000}, NULL);
    assert_int_equal(pthread_create(&closing.thread, NULL, close_in_thread, &closing), 0);
    assert_int_equal(end(&push), WEIR_ERR_INTERRUPTED);
    assert_non_null(strstr(push.err.message, "being closed"));
    pthread_join(closing.thread, NULL);
    assert_int_equal(closing.st, WEIR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_inserts_apart),
        cmocka_unit_test(test_same_object),
        cmocka_unit_test(test_resume_during_pause),
        cmocka_unit_test(test_terminate_given_up),
        cmocka_unit_test(test_pull_not_taken),
        cmocka_unit_test(test_pull_streams),
        cmocka_unit_test(test_close_with_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
