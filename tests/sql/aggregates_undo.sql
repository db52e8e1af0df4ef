-- SPDX-License-Identifier: Apache-2.0
-- GROUP BY over tables: a change undoes the old row and adds the new one, a deletion only undoes.

--@test: within one group a change is one record
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total, AVG(v) AS mean FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
INSERT INTO t (id, g, v) VALUES (2, 'a', 20);
INSERT INTO t (id, g, v) VALUES (1, 'a', 40);
ASSERT VALUES o (g, n, total, mean) VALUES ('a', 1, 10, 10.0);
ASSERT VALUES o (g, n, total, mean) VALUES ('a', 2, 30, 15.0);
ASSERT VALUES o (g, n, total, mean) VALUES ('a', 2, 60, 30.0);

--@test: a deletion undoes; an empty group stays at zero
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE t1 AS SELECT * FROM t WHERE v > 0;
CREATE TABLE o AS SELECT g, COUNT(*) AS n, SUM(v) AS total FROM t1 GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
INSERT INTO t (id, g, v) VALUES (1, 'a', 0);
INSERT INTO t (id, g, v) VALUES (1, 'a', 7);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 10);
ASSERT VALUES o (g, n, total) VALUES ('a', 0, 0);
ASSERT VALUES o (g, n, total) VALUES ('a', 1, 7);

--@test: a row moves to another group: the old one first
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n, COLLECT_LIST(v) AS l FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'b', 1);
INSERT INTO t (id, g, v) VALUES (2, 'a', 2);
INSERT INTO t (id, g, v) VALUES (1, 'a', 3);
INSERT INTO t (id, g, v) VALUES (2, 'b', 4);
ASSERT VALUES o (g, n, l) VALUES ('b', 1, ARRAY[1]);
ASSERT VALUES o (g, n, l) VALUES ('a', 1, ARRAY[2]);
ASSERT VALUES o (g, n) VALUES ('b', 0);
ASSERT VALUES o (g, n, l) VALUES ('a', 2, ARRAY[2, 3]);
ASSERT VALUES o (g, n, l) VALUES ('a', 1, ARRAY[3]);
ASSERT VALUES o (g, n, l) VALUES ('b', 1, ARRAY[4]);

--@test: from and to no group
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, NULL, 10);
INSERT INTO t (id, g, v) VALUES (1, 'a', 20);
INSERT INTO t (id, g, v) VALUES (1, NULL, 30);
INSERT INTO t (id, g, v) VALUES (2, 'a', 5);
ASSERT VALUES o (g, total) VALUES ('a', 20);
ASSERT VALUES o (g, total) VALUES ('a', 0);
ASSERT VALUES o (g, total) VALUES ('a', 5);

--@test: NULL values are neither added nor undone
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n, COUNT(v) AS known, SUM(v) AS total, AVG(v) AS mean FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', NULL);
INSERT INTO t (id, g, v) VALUES (2, 'a', 4);
INSERT INTO t (id, g, v) VALUES (1, 'a', 6);
INSERT INTO t (id, g, v) VALUES (2, 'a', NULL);
ASSERT VALUES o (g, n, known, total, mean) VALUES ('a', 1, 0, 0, 0.0);
ASSERT VALUES o (g, n, known, total, mean) VALUES ('a', 2, 1, 4, 4.0);
ASSERT VALUES o (g, n, known, total, mean) VALUES ('a', 2, 2, 10, 5.0);
ASSERT VALUES o (g, n, known, total, mean) VALUES ('a', 2, 1, 6, 6.0);

--@test: the functions that can undo
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT, s STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM_LIST(ARRAY[v, 1]) AS l, HISTOGRAM(s) AS h, ATTR(s) AS one, STDDEV_SAMPLE(v) AS dev FROM t GROUP BY g;
INSERT INTO t (id, g, v, s) VALUES (1, 'a', 2, 'x');
INSERT INTO t (id, g, v, s) VALUES (2, 'a', 4, 'y');
INSERT INTO t (id, g, v, s) VALUES (3, 'a', 6, 'x');
INSERT INTO t (id, g, v, s) VALUES (2, 'b', 4, 'y');
ASSERT VALUES o (g, l, h, one, dev) VALUES ('a', 3, MAP('x' := CAST(1 AS BIGINT)), 'x', 0.0);
ASSERT VALUES o (g, l, h, one, dev) VALUES ('a', 8, MAP('x' := CAST(1 AS BIGINT), 'y' := 1), NULL, 1.4142135623730951);
ASSERT VALUES o (g, l, h, one, dev) VALUES ('a', 15, MAP('x' := CAST(2 AS BIGINT), 'y' := 1), NULL, 2.0);
ASSERT VALUES o (g, l, h, one) VALUES ('a', 10, MAP('x' := CAST(2 AS BIGINT)), 'x');
ASSERT VALUES o (g, l, h, one, dev) VALUES ('b', 5, MAP('y' := CAST(1 AS BIGINT)), 'y', 0.0);

