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

--@test: test_j01_text_after_the_value_is_ignored
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT, b STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '{"A":1}x');
INSERT INTO raw VALUES (2, '{"A":1} {"A":2}');
INSERT INTO raw VALUES (3, '{"A":1}}');
ASSERT VALUES o (k, a, b) VALUES (1, 1, NULL);
ASSERT VALUES o (k, a, b) VALUES (2, 1, NULL);
ASSERT VALUES o (k, a, b) VALUES (3, 1, NULL);

--@test: test_j04_the_text_null_is_no_row_of_a_stream
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
CREATE TABLE c AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO raw VALUES (1, 'null');
INSERT INTO raw VALUES (1, '{"A":null}');
ASSERT VALUES o (k, a) VALUES (1, NULL);
ASSERT VALUES c (k, n) VALUES (1, 1);

--@test: test_j04_the_text_null_deletes_from_a_table
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

--@test: test_j04_an_unwrapped_null_is_a_column_that_is_null
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', value_format='JSON', wrap_single_value=false);
CREATE STREAM o WITH (wrap_single_value=true) AS SELECT * FROM s;
INSERT INTO raw VALUES (1, 'null');
INSERT INTO raw VALUES (2, '7 8');
ASSERT VALUES o (k, a) VALUES (1, NULL);
ASSERT VALUES o (k, a) VALUES (2, 7);

--@test: test_j04_a_key_that_is_the_text_null_belongs_to_no_group_and_no_row_of_a_table
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a INT) WITH (kafka_topic='t', format='JSON');
CREATE TABLE t (k INT PRIMARY KEY, a INT) WITH (kafka_topic='t', format='JSON');
CREATE TABLE n AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE TABLE o AS SELECT * FROM t;
INSERT INTO raw VALUES ('null', '{"A":1}');
INSERT INTO raw VALUES ('3', '{"A":3}');
ASSERT VALUES n (k, n) VALUES (3, 1);
ASSERT VALUES o (k, a) VALUES (3, 3);

--@test: test_j03_an_object_read_into_a_string_keeps_its_members_in_order
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, b STRING, l ARRAY<STRING>) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '{"B": {"z": 1, "a": {"y": 2, "b": 3}, "z": 4}}');
INSERT INTO raw VALUES (2, '{"B": [{"z": 1, "a": 2}], "L": [{"z": 1, "a": 2}, "x"]}');
ASSERT VALUES o (k, b, l) VALUES (1, '{"z":4,"a":{"y":2,"b":3}}', NULL);
ASSERT VALUES o (k, b, l) VALUES (2, '[{"z":1,"a":2}]', ARRAY['{"z":1,"a":2}', 'x']);

--@test: test_j06_an_empty_cell_is_null_also_between_quotes
CREATE STREAM raw (k INT KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, a STRING, b STRING) WITH (kafka_topic='t', value_format='DELIMITED');
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM s;
INSERT INTO raw VALUES (1, '"",""');
INSERT INTO raw VALUES (2, '" ",x');
ASSERT VALUES o (k, a, b) VALUES (1, NULL, NULL);
ASSERT VALUES o (k, a, b) VALUES (2, ' ', 'x');

--@test: test_j07_time_of_24_00_is_read_one_millisecond_more_is_not
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
