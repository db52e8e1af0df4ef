#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: null and empty are two things for a record's key, value and headers, in every client: a
# null value deletes a key in a table or a compacted topic, an empty one is a value.
# Seen (broker 4.4.0):
#   segmentio/kafka-go   *reads* an empty key, value or header value as nil, though it writes both
#                        rightly: what it copies is a deletion where a value was
#   kafka-python, aiokafka  refuse a record whose key and value are both null, which the broker,
#                        librdkafka and the Go clients accept and send
#   kafka-python, kafkajs   refuse to write a null header value; both read it
#   sarama, franz-go, confluent-kafka keep all apart, both ways
# Matters: a copy made by a kafka-go service loses rows of a table downstream without any error,
# and what is seen as null in one consumer is empty in another. A record without key, value and
# headers does occur on a topic and must be taken.
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
for tool in python3 go node npm mvn java; do command -v $tool >/dev/null || missing $tool; done

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

cat >write.py <<'END'
import asyncio
import os

import aiokafka
import kafka
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

SERVER = os.environ["BOOTSTRAP"]
NAMES = ("confluent", "kafka-python", "aiokafka", "kafkajs", "sarama", "franz-go", "kafka-go")
admin = AdminClient({"bootstrap.servers": SERVER})
for future in admin.create_topics([NewTopic(name, 1) for name in NAMES]).values():
    future.result()

# What is tried: all null, a null header, all empty.
CASES = ((None, None, []), (b"k", b"v", [("h", None)]), (b"", b"", [("h", b"")]))

producer = Producer({"bootstrap.servers": SERVER})
for key, value, headers in CASES:
    producer.produce("confluent", key=key, value=value, headers=headers)
producer.flush()

producer = kafka.KafkaProducer(bootstrap_servers=SERVER)
for key, value, headers in CASES:
    try:
        producer.send("kafka-python", key=key, value=value, headers=headers).get(30)
    except (TypeError, ValueError) as error:
        print("refused by kafka-python:", (key, value, headers), "|", error)
producer.close()


async def send():
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=SERVER)
    await producer.start()
    for key, value, headers in CASES:
        try:
            await producer.send_and_wait("aiokafka", key=key, value=value, headers=headers)
        except (AssertionError, TypeError) as error:
            print("refused by aiokafka:", (key, value, headers), "|", error)
    await producer.stop()


asyncio.run(send())
END

cat >read.py <<'END'
import asyncio
import os

import aiokafka
import kafka
from confluent_kafka import Consumer, TopicPartition

SERVER = os.environ["BOOTSTRAP"]
NAMES = ("confluent", "kafka-python", "aiokafka", "kafkajs", "sarama", "franz-go", "kafka-go")


def show(reader, topic, records):
    def text(value):
        return "null" if value is None else f'"{value.decode()}"'
    print(topic, reader, *(",".join([text(key), text(value), *(text(h[1]) for h in headers or [])])
                           for key, value, headers in records), sep="\t")


for topic in NAMES:
    consumer = Consumer({"bootstrap.servers": SERVER, "group.id": "g", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, 0)])
    records = []
    while not (message := consumer.poll(30)).error():
        records.append((message.key(), message.value(), message.headers()))
    consumer.close()
    show("confluent", topic, records)

    part = kafka.TopicPartition(topic, 0)
    reader = kafka.KafkaConsumer(bootstrap_servers=SERVER, auto_offset_reset="earliest")
    reader.assign([part])
    while reader.position(part) < len(records):
        for found in reader.poll(1000).values():
            show("kafka-python", topic, [(m.key, m.value, m.headers) for m in found])
    reader.close()

    async def read():
        reader = aiokafka.AIOKafkaConsumer(bootstrap_servers=SERVER, auto_offset_reset="earliest")
        await reader.start()
        reader.assign([aiokafka.TopicPartition(topic, 0)])
        found = [await reader.getone() for _ in records]
        show("aiokafka", topic, [(m.key, m.value, m.headers) for m in found])
        await reader.stop()
    asyncio.run(read())
