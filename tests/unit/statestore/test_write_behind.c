/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write-behind against a model and a changelog: commits that do not write the database, writes in
 * pieces that fail half-way, crashes and replays, on both back ends.
 * cost: 45
 */
#include "helper.h"

#include "statestore/db_internal.h"
#include "statestore/window.h"

enum { KEYS = 40000, SOME = 9000, KEY_LEN = 24 };

/* ------------------------------------------------------------------ a changelog */

typedef struct record {
    wr_buf key, value;
    bool is_put;
} record;

typedef struct world {
    backend be;
    wr_store *store;
    wr_store_options options;
    wr_rng rng;
    record *log; /* [0, durable) is committed; position: as noted in the database */
    size_t n, cap, durable;
    int64_t now[KEYS], committed[KEYS]; /* 0: not there */
} world;

static void append_one(world *w, wr_str key, wr_str value)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 1024;
        w->log = realloc(w->log, w->cap * sizeof *w->log);
    }
    record *r = &w->log[w->n++];
    *r = (record){.is_put = value.ptr != NULL};
    wr_buf_str(&r->key, key);
    if (value.ptr)
        wr_buf_str(&r->value, value);
}

static weir_status append(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < c->n; i++)
        append_one(arg, c->keys[i], c->values[i]);
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

static void note_position(world *w, wr_db_batch *b, size_t position)
{
    (void)w;
    char bytes[8];
    wr_put_be64(bytes, position);
    wr_db_batch_meta_put(b, S("position"), wr_str_make(bytes, 8));
}

/* As the runtime does after a crash: from the position in the database to the end of the log. */
static void open_and_replay(world *w)
{
    wr_buf value = {0};
    bool found;
    OK(wr_kv_open(w->be.db, &w->options, &w->store, err));
    OK(wr_db_meta_get(w->be.db, NULL, S("position"), &value, &found, err));
    size_t from = found ? wr_get_be64(value.ptr) : 0;
    wr_buf_free(&value);
    assert_true(from <= w->durable);
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    for (size_t i = from; i < w->durable; i++) {
        record *r = &w->log[i];
        wr_str bytes = wr_buf_view(&r->value);
        OK(wr_store_restore(w->store, wr_buf_view(&r->key), r->is_put ? &bytes : NULL, err));
    }
    OK(wr_store_commit_into(w->store, b, err));
    note_position(w, b, w->durable);
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
}

static void crash(world *w)
{
    wr_store_close(w->store);
    drop_records(w, w->durable);
    backend_reopen(&w->be);
    memcpy(w->now, w->committed, sizeof w->now);
    open_and_replay(w);
}

static void commit_elsewhere(world *w)
{
    OK(wr_store_flush(w->store, err));
    wr_store_committed(w->store);
    assert_false(wr_store_is_dirty(w->store));
    assert_int_equal(wr_store_dirty_count(w->store), 0);
    w->durable = w->n;
    memcpy(w->committed, w->now, sizeof w->now);
}

static void write_behind(world *w)
{
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    OK(wr_store_write_rows(w->store, err));
    OK(wr_store_write_into(w->store, b, err));
    note_position(w, b, w->durable);
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
    assert_false(wr_store_is_unwritten(w->store));
}

/* ------------------------------------------------------------------ a database that fails */

static wr__db_ops failing_ops;
static const wr__db_ops *real_ops;
static int writes_left;

static weir_status failing_write(wr_db *db, wr_db_batch *b, weir_error *err)
{
    if (writes_left-- > 0)
        return real_ops->write(db, b, err);
    return wr_error(err, WEIR_ERR_STORE, "no more writes");
}

/* The database takes @p n more writes; < 0: all. */
static void fail_after(wr_db *db, int n)
{
    if (db->ops != &failing_ops)
        real_ops = db->ops;
    if (n < 0) {
        db->ops = real_ops;
        return;
    }
    failing_ops = *real_ops;
    failing_ops.write = failing_write;
    db->ops = &failing_ops;
    writes_left = n;
}

