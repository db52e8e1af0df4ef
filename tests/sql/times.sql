-- SPDX-License-Identifier: Apache-2.0
-- DATE, TIME and TIMESTAMP: columns, comparisons, functions, zones, and times of events.

--@test: columns of each type, before 1970 too
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (id, d, t, ts) VALUES (1, '2020-02-29', '23:59:59.999', '2020-02-29T23:59:59.999');
INSERT INTO s (id, d, t, ts) VALUES (2, '1900-03-01', '00:00', '1969-12-31T23:59:59.999');
ASSERT VALUES o (id, d, t, ts) VALUES (1, '2020-02-29', '23:59:59.999', '2020-02-29T23:59:59.999');
ASSERT VALUES o (id, d, t, ts) VALUES (2, '1900-03-01', '00:00:00.000', '1969-12-31T23:59:59.999');

--@test: comparisons with texts and with each other
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, d > '2020-01-01' AS later, t BETWEEN '08:00' AND '17:00' AS at_work, ts = d AS midnight, ts < '2020-06-01T12:00:00' AS before FROM s;
INSERT INTO s (id, d, t, ts) VALUES (1, '2020-01-02', '08:00', '2020-01-02T00:00:00');
INSERT INTO s (id, d, t, ts) VALUES (2, '2020-01-01', '17:00:00.001', '2020-06-01T12:00:00');
ASSERT VALUES o (id, later, at_work, midnight, before) VALUES (1, true, true, true, true);
ASSERT VALUES o (id, later, at_work, midnight, before) VALUES (2, false, false, false, false);

