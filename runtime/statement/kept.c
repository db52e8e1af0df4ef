/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping statements: their subjects, and those that the operator wants to be left out.
 *
 * A subject names what a statement is about, so that DROP finds everything that was said about it:
 * CREATE, ALTER, OR REPLACE and the TERMINATE of its query. Subjects are made in the statement's
 * arena at their full length; two long names never become one. The letter before the name keeps a
 * source, a type and a query of one name apart.
 *
 * The log of statements is in the engine's database. Writing to it may wait for the disk, so it is
 * done without the engine's lock: the reservations of the statement keep others from its subject.
 * It is on disk on return, also on Kafka, where the database has no write-ahead log: state comes
 * back from changelogs, statements from nowhere else.
 */
#include "runtime/statement/kept.h"
#include "runtime/statement/history.h"

#include <stdlib.h>

wr__subject wr__subject_of_source(wr_exec *x, const char *name)
{
    return (wr__subject){wr_arena_printf(x->arena, "S:%s", name)};
}

wr__subject wr__subject_of_type(wr_exec *x, const char *name)
{
    return (wr__subject){wr_arena_printf(x->arena, "T:%s", name)};
}

wr__subject wr__subject_of_query(wr_exec *x, const char *id)
{
    return (wr__subject){wr_arena_printf(x->arena, "Q:%s", id)};
}

weir_status wr__keep_text(const wr_exec *x, wr__subject subject, uint64_t id, wr_str sql,
                          weir_error *err)
{
    if (!wr_engine_keeps_statements(x->engine))
        return WEIR_OK;
    WR_ASSERT(subject.text[1] == ':');
    WR_ASSERT(sql.len > 0);
    wr_arena *a = wr_arena_new(0);
    wr_kept k = wr_kept_make(a, subject.text, &x->settings, &x->topics, sql);
    k.id = id;
    weir_status st = wr_statement_log_put(wr_engine_db(x->engine), &k, err);
    wr_arena_free(a);
    return st;
}

/* What may be refused today, a limit or a name that a service has, was allowed then, and other
 * statements were made with it. While an engine is opened everything is a repetition, also what a
 * service of its directory has defined. */
bool wr__is_repeated(const wr_exec *x)
{
    WR_ASSERT(x->engine);
    return x->repetition != WR_FIRST_TIME || wr_engine_replaying(x->engine);
}

bool wr__is_definition(const wr_ast_stmt *stmt)
{
    switch (stmt->kind) {
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
    case WR_AST_ALTER_SOURCE:
    case WR_AST_INSERT_SELECT:
    case WR_AST_DROP_SOURCE:
    case WR_AST_CREATE_TYPE:
    case WR_AST_DROP_TYPE:
    case WR_AST_TERMINATE:
    case WR_AST_PAUSE:
    case WR_AST_RESUME:
        return true;
    default:
        return false;
    }
}

/* In the statement's arena, so that the texts last as long as it does. */
void wr__propose(wr_exec *x, wr__subject subject, wr_str sql)
{
    WR_ASSERT(x->checking && subject.text[1] == ':' && sql.len > 0);
    wr_kept k = wr_kept_make(x->arena, subject.text, &x->settings, &x->topics, sql);
    k.sql = wr_arena_str(x->arena, sql);
    wr_arr_push(x->arena, &x->proposed.list, k);
}

weir_status wr__keep_statement(const wr_exec *x, wr__subject subject, uint64_t id, weir_error *err)
{
    return wr__keep_text(x, subject, id, x->stmt->text, err);
}

weir_status wr__forget_statements(const wr_exec *x, wr__subject subject, weir_error *err)
{
    if (!wr_engine_keeps_statements(x->engine))
        return WEIR_OK;
    WR_ASSERT(subject.text[1] == ':');
    return wr_statement_log_forget(wr_engine_db(x->engine), subject.text, err);
}

/* ---- what was dropped ---- */

/* Each round removes the entries of one source, which may have been the last to need another. */
static weir_status remove_left_over(wr_db *db, weir_error *err)
{
    weir_status st = WEIR_OK;
    for (bool any = true; any && st == WEIR_OK;) {
        wr_arena *a = wr_arena_new(0);
        wr_kept_list kept;
        st = wr_statement_log_read(db, a, &kept, err);
        const char *subject = st == WEIR_OK ? wr__history_left_over(&kept) : NULL;
        any = subject != NULL;
        if (any)
            st = wr_statement_log_forget(db, subject, err);
        wr_arena_free(a);
    }
    return st;
}

/* Without DELETE TOPIC: executed again, it would be about a topic that others may have by then. */
static weir_status keep_drop(wr_exec *x, wr__subject subject, weir_error *err)
{
    wr_engine_lock(x->engine);
    uint64_t number = wr_engine_take_id(x->engine);
    wr_engine_unlock(x->engine);
    wr_buf sql = {0};
    wr_buf_puts(&sql, x->stmt->is_table ? "DROP TABLE " : "DROP STREAM ");
    wr_ast_print_name(&sql, subject.text + 2);
    weir_status st = wr__keep_text(x, subject, number, wr_buf_view(&sql), err);
    wr_buf_free(&sql);
    return st;
}

/* The log is read as a whole: a DROP is rare, and a log has as many entries as there were
 * definitions. */
weir_status wr__forget_source(wr_exec *x, const char *name, weir_error *err)
{
    if (!wr_engine_keeps_statements(x->engine))
        return WEIR_OK;
    WR_ASSERT(x->stmt->kind == WR_AST_DROP_SOURCE);
    wr_db *db = wr_engine_db(x->engine);
    wr__subject subject = wr__subject_of_source(x, name);
    wr_arena *a = wr_arena_new(0);
    wr_kept_list kept;
    weir_status st = wr_statement_log_read(db, a, &kept, err);
    bool needed = st == WEIR_OK && wr__history_needs(&kept, subject.text);
    wr_arena_free(a);
    WR_TRY(st);
    if (needed)
        return keep_drop(x, subject, err);
    WR_TRY(wr_statement_log_forget(db, subject.text, err));
    return remove_left_over(db, err);
}

/* ---- left out ---- */

/* Of the server's settings: a session cannot skip what was decided when the engine was opened. */
static const char *skip_list(const wr_engine *e)
{
    const char *list = wr_settings_get(wr_engine_settings(e), "weir.statements.skip");
    return list ? list : "";
}

/* A list of numbers with anything between them. One that is no statement's number skips nothing. */
bool wr__is_skipped(const wr_engine *e, uint64_t id)
{
    for (const char *p = skip_list(e); *p;) {
        char *end;
        if (strtoull(p, &end, 10) == id && end != p)
            return true;
        p = end == p ? p + 1 : end; /* over what separates the numbers */
    }
    return false;
}

/* The log is read only where something is skipped at all, so an ordinary mistake stays cheap. */
weir_status wr__was_skipped(const wr_exec *x, wr__subject subject, bool *yes, weir_error *err)
{
    *yes = false;
    if (!wr_engine_keeps_statements(x->engine) || !*skip_list(x->engine))
        return WEIR_OK;
    wr_arena *a = wr_arena_new(0);
    wr_kept_list kept;
    weir_status st = wr_statement_log_read(wr_engine_db(x->engine), a, &kept, err);
    for (size_t i = 0; st == WEIR_OK && i < kept.list.n; i++)
        *yes = *yes || (strcmp(kept.list.v[i].subject, subject.text) == 0 &&
                        wr__is_skipped(x->engine, kept.list.v[i].id));
    wr_arena_free(a);
    return st;
}
