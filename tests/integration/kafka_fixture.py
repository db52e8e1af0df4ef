#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Kafka brokers (KRaft) for integration tests.

    # fixtures: kafka                       in the head of test_x.py: ctest starts one broker for all
    with kafka_fixture.shared() as kafka:   that broker; run by hand, the test starts its own
        topic = kafka.create_topic("clicks", partitions=4)
        kafka.produce(topic, [Record("k", "v", timestamp=5)])
        kafka.consume(topic)                [Record, ...] from the beginning to the end

Tests share the broker, so topic names are made unique. A test that stops, kills or pauses a broker
takes one of its own: `with KafkaBroker() as broker`, then broker.stop(), broker.start() (the same
ports and data), broker.kill(), broker.pause(), broker.resume(). `with KafkaCluster() as cluster` has
three of them, cluster.brokers[0] to [2]; what is written is on all three, and acknowledged by two.

The version is VERSION, or what $WEIR_KAFKA_VERSION says (4.1.1): then shared() starts its own, too.
"""
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import uuid

import kafka_wire
import service

VERSION = "4.4.0"
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
# Of every broker. Tests use event times of any year as record timestamps, and wait for no one.
SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "num.partitions": 1,
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": 2,
    "transaction.state.log.num.partitions": 2,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "log.segment.delete.delay.ms": 1000,
    "log.retention.ms": -1,
    # Topics of windowed tables have a retention, and the rows of tests are years old: a broker would
    # look 30 s after its start, and each five minutes, and delete them.
    "log.initial.task.delay.ms": 24 * 3600 * 1000,
    "log.message.timestamp.after.max.ms": (1 << 63) - 1,
    "log.cleaner.dedupe.buffer.size": 8 << 20,  # the default, 128 MB, is most of a small heap
}
# Internal topics of a broker that is alone, and of three.
ALONE = {
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
# A broker that a test stops for a while, and that must not fence itself: without a leader for a
# moment its partitions lose the ends of transactions (findings/kafka-leaderless-transaction-end.sh).
# Not for one that is killed: it may come back only when this time is over.
PATIENT = {"broker.session.timeout.ms": 60000}
# A killed broker is missed, and another one leads, within about 5 s instead of 10. Controllers keep
# their defaults: where elections are quicker than a busy machine there is never a leader.
OF_THREE = {
    "default.replication.factor": 3,
    "min.insync.replicas": 2,
    "broker.session.timeout.ms": 4000,
    "broker.heartbeat.interval.ms": 1000,
    "replica.lag.time.max.ms": 5000,
}


def version():
    return os.environ.get("WEIR_KAFKA_VERSION") or VERSION


@dataclasses.dataclass
class Listener:
    """Another way into a broker, beside PLAINTEXT. The clients' port may be a proxy's."""
    protocol: str = "PLAINTEXT"            # or SSL, SASL_SSL, SASL_PLAINTEXT
    settings: dict = dataclasses.field(default_factory=dict)  # without listener.name.<name>.
    port: int = None                       # given when the broker is made
    advertised: int = None                 # what clients are told; None: port

    def lines(self, name):
        prefix = f"listener.name.{name.lower()}."
        return {prefix + key: value for key, value in self.settings.items()}

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.advertised or self.port}"


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

    def __init__(self, folder=None, heap="400m", settings=None, listeners=None, node=1,
                 controllers=None, format_options=()):
        """
        settings: of the broker, over SETTINGS. listeners: {name: Listener} beside PLAINTEXT.
        node, controllers: its number in a cluster, and {node: port} of all; None: it is alone.
        format_options: for Kafka's storage tool, such as --add-scram.
        """
        self.jars = self.check()
        super().__init__(folder)
        self.listeners = {"PLAINTEXT": Listener(), **(listeners or {})}
        for listener in self.listeners.values():
            listener.port = listener.port or service.free_ports(1)[0]
        Kafka.__init__(self, self.listeners["PLAINTEXT"].bootstrap)
        self.heap, self.node, self.format_options = heap, node, format_options
        controllers = controllers or {node: service.free_ports(1)[0]}
        self.config = self.folder / "server.properties"
        lines = {**SETTINGS, **(ALONE if len(controllers) == 1 else OF_THREE),
                 **self.addresses(controllers), **(settings or {})}
        self.config.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        self.formatted = False

    def addresses(self, controllers):
        named = {**self.listeners, "CONTROLLER": Listener(port=controllers[self.node])}
        lines = {
            "node.id": self.node,
            "log.dirs": self.folder / "logs",
            "controller.quorum.voters": ",".join(f"{node}@127.0.0.1:{port}"
                                                 for node, port in controllers.items()),
            "listeners": ",".join(f"{name}://127.0.0.1:{listener.port}"
                                  for name, listener in named.items()),
            "advertised.listeners": ",".join(f"{name}://{listener.bootstrap}"
                                             for name, listener in self.listeners.items()),
            "listener.security.protocol.map": ",".join(f"{name}:{listener.protocol}"
                                                       for name, listener in named.items()),
        }
        for name, listener in self.listeners.items():
            lines.update(listener.lines(name))
        return lines

    @staticmethod
    def check():
        return service.fetched("fetch-kafka", version())

    @property
    def address(self):
        return self.bootstrap

    def java(self, *arguments):
        # A broker that lives for seconds: the quick compiler and the smallest collector.
        return ["java", f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{self.jars}/*",
                *arguments]

    def launch(self):
        if not self.formatted:
            self.format()
        super().launch()

    def format(self):
        done = subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                                        str(self.config), *self.format_options),
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"kafka.tools.StorageTool: {done.stdout}{done.stderr}")
        self.formatted = True

    def command(self):
        return self.java("kafka.Kafka", str(self.config))

    def ready(self):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-L", "-m", "5"],
                              capture_output=True, stdin=subprocess.DEVNULL)
        return done.returncode == 0


class KafkaCluster(Kafka):
    """Brokers of the test's own that replicate: `with KafkaCluster() as cluster`. Each is broker and
    controller; a majority must live. A broker takes about 300 MB."""

    def __init__(self, count=3, heap="200m", settings=None, listeners=None):
        """listeners: called for each node, gives its {name: Listener}."""
        controllers = dict(enumerate(service.free_ports(count), 1))
        self.brokers = []
        try:
            for node in controllers:
                self.brokers.append(KafkaBroker(
                    heap=heap, settings=settings, node=node, controllers=controllers,
                    listeners=listeners(node) if listeners else None))
        except BaseException:
            self.close()
            raise
        super().__init__(",".join(broker.bootstrap for broker in self.brokers))

    def start(self):
        """All at once: one that is alone has no majority, and is not ready."""
        with concurrent.futures.ThreadPoolExecutor(len(self.brokers)) as pool:
            list(pool.map(KafkaBroker.format, self.brokers))
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.wait_ready()
        service.wait_until(self.complete, 60, "every broker knows the others")
        return self

    def complete(self):
        """Do all that run see all that run, and every replica in sync?"""
        running = [broker for broker in self.brokers if broker.process]
        ids = {broker.node for broker in running}
        for broker in running:
            try:
                seen = json.loads(broker.kcat("-L", "-J"))
            except (RuntimeError, ValueError):
                return False
            if {one["id"] for one in seen["brokers"]} != ids:
                return False
            if any(len(p["isrs"]) < min(len(ids), len(p["replicas"])) for topic in seen["topics"]
                   for p in topic["partitions"]):
                return False
        return True

    def close(self):
        for broker in self.brokers:
            broker.kill()  # what ends in order waits for a majority
            broker.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def shared():
    """The broker that ctest started for all tests; outside of ctest, one of its own."""
    address = None if os.environ.get("WEIR_KAFKA_VERSION") else service.shared_address("kafka")
    if address:
        yield Kafka(address)
    else:
        with KafkaBroker() as broker:
            yield broker


if __name__ == "__main__":
    sys.exit(service.fixture_main("kafka", os.path.abspath(__file__), KafkaBroker))
