/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries that read the same topics share a worker: they read every record once each, whenever they
 * came, were paused, or failed; and each sees what it would see alone. With one executor slot and
 * with several.
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/query/query.h"

enum { PARTITIONS = 4, KEYS = 50 };

static void open_threads(weir **w, const char *dir, const char *threads)
{
    const char *const settings[] = {
        "auto.offset.reset", "earliest", "commit.interval.ms", "20", "weir.threads", threads, NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir_error err;
    o.log = WEIR_LOG_LOCAL;
    o.data_dir = dir;
    o.settings = settings;
    if (weir_open(&o, w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
}

/* Record i: key i % KEYS, value i. */
static void produce(weir *w, int from, int to)
{
    weir_error err;
    for (int i = from; i < to; i++) {
        char key[16], value[64];
        snprintf(key, sizeof key, "k%d", i % KEYS);
        snprintf(value, sizeof value, "{\"V\":%d,\"W\":\"w%d\"}", i, i % 7);
        weir_record r = {.topic = "t",
                         .key = key,
                         .key_len = strlen(key),
                         .value = value,
                         .value_len = strlen(value),
                         .timestamp = i,
                         .partition = -1};
        if (weir_produce(w, &r, 1, &err) != WEIR_OK)
            fail_msg("produce: %s", err.message);
    }
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static void define(weir *w)
{
    RUN(w, "CREATE STREAM s (k VARCHAR KEY, v BIGINT, w VARCHAR) WITH (KAFKA_TOPIC='t', "
           "VALUE_FORMAT='JSON', PARTITIONS=4);");
}

/* The query that writes @p sink. */
static wr_query *writer_of(weir *w, const char *sink)
{
    wr_query *q;
    for (size_t i = 0; (q = wr_engine_query_at(w->engine, i)); i++) {
        const wr_query_info *info = wr_catalog_query(wr_engine_catalog(w->engine), wr_query_id(q));
        if (strcmp(info->sink, sink) == 0)
            return q;
    }
    fail_msg("nothing writes %s", sink);
    return NULL;
}

static uint32_t others(weir *w, const char *sink)
{
    return wr_query_shared_with(writer_of(w, sink));
}

static void control(weir *w, const char *verb, const char *sink)
{
    char sql[160];
    snprintf(sql, sizeof sql, "%s %s;", verb, wr_query_id(writer_of(w, sink)));
    RUN(w, sql);
}

static void eventually_others(weir *w, const char *sink, uint32_t expected)
{
    for (int tries = 0; others(w, sink) != expected; tries++) {
        if (tries == API_LIMIT_MS / 10)
            fail_msg("%s reads with %u others, expected %u", sink, others(w, sink), expected);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
}

static void check_total(weir *w, const char *table, int count, long long sum)
{
    char sql[128], expected[64];
    snprintf(sql, sizeof sql, "SELECT n, total FROM %s WHERE one = 1;", table);
    snprintf(expected, sizeof expected, "%d|%lld ", count, sum);
    EVENTUALLY_ROWS(w, sql, expected);
}

static long long sum_below(int n)
{
    return (long long)n * (n - 1) / 2;
}

#define TOTALS(name)                                                                               \
    "CREATE TABLE " name " AS SELECT 1 AS one, COUNT(*) AS n, SUM(v) AS total FROM s "             \
    "GROUP BY 1 EMIT CHANGES;"

/* ---- */

static void run_shared(const char *threads)
{
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    open_threads(&w, dir, threads);
    define(w);
    produce(w, 0, 3000);
    RUN(w, TOTALS("a"));
    RUN(w, "CREATE STREAM odd AS SELECT k, v FROM s WHERE v % 2 = 1 EMIT CHANGES;");
    check_total(w, "a", 3000, sum_below(3000));
    /* Comes late: reads alone, catches up, joins. */
    RUN(w, TOTALS("b"));
    check_total(w, "b", 3000, sum_below(3000));
    eventually_others(w, "B", 2);
    produce(w, 3000, 5000);
    check_total(w, "a", 5000, sum_below(5000));
    check_total(w, "b", 5000, sum_below(5000));
    RUN(w, "CREATE TABLE odds AS SELECT 1 AS one, COUNT(*) AS n, SUM(v) AS total FROM odd "
           "GROUP BY 1 EMIT CHANGES;");
    check_total(w, "odds", 2500, sum_below(5000) - 2 * sum_below(2500));
    drain(w);
    close_it(w);

    /* A restart: all of them begin where they were, so together at once. */
    open_threads(&w, dir, threads);
    assert_int_equal(others(w, "B"), 2);
    produce(w, 5000, 5100);
    check_total(w, "a", 5100, sum_below(5100));
    check_total(w, "b", 5100, sum_below(5100));
    close_it(w);
    remove_dir(dir);
}

static void shared(void **state)
{
    (void)state;
    run_shared("1");
}

static void shared_by_slots(void **state)
{
    (void)state;
    run_shared("3");
}

static void paused(void **state)
{
    (void)state;
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    open_threads(&w, dir, "1");
    define(w);
    RUN(w, TOTALS("a"));
    RUN(w, TOTALS("b"));
    produce(w, 0, 500);
    check_total(w, "b", 500, sum_below(500));
    eventually_others(w, "A", 1);
    control(w, "PAUSE", "B");
    eventually_others(w, "A", 0);
    produce(w, 500, 2500);
    check_total(w, "a", 2500, sum_below(2500));
    check_total(w, "b", 500, sum_below(500));
    control(w, "RESUME", "B");
    check_total(w, "b", 2500, sum_below(2500));
    eventually_others(w, "A", 1);
    /* The one that was first goes: the other goes on. */
    RUN(w, "DROP TABLE a;");
    produce(w, 2500, 2600);
    check_total(w, "b", 2600, sum_below(2600));
    control(w, "TERMINATE", "B");
    close_it(w);
    remove_dir(dir);
}

/* A sum that overflows ends its query where that was asked for, and not its neighbours'. */
static void one_fails(void **state)
{
    (void)state;
    char dir[256];
    weir *w;
    weir_error err = {0};
    char id[64];
    make_dir(dir, sizeof dir);
    open_threads(&w, dir, "2");
    define(w);
    RUN(w, TOTALS("a"));
    RUN(w, "SET 'ksql.fail.on.production.error'='true';");
    RUN(w, "CREATE TABLE bad AS SELECT 1 AS one, SUM(CAST(v AS DECIMAL(4, 0))) AS total FROM s "
           "GROUP BY 1 EMIT CHANGES;");
    RUN(w, "UNSET 'ksql.fail.on.production.error';");
    RUN(w, TOTALS("b"));
    produce(w, 0, 2000);
    check_total(w, "a", 2000, sum_below(2000));
    check_total(w, "b", 2000, sum_below(2000));
    for (int tries = 0; !weir_failed_query(w, id, sizeof id, &err); tries++) {
        assert_true(tries < API_LIMIT_MS / 10);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    assert_string_equal(id, wr_query_id(writer_of(w, "BAD")));
    produce(w, 2000, 2100);
    check_total(w, "a", 2100, sum_below(2100));
    check_total(w, "b", 2100, sum_below(2100));
    eventually_others(w, "A", 1);
    close_it(w);
    remove_dir(dir);
}

/* Other settings, other topics, other ways to read: apart. */
static void apart(void **state)
{
    (void)state;
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    open_threads(&w, dir, "1");
    define(w);
    RUN(w, TOTALS("a"));
    RUN(w, "SET 'commit.interval.ms' = '77';");
    RUN(w, TOTALS("b"));
    produce(w, 0, 100);
    check_total(w, "a", 100, sum_below(100));
    check_total(w, "b", 100, sum_below(100));
    assert_int_equal(others(w, "A"), 0);
    assert_int_equal(others(w, "B"), 0);
    close_it(w);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared),    cmocka_unit_test(shared_by_slots), cmocka_unit_test(paused),
        cmocka_unit_test(one_fails), cmocka_unit_test(apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
