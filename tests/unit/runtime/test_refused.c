/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that a log refuses, seen from SQL: the query that wrote them fails and no other, though
 * both share everything; an INSERT that failed is neither written later nor spoils the next.
 */
#include "api_helper.h"
#include "failing_log.h"

#include "runtime/api/api_internal.h"
#include "runtime/instance/engine_state.h"

/* An engine whose log fails when it is told to. */
static failing_log *open_failing(weir **w, const char *dir)
{
    weir_options o = WEIR_OPTIONS_INIT;
    const char *const settings[] = {"auto.offset.reset", "earliest", "commit.interval.ms", "20",
                                    NULL};
    o.log = WEIR_LOG_LOCAL;
    o.data_dir = dir;
    o.settings = settings;
    OK(weir_open(&o, w, err));
    failing_log *f = failing_log_new((*w)->engine->log);
    (*w)->engine->log = &f->base; /* before anybody uses it; the engine closes both */
    RUN(*w, "CREATE STREAM s (k VARCHAR KEY, v BIGINT) WITH (KAFKA_TOPIC='t', "
            "VALUE_FORMAT='JSON', PARTITIONS=2);");
    return f;
}

static void produce(weir *w, int from, int to)
{
    for (int i = from; i < to; i++) {
        char key[16], value[32];
        snprintf(key, sizeof key, "k%d", i % 10);
        snprintf(value, sizeof value, "{\"V\":%d}", i);
        weir_record r = {.topic = "t",
                         .key = key,
                         .key_len = strlen(key),
                         .value = value,
                         .value_len = strlen(value),
                         .timestamp = i,
                         .partition = -1};
        OK(weir_produce(w, &r, 1, err));
    }
    OK(weir_flush(w, err));
}

static int64_t records_of(failing_log *f, const char *topic)
{
    return end_of(f->inner, topic, 0) + end_of(f->inner, topic, 1);
}

