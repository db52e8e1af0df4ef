/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal_internal.h - what the files about DECIMAL share: views of numbers of either form as
 * sign and magnitude, and the arbitrary-precision half of each operation.
 */
#ifndef WR_TYPES_DECIMAL_INTERNAL_H
#define WR_TYPES_DECIMAL_INTERNAL_H

#include "types/decimal.h"

static inline uint32_t wr__big_limbs_n(const wr_big *b)
{
    return (uint32_t)(b->n < 0 ? -b->n : b->n);
}
int wr__big_compare(const wr_big *a, const wr_big *b);

static inline wr_u128 wr__i128_abs(wr_i128 v)
{
    return v < 0 ? -(wr_u128)v : (wr_u128)v;
}

/** Sign and little-endian limbs of a number of either form. The limbs of a small one are in own. */
typedef struct wr__dec_view {
    const uint64_t *limbs;
    uint32_t n; /* 0: zero */
    bool negative;
    uint64_t own[2];
} wr__dec_view;
/** @p view must stay where it is: limbs may point into it. */
void wr__dec_view_of(wr__dec_view *view, const wr_type *t, const wr_value *v);

/**
 * The number with this sign and magnitude as a value of type @p t. @p limbs: @p n, borrowed if big.
 * @return false where it has more digits than the precision.
 */
bool wr__dec_from_limbs(const wr_type *t, const uint64_t *limbs, uint32_t n, bool negative,
                        wr_value *out);

#endif
