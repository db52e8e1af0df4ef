#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka
"""Dead letters: every record is passed on or is a letter, the sums are exact, a letter is its record
byte for byte, and where the query stops its letter is there once."""
import collections
import json
import unittest

import kafka_fixture
import program
import service

MANY = 10000
# Format, a column declaration that each can have, records that are none of it, good ones.
FORMATS = {
    "JSON": ("k STRING KEY, n INT", "rubbish {}", '{{"N": {}}}'),
    "DELIMITED": ("k STRING KEY, n INT, m INT", "x{},1", "{},1"),
    "KAFKA": ("k STRING KEY, n INT", "no INT {}", None),
    "AVRO": ("k STRING KEY, n INT", "no magic {}", None),
    "PROTOBUF": ("k STRING KEY, n INT", "no magic {}", None),
    "JSON_SR": ("k STRING KEY, n INT", "no magic {}", None),
}


def headers_of(record):
    return collections.OrderedDict((h["key"], h.get("value")) for h in record.get("headers") or [])


class Letters:
    broker = None
    settings = {}
    prefix = ""  # of topics

    def weir(self, folder, **settings):
        return program.Weir(folder / "data", broker=self.broker,
                            settings={**self.settings, **settings})

    def put(self, weir, topic, records):
        lines = "".join(json.dumps(r) + "\n" for r in records)
        weir.call("produce", topic, "--json", *weir.options(), input=lines)

    def check_sum(self, name, count):
        """`count` malformed records, every tenth of them followed by a good one where the format
        has one as text."""
        columns, bad, good = FORMATS[name]
        with program.folder() as folder:
            topic, letters, sink = (f"{self.prefix}{what}_{name.lower()}"
                                    for what in ("in", "bad", "o"))
            file = folder / "q.sql"
            file.write_text(f"""\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM s ({columns}) WITH (KAFKA_TOPIC = '{topic}', PARTITIONS = 3, KEY_FORMAT = 'KAFKA',
    VALUE_FORMAT = '{name}', ON_ERROR = 'dead-letter', DEAD_LETTER_TOPIC = '{letters}');
CREATE STREAM o WITH (KAFKA_TOPIC = '{sink}', VALUE_FORMAT = 'JSON') AS SELECT k, n FROM s;
""")
            weir = self.weir(folder)
            weir.run(file)
            records, fine = [], 0
            for i in range(count):
                records.append({"key": f"k{i % 50}", "value": bad.format(i), "timestamp": 1000 + i,
                                "headers": [{"key": "own", "value": str(i)}]})
                if good and i % 10 == 0:
                    fine += 1
                    records.append({"key": "g", "value": good.format(i), "timestamp": 1000 + i})
            self.put(weir, topic, records)
            done = weir.run(file)
            out, dead = weir.records(sink), weir.records(letters)
            self.assertEqual((len(out), len(dead)), (fine, count), done.stdout + done.stderr)
            self.assertRegex(done.stdout + done.stderr, rf"{count} dead letters")
            # Each is its record, in its partition and order.
            source = {(r["partition"], r["offset"]): r for r in weir.records(topic)}
            places = collections.defaultdict(list)
            for letter in dead:
                headers = headers_of(letter)
                place = (int(headers["__streams.errors.partition"]),
                         int(headers["__streams.errors.offset"]))
                record = source[place]
                self.assertEqual([letter[f] for f in ("key", "value", "timestamp", "partition")],
                                 [record[f] for f in ("key", "value", "timestamp", "partition")])
                self.assertEqual(letter["headers"][:1], record["headers"])
                self.assertEqual(list(headers)[1:7],
                                 [f"__streams.errors.{n}" for n in
                                  ("exception", "message", "stacktrace", "topic", "partition",
                                   "offset")])
                self.assertEqual(headers["__weir.errors.code"], "VALUE_NOT_DECODABLE")
                places[place[0]].append(place[1])
            for offsets in places.values():
                self.assertEqual(offsets, sorted(set(offsets)))

    STOP = """\
SET 'auto.offset.reset' = 'earliest';
SET 'weir.on.error' = '{policy}';
SET 'weir.dead.letter.topic' = '{prefix}last_words';
CREATE STREAM s (k STRING KEY, n INT)
    WITH (KAFKA_TOPIC = '{prefix}stopping', PARTITIONS = 1, VALUE_FORMAT = 'JSON');
CREATE STREAM o WITH (KAFKA_TOPIC = '{prefix}stopped') AS SELECT k, 10 / n AS q FROM s WHERE 10 / n > 0;
"""

    def test_letter_then_stop(self):
        """Three starts, one letter; then the next record that is bad, and one more; with `skip`
        everything goes on, and nothing is missing or doubled."""
        with program.folder() as folder:
            file = folder / "q.sql"
            file.write_text(self.STOP.format(policy="skip", prefix=self.prefix))
            weir = self.weir(folder)
            weir.run(file)
            file.write_text(self.STOP.format(policy="stop", prefix=self.prefix))
            values = ['{"N":1}', '{"N":0}', '{"N":2}', "rubbish", '{"N":5}']
            self.put(weir, f"{self.prefix}stopping", [{"key": "a", "value": v, "timestamp": 5} for v in values])
            for _ in range(3):
                weir.run(file, status=1)
            letters = weir.records(f"{self.prefix}last_words")
            self.assertEqual([r["value"] for r in letters], [b'{"N":0}'])
            self.assertEqual(headers_of(letters[0])["__weir.errors.step"], "WhereFilter")
            file.write_text(self.STOP.format(policy="skip", prefix=self.prefix))
            weir.run(file)
            self.assertEqual(len(weir.records(f"{self.prefix}last_words")), 1)
            self.assertEqual([json.loads(r["value"])["Q"]
                              for r in weir.records(f"{self.prefix}stopped")], [10, 5, 2])


class ExactlyOnce(Letters, unittest.TestCase):
    """On a broker: letters are in the query's transactions, or in one of their own."""

    @classmethod
    def setUpClass(cls):
        context = kafka_fixture.shared()
        kafka = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        cls.broker = kafka.bootstrap
        cls.prefix = kafka.unique("letters") + "-"
        cls.settings = {"processing.guarantee": "exactly_once_v2", "ksql.service.id": cls.prefix}

    def test_sum(self):
        self.check_sum("JSON", MANY)


class EmbeddedLog(Letters, unittest.TestCase):
    def test_sums(self):
        for name in FORMATS:
            with self.subTest(format=name):
                self.check_sum(name, MANY)

    def test_counts_of_describe(self):
        """One number for each reason; letters that a run has written are there after it."""
        with program.folder() as folder:
            weir = self.weir(folder)
            said = weir.call(*weir.options(), input="""\
SET 'auto.offset.reset' = 'earliest'; SET 'weir.on.error' = 'dead-letter';
CREATE STREAM raw (k STRING KEY, v STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='KAFKA');
CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE STREAM o AS SELECT k, n FROM s WHERE 10 / n > 0;
INSERT INTO raw VALUES ('a', 'rubbish'); INSERT INTO raw VALUES ('b', '{"N":0}');
INSERT INTO raw VALUES ('c', '{"N":1}'); INSERT INTO raw VALUES ('d', '{');
SELECT * FROM s;
DESCRIBE o EXTENDED;
""").stdout
            self.assertRegex(said, r"dead letters: 3")
            self.assertRegex(said, r"value \| VALUE_NOT_DECODABLE \| 2\b")
            self.assertRegex(said, r"expression \| EXPRESSION_FAILED \| 1\b")


if __name__ == "__main__":
    service.main()
