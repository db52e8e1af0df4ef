#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 60
# labels: release
"""bench/run works: a small comparison is right and is told as table, JSON and chart; a wrong answer
and an engine that fails are noticed; an interrupted benchmark leaves nothing behind."""
import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

import service

BENCH = service.SOURCE_DIR / "bench"
sys.path.insert(0, str(BENCH))
from harness import oracle  # noqa: E402
from harness.workloads import WORKLOADS  # noqa: E402


def arguments(folder, *more):
    build = Path(os.environ.get("WEIR_BUILD_DIR") or service.SOURCE_DIR / "build/release")
    weir = os.environ.get("WEIR") or build / "weir"
    return [sys.executable, BENCH / "run", "--weir", weir, "--build", build / "bench-smoke",
            "--tmp", folder, "--workloads", "W1,W2", "--engines", "raw-consume,raw-copy,weir-default",
            "--quick", "--records", "20000", *more]


class Benchmark(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        service.fetched("fetch-kafka")
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="weir-bench-test-"))

    def test_compares_and_reports(self):
        found, chart = Path(self.folder, "runs.jsonl"), Path(self.folder, "chart.svg")
        done = subprocess.run(arguments(self.folder, "--json", found, "--chart", chart),
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        machine, *runs = map(json.loads, found.read_text().splitlines())
        self.assertEqual(machine["records"], 20000)
        self.assertEqual([(r["workload"], r["engine"], r["ok"]) for r in runs],
                         [(w, e, True) for w in ("W1", "W2")
                          for e in ("raw-consume", "raw-copy", "weir-default")])
        for r in runs:
            self.assertGreater(r["cpu_s"], 0)
            self.assertGreater(r["rss_mib"], 1)
            if r["engine"] != "raw-consume":
                self.assertGreater(r["first_output_s"], 0)
                self.assertLess(r["first_output_s"], r["wall_s"] + 1)
        xml.etree.ElementTree.parse(chart)
        again = subprocess.run([sys.executable, BENCH / "run", "--report", found],
                               capture_output=True, text=True)
        self.assertEqual(again.stdout, done.stdout)
        self.assertEqual(list(Path(self.folder).glob("weir-bench-*")), [])

    def test_interrupt_leaves_nothing(self):
        child = subprocess.Popen(arguments(self.folder), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in child.stderr:
            if line.startswith("generating"):
                break
        broker = next(Path(self.folder).glob("weir-bench-*/broker"))
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        self.assertEqual(child.returncode, 130)
        self.assertFalse(broker.exists())
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        self.assertNotIn(str(broker), running)


class FakeBroker:
    """The records of topics, without a broker."""

    def __init__(self, **topics):
        self.data = b"".join(
            oracle.HEAD.pack(len(key), -1 if value is None else len(value), time) + key
            + (value or b"") for key, value, time in topics["records"])

    def topics_command(self, *_):
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(self.data)
        return ["sh", "-c", 'cat "$0"; rm "$0"', file.name]


class Oracle(unittest.TestCase):
    """A figure counts only where the oracle agrees, so it must be able to disagree."""

    def check(self, name, records, answer):
        right, text, _ = oracle.check(WORKLOADS[name], FakeBroker(records=records), "out", answer)
        return right, text

    def test_last_value_of_a_key_counts(self):
        answer = {b"a": (2,), b"b": (1,)}
        good = [(b"a", b'{"CNT":1}', 0), (b"b", b'{"CNT":1}', 0), (b"a", b'{"CNT":2}', 0)]
        self.assertEqual(self.check("W3", good, answer), (True, "right: 2 results"))
        for bad in (good[:2], good[:1] + good[2:], good + [(b"b", None, 0)],
                    good + [(b"c", b'{"CNT":1}', 0)], good + [(b"a", b'{"CNT":3}', 0)]):
            right, text = self.check("W3", bad, answer)
            self.assertFalse(right)
            self.assertIn("WRONG", text)
        self.assertFalse(self.check("W3", [(b"a", b'{"N":2}', 0)], answer)[0])

    def test_every_record_of_a_stream_counts(self):
        value = b'{"BIDDER":1,"PRICE":2,"CATEGORY":3,"SELLER":4}'
        answer = collections.Counter({(b"k", (1, 2, 3, 4)): 2})
        self.assertTrue(self.check("W5", [(b"k", value, 0)] * 2, answer)[0])
        for times in (1, 3):
            self.assertFalse(self.check("W5", [(b"k", value, 0)] * times, answer)[0])

    def test_avro(self):
        value = b"\0\0\0\0\1" + b"\2\2u" + b"\2\6" + b"\2\4it" + b"\2\2c"
        answer = collections.Counter({(b"k", ("u", 3, "it", "c")): 1})
        self.assertEqual(self.check("W1A", [(b"k", value, 0)], answer), (True, "right: 1 results"))
        for bad in (value + b"x", value[:-1], value.replace(b"\6", b"\5"), b""):
            self.assertFalse(self.check("W1A", [(b"k", bad, 0)], answer)[0])

    def test_sessions(self):
        def click(time):
            return b"", json.dumps({"ip": "i"}).encode(), time
        minute = oracle.MINUTE
        found = oracle.w7(FakeBroker(records=[click(t) for t in (0, 5 * minute, 20 * minute, minute)]))
        end = oracle.struct.pack(">qq", 5 * minute, 0), oracle.struct.pack(">qq", 20 * minute, 20 * minute)
        self.assertEqual(found, {b"i" + end[0]: (3,), b"i" + end[1]: (1,)})


if __name__ == "__main__":
    service.main()
