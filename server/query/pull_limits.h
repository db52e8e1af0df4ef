/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull_limits.h - how many pull queries a server answers: ksql.query.pull.max.qps,
 * .max.concurrent.requests, .max.hourly.bandwidth.megabytes. What is over a limit is refused with
 * 42900 (429).
 *
 * Threads: the loop thread.
 */
#ifndef WR_SERVER_QUERY_PULL_LIMITS_H
#define WR_SERVER_QUERY_PULL_LIMITS_H

#include "common/clock.h"
#include "engine/plan/settings.h"
#include "server/query/query_request.h"

typedef struct wr__pull_limits {
    wr_clock *clock;
    int64_t qps, bytes_per_hour; /* INT64_MAX: no limit */
    double tokens;               /* queries that may come now, at most one second's */
    double bytes;                /* that may go now, at most one hour's */
    int64_t at_ns;
    int64_t concurrent; /* that may run at the same time; INT32_MAX: no limit */
    int64_t running;    /* the service's: those that are not answered at once */
} wr__pull_limits;

void wr__pull_limits_init(wr__pull_limits *l, const wr_settings *settings, wr_clock *clock);
/** One query more. @return false: *fault. */
bool wr__pull_limits_allow(wr__pull_limits *l, wr__query_fault *fault);
/** Bytes of a response. */
void wr__pull_limits_count(wr__pull_limits *l, size_t bytes);

#endif
