-- W6: count by campaign in minutes that advance by ten seconds; six windows for each click.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE TABLE w6 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT campaignId, COUNT(*) AS cnt
    FROM clicks WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS)
    GROUP BY campaignId
    EMIT CHANGES;
