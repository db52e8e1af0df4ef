#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# fixtures: kafka
# cost: 30
"""State that comes from changelogs on Kafka: a process that is killed and whose copy another one has
(num.standby.replicas), a directory that is lost. The results are always those of one process that
nobody disturbed."""
import json
import re
import signal
import time
import unittest
import uuid

import kafka_fixture
import program
import service
from kafka_fixture import Record

SETTINGS = {"processing.guarantee": "exactly_once_v2", "consumer.session.timeout.ms": "2000",
            "consumer.heartbeat.interval.ms": "500", "auto.offset.reset": "earliest"}
SQL = """
CREATE STREAM s (k STRING KEY, v INT)
    WITH (KAFKA_TOPIC = '{name}-in', PARTITIONS = 4, VALUE_FORMAT = 'JSON');
CREATE TABLE {view}_COUNTS WITH (KAFKA_TOPIC = '{name}-counts') AS
    SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;
"""
KEYS = 5000


class Table:
    """A count by key, and what it must say."""

    def __init__(self, kafka, folder, **settings):
        self.kafka, self.folder = kafka, folder
        self.name = f"r{uuid.uuid4().hex[:8]}"
        self.view = f"{self.name.upper()}_COUNTS"
        self.file = folder / "table.sql"
        self.file.write_text(SQL.format(name=self.name, view=self.name.upper()))
        self.settings = {**SETTINGS, "ksql.service.id": f"{self.name}_", **settings}
        self.fed = {}

    def on(self, data):
        return program.Weir(self.folder / data, self.kafka.bootstrap, settings=self.settings)

    def feed(self, count):
        rows = [(f"k{n % KEYS}", n) for n in range(count)]
        self.kafka.produce(f"{self.name}-in", [Record(k, json.dumps({"V": v})) for k, v in rows])
        for k, v in rows:
            n, total = self.fed.get(k, (0, 0))
            self.fed[k] = (n + 1, total + v)

    def found(self):
        rows = {r.key: json.loads(r.value) for r in self.kafka.consume(f"{self.name}-counts")}
        return {k: (v["N"], v["TOTAL"]) for k, v in rows.items()}

    def wait(self):
        service.wait_until(lambda: self.found() == self.fed, 60, f"{self.name} has counted")


def restored(run, weir):
    """Changelog records that a service has restored so far, as EXPLAIN ANALYZE says."""
    before = weir.log.stat().st_size
    run.send_signal(signal.SIGUSR1)
    service.wait_until(lambda: b"Source" in weir.log.read_bytes()[before:], 10, "the profile")
    found = re.search(r"Restore +\| +([\d,]+)", weir.log.read_bytes()[before:].decode())
    return int(found[1].replace(",", "")) if found else 0


class Restore(unittest.TestCase):
    def setUp(self):
        context = kafka_fixture.shared()
        self.kafka = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        context = program.folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.running = []
        self.addCleanup(self.kill_all)

    def start(self, weir, file):
        run = weir.start_run(file)
        self.running.append(run)
        return run

    def kill_all(self):
        for run in self.running:
            run.kill()
            run.wait()

    def test_takeover(self):
        """Two processes, each with a copy of what the other has. One is killed: the other goes on
        with its copy, nothing is lost or doubled, and little has to be restored."""
        table = Table(self.kafka, self.folder, **{"num.standby.replicas": "1"})
        one, two = table.on("one"), table.on("two")
        one.run(table.file)
        table.feed(4 * KEYS)
        one.run(table.file)
        first, second = self.start(one, table.file), self.start(two, table.file)
        line = re.compile(r"2 standby stores, 0 behind")
        service.wait_until(lambda: line.search(one.log.read_text()) and
                           line.search(two.log.read_text()), 60, "both have copies")
        table.feed(KEYS)
        table.wait()
        before = restored(second, two)
        killed = time.monotonic()
        first.kill()
        first.wait()
        table.feed(KEYS)
        table.wait()
        took = time.monotonic() - killed
        tail = restored(second, two) - before
        print(f"took over in {took:.1f} s (session time-out 2 s), {tail} records restored")
        self.assertLess(tail, KEYS)  # all of it would be two partitions of KEYS / 4, twice

    def test_lost_directory(self):
        """All of it comes back, and counting goes on from there."""
        table = Table(self.kafka, self.folder)
        one = table.on("one")
        one.run(table.file)
        table.feed(3 * KEYS)
        one.run(table.file)
        again = table.on("again")
        again.run(table.file)
        table.feed(KEYS)
        again.run(table.file)
        self.assertEqual(table.found(), table.fed)


if __name__ == "__main__":
    service.main()
