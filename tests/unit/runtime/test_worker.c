/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers with clients that are no queries: what a client may rely on, whatever fails.
 *
 * The client copies every record to a topic of its own and counts what it has committed. On a log
 * whose commit is atomic each record must come out once, in order by partition, whenever the n-th
 * call of the log fails, clients come and go, or one of them fails; where partitions are shared,
 * what is given up is committed before, and what is lost is not.
 */
#include "failing_log.h"

#include "runtime/worker/worker.h"

enum { PARTITIONS = 3, RECORDS = 60, WAIT_MS = 30000 };

/* ---- the world ---- */

typedef struct env {
    wr_db *db;
    failing_log *f;
    wr_log *log;
    wr_settings settings;
    wr_monitor monitor;
    wr_executor *executor;
    wr_worker *ended; /* monitor */
} env;

static int setup(void **state)
{
    env *e = wr_calloc(1, sizeof *e);
    wr_log *inner;
    e->db = wr_db_open_memory();
    OK(wr_log_memory_new(e->db, &inner, err));
    e->f = failing_log_new(inner);
    e->log = &e->f->base;
    wr_settings_init(&e->settings, NULL);
    wr_settings_put(&e->settings, "commit.interval.ms", "5");
    wr_monitor_init(&e->monitor);
    create_topic(e->log, "in", PARTITIONS);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    env *e = *state;
    wr_log_close(e->log);
    wr_db_close(e->db);
    wr_executor_free(e->executor);
    wr_settings_free(&e->settings);
    wr_monitor_destroy(&e->monitor);
    wr_free(e);
    return 0;
}

/* Record i goes to partition i % PARTITIONS and has the value "i". Past the log that fails. */
static void send(env *e, int from, int to)
{
    wr_log_writer *w;
    OK(wr_log_writer_new(e->f->inner, NULL, &w, err));
    for (int i = from; i < to; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        put(w, "in", i % PARTITIONS, "k", value, 1000 + i);
    }
    commit(w);
    wr_log_writer_close(w);
}

static int number_of(wr_str text)
{
    char digits[16] = {0};
    assert_true(text.len < sizeof digits);
    memcpy(digits, text.ptr, text.len);
    return (int)strtol(digits, NULL, 10);
}

/* What partition @p p of @p topic holds, as numbers. */
static size_t read_numbers(env *e, const char *topic, int32_t p, int *out, size_t max)
{
    wr_log_reader *r;
    wr_topic_part part = {topic, p, 0};
    size_t n = 0;
    OK(wr_log_reader_new(e->log, NULL, NULL, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    for (int64_t end = end_of(e->log, topic, p); part.offset < end;) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(r, 100, 0, &b, err));
        assert_non_null(b);
        for (uint32_t i = 0; i < b->n; i++) {
            assert_true(n < max);
            out[n++] = number_of(b->records[i].value);
        }
        part.offset = b->next_offset;
        wr_log_reader_release(r, b);
    }
    wr_log_reader_close(r);
    return n;
}

/* Every record below @p total once, in order by partition. */
static void check_copied(env *e, const char *topic, int total)
{
    for (int32_t p = 0; p < PARTITIONS; p++) {
        int numbers[4 * RECORDS];
        size_t n = read_numbers(e, topic, p, numbers, WR_ARRAY_LEN(numbers));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(numbers[i], (int)i * PARTITIONS + p);
        assert_int_equal(n, (total - p + PARTITIONS - 1) / PARTITIONS);
    }
}

/* ---- a client that copies ---- */

typedef struct copier {
    wr_worker_client client; /* first */
    env *e;
    char out[32], group[32];
    uint32_t topics[1];
    wr_worker_assignment a;
    bool open;
    atomic_int opened, closed, committed, leavings;
    bool from_end;        /* it begins at the ends */
    atomic_int missing;   /* state is on its way: of so many partitions, from 0 on */
    bool lost;            /* and will not come */
    int64_t left;         /* while some is missing: how much */
    atomic_uint standbys; /* bit by partition */
    int nap_ms;           /* at each delivery */
    int fail_at;          /* the record of this number fails it; -1: none */
    weir_status fail_with;
    unsigned fail_flags;
    atomic_int end; /* wr_client_end of the last leaving */
    weir_error error;
} copier;

static copier *copier_of(wr_worker_client *c)
{
    return (copier *)(void *)c;
}

