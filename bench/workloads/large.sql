-- large: count by key of a topic that is partitioned by it already; more keys than memory holds.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM keys (id VARCHAR KEY, v INT) WITH (KAFKA_TOPIC = 'keys', VALUE_FORMAT = 'JSON');
CREATE TABLE large WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT id, COUNT(*) AS cnt
    FROM keys
    GROUP BY id
    EMIT CHANGES;
