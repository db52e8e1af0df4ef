#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 15
# fixtures: kafka
"""/metrics of a running server: promtool's rules, lag by partition, the figures of Kafka's clients."""
import re
import subprocess
import time
import unittest
import urllib.request
import uuid

import program
import service
from kafka_fixture import shared
from test_server_query import SECONDS, Server


def promtool(*words, text=None):
    """What promtool says of it: "" where it finds nothing wrong."""
    tool = service.fetched("fetch-promtool", needs=())
    done = subprocess.run([tool, *map(str, words)], input=text, capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def samples(text, name):
    """The samples of one metric: {labels as a sorted tuple: value}."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
        if match:
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[1] or "")
            found[tuple(sorted(labels))] = float(match[2])
    return found


def lags(text):
    """Lag by (topic, partition) of the only query."""
    return {(dict(labels)["topic"], int(dict(labels)["partition"])): value
            for labels, value in samples(text, "weir_query_partition_lag_records").items()}


def scrape(server):
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=SECONDS) as response:
        return response.read().decode()


def insert(stream, n):
    return "".join(f"INSERT INTO {stream} (k, v) VALUES ('k{i}', {i});" for i in range(n))


class Rules(unittest.TestCase):
    def test_alerts(self):
        self.assertEqual(promtool("check", "rules", service.SOURCE_DIR / "docs" / "alerts.yml"), "")

    def test_promtool_finds_faults(self):
        self.assertIn("a_ms", promtool("check", "metrics", text="# TYPE a_ms counter\na_ms 1\n"))


class EmbeddedLog(unittest.TestCase):
    def test_lag(self):
        with program.folder() as folder:
            server = Server(folder)
            self.addCleanup(server.process.kill)
            # The join waits for the other side, for an hour.
            server.sql("SET 'auto.offset.reset'='earliest'; SET 'max.task.idle.ms'='3600000';"
                       + "".join(f"CREATE STREAM {s} (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='{s}', "
                                 "PARTITIONS=2, VALUE_FORMAT='JSON');" for s in ("l", "r"))
                       + insert("l", 20)
                       + "CREATE STREAM j AS SELECT l.k, l.v AS a, r.v AS b FROM l JOIN r "
                       "WITHIN 1 HOUR ON l.k = r.k;")
            service.wait_until(lambda: sum(lags(scrape(server)).values()) == 20, SECONDS,
                               "nothing is processed, and all partitions are known")
            text = scrape(server)
            by_part = lags(text)
            self.assertEqual(set(by_part), {("l", 0), ("l", 1), ("r", 0), ("r", 1)})
            self.assertEqual(by_part["r", 0] + by_part["r", 1], 0)
            self.assertGreater(min(by_part["l", 0], by_part["l", 1]), 0)
            self.assertEqual(set(samples(text, "weir_query_lag_records").values()), {20.0})
            server.sql(insert("r", 20))
            service.wait_until(lambda: lags(scrape(server))["l", 0] == 0, SECONDS,
                               "what is older than the other side is processed")
            self.assertEqual(samples(text, "weir_metrics_omitted_partitions"), {(): 0.0})
            self.assertEqual(samples(text, "weir_kafka_client_requests_total"), {})
            self.assertEqual(promtool("check", "metrics", text=text), "")
            server.sql("PAUSE ALL;")
            service.wait_until(lambda: lags(scrape(server)) == {}, SECONDS,
                               "nobody reads the partitions")
            self.assertEqual(server.stop(), 0)


class OnKafka(unittest.TestCase):
    """What a client receives it may receive again, where its assignment changes."""
    client = "librdkafka"

    def test_clients_and_lag(self):
        name = f"m{uuid.uuid4().hex[:8]}"
        with shared() as kafka, program.folder() as folder:
            server = Server(folder, "--bootstrap-servers", kafka.bootstrap, "--set",
                            f"ksql.service.id={name}", "--set", "statistics.interval.ms=100",
                            "--set", f"weir.kafka.client={self.client}")
            self.addCleanup(server.process.kill)
            server.sql("SET 'auto.offset.reset'='earliest';"
                       f"CREATE STREAM {name} (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='{name}', "
                       "PARTITIONS=2, VALUE_FORMAT='JSON');")
            server.sql(f"CREATE STREAM {name}_out AS SELECT * FROM {name};")
            begun = time.monotonic()
            server.sql(insert(name, 3))
            service.wait_until(lambda: sum(samples(
                scrape(server), "weir_kafka_client_sent_records_total").values()) == 3, SECONDS,
                "the producer of the query has sent the records")
            service.wait_until(lambda: max(samples(
                scrape(server), "weir_kafka_client_received_records_total").values(), default=0) >= 3,
                SECONDS, "the consumer of the query has received the records")
            service.wait_until(lambda: lags(scrape(server)) == {(name, 0): 0, (name, 1): 0},
                               SECONDS, "the query is at the end")
            text = scrape(server)
            self.assertEqual(promtool("check", "metrics", text=text), "")
            by_type = {}
            for labels, value in samples(text, "weir_kafka_client_received_bytes_total").items():
                by_type.setdefault(dict(labels)["type"], []).append(value)
            self.assertEqual(set(by_type), {"consumer", "producer"})
            self.assertGreater(min(map(max, by_type.values())), 100)
            round_trips = samples(text, "weir_kafka_client_round_trip_p99_seconds").values()
            self.assertTrue(all(0 <= t < time.monotonic() - begun for t in round_trips), round_trips)
            server.sql("TERMINATE ALL;")
            service.wait_until(
                lambda: samples(scrape(server), "weir_kafka_client_requests_total") == {}, SECONDS,
                "clients go with their query")
            self.assertEqual(server.stop(), 0)


class OnKafkaOwnClient(OnKafka):
    client = "wire"


if __name__ == "__main__":
    service.main()
