/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executing a statement of the history again (repeat.h). What limits and rules would say today does
 * not matter (wr__is_repeated): it was allowed when it was new.
 */
#include "runtime/statement/repeat.h"
#include "runtime/statement/kept.h"

/* The same way for a directory's own history, for what another process has shared, and for what
 * this one has: so all of them end with the same catalog. Its settings are in a session of its own,
 * and its number is in its query's id, and with that in the names of its state, its topics and its
 * group. */
weir_status wr__repeat(wr_engine *e, const wr_kept *k, wr_repetition how, wr_arena *a,
                       wr__repeated *out, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    WR_ASSERT(how != WR_FIRST_TIME && !a == !out);
    wr_session_init(&s, e);
    wr_kept_apply_settings(k, &s);
    wr_engine_lock(e);
    wr_engine_set_next_id(e, k->id);
    wr_engine_unlock(e);
    weir_status st = wr_exec_new(e, &s, k->sql.ptr, k->sql.len, &x, err);
    if (st == WEIR_OK) {
        x->repetition = how;
        if (!wr__is_definition(x->stmt)) /* written by somebody else */
            st = wr_error(err, WEIR_ERR_STATEMENT, "It is no definition");
        if (st == WEIR_OK)
            st = wr_kept_schemas(k, wr_engine_registry(e), x->arena, &x->topics, err);
        if (st == WEIR_OK)
            st = wr_exec_step(x, 0, err);
        st = st == WEIR_DONE || st == WEIR_ROW ? WEIR_OK : st;
        if (st == WEIR_OK && out)
            *out = (wr__repeated){wr_arena_strdup(a, x->message), wr_arena_strdup(a, x->query_id)};
        wr_exec_free(x);
    }
    wr_session_free(&s);
    WR_ASSERT(k->id < UINT64_MAX);
    wr_engine_lock(e);
    wr_engine_set_next_id(e, k->id + 1);
    wr_engine_unlock(e);
    return st;
}
