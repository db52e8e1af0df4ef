/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The values of the topologies, and how they are written. Input is JSON, of which only the members
 * that a topology uses are read; output is JSON; what is kept or re-partitioned is binary.
 */
final class Values {
    static final class Click {
        String uuid, ip, country, browser;
        int campaignId, pubId;
    }

    static final class CountSum {
        long count, sum;
    }

    record Bid(long bidder, long price) { }

    record Auction(long seller, int category) { }

    record Pair(Bid bid, Auction auction) { }

    static final Deserializer<Click> CLICK = Json.reader(5, Click::new, (c, name, at) -> {
        switch (name) {
            case "uuid" -> c.uuid = at.getText();
            case "campaignId" -> c.campaignId = at.getIntValue();
            case "ip" -> c.ip = at.getText();
            case "country" -> c.country = at.getText();
            case "browser" -> c.browser = at.getText();
            default -> { return false; }
        }
        return true;
    });
    static final Deserializer<Click> CLICK_CAMPAIGN_PUB = Json.reader(2, Click::new, (c, name, at) -> {
        switch (name) {
            case "campaignId" -> c.campaignId = at.getIntValue();
            case "pubId" -> c.pubId = at.getIntValue();
            default -> { return false; }
        }
        return true;
    });
    static final Deserializer<Click> CLICK_CAMPAIGN = Json.reader(1, Click::new, (c, name, at) -> {
        if (!name.equals("campaignId")) return false;
        c.campaignId = at.getIntValue();
        return true;
    });
    static final Deserializer<Click> CLICK_IP = Json.reader(1, Click::new, (c, name, at) -> {
        if (!name.equals("ip")) return false;
        c.ip = at.getText();
        return true;
    });
    static final Deserializer<Click> CLICK_CAMPAIGN_COUNTRY = Json.reader(2, Click::new, (c, name, at) -> {
        switch (name) {
            case "campaignId" -> c.campaignId = at.getIntValue();
            case "country" -> c.country = at.getText();
            default -> { return false; }
        }
        return true;
    });
    static final Deserializer<String> CAMPAIGN_NAME_JSON = map(Json.reader(1, () -> new String[1], (s, name, at) -> {
        if (!name.equals("name")) return false;
        s[0] = at.getText();
        return true;
    }), s -> s[0]);
    private static final Deserializer<Bid> BID_JSON = map(Json.reader(2, () -> new long[2], (v, name, at) -> {
        switch (name) {
            case "bidder" -> v[0] = at.getLongValue();
            case "price" -> v[1] = at.getLongValue();
            default -> { return false; }
        }
        return true;
    }), v -> new Bid(v[0], v[1]));
    private static final Deserializer<Auction> AUCTION_JSON = map(Json.reader(2, () -> new long[2], (v, name, at) -> {
        switch (name) {
            case "seller" -> v[0] = at.getLongValue();
            case "category" -> v[1] = at.getLongValue();
            default -> { return false; }
        }
        return true;
    }), v -> new Auction(v[0], (int) v[1]));

    static final Serializer<Click> CLICK_OUT = Json.writer((c, to) -> {
        to.writeStringField("UUID", c.uuid);
        to.writeNumberField("CAMPAIGNID", c.campaignId);
        to.writeStringField("IP", c.ip);
        to.writeStringField("COUNTRY", c.country);
    });
    static final Serializer<Long> COUNT_OUT = Json.writer((n, to) -> to.writeNumberField("CNT", n));
    static final Serializer<CountSum> COUNT_SUM_OUT = Json.writer((v, to) -> {
        to.writeNumberField("CNT", v.count);
        to.writeNumberField("TOTAL", v.sum);
    });
    static final Serializer<Pair> PAIR_OUT = Json.writer((p, to) -> {
        to.writeNumberField("BIDDER", p.bid.bidder);
        to.writeNumberField("PRICE", p.bid.price);
        to.writeNumberField("CATEGORY", p.auction.category);
        to.writeNumberField("SELLER", p.auction.seller);
    });

    static final Serde<CountSum> COUNT_SUM = binary(16, (v, to) -> to.putLong(v.count).putLong(v.sum), from -> {
        CountSum v = new CountSum();
        v.count = from.getLong();
        v.sum = from.getLong();
        return v;
    });
    /** A record that is only counted. */
    static final Serde<Byte> UNIT = Serdes.serdeFrom((topic, v) -> new byte[0], (topic, bytes) -> (byte) 0);
    /** In the join's windows binary, in the input topic JSON: a state of 16 bytes is never JSON. */
    static final Serde<Bid> BID = orJson(16, BID_JSON,
        binary(16, (v, to) -> to.putLong(v.bidder).putLong(v.price), from -> new Bid(from.getLong(), from.getLong())));
    static final Serde<Auction> AUCTION = orJson(12, AUCTION_JSON,
        binary(12, (v, to) -> to.putLong(v.seller).putInt(v.category),
            from -> new Auction(from.getLong(), from.getInt())));
    /** Campaigns are JSON in their topic, which is also the changelog of their table's store. */
    static final Serde<String> CAMPAIGN_NAME = Serdes.serdeFrom(Serdes.String().serializer(),
        new Deserializer<String>() {
            private final Deserializer<String> plain = Serdes.String().deserializer();

            @Override
            public String deserialize(String topic, byte[] bytes) {
                boolean json = bytes != null && bytes.length > 0 && bytes[0] == '{';
                return (json ? CAMPAIGN_NAME_JSON : plain).deserialize(topic, bytes);
            }
        });

    private Values() { }

    private static <A, B> Deserializer<B> map(Deserializer<A> from, Function<A, B> make) {
        return (topic, bytes) -> bytes == null ? null : make.apply(from.deserialize(topic, bytes));
    }

    private static <T> Serde<T> binary(int size, BiConsumer<T, ByteBuffer> write, Function<ByteBuffer, T> read) {
        return Serdes.serdeFrom((topic, value) -> {
            if (value == null) return null;
            ByteBuffer bytes = ByteBuffer.allocate(size);
            write.accept(value, bytes);
            return bytes.array();
        }, (topic, bytes) -> bytes == null ? null : read.apply(ByteBuffer.wrap(bytes)));
    }

    private static <T> Serde<T> orJson(int size, Deserializer<T> json, Serde<T> state) {
        Deserializer<T> binary = state.deserializer();
        return Serdes.serdeFrom(state.serializer(),
            (topic, bytes) -> bytes != null && bytes.length != size ? json.deserialize(topic, bytes)
                : binary.deserialize(topic, bytes));
    }
}
