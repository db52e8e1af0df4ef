/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What planning may ask: facts of topics, the clock, random numbers.
 */
#include "runtime/instance/plan_env.h"
#include "runtime/instance/engine_state.h"

static bool env_topic(const wr_plan_env *base, const char *name, wr_topic_facts *out,
                      weir_status *st, weir_error *err)
{
    const wr_instance_env *env = (const wr_instance_env *)base;
    wr_topic_info info;
    weir_error local;
    *st = WEIR_OK;
    weir_status found = wr_topic_describe(env->engine->log, name, &info, err ? err : &local);
    if (found == WEIR_OK) {
        *out = (wr_topic_facts){info.partitions, info.replicas, info.retention_ms};
        return true;
    }
    if (found != WEIR_ERR_NOT_FOUND) {
        *st = found;
        return false;
    }
    /* While a file is checked, topics of earlier statements are only planned. */
    const wr_map_entry *m;
    for (size_t i = 0; (m = wr_map_next(&base->catalog->sources, &i));) {
        const wr_source *s = m->value;
        if (strcmp(s->topic, name) == 0) {
            *out = (wr_topic_facts){s->partitions, s->replicas, s->retention_ms};
            return true;
        }
    }
    return false;
}

static void ignore_report(wr_row_errors *self, uint32_t row, const char *message)
{
    (void)self;
    (void)row;
    (void)message;
}

void wr_plan_env_init(wr_instance_env *env, wr_engine *e, const wr_settings *settings,
                      wr_arena *scratch)
{
    *env = (wr_instance_env){.engine = e};
    wr_rng_seed(&env->rng, wr_rng_next(&e->rng));
    env->errs.report = ignore_report;
    env->eval = (wr_eval_ctx){.scratch = scratch,
                              .errs = &env->errs,
                              .wall_ms = e->clock->wall_ms(e->clock),
                              .rng = &env->rng,
                              .zone = "UTC"};
    env->base = (wr_plan_env){.catalog = &e->catalog,
                              .settings = settings,
                              .topic = env_topic,
                              .eval = &env->eval,
                              .arg = env};
}
