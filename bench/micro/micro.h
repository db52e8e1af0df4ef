/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro.h - what the micro-benchmarks of the data path share: records, a clock, a line of output.
 *
 * A benchmark times one step over the same distinct records again and again and prints the best of
 * the rounds, in CPU time of the process: other programs disturb a round, they never speed one up.
 */
#ifndef BENCH_MICRO_MICRO_H
#define BENCH_MICRO_MICRO_H

#include "bench/gen/records.h"
#include "common/arena.h"
#include "common/buf.h"
#include "types/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* About 4.6 MB of values: more than the second level of cache holds. */
#define MICRO_RECORDS 20480u
#define MICRO_ROUNDS  40

typedef struct micro_records {
    wr_buf bytes;
    wr_str *keys, *values; /* MICRO_RECORDS each */
    size_t value_bytes;
} micro_records;

/** As wr_row_errors.report: no record of a benchmark is bad. */
static inline void micro_no_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    fprintf(stderr, "row %u: %s\n", row, message);
    exit(1);
}

/** Distinct clicks, one behind the other as in a fetched batch of records. */
static inline void micro_clicks(micro_records *m, wr_arena *a)
{
    const gen_options options = {.seed = 1, .records = MICRO_RECORDS, .ips = 1000000};
    gen_record r;
    size_t *ends = WR_NEW_N(a, size_t, (size_t)MICRO_RECORDS * 2);
    m->keys = WR_NEW_N(a, wr_str, MICRO_RECORDS);
    m->values = WR_NEW_N(a, wr_str, MICRO_RECORDS);
    for (uint32_t i = 0; i < MICRO_RECORDS; i++) {
        gen_click(&options, i, &r);
        wr_buf_put(&m->bytes, r.key, r.key_len);
        ends[2 * i] = m->bytes.len;
        wr_buf_put(&m->bytes, r.value, r.value_len);
        ends[2 * i + 1] = m->bytes.len;
        m->value_bytes += r.value_len;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < MICRO_RECORDS; i++) {
        m->keys[i] = wr_str_make(m->bytes.ptr + at, ends[2 * i] - at);
        m->values[i] = wr_str_make(m->bytes.ptr + ends[2 * i], ends[2 * i + 1] - ends[2 * i]);
        at = ends[2 * i + 1];
    }
}

static inline double micro_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/** Run @p call @p MICRO_ROUNDS times; the best round in seconds. The first one warms up. */
#define MICRO_BEST(best, call)                                                                     \
    do {                                                                                           \
        (best) = 1e9;                                                                              \
        for (int micro_round = 0; micro_round <= MICRO_ROUNDS; micro_round++) {                    \
            double micro_from = micro_now();                                                       \
            call;                                                                                  \
            double micro_took = micro_now() - micro_from;                                          \
            if (micro_round && micro_took < (best))                                                \
                (best) = micro_took;                                                               \
        }                                                                                          \
    } while (0)

/** One line: what, ns per record, GB/s of @p bytes (0: not shown). */
static inline void micro_print(const char *what, double seconds, size_t records, size_t bytes)
{
    printf("%-52s %8.1f ns/record", what, seconds * 1e9 / (double)records);
    if (bytes)
        printf(" %7.2f GB/s", (double)bytes / seconds * 1e-9);
    printf("\n");
}

#endif
