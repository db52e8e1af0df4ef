-- SPDX-License-Identifier: Apache-2.0
-- PROFILE of columns, profiles that are merged, and what they say.

--@test: a report by name
CREATE STREAM s (id VARCHAR KEY, v INT, t VARCHAR) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE p AS SELECT id, PROFILE(v, t) AS p FROM s GROUP BY id;
CREATE TABLE o AS SELECT id, PROFILE_REPORT(p, 'v', 't')['v']->mean AS mean, PROFILE_REPORT(p, 'v', 't')['v']->nulls AS nulls, PROFILE_REPORT(p)[2]->types AS kinds, PROFILE_REPORT(p)[2]->max AS last, PROFILE_QUANTILE(p, 1, 0.5) AS median FROM p;
INSERT INTO s (id, v, t) VALUES ('a', 1, '12');
INSERT INTO s (id, v, t) VALUES ('a', 4, 'x');
INSERT INTO s (id, v, t) VALUES ('b', NULL, NULL);
INSERT INTO s (id, v, t) VALUES ('a', NULL, '2024-01-01');
ASSERT VALUES o (id, mean, nulls, kinds, last, median) VALUES ('a', 1.0, 0, MAP('INTEGER' := 1), '12', 1.0);
ASSERT VALUES o (id, mean, nulls, kinds, last, median) VALUES ('a', 2.5, 0, MAP('STRING' := 1, 'INTEGER' := 1), 'x', 1.0);
ASSERT VALUES o (id, mean, nulls, last, median) VALUES ('b', NULL, 1, NULL, NULL);
ASSERT VALUES o (id, mean, nulls, kinds, last, median) VALUES ('a', 2.5, 1, MAP('STRING' := 1, 'INTEGER' := 1, 'DATE' := 1), 'x', 1.0);

--@test: most frequent and distinct values
CREATE STREAM s (id VARCHAR KEY, t VARCHAR) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE p AS SELECT id, PROFILE(t) AS p FROM s GROUP BY id;
CREATE TABLE o AS SELECT id, PROFILE_REPORT(p)[1]->distinct_values AS n, PROFILE_REPORT(p)[1]->frequent[1]->item AS item, PROFILE_REPORT(p)[1]->frequent[1]->occurrences AS times FROM p;
INSERT INTO s (id, t) VALUES ('a', 'x');
INSERT INTO s (id, t) VALUES ('a', 'y');
INSERT INTO s (id, t) VALUES ('a', 'y');
ASSERT VALUES o (id, n, item, times) VALUES ('a', 1, 'x', 1);
ASSERT VALUES o (id, n, item, times) VALUES ('a', 2, 'x', 1);
ASSERT VALUES o (id, n, item, times) VALUES ('a', 2, 'y', 2);

--@test: sessions are merged
CREATE STREAM s (id VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, PROFILE_REPORT(PROFILE(v))[1]->rows AS n, PROFILE_REPORT(PROFILE(v))[1]->mean AS mean FROM s WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO s (id, v, rowtime) VALUES ('a', 1, 1000);
INSERT INTO s (id, v, rowtime) VALUES ('a', 3, 19000);
INSERT INTO s (id, v, rowtime) VALUES ('a', 8, 10000);
ASSERT VALUES o (id, n, mean, windowstart, windowend) VALUES ('a', 1, 1.0, 1000, 1000);
ASSERT VALUES o (id, n, mean, windowstart, windowend) VALUES ('a', 1, 3.0, 19000, 19000);
ASSERT NULL VALUES o (id) KEY ('a');
ASSERT NULL VALUES o (id) KEY ('a');
ASSERT VALUES o (id, n, mean, windowstart, windowend) VALUES ('a', 3, 4.0, 1000, 19000);

--@test: profiles of parts merge, what is none is left out
CREATE STREAM parts (part VARCHAR KEY, whole VARCHAR, p BYTES) WITH (kafka_topic='parts', value_format='JSON');
CREATE TABLE o AS SELECT whole, PROFILE_REPORT(PROFILE_MERGE(p))[1]->rows AS n, PROFILE_REPORT(PROFILE_MERGE(p))[1]->max AS last FROM parts GROUP BY whole;
INSERT INTO parts (part, whole, p) VALUES ('1', 'w', NULL);
INSERT INTO parts (part, whole, p) VALUES ('2', 'w', TO_BYTES('no profile', 'utf8'));
ASSERT VALUES o (whole, n, last) VALUES ('w', NULL, NULL);
ASSERT VALUES o (whole, n, last) VALUES ('w', NULL, NULL);

--@test: from minutes to all of them
CREATE STREAM s (id VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE by_minute WITH (kafka_topic='by_minute') AS SELECT id, AS_VALUE(id) AS name, PROFILE(v) AS p FROM s WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
CREATE STREAM minute_profiles (name VARCHAR, p BYTES) WITH (kafka_topic='by_minute', value_format='JSON');
CREATE TABLE o AS SELECT name, PROFILE_REPORT(PROFILE_MERGE(p))[1]->rows AS n, PROFILE_REPORT(PROFILE_MERGE(p))[1]->max AS last FROM minute_profiles GROUP BY name;
INSERT INTO s (id, v, rowtime) VALUES ('a', 1, 0);
INSERT INTO s (id, v, rowtime) VALUES ('a', 9, 1000);
INSERT INTO s (id, v, rowtime) VALUES ('a', 5, 61000);
INSERT INTO s (id, v, rowtime) VALUES ('a', 5, 181000);
ASSERT VALUES o (name, n, last) VALUES ('a', 2, '9');
ASSERT VALUES o (name, n, last) VALUES ('a', 3, '9');

--@test: a row that another function cannot take is in no profile
CREATE STREAM s (id VARCHAR KEY, v DECIMAL(3, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, PROFILE_REPORT(PROFILE(v))[1]->rows AS n, SUM(v) AS total FROM s GROUP BY id;
CREATE TABLE f AS SELECT id, PROFILE_REPORT(PROFILE(v))[1]->rows AS n, SUM(v) AS total FROM s WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (id, v, rowtime) VALUES ('a', 60.0, 0);
INSERT INTO s (id, v, rowtime) VALUES ('a', 70.0, 1);
INSERT INTO s (id, v, rowtime) VALUES ('a', 1.5, 2);
INSERT INTO s (id, v, rowtime) VALUES ('b', 1.0, 120000);
ASSERT VALUES o (id, n, total) VALUES ('a', 1, 60.0);
ASSERT VALUES o (id, n, total) VALUES ('a', 2, 61.5);
ASSERT VALUES f (id, n, total) VALUES ('a', 2, 61.5);

--@test: a table cannot be profiled
--@expected.error: KsqlException
--@expected.message: PROFILE cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id VARCHAR PRIMARY KEY, g INT, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, PROFILE(v) AS p FROM t GROUP BY g;
