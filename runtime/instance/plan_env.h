/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_env.h - what planning may know of the outside, made for one statement.
 *
 * Planning happens under the engine's lock, so it cannot ask a broker or a schema registry. It is
 * given what is known of topics and schemas so far; one that it asks for in vain is noted in
 * `missing` or `missing_schema`, and whatever came of the planning is thrown away: the caller gives
 * the lock back, has it looked up, and plans again. Planning has no effects outside its outputs, so
 * it may be repeated.
 */
#ifndef WR_RUNTIME_INSTANCE_PLAN_ENV_H
#define WR_RUNTIME_INSTANCE_PLAN_ENV_H

#include "runtime/instance/engine.h"

/** What the log said of one topic. */
typedef struct wr_known_topic {
    const char *name; /* in the arena of the list */
    bool exists;
    wr_topic_facts facts;
} wr_known_topic;
/** What the schema registry said: of a subject, its latest schema; or of an id. The schema is the
 *  registry's and stays as long as the engine. One statement sees one answer, however often it is
 *  planned: two parts of a plan never disagree. */
typedef struct wr_known_schema {
    const char *subject;              /* asked for by id: not compared */
    uint32_t id;                      /* 0: the latest of the subject */
    const wr_registry_schema *schema; /* NULL: there is none */
} wr_known_schema;
/** What a statement has found out so far of the log and of the registry. */
typedef struct wr_known_topics {
    wr_arr(wr_known_topic) list;
    wr_arr(wr_known_schema) schemas;
    bool assume; /* a topic that is not there is taken for there, with nothing known of it */
} wr_known_topics;

typedef struct wr_instance_env {
    wr_plan_env base; /* first: planning gives it back */
    const wr_known_topics *topics;
    wr_engine *engine;
    const char *missing;            /* a topic that has to be looked up; NULL: none */
    wr_known_schema missing_schema; /* likewise a schema; subject NULL: none */
    const char *busy; /* set by a statement: plan again when others are done; NULL: go on */
    wr_eval_ctx eval;
    wr_row_errors errs;
    wr_rng rng;
    wr_arena *scratch;
} wr_instance_env;

/** Under the lock. @p catalog: the engine's, or one that a file is checked against. */
void wr_instance_env_init(wr_instance_env *env, wr_engine *e, const wr_catalog *catalog,
                          const wr_settings *settings, const wr_known_topics *topics,
                          wr_arena *scratch);
/** Was something asked for that is not known yet? Then what came of the planning does not count. */
static inline bool wr_instance_env_asks(const wr_instance_env *env)
{
    return env->missing || env->missing_schema.subject;
}
/** Ask for what is missing, without the lock, and add the answer to @p topics. @p interrupt may
 *  end the wait for a registry; NULL: nobody does. */
weir_status wr_instance_look_up(wr_engine *e, const wr_instance_env *env,
                                const wr_registry_interrupt *interrupt, wr_known_topics *topics,
                                wr_arena *a, weir_error *err) WR_MUST_CHECK;

#endif
