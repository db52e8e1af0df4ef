/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning as a loop, since it may not wait under the lock (plan_env.h, reservation.h): it is done
 * again whenever something had to be looked up, or somebody else had an object.
 *
 * How often? Each round either looks up one more topic that the statement names, or has waited for
 * somebody else, so it ends with the statement's topics or its deadline. Planning takes less than a
 * millisecond.
 */
#include "runtime/statement/planned.h"

/* Back to before the planning: what it made is freed, and nothing is reserved. */
static void give_up(const wr__planner *p, wr_reservation *held)
{
    if (p->discard)
        p->discard(p->arg);
    wr_reservation_clear(held);
}

/* On success the lock is held, so that what was planned is still true while the caller takes pins
 * and numbers; on failure it is not. */
weir_status wr__plan(wr_exec *x, const wr__planner *p, wr_reservation *held, weir_error *err)
{
    wr_engine *e = x->engine;
    wr_wait wait = wr_wait_new(e, x->interrupt, WR_WAIT_STATEMENT_MS);
    const wr_registry_interrupt interrupt = wr_wait_in_registry(&wait);
    WR_ASSERT(!held->engine && held->n == 0);
    held->owner = x->session->owner;
    for (;;) {
        wr_instance_env env;
        char busy[400];
        wr_engine_lock(e);
        wr_instance_env_init(&env, e, wr_engine_catalog(e), &x->settings, &x->topics, x->arena);
        weir_status st = p->plan(x, &env, p->arg, held, err);
        if (wr_instance_env_asks(&env) || st != WEIR_OK) {
            wr_engine_unlock(e);
            give_up(p, held);
            if (!wr_instance_env_asks(&env))
                return st;
            if (x->at_once)
                return WEIR_ERR_INTERRUPTED;
            WR_TRY(wr_instance_look_up(e, &env, &interrupt, &x->topics, x->arena, err));
            continue;
        }
        const char *taken = env.busy ? env.busy : wr_reservation_take(held, e, busy, sizeof busy);
        if (!taken)
            return WEIR_OK;
        give_up(p, held);
        if (x->at_once) {
            wr_engine_unlock(e);
            return WEIR_ERR_INTERRUPTED;
        }
        x->topics = (wr_known_topics){0}; /* the other one may be making or deleting them */
        st = wr_wait_check(&wait, taken, err);
        if (st == WEIR_OK)
            wr_engine_wait_changed(e, WR_WAIT_SLICE_MS);
        wr_engine_unlock(e);
        if (st != WEIR_OK)
            return st;
    }
}
