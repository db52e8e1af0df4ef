#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: registry
# cost: 30
"""The sample queries, as shipped, on both logs: what comes out is what their oracles compute.

Each is run three times over: on empty topics (which it creates), on the first half of its input, and
on the rest; so that every test is also one of going on after a restart. Topics have the names of the
query files, therefore the broker is not the shared one.
"""
import base64
import json
import subprocess
import unittest

import program
import recompute
import registry_fixture
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


def avro_number(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def avro_text(text):
    text = text if isinstance(text, bytes) else text.encode()
    return avro_number(len(text)) + text


def avro_optional(value, write):
    return avro_number(0) if value is None else avro_number(1) + write(value)


class ChangesInAvro(unittest.TestCase):
    """customer_changes with the same events as Kafka Connect's AvroConverter writes them."""
    row = {"type": "record", "name": "Value", "fields": [
        {"name": "id", "type": "int"}, {"name": "name", "type": ["null", "string"]},
        {"name": "credit", "type": ["null", {
            "type": "bytes", "logicalType": "decimal", "scale": 2, "precision": 10,
            "connect.name": "org.apache.kafka.connect.data.Decimal"}]},
        {"name": "since", "type": {"type": "long",
                                   "connect.name": "io.debezium.time.MicroTimestamp"}}]}
    envelope = {"type": "record", "name": "Envelope", "fields": [
        {"name": "before", "type": ["null", row]}, {"name": "after", "type": ["null", "Value"]},
        {"name": "source", "type": {"type": "record", "name": "Source", "fields": [
            {"name": "ts_ms", "type": "long"}]}}, {"name": "op", "type": "string"}]}
    transaction = {"type": "record", "name": "T", "fields": [{"name": "status", "type": "string"}]}
    key = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "int"}]}

    def register(self, registry, subject, schema):
        """@return what stands before each record."""
        answer = registry.post(f"/subjects/{subject}/versions", {"schema": json.dumps(schema)})
        return b"\0" + answer["id"].to_bytes(4, "big")

    @staticmethod
    def a_row(row):
        credit = row["credit"] and base64.b64decode(row["credit"])
        return (avro_number(row["id"]) + avro_optional(row["name"], avro_text) +
                avro_optional(credit, avro_text) + avro_number(row["since"]))

    def an_event(self, text):
        try:
            event = json.loads(text)
        except ValueError:
            return self.marks["event"] + b"\2"  # ends too early
        event = event.get("payload", event)
        if "op" not in event:
            return self.marks["transaction"] + avro_text(event["status"])
        return (self.marks["event"] + avro_optional(event.get("before"), self.a_row) +
                avro_optional(event.get("after"), self.a_row) +
                avro_number(event["source"]["ts_ms"]) + avro_text(event["op"]))

    def in_avro(self, record):
        key = json.loads(record["key"])
        key = self.marks["key"] + avro_number(key.get("payload", key)["id"])
        value = record["value"]
        return {"timestamp": record["timestamp"], "keyBase64": base64.b64encode(key).decode(),
                "valueBase64": value and base64.b64encode(self.an_event(value)).decode()}

    def test_customer_changes(self):
        file, records, oracle = program.sample("customer_changes")
        with registry_fixture.shared() as registry, program.folder() as folder:
            self.marks = {
                "event": self.register(registry, "changes-in-avro-value", self.envelope),
                "transaction": self.register(registry, "changes-in-avro-tx", self.transaction),
                "key": self.register(registry, "changes-in-avro-key", self.key)}
            text = file.read_text()
            self.assertIn("FORMAT = 'DEBEZIUM_JSON'", text)
            file = folder / "customer_changes.sql"
            file.write_text(text.replace("'DEBEZIUM_JSON'", "'DEBEZIUM_AVRO'"))
            weir = program.Weir(folder / "data",
                                settings={"ksql.schema.registry.url": registry.url})
            weir.run(file)
            events = [r for r in records if r["topic"] == "shop.customers"]
            weir.call("produce", "shop.customers", "--json", *weir.options(),
                      input="".join(json.dumps(self.in_avro(r)) + "\n" for r in events))
            weir.feed([r for r in records if r["topic"] != "shop.customers"])
            weir.run(file)
            for topic, lines in recompute.expected("customer_changes").items():
                with self.subTest(topic):
                    rows = weir.rows(topic, oracle.OUTPUTS[topic])
                    if rows != lines:
                        self.fail(f"{topic}: {program.difference(lines, rows)}")


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
