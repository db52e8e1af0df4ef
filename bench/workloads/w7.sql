-- W7: sessions by address with a gap of five minutes; merged sessions are deleted by a NULL.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE TABLE w7 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT ip, COUNT(*) AS cnt
    FROM clicks WINDOW SESSION (5 MINUTES)
    GROUP BY ip
    EMIT CHANGES;
