-- SPDX-License-Identifier: Apache-2.0
-- INSERT VALUES: what each type takes, which columns may be left out, what is refused.

--@test: literals of every type, in a text where SQL has no literal
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, n DECIMAL(6, 3), t STRING, y BYTES, dt DATE, tm TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, b, i, l, d, n, t, y, dt, tm, ts) VALUES (-1, FALSE, -2147483648, -9223372036854775808, -1.5E300, -123.456, 'it''s', 'AAE=', '1969-12-31', '23:59:59.999', '1969-12-31T23:59:59.999');
ASSERT VALUES s (id, b, i, l, d, n, t, y, dt, tm, ts) VALUES (-1, FALSE, -2147483648, -9223372036854775808, -1.5E300, -123.456, 'it''s', 'AAE=', '1969-12-31', '23:59:59.999', '1969-12-31T23:59:59.999');

--@test: numbers widen to the column
CREATE STREAM s (id BIGINT KEY, l BIGINT, d DOUBLE, n DECIMAL(12, 2)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, l, d, n) VALUES (1, 2, 3, 4);
INSERT INTO s (id, l, d, n) VALUES (1, 2, 3000000000, 4.5);
INSERT INTO s (id, d) VALUES (1, 2.25);
ASSERT VALUES s (id, l, d, n) VALUES (1, 2, 3.0, 4.00);
ASSERT VALUES s (id, l, d, n) VALUES (1, 2, 3000000000.0, 4.50);
ASSERT VALUES s (id, l, d, n) VALUES (1, NULL, 2.25, NULL);

--@test: the columns in any order, and only some of them
CREATE STREAM s (id INT KEY, a INT, b STRING, c BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (c, id, a) VALUES (true, 1, 2);
INSERT INTO s (b) VALUES ('only');
ASSERT VALUES s (id, a, b, c) VALUES (1, 2, NULL, true);
ASSERT VALUES s (id, a, b, c) VALUES (NULL, NULL, 'only', NULL);

--@test: without a list: the key first
CREATE STREAM s (a INT, id INT KEY, b STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2, 'x');
ASSERT VALUES s (id, a, b) VALUES (1, 2, 'x');

--@test: the time, as a number and as a text
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (1234, 1, 1);
INSERT INTO s (id, ROWTIME, v) VALUES (2, 0, 2);
ASSERT VALUES s (ROWTIME, id, v) VALUES (1234, 1, 1);
ASSERT VALUES s (ROWTIME, id, v) VALUES (0, 2, 2);

--@test: expressions, functions and constructors
CREATE STREAM s (id INT KEY, i INT, t STRING, a ARRAY<INT>, m MAP<STRING, DOUBLE>, r STRUCT<x INT, y STRING>, dt DATE) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, i, t, a, m, r, dt) VALUES (ABS(-7), 2 + 3 * 4, CONCAT('a', 'b') || 'c', ARRAY[1, 1 + 1], MAP('k' := 2.0E0), STRUCT(x := 1, y := 'v'), FROM_DAYS(1));
ASSERT VALUES s (id, i, t, a, m, r, dt) VALUES (7, 14, 'abc', ARRAY[1, 2], MAP('k' := 2.0E0), STRUCT(x := 1, y := 'v'), '1970-01-02');

