-- What the columns of a topic of orders hold: per minute, hour and day.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM orders (order_id VARCHAR KEY, shop VARCHAR, amount INT, coupon VARCHAR)
    WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 3, VALUE_FORMAT = 'JSON');

-- The profile of a minute, for each shop: with several instances each one has some of the shops.
-- RETENTION_MS here and below: the sample's event times are years old.
CREATE TABLE shop_minutes WITH (KAFKA_TOPIC = 'shop_minutes', RETENTION_MS = 3153600000000) AS
    SELECT shop, 'orders' AS name, PROFILE(amount, coupon) AS profile
    FROM orders WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 MINUTES)
    WHERE shop IS NOT NULL
    GROUP BY shop
    EMIT FINAL;

-- From here on only profiles are read, no orders. The keys of the topic, shops and windows, do not
-- matter any more, so none is declared.
CREATE STREAM minute_profiles (name VARCHAR, profile BYTES)
    WITH (KAFKA_TOPIC = 'shop_minutes', VALUE_FORMAT = 'JSON');

-- The hour and the day of all shops: profiles merged, for whoever goes on merging. A record's time is
-- that of the newest order of its minute, so it falls into the right hour.
CREATE TABLE hour_profiles WITH (KAFKA_TOPIC = 'hour_profiles', RETENTION_MS = 3153600000000) AS
    SELECT name, PROFILE_MERGE(profile) AS profile
    FROM minute_profiles WINDOW TUMBLING (SIZE 1 HOUR)
    GROUP BY name;

CREATE TABLE day_profiles WITH (KAFKA_TOPIC = 'day_profiles', RETENTION_MS = 3153600000000) AS
    SELECT name, PROFILE_MERGE(profile) AS profile
    FROM minute_profiles WINDOW TUMBLING (SIZE 1 DAY)
    GROUP BY name;

-- What they say. Sums of DOUBLEs depend on the order in their last digits: hence ROUND.
CREATE TABLE hour_figures WITH (KAFKA_TOPIC = 'hour_figures', RETENTION_MS = 3153600000000) AS
    SELECT name,
           PROFILE_REPORT(PROFILE_MERGE(profile))[1]->rows AS orders,
           PROFILE_REPORT(PROFILE_MERGE(profile))[1]->min AS least,
           PROFILE_REPORT(PROFILE_MERGE(profile))[1]->max AS most,
           ROUND(PROFILE_REPORT(PROFILE_MERGE(profile))[1]->mean, 6) AS mean,
           ROUND(PROFILE_REPORT(PROFILE_MERGE(profile))[1]->deviation, 6) AS deviation,
           PROFILE_QUANTILE(PROFILE_MERGE(profile), 1, 0.5) AS median,
           PROFILE_QUANTILE(PROFILE_MERGE(profile), 1, 0.9) AS p90,
           PROFILE_REPORT(PROFILE_MERGE(profile))[2]->nulls AS no_coupon,
           PROFILE_REPORT(PROFILE_MERGE(profile))[2]->frequent[1] AS best_coupon
    FROM minute_profiles WINDOW TUMBLING (SIZE 1 HOUR)
    GROUP BY name;

CREATE TABLE day_figures WITH (KAFKA_TOPIC = 'day_figures', RETENTION_MS = 3153600000000) AS
    SELECT name,
           PROFILE_REPORT(PROFILE_MERGE(profile), 'amount', 'coupon')['amount']->rows AS orders,
           PROFILE_REPORT(PROFILE_MERGE(profile), 'amount', 'coupon')['amount']->distinct_values
               AS amounts,
           PROFILE_REPORT(PROFILE_MERGE(profile), 'amount', 'coupon')['amount']->max AS most,
           PROFILE_REPORT(PROFILE_MERGE(profile), 'amount', 'coupon')['coupon']->distinct_values
               AS coupons,
           PROFILE_REPORT(PROFILE_MERGE(profile), 'amount', 'coupon')['coupon']->types
               AS kinds_of_coupon
    FROM minute_profiles WINDOW TUMBLING (SIZE 1 DAY)
    GROUP BY name;
