# SPDX-License-Identifier: Apache-2.0
"""Programs of topologies.py as services: partitions, restarts, and kills, on the embedded log.

Partitions are read in no order that the model knows, so only what every order gives is compared: a
table's rows at the end, and a stream's records as a set. Programs whose results hang on the order
(a stream that looks into a table, what comes last, closed windows) are left out.
"""
import base64
import json
import random
import signal
import struct
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from compare import expected_records, text
from operators import Record
from topologies import make_program
from values import same, to_json

PARTITIONS = 3
# The programs' times begin at 0. Topics of windowed tables keep a day or so, so they are moved to about
# now, by a multiple of all sizes and advances of windows.
COMMON_MULTIPLE = 9_009_000  # milliseconds
SECONDS = 120  # what ends by itself ends within this


class CommandFailed(Exception):
    pass


def order_free(program):
    return all(relation.settles for relation in program.results)


def program_of(seed):
    """The first program from this seed on whose results hang on no order."""
    while not order_free(program := make_program(random.Random(seed))):
        seed += 1 << 40
    return program


def final_rows(records):
    """{(key, window): value} of a table at the end."""
    rows = {}
    for record in records:
        rows[record.key, record.window] = record.value
    return {name: value for name, value in rows.items() if value is not None}


class Service:
    """A data directory and a query file in it."""

    def __init__(self, weir, folder, program):
        self.origin = int(time.time() * 1000) // COMMON_MULTIPLE * COMMON_MULTIPLE
        self.weir, self.data, self.program = weir, folder / "data", program
        self.file = folder / "program.sql"
        statements = "\n".join(program.statements)
        statements = statements.replace("partitions=1", f"partitions={PARTITIONS}")
        self.file.write_text(f"SET 'auto.offset.reset'='earliest';\n{statements}\n")

    def command(self, *words, lines=""):
        done = subprocess.run([self.weir, *map(str, words), "--data", self.data], input=lines,
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != 0:
            raise CommandFailed(f"weir {' '.join(map(str, words))}: status {done.returncode}\n"
                         f"{done.stderr[-2000:]}")
        return done.stdout

    def produce(self, inputs):
        for topic in dict.fromkeys(record["topic"] for record in inputs):
            lines = "".join(to_json({"key": record["key"], "value": record["value"],
                                     "timestamp": self.origin + record["timestamp"]}) + "\n"
                            for record in inputs if record["topic"] == topic)
            self.command("produce", topic, "--json", "--partitions", PARTITIONS, lines=lines)

    def run(self, batch_rows):
        self.command("run", self.file, "--until-end", "--set", f"weir.batch.rows={batch_rows}",
                     "--set", "commit.interval.ms=20")

    def run_and_kill(self, after):
        """kill -9 after so many seconds, wherever it is then."""
        with subprocess.Popen([self.weir, "run", self.file, "--data", self.data, "--set",
                               "commit.interval.ms=5"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(after)
            process.send_signal(signal.SIGKILL)

    def records(self, relation):
        lines = self.command("consume", relation.name, "--from-beginning", "--until-end", "--json")
        return [self.record(relation, json.loads(line, parse_float=Decimal))
                for line in lines.splitlines()]

    def record(self, relation, line):
        """A windowed key ends with its window's start; a session's has the end before that."""
        key, window = line.get("key"), None
        if relation.window_bytes:
            raw = base64.b64decode(line["keyBase64"]) if key is None else key.encode()
            key, window = raw[:-relation.window_bytes], raw[-relation.window_bytes:]
            window = struct.unpack(f">{relation.window_bytes // 8}q", window)[::-1]
            window = tuple(edge - self.origin for edge in window)
        if key is not None and relation.json_key:
            key = json.loads(key)
        if isinstance(key, dict):
            key = tuple(key[name] for name in relation.key)
        value = line["value"]
        value = None if value is None else json.loads(value, parse_float=Decimal)
        return Record(key, value, line["timestamp"] - self.origin, window)


def window_in_key(relation, record):
    """A window as a topic's keys have it: (start) of a time window, (start, end) of a session."""
    if record.window is None:
        return record
    return record._replace(window=record.window[:relation.window_bytes // 8])


def compare_topic(service, relation):
    actual = service.records(relation)
    expected = [window_in_key(relation, record) for record in expected_records(relation)]
    if relation.kind == "TABLE":
        ours, theirs = final_rows(actual), final_rows(expected)
        for name in theirs.keys() | ours.keys():
            if not same(ours.get(name), theirs.get(name)):
                return (f"{relation.name} {name}: {to_json(ours.get(name))}, "
                        f"expected {to_json(theirs.get(name))}")
        return None
    left = list(actual)
    for record in expected:
        found = next((a for a in left if a.time == record.time and same(a.key, record.key)
                      and same(a.value, record.value)), None)
        if found is None:
            return f"{relation.name}: missing {text(record)}"
        left.remove(found)
    return f"{relation.name}: too much {text(left[0])}" if left else None


def run_one(weir, seed):
    """None, or how what the service wrote differs from the model, or which command failed."""
    with tempfile.TemporaryDirectory(prefix="weir-model-") as folder:
        try:
            return run_in(weir, Path(folder), random.Random(seed), program_of(seed))
        except CommandFailed as failure:
            return str(failure)


def run_in(weir, folder, rng, program):
    service = Service(weir, folder, program)
    inputs, parts = list(program.inputs), rng.randrange(1, 4)
    size = len(inputs) // parts + 1
    for start in range(0, len(inputs), size):
        service.produce(inputs[start:start + size])
        if rng.random() < 0.4:
            service.run_and_kill(rng.random() * 0.15)
        if rng.random() < 0.6 or start + size >= len(inputs):
            service.run(rng.choice([1, 2, 2048]))
    return next(filter(None, (compare_topic(service, r) for r in program.results)), None)
