/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key-value stores against a naive model, on both back ends: random operations, commits, discards,
 * reopening; then the single promises of store.h.
 * cost: 15
 */
#include "helper.h"

/* ------------------------------------------------------------------ the model */

typedef struct model_row {
    char key[64], value[512];
    uint32_t key_len, value_len;
} model_row;

typedef struct model {
    model_row rows[512];
    size_t n;
} model;

static wr_str row_key(const model_row *r)
{
    return wr_str_make(r->key, r->key_len);
}

/* Index of the key, or where it belongs; *found says. */
static size_t model_find(const model *m, wr_str key, bool *found)
{
    size_t i = 0;
    while (i < m->n && wr_str_cmp(row_key(&m->rows[i]), key) < 0)
        i++;
    *found = i < m->n && wr_str_eq(row_key(&m->rows[i]), key);
    return i;
}

static void model_delete(model *m, wr_str key)
{
    bool found;
    size_t i = model_find(m, key, &found);
    if (found) {
        memmove(&m->rows[i], &m->rows[i + 1], (m->n - i - 1) * sizeof m->rows[0]);
        m->n--;
    }
}

static void model_put(model *m, wr_str key, wr_str value)
{
    bool found;
    size_t i = model_find(m, key, &found);
    if (!found) {
        assert_true(m->n < 512);
        memmove(&m->rows[i + 1], &m->rows[i], (m->n - i) * sizeof m->rows[0]);
        m->n++;
        memcpy(m->rows[i].key, key.ptr, key.len);
        m->rows[i].key_len = key.len;
    }
    memcpy(m->rows[i].value, value.ptr, value.len);
    m->rows[i].value_len = value.len;
}

static void model_delete_range(model *m, wr_str from, wr_str to)
{
    for (size_t i = 0; i < m->n;) {
        wr_str key = row_key(&m->rows[i]);
        char copy[64];
        memcpy(copy, key.ptr, key.len);
        key.ptr = copy;
        if (wr_str_cmp(key, from) >= 0 && (!to.ptr || wr_str_cmp(key, to) < 0))
            model_delete(m, key);
        else
            i++;
    }
}

/* ------------------------------------------------------------------ the property */

typedef struct world {
    backend be;
    wr_store *store;
    wr_store_options options;
    model now, committed, logged; /* logged: what the changelog says so far */
    wr_rng rng;
} world;

static weir_status on_change(void *arg, const wr_store_changes *c, weir_error *err)
{
    world *w = arg;
    (void)err;
    assert_true(c->n >= 1 && c->n <= (w->options.caching ? WR_STORE_CHANGES_MAX : 1));
    for (uint32_t i = 0; i < c->n; i++) {
        wr_str key = c->keys[i], value = c->values[i];
        assert_true(key.len >= 2); /* version and kind, then the key: changelog.h */
        wr_str plain = wr_str_make(key.ptr + 2, key.len - 2);
        if (value.ptr)
            model_put(&w->logged, plain, wr_str_make(value.ptr + 5, value.len - 5));
        else
            model_delete(&w->logged, plain);
    }
    return WEIR_OK;
}

static void assert_models_equal(const model *a, const model *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_true(wr_str_eq(row_key(&a->rows[i]), row_key(&b->rows[i])));
        assert_int_equal(a->rows[i].value_len, b->rows[i].value_len);
        assert_memory_equal(a->rows[i].value, b->rows[i].value, a->rows[i].value_len);
    }
}

static void check_scan(wr_store *s, const model *m, wr_str from, wr_str to, bool reverse)
{
    wr_store_iter *it;
    OK(wr_kv_scan(s, from, to, reverse, &it, err));
    for (size_t k = 0; k < m->n; k++) {
        const model_row *expected = &m->rows[reverse ? m->n - 1 - k : k];
        wr_str key = row_key(expected);
        if (wr_str_cmp(key, from) < 0 || (to.ptr && wr_str_cmp(key, to) >= 0))
            continue;
        wr_store_row row;
        bool more;
        OK(wr_store_iter_next(it, &row, &more, err));
        assert_true(more);
        assert_true(wr_str_eq(row.key, key));
        assert_int_equal(row.value.len, expected->value_len);
        assert_memory_equal(row.value.ptr, expected->value, expected->value_len);
    }
    wr_store_row row;
    bool more;
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_false(more);
    wr_store_iter_free(it);
}

static void check_all(world *w)
{
    static const wr_str open_end = {0};
    check_scan(w->store, &w->now, open_end, open_end, false);
    check_scan(w->store, &w->now, open_end, open_end, true);
}

