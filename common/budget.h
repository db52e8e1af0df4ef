/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - so many bytes for all who use memory of one kind, without a lock.
 *
 * Each user says now and then how much it has, and learns what the others leave. Nothing is taken
 * from anybody: whoever has more than that gives back what it can (commits early, pauses its
 * input), and what it is at that time goes beyond the budget: one batch, say.
 */
#ifndef WR_COMMON_BUDGET_H
#define WR_COMMON_BUDGET_H

#include "common/base.h"

#include <stdatomic.h>

/** Invariant: `used` is the sum of what all users have said last. */
typedef struct wr_budget {
    atomic_size_t used;
    size_t bytes; /* constant while there are users */
} wr_budget;

/**
 * A user has @p bytes now. @p used: what it said last, 0 at first; the user's own.
 * @return what it may have: the budget without what the others have. Two users that say so at the
 *         same time may each see the other's bytes as they were before, and both give back a
 * little.
 */
static inline size_t wr_budget_publish(wr_budget *b, size_t *used, size_t bytes)
{
    size_t before = atomic_fetch_add(&b->used, bytes - *used); /* wraps where it shrank */
    WR_ASSERT(before >= *used);
    *used = bytes;
    size_t sum = atomic_load(&b->used);
    WR_ASSERT(sum >= bytes); /* this user is part of it, and nobody else changes its part */
    size_t others = sum - bytes;
    return b->bytes > others ? b->bytes - others : 0;
}

#endif
