#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: the PartitionRouting transform sends all records of a row to the partition of its
# field, and with partition.hash.function=murmur to the one that Kafka's own partitioner would
# take for that value.
# Seen (Debezium 3.6.1):
#   the *tombstone* after a delete is not routed (it has no value to look into), so it goes by the
#     hash of its key: 6 partitions, row and delete event in one, its tombstone in another
#   a NULL in the field is not routed either, nor an error: the row goes by its key
#   murmur is another murmur: "user-17" is partition 4, in Kafka's partitioner 0
# Matters: on a compacted topic the tombstone deletes nothing and the row lives for ever; a table
# built per partition keeps it, too. Routed topics are not co-partitioned with topics keyed by the
# same value, so a join by that field must repartition.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in javac mvn; do command -v $tool >/dev/null || missing $tool; done
cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>debezium</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.debezium</groupId><artifactId>debezium-connector-postgres</artifactId>
      <version>3.6.1.Final</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId>
      <version>4.3.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId>
      <version>4.3.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing Debezium

cat >Event.java <<'END'
import io.debezium.data.Envelope;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.source.SourceRecord;

/** A change event as the PostgreSQL connector makes it. */
class Event {
    static SourceRecord of(Schema row, Struct before, Struct after) {
        SchemaBuilder source = SchemaBuilder.struct().name("io.debezium.connector.postgresql.Source");
        for (String name : new String[] {"version", "connector", "name", "db", "table"}) {
            source.field(name, Schema.STRING_SCHEMA);
        }
        Schema from = source.field("ts_ms", Schema.INT64_SCHEMA).build();
        Struct origin = new Struct(from).put("version", "3.6.1").put("connector", "postgresql")
            .put("name", "shop").put("db", "shop").put("table", "t").put("ts_ms", 1000L);
        Envelope envelope = Envelope.defineSchema().withName("shop.t.Envelope").withRecord(row)
            .withSource(from).build();
        Instant now = Instant.ofEpochMilli(2000);
        Struct value = before == null ? envelope.create(after, origin, now)
            : after == null ? envelope.delete(before, origin, now)
            : envelope.update(before, after, origin, now);
        return new SourceRecord(Map.of(), Map.of(), "shop.t", null, Schema.STRING_SCHEMA, "key",
            envelope.schema(), value);
    }
}
END
cat >Routing.java <<'END'
import io.debezium.transforms.partitions.PartitionRouting;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.source.SourceRecord;

public class Routing {
    static int kafka(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % 6;
    }

    public static void main(String[] args) {
        Schema row = SchemaBuilder.struct().name("shop.t.Value").optional()
            .field("owner", Schema.OPTIONAL_STRING_SCHEMA).build();
        for (String function : new String[] {"java", "murmur"}) {
            PartitionRouting<SourceRecord> routing = new PartitionRouting<>();
            routing.configure(Map.of("partition.payload.fields", "change.owner",
                "partition.topic.num", "6", "partition.hash.function", function));
            for (String owner : new String[] {"user-17", "user-18", "anna", "bob"}) {
                Struct value = new Struct(row).put("owner", owner);
                System.out.printf("%-6s %-7s insert %d, delete %d; Kafka's partitioner %d%n", function,
                    owner, routing.apply(Event.of(row, null, value)).kafkaPartition(),
                    routing.apply(Event.of(row, value, null)).kafkaPartition(), kafka(owner));
            }
            Struct none = new Struct(row).put("owner", null);
            System.out.printf("%-6s NULL    insert %s%n", function,
                routing.apply(Event.of(row, null, none)).kafkaPartition());
            SourceRecord tombstone = new SourceRecord(Map.of(), Map.of(), "shop.t", null,
                Schema.STRING_SCHEMA, "key", null, null);
            System.out.printf("%-6s tombstone %s, so by its key: %d%n", function,
                routing.apply(tombstone).kafkaPartition(), kafka("key"));
        }
    }
}
END
cat >expected <<'END'
java   user-17 insert 0, delete 0; Kafka's partitioner 0
java   user-18 insert 1, delete 1; Kafka's partitioner 2
java   anna    insert 0, delete 0; Kafka's partitioner 1
java   bob     insert 1, delete 1; Kafka's partitioner 0
java   NULL    insert null
java   tombstone null, so by its key: 1
murmur user-17 insert 4, delete 4; Kafka's partitioner 0
murmur user-18 insert 2, delete 2; Kafka's partitioner 2
murmur anna    insert 3, delete 3; Kafka's partitioner 1
murmur bob     insert 5, delete 5; Kafka's partitioner 0
murmur NULL    insert null
murmur tombstone null, so by its key: 1
END
echo "Debezium 3.6.1.Final, Kafka Connect 4.3.0"
javac -cp 'jars/*' -d classes ./*.java
java -Xmx300m -Duser.timezone=UTC -cp 'classes:jars/*' Routing >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
