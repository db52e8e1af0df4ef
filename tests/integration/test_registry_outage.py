#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# cost: 40
# fixtures: kafka
"""A service while its schema registry is away: it waits at a record whose schema nobody has seen,
loses nothing, says so, goes on by itself, and starts again without a registry. Another registry
stands beside it under a second URL in one of the tests."""
import base64
import json
import signal
import time
import unittest

import registry_fixture
import service
from kafka_fixture import shared
from program import Weir, folder

FILE = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM s WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='AVRO');
CREATE STREAM o WITH (KAFKA_TOPIC='{topic}_o', PARTITIONS=1, VALUE_FORMAT='JSON') AS
  SELECT a FROM s;
"""


def schema(*fields):
    return json.dumps({"type": "record", "name": "T", "fields": [
        {"name": name, "type": kind} for name, kind in fields]})


ONE, TWO = schema(("a", "int")), schema(("a", "int"), ("b", "int"))


class Outage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def setUp(self):
        self.folder = self.enterContext(folder())
        self.topic = self.kafka.create_topic("outage").replace("-", "_")
        self.kafka.create_topic(self.topic, unique=False)
        self.registry = self.enterContext(registry_fixture.RegistryServer())
        self.sql = self.folder / "f.sql"
        self.sql.write_text(FILE.format(topic=self.topic))

    def weir(self, *urls):
        return Weir(self.folder / "data", self.kafka.bootstrap, {
            "ksql.schema.registry.url": ",".join(urls), "commit.interval.ms": "100",
            "weir.schema.registry.timeout.ms": "3000"})

    def register(self, text, registry=None):
        return (registry or self.registry).post(f"/subjects/{self.topic}-value/versions",
                                                {"schema": text})["id"]

    def put(self, weir, number, *values):
        """Ints below 64 are one byte of Avro, twice the number."""
        value = bytes([0]) + number.to_bytes(4, "big") + bytes(2 * v for v in values)
        weir.call("produce", self.topic, "--json", *weir.options(),
                  input=json.dumps({"valueBase64": base64.b64encode(value).decode()}) + "\n")

    def wait_rows(self, weir, *expected):
        def rows():
            return [json.loads(r["value"])["A"]
                    for r in weir.records(f"{self.topic}_o", status=None)]
        service.wait_until(lambda: rows() == list(expected), 90, f"rows {expected}")

    def wait_said(self, weir, words):
        service.wait_until(lambda: words in weir.log.read_text(), 60, f"the log says: {words}")

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def test_away_while_it_runs_and_at_a_start(self):
        weir = self.weir(self.registry.url)
        one = self.register(ONE)
        self.put(weir, one, 1)
        process = weir.start_run(self.sql)
        try:
            self.wait_rows(weir, 1)
            two = self.register(TWO)
            self.registry.stop()
            self.put(weir, one, 2)
            self.put(weir, two, 3, 30)
            self.put(weir, one, 4)
            self.wait_said(weir, "query CSAS_O_0 waits: The schema registry at ")
            time.sleep(3)  # several attempts
            self.end(process)
            # What it needs of the registry for its statements it has kept.
            process = weir.start_run(self.sql)
            self.wait_said(weir, "1 query\n")
            self.registry.start()  # in memory: all that it knew has to be told again, in order
            self.assertEqual((self.register(ONE), self.register(TWO)), (one, two))
            self.wait_rows(weir, 1, 2, 3, 4)
            self.wait_said(weir, "no query waits any more")
            self.wait_said(weir, f"S: records with value schema {two} have come; it has more: not in "
                                 "the source: `b` INTEGER; ALTER ... REFRESH SCHEMA adds these")
        finally:
            self.end(process)
        self.assertNotIn("bad record", weir.log.read_text())

    def test_one_that_hangs_and_another_that_answers(self):
        with registry_fixture.RegistryServer() as other:
            one, two = self.register(ONE), self.register(TWO)
            self.assertEqual((self.register(ONE, other), self.register(TWO, other)), (one, two))
            weir = self.weir(self.registry.url, other.url)
            self.put(weir, one, 1)
            process = weir.start_run(self.sql)
            try:
                self.wait_rows(weir, 1)
                self.registry.pause()
                try:
                    self.put(weir, two, 2, 20)
                    self.wait_rows(weir, 1, 2)
                finally:
                    self.registry.resume()
            finally:
                self.end(process)

    def test_ctrl_c_ends_a_start_that_waits(self):
        self.registry.stop()
        weir = self.weir(self.registry.url)
        weir.settings["weir.schema.registry.timeout.ms"] = "600000"
        process = weir.start_run(self.sql)
        time.sleep(2)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.assertIn("Interrupted while waiting for the schema registry", weir.log.read_text())


if __name__ == "__main__":
    service.main()
