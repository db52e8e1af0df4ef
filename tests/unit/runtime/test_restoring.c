/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query whose state is on its way, as others see it: it is listed as waiting, with how far it is;
 * the metrics have it; a pull query waits for it, or is refused, and never reads a part. The engine
 * is one in memory whose counters are set as a restore on Kafka sets them.
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/instance/query_list.h"
#include "runtime/query/query_internal.h"

#include <pthread.h>
#include <time.h>

static weir *open_table(const char *timeout_ms, wr_query **q)
{
    const char *const settings[] = {"state.cleanup.delay.ms",
                                    "0",
                                    "weir.pull.restore.timeout.ms",
                                    timeout_ms,
                                    "auto.offset.reset",
                                    "earliest",
                                    NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    RUN(w, "CREATE STREAM a (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', "
           "PARTITIONS=2);"
           "CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM a GROUP BY k;"
           "INSERT INTO a VALUES ('x', 1);"
           "INSERT INTO a VALUES ('x', 2);");
    check_rows(w, "SELECT * FROM t;", "x|2 ", false);
    *q = wr_engine_query_at(w->engine, 0);
    return w;
}

/* As if 20 of 50 records had come; nothing is processed meanwhile. */
static void begin_restore(wr_query *q)
{
    q->kind.changelogs = true;
    atomic_store(&q->counters.incomplete, true);
    atomic_store(&q->counters.restore.began_ns, q->clock->mono_ns(q->clock) - 2000000000);
    atomic_store(&q->counters.restore.total, 50);
    atomic_store(&q->counters.restore.left, 30);
    atomic_fetch_add(&q->counters.states[WR_TASK_RESTORING], 1);
}

static void end_restore(wr_query *q)
{
    atomic_fetch_sub(&q->counters.states[WR_TASK_RESTORING], 1);
    atomic_store(&q->counters.restore.left, 0);
    atomic_store(&q->counters.restore.total, 0);
    atomic_store(&q->counters.incomplete, false);
}

static void close_table(weir *w, wr_query *q)
{
    q->kind.changelogs = false;
    close_it(w);
}

static void expect_refused(weir *w, const char *sql)
{
    weir_error err = {0};
    wr_buf rows = {0};
    assert_int_equal(rows_text(w, sql, &rows, &err), WEIR_ERR_STORE);
    assert_int_equal(rows.len, 0);
    assert_non_null(strstr(err.message, "is being restored: 20 of 50 changelog records (40 %)"));
    assert_non_null(strstr(err.hint, "weir.pull.restore.timeout.ms"));
    assert_true(err.flags & WEIR_ERROR_RETRIABLE);
    wr_buf_free(&rows);
}

static void test_refused(void **state)
{
    (void)state;
    wr_query *q;
    weir *w = open_table("0", &q);
    begin_restore(q);
    expect_refused(w, "SELECT * FROM t WHERE k = 'x';");
    expect_refused(w, "SELECT * FROM t;");
    end_restore(q);
    check_rows(w, "SELECT * FROM t WHERE k = 'x';", "x|2 ", false);
    close_table(w, q);
}

static void *end_later(void *arg)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    end_restore(arg);
    return NULL;
}

static void test_waits(void **state)
{
    (void)state;
    pthread_t thread;
    wr_query *q;
    weir *w = open_table("30000", &q);
    begin_restore(q);
    assert_int_equal(pthread_create(&thread, NULL, end_later, q), 0);
    check_rows(w, "SELECT * FROM t WHERE k = 'x';", "x|2 ", false);
    pthread_join(thread, NULL);
    close_table(w, q);
}

/* A restore that was given up has left a part; so has a query that has failed meanwhile. */
static void test_a_part_is_left(void **state)
{
    (void)state;
    weir_error err = {0};
    wr_buf rows = {0};
    wr_query *q;
    weir *w = open_table("0", &q);
    begin_restore(q);
    atomic_fetch_sub(&q->counters.states[WR_TASK_RESTORING], 1);
    assert_int_equal(rows_text(w, "SELECT * FROM t;", &rows, &err), WEIR_ERR_STORE);
    assert_non_null(strstr(err.message, "given up before its end"));
    atomic_fetch_add(&q->counters.states[WR_TASK_RESTORING], 1);
    end_restore(q);
    wr_buf_free(&rows);
    close_table(w, q);
}

