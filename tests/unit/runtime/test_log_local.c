/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log, in a directory and in memory: topics, a random model of produce / commit /
 * abort / read with reopening, atomic commits under kill -9, commits from several threads, damaged
 * blocks, expiry, waking.
 */
#include "log_helper.h"
#include "common/clock.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

typedef struct env {
    bool memory;
    char dir[256], path[300];
    wr_clock_manual clock;
    wr_db *db;
    wr_log *log;
} env;

static void open_log(env *e)
{
    if (e->memory) {
        if (!e->db)
            e->db = wr_db_open_memory();
        OK(wr_log_memory_new(e->db, &e->log, err));
    } else {
        wr_db_options options = wr_db_options_default();
        options.sync = false; /* kill -9 does not lose what the system has */
        OK(wr_db_open(e->path, &options, &e->db, err));
        OK(wr_log_local_new(e->db, &e->clock.base, &e->log, err));
    }
}

static void close_log(env *e)
{
    wr_log_close(e->log);
    e->log = NULL;
    if (e->memory)
        return; /* its database goes with the test */
    wr_db_close(e->db);
    e->db = NULL;
}

static int setup(void **state, bool memory)
{
    env *e = wr_calloc(1, sizeof *e);
    e->memory = memory;
    make_temp(e->dir, sizeof e->dir);
    snprintf(e->path, sizeof e->path, "%s/db", e->dir);
    wr_clock_manual_init(&e->clock, 1000000);
    open_log(e);
    *state = e;
    return 0;
}
static int setup_local(void **state)
{
    return setup(state, false);
}
static int setup_memory(void **state)
{
    return setup(state, true);
}

static int teardown(void **state)
{
    env *e = *state;
    if (e->log)
        close_log(e);
    if (e->db)
        wr_db_close(e->db);
    remove_tree(e->dir);
    wr_free(e);
    return 0;
}

static wr_log_reader *reader_at(wr_log *log, const char *topic, int32_t partition, int64_t offset)
{
    wr_log_reader *r;
    wr_topic_part part = {topic, partition, offset};
    OK(wr_log_reader_new(log, NULL, NULL, &r, err));
    OK(wr_log_reader_assign(r, &part, 1, err));
    return r;
}

/* ---- topics ---- */

static void test_topics(void **state)
{
    env *e = *state;
    wr_topic_spec spec = {.name = "clicks",
                          .partitions = 3,
                          .replicas = -1,
                          .retention_ms = 5000,
                          .compact = true,
                          .internal = true};
    OK(wr_topic_create(e->log, &spec, err));
    FAILS(wr_topic_create(e->log, &spec, err), WEIR_ERR_EXISTS, "'clicks' already exists");
    create_topic(e->log, "a", -1);
    spec.name = "no/good";
    FAILS(wr_topic_create(e->log, &spec, err), WEIR_ERR_MISUSE, "Invalid topic name");
    spec.name = "none";
    spec.partitions = 0;
    FAILS(wr_topic_create(e->log, &spec, err), WEIR_ERR_MISUSE, "0 partitions");

    for (int again = 0; again < 2; again++) {
        wr_topic_info info, *list;
        uint32_t n;
        OK(wr_topic_describe(e->log, "clicks", &info, err));
        assert_int_equal(info.partitions, 3);
        assert_int_equal(info.retention_ms, 5000);
        assert_true(info.internal);
        FAILS(wr_topic_describe(e->log, "b", &info, err), WEIR_ERR_NOT_FOUND, "'b'");
        wr_arena *a = wr_arena_new(0);
        OK(wr_topic_list(e->log, a, &list, &n, err));
        assert_int_equal(n, 2);
        assert_string_equal(list[0].name, "a");
        assert_int_equal(list[0].partitions, 1);
        assert_string_equal(list[1].name, "clicks");
        wr_arena_free(a);
        close_log(e);
        open_log(e);
    }
}

