#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: TimezoneConverter shows the same instants in another zone: what was noon in UTC is
# 14:00 in Berlin in each column, in summer.
# Seen (Debezium 3.6.1): it goes both ways at once.
#   ZonedTimestamp (timestamptz, text)  12:00Z is 14:00+02:00, the same instant
#   Timestamp, MicroTimestamp, NanoTimestamp and Connect's own Timestamp: 12:00Z is *10:00Z*: they
#     are taken for wall-clock time of the zone, so two columns that were equal are now two hours
#     apart as instants, and four on the clock
#   ZonedTime (timetz)  takes the offset of the zone *on the day on which the connector runs*: a
#     replay of the same row in July gives another offset than in January
#   Date stays as it is, so date and time of one moment can fall on different days
# Matters: comparisons of columns, windows by one of them and joins on time go wrong by the zone's
# offset, and twice a year by another amount; a replay does not give the records that were there.
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
cat >Zone.java <<'END'
import io.debezium.time.*;
import io.debezium.transforms.TimezoneConverter;
import java.time.*;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

public class Zone {
    public static void main(String[] args) {
        Schema row = SchemaBuilder.struct().name("shop.t.Value").optional()
            .field("ms", io.debezium.time.Timestamp.builder().optional().build())
            .field("us", MicroTimestamp.builder().optional().build())
            .field("connect", org.apache.kafka.connect.data.Timestamp.builder().optional().build())
            .field("zoned", ZonedTimestamp.builder().optional().build())
            .field("time", ZonedTime.builder().optional().build())
            .field("date", io.debezium.time.Date.builder().optional().build()).build();
        for (String zone : new String[] {"Europe/Berlin", "Australia/Sydney"}) {
            TimezoneConverter<SourceRecord> converter = new TimezoneConverter<>();
            converter.configure(Map.of("converted.timezone", zone));
            for (String text : new String[] {"2024-07-01T12:00:00Z", "2024-01-01T12:00:00Z"}) {
                Instant noon = Instant.parse(text);
                Struct value = new Struct(row).put("ms", noon.toEpochMilli())
                    .put("us", noon.toEpochMilli() * 1000).put("zoned", text).put("time", "12:00:00Z")
                    .put("connect", java.util.Date.from(noon))
                    .put("date", (int) (noon.getEpochSecond() / 86400));
                Struct out = ((Struct) converter.apply(Event.of(row, null, value)).value())
                    .getStruct("after");
                // The offset of a timetz is the one of today, whenever the row was written.
                ZoneOffset today = ZoneId.of(zone).getRules().getOffset(Instant.now());
                OffsetTime time = OffsetTime.parse(out.getString("time"));
                boolean ofToday = time.getOffset().equals(today)
                    && time.isEqual(OffsetTime.parse("12:00:00Z"));
                System.out.printf("%s in %s: ms %s, us %s, connect %s, zoned %s, date %s, time has %s%n",
                    text, zone, Instant.ofEpochMilli(out.getInt64("ms")),
                    Instant.ofEpochMilli(out.getInt64("us") / 1000),
                    ((java.util.Date) out.get("connect")).toInstant(), out.get("zoned"),
                    LocalDate.ofEpochDay(out.getInt32("date")),
                    ofToday ? "today's offset" : "offset " + time.getOffset());
            }
        }
    }
}
END
cat >expected <<'END'
2024-07-01T12:00:00Z in Europe/Berlin: ms 2024-07-01T10:00:00Z, us 2024-07-01T10:00:00Z, connect 2024-07-01T10:00:00Z, zoned 2024-07-01T14:00:00+02:00, date 2024-07-01, time has today's offset
2024-01-01T12:00:00Z in Europe/Berlin: ms 2024-01-01T11:00:00Z, us 2024-01-01T11:00:00Z, connect 2024-01-01T11:00:00Z, zoned 2024-01-01T13:00:00+01:00, date 2024-01-01, time has today's offset
2024-07-01T12:00:00Z in Australia/Sydney: ms 2024-07-01T02:00:00Z, us 2024-07-01T02:00:00Z, connect 2024-07-01T02:00:00Z, zoned 2024-07-01T22:00:00+10:00, date 2024-07-01, time has today's offset
2024-01-01T12:00:00Z in Australia/Sydney: ms 2024-01-01T01:00:00Z, us 2024-01-01T01:00:00Z, connect 2024-01-01T01:00:00Z, zoned 2024-01-01T23:00:00+11:00, date 2024-01-01, time has today's offset
END
echo "Debezium 3.6.1.Final, Kafka Connect 4.3.0"
javac -cp 'jars/*' -d classes ./*.java
java -Xmx300m -Duser.timezone=UTC -cp 'classes:jars/*' Zone >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
