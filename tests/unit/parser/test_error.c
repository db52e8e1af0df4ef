/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for text that is no SQL: form, place, hint, caret. */
#include "unit/parser/parser_test.h"

static void test_unknown_statement(void **state)
{
    (void)state;
    weir_error err =
        refused("SELCT a FROM s", 1, 1, "line 1:1: Syntax Error\nUnknown statement 'SELCT'");
    assert_string_equal(err.hint, "Did you mean SELECT instead of SELCT?");
    assert_int_equal(err.offset, 0);
    assert_int_equal(err.code, WEIR_ERR_SYNTAX);
    err = refused("\n  MERGE a", 2, 3, "line 2:3: Syntax Error\nUnknown statement 'MERGE'");
    assert_string_equal(err.hint,
                        "INSERT INTO ... VALUES replaces the row of a table with the same key.");
    refused("'x'", 1, 1, "line 1:1: Syntax Error\nUnknown statement ''x''");
    refused("", 1, 1, "line 1:1: Syntax Error\nExpecting a statement but found '<EOF>'");
    refused(" -- only a comment\n", 2, 1,
            "line 2:1: Syntax Error\nExpecting a statement but found '<EOF>'");
    refused("EXPLAIN 1", 1, 9, "line 1:9: Syntax Error\nUnknown statement '1'");
}

static void test_hints(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hint;
    } rows[] = {
        {"SELECT x FRM s", "Did you mean FROM instead of FRM?"},     /* left out */
        {"SELECT x FROOM s", "Did you mean FROM instead of FROOM?"}, /* added */
        {"SELECT x FORM s", "Did you mean FROM instead of FORM?"},   /* swapped */
        {"SELECT x FROM s t WHEER x", "Did you mean WHERE instead of WHEER?"},
        {"SHOW STREMS", "Did you mean STREAMS instead of STREMS?"},
        {"CREATE STREAN s", "Did you mean STREAM instead of STREAN?"}, /* changed */
        {"DROP thing s", ""},
        {"SELECT a IS DISTINCT b FROM s", ""},
        {"SELECT a FROM s ORDER BY a",
         "There is no ORDER BY: rows come in the order of their topic."},
        {"SELECT DISTINCT a FROM s", "There is no SELECT DISTINCT: GROUP BY the columns instead."},
        {"SELECT a FROM s UNION SELECT b FROM t",
         "There is no UNION: write several queries into one stream with INSERT INTO."},
        {"update t SET a = 1",
         "There is no UPDATE: INSERT INTO ... VALUES with the same key replaces a table's row."},
        {"WITH x AS (SELECT 1) SELECT * FROM x",
         "There are no sub-queries: write a stream or table of its own with CREATE ... AS SELECT."},
        {"desc s", "Write DESCRIBE."},
        {"exit", "That is a command of the prompt."},
        {"SELECT a FROM s WHERE DELETE", ""}, /* no statement begins there */
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++) {
        wr_ast_stmt *s;
        weir_error err = {0};
        assert_int_equal(wr_parse_statement(rows[i].text, strlen(rows[i].text), arena, &s, &err),
                         WEIR_ERR_SYNTAX);
        assert_string_equal(err.hint, rows[i].hint);
    }
}

#define RESERVED(word)                                                                             \
    "\"" word "\" is a reserved keyword and it can't be used as an identifier. You can use it as " \
    "an identifier by escaping it as '" word "'"

static void test_reserved_words(void **state)
{
    (void)state;
    refused("CREATE STREAM size (a INT)", 1, 15, "line 1:15: Syntax Error\n" RESERVED("SIZE"));
    refused("CREATE STREAM s (Values INT)", 1, 18, "line 1:18: Syntax Error\n" RESERVED("VALUES"));
    refused("SELECT size FROM s", 1, 8, "line 1:8: Syntax Error\n" RESERVED("SIZE"));
    refused("SELECT a, size + 1 FROM s", 1, 11, "line 1:11: Syntax Error\n" RESERVED("SIZE"));
    refused("SELECT a AS topic FROM s", 1, 13, "line 1:13: Syntax Error\n" RESERVED("TOPIC"));
    refused("SELECT s.end FROM s", 1, 10, "line 1:10: Syntax Error\n" RESERVED("END"));
    refused("SELECT f(topic) FROM s", 1, 10, "line 1:10: Syntax Error\n" RESERVED("TOPIC"));
    /* Not meant as names */
    refused("SELECT FROM s", 1, 8,
            "line 1:8: Syntax Error\nSyntax error at or near 'FROM' at line 1:8\n"
            "Expecting {'*', an expression}");
    refused("SELECT a FROM s WHERE GROUP BY a", 1, 23,
            "line 1:23: Syntax Error\nSyntax error at or near 'GROUP' at line 1:23\n"
            "Expecting an expression");
    refused("SELECT a FROM s ON b", 1, 17,
            "line 1:17: Syntax Error\nExpecting {'AS', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'JOIN', "
            "'WINDOW', 'WHERE', 'GROUP', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT', <EOF>} but found "
            "'ON'");
}

