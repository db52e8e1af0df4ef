/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - the lock under which workers, their clients and the scheduler find each other.
 *
 * One for all workers of a scheduler. It guards who is a client of which worker, what is asked of
 * a worker, and merging; `changed` is signalled whenever any of that changes. It is never taken
 * while the lock of a consumer is held.
 */
#ifndef WR_RUNTIME_WORKER_MONITOR_H
#define WR_RUNTIME_WORKER_MONITOR_H

#include "common/base.h"

#include <pthread.h>
#include <time.h>

typedef struct wr_monitor {
    pthread_mutex_t lock;
    pthread_cond_t changed;
} wr_monitor;

void wr_monitor_init(wr_monitor *m);
void wr_monitor_destroy(wr_monitor *m);
void wr_monitor_lock(wr_monitor *m);
void wr_monitor_unlock(wr_monitor *m);
/** With the lock held: wake everybody who waits. */
void wr_monitor_signal(wr_monitor *m);
/** With the lock held: wait for a signal, or until @p deadline (NULL: no limit).
 *  @return false: the deadline has passed. */
bool wr_monitor_wait(wr_monitor *m, const struct timespec *deadline);
/** @p ms from now, for wr_monitor_wait. */
struct timespec wr_monitor_deadline(int64_t ms);

#endif
