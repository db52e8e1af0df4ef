/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query files: all statements of all files are checked before any runs.
 *
 * The files of a service are one program: sources may be in one and queries in another, and what is
 * SET or DEFINEd in one holds in those after it. Two passes over their texts. The first plans every
 * statement against a copy of the catalog, to which it adds what the statement would define, so a
 * later statement may use what an earlier one makes; nothing is created. What has changed since the
 * data directory last saw the queries is decided on then (program_change.h). The second executes.
 * Between the two nobody else may change anything, or the check would be worth nothing: the files
 * reserve everything, and their own statements go through that because they have the same owner
 * (reservation.h).
 *
 * Queries that start in the second pass are held until its end, so that all those that read one
 * topic find each other, whatever their order in the files; a restart then finds the same sets.
 *
 * `weir check` is the first pass alone. What the files may leave to the place where they will run
 * is taken for granted where there is no such place: topics that are there already.
 *
 * What a statement found in the schema registry when it was executed first is kept with the program
 * (service_log.h), and found again where its text is the same: columns stay what they were,
 * whatever was registered since, and a start needs no registry for them. `weir.schemas.refresh`
 * looks anew.
 *
 * A failure in the second pass (a broker that goes away between the two) ends it where it is, and
 * says so; what was created before stays, and a second run takes it up, since ids depend on names.
 */
#include "common/fault.h"
#include "runtime/instance/reservation.h"
#include "runtime/instance/service_log.h"
#include "runtime/statement/kept.h"
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

/** One file of a program. */
typedef struct script_file {
    const char *path; /* for messages */
    wr_buf text;      /* all of it; spans and positions are of it */
} script_file;

/** A statement of a program, by its ordinal: where an error of the check as a whole belongs. */
typedef struct place {
    const script_file *file;
    size_t start; /* in the file's text */
} place;

/** All files of one call, and what is known of their statements after the check. Its session, as
 * SET and DEFINE make it, is a reading's: each of the two passes begins anew. */
typedef struct program {
    wr_engine *engine;
    const wr_session *base;
    atomic_bool *interrupted; /* of all of its statements; the caller's */
    wr_arena *arena;
    script_file *files;
    size_t files_n;
    const char *name;     /* the files' names */
    wr_arr(place) places; /* of its statements */
    wr_check *only_check; /* nothing is executed; NULL: it is */
    wr__changes changes;
    wr_service_list kept;          /* what the directory knows of programs; none: look anew */
    wr_service_statements defined; /* by what was executed; noted in the directory */
    wr_reservation all;
} program;

/** One reading of a program. */
typedef struct reading {
    program *program;
    wr_session session; /* the program's own */
    wr_catalog *check;  /* PASS_CHECK: what earlier statements would make is here; else NULL */
    size_t next;        /* ordinal of the next statement */
} reading;

/* Executed in both passes, since what follows depends on them; they change the program's session
 * alone. */
static bool is_of_session(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_SET || s->kind == WR_AST_UNSET || s->kind == WR_AST_DEFINE ||
           s->kind == WR_AST_UNDEFINE;
}

/* An INSERT is not kept: the schemas of its sink are those of the statement that made that. */
static weir_status find_kept_schemas(const program *p, wr_exec *x, weir_error *err)
{
    bool insert = x->stmt->kind == WR_AST_INSERT_SELECT;
    for (size_t i = 0; i < p->kept.list.n; i++) {
        const wr_service_kept *k = &p->kept.list.v[i];
        if (strcmp(k->program, p->name) != 0 ||
            (!insert && !wr_str_eq(k->statement.sql, x->stmt->text)))
            continue;
        WR_TRY(wr_kept_schemas(&k->statement, wr_engine_registry(p->engine), x->arena, &x->topics,
                               err));
        x->schemas_kept = true;
    }
    return WEIR_OK;
}

/* Policy keep-old: the statement before, instead of the one that the check has just added to the
 * catalog. */
static weir_status check_old(reading *r, const wr_exec *instead, const char *sql, weir_error *err)
{
    wr_exec *x;
    wr__defined defined;
    const char *none;
    WR_ASSERT(r->check && sql && *sql);
    wr_catalog_remove_query(r->check,
                            wr__changes_find(&r->program->changes, r->next)->defined.query_id);
    if (instead->stmt->kind != WR_AST_INSERT_SELECT)
        wr_catalog_remove(r->check, instead->stmt->name.name);
    WR_TRY(wr_exec_new(r->program->engine, &r->session, sql, strlen(sql), &x, err));
    x->interrupt = r->program->interrupted;
    wr__take_settings(x);
    weir_status st = find_kept_schemas(r->program, x, err);
    if (st == WEIR_OK)
        st = wr__validate_definition(x, r->check, &defined, err);
    if (st == WEIR_OK)
        st = wr__changes_add(&r->program->changes, r->next, &defined, &none, err);
    WR_ASSERT(st != WEIR_OK || !none); /* it is the old one already */
    wr_exec_free(x);
    return st;
}

