-- SPDX-License-Identifier: Apache-2.0
-- Expressions that fail: where a failure ends, in each place of a query that an expression has.

--@test: an argument that computes fails the call, one that is a function is NULL for it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(v, 7) AS bare, COALESCE(v + 1, 7) AS sum, COALESCE(-v, 7) AS sign, COALESCE(ABS(v + 1), 7) AS call, COALESCE(CAST(v + 1 AS INT), 7) AS casted, IFNULL(10 / v, 7) AS quotient FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, v) VALUES (2, 0);
INSERT INTO s (id, v) VALUES (3, 5);
ASSERT VALUES o (id, bare, sum, sign, call, casted, quotient) VALUES (1, 7, NULL, NULL, 7, 7, NULL);
ASSERT VALUES o (id, bare, sum, sign, call, casted, quotient) VALUES (2, 0, 1, 0, 1, 1, NULL);
ASSERT VALUES o (id, bare, sum, sign, call, casted, quotient) VALUES (3, 5, 6, -5, 6, 6, 2);

--@test: parts of ARRAY, MAP and STRUCT are NULL on their own
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[v + 1, 10 / v, 1] AS a, MAP('x' := CAST(t AS INT), 'y' := 1) AS m, STRUCT(f := JSON_ARRAY_LENGTH(t), g := 1) AS r FROM s;
INSERT INTO s (id, v, t) VALUES (1, 0, '{');
INSERT INTO s (id, t) VALUES (2, '5');
ASSERT VALUES o (id, a, m, r) VALUES (1, ARRAY[1, NULL, 1], MAP('x' := CAST(NULL AS INT), 'y' := 1), STRUCT(f := CAST(NULL AS INT), g := 1));
ASSERT VALUES o (id, a, m, r) VALUES (2, ARRAY[NULL, NULL, 1], MAP('x' := 5, 'y' := 1), STRUCT(f := CAST(NULL AS INT), g := 1));

--@test: a CAST that is not possible is NULL, and what is around it goes on
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(t AS INT) IS NULL AS n, NOT (CAST(t AS INT) = 1) AS other, CAST(t AS INT) IN (1, 2) AS i, CASE WHEN CAST(t AS INT) = 1 THEN 'one' ELSE 'other' END AS c FROM s;
INSERT INTO s (id, t) VALUES (1, 'x');
INSERT INTO s (id, t) VALUES (2, '1');
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, n, other, i, c) VALUES (1, true, true, false, 'other');
ASSERT VALUES o (id, n, other, i, c) VALUES (2, false, false, true, 'one');
ASSERT VALUES o (id, n, other, i, c) VALUES (3, true, true, false, 'other');

--@test: LIKE over NULL fails
CREATE STREAM s (id INT KEY, t STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, t LIKE 'a%' AS l, NOT t LIKE 'a%' AS n, t LIKE 'a%' OR true AS b, CASE WHEN t LIKE p THEN 1 ELSE 0 END AS c FROM s;
CREATE STREAM not_a AS SELECT id, t FROM s WHERE NOT t LIKE 'a%';
INSERT INTO s (id, p) VALUES (1, 'a%');
INSERT INTO s (id, t) VALUES (2, 'abc');
INSERT INTO s (id, t, p) VALUES (3, 'xyz', 'x%');
ASSERT VALUES o (id, l, n, b, c) VALUES (1, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, l, n, b, c) VALUES (2, true, false, true, NULL);
ASSERT VALUES o (id, l, n, b, c) VALUES (3, false, true, true, 1);
ASSERT VALUES not_a (id, t) VALUES (3, 'xyz');

--@test: a pattern that ends in its escape character fails on each row
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, t LIKE 'a!' ESCAPE '!' AS l FROM s;
INSERT INTO s (id, t) VALUES (1, 'a!');
ASSERT VALUES o (id, l) VALUES (1, NULL);

--@test: text + NULL counts NULL as a text
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + '-' + b AS x, a + b IS NULL AS n, COALESCE(a + b, '?') AS c, CONCAT(a, '-', b) AS k FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, b) VALUES (2, 'b');
INSERT INTO s (id, a, b) VALUES (3, 'a', 'b');
ASSERT VALUES o (id, x, n, c, k) VALUES (1, 'null-null', false, 'nullnull', '-');
ASSERT VALUES o (id, x, n, c, k) VALUES (2, 'null-b', false, 'nullb', '-b');
ASSERT VALUES o (id, x, n, c, k) VALUES (3, 'a-b', false, 'ab', 'a-b');