/* ------------------------------------------------------------------ the property */

static wr_str key_of(int i, char *out)
{
    /* Half of them lie in the entry, half in the pool; what they share is long. */
    int len = snprintf(out, KEY_LEN, i & 1 ? "k/%05d" : "customer/number/%05d", i);
    return wr_str_make(out, (size_t)len);
}

static void put(world *w, int i, int64_t value)
{
    char key[KEY_LEN];
    wr_str bytes = wr_str_make((const char *)&value, sizeof value);
    OK(wr_kv_put(w->store, key_of(i, key), bytes, 1, err));
    w->now[i] = value;
}

static void take_out(world *w, int i)
{
    char key[KEY_LEN];
    OK(wr_kv_delete(w->store, key_of(i, key), 1, err));
    w->now[i] = 0;
}

static void check(wr_store *s, const int64_t *expected)
{
    for (int i = 0; i < KEYS; i++) {
        if (i == SOME && !expected[KEYS - 1])
            break; /* this test uses the first ones only; the scan below finds what else is there */
        char key[KEY_LEN];
        wr_str value;
        bool found;
        OK(wr_kv_get(s, key_of(i, key), &value, &found, err));
        assert_int_equal(found, expected[i] != 0);
        if (found)
            assert_memory_equal(value.ptr, &expected[i], sizeof expected[i]);
    }
    int64_t rows = 0, existing = 0;
    for (int i = 0; i < KEYS; i++)
        existing += expected[i] != 0;
    wr_store_iter *it;
    wr_store_row row;
    bool more;
    OK(wr_kv_scan(s, S(""), (wr_str){0}, false, &it, err));
    for (;; rows++) {
        OK(wr_store_iter_next(it, &row, &more, err));
        if (!more)
            break;
    }
    wr_store_iter_free(it);
    assert_int_equal(rows, existing);
}

/* What the database alone holds, for those who read snapshots. */
static void check_snapshot(world *w)
{
    wr_store_options options = w->options;
    wr_store *view;
    options.snap = wr_db_snap_new(w->be.db);
    options.on_change = NULL;
    OK(wr_kv_open(w->be.db, &options, &view, err));
    check(view, w->committed);
    wr_store_close(view);
    wr_db_snap_free(w->be.db, (wr_db_snap *)(uintptr_t)options.snap);
}

static void change_some(world *w, int n)
{
    for (int k = 0; k < n; k++) {
        int i = (int)wr_rng_below(&w->rng, SOME);
        if (wr_rng_below(&w->rng, 4))
            put(w, i, 1 + (int64_t)wr_rng_below(&w->rng, 1000000));
        else
            take_out(w, i);
    }
}

static void step(world *w)
{
    switch (wr_rng_below(&w->rng, 12)) {
    case 0:
        crash(w);
        break;
    case 1:
        commit_elsewhere(w);
        write_behind(w);
        check_snapshot(w);
        break;
    case 2: { /* pieces, and then the end */
        commit_elsewhere(w);
        fail_after(w->be.db, (int)wr_rng_below(&w->rng, 3));
        weir_error failure = {0};
        weir_status st = wr_store_write_rows(w->store, &failure);
        fail_after(w->be.db, -1);
        if (st != WEIR_OK)
            assert_true(wr_store_is_unwritten(w->store));
        if (wr_rng_below(&w->rng, 2))
            crash(w);
        break;
    }
    case 3:
        wr_store_trim(w->store);
        break;
    case 4: /* both at once, as the local log does */
        commit(w->be.db, w->store);
        w->durable = w->n; /* the position stays behind, which is allowed */
        memcpy(w->committed, w->now, sizeof w->now);
        break;
    case 5:
        commit_elsewhere(w);
        change_some(w, 10);
        OK(wr_store_discard(w->store, err));
        wr_store_close(w->store);
        drop_records(w, w->durable);
        memcpy(w->now, w->committed, sizeof w->now);
        open_and_replay(w);
        break;
    case 6:
    case 7:
        commit_elsewhere(w);
        break;
    default:
        change_some(w, wr_rng_below(&w->rng, 6) ? 50 : 9000);
    }
}

