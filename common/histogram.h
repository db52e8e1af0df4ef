/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - how often values fell into fixed ranges, for metrics: one writer, any readers, no
 * locks.
 *
 * Observing is a search among few bounds, a load and a store: for what happens once a batch, a
 * commit or a request, not once a record. Several writers have a histogram each, and readers add
 * them up. A reader sees every count that was made before it began; the sum may be that of a
 * moment earlier or later.
 */
#ifndef WR_COMMON_HISTOGRAM_H
#define WR_COMMON_HISTOGRAM_H

#include "common/base.h"

#include <stdatomic.h>

#define WR_HISTOGRAM_MAX 16 /* bounds */

/** Ranges, of values in any unit. Lives as long as its histograms. */
typedef struct wr_histogram_bounds {
    uint32_t n;                     /* 1..WR_HISTOGRAM_MAX */
    double upper[WR_HISTOGRAM_MAX]; /* rising; a value equal to a bound lies below it */
} wr_histogram_bounds;

/** Seconds: of work (0.1 ms to 60 s), and of waiting (1 ms to a day). */
extern const wr_histogram_bounds wr_histogram_work_seconds, wr_histogram_wait_seconds;

typedef struct wr_histogram {
    const wr_histogram_bounds *bounds;
    _Atomic double sum;
    atomic_uint_fast64_t
        counts[WR_HISTOGRAM_MAX + 1]; /* the one after the last: above all bounds */
} wr_histogram;

/** What was read, of one or several histograms with the same bounds. Zeroed: nothing yet. */
typedef struct wr_histogram_sums {
    const wr_histogram_bounds *bounds; /* NULL: nothing yet */
    double sum;
    uint64_t count;
    uint64_t counts[WR_HISTOGRAM_MAX + 1];
} wr_histogram_sums;

/** Before anybody else sees it. */
void wr_histogram_init(wr_histogram *h, const wr_histogram_bounds *bounds);
/** Its one writer. @p value: a negative one (a clock that was set back) counts as 0; no NaN. */
void wr_histogram_observe(wr_histogram *h, double value);
/** Add what @p h has to @p to. Any thread. @pre the same bounds as what was added before */
void wr_histogram_add(wr_histogram *h, wr_histogram_sums *to);

#endif
