/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers that several share: whose fault a refused record is, what an abort of one owner leaves to
 * the others, and writing in one call. The same on the memory log, on the embedded one, and on
 * Kafka where WEIR_TEST_KAFKA names a broker.
 */
#include "log_helper.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

typedef struct env {
    bool kafka;
    char dir[256];
    wr_settings settings;
    wr_db *db;
    wr_log *log;
    wr_log_writer *w;
    char a[80], b[80]; /* topics of one partition */
    wr_log_owner first, second;
} env;

static env *new_env(void)
{
    env *e = wr_calloc(1, sizeof *e);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(e->a, sizeof e->a, "writer-%lld-%ld-a", (long long)now.tv_sec, now.tv_nsec);
    snprintf(e->b, sizeof e->b, "writer-%lld-%ld-b", (long long)now.tv_sec, now.tv_nsec);
    wr_settings_init(&e->settings, NULL);
    wr_log_owner_init(&e->first, "first");
    wr_log_owner_init(&e->second, "second");
    return e;
}

static int ready(void **state, env *e)
{
    create_topic(e->log, e->a, 1);
    create_topic(e->log, e->b, 1);
    OK(wr_log_writer_new(e->log, &e->settings, &e->w, err));
    *state = e;
    return 0;
}

static int setup_memory(void **state)
{
    env *e = new_env();
    e->db = wr_db_open_memory();
    OK(wr_log_memory_new(e->db, &e->log, err));
    return ready(state, e);
}

static int setup_local(void **state)
{
    env *e = new_env();
    make_temp(e->dir, sizeof e->dir);
    wr_db_options options = wr_db_options_default();
    OK(wr_db_open(e->dir, &options, &e->db, err));
    OK(wr_log_local_new(e->db, NULL, &e->log, err));
    return ready(state, e);
}

static int setup_kafka(void **state)
{
    env *e = new_env();
    e->kafka = true;
    e->db = wr_db_open_memory();
    put_kafka(&e->settings, getenv("WEIR_TEST_KAFKA"));
    OK(wr_log_kafka_new(&e->settings, e->db, &e->log, err));
    return ready(state, e);
}

static int teardown(void **state)
{
    env *e = *state;
    weir_error gone; /* tests delete topics too */
    wr_log_writer_close(e->w);
    (void)wr_topic_remove(e->log, e->a, &gone);
    (void)wr_topic_remove(e->log, e->b, &gone);
    wr_log_close(e->log);
    wr_db_close(e->db);
    wr_settings_free(&e->settings);
    if (e->dir[0])
        remove_tree(e->dir);
    wr_free(e);
    return 0;
}

/* ---- short forms ---- */

static weir_status give(env *e, wr_log_owner *owner, const char *topic, const char *value,
                        weir_error *err)
{
    wr_str k = WR_STR("k"), v = wr_str_c(value);
    int64_t timestamp = 1;
    wr_out_records r = {.n = 1, .keys = &k, .values = &v, .timestamps = &timestamp};
    return wr_log_writer_produce(e->w, owner, topic, &r, err);
}

/* A record that no log takes. */
static weir_status give_bad(env *e, wr_log_owner *owner, const char *topic, weir_error *err)
{
    wr_str k = WR_STR("k");
    int64_t timestamp = 1;
    int32_t partition = 7;
    wr_out_records r = {
        .n = 1, .keys = &k, .values = &k, .timestamps = &timestamp, .partitions = &partition};
    return wr_log_writer_produce(e->w, owner, topic, &r, err);
}

static weir_status sync_write(env *e, wr_log_owner *owner, const char *topic, const char *value,
                              const wr_log_wait *wait, weir_error *err)
{
    wr_str k = WR_STR("k"), v = wr_str_c(value);
    int64_t timestamp = 1;
    wr_out_records r = {.n = 1, .keys = &k, .values = &v, .timestamps = &timestamp};
    return wr_log_write_sync(e->w, owner, topic, &r, wait, err);
}

