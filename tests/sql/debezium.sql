-- SPDX-License-Identifier: Apache-2.0
-- Change events of Debezium as tables.

--@test: a table follows inserts, updates, deletes and changed keys
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, name STRING, amount DECIMAL(10, 2)) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT id, name, amount FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"before":null,"after":{"id":1,"name":"a","amount":"BNI="},"op":"r"}');
INSERT INTO raw (k, r) VALUES ('1', '{"before":null,"after":{"id":1,"name":"b","amount":null},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"op":"m"}');
INSERT INTO raw (k, r) VALUES ('1', '{"before":{"id":1},"after":null,"op":"d"}');
INSERT INTO raw (k, r) VALUES ('2', '{"before":null,"after":{"id":2,"name":"b","amount":"-0.5"},"op":"c"}');
ASSERT VALUES o (id, name, amount) VALUES ('1', 'a', 12.34);
ASSERT VALUES o (id, name, amount) VALUES ('1', 'b', NULL);
ASSERT NULL VALUES o (id) KEY ('1');
ASSERT VALUES o (id, name, amount) VALUES ('2', 'b', -0.50);

--@test: the time of a row is when the database changed it
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (id STRING KEY, name STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE STREAM o WITH (value_format='JSON') AS SELECT id, name, ROWTIME AS changed FROM s;
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"name":"a"},"source":{"ts_ms":1700000000123},"op":"c","ts_ms":1700000000999}');
ASSERT VALUES o (id, name, changed) VALUES ('1', 'a', 1700000000123);

--@test: DEBEZIUM_JSON cannot be written
--@expected.error: KsqlException
--@expected.message: can be read only
CREATE STREAM s (id STRING KEY, name STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON', partitions=1);
CREATE STREAM o AS SELECT * FROM s;

--@test: keys in Debezium's form, and a table of them that a stream is joined with
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE changes (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE customers WITH (format='JSON') AS SELECT id, name FROM changes;
CREATE STREAM visits (id INT KEY, page STRING) WITH (kafka_topic='v', format='JSON', partitions=1);
CREATE STREAM named AS SELECT v.id AS id, page, name FROM visits v LEFT JOIN customers c ON v.id = c.id;
INSERT INTO raw (k, r) VALUES ('{"id":7}', '{"before":null,"after":{"id":7,"name":"Ada"},"op":"r"}');
INSERT INTO visits (id, page) VALUES (7, 'a');
INSERT INTO raw (k, r) VALUES ('{"schema":{},"payload":{"id":7}}', '{"schema":{},"payload":{"before":null,"after":null,"op":"d"}}');
INSERT INTO visits (id, page) VALUES (7, 'b');
ASSERT VALUES named (id, page, name) VALUES (7, 'a', 'Ada');
ASSERT VALUES named (id, page, name) VALUES (7, 'b', NULL);

--@test: a value that has not changed is kept from the row before
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, title STRING, body STRING, pic BYTES, tags ARRAY<STRING>, nums ARRAY<INT>) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"a","body":"long","pic":"AQI=","tags":["x"],"nums":[1,2]},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"b","body":"__debezium_unavailable_value","pic":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","tags":["__debezium_unavailable_value"],"nums":[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"c","body":null,"pic":"__debezium_unavailable_value","tags":["__debezium_unavailable_value"],"nums":null},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"d","body":"__debezium_unavailable_value","pic":null,"tags":null,"nums":null},"op":"u"}');
ASSERT VALUES o (id, title, body, pic, tags, nums) VALUES ('1', 'a', 'long', TO_BYTES('AQI=', 'base64'), ARRAY['x'], ARRAY[1, 2]);
ASSERT VALUES o (id, title, body, pic, tags, nums) VALUES ('1', 'b', 'long', TO_BYTES('AQI=', 'base64'), ARRAY['x'], ARRAY[1, 2]);
ASSERT VALUES o (id, title, body, pic, tags, nums) VALUES ('1', 'c', NULL, TO_BYTES('AQI=', 'base64'), ARRAY['x'], NULL);
ASSERT VALUES o (id, title, body, pic, tags, nums) VALUES ('1', 'd', NULL, NULL, NULL, NULL);

