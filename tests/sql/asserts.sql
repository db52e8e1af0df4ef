-- What ASSERT looks at: each update in turn, or the last record of a key.

--@test: ASSERT VALUES takes each update
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (2, 5);
INSERT INTO s (id, v) VALUES (1, 20);
ASSERT VALUES t (id, total) VALUES (1, 10);
ASSERT VALUES t (id, total) VALUES (2, 5);
ASSERT VALUES t (id, total) VALUES (1, 30);

--@test: ASSERT LAST VALUES takes the last record of a key, and none away
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t AS SELECT id, SUM(v) AS total FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT LAST VALUES t (id, total) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (1, 20);
ASSERT LAST VALUES t (id, total) VALUES (1, 30);
ASSERT LAST VALUES t (id, total) VALUES (2, 5);
ASSERT VALUES t (id, total) VALUES (1, 10);

--@test: without key columns it is the last record of all
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT LAST VALUES s (v) VALUES (5);
ASSERT LAST VALUES s (id, v) VALUES (1, 10);

--@test: a deletion can be the last
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE high AS SELECT id, v FROM t WHERE v > 10;
INSERT INTO t (id, v) VALUES (1, 20);
INSERT INTO t (id, v) VALUES (2, 30);
ASSERT LAST VALUES high (id, v) VALUES (1, 20);
INSERT INTO t (id, v) VALUES (1, 5);
ASSERT LAST NULL VALUES high (id) KEY (1);
ASSERT LAST VALUES high (id, v) VALUES (2, 30);

--@test: the same key in several windows
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (100, 'a', 1);
INSERT INTO s (ROWTIME, id, v) VALUES (200, 'a', 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1100, 'a', 1);
ASSERT LAST VALUES w (id, WINDOWSTART, WINDOWEND, n) VALUES ('a', 0, 1000, 2);
ASSERT LAST VALUES w (id, WINDOWSTART, n) VALUES ('a', 1000, 1);
ASSERT LAST VALUES w (id, n, ROWTIME) VALUES ('a', 1, 1100);

--@test: the last value is not the first
--@expected.error: AssertionError
--@expected.message: Expected record does not match actual. Expected: ID 1, V 10. Actual: ID 1, V 20
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (1, 20);
ASSERT LAST VALUES s (id, v) VALUES (1, 10);

--@test: a key that never came
--@expected.error: AssertionError
--@expected.message: Expected a record of the key, but found none among the 1 of S
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 10);
ASSERT LAST VALUES s (id, v) VALUES (2, 10);

--@test: a column may be called LAST
CREATE STREAM last (id INT KEY, last INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO last (id, last) VALUES (1, 10);
ASSERT LAST VALUES last (id, last) VALUES (1, 10);
