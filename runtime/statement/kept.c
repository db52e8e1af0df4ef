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
#include "runtime/instance/statement_log.h"

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
    return wr_statement_log_put(wr_engine_db(x->engine), id, subject.text, &x->settings, &x->topics,
                                sql, err);
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
