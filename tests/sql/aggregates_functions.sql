-- SPDX-License-Identifier: Apache-2.0
-- Each aggregate function over a stream, row by row: NULLs, ties, several values, nested values.

--@test: counting
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n, COUNT(v) AS known, COUNT_DISTINCT(v) AS kinds FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (1, 6);
ASSERT VALUES o (id, n, known, kinds) VALUES (1, 1, 1, 1);
ASSERT VALUES o (id, n, known, kinds) VALUES (1, 2, 1, 1);
ASSERT VALUES o (id, n, known, kinds) VALUES (1, 3, 2, 1);
ASSERT VALUES o (id, n, known, kinds) VALUES (1, 4, 3, 2);

--@test: sums of each type
CREATE STREAM s (id INT KEY, i INT, l BIGINT, d DOUBLE, n DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(i) AS i, SUM(l) AS l, SUM(d) AS d, SUM(n) AS n FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, i INT, l BIGINT, d DOUBLE, n DECIMAL(5, 2)) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, i, l, d, n) VALUES (1, 2147483647, 9223372036854775807, 0.1, 1.25);
INSERT INTO s (id, i, l, d, n) VALUES (1, 1, 1, 0.2, -2.50);
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (id, i, l, d, n) VALUES (1, 2147483647, 9223372036854775807, 0.1, 1.25);
ASSERT VALUES o (id, i, l, d, n) VALUES (1, -2147483648, -9223372036854775808, 0.30000000000000004, -1.25);
ASSERT VALUES o (id, i, l, d, n) VALUES (1, -2147483648, -9223372036854775808, 0.30000000000000004, -1.25);

--@test: means and deviations
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, AVG(v) AS mean, STDDEV_SAMP(v) AS variance, STDDEV_SAMPLE(v) AS deviation FROM s GROUP BY id;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (1, 6);
ASSERT VALUES o (id, mean, variance, deviation) VALUES (1, 0.0, 0.0, 0.0);
ASSERT VALUES o (id, mean, variance, deviation) VALUES (1, 2.0, 0.0, 0.0);
ASSERT VALUES o (id, mean, variance, deviation) VALUES (1, 3.0, 2.0, 1.4142135623730951);
ASSERT VALUES o (id, mean, variance, deviation) VALUES (1, 4.0, 4.0, 2.0);

--@test: extremes of texts, dates and bytes
CREATE STREAM s (id INT KEY, t STRING, d DATE, y BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MIN(t) AS low, MAX(t) AS high, MIN(d) AS first, MAX(d) AS last, MIN(y) AS ylow, MAX(y) AS yhigh FROM s GROUP BY id;
INSERT INTO s (id, t, d, y) VALUES (1, 'b', '2020-01-02', 'AQ==');
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, t, d, y) VALUES (1, 'B', '1969-12-31', 'gA==');
INSERT INTO s (id, t, d, y) VALUES (1, 'é', '2020-01-03', 'fw==');
ASSERT VALUES o (id, low, high, first, last, ylow, yhigh) VALUES (1, 'b', 'b', '2020-01-02', '2020-01-02', 'AQ==', 'AQ==');
ASSERT VALUES o (id, low, high, first, last, ylow, yhigh) VALUES (1, 'b', 'b', '2020-01-02', '2020-01-02', 'AQ==', 'AQ==');
ASSERT VALUES o (id, low, high, first, last, ylow, yhigh) VALUES (1, 'B', 'b', '1969-12-31', '2020-01-02', 'gA==', 'AQ==');
ASSERT VALUES o (id, low, high, first, last, ylow, yhigh) VALUES (1, 'B', 'é', '1969-12-31', '2020-01-03', 'gA==', 'fw==');

--@test: the first and the last, with and without NULLs
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(v) AS f, EARLIEST_BY_OFFSET(v, false) AS fn, LATEST_BY_OFFSET(v) AS l, LATEST_BY_OFFSET(v, false) AS ln FROM s GROUP BY id;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (id, f, fn, l, ln) VALUES (1, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, f, fn, l, ln) VALUES (1, 1, NULL, 1, 1);
ASSERT VALUES o (id, f, fn, l, ln) VALUES (1, 1, NULL, 2, 2);
ASSERT VALUES o (id, f, fn, l, ln) VALUES (1, 1, NULL, 2, NULL);