/* A deleted topic takes records and committed offsets along; its successor begins at 0. */
static void test_remove(void **state)
{
    env *e = *state;
    create_topic(e->log, "t", 1);
    create_topic(e->log, "tt", 1);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    put(w, "t", 0, "k", "v", 1);
    put(w, "tt", 0, "k", "v", 1);
    wr_topic_part offsets[] = {{"t", 0, 1}, {"tt", 0, 7}};
    OK(wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){"g", offsets, 2}, 1, NULL, err));
    wr_log_reader *r = reader_at(e->log, "t", 0, 0);
    put(w, "t", 0, "k", "v", 1);
    OK(wr_topic_remove(e->log, "t", err));
    FAILS(wr_topic_remove(e->log, "t", err), WEIR_ERR_NOT_FOUND, "'t'");
    FAILS(wr_log_writer_commit(w, NULL, NULL, 0, NULL, err), WEIR_ERR_NOT_FOUND, "deleted");
    OK(wr_log_writer_abort(w, NULL, err));
    wr_log_batch *b;
    OK(wr_log_reader_poll(r, 10, 0, &b, err));
    assert_null(b);
    create_topic(e->log, "t", 1);
    assert_int_equal(end_of(e->log, "t", 0), 0);
    assert_int_equal(committed_of(e->log, "g", "t", 0), WR_OFFSET_NONE);
    assert_int_equal(committed_of(e->log, "g", "tt", 0), 7);
    put(w, "t", 0, "k", "new", 1);
    commit(w);
    assert_int_equal(end_of(e->log, "t", 0), 1);
    OK(wr_group_drop(e->log, "g", err));
    assert_int_equal(committed_of(e->log, "g", "tt", 0), WR_OFFSET_NONE);
    wr_log_reader_close(r);
    wr_log_writer_close(w);
}

/* ---- the model ---- */

enum { PARTS = 3, MODEL_MAX = 20000 };

typedef struct model_record {
    uint64_t seed; /* everything of the record follows from it */
} model_record;

typedef struct model {
    model_record *records[PARTS];
    int64_t n[PARTS], committed[PARTS];
    uint64_t next_seed;
} model;

typedef struct made {
    char key[64], value[400], header[40];
    wr_str k, v;
    int64_t timestamp;
    wr_header h[2];
    wr_headers headers;
} made;

static void make(uint64_t seed, made *m)
{
    wr_rng rng;
    wr_rng_seed(&rng, seed);
    m->k = (wr_str){m->key, (uint32_t)wr_rng_below(&rng, sizeof m->key)};
    m->v = (wr_str){m->value, (uint32_t)wr_rng_below(&rng, sizeof m->value)};
    for (size_t i = 0; i < sizeof m->key; i++)
        m->key[i] = (char)wr_rng_next(&rng);
    memset(m->value, (int)wr_rng_below(&rng, 256), sizeof m->value);
    memset(m->header, 'h', sizeof m->header);
    if (wr_rng_below(&rng, 10) == 0)
        m->k = (wr_str){0};
    if (wr_rng_below(&rng, 10) == 0)
        m->v = (wr_str){0};
    static const int64_t odd[] = {INT64_MIN, INT64_MAX, 0, -1};
    m->timestamp = wr_rng_below(&rng, 20) == 0 ? odd[wr_rng_below(&rng, 4)]
                                               : (int64_t)wr_rng_below(&rng, 1u << 30);
    m->h[0] = (wr_header){{m->header, 3}, {m->header, (uint32_t)wr_rng_below(&rng, 40)}};
    m->h[1] = (wr_header){{m->header, 0}, {0}};
    m->headers = (wr_headers){(uint32_t)wr_rng_below(&rng, 12) < 2 ? 2 : 0, m->h};
}

static void assert_same(wr_str a, wr_str b)
{
    assert_int_equal(a.ptr == NULL, b.ptr == NULL);
    assert_true(wr_str_eq(a, b));
}

static void check_record(const wr_record *r, uint64_t seed)
{
    made m;
    make(seed, &m);
    assert_same(r->key, m.k);
    assert_same(r->value, m.v);
    assert_int_equal(r->timestamp, m.timestamp);
    assert_int_equal(r->headers ? r->headers->n : 0, m.headers.n);
    for (uint32_t i = 0; i < m.headers.n; i++) {
        assert_same(r->headers->h[i].key, m.h[i].key);
        assert_same(r->headers->h[i].value, m.h[i].value);
    }
}

