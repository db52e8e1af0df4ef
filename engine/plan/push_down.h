/* SPDX-License-Identifier: Apache-2.0 */
/*
 * push_down.h - which filters sources apply themselves: wr_step_source.filter.
 */
#ifndef WR_ENGINE_PLAN_PUSH_DOWN_H
#define WR_ENGINE_PLAN_PUSH_DOWN_H

#include "engine/plan/plan.h"

/** Decide it for every source. The plan is a complete tree; settings of its sources are final. */
void wr_plan_push_filters(wr_plan *plan);

#endif
