/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Corners that the long histories of the other files do not come to: limits, numbers of stores,
 * notes, sizes, look-ups that make no entries, iterators that outlive rows, times at both ends.
 */
#include "shapes.h"

#include "statestore/db_internal.h"

/* -------------------------------------------------------------------------------------- limits */

static void check_limit(weir_status st, const weir_error *err)
{
    assert_int_equal(st, WEIR_ERR_LIMIT);
    assert_int_equal(err->code, WEIR_ERR_LIMIT);
    assert_true(err->message[0]);
}

/* Lengths are looked at before any byte is: such values need not exist. */
static void test_too_long(void **state)
{
    (void)state;
    const wr_str key = {"k", WR_STORE_KEY_MAX + 1}, value = {"v", (uint32_t)WR_STORE_VALUE_MAX + 1};
    for (shape sh = 0; sh < SHAPES; sh++) {
        wr_db *db = wr_db_open_memory();
        wr_store *s = shape_store(db, sh, 1, 0, NULL);
        weir_error err = {0};
        check_limit(shape_put(s, sh, key, 1000, S("v"), &err), &err);
        err = (weir_error){0};
        if (sh != SHAPE_SESSION) { /* a session's value is copied into its list first */
            check_limit(shape_put(s, sh, S("k"), 1000, value, &err), &err);
            assert_false(wr_store_is_dirty(s));
        }
        const wr_str short_key = S("k");
        char *text = shape_text(s, sh, &short_key, 1);
        assert_string_equal(text, "");
        wr_free(text);
        assert_int_equal(shape_put(s, sh, S("k"), 1000, S("v"), &err), WEIR_OK);
        wr_store_close(s);
        wr_db_close(db);
    }
}

static void test_store_numbers(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    wr_db_batch *b = wr_db_batch_new(db);
    char bytes[4];
    uint32_t id;
    weir_error err = {0};
    wr_put_be32(bytes, UINT32_MAX - 1);
    wr__db_batch_put_meta(b, WR__META_NEXT_ID, (wr_str){0}, wr_str_make(bytes, 4));
    assert_int_equal(wr_db_write(db, b, &err), WEIR_OK);
    assert_int_equal(wr_db_store_id(db, S("last"), &id, &err), WEIR_OK);
    assert_int_equal(id, UINT32_MAX);
    check_limit(wr_db_store_id(db, S("one more"), &id, &err), &err);
    assert_int_equal(wr_db_store_id(db, S("last"), &id, &err), WEIR_OK); /* known ones still work */
    assert_int_equal(id, UINT32_MAX);

    wr__db_batch_put_meta(b, WR__META_NAME, S("damaged"), wr_str_make(bytes, 3));
    assert_int_equal(wr_db_write(db, b, &err), WEIR_OK);
    err = (weir_error){0};
    assert_int_equal(wr_db_store_id(db, S("damaged"), &id, &err), WEIR_ERR_STORE);
    assert_true(err.flags & WEIR_ERROR_FATAL);
    assert_int_equal(wr_db_store_id_find(db, NULL, S("damaged"), &id, NULL), WEIR_ERR_STORE);
    assert_int_equal(id, 0);
    wr_db_batch_free(b);
    wr_db_close(db);
}

/* --------------------------------------------------------------------------------------- notes */

static bool first_two(void *arg, wr_str key, wr_str value)
{
    wr_buf *out = arg;
    wr_buf_str(out, key);
    wr_buf_putc(out, '=');
    wr_buf_str(out, value);
    wr_buf_putc(out, ' ');
    return out->len < 8;
}

static void test_notes(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        backend be;
        backend_init(&be, memory, true);
        wr_db_batch *b = wr_db_batch_new(be.db);
        wr_db_batch_meta_put(b, S("n/\xff"), S("3"));
        wr_db_batch_meta_put(b, S("n/a"), S("1"));
        wr_db_batch_meta_put(b, S("n/b"), S("2"));
        wr_db_batch_meta_put(b, S("n0"), S("not one of them"));
        OK(wr_db_write(be.db, b, err));
        wr_buf out = {0};
        OK(wr_db_meta_scan(be.db, NULL, S("n/"), first_two, &out, err));
        assert_string_equal(wr_buf_cstr(&out), "n/a=1 n/b=2 "); /* it was told to stop */
        wr_db_batch_meta_delete(b, S("n/a"));
        wr_db_batch_meta_delete(b, S("n/never"));
        assert_false(wr_db_batch_empty(b));
        OK(wr_db_write(be.db, b, err));
        wr_buf_clear(&out);
        OK(wr_db_meta_scan(be.db, NULL, S("n/"), first_two, &out, err));
        assert_string_equal(wr_buf_cstr(&out), "n/b=2 n/\xff=3 ");
        wr_buf_clear(&out);
        OK(wr_db_meta_scan(be.db, NULL, S("n/\xff"), first_two, &out, err));
        assert_string_equal(wr_buf_cstr(&out), "n/\xff=3 "); /* a prefix that ends in FF */
        wr_buf_free(&out);
        wr_db_batch_free(b);
        assert_string_equal(wr_db_path(be.db), memory ? "" : be.path);
        backend_fini(&be);
    }
}

