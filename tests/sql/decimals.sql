-- SPDX-License-Identifier: Apache-2.0
-- DECIMAL: types of results, digits that are kept, bounds, and its way through formats.

--@test: types of results
CREATE STREAM s (id INT KEY, a DECIMAL(6, 2), b DECIMAL(4, 3), i INT, l BIGINT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS plus, a - b AS minus, a * b AS times, a / b AS quotient, a % b AS rest, a + i AS ai, a * l AS al, a + d AS ad, -a AS neg FROM s;
ASSERT STREAM o (id INT KEY, plus DECIMAL(8, 3), minus DECIMAL(8, 3), times DECIMAL(11, 5), quotient DECIMAL(14, 7), rest DECIMAL(4, 3), ai DECIMAL(13, 2), al DECIMAL(26, 2), ad DOUBLE, neg DECIMAL(6, 2)) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, a, b, i, l, d) VALUES (1, 10.00, 0.125, 3, 4, 0.5);
ASSERT VALUES o (id, plus, minus, times, quotient, rest, ai, al, ad, neg) VALUES (1, 10.125, 9.875, 1.25000, 80.0000000, 0.000, 13.00, 40.00, 10.5, -10.00);

--@test: the largest and the smallest values
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + a AS twice, a * a AS square FROM s;
INSERT INTO s (id, a) VALUES (1, 999.99);
INSERT INTO s (id, a) VALUES (2, -999.99);
INSERT INTO s (id, a) VALUES (3, 0.01);
ASSERT VALUES o (id, twice, square) VALUES (1, 1999.98, 999980.0001);
ASSERT VALUES o (id, twice, square) VALUES (2, -1999.98, 999980.0001);
ASSERT VALUES o (id, twice, square) VALUES (3, 0.02, 0.0001);

--@test: beyond 38 digits
CREATE STREAM s (id INT KEY, a DECIMAL(40, 0), b DECIMAL(20, 10)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + 1 AS next, a * b AS times, CAST(a AS STRING) AS t, a > b AS larger FROM s;
INSERT INTO s (id, a, b) VALUES (1, CAST('9999999999999999999999999999999999999999' AS DECIMAL(40, 0)), CAST('1234567890.0987654321' AS DECIMAL(20, 10)));
ASSERT VALUES o (id, next, t, larger) VALUES (1, CAST('10000000000000000000000000000000000000000' AS DECIMAL(41, 0)), '9999999999999999999999999999999999999999', true);

--@test: casts round half up
CREATE STREAM s (id INT KEY, a DECIMAL(5, 3)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS DECIMAL(4, 2)) AS two, CAST(a AS DECIMAL(2, 0)) AS none, CAST(a AS INT) AS i, CAST(a AS DOUBLE) AS d, CAST(a AS STRING) AS t FROM s;
INSERT INTO s (id, a) VALUES (1, 2.345);
INSERT INTO s (id, a) VALUES (2, -2.345);
INSERT INTO s (id, a) VALUES (3, 0.500);
ASSERT VALUES o (id, two, none, i, d, t) VALUES (1, 2.35, 2, 2, 2.345, '2.345');
ASSERT VALUES o (id, two, none, i, d, t) VALUES (2, -2.35, -2, -2, -2.345, '-2.345');
ASSERT VALUES o (id, two, none, i, d, t) VALUES (3, 0.50, 1, 0, 0.5, '0.500');

--@test: a value that does not fit is NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS DECIMAL(2, 0)) AS two, CAST(v AS DECIMAL(4, 2)) AS four FROM s;
INSERT INTO s (id, v) VALUES (1, 99);
INSERT INTO s (id, v) VALUES (2, 100);
INSERT INTO s (id, v) VALUES (3, -99);
ASSERT VALUES o (id, two, four) VALUES (1, 99, 99.00);
ASSERT VALUES o (id, two, four) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, two, four) VALUES (3, -99, -99.00);

