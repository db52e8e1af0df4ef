-- SPDX-License-Identifier: Apache-2.0
-- Arrays, maps and structs: declared, written, read, taken apart and put together.

--@test: deeply nested columns come through as they are
CREATE STREAM s (id INT KEY, d STRUCT<a ARRAY<STRUCT<x INT, y MAP<STRING, ARRAY<STRING>>>>, b MAP<STRING, STRUCT<z DOUBLE>>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (id, d) VALUES (1, STRUCT(a := ARRAY[STRUCT(x := 1, y := MAP('k' := ARRAY['p', 'q']))], b := MAP('m' := STRUCT(z := 1.5E0))));
ASSERT VALUES o (id, d) VALUES (1, STRUCT(a := ARRAY[STRUCT(x := 1, y := MAP('k' := ARRAY['p', 'q']))], b := MAP('m' := STRUCT(z := 1.5E0))));

--@test: a path through arrays, maps and structs
CREATE STREAM s (id INT KEY, d ARRAY<MAP<STRING, STRUCT<x INT, l ARRAY<INT>>>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, d[1]['k']->x AS x, d[1]['k']->l[2] AS second, d[-1]['none']->x AS nothing, d[9]['k']->l[1] AS neither FROM s;
INSERT INTO s (id, d) VALUES (1, ARRAY[MAP('k' := STRUCT(x := 5, l := ARRAY[7, 8]))]);
ASSERT VALUES o (id, x, second, nothing, neither) VALUES (1, 5, 8, NULL, NULL);

--@test: NULL at every level
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, r STRUCT<x INT, y STRUCT<z INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a[1] AS a1, m['k'] AS k, r->x AS x, r->y->z AS z, a IS NULL AS no_a, r IS NULL AS no_r FROM s;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id, a, m, r) VALUES (2, ARRAY[CAST(NULL AS INT)], MAP('k' := CAST(NULL AS INT)), STRUCT(x := CAST(NULL AS INT), y := CAST(NULL AS STRUCT<z INT>)));
INSERT INTO s (id, r) VALUES (3, STRUCT(x := 1, y := STRUCT(z := 2)));
ASSERT VALUES o (id, a1, k, x, z, no_a, no_r) VALUES (1, NULL, NULL, NULL, NULL, true, true);
ASSERT VALUES o (id, a1, k, x, z, no_a, no_r) VALUES (2, NULL, NULL, NULL, NULL, false, false);
ASSERT VALUES o (id, a1, k, x, z, no_a, no_r) VALUES (3, NULL, NULL, 1, 2, true, false);

--@test: names of fields keep their case where they are quoted
CREATE STREAM s (id INT KEY, r STRUCT<`camelCase` INT, plain INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, r->`camelCase`, r->plain FROM s;
INSERT INTO s (id, r) VALUES (1, STRUCT(`camelCase` := 1, plain := 2));
ASSERT STREAM o (id INT KEY, `camelCase` INT, plain INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, `camelCase`, plain) VALUES (1, 1, 2);

--@test: fields of one name get numbers
CREATE STREAM s (id INT KEY, a STRUCT<x INT>, b STRUCT<x INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a->x, b->x FROM s;
INSERT INTO s (id, a, b) VALUES (1, STRUCT(x := 1), STRUCT(x := 2));
ASSERT VALUES o (id, x, x_1) VALUES (1, 1, 2);

--@test: all fields of a struct
CREATE STREAM s (id INT KEY, r STRUCT<a INT, b STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, r->* FROM s;
INSERT INTO s (id, r) VALUES (1, STRUCT(a := 1, b := 'x'));
ASSERT STREAM o (id INT KEY, a INT, b STRING) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, a, b) VALUES (1, 1, 'x');

--@test: columns become an array, a map and a struct
CREATE STREAM s (id INT KEY, a INT, b BIGINT, c STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[a, b] AS l, MAP('a' := a, c := 7) AS m, STRUCT(num := a, txt := c) AS r FROM s;
INSERT INTO s (id, a, b, c) VALUES (1, 1, 3000000000, 'k');
ASSERT STREAM o (id INT KEY, l ARRAY<BIGINT>, m MAP<STRING, INT>, r STRUCT<num INT, txt STRING>) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, l, m, r) VALUES (1, ARRAY[CAST(1 AS BIGINT), 3000000000], MAP('a' := 1, 'k' := 7), STRUCT(num := 1, txt := 'k'));

--@test: a type with a name is the type it stands for
CREATE TYPE point AS STRUCT<x INT, y INT>;
CREATE TYPE path AS ARRAY<point>;
CREATE STREAM s (id INT KEY, p path) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p[1]->x + p[-1]->y AS n FROM s;
ASSERT STREAM s (id INT KEY, p ARRAY<STRUCT<x INT, y INT>>) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, p) VALUES (1, ARRAY[STRUCT(x := 1, y := 2), STRUCT(x := 10, y := 20)]);
ASSERT VALUES o (id, n) VALUES (1, 21);

--@test: a struct as the key
CREATE STREAM s (k STRUCT<a INT, b STRING> KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'x'), 1);
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'y'), 1);
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'x'), 1);
ASSERT VALUES o (k, n) VALUES (STRUCT(a := 1, b := 'x'), 1);
ASSERT VALUES o (k, n) VALUES (STRUCT(a := 1, b := 'y'), 1);
ASSERT VALUES o (k, n) VALUES (STRUCT(a := 1, b := 'x'), 2);