static void test_options_and_sizes(void **state)
{
    (void)state;
    wr_db_options options = wr_db_options_default();
    assert_true(options.wal && options.sync);
    wr_db *db = wr_db_open_memory();
    assert_int_equal(wr_db_checkpoint(db, "nowhere", NULL), WEIR_ERR_UNSUPPORTED);
    static const uint32_t partitions[] = {0, 1, 7};
    for (size_t i = 0; i < WR_ARRAY_LEN(partitions); i++) {
        wr_store *s = shape_store(db, SHAPE_KV, 5, partitions[i], NULL);
        assert_int_equal(wr_store_partition(s), partitions[i]);
        assert_int_equal(wr_store_kind_of(s), WR_STORE_KV);
        OK(wr_kv_put(s, S("key"), S("value"), 0, err));
        commit(db, s);
        wr_store_close(s);
    }
    uint64_t one = wr_db_store_bytes(db, WR_DB_KV, 5, 1);
    assert_int_equal(one, WR__PREFIX + strlen("keyvalue"));
    assert_int_equal(wr_db_store_bytes(db, WR_DB_KV, 5, UINT32_MAX), 3 * one);
    assert_int_equal(wr_db_store_bytes(db, WR_DB_KV, 5, 2), 0);
    assert_int_equal(wr_db_store_bytes(db, WR_DB_KV, 6, UINT32_MAX), 0);
    assert_int_equal(wr_db_store_bytes(db, WR_DB_WINDOW, 5, UINT32_MAX), 0);
    wr_db_close(db);
}

/* ------------------------------------------------------------------------------------ look-ups */

/* A peek makes no entries for what is known not to exist, and finds what a find finds. */
static void test_peek_many(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        enum { KEYS = 600 }; /* more than a block */
        backend be;
        char names[KEYS][16];
        wr_str keys[KEYS];
        wr_store_entry *out[KEYS];
        wr_store_stats stats;
        backend_init(&be, memory, true);
        wr_store *s = shape_store(be.db, SHAPE_KV, 1, 0, NULL);
        for (int i = 0; i < KEYS; i++) {
            snprintf(names[i], sizeof names[i], "%d", i % 1000);
            keys[i] = S(names[i]);
            if (i % 3 == 0)
                OK(wr_kv_put(s, keys[i], S("v"), 0, err));
        }
        OK(wr_kv_peek_many(s, KEYS, keys, out, err));
        for (int i = 0; i < KEYS; i++)
            assert_int_equal(out[i] != NULL, i % 3 == 0);
        wr_store_stats_read(s, &stats);
        assert_int_equal(stats.entries, KEYS / 3);
        commit(be.db, s);
        wr_store_close(s);
        s = shape_store(be.db, SHAPE_KV, 1, 0, NULL); /* cold: all are read */
        OK(wr_kv_peek_many(s, KEYS, keys, out, err));
        for (int i = 0; i < KEYS; i++)
            assert_int_equal(out[i] && wr_entry_exists(out[i]), i % 3 == 0);
        wr_str too_long = {"k", WR_STORE_KEY_MAX + 1};
        assert_int_equal(wr_kv_peek_many(s, 1, &too_long, out, NULL), WEIR_ERR_LIMIT);
        wr_store_close(s);
        backend_fini(&be);
    }
}

