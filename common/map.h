/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.h - names to pointers: a small open-addressing hash map with insertion order.
 * Keys are copied into the map. For catalogs and settings, not for the data path.
 */
#ifndef WR_COMMON_MAP_H
#define WR_COMMON_MAP_H

#include "common/str.h"

typedef struct wr_map_entry {
    wr_str key;  /* owned by the map; 0-terminated */
    void *value; /* never NULL for a live entry */
} wr_map_entry;

typedef struct wr_map {
    wr_map_entry *entries; /* in order of insertion; key.ptr == NULL where removed */
    size_t n, cap;         /* used slots of entries, removed ones included */
    size_t live;
    uint32_t *slots; /* index + 1 into entries, 0 = free */
    size_t slots_n;  /* power of two, or 0 */
} wr_map;

void wr_map_init(wr_map *m);
/** Free the map; values are the caller's. */
void wr_map_free(wr_map *m);
void *wr_map_get(const wr_map *m, wr_str key);
/** Insert or replace. @return the old value or NULL. */
void *wr_map_put(wr_map *m, wr_str key, void *value);
/** @return the removed value or NULL. */
void *wr_map_remove(wr_map *m, wr_str key);
/** Iterate: `for (size_t i = 0; (e = wr_map_next(m, &i));)`, in insertion order. */
const wr_map_entry *wr_map_next(const wr_map *m, size_t *i);

#endif
