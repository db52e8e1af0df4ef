/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: precedence, literals, operands, places, limits. */
#include "unit/parser/parser_test.h"

#include <stdio.h>

static void expect_shape(const char *text, const char *expected)
{
    assert_string_equal(shape(text), expected);
}

static void test_precedence(void **state)
{
    (void)state;
    expect_shape("a + b * c", "(A + (B * C))");
    expect_shape("a * b + c", "((A * B) + C)");
    expect_shape("a - b - c", "((A - B) - C)");
    expect_shape("a / b % c * d", "(((A / B) % C) * D)");
    expect_shape("a || b + c || d", "((A || (B + C)) || D)");
    expect_shape("a + b = c || d", "((A + B) = (C || D))");
    expect_shape("a OR b AND c OR d", "((A OR (B AND C)) OR D)");
    expect_shape("NOT a AND b", "((NOT A) AND B)");
    expect_shape("NOT a = b OR NOT NOT c", "((NOT (A = B)) OR (NOT (NOT C)))");
    expect_shape("a AND NOT b OR c", "((A AND (NOT B)) OR C)");
    expect_shape("-a * b", "(-A * B)");
    expect_shape("-a->b[1]", "-A->B[1]");
    expect_shape("(a + b) * (c)", "((A + B) * C)");
    expect_shape("a BETWEEN b AND c AND d", "((A BETWEEN B AND C) AND D)");
}

static void test_predicates(void **state)
{
    (void)state;
    expect_shape("a NOT BETWEEN 1 + 1 AND 3", "(A NOT BETWEEN (1 + 1) AND 3)");
    expect_shape("a in (1, b or c)", "(A IN (1, (B OR C)))");
    expect_shape("a NOT IN ('x')", "(A NOT IN ('x'))");
    expect_shape("a LIKE '%x'", "(A LIKE '%x')");
    expect_shape("a NOT LIKE b || 'x' ESCAPE '!'", "(A NOT LIKE (B || 'x') ESCAPE '!')");
    expect_shape("a IS NULL", "(A IS NULL)");
    expect_shape("a + 1 IS NOT NULL", "((A + 1) IS NOT NULL)");
    expect_shape("a IS DISTINCT FROM b + c", "(A IS DISTINCT FROM (B + C))");
    expect_shape("a IS NOT DISTINCT FROM NULL", "(A IS NOT DISTINCT FROM NULL)");
    expect_shape("a != b", "(A <> B)");
    expect_shape("(a = b) = c", "((A = B) = C)");

    wr_ast_expr *e = parse_expr("a IS NOT DISTINCT FROM b");
    assert_int_equal(e->kind, WR_AST_COMPARE);
    assert_int_equal(e->op, WR_AST_NOT_DISTINCT);
    assert_false(e->negated);
}

static void expect_integer(const char *text, int64_t value, bool wide)
{
    wr_ast_expr *e = parse_expr(text);
    assert_int_equal(e->kind, WR_AST_INTEGER);
    assert_true(e->u.integer == value);
    assert_int_equal(e->wide, wide);
}

static void test_integers(void **state)
{
    (void)state;
    expect_integer("0", 0, false);
    expect_integer("2147483647", INT32_MAX, false);
    expect_integer("2147483648", INT64_C(2147483648), true);
    expect_integer("-2147483648", INT32_MIN, false);
    expect_integer("- 2147483649", INT64_C(-2147483649), true);
    expect_integer("9223372036854775807", INT64_MAX, true);
    expect_integer("-9223372036854775808", INT64_MIN, true);
    expect_integer("007", 7, false);
    refused("SELECT\n 9223372036854775808 FROM s", 2, 2,
            "line 2:2: Invalid numeric literal: 9223372036854775808");
    refused("SELECT a, -9223372036854775809 FROM s", 1, 11,
            "line 1:11: Invalid numeric literal: -9223372036854775809");
}

static void test_other_literals(void **state)
{
    (void)state;
    wr_ast_expr *e = parse_expr("-1.50");
    assert_int_equal(e->kind, WR_AST_DECIMAL);
    assert_true(wr_str_eq_c(e->text, "-1.50"));
    assert_true(wr_str_eq_c(parse_expr("1.")->text, "1."));
    assert_true(wr_str_eq_c(parse_expr(".5")->text, ".5"));
    e = parse_expr("-1.5E-3");
    assert_int_equal(e->kind, WR_AST_DOUBLE);
    assert_true(e->u.real == -1.5E-3);
    assert_true(wr_str_eq_c(e->text, "-1.5E-3"));
    e = parse_expr("'it''s'");
    assert_int_equal(e->kind, WR_AST_STRING);
    assert_true(wr_str_eq_c(e->text, "it's"));
    assert_int_equal(parse_expr("''")->text.len, 0);
    assert_true(parse_expr("true")->u.boolean);
    assert_false(parse_expr("False")->u.boolean);
    assert_int_equal(parse_expr("null")->kind, WR_AST_NULL);
    e = parse_expr("decimal '1.20'");
    assert_int_equal(e->kind, WR_AST_TYPED_LITERAL);
    assert_string_equal(e->name.name, "DECIMAL");
    assert_true(wr_str_eq_c(e->text, "1.20"));
    assert_string_equal(parse_expr("Foo 'x'")->name.name, "FOO");
    refused("SELECT 1e999 FROM s", 1, 8, "line 1:8: Number overflows DOUBLE: 1e999");
}