/* The values of the topic's only partition are these, in this order. */
static void expect(env *e, const char *topic, const char *const *values, size_t n)
{
    wr_log_reader *r;
    wr_topic_part part = {topic, 0, 0};
    int64_t end = end_of(e->log, topic, 0);
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    size_t at = 0;
    for (int64_t next = 0; next < end;) {
        wr_log_batch *batch;
        OK(wr_log_reader_poll(r, 100, 5000, &batch, err));
        assert_non_null(batch);
        for (uint32_t i = 0; i < batch->n; i++, at++) {
            assert_true(at < n);
            wr_str v = batch->records[i].value;
            assert_int_equal(v.len, strlen(values[at]));
            assert_memory_equal(v.ptr, values[at], v.len);
        }
        next = batch->next_offset;
        wr_log_reader_release(r, batch);
    }
    assert_int_equal(at, n);
    wr_log_reader_close(r);
}
#define EXPECT(e, topic, ...)                                                                      \
    expect(e, topic, (const char *const[]){__VA_ARGS__},                                           \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- owners ---- */

static void test_owner(void **state)
{
    (void)state;
    wr_log_owner o;
    weir_error err, got;
    wr_log_owner_init(&o, "a query");
    assert_false(wr_log_owner_failed(&o, NULL));
    wr_error(&err, WEIR_ERR_LIMIT, "the first");
    wr_log_owner_fail(&o, &err);
    wr_error(&err, WEIR_ERR_LOG, "its consequence");
    wr_log_owner_fail(&o, &err);
    assert_true(wr_log_owner_failed(&o, NULL));
    assert_true(wr_log_owner_failed(&o, &got));
    assert_int_equal(got.code, WEIR_ERR_LIMIT);
    assert_string_equal(got.message, "the first");
    wr_log_owner_reset(&o);
    assert_false(wr_log_owner_failed(&o, NULL));
    wr_log_owner_fail(&o, &err);
    assert_true(wr_log_owner_failed(&o, &got));
    assert_string_equal(got.message, "its consequence");
}

enum { FAILERS = 4, ROUNDS = 2000 };

static void *fail_often(void *arg)
{
    weir_error err, got;
    wr_error(&err, WEIR_ERR_LOG, "refused");
    for (int i = 0; i < ROUNDS; i++) {
        wr_log_owner_fail(arg, &err);
        if (wr_log_owner_failed(arg, &got) && strcmp(got.message, "refused") != 0)
            return arg; /* half an error was seen */
    }
    return NULL;
}

static void test_owner_threads(void **state)
{
    (void)state;
    pthread_t threads[FAILERS];
    wr_log_owner o;
    wr_log_owner_init(&o, "a query");
    for (int i = 0; i < FAILERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fail_often, &o), 0);
    for (int i = 0; i < FAILERS; i++) {
        void *seen;
        assert_int_equal(pthread_join(threads[i], &seen), 0);
        assert_null(seen);
    }
    assert_true(wr_log_owner_failed(&o, NULL));
}

/* A record that is refused fails who produced it; the other's are written. */
static void test_refused(void **state)
{
    env *e = *state;
    OK(give(e, &e->first, e->a, "first 1", err));
    OK(give(e, &e->second, e->a, "second 1", err));
    FAILS(give_bad(e, &e->first, e->a, err), WEIR_ERR_NOT_FOUND, "no partition 7");
    assert_true(wr_log_owner_failed(&e->first, NULL));
    assert_false(wr_log_owner_failed(&e->second, NULL));
    assert_false(wr_log_writer_failed(e->w, NULL));
    FAILS(give(e, &e->first, e->a, "not any more", err), WEIR_ERR_NOT_FOUND, "no partition 7");
    OK(give(e, &e->second, e->b, "second 2", err));

    OK(wr_log_writer_flush(e->w, err));
    FAILS(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err), WEIR_ERR_NOT_FOUND,
          "no partition 7");
    OK(wr_log_writer_abort(e->w, &e->first, err));
    assert_true(wr_log_owner_failed(&e->first, NULL)); /* an abort forgives nothing */
    OK(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err));
    if (e->kafka) /* what is out is out */
        EXPECT(e, e->a, "first 1", "second 1");
    else
        EXPECT(e, e->a, "second 1");
    EXPECT(e, e->b, "second 2");

    wr_log_owner_reset(&e->first);
    OK(give(e, &e->first, e->b, "first 2", err));
    OK(wr_log_writer_flush(e->w, err));
    OK(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err));
    EXPECT(e, e->b, "second 2", "first 2");
}

