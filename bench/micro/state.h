/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what the benchmarks of statestore/ share: CPU clocks, memory in use, keys and their
 * distributions. CPU time only: the machine may be busy with something else.
 */
#ifndef BENCH_MICRO_STATE_H
#define BENCH_MICRO_STATE_H

#include "common/clock.h"
#include "common/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** CPU of the calling thread, and of all threads (RocksDB's own ones included). */
static inline double thread_cpu(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
static inline double process_cpu(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

/** Resident memory in MiB; @p key "VmRSS:" or "VmHWM:" (the largest so far). */
static inline double resident(const char *key)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtod(line + strlen(key), NULL);
    if (f)
        fclose(f);
    return kib / 1024;
}

/* Numbers to 64 random-looking bits, one to one (the finaliser of splitmix64). */
static inline uint64_t scatter(uint64_t i)
{
    i = (i ^ (i >> 30)) * 0xBF58476D1CE4E5B9u;
    i = (i ^ (i >> 27)) * 0x94D049BB133111EBu;
    return i ^ (i >> 31);
}

/** Zipf-like: ranks 0 .. n-1 with density 1/rank (exponent 1), by inversion of the integral. */
static inline uint64_t zipf(wr_rng *rng, uint64_t n, double log_n)
{
    double u = (double)(wr_rng_next(rng) >> 11) / 9007199254740992.0;
    uint64_t rank = (uint64_t)__builtin_exp(u * log_n) - 1;
    return rank < n ? rank : n - 1;
}

#endif