--@test: a division by zero is NULL
CREATE STREAM s (id INT KEY, a DECIMAL(4, 2), b DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS q, a % b AS r FROM s;
INSERT INTO s (id, a, b) VALUES (1, 1.00, 0.00);
INSERT INTO s (id, a, b) VALUES (2, 1.00, 0.25);
ASSERT VALUES o (id, q, r) VALUES (1, NULL, NULL);
ASSERT VALUES o (id, q, r) VALUES (2, 4.0000000, 0.00);

--@test: comparison by value
CREATE STREAM s (id INT KEY, a DECIMAL(4, 2), b DECIMAL(6, 4), i INT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a = b AS ab, a = i AS ai, a = d AS ad, a < 1.5 AS lt, a IN (1, 1.50) AS among FROM s;
INSERT INTO s (id, a, b, i, d) VALUES (1, 1.00, 1.0000, 1, 1.0);
INSERT INTO s (id, a, b, i, d) VALUES (2, 1.50, 1.5001, 1, 1.5);
ASSERT VALUES o (id, ab, ai, ad, lt, among) VALUES (1, true, true, true, true, true);
ASSERT VALUES o (id, ab, ai, ad, lt, among) VALUES (2, false, false, true, false, true);

--@test: rounding functions
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(a) AS r, ROUND(a, 1) AS r1, FLOOR(a) AS f, CEIL(a) AS c, TRUNC(a) AS t, ABS(a) AS b FROM s;
ASSERT STREAM o (id INT KEY, r DECIMAL(3, 0), r1 DECIMAL(5, 2), f DECIMAL(5, 2), c DECIMAL(5, 2), t DECIMAL(3, 0), b DECIMAL(5, 2)) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, a) VALUES (1, 1.25);
INSERT INTO s (id, a) VALUES (2, -1.55);
ASSERT VALUES o (id, r, r1, f, c, t, b) VALUES (1, 1, 1.30, 1.00, 2.00, 1, 1.25);
ASSERT VALUES o (id, r, r1, f, c, t, b) VALUES (2, -2, -1.50, -2.00, -1.00, -1, 1.55);

--@test: aggregates
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(a) AS total, MIN(a) AS low, MAX(a) AS high, COLLECT_LIST(a) AS l FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, total DECIMAL(5, 2), low DECIMAL(5, 2), high DECIMAL(5, 2), l ARRAY<DECIMAL(5, 2)>) WITH (kafka_topic='O', value_format='JSON');
INSERT INTO s (id, a) VALUES (1, 1.10);
INSERT INTO s (id, a) VALUES (1, -2.20);
INSERT INTO s (id, a) VALUES (1, NULL);
ASSERT VALUES o (id, total, low, high) VALUES (1, 1.10, 1.10, 1.10);
ASSERT VALUES o (id, total, low, high, l) VALUES (1, -1.10, -2.20, 1.10, ARRAY[1.10, -2.20]);
ASSERT VALUES o (id, total, low, high) VALUES (1, -1.10, -2.20, 1.10);

--@test: as a key, and through DELIMITED
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d WITH (format='DELIMITED') AS SELECT * FROM s PARTITION BY a;
CREATE TABLE o WITH (key_format='JSON', value_format='JSON') AS SELECT a, COUNT(*) AS n FROM d GROUP BY a;
INSERT INTO s (id, a) VALUES (1, 1.50);
INSERT INTO s (id, a) VALUES (2, 1.5);
ASSERT VALUES d (a, id) VALUES (1.50, 1);
ASSERT VALUES d (a, id) VALUES (1.50, 2);
ASSERT VALUES o (a, n) VALUES (1.50, 1);
ASSERT VALUES o (a, n) VALUES (1.50, 2);

--@test: a precision of 0
--@expected.error: KsqlException
--@expected.message: DECIMAL precision must be >= 1
CREATE STREAM s (id INT KEY, a DECIMAL(0, 0)) WITH (kafka_topic='s', value_format='JSON');

