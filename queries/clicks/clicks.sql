-- Clicks on advertisements: filter, count, enrich, measure. README.md beside this file says more.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM clicks (
    uuid VARCHAR, campaignId INT, pubId INT, timestamp BIGINT, ip VARCHAR, city VARCHAR,
    country VARCHAR, browser VARCHAR, platform VARCHAR, platformVersion VARCHAR
) WITH (KAFKA_TOPIC = 'clicks', PARTITIONS = 4, VALUE_FORMAT = 'JSON', TIMESTAMP = 'timestamp');

CREATE TABLE campaigns (id INT PRIMARY KEY, name VARCHAR, budget DECIMAL(10, 2))
    WITH (KAFKA_TOPIC = 'campaigns', PARTITIONS = 4, FORMAT = 'JSON');

-- A filtered stream: clicks from phones.
CREATE STREAM mobile_clicks WITH (KAFKA_TOPIC = 'mobile_clicks') AS
    SELECT uuid, campaignId, country, UCASE(platform) AS platform
    FROM clicks
    WHERE platform IN ('Android', 'iOS') AND country IS NOT NULL
    EMIT CHANGES;

-- Counts per campaign and minute. RETENTION_MS: a windowed table's topic keeps records about as long
-- as the windows take, and the sample's event times are years old. 100 years keep all.
CREATE TABLE clicks_per_campaign
    WITH (KAFKA_TOPIC = 'clicks_per_campaign', KEY_FORMAT = 'JSON', RETENTION_MS = 3153600000000) AS
    SELECT campaignId, COUNT(*) AS clicks, COUNT(city) AS located
    FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE)
    GROUP BY campaignId
    EMIT CHANGES;

-- Running totals.
CREATE TABLE clicks_by_country WITH (KAFKA_TOPIC = 'clicks_by_country', KEY_FORMAT = 'JSON') AS
    SELECT country, COUNT(*) AS clicks, MAX(ROWTIME) AS last_click
    FROM clicks
    GROUP BY country
    EMIT CHANGES;

CREATE TABLE clicks_by_browser WITH (KAFKA_TOPIC = 'clicks_by_browser', KEY_FORMAT = 'JSON') AS
    SELECT browser, platform, COUNT(*) AS clicks
    FROM clicks
    GROUP BY browser, platform
    EMIT CHANGES;

-- Each click with the name of its campaign; LEFT: also clicks for campaigns that nobody knows.
CREATE STREAM enriched_clicks WITH (KAFKA_TOPIC = 'enriched_clicks', KEY_FORMAT = 'JSON') AS
    SELECT c.campaignId AS campaign_id, c.uuid AS uuid, k.name AS campaign, k.budget AS budget
    FROM clicks c LEFT JOIN campaigns k ON c.campaignId = k.id
    EMIT CHANGES;

-- Clicks per second of each publisher, over the last minute, every ten seconds.
CREATE TABLE click_rate
    WITH (KAFKA_TOPIC = 'click_rate', KEY_FORMAT = 'JSON', RETENTION_MS = 3153600000000) AS
    SELECT pubId, COUNT(*) AS clicks, CAST(COUNT(*) AS DOUBLE) / 60 AS per_second
    FROM clicks WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS)
    GROUP BY pubId
    EMIT CHANGES;

-- Visits: clicks of one address with less than five minutes between them.
CREATE TABLE ip_sessions
    WITH (KAFKA_TOPIC = 'ip_sessions', KEY_FORMAT = 'JSON', RETENTION_MS = 3153600000000) AS
    SELECT ip, COUNT(*) AS clicks, (WINDOWEND - WINDOWSTART) / 1000 AS lasted_s
    FROM clicks WINDOW SESSION (5 MINUTES)
    GROUP BY ip
    EMIT CHANGES;
