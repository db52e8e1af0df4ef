/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statements.h - one good statement or more of every kind, which together use every rule of the
 * grammar: for tests that cut, change or lay out statements in some way.
 */
#ifndef WR_TESTS_PARSER_STATEMENTS_H
#define WR_TESTS_PARSER_STATEMENTS_H

static const char *const good_statements[] = {
    /* queries */
    "SELECT * FROM s",
    "SELECT s.*, a->*, f(b) AS c, d e FROM s AS t WHERE a > 1 AND NOT b OR c IS NOT NULL",
    "SELECT a, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 1 DAY, GRACE PERIOD 5 "
    "SECONDS) GROUP BY a, b HAVING COUNT(*) > 3 EMIT FINAL LIMIT 7",
    "SELECT a FROM s WINDOW w HOPPING (SIZE 10 MINUTES, ADVANCE BY 1 MINUTE) GROUP BY (a)",
    "SELECT a FROM s WINDOW SESSION (30 SECONDS) GROUP BY () EMIT CHANGES",
    "SELECT a FROM s JOIN t WITHIN 1 HOUR GRACE PERIOD 1 MINUTE ON s.id = t.id",
    "SELECT a FROM s x LEFT OUTER JOIN t y WITHIN (1 HOUR, 2 HOURS) ON x.id = y.id INNER JOIN u "
    "ON x.id = u.id",
    "SELECT a FROM s FULL OUTER JOIN t ON s.id = t.id RIGHT JOIN u ON u.id = t.id PARTITION BY a",
    /* expressions */
    "SELECT -a + b * (c - 2) / 3 % 4 || 'text' FROM s",
    "SELECT a BETWEEN 1 AND 2, b NOT IN (1, 2, 3), c LIKE 'x%' ESCAPE '!', d IS DISTINCT FROM e "
    "FROM s",
    "SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, CASE WHEN b THEN c END, CAST(d AS "
    "MAP<STRING, ARRAY<DECIMAL(10, 2)>>) FROM s",
    "SELECT a[1][2]->b->c, ARRAY[1, 2], MAP('k' := 1, 'l' := 2), STRUCT(x := 1, y := b) FROM s",
    "SELECT TRANSFORM(a, (x, y) => x + y), FILTER(b, z => z > 1.5e3), f(DAYS, .5, 1., NULL, TRUE) "
    "FROM s",
    "SELECT TIMESTAMP '2020-01-01', DATE '2020-01-01', `quoted name`, \"another\" FROM s",
    /* sources */
    "CREATE STREAM s (id INT KEY, v STRING, h BYTES HEADER('x'), hs ARRAY<STRUCT<key STRING, "
    "value BYTES>> HEADERS) WITH (kafka_topic = 't', partitions = 3, x = -1.5, y = TRUE, z = NULL)",
    "CREATE OR REPLACE TABLE t (id BIGINT PRIMARY KEY) WITH ('value_format' = 'json')",
    "CREATE SOURCE STREAM IF NOT EXISTS s (a STRUCT<b INT, c STRUCT<>>) WITH (a = 'b')",
    "CREATE TABLE t AS SELECT a, COUNT(*) AS n FROM s GROUP BY a EMIT CHANGES",
    "CREATE OR REPLACE STREAM s WITH (partitions = 1) AS SELECT * FROM t PARTITION BY a",
    "CREATE TYPE IF NOT EXISTS t AS STRUCT<a INT, b ARRAY<VARCHAR(10)>>",
    "CREATE SINK CONNECTOR IF NOT EXISTS c WITH ('connector.class' = 'X', \"a.b\" = 1)",
    "CREATE SOURCE CONNECTOR c WITH (a = 'b')",
    "INSERT INTO s (a, b) VALUES (1, 'x')",
    "INSERT INTO s VALUES (1 + 2, ARRAY[1], NULL)",
    "INSERT INTO s WITH (query_id = 'q') SELECT * FROM t",
    "DROP STREAM IF EXISTS s DELETE TOPIC",
    "DROP TABLE t",
    "DROP TYPE IF EXISTS t",
    "DROP CONNECTOR c",
    "ALTER STREAM s ADD COLUMN a INT, ADD b ARRAY<INT>",
    "ALTER TABLE s REFRESH SCHEMA",
    "ALTER SYSTEM 'a' = 'b'",
    /* running and looking */
    "TERMINATE q",
    "PAUSE ALL",
    "RESUME q",
    "SHOW ALL TOPICS EXTENDED",
    "LIST STREAMS",
    "SHOW SOURCE CONNECTORS",
    "SHOW CONNECTOR PLUGINS",
    "DESCRIBE s EXTENDED",
    "DESCRIBE FUNCTION f",
    "DESCRIBE TABLES",
    "EXPLAIN q",
    "EXPLAIN ANALYZE SELECT a FROM s",
    "PRINT 'my-topic' FROM BEGINNING INTERVAL 2 LIMIT 3",
    "SET 'a' = 'b'",
    "UNSET 'a'",
    "DEFINE x = 'y'",
    "UNDEFINE x",
    "RUN SCRIPT 'file.sql'",
    /* asserts */
    "ASSERT NOT EXISTS TOPIC 'a-b' WITH (partitions = 3) TIMEOUT 5 SECONDS",
    "ASSERT SCHEMA SUBJECT 's-value' ID 3 TIMEOUT 1 DAY",
    "ASSERT VALUES s (a, rowtime) VALUES (1, 2)",
    "ASSERT NULL VALUES s (a) KEY (1)",
    "ASSERT LAST VALUES last (last) VALUES (1)",
    "ASSERT LAST NULL VALUES s (a) KEY (1)",
    "ASSERT STREAM s (a INT KEY) WITH (b = 'c')",
    "ASSERT TABLE t",
};

#endif
