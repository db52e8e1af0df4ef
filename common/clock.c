/* SPDX-License-Identifier: Apache-2.0 */
/* The system clock, the manual one, and xoshiro256** seeded by splitmix64. */
#include "common/clock.h"

#include <sys/random.h>
#include <time.h>

static int64_t system_wall_ms(wr_clock *c)
{
    (void)c;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_mono_ns(wr_clock *c)
{
    (void)c;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

wr_clock *wr_clock_system(void)
{
    static wr_clock c = {system_wall_ms, system_mono_ns};
    return &c;
}

static int64_t manual_wall_ms(wr_clock *c)
{
    return ((wr_clock_manual *)c)->now_ms;
}

static int64_t manual_mono_ns(wr_clock *c)
{
    return ((wr_clock_manual *)c)->now_ms * 1000000;
}

void wr_clock_manual_init(wr_clock_manual *c, int64_t now_ms)
{
    c->base.wall_ms = manual_wall_ms;
    c->base.mono_ns = manual_mono_ns;
    c->now_ms = now_ms;
}

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void wr_rng_seed(wr_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&seed);
}

void wr_rng_seed_os(wr_rng *r)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)system_mono_ns(NULL) ^ (uint64_t)(uintptr_t)&seed;
    wr_rng_seed(r, seed);
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t wr_rng_next(wr_rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t wr_rng_below(wr_rng *r, uint64_t n)
{
    WR_ASSERT(n > 0);
    return (uint64_t)(((wr_u128)wr_rng_next(r) * n) >> 64);
}

double wr_rng_double(wr_rng *r)
{
    return (double)(wr_rng_next(r) >> 11) * 0x1.0p-53;
}
