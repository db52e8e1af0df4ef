/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kafka log. Without a broker: settings and an address where nobody answers. With one (its
 * address in WEIR_TEST_KAFKA, set by tests/integration/test_log_kafka.py): topics, records there
 * and back, commits, groups, rebalances.
 *
 * The Python test also runs it as `copy <in> <out> <n> <group>`: copy n records the way a query
 * does, with a commit now and then, while the broker is restarted.
 */
#include "log_helper.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <time.h>

#include "common/diag.h"

enum { MADE_TOGETHER = 30 }; /* topics */

static wr_settings settings_of(const char *brokers)
{
    wr_settings s;
    wr_settings_init(&s, NULL);
    if (brokers)
        put_kafka(&s, brokers);
    return s;
}

/* ---- without a broker ---- */

static void test_absent(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    wr_settings s = settings_of("127.0.0.1:1");
    wr_log *log;
    FAILS(wr_log_kafka_new(&s, db, &log, err), WEIR_ERR_LOG,
          "No Kafka broker answers at 127.0.0.1:1");
    wr_settings_free(&s);
    s = settings_of(NULL);
    FAILS(wr_log_kafka_new(&s, db, &log, err), WEIR_ERR_CONFIG, "bootstrap.servers");
    wr_settings_free(&s);
    wr_db_close(db);
}

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        {"consumer.no.such", "1", "'consumer.no.such'"},
        {"no.such", "1", "'no.such'"},
        {"producer.linger.ms", "soon", "linger.ms"},
        {"fetch.message.max.bytes", "-5", "fetch.message.max.bytes"},
        {"acks", "some", "acks"},
    };
    wr_db *db = wr_db_open_memory();
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_settings s = settings_of("127.0.0.1:1");
        /* What must not disturb: Weir's own, Java's own, one for each kind of handle. */
        wr_settings_put(&s, "commit.interval.ms", "5");
        wr_settings_put(&s, "ksql.service.id", "x");
        wr_settings_put(&s, "consumer.max.poll.records", "5");
        wr_settings_put(&s, "compression.type", "lz4");
        wr_settings_put(&s, "session.timeout.ms", "10000");
        wr_settings_put(&s, cases[i].name, cases[i].value);
        wr_log *log;
        FAILS(wr_log_kafka_new(&s, db, &log, err), WEIR_ERR_CONFIG, cases[i].message);
        wr_settings_free(&s);
    }
    wr_db_close(db);
}

/* A log at an address where nobody answers, which takes seconds: its settings are all right. */
static void nobody_answers(wr_settings *s, wr_db *db)
{
    wr_log *log;
    FAILS(wr_log_kafka_new(s, db, &log, err), WEIR_ERR_LOG, "No Kafka broker answers");
}

/* Our own client says at the start which setting it cannot do; auto leaves it to librdkafka. */
static void test_own_client_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        {"ssl.keystore.location", "/some/store", "ssl.keystore.location"},
        {"sasl.mechanism", "OAUTHBEARER", "sasl.mechanism"},
        {"acks", "0", "acks = 0"},
        {"producer.compression.level", "3", "compression.level = 3"},
        {"enable.gapless.guarantee", "true", "enable.gapless.guarantee"},
    };
    wr_db *db = wr_db_open_memory();
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_log *log;
        wr_settings s = settings_of("127.0.0.1:1");
        if (strcmp(cases[i].name, "sasl.mechanism") == 0)
            wr_settings_put(&s, "security.protocol", "sasl_plaintext");
        wr_settings_put(&s, cases[i].name, cases[i].value);
        wr_settings_put(&s, "weir.kafka.client", "wire");
        FAILS(wr_log_kafka_new(&s, db, &log, err), WEIR_ERR_CONFIG, cases[i].message);
        wr_settings_free(&s);
    }
    wr_settings left = settings_of("127.0.0.1:1"), can = settings_of("127.0.0.1:1");
    wr_settings_put(&left, "acks", "0");
    wr_settings_put(&left, "weir.kafka.client", "auto");
    nobody_answers(&left, db);
    wr_settings_put(&can, "max.partition.fetch.bytes", "100000");
    wr_settings_put(&can, "acks", "1");
    wr_settings_put(&can, "linger.ms", "0.5");
    wr_settings_put(&can, "producer.message.timeout.ms", "0");
    wr_settings_put(&can, "weir.kafka.client", "wire");
    nobody_answers(&can, db);
    wr_settings_free(&left);
    wr_settings_free(&can);
    wr_db_close(db);
}

