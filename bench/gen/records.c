/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all generators use: random numbers, keys, values. Randomness is splitmix64 started from
 * (seed, stream, i), where the stream keeps topics of one seed apart.
 */
#include "records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GOLDEN      UINT64_C(0x9e3779b97f4a7c15)
#define LATE_ONE_IN 50
#define LATE_MAX_MS 5000

static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

gen_rng gen_rng_of(uint64_t seed, uint64_t stream, uint64_t i)
{
    return (gen_rng){scramble(scramble(seed * GOLDEN + stream) + i * GOLDEN)};
}

uint64_t gen_draw(gen_rng *r)
{
    r->state += GOLDEN;
    return scramble(r->state);
}

uint64_t gen_below(gen_rng *r, uint64_t n)
{
    return (uint64_t)((unsigned __int128)gen_draw(r) * n >> 64);
}

void gen_value(gen_record *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(out->value, sizeof out->value, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof out->value) {
        fprintf(stderr, "gen: a value of %s does not fit\n", out->topic);
        exit(1);
    }
    out->value_len = (size_t)n;
}

void gen_key_number(gen_record *out, uint64_t number, size_t bytes)
{
    out->key_len = bytes;
    for (size_t i = 0; i < bytes; i++)
        out->key[i] = (char)(number >> (8 * (bytes - 1 - i)));
}

int64_t gen_time_late(gen_rng *r, uint64_t i)
{
    int64_t time_ms = GEN_START_MS + (int64_t)i;
    if (gen_below(r, LATE_ONE_IN) == 0)
        time_ms -= (int64_t)gen_below(r, LATE_MAX_MS);
    return time_ms < GEN_START_MS ? GEN_START_MS : time_ms;
}
