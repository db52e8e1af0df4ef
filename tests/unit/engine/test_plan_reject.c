/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that must be refused, as two tables: the statement, the beginning of its message (the
 * dialect's words, which users and client tests look for) and the text that the error points to.
 * Nothing may be planned by a statement that is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reject.h"

static const reject_case source_cases[] = {
    {"CREATE STREAM x (a INT, a STRING) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Duplicate column names: `A`", "a STRING) WITH"},
    {"CREATE TABLE x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON');",
     "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.", "x (a INT) WITH"},
    {"CREATE STREAM x (a INT PRIMARY KEY, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "FORMAT='JSON');",
     "Column `A` is a 'PRIMARY KEY' column: please use 'KEY' for streams.", "a INT PRIMARY "},
    {"CREATE TABLE x (a INT KEY, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON');",
     "Column `A` is a 'KEY' column: please use 'PRIMARY KEY' for tables.", "a INT KEY, b I"},
    {"CREATE STREAM x (ROWTIME BIGINT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON');",
     "'ROWTIME' is a reserved column name. You cannot use it as a name for a column.",
     "ROWTIME BIGINT"},
    {"CREATE STREAM x (WINDOWSTART BIGINT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "'WINDOWSTART' is a reserved column name. You cannot use it as a name for a column.",
     "WINDOWSTART BI"},
    {"CREATE STREAM x (a INT, h STRING HEADERS) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>",
     "h STRING HEADE"},
    {"CREATE STREAM x (a INT, h STRING HEADER('k')) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Invalid type for HEADER('k') column: expected BYTES", "h STRING HEADE"},
    {"CREATE STREAM x (a INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS, g "
     "ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Schema already contains a HEADERS column.", "g ARRAY<STRUCT"},
    {"CREATE STREAM x (a INT, h BYTES HEADER('k'), g BYTES HEADER('k')) WITH (KAFKA_TOPIC='x', "
     "PARTITIONS=1, VALUE_FORMAT='JSON');",
     "Schema already contains a HEADER('k') column.", "g BYTES HEADER"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
     "Topic 'x' does not exist. If you want to create a new topic for the stream please re-run "
     "the statement providi",
     "x (a INT) WITH"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='existing', PARTITIONS=5, VALUE_FORMAT='JSON');",
     "A Kafka topic with the name 'existing' already exists, with different partition/replica "
     "configuration than req",
     "5, VALUE_FORMA"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='existing', REPLICAS=5, VALUE_FORMAT='JSON');",
     "A Kafka topic with the name 'existing' already exists, with different partition/replica "
     "configuration than req",
     "CREATE STREAM "},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "CLEANUP_POLICY='compact');",
     "Invalid config variable in the WITH clause: CLEANUP_POLICY.", "CLEANUP_POLICY"},
    {"CREATE TABLE x (a INT PRIMARY KEY, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON', RETENTION_MS=5);",
     "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not "
     "support retention.",
     "x (a INT PRIMA"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "KEY_FORMAT='JSON');",
     "Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and "
     "value formats. Either u",
     "KEY_FORMAT='JS"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "VALUE_FORMAT='JSON');",
     "Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and "
     "value formats. Either",
     "FORMAT='JSON',"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1);",
     "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one "
     "or set a default via",
     "CREATE STREAM "},
    {"CREATE STREAM x (a INT) WITH (VALUE_FORMAT='JSON', PARTITIONS=1);",
     "Missing required property \"KAFKA_TOPIC\" which has no default value.", "CREATE STREAM "},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='', VALUE_FORMAT='JSON', PARTITIONS=1);",
     "Invalid value '' for configuration KAFKA_TOPIC: must not be empty", "'', VALUE_FORM"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='NONE');",
     "Value format does not support schema.", "x (a INT) WITH"},
    {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, KEY_FORMAT='NONE', "
     "VALUE_FORMAT='JSON');",
     "Key format does not support schema.", "x (k INT KEY, "},
    {"CREATE STREAM x (a ARRAY<INT>) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='DELIMITED');",
     "Value format does not support schema.", "a ARRAY<INT>) "},
    {"CREATE STREAM x (a INT, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='KAFKA');",
     "Value format does not support schema.", "x (a INT, b IN"},
    {"CREATE STREAM x (a BOOLEAN) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='KAFKA');",
     "Value format does not support schema.", "a BOOLEAN) WIT"},
    {"CREATE STREAM x (k DECIMAL(4,2) KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Key format does not support schema.", "k DECIMAL(4,2)"},
    {"CREATE STREAM x (k INT KEY, l INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Key format does not support schema.", "x (k INT KEY, "},
    {"CREATE STREAM x (k MAP<STRING, INT> KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "FORMAT='JSON');",
     "Map keys, including types that contain maps, are not supported as they may lead to "
     "unexpected behavior due to ",
     "k MAP<STRING, "},
    {"CREATE STREAM x (k STRUCT<m MAP<STRING, INT>> KEY, a INT) WITH (KAFKA_TOPIC='x', "
     "PARTITIONS=1, FORMAT='JSON');",
     "Map keys, including types that contain maps, are not supported as they may lead to "
     "unexpected behavior due to ",
     "k STRUCT<m MAP"},
    {"CREATE STREAM x (a MAP<INT, INT>) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Value format does not support schema.", "a MAP<INT, INT"},
    {"CREATE STREAM x (a INT, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "WRAP_SINGLE_VALUE=false);",
     "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas", "x (a INT, b IN"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='DELIMITED', "
     "WRAP_SINGLE_VALUE=true);",
     "Format 'DELIMITED' does not support 'WRAP_SINGLE_VALUE' set to 'true'.", "x (a INT) WITH"},
    {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "WINDOW_TYPE='TUMBLING');",
     "TUMBLING windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: "
     "'WINDOW_SIZE'='10 SECON",
     "'TUMBLING');"},
    {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "WINDOW_TYPE='SESSION', WINDOW_SIZE='1 SECOND');",
     "'WINDOW_SIZE' should not be set for SESSION windows.", "'1 SECOND');"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "WINDOW_TYPE='SESSION');",
     "Windowed sources require a key column.", "x (a INT) WITH"},
    {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "WINDOW_TYPE='NOPE', WINDOW_SIZE='1 SECOND');",
     "Invalid value NOPE for property WINDOW_TYPE: String must be one of: SESSION, HOPPING, "
     "TUMBLING, null",
     "'1 SECOND');"},
    {"CREATE STREAM x (k INT KEY, a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, FORMAT='JSON', "
     "WINDOW_TYPE='HOPPING', WINDOW_SIZE='1 PARSEC');",
     "Error in WITH clause property 'WINDOW_SIZE': Invalid duration: '1 PARSEC'. Expected a number "
     "and a unit.",
     "'1 PARSEC');"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "TIMESTAMP='zz');",
     "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'ZZ'", "'zz');"},
    {"CREATE STREAM x (a STRING) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "TIMESTAMP='a');",
     "A String timestamp field has been specified without also specifying the timestamp_format",
     "'a');"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "TIMESTAMP='a');",
     "Timestamp column, `A`, should be LONG(INT64), TIMESTAMP, or a String with a "
     "timestamp_format specified",
     "'a');"},
    {"CREATE STREAM x (a BIGINT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "TIMESTAMP='a', TIMESTAMP_FORMAT='yyyy');",
     "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of "
     "type STRING.",
     "'a', TIMESTAMP"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "SHOE_SIZE=44);",
     "Invalid config variable(s) in the WITH clause: SHOE_SIZE", "SHOE_SIZE=44);"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='XML');",
     "Unknown format: XML", "'XML');"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "VALUE_SCHEMA_ID=1);",
     "VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current "
     "format is JSON.",
     "VALUE_SCHEMA_I"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='DELIMITED', "
     "VALUE_DELIMITER='ab');",
     "Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: 'ab'. Delimiter must be "
     "a single character ",
     "'ab');"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=0, VALUE_FORMAT='JSON');",
     "Invalid number of partitions 0: must be between 1 and 100000", "0, VALUE_FORMA"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS='many', VALUE_FORMAT='JSON');",
     "Invalid value many for property PARTITIONS: Not a number of type INT", "'many', VALUE_"},
    {"CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON', "
     "VALUE_FORMAT='JSON');",
     "Config variable given twice in the WITH clause: VALUE_FORMAT", "VALUE_FORMAT='"},
    {"CREATE STREAM x (a WOMBAT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON');",
     "Cannot resolve unknown type: WOMBAT", "WOMBAT) WITH ("},
    {"CREATE STREAM x (a DECIMAL(2,3)) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON');",
     "DECIMAL precision must be >= scale: DECIMAL(2,3)", "DECIMAL(2,3)) "},
    {"CREATE STREAM x WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON');",
     "The statement does not define any columns.", "x WITH (KAFKA_"},
    {"CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, VALUE_FORMAT='JSON');",
     "Cannot add stream 'S': A stream with the same name already exists", "s (a INT) WITH"},
    {"CREATE TABLE s (a INT PRIMARY KEY, b INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Cannot add table 'S': A stream with the same name already exists", "s (a INT PRIMA"},
    {"CREATE OR REPLACE STREAM s (a INT) WITH (KAFKA_TOPIC='x', PARTITIONS=1, "
     "VALUE_FORMAT='JSON');",
     "Cannot upgrade data source: DataSource 'S' has a different KafkaTopicName, which is not "
     "upgradeable",
     "s (a INT) WITH"},
    {"CREATE OR REPLACE STREAM s2 (id BIGINT KEY, name STRING) WITH (KAFKA_TOPIC='s2', "
     "FORMAT='JSON');",
     "Cannot upgrade data source: DataSource '`S2`' has schema = `ID` BIGINT KEY, `NAME` STRING, "
     "`X` INTEGER which is ",
     "s2 (id BIGINT "},
    {"CREATE OR REPLACE TABLE s2 (id BIGINT PRIMARY KEY, name STRING, x INT, z INT) WITH "
     "(KAFKA_TOPIC='s2', FORMAT='JSON');",
     "Cannot upgrade data source: DataSource 'S2' has a different DataSourceType, which is not "
     "upgradeable",
     "s2 (id BIGINT "},
    {"CREATE OR REPLACE STREAM ss (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='ss', FORMAT='JSON');",
     "Cannot add stream 'SS': CREATE OR REPLACE is not supported on source streams.",
     "ss (id BIGINT "},
    {"CREATE OR REPLACE SOURCE STREAM ss (id BIGINT KEY, v INT) WITH (KAFKA_TOPIC='ss', "
     "FORMAT='JSON');",
     "Cannot add stream 'SS': CREATE OR REPLACE is not supported on source streams.",
     "ss (id BIGINT "},
    {"ALTER STREAM ss ADD COLUMN q INT;",
     "Cannot alter stream 'SS': ALTER operations are not supported on source streams.",
     "ss ADD COLUMN "},
    {"ALTER STREAM agg ADD COLUMN q INT;",
     "Incompatible data source type is TABLE, but statement was ALTER STREAM", "agg ADD COLUMN"},
    {"ALTER TABLE agg ADD COLUMN q INT;",
     "ALTER command is not supported for CREATE ... AS statements.", "agg ADD COLUMN"},
    {"ALTER STREAM derived ADD COLUMN q INT;",
     "ALTER command is not supported for CREATE ... AS statements.", "derived ADD CO"},
    {"ALTER STREAM s ADD COLUMN name INT;",
     "Cannot add column `NAME` to schema. A column with the same name already exists.",
     "name INT;"},
    {"ALTER STREAM nope ADD COLUMN q INT;", "Source NOPE does not exist.", "nope ADD COLUM"},
    {"DROP STREAM s;", "Cannot drop S.", "s;"},
    {"DROP TABLE s;", "Incompatible data source type is stream, but statement was DROP table",
     "s;"},
    {"DROP STREAM nope;", "Stream NOPE does not exist.", "nope;"},
    {"DROP STREAM ss DELETE TOPIC;", "Cannot delete topic for read-only source: SS",
     "ss DELETE TOPI"},
    {"CREATE STREAM x WITH (KAFKA_TOPIC='_confluent_y') AS SELECT * FROM s;",
     "Cannot insert into read-only topic: _confluent_y", "x WITH (KAFKA_"},
    {"CREATE STREAM x WITH (WINDOW_TYPE='SESSION') AS SELECT * FROM s;",
     "Invalid config variable(s) in the WITH clause: WINDOW_TYPE", "WINDOW_TYPE='S"},
    {"INSERT INTO s WITH (QUERY_ID='CSAS_A') SELECT * FROM s;",
     "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, "
     "CST_). Got: 'CSAS_A'",
     "'CSAS_A') SELE"},
    {"INSERT INTO s WITH (QUERY_ID='a-b') SELECT * FROM s;",
     "Query IDs may contain only alphanumeric characters and '_'. Got: 'A-B'", "'a-b') SELECT "},
    {"INSERT INTO s WITH (KAFKA_TOPIC='a') SELECT * FROM s;",
     "Invalid config variable(s) in the WITH clause: KAFKA_TOPIC", "KAFKA_TOPIC='a"},
};

