/* SPDX-License-Identifier: Apache-2.0 */
/* Types and column lists. */
#include "unit/parser/parser_test.h"

static void expect_printed(const char *text, const char *sql)
{
    assert_string_equal(printed_type(text), sql);
    assert_true(wr_ast_type_equal(parse_type(text), parse_type(sql)));
}

static void test_shapes(void **state)
{
    (void)state;
    expect_printed("bigint", "BIGINT");
    expect_printed("varchar(string)", "VARCHAR(STRING)");
    expect_printed("\"my type\"", "`my type`");
    expect_printed("decimal ( 10 , -2 )", "DECIMAL(10, -2)");
    expect_printed("array<array<int>>", "ARRAY<ARRAY<INT>>");
    expect_printed("INT ARRAY ARRAY", "ARRAY<ARRAY<INT>>");
    expect_printed("MAP<STRING, MAP<STRING, INT>>", "MAP<STRING, MAP<STRING, INT>>");
    expect_printed("STRUCT<a INT, \"b\" STRUCT<c ARRAY<INT>>>",
                   "STRUCT<A INT, `b` STRUCT<C ARRAY<INT>>>");
    expect_printed("STRUCT<>", "STRUCT<>");
    expect_printed("STRUCT< >", "STRUCT<>");
    expect_printed("ARRAY<STRUCT<>>", "ARRAY<STRUCT<>>");
    /* The constructors' words name types where no '<' follows. */
    expect_printed("ARRAY<ARRAY>", "ARRAY<ARRAY>");
    assert_int_equal(parse_type("MAP")->kind, WR_AST_TYPE_NAME);
}

static void test_fields(void **state)
{
    (void)state;
    wr_ast_type *t = parse_type(" STRUCT<a INT, b MAP<STRING, INT>>");
    assert_int_equal(t->kind, WR_AST_TYPE_STRUCT);
    assert_int_equal(t->pos, 1);
    assert_int_equal(t->fields_n, 2);
    assert_string_equal(t->fields[1].name.name, "B");
    assert_string_equal(t->fields[1].type->key->name.name, "STRING");
    t = parse_type("DECIMAL(6, 4)");
    assert_int_equal(t->kind, WR_AST_TYPE_DECIMAL);
    assert_int_equal(t->precision, 6);
    assert_int_equal(t->scale, 4);
    t = parse_type("VARCHAR(10, STRING)");
    assert_int_equal(t->params_n, 2);
    assert_string_equal(t->params[0], "10");
    assert_string_equal(t->params[1], "STRING");
}

static void test_not_equal(void **state)
{
    (void)state;
    static const char *const types[] = {
        "INT",           "BIGINT",           "VARCHAR(10)",          "VARCHAR(11)",
        "VARCHAR",       "ARRAY<INT>",       "ARRAY<BIGINT>",        "MAP<STRING, INT>",
        "MAP<INT, INT>", "DECIMAL(4, 2)",    "DECIMAL(4, 3)",        "STRUCT<A INT>",
        "STRUCT<B INT>", "STRUCT<A BIGINT>", "STRUCT<A INT, B INT>",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(types); i++)
        for (size_t k = 0; k < WR_ARRAY_LEN(types); k++)
            assert_int_equal(wr_ast_type_equal(parse_type(types[i]), parse_type(types[k])), i == k);
}

static void refused_type(const char *text, int column, const char *message)
{
    wr_ast_type *t;
    weir_error err = {0};
    assert_int_equal(wr_parse_type(text, strlen(text), arena, &t, &err), WEIR_ERR_SYNTAX);
    assert_string_equal(err.message, message);
    assert_int_equal(err.column, column);
}

static void test_refused(void **state)
{
    (void)state;
    refused_type("NULL", 1,
                 "line 1:1: Syntax Error\nSyntax error at or near 'NULL' at line 1:1\n"
                 "Expecting a type");
    refused_type("INT (KEY)", 6,
                 "line 1:6: Syntax Error\nExpecting {'STRING', INTEGER_VALUE} but found 'KEY'");
    refused_type("DECIMAL", 8, "line 1:8: Syntax Error\nmissing '(' at '<EOF>'");
    refused_type("DECIMAL(4)", 10, "line 1:10: Syntax Error\nmissing ',' at ')'");
    refused_type("DECIMAL(4, 2.5)", 12, "line 1:12: Syntax Error\nmissing INTEGER_VALUE at '2.5'");
    refused_type("ARRAY<INT", 10,
                 "line 1:10: Syntax Error\nExpecting {'(', 'ARRAY', '>'} but found '<EOF>'");
    refused_type("STRUCT<a>", 9,
                 "line 1:9: Syntax Error\nSyntax error at or near '>' at line 1:9\n"
                 "Expecting a type");
}

static void test_depth(void **state)
{
    (void)state;
    static const char *const nests[][2] = {
        {"ARRAY<", ">"}, {"MAP<STRING, ", ">"}, {"STRUCT<a ", ">"}, {"", " ARRAY"}};
    for (size_t i = 0; i < WR_ARRAY_LEN(nests); i++) {
        for (int deep = 0; deep <= 1; deep++) {
            int n = WR_PARSE_DEPTH_MAX - 1 + deep;
            wr_buf b = {0};
            for (int k = 0; k < n; k++)
                wr_buf_puts(&b, nests[i][0]);
            wr_buf_puts(&b, "INT");
            for (int k = 0; k < n; k++)
                wr_buf_puts(&b, nests[i][1]);
            wr_ast_type *t;
            weir_error err;
            weir_status st = wr_parse_type(b.ptr, b.len, arena, &t, &err);
            assert_int_equal(st, deep ? WEIR_ERR_LIMIT : WEIR_OK);
            wr_buf_clear(&b);
            if (!deep) { /* what could be parsed can be printed and parsed again */
                wr_ast_type *again;
                wr_ast_print_type(&b, t);
                assert_int_equal(wr_parse_type(b.ptr, b.len, arena, &again, &err), WEIR_OK);
                assert_true(wr_ast_type_equal(t, again));
            }
            wr_buf_free(&b);
        }
    }
}

static void test_elements(void **state)
{
    (void)state;
    static const char *const texts[] = {"(ID INT KEY, V STRING, H BYTES HEADER('x'))",
                                        "id INT KEY, v STRING, h BYTES HEADER('x')"};
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_ast_element *e;
        size_t n;
        weir_error err;
        assert_int_equal(wr_parse_elements(texts[i], strlen(texts[i]), arena, &e, &n, &err),
                         WEIR_OK);
        assert_int_equal(n, 3);
        assert_string_equal(e[0].name.name, "ID");
        assert_int_equal(e[0].constraint, WR_AST_COL_KEY);
        assert_int_equal(e[1].constraint, WR_AST_COL_VALUE);
        assert_int_equal(e[2].constraint, WR_AST_COL_HEADER);
        assert_string_equal(e[2].header, "x");
    }
    wr_ast_element *e;
    size_t n;
    weir_error err;
    assert_int_equal(wr_parse_elements("(a INT", 6, arena, &e, &n, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(wr_parse_elements("a INT)", 6, arena, &e, &n, &err), WEIR_ERR_SYNTAX);
    assert_int_equal(wr_parse_elements("()", 2, arena, &e, &n, &err), WEIR_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shapes),  TEST(test_fields), TEST(test_not_equal),
        TEST(test_refused), TEST(test_depth),  TEST(test_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
