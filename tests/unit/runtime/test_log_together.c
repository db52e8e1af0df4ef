/* SPDX-License-Identifier: Apache-2.0 */
/* Several groups in one commit, several threads through one writer: the memory log and, with a
 * broker (WEIR_TEST_KAFKA, set by tests/integration/test_log_kafka.py), Kafka. */
#include "log_helper.h"

#include <pthread.h>
#include <time.h>

enum { GROUPS = 100, PRODUCERS = 4, PRODUCED = 500 };

/* One commit for GROUPS groups without members; then again, each further, but for an empty one.
 * @p topic has two partitions. */
static void commit_many_groups(wr_log *log, wr_log_writer *w, const char *topic, const char *prefix)
{
    char names[GROUPS][160];
    wr_topic_part parts[GROUPS][2];
    wr_log_group_offsets groups[GROUPS];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < GROUPS; i++) {
            snprintf(names[i], sizeof names[i], "%s-%d", prefix, i);
            parts[i][0] = (wr_topic_part){topic, 0, i + round * 1000};
            parts[i][1] = (wr_topic_part){topic, 1, i + round * 1000 + 1};
            groups[i] = (wr_log_group_offsets){names[i], parts[i], round == 1 && i == 7 ? 0 : 2};
        }
        OK(wr_log_writer_flush(w, err));
        OK(wr_log_writer_commit(w, NULL, groups, GROUPS, NULL, err));
    }
    for (int i = 0; i < GROUPS; i++) {
        int64_t base = i == 7 ? i : i + 1000;
        assert_int_equal(committed_of(log, names[i], topic, 0), base);
        assert_int_equal(committed_of(log, names[i], topic, 1), base + 1);
        OK(wr_group_drop(log, names[i], err));
    }
}

typedef struct producing {
    wr_log *log;
    wr_log_writer *w;
    const char *topic;
    int id;
    pthread_t thread;
} producing;

/* Calls of growing size: value "<thread> <number>". */
static void *produce_some(void *arg)
{
    producing *p = arg;
    char texts[PRODUCED][24];
    wr_str keys[PRODUCED], values[PRODUCED];
    int64_t timestamps[PRODUCED];
    for (int i = 0; i < PRODUCED; i++) {
        snprintf(texts[i], sizeof texts[i], "%d %d", p->id, i);
        keys[i] = wr_str_c("k");
        values[i] = wr_str_c(texts[i]);
        timestamps[i] = i + 1;
    }
    for (uint32_t at = 0, n = 1; at < PRODUCED; at += n, n++) {
        n = WR_MIN(n, PRODUCED - at);
        wr_out_records r = {
            .n = n, .keys = keys + at, .values = values + at, .timestamps = timestamps + at};
        OK(wr_log_writer_produce(p->w, NULL, p->topic, &r, err));
    }
    return NULL;
}

/* Everything that PRODUCERS threads wrote through one writer is there, each one's in its order.
 * @p topic has one partition. */
static void produce_from_threads(wr_log *log, wr_log_writer *w, const char *topic)
{
    producing some[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        some[i] = (producing){.log = log, .w = w, .topic = topic, .id = i};
        assert_int_equal(pthread_create(&some[i].thread, NULL, produce_some, &some[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(some[i].thread, NULL);
    assert_true(wr_log_writer_pending(w) >= (size_t)PRODUCERS * PRODUCED * 4);
    commit(w);
    assert_int_equal(wr_log_writer_pending(w), 0);
    assert_int_equal(end_of(log, topic, 0), PRODUCERS * PRODUCED);
    wr_log_reader *r;
    wr_topic_part part = {topic, 0, 0};
    int64_t seen = 0, next[PRODUCERS] = {0};
    OK(wr_log_reader_new(log, NULL, NULL, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    for (int polls = 0; seen < PRODUCERS * PRODUCED && polls < 300; polls++) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(r, 1000, 200, &b, err));
        for (uint32_t i = 0; b && i < b->n; i++, seen++) {
            const char *text = b->records[i].value.ptr;
            int64_t number;
            assert_true(wr_str_to_i64(wr_str_make(text + 2, b->records[i].value.len - 2), &number));
            assert_int_equal(number, next[text[0] - '0']++);
        }
        if (b)
            wr_log_reader_release(r, b);
    }
    assert_int_equal(seen, PRODUCERS * PRODUCED);
    wr_log_reader_close(r);
}

/* ---- the logs ---- */

typedef struct env {
    wr_db *db;
    wr_settings settings;
    wr_log *log;
    wr_log_writer *w;
    char topic[64];
} env;

static env *new_env(void)
{
    env *e = wr_calloc(1, sizeof *e);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(e->topic, sizeof e->topic, "log-%lld-%ld", (long long)now.tv_sec, now.tv_nsec);
    e->db = wr_db_open_memory();
    wr_settings_init(&e->settings, NULL);
    return e;
}

static int setup_memory(void **state)
{
    env *e = *state = new_env();
    OK(wr_log_memory_new(e->db, &e->log, err));
    OK(wr_log_writer_new(e->log, NULL, &e->w, err));
    return 0;
}

static int setup_kafka(void **state)
{
    env *e = *state = new_env();
    put_kafka(&e->settings, getenv("WEIR_TEST_KAFKA"));
    /* Two threads at the full queue: back-pressure is part of the test. */
    wr_settings_put(&e->settings, "producer.queue.buffering.max.messages", "50");
    OK(wr_log_kafka_new(&e->settings, e->db, &e->log, err));
    OK(wr_log_writer_new(e->log, NULL, &e->w, err));
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr_log_writer_close(e->w);
    OK(wr_topic_remove(e->log, e->topic, err));
    wr_log_close(e->log);
    wr_settings_free(&e->settings);
    wr_db_close(e->db);
    wr_free(e);
    return 0;
}

static void test_groups(void **state)
{
    env *e = *state;
    create_topic(e->log, e->topic, 2);
    commit_many_groups(e->log, e->w, e->topic, e->topic);
}

static void test_producers(void **state)
{
    env *e = *state;
    create_topic(e->log, e->topic, 1);
    produce_from_threads(e->log, e->w, e->topic);
}

int main(void)
{
    static const struct CMUnitTest memory[] = {
        cmocka_unit_test_setup_teardown(test_groups, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(test_producers, setup_memory, teardown),
    };
    static const struct CMUnitTest kafka[] = {
        cmocka_unit_test_setup_teardown(test_groups, setup_kafka, teardown),
        cmocka_unit_test_setup_teardown(test_producers, setup_kafka, teardown),
    };
    int failed = cmocka_run_group_tests_name("memory", memory, NULL, NULL);
    if (getenv("WEIR_TEST_KAFKA"))
        failed += cmocka_run_group_tests_name("kafka", kafka, NULL, NULL);
    return failed;
}
