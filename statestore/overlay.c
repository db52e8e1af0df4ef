/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear probing with backward-shift deletion, so there are no deleted marks to step over. A slot's
 * home is its tag's low bits; all 32 bits are compared before an entry is looked at.
 */
#include "statestore/overlay.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

void wr__overlay_init(wr__overlay *o, bool keep_old)
{
    *o = (wr__overlay){.keep_old = keep_old};
    wr__pool_init(&o->pool);
    wr__ordered_init(&o->index);
}

static inline wr_store_entry *entry_at(const wr__overlay *o, uint32_t i)
{
    return &o->pages[i >> WR__PAGE_BITS][i & (WR__PAGE - 1)];
}

wr_store_entry *wr__overlay_at(const wr__overlay *o, uint32_t i)
{
    wr_store_entry *e = entry_at(o, i);
    return e->flags & WR__ENTRY_FREE ? NULL : e;
}

/* Entries begin where lines of cache do, so that each costs one miss. The byte before a page says
 * where its memory begins. */
static wr_store_entry *new_page(void)
{
    char *memory = wr_malloc(WR__PAGE * sizeof(wr_store_entry) + WR__LINE);
    size_t pad = WR__LINE - (uintptr_t)memory % WR__LINE;
    memory[pad - 1] = (char)pad;
    return (wr_store_entry *)(void *)(memory + pad);
}

static void free_page(wr_store_entry *page)
{
    char *entries = (char *)page;
    wr_free(entries - entries[-1]);
}

static void put_key(wr__overlay *o, wr_store_entry *e)
{
    if (e->key_len > WR__INLINE)
        wr__pool_put(&o->pool, e->key.out.ptr, e->key.out.cap);
}

static void put_value(wr__overlay *o, wr_store_entry *e)
{
    if (e->flags & WR__ENTRY_OUTSIDE) {
        wr__pool_put(&o->pool, e->value.out.ptr, e->value.out.cap);
        e->flags &= (uint8_t)~WR__ENTRY_OUTSIDE;
    }
}

void wr__overlay_empty(wr__overlay *o)
{
    wr__overlay_clear_dirty(o);
    wr__overlay_clear_unwritten(o);
    for (uint32_t i = 0; i < o->used; i++) {
        wr_store_entry *e = wr__overlay_at(o, i);
        if (e) {
            put_key(o, e);
            put_value(o, e);
        }
    }
    if (o->slots_n)
        memset(o->slots, 0, o->slots_n * sizeof *o->slots);
    o->used = o->live = o->free_head = o->hand = 0;
    wr__pool_free(&o->pool);
    wr__ordered_free(&o->index);
    o->has_index = false;
}

void wr__overlay_free(wr__overlay *o)
{
    wr__overlay_empty(o);
    for (uint32_t i = 0; i < o->pages_n; i++)
        free_page(o->pages[i]);
    wr_free(o->pages);
    wr_free(o->slots);
    wr_free(o->dirty);
    wr_free(o->olds);
}

size_t wr__overlay_bytes(const wr__overlay *o)
{
    return o->live * sizeof(wr_store_entry) + o->slots_n * sizeof(struct wr__slot) + o->pool.used +
           (o->dirty_n + o->unwritten_n) * sizeof(void *) + o->olds_bytes + o->notes.bytes +
           o->index.bytes;
}

/* ------------------------------------------------------------------ hash map */

uint32_t wr__overlay_tag(wr_str key)
{
    uint64_t h = XXH3_64bits(key.len ? key.ptr : "", key.len);
    return (uint32_t)(h ^ (h >> 32));
}

wr_store_entry *wr__overlay_guess(const wr__overlay *o, uint32_t tag)
{
    if (!o->slots_n)
        return NULL;
    uint32_t mask = o->slots_n - 1;
    for (uint32_t i = tag & mask; o->slots[i].index; i = (i + 1) & mask) {
        if (o->slots[i].tag != tag)
            continue;
        wr_store_entry *e = entry_at(o, o->slots[i].index - 1);
        __builtin_prefetch(e, 1);
        return e;
    }
    return NULL;
}

