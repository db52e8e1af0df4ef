/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping statements, and executing them again when an engine is opened.
 */
#include "common/diag.h"
#include "runtime/instance/statement_log.h"
#include "runtime/statement/statement_internal.h"

weir_status wr__keep_statement(const wr_exec *x, const char *subject, uint64_t id, weir_error *err)
{
    wr_engine *e = x->engine;
    if (!e->keep_statements || e->replaying)
        return WEIR_OK;
    return wr_statement_log_put(e->db, id, subject, &x->session->settings, x->stmt->text, err);
}

static weir_status replay_one(wr_engine *e, const wr_kept *n, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    wr_session_init(&s, e);
    wr_statement_log_settings(&s, n->settings);
    e->next_id = n->id;
    weir_status st = wr_exec_new(e, &s, n->sql, strlen(n->sql), &x, err);
    if (st == WEIR_OK) {
        st = wr_exec_step(x, 0, err);
        st = st == WEIR_DONE || st == WEIR_ROW ? WEIR_OK : st;
        wr_exec_free(x);
    }
    e->next_id = n->id + 1;
    wr_session_free(&s);
    return st;
}

static weir_status replay(wr_engine *e, weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_kept *all;
    size_t n = 0;
    weir_status st = wr_statement_log_read(e->db, a, &all, &n, err);
    e->replaying = true;
    for (size_t i = 0; i < n && st == WEIR_OK; i++) {
        weir_error why = {0};
        if (replay_one(e, &all[i], &why) != WEIR_OK)
            wr_diag_put(WR_DIAG_ERROR, "catalog",
                        "a statement of an earlier session cannot be taken up again: %s (%s)",
                        why.message, all[i].sql);
    }
    e->replaying = false;
    wr_arena_free(a);
    return st;
}

weir_status wr_statement_open_engine(const wr_engine_options *options, wr_engine **out,
                                     weir_error *err)
{
    wr_engine *e;
    WR_TRY(wr_engine_open(options, &e, err));
    weir_status st = options->keep_statements ? replay(e, err) : WEIR_OK;
    if (st == WEIR_OK)
        st = wr_engine_start_queries(e, err);
    if (st != WEIR_OK) {
        wr_engine_close(e, NULL);
        return st;
    }
    *out = e;
    return WEIR_OK;
}
