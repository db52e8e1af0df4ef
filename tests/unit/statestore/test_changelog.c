/* SPDX-License-Identifier: Apache-2.0 */
/* The form of changelog records: round trips, fixed bytes, and that every change of a byte is
 * noticed; and what a store does with records that are not its own. */
#include "helper.h"

#include "statestore/buffer.h"
#include "statestore/changelog.h"
#include "statestore/session_store.h"
#include "statestore/window.h"

static const wr_changelog_kind kinds[] = {WR_CHANGELOG_KV, WR_CHANGELOG_WINDOW, WR_CHANGELOG_BUFFER,
                                          WR_CHANGELOG_SESSIONS};

static void check_fatal(weir_status st, const weir_error *err)
{
    assert_int_equal(st, WEIR_ERR_STORE);
    assert_int_equal(err->code, WEIR_ERR_STORE);
    assert_true(err->flags & WEIR_ERROR_FATAL);
    assert_true(err->message[0]);
}

/* ---------------------------------------------------------------------------------- the codec */

/* The layout is in topics: these bytes must never change. */
static void test_layout(void **state)
{
    (void)state;
    static const struct {
        wr_changelog_kind kind;
        const char *bytes;
        size_t len;
    } cases[] = {
        {WR_CHANGELOG_KV, "\x01kab", 4},
        {WR_CHANGELOG_WINDOW,
         "\x01w\xff\xff\xff\xff\xff\xff\xff\xfe"
         "ab",
         12},
        {WR_CHANGELOG_SESSIONS,
         "\x01p\xff\xff\xff\xff\xff\xff\xff\xfe"
         "ab",
         12},
        {WR_CHANGELOG_BUFFER,
         "\x01"
         "b\xff\xff\xff\xff\xff\xff\xff\xfe\x00\x00\x00\x07"
         "ab",
         16},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(cases); i++) {
        wr_buf b = {0};
        wr_changelog_key key = {cases[i].kind, -2, 7, S("ab")};
        wr_changelog_put_key(&b, &key);
        assert_true(
            wr_str_eq(wr_buf_view(&b), wr_str_make(cases[i].bytes, (uint32_t)cases[i].len)));
        wr_buf_free(&b);
    }
    wr_buf b = {0};
    wr_changelog_put_value(&b, S("\x01kab"), S("value"));
    assert_int_equal(b.len, 10);
    assert_int_equal(b.ptr[0], 1);
    assert_memory_equal(b.ptr + 5, "value", 5);
    wr_buf_free(&b);
}

static void test_round_trips(void **state)
{
    (void)state;
    wr_rng rng;
    wr_rng_seed(&rng, 4);
    for (int round = 0; round < 3000; round++) {
        char key_bytes[32], value_bytes[64];
        wr_changelog_key key = {.kind = kinds[wr_rng_below(&rng, WR_ARRAY_LEN(kinds))]}, back;
        key.key = random_key(&rng, key_bytes);
        if (key.kind != WR_CHANGELOG_KV)
            key.start_ms = (int64_t)wr_rng_next(&rng);
        if (key.kind == WR_CHANGELOG_BUFFER)
            key.chunk = (uint32_t)wr_rng_next(&rng);
        wr_str value = random_value(&rng, value_bytes, sizeof value_bytes), got;
        wr_buf record_key = {0}, record_value = {0};
        wr_changelog_put_key(&record_key, &key);
        wr_changelog_put_value(&record_value, wr_buf_view(&record_key), value);
        OK(wr_changelog_get_key(wr_buf_view(&record_key), key.kind, &back, err));
        assert_int_equal(back.kind, key.kind);
        assert_true(back.start_ms == key.start_ms && back.chunk == key.chunk);
        assert_true(wr_str_eq(back.key, key.key));
        OK(wr_changelog_get_value(wr_buf_view(&record_key), wr_buf_view(&record_value), &got, err));
        assert_true(wr_str_eq(got, value));
        wr_buf_free(&record_key);
        wr_buf_free(&record_value);
    }
}

