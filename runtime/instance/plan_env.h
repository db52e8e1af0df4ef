/* SPDX-License-Identifier: Apache-2.0 */
/* plan_env.h - what planning may know of the outside, made for one statement. */
#ifndef WR_RUNTIME_INSTANCE_PLAN_ENV_H
#define WR_RUNTIME_INSTANCE_PLAN_ENV_H

#include "runtime/instance/engine.h"

typedef struct wr_instance_env {
    wr_plan_env base;
    wr_engine *engine;
    wr_eval_ctx eval;
    wr_row_errors errs;
    wr_rng rng;
} wr_instance_env;
void wr_plan_env_init(wr_instance_env *env, wr_engine *e, const wr_settings *settings,
                      wr_arena *scratch);

#endif
