/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a restore that are set aside in a file: against a model, with kills, full disks and
 * damage.
 * cost: 10
 */
#include "helper.h"

#include "statestore/changelog.h"
#include "statestore/db_internal.h"
#include "statestore/window.h"

#include <fcntl.h>

enum { KEYS = 3000, RUNS_MAX = 32 };

typedef struct world {
    backend be;
    wr_store *store;
    uint32_t id;
    bool windows;
    wr_rng rng;
    int now[KEYS], written[KEYS]; /* 0: not there */
} world;

/* ---- the file, as the database makes it, and worse ---- */

static wr__db_ops spoilt_ops;
static const wr__db_ops *real_ops;
static int seen_fd;
static const char *instead; /* of a file of the database */

static weir_status spoilt_scratch(wr_db *db, size_t bytes, int *fd, weir_error *err)
{
    weir_status st = WEIR_OK;
    if (instead && *fd < 0)
        *fd = open(instead, O_RDWR);
    else
        st = real_ops->scratch(db, bytes, fd, err);
    seen_fd = *fd;
    return st;
}

static void spoil(wr_db *db, const char *path)
{
    real_ops = db->ops;
    spoilt_ops = *real_ops;
    spoilt_ops.scratch = spoilt_scratch;
    instead = path;
    db->ops = &spoilt_ops;
}

static void heal(wr_db *db)
{
    db->ops = real_ops;
}

/* ---- a store and its changelog ---- */

static void open_store(world *w)
{
    wr_store_options o = {.store_id = w->id, .partition = 1, .overlay_max = 1};
    if (w->windows)
        OK(wr_window_open(w->be.db, &(wr_window_options){.store = o, .retention_ms = KEYS},
                          &w->store, err));
    else
        OK(wr_kv_open(w->be.db, &o, &w->store, err));
}

static world *new_world(bool windows, uint64_t seed)
{
    world *w = calloc(1, sizeof *w);
    backend_init(&w->be, false, false);
    OK(wr_db_store_id(w->be.db, S("q/S"), &w->id, err));
    w->windows = windows;
    wr_rng_seed(&w->rng, seed);
    open_store(w);
    return w;
}

static void free_world(world *w)
{
    wr_store_close(w->store);
    backend_fini(&w->be);
    free(w);
}

/* Keys have something in common, different lengths, and a tail that decides. */
static wr_str key_of(int i, char out[64])
{
    int n = snprintf(out, 64, "customer-%.*s%04d", i % 40,
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", i);
    return wr_str_make(out, (size_t)n);
}

/* The value says its number first; some are longer than what is written at once. */
static void put_value(wr_buf *out, int number)
{
    wr_buf_be32(out, (uint32_t)number);
    size_t more = number % 997 == 0 ? 150000 : (size_t)(number % 50);
    memset(wr_buf_reserve(out, more), number & 0x7F, more);
    out->len += more;
}

/* The next record about key @p i: @p number, or 0: it is deleted. */
static void restore(world *w, int i, int number)
{
    wr_buf key = {0}, plain = {0}, value = {0};
    char name[64];
    wr_changelog_key k = {.kind = w->windows ? WR_CHANGELOG_WINDOW : WR_CHANGELOG_KV,
                          .start_ms = i,
                          .key = key_of(i, name)};
    wr_changelog_put_key(&key, &k);
    put_value(&plain, number);
    wr_changelog_put_value(&value, wr_buf_view(&key), wr_buf_view(&plain));
    wr_str bytes = wr_buf_view(&value);
    OK(wr_store_restore(w->store, wr_buf_view(&key), number ? &bytes : NULL, err));
    w->now[i] = number;
    wr_buf_free(&key);
    wr_buf_free(&plain);
    wr_buf_free(&value);
}

static weir_status write_rows(world *w, weir_error *err)
{
    weir_status st = wr_store_write_rows(w->store, err);
    if (st != WEIR_OK)
        return st;
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    st = wr_store_write_into(w->store, b, err);
    if (st == WEIR_OK)
        st = wr_db_write(w->be.db, b, err);
    wr_db_batch_free(b);
    assert_false(wr_store_is_unwritten(w->store));
    memcpy(w->written, w->now, sizeof w->now);
    return st;
}

/* What the database has, seen by a store of its own. */
static void check(world *w)
{
    wr_store *kept = w->store;
    open_store(w);
    int64_t time = w->windows ? wr_window_stream_time(w->store) : WR_STORE_NO_TIME;
    int64_t oldest = time == WR_STORE_NO_TIME ? -1 : time - KEYS;
    for (int i = 0; i < KEYS; i++) {
        char name[64];
        wr_str value;
        bool found;
        if (w->windows)
            OK(wr_window_get(w->store, key_of(i, name), i, &value, &found, err));
        else
            OK(wr_kv_get(w->store, key_of(i, name), &value, &found, err));
        assert_int_equal(found, w->written[i] != 0 && i > oldest);
        if (!found)
            continue;
        wr_buf want = {0};
        put_value(&want, w->written[i]);
        assert_true(wr_str_eq(value, wr_buf_view(&want)));
        wr_buf_free(&want);
    }
    wr_store_close(w->store);
    w->store = kept;
}

/* ---- tests ---- */

static void one_step(world *w)
{
    int number = 1 + (int)wr_rng_below(&w->rng, 1000000);
    switch (wr_rng_below(&w->rng, 40)) {
    case 0:
        OK(write_rows(w, err));
        check(w);
        break;
    case 1: /* a kill, or a job that is ended: what was not written comes again, or other records */
        wr_store_close(w->store);
        backend_reopen(&w->be);
        memcpy(w->now, w->written, sizeof w->now);
        open_store(w);
        check(w);
        break;
    case 2:
        OK(wr_store_discard(w->store, err));
        memcpy(w->now, w->written, sizeof w->now);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        if (wr_store_can_set_aside(w->store))
            OK(wr_store_set_aside(w->store, err));
        break;
    default:
        for (int n = (int)wr_rng_below(&w->rng, 600); n > 0; n--)
            restore(w, (int)wr_rng_below(&w->rng, KEYS), wr_rng_below(&w->rng, 5) ? number + n : 0);
    }
}

static void test_against_a_model(void **state)
{
    (void)state;
    for (int windows = 0; windows < 2; windows++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            world *w = new_world(windows, seed);
            for (int i = 0; i < 120; i++)
                one_step(w);
            OK(write_rows(w, err));
            check(w);
            free_world(w);
        }
    }
}

