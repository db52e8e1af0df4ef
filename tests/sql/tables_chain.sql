-- SPDX-License-Identifier: Apache-2.0
-- Tables through chains of queries: what a deletion does, and which records a table writes.

--@test: a filter writes nothing for a row that never passed
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t WHERE v > 0;
INSERT INTO t (id, v) VALUES (1, -1);
INSERT INTO t (id, v) VALUES (1, -2);
INSERT INTO t (id, v) VALUES (2, 5);
INSERT INTO t (id, v) VALUES (2, -5);
INSERT INTO t (id, v) VALUES (2, -6);
INSERT INTO t (id, v) VALUES (3, 7);
ASSERT VALUES o (id, v) VALUES (2, 5);
ASSERT NULL VALUES o (id) KEY (2);
ASSERT VALUES o (id, v) VALUES (3, 7);

--@test: a deletion goes through projections and filters
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE a AS SELECT * FROM t WHERE v > 0;
CREATE TABLE b AS SELECT id, v * 10 AS w FROM a;
CREATE TABLE c AS SELECT id, w + 1 AS x FROM b WHERE w < 100;
INSERT INTO t (id, v) VALUES (1, 5);
INSERT INTO t (id, v) VALUES (1, 0);
INSERT INTO t (id, v) VALUES (2, 50);
INSERT INTO t (id, v) VALUES (2, 5);
INSERT INTO t (id, v) VALUES (2, 60);
ASSERT VALUES c (id, x) VALUES (1, 51);
ASSERT NULL VALUES c (id) KEY (1);
ASSERT VALUES c (id, x) VALUES (2, 51);
ASSERT NULL VALUES c (id) KEY (2);

--@test: the same value again is written again
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v % 2 AS odd FROM t;
INSERT INTO t (ROWTIME, id, v) VALUES (1, 1, 1);
INSERT INTO t (ROWTIME, id, v) VALUES (2, 1, 3);
ASSERT VALUES o (ROWTIME, id, odd) VALUES (1, 1, 1);
ASSERT VALUES o (ROWTIME, id, odd) VALUES (2, 1, 1);

--@test: a record with an older time is applied as it comes
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO t (ROWTIME, id, v) VALUES (500, 1, 1);
INSERT INTO t (ROWTIME, id, v) VALUES (100, 1, 2);
ASSERT VALUES o (ROWTIME, id, v) VALUES (500, 1, 1);
ASSERT VALUES o (ROWTIME, id, v) VALUES (100, 1, 2);

--@test: a condition on the key
CREATE TABLE t (id STRING PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t WHERE id LIKE 'a%';
INSERT INTO t (id, v) VALUES ('b', 1);
INSERT INTO t (id, v) VALUES ('a1', 2);
INSERT INTO t (id, v) VALUES ('a2', 3);
ASSERT VALUES o (id, v) VALUES ('a1', 2);
ASSERT VALUES o (id, v) VALUES ('a2', 3);

--@test: a condition on ROWTIME
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v, ROWTIME AS at_ms FROM t WHERE ROWTIME > 100;
INSERT INTO t (ROWTIME, id, v) VALUES (50, 1, 1);
INSERT INTO t (ROWTIME, id, v) VALUES (150, 1, 2);
INSERT INTO t (ROWTIME, id, v) VALUES (160, 2, 3);
ASSERT VALUES o (id, v, at_ms) VALUES (1, 2, 150);
ASSERT VALUES o (id, v, at_ms) VALUES (2, 3, 160);

--@test: a key of several columns
CREATE TABLE t (a INT PRIMARY KEY, b STRING PRIMARY KEY, v INT) WITH (kafka_topic='t', format='JSON');
CREATE TABLE o AS SELECT a, b, v FROM t WHERE v > 0;
INSERT INTO t (a, b, v) VALUES (1, 'x', 1);
INSERT INTO t (a, b, v) VALUES (1, 'y', 2);
INSERT INTO t (a, b, v) VALUES (1, 'x', 0);
ASSERT VALUES o (a, b, v) VALUES (1, 'x', 1);
ASSERT VALUES o (a, b, v) VALUES (1, 'y', 2);
ASSERT NULL VALUES o (a, b) KEY (1, 'x');

--@test: a condition that fails takes the row back
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t WHERE 10 / v > 1;
INSERT INTO t (id, v) VALUES (1, 5);
INSERT INTO t (id, v) VALUES (1, 0);
INSERT INTO t (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 5);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: a stream joined to a table of aggregates
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM q (id INT KEY, w INT) WITH (kafka_topic='q', value_format='JSON');
CREATE TABLE totals AS SELECT id, SUM(v) AS total FROM s GROUP BY id;
CREATE STREAM o AS SELECT q.id AS id, w, total FROM q JOIN totals ON q.id = totals.id;
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 10);
INSERT INTO q (ROWTIME, id, w) VALUES (2, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (3, 1, 20);
INSERT INTO q (ROWTIME, id, w) VALUES (4, 1, 2);
ASSERT VALUES o (id, w, total) VALUES (1, 1, 10);
ASSERT VALUES o (id, w, total) VALUES (1, 2, 30);

--@test: HAVING hides groups from the queries that follow
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE large AS SELECT g, SUM(v) AS total FROM s GROUP BY g HAVING SUM(v) > 10;
CREATE TABLE o AS SELECT g, total * 2 AS twice FROM large;
INSERT INTO s (id, g, v) VALUES (1, 'a', 5);
INSERT INTO s (id, g, v) VALUES (1, 'a', 6);
INSERT INTO s (id, g, v) VALUES (1, 'a', -3);
INSERT INTO s (id, g, v) VALUES (1, 'b', 20);
ASSERT VALUES o (g, twice) VALUES ('a', 22);
ASSERT NULL VALUES o (g) KEY ('a');
ASSERT VALUES o (g, twice) VALUES ('b', 40);

--@test: a paused query goes on where it was
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO t (id, v) VALUES (1, 1);
PAUSE ALL;
INSERT INTO t (id, v) VALUES (1, 2);
INSERT INTO t (id, v) VALUES (1, 3);
RESUME ALL;
INSERT INTO t (id, v) VALUES (1, 4);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 3);
ASSERT VALUES o (id, v) VALUES (1, 4);

--@test: ALTER adds a column to what is declared
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (id, v) VALUES (1, 1);
ALTER TABLE t ADD COLUMN w STRING, ADD x INT;
INSERT INTO t (id, v, w, x) VALUES (2, 2, 'new', 7);
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO t (id, v) VALUES (3, 3);
ASSERT TABLE o (id INT PRIMARY KEY, v INT, w STRING, x INT) WITH (kafka_topic='O', value_format='JSON');

--@test: ALTER of what a query writes
--@expected.error: KsqlException
--@expected.message: ALTER command is not supported for CREATE ... AS statements.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t;
ALTER TABLE o ADD COLUMN w STRING;

--@test: ALTER with a column that is there
--@expected.error: KsqlException
--@expected.message: Cannot add column `V` to schema. A column with the same name already exists.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
ALTER TABLE t ADD COLUMN v STRING;
