/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notes.h - bytes that go with uncommitted entries of a store, and are stored nowhere (store.h says
 * what for). Few stores have any, so entries have no room for them: a map by their addresses.
 */
#ifndef WR_STATESTORE_NOTES_H
#define WR_STATESTORE_NOTES_H

#include "common/map.h"

/** Zeroed: none. */
typedef struct wr__notes {
    wr_map by_entry; /* the address as bytes -> wr__note */
    size_t bytes;    /* of memory, about */
} wr__notes;

static inline bool wr__notes_any(const wr__notes *n)
{
    return n->by_entry.live > 0;
}
/** Copies @p note, in place of an earlier one; of length 0: no note any more. */
void wr__notes_put(wr__notes *n, const void *entry, wr_str note);
/** ptr NULL: none. Borrowed until the next change. */
wr_str wr__notes_get(const wr__notes *n, const void *entry);
/** No notes. Nothing needs freeing after it. */
void wr__notes_clear(wr__notes *n);

#endif
