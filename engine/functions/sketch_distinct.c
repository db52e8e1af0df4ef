/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HyperLogLog; see sketch_distinct.h.
 *
 *      hash   | 38 bits, whose rank is that of their first one bit | 26 bits: address |
 *      coupon                                     | rank, 6 bits    | 26 bits: address |
 *      index of the register                                       the low 12 of them: ~~~~~
 *
 * A coupon: the low 26 bits are those of the hash, the upper 6 the rank, 1..39: the place of the
 * first one bit in the upper 38 bits of the hash, counted from the top, 39 where all are zero. A
 * register is the largest rank of the coupons whose low 12 bits are its index, so registers follow
 * from coupons.
 *
 * Two values with one coupon are counted once. With 512 of them that is one pair in a thousand
 * sketches, or less: 26 bits of address and the rank have to agree.
 *
 * Bytes: varint; 0: then 4,096 registers of 6 bits, 4 in 3 bytes; else the number of coupons + 1,
 * then their differences in ascending order, varints.
 */
#include "engine/functions/sketch_distinct.h"

#include <math.h>
#include <stdlib.h>

enum {
    ADDRESS_BITS = 26,
    RANK_MAX = 64 - ADDRESS_BITS + 1,
    PACKED = WR__DISTINCT_REGISTERS / 4 * 3,
    ROOM_FIRST = 16,
};

/* Never 0, since a rank is at least 1: 0 marks a free slot. */
static uint32_t coupon_of(uint64_t hash)
{
    uint64_t high = hash >> ADDRESS_BITS;
    uint32_t rank = high ? (uint32_t)__builtin_clzll(high) - ADDRESS_BITS + 1 : RANK_MAX;
    return rank << ADDRESS_BITS | (uint32_t)(hash & ((1u << ADDRESS_BITS) - 1));
}

/* What a coupon does to registers: to the one of its low 12 bits. */
static void raise_register(uint8_t *registers, uint32_t coupon)
{
    uint8_t rank = (uint8_t)(coupon >> ADDRESS_BITS);
    uint8_t *r = &registers[coupon & (WR__DISTINCT_REGISTERS - 1)];
    if (rank > *r)
        *r = rank;
}

/* The slot of @p coupon, or the free one where it would go. */
static uint32_t *slot_of(uint32_t *slots, uint32_t room, uint32_t coupon)
{
    uint32_t at = (coupon * 0x9e3779b1u) >> 16 & (room - 1);
    while (slots[at] && slots[at] != coupon)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

/* From coupons to registers: once, when there are too many coupons. The coupons' memory stays in
 * the arena until the batch ends. */
static void use_registers(wr__distinct *d, wr_arena *a)
{
    WR_ASSERT(!d->registers);
    d->registers = wr_arena_calloc(a, WR__DISTINCT_REGISTERS, 1);
    for (uint32_t k = 0; k < d->room; k++)
        if (d->coupons[k])
            raise_register(d->registers, d->coupons[k]);
    d->coupons = NULL;
    d->coupons_n = d->room = 0;
}

/* Twice the slots. Coupons find new places, since places depend on the number of slots. */
static void grow(wr__distinct *d, wr_arena *a)
{
    uint32_t room = d->room ? d->room * 2 : ROOM_FIRST;
    uint32_t *slots = WR_NEW_N(a, uint32_t, room);
    for (uint32_t k = 0; k < d->room; k++)
        if (d->coupons[k])
            *slot_of(slots, room, d->coupons[k]) = d->coupons[k];
    d->coupons = slots;
    d->room = room;
}

/* The way of all coupons, those that are added, merged and read: so whether there are registers
 * depends on the number of distinct coupons alone. */
static void put_coupon(wr__distinct *d, wr_arena *a, uint32_t coupon)
{
    if (d->registers) {
        raise_register(d->registers, coupon);
        return;
    }
    if (d->coupons_n * 2 >= d->room)
        grow(d, a);
    uint32_t *slot = slot_of(d->coupons, d->room, coupon);
    if (*slot)
        return;
    *slot = coupon;
    if (++d->coupons_n > WR__DISTINCT_COUPONS)
        use_registers(d, a);
    WR_ASSERT(d->registers || d->coupons_n * 2 <= d->room);
}

void wr__distinct_add(wr__distinct *d, wr_arena *a, uint64_t hash)
{
    put_coupon(d, a, coupon_of(hash));
}

/* Registers take coupons as they come; coupons become registers where the other has some. Either
 * way the result is what one sketch would be that has seen all values. */
void wr__distinct_merge(wr__distinct *d, wr_arena *a, const wr__distinct *other)
{
    WR_ASSERT(d != other);
    if (!other->registers) {
        for (uint32_t k = 0; k < other->room; k++)
            if (other->coupons[k])
                put_coupon(d, a, other->coupons[k]);
        return;
    }
    if (!d->registers)
        use_registers(d, a);
    for (uint32_t k = 0; k < WR__DISTINCT_REGISTERS; k++)
        d->registers[k] = WR_MAX(d->registers[k], other->registers[k]);
}

/* ------------------------------------------------------------------ the estimate */

/* Ertl's sigma and tau: what registers of rank 0 and of the largest rank stand for. */
static double sigma(double x)
{
    if (x >= 1)
        return INFINITY;
    double z = x, y = 1, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z > before);
    return z;
}

