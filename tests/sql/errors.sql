-- SPDX-License-Identifier: Apache-2.0
-- Statements that are refused: what the message says, and that the catalog is as it was before.

-- ---- syntax ----

--@test: a reserved word as a name
--@expected.error: ParseFailedException
--@expected.message: "SELECT" is a reserved keyword and it can't be used as an identifier.
CREATE STREAM s (id INT KEY, select INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a reserved word in quotes is a name
CREATE STREAM s (id INT KEY, `select` INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, `select` + 1 AS `from` FROM s;
INSERT INTO s (id, `select`) VALUES (1, 1);
ASSERT VALUES o (id, `from`) VALUES (1, 2);

--@test: an empty list of IN
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v IN ();

--@test: DISTINCT
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT DISTINCT v FROM s;

--@test: ORDER BY
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s ORDER BY v;

--@test: a query within a query
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM (SELECT * FROM s);

--@test: clauses in another order
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s GROUP BY id WHERE v > 1;

--@test: a text that does not end
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s, value_format='JSON');

--@test: a parenthesis that does not end
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT WITH (kafka_topic='s', value_format='JSON');

--@test: two comparisons in a row
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE 1 < v < 3;

--@test: an ESCAPE of two characters
--@expected.error: ParseFailedException
--@expected.message: Expected single character escape
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v LIKE 'a%' ESCAPE '!!';

--@test: a name of a source with other characters
--@expected.error: ParseFailedException
--@expected.message: Source names may only contain alphanumeric values, '_' or '-'.
CREATE STREAM `a b` (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: words in any case, comments anywhere
create Stream s /* a stream */ (id int key, v Int) with (KAFKA_TOPIC='s', Value_Format='json'); -- so
CREATE STREAM o AS -- from here
  SELECT /* id */ id, v /* v */ + 1 AS "v" FROM s WHERE v > 0;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, "v") VALUES (1, 2);

-- ---- names ----

--@test: a column twice
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT, v STRING) WITH (kafka_topic='s', value_format='JSON');

--@test: a value named as the key
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, id INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a pseudo column's name
--@expected.error: KsqlException
--@expected.message: 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM s (id INT KEY, rowtime BIGINT) WITH (kafka_topic='s', value_format='JSON');

--@test: a pseudo column's name as an alias
--@expected.error: KsqlException
--@expected.message: `ROWTIME` is a reserved column name. You cannot use it as an alias for a column.
CREATE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS rowtime FROM s;

--@test: a pseudo column without an alias
--@expected.error: KsqlException
--@expected.message: Reserved column name in select: `ROWTIME`. Please remove or alias the column.
CREATE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROWTIME FROM s;

--@test: an alias twice
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS x, w AS x FROM s;

--@test: a source that is there already
--@expected.error: KsqlException
--@expected.message: Cannot add stream 'S': A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM s (id INT KEY, w INT) WITH (kafka_topic='s2', value_format='JSON');

--@test: a table of a stream's name
--@expected.error: KsqlException
--@expected.message: A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE s AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;

