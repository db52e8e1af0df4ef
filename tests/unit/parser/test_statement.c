/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of statement: the tree's fields, and how it prints. */
#include "unit/parser/parser_test.h"

static void test_create_source(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints(
        "create or replace source stream if not exists s (id int key, h ARRAY<STRUCT<key STRING, "
        "value BYTES>> headers, k bytes header('x''y')) with (kafka_topic='t', 'Partitions'=3, "
        "x=-1.5, y=true, z=null)",
        "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS S (ID INT KEY, H ARRAY<STRUCT<KEY STRING, "
        "VALUE BYTES>> HEADERS, K BYTES HEADER('x''y')) WITH (KAFKA_TOPIC = 't', `Partitions` = 3, "
        "X = -1.5, Y = TRUE, Z = NULL)");
    assert_int_equal(s->kind, WR_AST_CREATE_SOURCE);
    assert_true(s->or_replace && s->is_source && s->if_not_exists && !s->is_table);
    assert_true(s->has_elements && s->has_props);
    assert_int_equal(s->elements_n, 3);
    assert_string_equal(s->elements[2].header, "x'y");
    assert_int_equal(wr_ast_find_property(s, "PARTITIONS")->value->u.integer, 3);
    assert_null(wr_ast_find_property(s, "REPLICAS"));

    s = prints("CREATE TABLE t", "CREATE TABLE T");
    assert_true(s->is_table && !s->has_elements && !s->has_props);
    s = prints("CREATE TABLE if (a INT PRIMARY KEY)", "CREATE TABLE IF (A INT PRIMARY KEY)");
    assert_false(s->if_not_exists);
    assert_int_equal(s->elements[0].constraint, WR_AST_COL_PRIMARY_KEY);
}

static void test_create_as(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("CREATE TABLE t WITH (a='b') AS SELECT * FROM s",
                            "CREATE TABLE T WITH (A = 'b') AS SELECT * FROM S");
    assert_int_equal(s->kind, WR_AST_CREATE_AS);
    assert_non_null(s->query);
    assert_int_equal(s->query->pos, 31);
    prints("CREATE OR REPLACE STREAM s AS SELECT a FROM b", /* no WITH */
           "CREATE OR REPLACE STREAM S AS SELECT A FROM B");
    refused("CREATE STREAM s (a INT) AS SELECT * FROM t", 1, 25,
            "line 1:25: Syntax Error\nExpecting {'WITH', <EOF>} but found 'AS'");
    refused("CREATE SOURCE STREAM s AS SELECT * FROM t", 1, 24,
            "line 1:24: Syntax Error\nExpecting {'(', 'WITH', <EOF>} but found 'AS'");
}

static void test_insert(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("INSERT INTO s WITH (query_id='q') SELECT * FROM t",
                            "INSERT INTO S WITH (QUERY_ID = 'q') SELECT * FROM T");
    assert_int_equal(s->kind, WR_AST_INSERT_SELECT);
    s = prints("INSERT INTO s (a, \"b\") VALUES (1 + 2, ARRAY['x'])",
               "INSERT INTO S (A, `b`) VALUES (1 + 2, ARRAY['x'])");
    assert_int_equal(s->kind, WR_AST_INSERT_VALUES);
    assert_int_equal(s->columns_n, 2);
    assert_true(s->columns[1].quoted);
    assert_int_equal(s->values_n, 2);
    s = prints("INSERT INTO s VALUES (NULL)", "INSERT INTO S VALUES (NULL)");
    assert_int_equal(s->columns_n, 0);
    refused("INSERT INTO s VALUES ()", 1, 23,
            "line 1:23: Syntax Error\nSyntax error at or near ')' at line 1:23\n"
            "Expecting an expression");
    refused("INSERT INTO s VALUES (1), (2)", 1, 25,
            "line 1:25: Syntax Error\nextraneous input ',' expecting <EOF>");
    refused("INSERT INTO s (a) SELECT * FROM t", 1, 19,
            "line 1:19: Syntax Error\nmissing 'VALUES' at 'SELECT'");
    refused("INSERT INTO s WITH (a=1) VALUES (1)", 1, 26,
            "line 1:26: Syntax Error\nmissing 'SELECT' at 'VALUES'");
}