/* Where it is executed, the query says so itself. */
static void warn(const program *p, const char *warning)
{
    if (!warning || !p->only_check || !p->only_check->warn)
        return;
    weir_error at = {0};
    const place *where = &p->places.v[p->places.n - 1]; /* the statement that is being checked */
    wr_error(&at, WEIR_ERR_STATEMENT, "warning: %s", warning);
    in_file(where->file->path, wr_buf_view(&where->file->text), where->start, at.code, &at);
    p->only_check->warn(p->only_check->arg, at.message);
}

/* A topic that has to be there, and whose partitions are the topic's affair. */
static bool takes_topic_as_it_is(const wr_ast_stmt *s)
{
    return s->kind == WR_AST_CREATE_SOURCE && !wr_ast_find_property(s, "PARTITIONS");
}

/* What the statement would define is added to the copy of the catalog: the next one may need it. */
static weir_status check_one(reading *r, wr_exec *x, weir_error *err)
{
    bool done;
    wr__defined defined;
    const char *old_text;
    const wr_check *only = r->program->only_check;
    if (x->stmt->kind == WR_AST_CREATE_TYPE)
        return wr_catalog_create_type(r->check, x->stmt, &done, err);
    x->topics.assume = only && only->assume_topics && takes_topic_as_it_is(x->stmt);
    WR_TRY(wr__validate_definition(x, r->check, &defined, err));
    warn(r->program, defined.warning);
    WR_TRY(wr__changes_add(&r->program->changes, r->next, &defined, &old_text, err));
    return old_text ? check_old(r, x, old_text, err) : WEIR_OK;
}

/* For those who read the directory later (service_tables.h): streams, tables, and the types that
 * they need. An INSERT makes nothing that could be read. */
static void note_definition(program *p, wr_exec *x)
{
    const wr_ast_stmt *s = x->stmt;
    if (s->kind != WR_AST_CREATE_SOURCE && s->kind != WR_AST_CREATE_AS &&
        s->kind != WR_AST_CREATE_TYPE)
        return;
    wr__subject subject = s->kind == WR_AST_CREATE_TYPE ? wr__subject_of_type(x, s->name.name)
                                                        : wr__subject_of_source(x, s->name.name);
    WR_ASSERT(s->name.name && *s->name.name);
    wr_buf bytes = {0};
    const wr_kept k = wr_kept_make(x->arena, subject.text, &x->settings, &x->topics, s->text);
    wr_kept_put(&bytes, &k);
    wr_service_statement one = {
        wr_arena_strdup(p->arena, subject.text),
        wr_str_make(wr_arena_memdup(p->arena, bytes.ptr, bytes.len), bytes.len)};
    wr_arr_push(p->arena, &p->defined.list, one);
    wr_buf_free(&bytes);
}

/* A query that starts waits for the others (run_pass). */
static weir_status run_one(reading *r, wr_exec *x, weir_error *err)
{
    const wr__program_query *q = wr__changes_find(&r->program->changes, r->next);
    WR_ASSERT(!r->check || is_of_session(x->stmt));
    x->program = r->program->name;
    x->given_id = q ? q->as_id : NULL;
    weir_status st = wr_exec_step(x, -1, err);
    if (st != WEIR_DONE)
        return st;
    note_definition(r->program, x);
    return WEIR_OK;
}

/* The text that is executed: that of the file, or the statement before. Checked is that of the file
 * first, since it must be good in any case. */
static wr_str text_of(const reading *r, const script_file *f, const wr_parse_span *span)
{
    const wr__program_query *q = wr__changes_find(&r->program->changes, r->next);
    if (!r->check && q && q->old_text)
        return wr_str_c(q->old_text);
    return wr_str_make(f->text.ptr + span->start, span->end - span->start);
}

