-- SPDX-License-Identifier: Apache-2.0
-- JSON, DELIMITED, KAFKA and NONE: what can be written, and what comes back.

--@test: from JSON to DELIMITED and back
CREATE STREAM s (id INT KEY, a INT, b STRING, c DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d WITH (value_format='DELIMITED') AS SELECT * FROM s;
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM d;
INSERT INTO s (id, a, b, c) VALUES (1, 2, 'x, "y"', 1.5);
INSERT INTO s (id, a) VALUES (2, 3);
ASSERT VALUES o (id, a, b, c) VALUES (1, 2, 'x, "y"', 1.5);
ASSERT VALUES o (id, a, b, c) VALUES (2, 3, NULL, NULL);

--@test: another delimiter
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='|');
CREATE STREAM o AS SELECT id, b, a FROM s;
INSERT INTO s (id, a, b) VALUES (1, 2, 'x|y');
ASSERT VALUES o (id, b, a) VALUES (1, 'x|y', 2);

--@test: a single value without an object around it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM o WITH (wrap_single_value=true) AS SELECT * FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, v) VALUES (1, 5);

--@test: keys of several columns
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o WITH (key_format='DELIMITED') AS SELECT * FROM s;
INSERT INTO s (a, b, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, b, v) VALUES (1, 'x', 2);

--@test: the KAFKA format for keys and values
CREATE STREAM s (id BIGINT KEY, v DOUBLE) WITH (kafka_topic='s', format='KAFKA');
CREATE STREAM o AS SELECT id, v * 2 AS v FROM s;
INSERT INTO s (id, v) VALUES (1, 1.25);
ASSERT VALUES o (id, v) VALUES (1, 2.5);

--@test: no key at all
CREATE STREAM s (v INT) WITH (kafka_topic='s', key_format='NONE', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (v) VALUES (1);
ASSERT VALUES o (v) VALUES (1);

--@test: DELIMITED cannot nest
--@expected.error: KsqlException
--@expected.message: The 'DELIMITED' format does not support type 'ARRAY'
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='DELIMITED');

--@test: KAFKA holds one column
--@expected.error: KsqlException
--@expected.message: The 'KAFKA' format only supports a single field.
CREATE STREAM s (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: VALUE_FORMAT is missing
--@expected.error: KsqlException
--@expected.message: Statement is missing the 'VALUE_FORMAT' property
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s');

--@test: JSON: text after the value is ignored
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT, b STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '{"A":1}x');
INSERT INTO raw VALUES (2, '{"A":1} {"A":2}');
INSERT INTO raw VALUES (3, '{"A":1}}');
ASSERT VALUES o (k, a, b) VALUES (1, 1, NULL);
ASSERT VALUES o (k, a, b) VALUES (2, 1, NULL);
ASSERT VALUES o (k, a, b) VALUES (3, 1, NULL);

--@test: JSON: the text null is no row of a stream
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
CREATE TABLE c AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO raw VALUES (1, 'null');
INSERT INTO raw VALUES (1, '{"A":null}');
ASSERT VALUES o (k, a) VALUES (1, NULL);
ASSERT VALUES c (k, n) VALUES (1, 1);

--@test: JSON: the text null deletes from a table
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (k INT PRIMARY KEY, a INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t;
CREATE TABLE c AS SELECT a, COUNT(*) AS n FROM t GROUP BY a;
INSERT INTO raw VALUES (1, '{"A":5}');
INSERT INTO raw VALUES (1, ' null ');
ASSERT VALUES o (k, a) VALUES (1, 5);
ASSERT NULL VALUES o (k) KEY (1);
ASSERT VALUES c (a, n) VALUES (5, 1);
ASSERT VALUES c (a, n) VALUES (5, 0);

--@test: JSON: an unwrapped null is a column that is NULL
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', value_format='JSON', wrap_single_value=false);
CREATE STREAM o WITH (wrap_single_value=true) AS SELECT * FROM s;
INSERT INTO raw VALUES (1, 'null');
INSERT INTO raw VALUES (2, '7 8');
ASSERT VALUES o (k, a) VALUES (1, NULL);
ASSERT VALUES o (k, a) VALUES (2, 7);

--@test: JSON: a key that is the text null belongs to no group and no row of a table
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', format='JSON');
CREATE TABLE t (k INT PRIMARY KEY, a INT) WITH (kafka_topic='t', format='JSON');
CREATE TABLE n AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO raw VALUES ('null', '{"A":1}');
INSERT INTO raw VALUES ('3', '{"A":3}');
ASSERT VALUES n (k, n) VALUES (3, 1);
ASSERT VALUES o (k, a) VALUES (3, 3);

--@test: JSON: an object read into a STRING keeps its members in order, also inside of arrays
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, b STRING, l ARRAY<STRING>) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '{"B": {"z": 1, "a": {"y": 2, "b": 3}, "z": 4}}');
INSERT INTO raw VALUES (2, '{"B": [{"z": 1, "a": 2}], "L": [{"z": 1, "a": 2}, "x"]}');
ASSERT VALUES o (k, b, l) VALUES (1, '{"z":4,"a":{"y":2,"b":3}}', NULL);
ASSERT VALUES o (k, b, l) VALUES (2, '[{"z":1,"a":2}]', ARRAY['{"z":1,"a":2}', 'x']);

--@test: DELIMITED: an empty cell is NULL, also between quotes
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a STRING, b STRING) WITH (kafka_topic='t', value_format='DELIMITED');
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '"",""');
INSERT INTO raw VALUES (2, '" ",x');
ASSERT VALUES o (k, a, b) VALUES (1, NULL, NULL);
ASSERT VALUES o (k, a, b) VALUES (2, ' ', 'x');

--@test: TIME of 24:00 is read, one millisecond more is not
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM j (k INT KEY, a TIME) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT k, a IS NULL AS s FROM j;
INSERT INTO raw VALUES (1, '{"A":86400001}');
INSERT INTO raw VALUES (2, '{"A":86400000}');
ASSERT VALUES o (k, s) VALUES (2, false);

--@test: a sum that overflows leaves the row out, and the query goes on
CREATE STREAM s (k INT KEY, v DECIMAL(3, 1)) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS v FROM s GROUP BY k;
INSERT INTO s VALUES (1, 60);
INSERT INTO s VALUES (1, 50);
INSERT INTO s VALUES (2, 7);
INSERT INTO s VALUES (1, 39.9);
ASSERT VALUES t (k, n, v) VALUES (1, 1, 60.0);
ASSERT VALUES t (k, n, v) VALUES (2, 1, 7.0);
ASSERT VALUES t (k, n, v) VALUES (1, 2, 99.9);

--@test: the quote as a delimiter
--@expected.error: KsqlException
--@expected.message: Invalid delimiter value: '"'.
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='"');