static void test_drop_alter_type(void **state)
{
    (void)state;
    wr_ast_stmt *s =
        prints("drop stream if exists s delete topic", "DROP STREAM IF EXISTS S DELETE TOPIC");
    assert_true(s->if_exists && s->delete_topic);
    s = prints("DROP TABLE if", "DROP TABLE IF");
    assert_false(s->if_exists);
    prints("DROP TYPE IF EXISTS t", "DROP TYPE IF EXISTS T");
    prints("CREATE TYPE IF NOT EXISTS t AS STRUCT<a INT>",
           "CREATE TYPE IF NOT EXISTS T AS STRUCT<A INT>");
    s = prints("ALTER STREAM s ADD COLUMN a INT, ADD b ARRAY<INT>",
               "ALTER STREAM S ADD COLUMN A INT, ADD COLUMN B ARRAY<INT>");
    assert_int_equal(s->kind, WR_AST_ALTER_SOURCE);
    assert_int_equal(s->elements_n, 2);
    /* COLUMN is a free word: here the new column's own name */
    s = prints("ALTER TABLE t ADD column INT", "ALTER TABLE T ADD COLUMN COLUMN INT");
    assert_string_equal(s->elements[0].name.name, "COLUMN");
    prints("ALTER TABLE t ADD column DECIMAL(4, 2)",
           "ALTER TABLE T ADD COLUMN COLUMN DECIMAL(4, 2)");
    refused("DROP s", 1, 6,
            "line 1:6: Syntax Error\nExpecting {'STREAM', 'TABLE', 'TYPE', 'CONNECTOR'} but found "
            "'s'");
}

static void test_query_control(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("terminate ctas_t_1", "TERMINATE CTAS_T_1");
    assert_string_equal(s->name.name, "CTAS_T_1");
    assert_false(s->all);
    s = prints("TERMINATE ALL", "TERMINATE ALL");
    assert_true(s->all);
    assert_null(s->name.name);
    assert_int_equal(prints("PAUSE q", "PAUSE Q")->kind, WR_AST_PAUSE);
    assert_int_equal(prints("RESUME `q`", "RESUME `q`")->kind, WR_AST_RESUME);
}

static void test_show(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        wr_ast_show show;
    } rows[] = {
        {"SHOW TOPICS", WR_AST_SHOW_TOPICS},
        {"SHOW ALL TOPICS EXTENDED", WR_AST_SHOW_TOPICS},
        {"SHOW STREAMS EXTENDED", WR_AST_SHOW_STREAMS},
        {"SHOW TABLES", WR_AST_SHOW_TABLES},
        {"SHOW QUERIES EXTENDED", WR_AST_SHOW_QUERIES},
        {"SHOW FUNCTIONS", WR_AST_SHOW_FUNCTIONS},
        {"SHOW PROPERTIES", WR_AST_SHOW_PROPERTIES},
        {"SHOW TYPES", WR_AST_SHOW_TYPES},
        {"SHOW VARIABLES", WR_AST_SHOW_VARIABLES},
        {"SHOW CONNECTORS", WR_AST_SHOW_CONNECTORS},
        {"SHOW SOURCE CONNECTORS", WR_AST_SHOW_SOURCE_CONNECTORS},
        {"SHOW SINK CONNECTORS", WR_AST_SHOW_SINK_CONNECTORS},
        {"SHOW CONNECTOR PLUGINS", WR_AST_SHOW_CONNECTOR_PLUGINS},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++) {
        wr_ast_stmt *s = prints(rows[i].text, rows[i].text);
        assert_int_equal(s->kind, WR_AST_SHOW);
        assert_int_equal(s->show, rows[i].show);
        assert_int_equal(s->extended, strstr(rows[i].text, "EXTENDED") != NULL);
        assert_int_equal(s->show_all, strstr(rows[i].text, "ALL") != NULL);
    }
    prints("list streams", "SHOW STREAMS");
    refused("SHOW FUNCTIONS EXTENDED", 1, 16,
            "line 1:16: Syntax Error\nextraneous input 'EXTENDED' expecting <EOF>");
    refused("SHOW ALL STREAMS", 1, 10, "line 1:10: Syntax Error\nmissing 'TOPICS' at 'STREAMS'");
}

