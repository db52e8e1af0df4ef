/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query files: all statements are checked before any runs.
 *
 * Two passes over the same text. The first plans every statement against a copy of the catalog, to
 * which it adds what the statement would define, so a later statement may use what an earlier one
 * makes; nothing is created. The second executes. Between the two nobody else may change anything,
 * or the check would be worth nothing: the file reserves everything, and its own statements go
 * through that because they have the same owner (reservation.h).
 *
 * Queries that start in the second pass are held until its end, so that all those that read one
 * topic find each other, whatever their order in the file; a restart then finds the same sets.
 *
 * A failure in the second pass (a broker that goes away between the two) ends it where it is; what
 * was created before stays, and a second run of the file takes it up, since ids depend on names.
 */
#include "runtime/instance/reservation.h"
#include "runtime/statement/statement_class.h"

#include <errno.h>
#include <stdio.h>

/* A file that does not fit in a text is no query file. */
#define FILE_BYTES_MAX ((size_t)64 << 20)

/* Whole, before anything is looked at: a file that is written meanwhile is not run in part. */
static weir_status read_file(const char *path, wr_buf *out, weir_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(wr_buf_reserve(out, 65536), 1, 65536, f);
        out->len += n;
    } while (n && out->len <= FILE_BYTES_MAX);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad)
        return wr_error(err, WEIR_ERR_IO, "Cannot read %s: %s", path, strerror(EIO));
    if (out->len > FILE_BYTES_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "%s has more than %zu bytes", path, FILE_BYTES_MAX);
    return WEIR_OK;
}

/* The position in the statement becomes one in the file, so that an editor finds it: path, line and
 * column, as compilers write them. */
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

/* ksqlDB's headless mode: what a service may consist of. The message is ksqlDB's, to the letter. */
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
                    "Unsupported statement. Only the following statements are supported in "
                    "standalone mode: SET, UNSET, DEFINE, UNDEFINE, CREATE STREAM, CREATE TABLE, "
                    "CREATE TYPE, CREATE STREAM AS SELECT, CREATE TABLE AS SELECT, INSERT INTO ... "
                    "SELECT");
        return wr_error_hint(err, "run it in the REPL: weir, or weir -e '...'");
    }
}

/** One reading of a file. */
typedef struct reading {
    wr_engine *engine;
    wr_session session; /* the file's own */
    const char *path;   /* for messages */
    wr_str text;        /* all of the file; spans and positions are of it */
    wr_catalog *check;  /* PASS_CHECK: what earlier statements would make is here; else NULL */
    uint32_t queries;   /* persistent ones that were met */
} reading;

/* Executed in both passes, since what follows depends on them; they change the file's session
 * alone. */
static bool is_of_session(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_SET || s->kind == WR_AST_UNSET || s->kind == WR_AST_DEFINE ||
           s->kind == WR_AST_UNDEFINE;
}

/* What the statement would define is added to the copy of the catalog: the next one may need it. */
static weir_status check_one(reading *r, wr_exec *x, weir_error *err)
{
    bool done;
    r->queries += x->stmt->query != NULL;
    return x->stmt->kind == WR_AST_CREATE_TYPE
               ? wr_catalog_create_type(r->check, x->stmt, &done, err)
               : wr__validate_definition(x, r->check, err);
}

/* A statement of the file, checked or executed. A query that starts waits for the others
 * (run_pass). */
static weir_status one_statement(reading *r, const wr_parse_span *span, weir_error *err)
{
    wr_exec *x;
    WR_TRY(wr_exec_new(r->engine, &r->session, r->text.ptr + span->start, span->end - span->start,
                       &x, err));
    weir_status st = check_headless(x->stmt, err);
    if (st == WEIR_OK && !span->terminated)
        st = wr_error_at(err, WEIR_ERR_SYNTAX, (int64_t)(span->end - span->start),
                         "Missing ';' after the last statement");
    if (st == WEIR_OK && r->check && !is_of_session(x->stmt)) {
        wr__take_settings(x);
        st = check_one(r, x, err);
    } else if (st == WEIR_OK) {
        st = wr_exec_step(x, -1, err);
        st = st == WEIR_DONE ? WEIR_OK : st;
    }
    wr_exec_free(x);
    return st;
}