--@test: NULL on the left of a comparison decides before the right side can fail
CREATE STREAM s (id INT KEY, v INT, w INT, d DATE, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v = 1 / w AS l, 1 / w = v AS r, v IS DISTINCT FROM 1 / w AS i, d = 'x' AS d, d < t AS t, d IS DISTINCT FROM 'x' AS dd FROM s;
INSERT INTO s (id, w, t) VALUES (1, 0, 'y');
INSERT INTO s (id, v, w, d, t) VALUES (2, 1, 1, '2020-01-02', '2020-01-03');
INSERT INTO s (id, v, w, d, t) VALUES (3, 1, 0, '2020-01-02', 'y');
ASSERT VALUES o (id, l, r, i, d, t, dd) VALUES (1, false, NULL, NULL, false, false, true);
ASSERT VALUES o (id, l, r, i, d, t, dd) VALUES (2, true, true, false, NULL, true, NULL);
ASSERT VALUES o (id, l, r, i, d, t, dd) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: in WHERE what fails anywhere drops the row, in the same expression of SELECT it does not
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM a AS SELECT id, v FROM s WHERE NOT (CAST(t AS INT) = 1);
CREATE STREAM b AS SELECT id, v FROM s WHERE COALESCE(ABS(v + 1), 7) > 0;
CREATE STREAM c AS SELECT id, v FROM s WHERE v IS NULL OR 10 / v > 1;
CREATE STREAM o AS SELECT id, NOT (CAST(t AS INT) = 1) AS a, COALESCE(ABS(v + 1), 7) > 0 AS b FROM s;
INSERT INTO s (id, t) VALUES (1, 'x');
INSERT INTO s (id, v, t) VALUES (2, 0, '2');
INSERT INTO s (id, v) VALUES (3, 2);
ASSERT VALUES a (id, v) VALUES (2, 0);
ASSERT VALUES a (id, v) VALUES (3, 2);
ASSERT VALUES b (id, v) VALUES (2, 0);
ASSERT VALUES b (id, v) VALUES (3, 2);
ASSERT VALUES c (id, v) VALUES (1, NULL);
ASSERT VALUES c (id, v) VALUES (3, 2);
ASSERT VALUES o (id, a, b) VALUES (1, true, true);
ASSERT VALUES o (id, a, b) VALUES (2, true, true);
ASSERT VALUES o (id, a, b) VALUES (3, true, true);

--@test: a table's row that comes to fail in WHERE is taken back
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t WHERE CAST(10 / v AS INT) IS NOT NULL;
INSERT INTO t (id, v) VALUES (1, 5);
INSERT INTO t (id, v) VALUES (1, 0);
INSERT INTO t (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 5);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: HAVING that fails drops the group's row
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id HAVING COALESCE(ABS(10 / SUM(v)), 1) > 0;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, -1);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, n) VALUES (1, 1);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, n) VALUES (1, 3);

--@test: arguments of aggregates are results, with scopes inside
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(10 / v) AS n, SUM(COALESCE(ABS(10 / v), 100)) AS rescued, COUNT(COALESCE(10 / v, 100)) AS failed, COLLECT_LIST(ARRAY[10 / v]) AS parts FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, n, rescued, failed, parts) VALUES (1, 0, 100, 0, ARRAY[ARRAY[CAST(NULL AS INT)]]);
ASSERT VALUES o (id, n, rescued, failed, parts) VALUES (1, 1, 102, 1, ARRAY[ARRAY[CAST(NULL AS INT)], ARRAY[2]]);

--@test: keys of groups with scopes inside
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE a AS SELECT COALESCE(10 / v, -1) AS k, COUNT(*) AS n FROM s GROUP BY COALESCE(10 / v, -1);
CREATE TABLE b AS SELECT COALESCE(ABS(10 / v), -1) AS k, COUNT(*) AS n FROM s GROUP BY COALESCE(ABS(10 / v), -1);
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 5);
INSERT INTO s (id, v) VALUES (3, 0);
ASSERT VALUES a (k, n) VALUES (2, 1);
ASSERT VALUES b (k, n) VALUES (-1, 1);
ASSERT VALUES b (k, n) VALUES (2, 1);
ASSERT VALUES b (k, n) VALUES (-1, 2);

--@test: a key of PARTITION BY that fails is NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT 10 / v AS q, id FROM s PARTITION BY 10 / v;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT VALUES o (q, id) VALUES (NULL, 1);
ASSERT VALUES o (q, id) VALUES (2, 2);

--@test: elements of a table function's array are scopes
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(ARRAY[10 / v, v + 1]) AS e FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id) VALUES (2);
ASSERT VALUES o (id, e) VALUES (1, NULL);
ASSERT VALUES o (id, e) VALUES (1, 1);
ASSERT VALUES o (id, e) VALUES (2, NULL);
ASSERT VALUES o (id, e) VALUES (2, NULL);

