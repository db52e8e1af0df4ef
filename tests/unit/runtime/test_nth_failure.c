/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole engine whatever fails: the n-th call of the database, and the n-th allocation, for every
 * n that there is. Records are counted by a query that re-keys them, in windows and in a table, and
 * copied by another one. After each failure the engine is closed, or its process is gone, and
 * opened again: everything must have been counted and copied once.
 *
 * The embedded log is one write with the state, so this is exactly-once or it is a bug.
 * cost: 40
 */
#include "api_helper.h"

#include "../statestore/faults.h"
#include "runtime/api/api_internal.h"
#include "runtime/instance/engine.h"

#include <sys/wait.h>

enum { KEYS = 5, RECORDS = 10 /* of a round */ };

static void define(const char *dir)
{
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    RUN(w, "CREATE STREAM s (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', "
           "PARTITIONS=2);");
    RUN(w, "CREATE STREAM copy AS SELECT k, v FROM s EMIT CHANGES;");
    RUN(w, "CREATE TABLE counts AS SELECT v % 3 AS third, COUNT(*) AS n, SUM(v) AS total FROM s "
           "GROUP BY v % 3 EMIT CHANGES;");
    RUN(w, "CREATE TABLE windows AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) "
           "GROUP BY k EMIT CHANGES;");
    drain(w);
    close_it(w);
}

/* Record i: key i % KEYS, value i, an instant after the one before. */
static void produce(weir *w, int from, int to)
{
    weir_error err;
    for (int i = from; i < to; i++) {
        char key[16], value[32];
        snprintf(key, sizeof key, "k%d", i % KEYS);
        snprintf(value, sizeof value, "{\"V\":%d}", i);
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

/* Records that lie in @p topic. */
static int64_t records_in(weir *w, const char *topic)
{
    int64_t n = 0;
    for (int32_t p = 0; p < 2; p++) {
        wr_topic_part part = {topic, p, 0};
        int64_t low, high;
        weir_error err;
        assert_int_equal(wr_topic_ends(wr_engine_log(w->engine), &part, 1, &low, &high, &err),
                         WEIR_OK);
        n += high;
    }
    return n;
}

/* Everything below @p total counted and copied once. */
static void check(const char *dir, int total)
{
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    drain(w);
    wr_buf expected = {0};
    for (int third = 0; third < 3; third++) {
        long long n = 0, sum = 0;
        for (int i = third; i < total; i += 3) {
            n++;
            sum += i;
        }
        wr_buf_printf(&expected, "%d|%lld|%lld ", third, n, sum);
    }
    ROWS(w, "SELECT third, n, total FROM counts;", wr_buf_cstr(&expected));
    wr_buf_clear(&expected);
    for (int k = 0; k < KEYS; k++)
        wr_buf_printf(&expected, "k%d|%d ", k, total / KEYS);
    ROWS(w, "SELECT k, n FROM windows;", wr_buf_cstr(&expected));
    wr_buf_free(&expected);
    assert_int_equal(records_in(w, "COPY"), total);
    close_it(w);
}

/* ---- the database ---- */

/* A round: more records, and the n-th call of the database fails meanwhile. @return did it? */
static bool round_fails(const char *dir, int n, int total)
{
    weir_error err;
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    produce(w, total, total + RECORDS);
    faults_arm(wr_engine_db(w->engine), n);
    weir_status st = weir_drain(w, 10000, &err);
    faults_disarm(wr_engine_db(w->engine));
    bool failed = faults.failed;
    assert_true(failed || st == WEIR_OK);
    (void)weir_close(w, &err); /* may report what was lost with it: it is read again */
    return failed;
}

static void test_database(void **state)
{
    (void)state;
    char dir[256];
    int total = 0, n = 0;
    make_dir(dir, sizeof dir);
    define(dir);
    for (bool failed = true; failed; n++) {
        failed = round_fails(dir, n, total);
        total += RECORDS;
        check(dir, total);
    }
    assert_true(n > 10);
    remove_dir(dir);
}

/* ---- allocations ---- */

#ifndef WR_SANITIZED
/* Of the process: the library's own, RocksDB's, librdkafka's. A failed one ends the process (there
 * is nothing that could go on without memory), which must do no harm to what is on disk. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
static _Atomic long allocations_left = -1; /* < 0: they do not fail */

static bool out_of_memory(void)
{
    if (atomic_load(&allocations_left) < 0)
        return false;
    return atomic_fetch_sub(&allocations_left, 1) <= 0;
}

void *malloc(size_t size)
{
    return out_of_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return out_of_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return out_of_memory() ? NULL : __libc_realloc(p, size);
}

/* As another process. @return its exit status. */
static int child_main(const char *dir, long n)
{
    weir_error err;
    if (!freopen("/dev/null", "w", stderr)) /* it says what ended it */
        return 2;
    weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
    atomic_store(&allocations_left, n);
    weir_status st = weir_drain(w, 10000, &err);
    if (st == WEIR_OK)
        st = weir_close(w, &err);
    atomic_store(&allocations_left, -1);
    return st == WEIR_OK ? 0 : 1;
}

/* This program again: after a plain fork the threads of RocksDB would not be there, nor would its
 * locks be free. @return whether it came to its end. */
static bool child_runs(const char *dir, long n)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", n);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_nth_failure", dir, text, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_allocations(void **state)
{
    (void)state;
    char dir[256];
    int total = 0, ended = 0;
    make_dir(dir, sizeof dir);
    define(dir);
    /* Each of the first ones, then ever fewer: a round makes some thousands. */
    for (long n = 0;; n += 1 + n / 12) {
        weir *w = open_with(WEIR_LOG_LOCAL, dir, true);
        produce(w, total, total + RECORDS);
        close_it(w);
        total += RECORDS;
        bool whole = child_runs(dir, n);
        ended += !whole;
        check(dir, total);
        if (whole)
            break;
    }
    assert_true(ended > 20);
    remove_dir(dir);
}
#else
static int child_main(const char *dir, long n)
{
    (void)dir;
    return (int)n;
}

static void test_allocations(void **state)
{
    (void)state;
    skip(); /* the sanitizers have an allocator of their own */
}
#endif

int main(int argc, char **argv)
{
    if (argc == 3)
        _exit(child_main(argv[1], strtol(argv[2], NULL, 10)));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_database),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
