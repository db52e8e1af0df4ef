/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iter.h - the iterators that callers hold: a cursor, and how to go on with it. Inside this folder.
 */
#ifndef WR_STATESTORE_ITER_H
#define WR_STATESTORE_ITER_H

#include "statestore/cursor.h"

typedef weir_status (*wr__iter_next_fn)(wr_store_iter *it, wr_store_row *row, bool *more,
                                        weir_error *err);

/** A session that has been read ahead; offsets into wr_store_iter.bytes. */
typedef struct wr__row_copy {
    int64_t time, start; /* time: its end */
    size_t key_at, value_at;
    uint32_t key_len, value_len;
} wr__row_copy;

struct wr_store_iter {
    wr__cursor cursor;
    wr__iter_next_fn next;
    bool done;
    /* kv: the bounds */
    wr_buf lower, upper;
    bool has_upper;
    /* timed */
    int64_t from, to; /* of the row's time, inclusive */
    int64_t segment;  /* where the next seek goes */
    bool must_seek;
    wr_buf key;         /* fetch: the plain key */
    wr_buf target;      /* scratch: where to seek */
    wr_buf bytes;       /* sessions: keys and values read ahead */
    wr__row_copy *rows; /* sessions: rows read ahead, sorted */
    size_t rows_n, rows_cap, rows_at;
};

/** A zeroed iterator with its cursor open; buffers may hold memory of an earlier use. */
wr_store_iter *wr__iter_new(wr_store *s, bool reverse, wr__iter_next_fn next);
void wr__iter_free_spare(wr_store *s);

#endif
