/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EXPLAIN ANALYZE: what it counts is exact, its times exclude each other, and it may be asked for
 * at any time from any thread. Batches of one and two rows count the same rows.
 */
#include "api_helper.h"

#include <math.h>
#include <stdatomic.h>

/* ---- reading the result by column ---- */

static int column(const weir_stmt *s, const char *name)
{
    for (int i = 0; i < weir_column_count(s); i++)
        if (strcmp(weir_column_name(s, i), name) == 0)
            return i;
    fail_msg("there is no column %s", name);
    return -1;
}

/* "depth NAME in/out late dropped" of operators, "depth NAME entries/changes" of stores. */
static void put_node(wr_buf *b, weir_stmt *s)
{
    const char *kind = weir_column_text(s, column(s, "KIND"));
    wr_buf_printf(b, "%s %s ", weir_column_text(s, column(s, "DEPTH")),
                  weir_column_text(s, column(s, "NAME")));
    if (strcmp(kind, "STORE") == 0)
        wr_buf_printf(b, "%s/%s\n", weir_column_text(s, column(s, "ENTRIES")),
                      weir_column_text(s, column(s, "CHANGES")));
    else
        wr_buf_printf(b, "%s/%s %s %s\n", weir_column_text(s, column(s, "ROWS_IN")),
                      weir_column_text(s, column(s, "ROWS_OUT")),
                      weir_column_text(s, column(s, "LATE")),
                      weir_column_text(s, column(s, "DROPPED")));
}

static bool is_node(weir_stmt *s)
{
    const char *kind = weir_column_text(s, column(s, "KIND"));
    return strcmp(kind, "OPERATOR") == 0 || strcmp(kind, "STORE") == 0;
}

static void check_nodes(weir *w, const char *id, const char *expected)
{
    char sql[200];
    wr_buf b = {0};
    weir_error err = {0};
    weir_status st;
    snprintf(sql, sizeof sql, "EXPLAIN ANALYZE %s;", id);
    drain(w);
    weir_stmt *s = prepare(w, sql);
    while ((st = weir_step(s, -1, &err)) == WEIR_ROW)
        if (is_node(s))
            put_node(&b, s);
    if (st != WEIR_DONE)
        fail_msg("%s\n%s", sql, err.message);
    assert_string_equal(wr_buf_cstr(&b), expected);
    wr_buf_free(&b);
    weir_finalize(s);
}

/* ---- counts ---- */

#define CLICKS                                                                                     \
    "CREATE STREAM clicks (id INT KEY, page STRING, ms INT, ms_at BIGINT) WITH "                   \
    "(kafka_topic='clicks'"                                                                        \
    ", value_format='JSON', partitions=3, timestamp='ms_at');"

static void insert_clicks(weir *w)
{
    RUN(w, "INSERT INTO clicks VALUES (1, 'a', 5, 1000); INSERT INTO clicks VALUES (2, 'b', 0, 1);"
           "INSERT INTO clicks VALUES (3, 'a', 7, 2000); INSERT INTO clicks VALUES (4, 'c', 9, 3);"
           "INSERT INTO clicks VALUES (5, 'c', NULL, 4);");
}

static void test_filter(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, CLICKS "CREATE STREAM slow AS SELECT id, page FROM clicks WHERE ms > 5;");
    check_nodes(w, "csas_slow_1",
                "1 StreamSink 0/0 0 0\n"
                "2 StreamSelect 0/0 0 0\n"
                "3 StreamFilter 0/0 0 0\n"
                "4 StreamSource 0/0 0 0\n");
    insert_clicks(w);
    weir_error err;
    weir_record bad = {.topic = "clicks", .value = "{", .value_len = 1, .partition = -1};
    bad.timestamp = 1;
    assert_int_equal(weir_produce(w, &bad, 1, &err), WEIR_OK);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    check_nodes(w, "CSAS_SLOW_1",
                "1 StreamSink 2/2 0 0\n"
                "2 StreamSelect 2/2 0 0\n"
                "3 StreamFilter 5/2 0 0\n"
                "4 StreamSource 6/5 0 1\n");
    close_it(w);
}

/* Behind the repartition the rows of all partitions meet; the store has an entry for each group. */
static void test_aggregate(void **state)
{
    (void)state;
    static const char *const batches[] = {"1", "2", "2048"};
    for (size_t i = 0; i < 3; i++) {
        char sql[300];
        weir *w = open_memory();
        snprintf(sql, sizeof sql, "SET 'weir.batch.rows' = '%s';", batches[i]);
        RUN(w, sql);
        /* Every update counts for itself: how many there are does not depend on commits. */
        RUN(w, "SET 'cache.max.bytes.buffering' = '0';" CLICKS
               "CREATE TABLE pages AS SELECT page, SUM(ms) FROM clicks GROUP BY page;");
        insert_clicks(w);
        check_nodes(w, "CTAS_PAGES_1",
                    "1 TableSink 5/5 0 0\n"
                    "2 TableSelect 5/5 0 0\n"
                    "3 StreamAggregate 5/5 0 0\n"
                    "4 Aggregate 3/5\n"
                    "4 RepartitionRead 5/5 0 0\n"
                    "5 Repartition 5/5 0 0\n"
                    "6 StreamGroupBy 5/5 0 0\n"
                    "7 StreamSource 5/5 0 0\n");
        close_it(w);
    }
}

