-- SPDX-License-Identifier: Apache-2.0
-- With ksqlDB's new planner a stream's key is what the projection has of it.

--@test: two key columns change places
SET 'ksql.new.query.planner.enabled' = 'true';
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, FORMAT='DELIMITED');
CREATE STREAM o AS SELECT b, v, a FROM s;
INSERT INTO s (ROWTIME, a, b, v) VALUES (5, 1, 'x', 10);
ASSERT VALUES o (ROWTIME, b, a, v) VALUES (5, 'x', 1, 10);
ASSERT STREAM o (b STRING KEY, a INT KEY, v INT) WITH (KAFKA_TOPIC='O', FORMAT='DELIMITED');

--@test: a key column that is left out is gone, the others are the key
SET 'ksql.new.query.planner.enabled' = 'true';
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, FORMAT='JSON');
CREATE STREAM o AS SELECT v, b AS c FROM s WHERE a > 1;
INSERT INTO s (a, b, v) VALUES (1, 'x', 10);
INSERT INTO s (a, b, v) VALUES (2, 'y', 20);
INSERT INTO s (a, b) VALUES (3, 'z');
ASSERT VALUES o (c, v) VALUES ('y', 20);
ASSERT VALUES o (c, v) VALUES ('z', NULL);

--@test: no key at all, and a query on what came out
SET 'ksql.new.query.planner.enabled' = 'true';
CREATE STREAM s (a INT KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT v * 2 AS w FROM s;
CREATE TABLE c AS SELECT w, COUNT(*) AS n FROM o GROUP BY w;
INSERT INTO s (a, v) VALUES (1, 10);
INSERT INTO s (a, v) VALUES (2, 10);
ASSERT VALUES o (w) VALUES (20);
ASSERT VALUES o (w) VALUES (20);
ASSERT VALUES c (w, n) VALUES (20, 1);
ASSERT VALUES c (w, n) VALUES (20, 2);
ASSERT STREAM o (w INT) WITH (KAFKA_TOPIC='O', KEY_FORMAT='NONE', VALUE_FORMAT='JSON');

--@test: the setting is off
--@expected.message: must include the key column A in its projection
CREATE STREAM s (a INT KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT v FROM s;

--@test: the bounds of joined windows are columns of the star
CREATE STREAM l (k INT KEY, v INT) WITH (KAFKA_TOPIC='l', PARTITIONS=1, FORMAT='JSON');
CREATE TABLE c AS SELECT k, COUNT(*) AS n FROM l WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE STREAM w (k INT KEY, n BIGINT) WITH (KAFKA_TOPIC='C', FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND');
CREATE TABLE m AS SELECT k, MAX(v) AS x FROM l WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;
CREATE STREAM wm (k INT KEY, x INT) WITH (KAFKA_TOPIC='M', FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND');
CREATE STREAM j AS SELECT * FROM w JOIN wm WITHIN 1 SECOND ON w.k = wm.k;
INSERT INTO l (ROWTIME, k, v) VALUES (2100, 1, 7);
ASSERT VALUES j (w_k, w_windowstart, w_windowend, w_n, wm_k, wm_windowstart, wm_windowend, wm_x) VALUES (1, 2000, 3000, 1, 1, 2000, 3000, 7);
