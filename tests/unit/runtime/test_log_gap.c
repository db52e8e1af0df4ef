/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions that change under a reader: records that retention took before they were read, and
 * topics that were deleted and made anew. On the embedded logs, and on Kafka where WEIR_TEST_KAFKA
 * names a broker.
 */
#include "log_helper.h"
#include "common/clock.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <time.h>

typedef struct env {
    bool kafka;
    char dir[256];
    wr_clock_manual clock;
    wr_settings settings;
    wr_db *db;
    wr_log *log;
    wr_log_writer *w;
    wr_log_reader *r;
    char topic[80];
} env;

static env *new_env(void)
{
    env *e = wr_calloc(1, sizeof *e);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(e->topic, sizeof e->topic, "gap-%lld-%ld", (long long)now.tv_sec, now.tv_nsec);
    wr_settings_init(&e->settings, NULL);
    wr_clock_manual_init(&e->clock, 1000000);
    return e;
}

static int ready(void **state, env *e)
{
    wr_topic_spec spec = {.name = e->topic, .partitions = 2, .replicas = -1, .retention_ms = 60000};
    OK(wr_topic_create(e->log, &spec, err));
    OK(wr_log_writer_new(e->log, &e->settings, &e->w, err));
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &e->r, err));
    *state = e;
    return 0;
}

static int setup_memory(void **state)
{
    env *e = new_env();
    e->db = wr_db_open_memory();
    OK(wr_log_local_new(e->db, &e->clock.base, &e->log, err));
    return ready(state, e);
}

static int setup_local(void **state)
{
    env *e = new_env();
    make_temp(e->dir, sizeof e->dir);
    wr_db_options options = wr_db_options_default();
    OK(wr_db_open(e->dir, &options, &e->db, err));
    OK(wr_log_local_new(e->db, &e->clock.base, &e->log, err));
    return ready(state, e);
}

static int setup_kafka(void **state)
{
    env *e = new_env();
    e->kafka = true;
    e->db = wr_db_open_memory();
    put_kafka(&e->settings, getenv("WEIR_TEST_KAFKA"));
    /* So that a reader does not have in memory already what the test takes away. */
    wr_settings_put(&e->settings, "consumer.queued.min.messages", "1");
    wr_settings_put(&e->settings, "consumer.fetch.message.max.bytes", "1000");
    wr_settings_put(&e->settings, "consumer.topic.metadata.refresh.interval.ms", "200");
    OK(wr_log_kafka_new(&e->settings, e->db, &e->log, err));
    return ready(state, e);
}

static int teardown(void **state)
{
    env *e = *state;
    weir_error gone;
    wr_log_reader_close(e->r);
    wr_log_writer_close(e->w);
    (void)wr_topic_remove(e->log, e->topic, &gone);
    wr_log_close(e->log);
    wr_db_close(e->db);
    wr_settings_free(&e->settings);
    if (e->dir[0])
        remove_tree(e->dir);
    wr_free(e);
    return 0;
}

/* ---- short forms ---- */

/* Each in a block of its own, so that it can expire, and is fetched, by itself. */
static void write_n(env *e, int32_t partition, int n)
{
    static char value[1000];
    memset(value, 'v', sizeof value - 1);
    for (int i = 0; i < n; i++) {
        put(e->w, e->topic, partition, "k", value, e->clock.now_ms);
        commit(e->w);
    }
}

static void assign(env *e, int64_t offset)
{
    wr_topic_part parts[] = {{e->topic, 0, offset}, {e->topic, 1, offset}};
    OK(wr_log_reader_assign(e->r, parts, 2, err));
}

/* Records of partition 0 from @p at until @p end is the next. @return how many were left out. */
static int64_t read_to(env *e, int64_t at, int64_t end)
{
    int64_t skipped = 0;
    for (int tries = 0; at < end; tries++) {
        wr_log_batch *b;
        assert_true(tries < 100);
        OK(wr_log_reader_poll(e->r, 1, 500, &b, err));
        if (!b)
            continue;
        int32_t partition = b->partition;
        int64_t first = b->n ? b->records[0].offset : at, next = b->next_offset;
        wr_log_reader_release(e->r, b); /* before an assertion leaves: else the reader stays open */
        assert_int_equal(partition, 0);
        assert_true(first >= at);
        skipped += first - at;
        at = next;
    }
    return skipped;
}

