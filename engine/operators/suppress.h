/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suppress.h - EMIT FINAL's throttle: when closed windows are looked for.
 */
#ifndef WR_ENGINE_OPERATORS_SUPPRESS_H
#define WR_ENGINE_OPERATORS_SUPPRESS_H

#include "engine/operators/op.h"

/** EMIT FINAL's throttle and bounds, dialect.md section 10: see window_aggregate.c. */
typedef struct wr__final {
    bool on;
    int64_t interval_ms;
    int64_t next_emit_ms; /* wall clock; not state: only when, never what */
} wr__final;
void wr__final_open(wr__final *f, const wr_op *op);
/** May this record emit? Moves the throttle. @p last: close time of the last emission. */
bool wr__final_due(wr__final *f, int64_t wall_ms, int64_t last, int64_t close_time);

#endif
