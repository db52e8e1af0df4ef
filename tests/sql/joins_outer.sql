-- SPDX-License-Identifier: Apache-2.0
-- LEFT, RIGHT and FULL OUTER joins: rows without a partner, partners that come later or go away.
-- A row that must not come out is followed by one that does: an ASSERT takes the next record.

--@test: stream and table: LEFT keeps the row while there is no partner, and after it is deleted
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE t1 AS SELECT * FROM t WHERE w > 0;
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s LEFT JOIN t1 ON s.id = t1.id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO t (id, w) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO t (id, w) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 3, NULL);

--@test: stream and table: INNER drops the row while there is no partner
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE t1 AS SELECT * FROM t WHERE w > 0;
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s INNER JOIN t1 ON s.id = t1.id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO t (id, w) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO t (id, w) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (1, 3);
INSERT INTO t (id, w) VALUES (1, 11);
INSERT INTO s (id, v) VALUES (1, 4);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 4, 11);

--@test: stream and table: a row without a key has no partner, and LEFT keeps it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s LEFT JOIN t ON s.id = t.id;
INSERT INTO t (id, w) VALUES (1, 10);
INSERT INTO s (v) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v, w) VALUES (NULL, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 10);

--@test: stream and table: INNER drops a row without a key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s JOIN t ON s.id = t.id;
INSERT INTO t (id, w) VALUES (1, 10);
INSERT INTO s (v) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 10);

