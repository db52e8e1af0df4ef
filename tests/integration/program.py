# SPDX-License-Identifier: Apache-2.0
"""The program `weir`, as tests use it: on a data directory, or on a broker with one.

    weir = Weir(data=folder)                        or Weir(data=folder, broker=kafka.bootstrap)
    weir.run(file)                                  `weir run FILE --until-end`, to its end
    weir.start_run(file)                            `weir run FILE`, a process; stop it yourself
    weir.feed(records)                              input records of queries/, by `weir produce`
    weir.rows(topic, Table(...) or Stream(...))     a topic's rows as queries/recompute.py has them
    weir.sql("SHOW STREAMS;")                       `weir -e`
"""
import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path

import service

sys.path.insert(0, str(service.SOURCE_DIR / "queries"))
import feed  # noqa: E402
import recompute  # noqa: E402

QUERIES = service.SOURCE_DIR / "queries"
# What ends by itself ends within this, also under sanitizers on a busy machine.
SECONDS = 120
SANITIZED = bool(os.environ.get("WEIR_SANITIZE"))


class Failed(AssertionError):
    pass


def program():
    weir = os.environ.get("WEIR")
    if not weir or not Path(weir).is_file():
        raise unittest.SkipTest("weir is not built ($WEIR names it)")
    return weir


@contextlib.contextmanager
def folder():
    """A temporary folder; kept where the test fails, for a look at it."""
    with tempfile.TemporaryDirectory(prefix="weir-test-") as path:
        yield Path(path)


class Weir:
    def __init__(self, data, broker=None, settings=None):
        self.program = program()
        self.data, self.broker = Path(data), broker
        self.settings = dict(settings or {})
        if client := os.environ.get("WEIR_TEST_KAFKA_CLIENT"):
            self.settings.setdefault("weir.kafka.client", client)

    def options(self):
        place = ["--data", str(self.data)]
        return place + (["--bootstrap-servers", self.broker] if self.broker else [])

    def settings_options(self):
        return [word for name, value in self.settings.items()
                for word in ("--set", f"{name}={value}")]

    def call(self, *words, status=0, **options):
        """Run to the end; Failed with all it said where the status is another one. None: any."""
        options = {"stdin": subprocess.DEVNULL, **options}
        if "input" in options:
            options.pop("stdin")
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True,
                              encoding="utf-8", errors="surrogateescape", timeout=SECONDS,
                              check=False, **options)
        if status is not None and done.returncode != status:
            raise Failed(f"weir {' '.join(map(str, words))}: status {done.returncode}, not "
                         f"{status}\n{done.stdout[-3000:]}{done.stderr[-6000:]}")
        return done

    def run(self, *files, status=0, options=(), **more):
        return self.call("run", *files, "--until-end", *self.options(), *self.settings_options(),
                         *options, status=status, **more)

    def start_run(self, *files, options=(), **more):
        """A service. Its output goes to run.log beside the data."""
        log = open(self.log, "ab")
        try:
            return subprocess.Popen([self.program, "run", *map(str, files), *self.options(),
                                     *self.settings_options(), *options],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        finally:
            log.close()

    @property
    def log(self):
        return self.data.parent / f"{self.data.name}.log"

    def sql(self, text, *options, status=0):
        return self.call(*self.options(), *options, "-e", text, status=status)

    def json_rows(self, text):
        """Rows of a query, as lists or objects as `--output JSON` prints them."""
        lines = self.sql(text, "--output", "JSON").stdout.splitlines()
        return [json.loads(line, parse_float=Decimal) for line in lines if line[:1] in "[{"]

    def feed(self, records):
        try:
            feed.feed(records, self.options(), self.program, capture_output=True, timeout=SECONDS)
        except subprocess.CalledProcessError as error:
            raise Failed(f"weir produce: {error.stderr[-3000:]}") from None

    def produce(self, topic, *values, status=0):
        """Plain values without keys, a line each."""
        return self.call("produce", topic, *self.options(), input="".join(f"{v}\n" for v in values),
                         status=status)

    def records(self, topic, status=0):
        """All records of a topic, as dicts: key and value bytes or None, timestamp, partition."""
        done = self.call("consume", topic, "--from-beginning", "--until-end", "--json",
                         *self.options(), status=status)
        return [consumed(json.loads(line)) for line in done.stdout.splitlines()]

    def rows(self, topic, what):
        """A topic as queries/recompute.py writes expected results: sorted lines."""
        rows = [row(record, what) for record in self.records(topic)]
        if isinstance(what, recompute.Table):
            rows = recompute.table_of(rows)
        return recompute.in_order(rows)


def as_bytes(record, name):
    """`weir consume --json` writes what is no UTF-8 text as Base64 under another name."""
    if record.get(f"{name}Base64") is not None:
        return base64.b64decode(record[f"{name}Base64"])
    text = record.get(name)
    return None if text is None else text.encode()


def consumed(record):
    return {**record, "key": as_bytes(record, "key"), "value": as_bytes(record, "value")}


def row(record, what):
    """A record as a row of queries/recompute.py."""
    key, window = record["key"], None
    if key is not None and what.window == "time":
        start = int.from_bytes(key[-8:], "big")
        key, window = key[:-8], [start, start + what.size_ms]
    elif key is not None and what.window == "session":
        window = [int.from_bytes(key[-8:], "big"), int.from_bytes(key[-16:-8], "big")]
        key = key[:-16]
    if key is not None:
        key = key.decode()
        if what.key == recompute.JSON:
            key = json.loads(key)
    value = record["value"]
    if value is not None:
        value = json.loads(value, parse_float=Decimal)
    at = record["timestamp"] if isinstance(what, recompute.Stream) else None
    return recompute.row_of(key, value, at, window)


def sample(name):
    """(query file, input records, module oracle.py) of a folder of queries/."""
    path = QUERIES / name / f"{name}.sql"
    return path, recompute.Input(QUERIES / name / "input.jsonl").records, recompute.oracle(name)


def stop(process, seconds=20):
    """End a service as its operator would. Returns its status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(seconds)


def difference(expected, actual):
    """What is different between two sorted lists of lines, for a message."""
    expected, actual = list(expected), list(actual)
    for line in list(expected):
        if line in actual:
            expected.remove(line)
            actual.remove(line)
    return "\n".join([f"{len(expected)} missing, {len(actual)} too many"]
                     + [f"- {line}" for line in expected[:8]]
                     + [f"+ {line}" for line in actual[:8]])
