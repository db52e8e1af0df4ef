#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: with table.expand.json.payload the outbox router makes a struct of each JSON payload,
# or, where it cannot, leaves the text as it is; no valid JSON stops the connector.
# Seen (Debezium 3.6.1): what happens depends on numbers that look alike, payload by payload.
#   {"x":[1,2]}                an array of int32
#   {"x":[1,2.5]}              the *whole payload* is a string, so the topic has two kinds of value
#   {"x":[1,3000000000]}       the same
#   {"x":[{"n":1},{"n":2.5}]}  the schema of a struct, but the text as its value: the converter
#                              raises DataException, so the connector task fails on this row
#   [1,2], [{"n":1}]           the same, for any array at the top
#   {"x":3000000000} int64, {"x":1} int32: the schema changes from record to record
# Matters: a price that happens to be whole decides about the type, and one order with prices 1
# and 2.5 stops the outbox until someone skips the row. Readers must take strings and structs on
# one topic.
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
cat >Outbox.java <<'END'
import io.debezium.transforms.outbox.EventRouter;
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

public class Outbox {
    static String type(Schema schema) {
        StringBuilder text = new StringBuilder(schema.type().getName());
        if (schema.type() == Schema.Type.ARRAY) {
            text.append(" of ").append(type(schema.valueSchema()));
        } else if (schema.type() == Schema.Type.STRUCT) {
            schema.fields().forEach(f ->
                text.append(' ').append(f.name()).append(": ").append(type(f.schema())));
        }
        return text.toString();
    }

    public static void main(String[] args) {
        Schema row = SchemaBuilder.struct().name("shop.t.Value").field("id", Schema.STRING_SCHEMA)
            .field("aggregatetype", Schema.STRING_SCHEMA).field("aggregateid", Schema.STRING_SCHEMA)
            .field("type", Schema.STRING_SCHEMA)
            .field("payload", SchemaBuilder.string().optional().name("io.debezium.data.Json").build())
            .build();
        EventRouter<SourceRecord> router = new EventRouter<>();
        router.configure(Map.of("table.expand.json.payload", "true"));
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "true"), false);
        for (String payload : new String[] {"{\"x\":1}", "{\"x\":3000000000}", "{\"x\":[1,2]}",
            "{\"x\":[1,2.5]}", "{\"x\":[1,3000000000]}", "{\"x\":[{\"n\":1},{\"n\":2}]}",
            "{\"x\":[{\"n\":1},{\"m\":2.5}]}", "{\"x\":[{\"n\":1},{\"n\":2.5}]}",
            "{\"x\":[[1],[2.5]]}", "[1,2]", "[{\"n\":1}]"}) {
            Struct after = new Struct(row).put("id", "1").put("aggregatetype", "order")
                .put("aggregateid", "7").put("type", "made").put("payload", payload);
            SourceRecord out = router.apply(Event.of(row, null, after));
            String written;
            try {
                written = "written";
                converter.fromConnectData("order", out.valueSchema(), out.value());
            } catch (DataException failed) {
                written = failed.getMessage();
            }
            System.out.printf("%-27s %s, %s%n", payload, type(out.valueSchema()), written);
        }
    }
}
END
cat >expected <<'END'
{"x":1}                     struct x: int32, written
{"x":3000000000}            struct x: int64, written
{"x":[1,2]}                 struct x: array of int32, written
{"x":[1,2.5]}               string, written
{"x":[1,3000000000]}        string, written
{"x":[{"n":1},{"n":2}]}     struct x: array of struct n: int32, written
{"x":[{"n":1},{"m":2.5}]}   struct x: array of struct n: int32 m: float64, written
{"x":[{"n":1},{"n":2.5}]}   struct x: array of struct n: int32, Invalid type for STRUCT: class java.lang.String
{"x":[[1],[2.5]]}           struct x: array of array of int32, Invalid type for STRUCT: class java.lang.String
[1,2]                       array of int32, Invalid type for ARRAY: class java.lang.String
[{"n":1}]                   array of struct n: int32, Invalid type for ARRAY: class java.lang.String
END
echo "Debezium 3.6.1.Final, Kafka Connect 4.3.0"
javac -cp 'jars/*' -d classes ./*.java
java -Xmx300m -Duser.timezone=UTC -cp 'classes:jars/*' Outbox >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
