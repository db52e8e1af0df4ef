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
 *
 * The statements of a service on Kafka are in its command topic (sharing.h), and one that cannot be
 * executed in this process is left out of it, and reported.
 */
#include "common/diag.h"
#include "runtime/instance/query_list.h"
#include "runtime/instance/statement_log.h"
#include "runtime/query/query_record.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/repeat.h"
#include "runtime/statement/sharing.h"
#include "runtime/statement/service_tables.h"

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

/* Where the statements are and which number comes next: here, or in the service's topic. */
static weir_status read_history(wr_engine *e, wr_arena *a, wr_kept_list *out, uint64_t *next,
                                weir_error *err)
{
    if (wr_engine_shares_statements(e))
        return wr__sharing_open(e, a, out, next, err);
    WR_TRY(wr_statement_log_read(wr_engine_db(e), a, out, err));
    return wr_statement_log_next(wr_engine_db(e), out, next, err);
}

/* In the order of their numbers. Those that were dropped since are not there any more. A service
 * has other processes, in which the statement may be all right: this one goes on without it. */
static weir_status replay(wr_engine *e, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_kept_list kept = {0};
    uint64_t next = 0;
    wr__service_tables service;
    bool shared = wr_engine_shares_statements(e);
    weir_status st = read_history(e, a, &kept, &next, err);
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
        else if (wr__repeat(e, k, WR_REPEATED_OTHER, NULL, NULL, &why) == WEIR_OK)
            continue;
        else if (shared)
            wr__sharing_left_out(e, k, &why);
        else
            st = explain_failure(k, &why, err);
    }
    if (st == WEIR_OK)
        wr__service_tables_define(&service, true);
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
    if (st == WEIR_OK && wr_engine_shares_statements(e))
        st = wr__sharing_start(e, err);
    if (st != WEIR_OK) {
        (void)wr_engine_close(e, NULL);
        return st;
    }
    *out = e;
    return WEIR_OK;
}
