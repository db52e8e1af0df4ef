/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failing log does what it says; and with it, what users of a log rely on whatever call fails:
 * a copy from topic to topic loses nothing and, where the commit is atomic, repeats nothing.
 */
#include "failing_log.h"

#include "statestore/store.h"

typedef struct env {
    wr_db *db;
    failing_log *f;
    wr_log *log; /* f's */
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    wr_log *inner;
    e->db = wr_db_open_memory();
    OK(wr_log_memory_new(e->db, &inner, err));
    e->f = failing_log_new(inner);
    e->log = &e->f->base;
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr_log_close(e->log);
    wr_db_close(e->db);
    wr_free(e);
    return 0;
}

static weir_status give(wr_log_writer *w, wr_log_owner *o, const char *topic, const char *value,
                        weir_error *err)
{
    wr_str k = WR_STR("k"), v = wr_str_c(value);
    int64_t timestamp = 1;
    int32_t partition = 0;
    wr_out_records r = {
        .n = 1, .keys = &k, .values = &v, .timestamps = &timestamp, .partitions = &partition};
    return wr_log_writer_produce(w, o, topic, &r, err);
}

/* ---- the log itself ---- */

static void test_counts_and_fails(void **state)
{
    env *e = *state;
    weir_error why;
    create_topic(e->log, "t", 1);
    assert_int_equal(failing_log_count(e->f, FL_CREATE), 1);
    failing_log_fail(e->f, FL_ENDS, 2, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
    assert_int_equal(end_of(e->log, "t", 0), 0);
    wr_topic_part part = {"t", 0, 0};
    int64_t low, high;
    assert_int_equal(wr_topic_ends(e->log, &part, 1, &low, &high, &why), WEIR_ERR_LOG);
    assert_true(why.flags & WEIR_ERROR_RETRIABLE);
    assert_int_equal(end_of(e->log, "t", 0), 0); /* once */
    assert_int_equal(failing_log_count(e->f, FL_ENDS), 3);
}

static void test_connection(void **state)
{
    env *e = *state;
    wr_log_writer *w;
    wr_log_owner o;
    wr_log_owner_init(&o, "o");
    create_topic(e->log, "t", 1);
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    failing_log_fail(e->f, FL_FLUSH, 1, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
    OK(give(w, &o, "t", "1", err));
    FAILS(wr_log_writer_flush(w, err), WEIR_ERR_LOG, "planned");
    assert_true(wr_log_writer_failed(w, NULL));
    assert_false(wr_log_owner_failed(&o, NULL));
    FAILS(give(w, &o, "t", "2", err), WEIR_ERR_LOG, "planned");
    OK(wr_log_writer_abort(w, NULL, err));
    assert_false(wr_log_writer_failed(w, NULL));
    OK(give(w, &o, "t", "3", err));
    commit(w);
    assert_int_equal(end_of(e->log, "t", 0), 1);
    failing_log_fail(e->f, FL_PRODUCE, 1, WEIR_ERR_LOG, WEIR_ERROR_FATAL);
    FAILS(give(w, &o, "t", "4", err), WEIR_ERR_LOG, "planned");
    OK(wr_log_writer_abort(w, NULL, err));
    assert_true(wr_log_writer_failed(w, NULL)); /* for good */
    wr_log_writer_close(w);
}

static void test_refuses(void **state)
{
    env *e = *state;
    wr_log_writer *w;
    wr_log_owner bad, good;
    wr_log_owner_init(&bad, "bad");
    wr_log_owner_init(&good, "good");
    create_topic(e->log, "t", 1);
    create_topic(e->log, "u", 1);
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    for (int late = 0; late < 2; late++) {
        failing_log_refuse(e->f, "t", late);
        OK(give(w, &good, "u", "good", err));
        if (late)
            OK(give(w, &bad, "t", "bad", err));
        else
            FAILS(give(w, &bad, "t", "bad", err), WEIR_ERR_LIMIT, "refused");
        OK(wr_log_writer_flush(w, err));
        assert_true(wr_log_owner_failed(&bad, NULL));
        assert_false(wr_log_owner_failed(&good, NULL));
        assert_false(wr_log_writer_failed(w, NULL));
        OK(wr_log_writer_abort(w, &bad, err));
        wr_log_owner_reset(&bad);
        OK(wr_log_writer_commit(w, NULL, NULL, 0, NULL, err));
        assert_int_equal(end_of(e->log, "u", 0), late + 1);
        assert_int_equal(end_of(e->log, "t", 0), 0);
    }
    failing_log_refuse(e->f, NULL, false);
    OK(give(w, &bad, "t", "not bad any more", err));
    commit(w);
    wr_log_writer_close(w);
}

typedef struct held {
    env *e;
    wr_log_writer *w;
    weir_status st;
} held;

static void *flush_held(void *arg)
{
    held *h = arg;
    weir_error err;
    h->st = wr_log_writer_flush(h->w, &err);
    return NULL;
}

static void test_holds(void **state)
{
    env *e = *state;
    held h = {.e = e};
    atomic_bool cancel = false;
    OK(wr_log_writer_new(e->log, NULL, &h.w, err));
    wr_log_writer_cancel_on(h.w, &cancel);
    pthread_t thread;
    failing_log_hold(e->f, FL_FLUSH);
    assert_int_equal(pthread_create(&thread, NULL, flush_held, &h), 0);
    failing_log_await_held(e->f, FL_FLUSH);
    failing_log_release(e->f, FL_FLUSH);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(h.st, WEIR_OK);

    failing_log_hold(e->f, FL_FLUSH);
    assert_int_equal(pthread_create(&thread, NULL, flush_held, &h), 0);
    failing_log_await_held(e->f, FL_FLUSH);
    atomic_store(&cancel, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(h.st, WEIR_ERR_INTERRUPTED);
    wr_log_writer_close(h.w);
}

/* As on Kafka: visible after a flush, with positions; an abort takes nothing back. */
static void test_changelogs(void **state)
{
    env *e = *state;
    failing_log_pretend(e->f, &(wr_log_capabilities){.has_changelogs = true});
    assert_true(wr_log_can(e->log)->has_changelogs);
    wr_log_writer *w;
    create_topic(e->log, "t", 2);
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    OK(give(w, NULL, "t", "1", err));
    assert_int_equal(wr_log_writer_position(w, "t", 0), 0);
    OK(wr_log_writer_flush(w, err));
    assert_int_equal(wr_log_writer_position(w, "t", 0), 1);
    assert_int_equal(wr_log_writer_position(w, "t", 1), -1);
    assert_int_equal(end_of(e->log, "t", 0), 1);
    OK(wr_log_writer_abort(w, NULL, err));
    assert_int_equal(end_of(e->log, "t", 0), 1);
    wr_log_writer_close(w);
}

typedef struct member {
    wr_log_reader *r;
    int assigned, revoked, lost;
    uint32_t parts_n;
} member;

/* Do what the group asks for. */
static void answer(member *m, const wr_log_rebalance *asked)
{
    wr_topic_part from[8];
    if (asked->kind != WR_REBALANCE_ASSIGN) {
        assert_int_equal(asked->n, m->parts_n);
        m->revoked++;
        m->lost += asked->kind == WR_REBALANCE_LOST;
        m->parts_n = 0;
        OK(wr_log_reader_assign(m->r, NULL, 0, err));
        return;
    }
    assert_true(asked->n <= 8);
    m->assigned++;
    m->parts_n = asked->n;
    for (uint32_t i = 0; i < asked->n; i++)
        from[i] =
            (wr_topic_part){asked->parts[i].topic, asked->parts[i].partition, WR_OFFSET_BEGINNING};
    OK(wr_log_reader_assign(m->r, from, m->parts_n, err));
}

static void poll_nothing(member *m)
{
    wr_log_batch *b;
    OK(wr_log_reader_poll(m->r, 10, 0, &b, err));
    assert_null(b);
    const wr_log_rebalance *asked;
    while ((asked = wr_log_reader_rebalance(m->r))) {
        answer(m, asked);
        OK(wr_log_reader_poll(m->r, 10, 0, &b, err));
        assert_null(b);
    }
}

static void test_rebalances(void **state)
{
    env *e = *state;
    failing_log_pretend(e->f, &(wr_log_capabilities){.shares_partitions = true});
    create_topic(e->log, "t", 3);
    const char *topic = "t";
    member m = {0};
    OK(wr_log_reader_new(e->log, "g", NULL, &m.r, err));
    OK(wr_log_reader_subscribe(m.r, &topic, 1, err));
    assert_int_equal(m.assigned, 0); /* not before a poll */
    poll_nothing(&m);
    assert_int_equal(m.assigned, 1);
    assert_int_equal(m.parts_n, 3);
    poll_nothing(&m);
    assert_int_equal(m.assigned, 1);
    wr_topic_part some[] = {{"t", 1, 0}, {"another", 0, 0}};
    failing_log_rebalance(e->f, some, 2, false);
    poll_nothing(&m);
    assert_int_equal(m.revoked, 1);
    assert_int_equal(m.assigned, 2);
    assert_int_equal(m.parts_n, 1);
    failing_log_rebalance(e->f, NULL, 0, true);
    poll_nothing(&m);
    assert_int_equal(m.lost, 1);
    assert_int_equal(m.parts_n, 0);
    wr_log_reader_close(m.r);
}

/* ---- whatever fails ---- */

enum { RECORDS = 7 };

/* Copy "in" to "out" with a count in a store, committed after every second record, from where the
 * group has committed. @return the first failure; everything is closed either way. */
static weir_status copy_some(env *e, wr_store *s, weir_error *err)
{
    wr_log_reader *r = NULL;
    wr_log_writer *w = NULL;
    wr_db_batch *b = wr_db_batch_new(e->db);
    wr_topic_part part = {"in", 0, 0};
    int64_t low, high;
    weir_status st = wr_topic_ends(e->log, &part, 1, &low, &high, err);
    if (st == WEIR_OK)
        st = wr_group_committed(e->log, "g", &part, 1, err);
    if (part.offset == WR_OFFSET_NONE)
        part.offset = 0;
    if (st == WEIR_OK)
        st = wr_log_reader_new(e->log, NULL, NULL, &r, err);
    if (st == WEIR_OK)
        st = wr_log_writer_new(e->log, NULL, &w, err);
    if (st == WEIR_OK)
        st = wr_log_reader_assign(r, &part, 1, err);
    while (st == WEIR_OK && part.offset < high) {
        wr_log_batch *in;
        st = wr_log_reader_poll(r, 2, 0, &in, err);
        if (st != WEIR_OK)
            break;
        for (uint32_t i = 0; i < in->n && st == WEIR_OK; i++) {
            wr_str key = in->records[i].key, value = in->records[i].value;
            wr_out_records out = {
                .n = 1, .keys = &key, .values = &value, .timestamps = &in->records[i].timestamp};
            st = wr_log_writer_produce(w, NULL, "out", &out, err);
            if (st == WEIR_OK)
                st = wr_kv_put(s, value, value, 1, err);
        }
        part.offset = in->next_offset;
        wr_log_reader_release(r, in);
        if (st == WEIR_OK)
            st = wr_log_writer_flush(w, err);
        if (st == WEIR_OK)
            st = wr_store_commit_into(s, b, err);
        if (st == WEIR_OK)
            st = wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){"g", &part, 1}, 1, b, err);
    }
    wr_db_batch_clear(b);
    wr_db_batch_free(b);
    wr_log_reader_close(r);
    wr_log_writer_close(w);
    return st;
}

/* The values of "out", in order; each must be the one before or the one after the last one's. */
static size_t check_copy(env *e)
{
    wr_log *inner = e->f->inner;
    wr_log_reader *r;
    wr_topic_part part = {"out", 0, 0};
    OK(wr_log_reader_new(inner, NULL, NULL, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    size_t n = 0;
    int largest = -1;
    for (int64_t end = end_of(inner, "out", 0); (int64_t)n < end;) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(r, 100, 0, &b, err));
        for (uint32_t i = 0; i < b->n; i++, n++) {
            int v = b->records[i].value.ptr[0] - '0';
            assert_true(v <= largest + 1); /* nothing is left out */
            largest = WR_MAX(largest, v);
        }
        wr_log_reader_release(r, b);
    }
    assert_int_equal(largest, RECORDS - 1);
    wr_log_reader_close(r);
    return n;
}

static void fill(env *e)
{
    wr_log_writer *w;
    create_topic(e->f->inner, "in", 1);
    create_topic(e->f->inner, "out", 1);
    OK(wr_log_writer_new(e->f->inner, NULL, &w, err));
    for (int i = 0; i < RECORDS; i++) {
        char value[2] = {(char)('0' + i), 0};
        put(w, "in", 0, "k", value, i);
    }
    commit(w);
    wr_log_writer_close(w);
}

/* @return how many calls have failed, once each. */
static uint32_t copy_with_each_failure(env *e, bool atomic, weir_status code, unsigned flags)
{
    uint32_t n = 0;
    while (failing_log_next(e->f, &n, code, flags)) {
        wr_store *s;
        wr_store_options o = {0};
        fill(e);
        OK(wr_db_store_id(e->db, WR_STR("copy/count"), &o.store_id, err));
        for (int tries = 0;; tries++) {
            weir_error why;
            assert_true(tries < 3); /* one failure, so the second try succeeds */
            OK(wr_kv_open(e->db, &o, &s, err));
            weir_status st = copy_some(e, s, &why);
            if (st == WEIR_OK)
                break;
            assert_int_equal(st, code);
            assert_int_equal(why.flags, flags);
            wr_store_close(s); /* what is not committed is gone */
        }
        size_t copied = check_copy(e);
        if (atomic)
            assert_int_equal(copied, RECORDS);
        wr_str value;
        bool found;
        OK(wr_kv_get(s, WR_STR("6"), &value, &found, err));
        assert_true(found);
        wr_store_close(s);
        wr_db_batch *b = wr_db_batch_new(e->db);
        OK(wr_db_batch_drop_store(b, WR_STR("copy/count"), err));
        OK(wr_db_write(e->db, b, err));
        wr_db_batch_free(b);
        OK(wr_topic_remove(e->f->inner, "in", err));
        OK(wr_topic_remove(e->f->inner, "out", err));
        OK(wr_group_drop(e->f->inner, "g", err));
    }
    return n;
}

static void test_each_failure(void **state)
{
    env *e = *state;
    /* 5 calls to begin, then poll, produce, flush, commit; and the round without a failure. */
    assert_true(copy_with_each_failure(e, true, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE) > 20);
    assert_true(copy_with_each_failure(e, true, WEIR_ERR_STORE, 0) > 20);
    assert_true(copy_with_each_failure(e, true, WEIR_ERR_LIMIT, 0) > 20);
}

static void test_each_failure_at_least_once(void **state)
{
    env *e = *state;
    failing_log_pretend(e->f, &(wr_log_capabilities){.has_changelogs = true});
    assert_true(copy_with_each_failure(e, false, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE) > 20);
}

/* Writing in one call: whichever part fails, the next call is as if it had not been. */
static void test_sync_failures(void **state)
{
    env *e = *state;
    wr_str k = WR_STR("k"), bad = WR_STR("bad"), good = WR_STR("good");
    int64_t timestamp = 1;
    wr_out_records first = {.n = 1, .keys = &k, .values = &bad, .timestamps = &timestamp};
    wr_out_records second = {.n = 1, .keys = &k, .values = &good, .timestamps = &timestamp};
    static const fl_call calls[] = {FL_PRODUCE, FL_FLUSH, FL_COMMIT};
    for (size_t i = 0; i < WR_ARRAY_LEN(calls); i++) {
        wr_log_writer *w;
        create_topic(e->log, "t", 1);
        OK(wr_log_writer_new(e->log, NULL, &w, err));
        failing_log_fail(e->f, calls[i], 1, WEIR_ERR_STORE, 0);
        FAILS(wr_log_write_sync(w, NULL, "t", &first, NULL, err), WEIR_ERR_STORE, "planned");
        assert_int_equal(wr_log_writer_pending(w), 0);
        if (wr_log_writer_failed(w, NULL)) { /* a flush: its users take another writer */
            wr_log_writer_close(w);
            OK(wr_log_writer_new(e->log, NULL, &w, err));
        }
        OK(wr_log_write_sync(w, NULL, "t", &second, NULL, err));
        assert_int_equal(end_of(e->log, "t", 0), 1); /* the failed one is not written with it */
        wr_log_writer_close(w);
        OK(wr_topic_remove(e->log, "t", err));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_counts_and_fails),
        TEST(test_connection),
        TEST(test_refuses),
        TEST(test_holds),
        TEST(test_changelogs),
        TEST(test_rebalances),
        TEST(test_each_failure),
        TEST(test_sync_failures),
        TEST(test_each_failure_at_least_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
