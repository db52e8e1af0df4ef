-- SPDX-License-Identifier: Apache-2.0
-- Table-table joins by a foreign key: one row for each row of the left table.
-- A row that must not come out is followed by one that does: an ASSERT takes the next record.

--@test: a change of the right side reaches every row that refers to it
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, cid, name FROM orders JOIN customers ON customer = cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO orders (id, customer) VALUES (2, 100);
INSERT INTO orders (id, customer) VALUES (3, 200);
INSERT INTO customers (cid, name) VALUES (100, 'Bea');
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Ann');
ASSERT VALUES o (id, cid, name) VALUES (2, 100, 'Ann');
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Bea');
ASSERT VALUES o (id, cid, name) VALUES (2, 100, 'Bea');

--@test: a deleted partner takes its rows back
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE known AS SELECT * FROM customers WHERE name <> '';
CREATE TABLE o AS SELECT id, cid, name FROM orders JOIN known ON customer = cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO customers (cid, name) VALUES (100, '');
INSERT INTO customers (cid, name) VALUES (100, 'Bea');
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Ann');
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Bea');

--@test: LEFT keeps the row of a deleted partner
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE known AS SELECT * FROM customers WHERE name <> '';
CREATE TABLE o AS SELECT id, customer, name FROM orders LEFT JOIN known ON customer = cid;
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO customers (cid, name) VALUES (100, '');
INSERT INTO orders (id, customer) VALUES (1, 300);
ASSERT VALUES o (id, customer, name) VALUES (1, 100, NULL);
ASSERT VALUES o (id, customer, name) VALUES (1, 100, 'Ann');
ASSERT VALUES o (id, customer, name) VALUES (1, 100, NULL);
ASSERT VALUES o (id, customer, name) VALUES (1, 300, NULL);

--@test: LEFT keeps a row whose key is NULL
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, customer, name FROM orders LEFT JOIN customers ON customer = cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, customer) VALUES (1, NULL);
INSERT INTO orders (id, customer) VALUES (1, 100);
ASSERT VALUES o (id, customer, name) VALUES (1, NULL, NULL);
ASSERT VALUES o (id, customer, name) VALUES (1, 100, 'Ann');

--@test: a deleted row on the left
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE live AS SELECT * FROM orders WHERE customer > 0;
CREATE TABLE o AS SELECT id, cid, name FROM live JOIN customers ON customer = cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO orders (id, customer) VALUES (1, 0);
INSERT INTO customers (cid, name) VALUES (100, 'Bea');
INSERT INTO orders (id, customer) VALUES (2, 100);
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Ann');
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, cid, name) VALUES (2, 100, 'Bea');

--@test: a row that turns to another partner leaves the old one
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, cid, name FROM orders JOIN customers ON customer = cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO customers (cid, name) VALUES (200, 'Bob');
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO orders (id, customer) VALUES (1, 200);
INSERT INTO customers (cid, name) VALUES (100, 'not looked at');
INSERT INTO customers (cid, name) VALUES (200, 'Ben');
ASSERT VALUES o (id, cid, name) VALUES (1, 100, 'Ann');
ASSERT VALUES o (id, cid, name) VALUES (1, 200, 'Bob');
ASSERT VALUES o (id, cid, name) VALUES (1, 200, 'Ben');

--@test: by an expression over the left table
CREATE TABLE orders (id INT PRIMARY KEY, code STRING) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE kinds (kind STRING PRIMARY KEY, title STRING) WITH (kafka_topic='kinds', value_format='JSON');
CREATE TABLE o AS SELECT id, kind, title FROM orders JOIN kinds ON SUBSTRING(code, 1, 2) = kind;
INSERT INTO kinds (kind, title) VALUES ('bk', 'Book');
INSERT INTO orders (id, code) VALUES (1, 'bk-17');
INSERT INTO orders (id, code) VALUES (2, 'cd-18');
INSERT INTO kinds (kind, title) VALUES ('cd', 'Disc');
ASSERT VALUES o (id, kind, title) VALUES (1, 'bk', 'Book');
ASSERT VALUES o (id, kind, title) VALUES (2, 'cd', 'Disc');

--@test: by a field of a struct
CREATE TABLE orders (id INT PRIMARY KEY, buyer STRUCT<cid INT, note STRING>) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, name, buyer->note AS note FROM orders JOIN customers ON orders.buyer->cid = customers.cid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, buyer) VALUES (1, STRUCT(cid := 100, note := 'gift'));
ASSERT VALUES o (id, name, note) VALUES (1, 'Ann', 'gift');