wr_store_entry *wr__overlay_find(const wr__overlay *o, wr_str key, uint32_t tag)
{
    if (!o->slots_n)
        return NULL;
    uint32_t mask = o->slots_n - 1;
    for (uint32_t i = tag & mask; o->slots[i].index; i = (i + 1) & mask) {
        if (o->slots[i].tag != tag)
            continue;
        wr_store_entry *e = entry_at(o, o->slots[i].index - 1);
        if (wr_str_eq(wr__entry_key(e), key)) {
            e->flags |= WR__ENTRY_USED;
            return e;
        }
    }
    return NULL;
}

static void place(struct wr__slot *slots, uint32_t mask, struct wr__slot slot)
{
    uint32_t i = slot.tag & mask;
    while (slots[i].index)
        i = (i + 1) & mask;
    slots[i] = slot;
}

static void grow_slots(wr__overlay *o)
{
    WR_ASSERT(o->slots_n < UINT32_C(1) << 31);
    uint32_t n = o->slots_n ? o->slots_n * 2 : 64;
    struct wr__slot *slots = wr_calloc(n, sizeof *slots);
    for (uint32_t i = 0; i < o->slots_n; i++)
        if (o->slots[i].index)
            place(slots, n - 1, o->slots[i]);
    wr_free(o->slots);
    o->slots = slots;
    o->slots_n = n;
}

static uint32_t take_entry(wr__overlay *o)
{
    o->live++;
    if (o->free_head) {
        uint32_t i = o->free_head - 1;
        o->free_head = entry_at(o, i)->value_len;
        return i;
    }
    if (o->used >> WR__PAGE_BITS == o->pages_n) {
        uint32_t n = o->pages_n++;
        if ((n & (n - 1)) == 0) /* room for 1, 2, 4, ... pages */
            o->pages = wr_realloc(o->pages, (n ? n * 2u : 1u) * sizeof *o->pages);
        o->pages[n] = new_page();
    }
    return o->used++;
}

wr_store_entry *wr__overlay_add(wr__overlay *o, wr_str key, uint32_t tag)
{
    if (((uint64_t)o->live + 1) * 3 > (uint64_t)o->slots_n * 2)
        grow_slots(o);
    uint32_t index = take_entry(o);
    wr_store_entry *e = entry_at(o, index);
    *e = (wr_store_entry){.flags = WR__ENTRY_USED, .value_len = WR__ABSENT};
    e->key_len = key.len & 0xFFFFFF;
    WR_ASSERT(e->key_len == key.len);
    if (key.len > WR__INLINE) {
        e->key.out.ptr = wr__pool_get(&o->pool, key.len, &e->key.out.cap);
        memcpy(e->key.out.ptr, key.ptr, key.len);
    } else if (key.len) {
        memcpy(e->key.in, key.ptr, key.len);
    }
    place(o->slots, o->slots_n - 1, (struct wr__slot){tag, index + 1});
    if (o->has_index)
        wr__ordered_insert(&o->index, wr__entry_key(e), e);
    return e;
}

/* Close the gap at @p gap: move back every following slot that may stand there. */
static void remove_slot(wr__overlay *o, uint32_t gap)
{
    uint32_t mask = o->slots_n - 1;
    for (uint32_t i = (gap + 1) & mask; o->slots[i].index; i = (i + 1) & mask) {
        uint32_t home = o->slots[i].tag & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            o->slots[gap] = o->slots[i];
            gap = i;
        }
    }
    o->slots[gap] = (struct wr__slot){0, 0};
}

void wr__overlay_remove(wr__overlay *o, wr_store_entry *e)
{
    wr_str key = wr__entry_key(e);
    uint32_t mask = o->slots_n - 1, i = wr__overlay_tag(key) & mask;
    while (entry_at(o, o->slots[i].index - 1) != e) {
        i = (i + 1) & mask;
        WR_ASSERT(o->slots[i].index);
    }
    uint32_t index = o->slots[i].index;
    remove_slot(o, i);
    if (o->has_index)
        wr__ordered_remove(&o->index, key);
    if (e->flags & WR__ENTRY_UNWRITTEN)
        o->unwritten_live--;
    if (wr__notes_any(&o->notes))
        wr__notes_put(&o->notes, e, (wr_str){0});
    put_key(o, e);
    put_value(o, e);
    e->flags = WR__ENTRY_FREE;
    e->value_len = o->free_head;
    o->free_head = index;
    o->live--;
}

/* ------------------------------------------------------------------ values */

