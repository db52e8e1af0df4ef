#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a static member (group.instance.id) gets the fatal "fenced by other consumer with same
# group.instance.id" when another process uses its id. When only the broker stands still for a
# while, the members join again; and an error of code _FATAL says of itself that it is fatal.
# Seen (confluent-kafka 2.16.1, which is librdkafka 2.16.0; broker 4.4.0; eight members with an id
# each, session.timeout.ms 6000, the broker stopped for 9.5 s): some members are fenced although
# nobody else has their id, in each of four runs after the first pause. librdkafka, whose session
# has timed out by its own clock, sends a heartbeat with its instance id and an *empty* member id
# before it has joined again; the broker, which still has the old member, answers FENCED_INSTANCE_ID,
# and its log says "Request memberId= for static member ... is fenced". The KafkaError that comes has
# the code _FATAL, and its fatal() is False.
# Matters: a pause of a broker (its machine is moved, its disk hangs) ends consumers that were made
# static to survive one. Being fenced is no proof of a twin: make the consumer anew (with a limit)
# rather than end the process, and look at the code, as fatal() does not tell.
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
          -Dorg.slf4j.simpleLogger.defaultLogLevel=error
          -Dorg.slf4j.simpleLogger.log.org.apache.kafka.coordinator.group=info -cp 'jars/*')
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

cat >fenced.py <<'END'
import os
import signal
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaError
from confluent_kafka.admin import AdminClient, NewTopic

SERVER, BROKER = os.environ["BOOTSTRAP"], int(sys.argv[1])
MEMBERS, ROUNDS, STILL = 8, 6, 9.5
print("broker 4.4.0, librdkafka", confluent_kafka.libversion()[0])
admin = AdminClient({"bootstrap.servers": SERVER})
admin.create_topics([NewTopic("t", MEMBERS)])["t"].result()


def member(number):
    """The only consumer that has this id, until it is fenced and closed."""
    consumer = Consumer({
        "bootstrap.servers": SERVER, "group.id": "g", "group.instance.id": f"member-{number}",
        "session.timeout.ms": 6000, "heartbeat.interval.ms": 1500, "log_level": 0})
    consumer.subscribe(["t"])
    return consumer


members = [member(number) for number in range(MEMBERS)]
fenced = []


def poll(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for number, consumer in enumerate(members):
            message = consumer.poll(0.01)
            error = message.error() if message is not None else None
            if error is not None and error.code() == KafkaError._FATAL:
                fenced.append(error)
                print(f"member-{number}: {error.name()}, fatal() is {error.fatal()}: "
                      + error.str().rpartition("Broker: ")[2], flush=True)
                consumer.close()
                members[number] = member(number)


def assigned():
    return [len(consumer.assignment()) for consumer in members]


poll(12)
print("at first, partitions of each member:", *assigned())
if assigned() != [1] * MEMBERS or fenced:
    sys.exit("CHANGED: the group is not complete at first")
for pause in range(1, ROUNDS + 1):
    os.kill(BROKER, signal.SIGSTOP)
    try:
        time.sleep(STILL)
    finally:
        os.kill(BROKER, signal.SIGCONT)
    poll(10)
    print(f"after pause {pause}:", *assigned(), flush=True)
    if fenced:
        break
else:
    sys.exit(f"CHANGED: no member was fenced in {ROUNDS} pauses")
if any(error.fatal() or "Static consumer fenced" not in error.str() for error in fenced):
    sys.exit("CHANGED: another error, or fatal() tells")
poll(15)
print("with the fenced ones made anew:", *assigned())
for consumer in members:
    consumer.close()
END

python3 -m venv env
env/bin/pip install -q confluent-kafka==2.16.1 >pip.log 2>&1 || missing confluent-kafka
broker
env/bin/python fenced.py "$broker" 2>client.log || { cat client.log >&2; exit 1; }
grep -Eo 'Request memberId= for static member .* during operation [a-z-]+' broker.log ||
    { echo "CHANGED: no request without a member id" >&2; exit 1; }
echo "as described"
