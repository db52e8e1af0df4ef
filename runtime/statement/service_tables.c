/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defining, in an engine that keeps statements, what the services of its directory define, so that
 * it can be read (offered.h).
 *
 * A definition may need another one, of its own program or of another, or a kept statement, so all
 * are tried in turn as long as one of them succeeds: before the kept statements, which may read
 * what a service makes, and after them. Names that a kept statement defines are its own. What
 * cannot be defined any more (its topic is gone, say) is logged and left out; nothing depends on it
 * but reading.
 */
#include "runtime/statement/service_tables.h"
#include "common/diag.h"
#include "runtime/instance/offered.h"
#include "runtime/instance/query_list.h"
#include "runtime/query/query_record.h"

/* As the service executed it: with its settings, and ids as a service makes them. */
static weir_status define(wr_engine *e, const wr_service_kept *k, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    WR_ASSERT(k->program && k->statement.sql.ptr);
    wr_session_init(&s, e);
    wr_kept_apply_settings(&k->statement, &s);
    weir_status st = wr_exec_new(e, &s, k->statement.sql.ptr, k->statement.sql.len, &x, err);
    if (st == WEIR_OK) {
        st = wr_kept_schemas(&k->statement, wr_engine_registry(e), x->arena, &x->topics, err);
        if (st == WEIR_OK)
            st = wr_exec_step(x, 0, err);
        st = st == WEIR_DONE ? WEIR_OK : st;
        if (st == WEIR_OK && x->stmt->kind != WR_AST_CREATE_TYPE) {
            wr_engine_lock(e);
            wr_engine_offer(e, x->stmt->name.name, x->query_id, k->program);
            wr_engine_unlock(e);
        }
        wr_exec_free(x);
    }
    wr_session_free(&s);
    return st;
}

/* A name that a kept statement defines is that statement's, also where a service had it first. */
static bool is_kept(const wr_kept_list *kept, const char *subject)
{
    for (size_t i = 0; i < kept->list.n; i++)
        if (strcmp(kept->list.v[i].subject, subject) == 0)
            return true;
    return false;
}

/* Queries of services, also those of INSERT, which offer nothing to be read. */
static weir_status offer_sinks(wr_engine *e, wr_arena *a, weir_error *err)
{
    wr_query_records all;
    WR_TRY(wr_query_records_read(wr_engine_db(e), wr_engine_prefix(e), a, &all, err));
    wr_engine_lock(e);
    for (size_t i = 0; i < all.list.n; i++)
        if (all.list.v[i].program[0] && all.list.v[i].sink[0])
            wr_engine_offer_sink(e, all.list.v[i].sink, all.list.v[i].program);
    wr_engine_unlock(e);
    return WEIR_OK;
}

/* A stepped engine has no thread that would run them, a threaded one never starts them. */
static void pause_all(wr_engine *e)
{
    wr_query_pins pins = wr_engine_pin_all(e);
    for (size_t i = 0; i < pins.n; i++)
        if (pins.entries[i]->offered)
            wr_query_pause(pins.entries[i]->query, true);
    wr_engine_unpin_all(e, &pins);
}

/* Read before anything is defined, so that what cannot be read fails the opening early. */
weir_status wr__service_tables_init(wr__service_tables *t, wr_engine *e, const wr_kept_list *kept,
                                    wr_arena *a, weir_error *err)
{
    *t = (wr__service_tables){.engine = e, .arena = a};
    wr_service_list all;
    WR_TRY(wr_service_log_read(wr_engine_db(e), a, &all, err));
    WR_TRY(offer_sinks(e, a, err));
    for (size_t i = 0; i < all.list.n; i++)
        if (!is_kept(kept, all.list.v[i].statement.subject))
            wr_arr_push(a, &t->left, all.list.v[i]);
    return WEIR_OK;
}

/* Each round defines at least one, so the rounds end. A definition whose source comes later in the
 * list, or is a kept statement's, fails in one round and succeeds in the next; nothing is left of
 * the failure, as of any statement that fails. */
void wr__service_tables_define(wr__service_tables *t, bool last)
{
    wr_engine *e = t->engine;
    WR_ASSERT(wr_engine_replaying(e)); /* nothing is kept again, and no query starts */
    wr_engine_lock(e);
    uint64_t next_id = wr_engine_offering(e);
    wr_engine_unlock(e);
    for (bool any = true; any && t->left.n;) {
        size_t left = 0;
        for (size_t i = 0; i < t->left.n; i++) {
            weir_error why = {0};
            if (define(e, &t->left.v[i], &why) == WEIR_OK)
                continue;
            t->reason = why;
            t->left.v[left++] = t->left.v[i];
        }
        WR_ASSERT(left <= t->left.n);
        any = left < t->left.n;
        t->left.n = left;
    }
    wr_engine_lock(e);
    wr_engine_offering_done(e, next_id);
    wr_engine_unlock(e);
    pause_all(e);
    if (last && t->left.n)
        wr_diag_put(WR_DIAG_INFO, "statement",
                    "%zu definitions of %s cannot be offered for reading: %s", t->left.n,
                    t->left.v[0].program, t->reason.message);
}
