-- threads: expressions that cost far more than reading and writing, for what a second thread is worth.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM clicks (
    id VARCHAR KEY, uuid VARCHAR, campaignId INT, pubId INT, `timestamp` BIGINT, ip VARCHAR,
    city VARCHAR, country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', VALUE_FORMAT = 'JSON');
CREATE STREAM threads WITH (KAFKA_TOPIC = 'threads', VALUE_FORMAT = 'JSON') AS
    SELECT id, REGEXP_REPLACE(UCASE(uuid), '[A-F]+', '-') AS digits,
           FORMAT_TIMESTAMP(FROM_UNIXTIME(`timestamp`), 'yyyy-MM-dd HH:mm:ss.SSS') AS moment
    FROM clicks
    WHERE LEN(REGEXP_REPLACE(uuid, '[0-9]+', '')) > 15
      AND REGEXP_REPLACE(platformVersion, '([0-9]+)\.([0-9]+)', '$2.$1') <> '0'
      AND LEN(REPLACE(CONCAT(LCASE(city), '/', UCASE(country), '/', browser), 'a', 'aa')) > 10
    EMIT CHANGES;