--@test: texts with marks of every kind
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, t) VALUES (1, 'a"b\c/d');
INSERT INTO s (id, t) VALUES (2, 'line
end');
INSERT INTO s (id, t) VALUES (3, '-- no comment /* neither */; nor an end');
INSERT INTO s (id, t) VALUES (4, 'Größe € 😀');
INSERT INTO s (id, t) VALUES (5, '');
ASSERT VALUES s (id, t) VALUES (1, 'a"b\c/d');
ASSERT VALUES s (id, t) VALUES (2, 'line
end');
ASSERT VALUES s (id, t) VALUES (3, '-- no comment /* neither */; nor an end');
ASSERT VALUES s (id, t) VALUES (4, 'Größe € 😀');
ASSERT VALUES s (id, t) VALUES (5, '');

--@test: into a table
CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY, v STRING) WITH (kafka_topic='t', format='JSON');
INSERT INTO t (a, b, v) VALUES (1, 2, 'x');
INSERT INTO t (v, b, a) VALUES ('y', 2, 1);
ASSERT VALUES t (a, b, v) VALUES (1, 2, 'x');
ASSERT VALUES t (a, b, v) VALUES (1, 2, 'y');

--@test: into what a query writes
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 1 AS v FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO o (id, v) VALUES (2, 20);
ASSERT VALUES o (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (2, 20);

--@test: a column that is not there
--@expected.error: KsqlException
--@expected.message: Column name `NOPE` does not exist.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, nope) VALUES (1, 1);

--@test: more columns than values
--@expected.error: KsqlException
--@expected.message: Expected number columns and values to match:
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1);

--@test: a number that is too large for the column
--@expected.error: KsqlException
--@expected.message: Expected type INTEGER for field `V` but got BIGINT
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 3000000000);

--@test: a decimal with too many digits
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v DECIMAL(3, 1)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 123.4);

--@test: a number for a text
--@expected.error: KsqlException
--@expected.message: Expected type STRING for field `V` but got INTEGER
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1);

--@test: a text that is no date
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v DATE) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 'someday');

--@test: a column as a value
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, id);

--@test: an expression that fails
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1 / 0);

--@test: a pseudo column
--@expected.error: KsqlException
--@expected.message: Inserting into column `ROWOFFSET` is not allowed.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v, ROWOFFSET) VALUES (1, 1, 1);

--@test: one of two keys of a table is missing
--@expected.error: KsqlException
--@expected.message: Value for primary key column(s) B is required for tables
CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY, v STRING) WITH (kafka_topic='t', format='JSON');
INSERT INTO t (a, v) VALUES (1, 'x');

--@test: into a windowed table
--@expected.error: KsqlException
--@expected.message: Cannot insert values into windowed stream/table!
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;
INSERT INTO w (id, n) VALUES (1, 1);

--@test: into nothing
--@expected.error: KsqlException
INSERT INTO nowhere (id) VALUES (1);

--@test: a struct with other fields: those the column does not have are ignored, missing ones are NULL
CREATE STREAM s (id INT KEY, p STRUCT<a INT, b STRING>) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, STRUCT(a := 1, b := 'x', extra := 'y'));
INSERT INTO s VALUES (2, STRUCT(other := 1, b := 'z'));
INSERT INTO s VALUES (3, STRUCT(other := 1));
ASSERT VALUES s (id, p) VALUES (1, STRUCT(a := 1, b := 'x'));
ASSERT VALUES s (id, p) VALUES (2, STRUCT(a := CAST(NULL AS INT), b := 'z'));
ASSERT VALUES s (id, p) VALUES (3, STRUCT(a := CAST(NULL AS INT), b := CAST(NULL AS STRING)));

--@test: the same inside of arrays, maps and structs
CREATE STREAM s (id INT KEY, a ARRAY<STRUCT<x BIGINT>>, m MAP<STRING, STRUCT<x INT, y INT>>, p STRUCT<q STRUCT<x INT>>) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, ARRAY[STRUCT(x := 1, z := 2)], MAP('k' := STRUCT(y := 3, z := 'no')), STRUCT(q := STRUCT(w := 0, x := 4), r := 5));
ASSERT VALUES s (id, a, m, p) VALUES (1, ARRAY[STRUCT(x := CAST(1 AS BIGINT))], MAP('k' := STRUCT(x := CAST(NULL AS INT), y := 3)), STRUCT(q := STRUCT(x := 4)));