--@test: the first two and the last two
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(t, 2) AS f, LATEST_BY_OFFSET(t, 2) AS l FROM s GROUP BY id;
INSERT INTO s (id, t) VALUES (1, 'a');
INSERT INTO s (id, t) VALUES (1, 'b');
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, t) VALUES (1, 'c');
ASSERT VALUES o (id, f, l) VALUES (1, ARRAY['a'], ARRAY['a']);
ASSERT VALUES o (id, f, l) VALUES (1, ARRAY['a', 'b'], ARRAY['a', 'b']);
ASSERT VALUES o (id, f, l) VALUES (1, ARRAY['a', 'b'], ARRAY['a', 'b']);
ASSERT VALUES o (id, f, l) VALUES (1, ARRAY['a', 'b'], ARRAY['b', 'c']);

--@test: the largest
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, 2) AS k, TOPKDISTINCT(v, 2) AS d, TOPK(v, t, 1) AS best FROM s GROUP BY id;
INSERT INTO s (id, v, t) VALUES (1, 5, 'a');
INSERT INTO s (id, v, t) VALUES (1, 5, 'b');
INSERT INTO s (id, t) VALUES (1, 'none');
INSERT INTO s (id, v, t) VALUES (1, 9, 'c');
INSERT INTO s (id, v, t) VALUES (1, 7, 'd');
ASSERT VALUES o (id, k, d, best) VALUES (1, ARRAY[5], ARRAY[5], ARRAY[STRUCT(`sort_col` := 5, `col0` := 'a')]);
ASSERT VALUES o (id, k, d, best) VALUES (1, ARRAY[5, 5], ARRAY[5], ARRAY[STRUCT(`sort_col` := 5, `col0` := 'a')]);
ASSERT VALUES o (id, k, d, best) VALUES (1, ARRAY[5, 5], ARRAY[5], ARRAY[STRUCT(`sort_col` := 5, `col0` := 'a')]);
ASSERT VALUES o (id, k, d, best) VALUES (1, ARRAY[9, 5], ARRAY[9, 5], ARRAY[STRUCT(`sort_col` := 9, `col0` := 'c')]);
ASSERT VALUES o (id, k, d, best) VALUES (1, ARRAY[9, 7], ARRAY[9, 7], ARRAY[STRUCT(`sort_col` := 9, `col0` := 'c')]);

--@test: lists, sets and histograms
CREATE STREAM s (id INT KEY, t STRING, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(t) AS l, COLLECT_SET(t) AS s, HISTOGRAM(t) AS h, COLLECT_SET(a) AS n FROM s GROUP BY id;
INSERT INTO s (id, t, a) VALUES (1, 'x', ARRAY[1]);
INSERT INTO s (id, t, a) VALUES (1, 'y', ARRAY[1]);
INSERT INTO s (id, t, a) VALUES (1, 'x', ARRAY[1, 2]);
ASSERT VALUES o (id, l, s, h, n) VALUES (1, ARRAY['x'], ARRAY['x'], MAP('x' := CAST(1 AS BIGINT)), ARRAY[ARRAY[1]]);
ASSERT VALUES o (id, l, s, h, n) VALUES (1, ARRAY['x', 'y'], ARRAY['x', 'y'], MAP('x' := CAST(1 AS BIGINT), 'y' := 1), ARRAY[ARRAY[1]]);
ASSERT VALUES o (id, l, s, h, n) VALUES (1, ARRAY['x', 'y', 'x'], ARRAY['x', 'y'], MAP('x' := CAST(2 AS BIGINT), 'y' := 1), ARRAY[ARRAY[1], ARRAY[1, 2]]);

--@test: NULLs in lists and sets
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS l, COLLECT_SET(v) AS s FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (id, l, s) VALUES (1, ARRAY[1], ARRAY[1]);
ASSERT VALUES o (id, l, s) VALUES (1, ARRAY[1, NULL], ARRAY[1, NULL]);
ASSERT VALUES o (id, l, s) VALUES (1, ARRAY[1, NULL, NULL], ARRAY[1, NULL]);

--@test: a limit on what is collected
SET 'ksql.functions.collect_list.limit' = '2';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS l, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, l, n) VALUES (1, ARRAY[1], 1);
ASSERT VALUES o (id, l, n) VALUES (1, ARRAY[1, 2], 2);
ASSERT VALUES o (id, l, n) VALUES (1, ARRAY[1, 2], 3);