static weir_status copier_start(wr_worker_client *c, wr_topic_part *parts, uint32_t n,
                                const int64_t *low, const int64_t *high, bool *fresh,
                                weir_error *err)
{
    copier *t = copier_of(c);
    WR_TRY(wr_group_committed(t->e->log, t->group, parts, n, err));
    for (uint32_t i = 0; i < n; i++) {
        *fresh = *fresh || parts[i].offset == WR_OFFSET_NONE;
        if (parts[i].offset == WR_OFFSET_NONE)
            parts[i].offset = t->from_end ? high[i] : low[i];
    }
    return WEIR_OK;
}

static weir_status copier_open(wr_worker_client *c, const wr_worker_assignment *a, weir_error *err)
{
    (void)err;
    copier *t = copier_of(c);
    assert_false(t->open);
    t->a = *a;
    t->open = true;
    atomic_fetch_add(&t->opened, 1);
    return WEIR_OK;
}

static weir_status copier_advance(wr_worker_client *c, int64_t *left, weir_error *err)
{
    copier *t = copier_of(c);
    assert_true(t->open);
    *left = atomic_load(&t->missing) ? t->left : 0;
    if (!t->lost || !*left)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_STORE, "has lost its state");
}

static bool copier_ready(wr_worker_client *c, uint32_t topic, int32_t partition)
{
    assert_int_equal(topic, 42);
    return partition >= atomic_load(&copier_of(c)->missing);
}

static weir_status copier_standby(wr_worker_client *c, const wr_topic_part *parts, uint32_t n,
                                  weir_error *err)
{
    unsigned bits = 0;
    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(parts[i].topic, "in");
        bits |= 1u << parts[i].partition;
    }
    atomic_store(&copier_of(c)->standbys, bits);
    return WEIR_OK;
}

static void copier_close(wr_worker_client *c)
{
    copier *t = copier_of(c);
    atomic_fetch_add(&t->closed, t->open);
    t->open = false;
}

static weir_status copier_deliver(wr_worker_client *c, uint32_t topic, int32_t partition,
                                  const wr_record *records, uint32_t n, weir_error *err)
{
    copier *t = copier_of(c);
    assert_true(t->open && partition >= atomic_load(&t->missing));
    assert_int_equal(topic, 42); /* the client's own number */
    nanosleep(&(struct timespec){0, t->nap_ms * 1000000L}, NULL);
    for (uint32_t i = 0; i < n; i++) {
        const wr_record *r = &records[i];
        if (t->fail_at >= 0 && number_of(r->value) == t->fail_at) {
            weir_status st = wr_error(err, t->fail_with, "does not like %d", t->fail_at);
            err->flags |= t->fail_flags;
            t->fail_at = t->fail_flags & WEIR_ERROR_RETRIABLE ? -1 : t->fail_at;
            return st;
        }
        wr_out_records out = {.n = 1,
                              .keys = &r->key,
                              .values = &r->value,
                              .timestamps = &r->timestamp,
                              .partitions = &partition};
        WR_TRY(wr_log_writer_produce(t->a.writer, &c->owner, t->out, &out, err));
    }
    return WEIR_OK;
}

static void copier_committed(wr_worker_client *c, const wr_commit_times *times)
{
    atomic_fetch_add(&copier_of(c)->committed, times != NULL);
}

static void copier_left(wr_worker_client *c, wr_client_end why, const weir_error *err)
{
    copier *t = copier_of(c);
    assert_false(t->open);
    if (err)
        t->error = *err;
    atomic_store(&t->end, (int)why);
    atomic_fetch_add(&t->leavings, 1);
}

static const wr_client_class copier_class = {
    .start_offsets = copier_start,
    .open = copier_open,
    .advance = copier_advance,
    .ready = copier_ready,
    .standby = copier_standby,
    .close = copier_close,
    .deliver = copier_deliver,
    .committed = copier_committed,
    .left = copier_left,
};

static void copier_init(copier *t, env *e, const char *name)
{
    *t = (copier){.e = e, .topics = {42}, .fail_at = -1, .end = -1, .left = 1};
    snprintf(t->out, sizeof t->out, "out-%s", name);
    snprintf(t->group, sizeof t->group, "g-%s", name);
    wr_worker_client_init(&t->client, &copier_class, name, t->group, t->topics);
    weir_error ignored;
    wr_topic_spec spec = {
        .name = t->out, .partitions = PARTITIONS, .replicas = -1, .retention_ms = -1};
    (void)!wr_topic_create(e->log, &spec, &ignored); /* it may be there */
}