/* A statement of the program, checked or executed. */
static weir_status one_statement(reading *r, const script_file *f, const wr_parse_span *span,
                                 weir_error *err)
{
    wr_exec *x;
    wr_str text = text_of(r, f, span);
    WR_TRY(wr_exec_new(r->program->engine, &r->session, text.ptr, text.len, &x, err));
    x->interrupt = r->program->interrupted;
    weir_status st = check_headless(x->stmt, err);
    if (st == WEIR_OK)
        st = find_kept_schemas(r->program, x, err);
    if (st == WEIR_OK && !span->terminated)
        st = wr_error_at(err, WEIR_ERR_SYNTAX, (int64_t)(span->end - span->start),
                         "Missing ';' after the last statement");
    if (st == WEIR_OK && r->check && !is_of_session(x->stmt)) {
        wr__take_settings(x);
        st = check_one(r, x, err);
    } else if (st == WEIR_OK) {
        st = run_one(r, x, err);
    }
    wr_exec_free(x);
    return st;
}

/* The first failure ends the program. Its place is one in the file, with the file's name before it.
 */
static weir_status read_statements(reading *r, const script_file *f, weir_error *err)
{
    wr_parse_span span;
    wr_str text = wr_buf_view(&f->text);
    for (size_t at = 0; wr_parse_next_span(text.ptr, text.len, at, &span); at = span.next) {
        if (span.empty)
            continue;
        if (r->check) {
            place p = {f, span.start};
            wr_arr_push(r->program->arena, &r->program->places, p);
        }
        weir_status st = atomic_exchange(r->program->interrupted, false)
                             ? wr_error(err, WEIR_ERR_INTERRUPTED, "Interrupted")
                             : one_statement(r, f, &span, err);
        if (st != WEIR_OK)
            return in_file(f->path, text, span.start, st, err);
        r->next++;
    }
    return WEIR_OK;
}

/* A pass has a session of its own, so that the second begins as the first did. @p check: the copy
 * of the catalog that statements are planned against; NULL: they are executed. @p done: how many
 * were, without the one that failed. */
static weir_status pass(program *p, wr_catalog *check, size_t *done, weir_error *err)
{
    reading r = {.program = p, .check = check};
    weir_status st = WEIR_OK;
    wr_engine_lock(p->engine);
    wr_session_init_from(&r.session, p->engine, p->base);
    wr_engine_unlock(p->engine);
    WR_ASSERT(p->name && p->files_n > 0);
    r.session.owner = &p->all; /* its statements go through what the program has reserved */
    for (size_t i = 0; i < p->files_n && st == WEIR_OK; i++)
        st = read_statements(&r, &p->files[i], err);
    wr_session_free(&r.session);
    *done = r.next;
    return st;
}

/* Against a copy: nothing of a program that is wrong anywhere is ever created. */
static weir_status check_pass(program *p, weir_error *err)
{
    wr_catalog check;
    size_t done, at = 0;
    wr_engine_lock(p->engine);
    wr_catalog_clone(&check, wr_engine_catalog(p->engine));
    wr_engine_unlock(p->engine);
    weir_status st = pass(p, &check, &done, err);
    wr_catalog_free(&check);
    if (p->only_check) {
        p->only_check->statements = done;
        p->only_check->queries = p->changes.queries.n;
    }
    if (st != WEIR_OK)
        return st;
    if (!p->changes.queries.n && !p->only_check)
        return wr_error(err, WEIR_ERR_STATEMENT,
                        "%s: %s no persistent query (CREATE ... AS SELECT or INSERT INTO ... "
                        "SELECT)",
                        p->name, p->files_n == 1 ? "the file has" : "the files have");
    st = wr__changes_decide(&p->changes, &at, err);
    if (st == WEIR_OK)
        return WEIR_OK;
    WR_ASSERT(at < p->places.n);
    const place *where = &p->places.v[at];
    return in_file(where->file->path, wr_buf_view(&where->file->text), where->start, st, err);
}

/* What of the program is there although it failed: whoever runs it again should know. */
static void say_done(const program *p, size_t done, weir_error *err)
{
    if (!err || done >= p->places.n)
        return;
    const place *failed = &p->places.v[done];
    char before[400];
    WR_ASSERT(failed->file->path);
    snprintf(before, sizeof before, "%s", err->hint);
    if (done == 0)
        wr_error_hint(err, "none of %zu statements was executed%s%s", p->places.n,
                      before[0] ? "; " : "", before);
    else
        wr_error_hint(err,
                      "the %zu of %zu statements before it in %s were executed, and what they made "
                      "stays; it is taken up when the same is run again%s%s",
                      done, p->places.n, failed->file->path, before[0] ? "; " : "", before);
}

/* Queries of the program that read the same topics find each other before they begin. Of a service
 * that fails none begins: what its processes share are groups named by the queries that read
 * together, and one with a part of them would read beside the others what they read, too. Elsewhere
 * those that were created run, as after a statement that stands alone. */
