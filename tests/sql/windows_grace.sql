-- SPDX-License-Identifier: Apache-2.0
-- Which rows are late: stream time, grace periods, each window of a hopping window on its own.
-- A row that is dropped is followed by one that is not: an ASSERT takes the next record.

--@test: the last millisecond of the grace period
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (14999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9999, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 2);

--@test: at the end of the grace period a row is late
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (15000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (19999, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 2);

--@test: without grace a window closes at its end
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (5000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 2);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (10000, 1, 2);

--@test: without the clause the grace period is a day
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (86399999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (86400000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (3600000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (82800000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 2);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (86400000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (3600000, 1, 1);

--@test: another key moves the time on too
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (20000, 2, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (5000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (25000, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (0, 1, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (20000, 2, 1);
ASSERT VALUES o (WINDOWSTART, id, n) VALUES (20000, 1, 1);

--@test: a row without a group moves nothing
CREATE STREAM s (id INT KEY, g STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY g;
INSERT INTO s (ROWTIME, id, g) VALUES (0, 1, 'a');
INSERT INTO s (ROWTIME, id) VALUES (50000, 1);
INSERT INTO s (ROWTIME, id, g) VALUES (5000, 1, 'a');
ASSERT VALUES o (WINDOWSTART, g, n) VALUES (0, 'a', 1);
ASSERT VALUES o (WINDOWSTART, g, n) VALUES (0, 'a', 2);

--@test: a late row is late for its closed windows alone
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (12000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (7000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5000, 15000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (10000, 20000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5000, 15000, 1, 2);

--@test: hopping windows whose size is no multiple of the advance
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS n FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 4 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (3000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (9000, 1, 10);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (0, 10000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (0, 10000, 1, 11);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (4000, 14000, 1, 10);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (8000, 18000, 1, 10);

--@test: windows are aligned to 1970, whatever comes first
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 7 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (20999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (21000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (14000, 21000, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (21000, 28000, 1, 1);

--@test: a result keeps the latest time of its rows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (5000, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 1);
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (0, 5000, 1, 1);
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (0, 5000, 1, 2);

--@test: HAVING in a window takes the row of that window back
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id HAVING SUM(v) > 5;
INSERT INTO s (ROWTIME, id, v) VALUES (0, 1, 9);
INSERT INTO s (ROWTIME, id, v) VALUES (10000, 1, 7);
INSERT INTO s (ROWTIME, id, v) VALUES (1, 1, -8);
ASSERT VALUES o (WINDOWSTART, id, total) VALUES (0, 1, 9);
ASSERT VALUES o (WINDOWSTART, id, total) VALUES (10000, 1, 7);
ASSERT NULL VALUES o (WINDOWSTART, id) KEY (0, 1);

--@test: windows by an expression, through a repartition
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT UCASE(v) AS u, COUNT(*) AS n, MIN(id) AS least FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY UCASE(v);
INSERT INTO s (ROWTIME, id, v) VALUES (0, 7, 'a');
INSERT INTO s (ROWTIME, id, v) VALUES (1, 5, 'A');
INSERT INTO s (ROWTIME, id, v) VALUES (10001, 9, 'a');
ASSERT VALUES o (WINDOWSTART, u, n, least) VALUES (0, 'A', 1, 7);
ASSERT VALUES o (WINDOWSTART, u, n, least) VALUES (0, 'A', 2, 5);
ASSERT VALUES o (WINDOWSTART, u, n, least) VALUES (10000, 'A', 1, 9);

--@test: the event time decides, not the order of arrival
CREATE STREAM s (id INT KEY, happened BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(happened) AS first, LATEST_BY_OFFSET(happened) AS last FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;
INSERT INTO s (ROWTIME, id, happened) VALUES (1, 1, 19000);
INSERT INTO s (ROWTIME, id, happened) VALUES (2, 1, 11000);
INSERT INTO s (ROWTIME, id, happened) VALUES (3, 1, 500);
ASSERT VALUES o (WINDOWSTART, id, first, last) VALUES (10000, 1, 19000, 19000);
ASSERT VALUES o (WINDOWSTART, id, first, last) VALUES (10000, 1, 19000, 11000);
ASSERT VALUES o (WINDOWSTART, id, first, last) VALUES (0, 1, 500, 500);

--@test: EMIT FINAL writes each window once, in order of time
SET 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__' = '0';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 3 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 2, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 1, 2);
INSERT INTO s (ROWTIME, id, v) VALUES (11000, 1, 4);
INSERT INTO s (ROWTIME, id, v) VALUES (3000, 1, 8);
INSERT INTO s (ROWTIME, id, v) VALUES (13000, 1, 16);
INSERT INTO s (ROWTIME, id, v) VALUES (23000, 1, 32);
ASSERT VALUES o (WINDOWSTART, id, total) VALUES (0, 1, 10);
ASSERT VALUES o (WINDOWSTART, id, total) VALUES (0, 2, 1);
ASSERT VALUES o (WINDOWSTART, id, total) VALUES (10000, 1, 20);

--@test: a grace period needs a unit
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5) GROUP BY id;

--@test: an advance larger than the size
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 11 SECONDS) GROUP BY id;

--@test: window bounds in an aggregate
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(WINDOWSTART) FROM s WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;

--@test: window bounds in WHERE
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WINDOW TUMBLING (SIZE 10 SECONDS) WHERE WINDOWSTART > 0 GROUP BY id;
