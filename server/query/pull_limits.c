/* SPDX-License-Identifier: Apache-2.0 */
/* Two buckets that fill up with time. A response may overdraw that of bytes: what it costs is known
 * afterwards only. */
#include "server/query/pull_limits.h"

#include <stdio.h>

#define MEGABYTE (1024.0 * 1024.0)

void wr__pull_limits_init(wr__pull_limits *l, const wr_settings *settings, wr_clock *clock)
{
    int64_t megabytes =
        wr_settings_int(settings, "ksql.query.pull.max.hourly.bandwidth.megabytes", INT32_MAX);
    l->clock = clock;
    l->qps = wr_settings_int(settings, "ksql.query.pull.max.qps", INT32_MAX);
    l->bytes_per_hour = megabytes >= INT32_MAX ? INT64_MAX : megabytes * (int64_t)MEGABYTE;
    l->concurrent = wr_settings_int(settings, "ksql.query.pull.max.concurrent.requests", INT32_MAX);
    l->running = 0;
    l->tokens = (double)l->qps;
    l->bytes = (double)l->bytes_per_hour;
    l->at_ns = clock->mono_ns(clock);
}

static void fill(wr__pull_limits *l)
{
    int64_t now = l->clock->mono_ns(l->clock);
    double s = (double)(now - l->at_ns) / 1e9;
    WR_ASSERT(s >= 0);
    l->at_ns = now;
    l->tokens = WR_MIN(l->tokens + s * (double)l->qps, (double)WR_MAX(l->qps, (int64_t)1));
    l->bytes = WR_MIN(l->bytes + s * (double)l->bytes_per_hour / 3600, (double)l->bytes_per_hour);
}

bool wr__pull_limits_allow(wr__pull_limits *l, wr__query_fault *fault)
{
    WR_ASSERT(l->clock && l->running >= 0);
    if (l->running >= l->concurrent) {
        *fault = (wr__query_fault){.code = 42900};
        snprintf(fault->message, sizeof fault->message,
                 "Host is at concurrency limit for pull queries. Currently set to %lld maximum "
                 "concurrent requests: ksql.query.pull.max.concurrent.requests",
                 (long long)l->concurrent);
        return false;
    }
    bool limited = l->qps < INT32_MAX || l->bytes_per_hour < INT64_MAX;
    if (!limited)
        return true;
    fill(l);
    *fault = (wr__query_fault){.code = 42900};
    if (l->bytes <= 0) {
        snprintf(fault->message, sizeof fault->message,
                 "Host is at bandwidth rate limit for pull queries: "
                 "ksql.query.pull.max.hourly.bandwidth.megabytes");
        return false;
    }
    if (l->tokens < 1) {
        snprintf(fault->message, sizeof fault->message,
                 "Host is at rate limit for pull queries. Currently set to %lld qps: "
                 "ksql.query.pull.max.qps",
                 (long long)l->qps);
        return false;
    }
    l->tokens -= 1;
    return true;
}

void wr__pull_limits_count(wr__pull_limits *l, size_t bytes)
{
    if (l->bytes_per_hour < INT64_MAX)
        l->bytes -= (double)bytes;
}
