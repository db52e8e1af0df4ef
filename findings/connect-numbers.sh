#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a number that does not fit is an error in Kafka Connect, as is text that does not fit.
# Seen (4.4.0): text is refused, numbers wrap or saturate without a sign.
#   JsonConverter, schemas.enable=false: 9223372036854775808 is -9223372036854775808, 2^64 is 0,
#     1e400 is Infinity (which then is written as a string), decimals beyond a double lose digits
#   Cast: 300 to int8 is 44, 3000000000 to int32 is -1294967296, 1e300 to int8 is -1 and to int64
#     2^63-1, NaN to any integer is 0; the *text* "300" to int8 is an error, "7 " to int64 too
# Matters: what a sink connector stores differs from what the stream processor computed, in the
# same pipeline, with errors.tolerance=none; the dead-letter queue stays empty. A JSON topic that
# Connect will read should not carry integers beyond 64 bits, or carry them as text.
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

cat >Numbers.java <<'END'
import java.util.*;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Cast;

public class Numbers {
    static Object cast(Object value, String type) {
        var transform = new Cast.Value<SinkRecord>();
        transform.configure(Map.of("spec", "f:" + type));
        var record = new SinkRecord("t", 0, null, null, null, new HashMap<>(Map.of("f", value)), 0);
        try {
            return ((Map<?, ?>) transform.apply(record).value()).get("f");
        } catch (DataException refused) {
            return "refused";
        }
    }

    public static void main(String[] args) {
        JsonConverter json = new JsonConverter();
        json.configure(Map.of("schemas.enable", "false"), false);
        for (String text : new String[] {"9223372036854775807", "9223372036854775808",
            "18446744073709551616", "12345678901234567890123", "12345678901234567890.5", "1e400"}) {
            Object value = json.toConnectData("t", text.getBytes()).value();
            String back = new String(json.fromConnectData("t", null, value));
            System.out.printf("json %-24s %-7s %-24s written as %s%n", text,
                value.getClass().getSimpleName(), value, back);
        }
        for (Object value : new Object[] {300L, -129L, 3000000000L, 2.9, 1e300, Double.NaN, "300",
            "3000000000", "2.9", "7 "}) {
            String kind = value instanceof String ? "text" : "number";
            System.out.printf("cast %-6s %-11s int8 %-8s int32 %-12s int64 %s%n", kind, value,
                cast(value, "int8"), cast(value, "int32"), cast(value, "int64"));
        }
    }
}
END
cat >expected <<'END'
json 9223372036854775807      Long    9223372036854775807      written as 9223372036854775807
json 9223372036854775808      Long    -9223372036854775808     written as -9223372036854775808
json 18446744073709551616     Long    0                        written as 0
json 12345678901234567890123  Long    4807115922877859019      written as 4807115922877859019
json 12345678901234567890.5   Double  1.2345678901234567E19    written as 1.2345678901234567E19
json 1e400                    Double  Infinity                 written as "Infinity"
cast number 300         int8 44       int32 300          int64 300
cast number -129        int8 127      int32 -129         int64 -129
cast number 3000000000  int8 0        int32 -1294967296  int64 3000000000
cast number 2.9         int8 2        int32 2            int64 2
cast number 1.0E300     int8 -1       int32 2147483647   int64 9223372036854775807
cast number NaN         int8 0        int32 0            int64 0
cast text   300         int8 refused  int32 300          int64 300
cast text   3000000000  int8 refused  int32 refused      int64 3000000000
cast text   2.9         int8 refused  int32 refused      int64 refused
cast text   7           int8 refused  int32 refused      int64 refused
END
echo "Kafka Connect 4.4.0"
java -Xmx256m -cp 'jars/*' Numbers.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