/* Who produces for nobody in particular learns of it by the flush, until everything is aborted. */
static void test_own(void **state)
{
    env *e = *state;
    FAILS(give_bad(e, NULL, e->a, err), WEIR_ERR_NOT_FOUND, "no partition 7");
    FAILS(wr_log_writer_flush(e->w, err), WEIR_ERR_NOT_FOUND, "no partition 7");
    OK(give(e, &e->first, e->a, "1", err)); /* others do not care */
    OK(wr_log_writer_abort(e->w, NULL, err));
    assert_int_equal(wr_log_writer_pending(e->w), 0);
    OK(give(e, NULL, e->b, "2", err));
    commit(e->w);
    EXPECT(e, e->b, "2");
}

/* Two owners with records for one partition: dense offsets, each owner's in its order. */
static void test_offsets(void **state)
{
    env *e = *state;
    enum { N = 3000 };
    char text[32];
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "%d", i);
        OK(give(e, i % 2 ? &e->first : &e->second, e->a, text, err));
        if (i % 1000 == 999)
            commit(e->w);
    }
    assert_int_equal(end_of(e->log, e->a, 0), N);
    wr_log_reader *r;
    wr_topic_part part = {e->a, 0, 0};
    OK(wr_log_reader_new(e->log, NULL, &e->settings, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    int last[2] = {-2, -1};
    for (int64_t next = 0; next < N;) {
        wr_log_batch *batch;
        OK(wr_log_reader_poll(r, 500, 5000, &batch, err));
        assert_non_null(batch);
        for (uint32_t i = 0; i < batch->n; i++) {
            assert_int_equal(batch->records[i].offset, next + i);
            snprintf(text, sizeof text, "%.*s", WR_STR_ARG(batch->records[i].value));
            int v = atoi(text); /* NOLINT: our own digits */
            assert_int_equal(v, last[v % 2] + 2);
            last[v % 2] = v;
        }
        next = batch->next_offset;
        wr_log_reader_release(r, batch);
    }
    assert_int_equal(last[0], N - 2);
    assert_int_equal(last[1], N - 1);
    wr_log_reader_close(r);
}

static void test_pending(void **state)
{
    env *e = *state;
    OK(give(e, &e->first, e->a, "123", err));
    OK(give(e, &e->first, e->b, "1", err));
    OK(give(e, &e->second, e->a, "12345", err));
    assert_int_equal(wr_log_writer_pending(e->w), 4 + 2 + 6);
    OK(wr_log_writer_flush(e->w, err));
    OK(wr_log_writer_abort(e->w, &e->first, err));
    assert_int_equal(wr_log_writer_pending(e->w), 6);
    OK(wr_log_writer_abort(e->w, &e->first, err)); /* again: nothing more to forget */
    assert_int_equal(wr_log_writer_pending(e->w), 6);
    OK(wr_log_writer_abort(e->w, NULL, err));
    assert_int_equal(wr_log_writer_pending(e->w), 0);
}

/* An owner's memory may go once it is aborted: another may come to lie at the same place. */
static void test_owners_come_and_go(void **state)
{
    env *e = *state;
    for (int i = 0; i < 50; i++) {
        wr_log_owner *o = wr_calloc(1, sizeof *o);
        wr_log_owner_init(o, "short-lived");
        OK(give(e, o, i % 2 ? e->a : e->b, "v", err));
        if (i % 3 == 0)
            OK(wr_log_writer_flush(e->w, err));
        OK(wr_log_writer_abort(e->w, o, err));
        memset(o, 0xee, sizeof *o);
        wr_free(o);
    }
    OK(give(e, &e->first, e->a, "the last", err));
    commit(e->w);
    int64_t end = end_of(e->log, e->a, 0);
    assert_int_equal(end, e->kafka ? 26 : 1);
}

/* The topic goes between produce and flush: its owner alone learns of it. */
static void test_deleted(void **state)
{
    env *e = *state;
    OK(give(e, &e->first, e->a, "1", err));
    OK(give(e, &e->second, e->b, "2", err));
    OK(wr_topic_remove(e->log, e->a, err));
    OK(wr_log_writer_flush(e->w, err));
    weir_error why;
    assert_true(wr_log_owner_failed(&e->first, &why));
    assert_int_equal(why.code, WEIR_ERR_NOT_FOUND);
    assert_non_null(strstr(why.message, e->a));
    assert_false(wr_log_owner_failed(&e->second, NULL));
    FAILS(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err), WEIR_ERR_NOT_FOUND, e->a);
    OK(wr_log_writer_abort(e->w, &e->first, err));
    OK(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err));
    EXPECT(e, e->b, "2");
    wr_log_owner_reset(&e->first);
    FAILS(give(e, &e->first, e->a, "3", err), WEIR_ERR_NOT_FOUND, e->a);
}

