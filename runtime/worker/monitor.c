/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor: a mutex and a condition on the monotonic clock. */
#include "runtime/worker/monitor.h"

void wr_monitor_init(wr_monitor *m)
{
    pthread_condattr_t attr;
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void wr_monitor_destroy(wr_monitor *m)
{
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->changed);
}

void wr_monitor_lock(wr_monitor *m)
{
    int rc = pthread_mutex_lock(&m->lock);
    WR_ASSERT(rc == 0);
}

void wr_monitor_unlock(wr_monitor *m)
{
    int rc = pthread_mutex_unlock(&m->lock);
    WR_ASSERT(rc == 0);
}

void wr_monitor_signal(wr_monitor *m)
{
    pthread_cond_broadcast(&m->changed);
}

bool wr_monitor_wait(wr_monitor *m, const struct timespec *deadline)
{
    if (!deadline)
        return pthread_cond_wait(&m->changed, &m->lock) == 0;
    return pthread_cond_timedwait(&m->changed, &m->lock, deadline) == 0;
}

struct timespec wr_monitor_deadline(int64_t ms)
{
    struct timespec t;
    WR_ASSERT(ms >= 0);
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}
