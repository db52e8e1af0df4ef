/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal_internal.h - what the files about DECIMAL share: views of numbers of either form as
 * sign and magnitude, and the arbitrary-precision half of each operation (decimal_big.c).
 *
 * decimal.c decides by the types which half works; GMP's types stay inside decimal_big.c.
 */
#ifndef WR_TYPES_DECIMAL_INTERNAL_H
#define WR_TYPES_DECIMAL_INTERNAL_H

#include "types/decimal.h"

/** -1, 0, 1 as @p a is below, equal to, above @p b. Evaluates both twice. */
#define WR__ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static inline wr_u128 wr__i128_abs(wr_i128 v)
{
    return v < 0 ? -(wr_u128)v : (wr_u128)v;
}
static inline wr_i128 wr__i128_signed(wr_u128 magnitude, bool negative)
{
    return negative ? -(wr_i128)magnitude : (wr_i128)magnitude;
}
static inline uint32_t wr__big_limbs_n(const wr_big *b)
{
    return (uint32_t)(b->n < 0 ? -b->n : b->n);
}
int wr__big_compare(const wr_big *a, const wr_big *b);

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
 * The number with this sign and magnitude as a value of type @p t. @p limbs: @p n, the last not 0;
 * borrowed where the type is big.
 * @return false where it has more digits than the precision, and is not 10^precision, which a cast
 * may give.
 */
bool wr__dec_from_limbs(const wr_type *t, const uint64_t *limbs, uint32_t n, bool negative,
                        wr_value *out);

/* The same contracts as their namesakes in decimal.h, for types of which one at least is big. */
wr_dec_status wr__big_arith(char op, const wr_type *lt, const wr_value *l, const wr_type *rt,
                            const wr_value *r, const wr_type *result, wr_arena *a, wr_value *out);
int wr__big_compare_scaled(const wr_type *lt, const wr_value *l, const wr_type *rt,
                           const wr_value *r);
wr_dec_status wr__big_round(const wr_type *t, const wr_value *v, int64_t places,
                            wr_dec_rounding how, const wr_type *to, wr_arena *a, wr_value *out);
int64_t wr__big_to_i64(const wr_type *t, const wr_value *v);
/** Digits of |@p v|, without sign or point; "0" for zero. */
void wr__big_put_digits(wr_buf *out, const wr_type *t, const wr_value *v);
/** The number +-(digits * 10^@p zeroes + @p add) of big type @p to. @p digits: @p n >= 0 of them.
 *  @p strict: it must fit with @p add, not only without. */
wr_dec_status wr__big_from_digits(const char *digits, uint32_t n, int64_t zeroes, int add,
                                  bool strict, bool negative, const wr_type *to, wr_arena *a,
                                  wr_value *out);

#endif