--@test: a value that has not changed of a row that nobody has seen is NULL, also after a deletion
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, title STRING, body STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"b","body":"__debezium_unavailable_value"},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"c","body":"long"},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":null,"op":"d"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"d","body":"__debezium_unavailable_value"},"op":"u"}');
ASSERT VALUES o (id, title, body) VALUES ('1', 'b', NULL);
ASSERT VALUES o (id, title, body) VALUES ('1', 'c', 'long');
ASSERT NULL VALUES o (id) KEY ('1');
ASSERT VALUES o (id, title, body) VALUES ('1', 'd', NULL);

--@test: a stream of changes has NULL where a value has not changed, and leaves deletions out
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE STREAM s (id STRING KEY, title STRING, body STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM s WHERE title <> 'x';
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"a","body":"long"},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"b","body":"__debezium_unavailable_value"},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"x","body":"__debezium_unavailable_value"},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"op":"t"}');
INSERT INTO raw (k, r) VALUES ('1', '{"op":"d"}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"title":"c","body":"new"},"op":"u"}');
ASSERT VALUES o (id, title, body) VALUES ('1', 'a', 'long');
ASSERT VALUES o (id, title, body) VALUES ('1', 'b', NULL);
ASSERT VALUES o (id, title, body) VALUES ('1', 'c', 'new');

--@test: an emptied table loses its rows
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, name STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT id, name FROM t;
CREATE TABLE n WITH (value_format='JSON') AS SELECT name, COUNT(*) AS c FROM t GROUP BY name;
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"name":"a"},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('2', '{"after":{"name":"a"},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('2', '{"after":null,"op":"d"}');
INSERT INTO raw (k, r) VALUES ('3', '{"after":{"name":"a"},"op":"c"}');
INSERT INTO raw (k, r) VALUES (NULL, '{"before":null,"after":null,"op":"t"}');
INSERT INTO raw (k, r) VALUES ('3', '{"after":{"name":"a"},"op":"c"}');
INSERT INTO raw (k, r) VALUES (NULL, '{"before":null,"after":null,"op":"t"}');
INSERT INTO raw (k, r) VALUES (NULL, '{"before":null,"after":null,"op":"t"}');
ASSERT VALUES o (id, name) VALUES ('1', 'a');
ASSERT VALUES o (id, name) VALUES ('2', 'a');
ASSERT NULL VALUES o (id) KEY ('2');
ASSERT VALUES o (id, name) VALUES ('3', 'a');
ASSERT NULL VALUES o (id) KEY ('1');
ASSERT NULL VALUES o (id) KEY ('3');
ASSERT VALUES o (id, name) VALUES ('3', 'a');
ASSERT NULL VALUES o (id) KEY ('3');
ASSERT VALUES n (name, c) VALUES ('a', 1);
ASSERT VALUES n (name, c) VALUES ('a', 2);
ASSERT VALUES n (name, c) VALUES ('a', 1);
ASSERT VALUES n (name, c) VALUES ('a', 2);
ASSERT VALUES n (name, c) VALUES ('a', 1);
ASSERT VALUES n (name, c) VALUES ('a', 0);
ASSERT VALUES n (name, c) VALUES ('a', 1);
ASSERT VALUES n (name, c) VALUES ('a', 0);

--@test: records of transactions, heartbeats and changes of a schema have other keys and are left out
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE o WITH (format='JSON') AS SELECT id, name FROM t;
INSERT INTO raw (k, r) VALUES ('{"id":"571:1"}', '{"status":"BEGIN","id":"571:1","ts_ms":1}');
INSERT INTO raw (k, r) VALUES ('{"serverName":"shop"}', '{"ts_ms":1}');
INSERT INTO raw (k, r) VALUES ('{"databaseName":"shop"}', '{"source":{},"databaseName":"shop","ddl":"alter","tableChanges":[]}');
INSERT INTO raw (k, r) VALUES ('{"prefix":"p"}', '{"op":"m","source":{},"message":{"prefix":"p","content":""}}');
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"after":{"id":1,"name":"a"},"op":"c"}');
ASSERT VALUES o (id, name) VALUES (1, 'a');

