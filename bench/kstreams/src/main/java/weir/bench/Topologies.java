/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import weir.bench.Values.Auction;
import weir.bench.Values.Bid;
import weir.bench.Values.Click;
import weir.bench.Values.CountSum;

/**
 * The workloads, one topology each, with the meaning of bench/workloads/*.sql: the same input topics,
 * and the same bytes in keys and values of the output.
 */
final class Topologies {
    /** An input topic, and through how many sub-topologies each of its records goes. */
    record Input(String topic, int steps) { }

    /** ksqlDB's grace where a statement names none. */
    private static final Duration GRACE = Duration.ofHours(24);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Set<String> COUNTRIES = Set.of("United States", "Germany", "France");
    private static final Serde<byte[]> BYTES = Serdes.ByteArray();
    private static final String[] MANY_COUNTRIES = {"United States", "Germany", "France", "India", "Brazil",
        "United Kingdom", "Japan", "Mexico", "Canada", "Spain"};

    private Topologies() { }

    static List<Input> build(String workload, StreamsBuilder builder, String out, String registry) {
        return switch (workload) {
            case "w1" -> filter(builder, out);
            case "w1a" -> filterAvro(builder, out, new Avro(registry));
            case "w2" -> tumbling(builder, out);
            case "w3" -> count(builder, out);
            case "w4" -> tableJoin(builder, out);
            case "w5" -> streamJoin(builder, out);
            case "w6" -> hopping(builder, out);
            case "w7" -> sessions(builder, out);
            case "large" -> large(builder, out);
            case "many" -> many(builder, out);
            default -> throw new IllegalArgumentException("no workload " + workload);
        };
    }

    private static <T> Serde<T> reads(Deserializer<T> deserializer) {
        return Serdes.serdeFrom((topic, value) -> {
            throw new UnsupportedOperationException("only read");
        }, deserializer);
    }

    private static <T> Serde<T> writes(Serializer<T> serializer) {
        return Serdes.serdeFrom(serializer, (topic, bytes) -> {
            throw new UnsupportedOperationException("only written");
        });
    }

    private static KStream<byte[], Click> clicks(StreamsBuilder builder, Deserializer<Click> value) {
        return builder.stream("clicks", Consumed.with(BYTES, reads(value)));
    }

    private static KGroupedStream<Integer, Byte> byCampaign(StreamsBuilder builder) {
        return clicks(builder, Values.CLICK_CAMPAIGN)
            .map((key, click) -> KeyValue.pair(click.campaignId, (byte) 0))
            .groupByKey(Grouped.with(Serdes.Integer(), Values.UNIT));
    }

    private static KGroupedStream<String, Byte> byIp(StreamsBuilder builder) {
        return clicks(builder, Values.CLICK_IP)
            .map((key, click) -> KeyValue.pair(click.ip, (byte) 0))
            .groupByKey(Grouped.with(Serdes.String(), Values.UNIT));
    }

    private static List<Input> filter(StreamsBuilder builder, String out) {
        clicks(builder, Values.CLICK)
            .filter((key, click) -> COUNTRIES.contains(click.country) && "Chrome".equals(click.browser))
            .to(out, Produced.with(BYTES, writes(Values.CLICK_OUT)));
        return List.of(new Input("clicks", 1));
    }

    /** As filter, with Avro on both sides; the output's schema is the one that ksqlDB would register. */
    private static List<Input> filterAvro(StreamsBuilder builder, String out, Avro avro) {
        Schema schema = SchemaBuilder.record("KsqlDataSourceSchema").namespace("io.confluent.ksql.avro_schemas").fields()
            .name("UUID").type().unionOf().nullType().and().stringType().endUnion().nullDefault()
            .name("CAMPAIGNID").type().unionOf().nullType().and().intType().endUnion().nullDefault()
            .name("IP").type().unionOf().nullType().and().stringType().endUnion().nullDefault()
            .name("COUNTRY").type().unionOf().nullType().and().stringType().endUnion().nullDefault()
            .endRecord();
        builder.stream("clicks-avro", Consumed.with(BYTES, reads(avro.reader())))
            .filter((key, click) -> COUNTRIES.contains(click.get("country").toString())
                && "Chrome".contentEquals((CharSequence) click.get("browser")))
            .mapValues(click -> {
                GenericRecord result = new GenericData.Record(schema);
                result.put(0, click.get("uuid"));
                result.put(1, click.get("campaignId"));
                result.put(2, click.get("ip"));
                result.put(3, click.get("country"));
                return result;
            })
            .to(out, Produced.with(BYTES, writes(avro.writer(out, schema))));
        return List.of(new Input("clicks-avro", 1));
    }

