#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: Kafka Connect's default header converter gives a header's text back as it was, whether
# as a string or as a number, when a record passes through a source or a sink and is written again.
# Seen (SimpleHeaderConverter 4.4.0): it parses the text, and stops at the first , : or } after a
# number.
#   "42:tenant" is the number 42, written as "42", "12:30" as "12", "7,8" as "7": the rest is *lost*
#   "007" comes back as "7", "1.10" as "1.1", "1e5" as "100000"
#   a number that FLOAT32 cannot hold is FLOAT32 still: "1.123456789" gives "1.1234568"
#   "{"a":1} x" and "[1]x" lose what follows; "42 abc" and "00-4bf9…-01" stay as they are
# Matters: identifiers, times and composite keys in headers are cut by a connector with default
# settings; what works for one value ("a:1") breaks for the next ("1:a"). A processor that routes
# or joins by such a header after Connect sees other values than before it. StringConverter or
# ByteArrayConverter as header.converter keep them.
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

cat >Simple.java <<'END'
import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

public class Simple {
    public static void main(String[] args) throws Exception {
        SimpleHeaderConverter converter = new SimpleHeaderConverter();
        for (String text : new String[] {"42:tenant", "12:30", "10:00:00Z", "7,8", "1,2,3", "-5:x",
            "1.5:x", "007", "+5", "1.10", "3.0", "1e5", "1.123456789", "12345678.125", "{\"a\":1} x",
            "[1]x", "a:1", "42 abc", "10.0.0.1:9092", "true", "12345678901234567890"}) {
            var parsed = converter.toConnectHeader("t", "h", text.getBytes(StandardCharsets.UTF_8));
            byte[] bytes = converter.fromConnectHeader("t", "h", parsed.schema(), parsed.value());
            String back = new String(bytes, StandardCharsets.UTF_8);
            System.out.printf("%-20s %-7s %s%n", text, parsed.schema().type(),
                back.equals(text) ? "as it was" : "changed to " + back);
        }
    }
}
END
cat >expected <<'END'
42:tenant            INT8    changed to 42
12:30                INT8    changed to 12
10:00:00Z            INT8    changed to 10
7,8                  INT8    changed to 7
1,2,3                INT8    changed to 1
-5:x                 INT8    changed to -5
1.5:x                FLOAT32 changed to 1.5
007                  INT8    changed to 7
+5                   INT8    changed to 5
1.10                 FLOAT32 changed to 1.1
3.0                  INT8    changed to 3
1e5                  INT32   changed to 100000
1.123456789          FLOAT32 changed to 1.1234568
12345678.125         FLOAT32 changed to 1.2345678E7
{"a":1} x            MAP     changed to {"a":1}
[1]x                 ARRAY   changed to [1]
a:1                  STRING  as it was
42 abc               STRING  as it was
10.0.0.1:9092        STRING  as it was
true                 BOOLEAN as it was
12345678901234567890 BYTES   as it was
END
echo "Kafka Connect 4.4.0"
java -Xmx256m -cp 'jars/*' Simple.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
