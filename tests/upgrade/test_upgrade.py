#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 30
"""State and changelogs that earlier versions wrote are read by this one: it goes on with the second half
of the input where they stopped, and what it writes is what it writes for both halves from the start.
"""
import re
import unittest

import kafka_wire
import kept
import program
import service
from kafka_fixture import KafkaBroker, Record

ALL = [*kept.half(0), *kept.half(1)]


def on_data(folder):
    return program.Weir(folder, settings=kept.SETTINGS)


class Upgrade(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        """What this version makes of everything, step by step as the others have."""
        with program.folder() as folder:
            weir = on_data(folder / "data")
            weir.run(kept.PROGRAM)
            for half in (0, 1):
                weir.feed(kept.half(half))
                weir.run(kept.PROGRAM)
            cls.expected = kept.contents(weir)

    def check(self, weir):
        found = kept.contents(weir)
        for topic, rows in self.expected.items():
            with self.subTest(topic):
                self.assertEqual(found[topic], rows)

    def test_expected_has_rows(self):
        for topic, rows in self.expected.items():
            self.assertGreater(len(rows), 2, topic)

    def test_data_directories(self):
        self.assertTrue(kept.versions())
        for version in kept.versions():
            with self.subTest(version.name), program.folder() as folder:
                weir = on_data(kept.unpack(version / "data.tar.xz", folder))
                weir.feed(kept.half(1))
                weir.run(kept.PROGRAM)
                self.check(weir)

    def test_catalogs(self):
        """Statements that were kept are executed again, and mean the same."""
        for version in kept.versions():
            with self.subTest(version.name), program.folder() as folder:
                weir = on_data(kept.unpack(version / "catalog.tar.xz", folder))
                text = weir.sql("SHOW QUERIES; SHOW STREAMS; SHOW TABLES;").stdout
                for name in (*kept.TABLES, *kept.STREAMS, *kept.INPUTS):
                    self.assertIn(name.upper(), text)
                self.assertEqual(len(set(re.findall(r"C[ST]AS_\w+_\d+", text))),
                                 len(kept.TABLES) + len(kept.STREAMS), text)

    def test_changelogs(self):
        """A new process without a data directory: offsets are the groups', state is the changelogs'."""
        for version in kept.versions():
            with self.subTest(version.name), program.folder() as folder, \
                    KafkaBroker(folder / "broker") as kafka:
                self.put_back(kafka, kept.read_topics(version / "topics.json.xz"))
                weir = program.Weir(folder / "data", kafka.bootstrap, settings=kept.SETTINGS)
                weir.feed(kept.half(1))
                weir.run(kept.PROGRAM)
                self.check(weir)

    @staticmethod
    def put_back(kafka, found):
        for name, topic in found["topics"].items():
            kafka.create_topic(name, topic["partitions"], unique=False,
                               cleanup_policy=topic["cleanup.policy"])
            records = [Record(kept.binary(key), kept.binary(value), at, headers, partition)
                       for partition, at, key, value, headers in topic["records"]]
            # Some hundred at a time: within a broker's limit for a batch.
            for begin in range(0, len(records), 200):
                kafka.produce(name, records[begin:begin + 200])
        for group, topics in found["groups"].items():
            for name, offsets in topics.items():
                kafka_wire.commit(kafka.bootstrap, group, name, offsets)


if __name__ == "__main__":
    service.main()
