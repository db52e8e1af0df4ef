-- SPDX-License-Identifier: Apache-2.0
-- CREATE OR REPLACE, ALTER, DROP: what changes, what stays, what is refused.

--@test: a replaced query goes on where the old one was
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
CREATE OR REPLACE STREAM o AS SELECT id, v, v * 2 AS twice FROM s;
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v, twice) VALUES (1, 1, NULL);
ASSERT VALUES o (id, v, twice) VALUES (1, 2, 4);

--@test: a replaced aggregation keeps its state
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(v) AS n FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
CREATE OR REPLACE TABLE o AS SELECT id, COUNT(v) AS n FROM s WHERE v > 1 GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, n) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 2);

--@test: a column is added to a source
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER STREAM s ADD COLUMN w INT;
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (id, v, w) VALUES (1, 2, 3);
ASSERT VALUES o (id, v, w) VALUES (1, 2, 3);

--@test: columns do not go away
--@expected.error: KsqlException
--@expected.message: The following columns are changed, missing or reordered: [`W` INTEGER]
CREATE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: what is read cannot be dropped
--@expected.error: KsqlException
--@expected.message: The following streams and/or tables read from this source
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM s;

--@test: a dropped name is free again
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM o;
CREATE STREAM o AS SELECT id, v + 1 AS v FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: IF NOT EXISTS does nothing where there is one
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM IF NOT EXISTS s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a name is taken
--@expected.error: KsqlException
--@expected.message: A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a table's query is replaced by one that reads a column more
CREATE TABLE t (id BIGINT PRIMARY KEY, a STRING, n INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE x AS SELECT id, a FROM t;
INSERT INTO t (id, a, n) VALUES (1, 'a', 10);
INSERT INTO t (id, a, n) VALUES (2, 'b', 20);
ASSERT VALUES x (id, a) VALUES (1, 'a');
ASSERT VALUES x (id, a) VALUES (2, 'b');
CREATE OR REPLACE TABLE x AS SELECT id, a, n FROM t;
INSERT INTO t (id, a, n) VALUES (1, 'c', 11);
INSERT INTO t (id) VALUES (2);
ASSERT VALUES x (id, a, n) VALUES (1, 'c', 11);
ASSERT VALUES x (id, a, n) VALUES (2, NULL, NULL);
