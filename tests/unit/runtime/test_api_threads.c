/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, on one handle: queries running, rows being inserted and produced, pull
 * queries, push queries that come and go, DDL, PAUSE and RESUME, metrics; then the handle is closed
 * while there is still work. Made for ThreadSanitizer; the sums are checked in every build.
 */
#include "api_helper.h"

#include <stdatomic.h>

enum { WRITERS = 2, ROWS_EACH = 150 };

typedef struct world {
    weir *w;
    atomic_bool stop;
    atomic_int writing; /* writers that still write */
    atomic_uint pulled, pushed, defined;
} world;

static void must(weir *w, const char *sql)
{
    weir_error err;
    if (weir_exec(w, sql, &err) != WEIR_OK) {
        fprintf(stderr, "%s\n%s\n", sql, err.message);
        abort(); /* cmocka's failures belong to the main thread */
    }
}

typedef struct writer {
    world *all;
    int number;
} writer;

static void *write_rows(void *arg)
{
    const writer *me = arg;
    weir_error err;
    for (int i = 0; i < ROWS_EACH; i++) {
        char sql[200], value[60];
        if (me->number == 0) {
            snprintf(sql, sizeof sql, "INSERT INTO clicks VALUES (%d, 'p%d', 1);", i, i % 5);
            must(me->all->w, sql);
        } else {
            snprintf(value, sizeof value, "{\"PAGE\":\"p%d\",\"MS\":1}", i % 5);
            weir_record r = {.topic = "clicks",
                             .key = "\0\0\0\1",
                             .key_len = 4,
                             .value = value,
                             .value_len = strlen(value),
                             .timestamp = -1,
                             .partition = -1};
            if (weir_produce(me->all->w, &r, 1, &err) != WEIR_OK ||
                weir_flush(me->all->w, &err) != WEIR_OK)
                abort();
        }
    }
    atomic_fetch_sub(&me->all->writing, 1);
    return NULL;
}

static void *pull_rows(void *arg)
{
    world *me = arg;
    static const char *const queries[] = {"SELECT * FROM per_page WHERE page = 'p1';",
                                          "SELECT * FROM per_page;", "SELECT page FROM slow;"};
    for (unsigned i = 0; !atomic_load(&me->stop); i++) {
        must(me->w, queries[i % 3]);
        atomic_fetch_add(&me->pulled, 1);
    }
    return NULL;
}

/* Push queries that end by LIMIT, by a time-out, and by being closed in the middle. */
static void *push_rows(void *arg)
{
    world *me = arg;
    static const char *const queries[] = {
        "SELECT * FROM clicks EMIT CHANGES LIMIT 20;", "SELECT * FROM per_page EMIT CHANGES;",
        "SELECT page, COUNT(*) FROM clicks GROUP BY page EMIT CHANGES;"};
    for (unsigned i = 0; !atomic_load(&me->stop); i++) {
        weir_stmt *s;
        weir_error err;
        if (weir_prepare(me->w, queries[i % 3], -1, &s, NULL, &err) != WEIR_OK)
            abort();
        for (int n = 0; n < 30; n++) {
            weir_status st = weir_step(s, 20, &err);
            if (st == WEIR_ROW && !weir_column_text(s, 0))
                abort();
            if (st != WEIR_ROW)
                break;
        }
        weir_finalize(s);
        atomic_fetch_add(&me->pushed, 1);
    }
    return NULL;
}

static void *define_things(void *arg)
{
    world *me = arg;
    for (unsigned i = 0; !atomic_load(&me->stop); i++) {
        must(me->w, "CREATE STREAM extra AS SELECT id, ms FROM clicks WHERE ms > 0;");
        must(me->w, i % 2 ? "PAUSE ALL;" : "PAUSE CSAS_SLOW_1;");
        must(me->w, "SHOW QUERIES EXTENDED; DESCRIBE per_page EXTENDED; EXPLAIN CTAS_PER_PAGE_2;");
        must(me->w, "RESUME ALL;");
        must(me->w, "DEFINE v = 'x'; SET 'commit.interval.ms' = '20'; UNDEFINE v;");
        must(me->w, "CREATE OR REPLACE STREAM extra AS SELECT id, ms FROM clicks;");
        must(me->w, "DROP STREAM extra DELETE TOPIC;");
        weir_metrics m = {.size = sizeof m};
        weir_metrics_read(me->w, &m);
        if (weir_failed_query(me->w, NULL, 0, NULL))
            abort();
        atomic_fetch_add(&me->defined, 1);
    }
    return NULL;
}

static void *wait_then_interrupt(void *arg)
{
    weir_interrupt(arg);
    return NULL;
}

