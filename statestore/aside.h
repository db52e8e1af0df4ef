/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aside.h - rows that wait outside of memory until all of them can be loaded in order: an external
 * merge sort. Each *run* is a sorted list of rows in a file without a name, so nothing of it
 * outlives the process; a *merge* gives the rows of all runs, and of a list in memory, in order of
 * key, and of each key the newest alone.
 *
 *     memory full ──wr__aside_run──▶ run 0, run 1, ...  ┐
 *     memory      ──────────────────────────────────────┴─wr__merge_next──▶ load into the database
 *
 * One thread at a time.
 */
#ifndef WR_STATESTORE_ASIDE_H
#define WR_STATESTORE_ASIDE_H

#include "statestore/store_internal.h"

enum { WR__ASIDE_RUNS = 32 }; /* at most: a merge has a block of each in memory */

/** No runs yet, and no file. @pre the database takes loads. */
wr__aside *wr__aside_new(wr_db *db);
/** The rows go too. NULL is allowed. */
void wr__aside_free(wr__aside *a);
uint32_t wr__aside_runs(const wr__aside *a);
/**
 * Rows of @p list (n > 0, sorted) become one more run: values, and deletes of what the database may
 * have. The entries are not changed.
 * @return WEIR_ERR_STORE, RETRIABLE, perhaps NO_ROOM: it could not be written, and is no run then.
 */
weir_status wr__aside_run(wr__aside *a, const wr__sorted *list, size_t n,
                          weir_error *err) WR_MUST_CHECK;

typedef struct wr__merge wr__merge;

/** A row of a merge, borrowed until the next call. */
typedef struct wr__merged {
    wr_str key, value;
    bool exists; /* false: delete */
} wr__merged;

/**
 * Over the runs of @p a (may be NULL) and @p list, which is newer than they. Both outlive it. An
 * entry of the list counts as one that the database may hold from when its row is given.
 */
wr__merge *wr__merge_new(const wr__aside *a, const wr__sorted *list, size_t n);
void wr__merge_free(wr__merge *m);
/** *more false: that was all. @return WEIR_ERR_STORE: a run cannot be read, or reads as something
 * else than was written. */
weir_status wr__merge_next(wr__merge *m, wr__merged *row, bool *more,
                           weir_error *err) WR_MUST_CHECK;

#endif
