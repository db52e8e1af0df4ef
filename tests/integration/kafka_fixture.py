#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real Kafka broker (KRaft, one node) for integration tests.

    # fixtures: kafka                       in the head of test_x.py: ctest starts one broker for all
    with kafka_fixture.shared() as kafka:   that broker; run by hand, the test starts its own
        topic = kafka.create_topic("clicks", partitions=4)
        kafka.produce(topic, [Record("k", "v", timestamp=5)])
        kafka.consume(topic)                [Record, ...] from the beginning to the end

Tests share the broker, so topic names are made unique. A test that stops, kills or pauses a broker
takes one of its own: `with KafkaBroker() as broker`, then broker.stop(), broker.start() (the same
ports and data), broker.kill(), broker.pause(), broker.resume().
"""
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import uuid

import kafka_wire
import service

CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/logs
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.segment.delete.delay.ms=1000
# Tests use event times of any year as record timestamps.
log.retention.ms=-1
log.message.timestamp.after.max.ms={limit}
"""


@dataclasses.dataclass
class Record:
    key: object = None      # str, bytes or None
    value: object = None
    timestamp: int = None   # ms; None: now (produce)
    headers: list = dataclasses.field(default_factory=list)  # [(name, str or bytes or None)]
    partition: int = None   # None: by the key's hash as Kafka's own clients, else 0
    offset: int = None      # consume only


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


class Kafka:
    """Access to a broker at an address; does not own it."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.partitions = {}

    @staticmethod
    def unique(name):
        """A topic or group name that no other test has."""
        return f"{name}-{uuid.uuid4().hex[:8]}"

    def create_topic(self, name, partitions=1, unique=True, **settings):
        """Create a topic (settings: cleanup_policy="compact", ...); returns its name."""
        topic = self.unique(name) if unique else name
        settings = {key.replace("_", "."): value for key, value in settings.items()}
        kafka_wire.create_topic(self.bootstrap, topic, partitions, settings)
        self.partitions[topic] = partitions
        return topic

    def delete_topic(self, topic):
        kafka_wire.delete_topic(self.bootstrap, topic)

    def topic_settings(self, topic):
        return kafka_wire.topic_settings(self.bootstrap, topic)

    def metadata(self):
        """kcat's metadata listing, {topic: number of partitions}."""
        text = self.kcat("-L", "-J")
        return {topic["topic"]: len(topic["partitions"]) for topic in json.loads(text)["topics"]}

    def produce(self, topic, records):
        """Append records (Record, or a value alone), in order within each partition."""
        count = self.partitions.get(topic) or self.metadata()[topic]
        by_partition = {}
        for record in records:
            if not isinstance(record, Record):
                record = Record(value=record)
            key = as_bytes(record.key)
            partition = record.partition
            if partition is None:
                partition = 0 if key is None else kafka_wire.partition_of(key, count)
            headers = [(name, as_bytes(value)) for name, value in record.headers]
            by_partition.setdefault(partition, []).append(
                (key, as_bytes(record.value), record.timestamp, headers))
        for partition, batch in sorted(by_partition.items()):
            kafka_wire.produce(self.bootstrap, topic, partition, batch)

    def consume(self, topic, isolation="read_committed"):
        """All records from the beginning to the present end, partition by partition."""
        text = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J", "-X",
                         f"isolation.level={isolation}")
        records = []
        for line in text.splitlines():
            found = json.loads(line)
            headers = found.get("headers") or []
            records.append(Record(found["key"], found["payload"], found["ts"],
                                  list(zip(headers[::2], headers[1::2])), found["partition"],
                                  found["offset"]))
        return sorted(records, key=lambda r: (r.partition, r.offset))

    def consume_until(self, topic, condition, seconds=60):
        """Read all records again and again until condition(records); TimeoutError names the last
        ones seen. A number as condition: at least so many."""
        seen = []

        def enough():
            seen[:] = self.consume(topic)
            return len(seen) >= condition if isinstance(condition, int) else condition(seen)

        try:
            service.wait_until(enough, seconds, f"{topic} has the records")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; {len(seen)} records, the last: {seen[-5:]}") from None
        return list(seen)

    def kcat(self, *arguments):
        done = subprocess.run(["kcat", "-b", self.bootstrap, *arguments], capture_output=True,
                              text=True, timeout=60, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"kcat {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


class KafkaBroker(service.Service, Kafka):
    """A broker of the test's own."""

    name = "kafka"

    def __init__(self, folder=None, heap="400m", limit=(1 << 63) - 1):
        """limit: how far ahead of the clock a record's time may be by default, ms."""
        self.jars = self.check()
        super().__init__(folder)
        port, controller_port = service.free_ports(2)
        Kafka.__init__(self, f"127.0.0.1:{port}")
        self.heap = heap
        self.config = self.folder / "server.properties"
        self.config.write_text(CONFIG.format(port=port, controller_port=controller_port,
                                             folder=self.folder, limit=limit))
        self.format()

    @staticmethod
    def check():
        return service.fetched("fetch-kafka")

    @property
    def address(self):
        return self.bootstrap

    def java(self, *arguments):
        # A broker that lives for seconds: the quick compiler and the smallest collector.
        return ["java", f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{self.jars}/*",
                *arguments]

    def format(self):
        done = subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t",
                                        "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(self.config)),
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"kafka.tools.StorageTool: {done.stdout}{done.stderr}")

    def command(self):
        return self.java("kafka.Kafka", str(self.config))

    def ready(self):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-L", "-m", "1"],
                              capture_output=True, stdin=subprocess.DEVNULL)
        return done.returncode == 0


@contextlib.contextmanager
def shared():
    """The broker that ctest started for all tests; outside of ctest, one of its own."""
    address = service.shared_address("kafka")
    if address:
        yield Kafka(address)
    else:
        with KafkaBroker() as broker:
            yield broker


if __name__ == "__main__":
    sys.exit(service.fixture_main("kafka", os.path.abspath(__file__), KafkaBroker))
