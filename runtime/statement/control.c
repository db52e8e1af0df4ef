/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TERMINATE, PAUSE, RESUME: of one query, or of all but those that belong to a source table.
 *
 * Each query is reserved, so statements about one query come one after the other: a RESUME during a
 * PAUSE waits until the pause is complete. Of ALL, queries are reserved together; where one cannot
 * be stopped in time the statement fails, and those before it are terminated.
 *
 * TERMINATE: hold the query (query_list.h), note its end, take it out of catalog and list together,
 * free it with its state. What fails before the note is written leaves the query running; after it
 * nothing fails. PAUSE keeps the query in the list, with its tasks closed and everything committed;
 * RESUME opens them again. A query that has failed stays failed: neither does anything to it.
 */
#include "runtime/instance/query_list.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/planned.h"
#include "runtime/statement/statement_class.h"

/** One query that the statement is about. */
typedef struct target {
    wr_query_entry *entry; /* reserved, so it stays in the list until this statement takes it out */
    const char *id;        /* a copy */
    const char *sink;      /* of the query; NULL: an INSERT, which is about itself alone */
} target;

typedef struct targets {
    wr_arr(target) list; /* in order of creation; in the statement's arena */
} targets;

static const char *verb(const wr_exec *x)
{
    return x->stmt->kind == WR_AST_TERMINATE ? "terminate"
           : x->stmt->kind == WR_AST_PAUSE   ? "pause"
                                             : "resume";
}

/* ---- which; under the lock ---- */

/* Its table has no rows without it, so it lives and ends with the table: DROP TABLE ends it. */
static bool linked_to_source_table(const wr_query_info *info)
{
    return info && !*info->sink;
}

/* Ids are copied: the query is gone before the statement is. */
static void add(wr_exec *x, targets *t, wr_query_entry *entry, const wr_query_info *info,
                wr_reservation *needs)
{
    const char *id = wr_arena_strdup(x->arena, wr_query_id(entry->query));
    const char *sink = info && !info->insert ? wr_arena_strdup(x->arena, info->sink) : NULL;
    target one = {entry, id, sink};
    wr_arr_push(x->arena, &t->list, one);
    wr_reservation_add(needs, WR_OBJECT_QUERY, id, true);
}

/* Found anew each time it is planned: while it waited for a reservation queries may have come and
 * gone. ALL leaves out those of source tables; one of them by name is an error. */
static weir_status plan(wr_exec *x, wr_instance_env *env, void *arg, wr_reservation *needs,
                        weir_error *err)
{
    targets *t = arg;
    const wr_ast_stmt *stmt = x->stmt;
    wr_query_entry *entry;
    *t = (targets){0};
    for (size_t i = 0; stmt->all && (entry = wr_engine_entry_at(x->engine, i)); i++) {
        const wr_query_info *info = wr_catalog_query(env->base.catalog, wr_query_id(entry->query));
        if (!linked_to_source_table(info) && !entry->offered)
            add(x, t, entry, info, needs);
    }
    if (stmt->all)
        return WEIR_OK;
    entry = wr_engine_find_entry(x->engine, stmt->name.name);
    if (!entry)
        entry = wr_engine_find_entry_any_case(x->engine, stmt->name.name);
    if (!entry)
        return wr_error_at(err, WEIR_ERR_NOT_FOUND, stmt->name.pos, "Unknown queryId: %s",
                           stmt->name.name);
    const wr_query_info *info = wr_catalog_query(env->base.catalog, wr_query_id(entry->query));
    if (linked_to_source_table(info))
        return wr_error_at(err, WEIR_ERR_STATEMENT, stmt->name.pos,
                           "Cannot %s query '%s' because it is linked to a source table.", verb(x),
                           wr_query_id(entry->query));
    if (info) /* one of a service is read here, and stopped where it runs */
        WR_TRY(wr__check_not_offered(x, "The query of", info->sink, err));
    add(x, t, entry, info, needs);
    return WEIR_OK;
}

/* ---- what; without the lock ---- */

/* The query of an INSERT is forgotten as if it had never been; that of a CREATE ... AS must not be
 * started again, so its end is part of the history. The end of this query alone: ALL, executed
 * again, would also end queries that others made meanwhile. */
