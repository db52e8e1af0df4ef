-- SPDX-License-Identifier: Apache-2.0
-- Tables: the latest value of each key, deletions, filters that take rows back.

--@test: a table is copied change by change
CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, LCASE(v) AS v FROM t;
INSERT INTO t (id, v) VALUES (1, 'A');
INSERT INTO t (id, v) VALUES (2, 'B');
INSERT INTO t (id, v) VALUES (1, 'C');
ASSERT VALUES o (id, v) VALUES (1, 'a');
ASSERT VALUES o (id, v) VALUES (2, 'b');
ASSERT VALUES o (id, v) VALUES (1, 'c');

--@test: a row that no longer fits is deleted
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t WHERE v > 0;
INSERT INTO t (id, v) VALUES (1, 1);
INSERT INTO t (id, v) VALUES (1, 0);
INSERT INTO t (id, v) VALUES (2, 0);
INSERT INTO t (id, v) VALUES (1, 2);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: tables need a primary key
--@expected.error: KsqlException
--@expected.message: Tables require a PRIMARY KEY.
CREATE TABLE t (id INT, v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: KEY is the word of streams
--@expected.error: KsqlException
--@expected.message: please use 'PRIMARY KEY' for tables
CREATE TABLE t (id INT KEY, v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: a NULL key in a table
--@expected.error: KsqlException
--@expected.message: is required for tables
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (v) VALUES (1);

--@test: a source table is read only
--@expected.error: KsqlException
--@expected.message: Cannot insert values into read-only table: T
CREATE SOURCE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (id, v) VALUES (1, 1);
