/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement: text to tree (variables substituted), then step by step; and query files.
 */
#include "runtime/server/internal.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* ---- life ---- */

static weir_status parse(wr_exec *x, const char *sql, size_t len, weir_error *err)
{
    wr_str text = wr_str_make(sql, len);
    if (len > WR_PARSE_TEXT_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "The statement is longer than %zu bytes",
                        (size_t)WR_PARSE_TEXT_MAX);
    if (wr_settings_bool(&x->session->settings, "ksql.variable.substitution.enable", true))
        WR_TRY(wr_parse_substitute(sql, len, &x->session->variables, x->arena, &text, err));
    x->text = wr_arena_strndup(x->arena, text.ptr, text.len);
    return wr_parse_statement(x->text, text.len, x->arena, &x->stmt, err);
}

static wr_exec_kind kind_of(const wr_ast_stmt *s)
{
    switch (s->kind) {
    case WR_AST_QUERY:
        return s->query->emit == WR_AST_EMIT_NONE ? WR_EXEC_PULL : WR_EXEC_PUSH;
    case WR_AST_PRINT:
        return WR_EXEC_PRINT;
    case WR_AST_SHOW:
    case WR_AST_DESCRIBE:
        return WR_EXEC_TABLE;
    case WR_AST_EXPLAIN:
        return s->analyze ? WR_EXEC_ANALYZE : WR_EXEC_TEXT;
    default:
        return WR_EXEC_COMMAND;
    }
}

weir_status wr_exec_new(wr_engine *e, wr_session *s, const char *sql, size_t len, wr_exec **out,
                        weir_error *err)
{
    wr_arena *a = wr_arena_new(0);
    wr_exec *x = WR_NEW(a, wr_exec);
    x->arena = a;
    x->engine = e;
    x->session = s;
    x->heading = x->message = x->query_id = "";
    x->left = -1;
    wr_engine_lock(e); /* the session's variables may be changed by another thread's DEFINE */
    weir_status st = parse(x, sql, len, err);
    wr_engine_unlock(e);
    if (st != WEIR_OK) {
        wr_arena_free(a);
        return st;
    }
    x->kind = kind_of(x->stmt);
    *out = x;
    return WEIR_OK;
}

void wr_exec_free(wr_exec *x)
{
    if (!x)
        return;
    wr__close_rows(x);
    wr__close_print(x);
    wr_arena_free(x->arena);
}

void wr_exec_interrupt(wr_exec *x)
{
    atomic_store(&x->interrupted, true);
}

/* ---- stepping ---- */

static weir_status execute(wr_exec *x, weir_error *err)
{
    weir_status st;
    if (x->kind == WR_EXEC_PULL)
        wr__wait_for_writes(x->engine);
    wr_engine_lock(x->engine);
    if (x->kind == WR_EXEC_PUSH)
        st = wr__open_push(x, err);
    else if (x->kind == WR_EXEC_PULL)
        st = wr__open_pull(x, err);
    else if (x->kind == WR_EXEC_PRINT)
        st = wr__open_print(x, err);
    else
        st = wr__execute(x, err);
    wr_engine_unlock(x->engine);
    if (st == WEIR_OK) {
        x->executed = true;
    } else {
        x->schema = NULL; /* it belongs to the plan, which goes */
        wr__close_rows(x);
        wr__close_print(x);
    }
    return st;
}

weir_status wr_exec_describe(wr_exec *x, weir_error *err)
{
    bool query = x->kind == WR_EXEC_PULL || x->kind == WR_EXEC_PUSH;
    if (x->executed || !query)
        return WEIR_OK;
    weir_status st = execute(x, err);
    if (st != WEIR_OK)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

static weir_status next_text(wr_exec *x)
{
    if (x->text_next == x->text_rows.n)
        return WEIR_DONE;
    x->row_text = x->text_rows.v[x->text_next++];
    return WEIR_ROW;
}

static weir_status next_values(wr_exec *x)
{
    if (x->value_next == x->value_rows.n)
        return WEIR_DONE;
    x->row = x->value_rows.v[x->value_next++];
    return WEIR_ROW;
}

weir_status wr_exec_step(wr_exec *x, int timeout_ms, weir_error *err)
{
    weir_status st = WEIR_OK;
    x->row = NULL;
    x->row_text = NULL;
    x->tombstone = false;
    if (x->done)
        return WEIR_DONE;
    if (!x->executed)
        st = execute(x, err);
    if (st == WEIR_OK) {
        switch (x->kind) {
        case WR_EXEC_PUSH:
        case WR_EXEC_PULL:
            st = wr__step_rows(x, timeout_ms, err);
            break;
        case WR_EXEC_PRINT:
            st = wr__step_print(x, timeout_ms, err);
            break;
        case WR_EXEC_ANALYZE:
            st = next_values(x);
            break;
        default:
            st = next_text(x);
            break;
        }
    }
    if (st == WEIR_DONE)
        x->done = true;
    else if (st != WEIR_ROW)
        wr_error_locate(err, x->text, strlen(x->text));
    return st;
}

/* ---- query files ---- */

static weir_status read_file(const char *path, wr_buf *out, weir_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(wr_buf_reserve(out, 65536), 1, 65536, f);
        out->len += n;
    } while (n);
    bool bad = ferror(f) != 0;
    fclose(f);
    return bad ? wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(EIO)) : WEIR_OK;
}

