/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The budget for records that wait: a join whose other side has nothing yet is given several times
 * the budget. Its input pauses, what is held stays within the budget and a batch, and all rows are
 * right once the other side has come.
 */
#include "api_helper.h"

#include "runtime/api/api_internal.h"
#include "runtime/instance/engine_state.h"

enum {
    RECORDS = 320,
    RECORD_BYTES = 100000,     /* 32 MB in all */
    BUDGET_BYTES = 4000000,    /* an eighth */
    BATCH_BYTES = 4 * 1048576, /* of the embedded log, at most */
};

static weir *open_small(const char *dir)
{
    static const char *const settings[] = {"auto.offset.reset",
                                           "earliest",
                                           "max.task.idle.ms",
                                           "600000",
                                           "commit.interval.ms",
                                           "20",
                                           "weir.record.queue.bytes",
                                           "4000000",
                                           NULL};
    weir_options o = WEIR_OPTIONS_INIT;
    weir *w;
    weir_error err;
    o.log = WEIR_LOG_LOCAL;
    o.data_dir = dir;
    o.settings = settings;
    if (weir_open(&o, &w, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
    return w;
}

static void put(weir *w, const char *topic, wr_str value, int64_t time)
{
    weir_error err;
    weir_record r = {.topic = topic,
                     .key = "a",
                     .key_len = 1,
                     .value = value.ptr,
                     .value_len = value.len,
                     .timestamp = time,
                     .partition = -1};
    if (weir_produce(w, &r, 1, &err) != WEIR_OK)
        fail_msg("produce: %s", err.message);
}

static void put_large(weir *w)
{
    weir_error err;
    wr_buf b = {0};
    for (int i = 0; i < RECORDS; i++) {
        wr_buf_clear(&b);
        wr_buf_printf(&b, "{\"V\":%d,\"S\":\"", i);
        while (b.len < RECORD_BYTES)
            wr_buf_printf(&b, "0123456789abcdef");
        wr_buf_printf(&b, "\"}");
        put(w, "e", wr_buf_view(&b), 100 + i);
    }
    wr_buf_free(&b);
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
}

static uint64_t rows_out(weir *w)
{
    weir_metrics m = {.size = sizeof m};
    weir_metrics_read(w, &m);
    return m.records_out;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static size_t held(weir *w)
{
    return atomic_load(&w->engine->records.used);
}

static void test_waiting_side(void **state)
{
    (void)state;
    char dir[512];
    make_dir(dir, sizeof dir);
    weir *w = open_small(dir);
    RUN(w, "CREATE STREAM e (id STRING KEY, v INT, s STRING) WITH (KAFKA_TOPIC='e', "
           "VALUE_FORMAT='JSON', PARTITIONS=1);"
           "CREATE TABLE t (id STRING PRIMARY KEY, x INT) WITH (KAFKA_TOPIC='t', "
           "VALUE_FORMAT='JSON', PARTITIONS=1);"
           "CREATE STREAM j AS SELECT e.id AS id, v, x, LEN(s) AS n FROM e LEFT JOIN t ON "
           "e.id = t.id;");
    put_large(w);
    size_t most = 0;
    for (int i = 0; held(w) == 0; i++) {
        assert_true(i < API_LIMIT_MS / 5);
        pause_ms(5);
    }
    for (int i = 0; i < 100; i++) { /* nothing moves it on */
        most = WR_MAX(most, held(w));
        pause_ms(5);
    }
    assert_int_equal(rows_out(w), 0);
    assert_true(most > BUDGET_BYTES / 2); /* it did read ahead */
    assert_true(most < BUDGET_BYTES + BATCH_BYTES + 1048576);

    put(w, "t", WR_STR("{\"X\":5}"), 50);
    put(w, "t", WR_STR("{\"X\":6}"), 1000000); /* nothing older is waited for */
    weir_error err;
    assert_int_equal(weir_flush(w, &err), WEIR_OK);
    for (int i = 0; rows_out(w) < RECORDS; i++) {
        if (i == API_LIMIT_MS / 5)
            fail_msg("%d rows came out", (int)rows_out(w));
        most = WR_MAX(most, held(w));
        pause_ms(5);
    }
    assert_true(most < BUDGET_BYTES + BATCH_BYTES + 1048576);
    RUN(w, "CREATE STREAM js (id STRING KEY, v INT, x INT, n INT) WITH (KAFKA_TOPIC='J', "
           "VALUE_FORMAT='JSON');"
           "CREATE TABLE c AS SELECT id, COUNT(*) AS n, SUM(v) AS v, MIN(x) AS x FROM js GROUP BY "
           "id;");
    EVENTUALLY_ROWS(w, "SELECT n, v, x FROM c;", "320|51040|5 ");
    close_it(w);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_waiting_side)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