static weir_status keep(wr_exec *x, const target *t, weir_error *err)
{
    if (!t->sink)
        return wr__forget_statements(x, wr__subject_of_query(x, t->id), err);
    wr_engine_lock(x->engine);
    uint64_t number = wr_engine_take_id(x->engine);
    wr_engine_unlock(x->engine);
    WR_ASSERT(*t->sink && *t->id);
    wr_buf sql = {0};
    wr_buf_puts(&sql, "TERMINATE ");
    wr_ast_print_name(&sql, t->id);
    weir_status st =
        wr__keep_text(x, wr__subject_of_source(x, t->sink), number, wr_buf_view(&sql), err);
    wr_buf_free(&sql);
    return st;
}

/* One for each query: what ALL means must not depend on who executes it. */
static void propose(wr_exec *x, const target *t)
{
    static const char *const verbs[] = {"TERMINATE ", "PAUSE ", "RESUME "};
    wr_buf sql = {0};
    WR_ASSERT(x->checking && *t->id);
    wr_buf_puts(&sql, verbs[x->stmt->kind == WR_AST_TERMINATE ? 0
                            : x->stmt->kind == WR_AST_PAUSE   ? 1
                                                              : 2]);
    wr_ast_print_name(&sql, t->id);
    wr__propose(x, t->sink ? wr__subject_of_source(x, t->sink) : wr__subject_of_query(x, t->id),
                wr_buf_view(&sql));
    wr_buf_free(&sql);
}

/* State, group and internal topics go with the query; that may ask the log, so without the lock. */
static weir_status terminate(wr_exec *x, const target *t, const wr_wait *wait, weir_error *err)
{
    wr_engine *e = x->engine;
    WR_TRY(wr_query_entry_hold(t->entry, wait, err));
    weir_status st = keep(x, t, err);
    if (st != WEIR_OK) {
        wr_query_entry_resume(e, t->entry);
        return st;
    }
    wr_engine_lock(e);
    WR_ASSERT(wr_engine_find_entry(e, t->id) == t->entry);
    wr_query *gone = wr_query_entry_remove(e, t->entry);
    wr_catalog_remove_query(wr_engine_catalog(e), t->id);
    WR_ASSERT(!wr_engine_find_entry(e, t->id));
    wr_engine_unlock(e);
    wr_query_free(gone, true);
    return WEIR_OK;
}

/* An INSERT that was left out when the engine was opened: no query has its id, but the log of
 * statements has. TERMINATE is how an operator gets rid of it for good. */
static weir_status terminate_skipped(wr_exec *x, bool *done, weir_error *err)
{
    wr__subject subject = wr__subject_of_query(x, x->stmt->name.name);
    WR_TRY(wr__was_skipped(x, subject, done, err));
    return *done ? wr__forget_statements(x, subject, err) : WEIR_OK;
}

/* From the last to the first: those that read what others write go before them. */
weir_status wr__execute_control(wr_exec *x, weir_error *err)
{
    targets t = {0};
    wr_reservation held = {0};
    wr__planner planner = {plan, NULL, &t};
    weir_error why = {0};
    weir_status st = wr__plan(x, &planner, &held, &why);
    bool skipped = false;
    if (st == WEIR_ERR_NOT_FOUND && x->stmt->kind == WR_AST_TERMINATE)
        WR_TRY(terminate_skipped(x, &skipped, err));
    if (st != WEIR_OK && !skipped) {
        if (err)
            *err = why;
        return st;
    }
    if (!skipped)
        wr_engine_unlock(x->engine);
    st = WEIR_OK;
    wr_wait wait = wr_wait_new(x->engine, x->interrupt, WR_WAIT_STATEMENT_MS);
    for (size_t i = t.list.n; i-- > 0 && st == WEIR_OK;) {
        if (x->checking)
            propose(x, &t.list.v[i]);
        else if (x->stmt->kind == WR_AST_TERMINATE)
            st = terminate(x, &t.list.v[i], &wait, err);
        else
            wr_query_pause(t.list.v[i].entry->query, x->stmt->kind == WR_AST_PAUSE);
    }
    wr_reservation_release(&held);
    if (st == WEIR_OK)
        wr__say(x, "%s %sd.", x->stmt->all ? "All queries" : "Query", verb(x));
    return st;
}