/* ---- workers ---- */

static void on_ended(void *arg, wr_worker *w)
{
    env *e = arg;
    assert_null(e->ended);
    e->ended = w;
}

static wr_worker *make_worker(env *e, bool threaded)
{
    static const wr_worker_topic topics[] = {{.name = "in", .partitions = PARTITIONS}};
    wr_worker_options o = {
        .monitor = &e->monitor,
        .executor = e->executor,
        .slots = wr_executor_slots(e->executor),
        .group = "reader",
        .log = e->log,
        .db = e->db,
        .clock = wr_clock_system(),
        .settings = &e->settings,
        .topics = topics,
        .topics_n = 1,
        .exchange = WR_EXCHANGE_ALWAYS,
        .batch_rows = 4,
        .unwritten_max = 1 << 20,
        .slack_ms = WR_WORKER_ANY_ORDER,
        .threaded = threaded,
        .ended = on_ended,
        .arg = e,
    };
    return wr_worker_new(&o);
}

static void start(env *e, wr_worker **w, copier **clients, size_t n)
{
    *w = make_worker(e, true);
    for (size_t i = 0; i < n; i++)
        wr_worker_add(*w, &clients[i]->client);
    OK(wr_worker_open(*w, err));
    OK(wr_worker_start(*w, err));
}

static void ask(copier *t, wr_desired_state desired)
{
    wr_monitor_lock(&t->e->monitor);
    atomic_store(&t->client.desired, (int)desired);
    wr_worker *at = t->client.worker ? t->client.worker : t->client.pending;
    if (at)
        wr_worker_notify(at);
    wr_monitor_unlock(&t->e->monitor);
}

/* Until it is nowhere. */
static void await_left(copier *t)
{
    struct timespec deadline = wr_monitor_deadline(WAIT_MS);
    wr_monitor_lock(&t->e->monitor);
    while (t->client.worker || t->client.pending)
        if (!wr_monitor_wait(&t->e->monitor, &deadline))
            fail_msg("%s does not leave", t->client.name);
    wr_monitor_unlock(&t->e->monitor);
}

static void stop(copier *t)
{
    ask(t, WR_DESIRED_STOP);
    await_left(t);
}

static void await_end(env *e)
{
    struct timespec deadline = wr_monitor_deadline(WAIT_MS);
    wr_monitor_lock(&e->monitor);
    while (!e->ended)
        if (!wr_monitor_wait(&e->monitor, &deadline))
            fail_msg("the worker does not end");
    wr_worker *w = e->ended;
    e->ended = NULL;
    wr_monitor_unlock(&e->monitor);
    wr_worker_join(w);
}

static int64_t copied(env *e, const copier *t)
{
    int64_t n = 0;
    for (int32_t p = 0; p < PARTITIONS; p++)
        n += end_of(e->log, t->out, p);
    return n;
}