/* As often as is allowed, each time with some of the same keys; the newest counts. */
static void test_many_runs(void **state)
{
    (void)state;
    world *w = new_world(false, 1);
    int runs = 0;
    for (; wr_store_can_set_aside(w->store); runs++) {
        assert_in_range(runs, 0, RUNS_MAX);
        for (int i = runs % 7; i < KEYS; i += 7)
            restore(w, i, i % 5 ? 1 + i + runs * KEYS : 0);
        restore(w, 0, 1 + runs);
        OK(wr_store_set_aside(w->store, err));
        assert_true(wr_store_is_unwritten(w->store));
        wr_store_stats stats;
        wr_store_stats_read(w->store, &stats);
        assert_int_equal(stats.entries, 0);
    }
    assert_int_equal(runs, RUNS_MAX);
    check(w); /* nothing is there yet */
    restore(w, 1, 77);
    OK(write_rows(w, err));
    assert_true(wr_store_can_set_aside(w->store));
    check(w);
    free_world(w);
}

/* Nothing to set aside is nothing. */
static void test_nothing(void **state)
{
    (void)state;
    world *w = new_world(false, 1);
    OK(wr_store_set_aside(w->store, err));
    assert_false(wr_store_is_unwritten(w->store));
    restore(w, 5, 5);
    OK(write_rows(w, err));
    check(w);
    free_world(w);
}

/* No room: the rows are still in memory, and the error says what to do. */
static void test_full_disk(void **state)
{
    (void)state;
    world *w = new_world(false, 1);
    for (int i = 0; i < KEYS; i++)
        restore(w, i, i + 1);
    spoil(w->be.db, "/dev/full");
    weir_error failure = {0};
    assert_int_equal(wr_store_set_aside(w->store, &failure), WEIR_ERR_STORE);
    assert_int_equal(failure.flags, WEIR_ERROR_RETRIABLE | WEIR_ERROR_NO_ROOM);
    assert_non_null(strstr(failure.message, "the disk is full"));
    heal(w->be.db);
    OK(wr_store_set_aside(w->store, err)); /* room again */
    OK(write_rows(w, err));
    check(w);
    free_world(w);
}

/* What is read is not what was written: nothing of it gets into the database, and the next try
 * begins with the changelog. */
static void test_damage(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        world *w = new_world(false, 1);
        spoil(w->be.db, NULL);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < KEYS; i++)
                restore(w, i, i + 1 + round);
            OK(wr_store_set_aside(w->store, err));
        }
        static const off_t at[] = {1, 6, 40, 200000};
        if (how == 3)
            assert_int_equal(ftruncate(seen_fd, at[how]), 0);
        else
            assert_int_equal(pwrite(seen_fd, "\xEE", 1, at[how]), 1);
        weir_error failure = {0};
        assert_int_equal(wr_store_write_rows(w->store, &failure), WEIR_ERR_STORE);
        assert_int_equal(failure.flags, WEIR_ERROR_RETRIABLE);
        heal(w->be.db);
        check(w);
        wr_store_close(w->store);
        open_store(w);
        for (int i = 0; i < KEYS; i++)
            restore(w, i, i + 1);
        OK(write_rows(w, err));
        check(w);
        free_world(w);
    }
}

/* A file that has no name leaves none behind; and a database in memory has no files at all. */
static void test_leaves_nothing(void **state)
{
    (void)state;
    world *w = new_world(false, 1);
    restore(w, 1, 1);
    OK(wr_store_set_aside(w->store, err));
    wr_buf path = {0};
    wr_buf_printf(&path, "%s/load", w->be.path);
    DIR *dir = opendir(wr_buf_cstr(&path));
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        assert_true(e->d_name[0] == '.');
    closedir(dir);
    wr_buf_free(&path);
    free_world(w);

    wr_db *db = wr_db_open_memory();
    wr_store *s;
    OK(wr_kv_open(db, &(wr_store_options){.store_id = 1}, &s, err));
    assert_false(wr_store_can_set_aside(s));
    wr_store_close(s);
    wr_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_model), cmocka_unit_test(test_many_runs),
        cmocka_unit_test(test_nothing),         cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