static void test_describe(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        wr_ast_describe describe;
    } rows[] = {
        {"DESCRIBE S", WR_AST_DESCRIBE_SOURCE},
        {"DESCRIBE S EXTENDED", WR_AST_DESCRIBE_SOURCE},
        {"DESCRIBE STREAMS EXTENDED", WR_AST_DESCRIBE_STREAMS},
        {"DESCRIBE TABLES", WR_AST_DESCRIBE_TABLES},
        {"DESCRIBE `TABLES`", WR_AST_DESCRIBE_SOURCE},
        {"DESCRIBE `FUNCTION`", WR_AST_DESCRIBE_SOURCE},
        {"DESCRIBE FUNCTION COUNT", WR_AST_DESCRIBE_FUNCTION},
        {"DESCRIBE CONNECTOR C", WR_AST_DESCRIBE_CONNECTOR},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++)
        assert_int_equal(prints(rows[i].text, rows[i].text)->describe, rows[i].describe);
    prints("DESCRIBE function EXTENDED", "DESCRIBE `FUNCTION` EXTENDED");
}

static void test_explain(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("EXPLAIN ctas_1", "EXPLAIN CTAS_1");
    assert_string_equal(s->name.name, "CTAS_1");
    assert_null(s->child);
    s = prints("EXPLAIN CREATE STREAM a AS SELECT * FROM b;",
               "EXPLAIN CREATE STREAM A AS SELECT * FROM B");
    assert_int_equal(s->child->kind, WR_AST_CREATE_AS);
    assert_int_equal(s->child->pos, 8);
    assert_true(wr_str_eq_c(s->child->text, "CREATE STREAM a AS SELECT * FROM b"));
    assert_true(
        prints("EXPLAIN ANALYZE SELECT * FROM b", "EXPLAIN ANALYZE SELECT * FROM B")->analyze);
    assert_true(prints("EXPLAIN ANALYZE q", "EXPLAIN ANALYZE Q")->analyze);
    s = prints("EXPLAIN ANALYZE", "EXPLAIN ANALYZE"); /* a query of that name */
    assert_string_equal(s->name.name, "ANALYZE");
    prints("EXPLAIN show", "EXPLAIN SHOW");

    wr_buf b = {0};
    for (int i = 0; i < 10000; i++)
        wr_buf_puts(&b, "EXPLAIN ");
    wr_buf_puts(&b, "q");
    weir_error err;
    assert_int_equal(wr_parse_statement(b.ptr, b.len, arena, &s, &err), WEIR_ERR_LIMIT);
    wr_buf_free(&b);
}

static void test_print_topic(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("print My_Topic from beginning interval 5 limit 10",
                            "PRINT 'My_Topic' FROM BEGINNING INTERVAL 5 LIMIT 10");
    assert_string_equal(s->text1, "My_Topic");
    assert_true(s->from_beginning && s->has_interval && s->has_limit);
    assert_int_equal(s->interval, 5);
    assert_int_equal(s->limit, 10);
    s = prints("PRINT 'a-b.c' SAMPLE 3", "PRINT 'a-b.c' INTERVAL 3");
    assert_false(s->from_beginning || s->has_limit);
    assert_string_equal(prints("PRINT \"X y\"", "PRINT 'X y'")->text1, "X y");
}

static void test_session(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("SET 'a.b'='c'", "SET 'a.b' = 'c'");
    assert_string_equal(s->text1, "a.b");
    assert_string_equal(s->text2, "c");
    prints("UNSET 'a.b'", "UNSET 'a.b'");
    prints("ALTER SYSTEM 'a'='b'", "ALTER SYSTEM 'a' = 'b'");
    s = prints("DEFINE x = 'it''s'", "DEFINE X = 'it''s'");
    assert_string_equal(s->name.name, "X");
    assert_string_equal(s->text2, "it's");
    prints("UNDEFINE x", "UNDEFINE X");
    prints("RUN SCRIPT 'f.sql'", "RUN SCRIPT 'f.sql'");
    refused("DEFINE `x` = 'a'", 1, 8,
            "line 1:8: Syntax Error\nthe name of a variable is written without quotes and begins "
            "with a letter or '_'");
    refused("SET a = 'b'", 1, 5, "line 1:5: Syntax Error\nmissing STRING at 'a'");
}

