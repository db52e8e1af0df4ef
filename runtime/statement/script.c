/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query files: all statements are checked before any runs.
 */
#include "runtime/statement/statement_internal.h"

#include <errno.h>
#include <stdio.h>

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

weir_status wr_statement_load_file(wr_engine *e, const wr_session *base, const char *path,
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
        if (e->hub)
            wr_hub_hold(e->hub);
        st = run_file(e, base, path, wr_buf_view(&text), PASS_RUN, NULL, &queries, err);
        weir_error later;
        weir_status released =
            e->hub ? wr_hub_release(e->hub, st == WEIR_OK ? err : &later) : WEIR_OK;
        if (st == WEIR_OK)
            st = released;
    }
    wr_engine_unlock(e);
    wr_buf_free(&text);
    return st;
}
