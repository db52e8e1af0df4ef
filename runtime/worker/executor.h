/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.h - the threads that run executor slots, one pool for the whole process.
 *
 * A job is a function over 0 .. n-1. The thread that has it works on it too; idle threads of the
 * pool take indices until none is left. One job at a time: a worker that finds the pool in use runs
 * its slots alone, one after the other, so nobody waits for a thread.
 */
#ifndef WR_RUNTIME_WORKER_EXECUTOR_H
#define WR_RUNTIME_WORKER_EXECUTOR_H

#include "common/base.h"

typedef struct wr_executor wr_executor;

/** @p slots: how many may run at once; 1: no thread besides the worker's own. */
wr_executor *wr_executor_new(uint32_t slots);
/** After all workers that use it; NULL is allowed. */
void wr_executor_free(wr_executor *e);
/** 1 where @p e is NULL. */
uint32_t wr_executor_slots(const wr_executor *e);
/** Run fn(arg, i) for every i < n; returns when all are done. */
void wr_executor_run(wr_executor *e, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg);

#endif
