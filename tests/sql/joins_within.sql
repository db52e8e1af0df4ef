-- SPDX-License-Identifier: Apache-2.0
-- Stream-stream joins: which times meet, what is written when, and keys that are expressions.

--@test: the two ends of the window belong to it
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 5 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (10000, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (4999, 1, 'too early');
INSERT INTO r (ROWTIME, id, w) VALUES (5000, 1, 'first');
INSERT INTO r (ROWTIME, id, w) VALUES (15000, 1, 'last');
INSERT INTO r (ROWTIME, id, w) VALUES (15001, 1, 'too late');
INSERT INTO r (ROWTIME, id, w) VALUES (10000, 1, 'same');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (10000, 1, 'a', 'first');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (15000, 1, 'a', 'last');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (10000, 1, 'a', 'same');

--@test: WITHIN (before, 0): only what came before
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN (5 SECONDS, 0 SECONDS) ON l.id = r.id;
INSERT INTO r (ROWTIME, id, w) VALUES (1000, 1, 'x');
INSERT INTO l (ROWTIME, id, v) VALUES (6000, 1, 'a');
INSERT INTO l (ROWTIME, id, v) VALUES (6001, 1, 'b');
INSERT INTO r (ROWTIME, id, w) VALUES (6001, 1, 'y');
INSERT INTO r (ROWTIME, id, w) VALUES (6002, 1, 'z');
INSERT INTO l (ROWTIME, id, v) VALUES (7000, 1, 'c');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (6000, 1, 'a', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (6001, 1, 'b', 'y');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (7000, 1, 'c', 'y');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (7000, 1, 'c', 'z');

--@test: every pair within the window is a row, the older partner first
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 10 SECONDS ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (3000, 1, 'c');
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO l (ROWTIME, id, v) VALUES (2000, 1, 'b');
INSERT INTO r (ROWTIME, id, w) VALUES (2500, 1, 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (2500, 1, 'a', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (2500, 1, 'b', 'x');
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (3000, 1, 'c', 'x');

--@test: rows of one time and key are all kept
CREATE STREAM l (id INT KEY, v STRING) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w STRING) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO l (ROWTIME, id, v) VALUES (1000, 1, 'a');
INSERT INTO r (ROWTIME, id, w) VALUES (1000, 1, 'x');
INSERT INTO r (ROWTIME, id, w) VALUES (1000, 1, 'y');
ASSERT VALUES o (id, v, w) VALUES (1, 'a', 'x');
ASSERT VALUES o (id, v, w) VALUES (1, 'a', 'x');
ASSERT VALUES o (id, v, w) VALUES (1, 'a', 'y');
ASSERT VALUES o (id, v, w) VALUES (1, 'a', 'y');

--@test: keys do not meet each other
CREATE STREAM l (id STRING KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id STRING KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 'a', 1);
INSERT INTO l (ROWTIME, id, v) VALUES (0, 'ab', 2);
INSERT INTO l (ROWTIME, id, v) VALUES (0, '', 3);
INSERT INTO r (ROWTIME, id, w) VALUES (1, 'ab', 20);
INSERT INTO r (ROWTIME, id, w) VALUES (2, '', 30);
INSERT INTO r (ROWTIME, id, w) VALUES (3, 'A', 40);
INSERT INTO r (ROWTIME, id, w) VALUES (4, 'a', 10);
ASSERT VALUES o (id, v, w) VALUES ('ab', 2, 20);
ASSERT VALUES o (id, v, w) VALUES ('', 3, 30);
ASSERT VALUES o (id, v, w) VALUES ('a', 1, 10);

--@test: by value columns of both sides
CREATE STREAM l (id INT KEY, k STRING, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, k STRING, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.k AS k, l.id AS lid, r.id AS rid, v, w FROM l JOIN r WITHIN 1 HOUR ON l.k = r.k;
INSERT INTO l (ROWTIME, id, k, v) VALUES (0, 1, 'x', 10);
INSERT INTO r (ROWTIME, id, k, w) VALUES (5, 2, 'x', 20);
INSERT INTO r (ROWTIME, id, w) VALUES (6, 3, 30);
INSERT INTO l (ROWTIME, id, k, v) VALUES (7, 4, 'x', 40);
ASSERT VALUES o (ROWTIME, k, lid, rid, v, w) VALUES (5, 'x', 1, 2, 10, 20);
ASSERT VALUES o (ROWTIME, k, lid, rid, v, w) VALUES (7, 'x', 4, 2, 40, 20);

--@test: by an expression on each side the key is synthetic
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS k, v, w FROM l JOIN r WITHIN 1 HOUR ON l.v * 2 = r.w + 1;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 5);
INSERT INTO r (ROWTIME, id, w) VALUES (1, 2, 8);
INSERT INTO r (ROWTIME, id, w) VALUES (2, 3, 9);
ASSERT VALUES o (ROWTIME, k, v, w) VALUES (2, 10, 5, 9);

--@test: WHERE looks at joined rows
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v, w FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id WHERE v < w AND r.w <> 7;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 5);
INSERT INTO r (ROWTIME, id, w) VALUES (1, 1, 4);
INSERT INTO r (ROWTIME, id, w) VALUES (2, 1, 7);
INSERT INTO r (ROWTIME, id, w) VALUES (3, 1, 6);
ASSERT VALUES o (ROWTIME, id, v, w) VALUES (3, 1, 5, 6);

--@test: SELECT * names columns by their source
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id;
ASSERT STREAM o (l_id INT KEY, l_v INT, r_id INT, r_v INT) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 5);
INSERT INTO r (ROWTIME, id, v) VALUES (1, 1, 6);
ASSERT VALUES o (l_id, l_v, r_id, r_v) VALUES (1, 5, 1, 6);

--@test: aliases name the sources
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT x.id AS id, x.v AS xv, y.v AS yv, x.v + y.v AS total FROM l AS x JOIN r y WITHIN 1 HOUR ON x.id = y.id;
INSERT INTO l (ROWTIME, id, v) VALUES (0, 1, 5);
INSERT INTO r (ROWTIME, id, v) VALUES (1, 1, 6);
ASSERT VALUES o (id, xv, yv, total) VALUES (1, 5, 6, 11);

--@test: a join is aggregated in windows of the joined time
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, COUNT(*) AS n, SUM(w) AS total FROM l JOIN r WITHIN 10 SECONDS ON l.id = r.id WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY l.id;
INSERT INTO l (ROWTIME, id, v) VALUES (9000, 1, 1);
INSERT INTO r (ROWTIME, id, w) VALUES (8000, 1, 5);
INSERT INTO r (ROWTIME, id, w) VALUES (11000, 1, 7);
ASSERT VALUES o (WINDOWSTART, id, n, total) VALUES (0, 1, 1, 5);
ASSERT VALUES o (WINDOWSTART, id, n, total) VALUES (10000, 1, 1, 7);

--@test: three streams
CREATE STREAM a (id INT KEY, x INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM c (id INT KEY, z INT) WITH (kafka_topic='c', value_format='JSON');
CREATE STREAM o AS SELECT a.id AS id, x, y, z FROM a JOIN b WITHIN 5 SECONDS ON a.id = b.id JOIN c WITHIN 5 SECONDS ON b.id = c.id;
INSERT INTO a (ROWTIME, id, x) VALUES (0, 1, 1);
INSERT INTO c (ROWTIME, id, z) VALUES (1000, 1, 3);
INSERT INTO b (ROWTIME, id, y) VALUES (2000, 1, 2);
INSERT INTO c (ROWTIME, id, z) VALUES (7001, 1, 4);
INSERT INTO c (ROWTIME, id, z) VALUES (7000, 1, 5);
ASSERT VALUES o (ROWTIME, id, x, y, z) VALUES (2000, 1, 1, 2, 3);
ASSERT VALUES o (ROWTIME, id, x, y, z) VALUES (7000, 1, 1, 2, 5);

--@test: a condition of two comparisons
--@expected.error: KsqlException
--@expected.message: Invalid join condition: joins on multiple conditions are not yet supported.
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id AND l.v = r.v;

--@test: a condition that is no equality
--@expected.error: KsqlException
--@expected.message: Only equality join criteria is supported.
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id FROM l JOIN r WITHIN 1 HOUR ON l.id < r.id;

--@test: a side without a column
--@expected.error: KsqlException
--@expected.message: Each side of the join comparision must contain references from exactly one source.
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, l.v FROM l JOIN r WITHIN 1 HOUR ON l.id = 1;

--@test: a column of both sources, without its source
--@expected.error: KsqlException
--@expected.message: Column 'V' is ambiguous. Could be L.V or R.V.
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, v FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id;

--@test: a source that is not there
--@expected.error: KsqlException
--@expected.message: 'Z' is not a valid stream/table name or alias.
CREATE STREAM l (id INT KEY, v INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, z.v FROM l JOIN r WITHIN 1 HOUR ON l.id = r.id;
