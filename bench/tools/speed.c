/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the machine is right now, as JSON: nanoseconds of a chained multiplication (the clock
 * rate) and of a load that misses the caches (the memory, and who else uses it). Kept beside every
 * run, because the same program on a shared machine differs by half from one minute to the next.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MULTIPLICATIONS 20000000
#define CELLS           (UINT32_C(1) << 23) /* 32 MiB */
#define LOADS           1000000

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
    double start = now_ns();
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < MULTIPLICATIONS; i++)
        x = x * UINT64_C(6364136223846793005) + 1;
    double multiply = (now_ns() - start) / MULTIPLICATIONS;

    uint32_t *next = malloc(CELLS * sizeof *next);
    if (!next)
        return 1;
    /* i -> a i + c with a = 1 mod 4 and c odd runs through all cells before it repeats. */
    for (uint32_t i = 0; i < CELLS; i++)
        next[i] = (i * UINT32_C(1664525) + UINT32_C(1013904223)) & (CELLS - 1);
    uint32_t at = 0;
    start = now_ns();
    for (int i = 0; i < LOADS; i++)
        at = next[at];
    double load = (now_ns() - start) / LOADS;
    free(next);
    /* The results are looked at, so that no compiler drops the loops. */
    if (x == 0 && at == 0)
        return 1;
    printf("{\"multiply_ns\": %.3f, \"load_ns\": %.2f}\n", multiply, load);
    return 0;
}
