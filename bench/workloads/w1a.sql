-- W1A: W1 on clicks in Avro, to a topic in Avro. Columns come from the schema that the registry has.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (id VARCHAR KEY) WITH (KAFKA_TOPIC = 'clicks-avro', VALUE_FORMAT = 'AVRO');
CREATE STREAM w1a WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'AVRO') AS
    SELECT id, uuid, campaignId, ip, country
    FROM clicks
    WHERE country IN ('United States', 'Germany', 'France') AND browser = 'Chrome'
    EMIT CHANGES;