/* ---- with a broker ---- */

typedef struct env {
    wr_db *db;
    wr_settings settings;
    wr_log *log;
    char prefix[64];
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    e->db = wr_db_open_memory();
    e->settings = settings_of(getenv("WEIR_TEST_KAFKA"));
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(e->prefix, sizeof e->prefix, "log-%lld-%ld", (long long)now.tv_sec, now.tv_nsec);
    OK(wr_log_kafka_new(&e->settings, e->db, &e->log, err));
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr_log_close(e->log);
    wr_settings_free(&e->settings);
    wr_db_close(e->db);
    wr_free(e);
    return 0;
}

static const char *named(env *e, const char *suffix, char out[128])
{
    snprintf(out, 128, "%s-%s", e->prefix, suffix);
    return out;
}

static void test_topics(void **state)
{
    env *e = *state;
    char name[128];
    wr_topic_spec spec = {
        .name = named(e, "topic", name), .partitions = 3, .replicas = 1, .retention_ms = 12345678};
    wr_topic_info info, *list;
    FAILS(wr_topic_describe(e->log, name, &info, err), WEIR_ERR_NOT_FOUND, "does not exist");
    OK(wr_topic_create(e->log, &spec, err));
    FAILS(wr_topic_create(e->log, &spec, err), WEIR_ERR_EXISTS, "already exists");
    OK(wr_topic_describe(e->log, name, &info, err));
    assert_int_equal(info.partitions, 3);
    assert_int_equal(info.replicas, 1);
    assert_int_equal(info.retention_ms, 12345678);
    wr_arena *a = wr_arena_new(0);
    uint32_t n, seen = 0;
    OK(wr_topic_list(e->log, a, &list, &n, err));
    for (uint32_t i = 0; i < n; i++)
        seen += strcmp(list[i].name, name) == 0 && list[i].partitions == 3;
    assert_int_equal(seen, 1);
    wr_arena_free(a);
    wr_topic_part parts[] = {{name, 0, 0}, {name, 2, 0}};
    int64_t low[2], high[2];
    OK(wr_topic_ends(e->log, parts, 2, low, high, err));
    assert_int_equal(high[1], 0);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    put(w, name, 2, "k", "v", 1);
    commit(w);
    wr_log_writer_close(w);
    OK(wr_topic_ends(e->log, parts, 2, low, high, err));
    assert_true(low[0] == 0 && high[0] == 0 && low[1] == 0 && high[1] == 1);
    parts[0].partition = 3; /* asked alone and among others */
    FAILS(wr_topic_ends(e->log, parts, 1, low, high, err), WEIR_ERR_NOT_FOUND, "no partition 3");
    FAILS(wr_topic_ends(e->log, parts, 2, low, high, err), WEIR_ERR_NOT_FOUND, "no partition 3");
    OK(wr_topic_remove(e->log, name, err));
    FAILS(wr_topic_remove(e->log, name, err), WEIR_ERR_NOT_FOUND, "does not exist");
    FAILS(wr_topic_describe(e->log, name, &info, err), WEIR_ERR_NOT_FOUND, "does not exist");
    spec.replicas = 7;
    FAILS(wr_topic_create(e->log, &spec, err), WEIR_ERR_LOG, "cannot be created");
}