--@test: a lambda's failure is that of its call, but for scopes in the body
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => 10 / x) AS t, TRANSFORM(a, x => COALESCE(ABS(10 / x), -1)) AS u, FILTER(a, x => CAST(x AS STRING) LIKE '5%') AS f, REDUCE(a, 0, (s, x) => s + x) AS r FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[5, 0]);
INSERT INTO s (id, a) VALUES (2, ARRAY[5, NULL]);
INSERT INTO s (id, a) VALUES (3, ARRAY[5, 2]);
ASSERT VALUES o (id, t, u, f, r) VALUES (1, NULL, ARRAY[2, -1], ARRAY[5], 5);
ASSERT VALUES o (id, t, u, f, r) VALUES (2, NULL, ARRAY[2, -1], NULL, NULL);
ASSERT VALUES o (id, t, u, f, r) VALUES (3, ARRAY[2, 5], ARRAY[2, 5], ARRAY[5], 7);

--@test: without inner scopes the whole expression is NULL
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM s (id INT KEY, v INT, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(ABS(10 / v), 7) AS c, ARRAY[10 / v, 1] AS a, CAST(t AS INT) IS NULL AS n, v + 1 AS sum FROM s;
INSERT INTO s (id, v, t) VALUES (1, 0, 'x');
INSERT INTO s (id, v, t) VALUES (2, 5, '1');
ASSERT VALUES o (id, c, a, n, sum) VALUES (1, NULL, NULL, NULL, 1);
ASSERT VALUES o (id, c, a, n, sum) VALUES (2, 2, ARRAY[2, 1], false, 6);

--@test: the setting counts when a query is made, for that query
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM one AS SELECT id, ARRAY[10 / v, 1] AS a FROM s;
UNSET 'ksql.nested.error.set.null';
CREATE STREAM each_part AS SELECT id, ARRAY[10 / v, 1] AS a FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES one (id, a) VALUES (1, NULL);
ASSERT VALUES each_part (id, a) VALUES (1, ARRAY[NULL, 1]);

--@test: NaN and the infinities
CREATE STREAM s (id INT KEY, d DOUBLE, e DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, d / e <> 1e0 AS ne, d / e = d / e AS eq, d / e IS DISTINCT FROM d / e AS i, d / e > 1e0 AS gt, d / e > 1.5 AS dec, d / e <= 1.5 AS le FROM s;
INSERT INTO s (id, d, e) VALUES (1, 0e0, 0e0);
INSERT INTO s (id, d, e) VALUES (2, 1e0, 0e0);
INSERT INTO s (id, d, e) VALUES (3, 3e0, 2e0);
ASSERT VALUES o (id, ne, eq, i, gt, dec, le) VALUES (1, false, false, false, false, NULL, NULL);
ASSERT VALUES o (id, ne, eq, i, gt, dec, le) VALUES (2, true, true, false, true, NULL, NULL);
ASSERT VALUES o (id, ne, eq, i, gt, dec, le) VALUES (3, true, true, false, true, false, true);

--@test: operands of two types
CREATE STREAM s (id INT KEY, t STRING, d DATE, n DECIMAL(4, 2), a ARRAY<INT>, b ARRAY<STRING>, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, t IN (d) AS i, n BETWEEN '1' AND '2' AS b, t BETWEEN 0 AND 9 AS f, a = b AS eq, m[1] AS m FROM s;
INSERT INTO s (id, t, d, n, a, b, m) VALUES (1, '1970-01-02', '1970-01-02', 1.50, ARRAY[1], ARRAY['1'], MAP('1' := 5));
INSERT INTO s (id, t, d, n, a, b) VALUES (2, 'x', '1970-01-02', 3.00, ARRAY[CAST(NULL AS INT)], ARRAY[CAST(NULL AS STRING)]);
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, i, b, f, eq, m) VALUES (1, true, true, NULL, false, NULL);
ASSERT VALUES o (id, i, b, f, eq, m) VALUES (2, false, false, NULL, true, NULL);
ASSERT VALUES o (id, i, b, f, eq, m) VALUES (3, false, false, false, false, NULL);

--@test: arguments of one type variable have one type
--@expected.error: KsqlException
--@expected.message: Function 'COALESCE' does not accept parameters (BIGINT, INTEGER).
CREATE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(v, 0) AS c FROM s;

--@test: a bare NULL has no type that a result could have
--@expected.error: KsqlException
--@expected.message: Function 'IFNULL' does not accept parameters (INTEGER, null).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IFNULL(v, NULL) AS c FROM s;
