/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning a history without an effect (rehearse.h).
 *
 * A definition is validated as those of query files are (wr__validate_definition); the others
 * change the catalog by what they are. Numbers are those of the history, since TERMINATE names a
 * query by its id, and that comes of a number.
 *
 * Asking for topics and schemas is all that reaches the outside. The catalog is the caller's alone,
 * so nobody waits for it, and it may be looked at afterwards.
 */
#include "runtime/statement/rehearse.h"
#include "runtime/instance/command_log.h"
#include "runtime/statement/explain.h"
#include "runtime/statement/history.h"
#include "runtime/statement/kept.h"
#include "runtime/statement/statement_class.h"

#include <stdio.h>

enum { READ_MS = 500, READ_MAX_MS = 60000 };

/* ---- planning ---- */

/* The id that its query had, as define.c makes it: TERMINATE and PAUSE later in the history name
 * it. An INSERT is kept under it; OR REPLACE goes on with the old one. */
static const char *id_of(const wr_exec *x, const wr_catalog *c, const wr_kept *k)
{
    const wr_ast_stmt *s = x->stmt;
    const wr_source *old = s->name.name ? wr_catalog_find(c, s->name.name) : NULL;
    if (s->kind == WR_AST_INSERT_SELECT)
        return wr_arena_strdup(x->arena, k->subject + 2);
    if (old && old->query_id && wr_catalog_query(c, old->query_id))
        return wr_arena_strdup(x->arena, old->query_id);
    const char *kind = s->kind == WR_AST_CREATE_SOURCE ? "CST" : s->is_table ? "CTAS" : "CSAS";
    return wr_arena_printf(x->arena, "%s_%.200s_%llu", kind, s->name.name,
                           (unsigned long long)k->id);
}

/* IF EXISTS of none is no failure; its query goes with the source. */
static weir_status drop(wr_catalog *c, const wr_ast_stmt *s, weir_error *err)
{
    wr_source *source;
    WR_TRY(wr_catalog_check_drop(c, s, &source, err));
    if (!source)
        return WEIR_OK;
    if (source->query_id)
        wr_catalog_remove_query(c, source->query_id);
    wr_catalog_remove(c, s->name.name);
    return WEIR_OK;
}

/* A pause changes nothing of the catalog, but its query has to be there. */
static weir_status control(wr_catalog *c, const wr_ast_stmt *s, weir_error *err)
{
    if (!wr_catalog_query(c, s->name.name))
        return wr_error(err, WEIR_ERR_NOT_FOUND, "Unknown queryId: %s", s->name.name);
    if (s->kind == WR_AST_TERMINATE)
        wr_catalog_remove_query(c, s->name.name);
    return WEIR_OK;
}

/* By kind; what may not be in a history is refused. */
static weir_status plan(wr_exec *x, wr_catalog *c, const wr_kept *k, weir_error *err)
{
    bool done;
    wr__defined defined;
    switch (x->stmt->kind) {
    case WR_AST_DROP_SOURCE:
        return drop(c, x->stmt, err);
    case WR_AST_CREATE_TYPE:
        return wr_catalog_create_type(c, x->stmt, &done, err);
    case WR_AST_DROP_TYPE:
        return wr_catalog_drop_type(c, x->stmt, &done, err);
    case WR_AST_TERMINATE:
    case WR_AST_PAUSE:
    case WR_AST_RESUME:
        return control(c, x->stmt, err);
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
    case WR_AST_ALTER_SOURCE:
    case WR_AST_INSERT_SELECT:
        x->given_id = id_of(x, c, k);
        return wr__validate_definition(x, c, &defined, err);
    default:
        return wr_error(err, WEIR_ERR_STATEMENT, "It is no definition");
    }
}

/* An id that nothing has, where nobody has given one: two INSERTs must not get the same. */
static void name_query(wr_exec *x, const wr_catalog *c)
{
    const wr_ast_stmt *s = x->stmt;
    unsigned long long n;
    wr_engine_lock(x->engine);
    n = (unsigned long long)wr_engine_next_id(x->engine) + c->queries.live;
    wr_engine_unlock(x->engine);
    if (s->kind != WR_AST_INSERT_SELECT || wr_ast_find_property(s, "QUERY_ID"))
        return;
    const char *id = wr_arena_printf(x->arena, "INSERTQUERY_%llu", n);
    x->given_id = id;
}

/* An id is of a query that is there, or that the request's others make. */
static weir_status validate_explain(wr_exec *x, const wr_catalog *c, weir_error *err)
{
    wr_query *q;
    if (x->stmt->child || wr_catalog_query(c, x->stmt->name.name))
        return WEIR_OK;
    wr_engine_lock(x->engine);
    weir_status st = wr__find_running(x, &q, err);
    wr_engine_unlock(x->engine);
    return st;
}

/* It looks, and can be wrong by what the request's others do before it. */
static weir_status validate_describe(const wr_exec *x, const wr_catalog *c, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt;
    if (s->describe != WR_AST_DESCRIBE_SOURCE || wr_catalog_find(c, s->name.name))
        return WEIR_OK;
    return wr_error_at(err, WEIR_ERR_NOT_FOUND, s->name.pos,
                       "Could not find STREAM/TABLE '%s' in the Metastore", s->name.name);
}

/* On the catalog as the statements before it would leave it; topics and schemas are asked about as
 * for a statement that is executed. */
