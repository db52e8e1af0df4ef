-- SPDX-License-Identifier: Apache-2.0
-- Types, casts and coercion.

--@test: every simple type goes through JSON
CREATE STREAM s (id INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, n DECIMAL(6, 2), s STRING, y BYTES, dt DATE, tm TIME, ts TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (id, b, i, l, d, n, s, y, dt, tm, ts) VALUES (1, true, -5, 9223372036854775807, 1.0E-5, 12.34, 'é', 'IQ==', '2020-02-29', '10:30:15', '2020-02-29T10:30:15.123');
ASSERT VALUES o (id, b, i, l, d, n, s, y, dt, tm, ts) VALUES (1, true, -5, 9223372036854775807, 1.0E-5, 12.34, 'é', 'IQ==', '2020-02-29', '10:30:15', '2020-02-29T10:30:15.123');

--@test: casts
CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS INT) AS i, CAST(v AS DOUBLE) AS d, CAST(v AS DECIMAL(5, 2)) AS n, CAST(id AS STRING) AS s FROM s;
INSERT INTO s (id, v) VALUES (1, '42');
INSERT INTO s (id, v) VALUES (2, 'x');
ASSERT VALUES o (id, i, d, n, s) VALUES (1, 42, 42.0, 42.00, '1');
ASSERT VALUES o (id, i, d, n, s) VALUES (2, NULL, NULL, NULL, '2');

--@test: numbers widen
CREATE STREAM s (id INT KEY, i INT, l BIGINT, n DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i + l AS il, i + n AS i_n, l / 2 AS half FROM s;
INSERT INTO s (id, i, l, n) VALUES (1, 1, 5, 1.25);
ASSERT STREAM o (id INT KEY, il BIGINT, i_n DECIMAL(13, 2), half BIGINT) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, il, i_n, half) VALUES (1, 6, 2.25, 2);

--@test: DECIMAL keeps its scale
CREATE STREAM s (id INT KEY, a DECIMAL(6, 2), b DECIMAL(6, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS plus, a * b AS times FROM s;
INSERT INTO s (id, a, b) VALUES (1, 1.10, 2.20);
ASSERT STREAM o (id INT KEY, plus DECIMAL(7, 2), times DECIMAL(13, 4)) WITH (kafka_topic='O', value_format='JSON');
ASSERT VALUES o (id, plus, times) VALUES (1, 3.30, 2.4200);

--@test: a division by zero is NULL for that row alone
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 10 / v AS q FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT VALUES o (id, q) VALUES (1, NULL);
ASSERT VALUES o (id, q) VALUES (2, 2);

--@test: a registered type
CREATE TYPE address AS STRUCT<street STRING, town STRING>;
CREATE STREAM s (id INT KEY, a address) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a->town FROM s;
INSERT INTO s (id, a) VALUES (1, STRUCT(street := 'High Street', town := 'Oxford'));
ASSERT VALUES o (id, town) VALUES (1, 'Oxford');

--@test: an unknown type
--@expected.error: KsqlException
CREATE STREAM s (id INT KEY, a nonsense) WITH (kafka_topic='s', value_format='JSON');

--@test: a value of another type
--@expected.error: KsqlException
--@expected.message: Expected type INTEGER for field `V` but got STRING
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 'x');

--@test: a map cannot be a key
--@expected.error: KsqlException
--@expected.message: Map keys, including types that contain maps, are not supported
CREATE STREAM s (id MAP<STRING, INT> KEY, v INT) WITH (kafka_topic='s', format='JSON');