END

cat >client.js <<'END'
const {Kafka, logLevel, Partitioners} = require('kafkajs');
const kafka = new Kafka({brokers: [process.env.BOOTSTRAP], logLevel: logLevel.NOTHING});
const names = ['confluent', 'kafka-python', 'aiokafka', 'kafkajs', 'sarama', 'franz-go', 'kafka-go'];

async function write() {
    const producer = kafka.producer({createPartitioner: Partitioners.DefaultPartitioner});
    await producer.connect();
    for (const message of [{key: null, value: null}, {key: 'k', value: 'v', headers: {h: null}},
        {key: '', value: '', headers: {h: ''}}]) {
        try {
            await producer.send({topic: 'kafkajs', messages: [message]});
        } catch (error) {
            console.log('refused by kafkajs:', JSON.stringify(message), '|', error.message);
        }
    }
    await producer.disconnect();
}

async function read() {
    const admin = kafka.admin();
    await admin.connect();
    const text = (bytes) => (bytes === null ? 'null' : `"${bytes}"`);
    for (const topic of names) {
        const count = Number((await admin.fetchTopicOffsets(topic))[0].high);
        const consumer = kafka.consumer({groupId: `js-${topic}`});
        await consumer.connect();
        await consumer.subscribe({topic, fromBeginning: true});
        const found = [];
        await new Promise((done) => consumer.run({eachMessage: async ({message: m}) => {
            found.push([m.key, m.value, ...Object.values(m.headers)].map(text).join(','));
            if (found.length === count) done();
        }}));
        await consumer.disconnect();
        console.log([topic, 'kafkajs', ...found].join('\t'));
    }
    await admin.disconnect();
}

process.argv[2] === 'write' ? write() : read();
END

cat >go.mod <<'END'
module finding
go 1.25
require (
	github.com/IBM/sarama v1.61.1
	github.com/segmentio/kafka-go v0.4.51
	github.com/twmb/franz-go v1.22.3
)
END
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	server = os.Getenv("BOOTSTRAP")
	ctx    = context.Background()
	names  = []string{"confluent", "kafka-python", "aiokafka", "kafkajs", "sarama", "franz-go",
		"kafka-go"}
)

type record struct{ key, value, header []byte }

var cases = []struct {
	record
	headers bool
}{{record{nil, nil, nil}, false}, {record{[]byte("k"), []byte("v"), nil}, true},
	{record{[]byte{}, []byte{}, []byte{}}, true}}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func text(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%q", b)
}

func write() {
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer([]string{server}, config)
	check(err)
	client, err := kgo.NewClient(kgo.SeedBrokers(server))
	check(err)
	writer := &kafkago.Writer{Addr: kafkago.TCP(server), Topic: "kafka-go",
		BatchTimeout: time.Millisecond}
	for _, c := range cases {
		message := &sarama.ProducerMessage{Topic: "sarama"}
		if c.key != nil {
			message.Key, message.Value = sarama.ByteEncoder(c.key), sarama.ByteEncoder(c.value)
		}
		other := &kgo.Record{Topic: "franz-go", Key: c.key, Value: c.value}
		third := kafkago.Message{Key: c.key, Value: c.value}
		if c.headers {
			message.Headers = []sarama.RecordHeader{{Key: []byte("h"), Value: c.header}}
			other.Headers = []kgo.RecordHeader{{Key: "h", Value: c.header}}
			third.Headers = []kafkago.Header{{Key: "h", Value: c.header}}
		}
		_, _, err = producer.SendMessage(message)
		check(err)
		check(client.ProduceSync(ctx, other).FirstErr())
		check(writer.WriteMessages(ctx, third))
	}
}