/* A 0 byte is a character like others in a string, and nowhere else. */
static void test_zero_byte(void **state)
{
    (void)state;
    wr_ast_expr *e;
    weir_error err;
    assert_int_equal(wr_parse_expression("'a\0b'", 5, arena, &e, &err), WEIR_OK);
    assert_int_equal(e->text.len, 3);
    assert_memory_equal(e->text.ptr, "a\0b", 3);
    assert_int_equal(wr_parse_expression("\"a\0b\"", 5, arena, &e, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(wr_parse_expression("a \0", 3, arena, &e, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(err.offset, 2);
}

/* The sign of a literal, subtraction and negation are told apart as in the grammar. */
static void test_minus(void **state)
{
    (void)state;
    expect_shape("a -1", "(A - 1)");
    expect_shape("a - -1", "(A - -1)");
    expect_shape("1-1", "(1 - 1)");
    assert_int_equal(parse_expr("-1")->kind, WR_AST_INTEGER);
    wr_ast_expr *e = parse_expr("-(1)");
    assert_int_equal(e->kind, WR_AST_UNARY);
    assert_int_equal(e->args[0]->u.integer, 1);
    e = parse_expr("- -1");
    assert_int_equal(e->kind, WR_AST_UNARY);
    assert_int_equal(e->args[0]->u.integer, -1);
    assert_int_equal(parse_expr("+1")->kind, WR_AST_UNARY);
    assert_string_equal(printed_expr("-(1)"), "-(1)");
    assert_string_equal(printed_expr("- -1"), "-(-1)");
    assert_string_equal(printed_expr("-(-(a))"), "- -A");
    assert_string_equal(printed_expr("-(1[2])"), "-(1[2])");
    assert_string_equal(printed_expr("a - (b - c)"), "A - (B - C)");
}

static void test_names(void **state)
{
    (void)state;
    wr_ast_expr *e = parse_expr("s.\"aB\"");
    assert_int_equal(e->kind, WR_AST_COLUMN);
    assert_string_equal(e->qualifier.name, "S");
    assert_false(e->qualifier.quoted);
    assert_string_equal(e->name.name, "aB");
    assert_true(e->name.quoted);
    assert_int_equal(e->name.pos, 2);
    assert_string_equal(parse_expr("`a``b`")->name.name, "a`b");
    assert_string_equal(parse_expr("1st")->name.name, "1ST");
    assert_string_equal(parse_expr("timestamp")->name.name, "TIMESTAMP"); /* free keyword */
    assert_null(parse_expr("a")->qualifier.name);
}

static void test_calls(void **state)
{
    (void)state;
    wr_ast_expr *e = parse_expr("count(*)");
    assert_int_equal(e->kind, WR_AST_CALL);
    assert_true(e->star);
    assert_string_equal(e->name.name, "COUNT");
    assert_int_equal(parse_expr("f()")->args_n, 0);
    assert_int_equal(parse_expr("if(a, b, c)")->args_n, 3); /* a free keyword's name */

    e = parse_expr("timestampadd(DAYS, 2, ts)");
    assert_int_equal(e->args[0]->kind, WR_AST_INTERVAL_UNIT);
    assert_int_equal(e->args[0]->u.unit, WR_AST_UNIT_DAY);
    assert_null(e->args[0]->name.name);
    e = parse_expr("sum(hour)");
    assert_int_equal(e->args[0]->kind, WR_AST_INTERVAL_UNIT);
    assert_string_equal(e->args[0]->name.name, "HOUR"); /* may be a column */
    assert_int_equal(parse_expr("sum(hour + 1)")->args[0]->kind, WR_AST_ARITHMETIC);
    assert_int_equal(parse_expr("sum(`HOUR`)")->args[0]->kind, WR_AST_COLUMN);
    assert_string_equal(printed_expr("sum(`HOUR`)"), "SUM(`HOUR`)");
}

static void test_lambdas(void **state)
{
    (void)state;
    wr_ast_expr *e = parse_expr("reduce(l, 0, (s, x) => s + x)");
    wr_ast_expr *lambda = e->args[2];
    assert_int_equal(lambda->kind, WR_AST_LAMBDA);
    assert_int_equal(lambda->names_n, 2);
    assert_string_equal(lambda->names[1].name, "X");
    assert_int_equal(lambda->args[0]->kind, WR_AST_ARITHMETIC);
    expect_shape("transform(m, x => f(x, y => y), (k, v) => v > 1)",
                 "TRANSFORM(M, (X) => F(X, (Y) => Y), (K, V) => (V > 1))");
    expect_shape("f(a, (b), (c) )", "F(A, B, C)");
    /* A lambda is neither the first argument nor before a plain one, nor outside of a call. */
    refused("SELECT f(x => x) FROM s", 1, 12,
            "line 1:12: Syntax Error\nExpecting {',', ')'} but found '=>'");
    refused("SELECT f(l, x => x, 1) FROM s", 1, 21,
            "line 1:21: Syntax Error\nSyntax error at or near '1' at line 1:21\n"
            "Expecting {'(', an identifier}");
    refused("SELECT x => x FROM s", 1, 10,
            "line 1:10: Syntax Error\nExpecting {'AS', ',', 'FROM'} but found '=>'");
}

static void test_case(void **state)
{
    (void)state;
    expect_shape("CASE WHEN a THEN 1 WHEN b THEN 2 END", "CASE WHEN A THEN 1 WHEN B THEN 2 END");
    expect_shape(
        "CASE x + 1 WHEN 1 THEN 'a' WHEN y OR z THEN 'b' ELSE 'c' END",
        "CASE WHEN ((X + 1) = 1) THEN 'a' WHEN ((X + 1) = (Y OR Z)) THEN 'b' ELSE 'c' END");
    wr_ast_expr *e = parse_expr("CASE x WHEN 10 THEN 2 END");
    assert_int_equal(e->args_n, 2);
    assert_null(e->else_);
    assert_int_equal(e->args[0]->kind, WR_AST_COMPARE);
    assert_int_equal(e->args[0]->pos, 12);
    refused("SELECT CASE ELSE 1 END FROM s", 1, 13,
            "line 1:13: Syntax Error\nSyntax error at or near 'ELSE' at line 1:13\n"
            "Expecting {'WHEN', an expression}");
    refused("SELECT CASE a END FROM s", 1, 15, "line 1:15: Syntax Error\nmissing 'WHEN' at 'END'");
}

static void test_constructors(void **state)
{
    (void)state;
    expect_shape("array[1, a or b][1]", "ARRAY[1, (A OR B)][1]");
    expect_shape("map('a' := 1, 'b' := c)['a']", "MAP('a' := 1, 'b' := C)['a']");
    expect_shape("struct(a := 1, \"b\" := 2)->a", "STRUCT(A := 1, `b` := 2)->A");
    assert_int_equal(parse_expr("ARRAY[]")->kind, WR_AST_ARRAY);
    assert_int_equal(parse_expr("MAP()")->kind, WR_AST_MAP);
    assert_int_equal(parse_expr("STRUCT()")->kind, WR_AST_STRUCT);
    expect_shape("CAST(a AS MAP<STRING, ARRAY<DECIMAL(4,2)>>)",
                 "CAST(A AS MAP<STRING, ARRAY<DECIMAL(4, 2)>>)");
    /* The same words as names */
    assert_int_equal(parse_expr("`ARRAY`[1]")->kind, WR_AST_SUBSCRIPT);
    assert_string_equal(printed_expr("`ARRAY`[1]"), "`ARRAY`[1]");
    assert_int_equal(parse_expr("`MAP`(1)")->kind, WR_AST_CALL);
    assert_string_equal(printed_expr("`MAP`(1)"), "`MAP`(1)");
    assert_int_equal(parse_expr("struct + map")->kind, WR_AST_ARITHMETIC);
}

/* pos, end and op_pos are what error messages point with. */
static void test_places(void **state)
{
    (void)state;
    wr_ast_expr *e = parse_expr(" (a + b)  *  f( c ) ");
    assert_int_equal(e->pos, 1);
    assert_int_equal(e->op_pos, 10);
    assert_int_equal(e->end, 19);
    assert_int_equal(e->args[0]->pos, 2);
    assert_int_equal(e->args[0]->op_pos, 4);
    assert_int_equal(e->args[0]->end, 7);
    assert_int_equal(e->args[1]->pos, 13);
    e = parse_expr("a  IS NOT NULL");
    assert_int_equal(e->op_pos, 3);
    assert_int_equal(e->end, 14);
    e = parse_expr("a->b [ 1 ]");
    assert_int_equal(e->kind, WR_AST_SUBSCRIPT);
    assert_int_equal(e->op_pos, 5);
    assert_int_equal(e->args[0]->op_pos, 1);
    assert_int_equal(e->end, 10);
}

static weir_status parse_repeated(const char *before, const char *unit, size_t n,
                                  const char *middle, const char *close, weir_error *err)
{
    wr_buf b = {0};
    wr_buf_puts(&b, before);
    for (size_t i = 0; i < n; i++)
        wr_buf_puts(&b, unit);
    wr_buf_puts(&b, middle);
    for (size_t i = 0; i < n; i++)
        wr_buf_puts(&b, close);
    wr_ast_expr *e = NULL;
    weir_status st = wr_parse_expression(b.ptr, b.len, arena, &e, err);
    wr_buf_free(&b);
    return st;
}

static void test_depth_limit(void **state)
{
    (void)state;
    static const struct {
        const char *open, *close;
    } nests[] = {{"(", ")"},
                 {"NOT ", ""},
                 {"- ", ""},
                 {"f(", ")"},
                 {"CASE ", " WHEN 1 THEN 1 END"},
                 {"a[", "]"},
                 {"CAST(", " AS INT)"},
                 {"g(1, x => ", ")"},
                 {"1 IN (", ")"}};
    for (size_t i = 0; i < WR_ARRAY_LEN(nests); i++) {
        weir_error err = {0};
        weir_status st = parse_repeated("", nests[i].open, 60, "a", nests[i].close, &err);
        assert_int_equal(st, WEIR_OK);
        st = parse_repeated("", nests[i].open, 20000, "a", nests[i].close, &err);
        assert_int_equal(st, WEIR_ERR_LIMIT);
        assert_non_null(strstr(err.message, "nested too deeply"));
        assert_true(err.offset > 0);
        assert_int_equal(err.line, 1);
    }
    weir_error err;
    assert_int_equal(parse_repeated("", "(", WR_PARSE_DEPTH_MAX - 1, "a", ")", &err), WEIR_OK);
    assert_int_equal(parse_repeated("", "(", WR_PARSE_DEPTH_MAX, "a", ")", &err), WEIR_ERR_LIMIT);
    assert_int_equal(err.column, WR_PARSE_DEPTH_MAX + 1);
}

/* A chain of left-associative operators is a high tree without any nesting. */
static void test_height_limit(void **state)
{
    (void)state;
    weir_error err;
    size_t most = WR_PARSE_HEIGHT_MAX - 1;
    assert_int_equal(parse_repeated("a", " OR a", most, "", "", &err), WEIR_OK);
    assert_int_equal(parse_repeated("a", " OR a", most + 1, "", "", &err), WEIR_ERR_LIMIT);
    assert_int_equal(parse_repeated("a", " + a", most + 1, "", "", &err), WEIR_ERR_LIMIT);
    assert_int_equal(parse_repeated("a", "->a", most + 1, "", "", &err), WEIR_ERR_LIMIT);
    assert_int_equal(parse_repeated("a", "[1]", most + 1, "", "", &err), WEIR_ERR_LIMIT);
    /* Lists are wide, not high. */
    assert_int_equal(parse_repeated("f(a", ", a", 5000, ")", "", &err), WEIR_OK);
}

/* Each level of simple CASE repeats its operand: the tree's size must not explode. */
static void test_size_limit(void **state)
{
    (void)state;
    weir_error err;
    weir_status st = parse_repeated("", "CASE ", 60, "a", " WHEN 1 THEN 1 WHEN 2 THEN 2 END", &err);
    assert_int_equal(st, WEIR_ERR_LIMIT);
    assert_non_null(strstr(err.message, "too large"));
}

static void test_text_limits(void **state)
{
    (void)state;
    wr_buf b = {0};
    while (b.len < WR_PARSE_TEXT_MAX - 1)
        wr_buf_putc(&b, ' ');
    wr_buf_putc(&b, 'a');
    wr_ast_expr *e;
    weir_error err;
    assert_int_equal(wr_parse_expression(b.ptr, b.len, arena, &e, &err), WEIR_OK);
    wr_buf_putc(&b, ' ');
    assert_int_equal(wr_parse_expression(b.ptr, b.len, arena, &e, &err), WEIR_ERR_LIMIT);
    wr_buf_free(&b);
    assert_int_equal(wr_parse_expression("a + '\xFF'", 7, arena, &e, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(err.offset, 5);
    assert_string_equal(err.message, "line 1:6: the text is not valid UTF-8: byte 0xFF");
    assert_int_equal(wr_parse_expression(NULL, 0, arena, &e, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(wr_parse_expression("a b", 3, arena, &e, NULL), WEIR_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_precedence),     TEST(test_predicates),   TEST(test_integers),
        TEST(test_other_literals), TEST(test_zero_byte),    TEST(test_minus),
        TEST(test_names),          TEST(test_calls),        TEST(test_lambdas),
        TEST(test_case),           TEST(test_constructors), TEST(test_places),
        TEST(test_depth_limit),    TEST(test_height_limit), TEST(test_size_limit),
        TEST(test_text_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
