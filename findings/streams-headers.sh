#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a result of Kafka Streams carries the headers of the record (or one of the records) of
# its own key that it was made from, or none.
# Seen (4.4.0): what comes out because time has moved on carries the headers of the record that
# moved it, a record of another key that has nothing to do with the result:
#   left and outer join  the null-padded rows: a's row has the headers of c
#   EMIT FINAL windows   tumbling and session aggregates: a's count has the headers of c
# while suppress(untilWindowCloses), which is meant to give the same as EMIT FINAL, keeps a's own.
#   foreign-key join     what the right side causes has the right record's headers alone
# Matters: headers carry trace ids, tenant names, schema ids. A trace of c then shows a's data, a
# router by tenant header sends a's row to c's tenant; and replacing suppress by EMIT FINAL
# changes it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in java mvn; do command -v $tool >/dev/null || missing $tool; done
cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>streams</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-streams-test-utils</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing kafka-streams

cat >Headers.java <<'END'
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.function.Consumer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.test.TestRecord;

public class Headers {
    static final Serde<String> TEXT = Serdes.String();
    static final Duration TEN = Duration.ofMillis(10);

    /** Each record is "topic key time"; its one header is from=KEY. */
    static void run(String name, Consumer<StreamsBuilder> build, String... records) {
        StreamsBuilder builder = new StreamsBuilder();
        build.accept(builder);
        Properties config = new Properties();
        config.put("application.id", "headers");
        config.put("bootstrap.servers", "unused:1");
        config.put("state.dir", "state-" + name.replace(' ', '-'));
        config.put("default.key.serde", Serdes.StringSerde.class);
        config.put("default.value.serde", Serdes.StringSerde.class);
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config)) {
            for (String record : records) {
                String[] part = record.split(" ");
                var headers = new RecordHeaders();
                headers.add("from", part[1].getBytes(StandardCharsets.UTF_8));
                driver.createInputTopic(part[0], new StringSerializer(), new StringSerializer())
                    .pipeInput(new TestRecord<>(part[1], "x", headers, Long.parseLong(part[2])));
            }
            var out = driver.createOutputTopic(
                "out", new StringDeserializer(), new StringDeserializer());
            for (var row : out.readRecordsToList()) {
                StringBuilder from = new StringBuilder();
                row.headers().forEach(h ->
                    from.append(new String(h.value(), StandardCharsets.UTF_8)));
                System.out.println(name + ": result of " + row.key() + ", headers of " + from);
            }
        }
    }

    static void out(KTable<Windowed<String>, Long> counts) {
        counts.toStream((window, n) -> window.key()).mapValues(n -> "" + n)
            .to("out", Produced.with(TEXT, TEXT));
    }

    public static void main(String[] args) {
        var within = JoinWindows.ofTimeDifferenceAndGrace(TEN, Duration.ZERO);
        var tumbling = TimeWindows.ofSizeAndGrace(TEN, Duration.ZERO);
        var sessions = SessionWindows.ofInactivityGapAndGrace(TEN, Duration.ZERO);
        String[] stream = {"l a 0", "l b 5", "l c 2000"};

        run("left join", b -> b.<String, String>stream("l").leftJoin(b.<String, String>stream("r"),
            (l, r) -> l + r, within).to("out"), stream);
        run("outer join", b -> b.<String, String>stream("l").outerJoin(b.<String, String>stream("r"),
            (l, r) -> l + r, within).to("out"), "l a 0", "r b 5", "r c 2000");
        run("emit final", b -> out(b.<String, String>stream("l").groupByKey().windowedBy(tumbling)
            .emitStrategy(EmitStrategy.onWindowClose())
            .count(Materialized.with(TEXT, Serdes.Long()))), stream);
        run("session final", b -> out(b.<String, String>stream("l").groupByKey().windowedBy(sessions)
            .emitStrategy(EmitStrategy.onWindowClose())
            .count(Materialized.with(TEXT, Serdes.Long()))), stream);
        run("suppress", b -> out(b.<String, String>stream("l").groupByKey().windowedBy(tumbling)
            .count(Materialized.with(TEXT, Serdes.Long()))
            .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))), stream);
        run("foreign key", b -> b.<String, String>table("l").join(b.<String, String>table("r"),
            (String value) -> value, (l, r) -> l + r).toStream().to("out"), "l a 0", "r x 5");
    }
}
END
cat >expected <<'END'
left join: result of a, headers of c
left join: result of b, headers of c
outer join: result of a, headers of c
outer join: result of b, headers of c
emit final: result of a, headers of c
emit final: result of b, headers of c
session final: result of a, headers of c
session final: result of b, headers of c
suppress: result of a, headers of a
suppress: result of b, headers of b
foreign key: result of a, headers of x
END
echo "Kafka Streams 4.4.0"
java -Xmx300m -cp 'jars/*' Headers.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
