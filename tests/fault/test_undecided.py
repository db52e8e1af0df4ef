#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# fixtures: kafka
# cost: 25
"""Records that an earlier transaction of Weir's has left undecided although it is over, as Kafka
4.3 and 4.4 do it to partitions without a leader (findings/kafka-leaderless-transaction-end.sh).
Here the broker does not check which partitions a transaction has, so that they can be put there.
"""
import collections
import json
import re
import unittest

import kafka_fixture
import kafka_wire
import program
import service
from kafka_fixture import KafkaBroker, Record

EXACT = {"processing.guarantee": "exactly_once_v2", "auto.offset.reset": "earliest",
         "ksql.service.id": "und_"}
SQL = """
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC = 's', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE STREAM copied WITH (KAFKA_TOPIC = 'copied') AS SELECT * FROM s;
"""
UNCHECKED = {"transaction.partition.verification.enable": "false"}
KEYS = ["a", "d"]  # whose partitions differ, by Kafka's partitioner


class Undecided(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(program.folder())
        self.kafka = self.enterContext(KafkaBroker(settings=UNCHECKED))
        self.weir = program.Weir(self.folder / "data", self.kafka.bootstrap, settings=EXACT)
        self.file = self.folder / "copy.sql"
        self.file.write_text(SQL)
        self.weir.run(self.file)  # makes the topics
        self.partitions = [kafka_wire.partition_of(k.encode(), 2) for k in KEYS]
        self.assertEqual(sorted(self.partitions), [0, 1])

    def feed(self, key, value):
        self.kafka.produce("s", [Record(key, json.dumps({"V": value}))])

    def leave(self, producer, key, value):
        """A record of Weir's, and no end of its transaction."""
        kafka_wire.produce(self.kafka.bootstrap, "copied", kafka_wire.partition_of(key.encode(), 2),
                           [(key.encode(), json.dumps({"V": value}).encode(), None, [])],
                           producer=producer)

    def copied(self):
        return collections.Counter((r.key, json.loads(r.value)["V"])
                                   for r in self.kafka.consume("copied"))

    def transactional_id(self):
        logs = (self.kafka.folder / "logs").glob("__transaction_state-*/*.log")
        ids = {m.decode() for log in logs
               for m in re.findall(rb"weir-und_-[0-9a-f]{16}-\d+", log.read_bytes())}
        self.assertEqual(len(ids), 1)
        return ids.pop()

    def test_aborted(self):
        for key in KEYS:
            self.feed(key, 1)
        self.weir.run(self.file)
        taken_up = kafka_wire.Producer(self.kafka.bootstrap, self.transactional_id())
        for key in KEYS:
            self.leave(taken_up, key, 2)
        for key in KEYS:
            self.feed(key, 3)
        done = self.weir.run(self.file)
        self.assertRegex(done.stderr, r"undecided records in 2 partitions \(copied partition \d, "
                                      r"from offset 2 on\); they are aborted now")
        self.assertEqual(self.copied(), {(k, v): 1 for k in KEYS for v in (1, 3)})
        self.assertNotIn("undecided", self.weir.run(self.file).stderr)

    def test_committed(self):
        """The last transaction was committed, so what it has left belongs to the outputs."""
        self.feed("a", 1)
        self.weir.run(self.file)
        self.leave(kafka_wire.ProducerOf(self.kafka.bootstrap, self.transactional_id()), "d", 2)
        self.assertEqual(self.copied(), {("a", 1): 1})
        done = self.weir.run(self.file)
        self.assertIn("undecided records in 1 partition (copied partition "
                      f"{self.partitions[1]}, from offset 0 on); they are committed now", done.stderr)
        self.assertEqual(self.copied(), {("a", 1): 1, ("d", 2): 1})

    def test_offsets(self):
        """Of groups: whoever asks for them waits until they are decided."""
        self.feed("a", 1)
        self.weir.run(self.file)
        group, = (g for g in kafka_wire.groups(self.kafka.bootstrap) if "_query_CSAS_" in g)
        kafka_wire.commit_in_transaction(
            self.kafka.bootstrap, group, "s", [0, 0],
            kafka_wire.Producer(self.kafka.bootstrap, self.transactional_id()))
        self.feed("a", 2)
        done = self.weir.run(self.file)
        self.assertRegex(done.stderr, r"undecided records in 1 partition \(__consumer_offsets .*"
                                      r"they are aborted now")
        self.assertEqual(self.copied(), {("a", 1): 1, ("a", 2): 1})

    def test_switched_off(self):
        self.feed("a", 1)
        self.weir.run(self.file)
        self.leave(kafka_wire.Producer(self.kafka.bootstrap, self.transactional_id()), "a", 2)
        off = program.Weir(self.folder / "data", self.kafka.bootstrap,
                           settings={**EXACT, "weir.transactions.end.undecided": "false"})
        self.feed("a", 3)
        self.assertNotIn("undecided", off.run(self.file).stderr)
        self.assertEqual(self.copied()["a", 2], 1)  # by the commit of 3


if __name__ == "__main__":
    service.main()