static void test_damaged_values(void **state)
{
    (void)state;
    const wr_str key = S("\x01kab");
    wr_buf b = {0};
    wr_str out;
    weir_error err = {0};
    wr_changelog_put_value(&b, key, S("some value"));
    for (size_t i = 0; i < b.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            b.ptr[i] ^= (char)(1 << bit);
            check_fatal(wr_changelog_get_value(key, wr_buf_view(&b), &out, &err), &err);
            b.ptr[i] ^= (char)(1 << bit);
        }
    }
    for (uint32_t len = 0; len < b.len; len++) {
        char *cut = wr_malloc(len + 1); /* its own memory, so that ASan sees a step too far */
        memcpy(cut, b.ptr, len);
        check_fatal(wr_changelog_get_value(key, wr_str_make(cut, len), &out, &err), &err);
        wr_free(cut);
    }
    wr_buf_putc(&b, 'x');
    check_fatal(wr_changelog_get_value(key, wr_buf_view(&b), &out, &err), &err);
    b.len--;
    check_fatal(wr_changelog_get_value(S("\x01kac"), wr_buf_view(&b), &out, &err), &err);
    assert_int_equal(wr_changelog_get_value(key, wr_buf_view(&b), &out, NULL), WEIR_OK);
    wr_buf_free(&b);
}

static void test_foreign_keys(void **state)
{
    (void)state;
    wr_changelog_key out;
    weir_error err = {0};
    for (size_t i = 0; i < WR_ARRAY_LEN(kinds); i++) {
        wr_buf b = {0};
        wr_changelog_key key = {kinds[i], 5, 0, S("k")};
        wr_changelog_put_key(&b, &key);
        for (size_t k = 0; k < WR_ARRAY_LEN(kinds); k++) {
            weir_status st = wr_changelog_get_key(wr_buf_view(&b), kinds[k], &out, &err);
            if (i == k)
                assert_int_equal(st, WEIR_OK);
            else
                check_fatal(st, &err);
        }
        for (uint32_t len = 0; len + 1 < b.len; len++) { /* all but the plain key must be there */
            char *cut = wr_malloc(len + 1);
            memcpy(cut, b.ptr, len);
            check_fatal(wr_changelog_get_key(wr_str_make(cut, len), kinds[i], &out, &err), &err);
            wr_free(cut);
        }
        b.ptr[0] = 2;
        check_fatal(wr_changelog_get_key(wr_buf_view(&b), kinds[i], &out, &err), &err);
        wr_buf_free(&b);
    }
    check_fatal(wr_changelog_get_key(S("\x01s12345678k"), WR_CHANGELOG_SESSIONS, &out, &err), &err);
}

/* ------------------------------------------------------------------- what stores do with them */

enum { RETENTION = 1000, SEGMENT = 100, RECORDS = 64 };
typedef enum shape { KV, WINDOW, BUFFER, SESSION, SHAPES } shape;

typedef struct record {
    char *key, *value; /* value NULL: tombstone */
    uint32_t key_len, value_len;
} record;

typedef struct log {
    record records[RECORDS];
    size_t n;
} log;

static void keep(log *l, wr_str key, const wr_str *value)
{
    assert_true(l->n < RECORDS);
    record *r = &l->records[l->n++];
    *r = (record){.key = wr_malloc(key.len + 1), .key_len = key.len};
    memcpy(r->key, key.ptr, key.len);
    if (value) {
        r->value = wr_malloc(value->len + 1);
        r->value_len = value->len;
        memcpy(r->value, value->ptr, value->len);
    }
}

static weir_status on_change(void *arg, const wr_store_changes *c, weir_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < c->n; i++)
        keep(arg, c->keys[i], c->values[i].ptr ? &c->values[i] : NULL);
    return WEIR_OK;
}

static void free_log(log *l)
{
    for (size_t i = 0; i < l->n; i++) {
        wr_free(l->records[i].key);
        wr_free(l->records[i].value);
    }
    l->n = 0;
}

static wr_store *open_shape(wr_db *db, shape sh, uint32_t id, int64_t segment_ms, log *l)
{
    wr_store *s = NULL;
    wr_store_options options = {.store_id = id, .caching = true};
    if (l) {
        options.on_change = on_change;
        options.on_change_arg = l;
    }
    if (sh == KV)
        OK(wr_kv_open(db, &options, &s, err));
    else if (sh == WINDOW)
        OK(wr_window_open(db, &(wr_window_options){options, RETENTION}, &s, err));
    else if (sh == BUFFER)
        OK(wr_buffer_open(db, &(wr_buffer_options){options, RETENTION, segment_ms}, &s, err));
    else
        OK(wr_session_open(db, &(wr_session_options){options, RETENTION, segment_ms}, &s, err));
    return s;
}