static void test_assert(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("ASSERT TOPIC aB WITH (partitions=3) TIMEOUT 5 SECONDS",
                            "ASSERT TOPIC 'aB' WITH (PARTITIONS = 3) TIMEOUT 5 SECONDS");
    assert_string_equal(s->text1, "aB");
    assert_true(s->has_timeout && !s->not_exists);
    s = prints("ASSERT NOT EXISTS TOPIC 'a-b'", "ASSERT NOT EXISTS TOPIC 'a-b'");
    assert_true(s->not_exists);
    s = prints("ASSERT SCHEMA SUBJECT 's-value' ID 3 TIMEOUT 1 DAY",
               "ASSERT SCHEMA SUBJECT 's-value' ID 3 TIMEOUT 1 DAYS");
    assert_true(s->has_id);
    assert_int_equal(s->id, 3);
    s = prints("ASSERT NOT EXISTS SCHEMA ID 7", "ASSERT NOT EXISTS SCHEMA ID 7");
    assert_null(s->text1);
    refused("ASSERT NOT EXISTS STREAM s", 1, 19,
            "line 1:19: Syntax Error\nExpecting {'TOPIC', 'SCHEMA'} but found 'STREAM'");
}

static void test_test_asserts(void **state)
{
    (void)state;
    wr_ast_stmt *s = prints("ASSERT VALUES s (a, rowtime) VALUES (1, 2)",
                            "ASSERT VALUES S (A, ROWTIME) VALUES (1, 2)");
    assert_int_equal(s->kind, WR_AST_ASSERT_VALUES);
    s = prints("ASSERT NULL VALUES s (a) KEY (1)", "ASSERT NULL VALUES S (A) KEY (1)");
    assert_int_equal(s->kind, WR_AST_ASSERT_NULL_VALUES);
    assert_int_equal(s->values_n, 1);
    prints("ASSERT VALUES s VALUES (1)", "ASSERT VALUES S VALUES (1)");
    s = prints("ASSERT STREAM s (a INT KEY) WITH (b='c')",
               "ASSERT STREAM S (A INT KEY) WITH (B = 'c')");
    assert_int_equal(s->kind, WR_AST_ASSERT_SOURCE);
    assert_true(prints("ASSERT TABLE t", "ASSERT TABLE T")->is_table);
    wr_ast_stmt *last = prints("ASSERT last VALUES last (last) VALUES (1)",
                               "ASSERT LAST VALUES LAST (LAST) VALUES (1)");
    assert_true(last->last);
    assert_int_equal(last->kind, WR_AST_ASSERT_VALUES);
    last = prints("ASSERT LAST NULL VALUES s (a) KEY (1)", "ASSERT LAST NULL VALUES S (A) KEY (1)");
    assert_true(last->last && last->kind == WR_AST_ASSERT_NULL_VALUES);
    refused("ASSERT LAST TABLE t", 1, 13,
            "line 1:13: Syntax Error\nExpecting {'VALUES', 'NULL'} but found 'TABLE'");
}

static void test_connectors(void **state)
{
    (void)state;
    wr_ast_stmt *s =
        prints("CREATE SINK CONNECTOR IF NOT EXISTS c WITH ('connector.class'='X', \"a.b\"=1)",
               "CREATE SINK CONNECTOR IF NOT EXISTS C WITH (`connector.class` = 'X', `a.b` = 1)");
    assert_int_equal(s->kind, WR_AST_CREATE_CONNECTOR);
    assert_true(s->sink && s->if_not_exists);
    assert_false(
        prints("CREATE SOURCE CONNECTOR c WITH (a='b')", "CREATE SOURCE CONNECTOR C WITH (A = 'b')")
            ->sink);
    prints("DROP CONNECTOR IF EXISTS c", "DROP CONNECTOR IF EXISTS C");
    refused("CREATE SINK CONNECTOR c", 1, 24, "line 1:24: Syntax Error\nmissing 'WITH' at '<EOF>'");
    refused("CREATE OR REPLACE SOURCE CONNECTOR c WITH (a=1)", 1, 26,
            "line 1:26: Syntax Error\nExpecting {'STREAM', 'TABLE'} but found 'CONNECTOR'");
}