static void model_produce(model *md, wr_log_writer *w, wr_rng *rng, int64_t *added)
{
    static made some[200];
    wr_str keys[200], values[200];
    int64_t timestamps[200];
    int32_t partitions[200];
    const wr_headers *headers[200];
    uint32_t n = (uint32_t)wr_rng_below(rng, 200);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t seed = ++md->next_seed;
        make(seed, &some[i]);
        keys[i] = some[i].k;
        values[i] = some[i].v;
        timestamps[i] = some[i].timestamp;
        headers[i] = some[i].headers.n ? &some[i].headers : NULL;
        int32_t p = (int32_t)wr_rng_below(rng, PARTS);
        partitions[i] = p;
        assert_true(md->n[p] + added[p] < MODEL_MAX);
        md->records[p][md->n[p] + added[p]++].seed = seed;
    }
    wr_out_records r = {.n = n,
                        .keys = keys,
                        .values = values,
                        .timestamps = timestamps,
                        .partitions = partitions,
                        .headers = headers};
    OK(wr_log_writer_produce(w, NULL, "m", &r, err));
}

/* Read from a random place to the end, with a random batch size. */
static void model_read(env *e, const model *md, wr_rng *rng)
{
    wr_log_reader *r;
    wr_topic_part parts[PARTS];
    int64_t at[PARTS], left = 0;
    for (int32_t p = 0; p < PARTS; p++) {
        at[p] = (int64_t)wr_rng_below(rng, (uint64_t)md->n[p] + 1);
        left += md->n[p] - at[p];
        parts[p] = (wr_topic_part){"m", p, at[p]};
    }
    uint32_t max = wr_rng_below(rng, 2) ? 4096 : 1 + (uint32_t)wr_rng_below(rng, 700);
    OK(wr_log_reader_new(e->log, NULL, NULL, &r, err));
    OK(wr_log_reader_assign(r, parts, PARTS, err));
    wr_log_batch *b;
    for (;;) {
        OK(wr_log_reader_poll(r, max, 0, &b, err));
        if (!b)
            break;
        assert_true(b->n >= 1 && b->n <= max);
        assert_ptr_equal(b->topic, parts[b->assignment].topic);
        int32_t p = b->partition;
        assert_int_equal((uint32_t)p, b->assignment);
        for (uint32_t i = 0; i < b->n; i++) {
            assert_int_equal(b->records[i].offset, at[p]);
            assert_int_equal(b->records[i].partition, p);
            check_record(&b->records[i], md->records[p][at[p]].seed);
            at[p]++;
            left--;
        }
        assert_int_equal(b->next_offset, at[p]);
        wr_log_reader_release(r, b);
    }
    assert_int_equal(left, 0);
    wr_log_reader_close(r);
}

static void model_commit(model *md, wr_log_writer *w, const int64_t *added)
{
    wr_topic_part offsets[PARTS];
    for (int32_t p = 0; p < PARTS; p++) {
        md->n[p] += added[p];
        md->committed[p] = md->n[p] * 2;
        offsets[p] = (wr_topic_part){"m", p, md->committed[p]};
    }
    OK(wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){"group", offsets, PARTS}, 1, NULL,
                            err));
    assert_int_equal(wr_log_writer_pending(w), 0);
}

static void test_model(void **state)
{
    env *e = *state;
    wr_rng rng;
    wr_rng_seed(&rng, 7);
    model md = {0};
    for (int p = 0; p < PARTS; p++) {
        md.records[p] = wr_calloc(MODEL_MAX, sizeof(model_record));
        md.committed[p] = WR_OFFSET_NONE;
    }
    create_topic(e->log, "m", PARTS);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    for (int round = 0; round < 60; round++) {
        int64_t added[PARTS] = {0};
        /* Some commits are tiny, some of many blocks. */
        for (uint64_t k = wr_rng_below(&rng, round % 10 == 9 ? 40 : 3); k > 0; k--)
            model_produce(&md, w, &rng, added);
        if (wr_rng_below(&rng, 4) == 0)
            OK(wr_log_writer_abort(w, NULL, err));
        else
            model_commit(&md, w, added);
        for (int32_t p = 0; p < PARTS; p++) {
            assert_int_equal(end_of(e->log, "m", p), md.n[p]);
            assert_int_equal(committed_of(e->log, "group", "m", p), md.committed[p]);
        }
        if (round % 3 == 0)
            model_read(e, &md, &rng);
        if (round % 20 == 19) {
            wr_log_writer_close(w);
            close_log(e);
            open_log(e);
            OK(wr_log_writer_new(e->log, NULL, &w, err));
        }
    }
    model_read(e, &md, &rng);
    wr_log_writer_close(w);
    for (int p = 0; p < PARTS; p++)
        wr_free(md.records[p]);
}