static void test_shown(void **state)
{
    (void)state;
    static const char *const statements[] = {"SHOW QUERIES;", "EXPLAIN CTAS_T_1;",
                                             "DESCRIBE t EXTENDED;"};
    wr_query *q;
    weir *w = open_table("0", &q);
    begin_restore(q);
    for (size_t i = 0; i < WR_ARRAY_LEN(statements); i++) {
        weir_error err;
        weir_stmt *s = prepare(w, statements[i]), *waiting = NULL;
        while (weir_step(s, -1, &err) == WEIR_ROW)
            ;
        for (int k = 0; k < weir_section_count(s); k++)
            if (strcmp(weir_section_name(weir_section(s, k)), "waiting") == 0)
                waiting = weir_section(s, k);
        if (!waiting)
            fail_msg("%s does not say it", statements[i]);
        assert_int_equal(weir_step(waiting, 0, &err), WEIR_ROW);
        assert_string_equal(weir_column_text(waiting, 0), "CTAS_T_1");
        assert_non_null(strstr(weir_column_text(waiting, 2),
                               "its state is being restored: 20 of 50 changelog records (40 %)"));
        weir_finalize(s);
    }
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_restoring, 1);
    assert_int_equal(m.restore_done, 20);
    assert_int_equal(m.restore_total, 50);
    assert_true(m.restore_per_s > 5 && m.restore_per_s < 11);
    end_restore(q);
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_restoring, 0);
    close_table(w, q);
}

/* As if the changelog of the partition had been applied up to there. */
static void keep_position(wr_query *q, int32_t partition)
{
    weir_error err;
    wr_buf topic = {0}, key = {0};
    char at[8];
    wr_db_batch *b = wr_db_batch_new(q->db);
    wr_task_changelog_name(q->prefix, q->id, &q->plan->stores[0], &topic);
    wr_task_position_key(wr_buf_cstr(&topic), partition, &key);
    wr_put_be64(at, 7);
    wr_db_batch_meta_put(b, wr_buf_view(&key), wr_str_make(at, sizeof at));
    assert_int_equal(wr_db_write(q->db, b, &err), WEIR_OK);
    wr_db_batch_free(b);
    wr_buf_free(&topic);
    wr_buf_free(&key);
}

static void look_at_copies(wr_query *q)
{
    weir_error err;
    const wr_topic_part none = {"a", 0, 0};
    for (int twice = 0; twice < 2; twice++) /* seen, and then gone */
        assert_int_equal(wr_task_set_standby(q->tasks, &none, 0, &err), WEIR_OK);
}

/* State of partitions that nobody needs here goes, and only that; without a position it is not one
 * that a changelog could bring back. */
static void test_copies_go(void **state)
{
    (void)state;
    wr_query *q;
    weir *w = open_table("0", &q);
    const int32_t has = wr_partition_of(WR_PARTITIONER_MURMUR2, WR_STR("x"), 2);
    assert_int_equal(q->plan->stores_n, 1);
    keep_position(q, has);
    look_at_copies(q); /* its task is here */
    check_rows(w, "SELECT * FROM t;", "x|2 ", false);
    wr_query_pause(q, true);
    keep_position(q, 1 - has);
    weir_error err;
    assert_int_equal(wr_task_set_standby(q->tasks, NULL, 0, &err), WEIR_OK);
    check_rows(w, "SELECT * FROM t;", "x|2 ", false);
    look_at_copies(q);
    check_rows(w, "SELECT * FROM t;", "", false);
    close_table(w, q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_a_part_is_left), cmocka_unit_test(test_shown),
        cmocka_unit_test(test_copies_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
