/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: where statements end, and variables. */
#include "unit/parser/parser_test.h"

/* ---- spans ---- */

static const char *span_text(const char *text, const wr_parse_span *s)
{
    return wr_arena_strndup(arena, text + s->start, s->end - s->start);
}

static void test_spans(void **state)
{
    (void)state;
    static const char text[] =
        "-- first\n SHOW STREAMS ;;\n"
        "SELECT ';' || \"a;b\" || `c;d` -- not; here\n /* nor; here */ FROM s;"
        " DROP STREAM s -- end\n";
    static const struct {
        const char *text;
        bool terminated, empty;
    } rows[] = {
        {"SHOW STREAMS", true, false},
        {"", true, true},
        {"SELECT ';' || \"a;b\" || `c;d` -- not; here\n /* nor; here */ FROM s", true, false},
        {"DROP STREAM s", false, false},
    };
    size_t from = 0;
    wr_parse_span span;
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++) {
        assert_true(wr_parse_next_span(text, strlen(text), from, &span));
        assert_string_equal(span_text(text, &span), rows[i].text);
        assert_int_equal(span.terminated, rows[i].terminated);
        assert_int_equal(span.empty, rows[i].empty);
        assert_true(span.next > from);
        from = span.next;
    }
    assert_int_equal(from, strlen(text));
    assert_false(wr_parse_next_span(text, strlen(text), from, &span));
}

static void test_no_span(void **state)
{
    (void)state;
    wr_parse_span span;
    assert_false(wr_parse_next_span("", 0, 0, &span));
    assert_false(wr_parse_next_span(" \n-- x\n/* y */", 14, 0, &span));
}

/* What is not closed goes on: the REPL must ask for more. */
static void test_open_spans(void **state)
{
    (void)state;
    static const char *const texts[] = {"SELECT 'a;",   "SELECT \"a;", "SELECT `a;",
                                        "SELECT /* a;", "/* a;",       "SELECT 1"};
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_parse_span span;
        assert_true(wr_parse_next_span(texts[i], strlen(texts[i]), 0, &span));
        assert_false(span.terminated);
        assert_int_equal(span.end, strlen(texts[i]));
        assert_int_equal(span.next, strlen(texts[i]));
    }
}

/* ---- variables ---- */

static wr_map vars;

static int vars_setup(void **state)
{
    wr_map_init(&vars);
    static const char *const rows[][2] = {
        {"NAME", "orders"},
        {"QUOTED", "\"My Stream\""},
        {"BACK", "`My Stream`"},
        {"N", "42"},
        {"NEGATIVE", "-1.5E3"},
        {"YES", "true"},
        {"TEXT", "'it''s'"},
        {"PLAIN", "it's ${N}"},
        {"BAD", "a; DROP STREAM b"},
        {"COMMENT", "a--"},
        {"KEYWORD", "show"},
        {"RESERVED", "select"},
        {"EMPTY", ""},
        {"BLANK", " a"},
        {"OPEN", "'a"},
        {"MINUS_NAME", "-a"},
        {"STAR", "*"},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++)
        wr_map_put(&vars, wr_str_c(rows[i][0]), (void *)(uintptr_t)rows[i][1]);
    return setup(state);
}

static int vars_teardown(void **state)
{
    wr_map_free(&vars);
    return teardown(state);
}

static void expect_text(const char *text, const char *expected)
{
    wr_str out;
    weir_error err = {0};
    if (wr_parse_substitute(text, strlen(text), &vars, arena, &out, &err))
        fail_msg("%s\n%s", text, err.message);
    assert_string_equal(out.ptr, expected);
    assert_int_equal(out.len, strlen(expected));
}

static void test_substitute(void **state)
{
    (void)state;
    expect_text("SELECT 1", "SELECT 1");
    expect_text("", "");
    expect_text("SELECT ${n}, ${Negative} FROM ${NAME} WHERE ${yes} AND a = ${text}",
                "SELECT 42, -1.5E3 FROM orders WHERE true AND a = 'it''s'");
    expect_text("FROM ${quoted} JOIN ${back}", "FROM \"My Stream\" JOIN `My Stream`");
    expect_text("CREATE STREAM ${name}_by_${name}", "CREATE STREAM orders_by_orders");
    expect_text("SELECT '${plain} and ${n}'", "SELECT 'it''s ${N} and 42'");
    expect_text("a -${negative}", "a - -1.5E3"); /* no comment is made */
}

