#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 60
# fixtures: kafka
"""Rows are worked on in order of their event time, on the embedded log and on Kafka: random
backlogs over several partitions, event times in a column while the log's own timestamps are in
another order, joins, new keys, windows without grace, queries that feed each other, with batches of
one, two and many rows. The answers come from models that look at all records sorted by event time.

WEIR_SEED=N repeats the case that a failure names, WEIR_ROUNDS=N tries more of them."""
import bisect
import json
import os
import random
import time
import unittest
from datetime import datetime, timezone

from kafka_fixture import KafkaBroker, shared
from program import Weir, folder

# Six hours ago, at a whole minute: what is older than a week may be deleted by a broker at any time.
BEGIN = (int(time.time()) // 60 - 360) * 60_000
ROUNDS = int(os.environ.get("WEIR_ROUNDS", "3"))
SEED = os.environ.get("WEIR_SEED")


def as_text(ms):
    """As TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss.SSS' reads it."""
    moment = datetime.fromtimestamp(ms // 1000, timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"


class Scene:
    """A backlog, and what the model says about it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        pick = self.random.randrange
        self.form = self.random.choice(("none", "bigint", "text"))
        self.partitions = pick(1, 5)
        self.batch_rows = self.random.choice((1, 2, 2048))
        self.threads = self.random.choice((1, 1, 2))
        self.devices = pick(1, 9)
        self.readings, now = [], BEGIN
        for number in range(150):
            now += pick(0, 9000)
            self.readings.append((now, f"d{pick(self.devices)}", number % 10))
        self.moves = []
        for device in range(self.devices):
            times = {BEGIN - 1} | {self.random.choice(self.readings)[0] + pick(-1, 2)
                                   for _ in range(4)}
            self.moves += [(time, f"d{device}", pick(3)) for time in sorted(times)]
        self.moves.sort(key=lambda move: move[0])

    def record(self, topic, device, fields, time):
        if self.form != "none":
            fields["TS"] = time if self.form == "bigint" else as_text(time)
        own = time if self.form == "none" else BEGIN + self.random.randrange(10**7)
        return {"topic": topic, "key": device, "value": fields, "timestamp": own}

    def records(self, readings, moves):
        return ([self.record(readings, d, {"V": v}, t) for t, d, v in self.readings],
                [self.record(moves, d, {"SITE": s}, t) for t, d, s in self.moves])

    def site(self, device, time):
        """The table's row of the same time is there before the stream's."""
        own = [(t, s) for t, d, s in self.moves if d == device]
        at = bisect.bisect_right([t for t, _ in own], time)
        return own[at - 1][1] if at else None

    def minutes(self, key):
        """{(key, minute): [rows, sum]}"""
        groups = {}
        for time, device, value in self.readings:
            group = groups.setdefault((key(time, device, value), time - time % 60000), [0, 0])
            group[0] += 1
            group[1] += value
        return groups


class Case:
    """Queries on an engine, of a scene."""

    def __init__(self, weir, scene, unique):
        self.weir, self.scene = weir, scene
        self.names = {name: f"{unique}{name}" for name in ("r", "d", "o", "r2", "r3", "t2")}
        for topic, records in zip("rd", scene.records("r", "d")):
            lines = "".join(json.dumps(record) + "\n" for record in records)
            weir.call("produce", self.names[topic], "--json", "--partitions", scene.partitions,
                      *weir.options(), input=lines)

    def sources(self):
        kind = {"none": "", "bigint": ", ts BIGINT", "text": ", ts STRING"}[self.scene.form]
        time = {"none": "", "bigint": ", TIMESTAMP='ts'",
                "text": ", TIMESTAMP='ts', TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss.SSS'"
                }[self.scene.form]
        ends = f"VALUE_FORMAT='JSON'{time});\n"
        return (f"SET 'auto.offset.reset'='earliest';\n"
                f"SET 'cache.max.bytes.buffering'='0';\n"
                f"SET 'weir.batch.rows'='{self.scene.batch_rows}';\n"
                f"CREATE STREAM r (id STRING KEY, v INT{kind}) WITH "
                f"(KAFKA_TOPIC='{self.names['r']}', {ends}"
                f"CREATE TABLE d (id STRING PRIMARY KEY, site INT{kind}) WITH "
                f"(KAFKA_TOPIC='{self.names['d']}', {ends}"
                f"CREATE STREAM moves (id STRING KEY, site INT{kind}) WITH "
                f"(KAFKA_TOPIC='{self.names['d']}', {ends}")

    def run(self, sql):
        for name, topic in self.names.items():
            sql = sql.replace(f"<{name}>", f"WITH (KAFKA_TOPIC='{topic}')")
        path = self.weir.data.parent / f"{self.names['o']}.sql"
        path.write_text(self.sources() + sql)
        self.done = self.weir.run(path, options=("--threads", self.scene.threads))

    def values(self, name):
        return [json.loads(r["value"]) for r in self.weir.records(self.names[name]) if r["value"]]

    def minutes(self):
        """The last of each window."""
        return {(row["K"], row["FIRST"] - row["FIRST"] % 60000): [row["N"], row["TOTAL"]]
                for row in self.values("o")}


# With a retention: the topic of the results has it too, and a broker deletes what is older.
MINUTES = "WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 7 DAYS, GRACE PERIOD 0 SECONDS)"
RESULT = "MIN({0}ROWTIME) AS first, COUNT(*) AS n, SUM(v) AS total"
ONE, JOINED = RESULT.format(""), RESULT.format("r.")  # a join has no WINDOWSTART to select


class EmbeddedLog(unittest.TestCase):
    def unique(self, seed, name):
        return f"{name}{seed}-"

    def broker(self):
        return None

    def check(self, name, a_case):
        for seed in [int(SEED)] if SEED else range(ROUNDS):
            with self.subTest(seed=seed), folder() as path:
                scene = Scene(f"{name} {seed}")
                unique = self.unique(seed, name)
                weir = Weir(path / "data", self.broker(), {"ksql.service.id": unique})
                case = Case(weir, scene, unique)
                try:
                    a_case(case, scene)
                except AssertionError as error:
                    raise AssertionError(f"{error}\n{case.done.stderr[-2000:]}") from None
                self.assertNotIn("too late", case.done.stderr)

    def test_join_and_window(self):
        def a_case(case, scene):
            case.run(f"CREATE TABLE o <o> AS SELECT d.site, AS_VALUE(d.site) AS k, {JOINED} "
                     f"FROM r JOIN d ON r.id = d.id {MINUTES} GROUP BY d.site;")
            self.assertEqual(case.minutes(), scene.minutes(lambda t, d, v: scene.site(d, t)))
        self.check("joined", a_case)

    def test_window(self):
        def a_case(case, scene):
            case.run(f"CREATE TABLE o <o> AS SELECT v % 3, AS_VALUE(v % 3) AS k, {ONE} "
                     f"FROM r {MINUTES} GROUP BY v % 3;")
            self.assertEqual(case.minutes(), scene.minutes(lambda t, d, v: v % 3))
        self.check("window", a_case)

    def test_new_key_feeds_a_window(self):
        def a_case(case, scene):
            case.run(f"CREATE STREAM r2 <r2> AS SELECT v % 3 AS m, v FROM r PARTITION BY v % 3;"
                     f"CREATE STREAM r3 <r3> AS SELECT m, v FROM r2 WHERE v >= 0;"
                     f"CREATE TABLE o <o> AS SELECT m, AS_VALUE(m) AS k, {ONE} "
                     f"FROM r3 {MINUTES} GROUP BY m;")
            self.assertEqual(case.minutes(), scene.minutes(lambda t, d, v: v % 3))
        self.check("rekeyed", a_case)

    def test_table_of_the_program(self):
        def a_case(case, scene):
            case.run(f"CREATE TABLE t2 <t2> AS SELECT id, LATEST_BY_OFFSET(site) AS site "
                     f"FROM moves GROUP BY id;"
                     f"CREATE STREAM r2 <r2> AS SELECT r.id AS id, AS_VALUE(r.id) AS device, v, "
                     f"r.ROWTIME AS time, t2.site AS site FROM r LEFT JOIN t2 ON r.id = t2.id;")
            found = sorted((row["TIME"], row["DEVICE"], row["V"], row["SITE"])
                           for row in case.values("r2"))
            self.assertEqual(found, sorted((t, d, v, scene.site(d, t))
                                           for t, d, v in scene.readings))
        self.check("table", a_case)

    def test_join_of_streams(self):
        def a_case(case, scene):
            case.run("CREATE STREAM o <o> AS SELECT r.id AS id, AS_VALUE(r.id) AS device, v, "
                     "site, r.ROWTIME AS time, m.ROWTIME AS moved FROM r JOIN moves m "
                     "WITHIN 20 SECONDS GRACE PERIOD 0 SECONDS ON r.id = m.id;")
            found = sorted((row["TIME"], row["MOVED"], row["DEVICE"], row["V"], row["SITE"])
                           for row in case.values("o"))
            self.assertEqual(found, sorted((t, m, d, v, s) for t, d, v in scene.readings
                                           for m, e, s in scene.moves
                                           if d == e and abs(t - m) <= 20000))
        self.check("streams", a_case)


class Kafka(EmbeddedLog):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def unique(self, seed, name):
        return KafkaBroker.unique(f"{name}{seed}") + "-"

    def broker(self):
        return self.kafka.bootstrap


if __name__ == "__main__":
    unittest.main()
