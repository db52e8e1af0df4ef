/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misra-Gries; see sketch_frequent.h. Taking from all at once, and not one by one, makes an
 * addition cost the same on average whatever comes.
 *
 * With room for 4 values and 2 that are kept (there are 128 and 64):
 *
 *      a 9  b 5  c 2  d 1, error 0          then e comes
 *      a 7  b 3            error 2          the 3rd largest, 2, is taken from all
 *      a 7  b 3  e 1       error 2          a occurred 7 to 9 times, e 1 to 3 times
 *
 * The value that comes is not taken from, since it was not counted yet.
 *
 * Bytes: varint values, varint error; for each value: varint count, a byte with its length and 0x80
 * where it is cut; where it is, 8 bytes of hash; its bytes.
 */
#include "engine/functions/sketch_frequent.h"

#include <stdlib.h>
#include <xxhash.h>

enum { ROOM_FIRST = 8, CUT = 0x80 };

uint64_t wr__sketch_hash(wr_str bytes)
{
    return XXH3_64bits(bytes.ptr, bytes.len);
}

/* The slot of @p hash, or the free one where it would go: at least half of them are free. */
static uint8_t *slot_of(const wr__frequent *f, uint64_t hash)
{
    uint32_t mask = f->room * 2 - 1, at = (uint32_t)(hash >> 32) & mask;
    while (f->slots[at] && f->items[f->slots[at] - 1].hash != hash)
        at = (at + 1) & mask;
    return &f->slots[at];
}

/* All slots anew, after items have moved. */
static void index_items(wr__frequent *f)
{
    memset(f->slots, 0, (size_t)f->room * 2);
    for (uint32_t k = 0; k < f->n; k++)
        *slot_of(f, f->items[k].hash) = (uint8_t)(k + 1);
}

/* Twice the items and slots, up to the most there may be. */
static void grow(wr__frequent *f, wr_arena *a)
{
    uint32_t room = f->room ? f->room * 2 : ROOM_FIRST;
    WR_ASSERT(room <= WR__FREQUENT_MAX);
    wr__frequent_item *items = wr_arena_alloc(a, room * sizeof *items);
    if (f->n)
        memcpy(items, f->items, f->n * sizeof *items);
    f->items = items;
    f->slots = wr_arena_alloc(a, (size_t)room * 2);
    f->room = room;
    index_items(f);
}

/* The @p nth largest of @p n numbers, 0 being the largest, which change places (Hoare's FIND). */
static uint64_t nth_largest(uint64_t *v, int n, int nth)
{
    int from = 0, to = n - 1;
    while (from < to) {
        uint64_t pivot = v[nth];
        int i = from, j = to;
        do {
            while (v[i] > pivot)
                i++;
            while (v[j] < pivot)
                j--;
            if (i <= j) {
                uint64_t swapped = v[i];
                v[i++] = v[j];
                v[j--] = swapped;
            }
        } while (i <= j);
        if (j < nth)
            from = i;
        if (nth < i)
            to = j;
    }
    return v[nth];
}

/* The 65th largest count is taken from 65 values or more, and from those below it what they have:
 * the sum of all counts falls by at least 65 times as much as the error grows. */
static void take_from_all(wr__frequent *f)
{
    WR_ASSERT(f->n == WR__FREQUENT_MAX);
    uint64_t counts[WR__FREQUENT_MAX];
    for (uint32_t k = 0; k < f->n; k++)
        counts[k] = f->items[k].count;
    /* The largest count that leaves at most so many as are kept. Equal counts fall together, so
     * there may be fewer: none where all are equal. */
    uint64_t taken = nth_largest(counts, (int)f->n, WR__FREQUENT_KEPT);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < f->n; k++) {
        if (f->items[k].count <= taken)
            continue;
        if (kept != k)
            f->items[kept] = f->items[k];
        f->items[kept++].count -= taken;
    }
    WR_ASSERT(taken > 0 && kept <= WR__FREQUENT_KEPT);
    f->n = kept;
    f->error += taken;
    index_items(f);
}

/* The item of @p hash with nothing to its count, made where there is none. */
static wr__frequent_item *item_of(wr__frequent *f, wr_arena *a, uint64_t hash, wr_str shown,
                                  bool cut)
{
    WR_ASSERT(shown.len <= WR__FREQUENT_BYTES);
    if (f->room == 0)
        grow(f, a);
    uint8_t *slot = slot_of(f, hash);
    if (*slot)
        return &f->items[*slot - 1];
    if (f->n == f->room) {
        if (f->room < WR__FREQUENT_MAX)
            grow(f, a);
        else
            take_from_all(f);
        slot = slot_of(f, hash);
    }
    wr__frequent_item *item = &f->items[f->n++];
    *slot = (uint8_t)f->n;
    *item = (wr__frequent_item){.hash = hash, .len = (uint8_t)shown.len, .cut = cut};
    if (shown.len)
        memcpy(item->bytes, shown.ptr, shown.len);
    return item;
}