--@test: HAVING over a table takes a group back
CREATE TABLE t (id INT PRIMARY KEY, g STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM t GROUP BY g HAVING COUNT(*) > 1;
INSERT INTO t (id, g) VALUES (1, 'a');
INSERT INTO t (id, g) VALUES (2, 'a');
INSERT INTO t (id, g) VALUES (3, 'a');
INSERT INTO t (id, g) VALUES (1, 'b');
INSERT INTO t (id, g) VALUES (2, 'b');
ASSERT VALUES o (g, n) VALUES ('a', 2);
ASSERT VALUES o (g, n) VALUES ('a', 3);
ASSERT VALUES o (g, n) VALUES ('a', 2);
ASSERT NULL VALUES o (g) KEY ('a');
ASSERT VALUES o (g, n) VALUES ('b', 2);

--@test: by an expression and by several columns
CREATE TABLE t (id INT PRIMARY KEY, a INT, b STRING) WITH (kafka_topic='t', format='JSON');
CREATE TABLE o AS SELECT a % 2 AS odd, b, COUNT(*) AS n FROM t GROUP BY a % 2, b;
INSERT INTO t (id, a, b) VALUES (1, 1, 'x');
INSERT INTO t (id, a, b) VALUES (2, 3, 'x');
INSERT INTO t (id, a, b) VALUES (1, 5, 'x');
INSERT INTO t (id, a, b) VALUES (1, 4, 'x');
ASSERT VALUES o (odd, b, n) VALUES (1, 'x', 1);
ASSERT VALUES o (odd, b, n) VALUES (1, 'x', 2);
ASSERT VALUES o (odd, b, n) VALUES (1, 'x', 2);
ASSERT VALUES o (odd, b, n) VALUES (1, 'x', 1);
ASSERT VALUES o (odd, b, n) VALUES (0, 'x', 1);

--@test: an aggregate of an aggregate
CREATE STREAM s (id INT KEY, g STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE counts AS SELECT g, COUNT(*) AS n FROM s GROUP BY g;
CREATE TABLE o AS SELECT n, COUNT(*) AS groups FROM counts GROUP BY n;
INSERT INTO s (id, g) VALUES (1, 'a');
INSERT INTO s (id, g) VALUES (1, 'b');
INSERT INTO s (id, g) VALUES (1, 'a');
ASSERT VALUES o (n, groups) VALUES (1, 1);
ASSERT VALUES o (n, groups) VALUES (1, 2);
ASSERT VALUES o (n, groups) VALUES (1, 1);
ASSERT VALUES o (n, groups) VALUES (2, 1);

--@test: an aggregate over a join of tables
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, total INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, town STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE joined AS SELECT id, town, total FROM orders JOIN customers ON customer = cid;
CREATE TABLE o AS SELECT town, SUM(total) AS total FROM joined GROUP BY town;
INSERT INTO customers (cid, town) VALUES (1, 'Rome');
INSERT INTO orders (id, customer, total) VALUES (10, 1, 5);
INSERT INTO orders (id, customer, total) VALUES (11, 1, 6);
INSERT INTO customers (cid, town) VALUES (1, 'Oslo');
ASSERT VALUES o (town, total) VALUES ('Rome', 5);
ASSERT VALUES o (town, total) VALUES ('Rome', 11);
ASSERT VALUES o (town, total) VALUES ('Rome', 6);
ASSERT VALUES o (town, total) VALUES ('Oslo', 5);
ASSERT VALUES o (town, total) VALUES ('Rome', 0);
ASSERT VALUES o (town, total) VALUES ('Oslo', 11);

--@test: a row that WHERE no longer keeps is undone
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS total FROM t WHERE v < 100 GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
INSERT INTO t (id, g, v) VALUES (2, 'a', 20);
INSERT INTO t (id, g, v) VALUES (1, 'a', 100);
INSERT INTO t (id, g, v) VALUES (1, 'a', 30);
ASSERT VALUES o (g, total) VALUES ('a', 10);
ASSERT VALUES o (g, total) VALUES ('a', 30);
ASSERT VALUES o (g, total) VALUES ('a', 20);
ASSERT VALUES o (g, total) VALUES ('a', 50);

--@test: MIN of a table
--@expected.error: KsqlException
--@expected.message: The aggregation function(s) MIN cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MIN(v) FROM t GROUP BY g;

--@test: LATEST_BY_OFFSET of a table
--@expected.error: KsqlException
--@expected.message: LATEST_BY_OFFSET cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v) FROM t GROUP BY g;
