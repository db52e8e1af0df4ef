#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 25
# fixtures: kafka
"""Topics whose keys another client has placed: kcat writes as librdkafka does, by CRC32, and as
sarama does, by FNV-1a. A join with them misses rows and the log says why; WITH (PARTITIONER) finds
all of them, and writes so that those clients find what they look for."""
import re
import subprocess
import unittest

import service
from kafka_fixture import Record, shared
from program import Weir, folder

KEYS = [f"user-{n}" for n in range(60)]
# The names of the partitioners, as librdkafka's.
BY = {"murmur2": "murmur2_random", "crc32": "consistent_random", "fnv1a": "fnv1a_random"}
STREAM = """
CREATE STREAM {name} (k STRING KEY, v INT)
  WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='JSON'{said});
"""
TABLE = STREAM.replace("STREAM", "TABLE").replace("KEY", "PRIMARY KEY")
JOIN = """
CREATE STREAM {out} WITH (KAFKA_TOPIC='{out}', PARTITIONS=6{said}) AS
  SELECT s.k AS k, s.v AS v, t.v AS w FROM {stream} s JOIN {table} t ON s.k = t.k;
"""


class OtherClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())
        # Tables first: a row meets those that are as old or older.
        cls.tables = {by: cls.written_by(by) for by in BY}
        cls.streams = {by: cls.written_by(by) for by in BY}

    def setUp(self):
        self.folder = self.enterContext(folder())
        self.weir = Weir(self.folder / "data", self.kafka.bootstrap)
        self.file = self.folder / "f.sql"
        self.file.write_text("SET 'auto.offset.reset' = 'earliest';")

    @classmethod
    def written_by(cls, by, topic=None):
        """A topic of 6 partitions that kcat has written with one of its partitioners."""
        topic = topic or cls.kafka.create_topic(f"by-{by}", partitions=6)
        lines = "".join(f'{key}\t{{"V":1}}\n' for key in KEYS)
        subprocess.run(["kcat", "-b", cls.kafka.bootstrap, "-P", "-t", topic, "-K", "\\t", "-X",
                        f"topic.partitioner={BY[by]}"], input=lines, text=True, check=True,
                       timeout=60)
        return topic

    def places(self, topic):
        """{key: the partitions that its records are in}, and how many records there are."""
        found, records = {}, self.kafka.consume(topic)
        for record in records:
            found.setdefault(record.key, set()).add(record.partition)
        return found, len(records)

    def add(self, statement, said=None, **words):
        said = f", PARTITIONER='{said}'" if said else ""
        with self.file.open("a") as file:
            file.write(statement.format(said=said, **words))

    def join(self, stream, table, said=None):
        """A query of two sources of the file; the topic that it writes."""
        out = self.kafka.unique("joined").replace("-", "_")
        self.add(JOIN, said, stream=stream, table=table, out=out)
        return out

    def rows(self, topic):
        return len(self.kafka.consume(topic))

    def run_file(self):
        return self.weir.run(self.file).stderr

    def test_a_join_that_misses_rows_is_named(self):
        self.add(TABLE, name="t", topic=self.tables["murmur2"])
        outs = {}
        for by, topic in self.streams.items():
            self.add(STREAM, name=by, topic=topic)
            outs[by] = self.join(by, "t")
        log = self.run_file()
        for by, out in outs.items():
            found = re.search(rf"of (\d+) keys of topic {self.streams[by]} (\d+) are not in the "
                              rf"partition where murmur2 puts them; (\w+) has put all", log)
            if by == "murmur2":
                self.assertFalse(found, log)
                self.assertEqual(self.rows(out), len(KEYS))
                continue
            self.assertTrue(found, log)
            self.assertEqual(found[3], by)  # by what was read until the first commit
            self.assertLessEqual(int(found[1]), len(KEYS))
            self.assertGreater(int(found[2]), 0)
            self.assertLess(self.rows(out), len(KEYS) / 2)
        self.assertEqual(log.count("WARN"), 2, log)

    def test_what_is_said_of_a_topic_brings_all_rows(self):
        outs = []
        for by in BY:
            self.add(STREAM, by, name=f"s_{by}", topic=self.streams[by])
            self.add(TABLE, by, name=f"t_{by}", topic=self.tables[by])
        for stream in BY:
            for table in BY:
                outs.append(self.join(f"s_{stream}", f"t_{table}", "fnv1a"))
        self.assertNotIn("WARN", self.run_file())
        theirs = self.places(self.streams["fnv1a"])
        for out in outs:
            self.assertEqual(self.places(out), theirs)  # as sarama would write them

    def test_two_kinds_of_writers(self):
        topic = self.written_by("murmur2")
        self.written_by("crc32", topic)
        self.add(TABLE, name="t", topic=self.tables["murmur2"])
        self.add(STREAM, name="plain", topic=topic)
        self.add(STREAM, "none", name="moved", topic=topic)
        plain, moved = self.join("plain", "t"), self.join("moved", "t")
        log = self.run_file()
        self.assertIn("no one partitioner has put all where they are", log)
        self.assertEqual(log.count("WARN"), 1, log)
        self.assertLess(self.rows(plain), 2 * len(KEYS))
        self.assertEqual(self.rows(moved), 2 * len(KEYS))

    def test_a_query_that_is_to_stop(self):
        self.file.write_text("SET 'auto.offset.reset' = 'earliest';"
                             "SET 'weir.fail.on.misplaced.key' = 'true';")
        self.add(TABLE, name="t", topic=self.tables["murmur2"])
        self.add(STREAM, name="s", topic=self.streams["crc32"])
        out = self.join("s", "t")
        log = self.weir.run(self.file, status=1).stderr
        self.assertRegex(log, rf"The key of the record at offset \d+ of topic "
                              rf"{self.streams['crc32']}, partition \d, belongs to partition \d "
                              r"of 6 by murmur2")
        self.assertEqual(self.rows(out), 0)

    def test_describe_and_writing(self):
        topic = self.written_by("crc32")
        theirs, _ = self.places(topic)
        self.weir.sql(STREAM.format(name="plain", topic=topic, said="") +
                      STREAM.format(name="said", topic=topic, said=", PARTITIONER='CRC32'"))
        shown = self.weir.sql("DESCRIBE plain EXTENDED; DESCRIBE said EXTENDED;").stdout
        self.assertRegex(shown, rf"Partitioner +: murmur2, but of {len(KEYS)} keys seen \d+ lie "
                                r"elsewhere \(written by: crc32\)")
        self.assertRegex(shown, r"Partitioner +: crc32\n")
        self.weir.sql("".join(f"INSERT INTO said VALUES ('{key}', 2);" for key in KEYS[:9]))
        lines = "".join(f"{key}:{{}}\n" for key in KEYS)
        self.weir.call("produce", topic, "--key-separator", ":", "--partitioner", "crc32",
                       *self.weir.options(), input=lines)
        self.assertEqual(self.places(topic), (theirs, 2 * len(KEYS) + 9))
        self.assertNotEqual(self.places(self.streams["murmur2"])[0], theirs)

    def test_what_says_nothing_of_the_partitioner(self):
        """NULL keys, empty ones (librdkafka scatters them), a topic of one partition."""
        odd = self.kafka.create_topic("odd", partitions=6)
        self.kafka.produce(odd, [Record(key, '{"V":1}', partition=p)
                                 for p in range(6) for key in (None, "") for _ in range(20)])
        one = [self.kafka.create_topic("one", partitions=1) for _ in range(2)]
        for topic in one:
            self.written_by("crc32", topic)
        self.add(TABLE, name="t", topic=self.tables["murmur2"])
        self.add(TABLE, name="t_one", topic=one[0])
        self.add(STREAM, name="s_odd", topic=odd)
        self.add(STREAM, name="s_one", topic=one[1])
        outs = self.join("s_odd", "t"), self.join("s_one", "t_one")
        self.assertNotIn("partition where", self.run_file())
        self.assertEqual([self.rows(out) for out in outs], [0, len(KEYS)])


if __name__ == "__main__":
    service.main()