--@test: IF NOT EXISTS keeps the one that is there
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM IF NOT EXISTS s (id INT KEY, w STRING) WITH (kafka_topic='s2', value_format='JSON');
ASSERT STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a name in quotes keeps its case
CREATE STREAM "low" (id INT KEY, "Mixed" INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, "Mixed" AS mixed FROM "low";
INSERT INTO "low" (id, "Mixed") VALUES (1, 5);
ASSERT VALUES o (id, mixed) VALUES (1, 5);

--@test: a name in quotes is looked for as it is written
--@expected.error: KsqlException
--@expected.message: SELECT column 'mixed' cannot be resolved.
CREATE STREAM s (id INT KEY, "Mixed" INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, `mixed` FROM s;

--@test: a column of another source
--@expected.error: KsqlException
--@expected.message: 'T' is not a valid stream/table name or alias.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM t (id INT KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id, t.w FROM s;

--@test: a column in WHERE
--@expected.error: KsqlException
--@expected.message: WHERE column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE nope > 1;

--@test: a column in GROUP BY
--@expected.error: KsqlException
--@expected.message: GROUP BY column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT nope, COUNT(*) FROM s GROUP BY nope;

--@test: a column in a join's condition
--@expected.error: KsqlException
--@expected.message: JOIN ON column 'T.NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, w INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT s.id AS id, w FROM s JOIN t ON s.id = t.nope;

-- ---- types ----

--@test: WHERE that is no condition
--@expected.error: KsqlException
--@expected.message: Type error in WHERE expression: Should evaluate to boolean but is
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v;

--@test: HAVING that compares what cannot be compared
--@expected.error: KsqlException
--@expected.message: Error in HAVING expression: Cannot compare
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING COUNT(*) > 'x';

--@test: WHERE that compares what cannot be compared
--@expected.error: KsqlException
--@expected.message: Error in WHERE expression: Cannot compare
CREATE STREAM s (id INT KEY, v INT, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v = b;

--@test: a cast that there is not
--@expected.error: KsqlException
--@expected.message: Cast of INTEGER to TIMESTAMP is not supported
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS TIMESTAMP) AS t FROM s;

--@test: branches of CASE of several types
--@expected.error: KsqlException
--@expected.message: Invalid Case expression. Type for all 'THEN' clauses should be the same.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 1 THEN 'a' WHEN v = 2 THEN 2 END AS c FROM s;

--@test: IN over another type
--@expected.error: KsqlException
--@expected.message: invalid input syntax for type INTEGER: "x"
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v IN (1, 'x');

--@test: a type that is not there
--@expected.error: KsqlException
--@expected.message: Cannot resolve unknown type: NOPE
CREATE STREAM s (id INT KEY, v ARRAY<nope>) WITH (kafka_topic='s', value_format='JSON');

--@test: a lambda with a column's name
--@expected.error: KsqlException
--@expected.message: Lambda function argument can't be a column name: V
CREATE STREAM s (id INT KEY, v ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(v, v => v) AS t FROM s;

--@test: a lambda with too many arguments
--@expected.error: KsqlException
--@expected.message: Was expecting 1 arguments but found 2
CREATE STREAM s (id INT KEY, v ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(v, (x, y) => x) AS t FROM s;

-- ---- aggregates ----

--@test: an aggregate in WHERE
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WHERE SUM(v) > 1 GROUP BY id;

--@test: an aggregate in GROUP BY
--@expected.error: KsqlException
--@expected.message: GROUP BY does not support aggregate functions
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY COUNT(*);

--@test: an aggregate of an aggregate
--@expected.error: KsqlException
--@expected.message: Aggregate functions can not be nested
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(COUNT(v)) FROM s GROUP BY id;

--@test: an aggregate without a group
--@expected.error: KsqlException
--@expected.message: without a GROUP BY clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s;

--@test: HAVING over a column that is not grouped
--@expected.error: KsqlException
--@expected.message: Non-aggregate HAVING expression not part of GROUP BY:
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING v > 1;

--@test: the same group twice
--@expected.error: KsqlException
--@expected.message: Duplicate GROUP BY expression
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v, v;

--@test: the group must be selected
--@expected.error: KsqlException
--@expected.message: Key missing from projection
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY v;

--@test: an initial argument that is no literal
--@expected.error: KsqlException
--@expected.message: must be a literal constant, but was expression:
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, id) FROM s GROUP BY id;

--@test: a state that DELIMITED cannot hold
--@expected.error: KsqlException
--@expected.message: One of the functions used in the statement has an intermediate type that the value format can not handle.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE TABLE o AS SELECT id, AVG(v) AS mean FROM s GROUP BY id;

-- ---- results and sinks ----

--@test: a stream from a table
--@expected.error: KsqlException
--@expected.message: Invalid result type. Your SELECT query produces a TABLE.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM t;

--@test: a table from a stream
--@expected.error: KsqlException
--@expected.message: Invalid result type. Your SELECT query produces a STREAM.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT * FROM s;

--@test: LIMIT of a persistent query
--@expected.error: KsqlException
--@expected.message: CREATE STREAM AS SELECT statements don't support LIMIT clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s LIMIT 5;

--@test: INSERT INTO a table
--@expected.error: KsqlException
--@expected.message: INSERT INTO can only be used to insert into a stream. T is a table.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t SELECT * FROM s;

--@test: INSERT INTO with other columns
--@expected.error: KsqlException
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS w FROM s;
INSERT INTO o SELECT id, v FROM s;

--@test: INSERT INTO widens numbers
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o (id INT KEY, v BIGINT) WITH (kafka_topic='o', value_format='JSON');
INSERT INTO o SELECT id, v FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, v) VALUES (1, 5);

--@test: a windowed table in a query
--@expected.error: KsqlException
--@expected.message: KSQL does not support persistent queries on windowed tables.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;
CREATE TABLE o AS SELECT id, n FROM w;

--@test: DROP of what a query reads
--@expected.error: KsqlException
--@expected.message: Cannot drop S.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM s;

--@test: DROP of the other kind
--@expected.error: KsqlException
--@expected.message: Incompatible data source type is STREAM, but statement was DROP TABLE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP TABLE s;

--@test: DROP, and then the name is free
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
DROP STREAM o;
CREATE STREAM o WITH (kafka_topic='o2') AS SELECT id, v * 2 AS w FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, w) VALUES (1, 10);

-- ---- properties ----

--@test: no topic
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (value_format='JSON');

--@test: no format
--@expected.error: KsqlException
--@expected.message: Statement is missing the 'VALUE_FORMAT' property from the WITH clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s');

--@test: a format that is not there
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='YAML');

--@test: FORMAT beside KEY_FORMAT
--@expected.error: KsqlException
--@expected.message: Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON', key_format='JSON');

--@test: a policy of cleaning up
--@expected.error: KsqlException
--@expected.message: Invalid config variable in the WITH clause: CLEANUP_POLICY
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', cleanup_policy='compact');

--@test: retention of a table
--@expected.error: KsqlException
--@expected.message: RETENTION_MS
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON', retention_ms=1000);

--@test: a delimiter of two characters
--@expected.error: KsqlException
--@expected.message: Delimiter must be a single character or TAB,SPACE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='||');

--@test: a single value, wrapped, of two columns
--@expected.error: KsqlException
--@expected.message: 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=true);

--@test: a windowed source without a size
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='TUMBLING');

--@test: a session with a size
--@expected.error: KsqlException
--@expected.message: 'WINDOW_SIZE' should not be set for SESSION windows.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='SESSION', window_size='1 SECOND');

--@test: a windowed source without a key
--@expected.error: KsqlException
--@expected.message: Windowed sources require a key column.
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', window_type='TUMBLING', window_size='1 SECOND');

--@test: NOT IN over nothing but NULL
--@expected.error: KsqlException
--@expected.message: An IN list of NULL alone: no value equals NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v NOT IN (NULL);
