/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.sql: one test, named by the file, or many, each from a line `--@test: name` to the next one:
 *
 *     --@test: what it shows
 *     --@expected.error: SomeException      (optional: an error is expected; any class will do)
 *     --@expected.message: part of its text (optional)
 *     CREATE STREAM ...;  INSERT INTO ... VALUES ...;  ASSERT VALUES ...;
 *
 * Statements before the first such line belong to no test, so they are refused. Each test has a
 * world of its own. Statement by statement: what one has written flows through all queries to the
 * end before the next one is looked at.
 */
#include "runtime/testing/testing_internal.h"

#define SCRIPT_DEPTH_MAX 10

typedef struct test {
    wr_str name;       /* ptr NULL: the file's */
    size_t start, end; /* of its statements in the file */
    wr_str message;    /* that must occur; ptr NULL: none */
    bool fails;        /* an error is expected */
} test;

typedef struct run {
    wr__world world;
    wr__cursors cursors;
    const char *path; /* of the file: RUN SCRIPT names others beside it */
    wr_buf place;     /* of the statement that failed; empty until one has */
} run;

/* ---- finding the tests ---- */

static wr_str line_at(wr_str text, size_t at)
{
    WR_ASSERT(at < text.len);
    const char *p = text.ptr + at, *end = memchr(p, '\n', text.len - at);
    return wr_str_make(p, end ? (size_t)(end - p) : text.len - at);
}

/* The text after a directive such as "--@test:", or ptr NULL. */
static wr_str directive(wr_str line, const char *name)
{
    wr_str prefix = wr_str_c(name);
    line = wr_str_trim(line);
    if (!wr_str_starts_with(line, prefix))
        return (wr_str){NULL, 0};
    return wr_str_trim((wr_str){line.ptr + prefix.len, line.len - prefix.len});
}

/* The next test from *at on, in a file whose tests have names or (@p named false) that is one test
 * as a whole. @return false: there is none. */
static bool next_test(wr_str text, size_t *at, bool named, test *out)
{
    bool found = !named && *at == 0;
    *out = (test){0};
    while (*at < text.len) {
        wr_str line = line_at(text, *at);
        wr_str name = directive(line, "--@test:");
        if (name.ptr && found)
            break;
        *at += line.len + (*at + line.len < text.len);
        if (name.ptr) {
            found = true;
            out->name = name;
            out->start = *at;
        }
        wr_str message = directive(line, "--@expected.message:");
        if (message.ptr)
            out->message = message;
        if (message.ptr || directive(line, "--@expected.error:").ptr)
            out->fails = true;
    }
    out->end = *at;
    WR_ASSERT(out->start <= out->end && out->end <= text.len);
    return found;
}

/* Is there a line `--@test: name`? Then @p first is set to the offset of the first one. */
static bool has_named_tests(wr_str text, size_t *first)
{
    for (*first = 0; *first < text.len;) {
        wr_str line = line_at(text, *first);
        if (directive(line, "--@test:").ptr)
            return true;
        *first += line.len + (*first + line.len < text.len);
    }
    return false;
}

/* ---- running one ---- */

static weir_status run_script(run *r, const char *path, wr_str text, size_t from, int depth,
                              weir_error *err);

static weir_status run_script_file(run *r, const char *name, int depth, weir_error *err)
{
    wr_buf path = {0}, text = {0};
    WR_ASSERT(depth >= 0 && depth <= SCRIPT_DEPTH_MAX);
    const char *slash = strrchr(r->path, '/');
    if (depth >= SCRIPT_DEPTH_MAX)
        return wr_error(err, WEIR_ERR_LIMIT, "RUN SCRIPT is nested more than %d deep",
                        SCRIPT_DEPTH_MAX);
    if (slash && name[0] != '/')
        wr_buf_put(&path, r->path, (size_t)(slash - r->path) + 1);
    wr_buf_puts(&path, name);
    weir_status st = wr__read_file(wr_buf_cstr(&path), &text, err);
    if (st == WEIR_OK)
        st = run_script(r, wr_buf_cstr(&path), wr_buf_view(&text), 0, depth + 1, err);
    wr_buf_free(&path);
    wr_buf_free(&text);
    return st;
}

static weir_status execute(run *r, wr_exec *x, int depth, weir_error *err)
{
    switch (x->stmt->kind) {
    case WR_AST_ASSERT_VALUES:
    case WR_AST_ASSERT_NULL_VALUES:
    case WR_AST_ASSERT_SOURCE:
        return wr__assert(&r->world, &r->cursors, x, err);
    case WR_AST_RUN_SCRIPT:
        return run_script_file(r, x->stmt->text1, depth, err);
    default:
        WR_TRY(wr__world_execute(&r->world, x, err));
        return wr__flow_new(&r->world, err);
    }
}