static void step_read(world *w)
{
    char bytes[64], bytes2[64];
    wr_str key = random_key(&w->rng, bytes), value = {0}, to = random_key(&w->rng, bytes2);
    bool found, expected;
    size_t i = model_find(&w->now, key, &expected);
    OK(wr_kv_get(w->store, key, &value, &found, err));
    assert_int_equal(found, expected);
    if (found) {
        assert_int_equal(value.len, w->now.rows[i].value_len);
        assert_memory_equal(value.ptr, w->now.rows[i].value, value.len);
    }
    if (wr_rng_below(&w->rng, 4) == 0)
        check_scan(w->store, &w->now, key, to, wr_rng_below(&w->rng, 2));
}

/* A batch of keys with repetitions, changed in place. */
static void step_many(world *w)
{
    enum { N = 100 };
    char bytes[N][64];
    wr_str keys[N];
    wr_store_entry *entries[N];
    for (size_t i = 0; i < N; i++)
        keys[i] = random_key(&w->rng, bytes[i]);
    OK(wr_kv_find_many(w->store, N, keys, entries, err));
    for (size_t i = 0; i < N; i++) {
        bool expected;
        size_t at = model_find(&w->now, keys[i], &expected);
        assert_int_equal(wr_entry_exists(entries[i]), expected);
        assert_true(wr_str_eq(wr_entry_key(entries[i]), keys[i]));
        if (wr_rng_below(&w->rng, 3))
            continue;
        size_t len = wr_rng_below(&w->rng, 60);
        size_t kept = expected ? WR_MIN(len, (size_t)w->now.rows[at].value_len) : 0;
        char *p = wr_entry_edit(w->store, entries[i], len);
        assert_int_equal((uintptr_t)p % 8, 0);
        if (kept)
            assert_memory_equal(p, w->now.rows[at].value, kept);
        if (len > kept)
            memset(p + kept, 'n', len - kept);
        OK(wr_entry_changed(w->store, entries[i], 7, err));
        model_put(&w->now, keys[i], wr_str_make(p, len));
    }
}

static void step_write(world *w)
{
    char bytes[64], bytes2[64], value_bytes[512];
    wr_str key = random_key(&w->rng, bytes);
    switch (wr_rng_below(&w->rng, 10)) {
    case 0: {
        wr_str to = random_key(&w->rng, bytes2);
        OK(wr_kv_delete_range(w->store, key, to, 3, err));
        model_delete_range(&w->now, key, to);
        break;
    }
    case 1:
    case 2:
    case 3:
        OK(wr_kv_delete(w->store, key, 2, err));
        model_delete(&w->now, key);
        break;
    default: {
        wr_str value = random_value(&w->rng, value_bytes, sizeof value_bytes);
        OK(wr_kv_put(w->store, key, value, 1, err));
        model_put(&w->now, key, value);
    }
    }
}

static void reopen(world *w)
{
    wr_store_close(w->store);
    backend_reopen(&w->be);
    OK(wr_kv_open(w->be.db, &w->options, &w->store, err));
    w->now = w->committed;
    w->logged = w->committed;
}

static void step(world *w)
{
    uint64_t what = wr_rng_below(&w->rng, 200);
    if (what == 0) {
        reopen(w);
    } else if (what < 8) {
        commit(w->be.db, w->store);
        assert_false(wr_store_is_dirty(w->store));
        w->committed = w->now;
        if (w->options.on_change)
            assert_models_equal(&w->logged, &w->now);
    } else if (what < 12) {
        OK(wr_store_discard(w->store, err));
        w->now = w->committed;
        w->logged = w->committed;
    } else if (what < 16) {
        wr_store_trim(w->store);
    } else if (what < 22) {
        check_all(w);
    } else if (what < 28) {
        step_many(w);
    } else if (what < 110) {
        step_read(w);
    } else {
        step_write(w);
    }
}

static void run_property(bool memory, bool wal, uint64_t seed, bool log, bool caching, int steps)
{
    world *w = calloc(1, sizeof *w);
    backend_init(&w->be, memory, wal);
    wr_rng_seed(&w->rng, seed);
    uint32_t id;
    OK(wr_db_store_id(w->be.db, S("q/kv"), &id, err));
    /* A budget so small that trimming really evicts. */
    w->options = (wr_store_options){.store_id = id, .partition = 3, .overlay_max = 4096};
    w->options.caching = caching;
    w->options.keep_old = log && caching;
    if (log) {
        w->options.on_change = on_change;
        w->options.on_change_arg = w;
    }
    OK(wr_kv_open(w->be.db, &w->options, &w->store, err));
    for (int i = 0; i < steps; i++)
        step(w);
    check_all(w);
    wr_store_close(w->store);
    backend_fini(&w->be);
    free(w);
}

