-- SPDX-License-Identifier: Apache-2.0
-- One query for each kind of state.
SET 'auto.offset.reset' = 'earliest';
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM clicks (k STRING KEY, v INT, amount DECIMAL(9, 2), word STRING)
    WITH (KAFKA_TOPIC = 'clicks', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE STREAM views (k STRING KEY, page STRING)
    WITH (KAFKA_TOPIC = 'views', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE TABLE users (id STRING PRIMARY KEY, country STRING)
    WITH (KAFKA_TOPIC = 'users', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE TABLE orders (id INT PRIMARY KEY, buyer STRING, price DOUBLE)
    WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 2, KEY_FORMAT = 'JSON', VALUE_FORMAT = 'JSON');

CREATE TABLE totals WITH (KAFKA_TOPIC = 'totals') AS
    SELECT k, COUNT(*) AS n, SUM(v) AS total, AVG(v) AS mean, MIN(v) AS least, MAX(word) AS most,
        SUM(amount) AS money, LATEST_BY_OFFSET(word) AS last, EARLIEST_BY_OFFSET(v, 2) AS firsts,
        COLLECT_LIST(v) AS everything, TOPK(v, 3) AS top, COUNT_DISTINCT(word) AS words, HISTOGRAM(word) AS bars
    FROM clicks GROUP BY k;
CREATE TABLE by_word WITH (KAFKA_TOPIC = 'by_word') AS
    SELECT word, COUNT(*) AS n, SUM(v) AS total FROM clicks GROUP BY word;
CREATE TABLE by_minute WITH (KAFKA_TOPIC = 'by_minute') AS
    SELECT k, COUNT(*) AS n FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY k;
CREATE TABLE hops WITH (KAFKA_TOPIC = 'hops') AS
    SELECT k, SUM(v) AS total FROM clicks WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 20 SECONDS) GROUP BY k;
CREATE TABLE visits WITH (KAFKA_TOPIC = 'visits') AS
    SELECT k, COUNT(*) AS n FROM clicks WINDOW SESSION (15 SECONDS) GROUP BY k;
CREATE TABLE closed WITH (KAFKA_TOPIC = 'closed') AS
    SELECT k, COUNT(*) AS n FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 30 SECONDS)
    GROUP BY k EMIT FINAL;
CREATE STREAM pairs WITH (KAFKA_TOPIC = 'pairs') AS
    SELECT c.k AS k, c.v AS v, p.page AS page FROM clicks c
    LEFT JOIN views p WITHIN 20 SECONDS GRACE PERIOD 30 SECONDS ON c.k = p.k;
CREATE STREAM located WITH (KAFKA_TOPIC = 'located') AS
    SELECT c.k AS k, c.v AS v, u.country AS country FROM clicks c LEFT JOIN users u ON c.k = u.id;
CREATE TABLE bought WITH (KAFKA_TOPIC = 'bought') AS
    SELECT o.id AS id, o.price AS price, u.country AS country FROM orders o
    JOIN users u ON o.buyer = u.id;
CREATE TABLE countries WITH (KAFKA_TOPIC = 'countries') AS
    SELECT country, COUNT(*) AS n FROM users GROUP BY country;
