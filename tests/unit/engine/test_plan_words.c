/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ksqlDB says first where several things are wrong with a statement, and in which words:
 * people search for them, and clients' tests look for them. test_plan_reject.c has one case for
 * each rule; here are the neighbours that differ in words alone.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reject.h"

/* Columns of the only source stand without its name, whether it was written or not; in a join they
 * stand with it. Literals are left alone: 'S.N' below is a text. */
static void test_columns_in_messages(void **state)
{
    static const reject_case cases[] = {
        {"SELECT * FROM s WHERE s.n < s.name EMIT CHANGES;",
         "Error in WHERE expression: Cannot compare N (INTEGER) to NAME (STRING) with LESS_THAN.",
         "s.n < s.name"},
        {"SELECT * FROM s x WHERE n = 'S.N' EMIT CHANGES;",
         "Error in WHERE expression: Cannot compare N (INTEGER) to 'S.N' (STRING) with EQUAL.",
         "n = 'S.N'"},
        {"SELECT * FROM s JOIN t ON s.id = t.id WHERE s.n < t.name EMIT CHANGES;",
         "Error in WHERE expression: Cannot compare S.N (INTEGER) to T.NAME (STRING) with "
         "LESS_THAN.",
         "s.n < t.name"},
        {"SELECT * FROM s WHERE n + 'S.N' EMIT CHANGES;",
         "Error in WHERE expression: Error processing expression: (N + 'S.N').", "n + 'S.N'"},
        {"CREATE TABLE x AS SELECT n + 1, CONCAT(name, 'S.') AS c, COUNT(*) FROM s GROUP BY id;",
         "Non-aggregate SELECT expression(s) not part of GROUP BY: (N + 1), CONCAT(NAME, 'S.')",
         "n + 1"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

/* ksqlDB checks types in two goes: what only the second one finds says which part of the query it
 * is in, without "Error in WHERE expression". */
static void test_second_go(void **state)
{
    static const reject_case cases[] = {
        {"SELECT CAST(tags AS INT) FROM s EMIT CHANGES;",
         "Invalid Select: Cast of ARRAY<STRING> to INTEGER is not supported", "CAST(tags"},
        {"SELECT * FROM s WHERE CAST(tags AS INT) = 1 EMIT CHANGES;",
         "Invalid Predicate: Cast of ARRAY<STRING> to INTEGER is not supported", "CAST(tags"},
        {"SELECT n IN (name) FROM s EMIT CHANGES;",
         "Invalid Select: operator does not exist: INTEGER = STRING (NAME)", "name) FROM"},
        {"SELECT * FROM s WHERE n IN (1, name) EMIT CHANGES;",
         "Invalid Predicate: operator does not exist: INTEGER = STRING (NAME)", "name) EMIT"},
        {"SELECT * FROM s WHERE tags BETWEEN 1 AND 2 EMIT CHANGES;",
         "Invalid Predicate: Cannot compare TAGS (ARRAY<STRING>) to 1 (INTEGER) with "
         "GREATER_THAN_OR_EQUAL.",
         "tags BETWEEN"},
        {"SELECT * FROM agg WHERE name BETWEEN 1 AND 'a';",
         "Invalid expression: Cannot compare NAME (STRING) to 1 (INTEGER) with "
         "GREATER_THAN_OR_EQUAL.",
         "name BETWEEN"},
        {"SELECT CAST(c AS DATE) AS d FROM agg;",
         "Invalid Select: Cast of BIGINT to DATE is not supported", "CAST(c"},
        {"SELECT COUNT(*) FROM s GROUP BY name HAVING CAST(COUNT(*) AS DATE) = '2020-01-01' "
         "EMIT CHANGES;",
         "Invalid Predicate: Cast of BIGINT to DATE is not supported", "CAST(COUNT"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

/* Of two mistakes the one that ksqlDB meets first is reported. */
static void test_order(void **state)
{
    static const reject_case cases[] = {
        /* an unknown function before what the clauses ask of each other */
        {"CREATE TABLE x AS SELECT name, NOPE(n) FROM s GROUP BY name;",
         "Can't find any functions with the name 'NOPE'", "NOPE(n)"},
        {"SELECT TRANSFORM(tags, e => NOPE(e)) FROM s EMIT CHANGES;",
         "Can't find any functions with the name 'NOPE'", "NOPE(e)"},
        /* a wrong item before a missing key */
        {"CREATE STREAM x AS SELECT ABS(name) AS a FROM s;",
         "Function 'abs' does not accept parameters (STRING).", "ABS(name)"},
        /* columns beside aggregates before the GROUP BY that there is not */
        {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s;",
         "Non-aggregate SELECT expression(s) not part of GROUP BY: NAME\nEither", "name, COUNT"},
        {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR);",
         "Non-aggregate SELECT expression(s) not part of GROUP BY: NAME\nEither", "name, COUNT"},
        {"CREATE TABLE x AS SELECT COUNT(*) FROM s;",
         "CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(*)] without",
         "COUNT(*)"},
        /* a condition that is none before one that does not fit its tables */
        {"SELECT * FROM s JOIN t ON s.n = t.n JOIN t2 ON s.id = s.id EMIT CHANGES;",
         "Each side of the join must reference exactly one source and not the same source.",
         "s.id = s.id"},
        /* a circle, and a join that hangs on nothing */
        {"SELECT * FROM t JOIN t2 ON t.id = t2.id JOIN agg ON t2.id = t.id EMIT CHANGES;",
         "Cannot perform circular join - both `T` and `T2` are already included", "t2.id = t.id"},
        {"SELECT * FROM t JOIN t2 ON t.id = t2.id JOIN s ON s.id = s2.id JOIN s2 ON s2.id = t.id "
         "EMIT CHANGES;",
         "Cannot build JOIN tree; neither source in the join is the FROM source or included in a "
         "previous JOIN: `S` and `S2`.",
         "s.id = s2.id"},
        /* what is wrong with a pull query itself before the table that has no rows kept */
        {"SELECT name, name FROM t WHERE id = 1;",
         "Duplicate value columns found in schema: `NAME` STRING", "name FROM t"},
        {"SELECT name FROM t WHERE id = 1;", "The `T` table isn't queryable.", "t WHERE"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

/* Which columns a missing key is made of. */
static void test_missing_keys(void **state)
{
#define MISSING                                                                                    \
    "Key missing from projection (ie, SELECT). \nThe query used to build `X` must include "
    static const reject_case cases[] = {
        {"CREATE STREAM x AS SELECT v FROM two;",
         MISSING "the key columns K1 and K2 in its projection (eg, SELECT K1, K2...).", "SELECT v"},
        {"CREATE STREAM x AS SELECT k2, v FROM two;",
         MISSING "the key columns K1 and K2 in its projection (eg, SELECT K1, K2...).",
         "SELECT k2"},
        {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name, n;",
         MISSING "the grouping expression N in its projection (eg, SELECT N...).", "SELECT name"},
        {"CREATE TABLE x AS SELECT n, COUNT(*) FROM s GROUP BY name, n, ts;",
         MISSING "the grouping expressions NAME and TS in its projection (eg, SELECT NAME, TS...).",
         "SELECT n"},
        {"CREATE TABLE x AS SELECT COUNT(*) FROM s GROUP BY n + 1;",
         MISSING "the grouping expression (N + 1) in its projection (eg, SELECT (N + 1)...).",
         "SELECT COUNT"},
        {"CREATE STREAM x AS SELECT name FROM s PARTITION BY n;",
         MISSING "the partitioning expression S.N in its projection (eg, SELECT S.N...).",
         "SELECT name"},
        {"CREATE STREAM x AS SELECT name, n FROM s PARTITION BY n, ts;",
         MISSING "the partitioning expressions S.N and S.TS in its projection (eg, SELECT S.N, "
                 "S.TS...).",
         "SELECT name"},
        {"CREATE STREAM x AS SELECT s.n FROM s JOIN t ON s.id = t.id;",
         MISSING "the join expressions S.ID or T.ID in its projection (eg, SELECT S.ID...).",
         "SELECT s.n"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

/* Pseudo columns are no columns of a result; bounds are, of the query's own windows, in SELECT. */
static void test_pseudo_columns(void **state)
{
    static const reject_case cases[] = {
        {"CREATE STREAM x AS SELECT id, WINDOWSTART, v FROM win;",
         "Reserved column name in select: `WINDOWSTART`. Please remove or alias the column.",
         "SELECT id"},
        {"CREATE STREAM x AS SELECT s.id, s.rowtime AS rowtime FROM s JOIN t ON s.id = t.id;",
         "Reserved column name in select: `ROWTIME`. Please remove or alias the column.",
         "rowtime FROM"},
        {"CREATE STREAM x AS SELECT id, n AS rowtime FROM s;",
         "`ROWTIME` is a reserved column name. You cannot use it as an alias for a column.",
         "rowtime FROM"},
        {"CREATE TABLE x AS SELECT id, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR) WHERE "
         "MIN(windowend) > 1 GROUP BY id;",
         "Error in WHERE expression: Unknown column WINDOWEND.", "windowend"},
        {"CREATE TABLE x AS SELECT id, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id "
         "HAVING windowstart > 5 AND MIN(windowend) > 1;",
         "Window bounds column WINDOWSTART can only be used in the SELECT clause", "windowstart"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

/* After a grouping the key is a value, too, and clashes as one. */
static void test_duplicates(void **state)
{
    static const reject_case cases[] = {
        {"CREATE TABLE x AS SELECT name AS c, COUNT(*) AS c FROM s GROUP BY name;",
         "Duplicate value columns found in schema: `C` BIGINT", "SELECT name"},
        {"CREATE STREAM x AS SELECT id AS c, n AS c FROM s;",
         "Value columns clash with key columns: `C`", "SELECT id"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
}

typedef struct hint_case {
    const char *sql, *message, *hint; /* message: occurs; hint: all of it */
} hint_case;

static void check_hints(const hint_case *cases, size_t n)
{
    world w;
    world_init(&w);
    world_fill(&w);
    weir_error err = {0};
    assert_int_equal(world_do(&w,
                              "CREATE STREAM joined (l_id BIGINT KEY, r_id BIGINT, l_name STRING, "
                              "`Mixed` INT) WITH (KAFKA_TOPIC='joined', PARTITIONS=1, "
                              "FORMAT='JSON');",
                              &err),
                     WEIR_OK);
    for (size_t i = 0; i < n; i++) {
        world_result r;
        assert_int_not_equal(world_plan(&w, cases[i].sql, &r, &err), WEIR_OK);
        if (!strstr(err.message, cases[i].message) || strcmp(err.hint, cases[i].hint) != 0)
            fail_msg("%s\n  message %s\n  hint %s", cases[i].sql, err.message, err.hint);
        world_result_free(&r);
    }
    world_fini(&w);
}

static void test_near_columns(void **state)
{
    static const hint_case cases[] = {
        {"SELECT id FROM joined EMIT CHANGES;", "SELECT column 'ID' cannot be resolved.",
         "Did you mean L_ID, R_ID?"},
        {"SELECT name FROM joined EMIT CHANGES;", "'NAME'", "Did you mean L_NAME?"},
        {"SELECT mixed FROM joined EMIT CHANGES;", "'MIXED'", "Did you mean `Mixed`?"},
        {"SELECT nmae FROM s EMIT CHANGES;", "'NMAE'", "Did you mean NAME?"},
        {"SELECT pric FROM s EMIT CHANGES;", "'PRIC'", "Did you mean PRICE?"},
        {"SELECT s.tabs FROM s EMIT CHANGES;", "'S.TABS'", "Did you mean TAGS?"},
        {"SELECT s.nam FROM s JOIN t ON s.id = t.id EMIT CHANGES;", "'S.NAM'",
         "Did you mean S.NAME?"},
        {"SELECT nam FROM s JOIN t ON s.id = t.id EMIT CHANGES;", "'NAM'",
         "Did you mean S.NAME, T.NAME?"},
        {"SELECT n * 2 AS total FROM s WHERE total > 1 EMIT CHANGES;", "WHERE column 'TOTAL'",
         "TOTAL is an alias of the SELECT: this clause sees the columns of the sources"},
        {"CREATE STREAM x AS SELECT id, n FROM s PARTITION BY idd;", "PARTITION BY column 'IDD'",
         ""},
        {"SELECT wombat FROM s EMIT CHANGES;", "'WOMBAT'", ""},
        {"SELECT x FROM s EMIT CHANGES;", "'X'", ""}, /* too short for slips */
    };
    (void)state;
    check_hints(cases, sizeof cases / sizeof cases[0]);
}

/* Types under the names of other databases. */
static void test_foreign_types(void **state)
{
#define WITH " WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON');"
    static const hint_case cases[] = {
        {"CREATE STREAM x (a LONG)" WITH, "Cannot resolve unknown type: LONG",
         "The type is BIGINT"},
        {"CREATE STREAM x (a Text)" WITH, "Cannot resolve unknown type: TEXT",
         "The type is STRING"},
        {"CREATE STREAM x (a NUMERIC(10, 2))" WITH, "Cannot resolve unknown type: NUMERIC",
         "The type is DECIMAL(precision, scale)"},
        {"CREATE STREAM x (a ARRAY<STRUCT<b FLOAT>>)" WITH, "Cannot resolve unknown type: FLOAT",
         "The type is DOUBLE"},
        {"SELECT CAST(n AS DATETIME) FROM s EMIT CHANGES;", "Cannot resolve unknown type: DATETIME",
         "The type is TIMESTAMP"},
        {"CREATE STREAM x (a ARRAY)" WITH, "Cannot resolve unknown type: ARRAY",
         "The type is ARRAY<type>"},
        {"CREATE STREAM x (a WOMBAT)" WITH, "Cannot resolve unknown type: WOMBAT", ""},
        {"CREATE STREAM x (a STRUCT<>)" WITH, "A STRUCT has at least one field", ""},
        {"CREATE STREAM x (a ARRAY<STRUCT<b STRUCT<>>>)" WITH, "A STRUCT has at least one field",
         ""},
    };
    (void)state;
    check_hints(cases, sizeof cases / sizeof cases[0]);
}

/* Values of WITH that could do nothing, or nothing good. */
static void test_with_values(void **state)
{
    static const reject_case cases[] = {
        {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
         "VALUE_DELIMITER='|');",
         "JSON does not support the following configs: [delimiter]", "VALUE_DELIMITER="},
        {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
         "VALUE_FORMAT='DELIMITED', KEY_DELIMITER=';');",
         "KAFKA does not support the following configs: [delimiter]", "KEY_DELIMITER="},
        {"CREATE STREAM x WITH (VALUE_DELIMITER='TAB') AS SELECT * FROM s;",
         "JSON does not support the following configs: [delimiter]", "VALUE_DELIMITER="},
        {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
         "RETENTION_MS=-5);",
         "Invalid retention -5: milliseconds, or -1 for ever", "-5);"},
        {"CREATE STREAM x WITH (RETENTION_MS=-2) AS SELECT * FROM s;",
         "Invalid retention -2: milliseconds, or -1 for ever", "-2) AS"},
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
    world w;
    weir_error err;
    world_init(&w);
    assert_int_equal(world_do(&w,
                              "CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', "
                              "PARTITIONS=1, FORMAT='DELIMITED', KEY_DELIMITER=';', "
                              "VALUE_DELIMITER='TAB', RETENTION_MS=-1);",
                              &err),
                     WEIR_OK);
    world_fini(&w);
}

/* Rows are made before any expression is computed, so a call must not stand where it would seem to
 * depend on one. */
static void test_table_functions(void **state)
{
    static const reject_case cases[] = {
        {"SELECT CASE WHEN n > 1 THEN EXPLODE(tags) END FROM s EMIT CHANGES;",
         "Table functions cannot be used in CASE: EXPLODE", "EXPLODE(tags)"},
        {"SELECT CASE WHEN EXPLODE(tags) = 'a' THEN 1 ELSE 2 END FROM s EMIT CHANGES;",
         "Table functions cannot be used in CASE: EXPLODE", "EXPLODE(tags)"},
        {"SELECT UCASE(CASE n WHEN 1 THEN 'a' ELSE EXPLODE(tags) END) FROM s;",
         "Table functions cannot be used in CASE: EXPLODE", "EXPLODE(tags)"},
        {"CREATE STREAM x AS SELECT id, TRANSFORM(tags, e => EXPLODE(tags)) AS t FROM s;",
         "Table functions cannot be used in a lambda: EXPLODE", "EXPLODE(tags)"},
        {"SELECT EXPLODE(ARRAY[EXPLODE(tags)]) FROM s EMIT CHANGES;",
         "Table functions cannot be nested: EXPLODE(EXPLODE())", "EXPLODE(tags)"},
        {"SELECT CUBE_EXPLODE(ARRAY[LEN(EXPLODE(tags))]) FROM s EMIT CHANGES;",
         "Table functions cannot be nested: CUBE_EXPLODE(EXPLODE())", "EXPLODE(tags)"},
        {"SELECT EXPLODE(ARRAY[c]) FROM agg WHERE name = 'a';",
         "Table source is not supported with table functions", "SELECT EXPLODE"},
        {"SELECT * FROM s WHERE EXPLODE(tags) = 'a';",
         "Error in WHERE expression: Table functions are not allowed here: EXPLODE(TAGS)",
         "EXPLODE(tags)"},
    };
    static const char *const taken[] = {
        "SELECT EXPLODE(tags), EXPLODE(ARRAY[n, 1]) + 1 FROM s;", /* of what is there now */
        "SELECT UCASE(EXPLODE(tags)) FROM s EMIT CHANGES;",
        "SELECT EXPLODE(CASE WHEN n > 1 THEN tags ELSE ARRAY['a'] END) FROM s EMIT CHANGES;",
        "SELECT EXPLODE(TRANSFORM(tags, e => UCASE(e))) FROM s EMIT CHANGES;",
    };
    (void)state;
    reject_all(cases, sizeof cases / sizeof cases[0]);
    world w;
    world_init(&w);
    world_fill(&w);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        world_result r;
        weir_error err;
        if (world_plan(&w, taken[i], &r, &err) != WEIR_OK)
            fail_msg("%s: %s", taken[i], err.message);
        world_result_free(&r);
    }
    world_fini(&w);
}

/* VALUES has no columns: what looks like one is a text in the wrong quotes, or a slip. */
static void test_values(void **state)
{
    static const hint_case cases[] = {
        {"INSERT INTO s (id, name) VALUES (1, \"text\");",
         "Column 'text' cannot be resolved: VALUES takes expressions without columns.",
         "Text is written in single quotes; double quotes are for names"},
        {"INSERT INTO s (id, name) VALUES (1, CONCAT('a', `b`));",
         "Column 'b' cannot be resolved: VALUES takes expressions without columns.",
         "Text is written in single quotes; double quotes are for names"},
        {"INSERT INTO s (id, name) VALUES (1, text);",
         "Column 'TEXT' cannot be resolved: VALUES takes expressions without columns.", ""},
        {"INSERT INTO s (id, name) VALUES (1, foo.bar);",
         "'FOO' is not a valid stream/table name or alias: VALUES takes", ""},
    };
    (void)state;
    check_hints(cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_in_messages),
        cmocka_unit_test(test_second_go),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_missing_keys),
        cmocka_unit_test(test_pseudo_columns),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_near_columns),
        cmocka_unit_test(test_foreign_types),
        cmocka_unit_test(test_with_values),
        cmocka_unit_test(test_table_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
