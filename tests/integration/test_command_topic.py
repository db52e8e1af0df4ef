#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 40
# fixtures: kafka
"""Prompts of one service on Kafka, each a process with a data directory of its own: one catalog
through the command topic, and queries that share their partitions."""
import collections
import json
import subprocess
import threading
import unittest
import uuid

import program
import service
from kafka_fixture import Record, shared


class Prompt:
    """A `weir` that reads statements from a pipe, and stays until it is closed."""

    def __init__(self, weir, settings):
        options = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        self.process = subprocess.Popen(
            [weir.program, *weir.options(), *options, "--output", "JSON"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.taken = [], 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def send(self, sql):
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()

    def ask(self, sql, seconds=40):
        """All it says until the end of the statement, which a second one shows."""
        mark = f"M{uuid.uuid4().hex.upper()}"
        self.send(f"{sql}\nDEFINE {mark} = 'x';\nSHOW VARIABLES;\nUNDEFINE {mark};")
        service.wait_until(lambda: any(mark in line for line in self.lines[self.taken:])
                           or self.process.poll() is not None, seconds, f"{sql} is done")
        end = next((i for i, line in enumerate(self.lines) if mark in line), len(self.lines))
        said = [line for line in self.lines[self.taken:end] if "Variable" not in line]
        self.taken = end + 1
        return said

    def rows(self, sql):
        return [json.loads(line) for line in self.ask(sql) if line.startswith("{")
                and "message" not in json.loads(line)]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.reader.join()
        self.process.stdout.close()


class CommandTopic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(shared())

    def setUp(self):
        self.folder = self.enterContext(program.folder())
        self.name = f"c{uuid.uuid4().hex[:8]}"
        self.settings = {"ksql.service.id": f"{self.name}_",
                         "processing.guarantee": "exactly_once_v2",
                         "consumer.session.timeout.ms": "3000",
                         "consumer.heartbeat.interval.ms": "500",
                         "auto.offset.reset": "earliest"}
        self.open = []
        self.addCleanup(lambda: [p.kill() for p in self.open])

    def prompt(self, directory, **settings):
        one = Prompt(program.Weir(self.folder / directory, self.kafka.bootstrap),
                     {**self.settings, **settings})
        self.open.append(one)
        return one

    def end(self, one, how="close"):
        self.open.remove(one)
        getattr(one, how)()

    def names(self, one, what):
        return sorted(next(iter(row.values())) for row in one.rows(f"SHOW {what};"))

    def eventually(self, one, what, names):
        service.wait_until(lambda: self.names(one, what) == names, 20, f"{what} are {names}")

    def test_statements_reach_all(self):
        first, second = self.prompt("first"), self.prompt("second")
        self.assertIn("Stream created", " ".join(first.ask(
            f"CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='{self.name}_s', PARTITIONS=4, "
            "VALUE_FORMAT='JSON');")))
        # The second one applies what there is before it checks its own.
        said = " ".join(second.ask(f"CREATE TABLE t WITH (KAFKA_TOPIC='{self.name}_t') AS SELECT k, "
                                   "COUNT(*) AS n FROM s GROUP BY k;"))
        self.assertIn("Created query with ID CTAS_T_1", said)
        self.eventually(first, "TABLES", ["T"])
        self.assertIn("already exists", " ".join(first.ask(
            "CREATE TABLE IF NOT EXISTS t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;")))
        self.assertIn("Query paused.", " ".join(first.ask("PAUSE CTAS_T_1;")))
        service.wait_until(lambda: "PAUSED" in str(second.rows("SHOW QUERIES;")), 20, "it is paused")
        third = self.prompt("third")  # it reads all of it at its start
        self.assertIn("PAUSED", str(third.rows("SHOW QUERIES;")))
        self.assertIn("All queries resumed.", " ".join(third.ask("RESUME ALL;")))
        service.wait_until(lambda: "RUNNING" in str(first.rows("SHOW QUERIES;")), 20, "it runs")
        self.assertIn("All queries terminated.", " ".join(second.ask("TERMINATE ALL;")))
        self.eventually(first, "QUERIES", [])
        third.ask("DROP TABLE t;")
        self.eventually(first, "TABLES", [])
        third.ask("CREATE TYPE money AS DECIMAL(9, 2);")
        self.eventually(first, "TYPES", ["MONEY"])
        for one in list(self.open):
            self.end(one)
        again = self.prompt("first")
        self.assertEqual((self.names(again, "STREAMS"), self.names(again, "TABLES")), (["S"], []))

    def test_at_the_same_time(self):
        """Each of three prompts makes its own and what the others make: one order for all."""
        prompts = [self.prompt(str(n)) for n in range(3)]
        prompts[0].ask(f"CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='{self.name}_s', "
                       "PARTITIONS=2, VALUE_FORMAT='JSON');")
        for n, one in enumerate(prompts):
            for i in range(6):
                one.send(f"CREATE STREAM own_{n}_{i} (v INT) WITH (KAFKA_TOPIC='{self.name}_s', "
                         "VALUE_FORMAT='JSON');")
                one.send(f"CREATE STREAM IF NOT EXISTS both_{i} WITH (KAFKA_TOPIC='{self.name}_b{i}') AS "
                         f"SELECT k, v + {n} AS v FROM s;")
        expected = sorted(["S"] + [f"OWN_{n}_{i}" for n in range(3) for i in range(6)]
                          + [f"BOTH_{i}" for i in range(6)])
        catalogs = []
        for one in prompts:
            service.wait_until(lambda one=one: self.names(one, "STREAMS") == expected, 60,
                               "all have all")
            catalogs.append(sorted((row["Query ID"], row["Query String"])
                                   for row in one.rows("SHOW QUERIES;")))
        self.assertEqual(catalogs[0], catalogs[1])
        self.assertEqual(catalogs[0], catalogs[2])
        self.assertEqual(len(catalogs[0]), 6)

    def feed(self, first, count):
        self.kafka.produce(f"{self.name}_s", [Record(f"k{n % 11}", json.dumps({"V": n}))
                                              for n in range(first, first + count)])

    def results(self):
        rows = collections.Counter(json.loads(r.value)["V"]
                                   for r in self.kafka.consume(f"{self.name}_o"))
        counts = {r.key: json.loads(r.value)["N"] for r in self.kafka.consume(f"{self.name}_t")}
        return rows, counts

    def check(self, count):
        expected = collections.Counter(range(count))
        service.wait_until(lambda: sum(self.results()[0].values()) >= count
                           and sum(self.results()[1].values()) >= count, 60,
                           f"{count} rows are there")
        rows, counts = self.results()
        self.assertEqual(rows, expected)
        self.assertEqual(counts, dict(collections.Counter(f"k{n % 11}" for n in range(count))))

    def test_queries_share_partitions(self):
        """Queries that read one topic share a worker in each process, whenever they were made."""
        first = self.prompt("first")
        first.ask(f"CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='{self.name}_s', "
                  "PARTITIONS=4, VALUE_FORMAT='JSON');")
        first.ask(f"CREATE STREAM o WITH (KAFKA_TOPIC='{self.name}_o') AS SELECT k, v FROM s;")
        self.feed(0, 500)
        second = self.prompt("second")
        self.feed(500, 500)
        said = " ".join(second.ask(f"CREATE TABLE t WITH (KAFKA_TOPIC='{self.name}_t') AS SELECT k, "
                                   "COUNT(*) AS n FROM s GROUP BY k;"))
        self.assertIn("Created query", said)
        self.feed(1000, 1000)
        self.check(2000)
        self.end(second, "kill")
        self.feed(2000, 500)
        self.check(2500)
        third = self.prompt("third")
        self.feed(2500, 500)
        self.check(3000)
        self.end(first)
        self.feed(3000, 500)
        self.check(3500)
        self.end(third)

    def test_dropped_with_its_topic_and_made_again(self):
        """Whoever comes late to the DROP must not delete the new topic."""
        first, second = self.prompt("first"), self.prompt("second")
        for n in range(3):
            first.ask(f"CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='{self.name}_s', PARTITIONS={n + 1},"
                      " VALUE_FORMAT='JSON');")
            first.ask("DROP STREAM s DELETE TOPIC;")
        first.ask(f"CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='{self.name}_s', PARTITIONS=5, "
                  "VALUE_FORMAT='JSON');")
        self.eventually(second, "STREAMS", ["S"])
        self.assertEqual(self.kafka.metadata()[f"{self.name}_s"], 5)

    def test_directory_moves_into_the_topic(self):
        alone = {"weir.command.topic": "false"}
        first = self.prompt("first", **alone)
        first.ask(f"CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='{self.name}_s', "
                  "PARTITIONS=2, VALUE_FORMAT='JSON');")
        first.ask("CREATE STREAM gone AS SELECT k, v FROM s;")
        first.ask("DROP STREAM gone;")
        first.ask(f"CREATE STREAM o WITH (KAFKA_TOPIC='{self.name}_o') AS SELECT k, v FROM s;")
        other = self.prompt("other", **alone)
        other.ask(f"CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='{self.name}_s', "
                  "VALUE_FORMAT='JSON');")
        self.end(first)
        self.end(other)
        for _ in range(2):  # once moved, they are there
            first = self.prompt("first")
            self.assertEqual(self.names(first, "QUERIES"), ["CSAS_O_2"])
            self.end(first)
        second = self.prompt("second")
        self.assertEqual(self.names(second, "QUERIES"), ["CSAS_O_2"])
        self.assertIn("Created query with ID CSAS_P_3", " ".join(second.ask(
            f"CREATE STREAM p WITH (KAFKA_TOPIC='{self.name}_p') AS SELECT k, v FROM s;")))
        other = self.prompt("other")  # it has statements of its own, and so has the topic
        self.assertEqual(other.process.wait(20), 1)
        self.assertIn("neither is dropped in silence", "\n".join(other.lines))

    def test_what_cannot_be_used(self):
        """A record that nobody can read, one of a newer version, and a statement that no longer
        works: the process says so and goes on."""
        topic = f"_confluent-ksql-{self.name}__command_topic"
        first = self.prompt("first")
        first.ask(f"CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='{self.name}_s', PARTITIONS=1, "
                  "VALUE_FORMAT='JSON');")
        self.kafka.create_topic(f"{self.name}_u", unique=False)
        first.ask(f"CREATE STREAM u (v INT) WITH (KAFKA_TOPIC='{self.name}_u', "
                  "VALUE_FORMAT='JSON');")
        newer = {"weir": 99, "base": 2, "attempt": "ab" * 16, "what": "nobody knows"}
        self.kafka.produce(topic, ["rubbish", json.dumps(newer)])
        said = " ".join(first.ask("CREATE STREAM o AS SELECT v FROM s;"))
        self.assertIn("Created query with ID CSAS_O_4", said)
        self.end(first)
        self.kafka.delete_topic(f"{self.name}_u")
        second = self.prompt("second")
        self.assertEqual(self.names(second, "STREAMS"), ["O", "S"])
        said = "\n".join(second.lines)
        self.assertIn("offset 2 is left out: it is damaged", said)
        self.assertIn("offset 3 is left out: a newer Weir has written it", said)
        self.assertIn("statement 1 of the service is left out of this process", said)

    def test_topic_of_another_program(self):
        topic = f"_confluent-ksql-{self.name}__command_topic"
        self.kafka.create_topic(topic, unique=False)
        self.kafka.produce(topic, ['{"statement":"CREATE STREAM ...","streamsProperties":{}}'])
        first = self.prompt("first")
        self.assertEqual(first.process.wait(20), 1)
        self.assertIn("of another program, ksqlDB perhaps", "\n".join(first.lines))


if __name__ == "__main__":
    service.main()
