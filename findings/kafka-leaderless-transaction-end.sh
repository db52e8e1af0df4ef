#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a transaction that ends while one of its partitions has no leader is not complete until its
# marker is in that partition; the coordinator tries until there is a leader again.
# Seen (client confluent-kafka 2.16.1, which is librdkafka 2.16.0):
#   broker 4.2.0  does so
#   broker 4.4.0  and 4.3.0: the coordinator takes a partition without a leader for one that was deleted,
#                 leaves it out, and calls the transaction complete. Its records stay undecided there, and
#                 the end of the *next* transaction of the same producer decides them too: an aborted
#                 record is read by read_committed consumers after the next commit, and a committed one,
#                 which no consumer has seen yet, is gone after the next abort.
# Matters: exactly-once is neither while a partition can be without a leader: one replica, or all in-sync
# replicas away at once; a lone broker that stands still (a suspended laptop) for longer than its own
# session (9 s) fences itself, and the transactions that time out meanwhile end at just that moment. With
# replicas on other brokers the leader moves instead. Until the partition's next marker its readers wait.
set -euo pipefail

folder=$(mktemp -d)
declare -A node=()
stop() {
    for pid in "${node[@]}"; do { kill -9 "$pid"; wait "$pid" || true; } 2>/dev/null; done
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 mvn java; do command -v $tool >/dev/null || missing $tool; done

jars() { # VERSION
    mkdir "$1"
    cat >"$1/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$1</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$1</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
    mvn -q -B -ntp -f "$1/pom.xml" dependency:copy-dependencies -DoutputDirectory=jars >mvn.log ||
        missing "Kafka $1"
}

python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check confluent-kafka==2.16.1 >pip.log 2>&1 ||
    missing "confluent-kafka"

# Two nodes on 127.0.0.1: the first is controller, broker and, being alone when they are made, the
# home of the transaction log; the second has the topic.
read -r controller port1 port2 < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
export BOOTSTRAP=127.0.0.1:$port1
java=(java -Xmx400m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
      -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp)

format() { # VERSION NODE ROLES PORT LISTENERS
    cat >"$2.properties" <<END
process.roles=$3
node.id=$2
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$4$5
advertised.listeners=PLAINTEXT://127.0.0.1:$4
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/logs$2-$1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
END
    "${java[@]}" "$1/jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$2.properties" \
        >format.log 2>&1
}

start() { # VERSION NODE PORT
    "${java[@]}" "$1/jars/*" kafka.Kafka "$2.properties" >"broker$2.log" 2>&1 &
    node[$2]=$!
    for _ in $(seq 90); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$3") 2>/dev/null; then return; fi
        kill -0 "${node[$2]}" 2>/dev/null || break
        sleep 1
    done
    echo "broker $2 did not start" >&2
    exit 3
}

cat >steps.py <<'END'
import os
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SERVER = {"bootstrap.servers": os.environ["BOOTSTRAP"]}
admin = AdminClient(SERVER)


def say(what):
    print(what, flush=True)


def wait(what, condition):
    until = time.monotonic() + 60
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"{what}: not within a minute")
        time.sleep(0.2)


def leader():
    topic = admin.list_topics("t", timeout=10).topics["t"]
    return topic.partitions[0].leader if topic.partitions else None


def step(name):
    """The shell starts and stops the second node between two lines."""
    say(name)
    sys.stdin.readline()


def read():
    consumer = Consumer({**SERVER, "group.id": "g", "isolation.level": "read_committed"})
    consumer.assign([TopicPartition("t", 0, 0)])
    found, until = [], time.monotonic() + 5
    while time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None and not message.error():
            found.append(message.value().decode())
    consumer.close()
    return found


producer = Producer({**SERVER, "transactional.id": "x", "transaction.timeout.ms": 60000})
producer.init_transactions(30)
step("START")
wait("two brokers", lambda: len(admin.list_topics(timeout=10).brokers) == 2)
topic = NewTopic("t", num_partitions=1, replica_assignment=[[2]])
admin.create_topics([topic])["t"].result()
wait("a leader", lambda: leader() == 2)


def lost(name, end, next_name, next_end):
    """Two transactions: the partition has no leader when the first is ended."""
    producer.begin_transaction()
    producer.produce("t", name, partition=0)
    producer.flush(30)
    step("STOP")
    wait("no leader", lambda: leader() == -1)
    end(30)
    time.sleep(2)
    step("START")
    wait("a leader", lambda: leader() == 2)
    time.sleep(2)
    producer.begin_transaction()
    producer.produce("t", next_name, partition=0)
    producer.flush(30)
    next_end(60)
    time.sleep(2)
    return read()


found = lost("first", producer.abort_transaction, "second", producer.commit_transaction)
say(f"abort, then commit: {found}")
found = lost("third", producer.commit_transaction, "fourth", producer.abort_transaction)
say(f"commit, then abort: {found}")
END

run() { # VERSION: a fresh cluster; prints what readers found
    local line
    format "$1" 1 broker,controller "$port1" ",CONTROLLER://127.0.0.1:$controller"
    format "$1" 2 broker "$port2" ""
    start "$1" 1 "$port1"
    coproc steps { exec venv/bin/python steps.py 2>steps.log; }
    local out=${steps[0]} in=${steps[1]}
    while read -r line <&"$out"; do
        case $line in
        START) start "$1" 2 "$port2"; echo >&"$in" ;;
        STOP) kill "${node[2]}"; wait "${node[2]}" || true; unset 'node[2]'; echo >&"$in" ;;
        *) echo "$1: $line" ;;
        esac
    done
    for pid in "${node[@]}"; do { kill -9 "$pid"; wait "$pid" || true; } 2>/dev/null; done
    node=()
}

cat >expected.txt <<'END'
4.2.0: abort, then commit: ['second']
4.2.0: commit, then abort: ['second', 'third']
4.4.0: abort, then commit: ['first', 'second']
4.4.0: commit, then abort: ['first', 'second']
END
for version in 4.2.0 4.4.0; do
    jars $version
    run $version >>found.txt
    grep "^$version" found.txt
done
cmp -s expected.txt found.txt || { echo "this has changed" >&2; diff expected.txt found.txt; exit 1; }
echo "as described: of 4.4.0 the first was aborted, and the third committed"