--@test: casts among them
CREATE STREAM s (id INT KEY, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(ts AS DATE) AS d, CAST(ts AS TIME) AS t, CAST(CAST(ts AS DATE) AS TIMESTAMP) AS day, CAST(ts AS STRING) AS text FROM s;
INSERT INTO s (id, ts) VALUES (1, '2020-02-29T10:30:15.250');
INSERT INTO s (id, ts) VALUES (2, '1969-12-31T23:59:59.999');
ASSERT VALUES o (id, d, t, day, text) VALUES (1, '2020-02-29', '10:30:15.250', '2020-02-29T00:00:00', '2020-02-29T10:30:15.250');
ASSERT VALUES o (id, d, t, day, text) VALUES (2, '1969-12-31', '23:59:59.999', '1969-12-31T00:00:00', '1969-12-31T23:59:59.999');

--@test: sums of intervals
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATEADD(DAYS, n, d) AS d1, DATESUB(DAYS, n, d) AS d2, TIMEADD(HOURS, n, t) AS t1, TIMESUB(MINUTES, n, t) AS t2, TIMESTAMPADD(SECONDS, n, ts) AS ts1, TIMESTAMPSUB(MILLISECONDS, n, ts) AS ts2 FROM s;
INSERT INTO s (id, d, t, ts, n) VALUES (1, '2020-02-28', '23:30', '2020-02-29T23:59:59.999', 2);
INSERT INTO s (id, d, t, ts, n) VALUES (2, '1970-01-01', '00:00', '1970-01-01T00:00:00', -1);
ASSERT VALUES o (id, d1, d2, t1, t2, ts1, ts2) VALUES (1, '2020-03-01', '2020-02-26', '01:30', '23:28', '2020-03-01T00:00:01.999', '2020-02-29T23:59:59.997');
ASSERT VALUES o (id, d1, d2, t1, t2, ts1, ts2) VALUES (2, '1969-12-31', '1970-01-02', '23:00', '00:01', '1969-12-31T23:59:59', '1970-01-01T00:00:00.001');

--@test: to texts and back
CREATE STREAM s (id INT KEY, d DATE, t TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM f AS SELECT id, FORMAT_DATE(d, 'dd.MM.yyyy') AS fd, FORMAT_TIME(t, 'HH-mm-ss') AS ft, FORMAT_TIMESTAMP(ts, 'yyyyMMdd HHmmss SSS') AS fts FROM s;
CREATE STREAM o AS SELECT id, PARSE_DATE(fd, 'dd.MM.yyyy') AS d, PARSE_TIME(ft, 'HH-mm-ss') AS t, PARSE_TIMESTAMP(fts, 'yyyyMMdd HHmmss SSS') AS ts FROM f;
INSERT INTO s (id, d, t, ts) VALUES (1, '2020-02-29', '10:30:15', '2020-12-31T23:59:59.007');
ASSERT VALUES f (id, fd, ft, fts) VALUES (1, '29.02.2020', '10-30-15', '20201231 235959 007');
ASSERT VALUES o (id, d, t, ts) VALUES (1, '2020-02-29', '10:30:15', '2020-12-31T23:59:59.007');

--@test: texts that do not fit their pattern are NULL
CREATE STREAM s (id INT KEY, x STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_DATE(x, 'yyyy-MM-dd') AS d, PARSE_TIME(x, 'HH:mm') AS t, PARSE_TIMESTAMP(x, 'yyyy-MM-dd HH:mm') AS ts FROM s;
INSERT INTO s (id, x) VALUES (1, 'never');
INSERT INTO s (id, x) VALUES (2, '2020-01-02 10:20');
INSERT INTO s (id, x) VALUES (3, '10:20');
ASSERT VALUES o (id, d, t, ts) VALUES (1, NULL, NULL, NULL);
ASSERT VALUES o (id, d, t, ts) VALUES (2, '2020-01-02', NULL, '2020-01-02T10:20:00');
ASSERT VALUES o (id, d, t, ts) VALUES (3, NULL, '10:20', NULL);

--@test: zones
CREATE STREAM s (id INT KEY, ts TIMESTAMP, z STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_TIMESTAMP(ts, 'yyyy-MM-dd HH:mm', z) AS local, CONVERT_TZ(ts, 'UTC', z) AS there, PARSE_TIMESTAMP('2021-06-01 12:00', 'yyyy-MM-dd HH:mm', z) AS noon FROM s;
INSERT INTO s (id, ts, z) VALUES (1, '2021-01-01T00:00:00', 'America/New_York');
INSERT INTO s (id, ts, z) VALUES (2, '2021-07-01T00:00:00', 'Europe/Berlin');
INSERT INTO s (id, ts, z) VALUES (3, '2021-07-01T00:00:00', '+05:30');
INSERT INTO s (id, ts, z) VALUES (4, '2021-07-01T00:00:00', 'Atlantis');
ASSERT VALUES o (id, local, there, noon) VALUES (1, '2020-12-31 19:00', '2020-12-31T19:00:00', '2021-06-01T16:00:00');
ASSERT VALUES o (id, local, there, noon) VALUES (2, '2021-07-01 02:00', '2021-07-01T02:00:00', '2021-06-01T10:00:00');
ASSERT VALUES o (id, local, there, noon) VALUES (3, '2021-07-01 05:30', '2021-07-01T05:30:00', '2021-06-01T06:30:00');
ASSERT VALUES o (id, local, there, noon) VALUES (4, NULL, NULL, NULL);

--@test: numbers of days and milliseconds
CREATE STREAM s (id INT KEY, d DATE, ts TIMESTAMP, n INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UNIX_DATE(d) AS ud, UNIX_TIMESTAMP(ts) AS ut, FROM_DAYS(n) AS fd, FROM_UNIXTIME(l) AS fu FROM s;
INSERT INTO s (id, d, ts, n, l) VALUES (1, '1970-01-02', '1970-01-01T00:00:01', -1, -1);
ASSERT VALUES o (id, ud, ut, fd, fu) VALUES (1, 1, 1000, '1969-12-31', '1969-12-31T23:59:59.999');

--@test: the older functions on numbers and texts
CREATE STREAM s (id INT KEY, l BIGINT, x STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TIMESTAMPTOSTRING(l, 'yyyy-MM-dd HH:mm:ss', 'UTC') AS t, STRINGTOTIMESTAMP(x, 'yyyy-MM-dd HH:mm:ss', 'UTC') AS n, DATETOSTRING(1, 'yyyy-MM-dd') AS d, STRINGTODATE(SUBSTRING(x, 1, 10), 'yyyy-MM-dd') AS e FROM s;
INSERT INTO s (id, l, x) VALUES (1, 86400000, '1970-01-03 00:00:01');
ASSERT VALUES o (id, t, n, d, e) VALUES (1, '1970-01-02 00:00:00', 172801000, '1970-01-02', 2);

--@test: the event time of a TIMESTAMP column
CREATE STREAM s (id INT KEY, happened TIMESTAMP) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;
INSERT INTO s (ROWTIME, id, happened) VALUES (0, 1, '1970-01-02T23:59:59.999');
INSERT INTO s (ROWTIME, id, happened) VALUES (0, 1, '1970-01-03T00:00:00');
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (86400000, 172799999, 1, 1);
ASSERT VALUES o (WINDOWSTART, ROWTIME, id, n) VALUES (172800000, 172800000, 1, 1);

--@test: the event time of a text with a zone
CREATE STREAM s (id INT KEY, happened STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='happened', timestamp_format='yyyy-MM-dd''T''HH:mm:ssX');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, happened) VALUES (0, 1, '1970-01-01T01:00:00+01');
INSERT INTO s (ROWTIME, id, happened) VALUES (0, 2, '1970-01-01T00:00:05Z');
ASSERT VALUES o (ROWTIME, id) VALUES (0, 1);
ASSERT VALUES o (ROWTIME, id) VALUES (5000, 2);

--@test: a row whose event time is NULL or negative is left out
CREATE STREAM s (id INT KEY, happened BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id) VALUES (1, 1);
INSERT INTO s (ROWTIME, id, happened) VALUES (2, 2, -5);
INSERT INTO s (ROWTIME, id, happened) VALUES (3, 3, 7);
ASSERT VALUES o (ROWTIME, id, happened) VALUES (7, 3, 7);

--@test: the time that a query writes
CREATE STREAM s (id INT KEY, happened BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (timestamp='shifted') AS SELECT id, happened + 1000 AS shifted FROM s;
INSERT INTO s (ROWTIME, id, happened) VALUES (5, 1, 100);
ASSERT VALUES o (ROWTIME, id, shifted) VALUES (1100, 1, 1100);

--@test: ROWTIME against texts
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE ROWTIME >= '1970-01-01T00:00:01' AND ROWTIME < '1970-01-01T00:00:02';
INSERT INTO s (ROWTIME, id, v) VALUES (999, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1000, 2, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (2000, 3, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (1999, 4, 1);
ASSERT VALUES o (id, v) VALUES (2, 1);
ASSERT VALUES o (id, v) VALUES (4, 1);

--@test: grouping by day
CREATE STREAM s (id INT KEY, ts TIMESTAMP) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT CAST(ts AS DATE) AS day, COUNT(*) AS n FROM s GROUP BY CAST(ts AS DATE);
INSERT INTO s (id, ts) VALUES (1, '2020-01-01T23:59:59.999');
INSERT INTO s (id, ts) VALUES (2, '2020-01-02T00:00:00');
INSERT INTO s (id, ts) VALUES (3, '2020-01-01T00:00:00');
ASSERT VALUES o (day, n) VALUES ('2020-01-01', 1);
ASSERT VALUES o (day, n) VALUES ('2020-01-02', 1);
ASSERT VALUES o (day, n) VALUES ('2020-01-01', 2);

--@test: the event time is a column of another type
--@expected.error: KsqlException
--@expected.message: should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified
CREATE STREAM s (id INT KEY, happened INT) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');

--@test: a text without a format
--@expected.error: KsqlException
--@expected.message: A String timestamp field has been specified without also specifying the timestamp_format
CREATE STREAM s (id INT KEY, happened STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');

--@test: a format without a text
--@expected.error: KsqlException
--@expected.message: can only be used when the timestamp column is of type STRING.
CREATE STREAM s (id INT KEY, happened BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='happened', timestamp_format='yyyy');

--@test: the event time is a column that is not there
--@expected.error: KsqlException
--@expected.message: The TIMESTAMP column set in the WITH clause does not exist in the schema
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', timestamp='nope');

--@test: a date against a time
--@expected.error: KsqlException
--@expected.message: Cannot compare
CREATE STREAM s (id INT KEY, d DATE, t TIME) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, d = t AS x FROM s;

--@test: texts of dates and times are strict
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(t AS DATE) AS d, CAST(t AS TIMESTAMP) AS ts FROM s;
INSERT INTO s (id, t) VALUES (1, '2020-02-29');
INSERT INTO s (id, t) VALUES (2, '2020-02-30');
INSERT INTO s (id, t) VALUES (3, '2020-2-9');
INSERT INTO s (id, t) VALUES (4, '2020-02');
INSERT INTO s (id, t) VALUES (5, '2020-02-29T10:00:00.1234');
INSERT INTO s (id, t) VALUES (6, '0000-01-01');
ASSERT VALUES o (id, d, ts) VALUES (1, '2020-02-29', '2020-02-29T00:00:00.000');
ASSERT VALUES o (id, d, ts) VALUES (2, NULL, '2020-02-29T00:00:00.000');
ASSERT VALUES o (id, d, ts) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, d, ts) VALUES (4, '2020-02-01', '2020-02-01T00:00:00.000');
ASSERT VALUES o (id, d, ts) VALUES (5, NULL, NULL);
ASSERT VALUES o (id, d, ts) VALUES (6, '0000-01-01', NULL);

--@test: a text that is no date is not inserted
--@expected.error: ksqlexception
--@expected.message: 2020-2-9
CREATE STREAM s (id INT KEY, d DATE) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, d) VALUES (1, '2020-2-9');
