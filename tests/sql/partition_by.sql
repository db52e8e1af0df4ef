-- SPDX-License-Identifier: Apache-2.0
-- PARTITION BY: a stream gets another key, and its old one becomes a value.

--@test: by a column
CREATE STREAM s (id INT KEY, v STRING, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v;
INSERT INTO s (id, v, w) VALUES (1, 'x', 5);
ASSERT STREAM o (v STRING KEY, w INT, id INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (v, w, id) VALUES ('x', 5, 1);

--@test: by an expression
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT UCASE(v) AS k, id FROM s PARTITION BY UCASE(v);
INSERT INTO s (id, v) VALUES (1, 'x');
ASSERT VALUES o (k, id) VALUES ('X', 1);

--@test: by several columns
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY b, a;
INSERT INTO s (id, a, b) VALUES (1, 2, 3);
ASSERT STREAM o (b INT KEY, a INT KEY, id INT) WITH (kafka_topic='O', format='JSON');
ASSERT VALUES o (b, a, id) VALUES (3, 2, 1);

--@test: by NULL the stream loses its key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY NULL;
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: a NULL key goes on
CREATE STREAM s (id INT KEY, v STRING, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v;
INSERT INTO s (id, w) VALUES (1, 5);
ASSERT VALUES o (v, w, id) VALUES (NULL, 5, 1);

--@test: tables cannot be partitioned
--@expected.error: KsqlException
--@expected.message: Cannot repartition a TABLE source.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t PARTITION BY v;

--@test: by an alias of the projection
--@expected.error: KsqlException
--@expected.message: PARTITION BY column 'K' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v AS k, id FROM s PARTITION BY k;
