#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: JsonConverter with decimal.format=NUMERIC reads the number 10.1 for a Decimal of scale 2
# as 10.10, the same amount, or refuses it there and then.
# Seen (Kafka Connect 4.4.0): it takes the scale from the digits in the text. 10.1, 10 and 1e3 become
# decimals of scale 1, 0 and −3 under a schema that says 2, and so does 10.125, which does not fit.
# Reading and writing NUMERIC again does not notice; the next converter that keeps decimals as bytes
# (JsonConverter's BASE64; Decimal.fromLogical in general) raises, for 10.1 and 10 but not for 10.10
# and 10.15.
# Matters: who writes amounts as binary floats writes 10.1 for 10.10, so a pipeline works until the
# first amount that ends in a zero, and then raises far from the reader. Pad to the scale.
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

cat >Decimals.java <<'END'
import java.math.BigDecimal;
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;

public class Decimals {
    static JsonConverter converter(String format) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", true, "decimal.format", format), false);
        return converter;
    }

    static String write(JsonConverter converter, SchemaAndValue given) {
        try {
            String text = new String(converter.fromConnectData("t", given.schema(), given.value()));
            return text.replaceAll(".*\"payload\":(.*)}", "$1");
        } catch (DataException refused) {
            return "raises";
        }
    }

    public static void main(String[] args) {
        JsonConverter numeric = converter("NUMERIC"), base64 = converter("BASE64");
        String schema = "{\"schema\":{\"type\":\"bytes\",\"version\":1,"
            + "\"name\":\"org.apache.kafka.connect.data.Decimal\","
            + "\"parameters\":{\"scale\":\"2\"}},\"payload\":%s}";
        for (String text : new String[] {"10.10", "10.15", "10.1", "10", "1e3", "10.125"}) {
            SchemaAndValue read = numeric.toConnectData("t", schema.formatted(text).getBytes());
            System.out.printf("%s is read with scale %d, as NUMERIC %s, as BASE64 %s%n", text,
                ((BigDecimal) read.value()).scale(), write(numeric, read), write(base64, read));
        }
    }
}
END
cat >expected <<'END'
10.10 is read with scale 2, as NUMERIC 10.10, as BASE64 "A/I="
10.15 is read with scale 2, as NUMERIC 10.15, as BASE64 "A/c="
10.1 is read with scale 1, as NUMERIC 10.1, as BASE64 raises
10 is read with scale 0, as NUMERIC 10, as BASE64 raises
1e3 is read with scale -3, as NUMERIC 1E+3, as BASE64 raises
10.125 is read with scale 3, as NUMERIC 10.125, as BASE64 raises
END
echo "Kafka Connect 4.4.0"
java -Xmx300m -cp 'jars/*' Decimals.java >seen 2>java.log || { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
