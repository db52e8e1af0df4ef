-- SPDX-License-Identifier: Apache-2.0
-- JSON, DELIMITED, KAFKA and NONE: what can be written, and what comes back.

--@test: from JSON to DELIMITED and back
CREATE STREAM s (id INT KEY, a INT, b STRING, c DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM d WITH (value_format='DELIMITED') AS SELECT * FROM s;
CREATE STREAM o WITH (value_format='JSON') AS SELECT * FROM d;
INSERT INTO s (id, a, b, c) VALUES (1, 2, 'x, "y"', 1.5);
INSERT INTO s (id, a) VALUES (2, 3);
ASSERT VALUES o (id, a, b, c) VALUES (1, 2, 'x, "y"', 1.5);
ASSERT VALUES o (id, a, b, c) VALUES (2, 3, NULL, NULL);

--@test: another delimiter
CREATE STREAM s (id INT KEY, a INT, b STRING) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='|');
CREATE STREAM o AS SELECT id, b, a FROM s;
INSERT INTO s (id, a, b) VALUES (1, 2, 'x|y');
ASSERT VALUES o (id, b, a) VALUES (1, 'x|y', 2);

--@test: a single value without an object around it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM o WITH (wrap_single_value=true) AS SELECT * FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, v) VALUES (1, 5);

--@test: keys of several columns
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o WITH (key_format='DELIMITED') AS SELECT * FROM s;
INSERT INTO s (a, b, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, b, v) VALUES (1, 'x', 2);

--@test: the KAFKA format for keys and values
CREATE STREAM s (id BIGINT KEY, v DOUBLE) WITH (kafka_topic='s', format='KAFKA');
CREATE STREAM o AS SELECT id, v * 2 AS v FROM s;
INSERT INTO s (id, v) VALUES (1, 1.25);
ASSERT VALUES o (id, v) VALUES (1, 2.5);

--@test: no key at all
CREATE STREAM s (v INT) WITH (kafka_topic='s', key_format='NONE', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (v) VALUES (1);
ASSERT VALUES o (v) VALUES (1);

--@test: DELIMITED cannot nest
--@expected.error: KsqlException
--@expected.message: The 'DELIMITED' format does not support type 'ARRAY'
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='DELIMITED');

--@test: KAFKA holds one column
--@expected.error: KsqlException
--@expected.message: The 'KAFKA' format only supports a single field.
CREATE STREAM s (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: VALUE_FORMAT is missing
--@expected.error: KsqlException
--@expected.message: Statement is missing the 'VALUE_FORMAT' property
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s');