--@test: one value for all
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, ATTR(t) AS a FROM s GROUP BY id;
INSERT INTO s (id, t) VALUES (1, 'x');
INSERT INTO s (id, t) VALUES (1, 'x');
INSERT INTO s (id, t) VALUES (1, 'y');
ASSERT VALUES o (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, a) VALUES (1, NULL);

--@test: arguments and results are expressions
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(a * b) + 1 AS x, MAX(a) - MIN(a) AS span, CAST(COUNT(*) AS STRING) || '!' AS t, SUM(CASE WHEN a > b THEN 1 ELSE 0 END) AS larger FROM s GROUP BY id;
INSERT INTO s (id, a, b) VALUES (1, 2, 3);
INSERT INTO s (id, a, b) VALUES (1, 5, 4);
ASSERT VALUES o (id, x, span, t, larger) VALUES (1, 7, 0, '1!', 0);
ASSERT VALUES o (id, x, span, t, larger) VALUES (1, 27, 3, '2!', 1);

--@test: a grouping expression within another
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v % 10 AS k, (v % 10) * 2 AS twice, COUNT(*) AS n FROM s GROUP BY v % 10;
INSERT INTO s (id, v) VALUES (1, 13);
INSERT INTO s (id, v) VALUES (2, 23);
ASSERT VALUES o (k, twice, n) VALUES (3, 6, 1);
ASSERT VALUES o (k, twice, n) VALUES (3, 6, 2);

--@test: HAVING over what is not selected
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING MAX(v) >= 5 AND id < 10;
INSERT INTO s (id, v) VALUES (1, 4);
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (11, 9);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 2);
ASSERT VALUES o (id, n) VALUES (1, 3);

--@test: the same aggregate twice
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS a, SUM(v) AS b, SUM(v) * 2 AS c FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 4);
ASSERT VALUES o (id, a, b, c) VALUES (1, 4, 4, 8);

--@test: a correlation
CREATE STREAM s (id INT KEY, x DOUBLE, y DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, ROUND(CORRELATION(x, y), 3) AS r FROM s WHERE x > 0 GROUP BY id HAVING COUNT(*) > 1;
INSERT INTO s (id, x, y) VALUES (1, 1, 2);
INSERT INTO s (id, x, y) VALUES (1, 2, 4);
INSERT INTO s (id, x, y) VALUES (1, 3, 0);
ASSERT VALUES o (id, r) VALUES (1, 1.0);
ASSERT VALUES o (id, r) VALUES (1, -0.5);

--@test: an aggregate without an argument is one of ROWTIME
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM() AS total, SUM(*) AS same, AVG(*) AS average, COUNT(*) AS n, COUNT() AS m FROM s GROUP BY id;
INSERT INTO s (ROWTIME, id, v) VALUES (10, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (15, 1, 2);
ASSERT VALUES o (id, total, same, average, n, m) VALUES (1, 10, 10, 10.0, 1, 1);
ASSERT VALUES o (id, total, same, average, n, m) VALUES (1, 25, 25, 12.5, 2, 2);

--@test: TOPK of -1 keeps all values
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, -1) AS t, TOPKDISTINCT(v, -1) AS d FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (1, 9);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, t, d) VALUES (1, ARRAY[5], ARRAY[5]);
ASSERT VALUES o (id, t, d) VALUES (1, ARRAY[9, 5], ARRAY[9, 5]);
ASSERT VALUES o (id, t, d) VALUES (1, ARRAY[9, 5, 5], ARRAY[9, 5]);

--@test: TOPK of 0 is refused
--@expected.error: ksqlexception
--@expected.message: k must be at least 1
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, 0) AS t FROM s GROUP BY id;

--@test: a limit of -1 is none
SET 'ksql.functions.collect_list.limit' = '-1';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS l FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
INSERT INTO s (id, v) VALUES (1, 6);
ASSERT VALUES o (id, l) VALUES (1, ARRAY[5]);
ASSERT VALUES o (id, l) VALUES (1, ARRAY[5, 6]);
