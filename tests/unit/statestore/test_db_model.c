/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both back ends against a table of all keys there may be: random batches, snapshots, and iterators
 * with every kind of bound and move. What the database in memory does `weir test` relies on, so it
 * has to do what RocksDB does.
 */
#include "helper.h"

enum { KEYS = 60, SNAPS = 3 };

typedef struct table {
    int values[KEYS]; /* 0: the key is not there */
} table;

typedef struct world {
    backend be;
    char bytes[KEYS][8];
    wr_str keys[KEYS]; /* in order */
    size_t n;
    table now;
    struct {
        wr_db_snap *snap;
        table then;
    } snaps[SNAPS];
    wr_rng rng;
    int next_value;
} world;

static int by_key(const void *a, const void *b)
{
    return wr_str_cmp(*(const wr_str *)a, *(const wr_str *)b);
}

static void make_keys(world *w)
{
    static const char alphabet[] = {0, 'a', 'b', (char)0xff};
    for (size_t i = 0; i < KEYS; i++) {
        uint32_t len = (uint32_t)wr_rng_below(&w->rng, 5);
        for (uint32_t k = 0; k < len; k++)
            w->bytes[i][k] = alphabet[wr_rng_below(&w->rng, sizeof alphabet)];
        w->keys[i] = wr_str_make(w->bytes[i], len);
    }
    qsort(w->keys, KEYS, sizeof *w->keys, by_key);
    w->n = 1;
    for (size_t i = 1; i < KEYS; i++)
        if (wr_str_cmp(w->keys[w->n - 1], w->keys[i]) != 0)
            w->keys[w->n++] = w->keys[i];
}

static void value_text(char *out, size_t size, int value)
{
    snprintf(out, size, "%*d", value % 50 + 1, value); /* of many lengths */
}

static void check_value(wr_str got, int expected)
{
    char text[64];
    value_text(text, sizeof text, expected);
    assert_true(wr_str_eq_c(got, text));
}

/* ---- steps ---- */

static void write_batch(world *w)
{
    wr_db_batch *b = wr_db_batch_new(w->be.db);
    table after = w->now;
    assert_true(wr_db_batch_empty(b));
    for (uint64_t k = 1 + wr_rng_below(&w->rng, 12); k > 0; k--) {
        size_t i = wr_rng_below(&w->rng, w->n), to = i + wr_rng_below(&w->rng, w->n - i);
        char text[64];
        switch (wr_rng_below(&w->rng, 8)) {
        case 0: /* an empty range among them */
            wr_db_batch_delete_range(b, WR_DB_LOG, w->keys[i], w->keys[to]);
            for (size_t at = i; at < to; at++)
                after.values[at] = 0;
            break;
        case 1:
        case 2:
            wr_db_batch_delete(b, WR_DB_LOG, w->keys[i]);
            after.values[i] = 0;
            break;
        default:
            after.values[i] = ++w->next_value;
            value_text(text, sizeof text, after.values[i]);
            wr_db_batch_put(b, WR_DB_LOG, w->keys[i], S(text));
        }
    }
    assert_false(wr_db_batch_empty(b));
    assert_true(wr_db_batch_bytes(b) > 0);
    if (wr_rng_below(&w->rng, 8) == 0) {
        wr_db_batch_clear(b); /* nothing of it happens */
        assert_true(wr_db_batch_empty(b));
    } else {
        w->now = after;
    }
    OK(wr_db_write(w->be.db, b, err));
    wr_db_batch_free(b);
}

static void give(void *arg, size_t i, const wr_str *value)
{
    const table *expected = arg;
    assert_int_equal(value != NULL, expected->values[i] != 0);
    if (value)
        check_value(*value, expected->values[i]);
}

static void check_gets(world *w, const wr_db_snap *snap, const table *t)
{
    wr_buf out = {0};
    bool found;
    size_t i = wr_rng_below(&w->rng, w->n);
    OK(wr_db_get(w->be.db, snap, WR_DB_LOG, w->keys[i], &out, &found, err));
    assert_int_equal(found, t->values[i] != 0);
    if (found)
        check_value(wr_buf_view(&out), t->values[i]);
    OK(wr_db_get(w->be.db, snap, WR_DB_LOG, S("no such key"), &out, &found, err));
    assert_false(found);
    wr_buf_free(&out);
    OK(wr_db_get_many(w->be.db, snap, WR_DB_LOG, w->n, w->keys, give, (void *)t, err));
}