/* The settings of what Weir makes for itself; the Python test reads them from the broker. */
/* Makes topics that others make too, and asks for each at once. */
typedef struct maker {
    env *e;
    wr_log *log; /* of its own: a broker answers the requests of a connection in turn */
    pthread_barrier_t *begin;
    bool first[MADE_TOGETHER]; /* it was this one that made the topic */
    uint32_t unknown;          /* topics that were not there after it was said that they exist */
} maker;

static void *make_topics(void *arg)
{
    maker *m = arg;
    for (int i = 0; i < MADE_TOGETHER; i++) {
        char suffix[24], name[128];
        wr_topic_info info;
        snprintf(suffix, sizeof suffix, "together-%d", i);
        wr_topic_spec spec = {
            .name = named(m->e, suffix, name), .partitions = 2, .replicas = 1, .retention_ms = -1};
        pthread_barrier_wait(m->begin);
        m->first[i] = wr_topic_create(m->log, &spec, NULL) == WEIR_OK;
        m->unknown += wr_topic_describe(m->log, name, &info, NULL) != WEIR_OK;
    }
    return NULL;
}

/* As servers of a service do with the internal topics of a new query. */
static void test_made_together(void **state)
{
    pthread_barrier_t begin;
    pthread_t threads[3];
    maker makers[3] = {0};
    pthread_barrier_init(&begin, NULL, 3);
    for (int i = 0; i < 3; i++) {
        makers[i] = (maker){.e = *state, .begin = &begin};
        OK(wr_log_kafka_new(&makers[i].e->settings, makers[i].e->db, &makers[i].log, err));
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_topics, &makers[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        wr_log_close(makers[i].log);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(makers[i].unknown, 0);
    for (int i = 0; i < MADE_TOGETHER; i++)
        assert_int_equal(makers[0].first[i] + makers[1].first[i] + makers[2].first[i], 1);
    pthread_barrier_destroy(&begin);
}

static void test_internal_topics(void **state)
{
    env *e = *state;
    char name[128];
    static const struct {
        const char *suffix;
        wr_topic_spec spec;
    } cases[] = {
        {"kept", {.compact = true}},
        {"windowed", {.compact = true, .compact_delete = true, .retention_ms = 90000000}},
        {"repartition", {.compact = false}},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_topic_spec spec = cases[i].spec;
        spec.name = named(e, cases[i].suffix, name);
        spec.partitions = spec.replicas = 1;
        spec.internal = true;
        if (!spec.retention_ms)
            spec.retention_ms = -1;
        OK(wr_topic_create(e->log, &spec, err));
        printf("internal topic: %s %s\n", cases[i].suffix, name);
    }
}

/* Read batches into checks until @p n records came, or a minute passed. */
static void read_n(wr_log_reader *r, uint32_t n, void (*check)(const wr_record *, uint32_t))
{
    uint32_t seen = 0;
    for (int quiet = 0; seen < n && quiet < 60;) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(r, 1000, 1000, &b, err));
        quiet = b ? 0 : quiet + 1;
        if (!b)
            continue;
        for (uint32_t i = 0; i < b->n; i++)
            check(&b->records[i], seen++);
        if (b->n)
            assert_int_equal(b->next_offset, b->records[b->n - 1].offset + 1);
        wr_log_reader_release(r, b);
    }
    assert_int_equal(seen, n);
}

static void check_kinds(const wr_record *r, uint32_t i)
{
    assert_int_equal(r->offset, i);
    assert_int_equal(r->timestamp, 1000 + i);
    switch (i) {
    case 0:
        assert_true(wr_str_eq_c(r->key, "key") && wr_str_eq_c(r->value, "value"));
        assert_null(r->headers);
        break;
    case 1:
        assert_null(r->key.ptr);
        assert_non_null(r->value.ptr);
        assert_int_equal(r->value.len, 0);
        break;
    case 2:
        assert_non_null(r->key.ptr);
        assert_int_equal(r->key.len, 0);
        assert_null(r->value.ptr);
        break;
    default:
        assert_int_equal(r->headers->n, 2);
        assert_true(wr_str_eq_c(r->headers->h[0].key, "h"));
        assert_true(wr_str_eq_c(r->headers->h[0].value, "x"));
        assert_null(r->headers->h[1].value.ptr);
    }
}

