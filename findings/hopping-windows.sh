#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: hopping windows are aligned to the epoch and a row lies in size / advance of them, in a
# batch engine as in a stream engine: 60 minutes every 20 minutes, so three windows for each row.
# Seen: polars 2.1.0 (group_by_dynamic) begins with the window at or before the *first row of each
# group*: the windows that began before it and hold it are missing, for every group anew. Rows that
# come after a gap have all of theirs, and one older row brings the missing windows of others into
# being. The stream engines bytewax 0.21.1 and Kafka Streams 4.4.0 give all of them. (Kafka
# Streams for its part has no window with a negative start.)
# Matters: polars is a handy oracle for a stream engine's windows. It agrees on tumbling windows,
# and on hopping ones except for the head of each group, where it is polars that is short.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 java mvn; do command -v $tool >/dev/null || missing $tool; done
python3 -m venv env
env/bin/pip install -q polars==2.1.0 bytewax==0.21.1 >pip.log 2>&1 || missing "polars, bytewax"
cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>streams</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-streams-test-utils</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing kafka-streams

# key, minute after 2024-01-01
printf '%s\n' 'a 5' 'a 31' 'a 242' 'b 125' >rows

cat >Hop.java <<'END'
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

public class Hop {
    public static void main(String[] args) throws Exception {
        Instant day = Instant.parse("2024-01-01T00:00:00Z");
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(Serdes.String(), Serdes.String()))
            .groupByKey()
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(60), Duration.ofDays(1))
                .advanceBy(Duration.ofMinutes(20)))
            .count(Materialized.with(Serdes.String(), Serdes.Long()))
            .toStream((window, n) -> window.key() + " "
                + Duration.between(day, window.window().startTime()).toMinutes())
            .to("out", Produced.with(Serdes.String(), Serdes.Long()));
        Properties config = new Properties();
        config.put("application.id", "hop");
        config.put("bootstrap.servers", "unused:1");
        config.put("state.dir", "state");
        Map<String, Long> counts = new TreeMap<>();
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), config)) {
            var in = driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
            for (String line : Files.readAllLines(Path.of("rows"))) {
                String[] part = line.split(" ");
                in.pipeInput(part[0], "v", day.plus(Duration.ofMinutes(Long.parseLong(part[1]))));
            }
            var out = driver.createOutputTopic(
                "out", new StringDeserializer(), new LongDeserializer());
            out.readKeyValuesToList().forEach(row -> counts.put(row.key, row.value));
        }
        counts.forEach((window, n) -> System.out.println(window + " " + n));
    }
}
END

cat >hop.py <<'END'
import sys
from datetime import datetime, timedelta, timezone

import bytewax.operators as op
import bytewax.operators.windowing as windowing
import polars as pl
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)
rows = [(key, DAY + timedelta(minutes=int(minute)))
        for key, minute in (line.split() for line in open("rows"))]


def minutes(time):
    return int((time - DAY).total_seconds()) // 60


def with_polars(rows):
    frame = pl.DataFrame({"key": [k for k, _ in rows], "at": [t for _, t in rows]})
    counted = frame.sort("key", "at").group_by_dynamic(
        "at", every="20m", period="1h", closed="left", group_by="key").agg(pl.len())
    return sorted((key, minutes(at), n) for key, at, n in counted.rows())


def with_bytewax(rows):
    flow, counts, windows = Dataflow("hop"), [], []
    stream = op.input("in", flow, TestingSource(rows))
    windower = windowing.SlidingWindower(
        length=timedelta(hours=1), offset=timedelta(minutes=20), align_to=DAY)
    clock = windowing.EventClock(lambda at: at, wait_for_system_duration=timedelta(days=1))
    out = windowing.fold_window("count", stream, clock, windower, lambda: 0,
                                lambda n, _: n + 1, lambda n, m: n + m)
    op.output("counts", out.down, TestingSink(counts))
    op.output("windows", out.meta, TestingSink(windows))
    run_main(flow)
    starts = {(key, number): minutes(meta.open_time) for key, (number, meta) in windows}
    return sorted((key, starts[key, number], n) for key, (number, n) in counts)


def with_streams():
    lines = (line.split() for line in open("streams"))
    return sorted((key, int(start), int(n)) for key, start, n in lines)


print("polars", pl.__version__, "bytewax 0.21.1, Kafka Streams 4.4.0; (key, start in minutes, rows)")
reference = sorted((key, start, sum(k == key and start <= minutes(t) < start + 60 for k, t in rows))
                   for key in "ab" for start in range(-60, 300, 20)
                   if any(k == key and start <= minutes(t) < start + 60 for k, t in rows))
seen = {"streams": with_streams(), "bytewax": with_bytewax(rows), "polars": with_polars(rows)}
for name, windows in seen.items():
    print(f"{name:8}", *windows)
lost = sorted(set(reference) - set(seen["polars"]))
print("missing from polars:", lost)
# One older row of the group brings them into being.
older = with_polars(rows + [("b", DAY - timedelta(days=1))])
back = sorted(set(older) & set(lost))
print("there once key b has a row of the day before:", back)
if (seen["streams"] != reference or seen["bytewax"] != reference
        or set(seen["polars"]) - set(reference)
        or lost != [("a", -40, 1), ("a", -20, 2), ("b", 80, 1), ("b", 100, 1)]
        or back != [("b", 80, 1), ("b", 100, 1)]):
    sys.exit("CHANGED: not as described")
print("as described")
END
java -Xmx300m -cp 'jars/*' Hop.java >streams 2>java.log
env/bin/python hop.py