void wr__overlay_clear(wr__overlay *o, wr_store_entry *e)
{
    put_value(o, e);
    e->value_len = WR__ABSENT;
}

/* The first @p keep bytes of @p from become the value's, whose length is @p len. @p from may lie in
 * the old value, so that is given back last. */
static char *store_value(wr__overlay *o, wr_store_entry *e, const char *from, uint32_t keep,
                         uint32_t len)
{
    bool outside = e->flags & WR__ENTRY_OUTSIDE;
    char *bytes = outside ? e->value.out.ptr : e->value.in;
    uint32_t cap = outside ? e->value.out.cap : WR__INLINE;
    if (len > cap) {
        bytes = wr__pool_get(&o->pool, len, &cap);
        if (keep)
            memcpy(bytes, from, keep);
        put_value(o, e);
        e->value.out.ptr = bytes;
        e->value.out.cap = cap;
        e->flags |= WR__ENTRY_OUTSIDE;
    } else if (keep && from != bytes) {
        memmove(bytes, from, keep);
    }
    e->value_len = len;
    return bytes;
}

char *wr__overlay_resize(wr__overlay *o, wr_store_entry *e, uint32_t len)
{
    wr_str old = e->value_len == WR__ABSENT ? (wr_str){0} : wr__entry_value(e);
    return store_value(o, e, old.ptr, WR_MIN(old.len, len), len);
}

void wr__overlay_set(wr__overlay *o, wr_store_entry *e, wr_str value)
{
    (void)store_value(o, e, value.ptr, value.len, value.len);
}

void wr__overlay_mark(wr__overlay *o, wr_store_entry *e)
{
    if (e->flags & WR__ENTRY_DIRTY)
        return;
    if (o->dirty_n == o->dirty_cap) {
        o->dirty_cap = o->dirty_cap ? o->dirty_cap * 2 : 64;
        o->dirty = wr_realloc(o->dirty, o->dirty_cap * sizeof *o->dirty);
        if (o->keep_old)
            o->olds = wr_realloc(o->olds, o->dirty_cap * sizeof *o->olds);
    }
    if (o->keep_old) {
        wr_str old = {0};
        if (e->value_len != WR__ABSENT) {
            char *copy = wr_malloc(e->value_len);
            memcpy(copy, wr__entry_value(e).ptr, e->value_len);
            old = (wr_str){copy, e->value_len};
            o->olds_bytes += old.len;
        }
        o->olds[o->dirty_n] = old;
    }
    e->flags |= WR__ENTRY_DIRTY;
    o->dirty[o->dirty_n++] = e;
}

void wr__overlay_clear_dirty(wr__overlay *o)
{
    for (size_t i = 0; o->keep_old && i < o->dirty_n; i++)
        wr_free((void *)(uintptr_t)o->olds[i].ptr);
    o->olds_bytes = 0;
    o->dirty_n = 0;
    wr__notes_clear(&o->notes);
}

void wr__overlay_mark_unwritten(wr__overlay *o, wr_store_entry *e)
{
    if (e->flags & WR__ENTRY_UNWRITTEN)
        return;
    if (o->unwritten_n == o->unwritten_cap) {
        o->unwritten_cap = o->unwritten_cap ? o->unwritten_cap * 2 : 64;
        o->unwritten = wr_realloc(o->unwritten, o->unwritten_cap * sizeof(wr_store_entry *));
    }
    e->flags |= WR__ENTRY_UNWRITTEN;
    o->unwritten[o->unwritten_n++] = e;
    o->unwritten_live++;
}

void wr__overlay_clear_unwritten(wr__overlay *o)
{
    for (size_t i = 0; i < o->unwritten_n; i++)
        o->unwritten[i]->flags &= 0xFFu & ~(unsigned)WR__ENTRY_UNWRITTEN;
    wr_free(o->unwritten); /* it may have grown to every key there is */
    o->unwritten = NULL;
    o->unwritten_n = o->unwritten_cap = o->unwritten_live = 0;
}

/* ------------------------------------------------------------------ order */

wr__ordered *wr__overlay_index(wr__overlay *o)
{
    if (!o->has_index) {
        o->has_index = true;
        for (uint32_t i = 0; i < o->used; i++) {
            wr_store_entry *e = wr__overlay_at(o, i);
            if (e)
                wr__ordered_insert(&o->index, wr__entry_key(e), e);
        }
    }
    return &o->index;
}
