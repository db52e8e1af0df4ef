-- SPDX-License-Identifier: Apache-2.0
-- PARTITION BY and keys: what the key becomes, what the columns are called, what is refused.

--@test: by a field of a struct
CREATE STREAM s (id INT KEY, r STRUCT<f STRING>, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT r->f, id, v FROM s PARTITION BY r->f;
INSERT INTO s (id, r, v) VALUES (1, STRUCT(f := 'x'), 5);
ASSERT STREAM o (f STRING KEY, id INT, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (f, id, v) VALUES ('x', 1, 5);

--@test: an expression without an alias gets a number
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v + 1;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT STREAM o (ksql_col_0 INT KEY, v INT, id INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (ksql_col_0, v, id) VALUES (6, 5, 1);

--@test: an expression that fails or is NULL gives a NULL key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT 10 / v AS k, id FROM s PARTITION BY 10 / v;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id) VALUES (2);
INSERT INTO s (id, v) VALUES (3, 5);
ASSERT VALUES o (k, id) VALUES (NULL, 1);
ASSERT VALUES o (k, id) VALUES (NULL, 2);
ASSERT VALUES o (k, id) VALUES (2, 3);

--@test: by the key that it has
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY id;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT STREAM o (id INT KEY, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, v) VALUES (1, 5);

--@test: several columns, one of them NULL
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY a, b;
INSERT INTO s (id, a) VALUES (1, 2);
INSERT INTO s (id, a, b) VALUES (2, 3, 'x');
ASSERT VALUES o (a, b, id) VALUES (2, NULL, 1);
ASSERT VALUES o (a, b, id) VALUES (3, 'x', 2);

--@test: the old key is a value like any other
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v, id * 10 AS id10 FROM s PARTITION BY v;
INSERT INTO s (id, v) VALUES (7, 'x');
ASSERT VALUES o (v, id10) VALUES ('x', 70);

--@test: a copy of the key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_VALUE(id) AS copy, v FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT STREAM o (id INT KEY, copy INT, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, copy, v) VALUES (1, 1, 5);

--@test: the key under another name
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v, id AS number FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT STREAM o (number INT KEY, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (number, v) VALUES (1, 5);

--@test: a stream without a key needs none
CREATE STREAM s (v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v FROM s;
INSERT INTO s (v, w) VALUES (1, 2);
ASSERT STREAM o (v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (v) VALUES (1);

--@test: a stream without a key gets one
CREATE STREAM s (v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY w;
INSERT INTO s (v, w) VALUES (1, 2);
ASSERT STREAM o (w INT KEY, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (w, v) VALUES (2, 1);

--@test: without a key, counted by a column
CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;
INSERT INTO s (v) VALUES ('a');
INSERT INTO s (v) VALUES ('b');
INSERT INTO s (v) VALUES ('a');
ASSERT VALUES o (v, n) VALUES ('a', 1);
ASSERT VALUES o (v, n) VALUES ('b', 1);
ASSERT VALUES o (v, n) VALUES ('a', 2);

--@test: WHERE sees the old columns, the projection too
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT UCASE(v) AS k, id FROM s WHERE id > 1 AND v <> 'q' PARTITION BY UCASE(v);
INSERT INTO s (id, v) VALUES (1, 'a');
INSERT INTO s (id, v) VALUES (2, 'q');
INSERT INTO s (id, v) VALUES (3, 'b');
ASSERT VALUES o (k, id) VALUES ('B', 3);

--@test: the key in other formats
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM j WITH (key_format='JSON') AS SELECT * FROM s;
CREATE STREAM d WITH (format='DELIMITED') AS SELECT * FROM s PARTITION BY v;
INSERT INTO s (id, v) VALUES (1, 'x');
ASSERT VALUES j (id, v) VALUES (1, 'x');
ASSERT VALUES d (v, id) VALUES ('x', 1);

--@test: the key twice
--@expected.error: KsqlException
--@expected.message: The projection contains a key column (`ID`) more than once, aliased as: A and B.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS a, id AS b, v FROM s;

--@test: the key alone
--@expected.error: KsqlException
--@expected.message: The projection contains no value columns.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id FROM s;

--@test: the new key must be selected
--@expected.error: KsqlException
--@expected.message: Key missing from projection
CREATE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, w FROM s PARTITION BY v;

--@test: the same expression twice
--@expected.error: KsqlException
--@expected.message: Duplicate PARTITION BY expression:
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v, v;

--@test: NULL among several
--@expected.error: KsqlException
--@expected.message: Cannot PARTITION BY multiple columns including NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v, NULL;

--@test: two columns in a format of one
--@expected.error: KsqlException
--@expected.message: The 'KAFKA' format only supports a single field. Got:
CREATE STREAM s (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a map within the key
--@expected.error: KsqlException
--@expected.message: Map keys, including types that contain maps, are not supported
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY m;

--@test: a key format for a stream without a key
--@expected.error: KsqlException
--@expected.message: Key format specified for stream without key columns.
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (key_format='JSON') AS SELECT * FROM s;
