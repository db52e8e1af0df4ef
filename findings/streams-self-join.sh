#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: topology.optimization=all only changes how a stream is joined with itself (one store in
# place of two), not the rows; each record at least matches itself, so a left join has no NULLs.
# Seen (Kafka Streams 4.4.0; window 10 ms, grace 10 ms; one record of its key, which comes when another
# key has brought the stream further by so many ms):
#                 none                            all
#   up to 10      a-a                             a-a
#   11 to 28      left, outer: a-null *and* a-a   a-a
#   29            as before; inner: a-a           nothing
#   30 and more   left: a-null                    nothing
#                 outer: a-null and null-a
# Matters: "no partner" is reported for a record that is its own partner, once it is out of order by
# more than the window, though within its grace; and the setting decides whether it is. Tests with
# records in order do not show it.
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

cat >SelfJoin.java <<'END'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

public class SelfJoin {
    /** The rows for key k, whose one record comes when the stream is further by so many ms. */
    static List<String> run(String optimization, String kind, int behind) {
        Properties config = new Properties();
        config.put("application.id", "join");
        config.put("bootstrap.servers", "unused:1");
        config.put("state.dir", "state");
        config.put("topology.optimization", optimization);
        Serde<String> text = Serdes.String();
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> stream = builder.stream("in", Consumed.with(text, text));
        JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(
            Duration.ofMillis(10), Duration.ofMillis(10));
        ValueJoiner<String, String, String> pair = (a, b) -> a + "-" + b;
        StreamJoined<String, String, String> with = StreamJoined.with(text, text, text);
        KStream<String, String> joined = switch (kind) {
            case "inner" -> stream.join(stream, pair, windows, with);
            case "left" -> stream.leftJoin(stream, pair, windows, with);
            default -> stream.outerJoin(stream, pair, windows, with);
        };
        joined.filter((k, v) -> k.equals("k")).to("out", Produced.with(text, text));
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(config), config)) {
            var in = driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            in.pipeInput("other", "x", 1000 + behind);
            in.pipeInput("k", "a", 1000);
            in.pipeInput("other", "y", 2000);  // what waits for its window to end comes out
            return driver.createOutputTopic("out", new StringDeserializer(),
                new StringDeserializer()).readValuesToList();
        }
    }

    public static void main(String[] args) {
        System.out.printf("%-10s", "ms behind");
        for (String kind : new String[] {"inner", "left", "outer"}) {
            for (String optimization : new String[] {"none", "all"}) {
                System.out.printf(" %-16s", kind + ", " + optimization);
            }
        }
        for (int behind : new int[] {0, 10, 11, 20, 21, 28, 29, 30, 500}) {
            System.out.printf("%n%9d ", behind);
            for (String kind : new String[] {"inner", "left", "outer"}) {
                for (String optimization : new String[] {"none", "all"}) {
                    List<String> rows = run(optimization, kind, behind);
                    System.out.printf(" %-16s", rows.isEmpty() ? "." : String.join(" ", rows));
                }
            }
        }
        System.out.println();
    }
}
END
cat >expected <<'END'
ms behind  inner, none      inner, all       left, none       left, all        outer, none      outer, all
        0  a-a              a-a              a-a              a-a              a-a              a-a
       10  a-a              a-a              a-a              a-a              a-a              a-a
       11  a-a              a-a              a-null a-a       a-a              a-null a-a       a-a
       20  a-a              a-a              a-null a-a       a-a              a-null a-a       a-a
       21  a-a              a-a              a-null a-a       a-a              a-null a-a       a-a
       28  a-a              a-a              a-null a-a       a-a              a-null a-a       a-a
       29  a-a              .                a-null a-a       .                a-null a-a       .
       30  .                .                a-null           .                a-null null-a    .
      500  .                .                a-null           .                a-null null-a    .
END
echo "Kafka Streams 4.4.0"
java -Xmx300m -XX:TieredStopAtLevel=1 -cp 'jars/*' SelfJoin.java 2>java.log |
    sed 's/ *$//' >seen || { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