static void await_records(failing_log *f, const char *topic, int64_t n)
{
    for (int tries = 0; records_of(f, topic) < n; tries++) {
        assert_true(tries < API_LIMIT_MS / 10);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    assert_int_equal(records_of(f, topic), n);
}

static void await_failure(weir *w, const char *text)
{
    weir_error why = {0};
    for (int tries = 0; !weir_failed_query(w, NULL, 0, &why); tries++) {
        assert_true(tries < API_LIMIT_MS / 10);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    if (!strstr(why.message, text))
        fail_msg("'%s' is not in: %s", text, why.message);
}

/* In the call, and by the flush as Kafka's broker does. */
static void one_query(bool late)
{
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    failing_log *f = open_failing(&w, dir);
    RUN(w, "CREATE STREAM a AS SELECT * FROM s EMIT CHANGES;");
    RUN(w, "CREATE STREAM bad AS SELECT * FROM s EMIT CHANGES;");
    RUN(w, "CREATE STREAM b AS SELECT * FROM s EMIT CHANGES;");
    produce(w, 0, 100);
    await_records(f, "A", 100);
    await_records(f, "BAD", 100);
    await_records(f, "B", 100);
    failing_log_refuse(f, "BAD", late);
    produce(w, 100, 200);
    await_failure(w, "refused");
    produce(w, 200, 300);
    await_records(f, "A", 300); /* each record once: nothing was lost or repeated */
    await_records(f, "B", 300);
    assert_int_equal(records_of(f, "BAD"), 100); /* not a part of what it was to write */
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    assert_int_equal(m.queries_failed, 1);
    assert_int_equal(m.queries_running, 2);
    close_it(w);
    remove_dir(dir);
}

static void test_one_query(void **state)
{
    (void)state;
    one_query(false);
}
static void test_one_query_late(void **state)
{
    (void)state;
    one_query(true);
}

/* Past the failing log, so that its plans are for the queries alone. */
static void produce_inside(failing_log *f, int from, int to)
{
    wr_log_writer *w;
    OK(wr_log_writer_new(f->inner, NULL, &w, err));
    for (int i = from; i < to; i++) {
        char value[32];
        snprintf(value, sizeof value, "{\"V\":%d}", i);
        put(w, "t", i % 2, NULL, value, i);
    }
    commit(w);
    wr_log_writer_close(w);
}

/* No query fails for good where the connection does, whoever noticed it: all read again. */
static void test_connection(void **state)
{
    (void)state;
    static const fl_call calls[] = {FL_PRODUCE, FL_FLUSH, FL_COMMIT, FL_POLL};
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    failing_log *f = open_failing(&w, dir);
    RUN(w, "CREATE STREAM a AS SELECT * FROM s EMIT CHANGES;");
    RUN(w, "CREATE STREAM b AS SELECT * FROM s EMIT CHANGES;");
    for (int i = 0; i < (int)WR_ARRAY_LEN(calls); i++) {
        failing_log_fail(f, calls[i], 1, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
        produce_inside(f, i * 50, i * 50 + 50);
        await_records(f, "A", i * 50 + 50); /* once each: the commit is atomic */
        await_records(f, "B", i * 50 + 50);
        pthread_mutex_lock(&f->lock);
        uint32_t left = f->plans[calls[i]].in;
        pthread_mutex_unlock(&f->lock);
        assert_int_equal(left, 0); /* it did fail */
    }
    weir_error why;
    assert_false(weir_failed_query(w, NULL, 0, &why));
    close_it(w);
    remove_dir(dir);
}

/* Whichever part of an INSERT fails, the next is written, and the failed one is not. */
static void test_insert(void **state)
{
    (void)state;
    static const fl_call calls[] = {FL_PRODUCE, FL_FLUSH, FL_COMMIT};
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    failing_log *f = open_failing(&w, dir);
    for (int i = 0; i < (int)WR_ARRAY_LEN(calls); i++) {
        failing_log_fail(f, calls[i], 1, WEIR_ERR_STORE, 0);
        REFUSE(w, "INSERT INTO s (k, v) VALUES ('bad', 1);", WEIR_ERR_STORE, "planned");
        RUN(w, "INSERT INTO s (k, v) VALUES ('good', 2);");
        assert_int_equal(records_of(f, "t"), i + 1);
    }
    failing_log_refuse(f, "t", true);
    REFUSE(w, "INSERT INTO s (k, v) VALUES ('bad', 1);", WEIR_ERR_LIMIT, "refused");
    failing_log_refuse(f, NULL, false);
    RUN(w, "INSERT INTO s (k, v) VALUES ('good', 2);");
    assert_int_equal(records_of(f, "t"), WR_ARRAY_LEN(calls) + 1);
    close_it(w);
    remove_dir(dir);
}

/* The embedder's own records: a refused one is reported once, in its call or by the flush. */
static void test_produce(void **state)
{
    (void)state;
    char dir[256];
    weir *w;
    make_dir(dir, sizeof dir);
    failing_log *f = open_failing(&w, dir);
    weir_record r = {.topic = "t", .key = "k", .key_len = 1, .timestamp = 1, .partition = 0};
    OK(weir_produce(w, &r, 1, err));
    failing_log_refuse(f, "t", false);
    FAILS(weir_produce(w, &r, 1, err), WEIR_ERR_LIMIT, "refused");
    failing_log_refuse(f, NULL, false);
    OK(weir_produce(w, &r, 1, err));
    OK(weir_flush(w, err)); /* the caller knows of the refused one; the others are written */
    assert_int_equal(records_of(f, "t"), 2);
    failing_log_refuse(f, "t", true);
    OK(weir_produce(w, &r, 1, err));
    FAILS(weir_flush(w, err), WEIR_ERR_LIMIT, "refused");
    failing_log_refuse(f, NULL, false);
    OK(weir_produce(w, &r, 1, err));
    OK(weir_flush(w, err)); /* said once */
    assert_int_equal(records_of(f, "t"), 3);
    close_it(w);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_query),  cmocka_unit_test(test_one_query_late),
        cmocka_unit_test(test_connection), cmocka_unit_test(test_insert),
        cmocka_unit_test(test_produce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