static weir_status run_span(run *r, wr_str text, const wr_parse_span *span, int depth,
                            weir_error *err)
{
    wr_exec *x;
    wr_str sql = wr_str_make(text.ptr + span->start, span->end - span->start);
    /* First its own mistakes: a quote or a comment without an end takes the ';' with it. */
    WR_TRY(wr__world_prepare(&r->world, sql, &x, err));
    weir_status st = span->terminated
                         ? execute(r, x, depth, err)
                         : wr_error(err, WEIR_ERR_SYNTAX, "Missing ';' after the last statement");
    wr_exec_free(x);
    return st;
}

/* The statements of @p text, the content of a file, up to its end; they begin at @p from. The first
 * failure ends it; its place is that of the innermost script. */
static weir_status run_script(run *r, const char *path, wr_str text, size_t from, int depth,
                              weir_error *err)
{
    wr_parse_span span;
    WR_ASSERT(from <= text.len && r->place.len == 0);
    for (size_t at = from; wr_parse_next_span(text.ptr, text.len, at, &span); at = span.next) {
        weir_status st = span.empty ? WEIR_OK : run_span(r, text, &span, depth, err);
        if (st != WEIR_OK && !r->place.len)
            wr__put_place(&r->place, path, text, &span, err);
        if (st != WEIR_OK)
            return st;
    }
    return WEIR_OK;
}

/* The failure that the test asks for is a success. */
static weir_status judge(const test *t, weir_status st, weir_error *err)
{
    if (!t->fails)
        return st;
    if (st == WEIR_OK)
        return wr_error(err, WEIR_ERR_ASSERT, "Expected an error" WR_STR_FMT WR_STR_FMT,
                        WR_STR_ARG(t->message.ptr ? WR_STR(": ") : WR_STR("")),
                        WR_STR_ARG(t->message));
    if (t->message.ptr &&
        !memmem(err->message, strlen(err->message), t->message.ptr, t->message.len)) {
        wr_error_prefix(
            err, "Expected an error with '" WR_STR_FMT "', but got: ", WR_STR_ARG(t->message));
        return err->code;
    }
    return WEIR_OK;
}

static bool run_test(const wr__test_options *options, const char *path, wr_str text, const test *t)
{
    run r = {.path = path};
    weir_error err = {0};
    wr_buf name = {0};
    WR_ASSERT(t->start <= t->end && t->end <= text.len);
    wr_map_init(&r.cursors.next);
    weir_status st = wr__world_open(options, WR__TEST_FILE, NULL, &r.world, &err);
    if (st == WEIR_OK)
        st = judge(t, run_script(&r, path, wr_str_make(text.ptr, t->end), t->start, 0, &err), &err);
    if (st != WEIR_OK && !r.place.len && t->name.ptr) { /* no statement has failed */
        size_t at = (size_t)(t->name.ptr - text.ptr);
        wr_parse_span directive_line = {.start = at, .end = at + t->name.len};
        wr__put_place(&r.place, path, text, &directive_line, &(weir_error){0});
    }
    wr_buf_puts(&name, path);
    if (t->name.ptr)
        wr_buf_printf(&name, ": " WR_STR_FMT, WR_STR_ARG(t->name));
    const char *place = r.place.len ? wr_buf_cstr(&r.place) : NULL;
    wr__failure why = {wr__bare_message(&err), place, err.hint};
    wr__verdict(options, wr_buf_cstr(&name), st == WEIR_OK ? NULL : &why);
    wr_buf_free(&name);
    wr_buf_free(&r.place);
    wr_map_free(&r.cursors.next);
    wr__world_close(&r.world);
    return st == WEIR_OK;
}

/* Statements that belong to no test would never run: an error, not a silence. */
static bool refuse_strays(const wr__test_options *options, const char *path, wr_str text,
                          size_t first_test)
{
    wr_parse_span span = {0};
    wr_buf place = {0};
    weir_error err = {0};
    bool stray = wr_parse_next_span(text.ptr, first_test, 0, &span) && !span.empty;
    if (stray) {
        wr__put_place(&place, path, text, &span, &err);
        wr__failure why = {"The statements before the first line `--@test: name` are in no test",
                           wr_buf_cstr(&place), NULL};
        wr__verdict(options, path, &why);
    }
    wr_buf_free(&place);
    return stray;
}

static bool run_tests(const wr__test_options *options, const char *path, wr_str text)
{
    bool good = true;
    size_t first_test;
    wr_parse_span span = {0};
    test t;
    bool named = has_named_tests(text, &first_test);
    if (named && refuse_strays(options, path, text, first_test))
        return false;
    if (!named && !(wr_parse_next_span(text.ptr, text.len, 0, &span) && !span.empty)) {
        wr__verdict(options, path, &(wr__failure){.message = "There is no statement in the file"});
        return false;
    }
    for (size_t at = 0; next_test(text, &at, named, &t);)
        good = run_test(options, path, text, &t) && good;
    return good;
}

bool wr__sql_file_run(const wr__test_options *options, const char *path)
{
    wr_buf text = {0};
    weir_error err = {0};
    bool good = wr__read_file(path, &text, &err) == WEIR_OK;
    if (good)
        good = run_tests(options, path, wr_buf_view(&text));
    else
        wr__verdict(options, path, &(wr__failure){.message = err.message});
    wr_buf_free(&text);
    return good;
}
