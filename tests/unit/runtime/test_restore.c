/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restoring: stores come forward from their changelogs on other threads, in any pieces, whatever
 * fails, and end as the changelog does; a standby follows it. The changelog is written by a real
 * store, so its records are real ones.
 */
#include "failing_log.h"

#include "runtime/task/restore.h"
#include "statestore/changelog.h"
#include "statestore/store.h"

enum { PARTITIONS = 4, KEYS = 500, WAIT_MS = 30000 };

#define TOPIC "q-S-changelog"

typedef struct env {
    wr_db *db, *logs;
    failing_log *f;
    wr_settings settings;
    wr_plan_store plan;
    wr_restore_pool *pool;
    wr_restore_counters counters;
    uint32_t id;
} env;

static int setup_on(void **state, wr_db *db)
{
    env *e = wr_calloc(1, sizeof *e);
    wr_log *inner;
    e->db = db;
    e->logs = wr_db_open_memory();
    OK(wr_log_memory_new(e->logs, &inner, err));
    e->f = failing_log_new(inner);
    wr_settings_init(&e->settings, NULL);
    e->plan =
        (wr_plan_store){.name = "S", .spec = {.kind = WR_STORE_KV}, .meaning = "keys and numbers"};
    create_topic(&e->f->base, TOPIC, PARTITIONS);
    OK(wr_db_store_id(e->db, WR_STR("q/S"), &e->id, err));
    *state = e;
    return 0;
}

static int setup(void **state)
{
    return setup_on(state, wr_db_open_memory());
}

static char folder[256];

static int setup_on_disk(void **state)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/weir-restore-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    wr_db *db;
    OK(wr_db_open(folder, &(wr_db_options){.memtable_bytes = 1 << 20}, &db, err));
    return setup_on(state, db);
}

static void open_pool(env *e, uint32_t threads)
{
    e->pool = wr_restore_pool_new(&(wr_restore_options){.log = &e->f->base,
                                                        .db = e->db,
                                                        .clock = wr_clock_system(),
                                                        .settings = &e->settings,
                                                        .threads = threads,
                                                        .pending_max = 65536});
}

static int teardown(void **state)
{
    env *e = *state;
    wr_restore_pool_free(e->pool);
    assert_int_equal(atomic_load(&e->counters.left), 0);
    assert_int_equal(atomic_load(&e->counters.standbys), 0);
    wr_log_close(&e->f->base);
    wr_db_close(e->db);
    wr_db_close(e->logs);
    wr_settings_free(&e->settings);
    wr_free(e);
    return 0;
}