    private static List<Input> tumbling(StreamsBuilder builder, String out) {
        clicks(builder, Values.CLICK_CAMPAIGN_PUB)
            .map((key, click) -> KeyValue.pair(click.campaignId, click.pubId))
            .groupByKey(Grouped.with(Serdes.Integer(), Serdes.Integer()))
            .windowedBy(TimeWindows.ofSizeAndGrace(MINUTE, GRACE))
            .aggregate(CountSum::new, (campaign, pubId, sum) -> {
                sum.count++;
                sum.sum += pubId;
                return sum;
            }, Materialized.with(Serdes.Integer(), Values.COUNT_SUM))
            .toStream()
            .to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(Integer.class, MINUTE.toMillis()),
                writes(Values.COUNT_SUM_OUT)));
        return List.of(new Input("clicks", 2));
    }

    private static List<Input> count(StreamsBuilder builder, String out) {
        byIp(builder)
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream()
            .to(out, Produced.with(Serdes.String(), writes(Values.COUNT_OUT)));
        return List.of(new Input("clicks", 2));
    }

    private static List<Input> tableJoin(StreamsBuilder builder, String out) {
        KTable<Integer, String> campaigns =
            builder.table("campaigns", Consumed.with(Serdes.Integer(), Values.CAMPAIGN_NAME));
        clicks(builder, Values.CLICK_CAMPAIGN)
            .map((key, click) -> KeyValue.pair(click.campaignId, (byte) 0))
            .join(campaigns, (unit, name) -> name,
                Joined.with(Serdes.Integer(), Values.UNIT, Values.CAMPAIGN_NAME))
            .groupBy((campaign, name) -> name, Grouped.with(Serdes.String(), Serdes.String()))
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream()
            .to(out, Produced.with(Serdes.String(), writes(Values.COUNT_OUT)));
        return List.of(new Input("clicks", 3), new Input("campaigns", 1));
    }

    private static List<Input> streamJoin(StreamsBuilder builder, String out) {
        KStream<byte[], Bid> bids = builder.stream("bid", Consumed.with(BYTES, Values.BID));
        KStream<byte[], Auction> auctions = builder.stream("auction", Consumed.with(BYTES, Values.AUCTION));
        bids.join(auctions, Values.Pair::new, JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(10), GRACE),
                StreamJoined.with(BYTES, Values.BID, Values.AUCTION))
            .to(out, Produced.with(BYTES, writes(Values.PAIR_OUT)));
        return List.of(new Input("bid", 1), new Input("auction", 1));
    }

    private static List<Input> hopping(StreamsBuilder builder, String out) {
        byCampaign(builder)
            .windowedBy(TimeWindows.ofSizeAndGrace(MINUTE, GRACE).advanceBy(Duration.ofSeconds(10)))
            .count(Materialized.with(Serdes.Integer(), Serdes.Long()))
            .toStream()
            .to(out, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(Integer.class, MINUTE.toMillis()),
                writes(Values.COUNT_OUT)));
        return List.of(new Input("clicks", 2));
    }

    private static List<Input> sessions(StreamsBuilder builder, String out) {
        byIp(builder)
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofMinutes(5), GRACE))
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream()
            .to(out, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class),
                writes(Values.COUNT_OUT)));
        return List.of(new Input("clicks", 2));
    }

    /** Counts per key of a topic that has its keys already: state larger than memory. */
    private static List<Input> large(StreamsBuilder builder, String out) {
        builder.stream("keys", Consumed.with(Serdes.String(), Values.UNIT))
            .groupByKey(Grouped.with(Serdes.String(), Values.UNIT))
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream()
            .to(out, Produced.with(Serdes.String(), writes(Values.COUNT_OUT)));
        return List.of(new Input("keys", 1));
    }

    /** A hundred filters on one topic; one topology reads and decodes a record once for all of them. */
    private static List<Input> many(StreamsBuilder builder, String out) {
        KStream<byte[], Click> clicks = clicks(builder, Values.CLICK_CAMPAIGN_COUNTRY);
        Serde<Click> value = writes(Json.writer((click, to) -> {
            to.writeNumberField("CAMPAIGNID", click.campaignId);
            to.writeStringField("COUNTRY", click.country);
        }));
        for (int i = 0; i < 100; i++) {
            int campaign = 1 + i % 10;
            String country = MANY_COUNTRIES[i / 10];
            clicks.filter((key, click) -> click.campaignId == campaign && country.equals(click.country))
                .to(out + "-" + i, Produced.with(BYTES, value));
        }
        return List.of(new Input("clicks", 1));
    }
}
