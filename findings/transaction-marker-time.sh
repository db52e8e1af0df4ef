#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a transaction does not change what its records are: with records of the year 2020 a
# look-up by time (ListOffsets) finds the first record at or after that time, or none; and a topic
# that keeps one day drops them.
# Seen (broker 4.4.0): the commit marker, a record nobody reads, has the broker's clock as its
# time and counts in both. Beside the same records without transactions:
#   a look-up of any time after the first transaction's records gives the first *marker*, so a seek
#     to the third record's time reads the second record too, and a seek to an hour ago reads
#     nearly the whole topic instead of nothing
#   the "record with the latest time" (OffsetSpec.max_timestamp) is a marker, with today's time
#   retention by time counts from the marker: of the plain topic nothing is left within seconds, of
#     the other only the part before the first marker goes, where a new segment begins
# Matters: backfills and replays are written with old event times, exactly-once writers among them
# (Kafka Streams, Flink, an engine like ours). "Start at time T" on their topics starts far too
# early, so the reader must drop what is before T itself; max_timestamp is no event time; and such
# a topic outlives the retention that its records' times suggest.
set -euo pipefail

folder=$(mktemp -d)
broker=
stop() {
    [ -z "$broker" ] || { kill -9 "$broker"; wait "$broker" || true; } 2>/dev/null
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 mvn java; do command -v $tool >/dev/null || missing $tool; done

# One broker of its own on 127.0.0.1, stopped by its pid at the end.
broker() {
    cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
    mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing "Kafka"
    read -r port controller < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
    cat >server.properties <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=1000
END
    java=(java -Xmx400m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
          -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp 'jars/*')
    "${java[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c server.properties \
        >format.log 2>&1
    "${java[@]}" kafka.Kafka server.properties >broker.log 2>&1 &
    broker=$!
    export BOOTSTRAP=127.0.0.1:$port
    for _ in $(seq 90); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        kill -0 "$broker" 2>/dev/null || break
        sleep 1
    done
    echo "the broker did not start" >&2
    exit 3
}

python3 -m venv env
env/bin/pip install -q confluent-kafka==2.16.1 >pip.log 2>&1 || missing confluent-kafka
broker

cat >marker.py <<'END'
import os
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec, ResourceType)

server = {"bootstrap.servers": os.environ["BOOTSTRAP"], "log_level": 2}
print("broker 4.4.0, librdkafka", confluent_kafka.libversion()[0])
admin = AdminClient(server)

FIRST = 1577836800000  # 2020-01-01
DAY = 86400000
topics = ["plain", "transactions"]
for name in topics:
    # Kept for ever at first: retention is looked at last.
    admin.create_topics([NewTopic(name, 1, config={"retention.ms": "-1"})])[name].result()
    producer = Producer(server | ({"transactional.id": "t"} if name == "transactions" else {}))
    if name == "transactions":
        producer.init_transactions(60)
    for second in range(3):
        if name == "transactions":
            producer.begin_transaction()
        producer.produce(name, value=str(second), timestamp=FIRST + 1000 * second)
        producer.flush()
        if name == "transactions":
            producer.commit_transaction()

consumer = Consumer(server | {"group.id": "g", "isolation.level": "read_committed",
                              "enable.partition.eof": True})


def from_time(topic, at):
    """The offset that the look-up gives, and the values that a reader then gets."""
    found = consumer.offsets_for_times([TopicPartition(topic, 0, at)], timeout=30)[0]
    consumer.assign([found])
    values = []
    while (message := consumer.poll(30)) is not None and not message.error():
        values.append(message.value().decode())
    return found.offset, "".join(values)


hour_ago = int(time.time() * 1000) - 3600000
seen = {}
for topic in topics:
    seen[topic] = [from_time(topic, FIRST + 1000), from_time(topic, FIRST + 2000),
                   from_time(topic, FIRST + DAY), from_time(topic, hour_ago)]
    partition = TopicPartition(topic, 0)
    last = admin.list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result()
    seen[topic].append((last.offset, "2020" if last.timestamp < FIRST + DAY else "today"))
    print(f"{topic:13} from 2nd record's time {seen[topic][0]}, 3rd {seen[topic][1]}, next day "
          f"{seen[topic][2]}, an hour ago {seen[topic][3]}; latest time {seen[topic][4]}")

for topic in topics:
    change = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("retention.ms", str(DAY), incremental_operation=AlterConfigOpType.SET)])
    admin.incremental_alter_configs([change])[change].result()
deadline = time.time() + 60
while consumer.get_watermark_offsets(TopicPartition("plain", 0), timeout=30)[0] == 0:
    if time.time() > deadline:
        sys.exit("CHANGED: retention does not empty the plain topic")
    time.sleep(1)
time.sleep(5)  # five more rounds of the broker's look at retention
kept = {topic: consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
        for topic in topics}
print("one day of retention, first and end offset:", kept)
consumer.close()

expected = {"plain": [(1, "12"), (2, "2"), (-1, ""), (-1, ""), (2, "2020")],
            "transactions": [(1, "12"), (1, "12"), (1, "12"), (1, "12"), (5, "today")]}
if seen != expected or kept != {"plain": (3, 3), "transactions": (1, 6)}:
    sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
print("as described")
END
env/bin/python marker.py
