#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 40
# fixtures: kafka registry
"""Profiles of an AVRO topic of a real broker: the sample queries/profile says there what its oracle
computes from the orders themselves, by minute, hour and day; and what two consumers have profiled that
shared the partitions, and handed them over, is merged to the profile of one."""
import bisect
import json
import unittest

import kafka_fixture
import program
import recompute
import registry_fixture
import service

SECONDS = 120
QUANTILES_ERROR = 0.0165  # of ranks, as docs/sql-reference.md states it; all else is exact here
FIGURES = ("hour_figures", "day_figures")
TOPICS = ("orders", "shop_minutes", "hour_profiles", "day_profiles", *FIGURES, "shops", "one",
          "parts", "merged")


# The columns of the oracle's figures of an hour, from a profile.
SAID = """PROFILE_REPORT({0})[1]->rows AS orders, PROFILE_REPORT({0})[1]->min AS least,
    PROFILE_REPORT({0})[1]->max AS most, ROUND(PROFILE_REPORT({0})[1]->mean, 6) AS mean,
    ROUND(PROFILE_REPORT({0})[1]->deviation, 6) AS deviation,
    PROFILE_QUANTILE({0}, 1, 0.5) AS median, PROFILE_QUANTILE({0}, 1, 0.9) AS p90,
    PROFILE_REPORT({0})[2]->nulls AS no_coupon, PROFILE_REPORT({0})[2]->frequent[1] AS best_coupon"""
ORDERS = """SET 'auto.offset.reset' = 'earliest';
CREATE STREAM orders (order_id VARCHAR KEY, shop VARCHAR, amount INT, coupon VARCHAR)
    WITH (KAFKA_TOPIC = 'orders', PARTITIONS = 3, VALUE_FORMAT = 'AVRO');
"""
SHOPS = ORDERS + """CREATE TABLE shops WITH (KAFKA_TOPIC = 'shops', VALUE_FORMAT = 'JSON') AS
    SELECT shop, COUNT(*) AS n, PROFILE(amount, coupon) AS profile
    FROM orders WHERE shop IS NOT NULL GROUP BY shop;
"""
ONE = ORDERS + """CREATE TABLE one WITH (KAFKA_TOPIC = 'one', VALUE_FORMAT = 'JSON') AS
    SELECT SUBSTRING(shop, 1, 0) AS k, """ + SAID.format("PROFILE(amount, coupon)") + """
    FROM orders WHERE shop IS NOT NULL GROUP BY SUBSTRING(shop, 1, 0);
"""
MERGED = """SET 'auto.offset.reset' = 'earliest';
CREATE STREAM parts (whole VARCHAR KEY, profile BYTES)
    WITH (KAFKA_TOPIC = 'parts', VALUE_FORMAT = 'JSON');
CREATE TABLE merged WITH (KAFKA_TOPIC = 'merged', VALUE_FORMAT = 'JSON') AS
    SELECT whole, """ + SAID.format("PROFILE_MERGE(profile)") + """
    FROM parts GROUP BY whole;
"""


def orders(count=None):
    """The values of the first records, those that a profile has, as the oracle takes them."""
    given = recompute.Input(program.QUERIES / "profile/input.jsonl")
    given.records = given.records[:count]
    rows = given.rows("orders", shop=recompute.a_text, amount=recompute.an_int,
                      coupon=recompute.a_text)
    return [row.value for row in rows if row.value is not None and row.value["shop"] is not None]