/* ---- partitions ---- */

static void test_partitions(void **state)
{
    env *e = *state;
    create_topic(e->log, "t", 4);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    for (int i = 0; i < 8; i++)
        put(w, "t", -1, NULL, "v", i);
    commit(w);
    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(end_of(e->log, "t", p), 2);
    put(w, "t", -1, "some key", "v", 0);
    commit(w);
    int32_t expected = wr_partition_of(WR_PARTITIONER_MURMUR2, WR_STR("some key"), 4);
    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(end_of(e->log, "t", p), p == expected ? 3 : 2);
    int32_t wrong = 4;
    int64_t ts = 0;
    wr_str key = WR_STR("user-17");
    for (uint32_t by = 0; by < WR_PARTITIONERS; by++) {
        int32_t p = wr_partition_of((wr_partitioner)by, key, 4);
        int64_t before = end_of(e->log, "t", p);
        wr_out_records placed = {.n = 1,
                                 .keys = &key,
                                 .values = &key,
                                 .timestamps = &ts,
                                 .partitioner = (wr_partitioner)by};
        OK(wr_log_writer_produce(w, NULL, "t", &placed, err));
        commit(w);
        assert_int_equal(end_of(e->log, "t", p), before + 1);
    }
    wr_out_records r = {
        .n = 1, .keys = &key, .values = &key, .timestamps = &ts, .partitions = &wrong};
    FAILS(wr_log_writer_produce(w, NULL, "t", &r, err), WEIR_ERR_NOT_FOUND, "no partition 4");
    OK(wr_log_writer_abort(w, NULL, err));
    FAILS(wr_log_writer_produce(w, NULL, "x", &r, err), WEIR_ERR_NOT_FOUND, "'x'");
    wr_log_writer_close(w);
}

/* ---- subscribe, pause, special offsets ---- */

/* Takes what the reader was asked to, from the beginning. @return how many partitions. */
static uint32_t take_request(wr_log_reader *r)
{
    wr_topic_part mine[8];
    const wr_log_rebalance *asked = wr_log_reader_rebalance(r);
    assert_non_null(asked);
    assert_int_equal(asked->kind, WR_REBALANCE_ASSIGN);
    assert_true(asked->n <= 8);
    wr_log_batch *b;
    OK(wr_log_reader_poll(r, 10, 0, &b, err)); /* nothing before it is answered */
    assert_null(b);
    memcpy(mine, asked->parts, asked->n * sizeof *mine);
    uint32_t n = asked->n;
    for (uint32_t i = 0; i < n; i++)
        mine[i].offset = WR_OFFSET_BEGINNING;
    OK(wr_log_reader_assign(r, mine, n, err));
    assert_null(wr_log_reader_rebalance(r));
    return n;
}

static void test_subscribe(void **state)
{
    env *e = *state;
    create_topic(e->log, "a", 2);
    create_topic(e->log, "b", 1);
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    put(w, "a", 0, "k", "a0", 0);
    put(w, "a", 1, "k", "a1", 0);
    put(w, "b", 0, "k", "b0", 0);
    commit(w);
    wr_log_reader *r;
    const char *topics[] = {"a", "b"}, *wrong[] = {"a", "none"};
    OK(wr_log_reader_new(e->log, "g", NULL, &r, err));
    FAILS(wr_log_reader_subscribe(r, wrong, 2, err), WEIR_ERR_NOT_FOUND, "'none'");
    OK(wr_log_reader_subscribe(r, topics, 2, err));
    assert_int_equal(take_request(r), 3);
    OK(wr_log_reader_pause(r, 1, true, err));
    wr_log_batch *b;
    int seen = 0;
    for (;;) {
        OK(wr_log_reader_poll(r, 10, 0, &b, err));
        if (!b)
            break;
        seen |= 1 << b->assignment;
        assert_string_equal(b->topic, b->assignment < 2 ? "a" : "b");
        wr_log_reader_release(r, b);
    }
    assert_int_equal(seen, 5);
    OK(wr_log_reader_pause(r, 1, false, err));
    OK(wr_log_reader_poll(r, 10, 0, &b, err));
    assert_non_null(b);
    assert_int_equal(b->assignment, 1);
    wr_log_reader_release(r, b);
    wr_log_reader_close(r);

    r = reader_at(e->log, "b", 0, WR_OFFSET_END);
    OK(wr_log_reader_poll(r, 10, 0, &b, err));
    assert_null(b);
    wr_log_reader_close(r);
    wr_log_writer_close(w);
}

