-- SPDX-License-Identifier: Apache-2.0
-- EXPLODE and CUBE_EXPLODE: one row for each element, several at once, and where they may stand.

--@test: NULL elements are rows, NULL and empty arrays are none
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS e FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[1, NULL, 3]);
INSERT INTO s (id) VALUES (2);
INSERT INTO s (id, a) VALUES (3, FILTER(ARRAY[1], x => x > 1));
INSERT INTO s (id, a) VALUES (4, ARRAY[4]);
ASSERT VALUES o (id, e) VALUES (1, 1);
ASSERT VALUES o (id, e) VALUES (1, NULL);
ASSERT VALUES o (id, e) VALUES (1, 3);
ASSERT VALUES o (id, e) VALUES (4, 4);

--@test: two of them run side by side, the shorter one padded
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x, EXPLODE(b) AS y FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY[1, 2, 3], ARRAY['p']);
INSERT INTO s (id, b) VALUES (2, ARRAY['q', 'r']);
ASSERT VALUES o (id, x, y) VALUES (1, 1, 'p');
ASSERT VALUES o (id, x, y) VALUES (1, 2, NULL);
ASSERT VALUES o (id, x, y) VALUES (1, 3, NULL);
ASSERT VALUES o (id, x, y) VALUES (2, NULL, 'q');
ASSERT VALUES o (id, x, y) VALUES (2, NULL, 'r');

--@test: the columns beside it are repeated
CREATE STREAM s (id INT KEY, a ARRAY<INT>, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v * 10 AS w, EXPLODE(a) AS e, ROWTIME AS t FROM s;
INSERT INTO s (ROWTIME, id, a, v) VALUES (77, 1, ARRAY[1, 2], 5);
ASSERT VALUES o (ROWTIME, id, w, e, t) VALUES (77, 1, 50, 1, 77);
ASSERT VALUES o (ROWTIME, id, w, e, t) VALUES (77, 1, 50, 2, 77);

--@test: within an expression
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) * 2 + 1 AS e, CONCAT('#', CAST(EXPLODE(a) AS STRING)) AS t FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[1, 2]);
ASSERT VALUES o (id, e, t) VALUES (1, 3, '#1');
ASSERT VALUES o (id, e, t) VALUES (1, 5, '#2');

--@test: of an expression
CREATE STREAM s (id INT KEY, t STRING, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(SPLIT(t, ' ')) AS word, EXPLODE(GENERATE_SERIES(1, n)) AS at_n FROM s;
INSERT INTO s (id, t, n) VALUES (1, 'to be or', 3);
ASSERT VALUES o (id, word, at_n) VALUES (1, 'to', 1);
ASSERT VALUES o (id, word, at_n) VALUES (1, 'be', 2);
ASSERT VALUES o (id, word, at_n) VALUES (1, 'or', 3);

--@test: structs of an array, taken apart by a second query
CREATE STREAM s (id INT KEY, a ARRAY<STRUCT<n STRING, c INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a)->n AS n, EXPLODE(a)->c AS c FROM s;
CREATE TABLE totals AS SELECT n, SUM(c) AS total FROM o GROUP BY n;
INSERT INTO s (id, a) VALUES (1, ARRAY[STRUCT(n := 'x', c := 3), STRUCT(n := 'y', c := 4)]);
INSERT INTO s (id, a) VALUES (2, ARRAY[STRUCT(n := 'x', c := 5)]);
ASSERT VALUES o (id, n, c) VALUES (1, 'x', 3);
ASSERT VALUES o (id, n, c) VALUES (1, 'y', 4);
ASSERT VALUES o (id, n, c) VALUES (2, 'x', 5);
ASSERT VALUES totals (n, total) VALUES ('x', 3);
ASSERT VALUES totals (n, total) VALUES ('y', 4);
ASSERT VALUES totals (n, total) VALUES ('x', 8);

--@test: WHERE comes before
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS e FROM s WHERE ARRAY_LENGTH(a) > 1;
INSERT INTO s (id, a) VALUES (1, ARRAY[1]);
INSERT INTO s (id, a) VALUES (2, ARRAY[2, 3]);
ASSERT VALUES o (id, e) VALUES (2, 2);
ASSERT VALUES o (id, e) VALUES (2, 3);

--@test: with a new key
CREATE STREAM s (id INT KEY, k STRING, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT k, id, EXPLODE(a) AS e FROM s PARTITION BY k;
INSERT INTO s (id, k, a) VALUES (1, 'x', ARRAY[1, 2]);
ASSERT VALUES o (k, id, e) VALUES ('x', 1, 1);
ASSERT VALUES o (k, id, e) VALUES ('x', 1, 2);

--@test: CUBE_EXPLODE: all ways of blanking, the first element is the highest bit
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(a) AS e FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[1, 2]);
INSERT INTO s (id, a) VALUES (2, ARRAY[NULL, 2]);
ASSERT VALUES o (id, e) VALUES (1, ARRAY[CAST(NULL AS INT), NULL]);
ASSERT VALUES o (id, e) VALUES (1, ARRAY[NULL, 2]);
ASSERT VALUES o (id, e) VALUES (1, ARRAY[1, NULL]);
ASSERT VALUES o (id, e) VALUES (1, ARRAY[1, 2]);
ASSERT VALUES o (id, e) VALUES (2, ARRAY[CAST(NULL AS INT), NULL]);
ASSERT VALUES o (id, e) VALUES (2, ARRAY[NULL, 2]);

--@test: over a join
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, n STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, n, EXPLODE(a) AS e FROM s JOIN t ON s.id = t.id;
INSERT INTO t (id, n) VALUES (1, 'x');
INSERT INTO s (id, a) VALUES (1, ARRAY[1, 2]);
ASSERT VALUES o (id, n, e) VALUES (1, 'x', 1);
ASSERT VALUES o (id, n, e) VALUES (1, 'x', 2);

--@test: of a table
--@expected.error: KsqlException
--@expected.message: Table source is not supported with table functions
CREATE TABLE t (id INT PRIMARY KEY, a ARRAY<INT>) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, EXPLODE(a) FROM t;

--@test: with aggregates
--@expected.error: KsqlException
--@expected.message: Table functions cannot be used with aggregations.
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EXPLODE(a), COUNT(*) FROM s GROUP BY id;

--@test: in WHERE
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a FROM s WHERE EXPLODE(a) > 1;

--@test: within each other
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, a ARRAY<ARRAY<INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(EXPLODE(a)) FROM s;

--@test: of what is no array
--@expected.error: KsqlException
--@expected.message: Function 'explode' does not accept parameters (INTEGER).
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) FROM s;