/* Keys and values that are NULL or empty, timestamps, headers; the position of a changelog. */
static void test_records(void **state)
{
    env *e = *state;
    char name[128];
    create_topic(e->log, named(e, "records", name), 2);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    assert_int_equal(wr_log_writer_position(w, name, 1), -1);
    wr_header h[] = {{WR_STR("h"), WR_STR("x")}, {WR_STR("h"), {0}}};
    wr_headers headers = {2, h};
    wr_str keys[] = {WR_STR("key"), {0}, WR_STR(""), WR_STR("k")};
    wr_str values[] = {WR_STR("value"), WR_STR(""), {0}, WR_STR("v")};
    int64_t timestamps[] = {1000, 1001, 1002, 1003};
    int32_t partitions[] = {1, 1, 1, 1};
    const wr_headers *all[] = {NULL, NULL, NULL, &headers};
    wr_out_records r = {.n = 4,
                        .keys = keys,
                        .values = values,
                        .timestamps = timestamps,
                        .partitions = partitions,
                        .headers = all};
    OK(wr_log_writer_produce(w, NULL, name, &r, err));
    assert_int_equal(wr_log_writer_pending(w), 10);
    OK(wr_log_writer_flush(w, err));
    assert_int_equal(wr_log_writer_position(w, name, 1), 4);
    assert_int_equal(wr_log_writer_position(w, name, 0), -1);
    commit(w);
    assert_int_equal(end_of(e->log, name, 1), 4);
    wr_log_reader *reader;
    wr_topic_part part = {name, 1, 0};
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &reader, err));
    OK(wr_log_reader_assign(reader, &part, 1, err));
    read_n(reader, 4, check_kinds);
    wr_log_reader_close(reader);

    partitions[0] = 2;
    FAILS(wr_log_writer_produce(w, NULL, name, &r, err), WEIR_ERR_NOT_FOUND, "no partition 2");
    OK(wr_log_writer_abort(w, NULL, err));
    FAILS(wr_log_writer_produce(w, NULL, "no-such-topic", &r, err), WEIR_ERR_NOT_FOUND,
          "no-such-topic");
    wr_str big = {wr_calloc(1, 2000000), 2000000};
    wr_out_records large = {.n = 1, .keys = keys, .values = &big, .timestamps = timestamps};
    OK(wr_log_writer_abort(w, NULL, err));
    FAILS(wr_log_writer_produce(w, NULL, name, &large, err), WEIR_ERR_LIMIT, "too large");
    wr_free((void *)(uintptr_t)big.ptr);
    OK(wr_log_writer_abort(w, NULL, err));
    wr_log_writer_close(w);
}

static void any(const wr_record *r, uint32_t i)
{
    assert_true(r->offset >= 0 && i < 3);
}

/* A partition that was paused, given up and assigned again is read: librdkafka would keep the
 * pause. One that is paused stays so. */
static void test_pause_ends_with_the_assignment(void **state)
{
    env *e = *state;
    char name[128];
    create_topic(e->log, named(e, "paused", name), 2);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    for (int i = 0; i < 3; i++)
        put(w, name, 1, "k", "v", 1000);
    commit(w);
    wr_log_writer_close(w);
    wr_log_reader *reader;
    const wr_topic_part parts[] = {{name, 0, 0}, {name, 1, 0}};
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &reader, err));
    OK(wr_log_reader_assign(reader, parts, 2, err));
    OK(wr_log_reader_pause(reader, 1, true, err));
    wr_log_batch *b;
    OK(wr_log_reader_poll(reader, 10, 300, &b, err));
    assert_null(b);
    OK(wr_log_reader_assign(reader, parts, 1, err)); /* without it */
    OK(wr_log_reader_poll(reader, 10, 100, &b, err));
    assert_null(b);
    OK(wr_log_reader_assign(reader, parts, 2, err));
    read_n(reader, 3, any);
    wr_log_reader_close(reader);
}