void wr__frequent_add(wr__frequent *f, wr_arena *a, uint64_t hash, wr_str shown, bool cut)
{
    item_of(f, a, hash, shown, cut)->count++;
}

/* Counts are added where both have the value. Takings on the way are as many as it takes; both
 * errors and what is taken add up, and the bound holds for the sum, as it did for each. */
void wr__frequent_merge(wr__frequent *f, wr_arena *a, const wr__frequent *other)
{
    WR_ASSERT(f != other);
    for (uint32_t k = 0; k < other->n; k++) {
        const wr__frequent_item *from = &other->items[k];
        wr_str shown = wr_str_make(from->bytes, from->len);
        item_of(f, a, from->hash, shown, from->cut)->count += from->count;
    }
    f->error += other->error;
}

/* By count, then by the value's bytes, so that equal sketches show the same. */
static int by_count(const void *x, const void *y)
{
    const wr__frequent_item *a = *(const wr__frequent_item *const *)x;
    const wr__frequent_item *b = *(const wr__frequent_item *const *)y;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    int c = memcmp(a->bytes, b->bytes, WR_MIN(a->len, b->len));
    if (c == 0)
        c = (int)a->len - (int)b->len;
    return c ? c : (a->hash > b->hash) - (a->hash < b->hash);
}

uint32_t wr__frequent_top(const wr__frequent *f, const wr__frequent_item **out, uint32_t max)
{
    const wr__frequent_item *all[WR__FREQUENT_MAX];
    for (uint32_t k = 0; k < f->n; k++)
        all[k] = &f->items[k];
    if (f->n)
        qsort(all, f->n, sizeof *all, by_count);
    uint32_t n = WR_MIN(max, f->n);
    memcpy(out, all, n * sizeof *all);
    return n;
}

/* ------------------------------------------------------------------ bytes */

void wr__frequent_write(const wr__frequent *f, wr_buf *out)
{
    wr_buf_varint(out, f->n);
    wr_buf_varint(out, f->error);
    const wr__frequent_item *sorted[WR__FREQUENT_MAX];
    uint32_t n = wr__frequent_top(f, sorted, WR__FREQUENT_MAX);
    for (uint32_t k = 0; k < n; k++) {
        const wr__frequent_item *item = sorted[k];
        wr_buf_varint(out, item->count);
        wr_buf_putc(out, (char)(item->len | (item->cut ? CUT : 0)));
        if (item->cut)
            wr_buf_be64(out, item->hash);
        wr_buf_put(out, item->bytes, item->len);
    }
}

/* @p left: what is left of the number of values for this item and those after it. A hash is only
 * stored where the bytes are not all there: elsewhere a made-up one could hide a value. */
static bool read_item(wr__frequent *f, wr_arena *a, uint64_t *left, const char **p, const char *end)
{
    uint64_t count;
    size_t len = wr_get_varint(*p, end, &count);
    *p += len;
    if (len == 0 || *p == end || count == 0 || count > *left)
        return false;
    *left -= count;
    uint8_t head = (uint8_t) * (*p)++;
    bool cut = head & CUT;
    wr_str shown = {.ptr = *p + (cut ? 8 : 0), .len = head & ~CUT & 0xff};
    if (shown.len > WR__FREQUENT_BYTES || (size_t)(end - *p) < shown.len + (cut ? 8u : 0u))
        return false;
    uint64_t hash = cut ? wr_get_be64(*p) : wr__sketch_hash(shown);
    *p = shown.ptr + shown.len;
    uint32_t before = f->n;
    item_of(f, a, hash, shown, cut)->count = count;
    return f->n == before + 1; /* else it was there twice */
}

/* The bound of the error is checked, since it is what reports state. Items are put by the way of
 * all others; there are at most as many as there is room for, so nothing is taken. */
bool wr__frequent_read(wr__frequent *f, wr_arena *a, uint64_t total, const char **p,
                       const char *end)
{
    *f = (wr__frequent){0};
    uint64_t n, left = total;
    size_t len = wr_get_varint(*p, end, &n);
    *p += len;
    if (len == 0 || n > WR__FREQUENT_MAX)
        return false;
    len = wr_get_varint(*p, end, &f->error);
    *p += len;
    if (len == 0 || f->error > total / (WR__FREQUENT_KEPT + 1))
        return false;
    left -= f->error * (WR__FREQUENT_KEPT + 1);
    for (uint64_t k = 0; k < n; k++)
        if (!read_item(f, a, &left, p, end))
            return false;
    return true;
}
