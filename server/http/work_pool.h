/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work_pool.h - threads for what may wait: statements, password hashes.
 *
 * Not libuv's pool: that has four threads for the whole process, which an embedding program may use
 * too, and statements that wait five seconds each would hold up everything behind them.
 */
#ifndef WR_SERVER_HTTP_WORK_POOL_H
#define WR_SERVER_HTTP_WORK_POOL_H

typedef struct wr__workers wr__workers;

/** @param threads_max  they are started as they are needed, and then stay. */
wr__workers *wr__workers_new(unsigned threads_max);
/** Waits for what is being done and queued. NULL is allowed. */
void wr__workers_free(wr__workers *p);
/** Any thread; never waits. */
void wr__workers_add(wr__workers *p, void (*work)(void *arg), void *arg);

#endif
