-- W5: bids joined with the auctions that opened within ten seconds of them. One record for each pair.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM auction (
    aid BIGINT KEY, id BIGINT, itemName VARCHAR, description VARCHAR, initialBid INT, reserve INT,
    dateTime BIGINT, expires BIGINT, seller BIGINT, category INT, extra VARCHAR
) WITH (KAFKA_TOPIC = 'auction', VALUE_FORMAT = 'JSON');
CREATE STREAM bid (
    aid BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR,
    dateTime BIGINT, extra VARCHAR
) WITH (KAFKA_TOPIC = 'bid', VALUE_FORMAT = 'JSON');
CREATE STREAM w5 WITH (KAFKA_TOPIC = '${out}', VALUE_FORMAT = 'JSON') AS
    SELECT b.aid AS aid, b.bidder AS bidder, b.price AS price, a.category AS category,
           a.seller AS seller
    FROM bid b JOIN auction a WITHIN 10 SECONDS ON b.aid = a.aid
    EMIT CHANGES;
