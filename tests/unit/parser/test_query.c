/* SPDX-License-Identifier: Apache-2.0 */
/* SELECT: items, relations, joins, windows, clauses and their order. */
#include "unit/parser/parser_test.h"

static const wr_ast_query *query(const char *text)
{
    wr_ast_stmt *s = parse(text);
    assert_int_equal(s->kind, WR_AST_QUERY);
    assert_non_null(s->query);
    return s->query;
}

static void test_items(void **state)
{
    (void)state;
    const wr_ast_query *q = query("SELECT *, s.*, a->b->*, (a)->*, x, y AS z, y + 1 \"w\" FROM s");
    static const wr_ast_item_kind kinds[] = {
        WR_AST_ITEM_STAR, WR_AST_ITEM_SOURCE_STAR, WR_AST_ITEM_STRUCT_STAR, WR_AST_ITEM_STRUCT_STAR,
        WR_AST_ITEM_EXPR, WR_AST_ITEM_EXPR,        WR_AST_ITEM_EXPR};
    assert_int_equal(q->items_n, WR_ARRAY_LEN(kinds));
    for (size_t i = 0; i < q->items_n; i++)
        assert_int_equal(q->items[i].kind, kinds[i]);
    assert_string_equal(q->items[1].source.name, "S");
    assert_int_equal(q->items[2].expr->kind, WR_AST_FIELD);
    assert_null(q->items[4].alias.name);
    assert_string_equal(q->items[5].alias.name, "Z");
    assert_string_equal(q->items[6].alias.name, "w");
    assert_int_equal(q->items[1].pos, 10);
    /* `->*` stands behind an operand only. */
    refused("SELECT a + b->* FROM s", 1, 13,
            "line 1:13: Syntax Error\nExpecting {'AS', ',', 'FROM'} but found '->'");
    refused("SELECT -a->* FROM s", 1, 10,
            "line 1:10: Syntax Error\nExpecting {'AS', ',', 'FROM'} but found '->'");
    prints("SELECT (a || b)->* FROM s", "SELECT (A || B)->* FROM S");
}

static void test_sources(void **state)
{
    (void)state;
    const wr_ast_query *q = query("SELECT * FROM \"my-stream\" AS s EMIT CHANGES");
    assert_string_equal(q->from.name.name, "my-stream");
    assert_string_equal(q->from.alias.name, "S");
    assert_int_equal(q->emit, WR_AST_EMIT_CHANGES);
    /* EMIT and PARTITION are free words: clauses only in front of their second words. */
    q = query("SELECT * FROM s EMIT CHANGES");
    assert_null(q->from.alias.name);
    q = query("SELECT * FROM s PARTITION BY a");
    assert_null(q->from.alias.name);
    q = query("SELECT * FROM s emit EMIT FINAL");
    assert_string_equal(q->from.alias.name, "EMIT");
    assert_int_equal(q->emit, WR_AST_EMIT_FINAL);
    q = query("SELECT * FROM s partition LIMIT 3");
    assert_string_equal(q->from.alias.name, "PARTITION");
    refused("SELECT * FROM `a b`", 1, 15,
            "line 1:15: Source names may only contain alphanumeric values, '_' or '-'. "
            "Got: 'a b'");
    refused("SELECT * FROM s AS a@b", 1, 20,
            "line 1:20: Source names may only contain alphanumeric values, '_' or '-'. "
            "Got: 'A@B'");
}

static void test_joins(void **state)
{
    (void)state;
    const wr_ast_query *q =
        query("SELECT * FROM a JOIN b ON a.x = b.x INNER JOIN c ON a.x = c.x "
              "LEFT JOIN d AS dd WITHIN 1 HOUR ON a.x = dd.x "
              "LEFT OUTER JOIN e WITHIN (1 DAY, 2 MINUTES) GRACE PERIOD 3 SECONDS ON a.x = e.x "
              "RIGHT JOIN f ON a.x = f.x FULL OUTER JOIN g ON a.x = g.x");
    static const wr_ast_join_kind kinds[] = {WR_AST_JOIN_INNER, WR_AST_JOIN_INNER,
                                             WR_AST_JOIN_LEFT,  WR_AST_JOIN_LEFT,
                                             WR_AST_JOIN_RIGHT, WR_AST_JOIN_FULL};
    assert_int_equal(q->joins_n, WR_ARRAY_LEN(kinds));
    for (size_t i = 0; i < q->joins_n; i++)
        assert_int_equal(q->joins[i].kind, kinds[i]);
    assert_int_equal(q->joins[0].pos, 16);
    assert_false(q->joins[0].has_within);

    const wr_ast_join *one = &q->joins[2], *pair = &q->joins[3];
    assert_string_equal(one->right.alias.name, "DD");
    assert_true(one->has_within && !one->within_pair && !one->has_grace);
    assert_int_equal(one->before.unit, WR_AST_UNIT_HOUR);
    assert_int_equal(one->after.unit, WR_AST_UNIT_HOUR);
    assert_true(pair->has_within && pair->within_pair && pair->has_grace);
    assert_int_equal(pair->before.n, 1);
    assert_int_equal(pair->after.n, 2);
    assert_int_equal(pair->grace.n, 3);
    refused("SELECT * FROM a JOIN b", 1, 23,
            "line 1:23: Syntax Error\nExpecting {'AS', 'WITHIN', 'ON'} but found '<EOF>'");
    refused("SELECT * FROM a, b", 1, 16,
            "line 1:16: Syntax Error\nExpecting {'AS', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'JOIN', "
            "'WINDOW', 'WHERE', 'GROUP', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT', <EOF>} but found "
            "','");
}

