/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows between the sub-topologies of a plan inside the process: nothing is received before a swap,
 * everything once after it, by the slot of the receiving task, in the order of sending.
 *
 * The tasks are those of a query that groups by another column than its key, opened here by hand
 * with several slots; the worker that a stepped engine has made for the query is not stepped.
 */
#include "api_helper.h"

#include "engine/operators/source_pool.h"
#include "runtime/api/api_internal.h"
#include "runtime/query/query_internal.h"

enum { PARTITIONS = 4, SLOTS_MAX = 3, RECORDS_MAX = 100 };

typedef struct env {
    weir *w;
    wr_query *q;
    wr_task_set *tasks;
    wr_log_writer *writer;
    wr_topic_part parts[PARTITIONS];
    wr_executor_slot slots[SLOTS_MAX];
    uint32_t slots_n;
    /* Batches borrow from records until they are received; a run of records is known by its
     * address, and decoded once for all who read it. */
    wr_record records[RECORDS_MAX];
    char values[RECORDS_MAX][32];
} env;

static void env_open(env *e, uint32_t slots)
{
    weir_error err;
    *e = (env){.slots_n = slots};
    e->w = open_with(WEIR_LOG_MEMORY, NULL, true);
    RUN(e->w, "CREATE STREAM a (k VARCHAR KEY, v VARCHAR, n BIGINT) WITH (KAFKA_TOPIC='a', "
              "VALUE_FORMAT='JSON', PARTITIONS=4);"
              "SET 'cache.max.bytes.buffering' = '0';" /* every update is written */
              "CREATE TABLE x WITH (KAFKA_TOPIC='x') AS SELECT v, LATEST_BY_OFFSET(n) AS n FROM a "
              "GROUP BY v;");
    e->q = wr_engine_query_at(e->w->engine, 0);
    assert_int_equal(e->q->plan->subtopologies_n, 2);
    assert_int_equal(wr_log_writer_new(e->q->log, NULL, &e->writer, &err), WEIR_OK);
    for (uint32_t s = 0; s < slots; s++)
        e->slots[s] = (wr_executor_slot){wr_arena_new(0), wr_source_pool_new()};
    for (int32_t p = 0; p < PARTITIONS; p++)
        e->parts[p] = (wr_topic_part){"a", p, 0};
    wr_task_assignment a = {.parts = e->parts,
                            .parts_n = PARTITIONS,
                            .exchange = true,
                            .writer = e->writer,
                            .slots = e->slots,
                            .slots_n = slots,
                            .batch_rows = 16};
    e->tasks = wr__query_tasks_new(e->q, NULL, NULL);
    if (wr_task_set_open(e->tasks, &a, &err) != WEIR_OK)
        fail_msg("open: %s", err.message);
}

static void env_close(env *e)
{
    wr_task_set_free(e->tasks);
    wr_log_writer_close(e->writer);
    for (uint32_t s = 0; s < e->slots_n; s++) {
        wr_arena_free(e->slots[s].scratch);
        wr_source_pool_free(e->slots[s].sources);
    }
    close_it(e->w);
}

/* Record @p i of partition @p p; its new key is one of ten. */
static void deliver(env *e, int32_t p, int i)
{
    weir_error err;
    char *value = e->values[i];
    assert_true(i < RECORDS_MAX);
    snprintf(value, sizeof e->values[i], "{\"V\":\"v%d\",\"N\":%d}", i % 10, i);
    e->records[i] = (wr_record){
        .key = WR_STR("k"), .value = wr_str_c(value), .timestamp = i, .partition = p, .offset = i};
    if (wr_task_set_deliver(e->tasks, wr__query_topic(e->q, "a"), p, &e->records[i], 1, &err) !=
        WEIR_OK)
        fail_msg("deliver: %s", err.message);
}

static void drain_slots(env *e)
{
    weir_error err;
    for (uint32_t s = 0; s < e->slots_n; s++)
        if (wr_task_set_drain(e->tasks, s, &err) != WEIR_OK)
            fail_msg("drain: %s", err.message);
}

static uint64_t written(const env *e)
{
    return atomic_load(&e->q->counters.records_out);
}