static void test_join_and_late(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='users', "
           "value_format='JSON', partitions=1);"
           "CREATE STREAM acts (id INT KEY, what STRING) WITH (kafka_topic='acts', "
           "value_format='JSON', partitions=1);"
           "CREATE STREAM named AS SELECT acts.id, what, name FROM acts JOIN users ON acts.id = "
           "users.id;"
           "CREATE TABLE per_what AS SELECT what, COUNT(*) FROM acts WINDOW TUMBLING (SIZE 1 "
           "SECOND, GRACE PERIOD 0 SECONDS) GROUP BY what;");
    RUN(w, "INSERT INTO users (ROWTIME, id, name) VALUES (0, 1, 'ada');"
           "INSERT INTO acts (ROWTIME, id, what) VALUES (1, 1, 'x');"
           "INSERT INTO acts (ROWTIME, id, what) VALUES (5000, 2, 'x');"
           "INSERT INTO acts (ROWTIME, id, what) VALUES (10, 1, 'x');");
    check_nodes(w, "CSAS_NAMED_2",
                "1 StreamSink 2/2 0 0\n"
                "2 StreamSelect 2/2 0 0\n"
                "3 StreamTableJoin 4/2 0 0\n"
                "4 Join-right 1/1\n"
                "4 StreamSelect 3/3 0 0\n"
                "5 StreamSource 3/3 0 0\n"
                "4 TableSelect 1/1 0 0\n"
                "5 TableSource 1/1 0 0\n");
    check_nodes(w, "CTAS_PER_WHAT_3",
                "1 TableSink 2/2 0 0\n"
                "2 TableSelect 2/2 0 0\n"
                "3 StreamWindowedAggregate 3/2 1 0\n"
                "4 Aggregate 2/2\n"
                "4 RepartitionRead 3/3 0 0\n"
                "5 Repartition 3/3 0 0\n"
                "6 StreamGroupBy 3/3 0 0\n"
                "7 StreamSource 3/3 0 0\n");
    close_it(w);
}

/* ---- the rest of the result ---- */

/* Shares of all that has one add up; what has no such value is NULL. */
static void test_shares(void **state)
{
    (void)state;
    char dir[500];
    make_dir(dir, sizeof dir);
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    RUN(w, CLICKS "CREATE TABLE pages AS SELECT page, COUNT(*) FROM clicks GROUP BY page;");
    insert_clicks(w);
    drain(w);
    weir_stmt *s = prepare(w, "EXPLAIN ANALYZE CTAS_PAGES_1;");
    weir_error err;
    double shares = 0;
    int64_t ns = 0, busy = -1;
    int rows = 0;
    for (; weir_step(s, -1, &err) == WEIR_ROW; rows++) {
        const char *kind = weir_column_text(s, column(s, "KIND"));
        int share = column(s, "SHARE"), lag = column(s, "LAG");
        bool query = strcmp(kind, "QUERY") == 0;
        assert_int_equal(weir_column_is_null(s, lag), !query);
        if (query) {
            busy = weir_column_int64(s, column(s, "TIME_NS"));
            assert_int_equal(weir_column_int64(s, lag), 0);
            assert_int_equal(weir_column_int64(s, column(s, "ROWS_IN")), 5);
        } else if (!weir_column_is_null(s, share)) {
            shares += weir_column_double(s, share);
            ns += weir_column_int64(s, column(s, "TIME_NS"));
        }
        if (strcmp(kind, "COMMIT") == 0)
            assert_true(weir_column_int64(s, column(s, "BATCHES")) > 0);
        if (strcmp(weir_column_text(s, column(s, "NAME")), "StreamSource") == 0)
            assert_true(weir_column_int64(s, column(s, "BYTES_IN")) > 100);
    }
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_ANALYZE);
    assert_true(rows > 8 && busy > 0 && ns == busy);
    assert_true(fabs(shares - 100) < 0.01);
    assert_non_null(strstr(weir_heading(s), "CREATE TABLE pages"));
    assert_int_equal(weir_column_type(s, column(s, "ROWS_IN")), WEIR_BIGINT);
    weir_finalize(s);
    close_it(w);
    remove_dir(dir);
}

