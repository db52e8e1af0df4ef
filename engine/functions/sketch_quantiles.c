/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KLL; see sketch_quantiles.h.
 *
 * Room for numbers: 200 on the highest level, two thirds of it on the next one below, and so on,
 * but at least 16. Levels are not cut to their room while there is some left on others: only when
 * the sum of all is reached is the lowest full level compacted, which keeps more numbers than
 * compacting each level by itself.
 *
 * 1,000 values, of which 10 are on level 0, in order of arrival:
 *
 *      level 2   | 130 numbers, ascending |   each stands for 4 values     520
 *      level 1   | 235 numbers            |                  2             470
 *      level 0   |  10 numbers            |                  1              10
 *
 * Compacting 2k numbers of a level moves every rank by at most one of them, up or down with equal
 * chance; so errors cancel, those of low levels are small, and those of high levels are few.
 *
 * Bytes: varint levels; for each, from 0 up: varint numbers, then they as 8 bytes big endian. The
 * count of values follows from them.
 */
#include "engine/functions/sketch_quantiles.h"

#include <math.h>
#include <stdlib.h>

enum { LEVEL_MIN = 16, INSERTION_MAX = 40 };

/* Room of a level with @p above levels on top of it. */
static uint32_t room_of(uint32_t above)
{
    static const uint8_t rooms[] = {WR__QUANTILES_K, 134, 89, 60, 40, 27, 18};
    return above < WR_ARRAY_LEN(rooms) ? rooms[above] : LEVEL_MIN;
}

/* Change the number of levels. A level's room depends on its distance from the top, so a new top
 * makes all others smaller. */
static void set_levels(wr__quantiles *q, uint32_t n)
{
    WR_ASSERT(n >= 1 && n <= WR__QUANTILES_LEVELS);
    for (uint32_t h = q->levels_n; h < n; h++)
        q->levels[h] = (wr__level){0};
    q->levels_n = n;
    q->limit = 0;
    for (uint32_t h = 0; h < n; h++)
        q->limit += room_of(h);
}

void wr__quantiles_init(wr__quantiles *q)
{
    q->n = 0;
    q->held = q->levels_n = 0;
    set_levels(q, 1);
}

/* Room for @p n numbers in all. Old memory stays in the arena until the batch ends. */
static void make_room(wr__level *l, wr_arena *a, uint32_t n)
{
    if (n <= l->room)
        return;
    uint32_t room = WR_MAX(l->room * 2, WR_MAX(n, (uint32_t)LEVEL_MIN));
    double *items = wr_arena_alloc(a, room * sizeof *items);
    if (l->n)
        memcpy(items, l->items, l->n * sizeof *items);
    l->items = items;
    l->room = room;
}

/* ------------------------------------------------------------------ order */

