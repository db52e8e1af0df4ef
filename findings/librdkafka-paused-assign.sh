#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a pause belongs to the assignment it was made in. A partition that is given up and
# assigned again later (a rebalance away and back, say) is read.
# Seen (confluent-kafka 2.16.1, which is librdkafka 2.16.0, beside kafka-python 3.0.12; broker 4.4.0):
#   kafka-python  reads it
#   librdkafka    keeps the pause over unassign() and assign(), also where the partition was not assigned
#                 in between and other partitions were: nothing comes, without an error, until
#                 resume() is called on it
# Matters: who pauses a partition for back-pressure and loses it in a rebalance before resuming it
# gets it back silent. Lag grows, the consumer looks healthy. Whoever pauses must resume (or set
# the state anew) after every assignment.
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
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
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

cat >paused.py <<'END'
import os
import time

import kafka
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SERVER = os.environ["BOOTSTRAP"]
admin = AdminClient({"bootstrap.servers": SERVER})
for future in admin.create_topics([NewTopic("t", 2)]).values():
    future.result()
producer = Producer({"bootstrap.servers": SERVER})
for partition in (0, 1):
    for _ in range(3):
        producer.produce("t", b"v", partition=partition)
producer.flush()


def librdkafka():
    consumer = Consumer({"bootstrap.servers": SERVER, "group.id": "g"})

    def found(seconds):
        """How many records of partition 1 come."""
        until, n = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            message = consumer.poll(0.2)
            n += message is not None and not message.error() and message.partition() == 1
        return n

    def assign(*partitions):
        consumer.assign([TopicPartition("t", p, 0) for p in partitions])

    assign(0, 1)
    found(3)  # it reads
    consumer.pause([TopicPartition("t", 1)])
    assign(0)  # without the partition
    found(1)
    consumer.unassign()
    assign(0, 1)
    print("librdkafka, assigned again:", found(8))
    consumer.resume([TopicPartition("t", 1)])
    print("librdkafka, resumed:", found(8))
    consumer.close()


def python():
    consumer = kafka.KafkaConsumer(bootstrap_servers=SERVER, auto_offset_reset="earliest")
    parts = [kafka.TopicPartition("t", p) for p in (0, 1)]

    def found(seconds):
        until, n = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            n += len(consumer.poll(200).get(parts[1], ()))
        return n

    consumer.assign(parts)
    found(3)
    consumer.pause(parts[1])
    consumer.assign(parts[:1])
    found(1)
    consumer.assign(parts)
    consumer.seek(parts[1], 0)
    print("kafka-python, assigned again:", found(8))
    consumer.close()


librdkafka()
python()
END

python3 -m venv venv && venv/bin/pip install -q confluent-kafka==2.16.1 kafka-python==3.0.12 \
    >pip.log 2>&1 || missing "the clients"
broker
venv/bin/python paused.py | tee seen
diff - seen <<'END' || { echo "it is not as described any more" >&2; exit 1; }
librdkafka, assigned again: 0
librdkafka, resumed: 3
kafka-python, assigned again: 3
END
echo "as described"
