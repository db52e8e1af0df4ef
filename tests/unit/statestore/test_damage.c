/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of the database that are not what was written. RocksDB's checksums are the first to notice
 * (test_db.c); here the bytes have got past them: whatever they are, reading gives rows or says
 * that the state is damaged, and never reads outside of them (ASan sees that).
 */
#include "shapes.h"

#include "statestore/db_internal.h"

enum { KEYS = 3, STORED_MAX = 64 };
static const char *const key_texts[KEYS] = {"a", "b", "cc"};
static const wr_db_family families[] = {WR_DB_KV, WR_DB_WINDOW, WR_DB_WINDOW, WR_DB_SESSION};

/** What the database holds of a store. */
typedef struct stored {
    wr_buf key, value; /* key without the store's prefix */
} stored;

static void check_fatal(weir_status st, const weir_error *err)
{
    assert_int_equal(st, WEIR_ERR_STORE);
    assert_true(err->flags & WEIR_ERROR_FATAL);
    assert_true(err->message[0]);
}

/* Several rows for each key, in several segments, one of them of many chunks. */
static void fill(wr_db *db, shape sh)
{
    wr_store *s = shape_store(db, sh, 1, 0, NULL);
    for (int i = 0; i < 60; i++) {
        char value[300];
        int len = snprintf(value, sizeof value, "%*d", i < 40 && sh == SHAPE_BUFFER ? 290 : 3, i);
        int64_t time = i < 40 ? 500 : 450 + i;
        wr_str key = S(key_texts[i < 40 ? 0 : i % KEYS]), v = wr_str_make(value, (uint32_t)len);
        OK(shape_put(s, sh, key, time, v, err));
    }
    commit(db, s);
    wr_store_close(s);
}

static size_t read_stored(wr_db *db, shape sh, stored *rows)
{
    size_t n = 0;
    wr_db_iter *it = wr_db_iter_new(db, NULL, families[sh], (wr_str){0}, (wr_str){0});
    for (wr_db_iter_seek_first(it); wr_db_iter_valid(it); wr_db_iter_next(it)) {
        assert_true(n < STORED_MAX);
        wr_str key = wr_db_iter_key(it);
        rows[n] = (stored){{0}, {0}};
        wr_buf_put(&rows[n].key, key.ptr + WR__PREFIX, key.len - WR__PREFIX);
        wr_buf_str(&rows[n].value, wr_db_iter_value(it));
        n++;
    }
    wr_db_iter_free(it);
    return n;
}

static void free_stored(stored *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wr_buf_free(&rows[i].key);
        wr_buf_free(&rows[i].value);
    }
}

static void overwrite(wr_db *db, shape sh, wr_str key, const wr_str *value)
{
    char prefix[WR__PREFIX];
    wr__put_prefix(prefix, 1, 0);
    wr_db_batch *b = wr_db_batch_new(db);
    if (value)
        wr__db_batch_put_state(b, families[sh], wr_str_make(prefix, sizeof prefix), key, *value);
    else
        wr__db_batch_delete_state(b, families[sh], wr_str_make(prefix, sizeof prefix), key);
    OK(wr_db_write(db, b, err));
    wr_db_batch_free(b);
}

/** Read all there is, in every way, and change some. @return whether damage was noticed. */
static bool use(wr_db *db, shape sh)
{
    wr_str keys[KEYS];
    bool noticed = false;
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = S(key_texts[i]);
    for (int way = 0; way < 2; way++) {
        wr_store *s = shape_store(db, sh, 1, 0, NULL);
        wr_buf out = {0};
        weir_error err = {0};
        weir_status st = WEIR_OK;
        if (way == 0)
            st = shape_list(s, sh, keys, KEYS, &out, &err);
        for (size_t i = 0; way == 1 && st == WEIR_OK && i < KEYS; i++)
            for (int64_t time = 490; st == WEIR_OK && time < 512; time += 7)
                st = shape_put(s, sh, keys[i], time, S("new"), &err);
        if (st != WEIR_OK) {
            check_fatal(st, &err);
            noticed = true;
        }
        wr_buf_free(&out);
        wr_store_close(s);
    }
    return noticed;
}