static void init(world *w, bool memory, uint64_t seed, bool caching)
{
    backend_init(&w->be, memory, seed % 2);
    wr_rng_seed(&w->rng, seed);
    w->options = (wr_store_options){.partition = 1,
                                    .overlay_max = 64 << 10,
                                    .caching = caching,
                                    .keep_old = caching,
                                    .on_change = append,
                                    .on_change_arg = w};
    OK(wr_db_store_id(w->be.db, S("q/kv"), &w->options.store_id, err));
    OK(wr_kv_open(w->be.db, &w->options, &w->store, err));
}

static void fini(world *w)
{
    wr_store_close(w->store);
    backend_fini(&w->be);
    drop_records(w, 0);
    free(w->log);
    free(w);
}

static void run_property(bool memory, uint64_t seed, int steps)
{
    world *w = calloc(1, sizeof *w);
    init(w, memory, seed, seed % 3);
    for (int i = 0; i < steps; i++) {
        step(w);
        if (i % 16 == 0)
            check(w->store, w->now);
    }
    check(w->store, w->now);
    fini(w);
}

static void test_property_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run_property(true, seed, 80);
}

static void test_property_rocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run_property(false, seed, 80);
}

/* ------------------------------------------------------------------ single promises */

static void test_nothing_reaches_the_database_early(void **state)
{
    (void)state;
    world *w = calloc(1, sizeof *w);
    static const int64_t nothing[KEYS];
    init(w, false, 1, true);
    wr_store_limit(w->store, 256 << 10);
    change_some(w, 30000);
    for (int i = 0; i < 3; i++) {
        commit_elsewhere(w);
        change_some(w, 100);
    }
    commit_elsewhere(w);
    assert_true(wr_store_over(w->store));
    wr_store_trim(w->store); /* and nothing may go */
    wr_store_stats stats;
    wr_store_stats_read(w->store, &stats);
    assert_true(stats.unwritten_entries > 4096 && stats.unwritten_bytes > 4096);
    assert_int_equal(stats.misses, 0);
    assert_int_equal(stats.commits, 4);
    int64_t committed[KEYS];
    memcpy(committed, w->committed, sizeof committed);
    memcpy(w->committed, nothing, sizeof nothing);
    check_snapshot(w);
    memcpy(w->committed, committed, sizeof committed);
    write_behind(w);
    check_snapshot(w);
    wr_store_trim(w->store);
    assert_false(wr_store_over(w->store)); /* now they may */
    check(w->store, w->now);
    fini(w);
}

/* A key that is changed after its commit, and before it was written. */
static void test_old_values_are_of_the_last_commit(void **state)
{
    (void)state;
    world *w = calloc(1, sizeof *w);
    init(w, true, 1, true);
    put(w, 1, 10);
    commit_elsewhere(w);
    put(w, 1, 20);
    take_out(w, 1);
    wr_str old;
    assert_int_equal(wr_store_dirty_count(w->store), 1);
    (void)wr_store_dirty_at(w->store, 0, &old);
    int64_t ten = 10;
    assert_int_equal(old.len, 8);
    assert_memory_equal(old.ptr, &ten, 8);
    size_t before = w->n;
    commit_elsewhere(w);
    assert_int_equal(w->n, before + 1); /* the changelog knew it: a tombstone */
    assert_false(w->log[before].is_put);
    put(w, 1, 30);
    (void)wr_store_dirty_at(w->store, 0, &old);
    assert_null(old.ptr);
    commit_elsewhere(w);
    write_behind(w);
    check_snapshot(w);
    fini(w);
}