static void test_property_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_property(true, false, seed, seed % 3 > 0, seed % 3 > 1, 3000);
}

static void test_property_rocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        run_property(false, seed % 2, seed, seed % 3 > 0, seed % 3 > 1, 2000);
}

/* ------------------------------------------------------------------ single promises */

static wr_store *open_kv(backend *be, wr_store_options options)
{
    wr_store *s;
    OK(wr_db_store_id(be->db, S("kv"), &options.store_id, err));
    OK(wr_kv_open(be->db, &options, &s, err));
    return s;
}

static void test_snapshot_reads_committed(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        wr_store *s = open_kv(&be, (wr_store_options){0}), *view;
        OK(wr_kv_put(s, S("a"), S("1"), 0, err));
        commit(be.db, s);
        OK(wr_kv_put(s, S("a"), S("2"), 0, err)); /* uncommitted: nobody else sees it */
        wr_db_snap *snap = wr_db_snap_new(be.db);
        commit(be.db, s); /* committed after the snapshot */
        view = open_kv(&be, (wr_store_options){.snap = snap});
        wr_str value;
        bool found;
        OK(wr_kv_get(view, S("a"), &value, &found, err));
        assert_true(found && wr_str_eq(value, S("1")));
        wr_store_close(view);
        wr_db_snap_free(be.db, snap);
        view = open_kv(&be, (wr_store_options){.partition = 1});
        OK(wr_kv_get(view, S("a"), &value, &found, err));
        assert_false(found); /* another partition */
        wr_store_close(view);
        wr_store_close(s);
        backend_fini(&be);
    }
}

static void test_dirty_list_and_old_values(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_kv(&be, (wr_store_options){.keep_old = true});
    OK(wr_kv_put(s, S("b"), S("old"), 1, err));
    commit(be.db, s);
    OK(wr_kv_put(s, S("b"), S("x"), 2, err));
    OK(wr_kv_put(s, S("a"), S("y"), 3, err));
    OK(wr_kv_put(s, S("b"), S("z"), 4, err));
    assert_int_equal(wr_store_dirty_count(s), 2);
    wr_str old;
    wr_store_entry *e = wr_store_dirty_at(s, 0, &old); /* in order of first change */
    assert_true(wr_str_eq(wr_entry_key(e), S("b")) && wr_str_eq(old, S("old")));
    assert_true(wr_str_eq(wr_entry_value(e), S("z")));
    assert_int_equal(wr_entry_timestamp(e), 4);
    e = wr_store_dirty_at(s, 1, &old);
    assert_true(wr_str_eq(wr_entry_key(e), S("a")) && old.ptr == NULL);
    commit(be.db, s);
    assert_int_equal(wr_store_dirty_count(s), 0);
    wr_store_close(s);
    backend_fini(&be);
}

static weir_status count_change(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    *(int *)arg += (int)c->n;
    return WEIR_OK;
}

static void test_changelog_per_key_or_per_update(void **state)
{
    (void)state;
    for (int caching = 0; caching < 2; caching++) {
        backend be;
        backend_init(&be, true, false);
        int n = 0;
        wr_store *s = open_kv(
            &be,
            (wr_store_options){.caching = caching, .on_change = count_change, .on_change_arg = &n});
        for (int i = 0; i < 10; i++)
            OK(wr_kv_put(s, S("k"), S("v"), i, err));
        OK(wr_kv_put(s, S("gone"), S("v"), 0, err));
        OK(wr_kv_delete(s, S("gone"), 0, err));
        assert_int_equal(n, caching ? 0 : 12);
        commit(be.db, s);
        assert_int_equal(n, caching ? 1 : 12); /* "gone" was never known outside */
        wr_store_close(s);
        backend_fini(&be);
    }
}

static void test_failed_batch_keeps_changes(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_kv(&be, (wr_store_options){0});
    OK(wr_kv_put(s, S("k"), S("v"), 0, err));
    wr_db_batch *b = wr_db_batch_new(be.db);
    OK(wr_store_commit_into(s, b, err));
    wr_db_batch_clear(b);
    assert_true(wr_store_is_dirty(s));
    OK(wr_store_commit_into(s, b, err));
    OK(wr_db_write(be.db, b, err));
    assert_false(wr_store_is_dirty(s));
    OK(wr_kv_put(s, S("k"), S("w"), 0, err));
    OK(wr_store_commit_into(s, b, err));
    wr_store_close(s); /* before the batch: it must not be told any more */
    wr_db_batch_free(b);
    backend_fini(&be);
}