/* Each value cut off at every place: lists and chunks notice unless the cut is between two rows. */
static void test_values_cut_off(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++) {
        wr_db *db = wr_db_open_memory();
        stored rows[STORED_MAX];
        size_t noticed = 0, cuts = 0;
        fill(db, sh);
        size_t n = read_stored(db, sh, rows);
        for (size_t i = 0; i < n; i++) {
            size_t stride = rows[i].value.len > 100 ? 97 : 1;
            for (size_t len = 0; len < rows[i].value.len; len += stride, cuts++) {
                wr_str cut = wr_str_make(rows[i].value.ptr, (uint32_t)len);
                overwrite(db, sh, wr_buf_view(&rows[i].key), &cut);
                noticed += use(db, sh);
            }
            wr_str whole = wr_buf_view(&rows[i].value);
            overwrite(db, sh, wr_buf_view(&rows[i].key), &whole);
            assert_false(use(db, sh));
        }
        assert_true(cuts >= 9);
        bool packed = sh == SHAPE_BUFFER || sh == SHAPE_SESSION;
        if (packed ? noticed < cuts * 8 / 10 : noticed > 0)
            fail_msg("%s: %zu of %zu cuts were noticed", shape_names[sh], noticed, cuts);
        free_stored(rows, n);
        wr_db_close(db);
    }
}

static void test_random_damage(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++) {
        wr_db *db = wr_db_open_memory();
        stored rows[STORED_MAX];
        wr_rng rng;
        wr_rng_seed(&rng, 31 + sh);
        fill(db, sh);
        size_t n = read_stored(db, sh, rows);
        for (int round = 0; round < 400; round++) {
            const stored *row = &rows[wr_rng_below(&rng, n)];
            wr_buf value = {0};
            wr_buf_str(&value, wr_buf_view(&row->value));
            for (uint64_t k = wr_rng_below(&rng, 4); k > 0 && value.len; k--)
                value.ptr[wr_rng_below(&rng, value.len)] = (char)wr_rng_next(&rng);
            if (wr_rng_below(&rng, 4) == 0)
                wr_buf_puts(&value, "\xff\xff\xff\xff\xff\xff\xff\xff\x01");
            wr_str damaged = wr_buf_view(&value), whole = wr_buf_view(&row->value);
            overwrite(db, sh, wr_buf_view(&row->key), &damaged);
            use(db, sh);
            overwrite(db, sh, wr_buf_view(&row->key), &whole);
            wr_buf_free(&value);
        }
        assert_false(use(db, sh));
        free_stored(rows, n);
        wr_db_close(db);
    }
}

/* A chunk that is missing, or stands under another's number. */
static void test_chunks(void **state)
{
    (void)state;
    wr_db *db = wr_db_open_memory();
    stored rows[STORED_MAX];
    fill(db, SHAPE_BUFFER);
    size_t n = read_stored(db, SHAPE_BUFFER, rows), chunks = 0, noticed = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t chunk = wr_get_be32(rows[i].key.ptr + rows[i].key.len - 4);
        wr_str whole = wr_buf_view(&rows[i].value);
        overwrite(db, SHAPE_BUFFER, wr_buf_view(&rows[i].key), NULL);
        if (chunk > 0) {
            chunks++;
            noticed += use(db, SHAPE_BUFFER);
            wr_put_be32(rows[i].value.ptr, chunk + 1);
            overwrite(db, SHAPE_BUFFER, wr_buf_view(&rows[i].key), &whole);
            noticed += use(db, SHAPE_BUFFER);
            wr_put_be32(rows[i].value.ptr, chunk);
        } else {
            use(db, SHAPE_BUFFER); /* rows are missing, and nothing can know */
        }
        overwrite(db, SHAPE_BUFFER, wr_buf_view(&rows[i].key), &whole);
    }
    assert_true(chunks >= 2);
    assert_int_equal(noticed, 2 * chunks);
    free_stored(rows, n);
    wr_db_close(db);
}