static void test_windows(void **state)
{
    (void)state;
    const wr_ast_window *w =
        query("SELECT * FROM s WINDOW TUMBLING (SIZE 5 MILLISECONDS) GROUP BY a")->window;
    assert_int_equal(w->kind, WR_AST_WINDOW_TUMBLING);
    assert_int_equal(w->size.n, 5);
    assert_int_equal(w->size.unit, WR_AST_UNIT_MILLISECOND);
    assert_false(w->has_retention || w->has_grace);
    assert_null(w->name.name);

    w = query("SELECT * FROM s WINDOW w HOPPING (SIZE 1 HOUR, ADVANCE BY 10 MINUTES, "
              "RETENTION 2 DAYS, GRACE PERIOD 1 DAY) GROUP BY a")
            ->window;
    assert_int_equal(w->kind, WR_AST_WINDOW_HOPPING);
    assert_string_equal(w->name.name, "W");
    assert_int_equal(w->advance.n, 10);
    assert_true(w->has_retention && w->has_grace);
    assert_int_equal(w->retention.n, 2);
    assert_int_equal(w->grace.unit, WR_AST_UNIT_DAY);

    w = query("SELECT * FROM s WINDOW SESSION (30 SECONDS, GRACE PERIOD 0 SECONDS)")->window;
    assert_int_equal(w->kind, WR_AST_WINDOW_SESSION);
    assert_true(w->has_grace && !w->has_retention);
    w = query("SELECT * FROM s WINDOW SESSION SESSION (30 SECONDS)")->window;
    assert_string_equal(w->name.name, "SESSION");

    refused("SELECT * FROM s WINDOW TUMBLING (SIZE 1 YEAR) GROUP BY a", 1, 41,
            "line 1:41: Syntax Error\nExpecting {'DAY', 'DAYS', 'HOUR', 'HOURS', 'MINUTE', "
            "'MINUTES', 'SECOND', 'SECONDS', 'MILLISECOND', 'MILLISECONDS'} but found 'YEAR'");
    refused("SELECT * FROM s WINDOW HOPPING (SIZE 1 HOUR)", 1, 44,
            "line 1:44: Syntax Error\nmissing ',' at ')'");
    refused("SELECT * FROM s WINDOW SESSION (1 HOUR, GRACE PERIOD 1 DAY, RETENTION 1 DAY)", 1, 59,
            "line 1:59: Syntax Error\nmissing ')' at ','");
    refused("SELECT * FROM s WINDOW TUMBLING (SIZE -1 HOUR)", 1, 39,
            "line 1:39: Syntax Error\nmissing INTEGER_VALUE at '-'");
}

static void test_grouping(void **state)
{
    (void)state;
    const wr_ast_query *q = query("SELECT * FROM s GROUP BY a, f(b, c) PARTITION BY x");
    assert_true(q->has_group_by && !q->group_by_paren);
    assert_int_equal(q->group_by_n, 2);
    assert_int_equal(q->partition_by_n, 1);
    assert_int_equal(q->group_by_pos, 16);
    assert_int_equal(q->partition_by_pos, 36);
    q = query("SELECT * FROM s GROUP BY (a, b)");
    assert_true(q->group_by_paren);
    assert_int_equal(q->group_by_n, 2);
    q = query("SELECT * FROM s GROUP BY ()");
    assert_true(q->has_group_by && q->group_by_paren);
    assert_int_equal(q->group_by_n, 0);
    /* Parentheses of an expression, not of the list */
    q = query("SELECT * FROM s GROUP BY (a) + 1, b");
    assert_false(q->group_by_paren);
    assert_int_equal(q->group_by_n, 2);
    q = query("SELECT * FROM s GROUP BY (f(a, b))");
    assert_false(q->group_by_paren);
    assert_false(query("SELECT * FROM s GROUP BY (ARRAY[a, b])")->group_by_paren);
    refused("SELECT * FROM s GROUP BY a, (b, c)", 1, 31,
            "line 1:31: Syntax Error\nmissing ')' at ','");
    refused("SELECT * FROM s GROUP BY a AND b", 1, 28,
            "line 1:28: Syntax Error\nExpecting {',', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT', "
            "<EOF>} but found 'AND'");
    prints("SELECT * FROM s GROUP BY (a AND b), c", "SELECT * FROM S GROUP BY (A AND B), C");
}