static void crowd(weir_log log, const char *dir)
{
    world all = {.w = open_with(log, dir, false)};
    atomic_store(&all.writing, WRITERS);
    RUN(all.w, "CREATE STREAM clicks (id INT KEY, page STRING, ms INT) WITH (KAFKA_TOPIC='clicks', "
               "PARTITIONS=3, VALUE_FORMAT='JSON');");
    RUN(all.w, "CREATE STREAM slow AS SELECT id, page, ms FROM clicks;");
    RUN(all.w, "CREATE TABLE per_page AS SELECT page, COUNT(*) AS n FROM slow GROUP BY page;");
    pthread_t threads[WRITERS + 4];
    writer writers[WRITERS];
    int n = 0;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){&all, i};
        assert_int_equal(pthread_create(&threads[n++], NULL, write_rows, &writers[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[n++], NULL, pull_rows, &all), 0);
    assert_int_equal(pthread_create(&threads[n++], NULL, push_rows, &all), 0);
    assert_int_equal(pthread_create(&threads[n++], NULL, push_rows, &all), 0);
    assert_int_equal(pthread_create(&threads[n++], NULL, define_things, &all), 0);
    for (int ms = 0; atomic_load(&all.writing) || !atomic_load(&all.pulled) ||
                     !atomic_load(&all.pushed) || !atomic_load(&all.defined);
         ms += 5) {
        if (ms > API_LIMIT_MS)
            fail_msg("not done in time");
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    atomic_store(&all.stop, true);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    RUN(all.w, "RESUME ALL;");
    drain(all.w);
    ROWS(all.w, "SELECT * FROM per_page;", "p0|60 p1|60 p2|60 p3|60 p4|60 ");
    /* Closed with rows under way. */
    must(all.w, "INSERT INTO clicks VALUES (1, 'p0', 1);");
    close_it(all.w);
}

static void test_memory(void **state)
{
    (void)state;
    crowd(WEIR_LOG_MEMORY, NULL);
}

static void test_local(void **state)
{
    (void)state;
    char dir[300];
    make_dir(dir, sizeof dir);
    crowd(WEIR_LOG_LOCAL, dir);
    remove_dir(dir);
}

/* One's own writes are seen by every thread that wrote, also when another waits already. */
static void *write_and_read(void *arg)
{
    const writer *me = arg;
    for (int i = 1; i <= 20; i++) {
        char sql[120], expected[40];
        wr_buf b = {0};
        weir_error err;
        snprintf(sql, sizeof sql, "INSERT INTO nums VALUES (%d, 1);", me->number);
        must(me->all->w, sql);
        snprintf(sql, sizeof sql, "SELECT n FROM counts WHERE id = %d;", me->number);
        snprintf(expected, sizeof expected, "%d ", i);
        if (rows_text(me->all->w, sql, &b, &err) != WEIR_DONE ||
            strcmp(wr_buf_cstr(&b), expected) != 0) {
            fprintf(stderr, "%s is '%s', expected '%s'\n", sql, wr_buf_cstr(&b), expected);
            abort();
        }
        wr_buf_free(&b);
    }
    return NULL;
}

static void test_own_writes(void **state)
{
    (void)state;
    world all = {.w = open_memory()};
    RUN(all.w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=2, "
               "VALUE_FORMAT='JSON');");
    RUN(all.w, "CREATE STREAM copy AS SELECT * FROM nums;");
    RUN(all.w, "CREATE TABLE counts AS SELECT id, COUNT(*) AS n FROM copy GROUP BY id;");
    pthread_t threads[3];
    writer writers[3];
    for (int i = 0; i < 3; i++) {
        writers[i] = (writer){&all, i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &writers[i]), 0);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    close_it(all.w);
}

/* Interrupts come whenever they like: before, during, after the first step. */
static void test_interrupts(void **state)
{
    (void)state;
    weir *w = open_memory();
    RUN(w, "CREATE STREAM nums (id INT KEY, v INT) WITH (KAFKA_TOPIC='nums', PARTITIONS=1, "
           "VALUE_FORMAT='JSON');");
    for (int i = 0; i < 30; i++) {
        weir_stmt *s = prepare(w, i % 2 ? "SELECT * FROM nums EMIT CHANGES;" : "PRINT 'nums';");
        pthread_t thread;
        weir_error err;
        assert_int_equal(pthread_create(&thread, NULL, wait_then_interrupt, s), 0);
        assert_int_equal(weir_step(s, -1, &err), WEIR_ERR_INTERRUPTED);
        pthread_join(thread, NULL);
        weir_finalize(s);
    }
    close_it(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_own_writes),
        cmocka_unit_test(test_interrupts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