/* It goes between flush and commit: nothing is written, and the commit says whose fault it is. */
static void test_deleted_late(void **state)
{
    env *e = *state;
    OK(give(e, &e->first, e->a, "1", err));
    OK(give(e, &e->second, e->b, "2", err));
    OK(wr_log_writer_flush(e->w, err));
    OK(wr_topic_remove(e->log, e->a, err));
    FAILS(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err), WEIR_ERR_NOT_FOUND, e->a);
    assert_true(wr_log_owner_failed(&e->first, NULL));
    assert_false(wr_log_owner_failed(&e->second, NULL));
    assert_int_equal(end_of(e->log, e->b, 0), 0);
    OK(wr_log_writer_abort(e->w, &e->first, err));
    OK(wr_log_writer_commit(e->w, NULL, NULL, 0, NULL, err));
    EXPECT(e, e->b, "2");
}

/* A topic that is made anew under a writer: it is written at once. */
static void test_made_anew(void **state)
{
    env *e = *state;
    OK(sync_write(e, NULL, e->a, "old", NULL, err));
    OK(wr_topic_remove(e->log, e->a, err));
    weir_error why;
    weir_status st = sync_write(e, NULL, e->a, "lost", NULL, &why);
    assert_true(st != WEIR_OK || e->kafka); /* which may not know yet */
    create_topic(e->log, e->a, 1);
    OK(sync_write(e, NULL, e->a, "new", NULL, err));
    EXPECT(e, e->a, "new");
}

/* ---- in one call ---- */

/* A write that is refused spoils none that follows, and none that follows writes it. */
static void test_sync(void **state)
{
    env *e = *state;
    OK(sync_write(e, NULL, e->a, "1", NULL, err));
    EXPECT(e, e->a, "1");
    FAILS(sync_write(e, NULL, "no-such-topic", "x", NULL, err), WEIR_ERR_NOT_FOUND, "no-such");
    wr_str keys[2] = {WR_STR("k"), WR_STR("k")}, values[2] = {WR_STR("half"), WR_STR("bad")};
    int64_t timestamps[2] = {1, 1};
    int32_t partitions[2] = {0, 7};
    wr_out_records r = {
        .n = 2, .keys = keys, .values = values, .timestamps = timestamps, .partitions = partitions};
    FAILS(wr_log_write_sync(e->w, NULL, e->b, &r, NULL, err), WEIR_ERR_NOT_FOUND, "no partition 7");
    assert_int_equal(wr_log_writer_pending(e->w), 0);
    OK(sync_write(e, NULL, e->a, "2", NULL, err));
    OK(sync_write(e, &e->first, e->a, "3", NULL, err));
    EXPECT(e, e->a, "1", "2", "3");
    if (!e->kafka)
        assert_int_equal(end_of(e->log, e->b, 0), 0);
    assert_false(wr_log_owner_failed(&e->first, NULL));
}

static void test_sync_gives_up(void **state)
{
    env *e = *state;
    atomic_bool cancel = true;
    FAILS(sync_write(e, NULL, e->a, "x", &(wr_log_wait){-1, &cancel}, err), WEIR_ERR_INTERRUPTED,
          e->a);
    FAILS(sync_write(e, NULL, e->a, "x", &(wr_log_wait){0, NULL}, err), WEIR_ERR_LOG, "too long");
    atomic_store(&cancel, false);
    OK(sync_write(e, NULL, e->a, "y", &(wr_log_wait){10000, &cancel}, err));
    EXPECT(e, e->a, "y");
}

enum { WRITERS = 4, WRITES = 50 };

