#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: over an instant (TIMESTAMP_LTZ) the session's time zone decides where days begin; windows
# of ten minutes and sessions, which measure time that passes, do not depend on it.
# Seen (Flink SQL 2.3.0): all windows are made on the zone's wall clock. In Europe/Berlin:
#   autumn, the hour 02:00-03:00 comes twice
#       00:15Z and 01:15Z are in the *same* ten minutes, though 00:45Z came in between; the window's
#       window_time is 00:19:59.999Z, before the later record
#       a session with a gap of 40 minutes joins 00:30Z and 01:30Z, an hour apart
#       00:55Z and 01:05Z, ten minutes apart, are two sessions, and the later one ends first
#   spring, that hour is missing
#       00:50Z and 01:05Z, 15 minutes apart, are two sessions
#       of windows of two hours that hop by one, those from 01:00 and from 02:00 have a single hour
#       and the same window_time
# In UTC none of this happens.
# Matters: twice a year counts per ten minutes hold two hours' records and sessions join or break, by
# table.local-time-zone alone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in java mvn; do command -v $tool >/dev/null || missing $tool; done
{
    cat <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>flink</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
END
    for name in table-planner-loader table-runtime table-api-java-bridge clients connector-files csv; do
        echo "<dependency><groupId>org.apache.flink</groupId><artifactId>flink-$name</artifactId>" \
             "<version>2.3.0</version></dependency>"
    done
    echo "</dependencies></project>"
} >pom.xml
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing Flink

cat >Windows.java <<'END'
import java.nio.file.*;
import java.time.Instant;
import java.util.*;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.*;

public class Windows {
    record Case(String name, String window, String... times) {}

    /** Prints the windows of all cases: start, end, rowtime, count. One job, since starting is slow. */
    static void run(String zone, Case... cases) throws Exception {
        Configuration config = new Configuration();
        config.setString("parallelism.default", "1");
        config.setString("table.local-time-zone", zone);
        for (String name : new String[] {"pekko.ask.timeout", "client.timeout"}) {
            config.setString(name, "300 s");
        }
        TableEnvironment flink = TableEnvironment.create(EnvironmentSettings.newInstance()
            .inStreamingMode().withConfiguration(config).build());
        List<String> queries = new ArrayList<>();
        for (Case given : cases) {
            String table = "t" + queries.size();
            Path input = Files.createTempFile("input", ".csv");
            List<String> lines = new ArrayList<>();
            for (String time : given.times) {
                lines.add("" + Instant.parse(time).toEpochMilli());
            }
            Files.write(input, lines);
            flink.executeSql("CREATE TABLE " + table + " (ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), "
                + "WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'format' = 'csv', "
                + "'path' = '" + input + "')");
            queries.add("SELECT '" + given.name + "', CAST(window_start AS STRING), "
                + "CAST(window_end AS STRING), window_time, COUNT(*) FROM "
                + given.window.formatted("TABLE " + table + ", DESCRIPTOR(ts)")
                + " GROUP BY window_start, window_end, window_time");
        }
        List<String> seen = new ArrayList<>();
        try (var rows = flink.executeSql(String.join(" UNION ALL ", queries)).collect()) {
            rows.forEachRemaining(row -> seen.add(String.format(
                "%s, %s: %.16s to %.16s, rowtime %s, count %s", zone, row.getField(0),
                row.getField(1), row.getField(2), row.getField(3), row.getField(4))));
        }
        Collections.sort(seen);
        seen.forEach(System.out::println);
    }

