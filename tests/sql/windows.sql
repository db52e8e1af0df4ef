-- SPDX-License-Identifier: Apache-2.0
-- Tumbling, hopping and session windows; late records; EMIT FINAL.

--@test: tumbling windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, ROWTIME, id, n) VALUES (0, 10000, 0, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, ROWTIME, id, n) VALUES (0, 10000, 9999, 1, 2);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, ROWTIME, id, n) VALUES (10000, 20000, 10000, 1, 1);

--@test: a record out of order goes into its window
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (15000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (0, 2000, 1, 2);

--@test: a late record is left out
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (20000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (20000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 1);

--@test: a row that WHERE removes closes no window
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) WHERE v > 0 GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (50000, 1, 0);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 2);

--@test: hopping windows overlap
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (7000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (12000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (0, 10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5000, 15000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5000, 15000, 1, 2);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (10000, 20000, 1, 1);

--@test: a session grows and swallows others
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (20000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (0, 0, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (20000, 20000, 1, 1);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, id) KEY (0, 0, 1);
ASSERT NULL VALUES o (WINDOWSTART, WINDOWEND, id) KEY (20000, 20000, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (0, 20000, 1, 3);

--@test: window bounds as values
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, WINDOWSTART AS ws, WINDOWEND AS we, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (61000, 1, 1);
ASSERT VALUES o (id, ws, we, n) VALUES (1, 60000, 120000, 1);

--@test: EMIT FINAL writes a window once, when it is closed
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 1 SECOND) GROUP BY id EMIT FINAL;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10500, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9500, 1, 1);
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (0, 9000, 1, 3);

--@test: WINDOW without GROUP BY
--@expected.error: KsqlException
--@expected.message: WINDOW clause requires a GROUP BY clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM s WINDOW TUMBLING (SIZE 1 MINUTE);

--@test: windows of tables
--@expected.error: KsqlException
--@expected.message: Windowing not supported for table aggregations.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) FROM t WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY v;

--@test: EMIT FINAL without a window
--@expected.error: KsqlException
--@expected.message: EMIT FINAL is only supported for windowed aggregations.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s GROUP BY id EMIT FINAL;
