/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries in order of insertion, and a table of slots that point to them by linear probing. A
 * removed entry keeps its slot (as a tombstone) until the entries are full and both are built anew;
 * slots are at most half full, so probing ends.
 */
#include "common/map.h"

void wr_map_init(wr_map *m)
{
    *m = (wr_map){0};
}

void wr_map_free(wr_map *m)
{
    for (size_t i = 0; i < m->n; i++)
        wr_free((void *)(uintptr_t)m->entries[i].key.ptr);
    wr_free(m->entries);
    wr_free(m->slots);
    *m = (wr_map){0};
}

static wr_map_entry *find(const wr_map *m, wr_str key)
{
    if (!m->slots_n)
        return NULL;
    for (size_t i = wr_str_hash(key);; i++) {
        uint32_t slot = m->slots[i & (m->slots_n - 1)];
        if (!slot)
            return NULL;
        wr_map_entry *e = &m->entries[slot - 1];
        if (e->key.ptr && wr_str_eq(e->key, key))
            return e;
    }
}

void *wr_map_get(const wr_map *m, wr_str key)
{
    const wr_map_entry *e = find(m, key);
    return e ? e->value : NULL;
}

static void link_slot(wr_map *m, size_t index)
{
    size_t i = wr_str_hash(m->entries[index].key);
    while (m->slots[i & (m->slots_n - 1)])
        i++;
    m->slots[i & (m->slots_n - 1)] = (uint32_t)(index + 1);
}

/* Drop removed entries and build the slots anew, with room for as many again. */
static void rebuild(wr_map *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->entries[i].key.ptr)
            m->entries[n++] = m->entries[i];
    WR_ASSERT(n == m->live);
    m->n = n;
    m->cap = WR_MAX((size_t)8, n * 2);
    m->entries = wr_realloc(m->entries, m->cap * sizeof *m->entries);
    m->slots_n = 16;
    while (m->slots_n < m->cap * 2)
        m->slots_n *= 2;
    wr_free(m->slots);
    m->slots = wr_calloc(m->slots_n, sizeof *m->slots);
    for (size_t i = 0; i < n; i++)
        link_slot(m, i);
}

void *wr_map_put(wr_map *m, wr_str key, void *value)
{
    WR_ASSERT(value);
    wr_map_entry *e = find(m, key);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if (m->n == m->cap)
        rebuild(m);
    char *copy = wr_malloc((size_t)key.len + 1);
    if (key.len)
        memcpy(copy, key.ptr, key.len);
    copy[key.len] = '\0';
    m->entries[m->n] = (wr_map_entry){{copy, key.len}, value};
    link_slot(m, m->n++);
    m->live++;
    return NULL;
}

void *wr_map_remove(wr_map *m, wr_str key)
{
    wr_map_entry *e = find(m, key);
    if (!e)
        return NULL;
    void *old = e->value;
    wr_free((void *)(uintptr_t)e->key.ptr);
    *e = (wr_map_entry){0};
    WR_ASSERT(m->live > 0);
    m->live--;
    return old;
}

const wr_map_entry *wr_map_next(const wr_map *m, size_t *i)
{
    while (*i < m->n) {
        const wr_map_entry *e = &m->entries[(*i)++];
        if (e->key.ptr)
            return e;
    }
    return NULL;
}
