-- W3: count by address: 0.9 million keys in 2 million clicks; the stream is re-keyed.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE TABLE w3 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT ip, COUNT(*) AS cnt
    FROM clicks
    GROUP BY ip
    EMIT CHANGES;