/* Rows that expire while they are iterated over do not come. */
static void test_rows_expire_under_an_iterator(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    wr_store *s = shape_store(db, SHAPE_SESSION, 1, 0, NULL);
    wr_store_iter *it;
    wr_store_row row;
    bool more;
    for (int64_t end = 1000; end < 1050; end += 10)
        OK(shape_put(s, SHAPE_SESSION, S("k"), end, S("v"), err));
    OK(wr_session_find(s, S("k"), 0, 5000, &it, err));
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_true(more && row.end_ms == 1000);
    OK(shape_put(s, SHAPE_SESSION, S("other"), 1020 + SHAPE_RETENTION, S("v"), err));
    assert_int_equal(wr_session_oldest(s), 1021);
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_true(more && row.end_ms == 1030); /* 1010 and 1020 have gone */
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_true(more && row.end_ms == 1040);
    OK(wr_store_iter_next(it, &row, &more, err));
    assert_false(more);
    wr_store_iter_free(it);
    wr_store_iter_free(NULL);
    wr_store_close(s);
    wr_db_close(db);
}

/* Times at both ends of what there is: found again, warm and cold, and in order. */
static void test_times_at_both_ends(void **state)
{
    (void)state;
    static const int64_t times[] = {INT64_MIN + 5, INT64_MIN + 1000, -1, 0,
                                    INT64_MAX - 1, INT64_MAX};
    for (shape sh = SHAPE_WINDOW; sh < SHAPES; sh++) {
        for (size_t i = 0; i < WR_ARRAY_LEN(times); i++) {
            wr_db *db = wr_db_open_memory();
            wr_store *s = shape_store(db, sh, 1, 0, NULL);
            for (int cold = 0; cold < 2; cold++) {
                const wr_str key = S("k"), value = S("v");
                wr_str got = {0};
                bool found = false;
                if (!cold)
                    OK(shape_put(s, sh, key, times[i], value, err));
                if (sh == SHAPE_WINDOW)
                    OK(wr_window_get(s, key, times[i], &got, &found, err));
                else if (sh == SHAPE_SESSION)
                    OK(wr_session_get(s, key, times[i] - 5, times[i], &got, &found, err));
                wr_arena *a = wr_arena_new(0);
                wr_buffer_probe probe;
                wr_buffer_rows_of rows = {0};
                if (sh == SHAPE_BUFFER) {
                    OK(wr_buffer_probe_many(s, 1, &key, &times[i], &times[i], a, &probe, err));
                    OK(wr_buffer_rows(s, key, &probe, a, &rows, err));
                    found = rows.n == 1 && rows.v[0].time_ms == times[i];
                    got = found ? rows.v[0].value : got;
                }
                if (!found || !wr_str_eq(got, value))
                    fail_msg("%s at %lld, %s", shape_names[sh], (long long)times[i],
                             cold ? "cold" : "warm");
                wr_arena_free(a);
                commit(db, s);
                wr_store_close(s);
                s = shape_store(db, sh, 1, 0, NULL);
            }
            wr_store_close(s);
            wr_db_close(db);
        }
    }
}

/* Many rows whose sessions may lie in other segments: they are loaded in blocks, the look is the
 * same as one by one. */
static void test_sessions_of_many_rows(void **state)
{
    (void)state;
    enum { ROWS = 700 };
    wr_db *db = wr_db_open_memory();
    wr_store *s = shape_store(db, SHAPE_SESSION, 1, 0, NULL);
    char names[ROWS][16];
    wr_str keys[ROWS];
    int64_t times[ROWS];
    wr_store_entry *homes[ROWS];
    for (int i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        keys[i] = S(names[i]);
        times[i] = 1000 + i % 300;
        OK(shape_put(s, SHAPE_SESSION, keys[i], times[i], S("v"), err));
    }
    commit(db, s);
    wr_store_close(s);
    s = shape_store(db, SHAPE_SESSION, 1, 0, NULL);
    OK(wr_session_find_many(s, ROWS, keys, times, 150, homes, err));
    wr_arena *a = wr_arena_new(0);
    for (int i = 0; i < ROWS; i++) {
        wr_session_hits hits = {0};
        assert_true(wr_str_eq(wr_session_key(s, homes[i]), keys[i]));
        OK(wr_session_near(s, keys[i], homes[i], times[i] - 150, times[i] + 150, a, &hits, err));
        assert_int_equal(hits.n, 1);
        assert_int_equal(hits.v[0].end_ms, times[i]);
    }
    wr_arena_free(a);
    wr_store_close(s);
    wr_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_store_numbers),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_options_and_sizes),
        cmocka_unit_test(test_peek_many),
        cmocka_unit_test(test_rows_expire_under_an_iterator),
        cmocka_unit_test(test_times_at_both_ends),
        cmocka_unit_test(test_sessions_of_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
