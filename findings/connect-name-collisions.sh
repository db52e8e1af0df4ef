#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: when Flatten or ReplaceField would give two fields one name, the record is an error,
# with or without a schema; if one must win, it is by a rule.
# Seen (4.4.0): with a schema, both raise. Without one (JSON, schemas.enable=false) one value is
# lost without a sign, and *which* one depends on the hash of the names, as the JSON object is a
# HashMap.
#   renames a:b keeps the value of b, renames b:a that of b too, renames id:user_id that of id
#   {"a":{"b":1},"a_b":2} flattened with "_" gives 2, {"user":{"id":1},"user_id":2} gives 1
#   the order of the members in the text does not matter
# Matters: the usual flattening by "_" meets the usual column names (user_id) often. The columns
# that a processor reads after such a transform hold values of either field, by name, for ever.
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

cat >Collide.java <<'END'
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.errors.SchemaBuilderException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.*;

public class Collide {
    static final JsonConverter JSON = new JsonConverter();

    static Object apply(Transformation<SinkRecord> transform, Map<String, ?> config, Schema schema,
        Object value) {
        transform.configure(config);
        try {
            return transform.apply(new SinkRecord("t", 0, null, null, schema, value, 0)).value();
        } catch (SchemaBuilderException refused) {
            return "refused";
        }
    }

    static Object parse(String text) {
        return JSON.toConnectData("t", text.getBytes()).value();
    }

    public static void main(String[] args) {
        JSON.configure(Map.of("schemas.enable", "false"), false);
        for (String names : new String[] {"a:b", "b:a", "id:user_id", "user_id:id", "ts:time",
            "time:ts"}) {
            String[] part = names.split(":");
            String one = String.format("{\"%s\":\"moved\",\"%s\":\"there\"}", part[0], part[1]);
            String two = String.format("{\"%2$s\":\"there\",\"%1$s\":\"moved\"}", part[0], part[1]);
            for (String text : new String[] {one, two}) {
                System.out.println("renames " + names + " of " + text + ": " + apply(
                    new ReplaceField.Value<>(), Map.of("renames", names), null, parse(text)));
            }
        }
        for (String text : new String[] {"{\"a\":{\"b\":1},\"a_b\":2}",
            "{\"a_b\":2,\"a\":{\"b\":1}}", "{\"user\":{\"id\":1},\"user_id\":2}",
            "{\"order\":{\"total\":1},\"order_total\":2}"}) {
            System.out.println("flatten " + text + ": " + apply(
                new Flatten.Value<>(), Map.of("delimiter", "_"), null, parse(text)));
        }

        Schema flat = SchemaBuilder.struct().field("a", Schema.INT32_SCHEMA)
            .field("b", Schema.INT32_SCHEMA).build();
        System.out.println("renames a:b with a schema: " + apply(new ReplaceField.Value<>(),
            Map.of("renames", "a:b"), flat, new Struct(flat).put("a", 1).put("b", 2)));
        Schema inner = SchemaBuilder.struct().field("b", Schema.INT32_SCHEMA).build();
        Schema outer = SchemaBuilder.struct().field("a", inner)
            .field("a_b", Schema.INT32_SCHEMA).build();
        System.out.println("flatten with a schema: " + apply(new Flatten.Value<>(),
            Map.of("delimiter", "_"), outer,
            new Struct(outer).put("a", new Struct(inner).put("b", 1)).put("a_b", 2)));
    }
}
END
cat >expected <<'END'
renames a:b of {"a":"moved","b":"there"}: {b=there}
renames a:b of {"b":"there","a":"moved"}: {b=there}
renames b:a of {"b":"moved","a":"there"}: {a=moved}
renames b:a of {"a":"there","b":"moved"}: {a=moved}
renames id:user_id of {"id":"moved","user_id":"there"}: {user_id=moved}
renames id:user_id of {"user_id":"there","id":"moved"}: {user_id=moved}
renames user_id:id of {"user_id":"moved","id":"there"}: {id=there}
renames user_id:id of {"id":"there","user_id":"moved"}: {id=there}
renames ts:time of {"ts":"moved","time":"there"}: {time=moved}
renames ts:time of {"time":"there","ts":"moved"}: {time=moved}
renames time:ts of {"time":"moved","ts":"there"}: {ts=there}
renames time:ts of {"ts":"there","time":"moved"}: {ts=there}
flatten {"a":{"b":1},"a_b":2}: {a_b=2}
flatten {"a_b":2,"a":{"b":1}}: {a_b=2}
flatten {"user":{"id":1},"user_id":2}: {user_id=1}
flatten {"order":{"total":1},"order_total":2}: {order_total=1}
renames a:b with a schema: refused
flatten with a schema: refused
END
echo "Kafka Connect 4.4.0"
java -Xmx256m -cp 'jars/*' Collide.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
