/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an engine with what was kept: each statement is executed again, in order, as it was then,
 * with its settings and its number. Then the queries start, all together. What services of the
 * directory define is there as well, for reading (service_tables.h).
 *
 * A statement that cannot be executed any more (its topic is gone, a setting or a format is refused
 * by a newer version, the broker does not answer) fails the opening. Going on without it would let
 * its query disappear, with everything that is made of it, and a later DROP or CREATE of the same
 * name would make that final. So nothing runs, nothing that was kept is touched, and the message
 * says which statement it is, and how to open without it: `weir.statements.skip`.
 */
#include "common/diag.h"
#include "runtime/instance/query_list.h"
#include "runtime/instance/statement_log.h"
#include "runtime/query/query_record.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/service_tables.h"

/* As it was then: its settings in a session of its own, and its number, which is in its query's id,
 * and with that in the names of its state, its topics and its group. */
static weir_status replay_one(wr_engine *e, const wr_kept *k, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    wr_session_init(&s, e);
    wr_kept_apply_settings(k, &s);
    wr_engine_lock(e);
    wr_engine_set_next_id(e, k->id);
    wr_engine_unlock(e);
    weir_status st = wr_exec_new(e, &s, k->sql.ptr, k->sql.len, &x, err);
    if (st == WEIR_OK) {
        st = wr_kept_schemas(k, wr_engine_registry(e), x->arena, &x->topics, err);
        if (st == WEIR_OK)
            st = wr_exec_step(x, 0, err);
        st = st == WEIR_DONE || st == WEIR_ROW ? WEIR_OK : st;
        wr_exec_free(x);
    }
    wr_session_free(&s);
    WR_ASSERT(wr_engine_replaying(e));
    wr_engine_lock(e);
    wr_engine_set_next_id(e, k->id + 1);
    wr_engine_unlock(e);
    return st;
}

/* What an operator needs: which one, why, and what to do about it. Its text is cut: a statement may
 * be larger than a message. */
static weir_status explain_failure(const wr_kept *k, const weir_error *why, weir_error *err)
{
    unsigned long long id = (unsigned long long)k->id;
    wr_error(err, why->code,
             "Statement %llu of an earlier session cannot be executed again: %s\n%.*s", id,
             why->message, (int)WR_MIN(k->sql.len, 400u), k->sql.ptr);
    if (err)
        err->flags = why->flags;
    return wr_error_hint(err,
                         "nothing was changed. Correct what is wrong, or open without the "
                         "statement: --set weir.statements.skip=%llu",
                         id);
}

/* In the order of their numbers. Those that were dropped since are not there any more. */
static weir_status replay(wr_engine *e, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_kept_list kept;
    wr__service_tables service;
    weir_status st = wr_statement_log_read(wr_engine_db(e), a, &kept, err);
    if (st == WEIR_OK)
        st = wr__service_tables_init(&service, e, &kept, a, err);
    wr_engine_set_replaying(e, true); /* statements are not kept again, and no query starts */
    if (st == WEIR_OK)
        wr__service_tables_define(&service, false);
    for (size_t i = 0; st == WEIR_OK && i < kept.list.n; i++) {
        const wr_kept *k = &kept.list.v[i];
        weir_error why = {0};
        if (wr__is_skipped(e, k->id))
            wr_diag_put(WR_DIAG_WARN, "statement",
                        "statement %llu is left out, as weir.statements.skip says: %s",
                        (unsigned long long)k->id, k->sql.ptr);
        else if (replay_one(e, k, &why) != WEIR_OK)
            st = explain_failure(k, &why, err);
    }
    if (st == WEIR_OK)
        wr__service_tables_define(&service, true);
    uint64_t next = 0;
    if (st == WEIR_OK)
        st = wr_statement_log_next(wr_engine_db(e), &kept, &next, err);
    if (st == WEIR_OK) {
        wr_engine_lock(e); /* a number that was skipped, or dropped, is not given again */
        wr_engine_set_next_id(e, next);
        wr_engine_unlock(e);
    }
    wr_engine_set_replaying(e, false);
    wr_arena_free(a);
    return st;
}

/* A newer version may plan a statement otherwise, or a statement was left out: state that means
 * something else to the plan is not opened, and no query runs until that is decided on. */
/* Those that are offered do not run, and are their service's to compare. */
static weir_status check_states(wr_engine *e, weir_error *err)
{
    weir_status st = WEIR_OK;
    wr_query_pins pins = wr_engine_pin_all(e);
    for (size_t i = 0; i < pins.n && st == WEIR_OK; i++) {
        wr_query *q = pins.entries[i]->query;
        wr_buf how = {0};
        WR_ASSERT(wr_query_detached(q) || wr_engine_mode_of(e) != WR_ENGINE_THREADED);
        st =
            wr_query_state_difference(wr_engine_db(e), wr_query_id(q), wr_query_plan(q), &how, err);
        if (st == WEIR_OK && how.len && !pins.entries[i]->offered) {
            st = wr_error(err, WEIR_ERR_CONFIG,
                          "Nothing was started: the state of query %s was made by a statement that "
                          "means something else (%s)",
                          wr_query_id(q), wr_buf_cstr(&how));
            (void)wr_error_hint(err, "`weir reset %s` lets it begin anew", wr_query_id(q));
        }
        wr_buf_free(&how);
    }
    wr_engine_unpin_all(e, &pins);
    return st;
}

/* Nothing has run when this fails: queries start last. */
weir_status wr_statement_open_engine(const wr_engine_options *options, wr_engine **out,
                                     weir_error *err)
{
    wr_engine *e;
    WR_TRY(wr_engine_open(options, &e, err));
    weir_status st = options->keep_statements ? replay(e, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = check_states(e, err);
    if (st == WEIR_OK)
        st = wr_engine_start_queries(e, err);
    if (st != WEIR_OK) {
        (void)wr_engine_close(e, NULL);
        return st;
    }
    *out = e;
    return WEIR_OK;
}
