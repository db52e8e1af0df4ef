/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.sql: many tests, each from a line `--@test: name` to the next one:
 *
 *     --@test: what it shows
 *     --@expected.error: SomeException      (optional: an error is expected; any class will do)
 *     --@expected.message: part of its text (optional)
 *     CREATE STREAM ...;  INSERT INTO ... VALUES ...;  ASSERT VALUES ...;
 *
 * Each test has a world of its own. Statement by statement: what one has written flows through all
 * queries to the end before the next one is looked at.
 */
#include "runtime/testing/testing_internal.h"

#define SCRIPT_DEPTH_MAX 10

typedef struct test {
    wr_str name, body;
    wr_str message; /* that must occur; ptr NULL: none */
    bool fails;     /* an error is expected */
} test;

typedef struct run {
    wr__world world;
    wr__cursors cursors;
    const char *path; /* of the file: RUN SCRIPT names others beside it */
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

/* The next test from *at on. @return false: there is none. */
static bool next_test(wr_str text, size_t *at, test *out)
{
    bool found = false;
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
            out->body.ptr = text.ptr + *at;
        }
        wr_str message = directive(line, "--@expected.message:");
        if (message.ptr)
            out->message = message;
        if (message.ptr || directive(line, "--@expected.error:").ptr)
            out->fails = true;
    }
    if (found)
        out->body.len = (uint32_t)(text.ptr + *at - out->body.ptr);
    WR_ASSERT(*at <= text.len && out->body.len <= text.len);
    return found;
}

/* ---- running one ---- */

static weir_status run_script(run *r, wr_str text, int depth, weir_error *err);

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
        st = run_script(r, wr_buf_view(&text), depth + 1, err);
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

static weir_status run_script(run *r, wr_str text, int depth, weir_error *err)
{
    wr_parse_span span;
    for (size_t at = 0; wr_parse_next_span(text.ptr, text.len, at, &span); at = span.next) {
        wr_exec *x;
        wr_str sql = wr_str_make(text.ptr + span.start, span.end - span.start);
        if (span.empty)
            continue;
        if (!span.terminated)
            return wr_error(err, WEIR_ERR_SYNTAX, "Missing ';' after the last statement");
        weir_status st = wr__world_prepare(&r->world, sql, &x, err);
        if (st == WEIR_OK) {
            st = execute(r, x, depth, err);
            wr_exec_free(x);
        }
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

static bool run_test(const wr__test_options *options, const char *path, const test *t)
{
    run r = {.path = path};
    weir_error err = {0};
    wr_buf name = {0};
    WR_ASSERT(t->name.ptr && t->body.ptr);
    wr_map_init(&r.cursors.next);
    weir_status st = wr__world_open(options, WR__TEST_FILE, NULL, &r.world, &err);
    if (st == WEIR_OK)
        st = judge(t, run_script(&r, t->body, 0, &err), &err);
    wr_buf_printf(&name, "%s: " WR_STR_FMT, path, WR_STR_ARG(t->name));
    wr__verdict(options, wr_buf_cstr(&name), st == WEIR_OK ? NULL : err.message);
    wr_buf_free(&name);
    wr_map_free(&r.cursors.next);
    wr__world_close(&r.world);
    return st == WEIR_OK;
}

bool wr__sql_file_run(const wr__test_options *options, const char *path)
{
    wr_buf text = {0};
    weir_error err = {0};
    bool good = true, any = false;
    test t;
    if (wr__read_file(path, &text, &err) != WEIR_OK) {
        wr__verdict(options, path, err.message);
        wr_buf_free(&text);
        return false;
    }
    wr_str all = wr_buf_view(&text);
    for (size_t at = 0; next_test(all, &at, &t);) {
        any = true;
        good = run_test(options, path, &t) && good;
    }
    if (!any)
        wr__verdict(options, path, "there is no test (`--@test: name`) in the file");
    wr_buf_free(&text);
    return good && any;
}
