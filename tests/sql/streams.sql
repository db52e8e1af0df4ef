-- SPDX-License-Identifier: Apache-2.0
-- Filters and projections of streams: what a record becomes, and which records go on.

--@test: a filter keeps the rows for which it is true
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v > 1;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (2, 2);
INSERT INTO s (id, v) VALUES (3, NULL);
INSERT INTO s (id, v) VALUES (4, 3);
ASSERT VALUES o (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (4, 3);

--@test: expressions, aliases and generated names
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS k, a + 1 AS next, UCASE(b), a * 2 FROM s;
INSERT INTO s (id, a, b) VALUES (7, 20, 'x');
ASSERT STREAM o (k INT KEY, next INT, ksql_col_0 STRING, ksql_col_1 INT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (k, next, ksql_col_0, ksql_col_1) VALUES (7, 21, 'X', 40);

--@test: the event time of the record goes on
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (1234, 1, 1);
ASSERT VALUES o (ROWTIME, id, v) VALUES (1234, 1, 1);

--@test: pseudo columns can be read
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROWTIME AS t, ROWPARTITION AS p, ROWOFFSET AS n FROM s;
INSERT INTO s (ROWTIME, id, v) VALUES (10, 1, 1);
INSERT INTO s (ROWTIME, id, v) VALUES (20, 1, 1);
ASSERT VALUES o (id, t, p, n) VALUES (1, 10, 0, 0);
ASSERT VALUES o (id, t, p, n) VALUES (1, 20, 0, 1);

--@test: a column can be the event time
CREATE STREAM s (id INT KEY, happened BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='happened');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, happened) VALUES (1, 1, 500);
ASSERT VALUES o (ROWTIME, id, happened) VALUES (500, 1, 500);

--@test: queries read each other
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b AS SELECT id, v + 1 AS v FROM a;
CREATE STREAM c AS SELECT id, v * 10 AS v FROM b;
INSERT INTO a (id, v) VALUES (1, 1);
ASSERT VALUES c (id, v) VALUES (1, 20);

--@test: two queries write into one stream
CREATE STREAM a (id INT KEY, v INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM b (id INT KEY, v INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM o AS SELECT * FROM a;
INSERT INTO o SELECT id, -v AS v FROM b;
INSERT INTO a (id, v) VALUES (1, 1);
INSERT INTO b (id, v) VALUES (2, 2);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (2, -2);

--@test: arrays, maps and structs
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, r STRUCT<x INT, y STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a[1] AS first, a[-1] AS last, m['k'] AS k, r->x, r->y AS why FROM s;
INSERT INTO s (id, a, m, r) VALUES (1, ARRAY[5, 6, 7], MAP('k' := 9), STRUCT(x := 3, y := 'z'));
ASSERT VALUES o (id, first, last, k, x, why) VALUES (1, 5, 7, 9, 3, 'z');

--@test: a table function makes a row for each element
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS e FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[4, 5]);
INSERT INTO s (id, a) VALUES (2, ARRAY[6]);
ASSERT VALUES o (id, e) VALUES (1, 4);
ASSERT VALUES o (id, e) VALUES (1, 5);
ASSERT VALUES o (id, e) VALUES (2, 6);

--@test: CASE takes the first branch that holds
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v < 10 THEN 'low' WHEN v < 100 THEN 'mid' ELSE 'high' END AS scale FROM s;
INSERT INTO s (id, v) VALUES (1, 9);
INSERT INTO s (id, v) VALUES (1, 99);
INSERT INTO s (id, v) VALUES (1, 999);
ASSERT VALUES o (id, scale) VALUES (1, 'low');
ASSERT VALUES o (id, scale) VALUES (1, 'mid');
ASSERT VALUES o (id, scale) VALUES (1, 'high');

--@test: the key is missing from the projection
--@expected.error: KsqlException
--@expected.message: Key missing from projection
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v FROM s;

--@test: an unknown column
--@expected.error: KsqlException
--@expected.message: SELECT column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, nope FROM s;

--@test: WHERE is no condition
--@expected.error: KsqlException
--@expected.message: Type error in WHERE expression: Should evaluate to boolean but is
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE v + 1;

--@test: aggregates in WHERE
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s WHERE COUNT(*) > 1;

--@test: a text can be the event time
CREATE STREAM s (id INT KEY, happened STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='happened', timestamp_format='yyyy-MM-dd HH:mm:ss');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (ROWTIME, id, happened) VALUES (1, 1, '1970-01-01 00:00:01');
INSERT INTO s (ROWTIME, id, happened) VALUES (2, 2, 'long ago');
INSERT INTO s (ROWTIME, id, happened) VALUES (3, 3, '1970-01-02 00:00:00');
ASSERT VALUES o (ROWTIME, id) VALUES (1000, 1);
ASSERT VALUES o (ROWTIME, id) VALUES (86400000, 3);

--@test: a wrong pattern for the event time
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, happened STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='happened', timestamp_format='nonsense pattern');