/* ---- state in the same write ---- */

/* The test writes into LOG below topic ids that no topic has, standing for state. */
static void put_state(wr_db_batch *b, uint64_t value)
{
    char bytes[8];
    wr_put_be64(bytes, value);
    wr_db_batch_meta_put(b, WR_STR("test/state"), (wr_str){bytes, 8});
}

static uint64_t get_state(wr_db *db)
{
    wr_buf value = {0};
    bool found;
    OK(wr_db_meta_get(db, NULL, WR_STR("test/state"), &value, &found, err));
    uint64_t v = found ? wr_get_be64(value.ptr) : 0;
    wr_buf_free(&value);
    return v;
}

enum { PER_COMMIT = 37 };

/* Commit for ever: PER_COMMIT records, the state and the offset say how many commits there were. */
static void commit_for_ever(env *e, int ready)
{
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    uint64_t done = get_state(e->db);
    for (;;) {
        for (int i = 0; i < PER_COMMIT; i++)
            put(w, "t", i % 2, "key", "some value of a record", i);
        wr_db_batch *b = wr_db_batch_new(e->db);
        put_state(b, ++done);
        wr_topic_part offset = {"t", 0, (int64_t)done};
        OK(wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){"g", &offset, 1}, 1, b, err));
        wr_db_batch_free(b);
        if (done % 8 == 0 && write(ready, "x", 1) != 1)
            _exit(1);
    }
}

/* This program again, to do @p what with the log of @p e. A plain fork would not do: the threads of
 * RocksDB would not be there in the child, nor would its locks be free. */
static pid_t spawn(const env *e, const char *what, int fd)
{
    char text[16];
    snprintf(text, sizeof text, "%d", fd);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_log_local", what, e->path, text, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* TSan does not know the threads that RocksDB starts in a child. The other builds run it. */
static void skip_fork_under_tsan(void)
{
#ifdef __SANITIZE_THREAD__
    skip();
#endif
}

static void test_kill(void **state)
{
    env *e = *state;
    skip_fork_under_tsan();
    create_topic(e->log, "t", 2);
    wr_rng rng;
    wr_rng_seed(&rng, 3);
    uint64_t before = 0;
    for (int round = 0; round < 6; round++) {
        close_log(e);
        int fd[2];
        assert_int_equal(pipe(fd), 0);
        pid_t child = spawn(e, "kill", fd[1]);
        close(fd[1]);
        char c;
        for (uint64_t k = 1 + wr_rng_below(&rng, 20); k > 0; k--)
            assert_int_equal(read(fd[0], &c, 1), 1);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(fd[0]);
        open_log(e);
        uint64_t done = get_state(e->db);
        assert_true(done >= before + 8);
        assert_int_equal(committed_of(e->log, "g", "t", 0), done);
        assert_int_equal(end_of(e->log, "t", 0) + end_of(e->log, "t", 1), done * PER_COMMIT);
        before = done;
    }
}

enum { FULL_RECORDS = 100, MOVED = 3, FULL = 100 };

/* Commit until the file system refuses; @return FULL where nothing has moved then. */
static int commit_until_full(env *e)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {256 << 10, 256 << 10};
    open_log(e);
    wr_log_writer *w;
    weir_error failure = {0};
    if (wr_log_writer_new(e->log, NULL, &w, &failure) || setrlimit(RLIMIT_FSIZE, &limit))
        return 2;
    for (int64_t done = 0; done < 1000; done++) {
        for (int i = 0; i < FULL_RECORDS; i++)
            put(w, "t", 0, "key", "a value of some bytes so that it fills up", i);
        wr_topic_part offset = {"t", 0, done + 1};
        if (wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){"g", &offset, 1}, 1, NULL,
                                 &failure) == WEIR_OK)
            continue;
        int64_t committed = done ? done : WR_OFFSET_NONE;
        return failure.code == WEIR_ERR_STORE && failure.flags == WEIR_ERROR_RETRIABLE &&
                       end_of(e->log, "t", 0) == done * FULL_RECORDS &&
                       committed_of(e->log, "g", "t", 0) == committed && done > 5
                   ? FULL
                   : MOVED;
    }
    return 4;
}

