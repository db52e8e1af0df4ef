/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changelog records of unknown origin: decoding and restoring must end in a value or an error. What
 * is accepted must encode to the same bytes again. Input: a length byte, that many bytes of record
 * key, the rest is the record value.
 */
#include "statestore/buffer.h"
#include "statestore/changelog.h"
#include "statestore/session_store.h"
#include "statestore/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wr_changelog_kind kinds[] = {WR_CHANGELOG_KV, WR_CHANGELOG_WINDOW, WR_CHANGELOG_BUFFER,
                                          WR_CHANGELOG_SESSIONS};

static void decode(wr_str key, wr_str value)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(kinds); i++) {
        wr_changelog_key decoded;
        weir_error err;
        if (wr_changelog_get_key(key, kinds[i], &decoded, &err) != WEIR_OK)
            continue;
        wr_buf again = {0};
        wr_changelog_put_key(&again, &decoded);
        WR_ASSERT(wr_str_eq(wr_buf_view(&again), key));
        wr_buf_free(&again);
    }
    wr_str plain;
    if (wr_changelog_get_value(key, value, &plain, NULL) != WEIR_OK)
        return;
    wr_buf again = {0};
    wr_changelog_put_value(&again, key, plain);
    WR_ASSERT(wr_str_eq(wr_buf_view(&again), value));
    wr_buf_free(&again);
}

static void scan_all(wr_store *s)
{
    weir_error err;
    wr_store_iter *it = NULL;
    wr_store_row row;
    bool more = true;
    weir_status st = wr_store_kind_of(s) == WR_STORE_KV
                         ? wr_kv_scan(s, (wr_str){0}, (wr_str){0}, false, &it, &err)
                     : wr_store_kind_of(s) == WR_STORE_WINDOW
                         ? wr_window_scan(s, INT64_MIN, INT64_MAX, &it, &err)
                         : wr_session_scan(s, INT64_MIN, INT64_MAX, &it, &err);
    while (st == WEIR_OK && more)
        st = wr_store_iter_next(it, &row, &more, &err);
    WR_ASSERT(st == WEIR_OK);
    wr_store_iter_free(it);
}

/* A chunk may be there without the first one, which the look-up then says; both are fine. */
static void look_up(wr_store *s, wr_str key)
{
    wr_arena *a = wr_arena_new(0);
    wr_buffer_probe probe;
    wr_buffer_rows_of rows = {0};
    int64_t from = INT64_MIN, to = INT64_MAX;
    if (wr_buffer_probe_many(s, 1, &key, &from, &to, a, &probe, NULL) == WEIR_OK)
        (void)(wr_buffer_rows(s, key, &probe, a, &rows, NULL) == WEIR_OK);
    wr_arena_free(a);
}

/* Restore the record into each kind of store, then read everything back. */
static void restore(wr_db *db, wr_store *s, wr_str key, const wr_str *value)
{
    weir_error err;
    wr_db_batch *b = wr_db_batch_new(db);
    bool ok = wr_store_restore(s, key, value, &err) == WEIR_OK;
    wr_changelog_key record;
    if (ok && wr_store_commit_into(s, b, &err) == WEIR_OK && wr_db_write(db, b, &err) == WEIR_OK) {
        if (wr_changelog_get_key(key, WR_CHANGELOG_BUFFER, &record, NULL) == WEIR_OK)
            look_up(s, record.key);
        else
            scan_all(s);
    }
    wr_db_batch_free(b);
    wr_store_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t key_len = data[0] <= size - 1 ? data[0] : size - 1;
    wr_str key = wr_str_make((const char *)data + 1, key_len);
    wr_str value = wr_str_make((const char *)data + 1 + key_len, size - 1 - key_len);
    decode(key, value);
    wr_db *db = wr_db_open_memory();
    for (int tombstone = 0; tombstone < 2; tombstone++) {
        const wr_str *given = tombstone ? NULL : &value;
        wr_store_options kv = {.store_id = 1};
        wr_window_options window = {.store.store_id = 2, .retention_ms = 1000};
        wr_buffer_options join = {.store.store_id = 3, .retention_ms = 1000, .segment_ms = 100};
        wr_session_options session = {.store.store_id = 4, .retention_ms = 1000};
        wr_store *s;
        if (wr_kv_open(db, &kv, &s, NULL) == WEIR_OK)
            restore(db, s, key, given);
        if (wr_window_open(db, &window, &s, NULL) == WEIR_OK)
            restore(db, s, key, given);
        if (wr_buffer_open(db, &join, &s, NULL) == WEIR_OK)
            restore(db, s, key, given);
        if (wr_session_open(db, &session, &s, NULL) == WEIR_OK)
            restore(db, s, key, given);
    }
    wr_db_close(db);
    return 0;
}