static void test_refused(void **state)
{
    (void)state;
    weir *w = open_memory();
    REFUSE(w, "EXPLAIN ANALYZE nope;", WEIR_ERR_NOT_FOUND, "Query with id:NOPE does not exist");
    RUN(w, CLICKS);
    REFUSE(w, "EXPLAIN ANALYZE SELECT * FROM clicks EMIT CHANGES;", WEIR_ERR_UNSUPPORTED,
           "what a running query has done");
    close_it(w);
}

/* What tasks have counted is kept while queries are paused; counts go on behind it. */
static void test_paused(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, CLICKS "CREATE STREAM copy AS SELECT * FROM clicks;");
    insert_clicks(w);
    static const char five[] = "1 StreamSink 5/5 0 0\n2 StreamSelect 5/5 0 0\n"
                               "3 StreamSource 5/5 0 0\n";
    check_nodes(w, "CSAS_COPY_1", five);
    RUN(w, "PAUSE CSAS_COPY_1;");
    insert_clicks(w);
    check_nodes(w, "CSAS_COPY_1", five);
    RUN(w, "RESUME CSAS_COPY_1;");
    check_nodes(w, "CSAS_COPY_1",
                "1 StreamSink 10/10 0 0\n2 StreamSelect 10/10 0 0\n"
                "3 StreamSource 10/10 0 0\n");
    close_it(w);
}

/* ---- DESCRIBE EXTENDED ---- */

/* All rows of a section, as put_row gives them; "" where there is none. */
static void section_text(weir_stmt *s, const char *name, wr_buf *out)
{
    wr_buf_clear(out);
    for (int i = 0; i < weir_section_count(s); i++) {
        weir_stmt *section = weir_section(s, i);
        if (strcmp(weir_section_name(section), name) != 0)
            continue;
        while (weir_step(section, 0, NULL) == WEIR_ROW)
            put_row(out, section);
    }
    wr_buf_cstr(out);
}

static void expect_section(weir *w, const char *sql, const char *name, const char *start)
{
    weir_error err = {0};
    weir_status st;
    wr_buf b = {0};
    weir_stmt *s = prepare(w, sql);
    while ((st = weir_step(s, -1, &err)) == WEIR_ROW)
        continue;
    if (st != WEIR_DONE)
        fail_msg("%s\n%s", sql, err.message);
    section_text(s, name, &b);
    if (strncmp(wr_buf_cstr(&b), start, strlen(start)) != 0 || (!*start && b.len))
        fail_msg("%s\n%s\nexpected %s", sql, wr_buf_cstr(&b), start);
    wr_buf_free(&b);
    weir_finalize(s);
}

static void test_extended(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, CLICKS "CREATE STREAM copy AS SELECT * FROM clicks;");
    expect_section(w, "DESCRIBE copy EXTENDED;", "statistics", "0.0|0|null|0|0|0|0|0|0|0|0|0|COPY");
    insert_clicks(w);
    drain(w);
    expect_section(w, "DESCRIBE copy EXTENDED;", "topic",
                   "COPY|3|1|murmur2|null|5|0|[]|[CSAS_COPY_1] ");
    expect_section(w, "DESCRIBE clicks EXTENDED;", "topic",
                   "clicks|3|1|murmur2|null|5|0|[CSAS_COPY_1]|[] ");
    expect_section(w, "DESCRIBE copy EXTENDED;", "source", "COPY|STREAM|null|KAFKA|JSON|CREATE");
    expect_section(w, "DESCRIBE clicks EXTENDED;", "source", "CLICKS|STREAM|MS_AT|KAFKA|JSON|");
    expect_section(w, "DESCRIBE copy EXTENDED;", "positions",
                   "_confluent-ksql-default_query_CSAS_COPY_1|clicks|0|0|");
    expect_section(w, "DESCRIBE clicks EXTENDED;", "positions", ""); /* none writes */
    expect_section(w, "DESCRIBE clicks EXTENDED;", "statistics", "");
    expect_section(w, "DESCRIBE copy;", "topic", "");
    weir_stmt *s = prepare(w, "DESCRIBE copy EXTENDED;");
    weir_error err;
    assert_int_equal(weir_section_count(s), 0); /* not executed yet */
    assert_int_equal(weir_step(s, -1, &err), WEIR_ROW);
    assert_int_equal(weir_section_count(s), 5);
    weir_stmt *statistics = weir_section(s, 2);
    assert_string_equal(weir_section_name(statistics), "statistics");
    assert_int_equal(weir_step(statistics, 0, &err), WEIR_ROW);
    assert_int_equal(weir_column_type(statistics, 0), WEIR_DOUBLE);
    assert_int_equal(weir_column_type(statistics, 1), WEIR_BIGINT);
    assert_int_equal(weir_column_int64(statistics, 1), 5);
    assert_int_equal(weir_column_type(statistics, 2), WEIR_TIMESTAMP);
    assert_true(weir_column_int64(statistics, 2) > 1000);
    assert_int_equal(weir_step(statistics, 0, &err), WEIR_DONE);
    assert_int_equal(weir_step(statistics, 0, &err), WEIR_ROW); /* and again */
    weir_finalize(statistics);                                  /* does nothing */
    assert_int_equal(weir_column_int64(weir_section(s, 2), 1), 5);
    assert_null(weir_section(s, 5));
    assert_null(weir_section(s, -1));
    weir_finalize(s);
    close_it(w);
}