/* The same at the other end; 0 unless there are registers of the largest rank. */
static double tau(double x)
{
    if (x <= 0 || x >= 1)
        return 0;
    double z = 1 - x, y = 1, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z < before);
    return z / 3;
}

/* Ertl's algorithm 6: from the largest rank down, half of what is above, and the registers of the
 * rank. With few values it is a count of empty registers, so nothing has to be switched. */
double wr__distinct_estimate(const wr__distinct *d)
{
    if (!d->registers)
        return d->coupons_n;
    const double m = WR__DISTINCT_REGISTERS;
    uint32_t ranks[RANK_MAX + 1] = {0};
    for (uint32_t k = 0; k < WR__DISTINCT_REGISTERS; k++)
        ranks[d->registers[k]]++;
    double z = m * tau(1 - ranks[RANK_MAX] / m);
    for (int rank = RANK_MAX - 1; rank > 0; rank--)
        z = 0.5 * (z + ranks[rank]);
    z += m * sigma(ranks[0] / m);
    return m * m / (2 * log(2)) / z;
}

/* ------------------------------------------------------------------ bytes */

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* Sorted, since the order of slots depends on the order of arrival, and bytes must not. */
static void write_coupons(const wr__distinct *d, wr_buf *out)
{
    uint32_t sorted[WR__DISTINCT_COUPONS], n = 0, before = 0;
    WR_ASSERT(d->coupons_n <= WR__DISTINCT_COUPONS);
    for (uint32_t k = 0; k < d->room; k++)
        if (d->coupons[k])
            sorted[n++] = d->coupons[k];
    WR_ASSERT(n == d->coupons_n);
    if (n)
        qsort(sorted, n, sizeof *sorted, by_number);
    wr_buf_varint(out, (uint64_t)n + 1);
    for (uint32_t k = 0; k < n; k++) {
        wr_buf_varint(out, sorted[k] - before);
        before = sorted[k];
    }
}

void wr__distinct_write(const wr__distinct *d, wr_buf *out)
{
    if (!d->registers) {
        write_coupons(d, out);
        return;
    }
    wr_buf_varint(out, 0);
    for (uint32_t k = 0; k < WR__DISTINCT_REGISTERS; k += 4) {
        const uint8_t *r = &d->registers[k];
        uint32_t bits = (uint32_t)r[0] << 18 | (uint32_t)r[1] << 12 | (uint32_t)r[2] << 6 | r[3];
        char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        wr_buf_put(out, bytes, sizeof bytes);
    }
}

/* A rank that no hash can have is refused: it would be an index outside the estimate's table. */
static bool read_registers(wr__distinct *d, wr_arena *a, const char **p, const char *end)
{
    if (end - *p < PACKED)
        return false;
    d->registers = wr_arena_alloc(a, WR__DISTINCT_REGISTERS);
    const uint8_t *from = (const uint8_t *)*p;
    for (uint32_t k = 0; k < WR__DISTINCT_REGISTERS; k += 4, from += 3) {
        uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
        for (uint32_t j = 0; j < 4; j++) {
            uint8_t rank = bits >> (18 - 6 * j) & 63;
            if (rank > RANK_MAX)
                return false;
            d->registers[k + j] = rank;
        }
    }
    *p += PACKED;
    return true;
}

bool wr__distinct_read(wr__distinct *d, wr_arena *a, const char **p, const char *end)
{
    *d = (wr__distinct){0};
    uint64_t n, step, coupon = 0;
    size_t len = wr_get_varint(*p, end, &n);
    *p += len;
    if (len == 0 || n > WR__DISTINCT_COUPONS + 1)
        return false;
    if (n == 0)
        return read_registers(d, a, p, end);
    /* Each is larger than the one before: none comes twice, and equal sketches have equal bytes. */
    for (uint64_t k = 1; k < n; k++) {
        len = wr_get_varint(*p, end, &step);
        *p += len;
        if (len == 0 || step == 0 || step > UINT32_MAX - coupon)
            return false;
        coupon += step;
        uint64_t rank = coupon >> ADDRESS_BITS;
        if (rank == 0 || rank > RANK_MAX)
            return false;
        put_coupon(d, a, (uint32_t)coupon);
    }
    WR_ASSERT(!d->registers && d->coupons_n == n - 1);
    return true;
}
