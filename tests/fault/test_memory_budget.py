#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# cost: 15
"""One memory budget, and a broker that stops answering while several times the budget is copied with
a few hot keys: the input pauses, memory stays within the budget and a constant, it goes on by
itself, and every record is there once. WEIR_BUDGET_RECORDS makes it longer."""
import json
import os
import re
import signal
import time
import unittest
from pathlib import Path

import service
from kafka_fixture import KafkaBroker
from program import Weir, folder

BUDGET = 24 << 20
CONSTANT = 64 << 20  # the program itself and what is in work: docs/operations.md
RECORDS = int(os.environ.get("WEIR_BUDGET_RECORDS", 120000))
BYTES = 1000
STALL_S = 4
SQL = """
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM e (id STRING KEY, v BIGINT, s STRING)
  WITH (KAFKA_TOPIC='e', VALUE_FORMAT='JSON', PARTITIONS=4);
CREATE STREAM copied WITH (KAFKA_TOPIC='copied', PARTITIONS=4) AS SELECT id, v, s FROM e;
CREATE TABLE counted WITH (KAFKA_TOPIC='counted', PARTITIONS=4) AS
  SELECT id, COUNT(*) AS n, SUM(v) AS v FROM copied GROUP BY id;
"""


def peak_bytes(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) << 10


class Budget(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(folder())
        self.kafka = self.enterContext(KafkaBroker())
        self.weir = Weir(self.folder / "data", self.kafka.bootstrap,
                         {"weir.memory.budget.bytes": BUDGET})
        for topic in ("e", "copied", "counted"):
            self.kafka.create_topic(topic, partitions=4, unique=False)

    def put(self):
        text = "0123456789abcdef" * (BYTES // 16)
        lines = "".join(f'{{"key":"h{i % 3}","value":{{"V":{i},"S":"{text}"}}}}\n'
                        for i in range(RECORDS))
        self.weir.call("produce", "e", "--json", *self.weir.options(), input=lines)

    def counted(self):
        """The last counts, by key."""
        rows = {}
        for record in self.weir.records("counted"):
            value = json.loads(record["value"])
            rows[record["key"]] = (value["N"], value["V"])
        return rows

    def copied_bytes(self):
        """That the broker has of the copy."""
        files = (self.kafka.folder / "logs").glob("copied-*/*.log")
        return sum(f.stat().st_size for f in files)

    def test_broker_stalls(self):
        self.put()
        sql = self.folder / "f.sql"
        sql.write_text(SQL)
        process = self.weir.start_run(sql)
        try:
            while not self.copied_bytes():
                self.assertIsNone(process.poll(), self.weir.log.read_text())
                time.sleep(0.001)
            self.kafka.pause()
            before, copied = peak_bytes(process), self.copied_bytes()
            time.sleep(STALL_S)
            self.kafka.resume()
            service.wait_until(lambda: sum(n for n, _ in self.counted().values()) >= RECORDS, 120,
                               "everything was copied and counted")
            peak, all_copied = peak_bytes(process), self.copied_bytes()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        expected = [(len(range(k, RECORDS, 3)), sum(range(k, RECORDS, 3))) for k in range(3)]
        self.assertEqual(sorted(self.counted().values()), sorted(expected))
        print(f"peak {peak >> 20} MiB, {before >> 20} at {copied >> 10} of {all_copied >> 10} KiB, "
              f"of {RECORDS * BYTES >> 20} MiB of input")
        self.assertLess(copied, all_copied * 0.7, "it was stalled on its way")
        self.assertLess(peak, BUDGET + CONSTANT)


if __name__ == "__main__":
    service.main()
