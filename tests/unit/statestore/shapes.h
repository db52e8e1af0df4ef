/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shapes.h - the four forms of a store behind one set of short functions, for tests that say
 * something about all of them: open, put one row, list every row as text.
 */
#ifndef TEST_STATESTORE_SHAPES_H
#define TEST_STATESTORE_SHAPES_H

#include "helper.h"

#include "statestore/buffer.h"
#include "statestore/session_store.h"
#include "statestore/window.h"

enum { SHAPE_RETENTION = 1000, SHAPE_SEGMENT = 100 };

typedef enum shape { SHAPE_KV, SHAPE_WINDOW, SHAPE_BUFFER, SHAPE_SESSION, SHAPES } shape;

static const char *const shape_names[] = {"kv", "window", "buffer", "session"};

static inline weir_status shape_open(wr_db *db, shape sh, const wr_store_options *options,
                                     wr_store **out, weir_error *err)
{
    switch (sh) {
    case SHAPE_KV:
        return wr_kv_open(db, options, out, err);
    case SHAPE_WINDOW:
        return wr_window_open(db, &(wr_window_options){*options, SHAPE_RETENTION}, out, err);
    case SHAPE_BUFFER:
        return wr_buffer_open(db, &(wr_buffer_options){*options, SHAPE_RETENTION, SHAPE_SEGMENT},
                              out, err);
    default:
        return wr_session_open(db, &(wr_session_options){*options, SHAPE_RETENTION, SHAPE_SEGMENT},
                               out, err);
    }
}

/** The store of this id and partition; @p snap NULL: the task's own. */
static inline wr_store *shape_store(wr_db *db, shape sh, uint32_t id, uint32_t partition,
                                    const wr_db_snap *snap)
{
    wr_store *s = NULL;
    wr_store_options options = {
        .store_id = id, .partition = partition, .snap = snap, .caching = true};
    OK(shape_open(db, sh, &options, &s, err));
    return s;
}

/** A session reaches from five before @p time up to it; kv stores know no time. */
static inline weir_status shape_put(wr_store *s, shape sh, wr_str key, int64_t time, wr_str value,
                                    weir_error *err)
{
    wr_store_entry *head;
    switch (sh) {
    case SHAPE_KV:
        return wr_kv_put(s, key, value, time, err);
    case SHAPE_WINDOW:
        return wr_window_put(s, key, time, &value, time, err);
    case SHAPE_BUFFER:
        WR_TRY(wr_buffer_find_many(s, 1, &key, &time, &head, err));
        return wr_buffer_add(s, key, head, time, value, time, err);
    default:
        return wr_session_put(s, key, time - 5, time, &value, time, err);
    }
}

static inline void shape_row(wr_buf *out, const wr_store_row *row)
{
    wr_buf_str(out, row->key);
    wr_buf_printf(out, "@%lld-%lld=", (long long)row->start_ms, (long long)row->end_ms);
    wr_buf_str(out, row->value);
    wr_buf_putc(out, ' ');
}

/** The rows of one key in a join buffer. */
static inline weir_status shape_list_buffer(wr_store *s, wr_str key, wr_buf *out, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_buffer_probe probe;
    wr_buffer_rows_of rows = {0};
    int64_t from = 0, to = 1 << 20;
    weir_status st = wr_buffer_probe_many(s, 1, &key, &from, &to, a, &probe, err);
    if (st == WEIR_OK)
        st = wr_buffer_rows(s, key, &probe, a, &rows, err);
    for (size_t i = 0; st == WEIR_OK && i < rows.n; i++) {
        wr_store_row row = {.key = key, .value = rows.v[i].value, .start_ms = rows.v[i].time_ms};
        shape_row(out, &row);
    }
    wr_arena_free(a);
    return st;
}

/** Every row as text, in the store's order. Join buffers have no scan: @p keys are looked up. */
static inline weir_status shape_list(wr_store *s, shape sh, const wr_str *keys, size_t keys_n,
                                     wr_buf *out, weir_error *err)
{
    wr_store_iter *it = NULL;
    weir_status st = WEIR_OK;
    if (sh == SHAPE_BUFFER) {
        for (size_t i = 0; st == WEIR_OK && i < keys_n; i++)
            st = shape_list_buffer(s, keys[i], out, err);
        return st;
    }
    if (sh == SHAPE_KV)
        st = wr_kv_scan(s, (wr_str){0}, (wr_str){0}, false, &it, err);
    else if (sh == SHAPE_WINDOW)
        st = wr_window_scan(s, INT64_MIN, INT64_MAX, &it, err);
    else
        st = wr_session_scan(s, INT64_MIN, INT64_MAX, &it, err);
    bool more = true;
    while (st == WEIR_OK && more) {
        wr_store_row row;
        st = wr_store_iter_next(it, &row, &more, err);
        if (st == WEIR_OK && more)
            shape_row(out, &row);
    }
    if (it)
        wr_store_iter_free(it);
    return st;
}

/** As shape_list, which must succeed. Free with wr_free. */
static inline char *shape_text(wr_store *s, shape sh, const wr_str *keys, size_t keys_n)
{
    wr_buf out = {0};
    OK(shape_list(s, sh, keys, keys_n, &out, err));
    wr_buf_putc(&out, '\0');
    return out.ptr;
}

#endif