static const reject_case query_cases[] = {
    {"CREATE STREAM x AS SELECT nope FROM s;", "SELECT column 'NOPE' cannot be resolved.",
     "nope FROM s;"},
    {"CREATE STREAM x AS SELECT q.id FROM s;", "'Q' is not a valid stream/table name or alias.",
     "q.id FROM s;"},
    {"CREATE STREAM x AS SELECT * FROM nope;", "NOPE does not exist.", "nope;"},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE nope > 1;",
     "WHERE column 'NOPE' cannot be resolved.", "nope > 1;"},
    {"CREATE STREAM x AS SELECT name FROM s;", "Key missing from projection (ie, SELECT).",
     "SELECT name FR"},
    {"CREATE STREAM x AS SELECT id, id AS b, name FROM s;",
     "The projection contains a key column (`ID`) more than once, aliased as: ID and B.",
     "id AS b, name "},
    {"CREATE STREAM x AS SELECT id FROM s;", "The projection contains no value columns.",
     "SELECT id FROM"},
    {"CREATE STREAM x AS SELECT id, name AS id FROM s;",
     "Value columns clash with key columns: `ID`", "SELECT id, nam"},
    {"CREATE STREAM x AS SELECT id, name, n AS name FROM s;",
     "Duplicate value columns found in schema: `NAME` INTEGER", "SELECT id, nam"},
    {"CREATE STREAM x AS SELECT id, ROWTIME FROM s;",
     "Reserved column name in select: `ROWTIME`. Please remove or alias the column.",
     "SELECT id, ROW"},
    {"CREATE STREAM x AS SELECT id, n AS ROWTIME FROM s;",
     "`ROWTIME` is a reserved column name. You cannot use it as an alias for a column.",
     "ROWTIME FROM s"},
    {"CREATE STREAM x AS SELECT id, name FROM s LIMIT 3;",
     "CREATE STREAM AS SELECT statements don't support LIMIT clause.", "LIMIT 3;"},
    {"CREATE TABLE x AS SELECT id, name FROM s;",
     "Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS "
     "SELECT statement instead",
     "CREATE TABLE x"},
    {"CREATE STREAM x AS SELECT id, name FROM t;",
     "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT "
     "statement instead.",
     "CREATE STREAM "},
    {"CREATE STREAM x AS SELECT name, COUNT(*) FROM s GROUP BY name;",
     "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT "
     "statement instead.",
     "CREATE STREAM "},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE name;",
     "Type error in WHERE expression: Should evaluate to boolean but is NAME (STRING) instead.",
     "name;"},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE n = 'x';",
     "Error in WHERE expression: Cannot compare N (INTEGER) to 'x' (STRING) with EQUAL.",
     "n = 'x';"},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE n = NULL;",
     "Error in WHERE expression: Comparison with NULL not supported: INTEGER = NULL", "n = NULL;"},
    {"CREATE STREAM x AS SELECT id, NULL FROM s;",
     "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null "
     "AS VARCHAR).",
     "NULL FROM s;"},
    {"CREATE STREAM x AS SELECT id, NOPE(name) FROM s;",
     "Can't find any functions with the name 'NOPE'", "NOPE(name) FRO"},
    {"CREATE STREAM x AS SELECT id, UCASE(n) FROM s;",
     "Function 'UCASE' does not accept parameters (INTEGER).", "UCASE(n) FROM "},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE COUNT(*) > 1;",
     "Aggregate functions are not allowed in the WHERE clause: COUNT", "COUNT(*) > 1;"},
    {"CREATE TABLE x AS SELECT name, SUM(COUNT(*)) FROM s GROUP BY name;",
     "Aggregate functions can not be nested: SUM(COUNT())", "COUNT(*)) FROM"},
    {"CREATE TABLE x AS SELECT COUNT(*) FROM s;",
     "CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(*)] without a "
     "GROUP BY clause.",
     "COUNT(*) FROM "},
    {"CREATE TABLE x AS SELECT name, n FROM s GROUP BY name;",
     "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.",
     "GROUP BY name;"},
    {"CREATE TABLE x AS SELECT name, n, COUNT(*) FROM s GROUP BY name;",
     "Non-aggregate SELECT expression(s) not part of GROUP BY: N", "name, n, COUNT"},
    {"CREATE TABLE x AS SELECT COUNT(*) FROM s GROUP BY name;",
     "Key missing from projection (ie, SELECT).", "SELECT COUNT(*"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name, name;",
     "Duplicate GROUP BY expression: S.NAME", "name;"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY ();",
     "GROUP BY requires at least one expression", "GROUP BY ();"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name, COUNT(*);",
     "GROUP BY does not support aggregate functions: COUNT is an aggregate function.", "COUNT(*);"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name HAVING n > 1;",
     "Non-aggregate HAVING expression not part of GROUP BY: (N > 1)", "HAVING n > 1;"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name HAVING COUNT(*);",
     "Type error in HAVING expression: Should evaluate to boolean but is COUNT(*) (BIGINT) "
     "instead.",
     "COUNT(*);"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name HAVING COUNT(*) > 'x';",
     "Error in HAVING expression: Cannot compare COUNT(*) (BIGINT) to 'x' (STRING) with "
     "GREATER_THAN.",
     "COUNT(*) > 'x'"},
    {"CREATE STREAM x AS SELECT id, name FROM s WINDOW TUMBLING (SIZE 1 SECOND);",
     "WINDOW clause requires a GROUP BY clause.", "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM t WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY "
     "name;",
     "WINDOW clause is not supported: Windowing not supported for table aggregations.",
     "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW HOPPING (SIZE 1 SECOND, ADVANCE BY 2 "
     "SECONDS) GROUP BY name;",
     "Window advance must be more than zero and at most the window's size", "HOPPING (SIZE "},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 0 SECOND) GROUP BY "
     "name;",
     "Invalid window: sizes must be positive and fit 64-bit milliseconds", "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECOND, RETENTION "
     "1 SECOND) GROUP BY name;",
     "The window retention period should not be smaller than window size plus grace period. Got "
     "retention 1000 ms, s",
     "1 SECOND) GROU"},
    /* durations that do not fit, and windows without number */
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 106751991168 DAYS) "
     "GROUP BY name;",
     "Invalid window: sizes must be positive and fit 64-bit milliseconds", "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 DAY, GRACE PERIOD "
     "106751991168 DAYS) GROUP BY name;",
     "Invalid window: sizes must be positive and fit 64-bit milliseconds", "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 DAY, RETENTION "
     "106751991168 DAYS) GROUP BY name;",
     "Retention out of range", "TUMBLING (SIZE"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 9223372036854775807 "
     "MILLISECONDS, RETENTION 9223372036854775806 MILLISECONDS, GRACE PERIOD 9223372036854775807 "
     "MILLISECONDS) GROUP BY name;",
     "The window retention period should not be smaller than window size plus grace period.",
     "92233720368547"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW HOPPING (SIZE 100 SECONDS, ADVANCE BY "
     "1 MILLISECOND) GROUP BY name;",
     "A row would be in 100000 windows: the window's size may be at most 100000 times its advance",
     "1 MILLISECOND)"},
    {"CREATE STREAM x AS SELECT s.id, s2.x FROM s JOIN s2 WITHIN 106751991168 DAYS ON s.id = "
     "s2.id;",
     "Duration out of range", "106751991168 D"},
    {"CREATE STREAM x AS SELECT s.id, s2.x FROM s JOIN s2 WITHIN (1 DAY, 106751991168 DAYS) ON "
     "s.id = s2.id;",
     "Duration out of range", "106751991168 D"},
    {"CREATE STREAM x AS SELECT s.id, s2.x FROM s JOIN s2 WITHIN 1 DAY GRACE PERIOD 106751991168 "
     "DAYS ON s.id = s2.id;",
     "Duration out of range", "106751991168 D"},
    {"CREATE TABLE x AS SELECT name, COUNT(WINDOWSTART) FROM s WINDOW TUMBLING (SIZE 1 SECOND) "
     "GROUP BY name;",
     "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed "
     "aggregations and can not be",
     "WINDOWSTART) F"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY "
     "name, WINDOWSTART;",
     "Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed "
     "aggregations and can not be",
     "WINDOWSTART;"},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) WHERE "
     "WINDOWSTART > 1 GROUP BY name;",
     "Error in WHERE expression: Unknown column WINDOWSTART. The bounds of a window are known "
     "after WHERE only: use ",
     "WINDOWSTART > "},
    {"CREATE TABLE x AS SELECT name, COUNT(*) FROM s GROUP BY name EMIT FINAL;",
     "EMIT FINAL is only supported for windowed aggregations.", "EMIT FINAL;"},
    {"CREATE STREAM x AS SELECT id, name FROM s EMIT FINAL;",
     "EMIT FINAL is only supported for windowed aggregations.", "EMIT FINAL;"},
    {"CREATE TABLE x AS SELECT name, MAX(n) FROM t GROUP BY name;",
     "The aggregation function(s) MAX cannot be applied to a table source, only to a stream "
     "source.",
     "GROUP BY name;"},
    {"CREATE TABLE x AS SELECT * FROM wagg;",
     "KSQL does not support persistent queries on windowed tables.", "wagg;"},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY nope;",
     "PARTITION BY column 'NOPE' cannot be resolved. 'NOPE' must be a column in the source "
     "schema since PARTITION BY",
     "nope;"},
    {"CREATE TABLE x AS SELECT * FROM t PARTITION BY name;",
     "Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the "
     "TABLE's key column ",
     "PARTITION BY n"},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY name, name;",
     "Duplicate PARTITION BY expression: S.NAME", "name;"},
    {"CREATE STREAM x AS SELECT * FROM s PARTITION BY name, NULL;",
     "Cannot PARTITION BY multiple columns including NULL", "NULL;"},
    {"CREATE STREAM x AS SELECT id FROM s PARTITION BY name;",
     "Key missing from projection (ie, SELECT).", "SELECT id FROM"},
    {"CREATE STREAM x AS SELECT * FROM win PARTITION BY v;",
     "Implicit repartitioning of windowed sources is not supported.", "PARTITION BY v"},
    {"CREATE STREAM x AS SELECT a, EXPLODE(b) FROM nokey;",
     "Function 'explode' does not accept parameters (INTEGER).", "EXPLODE(b) FRO"},
    {"CREATE STREAM x AS SELECT id, EXPLODE(EXPLODE(tags)) FROM s;",
     "Table functions cannot be nested: EXPLODE(EXPLODE())", "EXPLODE(tags))"},
    {"CREATE TABLE x AS SELECT name, EXPLODE(tags), COUNT(*) FROM s GROUP BY name;",
     "Table functions cannot be used with aggregations.", "EXPLODE(tags),"},
    {"CREATE TABLE x AS SELECT id, EXPLODE(ARRAY[n]) FROM t;",
     "Table source is not supported with table functions", "EXPLODE(ARRAY["},
    {"CREATE STREAM x AS SELECT id, name FROM s WHERE EXPLODE(tags) = 'x';",
     "Error in WHERE expression: Table functions are not allowed here: EXPLODE(TAGS)",
     "EXPLODE(tags) "},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 ON s.id = s2.id;",
     "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about "
     "how to specify a WI",
     "JOIN s2 ON s.i"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t WITHIN 1 HOUR ON s.id = t.id;",
     "A window definition was provided for a Stream-Table join. These joins are not windowed. "
     "Please drop the window",
     "JOIN t WITHIN "},
    {"CREATE STREAM x AS SELECT * FROM s FULL JOIN t ON s.id = t.id;",
     "Invalid join type: full-outer join not supported for stream-table join.", "FULL JOIN t ON"},
    {"CREATE STREAM x AS SELECT * FROM s RIGHT JOIN t ON s.id = t.id;",
     "Invalid join type: right-outer join not supported for stream-table join.", "RIGHT JOIN t O"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id = t.ref;",
     "Invalid join condition: stream-table joins require to join on the table's primary key.",
     "s.id = t.ref;"},
    {"CREATE STREAM x AS SELECT * FROM t JOIN s ON s.id = t.id;",
     "Invalid join order: table-stream joins are not supported; only stream-table joins.",
     "JOIN s ON s.id"},
    {"CREATE TABLE x AS SELECT * FROM t JOIN t2 ON t.ref = t2.y;",
     "Invalid join condition: types don't match.", "t.ref = t2.y;"},
    {"CREATE TABLE x AS SELECT * FROM t RIGHT JOIN t2 ON t.ref = t2.id;",
     "Invalid join type: RIGHT OUTER JOIN on a foreign key is not supported", "RIGHT JOIN t2 "},
    {"CREATE TABLE x AS SELECT * FROM t FULL JOIN t2 ON t.ref = t2.id;",
     "Invalid join type: FULL OUTER JOIN on a foreign key is not supported", "FULL JOIN t2 O"},
    {"CREATE TABLE x AS SELECT t.name, t2.y FROM t JOIN t2 ON t.ref = t2.id;",
     "Primary key column missing in projection. For foreign-key table-table joins, the "
     "projection must include all p",
     "SELECT t.name,"},
    {"CREATE TABLE x AS SELECT * FROM t JOIN t2 ON t.id = t2.id JOIN st ON t.ref = st.id;",
     "Invalid join condition: foreign-key table-table joins are not supported as part of n-way "
     "joins.",
     "t.ref = st.id;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id = t.id AND s.n = t.n;",
     "Invalid join condition: joins on multiple conditions are not yet supported.",
     "s.id = t.id AN"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id > t.id;",
     "Only equality join criteria is supported.", "s.id > t.id;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id = 1;",
     "Invalid comparison expression '1' in join '(S.ID = 1)'. Each side of the join comparision "
     "must contain referen",
     "1;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id + t.id = 1;",
     "Invalid comparison expression '(S.ID + T.ID)' in join '((S.ID + T.ID) = 1)'. Each side of "
     "the join comparision",
     "s.id + t.id = "},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.name = t.id;",
     "Invalid join condition: types don't match.", "s.name = t.id;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s WITHIN 1 HOUR ON s.id = s.id;",
     "Can not join 'S' to 'S': self joins are not yet supported.", "s WITHIN 1 HOU"},
    {"CREATE STREAM x AS SELECT * FROM s a JOIN s b WITHIN 1 HOUR ON a.id = b.id;",
     "Can not join 'S' to 'S': self joins are not yet supported.", "s b WITHIN 1 H"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id JOIN s ON s.id = "
     "s2.id;",
     "N-way joins do not support multiple occurrences of the same source. Source: 'S'.",
     "s ON s.id = s2"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN s3 WITHIN 1 HOUR ON s.id = s3.id;",
     "Can't join `S` with `S3` since the number of partitions don't match. `S` partitions = 2; "
     "`S3` partitions = 3. ",
     "JOIN s3 WITHIN"},
    {"CREATE STREAM x AS SELECT * FROM two JOIN tt ON two.k1 = tt.k1;",
     "Invalid join condition: stream-table joins require to join on the table's primary key.",
     "two.k1 = tt.k1"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN kaf WITHIN 1 HOUR ON s.id = kaf.id;",
     "Source(s) KAF are using the 'KAFKA' value format. This format does not yet support JOIN.",
     "s JOIN kaf WIT"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN win WITHIN 1 HOUR ON s.id = win.id;",
     "Can not join windowed source to non-windowed source.", "JOIN win WITHI"},
    {"CREATE STREAM x AS SELECT name FROM s JOIN t ON s.id = t.id;",
     "Column 'NAME' is ambiguous. Could be S.NAME or T.NAME.", "name FROM s JO"},
    {"CREATE STREAM x AS SELECT s.name, t.n FROM s JOIN t ON s.id = t.id;",
     "Key missing from projection (ie, SELECT).", "SELECT s.name,"},
    {"CREATE STREAM x AS SELECT s.id, s2.x FROM s FULL JOIN s2 WITHIN 1 HOUR ON s.id = s2.id;",
     "Key missing from projection (ie, SELECT).", "SELECT s.id, s"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.zz = t.id;",
     "JOIN ON column 'S.ZZ' cannot be resolved.", "s.zz = t.id;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t2 ON s.id = t2.id JOIN s2 WITHIN 1 HOUR ON a.id = "
     "b.id;",
     "'A' is not a valid stream/table name or alias.", "a.id = b.id;"},
    {"CREATE STREAM x AS SELECT * FROM s JOIN t ON s.id = t.id JOIN t2 ON s.id = s.id;",
     "Each side of the join must reference exactly one source and not the same source. Left side "
     "references `S` and ",
     "s.id = s.id;"},
    {"CREATE TABLE x AS SELECT v, COUNT(*) FROM kaf GROUP BY v;",
     "Source(s) KAF are using the 'KAFKA' value format. This format does not yet support GROUP "
     "BY.",
     "GROUP BY v;"},
    {"CREATE STREAM x WITH (VALUE_FORMAT='DELIMITED') AS SELECT id, tags FROM s;",
     "Value format does not support schema.", "x WITH (VALUE_"},
    {"CREATE STREAM x WITH (KEY_FORMAT='KAFKA') AS SELECT * FROM two;",
     "Key format does not support schema.", "x WITH (KEY_FO"},
    {"CREATE STREAM x WITH (TIMESTAMP='zz') AS SELECT * FROM s;",
     "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'ZZ'",
     "'zz') AS SELEC"},
    {"CREATE STREAM x WITH (PARTITIONS=3, KAFKA_TOPIC='existing') AS SELECT * FROM s;",
     "A Kafka topic with the name 'existing' already exists, with different partition/replica "
     "configuration than req",
     "3, KAFKA_TOPIC"},
    {"INSERT INTO t SELECT id, name, n, ref FROM t;",
     "INSERT INTO can only be used to insert into a stream. T is a table.", "t SELECT id, n"},
    {"INSERT INTO nope SELECT * FROM s;", "Source `NOPE` does not exist.", "nope SELECT * "},
    {"INSERT INTO s2 SELECT id, name FROM s;", "Incompatible schema between results and sink.",
     "s2 SELECT id, "},
    {"INSERT INTO s2 SELECT id, name, n FROM s;", "Incompatible schema between results and sink.",
     "s2 SELECT id, "},
    {"INSERT INTO hdr SELECT id, n AS v FROM s;",
     "Cannot insert into HDR because it has header columns", "hdr SELECT id,"},
    {"INSERT INTO ss SELECT id, n AS v FROM s;", "Cannot insert into read-only stream: SS",
     "ss SELECT id, "},
    {"INSERT INTO s2 SELECT name, COUNT(*) FROM s GROUP BY name EMIT CHANGES;",
     "Incompatible data sink and query result. Data sink (S2) type is STREAM but select query "
     "result is TABLE.",
     "INSERT INTO s2"},
    {"INSERT INTO s2 VALUES (1, 'a');",
     "Expected a value for each column. Expected Columns: [`ID`, `NAME`, `X`]. Got [1, 'a']",
     "INSERT INTO s2"},
    {"INSERT INTO s2 VALUES ('a', 'a', 1);",
     "Failed to insert values: Expected type BIGINT for field `ID` but got STRING(a)",
     "'a', 'a', 1);"},
    {"INSERT INTO s2 (id, nope) VALUES (1, 1);", "Column name `NOPE` does not exist.",
     "nope) VALUES ("},
    {"INSERT INTO s2 (ROWOFFSET) VALUES (1);", "Inserting into column `ROWOFFSET` is not allowed.",
     "ROWOFFSET) VAL"},
    {"INSERT INTO t (name) VALUES ('x');",
     "Failed to insert values into 'T'. Value for primary key column(s) ID is required for tables",
     "INSERT INTO t "},
    {"INSERT INTO win VALUES (1, 1);", "Cannot insert values into windowed stream/table!",
     "win VALUES (1,"},
    {"INSERT INTO ss VALUES (1, 1);", "Cannot insert values into read-only stream: SS",
     "ss VALUES (1, "},
    {"INSERT INTO hdr (id, h) VALUES (1, ARRAY[]);", "Cannot insert into HEADER columns: H",
     "h) VALUES (1, "},
    {"INSERT INTO s2 VALUES (1, name, 1);",
     "Column 'NAME' cannot be resolved: VALUES takes expressions without columns.", "name, 1);"},
    {"INSERT INTO s2 (id, x) VALUES (1, 99999999999);",
     "Failed to insert values: Expected type INTEGER for field `X` but got BIGINT(99999999999)",
     "99999999999);"},
    {"SELECT nope FROM s EMIT CHANGES;", "SELECT column 'NOPE' cannot be resolved.",
     "nope FROM s EM"},
    {"SELECT id FROM s JOIN s2 WITHIN 1 HOUR ON s.id = s2.id EMIT CHANGES;",
     "Column 'ID' is ambiguous. Could be S.ID or S2.ID.", "id FROM s JOIN"},
    {"SELECT * FROM s LIMIT -1;",
     "Pull queries don't support negative integers in the LIMIT clause. See the documentation of "
     "SELECT (pull query)",
     "LIMIT -1;"},
    {"SELECT * FROM t;",
     "The `T` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
     "QUERYABLE_T AS SELECT * F",
     "t;"},
    {"SELECT * FROM agg GROUP BY name;",
     "Pull queries don't support GROUP BY clauses. See the documentation of SELECT (pull query) "
     "for more info.",
     "GROUP BY name;"},
    {"SELECT * FROM agg JOIN t ON agg.c = t.id;",
     "Pull queries don't support JOIN clauses. See the documentation of SELECT (pull query) for "
     "more info.",
     "JOIN t ON agg."},
    {"SELECT * FROM agg WINDOW TUMBLING (SIZE 1 SECOND);",
     "Pull queries don't support WINDOW clauses. See the documentation of SELECT (pull query) "
     "for more info.",
     "TUMBLING (SIZE"},
    {"SELECT * FROM agg PARTITION BY c;",
     "Pull queries don't support PARTITION BY clauses. See the documentation of SELECT (pull "
     "query) for more info.",
     "PARTITION BY c"},
    {"SELECT * FROM agg HAVING c > 1;",
     "Pull queries don't support HAVING clauses. See the documentation of SELECT (pull query) "
     "for more info.",
     "HAVING c > 1;"},
    {"SELECT ROWOFFSET FROM agg;",
     "Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`",
     "ROWOFFSET FROM"},
    {"SELECT c AS x, c AS x FROM agg;", "Duplicate value columns found in schema: `X` BIGINT",
     "c AS x FROM agg;"},
    {"SELECT *, c FROM agg;",
     "Pull queries only support wildcards in the projects if they are the only expression",
     "SELECT *"},
    {"SELECT * FROM agg WHERE name = 1;",
     "Error in WHERE expression: Cannot compare NAME (STRING) to 1 (INTEGER) with EQUAL.",
     "name = 1;"},
    {"SELECT * FROM agg WHERE name = NULL;",
     "Error in WHERE expression: Comparison with NULL not supported: STRING = NULL",
     "name = NULL;"},
    {"SELECT * FROM agg WHERE WINDOWSTART = 1;", "WHERE column 'WINDOWSTART' cannot be resolved.",
     "WINDOWSTART = "},
    {"SELECT * FROM agg WHERE c;",
     "Type error in WHERE expression: Should evaluate to boolean but is C (BIGINT) instead.", "c;"},
    {"SELECT COUNT(*) FROM agg;",
     "Pull queries don't support GROUP BY clauses. See the documentation of SELECT (pull query) "
     "for more info.",
     "SELECT COUNT(*"},
    {"SELECT * FROM nope;", "NOPE does not exist.", "nope;"},
    {"SELECT name, TRANSFORM(tags, x => y) FROM s EMIT CHANGES;",
     "SELECT column 'Y' cannot be resolved.", "y) FROM s EMIT"},
    {"SELECT name, TRANSFORM(tags, (x, y) => x) FROM s EMIT CHANGES;",
     "Was expecting 1 arguments but found 2, for the lambda in function 'TRANSFORM'. Check your "
     "lambda statement.",
     "TRANSFORM(tags"},
    {"SELECT st->zz FROM s EMIT CHANGES;", "Could not find field 'ZZ' in 'ST'.", "zz FROM s EMIT"},
    {"SELECT CAST(tags AS INT) FROM s EMIT CHANGES;",
     "Invalid Select: Cast of ARRAY<STRING> to INTEGER is not supported", "CAST(tags AS I"},
    {"SELECT CASE WHEN n = 1 THEN 'a' ELSE 2 END FROM s EMIT CHANGES;",
     "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
     "clauses.",
     "2 END FROM s E"},
    {"SELECT n + name FROM s EMIT CHANGES;",
     "Error processing expression: (N + NAME). Unsupported arithmetic types. INTEGER STRING",
     "n + name FROM "},
    {"SELECT name FROM s WHERE n IN ('a') EMIT CHANGES;",
     "Invalid Predicate: invalid input syntax for type INTEGER: \"a\".", "'a') EMIT CHAN"},
    {"SELECT name FROM s AS a WHERE s.n = 1 EMIT CHANGES;",
     "'S' is not a valid stream/table name or alias.", "s.n = 1 EMIT C"},
};

