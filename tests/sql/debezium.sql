-- SPDX-License-Identifier: Apache-2.0
-- Change events of Debezium as tables.

--@test: a table follows inserts, updates, deletes and changed keys
CREATE STREAM raw (k STRING KEY, r STRING) WITH (kafka_topic='t', value_format='KAFKA', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, name STRING, amount DECIMAL(10, 2)) WITH (kafka_topic='t', key_format='KAFKA', value_format='DEBEZIUM_JSON');
CREATE TABLE o WITH (value_format='JSON') AS SELECT id, name, amount FROM t;
INSERT INTO raw (k, r) VALUES ('1', '{"before":null,"after":{"id":1,"name":"a","amount":"BNI="},"op":"r"}');
INSERT INTO raw (k, r) VALUES ('1', '{"before":null,"after":{"id":1,"name":"b","amount":null},"op":"u"}');
INSERT INTO raw (k, r) VALUES ('1', '{"op":"t"}');
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
