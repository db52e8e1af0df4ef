-- SPDX-License-Identifier: Apache-2.0
-- Functions on texts that hold JSON.

--@test: fields by path
CREATE STREAM s (id INT KEY, j STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXTRACTJSONFIELD(j, '$.a') AS a, EXTRACTJSONFIELD(j, '$.b.c') AS c, EXTRACTJSONFIELD(j, '$.l[1]') AS l, EXTRACTJSONFIELD(j, '$.l[-1]') AS bad, EXTRACTJSONFIELD(j, '$["x y"]') AS q FROM s;
INSERT INTO s (id, j) VALUES (1, '{"a": 1.50, "b": {"c": "text"}, "l": [10, true], "x y": null}');
INSERT INTO s (id, j) VALUES (2, '{"a": "1", "b": [], "l": {"0": 1}}');
INSERT INTO s (id, j) VALUES (3, 'no json');
INSERT INTO s (id) VALUES (4);
ASSERT VALUES o (id, a, c, l) VALUES (1, '1.50', 'text', 'true');
ASSERT VALUES o (id, a, c, l, q) VALUES (2, '1', NULL, NULL, NULL);
ASSERT VALUES o (id, a, c, l, bad, q) VALUES (3, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, a, c, l, bad, q) VALUES (4, NULL, NULL, NULL, NULL, NULL);

--@test: what a text holds
CREATE STREAM s (id INT KEY, j STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IS_JSON_STRING(j) AS i, JSON_ARRAY_LENGTH(j) AS n, JSON_KEYS(j) AS k, JSON_RECORDS(j) AS r, JSON_ITEMS(j) AS items FROM s;
INSERT INTO s (id, j) VALUES (1, '{"b": 1, "a": {"x": []}}');
INSERT INTO s (id, j) VALUES (2, '[1, "two", null]');
INSERT INTO s (id, j) VALUES (3, '5');
INSERT INTO s (id, j) VALUES (4, '{');
INSERT INTO s (id) VALUES (5);
ASSERT VALUES o (id, i, n, k, r, items) VALUES (1, true, NULL, ARRAY['b', 'a'], MAP('b' := '1', 'a' := '{"x":[]}'), NULL);
ASSERT VALUES o (id, i, n, k, r, items) VALUES (2, true, 3, NULL, NULL, ARRAY['1', '"two"', 'null']);
ASSERT VALUES o (id, i, n, k, r, items) VALUES (3, true, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, i, n, k, r, items) VALUES (4, false, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, i, n, k, r, items) VALUES (5, false, NULL, NULL, NULL, NULL);

--@test: elements of an array, by kind
CREATE STREAM s (id INT KEY, j STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_CONTAINS(j, 1) AS i, JSON_ARRAY_CONTAINS(j, '1') AS t, JSON_ARRAY_CONTAINS(j, true) AS b, JSON_ARRAY_CONTAINS(j, 1.5E0) AS d FROM s;
INSERT INTO s (id, j) VALUES (1, '[1, 2]');
INSERT INTO s (id, j) VALUES (2, '["1", true]');
INSERT INTO s (id, j) VALUES (3, '[1.5, [1]]');
INSERT INTO s (id, j) VALUES (4, '{"a": 1}');
ASSERT VALUES o (id, i, t, b, d) VALUES (1, true, false, false, false);
ASSERT VALUES o (id, i, t, b, d) VALUES (2, false, true, true, false);
ASSERT VALUES o (id, i, t, b, d) VALUES (3, false, false, false, true);
ASSERT VALUES o (id, i, t, b, d) VALUES (4, false, false, false, false);

--@test: objects are merged, arrays put together
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_CONCAT(a, b) AS c FROM s;
INSERT INTO s (id, a, b) VALUES (1, '{"x": 1, "y": 2}', '{"y": 3, "z": 4}');
INSERT INTO s (id, a, b) VALUES (2, '[1, 2]', '[3]');
INSERT INTO s (id, a, b) VALUES (3, '[1]', '{"a": 2}');
INSERT INTO s (id, a, b) VALUES (4, '1', '2');
INSERT INTO s (id, a) VALUES (5, '1');
ASSERT VALUES o (id, c) VALUES (1, '{"x":1,"y":3,"z":4}');
ASSERT VALUES o (id, c) VALUES (2, '[1,2,3]');
ASSERT VALUES o (id, c) VALUES (3, '[1,{"a":2}]');
ASSERT VALUES o (id, c) VALUES (4, '[1,2]');
ASSERT VALUES o (id, c) VALUES (5, NULL);

--@test: values as JSON
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, n DECIMAL(4, 2), t STRING, d DATE, ts TIMESTAMP, y BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_JSON_STRING(b) AS b, TO_JSON_STRING(i) AS i, TO_JSON_STRING(n) AS n, TO_JSON_STRING(t) AS t, TO_JSON_STRING(d) AS d, TO_JSON_STRING(ts) AS ts, TO_JSON_STRING(y) AS y FROM s;
INSERT INTO s (id, b, i, n, t, d, ts, y) VALUES (1, true, -5, 1.50, 'a"b\', '2020-02-29', '2020-02-29T10:30:00', 'AQI=');
INSERT INTO s (id) VALUES (2);
ASSERT VALUES o (id, b, i, n, t, d, ts, y) VALUES (1, 'true', '-5', '1.50', '"a\"b\\"', '"2020-02-29"', '"2020-02-29T10:30:00.000"', '"AQI="');
ASSERT VALUES o (id, b, i, n, t, d, ts, y) VALUES (2, 'null', 'null', 'null', 'null', 'null', 'null', 'null');

--@test: collections as JSON, names in order
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, r STRUCT<z INT, a STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_JSON_STRING(a) AS a, TO_JSON_STRING(m) AS m, TO_JSON_STRING(r) AS r FROM s;
INSERT INTO s (id, a, m, r) VALUES (1, ARRAY[1, NULL], MAP('b' := 1, 'a' := 2), STRUCT(z := 1, a := 'x'));
ASSERT VALUES o (id, a, m, r) VALUES (1, '[1,null]', '{"a":2,"b":1}', '{"A":"x","Z":1}');

--@test: there and back
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_LENGTH(TO_JSON_STRING(a)) AS n, CAST(JSON_ITEMS(TO_JSON_STRING(a)) AS ARRAY<INT>) AS again FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[3, 1, 2]);
ASSERT VALUES o (id, n, again) VALUES (1, 3, ARRAY[3, 1, 2]);

--@test: rows by a field of their JSON
CREATE STREAM s (id INT KEY, j STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT EXTRACTJSONFIELD(j, '$.kind') AS kind, COUNT(*) AS n FROM s WHERE CAST(EXTRACTJSONFIELD(j, '$.size') AS INT) > 5 GROUP BY EXTRACTJSONFIELD(j, '$.kind');
INSERT INTO s (id, j) VALUES (1, '{"kind": "a", "size": 6}');
INSERT INTO s (id, j) VALUES (2, '{"kind": "a", "size": 5}');
INSERT INTO s (id, j) VALUES (3, '{"size": 7}');
INSERT INTO s (id, j) VALUES (4, 'broken');
INSERT INTO s (id, j) VALUES (5, '{"size": 8, "kind": "a"}');
ASSERT VALUES o (kind, n) VALUES ('a', 1);
ASSERT VALUES o (kind, n) VALUES ('a', 2);
