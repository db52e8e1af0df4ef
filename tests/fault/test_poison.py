#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A record that kills the process: found within a few starts, left out by the source's policy, and
everything else comes through. What kills it here is memory: the process may have little, and the
record asks for more. Kills from outside leave no record out."""
import json
import os
import random
import resource
import time
import unittest

import program
import service

LIMIT = 450_000_000  # bytes of address space
POISON = 8_000_000   # elements of an array, 32 bytes each
SQL = """\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 'poison', PARTITIONS = 2,
    VALUE_FORMAT = 'JSON', ON_ERROR = '{policy}'{topic});
CREATE STREAM o WITH (KAFKA_TOPIC = 'parts') AS
    SELECT k, ARRAY_LENGTH(SPLIT(RPAD('', n, ','), ',')) AS parts FROM s;
CREATE STREAM other WITH (KAFKA_TOPIC = 'other') AS SELECT k, n FROM s;
"""


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@unittest.skipIf(program.SANITIZED, "sanitizers need more address space than that")
class Poison(unittest.TestCase):
    def start(self, folder, policy, topic=""):
        file = folder / "q.sql"
        file.write_text(SQL.format(policy=policy, topic=topic))
        weir = program.Weir(folder / "data")
        weir.run(file)
        records = [{"key": f"k{i % 7}", "value": json.dumps({"N": POISON if i == 40 else i}),
                    "timestamp": i} for i in range(100)]
        weir.call("produce", "poison", "--json", *weir.options(),
                  input="".join(json.dumps(r) + "\n" for r in records))
        return file, weir

    def until_it_lives(self, weir, file, most):
        """Start again after each death; returns how often it died, and what the last run said."""
        for deaths in range(most + 1):
            done = weir.run(file, status=None, preexec_fn=little_memory)
            if done.returncode in (0, 1):
                return deaths, done
            self.assertLess(done.returncode, 0, done.stderr[-2000:])
        self.fail(f"it died {most} times: {done.stderr[-2000:]}")

    def test_dead_letter(self):
        with program.folder() as folder:
            file, weir = self.start(folder, "dead-letter", ", DEAD_LETTER_TOPIC = 'poisonous'")
            # The batch, then the record alone three times.
            deaths, done = self.until_it_lives(weir, file, 6)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(deaths, 4)
            letters = weir.records("poisonous")
            self.assertEqual([json.loads(r["value"])["N"] for r in letters], [POISON])
            headers = {h["key"]: h["value"] for h in letters[0]["headers"]}
            self.assertEqual(headers["__weir.errors.code"], "PROCESS_DIED")
            self.assertIn("CSAS_O_", headers["__weir.errors.query"])
            self.assertEqual(len(weir.records("parts")), 99)
            # The other query has it: it did not die of it.
            self.assertEqual(len(weir.records("other")), 100)
            # And that was all: with a record more, nothing is done again.
            weir.call("produce", "poison", "--json", *weir.options(),
                      input='{"key":"z","value":"{\\"N\\":3}"}\n')
            weir.run(file, preexec_fn=little_memory)
            self.assertEqual(len(weir.records("parts")), 100)
            self.assertEqual(len(weir.records("poisonous")), 1)

    def test_stop(self):
        with program.folder() as folder:
            file, weir = self.start(folder, "stop")
            _, done = self.until_it_lives(weir, file, 6)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout + done.stderr,
                             r"poison partition \d offset \d+: The process has died 3 times")

    def test_kills_from_outside(self):
        """Killed again and again at random moments: no record is left out."""
        with program.folder() as folder:
            seed = int(os.environ.get("WEIR_TEST_SEED") or time.time())
            print(f"WEIR_TEST_SEED={seed}")
            chance = random.Random(seed)
            file = folder / "q.sql"
            file.write_text(SQL.format(policy="dead-letter", topic=", DEAD_LETTER_TOPIC = 'd'"))
            weir = program.Weir(folder / "data")
            weir.run(file)
            lines = "".join(json.dumps({"key": f"k{i}", "value": '{"N":2000}'}) + "\n"
                            for i in range(20000))
            weir.call("produce", "poison", "--json", *weir.options(), input=lines)
            for _ in range(8):
                process = weir.start_run(file)
                time.sleep(chance.uniform(0.05, 0.5))
                process.kill()
                process.wait()
            weir.run(file)
            self.assertEqual(len(weir.records("parts")), 20000)
            self.assertEqual(weir.records("d"), [])


if __name__ == "__main__":
    service.main()
