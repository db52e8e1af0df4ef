#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# fixtures: kafka
# cost: 35
"""One service in several processes on Kafka: they share the partitions, and whoever comes, goes or
is killed changes nothing in the results. What they write is compared with what the input says.

The queries are of each kind that partitions matter to: a join of co-partitioned topics (both sides
must be in one process), windowed counts by a new key (rows cross between the processes through the
repartition topic), and a filter that shares nothing. WEIR_TEST_LONG=1 also takes processes away again.
"""
import collections
import json
import os
import random
import re
import time
import unittest
import uuid

import kafka_fixture
import program
import service
from kafka_fixture import Record

SQL = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM orders (id STRING KEY, item STRING, v INT)
    WITH (KAFKA_TOPIC = '{name}-orders', PARTITIONS = 4, VALUE_FORMAT = 'JSON');
CREATE TABLE people (id STRING PRIMARY KEY, city STRING)
    WITH (KAFKA_TOPIC = '{name}-people', PARTITIONS = 4, VALUE_FORMAT = 'JSON');
CREATE STREAM joined WITH (KAFKA_TOPIC = '{name}-joined') AS
    SELECT o.id AS id, o.v AS v, p.city AS city
    FROM orders o LEFT JOIN people p ON o.id = p.id;
CREATE TABLE counts WITH (KAFKA_TOPIC = '{name}-counts', VALUE_FORMAT = 'JSON') AS
    SELECT item, COUNT(*) AS n, SUM(v) AS total FROM orders
    WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 100000 DAYS) GROUP BY item;
