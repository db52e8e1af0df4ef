/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sketch_quantiles.h - quantiles of numbers by KLL (Karnin, Lang, Liberty: "Optimal quantile
 * approximation in streams", 2016).
 *
 * Levels of numbers: one on level h stands for 2^h values. A level that is full is sorted, and
 * every other number of it goes one level up, beginning with the first or the second one. All
 * values are there as long as they are at most 200.
 *
 * Error: the rank of what is said to be the q-quantile is between q - 1.65 % and q + 1.65 % of the
 * count, in 99 of 100 cases, merged or not. The choice is made by the count, not by chance, so that
 * a replay gives the same bytes; an order of merging may give others within the error.
 */
#ifndef WR_ENGINE_FUNCTIONS_SKETCH_QUANTILES_H
#define WR_ENGINE_FUNCTIONS_SKETCH_QUANTILES_H

#include "common/arena.h"
#include "common/buf.h"

enum {
    WR__QUANTILES_K = 200,     /* room of the highest level */
    WR__QUANTILES_LEVELS = 56, /* 200 * 2^55 values are more than a count may be */
};
/** Of a rank, as a share of the count, in 99 of 100 cases. */
#define WR__QUANTILES_ERROR 0.0165
/** The most values: sums of counts below never overflow. */
#define WR__QUANTILES_MAX (UINT64_C(1) << 60)

typedef struct wr__level {
    double *items; /* on level 0 in order of arrival, else ascending; never NaN */
    uint32_t n, room;
} wr__level;

typedef struct wr__quantiles {
    uint64_t n;           /* values: the sum of each level's numbers times 2^level */
    uint32_t held, limit; /* numbers on all levels; how many before one is compacted */
    uint32_t levels_n;
    wr__level levels[WR__QUANTILES_LEVELS];
} wr__quantiles;

void wr__quantiles_init(wr__quantiles *q);
/** @p v is not NaN, and n is below WR__QUANTILES_MAX. Memory from @p a. */
void wr__quantiles_add(wr__quantiles *q, wr_arena *a, double v);
/** @p q becomes the sketch of both, which have at most WR__QUANTILES_MAX values together. */
void wr__quantiles_merge(wr__quantiles *q, wr_arena *a, const wr__quantiles *other);
/** The values of @p fractions (0..1, ascending); there is at least one value. @p a: scratch. */
void wr__quantiles_get(const wr__quantiles *q, wr_arena *a, const double *fractions, double *out,
                       uint32_t n);
void wr__quantiles_write(const wr__quantiles *q, wr_buf *out);
/** @return false: the bytes at *p are no sketch. Advances *p; never reads past @p end. */
bool wr__quantiles_read(wr__quantiles *q, wr_arena *a, const char **p, const char *end);

#endif