--@test: the schema in a record says the unit of times, the scale of decimals and what is text
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP, d TIME, e DECIMAL(10, 3), f DECIMAL(10, 2), g ARRAY<TIMESTAMP>) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"schema":{"type":"struct","fields":[{"field":"before","type":"struct","fields":[]},{"field":"after","type":"struct","fields":[{"field":"a","type":"int64","name":"io.debezium.time.MicroTimestamp"},{"field":"b","type":"int64","name":"io.debezium.time.Timestamp"},{"field":"c","type":"int64","name":"io.debezium.time.NanoTimestamp"},{"field":"d","type":"int64","name":"io.debezium.time.MicroTime"},{"field":"e","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}},{"field":"f","type":"string"},{"field":"g","type":"array","items":{"type":"int64","name":"io.debezium.time.MicroTimestamp"}}]}]},"payload":{"after":{"a":1000,"b":253402300799999,"c":-1,"d":1000,"e":"BNI=","f":"1234","g":[2000,null]},"op":"c"}}');
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"a":1000,"b":1000,"c":1000,"d":1000,"e":"BNI=","f":"1234","g":[2000]},"op":"u"}');
ASSERT VALUES o (id, a, b, c, d, e, f, g) VALUES ('1', '1970-01-01T00:00:00.001', '9999-12-31T23:59:59.999', '1969-12-31T23:59:59.999', '00:00:00.001', 12.340, 1234.00, ARRAY[PARSE_TIMESTAMP('1970-01-01T00:00:00.002', 'yyyy-MM-dd''T''HH:mm:ss.SSS'), NULL]);
ASSERT VALUES o (id, a, b, c, d, e, f, g) VALUES ('1', '1970-01-01T00:00:01', '1970-01-01T00:00:01', '1970-01-01T00:00:01', '00:00:01', 1.234, -26588.24, ARRAY[PARSE_TIMESTAMP('1970-01-01T00:00:02', 'yyyy-MM-dd''T''HH:mm:ss')]);

--@test: WITH says the unit of times where events do not
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, a TIMESTAMP, b ARRAY<TIMESTAMP>, c STRUCT<d TIME>) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON', debezium_time_unit='microseconds');
CREATE TABLE o WITH (value_format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"after":{"a":-1,"b":[1500000],"c":{"d":2000}},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('1', '{"schema":{"fields":[{"field":"after","fields":[{"field":"a","type":"int64","name":"io.debezium.time.Timestamp"}]}]},"payload":{"after":{"a":-1,"b":[1500000]},"op":"c"}}');
ASSERT VALUES o (id, a, b, c) VALUES ('1', '1969-12-31T23:59:59.999', ARRAY[PARSE_TIMESTAMP('1970-01-01 00:00:01.500', 'yyyy-MM-dd HH:mm:ss.SSS')], STRUCT(d := PARSE_TIME('00:00:00.002', 'HH:mm:ss.SSS')));
ASSERT VALUES o (id, a, b, c) VALUES ('1', '1969-12-31T23:59:59.999', ARRAY[PARSE_TIMESTAMP('1970-01-01 00:00:01.500', 'yyyy-MM-dd HH:mm:ss.SSS')], NULL);

--@test: only events of JSON need it
--@expected.error: KsqlException
--@expected.message: can only be set for the DEBEZIUM_JSON format
CREATE TABLE t (id STRING PRIMARY KEY, a TIMESTAMP) WITH (kafka_topic='t', key_format='KAFKA', value_format='JSON', partitions=1, debezium_time_unit='microseconds');

--@test: units of times are three
--@expected.error: KsqlException
--@expected.message: must be MILLISECONDS, MICROSECONDS or NANOSECONDS
CREATE TABLE t (id STRING PRIMARY KEY, a TIMESTAMP) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON', partitions=1, debezium_time_unit='seconds');

--@test: events of Avro, a table of them that a stream is joined with, and a deletion
CREATE STREAM raw (k STRUCT<`id` INT> KEY, `before` STRUCT<`id` INT, `name` STRING, `body` STRING>, `after` STRUCT<`id` INT, `name` STRING, `body` STRING>, `op` STRING, `source` STRUCT<`ts_ms` BIGINT>) WITH (kafka_topic='t', format='AVRO', partitions=1);
CREATE TABLE changes (id INT PRIMARY KEY, name STRING, body STRING) WITH (kafka_topic='t', format='DEBEZIUM_AVRO');
CREATE TABLE customers WITH (format='JSON') AS SELECT id, name, body, ROWTIME AS changed FROM changes;
CREATE STREAM visits (id INT KEY, page STRING) WITH (kafka_topic='v', format='JSON', partitions=1);
CREATE STREAM named AS SELECT v.id AS id, page, name, body FROM visits v LEFT JOIN customers c ON v.id = c.id;
INSERT INTO raw (k, `after`, `op`, `source`) VALUES (STRUCT(`id` := 7), STRUCT(`id` := 7, `name` := 'Ada', `body` := 'long'), 'r', STRUCT(`ts_ms` := 1000));
INSERT INTO raw (k, `after`, `op`, `source`) VALUES (STRUCT(`id` := 7), STRUCT(`id` := 7, `name` := 'Ada L.', `body` := '__debezium_unavailable_value'), 'u', STRUCT(`ts_ms` := 2000));
INSERT INTO visits (ROWTIME, id, page) VALUES (5000, 7, 'a');
INSERT INTO raw (k, `before`, `op`, `source`) VALUES (STRUCT(`id` := 7), STRUCT(`id` := 7), 'd', STRUCT(`ts_ms` := 6000));
INSERT INTO visits (ROWTIME, id, page) VALUES (7000, 7, 'b');
INSERT INTO raw (k, `after`, `op`, `source`) VALUES (STRUCT(`id` := 8), STRUCT(`id` := 8, `name` := 'Bo'), 'c', STRUCT(`ts_ms` := 8000));
INSERT INTO raw (k, `op`, `source`) VALUES (STRUCT(`id` := 0), 't', STRUCT(`ts_ms` := 9000));
ASSERT VALUES customers (id, name, body, changed) VALUES (7, 'Ada', 'long', 1000);
ASSERT VALUES customers (id, name, body, changed) VALUES (7, 'Ada L.', 'long', 2000);
ASSERT NULL VALUES customers (id) KEY (7);
ASSERT VALUES customers (id, name, body, changed) VALUES (8, 'Bo', NULL, 8000);
ASSERT NULL VALUES customers (id) KEY (8);
ASSERT VALUES named (id, page, name, body) VALUES (7, 'a', 'Ada L.', 'long');
ASSERT VALUES named (id, page, name, body) VALUES (7, 'b', NULL, NULL);

--@test: keys and columns of events of Avro come from the registry
CREATE STREAM raw (k STRUCT<`id` INT> KEY, `after` STRUCT<`Name` STRING, `since` TIMESTAMP>, `op` STRING) WITH (kafka_topic='t', format='AVRO', partitions=1);
CREATE TABLE t WITH (kafka_topic='t', format='DEBEZIUM_AVRO');
CREATE TABLE o WITH (format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, `after`, `op`) VALUES (STRUCT(`id` := 7), STRUCT(`Name` := 'Ada', `since` := '2026-01-01T00:00:00'), 'r');
ASSERT VALUES o (id, name, since) VALUES (7, 'Ada', '2026-01-01T00:00:00');

--@test: DEBEZIUM_AVRO cannot be written
--@expected.error: KsqlException
--@expected.message: The 'DEBEZIUM_AVRO' format can be read only
CREATE STREAM s (id STRING KEY, name STRING) WITH (kafka_topic='t', key_format='KAFKA', value_format='AVRO', partitions=1);
CREATE STREAM o WITH (value_format='DEBEZIUM_AVRO') AS SELECT * FROM s;

--@test: keys of events that are written again for a grouping are not events
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE n WITH (format='JSON') AS SELECT name, COUNT(*) AS c FROM t GROUP BY name;
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"after":{"id":1,"name":"a"},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"after":{"id":1,"name":"b"},"op":"u"}');
ASSERT VALUES n (name, c) VALUES ('a', 1);
ASSERT VALUES n (name, c) VALUES ('a', 0);
ASSERT VALUES n (name, c) VALUES ('b', 1);

--@test: types of MySQL, as its connector has written them
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY, b1 BOOLEAN, b8 BYTES, y INT, e STRING, s STRING, ub BIGINT, ui BIGINT, ti1 BOOLEAN, ti INT, d DATE, dt TIMESTAMP, dt3 TIMESTAMP, dt6 TIMESTAMP, ts TIMESTAMP, ts6 TIMESTAMP, tm TIME, tm6 BIGINT, de DECIMAL(10, 2), de0 DECIMAL(20, 0), f DOUBLE, js STRING, bl BYTES, bi BYTES, pt STRUCT<x DOUBLE, y DOUBLE>) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE o WITH (format='JSON') AS SELECT *, ROWTIME AS changed FROM t;
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"before":null,"after":{"id":1,"b1":true,"b8":"pQ==","y":2026,"e":"b","s":"x,y","ub":-1,"ui":4294967295,"ti1":1,"ti":-128,"bo":1,"mi":-8388608,"d":20512,"dt":1772323199000,"dt3":1772323199123,"dt6":1772323199123456,"ts":"2026-02-28T23:59:59Z","ts6":"2026-02-28T23:59:59.123456Z","tm":86399000000,"tm6":-36000000001,"de":"BNI=","de0":"AKtUqYzrHwrS","f":1.1,"db":0.1,"js":"{\"a\": [1, null]}","bl":"AP8Q","vb":"YWJj","bi":"AQIAAA==","tx":"text","pt":{"x":1.5,"y":-2.0,"wkb":"AQEAAAAAAAAAAAD4PwAAAAAAAADA","srid":null}},"source":{"version":"3.6.1.Final","connector":"mysql","name":"my","ts_ms":1796067393000,"snapshot":"first","db":"shop","sequence":null,"ts_us":1796067393000000,"ts_ns":1796067393000000000,"table":"t","server_id":0,"gtid":null,"file":"binlog.000004","pos":339,"row":0,"thread":null,"query":null},"transaction":null,"op":"r","ts_ms":1796067393100}');
INSERT INTO raw (k, r) VALUES ('{"id":3}', '{"before":null,"after":{"id":3,"b1":null,"b8":null,"y":2000,"e":"","s":"","ub":null,"ti1":null,"d":null,"dt":null,"ts":null,"tm":null},"source":{"version":"3.6.1.Final","connector":"mysql","ts_ms":1796067393000,"file":"binlog.000004","pos":339},"transaction":null,"op":"r"}');
INSERT INTO raw (k, r) VALUES ('{"databaseName":"shop"}', '{"source":{"version":"3.6.1.Final","connector":"mysql","ts_ms":1796067385057,"table":"t"},"ts_ms":1796067385090,"databaseName":"shop","schemaName":null,"ddl":"DROP TABLE IF EXISTS `shop`.`t`","tableChanges":[]}');
ASSERT VALUES o (id, b1, b8, y, e, s, ub, ui, ti1, ti, d, dt, dt3, dt6, ts, ts6, tm, tm6, de, de0, f, js, bl, bi, pt, changed) VALUES (1, true, TO_BYTES('pQ==', 'base64'), 2026, 'b', 'x,y', -1, 4294967295, true, -128, '2026-02-28', '2026-02-28T23:59:59', '2026-02-28T23:59:59.123', '2026-02-28T23:59:59.123', '2026-02-28T23:59:59', '2026-02-28T23:59:59.123', '23:59:59', -36000000001, 12.34, CAST('12345678901234567890' AS DECIMAL(20, 0)), 1.1, '{"a": [1, null]}', TO_BYTES('AP8Q', 'base64'), TO_BYTES('AQIAAA==', 'base64'), STRUCT(x := 1.5, y := -2.0), 1796067393000);
ASSERT VALUES o (id, y, e, s, changed) VALUES (3, 2000, '', '', 1796067393000);