static void test_expected(void **state)
{
    (void)state;
    refused("SELECT a FROM s t u", 1, 19,
            "line 1:19: Syntax Error\nExpecting {'INNER', 'LEFT', 'RIGHT', 'FULL', 'JOIN', "
            "'WINDOW', 'WHERE', 'GROUP', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT', <EOF>} but found "
            "'u'");
    refused("SELECT (a FROM s", 1, 11, "line 1:11: Syntax Error\nmissing ')' at 'FROM'");
    refused("SELECT f(a b) FROM s", 1, 12,
            "line 1:12: Syntax Error\nExpecting {',', ')'} but found 'b'");
    refused("SELECT f(DAYS + 1) FROM s", 1, 15,
            "line 1:15: Syntax Error\nExpecting {',', ')'} but found '+'");
    refused("SELECT f(a, HOURS", 1, 18,
            "line 1:18: Syntax Error\nExpecting {',', ')'} but found '<EOF>'");
    refused("SELECT a + FROM s", 1, 12,
            "line 1:12: Syntax Error\nSyntax error at or near 'FROM' at line 1:12\n"
            "Expecting an expression");
    refused("SELECT a NOT b FROM s", 1, 14,
            "line 1:14: Syntax Error\nExpecting {'BETWEEN', 'IN', 'LIKE'} but found 'b'");
    refused("SHOW STREAMS; SHOW TABLES;", 1, 15, "line 1:15: only one statement is allowed here");
    refused("SHOW STREAMS;;", 1, 14, "line 1:14: only one statement is allowed here");
    refused("DROP STREAM \"\"", 1, 13, "line 1:13: an identifier must not be empty");
    refused("CREATE STREAM s WITH ('' = 1)", 1, 23, "line 1:23: a property name must not be empty");
    refused("DROP STREAM ``", 1, 13, "line 1:13: an identifier must not be empty");
}

/* A list in parentheses among a function's arguments is a lambda's, so what is wrong is said of
 * that: not of the first comma. */
static void test_lambdas(void **state)
{
    (void)state;
    refused("SELECT f(a, (x, y) -> x) FROM s", 1, 20,
            "line 1:20: Syntax Error\nmissing '=>' at '->'");
    refused("SELECT f(a, (x, y) = > x) FROM s", 1, 20,
            "line 1:20: Syntax Error\nmissing '=>' at '='");
    refused("SELECT f(a, (x, y) x) FROM s", 1, 20, "line 1:20: Syntax Error\nmissing '=>' at 'x'");
    refused("SELECT f(a, (x, y => x) FROM s", 1, 19,
            "line 1:19: Syntax Error\nExpecting {',', ')'} but found '=>'");
    refused("SELECT f(a, (x, 1) => x) FROM s", 1, 17,
            "line 1:17: Syntax Error\nSyntax error at or near '1' at line 1:17\nExpecting an "
            "identifier");
    refused("SELECT f(a, (x, size) => x) FROM s", 1, 17,
            "line 1:17: Syntax Error\n" RESERVED("SIZE"));
    refused("SELECT f(a, (x,) => x) FROM s", 1, 16,
            "line 1:16: Syntax Error\nSyntax error at or near ')' at line 1:16\nExpecting an "
            "identifier");
    refused("SELECT f(a, (x y) => x) FROM s", 1, 16, "line 1:16: Syntax Error\nmissing ')' at 'y'");
    refused("SELECT (a, b) FROM s", 1, 10, "line 1:10: Syntax Error\nmissing ')' at ','");
}

