-- SPDX-License-Identifier: Apache-2.0
-- Durations at the limits of their numbers, and one below; nothing of it may end the process.

--@test: a tumbling window of all the time there is
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s
  WINDOW TUMBLING (SIZE 9223372036854775807 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9000000000000000000, 1, 2);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036854775807, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036854775807, 1, 2);

--@test: size and grace together are more than fits
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING
  (SIZE 9223372036854775806 MILLISECONDS, GRACE PERIOD 9223372036854775807 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 2);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036854775806, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036854775806, 1, 2);

--@test: a grace period of all the time there is
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING
  (SIZE 10 MILLISECONDS, GRACE PERIOD 9223372036854775807 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1000000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 2);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (1000000, 1000010, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 10, 1, 1);

--@test: days at their limit, kept for ever
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING
  (SIZE 106751991167 DAYS, RETENTION 9223372036854775807 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036828800000, 1, 1);

--@test: one day more does not fit
--@expected.error: KsqlException
--@expected.message: sizes must be positive and fit 64-bit milliseconds
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 106751991168 DAYS) GROUP BY id;

--@test: a hopping window that moves by its whole size
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING
  (SIZE 9223372036854775807 MILLISECONDS, ADVANCE BY 9223372036854775806 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (0, 9223372036854775807, 1, 1);

--@test: a hopping window that puts a row into too many windows
--@expected.error: KsqlException
--@expected.message: A row would be in 9223372036854775807 windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING
  (SIZE 9223372036854775807 MILLISECONDS, ADVANCE BY 1 MILLISECOND) GROUP BY id;

--@test: a hopping window does not move by nothing
--@expected.error: KsqlException
--@expected.message: Window advance must be more than zero
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING
  (SIZE 10 SECONDS, ADVANCE BY 0 SECONDS) GROUP BY id;

--@test: a session with a gap of all the time there is
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION
  (9223372036854775807 MILLISECONDS, GRACE PERIOD 9223372036854775807 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9000000000000000000, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (10, 10, 1, 1);
ASSERT NULL VALUES o (windowstart, windowend, id) KEY (10, 10, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (10, 9000000000000000000, 1, 2);

--@test: EMIT FINAL of a window that never closes
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING
  (SIZE 10 MILLISECONDS, GRACE PERIOD 9223372036854775807 MILLISECONDS) GROUP BY id EMIT FINAL;
CREATE STREAM seen AS SELECT * FROM s;
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9000000000000000000, 1, 2);
ASSERT VALUES seen (id, v) VALUES (1, 1);
ASSERT VALUES seen (id, v) VALUES (1, 2);

--@test: streams joined within all the time there is
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, w INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o AS SELECT a.id AS id, v, w FROM a JOIN b WITHIN 9223372036854775807 MILLISECONDS
  ON a.id = b.id;
INSERT INTO a (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO b (rowtime, id, w) VALUES (9000000000000000000, 1, 2);
ASSERT VALUES o (rowtime, id, v, w) VALUES (9000000000000000000, 1, 1, 2);

--@test: streams joined within all the time there is, both ways, with grace
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, w INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS i, v, w FROM a FULL JOIN b
  WITHIN (9223372036854775806 MILLISECONDS, 9223372036854775807 MILLISECONDS)
  GRACE PERIOD 9223372036854775807 MILLISECONDS ON a.id = b.id;
INSERT INTO a (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO b (rowtime, id, w) VALUES (5, 1, 2);
ASSERT VALUES o (i, v, w) VALUES (1, 1, 2);

--@test: rows of one time join within nothing
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, w INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o AS SELECT a.id AS id, v, w FROM a JOIN b WITHIN 0 SECONDS GRACE PERIOD 0 SECONDS
  ON a.id = b.id;
INSERT INTO a (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO b (rowtime, id, w) VALUES (10, 1, 2);
INSERT INTO b (rowtime, id, w) VALUES (11, 1, 3);
INSERT INTO a (rowtime, id, v) VALUES (12, 1, 4);
INSERT INTO b (rowtime, id, w) VALUES (12, 1, 5);
ASSERT VALUES o (rowtime, id, v, w) VALUES (10, 1, 1, 2);
ASSERT VALUES o (rowtime, id, v, w) VALUES (12, 1, 4, 5);

--@test: rows of no time at all
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING
  (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (9223372036854775807, 1, 1);
ASSERT VALUES o (windowstart, windowend, id, n) VALUES (9223372036854775800, 9223372036854775807, 1, 1);

--@test: types built on each other without end
--@expected.error: KsqlException
--@expected.message: A type may have at most 65536 parts
CREATE TYPE t0 AS STRUCT<a INT, b INT>;
CREATE TYPE t1 AS STRUCT<a t0, b t0>;
CREATE TYPE t2 AS STRUCT<a t1, b t1>;
CREATE TYPE t3 AS STRUCT<a t2, b t2>;
CREATE TYPE t4 AS STRUCT<a t3, b t3>;
CREATE TYPE t5 AS STRUCT<a t4, b t4>;
CREATE TYPE t6 AS STRUCT<a t5, b t5>;
CREATE TYPE t7 AS STRUCT<a t6, b t6>;
CREATE TYPE t8 AS STRUCT<a t7, b t7>;
CREATE TYPE t9 AS STRUCT<a t8, b t8>;
CREATE TYPE t10 AS STRUCT<a t9, b t9>;
CREATE TYPE t11 AS STRUCT<a t10, b t10>;
CREATE TYPE t12 AS STRUCT<a t11, b t11>;
CREATE TYPE t13 AS STRUCT<a t12, b t12>;
CREATE TYPE t14 AS STRUCT<a t13, b t13>;
CREATE TYPE t15 AS STRUCT<a t14, b t14>;

--@test: an expression nested too deeply for what is stored
--@expected.error: KsqlException
--@expected.message: nested at most 90 levels deep
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id,
  ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[
  ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[ARRAY[v]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] AS a FROM s;

--@test: the first instant there is
CREATE STREAM s (id INT KEY, b BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_TIMESTAMP(FROM_UNIXTIME(b), 'uuuu-MM-dd HH:mm:ss.SSS') AS t FROM s;
INSERT INTO s (id, b) VALUES (1, -9223372036854775808);
ASSERT VALUES o (id, t) VALUES (1, '-292275055-05-16 16:47:04.192');

--@test: a stream joined with as many tables as a query may have sources
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t1 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t1', value_format='JSON');
CREATE TABLE t2 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t2', value_format='JSON');
CREATE TABLE t3 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t3', value_format='JSON');
CREATE TABLE t4 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t4', value_format='JSON');
CREATE TABLE t5 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t5', value_format='JSON');
CREATE TABLE t6 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t6', value_format='JSON');
CREATE TABLE t7 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t7', value_format='JSON');
CREATE TABLE t8 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t8', value_format='JSON');
CREATE TABLE t9 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t9', value_format='JSON');
CREATE TABLE t10 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t10', value_format='JSON');
CREATE TABLE t11 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t11', value_format='JSON');
CREATE TABLE t12 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t12', value_format='JSON');
CREATE TABLE t13 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t13', value_format='JSON');
CREATE TABLE t14 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t14', value_format='JSON');
CREATE TABLE t15 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t15', value_format='JSON');
CREATE TABLE t16 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t16', value_format='JSON');
CREATE TABLE t17 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t17', value_format='JSON');
CREATE TABLE t18 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t18', value_format='JSON');
CREATE TABLE t19 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t19', value_format='JSON');
CREATE TABLE t20 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t20', value_format='JSON');
CREATE TABLE t21 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t21', value_format='JSON');
CREATE TABLE t22 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t22', value_format='JSON');
CREATE TABLE t23 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t23', value_format='JSON');
CREATE TABLE t24 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t24', value_format='JSON');
CREATE TABLE t25 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t25', value_format='JSON');
CREATE TABLE t26 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t26', value_format='JSON');
CREATE TABLE t27 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t27', value_format='JSON');
CREATE TABLE t28 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t28', value_format='JSON');
CREATE TABLE t29 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t29', value_format='JSON');
CREATE TABLE t30 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t30', value_format='JSON');
CREATE TABLE t31 (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t31', value_format='JSON');
CREATE STREAM o AS SELECT s.v AS k, t1.v AS a, t31.v AS b FROM s
  LEFT JOIN t1 ON s.v = t1.id
  LEFT JOIN t2 ON s.v = t2.id
  LEFT JOIN t3 ON s.v = t3.id
  LEFT JOIN t4 ON s.v = t4.id
  LEFT JOIN t5 ON s.v = t5.id
  LEFT JOIN t6 ON s.v = t6.id
  LEFT JOIN t7 ON s.v = t7.id
  LEFT JOIN t8 ON s.v = t8.id
  LEFT JOIN t9 ON s.v = t9.id
  LEFT JOIN t10 ON s.v = t10.id
  LEFT JOIN t11 ON s.v = t11.id
  LEFT JOIN t12 ON s.v = t12.id
  LEFT JOIN t13 ON s.v = t13.id
  LEFT JOIN t14 ON s.v = t14.id
  LEFT JOIN t15 ON s.v = t15.id
  LEFT JOIN t16 ON s.v = t16.id
  LEFT JOIN t17 ON s.v = t17.id
  LEFT JOIN t18 ON s.v = t18.id
  LEFT JOIN t19 ON s.v = t19.id
  LEFT JOIN t20 ON s.v = t20.id
  LEFT JOIN t21 ON s.v = t21.id
  LEFT JOIN t22 ON s.v = t22.id
  LEFT JOIN t23 ON s.v = t23.id
  LEFT JOIN t24 ON s.v = t24.id
  LEFT JOIN t25 ON s.v = t25.id
  LEFT JOIN t26 ON s.v = t26.id
  LEFT JOIN t27 ON s.v = t27.id
  LEFT JOIN t28 ON s.v = t28.id
  LEFT JOIN t29 ON s.v = t29.id
  LEFT JOIN t30 ON s.v = t30.id
  LEFT JOIN t31 ON s.v = t31.id;
INSERT INTO t31 (id, v) VALUES (7, 31);
INSERT INTO s (id, v) VALUES (1, 7);
ASSERT VALUES o (k, a, b) VALUES (7, NULL, 31);

--@test: sessions without a gap hold the rows of one time
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (0 SECONDS) GROUP BY id;
CREATE TABLE f AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (0 SECONDS, GRACE PERIOD 0 SECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (ROWTIME, id, v) VALUES (5, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (5, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (6, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5, 5, 1, 1);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (5, 5, 1, 2);
ASSERT VALUES o (WINDOWSTART, WINDOWEND, id, n) VALUES (6, 6, 1, 1);
ASSERT VALUES f (WINDOWSTART, WINDOWEND, id, n) VALUES (5, 5, 1, 2);
