/* SPDX-License-Identifier: Apache-2.0 */
/* timed_iter.h - iterators over rows that carry a time; inside this folder only. */
#ifndef WR_STATESTORE_TIMED_ITER_H
#define WR_STATESTORE_TIMED_ITER_H

#include "statestore/iter.h"

/** Rows of one key with from <= time <= to (and, for sessions, start <= start_max), by time. */
wr_store_iter *wr__timed_fetch(wr_store *s, wr_str key, int64_t from, int64_t to,
                               int64_t start_max);
/** Rows of all keys with from <= time <= to, in order of (time, key, extra). */
wr_store_iter *wr__timed_scan(wr_store *s, int64_t from, int64_t to);
/** Decode an entry's key into a row, the plain key in s->plain_key. */
wr_store_row wr__timed_row(wr_store *s, const wr_store_entry *e);

#endif
