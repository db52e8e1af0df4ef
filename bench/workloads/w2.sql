-- W2: count and sum by ten campaigns in tumbling minutes; the stream is re-keyed.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE TABLE w2 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT campaignId, COUNT(*) AS cnt, SUM(pubId) AS total
    FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE)
    GROUP BY campaignId
    EMIT CHANGES;
