#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 150
"""A broker that is absent, goes away and comes back, is killed, or does not answer for a while."""
import json
import time
import unittest

import program
import service
from kafka_fixture import KafkaBroker, Record

SQL = """\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM numbers (k STRING KEY, n INT)
    WITH (KAFKA_TOPIC = 'numbers', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE STREAM doubled WITH (KAFKA_TOPIC = 'doubled') AS SELECT k, n * 2 AS n FROM numbers;
CREATE TABLE counts WITH (KAFKA_TOPIC = 'counts') AS
    SELECT k, COUNT(*) AS n, MAX(n) AS largest FROM numbers GROUP BY k;
"""


class Absent(unittest.TestCase):
    def test_message(self):
        """Every command that needs the broker says which one does not answer, and ends soon."""
        port, = service.free_ports(1)
        address = f"127.0.0.1:{port}"
        with program.folder() as folder:
            weir = program.Weir(folder / "data", address)
            file = folder / "q.sql"
            file.write_text(SQL)
            began = time.monotonic()
            for done in (weir.sql("SHOW TOPICS;", status=1), weir.run(file, status=1),
                         weir.produce("numbers", "{}", status=1)):
                self.assertIn(address, done.stderr)
            self.assertLess(time.monotonic() - began, 90)


class GoesAway(unittest.TestCase):
    def setUp(self):
        self.broker = KafkaBroker()
        self.addCleanup(self.broker.close)
        self.broker.start()
        self.folder = self.enterContext(program.folder())
        self.file = self.folder / "q.sql"
        self.file.write_text(SQL)
        self.weir = program.Weir(self.folder / "data", self.broker.bootstrap,
                                 settings={"commit.interval.ms": "100"})
        self.weir.run(self.file)  # creates the topics
        self.sent = 0

    def send(self, count):
        self.broker.produce("numbers", [Record(f"k{n % 5}", json.dumps({"n": n}), 1000 + n)
                                        for n in range(self.sent, self.sent + count)])
        self.sent += count

    def results(self):
        """(numbers that came through, counts of keys), with what is twice as once."""
        found = [json.loads(record.value)["N"] for record in self.broker.consume("doubled")]
        counts = {}
        for record in self.broker.consume("counts"):
            counts[record.key] = json.loads(record.value)
        return found, counts

    def complete(self):
        found, counts = self.results()
        return (set(found) == {2 * n for n in range(self.sent)}
                and sum(row["N"] for row in counts.values()) >= self.sent)

    def check(self, disturb):
        run = self.weir.start_run(self.file)
        try:
            self.send(200)
            service.wait_until(self.complete, program.SECONDS, "the first records are through")
            disturb(run)
            self.assertIsNone(run.poll(), "weir run ended: "
                              + self.weir.log.read_text(errors="replace")[-3000:])
            self.send(200)
            service.wait_until(self.complete, program.SECONDS, "all records are through")
            self.assertEqual(program.stop(run), 0)
        finally:
            run.kill()
            run.wait()
        _, counts = self.results()
        self.assertEqual({key: row["LARGEST"] for key, row in counts.items()},
                         {f"k{n}": 395 + n for n in range(5)})

    def test_stopped_and_started(self):
        def disturb(run):
            self.broker.stop()
            service.wait_until(lambda: "127.0.0.1" in self.weir.log.read_text(errors="replace"),
                               60, "the log names the broker that is gone")
            self.broker.start()
        self.check(disturb)

    def test_killed(self):
        def disturb(run):
            self.broker.kill()
            self.broker.start()
        self.check(disturb)

    def test_does_not_answer(self):
        def disturb(run):
            self.broker.pause()
            time.sleep(5)  # what happens in this time is nothing: that is the point
            self.broker.resume()
        self.check(disturb)

    def test_stopping_without_a_broker(self):
        """SIGTERM while the broker is away: the service ends within its 10 seconds; what it could
        not commit is read again, so nothing is missing."""
        run = self.weir.start_run(self.file)
        try:
            self.send(200)
            service.wait_until(self.complete, program.SECONDS, "the first records are through")
            self.send(100)
            self.broker.stop()
            began = time.monotonic()
            program.stop(run, seconds=60)
            self.assertLess(time.monotonic() - began, 15)
        finally:
            run.kill()
            run.wait()
        self.broker.start()
        self.weir.run(self.file)
        self.assertTrue(self.complete())


if __name__ == "__main__":
    service.main()