static void put(wr_store *s, shape sh, const char *key, int64_t time, const char *text)
{
    wr_str k = S(key), v = S(text);
    wr_store_entry *head;
    if (sh == KV)
        OK(wr_kv_put(s, k, v, time, err));
    else if (sh == WINDOW)
        OK(wr_window_put(s, k, time, &v, time, err));
    else if (sh == SESSION)
        OK(wr_session_put(s, k, time - 5, time, &v, time, err));
    if (sh != BUFFER)
        return;
    OK(wr_buffer_find_many(s, 1, &k, &time, &head, err));
    OK(wr_buffer_add(s, k, head, time, v, time, err));
}

/** Records of a store with a few rows; times lie in three segments. */
static void fill(wr_db *db, shape sh, uint32_t id, log *l)
{
    static const int64_t times[] = {10, 20, 150, 160, 210};
    wr_store *s = open_shape(db, sh, id, SEGMENT, l);
    for (size_t i = 0; i < WR_ARRAY_LEN(times); i++) {
        char key[8], value[16];
        snprintf(key, sizeof key, "k%zu", i % 3);
        snprintf(value, sizeof value, "value %zu", i);
        put(s, sh, key, times[i], value);
    }
    commit(db, s);
    wr_store_close(s);
    assert_true(l->n >= 3);
}

/* Applied, and taken back. */
static weir_status restore(wr_store *s, const record *r, weir_error *err)
{
    weir_error ignored;
    wr_str value = wr_str_make(r->value ? r->value : "", r->value_len);
    weir_status st =
        wr_store_restore(s, wr_str_make(r->key, r->key_len), r->value ? &value : NULL, err);
    if (st != WEIR_OK)
        assert_false(wr_store_is_unwritten(s)); /* nothing of it was applied */
    assert_int_equal(wr_store_discard(s, &ignored), WEIR_OK);
    return st;
}

/* Every bit of every record's value, turned: the restore stops. */
static void test_stores_notice_damage(void **state)
{
    (void)state;
    for (shape sh = 0; sh < SHAPES; sh++) {
        wr_db *db = wr_db_open_memory();
        log l = {0};
        weir_error err = {0};
        fill(db, sh, 1, &l);
        wr_store *s = open_shape(db, sh, 2, SEGMENT, NULL);
        for (size_t i = 0; i < l.n; i++) {
            record *r = &l.records[i];
            assert_non_null(r->value);
            for (uint32_t at = 0; at < r->value_len; at++) {
                r->value[at] ^= (char)(1 << at % 8);
                check_fatal(restore(s, r, &err), &err);
                r->value[at] ^= (char)(1 << at % 8);
            }
            for (uint32_t at = 0; at < r->key_len; at++) { /* the key is checked with the value */
                r->key[at] ^= (char)(1 << at % 8);
                check_fatal(restore(s, r, &err), &err);
                r->key[at] ^= (char)(1 << at % 8);
            }
            assert_int_equal(restore(s, r, &err), WEIR_OK);
        }
        wr_store_close(s);
        free_log(&l);
        wr_db_close(db);
    }
}

/* A store of one kind refuses what another kind wrote. */
static void test_stores_refuse_other_kinds(void **state)
{
    (void)state;
    for (shape from = 0; from < SHAPES; from++) {
        for (shape to = 0; to < SHAPES; to++) {
            wr_db *db = wr_db_open_memory();
            log l = {0};
            weir_error err = {0};
            fill(db, from, 1, &l);
            wr_store *s = open_shape(db, to, 2, SEGMENT, NULL);
            for (size_t i = 0; i < l.n; i++) {
                weir_status st = restore(s, &l.records[i], &err);
                if (from == to)
                    assert_int_equal(st, WEIR_OK);
                else
                    check_fatal(st, &err);
            }
            wr_store_close(s);
            free_log(&l);
            wr_db_close(db);
        }
    }
}

