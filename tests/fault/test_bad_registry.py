#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 30
"""A schema registry that is away: what waits for it says so, loses nothing, and goes on by itself."""
import json
import re
import unittest

import program
import registry_fixture
import service
from pty_driver import Terminal

SQL = """\
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM raw (b BYTES) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='KAFKA');
CREATE STREAM s WITH (KAFKA_TOPIC='t', VALUE_FORMAT='AVRO');
CREATE STREAM o WITH (KAFKA_TOPIC='o', VALUE_FORMAT='JSON') AS SELECT a FROM s;
"""


def schema(*fields):
    return json.dumps({"type": "record", "name": "T",
                       "fields": [{"name": name, "type": "int"} for name in fields]})


class GoesAway(unittest.TestCase):
    """One that runs and does not answer; where it is stopped, Apicurio forgets its schemas."""

    def setUp(self):
        self.registry = self.enterContext(registry_fixture.RegistryServer())
        self.folder = self.enterContext(program.folder())
        self.weir = program.Weir(self.folder / "data", settings={
            "ksql.schema.registry.url": self.registry.url, "commit.interval.ms": "100",
            "weir.schema.registry.timeout.ms": "2000"})
        self.file = self.folder / "q.sql"
        self.file.write_text(SQL)
        self.one = self.register(schema("a"))

    def register(self, text):
        return self.registry.post("/subjects/t-value/versions", {"schema": text})["id"]

    @staticmethod
    def inserted(number, *values):
        """A record of Avro: an int below 64 is one byte, twice the number."""
        record = bytes([0]) + number.to_bytes(4, "big") + bytes(2 * v for v in values)
        return f"INSERT INTO raw VALUES (TO_BYTES('{record.hex()}', 'hex'));"

    def rows(self):
        return [json.loads(r["value"])["A"] for r in self.weir.records("o")]

    def said(self, words):
        return service.wait_until(lambda: words in self.weir.log.read_text(errors="replace"),
                                  program.SECONDS, f"the log says: {words}")

    def test_query_waits_and_goes_on(self):
        """The service begins while the registry is away, too: its statements know what they need."""
        self.weir.run(self.file)
        two = self.register(schema("a", "b"))
        self.registry.pause()
        self.weir.sql(self.inserted(self.one, 1) + self.inserted(two, 2, 20) +
                      self.inserted(self.one, 3))
        run = self.weir.start_run(self.file)
        try:
            self.said("query CSAS_O_0 waits: ")
            self.said(self.registry.url)
            self.registry.resume()
            self.said("no query waits any more")
        finally:
            self.registry.resume()
            self.assertEqual(program.stop(run), 0)
        self.weir.run(self.file)
        self.assertEqual(self.rows(), [1, 2, 3])
        self.assertNotIn("bad record", self.weir.log.read_text(errors="replace"))

    def test_prompt_says_why(self):
        """Records come while the query runs, and it is asked what it does."""
        prompt = self.enterContext(Terminal(
            [self.weir.program, *self.weir.options(), *self.weir.settings_options()],
            environment={"WEIR_HISTORY": str(self.folder / "history")}, columns=200))
        prompt.expect("^weir> ")
        for statement in [*SQL.splitlines(), self.inserted(self.one, 1)]:
            self.ask(prompt, statement)
        self.ask_until(prompt, "SELECT * FROM o;", r"\|1\|")
        two = self.register(schema("a", "b"))
        self.registry.pause()
        try:
            self.ask(prompt, self.inserted(two, 2, 20))
            self.ask(prompt, self.inserted(self.one, 3))
            said = self.ask_until(prompt, "SHOW QUERIES;", r"Query CSAS_O_2 waits since [^\n]*")
            self.assertIn(self.registry.url, said)
            self.assertNotRegex(self.ask(prompt, "SELECT * FROM o;"), r"\|[23]\|")
        finally:
            self.registry.resume()
        self.ask_until(prompt, "SELECT * FROM o;", r"\|1\|\s+\|2\|\s+\|3\|")
        prompt.send("exit\n")
        self.assertEqual(prompt.wait(), 0)
        self.assertEqual(self.rows(), [1, 2, 3])

    @staticmethod
    def ask(prompt, statement):
        """What it answers."""
        prompt.send(statement + "\n")
        return prompt.expect("(.*?)^weir> ").group(1)

    def ask_until(self, prompt, statement, pattern):
        found = service.wait_until(lambda: re.search(pattern, self.ask(prompt, statement)),
                                   program.SECONDS, pattern)
        return found.group()


if __name__ == "__main__":
    service.main()