--@test: an array as the key
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT a, id FROM s PARTITION BY a;
INSERT INTO s (id, a) VALUES (1, ARRAY[3, 4]);
ASSERT VALUES o (a, id) VALUES (ARRAY[3, 4], 1);

--@test: grouping by a field and by an element
CREATE STREAM s (id INT KEY, r STRUCT<g STRING>, a ARRAY<INT>) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT r->g, a[1] AS first, COUNT(*) AS n FROM s GROUP BY r->g, a[1];
INSERT INTO s (id, r, a) VALUES (1, STRUCT(g := 'x'), ARRAY[1, 2]);
INSERT INTO s (id, r, a) VALUES (2, STRUCT(g := 'x'), ARRAY[1, 3]);
INSERT INTO s (id, r, a) VALUES (3, STRUCT(g := 'x'), ARRAY[2]);
ASSERT VALUES o (g, first, n) VALUES ('x', 1, 1);
ASSERT VALUES o (g, first, n) VALUES ('x', 1, 2);
ASSERT VALUES o (g, first, n) VALUES ('x', 2, 1);

--@test: rows by equality of nested values
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a FROM s WHERE a = ARRAY[1, 2] AND m = MAP('b' := 2, 'a' := 1);
INSERT INTO s (id, a, m) VALUES (1, ARRAY[1, 2], MAP('a' := 1));
INSERT INTO s (id, a, m) VALUES (2, ARRAY[2, 1], MAP('a' := 1, 'b' := 2));
INSERT INTO s (id, a, m) VALUES (3, ARRAY[1, 2], MAP('a' := 1, 'b' := 2));
ASSERT VALUES o (id, a) VALUES (3, ARRAY[1, 2]);

--@test: lambdas over nested columns
CREATE STREAM s (id INT KEY, a ARRAY<STRUCT<n STRING, c INT>>, m MAP<STRING, INT>, f INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, e => e->n) AS names, REDUCE(a, 0, (t, e) => t + e->c) AS total, FILTER(m, (k, v) => v > f) AS large, TRANSFORM(m, (k, v) => UCASE(k), (k, v) => v * f) AS scaled FROM s;
INSERT INTO s (id, a, m, f) VALUES (1, ARRAY[STRUCT(n := 'x', c := 3), STRUCT(n := 'y', c := 4)], MAP('p' := 1, 'q' := 5), 2);
ASSERT VALUES o (id, names, total, large, scaled) VALUES (1, ARRAY['x', 'y'], 7, MAP('q' := 5), MAP('P' := 2, 'Q' := 10));

--@test: casts of whole collections
CREATE STREAM s (id INT KEY, a ARRAY<INT>, r STRUCT<x INT, y STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS ARRAY<STRING>) AS texts, CAST(a AS STRING) AS text, CAST(r AS STRUCT<y STRING, z INT>) AS other FROM s;
INSERT INTO s (id, a, r) VALUES (1, ARRAY[1, NULL], STRUCT(x := 1, y := 'v'));
ASSERT VALUES o (id, texts, text, other) VALUES (1, ARRAY['1', NULL], '[1, null]', STRUCT(y := 'v', z := CAST(NULL AS INT)));

--@test: collections through functions
CREATE STREAM s (id INT KEY, a ARRAY<STRING>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_UNION(a, b) AS u, ARRAY_INTERSECT(a, b) AS i, ARRAY_EXCEPT(a, b) AS e, ARRAY_JOIN(ARRAY_SORT(ARRAY_CONCAT(a, b)), '') AS j, ARRAY_CONTAINS(a, 'z') AS z FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY['c', 'a', 'c'], ARRAY['b', 'c']);
ASSERT VALUES o (id, u, i, e, j, z) VALUES (1, ARRAY['c', 'a', 'b'], ARRAY['c'], ARRAY['a'], 'abccc', false);

--@test: a field that is not there
--@expected.error: KsqlException
--@expected.message: Could not find field 'NOPE' in
CREATE STREAM s (id INT KEY, r STRUCT<x INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, r->nope FROM s;

--@test: a field of what is no struct
--@expected.error: KsqlException
--@expected.message: Expected STRUCT type, got: INTEGER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v->x FROM s;

--@test: keys of a map that are no texts
--@expected.error: KsqlException
--@expected.message: JSON only supports MAP types with STRING keys
CREATE STREAM s (id INT KEY, m MAP<INT, INT>) WITH (kafka_topic='s', value_format='JSON');

--@test: nested types in DELIMITED
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='DELIMITED');

--@test: a type that is registered twice
--@expected.error: KsqlException
--@expected.message: Cannot register custom type 'POINT' since it is already registered with type:
CREATE TYPE point AS STRUCT<x INT, y INT>;
CREATE TYPE point AS STRUCT<x INT>;

--@test: a map with the same key twice
--@expected.error: KsqlException
--@expected.message: Map constructor has the same key twice
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP('a' := v, 'b' := 1, 'a' := 2) AS m FROM s;
