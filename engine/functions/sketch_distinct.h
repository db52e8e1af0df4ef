/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch_distinct.h - how many distinct values there are, by HyperLogLog over 64-bit hashes.
 *
 * Up to 512 distinct values are kept as coupons (26 bits of the hash, and the rank of the first one
 * bit in the other 38) and counted; more become 4,096 registers, which are estimated by Ertl's
 * method ("New cardinality estimation algorithms for HyperLogLog sketches", 2017): no tables of
 * biases, and no jump between small and large counts.
 *
 * Standard error: 1.04 / sqrt(4096) = 1.63 %. The sketch is a set of maxima, so its bytes depend on
 * which values were added, not on their order or on who merged what.
 */
#ifndef WR_ENGINE_FUNCTIONS_SKETCH_DISTINCT_H
#define WR_ENGINE_FUNCTIONS_SKETCH_DISTINCT_H

#include "common/arena.h"
#include "common/buf.h"

enum {
    WR__DISTINCT_REGISTERS = 4096,
    WR__DISTINCT_COUPONS = 512, /* the most distinct ones before there are registers */
};
/** Relative standard error of an estimate from registers. */
#define WR__DISTINCT_ERROR 0.01625

typedef struct wr__distinct {
    uint8_t *registers;       /* NULL as long as there are coupons */
    uint32_t *coupons;        /* open addressing; 0: free; NULL at first */
    uint32_t coupons_n, room; /* room: slots, a power of 2 or 0 */
} wr__distinct;

/** Add a value by its hash. Memory from @p a, which outlives @p d. */
void wr__distinct_add(wr__distinct *d, wr_arena *a, uint64_t hash);
/** @p d becomes the sketch of both. */
void wr__distinct_merge(wr__distinct *d, wr_arena *a, const wr__distinct *other);
/** The estimate: a count of coupons, or HyperLogLog's. */
double wr__distinct_estimate(const wr__distinct *d);
/** Equal sketches give equal bytes. At most 3,073 of them. */
void wr__distinct_write(const wr__distinct *d, wr_buf *out);
/** @return false: the bytes at *p are no sketch. Advances *p; never reads past @p end. */
bool wr__distinct_read(wr__distinct *d, wr_arena *a, const char **p, const char *end);

#endif