/* The first failure ends the file. Its place is one in the file, with the file's name before it. */
static weir_status read_statements(reading *r, weir_error *err)
{
    wr_parse_span span;
    for (size_t at = 0; wr_parse_next_span(r->text.ptr, r->text.len, at, &span); at = span.next) {
        weir_status st = span.empty ? WEIR_OK : one_statement(r, &span, err);
        if (st != WEIR_OK)
            return in_file(r->path, r->text, span.start, st, err);
    }
    return WEIR_OK;
}

/* A pass has a session of its own, so that the second begins as the first did. @p check: the copy
 * of the catalog that statements are planned against; NULL: they are executed. */
static weir_status pass(wr_engine *e, const wr_session *base, const void *owner, const char *path,
                        wr_str text, wr_catalog *check, uint32_t *queries, weir_error *err)
{
    reading r = {.engine = e, .path = path, .text = text, .check = check};
    wr_engine_lock(e);
    wr_session_init_from(&r.session, e, base);
    wr_engine_unlock(e);
    r.session.owner = owner;
    WR_ASSERT(r.session.owner); /* its statements go through what the file has reserved */
    weir_status st = read_statements(&r, err);
    wr_session_free(&r.session);
    *queries = r.queries;
    return st;
}

/* Against a copy: nothing of a file that is wrong anywhere is ever created. */
static weir_status check_pass(wr_engine *e, const wr_session *base, const void *owner,
                              const char *path, wr_str text, weir_error *err)
{
    wr_catalog check;
    uint32_t queries;
    wr_engine_lock(e);
    wr_catalog_clone(&check, wr_engine_catalog(e));
    wr_engine_unlock(e);
    weir_status st = pass(e, base, owner, path, text, &check, &queries, err);
    wr_catalog_free(&check);
    if (st == WEIR_OK && queries == 0)
        st = wr_error(err, WEIR_ERR_STATEMENT,
                      "%s: the file has no persistent query (CREATE ... AS SELECT or INSERT INTO "
                      "... SELECT)",
                      path);
    return st;
}

/* Queries of the file that read the same topics find each other before they begin. The hold is
 * released on failure, too: those that were created run, as after a statement that stands alone. */
static weir_status run_pass(wr_engine *e, const wr_session *base, const void *owner,
                            const char *path, wr_str text, weir_error *err)
{
    uint32_t queries;
    wr_scheduler *scheduler = wr_engine_scheduler(e);
    if (scheduler)
        wr_scheduler_hold(scheduler);
    weir_status st = pass(e, base, owner, path, text, NULL, &queries, err);
    weir_error later;
    weir_status released =
        scheduler ? wr_scheduler_release(scheduler, st == WEIR_OK ? err : &later) : WEIR_OK;
    return st == WEIR_OK ? released : st;
}

/* Nobody else's statement comes between the check and the run. */
static weir_status reserve_everything(wr_engine *e, wr_reservation *all, weir_error *err)
{
    wr_wait wait = wr_wait_new(e, NULL, WR_WAIT_STATEMENT_MS);
    weir_status st = WEIR_OK;
    char busy[400];
    wr_reservation_add(all, WR_OBJECT_EVERYTHING, NULL, true);
    wr_engine_lock(e);
    while (wr_reservation_take(all, e, busy, sizeof busy) &&
           (st = wr_wait_check(&wait, busy, err)) == WEIR_OK)
        wr_engine_wait_changed(e, WR_WAIT_SLICE_MS);
    wr_engine_unlock(e);
    if (st != WEIR_OK)
        wr_reservation_clear(all);
    return st;
}

weir_status wr_statement_load_file(wr_engine *e, const wr_session *base, const char *path,
                                   weir_error *err)
{
    wr_buf text = {0};
    wr_reservation all = {0};
    weir_status st = read_file(path, &text, err);
    if (st == WEIR_OK)
        st = reserve_everything(e, &all, err);
    if (st == WEIR_OK) {
        st = check_pass(e, base, &all, path, wr_buf_view(&text), err);
        if (st == WEIR_OK)
            st = run_pass(e, base, &all, path, wr_buf_view(&text), err);
        wr_reservation_release(&all);
    }
    wr_buf_free(&text);
    return st;
}
