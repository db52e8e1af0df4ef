#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a transform of a record's value leaves a tombstone as it is, since there is nothing in it
# to change; and a null value is written as no bytes at all.
# Seen (Kafka Connect 4.4.0), three ways:
#   HoistField                        makes {"line":null}, with a schema {"line":<row>}: the deletion
#                                     has become *a row*
#   MaskField, HeaderFrom, ValueToKey raise DataException
#   InsertField, ReplaceField, Cast, Flatten, ExtractField, TimestampConverter   leave it
# And ExtractField("after"), the short way to unwrap a change event, gives a null value that still
# has the row's schema; JsonConverter makes *text* of that: "null" without schemas, {"schema":…,
# "payload":null} with them, where a null without a schema is no bytes, a tombstone.
# Matters: a chain of transforms that was tried with inserts and updates raises at the first delete, or
# has a row with NULLs where a deletion belongs: the key stays in every table built on the topic.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in java mvn; do command -v $tool >/dev/null || missing $tool; done
cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>connect</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>connect-transforms</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing "Kafka Connect"

cat >Tombstones.java <<'END'
import java.util.*;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.transforms.*;

public class Tombstones {
    static String run(Transformation<SourceRecord> transform, Map<String, String> settings,
            Schema schema) {
        transform.configure(settings);
        try {
            SourceRecord out = transform.apply(new SourceRecord(
                Map.of(), Map.of(), "t", 0, Schema.STRING_SCHEMA, "key", schema, null));
            return out.value() == null ? "a tombstone" : "the row " + out.value();
        } catch (DataException refused) {
            return "raises";
        }
    }

    static String written(Schema schema, boolean schemas) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", schemas), false);
        byte[] bytes = converter.fromConnectData("t", schema, null);
        return bytes == null ? "no bytes" : new String(bytes).replaceAll("\"schema\":.*},", "…,");
    }

    public static void main(String[] args) {
        Schema row = SchemaBuilder.struct().optional().field("id", Schema.INT32_SCHEMA).build();
        for (Schema schema : new Schema[] {null, row}) {
            String with = schema == null ? "no schema" : "schema   ";
            Map<String, Transformation<SourceRecord>> all = new LinkedHashMap<>();
            all.put("HoistField", new HoistField.Value<>());
            all.put("MaskField", new MaskField.Value<>());
            all.put("HeaderFrom", new HeaderFrom.Value<>());
            all.put("ValueToKey", new ValueToKey<>());
            all.put("InsertField", new InsertField.Value<>());
            all.put("ReplaceField", new ReplaceField.Value<>());
            all.put("Cast", new Cast.Value<>());
            all.put("Flatten", new Flatten.Value<>());
            all.put("ExtractField", new ExtractField.Value<>());
            all.put("TimestampConverter", new TimestampConverter.Value<>());
            all.forEach((name, transform) -> {
                Map<String, String> settings = switch (name) {
                    case "HoistField" -> Map.of("field", "line");
                    case "MaskField", "ValueToKey" -> Map.of("fields", "id");
                    case "HeaderFrom" ->
                        Map.of("fields", "id", "headers", "id", "operation", "copy");
                    case "InsertField" -> Map.of("static.field", "from", "static.value", "x");
                    case "ReplaceField" -> Map.of("exclude", "other");
                    case "Cast" -> Map.of("spec", "id:int64");
                    case "ExtractField" -> Map.of("field", "id");
                    case "TimestampConverter" -> Map.of("field", "at", "target.type", "unix");
                    default -> Map.of();
                };
                System.out.printf("%s %-18s %s%n", with, name, run(transform, settings, schema));
            });
        }
        Schema event = SchemaBuilder.struct().field("after", row).build();
        ExtractField.Value<SourceRecord> unwrap = new ExtractField.Value<>();
        unwrap.configure(Map.of("field", "after"));
        SourceRecord deleted = unwrap.apply(new SourceRecord(Map.of(), Map.of(), "t", 0,
            Schema.STRING_SCHEMA, "key", event, new Struct(event)));
        for (boolean schemas : new boolean[] {false, true}) {
            System.out.printf("schemas.enable=%s: null without schema %s, unwrapped delete %s%n",
                schemas, written(null, schemas), written(deleted.valueSchema(), schemas));
        }
    }
}
END
cat >expected <<'END'
no schema HoistField         the row {line=null}
no schema MaskField          raises
no schema HeaderFrom         raises
no schema ValueToKey         raises
no schema InsertField        a tombstone
no schema ReplaceField       a tombstone
no schema Cast               a tombstone
no schema Flatten            a tombstone
no schema ExtractField       a tombstone
no schema TimestampConverter a tombstone
schema    HoistField         the row Struct{}
schema    MaskField          raises
schema    HeaderFrom         raises
schema    ValueToKey         raises
schema    InsertField        a tombstone
schema    ReplaceField       a tombstone
schema    Cast               a tombstone
schema    Flatten            a tombstone
schema    ExtractField       a tombstone
schema    TimestampConverter a tombstone
schemas.enable=false: null without schema no bytes, unwrapped delete null
schemas.enable=true: null without schema no bytes, unwrapped delete {…,"payload":null}
END
echo "Kafka Connect 4.4.0"
java -Xmx300m -Dstdout.encoding=UTF-8 -cp 'jars/*' Tombstones.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
