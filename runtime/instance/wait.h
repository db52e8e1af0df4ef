/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - how long a statement may wait, and what ends it: its deadline, wr_exec_interrupt (which
 * a signal handler may call, so it only sets a flag that is looked at often), the engine's closing.
 */
#ifndef WR_RUNTIME_INSTANCE_WAIT_H
#define WR_RUNTIME_INSTANCE_WAIT_H

#include "runtime/instance/engine.h"

/** How long a statement waits for others and for queries to stop. Longer than a commit that takes
 *  its time, shorter than a person who believes that the program hangs. */
#define WR_WAIT_STATEMENT_MS 30000
/** How often the flag of an interrupt is looked at. */
#define WR_WAIT_SLICE_MS 50

typedef struct wr_wait {
    wr_engine *engine;
    atomic_bool *interrupted; /* borrowed; NULL: nobody interrupts */
    int64_t until_ns;         /* by the engine's clock */
} wr_wait;

/** @p timeout_ms from now on. */
wr_wait wr_wait_new(wr_engine *e, atomic_bool *interrupted, int timeout_ms);
/**
 * May one go on waiting? An interrupt is taken back by the call that reports it.
 * @return WEIR_OK; WEIR_ERR_INTERRUPTED with @p what in the message: "... is still being stopped".
 *         Retriable where the time has passed.
 */
weir_status wr_wait_check(const wr_wait *w, const char *what, weir_error *err) WR_MUST_CHECK;
/** For calls that wait for the schema registry: an interrupt and the engine's closing end them. The
 *  flag stays set, for the statement to take back. Borrows @p w. */
wr_registry_interrupt wr_wait_in_registry(const wr_wait *w);
/** Under the lock, which is given back meanwhile: sleep until somebody has given something back
 *  (a reservation, a pinned query), or for @p ms. */
void wr_engine_wait_changed(wr_engine *e, int ms);
/** Sleep a little, without the lock. */
void wr_wait_nap(int64_t ms);

#endif