CREATE STREAM big WITH (KAFKA_TOPIC = '{name}-big') AS SELECT id, v FROM orders WHERE v % 3 = 0;
"""
LONG = bool(os.environ.get("WEIR_TEST_LONG"))
PEOPLE, ITEMS, START = 40, 25, 1_700_000_000_000


class Shop:
    """A service, its input so far, and what must come of it."""

    def __init__(self, kafka, folder, settings=None):
        self.kafka, self.folder = kafka, folder
        self.name = f"p{uuid.uuid4().hex[:8]}"
        self.file = folder / "shop.sql"
        self.file.write_text(SQL.format(name=self.name))
        self.settings = {"processing.guarantee": "exactly_once_v2",
                         "ksql.service.id": f"{self.name}_", **(settings or {})}
        self.rng = random.Random(7)
        self.fed, self.running = [], {}
        self.process("first")
        self.run_to_end()  # creates the topics
        kafka.produce(f"{self.name}-people",
                      [Record(f"p{i}", json.dumps({"CITY": f"c{i % 5}"}), timestamp=START)
                       for i in range(PEOPLE)])
        self.run_to_end()  # people are known before there are orders

    def process(self, name):
        """On a directory of its own, as on a machine of its own."""
        return program.Weir(self.folder / name, self.kafka.bootstrap, settings=self.settings)

    def run_to_end(self):
        self.process("first").run(self.file)

    def start(self, name):
        self.running[name] = self.process(name).start_run(self.file)

    def stop(self, name):
        status = program.stop(self.running.pop(name))
        if status:
            raise program.Failed(f"{name}: status {status}\n{self.log(name)[-4000:]}")

    def records_read(self, name):
        """By the last line of its progress."""
        lines = re.findall(r"([\d,]+) records? in", self.log(name))
        return int(lines[-1].replace(",", "")) if lines else 0

    def kill(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def end(self):
        for name in list(self.running):
            self.kill(name)

    def log(self, name):
        return self.process(name).log.read_text(errors="replace")

    def feed(self, count):
        """Values say how many there were before: each is told from all others."""
        rows = []
        for n in range(len(self.fed), len(self.fed) + count):
            rows.append((f"p{self.rng.randrange(PEOPLE)}", f"i{self.rng.randrange(ITEMS)}", n,
                         START + n * 7))
        self.kafka.produce(f"{self.name}-orders",
                           [Record(k, json.dumps({"ITEM": item, "V": v}), timestamp=t)
                            for k, item, v, t in rows])
        self.fed += rows

    # ---- what there is, and what there should be

    def joined(self):
        return collections.Counter(
            (r.key, value["V"], value["CITY"]) for r in self.kafka.consume(f"{self.name}-joined")
            for value in [json.loads(r.value)])

    def big(self):
        return collections.Counter((r.key, json.loads(r.value)["V"])
                                   for r in self.kafka.consume(f"{self.name}-big"))

    def counts(self):
        """The last row of each window; keys are text and 8 bytes, which kcat does not show."""
        found = {}
        for r in self.process("reader").records(f"{self.name}-counts"):
            value = json.loads(r["value"])
            window = int.from_bytes(r["key"][-8:], "big")
            found[r["key"][:-8].decode(), window] = value["N"], value["TOTAL"]
        return found

    def expected_counts(self):
        counts = {}
        for _, item, v, t in self.fed:
            at = item, t - t % 10000
            n, total = counts.get(at, (0, 0))
            counts[at] = n + 1, total + v
        return counts

    def expected_joined(self):
        return collections.Counter((k, v, f"c{int(k[1:]) % 5}") for k, _, v, _ in self.fed)

    def wait(self, seconds=60):
        """Until every row of the input has come out of all three; check finds what came twice."""
        wanted = len(self.fed)
        try:
            service.wait_until(
                lambda: sum(self.joined().values()) >= wanted
                and sum(n for n, _ in self.counts().values()) >= wanted
                and sum(self.big().values()) >= (wanted + 2) // 3, seconds, "all rows are there")
        except TimeoutError as error:
            raise program.Failed(f"{error}: {self.state()}") from None

    def state(self):
        return {"fed": len(self.fed), "joined": sum(self.joined().values()),
                "counts": sum(n for n, _ in self.counts().values()),
                "big": sum(self.big().values()),
                "logs": [self.log(name)[-1500:] for name in self.running]}

    def check(self, test):
        test.assertEqual(self.joined(), self.expected_joined())
        test.assertEqual(self.counts(), self.expected_counts())
        test.assertEqual(self.big(), collections.Counter((k, v) for k, _, v, _ in self.fed
                                                         if v % 3 == 0))


class ManyProcesses(unittest.TestCase):
    def setUp(self):
        context = kafka_fixture.shared()
        self.kafka = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        context = program.folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def shop(self, settings=None):
        shop = Shop(self.kafka, self.folder, settings)
        self.addCleanup(shop.end)
        return shop

    def test_restart_gets_its_partitions_back(self):
        """A killed process that comes back before its session ends waits for nobody."""
        shop = self.shop()  # with the default session of 10 s
        shop.start("first")
        shop.start("second")
        shop.feed(500)
        shop.wait()
        time.sleep(4)  # both have partitions by now: a member's heartbeat says so every 3 s
        shop.kill("second")
        killed = time.monotonic()
        shop.feed(500)
        shop.start("second")
        shop.wait()
        self.assertLess(time.monotonic() - killed, 8)
        shop.stop("first")
        shop.stop("second")
        shop.check(self)

    def test_processes_come_go_and_die(self):
        """Rows flow all the time; nothing is lost and nothing counted twice."""
        shop = self.shop({"consumer.session.timeout.ms": "3000",
                          "consumer.heartbeat.interval.ms": "500"})
        began = time.monotonic()

        def said(what):
            print(f"{time.monotonic() - began:6.1f} s: {what}", flush=True)

        shop.start("first")
        shop.feed(2000)
        shop.wait()
        said("one process")
        shop.start("second")
        for _ in range(10):
            shop.feed(300)
            time.sleep(0.2)
        shop.wait()
        shop.check(self)
        said("a second one")
        shop.start("third")
        shop.feed(1000)
        time.sleep(1)
        shop.kill("second")
        shop.feed(1000)
        shop.wait()
        shop.check(self)
        said("a third one, and the second was killed")
        if LONG:
            self.shrink(shop, said)
        left = list(shop.running)
        for name in left:
            shop.stop(name)
        shop.check(self)
        for name in left:  # there was something for each of them
            self.assertGreater(shop.records_read(name), 0, shop.log(name))

    def shrink(self, shop, said):
        shop.start("second")
        shop.feed(1000)
        shop.stop("first")
        shop.feed(1000)
        shop.wait()
        shop.check(self)
        said("the second is back, the first was stopped")
        shop.stop("third")
        shop.feed(500)
        shop.wait()
        shop.check(self)
        said("one is left")


if __name__ == "__main__":
    service.main()