/* Time 0, which librdkafka takes for the present, with headers of its own and without. */
static void check_zero(const wr_record *r, uint32_t i)
{
    static const int64_t times[] = {0, 1, 0, 1, -2};
    assert_int_equal(r->timestamp, times[i]);
    if (i == 2 || i == 3) {
        assert_int_equal(r->headers->n, 1);
        assert_true(wr_str_eq_c(r->headers->h[0].key, "h"));
    } else {
        assert_null(r->headers);
    }
}

static void test_time_zero(void **state)
{
    env *e = *state;
    char name[128], hidden[160];
    wr_header h[] = {{WR_STR("h"), WR_STR("x")}};
    wr_headers headers = {1, h};
    const wr_headers *all[] = {NULL, NULL, &headers, &headers, NULL};
    wr_str keys[5] = {{0}}, values[5] = {{0}};
    int64_t times[] = {0, 1, 0, 1, -2};
    wr_out_records r = {
        .n = 5, .keys = keys, .values = values, .timestamps = times, .headers = all};
    wr_log_writer *w;
    wr_log_reader *reader;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));

    /* Between sub-topologies rows keep their times. */
    snprintf(hidden, sizeof hidden, "_confluent-ksql-%s", named(e, "zero-hidden", name));
    create_topic(e->log, hidden, 1);
    OK(wr_log_writer_produce(w, NULL, hidden, &r, err));
    commit(w);
    wr_topic_part part = {hidden, 0, 0};
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &reader, err));
    OK(wr_log_reader_assign(reader, &part, 1, err));
    read_n(reader, 5, check_zero);
    wr_log_reader_close(reader);
    OK(wr_topic_remove(e->log, hidden, err));

    /* Elsewhere such a record is refused, and nothing of it is written. */
    create_topic(e->log, named(e, "zero", name), 1);
    FAILS(wr_log_writer_produce(w, NULL, name, &r, err), WEIR_ERR_LIMIT, "A record of time 0");
    OK(wr_log_writer_abort(w, NULL, err));
    assert_int_equal(end_of(e->log, name, 0), 0);

    /* But where the broker puts its own time into the records, none is wrong. */
    wr_topic_spec stamped = {.name = named(e, "zero-stamped", name),
                             .partitions = 1,
                             .replicas = 1,
                             .retention_ms = 90000000,
                             .compact = true,
                             .compact_delete = true,
                             .internal = true};
    OK(wr_topic_create(e->log, &stamped, err));
    put(w, name, 0, "k", "v", 0);
    commit(w);
    assert_int_equal(end_of(e->log, name, 0), 1);
    wr_log_writer_close(w);
}

/* The limits of topics: none where Weir has made them. The Python test has others. */
static void test_record_times(void **state)
{
    env *e = *state;
    char name[128];
    wr_record_times t;
    create_topic(e->log, named(e, "times", name), 1);
    OK(wr_topic_record_times(e->log, name, &t, err));
    assert_true(t.past_max_ms == INT64_MAX && t.future_max_ms == INT64_MAX && t.no_zero);
    /* Not known: that is no reason to refuse rows. */
    OK(wr_topic_record_times(e->log, "no-such-topic", &t, err));
    assert_true(t.past_max_ms == INT64_MAX && t.future_max_ms == INT64_MAX && t.no_zero);
}

/* Many records in several partitions: nothing lost, order kept, partitions as Kafka's clients. */
static int64_t next_value[4];
static void check_many(const wr_record *r, uint32_t i)
{
    (void)i;
    int64_t value;
    assert_true(wr_str_to_i64(r->value, &value));
    assert_int_equal(r->partition, wr_partition_of(WR_PARTITIONER_MURMUR2, r->key, 4));
    assert_true(value > next_value[r->partition]);
    next_value[r->partition] = value;
}