--@test: then another join by the primary key of the left table
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE states (oid INT PRIMARY KEY, state STRING) WITH (kafka_topic='states', value_format='JSON');
CREATE TABLE o AS SELECT orders.id, name, state FROM orders JOIN customers ON customer = cid LEFT JOIN states ON orders.id = states.oid;
INSERT INTO customers (cid, name) VALUES (100, 'Ann');
INSERT INTO orders (id, customer) VALUES (1, 100);
INSERT INTO states (oid, state) VALUES (1, 'sent');
ASSERT VALUES o (id, name, state) VALUES (1, 'Ann', NULL);
ASSERT VALUES o (id, name, state) VALUES (1, 'Ann', 'sent');

--@test: WHERE over the joined rows
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, total INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, top INT) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, total, top FROM orders JOIN customers ON customer = cid WHERE total > top;
INSERT INTO customers (cid, top) VALUES (100, 10);
INSERT INTO orders (id, customer, total) VALUES (1, 100, 11);
INSERT INTO customers (cid, top) VALUES (100, 12);
INSERT INTO customers (cid, top) VALUES (100, 5);
ASSERT VALUES o (id, total, top) VALUES (1, 11, 10);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (id, total, top) VALUES (1, 11, 5);

--@test: RIGHT is refused
--@expected.error: KsqlException
--@expected.message: RIGHT OUTER JOIN on a foreign key is not supported
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, name FROM orders RIGHT JOIN customers ON customer = cid;

--@test: FULL is refused
--@expected.error: KsqlException
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, name FROM orders FULL OUTER JOIN customers ON customer = cid;

--@test: the left primary key must be selected
--@expected.error: KsqlException
--@expected.message: Primary key column missing in projection. For foreign-key table-table joins,
CREATE TABLE orders (id INT PRIMARY KEY, customer INT) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT customer, name FROM orders JOIN customers ON customer = cid;

--@test: the right side must be its primary key
--@expected.error: KsqlException
--@expected.message: table-table joins require to join on the primary key of the right input table.
CREATE TABLE orders (id INT PRIMARY KEY, customer STRING) WITH (kafka_topic='orders', value_format='JSON');
CREATE TABLE customers (cid INT PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='JSON');
CREATE TABLE o AS SELECT id, name FROM orders JOIN customers ON customer = name;

--@test: a result that the right side causes has the right row's time
CREATE TABLE l (id INT PRIMARY KEY, k INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (rid INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, w FROM l JOIN r ON l.k = r.rid;
INSERT INTO l (ROWTIME, id, k) VALUES (2000, 1, 7);
INSERT INTO r (ROWTIME, rid, w) VALUES (500, 7, 1);
INSERT INTO r (ROWTIME, rid, w) VALUES (9000, 7, 2);
INSERT INTO l (ROWTIME, id, k) VALUES (3000, 1, 7);
ASSERT VALUES o (ROWTIME, id, w) VALUES (500, 1, 1);
ASSERT VALUES o (ROWTIME, id, w) VALUES (9000, 1, 2);
ASSERT VALUES o (ROWTIME, id, w) VALUES (9000, 1, 2);

--@test: INNER unsets only what may have been there
CREATE TABLE l (id INT PRIMARY KEY, k INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (rid INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, w FROM l JOIN r ON l.k = r.rid;
INSERT INTO l (ROWTIME, id, k) VALUES (1, 1, 7);
INSERT INTO l (ROWTIME, id, k) VALUES (2, 1, 7);
INSERT INTO l (ROWTIME, id, k) VALUES (3, 1, 8);
INSERT INTO l (ROWTIME, id) VALUES (4, 1);
INSERT INTO l (ROWTIME, id, k) VALUES (5, 1, 9);
ASSERT NULL VALUES o (ROWTIME, id) KEY (3, 1);
ASSERT NULL VALUES o (ROWTIME, id) KEY (4, 1);
ASSERT NULL VALUES o (ROWTIME, id) KEY (5, 1);

--@test: WHERE after a foreign-key join unsets once
CREATE TABLE l (id INT PRIMARY KEY, k INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (rid INT PRIMARY KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, w FROM l JOIN r ON l.k = r.rid WHERE w > 5;
INSERT INTO l (ROWTIME, id, k) VALUES (1, 1, 7);
INSERT INTO r (ROWTIME, rid, w) VALUES (2, 7, 1);
INSERT INTO r (ROWTIME, rid, w) VALUES (3, 7, 9);
INSERT INTO r (ROWTIME, rid, w) VALUES (4, 7, 2);
INSERT INTO r (ROWTIME, rid, w) VALUES (5, 7, 3);
INSERT INTO r (ROWTIME, rid, w) VALUES (6, 7, 8);
ASSERT VALUES o (ROWTIME, id, w) VALUES (3, 1, 9);
ASSERT NULL VALUES o (ROWTIME, id) KEY (4, 1);
ASSERT VALUES o (ROWTIME, id, w) VALUES (6, 1, 8);