/* Good records of a store whose segments had another length: they name no segment of this one. */
static void test_other_segments(void **state)
{
    (void)state;
    static const shape packed[] = {BUFFER, SESSION};
    for (size_t i = 0; i < WR_ARRAY_LEN(packed); i++) {
        wr_db *db = wr_db_open_memory();
        log l = {0};
        fill(db, packed[i], 1, &l);
        wr_store *s = open_shape(db, packed[i], 2, 70, NULL);
        size_t refused = 0;
        for (size_t k = 0; k < l.n; k++) {
            weir_error err = {0};
            weir_status st = restore(s, &l.records[k], &err);
            if (st != WEIR_OK) {
                check_fatal(st, &err);
                refused++;
            }
        }
        assert_true(refused > 0);
        weir_error err = {0}; /* a tombstone says nothing but its segment */
        wr_buf key = {0};
        wr_changelog_kind kind = packed[i] == BUFFER ? WR_CHANGELOG_BUFFER : WR_CHANGELOG_SESSIONS;
        wr_changelog_put_key(&key, &(wr_changelog_key){kind, 100, 0, S("k")});
        record tombstone = {key.ptr, NULL, (uint32_t)key.len, 0};
        check_fatal(restore(s, &tombstone, &err), &err);
        wr_buf_free(&key);
        wr_store_close(s);
        free_log(&l);
        wr_db_close(db);
    }
}

/* A record whose check holds, but whose value is no list or chunk: made by something that is not
 * this program. */
static void test_values_that_are_no_lists(void **state)
{
    (void)state;
    static const shape packed[] = {BUFFER, SESSION};
    static const wr_changelog_kind packed_kinds[] = {WR_CHANGELOG_BUFFER, WR_CHANGELOG_SESSIONS};
    for (size_t i = 0; i < WR_ARRAY_LEN(packed); i++) {
        wr_db *db = wr_db_open_memory();
        wr_store *s = open_shape(db, packed[i], 1, SEGMENT, NULL);
        wr_rng rng;
        wr_rng_seed(&rng, 9);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            char bytes[64];
            weir_error err = {0};
            wr_buf record_key = {0}, record_value = {0};
            wr_changelog_key key = {packed_kinds[i], 100, (uint32_t)round % 2, S("k")};
            uint32_t len = (uint32_t)wr_rng_below(&rng, sizeof bytes);
            for (uint32_t k = 0; k < len; k++)
                bytes[k] = (char)wr_rng_below(&rng, wr_rng_below(&rng, 2) ? 3 : 256);
            wr_changelog_put_key(&record_key, &key);
            wr_changelog_put_value(&record_value, wr_buf_view(&record_key),
                                   wr_str_make(bytes, len));
            record r = {record_key.ptr, record_value.ptr, (uint32_t)record_key.len,
                        (uint32_t)record_value.len};
            weir_status st = restore(s, &r, &err);
            if (st != WEIR_OK) {
                check_fatal(st, &err);
                refused++;
            }
            wr_buf_free(&record_key);
            wr_buf_free(&record_value);
        }
        assert_true(refused > 1500); /* a few random chunks are good ones */
        wr_store_close(s);
        wr_db_close(db);
    }
}

/* Lists of sessions and chunks of join rows, right but for one thing. Times are of the segment that
 * begins at 100 and is 100 long. */