func read() {
	client, err := sarama.NewClient([]string{server}, sarama.NewConfig())
	check(err)
	consumer, err := sarama.NewConsumerFromClient(client)
	check(err)
	for _, topic := range names {
		end, err := client.GetOffset(topic, 0, sarama.OffsetNewest)
		check(err)
		var first, second, third []string
		partition, err := consumer.ConsumePartition(topic, 0, 0)
		check(err)
		for int64(len(first)) < end {
			m := <-partition.Messages()
			row := []string{text(m.Key), text(m.Value)}
			for _, h := range m.Headers {
				row = append(row, text(h.Value))
			}
			first = append(first, strings.Join(row, ","))
		}
		other, err := kgo.NewClient(kgo.SeedBrokers(server), kgo.ConsumePartitions(
			map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(0)}}))
		check(err)
		for int64(len(second)) < end {
			other.PollFetches(ctx).EachRecord(func(m *kgo.Record) {
				row := []string{text(m.Key), text(m.Value)}
				for _, h := range m.Headers {
					row = append(row, text(h.Value))
				}
				second = append(second, strings.Join(row, ","))
			})
		}
		other.Close()
		reader := kafkago.NewReader(kafkago.ReaderConfig{Brokers: []string{server}, Topic: topic,
			MaxWait: 200 * time.Millisecond})
		check(reader.SetOffset(0))
		for int64(len(third)) < end {
			m, err := reader.ReadMessage(ctx)
			check(err)
			row := []string{text(m.Key), text(m.Value)}
			for _, h := range m.Headers {
				row = append(row, text(h.Value))
			}
			third = append(third, strings.Join(row, ","))
		}
		reader.Close()
		fmt.Printf("%s\tsarama\t%s\n", topic, strings.Join(first, "\t"))
		fmt.Printf("%s\tfranz-go\t%s\n", topic, strings.Join(second, "\t"))
		fmt.Printf("%s\tkafka-go\t%s\n", topic, strings.Join(third, "\t"))
	}
}

func main() {
	if os.Args[1] == "write" {
		write()
	} else {
		read()
	}
}
END

cat >compare.py <<'END'
import sys

NULLS, HEADER, EMPTY = "null,null", '"k","v",null', '"","",""'
written = {"confluent": [NULLS, HEADER, EMPTY], "sarama": [NULLS, HEADER, EMPTY],
           "franz-go": [NULLS, HEADER, EMPTY], "kafka-go": [NULLS, HEADER, EMPTY],
           "kafka-python": [EMPTY], "aiokafka": [HEADER, EMPTY], "kafkajs": [NULLS, EMPTY]}
wrong = []
rows = [line.strip("\n").split("\t") for line in open("seen") if "\t" in line]
for topic, reader, *records in sorted(rows):
    print(f"written by {topic:13} read by {reader:13}", "   ".join(records))
    expected = written[topic]
    if reader == "kafka-go":
        expected = [record.replace('""', "null") for record in expected]
    if records != expected:
        wrong.append((topic, reader, records, expected))
if wrong or len(rows) != 7 * 7:
    sys.exit(f"CHANGED: not as described: {len(rows)} rows, (topic, reader, seen, expected): {wrong}")
print("as described")
END

python3 -m venv env
env/bin/pip install -q confluent-kafka==2.16.1 kafka-python==3.0.12 aiokafka==0.14.0 >pip.log 2>&1 ||
    missing "the Python clients"
npm install --silent --no-save kafkajs@2.2.4 >npm.log 2>&1 || missing kafkajs
go mod tidy 2>go.log || missing "the Go modules"
go build -o client .
broker
echo "confluent-kafka 2.16.1, kafka-python 3.0.12, aiokafka 0.14.0, kafkajs 2.2.4, sarama 1.61.1," \
     "franz-go 1.22.3, kafka-go 0.4.51, broker 4.4.0"
env/bin/python write.py
node client.js write
./client write
{
    timeout 120 env/bin/python read.py
    timeout 120 node client.js read
    timeout 120 ./client read
} >seen 2>read.log
python3 compare.py