static void test_many(void **state)
{
    env *e = *state;
    enum { N = 200000 };
    char name[128];
    create_topic(e->log, named(e, "many", name), 4);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    for (int i = 0; i < N; i++) {
        char key[16], value[16];
        snprintf(key, sizeof key, "k%d", i % 1000);
        snprintf(value, sizeof value, "%d", i + 1);
        put(w, name, -1, key, value, i + 1);
    }
    commit(w);
    wr_topic_part parts[4];
    for (int32_t p = 0; p < 4; p++)
        parts[p] = (wr_topic_part){name, p, WR_OFFSET_BEGINNING};
    wr_log_reader *reader;
    wr_settings small = settings_of(getenv("WEIR_TEST_KAFKA"));
    /* A queue that stalls librdkafka unless it is woken: a second per 1,000 records would show. */
    wr_settings_put(&small, "consumer.queued.min.messages", "1000");
    OK(wr_log_reader_new(e->log, NULL, &small, &reader, err));
    OK(wr_log_reader_assign(reader, parts, 4, err));
    read_n(reader, N, check_many);
    wr_log_reader_close(reader);
    wr_settings_free(&small);
    wr_log_writer_close(w);
}

static rd_kafka_t *transactional_producer(const char *id)
{
    char text[256];
    const char *const settings[][2] = {{"bootstrap.servers", getenv("WEIR_TEST_KAFKA")},
                                       {"transactional.id", id},
                                       {"compression.codec", "lz4"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < WR_ARRAY_LEN(settings); i++)
        assert_int_equal(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text),
                         0);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    assert_null(rd_kafka_init_transactions(rk, 60000));
    return rk;
}

/* Records of a transaction, which is then aborted or committed. */
static void transaction(rd_kafka_t *rk, const char *topic, int n, bool commit)
{
    const char *value = commit ? "good" : "aborted";
    assert_null(rd_kafka_begin_transaction(rk));
    for (int i = 0; i < n; i++)
        assert_int_equal(
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE((void *)(uintptr_t)value, strlen(value)),
                              RD_KAFKA_V_END),
            0);
    assert_int_equal(rd_kafka_flush(rk, 30000), 0);
    assert_null(commit ? rd_kafka_commit_transaction(rk, 30000)
                       : rd_kafka_abort_transaction(rk, 30000));
}

/* What was aborted is left out, and the position goes past it and past the markers. */
static void test_aborted(void **state)
{
    env *e = *state;
    char name[128];
    create_topic(e->log, named(e, "aborted", name), 1);
    rd_kafka_t *rk = transactional_producer(name);
    transaction(rk, name, 20, false);
    transaction(rk, name, 10, true);
    transaction(rk, name, 300, false);
    transaction(rk, name, 5, true);
    transaction(rk, name, 7, false);
    rd_kafka_destroy(rk);
    const int64_t end = 20 + 10 + 300 + 5 + 7 + 5; /* a marker for each */
    wr_log_reader *reader;
    wr_topic_part part = {name, 0, 0};
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &reader, err));
    OK(wr_log_reader_assign(reader, &part, 1, err));
    int64_t position = 0;
    uint32_t records = 0;
    for (int quiet = 0; position < end && quiet < 60;) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(reader, 1000, 1000, &b, err));
        quiet = b ? 0 : quiet + 1;
        if (!b)
            continue;
        for (uint32_t i = 0; i < b->n; i++)
            assert_true(wr_str_eq_c(b->records[i].value, "good"));
        records += b->n;
        position = b->next_offset;
        wr_log_reader_release(reader, b);
    }
    assert_int_equal(records, 15);
    assert_int_equal(position, end);
    assert_int_equal(wr_log_reader_known_end(reader, 0), end);
    wr_log_reader_close(reader);
}

/* ---- groups ---- */

typedef struct member {
    env *e;
    wr_log_reader *r;
    const char *group, *topic;
    wr_log_writer *w;
    int assigned, revoked;
    uint32_t parts_n;
    wr_topic_part parts[8]; /* offsets: next to process */
    wr_db_batch *state;
} member;

