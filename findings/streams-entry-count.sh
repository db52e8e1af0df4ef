#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: approximateNumEntries of a store (Kafka Streams' metric num-keys, RocksDB's
# estimate-num-keys) is near the number of keys.
# Seen (Kafka Streams 4.4.0 with RocksDB 10.1.3): it is entries minus twice the deletions,
# whatever is there.
#   1,000 keys                                                            1000
#   + 1,500 tombstones for keys that never were, as replays bring them       0
#   1,000 keys, each written four times more                        about 3000
# The store has 1,000 keys all the time, as all() shows; the in-memory store counts right.
# Matters: alerts on "state is empty" or "state grows", sizes of caches and choices of a plan by
# this number are wrong by any factor just for topics with updates and deletes, until a compaction
# happens to run.
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

cat >Count.java <<'END'
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

public class Count {
    interface Load {
        void into(TestInputTopic<String, String> topic);
    }

    /** Says what the store counts and what it holds after each load; returns the counts. */
    static List<Long> run(KeyValueBytesStoreSupplier kind, Load... loads) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.table("in", Consumed.with(Serdes.String(), Serdes.String()),
            Materialized.<String, String>as(kind).withCachingDisabled());
        Properties config = new Properties();
        config.put("application.id", UUID.randomUUID().toString());
        config.put("bootstrap.servers", "unused:1");
        config.put("state.dir", "state");
        List<Long> counts = new ArrayList<>();
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config)) {
            var topic = driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            KeyValueStore<String, String> store = driver.getKeyValueStore(kind.name());
            for (Load load : loads) {
                load.into(topic);
                int held = 0;
                try (var rows = store.all()) {
                    for (; rows.hasNext(); rows.next()) {
                        held++;
                    }
                }
                counts.add(store.approximateNumEntries());
                System.out.printf("%s: approximateNumEntries %d, keys %d%n", kind.name(),
                    store.approximateNumEntries(), held);
                if (held != 1000) {
                    System.exit(1);
                }
            }
        }
        return counts;
    }

    public static void main(String[] args) {
        Load keys = topic -> {
            for (int i = 0; i < 1000; i++) {
                topic.pipeInput("k" + i, "v");
            }
        };
        Load tombstones = topic -> {
            for (int i = 0; i < 1500; i++) {
                topic.pipeInput("never" + i, (String) null);
            }
        };
        Load updates = topic -> {
            for (int i = 0; i < 4; i++) {
                keys.into(topic);
            }
        };
        List<Long> deleted =
            run(Stores.persistentKeyValueStore("rocksdb"), keys, tombstones);
        List<Long> updated = run(Stores.persistentKeyValueStore("rocksdb"), keys, updates);
        List<Long> memory = run(Stores.inMemoryKeyValueStore("memory"), keys, tombstones, updates);
        boolean same = deleted.equals(List.of(1000L, 0L)) && updated.get(1) > 2000
            && memory.equals(List.of(1000L, 1000L, 1000L));
        System.out.println(same ? "as described" : "CHANGED: not as described");
        System.exit(same ? 0 : 1);
    }
}
END
echo "Kafka Streams 4.4.0, $(cd jars && ls rocksdbjni-*)"
java -Xmx300m -cp 'jars/*' Count.java 2>java.log || { tail -5 java.log >&2; exit 1; }
