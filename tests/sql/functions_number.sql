-- SPDX-License-Identifier: Apache-2.0
-- Arithmetic and functions on numbers, over columns: wrapping, rounding, IEEE values, NULL.

--@test: integers wrap
CREATE STREAM s (id INT KEY, i INT, l BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i + 1 AS i1, i * 2 AS i2, -i AS neg, l + 1 AS l1, i + l AS il FROM s;
INSERT INTO s (id, i, l) VALUES (1, 2147483647, 9223372036854775807);
INSERT INTO s (id, i, l) VALUES (2, -2147483648, -9223372036854775808);
ASSERT VALUES o (id, i1, i2, neg, l1, il) VALUES (1, -2147483648, -2, -2147483647, -9223372036854775808, -9223372034707292162);
ASSERT VALUES o (id, i1, i2, neg, l1, il) VALUES (2, -2147483647, 0, -2147483648, -9223372036854775807, 9223372034707292160);

--@test: division and rest go towards zero
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS q, a % b AS r, a / b * b + a % b = a AS whole FROM s;
INSERT INTO s (id, a, b) VALUES (1, 7, 2);
INSERT INTO s (id, a, b) VALUES (2, -7, 2);
INSERT INTO s (id, a, b) VALUES (3, 7, -2);
INSERT INTO s (id, a, b) VALUES (4, -7, -2);
ASSERT VALUES o (id, q, r, whole) VALUES (1, 3, 1, true);
ASSERT VALUES o (id, q, r, whole) VALUES (2, -3, -1, true);
ASSERT VALUES o (id, q, r, whole) VALUES (3, -3, 1, true);
ASSERT VALUES o (id, q, r, whole) VALUES (4, 3, -1, true);

--@test: precedence
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 2 * 3 AS a, (v + 2) * 3 AS b, v - 2 - 3 AS c, -v + 5 AS d, v * 2 % 3 AS e, 100 / v / 2 AS f FROM s;
INSERT INTO s (id, v) VALUES (1, 10);
ASSERT VALUES o (id, a, b, c, d, e, f) VALUES (1, 16, 36, 5, -5, 2, 5);

--@test: doubles
CREATE STREAM s (id INT KEY, a DOUBLE, b DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS plus, a * b AS times, a / b AS quotient, CAST(a AS INT) AS i, CAST(a AS STRING) AS t FROM s;
INSERT INTO s (id, a, b) VALUES (1, 0.1, 0.2);
INSERT INTO s (id, a, b) VALUES (2, 1E10, -4);
ASSERT VALUES o (id, plus, times, quotient, i, t) VALUES (1, 0.30000000000000004, 0.020000000000000004, 0.5, 0, '0.1');
ASSERT VALUES o (id, plus, times, quotient, i, t) VALUES (2, 9999999996.0, -4.0E10, -2.5E9, 2147483647, '1.0E10');

--@test: rounding
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(d) AS r, ROUND(d, 1) AS r1, FLOOR(d) AS f, CEIL(d) AS c, TRUNC(d) AS t, ABS(d) AS a, SIGN(d) AS g FROM s;
INSERT INTO s (id, d) VALUES (1, 2.5);
INSERT INTO s (id, d) VALUES (2, -2.5);
INSERT INTO s (id, d) VALUES (3, -0.25);
INSERT INTO s (id) VALUES (4);
ASSERT VALUES o (id, r, r1, f, c, t, a, g) VALUES (1, 3, 2.5, 2.0, 3.0, 2, 2.5, 1);
ASSERT VALUES o (id, r, r1, f, c, t, a, g) VALUES (2, -2, -2.5, -3.0, -2.0, -2, 2.5, -1);
ASSERT VALUES o (id, r, r1, f, t, a, g) VALUES (3, 0, -0.2, -1.0, 0, 0.25, -1);
ASSERT VALUES o (id, r, r1, f, c, t, a, g) VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: roots, powers and logarithms
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SQRT(v) AS q, POWER(v, 2) AS p, EXP(v - v) AS e, LOG(2, v) AS l FROM s;
INSERT INTO s (id, v) VALUES (1, 16);
ASSERT VALUES o (id, q, p, e, l) VALUES (1, 4.0, 256.0, 1.0, 4.0);

--@test: the largest and the smallest
CREATE STREAM s (id INT KEY, a INT, b INT, t STRING, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS g, LEAST(a, b, 0) AS l, GREATEST(t, u) AS gt, LEAST(t, u) AS lt FROM s;
INSERT INTO s (id, a, b, t, u) VALUES (1, 5, 7, 'b', 'a');
INSERT INTO s (id, b, t) VALUES (2, -7, 'x');
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, g, l, gt, lt) VALUES (1, 7, 0, 'b', 'a');
ASSERT VALUES o (id, g, l, gt, lt) VALUES (2, -7, -7, 'x', 'x');
ASSERT VALUES o (id, g, l, gt, lt) VALUES (3, NULL, 0, NULL, NULL);

--@test: distances
CREATE STREAM s (id INT KEY, a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(GEO_DISTANCE(a, b, c, d)) AS km, ROUND(GEO_DISTANCE(a, b, c, d, 'MI')) AS miles FROM s;
INSERT INTO s (id, a, b, c, d) VALUES (1, 0, 0, 0, 180);
INSERT INTO s (id, a, b, c, d) VALUES (2, 91, 0, 0, 0);
INSERT INTO s (id, a, b, c, d) VALUES (3, 48.8566, 2.3522, 51.5074, -0.1278);
ASSERT VALUES o (id, km, miles) VALUES (1, 20015, 12438);
ASSERT VALUES o (id, km, miles) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, km, miles) VALUES (3, 344, 213);

--@test: series
CREATE STREAM s (id INT KEY, a INT, b INT, step INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(a, b) AS g, GENERATE_SERIES(a, b, step) AS h FROM s;
INSERT INTO s (id, a, b, step) VALUES (1, 1, 5, 2);
INSERT INTO s (id, a, b, step) VALUES (2, 3, 1, -2);
INSERT INTO s (id, a, b, step) VALUES (3, 1, 3, 0);
INSERT INTO s (id, a, step) VALUES (4, 1, 1);
ASSERT VALUES o (id, g, h) VALUES (1, ARRAY[1, 2, 3, 4, 5], ARRAY[1, 3, 5]);
ASSERT VALUES o (id, g, h) VALUES (2, ARRAY[3, 2, 1], ARRAY[3, 1]);
ASSERT VALUES o (id, g, h) VALUES (3, ARRAY[1, 2, 3], NULL);
ASSERT VALUES o (id, g, h) VALUES (4, NULL, NULL);

--@test: casts between numbers and texts
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(t AS INT) AS i, CAST(t AS BIGINT) AS l, CAST(t AS DOUBLE) AS d, CAST(t AS DECIMAL(4, 1)) AS n, CAST(t AS BOOLEAN) AS b FROM s;
INSERT INTO s (id, t) VALUES (1, ' 42 ');
INSERT INTO s (id, t) VALUES (2, '3000000000');
INSERT INTO s (id, t) VALUES (3, '1.25');
INSERT INTO s (id, t) VALUES (4, 'yes');
INSERT INTO s (id, t) VALUES (5, '');
ASSERT VALUES o (id, i, l, d, n, b) VALUES (1, 42, 42, 42.0, 42.0, false);
ASSERT VALUES o (id, i, l, d, n, b) VALUES (2, NULL, 3000000000, 3.0E9, NULL, false);
ASSERT VALUES o (id, i, l, d, n, b) VALUES (3, NULL, NULL, 1.25, 1.3, false);
ASSERT VALUES o (id, i, l, d, n, b) VALUES (4, NULL, NULL, NULL, NULL, true);
ASSERT VALUES o (id, i, l, d, n, b) VALUES (5, NULL, NULL, NULL, NULL, false);

--@test: arithmetic on texts and numbers
--@expected.error: KsqlException
--@expected.message: Unsupported arithmetic types. INTEGER STRING
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + t AS x FROM s;

--@test: a number that no type holds
--@expected.error: ParseFailedException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 9223372036854775808 AS x FROM s;
