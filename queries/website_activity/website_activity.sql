-- Visits to a web site: session windows with a grace period.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM website_activity (user_id VARCHAR KEY, page VARCHAR, spent INT, viewed_at VARCHAR)
    WITH (KAFKA_TOPIC = 'website-activity', PARTITIONS = 3, VALUE_FORMAT = 'JSON',
          TIMESTAMP = 'viewed_at', TIMESTAMP_FORMAT = 'yyyy-MM-dd''T''HH:mm:ss.SSSX');

-- A visit ends after 15 minutes without a page view. A page view may come up to 10 minutes after
-- its visit could last have been continued; later ones are dropped and counted. RETENTION_MS: the
-- sample's event times are years old; the topic shall keep them all the same.
CREATE TABLE visits WITH (KAFKA_TOPIC = 'visits', RETENTION_MS = 3153600000000) AS
    SELECT user_id,
           COUNT(*) AS pages,
           SUM(spent) AS spent,
           MAX(spent) AS longest,
           TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss', 'UTC') AS began
    FROM website_activity
    WINDOW SESSION (15 MINUTES, GRACE PERIOD 10 MINUTES)
    GROUP BY user_id
    EMIT CHANGES;

-- The same page views, by page and hour.
CREATE TABLE pages_per_hour WITH (KAFKA_TOPIC = 'pages_per_hour', RETENTION_MS = 3153600000000) AS
    SELECT page, COUNT(*) AS views, SUM(spent) AS spent
    FROM website_activity WINDOW TUMBLING (SIZE 1 HOUR)
    WHERE page <> '/health'
    GROUP BY page
    EMIT CHANGES;
