-- SPDX-License-Identifier: Apache-2.0
-- Functions on texts and bytes, over columns: ordinary values, NULL, characters of several bytes.

--@test: case, length and trimming
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(t) AS u, LCASE(t) AS l, INITCAP(t) AS i, LEN(t) AS n, TRIM(t) AS r FROM s;
INSERT INTO s (id, t) VALUES (1, ' Hello wOrld ');
INSERT INTO s (id, t) VALUES (2, 'Größe 😀');
INSERT INTO s (id, t) VALUES (3, '');
INSERT INTO s (id) VALUES (4);
ASSERT VALUES o (id, u, l, n, r) VALUES (1, ' HELLO WORLD ', ' hello world ', 13, 'Hello wOrld');
ASSERT VALUES o (id, u, l, i, n, r) VALUES (2, 'GRÖSSE 😀', 'größe 😀', 'Größe 😀', 8, 'Größe 😀');
ASSERT VALUES o (id, u, l, i, n, r) VALUES (3, '', '', '', 0, '');
ASSERT VALUES o (id, u, l, i, n, r) VALUES (4, NULL, NULL, NULL, NULL, NULL);

--@test: parts of a text
CREATE STREAM s (id INT KEY, t STRING, p INT, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(t, p) AS a, SUBSTRING(t, p, n) AS b, LPAD(t, 8, '*') AS l, RPAD(t, 3, '*') AS r FROM s;
INSERT INTO s (id, t, p, n) VALUES (1, 'stream', 3, 2);
INSERT INTO s (id, t, p, n) VALUES (2, 'stream', -3, 2);
INSERT INTO s (id, t, p, n) VALUES (3, 'stream', 9, 1);
INSERT INTO s (id, t, p, n) VALUES (4, 'ab', 1, -1);
INSERT INTO s (id, t, p) VALUES (5, 'ab', 2);
ASSERT VALUES o (id, a, b, l, r) VALUES (1, 'ream', 're', '**stream', 'str');
ASSERT VALUES o (id, a, b, l, r) VALUES (2, 'eam', 'ea', '**stream', 'str');
ASSERT VALUES o (id, a, b, l, r) VALUES (3, '', '', '**stream', 'str');
ASSERT VALUES o (id, a, b, l, r) VALUES (4, 'ab', '', '******ab', 'ab*');
ASSERT VALUES o (id, a, b, l, r) VALUES (5, 'b', NULL, '******ab', 'ab*');

--@test: joining
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a, '-', b) AS c, a || b AS d, CONCAT_WS(', ', a, b) AS w, ELT(2, a, b) AS e, FIELD('x', a, b) AS f FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'p', 'x');
INSERT INTO s (id, b) VALUES (2, 'q');
INSERT INTO s (id, a) VALUES (3, 'x');
ASSERT VALUES o (id, c, d, w, e, f) VALUES (1, 'p-x', 'px', 'p, x', 'x', 2);
ASSERT VALUES o (id, c, d, w, e, f) VALUES (2, '-q', 'q', 'q', 'q', 0);
ASSERT VALUES o (id, c, d, w, e, f) VALUES (3, 'x-', 'x', 'x', NULL, 1);