    public static void main(String[] args) {
        String session = "SESSION(%s, INTERVAL '40' MINUTE)";
        String tens = "TUMBLE(%s, INTERVAL '10' MINUTE)";
        String hops = "HOP(%s, INTERVAL '1' HOUR, INTERVAL '2' HOUR)";
        try {
            for (String zone : new String[] {"UTC", "Europe/Berlin"}) {
                run(zone,
                    new Case("autumn tens", tens, "2026-10-25T00:15:00Z",
                        "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z"),
                    new Case("autumn 1 h apart", session,
                        "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
                    new Case("autumn 10 min apart", session,
                        "2026-10-25T00:55:00Z", "2026-10-25T01:05:00Z"),
                    new Case("spring 15 min apart", session,
                        "2026-03-29T00:50:00Z", "2026-03-29T01:05:00Z"),
                    new Case("spring hops", hops, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"));
            }
            System.exit(0);
        } catch (Exception failed) {
            failed.printStackTrace();
            System.exit(1);
        }
    }
}
END
cat >expected <<'END'
UTC, autumn 1 h apart: 2026-10-25 00:30 to 2026-10-25 01:10, rowtime 2026-10-25T01:09:59.999Z, count 1
UTC, autumn 1 h apart: 2026-10-25 01:30 to 2026-10-25 02:10, rowtime 2026-10-25T02:09:59.999Z, count 1
UTC, autumn 10 min apart: 2026-10-25 00:55 to 2026-10-25 01:45, rowtime 2026-10-25T01:44:59.999Z, count 2
UTC, autumn tens: 2026-10-25 00:10 to 2026-10-25 00:20, rowtime 2026-10-25T00:19:59.999Z, count 1
UTC, autumn tens: 2026-10-25 00:40 to 2026-10-25 00:50, rowtime 2026-10-25T00:49:59.999Z, count 1
UTC, autumn tens: 2026-10-25 01:10 to 2026-10-25 01:20, rowtime 2026-10-25T01:19:59.999Z, count 1
UTC, spring 15 min apart: 2026-03-29 00:50 to 2026-03-29 01:45, rowtime 2026-03-29T01:44:59.999Z, count 2
UTC, spring hops: 2026-03-28 23:00 to 2026-03-29 01:00, rowtime 2026-03-29T00:59:59.999Z, count 1
UTC, spring hops: 2026-03-29 00:00 to 2026-03-29 02:00, rowtime 2026-03-29T01:59:59.999Z, count 2
UTC, spring hops: 2026-03-29 01:00 to 2026-03-29 03:00, rowtime 2026-03-29T02:59:59.999Z, count 1
Europe/Berlin, autumn 1 h apart: 2026-10-25 02:30 to 2026-10-25 03:10, rowtime 2026-10-25T02:09:59.999Z, count 2
Europe/Berlin, autumn 10 min apart: 2026-10-25 02:05 to 2026-10-25 02:45, rowtime 2026-10-25T00:44:59.999Z, count 1
Europe/Berlin, autumn 10 min apart: 2026-10-25 02:55 to 2026-10-25 03:35, rowtime 2026-10-25T02:34:59.999Z, count 1
Europe/Berlin, autumn tens: 2026-10-25 02:10 to 2026-10-25 02:20, rowtime 2026-10-25T00:19:59.999Z, count 2
Europe/Berlin, autumn tens: 2026-10-25 02:40 to 2026-10-25 02:50, rowtime 2026-10-25T00:49:59.999Z, count 1
Europe/Berlin, spring 15 min apart: 2026-03-29 01:50 to 2026-03-29 02:30, rowtime 2026-03-29T01:29:59.999Z, count 1
Europe/Berlin, spring 15 min apart: 2026-03-29 03:05 to 2026-03-29 03:45, rowtime 2026-03-29T01:44:59.999Z, count 1
Europe/Berlin, spring hops: 2026-03-29 00:00 to 2026-03-29 02:00, rowtime 2026-03-29T00:59:59.999Z, count 1
Europe/Berlin, spring hops: 2026-03-29 01:00 to 2026-03-29 03:00, rowtime 2026-03-29T01:59:59.999Z, count 1
Europe/Berlin, spring hops: 2026-03-29 02:00 to 2026-03-29 04:00, rowtime 2026-03-29T01:59:59.999Z, count 1
Europe/Berlin, spring hops: 2026-03-29 03:00 to 2026-03-29 05:00, rowtime 2026-03-29T02:59:59.999Z, count 1
END
echo "Flink 2.3.0"
timeout 600 java -Xmx900m -XX:TieredStopAtLevel=1 -Djava.io.tmpdir="$folder" \
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
    -cp 'jars/*' Windows.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