/* Take the records before @p offset away, as retention does. */
static void delete_before_kafka(env *e, int64_t offset)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(
        rd_kafka_conf_set(conf, "bootstrap.servers", getenv("WEIR_TEST_KAFKA"), text, sizeof text),
        RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, e->topic, 0)->offset = offset;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

static int64_t low_of(env *e)
{
    wr_topic_part part = {e->topic, 0, 0};
    int64_t low, high;
    OK(wr_topic_ends(e->log, &part, 1, &low, &high, err));
    return low;
}

/* The log's own expiry: all but the newest are too old. */
static void let_expire(env *e)
{
    e->clock.now_ms += 200000;
    write_n(e, 0, 1);
}

static void make_anew(env *e, int32_t partitions)
{
    wr_log_writer_close(e->w);
    OK(wr_topic_remove(e->log, e->topic, err));
    create_topic(e->log, e->topic, partitions);
    OK(wr_log_writer_new(e->log, &e->settings, &e->w, err));
}

/* Nothing came; what did is given back first, or the reader could not be closed. */
static void expect_nothing(env *e, wr_log_batch *b)
{
    if (!b)
        return;
    uint32_t n = b->n;
    long long next = (long long)b->next_offset;
    wr_log_reader_release(e->r, b);
    fail_msg("%u records came, up to offset %lld", n, next);
}

/* Polls until it fails, and then for ever: the error stays. */
static void expect_anew(env *e, const char *position, const char *end)
{
    weir_error why = {0};
    weir_status st = WEIR_OK;
    for (int tries = 0; st == WEIR_OK; tries++) {
        wr_log_batch *b;
        assert_true(tries < 100);
        st = wr_log_reader_poll(e->r, 10, 200, &b, &why);
        expect_nothing(e, b); /* not one record of the new topic */
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(st, WEIR_ERR_LOG);
        assert_int_equal(why.flags, 0); /* trying again does not help */
        const char *parts[] = {e->topic, "partition 0", position, end, "created again"};
        for (size_t i = 0; i < WR_ARRAY_LEN(parts); i++)
            if (!strstr(why.message, parts[i]))
                fail_msg("'%s' is not in: %s", parts[i], why.message);
        assert_non_null(strstr(why.hint, "Terminate"));
        wr_log_batch *b;
        st = wr_log_reader_poll(e->r, 10, 0, &b, &why);
        expect_nothing(e, b);
    }
}

/* ---- retention ---- */

/* What was not read yet is gone: counted, and the rest comes. */
static void test_truncated(void **state)
{
    env *e = *state;
    enum { N = 60 };
    write_n(e, 0, N);
    assign(e, 0);
    assert_int_equal(read_to(e, 0, 2), 0);
    assert_int_equal(wr_log_reader_gone(e->r), 0);
    if (e->kafka)
        delete_before_kafka(e, N - 3);
    else
        let_expire(e);
    int64_t low = low_of(e), end = end_of(e->log, e->topic, 0);
    assert_true(low >= N - 3);
    int64_t skipped = read_to(e, 2, end); /* Kafka's reader had some in memory already */
    assert_true(e->kafka ? skipped > 0 && skipped <= low - 2 : skipped == low - 2);
    assert_int_equal(wr_log_reader_gone(e->r), skipped);
    write_n(e, 0, 1); /* and nothing more is missing */
    assert_int_equal(read_to(e, end, end + 1), 0);
    assert_int_equal(wr_log_reader_gone(e->r), skipped);
}

/* The same for an offset that was committed long ago; the other partition is paused, and stays so.
 */
static void test_truncated_before(void **state)
{
    env *e = *state;
    write_n(e, 0, 5);
    write_n(e, 1, 5);
    if (e->kafka)
        delete_before_kafka(e, 4);
    else
        let_expire(e);
    int64_t low = low_of(e);
    assign(e, 1);
    OK(wr_log_reader_pause(e->r, 1, true, err));
    assert_int_equal(read_to(e, 1, end_of(e->log, e->topic, 0)), low - 1);
    assert_int_equal(wr_log_reader_gone(e->r), low - 1);
    wr_log_batch *b;
    OK(wr_log_reader_poll(e->r, 10, 500, &b, err));
    expect_nothing(e, b);
}