--@test: a scale above the precision
--@expected.error: KsqlException
--@expected.message: DECIMAL precision must be >= scale
CREATE STREAM s (id INT KEY, a DECIMAL(2, 3)) WITH (kafka_topic='s', value_format='JSON');

--@test: the average of decimals
--@expected.error: KsqlException
--@expected.message: Function 'AVG' does not accept parameters (DECIMAL(5, 2)).
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, AVG(a) FROM s GROUP BY id;

--@test: quotients are rounded half up
CREATE STREAM s (id INT KEY, a DECIMAL(10, 2), b DECIMAL(10, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS q, a / 3 AS third FROM s;
INSERT INTO s (id, a, b) VALUES (1, 10.00, 3.00);
INSERT INTO s (id, a, b) VALUES (2, -20.00, 3.00);
INSERT INTO s (id, a, b) VALUES (3, 10.00, 4.00);
INSERT INTO s (id, a, b) VALUES (4, 10.00, 0.00);
ASSERT VALUES o (id, q, third) VALUES (1, 3.3333333333333, 3.3333333333333);
ASSERT VALUES o (id, q, third) VALUES (2, -6.6666666666667, -6.6666666666667);
ASSERT VALUES o (id, q, third) VALUES (3, 2.5000000000000, 3.3333333333333);
ASSERT VALUES o (id, q, third) VALUES (4, NULL, 3.3333333333333);

--@test: weir.decimal.division = exact refuses what would be rounded
SET 'weir.decimal.division' = 'exact';
CREATE STREAM s (id INT KEY, a DECIMAL(10, 2), b DECIMAL(10, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS q FROM s;
SET 'weir.decimal.division' = 'round';
CREATE STREAM r AS SELECT id, a / b AS q FROM s;
INSERT INTO s (id, a, b) VALUES (1, 10.00, 3.00);
INSERT INTO s (id, a, b) VALUES (2, 10.00, 4.00);
ASSERT VALUES o (id, q) VALUES (1, NULL);
ASSERT VALUES o (id, q) VALUES (2, 2.5000000000000);
ASSERT VALUES r (id, q) VALUES (1, 3.3333333333333);

--@test: weir.decimal.division has two values
--@expected.error: ksqlexception
--@expected.message: 'round' or 'exact'
SET 'weir.decimal.division' = 'floor';

--@test: a remainder whose quotient has too many digits is NULL
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a % 7.5 AS r FROM s;
INSERT INTO s (id, a) VALUES (1, 20);
INSERT INTO s (id, a) VALUES (2, 742);
INSERT INTO s (id, a) VALUES (3, 752);
INSERT INTO s (id, a) VALUES (4, 7500);
INSERT INTO s (id, a) VALUES (5, 765);
ASSERT VALUES o (id, r) VALUES (1, 5.0);
ASSERT VALUES o (id, r) VALUES (2, 7.0);
ASSERT VALUES o (id, r) VALUES (3, 2.0);
ASSERT VALUES o (id, r) VALUES (4, 0.0);
ASSERT VALUES o (id, r) VALUES (5, NULL);

--@test: a cast asks for the room of the number, then rounds it
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(CAST(a AS DECIMAL(5, 2)) AS STRING) AS d FROM s;
INSERT INTO s (id, a) VALUES (1, '999.999');
INSERT INTO s (id, a) VALUES (2, '1000');
INSERT INTO s (id, a) VALUES (3, '-999.995');
ASSERT VALUES o (id, d) VALUES (1, '1000.00');
ASSERT VALUES o (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, d) VALUES (3, '-1000.00');

--@test: such a number goes through a repartition and an aggregate
CREATE STREAM s (id INT KEY, k STRING, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT k, CAST(MAX(CAST(a AS DECIMAL(5, 2))) AS STRING) AS most, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO s (id, k, a) VALUES (1, 'x', '999.995');
INSERT INTO s (id, k, a) VALUES (2, 'x', '1.5');
ASSERT VALUES o (k, most, n) VALUES ('x', '1000.00', 1);
ASSERT VALUES o (k, most, n) VALUES ('x', '1000.00', 2);