class Profile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(kafka_fixture.shared())
        cls.registry = cls.enterClassContext(registry_fixture.shared())

    def setUp(self):
        self.folder = self.enterContext(program.folder())
        self.unique = kafka_fixture.KafkaBroker.unique("profile") + "-"
        self.fed = False

    def weir(self, name):
        return program.Weir(self.folder / name, self.kafka.bootstrap, {
            "ksql.service.id": f"{self.unique}service",
            "ksql.schema.registry.url": self.registry.url})

    def file(self, name, text):
        for topic in TOPICS:
            text = text.replace(f"KAFKA_TOPIC = '{topic}'", f"KAFKA_TOPIC = '{self.unique}{topic}'")
        path = self.folder / f"{name}.sql"
        path.write_text(text, "utf-8")
        return path

    def feed(self, records):
        """Orders, as JSON in a topic of their own, then by Weir to the topic of AVRO records."""
        weir, topic = self.weir("feed"), f"{self.unique}json"
        if not self.fed:
            self.kafka.create_topic(topic, 3, unique=False)
        self.fed = True
        weir.settings["ksql.service.id"] += "feed"
        weir.feed([{**record, "topic": topic} for record in records])
        weir.run(self.file("feed", ORDERS.replace("orders (", "given (").replace("'AVRO'", "'JSON'")
                           .replace("'orders'", f"'{topic}'")
                           + "CREATE STREAM orders WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'AVRO',"
                           " RETENTION_MS = 3153600000000) AS SELECT * FROM given;"))

    def test_sample(self):
        path, records, oracle = program.sample("profile")
        text = path.read_text("utf-8").replace("'JSON'", "'AVRO'")
        for topic in TOPICS[1:]:
            form = "JSON" if topic in FIGURES else "AVRO"
            text = text.replace(f"KAFKA_TOPIC = '{topic}', RETENTION_MS",
                                f"KAFKA_TOPIC = '{topic}', VALUE_FORMAT = '{form}', RETENTION_MS")
        self.feed(records)
        weir = self.weir("data")
        weir.run(self.file("profile", text))
        for topic, lines in recompute.expected("profile").items():
            rows = weir.rows(self.unique + topic, oracle.OUTPUTS[topic])
            if rows != lines:
                self.fail(f"{topic}: {program.difference(lines, rows)}")

    def last(self, weir, topic):
        """The last value of each key."""
        return {record["key"]: json.loads(record["value"])
                for record in weir.records(self.unique + topic)}

    def test_two_consumers(self):
        _, records, oracle = program.sample("profile")
        third = len(records) // 3
        file = self.file("shops", SHOPS)
        first, second = self.weir("first"), self.weir("second")

        def wait(count, what):
            service.wait_until(lambda: sum(v["N"] for v in self.last(first, "shops").values()) == count,
                               SECONDS, what)

        self.feed(records[:third])
        first.run(file)  # what it makes is there
        running = first.start_run(file)
        self.addCleanup(running.kill)
        taking_over = second.start_run(file)
        self.addCleanup(taking_over.kill)
        # Whoever has which partitions by now: both profile the same topics.
        self.feed(records[third:2 * third])
        wait(len(orders(2 * third)), "two thirds are profiled")
        self.assertEqual(program.stop(running), 0)
        self.feed(records[2 * third:])
        wait(len(orders()), "all are profiled")
        self.assertEqual(program.stop(taking_over), 0)
        self.assertRegex(second.log.read_text(), r" [1-9][0-9,]* records in, ")
        # Each shop's profile is a part; all parts merged are the profile of one consumer.
        merger = self.weir("merger")
        self.kafka.create_topic(f"{self.unique}parts", unique=False)
        merger.feed([{"topic": f"{self.unique}parts", "key": "all",
                      "value": {"profile": value["PROFILE"]}}
                     for value in self.last(first, "shops").values()])
        merger.settings["ksql.service.id"] += "merger"
        merger.run(self.file("merged", MERGED))
        one = self.weir("one")
        one.settings["ksql.service.id"] += "one"
        one.run(self.file("one", ONE))
        amounts = sorted(v["amount"] for v in orders() if v["amount"] is not None)
        wanted = oracle.hour(orders())
        for topic in ("merged", "one"):
            (found,) = self.last(first, topic).values()
            for name, fraction in (("MEDIAN", 0.5), ("P90", 0.9)):
                rank = bisect.bisect(amounts, found.pop(name)) / len(amounts)
                self.assertAlmostEqual(rank, fraction, delta=QUANTILES_ERROR, msg=f"{topic}, {name}")
                wanted.pop(name, None)
            self.assertEqual(found, wanted, topic)


if __name__ == "__main__":
    service.main()
