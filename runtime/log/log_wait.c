/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting with an end: calls that may take long sleep in slices and look, between two of them,
 * whether somebody wants them to stop or their time is over.
 */
#include "runtime/log/log_class.h"

#include <time.h>

int64_t wr__log_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t wr__log_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void wr__log_sleep_ms(int ms)
{
    WR_ASSERT(ms >= 0);
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

weir_status wr__log_give_up(const wr__log_until *until, const char *what, weir_error *err)
{
    WR_ASSERT(until && what);
    if (until->cancel && atomic_load(until->cancel))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "%s was interrupted", what);
    if (until->deadline_ms < 0 || wr__log_now_ms() < until->deadline_ms)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_LOG, "%s took too long", what);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_LOG;
}
