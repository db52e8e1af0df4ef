/* SPDX-License-Identifier: Apache-2.0 */
/*
 * max.task.idle.ms in a service: how long a join waits for the side that has nothing; and what the
 * log says of rows that are late.
 */
#include "api_helper.h"

#include "common/diag.h"

static weir *open_idle(const char *idle_ms)
{
    const char *const settings[] = {"auto.offset.reset",
                                    "earliest",
                                    "max.task.idle.ms",
                                    idle_ms,
                                    "commit.interval.ms",
                                    "20",
                                    NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_MEMORY;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static void put(weir *w, const char *topic, const char *key, const char *value, int64_t time)
{
    weir_error err;
    weir_record r = {.topic = topic,
                     .key = key,
                     .key_len = strlen(key),
                     .value = value,
                     .value_len = strlen(value),
                     .timestamp = time,
                     .partition = -1};
    if (weir_produce(w, &r, 1, &err) != WEIR_OK)
        fail_msg("produce: %s", err.message);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static uint64_t rows_out(weir *w)
{
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    return m.records_out;
}

static void eventually_out(weir *w, uint64_t rows)
{
    for (int tries = 0; rows_out(w) < rows; tries++) {
        if (tries == API_LIMIT_MS / 5)
            fail_msg("%d rows came out, expected %d", (int)rows_out(w), (int)rows);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

static void define_join(weir *w)
{
    RUN(w, "CREATE STREAM e (id STRING KEY, v INT) WITH (KAFKA_TOPIC='e', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);"
           "CREATE TABLE t (id STRING PRIMARY KEY, x INT) WITH (KAFKA_TOPIC='t', "
           "VALUE_FORMAT='JSON', PARTITIONS=1);"
           "CREATE STREAM j AS SELECT e.id AS id, v, x FROM e LEFT JOIN t ON e.id = t.id;"
           "CREATE STREAM js (id STRING KEY, v INT, x INT) WITH (KAFKA_TOPIC='J', "
           "VALUE_FORMAT='JSON');");
}

static void check_join(weir *w, const char *expected)
{
    weir_stmt *s = prepare(w, "SELECT v, x FROM js EMIT CHANGES LIMIT 1;");
    step_row(s, expected);
    weir_finalize(s);
}

/* Nobody waits for a table that has nothing: in time order as far as things are there. */
static void run_without_waiting(const char *idle_ms)
{
    weir *w = open_idle(idle_ms);
    define_join(w);
    put(w, "e", "a", "{\"V\":1}", 100);
    eventually_out(w, 1);
    put(w, "t", "a", "{\"X\":5}", 50);
    check_join(w, "1|null");
    close_it(w);
}

static void test_does_not_wait(void **state)
{
    (void)state;
    run_without_waiting("0");
    run_without_waiting("-1");
}

/* The wait comes to its end. */
static void test_waits_for_a_while(void **state)
{
    (void)state;
    run_without_waiting("150");
}

static void test_waits_until_it_comes(void **state)
{
    (void)state;
    weir *w = open_idle("600000");
    define_join(w);
    put(w, "e", "a", "{\"V\":1}", 100);
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    assert_int_equal(rows_out(w), 0);
    put(w, "t", "a", "{\"X\":5}", 50);
    put(w, "t", "a", "{\"X\":6}", 150); /* so that nothing older is waited for again */
    eventually_out(w, 1);
    check_join(w, "1|5");
    close_it(w);
}

/* ---- late rows in the log ---- */

typedef struct heard {
    pthread_mutex_t lock;
    wr_buf text;
} heard;

static void hear(void *arg, wr_diag_level level, const char *logger, const char *message)
{
    heard *h = arg;
    (void)level;
    pthread_mutex_lock(&h->lock);
    wr_buf_printf(&h->text, "%s: %s\n", logger, message);
    pthread_mutex_unlock(&h->lock);
}

/* @return how often @p part was heard. */
static int count(heard *h, const char *part)
{
    int n = 0;
    pthread_mutex_lock(&h->lock);
    for (const char *at = wr_buf_cstr(&h->text); (at = strstr(at, part)); at += strlen(part))
        n++;
    pthread_mutex_unlock(&h->lock);
    return n;
}

static void eventually_heard(heard *h, const char *part)
{
    for (int tries = 0; !count(h, part); tries++) {
        if (tries == API_LIMIT_MS / 5)
            fail_msg("not heard: %s\n%s", part, wr_buf_cstr(&h->text));
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

static void test_late_rows_are_named(void **state)
{
    (void)state;
    heard h = {.lock = PTHREAD_MUTEX_INITIALIZER};
    wr_diag_set_sink(hear, &h);
    weir *w = open_idle("0");
    RUN(w, "CREATE STREAM e (id STRING KEY, v INT) WITH (KAFKA_TOPIC='e', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);"
           "CREATE TABLE n AS SELECT id, COUNT(*) AS n FROM e WINDOW TUMBLING (SIZE 1 MINUTE, "
           "GRACE PERIOD 10 SECONDS) GROUP BY id;");
    put(w, "e", "a", "{\"V\":1}", 1700000040000);
    put(w, "e", "a", "{\"V\":1}", 1700000136500); /* the first window ended 36.5 s ago */
    put(w, "e", "a", "{\"V\":2}", 1700000050000);
    put(w, "e", "b", "{\"V\":2}", 1700000050000);
    eventually_heard(&h, "CTAS_N_");
    eventually_heard(&h, "too late for the window from 2023-11-14T22:14:00.000Z to "
                         "2023-11-14T22:15:00.000Z, which had closed; GRACE PERIOD 37 SECONDS "
                         "would have been enough (it is 10 SECONDS)");
    put(w, "e", "a", "{\"V\":2}", 1700000051000); /* the same window is not named again */
    drain(w);
    assert_int_equal(count(&h, "for the window from"), 1);
    close_it(w);
    assert_int_equal(count(&h, "3 rows were too late for what had closed"), 1);
    assert_int_equal(count(&h, "GRACE PERIOD 37 SECONDS would have been enough for all"), 1);
    wr_diag_set_sink(NULL, NULL);
    wr_buf_free(&h.text);
}

/* The left row was written alone when its time was over; the right row comes 10 s after that. */
static void test_late_rows_of_joins_are_named(void **state)
{
    (void)state;
    heard h = {.lock = PTHREAD_MUTEX_INITIALIZER};
    wr_diag_set_sink(hear, &h);
    weir *w = open_idle("0");
    RUN(w, "CREATE STREAM l (id STRING KEY, v INT) WITH (KAFKA_TOPIC='l', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);"
           "CREATE STREAM r (id STRING KEY, w INT) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='JSON', "
           "PARTITIONS=1);"
           "CREATE STREAM j AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 10 SECONDS "
           "GRACE PERIOD 5 SECONDS ON l.id = r.id;");
    put(w, "l", "a", "{\"V\":1}", 1700000040000);
    put(w, "l", "b", "{\"V\":2}", 1700000060000);
    eventually_out(w, 1);
    put(w, "r", "a", "{\"W\":3}", 1700000045000);
    put(w, "r", "c", "{\"W\":3}", 1700000046000); /* it has missed nothing */
    eventually_heard(&h, "1 row was too late to join (times from 2023-11-14T22:14:00.000Z to "
                         "2023-11-14T22:15:00.000Z)");
    assert_int_equal(count(&h, "GRACE PERIOD 10 SECONDS would have been enough (it is 5 SECONDS)"),
                     1);
    put(w, "r", "a", "{\"W\":4}", 1700000047000); /* the same minute is not named again */
    drain(w);
    assert_int_equal(count(&h, "too late to join"), 1);
    close_it(w);
    assert_int_equal(count(&h, "2 rows were too late for what had closed"), 1);
    wr_diag_set_sink(NULL, NULL);
    wr_buf_free(&h.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_does_not_wait),
        cmocka_unit_test(test_waits_for_a_while),
        cmocka_unit_test(test_waits_until_it_comes),
        cmocka_unit_test(test_late_rows_are_named),
        cmocka_unit_test(test_late_rows_of_joins_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
