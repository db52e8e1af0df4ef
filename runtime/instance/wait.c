/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting with a deadline that can be interrupted.
 */
#include "runtime/instance/wait.h"

#include <time.h>

wr_wait wr_wait_new(wr_engine *e, atomic_bool *interrupted, int timeout_ms)
{
    wr_clock *clock = wr_engine_clock(e);
    WR_ASSERT(timeout_ms >= 0);
    return (wr_wait){e, interrupted, clock->mono_ns(clock) + (int64_t)timeout_ms * 1000000};
}

weir_status wr_wait_check(const wr_wait *w, const char *what, weir_error *err)
{
    wr_clock *clock = wr_engine_clock(w->engine);
    if (w->interrupted && atomic_exchange(w->interrupted, false))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "Interrupted: %s", what);
    if (wr_engine_closing(w->engine))
        return wr_error(err, WEIR_ERR_INTERRUPTED, "The engine is being closed: %s", what);
    if (clock->mono_ns(clock) < w->until_ns)
        return WEIR_OK;
    wr_error(err, WEIR_ERR_INTERRUPTED, "Timed out: %s", what);
    if (err)
        err->flags |= WEIR_ERROR_RETRIABLE;
    return WEIR_ERR_INTERRUPTED;
}

/* Asked by the thread that waits for the registry, about once a second: both are atomic flags. The
 * deadline of the wait does not count, as the registry's client has a time limit of its own, which
 * the settings give. */
static bool is_ended(void *arg)
{
    const wr_wait *w = arg;
    return (w->interrupted && atomic_load(w->interrupted)) || wr_engine_closing(w->engine);
}

wr_registry_interrupt wr_wait_in_registry(const wr_wait *w)
{
    return (wr_registry_interrupt){.asked = is_ended, .arg = (void *)(uintptr_t)w};
}

void wr_wait_nap(int64_t ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}
