/* SPDX-License-Identifier: Apache-2.0 */
/*
 * durations.h - sums and products of durations in milliseconds, as statements give them. A duration
 * is never negative; one that does not fit 64 bits is 292 million years, which is for ever: so
 * these saturate, and a statement at the limits of its numbers is planned like any other.
 */
#ifndef WR_ENGINE_PLAN_DURATIONS_H
#define WR_ENGINE_PLAN_DURATIONS_H

#include "common/base.h"

#define WR__DAY_MS    ((int64_t)86400000)
#define WR__MINUTE_MS ((int64_t)60000)
#define WR__SECOND_MS ((int64_t)1000)

static inline int64_t wr__ms_add(int64_t a, int64_t b)
{
    int64_t sum;
    WR_ASSERT(a >= 0 && b >= 0);
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static inline int64_t wr__ms_times(int64_t ms, int64_t factor)
{
    int64_t product;
    WR_ASSERT(ms >= 0 && factor > 0);
    return __builtin_mul_overflow(ms, factor, &product) ? INT64_MAX : product;
}

/** @p a less @p b, at least nothing. */
static inline int64_t wr__ms_less(int64_t a, int64_t b)
{
    WR_ASSERT(a >= 0 && b >= 0);
    return a > b ? a - b : 0;
}

#endif