--@test: a NULL of any type fits every column
CREATE STREAM s (id INT KEY, t STRING, b BYTES, d DATE, a ARRAY<INT>, r STRUCT<x INT>, n DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, CAST(NULL AS INT), CAST(NULL AS INT), CAST(NULL AS BIGINT), CAST(NULL AS DOUBLE), CAST(NULL AS BOOLEAN), CAST(NULL AS STRING));
ASSERT VALUES s (id, t, b, d, a, r, n) VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: an expression into a DECIMAL, by its value
CREATE STREAM s (id INT KEY, n DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, ABS(-5));
INSERT INTO s VALUES (2, UNIX_TIMESTAMP() * 0);
ASSERT VALUES s (id, n) VALUES (1, 5.00);
ASSERT VALUES s (id, n) VALUES (2, 0.00);

--@test: an expression whose value a DECIMAL does not hold
--@expected.error: weir.Error
--@expected.message: Expected type DECIMAL(5, 2) for field `N` but got INTEGER(1000)
CREATE STREAM s (id INT KEY, n DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, ABS(-1000));

--@test: of a column that is given twice the last value counts
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a, a) VALUES (1, 2, 3);
ASSERT VALUES s (id, a) VALUES (1, 3);

--@test: header columns have no place in VALUES
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2);
CREATE STREAM o AS SELECT id, v FROM s;
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: nor has a value for them
--@expected.error: weir.Error
--@expected.message: Expected a value for each column. Expected Columns: [`ID`, `V`]. Got [1, 2, 3, 4]
CREATE STREAM s (id INT KEY, v INT, h BYTES HEADER('x')) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2, 3, 4);

--@test: a table's key must be given, but may be NULL: the row changes nothing
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v + 1 AS w FROM t;
INSERT INTO t VALUES (NULL, 1);
INSERT INTO t VALUES (1, 5);
ASSERT VALUES o (id, w) VALUES (1, 6);

--@test: a table's key that is left out
--@expected.error: weir.Error
--@expected.message: Value for primary key column(s) ID is required for tables
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (v) VALUES (1);

--@test: INSERT SELECT: numbers in the statement into DECIMAL columns that hold them
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d (id INT KEY, a DECIMAL(6, 2), b DECIMAL(4, 1), c DECIMAL(4, 2), e DECIMAL(20, 0)) WITH (kafka_topic='d', value_format='JSON');
INSERT INTO d SELECT id, 0 AS a, 1e0 AS b, -1.5 AS c, 3000000000 AS e FROM s;
INSERT INTO s VALUES (1, 1);
ASSERT VALUES d (id, a, b, c, e) VALUES (1, 0.00, 1.0, -1.50, 3000000000);

--@test: INSERT SELECT: not where they would be rounded
--@expected.error: weir.Error
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d (id INT KEY, a DECIMAL(4, 1)) WITH (kafka_topic='d', value_format='JSON');
INSERT INTO d SELECT id, 1.55e0 AS a FROM s;

--@test: INSERT SELECT: nor where they are too large
--@expected.error: weir.Error
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d (id INT KEY, a DECIMAL(4, 2)) WITH (kafka_topic='d', value_format='JSON');
INSERT INTO d SELECT id, 100 AS a FROM s;

--@test: INSERT SELECT: a column is no number of the statement
--@expected.error: weir.Error
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d (id INT KEY, a DECIMAL(4, 2)) WITH (kafka_topic='d', value_format='JSON');
INSERT INTO d SELECT id, v AS a FROM s;

--@test: a value for a header column is refused by the column's name, also without a list of columns
--@expected.error: KsqlException
--@expected.message: Cannot insert into HEADER columns: H
CREATE STREAM s (k STRING KEY, h BYTES HEADER('abc'), v BIGINT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES ('abc', NULL, 44);

--@test: a negative ROWTIME
--@expected.error: KsqlException
--@expected.message: Invalid timestamp: -1. Timestamp should always be non-negative or null.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (ROWTIME, id, v) VALUES (-1, 1, 1);