static int teardown_on_disk(void **state)
{
    teardown(state);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* ---- changelogs ---- */

/* Records from..to of partition @p p: key i % KEYS gets the number i, every seventh is deleted. */
static void write_changelog(env *e, int32_t p, int from, int to)
{
    wr_log_writer *w;
    wr_buf key = {0}, value = {0};
    OK(wr_log_writer_new(e->f->inner, NULL, &w, err));
    for (int i = from; i < to; i++) {
        char k[32], v[32];
        snprintf(k, sizeof k, "key-%d-%d", p, i % KEYS);
        snprintf(v, sizeof v, "%d", i);
        wr_buf_clear(&key);
        wr_buf_clear(&value);
        wr_changelog_put_key(&key,
                             &(wr_changelog_key){.kind = WR_CHANGELOG_KV, .key = wr_str_c(k)});
        wr_changelog_put_value(&value, wr_buf_view(&key), wr_str_c(v));
        wr_str ks = wr_buf_view(&key), vs = i % 7 ? wr_buf_view(&value) : (wr_str){0};
        int64_t at = 1000;
        wr_out_records r = {
            .n = 1, .keys = &ks, .values = &vs, .timestamps = &at, .partitions = &p};
        OK(wr_log_writer_produce(w, NULL, TOPIC, &r, err));
    }
    commit(w);
    wr_log_writer_close(w);
    wr_buf_free(&key);
    wr_buf_free(&value);
}

/* The store of partition @p p is what records 0..@p n leave. */
static void check_rows(env *e, int32_t p, int n)
{
    wr_store *s;
    wr_store_options o = {.store_id = e->id, .partition = (uint32_t)p};
    OK(wr_kv_open(e->db, &o, &s, err));
    for (int k = 0; k < KEYS; k++) {
        int last = k < n ? k + (n - 1 - k) / KEYS * KEYS : -1;
        char name[32], number[32];
        wr_str value;
        bool found;
        snprintf(name, sizeof name, "key-%d-%d", p, k);
        snprintf(number, sizeof number, "%d", last);
        OK(wr_kv_get(s, wr_str_c(name), &value, &found, err));
        assert_int_equal(found, last >= 0 && last % 7 != 0);
        if (found)
            assert_true(wr_str_eq(value, wr_str_c(number)));
    }
    wr_store_close(s);
}

static int64_t kept_position(env *e, int32_t p)
{
    wr_buf key = {0}, value = {0};
    bool found;
    wr_task_position_key(TOPIC, p, &key);
    OK(wr_db_meta_get(e->db, NULL, wr_buf_view(&key), &value, &found, err));
    int64_t at = found ? (int64_t)wr_get_be64(value.ptr) : 0;
    wr_buf_free(&key);
    wr_buf_free(&value);
    return at;
}

/* ---- jobs ---- */

static wr_restore_job *begin(env *e, int32_t p, int64_t to)
{
    wr_restore_store of = {.query = "q",
                           .plan = &e->plan,
                           .name = "q/S",
                           .changelog = TOPIC,
                           .store_id = e->id,
                           .partition = p,
                           .counters = &e->counters};
    wr_restore_job *job;
    OK(wr_restore_begin(e->pool, &of, kept_position(e, p), to, &job, err));
    return job;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* @return WEIR_OK, done; or why it has failed. */
static weir_status finish(env *e, wr_restore_job *job)
{
    weir_error err;
    for (int ms = 0; ms < WAIT_MS; ms++) {
        bool done;
        weir_status st = wr_restore_done(job, &done, &err);
        if (st != WEIR_OK || done)
            return st;
        wr_restore_work(e->pool);
        nap();
    }
    fail_msg("not restored in time");
    return WEIR_OK;
}

static void check_meaning_kept(env *e)
{
    wr_buf kept = {0};
    bool found;
    OK(wr_db_store_meaning_get(e->db, WR_STR("q/S"), &kept, &found, err));
    assert_true(found && wr_str_eq(wr_buf_view(&kept), WR_STR("keys and numbers")));
    wr_buf_free(&kept);
}

static void restore_all(env *e)
{
    wr_restore_job *jobs[PARTITIONS];
    for (int32_t p = 0; p < PARTITIONS; p++)
        write_changelog(e, p, 0, 3000 + 100 * p);
    for (int32_t p = 0; p < PARTITIONS; p++)
        jobs[p] = begin(e, p, end_of(e->f->inner, TOPIC, p));
    assert_int_equal(atomic_load(&e->counters.total), 4 * 3000 + 600);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        assert_int_equal(finish(e, jobs[p]), WEIR_OK);
        wr_restore_end(jobs[p]);
        assert_int_equal(kept_position(e, p), 3000 + 100 * p);
        check_rows(e, p, 3000 + 100 * p);
    }
    assert_int_equal(atomic_load(&e->counters.records), 4 * 3000 + 600);
    check_meaning_kept(e);
}

static void test_partitions_at_once(void **state)
{
    env *e = *state;
    open_pool(e, 3);
    restore_all(e);
}

static void test_without_threads(void **state)
{
    env *e = *state;
    open_pool(e, 0);
    restore_all(e);
}

/* What was restored before a job was ended stays, and the next one goes on there. */
static void test_ended_in_the_middle(void **state)
{
    env *e = *state;
    open_pool(e, 0);
    write_changelog(e, 1, 0, 40000);
    wr_restore_job *job = begin(e, 1, 40000);
    while (wr_restore_position(job) == 0)
        wr_restore_work(e->pool);
    wr_restore_end(job);
    int64_t at = kept_position(e, 1);
    assert_in_range(at, 1, 39999);
    check_rows(e, 1, (int)at);
    job = begin(e, 1, 40000);
    assert_int_equal(finish(e, job), WEIR_OK);
    wr_restore_end(job);
    check_rows(e, 1, 40000);
    assert_int_equal(atomic_load(&e->counters.records), 40000); /* none twice */
}

/* Jobs come and go at any time, from a thread that is not the pool's. */
static void test_ended_at_any_time(void **state)
{
    env *e = *state;
    open_pool(e, 2);
    for (int32_t p = 0; p < PARTITIONS; p++)
        write_changelog(e, p, 0, 20000);
    for (int round = 0; round < 40; round++) {
        wr_restore_job *jobs[PARTITIONS] = {0};
        for (int32_t p = 0; p < PARTITIONS; p++)
            if (kept_position(e, p) < 20000)
                jobs[p] = begin(e, p, 20000);
        for (int i = 0; i < round % 5; i++)
            nap();
        for (int32_t p = 0; p < PARTITIONS; p++) {
            wr_restore_end(jobs[p]);
            check_rows(e, p, (int)kept_position(e, p));
        }
    }
}

/* A failure that passes is the jobs'; those that begin after it go on. */
static void test_reader_fails(void **state)
{
    env *e = *state;
    open_pool(e, 1);
    write_changelog(e, 0, 0, 30000);
    const fl_call calls[] = {FL_READER_NEW, FL_ASSIGN, FL_POLL};
    for (size_t i = 0; i < WR_ARRAY_LEN(calls); i++) {
        failing_log_fail(e->f, calls[i], calls[i] == FL_POLL ? 2 : 1, WEIR_ERR_LOG,
                         WEIR_ERROR_RETRIABLE);
        wr_restore_job *job = begin(e, 0, 30000);
        assert_int_equal(finish(e, job), WEIR_ERR_LOG);
        wr_restore_end(job);
        check_rows(e, 0, (int)kept_position(e, 0));
    }
    wr_restore_job *job = begin(e, 0, 30000);
    assert_int_equal(finish(e, job), WEIR_OK);
    wr_restore_end(job);
    check_rows(e, 0, 30000);
}

/* Who comes while the reader waits for the records of another has not been silent. */
static void test_comes_during_a_poll(void **state)
{
    env *e = *state;
    open_pool(e, 1);
    wr_restore_job *waits = begin(e, 0, 1);
    for (int round = 0; round < 20; round++) {
        write_changelog(e, 1, 10 * round, 10 * (round + 1));
        for (int i = 0; i <= round % 3; i++)
            nap();
        wr_restore_job *job = begin(e, 1, 10 * (round + 1));
        assert_int_equal(finish(e, job), WEIR_OK);
        wr_restore_end(job);
    }
    check_rows(e, 1, 200);
    wr_restore_end(waits);
}

/* Bytes that no store has written fail their own partition alone. */
static void test_damaged_record(void **state)
{
    env *e = *state;
    wr_log_writer *w;
    open_pool(e, 1);
    write_changelog(e, 0, 0, 5000);
    write_changelog(e, 2, 0, 5000);
    OK(wr_log_writer_new(e->f->inner, NULL, &w, err));
    put(w, TOPIC, 2, "no such record", "at all", 1000);
    commit(w);
    wr_log_writer_close(w);
    wr_restore_job *good = begin(e, 0, 5000), *bad = begin(e, 2, 5001);
    assert_int_equal(finish(e, bad), WEIR_ERR_STORE);
    assert_int_equal(finish(e, good), WEIR_OK);
    wr_restore_end(good);
    wr_restore_end(bad);
    check_rows(e, 0, 5000);
    check_rows(e, 2, (int)kept_position(e, 2));
}

/* A changelog that is deleted and made anew under its reader is the failure of its own jobs; those
 * beside it in the same reader go on. */
static void test_topic_made_anew(void **state)
{
    env *e = *state;
    open_pool(e, 1);
    create_topic(&e->f->base, "other", 1);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->f->inner, NULL, &w, err));
    wr_buf key = {0}, value = {0};
    wr_changelog_put_key(&key, &(wr_changelog_key){.kind = WR_CHANGELOG_KV, .key = WR_STR("k")});
    wr_changelog_put_value(&value, wr_buf_view(&key), WR_STR("v"));
    wr_str k = wr_buf_view(&key), v = wr_buf_view(&value);
    int64_t at = 1000;
    int32_t p = 0;
    wr_out_records r = {.n = 1, .keys = &k, .values = &v, .timestamps = &at, .partitions = &p};
    OK(wr_log_writer_produce(w, NULL, "other", &r, err));
    commit(w);
    wr_log_writer_close(w);
    wr_restore_store of = {.query = "q",
                           .plan = &e->plan,
                           .name = "q/S",
                           .changelog = "other",
                           .store_id = e->id,
                           .partition = 0,
                           .counters = &e->counters};
    wr_restore_job *gone, *stays = begin(e, 1, 700);
    OK(wr_restore_begin(e->pool, &of, 0, 5, &gone, err));
    for (int ms = 0; ms < WAIT_MS && wr_restore_position(gone) < 1; ms++)
        nap(); /* read, and written since there is nothing else to do */
    assert_int_equal(wr_restore_position(gone), 1);
    OK(wr_topic_remove(&e->f->base, "other", err));
    create_topic(&e->f->base, "other", 1);
    assert_int_equal(finish(e, gone), WEIR_ERR_LOG);
    write_changelog(e, 1, 0, 700);
    assert_int_equal(finish(e, stays), WEIR_OK);
    wr_restore_end(gone);
    wr_restore_end(stays);
    check_rows(e, 1, 700);
    wr_buf_free(&key);
    wr_buf_free(&value);
}

