-- W1: filter and project; 22 % of the clicks pass. One record for each match.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE STREAM w1 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT id, uuid, campaignId, ip, country
    FROM clicks
    WHERE country IN ('United States', 'Germany', 'France') AND browser = 'Chrome'
    EMIT CHANGES;