static void test_bad_tokens(void **state)
{
    (void)state;
    refused("SELECT 'abc FROM s", 1, 8,
            "line 1:8: Syntax Error\nmissing closing ' for ''abc FROM s'");
    refused("SELECT \"abc FROM s", 1, 8,
            "line 1:8: Syntax Error\nmissing closing \" for '\"abc FROM s'");
    refused("SELECT 'abc\n'' FROM s", 1, 8,
            "line 1:8: Syntax Error\nmissing closing ' for ''abc...'"); /* its first line */
    refused("SHOW 'abc\r\nFROM s", 1, 6, "line 1:6: Syntax Error\nmissing closing ' for ''abc...'");
    refused("SELECT a /* FROM s", 1, 10,
            "line 1:10: Syntax Error\nmissing closing */ for a comment");
    refused("SELECT a # b FROM s", 1, 10,
            "line 1:10: Syntax Error\ntoken recognition error at: '#'");
    refused("SELECT gr\xC3\xB6\xC3\x9F"
            "e FROM s",
            1, 10, "line 1:10: Syntax Error\ntoken recognition error at: '\xC3\xB6'");
    /* Columns count characters, not bytes. */
    refused("SELECT '\xC3\xB6\xC3\xB6' # FROM s", 1, 13,
            "line 1:13: Syntax Error\ntoken recognition error at: '#'");
    weir_error err = refused("SELECT * FROM ${name}", 1, 15,
                             "line 1:15: Source names may only contain alphanumeric values, '_' or "
                             "'-'. Got: '${NAME}'");
    assert_string_equal(err.hint, "Define it first: DEFINE name = '...';");
    err = refused("SELECT ${name} FROM s", 1, 8,
                  "line 1:8: Syntax Error\nVariable '${name}' is not defined");
    assert_string_equal(err.hint, "Define it first: DEFINE name = '...';");
}

/* A token of a megabyte does not fill the message, nor is it cut in a character's middle. */
static void test_long_token(void **state)
{
    (void)state;
    wr_buf b = {0};
    wr_buf_puts(&b, "SELECT a b '");
    for (int i = 0; i < 1000; i++)
        wr_buf_puts(&b, "\xE2\x82\xAC");
    wr_buf_puts(&b, "' FROM s");
    wr_ast_stmt *s;
    weir_error err;
    assert_int_equal(wr_parse_statement(b.ptr, b.len, arena, &s, &err), WEIR_ERR_SYNTAX);
    wr_buf_free(&b);
    assert_true(strlen(err.message) < 200);
    assert_non_null(strstr(err.message, "\xE2\x82\xAC...'"));
}

static void expect_caret(const char *text, int64_t offset, const char *expected)
{
    wr_buf b = {0};
    wr_parse_show_caret(&b, text, strlen(text), offset);
    assert_string_equal(keep(&b), expected);
}

static void test_caret(void **state)
{
    (void)state;
    expect_caret("SELECT x FRM s;", 9, "SELECT x FRM s;\n         ^\n");
    expect_caret("a\nbc d\ne", 5, "bc d\n   ^\n");
    expect_caret("a\r\nbc\r\n", 4, "bc\n ^\n");
    expect_caret("ab", 2, "ab\n  ^\n");
    expect_caret("ab\n", 3, "\n^\n");
    expect_caret("ab\ncd", 2, "ab\n  ^\n"); /* at the line's end */
    expect_caret("", 0, "\n^\n");
    expect_caret("ab", 99, "ab\n  ^\n");
    expect_caret("\ta\tb", 3, "\ta\tb\n\t \t^\n");
    expect_caret("\xC3\xB6\xE2\x82\xAC x", 6, "\xC3\xB6\xE2\x82\xAC x\n   ^\n");
    expect_caret("ab", -1, "");
}

static void test_caret_in_long_line(void **state)
{
    (void)state;
    wr_buf text = {0}, out = {0};
    for (int i = 0; i < 1000; i++)
        wr_buf_puts(&text, "\xC3\xB6");
    text.ptr[1000] = 'X'; /* of two bytes one: what is shown must not depend on valid UTF-8 */
    text.ptr[1001] = 'X';
    wr_parse_show_caret(&out, text.ptr, text.len, 1000);
    const char *shown = keep(&out);
    assert_memory_equal(shown, "...", 3);
    const char *eol = strchr(shown, '\n'), *caret = strchr(shown, '^');
    assert_true(eol && caret && eol - shown < 200);
    assert_memory_equal(eol - 3, "...", 3);
    assert_int_equal(caret - eol - 1, 3 + 50); /* dots, 100 bytes of two-byte characters */
    wr_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unknown_statement), TEST(test_hints),    TEST(test_lambdas),
        TEST(test_reserved_words),    TEST(test_expected), TEST(test_bad_tokens),
        TEST(test_long_token),        TEST(test_caret),    TEST(test_caret_in_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