static void test_lists_that_are_nearly_right(void **state)
{
    (void)state;
    static const struct {
        const char *about;
        struct {
            int64_t end, start;
            uint32_t len;
        } sessions[2];
        int sessions_n, junk;
        bool good;
    } lists[] = {
        {"one", {{150, 140, 1}}, 1, 0, true},
        {"two", {{150, 140, 1}, {160, 140, 1}}, 2, 0, true},
        {"two that end together", {{150, 130, 1}, {150, 140, 1}}, 2, 0, true},
        {"at the bounds", {{100, 0, 1}, {199, 0, 1}}, 2, 0, true},
        {"none", {{0}}, 0, 0, false},
        {"a byte more", {{150, 140, 1}}, 1, 1, false},
        {"half of another", {{150, 140, 1}}, 1, 19, false},
        {"twice the same", {{150, 140, 1}, {150, 140, 1}}, 2, 0, false},
        {"in the wrong order", {{160, 140, 1}, {150, 140, 1}}, 2, 0, false},
        {"starts in the wrong order", {{150, 140, 1}, {150, 130, 1}}, 2, 0, false},
        {"ends before it starts", {{150, 151, 1}}, 1, 0, false},
        {"of the segment before", {{99, 90, 1}}, 1, 0, false},
        {"of the segment after", {{150, 140, 1}, {200, 140, 1}}, 2, 0, false},
        {"a value longer than the list", {{150, 140, 2}}, 1, 0, false},
        {"a length of all ones", {{150, 140, UINT32_MAX}}, 1, 0, false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(lists); i++) {
        wr_db *db = wr_db_open_memory();
        wr_store *s = open_shape(db, SESSION, 1, SEGMENT, NULL);
        wr_buf list = {0}, record_key = {0}, record_value = {0};
        weir_error err = {0};
        for (int k = 0; k < lists[i].sessions_n; k++) {
            wr_buf_be64(&list, (uint64_t)lists[i].sessions[k].end);
            wr_buf_be64(&list, (uint64_t)lists[i].sessions[k].start);
            wr_buf_be32(&list, lists[i].sessions[k].len);
            wr_buf_putc(&list, 'v');
        }
        for (int k = 0; k < lists[i].junk; k++)
            wr_buf_putc(&list, '\0');
        wr_changelog_put_key(&record_key,
                             &(wr_changelog_key){WR_CHANGELOG_SESSIONS, 100, 0, S("k")});
        wr_changelog_put_value(&record_value, wr_buf_view(&record_key), wr_buf_view(&list));
        record r = {record_key.ptr, record_value.ptr, (uint32_t)record_key.len,
                    (uint32_t)record_value.len};
        weir_status st = restore(s, &r, &err);
        if ((st == WEIR_OK) != lists[i].good)
            fail_msg("%s: %d %s", lists[i].about, (int)st, err.message);
        if (!lists[i].good)
            check_fatal(st, &err);
        wr_buf_free(&list);
        wr_buf_free(&record_key);
        wr_buf_free(&record_value);
        wr_store_close(s);
        wr_db_close(db);
    }
}

static void test_chunks_that_are_nearly_right(void **state)
{
    (void)state;
    static const struct {
        const char *about;
        uint32_t chunk;
        const char *bytes;
        uint32_t len;
        bool good;
    } chunks[] = {
        {"one row", 0, "\0\0\0\0\x05\x01v", 7, true},
        {"two rows", 0, "\0\0\0\0\x05\x01v\x63\x00", 9, true},
        {"the first of seven", 0, "\0\0\0\x07\x05\x01v", 7, true},
        {"chunk 3", 3, "\0\0\0\x03\x05\x01v", 7, true},
        {"chunk 3 by another number", 3, "\0\0\0\x04\x05\x01v", 7, false},
        {"nothing", 0, "", 0, false},
        {"no row", 0, "\0\0\0\0", 4, false},
        {"after its segment", 0, "\0\0\0\0\x64\x01v", 7, false},
        {"a row cut off", 0, "\0\0\0\0\x05\x02v", 7, false},
        {"a row without a length", 0, "\0\0\0\0\x05\x01v\x05", 8, false},
        {"a time of ten bytes", 0, "\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0", 15, false},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(chunks); i++) {
        wr_db *db = wr_db_open_memory();
        wr_store *s = open_shape(db, BUFFER, 1, SEGMENT, NULL);
        wr_buf record_key = {0}, record_value = {0};
        weir_error err = {0};
        wr_changelog_put_key(
            &record_key, &(wr_changelog_key){WR_CHANGELOG_BUFFER, 100, chunks[i].chunk, S("k")});
        wr_changelog_put_value(&record_value, wr_buf_view(&record_key),
                               wr_str_make(chunks[i].bytes, chunks[i].len));
        record r = {record_key.ptr, record_value.ptr, (uint32_t)record_key.len,
                    (uint32_t)record_value.len};
        weir_status st = restore(s, &r, &err);
        if ((st == WEIR_OK) != chunks[i].good)
            fail_msg("%s: %d %s", chunks[i].about, (int)st, err.message);
        if (!chunks[i].good)
            check_fatal(st, &err);
        wr_buf_free(&record_key);
        wr_buf_free(&record_value);
        wr_store_close(s);
        wr_db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_damaged_values),
        cmocka_unit_test(test_foreign_keys),
        cmocka_unit_test(test_stores_notice_damage),
        cmocka_unit_test(test_stores_refuse_other_kinds),
        cmocka_unit_test(test_other_segments),
        cmocka_unit_test(test_values_that_are_no_lists),
        cmocka_unit_test(test_lists_that_are_nearly_right),
        cmocka_unit_test(test_chunks_that_are_nearly_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