/* The text of a statement is what was written, without the ';' and what is around it. */
static void test_text(void **state)
{
    (void)state;
    wr_ast_stmt *s = parse(" -- first\n  DROP /* x */ STREAM\n s  ;\n -- last\n");
    assert_true(wr_str_eq_c(s->text, "DROP /* x */ STREAM\n s"));
    assert_int_equal(s->pos, 12);
    assert_int_equal(s->end, 12 + (int)s->text.len);
    assert_int_equal(s->text.ptr[s->text.len], '\0');
    assert_int_equal(s->name.pos, 33);
}

static void test_durations(void **state)
{
    (void)state;
    int64_t ms;
    static const struct {
        wr_ast_unit unit;
        int64_t ms;
    } rows[] = {
        {WR_AST_UNIT_YEAR, INT64_C(31536000000)},
        {WR_AST_UNIT_MONTH, INT64_C(2592000000)},
        {WR_AST_UNIT_DAY, 86400000},
        {WR_AST_UNIT_HOUR, 3600000},
        {WR_AST_UNIT_MINUTE, 60000},
        {WR_AST_UNIT_SECOND, 1000},
        {WR_AST_UNIT_MILLISECOND, 1},
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(rows); i++) {
        assert_true(wr_ast_duration_ms(&(wr_ast_duration){.n = 3, .unit = rows[i].unit}, &ms));
        assert_true(ms == 3 * rows[i].ms);
    }
    wr_ast_duration huge = {.n = INT64_MAX, .unit = WR_AST_UNIT_MILLISECOND};
    assert_true(wr_ast_duration_ms(&huge, &ms));
    huge.unit = WR_AST_UNIT_SECOND;
    assert_false(wr_ast_duration_ms(&huge, &ms));
}