/** Number of the first key there is at or after @p i, below @p end; -1: none. */
static int after(const table *t, int i, int end)
{
    while (i < end && !t->values[i])
        i++;
    return i < end ? i : -1;
}

/** Likewise the last one at or before @p i, from @p start on. */
static int before(const table *t, int i, int start)
{
    while (i >= start && !t->values[i])
        i--;
    return i >= start ? i : -1;
}

static void check_at(const world *w, const table *t, const wr_db_iter *it, int at)
{
    assert_int_equal(wr_db_iter_valid(it), at >= 0);
    OK(wr_db_iter_status(it, err));
    if (at < 0)
        return;
    assert_true(wr_str_eq(wr_db_iter_key(it), w->keys[at]));
    check_value(wr_db_iter_value(it), t->values[at]);
}

static void check_iterator(world *w, const wr_db_snap *snap, const table *t)
{
    int n = (int)w->n, start = 0, end = n;
    wr_str lower = {0}, upper = {0};
    if (wr_rng_below(&w->rng, 2)) {
        start = (int)wr_rng_below(&w->rng, w->n);
        lower = w->keys[start];
    }
    if (wr_rng_below(&w->rng, 2)) { /* perhaps below the lower one: then there is nothing */
        end = (int)wr_rng_below(&w->rng, w->n);
        upper = w->keys[end];
    }
    wr_db_iter *it = wr_db_iter_new(w->be.db, snap, WR_DB_LOG, lower, upper);
    table frozen = *t;
    int at = -1;
    assert_false(wr_db_iter_valid(it));
    for (int moves = 0; moves < 30; moves++) {
        int seek = (int)wr_rng_below(&w->rng, w->n);
        switch (wr_rng_below(&w->rng, at >= 0 ? 9 : 4)) {
        case 0:
            wr_db_iter_seek_first(it);
            at = after(&frozen, start, end);
            break;
        case 1:
            wr_db_iter_seek_last(it);
            at = before(&frozen, end - 1, start);
            break;
        case 2:
            wr_db_iter_seek(it, w->keys[seek]);
            at = after(&frozen, seek > start ? seek : start, end);
            break;
        case 3:
            wr_db_iter_seek_before(it, w->keys[seek]);
            at = before(&frozen, (seek < end ? seek : end) - 1, start);
            break;
        case 4: /* writes after it was made are not seen */
            if (!snap)
                write_batch(w);
            break;
        case 5:
        case 6:
            wr_db_iter_prev(it);
            at = before(&frozen, at - 1, start);
            break;
        default:
            wr_db_iter_next(it);
            at = after(&frozen, at + 1, end);
        }
        check_at(w, &frozen, it, at);
    }
    wr_db_iter_free(it);
}

static void step(world *w)
{
    size_t i = wr_rng_below(&w->rng, SNAPS);
    switch (wr_rng_below(&w->rng, 10)) {
    case 0:
        wr_db_snap_free(w->be.db, w->snaps[i].snap);
        w->snaps[i].snap = wr_db_snap_new(w->be.db);
        w->snaps[i].then = w->now;
        break;
    case 1:
    case 2:
        if (w->snaps[i].snap) {
            check_gets(w, w->snaps[i].snap, &w->snaps[i].then);
            check_iterator(w, w->snaps[i].snap, &w->snaps[i].then);
        }
        break;
    case 3:
        check_gets(w, NULL, &w->now);
        break;
    case 4:
    case 5:
        check_iterator(w, NULL, &w->now);
        break;
    case 6:
        if (wr_rng_below(&w->rng, 10) == 0)
            OK(wr_db_flush(w->be.db, err));
        break;
    default:
        write_batch(w);
    }
}

static void run(bool memory, bool wal, uint64_t seed, int steps)
{
    world *w = wr_calloc(1, sizeof *w);
    wr_rng_seed(&w->rng, seed);
    make_keys(w);
    backend_init(&w->be, memory, wal);
    for (int i = 0; i < steps; i++)
        step(w);
    for (size_t i = 0; i < SNAPS; i++)
        wr_db_snap_free(w->be.db, w->snaps[i].snap);
    backend_reopen(&w->be);
    check_gets(w, NULL, &w->now);
    check_iterator(w, NULL, &w->now);
    backend_fini(&w->be);
    wr_free(w);
}

static void test_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        run(true, false, seed, 1000);
}

static void test_rocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++)
        run(false, seed % 2, seed, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_rocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