static void *write_often(void *arg)
{
    env *e = arg;
    wr_log_owner o;
    wr_log_owner_init(&o, "a statement");
    for (int i = 0; i < WRITES; i++) {
        weir_error err;
        if (i % 10 == 9 && sync_write(e, &o, "no-such-topic", "x", NULL, &err) == WEIR_OK)
            return e;
        if (sync_write(e, &o, i % 2 ? e->a : e->b, "v", NULL, &err) != WEIR_OK)
            return e;
    }
    return NULL;
}

/* Statements of several threads take turns; those that fail do no harm to the others. */
static void test_sync_threads(void **state)
{
    env *e = *state;
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, e), 0);
    for (int i = 0; i < WRITERS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(end_of(e->log, e->a, 0), WRITERS * WRITES / 2);
    assert_int_equal(end_of(e->log, e->b, 0), WRITERS * WRITES / 2);
}

/* ---- Kafka alone ---- */

/* The broker refuses what the producer let through: the report comes after the call. */
static void test_refused_by_broker(void **state)
{
    env *e = *state;
    wr_settings_put(&e->settings, "producer.message.max.bytes", "8000000");
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    size_t len = 4000000; /* the broker takes 1 MiB */
    char *bytes = wr_calloc(1, len);
    wr_rng rng;
    wr_rng_seed(&rng, 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)wr_rng_next(&rng); /* nothing to compress */
    wr_str k = WR_STR("k"), v = wr_str_make(bytes, len), good = WR_STR("good");
    int64_t timestamp = 1;
    wr_out_records large = {.n = 1, .keys = &k, .values = &v, .timestamps = &timestamp};
    wr_out_records small = {.n = 1, .keys = &k, .values = &good, .timestamps = &timestamp};
    weir_error why;
    if (wr_log_writer_produce(w, &e->first, e->a, &large, &why) != WEIR_OK)
        assert_int_equal(why.code, WEIR_ERR_LIMIT); /* the broker was fast */
    OK(wr_log_writer_produce(w, &e->second, e->b, &small, err));
    OK(wr_log_writer_flush(w, err));
    assert_true(wr_log_owner_failed(&e->first, &why));
    assert_int_equal(why.code, WEIR_ERR_LIMIT);
    assert_non_null(strstr(why.message, e->a));
    assert_false(wr_log_owner_failed(&e->second, NULL));
    OK(wr_log_writer_abort(w, &e->first, err));
    OK(wr_log_writer_commit(w, NULL, NULL, 0, NULL, err));
    assert_int_equal(wr_log_writer_position(w, e->b, 0), 1);
    EXPECT(e, e->b, "good");
    /* And in one call: the next one is not spoilt. */
    FAILS(wr_log_write_sync(w, NULL, e->a, &large, NULL, err), WEIR_ERR_LIMIT, e->a);
    OK(wr_log_write_sync(w, NULL, e->a, &small, NULL, err));
    wr_free(bytes);
    wr_log_writer_close(w);
}

typedef struct canceller {
    atomic_bool flag;
    int after_ms;
} canceller;

static void *cancel_later(void *arg)
{
    canceller *c = arg;
    struct timespec t = {0, c->after_ms * 1000000L};
    nanosleep(&t, NULL);
    atomic_store(&c->flag, true);
    return NULL;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Twenty records into a queue that takes ten. */
static weir_status give_twenty(env *e, wr_log_writer *w, weir_error *err)
{
    weir_status st = WEIR_OK;
    wr_str k = WR_STR("k");
    int64_t timestamp = 1;
    wr_out_records r = {.n = 1, .keys = &k, .values = &k, .timestamps = &timestamp};
    for (int i = 0; st == WEIR_OK && i < 20; i++)
        st = wr_log_writer_produce(w, &e->first, e->a, &r, err);
    return st;
}

/* Acknowledgements do not come: a produce at the full queue and a flush hear the stop. */
static void stop(env *e, wr_log_writer *w, canceller *c)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, c), 0);
    int64_t since = now_ms();
    FAILS(give_twenty(e, w, err), WEIR_ERR_INTERRUPTED, "interrupted");
    assert_true(now_ms() - since < 5000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(wr_log_owner_failed(&e->first, NULL)); /* nobody's fault */
    assert_false(wr_log_writer_failed(w, NULL));
    FAILS(wr_log_writer_flush(w, err), WEIR_ERR_INTERRUPTED, "interrupted");
    atomic_store(&c->flag, false);
}

