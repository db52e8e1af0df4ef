/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.h - the memory of one store: a hash map of entries, the list of dirty ones, and an
 * ordered index that is built at the first scan. Knows nothing of databases, commits or time.
 *
 *    slots (load <= 2/3)            pages of 512 entries, which never move
 *   ┌─────────┬─────────┐          ┌──────────────────────────────────────────────┐
 *   │ tag: 32 │ index   │ ───────▶ │ key (<= 24 bytes here, else in the pool)     │
 *   ├─────────┼─────────┤          │ value (likewise)  timestamp  lengths  flags  │ 64 bytes
 *   │ ...     │ 0: free │          └──────────────────────────────────────────────┘
 *   └─────────┴─────────┘          dirty: pointers, in order of first change
 *
 * A probe touches one cache line of slots and one entry. Growing moves slots only, so pointers to
 * entries and their keys stay valid until the entry is removed.
 */
#ifndef WR_STATESTORE_OVERLAY_H
#define WR_STATESTORE_OVERLAY_H

#include "common/str.h"
#include "statestore/notes.h"
#include "statestore/ordered.h"
#include "statestore/pool.h"
#include "statestore/store.h"

enum { WR__INLINE = 24, WR__LINE = 64, WR__PAGE_BITS = 9, WR__PAGE = 1 << WR__PAGE_BITS };
enum { WR__AHEAD = 8 }; /* entries to prefetch ahead in a pass over many */
#define WR__ABSENT                                                                                 \
    UINT32_MAX /* value_len of an entry without value: a tombstone, or a known miss */

enum {
    WR__ENTRY_FREE = 1,        /* not in use; value_len links the free ones */
    WR__ENTRY_DIRTY = 2,       /* in the dirty list */
    WR__ENTRY_UNLOGGED = 4,    /* changed since on_change last saw it */
    WR__ENTRY_LOGGED = 8,      /* on_change has seen it since the last commit */
    WR__ENTRY_STORED = 16,     /* the database may hold a value for it */
    WR__ENTRY_USED = 32,       /* touched since the clock hand passed */
    WR__ENTRY_OUTSIDE = 64,    /* the value lies in the pool */
    WR__ENTRY_UNWRITTEN = 128, /* committed elsewhere, the database does not have it yet */
};

struct wr_store_entry {
    union {
        char in[WR__INLINE];
        struct {
            char *ptr;
            uint32_t cap;
        } out; /* when key_len > WR__INLINE: a piece of the pool */
    } key;
    union {
        char in[WR__INLINE];
        struct {
            char *ptr;
            uint32_t cap;
        } out; /* with WR__ENTRY_OUTSIDE */
    } value;
    int64_t timestamp_ms;
    uint32_t key_len : 24;
    uint32_t flags : 8; /* WR__ENTRY_* */
    uint32_t value_len; /* or WR__ABSENT */
};
_Static_assert(sizeof(struct wr_store_entry) == WR__LINE, "an entry is one line of cache");

typedef struct wr__overlay {
    struct wr__slot {
        uint32_t tag;
        uint32_t index; /* + 1; 0: free */
    } * slots;
    uint32_t slots_n; /* a power of two, or 0 */
    wr_store_entry **pages;
    uint32_t pages_n;
    uint32_t used;      /* entries ever taken from the pages */
    uint32_t live;      /* of them not free */
    uint32_t free_head; /* index + 1 of the first free one; 0: none */
    uint32_t hand;      /* of the clock */
    wr__pool pool;
    wr_store_entry **dirty;
    wr_str *olds; /* parallel to dirty with keep_old; ptr NULL: there was none; else malloc'ed */
    size_t dirty_n, dirty_cap;
    wr_store_entry **unwritten; /* entries with WR__ENTRY_UNWRITTEN; others among them left it */
    size_t unwritten_n, unwritten_cap;
    size_t unwritten_live; /* entries with WR__ENTRY_UNWRITTEN */
    size_t olds_bytes;
    wr__notes notes; /* on entries, until the dirty list is emptied */
    bool keep_old;
    bool has_index; /* index is maintained */
    wr__ordered index;
} wr__overlay;

void wr__overlay_init(wr__overlay *o, bool keep_old);
void wr__overlay_free(wr__overlay *o);
/** Take all entries out, dirty ones too; room for as many stays. */
void wr__overlay_empty(wr__overlay *o);
/** Bytes in use. */
size_t wr__overlay_bytes(const wr__overlay *o);

uint32_t wr__overlay_tag(wr_str key);
static inline void wr__overlay_prefetch(const wr__overlay *o, uint32_t tag)
{
    if (o->slots_n)
        __builtin_prefetch(&o->slots[tag & (o->slots_n - 1)]);
}
/** The first entry of this tag, which is nearly always the one, or NULL; prefetched, not read. */
wr_store_entry *wr__overlay_guess(const wr__overlay *o, uint32_t tag);
/** @return NULL when there is no entry. */
wr_store_entry *wr__overlay_find(const wr__overlay *o, wr_str key, uint32_t tag);
/** New clean, absent entry. @pre there is none of this key. */
wr_store_entry *wr__overlay_add(wr__overlay *o, wr_str key, uint32_t tag);
/** Take the entry out. @pre it is not in the dirty list, or that list is being cleared. */
void wr__overlay_remove(wr__overlay *o, wr_store_entry *e);
/** Entry number 0 .. used-1, or NULL where it is free. */
wr_store_entry *wr__overlay_at(const wr__overlay *o, uint32_t i);

/** Make room for @p len bytes of value, keeping the first ones. */
char *wr__overlay_resize(wr__overlay *o, wr_store_entry *e, uint32_t len);
/** @p value may lie in the entry's present one. */
void wr__overlay_set(wr__overlay *o, wr_store_entry *e, wr_str value);
/** Make it absent. */
void wr__overlay_clear(wr__overlay *o, wr_store_entry *e);
/** Put into the dirty list (once), remembering the present value with keep_old. */
void wr__overlay_mark(wr__overlay *o, wr_store_entry *e);
/** Empty the dirty list, and drop all notes; flags are the caller's. */
void wr__overlay_clear_dirty(wr__overlay *o);
/**
 * Mark that the database does not have the entry's present value. It may be removed nevertheless
 * (the list then keeps a stale pointer, into pages that stay), so who reads the list asks the flag,
 * and must expect an entry twice.
 */
void wr__overlay_mark_unwritten(wr__overlay *o, wr_store_entry *e);
/** Empty the list and take the flag from all that are in it. */
void wr__overlay_clear_unwritten(wr__overlay *o);

/** The ordered index over all entries, absent ones included; built now if it is not there. */
wr__ordered *wr__overlay_index(wr__overlay *o);

/** Prefetch what of the entry lies in the pool. */
static inline void wr__entry_prefetch(const wr_store_entry *e)
{
    if (e->key_len > WR__INLINE)
        __builtin_prefetch(e->key.out.ptr);
    if (e->flags & WR__ENTRY_OUTSIDE)
        __builtin_prefetch(e->value.out.ptr, 1);
}

static inline wr_str wr__entry_key(const wr_store_entry *e)
{
    return (wr_str){e->key_len <= WR__INLINE ? e->key.in : e->key.out.ptr, e->key_len};
}
static inline wr_str wr__entry_value(const wr_store_entry *e)
{
    return (wr_str){e->flags & WR__ENTRY_OUTSIDE ? e->value.out.ptr : e->value.in, e->value_len};
}

#endif