static void test_untouched(void **state)
{
    (void)state;
    expect_text("SELECT ${nosuch} '${nosuch}'", "SELECT ${nosuch} '${nosuch}'");
    expect_text("SELECT $${n} '$${n}' '$$${n}'", "SELECT ${n} '${n}' '$${n}'");
    expect_text("\"${n}\" `${n}` -- ${n}\n /* ${n} */", "\"${n}\" `${n}` -- ${n}\n /* ${n} */");
    expect_text("$ ${ ${} ${1} '$' '${' '${n'", "$ ${ ${} ${1} '$' '${' '${n'");
    expect_text("'open ${n}", "'open 42");
    expect_text("/* open ${n}", "/* open ${n}");
}

/* A free keyword is a name, and never a part of the grammar. */
static void test_keyword_values(void **state)
{
    (void)state;
    expect_text("SELECT ${keyword} FROM s", "SELECT `SHOW` FROM s");
    expect_text("${keyword} STREAMS", "`SHOW` STREAMS");
    expect_text("SELECT x_${keyword}", "SELECT x_show");
}

static void test_injection(void **state)
{
    (void)state;
    static const char *const names[] = {"bad",  "comment", "reserved",   "empty", "blank",
                                        "open", "plain",   "minus_name", "star"};
    for (size_t i = 0; i < WR_ARRAY_LEN(names); i++) {
        const char *text = wr_arena_printf(arena, "SELECT\n ${%s} FROM s", names[i]);
        wr_str out;
        weir_error err = {0};
        weir_status st = wr_parse_substitute(text, strlen(text), &vars, arena, &out, &err);
        assert_int_equal(st, WEIR_ERR_STATEMENT);
        assert_memory_equal(err.message, "Illegal argument at line 2:2. Got: '", 36);
        assert_int_equal(err.line, 2);
        assert_int_equal(err.column, 2);
        assert_int_equal(err.offset, 8);
        /* In quotes all of them are text. */
        text = wr_arena_printf(arena, "SELECT '${%s}' FROM s", names[i]);
        st = wr_parse_substitute(text, strlen(text), &vars, arena, &out, &err);
        assert_int_equal(st, WEIR_OK);
        assert_int_equal(parse(out.ptr)->query->items[0].expr->kind, WR_AST_STRING);
    }
}

static void test_substitution_limits(void **state)
{
    (void)state;
    wr_buf text = {0};
    wr_str out;
    weir_error err = {0};
    while (text.len <= WR_PARSE_TEXT_MAX)
        wr_buf_puts(&text, "SELECT ${plain} ");
    assert_int_equal(wr_parse_substitute(text.ptr, text.len, &vars, arena, &out, &err),
                     WEIR_ERR_LIMIT);
    assert_non_null(strstr(err.message, "at most 1048576 are allowed"));
    assert_int_equal(err.offset, 0); /* it has a place, if only the statement's */
    wr_ast_stmt *stmt;
    assert_int_equal(wr_parse_statement(text.ptr, text.len, arena, &stmt, &err), WEIR_ERR_LIMIT);
    assert_non_null(strstr(err.message, "at most 1048576 are allowed"));
    assert_int_equal(err.offset, 0);
    text.len = 0; /* a name longer than any variable's is none, and stays as it is */
    wr_buf_puts(&text, "SELECT '${");
    for (int i = 0; i < 300; i++)
        wr_buf_putc(&text, 'x');
    wr_buf_puts(&text, "}' FROM s");
    assert_int_equal(wr_parse_substitute(text.ptr, text.len, &vars, arena, &out, &err), WEIR_OK);
    assert_true(wr_str_eq(out, wr_buf_view(&text)));
    wr_buf_free(&text);
}

#define VARS_TEST(function) cmocka_unit_test_setup_teardown(function, vars_setup, vars_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_spans),          TEST(test_no_span),
        TEST(test_open_spans),     VARS_TEST(test_substitute),
        VARS_TEST(test_untouched), VARS_TEST(test_keyword_values),
        VARS_TEST(test_injection), VARS_TEST(test_substitution_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
