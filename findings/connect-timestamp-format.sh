#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: TimestampConverter with a format of six digits of a second reads and writes
# microseconds, or at least the right millisecond.
# Seen (4.4.0): S counts milliseconds, however many there are (it is Java's SimpleDateFormat):
#   reading "10:00:00.123456" by ss.SSSSSS adds 123456 ms: 10:02:03.456, two minutes late, no error
#   reading ".5" by .S gives 5 ms, not 500
#   writing 10:00:00.456 by ss.SSSSSS gives ".000456"; two such converters in a row cancel out
#   a date that does not exist (30 February) is moved to 1 March without error
#   a text that goes on after the format ("… 10:00:00+02:00") is read and the rest, the zone,
#     ignored
# Matters: PostgreSQL and Python write six digits; the event time of every record moves by
# up to 1000 s, out of its window or past the grace period, by an amount that looks like plausible
# lateness.
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

cat >Format.java <<'END'
import java.util.Date;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.TimestampConverter;

public class Format {
    static Object convert(Object value, String type, String format) {
        var transform = new TimestampConverter.Value<SinkRecord>();
        transform.configure(Map.of("target.type", type, "format", format));
        Object out = transform.apply(new SinkRecord("t", 0, null, null, null, value, 0)).value();
        return out instanceof Date ? ((Date) out).toInstant() : out;
    }

    public static void main(String[] args) {
        String day = "yyyy-MM-dd HH:mm:ss";
        String[][] read = {{day + ".SSSSSS", "2024-01-01 10:00:00.123456"},
            {day + ".SSSSSS", "2024-01-01 10:00:00.999999"}, {day + ".SSS", "2024-01-01 10:00:00.123"},
            {day + ".S", "2024-01-01 10:00:00.5"}, {day, "2024-02-30 10:00:00"},
            {day, "2024-01-01 10:00:00+02:00"}};
        for (String[] c : read) {
            System.out.printf("read  %-26s by %-26s %s%n", c[1], c[0], convert(c[1], "Timestamp", c[0]));
        }
        Date time = new Date(1704103200456L);
        for (String digits : new String[] {".SSS", ".SSSSSS", ".S"}) {
            System.out.printf("write %-26s by %-26s %s%n", time.toInstant(), day + digits,
                convert(time, "string", day + digits));
        }
    }
}
END
cat >expected <<'END'
read  2024-01-01 10:00:00.123456 by yyyy-MM-dd HH:mm:ss.SSSSSS 2024-01-01T10:02:03.456Z
read  2024-01-01 10:00:00.999999 by yyyy-MM-dd HH:mm:ss.SSSSSS 2024-01-01T10:16:39.999Z
read  2024-01-01 10:00:00.123    by yyyy-MM-dd HH:mm:ss.SSS    2024-01-01T10:00:00.123Z
read  2024-01-01 10:00:00.5      by yyyy-MM-dd HH:mm:ss.S      2024-01-01T10:00:00.005Z
read  2024-02-30 10:00:00        by yyyy-MM-dd HH:mm:ss        2024-03-01T10:00:00Z
read  2024-01-01 10:00:00+02:00  by yyyy-MM-dd HH:mm:ss        2024-01-01T10:00:00Z
write 2024-01-01T10:00:00.456Z   by yyyy-MM-dd HH:mm:ss.SSS    2024-01-01 10:00:00.456
write 2024-01-01T10:00:00.456Z   by yyyy-MM-dd HH:mm:ss.SSSSSS 2024-01-01 10:00:00.000456
write 2024-01-01T10:00:00.456Z   by yyyy-MM-dd HH:mm:ss.S      2024-01-01 10:00:00.456
END
echo "Kafka Connect 4.4.0"
java -Xmx256m -Duser.timezone=UTC -cp 'jars/*' Format.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
