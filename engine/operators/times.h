/* SPDX-License-Identifier: Apache-2.0 */
/*
 * times.h - times of operators: sums that do not overflow, and the few integers that are committed
 * with the state.
 */
#ifndef WR_ENGINE_OPERATORS_TIMES_H
#define WR_ENGINE_OPERATORS_TIMES_H

#include "engine/operators/op.h"

/** ms + delta, held at the ends of what a time can be. */
int64_t wr__time_add(int64_t ms, int64_t delta);

/**
 * A few integers that are state: stream time, last emitted bounds, counters. Kept in memory, read
 * at open, written in flush (before a commit), in a store of their own.
 */
#define WR__TIMES_MAX 4
#define WR__NO_TIME   (-1) /* Kafka's ConsumerRecord.NO_TIMESTAMP */
typedef struct wr__times {
    int64_t v[WR__TIMES_MAX], stored[WR__TIMES_MAX];
    uint32_t n;
    wr_store *store;
} wr__times;
/** @p initial: values of a task that has none yet. */
weir_status wr__times_open(wr__times *t, wr_op *op, const int64_t *initial, uint32_t n,
                           weir_error *err) WR_MUST_CHECK;
weir_status wr__times_flush(wr__times *t, const wr_op *op, weir_error *err) WR_MUST_CHECK;

#endif