/* Up to the target, however long its records take to come. */
static void test_target_that_is_not_there_yet(void **state)
{
    env *e = *state;
    open_pool(e, 1);
    write_changelog(e, 3, 0, 10);
    wr_restore_job *job = begin(e, 3, 20); /* ten more are to come: it waits */
    nap();
    bool done;
    OK(wr_restore_done(job, &done, err));
    assert_false(done);
    write_changelog(e, 3, 10, 20);
    assert_int_equal(finish(e, job), WEIR_OK);
    wr_restore_end(job);
    check_rows(e, 3, 20);
}

static void await_standby(env *e, wr_restore_job *job, int64_t at)
{
    for (int ms = 0; ms < WAIT_MS && wr_restore_position(job) < at; ms++)
        nap();
    assert_int_equal(wr_restore_position(job), at);
    assert_int_equal(atomic_load(&e->counters.standbys), 1);
}

/* More than fits into memory: it is set aside, more often than one file takes, and written with
 * the positions in the end, or when the job is ended before. */
static void test_more_than_memory(void **state)
{
    env *e = *state;
    open_pool(e, 2);
    wr_restore_job *jobs[PARTITIONS];
    for (int32_t p = 0; p < PARTITIONS; p++)
        write_changelog(e, p, 0, 30000 * (p + 1));
    for (int32_t p = 0; p < PARTITIONS; p++)
        jobs[p] = begin(e, p, 30000 * (p + 1));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (p != 1)
            assert_int_equal(finish(e, jobs[p]), WEIR_OK);
        wr_restore_end(jobs[p]);
        check_rows(e, p, (int)kept_position(e, p));
    }
    assert_int_equal(kept_position(e, 3), 120000);
    if (kept_position(e, 1) < 60000) { /* else it was fast */
        jobs[1] = begin(e, 1, 60000);
        assert_int_equal(finish(e, jobs[1]), WEIR_OK);
        wr_restore_end(jobs[1]);
    }
    check_rows(e, 1, 60000);
}

/* A standby follows; who takes over ends it, and has no more to read than what came since. */
static void test_standby(void **state)
{
    env *e = *state;
    open_pool(e, 1);
    write_changelog(e, 1, 0, 2000);
    wr_restore_job *job = begin(e, 1, WR_RESTORE_FOLLOW);
    await_standby(e, job, 2000);
    write_changelog(e, 1, 2000, 2500);
    await_standby(e, job, 2500);
    wr_restore_end(job);
    assert_int_equal(kept_position(e, 1), 2500);
    check_rows(e, 1, 2500);
    assert_int_equal(atomic_load(&e->counters.records), 0); /* that of a standby is no restore */
    write_changelog(e, 1, 2500, 2600);
    job = begin(e, 1, 2600);
    assert_int_equal(finish(e, job), WEIR_OK);
    wr_restore_end(job);
    assert_int_equal(atomic_load(&e->counters.records), 100);
    check_rows(e, 1, 2600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_partitions_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ended_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ended_at_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reader_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comes_during_a_poll, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topic_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_target_that_is_not_there_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standby, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_than_memory, setup_on_disk, teardown_on_disk),
        cmocka_unit_test_setup_teardown(test_ended_at_any_time, setup_on_disk, teardown_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
