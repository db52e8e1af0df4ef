-- SPDX-License-Identifier: Apache-2.0
-- Records that cannot be used: what becomes of them by ON_ERROR and weir.on.error. Letters are read
-- as text, with some of their headers.

--@test: a source's bad records go to its topic, with the reason and their place
CREATE STREAM raw (k STRING KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA', partitions=1);
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', on_error='dead-letter', dead_letter_topic='bad');
CREATE STREAM o AS SELECT k, n FROM s;
CREATE STREAM bad (k STRING KEY, v STRING, code BYTES HEADER('__weir.errors.code'), source BYTES HEADER('__streams.errors.topic'), place BYTES HEADER('__streams.errors.offset'), stage BYTES HEADER('__weir.errors.stage')) WITH (kafka_topic='bad', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT k, v, FROM_BYTES(code, 'utf8') AS code, FROM_BYTES(source, 'utf8') AS source, FROM_BYTES(place, 'utf8') AS place, FROM_BYTES(stage, 'utf8') AS stage FROM bad;
INSERT INTO raw (rowtime, k, v) VALUES (1, 'a', '{"N":1}');
INSERT INTO raw (rowtime, k, v) VALUES (2, 'b', 'rubbish');
INSERT INTO raw (rowtime, k, v) VALUES (3, 'c', '{"N":"many"}');
INSERT INTO raw (rowtime, k, v) VALUES (4, 'd', '{"N":4}');
ASSERT VALUES o (rowtime, k, n) VALUES (1, 'a', 1);
ASSERT VALUES o (rowtime, k, n) VALUES (4, 'd', 4);
ASSERT VALUES letters (rowtime, k, v, code, source, place, stage) VALUES (2, 'b', 'rubbish', 'VALUE_NOT_DECODABLE', 's', '1', 'value');
ASSERT VALUES letters (rowtime, k, v, code, source, place, stage) VALUES (3, 'c', '{"N":"many"}', 'VALUE_NOT_DECODABLE', 's', '2', 'value');

--@test: without a name the letters go to a topic of the query's own
SET 'weir.on.error' = 'dead-letter';
CREATE STREAM raw (k STRING KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA', partitions=1);
CREATE STREAM s (k INT KEY, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT k, n FROM s;
CREATE STREAM bad (k STRING KEY, v STRING, code BYTES HEADER('__weir.errors.code')) WITH (kafka_topic='some.ksql.service.idCSAS_O_2-dead-letter', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT k, v, FROM_BYTES(code, 'utf8') AS code FROM bad;
INSERT INTO raw (k, v) VALUES ('a', '{"N":1}');
ASSERT VALUES letters (k, v, code) VALUES ('a', '{"N":1}', 'KEY_NOT_DECODABLE');

--@test: a row that WHERE drops since it failed is a letter, one that does not pass is none
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE STREAM o AS SELECT k, n FROM s WHERE 10 / n > 1;
CREATE STREAM bad (k STRING KEY, v STRING, code BYTES HEADER('__weir.errors.code'), step BYTES HEADER('__weir.errors.step')) WITH (kafka_topic='bad', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT k, v, FROM_BYTES(code, 'utf8') AS code, FROM_BYTES(step, 'utf8') AS step FROM bad;
INSERT INTO s (k, n) VALUES ('a', 0);
INSERT INTO s (k, n) VALUES ('b', 20);
INSERT INTO s (k, n) VALUES ('c', 2);
ASSERT VALUES o (k, n) VALUES ('c', 2);
ASSERT VALUES letters (k, v, code, step) VALUES ('a', '{"N":0}', 'EXPRESSION_FAILED', 'WhereFilter');

--@test: a failing GROUP BY is a letter, a NULL key is none; SELECT gives NULL and no letter
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE t AS SELECT 10 / n AS q, COUNT(*) AS c FROM s GROUP BY 10 / n;
CREATE STREAM p AS SELECT k, 10 / n AS q FROM s;
CREATE STREAM letters (k STRING KEY, v STRING) WITH (kafka_topic='bad', value_format='KAFKA');
INSERT INTO s (k, n) VALUES ('a', 5);
INSERT INTO s (k, n) VALUES ('b', 0);
INSERT INTO s (k) VALUES ('c');
ASSERT VALUES t (q, c) VALUES (2, 1);
ASSERT VALUES p (k, q) VALUES ('a', 2);
ASSERT VALUES p (k, q) VALUES ('b', NULL);
ASSERT VALUES p (k, q) VALUES ('c', NULL);
ASSERT VALUES letters (k, v) VALUES ('b', '{"N":0}');

--@test: a HAVING that fails takes the group away, with a letter of its row
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE t AS SELECT k, SUM(n) AS total FROM s GROUP BY k HAVING 10 / SUM(n) > 1;
CREATE STREAM bad (v STRING, content BYTES HEADER('__weir.errors.content')) WITH (kafka_topic='bad', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT FROM_BYTES(content, 'utf8') AS content FROM bad;
INSERT INTO s (k, n) VALUES ('a', 5);
INSERT INTO s (k, n) VALUES ('a', -5);
ASSERT VALUES t (k, total) VALUES ('a', 5);
ASSERT NULL VALUES t (k) KEY ('a');
ASSERT VALUES letters (content) VALUES ('record');

--@test: a sum that overflows leaves its row out: the letter is the record
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM s (k STRING KEY, n DECIMAL(3,1)) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE TABLE t AS SELECT k, SUM(n) AS total FROM s GROUP BY k;
CREATE STREAM bad (k STRING KEY, v STRING, code BYTES HEADER('__weir.errors.code')) WITH (kafka_topic='bad', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT k, v, FROM_BYTES(code, 'utf8') AS code FROM bad;
INSERT INTO s (k, n) VALUES ('a', 60.0);
INSERT INTO s (k, n) VALUES ('a', 50.0);
ASSERT VALUES t (k, total) VALUES ('a', 60.0);
ASSERT VALUES letters (k, v, code) VALUES ('a', '{"N":50.0}', 'AGGREGATE_OVERFLOW');

--@test: what the sink cannot write is a letter, too
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM s (k STRING KEY, n BIGINT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE STREAM o WITH (timestamp='n') AS SELECT k, n FROM s;
CREATE STREAM bad (k STRING KEY, v STRING, code BYTES HEADER('__weir.errors.code'), step BYTES HEADER('__weir.errors.step')) WITH (kafka_topic='bad', value_format='KAFKA');
SET 'weir.on.error' = 'skip';
CREATE STREAM letters WITH (value_format='JSON') AS SELECT k, v, FROM_BYTES(code, 'utf8') AS code, FROM_BYTES(step, 'utf8') AS step FROM bad;
INSERT INTO s (k, n) VALUES ('a', -1);
INSERT INTO s (k, n) VALUES ('b', 7);
ASSERT VALUES o (rowtime, k, n) VALUES (7, 'b', 7);
ASSERT VALUES letters (k, v, code, step) VALUES ('a', '{"N":-1}', 'TIMESTAMP_INVALID', 'O');

--@test: a source's ON_ERROR comes before the setting
SET 'weir.on.error' = 'stop';
CREATE STREAM raw (k STRING KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA', partitions=1);
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', on_error='skip');
CREATE STREAM o AS SELECT k, n FROM s;
INSERT INTO raw (k, v) VALUES ('a', 'rubbish');
INSERT INTO raw (k, v) VALUES ('b', '{"N":1}');
ASSERT VALUES o (k, n) VALUES ('b', 1);

--@test: stop ends the query at the record
--@expected.error: processing
--@expected.message: Invalid JSON
SET 'weir.on.error' = 'stop';
CREATE STREAM raw (k STRING KEY, v STRING) WITH (kafka_topic='s', value_format='KAFKA', partitions=1);
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT k, n FROM s;
INSERT INTO raw (k, v) VALUES ('a', 'rubbish');

--@test: stop counts for WHERE
--@expected.error: processing
--@expected.message: / by zero
SET 'weir.on.error' = 'stop';
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
CREATE STREAM o AS SELECT k, n FROM s WHERE 10 / n > 1;
INSERT INTO s (k, n) VALUES ('a', 0);

--@test: ON_ERROR must be one that there is
--@expected.error: planning
--@expected.message: Invalid value 'ignore' for configuration ON_ERROR: must be 'skip', 'dead-letter' or 'stop'
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', on_error='ignore');

--@test: a topic for letters needs a policy that writes them
--@expected.error: planning
--@expected.message: 'DEAD_LETTER_TOPIC' can only be used with ON_ERROR
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', dead_letter_topic='bad');

--@test: letters do not go to the topic that they are about
--@expected.error: planning
--@expected.message: cannot be the topic of the stream itself
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', on_error='dead-letter', dead_letter_topic='s');

--@test: letters do not go to a topic that the query reads
--@expected.error: planning
--@expected.message: Topic 'bad' cannot have the query's dead letters: the query reads it
SET 'weir.on.error' = 'dead-letter';
SET 'weir.dead.letter.topic' = 'bad';
CREATE STREAM bad (k STRING KEY, v STRING) WITH (kafka_topic='bad', value_format='KAFKA', partitions=1);
CREATE STREAM o AS SELECT * FROM bad;

--@test: letters do not go to a topic that the query writes to
--@expected.error: planning
--@expected.message: Topic 'O' cannot have the query's dead letters: the query writes to it
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1, on_error='dead-letter', dead_letter_topic='O');
CREATE STREAM o AS SELECT k, n FROM s;

--@test: a name of a topic that Kafka would not take
--@expected.error: planning
--@expected.message: names of topics are 1 to 249 letters
CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', on_error='stop', dead_letter_topic='a b');

--@test: weir.on.error must be one that there is
--@expected.error: planning
--@expected.message: must be 'skip', 'dead-letter' or 'stop'
SET 'weir.on.error' = 'log';