static void test_sources(void **state)
{
    (void)state;
    reject_all(source_cases, sizeof source_cases / sizeof source_cases[0]);
}

static void test_queries(void **state)
{
    (void)state;
    reject_all(query_cases, sizeof query_cases / sizeof query_cases[0]);
}

/* With scans off only look-ups by the whole key are left (dialect.md section 16). */
static void test_pull_without_scans(void **state)
{
    static const reject_case cases[] = {
        {"SELECT * FROM agg;", "Missing WHERE clause.", "SELECT"},
        {"SELECT * FROM agg WHERE c = 1;", "WHERE clause missing key column for disjunct: (C = 1)",
         "SELECT"},
        {"SELECT * FROM agg WHERE name = 'a' OR c = 1;",
         "WHERE clause missing key column for disjunct: (C = 1)", "SELECT"},
        {"SELECT * FROM wagg WHERE id > 1;", "Bound on key columns '[`ID` BIGINT KEY]' must",
         "SELECT"},
        {"SELECT * FROM agg2 WHERE name = 'a';", "Multi-column sources must specify every key",
         "SELECT"},
        {"SELECT * FROM agg WHERE name IN ('a', CAST(c AS STRING));",
         "A comparison must be between a key column and a resolvable expression.", "CAST(c"},
        {"SELECT * FROM agg WHERE UCASE(name) = name;",
         "A comparison must be between a key column and a resolvable expression.", "UCASE(name)"},
        {"SELECT * FROM agg WHERE name = 'a' AND name = 'b';",
         "A comparison condition on the key column cannot be combined with other comparisons",
         "SELECT"},
        {"SELECT * FROM agg WHERE name = 'a' AND c IS NOT NULL;",
         "Unsupported expression in WHERE clause: (C IS NOT NULL).", "c IS NOT NULL"},
        {"SELECT * FROM agg WHERE name LIKE 'a%';",
         "Unsupported expression in WHERE clause: (NAME LIKE 'a%').", "name LIKE"},
        {"SELECT * FROM agg WHERE NOT (name = 'a');",
         "Unsupported expression in WHERE clause: (NOT (NAME = 'a')).", "NOT (name"},
        {"SELECT * FROM agg WHERE name = 'a' AND ABS(c) = 1;",
         "A comparison must directly reference a key column: (ABS(C) = 1).", "ABS(c)"},
        {"SELECT * FROM agg WHERE 1 = 1;",
         "A comparison must directly reference a key column: (1 = 1).", "1 = 1"},
        {"SELECT * FROM agg WHERE name < 'a' OR name > 'b';",
         "Bound on key columns '[`NAME` STRING KEY]' must", "SELECT"},
        {"SELECT * FROM wname WHERE name > 'a';", "Bound on key columns '[`NAME` STRING KEY]' must",
         "SELECT"},
    };
    (void)state;
    world w;
    world_init(&w);
    world_fill(&w);
    weir_error err;
    assert_int_equal(world_do(&w,
                              "CREATE TABLE wname AS SELECT name, COUNT(*) AS c FROM s WINDOW "
                              "TUMBLING (SIZE 1 MINUTE) GROUP BY name;",
                              &err),
                     WEIR_OK);
    wr_settings_put(&w.settings, "ksql.query.pull.table.scan.enabled", "false");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        reject_check(&w, &cases[i]);
    static const char *const taken[] = {
        "SELECT * FROM agg WHERE name = 'a';",
        "SELECT * FROM agg WHERE name IN ('a', 'b') AND c > 1;",
        "SELECT * FROM agg WHERE name > 'a' AND c > 1;", /* a range of a key that has an order */
        "SELECT * FROM wagg WHERE id = 12 - 1 AND WINDOWSTART > 5 AND WINDOWEND < 10 + 1;",
        "SELECT * FROM agg2 WHERE name = 'a' AND n = 1;",
        "SELECT * FROM s WHERE name LIKE 'a%';", /* streams are read as a whole in any case */
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        world_result r;
        if (world_plan(&w, taken[i], &r, &err) != WEIR_OK)
            fail_msg("%s: %s", taken[i], err.message);
        world_result_free(&r);
    }
    world_fini(&w);
}