--@test: stream and table: the result has the stream's time
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s JOIN t ON s.id = t.id;
INSERT INTO t (ROWTIME, id, w) VALUES (5000, 1, 10);
INSERT INTO s (ROWTIME, id, v) VALUES (7000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (6000, 1, 2);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (7000, 1, 1, 10);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (6000, 1, 2, 10);

--@test: streams: LEFT without a grace period writes the row at once, and its matches later
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (1000, 1, 'x');
INSERT INTO l (ROWTIME, id, v) VALUES (2000, 1, 'b');
INSERT INTO r (ROWTIME, id, w) VALUES (2500, 2, 'nobody');
INSERT INTO l (ROWTIME, id, v) VALUES (3000, 3, 'c');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (0, 1, 'a', NULL);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (1000, 1, 'a', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (2000, 1, 'b', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (3000, 3, 'c', NULL);

--@test: streams: RIGHT without a grace period
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id AS id, v, w FROM l RIGHT JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO r (ROWTIME, id, w) VALUES (0, 1, 'x');
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 2, 'nobody');
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (2000, 1, 'y');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (0, 1, NULL, 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (1000, 1, 'a', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (2000, 1, 'a', 'y');

--@test: streams: FULL without a grace period, from both sides
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS id, v, w FROM l FULL OUTER JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (10, 2, 'x');
INSERT INTO r (ROWTIME, id, w) VALUES (20, 1, 'y');
INSERT INTO l (ROWTIME, id, v) VALUES (30, 2, 'b');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (0, 1, 'a', NULL);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (10, 2, NULL, 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (20, 1, 'a', 'y');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (30, 2, 'b', 'x');

--@test: streams: RIGHT with a grace period waits for the window's end
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id AS id, v, w FROM l RIGHT JOIN r WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON l.id = r.id;
INSERT INTO r (ROWTIME, id, w) VALUES (0, 1, 'alone');
INSERT INTO r (ROWTIME, id, w) VALUES (0, 2, 'met');
INSERT INTO l (ROWTIME, id, v) VALUES (700, 2, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (9000, 3, 'later');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (700, 2, 'a', 'met');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (0, 1, NULL, 'alone');

--@test: streams: LEFT writes a row without a key at once, INNER never
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 10 SECONDS ON l.id = r.id;
CREATE STREAM p AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO r (ROWTIME, w) VALUES (0, 'no key');
INSERT INTO l (ROWTIME, v) VALUES (10, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (20, 1, 'x');
INSERT INTO l (ROWTIME, id, v) VALUES (30, 1, 'b');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (10, NULL, 'a', NULL);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (30, 1, 'b', 'x');
ASSERT VALUES p (ROWTIME, id, v, w) VALUES (30, 1, 'b', 'x');

--@test: tables: LEFT through all states of the two sides
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE l1 AS SELECT * FROM l WHERE v > 0;
CREATE TABLE r1 AS SELECT * FROM r WHERE w > 0;
CREATE TABLE o AS SELECT l1.id AS id, v, w FROM l1 LEFT JOIN r1 ON l1.id = r1.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (1, 10);
INSERT INTO r (id, w) VALUES (1, 0);
INSERT INTO l (id, v) VALUES (1, 2);
INSERT INTO l (id, v) VALUES (1, 0);
INSERT INTO r (id, w) VALUES (1, 11);
INSERT INTO l (id, v) VALUES (1, 3);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 2, NULL);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v, w) VALUES (1, 3, 11);

--@test: tables: RIGHT keeps the rows of the right side
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE l1 AS SELECT * FROM l WHERE v > 0;
CREATE TABLE o AS SELECT r.id AS id, v, w FROM l1 RIGHT JOIN r ON l1.id = r.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (2, 20);
INSERT INTO r (id, w) VALUES (1, 10);
INSERT INTO l (id, v) VALUES (1, 0);
INSERT INTO l (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v, w) VALUES (2, NULL, 20);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, NULL, 10);
ASSERT VALUES o (id, v, w) VALUES (2, 2, 20);

--@test: tables: FULL goes when both sides have gone
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE l1 AS SELECT * FROM l WHERE v > 0;
CREATE TABLE r1 AS SELECT * FROM r WHERE w > 0;
CREATE TABLE o AS SELECT ROWKEY AS id, v, w FROM l1 FULL OUTER JOIN r1 ON l1.id = r1.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (1, 10);
INSERT INTO l (id, v) VALUES (1, 0);
INSERT INTO r (id, w) VALUES (1, 0);
INSERT INTO r (id, w) VALUES (2, 20);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, NULL, 10);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v, w) VALUES (2, NULL, 20);

--@test: tables: INNER needs both; the result has the later time
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, v, w FROM l JOIN r ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 1, 1);
INSERT INTO r (ROWTIME, id, w) VALUES (3000, 1, 10);
INSERT INTO r (ROWTIME, id, w) VALUES (9000, 1, 11);
INSERT INTO l (ROWTIME, id, v) VALUES (7000, 1, 2);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (5000, 1, 1, 10);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (9000, 1, 1, 11);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (9000, 1, 2, 11);

--@test: tables: WHERE over an outer join
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r ON l.id = r.id WHERE w IS NULL;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (1, 10);
INSERT INTO l (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v, w) VALUES (2, 2, NULL);

--@test: three tables, outer after inner
CREATE TABLE a (id INT PRIMARY KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE b (id INT PRIMARY KEY, y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE TABLE c (id INT PRIMARY KEY, z INT) WITH (kafka_topic='c', value_format='JSON');
CREATE TABLE o AS SELECT a.id AS id, x, y, z FROM a JOIN b ON a.id = b.id LEFT JOIN c ON a.id = c.id;
INSERT INTO a (id, x) VALUES (1, 1);
INSERT INTO c (id, z) VALUES (1, 3);
INSERT INTO b (id, y) VALUES (1, 2);
INSERT INTO c (id, z) VALUES (1, 4);
INSERT INTO a (id, x) VALUES (2, 5);
INSERT INTO b (id, y) VALUES (2, 6);
ASSERT VALUES o (id, x, y, z) VALUES (1, 1, 2, 3);
ASSERT VALUES o (id, x, y, z) VALUES (1, 1, 2, 4);
ASSERT VALUES o (id, x, y, z) VALUES (2, 5, 6, NULL);

--@test: stream and table: RIGHT is refused
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT t.id AS id, v, w FROM s RIGHT JOIN t ON s.id = t.id;

--@test: stream and table: FULL is refused
--@expected.error: KsqlException
--@expected.message: full-outer join not supported for stream-table join
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS id, v, w FROM s FULL OUTER JOIN t ON s.id = t.id;

--@test: table and stream in that order is refused
--@expected.error: KsqlException
--@expected.message: Invalid join order: table-stream joins are not supported; only stream-table joins.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT t.id AS id, v, w FROM t JOIN s ON t.id = s.id;

--@test: WITHIN between a stream and a table is refused
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, w FROM s JOIN t WITHIN 1 SECOND ON s.id = t.id;

--@test: the synthetic key of FULL must be selected
--@expected.error: KsqlException
--@expected.message: Key missing from projection
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id, v, w FROM l FULL OUTER JOIN r ON l.id = r.id;

--@test: streams: a left row out of order waits for its partner within the grace period
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 10 SECONDS GRACE PERIOD 20 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (25000, 9, 'advance');
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 1, 'late');
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 2, 'alone');
INSERT INTO r (ROWTIME, id, w) VALUES (6000, 1, 'late');
INSERT INTO l (ROWTIME, id, v) VALUES (35001, 9, 'advance');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (6000, 1, 'late', 'late');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (5000, 2, 'alone', CAST(NULL AS STRING));

--@test: streams: what came out alone joins nobody later
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS id, v, w FROM l FULL OUTER JOIN r WITHIN 10 SECONDS GRACE PERIOD 5 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (100000, 1, 1);
INSERT INTO l (ROWTIME, id, v) VALUES (115001, 2, 2);
INSERT INTO r (ROWTIME, id, w) VALUES (100000, 1, 3);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (100000, 1, 1, CAST(NULL AS INT));
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (100000, 1, CAST(NULL AS INT), 3);

--@test: streams: rows of one time join without any span or grace
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 0 SECONDS GRACE PERIOD 0 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 1, 1);
INSERT INTO r (ROWTIME, id, w) VALUES (5000, 1, 2);
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 2, 3);
INSERT INTO r (ROWTIME, id, w) VALUES (5001, 2, 4);
INSERT INTO r (ROWTIME, id, w) VALUES (5000, 2, 5);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (5000, 1, 1, 2);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (5000, 2, 3, CAST(NULL AS INT));

--@test: streams: RIGHT counts before and after from the right row
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id AS id, v, w FROM l RIGHT JOIN r WITHIN (1 SECOND, 0 SECONDS) GRACE PERIOD 2 SECONDS ON l.id = r.id;
CREATE STREAM i AS SELECT r.id AS id, v, w FROM l JOIN r WITHIN (1 SECOND, 0 SECONDS) GRACE PERIOD 2 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO r (ROWTIME, id, w) VALUES (300, 1, 2);
INSERT INTO l (ROWTIME, id, v) VALUES (600, 1, 3);
INSERT INTO r (ROWTIME, id, w) VALUES (2301, 1, 4);
INSERT INTO l (ROWTIME, id, v) VALUES (9000, 2, 5);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (300, 1, 1, 2);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (2301, 1, CAST(NULL AS INT), 4);
ASSERT VALUES i (ROWTIME, id, v, w) VALUES (600, 1, 3, 2);
