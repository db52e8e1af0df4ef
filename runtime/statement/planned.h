/* SPDX-License-Identifier: Apache-2.0 */
/* planned.h - planning under the engine's lock, and reserving what the plan is made with. */
#ifndef WR_RUNTIME_STATEMENT_PLANNED_H
#define WR_RUNTIME_STATEMENT_PLANNED_H

#include "runtime/instance/reservation.h"
#include "runtime/statement/statement.h"

/** How one statement plans. Both functions are called under the lock, perhaps several times. */
typedef struct wr__planner {
    /** Plan into @p arg, and add to @p needs what must not change until it is carried out. */
    weir_status (*plan)(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err);
    /** Give up what plan has made in @p arg, also after its failure; it is zeroed. NULL: nothing.
     */
    void (*discard)(void *arg);
    void *arg;
} wr__planner;

/**
 * Plan until every topic that planning asks for is known, and all that it needs is free; waits for
 * others without the lock.
 *
 * @param held what was reserved; the caller releases it.
 * @return WEIR_OK: THE LOCK IS HELD, so that numbers can be taken; the caller gives it back.
 *         Else it is not held, nothing is reserved, and arg is discarded.
 */
weir_status wr__plan(wr_exec *x, const wr__planner *p, wr_reservation *held,
                     weir_error *err) WR_MUST_CHECK;

#endif
