/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers.h - writers for statements that write records (INSERT VALUES).
 *
 * A writer collects records and belongs to one thread, so each statement takes one and gives it
 * back. A statement that hangs keeps only its own; one that fails does not give its writer back to
 * others, so nothing of it can be written by a later one.
 */
#ifndef WR_RUNTIME_INSTANCE_WRITERS_H
#define WR_RUNTIME_INSTANCE_WRITERS_H

#include "runtime/instance/engine.h"

#include <pthread.h>

/** A writer with nothing pending; the caller's until it is given back. */
weir_status wr_engine_take_writer(wr_engine *e, wr_log_writer **out, weir_error *err) WR_MUST_CHECK;
/** @p good: everything that was produced is committed. Else the writer is aborted and closed. */
void wr_engine_give_writer(wr_engine *e, wr_log_writer *w, bool good);

/** Writers that nobody uses; on Kafka each is a connection, so few are kept. */
#define WR__WRITERS_IDLE 2
typedef struct wr__writers {
    pthread_mutex_t lock;
    wr_log_writer *idle[WR__WRITERS_IDLE];
    uint32_t idle_n;
    uint32_t taken; /* given out and not given back */
} wr__writers;
void wr__writers_init(wr__writers *w);
/** @pre all were given back */
void wr__writers_free(wr__writers *w);

#endif