static weir_status member_commit(member *m, weir_error *err)
{
    WR_TRY(wr_log_writer_flush(m->w, err));
    wr_log_group_offsets group = {m->group, m->parts, m->parts_n};
    return wr_log_writer_commit(m->w, m->r, &group, 1, NULL, err);
}

/* Answer what the group has asked for, if anything. */
static void answer(member *m)
{
    const wr_log_rebalance *asked = wr_log_reader_rebalance(m->r);
    if (!asked)
        return;
    if (asked->kind != WR_REBALANCE_ASSIGN) {
        m->revoked++;
        assert_int_equal(asked->n, m->parts_n);
        if (asked->kind == WR_REBALANCE_REVOKE)
            OK(member_commit(m, err));
        m->parts_n = 0;
        OK(wr_log_reader_assign(m->r, NULL, 0, err));
        return;
    }
    m->assigned++;
    m->parts_n = asked->n;
    assert_true(asked->n <= 8);
    for (uint32_t i = 0; i < asked->n; i++) {
        m->parts[i] = asked->parts[i];
        m->parts[i].topic = m->topic;
    }
    OK(wr_group_committed(m->e->log, m->group, m->parts, m->parts_n, err));
    for (uint32_t i = 0; i < m->parts_n; i++)
        if (m->parts[i].offset < 0)
            m->parts[i].offset = 0;
    OK(wr_log_reader_assign(m->r, m->parts, m->parts_n, err));
}

static void join(member *m, env *e, const char *group, const char *topic)
{
    *m = (member){.e = e, .group = group, .topic = topic};
    OK(wr_log_writer_new(e->log, &e->settings, &m->w, err));
    OK(wr_log_reader_new(e->log, group, &e->settings, &m->r, err));
    OK(wr_log_reader_subscribe(m->r, &topic, 1, err));
}

static uint32_t step(member *m, int timeout_ms)
{
    wr_log_batch *b;
    OK(wr_log_reader_poll(m->r, 100, timeout_ms, &b, err));
    answer(m);
    if (!b)
        return 0;
    assert_true(b->assignment < m->parts_n);
    assert_ptr_equal(b->topic, m->topic);
    assert_int_equal(m->parts[b->assignment].partition, b->partition);
    if (b->n) /* in order, from where the last owner stopped */
        assert_int_equal(b->records[0].offset, m->parts[b->assignment].offset);
    m->parts[b->assignment].offset = b->next_offset;
    uint32_t n = b->n;
    wr_log_reader_release(m->r, b);
    return n;
}

static void leave(member *m)
{
    wr_log_reader_close(m->r);
    wr_log_writer_close(m->w);
}

/* A second member takes half, leaves, and the first goes on with all: nothing twice, nothing lost.
 */
static void test_groups(void **state)
{
    env *e = *state;
    char name[128], group[128];
    named(e, "group", group);
    create_topic(e->log, named(e, "grouped", name), 4);
    wr_topic_part none = {name, 0, 0};
    OK(wr_group_committed(e->log, group, &none, 1, err));
    assert_int_equal(none.offset, WR_OFFSET_NONE);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    for (int i = 0; i < 400; i++)
        put(w, name, i % 4, "k", "v", i + 1);
    commit(w);
    member a, b;
    join(&a, e, group, name);
    uint32_t seen = 0;
    for (int i = 0; seen < 400 && i < 300; i++)
        seen += step(&a, 200);
    assert_int_equal(seen, 400);
    assert_int_equal(a.parts_n, 4);
    join(&b, e, group, name); /* makes a commit what it has, before it answers */
    for (int i = 0; (a.parts_n != 2 || b.parts_n != 2) && i < 600; i++) {
        seen += step(&a, 50);
        seen += step(&b, 50);
    }
    assert_int_equal(a.parts_n, 2);
    assert_int_equal(b.parts_n, 2);
    for (int i = 0; i < 400; i++)
        put(w, name, i % 4, "k", "v", i + 1);
    commit(w);
    for (int i = 0; seen < 800 && i < 600; i++) {
        seen += step(&a, 50);
        seen += step(&b, 50);
    }
    assert_int_equal(seen, 800);
    OK(member_commit(&b, err));
    leave(&b);
    for (int i = 0; a.parts_n != 4 && i < 600; i++)
        seen += step(&a, 50);
    assert_int_equal(a.parts_n, 4);
    assert_int_equal(seen, 800); /* b's offsets were taken over */
    OK(member_commit(&a, err));
    leave(&a);
    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(committed_of(e->log, group, name, p), 200);
    OK(wr_group_drop(e->log, group, err));
    OK(wr_group_drop(e->log, group, err)); /* of none: nothing to do */
    assert_int_equal(committed_of(e->log, group, name, 0), WR_OFFSET_NONE);
    wr_log_writer_close(w);
}