weir_status wr_exec_validate(wr_exec *x, wr_catalog *c, weir_error *err)
{
    const wr_ast_stmt *s = x->stmt;
    WR_ASSERT(!x->executed && !wr__is_repeated(x));
    wr__take_settings(x);
    if (s->kind == WR_AST_DESCRIBE)
        return validate_describe(x, c, err);
    if (s->kind == WR_AST_EXPLAIN)
        return validate_explain(x, c, err);
    if (s->kind == WR_AST_INSERT_VALUES)
        return wr_plan_insert_counts(s, err);
    if (!wr__is_definition(s) || s->all)
        return WEIR_OK;
    if (s->kind == WR_AST_CREATE_SOURCE || s->kind == WR_AST_CREATE_AS ||
        s->kind == WR_AST_ALTER_SOURCE || s->kind == WR_AST_INSERT_SELECT) {
        wr__defined defined;
        name_query(x, c);
        weir_status st = wr__validate_definition(x, c, &defined, err);
        x->given_id = NULL;
        return st;
    }
    return plan(x, c, NULL, err);
}

/* As a repetition: no limit and no rule of today forbids it. */
weir_status wr__rehearse(wr_engine *e, wr_catalog *c, const wr_kept *k, weir_error *err)
{
    wr_session s;
    wr_exec *x;
    WR_ASSERT(k->subject && k->subject[1] == ':');
    wr_session_init(&s, e);
    wr_kept_apply_settings(k, &s);
    weir_status st = wr_exec_new(e, &s, k->sql.ptr, k->sql.len, &x, err);
    if (st == WEIR_OK) {
        x->repetition = WR_REPEATED_OTHER;
        wr__take_settings(x);
        st = wr_kept_schemas(k, wr_engine_registry(e), x->arena, &x->topics, err);
        if (st == WEIR_OK)
            st = plan(x, c, k, err);
        wr_exec_free(x);
    }
    wr_session_free(&s);
    return st;
}

/* ---- reading ---- */

/* In the order in which they are found. */
static void add_problem(wr__history *h, wr_arena *a, const char *text)
{
    wr_arr_push(a, &h->problems, text);
}

/* Also where entries cannot be read: which ones is what is asked for. */
static weir_status read_directory(wr_engine *e, wr_arena *a, wr__history *h, weir_error *err)
{
    wr_kept_bad bad;
    weir_error why;
    WR_TRY(wr_statement_log_scan(wr_engine_db(e), a, &h->kept, &bad, err));
    for (size_t i = 0; i < bad.keys.n; i++)
        add_problem(h, a,
                    wr_arena_printf(a,
                                    "the kept statement '%s' cannot be read: it is damaged, or a "
                                    "newer Weir has written it",
                                    bad.keys.v[i]));
    if (wr_statement_log_next(wr_engine_db(e), &h->kept, &h->next, &why) != WEIR_OK)
        add_problem(h, a, wr_arena_strdup(a, why.message));
    return WEIR_OK;
}

/* Late records are no problem: somebody else was first, which its writer has dealt with. */
static void add_record(wr__history *h, wr_arena *a, const wr_command_read *r)
{
    if (r->fate == WR_COMMAND_EFFECTIVE) {
        if (r->command.replaces) /* it has put all of that aside */
            h->problems.n = 0;
        wr__history_add_command(&h->kept, a, &r->command);
    } else if (r->fate == WR_COMMAND_UNREADABLE) {
        add_problem(h, a,
                    wr_arena_printf(a, "the record at offset %lld cannot be read: %s",
                                    (long long)r->offset,
                                    r->kind == WR_COMMAND_NEWER
                                        ? "a newer Weir has written it"
                                        : "it is damaged, or another program has written it"));
    }
}

/* To its end as of now. What comes later is seen by the next reading. */
static weir_status read_topic(wr_engine *e, wr_command_log *log, wr_arena *a, wr__history *h,
                              weir_error *err)
{
    int64_t end;
    const wr_wait wait = wr_wait_new(e, NULL, READ_MAX_MS);
    WR_TRY(wr_command_log_end(log, &end, err));
    while (wr_command_log_position(log) < end) {
        wr_command_read r;
        bool any;
        WR_TRY(wr_command_log_read(log, READ_MS, a, &r, &any, err));
        if (any)
            add_record(h, a, &r);
        WR_TRY(wr_wait_check(&wait, "the command topic is being read", err));
    }
    h->tip = wr_command_log_tip(log);
    h->next = wr_command_log_next_number(log);
    return WEIR_OK;
}

/* By the settings: the handle that is used for this keeps no statements itself. */
static bool is_in_topic(const wr_engine *e)
{
    return wr_engine_on_kafka(e) &&
           wr_settings_bool(wr_engine_settings(e), "weir.command.topic", true);
}

const char *wr__history_place(wr_engine *e, wr_arena *a)
{
    if (!is_in_topic(e))
        return "the data directory";
    wr_buf name = {0};
    wr_command_topic(wr_engine_settings(e), &name);
    const char *text = wr_arena_strndup(a, name.ptr, name.len);
    wr_buf_free(&name);
    return text;
}

/* The topic is not made: a service that has none has a wrong name, as a rule. */
weir_status wr__history_read(wr_engine *e, wr_arena *a, wr__history *out, weir_error *err)
{
    WR_ASSERT(!wr_engine_sharing(e));
    *out = (wr__history){.in_topic = is_in_topic(e)};
    if (!out->in_topic)
        return read_directory(e, a, out, err);
    wr_command_log *log;
    weir_status st = wr_command_log_open(wr_engine_log(e), wr_engine_settings(e), false, &log, err);
    if (st == WEIR_ERR_NOT_FOUND) {
        wr_error(err, st, "The service has no command topic: %s", wr__history_place(e, a));
        return wr_error_hint(err, "--set ksql.service.id=... says which service; --directory reads "
                                  "what a data directory has kept by itself");
    }
    if (st == WEIR_OK) {
        st = read_topic(e, log, a, out, err);
        wr_command_log_close(log);
    }
    return st;
}
