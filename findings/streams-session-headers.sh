#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: whether a result carries its record's headers does not depend on a setting for
# performance.
# Seen (Kafka Streams 4.4.0): results of session windows have the headers of the record that
# caused them, with the default cache; with statestore.cache.max.bytes=0 they have *none*, also
# the tombstones of merged sessions. Plain, tumbling and sliding aggregates carry them either way.
# Matters: turning the cache off, as one does to see every update, or in tests, cuts traces and
# drops tenant or schema headers after session windows alone; the other way round a test with the
# cache off does not show what production sends.
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

cat >Sessions.java <<'END'
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.test.TestRecord;

public class Sessions {
    static KStream<String, Long> count(String kind, KGroupedStream<String, String> rows) {
        Duration ten = Duration.ofMillis(10), late = Duration.ofMillis(100);
        Serde<String> text = Serdes.String();
        Serde<Long> number = Serdes.Long();
        switch (kind) {
            case "plain":
                return rows.count(Materialized.with(text, number)).toStream();
            case "tumbling":
                return rows.windowedBy(TimeWindows.ofSizeAndGrace(ten, late))
                    .count(Materialized.with(text, number)).toStream((w, n) -> w.key());
            case "sliding":
                return rows.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ten, late))
                    .count(Materialized.with(text, number)).toStream((w, n) -> w.key());
            default:
                return rows.windowedBy(SessionWindows.ofInactivityGapAndGrace(ten, late))
                    .count(Materialized.with(text, number)).toStream((w, n) -> w.key());
        }
    }

    public static void main(String[] args) {
        for (String kind : new String[] {"plain", "tumbling", "sliding", "session"}) {
            for (String cache : new String[] {"10485760", "0"}) {
                StreamsBuilder builder = new StreamsBuilder();
                count(kind, builder.stream("in", Consumed.with(Serdes.String(), Serdes.String()))
                    .groupByKey()).to("out", Produced.with(Serdes.String(), Serdes.Long()));
                Properties config = new Properties();
                config.put("application.id", kind + cache);
                config.put("bootstrap.servers", "unused:1");
                config.put("state.dir", "state");
                config.put("statestore.cache.max.bytes", cache);
                try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config)) {
                    var in = driver.createInputTopic(
                        "in", new StringSerializer(), new StringSerializer());
                    for (long time : new long[] {0, 15, 8}) {
                        var headers = new RecordHeaders();
                        headers.add("at", ("" + time).getBytes(StandardCharsets.UTF_8));
                        in.pipeInput(new TestRecord<>("a", "x", headers, time));
                    }
                    System.out.printf("%-8s cache %-8s", kind, cache);
                    for (var row : driver.createOutputTopic("out", new StringDeserializer(),
                        new LongDeserializer()).readRecordsToList()) {
                        var header = row.headers().lastHeader("at");
                        System.out.print(" " + row.value() + (header == null ? " of none"
                            : " of " + new String(header.value(), StandardCharsets.UTF_8)));
                    }
                    System.out.println();
                }
            }
        }
    }
}
END
cat >expected <<'END'
plain    cache 10485760 1 of 0 2 of 15 3 of 8
plain    cache 0        1 of 0 2 of 15 3 of 8
tumbling cache 10485760 1 of 0 1 of 15 2 of 8
tumbling cache 0        1 of 0 1 of 15 2 of 8
sliding  cache 10485760 1 of 0 1 of 15 2 of 8 1 of 8 1 of 8 2 of 8
sliding  cache 0        1 of 0 1 of 15 2 of 8 1 of 8 1 of 8 2 of 8
session  cache 10485760 1 of 0 1 of 15 null of 8 null of 8 3 of 8
session  cache 0        1 of none 1 of none null of none null of none 3 of none
END
echo "Kafka Streams 4.4.0"
java -Xmx300m -cp 'jars/*' Sessions.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