/* A file size limit stands in for a full disk. */
static void test_full(void **state)
{
    env *e = *state;
    skip_fork_under_tsan();
    create_topic(e->log, "t", 1);
    close_log(e);
    pid_t child = spawn(e, "full", -1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FULL);
    open_log(e);
    assert_int_equal(end_of(e->log, "t", 0), committed_of(e->log, "g", "t", 0) * FULL_RECORDS);
}

/* ---- threads ---- */

enum { THREADS = 4, COMMITS = 150 };

typedef struct committer {
    env *e;
    int id;
    pthread_t thread;
} committer;

static void *commit_some(void *arg)
{
    committer *c = arg;
    wr_log_writer *w;
    OK(wr_log_writer_new(c->e->log, NULL, &w, err));
    char key[2] = {(char)('a' + c->id), 0}, group[3] = {'g', key[0], 0};
    for (int k = 0; k < COMMITS; k++) {
        for (int i = 0; i < 3; i++) {
            char value[16];
            snprintf(value, sizeof value, "%d", k * 3 + i);
            put(w, "t", 0, key, value, k);
        }
        wr_topic_part offset = {"t", 0, k};
        OK(wr_log_writer_commit(w, NULL, &(wr_log_group_offsets){group, &offset, 1}, 1, NULL, err));
    }
    wr_log_writer_close(w);
    return NULL;
}

/* A reader beside the writers sees dense offsets, commits in one piece, each writer's order. */
static void test_threads(void **state)
{
    env *e = *state;
    create_topic(e->log, "t", 1);
    wr_log_reader *r = reader_at(e->log, "t", 0, 0);
    committer some[THREADS];
    for (int i = 0; i < THREADS; i++) {
        some[i] = (committer){.e = e, .id = i};
        assert_int_equal(pthread_create(&some[i].thread, NULL, commit_some, &some[i]), 0);
    }
    int64_t at = 0, next[THREADS] = {0};
    int waits = 0;
    while (at < THREADS * COMMITS * 3) {
        wr_log_batch *b;
        OK(wr_log_reader_poll(r, 100000, 60000, &b, err));
        assert_non_null(b); /* else nothing came for a minute */
        waits++;
        assert_int_equal(b->n % 3, 0);
        for (uint32_t i = 0; i < b->n; i++) {
            assert_int_equal(b->records[i].offset, at++);
            int who = b->records[i].key.ptr[0] - 'a';
            int64_t value;
            assert_true(wr_str_to_i64(b->records[i].value, &value));
            assert_int_equal(value, next[who]++);
            assert_int_equal(b->records[i].key.ptr[0], b->records[i - i % 3].key.ptr[0]);
        }
        wr_log_reader_release(r, b);
    }
    assert_true(waits > 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(some[i].thread, NULL);
    wr_log_reader_close(r);
}

static void *wake_it(void *arg)
{
    wr_log_reader_wake(arg);
    return NULL;
}

static void test_wake(void **state)
{
    env *e = *state;
    create_topic(e->log, "t", 1);
    wr_log_reader *r = reader_at(e->log, "t", 0, 0);
    pthread_t thread;
    wr_log_batch *b;
    assert_int_equal(pthread_create(&thread, NULL, wake_it, r), 0);
    OK(wr_log_reader_poll(r, 10, -1, &b, err)); /* for ever, but for the wake */
    assert_null(b);
    pthread_join(thread, NULL);
    OK(wr_log_reader_poll(r, 10, 20, &b, err)); /* the time passes */
    assert_null(b);
    wr_log_reader_close(r);
}

/* ---- damage ---- */

static void damage(env *e, uint32_t topic, bool (*change)(wr_buf *value))
{
    char key[16] = {0};
    wr_put_be32(key, topic);
    wr_buf value = {0};
    bool found;
    OK(wr_db_get(e->db, NULL, WR_DB_LOG, (wr_str){key, 16}, &value, &found, err));
    assert_true(found);
    wr_db_batch *b = wr_db_batch_new(e->db);
    if (change(&value))
        wr_db_batch_put(b, WR_DB_LOG, (wr_str){key, 16}, wr_buf_view(&value));
    else
        wr_db_batch_delete(b, WR_DB_LOG, (wr_str){key, 16});
    OK(wr_db_write(e->db, b, err));
    wr_db_batch_free(b);
    wr_buf_free(&value);
}

static bool flip(wr_buf *value)
{
    value->ptr[value->len - 1] ^= 1;
    return true;
}
static bool cut(wr_buf *value)
{
    value->len = 11;
    return true;
}
static bool drop(wr_buf *value)
{
    (void)value;
    return false;
}

static void test_damage(void **state)
{
    env *e = *state;
    static const struct {
        bool (*change)(wr_buf *value);
        const char *message;
    } cases[] = {{flip, "checksum"}, {cut, "too short"}, {drop, "is missing"}};
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        char name[8];
        snprintf(name, sizeof name, "t%zu", i);
        create_topic(e->log, name, 1);
        put(w, name, 0, "k", "v", 0);
        commit(w);
        put(w, name, 0, "k", "v", 0);
        commit(w);
        wr_buf note = {0};
        wr_buf_printf(&note, "log/topic/%s", name);
        uint32_t id;
        OK(wr_db_store_id_find(e->db, NULL, wr_buf_view(&note), &id, err));
        wr_buf_free(&note);
        damage(e, id, cases[i].change);
        wr_log_reader *r = reader_at(e->log, name, 0, 0);
        wr_log_batch *b;
        FAILS(wr_log_reader_poll(r, 10, 0, &b, err), WEIR_ERR_LOG, cases[i].message);
        assert_null(b);
        wr_log_reader_close(r);
    }
    wr_log_writer_close(w);
}