/* Some pieces are in the database, then it fails; then the row goes. It must not come back. */
static void test_row_deleted_after_a_failed_write(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        world *w = calloc(1, sizeof *w);
        init(w, memory, 2, true);
        for (int i = 0; i < SOME; i++)
            put(w, i, i + 1);
        commit_elsewhere(w);
        fail_after(w->be.db, 1);
        weir_error failure = {0};
        assert_int_equal(wr_store_write_rows(w->store, &failure), WEIR_ERR_STORE);
        fail_after(w->be.db, -1);
        for (int i = 0; i < SOME; i++)
            take_out(w, i);
        commit_elsewhere(w);
        write_behind(w);
        check_snapshot(w);
        crash(w);
        check(w->store, w->now);
        fini(w);
    }
}

static weir_status failing_finish(wr__db_load *l, weir_error *err)
{
    if (writes_left > 0) /* the worst: it is in, and nobody knows */
        (void)real_ops->load_finish(l, NULL);
    return wr_error(err, WEIR_ERR_STORE, "no more loads");
}

/* Enough rows for table files: with deletes among them, failing before and after they are in, and
 * a crash before the position is noted. */
static void test_load_of_many_rows(void **state)
{
    (void)state;
    for (int in = 0; in < 2; in++) {
        world *w = calloc(1, sizeof *w);
        init(w, false, 2, true);
        for (int i = 0; i < KEYS; i++)
            put(w, i, i + 1);
        commit_elsewhere(w);
        fail_after(w->be.db, in);
        failing_ops.load_finish = failing_finish;
        weir_error failure = {0};
        assert_int_equal(wr_store_write_rows(w->store, &failure), WEIR_ERR_STORE);
        fail_after(w->be.db, -1);
        for (int i = 0; i < KEYS; i += 3)
            take_out(w, i);
        for (int i = 1; i < KEYS; i += 3)
            put(w, i, -1);
        commit_elsewhere(w);
        OK(wr_store_write_rows(w->store, err));
        check_snapshot(w);
        crash(w); /* the position of before: everything comes again */
        check(w->store, w->now);
        for (int i = 0; i < KEYS; i++)
            put(w, i, i + 3);
        commit_elsewhere(w);
        write_behind(w);
        check_snapshot(w);
        fini(w);
    }
}

/* A crash between RocksDB's taking a file in and its old name's going: a second name is left, which
 * the next load would write through. */
static void test_leftover_of_a_load(void **state)
{
    (void)state;
    world *w = calloc(1, sizeof *w);
    init(w, false, 2, true);
    for (int i = 0; i < KEYS; i++)
        put(w, i, i + 1);
    commit_elsewhere(w);
    write_behind(w);
    DIR *dir = opendir(w->be.path);
    int links = 0;
    char path[600], load[700];
    snprintf(path, sizeof path, "%s/load", w->be.path);
    (void)mkdir(path, 0777);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strstr(e->d_name, ".sst"))
            continue;
        snprintf(path, sizeof path, "%s/%s", w->be.path, e->d_name);
        snprintf(load, sizeof load, "%s/load/%d.sst", w->be.path, links++);
        assert_int_equal(link(path, load), 0);
    }
    closedir(dir);
    assert_true(links > 0);
    crash(w);
    assert_int_equal(access(load, F_OK), -1);
    for (int i = SOME; i < KEYS; i++) /* of the second half, so that the first file stays in use */
        put(w, i, i + 2);
    for (int i = 0; i < SOME / 3; i++)
        put(w, i, i + 2);
    commit_elsewhere(w);
    write_behind(w);
    crash(w);
    check(w->store, w->now);
    fini(w);
}

/* What kill -9 would leave now: the files as they are, without what is in memory. */
static void kill_and_open(backend *be)
{
    char command[1400];
    snprintf(command, sizeof command, "cp -r '%s' '%s/killed'", be->path, be->dir);
    assert_int_equal(system(command), 0);
    wr_db_close(be->db);
    remove_tree(be->path);
    snprintf(command, sizeof command, "%s/killed", be->dir);
    assert_int_equal(rename(command, be->path), 0);
    be->db = NULL;
    backend_open(be);
}

