-- SPDX-License-Identifier: Apache-2.0
-- NULL: comparisons are two-valued, aggregates skip it, keys and groups without a value.

--@test: a comparison with NULL is false, and its negation true
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a = b AS eq, a <> b AS ne, a < b AS lt, NOT (a = b) AS not_eq, a IS DISTINCT FROM b AS distinct_from FROM s;
INSERT INTO s (id, a, b) VALUES (1, 1, 1);
INSERT INTO s (id, a) VALUES (2, 1);
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, eq, ne, lt, not_eq, distinct_from) VALUES (1, true, false, false, false, false);
ASSERT VALUES o (id, eq, ne, lt, not_eq, distinct_from) VALUES (2, false, false, false, true, true);
ASSERT VALUES o (id, eq, ne, lt, not_eq, distinct_from) VALUES (3, false, false, false, true, false);

--@test: WHERE and its negation do not divide the rows as in SQL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM yes AS SELECT * FROM s WHERE v > 5;
CREATE STREAM no AS SELECT * FROM s WHERE NOT (v > 5);
CREATE STREAM less AS SELECT * FROM s WHERE v <= 5;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (2, 6);
INSERT INTO s (id, v) VALUES (3, 5);
ASSERT VALUES yes (id, v) VALUES (2, 6);
ASSERT VALUES no (id, v) VALUES (1, NULL);
ASSERT VALUES no (id, v) VALUES (3, 5);
ASSERT VALUES less (id, v) VALUES (3, 5);

--@test: IN and BETWEEN
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v IN (1, 2) AS i, v NOT IN (1, 2) AS ni, v BETWEEN 1 AND 2 AS b, v NOT BETWEEN 1 AND 2 AS nb FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (2, 2);
ASSERT VALUES o (id, i, ni, b, nb) VALUES (1, false, true, false, true);
ASSERT VALUES o (id, i, ni, b, nb) VALUES (2, true, false, true, false);

--@test: IS NULL of every type
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, d DOUBLE, n DECIMAL(4, 2), t STRING, y BYTES, dt DATE, tm TIME, ts TIMESTAMP, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, b IS NULL AND i IS NULL AND d IS NULL AND n IS NULL AND t IS NULL AS none, y IS NULL AND dt IS NULL AND tm IS NULL AND ts IS NULL AND a IS NULL AS neither FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, b, i, d, n, t, y, dt, tm, ts, a) VALUES (2, false, 0, 0.0, 0.00, '', '', '1970-01-01', '00:00', '1970-01-01', ARRAY[CAST(NULL AS INT)]);
ASSERT VALUES o (id, none, neither) VALUES (1, true, true);
ASSERT VALUES o (id, none, neither) VALUES (2, false, false);

--@test: arithmetic over NULL is NULL
CREATE STREAM s (id INT KEY, a INT, b BIGINT, d DOUBLE, n DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + 1 AS a1, b * 2 AS b2, d / 2 AS d2, n - 1 AS n1, -a AS neg FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, a, b, d, n) VALUES (2, 1, 2, 3.0, 4.50);
ASSERT VALUES o (id, a1, b2, d2, n1, neg) VALUES (1, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, a1, b2, d2, n1, neg) VALUES (2, 2, 4, 1.5, 3.50, -1);

--@test: the first that is known
CREATE STREAM s (id INT KEY, a INT, b INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(a, b, -1) AS c, IFNULL(t, 'none') AS i, NULLIF(a, 7) AS n, CONCAT(t, '!') AS j FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, b, t) VALUES (2, 5, 'x');
INSERT INTO s (id, a, b) VALUES (3, 7, 5);
ASSERT VALUES o (id, c, i, n, j) VALUES (1, -1, 'none', NULL, '!');
ASSERT VALUES o (id, c, i, n, j) VALUES (2, 5, 'x', NULL, 'x!');
ASSERT VALUES o (id, c, i, n, j) VALUES (3, 7, 'none', NULL, '!');

--@test: CASE without a default, and with comparisons that are false
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v > 0 THEN 'plus' END AS c, CASE WHEN v IS NULL THEN 'none' WHEN v > 0 THEN 'plus' ELSE 'rest' END AS d FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (2, 0);
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, c, d) VALUES (1, 'plus', 'plus');
ASSERT VALUES o (id, c, d) VALUES (2, NULL, 'rest');
ASSERT VALUES o (id, c, d) VALUES (3, NULL, 'none');

--@test: a row without a key is not grouped
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s (v) VALUES (1);
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (v) VALUES (2);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 2);

--@test: one NULL among several columns of a group leaves the row out
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a, b;
INSERT INTO s (id, a) VALUES (1, 1);
INSERT INTO s (id, b) VALUES (2, 1);
INSERT INTO s (id, a, b) VALUES (3, 1, 1);
ASSERT VALUES o (a, b, n) VALUES (1, 1, 1);

--@test: an expression that fails leaves the row out of its group
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT 12 / v AS q, COUNT(*) AS n FROM s GROUP BY 12 / v;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 4);
INSERT INTO s (id) VALUES (3);
INSERT INTO s (id, v) VALUES (4, 4);
ASSERT VALUES o (q, n) VALUES (3, 1);
ASSERT VALUES o (q, n) VALUES (3, 2);

--@test: a condition that fails drops the row, and the next one is looked at
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE 10 / v > 1;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 5);
INSERT INTO s (id, v) VALUES (3, 50);
INSERT INTO s (id, v) VALUES (4, 2);
ASSERT VALUES o (id, v) VALUES (2, 5);
ASSERT VALUES o (id, v) VALUES (4, 2);

--@test: one item that fails leaves the others alone
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 10 / v AS q, v + 1 AS n, CAST(t AS INT) AS c, LEN(t) AS l FROM s;
INSERT INTO s (id, v, t) VALUES (1, 0, 'x');
INSERT INTO s (id, v, t) VALUES (2, 5, '42');
ASSERT VALUES o (id, q, n, c, l) VALUES (1, NULL, 1, NULL, 1);
ASSERT VALUES o (id, q, n, c, l) VALUES (2, 2, 6, 42, 2);

--@test: NULL as a value of INSERT
CREATE STREAM s (id INT KEY, a INT, b STRING, c ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, a, b, c) VALUES (1, NULL, NULL, NULL);
INSERT INTO s VALUES (NULL, 1, 'x', ARRAY[1]);
ASSERT VALUES s (id, a, b, c) VALUES (1, NULL, NULL, NULL);
ASSERT VALUES s (id, a, b, c) VALUES (NULL, 1, 'x', ARRAY[1]);

--@test: a NULL without a type in a projection
--@expected.error: KsqlException
--@expected.message: Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NULL AS n FROM s;

--@test: a typed NULL in a projection
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(NULL AS STRING) AS n, v FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT STREAM o (id INT KEY, n STRING, v INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, n, v) VALUES (1, NULL, 1);

--@test: = NULL
--@expected.error: KsqlException
--@expected.message: Comparison with NULL not supported: INTEGER = NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v = NULL;
