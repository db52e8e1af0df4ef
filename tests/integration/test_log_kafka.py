#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 150
# fixtures: kafka
# kafka-4.1.1: SharedBroker.test_program SharedBrokerOwnClient.test_program
"""The Kafka log on a real broker: the unit test's program with a broker, and what only Kafka's own
tools can see: topic settings, records that others wrote, a broker that is restarted in the middle."""
import os
import subprocess
import unittest
from pathlib import Path

import service
from kafka_fixture import KafkaBroker, KafkaCluster, Record, shared

TESTS = Path(os.environ["WEIR_BUILD_DIR"]) / "tests"
PROGRAM = TESTS / "unit_runtime_test_log_kafka"


def environment(kafka, client):
    return dict(os.environ, WEIR_TEST_KAFKA=kafka.bootstrap, WEIR_TEST_KAFKA_CLIENT=client)


class SharedBroker(unittest.TestCase):
    client = "librdkafka"

    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def test_program(self):
        done = subprocess.run([PROGRAM], capture_output=True, text=True, timeout=300,
                              env=environment(self.kafka, self.client))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        created = dict(line.split()[2:4] for line in done.stdout.splitlines()
                       if line.startswith("internal topic: "))
        settings = {name: self.kafka.topic_settings(topic) for name, topic in created.items()}
        self.assertEqual(settings["kept"]["cleanup.policy"], "compact")
        self.assertEqual(settings["windowed"]["cleanup.policy"], "compact,delete")
        self.assertEqual(settings["windowed"]["retention.ms"], "90000000")
        self.assertEqual(settings["repartition"]["cleanup.policy"], "delete")
        self.assertEqual(settings["repartition"]["retention.ms"], "-1")

    def run_with_broker(self, program, a_test):
        done = subprocess.run([TESTS / program], capture_output=True, text=True, timeout=300,
                              env=environment(self.kafka, self.client))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(a_test, done.stdout + done.stderr)

    def test_together(self):
        self.run_with_broker("unit_runtime_test_log_together", "test_producers")

    def test_gap(self):
        self.run_with_broker("unit_runtime_test_log_gap", "test_anew_longer_kafka")

    def test_writer(self):
        self.run_with_broker("unit_runtime_test_log_writer", "test_refused_by_broker")


class SharedBrokerOwnClient(SharedBroker):
    client = "wire"


class OwnBroker(unittest.TestCase):
    client = "librdkafka"

    def test_restart_in_the_middle(self):
        """At least once: after a restart and a kill everything has been copied, in order."""
        with KafkaBroker() as broker:
            source = broker.create_topic("in", partitions=2)
            sink = broker.create_topic("out", partitions=2)
            values = [str(i) for i in range(600)]

            def send(part):
                # From 1 on: a record of time 0 is refused, as librdkafka would write another time.
                broker.produce(source, [Record("k", v, int(v) + 1, [], int(v) % 2) for v in part])

            program = subprocess.Popen([PROGRAM, "copy", source, sink, "600", broker.unique("g")],
                                       env=environment(broker, self.client), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            try:
                send(values[:200])
                broker.consume_until(sink, 200)
                broker.stop()
                broker.start()
                send(values[200:400])
                broker.consume_until(sink, 400)
                broker.kill()
                broker.start()
                send(values[400:])
                out, errors = program.communicate(timeout=120)
            finally:
                program.kill()
            self.assertEqual(program.returncode, 0, out[-500:] + errors)
            self.assertIn("No Kafka broker answers", errors)
            self.assertIn("answers again", errors)
            self.assertLessEqual(errors.count("No Kafka broker answers"), 3)
            records = broker.consume(sink)
            for partition in (0, 1):
                got = [int(r.value) for r in records if r.partition == partition]
                # A repetition steps back; what is new comes in order and completely.
                new = [v for i, v in enumerate(got) if v not in got[:i]]
                self.assertEqual(new, list(range(partition, 600, 2)))


class OwnBrokerOwnClient(OwnBroker):
    client = "wire"

    def test_leader_killed(self):
        """Of three brokers the one that leads is killed: the others go on, nothing is missing."""
        with KafkaCluster() as cluster:
            source = cluster.create_topic("in", partitions=3)
            sink = cluster.create_topic("out", partitions=3)
            values = [str(i) for i in range(900)]

            def send(part):
                cluster.produce(source, [Record("k", v, int(v) + 1, [], int(v) % 3) for v in part])

            program = subprocess.Popen([PROGRAM, "copy", source, sink, "900", cluster.unique("g")],
                                       env=environment(cluster, self.client),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                send(values[:300])
                cluster.consume_until(sink, 300)
                cluster.brokers[0].kill()
                service.wait_until(cluster.complete, 60, "others lead")
                send(values[300:600])
                cluster.consume_until(sink, 600)
                cluster.brokers[0].start()
                service.wait_until(cluster.complete, 60, "all are there again")
                send(values[600:])
                out, errors = program.communicate(timeout=120)
            finally:
                program.kill()
            self.assertEqual(program.returncode, 0, out[-500:] + errors)
            self.assertNotIn("its new leader does not have them", errors)
            got = {int(record.value) for record in cluster.consume(sink)}
            self.assertEqual(got, set(range(900)))


if __name__ == "__main__":
    service.main()
