#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 20
# labels: release
"""Record batches that Weir's own reader and writer, Kafka's own classes and kafka-python make: each
reads what the others have written, in every codec. No broker.

The three programs speak the same lines (record_batches.c says which), so what is read is compared
with what was asked to be written."""
import json
import os
import random
import subprocess
import unittest

import clients_fixture
import service

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
NOBODY = [-1, -1, -1]


def own():
    return [os.environ.get("WEIR_RECORD_BATCHES") or
            str(service.SOURCE_DIR / "build/release/tests/record_batches")]


def java():
    """Kafka's classes are in the jars of the broker; the program is run from its source."""
    jars = service.fetched("fetch-kafka", "4.4.0")
    source = clients_fixture.CLIENTS / "batches-java" / "Client.java"
    return ["java", "-Xmx600m", "-XX:TieredStopAtLevel=1", "-Dslf4j.internal.verbosity=ERROR", "-cp",
            f"{jars}/*", str(source)]


def kafka_python():
    return [str(clients_fixture.fetched("batches-python") / "run")]


def run(program, action, data):
    done = subprocess.run([*program, action], input=data, capture_output=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"{program[0]} {action}: {done.stderr.decode()[-3000:]}")
    return done.stdout


def text(size):
    """Bytes that shrink, but not to nothing."""
    return bytes(random.choice(b"abcdefgh") for _ in range(size)).hex()


def some(size, null):
    return None if random.random() < null else text(random.randrange(size))


def batch(codec, count, size=300, producer=None, transactional=False, step=0):
    """A batch of random records, as a line says it."""
    time = 1_700_000_000_000 + random.randrange(1000)
    records, offset = [], 0
    for _ in range(count):
        headers = [[text(random.randrange(1, 90)), some(200, 0.2)]
                   for _ in range(random.choice((0, 0, 0, 1, 3)))]
        records.append([offset, time + random.randrange(-5000, 5000), some(80, 0.2), some(size, 0.1),
                        headers])
        offset += 1 + random.randrange(step + 1)
    return {"base": 0, "last": records[-1][0], "codec": codec, "transactional": transactional,
            "append_time": False, "producer": producer or NOBODY, "control": None, "records": records}


def batches():
    """In every codec: one record, some, many; more than a block of each codec; a transaction's."""
    made = []
    for codec in CODECS:
        made += [batch(codec, 1), batch(codec, 17), batch(codec, 2500, size=60),
                 batch(codec, 40, size=40_000),
                 batch(codec, 3, producer=[2 ** 40, 7, 12345], transactional=True)]
    return made


class RecordBatches(unittest.TestCase):
    maxDiff = 2000

    def written_and_read(self, lines, writer, reader, smallest=0):
        """`smallest`: batches of fewer records may have been left as they are, which the writer
        does where a codec does not make them smaller."""
        data = run(writer, "write", "".join(json.dumps(line) + "\n" for line in lines).encode())
        read = [json.loads(line) for line in run(reader, "read", data).splitlines()]
        self.assertEqual(len(read), len(lines))
        for got, expected in zip(read, lines):
            if len(expected["records"]) < smallest and got["codec"] == "none":
                expected = {**expected, "codec": "none"}
            self.assertEqual(got, expected)

    def test_own(self):
        random.seed(1)
        self.written_and_read(batches(), own(), own())

    def test_java_reads_ours(self):
        random.seed(2)
        self.written_and_read(batches(), own(), java())

    def test_we_read_java(self):
        random.seed(3)
        self.written_and_read(batches(), java(), own())

    def test_kafka_python_reads_ours(self):
        random.seed(4)
        self.written_and_read(batches(), own(), kafka_python())

    def test_we_read_kafka_python(self):
        random.seed(5)
        self.written_and_read(batches(), kafka_python(), own(), smallest=5)

    def test_what_brokers_make(self):
        """Base offsets, the gaps of compaction, log append time, markers: by Kafka's own classes."""
        random.seed(6)
        lines = []
        for codec in CODECS:
            gaps = batch(codec, 50, step=3)
            stamped = batch(codec, 5)
            stamped["append_time"] = True
            for record in stamped["records"]:
                record[1] = stamped["records"][0][1]
            for line in (gaps, stamped):
                base = random.randrange(2 ** 50)
                line["base"] = base
                line["last"] += base
                for record in line["records"]:
                    record[0] += base
                lines.append(line)
        for control in ("commit", "abort"):
            lines.append({"base": 77, "last": 77, "codec": "none", "transactional": True,
                          "append_time": False, "producer": [4711, 3, -1], "control": control,
                          "records": []})
        self.written_and_read(lines, java(), own())


if __name__ == "__main__":
    service.main()
