-- SPDX-License-Identifier: Apache-2.0
-- Joins of streams and tables, of two and of more sources.

--@test: stream and table: the row is as of now
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, name FROM s JOIN t ON s.id = t.id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO t (id, name) VALUES (1, 'a');
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO t (id, name) VALUES (1, 'b');
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, v, name) VALUES (1, 2, 'a');
ASSERT VALUES o (id, v, name) VALUES (1, 3, 'b');

--@test: stream and table: LEFT keeps what has no partner
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, name FROM s LEFT JOIN t ON s.id = t.id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO t (id, name) VALUES (1, 'a');
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v, name) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, name) VALUES (1, 2, 'a');

--@test: stream and table: by a value column, through a repartition
CREATE STREAM s (id INT KEY, user_id STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE users (user_id STRING PRIMARY KEY, name STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE STREAM o AS SELECT s.user_id AS user_id, id, name FROM s JOIN users u ON s.user_id = u.user_id;
INSERT INTO users (user_id, name) VALUES ('u1', 'Ann');
INSERT INTO s (id, user_id) VALUES (7, 'u1');
ASSERT VALUES o (user_id, id, name) VALUES ('u1', 7, 'Ann');

--@test: streams: partners within the window, in both directions
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (10000, 1, 'x');
INSERT INTO r (ROWTIME, id, w) VALUES (10001, 1, 'y');
INSERT INTO l (ROWTIME, id, v) VALUES (20000, 1, 'b');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (10000, 1, 'a', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (20000, 1, 'b', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (20000, 1, 'b', 'y');

--@test: streams: before and after differ
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN (0 SECONDS, 5 SECONDS) ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (999, 1, 'before');
INSERT INTO r (ROWTIME, id, w) VALUES (6000, 1, 'after');
ASSERT VALUES o (id, v, w) VALUES (1, 'a', 'after');

--@test: streams: LEFT with a grace period waits for the window's end
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 'alone');
INSERT INTO l (ROWTIME, id, v) VALUES (0, 2, 'met');
INSERT INTO r (ROWTIME, id, w) VALUES (500, 2, 'x');
INSERT INTO l (ROWTIME, id, v) VALUES (5000, 3, 'later');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (500, 2, 'met', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (0, 1, 'alone', NULL);

--@test: streams: a FULL join has a key of its own
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY, v, w FROM l FULL OUTER JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (1, 1, 'x');
ASSERT VALUES o (rowkey, v, w) VALUES (1, 'a', NULL);
ASSERT VALUES o (rowkey, v, w) VALUES (1, 'a', 'x');

--@test: tables: each side's change shows, a deletion takes the row back
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE r1 AS SELECT * FROM r WHERE w > 0;
CREATE TABLE o AS SELECT l.id AS id, v, w FROM l JOIN r1 ON l.id = r1.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (1, 10);
INSERT INTO l (id, v) VALUES (1, 2);
INSERT INTO r (id, w) VALUES (1, 0);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 10);
ASSERT NULL VALUES o (id) KEY (1);

--@test: tables: LEFT
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, v, w FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (2, 20);
INSERT INTO r (id, w) VALUES (1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);

--@test: tables: FULL OUTER
CREATE TABLE l (id INT PRIMARY KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT ROWKEY AS id, v, w FROM l FULL OUTER JOIN r ON l.id = r.id;
INSERT INTO l (id, v) VALUES (1, 1);
INSERT INTO r (id, w) VALUES (2, 20);
INSERT INTO r (id, w) VALUES (1, 10);
ASSERT VALUES o (id, v, w) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, w) VALUES (2, NULL, 20);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 10);

--@test: tables: by a foreign key
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, cid, name FROM orders JOIN customers ON customer = cid;
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO orders (id, customer) VALUES (2, 100);
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO customers (cid, name) VALUES (200, 'Bob');
INSERT INTO orders (id, customer) VALUES (1, 200);
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Ann');
ASSERT VALUES o (id, cid, name) VALUES (2, 100, 'Ann');
ASSERT VALUES o (id, cid, name) VALUES (1, 200, 'Bob');

--@test: three sources
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE a (id INT PRIMARY KEY, x STRING) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE b (id INT PRIMARY KEY, y STRING) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, v, x, y FROM s JOIN a ON s.id = a.id LEFT JOIN b ON s.id = b.id;
INSERT INTO a (id, x) VALUES (1, 'ax');
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO b (id, y) VALUES (1, 'by');
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v, x, y) VALUES (1, 1, 'ax', NULL);
ASSERT VALUES o (id, v, x, y) VALUES (1, 2, 'ax', 'by');

--@test: two equal columns: the left one is the key
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id, l.id, v, w FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;
ASSERT STREAM o (l_id INT KEY, r_id INT, v STRING, w STRING) WITH (kafka_topic='O', value_format='JSON');

--@test: WITHIN is missing
--@expected.error: KsqlException
--@expected.message: Stream-Stream joins must have a WITHIN clause specified.
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, v, w FROM l JOIN r ON l.id = r.id;

--@test: types of the two sides differ
--@expected.error: KsqlException
--@expected.message: Invalid join condition: types don't match. Got L.ID{INTEGER} = R.ID{STRING}.
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id STRING PRIMARY KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, v, w FROM l JOIN r ON l.id = r.id;

--@test: partitions of the two sides differ
--@expected.error: KsqlException
--@expected.message: since the number of partitions don't match
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON', partitions=2);
CREATE TABLE r (id INT PRIMARY KEY, w STRING) WITH (kafka_topic='r', value_format='JSON', partitions=3);
CREATE STREAM o AS SELECT l.id, v, w FROM l JOIN r ON l.id = r.id;

--@test: a stream cannot be joined to itself
--@expected.error: KsqlException
--@expected.message: self joins are not yet supported
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM o AS SELECT a.id, a.v, b.v FROM l a JOIN l b WITHIN 1 HOUR ON a.id = b.id;

--@test: a side that moves for the form of its key alone keeps what equals the key
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', key_format='JSON', value_format='JSON');
CREATE STREAM b (id INT KEY, w INT) WITH (kafka_topic='b', key_format='KAFKA', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, x INT) WITH (kafka_topic='t', key_format='KAFKA', value_format='JSON');
CREATE STREAM o AS SELECT b.id AS bid, v, w, x FROM a JOIN b WITHIN 10 SECONDS ON a.id = b.id JOIN t ON a.id = t.id;
CREATE STREAM p AS SELECT a.id AS aid, b.id, x FROM a LEFT JOIN b WITHIN 10 SECONDS ON a.id = b.id JOIN t ON b.id = t.id;
INSERT INTO t (ROWTIME, id, x) VALUES (0, 1, 30);
INSERT INTO a (ROWTIME, id, v) VALUES (1, 1, 10);
INSERT INTO b (ROWTIME, id, w) VALUES (2, 1, 20);
ASSERT VALUES o (ROWTIME, bid, v, w, x) VALUES (2, 1, 10, 20, 30);