/* A group without members: offsets by the admin interface; the state with them. */
static void test_commit_state(void **state)
{
    env *e = *state;
    char name[128], group[128];
    named(e, "memberless", group);
    create_topic(e->log, named(e, "state", name), 1);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    put(w, name, 0, "k", "v", 1);
    wr_db_batch *b = wr_db_batch_new(e->db);
    wr_db_batch_meta_put(b, WR_STR("note"), WR_STR("42"));
    wr_topic_part part = {name, 0, 1};
    OK(wr_log_writer_flush(w, err));
    wr_log_group_offsets offsets = {group, &part, 1};
    OK(wr_log_writer_commit(w, NULL, &offsets, 1, b, err));
    wr_db_batch_free(b);
    assert_int_equal(committed_of(e->log, group, name, 0), 1);
    wr_buf value = {0};
    bool found;
    OK(wr_db_meta_get(e->db, NULL, WR_STR("note"), &value, &found, err));
    assert_true(found && wr_str_eq_c(wr_buf_view(&value), "42"));
    wr_buf_free(&value);
    wr_log_writer_close(w);
}

/* ---- the program that copies ---- */

static int copy(const char *from, const char *to, int64_t n, const char *group)
{
    env *e;
    void *state;
    setup(&state);
    e = state;
    member m;
    /* The broker is away for longer than our own default on a busy machine; who is not a member any
     * more would have to join again, which is the worker's business. */
    wr_settings_put(&e->settings, "consumer.session.timeout.ms", "45000");
    join(&m, e, group, from);
    int64_t done = 0, polls = 0;
    while (done < n) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(m.r, 500, 200, &b, err));
        answer(&m);
        for (uint32_t i = 0; b && i < b->n; i++) {
            const wr_record *r = &b->records[i];
            wr_out_records out = {.n = 1,
                                  .keys = &r->key,
                                  .values = &r->value,
                                  .timestamps = &r->timestamp,
                                  .partitions = &r->partition};
            OK(wr_log_writer_produce(m.w, NULL, to, &out, err));
        }
        if (b) {
            m.parts[b->assignment].offset = b->next_offset;
            done += b->n;
            wr_log_reader_release(m.r, b);
        }
        if (++polls % 5 == 0)
            OK(member_commit(&m, err));
        printf("%lld\n", (long long)done);
        fflush(stdout);
    }
    OK(member_commit(&m, err));
    leave(&m);
    teardown(&state);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "copy") == 0)
        return copy(argv[2], argv[3], strtoll(argv[4], NULL, 10), argv[5]);
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_own_client_refuses),
    };
    const struct CMUnitTest with_broker[] = {
        cmocka_unit_test_setup_teardown(test_topics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_made_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_internal_topics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause_ends_with_the_assignment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_times, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_aborted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commit_state, setup, teardown),
    };
    if (getenv("WEIR_TEST_KAFKA"))
        return cmocka_run_group_tests(with_broker, NULL, NULL);
    return cmocka_run_group_tests(alone, NULL, NULL);
}
