/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - time and randomness as interfaces, so that a run can be simulated and replayed.
 * Only runtime/ and cli/ make real ones; everything below is handed one or plain numbers.
 */
#ifndef WR_COMMON_CLOCK_H
#define WR_COMMON_CLOCK_H

#include "common/base.h"

typedef struct wr_clock wr_clock;
struct wr_clock {
    int64_t (*wall_ms)(wr_clock *c); /* ms since the epoch */
    int64_t (*mono_ns)(wr_clock *c); /* monotonic, ns */
};

/** The system's clock; a static object. Thread-safe. */
wr_clock *wr_clock_system(void);

/** A clock that stands where it is put (both readings). */
typedef struct wr_clock_manual {
    wr_clock base;
    int64_t now_ms;
} wr_clock_manual;
void wr_clock_manual_init(wr_clock_manual *c, int64_t now_ms);

/** Small, seedable generator (xoshiro256**). Not for secrets. */
typedef struct wr_rng {
    uint64_t s[4];
} wr_rng;
void wr_rng_seed(wr_rng *r, uint64_t seed);
/** Seed from the operating system. */
void wr_rng_seed_os(wr_rng *r);
uint64_t wr_rng_next(wr_rng *r);
/** Uniform in [0, n). @pre n > 0 */
uint64_t wr_rng_below(wr_rng *r, uint64_t n);
/** Uniform in [0, 1). */
double wr_rng_double(wr_rng *r);

#endif
