-- A table kept from the change events of a database, and a stream of visits joined with it.
SET 'auto.offset.reset' = 'earliest';

CREATE TABLE customer_changes (id INT PRIMARY KEY, name VARCHAR, credit DECIMAL(10, 2),
                               since TIMESTAMP)
    WITH (KAFKA_TOPIC = 'shop.customers', PARTITIONS = 3, FORMAT = 'DEBEZIUM_JSON');

-- The same rows with plain keys, as others write them: what is joined must lie in one partition.
CREATE TABLE customers WITH (KAFKA_TOPIC = 'customers', FORMAT = 'JSON') AS
    SELECT id, name, credit, since
    FROM customer_changes
    EMIT CHANGES;

CREATE STREAM visits (customer INT KEY, page VARCHAR)
    WITH (KAFKA_TOPIC = 'page_visits', PARTITIONS = 3, FORMAT = 'JSON');

CREATE STREAM named_visits WITH (KAFKA_TOPIC = 'named_visits') AS
    SELECT v.customer AS customer, v.page AS page, c.name AS name, c.credit AS credit
    FROM visits v LEFT JOIN customers c ON v.customer = c.id
    EMIT CHANGES;
