#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# cost: 40
# fixtures: kafka
"""`weir run` on a broker, with tools beside it: they open no state directory, so nobody waits for
anybody; the lag in the status line; a file that has changed, and beginning anew."""
import signal
import unittest

import service
from kafka_fixture import shared
from program import Weir, folder

FILE = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM {name} (k STRING KEY, v INT) WITH (KAFKA_TOPIC='{name}', VALUE_FORMAT='JSON');
CREATE TABLE {name}_t WITH (KAFKA_TOPIC='{name}_t', PARTITIONS=1) AS
  SELECT k, {function} AS n FROM {name} GROUP BY k;
CREATE STREAM {name}_o WITH (KAFKA_TOPIC='{name}_o', PARTITIONS=1) AS SELECT k, v FROM {name};
"""


class OnKafka(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def setUp(self):
        self.folder = self.enterContext(folder())
        self.weir = Weir(self.folder / "data", self.kafka.bootstrap)
        self.name = self.kafka.create_topic("changed").replace("-", "_")
        self.topic = self.name
        self.kafka.create_topic(self.topic, unique=False)
        self.sql = self.folder / "f.sql"

    def write(self, function):
        self.sql.write_text(FILE.format(name=self.name, function=function))

    def put(self, *values):
        lines = "".join(f'{{"key":"a","value":{{"V":{v}}}}}\n' for v in values)
        self.weir.call("produce", self.topic, "--json", *self.weir.options(), input=lines)

    def test_tools_beside_a_service(self):
        self.write("COUNT(*)")
        process = self.weir.start_run(self.sql)
        try:
            for n in (1, 2):
                self.put(n)
                service.wait_until(
                    lambda n=n: len(self.weir.records(f"{self.name}_o", status=None)) == n, 60,
                    "the service has copied the records")
                self.assertEqual(len(self.weir.records(self.topic)), n)
            self.weir.call("datagen", "clicks", "--topic", f"{self.name}_d", "--count", "10",
                           *self.weir.options())
            # A prompt needs the directory: it is let in by the service that has it.
            self.assertIn(f"{self.name}_d", self.weir.sql("SHOW TOPICS;").stdout)
            self.weir.sql("DROP STREAM nope;", status=1)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        self.assertRegex(self.weir.log.read_text(), r"2 records in|4 records in, .*, lag 0, ")

    def test_tools_make_no_directory(self):
        self.put(1)
        self.assertEqual(len(self.weir.records(self.topic)), 1)
        self.assertFalse(self.weir.data.exists())

    def test_changed_file(self):
        self.write("COUNT(*)")
        self.put(5, 6)
        self.weir.run(self.sql)
        self.write("MAX(v)")
        self.put(4)
        done = self.weir.run(self.sql, status=1)
        self.assertIn("function: MAX(", done.stderr)
        self.weir.run(self.sql, options=["--on-change", "restart"])
        last = self.weir.records(f"{self.name}_t")[-1]
        self.assertEqual(last["value"], b'{"N":6}', last)
        # The other query went on: nothing was written twice.
        self.assertEqual(len(self.weir.records(f"{self.name}_o")), 3)
        done = self.weir.call("reset", "--all", *self.weir.options())
        self.weir.run(self.sql)
        self.assertEqual(len(self.weir.records(f"{self.name}_o")), 6)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