static size_t position_in(wr_db *db)
{
    wr_buf value = {0};
    bool found;
    OK(wr_db_meta_get(db, NULL, S("position"), &value, &found, err));
    size_t position = found ? wr_get_be64(value.ptr) : 0;
    wr_buf_free(&value);
    return position;
}

static void test_kill_after_a_write(void **state)
{
    (void)state;
    for (int flushed = 0; flushed < 2; flushed++) {
        world *w = calloc(1, sizeof *w);
        init(w, false, 2, true); /* seed 2: no WAL, as over Kafka */
        for (int i = 0; i < KEYS; i++)
            put(w, i, i + 1);
        commit_elsewhere(w);
        write_behind(w);
        if (flushed)
            OK(wr_db_flush(w->be.db, err));
        wr_store_close(w->store);
        kill_and_open(&w->be);
        assert_int_equal(position_in(w->be.db), flushed ? w->durable : 0);
        open_and_replay(w);
        check(w->store, w->now);
        fini(w);
    }
}

/* Rows that carry a time never lie on disk without the note of their layout and stream time. */
static void test_rows_with_time_follow_their_note(void **state)
{
    (void)state;
    for (int rows = 5000; rows <= KEYS; rows += KEYS - 5000) {
        backend be;
        backend_init(&be, false, false);
        wr_window_options o = {.store = {.partition = 1, .caching = true},
                               .retention_ms = 10 * (int64_t)KEYS};
        wr_store *s;
        OK(wr_db_store_id(be.db, S("q/window"), &o.store.store_id, err));
        OK(wr_db_flush(be.db, err));
        OK(wr_window_open(be.db, &o, &s, err));
        wr_str value = S("value");
        for (int i = 1; i <= rows; i++)
            OK(wr_window_put(s, S("key"), i, &value, i, err));
        wr_store_committed(s);
        assert_false(wr_store_is_dirty(s));
        assert_true(wr_store_is_unwritten(s));
        OK(wr_store_write_rows(s, err));
        wr_store_close(s);
        kill_and_open(&be);
        OK(wr_window_open(be.db, &o, &s, err));
        bool found;
        OK(wr_window_get(s, S("key"), rows, &value, &found, err));
        int64_t time = wr_window_stream_time(s);
        assert_true(found ? time == rows : rows == 5000); /* few rows: in memory, as their note */
        wr_store_close(s);
        backend_fini(&be);
    }
}

/* Rows that are swept from the database on the way of a write are no change to be committed. */
static void test_sweeping_is_no_change(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, false);
    wr_window_options o = {.store = {.partition = 1, .caching = true}, .retention_ms = 100};
    wr_store *s;
    OK(wr_db_store_id(be.db, S("q/window"), &o.store.store_id, err));
    OK(wr_window_open(be.db, &o, &s, err));
    wr_str value = S("value");
    wr_db_batch *b = wr_db_batch_new(be.db);
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i <= KEYS; i++) {
            char key[32];
            snprintf(key, sizeof key, "k%d", i);
            OK(wr_window_put(s, wr_str_c(key), 1000 * round + i / 1000, &value, i, err));
        }
        wr_store_committed(s);
        assert_false(wr_store_is_dirty(s));
        OK(wr_store_write_rows(s, err));
        assert_false(wr_store_is_dirty(s));
        OK(wr_store_write_into(s, b, err));
        OK(wr_db_write(be.db, b, err));
        assert_false(wr_store_is_unwritten(s));
    }
    wr_db_batch_free(b);
    wr_store_close(s);
    backend_fini(&be);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_property_memory),
        cmocka_unit_test(test_property_rocks),
        cmocka_unit_test(test_nothing_reaches_the_database_early),
        cmocka_unit_test(test_old_values_are_of_the_last_commit),
        cmocka_unit_test(test_row_deleted_after_a_failed_write),
        cmocka_unit_test(test_load_of_many_rows),
        cmocka_unit_test(test_leftover_of_a_load),
        cmocka_unit_test(test_kill_after_a_write),
        cmocka_unit_test(test_rows_with_time_follow_their_note),
        cmocka_unit_test(test_sweeping_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