--@test: types of SQL Server, as its connector's documentation has them
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY, b BOOLEAN, m DECIMAL(19, 4), d2 TIMESTAMP, d7 TIMESTAMP, dto TIMESTAMP, t7 TIME, u STRING) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE o WITH (format='JSON') AS SELECT * FROM t;
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"before":null,"after":{"id":1,"b":true,"m":"ALxhTg==","d2":1772323199120,"d7":1772323199123456700,"dto":"2026-02-28T23:59:59.1234567+02:00","t7":86399123456700,"u":"123E4567-E89B-12D3-A456-426614174000"},"source":{"version":"3.6.1.Final","connector":"sqlserver","name":"ms","ts_ms":1772323200000,"snapshot":"false","db":"shop","schema":"dbo","table":"t","change_lsn":"00000027:00000758:0003","commit_lsn":"00000027:00000758:0005","event_serial_no":1},"op":"c","ts_ms":1772323200123}');
ASSERT VALUES o (id, b, m, d2, d7, dto, t7, u) VALUES (1, true, 1234.5678, '2026-02-28T23:59:59.120', '2026-02-28T23:59:59.123', '2026-02-28T21:59:59.123', '23:59:59.123', '123E4567-E89B-12D3-A456-426614174000');

--@test: documents of MongoDB are texts of JSON
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, name STRING, amount STRUCT<`$numberDecimal` DECIMAL(10, 2)>, tags ARRAY<STRING>) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE o WITH (format='JSON') AS SELECT id, name, amount->`$numberDecimal` AS amount, tags FROM t;
INSERT INTO raw (k, r) VALUES ('{"id":"1004"}', '{"before":null,"after":"{\"_id\": {\"$numberLong\": \"1004\"}, \"name\": \"Anne\", \"amount\": {\"$numberDecimal\": \"12.50\"}, \"tags\": [\"a\"]}","updateDescription":null,"source":{"connector":"mongodb","ts_ms":1772323200000,"rs":"rs0","collection":"c","ord":31},"op":"c","ts_ms":1}');
INSERT INTO raw (k, r) VALUES ('{"id":"1004"}', '{"before":null,"after":null,"op":"d"}');
ASSERT VALUES o (id, name, amount, tags) VALUES ('1004', 'Anne', 12.50, ARRAY['a']);
ASSERT NULL VALUES o (id) KEY ('1004');

--@test: a table of keys alone
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', format='KAFKA', partitions=1);
CREATE TABLE t (id INT PRIMARY KEY) WITH (kafka_topic='t', format='DEBEZIUM_JSON');
CREATE TABLE o WITH (format='JSON') AS SELECT id, id + 1 AS next FROM t;
INSERT INTO raw (k, r) VALUES ('{"id":"571:1"}', '{"status":"BEGIN","id":"571:1","ts_ms":1}');
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"after":{"id":1},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('{"id":2}', '{"after":{"id":2},"op":"c"}');
INSERT INTO raw (k, r) VALUES ('{"id":1}', '{"before":{"id":1},"op":"d"}');
INSERT INTO raw (k, r) VALUES (NULL, '{"op":"t"}');
ASSERT VALUES o (id, next) VALUES (1, 2);
ASSERT VALUES o (id, next) VALUES (2, 3);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT NULL VALUES o (id) KEY (2);
