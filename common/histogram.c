/* SPDX-License-Identifier: Apache-2.0 */
#include "common/histogram.h"

const wr_histogram_bounds wr_histogram_work_seconds = {
    15,
    {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15, 60}};
const wr_histogram_bounds wr_histogram_wait_seconds = {
    16, {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600, 3600, 86400}};

void wr_histogram_init(wr_histogram *h, const wr_histogram_bounds *bounds)
{
    WR_ASSERT(bounds->n > 0 && bounds->n <= WR_HISTOGRAM_MAX);
    h->bounds = bounds;
    atomic_init(&h->sum, 0.0);
    for (uint32_t i = 0; i <= WR_HISTOGRAM_MAX; i++)
        atomic_init(&h->counts[i], 0);
}

/* Loads and stores instead of additions: there is one writer. */
void wr_histogram_observe(wr_histogram *h, double value)
{
    const wr_histogram_bounds *b = h->bounds;
    uint32_t i = 0;
    WR_ASSERT(value == value);
    value = WR_MAX(value, 0.0);
    while (i < b->n && value > b->upper[i])
        i++;
    double sum = atomic_load_explicit(&h->sum, memory_order_relaxed);
    uint64_t count = atomic_load_explicit(&h->counts[i], memory_order_relaxed);
    atomic_store_explicit(&h->sum, sum + value, memory_order_relaxed);
    atomic_store_explicit(&h->counts[i], count + 1, memory_order_release);
}

/* The count is that of what was read, so that it is the last bucket's whatever happens meanwhile.
 */
void wr_histogram_add(wr_histogram *h, wr_histogram_sums *to)
{
    WR_ASSERT(!to->bounds || to->bounds == h->bounds);
    to->bounds = h->bounds;
    for (uint32_t i = 0; i <= h->bounds->n; i++) {
        uint64_t n = atomic_load_explicit(&h->counts[i], memory_order_acquire);
        to->counts[i] += n;
        to->count += n;
    }
    to->sum += atomic_load_explicit(&h->sum, memory_order_relaxed);
}