--@test: searching and replacing
CREATE STREAM s (id INT KEY, t STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INSTR(t, p) AS i, INSTR(t, p, -1) AS last, INSTR(t, p, 1, 2) AS second, REPLACE(t, p, '<>') AS r, SPLIT(t, p) AS s FROM s;
INSERT INTO s (id, t, p) VALUES (1, 'a.b.c', '.');
INSERT INTO s (id, t, p) VALUES (2, 'abc', 'z');
INSERT INTO s (id, t, p) VALUES (3, '€uro€', '€');
ASSERT VALUES o (id, i, last, second, r, s) VALUES (1, 2, 4, 4, 'a<>b<>c', ARRAY['a', 'b', 'c']);
ASSERT VALUES o (id, i, last, second, r, s) VALUES (2, 0, 0, 0, 'abc', ARRAY['abc']);
ASSERT VALUES o (id, i, last, second, r, s) VALUES (3, 1, 5, 5, '<>uro<>', ARRAY['', 'uro', '']);

--@test: masks
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK(t) AS m, MASK(t, '*', NULL, '#', NULL) AS n, MASK_LEFT(t, 4) AS l, MASK_RIGHT(t, 4) AS r, MASK_KEEP_LEFT(t, 4) AS kl, MASK_KEEP_RIGHT(t, 4) AS kr FROM s;
INSERT INTO s (id, t) VALUES (1, 'Card-1234');
INSERT INTO s (id, t) VALUES (2, 'é7');
INSERT INTO s (id) VALUES (3);
ASSERT VALUES o (id, m, n, l, r, kl, kr) VALUES (1, 'Xxxx-nnnn', '*ard-####', 'Xxxx-1234', 'Card-nnnn', 'Card-nnnn', 'Xxxx-1234');
ASSERT VALUES o (id, m, n, l, r, kl, kr) VALUES (2, 'xn', 'é#', 'xn', 'xn', 'é7', 'é7');
ASSERT VALUES o (id, m, n, l, r, kl, kr) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: regular expressions
CREATE STREAM s (id INT KEY, t STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT(p, t) AS e, REGEXP_EXTRACT_ALL(p, t) AS a, REGEXP_REPLACE(t, p, '_') AS r, REGEXP_SPLIT_TO_ARRAY(t, p) AS s FROM s;
INSERT INTO s (id, t, p) VALUES (1, 'a1b22c', '[0-9]+');
INSERT INTO s (id, t, p) VALUES (2, 'abc', 'x');
INSERT INTO s (id, t, p) VALUES (3, 'abc', '(');
ASSERT VALUES o (id, e, a, r, s) VALUES (1, '1', ARRAY['1', '22'], 'a_b_c', ARRAY['a', 'b', 'c']);
ASSERT VALUES o (id, e, r, s) VALUES (2, NULL, 'abc', ARRAY['abc']);
ASSERT VALUES o (id, e, a, r, s) VALUES (3, NULL, NULL, NULL, NULL);

--@test: no match is an empty list to other functions too
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(REGEXP_EXTRACT_ALL('[0-9]', t)) AS a, ARRAY_MAX(REGEXP_EXTRACT_ALL('[0-9]', t)) AS m, ARRAY_LENGTH(ARRAY_DISTINCT(REGEXP_EXTRACT_ALL('[0-9]', t))) AS n, ARRAY_JOIN(REGEXP_EXTRACT_ALL('[0-9]', t), ',') AS j, ARRAY_LENGTH(ARRAY_UNION(REGEXP_EXTRACT_ALL('[0-9]', t), REGEXP_EXTRACT_ALL('[0-9]', t))) AS u, TRANSFORM(REGEXP_EXTRACT_ALL('[0-9]', t), x => x + 'a') AS f FROM s;
INSERT INTO s (id, t) VALUES (1, 'abc');
INSERT INTO s (id, t) VALUES (2, '21');
ASSERT VALUES o (id, a, m, n, j, u, f) VALUES (1, ARRAY_EXCEPT(ARRAY['x'], ARRAY['x']), NULL, 0, '', 0, ARRAY_EXCEPT(ARRAY['x'], ARRAY['x']));
ASSERT VALUES o (id, a, m, n, j, u, f) VALUES (2, ARRAY['1', '2'], '2', 2, '2,1', 2, ARRAY['2a', '1a']);

--@test: groups of regular expressions
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_EXTRACT('(\w+)@(\w+)', t, 2) AS host, REGEXP_REPLACE(t, '(\w+)@(\w+)', '$2 at $1') AS turned, REGEXP_EXTRACT('(?i)ANN', t) AS who, REGEXP_EXTRACT('a', t, 5) AS none FROM s;
INSERT INTO s (id, t) VALUES (1, 'ann@home');
ASSERT VALUES o (id, host, turned, who, none) VALUES (1, 'home', 'home at ann', 'ann', NULL);

--@test: bytes and their texts
CREATE STREAM s (id INT KEY, y BYTES, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FROM_BYTES(y, 'hex') AS h, FROM_BYTES(y, 'base64') AS b, FROM_BYTES(TO_BYTES(t, 'utf8'), 'hex') AS u, LEN(y) AS n, SUBSTRING(y, 2) AS rest, MD5(t) AS m FROM s;
INSERT INTO s (id, y, t) VALUES (1, 'AQID', 'abc');
INSERT INTO s (id, y, t) VALUES (2, '', 'é');
ASSERT VALUES o (id, h, b, u, n, rest, m) VALUES (1, '010203', 'AQID', '616263', 3, 'AgM=', '900150983cd24fb0d6963f7d28e17f72');
ASSERT VALUES o (id, h, b, u, n, rest) VALUES (2, '', '', 'C3A9', 0, '');

--@test: numbers from bytes
CREATE STREAM s (id INT KEY, y BYTES, l BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INT_FROM_BYTES(y) AS b, INT_FROM_BYTES(y, 'LITTLE_ENDIAN') AS e, BIGINT_FROM_BYTES(l) AS l, DOUBLE_FROM_BYTES(l) AS d FROM s;
INSERT INTO s (id, y, l) VALUES (1, 'AAAAAQ==', 'P/gAAAAAAAA=');
INSERT INTO s (id, y, l) VALUES (2, 'AQ==', 'AQ==');
ASSERT VALUES o (id, b, e, l, d) VALUES (1, 1, 16777216, 4609434218613702656, 1.5);
ASSERT VALUES o (id, b, e, l, d) VALUES (2, NULL, NULL, NULL, NULL);

--@test: transcoding
CREATE STREAM s (id INT KEY, t STRING, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENCODE(t, a, b) AS e FROM s;
INSERT INTO s (id, t, a, b) VALUES (1, 'ksql', 'utf8', 'hex');
INSERT INTO s (id, t, a, b) VALUES (2, '6b73716c', 'hex', 'ascii');
INSERT INTO s (id, t, a, b) VALUES (3, 'a3NxbA==', 'base64', 'utf8');
INSERT INTO s (id, t, a, b) VALUES (4, 'zz', 'hex', 'utf8');
INSERT INTO s (id, t, a, b) VALUES (5, 'x', 'morse', 'utf8');
ASSERT VALUES o (id, e) VALUES (1, '6b73716c');
ASSERT VALUES o (id, e) VALUES (2, 'ksql');
ASSERT VALUES o (id, e) VALUES (3, 'ksql');
ASSERT VALUES o (id, e) VALUES (4, NULL);
ASSERT VALUES o (id, e) VALUES (5, NULL);

--@test: the parts of a URL
CREATE STREAM s (id INT KEY, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_EXTRACT_PROTOCOL(u) AS p, URL_EXTRACT_HOST(u) AS h, URL_EXTRACT_PORT(u) AS n, URL_EXTRACT_PATH(u) AS w, URL_EXTRACT_QUERY(u) AS q, URL_EXTRACT_FRAGMENT(u) AS f, URL_EXTRACT_PARAMETER(u, 'a') AS a FROM s;
INSERT INTO s (id, u) VALUES (1, 'http://localhost:8080/x/y?a=1%202&b=2#end');
INSERT INTO s (id, u) VALUES (2, 'mailto:ann');
INSERT INTO s (id, u) VALUES (3, 'no url');
ASSERT VALUES o (id, p, h, n, w, q, f, a) VALUES (1, 'http', 'localhost', 8080, '/x/y', 'a=1 2&b=2', 'end', '1 2');
ASSERT VALUES o (id, p, h, n, q, f, a) VALUES (2, 'mailto', NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, p, h, n, w, q, f, a) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: texts in URLs
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_ENCODE_PARAM(t) AS e, URL_DECODE_PARAM(URL_ENCODE_PARAM(t)) = t AS same FROM s;
INSERT INTO s (id, t) VALUES (1, 'a b&c=é/~');
ASSERT VALUES o (id, e, same) VALUES (1, 'a+b%26c%3D%C3%A9%2F%7E', true);

--@test: LIKE with patterns from columns
CREATE STREAM s (id INT KEY, t STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, t LIKE p AS l, t NOT LIKE p AS n, t LIKE 'a!_%' ESCAPE '!' AS e FROM s;
INSERT INTO s (id, t, p) VALUES (1, 'a_b', 'a__');
INSERT INTO s (id, t, p) VALUES (2, 'axb', '%y%');
INSERT INTO s (id, t, p) VALUES (3, '😀', '_');
ASSERT VALUES o (id, l, n, e) VALUES (1, true, false, true);
ASSERT VALUES o (id, l, n, e) VALUES (2, false, true, false);
ASSERT VALUES o (id, l, n, e) VALUES (3, true, false, false);

--@test: a function that is not there
--@expected.error: KsqlException
--@expected.message: Can't find any functions with the name 'NOPE'
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, nope(t) FROM s;

--@test: arguments that a function does not take
--@expected.error: KsqlException
--@expected.message: Function 'len' does not accept parameters (INTEGER).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(v) FROM s;

--@test: arguments by an implicit cast
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SQRT(v) AS q, POWER(v, 2.0E0) AS p, FROM_UNIXTIME(v) AS t FROM s;
INSERT INTO s (id, v) VALUES (1, 9);
ASSERT VALUES o (id, q, p, t) VALUES (1, 3.0, 81.0, '1970-01-01T00:00:00.009');
