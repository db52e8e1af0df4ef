# SPDX-License-Identifier: Apache-2.0
"""What full_disk.py and damage.py share: the queries of queries/clicks on one data directory, which is
prepared once and then copied for each case, and what they must say in the end."""
import random
import shutil
import subprocess

import clicks
import program
import service
from program import recompute

QUERIES = program.QUERIES / "clicks" / "clicks.sql"
# Many commits, and memtables that are written often.
SETTINGS = {"commit.interval.ms": "0", "weir.batch.rows": "16",
            "buffered.records.per.partition": "16", "weir.memtable.bytes": "1048576",
            "ksql.query.retry.backoff.max.ms": "500"}
KAFKA_SETTINGS = {"processing.guarantee": "exactly_once_v2", "commit.interval.ms": "100",
                  "weir.group.static": "false", "weir.memtable.bytes": "1048576",
                  "ksql.query.retry.backoff.max.ms": "500"}


def shim(folder):
    """full_disk.c, compiled into @p folder: a library for LD_PRELOAD."""
    source = service.SOURCE_DIR / "tests" / "fault" / "full_disk" / "full_disk.c"
    library = folder / "full_disk.so"
    subprocess.run(["cc", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"],
                   check=True)
    return library


class Wrong(AssertionError):
    """A result that is not the oracle's."""


class Clicks:
    """Input in pieces, and the results of those that were fed."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        _, samples, self.oracle = program.sample("clicks")
        self.fed = [record for record in samples if record["topic"] == "campaigns"]
        self.made = clicks.clicks(self.rng, 1 << 30)

    def begin(self, weir):
        weir.run(QUERIES)  # makes the topics
        weir.feed(self.fed)

    def feed(self, weir, count):
        records = [next(self.made) for _ in range(count)]
        weir.feed(records)
        self.fed += records

    def results(self):
        return {topic: recompute.in_order(rows) for topic, rows
                in self.oracle.compute(clicks.Records(self.fed)).items()}

    def check(self, weir, results):
        for topic, expected in results.items():
            found = weir.rows(topic, self.oracle.OUTPUTS[topic])
            if found != expected:
                raise Wrong(f"{weir.data}: {topic}: {program.difference(expected, found)}")


def prepare(folder, seed, size):
    """An embedded log with @p size clicks that were counted, and as many that were not."""
    work = Clicks(seed)
    weir = program.Weir(folder / "prepared", settings=SETTINGS)
    work.begin(weir)
    work.feed(weir, size)
    weir.run(QUERIES)
    work.feed(weir, size)
    return weir.data, work


def copy_of(prepared, data):
    shutil.copytree(prepared, data)
    return program.Weir(data, settings=SETTINGS)


class OnKafka:
    """The same queries on a broker, exactly once; input comes before each run."""

    def __init__(self, folder, broker, seed, size=200):
        self.weir = program.Weir(folder / "on-kafka", broker.bootstrap, settings=KAFKA_SETTINGS)
        self.work = Clicks(seed)
        self.work.begin(self.weir)
        self.next(size)

    def next(self, size=40, **more):
        """Feed, and process: (status, what it said)."""
        self.work.feed(self.weir, size)
        done = self.weir.run(QUERIES, status=None, **more)
        if done.returncode not in (0, 1):
            raise AssertionError(f"status {done.returncode}\n{done.stderr[-3000:]}")
        return done.returncode, done.stderr
