/* SPDX-License-Identifier: Apache-2.0 */
/* timed_iter.h - iterators over the rows of window stores; inside this folder only. */
#ifndef WR_STATESTORE_TIMED_ITER_H
#define WR_STATESTORE_TIMED_ITER_H

#include "statestore/iter.h"

/** Rows of one key with from <= time <= to, by time. */
wr_store_iter *wr__timed_fetch(wr_store *s, wr_str key, int64_t from, int64_t to);
/** Rows of all keys with from <= time <= to, in order of (time, key). */
wr_store_iter *wr__timed_scan(wr_store *s, int64_t from, int64_t to);
/** An entry as a row. */
wr_store_row wr__timed_row(const wr_store *s, const wr_store_entry *e);
/** Narrow [from, to] to what can exist. @return false: nothing can. */
bool wr__timed_clamp(wr_store_iter *it, const wr_store *s, int64_t from, int64_t to);
weir_status wr__timed_bad_row(weir_error *err);

#endif