/* For qsort. No NaN is here, so this is an order. */
static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Most often there are 16 of them. */
static void sort(double *v, uint32_t n)
{
    if (n > INSERTION_MAX) {
        qsort(v, n, sizeof *v, by_value);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        double x = v[i];
        uint32_t at = i;
        for (; at > 0 && v[at - 1] > x; at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
}

/* Put @p n ascending numbers, every @p step-th of @p from, into an ascending level. */
static void merge_into(wr__level *l, wr_arena *a, const double *from, uint32_t n, uint32_t step)
{
    make_room(l, a, l->n + n);
    uint32_t x = l->n, to = l->n + n;
    l->n = to;
    while (n > 0) {
        double v = from[(n - 1) * step];
        if (x > 0 && l->items[x - 1] > v) {
            l->items[--to] = l->items[--x];
        } else {
            l->items[--to] = v;
            n--;
        }
    }
}

/* ------------------------------------------------------------------ compaction */

/* Any bit that looks like chance, and is the same for the same count and level. */
static uint32_t coin(uint64_t n, uint32_t level)
{
    uint64_t h = (n + ((uint64_t)level << 56)) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(h >> 63);
}

/* The lowest level that is full. There is one, since all of them together are. */
static uint32_t full_level(const wr__quantiles *q)
{
    uint32_t h = 0;
    while (q->levels[h].n < room_of(q->levels_n - 1 - h)) {
        h++;
        WR_ASSERT(h < q->levels_n);
    }
    return h;
}

/* Half of a level goes up. One of an odd number stays, so the weights' sum does not change. */
static void compact(wr__quantiles *q, wr_arena *a)
{
    uint32_t h = full_level(q);
    if (h + 1 == q->levels_n)
        set_levels(q, q->levels_n + 1);
    wr__level *l = &q->levels[h];
    /* The odd one is the first: of level 0 the one that came first, which may be any number; of the
     * others the smallest, which is not a drift, since it goes up some time. */
    uint32_t odd = l->n & 1, pairs = l->n / 2;
    if (h == 0)
        sort(l->items + odd, l->n - odd);
    merge_into(&q->levels[h + 1], a, l->items + odd + coin(q->n, h), pairs, 2);
    l->n = odd; /* the first one, which is its place already */
    q->held -= pairs;
}

/* Compacting comes before the number is put, so between calls there may be as many numbers as the
 * limit, and not more. */
void wr__quantiles_add(wr__quantiles *q, wr_arena *a, double v)
{
    if (q->held >= q->limit)
        compact(q, a);
    wr__level *l = &q->levels[0];
    if (l->n == l->room)
        make_room(l, a, l->n + 1);
    l->items[l->n++] = v;
    q->held++;
    q->n++;
}

/* Level by level: a number stands for as many values as before. Then as many compactions as it
 * takes, which is more than one where both were full. */
void wr__quantiles_merge(wr__quantiles *q, wr_arena *a, const wr__quantiles *other)
{
    WR_ASSERT(q != other && q->n + other->n <= WR__QUANTILES_MAX);
    if (other->levels_n > q->levels_n)
        set_levels(q, other->levels_n);
    for (uint32_t h = 0; h < other->levels_n; h++) {
        const wr__level *from = &other->levels[h];
        wr__level *to = &q->levels[h];
        if (h > 0) {
            merge_into(to, a, from->items, from->n, 1);
        } else if (from->n) {
            make_room(to, a, to->n + from->n);
            memcpy(to->items + to->n, from->items, from->n * sizeof *to->items);
            to->n += from->n;
        }
        q->held += from->n;
    }
    q->n += other->n;
    while (q->held > q->limit)
        compact(q, a);
}

/* ------------------------------------------------------------------ answers */

typedef struct weighted {
    double v;
    uint64_t weight;
} weighted;

/* Equal values may come in any order: all of them are the same answer. */
static int by_weighted_value(const void *x, const void *y)
{
    return by_value(&((const weighted *)x)->v, &((const weighted *)y)->v);
}

/* The q-quantile is the first value up to which there are at least q * n values: of 1, 2, 3, 4 the
 * median is 2. */
void wr__quantiles_get(const wr__quantiles *q, wr_arena *a, const double *fractions, double *out,
                       uint32_t n)
{
    WR_ASSERT(q->n > 0 && q->held > 0);
    weighted *all = wr_arena_alloc(a, q->held * sizeof *all);
    uint32_t count = 0;
    for (uint32_t h = 0; h < q->levels_n; h++)
        for (uint32_t k = 0; k < q->levels[h].n; k++)
            all[count++] = (weighted){q->levels[h].items[k], UINT64_C(1) << h};
    WR_ASSERT(count == q->held);
    qsort(all, count, sizeof *all, by_weighted_value);
    uint32_t at = 0;
    uint64_t rank = all[0].weight; /* of all[at]: how many values are not above it */
    for (uint32_t k = 0; k < n; k++) {
        double wanted = ceil(fractions[k] * (double)q->n);
        while (at + 1 < count && (double)rank < wanted)
            rank += all[++at].weight;
        out[k] = all[at].v;
    }
}

/* ------------------------------------------------------------------ bytes */

void wr__quantiles_write(const wr__quantiles *q, wr_buf *out)
{
    wr_buf_varint(out, q->levels_n);
    for (uint32_t h = 0; h < q->levels_n; h++) {
        const wr__level *l = &q->levels[h];
        wr_buf_varint(out, l->n);
        char *to = wr_buf_reserve(out, l->n * 8);
        for (uint32_t k = 0; k < l->n; k++) {
            uint64_t bits;
            memcpy(&bits, &l->items[k], 8);
            wr_put_be64(to + 8 * (size_t)k, bits);
        }
        out->len += l->n * 8;
    }
}

/* What is refused: more numbers than the levels have room for, or than there are bytes; more values
 * than a sketch may have; NaN; and a level that is not in order, since merging relies on it. */
static bool read_level(wr__quantiles *q, uint32_t h, wr_arena *a, const char **p, const char *end)
{
    uint64_t n;
    size_t len = wr_get_varint(*p, end, &n);
    *p += len;
    if (len == 0 || n > q->limit - q->held || n > (uint64_t)(end - *p) / 8 ||
        n > (WR__QUANTILES_MAX - q->n) >> h)
        return false;
    wr__level *l = &q->levels[h];
    make_room(l, a, (uint32_t)n);
    for (uint64_t k = 0; k < n; k++, *p += 8) {
        uint64_t bits = wr_get_be64(*p);
        memcpy(&l->items[k], &bits, 8);
        if (isnan(l->items[k]) || (h > 0 && k > 0 && l->items[k - 1] > l->items[k]))
            return false;
    }
    l->n = (uint32_t)n;
    q->held += l->n;
    q->n += n << h;
    return true;
}

bool wr__quantiles_read(wr__quantiles *q, wr_arena *a, const char **p, const char *end)
{
    uint64_t levels;
    size_t len = wr_get_varint(*p, end, &levels);
    *p += len;
    if (len == 0 || levels == 0 || levels > WR__QUANTILES_LEVELS)
        return false;
    wr__quantiles_init(q);
    set_levels(q, (uint32_t)levels);
    for (uint32_t h = 0; h < levels; h++)
        if (!read_level(q, h, a, p, end))
            return false;
    WR_ASSERT(q->held <= q->limit && q->n <= WR__QUANTILES_MAX);
    return true;
}