/* Keys that are none of a store: too short for a time, or no beginning of a segment. */
static void test_keys(void **state)
{
    (void)state;
    static const shape timed[] = {SHAPE_WINDOW, SHAPE_SESSION};
    for (size_t i = 0; i < WR_ARRAY_LEN(timed); i++) {
        for (uint32_t len = 0; len < 8; len++) {
            wr_db *db = wr_db_open_memory();
            wr_str value = S("v");
            fill(db, timed[i]);
            overwrite(db, timed[i], wr_str_make("\x80\0\0\0\0\0\0\0", len), &value);
            wr_store *s = shape_store(db, timed[i], 1, 0, NULL);
            wr_buf out = {0};
            weir_error err = {0};
            weir_status st = shape_list(s, timed[i], NULL, 0, &out, &err);
            /* A scan begins where rows are not gone yet, which may be after such a key. */
            if (st != WEIR_OK)
                check_fatal(st, &err);
            wr_buf_free(&out);
            wr_store_close(s);
            wr_db_close(db);
        }
    }
    wr_db *db = wr_db_open_memory();
    fill(db, SHAPE_SESSION);
    char key[9] = "\x80\0\0\0\0\0\x01\xf5k"; /* 501: segments begin at hundreds */
    wr_str value = S("v");
    overwrite(db, SHAPE_SESSION, wr_str_make(key, sizeof key), &value);
    wr_store *s = shape_store(db, SHAPE_SESSION, 1, 0, NULL);
    wr_buf out = {0};
    weir_error err = {0};
    check_fatal(shape_list(s, SHAPE_SESSION, NULL, 0, &out, &err), &err);
    wr_buf_free(&out);
    wr_store_close(s);
    wr_db_close(db);
}

/* The note of a store's stream time: of another length or version it is refused; other times in it
 * are taken, and nothing breaks. */
static void test_stream_time(void **state)
{
    (void)state;
    enum { NOTE = 25 };
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 510, INT64_MAX - 1, INT64_MAX};
    for (shape sh = SHAPE_WINDOW; sh < SHAPES; sh++) {
        wr_db *db = wr_db_open_memory();
        char prefix[WR__PREFIX];
        wr__put_prefix(prefix, 1, 0);
        wr_str at = wr_str_make(prefix, sizeof prefix);
        wr_buf note = {0};
        bool found;
        fill(db, sh);
        OK(wr__db_get_meta(db, NULL, WR__META_STATE, at, &note, &found, err));
        assert_true(found);
        assert_int_equal(note.len, NOTE);
        for (uint32_t len = 0; len <= NOTE + 1; len++) {
            char bytes[NOTE + 1] = {0};
            memcpy(bytes, note.ptr, NOTE);
            for (int version = 0; version < 4; version++) {
                bytes[0] = (char)version;
                bool good = len == NOTE && (version == 2 || (version == 1 && sh == SHAPE_WINDOW));
                wr_db_batch *b = wr_db_batch_new(db);
                wr__db_batch_put_meta(b, WR__META_STATE, at, wr_str_make(bytes, len));
                OK(wr_db_write(db, b, err));
                wr_db_batch_free(b);
                wr_store_options options = {.store_id = 1};
                wr_store *s = NULL;
                weir_error err = {0};
                weir_status st = shape_open(db, sh, &options, &s, &err);
                if (good)
                    assert_int_equal(st, WEIR_OK);
                else
                    check_fatal(st, &err);
                wr_store_close(s);
            }
        }
        for (size_t i = 0; i < WR_ARRAY_LEN(times) * WR_ARRAY_LEN(times); i++) {
            wr_put_be64(note.ptr + 1, (uint64_t)times[i / WR_ARRAY_LEN(times)]);
            wr_put_be64(note.ptr + 9, (uint64_t)times[i % WR_ARRAY_LEN(times)]);
            wr_db_batch *b = wr_db_batch_new(db);
            wr__db_batch_put_meta(b, WR__META_STATE, at, wr_buf_view(&note));
            OK(wr_db_write(db, b, err));
            wr_db_batch_free(b);
            use(db, sh);
            wr_store *s = shape_store(db, sh, 1, 0, NULL);
            OK(shape_put(s, sh, S("new"), 5000, S("v"), err));
            commit(db, s);
            wr_store_close(s);
        }
        wr_buf_free(&note);
        wr_db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_cut_off), cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_chunks),         cmocka_unit_test(test_keys),
        cmocka_unit_test(test_stream_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