static void test_cancel(void **state)
{
    env *e = *state;
    const char *client = getenv("WEIR_TEST_KAFKA_CLIENT");
    int taken = 10;
    wr_settings_put(&e->settings, "producer.queue.buffering.max.messages", "10");
    wr_settings_put(&e->settings, "producer.linger.ms", "60000");
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    canceller c = {.after_ms = 200};
    wr_log_writer_cancel_on(w, &c.flag);
    if (client && strcmp(client, "wire") == 0) {
        OK(give_twenty(e, w, err)); /* it does not wait for company where there is no room for it */
        taken = 20;
    } else {
        stop(e, w, &c);
    }
    OK(wr_log_writer_flush(w, err)); /* it goes on where it was stopped */
    OK(wr_log_writer_commit(w, NULL, NULL, 0, NULL, err));
    assert_int_equal(end_of(e->log, e->a, 0), taken);
    wr_log_writer_close(w);
}

/* The same beside a broker that takes connections and says nothing. */
static void test_cancel_silence(void **state)
{
    env *e = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(at.sin_port));
    wr_settings_put(&e->settings, "producer.bootstrap.servers", address);
    wr_settings_put(&e->settings, "producer.queue.buffering.max.messages", "10");
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    canceller c = {.after_ms = 200};
    wr_log_writer_cancel_on(w, &c.flag);
    stop(e, w, &c);
    OK(wr_log_writer_abort(w, NULL, err));
    assert_int_equal(wr_log_writer_pending(w), 0);
    OK(wr_log_writer_flush(w, err)); /* nothing is left */
    wr_log_writer_close(w);
    close(listener);
}

/* Nobody answers the producer: the writer has failed, and no owner of it. */
static void test_connection(void **state)
{
    env *e = *state;
    wr_settings_put(&e->settings, "producer.bootstrap.servers", "127.0.0.1:1");
    wr_settings_put(&e->settings, "producer.message.timeout.ms", "300");
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, &e->settings, &w, err));
    wr_str k = WR_STR("k");
    int64_t timestamp = 1;
    wr_out_records r = {.n = 1, .keys = &k, .values = &k, .timestamps = &timestamp};
    OK(wr_log_writer_produce(w, &e->first, e->a, &r, err));
    FAILS(wr_log_writer_flush(w, err), WEIR_ERR_LOG, "timed out");
    weir_error why;
    assert_true(wr_log_writer_failed(w, &why));
    assert_true(why.flags & WEIR_ERROR_RETRIABLE);
    assert_false(wr_log_owner_failed(&e->first, NULL));
    FAILS(wr_log_writer_produce(w, &e->second, e->b, &r, err), WEIR_ERR_LOG, "timed out");
    assert_false(wr_log_owner_failed(&e->second, NULL));
    OK(wr_log_writer_abort(w, NULL, err));
    assert_false(wr_log_writer_failed(w, NULL));
    OK(wr_log_writer_produce(w, &e->second, e->b, &r, err)); /* it is tried again */
    wr_log_writer_close(w);
}

#define ON(log, f)                                                                                 \
    {                                                                                              \
#f "_" #log, f, setup_##log, teardown, NULL                                                \
    }
#define ALL(log)                                                                                   \
    ON(log, test_refused), ON(log, test_own), ON(log, test_offsets), ON(log, test_pending),        \
        ON(log, test_owners_come_and_go), ON(log, test_sync), ON(log, test_sync_gives_up),         \
        ON(log, test_sync_threads), ON(log, test_made_anew)

int main(void)
{
    static const struct CMUnitTest embedded[] = {
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_owner_threads),
        ALL(memory),
        ALL(local),
        ON(memory, test_deleted),
        ON(local, test_deleted),
        ON(memory, test_deleted_late),
    };
    static const struct CMUnitTest kafka[] = {
        ALL(kafka),
        ON(kafka, test_refused_by_broker),
        ON(kafka, test_cancel),
        ON(kafka, test_cancel_silence),
        ON(kafka, test_connection),
    };
    int failed = cmocka_run_group_tests_name("embedded", embedded, NULL, NULL);
    if (getenv("WEIR_TEST_KAFKA"))
        failed += cmocka_run_group_tests_name("kafka", kafka, NULL, NULL);
    return failed;
}
