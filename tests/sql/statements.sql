-- SPDX-License-Identifier: Apache-2.0
-- Sessions: settings, variables, scripts; INSERT VALUES; and wrong statements.

--@test: variables are replaced
DEFINE where_from = 'my_topic';
DEFINE limit_value = '10';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='${where_from}', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v < ${limit_value};
INSERT INTO s (id, v) VALUES (1, 10);
INSERT INTO s (id, v) VALUES (2, 9);
ASSERT STREAM s (id INT KEY, v INT) WITH (kafka_topic='my_topic', value_format='JSON');
ASSERT VALUES o (id, v) VALUES (2, 9);

--@test: values in the order of the columns
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2, 'x');
ASSERT VALUES s (id, a, b) VALUES (1, 2, 'x');

--@test: expressions as values
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a, b) VALUES (1, 2 * 3 + 1, CONCAT('a', UCASE('b')));
ASSERT VALUES s (id, a, b) VALUES (1, 7, 'aB');

--@test: a paused query lets records wait
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
PAUSE ALL;
INSERT INTO s (id, v) VALUES (1, 1);
RESUME ALL;
ASSERT VALUES o (id, v) VALUES (1, 1);

--@test: a script beside the file
RUN SCRIPT 'scripts/stream_s.sql';
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES s (id, v) VALUES (1, 1);

--@test: too few values
--@expected.error: KsqlException
--@expected.message: Expected a value for each column.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1);

--@test: an unknown source
--@expected.error: KsqlException
--@expected.message: NOPE does not exist.
CREATE STREAM o AS SELECT * FROM nope;

--@test: an unknown setting of WITH
--@expected.error: KsqlException
--@expected.message: Invalid config variable(s) in the WITH clause: COLOUR
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', colour='red');

--@test: a syntax error
--@expected.error: ParseFailedException
CREATE STREAM o AS SELEC * FROM s;

--@test: a record too many is asked for
--@expected.error: AssertionError
--@expected.message: Expected another record
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES s (id, v) VALUES (1, 1);
ASSERT VALUES s (id, v) VALUES (1, 1);

--@test: a false assertion is noticed
--@expected.error: AssertionError
--@expected.message: Expected record does not match actual.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES s (id, v) VALUES (1, 2);

--@test: a value is no tombstone
--@expected.error: AssertionError
--@expected.message: Expected record does not match actual.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (id, v) VALUES (1, 1);
ASSERT NULL VALUES t (id) KEY (1);

--@test: a declaration differs
--@expected.error: AssertionError
--@expected.message: Expected schema does not match actual for source S.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');

--@test: a query that is made again under its id begins with no stream time
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, w INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o (id INT KEY, v INT, w INT) WITH (kafka_topic='o', value_format='JSON', partitions=1);
INSERT INTO o WITH (QUERY_ID='again') SELECT a.id AS id, v, w FROM a LEFT JOIN b WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON a.id = b.id;
INSERT INTO a (rowtime, id, v) VALUES (1000000, 1, 1);
INSERT INTO b (rowtime, id, w) VALUES (1000000, 1, 1);
ASSERT VALUES o (id, v, w) VALUES (1, 1, 1);
TERMINATE again;
SET 'auto.offset.reset' = 'latest';
INSERT INTO o WITH (QUERY_ID='again') SELECT a.id AS id, v, w FROM a LEFT JOIN b WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON a.id = b.id;
INSERT INTO a (rowtime, id, v) VALUES (10, 2, 2);
INSERT INTO b (rowtime, id, w) VALUES (10, 2, 2);
ASSERT VALUES o (id, v, w) VALUES (2, 2, 2);