/* ---- made anew ---- */

/* The new topic is shorter than what was read of the old one. */
static void test_anew_shorter(void **state)
{
    env *e = *state;
    write_n(e, 0, 5);
    assign(e, 0);
    read_to(e, 0, 5);
    make_anew(e, 2);
    write_n(e, 0, 2);
    expect_anew(e, "offset 5", "ends at 2");
    assign(e, 0); /* who begins anew himself reads it */
    read_to(e, 0, 2);
}

static void test_anew_empty(void **state)
{
    env *e = *state;
    write_n(e, 0, 3);
    assign(e, 0);
    read_to(e, 0, 3);
    make_anew(e, e->kafka ? 2 : 1);
    expect_anew(e, "offset 3", "ends at 0");
}

/* It has grown beyond the position: nothing but its identity gives it away. */
static void test_anew_longer(void **state)
{
    env *e = *state;
    write_n(e, 0, 5);
    assign(e, 0);
    read_to(e, 0, 5);
    OK(wr_topic_remove(e->log, e->topic, err));
    if (e->kafka) { /* the reader sees that there is none: librdkafka looks every 200 ms */
        for (int i = 0; i < 10; i++) {
            wr_log_batch *b;
            OK(wr_log_reader_poll(e->r, 10, 100, &b, err));
            expect_nothing(e, b);
        }
    }
    create_topic(e->log, e->topic, 2);
    wr_log_writer_close(e->w);
    OK(wr_log_writer_new(e->log, &e->settings, &e->w, err));
    write_n(e, 0, 9);
    expect_anew(e, "offset 5", "ends at 9");
}

/* Offsets committed for an older topic: found out at the first poll. */
static void test_anew_before(void **state)
{
    env *e = *state;
    write_n(e, 0, 2);
    assign(e, 1000);
    expect_anew(e, "offset 1000", "ends at 2");
}

/* A topic that is only deleted is no error: it may be one that comes and goes. */
static void test_deleted(void **state)
{
    env *e = *state;
    write_n(e, 0, 2);
    assign(e, 0);
    read_to(e, 0, 2);
    OK(wr_topic_remove(e->log, e->topic, err));
    for (int i = 0; i < 3; i++) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(e->r, 10, 100, &b, err));
        expect_nothing(e, b);
    }
}

typedef struct waiting {
    wr_log_reader *r;
    weir_status st;
} waiting;

static void *wait_for_it(void *arg)
{
    waiting *w = arg;
    wr_log_batch *b;
    weir_error why;
    w->st = wr_log_reader_poll(w->r, 10, 20000, &b, &why);
    return NULL;
}

/* A reader that sleeps is woken by the creation. */
static void test_wakes(void **state)
{
    env *e = *state;
    write_n(e, 0, 2);
    assign(e, 0);
    read_to(e, 0, 2);
    waiting w = {e->r, WEIR_OK};
    pthread_t thread;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_it, &w), 0);
    make_anew(e, 2);
    assert_int_equal(pthread_join(thread, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(w.st, WEIR_ERR_LOG);
    assert_true(after.tv_sec - before.tv_sec < 15);
}

#define ON(log, f)                                                                                 \
    {                                                                                              \
#f "_" #log, f, setup_##log, teardown, NULL                                                \
    }
#define ALL(log)                                                                                   \
    ON(log, test_truncated), ON(log, test_truncated_before), ON(log, test_anew_shorter),           \
        ON(log, test_anew_empty), ON(log, test_anew_longer), ON(log, test_anew_before)

int main(void)
{
    static const struct CMUnitTest embedded[] = {
        ALL(memory),
        ALL(local),
        ON(memory, test_deleted),
        ON(local, test_wakes),
    };
    /* Without test_deleted: librdkafka 2.0.2 does not destroy a consumer whose topic is gone. */
    static const struct CMUnitTest kafka[] = {ALL(kafka)};
    int failed = cmocka_run_group_tests_name("embedded", embedded, NULL, NULL);
    if (getenv("WEIR_TEST_KAFKA"))
        failed += cmocka_run_group_tests_name("kafka", kafka, NULL, NULL);
    return failed;
}
