#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 40
"""kill -9 of `weir run` at random moments.

The input arrives in pieces, one before each start; each run is killed at a moment between its start
and a little after it would have finished. Commits are many (a short interval), so that kills meet
them. On the embedded log outputs, state and offsets are one atomic write: the results must be those
of the oracle, no row lost, none doubled; on Kafka with processing.guarantee = exactly_once_v2, too. On
Kafka at least once rows may come twice, but none may be missing.

WEIR_TEST_SEED=n repeats a run's random numbers. WEIR_TEST_KILLS=n: so many kills on Kafka, exactly once.
"""
import collections
import json
import os
import random
import time
import unittest

import clicks
import program
import recompute
import service
from kafka_fixture import KafkaBroker

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
SETTINGS = {"commit.interval.ms": "20"}
# A killed member's partitions are free when the group has missed it for so long.
KAFKA_SETTINGS = {**SETTINGS, "consumer.session.timeout.ms": "2000",
                  "consumer.heartbeat.interval.ms": "500"}
EXACT_SETTINGS = {**KAFKA_SETTINGS, "processing.guarantee": "exactly_once_v2"}
KILLS = int(os.environ.get("WEIR_TEST_KILLS") or 8)


class Kills(unittest.TestCase):
    def feed_and_kill(self, weir, file, pieces, rng, longest):
        """Number of kills; each after a piece of the input, and at most 1.3 * longest seconds."""
        weir.run(file)  # creates the topics
        _, samples, _ = program.sample("clicks")
        weir.feed([record for record in samples if record["topic"] == "campaigns"])
        weir.feed(pieces[0])
        began = time.monotonic()
        weir.run(file)
        full = min(longest, time.monotonic() - began)
        killed = 0
        for piece in pieces[1:]:
            weir.feed(piece)
            run = weir.start_run(file)
            try:
                time.sleep(rng.uniform(0, 1.3 * full))
                self.assertIsNone(run.poll(), "weir run ended by itself: "
                                  + weir.log.read_text(errors="replace")[-3000:])
            finally:
                run.kill()
                run.wait()
            killed += 1
        weir.run(file)
        return killed

    def inputs(self, rng, kills, size):
        _, samples, oracle = program.sample("clicks")
        records = list(clicks.clicks(rng, size * (kills + 1)))
        pieces = [records[i:i + size] for i in range(0, len(records), size)]
        campaigns = [record for record in samples if record["topic"] == "campaigns"]
        return pieces, oracle, oracle.compute(clicks.Records(campaigns + records))

    def test_embedded_log(self):
        rng = random.Random(SEED)
        pieces, oracle, results = self.inputs(rng, kills=50, size=150)
        file = program.QUERIES / "clicks" / "clicks.sql"
        with program.folder() as folder:
            weir = program.Weir(folder / "data", settings=SETTINGS)
            self.assertEqual(self.feed_and_kill(weir, file, pieces, rng, longest=0.8), 50)
            for topic, rows in results.items():
                with self.subTest(topic, seed=SEED):
                    expected = recompute.in_order(rows)
                    found = weir.rows(topic, oracle.OUTPUTS[topic])
                    if found != expected:
                        self.fail(f"seed {SEED}: {program.difference(expected, found)}")

    def test_kafka(self):
        rng = random.Random(SEED)
        pieces, oracle, results = self.inputs(rng, kills=8, size=400)
        file = program.QUERIES / "clicks" / "clicks.sql"
        with program.folder() as folder, KafkaBroker() as broker:
            weir = program.Weir(folder / "data", broker.bootstrap, settings=KAFKA_SETTINGS)
            self.assertEqual(self.feed_and_kill(weir, file, pieces, rng, longest=2), 8)
            # Some partitions may still belong to the member killed last, until its session ends;
            # a run to the end is one to the end of the partitions that it was given.
            weir.settings["commit.interval.ms"] = "100"
            service.wait_until(lambda: self.all_read(weir, file), 60, "the input is read")
            for topic, rows in results.items():
                with self.subTest(topic, seed=SEED):
                    found = weir.rows(topic, oracle.OUTPUTS[topic])
                    self.nothing_lost(topic, oracle.OUTPUTS[topic], recompute.in_order(rows), found)

    def test_kafka_exactly_once(self):
        rng = random.Random(SEED)
        pieces, oracle, results = self.inputs(rng, kills=KILLS, size=400)
        file = program.QUERIES / "clicks" / "clicks.sql"
        with program.folder() as folder, KafkaBroker() as broker:
            weir = program.Weir(folder / "data", broker.bootstrap, settings=EXACT_SETTINGS)
            self.assertEqual(self.feed_and_kill(weir, file, pieces, rng, longest=2), KILLS)
            service.wait_until(lambda: self.all_read(weir, file), 60, "the input is read")
            for topic, rows in results.items():
                with self.subTest(topic, seed=SEED):
                    expected = recompute.in_order(rows)
                    found = weir.rows(topic, oracle.OUTPUTS[topic])
                    if found != expected:
                        self.fail(f"seed {SEED}: {program.difference(expected, found)}")

    @staticmethod
    def all_read(weir, file):
        """Has a run that began after every session ended nothing left to read?"""
        time.sleep(2.5)
        return " 0 records in" in weir.run(file).stderr

    def nothing_lost(self, topic, what, expected, found):
        """Rows of streams may be there twice, but all must be there and no others. Counts of tables
        may be too high by what was read twice, never too low, and no key may be missing."""
        if isinstance(what, recompute.Stream):
            missing = collections.Counter(expected) - collections.Counter(found)
            self.assertFalse(missing, f"{topic}: lost rows, seed {SEED}")
            self.assertEqual(set(found), set(expected), f"{topic}: other rows, seed {SEED}")
            return
        counts = [{json.dumps([row["key"], row.get("window")]): row["value"]["CLICKS"]
                   for row in map(json.loads, lines)} for lines in (expected, found)]
        if what.window == "session":
            # One that was written before a kill and has then grown at once, when its rows were read
            # again, was never taken back: there may be more, as there may be more rows of streams.
            missing = counts[0].keys() - counts[1].keys()
            self.assertFalse(missing, f"{topic}, seed {SEED}")
        else:
            self.assertEqual(counts[0].keys(), counts[1].keys(), f"{topic}, seed {SEED}")
        for key, count in counts[0].items():
            self.assertGreaterEqual(counts[1][key], count, f"{topic} {key}, seed {SEED}")


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    service.main()
