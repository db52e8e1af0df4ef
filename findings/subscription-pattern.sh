#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: subscribing to the pattern "^orders" means the same topics after group.protocol is
# changed from classic to consumer, as a migration to the new protocol is said to be one setting.
# Seen (librdkafka 2.16.0, broker 4.4.0): with classic the client looks for the pattern anywhere in
# the name; with consumer the broker matches it, and the *whole* name must fit.
#   "^orders"      classic: orders, orders-eu, orders-7   consumer: orders only
#   "^ord"         classic: the same three                consumer: nothing, and no error or event
#   "^orders-\d+"  classic: UNKNOWN_TOPIC_OR_PART         consumer: orders-7
# Matters: a processor that finds its inputs by a pattern loses topics without a sign when the
# protocol is switched. Write patterns that fit the whole name (".*" at the end) for both.
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

cat >pattern.py <<'END'
import os
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

server = {"bootstrap.servers": os.environ["BOOTSTRAP"], "log_level": 0}
print("broker 4.4.0, librdkafka", confluent_kafka.libversion()[0])
admin = AdminClient(server)
names = ("orders", "orders-eu", "orders-7")
for future in admin.create_topics([NewTopic(name, 1) for name in names]).values():
    future.result()


def topics(protocol, pattern, seconds):
    """The topics that a lone member of a group gets, or the error."""
    consumer = Consumer(server | {"group.id": f"{protocol} {pattern}", "group.protocol": protocol})
    try:
        consumer.subscribe([pattern])
    except KafkaException as error:
        consumer.close()
        return "subscribe: " + error.args[0].name()
    end = time.time() + seconds
    found = ""
    while not found and time.time() < end:
        message = consumer.poll(0.5)
        if message is not None and message.error():
            found = "poll: " + message.error().name()
        elif consumer.assignment():
            found = " ".join(sorted(part.topic for part in consumer.assignment()))
    consumer.close()
    return found or "nothing"


topics("consumer", "^orders", 60)  # the group coordinator is up after this
seen = {}
for pattern in ("^orders", "^orders.*", "^ord", r"^orders-\d+", "^orders-[0-9]+"):
    for protocol in ("classic", "consumer"):
        seen[protocol, pattern] = topics(protocol, pattern, 10)
        print(f"{pattern:14} {protocol:9} {seen[protocol, pattern]}")
every = "orders orders-7 orders-eu"
expected = {("classic", "^orders"): every, ("consumer", "^orders"): "orders",
            ("classic", "^orders.*"): every, ("consumer", "^orders.*"): every,
            ("classic", "^ord"): every, ("consumer", "^ord"): "nothing",
            ("classic", r"^orders-\d+"): "poll: UNKNOWN_TOPIC_OR_PART",
            ("consumer", r"^orders-\d+"): "orders-7",
            ("classic", "^orders-[0-9]+"): "orders-7", ("consumer", "^orders-[0-9]+"): "orders-7"}
if seen != expected:
    sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
print("as described")
END
env/bin/python pattern.py