/* EXPLAIN: a row for each step, what it is of in sections. */
static void test_plan(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, CLICKS "CREATE TABLE pages AS SELECT page, COUNT(*) FROM clicks WHERE ms > 1 GROUP BY "
                  "page;");
    static const char *const steps[] = {"TableSink",   "TableSelect",   "StreamAggregate",
                                        "Repartition", "StreamGroupBy", "StreamFilter",
                                        "StreamSource"};
    weir_stmt *s = prepare(w, "EXPLAIN ctas_pages_1;");
    weir_error err;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(weir_step(s, -1, &err), WEIR_ROW);
        assert_string_equal(weir_column_text(s, column(s, "NAME")), steps[i]);
        assert_int_equal(weir_column_type(s, column(s, "DEPTH")), WEIR_INTEGER);
        assert_int_equal(weir_column_int64(s, column(s, "DEPTH")), (int)i);
        assert_int_equal(weir_column_is_null(s, column(s, "DETAIL")), i == 1 || i == 4);
    }
    assert_int_equal(weir_step(s, -1, &err), WEIR_DONE);
    assert_int_equal(weir_stmt_kind_of(s), WEIR_STMT_PLAN);
    weir_finalize(s);
    drain(w);
    expect_section(w, "EXPLAIN CTAS_PAGES_1;", "query",
                   "CTAS_PAGES_1|PERSISTENT|CREATE TABLE pages AS SELECT page, COUNT(*) FROM "
                   "clicks WHERE ms > 1 GROUP BY page|RUNNING|null|0|0|0|0|0|RUNNING:6 ");
    expect_section(w, "EXPLAIN CTAS_PAGES_1;", "plan", "2 ");
    expect_section(w, "EXPLAIN SELECT * FROM pages WHERE page = 'a';", "pull",
                   "PAGES|key look-up ");
    expect_section(w, "EXPLAIN SELECT * FROM pages WHERE page = 'a';", "plan", "");
    expect_section(w, "EXPLAIN SELECT * FROM pages;", "pull", "PAGES|table scan ");
    expect_section(w, "EXPLAIN SELECT page FROM clicks EMIT CHANGES;", "statement",
                   "SELECT page FROM clicks EMIT CHANGES ");
    expect_section(w, "EXPLAIN CREATE STREAM x AS SELECT * FROM clicks;", "plan", "1 ");
    REFUSE(w, "EXPLAIN DROP STREAM clicks;", WEIR_ERR_STATEMENT, "does not run a ksql query");
    REFUSE(w, "DESCRIBE x;", WEIR_ERR_NOT_FOUND, "X"); /* EXPLAIN has made nothing */
    close_it(w);
}

/* ---- threads ---- */

static atomic_bool stop;

static void *ask(void *arg)
{
    weir *w = arg;
    weir_error err;
    while (!atomic_load(&stop))
        if (weir_exec(w, "EXPLAIN ANALYZE CTAS_PAGES_1; DESCRIBE pages EXTENDED;", &err) != WEIR_OK)
            abort();
    return NULL;
}

/* Made for ThreadSanitizer. */
static void test_while_running(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "SET 'commit.interval.ms' = '5';" CLICKS
           "CREATE TABLE pages AS SELECT page, COUNT(*) FROM clicks GROUP BY page;");
    pthread_t threads[2];
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, w), 0);
    for (int i = 0; i < 40; i++)
        insert_clicks(w);
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    drain(w);
    weir_stmt *s = prepare(w, "EXPLAIN ANALYZE CTAS_PAGES_1;");
    weir_error err;
    assert_int_equal(weir_step(s, -1, &err), WEIR_ROW);
    assert_int_equal(weir_column_int64(s, column(s, "ROWS_IN")), 200);
    weir_finalize(s);
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter),        cmocka_unit_test(test_aggregate),
        cmocka_unit_test(test_join_and_late), cmocka_unit_test(test_shares),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_paused),
        cmocka_unit_test(test_extended),      cmocka_unit_test(test_plan),
        cmocka_unit_test(test_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
