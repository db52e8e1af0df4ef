/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ASSERT statements of test files expect, planned with the same code as the statements
 * they look like: INSERT VALUES and CREATE. The comparison is the test runner's (runtime/testing).
 *
 * One thread, no reservations: the engine of a test is driven by hand, and nobody else has it.
 */
#include "runtime/statement/statement.h"

/* @pre the lock is held */
static void env_init(wr_exec *x, wr_instance_env *env)
{
    wr_instance_env_init(env, x->engine, wr_engine_catalog(x->engine), &x->session->settings,
                         &x->topics, x->arena);
}

weir_status wr_exec_expected_values(wr_exec *x, wr_insert **out, weir_error *err)
{
    wr_instance_env env;
    wr_engine_lock(x->engine);
    env_init(x, &env);
    WR_ASSERT(!x->executed); /* an ASSERT is compared, never executed */
    weir_status st = wr_plan_expected_values(&env.base, x->stmt, out, err);
    wr_engine_unlock(x->engine);
    if (st != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

/* The assertion is about the declaration, so every topic is there, as ksqlDB has it. */
static bool any_topic(const wr_plan_env *env, const char *name, wr_topic_facts *out,
                      weir_status *st, weir_error *err)
{
    (void)env;
    (void)name;
    (void)err;
    *st = WEIR_OK;
    *out = (wr_topic_facts){1, 1, -1};
    return true;
}

/* Without waiting for others: nobody else registers in the registry of a test. The loop ends, since
 * each round has one answer more.
 * The same planning as CREATE's, so what an ASSERT takes is what a statement takes. */
weir_status wr_exec_expected_source(wr_exec *x, wr_source **out, weir_error *err)
{
    weir_status st;
    for (;;) {
        wr_instance_env env;
        wr_new_topic topic = {0};
        wr_engine_lock(x->engine);
        env_init(x, &env);
        env.base.topic = any_topic;
        st = wr_plan_create_source(&env.base, x->stmt, out, &topic, err);
        wr_engine_unlock(x->engine);
        if (!wr_instance_env_asks(&env))
            break;
        if (st == WEIR_OK)
            wr_source_unref(*out);
        st = wr_instance_look_up(x->engine, &env, NULL, &x->topics, x->arena, err);
        if (st != WEIR_OK)
            break;
    }
    if (st != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}
