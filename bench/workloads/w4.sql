-- W4: clicks joined with the table of their campaigns, counted by its name; re-keyed twice.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE TABLE campaigns (id INT PRIMARY KEY, name VARCHAR, budget INT)
    WITH (KAFKA_TOPIC = 'campaigns', VALUE_FORMAT = 'JSON');
CREATE TABLE w4 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT c.name, COUNT(*) AS cnt
    FROM clicks k JOIN campaigns c ON k.campaignId = c.id
    GROUP BY c.name
    EMIT CHANGES;
