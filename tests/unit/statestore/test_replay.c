/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of a log that holds the changelog, for every form of store: commits go to the log
 * alone, the database follows in pieces and now and then, or fails; a crash comes anywhere. After
 * it the store is opened on what the database has, the log is replayed from the position that is
 * noted there, and every reader sees what it saw at the last commit, stream time included.
 */
#include "faults.h"
#include "shapes.h"

enum { KEYS = 4, MANY = 5000 };
static const char *const key_texts[KEYS] = {"", "a", "aa", "a key that is too long for an entry"};

typedef struct record {
    wr_buf key, value;
    bool is_put;
} record;

typedef struct world {
    shape sh;
    uint64_t seed;
    backend be;
    wr_store *s;
    record *log; /* [0, durable) is committed */
    size_t n, cap, durable;
    char *committed;
    int64_t clock, committed_time;
    bool caching;
    int crashes, replayed;
    wr_rng rng;
} world;

static void append_one(world *w, wr_str key, const wr_str *value)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 1024;
        w->log = wr_realloc(w->log, w->cap * sizeof *w->log);
    }
    record *r = &w->log[w->n++];
    *r = (record){.is_put = value != NULL};
    wr_buf_str(&r->key, key);
    if (value)
        wr_buf_str(&r->value, *value);
}

static weir_status append(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < c->n; i++)
        append_one(arg, c->keys[i], c->values[i].ptr ? &c->values[i] : NULL);
    return WEIR_OK;
}

static void drop_records(world *w, size_t from)
{
    for (size_t i = from; i < w->n; i++) {
        wr_buf_free(&w->log[i].key);
        wr_buf_free(&w->log[i].value);
    }
    w->n = from;
}

static char *text_of(world *w)
{
    wr_str keys[KEYS];
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = S(key_texts[i]);
    return shape_text(w->s, w->sh, keys, KEYS);
}

static int64_t stream_time(const world *w)
{
    switch (w->sh) {
    case SHAPE_KV:
        return 0;
    case SHAPE_WINDOW:
        return wr_window_stream_time(w->s);
    case SHAPE_BUFFER:
        return wr_buffer_stream_time(w->s);
    default:
        return wr_session_stream_time(w->s);
    }
}

static void check_committed(world *w, const char *when)
{
    char *got = text_of(w);
    if (strcmp(got, w->committed) != 0 || stream_time(w) != w->committed_time)
        fail_msg("seed %llu, %s, %s: stream time %lld, expected %lld\n%.400s\nexpected\n%.400s",
                 (unsigned long long)w->seed, shape_names[w->sh], when, (long long)stream_time(w),
                 (long long)w->committed_time, got, w->committed);
    wr_free(got);
}

/* ---- steps ---- */

static void put_one(world *w, wr_str key, int64_t time)
{
    char value[24];
    int len = snprintf(value, sizeof value, "v%llu", (unsigned long long)wr_rng_next(&w->rng));
    OK(shape_put(w->s, w->sh, key, time, wr_str_make(value, (uint32_t)len), err));
}

static void put_some(world *w)
{
    for (uint64_t n = wr_rng_below(&w->rng, 8); n > 0; n--) {
        w->clock += (int64_t)wr_rng_below(&w->rng, wr_rng_below(&w->rng, 50) ? 8 : 900);
        put_one(w, S(key_texts[wr_rng_below(&w->rng, KEYS)]),
                w->clock - (int64_t)wr_rng_below(&w->rng, 60));
    }
    if (w->sh == SHAPE_KV && wr_rng_below(&w->rng, 3) == 0)
        OK(wr_kv_delete(w->s, S(key_texts[wr_rng_below(&w->rng, KEYS)]), w->clock, err));
    if (w->sh == SHAPE_WINDOW && wr_rng_below(&w->rng, 3) == 0)
        OK(wr_window_put(w->s, S(key_texts[wr_rng_below(&w->rng, KEYS)]),
                         w->clock - (int64_t)wr_rng_below(&w->rng, 30), NULL, w->clock, err));
}

/* So many that the database takes them in pieces. */
static void put_many(world *w)
{
    for (int i = 0; i < MANY; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "m%04d", i);
        put_one(w, wr_str_make(key, (uint32_t)len), w->clock);
    }
}

static void commit_to_log(world *w)
{
    OK(wr_store_flush(w->s, err));
    wr_store_committed(w->s);
    w->durable = w->n;
    wr_free(w->committed);
    w->committed = text_of(w);
    w->committed_time = stream_time(w);
}

static void note_position(world *w, wr_db_batch *b)
{
    char bytes[8];
    wr_put_be64(bytes, w->durable);
    wr_db_batch_meta_put(b, S("position"), wr_str_make(bytes, sizeof bytes));
}

/* The rows; the rest and the position only if nothing comes in between. */
static void write_behind(world *w, bool whole)
{
    commit_to_log(w);
    OK(wr_store_write_rows(w->s, err));
    check_committed(w, "after its rows were written");
    if (!whole)
        return;
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    OK(wr_store_write_into(w->s, b, err));
    note_position(w, b);
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    assert_false(wr_store_is_unwritten(w->s));
    check_committed(w, "after it was written");
}