/* Parts of pull queries, or all of them, can be switched off. */
static void test_pull_switches(void **state)
{
    static const struct {
        const char *setting;
        reject_case c;
    } cases[] = {
        {"ksql.query.pull.limit.clause.enabled",
         {"SELECT * FROM agg LIMIT 3;", "LIMIT clause in pull queries is currently disabled. You",
          "LIMIT 3;"}},
        {"ksql.query.pull.limit.clause.enabled",
         {"SELECT * FROM s LIMIT 0;", "LIMIT clause in pull queries is currently disabled. You",
          "LIMIT 0;"}},
        {"ksql.query.pull.stream.enabled",
         {"SELECT * FROM s;", "Pull queries on streams are disabled.", "SELECT"}},
        {"ksql.pull.queries.enable",
         {"SELECT * FROM agg WHERE name = 'a';", "Pull queries are disabled.", "SELECT"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world w;
        world_result r;
        weir_error err;
        world_init(&w);
        world_fill(&w);
        if (world_plan(&w, cases[i].c.sql, &r, &err) != WEIR_OK)
            fail_msg("%s", err.message);
        world_result_free(&r);
        wr_settings_put(&w.settings, cases[i].setting, "false");
        reject_check(&w, &cases[i].c);
        world_fini(&w);
    }
}

/* A statement that says IF NOT EXISTS or IF EXISTS is no error. */
static void test_nothing_to_do(void **state)
{
    (void)state;
    world w;
    weir_error err;
    world_init(&w);
    world_fill(&w);
    assert_int_equal(world_do(&w,
                              "CREATE STREAM IF NOT EXISTS s (a INT) WITH (KAFKA_TOPIC='x', "
                              "PARTITIONS=1, VALUE_FORMAT='JSON');",
                              &err),
                     WEIR_OK);
    assert_int_equal(world_do(&w, "DROP STREAM IF EXISTS nope;", &err), WEIR_OK);
    assert_int_equal(wr_catalog_find(&w.catalog, "S")->schema->n, 7);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_pull_without_scans),
        cmocka_unit_test(test_pull_switches),
        cmocka_unit_test(test_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