static void test_fresh_store_reads_nothing(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, false);
    wr_store *s = open_kv(&be, (wr_store_options){0});
    wr_store_stats stats;
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        OK(wr_kv_put(s, S(key), S("v"), 0, err));
        if (i % 100 == 0)
            commit(be.db, s);
    }
    wr_store_stats_read(s, &stats);
    assert_int_equal(stats.misses, 0);
    assert_int_equal(stats.entries, 1000);
    wr_store_close(s);
    backend_fini(&be);
}

static void test_budget(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_kv(&be, (wr_store_options){.overlay_max = 100000});
    int i = 0;
    for (; !wr_store_over(s); i++) {
        char key[32];
        snprintf(key, sizeof key, "a longer key number %d", i);
        OK(wr_kv_put(s, S(key), S("a value that does not lie in the entry"), 0, err));
    }
    assert_in_range(i, 300, 3000);
    commit(be.db, s); /* trims by itself */
    assert_false(wr_store_over(s));
    wr_str value;
    bool found;
    OK(wr_kv_get(s, S("a longer key number 0"), &value, &found, err));
    assert_true(found);
    wr_store_close(s);
    backend_fini(&be);
}

static void test_limits(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_kv(&be, (wr_store_options){0});
    char *big = calloc(1, WR_STORE_KEY_MAX + 1);
    weir_error failure = {0};
    assert_int_equal(wr_kv_put(s, wr_str_make(big, WR_STORE_KEY_MAX + 1), S(""), 0, &failure),
                     WEIR_ERR_LIMIT);
    OK(wr_kv_put(s, wr_str_make(big, WR_STORE_KEY_MAX), wr_str_make(big, 1 << 20), 0, err));
    commit(be.db, s);
    free(big);
    wr_store_close(s);
    backend_fini(&be);
}

/* Changes while iterating: behind the iterator they do not come, ahead of it they do. */
static void test_scan_while_changing(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, true, false);
    wr_store *s = open_kv(&be, (wr_store_options){0});
    OK(wr_kv_put(s, S("b"), S("1"), 0, err));
    OK(wr_kv_put(s, S("d"), S("1"), 0, err));
    wr_store_iter *it;
    wr_store_row row;
    bool more;
    OK(wr_kv_scan(s, S(""), (wr_str){0}, false, &it, err));
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_true(wr_str_eq(row.key, S("b")));
    OK(wr_kv_delete(s, S("b"), 0, err));
    OK(wr_kv_put(s, S("a"), S("1"), 0, err));
    OK(wr_kv_put(s, S("c"), S("1"), 0, err));
    OK(wr_kv_delete(s, S("d"), 0, err));
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_true(more && wr_str_eq(row.key, S("c")));
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_false(more);
    wr_store_iter_free(it);
    wr_store_close(s);
    backend_fini(&be);
}

static void test_prefix_scan(void **state)
{
    (void)state;
    backend be;
    backend_init(&be, false, false);
    wr_store *s = open_kv(&be, (wr_store_options){0});
    static const char *const keys[] = {"a", "ab", "ab\xFF", "ab\xFFz", "ac", "b"};
    for (size_t i = 0; i < WR_ARRAY_LEN(keys); i++)
        OK(wr_kv_put(s, S(keys[i]), S("v"), 0, err));
    commit(be.db, s);
    OK(wr_kv_delete(s, S("ab"), 0, err));
    OK(wr_kv_put(s, S("abc"), S("v"), 0, err));
    static const char *const expected[] = {"abc", "ab\xFF", "ab\xFFz"};
    for (int reverse = 0; reverse < 2; reverse++) {
        wr_store_iter *it;
        wr_store_row row;
        bool more;
        OK(wr_kv_scan_prefix(s, S("ab"), reverse, &it, err));
        for (size_t i = 0; i < 3; i++) {
            OK(wr_store_iter_next(it, &row, &more, err));
            assert_true(more && wr_str_eq(row.key, S(expected[reverse ? 2 - i : i])));
        }
        OK(wr_store_iter_next(it, &row, &more, err));
        assert_false(more);
        wr_store_iter_free(it);
    }
    wr_store_close(s);
    backend_fini(&be);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_property_memory),
        cmocka_unit_test(test_property_rocks),
        cmocka_unit_test(test_snapshot_reads_committed),
        cmocka_unit_test(test_dirty_list_and_old_values),
        cmocka_unit_test(test_changelog_per_key_or_per_update),
        cmocka_unit_test(test_failed_batch_keeps_changes),
        cmocka_unit_test(test_fresh_store_reads_nothing),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_scan_while_changing),
        cmocka_unit_test(test_prefix_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
