#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 30
"""The sample queries, as shipped, on both logs: what comes out is what their oracles compute.

Each is run three times over: on empty topics (which it creates), on the first half of its input, and
on the rest; so that every test is also one of going on after a restart. Topics have the names of the
query files, therefore the broker is not the shared one.
"""
import subprocess
import unittest

import program
import recompute
import service
from kafka_fixture import KafkaBroker


class Oracles(unittest.TestCase):
    """What is in the repository as expected is what the oracles compute from the inputs."""

    def test_expected_files(self):
        for name in recompute.NAMES:
            with self.subTest(name):
                self.assertEqual(recompute.computed(name), recompute.expected(name))


class Samples:
    """The tests, for each kind of log."""

    def weir(self, data):
        raise NotImplementedError

    def check(self, name):
        file, records, oracle = program.sample(name)
        half = len(records) // 2
        with program.folder() as folder:
            weir = self.weir(folder / "data")
            weir.run(file)
            weir.feed(records[:half])
            weir.run(file)
            weir.feed(records[half:])
            weir.run(file)
            for topic, lines in recompute.expected(name).items():
                with self.subTest(topic):
                    rows = weir.rows(topic, oracle.OUTPUTS[topic])
                    if rows != lines:
                        self.fail(f"{name}, {topic}: {program.difference(lines, rows)}")
            # Nothing new: nothing is written again.
            sizes = {topic: len(weir.records(topic)) for topic in oracle.OUTPUTS}
            weir.run(file)
            self.assertEqual(sizes, {topic: len(weir.records(topic)) for topic in oracle.OUTPUTS})

    def test_clicks(self):
        self.check("clicks")

    def test_user_events(self):
        self.check("user_events")

    def test_website_activity(self):
        self.check("website_activity")

    def test_portfolio(self):
        self.check("portfolio")

    def test_profile(self):
        self.check("profile")

    def test_customer_changes(self):
        self.check("customer_changes")


class OnTheEmbeddedLog(Samples, unittest.TestCase):
    def weir(self, data):
        return program.Weir(data)

    def test_feed_script(self):
        """The way that queries/README.md tells."""
        with program.folder() as folder:
            weir = self.weir(folder / "data")
            file, _, oracle = program.sample("user_events")
            weir.run(file)
            subprocess.run(["python3", program.QUERIES / "feed.py", "user_events",
                            *weir.options()], check=True, timeout=program.SECONDS)
            weir.run(file)
            rows = weir.rows("click_events", oracle.OUTPUTS["click_events"])
            self.assertEqual(rows, recompute.expected("user_events")["click_events"])


class OnKafka(Samples, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = KafkaBroker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.start()

    def weir(self, data):
        return program.Weir(data, self.broker.bootstrap)


if __name__ == "__main__":
    service.main()