static weir_status run_pass(program *p, weir_error *err)
{
    size_t done;
    wr_scheduler *scheduler = wr_engine_scheduler(p->engine);
    WR_TRY(wr__changes_apply(&p->changes, err));
    if (scheduler)
        wr_scheduler_hold(scheduler);
    weir_status st = pass(p, NULL, &done, err);
    if (st != WEIR_OK)
        say_done(p, done, err);
    else if (wr_engine_is_service(p->engine))
        st = wr_service_log_replace(wr_engine_db(p->engine), p->name, &p->defined, err);
    if (st == WEIR_OK)
        st = wr_fault(WR_FAULT_STATEMENTS_NOTED, err);
    if (!scheduler)
        return st;
    if (st != WEIR_OK && wr_engine_is_service(p->engine)) {
        const weir_error none = {.code = st};
        wr_scheduler_abandon(scheduler, err ? err : &none);
        return st;
    }
    weir_error later;
    weir_status released = wr_scheduler_release(scheduler, st == WEIR_OK ? err : &later);
    return st == WEIR_OK ? released : st;
}

/* Nobody else's statement comes between the check and the run. */
weir_status wr__reserve_everything(wr_engine *e, wr_reservation *all, weir_error *err)
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

/* All of them before the first statement is looked at: what is written meanwhile is not run in
 * part. */
static weir_status read_files(program *p, const char *const *paths, weir_error *err)
{
    wr_buf name = {0};
    weir_status st = WEIR_OK;
    for (size_t i = 0; i < p->files_n && st == WEIR_OK; i++) {
        p->files[i].path = paths[i];
        wr_buf_printf(&name, "%s%s", i ? ", " : "", paths[i]);
        st = read_file(paths[i], &p->files[i].text, err);
    }
    p->name = wr_arena_strndup(p->arena, name.ptr, name.len);
    wr_buf_free(&name);
    return st;
}

/* Records and catalog are looked at after everything is reserved, or they could change. */
static weir_status run_program(program *p, wr_on_change on_change, weir_error *err)
{
    WR_TRY(wr__reserve_everything(p->engine, &p->all, err));
    weir_status st = wr__changes_init(&p->changes, p->engine, p->name, on_change, p->arena, err);
    if (st == WEIR_OK && wr_engine_is_service(p->engine) &&
        !wr_settings_bool(wr_engine_settings(p->engine), "weir.schemas.refresh", false))
        st = wr_service_log_read(wr_engine_db(p->engine), p->arena, &p->kept, err);
    if (st == WEIR_OK)
        st = check_pass(p, err);
    if (st == WEIR_OK && !p->only_check)
        st = run_pass(p, err);
    wr_reservation_release(&p->all);
    return st;
}

/* @p only_check NULL: they are executed as well. */
static weir_status take_files(wr_engine *e, const wr_session *base, const char *const *paths,
                              size_t n, wr_on_change on_change, wr_check *only_check,
                              atomic_bool *interrupted, weir_error *err)
{
    WR_ASSERT(interrupted);
    WR_ASSERT(n > 0 && paths[0] && on_change <= WR_ON_CHANGE_KEEP_OLD);
    wr_arena *a = wr_arena_new(0);
    program p = {.engine = e,
                 .base = base,
                 .interrupted = interrupted,
                 .arena = a,
                 .files = WR_NEW_N(a, script_file, n),
                 .files_n = n,
                 .only_check = only_check};
    weir_status st = read_files(&p, paths, err);
    if (st == WEIR_OK)
        st = run_program(&p, on_change, err);
    if (st == WEIR_ERR_INTERRUPTED) /* by the call that reports it; some only look at the flag */
        atomic_store(interrupted, false);
    for (size_t i = 0; i < n; i++)
        wr_buf_free(&p.files[i].text);
    wr_arena_free(a);
    return st;
}

weir_status wr_statement_load_files(wr_engine *e, const wr_session *base, const char *const *paths,
                                    size_t n, wr_on_change on_change, atomic_bool *interrupted,
                                    weir_error *err)
{
    return take_files(e, base, paths, n, on_change, NULL, interrupted, err);
}

weir_status wr_statement_check_files(wr_engine *e, const wr_session *base, const char *const *paths,
                                     size_t n, wr_check *check, atomic_bool *interrupted,
                                     weir_error *err)
{
    WR_ASSERT(check);
    return take_files(e, base, paths, n, WR_ON_CHANGE_REFUSE, check, interrupted, err);
}
