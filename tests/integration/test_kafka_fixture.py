#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 28
# labels: release
# fixtures: kafka
# kafka-4.1.1: SharedBroker
"""The fixtures themselves: what is produced comes back exactly, a broker survives its restarts, and a
cluster the loss of one broker."""
import json
import subprocess
import unittest

import kafka_wire
import service
from kafka_fixture import KafkaBroker, KafkaCluster, Record, shared


class Wire(unittest.TestCase):
    def test_known_values(self):
        self.assertEqual(kafka_wire.crc32c(b"123456789"), 0xE3069283)
        # From Kafka's own UtilsTest.
        for text, value in ((b"21", -973932308), (b"foobar", -790332482), (b"abc", 479470107)):
            signed = kafka_wire.murmur2(text)
            signed -= (1 << 32) if signed >= 1 << 31 else 0
            self.assertEqual(signed, value)


class SharedBroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def test_records_come_back(self):
        topic = self.kafka.create_topic("round-trip", partitions=2)
        sent = [Record("k1", "v1", 1000, [("h", "x"), ("h", "y")], 0),
                Record(None, "no key", 999, [], 0),
                Record("k1", None, 2000, [], 0),
                Record("k2", "é😀", 253402300799000, [], 1)]
        self.kafka.produce(topic, sent)
        got = self.kafka.consume(topic)
        for record in got:
            record.offset = None
        self.assertEqual(got, sent)
        self.assertEqual(self.kafka.metadata()[topic], 2)

    def test_partitioner_is_kafkas(self):
        topic = self.kafka.create_topic("partitions", partitions=5)
        self.kafka.produce(topic, [Record(f"key-{i}", str(i)) for i in range(50)])
        keys = "".join(f"key-{i}\tagain\n" for i in range(50))
        subprocess.run(["kcat", "-b", self.kafka.bootstrap, "-P", "-t", topic, "-K", "\t", "-X",
                        "partitioner=murmur2_random"], input=keys.encode(), check=True)
        places = {}
        for record in self.kafka.consume(topic):
            places.setdefault(record.key, []).append(record.partition)
        self.assertEqual(len(places), 50)
        for key, partitions in places.items():
            self.assertEqual(len(partitions), 2)
            self.assertEqual(len(set(partitions)), 1, key)

    def test_settings_and_errors(self):
        topic = self.kafka.create_topic("table", cleanup_policy="compact", segment_ms=5000)
        settings = self.kafka.topic_settings(topic)
        self.assertEqual(settings["cleanup.policy"], "compact")
        self.assertEqual(settings["segment.ms"], "5000")
        with self.assertRaises(kafka_wire.KafkaError) as caught:
            self.kafka.create_topic(topic, unique=False)
        self.assertEqual(caught.exception.code, 36)
        self.kafka.delete_topic(topic)
        service.wait_until(lambda: topic not in self.kafka.metadata(), 30, "the topic is gone")


class OwnBroker(unittest.TestCase):
    def test_restart_keeps_ports_and_data(self):
        with KafkaBroker() as broker:
            address = broker.bootstrap
            topic = broker.create_topic("kept")
            broker.produce(topic, ["one"])
            broker.stop()
            self.assertFalse(broker.ready())
            broker.start()
            broker.produce(topic, ["two"])
            broker.kill()
            self.assertFalse(broker.ready())
            broker.start()
            self.assertEqual(broker.bootstrap, address)
            values = [r.value for r in broker.consume_until(topic, 2)]
            self.assertEqual(values, ["one", "two"])
            folder = broker.folder
        self.assertFalse(folder.exists())


class Cluster(unittest.TestCase):
    def test_loss_of_a_broker(self):
        with KafkaCluster() as cluster:
            topic = cluster.create_topic("replicated", partitions=3)
            sent = [Record(f"k{i}", str(i)) for i in range(12)]
            cluster.produce(topic, sent)
            cluster.brokers[0].kill()
            cluster.produce(topic, sent)
            cluster.brokers[0].start()
            service.wait_until(cluster.complete, 60, "all replicas are in sync")
            found = sorted(r.value for r in cluster.consume(topic))
            self.assertEqual(found, sorted(2 * [r.value for r in sent]))
            metadata = json.loads(cluster.kcat("-L", "-J", "-t", topic))["topics"][0]
            self.assertEqual([len(p["replicas"]) for p in metadata["partitions"]], [3, 3, 3])


if __name__ == "__main__":
    service.main()