/* No two of these are equal, and each is equal to itself. */
static void test_not_equal(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "SELECT a FROM s",
        "SELECT b FROM s",
        "SELECT a x FROM s",
        "SELECT a FROM t",
        "SELECT a FROM s x",
        "SELECT s.* FROM s",
        "SELECT a->* FROM s",
        "SELECT a, a FROM s",
        "SELECT a FROM s WHERE a",
        "SELECT a FROM s GROUP BY a",
        "SELECT a FROM s GROUP BY (a, b)",
        "SELECT a FROM s GROUP BY a, b",
        "SELECT a FROM s GROUP BY ()",
        "SELECT a FROM s HAVING a",
        "SELECT a FROM s PARTITION BY a",
        "SELECT a FROM s PARTITION BY (a, b)",
        "SELECT a FROM s EMIT CHANGES",
        "SELECT a FROM s EMIT FINAL",
        "SELECT a FROM s LIMIT 1",
        "SELECT a FROM s LIMIT 2",
        "SELECT a FROM s WINDOW TUMBLING (SIZE 1 DAY)",
        "SELECT a FROM s WINDOW TUMBLING (SIZE 1 HOUR)",
        "SELECT a FROM s WINDOW SESSION (1 DAY)",
        "SELECT a FROM s WINDOW w SESSION (1 DAY)",
        "SELECT a FROM s WINDOW SESSION (1 DAY, GRACE PERIOD 1 DAY)",
        "SELECT a FROM s WINDOW SESSION (1 DAY, RETENTION 1 DAY)",
        "SELECT a FROM s WINDOW HOPPING (SIZE 1 DAY, ADVANCE BY 1 DAY)",
        "SELECT a FROM s JOIN t ON a",
        "SELECT a FROM s LEFT JOIN t ON a",
        "SELECT a FROM s JOIN t ON b",
        "SELECT a FROM s JOIN t WITHIN 1 DAY ON a",
        "SELECT a FROM s JOIN t WITHIN (1 DAY, 1 DAY) ON a",
        "SELECT a FROM s JOIN t WITHIN (1 DAY, 2 DAYS) ON a",
        "SELECT a FROM s JOIN t WITHIN 1 DAY GRACE PERIOD 1 DAY ON a",
        "SELECT 1 FROM s",
        "SELECT 1.0 FROM s",
        "SELECT 1e0 FROM s",
        "SELECT -0e0 FROM s",
        "SELECT 0e0 FROM s",
        "SELECT '1' FROM s",
        "SELECT TRUE FROM s",
        "SELECT NULL FROM s",
        "SELECT a = b FROM s",
        "SELECT a <> b FROM s",
        "SELECT a IS DISTINCT FROM b FROM s",
        "SELECT a IS NULL FROM s",
        "SELECT a IS NOT NULL FROM s",
        "SELECT a LIKE b FROM s",
        "SELECT a LIKE b ESCAPE '!' FROM s",
        "SELECT f() FROM s",
        "SELECT f(*) FROM s",
        "SELECT f(DAYS) FROM s",
        "SELECT f(HOURS) FROM s",
        "SELECT CAST(a AS INT) FROM s",
        "SELECT CAST(a AS BIGINT) FROM s",
        "SELECT CASE WHEN a THEN b END FROM s",
        "SELECT CASE WHEN a THEN b ELSE c END FROM s",
        "SELECT STRUCT(a := b) FROM s",
        "SELECT STRUCT(c := b) FROM s",
        "SELECT t.a FROM s",
        "CREATE STREAM s",
        "CREATE TABLE s",
        "CREATE STREAM s (a INT)",
        "CREATE STREAM s (b INT)",
        "CREATE STREAM s (a INT KEY)",
        "CREATE STREAM s (a INT HEADER('a'))",
        "CREATE STREAM s (a INT HEADER('b'))",
        "CREATE STREAM s WITH (a=1)",
        "CREATE STREAM s WITH (a=2)",
        "CREATE STREAM s WITH (b=1)",
        "CREATE SOURCE STREAM s",
        "CREATE OR REPLACE STREAM s",
        "CREATE STREAM IF NOT EXISTS s",
        "CREATE STREAM s AS SELECT a FROM s",
        "DROP STREAM s",
        "DROP STREAM s DELETE TOPIC",
        "DROP STREAM IF EXISTS s",
        "INSERT INTO s VALUES (1)",
        "INSERT INTO s (a) VALUES (1)",
        "INSERT INTO s VALUES (2)",
        "INSERT INTO s SELECT a FROM s",
        "TERMINATE q",
        "TERMINATE ALL",
        "SHOW TOPICS",
        "SHOW ALL TOPICS",
        "SHOW TOPICS EXTENDED",
        "SHOW STREAMS",
        "DESCRIBE s",
        "DESCRIBE FUNCTION s",
        "EXPLAIN s",
        "EXPLAIN ANALYZE s",
        "EXPLAIN DROP STREAM s",
        "EXPLAIN DROP STREAM t",
        "PRINT s",
        "PRINT s FROM BEGINNING",
        "PRINT s INTERVAL 1",
        "PRINT s INTERVAL 2",
        "PRINT s LIMIT 1",
        "PRINT s LIMIT 2",
        "SET 'a'='b'",
        "SET 'a'='c'",
        "DEFINE a='b'",
        "ASSERT TOPIC t",
        "ASSERT NOT EXISTS TOPIC t",
        "ASSERT TOPIC t TIMEOUT 1 DAY",
        "ASSERT SCHEMA ID 1",
        "ASSERT SCHEMA ID 2",
        "ASSERT SCHEMA SUBJECT s",
        "CREATE TYPE t AS INT",
        "CREATE TYPE t AS BIGINT",
        "CREATE SINK CONNECTOR c WITH (a=1)",
        "CREATE SOURCE CONNECTOR c WITH (a=1)",
    };
    for (size_t i = 0; i < WR_ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < WR_ARRAY_LEN(texts); k++)
            if (wr_ast_stmt_equal(parse(texts[i]), parse(texts[k])) != (i == k))
                fail_msg("%s\n%s", texts[i], texts[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_source),   TEST(test_create_as),     TEST(test_insert),
        TEST(test_drop_alter_type), TEST(test_query_control), TEST(test_show),
        TEST(test_describe),        TEST(test_explain),       TEST(test_print_topic),
        TEST(test_session),         TEST(test_assert),        TEST(test_test_asserts),
        TEST(test_connectors),      TEST(test_text),          TEST(test_durations),
        TEST(test_not_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