static void await_copied(env *e, const copier *t, int64_t n)
{
    for (int tries = 0; copied(e, t) < n; tries++) {
        if (tries == WAIT_MS / 5)
            fail_msg("%s has %lld of %lld", t->out, (long long)copied(e, t), (long long)n);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

static void submit(copier *t, wr_worker *w)
{
    wr_monitor_lock(&t->e->monitor);
    atomic_store(&t->client.desired, WR_DESIRED_RUN);
    assert_true(wr_worker_accepts(w));
    wr_worker_submit(w, &t->client);
    wr_monitor_unlock(&t->e->monitor);
}

/* ---- stepped: the n-th call fails ---- */

/* Everything from what is committed to the end. @return the first failure. */
static weir_status copy_all(env *e, copier *t, weir_error *err)
{
    wr_worker *w = make_worker(e, false);
    wr_worker_add(w, &t->client);
    weir_status st = wr_worker_open(w, err);
    for (int quiet = 0; st == WEIR_OK && quiet < 3;) {
        bool progressed, done;
        st = wr_worker_step(w, 0, &progressed, &done, err);
        quiet = progressed ? 0 : quiet + 1;
    }
    if (st == WEIR_OK)
        st = wr_worker_commit(w, err);
    wr_worker_free(w);
    assert_int_equal(atomic_load(&t->opened), atomic_load(&t->closed));
    assert_null(t->client.worker);
    return st;
}

static void nth_call_fails(env *e, const char *name, weir_status code, unsigned flags)
{
    copier t;
    weir_error failure;
    copier_init(&t, e, name);
    uint32_t nth = 1;
    for (;; nth++) {
        failing_log_fail_any(e->f, nth, code, flags);
        weir_status st = copy_all(e, &t, &failure);
        if (!failing_log_has_failed(e->f))
            break;
        /* A call may fail without harm; if it did harm, that is what is reported. */
        assert_true(st == WEIR_OK || st == code);
        wr_worker_client_destroy(&t.client);
        copier_init(&t, e, name);
    }
    failing_log_fail_any(e->f, 0, code, 0);
    assert_true(nth > 8); /* opening, reading and committing alone are more calls */
    check_copied(e, t.out, RECORDS);
    assert_int_equal(committed_of(e->log, t.group, "in", 0), RECORDS / PARTITIONS);
    wr_worker_client_destroy(&t.client);
}

static void test_nth_call_fails(void **state)
{
    env *e = *state;
    send(e, 0, RECORDS);
    nth_call_fails(e, "log", WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
    nth_call_fails(e, "fatal", WEIR_ERR_LOG, WEIR_ERROR_FATAL);
    nth_call_fails(e, "store", WEIR_ERR_STORE, 0);
}

/* ---- threads: it tries again ---- */

/* What is read already does not wait for something new: a commit that is due after every round cuts
 * processing short, and the next poll must not sleep. Each did, for a step's whole time-out. */
static void test_no_sleep_on_records(void **state)
{
    env *e = *state;
    enum { STEP_MS = 20000 };
    copier t;
    bool progressed = true, done;
    wr_clock *clock = wr_clock_system();
    wr_settings_put(&e->settings, "commit.interval.ms", "0");
    copier_init(&t, e, "a");
    send(e, 0, RECORDS);
    wr_worker *w = make_worker(e, false);
    wr_worker_add(w, &t.client);
    OK(wr_worker_open(w, err));
    int64_t begun = clock->mono_ns(clock);
    for (int steps = 0; copied(e, &t) < RECORDS; steps++) {
        assert_true(steps < 4 * RECORDS);
        OK(wr_worker_step(w, STEP_MS, &progressed, &done, err));
    }
    assert_true(clock->mono_ns(clock) - begun < STEP_MS * INT64_C(1000000));
    check_copied(e, t.out, RECORDS);
    wr_worker_free(w);
}

static void test_tries_again(void **state)
{
    env *e = *state;
    copier t;
    copier *all[] = {&t};
    wr_worker *w;
    copier_init(&t, e, "again");
    send(e, 0, RECORDS);
    static const fl_call calls[] = {FL_COMMIT, FL_FLUSH, FL_POLL, FL_PRODUCE};
    start(e, &w, all, 1);
    await_copied(e, &t, RECORDS);
    for (size_t i = 0; i < WR_ARRAY_LEN(calls); i++) {
        int total = RECORDS + (int)(i + 1) * 6;
        failing_log_fail(e->f, calls[i], 2, WEIR_ERR_LOG, WEIR_ERROR_RETRIABLE);
        send(e, total - 6, total);
        await_copied(e, &t, total);
        check_copied(e, t.out, total);
    }
    stop(&t);
    await_end(e);
    assert_int_equal(atomic_load(&t.end), WR_CLIENT_STOPPED);
    wr_worker_client_destroy(&t.client);
}

/* ---- one of several fails ---- */

static void test_failed_client_goes_alone(void **state)
{
    env *e = *state;
    copier good, bad, shaky;
    copier *all[] = {&good, &bad, &shaky};
    wr_worker *w;
    copier_init(&good, e, "good");
    copier_init(&bad, e, "bad");
    copier_init(&shaky, e, "shaky");
    bad.fail_at = 31;
    bad.fail_with = WEIR_ERR_RECORD;
    shaky.fail_at = 40; /* once */
    shaky.fail_with = WEIR_ERR_STORE;
    shaky.fail_flags = WEIR_ERROR_RETRIABLE;
    send(e, 0, RECORDS);
    start(e, &w, all, 3);
    await_copied(e, &good, RECORDS);
    await_copied(e, &shaky, RECORDS);
    await_left(&bad);
    assert_int_equal(atomic_load(&bad.end), WR_CLIENT_FAILED);
    assert_non_null(strstr(bad.error.message, "does not like 31"));
    check_copied(e, good.out, RECORDS);
    check_copied(e, shaky.out, RECORDS);
    assert_int_equal(atomic_load(&good.opened), 1); /* it was not taken back */
    assert_true(atomic_load(&shaky.opened) > 1);
    for (int32_t p = 0; p < PARTITIONS; p++) { /* nothing of it that is not committed */
        int numbers[RECORDS];
        size_t n = read_numbers(e, bad.out, p, numbers, RECORDS);
        assert_int_equal(n, WR_MAX(committed_of(e->log, bad.group, "in", p), 0));
    }
    stop(&good);
    stop(&shaky);
    await_end(e);
    wr_worker_client_destroy(&good.client);
    wr_worker_client_destroy(&bad.client);
    wr_worker_client_destroy(&shaky.client);
}

/* A record that is refused, in the call or by a later report, is its producer's. */
static void refused(env *e, bool late)
{
    copier good, bad;
    copier *all[] = {&good, &bad};
    wr_worker *w;
    copier_init(&good, e, late ? "good-late" : "good-now");
    copier_init(&bad, e, late ? "bad-late" : "bad-now");
    failing_log_refuse(e->f, bad.out, late);
    start(e, &w, all, 2);
    await_copied(e, &good, RECORDS);
    await_left(&bad);
    assert_int_equal(atomic_load(&bad.end), WR_CLIENT_FAILED);
    assert_int_equal(atomic_load(&good.opened), 1);
    check_copied(e, good.out, RECORDS);
    assert_int_equal(copied(e, &bad), 0);
    failing_log_refuse(e->f, "", false);
    stop(&good);
    await_end(e);
    wr_worker_client_destroy(&good.client);
    wr_worker_client_destroy(&bad.client);
}

static void test_refused_record(void **state)
{
    env *e = *state;
    send(e, 0, RECORDS);
    refused(e, false);
    refused(e, true);
}

/* ---- coming, pausing, catching up ---- */

static void test_catching_up(void **state)
{
    env *e = *state;
    copier first, second;
    copier *all[] = {&first};
    wr_worker *w;
    copier_init(&first, e, "first");
    copier_init(&second, e, "second");
    send(e, 0, RECORDS);
    start(e, &w, all, 1);
    await_copied(e, &first, RECORDS);
    submit(&second, w); /* begins at the start, the worker stands at the end */
    await_copied(e, &second, RECORDS);
    for (int round = 1; round <= 3; round++) {
        ask(&second, WR_DESIRED_PAUSE);
        await_left(&second);
        assert_int_equal(atomic_load(&second.end), WR_CLIENT_PAUSED);
        send(e, RECORDS + (round - 1) * 6, RECORDS + round * 6);
        await_copied(e, &first, RECORDS + round * 6);
        assert_int_equal(copied(e, &second), RECORDS + (round - 1) * 6);
        submit(&second, w);
        await_copied(e, &second, RECORDS + round * 6);
    }
    /* In the end both are in one worker again. */
    for (int tries = 0;; tries++) {
        wr_monitor_lock(&e->monitor);
        bool together = wr_worker_clients(w) == 2;
        wr_monitor_unlock(&e->monitor);
        if (together)
            break;
        assert_true(tries < WAIT_MS / 5);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    send(e, RECORDS + 18, RECORDS + 30);
    await_copied(e, &first, RECORDS + 30);
    await_copied(e, &second, RECORDS + 30);
    check_copied(e, first.out, RECORDS + 30);
    check_copied(e, second.out, RECORDS + 30);
    stop(&first); /* the other one goes on */
    send(e, RECORDS + 30, RECORDS + 36);
    await_copied(e, &second, RECORDS + 36);
    stop(&second);
    await_end(e);
    check_copied(e, second.out, RECORDS + 36);
    wr_worker_client_destroy(&first.client);
    wr_worker_client_destroy(&second.client);
}

/* Several catch up at once: one asks while the worker still goes to where it meets another. */
static void test_many_catch_up(void **state)
{
    env *e = *state;
    enum { MANY = 8 };
    copier first, others[MANY];
    copier *all[] = {&first};
    wr_worker *w;
    copier_init(&first, e, "first");
    start(e, &w, all, 1);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        copier_init(&others[i], e, name);
    }
    int total = 0;
    for (int round = 0; round < 10; round++, total += RECORDS / 10) {
        send(e, total, total + RECORDS / 10);
        for (int i = 0; i < MANY; i++) {
            if (round)
                stop(&others[i]);
            submit(&others[i], w);
        }
    }
    await_copied(e, &first, total);
    for (int i = 0; i < MANY; i++) {
        await_copied(e, &others[i], total);
        check_copied(e, others[i].out, total);
        stop(&others[i]);
        wr_worker_client_destroy(&others[i].client);
    }
    stop(&first);
    await_end(e);
    wr_worker_client_destroy(&first.client);
}

/* Two that are ahead of a slow worker: the first is at the agreed offsets at once and hands its
 * client over; the second asks while the worker is still on its way there. */
static void test_ahead_of_the_worker(void **state)
{
    env *e = *state;
    copier slow, ahead[2];
    copier *all[] = {&slow};
    wr_worker *w;
    copier_init(&slow, e, "slow");
    copier_init(&ahead[0], e, "ahead-0");
    copier_init(&ahead[1], e, "ahead-1");
    slow.nap_ms = 20;
    ahead[0].from_end = ahead[1].from_end = true;
    send(e, 0, RECORDS);
    start(e, &w, all, 1);
    submit(&ahead[0], w);
    submit(&ahead[1], w);
    await_copied(e, &slow, RECORDS);
    check_copied(e, slow.out, RECORDS);
    send(e, RECORDS, RECORDS + 6);
    for (int i = 0; i < 2; i++) {
        await_copied(e, &ahead[i], 6);
        stop(&ahead[i]);
        assert_int_equal(copied(e, &ahead[i]), 6);
        wr_worker_client_destroy(&ahead[i].client);
    }
    stop(&slow);
    await_end(e);
    wr_worker_client_destroy(&slow.client);
}

/* Resumed while its last commit is on its way out: it is running, not paused. */
static void test_resumed_in_a_slow_pause(void **state)
{
    env *e = *state;
    copier t;
    copier *all[] = {&t};
    wr_worker *w;
    copier_init(&t, e, "slow");
    send(e, 0, 6);
    start(e, &w, all, 1);
    await_copied(e, &t, 6);
    failing_log_hold(e->f, FL_COMMIT);
    send(e, 6, 7);
    failing_log_await_held(e->f, FL_COMMIT);
    ask(&t, WR_DESIRED_PAUSE);
    ask(&t, WR_DESIRED_RUN);
    failing_log_release(e->f, FL_COMMIT);
    send(e, 7, RECORDS);
    await_copied(e, &t, RECORDS);
    assert_int_equal(atomic_load(&t.leavings), 0);
    stop(&t);
    await_end(e);
    check_copied(e, t.out, RECORDS);
    wr_worker_client_destroy(&t.client);
}

/* A flush that does not end does not keep a client that is to stop. */
static void test_cancel(void **state)
{
    env *e = *state;
    copier t;
    copier *all[] = {&t};
    wr_worker *w;
    copier_init(&t, e, "stuck");
    start(e, &w, all, 1);
    failing_log_hold(e->f, FL_FLUSH);
    send(e, 0, 1);
    failing_log_await_held(e->f, FL_FLUSH);
    ask(&t, WR_DESIRED_STOP);
    wr_monitor_lock(&e->monitor);
    wr_worker_cancel(w);
    wr_monitor_unlock(&e->monitor);
    await_left(&t);
    await_end(e);
    failing_log_release(e->f, FL_FLUSH);
    assert_int_equal(copied(e, &t), 0); /* given up, and so repeated by the next one */
    assert_int_equal(committed_of(e->log, t.group, "in", 0), WR_OFFSET_NONE);
    wr_worker_client_destroy(&t.client);
}

/* ---- partitions that are shared ---- */

static void test_rebalances(void **state)
{
    env *e = *state;
    copier t;
    copier *all[] = {&t};
    wr_worker *w;
    failing_log_pretend(e->f, &(wr_log_capabilities){.shares_partitions = true,
                                                     .atomic_with_state = true,
                                                     .end_of_partition = true});
    copier_init(&t, e, "shared");
    send(e, 0, 30);
    start(e, &w, all, 1);
    await_copied(e, &t, 30);
    wr_topic_part some[] = {{"in", 1, 0}};
    failing_log_rebalance(e->f, some, 1, false);
    for (int tries = 0; atomic_load(&t.opened) < 2; tries++) {
        assert_true(tries < WAIT_MS / 5);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    send(e, 30, RECORDS);
    await_copied(e, &t, 40); /* of partition 1 alone */
    assert_int_equal(end_of(e->log, t.out, 0), 10);
    uint32_t aborts = failing_log_count(e->f, FL_ABORT);
    failing_log_rebalance(e->f, NULL, 0, true);
    for (int tries = 0; atomic_load(&t.closed) < 2; tries++) {
        assert_true(tries < WAIT_MS / 5);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    wr_topic_part every[] = {{"in", 0, 0}, {"in", 1, 0}, {"in", 2, 0}};
    /* What was written must not be committed. */
    for (int tries = 0; failing_log_count(e->f, FL_ABORT) == aborts; tries++) {
        assert_true(tries < WAIT_MS / 5);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    failing_log_rebalance(e->f, every, 3, false);
    await_copied(e, &t, RECORDS);
    check_copied(e, t.out, RECORDS);
    stop(&t);
    await_end(e);
    wr_worker_client_destroy(&t.client);
}

/* Partitions of one worker in three slots at once. */
static void test_slots(void **state)
{
    env *e = *state;
    e->executor = wr_executor_new(3);
    copier a, b;
    copier *all[] = {&a, &b};
    wr_worker *w;
    copier_init(&a, e, "a");
    copier_init(&b, e, "b");
    send(e, 0, RECORDS);
    start(e, &w, all, 2);
    await_copied(e, &a, RECORDS);
    await_copied(e, &b, RECORDS);
    check_copied(e, a.out, RECORDS);
    check_copied(e, b.out, RECORDS);
    stop(&a);
    stop(&b);
    await_end(e);
    wr_worker_client_destroy(&a.client);
    wr_worker_client_destroy(&b.client);
}

/* ---- state that comes later ---- */

/* What a client cannot take yet is held for both, which stand at the same offsets; all else goes
 * on, and nothing is lost or doubled when the state is there. */
static void test_partitions_are_held(void **state)
{
    env *e = *state;
    wr_worker *w;
    copier a, b, *both[] = {&a, &b};
    copier_init(&a, e, "a");
    copier_init(&b, e, "b");
    atomic_store(&b.missing, 2);
    send(e, 0, RECORDS);
    start(e, &w, both, 2);
    await_copied(e, &a, RECORDS / PARTITIONS);
    send(e, RECORDS, 2 * RECORDS); /* records come to what is held, too */
    await_copied(e, &a, 2 * RECORDS / PARTITIONS);
    assert_int_equal(copied(e, &b), 2 * RECORDS / PARTITIONS);
    atomic_store(&b.missing, 1);
    await_copied(e, &a, 4 * RECORDS / PARTITIONS);
    atomic_store(&b.missing, 0);
    await_copied(e, &a, 2 * RECORDS);
    await_copied(e, &b, 2 * RECORDS);
    stop(&a);
    stop(&b);
    await_end(e);
    check_copied(e, "out-a", 2 * RECORDS);
    check_copied(e, "out-b", 2 * RECORDS);
    wr_worker_client_destroy(&a.client);
    wr_worker_client_destroy(&b.client);
}

/* A worker that waits for state sees at once that its client wants to leave. */
static void test_leaves_while_held(void **state)
{
    env *e = *state;
    wr_clock *clock = wr_clock_system();
    wr_worker *w;
    copier a, *one[] = {&a};
    copier_init(&a, e, "a");
    atomic_store(&a.missing, PARTITIONS);
    send(e, 0, RECORDS);
    start(e, &w, one, 1);
    int64_t began = clock->mono_ns(clock);
    stop(&a);
    await_end(e);
    assert_true(clock->mono_ns(clock) - began < INT64_C(5000000000));
    assert_int_equal(copied(e, &a), 0);
    atomic_store(&a.missing, 0);
    atomic_store(&a.client.desired, WR_DESIRED_RUN);
    start(e, &w, one, 1);
    await_copied(e, &a, RECORDS);
    stop(&a);
    await_end(e);
    check_copied(e, "out-a", RECORDS);
    wr_worker_client_destroy(&a.client);
}

/* State that does not come is the failure of who waits for it; the other goes on alone. */
static void test_state_is_lost(void **state)
{
    env *e = *state;
    wr_worker *w;
    copier a, b, *both[] = {&a, &b};
    copier_init(&a, e, "a");
    copier_init(&b, e, "b");
    atomic_store(&b.missing, 1);
    b.lost = true;
    send(e, 0, RECORDS);
    start(e, &w, both, 2);
    await_copied(e, &a, RECORDS);
    await_left(&b);
    assert_int_equal(atomic_load(&b.end), WR_CLIENT_FAILED);
    assert_string_equal(b.error.message, "has lost its state");
    stop(&a);
    await_end(e);
    check_copied(e, "out-a", RECORDS);
    wr_worker_client_destroy(&a.client);
    wr_worker_client_destroy(&b.client);
}

/* Who has to wait for long does so alone, and comes back when it has caught up. */
static void test_long_wait_is_alone(void **state)
{
    env *e = *state;
    wr_worker *w;
    copier a, b, *both[] = {&a, &b};
    copier_init(&a, e, "a");
    copier_init(&b, e, "b");
    atomic_store(&b.missing, PARTITIONS);
    b.left = 1000000;
    send(e, 0, RECORDS);
    start(e, &w, both, 2);
    await_copied(e, &a, RECORDS);
    send(e, RECORDS, 2 * RECORDS);
    await_copied(e, &a, 2 * RECORDS);
    assert_int_equal(copied(e, &b), 0);
    atomic_store(&b.missing, 0);
    await_copied(e, &b, 2 * RECORDS);
    for (int tries = 0; atomic_load(&b.opened) < 3; tries++) { /* here, beside, here again */
        assert_true(tries < WAIT_MS / 5);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    send(e, 2 * RECORDS, 3 * RECORDS);
    await_copied(e, &b, 3 * RECORDS);
    await_copied(e, &a, 3 * RECORDS);
    stop(&a);
    stop(&b);
    await_end(e);
    check_copied(e, "out-a", 3 * RECORDS);
    check_copied(e, "out-b", 3 * RECORDS);
    wr_worker_client_destroy(&a.client);
    wr_worker_client_destroy(&b.client);
}

static void await_standbys(const copier *t, unsigned bits)
{
    for (int tries = 0; atomic_load(&t->standbys) != bits; tries++) {
        if (tries == WAIT_MS / 5)
            fail_msg("standbys are %x, not %x", atomic_load(&t->standbys), bits);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

/* What others have is followed, never what the worker has itself; after each rebalance anew. */
static void test_standbys(void **state)
{
    env *e = *state;
    wr_worker *w;
    copier a, *one[] = {&a};
    failing_log_pretend(e->f,
                        &(wr_log_capabilities){.has_changelogs = true, .shares_partitions = true});
    wr_settings_put(&e->settings, "num.standby.replicas", "1");
    const wr_topic_part first[] = {{"in", 0, 0}, {"in", 1, 0}}, last[] = {{"in", 2, 0}};
    failing_log_join(e->f, 0, 2); /* of 3 partitions it has two */
    failing_log_rebalance(e->f, first, 2, false);
    copier_init(&a, e, "a");
    start(e, &w, one, 1);
    await_standbys(&a, 4);
    failing_log_join(e->f, 1, 2);
    failing_log_rebalance(e->f, last, 1, false);
    await_standbys(&a, 3);
    failing_log_join(e->f, 1, 2);
    failing_log_rebalance(e->f, NULL, 0, false); /* its membership is that of before: a moment */
    await_standbys(&a, 3);
    stop(&a);
    await_end(e);
    wr_worker_client_destroy(&a.client);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nth_call_fails),
        TEST(test_no_sleep_on_records),
        TEST(test_tries_again),
        TEST(test_failed_client_goes_alone),
        TEST(test_refused_record),
        TEST(test_catching_up),
        TEST(test_many_catch_up),
        TEST(test_ahead_of_the_worker),
        TEST(test_resumed_in_a_slow_pause),
        TEST(test_cancel),
        TEST(test_rebalances),
        TEST(test_slots),
        TEST(test_partitions_are_held),
        TEST(test_leaves_while_held),
        TEST(test_state_is_lost),
        TEST(test_long_wait_is_alone),
        TEST(test_standbys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