/* What is sent waits for the swap, and comes once; then there is nothing more. */
static void run_swap(uint32_t slots)
{
    env e;
    env_open(&e, slots);
    assert_false(wr_task_set_swap(e.tasks)); /* nothing was sent yet */
    int sent = 0;
    for (int round = 0; round < 5; round++) {
        uint64_t before = written(&e);
        for (int i = 0; i < 20; i++, sent++)
            deliver(&e, sent % PARTITIONS, sent);
        drain_slots(&e);
        assert_int_equal(written(&e), before);
        assert_true(wr_task_set_swap(e.tasks));
        assert_int_equal(written(&e), before);
        drain_slots(&e);
        assert_int_equal(written(&e), sent);
        assert_false(wr_task_set_swap(e.tasks));
        drain_slots(&e);
        assert_int_equal(written(&e), sent);
        for (uint32_t s = 0; s < slots; s++) { /* as between two rounds */
            wr_arena_reset(e.slots[s].scratch);
            wr_source_pool_next(e.slots[s].sources);
        }
    }
    env_close(&e);
}

static void test_swap(void **state)
{
    (void)state;
    for (uint32_t slots = 1; slots <= SLOTS_MAX; slots++)
        run_swap(slots);
}

/* A slot receives for its own tasks alone; together they receive everything. */
static void test_slots(void **state)
{
    (void)state;
    env e;
    weir_error err;
    env_open(&e, SLOTS_MAX);
    for (int i = 0; i < 60; i++)
        deliver(&e, i % PARTITIONS, i);
    assert_true(wr_task_set_swap(e.tasks));
    uint32_t busy = 0;
    for (uint32_t s = 0; s < SLOTS_MAX; s++) {
        uint64_t before = written(&e);
        assert_int_equal(wr_task_set_drain(e.tasks, s, &err), WEIR_OK);
        busy += written(&e) > before;
    }
    assert_true(busy > 1);
    assert_int_equal(written(&e), 60);
    env_close(&e);
}

/* Rows of one partition with one new key keep their order; each is in its key's partition. */
static void test_order(void **state)
{
    (void)state;
    env e;
    weir_error err;
    env_open(&e, SLOTS_MAX);
    for (int i = 0; i < RECORDS_MAX; i++)
        deliver(&e, 1, i);
    assert_int_equal(wr_task_set_drain_all(e.tasks, &err), WEIR_OK);
    assert_int_equal(wr_task_set_flush(e.tasks, &err), WEIR_OK);
    assert_int_equal(wr_log_writer_flush(e.writer, &err), WEIR_OK);
    assert_int_equal(wr_log_writer_commit(e.writer, NULL, NULL, 0, NULL, &err), WEIR_OK);
    weir_consumer *c;
    weir_record r;
    assert_int_equal(weir_consume(e.w, "x", true, &c, &err), WEIR_OK);
    int n = 0, last[10], partition[10];
    memset(last, -1, sizeof last);
    memset(partition, -1, sizeof partition);
    for (; weir_consumer_next(c, true, 1000, &r, &err) == WEIR_ROW; n++) {
        char text[16] = {0};
        assert_true(r.key_len == 2 && r.value_len > 0);
        memcpy(text, r.key, r.key_len);
        int key = text[1] - '0';
        assert_in_range(key, 0, 9);
        assert_true(r.timestamp % 10 == key && r.timestamp > last[key]);
        last[key] = (int)r.timestamp;
        assert_true(partition[key] < 0 || partition[key] == r.partition);
        partition[key] = r.partition;
    }
    assert_int_equal(n, RECORDS_MAX);
    weir_consumer_close(c);
    env_close(&e);
}

/* Closing drops what was sent and not received: it was not committed. */
static void test_close_drops(void **state)
{
    (void)state;
    env e;
    env_open(&e, 2);
    for (int i = 0; i < 10; i++)
        deliver(&e, i % PARTITIONS, i);
    assert_true(wr_task_set_swap(e.tasks));
    wr_task_set_close(e.tasks);
    assert_false(wr_task_set_is_open(e.tasks));
    assert_int_equal(written(&e), 0);
    env_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_close_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