/* The position in the statement becomes one in the file. */
static weir_status in_file(const char *path, wr_str text, size_t start, weir_status st,
                           weir_error *err)
{
    if (!err)
        return st;
    err->offset = (int64_t)start + (err->offset > 0 ? err->offset : 0);
    wr_error_locate(err, text.ptr, text.len);
    wr_error_prefix(err, "%s:%d:%d: ", path, err->line, err->column);
    return st;
}

static weir_status check_headless(const wr_ast_stmt *s, weir_error *err)
{
    switch (s->kind) {
    case WR_AST_SET:
    case WR_AST_UNSET:
    case WR_AST_DEFINE:
    case WR_AST_UNDEFINE:
    case WR_AST_CREATE_SOURCE:
    case WR_AST_CREATE_AS:
    case WR_AST_CREATE_TYPE:
    case WR_AST_INSERT_SELECT:
        return WEIR_OK;
    default:
        wr_error_at(err, WEIR_ERR_STATEMENT, s->pos,
                    "Unsupported statement. Only the following statements are supporting in "
                    "standalone mode: SET, UNSET, DEFINE, UNDEFINE, CREATE STREAM, CREATE TABLE, "
                    "CREATE TYPE, CREATE STREAM AS SELECT, CREATE TABLE AS SELECT, INSERT INTO ... "
                    "SELECT");
        return wr_error_hint(err, "run it in the REPL: weir, or weir -e '...'");
    }
}

typedef enum file_pass { PASS_CHECK, PASS_RUN } file_pass;

/** A file's own session, on top of @p base (may be NULL). */
static void file_session(wr_session *s, const wr_engine *e, const wr_session *base)
{
    wr_session_init(s, e);
    if (!base)
        return;
    wr_settings_free(&s->settings);
    wr_settings_init(&s->settings, &base->settings);
    const wr_map_entry *v;
    for (size_t i = 0; (v = wr_map_next(&base->variables, &i));)
        wr_map_put(&s->variables, v->key, wr_strdup(v->value));
}

static weir_status run_file(wr_engine *e, const wr_session *base, const char *path, wr_str text,
                            file_pass pass, wr_catalog *check, uint32_t *queries, weir_error *err)
{
    wr_session session;
    file_session(&session, e, base);
    weir_status st = WEIR_OK;
    wr_parse_span span;
    for (size_t at = 0; st == WEIR_OK && wr_parse_next_span(text.ptr, text.len, at, &span);
         at = span.next) {
        if (span.empty)
            continue;
        wr_exec *x = NULL;
        st = wr_exec_new(e, &session, text.ptr + span.start, span.end - span.start, &x, err);
        if (st == WEIR_OK)
            st = check_headless(x->stmt, err);
        if (st == WEIR_OK && !span.terminated)
            st = wr_error_at(err, WEIR_ERR_SYNTAX, (int64_t)(span.end - span.start),
                             "Missing ';' behind the last statement");
        if (st == WEIR_OK) {
            bool local = x->kind == WR_EXEC_COMMAND &&
                         (x->stmt->kind == WR_AST_SET || x->stmt->kind == WR_AST_UNSET ||
                          x->stmt->kind == WR_AST_DEFINE || x->stmt->kind == WR_AST_UNDEFINE);
            if (pass == PASS_CHECK && !local) {
                st = wr__validate(x, check, err);
                *queries += x->stmt->query != NULL;
            } else {
                st = wr_exec_step(x, -1, err);
                st = st == WEIR_DONE ? WEIR_OK : st;
            }
        }
        if (st != WEIR_OK)
            in_file(path, text, span.start, st, err);
        wr_exec_free(x);
    }
    wr_session_free(&session);
    return st;
}

weir_status wr_engine_load_file(wr_engine *e, const wr_session *base, const char *path,
                                weir_error *err)
{
    wr_buf text = {0};
    wr_catalog check;
    uint32_t queries = 0;
    weir_status st = read_file(path, &text, err);
    wr_engine_lock(e); /* nobody else's statement between the check and the run */
    if (st == WEIR_OK) {
        wr_catalog_clone(&check, &e->catalog);
        st = run_file(e, base, path, wr_buf_view(&text), PASS_CHECK, &check, &queries, err);
        wr_catalog_free(&check);
    }
    if (st == WEIR_OK && queries == 0)
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "%s: the file has no persistent query (CREATE ... AS SELECT or INSERT INTO "
                      "... SELECT)",
                      path);
    if (st == WEIR_OK) {
        if (e->scheduler)
            wr_scheduler_hold(e->scheduler);
        st = run_file(e, base, path, wr_buf_view(&text), PASS_RUN, NULL, &queries, err);
        weir_error later;
        weir_status released =
            e->scheduler ? wr_scheduler_release(e->scheduler, st == WEIR_OK ? err : &later)
                         : WEIR_OK;
        if (st == WEIR_OK)
            st = released;
    }
    wr_engine_unlock(e);
    wr_buf_free(&text);
    return st;
}
