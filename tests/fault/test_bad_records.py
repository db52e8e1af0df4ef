#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records that cannot be used: each is left out, told in the log with its coordinates and counted,
and the records around it come through. Nothing here needs a broker: decoding knows no log."""
import json
import unittest

import program
import recompute
import service

SQL = """\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM readings (sensor STRING KEY, n INT, moment BIGINT)
    WITH (KAFKA_TOPIC = 'readings', PARTITIONS = 1, VALUE_FORMAT = 'JSON', TIMESTAMP = 'moment');
CREATE STREAM good WITH (KAFKA_TOPIC = 'good') AS SELECT sensor, n * 10 AS n FROM readings;
CREATE TABLE counts WITH (KAFKA_TOPIC = 'counts') AS
    SELECT sensor, COUNT(*) AS n
    FROM readings WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 5 SECONDS)
    GROUP BY sensor;
"""
STREAM = recompute.Stream(recompute.TEXT)
TABLE = recompute.Table(recompute.TEXT, "time", 10000)


def reading(n, moment, sensor="a"):
    return {"topic": "readings", "key": sensor, "value": {"n": n, "moment": moment}, "timestamp": 1}


def raw(value, sensor="a"):
    return {"topic": "readings", "key": sensor, "value": value, "timestamp": 1}


class BadRecords(unittest.TestCase):
    def check(self, records, good, counts, settings=None):
        """Run over these records between two good ones; returns what the run said."""
        with program.folder() as folder:
            file = folder / "readings.sql"
            file.write_text(SQL)
            weir = program.Weir(folder / "data", settings=settings)
            weir.run(file)
            weir.feed([reading(1, 1000), *records, reading(2, 2000)])
            done = weir.run(file)
            rows = [json.loads(line) for line in weir.rows("good", STREAM)]
            self.assertEqual(sorted(row["value"]["N"] for row in rows), sorted(good))
            rows = [json.loads(line) for line in weir.rows("counts", TABLE)]
            self.assertEqual({(row["key"], row["window"][0]): row["value"]["N"] for row in rows},
                             counts)
            return done.stdout + done.stderr

    def assert_told(self, said, *words):
        for word in words:
            self.assertIn(word, said)

    def test_broken_json(self):
        said = self.check([raw('{"n": 5, "mom'), raw("rubbish"), raw('{"n":1}}')], [10, 20],
                          {("a", 0): 2})
        # Topic, partition and offset of each: the first good record is offset 0.
        for offset in (1, 2, 3):
            self.assertRegex(said, rf"readings\D+0\D+{offset}\b")

    def test_wrong_type(self):
        said = self.check([raw('{"n": "many", "moment": 1500}')], [10, 20], {("a", 0): 3})
        self.assert_told(said, "readings")

    def test_no_utf8(self):
        # A lone continuation byte, through the text interface as a surrogate escape.
        with program.folder() as folder:
            file = folder / "readings.sql"
            file.write_text(SQL)
            weir = program.Weir(folder / "data")
            weir.run(file)
            weir.feed([reading(1, 1000)])
            weir.call("produce", "readings", *weir.options(),
                      input='{"n": 2, "moment": 1, "x": "\udc80"}\n')
            weir.feed([reading(3, 2000)])
            done = weir.run(file)
            self.assertEqual(len(weir.rows("good", STREAM)), 2)
            self.assert_told(done.stdout + done.stderr, "readings")

    def test_no_key(self):
        """A NULL key: a stream passes it on, an aggregate by the key leaves it out."""
        self.check([reading(5, 1500, None)], [10, 20, 50], {("a", 0): 2})

    def test_late(self):
        """Behind its window's end plus grace: left out of the aggregate alone, and counted."""
        said = self.check([reading(3, 30000), reading(4, 500), reading(5, 30001)],
                          [10, 20, 30, 40, 50], {("a", 0): 1, ("a", 30000): 2})
        self.assertRegex(said, r"(?i)late")

    def test_impossible_times(self):
        said = self.check([raw('{"n": 5}'), reading(6, -1)], [10, 20], {("a", 0): 2})
        self.assert_told(said, "readings")

    def test_stop_by_setting(self):
        """ksql.fail.on.deserialization.error: the query stops there, says so, and stays there; with
        the setting off again it goes on, and nothing is missing."""
        with program.folder() as folder:
            file = folder / "readings.sql"
            file.write_text(SQL)
            strict = program.Weir(folder / "data",
                                  settings={"ksql.fail.on.deserialization.error": "true"})
            strict.run(file)
            strict.feed([reading(1, 1000), raw("rubbish"), reading(2, 2000)])
            for _ in range(2):
                done = strict.run(file, status=1)
                self.assertIn("readings", done.stdout + done.stderr)
            self.assertLessEqual(len(strict.rows("good", STREAM)), 1)
            weir = program.Weir(folder / "data")
            weir.run(file)
            self.assertEqual(len(weir.rows("good", STREAM)), 2)

    def test_expression_fails(self):
        """A failing expression in SELECT gives NULL, and the row stays; in WHERE it drops the row."""
        with program.folder() as folder:
            file = folder / "divide.sql"
            file.write_text("""\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM numbers (a INT, b INT)
    WITH (KAFKA_TOPIC = 'numbers', PARTITIONS = 1, VALUE_FORMAT = 'JSON');
CREATE STREAM ratios WITH (KAFKA_TOPIC = 'ratios') AS SELECT a, a / b AS r FROM numbers;
CREATE STREAM big WITH (KAFKA_TOPIC = 'big') AS SELECT a FROM numbers WHERE a / b > 1;
""")
            weir = program.Weir(folder / "data")
            weir.run(file)
            weir.produce("numbers", '{"a": 6, "b": 3}', '{"a": 7, "b": 0}', '{"a": 9, "b": 3}')
            done = weir.run(file)
            rows = [json.loads(line)["value"] for line in weir.rows("ratios", recompute.Stream())]
            self.assertEqual(rows, [{"A": 6, "R": 2}, {"A": 7, "R": None}, {"A": 9, "R": 3}])
            rows = [json.loads(line)["value"] for line in weir.rows("big", recompute.Stream())]
            self.assertEqual(rows, [{"A": 6}, {"A": 9}])
            self.assert_told(done.stdout + done.stderr, "RATIOS", "BIG", "offset 1")


if __name__ == "__main__":
    service.main()
