-- What users do, filtered, counted, and enriched with who they are.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM user_events (user_id INT, action VARCHAR, timestamp BIGINT)
    WITH (KAFKA_TOPIC = 'user-events', PARTITIONS = 3, VALUE_FORMAT = 'JSON',
          TIMESTAMP = 'timestamp');

CREATE TABLE users (user_id INT PRIMARY KEY, name VARCHAR, email VARCHAR)
    WITH (KAFKA_TOPIC = 'users', PARTITIONS = 3, FORMAT = 'JSON');

CREATE STREAM click_events WITH (KAFKA_TOPIC = 'click_events') AS
    SELECT user_id, action, timestamp
    FROM user_events
    WHERE action = 'click'
    EMIT CHANGES;

CREATE TABLE user_click_counts WITH (KAFKA_TOPIC = 'user_click_counts', KEY_FORMAT = 'JSON') AS
    SELECT user_id, COUNT(*) AS clicks, MAX(timestamp) AS last_click
    FROM click_events
    GROUP BY user_id
    EMIT CHANGES;

CREATE STREAM enriched_events WITH (KAFKA_TOPIC = 'enriched_events', KEY_FORMAT = 'JSON') AS
    SELECT e.user_id AS user_id, e.action AS action, e.timestamp AS timestamp,
           u.name AS name, LCASE(u.email) AS email
    FROM user_events e LEFT JOIN users u ON e.user_id = u.user_id
    EMIT CHANGES;