/* One call of the database fails on the way: nothing is lost, it may be tried again later. */
static void write_failing(world *w)
{
    commit_to_log(w);
    weir_error err = {0};
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    faults_arm(w->be.db, (int)wr_rng_below(&w->rng, 4));
    weir_status st = wr_store_write_rows(w->s, &err);
    if (st == WEIR_OK)
        st = wr_store_write_into(w->s, b, &err);
    if (st == WEIR_OK) {
        note_position(w, b);
        st = wr_db_write(w->be.db, b, &err);
    }
    faults_disarm(w->be.db);
    wr_db_batch_free(b);
    assert_int_equal(st, faults.failed ? WEIR_ERR_STORE : WEIR_OK);
    check_committed(w, "after a write that failed");
}

static void open_store(world *w)
{
    wr_store_options options = {.store_id = 1, .caching = w->caching, .overlay_max = 64 << 10};
    options.on_change = append;
    options.on_change_arg = w;
    OK(shape_open(w->be.db, w->sh, &options, &w->s, err));
}

static size_t position(world *w)
{
    wr_buf value = {0};
    bool found;
    OK(wr_db_meta_get(w->be.db, NULL, S("position"), &value, &found, err));
    size_t at = found ? wr_get_be64(value.ptr) : 0;
    wr_buf_free(&value);
    assert_true(at <= w->durable);
    return at;
}

/* In batches, each with its position; a second crash may end it early. */
static bool replay(world *w, bool ends_early)
{
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    size_t end = w->durable, from = position(w);
    for (size_t at = from; at < end;) {
        size_t some = at + 1 + wr_rng_below(&w->rng, 500), stop = WR_MIN(end, some);
        for (; at < stop; at++) {
            record *r = &w->log[at];
            wr_str bytes = wr_buf_view(&r->value);
            OK(wr_store_restore(w->s, wr_buf_view(&r->key), r->is_put ? &bytes : NULL, err));
            w->replayed++;
        }
        OK(wr_store_commit_into(w->s, b, err));
        w->durable = at;
        note_position(w, b);
        w->durable = end;
        OK(wr_db_write(w->be.db, b, err));
        if (ends_early && wr_rng_below(&w->rng, 3) == 0) {
            wr_db_batch_free(b);
            return false;
        }
    }
    wr_db_batch_free(b);
    return true;
}

static void crash(world *w)
{
    bool done;
    w->crashes++;
    do {
        wr_store_close(w->s);
        drop_records(w, w->durable);
        backend_reopen(&w->be);
        open_store(w);
        done = replay(w, wr_rng_below(&w->rng, 2));
    } while (!done);
    check_committed(w, "after a crash");
    wr_store_close(w->s); /* and what was replayed is in the database */
    open_store(w);
    assert_int_equal(position(w), w->durable);
    check_committed(w, "opened once more");
}

static void run(shape sh, bool memory, uint64_t seed, int steps)
{
    world *w = wr_calloc(1, sizeof *w);
    *w = (world){.sh = sh, .seed = seed, .clock = 1000, .caching = seed % 2};
    w->committed = wr_strdup("");
    wr_rng_seed(&w->rng, seed * SHAPES + sh);
    backend_init(&w->be, memory, false);
    open_store(w);
    w->committed_time = stream_time(w);
    for (int i = 0; i < steps; i++) {
        uint64_t what = wr_rng_below(&w->rng, 100);
        if (what < 60)
            put_some(w);
        else if (what < 80)
            commit_to_log(w);
        else if (what < 90)
            write_behind(w, what < 88);
        else if (what < 93)
            write_failing(w);
        else if (what < 98)
            crash(w);
        else
            wr_store_trim(w->s);
        if (i == steps - 15) { /* late, since every look costs more from here on */
            put_many(w);
            write_failing(w);
            write_behind(w, seed % 2);
        }
    }
    crash(w);
    assert_true(w->crashes > 0 && w->durable > 0);
    wr_store_close(w->s);
    drop_records(w, 0);
    wr_free(w->log);
    wr_free(w->committed);
    backend_fini(&w->be);
    wr_free(w);
}

static void test_memory(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            run(sh, true, seed, 150);
}

static void test_rocks(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++)
        run(sh, false, 1 + sh, 40);
}

/* A row that moved stream time and is gone again, or was deleted and never there: the changelog
 * says how late it is all the same, and as little as it can of other such rows. */
static void test_time_of_rows_that_came_and_went(void **state)
{
    (void)state;
    for (int caching = 0; caching < 2; caching++) {
        for (int never_there = 0; never_there < 2; never_there++) {
            world *w = wr_calloc(1, sizeof *w);
            *w = (world){.sh = SHAPE_WINDOW, .caching = caching, .clock = 1000};
            w->committed = wr_strdup("");
            backend_init(&w->be, true, false);
            open_store(w);
            put_one(w, S("a"), 100);
            commit_to_log(w);
            for (int64_t start = 150; start <= 200; start += 50) {
                if (!never_there)
                    put_one(w, S("b"), start);
                OK(wr_window_put(w->s, S("b"), start, NULL, start, err));
            }
            commit_to_log(w);
            assert_int_equal(w->committed_time, 200);
            if (caching)
                assert_int_equal(w->n, 2); /* "a", and the last of "b" */
            crash(w);
            assert_int_equal(wr_window_stream_time(w->s), 200);
            wr_store_close(w->s);
            drop_records(w, 0);
            wr_free(w->log);
            wr_free(w->committed);
            backend_fini(&w->be);
            wr_free(w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_rocks),
        cmocka_unit_test(test_time_of_rows_that_came_and_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
