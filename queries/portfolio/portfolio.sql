-- What each account is worth, as prices move.
SET 'auto.offset.reset' = 'earliest';

CREATE STREAM prices (symbol VARCHAR KEY, price DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'prices', PARTITIONS = 3, VALUE_FORMAT = 'JSON');

-- Who holds a symbol. An account that has sold everything stays listed, with 0 shares.
CREATE TABLE holdings (
    symbol VARCHAR PRIMARY KEY,
    holders ARRAY<STRUCT<account VARCHAR, shares INT>>
) WITH (KAFKA_TOPIC = 'holdings', PARTITIONS = 3, VALUE_FORMAT = 'JSON');

-- A price meets the holdings as they were at that time, one row for each holder.
CREATE STREAM priced_holdings WITH (KAFKA_TOPIC = 'priced_holdings') AS
    SELECT p.symbol AS symbol, p.price AS price, EXPLODE(h.holders) AS held
    FROM prices p JOIN holdings h ON p.symbol = h.symbol
    EMIT CHANGES;

-- The latest value of each position ...
CREATE TABLE positions WITH (KAFKA_TOPIC = 'positions', KEY_FORMAT = 'JSON') AS
    SELECT held->account AS account, symbol,
           LATEST_BY_OFFSET(held->shares) AS shares,
           LATEST_BY_OFFSET(held->shares * price) AS value
    FROM priced_holdings
    GROUP BY held->account, symbol
    EMIT CHANGES;

-- ... and their sum. A position that changes takes its old value out of the sum.
CREATE TABLE account_value WITH (KAFKA_TOPIC = 'account_value', KEY_FORMAT = 'JSON') AS
    SELECT account, SUM(value) AS value, COUNT(*) AS positions
    FROM positions
    GROUP BY account
    EMIT CHANGES;
