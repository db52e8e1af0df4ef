/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.h: rows that come out because time has passed, EMIT FINAL and unmatched rows of outer joins:
 * at the end of a batch, through queries that feed each other, in a service without new input,
 * across PAUSE and restarts. And what a pull query says of windows that have expired.
 */
#include "api_helper.h"

static void sources(weir *w)
{
    RUN(w, "CREATE STREAM l (id INT KEY, v INT) WITH (KAFKA_TOPIC='l', PARTITIONS=2, "
           "VALUE_FORMAT='JSON');");
    RUN(w, "CREATE STREAM r (id INT KEY, v INT) WITH (KAFKA_TOPIC='r', PARTITIONS=2, "
           "VALUE_FORMAT='JSON');");
}

static void put(weir *w, const char *source, int id, int64_t time)
{
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO %s (ROWTIME, id, v) VALUES (%lld, %d, 1);", source,
             (long long)time, id);
    RUN(w, sql);
}

static void final_counts(weir *w)
{
    RUN(w, "CREATE TABLE f WITH (PARTITIONS=2) AS SELECT id, COUNT(*) AS n FROM l WINDOW TUMBLING "
           "(SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;");
    RUN(w, "CREATE STREAM f_out (id INT KEY, n BIGINT) WITH (KAFKA_TOPIC='F', "
           "VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');");
}

#define COUNTS "SELECT id, n FROM f_out;"

/* ---- the end of a batch ---- */

/* Unmatched rows of a join feed final windows, which feed one more query: all of it is there after
 * one drain, however the engine runs. */
static void test_chain(void **state)
{
    (void)state;
    for (int stepped = 0; stepped <= 1; stepped++) {
        weir *w = open_with(WEIR_LOG_MEMORY, NULL, stepped);
        sources(w);
        RUN(w, "CREATE STREAM j AS SELECT l.id AS id, l.v AS a, r.v AS b FROM l LEFT JOIN r WITHIN "
               "1 SECOND GRACE PERIOD 2 SECONDS ON l.id = r.id;");
        RUN(w, "CREATE TABLE g AS SELECT id, COUNT(*) AS n, COUNT(b) AS m FROM j WINDOW TUMBLING "
               "(SIZE 10 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY id EMIT FINAL;");
        RUN(w, "CREATE STREAM g_out (id INT KEY, n BIGINT, m BIGINT) WITH (KAFKA_TOPIC='G', "
               "VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='10 SECONDS');");
        RUN(w, "CREATE STREAM last AS SELECT id, n, m FROM g_out;");
        for (int i = 0; i < 6; i++) {
            put(w, "l", 7, 100000 * i);
            if (i == 2)
                put(w, "r", 7, 200500);
        }
        put(w, "l", 7, 900000);
        put(w, "l", 7, 1000000);
        drain(w);
        /* 900 s is alone, and its window closes by 1000 s' being alone, which is not yet. */
        ROWS(w, "SELECT id, n, m FROM last;", "7|1|0 7|1|0 7|1|0 7|1|0 7|1|0 7|1|1 ");
        close_it(w);
    }
}

static void test_drain(void **state)
{
    (void)state;
    for (int stepped = 0; stepped <= 1; stepped++) {
        weir *w = open_with(WEIR_LOG_MEMORY, NULL, stepped);
        sources(w);
        final_counts(w);
        for (int i = 0; i < 5; i++)
            put(w, "l", 3, 100000 * i);
        drain(w);
        ROWS(w, COUNTS, "3|1 3|1 3|1 3|1 ");
        drain(w); /* nothing comes twice */
        ROWS(w, COUNTS, "3|1 3|1 3|1 3|1 ");
        close_it(w);
    }
}

/* ---- a service ---- */