/* ---- expiry ---- */

static void test_retention(void **state)
{
    env *e = *state;
    wr_topic_spec spec = {.name = "t", .partitions = 1, .replicas = 1, .retention_ms = 100000};
    OK(wr_topic_create(e->log, &spec, err));
    wr_log_writer *w;
    OK(wr_log_writer_new(e->log, NULL, &w, err));
    int64_t low = 0, high = 0;
    for (int k = 0; k < 20; k++) {
        e->clock.now_ms += 20000;
        put(w, "t", 0, "k", "v", e->clock.now_ms);
        commit(w);
        wr_topic_part part = {"t", 0, 0};
        OK(wr_topic_ends(e->log, &part, 1, &low, &high, err));
        assert_int_equal(high, k + 1);
        /* 5 intervals are kept; the check comes at most every 30 s, so one or two more. */
        assert_true(low >= k + 1 - 8 && low <= WR_MAX(k + 1 - 6, 0));
    }
    assert_true(low > 10);
    wr_log_writer_close(w);
    close_log(e);
    open_log(e);
    wr_topic_part part = {"t", 0, 0};
    int64_t low_again;
    OK(wr_topic_ends(e->log, &part, 1, &low_again, &high, err));
    assert_int_equal(low_again, low);
    wr_log_reader *r = reader_at(e->log, "t", 0, 0);
    wr_log_batch *b;
    OK(wr_log_reader_poll(r, 100, 0, &b, err));
    assert_non_null(b);
    assert_int_equal(b->records[0].offset, low);
    wr_log_reader_release(r, b);
    wr_log_reader_close(r);
}

#define BOTH(f)                                                                                    \
    cmocka_unit_test_setup_teardown(f, setup_local, teardown),                                     \
    {                                                                                              \
#f "_in_memory", f, setup_memory, teardown, NULL                                           \
    }
#define LOCAL(f) cmocka_unit_test_setup_teardown(f, setup_local, teardown)

/* As another process: spawn. */
static int child_main(const char *what, const char *path, int fd)
{
    env e = {0};
    snprintf(e.path, sizeof e.path, "%s", path);
    wr_clock_manual_init(&e.clock, 1000000);
    if (strcmp(what, "full") == 0)
        return commit_until_full(&e);
    open_log(&e);
    commit_for_ever(&e, fd);
    return 5; /* it never ends by itself */
}

int main(int argc, char **argv)
{
    if (argc == 4)
        _exit(child_main(argv[1], argv[2], (int)strtol(argv[3], NULL, 10)));
    const struct CMUnitTest tests[] = {
        BOTH(test_topics),    BOTH(test_remove),  BOTH(test_model),      BOTH(test_partitions),
        BOTH(test_subscribe), BOTH(test_threads), BOTH(test_wake),       BOTH(test_damage),
        LOCAL(test_kill),     LOCAL(test_full),   LOCAL(test_retention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
