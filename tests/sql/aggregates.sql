-- SPDX-License-Identifier: Apache-2.0
-- GROUP BY on streams and on tables, HAVING, and what deletions and changes do to results.

--@test: COUNT and SUM by key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (2, 20);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, n, total) VALUES (1, 1, 10);
ASSERT VALUES o (id, n, total) VALUES (2, 1, 20);
ASSERT VALUES o (id, n, total) VALUES (1, 2, 15);

--@test: NULL values count for COUNT(*) alone
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS rows_n, COUNT(v) AS values_n, MAX(v) AS top FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, rows_n, values_n, top) VALUES (1, 1, 0, NULL);
ASSERT VALUES o (id, rows_n, values_n, top) VALUES (1, 2, 1, 3);

--@test: by another column, through a repartition
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;
INSERT INTO s (id, v) VALUES (1, 'a');
INSERT INTO s (id, v) VALUES (2, 'b');
INSERT INTO s (id, v) VALUES (3, 'a');
ASSERT VALUES o (v, n) VALUES ('a', 1);
ASSERT VALUES o (v, n) VALUES ('b', 1);
ASSERT VALUES o (v, n) VALUES ('a', 2);

--@test: rows with a NULL group are left out
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;
INSERT INTO s (id, v) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (2, 'a');
ASSERT VALUES o (v, n) VALUES ('a', 1);

--@test: by several columns
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a, b;
INSERT INTO s (id, a, b) VALUES (1, 1, 'x');
INSERT INTO s (id, a, b) VALUES (2, 1, 'y');
INSERT INTO s (id, a, b) VALUES (3, 1, 'x');
ASSERT VALUES o (a, b, n) VALUES (1, 'x', 1);
ASSERT VALUES o (a, b, n) VALUES (1, 'y', 1);
ASSERT VALUES o (a, b, n) VALUES (1, 'x', 2);

--@test: expressions over aggregates
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) / COUNT(*) AS mean, AVG(v) AS average FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, mean, average) VALUES (1, 1, 1.0);
ASSERT VALUES o (id, mean, average) VALUES (1, 1, 1.5);

--@test: HAVING takes results back when they stop to hold
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s GROUP BY id HAVING SUM(v) > 10;
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (1, 7);
INSERT INTO s (id, v) VALUES (1, -9);
INSERT INTO s (id, v) VALUES (1, -1);
ASSERT VALUES o (id, total) VALUES (1, 12);
ASSERT NULL VALUES o (id) KEY (1);

--@test: HAVING that holds for nothing, and not for the first row
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE even AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING COUNT(*) % 2 = 0;
CREATE TABLE small AS SELECT id, SUM(v) AS total FROM s GROUP BY id HAVING SUM(v) < 5;
CREATE TABLE least AS SELECT id, MIN(v) AS m FROM s GROUP BY id HAVING MIN(v) IS NULL OR MIN(v) < 5;
CREATE TABLE texts AS SELECT id, COLLECT_LIST(t) AS l FROM s GROUP BY id HAVING ARRAY_LENGTH(COLLECT_LIST(t)) <> 1;
INSERT INTO s (id, v, t) VALUES (1, 9, 'a');
INSERT INTO s (id, v, t) VALUES (1, -9, 'b');
ASSERT NULL VALUES even (id) KEY (1);
ASSERT VALUES even (id, n) VALUES (1, 2);
ASSERT NULL VALUES small (id) KEY (1);
ASSERT VALUES small (id, total) VALUES (1, 0);
ASSERT NULL VALUES least (id) KEY (1);
ASSERT VALUES least (id, m) VALUES (1, -9);
ASSERT NULL VALUES texts (id) KEY (1);
ASSERT VALUES texts (id, l) VALUES (1, ARRAY['a', 'b']);

--@test: collections and offsets
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS l, COLLECT_SET(v) AS s, LATEST_BY_OFFSET(v) AS last, EARLIEST_BY_OFFSET(v) AS first, TOPK(v, 2) AS top FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 3);
INSERT INTO s (id, v) VALUES (1, 9);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, l, s, last, first, top) VALUES (1, ARRAY[3], ARRAY[3], 3, 3, ARRAY[3]);
ASSERT VALUES o (id, l, s, last, first, top) VALUES (1, ARRAY[3, 9], ARRAY[3, 9], 9, 3, ARRAY[9, 3]);
ASSERT VALUES o (id, l, s, last, first, top) VALUES (1, ARRAY[3, 9, 3], ARRAY[3, 9], 3, 3, ARRAY[9, 3]);

--@test: a table's change moves a row from group to group
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
INSERT INTO t (id, g, v) VALUES (2, 'a', 2);
INSERT INTO t (id, g, v) VALUES (1, 'b', 10);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 1);
ASSERT VALUES o (g, n, total) VALUES ('a', 2, 3);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 2);
ASSERT VALUES o (g, n, total) VALUES ('b', 1, 10);

--@test: an aggregate that cannot be undone on a table
--@expected.error: KsqlException
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(v) FROM t GROUP BY g;

--@test: a column that is neither grouped nor aggregated
--@expected.error: KsqlException
--@expected.message: Non-aggregate SELECT expression(s) not part of GROUP BY: V
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, v, COUNT(*) FROM s GROUP BY id;

--@test: GROUP BY without an aggregate
--@expected.error: KsqlException
--@expected.message: GROUP BY requires aggregate functions in either the SELECT or HAVING clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id FROM s GROUP BY id;

--@test: an aggregation is a table
--@expected.error: KsqlException
--@expected.message: Your SELECT query produces a TABLE.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COUNT(*) FROM s GROUP BY id;

--@test: HAVING without groups filters nothing, as in ksqlDB
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s HAVING v > 1;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (1, 1);

--@test: HAVING without groups knows its columns
--@expected.error: KsqlException
--@expected.message: HAVING column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s HAVING nope > 1;
