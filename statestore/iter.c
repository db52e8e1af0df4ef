/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Iterators of every kind: their life, and going on. A closed one is kept with its store, buffers
 * and all, for the next scan, since joins and windows open one for each few rows.
 */
#include "statestore/iter.h"

wr_store_iter *wr__iter_new(wr_store *s, bool reverse, wr__iter_next_fn next)
{
    wr_store_iter *it = s->spare;
    s->spare = NULL;
    if (it) { /* keep the buffers, forget the rest */
        wr_store_iter clean = {.lower = it->lower, .upper = it->upper, .key = it->key};
        clean.target = it->target;
        clean.bytes = it->bytes;
        clean.rows = it->rows;
        clean.rows_cap = it->rows_cap;
        *it = clean;
        wr_buf *bufs[] = {&it->lower, &it->upper, &it->key, &it->target, &it->bytes};
        for (size_t i = 0; i < WR_ARRAY_LEN(bufs); i++)
            wr_buf_clear(bufs[i]);
    } else {
        it = wr_calloc(1, sizeof *it);
    }
    it->next = next;
    wr__cursor_open(&it->cursor, s, reverse);
    return it;
}

static void destroy(wr_store_iter *it)
{
    wr_buf_free(&it->lower);
    wr_buf_free(&it->upper);
    wr_buf_free(&it->key);
    wr_buf_free(&it->target);
    wr_buf_free(&it->bytes);
    wr_free(it->rows);
    wr_free(it);
}

void wr_store_iter_free(wr_store_iter *it)
{
    if (!it)
        return;
    wr_store *s = it->cursor.s;
    wr__cursor_close(&it->cursor);
    /* One that read a lot ahead gives its memory back. */
    if (s->spare || it->bytes.cap > (1u << 20))
        destroy(it);
    else
        s->spare = it;
}

void wr__iter_free_spare(wr_store *s)
{
    if (s->spare)
        destroy(s->spare);
    s->spare = NULL;
}

weir_status wr_store_iter_next(wr_store_iter *it, wr_store_row *row, bool *more, weir_error *err)
{
    *more = false;
    if (it->done)
        return WEIR_OK;
    weir_status st = it->next(it, row, more, err);
    it->done = st != WEIR_OK || !*more;
    return st;
}
