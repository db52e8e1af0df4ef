/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - an executor slot: what one thread at a time needs to run tasks. */
#ifndef WR_RUNTIME_TASK_SLOT_H
#define WR_RUNTIME_TASK_SLOT_H

#include "common/arena.h"
#include "engine/operators/source_pool.h"

/**
 * The tasks of partition p run in slot p % slots_n of their worker, so everything here has one
 * thread at a time. The worker owns it and resets `scratch` after each round.
 */
typedef struct wr_executor_slot {
    wr_arena *scratch;       /* batches on their way */
    wr_source_pool *sources; /* what the slot's tasks decode together */
} wr_executor_slot;

#endif