/* Commits are an hour apart while there is work, and nothing comes after the rows. */
static void test_idle_service(void **state)
{
    (void)state;
    static const char *const settings[] = {"auto.offset.reset", "earliest", "commit.interval.ms",
                                           "3600000", NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    assert_int_equal(weir_open(&o, &w, &err), WEIR_OK);
    sources(w);
    final_counts(w);
    RUN(w, "CREATE STREAM j AS SELECT l.id AS id, r.v AS b FROM l LEFT JOIN r WITHIN 1 SECOND "
           "GRACE PERIOD 0 SECONDS ON l.id = r.id;");
    put(w, "l", 3, 1000);
    put(w, "l", 3, 20000);
    EVENTUALLY_ROWS(w, COUNTS, "3|1 ");
    EVENTUALLY_ROWS(w, "SELECT id, b FROM j;", "3|null ");
    close_it(w);
}

static void test_pause(void **state)
{
    (void)state;
    weir *w = open_memory();
    sources(w);
    final_counts(w);
    put(w, "l", 3, 1000);
    put(w, "l", 3, 20000);
    drain(w);
    RUN(w, "PAUSE CTAS_F_2;");
    put(w, "l", 3, 40000);
    ROWS(w, COUNTS, "3|1 ");
    RUN(w, "RESUME CTAS_F_2;");
    EVENTUALLY_ROWS(w, COUNTS, "3|1 3|1 ");
    RUN(w, "TERMINATE CTAS_F_2;");
    ROWS(w, COUNTS, "3|1 3|1 ");
    close_it(w);
}

/* ---- restarts ---- */

static void test_restarts(void **state)
{
    (void)state;
    char dir[64];
    wr_buf expected = {0};
    make_dir(dir, sizeof dir);
    for (int i = 0; i < 4; i++) {
        weir *w = open_with(WEIR_LOG_LOCAL, dir, false);
        if (i == 0) {
            sources(w);
            final_counts(w);
        }
        put(w, "l", 5, 100000 * i);
        drain(w);
        ROWS(w, COUNTS, wr_buf_cstr(&expected));
        wr_buf_puts(&expected, "5|1 ");
        close_it(w);
    }
    wr_buf_free(&expected);
    remove_dir(dir);
}

/* ---- windows that have expired ---- */

static void check_message(weir *w, const char *sql, const char *expected)
{
    weir_stmt *s = prepare(w, sql);
    weir_error err = {0};
    weir_status st;
    while ((st = weir_step(s, API_LIMIT_MS, &err)) == WEIR_ROW)
        ;
    assert_int_equal(st, WEIR_DONE);
    if (strcmp(weir_message(s), expected) != 0)
        fail_msg("%s\n  says     %s\n  expected %s", sql, weir_message(s), expected);
    weir_finalize(s);
}

static void test_expired(void **state)
{
    (void)state;
    static const char windows[] = "Windows of `T` that start before 70001 have expired: RETENTION "
                                  "in its WINDOW clause says how long they are kept";
    static const char sessions[] = "Sessions of `S` that end before 85001 have expired: RETENTION "
                                   "in its WINDOW clause says how long they are kept";
    weir *w = open_memory();
    sources(w);
    RUN(w, "CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM l WINDOW TUMBLING (SIZE 10 SECONDS, "
           "GRACE PERIOD 20 SECONDS) GROUP BY id;");
    RUN(w, "CREATE TABLE s AS SELECT id, COUNT(*) AS n FROM l WINDOW SESSION (10 SECONDS, GRACE "
           "PERIOD 10 SECONDS) GROUP BY id;");
    RUN(w, "CREATE TABLE day AS SELECT id, COUNT(*) AS n FROM l WINDOW TUMBLING (SIZE 10 SECONDS) "
           "GROUP BY id;");
    put(w, "l", 3, 1000);
    check_message(w, "SELECT * FROM t WHERE id = 4;", ""); /* nothing is old enough */
    put(w, "l", 3, 105000);
    drain(w);
    check_message(w, "SELECT * FROM t;", "");
    check_message(w, "SELECT * FROM t WHERE id = 3;", "");
    check_message(w, "SELECT * FROM t WHERE id = 4;", windows);
    check_message(w, "SELECT * FROM t WHERE id = 3 AND WINDOWSTART = 0;", windows);
    check_message(w, "SELECT * FROM t WHERE id = 3 AND WINDOWSTART = 100000;", "");
    check_message(w, "SELECT * FROM t WHERE id = 3 AND WINDOWSTART >= 0;", windows);
    check_message(w, "SELECT * FROM t WHERE id = 3 AND WINDOWEND >= 80001;", "");
    check_message(w, "SELECT * FROM t WHERE id = 3 AND WINDOWEND >= 80000;", windows);
    check_message(w, "SELECT * FROM s WHERE id = 4;", sessions);
    check_message(w, "SELECT * FROM s WHERE id = 3 AND WINDOWEND >= 85001;", "");
    check_message(w, "SELECT * FROM s WHERE id = 3 AND WINDOWEND < 1000;", sessions);
    check_message(w, "SELECT * FROM day WHERE id = 4;", "");
    check_message(w, "SELECT * FROM day WHERE id = 3 AND WINDOWSTART = 0;", "");
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_idle_service), cmocka_unit_test(test_pause),
        cmocka_unit_test(test_restarts),     cmocka_unit_test(test_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