static void test_clauses(void **state)
{
    (void)state;
    const wr_ast_query *q =
        query("SELECT a FROM s WHERE b GROUP BY c HAVING d EMIT FINAL LIMIT -1");
    assert_non_null(q->where);
    assert_non_null(q->having);
    assert_int_equal(q->having_pos, 35);
    assert_int_equal(q->emit_pos, 44);
    assert_int_equal(q->limit_pos, 55);
    assert_true(q->has_limit);
    assert_int_equal(q->limit, -1); /* refused by the engine, with ksqlDB's message */
    refused("SELECT a FROM s LIMIT 1 EMIT CHANGES", 1, 25,
            "line 1:25: Syntax Error\nextraneous input 'EMIT' expecting <EOF>");
    refused("SELECT a FROM s GROUP BY a WHERE b", 1, 28,
            "line 1:28: Syntax Error\nExpecting {',', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT', "
            "<EOF>} but found 'WHERE'");
    refused("SELECT a FROM s LIMIT 1.5", 1, 23,
            "line 1:23: Syntax Error\nmissing INTEGER_VALUE at '1.5'");
    refused("SELECT a FROM s x EMIT", 1, 23,
            "line 1:23: Syntax Error\nExpecting {'CHANGES', 'FINAL'} but found '<EOF>'");
}

static void test_not_in_the_dialect(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "SELECT DISTINCT a FROM s",
        "SELECT a FROM s ORDER BY a",
        "SELECT a FROM s UNION SELECT a FROM t",
        "SELECT a FROM (SELECT a FROM s)",
        "WITH x AS (SELECT a FROM s) SELECT a FROM x",
        "SELECT count(a) OVER (PARTITION BY b) FROM s",
        "SELECT a FROM s WHERE a IN ()",
        "SELECT a FROM s WHERE a = b = c",
        "SELECT a FROM s WHERE a IN (SELECT b FROM t)",
        "SELECT a.b.c FROM s",
        "SELECT FROM s",
        "SELECT a",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++) {
        wr_ast_stmt *s;
        weir_error err = {0};
        if (!wr_parse_statement(texts[i], strlen(texts[i]), arena, &s, &err))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(err.code, WEIR_ERR_SYNTAX);
        assert_non_null(strstr(err.message, "Syntax Error\n"));
        assert_true(err.line == 1 && err.column > 0);
    }
    refused("SELECT a AT TIME ZONE 'UTC' FROM s", 1, 10,
            "line 1:10: Syntax Error\nAT TIME ZONE is not supported");
}

static void test_print(void **state)
{
    (void)state;
    prints("select a x, b.c, * from s where a=1 and (b or c) emit changes limit 5;",
           "SELECT A AS X, B.C, * FROM S WHERE A = 1 AND (B OR C) EMIT CHANGES LIMIT 5");
    prints("select * from a full join b bb within (1 day,2 hour) grace period 1 minute on a.x=bb.x",
           "SELECT * FROM A FULL OUTER JOIN B AS BB WITHIN (1 DAYS, 2 HOURS) "
           "GRACE PERIOD 1 MINUTES ON A.X = BB.X");
    prints("select * from s window hopping (size 1 hour, advance by 1 minute, retention 2 day, "
           "grace period 0 second) group by (a, b) having count(*) > 1",
           "SELECT * FROM S WINDOW HOPPING (SIZE 1 HOURS, ADVANCE BY 1 MINUTES, RETENTION 2 DAYS, "
           "GRACE PERIOD 0 SECONDS) GROUP BY (A, B) HAVING COUNT(*) > 1");
    prints("select * from s group by () partition by a",
           "SELECT * FROM S GROUP BY () PARTITION BY A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_items),
        TEST(test_sources),
        TEST(test_joins),
        TEST(test_windows),
        TEST(test_grouping),
        TEST(test_clauses),
        TEST(test_not_in_the_dialect),
        TEST(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
